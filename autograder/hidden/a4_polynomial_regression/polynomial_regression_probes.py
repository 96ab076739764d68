"""Questions about `polynomial_regression`. All that a submission ever sees of its hidden tests."""

import numpy as np


def differ(arrays, before):
    return not all(np.array_equal(array, kept) for array, kept in zip(arrays, before, strict=True))


def close(one, other):
    return np.shape(one) == np.shape(other) and bool(np.allclose(one, other, rtol=1e-9, atol=1e-12))


def differs(one, other):
    """Whether both are finite, and not alike."""
    return bool(np.isfinite(one).all() and np.isfinite(other).all()) and not close(one, other)


def copies(arguments):
    return [np.array(argument) if isinstance(argument, np.ndarray) else argument for argument in arguments]


def hangs(function, one, other, on):
    """Whether the answer is a number or an array, and another one when the argument in one of these places is."""
    base = function(*copies(one))
    others = [np.array(function(*copies([*one[:place], other[place], *one[place + 1 :]]))) for place in on]
    return isinstance(base, (float, np.ndarray)) and [differs(np.array(base), answer) for answer in others]


def leaves(m, name, one, other, on):
    """Whether the arguments are as they were; and whether the answer hangs on them."""
    function, given = getattr(m, name), copies(one)
    function(*given)
    arrays = [place for place, array in enumerate(one) if isinstance(array, np.ndarray)]
    return {
        "changed": differ([given[place] for place in arrays], [one[place] for place in arrays]),
        "hangs": hangs(function, one, other, on),
    }


def again(m, name, one, other, on):
    """Two questions of equal shape; then the first arrays, with the numbers of the second question in them."""
    function, given = getattr(m, name), copies(one)
    first = function(*given)
    kept = np.array(first)
    second = np.array(function(*copies(other)))
    stays = bool(np.array_equal(first, kept))
    for array, numbers in zip(given, other, strict=True):
        if isinstance(array, np.ndarray):
            array[...] = numbers
    third = function(*[array if isinstance(array, np.ndarray) else number for array, number in zip(given, other, strict=True)])
    return {
        "another": differs(kept, second),
        "stays": stays,
        "by its numbers": close(third, second),
        "hangs": hangs(function, one, other, on),
    }


def form(array):
    """What an array is, and not what is in it."""
    return {"kind": type(array).__name__, "shape": list(np.shape(array)), "dtype": str(getattr(array, "dtype", ""))}


def form_of(m, name, one, other, on):
    """The form of the answer, and whether it hangs on its arguments."""
    function = getattr(m, name)
    return {"form": form(function(*copies(one))), "hangs": hangs(function, one, other, on)}


# ------------------------------------------------------------------------------------------------ make_data


def curve(m, coefficients, x):
    return np.ravel(m.make_data(coefficients, x, np.zeros(x.shape)))


def noise_alone(m, coefficients, x, noise):
    """What the noise adds, and whether there is a curve besides."""
    without = np.array(m.make_data(coefficients, x, np.zeros(x.shape)))
    return {"noise": np.ravel(m.make_data(coefficients, x, noise) - without), "curve": bool(np.ptp(without) > 0)}


# ------------------------------------------------------------------------------------------------ design_matrix


def grows(Phi, X):
    """Of an X beyond 1: some power is larger than it."""
    return np.ndim(Phi) == 2 and bool(np.isfinite(Phi).all() and np.max(Phi) > 1.5 * np.max(np.abs(X)))


def powers(m, X, degree):
    return m.design_matrix(X, degree)


def higher_columns(m, X, degree):
    """All columns but the first."""
    return np.asarray(m.design_matrix(X, degree))[:, 1:]


def first_column(m, X, degree):
    Phi = np.asarray(m.design_matrix(X, degree))
    return {"first": Phi[:, 0], "others vary": bool(np.ptp(Phi[:, -1] - Phi[:, 0]) > 0 or np.ptp(Phi[:, 0]) > 0)}


def sums_of_rows(m, X, degree):
    return np.asarray(m.design_matrix(X, degree)).sum(axis=1)


def zero_degree(m, X):
    """The matrix of degree 0, and whether that of degree 3 grows."""
    return {"zero": m.design_matrix(X, 0), "grows": grows(m.design_matrix(X, 3), X)}


def form_of_matrix(m, X, degree):
    return {"form": form(m.design_matrix(X, degree)), "grows": grows(m.design_matrix(X, degree + 3), X)}


def matrix_leaves(m, X, degree):
    given = X.copy()
    Phi = m.design_matrix(given, degree)
    return {"changed": differ([given], [X]), "grows": grows(Phi, X)}


def matrix_again(m, X, other, degree):
    return {**again(m, "design_matrix", [X, degree], [other, degree], []), "grows": grows(m.design_matrix(X, degree), X)}


# ------------------------------------------------------------------------------------------------ fit_closed_form


def weights(m, Phi, y, l2):
    return np.ravel(m.fit_closed_form(Phi, y) if l2 is None else m.fit_closed_form(Phi, y, l2=l2))


# ------------------------------------------------------------------------------------------------ mse


def loss(m, prediction, y):
    return m.mse(prediction, y)


def loss_grows(m, y, error):
    """By what factor the loss grows when every error is three times as large."""
    return m.mse(y + 3.0 * error, y) / m.mse(y + error, y)


def gradient(m, prediction, y):
    return m.mse_gradient(prediction, y)


def direction(m, prediction, y):
    """The gradient with its length divided out."""
    slopes = np.asarray(m.mse_gradient(prediction, y))
    return slopes / np.sqrt(np.sum(slopes**2))


def signs(slopes):
    return np.sign(np.where(np.isfinite(slopes), slopes, 0.0))


def loss_refuses(m, prediction, y):
    """Two arrays of different shapes; then whether a larger error is a larger loss."""
    try:
        refused = m.mse(prediction, y)
    except Exception as error:
        refused = error
    losses = [float(np.mean(m.mse(prediction, prediction - by))) for by in (1.0, 3.0)]
    return {"refused": refused, "larger": 0 < losses[0] < losses[1] < np.inf}


def gradient_refuses(m, prediction, y, error):
    """Two arrays of different shapes; then the signs of the slopes of other errors."""
    try:
        refused = m.mse_gradient(prediction, y)
    except Exception as raised:
        refused = raised
    return {"refused": refused, "signs": signs(m.mse_gradient(prediction, prediction - error))}


def gradient_kind(m, prediction, y):
    slopes = m.mse_gradient(prediction, y)
    return {"form": form(slopes), "signs": signs(slopes)}


# ------------------------------------------------------------------------------------------------ models


def made(m, name, weights):
    return getattr(m, name)(**{key: value.copy() for key, value in weights.items()})


def gradients(model, X, dout):
    """All gradients of one forward and backward, copied."""
    model.forward(X)
    dX = np.array(model.backward(dout))
    return [dX, *(np.array(model.grads[key]) for key in sorted(model.params))]


def all_close(ones, others):
    return all(close(one, other) for one, other in zip(ones, others, strict=True))


def linear(m, name, weights, X, dout):
    """Whether the gradients of a new model are there, and take the factor of the slopes that come in."""
    once, changed = (gradients(made(m, name, weights), X, factor * dout) for factor in (1.0, -2.0))
    return all_close([-2.0 * slope for slope in once], changed) and all(np.any(slope != 0) for slope in once)


def forward(m, name, weights, X):
    return getattr(m, name)(**weights).forward(X)


def forward_in_order(m, name, weights, X):
    """The weights by their place, not by their name."""
    return getattr(m, name)(*weights.values()).forward(X)


def slopes(m, name, weights, X, dout, of):
    """Of what: X, or names of parameters."""
    model = getattr(m, name)(**weights)
    model.forward(X)
    dX = model.backward(dout)
    return [dX if key == "X" else model.grads[key] for key in of]


def forms(m, name, weights, X, dout):
    model = made(m, name, weights)
    out = model.forward(X)
    dX = model.backward(dout)
    return {
        "out": form(out),
        "dX": form(dX),
        "params": {key: form(value) for key, value in model.params.items()},
        "grads": {key: form(value) for key, value in model.grads.items()},
        "linear": linear(m, name, weights, X, dout),
    }


def overwritten(m, name, weights, X, dout):
    """Whether a second backward leaves nothing of the first."""
    model = made(m, name, weights)
    once = gradients(model, X, dout)
    dX = model.backward(-2.0 * dout)
    twice = [dX, *(model.grads[key] for key in sorted(model.params))]
    return {"overwritten": all_close([-2.0 * slope for slope in once], twice), "there": all(np.any(slope != 0) for slope in once)}


def last_forward(m, name, weights, inputs, douts):
    """After other inputs, with and without a backward, the gradients are those of a new model."""
    model = made(m, name, weights)
    for X, dout in zip(inputs, douts, strict=True):
        model.forward(X)
        model.backward(dout)
        model.forward(X + 1.0)
    found = gradients(model, inputs[0], douts[0])
    return {
        "as of a new one": all_close(found, gradients(made(m, name, weights), inputs[0], douts[0])),
        "linear": linear(m, name, weights, inputs[0], douts[0]),
    }


def forward_again(m, name, weights, X, other):
    """One model, two inputs of equal shape: the second output, the first one afterwards, and the first input with other numbers."""
    model, given = made(m, name, weights), X.copy()
    first = model.forward(given)
    kept = np.array(first)
    second = np.array(model.forward(other))
    stays = bool(np.array_equal(first, kept))
    given[...] = other
    return {
        "another": differs(kept, second),
        "stays": stays,
        "by its numbers": close(model.forward(given), second),
        "hangs on weights": weight_counts(m, name, weights, X),
    }


def weight_counts(m, name, weights, X):
    base = np.array(made(m, name, weights).forward(X))
    return differs(base, made(m, name, {key: value + 1 for key, value in weights.items()}).forward(X))


def has_copies(m, name, weights, X):
    """Whether model and given arrays have parted, seen from both sides."""
    given = {key: value.copy() for key, value in weights.items()}
    model = getattr(m, name)(**given)
    before = np.array(model.forward(X))
    for value in given.values():
        value[...] = 9
    stays = close(model.forward(X), before)
    given = {key: value.copy() for key, value in weights.items()}
    model = getattr(m, name)(**given)
    for key in given:
        model.params[key] += 0.25
    return {"stays": stays, "changed": differ(given.values(), weights.values()), "hangs on weights": weight_counts(m, name, weights, X)}


def params_now(m, name, weights, X):
    """Parameters changed in place: another output, that of a new model with these numbers."""
    model = made(m, name, weights)
    before = np.array(model.forward(X))
    for key in weights:
        model.params[key] += 0.25
    after = np.array(model.forward(X))
    return {
        "another": differs(before, after),
        "as new": close(after, made(m, name, {key: value + 0.25 for key, value in weights.items()}).forward(X)),
    }


def whole_weights(m, name, weights, X):
    model = made(m, name, weights)
    return {
        "dtypes": {key: str(value.dtype) for key, value in model.params.items()},
        "hangs on weights": weight_counts(m, name, weights, X),
    }


def backward_leaves(m, name, weights, X, dout):
    """Whether backward left the parameters as they were."""
    model = made(m, name, weights)
    gradients(model, X, dout)
    return {"changed": differ([model.params[key] for key in weights], weights.values()), "linear": linear(m, name, weights, X, dout)}


def inputs_stay(m, name, weights, X, dout):
    given = X.copy(), dout.copy()
    gradients(made(m, name, weights), *given)
    return {"changed": differ(given, (X, dout)), "linear": linear(m, name, weights, X, dout)}


def two_models(m, name, weights, others, X, dout):
    """Two models in turns: each has the gradients that it has alone."""
    one, two = made(m, name, weights), made(m, name, others)
    one.forward(X)
    two.forward(X + 1.0)
    slopes = [np.array(one.backward(dout)), np.array(two.backward(-dout))]
    found = [
        [slope, *(np.array(model.grads[key]) for key in sorted(model.params))] for model, slope in zip((one, two), slopes, strict=True)
    ]
    alone = [gradients(made(m, name, weights), X, dout), gradients(made(m, name, others), X + 1.0, -dout)]
    return {"apart": all(all_close(*pair) for pair in zip(found, alone, strict=True)), "linear": linear(m, name, weights, X, dout)}


def trained_in_turns(m, name, starts, steps, lr):
    """Two models that learn in turns from pairs of input and target: the parameters at the end."""
    models = [made(m, name, weights) for weights in starts]
    for X, y in steps:
        for model in models:
            model.backward((model.forward(X) - y) / len(X))
            for key in model.params:
                model.params[key] -= lr * model.grads[key]
    return [{key: model.params[key] for key in weights} for model, weights in zip(models, starts, strict=True)]


# ------------------------------------------------------------------------------------------------ momentum_step


def stepped(m, params, grads, velocity, lr, beta):
    """Parameters and velocities after one step, as the dictionaries have them."""
    params, velocity = ({key: value.copy() for key, value in given.items()} for given in (params, velocity))
    m.momentum_step(params, {key: value.copy() for key, value in grads.items()}, velocity, lr, beta)
    return params, velocity


def velocities(m, params, grads, velocity, lr, beta):
    """The velocities after each of several steps."""
    track = []
    for given in grads:
        params, velocity = stepped(m, params, given, velocity, lr, beta)
        track.append({key: velocity[key] for key in sorted(velocity)})
    return track


def moves(m, params, grads, velocity, lr, beta):
    """By how much the moves of parameters differ from learning rate times the velocity that they have after the step."""
    found = []
    for given in grads:
        before = params
        params, velocity = stepped(m, params, given, velocity, lr, beta)
        found.append({key: before[key] - params[key] - lr * velocity[key] for key in sorted(params)})
    return found


def first_step(m, params, grads, lr, beta):
    """Parameters after one step from rest."""
    return stepped(m, params, grads, {key: np.zeros_like(value) for key, value in params.items()}, lr, beta)[0]


def memory(m, params, grads, velocity, lr, beta):
    """How much of a velocity is left after a step: the difference between this one and rest."""
    rest = {key: np.zeros_like(value) for key, value in velocity.items()}
    with_it, without = (stepped(m, params, grads, start, lr, beta)[1] for start in (velocity, rest))
    return {key: with_it[key] - without[key] for key in sorted(velocity)}


def same_arrays(m, params, grads, others, velocity, lr, beta):
    """Whether the arrays are those that were given, with new numbers in them, and the gradients as they were."""
    given = [{key: value.copy() for key, value in part.items()} for part in (params, grads, velocity)]
    held = [dict(part) for part in given]
    m.momentum_step(*given, lr, beta)
    moved = [{key: differs(held[part][key], was[key]) for key in was} for part, was in ((0, params), (2, velocity))]
    another = stepped(m, params, others, velocity, lr, beta)
    return {
        "params": [{key: given[0][key] is held[0][key] for key in params}, moved[0]],
        "velocity": [{key: given[2][key] is held[2][key] for key in params}, moved[1]],
        "changed": differ(held[1].values(), grads.values()),
        "hangs on gradients": differs(another[0]["b"], given[0]["b"]),
    }


def all_keys(m, params, grads, velocity, lr, beta):
    """Which parameters and velocities move when the dictionaries are in different orders, and for other gradients otherwise."""
    given = dict(reversed(grads.items()))
    found = stepped(m, params, given, velocity, lr, beta)
    others = stepped(m, params, {key: 2.0 * value for key, value in given.items()}, velocity, lr, beta)
    return {key: [differs(one[key], other[key]) for one, other in zip(found, others, strict=True)] for key in sorted(params)}


def by_name(m, start, given):
    params, velocity = {"w": start.copy()}, {"w": np.zeros_like(start)}
    m.momentum_step(params=params, grads={"w": given}, velocity=velocity, lr=0.5, beta=0.25)
    return params["w"]


# ------------------------------------------------------------------------------------------------ fit


def other_loss(prediction, y):
    """Stands in for mse, so that a mistake there costs nothing here: a quarter of the mean fourth power."""
    return float(np.mean((prediction - y) ** 4)) / 4


def other_gradient(prediction, y):
    return (prediction - y) ** 3 / prediction.size


class Parabola:
    """Stands in for a model: a x² + c in every column. It keeps every batch that it was stepped on, and has nothing else."""

    __slots__ = ("_X", "grads", "params", "seen")

    def __init__(self, a, c):
        self.params = {"a": np.array(a), "c": np.array(c)}
        self.grads = {"a": np.zeros(len(a)), "c": np.zeros(len(c))}
        self.seen = []
        self._X = None

    def forward(self, X):
        self._X = X
        return self.params["a"] * X**2 + self.params["c"]

    def backward(self, dout):
        self.seen.append([np.array(self._X), np.array(dout)])
        self.grads["a"] = np.sum(dout * self._X**2, axis=0)
        self.grads["c"] = np.sum(dout, axis=0)
        return dout * 2.0 * self.params["a"] * self._X


def trained(m, *arguments, **named):
    kept = {name: getattr(m, name) for name in ("mse", "mse_gradient") if hasattr(m, name)}
    m.mse, m.mse_gradient = other_loss, other_gradient
    try:
        return m.fit(*arguments, **named)
    finally:
        vars(m).update(kept)


def start(X):
    return Parabola(np.full(X.shape[1], 0.5), np.arange(X.shape[1]) - 1.0)


def course(m, X, y, epochs, batch_size, lr, seed):
    """What was learnt from in which order, with the slopes that came back, the losses and the end of it."""
    before = X.copy(), y.copy()
    model = start(X)
    history = trained(m, model, X, y, epochs, batch_size, lr, np.random.default_rng(seed))
    return {"seen": model.seen, "history": history, "params": model.params, "changed": differ((X, y), before)}


def orders(m, X, y, epochs, batch_size, seeds):
    """For generators with these seeds: the inputs in the order in which they came, and whether it was drawn from."""
    found = []
    for seed in seeds:
        model, rng = Parabola([0.0], [0.0]), np.random.default_rng(seed)
        trained(m, model=model, X=X, y=y, epochs=epochs, batch_size=batch_size, lr=0.0, rng=rng)
        drawn = rng.integers(2**60) != np.random.default_rng(seed).integers(2**60)
        found.append({"inputs": [float(value) for batch, _ in model.seen for value in batch.ravel()], "drawn": drawn})
    return found


def in_parts(m, X, y, epochs, batch_size, lr, seed):
    """A training of several epochs, and one of as many calls with one epoch each: the inputs in their order, and the end."""
    found = []
    for calls in (1, epochs):
        model, rng = start(X), np.random.default_rng(seed)
        for _ in range(calls):
            trained(m, model, X, y, epochs // calls, batch_size, lr, rng)
        found.append([[batch for batch, _ in model.seen], [model.params["a"], model.params["c"]]])
    return found


# ------------------------------------------------------------------------------------------------ select_degree


def chosen(m, X, y, degrees, folds):
    return m.select_degree(X, y, degrees, folds)


def choice_leaves(m, X, y, other, degrees, folds):
    """Whether the arguments are as they were; and whether other targets have another answer."""
    given = copies([X, y, *folds])
    listed = list(degrees)
    one = m.select_degree(given[0], given[1], listed, given[2:])
    another = m.select_degree(X, other, list(degrees), folds)
    return {"changed": differ(given, [X, y, *folds]) or listed != degrees, "another": bool(one != another)}


def choices(m, X, targets, degrees, folds):
    """Targets in turn, in one array, and the first of them again."""
    y, found = targets[0].copy(), []
    for numbers in (*targets, targets[0]):
        y[...] = numbers
        found.append(m.select_degree(X, y, list(degrees), folds))
    return found


# ------------------------------------------------------------------------------------------------ unstandardise


def raw_slopes(m, w, mu, sd):
    return np.ravel(m.unstandardise(w, mu, sd))[1:]


def level(m, w, mu, sd):
    """What the raw weights, right or wrong, say at the means."""
    raw = np.ravel(m.unstandardise(w, mu, sd))
    return raw[0] + raw[1:] @ mu[1:]


def intercept_alone(m, w, mu, sd):
    """Of an intercept without anything else; and on what the answer with all columns hangs."""
    return {"alone": m.unstandardise(w[:1], mu[:1], sd[:1]), "hangs": hangs(m.unstandardise, [w, mu, sd], [w + 1.0, mu, sd * 2.0], [0, 2])}


def predictions(m, table, w, mu, sd):
    """What the translated weights say on raw columns."""
    return table @ m.unstandardise(w, mu, sd)
