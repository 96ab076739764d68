"""Judgements about `polynomial_regression`. Never leaves the trusted process."""

import numpy as np
import pytest

from autograder.testing import exercise, raised, same_as

from . import polynomial_regression_probes as probes

GRADIENT = 1e-7
SOLVED = 1e-7  # normal equations square a condition number of up to 1e3


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def column(*values):
    return np.array(values)[:, np.newaxis]


# ------------------------------------------------------------------------------------------------ make_data

LAW = np.array([1.0, 7.5, -5.0, -1.0, 4.5, -7.0])


@exercise("make_data", weight=2)
@pytest.mark.parametrize(("terms", "n"), [(6, 9), (2, 5), (3, 1), (1, 4), (1, 1), (7, 3)])
def test_values_of_the_polynomial(ask, terms, n):
    """y is the polynomial with ascending coefficients at x, plus the noise, in the shape of x."""
    ask.same(probes.data, normal(terms, terms), normal(10 + n, n, 1), normal(20 + n, n, 1))


@exercise("make_data")
def test_terms_apart(ask):
    """Each coefficient belongs to its own power, and the noise is added once, as it is."""
    x = column(0.0, 1.0, -1.0, 2.0, -0.5)
    for power in range(6):
        ask.same(probes.data, np.eye(6)[power], x, np.zeros((5, 1)))
    ask.same(probes.data, LAW, x, column(0.25, -3.0, 0.5, 100.0, 7.0))
    ask.same(probes.data, np.zeros(3), x, column(0.25, -3.0, 0.5, 100.0, 7.0))


@exercise("make_data")
def test_same_arguments_same_data(ask):
    """The function draws nothing at random; it takes whole numbers too, and gives float64."""
    ask.same(probes.data_twice, LAW, normal(1, 6, 1), normal(2, 6, 1))
    ask.same(probes.data, np.array([1, -2, 3]), column(0, 2, -1, 5), column(1, 0, -4, 2), dtype=True)


# ------------------------------------------------------------------------------------------------ design_matrix


@exercise("design_matrix", weight=2)
@pytest.mark.parametrize(("n", "degree"), [(5, 3), (4, 6), (7, 1), (1, 4), (3, 2)])
def test_columns_are_powers(ask, n, degree):
    """The columns are 1, x, x², … up to the degree, in this order, one row for each example."""
    ask.same(probes.powers, normal(n, n, 1), degree)


@exercise("design_matrix")
@pytest.mark.parametrize("n", [1, 6])
def test_degree_zero_and_one(ask, n):
    """Degree 0 gives the column of ones, degree 1 puts x beside it."""
    ask.same(probes.powers, normal(n, n, 1), 0)
    ask.same(probes.powers, normal(n, n, 1), 1)


@exercise("design_matrix")
def test_zero_and_negative_values(ask):
    """0 to the power of 0 is 1, and odd powers keep the sign."""
    ask.same(probes.powers, column(0.0, -2.0, 3.0, -0.5, 1.0), 5)


@exercise("design_matrix")
@pytest.mark.parametrize("kind", ["int64", "int8", "float32"])
def test_other_kinds_of_numbers(ask, kind):
    """Whole numbers and shorter floats give float64, and large powers do not overflow."""
    ask.same(probes.powers, column(100, -3, 0, 7).astype(kind), 11, dtype=True)


# ------------------------------------------------------------------------------------------------ fit_closed_form


@exercise("fit_closed_form", weight=2)
@pytest.mark.parametrize(("n", "p"), [(9, 4), (5, 5), (12, 1), (1, 1), (20, 6)])
def test_least_squares(ask, n, p):
    """Without a penalty the answer minimises the sum of squares, in the shape (P, 1); y and Phi may be any numbers."""
    ask.same(probes.closed_form, normal(n, n, p), normal(p, n, 1), None, rtol=SOLVED, atol=1e-10)


@exercise("fit_closed_form")
def test_noiseless_recovery(ask):
    """From points without noise the coefficients of the law come back."""
    across = np.linspace(-1.0, 1.2, 30)[:, np.newaxis] ** np.arange(6)
    answer = ask(probes.closed_form, across, across @ LAW[:, np.newaxis], None)
    assert answer == same_as({"changed": False, "w": LAW[:, np.newaxis]}, rtol=SOLVED)


@exercise("fit_closed_form", weight=2)
@pytest.mark.parametrize("l2", [0.01, 1.0, 30.0])
@pytest.mark.parametrize(("n", "p"), [(9, 4), (6, 2), (12, 1), (3, 5)])
def test_penalty(ask, n, p, l2):
    """With l2 the answer minimises the sum of squares plus l2 times the sum of squared coefficients, the first one not counted."""
    Phi = np.column_stack([np.ones(n), normal(n, n, p - 1)])
    ask.same(probes.closed_form, Phi, 3.0 + normal(p, n, 1), l2, rtol=SOLVED, atol=1e-10)
    ask.same(probes.closed_form, normal(n + p, n, p), normal(p, n, 1), l2, rtol=SOLVED, atol=1e-10)


@exercise("fit_closed_form")
def test_intercept_is_free(ask):
    """Raising every y raises the first coefficient by as much and leaves the others, however large the penalty is."""
    Phi = np.column_stack([np.ones(8), normal(3, 8, 2)])
    for l2 in (0.5, 1e3):
        low, high = (ask(probes.closed_form, Phi, normal(4, 8, 1) + up, l2)["w"] for up in (0.0, 50.0))
        assert same_as(column(50.0, 0.0, 0.0), atol=1e-8) == high - low
    ask.same(probes.closed_form, Phi, normal(4, 8, 1), 1e6, rtol=1e-6, atol=1e-9)


WHOLE = np.array([[1, 2, 0], [1, -1, 3], [1, 0, 1], [1, 4, -2], [1, 1, 1], [1, -3, 2]])


@exercise("fit_closed_form", weight=2)
@pytest.mark.parametrize(
    "Phi",
    [
        WHOLE[:, [0, 1, 1]],
        WHOLE[:, [0, 1, 2, 2, 1]],
        np.column_stack([WHOLE, WHOLE[:, 1] + WHOLE[:, 2]]),
        np.column_stack([WHOLE, np.zeros(6)]),
        WHOLE[:2],
        normal(5, 3, 7),
        np.zeros((4, 2)),
        WHOLE[[0, 0, 0]],
    ],
    ids=["twice", "two twice", "a sum", "zeros", "two rows", "wide", "nothing", "one row thrice"],
)
def test_rank_deficient(ask, Phi):
    """Where several w are equally good, as with a column that stands there twice or with fewer rows than columns, the shortest is given."""
    ask.same(probes.closed_form, Phi * 1.0, normal(len(Phi), len(Phi), 1), None, rtol=SOLVED, atol=1e-9)


@exercise("fit_closed_form")
def test_penalty_on_deficient_columns(ask):
    """With a penalty, columns that are alike share a coefficient, and fewer rows than columns are no problem."""
    ask.same(probes.closed_form, WHOLE[:, [0, 1, 1, 2]] * 1.0, normal(1, 6, 1), 0.5, rtol=SOLVED, atol=1e-10)
    ask.same(probes.closed_form, WHOLE[:2] * 1.0, normal(2, 2, 1), 2.0, rtol=SOLVED, atol=1e-10)
    ask.same(probes.closed_form, WHOLE, np.array([[1], [2], [0], [5], [-1], [3]]), 3.0, rtol=SOLVED, dtype=True)


# ------------------------------------------------------------------------------------------------ mse


@exercise("mse", weight=2)
@pytest.mark.parametrize("shape", [(5, 1), (4, 3), (7,), (2, 3, 4), (1, 1), ()], ids=str)
def test_loss_and_gradient(ask, shape):
    """The loss is the mean of the squared errors over all entries, and the gradient its slope in each entry, for any shape."""
    ask.same(probes.loss, normal(1, *shape) + np.zeros(shape), normal(2, *shape) + np.zeros(shape), rtol=GRADIENT)


@exercise("mse")
@pytest.mark.parametrize("n", [5, 30])
def test_gradient_is_that_of_a_mean(ask, n):
    """Twice the examples have half the slope in each: the gradient is that of the mean, not of the sum."""
    p, y = normal(n, n, 1), normal(n + 1, n, 1)
    assert ask(probes.gradient, p, y) == same_as({"changed": False, "gradient": 2.0 * (p - y) / n})
    both = np.vstack([p - y, p - y]) / n
    assert ask(probes.gradient, np.vstack([p, p]), np.vstack([y, y])) == same_as({"changed": False, "gradient": both})


@exercise("mse")
def test_no_error_and_whole_numbers(ask):
    """A perfect prediction has the loss 0 and the gradient 0; whole numbers are numbers like any others."""
    ask.same(probes.loss, normal(3, 4, 2), normal(3, 4, 2))
    ask.same(probes.loss, np.array([[3, -2], [5, 0], [1, 1]]), np.array([[1, 1], [-4, 2], [7, 1]]), dtype=True)


@exercise("mse", weight=2)
@pytest.mark.parametrize(
    ("p", "y"),
    [((4, 1), (4,)), ((4,), (4, 1)), ((3, 2), (2,)), ((3, 2), (1, 2)), ((3, 1), (1, 1)), ((1, 1), ()), ((2, 3), (3, 2)), ((6,), (2, 3))],
)
def test_other_shapes_are_refused(ask, p, y):
    """Shapes that differ raise ValueError in both functions, also where NumPy would broadcast; shapes that agree do not."""
    prediction, target = normal(5, *p) + np.zeros(p), normal(6, *y) + np.zeros(y)
    count = int(np.prod(p))
    for name, valid in [("mse", 4.0), ("mse_gradient", np.full(p, 4.0 / count))]:
        answer = ask(probes.shapes_refused, name, prediction, target)
        assert answer == same_as({"refused": raised(ValueError), "valid": valid, "changed": False})


# ------------------------------------------------------------------------------------------------ models


def linear_weights(seed, d, k):
    return {"W": normal(seed, d, k), "b": normal(seed + 1, k)}


def network_weights(seed, d, h, k):
    return {"W1": normal(seed, d, h), "b1": normal(seed + 1, h), "W2": normal(seed + 2, h, k), "b2": normal(seed + 3, k)}


@exercise("linear_layer", weight=3)
@pytest.mark.parametrize(("n", "d", "k"), [(5, 3, 2), (4, 1, 3), (2, 4, 1), (1, 2, 3), (1, 1, 1)])
def test_linear_layer_both_ways(ask, n, d, k):
    """forward gives X @ W + b; backward gives the gradients of W, b and X in their own shapes, and changes no parameter."""
    ask.same(probes.both_ways, "LinearLayer", linear_weights(n, d, k), normal(30 + n, n, d), normal(40 + n, n, k), rtol=GRADIENT)


@exercise("linear_layer")
def test_linear_layer_forward_alone(ask):
    """forward can be asked without backward, and W and b can be given by name."""
    ask.same(probes.forward_only, "LinearLayer", linear_weights(3, 4, 2), normal(5, 3, 4))


@exercise("linear_layer", weight=2)
def test_linear_layer_backward_overwrites(ask):
    """backward belongs to the last forward, whatever came before, and overwrites the gradients of an earlier backward."""
    inputs, douts = [normal(i, i, 3) for i in (4, 2, 5)], [normal(10 + i, i, 2) for i in (4, 2, 5)]
    ask.same(probes.backward_of_last, "LinearLayer", linear_weights(6, 3, 2), inputs, douts, rtol=GRADIENT)


@exercise("linear_layer")
def test_linear_layer_has_copies(ask):
    """The layer holds copies of what it is given, uses the numbers that are in .params now, and shares nothing with another layer."""
    ask.same(probes.copies, "LinearLayer", linear_weights(7, 3, 2), normal(8, 4, 3), normal(9, 4, 2), rtol=GRADIENT)
    ask.same(
        probes.two_models, "LinearLayer", linear_weights(1, 3, 2), linear_weights(5, 3, 2), normal(8, 4, 3), normal(9, 4, 2), rtol=GRADIENT
    )


@exercise("linear_layer")
def test_linear_layer_of_whole_numbers(ask):
    """Weights of whole numbers become float64, and training moves them by fractions."""
    weights = {"W": np.array([[1, -2], [0, 3], [2, 1]]), "b": np.array([1, 0])}
    ask.same(probes.small_steps, "LinearLayer", weights, normal(3, 5, 3), normal(4, 5, 2), 0.1, 4, rtol=GRADIENT, dtype=True)


@exercise("tanh_network", weight=3)
@pytest.mark.parametrize(("n", "d", "h", "k"), [(5, 3, 4, 2), (4, 1, 6, 3), (2, 4, 3, 1), (1, 2, 1, 3), (3, 2, 5, 1), (1, 1, 1, 1)])
def test_network_both_ways(ask, n, d, h, k):
    """forward gives tanh(X @ W1 + b1) @ W2 + b2; backward gives all five gradients in their shapes, and changes no parameter."""
    ask.same(probes.both_ways, "TanhNetwork", network_weights(n + h, d, h, k), normal(30 + n, n, d), normal(40 + n, n, k), rtol=GRADIENT)


@exercise("tanh_network")
def test_network_forward_alone(ask):
    """forward can be asked without backward, weights can be given by name, and neurons far from 0 are no problem."""
    ask.same(probes.forward_only, "TanhNetwork", network_weights(3, 4, 5, 2), normal(5, 3, 4))
    ask.same(probes.forward_only, "TanhNetwork", network_weights(3, 2, 3, 1), 500.0 * normal(6, 4, 2))


@exercise("tanh_network", weight=2)
def test_network_backward_overwrites(ask):
    """backward belongs to the last forward, whatever came before, and overwrites the gradients of an earlier backward."""
    inputs, douts = [normal(i, i, 3) for i in (4, 2, 5)], [normal(10 + i, i, 2) for i in (4, 2, 5)]
    ask.same(probes.backward_of_last, "TanhNetwork", network_weights(6, 3, 4, 2), inputs, douts, rtol=GRADIENT)


@exercise("tanh_network")
def test_network_has_copies(ask):
    """The network holds copies of what it is given, uses the numbers that are in .params now, and shares nothing with another network."""
    ask.same(probes.copies, "TanhNetwork", network_weights(7, 3, 5, 2), normal(8, 4, 3), normal(9, 4, 2), rtol=GRADIENT)
    others = network_weights(15, 3, 5, 2)
    ask.same(probes.two_models, "TanhNetwork", network_weights(1, 3, 5, 2), others, normal(8, 4, 3), normal(9, 4, 2), rtol=GRADIENT)


@exercise("tanh_network")
def test_network_of_whole_numbers(ask):
    """Weights of whole numbers become float64, and training moves all four of them by fractions."""
    weights = {"W1": np.array([[1, -2, 0]]), "b1": np.array([1, 0, -1]), "W2": np.array([[1, 2], [-1, 0], [3, 1]]), "b2": np.array([0, 1])}
    ask.same(probes.small_steps, "TanhNetwork", weights, normal(3, 5, 1), normal(4, 5, 2), 0.1, 4, rtol=GRADIENT, dtype=True)


# ------------------------------------------------------------------------------------------------ momentum_step

SHAPES = {"W2": (4, 1), "b": (3,), "W1": (2, 4), "a": (1,)}


def arrays(seed, shapes=SHAPES):
    return {key: normal(seed + place, *shape) + np.zeros(shape) for place, (key, shape) in enumerate(shapes.items())}


@exercise("momentum_step", weight=2)
@pytest.mark.parametrize(("lr", "beta"), [(0.1, 0.9), (0.03, 0.5), (1.0, 0.0)])
def test_steps_with_momentum(ask, lr, beta):
    """Several steps lead where the two equations say, for arrays of any shape, in the very arrays that were given."""
    ask.same(probes.momentum, arrays(1), [arrays(10 * step) for step in range(2, 7)], lr, beta)


@exercise("momentum_step")
def test_velocity_is_kept(ask):
    """A velocity that is there already counts, and goes on after the gradient has become 0."""
    still = [{key: np.zeros_like(value) for key, value in arrays(0).items()}] * 3
    ask.same(probes.momentum, arrays(1), still, 0.1, 0.5, arrays(30))
    ask.same(probes.momentum, arrays(1), [arrays(20), *still], 0.2, 0.75)


@exercise("momentum_step")
def test_momentum_by_hand(ask):
    """From 1, with the gradient 2 twice, lr 0.5 and beta 0.25: velocities 2 and 2.5, parameter 0 and then -1.25."""
    assert ask(probes.momentum_by_name, np.array([1.0]), np.array([2.0])) == same_as([np.array([-1.25]), np.array([2.5])])


@exercise("momentum_step")
@pytest.mark.parametrize("shape", [(1,), (5, 2)])
def test_one_key(ask, shape):
    """One key alone works like many; its gradient is left as it is."""
    ask.same(probes.momentum, {"w": normal(1, *shape)}, [{"w": normal(2 + i, *shape)} for i in range(3)], 0.25, 0.6)


# ------------------------------------------------------------------------------------------------ fit


def parabola(seed, n):
    """Inputs that are all different, and targets."""
    rng = np.random.default_rng(seed)
    return (rng.permutation(n)[:, np.newaxis] + 1.0) / n, rng.normal(size=(n, 1))


def follow(answer, X, y, epochs, batch_size, lr):
    """Follow the training batch by batch, in the order that it took.

    Loss and slopes are those of mse, or of the loss that stands in the place of the submission's own functions.
    """
    target_of = dict(zip(map(tuple, X.tolist()), y, strict=True))
    sizes = [len(batch) for batch, _ in answer["seen"]]
    n = len(X)
    assert sizes == ([batch_size] * (n // batch_size) + [n % batch_size] * (n % batch_size > 0)) * epochs
    a, c = np.full(X.shape[1], 0.5), np.arange(X.shape[1]) - 1.0
    squares, others = [], []
    for batch, dout in answer["seen"]:
        rows = [tuple(row) for row in batch.tolist()]
        assert set(rows) <= set(target_of)
        prediction, target = a * batch**2 + c, np.array([target_of[row] for row in rows])
        squares.append(np.mean((prediction - target) ** 2) * len(batch) / n)
        others.append(probes.other_loss(prediction, target) * len(batch) / n)
        by_other = same_as(probes.other_gradient(prediction, target), rtol=GRADIENT) == dout
        assert by_other or same_as(2.0 * (prediction - target) / prediction.size, rtol=GRADIENT) == dout
        a, c = a - lr * np.sum(dout * batch**2, axis=0), c - lr * np.sum(dout, axis=0)
    starts = range(0, len(sizes), len(sizes) // epochs)
    by_other = answer["history"] == same_as({"loss": np.add.reduceat(others, starts).tolist()}, rtol=GRADIENT)
    assert by_other or answer["history"] == same_as({"loss": np.add.reduceat(squares, starts).tolist()}, rtol=GRADIENT)
    assert answer["params"] == same_as({"a": a, "c": c}, rtol=GRADIENT)
    assert answer["changed"] is False


@exercise("fit", weight=2)
@pytest.mark.parametrize(("n", "epochs", "batch_size", "lr"), [(7, 4, 7, 0.2), (5, 3, 9, 0.1), (1, 3, 1, 0.3), (6, 1, 100, 0.5)])
def test_one_batch_an_epoch(ask, n, epochs, batch_size, lr):
    """With all examples in one batch the losses, each before its step, and the parameters at the end are those of plain descent."""
    X, y = parabola(n, n)
    follow(ask(probes.course, X, y, epochs, batch_size, lr, n), X, y, epochs, min(batch_size, n), lr)


@exercise("fit")
def test_several_outputs(ask):
    """Models of several inputs and outputs are trained too, every parameter; the loss is the mean over all entries."""
    X, y = normal(1, 8, 3), normal(2, 8, 3)
    follow(ask(probes.course, X, y, 2, 3, 0.1, 5), X, y, 2, 3, 0.1)


@exercise("fit", weight=2)
@pytest.mark.parametrize(("n", "epochs", "batch_size"), [(7, 3, 3), (8, 2, 4), (5, 2, 1), (9, 2, 5)])
def test_course_of_training(ask, n, epochs, batch_size):
    """Each batch causes one step with its own gradient; an epoch's loss weighs the batches by their examples, the short one included."""
    X, y = parabola(n, n)
    follow(ask(probes.course, X, y, epochs, batch_size, 0.2, n), X, y, epochs, batch_size, 0.2)


@exercise("fit")
@pytest.mark.parametrize(("n", "batch_size"), [(11, 4), (12, 12), (13, 1)])
def test_shuffling(ask, n, batch_size):
    """Every epoch has every example once, in an order of its own: one seed the same orders, another others; the losses are theirs."""
    X, y = parabola(n, n)
    first, again, other = ask(probes.orders, X, y, 4, batch_size, [1, 1, 2])
    epochs = [tuple(first["inputs"][start : start + n]) for start in range(0, 4 * n, n)]
    assert len(first["inputs"]) == 4 * n
    assert all(sorted(order) == sorted(X.ravel().tolist()) for order in epochs)
    assert len({*epochs, tuple(X.ravel().tolist())}) == 5
    assert first["inputs"] == again["inputs"]
    assert first["inputs"] != other["inputs"]
    assert [run["drawn"] for run in (first, again, other)] == [True] * 3
    losses = probes.other_loss(0.0 * y, y), float(np.mean(y**2))
    if n % batch_size == 0:
        assert any(first["history"] == same_as({"loss": [loss] * 4}) for loss in losses)


# ------------------------------------------------------------------------------------------------ select_degree


def uneven_folds(seed):
    """Noisy points of a low degree, degrees in no order, folds of different sizes with some rows in none of them.

    The seeds below were chosen so that no two degrees are within 10% of each other at the top, and so that the usual
    mistakes (error on the rows learnt from, folds weighted by size, the median, one fold alone …) choose another degree.
    """
    rng = np.random.default_rng(seed)
    n = int(rng.integers(13, 18))
    X = rng.uniform(-1.2, 1.2, (n, 1))
    coefficients = rng.normal(size=int(rng.integers(2, 5))) * 3
    y = sum(c * X**power for power, c in enumerate(coefficients)) + rng.normal(size=(n, 1))
    rows = rng.permutation(n)[: n - 2]
    return X, y, [int(degree) for degree in rng.permutation(5)], [rows[:2], rows[2:7], rows[7:10], rows[10:]]


@exercise("select_degree", weight=3)
@pytest.mark.parametrize("seed", [279, 1238, 1587, 28, 811])
def test_smallest_cross_validation_error(ask, seed):
    """The degree whose mean error on the folds, each learnt from all rows outside it, is smallest is chosen; folds may differ in size."""
    ask.same(probes.chosen, *uneven_folds(seed))


@exercise("select_degree")
@pytest.mark.parametrize(("degrees", "lowest"), [([3, 1, 2], 1), ([4, 2], 2), ([2, 3, 0, 1], 0)])
def test_ties_take_the_lowest(ask, degrees, lowest):
    """If several degrees have the smallest error, the lowest of them is chosen, in whatever order they come."""
    X, folds = normal(1, 12, 1), [np.array([0, 5, 7]), np.array([1, 2, 11, 4])]
    assert ask(probes.chosen, X, np.zeros((12, 1)), degrees, folds) == {"changed": False, "degree": lowest}


@exercise("select_degree")
def test_clear_cases(ask):
    """A noisy parabola is not taken for a line; one degree alone is the answer; one fold is enough; folds may have one row."""
    X = np.linspace(-1, 1, 14)[:, np.newaxis]
    y = 1.0 - 2.0 * X + 3.0 * X**2 + 0.05 * normal(4, 14, 1)
    singles = [np.array([row]) for row in range(14)]
    for degrees, folds in [
        ([0, 1, 2], singles),
        ([2, 1, 0], [np.array([3, 8, 12])]),
        ([1, 0], singles[2:7]),
        ([5], singles[:2]),
        ([0], singles),
    ]:
        ask.same(probes.chosen, X, y, degrees, folds)


# ------------------------------------------------------------------------------------------------ unstandardise


def scales(seed, p):
    rng = np.random.default_rng(seed)
    mu, sd = rng.normal(size=p) * 5.0, rng.uniform(0.2, 8.0, p)
    mu[0], sd[0] = 0.0, 1.0
    return mu, sd


@exercise("unstandardise", weight=2)
@pytest.mark.parametrize("p", [2, 3, 6, 1])
def test_weights_on_the_raw_scale(ask, p):
    """Every weight is divided by the deviation of its column, and the intercept gives back what the means had taken."""
    ask.same(probes.raw_weights, normal(p, p, 1), *scales(p, p))


@exercise("unstandardise")
def test_predictions_stay(ask):
    """The raw weights say on raw columns what the others say on standardised ones."""
    for p in (2, 5):
        table = np.column_stack([np.ones(7), 3.0 + normal(p, 7, p - 1)])
        mu, sd = scales(20 + p, p)
        w = normal(p + 1, p, 1)
        assert same_as((table - mu) / sd @ w, atol=1e-10) == ask(probes.predictions, table, w, mu, sd)


@exercise("unstandardise")
def test_by_hand(ask):
    """2 + 3 (x - 10) / 5 is -4 + 0.6 x, also when the numbers come as whole ones."""
    for kind in (float, int):
        w, mu, sd = (np.array(values, dtype=kind) for values in ([[2], [3]], [0, 10], [1, 5]))
        answer = ask(probes.raw_weights, w, mu, sd)
        assert answer == same_as({"changed": False, "raw": column(-4.0, 0.6)}, dtype=True)
