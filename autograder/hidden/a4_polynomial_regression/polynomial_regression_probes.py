"""Questions about `polynomial_regression`. All that a submission ever sees of its hidden tests."""

import numpy as np


def differ(arrays, before):
    return not all(np.array_equal(array, kept) for array, kept in zip(arrays, before, strict=True))


# ------------------------------------------------------------------------------------------------ make_data


def data(m, coefficients, x, noise):
    before = coefficients.copy(), x.copy(), noise.copy()
    y = m.make_data(coefficients, x, noise)
    return {"changed": differ((coefficients, x, noise), before), "y": y}


def data_twice(m, coefficients, x, noise):
    """The same arguments twice: what is random comes in as an argument."""
    first = np.array(m.make_data(coefficients, x, noise))
    return {"first": first, "second": m.make_data(coefficients=coefficients, x=x, noise=noise)}


# ------------------------------------------------------------------------------------------------ design_matrix


def powers(m, X, degree):
    before = X.copy()
    Phi = m.design_matrix(X, degree)
    return {"changed": differ((X,), (before,)), "Phi": Phi}


# ------------------------------------------------------------------------------------------------ fit_closed_form


def closed_form(m, Phi, y, l2):
    before = Phi.copy(), y.copy()
    w = m.fit_closed_form(Phi, y) if l2 is None else m.fit_closed_form(Phi, y, l2)
    return {"changed": differ((Phi, y), before), "w": w}


# ------------------------------------------------------------------------------------------------ mse


def loss(m, prediction, y):
    before = prediction.copy(), y.copy()
    value, gradient = m.mse(prediction, y), m.mse_gradient(prediction, y)
    return {"changed": differ((prediction, y), before), "loss": value, "gradient": gradient}


def gradient(m, prediction, y):
    before = prediction.copy(), y.copy()
    slopes = m.mse_gradient(prediction, y)
    return {"changed": differ((prediction, y), before), "gradient": slopes}


def shapes_refused(m, name, prediction, y):
    """Two arrays of different shapes, then two of the same shape, and all of them afterwards."""
    before = prediction.copy(), y.copy()
    function = getattr(m, name)
    try:
        refused = function(prediction, y)
    except Exception as error:
        refused = error
    return {"refused": refused, "valid": function(prediction, prediction - 2.0), "changed": differ((prediction, y), before)}


# ------------------------------------------------------------------------------------------------ models


def both_ways(m, name, weights, X, dout):
    """Forward and backward of a model, and what is in it then."""
    model = getattr(m, name)(*weights.values())
    before = X.copy(), dout.copy()
    out = np.array(model.forward(X))
    dX = model.backward(dout)
    return {
        "changed": differ((X, dout), before),
        "out": out,
        "dX": dX,
        "grads": {key: model.grads[key] for key in weights},
        "params": {key: model.params[key] for key in weights},
        "keys": [sorted(model.params), sorted(model.grads)],
    }


def forward_only(m, name, weights, X):
    model = getattr(m, name)(**weights)
    return {"out": model.forward(X), "keys": sorted(model.params)}


def backward_of_last(m, name, weights, inputs, douts):
    """Several inputs in turn; what each backward gives, copied before the next one. The last input is followed by two backwards."""
    model = getattr(m, name)(**weights)
    found = []
    model.forward(inputs[-1])
    for X, dout in zip(inputs, douts, strict=True):
        model.forward(X)
        dX = np.array(model.backward(dout))
        found.append([dX, {key: np.array(model.grads[key]) for key in weights}])
    dX = np.array(model.backward(2.0 * douts[-1]))
    found.append([dX, {key: np.array(model.grads[key]) for key in weights}])
    return found


def copies(m, name, weights, X, dout):
    """Whether the model and the arrays that it was given have parted, seen from both sides."""
    before = {key: value.copy() for key, value in weights.items()}
    model = getattr(m, name)(**weights)
    first = np.array(model.forward(X))
    for key in weights:
        model.params[key] += 0.25
    second = np.array(model.forward(X))
    dX = np.array(model.backward(dout))
    changed = differ(weights.values(), before.values())
    for value in weights.values():
        value[...] = 9
    return {"changed": changed, "first": first, "second": second, "dX": dX, "third": model.forward(X)}


def two_models(m, name, weights, others, X, dout):
    """Two models in turns: neither knows what the other one saw."""
    one, two = getattr(m, name)(**weights), getattr(m, name)(**others)
    outs = [np.array(one.forward(X)), np.array(two.forward(X + 1.0))]
    slopes = [np.array(one.backward(dout)), np.array(two.backward(-dout))]
    return {"outs": outs, "slopes": slopes, "grads": [[model.grads[key] for key in weights] for model in (one, two)]}


def small_steps(m, name, weights, X, y, lr, steps):
    """Descent in whole-batch steps by hand, from whole-number weights: the parameters at its end."""
    model = getattr(m, name)(**weights)
    for _ in range(steps):
        model.backward((model.forward(X) - y) / len(X))
        for key in weights:
            model.params[key] -= lr * model.grads[key]
    return {key: model.params[key] for key in weights}


# ------------------------------------------------------------------------------------------------ momentum_step


def momentum(m, start, gradients, lr, beta, velocity=None):
    """Parameters and velocities after each of several steps, in the very arrays that were there at the start."""
    params = {key: value.copy() for key, value in start.items()}
    velocities = {key: np.zeros_like(start[key]) if velocity is None else velocity[key].copy() for key in reversed(start)}
    arrays, companions = dict(params), dict(velocities)
    track, left = [], True
    for given in gradients:
        grads = {key: given[key].copy() for key in sorted(given)}
        m.momentum_step(params, grads, velocities, lr, beta)
        left = left and all(np.array_equal(grads[key], given[key]) for key in given)
        track.append([[np.array(arrays[key]), np.array(companions[key])] for key in sorted(start)])
    return {
        "changed": not left,
        "track": track,
        "same": [[params[key] is arrays[key], velocities[key] is companions[key]] for key in sorted(start)],
        "keys": [sorted(params), sorted(velocities)],
    }


def momentum_by_name(m, start, given):
    params, velocity = {"w": start.copy()}, {"w": np.zeros_like(start)}
    m.momentum_step(params=params, grads={"w": given}, velocity=velocity, lr=0.5, beta=0.25)
    m.momentum_step(params=params, grads={"w": given}, velocity=velocity, lr=0.5, beta=0.25)
    return [params["w"], velocity["w"]]


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


def course(m, X, y, epochs, batch_size, lr, seed):
    """What was learnt from in which order, with the slopes that came back, the losses and the end of it."""
    before = X.copy(), y.copy()
    model = Parabola(np.full(X.shape[1], 0.5), np.arange(X.shape[1]) - 1.0)
    history = trained(m, model, X, y, epochs, batch_size, lr, np.random.default_rng(seed))
    return {"seen": model.seen, "history": history, "params": model.params, "changed": differ((X, y), before)}


def orders(m, X, y, epochs, batch_size, seeds):
    """For generators with these seeds: the inputs in the order in which they came, whether it was drawn from, and the losses."""
    found = []
    for seed in seeds:
        model, rng = Parabola([0.0], [0.0]), np.random.default_rng(seed)
        history = trained(m, model=model, X=X, y=y, epochs=epochs, batch_size=batch_size, lr=0.0, rng=rng)
        fresh = np.random.default_rng(seed)
        drawn = rng.integers(2**60) != fresh.integers(2**60)
        inputs = [float(value) for batch, _ in model.seen for value in batch.ravel()]
        found.append({"inputs": inputs, "drawn": drawn, "history": history})
    return found


# ------------------------------------------------------------------------------------------------ select_degree


def chosen(m, X, y, degrees, folds):
    arguments = [X, y, *folds]
    before = [array.copy() for array in arguments]
    given = list(degrees)
    degree = m.select_degree(X, y, degrees, folds)
    return {"changed": differ(arguments, before) or degrees != given, "degree": degree}


# ------------------------------------------------------------------------------------------------ unstandardise


def raw_weights(m, w, mu, sd):
    before = w.copy(), mu.copy(), sd.copy()
    raw = m.unstandardise(w, mu, sd)
    return {"changed": differ((w, mu, sd), before), "raw": raw}


def predictions(m, table, w, mu, sd):
    """What the translated weights say on raw columns."""
    return table @ m.unstandardise(w, mu, sd)
