"""Judgements about `standardisation`. Never leaves the trusted process."""

import numpy as np
import pytest

from autograder.testing import exercise, raised, same_as

from . import standardisation_probes as probes

RNG = np.random.default_rng(20)


def normal(*shape, mu=0.0, sigma=1.0):
    return mu + sigma * RNG.normal(size=shape)


# ------------------------------------------------------------------------------------------------ moments

COLUMNS = {
    "worked example": np.array([4.0, 7.0, 13.0, 16.0]),
    "seven": normal(7, mu=2.0, sigma=3.0),
    "forty": normal(40, mu=-11.0, sigma=0.2),
    "integers": RNG.integers(-50, 90, size=13),
    "one": np.array([-2.5]),
    "two": np.array([1.0, 4.0]),
}
FAR = {
    "worked example": 1e9 + np.array([4.0, 7.0, 13.0, 16.0]),
    "below 0": -1e9 + np.array([4.0, 7.0, 13.0, 16.0]),
    "random": 1e6 + normal(50),
}


@exercise("moments")
@pytest.mark.parametrize("x", COLUMNS.values(), ids=COLUMNS.keys())
def test_mean(ask, x):
    """mean is the sum of the values divided by how many there are; x is left as it was."""
    ask.same(probes.mean, x)


@exercise("moments")
@pytest.mark.parametrize("x", COLUMNS.values(), ids=COLUMNS.keys())
def test_variance_of_the_population(ask, x):
    """variance(x) is the mean of the squared deviations from the mean: divided by N."""
    ask.same(probes.variance, x)


@exercise("moments")
@pytest.mark.parametrize("ddof", [0, 1, 2, 3])
def test_ddof(ask, ddof):
    """variance(x, ddof) divides the sum of squared deviations by N - ddof."""
    for name in ("worked example", "seven", "forty", "integers"):
        ask.same(probes.variance, COLUMNS[name], ddof)
    ask.same(probes.variance_by_keyword, COLUMNS["seven"], ddof)


@exercise("moments", weight=2)
@pytest.mark.parametrize("x", FAR.values(), ids=FAR.keys())
def test_far_from_zero(ask, x):
    """Moving all values by a billion does not change their variance, and costs no digits."""
    ask.same(probes.mean, x)
    ask.same(probes.variance, x)
    ask.same(probes.variance, x, 1)


@exercise("moments")
def test_mean_of_nothing(ask):
    """The mean of no values raises ValueError; the mean of one value is that value, and that of three a third of their sum."""
    assert ask(probes.mean_of_nothing) == same_as({"refused": raised(ValueError), "valid": [3.0, 2.5]})


@exercise("moments")
@pytest.mark.parametrize(("count", "ddof", "valid"), [(0, 0, 0.0), (0, 1, 8.0), (1, 1, 8.0), (0, 2, 14.0), (1, 2, 14.0), (2, 2, 14.0)])
def test_variance_of_too_few(ask, count, ddof, valid):
    """Fewer than ddof + 1 values have no variance: ValueError; ddof + 1 values have one."""
    assert ask(probes.variance_of_few, count, ddof) == same_as({"refused": raised(ValueError), "valid": valid})


# ------------------------------------------------------------------------------------------------ zscore

TABLES = {
    "small": normal(4, 3),
    "tall": normal(31, 2, mu=5.0, sigma=4.0),
    "wide": normal(3, 8, mu=-20.0, sigma=0.3),
    "square": normal(5, 5, sigma=7.0),
    "integers": RNG.integers(0, 60, size=(6, 4)),
    "two rows": normal(2, 5),
}
NEARLY_CONSTANT = np.array([[1e-9, 5.0], [2e-9, 5.0], [4e-9, 5.0], [9e-9, 8.0]])


@exercise("zscore", weight=2)
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())
def test_zscore_is_the_definition(ask, table, axis):
    """Every entry is its distance from the mean of its column (of its row, for axis=1), in standard deviations with ddof = 0."""
    ask.same(probes.zscore, table, axis, dtype=True)


@exercise("zscore")
@pytest.mark.parametrize("name", ["small", "wide", "square"])
def test_zscore_of_columns_by_default(ask, name):
    """Without an axis, columns are standardised; axis may be given by its name."""
    ask.same(probes.zscore, TABLES[name])
    ask.same(probes.zscore_by_keyword, TABLES[name], 1)


@exercise("zscore")
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("number", [0.3, 7.0, -12345.6, 1e6 / 3])
def test_constant_is_zero(ask, number, axis):
    """Where all values along the axis are equal the z-scores are 0, whatever rounding leaves of the deviation; elsewhere they are not."""
    table = np.column_stack([np.full(10, number), np.arange(10.0), np.full(10, 2.0)])
    ask.same(probes.zscore, table if axis == 0 else table.T.copy(), axis)


@exercise("zscore")
@pytest.mark.parametrize("axis", [0, 1])
def test_one_row(ask, axis):
    """A single row has zeros for axis=0, where every column is constant, and z-scores of its own for axis=1; so for a single column."""
    ask.same(probes.zscore, np.array([[2.0, 4.0, 6.0, 5.0]]), axis)
    ask.same(probes.zscore, np.array([[2.0], [4.0], [-6.0]]), axis)


@exercise("zscore")
def test_small_is_not_constant(ask):
    """A column with a tiny deviation is standardised like any other: only equal values make it constant."""
    ask.same(probes.zscore, NEARLY_CONSTANT)


@exercise("zscore")
def test_zscore_far_from_zero(ask):
    """z-scores keep their digits for data far from 0."""
    ask.same(probes.zscore, 1e7 / 3 + 100.0 * np.array([[-1.51, 2.03], [0.57, -1.09], [1.23, 0.29], [2.47, -0.71], [-0.73, 1.51]]))


# ------------------------------------------------------------------------------------------------ compare_scores

PAIRS = [  # z-scores apart, above and below the mean, with equal signs and opposite ones
    ((86, 74, 8), (640, 500, 100)),
    ((70.0, 74.0, 8.0), (300.0, 500.0, 100.0)),
    ((3.0, 5.0, 4.0), (1010.0, 1000.0, 200.0)),
    ((-7.0, -9.0, 0.5), (12.0, 3.0, 3.0)),
    ((2, 1, 3), (9, 1, 25)),
    ((100.0, 99.0, 0.25), (50.0, 20.0, 10.0)),
]
EQUAL = [((80, 74, 8), (575, 500, 100)), ((1.0, 2.0, 0.5), (-3.0, 5.0, 4.0)), ((7.0, 7.0, 2.0), (0.0, 0.0, 9.0)), ((6, 4, 1), (6, 4, 1))]


@exercise("compare_scores", weight=2)
def test_relatively_higher(ask):
    """1 if the first value has the higher z-score, -1 if the second has, above and below the mean."""
    ask.same(probes.compare, PAIRS)


@exercise("compare_scores")
def test_equal_scores(ask):
    """Equal z-scores give 0, and other ones do not."""
    ask.same(probes.compare, [*EQUAL, PAIRS[0]])


@exercise("compare_scores")
@pytest.mark.parametrize(("sd_a", "sd_b"), [(0.0, 1.0), (1.0, 0), (-1.0, 2.0), (2.0, -3.0), (0, 0), (-1.0, -1.0)])
def test_no_spread_is_refused(ask, sd_a, sd_b):
    """A standard deviation of 0 or below, of either group, raises ValueError."""
    assert ask(probes.compare_refused, sd_a, sd_b) == same_as({"refused": raised(ValueError), "valid": [-1, 1]})


# ------------------------------------------------------------------------------------------------ standardizer

STREAM = normal(23, 3, mu=4.0, sigma=2.0) * np.array([1.0, 30.0, 0.05])
LATER = normal(6, 3, mu=-1.0, sigma=5.0)
STEADY = np.column_stack([np.full(10, 0.3), np.arange(10.0), np.full(10, 7.0)])
NEW_ROWS = np.array([[0.3, 2.0, 7.0], [1.3, -4.0, 5.0]])


@exercise("standardizer")
@pytest.mark.parametrize("X", [*TABLES.values(), STREAM], ids=[*TABLES, "stream"])
def test_fit_learns_mean_and_scale(ask, X):
    """After fit, mean_ and scale_ hold the mean and the standard deviation (ddof = 0) of each column."""
    ask.same(probes.fitted, X)


@exercise("standardizer", weight=2)
@pytest.mark.parametrize("cuts", [[1], [1, 2, 3], [5, 10, 15, 20], [20], [2, 9]], ids=str)
def test_batches_are_as_good_as_all_at_once(ask, cuts):
    """partial_fit after partial_fit gives the mean_ and scale_ of all rows together, however they were cut into batches."""
    ask.same(probes.in_batches, np.split(STREAM, cuts), LATER)


@exercise("standardizer")
def test_batches_that_lie_apart(ask):
    """Narrow batches far from each other make a wide scale; the number of rows of each counts."""
    ask.same(probes.in_batches, [normal(7, 2, mu=-50.0), normal(2, 2, mu=80.0), normal(1, 2, mu=3.0), normal(12, 2, mu=20.0)], normal(3, 2))
    ask.same(probes.in_batches, [RNG.integers(0, 9, size=(4, 5)), RNG.integers(90, 99, size=(3, 5))], RNG.integers(0, 99, size=(2, 5)))


@exercise("standardizer")
def test_batches_far_from_zero(ask):
    """Nine digits of mean_ and scale_ are right for data far from 0 too."""
    far = 1e5 + STREAM
    ask.same(probes.fitted, far)
    ask.same(probes.fit_then_more, far[:9], far[9:])


@exercise("standardizer")
def test_fit_forgets(ask):
    """fit forgets what was learnt before, also for a table of another width."""
    ask.same(probes.fit_forgets, STREAM, LATER)
    ask.same(probes.fit_forgets, STREAM[:5], TABLES["tall"])


@exercise("standardizer")
def test_partial_fit_adds_to_fit(ask):
    """partial_fit adds rows to what fit has learnt."""
    ask.same(probes.fit_then_more, STREAM, LATER)
    ask.same(probes.fit_then_more, LATER, STREAM)


@exercise("standardizer")
def test_constant_column_has_scale_one(ask):
    """A column that never changed has the scale 1, so that other values later give plain differences; single rows too."""
    ask.same(probes.fitted, STEADY)
    ask.same(probes.transformed, STEADY, NEW_ROWS)
    ask.same(probes.in_batches, [STEADY[:4], STEADY[4:]], NEW_ROWS)
    ask.same(probes.inverse, STEADY, NEW_ROWS)
    ask.same(probes.transformed, NEW_ROWS[:1], NEW_ROWS)


@exercise("standardizer")
def test_constant_in_every_batch(ask):
    """A column that is constant within each batch but differs between batches is not constant; one that changes late is not either."""
    ask.same(probes.in_batches, [np.full((3, 1), 2.0), np.full((2, 1), 5.0), np.full((4, 1), 5.0)], np.array([[4.0]]))
    ask.same(probes.in_batches, [np.array([[1.0, 6.0], [3.0, 6.0]]), np.array([[2.0, 6.0], [2.0, 1.0]])], np.array([[4.0, 5.0]]))
    ask.same(probes.in_batches, [np.array([[5.0]]), np.array([[2.0]])], np.array([[4.0]]))


@exercise("standardizer")
def test_small_scale_is_kept(ask):
    """A column with a tiny deviation is not constant: its scale is that deviation."""
    ask.same(probes.transformed, NEARLY_CONSTANT, np.array([[3e-9, 6.0]]))


@exercise("standardizer", weight=2)
@pytest.mark.parametrize("name", ["small", "wide", "integers", "two rows"])
def test_transform_uses_what_was_learnt(ask, name):
    """transform gives (x - mean_) / scale_ with what was learnt, for that table and for any other, even a single row."""
    X = TABLES[name]
    ask.same(probes.transformed, X, X)
    ask.same(probes.transformed, X, X[:1] + 2)
    ask.same(probes.transformed, X, normal(3, X.shape[1], mu=1.0, sigma=9.0))


@exercise("standardizer")
@pytest.mark.parametrize("name", ["small", "wide", "integers"])
def test_inverse_transform(ask, name):
    """inverse_transform gives z * scale_ + mean_: the way back from transform."""
    ask.same(probes.inverse, TABLES[name], normal(4, TABLES[name].shape[1]))


@exercise("standardizer")
def test_transform_learns_nothing(ask):
    """transform and inverse_transform leave mean_ and scale_ as they were; what is learnt later adds to the rows from before."""
    ask.same(probes.transform_learns_nothing, STREAM, LATER)


@exercise("standardizer")
def test_fit_returns_self(ask):
    """fit and partial_fit return the object itself, so that calls can be chained."""
    ask.same(probes.returns_self, LATER)


@exercise("standardizer")
@pytest.mark.parametrize("call", ["transform", "inverse_transform"])
def test_nothing_learnt_yet(ask, call):
    """Before anything has been learnt, transform and inverse_transform raise RuntimeError; after fit they work."""
    X = np.array([[1.0, 5.0, 4.0], [3.0, 5.0, 0.0]])
    valid = [[-1.0, 0.0, 1.0], [1.0, 0.0, -1.0]] if call == "transform" else [[3.0, 10.0, 10.0], [5.0, 10.0, 2.0]]
    learnt = {"mean": np.array([2.0, 5.0, 2.0]), "scale": np.array([1.0, 1.0, 2.0])}
    expected = {"refused": raised(RuntimeError), "after": learnt, "valid": np.array(valid)}
    assert ask(probes.before_learning, X, call) == same_as(expected)


@exercise("standardizer")
@pytest.mark.parametrize(
    ("call", "width"),
    [
        *(("fit", 0), ("partial_fit", 0), ("transform", 0), ("inverse_transform", 0)),
        *((call, width) for call in ("partial_fit", "transform", "inverse_transform") for width in (1, 2, 4)),
    ],
)
def test_unusable_table(ask, call, width):
    """A table without rows, or of another width than was learnt, raises ValueError and changes nothing; one column is not broadcast."""
    X = np.array([[1.0, 5.0, 4.0], [3.0, 5.0, 0.0]])
    wrong = np.ones((5, width)) if width else np.zeros((0, 3))
    learnt = {"mean": np.array([2.0, 5.0, 2.0]), "scale": np.array([1.0, 1.0, 2.0])}
    expected = {"refused": raised(ValueError), "after": learnt, "z": np.array([[-1.0, 0.0, 1.0], [1.0, 0.0, -1.0]]), "more": learnt}
    assert ask(probes.unusable_table, X, wrong, call) == same_as(expected)


@exercise("standardizer")
def test_wide_table_on_one_column(ask):
    """Where one column was learnt, even from one row, a table of three columns raises ValueError and changes nothing."""
    learnt = {"mean": np.array([2.0]), "scale": np.array([1.0])}
    for X, z in [([[1.0], [3.0]], [[-1.0], [1.0]]), ([[2.0]], [[0.0]])]:
        expected = {"refused": raised(ValueError), "after": learnt, "z": np.array(z), "more": learnt}
        for call in ("partial_fit", "transform", "inverse_transform"):
            assert ask(probes.unusable_table, np.array(X), np.ones((4, 3)), call) == same_as(expected)


@exercise("standardizer")
@pytest.mark.parametrize("call", ["fit", "partial_fit"])
def test_empty_table_first(ask, call):
    """A table without rows is refused as the first one too, and nothing has been learnt then."""
    learnt = {"mean": np.array([2.0, 7.0]), "scale": np.array([1.0, 2.0])}
    expected = {"refused": raised(ValueError), "unlearnt": raised(RuntimeError), "after": learnt}
    assert ask(probes.empty_first, np.array([[1.0, 5.0], [3.0, 9.0]]), call) == same_as(expected)


@exercise("standardizer")
def test_objects_learn_apart(ask):
    """Two objects share nothing of what they have learnt."""
    ask.same(probes.two_objects, STREAM, LATER)


# ------------------------------------------------------------------------------------------------ split_and_standardise


@exercise("split_and_standardise", weight=2)
@pytest.mark.parametrize(
    ("shape", "test"), [((9, 3), [0, 4]), ((12, 2), [11, 3, 7]), ((6, 5), [2]), ((7, 4), [5, 6, 0, 1, 3]), ((30, 1), [29, 0])]
)
def test_scale_of_the_training_rows(ask, shape, test):
    """Training rows in their old order, test rows in the order given, both in the scale of the training rows (ddof = 0)."""
    ask.same(probes.split, normal(*shape, mu=3.0, sigma=6.0), np.array(test))


@exercise("split_and_standardise", weight=2)
@pytest.mark.parametrize("test", [[2, 5], [5, 2]])
def test_nothing_is_learnt_from_the_test_rows(ask, test):
    """Wild test rows have no influence on the training table; their own z-scores are large."""
    X = normal(8, 3)
    X[[2, 5]] = [[900.0, -4.0, 1e4], [-1e3, 700.0, 2.0]]
    ask.same(probes.split, X, np.array(test))


@exercise("split_and_standardise")
def test_constant_training_column(ask):
    """A column that is constant in the training rows has the scale 1, whatever the test rows hold; nothing is divided by 0."""
    ask.same(probes.split, np.vstack([STEADY, NEW_ROWS]), np.array([10, 3, 11]))
    ask.same(probes.split, np.vstack([STEADY, NEW_ROWS]), np.array([11, 10]))
    ask.same(probes.split, NEARLY_CONSTANT, np.array([3, 0]))


@exercise("split_and_standardise")
def test_one_training_row(ask):
    """With a single training row every scale is 1: the test rows become differences from it."""
    ask.same(probes.split, np.array([[2.0, 5.0], [3.0, 9.0], [-4.0, 5.5]]), np.array([2, 0]))


@exercise("split_and_standardise")
def test_split_of_integers(ask):
    """A table of integers is standardised like any other."""
    ask.same(probes.split, RNG.integers(0, 99, size=(10, 4)), np.array([8, 1, 2]))


# ------------------------------------------------------------------------------------------------ normal_pdf

POINTS = {
    "seven points": np.array([-3.0, -1.25, -0.5, 0.0, 0.75, 1.5, 2.5]),
    "one point": np.array([0.8]),
    "integers": np.array([-2, 0, 1, 3, 4]),
}
BELLS = [(0.0, 1.0), (5.0, 2.0), (-1.5, 0.25), (0.5, 3.0), (2, 4)]


@exercise("normal_pdf", weight=2)
@pytest.mark.parametrize(("mu", "sigma"), BELLS)
@pytest.mark.parametrize("x", POINTS.values(), ids=POINTS.keys())
def test_density(ask, x, mu, sigma):
    """The density at every point of an array, for any mean and standard deviation."""
    ask.same(probes.curve, "normal_pdf", x, mu, sigma)


@exercise("normal_pdf")
@pytest.mark.parametrize(("mu", "sigma"), [(0.0, 1.0), (-7.0, 0.125), (100.0, 12.0)])
def test_area_is_one(ask, mu, sigma):
    """The whole area below the curve is 1, and the areas next to the mean are those of the empirical rule."""
    found = ask(probes.areas, mu, sigma)
    assert found == {"whole": same_as(1.0), "one": same_as(0.3413447461, rtol=1e-4), "two": same_as(0.4772498681, rtol=1e-4)}


@exercise("normal_pdf")
@pytest.mark.parametrize("sigma", [0.0, -1.0, 0, -0.5])
def test_density_without_spread(ask, sigma):
    """A sigma of 0 or below raises ValueError."""
    valid = [0.2659615202676218, 0.16131381634609557, 0.16131381634609557]
    assert ask(probes.curve_refused, "normal_pdf", sigma) == same_as({"refused": raised(ValueError), "valid": np.array(valid)})


# ------------------------------------------------------------------------------------------------ normal_cdf


@exercise("normal_cdf", weight=2)
@pytest.mark.parametrize(("mu", "sigma"), BELLS)
@pytest.mark.parametrize("x", POINTS.values(), ids=POINTS.keys())
def test_probability_below(ask, x, mu, sigma):
    """The probability of a value at or below every point of an array, for any mean and standard deviation."""
    ask.same(probes.curve, "normal_cdf", x, mu, sigma)


@exercise("normal_cdf")
@pytest.mark.parametrize(("mu", "sigma"), [(0.0, 1.0), (-7.0, 0.125), (100.0, 12.0)])
def test_areas_rise_and_mirror(ask, mu, sigma):
    """From 0 far to the left to 1 far to the right; a point and its mirror image have 1 together."""
    found = ask(probes.rising, mu, sigma)
    between = np.array([0.09275613559109, 0.14988228479453, 0.13590512198328, 0.02140023391655, 0.00134989803163])
    assert found == same_as({"between": between, "mirrored": np.ones(6), "ends": np.array([0.0, 1.0])})


@exercise("normal_cdf")
@pytest.mark.parametrize("sigma", [0.0, -1.0, 0, -0.5])
def test_probability_without_spread(ask, sigma):
    """A sigma of 0 or below raises ValueError."""
    valid = [0.5, 0.8413447460685429, 0.15865525393145707]
    assert ask(probes.curve_refused, "normal_cdf", sigma) == same_as({"refused": raised(ValueError), "valid": np.array(valid)})


# ------------------------------------------------------------------------------------------------ within_k_sigma


@exercise("within_k_sigma", weight=2)
@pytest.mark.parametrize("x", [normal(200), normal(37, mu=50.0, sigma=8.0), RNG.exponential(size=64), normal(9, mu=-4.0)], ids=len)
def test_share_within(ask, x):
    """The share of the values whose distance from their mean is at most k standard deviations (ddof = 0)."""
    ask.same(probes.within, x, [0.3, 0.5, 1, 1.5, 2, 3])


@exercise("within_k_sigma")
def test_population_deviation(ask):
    """The standard deviation divides by N: with few values that decides which of them are within."""
    ask.same(probes.within, np.array([4.0, 7.0, 13.0, 16.0]), [0.6, 0.7, 1.2, 1.3])
    ask.same(probes.within, np.array([0, 0, 0, 3, 1]), [0.5, 0.65, 0.7, 1.8, 1.9])


@exercise("within_k_sigma")
def test_border_counts(ask):
    """A value exactly k standard deviations from the mean counts as within; just short of that it does not."""
    ask.same(probes.within, np.array([1.0, 3.0]), [1, 0.999, 1.001])
    ask.same(probes.within, np.array([-4.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]), [1, 0.5, 0, 2, 2.1])  # running means are exact, too
    ask.same(probes.within, np.array([5.0, 5.0, 5.0, 1.0, 9.0, 5.0, 5.0, 5.0]), [0, 1, 2, 1.9])


@exercise("within_k_sigma")
def test_equal_values_are_within(ask):
    """If all values are equal they are all within any distance, 0 included; a single value too. Others are not."""
    ask.same(probes.within, np.array([7.0, 7.0, 7.0]), [0, 1, 2.5])
    ask.same(probes.within, np.array([-3.5]), [0, 1])
    ask.same(probes.within, np.array([7.0, 7.0, 10.0, 4.0]), [0, 1, 1.5])


# ------------------------------------------------------------------------------------------------ sample_means


@exercise("sample_means", weight=2)
@pytest.mark.parametrize("shape", [(4, 3), (3, 7), (11, 2), (1, 5), (5, 1), (1, 1)])
def test_mean_of_each_draw(ask, shape):
    """Entry r is the mean of what the r-th call of draw gave; there are reps of them."""
    ask.same(probes.means, normal(*shape, mu=2.0, sigma=3.0))


@exercise("sample_means")
@pytest.mark.parametrize(("n", "reps"), [(4, 3), (2, 9), (1, 4), (6, 1)])
def test_draw_is_asked_for_n(ask, n, reps):
    """draw is called exactly reps times, each time for n values; every entry comes from a draw of its own."""
    ask.same(probes.means_of_fresh_draws, n, reps)


@exercise("sample_means")
def test_means_of_integers(ask):
    """Draws may be integers, as from a die; their means are floats."""
    ask.same(probes.means, RNG.integers(1, 7, size=(6, 5)))


# ------------------------------------------------------------------------------------------------ box_muller


@exercise("box_muller", weight=3)
@pytest.mark.parametrize("n", [1, 2, 5, 12])
def test_cosines_then_sines(ask, n):
    """The N numbers with the cosine, in order, then the N with the sine: each the root of -2 ln u1 times it, at the angle 2 pi u2."""
    ask.same(probes.box_muller, 1 - RNG.random(n), 1 - RNG.random(n))


@exercise("box_muller")
def test_ends_of_the_interval(ask):
    """u1 = 1 gives the distance 0; tiny u1 and u2 = 1 work too."""
    ask.same(probes.box_muller, np.array([1.0, 0.5, 1e-300, 1.0, 2**-53]), np.array([0.2, 1.0, 0.125, 1.0, 1e-12]))


@exercise("box_muller")
@pytest.mark.parametrize("n", [16, 25])
def test_normal_moments(ask, n):
    """Evenly spread uniform numbers give numbers of mean 0, of variance near 1 and without correlation."""
    ask.same(probes.box_muller_moments, n)
    near = same_as(1.0, rtol=0.05)
    zero = same_as(0.0)
    assert ask(probes.box_muller_moments, n) == {"means": [zero, zero], "squares": [near, near], "mixed": zero}


# ------------------------------------------------------------------------------------------------ normal_mle


@exercise("normal_mle", weight=2)
@pytest.mark.parametrize("name", COLUMNS)
def test_most_likely_pair(ask, name):
    """The mean, then the standard deviation with N below."""
    ask.same(probes.mle, COLUMNS[name])


@exercise("normal_mle")
def test_mle_far_from_zero(ask):
    """The estimate keeps its digits for data far from 0."""
    ask.same(probes.mle, 1e6 + normal(20))
    ask.same(probes.mle, FAR["worked example"])


@exercise("normal_mle")
@pytest.mark.parametrize("n", [2, 3, 60])
def test_mle_of_skewed_values(ask, n):
    """It is the mean and the standard deviation whatever the values are, few or many, symmetric or not."""
    ask.same(probes.mle, RNG.exponential(3.0, size=n) - 8.0)
