"""Questions about `lstm`. All that a submission ever sees of its hidden tests.

Some exercises stand on functions of earlier ones. Where a function of its own kind can stand in for the earlier one, the question is put
twice, with the stand-in and without, so that a mistake in the earlier exercise costs nothing in the later.
"""

import contextlib
import types

import numpy as np


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


# ------------------------------------------------------------------------------------------------ sigmoid


def sigmoid(m, x):
    before = np.array(x)
    with np.errstate(all="ignore"):
        answer = m.sigmoid(x)
    return {"changed": differ([x], [before]), "answer": answer}


# ------------------------------------------------------------------------------------------------ steps


def forward(m, name, arguments):
    """What a function makes of these arrays; the cache, which comes last, is left out."""
    before = copies(arguments)
    *answers, _ = getattr(m, name)(*arguments)
    return {"changed": differ(arguments, before), "answers": answers}


def backward(m, name, arguments, gradients):
    """The gradients of a function with the name `name`_step or `name`_forward."""
    forward_name, backward_name = names(name)
    *_, cache = getattr(m, forward_name)(*arguments)
    before = copies(arguments), copies(gradients)
    found = getattr(m, backward_name)(*gradients, cache)
    return {"changed": differ(arguments, before[0]) or differ(gradients, before[1]), "gradients": found}


def names(name):
    """The functions of "rnn_step", "lstm_step", "rnn" and "lstm"."""
    return (name, f"{name}_backward") if name.endswith("_step") else (f"{name}_forward", f"{name}_backward")


def two_caches(m, name, first, second, gradients):
    """Two calls forward, and only then the two backward, the first one first."""
    forward_name, backward_name = names(name)
    *_, one = getattr(m, forward_name)(*first)
    *_, other = getattr(m, forward_name)(*second)
    return [getattr(m, backward_name)(*gradients, cache) for cache in (one, other)]


# ------------------------------------------------------------------------------------------------ lstm_gates


def bent(x):
    """Stands in for the sigmoid: straight between its two ends."""
    return np.clip(0.25 * x + 0.5, 0.0, 1.0)


def gates(m, *arguments):
    before = copies(arguments)
    with np.errstate(all="ignore"):
        answers = m.lstm_gates(*arguments)
    return {"changed": differ(arguments, before), "answers": list(answers)}


def gates_with_another_sigmoid(m, *arguments):
    with standing_in(m, sigmoid=bent):
        return attempt(gates, m, *arguments)


# ------------------------------------------------------------------------------------------------ lstm_step


def step(m, *arguments):
    before = copies(arguments)
    with np.errstate(all="ignore"):
        h, c, _ = m.lstm_step(*arguments)
    return {"changed": differ(arguments, before), "h": h, "c": c}


def step_with_other_gates(m, gates, *arguments):
    """The same step where lstm_gates answers with these four arrays, and what it was asked."""
    asked = []

    def lstm_gates(x, h, Wx, Wh, b):
        asked.append(copies([x, h, Wx, Wh, b]))
        return tuple(copies(gates))

    with standing_in(m, lstm_gates=lstm_gates):
        answer = attempt(step, m, *arguments)
    return {"asked": asked, "answer": answer}


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
    before = copies([*params.values(), x, y])
    keys = list(params)
    with np.errstate(all="ignore"):
        value, gradients = m.SequenceModel(params).loss(x, y)
    return {"changed": list(params) != keys or differ([*params.values(), x, y], before), "loss": value, "gradients": gradients}


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
    value, gradients = model.loss(x, y)
    return {"same": same, "losses": [*losses, value], "gradients": gradients, "still": model.params is params}


def two_models(m, params, others, x, y):
    """Two models side by side, asked in turns."""
    one, other = m.SequenceModel(params), m.SequenceModel(others)
    return [one.loss(x, y)[0], other.loss(x, y)[0], one.loss(x, y)[0]]


# ------------------------------------------------------------------------------------------------ clip_gradients


def clipped(m, grads, max_norm):
    """The norm, and what is then in the very arrays that went in."""
    arrays = dict(grads)
    norm = m.clip_gradients(grads, max_norm)
    kept = list(grads) == list(arrays) and all(grads[name] is array for name, array in arrays.items())
    return {"norm": norm, "arrays": arrays, "kept": kept}


# ------------------------------------------------------------------------------------------------ gradient_flow


def flow(m, params, x, y):
    """Of something that has `params` and nothing else."""
    before = copies([*params.values(), x, y])
    keys = list(params)
    answer = m.gradient_flow(types.SimpleNamespace(params=params), x, y)
    return {"changed": list(params) != keys or differ([*params.values(), x, y], before), "flow": answer}


# ------------------------------------------------------------------------------------------------ sample


def samples(m, logits, temperature, us):
    """The choice for each u."""
    before = logits.copy()
    with np.errstate(all="ignore"):
        found = [m.sample(logits, temperature, u) for u in us]
    return {"changed": differ([logits], [before]), "samples": found}


def refused_temperature(m, logits, temperature, valid, u):
    """A refusal, then a valid use."""
    before = logits.copy()
    refused = attempt(m.sample, logits, temperature, u)
    return {"refused": refused, "valid": m.sample(logits=logits, temperature=valid, u=u), "changed": differ([logits], [before])}
