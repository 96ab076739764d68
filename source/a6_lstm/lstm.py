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
# A sentence, a melody and the weather are *sequences*: what comes next depends on what came before, and on how long ago. A network with a fixed number of inputs cannot read them, because they have no fixed length. A *recurrent* network reads one step at a time and carries a memory along. This notebook is about that memory: how a network keeps something, why forty steps are so hard for a plain recurrent network, and what three gates around a cell change about it.
#
# **By the end you will have** a recurrent network and a *long short-term memory* (LSTM), both with backward passes that you derive by hand; a model that reads a sequence and says what it was; an instrument that measures how far back a loss reaches; sentences made letter by letter; and a forecast of the Sun's spots, compared with two simple methods, one of them hard to beat.
#
# The first picture, a few cells below, is a memory of one number, made by hand. Whenever a mark comes (orange dots), it takes in the number that stands there, squashed and a little enlarged: $\tanh(1.5 \cdot \text{number})$. Between the marks it keeps what it has. In section 6 your own code draws it again.
#
# | | |
# |---|---|
# | **You need** | Python, NumPy arrays (shapes, broadcasting, `@` for the matrix product), and school calculus: derivative, chain rule, exponential and logarithm |
# | **From earlier assignments** | from *Neurons and backprop*: a gradient is a sum over paths, each a product of slopes; from *Polynomial regression* and *Word vectors*: gradients by hand, a measured slope as their judge, and softmax. All are said again in a sentence where they are needed |
# | **Time** | about eight hours; the recurrent network (sections 1 to 4) is one evening, the LSTM (5 to 8) another, and using it (9 to 13) a third. The minutes at the head of an exercise include reading its section; they add up to six and a half hours, and the experiments come on top |
# | **Allowed tools** | answers may import `numpy` (all of it) and anything of Python's standard library; no torch. Cells that draw use matplotlib; they are given, and nothing that is graded needs them. Imports for plots, tables and progress bars (matplotlib, pandas, tqdm) are left out where answers are graded, and cost nothing. |
# | **To run** | from top to bottom in under a minute and a half on two cores |
#
# **How it works.** Write your code where the cell says `YOUR CODE HERE`. The locked cell below it checks the worked example
# and the most common mistakes; its messages are meant to be read. Hidden tests grade the rest: everything that they ask for
# is written in the text and the docstrings of this notebook. Five things hold in every exercise, and are not repeated:
#
# * what comes in (arrays, dictionaries) is left as it is; `clip_gradients` alone is there to change what it is given;
# * arrays come in as `float64`, results are `float64`, and a gradient has the shape of what it is a gradient of;
# * every size may be 1;
# * slopes come from the derivation. To measure them with small steps, as the checks do, loses digits where a function is nearly flat, and takes one or two passes forward for every number. The hidden tests ask for eight digits there too, and for the work of fewer than twenty passes forward;
# * a *cache* is what a forward function keeps for its backward function: a tuple, a dictionary, an object, as you like. Nothing looks into it. Each cache goes into one backward call, and nothing that came in is changed between the two. Several forward calls may be made before the first of them goes back, so a cache belongs to its call: return it, don't keep it in a global variable.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["setup"]
from typing import Any

import numpy as np

# %% [markdown]
# The next two cells are given, and you need not read them. The first lets the checks measure slopes: the central difference of the earlier assignments, one entry a little up, then a little down. It is slow and knows nothing of any derivation, and so it is the judge of all gradients below. The second holds what the drawings share.

# %% nbgrader={"grade": false, "grade_id": "checking", "locked": true, "schema_version": 3, "solution": false, "task": false}
from _shared.measured_slopes import measured_slopes


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

# %% nbgrader={"grade": false, "grade_id": "drawing", "locked": true, "schema_version": 3, "solution": false, "task": false}
import csv
import os

import matplotlib.pyplot as plt

from _shared.palette import BLUE, ORANGE, GREEN, PURPLE, GREY


from _shared.show import show


def latch_inputs():
    """Twenty steps of two inputs: a number, and whether it is marked."""
    numbers = np.random.default_rng(3).uniform(-1, 1, size=20).round(1)
    marks = np.zeros(20)
    marks[[1, 8, 15]] = 1.0
    numbers[[1, 8, 15]] = [0.8, -0.6, 0.3]
    return np.column_stack([numbers, marks])


def latch_weights(forget=6.0):
    """One unit, made by hand: a mark opens the input gate and shuts the forget gate."""
    Wx = np.array([[0.0, 0.0, 1.5, 0.0], [12.0, -12.0, 0.0, 0.0]])
    return Wx, np.zeros((1, 4)), np.array([-6.0, forget, 0.0, 4.0])


def draw_latch(x, gates, cell, title):
    """Inputs, gates and cell state of one unit over time. gates: shape (T, 3), for i, f, o. cell: shape (T,)."""
    steps, marked = np.arange(len(x)), x[:, 1] > 0
    figure, (top, middle, bottom) = plt.subplots(3, 1, figsize=(9.5, 5.6), sharex=True, height_ratios=[1.2, 1, 1.3], layout="constrained")
    top.vlines(steps, 0, x[:, 0], color=GREY, lw=1.5)
    top.plot(steps[~marked], x[~marked, 0], "o", color=GREY, ms=5, label="a number")
    top.plot(steps[marked], x[marked, 0], "o", color=ORANGE, ms=9, label="a number with a mark")
    top.set(ylabel="input", ylim=(-1.2, 1.2))
    top.set_title(title, loc="left")
    top.legend(frameon=False, ncols=2, loc="upper right", fontsize=9.5, bbox_to_anchor=(1, -0.02))
    image = middle.imshow(gates.T, aspect="auto", cmap="cividis", vmin=0, vmax=1)
    middle.set(yticks=[0, 1, 2], yticklabels=["input gate i", "forget gate f", "output gate o"])
    figure.colorbar(image, ax=middle, label="0 shut, 1 open", ticks=[0, 1])
    bottom.axhline(0, color=GREY, lw=0.6)
    bottom.step(steps, cell, where="mid", color=BLUE, lw=2.2)
    bottom.plot(steps[marked], cell[marked], "o", color=ORANGE, ms=7)
    bottom.set(xlabel="step t", ylabel="cell state c", ylim=(-1.2, 1.2), xticks=steps[::2])
    show()


def draw_the_goal():
    Wx, _, b = latch_weights()
    x = latch_inputs()
    z = x @ Wx + b
    i, f, g, o = 1 / (1 + np.exp(-z[:, 0])), 1 / (1 + np.exp(-z[:, 1])), np.tanh(z[:, 2]), 1 / (1 + np.exp(-z[:, 3]))
    cell = [0.0]
    for t in range(len(x)):
        cell.append(f[t] * cell[-1] + i[t] * g[t])
    draw_latch(x, np.column_stack([i, f, o]), np.array(cell[1:]), "A memory of one number, made by hand")


draw_the_goal()

# %% [markdown]
# ## 1 · Two functions that squash
#
# **Why.** A network that goes round and round must keep its numbers in bounds. Two functions do this here. $\tanh$ squashes any number between −1 and 1; the state of a recurrent network is made of it. The *sigmoid*
#
# $$ \sigma(x) \;=\; \frac{1}{1 + e^{-x}} $$
#
# squashes between 0 and 1; gates are made of it, because 0 can mean shut and 1 open. They are the same curve at two scales: $\sigma(x) = \tfrac12\bigl(1 + \tanh \tfrac x2\bigr)$.
#
# **Slopes.** Write $y$ for the value of the function, not for what went in. Then
#
# $$ y = \tanh x: \quad \frac{dy}{dx} = 1 - y^2, \qquad\qquad y = \sigma(x): \quad \frac{dy}{dx} = y\,(1 - y). $$
#
# For the second: $\frac{d}{dx}(1 + e^{-x})^{-1} = \frac{e^{-x}}{(1 + e^{-x})^2} = \sigma(x) \cdot \frac{e^{-x}}{1 + e^{-x}}$, and the last fraction is $1 - \sigma(x)$. Both slopes need only the result, which is at hand when we go back. (A widely copied mistake puts $\sigma(x)$ in for $x$ once more; section 8 comes back to it.)
#
# **Picture.** Look at the height of the dashed curves. The slope of the sigmoid is never above ¼, that of tanh never above 1, and both are near 0 far out.

# %% nbgrader={"grade": false, "grade_id": "squash_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_squashing():
    x = np.linspace(-6, 6, 301)
    figure, panels = plt.subplots(1, 2, figsize=(10, 3.4), sharey=True, layout="constrained")
    for axes, name, y, slope in [(panels[0], "tanh x", np.tanh(x), 1 - np.tanh(x) ** 2), (panels[1], "σ(x)", 1 / (1 + np.exp(-x)), 0.25 / np.cosh(x / 2) ** 2)]:
        axes.plot(x, y, color=BLUE, lw=2.2, label=name)
        axes.plot(x, slope, color=ORANGE, ls="--", lw=2, label=f"slope, at most {slope.max():.2g}")
        axes.axhline(0, color=GREY, lw=0.6)
        axes.set(title=f"{name} and its slope", xlabel="x")
        axes.legend(frameon=False, loc="upper left", fontsize=10)
    panels[0].set_ylabel("value, slope")
    show()


draw_squashing()

# %% [markdown]
# **Keeping digits.** For $x = -1000$ the power $e^{-x}$ does not fit into a float. With $s = e^{-|x|}$, which is never above 1, nothing can overflow: $\sigma(x) = \frac{1}{1+s}$ for $x \ge 0$; for $x < 0$ multiply numerator and denominator by $e^{x} = s$ and get $\frac{s}{1+s}$. The other way out, $\tfrac12(1 + \tanh\tfrac x2)$, overflows nowhere and loses digits: at $x = -30$ it subtracts two numbers that agree in their first twelve digits.
#
# **By hand.** $\sigma(0) = \tfrac12$; $\sigma(\log 3) = 1/(1 + \tfrac13) = 0.75$; $\sigma(-\log 3) = 0.25$. In general $\sigma(-x) = 1 - \sigma(x)$.

# %% [markdown]
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

    x: any shape, also a number. Returns the same shape, entries between 0 and 1. Down to x = -30 nine digits are right.

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
# ## 2 · A network that reads one step at a time
#
# **Why.** An ordinary network would need one input for each place of the sequence, weights of its own for each place, and a new network for each length. A recurrent network has *one* set of weights and uses it at every step. What it has seen so far is in its *state*, a few numbers that it hands to itself.
#
# **Picture.** The same box at every step. Blue arrows are values and go upwards and from left to right; the orange ones are slopes of the loss and come back, downwards and from right to left (sections 3 and 4). From the right, nothing comes back into the last box: no step follows it.

# %% nbgrader={"grade": false, "grade_id": "unrolled_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_unrolled():
    figure, axes = plt.subplots(figsize=(9.5, 3.2), layout="constrained")
    for t, name in enumerate(["0", "1", "2", "3"]):
        x = 2.4 * t
        axes.add_patch(plt.Rectangle((x - 0.6, -0.4), 1.2, 0.8, facecolor="white", edgecolor="black", lw=1.4))
        axes.text(x, 0, "tanh\nWx, Wh, b", ha="center", va="center", fontsize=10)
        axes.text(x, -1.35, f"x$_{name}$", ha="center", va="center", fontsize=13)
        axes.text(x + 1.2, 0.42, f"h$_{name}$", ha="center", va="center", fontsize=12, color=BLUE)
        axes.annotate("", (x, -0.42), (x, -1.15), arrowprops={"arrowstyle": "-|>", "color": BLUE, "lw": 1.6})
        axes.annotate("", (x + 1.78, 0.12), (x + 0.62, 0.12), arrowprops={"arrowstyle": "-|>", "color": BLUE, "lw": 1.6})
        axes.annotate("", (x, 1.05), (x, 0.42), arrowprops={"arrowstyle": "-|>", "color": BLUE, "lw": 1.6})
        axes.text(x, 1.25, f"h$_{name}$, read by other layers", ha="center", va="center", fontsize=9.5, color=BLUE)
        slopes = [((x + 0.2, 0.42), (x + 0.2, 1.05)), ((x + 0.2, -1.15), (x + 0.2, -0.42))]  # from the loss, and to the inputs
        if t < 3:
            slopes.append(((x + 0.62, -0.15), (x + 1.78, -0.15)))  # from the next step
        for end, start in slopes:
            axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": ORANGE, "lw": 1.6, "ls": "--"})
    axes.annotate("", (-0.62, 0.12), (-1.5, 0.12), arrowprops={"arrowstyle": "-|>", "color": BLUE, "lw": 1.6})
    axes.annotate("", (-1.5, -0.15), (-0.62, -0.15), arrowprops={"arrowstyle": "-|>", "color": ORANGE, "lw": 1.6, "ls": "--"})
    axes.text(-1.78, 0.12, "h$_{-1}$", ha="center", va="center", fontsize=12, color=BLUE)
    axes.set(xlim=(-2.1, 9.2), ylim=(-1.7, 1.6), title="A recurrent network, unrolled: one box, used four times")
    axes.axis("off")
    show()


draw_unrolled()

# %% [markdown]
# **Symbols.** They keep their meaning unless said otherwise.
#
# | symbol | shape | what |
# |---|---|---|
# | $N, T$ | numbers | examples in a batch, steps in a sequence. Steps are numbered from 0 |
# | $D, H$ | numbers | inputs at each step, units in the state |
# | $x_t$ | $N \times D$ | the inputs of step $t$, one row for each example; in code `x[:, t]`, where `x` is $N \times T \times D$ |
# | $h_t$ | $N \times H$ | the state after step $t$, called the *hidden state* |
# | $h_{-1}$ | $N \times H$ | the state before the first step, in code `h0` |
# | $W_x$ | $D \times H$ | weights from the inputs to the state |
# | $W_h$ | $H \times H$ | weights from the state to the next state |
# | $b$ | $H$ | the *bias*, added to every row |
#
# One step is
#
# $$ h_t \;=\; \tanh(z_t), \qquad z_t \;=\; x_t W_x + h_{t-1} W_h + b . $$
#
# Examples are rows and are multiplied from the left, so that a batch needs no loop: $(N \times D)(D \times H)$ and $(N \times H)(H \times H)$ are both $N \times H$.
#
# **By hand.** $N = D = 1$, $H = 2$: $x = 1$, the old state $(0.5,\ -0.5)$, $W_x = (0.5,\ -1)$, $W_h = \begin{pmatrix} 1 & 0 \\ 0.5 & 2 \end{pmatrix}$, $b = (0,\ 0.5)$.
#
# * $z = \bigl(0.5 + (0.5 \cdot 1 - 0.5 \cdot 0.5) + 0,\;\; -1 + (0.5 \cdot 0 - 0.5 \cdot 2) + 0.5\bigr) = (0.75,\ -1.5)$,
# * $h = (\tanh 0.75,\ \tanh(-1.5)) = (0.6351,\ -0.9051)$.

# %% [markdown]
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


# %% nbgrader={"grade": true, "grade_id": "rnn_step", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false} exercise={"title": "One step of a recurrent network", "difficulty": 1, "minutes": 25, "needs": [], "shares": "the cache of a step of the RNN"}
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
# **Why.** To learn, we need the slope of the loss in every weight. We get it as always: from the loss backwards, one operation at a time. Here is the part for one step.
#
# **Notation.** $L$ is the loss, one number. A bar means *slope of the loss in*: $\bar h_t = \partial L / \partial h_t$, an array of the shape of $h_t$. In code the bar becomes a `d`: `dh`.
#
# **Derivation.** Suppose $\bar h_t$ is known. Leave out the index of the new state and write $h' = \tanh(z)$, $z = xW_x + hW_h + b$.
#
# *Through tanh.* Entry by entry, $\bar z = \bar h' \odot (1 - h'^2)$, where $\odot$ multiplies arrays of one shape entry by entry.
#
# *Through the sum and the products.* Take one entry, $z_{nk} = \sum_d x_{nd} (W_x)_{dk} + \sum_j h_{nj} (W_h)_{jk} + b_k$, where $n$ counts examples, $d$ inputs, $j$ and $k$ units. Now ask of each number in which $z_{nk}$ it occurs, and add over those:
#
# * $x_{nd}$ occurs in $z_{nk}$ for every $k$, with the factor $(W_x)_{dk}$. So $\bar x_{nd} = \sum_k \bar z_{nk} (W_x)_{dk}$;
# * $(W_x)_{dk}$ occurs in $z_{nk}$ for every $n$, with the factor $x_{nd}$. So $(\bar W_x)_{dk} = \sum_n x_{nd}\, \bar z_{nk}$;
# * $b_k$ occurs in $z_{nk}$ for every $n$, with the factor 1.
#
# And the same for $h$ and $W_h$. As arrays:
#
# $$ \boxed{\;\bar x = \bar z\, W_x^\top, \quad \bar h = \bar z\, W_h^\top, \quad \bar W_x = x^\top \bar z, \quad \bar W_h = h^\top \bar z, \quad \bar b_k = \sum_{n} \bar z_{nk}\;} $$
#
# with the shapes $N \times D$, $N \times H$, $D \times H$, $H \times H$ and $H$. Note which $h$ stands where: the *new* state in the slope of tanh, the *previous* one in $\bar W_h$.
#
# **By hand.** The step of section 2, and a loss that looks at the first unit alone: $\bar h' = (1, 0)$. Then $\bar z = (1 - 0.6351^2,\ 0) = (0.5966,\ 0)$, and
#
# * $\bar x = 0.5966 \cdot 0.5 = 0.2983$, $\;\bar h = (0.5966 \cdot 1,\ 0.5966 \cdot 0.5) = (0.5966,\ 0.2983)$,
# * $\bar W_x = (0.5966,\ 0)$, $\;\bar W_h = \begin{pmatrix} 0.2983 & 0 \\ -0.2983 & 0 \end{pmatrix}$, $\;\bar b = (0.5966,\ 0)$.

# %% [markdown]
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
    Returns dx (N, D); dh (N, H), for the state before the step; dWx (D, H); dWh (H, H); db (H,). Derived, not measured.

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


# %% nbgrader={"grade": true, "grade_id": "rnn_step_backward", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false} exercise={"title": "One step back", "difficulty": 2, "minutes": 40, "needs": ["rnn_step"], "shares": "the cache of a step of the RNN"}
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
# **Why.** One step is an ordinary layer. A sequence is $T$ of them on top of each other, all with the *same* weights, and the way back goes through all. This is called *backpropagation through time*.
#
# **Derivation.** Two questions decide everything.
#
# *Who uses $h_t$?* Perhaps the loss, directly: a guess is made from the state at this step. That part comes in from outside, `dh[:, t]`; call it $\bar h_t^{\text{own}}$. And step $t + 1$ uses it, which hands back $\bar z_{t+1} W_h^\top$. The two paths add:
#
# $$ \boxed{\;\bar h_t \;=\; \bar h_t^{\text{own}} \;+\; \bar z_{t+1} W_h^\top\;} \qquad \text{for } t = T-1 \text{ the second term is missing.} $$
#
# *Who uses $W_h$?* Every step. So its slope is the sum over all steps, and so for $W_x$ and $b$:
#
# $$ \bar W_h = \sum_{t=0}^{T-1} h_{t-1}^\top \bar z_t, \qquad \bar W_x = \sum_{t=0}^{T-1} x_t^\top \bar z_t, \qquad \bar b = \sum_{t=0}^{T-1} \sum_n (\bar z_t)_n, $$
#
# where $(\bar z_t)_n$ is row $n$ of $\bar z_t$. What step 0 hands back is $\bar h_{-1}$, in code `dh0`.
#
# **By hand.** $D = H = N = 1$, all weights 1, no bias, $h_{-1} = 0$, inputs $1, 0$. The states are $\tanh 1 = 0.7616$ and $\tanh 0.7616 = 0.6420$. Let the loss be the last state: $\bar h_0^{\text{own}} = 0$ and $\bar h_1^{\text{own}} = 1$.
#
# * Step 1: $\bar z_1 = 1 \cdot (1 - 0.6420^2) = 0.5878$, which is also $\bar x_1$, and it hands back 0.5878.
# * Step 0: $\bar h_0 = 0 + 0.5878$, $\;\bar z_0 = 0.5878 \cdot (1 - 0.7616^2) = 0.5878 \cdot 0.4200 = 0.2469 = \bar x_0$.
# * $\bar W_x = 0 \cdot 0.5878 + 1 \cdot 0.2469 = 0.2469$; $\;\bar W_h = h_0 \bar z_1 + h_{-1} \bar z_0 = 0.7616 \cdot 0.5878 + 0 = 0.4477$.

# %% [markdown]
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
    Returns dx (N, T, D); dh0 (N, H); dWx (D, H), dWh (H, H) and db (H,), summed over the steps. Derived, not measured.

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
# ### Look at it: how far back?
#
# Follow one slope from the last state to the first. Each step multiplies by $1 - h^2$, never above 1, and by $W_h^\top$. Over $k$ steps these are $k$ factors of the same kind, and repeated factors go one of two ways: below 1 they vanish, above 1 they explode. Here $W_h$ is drawn around 0 with the standard deviation $s/\sqrt{H}$; with this scaling $s$ is about the factor of one step as long as tanh is nearly straight. ($W_x$ is drawn with the standard deviation 0.1 and the inputs with 0.5, so that it is.) The *size* of an array of slopes is the root of the sum of their squares.
#
# > **Predict.** The curves start at 1, at the last state, and go back 40 steps, for $s = 0.5$, $1$ and $3$. For which $s$ do they stay level? Do the ten random draws of one $s$ stay together?

# %% nbgrader={"grade": false, "grade_id": "rnn_flow_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def rnn_flow(x, h0, Wx, Wh, b, dh):
    """The size of the slope in the state after each step, when the slope in the last one is dh."""
    h, caches, sizes = h0, [], []
    for t in range(x.shape[1]):
        h, cache = rnn_step(x[:, t], h, Wx, Wh, b)
        caches.append(cache)
    for cache in reversed(caches):
        sizes.append(np.linalg.norm(dh))
        dh = rnn_step_backward(dh, cache)["dh"]
    return np.array(sizes[::-1])


def plot_rnn_flow():
    N, T, D, H = 16, 41, 4, 16
    figure, axes = plt.subplots(figsize=(8.5, 4.4), layout="constrained")
    for s, colour, style in [(3.0, ORANGE, "--"), (1.0, BLUE, "-"), (0.5, GREEN, "-.")]:
        curves = []
        for seed in range(10):
            draw = np.random.default_rng(seed)
            Wx, Wh = 0.1 * draw.normal(size=(D, H)), draw.normal(size=(H, H)) * s / np.sqrt(H)
            sizes = rnn_flow(0.5 * draw.normal(size=(N, T, D)), np.zeros((N, H)), Wx, Wh, np.zeros(H), draw.normal(size=(N, H)))
            curves.append(sizes[::-1] / sizes[-1])
        curves = np.array(curves)
        axes.fill_between(range(T), curves.min(axis=0), curves.max(axis=0), color=colour, alpha=0.2, lw=0)
        axes.semilogy(range(T), np.median(curves, axis=0), style, color=colour, lw=2.2, label=f"s = {s:g}")
    axes.set(title="RNN: slope in earlier states, ten random draws each (line: median, band: all)", xlabel="lag: steps before the last one", ylabel="size, relative to the last step")
    axes.legend(frameon=False, loc="lower left")
    show()


plot_rnn_flow()

# %% [markdown]
# **What to see.** With $s = 0.5$ less than $10^{-9}$ is left after 40 steps, in some draws less than $10^{-14}$: nothing that happened then will be learnt from. With $s = 3$ the slopes grow six thousandfold and more. (They would grow faster still, if tanh did not flatten large states.) $s = 1$ stays almost level in the median, but one draw is up by nearly ten and two are down by about a thousand; and as soon as training moves the weights, they may go elsewhere. A plain recurrent network *can* pass slopes on, but one matrix $W_h$ has to serve two ends, keeping what was and making the next state from it, and nothing holds that matrix where memory needs it.
#
# ## 5 · The memory cell and its gates
#
# **Why.** Take the multiplication away. Give the network a second state, $c_t$, the *cell state*, which is carried from step to step by *adding*:
#
# $$ c_t = c_{t-1} + \text{something new}. $$
#
# The slope of $c_t$ in $c_{t-1}$ is 1, over any number of steps. That is a memory which does not fade. It needs three more things: not everything that comes along should be written into it; what is no longer needed should go; and not everything in it should be shown to the rest of the network at every moment. For each there is a *gate*: a number between 0 (shut) and 1 (open), one for every unit and step, that multiplies what wants to pass.
#
# * The **forget gate** $f$ multiplies the old cell state. 1 keeps all, 0 clears. (It would better be called the keep gate.) With it the slope of $c_t$ in $c_{t-1}$ becomes $f$, which is near 1 when the gate is open.
# * The **input gate** $i$ multiplies the *candidate* $g$, the new content, which is what a plain recurrent network would take for its state: a tanh, between −1 and 1.
# * The **output gate** $o$ multiplies what the cell shows: $\tanh c$, squashed so that a cell that has added up much still shows at most 1.
#
# **Picture.** Follow the upper line: it is the cell state, and all that happens to it is one product and one sum. The gates read what is below: the inputs and the old hidden state.

# %% nbgrader={"grade": false, "grade_id": "cell_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_cell():
    figure, axes = plt.subplots(figsize=(10, 4.6), layout="constrained")

    def arrow(*points, colour="black"):
        for start, end in zip(points[:-2], points[1:-1]):
            axes.plot(*zip(start, end), color=colour, lw=1.6, solid_capstyle="round")
        axes.annotate("", points[-1], points[-2], arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 1.6, "shrinkA": 0, "shrinkB": 0})

    def circle(x, y, sign):
        axes.add_patch(plt.Circle((x, y), 0.24, facecolor="white", edgecolor="black", lw=1.5, zorder=3))
        axes.text(x, y - 0.01, sign, ha="center", va="center", fontsize=14, zorder=4)

    def box(x, y, text, name="", colour="black"):
        axes.add_patch(plt.Rectangle((x - 0.42, y - 0.28), 0.84, 0.56, facecolor="white", edgecolor=colour, lw=1.8, zorder=3))
        axes.text(x, y, text, ha="center", va="center", fontsize=12, zorder=4)
        axes.text(x - 0.12, y + 0.5, name, ha="right", va="center", fontsize=12, color=colour, fontweight="bold")

    arrow((-0.6, 4), (1.26, 4), colour=BLUE)  # the cell line
    arrow((1.74, 4), (3.96, 4), colour=BLUE)
    arrow((4.44, 4), (8.6, 4), colour=BLUE)
    axes.plot([-0.6, 6], [0.6, 0.6], color="black", lw=1.6)  # x and h
    axes.plot([0.3, 0.3], [-0.2, 0.6], color="black", lw=1.6)
    for x, text, name, colour in [(1.5, "σ", "f", ORANGE), (3.0, "σ", "i", ORANGE), (4.2, "tanh", "g", "black"), (6.0, "σ", "o", ORANGE)]:
        arrow((x, 0.6), (x, 1.22))
        box(x, 1.5, text, name, colour)
    arrow((1.5, 1.78), (1.5, 3.76))  # f to its product
    arrow((3.0, 1.78), (3.0, 2.7), (3.96, 2.7))
    arrow((4.2, 1.78), (4.2, 2.46))
    arrow((4.2, 2.94), (4.2, 3.76))
    arrow((7.0, 4), (7.0, 3.38), colour=BLUE)
    box(7.0, 3.1, "tanh")
    arrow((7.0, 2.82), (7.0, 2.24))
    arrow((6.0, 1.78), (6.0, 2.0), (6.76, 2.0))
    arrow((7.0, 1.76), (7.0, 0.6), (8.6, 0.6))
    circle(1.5, 4, "×")
    circle(4.2, 4, "+")
    circle(4.2, 2.7, "×")
    circle(7.0, 2.0, "×")
    for x, y, text, colour, side in [(-0.7, 4, "c$_{t-1}$", BLUE, "right"), (8.7, 4, "c$_t$", BLUE, "left"), (-0.7, 0.6, "h$_{t-1}$", "black", "right"), (8.7, 0.6, "h$_t$", "black", "left")]:
        axes.text(x, y, text, ha=side, va="center", fontsize=14, color=colour)
    axes.text(0.3, -0.45, "x$_t$", ha="center", va="center", fontsize=14)
    for x, y, text in [(1.4, 2.9, "forget:\nhow much\nstays"), (3.0, 3.2, "input:\nhow much\nis written"), (7.35, 2.0, "output:\nhow much is shown")]:
        axes.text(x, y, text, ha="right" if x < 2 else "center" if x < 4 else "left", va="center", fontsize=9.5, color=ORANGE)
    axes.set(xlim=(-1.5, 9.5), ylim=(-0.8, 4.5), title="An LSTM, one step: gates in orange, the cell state in blue")
    axes.axis("off")
    show()


draw_cell()

# %% [markdown]
# **Equations.** The three gates and the candidate each have weights of their own, and all four are computed alike: from $x_t$ and $h_{t-1}$. So one puts the four weight matrices side by side and computes all of them with one product:
#
# $$ z_t = x_t W_x + h_{t-1} W_h + b, \qquad \text{with } W_x: D \times 4H, \quad W_h: H \times 4H, \quad b: 4H, \quad z_t: N \times 4H. $$
#
# The columns of $z_t$ are four blocks of $H$. Their order is an agreement; ours is **i, f, g, o**, which is also PyTorch's:
#
# | columns | $0 \dots H-1$ | $H \dots 2H-1$ | $2H \dots 3H-1$ | $3H \dots 4H-1$ |
# |---|---|---|---|---|
# | | $i = \sigma(z_i)$ | $f = \sigma(z_f)$ | $g = \tanh(z_g)$ | $o = \sigma(z_o)$ |
# | | input gate | forget gate | candidate | output gate |
#
# **By hand.** $N = D = H = 1$; $x = 2$, $h = -1$, $W_x = (1,\ 0.5,\ 0.25,\ -1)$, $W_h = (1,\ -1,\ -0.5,\ 0)$, $b = (-1,\ 0,\ 0,\ 2)$. Then
#
# * $z = (2 - 1 - 1,\;\; 1 + 1 + 0,\;\; 0.5 + 0.5 + 0,\;\; -2 + 0 + 2) = (0, 2, 1, 0)$,
# * $i = \sigma(0) = 0.5$, $f = \sigma(2) = 0.8808$, $g = \tanh(1) = 0.7616$, $o = \sigma(0) = 0.5$.

# %% [markdown]
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
# z = x Wx + h Wh + b; i = σ of its columns 0 to H−1, f = σ of the columns H to 2H−1, g = tanh of the columns 2H to 3H−1, o = σ of the columns 3H to 4H−1.
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
# With the gates at hand, the step itself is two lines, entry by entry:
#
# $$ \boxed{\;c_t = f_t \odot c_{t-1} + i_t \odot g_t, \qquad h_t = o_t \odot \tanh(c_t)\;} $$
#
# All arrays are $N \times H$. The hidden state $h_t$ is what everybody sees: the next step's gates, and whoever makes a guess from the network. The cell state $c_t$ is seen by nobody but the cell.
#
# **By hand.** Go on from section 5 with the old cell state $c = 1$: the new one is $0.8808 \cdot 1 + 0.5 \cdot 0.7616 = 1.2616$, and $h = 0.5 \cdot \tanh(1.2616) = 0.5 \cdot 0.8515 = 0.4258$.
#
# Two cases to keep in mind: with $f = 1$ and $i = 0$ the cell keeps its content exactly; with $o = 0$ the hidden state is 0, whatever is in the cell.

# %% [markdown]
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


# %% nbgrader={"grade": true, "grade_id": "lstm_step", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false} exercise={"title": "One step of an LSTM", "difficulty": 2, "minutes": 25, "needs": ["lstm_gates"], "shares": "the cache of a step of the LSTM"}
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
# ### Look at it: a memory of one number
#
# The weights of the first picture of this notebook were set by hand. One unit, two inputs (a number, and 1 if it is marked); the state $h$ is not used. The bias of the input gate is −6, so it is shut, $\sigma(-6) = 0.0025$; a mark adds 12 and opens it, $\sigma(6) = 0.9975$. The forget gate has bias 6 and a weight of −12 for the mark: open, and shut at a mark. The output gate has bias 4: $\sigma(4) = 0.98$, always open. The candidate is $\tanh(1.5 \cdot \text{number})$.
#
# > **Predict.** The second picture takes something away: the bias of the forget gate is 1 instead of 6, so that between marks $f = \sigma(1) = 0.73$. How much of a number is left right before the next mark, six steps later?

# %% nbgrader={"grade": false, "grade_id": "latch_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def run_latch(forget):
    Wx, Wh, b = latch_weights(forget)
    x = latch_inputs()
    h = c = np.zeros((1, 1))
    gates, cell = [], []
    for t in range(len(x)):
        i, f, g, o = lstm_gates(x[t : t + 1], h, Wx, Wh, b)
        h, c, _ = lstm_step(x[t : t + 1], h, c, Wx, Wh, b)
        gates.append([i[0, 0], f[0, 0], o[0, 0]])
        cell.append(c[0, 0])
    return x, np.array(gates), np.array(cell)


draw_latch(*run_latch(6.0), "Your LSTM with the weights made by hand: forget bias 6")
draw_latch(*run_latch(1.0), "The same with forget bias 1: the memory leaks")

# %% [markdown]
# **What to see.** Above, the cell takes in $\tanh(1.5 \cdot \text{number})$, a little larger than the number (0.83 for 0.8, −0.72 for −0.6, 0.42 for 0.3), and holds it, while the numbers in between knock at a shut gate. Below, it takes in the same and loses a good quarter of what it has at every step: right before the next mark, six steps later, $0.73^6 = 0.15$ of it is left. Nobody told it to forget. A forget gate that is not quite open is a memory with a lifetime: remember this picture when we come to starting values in section 11.
#
# ## 7 · One step of an LSTM, back
#
# This is the hardest exercise of the notebook. Nothing in it is new: a slope is a sum over paths. There are more paths.
#
# **Who uses what?** Write a prime for the new states, $c'$ and $h'$.
#
# $$ c' = f \odot c + i \odot g, \qquad h' = o \odot \tanh(c'). $$
#
# * $h'$ is used outside: by the loss, by the next step. Its whole slope $\bar h'$ comes in as `dh`.
# * $c'$ is used by the *next step's cell*: this part comes in as `dc`. **And** it is used by $h'$, in this very step. The two paths add:
#
# $$ \bar c'_{\text{whole}} \;=\; \underbrace{\texttt{dc}}_{\text{later cells}} \;+\; \underbrace{\bar h' \odot o \odot (1 - \tanh^2 c')}_{\text{through } h'} . $$
#
# * $o$ is used by $h'$ alone: $\;\bar o = \bar h' \odot \tanh c'$.
# * $i, f, g$ and the old $c$ are used by $c'$ alone:
#
# $$ \bar i = \bar c'_{\text{whole}} \odot g, \qquad \bar f = \bar c'_{\text{whole}} \odot c, \qquad \bar g = \bar c'_{\text{whole}} \odot i, \qquad \boxed{\;\bar c = \bar c'_{\text{whole}} \odot f\;} $$
#
# The boxed one is the reason for this whole construction: from one cell to the one before, the slope is multiplied by the forget gate. No matrix, no tanh.
#
# * Before the squashing: with the slopes of section 1, block by block,
#
# $$ \bar z = \bigl[\; \bar i \odot i(1-i) \;\big|\; \bar f \odot f(1-f) \;\big|\; \bar g \odot (1 - g^2) \;\big|\; \bar o \odot o(1-o) \;\bigr], \qquad N \times 4H. $$
#
# * From $\bar z$ on all is as in section 3: $\bar x = \bar z W_x^\top$, $\bar h = \bar z W_h^\top$, $\bar W_x = x^\top \bar z$, $\bar W_h = h^\top \bar z$, and $\bar b$ sums $\bar z$ over the batch. Here $h$ is the previous state.
#
# **By hand.** The numbers of section 6, with $\bar h' = 1$ and nothing from later cells, `dc` = 0. Remember $\tanh c' = 0.8515$.
#
# | slope | | |
# |---|---|---|
# | $\bar c'_{\text{whole}}$ | $0 + 1 \cdot 0.5 \cdot (1 - 0.8515^2)$ | 0.1375 |
# | $\bar o$, and before σ | $1 \cdot 0.8515$; $\;\cdot\; 0.5 \cdot 0.5$ | 0.8515; 0.2129 |
# | $\bar i$, and before σ | $0.1375 \cdot 0.7616$; $\;\cdot\; 0.5 \cdot 0.5$ | 0.1047; 0.0262 |
# | $\bar f$, and before σ | $0.1375 \cdot 1$; $\;\cdot\; 0.8808 \cdot 0.1192$ | 0.1375; 0.0144 |
# | $\bar g$, and before tanh | $0.1375 \cdot 0.5$; $\;\cdot\; (1 - 0.7616^2)$ | 0.0687; 0.0289 |
# | $\bar c$ | $0.1375 \cdot 0.8808$ | 0.1211 |
#
# So $\bar b = (0.0262,\ 0.0144,\ 0.0289,\ 0.2129)$, which is also $\bar z$, and $\bar x = 0.0262 \cdot 1 + 0.0144 \cdot 0.5 + 0.0289 \cdot 0.25 - 0.2129 \cdot 1 = -0.1723$. With `dc` = 1 besides, $\bar c'_{\text{whole}} = 1.1375$, and $\bar c = 1.0019$.

# %% [markdown]
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
# The new c has two paths to the loss: dc' = dc + dh o (1 − tanh² c'). Then do = dh tanh c', di = dc' g, df = dc' c, dg = dc' i, and the previous dc is dc' f. Before the squashing: di i(1−i), df f(1−f), dg (1−g²), do o(1−o).
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
    by way of the cell state, shape (N, H); the path through the new hidden state is not in it. cache: from lstm_step.
    Returns dx (N, D); dh, dc (N, H), for the states before the step; dWx (D, 4H); dWh (H, 4H); db (4H,). Derived, not measured.

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


# %% nbgrader={"grade": true, "grade_id": "lstm_step_backward", "locked": true, "points": 16, "schema_version": 3, "solution": false, "task": false} exercise={"title": "One step of an LSTM, back", "difficulty": 3, "minutes": 60, "needs": ["lstm_step"], "shares": "the cache of a step of the LSTM"}
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
# ## 8 · An LSTM through time, and sequences of different lengths
#
# **Forward** is a loop: $(h_{-1}, c_{-1})$ are given, each step makes $(h_t, c_t)$. **Backward** is the loop of section 4 with *two* slopes that come back from step $t + 1$: one for $h_t$, to which the loss's own part $\bar h_t^{\text{own}}$ is added, and one for $c_t$, which nobody outside looks at. For the last step both are 0.
#
# **Lengths.** The sentences of a batch are seldom equally long. One fills up the short ones with *padding* to a common $T$, in one array, and says how long each really is. Then two things must hold: the padding changes nothing, neither states nor slopes; and nobody mistakes a state in the padding for a real one. Our agreement is PyTorch's: **from its length on, an example's state is 0**, and no slope passes there.
#
# Let $\ell_n$ be the length of example $n$, and $r_t$ a column of $N$ numbers, 1 for the examples that still run at step $t$ (those with $t < \ell_n$), and 0 for the others. Multiply the states by $r_t$ after each step. Multiplying by a constant has that constant for a slope, so on the way back both slopes are multiplied by the same $r_t$ before they enter step $t$.
#
# **Picture.** Three sequences of the lengths 6, 2 and 4; a filled square is a real step.

# %% nbgrader={"grade": false, "grade_id": "padding_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_padding():
    lengths = [6, 2, 4]
    figure, axes = plt.subplots(figsize=(6.5, 2.5), layout="constrained")
    for n, length in enumerate(lengths):
        for t in range(6):
            real = t < length
            axes.add_patch(plt.Rectangle((t - 0.45, n - 0.42), 0.9, 0.84, facecolor=BLUE if real else "white", edgecolor=BLUE, lw=1.2, ls="-" if real else ":"))
            axes.text(t, n, f"x[{n}, {t}]" if real else "padding", ha="center", va="center", fontsize=9, color="white" if real else GREY)
    axes.set(xlim=(-0.7, 5.7), ylim=(2.6, -0.6), yticks=range(3), yticklabels=[f"length {length}" for length in lengths], xlabel="step t", title="One array for three sequences: lengths 6, 2, 4")
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(length=0)
    show()


draw_padding()

# %% [markdown]
# **By hand.** The LSTM of section 5, two equal examples with the inputs $2, 1$, states from 0. Step 0: $z = (1, 1, 0.5, 0)$, so $i = f = \sigma(1) = 0.7311$, $g = \tanh(0.5) = 0.4621$, $o = 0.5$; $c = 0.3378$ and $h = 0.5 \cdot \tanh(0.3378) = 0.1628$. Step 1: $z = (0.1628,\ 0.3372,\ 0.1686,\ 1)$, so $i = 0.5406$, $f = 0.5835$, $g = 0.1670$, $o = 0.7311$; $c = 0.5835 \cdot 0.3378 + 0.5406 \cdot 0.1670 = 0.2874$ and $h = 0.2045$. If the second example has the length 1, then its states are $0.1628$ and $0$.

# %% [markdown]
# **Write** `lstm_forward` and `lstm_backward`.
#
# * The states `h` of all steps, shape `(N, T, H)`, and a cache; the cell states stay inside. `h0` and `c0` are the states before the first step.
# * `lengths` holds one whole number for each example, how many of its steps are real; the rest is padding. `None`, the default, means that all are. A length below 1 or above `T` raises `ValueError`.
# * `h` is 0 at every `t` from the length on. In `lstm_backward`, what is given as `dh` there is ignored, and `dx` is 0 there. Any finite numbers may stand in the padding of `x`; they make no difference to anything.
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
    Derived, not measured.

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
# ### Look at it: padding changes nothing
#
# > **Predict.** Three random sequences of the lengths 12, 4 and 8, in one batch. The padding is filled with the number 1000, not with zeros. What does the picture of the states look like, and what happens to the slopes of the weights if you exchange 1000 for −7?

# %% nbgrader={"grade": false, "grade_id": "padding_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_padding():
    draw = np.random.default_rng(2)
    lengths = np.array([12, 4, 8])
    arrays = random_arrays(20, h0=(3, 5), c0=(3, 5), Wx=(2, 20), Wh=(5, 20), b=(20,))
    found = {}
    x = draw.normal(size=(3, 12, 2))
    for filling in (1000.0, -7.0):
        for n, length in enumerate(lengths):
            x[n, length:] = filling
        h, cache = lstm_forward(x, **arrays, lengths=lengths)
        found[filling] = h, lstm_backward(np.ones(h.shape), cache)
    figure, panels = plt.subplots(1, 3, figsize=(10, 2.9), sharey=True, layout="constrained")
    for n, axes in enumerate(panels):
        image = axes.imshow(found[1000.0][0][n].T, cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto")
        axes.axvline(lengths[n] - 0.5, color="black", ls="--", lw=1.2)
        axes.set(title=f"example {n}, length {lengths[n]}", xlabel="step t", xticks=range(0, 12, 3), xlim=(-0.5, 11.6))
    panels[0].set(ylabel="unit of h", yticks=range(5))
    figure.colorbar(image, ax=panels, label="state h")
    show()
    gap = max(np.abs(found[1000.0][1][key] - found[-7.0][1][key]).max() for key in found[-7.0][1])
    largest = max(np.abs(h[n, length:]).max(initial=0.0) for h, _ in found.values() for n, length in enumerate(lengths))
    print(f"largest |h| in the padding: {largest:g}")
    print(f"padding of 1000 and padding of -7: the slopes differ by at most {gap:g}")


plot_padding()

# %% [markdown]
# **What to see.** Red is positive, blue negative, white 0. Right of the dashed lines all is white, and the first line of print says that these states are exactly 0. The slopes are the same whatever fills the padding.
#
# ### Find the bug: five mistakes that were published
#
# Mistakes of these five kinds have stood in published code for an LSTM; here they are in our words. In each, one line of a right program is replaced. The cell runs the five programs, measures all slopes by central differences of *the same program's* loss, and prints the largest difference for $\bar x$, $\bar W_x$ and $\bar W_h$, once for a sequence of one step and once for six. (The states before the first step are not 0.) There *right* means that the largest difference is below $10^{-6}$. The rows of the table are in another order than the list. Which line made which row? And which of the five would this judge never find? (Not graded.)
#
# 1. The slope in the cell forgets the later cells: `dc_whole = dh * o * (1 - np.tanh(c_new) ** 2)`
# 2. The slope of the forget gate is taken of the wrong quantity: `df * sigmoid(f) * (1 - sigmoid(f))`
# 3. In the loop over the steps: `dWh = h_before.T @ dz` (the right program has `+=`)
# 4. In the same place: `dWh += h_after.T @ dz`
# 5. The blocks of columns are taken in the order i, f, o, g, in both directions

# %% nbgrader={"grade": false, "grade_id": "bug_gates", "locked": true, "schema_version": 3, "solution": false, "task": false}
def careless_lstm(bug, x, h, Wx, Wh, weight):
    """An LSTM forward and back with one wrong line. x: (T, N, D). The loss is the sum of weight * h over all steps."""
    loss, kept, c = 0.0, [], np.full(h.shape, 0.5)
    squash = lambda a: 1 / (1 + np.exp(-a))
    for t in range(len(x)):
        blocks = np.split(x[t] @ Wx + h @ Wh, 4, axis=1)
        zi, zf, zg, zo = blocks if bug != 5 else (blocks[0], blocks[1], blocks[3], blocks[2])
        i, f, g, o = squash(zi), squash(zf), np.tanh(zg), squash(zo)
        c_new = f * c + i * g
        kept.append((h, c, i, f, g, o, c_new))
        h, c = o * np.tanh(c_new), c_new
        loss += np.sum(weight[t] * h)
    dx, dWx, dWh, dh, dc = np.zeros(x.shape), np.zeros(Wx.shape), np.zeros(Wh.shape), np.zeros(h.shape), np.zeros(h.shape)
    h_after = h
    for t in reversed(range(len(x))):
        h, c, i, f, g, o, c_new = kept[t]
        dh = dh + weight[t]
        dc = dh * o * (1 - np.tanh(c_new) ** 2) + (0.0 if bug == 1 else dc)
        dzf = dc * c * (squash(f) * (1 - squash(f)) if bug == 2 else f * (1 - f))
        dzi, dzg, dzo = dc * g * i * (1 - i), dc * i * (1 - g**2), dh * np.tanh(c_new) * o * (1 - o)
        dz = np.hstack([dzi, dzf, dzo, dzg] if bug == 5 else [dzi, dzf, dzg, dzo])
        dx[t] = dz @ Wx.T
        dWx += x[t].T @ dz
        product = (h_after if bug == 4 else h).T @ dz
        dWh = product if bug == 3 else dWh + product
        dh, dc, h_after = dz @ Wh.T, dc * f, h
    return loss, (dx, dWx, dWh)


def show_bugs():
    print("row     one step:   dx       dWx      dWh          six steps:   dx       dWx      dWh")
    for row, bug in zip("ABCDE", (3, 5, 1, 4, 2)):
        line = []
        for steps in (1, 6):
            arrays = random_arrays(30, x=(steps, 3, 2), h=(3, 4), Wx=(2, 16), Wh=(4, 16), weight=(steps, 3, 4))
            _, slopes = careless_lstm(bug, **arrays)
            for found, name in zip(slopes, ("x", "Wx", "Wh")):
                gap = np.abs(found - measured_slopes(lambda: careless_lstm(bug, **arrays)[0], arrays[name])).max()
                line.append(f"{gap:9.3f}" if gap > 1e-6 else "    right")
        print(f"{row}               {''.join(line[:3])}              {''.join(line[3:])}")


show_bugs()

# %% [markdown]
# <details><summary>Answer</summary>
#
# * **A** is line 3. Everything is right but $\bar W_h$, and that only from two steps on: the steps overwrite each other, and what remains is step 0 alone.
# * **D** is line 4. The state *after* a step is not what $W_h$ was multiplied with. It is wrong with one step too, which tells it from A.
# * **C** is line 1. With one step there are no later cells, and nothing is missing. With six, every path along the cell is cut: what is left is a plain recurrent network with a complicated state, and the memory that this was all for.
# * **E** is line 2. `f` is already squashed; its slope is `f * (1 - f)`. One step is enough to see it, because the cell was not empty before. Started from a cell state of 0, as in most tests, one step would have shown nothing: the forget gate has nothing to multiply.
# * **B** is line 5, and it is right by this judge: forward and backward agree, and the network trains as well as any. It is wrong only against the agreement. Load weights that were made by another program, and it takes its output gate for a candidate. A test against yourself cannot find this; a test against somebody else can.
#
# A sixth one has its section below: clipping each array by itself.
#
# </details>

# %% [markdown]
# ## 9 · A model that reads a sequence
#
# **Why.** Put the LSTM to use: it reads a sequence, and after the last step it says which of $K$ classes the sequence belongs to.
#
# **Definition.** Let $h = h_{T-1}$ be the last state, $N \times H$. A last layer with $W_y: H \times K$ and $b_y: K$ makes a score for each class, the *logits*, and softmax makes probabilities of them:
#
# $$ a = h W_y + b_y \;\; (N \times K), \qquad p_{nk} = \frac{e^{a_{nk}}}{\sum_j e^{a_{nj}}} . $$
#
# The loss is the *cross-entropy*: minus the logarithm of the probability of the right class $y_n$, averaged over the batch.
#
# $$ L \;=\; -\frac1N \sum_{n} \log p_{n y_n} \;=\; \frac1N \sum_n \Bigl( \log \sum_k e^{a_{nk}} - a_{n y_n} \Bigr) . $$
#
# **Slopes.** The derivative of $\log \sum_k e^{a_k}$ in $a_k$ is $p_k$, that of $-a_y$ is $-1$ at $k = y$ and 0 elsewhere. So
#
# $$ \boxed{\;\bar a = \tfrac1N (p - \text{onehot}(y))\;} $$
#
# where row $n$ of $\text{onehot}(y)$ has a 1 in column $y_n$ and 0 elsewhere. From there: $\bar W_y = h^\top \bar a$, $\;\bar b_y = \sum_n \bar a_n$, $\;\bar h = \bar a W_y^\top$. This $\bar h$ is what the loss sends into the *last* state; into all earlier ones it sends nothing directly. Your `lstm_backward` does the rest.
#
# **Large logits.** As in the earlier assignments: subtract from each row its largest logit, before the exponential; the probabilities do not change. And take $\log p$ from the formula $a_y - \log\sum e^{a}$, not from $p$, which may have become 0.
#
# **By hand.** If all parameters are 0, all logits are 0 and the loss is $\log K$: 1.386 for four classes. A network that has learnt nothing starts near there. One example ($N = 1$) of class $y = 0$ then has $p = (0.25,\ 0.25,\ 0.25,\ 0.25)$ and $\bar a = (-0.75,\ 0.25,\ 0.25,\ 0.25)$.

# %% [markdown]
# **Write** `SequenceModel`.
#
# * `params` has the keys `Wx Wh b Wy by`; `.params` is the dictionary that was given, itself and not a copy.
# * The LSTM starts from zero states. The logits are $h_{T-1} W_y + b_y$, shape `(N, K)`, and the loss is the cross-entropy, averaged over the batch.
# * `loss` returns the loss, a float, and the dictionary of its slopes, with the same five keys. It may be called as often as you like: each call uses what the dictionary holds at that moment (training changes the arrays, or puts in new ones), and gives the slopes of that call alone.
# * Logits may be as large as ±1000: loss and slopes are then still finite and right.
#
# <details><summary>Hint 1: shapes</summary>
#
# The last states are (N, H), the logits (N, K), and so are the slopes in them. For lstm_backward you need a dh of (N, T, H) which is 0 except at the last step.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# Per example, loss = log Σ_k e^(a_k) − a_y, and the slope in a is da = (softmax(a) − onehot(y)) / N, the N from the mean. dWy = h_lastᵀ da, dby = Σ over the batch of da, dh_last = da Wyᵀ. Subtract the row's maximum before the exponential.
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
        Returns the loss and the slope of the loss in each array of params, under the same keys; slopes are derived, not measured.
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
    a = last @ params["Wy"] + params["by"]
    expected = np.mean([np.log(np.exp(a[n]).sum()) - a[n, y[n]] for n in range(5)])
    assert np.isclose(loss, expected), f"the loss should be {expected:.6f}, the mean over the batch of log Σ exp(a) - a_y; it is {loss:.6f}"
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
# **Why.** Section 4 showed slopes that explode. One step of training with such a slope throws the weights far away, and an hour of learning is lost. The remedy is crude and good: if the gradient is too long, shorten it, and keep its direction.
#
# **Definition.** Take all slopes of all parameters for one long vector, $\bar\theta$. Its length is the *global norm*
#
# $$ \lVert \bar\theta \rVert = \sqrt{\textstyle\sum_{\text{arrays}} \sum_{\text{entries}} \bar\theta^2}, \qquad \bar\theta \leftarrow \bar\theta \cdot \frac{m}{\lVert \bar\theta \rVert} \quad\text{if } \lVert \bar\theta \rVert > m, $$
#
# with $m$ the largest length that is allowed. One factor for all arrays: if each array were clipped by itself, as published code does often enough, the long ones would shrink and the short ones not, and the step would no longer go straight against the gradient: still downhill, but not the steepest way.
#
# **By hand.** Two arrays, $(3)$ and $(0, 4)$: the norm is $\sqrt{9 + 16} = 5$. With $m = 1$ they become $(0.6)$ and $(0, 0.8)$. Clipped one by one they would become $(1)$ and $(0, 1)$: the direction has turned from 53° to 45°.

# %% [markdown]
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
# norm = √(Σ over arrays Σ over entries grad²). If norm > max_norm: grad ← grad · max_norm / norm.
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
# ### Look at it: gates that have learnt
#
# In section 6 you saw gates that were set by hand. Now let training find them. The task: each step has a number, 1 or −1, and perhaps a mark; the class is 1 if the last *marked* number was 1, otherwise 0. What is needed: take a number in at a mark, replace what was there, and hold it.
#
# The next cell is given. It has three things that the rest of the notebook uses: starting weights, an optimizer (Adam, from *Neurons and backprop*, for NumPy arrays), and a loop that trains with your `clip_gradients`. Starting weights are drawn evenly from $\pm 1/\sqrt H$, biases are 0; only the bias of the *forget gate* may start elsewhere.

# %% nbgrader={"grade": false, "grade_id": "training_tools", "locked": true, "schema_version": 3, "solution": false, "task": false}
def starting_params(draw, D, H, K, forget=1.0):
    """Random parameters of an LSTM with K outputs; `forget` is the bias of the forget gate."""
    between = lambda *shape: draw.uniform(-1, 1, size=shape) / np.sqrt(H)
    b = np.zeros(4 * H)
    b[H : 2 * H] = forget
    return {"Wx": between(D, 4 * H), "Wh": between(H, 4 * H), "b": b, "Wy": between(H, K), "by": np.zeros(K)}


class Adam:
    """Kingma and Ba's optimizer for a dictionary of arrays, which it changes in place."""

    def __init__(self, params, lr):
        self.params, self.lr, self.steps = params, lr, 0
        self.mean = {name: np.zeros_like(array) for name, array in params.items()}
        self.square = {name: np.zeros_like(array) for name, array in params.items()}

    def step(self, grads):
        self.steps += 1
        for name, grad in grads.items():
            self.mean[name] += 0.1 * (grad - self.mean[name])
            self.square[name] += 0.001 * (grad**2 - self.square[name])
            mean, square = self.mean[name] / (1 - 0.9**self.steps), self.square[name] / (1 - 0.999**self.steps)
            self.params[name] -= self.lr * mean / (np.sqrt(square) + 1e-8)


def train(model, batches, lr, label="", max_norm=1.0, enough=0.0):
    """Train on batches of (x, y); returns the loss and the norm before clipping of every step. Stops when five losses are below `enough`."""
    optimizer, losses, norms = Adam(model.params, lr), [], []
    for step, (x, y) in enumerate(batches):
        loss, grads = model.loss(x, y)
        norms.append(clip_gradients(grads, max_norm))
        optimizer.step(grads)
        losses.append(loss)
        if label and (step + 1) % (len(batches) // 25) == 0:
            ticks = (step + 1) // (len(batches) // 25)
            print(f"\r{label}[{'#' * ticks}{'.' * (25 - ticks)}] step {step + 1}, loss {loss:.4f}", end="")
        if len(losses) >= 5 and max(losses[-5:]) < enough:
            break
    if label:
        print()
    return np.array(losses), np.array(norms)

# %% [markdown]
# > **Predict.** Six units, 300 steps of 32 sequences, about two seconds. The picture shows the gates of three units over a sequence that the network has not seen; it has 30 steps, and those of the training have 20. What should a unit's input and forget gate do at a mark, and between marks? Will *every* unit do it?

# %% nbgrader={"grade": false, "grade_id": "gates_training", "locked": true, "schema_version": 3, "solution": false, "task": false}
def flip_flop(draw, n, T):
    """n sequences of T steps with two inputs, a number and a mark; the class is the sign of the last marked number."""
    numbers, marks = draw.choice([-1.0, 1.0], size=(n, T)), draw.random((n, T)) < 0.15
    marks[:, 0] = True
    last = T - 1 - np.argmax(marks[:, ::-1], axis=1)
    return np.stack([numbers, marks.astype(float)], axis=2), (numbers[np.arange(n), last] > 0).astype(int)


draw = np.random.default_rng(0)
flip_flop_model = SequenceModel(starting_params(draw, 2, 6, 2))
flip_flop_losses, flip_flop_norms = train(flip_flop_model, [flip_flop(draw, 32, 20) for _ in range(300)], lr=0.03, label="marks  ")

# %% nbgrader={"grade": false, "grade_id": "gates_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_learning():
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.2), layout="constrained")
    left.plot(flip_flop_losses, color=BLUE, lw=1.5)
    left.axhline(np.log(2), color=GREY, ls=":", lw=1.5)
    left.text(len(flip_flop_losses) * 0.62, np.log(2) - 0.05, "log 2: guessing", color=GREY, fontsize=10)
    left.set(title="Loss", xlabel="step of training", ylabel="cross-entropy")
    right.semilogy(flip_flop_norms, color=BLUE, lw=1.2, label="norm before clipping")
    right.axhline(1.0, color=ORANGE, ls="--", lw=1.5, label="max_norm")
    right.set(title="Length of the gradient", xlabel="step of training", ylabel="global norm")
    right.legend(frameon=False, fontsize=10)
    show()


def plot_gates():
    weights = [flip_flop_model.params[name] for name in ("Wx", "Wh", "b")]
    T = 30
    draw = np.random.default_rng(8)
    numbers, marks = draw.choice([-1.0, 1.0], size=T), np.zeros(T)
    marks[[0, 7, 13, 22]], numbers[[0, 7, 13, 22]] = 1.0, [1.0, -1.0, 1.0, -1.0]
    x = np.stack([numbers, marks], axis=1)
    h = c = np.zeros((1, 6))
    kept = []
    for t in range(T):
        i, f, g, o = lstm_gates(x[t : t + 1], h, *weights)
        h, c, _ = lstm_step(x[t : t + 1], h, c, *weights)
        kept.append([i[0], f[0], o[0], c[0]])
    kept = np.array(kept)  # (T, 4, units)
    contrast = [np.mean(kept[marks > 0, 0, u]) - np.mean(kept[marks == 0, 0, u]) for u in range(6)]  # input gate: at marks, less between
    units = np.argsort(contrast)[::-1][[0, 1, -1]]

    figure, panels = plt.subplots(5, 1, figsize=(10, 7.2), sharex=True, layout="constrained")
    panels[0].vlines(range(T), 0, numbers, color=[ORANGE if m else GREY for m in marks], lw=[4 if m else 1.5 for m in marks])
    panels[0].set(ylabel="input", yticks=[-1, 1], title="Gates over a sequence that the network has not seen (marks in orange, on dashed lines)")
    for axes, k, name in [(panels[1], 0, "input gate i"), (panels[2], 1, "forget gate f"), (panels[3], 2, "output gate o")]:
        image = axes.imshow(kept[:, k, units].T, aspect="auto", cmap="cividis", vmin=0, vmax=1)
        axes.set(ylabel=name, yticks=range(3), yticklabels=[f"unit {u}" for u in units])
        figure.colorbar(image, ax=axes, ticks=[0, 1]).set_ticklabels(["0 shut", "1 open"])
    for u, colour, style in zip(units, (BLUE, GREEN, PURPLE), ("-", "--", ":")):
        panels[4].plot(kept[:, 3, u], style, color=colour, lw=2, label=f"unit {u}")
    panels[4].set(ylabel="cell state c", xlabel="step t", xlim=(-0.5, T - 0.5))
    panels[4].legend(frameon=False, ncols=3, fontsize=10, loc="upper left", bbox_to_anchor=(0, 1.3))
    for axes in panels:
        for t in np.flatnonzero(marks):
            axes.axvline(t, color=ORANGE, ls="--", lw=1)
    show()


plot_learning()
plot_gates()

# %% [markdown]
# **What to see.** The loss stays near guessing for a while and then falls: something has been found. In three of 300 steps the gradient was longer than 1, on the way down or soon after; clipping has little to do here.
#
# In the upper two units the input gate is bright at the marks and dark between them, the forget gate the other way round, and the cell jumps at a mark and then drifts. That is the design that was made by hand in section 6, found by following slopes. It is less tidy: the gates are never quite open or shut, the cells leak, and the work is shared. The third unit is the one whose input gate does *least* of this (nearly shut at the marks, it is open between them after a marked 1 and half open after a marked −1), and its forget gate, too, is darkest at them. Nobody knows in advance which unit will do what; with another seed it is another one.
# One should be careful with stories about single units.
#
# ## 11 · Why gates keep memory
#
# **Why.** You have seen that a cell can keep a number, and that training can find it. Now ask the question of section 4 again: when learning *begins*, with random weights, does the loss even feel what happened forty steps ago? The slope $\partial L / \partial h_t$ tells. It is the whole slope: over every path from $h_t$ to the loss, through all later gates and cells.
#
# **What to expect.** Along the cell, section 7 says, the slope is multiplied by the forget gate at every step:
#
# $$ \bar c_{t-1} = \bar c_t \odot f_t \;+\; \text{what comes through } h_{t-1}, \qquad\text{so over } k \text{ steps about}\quad f^k . $$
#
# With small random weights, $z_f$ is near its bias $\beta$, and $f \approx \sigma(\beta)$. Forty steps from the first to the last have 39 in between:
#
# | forget bias $\beta$ | $\sigma(\beta)$ | $\sigma(\beta)^{39}$ |
# |---|---|---|
# | 0 | 0.5 | $2 \cdot 10^{-12}$ |
# | 1 | 0.731 | $5 \cdot 10^{-6}$ |
# | 3 | 0.953 | 0.15 |
#
# That is an estimate of one path; your function measures all of them.
#
# **How.** The size of an array of slopes is its *Frobenius norm*, the root of the sum of the squares of all entries. `lstm_backward` does not show the slopes in the states along the way, so go back step by step with `lstm_step_backward`. `model.loss` cannot help, either: write the last layer and its slope once more.
#
# **By hand.** If $W_h = 0$, no state is read by any later step. (The cell goes on, but $h_t$ does not reach it.) Then $\partial L/\partial h_t = 0$ for every $t$ but the last.

# %% [markdown]
# **Write** `gradient_flow`.
#
# * Entry t of the answer is the size of $\partial L/\partial h_t$, $L$ being the loss of the sequence model: the root of the sum of its squares over the batch and the units. All paths from $h_t$ to the loss count, through later steps too.
# * It reads `model.params` and nothing else of the model.
# * Logits may be as large as ±1000, as in the model.
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
    the state after step t, over every path through later steps. The slopes are derived, not measured.

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
# ### Look at it: gradient against lag
#
# > **Predict.** An LSTM of 16 units with random weights, 40 steps of random inputs, four classes; the forget bias starts at 0, 1 or 3, with ten random draws each. How many powers of ten lie between the three curves at the far end? Is the spread between draws larger or smaller than that?

# %% nbgrader={"grade": false, "grade_id": "flow_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def flow_in_cells(model, x, y):
    """As your gradient_flow, but the slope in the cell states, through both paths of each."""
    p = model.params
    h = c = np.zeros((len(x), len(p["Wh"])))
    kept = []
    for t in range(x.shape[1]):
        o = lstm_gates(x[:, t], h, p["Wx"], p["Wh"], p["b"])[3]
        h, c, cache = lstm_step(x[:, t], h, c, p["Wx"], p["Wh"], p["b"])
        kept.append((cache, o, c))
    a = h @ p["Wy"] + p["by"]
    a = np.exp(a - a.max(axis=1, keepdims=True))
    a /= a.sum(axis=1, keepdims=True)
    a[np.arange(len(x)), y] -= 1
    dh, dc, sizes = a @ p["Wy"].T / len(x), np.zeros(h.shape), []
    for cache, o, c in reversed(kept):
        sizes.append(np.linalg.norm(dc + dh * o * (1 - np.tanh(c) ** 2)))
        step = lstm_step_backward(dh, dc, cache)
        dh, dc = step["dh"], step["dc"]
    return np.array(sizes[::-1])


def plot_flow():
    T = 40
    figure, panels = plt.subplots(1, 2, figsize=(10.5, 4.6), sharey=True, layout="constrained")
    print("size at the first step / size at the last, median of ten draws (smallest, largest)")
    for axes, flow, name in [(panels[0], gradient_flow, "hidden state h"), (panels[1], flow_in_cells, "cell state c")]:
        for forget, colour, style in [(3.0, BLUE, "-"), (1.0, GREEN, "--"), (0.0, ORANGE, "-.")]:
            curves = []
            for seed in range(10):
                draw = np.random.default_rng(seed)
                model = SequenceModel(starting_params(draw, 4, 16, 4, forget))
                sizes = flow(model, draw.normal(size=(16, T, 4)), draw.integers(4, size=16))
                curves.append(sizes[::-1] / sizes[-1])
            curves = np.array(curves)
            axes.fill_between(range(T), curves.min(axis=0), curves.max(axis=0), color=colour, alpha=0.25, lw=0)
            axes.semilogy(range(T), np.median(curves, axis=0), style, color=colour, lw=2.2, label=f"forget bias {forget:g}")
            axes.semilogy(range(T), (1 / (1 + np.exp(-forget))) ** np.arange(T), ":", color=colour, lw=1.6)
            ends = curves[:, -1]
            print(f"  {name}, forget bias {forget:g}:  {np.median(ends):.1e}  ({ends.min():.1e}, {ends.max():.1e})")
        axes.set(title=f"Slope in the {name}", xlabel="lag: steps before the last one")
    panels[0].plot([], [], ":", color=GREY, lw=1.6, label="σ(bias)^lag, colour as above")
    panels[0].set_ylabel("size, relative to the last step")
    panels[0].legend(frameon=False, fontsize=10, loc="lower left")
    show()


plot_flow()

# %% [markdown]
# **What to see.** At the far end the median for bias 0 is $4 \cdot 10^{-10}$, for bias 1 it is $6 \cdot 10^{-5}$, and for bias 3 it is $0.2$: five powers of ten, and then another three and a half. Ten draws of one bias lie within a factor of thirty. So this is no matter of luck: one number, which costs nothing, decides whether a loss feels what happened forty steps ago.
#
# In the cell states (right) the distances are about the same, and the curves begin without the drop at lag 1. That drop is the price of the gates: the last $h$ is read by the output layer directly, all others only by gates and candidate, where every path passes small weights and a squashing function, or a gate half open.
#
# The dotted lines are the estimate $\sigma(\beta)^k$, each in the colour of its curve. The medians lie above it at the far end, because there are paths besides the cell: through $h$ and the gates, each small, but many. For bias 3 they even make the slope in the cell grow a little.
#
# ### Look at it: does it learn?
#
# A slope that arrives is no promise that training makes something of it. The task: the first step shows which of four classes it is; all later steps are noise; the class is asked after the last. Each dot of the plot is one training from other random weights with other data: at most 120 steps of 32 sequences, stopped once the loss stays below 0.05 (for five steps). Besides the three LSTMs there is your recurrent network with tanh, in the same loop.
#
# > **Predict.** Up to which length $T$ does each learn it? Does the order follow the curves above?
#
# The next cell takes about 20 seconds on two cores.

# %% nbgrader={"grade": false, "grade_id": "recall_training", "locked": true, "schema_version": 3, "solution": false, "task": false}
class RNNModel:
    """As SequenceModel, with a plain recurrent network in the place of the LSTM."""

    def __init__(self, params):
        self.params = params

    def logits(self, x):
        p = self.params
        h, cache = rnn_forward(x, np.zeros((len(x), len(p["Wh"]))), p["Wx"], p["Wh"], p["b"])
        return h[:, -1] @ p["Wy"] + p["by"], h, cache

    def loss(self, x, y):
        a, h, cache = self.logits(x)
        a = a - a.max(axis=1, keepdims=True)
        log_p = a - np.log(np.exp(a).sum(axis=1, keepdims=True))
        da = np.exp(log_p)
        da[np.arange(len(x)), y] -= 1
        da /= len(x)
        dh = np.zeros(h.shape)
        dh[:, -1] = da @ self.params["Wy"].T
        grads = rnn_backward(dh, cache)
        slopes = {"Wx": grads["dWx"], "Wh": grads["dWh"], "b": grads["db"], "Wy": h[:, -1].T @ da, "by": da.sum(axis=0)}
        return -log_p[np.arange(len(x)), y].mean(), slopes


def starting_rnn(draw, D, H, K):
    between = lambda *shape: draw.uniform(-1, 1, size=shape) / np.sqrt(H)
    return {"Wx": between(D, H), "Wh": between(H, H), "b": np.zeros(H), "Wy": between(H, K), "by": np.zeros(K)}


def first_of_four(draw, n, T):
    """n sequences of T steps: a class in the first step, noise in the others."""
    y = draw.integers(4, size=n)
    x = draw.normal(scale=0.5, size=(n, T, 4))
    x[:, 0] = np.eye(4)[y]
    return x, y


def accuracy(model, x, y):
    p = model.params
    if isinstance(model, RNNModel):
        a = model.logits(x)[0]
    else:
        start = np.zeros((len(x), len(p["Wh"])))
        a = lstm_forward(x, start, start, p["Wx"], p["Wh"], p["b"])[0][:, -1] @ p["Wy"] + p["by"]
    return np.mean(a.argmax(axis=1) == y)


RECALL_LENGTHS, RECALL_SEEDS = [5, 10, 20, 30], range(4)
RECALL_KINDS = {"LSTM, forget bias 3": 3.0, "LSTM, forget bias 1": 1.0, "LSTM, forget bias 0": 0.0, "RNN, tanh": None}
recall = {}
for kind, forget in RECALL_KINDS.items():
    for T in RECALL_LENGTHS:
        for seed in RECALL_SEEDS:
            draw = np.random.default_rng([seed, T])
            model = RNNModel(starting_rnn(draw, 4, 12, 4)) if forget is None else SequenceModel(starting_params(draw, 4, 12, 4, forget))
            train(model, [first_of_four(draw, 32, T) for _ in range(120)], lr=0.03, enough=0.05)
            recall.setdefault((kind, T), []).append(accuracy(model, *first_of_four(np.random.default_rng(99), 300, T)))
            done = sum(map(len, recall.values()))
            ticks = 25 * done // (len(RECALL_KINDS) * len(RECALL_LENGTHS) * len(RECALL_SEEDS))
            print(f"\rtrainings [{'#' * ticks}{'.' * (25 - ticks)}] {done}", end="")
print()

# %% nbgrader={"grade": false, "grade_id": "recall_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_recall():
    figure, axes = plt.subplots(figsize=(9, 4.4), layout="constrained")
    for shift, (kind, colour, marker) in zip((-0.9, -0.3, 0.3, 0.9), zip(RECALL_KINDS, (BLUE, GREEN, ORANGE, PURPLE), "o^sD")):
        means = [np.mean(recall[kind, T]) for T in RECALL_LENGTHS]
        axes.plot(np.add(RECALL_LENGTHS, shift), means, color=colour, lw=1.5, alpha=0.6)
        for T in RECALL_LENGTHS:
            axes.plot([T + shift] * len(recall[kind, T]), recall[kind, T], marker, color=colour, ms=6, mfc="none", mew=1.6, label=kind if T == RECALL_LENGTHS[0] else None)
    axes.axhline(0.25, color=GREY, ls=":", lw=1.5)
    axes.text(14, 0.24, "guessing", color=GREY, fontsize=10, ha="center", va="top")
    axes.set(title="What was the first step? Four trainings each; lines join their means", xlabel="length of the sequence T", ylabel="accuracy on 300 new sequences", xticks=RECALL_LENGTHS, ylim=(0.1, 1.05))
    figure.legend(*axes.get_legend_handles_labels(), loc="outside right upper", frameon=False)
    show()


plot_recall()

# %% [markdown]
# **What to see.** With bias 0 only the length 5 is learnt in full, with bias 1 half of the trainings manage 10, with bias 3 all manage 20, and one of four 30. (Dots in between are probably trainings that tell some of the four classes apart and not others.) The order is that of the curves: where the first step is not felt, the accuracy stays at guessing. Single dots may lie elsewhere on your machine, because rounding differs and training amplifies it. All of these could *hold* the class; with a forget bias of 6, $0.9975^{30}$ = 93 % is left after thirty steps. What differs is whether training finds out.
#
# Look at the recurrent network, too. Two of its four trainings at $T = 20$ beat every LSTM with bias 0 or 1, two are at guessing; that its mean is higher at 20 than at 10 is the chance of four seeds. (Smaller steps do not help it: with a half, a third and a sixth of the step, one, one and none of the four got off guessing at $T = 20$. More steps do: with three times as many, all four did.) An LSTM is not better because it is an LSTM: started with bias 0 it does no better here than the network it was meant to replace. And with four dots each there is no saying which of two kinds with overlapping dots is better; one dot would have said whatever you like. Try other seeds in a cell of your own: `RECALL_SEEDS = range(4, 8)`.
#
# ## 12 · Letter by letter
#
# **Why.** A network that reads a text and guesses the next letter can also *write*: let it guess, take the guess for the next input, and so on. That needs a way to choose one letter from the probabilities. Always taking the most likely one gives the same text every time. Drawing by the probabilities themselves gives a mistake every few words. In between there is a knob, the *temperature* $\tau$:
#
# $$ p_k \;=\; \frac{e^{a_k / \tau}}{\sum_j e^{a_j/\tau}}, $$
#
# with the logits $a_k$, one for each of $V$ characters. $\tau = 1$ takes the probabilities as they are. A small $\tau$ stretches the differences, and in the limit $\tau \to 0$ the largest logit takes all. A large $\tau$ flattens them, in the limit to $1/V$ each.
#
# **Drawing from probabilities.** Put pieces of the lengths $p_0, p_1, \dots$ side by side on the line from 0 to 1, and throw a dart $u$, evenly distributed. Piece $k$ is hit with the probability $p_k$. The pieces end at the running sums $\text{cdf}_k = p_0 + \dots + p_k$ (*cumulative distribution function*), so the piece that is hit is the smallest $k$ with $\text{cdf}_k > u$. Since $u$ comes in as an argument, nothing in your function is random.
#
# **By hand.** Logits $(0, \log 2, 0)$ at $\tau = 1$: probabilities $(0.25, 0.5, 0.25)$, running sums $(0.25, 0.75, 1)$. The dart $u = 0.3$ hits piece 1, and $u = 0.9$ piece 2. The dart $u = 0.25$ hits piece 1 as well, since 0.25 is not *above* 0.25. At $\tau = \tfrac12$ the logits are doubled and the probabilities $(1, 4, 1)/6$, with running sums $(0.167, 0.833, 1)$: $u = 0.2$ then hits piece 1, and at $\tau = 1$ piece 0.

# %% [markdown]
# **Write** `sample`.
#
# * The probabilities are the softmax of `logits / temperature`. `sample` returns the smallest `k` for which the sum of the first $k + 1$ probabilities is above `u` (equal is not above); it is never more than $V - 1$, even if rounding leaves the whole sum a little below `u`.
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

# %% [markdown]
# ### Look at it: forty-five proverbs
#
# The text is given in the cell below: 45 English proverbs, of 17 to 43 characters, each a sequence of its own length, in one batch. A line begins and ends with the same sign, which means "new line", and at each place the network guesses the next character. Here the loss looks at *every* step, so the slope that goes into your `lstm_backward` is not 0 anywhere before a line's end. Your `lengths` do the rest. Training takes about five seconds.

# %% nbgrader={"grade": false, "grade_id": "proverbs", "locked": true, "schema_version": 3, "solution": false, "task": false}
PROVERBS = """
a bird in the hand is worth two in the bush / a new broom sweeps clean / a rolling stone gathers no moss /
a stitch in time saves nine / a watched pot never boils / actions speak louder than words / all roads lead to rome /
all that glitters is not gold / better late than never / birds of a feather flock together / blood is thicker than water /
easy come easy go / empty vessels make the most noise / every cloud has a silver lining / fortune favours the bold /
great oaks from little acorns grow / haste makes waste / honesty is the best policy / hunger is the best sauce /
laughter is the best medicine / let sleeping dogs lie / look before you leap / make hay while the sun shines /
many hands make light work / necessity is the mother of invention / no news is good news / out of sight out of mind /
one swallow does not make a summer / practice makes perfect / pride comes before a fall / rome was not built in a day /
silence is golden / slow and steady wins the race / still waters run deep / strike while the iron is hot /
the apple does not fall far from the tree / the early bird catches the worm / the pen is mightier than the sword /
time and tide wait for no man / too many cooks spoil the broth / two heads are better than one / waste not want not /
when the cat is away the mice will play / where there is a will there is a way / where there is smoke there is fire
"""
LINES = [" ".join(line.split()) for line in PROVERBS.split("/")]
CHARACTERS = "\n" + "".join(sorted(set("".join(LINES))))  # number 0 begins and ends a line


def line_batch():
    """All lines as one batch: inputs (N, T, V), the number of the next character (N, T), and lengths (N,)."""
    lengths = np.array([len(line) + 1 for line in LINES])
    x, following = np.zeros((len(LINES), lengths.max(), len(CHARACTERS))), np.zeros((len(LINES), lengths.max()), dtype=int)
    for n, line in enumerate(LINES):
        numbers = [CHARACTERS.index(character) for character in "\n" + line + "\n"]
        x[n, np.arange(len(line) + 1), numbers[:-1]] = 1.0
        following[n, : len(line) + 1] = numbers[1:]
    return x, following, lengths


class Writer:
    """An LSTM that guesses the next character at every step."""

    def __init__(self, params):
        self.params = params

    def loss(self, x, following, lengths):
        p = self.params
        start = np.zeros((len(x), len(p["Wh"])))
        h, cache = lstm_forward(x, start, start, p["Wx"], p["Wh"], p["b"], lengths)
        a = h @ p["Wy"] + p["by"]  # (N, T, V)
        a -= a.max(axis=2, keepdims=True)
        log_p = a - np.log(np.exp(a).sum(axis=2, keepdims=True))
        rows, steps = np.nonzero(np.arange(x.shape[1]) < lengths[:, None])  # the real places
        da = np.zeros(a.shape)
        da[rows, steps] = np.exp(log_p[rows, steps])
        da[rows, steps, following[rows, steps]] -= 1
        da /= len(rows)
        grads = lstm_backward(da @ p["Wy"].T, cache)
        slopes = {"Wx": grads["dWx"], "Wh": grads["dWh"], "b": grads["db"], "Wy": np.einsum("nth,ntv->hv", h, da), "by": da.sum(axis=(0, 1))}
        return -log_p[rows, steps, following[rows, steps]].mean(), slopes

    def write(self, temperature, draw, most=50):
        p = self.params
        h = c = np.zeros((1, len(p["Wh"])))
        written, k = "", 0
        while len(written) < most:
            h, c, _ = lstm_step(np.eye(len(CHARACTERS))[[k]], h, c, p["Wx"], p["Wh"], p["b"])
            k = int(sample((h @ p["Wy"] + p["by"])[0], temperature, draw.random()))
            if k == 0:
                break
            written += CHARACTERS[k]
        return written


def train_writer(steps=120, H=64, lr=0.02):
    writer, batch = Writer(starting_params(np.random.default_rng(0), len(CHARACTERS), H, len(CHARACTERS))), line_batch()
    optimizer, losses = Adam(writer.params, lr), []
    for step in range(steps):
        loss, grads = writer.loss(*batch)
        clip_gradients(grads, 1.0)
        optimizer.step(grads)
        losses.append(loss)
        ticks = 25 * (step + 1) // steps
        print(f"\rproverbs [{'#' * ticks}{'.' * (25 - ticks)}] step {step + 1}, loss {loss:.3f}", end="")
    print()
    return writer


print(f"{len(LINES)} lines, {sum(map(len, LINES))} characters, {len(CHARACTERS)} different ones; guessing blindly is a loss of log {len(CHARACTERS)} = {np.log(len(CHARACTERS)):.2f}")
writer = train_writer()

# %% [markdown]
# > **Predict.** Four lines each at six temperatures. At which do you expect proverbs, at which words, at which neither? Below, the same for 60 lines a temperature, counted: the share of lines that are proverbs of the list, letter for letter, the share of words that occur in the list, and the share of lines that are new and yet made of such words only. (A line that has not ended after 50 characters is cut there.) Can a line be new *and* made of words?

# %% nbgrader={"grade": false, "grade_id": "writing", "locked": true, "schema_version": 3, "solution": false, "task": false}
TEMPERATURES = [0.0, 0.3, 0.6, 1.0, 1.5, 2.5]


def show_writing():
    for k, temperature in enumerate(TEMPERATURES):
        draw = np.random.default_rng([4, k])
        print(f"temperature {temperature:g}")
        for _ in range(4):
            line = writer.write(temperature, draw)
            print("    ", line.ljust(52), "(in the list)" if line in LINES else "")


def plot_writing():
    known = set(" ".join(LINES).split())
    verbatim, words, new = [], [], []
    for temperature in TEMPERATURES:
        draw = np.random.default_rng(5)
        lines = [writer.write(temperature, draw) for _ in range(60)]
        verbatim.append(np.mean([line in LINES for line in lines]))
        words.append(np.mean([word in known for line in lines for word in line.split()]))
        new.append(np.mean([line not in LINES and line != "" and set(line.split()) <= known for line in lines]))
    figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 3.8), layout="constrained", width_ratios=[1.15, 1])
    left.plot(TEMPERATURES, words, "o-", color=BLUE, lw=2, label="words that are in the list")
    left.plot(TEMPERATURES, verbatim, "s--", color=ORANGE, lw=2, label="lines that are in the list")
    left.plot(TEMPERATURES, new, "^:", color=GREEN, lw=2, label="new lines made of words in the list")
    left.set(title="60 lines at each temperature", xlabel="temperature", ylabel="share", ylim=(-0.05, 1.05))
    left.legend(frameon=False, fontsize=10)

    p = writer.params
    h = c = np.zeros((1, len(p["Wh"])))
    for character in "\nthe ":
        h, c, _ = lstm_step(np.eye(len(CHARACTERS))[[CHARACTERS.index(character)]], h, c, p["Wx"], p["Wh"], p["b"])
    a = (h @ p["Wy"] + p["by"])[0]
    top = np.argsort(a)[::-1][:7]
    for shift, temperature, colour, hatch in [(-0.27, 0.5, BLUE, ""), (0.0, 1.0, GREEN, "//"), (0.27, 2.5, ORANGE, "..")]:
        powers = np.exp((a - a.max()) / temperature)
        right.bar(np.arange(7) + shift, (powers / powers.sum())[top], 0.27, color=colour, hatch=hatch, edgecolor="white", label=f"temperature {temperature:g}")
    right.set(title="After “the ” at the start of a line", xlabel="next character (the seven most likely)", ylabel="probability", xticks=range(7), xticklabels=[f"“{CHARACTERS[k]}”" if k else "end" for k in top])
    right.legend(frameon=False, fontsize=10)
    show()


show_writing()
plot_writing()

# %% [markdown]
# **What to see.** At temperature 0 it is always the same line. At 0.3 nearly every line is a proverb of the list, letter for letter: the network knows them by heart. No wonder, it has 24,344 parameters for 1,249 characters. At 0.6 most are, and some of the others are more interesting: two proverbs, welded together where they share some letters. At 1 about half of the words occur in the list; at 2.5 only the habits of letters are left, such as where vowels stand.
#
# The right picture shows why. Three proverbs begin with *the*, and go on with *apple*, *early* and *pen*: at temperature 1 the network gives each of them between a quarter and a third. A temperature of 0.5 takes away what little the network gave to others; at 2.5 these others have nearly half together, and after one wrong letter it is in a place where it has never been.
#
# Lines that are new *and* made of words are rare at every temperature: of sixty at most four, one in fifteen. These make little sense: they are beginnings of a proverb, or two welded together, such as *actions speak louder than water*. (Of the four lines printed for temperature 1, two are of this kind: four lines are a small sample.) The network has learnt lines, not English; for that it would need far more text, and temperature cannot make up for it.
#
# ## 13 · A forecast: the spots of the Sun
#
# **Why.** So far the data were made for the network. Here is a series that nobody made: the number of spots on the Sun, year by year since 1700. It rises and falls in about eleven years, never twice alike. The question: next year's number from those of the years before.
#
# **The rules of an honest forecast.**
#
# * *Split by time*: train on the targets up to 1920, choose on 1921 to 1960 (*validation*), and test on 1961 to 2008. A random split would let the network learn from the years on both sides of each test year.
# * *Standardise by the training part only.* The mean of all years would tell of the future.
# * *Compare with something simple.* **Persistence**: next year is like this year. **AR(9)**, an *autoregression*: next year is a linear function of the last nine years, $\hat v_t = w_0 + \sum_{k=1}^{9} w_k v_{t-k}$, with $v_t$ the number of year $t$, $\hat v_t$ its forecast, and $w$ from least squares on the training years. (Yule invented it in 1927, for this series.)
# * *Look at the test years once*, with what validation has chosen.
# * *More than one seed.*
#
# The error is the *root mean square error* (RMSE): the root of the mean squared miss, in spots. The network reads the last 15 years, one a step, and from its last state makes one number; the loss is the squared miss.

# %% nbgrader={"grade": false, "grade_id": "sunspots", "locked": true, "schema_version": 3, "solution": false, "task": false}
def read_sunspots(path="data/sunspots.csv"):
    """Years and sunspot numbers, or None if the file is not there."""
    if not os.path.exists(path):
        print(f"There is no {path} beside this notebook, so the cells about sunspots are left out. To run them, put the file sunspots.csv, "
              "which came with this notebook, into a folder called data beside it. All exercises work without it.")
        return None
    with open(path, newline="") as lines:
        rows = list(csv.reader(lines))[1:]
    return np.array([int(float(year)) for year, _ in rows]), np.array([float(number) for _, number in rows])


SUNSPOTS = read_sunspots()
PARTS = {"training": (1700, 1920), "validation": (1921, 1960), "test": (1961, 2008)}


def part(years, name):
    first, last = PARTS[name]
    return (years >= first) & (years <= last)


def plot_series():
    years, numbers = SUNSPOTS
    figure, axes = plt.subplots(figsize=(10, 3.2), layout="constrained")
    for name, colour in zip(PARTS, (BLUE, GREEN, ORANGE)):
        inside = part(years, name)
        axes.plot(years[inside], numbers[inside], ".-", color=colour, lw=1.3, ms=4)
        axes.text(years[inside].mean(), 205, name, ha="center", color=colour, fontweight="bold")
    axes.set(title="Yearly sunspot numbers", xlabel="year", ylabel="sunspot number", ylim=(0, 225))
    show()


if SUNSPOTS:
    plot_series()

# %% [markdown]
# > **Predict.** Four networks with different starting weights, 60 epochs. (An *epoch* is one pass over all training years.) How will the errors on the training and the validation years change with the epochs? And which of the three methods will win in the test years?
#
# The next cell takes about six seconds on two cores.

# %% nbgrader={"grade": false, "grade_id": "forecast_training", "locked": true, "schema_version": 3, "solution": false, "task": false}
WINDOW, FORECAST_SEEDS, EPOCHS = 15, range(4), 60


def rmse(misses):
    return float(np.sqrt(np.mean(np.square(misses))))


def forecast_with_lstm(seed, H=16, lr=0.02, size=32):
    """Train one network. Returns the errors (epochs, 3) on training, validation and test, and the forecasts after each epoch."""
    years, numbers = SUNSPOTS
    known = numbers[part(years, "training")]
    z = (numbers - known.mean()) / known.std()
    x, target, years = np.stack([z[t - WINDOW : t] for t in range(WINDOW, len(z))])[:, :, None], z[WINDOW:], years[WINDOW:]
    draw = np.random.default_rng(seed)
    p = starting_params(draw, 1, H, 1)
    optimizer, errors, forecasts = Adam(p, lr), [], []

    def guess(x):
        start = np.zeros((len(x), H))
        h, cache = lstm_forward(x, start, start, p["Wx"], p["Wh"], p["b"])
        return (h[:, -1] @ p["Wy"] + p["by"])[:, 0], h, cache

    for _ in range(EPOCHS):
        order = draw.permutation(np.flatnonzero(part(years, "training")))
        for rows in np.split(order, range(size, len(order), size)):
            guesses, h, cache = guess(x[rows])
            dguess = 2 * (guesses - target[rows])[:, None] / len(rows)
            dh = np.zeros(h.shape)
            dh[:, -1] = dguess @ p["Wy"].T
            grads = lstm_backward(dh, cache)
            slopes = {"Wx": grads["dWx"], "Wh": grads["dWh"], "b": grads["db"], "Wy": h[:, -1].T @ dguess, "by": dguess.sum(axis=0)}
            clip_gradients(slopes, 1.0)
            optimizer.step(slopes)
        guesses = guess(x)[0]
        errors.append([rmse((guesses - target)[part(years, name)]) * known.std() for name in PARTS])
        forecasts.append(guesses * known.std() + known.mean())
    return np.array(errors), np.array(forecasts)


def simple_forecasts(order=9):
    """Persistence and AR(order) for the years from 1700 + WINDOW on."""
    years, numbers = SUNSPOTS
    targets = range(WINDOW, len(numbers))
    past = np.array([[1.0, *numbers[t - order : t][::-1]] for t in targets])
    training = part(years[WINDOW:], "training")
    w = np.linalg.lstsq(past[training], numbers[WINDOW:][training], rcond=None)[0]
    return {"persistence": numbers[WINDOW - 1 : -1], f"AR({order})": past @ w}


if SUNSPOTS:
    forecast_runs = []
    for seed in FORECAST_SEEDS:
        forecast_runs.append(forecast_with_lstm(seed))
        print(f"\rnetworks [{'#' * (seed + 1)}{'.' * (len(FORECAST_SEEDS) - seed - 1)}]", end="")
    print()

# %% nbgrader={"grade": false, "grade_id": "forecast_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_forecast():
    years, numbers = SUNSPOTS
    years, numbers = years[WINDOW:], numbers[WINDOW:]
    figure, axes = plt.subplots(figsize=(9, 3.9), layout="constrained")
    epochs = np.arange(1, EPOCHS + 1)
    for column, (name, colour, style) in enumerate([("training", BLUE, "-"), ("validation", GREEN, "--")]):
        for k, (errors, _) in enumerate(forecast_runs):
            axes.plot(epochs, errors[:, column], style, color=colour, lw=1.2, alpha=0.8, label=name if k == 0 else None)
    best = [int(errors[:, 1].argmin()) for errors, _ in forecast_runs]
    axes.plot([b + 1 for b in best], [errors[b, 1] for b, (errors, _) in zip(best, forecast_runs)], "o", color="black", ms=6, label="best on validation", zorder=4)
    axes.set(title="More epochs: four networks, a line each", xlabel="epoch", ylabel="RMSE (sunspots)", ylim=(5, 30))
    axes.legend(frameon=False)
    show()

    print("RMSE in sunspots        validation   test")
    for name, forecast in simple_forecasts().items():
        print(f"{name:<22} {rmse((forecast - numbers)[part(years, 'validation')]):9.1f} {rmse((forecast - numbers)[part(years, 'test')]):9.1f}")
    for k, (errors, _) in enumerate(forecast_runs):
        print(f"LSTM {k}, epoch {best[k] + 1:<10} {errors[best[k], 1]:11.1f} {errors[best[k], 2]:9.1f}      after epoch {EPOCHS}: {errors[-1, 1]:5.1f} {errors[-1, 2]:5.1f}")
    print(f"LSTM, mean of four     {np.mean([e[b, 1] for b, (e, _) in zip(best, forecast_runs)]):9.1f} {np.mean([e[b, 2] for b, (e, _) in zip(best, forecast_runs)]):9.1f}      after epoch {EPOCHS}: {np.mean([e[-1, 1] for e, _ in forecast_runs]):5.1f} {np.mean([e[-1, 2] for e, _ in forecast_runs]):5.1f}")

    test = part(years, "test")
    figure, axes = plt.subplots(figsize=(10, 3.8), layout="constrained")
    axes.plot(years[test], numbers[test], "o-", color="black", lw=1.2, ms=4, label="observed")
    axes.plot(years[test], simple_forecasts()["AR(9)"][test], "--", color=ORANGE, lw=1.8, label="AR(9)")
    chosen = np.array([forecasts[b][test] for b, (_, forecasts) in zip(best, forecast_runs)])
    axes.fill_between(years[test], chosen.min(axis=0), chosen.max(axis=0), color=BLUE, alpha=0.25, lw=0)
    axes.plot(years[test], chosen.mean(axis=0), color=BLUE, lw=1.8, label="LSTM: mean and range of four")
    axes.set(title="Forecasts one year ahead, in years that no method has seen", xlabel="year", ylabel="sunspot number", ylim=(0, 215))
    axes.legend(frameon=False, ncols=3, loc="upper right")
    show()


if SUNSPOTS:
    plot_forecast()

# %% [markdown]
# **What to see.** The training error goes on falling to the end. The validation error falls for eight to some twenty epochs, stays level, and creeps up by one to five spots until epoch 60: from some point on the networks learn the noise of the training years. (After the first epoch it is 44 to 51, above the frame.) The black dots say when to stop (*early stopping*), and they did not look at the test years.
#
# Chosen so, the four networks miss by 15 to 16 spots in the test years, AR(9) by 17.6, persistence by 30. After 60 epochs the networks are at 18 in the mean, and the advantage over ten coefficients and a least-squares fit is gone. Is the advantage real? All four networks have it; but these are one and the same 48 years, four or five cycles. On the validation years LSTM and AR(9) are equal, although the networks were chosen there. And we moved the borders: trained to 1910, chosen on the years to 1950 and tested after that, the four networks miss by 19.1 to 20.3, AR(9) by 19.2, although on the validation years they were well ahead (11 to 12½ against 15½). With borders at 1930 and 1970 the networks are ahead again, 15.6 to 17.0 against 18.4. (Change `PARTS` in a cell of your own and run the cells from there.) An honest sentence would be:
# *on this series the LSTM forecasts one year ahead about as well as AR(9), perhaps a little better, if it is stopped in time.*
#
# ## What you built
#
# * `rnn_step` and `rnn_forward` with their backward passes: a network that reads one step at a time, and backpropagation through time.
# * `lstm_gates`, `lstm_step`, `lstm_forward` with their backward passes: a memory cell with three gates, and batches of sequences of different lengths.
# * `SequenceModel`: from a sequence to a class; `clip_gradients`, which keeps training on the road.
# * `gradient_flow`: an instrument that says how far back a loss reaches, before any training.
# * `sample`: from logits to one choice, with a temperature.
#
# In PyTorch these are `torch.nn.RNN`, `torch.nn.LSTM` and `torch.nn.utils.clip_grad_norm_`. Its LSTM keeps the same four blocks in the same order, with its weights the other way round, (4H, D), and with two biases that are added; lengths go in by `pack_padded_sequence`.
#
# ## Where it breaks
#
# * **Step after step.** Step $t$ needs the state of step $t - 1$, so a sequence of a thousand steps is a thousand small products, one after the other. No machine, however wide, can do them side by side.
# * **All through one state.** Whatever was read has to fit into $H$ numbers before it is asked for. The network has to decide what to keep *before* it knows the question.
# * **A memory with a lifetime.** A forget gate of 0.95 has forgotten after a hundred steps; nobody sets it to 1 everywhere.
# * **Long sequences do not fit.** Every cache of every step is kept until the way back. For long texts one goes back a limited number of steps (*truncated* backpropagation through time), and learns nothing from further away.
# * **Small data.** The network of section 12 knew its forty-five lines by heart, and that of section 13 was at its best after few epochs. Without a part kept back you would not have noticed.
# * **A forecast of one year** says little about ten: fed with its own forecasts, each of the methods loses the rhythm.
#
# ## What comes next
#
# In *Attention* the network looks back at all earlier steps at once, and chooses, when it is asked, which of them matter. No state has to carry everything, and all steps are computed side by side. What you know of softmax, of slopes over many paths and of masks for padding you will need there.
#
# ## Further reading
#
# * S. Hochreiter, J. Schmidhuber, "Long short-term memory", *Neural Computation* 9 (1997): the cell; the forget gate is not in it yet.
# * F. A. Gers, J. Schmidhuber, F. Cummins, "Learning to forget: continual prediction with LSTM", *Neural Computation* 12 (2000): the forget gate.
# * Y. Bengio, P. Simard, P. Frasconi, "Learning long-term dependencies with gradient descent is difficult", *IEEE Transactions on Neural Networks* 5 (1994); R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks", *ICML* 2013: vanishing, exploding, and clipping.
# * R. Jozefowicz, W. Zaremba, I. Sutskever, "An empirical exploration of recurrent network architectures", *ICML* 2015: among other things, the bias of the forget gate.
# * K. Greff, R. K. Srivastava, J. Koutník, B. R. Steunebrink, J. Schmidhuber, "LSTM: a search space odyssey", *IEEE Transactions on Neural Networks and Learning Systems* 28 (2017): which of the gates matter.
# * K. Cho and others, "Learning phrase representations using RNN encoder–decoder for statistical machine translation", *EMNLP* 2014: the GRU, a cell with fewer gates.
# * G. U. Yule, "On a method of investigating periodicities in disturbed series, with special reference to Wolfer's sunspot numbers", *Philosophical Transactions of the Royal Society A* 226 (1927): autoregression.
# * I. Goodfellow, Y. Bengio, A. Courville, *Deep Learning*, MIT Press 2016, chapter 10.
