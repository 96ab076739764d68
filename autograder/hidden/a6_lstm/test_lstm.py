"""Judgements about `lstm`. Never leaves the trusted process."""

import numpy as np
import pytest

from autograder.testing import exercise, raised, rng, same_as

from . import lstm_probes as probes

GRADIENT = 1e-7

ROUGHLY = {"rtol": 0.2, "atol": 0.2}
"""For promises that are not about numbers: these are asked for elsewhere."""

FORWARD_PASSES = 20
"""A backward pass takes the work of fewer; one that measures slopes takes one or two for each number."""


def sizes(count, *key):
    """Sizes above 1, each another."""
    return [int(size) for size in rng("sizes", *key).permutation(np.arange(2, 3 + max(count, 3)))[:count]]


def ones_among(count, *key):
    """Sizes, each another, but for one or two that are 1."""
    found = sizes(count, *key)
    for place in rng("ones", *key).permutation(count)[:2]:
        found[place] = 1
    return found


def weights(draw, d, h, gates):
    """Wx, Wh and b of an RNN (gates = 1) or an LSTM (gates = 4)."""
    return [0.8 * draw.normal(size=shape) for shape in [(d, gates * h), (h, gates * h), (gates * h,)]]


def rnn_step(draw, n, d, h):
    """x, h, Wx, Wh, b."""
    return [draw.normal(size=(n, d)), draw.normal(size=(n, h)), *weights(draw, d, h, 1)]


def lstm_step(draw, n, d, h):
    """x, h, c, Wx, Wh, b."""
    return [draw.normal(size=(n, d)), draw.normal(size=(n, h)), draw.normal(size=(n, h)), *weights(draw, d, h, 4)]


def rnn(draw, n, t, d, h):
    """x, h0, Wx, Wh, b."""
    return [draw.normal(size=(n, t, d)), draw.normal(size=(n, h)), *weights(draw, d, h, 1)]


def lstm(draw, n, t, d, h):
    """x, h0, c0, Wx, Wh, b."""
    return [draw.normal(size=(n, t, d)), draw.normal(size=(n, h)), draw.normal(size=(n, h)), *weights(draw, d, h, 4)]


def sigmoid(x):
    return np.exp(-np.logaddexp(0.0, -x))


def far_out(draw, *blocks):
    """A bias with which units are nearly full on, of either sign where a block says so: (units, least, most, signed)."""
    found = []
    for units, least, most, signed in blocks:
        found.append(draw.uniform(least, most, size=units) * (draw.choice([-1.0, 1.0], size=units) if signed else 1.0))
    return np.concatenate(found)


cases = pytest.mark.parametrize("case", [0, 1, 2])


# ------------------------------------------------------------------------------------------------ sigmoid


@exercise("sigmoid", weight=3)
@cases
def test_sigmoid(ask, case):
    """The sigmoid is taken of each entry."""
    draw = rng("sigmoid", case)
    ask.same(probes.answer, "sigmoid", 3.0 * draw.normal(size=draw.integers(5, 12)))


@exercise("sigmoid", weight=2)
@cases
def test_sigmoid_of_positive_numbers(ask, case):
    """Of a positive number the sigmoid is above one half."""
    draw = rng("positive", case)
    ask.same(probes.answer, "sigmoid", draw.uniform(0.1, 8.0, size=draw.integers(5, 12)))


@exercise("sigmoid", weight=2)
@pytest.mark.parametrize("axes", [2, 3, 4])
def test_sigmoid_of_any_shape(ask, axes):
    """The result has the shape of what came in, with as many axes."""
    shape = ones_among(axes, "sigmoid") if axes > 2 else sizes(axes, "sigmoid")
    ask.same(probes.answer, "sigmoid", rng("axes", axes).uniform(0.5, 4.0, size=shape))


@exercise("sigmoid")
def test_sigmoid_of_a_number(ask):
    """A number gives a number, whether it comes as a float or as an array without axes."""
    for x in (*rng("numbers").uniform(0.2, 5.0, size=3).tolist(), 0.0):
        ask.same(probes.answer, "sigmoid", x)
        ask.same(probes.answer, "sigmoid", np.array(x))


@exercise("sigmoid", weight=2)
def test_sigmoid_of_negative_numbers(ask):
    """Down to -30 the sigmoid is right to nine digits."""
    ask.same(probes.answer, "sigmoid", np.append(rng("negative").uniform(-30.0, -12.0, size=20), [-30.0, -29.5]), atol=0.0)


@exercise("sigmoid")
def test_sigmoid_of_large_numbers(ask):
    """The sigmoid of 1000 is 1 and that of -1000 is 0: nothing overflows into a nan."""
    for x, wanted in (
        (np.array([1000.0, -1000.0, 745.0, 0.0, -745.0, 1e6, -1e6]), np.array([1.0, 0.0, 1.0, 0.5, 0.0, 1.0, 0.0])),
        (np.array([[40.0, -40.0], [2.0, -300.0]]), np.array([[1.0, 0.0], [0.880797077977882444, 0.0]])),
    ):
        assert ask(probes.answer, "sigmoid", x) == same_as(wanted, atol=1e-15)


@exercise("sigmoid")
def test_sigmoid_leaves_its_argument(ask):
    """What comes in stays as it was."""
    ask.same(probes.untouched, "sigmoid", rng("untouched").uniform(2.0, 5.0, size=(2, 3)) * [[1.0], [-1.0]], **ROUGHLY)


@exercise("sigmoid")
def test_sigmoid_again(ask):
    """Each call gives what belongs to its own numbers, and leaves earlier results as they were."""
    first, second = rng("again").uniform(2.5, 5.0, size=(2, 6))
    ask.same(probes.again, "sigmoid", [first], [-second], **ROUGHLY)


# ------------------------------------------------------------------------------------------------ rnn_step


def mostly_inputs(draw, n, d, h):
    """Arguments of rnn_step of which the inputs decide nearly everything; two examples are each other's opposite."""
    x, state, Wx, Wh, b = rnn_step(draw, n, d, h)
    x[1] = -x[0]
    return [x, 0.01 * state, 2.0 * Wx, Wh, 0.01 * b]


@exercise("rnn_step", weight=2)
@cases
def test_what_the_inputs_add(ask, case):
    """From h = 0 and b = 0 the next state is the tanh of x times Wx."""
    x, h, Wx, Wh, b = rnn_step(rng("inputs add", case), *[sizes, sizes, ones_among][case](3, "inputs add", case))
    ask.same(probes.answer, "rnn_step", x, 0.0 * h, Wx, Wh, 0.0 * b)


@exercise("rnn_step", weight=2)
@cases
def test_what_the_state_adds(ask, case):
    """With x = 0 and b = 0 the next state is the tanh of h times Wh: each example has its own."""
    x, h, Wx, Wh, b = rnn_step(rng("state adds", case), *sizes(3, "state adds", case))
    ask.same(probes.answer, "rnn_step", 0.0 * x, h, Wx, Wh, 0.0 * b)


@exercise("rnn_step")
@cases
def test_what_the_bias_adds(ask, case):
    """b is added for every example, before the tanh."""
    x, h, Wx, Wh, b = rnn_step(rng("bias adds", case), *sizes(3, "bias adds", case))
    ask.same(probes.answer, "rnn_step", 0.0 * x, 0.0 * h, Wx, Wh, b)


@exercise("rnn_step", weight=2)
@pytest.mark.parametrize("case", [0, 1, 2, 3])
def test_next_state(ask, case):
    """The next state is made of x times Wx, plus h times Wh, plus b: the larger their sum, the larger the state."""
    arguments = rnn_step(rng("next", case), *(sizes(3, "next", case) if case < 2 else ones_among(3, "next", case)))
    x, h, Wx, Wh, b = arguments
    state = ask(probes.answer, "rnn_step", *arguments)
    total = x @ Wx + h @ Wh + b
    assert state.shape == total.shape
    order = np.argsort(total, axis=None)
    assert np.sort(state, axis=None) == same_as(state.reshape(-1)[order])
    if case < 2:
        assert np.ptp(state) > 0.1


@exercise("rnn_step")
def test_saturated_state(ask):
    """Far from 0 the state is 1 or -1, and never nan."""
    x, h, Wx, Wh, _ = rnn_step(rng("saturated"), 2, 3, 4)
    state = ask(probes.answer, "rnn_step", x, h, Wx, Wh, np.array([1000.0, -1000.0, 500.0, -2000.0]))
    assert state == same_as(np.array([[1.0, -1.0, 1.0, -1.0]] * 2))


@exercise("rnn_step")
def test_step_leaves_its_arguments(ask):
    """What comes in stays as it was."""
    ask.same(probes.untouched, "rnn_step", *mostly_inputs(rng("untouched step"), *sizes(3, "untouched step")), **ROUGHLY)


@exercise("rnn_step")
def test_step_again(ask):
    """Each call gives what belongs to its own numbers, and leaves earlier results as they were."""
    x, *given = mostly_inputs(rng("step again"), *sizes(3, "step again"))
    ask.same(probes.again, "rnn_step", [x, *given], [-x, *given], **ROUGHLY)


# ------------------------------------------------------------------------------------------------ rnn_step_backward


def ask_slopes(ask, keys, case, *key):
    draw, (n, d, h) = rng(*key, case), sizes(3, *key, case) if case < 2 else ones_among(3, *key, case)
    ask.same(probes.slopes, "rnn_step", rnn_step(draw, n, d, h), [draw.normal(size=(n, h))], keys, rtol=GRADIENT)


@exercise("rnn_step_backward", weight=2)
@cases
def test_slope_in_the_inputs(ask, case):
    """dx is the slope before the tanh, times Wx turned round."""
    ask_slopes(ask, ["dx"], case, "step back")


@exercise("rnn_step_backward", weight=2)
@cases
def test_slope_in_the_state_before(ask, case):
    """dh, of the state before the step, is the slope before the tanh, times Wh turned round."""
    ask_slopes(ask, ["dh"], case, "step back")


@exercise("rnn_step_backward", weight=2)
@cases
def test_slope_in_the_weights_of_inputs(ask, case):
    """dWx is a sum over the batch: x turned round, times the slope before the tanh."""
    ask_slopes(ask, ["dWx"], case, "step back")


@exercise("rnn_step_backward", weight=2)
@cases
def test_slope_in_the_weights_of_states(ask, case):
    """dWh is a sum over the batch: the state before the step turned round, times the slope before the tanh."""
    ask_slopes(ask, ["dWh"], case, "step back")


@exercise("rnn_step_backward")
@cases
def test_slope_in_the_bias(ask, case):
    """db is the slope before the tanh, summed over the batch."""
    ask_slopes(ask, ["db"], case, "step back")


@exercise("rnn_step_backward", weight=3)
@cases
def test_slopes_of_one_example(ask, case):
    """All five slopes come from one, that before the tanh: for one example it is db itself, of the sign of dh."""
    draw, (d, h) = rng("one example", case), sizes(2, "one example", case)
    x, _, Wx, Wh, b = rnn_step(draw, 1, d, h)
    Wx, Wh, state = 0.3 * Wx, 0.3 * Wh, draw.uniform(0.2, 0.8, size=(1, h))
    b = 1.0 + np.abs(x @ Wx + state @ Wh)[0]  # a next state above 0
    dh = draw.choice([-1.0, 1.0], size=(1, h)) * draw.uniform(0.5, 2.0, size=(1, h))
    found = ask(probes.all_slopes, "rnn_step", [x, state, Wx, Wh, b], [dh])
    dz = np.asarray(found["db"])
    assert np.sign(dz) == same_as(np.sign(dh[0]))
    wanted = {"dx": [dz @ Wx.T], "dh": [dz @ Wh.T], "dWx": np.outer(x, dz), "dWh": np.outer(state, dz), "db": dz}
    assert found == same_as({name: np.array(slope) for name, slope in wanted.items()}, rtol=GRADIENT)


@exercise("rnn_step_backward", weight=2)
def test_slopes_are_derived(ask):
    """Slopes follow from the derivation: where tanh is nearly flat they keep eight digits, for the work of a few steps forward."""
    draw, (n, d, h) = rng("derived"), sizes(3, "derived")
    x, state, Wx, Wh, _ = rnn_step(draw, n, d, h)
    b = far_out(draw, (h, 7.0, 7.6, True))
    given = [0.05 * x, 0.05 * state, Wx, Wh, b], [1e6 * draw.normal(size=(n, h))]
    ask.same(probes.slopes, "rnn_step", *given, ["dx", "dh", "dWx", "dWh", "db"], rtol=1e-8, atol=1e-9)
    assert ask(probes.entries_back, "rnn_step", *given) <= FORWARD_PASSES * n * h


@exercise("rnn_step_backward")
def test_caches_of_two_steps(ask):
    """Each cache belongs to its own step: two steps may be computed first, and gone back through afterwards."""
    draw, (n, d, h) = rng("two steps"), sizes(3, "two steps")
    first, second = rnn_step(draw, n, d, h), rnn_step(draw, n, d, h)
    ask.same(probes.two_caches, "rnn_step", first, second, [draw.normal(size=(n, h))], [draw.normal(size=(n, h))], "dx", rtol=GRADIENT)


@exercise("rnn_step_backward")
def test_step_back_leaves_what_came_in(ask):
    """Going back leaves dh, and what came in on the way forward, as they were."""
    draw, (n, d, h) = rng("back untouched"), sizes(3, "back untouched")
    ask.same(probes.untouched_back, "rnn_step", rnn_step(draw, n, d, h), [5.0 * draw.normal(size=(n, h))], "dWx", **ROUGHLY)


# ------------------------------------------------------------------------------------------------ rnn


@exercise("rnn", weight=3)
@cases
def test_states_of_a_sequence(ask, case):
    """The states of all steps are given, each made from the one before it."""
    draw = rng("states", case)
    x, h0, *given = rnn(draw, *(sizes(4, "states", case) if case < 2 else ones_among(4, "states", case)))
    ask.same(probes.answer, "rnn_forward", x, 0.0 * h0, *given)


@exercise("rnn")
@cases
def test_first_state(ask, case):
    """The first step starts from h0."""
    n, d, h = sizes(3, "first state", case)
    ask.same(probes.answer, "rnn_forward", *rnn(rng("first state", case), n, 1, d, h))


def ask_slopes_in_time(ask, keys, case, start=1.0):
    draw, (n, t, d, h) = rng("through time", case), sizes(4, "through time", case) if case < 2 else ones_among(4, "through time", case)
    x, h0, *given = rnn(draw, n, t, d, h)
    ask.same(probes.slopes, "rnn", [x, start * h0, *given], [draw.normal(size=(n, t, h))], keys, rtol=GRADIENT)


@exercise("rnn", weight=2)
@cases
def test_slopes_in_all_inputs(ask, case):
    """With a slope in every state, dx collects at every step what comes through all later ones."""
    ask_slopes_in_time(ask, ["dx"], case, start=0.0)


@exercise("rnn")
@cases
def test_slope_in_the_first_state(ask, case):
    """dh0 is what comes back through all steps."""
    ask_slopes_in_time(ask, ["dh0"], case)


@exercise("rnn")
@cases
def test_slopes_in_weights_of_inputs_through_time(ask, case):
    """dWx and db are sums over all steps."""
    ask_slopes_in_time(ask, ["dWx", "db"], case, start=0.0)


@exercise("rnn")
@cases
def test_slope_in_weights_of_states_through_time(ask, case):
    """dWh is a sum over all steps."""
    ask_slopes_in_time(ask, ["dWh"], case, start=0.0)


@exercise("rnn")
@cases
def test_slope_of_the_last_state(ask, case):
    """A slope in the last state alone reaches all steps."""
    draw, (n, t, d, h) = rng("last", case), sizes(4, "last", case)
    x, h0, *given = rnn(draw, n, t, d, h)
    dh = np.zeros((n, t, h))
    dh[:, -1] = draw.normal(size=(n, h))
    ask.same(probes.slopes, "rnn", [x, 0.0 * h0, *given], [dh], ["dx"], rtol=GRADIENT)


@exercise("rnn", weight=2)
@cases
def test_slopes_of_one_step(ask, case):
    """A sequence of one step has the slopes of that step."""
    draw, (n, d, h) = rng("one step", case), sizes(3, "one step", case)
    ask.same(probes.slopes, "rnn", rnn(draw, n, 1, d, h), [draw.normal(size=(n, 1, h))], ["dx", "dWx", "db"], rtol=GRADIENT)


@exercise("rnn", weight=2)
def test_slopes_through_time_are_derived(ask):
    """Slopes follow from the derivation: where tanh is nearly flat they keep eight digits, for the work of a few passes forward."""
    draw, (n, t, d, h) = rng("derived in time"), sizes(4, "derived in time")
    x, h0, Wx, Wh, _ = rnn(draw, n, t, d, h)
    b = far_out(draw, (h, 9.5, 10.1, False))
    given = [0.05 * x, np.ones_like(h0), Wx, -np.abs(Wh) * 2.5 / np.abs(Wh).sum(axis=0), b], [1e6 * draw.normal(size=(n, t, h))]
    ask.same(probes.slopes, "rnn", *given, ["dx", "dWx", "dWh", "db"], rtol=1e-8, atol=1e-9)
    assert ask(probes.entries_back, "rnn", *given) <= FORWARD_PASSES * n * t * h


@exercise("rnn")
def test_caches_of_two_sequences(ask):
    """Each cache belongs to its own call: two calls forward may come before the two backward."""
    draw, (n, t, d, h) = rng("two sequences"), sizes(4, "two sequences")
    first, second = rnn(draw, n, t, d, h), rnn(draw, n, t, d, h)
    ask.same(probes.two_caches, "rnn", first, second, *([draw.normal(size=(n, t, h))] for _ in "12"), "db", rtol=GRADIENT)


@exercise("rnn")
def test_sequence_leaves_what_came_in(ask):
    """Forward and back, what comes in stays as it was."""
    draw, (n, t, d, h) = rng("sequence untouched"), sizes(4, "sequence untouched")
    x, h0, Wx, Wh, b = rnn(draw, n, t, d, h)
    ask.same(probes.untouched_back, "rnn", [x, h0, Wx, 0.1 * Wh, b], [5.0 * draw.normal(size=(n, t, h))], "dx", **ROUGHLY)


@exercise("rnn")
def test_sequence_again(ask):
    """Each call gives what belongs to its own numbers, and leaves earlier results as they were."""
    x, h0, Wx, Wh, b = rnn(rng("sequence again"), *sizes(4, "sequence again"))
    given = [0.01 * h0, 2.0 * Wx, 0.01 * Wh, 0.01 * b]
    ask.same(probes.again, "rnn_forward", [x, *given], [-x, *given], **ROUGHLY)


# ------------------------------------------------------------------------------------------------ lstm_gates


def judge_gates(ask, which, x, h, Wx, Wh, b, **tolerance):
    """These of the gates are right: with another function in the place of `sigmoid`, or else as they are."""
    i, f, g, o = np.split(x @ Wx + h @ Wh + b, 4, axis=1)
    others = [probes.bent(i), probes.bent(f), np.tanh(g), probes.bent(o)]
    by_other = [others[place] for place in which]
    if ask(probes.gates_with_another_sigmoid, which, x, h, Wx, Wh, b) != same_as(by_other, **tolerance):
        ask.same(probes.gates, which, x, h, Wx, Wh, b, **tolerance)


def gate_arguments(case, *key):
    """x, h, Wx, Wh, b."""
    x, h, _, *given = lstm_step(rng(*key, case), *(sizes(3, *key, case) if case < 2 else ones_among(3, *key, case)))
    return x, h, *given


def judge_gate(ask, place, case):
    x, h, Wx, Wh, b = gate_arguments(case, "gates")
    judge_gates(ask, [place], x, h, Wx, Wh, 0.0 * b)


@exercise("lstm_gates", weight=2)
@cases
def test_input_gate(ask, case):
    """The first result, the input gate, is the sigmoid of the first H columns of x times Wx plus h times Wh plus b."""
    judge_gate(ask, 0, case)


@exercise("lstm_gates", weight=2)
@cases
def test_forget_gate(ask, case):
    """The second result, the forget gate, is the sigmoid of the second H columns."""
    judge_gate(ask, 1, case)


@exercise("lstm_gates", weight=2)
@cases
def test_candidate(ask, case):
    """The third result, the candidate, is the tanh of the third H columns."""
    judge_gate(ask, 2, case)


@exercise("lstm_gates", weight=2)
@cases
def test_output_gate(ask, case):
    """The fourth result, the output gate, is the sigmoid of the last H columns."""
    judge_gate(ask, 3, case)


@exercise("lstm_gates", weight=2)
@cases
def test_gates_of_the_bias(ask, case):
    """With x = 0 and h = 0 the bias alone decides, the same for every example."""
    x, h, *given = gate_arguments(case, "gates of the bias")
    judge_gates(ask, [0, 2, 3], 0.0 * x, 0.0 * h, *given)


@exercise("lstm_gates", weight=2)
@cases
def test_gates_of_the_inputs(ask, case):
    """From h = 0 the inputs and the bias decide."""
    x, h, *given = gate_arguments(case, "gates of the inputs")
    judge_gates(ask, [0, 1], x, 0.0 * h, *given)


@exercise("lstm_gates")
@cases
def test_gates_of_one_unit(ask, case):
    """With one unit there is one column for each gate."""
    n, d = sizes(2, "one unit", case)
    x, h, _, *given = lstm_step(rng("one unit", case), n, d, 1)
    judge_gates(ask, [0, 1, 2, 3], x, h, *given)


@exercise("lstm_gates")
def test_saturated_gates(ask):
    """Far from 0 a gate is fully open or fully closed, and never nan."""
    x, h, _, *given = lstm_step(rng("saturated gates"), 2, 3, 2)
    judge_gates(ask, [0, 3], x, h, *given[:2], np.array([1000.0, -1000.0, -900.0, 800.0, 1000.0, -1000.0, -750.0, 1e5]))


@exercise("lstm_gates")
def test_gates_leave_their_arguments(ask):
    """What comes in stays as it was."""
    x, h, *given = gate_arguments(0, "gates untouched")
    answer = ask(probes.untouched, "lstm_gates", x, h, *given)
    assert answer["changed"] is False
    judge_gates(ask, [0, 2], x, h, *given, **ROUGHLY)


@exercise("lstm_gates")
def test_gates_again(ask):
    """Each call gives what belongs to its own numbers, and leaves earlier results as they were."""
    x, h, _, Wx, Wh, b = lstm_step(rng("gates again"), *sizes(3, "gates again"))
    given = [0.01 * h, 2.0 * Wx, Wh, 0.01 * b]
    ask.same(probes.again, "lstm_gates", [x, *given], [-x, *given], **ROUGHLY)


# ------------------------------------------------------------------------------------------------ lstm_step


def true_gates(x, h, Wx, Wh, b):
    i, f, g, o = np.split(x @ Wx + h @ Wh + b, 4, axis=1)
    return [sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)]


def judge_step(ask, part, gates, *arguments, **tolerance):
    """h or c of a step is right: where `lstm_gates` answers with these gates, or else as it is."""
    i, f, g, o = gates
    x, h, c, *given = arguments
    memory = f * c + i * g
    wanted = {"h": o * np.tanh(memory), "c": memory}
    by_other = ask(probes.step_with_other_gates, gates, *arguments)
    if by_other["asked"] == same_as([[x, h, *given]]) and isinstance(by_other["answer"], dict):
        assert by_other["answer"][part] == same_as(wanted[part], **tolerance)
    else:
        i, f, g, o = true_gates(x, h, *given)
        memory = f * c + i * g
        assert ask(probes.step, *arguments)[part] == same_as({"h": o * np.tanh(memory), "c": memory}[part], **tolerance)


def step_arguments(case, *key):
    """Gates to stand in, and x, h, c, Wx, Wh, b."""
    draw, (n, d, h) = rng(*key, case), sizes(3, *key, case) if case < 2 else ones_among(3, *key, case)
    return list(draw.normal(size=(4, n, h))), lstm_step(draw, n, d, h)


@exercise("lstm_step", weight=3)
@cases
def test_next_memory(ask, case):
    """The second result, the new cell state, is f times c plus i times g."""
    gates, arguments = step_arguments(case, "step")
    judge_step(ask, "c", gates, *arguments)


@exercise("lstm_step", weight=2)
@cases
def test_memory_of_a_closed_input_gate(ask, case):
    """With i = 0 the new cell state is f times c."""
    (i, f, g, o), (x, h, c, Wx, Wh, b) = step_arguments(case, "closed input")
    units = len(Wh)
    judge_step(ask, "c", [0.0 * i, f, g, o], x, h, c, Wx, Wh, b - np.repeat([1000.0, 0.0, 0.0, 0.0], units))


@exercise("lstm_step", weight=2)
@cases
def test_next_state_of_a_gated_step(ask, case):
    """The first result, the new hidden state, is o times the tanh of the new cell state."""
    gates, arguments = step_arguments(case, "state of a step") if case < 2 else step_arguments(0, "state of another")
    x, h, _, *given = arguments
    by_other = ask(probes.step_with_other_gates, gates, *arguments)
    if by_other["asked"] == same_as([[x, h, *given]]) and isinstance(by_other["answer"], dict):
        o, found = gates[3], by_other["answer"]
    else:
        o, found = true_gates(x, h, *given)[3], ask(probes.step, *arguments)
    assert np.shape(found["c"]) == np.shape(o)
    assert np.ptp(found["c"]) > 1e-3
    assert found["h"] == same_as(o * np.tanh(found["c"]))


@exercise("lstm_step")
def test_open_forget_gate_keeps(ask):
    """With f = 1 and i = 0 the cell state stays what it was, whatever comes in."""
    n, d, units = sizes(3, "keeps")
    draw = rng("keeps")
    x, h, c, Wx, Wh, _ = lstm_step(draw, n, d, units)
    zeros, ones = np.zeros((n, units)), np.ones((n, units))
    judge_step(ask, "c", [zeros, ones, draw.normal(size=(n, units)), 0.5 * ones], x, h, c, Wx, Wh, np.repeat([-1e3, 1e3, 0.3, 0.0], units))


@exercise("lstm_step")
def test_closed_output_gate_hides(ask):
    """With o = 0 the hidden state is 0, and with o = 1 it is not."""
    n, d, units = sizes(3, "hides")
    draw = rng("hides")
    x, h, c, Wx, Wh, _ = lstm_step(draw, n, d, units)
    i, f, zeros, c = *draw.uniform(0.3, 0.7, size=(2, n, units)), np.zeros((n, units)), np.sign(c) * (1.5 + np.abs(c))
    for o, bias in ((zeros, -1e3), (zeros + 1.0, 1e3)):
        judge_step(ask, "h", [i, f, zeros, o], x, h, c, Wx, Wh, np.repeat([0.2, 9.0, 0.0, bias], units), rtol=0.5, atol=0.2)


@exercise("lstm_step")
def test_gated_step_leaves_its_arguments(ask):
    """What comes in stays as it was."""
    gates, arguments = step_arguments(0, "gated step untouched")
    assert ask(probes.untouched, "lstm_step", *arguments)["changed"] is False
    judge_step(ask, "c", gates, *arguments, **ROUGHLY)


@exercise("lstm_step")
def test_gated_step_again(ask):
    """Each call gives what belongs to its own numbers, and leaves earlier results as they were."""
    draw, (n, d, h) = rng("gated step again"), sizes(3, "gated step again")
    x, state, c, Wx, Wh, _ = lstm_step(draw, n, d, h)
    given = [0.1 * Wx, 0.1 * Wh, np.repeat([-9.0, 9.0, 0.0, 9.0], h)]
    memories = np.sign(c) * draw.uniform(0.5, 0.9, size=(2, n, h))
    ask.same(probes.again, "lstm_step", [x, state, memories[0], *given], [-x, state, -memories[1], *given], **ROUGHLY)


# ------------------------------------------------------------------------------------------------ lstm_step_backward


def gated_slopes(case, *key):
    """Arguments of lstm_step, dh and dc."""
    draw, (n, d, h) = rng(*key, case), sizes(3, *key, case) if case < 2 else ones_among(3, *key, case)
    return lstm_step(draw, n, d, h), list(draw.normal(size=(2, n, h)))


def judge_gate_slopes(ask, gate, case):
    """The part of db that belongs to one gate."""
    (x, h, c, Wx, Wh, b), given = gated_slopes(case, "gate slopes")
    units = len(Wh)
    ask.same(probes.slopes_of_gate, [x, h, c, Wx, Wh, b], given, [gate * units, (gate + 1) * units], rtol=GRADIENT)


@exercise("lstm_step_backward", weight=3)
@cases
def test_slope_in_the_memory_before(ask, case):
    """dc, of the cell state before the step, is what both ways bring to the new cell state, times f."""
    ask.same(probes.slopes, "lstm_step", *gated_slopes(case, "gate slopes"), ["dc"], rtol=GRADIENT)


@exercise("lstm_step_backward", weight=2)
@cases
def test_slope_of_the_input_gate(ask, case):
    """The slope before the sigmoid of the input gate, as in the first H numbers of db, is right."""
    judge_gate_slopes(ask, 0, case)


@exercise("lstm_step_backward", weight=2)
@cases
def test_slope_of_the_forget_gate(ask, case):
    """The slope before the sigmoid of the forget gate, as in the second H numbers of db, is right."""
    judge_gate_slopes(ask, 1, case)


@exercise("lstm_step_backward", weight=2)
@cases
def test_slope_of_the_candidate(ask, case):
    """The slope before the tanh of the candidate, as in the third H numbers of db, is right."""
    judge_gate_slopes(ask, 2, case)


@exercise("lstm_step_backward", weight=2)
@cases
def test_slope_of_the_output_gate(ask, case):
    """The slope before the sigmoid of the output gate, as in the last H numbers of db, is right."""
    judge_gate_slopes(ask, 3, case)


@exercise("lstm_step_backward", weight=4)
@cases
def test_slopes_of_one_gated_example(ask, case):
    """dx, dh, dWx, dWh and db come from the slopes before sigmoids and tanh: for one example these are db itself."""
    draw, (d, h) = rng("one gated example", case), sizes(2, "one gated example", case)
    x, state, c, Wx, Wh, b = lstm_step(draw, 1, d, h)
    c = np.abs(c) + 0.2
    dc = draw.choice([-1.0, 1.0], size=(1, h)) * draw.uniform(0.5, 2.0, size=(1, h))
    found = ask(probes.all_slopes, "lstm_step", [x, state, c, Wx, Wh, b], [0.0 * dc, dc])
    dz = np.asarray(found["db"])
    assert dz.shape == (4 * h,)
    assert np.sign(dz[h : 2 * h]) == same_as(np.sign(dc[0]))
    wanted = {"dx": [dz @ Wx.T], "dh": [dz @ Wh.T], "dWx": np.outer(x, dz), "dWh": np.outer(state, dz), "db": dz, "dc": found["dc"]}
    assert found == same_as({name: np.array(slope) for name, slope in wanted.items()}, rtol=GRADIENT)


@exercise("lstm_step_backward", weight=2)
@cases
def test_slopes_of_a_gated_batch(ask, case):
    """dWx, dWh and db are sums over the batch, of x and of the hidden state before the step, turned round."""
    ask.same(probes.slopes, "lstm_step", *gated_slopes(case, "gated batch"), ["dWx", "dWh", "db"], rtol=GRADIENT)


@exercise("lstm_step_backward", weight=2)
@cases
def test_gradient_from_the_memory_alone(ask, case):
    """With dh = 0 what arrives at the cell state goes on to the cell state before it, and to the gates."""
    arguments, (dh, dc) = gated_slopes(case, "memory alone")
    ask.same(probes.slopes, "lstm_step", arguments, [0.0 * dh, dc], ["dc", "dx"], rtol=GRADIENT)


@exercise("lstm_step_backward", weight=2)
@cases
def test_gradient_from_the_state_alone(ask, case):
    """With dc = 0 the slope in the hidden state reaches the cell state through its tanh, and the gates."""
    arguments, (dh, dc) = gated_slopes(case, "state alone")
    ask.same(probes.slopes, "lstm_step", arguments, [dh, 0.0 * dc], ["dc", "dh"], rtol=GRADIENT)


@exercise("lstm_step_backward")
def test_memory_gradient_is_the_product_of_forget_gates(ask):
    """With Wh = 0 the slope in the last cell state, taken back to the first, is multiplied by every forget gate on the way."""
    n, t, d, units = sizes(4, "product")
    x, h, c, Wx, Wh, b = lstm(rng("product"), n, t, d, units)
    kept = np.prod(sigmoid(x @ Wx + b)[:, :, units : 2 * units], axis=1)
    answer = ask(probes.steps, x, h, c, Wx, np.zeros_like(Wh), b, np.zeros((n, units)), np.ones((n, units)))
    assert answer == same_as({"dh": np.zeros((n, units)), "dc": kept}, rtol=GRADIENT)


@exercise("lstm_step_backward", weight=3)
def test_gated_slopes_are_derived(ask):
    """Slopes follow from the derivation: where a gate is nearly flat they keep eight digits, for the work of a few steps forward."""
    draw, (n, d, h) = rng("gated derived"), sizes(3, "gated derived")
    x, state, c, Wx, Wh, _ = lstm_step(draw, n, d, h)
    b = far_out(draw, (h, 13.0, 14.0, False), (h, 13.0, 14.0, False), (h, 7.0, 7.6, True), (h, 13.0, 14.0, False))
    given = [0.05 * x, 0.05 * state, 0.3 * c, Wx, Wh, b], list(1e6 * draw.normal(size=(2, n, h)))
    ask.same(probes.slopes, "lstm_step", *given, ["dx", "dh", "dWx", "dWh", "db"], rtol=1e-8, atol=1e-9)
    assert ask(probes.entries_back, "lstm_step", *given) <= FORWARD_PASSES * 5 * n * h


@exercise("lstm_step_backward")
def test_caches_of_two_gated_steps(ask):
    """Each cache belongs to its own step: two steps may be computed first, and gone back through afterwards."""
    draw, (n, d, h) = rng("two gated steps"), sizes(3, "two gated steps")
    first, second = lstm_step(draw, n, d, h), lstm_step(draw, n, d, h)
    ask.same(probes.two_caches, "lstm_step", first, second, *(list(draw.normal(size=(2, n, h))) for _ in "12"), "dx", rtol=GRADIENT)


@exercise("lstm_step_backward")
def test_gated_step_back_leaves_what_came_in(ask):
    """Going back leaves dh and dc, and what came in on the way forward, as they were."""
    arguments, (dh, dc) = gated_slopes(0, "gated back untouched")
    ask.same(probes.untouched_back, "lstm_step", arguments, [5.0 * dh, 5.0 * dc], "dc", **ROUGHLY)


# ------------------------------------------------------------------------------------------------ lstm


@exercise("lstm", weight=2)
@cases
def test_states_of_a_gated_sequence(ask, case):
    """Without lengths the hidden states of all steps are given, each made from both states before it."""
    draw = rng("gated states", case)
    x, h0, c0, *given = lstm(draw, *(sizes(4, "gated states", case) if case < 2 else ones_among(4, "gated states", case)))
    ask.same(probes.answer, "lstm_forward", x, 0.0 * h0, 0.0 * c0, *given)


@exercise("lstm")
@cases
def test_first_states_of_a_gated_sequence(ask, case):
    """The first step starts from h0 and c0."""
    ask.same(probes.answer, "lstm_forward", *lstm(rng("first gated", case), *sizes(4, "first gated", case)))


def ask_gated_slopes_in_time(ask, keys, case, start=0.0):
    draw, (n, t, d, h) = rng("gated time", case), sizes(4, "gated time", case) if case < 2 else ones_among(4, "gated time", case)
    x, h0, c0, *given = lstm(draw, n, t, d, h)
    ask.same(probes.slopes, "lstm", [x, start * h0, start * c0, *given], [draw.normal(size=(n, t, h))], keys, rtol=GRADIENT)


@exercise("lstm", weight=2)
@cases
def test_slopes_in_all_inputs_through_gated_time(ask, case):
    """With a slope in every hidden state, dx collects at every step what comes through all later ones."""
    ask_gated_slopes_in_time(ask, ["dx"], case)


@exercise("lstm", weight=2)
@cases
def test_slopes_in_all_weights_through_gated_time(ask, case):
    """dWx, dWh and db are sums over all steps."""
    ask_gated_slopes_in_time(ask, ["dWx", "dWh", "db"], case)


@exercise("lstm")
@cases
def test_slopes_in_the_first_states(ask, case):
    """dh0 and dc0 are what comes back through all steps."""
    ask_gated_slopes_in_time(ask, ["dh0", "dc0"], case, start=1.0)


def padded(case, start=0.0):
    """Arguments of lstm_forward, numbers that matter to nobody after each sequence's end; which steps those are. No sequence is full."""
    draw, (n, t, d, h) = rng("padded", case), sizes(4, "padded", case)
    t += 2
    lengths = draw.integers(1, t, size=n)
    lengths[draw.integers(n)] = 1
    x, h0, c0, *given = lstm(draw, n, t, d, h)
    after = np.arange(t) >= lengths[:, np.newaxis]
    x[after] *= 100.0
    return [x, start * h0, start * c0, *given, lengths], after, draw.normal(size=(n, t, h))


@exercise("lstm", weight=2)
@cases
def test_states_of_padded_sequences(ask, case):
    """Each example has its states up to its length, as if it were alone, and 0 from there on, whatever the padding holds."""
    ask.same(probes.answer, "lstm_forward", *padded(case)[0])


@exercise("lstm")
@cases
def test_lengths_of_one_and_of_all_steps(ask, case):
    """A sequence may be as long as there are steps, or have one step alone."""
    draw, (n, t, d, h) = rng("full", case), sizes(4, "full", case)
    lengths = np.append([t, 1], draw.integers(1, t + 1, size=n - 2))
    arguments = lstm(draw, n, t, d, h)
    ask.same(probes.answer, "lstm_forward", *arguments, lengths)
    ask.same(probes.answer, "lstm_forward", *arguments, np.full(n, t))


@exercise("lstm", weight=2)
@cases
def test_gradients_of_padded_sequences(ask, case):
    """What dh holds from an example's length on is ignored and dx is 0 there; all other slopes are those of the examples alone."""
    arguments, after, dh = padded(case, start=1.0)
    dh[after] *= 100.0
    ask.same(probes.slopes, "lstm", arguments, [dh], ["dx", "dWx", "dWh", "db"], rtol=GRADIENT)


@exercise("lstm")
def test_lengths_that_cannot_be(ask):
    """A length below 1 or above the number of steps raises ValueError, and all others do not."""
    arguments = lstm(rng("refused"), 3, 4, 2, 5)
    for lengths in ([4, 0, 2], [1, 2, 5], [-1, 3, 3], [4, 4, 9]):
        answer = ask(probes.refused_lengths, arguments, np.array(lengths), np.array([1, 2, 3]))
        assert answer["refused"] == raised(ValueError)
        assert answer["changed"] is False
    ask.same(probes.refused_lengths, arguments, np.array([2, 5, 1]), np.array([1, 2, 3]), **ROUGHLY)


@exercise("lstm")
def test_caches_of_two_gated_sequences(ask):
    """Each cache belongs to its own call and lengths: two calls forward may come before the two backward."""
    draw, (n, t, d, h) = rng("two gated sequences"), sizes(4, "two gated sequences")
    t += 1
    first, second = ([*lstm(draw, n, t, d, h), draw.integers(1, t, size=n)] for _ in "12")
    ask.same(probes.two_caches, "lstm", first, second, *([draw.normal(size=(n, t, h))] for _ in "12"), "dx", rtol=GRADIENT)


@exercise("lstm")
def test_gated_sequence_leaves_what_came_in(ask):
    """Forward and back, what comes in stays as it was, the lengths too."""
    arguments, _, dh = padded(3)
    arguments[-1][0] = arguments[-1].max()
    ask.same(probes.untouched_back, "lstm", arguments, [20.0 * dh], "dx", **ROUGHLY)


@exercise("lstm")
def test_gated_sequence_again(ask):
    """Each call gives what belongs to its own numbers and lengths, and leaves earlier results as they were."""
    n, t, d, h = sizes(4, "gated again")
    x, h0, c0, Wx, Wh, _ = lstm(rng("gated again"), n, t, d, h)
    given = [0.0 * h0, 0.0 * c0, 3.0 * Wx, 0.01 * Wh, np.repeat([4.0, -4.0, 0.0, 4.0], h)]
    ask.same(probes.again, "lstm_forward", [x, *given], [-x, *given], **ROUGHLY)


@exercise("lstm", weight=2)
def test_gated_slopes_through_time_are_derived(ask):
    """Slopes follow from the derivation: where gates are nearly flat they keep eight digits, for the work of a few passes forward."""
    draw, (n, t, d, h) = rng("gated derived in time"), sizes(4, "gated derived in time")
    x, h0, c0, Wx, Wh, _ = lstm(draw, n, t, d, h)
    Wh *= 0.3 / np.abs(Wh).sum(axis=0)
    b = far_out(draw, (h, 13.0, 14.0, False), (h, 13.0, 14.0, False), (h, 7.0, 7.6, True), (h, 13.0, 14.0, False))
    given = [0.05 * x, 0.1 * h0, 0.1 * c0, Wx, Wh, b], [1e6 * draw.normal(size=(n, t, h))]
    ask.same(probes.slopes, "lstm", *given, ["dx", "dWx", "dWh", "db"], rtol=1e-8, atol=1e-9)
    assert ask(probes.entries_back, "lstm", *given) <= FORWARD_PASSES * 5 * n * t * h


# ------------------------------------------------------------------------------------------------ sequence_model


def parameters(draw, d, h, k):
    Wx, Wh, b = weights(draw, d, h, 4)
    return {"Wx": Wx, "Wh": Wh, "b": b, "Wy": draw.normal(size=(h, k)), "by": draw.normal(size=k)}


def classified(case, *key):
    """Parameters, sequences and classes."""
    draw, (n, t, d, h, k) = rng(*key, case), sizes(5, *key, case) if case < 2 else [*ones_among(4, *key, case), 3]
    return parameters(draw, d, h, k), draw.normal(size=(n, t, d)), draw.integers(k, size=n)


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


def up_and_down(draw):
    """Parameters and two sequences, with logits near 1000 for the one and below -500 for the other."""
    Wh, Wy = 0.1 * draw.normal(size=(4, 16)), 250.0 + draw.normal(size=(4, 3))
    params = {"Wx": np.ones((1, 16)), "Wh": Wh, "b": np.repeat([2.0, 2.0, 0.0, 2.0], 4), "Wy": Wy, "by": np.zeros(3)}
    return params, np.repeat([[[1.0]], [[-1.0]]], 3, axis=1)


def judge_loss(ask, params, x, y, **tolerance):
    """The loss is right: with another LSTM in the place of lstm_forward and lstm_backward, or else as it is."""
    loss, _ = by_another_lstm(params, x, y)
    if ask(probes.with_another_lstm, "loss", params, x, y) != same_as(loss, **tolerance):
        ask.same(probes.loss, params, x, y, **tolerance)


def judge_loss_slopes(ask, keys, params, x, y):
    """These gradients are right, likewise; no keys: the whole dictionary."""
    _, gradients = by_another_lstm(params, x, y)
    by_other = {key: gradients[key] for key in keys or gradients}
    if ask(probes.with_another_lstm, "loss_slopes", params, x, y, keys) != same_as(by_other, rtol=GRADIENT):
        ask.same(probes.loss_slopes, params, x, y, keys, rtol=GRADIENT)


@exercise("sequence_model", weight=3)
@cases
def test_loss(ask, case):
    """The loss is the mean over the batch of the cross-entropy of the last state's logits."""
    judge_loss(ask, *classified(case, "loss"))


@exercise("sequence_model", weight=2)
@cases
def test_loss_of_one_sequence(ask, case):
    """For one sequence the loss is the cross-entropy of its last state's logits."""
    params, x, y = classified(case % 2, "one sequence", case)
    judge_loss(ask, params, x[:1], y[:1])


@exercise("sequence_model", weight=2)
@cases
def test_slopes_of_the_last_layer(ask, case):
    """The slopes in Wy and by are those of the mean."""
    judge_loss_slopes(ask, ["Wy", "by"], *classified(case, "last layer"))


@exercise("sequence_model", weight=2)
@cases
def test_slopes_of_the_lstm(ask, case):
    """The slope in the last state goes back through time, to Wx, Wh and b."""
    judge_loss_slopes(ask, ["Wx", "Wh", "b"], *classified(case, "loss slopes"))


@exercise("sequence_model")
@cases
def test_slopes_of_one_sequence(ask, case):
    """For one sequence the slope in the logits is the softmax, less 1 at the right class; the keys of the slopes are those of params."""
    params, x, y = classified(case % 2, "slopes of one", case)
    judge_loss_slopes(ask, [], params, x[:1], y[:1])


@exercise("sequence_model")
@cases
def test_loss_of_a_model_that_knows_nothing(ask, case):
    """With Wy = 0 and by = 0 the loss is log K, whatever was read."""
    params, x, y = classified(case % 2, "knows nothing", case)
    params |= {"Wy": np.zeros_like(params["Wy"]), "by": np.zeros_like(params["by"])}
    judge_loss(ask, params, x, y)


@exercise("sequence_model")
def test_loss_of_large_logits(ask):
    """With logits of a thousand, of either sign, the loss is finite and right."""
    draw = rng("large logits")
    params, x = parameters(draw, 2, 4, 3) | {"by": np.array([1000.0, -1000.0, 999.0])}, draw.normal(size=(1, 5, 2))
    for y in (0, 1, 2):
        judge_loss(ask, params, x, np.array([y]))
    params, x = up_and_down(draw)
    judge_loss(ask, params, x, np.array([2, 0]))


@exercise("sequence_model")
def test_slopes_of_large_logits(ask):
    """With logits of a thousand, of either sign, the slopes are finite and right."""
    draw = rng("slopes of large logits")
    params, x = parameters(draw, 2, 4, 3) | {"by": np.array([1000.0, -1000.0, 999.0])}, draw.normal(size=(1, 5, 2))
    judge_loss_slopes(ask, ["Wy", "by"], params, x, np.array([1]))
    params, x = up_and_down(draw)
    judge_loss_slopes(ask, ["by"], params, x, np.array([2, 0]))


@exercise("sequence_model")
def test_parameters_are_the_dictionary(ask):
    """`params` is the dictionary itself, and each call uses what it holds then."""
    draw = rng("dictionary")
    first, others = parameters(draw, 2, 5, 4), parameters(draw, 2, 5, 4)
    x, y = draw.normal(size=(1, 4, 2)), np.array([1])
    sums = {name: first[name] + others[name] for name in first}
    losses = [by_another_lstm(params, x, y)[0] for params in (first, first, sums, others)]
    by_other = {"same": True, "losses": losses, "still": True}
    if ask(probes.with_another_lstm, "other_params", first, others, x, y) != same_as(by_other):
        ask.same(probes.other_params, first, others, x, y)


@exercise("sequence_model")
def test_slopes_of_two_models(ask):
    """Each call gives the slopes of its own model and batch alone, and leaves earlier results as they were."""
    draw = rng("two models")
    first, others = parameters(draw, 2, 5, 4), parameters(draw, 2, 5, 4)
    x, y, other_y = draw.normal(size=(1, 4, 2)), np.array([1]), np.array([2])
    slopes = [by_another_lstm(params, x, classes)[1] for params, classes in ((first, y), (others, y), (first, other_y), (first, y))]
    if ask(probes.with_another_lstm, "slopes_again", first, others, x, y, other_y) != same_as(slopes, rtol=GRADIENT):
        ask.same(probes.slopes_again, first, others, x, y, other_y, rtol=GRADIENT)


@exercise("sequence_model")
def test_loss_leaves_what_came_in(ask):
    """Parameters, sequences and classes stay as they were."""
    params, x, y = classified(0, "loss untouched")
    params["by"][y[0]] -= 30.0
    assert ask(probes.untouched_loss, params, x[:1], y[:1])["changed"] is False
    judge_loss(ask, params, x[:1], y[:1], **ROUGHLY)


@exercise("sequence_model")
def test_slopes_of_the_loss_are_derived(ask):
    """Slopes follow from the derivation, for the work of a few passes forward."""
    params, x, y = classified(1, "loss derived")
    judge_loss_slopes(ask, ["Wy", "by"], params, x[:1], y[:1])
    n, t, h = 1, x.shape[1], len(params["Wh"])
    assert ask(probes.entries_of_loss, params, x[:1], y[:1]) <= FORWARD_PASSES * (5 * n * t * h + n * len(params["by"]))


# ------------------------------------------------------------------------------------------------ clip_gradients


def gradients(draw, length):
    """Three arrays whose common norm is this; none of them alone has it."""
    h = int(draw.integers(2, 5))
    arrays = {name: draw.normal(size=shape) for name, shape in {"Wx": (2, 4 * h), "b": (4 * h,), "Wy": (h, 1)}.items()}
    norm = np.sqrt(sum((array**2).sum() for array in arrays.values()))
    return {name: array * (length / norm) for name, array in arrays.items()}


@exercise("clip_gradients", weight=2)
@cases
def test_norm(ask, case):
    """What is returned is the norm of all numbers of all arrays together, from before."""
    draw = rng("norm", case)
    ask.same(probes.norm, gradients(draw, draw.uniform(3.0, 9.0)), 1.0)


@exercise("clip_gradients")
def test_norm_of_short_gradients(ask):
    """The norm is returned also where nothing is to be clipped: of 3 and 4 in two arrays it is 5."""
    grads = {"a": np.array([[3.0, 0.0]]), "b": np.array([-4.0])}
    assert [ask(probes.norm, grads, max_norm) for max_norm in (5.0, 7.0, 1e9)] == same_as([5.0, 5.0, 5.0])
    ask.same(probes.norm, gradients(rng("short norm"), 0.03), 1.0)


@exercise("clip_gradients", weight=3)
@cases
def test_clipping(ask, case):
    """Above max_norm every array is multiplied by the same factor, max_norm over the norm of all numbers together."""
    draw = rng("clipping", case)
    length = draw.uniform(3.0, 9.0)
    ask.same(probes.clipped, gradients(draw, length), length * draw.uniform(0.02, 0.9))
    ask.same(probes.clipped, gradients(draw, 3.0 + 1e-6), 3.0)


@exercise("clip_gradients", weight=2)
@cases
def test_clipping_one_array(ask, case):
    """One array alone is clipped to the norm max_norm."""
    draw = rng("one array", case)
    array = draw.normal(size=sizes(3, "one array", case))
    ask.same(probes.clipped, {"alone": array}, np.linalg.norm(array) * draw.uniform(0.1, 0.9))


@exercise("clip_gradients")
@cases
def test_direction(ask, case):
    """Clipping keeps the direction: all numbers stay in proportion, and become smaller."""
    draw = rng("direction", case)
    given = gradients(draw, 6.0)
    found = ask(probes.clipped, {name: array.copy() for name, array in given.items()}, 2.0)
    before, after = (np.concatenate([np.ravel(grads[name]) for name in given]) for grads in (given, found))
    factor = (before @ after) / (before @ before)
    assert 0.0 < factor < 0.9
    assert after == same_as(before * factor)


@exercise("clip_gradients", weight=2)
def test_small_gradients_stay(ask):
    """At most max_norm, also at exactly that, gradients stay as they are: they are never made longer, and zeros stay zeros."""
    draw = rng("small")
    for length, max_norm in ((0.01, 1.0), (1.0, 1000.0), (4.999, 5.0), (0.0, 0.5)):
        given = gradients(draw, length)
        assert ask(probes.clipped, given, max_norm) == same_as(given)
    exactly = {"a": np.array([[3.0, 0.0]]), "b": np.array([-4.0])}
    assert ask(probes.clipped, exactly, 5.0) == same_as(exactly)
    long = gradients(draw, 6.0)["b"]
    short = ask(probes.clipped, {"b": long.copy()}, np.linalg.norm(long) / 2.0)["b"]
    assert np.sign(short) == same_as(np.sign(long))
    assert np.all(np.abs(short) < 0.9 * np.abs(long))


@exercise("clip_gradients")
def test_clipping_in_place(ask):
    """The arrays in the dictionary are the same ones as before, with other numbers."""
    given = gradients(rng("in place"), 6.0)
    found = ask(probes.clipped_in_place, {name: array.copy() for name, array in given.items()}, 3.0)
    assert found["kept"] is True
    assert all(np.abs(found["arrays"][name] - given[name]).max() > 0.05 * np.abs(given[name]).max() for name in given)
    assert [np.sign(found["arrays"][name]) for name in given] == same_as([np.sign(given[name]) for name in given])


@exercise("clip_gradients")
def test_clipping_again(ask):
    """Each call clips what it is given, whatever was clipped before."""
    draw = rng("clipping again")
    grads, others = gradients(draw, 6.0), gradients(draw, 4.0)
    ask.same(probes.clipped_again, {"a": grads["Wx"]}, {"a": grads["Wx"] / 5.0}, 2.0, **ROUGHLY)
    ask.same(probes.clipped_again, {"a": others["b"]}, {"a": -3.0 * others["b"]}, 1.5, **ROUGHLY)


# ------------------------------------------------------------------------------------------------ gradient_flow


def surprised(case, *key):
    """Parameters, sequences and classes; the model takes the right class for impossible, so slopes are large."""
    params, x, y = classified(case, *key)
    params |= {"Wy": 10.0 * params["Wy"], "by": np.where(np.arange(len(params["by"])) == 0, -300.0, params["by"])}
    return params, x, np.zeros_like(y)


@exercise("gradient_flow", weight=2)
@cases
def test_flow(ask, case):
    """For each step one size, over all examples and units, of the slope of the loss in its state, by every path through later steps."""
    ask.same(probes.flow, *classified(case, "flow"), rtol=GRADIENT)


@exercise("gradient_flow", weight=2)
@cases
def test_flow_of_one_sequence(ask, case):
    """For one sequence the size is the root of the sum of squares over units."""
    params, x, y = classified(case % 2, "flow of one", case)
    ask.same(probes.flow, params, x[:1], y[:1], rtol=GRADIENT)


@exercise("gradient_flow", weight=2)
@cases
def test_flow_of_one_step(ask, case):
    """A sequence of one step has one size."""
    params, x, y = classified(case % 2, "flow of a step", case)
    ask.same(probes.flow, params, x[:, :1], y, rtol=GRADIENT)


@exercise("gradient_flow", weight=2)
@cases
def test_flow_in_the_last_state(ask, case):
    """The last size is that of the slope of the loss in the last state."""
    params, x, y = classified(case % 2, "flow last", case)
    found = ask(probes.flow, params, x, y)
    assert np.shape(found) == (x.shape[1],)
    i, f, g, o = true_gates(x[:, 0], np.zeros((len(x), len(params["Wh"]))), params["Wx"], params["Wh"], params["b"])
    h, c = o * np.tanh(i * g), i * g
    for t in range(1, x.shape[1]):
        i, f, g, o = true_gates(x[:, t], h, params["Wx"], params["Wh"], params["b"])
        c = f * c + i * g
        h = o * np.tanh(c)
    logits = h @ params["Wy"] + params["by"]
    logits -= np.logaddexp.reduce(logits, axis=1, keepdims=True)
    slope = (np.exp(logits) - np.eye(len(params["by"]))[y]) @ params["Wy"].T / len(x)
    assert found[-1] == same_as(np.linalg.norm(slope), rtol=GRADIENT)


@exercise("gradient_flow", weight=3)
@cases
def test_flow_fades(ask, case):
    """From step to step the sizes stand in the right proportion: the slope goes back by hidden state and cell state."""
    params, x, y = classified(case % 2, "fades", case)
    n = len(x)
    params |= {"Wy": 1e-6 * params["Wy"], "by": 0.0 * params["by"]}
    ask.same(probes.flow_in_proportion, params, np.repeat(x[:1], n, axis=0), np.repeat(y[:1], n), rtol=GRADIENT)


@exercise("gradient_flow")
@cases
def test_flow_stops_without_recurrence(ask, case):
    """With Wh = 0 no state reaches a later step, and every size but the last is 0."""
    params, x, y = classified(case % 2, "no recurrence", case)
    params["Wh"] *= 0.0
    found = np.asarray(ask(probes.flow, params, x, y))
    assert found[:-1] == same_as(np.zeros(x.shape[1] - 1))
    assert found[-1] > 0.0


@exercise("gradient_flow")
def test_flow_of_large_logits(ask):
    """With logits of a thousand, of either sign, the sizes are finite and right."""
    for y in ([2, 0], [1, 1], [0, 2]):
        ask.same(probes.flow, *up_and_down(rng("flow of large logits")), np.array(y), rtol=GRADIENT)


@exercise("gradient_flow")
@pytest.mark.parametrize("bias", [0.0, 3.0])
def test_flow_over_many_steps(ask, bias):
    """Over twenty steps the bias of the forget gate decides how much is left of the slope."""
    draw = rng("many steps", int(bias))
    params = parameters(draw, 2, 4, 3)
    params["Wh"] *= 0.3
    params["b"][4:8] = bias
    ask.same(probes.flow, params, draw.normal(size=(2, 20, 2)), np.array([0, 2]), rtol=GRADIENT, atol=1e-16)


@exercise("gradient_flow")
def test_flow_reads_parameters_alone(ask):
    """Of the model `params` is read and nothing else; parameters, sequences and classes stay as they were."""
    ask.same(probes.flow_of_params, *surprised(0, "params alone"), rtol=0.5, atol=0.0)


@exercise("gradient_flow")
def test_flow_again(ask):
    """Each call gives the sizes of its own model."""
    params, x, y = surprised(0, "flow again")
    ask.same(probes.flow_again, params, params | {"Wy": 5.0 * params["Wy"]}, x, y, rtol=0.5, atol=0.0)


@exercise("gradient_flow")
def test_flow_is_derived(ask):
    """The sizes follow from the derivation, for the work of a few passes forward and not one for every unit and step."""
    params, x, y = surprised(1, "flow derived")
    n, t, h = *x.shape[:2], len(params["Wh"])
    ask.same(probes.flow, params, x, y, rtol=0.5, atol=0.0)
    assert ask(probes.entries_of_flow, params, x, y) <= FORWARD_PASSES * (5 * n * t * h + n * len(params["by"]))


# ------------------------------------------------------------------------------------------------ sample


def numbers_between(logits, temperature):
    """Numbers u well inside each choice's share, and near its ends."""
    scores = np.asarray(logits) / temperature
    cdf = np.cumsum(np.exp(scores - np.logaddexp.reduce(scores)))
    ends = np.concatenate([[0.0], cdf[:-1], [1.0]])
    middles = (ends[1:] + ends[:-1])[np.diff(ends) > 1e-5] / 2
    found = np.concatenate([middles, ends[1:] - 3e-9, ends[:-1] + 3e-9])
    return [float(u) for u in found if 0 <= u < 1 and np.abs(cdf - u).min() > 2e-9]


@exercise("sample", weight=3)
@pytest.mark.parametrize("temperature", [0.3, 0.7, 2.0, 6.0])
def test_inverse_cdf(ask, temperature):
    """The smallest k for which the probabilities up to k, of logits over temperature, sum to more than u."""
    draw = rng("inverse", str(temperature))
    logits = 1.5 * draw.normal(size=draw.integers(4, 9))
    ask.same(probes.samples, logits, temperature, numbers_between(logits, temperature), dtype=True)


@exercise("sample", weight=3)
@cases
def test_inverse_cdf_at_temperature_one(ask, case):
    """At temperature 1 the probabilities are the softmax of the logits."""
    draw = rng("temperature one", case)
    logits = 1.5 * draw.normal(size=draw.integers(4, 9))
    ask.same(probes.samples, logits, 1.0, numbers_between(logits, 1.0), dtype=True)


@exercise("sample")
def test_on_the_border(ask):
    """A running sum that equals u is not above it: u = 0.5 takes the second of two equal logits."""
    for logits, us, wanted in (
        ([2.0, 2.0], [0.0, 0.25, 0.5, 0.75], [0, 0, 1, 1]),
        ([0.0, 0.0, 0.0, 0.0], [0.0, 0.25, 0.5, 0.75], [0, 1, 2, 3]),
        ([-1000.0, 0.0, -2000.0], [0.0, 0.5], [1, 1]),
    ):
        assert ask(probes.samples, np.array(logits), 1.0, us) == same_as(wanted, dtype=True)


@exercise("sample")
def test_at_most_the_last(ask):
    """The answer is never more than V - 1, however near u is to 1, even if rounding leaves the sum of all probabilities below it."""
    for size in range(40, 52):
        logits = np.append(np.random.default_rng(size).normal(size=size), 5.0)  # some sums are below 1 - 2⁻⁵³
        assert ask(probes.samples, logits, 1.0, [1.0 - 2.0**-53, 1.0 - 2.0**-50]) == same_as([size, size], dtype=True)
    assert ask(probes.samples, np.array([0.7]), 0.7, [0.0, 0.5]) == same_as([0, 0], dtype=True)


@exercise("sample", weight=2)
def test_temperature_zero(ask):
    """Temperature 0 takes the largest logit, the first of several, whatever u is."""
    for logits, wanted in (([1.0, 3.0, 3.0, 2.0], 1), ([-2.0, -5.0], 0), ([0.5], 0), ([0.0, 900.0, -900.0, 1000.0], 3)):
        assert ask(probes.samples, np.array(logits), 0.0, [0.0, 0.4, 0.999]) == same_as([wanted] * 3, dtype=True)
    for case in range(3):
        draw = rng("zero", case)
        ask.same(probes.samples, draw.normal(size=draw.integers(4, 9)), 0.0, [0.0, 0.4, 0.999], dtype=True)


@exercise("sample")
def test_low_temperatures(ask):
    """A low temperature comes near that, however low it is."""
    for temperature in (0.01, 1e-9, 1e-300):
        logits = rng("low", str(temperature)).permutation(np.arange(2.0, 9.0))
        assert ask(probes.samples, logits, temperature, [0.001, 0.3, 0.999]) == same_as([int(np.argmax(logits))] * 3, dtype=True)


@exercise("sample")
def test_large_logits(ask):
    """Logits of a thousand, of either sign, give the same choices as the logits less their maximum."""
    for shift in (1000.0, -1000.0):
        logits = rng("large", int(shift)).normal(size=5) + shift
        ask.same(probes.samples, logits, 1.0, numbers_between(logits - shift, 1.0), dtype=True)


@exercise("sample")
def test_negative_temperature(ask):
    """A negative temperature raises ValueError; 0 and a positive one do not."""
    for temperature, valid in ((-1.0, 1.0), (-0.01, 0.0), (-5.0, 0.3)):
        answer = ask(probes.refused_temperature, np.array([0.3, 0.1, 30.5]), temperature, valid, 0.9)
        assert answer == same_as({"refused": raised(ValueError), "valid": 2}, dtype=True)


@exercise("sample")
def test_sample_leaves_its_logits(ask):
    """The logits stay as they were, and may be used again."""
    logits, (first, second) = rng("sample untouched").uniform(-30.0, 20.0, size=7), (2, 5)
    logits[first], logits[second] = 50.0, 51.0
    found = ask(probes.untouched_samples, logits, 0.5, [0.01, 0.999])
    assert found == same_as({"changed": False, "samples": [first, second]}, dtype=True)
