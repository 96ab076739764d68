"""Judgements about `standardisation`. Never leaves the trusted process.

Nine digits are a promise of their own, and tests of their own ask for them. The others forgive what a last digit costs (`ROUGH`),
and a test of something else than values, such as a refusal, forgives more (`COARSE`).
"""

import math

import numpy as np
import pytest

from autograder.testing import exercise, raised, rng, same_as

from . import standardisation_probes as probes

ROUGH = {"rtol": 1e-5, "atol": 1e-5}
COARSE = {"rtol": 0.5}


def sizes(*key, low=4, high=11, count=2):
    """Different sizes, from low to below high."""
    return rng("sizes", *key).permutation(np.arange(low, high))[:count].tolist()


def normal(key, *shape, mu=0.0, sigma=1.0):
    return mu + sigma * rng(key, *shape).normal(size=shape)


def spread(key, *shape, mu=0.0, sigma=1.0):
    """Values whose mean and standard deviation along the first axis are mu and sigma, but for rounding."""
    values = normal(key, *shape)
    return mu + sigma * (values - values.mean(axis=0)) / values.std(axis=0)


def column(key):
    """Between 9 and 39 values, with a mean and a deviation of their own; the first one lies far out, on the other side of 0."""
    source = rng("column", key)
    values = source.uniform(5, 20) + source.uniform(1, 4) * source.normal(size=int(source.integers(9, 40)))
    values[0] = -30 - source.random()
    return values * source.choice([-1.0, 1.0])


def table(key, rows=0, columns=0):
    """A table whose columns have means and deviations of their own, of a drawn size where none is given."""
    source = rng("table", key, rows, columns)
    drawn = sizes("table", key)
    shape = rows or drawn[0], columns or drawn[1]
    return source.uniform(-20, 20, shape[1]) + source.uniform(0.2, 5, shape[1]) * source.normal(size=shape)


def steady(key, rows, columns):
    """A table whose columns have means away from 0 and deviations near 1; the first row lies far from the means."""
    source = rng("steady", key, rows, columns)
    signs = source.choice([-1, 1], columns)
    values = source.normal(size=(rows, columns))
    values[0] = -5 * signs
    values = (values - values.mean(axis=0)) / values.std(axis=0)
    return source.uniform(2.4, 2.9, columns) * signs + source.uniform(0.9, 1.1, columns) * values


# ------------------------------------------------------------------------------------------------ moments

WORKED = np.array([4.0, 7.0, 13.0, 16.0])
COLUMNS = {
    "first": column("first"),
    "second": column("second"),
    "negative": normal("negative", *sizes("negative", count=1), mu=-11.0, sigma=0.2),
    "integers": rng("integers").integers(-50, 90, size=13),
    "three": normal("three", 3, mu=4.0),
    "two": normal("two", 2, mu=-2.0),
}


@exercise("moments", weight=2)
@pytest.mark.parametrize("x", [*COLUMNS.values(), np.array([-2.5])], ids=[*COLUMNS, "one"])
def test_mean(ask, x):
    """mean is the sum of the values divided by how many there are."""
    ask.same(probes.result, "mean", x, **ROUGH)


@exercise("moments", weight=2)
@pytest.mark.parametrize("x", [*COLUMNS.values(), np.array([-2.5])], ids=[*COLUMNS, "one"])
def test_variance_of_the_population(ask, x):
    """variance(x) is the mean of the squared deviations from the mean: divided by N."""
    ask.same(probes.result, "variance", x, **ROUGH)


@exercise("moments", weight=2)
@pytest.mark.parametrize("ddof", [1, 2])
def test_ddof(ask, ddof):
    """variance(x, ddof) divides the sum of squared deviations by N - ddof."""
    for name in ("first", "second", "integers", "three"):
        ask.same(probes.result, "variance", COLUMNS[name], ddof, **ROUGH)
    ask.same(probes.by_keyword, "variance", [COLUMNS["second"]], {"ddof": ddof}, **ROUGH)
    ask.same(probes.result, "variance", COLUMNS["first"], 6, **ROUGH)


@exercise("moments")
@pytest.mark.parametrize("ddof", [0, 1])
def test_far_from_zero(ask, ddof):
    """Moving all values by a billion does not change their variance, and costs no digits."""
    for far in (1e9, -1e9):
        ask.same(probes.result, "variance", far + WORKED, ddof)
    for key in ("above", "further", "below"):
        far = spread(key, *sizes(key, low=20, high=40, count=1), sigma=rng(key).uniform(1, 9))
        ask.same(probes.result, "variance", far + (-5e5 if key == "below" else 8e5), ddof, rtol=1e-8)


@exercise("moments", weight=0.5)
def test_digits_of_the_mean(ask):
    """Nine digits of the mean are right, far from 0 too."""
    ask.same(probes.result, "mean", COLUMNS["first"])
    ask.same(probes.result, "mean", COLUMNS["integers"])
    ask.same(probes.result, "mean", normal("far mean", 30, mu=1e6 / 3))


@exercise("moments", weight=0.5)
def test_digits_of_the_variance(ask):
    """Nine digits of the variance are right, of a tiny one too."""
    for key in ("first", "second", "integers"):
        ask.same(probes.result, "variance", COLUMNS[key])
    for exponent in (-8, -60):
        ask.same(probes.result, "variance", 10.0**exponent * normal("tiny variance", 12), atol=0.0)


@exercise("moments")
def test_mean_of_nothing(ask):
    """The mean of no values raises ValueError."""
    x = column("mean of nothing")
    answer = ask(probes.refused, "mean", [np.zeros(0)], [x], [-x])
    assert answer["refused"] == raised(ValueError)
    assert np.sign(answer["valid"]) == same_as(np.sign([x.mean(), -x.mean()]))


@exercise("moments")
@pytest.mark.parametrize(("count", "ddof"), [(0, 0), (0, 1), (1, 1), (0, 2), (1, 2), (2, 2), (3, 3), (3, 5)])
def test_variance_of_too_few(ask, count, ddof):
    """Fewer than ddof + 1 values have no variance: ValueError; ddof + 1 values have one."""
    values = rng("too few").permutation([2.0, 5.0, 8.0, 11.0, 14.0, 17.0])
    valid = values[: ddof + 1]
    answer = ask(probes.refused, "variance", [values[:count], ddof], [valid, ddof])
    assert answer == {"refused": raised(ValueError), "valid": [same_as(np.sum((valid - valid.mean()) ** 2), rtol=0.99)]}


@exercise("moments", weight=0.5)
@pytest.mark.parametrize(("name", "size"), [("mean", 9), ("variance", 12)])
def test_moments_again(ask, name, size):
    """Other values, as many as before, are answered anew, in the same array too."""
    first, second = spread("again", size, mu=4.0, sigma=2.0), spread("once more", size, mu=-30.0, sigma=7.0)
    one, other = (4.0, -30.0) if name == "mean" else (4.0, 49.0)
    expected = {"answers": [one, other, one, one, other], "kept": one}
    assert ask(probes.again, name, [first], [second]) == same_as(expected, **COARSE)


@exercise("moments", weight=0.5)
@pytest.mark.parametrize("name", ["mean", "variance"])
def test_moments_leave_values_alone(ask, name):
    """The array that is given stays as it was."""
    x = column("left alone")
    expected = x.mean() if name == "mean" else x.var()
    assert ask(probes.left_alone, name, x) == {"result": same_as(expected, **COARSE), "changed": False}


# ------------------------------------------------------------------------------------------------ zscore

TABLES = {
    "first": table("first"),
    "second": table("second"),
    "wide": table("wide", 3, 8),
    "tall": table("tall", 31, 2),
    "square": table("square", 5, 5),
    "integers": rng("table of integers").integers(0, 60, size=sizes("integers")),
}
ROWS = {name: np.ascontiguousarray(X.T) for name, X in TABLES.items()}


def tiny(key, exponent):
    """A table of which one column has a tiny deviation and another a usual one."""
    return np.column_stack([10.0**exponent * normal(f"tiny {key}", 6), normal(f"usual {key}", 6, mu=3.0)])


@exercise("zscore", weight=2)
@pytest.mark.parametrize("name", TABLES)
def test_zscore_of_columns(ask, name):
    """For axis=0 every entry is its distance from the mean of its column, in standard deviations with ddof = 0."""
    ask.same(probes.result, "zscore", TABLES[name], 0, **ROUGH)


@exercise("zscore", weight=2)
@pytest.mark.parametrize("name", TABLES)
def test_zscore_of_rows(ask, name):
    """For axis=1 every entry is its distance from the mean of its row, in standard deviations with ddof = 0."""
    ask.same(probes.result, "zscore", ROWS[name], 1, **ROUGH)


@exercise("zscore")
@pytest.mark.parametrize("name", ["first", "wide", "square"])
def test_columns_by_default(ask, name):
    """Without an axis columns are standardised; axis may be given by its name."""
    X = TABLES[name]
    signs = np.sign(X - X.mean(axis=0))
    assert np.sign(ask(probes.result, "zscore", X)) == same_as(signs)
    assert np.sign(ask(probes.by_keyword, "zscore", [X.T], {"axis": 1})) == same_as(signs.T)


@exercise("zscore")
@pytest.mark.parametrize("name", ["first", "second", "integers"])
def test_mean_is_zero(ask, name):
    """The z-scores of a column have the mean 0: those above the mean are positive, those below are negative."""
    X = TABLES[name]
    z = ask(probes.result, "zscore", X, 0)
    assert [np.mean(z, axis=0), np.sign(z)] == same_as([np.zeros(X.shape[1]), np.sign(X - X.mean(axis=0))], **ROUGH)


@exercise("zscore")
@pytest.mark.parametrize("name", ["first", "second", "integers"])
def test_deviation_is_one(ask, name):
    """The z-scores of a column have the standard deviation 1 (ddof = 0), and are in the order of the values."""
    X = TABLES[name]
    z = ask(probes.result, "zscore", X, 0)
    assert [np.std(z, axis=0), np.argmax(z, axis=0)] == same_as([np.ones(X.shape[1]), np.argmax(X, axis=0)], **ROUGH)


@exercise("zscore")
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("number", [0.3, 7.0, -12345.6, float(rng("constant").uniform(-1e6, 1e6))])
def test_constant_is_zero(ask, number, axis):
    """Where all values along the axis are equal the z-scores are 0, whatever rounding leaves of the deviation; elsewhere they are not."""
    X = np.column_stack([np.full(10, number), rng("beside a constant").permutation(np.arange(10.0)), np.full(10, 2.0)])
    z = ask(probes.result, "zscore", X if axis == 0 else np.ascontiguousarray(X.T), axis)
    expected = np.sign(X - X.mean(axis=0)) * [0, 1, 0]
    assert np.sign(z) == same_as(expected if axis == 0 else expected.T)


@exercise("zscore", weight=0.5)
def test_single_row(ask):
    """A single row has zeros for axis=0, where every column is constant, and z-scores for axis=1; so for a single column."""
    row = rng("single row").permutation([2.0, 4.0, 7.0, 5.0]).reshape(1, 4)
    signs = np.sign(row - row.mean())
    for X, along, across in ((row, 0, 1), (row.T.copy(), 1, 0)):
        assert ask(probes.result, "zscore", X, along) == same_as(np.zeros(X.shape))
        assert np.sign(ask(probes.result, "zscore", X, across)) == same_as(signs.reshape(X.shape))


@exercise("zscore")
@pytest.mark.parametrize("exponent", [-9, -12, -30, -100])
def test_small_is_not_constant(ask, exponent):
    """A column with a tiny deviation is standardised like any other: only equal values make it constant."""
    X = tiny("z", exponent)
    ask.same(probes.result, "zscore", X, 0, **COARSE)
    ask.same(probes.result, "zscore", np.ascontiguousarray(X.T), 1, **COARSE)


@exercise("zscore")
@pytest.mark.parametrize("key", ["a", "b"])
def test_zscore_far_from_zero(ask, key):
    """Moving all values far from 0 does not change their z-scores."""
    ask.same(probes.result, "zscore", spread(f"far z {key}", 9, 4, mu=7e5, sigma=rng("far", key).uniform(1, 3, 4)), 0, rtol=1e-5, atol=1e-7)


@exercise("zscore")
@pytest.mark.parametrize("name", ["first", "integers"])
def test_digits_of_zscores(ask, name):
    """Nine digits are right, and results are floats of 64 bits, for integers too."""
    ask.same(probes.result, "zscore", TABLES[name], 0, dtype=True)
    ask.same(probes.result, "zscore", ROWS[name], 1, dtype=True)


@exercise("zscore", weight=0.5)
@pytest.mark.parametrize("axis", [0, 1])
def test_zscore_again(ask, axis):
    """Another table of equal shape is answered anew, in the same array too, and the first answer stays as it was."""
    first, second = table("again", 6, 4), table("once more", 6, 4)
    one, other = (np.sign(X - X.mean(axis=axis, keepdims=True)) for X in (first, second))
    answer = ask(probes.again, "zscore", [first, axis], [second, axis])
    found = {"answers": [np.sign(z) for z in answer["answers"]], "kept": np.sign(answer["kept"])}
    assert found == same_as({"answers": [one, other, one, one, other], "kept": one})


@exercise("zscore", weight=0.5)
def test_zscore_leaves_the_table_alone(ask):
    """The table that is given stays as it was."""
    X = 1000 + steady("left alone", 8, 3)
    answer = ask(probes.left_alone, "zscore", X, 0)
    assert answer["changed"] is False
    assert np.argsort(answer["result"], axis=0) == same_as(np.argsort(X, axis=0))
    assert np.abs(answer["result"]).max() < 50


# ------------------------------------------------------------------------------------------------ compare_scores

PAIRS = [  # z-scores apart, above and below the mean, with equal signs and opposite ones
    ((86, 74, 8), (640, 500, 100)),
    ((70.0, 74.0, 8.0), (300.0, 500.0, 100.0)),
    ((3.0, 5.0, 4.0), (1010.0, 1000.0, 200.0)),
    ((-7.0, -9.0, 0.5), (12.0, 3.0, 3.0)),
    ((2, 1, 3), (9, 1, 25)),
    ((100.0, 99.0, 0.25), (50.0, 20.0, 10.0)),
]


def score(source, z):
    """A value with about this z-score, in a group of its own."""
    mu, sd = source.uniform(-50, 50), source.uniform(0.2, 20)
    return float(mu + z * sd), float(mu), float(sd)


def apart(key, gap, count):
    """Pairs of values whose z-scores are this far apart."""
    source = rng("apart", key)
    zs = source.uniform(-2, 2, count)
    return [(score(source, z), score(source, z + gap * source.choice([-1, 1]))) for z in zs]


def equal_scores(key, count):
    """Pairs of values with one z-score, a number of quarters, which no rounding touches."""
    source = rng("equal", key)
    found = []
    for quarters in source.integers(-9, 10, count).tolist():
        (mu, sd), (nu, sigma) = ((int(source.integers(-60, 60)), int(source.integers(1, 30))) for _ in range(2))
        found.append(((mu + quarters * sd / 4, mu, sd), (nu + quarters * sigma / 4, nu, sigma)))
    return found


@exercise("compare_scores", weight=2)
def test_relatively_higher(ask):
    """1 if the first value has the higher z-score, -1 if the second has, above and below the mean."""
    ask.same(probes.compare, [*PAIRS, *apart("far", 0.4, 12)])


@exercise("compare_scores")
def test_group_of_one_scale(ask):
    """In groups of equal means and deviations the greater value is relatively higher: 1 if that is the first, -1 if it is the second."""
    source = rng("one group")
    pairs = [((a, mu, sd), (b, mu, sd)) for a, b, mu, sd in source.uniform(1, 9, size=(6, 4)).tolist()]
    ask.same(probes.compare, pairs)


@exercise("compare_scores")
@pytest.mark.parametrize("gap", [0.01, 1e-4, 1e-8])
def test_close_scores(ask, gap):
    """z-scores that lie close together are told apart."""
    ask.same(probes.compare, apart(f"close {gap}", gap, 8))


@exercise("compare_scores")
def test_equal_scores(ask):
    """Equal z-scores give 0, and others do not."""
    answer = ask(probes.compare, [*equal_scores("some", 8), ((80, 74, 8), (575, 500, 100)), ((7.0, 7.0, 2.0), (0.0, 0.0, 9.0)), PAIRS[3]])
    assert np.abs(np.array(answer)) == same_as(np.array([[0, 0]] * 10 + [[1, 1]]), atol=0.5)


@exercise("compare_scores")
@pytest.mark.parametrize(("sd_a", "sd_b"), [(0.0, 1.0), (1.0, 0), (-1.0, 2.0), (2.0, -3.0), (0, 0), (-1.0, -1.0), (1e-9, -1e-9)])
def test_no_spread_is_refused(ask, sd_a, sd_b):
    """A standard deviation of 0 or below, of either group, raises ValueError; a tiny one is none of these."""
    a, b = rng("refused scores").uniform(5, 8, 2).tolist()
    answer = ask(probes.compare_refused, [a, 4.0, sd_a, b, 4.0, sd_b], [a, 4.0, 1.0], [b + 4.0, 4.0, 1e-6])
    assert answer["refused"] == raised(ValueError)
    assert min(answer["valid"]) <= 0 < max(answer["valid"])


# ------------------------------------------------------------------------------------------------ standardizer

STREAM = normal("stream", 23, 3, mu=4.0, sigma=2.0) * np.array([1.0, 30.0, 0.05])
LATER = normal("later", 6, 3, mu=-1.0, sigma=5.0)
OTHER = normal("other", 6, 3, mu=9.0, sigma=2.0)
STEADY = np.column_stack([np.full(10, 0.3), rng("steady").permutation(np.arange(10.0)), np.full(10, rng("level").integers(5, 900))])
CUTS = [sorted(rng("cuts", n).permutation(np.arange(1, 23))[:n].tolist()) for n in (1, 2, 3, 5)]


def fits(X):
    return [("fit", X)]


def parts(*tables):
    return [("partial_fit", X) for X in tables]


def around(X):
    """What is learnt from a table of `steady`, roughly."""
    return same_as(X.mean(axis=0), **COARSE)


def in_the_scale(answer, call, *tables):
    """What a call makes of tables, from what the answer says was learnt."""
    mean, scale = answer["learnt"]["mean"], answer["learnt"]["scale"]
    with np.errstate(all="ignore"):
        results = [(Y - mean) / scale if call == "transform" else Y * scale + mean for Y in tables]
    return {"learnt": answer["learnt"], "results": results, "again": results[0], "kept": results[0]}


@exercise("standardizer", weight=14)
@pytest.mark.parametrize("name", ["first", "second", "integers"])
def test_standardised_columns(ask, name):
    """Standardizer().fit(X).transform(X) gives the z-scores of every column of X."""
    X = TABLES[name]
    assert ask(probes.standardised, X) == same_as((X - X.mean(axis=0)) / X.std(axis=0), **ROUGH)


@exercise("standardizer", weight=12)
@pytest.mark.parametrize("cuts", CUTS[:2], ids=str)
def test_standardised_in_pieces(ask, cuts):
    """Learnt in pieces, and then transformed, a table comes out in the scale of all rows together, 1 for a constant column."""
    rows, later = (np.column_stack([X, np.full(len(X), 0.3)]) for X in (STREAM, LATER))
    expected = np.column_stack([(LATER - STREAM.mean(axis=0)) / STREAM.std(axis=0), np.zeros(len(LATER))])
    assert ask(probes.standardised_in_pieces, np.split(rows, cuts), later) == same_as(expected, **ROUGH)


@exercise("standardizer", weight=0.5)
@pytest.mark.parametrize("name", TABLES)
def test_fit_learns_the_mean(ask, name):
    """After fit, mean_ holds the mean of each column."""
    ask.same(probes.learnt, "mean_", fits(TABLES[name]), **ROUGH)


@exercise("standardizer", weight=2)
@pytest.mark.parametrize("name", TABLES)
def test_fit_learns_the_scale(ask, name):
    """After fit, scale_ holds the standard deviation (ddof = 0) of each column."""
    ask.same(probes.learnt, "scale_", fits(TABLES[name]), **ROUGH)


@exercise("standardizer")
@pytest.mark.parametrize("cuts", CUTS, ids=str)
def test_mean_of_all_batches(ask, cuts):
    """partial_fit adds rows to those that were learnt from before: mean_ is that of all of them, however they were cut into batches."""
    ask.same(probes.learnt, "mean_", parts(*np.split(STREAM, cuts)), **ROUGH)
    ask.same(probes.learnt, "mean_", [*fits(STREAM), *parts(LATER)], **ROUGH)
    ask.same(probes.learnt, "mean_", [*fits(LATER), ("transform", OTHER), ("inverse_transform", OTHER), *parts(STREAM)], **ROUGH)


@exercise("standardizer", weight=2)
@pytest.mark.parametrize("cuts", CUTS, ids=str)
def test_scale_of_all_batches(ask, cuts):
    """scale_ is that of all rows together, however they were cut into batches; narrow batches far from each other make a wide scale."""
    ask.same(probes.learnt, "scale_", parts(*np.split(STREAM, cuts)), **ROUGH)
    places = rng("places").permutation([-50.0, 80.0, 3.0, 20.0])
    apart = [normal(f"batch {n}", n, 2, mu=mu) for n, mu in zip((7, 2, 1, 12), places, strict=True)]
    ask.same(probes.learnt, "scale_", parts(*apart), **ROUGH)


@exercise("standardizer", weight=1.5)
@pytest.mark.parametrize("name", ["mean_", "scale_"])
def test_digits_of_what_is_learnt(ask, name):
    """Nine digits of mean_ and scale_ are right, for data far from 0 too."""
    source = rng("batches of integers")
    ask.same(probes.learnt, name, fits(TABLES["first"]))
    ask.same(probes.learnt, name, parts(source.integers(0, 9, size=(4, 5)), source.integers(90, 99, size=(3, 5))))
    far = 2e5 + STREAM
    ask.same(probes.learnt, name, fits(far), rtol=1e-7)
    ask.same(probes.learnt, name, [("fit", far[:9]), ("partial_fit", far[9:])], rtol=1e-7)


@exercise("standardizer", weight=4)
def test_constant_column_has_scale_one(ask):
    """A column has the scale 1 where all rows are equal, and only there: not where batches are constant, nor where values differ little."""
    for calls in (fits(STEADY), parts(STEADY[:4], STEADY[4:]), fits(STEADY[:1])):
        ask.same(probes.learnt, "scale_", calls, **COARSE)
    for low, high in (rng("low").uniform(1, 4), rng("high").uniform(8, 15)), (7.0, 2.0):
        ask.same(probes.learnt, "scale_", parts(np.full((3, 1), low), np.full((2, 1), high), np.full((4, 1), high)), **COARSE)
        ask.same(probes.learnt, "scale_", parts(np.array([[1.0, high], [3.0, high]]), np.array([[2.0, high], [2.0, low]])), **COARSE)
        ask.same(probes.learnt, "scale_", parts(np.array([[high]]), np.array([[low]])), **COARSE)
    for exponent in (-9, -12, -30, -100):
        X = tiny("learnt", exponent)
        ask.same(probes.learnt, "scale_", fits(X), rtol=0.5, atol=0.0)
        ask.same(probes.learnt, "scale_", parts(X[:2], X[2:]), rtol=0.5, atol=0.0)


@exercise("standardizer", weight=6)
@pytest.mark.parametrize("key", ["wide", "tall"])
def test_inverse_transform(ask, key):
    """inverse_transform gives z * scale_ + mean_ with what was learnt: the way back from transform."""
    rows, columns = sizes("inverse", key)
    X = steady(f"inverse {key}", rows, columns)
    tables = normal(f"z {key}", rows + 3, columns, sigma=3.0), normal(f"more z {key}", rows + 3, columns), X[:1] + 2, X
    answer = ask(probes.moved, X, "inverse_transform", *tables)
    assert answer["learnt"]["mean"] == around(X)
    assert answer == same_as(in_the_scale(answer, "inverse_transform", *tables))


@exercise("standardizer")
def test_there_and_back(ask):
    """What went through transform comes back through inverse_transform."""
    X = steady("there", 7, 3)
    Y = np.vstack([X.mean(axis=0) / 2, normal("and back", 5, 3, mu=4.0, sigma=30.0)])
    z, back = ask(probes.there_and_back, X, Y)
    assert [back, np.sign(z[0])] == same_as([Y, -np.sign(Y[0])], rtol=1e-6, atol=1e-6)


@exercise("standardizer", weight=4)
@pytest.mark.parametrize("call", ["fit", "partial_fit", "transform", "inverse_transform"])
def test_unusable_table(ask, call):
    """A table without rows raises ValueError, and in all but fit one of another width than was learnt; one column is not broadcast."""
    for learnt, rows, width in ((3, 0, 3), (3, 5, 1), (3, 5, 2), (3, 5, 4), (1, 5, 3)):
        if rows == 0 or call != "fit":
            X = steady(f"width {learnt}", 6, learnt)
            expected = {"refused": raised(ValueError), "mean": around(X)}
            assert ask(probes.unusable_table, X, np.ones((rows, width)), call) == expected


@exercise("standardizer", weight=0.5)
@pytest.mark.parametrize("call", ["fit", "partial_fit"])
def test_empty_table_first(ask, call):
    """A table without rows is refused as the first one too, and nothing has been learnt then."""
    X = steady("empty first", 5, 2)
    expected = {"refused": raised(ValueError), "unlearnt": raised(RuntimeError), "mean": around(X)}
    assert ask(probes.empty_first, X, call) == expected


@exercise("standardizer", weight=4)
def test_fit_forgets(ask):
    """fit forgets what was learnt before, also for a table of another width."""
    ask.same(probes.learnt, "mean_", [*fits(OTHER), *fits(LATER), *fits(TABLES["tall"]), *fits(OTHER)], rtol=1e-3)
    ask.same(probes.learnt, "scale_", [*fits(OTHER), *fits(LATER), *fits(STEADY)], rtol=0.3)


@exercise("standardizer", weight=2)
def test_what_was_forgotten_does_not_come_back(ask):
    """What fit forgot, after partial_fit too, has no weight when more is learnt then."""
    calls = [*parts(LATER), *fits(OTHER), *parts(STREAM)]
    ask.same(probes.learnt, "mean_", calls, rtol=1e-3, atol=1e-3)
    ask.same(probes.learnt, "mean_", [*fits(STREAM), *fits(OTHER), *parts(LATER)], rtol=1e-3, atol=1e-3)


@exercise("standardizer", weight=4)
@pytest.mark.parametrize("key", ["wide", "tall"])
def test_transform_uses_what_was_learnt(ask, key):
    """transform gives (x - mean_) / scale_ with what was learnt, for that table and for any other, even a single row."""
    rows, columns = sizes("transform", key)
    X = steady(f"transform {key}", rows, columns)
    tables = normal(f"other {key}", rows + 3, columns, sigma=9.0), normal(f"more {key}", rows + 3, columns), X[:1] + 2, X
    answer = ask(probes.moved, X, "transform", *tables)
    assert answer["learnt"]["mean"] == around(X)
    assert answer == same_as(in_the_scale(answer, "transform", *tables))


@exercise("standardizer", weight=2)
@pytest.mark.parametrize("call", ["transform", "inverse_transform"])
def test_transform_learns_nothing(ask, call):
    """transform and inverse_transform leave mean_ and scale_ as they were."""
    X = steady("learns", 8, 3)
    answer = ask(probes.learns_nothing, X, call, LATER)
    assert answer["before"]["mean"] == around(X)
    assert answer["after"] == same_as(answer["before"])


@exercise("standardizer", weight=2)
def test_fit_returns_self(ask):
    """fit and partial_fit return the object itself, every time, so that calls can be chained."""
    X = steady("self", 7, 2)
    mean = around(X)
    assert ask(probes.returns_self, X) == {"fit": True, "partial_fit": True, "later": True, "mean": [mean, mean]}


@exercise("standardizer", weight=4)
@pytest.mark.parametrize("call", ["transform", "inverse_transform"])
def test_nothing_learnt_yet(ask, call):
    """Before anything has been learnt, transform and inverse_transform raise RuntimeError; after fit they work."""
    X = steady("unlearnt", 6, 3)
    assert ask(probes.before_learning, X, call) == {"refused": raised(RuntimeError), "valid": same_as((6, 3)), "mean": around(X)}


@exercise("standardizer")
@pytest.mark.parametrize(("call", "rows", "width"), [("fit", 0, 3), ("partial_fit", 0, 3), ("partial_fit", 5, 2), ("transform", 5, 1)])
def test_refused_table_changes_nothing(ask, call, rows, width):
    """A call that raises leaves what was learnt as it was, also for what is learnt later."""
    X, more = steady("refused", 6, 3), steady("refused later", 9, 3)
    answer = ask(probes.refused_and_unchanged, X, np.ones((rows, width)), call, more)
    assert answer["refused"] == raised(ValueError)
    assert answer["after"] == same_as(answer["before"])
    assert [answer["before"]["mean"], answer["more"]] == [around(X), same_as(np.vstack([X, more]).mean(axis=0), rtol=1e-5, atol=1e-3)]


@exercise("standardizer", weight=1.5)
def test_objects_learn_apart(ask):
    """Two objects share nothing of what they have learnt."""
    X, Y = steady("one object", 6, 3), steady("another object", 6, 3)
    answer = ask(probes.two_objects, X, Y)
    assert answer["later"] == same_as(answer["first"])
    assert answer["means"] == [around(X), around(Y)]


@exercise("standardizer", weight=1.5)
def test_tables_are_left_alone(ask):
    """None of the four methods changes the table that it is given."""
    X = steady("left alone", 7, 3)
    assert ask(probes.tables_left_alone, X, X + 0.5) == {"mean": around(X), "changed": False}


# ------------------------------------------------------------------------------------------------ split_and_standardise


def split(key, low=5, high=12):
    """A table, numbers of test rows in no order, and the numbers of the other rows."""
    rows, columns = sizes("split", key, low=low, high=high)
    X = table(f"split {key}", rows, columns)
    chosen = rng("test rows", key).permutation(np.arange(rows))[: int(rng("how many", key).integers(2, rows - 2))]
    if (np.diff(chosen) > 0).all():
        chosen = chosen[::-1].copy()
    return X, chosen, np.setdiff1d(np.arange(rows), chosen)


SPLITS = {key: split(key) for key in ("first", "second", "third")}


@exercise("split_and_standardise", weight=2)
@pytest.mark.parametrize("key", SPLITS)
def test_training_rows(ask, key):
    """The first table holds the training rows in their own scale (ddof = 0)."""
    X, chosen, known = SPLITS[key]
    training = X[known]
    found = ask(probes.result, "split_and_standardise", X, chosen)[0]
    assert found == same_as((training - training.mean(axis=0)) / training.std(axis=0), **ROUGH)


@exercise("split_and_standardise", weight=2)
@pytest.mark.parametrize("key", SPLITS)
def test_test_rows(ask, key):
    """The second table holds the test rows in the scale of the training rows (ddof = 0)."""
    X, chosen, known = SPLITS[key]
    training = X[known]
    found = ask(probes.result, "split_and_standardise", X, chosen)[1]
    assert found == same_as((X[chosen] - training.mean(axis=0)) / training.std(axis=0), **ROUGH)


def order(X):
    """Which row has the lowest, the next, … value, for each column."""
    return np.argsort(X, axis=0)


@exercise("split_and_standardise")
@pytest.mark.parametrize("key", SPLITS)
def test_order_of_the_training_rows(ask, key):
    """The training rows are those that are no test rows, in their old order."""
    X, chosen, known = SPLITS[key]
    found = ask(probes.result, "split_and_standardise", X, chosen)[0]
    assert [np.shape(found), order(found)] == same_as([(len(known), X.shape[1]), order(X[known])])


@exercise("split_and_standardise")
@pytest.mark.parametrize("key", SPLITS)
def test_order_of_the_test_rows(ask, key):
    """The test rows are those whose numbers are given, in the order of these numbers."""
    X, chosen, _ = SPLITS[key]
    found = ask(probes.result, "split_and_standardise", X, chosen)[1]
    assert [np.shape(found), order(found)] == same_as([(len(chosen), X.shape[1]), order(X[chosen])])


@exercise("split_and_standardise", weight=2)
@pytest.mark.parametrize("key", ["wild", "wilder"])
def test_nothing_is_learnt_from_the_test_rows(ask, key):
    """Wild test rows have no influence on the training table."""
    X, chosen, known = split(key)
    X[chosen] = rng("wild rows", key).uniform(500, 1e4, size=(len(chosen), X.shape[1]))
    training = X[known]
    z = (training - training.mean(axis=0)) / training.std(axis=0)
    found = ask(probes.result, "split_and_standardise", X, chosen)[0]
    assert [np.sign(found), np.std(found, axis=0)] == same_as([np.sign(z), np.ones(X.shape[1])], rtol=0.6)


@exercise("split_and_standardise")
def test_constant_training_column(ask):
    """A column that is constant in the training rows has the scale 1, whatever the test rows hold; nothing is divided by 0."""
    X = np.vstack([STEADY, [[0.3, 2.0, 7.0], [1.3, -4.0, 5.0]]])
    for chosen in ([10, 3, 11], [11, 10]):
        training, test = ask(probes.result, "split_and_standardise", X, np.array(chosen))
        level = X[0, [0, 2]]
        expected = [np.zeros((12 - len(chosen), 2)), X[chosen][:, [0, 2]] - level]
        assert [training[:, [0, 2]], test[:, [0, 2]]] == same_as(expected, rtol=1e-5, atol=1e-5)


@exercise("split_and_standardise", weight=0.5)
@pytest.mark.parametrize("exponent", [-9, -12, -100])
def test_small_training_scale_is_kept(ask, exponent):
    """A training column with a tiny deviation is not constant."""
    ask.same(probes.result, "split_and_standardise", tiny("split", exponent), np.array([3, 0]), **COARSE)


@exercise("split_and_standardise", weight=0.5)
def test_single_training_row(ask):
    """With a single training row every scale is 1: the test rows become differences from it."""
    X = table("single", 3, 2)
    expected = [np.zeros((1, 2)), X[[2, 0]] - X[1]]
    assert ask(probes.result, "split_and_standardise", X, np.array([2, 0])) == same_as(expected, **ROUGH)


@exercise("split_and_standardise", weight=0.5)
def test_split_of_integers(ask):
    """A table of integers is standardised like any other."""
    X = rng("split of integers").integers(0, 99, size=(10, 4))
    ask.same(probes.result, "split_and_standardise", X, np.array([8, 1, 2]), **COARSE)


@exercise("split_and_standardise", weight=0.5)
def test_digits_of_both_tables(ask):
    """Nine digits are right."""
    X, chosen, _ = SPLITS["first"]
    ask.same(probes.result, "split_and_standardise", X, chosen, dtype=True)


@exercise("split_and_standardise", weight=0.5)
def test_split_again(ask):
    """Another table of equal shape is split anew, in the same array too, with other test rows; the first answer stays as it was."""
    first, second = [table("split again", 7, 3), np.array([4, 1])], [table("split once more", 7, 3), np.array([0, 6])]
    tables = [[order(np.delete(X, chosen, axis=0)), order(X[chosen])] for X, chosen in (first, second)]
    answer = ask(probes.again, "split_and_standardise", first, second)
    found = [[order(part) for part in pair] for pair in [*answer["answers"], answer["kept"]]]
    assert found == same_as([tables[n] for n in (0, 1, 0, 0, 1, 0)])


@exercise("split_and_standardise", weight=0.5)
def test_split_leaves_the_table_alone(ask):
    """Table and numbers of test rows stay as they were."""
    X = table("split left alone", 8, 3)
    answer = ask(probes.left_alone, "split_and_standardise", X, np.array([3, 0]))
    assert answer["changed"] is False
    assert sorted(len(part) for part in answer["result"]) == [2, 6]
    assert any(np.abs(part.mean(axis=0)).max() < 1e-6 and part.std() > 0.5 for part in answer["result"])


# ------------------------------------------------------------------------------------------------ normal_pdf


def points(key):
    """Points on both sides of 0, as many as are drawn."""
    return np.sort(normal(f"points {key}", *sizes("points", key, low=5, high=12, count=1), sigma=1.5))


def bell(key):
    """A mean and a standard deviation, neither of them near 0 or 1."""
    source = rng("bell", key)
    return float(source.uniform(2, 8) * source.choice([-1, 1])), float(source.choice([source.uniform(0.2, 0.6), source.uniform(2, 4)]))


def narrow(key):
    """A bell of which a part or more is left out when a deviation is taken for a variance, or not at all."""
    return float(rng("narrow", key).uniform(2, 8)), float(rng("narrow", key, 2).uniform(0.2, 0.6))


STEPS = np.array([0.25, 0.5, 1.0, 2.0, 3.0])


@exercise("normal_pdf")
def test_standard_density(ask):
    """The density of the standard normal distribution, of mean 0 and deviation 1."""
    ask.same(probes.result, "normal_pdf", points("standard"), 0.0, 1.0, **ROUGH)


@exercise("normal_pdf")
@pytest.mark.parametrize("key", ["a", "b"])
def test_density_around_any_mean(ask, key):
    """For a deviation of 1, the density at any mean."""
    mu, _ = bell(key)
    ask.same(probes.result, "normal_pdf", mu + points(key), mu, 1.0, **ROUGH)


@exercise("normal_pdf", weight=2)
@pytest.mark.parametrize("key", ["a", "b", "c", "d"])
def test_density(ask, key):
    """The density at every point of an array, for any mean and standard deviation."""
    mu, sigma = bell(key)
    ask.same(probes.result, "normal_pdf", mu + sigma * points(key), mu, sigma, **ROUGH)


@exercise("normal_pdf")
@pytest.mark.parametrize("key", ["a", "b"])
def test_height_of_the_density(ask, key):
    """At the mean the density is 1 / (σ √2π)."""
    for mu, sigma in (bell(key), narrow(key)):
        expected = np.full(2, 1 / (sigma * math.sqrt(2 * math.pi)))
        assert ask(probes.result, "normal_pdf", np.array([mu, mu]), mu, sigma) == same_as(expected, **ROUGH)


@exercise("normal_pdf")
@pytest.mark.parametrize("key", ["a", "b"])
def test_width_of_the_density(ask, key):
    """z deviations from the mean the density is exp(-z²/2) times that at the mean."""
    for mu, sigma in (bell(key), narrow(key)):
        y = ask(probes.result, "normal_pdf", mu + sigma * np.array([0.0, *STEPS]), mu, sigma)
        assert y[1:] / y[0] == same_as(np.exp(-(STEPS**2) / 2), **ROUGH)


@exercise("normal_pdf")
@pytest.mark.parametrize("key", ["a", "b"])
def test_density_is_symmetric(ask, key):
    """The density is the same on both sides of the mean, and falls with the distance."""
    mu, sigma = narrow(key)
    y = ask(probes.result, "normal_pdf", mu + 0.25 * np.array([-3, -2, -1, -0.5, 0.5, 1, 2, 3]), mu, sigma)
    assert [y[:4], np.sign(np.diff(y[:4]))] == same_as([y[:3:-1], np.ones(3)], **ROUGH)


@exercise("normal_pdf")
@pytest.mark.parametrize("key", ["a", "b", "c"])
def test_area_is_one(ask, key):
    """The whole area below the curve is 1."""
    mu, sigma = bell(key)
    x = mu + sigma * np.linspace(-12, 12, 481)
    assert np.sum(ask(probes.result, "normal_pdf", x, mu, sigma)) * (x[1] - x[0]) == same_as(1.0, **ROUGH)


@exercise("normal_pdf")
@pytest.mark.parametrize("sigma", [0.0, -1.0, 0, -0.5, -1e-12])
def test_density_without_spread(ask, sigma):
    """A sigma of 0 or below raises ValueError; a sigma above it gives one positive density for each point."""
    answer = ask(probes.refused, "normal_pdf", [np.array([0.5, 2.0, -1.0]), 0.5, sigma], [np.array([2.0, 1.5, 1.0]), 0.5, 1.5])
    assert answer["refused"] == raised(ValueError)
    assert [np.sign(np.diff(y)) for y in answer["valid"]] == same_as([np.ones(2)])


@exercise("normal_pdf", weight=0.5)
@pytest.mark.parametrize("exponent", [-9, -3, 4])
def test_density_of_any_width(ask, exponent):
    """A tiny sigma gives a high and narrow bell, a huge one a low and wide one."""
    sigma = 10.0**exponent
    ask.same(probes.result, "normal_pdf", sigma * points("widths"), 0.0, sigma, rtol=0.1, atol=0.001 / sigma)


@exercise("normal_pdf", weight=0.5)
def test_digits_of_the_density(ask):
    """Nine digits are right."""
    mu, sigma = bell("digits")
    ask.same(probes.result, "normal_pdf", mu + sigma * points("digits"), mu, sigma)
    ask.same(probes.result, "normal_pdf", rng("digits").integers(-4, 5, 6), 1, 2)


@exercise("normal_pdf", weight=0.5)
def test_density_again(ask):
    """As many other points, and another mean, are answered anew, in the same array too; the first answer stays as it was."""
    first, second = [np.array([2.0, 1.0, 3.5, 2.6]), 2.0, 1.0], [np.array([3.2, 5.0, 4.0, 5.5]), 5.0, 1.0]
    one, other = np.array([2, 1, 3, 0]), np.array([0, 2, 3, 1])
    answer = ask(probes.again, "normal_pdf", first, second)
    found = [np.argsort(y) for y in [*answer["answers"], answer["kept"]]]
    assert found == same_as([one, other, one, one, other, one])


@exercise("normal_pdf", weight=0.5)
def test_density_leaves_points_alone(ask):
    """The array that is given stays as it was."""
    x = np.sort(normal("pdf left alone", 7, mu=12.0))[::-1].copy()
    answer = ask(probes.left_alone, "normal_pdf", x, 5.0, 2.0)
    assert [answer["changed"], np.sign(np.diff(answer["result"]))] == same_as([False, np.ones(6)])


# ------------------------------------------------------------------------------------------------ normal_cdf


@exercise("normal_cdf")
def test_standard_probability(ask):
    """The probabilities of the standard normal distribution, of mean 0 and deviation 1."""
    ask.same(probes.result, "normal_cdf", points("standard"), 0.0, 1.0, **ROUGH)


@exercise("normal_cdf")
@pytest.mark.parametrize("key", ["a", "b"])
def test_probability_around_any_mean(ask, key):
    """For a deviation of 1, the probabilities at any mean."""
    mu, _ = bell(key)
    ask.same(probes.result, "normal_cdf", mu + points(key), mu, 1.0, **ROUGH)


@exercise("normal_cdf", weight=2)
@pytest.mark.parametrize("key", ["a", "b", "c", "d"])
def test_probability_below(ask, key):
    """The probability of a value at or below every point of an array, for any mean and standard deviation."""
    mu, sigma = bell(key)
    ask.same(probes.result, "normal_cdf", mu + sigma * points(key), mu, sigma, **ROUGH)


@exercise("normal_cdf")
@pytest.mark.parametrize("key", ["a", "b"])
def test_half_lies_below_the_mean(ask, key):
    """At the mean the probability is a half; above it is more, below it is less."""
    for mu, sigma in (bell(key), narrow(key)):
        p = ask(probes.result, "normal_cdf", mu + 0.4 * sigma * np.array([-1, 0, 1]), mu, sigma)
        assert [p[1], np.sign(p - 0.5)] == same_as([0.5, np.array([-1, 0, 1])], **ROUGH)


@exercise("normal_cdf")
@pytest.mark.parametrize("key", ["a", "b"])
def test_probabilities_mirror(ask, key):
    """A point and its mirror image at the mean have 1 together; further to the right it is more."""
    mu, sigma = narrow(key)
    steps = np.linspace(0.1, 0.6, *sizes("mirror", key, count=1))
    p = ask(probes.result, "normal_cdf", np.concatenate([mu - steps[::-1], mu + steps]), mu, sigma)
    assert [p + p[::-1], np.sign(np.diff(p))] == same_as([np.ones(len(p)), np.ones(len(p) - 1)], **ROUGH)


@exercise("normal_cdf")
@pytest.mark.parametrize("key", ["a", "b"])
def test_ends_of_the_curve(ask, key):
    """Far to the left of the mean the probability is 0, far to the right it is 1."""
    mu, sigma = bell(key)
    far = np.array([-1e6, mu - 300 * sigma, mu + 200 * sigma, 1e6, mu + 300 * sigma])
    assert ask(probes.result, "normal_cdf", far, mu, sigma) == same_as(np.array([0.0, 0.0, 1.0, 1.0, 1.0]), **ROUGH)


@exercise("normal_cdf")
@pytest.mark.parametrize("key", ["a", "b"])
def test_empirical_rule(ask, key):
    """Between one, two and three deviations below and above the mean lie 68.27, 95.45 and 99.73 per cent."""
    for mu, sigma in (bell(key), narrow(key)):
        p = ask(probes.result, "normal_cdf", mu + sigma * np.array([-3, -2, -1, 1, 2, 3]), mu, sigma)
        assert p[:2:-1] - p[:3] == same_as(np.array([0.9973002, 0.9544997, 0.6826895]), **ROUGH)


@exercise("normal_cdf")
@pytest.mark.parametrize("sigma", [0.0, -1.0, 0, -0.5, -1e-12])
def test_probability_without_spread(ask, sigma):
    """A sigma of 0 or below raises ValueError; a sigma above it gives probabilities."""
    low, high = [np.array([5.0]), 9.0, 1.0], [np.array([-2.0]), -3.0, 1.0]
    answer = ask(probes.refused, "normal_cdf", [np.array([5.0]), 0.5, sigma], low, high)
    assert answer["refused"] == raised(ValueError)
    assert np.abs(np.diff(answer["valid"], axis=0)) > 0.1
    assert np.max(answer["valid"]) <= 1


@exercise("normal_cdf", weight=0.5)
@pytest.mark.parametrize("exponent", [-9, -3, 4])
def test_probability_of_any_width(ask, exponent):
    """A tiny sigma gives a steep curve, a huge one a flat one."""
    sigma = 10.0**exponent
    ask.same(probes.result, "normal_cdf", sigma * points("widths"), 0.0, sigma, rtol=0.0, atol=0.001)


@exercise("normal_cdf", weight=0.5)
def test_digits_of_the_probability(ask):
    """Nine digits are right."""
    mu, sigma = bell("digits")
    ask.same(probes.result, "normal_cdf", mu + sigma * points("digits"), mu, sigma)
    ask.same(probes.result, "normal_cdf", rng("digits").integers(-4, 5, 6), 1, 2)


@exercise("normal_cdf", weight=0.5)
def test_probability_again(ask):
    """As many other points, and another mean, are answered anew, in the same array too; the first answer stays as it was."""
    first, second = [np.array([-9.0, 9.0, 2.0]), 2.0, 1.0], [np.array([14.0, 5.0, -4.0]), 5.0, 1.0]
    one, other = np.array([0.0, 1.0, 0.5]), np.array([1.0, 0.5, 0.0])
    expected = {"answers": [one, other, one, one, other], "kept": one}
    assert ask(probes.again, "normal_cdf", first, second) == same_as(expected, rtol=0.0, atol=0.2)


@exercise("normal_cdf", weight=0.5)
def test_probability_leaves_points_alone(ask):
    """The array that is given stays as it was."""
    x = normal("cdf left alone", 7, mu=40.0)
    answer = ask(probes.left_alone, "normal_cdf", x, 40.5, 2.0)
    assert answer["changed"] is False
    assert np.argsort(answer["result"]) == same_as(np.argsort(x))
    assert np.max(answer["result"]) < 2


# ------------------------------------------------------------------------------------------------ within_k_sigma


def distances(x):
    """How many standard deviations each value lies from the mean."""
    return np.abs(x - x.mean()) / x.std()


def limits(key, x, count=6, top=2.5):
    """Several k, none of them near the distance of a value."""
    source = rng("limits", key)
    known = distances(x)
    found = []
    while len(found) < count:
        k = float(source.uniform(0.2, top))
        if np.abs(known - k).min() > 1e-3:
            found.append(k)
    return sorted(found)


def split_values(key, inside, outside):
    """Values of which some lie within half a standard deviation of the mean, and the others between one and three."""
    source = rng("split values", key)
    near, far = source.uniform(-0.1, 0.1, inside), source.choice([-1, 1]) * (-1.0) ** np.arange(outside) * source.uniform(4, 4.5, outside)
    return 30 + source.uniform(2, 3) * np.concatenate([far, near])


def shares(ask, x, ks):
    return np.array([ask(probes.result, "within_k_sigma", x, k) for k in ks])


VALUES = {
    "normal": normal("within", *sizes("within", low=60, high=120, count=1), mu=50.0, sigma=8.0),
    "skewed": rng("skewed").exponential(size=sizes("skewed", low=40, high=80, count=1)),
    "few": normal("few", *sizes("few", low=9, high=15, count=1), mu=-4.0),
    "integers": rng("dice").integers(-9, 30, size=21),
}


@exercise("within_k_sigma", weight=2)
@pytest.mark.parametrize("name", VALUES)
def test_share_within(ask, name):
    """The share of the values whose distance from their mean is at most k standard deviations (ddof = 0)."""
    x = VALUES[name]
    for k in limits(name, x):
        ask.same(probes.result, "within_k_sigma", x, k, **ROUGH)


@exercise("within_k_sigma")
@pytest.mark.parametrize("name", ["normal", "skewed"])
def test_share_within_one(ask, name):
    """For k = 1 it is the share within one standard deviation of the mean."""
    x = spread(f"one {name}", 41, mu=7.0, sigma=3.0)
    while np.abs(distances(x) - 1).min() < 1e-3:
        x[0] += 0.1
    ask.same(probes.result, "within_k_sigma", x, 1, rtol=0.1)


@exercise("within_k_sigma")
def test_share_of_standard_values(ask):
    """Of values of mean 0 and deviation 1 it is the share from -k to k."""
    x = spread("standard", 33)
    x = np.concatenate([x, -x])
    for k in limits("standard", x, count=4):
        assert ask(probes.result, "within_k_sigma", x, k) == same_as(np.mean(np.abs(x) <= k), **ROUGH)


@exercise("within_k_sigma")
@pytest.mark.parametrize("name", ["normal", "skewed", "few"])
def test_unit_makes_no_difference(ask, name):
    """In another unit, with another zero, the values have the same shares."""
    x = VALUES[name]
    ks = [0.0, *limits(f"unit {name}", x, count=3), 1e3]
    found = shares(ask, x, ks)
    factor, offset = rng("unit", name).uniform(2, 9), rng("unit", name, 2).uniform(20, 90)
    assert shares(ask, offset - factor * x, ks) == same_as(found, **ROUGH)
    assert 0.5 < np.ptp(found) < 500


@exercise("within_k_sigma")
def test_share_grows_with_k(ask):
    """The share is between 0 and 1, and grows with k until all values are within."""
    x = VALUES["normal"]
    found = shares(ask, x, [*limits("grows", x, count=4, top=2.0), 1e3])
    assert (np.diff(found) >= 0).all()
    assert [found[0] < 0.95, found[-1]] == same_as([True, 1.0], **ROUGH)


@exercise("within_k_sigma")
@pytest.mark.parametrize("name", ["normal", "few"])
def test_close_to_the_border(ask, name):
    """k a little above or below the distance of a value makes a difference."""
    x = VALUES[name]
    known = np.sort(distances(x))
    place = int(np.argmax(np.diff(known)[:-1])) if name == "few" else len(known) // 2
    for k in known[place] * (1 + np.array([1e-5, -1e-5])):
        if np.abs(known - k).min() > 1e-6 * k:
            ask.same(probes.result, "within_k_sigma", x, float(k), rtol=0.0, atol=0.4 / len(x))


@exercise("within_k_sigma")
@pytest.mark.parametrize("n", [3, 4, 6])
def test_population_deviation(ask, n):
    """The standard deviation divides by N: with few values that decides which of them are within."""
    x = spread(f"population {n}", n, mu=9.0, sigma=2.0)
    for k in sorted(distances(x)):
        between = float(k * ((n - 1) / n) ** 0.25)
        if np.abs(distances(x) / between - 1).min() > 1e-3:
            ask.same(probes.result, "within_k_sigma", x, between, rtol=0.0, atol=0.01)
    ask.same(probes.result, "within_k_sigma", x, 3, **COARSE)


@exercise("within_k_sigma")
def test_border_counts(ask):
    """A value exactly k standard deviations from the mean counts as within; just short of that it does not."""
    for x, ks in (
        ([1.0, 3.0], [1, 0.999, 1.001]),
        ([-4.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1, 0.5, 0, 2, 2.1]),  # running means are exact, too
        ([5.0, 5.0, 5.0, 1.0, 9.0, 5.0, 5.0, 5.0], [0, 1, 2, 1.9]),
    ):
        for k in ks:
            ask.same(probes.result, "within_k_sigma", np.array(x), k, **ROUGH)


@exercise("within_k_sigma", weight=0.5)
def test_equal_values_are_within(ask):
    """If all values are equal they are all within any distance, 0 included; a single value too. Others are not."""
    found = [ask(probes.result, "within_k_sigma", np.array(x), k) for x in ([7.0, 7.0, 7.0], [-3.5]) for k in (0, 1, 2.5)]
    apart = ask(probes.result, "within_k_sigma", VALUES["few"], 0.5)
    assert [*found, apart < 0.99] == same_as([1.0] * 6 + [True], **ROUGH)


@exercise("within_k_sigma", weight=0.5)
@pytest.mark.parametrize("exponent", [-12, -100])
def test_share_of_tiny_values(ask, exponent):
    """A tiny deviation is a deviation: no distance is added to it."""
    x = (split_values("tiny", 6, 6) - 29) * 10.0**exponent
    assert shares(ask, x, [0.7, 3.0]) == same_as(np.array([0.5, 1.0]), rtol=0.0, atol=0.2)


@exercise("within_k_sigma", weight=0.5)
def test_share_again(ask):
    """Other values, as many as before, are answered anew, in the same array too."""
    first, second = rng("within again").permutation([-9.0, 9.0, 8.0, -8.0]), rng("within once more").permutation([0.0, 0.0, 12.0, 0.0])
    expected = {"answers": [0.0, 0.75, 0.0, 0.0, 0.75], "kept": 0.0}
    assert ask(probes.again, "within_k_sigma", [first, 0.7], [second, 0.7]) == same_as(expected, rtol=0.0, atol=0.3)


@exercise("within_k_sigma", weight=0.5)
def test_share_leaves_values_alone(ask):
    """The array that is given stays as it was."""
    answer = ask(probes.left_alone, "within_k_sigma", split_values("left alone", 12, 4), 1.3)
    assert answer == {"result": same_as(0.75, rtol=0.0, atol=0.2), "changed": False}


# ------------------------------------------------------------------------------------------------ sample_means

SAMPLES = {
    "first": normal("samples", *sizes("samples"), mu=2.0, sigma=3.0),
    "second": normal("samples once more", *sizes("samples once more", low=12, high=20), mu=-7.0),
    "draws of one": normal("draws of one", 5, 1, mu=4.0),
}


@exercise("sample_means", weight=2)
@pytest.mark.parametrize("name", SAMPLES)
def test_mean_of_each_draw(ask, name):
    """Entry r is the mean of what the r-th call of draw gave."""
    ask.same(probes.means, SAMPLES[name], **ROUGH)


@exercise("sample_means")
@pytest.mark.parametrize("n", sizes("one draw", count=3))
def test_mean_of_one_draw(ask, n):
    """With reps = 1 the one entry is the mean of one draw."""
    ask.same(probes.means, normal("one draw", 1, n, mu=3.0, sigma=2.0), **ROUGH)


@exercise("sample_means")
@pytest.mark.parametrize("reps", sizes("draws", count=2))
def test_entry_for_each_draw(ask, reps):
    """Each entry comes from a draw of its own, in the order of the calls."""
    levels = rng("levels of draws", reps).permutation(np.arange(2.0, 2.0 + reps)) * 3
    ask.same(probes.means, np.repeat(levels[:, None], 5, axis=1), **ROUGH)


@exercise("sample_means")
@pytest.mark.parametrize("reps", sizes("results", count=2))
def test_order_of_the_means(ask, reps):
    """There are reps results, one after the other: where a draw lies higher, so does what becomes of it."""
    levels = rng("order of draws", reps).permutation(np.arange(reps)) * 10.0 - 20.5
    while (np.diff(levels) > 0).all():
        levels = levels[::-1].copy()
    found = ask(probes.means, levels[:, None] + rng("within a draw", reps).random((reps, 3)))
    assert np.argsort(found) == same_as(np.argsort(levels))


@exercise("sample_means")
@pytest.mark.parametrize("key", ["a", "b"])
def test_draw_is_called_reps_times(ask, key):
    """draw is called exactly reps times."""
    n, reps = sizes("calls", key)
    answer = ask(probes.asked_for, n, reps)
    assert len(answer["calls"]) == reps
    assert (np.diff(np.ravel(answer["means"])) > 0).all()


@exercise("sample_means")
@pytest.mark.parametrize("key", ["a", "b"])
def test_draw_is_asked_for_n(ask, key):
    """draw is always called with n as its one argument."""
    n, reps = sizes("arguments", key)
    answer = ask(probes.asked_for, n, reps)
    assert len(answer["calls"]) > 1
    assert answer["calls"] == same_as([[[n], []]] * len(answer["calls"]))
    assert (np.diff(np.ravel(answer["means"])) > 0).all()


@exercise("sample_means")
@pytest.mark.parametrize("key", ["a", "b"])
def test_array_of_means(ask, key):
    """The result is an array of shape (reps,), of as many different numbers as there are different draws."""
    n, reps = sizes("array of means", key)
    found = ask(probes.means, normal(f"array of means {key}", reps, n, mu=5.0))
    assert isinstance(found, np.ndarray)
    assert [found.shape, len(np.unique(found))] == [(reps,), reps]
    assert (np.abs(found) > 1.5).all()


@exercise("sample_means", weight=0.5)
@pytest.mark.parametrize(("n", "reps"), [(5, 3), (2, 9), (1, 4), (6, 1)])
def test_means_of_fresh_draws(ask, n, reps):
    """draw may answer as it likes, of the size that it is asked for."""
    ask.same(probes.means_of_fresh_draws, n, reps, float(rng("fresh").uniform(0.5, 3)), **ROUGH)


@exercise("sample_means", weight=0.5)
def test_means_of_integers(ask):
    """Draws may be integers, as from a die; their means are floats."""
    ask.same(probes.means, rng("die").integers(1, 7, size=(6, 5)), rtol=1e-3)


@exercise("sample_means", weight=0.5)
def test_digits_of_the_means(ask):
    """Nine digits are right."""
    ask.same(probes.means, SAMPLES["first"])


@exercise("sample_means", weight=0.5)
def test_means_again(ask):
    """Another source is asked anew, and the first answer stays as it was."""
    first, second = spread("means again", 5, 4, mu=30.0), spread("means once more", 5, 4, mu=-50.0)
    answer = ask(probes.means_again, first, second)
    found = [np.sign(means) for means in [*answer["answers"], answer["kept"]]]
    assert found == same_as([sign * np.ones(np.shape(means)) for sign, means in zip((1, -1, 1, 1), found, strict=True)])
    assert len(found[0]) > 1


# ------------------------------------------------------------------------------------------------ box_muller


def uniform(key, n):
    """Pairs of uniform numbers: u1 in (0, 1], and angles whose cosines and sines are not near 0."""
    source = rng("uniform", key)
    turns = (source.integers(0, 4, n) + source.uniform(0.03, 0.22, n)) / 4
    return source.uniform(0.05, 0.9, n), turns


def far_out(key, n):
    """The same, with one number that lies far from 0."""
    u1, u2 = uniform(key, n)
    u1[1] = 1e-3
    return [u1, u2]


def pairs(ask, u1, u2):
    """Cosines and sines, each as an array: the first and the second half of the answer."""
    z = ask(probes.result, "box_muller", u1, u2)
    return z[: len(u1)], z[len(u1) :]


NUMBERS = {f"{n}": uniform(n, n) for n in (1, 2, *sizes("box muller", low=5, high=14))}


@exercise("box_muller", weight=2)
@pytest.mark.parametrize("n", NUMBERS)
def test_cosines_first(ask, n):
    """The first N numbers are those with the cosine, in order: the root of -2 ln u1 times the cosine of the angle 2π u2."""
    u1, u2 = NUMBERS[n]
    first, _ = pairs(ask, u1, u2)
    assert first == same_as(np.sqrt(-2 * np.log(u1)) * np.cos(2 * np.pi * u2), **ROUGH)


@exercise("box_muller", weight=2)
@pytest.mark.parametrize("n", NUMBERS)
def test_sines_second(ask, n):
    """The N numbers after the cosines are those with the sine, in order."""
    u1, u2 = NUMBERS[n]
    _, second = pairs(ask, u1, u2)
    assert second == same_as(np.sqrt(-2 * np.log(u1)) * np.sin(2 * np.pi * u2), **ROUGH)


@exercise("box_muller", weight=1.5)
@pytest.mark.parametrize("key", ["a", "b"])
def test_distance(ask, key):
    """A pair of numbers lies at the distance √(-2 ln u1) from 0."""
    u1, u2 = uniform(f"distance {key}", *sizes("distance", key, count=1))
    first, second = pairs(ask, u1, u2)
    assert np.hypot(first, second) == same_as(np.sqrt(-2 * np.log(u1)), **ROUGH)


@exercise("box_muller", weight=1.5)
@pytest.mark.parametrize("key", ["a", "b"])
def test_angle(ask, key):
    """A pair of numbers lies in the direction of the angle 2π u2."""
    u1, u2 = uniform(f"angle {key}", *sizes("angle", key, count=1))
    first, second = pairs(ask, u1, u2)
    found = np.arctan2(second, first) % (2 * np.pi)
    assert found == same_as(2 * np.pi * u2, **ROUGH)


@exercise("box_muller")
@pytest.mark.parametrize("key", ["a", "b"])
def test_one_row_of_numbers(ask, key):
    """N pairs give an array of 2N finite numbers, of shape (2N,); no two of them are alike."""
    n = sizes("numbers", key, count=1)[0]
    z = ask(probes.result, "box_muller", *far_out(f"row {key}", n))
    assert isinstance(z, np.ndarray)
    assert [z.shape, len(np.unique(z)), np.isfinite(z).all()] == same_as([(2 * n,), 2 * n, True])
    assert np.abs(z).max() > 1.1


@exercise("box_muller")
@pytest.mark.parametrize("key", ["a", "b"])
def test_quarter_turns(ask, key):
    """A quarter of a turn more brings the cosine to where the sine was: (x, y) becomes (-y, x)."""
    u1, u2 = uniform(f"turn {key}", 6)
    first, second = pairs(ask, u1, u2 * 0.7)
    turned, other = pairs(ask, u1, u2 * 0.7 + 0.25)
    assert [turned, other] == same_as([-second, first], **ROUGH)
    assert np.ptp(first) > 0.2


@exercise("box_muller")
@pytest.mark.parametrize("u1", [1.0, 1 - 2.0**-30, 2.0**-53, 1e-300])
def test_ends_of_the_interval(ask, u1):
    """u1 = 1 gives the distance 0; a tiny u1 a large one; u2 may be 0 and 1."""
    u2 = np.array([0.0, 1.0, *rng("ends").random(3)])
    z = ask(probes.result, "box_muller", np.full(5, u1), u2)
    size = math.sqrt(-2 * math.log(u1))
    assert z[:2] == same_as(np.full(2, size), **ROUGH)
    assert np.linalg.norm(z) == same_as(size * math.sqrt(5), **ROUGH)
    assert ask(probes.result, "box_muller", np.full(5, 0.2), u2)[0] == same_as(1.8, **COARSE)


@exercise("box_muller")
@pytest.mark.parametrize("n", [16, 25])
def test_normal_moments(ask, n):
    """Evenly spread uniform numbers give numbers of mean 0 and of variance near 1, a half on each side."""
    u = (np.arange(n) + 0.5) / n
    z = ask(probes.result, "box_muller", np.repeat(u, n), np.tile(u, n))
    assert [np.mean(z), np.mean(z**2), np.mean(z > 0)] == [same_as(0.0, **ROUGH), same_as(1.0, rtol=0.05), same_as(0.5, rtol=0.2)]


@exercise("box_muller", weight=0.5)
def test_digits_of_normal_numbers(ask):
    """Nine digits are right."""
    ask.same(probes.result, "box_muller", *uniform("digits", 8), dtype=True)


@exercise("box_muller", weight=0.5)
def test_box_muller_again(ask):
    """As many other uniform numbers are answered anew, in the same arrays too, and the first answer stays as it was."""
    first, second = far_out("again", 6), far_out("once more", 6)
    answer = ask(probes.again, "box_muller", first, second)
    one, other = answer["answers"][:2]
    assert [answer["answers"], answer["kept"]] == same_as([[one, other, one, one, other], one], **ROUGH)
    assert np.abs(one - other).max() > 0.05
    assert [one.size, len(np.unique(one)), np.abs(one).max() > 1] == [12, 12, True]


@exercise("box_muller", weight=0.5)
def test_box_muller_leaves_numbers_alone(ask):
    """The arrays that are given stay as they were."""
    answer = ask(probes.left_alone, "box_muller", *far_out("left alone", 7))
    assert answer["changed"] is False
    assert 1.1 < np.abs(answer["result"]).max() < 100


# ------------------------------------------------------------------------------------------------ normal_mle


@exercise("normal_mle", weight=2)
@pytest.mark.parametrize("name", COLUMNS)
def test_most_likely_mean(ask, name):
    """The first of the pair is the mean."""
    assert ask(probes.result, "normal_mle", COLUMNS[name])[0] == same_as(COLUMNS[name].mean(), **ROUGH)


@exercise("normal_mle", weight=2)
@pytest.mark.parametrize("name", COLUMNS)
def test_most_likely_deviation(ask, name):
    """The second of the pair is the standard deviation with N below."""
    assert ask(probes.result, "normal_mle", COLUMNS[name])[1] == same_as(COLUMNS[name].std(), **ROUGH)


@exercise("normal_mle")
def test_deviation_follows_the_unit(ask):
    """In another unit, with another zero, the deviation is that many times as large; it is above 0."""
    x = COLUMNS["first"]
    factor, offset = rng("mle unit").uniform(2, 5), rng("mle unit", 2).uniform(50, 90)
    deviation = ask(probes.result, "normal_mle", x)[1]
    other = ask(probes.result, "normal_mle", factor * x + offset)[1]
    assert other == same_as(factor * deviation, **ROUGH)
    assert 1 < deviation < 1e5


@exercise("normal_mle")
def test_pair(ask):
    """A pair of numbers comes out, of which the first moves with the values."""
    x = spread("pair", 12, mu=40.0, sigma=2.0)
    assert ask(probes.result, "normal_mle", x - 10 * x.mean()) == same_as([same_as(-360.0, rtol=0.1), same_as(2.0, rtol=0.9)])


@exercise("normal_mle")
def test_mle_far_from_zero(ask):
    """The deviation keeps its digits for data far from 0."""
    for x in (1e9 + WORKED, 7e5 + spread("mle far", 20, sigma=3.0)):
        assert ask(probes.result, "normal_mle", x)[1] == same_as(x.std(), rtol=1e-4)


@exercise("normal_mle", weight=0.5)
def test_mle_of_a_single_value(ask):
    """A single value is its mean, and has the deviation 0."""
    value = float(rng("single value").uniform(3, 90))
    assert ask(probes.result, "normal_mle", np.array([value])) == same_as([value, 0.0], **ROUGH)


@exercise("normal_mle", weight=0.5)
@pytest.mark.parametrize("name", ["first", "negative"])
def test_digits_of_the_pair(ask, name):
    """Nine digits are right."""
    ask.same(probes.result, "normal_mle", COLUMNS[name])


@exercise("normal_mle", weight=0.5)
def test_mle_again(ask):
    """Other values, as many as before, are answered anew, in the same array too."""
    first, second = np.sort(spread("mle again", 10, mu=5.0, sigma=4.0)), np.sort(spread("mle once more", 10, mu=60.0, sigma=50.0))
    one, other = [5.0, 4.0], [60.0, 50.0]
    expected = {"answers": [one, other, one, one, other], "kept": one}
    assert ask(probes.again, "normal_mle", [first], [second]) == same_as(expected, rtol=0.6)


@exercise("normal_mle", weight=0.5)
def test_mle_leaves_values_alone(ask):
    """The array that is given stays as it was."""
    x = np.sort(spread("mle left alone", 9, mu=40.0, sigma=30.0))
    answer = ask(probes.left_alone, "normal_mle", x)
    assert answer["changed"] is False
    assert sorted(answer["result"]) == same_as([30.0, 40.0], rtol=0.6)
