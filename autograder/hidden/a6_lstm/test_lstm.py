"""Judgements about `lstm`. Never leaves the trusted process."""

import numpy as np
import pytest

from autograder.testing import exercise, raised, same_as

from . import lstm_probes as probes

GRADIENT = 1e-7

STEPS = [(3, 4, 5), (2, 5, 3), (1, 3, 2), (4, 1, 3), (5, 2, 1), (1, 1, 1)]
"""Sequences of a batch, inputs, units."""

SEQUENCES = [(3, 4, 2, 5), (2, 6, 5, 3), (1, 3, 4, 2), (4, 2, 1, 3), (5, 3, 2, 1), (2, 1, 3, 4), (1, 1, 1, 1)]
"""Sequences of a batch, steps, inputs, units."""


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def weights(seed, d, h, gates):
    """Wx, Wh and b of an RNN (gates = 1) or an LSTM (gates = 4)."""
    return [0.8 * normal(seed + place, *shape) for place, shape in enumerate([(d, gates * h), (h, gates * h), (gates * h,)])]


def rnn_step(n, d, h, seed=0):
    """x, h, Wx, Wh, b."""
    return [normal(seed + n, n, d), normal(seed + n + 1, n, h), *weights(seed + n + 2, d, h, 1)]


def lstm_step(n, d, h, seed=0):
    """x, h, c, Wx, Wh, b."""
    return [normal(seed + n, n, d), normal(seed + n + 1, n, h), normal(seed + n + 9, n, h), *weights(seed + n + 2, d, h, 4)]


def rnn(n, t, d, h, seed=0):
    """x, h0, Wx, Wh, b."""
    return [normal(seed + t, n, t, d), *rnn_step(n, d, h, seed)[1:]]


def lstm(n, t, d, h, seed=0):
    """x, h0, c0, Wx, Wh, b."""
    return [normal(seed + t, n, t, d), *lstm_step(n, d, h, seed)[1:]]


def sigmoid(x):
    return np.exp(-np.logaddexp(0.0, -x))


# ------------------------------------------------------------------------------------------------ sigmoid


@exercise("sigmoid", weight=2)
@pytest.mark.parametrize("shape", [(7,), (3, 4), (2, 1, 5), (1,), (1, 1)])
def test_sigmoid_of_any_shape(ask, shape):
    """The sigmoid is taken of each entry, in arrays of any shape, and the array that came in stays as it was."""
    ask.same(probes.sigmoid, 3.0 * normal(len(shape), *shape))


@exercise("sigmoid")
def test_sigmoid_of_a_number(ask):
    """A number gives a number, whether it comes as a float or as an array without axes."""
    for x in (0.75, -2.5, 0.0):
        ask.same(probes.sigmoid, x)
        ask.same(probes.sigmoid, np.array(x))


@exercise("sigmoid")
def test_sigmoid_of_negative_numbers(ask):
    """Down to -30 the sigmoid is right to nine digits."""
    ask.same(probes.sigmoid, np.linspace(-30.0, 5.0, 36), atol=0.0)


@exercise("sigmoid")
def test_sigmoid_of_large_numbers(ask):
    """The sigmoid of 1000 is 1 and that of -1000 is 0: nothing overflows into a nan."""
    for x, wanted in (
        (np.array([1000.0, -1000.0, 745.0, 0.0, -745.0, 1e6, -1e6]), np.array([1.0, 0.0, 1.0, 0.5, 0.0, 1.0, 0.0])),
        (np.array([[40.0, -40.0], [2.0, -300.0]]), np.array([[1.0, 0.0], [0.880797077977882444, 0.0]])),
    ):
        assert ask(probes.sigmoid, x) == same_as({"changed": False, "answer": wanted}, atol=1e-15)


# ------------------------------------------------------------------------------------------------ rnn_step


@exercise("rnn_step", weight=3)
@pytest.mark.parametrize(("n", "d", "h"), STEPS)
def test_next_state(ask, n, d, h):
    """The next state is the tanh of x times Wx, plus h times Wh, plus b; what comes in stays as it was."""
    ask.same(probes.forward, "rnn_step", rnn_step(n, d, h))


@exercise("rnn_step")
def test_saturated_state(ask):
    """Far from 0 the state is 1 or -1, and never nan."""
    x, h, Wx, Wh, _ = rnn_step(2, 3, 4)
    answer = ask(probes.forward, "rnn_step", [x, h, Wx, Wh, np.array([1000.0, -1000.0, 500.0, -2000.0])])
    assert answer == same_as({"changed": False, "answers": [np.array([[1.0, -1.0, 1.0, -1.0]] * 2)]})


# ------------------------------------------------------------------------------------------------ rnn_step_backward


@exercise("rnn_step_backward", weight=3)
@pytest.mark.parametrize(("n", "d", "h"), STEPS)
def test_gradients_of_a_step(ask, n, d, h):
    """All five slopes of one step are those of the derivation, in the shapes of x, h, Wx, Wh and b; dh stays as it was."""
    ask.same(probes.backward, "rnn_step", rnn_step(n, d, h), [normal(n + 9, n, h)], rtol=GRADIENT)


@exercise("rnn_step_backward")
def test_batch_is_summed(ask):
    """A batch that holds one example twice gives twice the slopes of the weights and of b: they are sums over the batch."""
    one, two = (
        ask(probes.backward, "rnn_step", [np.repeat(x, n, axis=0), np.repeat(h, n, axis=0), *given], [np.ones((n, 4))])["gradients"]
        for x, h, *given in [rnn_step(1, 3, 4)]
        for n in (1, 2)
    )
    ask.same(probes.backward, "rnn_step", rnn_step(1, 3, 4), [np.ones((1, 4))], rtol=GRADIENT)
    for name in ("dWx", "dWh", "db"):
        assert two[name] == same_as(2.0 * one[name], rtol=GRADIENT)


@exercise("rnn_step_backward")
def test_caches_of_two_steps(ask):
    """Each cache belongs to its own step: two steps may be computed first, and gone back through afterwards."""
    ask.same(probes.two_caches, "rnn_step", rnn_step(2, 3, 4), rnn_step(2, 3, 4, seed=5), [normal(1, 2, 4)], rtol=GRADIENT)


# ------------------------------------------------------------------------------------------------ rnn


@exercise("rnn", weight=3)
@pytest.mark.parametrize(("n", "t", "d", "h"), SEQUENCES)
def test_states_of_a_sequence(ask, n, t, d, h):
    """The states of all steps are given, each made from the one before it, the first from h0; what comes in stays as it was."""
    ask.same(probes.forward, "rnn_forward", rnn(n, t, d, h))


@exercise("rnn", weight=3)
@pytest.mark.parametrize(("n", "t", "d", "h"), SEQUENCES)
def test_gradients_through_time(ask, n, t, d, h):
    """With a slope in every state, those of x, h0, Wx, Wh and b collect every path; dh stays as it was."""
    ask.same(probes.backward, "rnn", rnn(n, t, d, h), [normal(n + 9, n, t, h)], rtol=GRADIENT)


@exercise("rnn")
@pytest.mark.parametrize("step", [0, 2, 4])
def test_gradient_at_one_step(ask, step):
    """A slope in one state alone reaches all steps up to it, and none after it."""
    dh = np.zeros((2, 5, 4))
    dh[:, step] = normal(step, 2, 4)
    ask.same(probes.backward, "rnn", rnn(2, 5, 3, 4), [dh], rtol=GRADIENT)


@exercise("rnn")
def test_caches_of_two_sequences(ask):
    """Each cache belongs to its own call: two calls forward may come before the two backward."""
    ask.same(probes.two_caches, "rnn", rnn(2, 3, 5, 4), rnn(2, 3, 5, 4, seed=5), [normal(1, 2, 3, 4)], rtol=GRADIENT)


# ------------------------------------------------------------------------------------------------ lstm_gates


def judge_gates(ask, x, h, Wx, Wh, b):
    """The gates are right: with another function in the place of `sigmoid`, or else as they are."""
    i, f, g, o = np.split(x @ Wx + h @ Wh + b, 4, axis=1)
    by_other = {"changed": False, "answers": [probes.bent(i), probes.bent(f), np.tanh(g), probes.bent(o)]}
    if ask(probes.gates_with_another_sigmoid, x, h, Wx, Wh, b) != same_as(by_other):
        ask.same(probes.gates, x, h, Wx, Wh, b)


@exercise("lstm_gates", weight=3)
@pytest.mark.parametrize(("n", "d", "h"), STEPS)
def test_gates(ask, n, d, h):
    """Four arrays [N, H]: i, f and o through the sigmoid, g through tanh, of x times Wx, plus h times Wh, plus b."""
    x, state, _, *given = lstm_step(n, d, h)
    judge_gates(ask, x, state, *given)


@exercise("lstm_gates", weight=2)
@pytest.mark.parametrize("units", [3, 1])
def test_order_of_gates(ask, units):
    """The blocks of columns belong to i, f, g and o, in this order, and so do the four results."""
    x, h = np.zeros((2, 5)), np.zeros((2, units))
    blocks = np.repeat([-1.5, 0.5, 1.25, 3.0], units) + np.tile(0.1 * np.arange(units), 4)
    judge_gates(ask, x, h, np.zeros((5, 4 * units)), np.zeros((units, 4 * units)), blocks)


@exercise("lstm_gates")
def test_saturated_gates(ask):
    """Far from 0 a gate is fully open or fully closed, and never nan."""
    x, h, _, *given = lstm_step(2, 3, 2)
    judge_gates(ask, x, h, *given[:2], np.array([1000.0, -1000.0, -900.0, 800.0, 1000.0, -1000.0, -750.0, 1e5]))


# ------------------------------------------------------------------------------------------------ lstm_step


def judge_step(ask, gates, *arguments):
    """The step is right: where `lstm_gates` answers with these gates, or else as it is."""
    i, f, g, o = gates
    x, h, c, *given = arguments
    memory = f * c + i * g
    by_other = {"asked": [[x, h, *given]], "answer": {"changed": False, "h": o * np.tanh(memory), "c": memory}}
    if ask(probes.step_with_other_gates, gates, *arguments) != same_as(by_other):
        ask.same(probes.step, *arguments)


@exercise("lstm_step", weight=3)
@pytest.mark.parametrize(("n", "d", "h"), STEPS)
def test_next_memory_and_state(ask, n, d, h):
    """The new cell state is f c + i g, the new hidden state o times its tanh; they come as h, c, cache, what came in stays as it was."""
    judge_step(ask, list(normal(n + 20, 4, n, h)), *lstm_step(n, d, h))


@exercise("lstm_step")
def test_open_forget_gate_keeps(ask):
    """With f = 1 and i = 0 the cell state stays what it was, whatever comes in."""
    x, h, c, Wx, Wh, _ = lstm_step(3, 2, 4)
    zeros, ones = np.zeros((3, 4)), np.ones((3, 4))
    judge_step(ask, [zeros, ones, normal(1, 3, 4), 0.5 * ones], x, h, c, Wx, Wh, np.repeat([-1000.0, 1000.0, 0.3, 0.0], 4))


@exercise("lstm_step")
def test_closed_output_gate_hides(ask):
    """With o = 0 the hidden state is 0, while the cell state changes as ever."""
    x, h, c, Wx, Wh, _ = lstm_step(2, 5, 3)
    zeros, half = np.zeros((2, 3)), np.full((2, 3), 0.5)
    judge_step(ask, [half, half, normal(1, 2, 3), zeros], x, h, c, Wx, Wh, np.repeat([0.2, -0.4, 0.3, -1000.0], 3))


# ------------------------------------------------------------------------------------------------ lstm_step_backward


@exercise("lstm_step_backward", weight=3)
@pytest.mark.parametrize(("n", "d", "h"), STEPS)
def test_gradients_of_a_gated_step(ask, n, d, h):
    """All six slopes of one step are those of the derivation, in the shapes of what they belong to; dh and dc stay as they were."""
    ask.same(probes.backward, "lstm_step", lstm_step(n, d, h), [normal(n + 7, n, h), normal(n + 8, n, h)], rtol=GRADIENT)


@exercise("lstm_step_backward")
def test_gradient_from_the_state_alone(ask):
    """With dc = 0 what arrives at the hidden state still reaches the cell state, through its tanh, and the gates."""
    ask.same(probes.backward, "lstm_step", lstm_step(3, 2, 4), [normal(1, 3, 4), np.zeros((3, 4))], rtol=GRADIENT)


@exercise("lstm_step_backward")
def test_gradient_from_the_memory_alone(ask):
    """With dh = 0 what arrives at the cell state goes on to the cell state before it, and to the gates."""
    ask.same(probes.backward, "lstm_step", lstm_step(2, 5, 3), [np.zeros((2, 3)), normal(1, 2, 3)], rtol=GRADIENT)


@exercise("lstm_step_backward")
def test_memory_gradient_is_the_product_of_forget_gates(ask):
    """With Wh = 0 the slope in the last cell state, taken back to the first, is multiplied by every forget gate on the way."""
    x, h, c, Wx, Wh, b = lstm(2, 5, 3, 4)
    kept = np.prod(sigmoid(x @ Wx + b)[:, :, 4:8], axis=1)
    answer = ask(probes.steps, x, h, c, Wx, np.zeros_like(Wh), b, np.zeros((2, 4)), np.ones((2, 4)))
    assert answer == same_as({"dh": np.zeros((2, 4)), "dc": kept}, rtol=GRADIENT)


@exercise("lstm_step_backward")
def test_caches_of_two_gated_steps(ask):
    """Each cache belongs to its own step: two steps may be computed first, and gone back through afterwards."""
    gradients = [normal(1, 2, 4), normal(2, 2, 4)]
    ask.same(probes.two_caches, "lstm_step", lstm_step(2, 3, 4), lstm_step(2, 3, 4, seed=5), gradients, rtol=GRADIENT)


# ------------------------------------------------------------------------------------------------ lstm


@exercise("lstm", weight=2)
@pytest.mark.parametrize(("n", "t", "d", "h"), SEQUENCES)
def test_states_of_a_gated_sequence(ask, n, t, d, h):
    """Without lengths the hidden states of all steps are given, each made from both states before it; what comes in stays as it was."""
    ask.same(probes.forward, "lstm_forward", lstm(n, t, d, h))


@exercise("lstm", weight=3)
@pytest.mark.parametrize(("n", "t", "d", "h"), SEQUENCES)
def test_gradients_through_gated_time(ask, n, t, d, h):
    """With a slope in every hidden state, those of x, h0, c0, Wx, Wh and b collect every path; dh stays as it was."""
    ask.same(probes.backward, "lstm", lstm(n, t, d, h), [normal(n + 9, n, t, h)], rtol=GRADIENT)


PADDED = [((3, 4, 2, 5), [2, 4, 1]), ((4, 5, 3, 2), [5, 3, 3, 1]), ((2, 3, 4, 1), [1, 2]), ((1, 6, 2, 3), [4]), ((2, 3, 1, 4), [3, 3])]
"""Sizes of a batch, and the length of each of its sequences."""


def padded(sizes, lengths):
    """Arguments of lstm_forward, with numbers that matter to nobody after each sequence's end; which steps those are."""
    x, *given = lstm(*sizes)
    after = np.arange(sizes[1]) >= np.array(lengths)[:, np.newaxis]
    x[after] *= 100.0
    return [x, *given, np.array(lengths)], after


@exercise("lstm", weight=2)
@pytest.mark.parametrize(("sizes", "lengths"), PADDED)
def test_states_of_padded_sequences(ask, sizes, lengths):
    """Each example has its states up to its length, as if it were alone, and 0 from there on, whatever the padding holds."""
    ask.same(probes.forward, "lstm_forward", padded(sizes, lengths)[0])


@exercise("lstm", weight=2)
@pytest.mark.parametrize(("sizes", "lengths"), PADDED)
def test_gradients_of_padded_sequences(ask, sizes, lengths):
    """What dh holds from an example's length on is ignored and dx is 0 there; all other slopes are those of the examples alone."""
    n, t, _, h = sizes
    arguments, after = padded(sizes, lengths)
    dh = normal(n + 9, n, t, h)
    dh[after] *= 100.0
    ask.same(probes.backward, "lstm", arguments, [dh], rtol=GRADIENT)


@exercise("lstm")
def test_lengths_that_cannot_be(ask):
    """A length below 1 or above the number of steps raises ValueError; 1 and the number of steps do not."""
    arguments = lstm(3, 4, 2, 5)
    for lengths in ([4, 0, 2], [1, 2, 5], [-1, 3, 3], [4, 4, 9]):
        answer = ask(probes.refused_lengths, arguments, np.array(lengths), np.array([1, 4, 3]))
        assert answer["refused"] == raised(ValueError)
        assert answer["changed"] is False
    ask.same(probes.refused_lengths, arguments, np.array([4, 5, 1]), np.array([1, 4, 3]))


@exercise("lstm")
def test_caches_of_two_gated_sequences(ask):
    """Each cache belongs to its own call and lengths: two calls forward may come before the two backward."""
    first, second = [*lstm(2, 3, 5, 4), np.array([3, 1])], [*lstm(2, 3, 5, 4, seed=5), np.array([2, 3])]
    ask.same(probes.two_caches, "lstm", first, second, [normal(1, 2, 3, 4)], rtol=GRADIENT)


# ------------------------------------------------------------------------------------------------ sequence_model


def parameters(seed, d, h, k):
    Wx, Wh, b = weights(seed, d, h, 4)
    return {"Wx": Wx, "Wh": Wh, "b": b, "Wy": normal(seed + 5, h, k), "by": normal(seed + 6, k)}


def by_another_lstm(params, x, y):
    """Loss and gradients where the LSTM is the one that `probes.with_another_lstm` puts in its place."""
    zeros = np.zeros((len(x), len(params["Wh"])))
    states, cache = probes.other_forward(x, zeros, zeros, params["Wx"], params["Wh"], params["b"])
    logits = states[:, -1] @ params["Wy"] + params["by"]
    logs = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    d_logits = (np.exp(logs) - np.eye(len(params["by"]))[y]) / len(x)
    dh = np.zeros(states.shape)
    dh[:, -1] = d_logits @ params["Wy"].T
    found = probes.other_backward(dh, cache)
    gradients = {name: found[f"d{name}"] for name in ("Wx", "Wh", "b")} | {"Wy": states[:, -1].T @ d_logits, "by": d_logits.sum(axis=0)}
    return float(-logs[np.arange(len(x)), y].mean()), gradients


def up_and_down():
    """Parameters and two sequences, with logits near 1000 for the one and below -500 for the other."""
    Wh, Wy = 0.1 * normal(1, 4, 16), 250.0 + normal(3, 4, 3)
    params = {"Wx": np.ones((1, 16)), "Wh": Wh, "b": np.repeat([2.0, 2.0, 0.0, 2.0], 4), "Wy": Wy, "by": np.zeros(3)}
    return params, np.repeat([[[1.0]], [[-1.0]]], 3, axis=1)


def judge_loss(ask, params, x, y):
    """Loss and gradients are right: with another LSTM in the place of lstm_forward and lstm_backward, or else as they are."""
    loss, gradients = by_another_lstm(params, x, y)
    by_other = same_as({"changed": False, "loss": loss, "gradients": gradients}, rtol=GRADIENT)
    if ask(probes.with_another_lstm, "loss", params, x, y) != by_other:
        ask.same(probes.loss, params, x, y, rtol=GRADIENT)


@exercise("sequence_model", weight=3)
@pytest.mark.parametrize(
    ("n", "t", "d", "h", "k"), [(3, 4, 2, 5, 6), (2, 3, 5, 4, 7), (5, 2, 3, 1, 4), (1, 5, 1, 2, 3), (4, 1, 2, 3, 2), (2, 3, 4, 5, 1)]
)
def test_loss_and_gradients(ask, n, t, d, h, k):
    """The loss is the mean cross-entropy of the last state's logits; the slopes have the keys and shapes of the parameters."""
    y = np.random.default_rng(n).integers(k, size=n)
    judge_loss(ask, parameters(n, d, h, k), normal(t, n, t, d), y)


@exercise("sequence_model")
@pytest.mark.parametrize(("n", "k"), [(3, 5), (1, 4), (5, 2)])
def test_loss_of_a_model_that_knows_nothing(ask, n, k):
    """With Wy = 0 and by = 0 the loss is log K, whatever was read."""
    params = parameters(n, 2, 3, k) | {"Wy": np.zeros((3, k)), "by": np.zeros(k)}
    judge_loss(ask, params, normal(1, n, 4, 2), np.arange(n) % k)


@exercise("sequence_model")
def test_loss_of_large_logits(ask):
    """With logits of a thousand, of either sign, loss and slopes are finite and right."""
    for y in ([0, 1, 2], [2, 2, 1], [1, 0, 0]):
        judge_loss(ask, parameters(1, 2, 4, 3) | {"by": np.array([1000.0, -1000.0, 999.0])}, normal(2, 3, 5, 2), np.array(y))
    judge_loss(ask, *up_and_down(), np.array([2, 0]))


@exercise("sequence_model")
def test_parameters_are_the_dictionary(ask):
    """`params` is the dictionary itself: each call uses what it holds then, and gives the slopes of this call alone."""
    x, y = normal(3, 3, 4, 2), np.array([1, 0, 3])
    first, others = parameters(1, 2, 5, 4), parameters(20, 2, 5, 4)
    sums = {name: first[name] + others[name] for name in first}
    losses = [by_another_lstm(params, x, y)[0] for params in (first, first, sums, others)]
    by_other = {"same": True, "losses": losses, "gradients": by_another_lstm(others, x, y)[1], "still": True}
    if ask(probes.with_another_lstm, "other_params", first, others, x, y) != same_as(by_other, rtol=GRADIENT):
        ask.same(probes.other_params, first, others, x, y, rtol=GRADIENT)


# ------------------------------------------------------------------------------------------------ clip_gradients


def gradients(seed, scale):
    return {
        name: scale * normal(seed + place, *shape) for place, (name, shape) in enumerate({"Wx": (2, 12), "b": (12,), "Wy": (3, 1)}.items())
    }


@exercise("clip_gradients", weight=2)
@pytest.mark.parametrize(("seed", "max_norm"), [(1, 1.0), (2, 0.01), (3, 4.5)])
def test_clipping(ask, seed, max_norm):
    """Above max_norm every array is multiplied, in place, by max_norm over the norm of all numbers together, which is returned."""
    ask.same(probes.clipped, gradients(seed, 3.0), max_norm)
    ask.same(probes.clipped, {"alone": normal(seed, 4, 3, 2) * 9.0}, max_norm)


@exercise("clip_gradients")
def test_norm_before(ask):
    """Of 3 and 4 in two arrays the norm is 5, whatever max_norm is."""
    for max_norm, kept in ((1.0, 0.2), (2.5, 0.5), (5.0, 1.0), (7.0, 1.0)):
        answer = ask(probes.clipped, {"a": np.array([[3.0, 0.0]]), "b": np.array([-4.0])}, max_norm)
        assert answer == same_as({"norm": 5.0, "arrays": {"a": np.array([[3.0 * kept, 0.0]]), "b": np.array([-4.0 * kept])}, "kept": True})


@exercise("clip_gradients")
def test_small_gradients_stay(ask):
    """At most max_norm, gradients stay as they are: they are never made longer, and zeros stay zeros."""
    for scale, max_norm in ((0.01, 1.0), (1.0, 1000.0), (0.0, 0.5)):
        ask.same(probes.clipped, gradients(4, scale), max_norm)


# ------------------------------------------------------------------------------------------------ gradient_flow


@exercise("gradient_flow", weight=3)
@pytest.mark.parametrize(("n", "t", "d", "h", "k"), [(3, 6, 2, 5, 4), (1, 4, 3, 2, 5), (4, 2, 1, 3, 2), (2, 1, 4, 3, 6), (2, 5, 3, 1, 3)])
def test_flow(ask, n, t, d, h, k):
    """For each step one size, over all examples and units, of the slope of the loss in its state, by every path through later steps."""
    y = np.random.default_rng(n).integers(k, size=n)
    ask.same(probes.flow, parameters(n, d, h, k), normal(t, n, t, d), y, rtol=GRADIENT)


@exercise("gradient_flow")
def test_flow_stops_without_recurrence(ask):
    """With Wh = 0 no state reaches a later step, and every size but the last is 0."""
    params = parameters(2, 3, 4, 5)
    params["Wh"] = np.zeros((4, 16))
    x, y = normal(4, 2, 5, 3), np.array([4, 1])
    answer = ask(probes.flow, params, x, y)
    assert same_as(np.zeros(4)) == np.asarray(answer["flow"])[:4]
    ask.same(probes.flow, params, x, y, rtol=GRADIENT)


@exercise("gradient_flow")
def test_flow_of_large_logits(ask):
    """With logits of a thousand, of either sign, the sizes are finite and right."""
    for y in ([2, 0], [1, 1], [0, 2]):
        ask.same(probes.flow, *up_and_down(), np.array(y), rtol=GRADIENT)


@exercise("gradient_flow")
@pytest.mark.parametrize("bias", [0.0, 3.0])
def test_flow_over_many_steps(ask, bias):
    """Over twenty steps the bias of the forget gate decides how much is left of the slope."""
    params = parameters(3, 2, 4, 3)
    params["Wh"] *= 0.3
    params["b"][4:8] = bias
    ask.same(probes.flow, params, normal(5, 2, 20, 2), np.array([0, 2]), rtol=GRADIENT, atol=1e-16)


# ------------------------------------------------------------------------------------------------ sample


def numbers_between(logits, temperature):
    """Numbers u well inside each choice's share, and near its ends."""
    scores = np.asarray(logits) / temperature
    cdf = np.cumsum(np.exp(scores - np.logaddexp.reduce(scores)))
    ends = np.concatenate([[0.0], cdf[:-1], [1.0]])
    middles = (ends[1:] + ends[:-1])[np.diff(ends) > 1e-5] / 2
    found = np.concatenate([middles, ends[1:] - 1e-6, ends[:-1] + 1e-6])
    return [float(u) for u in found if 0 <= u < 1 and np.abs(cdf - u).min() > 1e-8]


@exercise("sample", weight=3)
@pytest.mark.parametrize(("size", "temperature"), [(5, 1.0), (7, 0.5), (3, 2.0), (6, 0.2), (4, 10.0), (2, 1.0), (1, 0.7)])
def test_inverse_cdf(ask, size, temperature):
    """The smallest k for which the probabilities up to k, of logits over temperature, sum to more than u; the logits stay as they were."""
    logits = 1.5 * normal(size, size)
    ask.same(probes.samples, logits, temperature, numbers_between(logits, temperature), dtype=True)


@exercise("sample")
def test_on_the_border(ask):
    """A running sum that equals u is not above it: u = 0.5 takes the second of two equal logits."""
    for logits, us, wanted in (
        ([2.0, 2.0], [0.0, 0.25, 0.5, 0.75], [0, 0, 1, 1]),
        ([0.0, 0.0, 0.0, 0.0], [0.0, 0.25, 0.5, 0.75], [0, 1, 2, 3]),
        ([-1000.0, 0.0, -2000.0], [0.0, 0.5], [1, 1]),
    ):
        assert ask(probes.samples, np.array(logits), 1.0, us) == same_as({"changed": False, "samples": wanted}, dtype=True)


@exercise("sample")
def test_at_most_the_last(ask):
    """The answer is never more than V - 1, however near u is to 1, even if rounding leaves the sum of all probabilities below it."""
    for size in range(40, 52):
        logits = np.append(normal(size, size), 5.0)
        answer = ask(probes.samples, logits, 1.0, [1.0 - 2.0**-53, 1.0 - 2.0**-50])
        assert answer == same_as({"changed": False, "samples": [size, size]}, dtype=True)


@exercise("sample")
def test_temperature_zero(ask):
    """Temperature 0 takes the largest logit, the first of several, whatever u is; a low temperature comes near that."""
    for logits, wanted in (([1.0, 3.0, 3.0, 2.0], 1), ([-2.0, -5.0], 0), ([0.5], 0), ([0.0, 900.0, -900.0, 1000.0], 3)):
        answer = ask(probes.samples, np.array(logits), 0.0, [0.0, 0.4, 0.999])
        assert answer == same_as({"changed": False, "samples": [wanted] * 3}, dtype=True)
    for temperature in (0.01, 1e-9, 1e-300):
        answer = ask(probes.samples, np.array([1.0, 2.5, 4.0, 3.5]), temperature, [0.001, 0.3, 0.999])
        assert answer == same_as({"changed": False, "samples": [2, 2, 2]}, dtype=True)


@exercise("sample")
def test_large_logits(ask):
    """Logits of a thousand, of either sign, give the same choices as the logits less their maximum."""
    for shift in (1000.0, -1000.0):
        logits = normal(4, 5) + shift
        ask.same(probes.samples, logits, 1.0, numbers_between(logits - shift, 1.0), dtype=True)


@exercise("sample")
def test_negative_temperature(ask):
    """A negative temperature raises ValueError; 0 and a positive one do not."""
    for temperature, valid in ((-1.0, 1.0), (-0.01, 0.0), (-5.0, 0.3)):
        answer = ask(probes.refused_temperature, np.array([0.3, 0.1, 2.5]), temperature, valid, 0.9)
        assert answer == same_as({"refused": raised(ValueError), "valid": 2, "changed": False}, dtype=True)
