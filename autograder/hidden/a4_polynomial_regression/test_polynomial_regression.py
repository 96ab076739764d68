"""Judgements about `polynomial_regression`. Never leaves the trusted process."""

import numpy as np
import pytest

from autograder.testing import exercise, raised, rng, same_as

from . import polynomial_regression_probes as probes

GRADIENT = 1e-7
SOLVED = 1e-7  # normal equations square a condition number of up to 1e3


def normal(key, *shape):
    return rng(key, *shape).normal(size=shape) + np.zeros(shape)


def sizes(count, *key, low=2):
    """So many sizes, no two of them equal."""
    return [int(size) for size in rng("sizes", *key).permutation(np.arange(low, low + 6))[:count]]


def column(*values):
    return np.array(values)[:, np.newaxis]


def form(*shape):
    return {"kind": "ndarray", "shape": list(shape), "dtype": "float64"}


AGAIN = {"another": True, "stays": True, "by its numbers": True}

# ------------------------------------------------------------------------------------------------ make_data


def measured(*key):
    """Coefficients, places and noise, with two more sets of the same shapes."""
    terms, n = sizes(2, *key)
    return [[normal(f"{key} coefficients {i}", terms), normal(f"{key} x {i}", n, 1), normal(f"{key} noise {i}", n, 1)] for i in range(2)]


@exercise("make_data", weight=3)
@pytest.mark.parametrize("turn", range(4))
def test_values_of_the_polynomial(ask, turn):
    """Without noise y is the polynomial with ascending coefficients at x."""
    coefficients, x, _ = measured("curve", turn)[0]
    ask.same(probes.curve, coefficients, x)


@exercise("make_data", weight=2)
@pytest.mark.parametrize("turn", range(2))
def test_noise_is_added(ask, turn):
    """The noise is added once, as it is, to whatever the polynomial gives."""
    coefficients, x, noise = measured("noise", turn)[0]
    assert ask(probes.noise_alone, coefficients, x, noise) == same_as({"noise": noise.ravel(), "curve": True})


@exercise("make_data")
def test_one_example_and_one_term(ask):
    """One place alone works like many, and so does one coefficient alone, which is a constant."""
    ask.same(probes.curve, normal("three terms", 3), normal("one place", 1, 1))
    ask.same(probes.curve, normal("constant", 1), normal("places", 4, 1))


@exercise("make_data")
def test_form_of_the_data(ask):
    """The answer has the shape of x, (n, 1), and is float64, also when whole numbers come in."""
    one, other = measured("form")
    assert ask(probes.form_of, "make_data", one, other, [1]) == same_as({"form": form(len(one[1]), 1), "hangs": [True]})
    whole = [[rng("whole", i, n).integers(2, 9, size=size) * (1 - 2 * i) for n, size in enumerate([3, (5, 1), (5, 1)])] for i in range(2)]
    assert ask(probes.form_of, "make_data", *whole, [1]) == same_as({"form": form(5, 1), "hangs": [True]})


@exercise("make_data", weight=0.5)
def test_data_leave_their_arguments(ask):
    """Coefficients, x and noise stay as they are."""
    assert ask(probes.leaves, "make_data", *measured("leaves"), [1]) == same_as({"changed": False, "hangs": [True]})


@exercise("make_data", weight=0.5)
def test_data_again(ask):
    """Asked again, the function answers by the numbers that come in, and the earlier answer stays as it was."""
    (coefficients, x, noise), (_, another_x, _) = measured("again")
    assert ask(probes.again, "make_data", [coefficients, x, noise], [coefficients, another_x, noise], [1]) == same_as(
        {**AGAIN, "hangs": [True]}
    )


# ------------------------------------------------------------------------------------------------ design_matrix


def beyond_one(*key):
    """Places outside of -1 to 1, some on either side."""
    [n] = sizes(1, *key, low=6)
    return column(*(rng(*key).uniform(1.3, 2.5, n) * np.resize([1.0, -1.0, 1.0], n)))


@exercise("design_matrix", weight=3)
@pytest.mark.parametrize("turn", range(4))
def test_columns_are_powers(ask, turn):
    """After the first come the columns x, x², … up to the degree, in this order."""
    n, degree = sizes(2, "powers", turn)
    ask.same(probes.higher_columns, normal(f"powers {turn}", n, 1), degree)


@exercise("design_matrix")
def test_first_column(ask):
    """The first column is 1 in every row."""
    X = beyond_one("first column")
    assert ask(probes.first_column, X, 4) == same_as({"first": np.ones(len(X)), "others vary": True})


@exercise("design_matrix")
@pytest.mark.parametrize("turn", range(2))
def test_every_power_once(ask, turn):
    """In the row of x every power from 0 up to the degree stands once, so that the row sums to 1 + x + x² + …."""
    n, degree = sizes(2, "sums", turn)
    ask.same(probes.sums_of_rows, normal(f"sums {turn}", n, 1), degree)


@exercise("design_matrix")
@pytest.mark.parametrize(("n", "degree"), [(5, 3), (4, 6), (1, 4), (1, 1), (3, 2)])
def test_form_of_the_matrix(ask, n, degree):
    """There is one row for each example and one column for each power from 0 up to the degree, of float64."""
    assert ask(probes.form_of_matrix, beyond_one("form of the matrix")[:n], degree) == same_as({"form": form(n, degree + 1), "grows": True})


@exercise("design_matrix")
def test_degree_zero(ask):
    """Degree 0 gives the column of ones."""
    for n in (1, 4):
        assert ask(probes.zero_degree, beyond_one("degree zero")[:n]) == same_as({"zero": np.ones((n, 1)), "grows": True})


@exercise("design_matrix")
def test_zero_and_negative_values(ask):
    """0 to the power of 0 is 1, and odd powers keep the sign."""
    ask.same(probes.powers, np.vstack([np.zeros((1, 1)), -abs(normal("negative", 4, 1))]), 5)


@exercise("design_matrix")
@pytest.mark.parametrize("kind", ["int64", "int8", "float32"])
def test_other_kinds_of_numbers(ask, kind):
    """Whole numbers and shorter floats give float64, and large powers do not overflow."""
    ask.same(probes.powers, column(*rng("kinds", kind).integers(60, 120, size=3), -3).astype(kind), 10, dtype=True)


@exercise("design_matrix", weight=0.5)
def test_matrix_leaves_x(ask):
    """X stays as it is."""
    assert ask(probes.matrix_leaves, beyond_one("leaves"), 4) == same_as({"changed": False, "grows": True})


@exercise("design_matrix", weight=0.5)
def test_matrix_again(ask):
    """Asked again, the function answers by the numbers that come in, and the earlier answer stays as it was."""
    X = beyond_one("again")
    assert ask(probes.matrix_again, X, X[::-1] + 0.25, 3) == same_as({**AGAIN, "hangs": [], "grows": True})


# ------------------------------------------------------------------------------------------------ fit_closed_form


def table(key, n, p, ones=False):
    """A table far from being rank-deficient; its first column may be ones."""
    for turn in range(1000):
        Phi = rng(key, n, p, turn).normal(size=(n, p))
        if ones:
            Phi[:, 0] = 1.0
        if np.linalg.cond(Phi) < 50:
            return Phi
    raise AssertionError(f"no table of {n} by {p}")


def whole_table(key):
    """A column of ones and two of whole numbers, without any pattern."""
    for turn in range(1000):
        Phi = np.column_stack([np.ones(6), rng(key, turn).integers(-4, 5, size=(6, 2))])
        if np.linalg.cond(Phi) < 20 and np.linalg.cond(Phi[:2]) < 20:
            return Phi
    raise AssertionError(key)


@exercise("fit_closed_form", weight=4)
@pytest.mark.parametrize(("n", "p"), [(9, 4), (5, 5), (12, 1), (1, 1), (20, 6)])
def test_least_squares(ask, n, p):
    """Without a penalty the answer minimises the sum of squares, whatever the columns mean."""
    ask.same(probes.weights, table("least squares", n, p), normal("targets", n, 1), None, rtol=SOLVED, atol=1e-10)


@exercise("fit_closed_form")
def test_columns_that_are_nearly_alike(ask):
    """Columns may be as alike as the text says, with a condition number of up to 1000."""
    left, right = (np.linalg.qr(rng("alike", size).normal(size=(size, 3)))[0] for size in (8, 3))
    Phi = left * np.array([900.0, 20.0, 1.0]) @ right.T
    ask.same(probes.weights, Phi, normal("alike", 8, 1), None, rtol=SOLVED, atol=1e-8)


@exercise("fit_closed_form")
def test_noiseless_recovery(ask):
    """From points without noise the coefficients of the law come back."""
    law = normal("law", 6)
    across = np.linspace(-1.0, 1.2, 30)[:, np.newaxis] ** np.arange(6)
    assert ask(probes.weights, across, across @ law[:, np.newaxis], None) == same_as(law, rtol=SOLVED, atol=1e-9)


@exercise("fit_closed_form", weight=4)
@pytest.mark.parametrize("l2", [0.01, 1.0, 30.0])
@pytest.mark.parametrize(("n", "p"), [(9, 4), (6, 2), (12, 1), (3, 5)])
def test_penalty(ask, n, p, l2):
    """With l2 the answer minimises the sum of squares plus l2 times the sum of squared coefficients, the first one not counted."""
    ask.same(probes.weights, table("penalty", n, p, ones=True), 3.0 + normal("penalty", n, 1), l2, rtol=SOLVED, atol=1e-10)
    ask.same(probes.weights, table("any first column", n, p), normal("any", n, 1), l2, rtol=SOLVED, atol=1e-10)


@exercise("fit_closed_form")
def test_intercept_is_free(ask):
    """Raising every y raises the first coefficient by as much and leaves the others, however large the penalty is."""
    Phi, y = table("free", 8, 3, ones=True), normal("free", 8, 1)
    for l2 in (0.5, 1e3):
        low, high = (ask(probes.weights, Phi, y + up, l2) for up in (0.0, 50.0))
        assert high == same_as(low + np.array([50.0, 0.0, 0.0]), atol=1e-8)
        assert np.isfinite(low).all()


@exercise("fit_closed_form")
def test_scale_of_the_numbers(ask):
    """It does not matter how large the numbers in Phi are: a small table has large coefficients, and small penalties count there."""
    Phi, y = table("scale", 7, 3, ones=True), normal("scale", 7, 1)
    for l2 in (None, 0.5e-10, 1e-10):
        ask.same(probes.weights, 1e-5 * Phi, 1e-5 * y, l2, rtol=SOLVED, atol=1e-10)
    ask.same(probes.weights, Phi, y, 1e6, rtol=1e-6, atol=1e-9)


DEFICIENT = {
    "a column twice": lambda Phi: Phi[:, [0, 1, 1]],
    "two columns twice": lambda Phi: Phi[:, [0, 1, 2, 2, 1]],
    "a sum of columns": lambda Phi: np.column_stack([Phi, Phi[:, 1] + Phi[:, 2]]),
    "a column of zeros": lambda Phi: np.column_stack([Phi, np.zeros(6)]),
    "two rows": lambda Phi: Phi[:2],
    "nothing": lambda Phi: np.zeros((4, 2)),
    "one row thrice": lambda Phi: Phi[[0, 0, 0]],
}


@exercise("fit_closed_form", weight=3)
@pytest.mark.parametrize("kind", DEFICIENT)
def test_rank_deficient(ask, kind):
    """Where several w are equally good, as with a column that stands there twice or with fewer rows than columns, the shortest is given."""
    Phi = DEFICIENT[kind](whole_table("deficient"))
    ask.same(probes.weights, Phi, normal("deficient", len(Phi), 1), None, rtol=SOLVED, atol=1e-9)


@exercise("fit_closed_form")
def test_penalty_on_deficient_columns(ask):
    """With a penalty, columns that are alike share a coefficient, and fewer rows than columns are no problem."""
    Phi = whole_table("deficient, penalised")
    ask.same(probes.weights, Phi[:, [0, 1, 1, 2]], normal("penalised", 6, 1), 0.5, rtol=SOLVED, atol=1e-10)
    ask.same(probes.weights, Phi[:2], normal("penalised", 2, 1), 2.0, rtol=SOLVED, atol=1e-10)


@exercise("fit_closed_form")
def test_form_of_the_coefficients(ask):
    """The answer has the shape (P, 1), and is float64, also when whole numbers come in."""
    for n, p in [(8, 3), (5, 1)]:
        Phi, y, other = table("form", n, p), normal("form", n, 1), normal("other form", n, 1)
        assert ask(probes.form_of, "fit_closed_form", [Phi, y, 0.5], [Phi, other, 0.5], [1]) == same_as(
            {"form": form(p, 1), "hangs": [True]}
        )
    Phi, y = whole_table("whole").astype(int), rng("whole targets").integers(-9, 10, size=(6, 1))
    assert ask(probes.form_of, "fit_closed_form", [Phi, y, 0.0], [Phi, y + Phi[:, 1:2] + 1, 0.0], [1]) == {
        "form": form(3, 1),
        "hangs": [True],
    }


@exercise("fit_closed_form", weight=0.5)
def test_fit_leaves_its_arguments(ask):
    """Phi and y stay as they are."""
    Phi, y, other = table("leaves", 7, 4), normal("leaves", 7, 1), normal("others", 7, 1)
    assert ask(probes.leaves, "fit_closed_form", [Phi, y, 0.5], [Phi, other, 0.5], [1]) == same_as({"changed": False, "hangs": [True]})


@exercise("fit_closed_form", weight=0.5)
def test_fit_again(ask):
    """Asked again, the function answers by the numbers that come in, and the earlier answer stays as it was."""
    one, other = ([table(f"again {i}", 7, 4), normal(f"again {i}", 7, 1), 0.5] for i in range(2))
    assert ask(probes.again, "fit_closed_form", one, other, [1]) == same_as({**AGAIN, "hangs": [True]})


# ------------------------------------------------------------------------------------------------ mse

SHAPES = [(5, 1), (4, 3), (7,), (2, 3, 4), (1, 1), ()]


@exercise("mse", weight=4)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_mean_of_squares(ask, shape):
    """The loss is the mean of the squared errors, over all entries, for any shape."""
    ask.same(probes.loss, normal("prediction", *shape), normal("target", *shape))


@exercise("mse")
def test_loss_grows_with_the_square(ask):
    """Errors three times as large have nine times the loss, wherever the targets are."""
    for n in (3, 8):
        assert ask(probes.loss_grows, normal("targets", n, 2), normal("errors", n, 2)) == same_as(9.0)


@exercise("mse")
def test_small_errors_of_large_numbers(ask):
    """The loss keeps its digits where prediction and target are large and nearly alike."""
    y = 1e6 + normal("large", 6, 1)
    ask.same(probes.loss, y + 1e-3 * normal("small", 6, 1), y)


@exercise("mse", weight=4)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_slopes_of_the_loss(ask, shape):
    """The gradient is the slope of the mean of the squared errors in each entry of the prediction, for any shape."""
    ask.same(probes.gradient, normal("prediction", *shape), normal("target", *shape), rtol=GRADIENT)


@exercise("mse")
@pytest.mark.parametrize("shape", [(6, 1), (2, 4)], ids=str)
def test_direction_of_the_slopes(ask, shape):
    """The gradient points uphill: from the target to the prediction."""
    p, y = normal("from", *shape), normal("to", *shape)
    assert ask(probes.direction, p, y) == same_as((p - y) / np.linalg.norm(p - y))


@exercise("mse")
def test_slopes_of_small_errors_beside_large_ones(ask):
    """Each slope is as exact as the formula gives it, also where one error is a million times another."""
    p, y = normal("spread", 7, 1), normal("spread out", 7, 1)
    ask.same(probes.gradient, y + (p - y) * 10.0 ** column(6, -3, 5, 0, -2, 6, 3), y, rtol=GRADIENT)


UNEQUAL = [
    ((4, 1), (4,)),
    ((4,), (4, 1)),
    ((3, 2), (2,)),
    ((3, 2), (1, 2)),
    ((3, 1), (1, 1)),
    ((1, 1), ()),
    ((2, 3), (3, 2)),
    ((6,), (2, 3)),
]


@exercise("mse")
@pytest.mark.parametrize(("p", "y"), UNEQUAL)
def test_loss_of_other_shapes(ask, p, y):
    """mse raises ValueError where shapes differ, also where NumPy would broadcast; shapes that agree have a loss."""
    answer = ask(probes.loss_refuses, normal("unequal", *p), normal("other shape", *y))
    assert answer == same_as({"refused": raised(ValueError), "larger": True})


@exercise("mse")
@pytest.mark.parametrize(("p", "y"), UNEQUAL)
def test_slopes_of_other_shapes(ask, p, y):
    """mse_gradient raises ValueError where shapes differ, also where NumPy would broadcast; shapes that agree have slopes."""
    prediction = normal("unequal", *p)
    error = -np.sign(prediction) * np.resize([1.0, -2.0, 0.5], p)
    answer = ask(probes.gradient_refuses, prediction, normal("other shape", *y), error)
    assert answer == same_as({"refused": raised(ValueError), "signs": np.sign(error)})


@exercise("mse")
def test_form_of_the_slopes(ask):
    """The gradient has the shape of the prediction, and is float64, also for whole numbers."""
    for shape in [(3, 2), (4,), (1, 1)]:
        p, y = rng("whole p", *shape).integers(1, 9, size=shape), 10 + rng("whole y", *shape).integers(1, 9, size=shape)
        assert ask(probes.gradient_kind, p, y) == same_as({"form": form(*shape), "signs": -np.ones(shape)})


@exercise("mse")
@pytest.mark.parametrize("name", ["mse", "mse_gradient"])
def test_losses_leave_their_arguments(ask, name):
    """Prediction and target stay as they are."""
    one, other = ([normal(f"p {i}", 4, 2), normal(f"y {i}", 4, 2)] for i in range(2))
    assert ask(probes.leaves, name, one, other, [0, 1]) == same_as({"changed": False, "hangs": [True, True]})


@exercise("mse")
@pytest.mark.parametrize("name", ["mse", "mse_gradient"])
def test_losses_again(ask, name):
    """Asked again, both functions answer by the numbers that come in, and the earlier answer stays as it was."""
    one, other = ([normal(f"again p {i}", 4, 2), normal(f"again y {i}", 4, 2)] for i in range(2))
    assert ask(probes.again, name, one, other, [0, 1]) == same_as({**AGAIN, "hangs": [True, True]})


# ------------------------------------------------------------------------------------------------ models

LINEAR, NETWORK = "LinearLayer", "TanhNetwork"


def weights(name, key, n, d, h, k):
    """A model's weights, an input and slopes for its output, for n examples."""
    shapes = {"W": (d, k), "b": (k,)} if name == LINEAR else {"W1": (d, h), "b1": (h,), "W2": (h, k), "b2": (k,)}
    return {part: normal(f"{key} {part}", *shape) for part, shape in shapes.items()}, normal(f"{key} X", n, d), normal(f"{key} G", n, k)


def drawn(name, *key):
    return weights(name, str(key), *sizes(4, name, *key))


SIZES = [(0, 0, 0, 0), (0, 1, 0, 0), (0, 0, 0, 1), (1, 0, 0, 0), (0, 0, 1, 0), (1, 1, 1, 1)]  # 1: this size is 1


def sized(name, key, ones):
    return weights(name, key, *(1 if one else size for one, size in zip(ones, sizes(4, name, key), strict=True)))


def forms(name, given, X, dout):
    shapes = {key: form(*value.shape) for key, value in given.items()}
    return {"out": form(*dout.shape), "dX": form(*X.shape), "params": shapes, "grads": shapes, "linear": True}


def last(ask, name):
    given, X, dout = drawn(name, "last")
    shorter, another = (X[:-1], dout[:-1]), (normal("same size X", *X.shape), normal("same size G", *dout.shape))
    inputs, douts = zip((X, dout), shorter, another, strict=True)
    assert ask(probes.last_forward, name, given, list(inputs), list(douts)) == same_as({"as of a new one": True, "linear": True})


def forward_again(ask, name):
    given, X, _ = drawn(name, "again")
    answer = ask(probes.forward_again, name, given, X, normal("another X", *X.shape))
    assert answer == same_as({**AGAIN, "hangs on weights": True})


def apart(ask, name):
    given, X, dout = drawn(name, "two models")
    others = {key: normal(f"other {key}", *value.shape) for key, value in given.items()}
    assert ask(probes.two_models, name, given, others, X, dout) == same_as({"apart": True, "linear": True})


def whole(ask, name):
    given, X, _ = drawn(name, "whole")
    integers = {key: rng("whole", key, *value.shape).integers(-3, 4, size=value.shape) for key, value in given.items()}
    answer = ask(probes.whole_weights, name, integers, X)
    assert answer == same_as({"dtypes": dict.fromkeys(given, "float64"), "hangs on weights": True})


def in_training(ask, name):
    """Two models, and batches of the same number of examples and of another."""
    n, *others = sizes(4, name, "training")
    starts = [weights(name, f"trained {i}", n, *others)[0] for i in range(2)]
    steps = [weights(name, f"batch {i}", n + i % 3 // 2, *others)[1:] for i in range(6)]
    ask.same(probes.trained_in_turns, name, starts, [list(pair) for pair in steps], 0.1, rtol=GRADIENT)


def raised_by(given, key):
    """The weights, the last bias so large that the outputs have no digits left for a small step."""
    return given | {key: given[key] + 1e11}


@exercise("linear_layer", weight=6)
@pytest.mark.parametrize("ones", SIZES, ids=str)
def test_linear_layer_forward(ask, ones):
    """forward gives X @ W + b, for any number of examples, inputs and outputs."""
    given, X, _ = sized(LINEAR, "forward", ones)
    ask.same(probes.forward, LINEAR, given, X)


@exercise("linear_layer", weight=0.5)
def test_linear_layer_arguments_in_order(ask):
    """W comes first and b second."""
    given, X, _ = drawn(LINEAR, "order")
    ask.same(probes.forward_in_order, LINEAR, given, X)


@exercise("linear_layer", weight=6)
@pytest.mark.parametrize("ones", SIZES, ids=str)
def test_linear_layer_slopes_of_the_weights(ask, ones):
    """backward sums the gradient of W over the examples."""
    ask.same(probes.slopes, LINEAR, *sized(LINEAR, "W", ones), ["W"], rtol=GRADIENT)


@exercise("linear_layer", weight=4)
@pytest.mark.parametrize("ones", SIZES, ids=str)
def test_linear_layer_slopes_of_the_bias(ask, ones):
    """backward sums the gradient of b over the examples."""
    ask.same(probes.slopes, LINEAR, *sized(LINEAR, "b", ones), ["b"], rtol=GRADIENT)


@exercise("linear_layer", weight=6)
@pytest.mark.parametrize("ones", SIZES, ids=str)
def test_linear_layer_slopes_of_the_input(ask, ones):
    """backward returns the gradient of X, which sums over the outputs."""
    ask.same(probes.slopes, LINEAR, *sized(LINEAR, "X", ones), ["X"], rtol=GRADIENT)


@exercise("linear_layer", weight=4)
def test_linear_layer_slopes_are_derived(ask):
    """The slopes are those of the derivation, and so as exact where the outputs are very large: slopes that are measured are not."""
    given, X, dout = drawn(LINEAR, "derived")
    ask.same(probes.slopes, LINEAR, raised_by(given, "b"), X, dout, ["X", "W", "b"], rtol=GRADIENT)


@exercise("linear_layer", weight=12)
def test_linear_layer_in_training(ask):
    """Two layers that are trained in turns, in steps on batches of several sizes, arrive where the equations lead them."""
    in_training(ask, LINEAR)


@exercise("linear_layer")
def test_linear_layer_forms(ask):
    """params and grads have the keys W and b and their shapes, outputs and gradients theirs, and all are float64."""
    given = drawn(LINEAR, "forms")
    assert ask(probes.forms, LINEAR, *given) == forms(LINEAR, *given)


@exercise("linear_layer", weight=2)
def test_linear_layer_overwrites(ask):
    """backward overwrites the gradients of an earlier backward."""
    assert ask(probes.overwritten, LINEAR, *drawn(LINEAR, "overwrites")) == same_as({"overwritten": True, "there": True})


@exercise("linear_layer", weight=2)
def test_linear_layer_backward_of_the_last(ask):
    """backward belongs to the last forward, whatever came before, of another number of examples or of the same."""
    last(ask, LINEAR)


@exercise("linear_layer", weight=1.5)
def test_linear_layer_has_copies(ask):
    """The layer holds copies: it and the arrays that it was given change without each other."""
    given, X, _ = drawn(LINEAR, "copies")
    assert ask(probes.has_copies, LINEAR, given, X) == same_as({"stays": True, "changed": False, "hangs on weights": True})


@exercise("linear_layer", weight=2)
def test_linear_layer_uses_its_params(ask):
    """forward uses the numbers that are in .params at that moment."""
    given, X, _ = drawn(LINEAR, "params")
    assert ask(probes.params_now, LINEAR, given, X) == same_as({"another": True, "as new": True})


@exercise("linear_layer")
def test_linear_layer_of_whole_numbers(ask):
    """Weights of whole numbers become float64, so that training can move them by fractions."""
    whole(ask, LINEAR)


@exercise("linear_layer")
def test_linear_layer_backward_leaves_parameters(ask):
    """backward changes no parameter."""
    assert ask(probes.backward_leaves, LINEAR, *drawn(LINEAR, "leaves")) == same_as({"changed": False, "linear": True})


@exercise("linear_layer")
def test_linear_layer_leaves_its_inputs(ask):
    """X and dout stay as they are."""
    assert ask(probes.inputs_stay, LINEAR, *drawn(LINEAR, "inputs")) == same_as({"changed": False, "linear": True})


@exercise("linear_layer")
def test_linear_layer_again(ask):
    """Asked again, one layer answers by the numbers that come in, and its earlier output stays as it was."""
    forward_again(ask, LINEAR)


@exercise("linear_layer")
def test_two_linear_layers(ask):
    """Two layers in turns share nothing: neither knows what the other one saw."""
    apart(ask, LINEAR)


@exercise("tanh_network", weight=4)
@pytest.mark.parametrize("ones", SIZES, ids=str)
def test_network_forward(ask, ones):
    """forward gives tanh(X @ W1 + b1) @ W2 + b2, for any number of examples, inputs, neurons and outputs."""
    given, X, _ = sized(NETWORK, "forward", ones)
    ask.same(probes.forward, NETWORK, given, X)


@exercise("tanh_network", weight=0.5)
def test_network_arguments_in_order(ask):
    """The weights come in the order W1, b1, W2, b2."""
    given, X, _ = drawn(NETWORK, "order")
    ask.same(probes.forward_in_order, NETWORK, given, X)


@exercise("tanh_network", weight=0.5)
def test_network_far_from_zero(ask):
    """Neurons that are far from 0 are no problem."""
    given, X, _ = drawn(NETWORK, "far")
    ask.same(probes.forward, NETWORK, given, 1e5 * X)


@exercise("tanh_network", weight=4)
@pytest.mark.parametrize("ones", SIZES, ids=str)
def test_network_slopes_of_the_last_layer(ask, ones):
    """backward gives the gradients of W2 and b2, which are those of a linear layer with the input T."""
    ask.same(probes.slopes, NETWORK, *sized(NETWORK, "last", ones), ["W2", "b2"], rtol=GRADIENT)


@exercise("tanh_network", weight=5)
@pytest.mark.parametrize("ones", SIZES, ids=str)
def test_network_slopes_of_the_first_layer(ask, ones):
    """backward gives the gradients of W1 and b1: back through the last layer, and through tanh by its slope at A."""
    ask.same(probes.slopes, NETWORK, *sized(NETWORK, "first", ones), ["W1", "b1"], rtol=GRADIENT)


@exercise("tanh_network", weight=3)
@pytest.mark.parametrize("ones", SIZES, ids=str)
def test_network_slopes_of_the_input(ask, ones):
    """backward returns the gradient of X, through both layers."""
    ask.same(probes.slopes, NETWORK, *sized(NETWORK, "X", ones), ["X"], rtol=GRADIENT)


@exercise("tanh_network", weight=3)
def test_network_slopes_are_derived(ask):
    """The slopes are those of the derivation, and so as exact where the outputs are very large: slopes that are measured are not."""
    given, X, dout = drawn(NETWORK, "derived")
    ask.same(probes.slopes, NETWORK, raised_by(given, "b2"), X, dout, ["X", *given], rtol=GRADIENT)


@exercise("tanh_network", weight=6)
def test_network_in_training(ask):
    """Two networks that are trained in turns, in steps on batches of several sizes, arrive where the equations lead them."""
    in_training(ask, NETWORK)


@exercise("tanh_network")
def test_network_forms(ask):
    """params and grads have the keys W1, b1, W2 and b2 and their shapes, outputs and gradients theirs, and all are float64."""
    given = drawn(NETWORK, "forms")
    assert ask(probes.forms, NETWORK, *given) == forms(NETWORK, *given)


@exercise("tanh_network", weight=2)
def test_network_overwrites(ask):
    """backward overwrites the gradients of an earlier backward."""
    assert ask(probes.overwritten, NETWORK, *drawn(NETWORK, "overwrites")) == same_as({"overwritten": True, "there": True})


@exercise("tanh_network", weight=2)
def test_network_backward_of_the_last(ask):
    """backward belongs to the last forward, whatever came before, of another number of examples or of the same."""
    last(ask, NETWORK)


@exercise("tanh_network", weight=1.5)
def test_network_has_copies(ask):
    """The network holds copies: it and the arrays that it was given change without each other."""
    given, X, _ = drawn(NETWORK, "copies")
    assert ask(probes.has_copies, NETWORK, given, X) == same_as({"stays": True, "changed": False, "hangs on weights": True})


@exercise("tanh_network", weight=2)
def test_network_uses_its_params(ask):
    """forward uses the numbers that are in .params at that moment."""
    given, X, _ = drawn(NETWORK, "params")
    assert ask(probes.params_now, NETWORK, given, X) == same_as({"another": True, "as new": True})


@exercise("tanh_network")
def test_network_of_whole_numbers(ask):
    """Weights of whole numbers become float64, so that training can move them by fractions."""
    whole(ask, NETWORK)


@exercise("tanh_network")
def test_network_backward_leaves_parameters(ask):
    """backward changes no parameter."""
    assert ask(probes.backward_leaves, NETWORK, *drawn(NETWORK, "leaves")) == same_as({"changed": False, "linear": True})


@exercise("tanh_network")
def test_network_leaves_its_inputs(ask):
    """X and dout stay as they are."""
    assert ask(probes.inputs_stay, NETWORK, *drawn(NETWORK, "inputs")) == same_as({"changed": False, "linear": True})


@exercise("tanh_network")
def test_network_again(ask):
    """Asked again, one network answers by the numbers that come in, and its earlier output stays as it was."""
    forward_again(ask, NETWORK)


@exercise("tanh_network")
def test_two_networks(ask):
    """Two networks in turns share nothing: neither knows what the other one saw."""
    apart(ask, NETWORK)


# ------------------------------------------------------------------------------------------------ momentum_step

PARTS = {"W2": (4, 1), "b": (3,), "W1": (2, 4), "a": (1,)}


def parts(*key):
    return {name: normal(f"{key} {name}", *shape) for name, shape in PARTS.items()}


def several(key, count=3):
    return [parts(key, step) for step in range(count)]


@exercise("momentum_step", weight=3)
@pytest.mark.parametrize(("lr", "beta"), [(0.1, 0.9), (0.03, 0.5), (1.0, 0.0)])
def test_velocities_of_several_steps(ask, lr, beta):
    """Each step multiplies the velocity by beta and adds the gradient."""
    ask.same(probes.velocities, parts("start"), several("gradients"), parts("velocity"), lr, beta)


@exercise("momentum_step", weight=2)
@pytest.mark.parametrize("beta", [0.9, 0.0])
def test_moves_by_the_new_velocity(ask, beta):
    """Each step moves the parameters by minus lr times the velocity that it has made."""
    answer = ask(probes.moves, parts("from"), several("along"), parts("fast"), 0.07, beta)
    assert answer == same_as([{key: np.zeros(shape) for key, shape in PARTS.items()}] * 3)


@exercise("momentum_step", weight=2)
def test_first_step_from_rest(ask):
    """From rest the first step is plain descent: minus lr times the gradient."""
    start, grads = parts("rest"), parts("first")
    assert ask(probes.first_step, start, grads, 0.3, 0.8) == same_as({key: start[key] - 0.3 * grads[key] for key in start})


@exercise("momentum_step", weight=2)
@pytest.mark.parametrize("beta", [0.9, 0.25, 0.0])
def test_what_is_left_of_a_velocity(ask, beta):
    """Of a velocity that was there, beta times as much is left after a step."""
    velocity = parts("left")
    answer = ask(probes.memory, parts("at"), parts("slopes"), velocity, 0.1, beta)
    assert answer == same_as({key: beta * velocity[key] for key in velocity})


@exercise("momentum_step")
@pytest.mark.parametrize("what", ["params", "velocity"])
def test_the_same_arrays(ask, what):
    """The arrays of parameters and velocities stay the same ones, with new numbers in them."""
    answer = ask(probes.same_arrays, parts("same"), parts("slopes"), parts("other slopes"), parts("velocity"), 0.1, 0.5)
    assert answer[what] == [dict.fromkeys(PARTS, True)] * 2
    assert answer["hangs on gradients"] is True


@exercise("momentum_step")
def test_gradients_stay(ask):
    """Gradients stay as they are."""
    answer = ask(probes.same_arrays, parts("same"), parts("slopes"), parts("other slopes"), parts("velocity"), 0.1, 0.5)
    assert {key: answer[key] for key in ("changed", "hangs on gradients")} == same_as({"changed": False, "hangs on gradients": True})


@exercise("momentum_step")
def test_every_key(ask):
    """Every key takes a step by its own gradient, in whatever order the dictionaries are."""
    answer = ask(probes.all_keys, parts("keys"), parts("slopes"), parts("velocity"), 0.1, 0.5)
    assert answer == same_as({key: [True, True] for key in PARTS})


@exercise("momentum_step")
@pytest.mark.parametrize("shape", [(1,), (5, 2)], ids=str)
def test_one_key(ask, shape):
    """One key alone works like many, and all arguments can be given by their names."""
    start, slopes = normal("one key", *shape), normal("its slopes", *shape)
    assert ask(probes.by_name, start, slopes) == same_as(start - 0.5 * slopes)


# ------------------------------------------------------------------------------------------------ fit


def parabola(key, n):
    """Inputs that are all different, and targets."""
    return (rng("places", key, n).permutation(n)[:, np.newaxis] + 1.0) / n, rng("targets", key, n).normal(size=(n, 1))


def followed(ask, X, y, epochs, batch_size, lr):
    """The course of a training, and its batches as row numbers with the slopes that came back."""
    answer = ask(probes.course, X, y, epochs, batch_size, lr, int(rng("order", len(X)).integers(1000)))
    place = {tuple(row): number for number, row in enumerate(X.tolist())}
    return answer, [([place[tuple(row)] for row in batch.tolist()], dout) for batch, dout in answer["seen"]]


def at_the_start(X):
    return np.full(X.shape[1], 0.5) * X**2 + np.arange(X.shape[1]) - 1.0


def one_of(answer, *wanted):
    """Loss and slopes are those of mse, or of the loss that stands in the place of the submission's own functions."""
    assert any(answer == same_as(value, rtol=GRADIENT) for value in wanted)


COURSES = [(7, 3, 3), (8, 2, 4), (5, 2, 1), (9, 2, 5), (6, 3, 6), (1, 3, 1), (5, 2, 100)]


@exercise("fit", weight=2)
@pytest.mark.parametrize(("n", "epochs", "batch_size"), COURSES)
def test_batches(ask, n, epochs, batch_size):
    """Every epoch is cut into batches of batch_size, the last one shorter if need be, and each of them makes one backward."""
    _, batches = followed(ask, *parabola("batches", n), epochs, batch_size, 0.1)
    full = min(batch_size, n)
    assert [len(rows) for rows, _ in batches] == ([full] * (n // full) + [n % full] * (n % full > 0)) * epochs


@exercise("fit", weight=2)
@pytest.mark.parametrize(("n", "epochs", "batch_size"), COURSES)
def test_slopes_of_each_batch(ask, n, epochs, batch_size):
    """backward gets the gradient of the loss of its batch, each prediction compared with the target of its own example."""
    X, y = parabola("slopes", n)
    _, batches = followed(ask, X, y, epochs, batch_size, 0.0)
    assert len(batches) >= epochs
    for rows, dout in batches:
        errors = at_the_start(X)[rows] - y[rows]
        one_of(dout, probes.other_gradient(errors, 0.0), 2.0 * errors / errors.size)


@exercise("fit", weight=3)
@pytest.mark.parametrize(("n", "epochs", "batch_size"), COURSES)
def test_steps_of_training(ask, n, epochs, batch_size):
    """Each backward is followed by one step, of minus lr times the gradient, for every parameter."""
    X, y = parabola("steps", n)
    answer, batches = followed(ask, X, y, epochs, batch_size, 0.2)
    assert len(batches) >= epochs
    a, c = np.full(1, 0.5), np.full(1, -1.0)
    for rows, dout in batches:
        errors = a * X[rows] ** 2 + c - y[rows]
        if n == batch_size:
            one_of(dout, probes.other_gradient(errors, 0.0), 2.0 * errors / errors.size)
        with np.errstate(all="ignore"):
            a, c = a - 0.2 * np.sum(dout * X[rows] ** 2, axis=0), c - 0.2 * np.sum(dout, axis=0)
    assert answer["params"] == same_as({"a": a, "c": c}, rtol=GRADIENT)


@exercise("fit")
@pytest.mark.parametrize(("n", "epochs", "batch_size"), COURSES)
def test_form_of_the_history(ask, n, epochs, batch_size):
    """The answer is a dictionary with the key loss alone, a list of one number for each epoch."""
    answer, batches = followed(ask, *parabola("history", n), epochs, batch_size, 0.1)
    assert len(batches) >= epochs
    assert list(answer["history"]) == ["loss"]
    assert isinstance(answer["history"]["loss"], list)
    assert np.shape(answer["history"]["loss"]) == (epochs,)


@exercise("fit", weight=2)
@pytest.mark.parametrize("n", [6, 1])
def test_loss_before_the_step(ask, n):
    """The loss of a batch is that of the model before the step that the batch causes."""
    X, y = parabola("before", n)
    answer, _ = followed(ask, X, y, 1, n, 0.3)
    errors = at_the_start(X) - y
    one_of(np.ravel(answer["history"]["loss"])[0], probes.other_loss(errors, 0.0), np.mean(errors**2))


@exercise("fit", weight=2)
@pytest.mark.parametrize(("n", "batch_size"), [(7, 3), (9, 5), (11, 4)])
def test_loss_of_an_epoch(ask, n, batch_size):
    """The loss of an epoch weighs the batches by their examples, the short one included."""
    X, y = parabola("epoch", n)
    answer, _ = followed(ask, X, y, 2, batch_size, 0.0)
    errors = at_the_start(X) - y
    one_of(answer["history"]["loss"], [probes.other_loss(errors, 0.0)] * 2, [float(np.mean(errors**2))] * 2)


@exercise("fit")
def test_several_outputs(ask):
    """Models of several inputs and outputs are trained too; the loss is the mean over all entries."""
    X, y = normal("several", 8, 3), normal("several targets", 8, 3)
    answer, batches = followed(ask, X, y, 2, 3, 0.0)
    assert len(batches) == 6
    for rows, dout in batches:
        errors = at_the_start(X)[rows] - y[rows]
        one_of(dout, probes.other_gradient(errors, 0.0), 2.0 * errors / errors.size)
    errors = at_the_start(X) - y
    one_of(answer["history"]["loss"][-1], probes.other_loss(errors, 0.0), np.mean(errors**2))


@exercise("fit")
@pytest.mark.parametrize(("n", "batch_size"), [(11, 4), (12, 12), (13, 1)])
def test_every_example_once(ask, n, batch_size):
    """Every epoch has every example once."""
    X, y = parabola("once", n)
    [run] = ask(probes.orders, X, y, 4, batch_size, [3])
    epochs = [run["inputs"][start : start + n] for start in range(0, 4 * n, n)]
    assert len(run["inputs"]) == 4 * n
    assert all(sorted(order) == sorted(X.ravel().tolist()) for order in epochs)


@exercise("fit", weight=2)
@pytest.mark.parametrize(("n", "batch_size"), [(11, 4), (12, 12), (13, 1)])
def test_shuffling(ask, n, batch_size):
    """Every epoch has an order of its own."""
    X, y = parabola("shuffling", n)
    [run] = ask(probes.orders, X, y, 4, batch_size, [1])
    epochs = [tuple(run["inputs"][start : start + n]) for start in range(0, 4 * n, n)]
    assert len(run["inputs"]) == 4 * n
    assert len({*epochs, tuple(X.ravel().tolist())}) == 5


@exercise("fit", weight=2)
def test_orders_come_from_the_generator(ask):
    """The orders are drawn from rng: one seed gives the same orders, another seed others."""
    first, again, other = ask(probes.orders, *parabola("generator", 10), 3, 4, [1, 1, 2])
    assert [run["drawn"] for run in (first, again, other)] == [True] * 3
    assert len(first["inputs"]) >= 20
    assert first["inputs"] == again["inputs"]
    assert first["inputs"] != other["inputs"]


@exercise("fit", weight=0.5)
def test_fit_leaves_the_data(ask):
    """X and y stay as they are."""
    answer, batches = followed(ask, *parabola("left", 7), 2, 3, 0.1)
    assert len(batches) >= 2
    assert answer["changed"] is False


@exercise("fit")
def test_training_goes_on(ask):
    """A model that was trained before is trained further, from where it was: epoch by epoch comes to the same as all at once."""
    at_once, in_parts = ask(probes.in_parts, *parabola("parts", 7), 3, 3, 0.1, 5)
    assert len(at_once[0]) >= 3
    assert in_parts == same_as(at_once)


# ------------------------------------------------------------------------------------------------ select_degree


def error(X, y, degree, learn, fold, l2=0.0):
    """Learnt from some rows, the mean squared error on others."""
    Phi = X ** np.arange(degree + 1)
    penalty = np.sqrt(l2) * np.eye(degree + 1)[1:]
    w = np.linalg.lstsq(np.vstack([Phi[learn], penalty]), np.vstack([y[learn], np.zeros((degree, 1))]), rcond=None)[0]
    return float(np.mean((Phi[fold] @ w - y[fold]) ** 2))


def scores(X, y, degrees, folds, mistake=""):
    """What each degree is judged by, in the right way or with a mistake."""
    everything = np.arange(len(X))
    rest = [np.setdiff1d(np.concatenate(folds) if mistake == "rows of folds" else everything, fold) for fold in folds]
    learn = {"on all": [everything] * len(folds), "the other way round": folds}.get(mistake, rest)
    on = rest if mistake in ("rows learnt from", "the other way round") else folds
    l2 = 1.0 if mistake == "penalty" else 0.0
    table = np.array([[error(X, y, degree, *rows, l2) for rows in zip(learn, on, strict=True)] for degree in degrees])
    weigh = {
        "by size": lambda: table @ [len(fold) for fold in folds],
        "last": lambda: table[:, -1],
        "first": lambda: table[:, 0],
        "worst": lambda: table.max(axis=1),
        "best": lambda: table.min(axis=1),
        "median": lambda: np.median(table, axis=1),
        "roots": lambda: np.sqrt(table).mean(axis=1),
    }
    return weigh.get(mistake, lambda: table.mean(axis=1))()


def points(mistakes, *key, scale=1.0, agree=()):
    """Noisy points of a low degree, degrees in no order, folds of different sizes with some rows in none of them.

    The right degree is ahead by 10% at least, each of the mistakes takes another one, and whatever is to agree takes the same.
    """
    draw = rng("points", *key)
    while True:
        n = int(draw.integers(13, 18))
        X = draw.uniform(-1.2, 1.2, (n, 1))
        y = (X ** np.arange(3)) @ (3.0 * draw.normal(size=(3, 1))) + draw.normal(size=(n, 1))
        rows = draw.permutation(n)[: n - 2]
        degrees = [int(degree) for degree in draw.permutation(5)]
        folds = [rows[:2], rows[2:7], rows[7:10], rows[10:]]
        right = scores(X, y, degrees, folds)
        best, second = np.sort(right)[:2]

        def takes(mistake, right=right, X=X, y=y, degrees=degrees, folds=folds):
            return int(np.argmin(scores(X, y, degrees, folds, mistake))) == int(np.argmin(right))

        if second > 1.1 * best and not any(map(takes, mistakes)) and all(map(takes, agree)):
            return X, scale * y, degrees, folds


def cases(*mistakes):
    return [pytest.param(points([mistake], mistake), id=mistake) for mistake in mistakes]


@exercise("select_degree", weight=3)
@pytest.mark.parametrize(
    "given", [points([], "clear", turn, agree=["by size", "median", "roots"], scale=scale) for turn, scale in enumerate([1.0, 1e-4, 1e3])]
)
def test_smallest_cross_validation_error(ask, given):
    """The degree with the smallest cross-validation error is chosen, however large the errors are."""
    ask.same(probes.chosen, *given)


@exercise("select_degree", weight=2)
@pytest.mark.parametrize("given", cases("rows learnt from", "on all", "the other way round"))
def test_errors_on_rows_that_are_new(ask, given):
    """A fold is measured on, and the fit that it measures has not seen it."""
    ask.same(probes.chosen, *given)


@exercise("select_degree", weight=2)
@pytest.mark.parametrize("given", cases("by size", "last", "first", "worst", "best", "median"))
def test_mean_over_the_folds(ask, given):
    """The cross-validation error is the mean over all folds, each counted once whatever its size."""
    ask.same(probes.chosen, *given)


@exercise("select_degree")
@pytest.mark.parametrize("given", cases("rows of folds", "penalty", "roots"))
def test_fit_and_error_of_a_fold(ask, given):
    """A fold is learnt from with all rows not in it, those of no fold included, without a penalty; its error is a mean of squares."""
    ask.same(probes.chosen, *given)


@exercise("select_degree", weight=2)
@pytest.mark.parametrize(("degrees", "lowest"), [([3, 1, 2], 1), ([4, 2], 2), ([2, 3, 0, 1], 0)])
def test_ties_take_the_lowest(ask, degrees, lowest):
    """If several degrees have the smallest error, the lowest of them is chosen, in whatever order they come."""
    X, rows = normal("ties", 12, 1), rng("tied folds").permutation(12)
    assert ask(probes.chosen, X, np.zeros((12, 1)), degrees, [rows[:3], rows[3:7]]) == same_as(lowest)


def bent(*key):
    """A parabola with a little noise, which nobody takes for a line."""
    X = np.linspace(-1, 1, 14)[:, np.newaxis]
    return X, 1.0 - 2.0 * X + (3.0 + rng("bend", *key).uniform(0, 2)) * X**2 + 0.05 * normal(f"bent {key}", 14, 1)


@exercise("select_degree", weight=2)
def test_clear_cases(ask):
    """A noisy parabola is not taken for a line, from folds of one row, from one fold alone, and from two."""
    X, y = bent("clear")
    singles = [np.array([row]) for row in range(14)]
    for folds in (singles, [np.array([3, 8, 12])], singles[2:7:4]):
        ask.same(probes.chosen, X, y, [0, 1, 2], folds)


@exercise("select_degree")
def test_few_degrees(ask):
    """One degree alone is the answer, whichever it is."""
    X, y = bent("alone")
    for degree in (5, 0, 3):
        assert ask(probes.chosen, X, y, [degree], [np.array([0, 4]), np.array([7])]) == same_as(degree)


@exercise("select_degree")
def test_choice_leaves_its_arguments(ask):
    """X, y, the list of degrees and the folds stay as they are."""
    X, y = bent("leaves")
    answer = ask(probes.choice_leaves, X, y, np.zeros((14, 1)), [2, 0, 1], [np.array([1, 6, 11]), np.array([3, 9])])
    assert answer == same_as({"changed": False, "another": True})


@exercise("select_degree")
def test_choice_again(ask):
    """Asked again, the function chooses by the numbers that come in."""
    X, y = bent("again")
    first, second, third = ask(probes.choices, X, [y, np.zeros((14, 1))], [2, 0, 1], [np.array([1, 6, 11]), np.array([3, 9])])
    assert first == third
    assert first != second


# ------------------------------------------------------------------------------------------------ unstandardise


def scaled(key, p):
    """Weights, means and standard deviations."""
    mu, sd = rng("mu", key, p).normal(size=p) * 5.0, rng("sd", key, p).uniform(0.2, 8.0, p)
    mu[0], sd[0] = 0.0, 1.0
    return [normal(f"weights {key}", p, 1), mu, sd]


@exercise("unstandardise", weight=2)
@pytest.mark.parametrize("p", [2, 3, 6])
def test_slopes_on_the_raw_scale(ask, p):
    """Every weight but the intercept is divided by the standard deviation of its column."""
    ask.same(probes.raw_slopes, *scaled("slopes", p))


@exercise("unstandardise", weight=2)
@pytest.mark.parametrize("p", [2, 3, 6])
def test_intercept_on_the_raw_scale(ask, p):
    """The intercept gives back what the means had taken: where every column is at its mean, raw weights say what w[0] said."""
    w, mu, sd = scaled("level", p)
    assert ask(probes.level, w, mu, sd) == same_as(w[0, 0])


@exercise("unstandardise")
@pytest.mark.parametrize("p", [2, 5])
def test_predictions_stay(ask, p):
    """The raw weights say on raw columns what the others say on standardised ones."""
    table = np.column_stack([np.ones(7), 3.0 + normal("table", 7, p - 1)])
    w, mu, sd = scaled("predictions", p)
    assert same_as((table - mu) / sd @ w, atol=1e-10) == ask(probes.predictions, table, w, mu, sd)


@exercise("unstandardise")
def test_intercept_alone(ask):
    """An intercept alone stays as it is."""
    w, mu, sd = scaled("alone", 3)
    assert ask(probes.intercept_alone, w, mu, sd) == same_as({"alone": w[:1], "hangs": [True, True]})


@exercise("unstandardise")
def test_form_of_the_raw_weights(ask):
    """The answer has the shape (P, 1), and is float64, also when whole numbers come in."""
    for p in (2, 4):
        assert ask(probes.form_of, "unstandardise", scaled("form", p), scaled("other", p), [0, 2]) == {
            "form": form(p, 1),
            "hangs": [True, True],
        }
    whole = [[rng("whole w", i).integers(1, 9, size=(3, 1)), np.array([0, 4, -2]), np.array([1, 5 + i, 3])] for i in range(2)]
    assert ask(probes.form_of, "unstandardise", *whole, [0, 2]) == same_as({"form": form(3, 1), "hangs": [True, True]})


@exercise("unstandardise", weight=0.5)
def test_unstandardise_leaves_its_arguments(ask):
    """Weights, means and standard deviations stay as they are."""
    assert ask(probes.leaves, "unstandardise", scaled("leaves", 4), scaled("others", 4), [0, 2]) == {
        "changed": False,
        "hangs": [True, True],
    }


@exercise("unstandardise", weight=0.5)
def test_unstandardise_again(ask):
    """Asked again, the function answers by the numbers that come in, and the earlier answer stays as it was."""
    one, other = scaled("again", 4), scaled("once more", 4)
    assert ask(probes.again, "unstandardise", one, other, [0, 2]) == same_as({**AGAIN, "hangs": [True, True]})
