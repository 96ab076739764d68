# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   groundwork:
#     title: LSTM
#     imports: [numpy]
#     packages: [numpy]
# ---

# %% [markdown]
# # LSTM
#
# (opening)
#
# Four things hold in every exercise, and are not repeated:
#
# * what comes in (arrays, dictionaries) is left as it is; `clip_gradients` alone is there to change what it is given;
# * arrays come in as `float64`, results are `float64`, and a gradient has the shape of what it is a gradient of;
# * every size may be 1;
# * a *cache* is what a forward function keeps for its backward function: a tuple, a dictionary, an object, as you like. Nothing looks into it. Each cache goes into one backward call, and nothing that came in is changed between the two.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["setup"]
from typing import Any

import numpy as np

# %% [markdown]
# The next cells are given, and you need not read them.

# %% nbgrader={"grade": false, "grade_id": "checking", "locked": true, "schema_version": 3, "solution": false, "task": false}
def measured_slopes(loss, array):
    """The slope of loss() in each entry of an array that it depends on, by central differences. The entries are moved and put back."""
    found = np.zeros(array.shape)
    for place in np.ndindex(array.shape):
        kept = array[place]
        array[place] = kept + 1e-5
        above = loss()
        array[place] = kept - 1e-5
        found[place] = (above - loss()) / 2e-5
        array[place] = kept
    return found


def check_slopes(grads, loss, arrays, where):
    """Compare a dictionary of gradients with measured slopes. arrays: the array behind each key."""
    assert isinstance(grads, dict), f"{where} should return a dictionary, not {type(grads).__name__}"
    assert set(grads) == set(arrays), f"{where} should have the keys {' '.join(arrays)}, not {' '.join(map(str, grads))}"
    for key, array in arrays.items():
        assert np.shape(grads[key]) == array.shape, f"{where}: {key} should have the shape {array.shape}, not {np.shape(grads[key])}"
        slopes = measured_slopes(loss, array)
        gap = np.abs(grads[key] - slopes).max()
        assert gap < 1e-6, f"{where}: {key} is not the slope that one measures; the largest difference is {gap:.2g}"


def random_arrays(seed, **shapes):
    """Random arrays by name, none of them large."""
    draw = np.random.default_rng(seed)
    return {name: draw.normal(scale=0.7, size=shape) for name, shape in shapes.items()}


def check_unchanged(arrays, before, where):
    for name, array in arrays.items():
        assert np.array_equal(array, before[name]), f"{where} should leave {name} as it is"


def copies(arrays):
    return {name: array.copy() for name, array in arrays.items()}

# %% [markdown]
# ## 1 · sigmoid
#
# **Write** `sigmoid`.
#
# * It takes an array of any shape, also of no axes at all, or a Python float, and gives the same shape.
# * Nine digits are right for every $x \ge -30$. Below that the true value is under $10^{-13}$, and an error of $10^{-15}$ is allowed. Nothing becomes `nan`, however large or small $x$ is.
#
# <details><summary>Hint 1: shapes</summary>
#
# Entry by entry: the result has the shape of x.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# With s = e^(−|x|), which is never above 1: σ(x) is 1/(1 + s) where x ≥ 0, and s/(1 + s) elsewhere.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# compute s from the absolute value of x; where x is at least 0 the numerator is 1, elsewhere it is s; divide by 1 + s.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "sigmoid_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), entry by entry, without overflow.

    x: any shape, also a number. Returns the same shape, entries between 0 and 1.

    >>> sigmoid(np.array([0.0, np.log(3.0), -1000.0]))
    array([0.5 , 0.75, 0.  ])
    """
    ### BEGIN SOLUTION
    small = np.exp(-np.abs(x))  # never above 1
    return np.where(np.asarray(x) >= 0, 1.0, small) / (1.0 + small)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "sigmoid", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} exercise={"title": "A sigmoid that keeps its digits", "difficulty": 1, "minutes": 10, "needs": []}
def check_sigmoid():
    x = np.array([[0.0, np.log(3.0)], [-np.log(3.0), -30.0], [1000.0, -1000.0]])
    with np.errstate(all="ignore"):
        y = sigmoid(x)
    assert np.shape(y) == (3, 2), f"sigmoid keeps the shape (3, 2), and gave {np.shape(y)}"
    assert np.isfinite(y).all(), f"sigmoid of 1000 and -1000 is 1 and 0, not {y[2]}: the exponential overflows"
    assert np.allclose(y[:2, 0], [0.5, 0.25]), f"sigmoid of 0 and -log 3 is 0.5 and 0.25, not {y[:2, 0]}"
    assert np.isclose(y[0, 1], 0.75), f"sigmoid of log 3 is 0.75, not {y[0, 1]}"
    assert y[2].tolist() == [1.0, 0.0], f"sigmoid of 1000 and -1000 is 1 and 0, not {y[2]}"
    assert abs(y[1, 1] / 9.357622968839e-14 - 1) < 1e-9, f"sigmoid(-30) is 9.357622968839e-14, not {y[1, 1]:.13g}: digits got lost on the way"
    assert np.shape(sigmoid(0.0)) == (), "a single number should give a single number"
    assert x[2].tolist() == [1000.0, -1000.0], "sigmoid should leave its argument as it is"
    print("sigmoid: values, digits far out and shapes are right")


check_sigmoid()

# %% [markdown]
# ## 2 · One step
#
# **Write** `rnn_step`.
#
# * The new state is $\tanh(x W_x + h W_h + b)$, shape `(N, H)`.
# * It returns the new state and a cache, in this order.
#
# <details><summary>Hint 1: shapes</summary>
#
# (N, D) @ (D, H) and (N, H) @ (H, H) are both (N, H). The bias (H,) is added to every row.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# h' = tanh(x Wx + h Wh + b). For the way back you will need x, h, Wx, Wh and h'.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# multiply the inputs by their weights, the state by its own; add both and the bias; take tanh; return it, and a tuple of what the way back needs.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "rnn_step_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rnn_step(x: np.ndarray, h: np.ndarray, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, Any]:
    """One step of a recurrent network: the state after the inputs x.

    x: inputs of this step, shape (N, D). h: the state before it, shape (N, H).
    Wx: shape (D, H). Wh: shape (H, H). b: shape (H,).
    Returns the new state, shape (N, H), and a cache for rnn_step_backward.

    >>> Wx, Wh = np.array([[0.5, -1.0]]), np.array([[1.0, 0.0], [0.5, 2.0]])
    >>> h, cache = rnn_step(np.array([[1.0]]), np.array([[0.5, -0.5]]), Wx, Wh, np.array([0.0, 0.5]))
    >>> h.round(4)
    array([[ 0.6351, -0.9051]])
    """
    ### BEGIN SOLUTION
    h_new = np.tanh(x @ Wx + h @ Wh + b)
    return h_new, (x, h, Wx, Wh, h_new)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "rnn_step", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false} exercise={"title": "One step of a recurrent network", "difficulty": 1, "minutes": 25, "needs": []}
def check_rnn_step():
    x, h = np.array([[1.0]]), np.array([[0.5, -0.5]])
    Wx, Wh, b = np.array([[0.5, -1.0]]), np.array([[1.0, 0.0], [0.5, 2.0]]), np.array([0.0, 0.5])
    answer = rnn_step(x, h, Wx, Wh, b)
    assert isinstance(answer, (tuple, list)) and len(answer) == 2, "rnn_step should return two things, the new state and a cache"
    assert np.shape(answer[0]) == (1, 2), f"one example with two units: the state has the shape (1, 2), not {np.shape(answer[0])}"
    assert not np.allclose(answer[0], np.tanh([[1.0, -1.5]])), "the state is multiplied from the left, h @ Wh; yours looks like h @ Wh.T"
    assert np.allclose(answer[0], [[0.6351489524, -0.9051482536]]), f"the example by hand gives 0.6351 and -0.9051, not {answer[0]}"

    arrays = random_arrays(1, x=(3, 2), h=(3, 4), Wx=(2, 4), Wh=(4, 4), b=(4,))
    before = copies(arrays)
    state, _ = rnn_step(**arrays)
    assert np.shape(state) == (3, 4), f"three examples with four units: the state has the shape (3, 4), not {np.shape(state)}"
    for n in range(3):
        row = np.tanh([sum(arrays["x"][n] * arrays["Wx"][:, k]) + sum(arrays["h"][n] * arrays["Wh"][:, k]) + arrays["b"][k] for k in range(4)])
        assert np.allclose(state[n], row), f"example {n} of a batch should come out as it does alone: {row.round(4)}, not {state[n].round(4)}"
    check_unchanged(arrays, before, "rnn_step")
    print("rnn_step: shape, the example by hand and a batch are right")


check_rnn_step()

# %% [markdown]
# ## 3 · One step back
#
# **Write** `rnn_step_backward`.
#
# * `dh` is the slope of the loss in the *new* state, as it comes from everything after this step. The keys of the answer are `dx dh dWx dWh db`; the `dh` in the answer is the slope in the *previous* state.
#
# <details><summary>Hint 1: shapes</summary>
#
# dz, the slope in what goes into tanh, is (N, H). dx (N, D) = (N, H) @ (H, D). dWx (D, H) = (D, N) @ (N, H). db (H,) is a sum over the batch.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# dz = dh (1 − h'²); dx = dz Wxᵀ; dh = dz Whᵀ; dWx = xᵀ dz; dWh = hᵀ dz; db = Σ over the batch of dz.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# unpack the cache; multiply what came in by the slope of tanh, entry by entry; make the five arrays from it; return them in a dictionary.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "rnn_step_backward_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rnn_step_backward(dh: np.ndarray, cache: Any) -> dict[str, np.ndarray]:
    """The slopes of one step, from the slope in its result.

    dh: slope of the loss in the new state, shape (N, H). cache: from rnn_step.
    Returns dx (N, D); dh (N, H), for the state before the step; dWx (D, H); dWh (H, H); db (H,).

    >>> Wx, Wh = np.array([[0.5, -1.0]]), np.array([[1.0, 0.0], [0.5, 2.0]])
    >>> h, cache = rnn_step(np.array([[1.0]]), np.array([[0.5, -0.5]]), Wx, Wh, np.array([0.0, 0.5]))
    >>> rnn_step_backward(np.array([[1.0, 0.0]]), cache)["dh"].round(4)
    array([[0.5966, 0.2983]])
    """
    ### BEGIN SOLUTION
    x, h, Wx, Wh, h_new = cache
    dz = dh * (1.0 - h_new**2)
    return {"dx": dz @ Wx.T, "dh": dz @ Wh.T, "dWx": x.T @ dz, "dWh": h.T @ dz, "db": dz.sum(axis=0)}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "rnn_step_backward", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false} exercise={"title": "One step back", "difficulty": 2, "minutes": 40, "needs": ["rnn_step"]}
def check_rnn_step_backward():
    Wx, Wh = np.array([[0.5, -1.0]]), np.array([[1.0, 0.0], [0.5, 2.0]])
    _, cache = rnn_step(np.array([[1.0]]), np.array([[0.5, -0.5]]), Wx, Wh, np.array([0.0, 0.5]))
    grads = rnn_step_backward(np.array([[1.0, 0.0]]), cache)
    assert isinstance(grads, dict), f"rnn_step_backward should return a dictionary, not {type(grads).__name__}"
    assert set(grads) == {"dx", "dh", "dWx", "dWh", "db"}, f"the keys should be dx dh dWx dWh db, not {' '.join(map(str, grads))}"
    assert np.allclose(grads["db"], [0.5965858083, 0.0]), f"by hand, db is 1 - 0.6351² = 0.5966, and 0; not {grads['db']}"
    assert np.allclose(grads["dh"], [[0.5965858083, 0.2982929041]]), f"by hand, the slope in the previous state is (0.5966, 0.2983), not {grads['dh']}"

    arrays = random_arrays(2, x=(3, 2), h=(3, 4), Wx=(2, 4), Wh=(4, 4), b=(4,))
    weight = random_arrays(3, dh=(3, 4))["dh"]
    given = weight.copy()
    _, cache = rnn_step(**arrays)
    grads = rnn_step_backward(given, cache)
    check_slopes(grads, lambda: np.sum(weight * rnn_step(**arrays)[0]), {"d" + name: array for name, array in arrays.items()}, "rnn_step_backward")
    assert np.array_equal(given, weight), "rnn_step_backward should leave dh as it is"
    print("rnn_step_backward: keys, shapes and all slopes are right")


check_rnn_step_backward()

# %% [markdown]
# ## 4 · Through time
#
# **Write** `rnn_forward` and `rnn_backward`.
#
# * `rnn_forward` gives the states after every step, shape `(N, T, H)`: entry `[:, t]` is the state after the inputs `x[:, t]`. `h0` is the state before the first step, and not among them.
# * In `rnn_backward` the entry `dh[:, t]` is the slope of the loss in $h_t$ *as far as the loss looks at it directly*. What comes through later steps, you add. The keys are `dx dh0 dWx dWh db`.
#
# <details><summary>Hint 1: shapes</summary>
#
# x[:, t] is (N, D). Of a sequence of T steps there are T caches, one weight matrix of each kind, and one slope for each: dWh is (H, H), a sum over the steps. dx is (N, T, D).
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The slope in h_t is dh[:, t] plus the slope in the previous state that step t + 1 gave back. After the last step nothing comes back.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# forward: from h0, step by step, keep each state and each cache. backward: start with zeros as what comes back; for t from the last to the first, add dh at t to what came back, go through the step with its cache, note dx at t, add the slopes of the weights to their sums, and keep what comes back. What is left at the end is dh0.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "rnn_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rnn_forward(x: np.ndarray, h0: np.ndarray, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, Any]:
    """A recurrent network over a whole sequence.

    x: shape (N, T, D). h0: the state before the first step, shape (N, H). Weights as in rnn_step.
    Returns the states after each step, shape (N, T, H), and a cache for rnn_backward.

    >>> one, zero = np.ones((1, 1)), np.zeros((1, 1))
    >>> h, cache = rnn_forward(np.array([[[1.0], [0.0]]]), zero, one, one, np.zeros(1))
    >>> h.round(4).ravel()  # tanh(1), then tanh(tanh(1))
    array([0.7616, 0.642 ])
    """
    ### BEGIN SOLUTION
    states, caches = [], []
    h = h0
    for t in range(x.shape[1]):
        h, cache = rnn_step(x[:, t], h, Wx, Wh, b)
        states.append(h)
        caches.append(cache)
    return np.stack(states, axis=1), caches
    ### END SOLUTION


def rnn_backward(dh: np.ndarray, cache: Any) -> dict[str, np.ndarray]:
    """The slopes of a whole sequence.

    dh: shape (N, T, H): dh[:, t] is the slope of the loss in the state after step t, without what comes through later steps.
    cache: from rnn_forward.
    Returns dx (N, T, D); dh0 (N, H); dWx (D, H), dWh (H, H) and db (H,), summed over the steps.

    >>> one, zero = np.ones((1, 1)), np.zeros((1, 1))
    >>> h, cache = rnn_forward(np.array([[[1.0], [0.0]]]), zero, one, one, np.zeros(1))
    >>> rnn_backward(np.array([[[0.0], [1.0]]]), cache)["dx"].round(4).ravel()
    array([0.2469, 0.5878])
    """
    ### BEGIN SOLUTION
    N, T, H = dh.shape
    dx, totals = [], {}
    coming_back = np.zeros((N, H))
    for t in reversed(range(T)):
        step = rnn_step_backward(dh[:, t] + coming_back, cache[t])
        coming_back = step["dh"]
        dx.append(step["dx"])
        for key in ("dWx", "dWh", "db"):
            totals[key] = totals.get(key, 0.0) + step[key]
    return {"dx": np.stack(dx[::-1], axis=1), "dh0": coming_back, **totals}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "rnn", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false} exercise={"title": "A recurrent network through time", "difficulty": 2, "minutes": 45, "needs": ["rnn_step", "rnn_step_backward"]}
def check_rnn():
    one = np.ones((1, 1))
    answer = rnn_forward(np.array([[[1.0], [0.0]]]), np.zeros((1, 1)), one, one, np.zeros(1))
    assert isinstance(answer, (tuple, list)) and len(answer) == 2, "rnn_forward should return two things, the states and a cache"
    h, cache = answer
    assert np.shape(h) == (1, 2, 1), f"one example, two steps, one unit: the shape is (1, 2, 1), not {np.shape(h)}"
    assert np.allclose(np.ravel(h), [0.7615941560, 0.6420149920]), f"the states are tanh(1) = 0.7616 and tanh(0.7616) = 0.6420, not {np.ravel(h)}"
    dx = rnn_backward(np.array([[[0.0], [1.0]]]), cache)["dx"]
    assert np.shape(dx) == (1, 2, 1), f"dx should have the shape of x, (1, 2, 1), not {np.shape(dx)}"
    assert np.isclose(np.ravel(dx)[1], 0.5878167500), f"the last input has the slope 0.5878, not {np.ravel(dx)[1]}"
    assert np.isclose(np.ravel(dx)[0], 0.2468679526), f"the first input has the slope 0.5878 · 0.42 = 0.2469, not {np.ravel(dx)[0]}: it comes through step 1"

    arrays = random_arrays(4, x=(3, 5, 2), h0=(3, 4), Wx=(2, 4), Wh=(4, 4), b=(4,))
    weight = random_arrays(5, dh=(3, 5, 4))["dh"]
    given, before = weight.copy(), copies(arrays)
    h, cache = rnn_forward(**arrays)
    assert np.shape(h) == (3, 5, 4), f"three examples, five steps, four units: the shape is (3, 5, 4), not {np.shape(h)}"
    grads = rnn_backward(given, cache)
    check_unchanged(arrays, before, "the pair rnn_forward and rnn_backward")
    assert np.array_equal(given, weight), "rnn_backward should leave dh as it is"
    check_slopes(grads, lambda: np.sum(weight * rnn_forward(**arrays)[0]), {"d" + name: array for name, array in arrays.items()}, "rnn_backward")
    print("rnn_forward, rnn_backward: states, keys, shapes and all slopes are right")


check_rnn()

# %% [markdown]
# ## 5 · Gates
#
# **Write** `lstm_gates`.
#
# * `Wx`, `Wh` and `b` hold four blocks of `H` columns each, in the order i, f, g, o.
# * It returns i, f, g, o, each of the shape `(N, H)`; g is a tanh, the others are sigmoids.
#
# <details><summary>Hint 1: shapes</summary>
#
# x @ Wx + h @ Wh + b is (N, 4H): four blocks of H columns. Where do you find H?
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# z = x Wx + h Wh + b; i = σ(z[:, :H]), f = σ(z[:, H:2H]), g = tanh(z[:, 2H:3H]), o = σ(z[:, 3H:]).
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# compute the wide array; cut it into four along its last axis; tanh for the third, sigmoid for the others; return them in the order i, f, g, o.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "lstm_gates_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lstm_gates(
    x: np.ndarray, h: np.ndarray, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The three gates of an LSTM and its candidate, for one step.

    x: shape (N, D). h: shape (N, H). Wx: shape (D, 4H). Wh: shape (H, 4H). b: shape (4H,): blocks of H columns in the order i, f, g, o.
    Returns i, f, g, o, each of shape (N, H): input gate, forget gate, candidate, output gate.

    >>> Wx, Wh, b = np.array([[1.0, 0.5, 0.25, -1.0]]), np.array([[1.0, -1.0, -0.5, 0.0]]), np.array([-1.0, 0.0, 0.0, 2.0])
    >>> np.array(lstm_gates(np.array([[2.0]]), np.array([[-1.0]]), Wx, Wh, b)).round(4).ravel()
    array([0.5   , 0.8808, 0.7616, 0.5   ])
    """
    ### BEGIN SOLUTION
    z = x @ Wx + h @ Wh + b
    zi, zf, zg, zo = np.split(z, 4, axis=1)
    return sigmoid(zi), sigmoid(zf), np.tanh(zg), sigmoid(zo)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "lstm_gates", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Three gates and a candidate", "difficulty": 2, "minutes": 30, "needs": ["sigmoid"]}
def check_lstm_gates():
    Wx, Wh, b = np.array([[1.0, 0.5, 0.25, -1.0]]), np.array([[1.0, -1.0, -0.5, 0.0]]), np.array([-1.0, 0.0, 0.0, 2.0])
    answer = lstm_gates(np.array([[2.0]]), np.array([[-1.0]]), Wx, Wh, b)
    assert isinstance(answer, (tuple, list)) and len(answer) == 4, "lstm_gates should return four arrays: i, f, g, o"
    for name, found, value in zip("ifgo", answer, [0.5, 0.8807970780, 0.7615941560, 0.5]):
        assert np.shape(found) == (1, 1), f"one example with one unit: {name} has the shape (1, 1), not {np.shape(found)}"
        assert np.allclose(found, value), f"by hand, {name} is {value:.4f}, not {found[0, 0]:.4f}: which block is it, and is it a sigmoid or tanh?"

    arrays = random_arrays(6, x=(2, 3), h=(2, 5), Wx=(3, 20), Wh=(5, 20), b=(20,))
    before = copies(arrays)
    i, f, g, o = lstm_gates(**arrays)
    for name, found in zip("ifgo", (i, f, g, o)):
        assert np.shape(found) == (2, 5), f"two examples with five units: {name} has the shape (2, 5), not {np.shape(found)}"
    z = arrays["x"] @ arrays["Wx"] + arrays["h"] @ arrays["Wh"] + arrays["b"]
    for name, found, first in (("i", i, 0), ("f", f, 5), ("o", o, 15)):
        assert np.allclose(found, 1 / (1 + np.exp(-z[:, first : first + 5]))), f"{name} is the sigmoid of the columns {first} to {first + 4} when H is 5"
    assert np.allclose(g, np.tanh(z[:, 10:15])), "g is tanh of the columns 10 to 14 when H is 5"
    check_unchanged(arrays, before, "lstm_gates")
    print("lstm_gates: order, shapes and values are right")


check_lstm_gates()

# %% [markdown]
# ## 6 · One step of an LSTM
#
# **Write** `lstm_step`.
#
# * $c' = f \odot c + i \odot g$ and $h' = o \odot \tanh(c')$.
# * It returns h, c and a cache, in this order.
#
# <details><summary>Hint 1: shapes</summary>
#
# Everything here is (N, H); all products are entry by entry.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# c' = f c + i g; h' = o tanh(c').
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# get i, f, g, o from the previous exercise; make the new cell state, then the new hidden state from it; keep in the cache what the way back needs: the inputs, the four arrays, both cell states.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "lstm_step_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lstm_step(
    x: np.ndarray, h: np.ndarray, c: np.ndarray, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray
) -> tuple[np.ndarray, np.ndarray, Any]:
    """One step of an LSTM.

    x: shape (N, D). h, c: hidden and cell state before the step, shape (N, H). Wx, Wh, b: as in lstm_gates.
    Returns the new hidden state (N, H), the new cell state (N, H), and a cache for lstm_step_backward.

    >>> Wx, Wh, b = np.array([[1.0, 0.5, 0.25, -1.0]]), np.array([[1.0, -1.0, -0.5, 0.0]]), np.array([-1.0, 0.0, 0.0, 2.0])
    >>> h, c, cache = lstm_step(np.array([[2.0]]), np.array([[-1.0]]), np.array([[1.0]]), Wx, Wh, b)
    >>> h.round(4), c.round(4)
    (array([[0.4258]]), array([[1.2616]]))
    """
    ### BEGIN SOLUTION
    i, f, g, o = lstm_gates(x, h, Wx, Wh, b)
    c_new = f * c + i * g
    h_new = o * np.tanh(c_new)
    return h_new, c_new, (x, h, c, Wx, Wh, i, f, g, o, c_new)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "lstm_step", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false} exercise={"title": "One step of an LSTM", "difficulty": 2, "minutes": 25, "needs": ["lstm_gates"]}
def check_lstm_step():
    Wx, Wh, b = np.array([[1.0, 0.5, 0.25, -1.0]]), np.array([[1.0, -1.0, -0.5, 0.0]]), np.array([-1.0, 0.0, 0.0, 2.0])
    answer = lstm_step(np.array([[2.0]]), np.array([[-1.0]]), np.array([[1.0]]), Wx, Wh, b)
    assert isinstance(answer, (tuple, list)) and len(answer) == 3, "lstm_step should return three things: h, c and a cache"
    h, c, _ = answer
    assert np.shape(h) == (1, 1) and np.shape(c) == (1, 1), f"h and c have the shape (1, 1), not {np.shape(h)} and {np.shape(c)}"
    assert not (np.allclose(h, 1.2615941560) and np.allclose(c, 0.4257515032)), "h comes first, then c"
    assert np.allclose(c, 1.2615941560), f"by hand, c is 0.8808 · 1 + 0.5 · 0.7616 = 1.2616, not {c[0, 0]:.4f}"
    assert np.allclose(h, 0.4257515032), f"by hand, h is 0.5 · tanh(1.2616) = 0.4258, not {h[0, 0]:.4f}"

    arrays = random_arrays(7, x=(3, 2), h=(3, 4), c=(3, 4), Wx=(2, 16), Wh=(4, 16), b=(16,))
    before = copies(arrays)
    keep = arrays | {"b": np.repeat([-1000.0, 1000.0, 0.0, 0.0], 4)}  # i = 0, f = 1
    assert np.allclose(lstm_step(**keep)[1], arrays["c"]), "with i = 0 and f = 1 the cell state should stay as it is"
    closed = arrays | {"b": np.repeat([0.0, 0.0, 0.0, -1000.0], 4)}  # o = 0
    assert np.allclose(lstm_step(**closed)[0], 0.0), "with o = 0 the hidden state should be 0"
    check_unchanged(arrays, before, "lstm_step")
    print("lstm_step: order, the example by hand, and gates that are shut or open are right")


check_lstm_step()

# %% [markdown]
# ## 7 · One step of an LSTM, back
#
# **Write** `lstm_step_backward`.
#
# * `dh` and `dc` are the slopes of the loss in the *new* states, `dc` being what comes from later steps by way of the cell state alone. Keys: `dx dh dc dWx dWh db`, where `dh` and `dc` are for the *previous* states.
#
# <details><summary>Hint 1: shapes</summary>
#
# Seven arrays of (N, H): dc', di, df, dg, do, and the previous dh and dc. The four slopes before the squashing stand side by side in dz, (N, 4H); from there on all is as in the RNN.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The new c has two ways to the loss: dc' = dc + dh o (1 − tanh² c'). Then do = dh tanh c', di = dc' g, df = dc' c, dg = dc' i, and the previous dc is dc' f. Before the squashing: di i(1−i), df f(1−f), dg (1−g²), do o(1−o).
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# unpack; tanh of the new cell state; the whole slope in it; from that the slopes in i, f, g and in the old cell state; the slope in o from dh; multiply each by the slope of its squashing function; put the four side by side in the order i, f, g, o; then dx, dh, dWx, dWh, db as in rnn_step_backward.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "lstm_step_backward_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lstm_step_backward(dh: np.ndarray, dc: np.ndarray, cache: Any) -> dict[str, np.ndarray]:
    """The slopes of one step of an LSTM.

    dh: slope of the loss in the new hidden state, shape (N, H). dc: slope in the new cell state that comes from later steps
    by way of the cell state, shape (N, H); the way through the new hidden state is not in it. cache: from lstm_step.
    Returns dx (N, D); dh, dc (N, H), for the states before the step; dWx (D, 4H); dWh (H, 4H); db (4H,).

    >>> Wx, Wh, b = np.array([[1.0, 0.5, 0.25, -1.0]]), np.array([[1.0, -1.0, -0.5, 0.0]]), np.array([-1.0, 0.0, 0.0, 2.0])
    >>> h, c, cache = lstm_step(np.array([[2.0]]), np.array([[-1.0]]), np.array([[1.0]]), Wx, Wh, b)
    >>> lstm_step_backward(np.array([[1.0]]), np.array([[1.0]]), cache)["db"].round(4)
    array([0.2166, 0.1194, 0.2389, 0.2129])
    """
    ### BEGIN SOLUTION
    x, h, c, Wx, Wh, i, f, g, o, c_new = cache
    tanh_c = np.tanh(c_new)
    dc_new = dc + dh * o * (1.0 - tanh_c**2)  # c reaches the loss by two ways
    di, df, dg, do = dc_new * g, dc_new * c, dc_new * i, dh * tanh_c
    dz = np.hstack([di * i * (1.0 - i), df * f * (1.0 - f), dg * (1.0 - g**2), do * o * (1.0 - o)])
    return {"dx": dz @ Wx.T, "dh": dz @ Wh.T, "dc": dc_new * f, "dWx": x.T @ dz, "dWh": h.T @ dz, "db": dz.sum(axis=0)}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "lstm_step_backward", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false} exercise={"title": "One step of an LSTM, back", "difficulty": 3, "minutes": 60, "needs": ["lstm_step"]}
def check_lstm_step_backward():
    Wx, Wh, b = np.array([[1.0, 0.5, 0.25, -1.0]]), np.array([[1.0, -1.0, -0.5, 0.0]]), np.array([-1.0, 0.0, 0.0, 2.0])
    keys = {"dx", "dh", "dc", "dWx", "dWh", "db"}
    for dh, dc, slopes, previous in [
        (0.0, 1.0, [0.1903985390, 0.1049935854, 0.2099871708, 0.0], 0.8807970780),
        (1.0, 0.0, [0.0261743375, 0.0144336062, 0.0288672125, 0.2128757516], 0.1210843325),
        (1.0, 1.0, [0.2165728765, 0.1194271917, 0.2388543833, 0.2128757516], 1.0018814105),
    ]:
        _, _, cache = lstm_step(np.array([[2.0]]), np.array([[-1.0]]), np.array([[1.0]]), Wx, Wh, b)
        grads = lstm_step_backward(np.array([[dh]]), np.array([[dc]]), cache)
        assert isinstance(grads, dict), f"lstm_step_backward should return a dictionary, not {type(grads).__name__}"
        assert set(grads) == keys, f"the keys should be dx dh dc dWx dWh db, not {' '.join(map(str, grads))}"
        assert np.shape(grads["db"]) == (4,), f"db should have the shape of b, (4,), not {np.shape(grads['db'])}"
        for name, found, slope in zip("ifgo", grads["db"], slopes):
            assert np.isclose(found, slope), f"with dh = {dh:g} and dc = {dc:g} the slope before the squashing of {name} is {slope:.4f}, not {found:.4f}"
        assert np.allclose(grads["dc"], previous), f"with dh = {dh:g} and dc = {dc:g} the slope in the old cell state is {previous:.4f}, not {np.ravel(grads['dc'])[0]:.4f}"

    arrays = random_arrays(8, x=(3, 2), h=(3, 4), c=(3, 4), Wx=(2, 16), Wh=(4, 16), b=(16,))
    weight = random_arrays(9, dh=(3, 4), dc=(3, 4))
    given = copies(weight)
    _, _, cache = lstm_step(**arrays)
    grads = lstm_step_backward(given["dh"], given["dc"], cache)
    check_unchanged(given, weight, "lstm_step_backward")

    def loss():
        h, c, _ = lstm_step(**arrays)
        return np.sum(weight["dh"] * h) + np.sum(weight["dc"] * c)

    check_slopes(grads, loss, {"d" + name: array for name, array in arrays.items()}, "lstm_step_backward")
    print("lstm_step_backward: the example by hand, keys, shapes and all slopes are right")


check_lstm_step_backward()

# %% [markdown]
# ## 8 · An LSTM through time
#
# **Write** `lstm_forward` and `lstm_backward`.
#
# * The states `h` of all steps, shape `(N, T, H)`, and a cache; the cell states stay inside. `h0` and `c0` are the states before the first step.
# * `lengths` holds one whole number for each example, how many of its steps are real; the rest is padding. `None`, the default, means that all are. A length below 1 or above `T` raises `ValueError`.
# * `h` is 0 at every `t` from the length on. In `lstm_backward`, what is given as `dh` there is ignored, and `dx` is 0 there. What stands in the padding of `x` makes no difference to anything.
# * The keys are `dx dh0 dc0 dWx dWh db`. As in `rnn_backward`, `dh[:, t]` does not contain what comes through later steps.
#
# <details><summary>Hint 1: shapes</summary>
#
# Which examples still run at step t is N truth values; as a column, (N, 1), it multiplies states of (N, H). Two slopes come back from step t + 1, for h and for c, each (N, H).
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# With the column r_t = 1 while t < length and 0 after that: h_t and c_t are what the step gives, times r_t. Going back, the slopes that enter step t are (dh[:, t] + what came back for h) r_t and (what came back for c) r_t.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# check the lengths; make a table (N, T) of which steps are real. Forward as in rnn_forward, with both states, multiplied by their column of the table after each step. Backward as in rnn_backward, with two slopes that come back, each multiplied by the column before it enters the step.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "lstm_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lstm_forward(
    x: np.ndarray,
    h0: np.ndarray,
    c0: np.ndarray,
    Wx: np.ndarray,
    Wh: np.ndarray,
    b: np.ndarray,
    lengths: np.ndarray | None = None,
) -> tuple[np.ndarray, Any]:
    """An LSTM over a batch of sequences, which may have different lengths.

    x: shape (N, T, D). h0, c0: states before the first step, shape (N, H). Wx, Wh, b: as in lstm_gates.
    lengths: whole numbers, shape (N,), from 1 to T, otherwise ValueError; None: all are T.
    Returns the hidden states after each step, shape (N, T, H), 0 from an example's length on, and a cache for lstm_backward.

    >>> Wx, Wh, b = np.array([[1.0, 0.5, 0.25, -1.0]]), np.array([[1.0, -1.0, -0.5, 0.0]]), np.array([-1.0, 0.0, 0.0, 2.0])
    >>> x, start = np.array([[[2.0], [1.0]], [[2.0], [1.0]]]), np.zeros((2, 1))
    >>> lstm_forward(x, start, start, Wx, Wh, b, lengths=np.array([2, 1]))[0][:, :, 0].round(4)
    array([[0.1628, 0.2045],
           [0.1628, 0.    ]])
    """
    ### BEGIN SOLUTION
    N, T, _ = x.shape
    lengths = np.full(N, T) if lengths is None else np.asarray(lengths)
    if (lengths < 1).any() or (lengths > T).any():
        raise ValueError(f"lengths must lie between 1 and {T}")
    runs = (np.arange(T) < lengths[:, None])[:, :, None]  # (N, T, 1): is this step real?
    h, c = h0, c0
    states, caches = [], []
    for t in range(T):
        h, c, cache = lstm_step(x[:, t], h, c, Wx, Wh, b)
        h, c = h * runs[:, t], c * runs[:, t]
        states.append(h)
        caches.append(cache)
    return np.stack(states, axis=1), (caches, runs)
    ### END SOLUTION


def lstm_backward(dh: np.ndarray, cache: Any) -> dict[str, np.ndarray]:
    """The slopes of a batch of sequences.

    dh: shape (N, T, H): dh[:, t] is the slope of the loss in the hidden state after step t, without what comes through later
    steps; ignored from an example's length on. cache: from lstm_forward.
    Returns dx (N, T, D), 0 from an example's length on; dh0, dc0 (N, H); dWx (D, 4H), dWh (H, 4H), db (4H,), summed over the steps.

    >>> Wx, Wh, b = np.array([[1.0, 0.5, 0.25, -1.0]]), np.array([[1.0, -1.0, -0.5, 0.0]]), np.array([-1.0, 0.0, 0.0, 2.0])
    >>> x, start = np.array([[[2.0], [1.0]], [[2.0], [1.0]]]), np.zeros((2, 1))
    >>> h, cache = lstm_forward(x, start, start, Wx, Wh, b, lengths=np.array([2, 1]))
    >>> lstm_backward(np.ones((2, 2, 1)), cache)["dx"][:, :, 0].round(4)
    array([[0.1109, 0.0891],
           [0.0235, 0.    ]])
    """
    ### BEGIN SOLUTION
    caches, runs = cache
    N, T, H = dh.shape
    dx, totals = [], {}
    back_h, back_c = np.zeros((N, H)), np.zeros((N, H))
    for t in reversed(range(T)):
        step = lstm_step_backward((dh[:, t] + back_h) * runs[:, t], back_c * runs[:, t], caches[t])
        back_h, back_c = step["dh"], step["dc"]
        dx.append(step["dx"])
        for key in ("dWx", "dWh", "db"):
            totals[key] = totals.get(key, 0.0) + step[key]
    return {"dx": np.stack(dx[::-1], axis=1), "dh0": back_h, "dc0": back_c, **totals}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "lstm", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false} exercise={"title": "An LSTM through time", "difficulty": 3, "minutes": 55, "needs": ["lstm_step", "lstm_step_backward"]}
def check_lstm():
    Wx, Wh, b = np.array([[1.0, 0.5, 0.25, -1.0]]), np.array([[1.0, -1.0, -0.5, 0.0]]), np.array([-1.0, 0.0, 0.0, 2.0])
    x, start = np.array([[[2.0], [1.0]], [[2.0], [1.0]]]), np.zeros((2, 1))
    answer = lstm_forward(x, start, start, Wx, Wh, b)
    assert isinstance(answer, (tuple, list)) and len(answer) == 2, "lstm_forward should return two things, the hidden states and a cache"
    assert np.shape(answer[0]) == (2, 2, 1), f"two examples, two steps, one unit: the shape is (2, 2, 1), not {np.shape(answer[0])}"
    assert np.allclose(answer[0][0, :, 0], answer[0][1, :, 0]), "two equal examples should come out equal"

    arrays = random_arrays(10, x=(3, 5, 2), h0=(3, 4), c0=(3, 4), Wx=(2, 16), Wh=(4, 16), b=(16,))
    weight = random_arrays(11, dh=(3, 5, 4))["dh"]
    for lengths in (None, np.array([5, 1, 3])):
        what = "without lengths" if lengths is None else "with lengths 5, 1, 3"
        given, before = weight.copy(), copies(arrays)
        h, cache = lstm_forward(**arrays, lengths=lengths)
        assert np.shape(h) == (3, 5, 4), f"three examples, five steps, four units: the shape is (3, 5, 4), not {np.shape(h)}"
        for n in range(3):
            state, cell = arrays["h0"][n : n + 1], arrays["c0"][n : n + 1]
            for t in range(5):
                state, cell, _ = lstm_step(arrays["x"][n : n + 1, t], state, cell, arrays["Wx"], arrays["Wh"], arrays["b"])
                if lengths is None or t < lengths[n]:
                    assert np.allclose(h[n, t], state[0]), f"{what}: the state of example {n} after step {t} is not what lstm_step gives, step by step"
                else:
                    assert np.all(h[n, t] == 0), f"{what}: example {n} ends before step {t}, and its state there should be 0"
        grads = lstm_backward(given, cache)
        check_unchanged(arrays, before, "the pair lstm_forward and lstm_backward")
        assert np.array_equal(given, weight), "lstm_backward should leave dh as it is"
        if lengths is not None and isinstance(grads, dict) and "dx" in grads:
            assert np.all(grads["dx"][1, 1:] == 0) and np.all(grads["dx"][2, 3:] == 0), "dx should be 0 from an example's length on"
        check_slopes(grads, lambda: np.sum(weight * lstm_forward(**arrays, lengths=lengths)[0]), {"d" + name: array for name, array in arrays.items()}, f"lstm_backward {what}")

    for lengths in ([0, 1, 2], [5, 6, 1]):
        try:
            lstm_forward(**arrays, lengths=np.array(lengths))
        except ValueError:
            continue
        raise AssertionError(f"lengths {lengths} with five steps should raise ValueError")
    print("lstm_forward, lstm_backward: states, lengths, keys, shapes and all slopes are right")


check_lstm()

# %% [markdown]
# ## 9 · A model that reads a sequence
#
# **Write** `SequenceModel`.
#
# * `params` has the keys `Wx Wh b Wy by`; `.params` is the dictionary that was given, itself and not a copy.
# * The LSTM starts from zero states. The logits are $h_{T-1} W_y + b_y$, shape `(N, K)`, and the loss is the cross-entropy, averaged over the batch.
# * `loss` returns the loss, a float, and the dictionary of its slopes, with the same five keys.
# * Logits may be as large as ±1000: loss and slopes are then still finite and right.
#
# <details><summary>Hint 1: shapes</summary>
#
# The last states are (N, H), the logits (N, K), and so are the slopes in them. For lstm_backward you need a dh of (N, T, H) which is 0 except at the last step.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# Per example, loss = log Σ_k e^(z_k) − z_y, and the slope in z is (softmax(z) − onehot(y)) / N, the N from the mean. dWy = h_lastᵀ dz, dby = Σ over the batch of dz, dh_last = dz Wyᵀ. Subtract the row's maximum before the exponential.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# run the LSTM from zeros; take the last states; logits; subtract the maximum of each row; log-probabilities; the loss; the slope in the logits; from it those of Wy, by and the last states; put the latter into an array of zeros, and go back through time; rename the keys.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "sequence_model_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class SequenceModel:
    """An LSTM that reads a sequence and then says which of K classes it is.

    params: arrays by name: Wx (D, 4H), Wh (H, 4H), b (4H,), Wy (H, K), by (K,). Kept as .params, the same dictionary.

    >>> params = {"Wx": np.zeros((2, 12)), "Wh": np.zeros((3, 12)), "b": np.zeros(12), "Wy": np.zeros((3, 4)), "by": np.zeros(4)}
    >>> loss, grads = SequenceModel(params).loss(np.ones((5, 6, 2)), np.array([0, 1, 2, 3, 3]))
    >>> round(float(loss), 4)  # log 4: four classes, all equally likely
    1.3863
    """

    def __init__(self, params: dict[str, np.ndarray]) -> None:
        ### BEGIN SOLUTION
        self.params = params
        ### END SOLUTION

    def loss(self, x: np.ndarray, y: np.ndarray) -> tuple[float, dict[str, np.ndarray]]:
        """The cross-entropy of the classes, averaged over the batch, and its slopes.

        x: sequences, shape (N, T, D). y: the right classes, whole numbers from 0 to K - 1, shape (N,).
        Returns the loss and the slope of the loss in each array of params, under the same keys.
        """
        ### BEGIN SOLUTION
        p = self.params
        examples = np.arange(len(x))
        start = np.zeros((len(x), len(p["Wh"])))
        h, cache = lstm_forward(x, start, start, p["Wx"], p["Wh"], p["b"])

        logits = h[:, -1] @ p["Wy"] + p["by"]
        logits = logits - logits.max(axis=1, keepdims=True)
        log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        loss = -log_p[examples, y].mean()

        dlogits = np.exp(log_p)
        dlogits[examples, y] -= 1.0
        dlogits /= len(x)
        dh = np.zeros(h.shape)
        dh[:, -1] = dlogits @ p["Wy"].T
        grads = lstm_backward(dh, cache)
        return float(loss), {
            "Wx": grads["dWx"], "Wh": grads["dWh"], "b": grads["db"],
            "Wy": h[:, -1].T @ dlogits, "by": dlogits.sum(axis=0),
        }
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "sequence_model", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false} exercise={"title": "A model that reads a sequence", "difficulty": 2, "minutes": 35, "needs": ["lstm"]}
def check_sequence_model():
    params = random_arrays(12, Wx=(2, 16), Wh=(4, 16), b=(16,), Wy=(4, 3), by=(3,))
    x, y = random_arrays(13, x=(5, 6, 2))["x"], np.array([0, 2, 1, 2, 2])
    model = SequenceModel(params)
    assert model.params is params, "model.params should be the dictionary that was given, itself"
    before = copies(params)
    answer = model.loss(x, y)
    assert isinstance(answer, (tuple, list)) and len(answer) == 2, "loss should return two things: the loss and the slopes"
    loss, grads = answer
    assert np.shape(loss) == (), f"the loss is one number, not an array of the shape {np.shape(loss)}"
    check_unchanged(params, before, "loss")

    start = np.zeros((5, 4))
    last = lstm_forward(x, start, start, params["Wx"], params["Wh"], params["b"])[0][:, -1]
    z = last @ params["Wy"] + params["by"]
    expected = np.mean([np.log(np.exp(z[n]).sum()) - z[n, y[n]] for n in range(5)])
    assert np.isclose(loss, expected), f"the loss should be {expected:.6f}, the mean over the batch of log Σ exp(z) - z_y; it is {loss:.6f}"
    check_slopes(grads, lambda: model.loss(x, y)[0], params, "loss")

    large = SequenceModel(params | {"by": np.array([1000.0, 0.0, -1000.0])})
    with np.errstate(all="ignore"):
        loss, grads = large.loss(x, y)
    assert np.isfinite(loss), f"logits near 1000 and -1000 give the loss {loss}: subtract the largest logit first, and take no logarithm of a probability"
    assert all(np.isfinite(grad).all() for grad in grads.values()), "logits near 1000 and -1000 give slopes that are not finite"
    print("SequenceModel: loss, keys, all slopes and large logits are right")


check_sequence_model()

# %% [markdown]
# ## 10 · Clipping
#
# **Write** `clip_gradients`.
#
# * The norm is the root of the sum of the squares of *all* entries of *all* arrays together.
# * If it is above `max_norm`, every array is multiplied, in place, by `max_norm / norm`; otherwise nothing is changed. The arrays in the dictionary stay the same objects.
# * It returns the norm from before. `max_norm` is above 0. All slopes may be 0.
#
# <details><summary>Hint 1: shapes</summary>
#
# The arrays have different shapes; the norm is one number for all of them.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# norm = √(Σ over arrays Σ over entries g²). If norm > max_norm: g ← g · max_norm / norm.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# sum the squares of each array, and these sums; take the root; if it is too large, multiply every array in place (an operator that ends in =); return the root.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "clip_gradients_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def clip_gradients(grads: dict[str, np.ndarray], max_norm: float) -> float:
    """Shorten the gradients, all by one factor, so that their common norm is at most max_norm.

    grads: float64 arrays of any shapes, by name; changed in place. max_norm: above 0.
    Returns the norm over all arrays together, from before.

    >>> grads = {"a": np.array([3.0]), "b": np.array([[0.0, 4.0]])}
    >>> clip_gradients(grads, 1.0), grads["a"], grads["b"]
    (5.0, array([0.6]), array([[0. , 0.8]]))
    """
    ### BEGIN SOLUTION
    norm = float(np.sqrt(sum((grad**2).sum() for grad in grads.values())))
    if norm > max_norm:
        for grad in grads.values():
            grad *= max_norm / norm
    return norm
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "clip_gradients", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Clip the gradients", "difficulty": 1, "minutes": 15, "needs": []}
def check_clip_gradients():
    a, b = np.array([3.0]), np.array([[0.0, 4.0]])
    grads = {"a": a, "b": b}
    norm = clip_gradients(grads, 1.0)
    assert norm is not None, "clip_gradients should return the norm"
    assert np.isclose(norm, 5.0), f"the norm of 3 and (0, 4), taken together, is 5 before clipping, not {norm}"
    assert grads["a"] is a and grads["b"] is b, "the arrays should be changed in place, not replaced by new ones"
    assert np.allclose(a, [0.6]) and np.allclose(b, [[0.0, 0.8]]), f"clipped to 1 they are 0.6 and (0, 0.8), not {a} and {b}: one factor for all"
    norm = clip_gradients(grads, 2.0)
    assert np.isclose(norm, 1.0), f"now the norm is 1, not {norm}"
    assert np.allclose(a, [0.6]) and np.allclose(b, [[0.0, 0.8]]), f"a norm of 1 is not above 2, so nothing should change; it became {a} and {b}"
    zero = {"a": np.zeros(2)}
    assert clip_gradients(zero, 1.0) == 0.0 and zero["a"].tolist() == [0.0, 0.0], "slopes that are all 0 have the norm 0 and stay as they are"
    print("clip_gradients: one norm, one factor, in place")


check_clip_gradients()

# %% [markdown]
# ## 11 · How far back does the loss reach?
#
# **Write** `gradient_flow`.
#
# * Entry t of the answer is the size of $\partial L/\partial h_t$, $L$ being the loss of the sequence model: the root of the sum of its squares over the batch and the units. All ways from $h_t$ to the loss count, through later steps too.
# * It reads `model.params` and nothing else of the model.
#
# <details><summary>Hint 1: shapes</summary>
#
# At each t the slope in h_t is (N, H), and gives one number. There are T of them.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# In h_(T−1) the slope is dlogits Wyᵀ, with dlogits = (softmax − onehot) / N. From step t to t − 1 it is what lstm_step_backward returns as dh; its dc goes along. The size is √(Σ squares).
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# forward with lstm_step from zero states, keeping every cache; the slope in the logits as in the model; the slope in the last state. Then for t from the last to the first: note the size of the slope in h at t, and go back through step t.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "gradient_flow_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gradient_flow(model: SequenceModel, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """How strongly the loss depends on the hidden state after each step.

    model: anything with the .params of a SequenceModel. x: shape (N, T, D). y: classes, shape (N,).
    Returns shape (T,): entry t is the Frobenius norm, over batch and units, of the slope of model.loss(x, y)[0] in h_t,
    the state after step t, over every way through later steps.

    >>> params = {"Wx": np.zeros((2, 4)), "Wh": np.zeros((1, 4)), "b": np.zeros(4), "Wy": np.array([[1.0, 0.0]]), "by": np.zeros(2)}
    >>> gradient_flow(SequenceModel(params), np.ones((1, 3, 2)), np.array([0]))  # Wh = 0: no way back
    array([0. , 0. , 0.5])
    """
    ### BEGIN SOLUTION
    p = model.params
    N, T, _ = x.shape
    h = c = np.zeros((N, len(p["Wh"])))
    caches = []
    for t in range(T):
        h, c, cache = lstm_step(x[:, t], h, c, p["Wx"], p["Wh"], p["b"])
        caches.append(cache)

    logits = h @ p["Wy"] + p["by"]
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    dlogits = powers / powers.sum(axis=1, keepdims=True)
    dlogits[np.arange(N), y] -= 1.0
    dh, dc = dlogits @ p["Wy"].T / N, np.zeros(h.shape)
    norms = np.zeros(T)
    for t in reversed(range(T)):
        norms[t] = np.sqrt((dh**2).sum())
        step = lstm_step_backward(dh, dc, caches[t])
        dh, dc = step["dh"], step["dc"]
    return norms
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "gradient_flow", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false} exercise={"title": "How far back the loss reaches", "difficulty": 2, "minutes": 30, "needs": ["lstm_step", "lstm_step_backward"]}
class Parameters:
    """A model that has parameters and nothing else."""

    def __init__(self, params):
        self.params = params


def check_gradient_flow():
    params = {"Wx": np.zeros((2, 4)), "Wh": np.zeros((1, 4)), "b": np.zeros(4), "Wy": np.array([[1.0, 0.0]]), "by": np.zeros(2)}
    flow = gradient_flow(Parameters(params), np.ones((1, 3, 2)), np.array([0]))
    assert np.shape(flow) == (3,), f"three steps have three sizes, shape (3,), not {np.shape(flow)}"
    assert np.isclose(flow[2], 0.5), f"at the last step the slope is (0.5 - 1) · 1, of size 0.5, not {flow[2]}"
    assert np.allclose(flow[:2], 0.0), f"with Wh = 0 no state reaches the next step, so the sizes before the last are 0, not {flow[:2]}"

    params = random_arrays(14, Wx=(2, 16), Wh=(4, 16), b=(16,), Wy=(4, 3), by=(3,))
    x, y = random_arrays(15, x=(5, 4, 2))["x"], np.array([0, 2, 1, 2, 2])
    before = copies(params)
    flow = gradient_flow(Parameters(params), x, y)
    check_unchanged(params, before, "gradient_flow")

    def loss(t, moved):  # the loss, if h_t is moved
        h = c = np.zeros((5, 4))
        for s in range(4):
            h, c, _ = lstm_step(x[:, s], h, c, params["Wx"], params["Wh"], params["b"])
            h = h + moved if s == t else h
        z = h @ params["Wy"] + params["by"]
        return np.mean([np.log(np.exp(z[n]).sum()) - z[n, y[n]] for n in range(5)])

    for t in reversed(range(4)):
        moved = np.zeros((5, 4))
        size = np.linalg.norm(measured_slopes(lambda: loss(t, moved), moved))
        assert np.isclose(flow[t], size, rtol=1e-5), f"the slope in the state after step {t} of 4 has the size {size:.6f}, measured; yours is {flow[t]:.6f}"
    print("gradient_flow: the sizes are those that one measures")


check_gradient_flow()

# %% [markdown]
# ## 12 · Text
#
# **Write** `sample`.
#
# * The probabilities are the softmax of `logits / temperature`. `sample` returns the smallest `k` for which the sum of the first $k + 1$ probabilities is above `u`; it is never more than $V - 1$, even if rounding leaves the whole sum a little below `u`.
# * `temperature` 0 gives the place of the largest logit, the first one if several are equal. A negative temperature raises `ValueError`.
# * Logits may be as large as ±1000, and a temperature as small as you like.
#
# <details><summary>Hint 1: shapes</summary>
#
# V logits, V probabilities, V running sums; one whole number comes out.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# p = softmax(logits / temperature), with the maximum subtracted first; cdf_k = p_0 + … + p_k; the answer is the number of k with cdf_k ≤ u, at most V − 1.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# refuse a negative temperature; for 0 return the place of the maximum; subtract the maximum, divide, exponentials, divide by their sum; running sums; count those that are not above u; cap the count.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "sample_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def sample(logits: np.ndarray, temperature: float, u: float) -> int:
    """Draw a class from its logits, with a random number that is given.

    logits: shape (V,). temperature: at least 0, otherwise ValueError; 0 means the largest logit, the first if several are equal.
    u: a number drawn evenly from 0 to 1, 1 excluded.
    Returns the smallest k with p_0 + ... + p_k > u, at most V - 1, where p is the softmax of logits / temperature.

    >>> [sample(np.log([1.0, 2.0, 1.0]), 1.0, u) for u in (0.1, 0.3, 0.9)]
    [0, 1, 2]
    """
    ### BEGIN SOLUTION
    if temperature < 0:
        raise ValueError("a temperature is not negative")
    if temperature == 0:
        return int(np.argmax(logits))
    powers = np.exp((logits - np.max(logits)) / temperature)
    cdf = np.cumsum(powers / powers.sum())
    return min(int((cdf <= u).sum()), len(logits) - 1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "sample", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Draw by temperature", "difficulty": 2, "minutes": 20, "needs": []}
def check_sample():
    logits = np.log([1.0, 2.0, 1.0])
    for u, k in ((0.0, 0), (0.1, 0), (0.3, 1), (0.7, 1), (0.9, 2)):
        found = sample(logits, 1.0, u)
        assert not isinstance(found, (bool, np.bool_, float)) and np.shape(found) == (), f"sample should return one whole number, not {found!r}"
        assert found == k, f"the probabilities 0.25, 0.5, 0.25 with u = {u} give {k}, not {found}"
    cold = np.array([0.0, np.log(2.0)])
    for temperature, u, k in ((1.0, 0.3, 0), (0.5, 0.3, 1), (0.5, 0.1, 0), (2.0, 0.4, 0)):
        found = sample(cold, temperature, u)
        assert found == k, f"logits 0 and log 2 at temperature {temperature} with u = {u} give {k}, not {found}: divide the logits by the temperature"
    assert sample(np.array([1.0, 3.0, 3.0]), 0.0, 0.9) == 1, "temperature 0 takes the largest logit, the first of two that are equal"
    with np.errstate(all="ignore"):
        assert sample(np.array([1000.0, -1000.0, 1000.0]), 1.0, 0.75) == 2, "logits 1000, -1000, 1000 have the probabilities ½, 0, ½: subtract the maximum first"
        assert sample(np.array([1.0, 2.0]), 1e-9, 0.5) == 1, "a temperature of 1e-9 should work, and is nearly argmax"
    try:
        sample(logits, -1.0, 0.5)
    except ValueError:
        pass
    else:
        raise AssertionError("a negative temperature should raise ValueError")
    assert np.allclose(logits, np.log([1.0, 2.0, 1.0])), "sample should leave the logits as they are"
    print("sample: running sums, temperature, large logits and refusals are right")


check_sample()
