"""Questions about `lstm`. All that a submission ever sees of its hidden tests.

Some exercises stand on functions of earlier ones. Where a function of its own kind can stand in for the earlier one, the question is put
twice, with the stand-in and without, so that a mistake in the earlier exercise costs nothing in the later.
"""

import contextlib
import math
import types

import numpy as np

CACHED = {"rnn_step", "lstm_step", "rnn_forward", "lstm_forward"}
"""Functions whose last result is a cache."""


def copies(arrays):
    return [np.array(array) for array in arrays]


def differ(arrays, before):
    return not all(np.array_equal(array, kept) for array, kept in zip(arrays, before, strict=True))


@contextlib.contextmanager
def standing_in(m, **functions):
    """These functions of the module are others for a while."""
    kept = {name: getattr(m, name) for name in functions if hasattr(m, name)}
    vars(m).update(functions)
    try:
        yield
    finally:
        vars(m).update(kept)


def attempt(function, *arguments, **named):
    """What a function answers, or what it raises."""
    try:
        return function(*arguments, **named)
    except Exception as error:
        return error


# ------------------------------------------------------------------------------------------------ any function


def answer(m, name, *arguments):
    """What a function makes of its arguments, its cache left out."""
    with np.errstate(all="ignore"):
        found = getattr(m, name)(*arguments)
    if name not in CACHED:
        return found
    *answers, _ = found
    return answers if len(answers) > 1 else answers[0]


def untouched(m, name, *arguments):
    """The same, and whether an array that came in is another afterwards."""
    arrays = [argument for argument in arguments if isinstance(argument, np.ndarray)]
    before = copies(arrays)
    found = answer(m, name, *arguments)
    return {"changed": differ(arrays, before), "answer": found}


def again(m, name, first, second):
    """One after the other, and the first once more; all that was answered is looked at in the end."""
    return [answer(m, name, *arguments) for arguments in (first, second, first)]


# ------------------------------------------------------------------------------------------------ going back


def names(name):
    """The functions of "rnn_step", "lstm_step", "rnn" and "lstm"."""
    return (name, f"{name}_backward") if name.endswith("_step") else (f"{name}_forward", f"{name}_backward")


def slopes(m, name, arguments, gradients, keys):
    """Those of the gradients of a function, with the name `name`_step or `name`_forward, that have these keys."""
    forward_name, backward_name = names(name)
    *_, cache = getattr(m, forward_name)(*arguments)
    found = getattr(m, backward_name)(*gradients, cache)
    return {key: found[key] for key in keys}


def all_slopes(m, name, arguments, gradients):
    """The whole dictionary of gradients."""
    forward_name, backward_name = names(name)
    *_, cache = getattr(m, forward_name)(*arguments)
    return getattr(m, backward_name)(*gradients, cache)


def untouched_back(m, name, arguments, gradients, key):
    """One gradient, and whether an array that came in, forward or back, is another afterwards."""
    before = copies([*arguments, *gradients])
    found = slopes(m, name, arguments, gradients, [key])
    return {"changed": differ([*arguments, *gradients], before), "slopes": found}


def two_caches(m, name, first, second, gradients, other_gradients, key):
    """Two calls forward, and only then the two backward, the first one first: one gradient of each."""
    forward_name, backward_name = names(name)
    *_, one = getattr(m, forward_name)(*first)
    *_, other = getattr(m, forward_name)(*second)
    found = [getattr(m, backward_name)(*given, cache) for given, cache in ((gradients, one), (other_gradients, other))]
    return [slopes[key] for slopes in found]


class Counted:
    """A function of entries, and how many went through it."""

    def __init__(self, function):
        self.function = function
        self.entries = 0

    def __call__(self, *arguments, **named):
        self.entries += max(np.size(argument) for argument in arguments)
        return self.function(*arguments, **named)

    def __getattr__(self, name):
        return getattr(self.function, name)


@contextlib.contextmanager
def counting():
    """The exponential function and its like, counted for a while."""
    places = [(np, name) for name in ("exp", "exp2", "expm1", "tanh", "cosh", "sinh", "logaddexp")]
    places += [(math, name) for name in ("exp", "expm1", "tanh", "cosh", "sinh")]
    counted = [Counted(getattr(module, name)) for module, name in places]
    for (module, name), function in zip(places, counted, strict=True):
        setattr(module, name, function)
    try:
        yield counted
    finally:
        for (module, name), function in zip(places, counted, strict=True):
            setattr(module, name, function.function)


def entries_back(m, name, arguments, gradients):
    """How many entries go through exponential functions on the way back."""
    forward_name, backward_name = names(name)
    *_, cache = getattr(m, forward_name)(*arguments)
    with counting() as counted:
        getattr(m, backward_name)(*gradients, cache)
    return sum(function.entries for function in counted)


# ------------------------------------------------------------------------------------------------ lstm_gates


def bent(x):
    """Stands in for the sigmoid: straight between its two ends."""
    return np.clip(0.25 * x + 0.5, 0.0, 1.0)


def gates(m, which, *arguments):
    """Some of the four results, by their places."""
    found = answer(m, "lstm_gates", *arguments)
    return [found[place] for place in which] if len(found) == 4 else found


def gates_with_another_sigmoid(m, which, *arguments):
    with standing_in(m, sigmoid=bent):
        return attempt(gates, m, which, *arguments)


# ------------------------------------------------------------------------------------------------ lstm_step


def step(m, *arguments):
    h, c = answer(m, "lstm_step", *arguments)
    return {"h": h, "c": c}


def step_with_other_gates(m, gates, *arguments):
    """The same step where lstm_gates answers with these four arrays, and what it was asked."""
    asked = []

    def lstm_gates(x, h, Wx, Wh, b):
        asked.append(copies([x, h, Wx, Wh, b]))
        return tuple(copies(gates))

    with standing_in(m, lstm_gates=lstm_gates):
        found = attempt(step, m, *arguments)
    return {"asked": asked, "answer": found}


def slopes_of_gate(m, arguments, gradients, part):
    """The part of db from the first to the second of two places."""
    first, end = part
    return all_slopes(m, "lstm_step", arguments, gradients)["db"][first:end]


def steps(m, x, h, c, Wx, Wh, b, dh, dc):
    """All steps of a sequence, one cache after the other, and all the way back; the gradients of the first state and memory."""
    caches = []
    for t in range(x.shape[1]):
        h, c, cache = m.lstm_step(x[:, t], h, c, Wx, Wh, b)
        caches.append(cache)
    for cache in reversed(caches):
        gradients = m.lstm_step_backward(dh, dc, cache)
        dh, dc = np.array(gradients["dh"]), np.array(gradients["dc"])
    return {"dh": dh, "dc": dc}


# ------------------------------------------------------------------------------------------------ lstm


def lstm_named(m, x, h0, c0, Wx, Wh, b, lengths):
    h, _ = m.lstm_forward(x=x, h0=h0, c0=c0, Wx=Wx, Wh=Wh, b=b, lengths=lengths)
    return h


def refused_lengths(m, arguments, lengths, valid):
    """A refusal, then the same batch with lengths that it takes."""
    before = copies([*arguments, lengths])
    refused = attempt(m.lstm_forward, *arguments, lengths)
    if isinstance(refused, tuple):
        refused = refused[0]
    changed = differ([*arguments, lengths], before)
    h, _ = m.lstm_forward(*arguments, valid)
    return {"refused": refused, "valid": h, "changed": changed}


# ------------------------------------------------------------------------------------------------ sequence_model


def loss(m, params, x, y):
    with np.errstate(all="ignore"):
        value, _ = m.SequenceModel(params).loss(x, y)
    return value


def loss_slopes(m, params, x, y, keys):
    with np.errstate(all="ignore"):
        _, found = m.SequenceModel(params).loss(x, y)
    return {key: found[key] for key in keys or found}


def untouched_loss(m, params, x, y):
    before = copies([*params.values(), x, y])
    keys = list(params)
    value = loss(m, params, x, y)
    return {"changed": list(params) != keys or differ([*params.values(), x, y], before), "loss": value}


def entries_of_loss(m, params, x, y):
    """How many entries go through exponential functions for a loss and its gradients."""
    model = m.SequenceModel(params)
    with counting() as counted:
        model.loss(x, y)
    return sum(function.entries for function in counted)


def other_forward(x, h0, c0, Wx, Wh, b, lengths=None):
    """Stands in for lstm_forward: sums, and no gates. Its cache is what its backward needs."""
    units = len(Wh)
    sums = np.cumsum(x, axis=1)
    return (h0 + c0)[:, np.newaxis] + sums @ Wx[:, :units] + Wh[0, :units] + b[:units], (sums, x.shape, Wx.shape, Wh.shape)


def other_backward(dh, cache):
    sums, x_shape, Wx_shape, Wh_shape = cache
    units = Wh_shape[0]
    dWx, dWh, db = np.zeros(Wx_shape), np.zeros(Wh_shape), np.zeros(Wx_shape[1])
    dWx[:, :units] = np.einsum("ntd,nth->dh", sums, dh)
    dWh[0, :units] = db[:units] = dh.sum(axis=(0, 1))
    return {"dx": np.zeros(x_shape), "dh0": dh.sum(axis=1), "dc0": dh.sum(axis=1), "dWx": dWx, "dWh": dWh, "db": db}


def with_another_lstm(m, name, *arguments):
    """The answer to another probe where lstm_forward and lstm_backward are these two."""
    with standing_in(m, lstm_forward=other_forward, lstm_backward=other_backward):
        return attempt(globals()[name], m, *arguments)


def other_params(m, params, others, x, y):
    """Losses of one model: with its first parameters, twice; with others in their arrays; with others in the dictionary's places."""
    model = m.SequenceModel(params)
    same = model.params is params
    losses = [model.loss(x, y)[0], model.loss(x, y)[0]]
    for name, array in params.items():
        array += others[name]
    losses.append(model.loss(x, y)[0])
    for name in params:
        params[name] = others[name].copy()
    losses.append(model.loss(x, y)[0])
    return {"same": same, "losses": losses, "still": model.params is params}


def slopes_again(m, params, others, x, y, others_y):
    """The slopes of two models, asked in turns; all that was answered is looked at in the end."""
    one, other = m.SequenceModel(params), m.SequenceModel(others)
    return [one.loss(x, y)[1], other.loss(x, y)[1], one.loss(x, others_y)[1], one.loss(x, y)[1]]


# ------------------------------------------------------------------------------------------------ clip_gradients


def clip(m, grads, max_norm):
    """The norm, and what is then in the very arrays that went in."""
    arrays = dict(grads)
    norm = m.clip_gradients(grads, max_norm)
    return {"norm": norm, "arrays": arrays}


def clipped(m, grads, max_norm):
    """What is then in the dictionary."""
    m.clip_gradients(grads, max_norm)
    return grads


def clipped_in_place(m, grads, max_norm):
    """Whether the dictionary holds the same arrays as before, and what is in them."""
    arrays = dict(grads)
    m.clip_gradients(grads, max_norm)
    return {"kept": list(grads) == list(arrays) and all(grads[name] is array for name, array in arrays.items()), "arrays": arrays}


def norm(m, grads, max_norm):
    return m.clip_gradients(grads, max_norm)


def clipped_again(m, grads, others, max_norm):
    """Three calls; the arrays of all three are looked at in the end."""
    again = {name: array.copy() for name, array in grads.items()}
    given = (grads, others, again)
    return [[m.clip_gradients(each, max_norm) for each in given], list(given)]


# ------------------------------------------------------------------------------------------------ gradient_flow


def a_model(params):
    """Has `params`, and a loss that is of no use."""
    return types.SimpleNamespace(params=params, loss=lambda x, y: (0.0, {}))


def flow(m, params, x, y):
    with np.errstate(all="ignore"):
        return m.gradient_flow(a_model(params), x, y)


def flow_in_proportion(m, params, x, y):
    """The sizes, divided by the last one."""
    found = flow(m, params, x, y)
    return found / found[-1]


def flow_of_params(m, params, x, y):
    """Of something that has `params` and nothing else; and whether something that came in is another afterwards."""
    before = copies([*params.values(), x, y])
    keys = list(params)
    found = m.gradient_flow(types.SimpleNamespace(params=params), x, y)
    return {"changed": list(params) != keys or differ([*params.values(), x, y], before), "flow": found}


def flow_again(m, params, others, x, y):
    one, other = a_model(params), a_model(others)
    return [m.gradient_flow(model, x, y) for model in (one, other, one)]


def entries_of_flow(m, params, x, y):
    with counting() as counted:
        m.gradient_flow(a_model(params), x, y)
    return sum(function.entries for function in counted)


# ------------------------------------------------------------------------------------------------ sample


def samples(m, logits, temperature, us):
    """The choice for each u, of a copy of the logits each."""
    with np.errstate(all="ignore"):
        return [m.sample(logits.copy(), temperature, u) for u in us]


def untouched_samples(m, logits, temperature, us):
    before = logits.copy()
    with np.errstate(all="ignore"):
        found = [m.sample(logits, temperature, u) for u in us]
    return {"changed": differ([logits], [before]), "samples": found}


def refused_temperature(m, logits, temperature, valid, u):
    """A refusal, then a valid use."""
    refused = attempt(m.sample, logits, temperature, u)
    return {"refused": refused, "valid": m.sample(logits=logits.copy(), temperature=valid, u=u)}
