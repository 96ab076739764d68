# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   groundwork:
#     title: Standardisation
#     imports: [numpy]
#     refused: [statistics]
#     packages: [numpy]
# ---

# %% [markdown]
# # Standardisation
#
# A chemist measures thirteen things in a bottle of wine: the alcohol in per cent, the hue as a ratio, the proline in milligrams per litre. Proline runs from 278 to 1,680, hue from 0.48 to 1.71.
# A program that compares two wines number by number sees almost nothing but proline. The cure takes one line of arithmetic, *subtract the mean, divide by the standard deviation*,
# and it is the first thing that nearly every system for learning from data does to its inputs. This notebook is about that line: what it does, why it helps, how to apply it without cheating, and which curve stands behind it.
#
# **By the end you will have** written the mean and the variance so that they survive numbers far from 0; a `Standardizer` that learns from a table as it arrives, piece by piece; a split into training and test rows that keeps
# them apart; and the normal distribution from five sides: its curve, its areas, the 68–95–99.7 rule, where it comes from, and how to draw from it and fit it. You will have measured on real wines what leaving the standardisation out costs.
# The picture below is that line of arithmetic, applied to two of the thirteen columns.
#
# | | |
# |---|---|
# | **Before this** | *Objects and classes*: classes, properties, the data model, and a tree of modules that finds its own parameters. One class is written here as well, with methods that return `self`, and you will see why |
# | **You need** | Python (functions, classes), and school calculus: derivatives, the exponential function, an area as an integral. What you need of NumPy is in section 1, what you need of probability is said where it is used |
# | **Time** | about two hours for the eleven exercises, and about an hour more for the reading between them |
# | **Allowed tools** | answers may import `numpy` and anything of Python's standard library but `statistics`, which has the answers to some exercises; no SciPy, no scikit-learn. Given cells draw with matplotlib and take their data from scikit-learn; nothing that is graded needs these two. Imports for plots, tables and progress bars (matplotlib, pandas, tqdm) are left out where answers are graded, and cost nothing. |
# | **To run** | from top to bottom in under half a minute on two cores |
#
# **How it works.** Write your code where the cell says `YOUR CODE HERE`. The locked cell below it checks the worked example
# and the most common mistakes; its messages are meant to be read. Hidden tests grade the rest: everything that they ask for
# is written in the text and the docstrings of this notebook.
#
# **Agreements** that hold for every exercise. Arrays hold real numbers, as floats or as integers, and results are floats of 64 bits. Nothing that is given to your function is changed, and what it gave before stays as it is: it may be asked again, with other numbers of the same shape.
# Arrays have at least one entry, unless an exercise speaks of empty ones. All numbers are finite. A single number that you return may be Python's or NumPy's. *Variance* and *standard deviation* divide by the number of values, unless a text says otherwise.
# Results are compared to nine digits, and an absolute error of up to $10^{-12}$ is forgiven as well. No test has a deviation, other than 0, whose square underflows to 0.
# Use only what the setup cell below and your own code define: names from other given cells (`column`, `statistics`, `NormalDist`, …) are not there when your answers are graded.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["setup"]
import math
from collections.abc import Callable

import numpy as np

# %% [markdown]
# The next cell holds the data and the drawing tools of this notebook. You need not read it. Run it, and look at the picture. It shows 178 wines, from three kinds of grape that were grown in the same part of Italy.
# In both panels the two axes are equally long *in units*: 1,500 of whatever proline and hue are measured in on the left, 7 standard deviations on the right.

# %% nbgrader={"grade": false, "grade_id": "drawing", "locked": true, "schema_version": 3, "solution": false, "task": false}
import matplotlib.pyplot as plt
from sklearn.datasets import load_iris, load_wine
from sklearn.preprocessing import scale

from _shared.palette import BLUE, ORANGE, GREEN, PURPLE, GREY
KINDS = [(0, BLUE, "o"), (1, ORANGE, "^"), (2, GREEN, "s")]  # label, colour and marker of the three kinds of grape

wine, iris = load_wine(), load_iris()
columns = [name.replace("_", " ").replace("color", "colour").replace("od280/od315 of diluted wines", "OD280/OD315") for name in wine.feature_names]


def column(name):
    """The 178 values of one of the wine columns."""
    return wine.data[:, columns.index(name)]


def scatter_kinds(axes, across, up, labels):
    """Points of the plane in the colours of their kinds."""
    for kind, colour, marker in KINDS:
        axes.plot(across[labels == kind], up[labels == kind], marker, color=colour, ms=4.5, ls="", label=f"grape {kind + 1}")


def draw_the_goal():
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
    scatter_kinds(left, column("proline"), column("hue"), wine.target)
    left.set(title="As measured", xlabel="proline (mg/l)", ylabel="hue (a ratio)", xlim=(250, 1750), ylim=(-749, 751))
    scatter_kinds(right, scale(column("proline")), scale(column("hue")), wine.target)
    right.set(title="Standardised", xlabel="proline (standard deviations from its mean)", ylabel="hue (standard deviations from its mean)", xlim=(-3.5, 3.5), ylim=(-3.5, 3.5))
    right.legend(frameon=False, loc="lower right", fontsize=10)
    plt.show()


draw_the_goal()

# %% [markdown]
# On the left the wines lie on a line: next to a difference of 1,000 in proline, no difference in hue can be seen. On the right the two columns count alike, and the third kind of grape, low in hue, separates from the first, high in proline.
# Nothing was lost on the way: each wine could be carried back to where it was.
#
# ## 1 · Tables in NumPy
#
# Nothing in this section is graded. It holds the five things about NumPy that the rest needs; skip it if you know them.
#
# * An **array** is a block of numbers of one kind (its `dtype`, here nearly always `float64`) with a **shape**. `x` of shape `(N,)` is a row of $N$ numbers; `X` of shape `(N, D)` is a table with $N$ rows and $D$ columns. In this course a row is one example (a wine) and a column is one measurement.
# * Arithmetic goes **entry by entry**: `x - 3`, `x**2`, `x * y`, `np.exp(x)`, and comparisons too: `x <= 3` is an array of `True` and `False`, whose mean is the share of `True`.
# * Sums and means run **along an axis**, and that axis disappears. `X.mean(axis=0)` runs down the rows and leaves one number for each column, shape `(D,)`; `X.mean(axis=1)` runs along the columns and leaves one number for each row, shape `(N,)`. With `keepdims=True` the axis stays, with length 1: `(1, D)` and `(N, 1)`.
# * **Broadcasting**: two arrays of different shapes are lined up *at their last axes*; an axis of length 1, or one that is missing in front, is repeated as often as needed. So `X - X.mean(axis=0)` takes each column's mean from that column, `(N, D)` minus `(D,)`. And `X - X.mean(axis=1)` is an error, or for $N = D$ *nonsense without an error*: hence `keepdims`.
# * `X[rows]` with an array of row numbers gives those rows, in that order; with an array of `True` and `False` it gives the rows where it says `True`.

# %% nbgrader={"grade": false, "grade_id": "arrays", "locked": true, "schema_version": 3, "solution": false, "task": false}
small = np.array([[1.0, 10.0], [3.0, 20.0], [5.0, 60.0]])
print("shape               ", small.shape)
print("mean, axis=0        ", small.mean(axis=0), "   one for each column")
print("mean, axis=1        ", small.mean(axis=1), "   one for each row")
print("and with keepdims   ", small.mean(axis=1, keepdims=True).shape)
print("minus column means  ", (small - small.mean(axis=0)).tolist())
print("rows 2 and 0        ", small[np.array([2, 0])].tolist())
print("share above 4       ", (small > 4).mean())

# %% [markdown]
# ## 2 · Where the numbers lie, and how far they spread
#
# **Why.** To measure a column in its own units we need to know where its middle is and how far its values usually lie from there. Both come down to a mean. The second has two traps in it: one is an old argument about dividing by $N$ or by $N - 1$, the other is a formula that is right on paper and
# wrong in a computer.
#
# **Picture.** Four numbers, 4, 7, 13 and 16, and their mean, 10. The arrows are the *deviations* from the mean. Those to the left and those to the right are equally long together: the mean is the point where the numbers balance. The area of a square is the square of a deviation, and the variance is the average area.

# %% nbgrader={"grade": false, "grade_id": "deviations_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_deviations():
    values, middle = [4, 7, 13, 16], 10
    figure, axes = plt.subplots(figsize=(8.5, 4.1), layout="constrained")
    for height, value, colour in [(0.4, 4, BLUE), (1.3, 7, ORANGE), (1.3, 13, ORANGE), (0.4, 16, BLUE)]:
        side = value - middle
        axes.add_patch(plt.Rectangle((min(value, middle), 1.8), abs(side), abs(side), facecolor=colour, alpha=0.16, edgecolor=colour))
        axes.annotate("", (value, height), (middle, height), arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 1.8})
        axes.text((value + middle) / 2, height + 0.12, f"{side:+d}".replace("-", "−"), ha="center", color=colour)
        axes.text(min(value, middle) + (0.3 if side < 0 else abs(side) - 0.3), 1.8 + abs(side) - 0.65, f"{side**2}", ha="left" if side < 0 else "right", color=colour)
    axes.plot(values, [0] * 4, "o", color="black", ms=9, zorder=3, clip_on=False)
    axes.axvline(middle, color=GREY, lw=1, ls="--")
    axes.text(middle + 0.1, 8.3, "mean 10", color=GREY)
    axes.set(title="Deviations from the mean, and their squares: (36 + 9 + 9 + 36) / 4 = 22.5", xlabel="value", xlim=(2, 18), ylim=(0, 8.9), aspect="equal")
    axes.yaxis.set_visible(False)
    axes.spines["left"].set_visible(False)
    plt.show()


draw_deviations()

# %% [markdown]
# **Derivation.** Let $x_1, \dots, x_N$ be $N$ numbers. Their **mean** is $m = \frac1N \sum_i x_i$. The deviations $x_i - m$ always add up to 0, because $\sum_i (x_i - m) = Nm - Nm$; so their plain average says nothing about the spread. Square them first:
#
# $$ v = \frac{1}{N} \sum_{i=1}^{N} (x_i - m)^2, \qquad s = \sqrt{v} . $$
#
# $v$ is the **variance**, in squared units (mg²/l²), and its root $s$ the **standard deviation**, in the units of the data.
#
# **N or N − 1?** Often the $N$ numbers are a *sample*: a few draws from something larger, whose true mean $\mu$ and true variance $\sigma^2$ we would like to know. Write $\mathrm{E}$ for the average over very many such samples, and let the draws be *independent*, that is, no draw tells us anything about another. Two facts about averages: the deviations
# $x_i - \mu$ have $\mathrm{E}[(x_i - \mu)^2] = \sigma^2$, and the mean of $N$ independent draws has $\mathrm{E}[(m - \mu)^2] = \sigma^2 / N$ (section 12 says why). Now
#
# $$ \sum_i (x_i - m)^2 = \sum_i \bigl((x_i - \mu) - (m - \mu)\bigr)^2 = \sum_i (x_i - \mu)^2 - N (m - \mu)^2 , $$
#
# because the mixed term is $-2 (m - \mu) \sum_i (x_i - \mu) = -2N(m - \mu)^2$. On average over samples this is $N\sigma^2 - \sigma^2 = (N - 1)\, \sigma^2$. So $v$ comes out too small on average, by the factor $(N-1)/N$: the mean of the sample lies in the middle of *these* numbers, closer to them than $\mu$ does. Dividing by $N - 1$ makes it
# right on average. The number that is taken off $N$ is called `ddof` (*delta degrees of freedom*):
#
# $$ \boxed{\; v_{\text{ddof}} = \frac{1}{N - \text{ddof}} \sum_{i=1}^{N} (x_i - m)^2 \;} $$
#
# `ddof = 0` describes these very numbers, and is what standardising needs; `ddof = 1` estimates the variance of what they were drawn from. NumPy's default is 0, pandas' is 1: a classic source of two results that should agree and do not.
#
# **A formula to distrust.** Multiply the square out, and you find $v = \frac1N \sum_i x_i^2 - m^2$, the mean of the squares minus the square of the mean. It needs one pass over the data and is in many books. In a computer it subtracts two huge numbers that are nearly equal. A float carries about 16 digits. For numbers near $10^9$ the squares
# are near $10^{18}$, where neighbouring floats are 128 apart. A variance of 22.5 drowns in that. *Subtract first, then square.*
#
# **By hand.** For 4, 7, 13, 16: $m = 40/4 = 10$, deviations $-6, -3, 3, 6$, squares $36, 9, 9, 36$, sum 90. So $v = 90/4 = 22.5$ with `ddof = 0`, and $90/3 = 30$ with `ddof = 1`; $s = \sqrt{22.5} \approx 4.743$. Add $10^9$ to all four numbers: the deviations, and with them the variance, stay exactly as they are.

# %% [markdown]
# The next cell is given: the checks of this notebook use it to test refusals.

# %% nbgrader={"grade": false, "grade_id": "exception_of", "locked": true, "schema_version": 3, "solution": false, "task": false}
def exception_of(action):
    """The exception that `action` raises, or None."""
    try:
        action()
    except Exception as error:
        return error
    return None


# %% [markdown]
# **Write** `mean` and `variance`.
#
# * Both give one number. `variance(x)` divides by $N$, `variance(x, ddof)` by $N - \text{ddof}$; `ddof` is an integer, 0 or more.
# * Nine digits are right for data far from 0 too: for $\pm 10^9 + (4, 7, 13, 16)$ the variance is 22.5. (In all exercises, other data in tests lie at most about a million of their standard deviations away from 0.)
# * `mean` of no values raises `ValueError`. So does `variance` of fewer than `ddof + 1` values, which would divide by 0 or by less.
#
# NumPy has functions for both, and from the next section on you may use them. Here, write the sums yourself, with `sum`, `np.sum` or a loop: the point is to see what is inside. (`np.mean` and `np.var` are not refused, but with them you would miss it.)
#
# <details><summary>Hint 1: shapes</summary>
#
# `x` has the shape (N,), so have the deviations and their squares; the sum is a single number.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The boxed one. Take the deviations from the mean before anything is squared.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# mean: refuse an empty array; add everything up; divide by how many there are.
# variance: refuse an array that is too short; find the mean; subtract it from every value; square; add up; divide by the count minus ddof.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "moments_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def mean(x: np.ndarray) -> float:
    """The mean of N numbers, shape (N,). No numbers raise ValueError.

    >>> float(mean(np.array([4.0, 7.0, 13.0, 16.0])))
    10.0
    """
    ### BEGIN SOLUTION
    if len(x) == 0:
        raise ValueError("no values have no mean")
    return np.sum(x) / len(x)
    ### END SOLUTION


def variance(x: np.ndarray, ddof: int = 0) -> float:
    """The sum of squared deviations from the mean, divided by N - ddof; in squared units of x.

    x: N numbers, shape (N,). ddof: an integer, 0 or more. Fewer than ddof + 1 numbers raise ValueError.

    >>> x = np.array([4.0, 7.0, 13.0, 16.0])
    >>> float(variance(x)), float(variance(x, ddof=1))
    (22.5, 30.0)
    """
    ### BEGIN SOLUTION
    if len(x) <= ddof:
        raise ValueError(f"{len(x)} values are too few for ddof = {ddof}")
    deviations = x - mean(x)
    return np.sum(deviations**2) / (len(x) - ddof)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "moments", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Mean and variance", "difficulty": 1, "minutes": 10, "needs": []}
def check_moments():
    x = np.array([4.0, 7.0, 13.0, 16.0])
    found = mean(x)
    assert found is not None, "mean should return its number"
    assert np.shape(found) == (), f"the mean of four numbers is one number, not an array of shape {np.shape(found)}"
    assert abs(found - 10) < 1e-9, f"the mean of 4, 7, 13, 16 should be 10, not {found}"
    found = variance(x)
    assert found is not None, "variance should return its number"
    assert abs(found - 30) > 1e-9, "variance(x) gave 30: without ddof, divide by N = 4, not by N - 1"
    assert abs(found - 22.5) < 1e-9, f"the variance of 4, 7, 13, 16 should be 22.5, not {found}"
    found = variance(x, 1)
    assert abs(found - 30) < 1e-9, f"with ddof = 1 the variance should be 90 / 3 = 30, not {found}"
    found = variance(1e9 + x)
    assert abs(found - 22.5) < 1e-6, f"the variance of 1e9 + (4, 7, 13, 16) is 22.5 as before; yours gives {found}: subtract first, then square"
    assert np.array_equal(x, [4.0, 7.0, 13.0, 16.0]), f"x must be left as it was; it is now {x}"
    for text, action in [("mean of no values", lambda: mean(np.array([]))), ("variance of one value with ddof = 1", lambda: variance(np.array([3.0]), 1))]:
        raised = exception_of(action)
        assert isinstance(raised, ValueError), f"the {text} should raise ValueError; it raised {raised!r}"
    assert variance(np.array([3.0])) == 0, "the variance of one value with ddof = 0 is 0; that is no error"
    print("mean and variance: worked example, ddof, data far from 0 and refusals are right")


check_moments()

# %% [markdown]
# ### Find the bug
#
# This function was taken from a program that ran for years (rewritten here). It agrees with yours on 4, 7, 13, 16. One day the data came in as times, in seconds since 1970, and the program stopped with *math domain error*, in the root of a variance.
#
# > **Predict.** The cell adds larger and larger numbers to 4, 7, 13, 16, which changes nothing about the spread, and plots the relative error of both variances (against an exact computation with fractions; the worst of a dozen nearby offsets). At which offset does the careless one have no right digit left? Does it ever come out below 0?

# %% nbgrader={"grade": false, "grade_id": "bug_variance", "locked": true, "schema_version": 3, "solution": false, "task": false}
import statistics


def careless_variance(x):
    return (x * x).mean() - x.mean() ** 2


def plot_offsets():
    base = np.array([4.0, 7.0, 13.0, 16.0])
    offsets = 10 ** np.linspace(0, 12, 61)
    errors = {"careless": [], "yours": []}
    for offset in offsets:
        shifted = [base + offset * (1 + i / 97) for i in range(12)]  # rounding is a matter of luck: take the worst of a dozen
        exact = [statistics.pvariance(x.tolist()) for x in shifted]  # of the numbers as they are stored, by fractions
        for name, function in [("careless", careless_variance), ("yours", variance)]:
            errors[name].append(max(abs(function(x) - right) / right for x, right in zip(shifted, exact)))
    figure, axes = plt.subplots(figsize=(8, 4.2), layout="constrained")
    axes.loglog(offsets, np.maximum(errors["careless"], 1e-17), "s", color=ORANGE, ms=4.5, label="mean of squares minus square of mean")
    axes.loglog(offsets, np.maximum(errors["yours"], 1e-17), "o", color=BLUE, ms=4.5, label="yours")
    axes.loglog(offsets, 1.1e-16 * offsets**2 / 22.5, color=GREY, ls=":", label="rounding: 1e-16 · offset² / variance")
    axes.axhline(1, color="black", lw=0.8)
    axes.text(2e12, 2, "no digit right", fontsize=10, ha="right")
    axes.set(title="The same four numbers, moved away from 0", xlabel="what is added to 4, 7, 13, 16", ylabel="relative error of the variance", ylim=(4e-18, 1e9))
    axes.legend(frameon=False, fontsize=10, loc="upper left")
    plt.show()
    for offset in (1e3, 1e6, 1e8, 1e9, 1.7e9):
        print(f"offset {offset:9.3g}: careless {careless_variance(offset + base):10.4f}   yours {variance(offset + base):8.4f}")


plot_offsets()

# %% [markdown]
# <details><summary>Answer</summary>
#
# Nothing is wrong with the algebra. Both means are rounded to 16 digits *before* they are subtracted, so the difference is wrong by about 10⁻¹⁶ times the square of the offset, the dotted line. From an offset of about 4.5 · 10⁸ on the error is as large as the variance itself, and the result can be 0, or below 0, where there is no root.
# Seconds since 1970 are about 1.7 · 10⁹. (Whole numbers, as in the printed lines, are safe a little longer, because their squares need no rounding up to 9 · 10¹⁵.) A version that takes the deviations *first* subtracts numbers that are close to each other. That costs next to nothing: of two floats so close together the difference is exact.
#
# </details>

# %% [markdown]
# ### Look at it: does $N - 1$ matter?
#
# > **Predict.** Take $N$ rolls of a fair die, whose true variance is $35/12 \approx 2.917$, compute the variance, and repeat this 4,000 times. The plot shows the average for each $N$, with `ddof` 0 and 1. What does $N = 2$ give? From which $N$ on would you stop caring?

# %% nbgrader={"grade": false, "grade_id": "ddof_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_ddof():
    rng = np.random.default_rng(1)
    sizes = np.array([2, 3, 4, 5, 7, 10, 15, 20, 30])
    figure, axes = plt.subplots(figsize=(8, 3.8), layout="constrained")
    rolls = [rng.integers(1, 7, size=(4000, n)) for n in sizes]
    for ddof, colour, style in [(0, ORANGE, "s--"), (1, BLUE, "o-")]:
        axes.plot(sizes, [np.mean([variance(sample, ddof) for sample in samples]) for samples in rolls], style, color=colour, label=f"ddof = {ddof}, yours")
    axes.plot(sizes, 35 / 12 * (sizes - 1) / sizes, color=GREY, ls=":", label="35/12 · (N − 1)/N")
    axes.axhline(35 / 12, color="black", lw=0.8, label="true variance, 35/12")
    axes.set(title="Average variance of N rolls of a die", xlabel="N, rolls in a sample", ylabel="variance (pips²)", ylim=(1.2, 3.3))
    axes.legend(frameon=False, fontsize=10)
    plt.show()


plot_ddof()

# %% [markdown]
# **What to see.** Divided by $N$, two rolls give half the true variance on average, ten rolls nine tenths of it, as the derivation promised. Divided by $N - 1$, every $N$ is right on average. For the 178 wines the two differ by half a per cent; that is far less than what we do not know anyway.

# %% [markdown]
# ## 3 · z-scores
#
# **Why.** Mean and standard deviation are a column's own zero and its own unit of length. Written in these, proline and hue can be compared, added and fed into one formula. A value in these units is a **z-score**: *how many standard deviations above the mean* (or below, if it is negative).
#
# **Picture.** On the left the thirteen columns as they were measured; the axis is logarithmic, otherwise only proline would be seen. On the right their z-scores, made by scikit-learn. In section 7 you will see what that difference means to a program.

# %% nbgrader={"grade": false, "grade_id": "scales_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_scales(standardised, title):
    """All columns of the wine table, as measured (logarithmic) and as z-scores."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained", sharey=True)
    rng = np.random.default_rng(0)
    for row in range(len(columns)):
        height = row + rng.uniform(-0.28, 0.28, size=len(wine.data))
        left.plot(wine.data[:, row], height, ".", color=BLUE, ms=2.5)
        right.plot(standardised[:, row], height, ".", color=BLUE, ms=2.5)
    left.set(title="As measured (logarithmic axis)", xlabel="each column in its own unit", xscale="log", yticks=range(len(columns)), yticklabels=columns)
    right.set(title=title, xlabel="standard deviations from the mean", xlim=(-5, 5))
    right.axvline(0, color=GREY, lw=0.8)
    left.invert_yaxis()
    plt.show()


draw_scales(scale(wine.data), "z-scores")

# %% [markdown]
# **Derivation.** Let $X$ be a table of shape $(N, D)$ with entries $x_{ij}$, where $i$ counts the rows and $j$ the columns. Column $j$ has its own mean $\mu_j$ and its own standard deviation $\sigma_j$, with `ddof = 0`. Then
#
# $$ \boxed{\; z_{ij} = \frac{x_{ij} - \mu_j}{\sigma_j} \;} \qquad \mu_j = \frac1N \sum_{i=1}^{N} x_{ij}, \qquad \sigma_j = \sqrt{\frac1N \sum_{i=1}^{N} (x_{ij} - \mu_j)^2} . $$
#
# Three things follow at once.
#
# * The z-scores of a column have the mean 0 (the deviations add up to 0) and the standard deviation 1 (the deviations were divided by theirs). They have no unit: mg/l divided by mg/l.
# * **Units do not matter.** Measure the column in other units, $x' = a x + b$ with $a > 0$, as from Celsius to Fahrenheit. Then $\mu' = a\mu + b$ and $\sigma' = a\sigma$, and $z' = (ax + b - a\mu - b)/(a\sigma) = z$. If $a < 0$, the sign flips.
# * **The shape stays.** Every value was shifted and stretched alike. A skewed column gives skewed z-scores; a value that lay far outside lies far outside still. *Standardised does not mean normally distributed*, whatever the word "normalise" suggests.
#
# **A column that never changes** has $\sigma_j = 0$, and the formula says $0/0$. Such a column carries no information, and we say that its z-scores are 0. Do not ask a *computed* deviation whether it is 0: the mean of ten times 0.3 comes out as 0.29999999999999993 and the deviation as $6 \cdot 10^{-17}$, and $6 \cdot 10^{-17}$ divided by itself is 1, not 0.
# Ask whether the largest value equals the smallest. And do not ask whether the deviation is *small*, either: a column of lengths in metres, measured to the nanometre, has a tiny deviation and is worth as much as any.
#
# **By hand.** The column 2, 4, 6 has $\mu = 4$ and $\sigma = \sqrt{(4 + 0 + 4)/3} = \sqrt{8/3} \approx 1.633$, so its z-scores are $-2/1.633 = -1.225$, $0$ and $1.225$. The column 35.6, 39.2, 42.8 is the same in Fahrenheit, and has the same z-scores.

# %% [markdown]
# **Write** `zscore`.
#
# * `axis=0` standardises each column, `axis=1` each row, with `ddof = 0`.
# * The result has the shape of `X` and is an array of float64, for integers too.
# * A column (for `axis=1`, a row) in which all values are equal gives zeros. So a table of one row gives zeros for `axis=0`.
#
# <details><summary>Hint 1: shapes</summary>
#
# For `axis=0` the means are one number for each column. Which argument of NumPy's `mean` keeps them in a shape that broadcasts against the table for either axis?
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The boxed one where the largest value along the axis differs from the smallest, and 0 elsewhere. `np.where(condition, a, b)` takes from `a` where the condition holds and from `b` where it does not; both are computed everywhere, so put a harmless 1 in the place of a deviation that is not used.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# find the mean and the standard deviation along the axis, keeping the axis; note where the maximum equals the minimum; subtract the mean; divide by the deviation, or by 1 in the noted places; put 0 in the noted places.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "zscore_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def zscore(X: np.ndarray, axis: int = 0) -> np.ndarray:
    """Distances from the mean, in standard deviations, along one axis.

    X: table, shape (N, D). axis: 0 standardises each column, 1 each row.
    Returns float64, shape (N, D), without a unit; where all values along the axis are equal, zeros. X is not changed.

    >>> zscore(np.array([[2.0], [4.0], [6.0]])).round(3).ravel()
    array([-1.225,  0.   ,  1.225])
    """
    ### BEGIN SOLUTION
    centred = X - X.mean(axis=axis, keepdims=True)
    deviation = X.std(axis=axis, keepdims=True)
    constant = X.max(axis=axis, keepdims=True) == X.min(axis=axis, keepdims=True)  # rounding can leave a tiny deviation
    return np.where(constant, 0.0, centred / np.where(constant, 1.0, deviation))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "zscore", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Standardise a table", "difficulty": 1, "minutes": 10, "needs": []}
def check_zscore():
    table = np.array([[2.0, 10.0], [4.0, 10.0], [6.0, 10.0]])
    z = zscore(table)
    assert z is not None, "zscore should return its table"
    assert isinstance(z, np.ndarray), f"the z-scores should be an array, not a {type(z).__name__}"
    assert np.shape(z) == table.shape, f"z-scores keep the shape of the table, {table.shape}, not {np.shape(z)}"
    assert np.isfinite(z).all(), f"a constant column must not divide by 0: its z-scores are 0, not {z[:, 1]}"
    assert not np.allclose(z[:, 0], [-1.0, 0.0, 1.0]), "2, 4, 6 gave -1, 0, 1: that is the deviation with ddof = 1; divide by N"
    assert np.allclose(z[:, 0], [-1.2247449, 0.0, 1.2247449]), f"2, 4, 6 should give -1.225, 0, 1.225, not {z[:, 0]}"
    assert np.allclose(z[:, 1], 0.0), f"a constant column should give zeros, not {z[:, 1]}"
    assert np.array_equal(table, [[2.0, 10.0], [4.0, 10.0], [6.0, 10.0]]), f"the caller's table must be left as it was; it is now {table.tolist()}"

    rows = zscore(np.array([[2, 4, 6], [5, 1, 0]]), axis=1)
    assert np.shape(rows) == (2, 3), f"axis=1 keeps the shape too: (2, 3), not {np.shape(rows)}"
    assert np.allclose(rows[0], [-1.2247449, 0.0, 1.2247449]), f"with axis=1 the row 2, 4, 6 should give -1.225, 0, 1.225, not {rows[0]}"
    z = zscore(np.full((10, 1), 0.3))
    assert np.array_equal(z, np.zeros((10, 1))), f"ten times 0.3 is constant and should give zeros, not {z[0, 0]}: ask whether max equals min"
    z = zscore(np.array([[0.0], [1e-9], [2e-9]]))
    assert abs(z[2, 0] - 1.2247449) < 1e-6, f"0, 1e-9, 2e-9 is not constant: the last z-score should be 1.225, not {z[2, 0]}"
    print("zscore: worked example, both axes and constant columns are right")


check_zscore()

# %% [markdown]
# ### Look at it: your z-scores
#
# > **Predict.** Before you run the cell: which of the thirteen columns will stick out furthest to the right? Can a column of z-scores reach to $+4$ and only to $-1.5$? Would that be a mistake?

# %% nbgrader={"grade": false, "grade_id": "zscore_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def show_zscores():
    z = zscore(wine.data)
    draw_scales(z, "Your z-scores")
    print("column                  mean    standard deviation    lowest    highest")
    for name in ("malic acid", "magnesium", "hue", "proline"):
        values = z[:, columns.index(name)]
        print(f"{name:20} {abs(values.mean()):7.3f} {values.std():17.3f} {values.min():13.2f} {values.max():10.2f}")


show_zscores()

# %% [markdown]
# **What to see.** All thirteen columns now have the mean 0 and the standard deviation 1, and most of their values lie between −2 and 2. Magnesium reaches beyond 4 and malic acid is lopsided, as they were before: standardising moves and stretches, it does not bend.

# %% [markdown]
# ## 4 · Comparing what was measured on different scales
#
# **Why.** Ada has 86 points in an examination with the mean 74 and the standard deviation 8; Ben has 640 in another one, with the mean 500 and the standard deviation 100. Who did better, compared with those who sat the same examination? The points themselves cannot say. Their z-scores can.
#
# **Picture.** The two examinations, each on its own axis. The axes are laid so that the means stand below each other and one standard deviation is equally long in both.

# %% nbgrader={"grade": false, "grade_id": "scores_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_scores():
    figure, axes = plt.subplots(figsize=(8.5, 2.9), layout="constrained")
    for height, middle, step, name, score, colour in [(1, 74, 8, "Ada", 86, BLUE), (0, 500, 100, "Ben", 640, ORANGE)]:
        axes.plot([-3, 3], [height, height], color="black", lw=1)
        for z in range(-3, 4):
            axes.plot([z, z], [height - 0.06, height + 0.06], color="black", lw=1)
            axes.text(z, height - 0.27, f"{middle + z * step}", ha="center", fontsize=10)
        place = (score - middle) / step
        axes.plot(place, height, "o", color=colour, ms=10)
        axes.text(place, height + 0.16, f"{name}: {score}, z = {place:g}", ha="center", color=colour)
    axes.axvline(0, color=GREY, lw=1, ls="--", zorder=0)
    axes.set(title="Two examinations, mean below mean, deviation below deviation", xlabel="z-score", ylim=(-0.5, 1.5), xlim=(-3.3, 3.3))
    axes.yaxis.set_visible(False)
    axes.spines["left"].set_visible(False)
    plt.show()


draw_scores()

# %% [markdown]
# **Derivation.** Let $a$ be a value from a group with the mean $\mu_a$ and the standard deviation $\sigma_a > 0$, and $b$ one from a group with $\mu_b$ and $\sigma_b > 0$. Then $a$ is *relatively* higher than $b$ if $(a - \mu_a)/\sigma_a > (b - \mu_b)/\sigma_b$.
#
# **By hand.** Ada: $(86 - 74)/8 = 1.5$. Ben: $(640 - 500)/100 = 1.4$. Ada is relatively higher, although 640 is the larger number, and Ben is more points above his mean (140 against 12).
# With values of 80 and 575 both have the z-score 0.75, and neither is higher. The comparison also runs below the mean: $-0.5$ is higher than $-2$.

# %% [markdown]
# **Write** `compare_scores`.
#
# * It gives the integer 1 if `a` is relatively higher, −1 if `b` is, 0 if the two z-scores are equal. (Equality is tested only where both are exact, as 0.75 is above. Scores that differ do so by $10^{-8}$ or more, and are told apart.)
# * A standard deviation that is 0 or below, of either group, raises `ValueError`.
#
# <details><summary>Hint 1: shapes</summary>
#
# Six single numbers go in, one integer comes out.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The sign of the difference of the two z-scores.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# refuse a deviation that is not above 0; find both z-scores; if the first is larger give 1; if it is smaller give −1; otherwise give 0.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "compare_scores_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def compare_scores(a: float, mu_a: float, sd_a: float, b: float, mu_b: float, sd_b: float) -> int:
    """Which of two values is relatively higher: 1 for a, -1 for b, 0 if neither.

    a, b: the values; mu_a, mu_b: the means of their groups; sd_a, sd_b: their standard deviations, above 0, otherwise ValueError.

    >>> compare_scores(86, 74, 8, 640, 500, 100)
    1
    """
    ### BEGIN SOLUTION
    if sd_a <= 0 or sd_b <= 0:
        raise ValueError(f"standard deviations are above 0, not {sd_a} and {sd_b}")
    z_a = (a - mu_a) / sd_a
    z_b = (b - mu_b) / sd_b
    if z_a > z_b:
        return 1
    return -1 if z_a < z_b else 0
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "compare_scores", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Compare two scales", "difficulty": 1, "minutes": 5, "needs": []}
def check_compare_scores():
    for what, arguments, expected in [
        ("Ada, z = 1.5, against Ben, z = 1.4", (86, 74, 8, 640, 500, 100), 1),
        ("Ben, z = 1.4, against Ada, z = 1.5", (640, 500, 100, 86, 74, 8), -1),
        ("80 and 575, both with z = 0.75,", (80, 74, 8, 575, 500, 100), 0),
        ("z = -0.5 against z = -2", (70, 74, 8, 300, 500, 100), 1),
    ]:
        found = compare_scores(*arguments)
        assert isinstance(found, (int, np.integer)) and not isinstance(found, bool), f"the answer should be one of the integers 1, -1, 0, not {found!r}"
        assert found == expected, f"{what} should give {expected}, not {found}"
    for arguments in [(86, 74, 0, 640, 500, 100), (86, 74, 8, 640, 500, -100)]:
        raised = exception_of(lambda: compare_scores(*arguments))
        assert isinstance(raised, ValueError), f"the standard deviations {arguments[2]} and {arguments[5]} should raise ValueError; they raised {raised!r}"
    print("compare_scores: higher, lower, equal and refused are right")


check_compare_scores()

# %% [markdown]
# **Careful.** z-scores compare *places within groups*, not abilities. If the second examination was sat by the best of the country only, Ben's 1.4 may well be worth more than Ada's 1.5. The arithmetic does not know.

# %% [markdown]
# ## 5 · Learn the scale once, use it often
#
# **Why.** `zscore` looks at a table and standardises that same table. In practice the two are apart. The mean and the deviation are *learnt* from wines that were measured last year, and *used* on a bottle that arrives today, alone. One bottle has no deviation of its own. And last year's table may be too large for the memory and come
# in pieces. So we need something that remembers: an object with a state.
#
# **Picture.** The life of such an object. The numbers that it has learnt live in its attributes, as the parameters of a module did in *Objects and classes*. Arrows into the box change them; arrows out of it do not.

# %% nbgrader={"grade": false, "grade_id": "standardizer_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_standardizer():
    figure, axes = plt.subplots(figsize=(9.5, 3.5), layout="constrained")
    axes.add_patch(plt.Rectangle((3.6, 0.5), 2.8, 2.6, facecolor="white", edgecolor="black", lw=1.5))
    axes.text(5, 2.72, "Standardizer", ha="center", fontweight="bold")
    axes.text(5, 2.1, "mean_    one for each column", ha="center", fontsize=10)
    axes.text(5, 1.65, "scale_   one for each column", ha="center", fontsize=10)
    axes.text(5, 1.05, "and what it needs to\ntake in more rows", ha="center", va="center", fontsize=10, color=GREY)
    for height, colour, text, note in [(2.5, ORANGE, "fit(X)", "forgets, then learns from X"), (1.1, ORANGE, "partial_fit(X)", "learns from X as well")]:
        axes.annotate("", (3.6, height), (0.4, height), arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 2})
        axes.text(2.0, height + 0.12, text, ha="center", color=colour, family="monospace")
        axes.text(2.0, height - 0.34, note, ha="center", fontsize=10, color=GREY)
    for height, text, note in [(2.5, "transform(X)", "table  →  z-scores"), (1.1, "inverse_transform(Z)", "z-scores  →  table")]:
        axes.annotate("", (9.6, height), (6.4, height), arrowprops={"arrowstyle": "-|>", "color": BLUE, "lw": 2})
        axes.text(8.0, height + 0.12, text, ha="center", color=BLUE, family="monospace")
        axes.text(8.0, height - 0.34, note, ha="center", fontsize=10, color=GREY)
    axes.set(xlim=(0.2, 9.8), ylim=(0.3, 3.3), title="What changes the state (orange) and what only uses it (blue)")
    axes.axis("off")
    plt.show()


draw_standardizer()

# %% [markdown]
# **Derivation: adding a batch.** Suppose $n$ rows have been seen. For one column keep three numbers: the count $n$, the mean $m$, and the sum of squared deviations $S = \sum_i (x_i - m)^2$. Now a batch of $k$ more rows arrives, which has the mean $m'$ and the sum $S'$ of squared deviations *from its own mean*. Let $\delta = m' - m$.
#
# The mean of all $n + k$ values is the mean of the two means, weighted by their counts:
#
# $$ m_{\text{new}} = \frac{n\,m + k\,m'}{n + k} = m + \delta\,\frac{k}{n + k} . $$
#
# Around a point $c$ other than their mean, $n$ numbers have the sum of squares $\sum_i (x_i - c)^2 = S + n(m - c)^2$: write $x_i - c = (x_i - m) + (m - c)$, and the mixed term vanishes because deviations add up to 0. Apply this to both groups, with $c = m_{\text{new}}$. The distances are $m_{\text{new}} - m = \delta k/(n + k)$ and $m' - m_{\text{new}} = \delta n/(n + k)$, so
#
# $$ S_{\text{new}} = S + S' + n \Bigl(\frac{\delta k}{n + k}\Bigr)^{2} + k \Bigl(\frac{\delta n}{n + k}\Bigr)^{2} \quad\Longrightarrow\quad \boxed{\; S_{\text{new}} = S + S' + \delta^2\, \frac{n\,k}{n + k} \;} $$
#
# The last term is the part that is often forgotten: two batches that are each narrow, but lie far apart, are wide together. With a table of $D$ columns all of these, except the counts, are arrays of shape $(D,)$, and the formulas stand as they are. Squares of deviations only: the trap of section 2 is avoided, too.
#
# **Constant columns.** The scale of a column that has never changed is 1, so that `transform` gives $x - m$: 0 for the value that was always there, and the plain difference for any other that comes later. Whether it has *ever* changed cannot be seen in the last batch alone; remember the smallest and the largest value so far.
#
# **The way back.** From $z = (x - m)/s$ follows $x = z\,s + m$: *multiply first, then add*. It undoes the last step first, like taking off shoes before socks.
#
# **By hand.** First 2, 4: $n = 2$, $m = 3$, $S = 1 + 1 = 2$. Then the batch 6, 8, 10: $k = 3$, $m' = 8$, $S' = 4 + 0 + 4 = 8$, $\delta = 5$. So $m_{\text{new}} = 3 + 5 \cdot 3/5 = 6$ and $S_{\text{new}} = 2 + 8 + 25 \cdot 6/5 = 40$; the scale is $\sqrt{40/5} = 2.828$. Directly: 2, 4, 6, 8, 10 has the mean 6 and the squares $16 + 4 + 0 + 4 + 16 = 40$. Without the last
# term the scale would be $\sqrt{10/5} = 1.414$, half as wide.

# %% [markdown]
# **Write** the class `Standardizer`.
#
# * `Standardizer()` has learnt nothing. `fit(X)` forgets whatever was learnt before and learns from the table `X`, of shape (N, D); another D than before is fine. `partial_fit(X)` adds rows to what was learnt, and may be the first call, too. Both return `self`, so that `Standardizer().fit(X).transform(X)` can be written in one line.
# * After that `mean_` and `scale_`, each of shape (D,), are the mean and the standard deviation (`ddof = 0`) of *all rows learnt from*; `scale_` is 1 for a column in which all these rows are equal. However the rows were cut into batches, the result is that of all at once (for data as far from 0 as in section 2, too).
# * `transform(X)` gives the table of $(x - \text{mean\_})/\text{scale\_}$, `inverse_transform(Z)` the table of $z \cdot \text{scale\_} + \text{mean\_}$. Neither learns anything. On an object that has learnt nothing both raise `RuntimeError`.
# * A table without rows raises `ValueError` in all four methods. So does a table with another number of columns than was learnt, in all but `fit`; beware that NumPy would silently broadcast a table of *one* column. (An empty table for an object that has learnt nothing may meet either error in the methods of the line above.)
# * A call that is refused changes nothing.
# * In a constant column rounding may leave a trace, as the $6 \cdot 10^{-17}$ of ten times 0.3 after `transform`. The absolute tolerance of $10^{-12}$ covers it: constant columns in tests hold numbers below 1,000.
#
# `mean_` and `scale_` may be attributes or properties; before anything was learnt nobody asks for them. You may keep whatever you like in further attributes, under names of your own. What becomes of the object if the caller changes `X` *later* is not tested.
#
# <details><summary>Hint 1: shapes</summary>
#
# One count for all columns; mean, sum of squared deviations, smallest and largest value: one of each for every column, shape (D,). `fit` can be written as "forget, then `partial_fit`", as long as an empty table is refused before anything is forgotten.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The two formulas for the new mean and the new S (the second is boxed). scale_ is the root of S divided by the count, and 1 where the smallest value equals the largest.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# new object: the count is 0.
# partial_fit: refuse an empty table, and one of another width if the count is above 0; find count, mean, S, minimum and maximum of the batch; if rows were seen before, merge the two by the formulas; store everything; find scale_; return self.
# transform, inverse_transform: refuse if the count is 0; refuse an empty table or another width; compute.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "standardizer_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class Standardizer:
    """Learns the mean and the standard deviation of each column of a table; standardises other tables with them.

    After fit or partial_fit: mean_ and scale_, each of shape (D,); scale_ is 1 for a column that never changed.

    >>> s = Standardizer().partial_fit(np.array([[2.0], [4.0]])).partial_fit(np.array([[6.0], [8.0], [10.0]]))
    >>> s.mean_, s.scale_.round(3), s.transform(np.array([[6.0]]))
    (array([6.]), array([2.828]), array([[0.]]))
    """

    def __init__(self) -> None:
        ### BEGIN SOLUTION
        self._count = 0  # rows learnt from
        ### END SOLUTION

    def fit(self, X: np.ndarray) -> "Standardizer":
        """Forget everything, then learn from the rows of X, shape (N, D). Returns self.

        No rows raise ValueError, and nothing is forgotten.
        """
        ### BEGIN SOLUTION
        if len(X) == 0:
            raise ValueError("there are no rows to learn from")
        self._count = 0
        return self.partial_fit(X)
        ### END SOLUTION

    def partial_fit(self, X: np.ndarray) -> "Standardizer":
        """Learn from the rows of X, shape (N, D), in addition to those learnt from before. Returns self.

        No rows, or another number of columns than before, raise ValueError.
        """
        ### BEGIN SOLUTION
        self._check(X)
        count, mean = len(X), X.mean(axis=0)
        squares = ((X - mean) ** 2).sum(axis=0)
        low, high = X.min(axis=0), X.max(axis=0)
        if self._count != 0:
            before, delta = self._count, mean - self.mean_
            total = before + count
            mean = self.mean_ + delta * count / total
            squares = self._squares + squares + delta**2 * before * count / total
            low, high = np.minimum(low, self._low), np.maximum(high, self._high)
            count = total
        self._count, self._squares, self._low, self._high = count, squares, low, high
        self.mean_ = mean
        self.scale_ = np.where(low == high, 1.0, np.sqrt(squares / count))
        return self
        ### END SOLUTION

    def transform(self, X: np.ndarray) -> np.ndarray:
        """(X - mean_) / scale_, shape (N, D). Learns nothing, and leaves X as it was.

        RuntimeError if nothing has been learnt; ValueError for no rows or another number of columns.
        """
        ### BEGIN SOLUTION
        self._demand_learning()
        self._check(X)
        return (X - self.mean_) / self.scale_
        ### END SOLUTION

    def inverse_transform(self, Z: np.ndarray) -> np.ndarray:
        """The table that has the z-scores Z, shape (N, D): the way back from transform; the same refusals."""
        ### BEGIN SOLUTION
        self._demand_learning()
        self._check(Z)
        return Z * self.scale_ + self.mean_

    def _demand_learning(self) -> None:
        if self._count == 0:
            raise RuntimeError("this Standardizer has learnt nothing yet: call fit or partial_fit first")

    def _check(self, X: np.ndarray) -> None:
        if len(X) == 0:
            raise ValueError("the table has no rows")
        if self._count != 0 and X.shape[1] != len(self.mean_):
            raise ValueError(f"the table has {X.shape[1]} columns; {len(self.mean_)} were learnt")
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "standardizer", "locked": true, "points": 18, "schema_version": 3, "solution": false, "task": false} exercise={"title": "A standardiser that learns in pieces", "difficulty": 3, "minutes": 30, "needs": []}
def check_standardizer():
    first, second = np.array([[2.0, 7.0], [4.0, 7.0]]), np.array([[6.0, 7.0], [8.0, 7.0], [10.0, 7.0]])
    whole = np.vstack([first, second])

    s = Standardizer()
    assert isinstance(exception_of(lambda: s.transform(whole)), RuntimeError), "transform before fit should raise RuntimeError"
    assert isinstance(exception_of(lambda: s.inverse_transform(whole)), RuntimeError), "inverse_transform before fit should raise RuntimeError"
    assert s.fit(whole) is s, "fit should return self"
    assert np.shape(s.mean_) == (2,) and np.shape(s.scale_) == (2,), f"mean_ and scale_ have one entry for each column, (2,), not {np.shape(s.mean_)} and {np.shape(s.scale_)}"
    assert np.allclose(s.mean_, [6.0, 7.0]), f"the means should be [6, 7], not {s.mean_}"
    assert np.allclose(s.scale_, [8**0.5, 1.0]), f"the scales should be [2.828, 1], 1 for the constant column, not {s.scale_}"
    z = s.transform(whole)
    assert isinstance(z, np.ndarray) and z.shape == (5, 2), f"transform should give an array of the table's shape, (5, 2), not {z!r}"
    assert np.allclose(z[:, 0] * 8**0.5, [-4, -2, 0, 2, 4]) and np.allclose(z[:, 1], 0), f"transform should give (x - mean_) / scale_, not {z.tolist()}"
    assert np.allclose(s.inverse_transform(z), whole), f"inverse_transform should lead back to the table, not to {s.inverse_transform(z).tolist()}: multiply, then add"
    assert np.allclose(s.transform(np.array([[6.0, 9.0]])), [[0.0, 2.0]]), "transform of a new row uses what was learnt: [[6, 9]] should give [[0, 2]]"
    assert np.allclose(s.mean_, [6.0, 7.0]) and np.allclose(s.scale_, [8**0.5, 1.0]), "transform learns nothing: mean_ and scale_ stay as they were"

    s = Standardizer()
    assert s.partial_fit(first) is s, "partial_fit should return self"
    s.partial_fit(second)
    assert np.allclose(s.mean_, [6.0, 7.0]), f"two batches together have the means [6, 7], not {s.mean_}: partial_fit adds, and weighs by the number of rows"
    assert np.allclose(s.scale_, [8**0.5, 1.0]), f"two batches together have the scales [2.828, 1], not {s.scale_}; mind the distance between the batches"
    s.fit(first)
    assert np.allclose(s.mean_, [3.0, 7.0]) and np.allclose(s.scale_, [1.0, 1.0]), "fit forgets what was learnt before: the means of the first batch alone are [3, 7]"

    for name in ("fit", "partial_fit", "transform", "inverse_transform"):
        raised = exception_of(lambda: getattr(s, name)(np.zeros((0, 2))))
        assert isinstance(raised, ValueError), f"{name} of a table without rows should raise ValueError; it raised {raised!r}"
        if name != "fit":
            raised = exception_of(lambda: getattr(s, name)(np.ones((4, 1))))
            assert isinstance(raised, ValueError), f"{name} of a table with one column, where two were learnt, should raise ValueError; it raised {raised!r}"
    assert np.allclose(s.mean_, [3.0, 7.0]), "a call that is refused changes nothing"
    print("Standardizer: fit, batches, both ways and refusals are right")


check_standardizer()

# %% [markdown]
# ### Look at it: learning from a stream
#
# > **Predict.** The wines come in batches of eight, *sorted by grape*: first all of the first kind, then the second, then the third. The cell follows `mean_` and `scale_` of proline. Where does the mean go? When is the band too narrow, and why? What changes if the wines are shuffled first, and what does not?

# %% nbgrader={"grade": false, "grade_id": "stream_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_stream():
    figure, panels = plt.subplots(1, 2, figsize=(10, 3.9), layout="constrained", sharey=True)
    proline = column("proline")[:, None]
    orders = {"sorted by grape": np.argsort(wine.target, kind="stable"), "shuffled": np.random.default_rng(3).permutation(len(proline))}
    for axes, (label, order) in zip(panels, orders.items()):
        stream = Standardizer()
        seen, centres, widths = [], [], []
        for start in range(0, len(order), 8):
            batch = proline[order[start : start + 8]]
            stream.partial_fit(batch)
            seen.append(min(start + 8, len(order)))
            centres.append(stream.mean_[0])
            widths.append(stream.scale_[0])
        centres, widths = np.array(centres), np.array(widths)
        for kind, colour, marker in KINDS:
            mine = wine.target[order] == kind
            axes.plot(np.arange(1, len(order) + 1)[mine], proline[order, 0][mine], marker, color=colour, ms=3, alpha=0.6, label=f"grape {kind + 1}")
        axes.fill_between(seen, centres - widths, centres + widths, color=GREY, alpha=0.25, label="mean_ ± scale_")
        axes.plot(seen, centres, color="black", lw=2, label="mean_")
        axes.set(title=f"{label}: ends at {centres[-1]:.1f} ± {widths[-1]:.1f}", xlabel="wines seen")
    panels[0].set_ylabel("proline (mg/l)")
    panels[1].legend(frameon=False, fontsize=9, ncols=2, loc="upper right")
    plt.show()


plot_stream()

# %% [markdown]
# **What to see.** Both streams end at the same two numbers, to the last digit shown: batches and their order do not matter *in the end*. On the way they do. Sorted, the object knows only the first grape for a long time: mean too high, band too narrow. The band widens when the second grape arrives, by the term $\delta^2 nk/(n+k)$. Whoever uses the scale
# before the stream has shown everything standardises with a wrong one; shuffled, it is nearly right after forty wines.

# %% [markdown]
# ## 6 · Do not look at the test
#
# **Why.** To learn how well a program will do on wines it has never met, we hide some of the wines from it, the **test rows**, and learn from the others, the **training rows**. The test is worth something only if *nothing* was learnt from the hidden rows. Their mean and their deviation are something, too. If they enter the
# standardisation, then the test wines have helped to prepare their own examination. This is called **leakage**.
#
# **Picture.** The numbers 2, 4, 6 are for training, and 100 is the test. On the left, the scale is learnt from the training rows, and the test value is seen for what it is: far from anything known. On the right it is learnt from all four: now the test value looks ordinary, and the training rows have been pushed together.

# %% nbgrader={"grade": false, "grade_id": "leak_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_leak():
    figure, panels = plt.subplots(1, 2, figsize=(10, 2.5), layout="constrained")
    values = np.array([2.0, 4.0, 6.0, 100.0])
    for axes, known, title in [(panels[0], values[:3], "Scale from the training rows"), (panels[1], values, "Scale from all rows: leakage")]:
        places = (values - np.mean(known)) / np.std(known)
        axes.plot(places[:3], [0] * 3, "o", color=BLUE, ms=9, label="training", clip_on=False)
        axes.plot(places[3:], [0], "D", color=ORANGE, ms=9, label="test", clip_on=False)
        axes.text(places[3], 0.35, f"z = {places[3]:.2f}", ha="center", color=ORANGE)
        axes.axvspan(-3, 3, color=GREY, alpha=0.15, lw=0)
        axes.set(title=title, xlabel="z-score (grey: what one calls ordinary, −3 to 3)", ylim=(-0.4, 0.9), xlim=(-4, 67) if places[3] > 9 else (-4, 4))
        axes.yaxis.set_visible(False)
        axes.spines["left"].set_visible(False)
    panels[1].legend(frameon=False, loc="upper left", ncols=2)
    plt.show()


draw_leak()

# %% [markdown]
# **The rule.** With $\mu_j$ and $\sigma_j$ computed over the *training rows only*, both sets are standardised with the same numbers:
#
# $$ z_{ij} = \frac{x_{ij} - \mu_j^{\text{train}}}{\sigma_j^{\text{train}}} \qquad \text{for every row } i, \text{ of either set.} $$
#
# The training columns then have the mean 0 and the deviation 1. The test columns have not, quite, and should not.
#
# **By hand.** Training 2, 4, 6: $\mu = 4$, $\sigma = 1.633$; the test value 100 has $z = 96/1.633 = 58.8$. With all four rows: $\mu = 28$, $\sigma = 41.59$, and $z = 72/41.59 = 1.73$.

# %% [markdown]
# **Write** `split_and_standardise`.
#
# * `test` holds the numbers of the test rows: K different integers from 0 to N − 1, with K < N. The other rows are the training rows.
# * It gives two tables: the training rows, in their old order, and the test rows, *in the order of* `test`; both standardised with the means and deviations (`ddof = 0`) of the training rows.
# * A column that is constant in the training rows has the scale 1, as in section 5. (With a single training row that is every column.) Constant columns are tested as there.
#
# You may use your `Standardizer`; a mistake in it then costs points here as well.
#
# <details><summary>Hint 1: shapes</summary>
#
# (N, D) becomes (N − K, D) and (K, D). `X[test]` gives the test rows in the right order. For the others, an array of N times `True`, set to `False` at `test`, picks what is left.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The one under "The rule": the same mean and the same deviation for both tables.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# mark the test rows; take the others as training rows; learn mean and scale from these, with 1 for a constant column; standardise the training rows and the test rows with them; give both.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "split_and_standardise_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def split_and_standardise(X: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Training and test rows of a table, standardised with what the training rows alone say.

    X: table, shape (N, D). test: the K numbers of the test rows, all different, shape (K,), K < N.
    Returns the training rows, shape (N - K, D), in their order in X, and the test rows, shape (K, D), in the order of test.

    >>> split_and_standardise(np.array([[2.0], [100.0], [4.0], [6.0]]), np.array([1]))[1].round(1)
    array([[58.8]])
    """
    ### BEGIN SOLUTION
    known = np.ones(len(X), dtype=bool)
    known[test] = False
    training = X[known]
    centre = training.mean(axis=0)
    constant = training.max(axis=0) == training.min(axis=0)
    spread = np.where(constant, 1.0, training.std(axis=0))
    return (training - centre) / spread, (X[test] - centre) / spread
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "split_and_standardise", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Split without leakage", "difficulty": 2, "minutes": 10, "needs": []}
def check_split_and_standardise():
    table = np.array([[2.0, 5.0], [100.0, 5.0], [4.0, 5.0], [6.0, 5.0], [0.0, 8.0]])
    found = split_and_standardise(table, np.array([4, 1]))
    assert found is not None, "split_and_standardise should return two tables"
    assert len(found) == 2, f"two tables should come out, not {len(found)}"
    training, test = found
    assert isinstance(training, np.ndarray) and isinstance(test, np.ndarray), f"both tables should be arrays, not a {type(training).__name__} and a {type(test).__name__}"
    assert np.shape(training) == (3, 2), f"three of five rows are for training: shape (3, 2), not {np.shape(training)}"
    assert np.shape(test) == (2, 2), f"two of five rows are the test: shape (2, 2), not {np.shape(test)}"
    assert np.isfinite(training).all() and np.isfinite(test).all(), "a column that is constant in the training rows has the scale 1: nothing is divided by 0"
    assert np.allclose(training[:, 0], [-1.2247449, 0.0, 1.2247449]), f"the training values 2, 4, 6 should become -1.225, 0, 1.225, not {training[:, 0]}: the test rows must not count"
    assert abs(test[0, 0] - 58.787754) > 1e-3, "the test rows come in the order of `test`: row 4 first, then row 1"
    assert np.allclose(test[:, 0], [-2.4494897, 58.7877538]), f"the test values 0 and 100 should become -2.449 and 58.79, not {test[:, 0]}: use the mean and deviation of the training rows"
    assert np.allclose(test[:, 1], [3.0, 0.0]), f"the second column is 5 in all training rows, so 8 and 5 become 3 and 0, not {test[:, 1]}"
    assert table[1, 0] == 100.0 and table[4, 1] == 8.0, "the caller's table must be left as it was"
    print("split_and_standardise: shapes, order, training statistics and a constant column are right")


check_split_and_standardise()

# %% [markdown]
# ## 7 · What it costs to leave it out
#
# Nothing in this section is graded. Here the work of sections 3 to 6 meets real data.
#
# **The task.** Tell the grape of a wine from its thirteen measurements. **The program** is the plainest there is, *five nearest neighbours*: find the five training wines closest to the new one, and answer with the grape that most of them have. Closeness is the distance of school geometry, in 13 dimensions: $d(a, b)^2 = \sum_j (a_j - b_j)^2$.
# **The measure** is *accuracy*, the share of right answers on test wines. The wines are dealt into five parts; each part is the test once, with the other four for training, and the five accuracies are averaged.
#
# > **Predict.** Always answering with the most frequent grape is right for 40% of the wines. How good are the neighbours on the table as it was measured? Standardised? If you only subtract the mean of each column, but do not divide? If you only divide? And what will change for the *iris* table: four lengths and widths of flowers, all in centimetres?

# %% nbgrader={"grade": false, "grade_id": "neighbours", "locked": true, "schema_version": 3, "solution": false, "task": false}
from sklearn.model_selection import StratifiedKFold


def nearest_neighbours(known, labels, unknown, k=5):
    """For each row of `unknown` the most frequent label among its k nearest rows of `known`."""
    squares = ((unknown[:, None, :] - known[None, :, :]) ** 2).sum(axis=2)
    nearest = np.argsort(squares, axis=1, kind="stable")[:, :k]
    return np.array([np.bincount(labels[rows]).argmax() for rows in nearest])


def five_parts(table):
    """The numbers of the test rows, five times; each kind is spread evenly over the parts."""
    return [test for _, test in StratifiedKFold(5, shuffle=True, random_state=0).split(table.data, table.target)]


def accuracy(table, prepare):
    """The mean accuracy over five parts. prepare: takes a table and test rows, gives training and test table."""
    shares = []
    for test in five_parts(table):
        labels = np.delete(table.target, test)
        known, unknown = prepare(table.data, test)
        shares.append(np.mean(nearest_neighbours(known, labels, unknown) == table.target[test]))
    return np.mean(shares)


def as_measured(X, test):
    return np.delete(X, test, axis=0), X[test]


def only_centred(X, test):
    known = np.delete(X, test, axis=0)
    return known - known.mean(axis=0), X[test] - known.mean(axis=0)


def only_scaled(X, test):
    known = np.delete(X, test, axis=0)
    return known / known.std(axis=0), X[test] / known.std(axis=0)


def plot_accuracies():
    ways = [("as measured", as_measured), ("only centred", only_centred), ("only scaled", only_scaled), ("standardised\n(yours)", split_and_standardise)]
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained", width_ratios=[1.5, 1])
    for shift, table, name, colour, hatch in [(-0.2, wine, "wine, 13 columns", BLUE, ""), (0.2, iris, "iris, 4 columns", ORANGE, "//")]:
        shares = [accuracy(table, prepare) for _, prepare in ways]
        bars = left.bar(np.arange(4) + shift, shares, width=0.38, color=colour, hatch=hatch, edgecolor="white", label=name)
        left.bar_label(bars, labels=[f"{share:.3f}" for share in shares], fontsize=9.5)
    left.set(title="Five nearest neighbours", ylabel="accuracy on test rows", ylim=(0, 1.19), xticks=range(4), xticklabels=[name for name, _ in ways])
    left.legend(frameon=False, ncols=2, loc="upper center", fontsize=10)
    for table, name, colour, style in [(wine, "wine", BLUE, "o-"), (iris, "iris", ORANGE, "s--")]:
        shares = np.sort([variance(values) for values in table.data.T])[::-1]
        right.semilogy(range(1, len(shares) + 1), shares / shares.sum(), style, color=colour, label=name)
    right.set(title="Who decides the distance", xlabel="column, largest variance first", ylabel="share of the squared distance")
    right.legend(frameon=False)
    plt.show()


plot_accuracies()

# %% [markdown]
# **What to see.** As measured, the neighbours are right for 66% of the wines; standardised, for 96%. The same program, the same wines. Out of a hundred bottles thirty were taken for the wrong grape because proline is counted in milligrams per litre. The right-hand plot says why: the average squared distance between two wines is twice the sum of the variances of the columns, and
# proline contributes 99.8% of it. Twelve of the thirteen measurements were thrown away.
#
# *Only centred* changes nothing, because a distance is a difference and the mean drops out of it. *Only scaled* does all the work here. (That is so for distances; in section 8 the mean will matter.)
#
# *Iris does not change* (0.953 twice): its four columns have one unit and deviations from 0.4 to 1.8, so none of them drowns the others. Standardising is not a spell that makes things better. It takes away an accident, the choice of units, and where there was no accident there is nothing to gain. Counting all columns alike can even cost a little, when the large ones happen to be the good ones.

# %% [markdown]
# ### The other way to spoil it
#
# A common mistake is to standardise the test rows *with their own* mean and deviation, `zscore(X_test)`. It leaks nothing from test to training, and it is wrong all the same.
#
# > **Predict.** The cell does this to test rows that arrive in batches of 1, 2, 3, … wines. What is the z-score of a wine that is alone in its batch? From which size of batch on does the mistake stop hurting?

# %% nbgrader={"grade": false, "grade_id": "own_scale_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_own_scale():
    rng = np.random.default_rng(5)
    sizes = [1, 2, 3, 5, 8, 12, 18, 35]
    orders = [[rng.permutation(len(test)) for test in five_parts(wine)] for _ in range(6)]
    own = []
    for size in sizes:
        shares = []
        for order in orders:
            for shuffled, test in zip(order, five_parts(wine)):
                labels, rows = np.delete(wine.target, test), test[shuffled]
                known, _ = split_and_standardise(wine.data, test)
                batches = [zscore(wine.data[rows[start : start + size]]) for start in range(0, len(rows), size)]
                shares.append(np.mean(nearest_neighbours(known, labels, np.vstack(batches)) == wine.target[rows]))
        own.append(np.mean(shares))

    def all_rows(X, test):
        z = zscore(X)
        return np.delete(z, test, axis=0), z[test]

    right, leaked = accuracy(wine, split_and_standardise), accuracy(wine, all_rows)
    figure, axes = plt.subplots(figsize=(8, 3.9), layout="constrained")
    axes.axhline(right, color=BLUE, lw=2, label=f"scale of the training rows: {right:.3f}")
    axes.semilogx(sizes, own, "s--", color=ORANGE, label="each test batch in its own scale")
    axes.set(title="Wine, five nearest neighbours", xlabel="wines in a test batch", ylabel="accuracy", ylim=(0, 1.05), xticks=sizes, xticklabels=sizes)
    axes.minorticks_off()
    axes.legend(frameon=False, loc="lower right")
    plt.show()
    print(f"scale of the training rows {right:.3f}; scale of all rows, test rows included {leaked:.3f}")


plot_own_scale()

# %% [markdown]
# **What to see.** A wine alone in its batch equals the mean of its batch, so all of its z-scores are 0, whatever wine it is, and every wine gets the same answer: right for one in three. Two wines to a batch are $+1$ and $-1$ in every column in which they differ. From a dozen on the mistake is hardly seen, because such a batch happens to be about as mixed as the training rows; a dozen wines of *one* grape would be moved to the middle and look like a mixture.
#
# The last line is for honesty. Learning the scale from *all* rows makes no visible difference here: 178 well-behaved wines, and a mean that hardly moves. Leakage is not always seen in the number. It takes away what the number *means*: accuracy on wines that nothing was learnt from. With few rows, far outliers, or data that drift over the years, it does show, and usually in the flattering direction.

# %% [markdown]
# ## 8 · Why networks want standardised inputs
#
# Nothing in this section is graded; it is the half page on *gradient descent* that the picture below needs. The next assignment builds all of it.
#
# **Loss.** Let us predict the alcohol $y_i$ of wine $i$ from two other columns, colour intensity $x_{i1}$ and hue $x_{i2}$, as a weighted sum $w_1 x_{i1} + w_2 x_{i2}$. (All three columns are centred first, so that no constant is needed.) How wrong is a given pair of weights? Take the mean of the squared errors over the $N$ wines; this one number is the **loss**:
#
# $$ L(w_1, w_2) = \frac1N \sum_{i=1}^{N} (w_1 x_{i1} + w_2 x_{i2} - y_i)^2 . $$
#
# Over the plane of all $(w_1, w_2)$ it is a bowl, and we look for its lowest point.
#
# **Gradient.** The slope of the bowl in the direction of $w_j$ is the derivative $\partial L/\partial w_j = \frac2N \sum_i (w_1 x_{i1} + w_2 x_{i2} - y_i)\, x_{ij}$. The two slopes together are the **gradient**. It points uphill. **Gradient descent** starts somewhere and steps downhill, again and again:
#
# $$ w_j \leftarrow w_j - \eta\, \frac{\partial L}{\partial w_j} . $$
#
# The number $\eta > 0$ (eta) is the **learning rate**: how large a step is made of a given slope.
#
# **One dimension.** A bowl of curvature $\lambda$ around $w^*$ is $L = \frac{\lambda}{2} (w - w^*)^2$, with the slope $\lambda (w - w^*)$. One step multiplies the distance to the lowest point by a fixed number:
#
# $$ w - w^* \;\leftarrow\; (1 - \eta\lambda)\,(w - w^*) . $$
#
# With $\eta = 1/\lambda$ we are there at once. With $\eta > 2/\lambda$ the factor is below $-1$, and every step leads further away. With $\eta$ much smaller than $1/\lambda$ we creep.
#
# **Two dimensions.** Now there are two curvatures, the largest $\lambda_{\max}$ across the valley and the smallest $\lambda_{\min}$ along it, but *one* learning rate. It has to stay below $2/\lambda_{\max}$, or the steps across the valley explode; then along the valley each step multiplies the distance by at least $1 - 2\lambda_{\min}/\lambda_{\max}$.
# The ratio $\kappa = \lambda_{\max}/\lambda_{\min}$ is the **condition number** of the bowl. It says roughly how many steps are needed. A round bowl has $\kappa = 1$; an elongated one is slow.
#
# **And the columns?** The curvature in the direction of $w_j$ is the second derivative, $\frac2N \sum_i x_{ij}^2$: for a centred column that is *twice its variance*. Colour intensity has the variance 5.34, hue 0.052: the bowl is a hundred times as steep in one direction as in the other, for no better reason than the units.
# Standardised, both curvatures are 2. What is left of the elongation comes from the correlation of the two columns, and κ falls from 142 to 3.2.
#
# > **Predict.** Both panels show contours of the loss (lines of equal loss) and 25 steps of gradient descent, with a learning rate of $1.6/\lambda_{\max}$ each. Which path arrives, and what does the other one do instead?

# %% nbgrader={"grade": false, "grade_id": "descent_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def descend(X, y, w, rate, steps):
    """The weights before every step and after the last, shape (steps + 1, D), of gradient descent on the mean squared error."""
    path = [w]
    for _ in range(steps):
        errors = X @ w - y
        w = w - rate * 2 / len(X) * (errors @ X)
        path.append(w)
    return np.array(path)


def curvatures(X):
    """The curvatures of the mean squared error of a weighted sum of the columns, smallest first."""
    return np.linalg.eigvalsh(2 / len(X) * X.T @ X)


def plot_descent():
    pair = np.column_stack([column("colour intensity"), column("hue")])
    y = column("alcohol") - column("alcohol").mean()
    figure, panels = plt.subplots(2, 1, figsize=(10, 6.6), layout="constrained", height_ratios=[1, 1.5])
    for axes, title, X, start, across, up in [
        (panels[0], "As measured, only centred", pair - pair.mean(axis=0), [0.5, -1.2], (-1.6, 2.6), (-0.3, 0.75)),
        (panels[1], "Standardised", zscore(pair), [0.45, -1.3], (-1.7, 2.5), (-0.35, 1.35)),
    ]:
        bowl = curvatures(X)
        path = descend(X, y, np.array(start), 1.6 / bowl[-1], 25)
        best = np.linalg.lstsq(X, y, rcond=None)[0]
        hue_weights, colour_weights = np.meshgrid(np.linspace(*across, 160), np.linspace(*up, 120))
        errors = colour_weights[..., None] * X[:, 0] + hue_weights[..., None] * X[:, 1] - y
        losses = (errors**2).mean(axis=-1)
        lowest = ((X @ best - y) ** 2).mean()
        axes.contour(hue_weights, colour_weights, losses, levels=lowest + np.array([0.004, 0.03, 0.1, 0.25, 0.5, 1, 2]), colors=GREY, linewidths=0.8)
        axes.plot(path[:, 1], path[:, 0], "o-", color=ORANGE, ms=4, lw=1.2, label="25 steps of gradient descent")
        axes.plot(path[0, 1], path[0, 0], "s", color="black", ms=8, label="start")
        axes.plot(best[1], best[0], "*", color=BLUE, ms=15, label="lowest point")
        axes.set(title=f"{title}: condition number {bowl[-1] / bowl[0]:.1f}", xlabel="weight of hue", ylabel="weight of colour", aspect="equal", xlim=across, ylim=up)
    panels[1].legend(frameon=True, loc="upper right", fontsize=10)
    plt.show()


plot_descent()

# %% [markdown]
# **What to see.** Above, the steps jump from one side of the valley to the other, because the learning rate is nearly as large as the steep direction bears. Along the valley they creep: after 25 steps the path has gone a quarter of the way. (A smaller rate would take the zigzag away and make the crawl slower.) Below, with the same rule for the rate, the bowl is nearly round. The path jumps across a few times, too, but it comes along as well, and it is at the lowest point after about ten steps.

# %% [markdown]
# ### Ablation: centring and scaling, each alone
#
# An *ablation* takes one part of a method away, to see what that part was worth. Here are all the columns: alcohol from the other twelve, and from a constant, that is, a thirteenth column of ones. A column whose mean is far from 0 looks much like that column of ones, and the weights of the two can hardly be told apart: one more flat direction. That is what *centring* cures; *scaling* cures the different curvatures.
#
# > **Predict.** Four ways to prepare the twelve columns, each with the learning rate $1/\lambda_{\max}$. After 2,000 steps, how far above the lowest possible loss is each? Does half of the cure give half of the effect?

# %% nbgrader={"grade": false, "grade_id": "ablation_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_ablation():
    X, y = np.delete(wine.data, columns.index("alcohol"), axis=1), column("alcohol")
    ways = [
        ("as measured", X, GREY, ":"),
        ("only centred", X - X.mean(axis=0), PURPLE, "-."),
        ("only scaled", X / X.std(axis=0), ORANGE, "--"),
        ("standardised", zscore(X), BLUE, "-"),
    ]
    figure, axes = plt.subplots(figsize=(8.5, 4.2), layout="constrained")
    for name, table, colour, style in ways:
        table = np.column_stack([table, np.ones(len(table))])
        bowl = curvatures(table)
        best = ((table @ np.linalg.lstsq(table, y, rcond=None)[0] - y) ** 2).mean()
        path = descend(table, y, np.zeros(table.shape[1]), 1 / bowl[-1], 2000)
        losses = ((path @ table.T - y) ** 2).mean(axis=1)
        axes.loglog(np.arange(1, len(losses) + 1), np.maximum(losses - best, 1e-12), style, color=colour, lw=2, label=f"{name}, κ = {bowl[-1] / bowl[0]:,.0f}")
    axes.set(title="Alcohol from twelve other columns, by gradient descent", xlabel="step", ylabel="loss above the lowest possible (vol. %²)", ylim=(1e-9, 1e3))
    axes.legend(frameon=False, loc="lower left")
    plt.show()


plot_ablation()

# %% [markdown]
# **What to see.** Standardised, the loss falls to its lowest point within a few hundred steps. As measured, 2,000 steps are hardly a beginning: with a condition number above 10⁸ it would take hundreds of millions. Each half of the cure leaves a condition number that is far too large. *Only scaled*, the means (up to nine deviations away from 0) still lean on the constant. *Only centred*, proline still sets the learning rate, and for all 2,000 steps that is even worse than nothing: the constant has to climb to 13 per cent with steps made tiny by proline, where in the raw table a little proline can stand in for it.
#
# A network is many such sums, one after the other, with bends between them. Its bowl has no formula, but the first layer sees the inputs exactly as here. That is why the first thing to do with the inputs of a network is the line of arithmetic from section 3; and why, further along, people standardise *inside* the network too: over the examples (*batch normalisation*), or over the numbers that one layer makes of one example (*layer normalisation*).

# %% [markdown]
# ## 9 · The bell curve
#
# **Why.** A z-score of 2 is "two standard deviations above the mean". Is that rare? It depends on how the values are distributed. One distribution turns up again and again, for heights, for errors of measurement, for sums of many small things, and it is the yardstick for all others: the **normal distribution**. Sections 9 to 14 take it apart.
#
# **Picture.** Four normal curves. Look for what $\mu$ does, what $\sigma$ does, and what stays the same in all four: the area below.

# %% nbgrader={"grade": false, "grade_id": "bells_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
from statistics import NormalDist


def draw_bells():
    grid = np.linspace(-6, 8, 400)
    figure, axes = plt.subplots(figsize=(8.5, 3.8), layout="constrained")
    for mu, sigma, colour, style in [(0, 1, "black", "-"), (3, 1, BLUE, "--"), (0, 2, ORANGE, "-."), (-2, 0.5, GREEN, ":")]:
        bell = NormalDist(mu, sigma)
        axes.plot(grid, [bell.pdf(t) for t in grid], style, color=colour, lw=2.2, label=f"μ = {mu}, σ = {sigma}".replace("-", "−"))
    axes.set(title="Four normal densities, drawn with Python's statistics module", xlabel="x", ylabel="density (per unit of x)")
    axes.legend(frameon=False)
    plt.show()


draw_bells()

# %% [markdown]
# **Derivation.** A **density** $f$ says where values are likely to fall: the probability of a value between $a$ and $b$ is the *area* $\int_a^b f(x)\,\mathrm{d}x$ below the curve. The whole area is 1, because some value must come. A density is not a probability: its unit is "per unit of $x$", and it may well be above 1: the narrowest of the curves reaches 0.8, and one with $\sigma = 0.1$ would reach 4.
#
# The standard normal distribution has the shape $e^{-z^2/2}$: highest at 0, falling alike to both sides, and each further step outwards divides it by more than the last one did. The area below $e^{-z^2/2}$ is $\sqrt{2\pi}$ (section 13 shows the trick by which one sees this), so
#
# $$ \varphi(z) = \frac{1}{\sqrt{2\pi}}\, e^{-z^2/2} $$
#
# has the area 1. Now let $x = \mu + \sigma z$: move by $\mu$, stretch by $\sigma$. A curve that is stretched $\sigma$ times in width has to be *flattened* $\sigma$ times in height, or its area would be $\sigma$. So
#
# $$ \boxed{\; f(x) = \frac{1}{\sigma \sqrt{2\pi}}\; e^{-\frac12 \left(\frac{x - \mu}{\sigma}\right)^2} \;} $$
#
# $\mu$ is the mean of the distribution and $\sigma > 0$ its standard deviation (not its variance). The exponent is the z-score, squared: the normal distribution looks at a value through its z-score and in no other way.
#
# **By hand.** At the top of the standard curve: $1/\sqrt{2\pi} = 0.3989$. One deviation away: $0.3989 \cdot e^{-1/2} = 0.2420$. For $\mu = 5$, $\sigma = 2$ at $x = 7$: again $z = 1$, so $0.2420/2 = 0.1210$.

# %% [markdown]
# **Write** `normal_pdf` (*probability density function*).
#
# * `x` is an array of N numbers; the result has one density for each of them.
# * `sigma` is the standard deviation. 0 or below raises `ValueError`.
#
# <details><summary>Hint 1: shapes</summary>
#
# `x` has the shape (N,), `mu` and `sigma` are single numbers, the result has the shape (N,).
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The boxed one. The z-score is squared and halved, and the 1/σ stands outside the exponential.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# refuse a sigma that is not above 0; find the z-scores; take the exponential of minus half their squares; divide by sigma and the root of 2π.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "normal_pdf_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def normal_pdf(x: np.ndarray, mu: float, sigma: float) -> np.ndarray:
    """The density of the normal distribution at x, per unit of x.

    x: N numbers, shape (N,). mu: the mean. sigma: the standard deviation, above 0, otherwise ValueError.
    Returns N densities, shape (N,).

    >>> normal_pdf(np.array([5.0, 7.0]), 5.0, 2.0).round(4)
    array([0.1995, 0.121 ])
    """
    ### BEGIN SOLUTION
    if sigma <= 0:
        raise ValueError(f"sigma is above 0, not {sigma}")
    z = (x - mu) / sigma
    return np.exp(-(z**2) / 2) / (sigma * math.sqrt(2 * math.pi))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "normal_pdf", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false} exercise={"title": "The normal density", "difficulty": 1, "minutes": 10, "needs": []}
def check_normal_pdf():
    found = normal_pdf(np.array([0.0, 1.0, -1.0]), 0.0, 1.0)
    assert found is not None, "normal_pdf should return its densities"
    assert np.shape(found) == (3,), f"three values have three densities: shape (3,), not {np.shape(found)}"
    assert np.allclose(found, [0.39894228, 0.24197072, 0.24197072]), f"at 0, 1, -1 the standard density is 0.3989, 0.2420, 0.2420, not {found}"
    [found] = normal_pdf(np.array([7.0]), 5.0, 2.0)
    assert abs(found - 0.24197072) > 1e-6, "for sigma = 2 the curve is half as high: the factor 1/sigma is missing"
    assert abs(found - 0.12098536) < 1e-7, f"at 7, for mu = 5 and sigma = 2, the density should be 0.1210, not {found}"
    width = 0.001
    area = normal_pdf(np.arange(-10, 16, width), 3.0, 1.5).sum() * width
    assert abs(area - 1) < 1e-6, f"the area below the curve is 1; yours is {area}"
    for sigma in (0.0, -1.0):
        raised = exception_of(lambda: normal_pdf(np.array([1.0]), 0.0, sigma))
        assert isinstance(raised, ValueError), f"sigma = {sigma} should raise ValueError; it raised {raised!r}"
    print("normal_pdf: worked examples, area and refusals are right")


check_normal_pdf()

# %% [markdown]
# ### Look at it: which wine columns are normal?
#
# > **Predict.** For three columns of the wine table the cell draws a histogram and the normal density with the same mean and the same standard deviation. Alcalinity of ash, malic acid, flavanoids: one fits, one is lopsided, one has two humps. Can you tell from the names? Can a formula with nothing but $\mu$ and $\sigma$ in it ever have two humps?

# %% nbgrader={"grade": false, "grade_id": "histograms", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_histograms():
    figure, panels = plt.subplots(1, 3, figsize=(10.5, 3.5), layout="constrained")
    for axes, name, unit in zip(panels, ["alcalinity of ash", "malic acid", "flavanoids"], ["", " (g/l)", ""]):
        values = column(name)
        mu, sigma = mean(values), math.sqrt(variance(values))
        axes.hist(values, bins=18, density=True, color=BLUE, alpha=0.35, label="178 wines")
        grid = np.linspace(min(values.min(), mu - 3 * sigma), max(values.max(), mu + 3 * sigma), 200)
        axes.plot(grid, normal_pdf(grid, mu, sigma), color=ORANGE, lw=2, label="your density")
        axes.set(title=f"μ = {mu:.2f}, σ = {sigma:.2f}", xlabel=name + unit)
    panels[0].set_ylabel("density (per unit of the column)")
    panels[1].legend(frameon=False)
    plt.show()


plot_histograms()

# %% [markdown]
# **What to see.** Alcalinity follows the bell well. Malic acid is *skewed*: a long tail to the right, a high peak left of the mean, and a bell that allows for values below 0, which cannot exist. Flavanoids have two humps, one for the third grape and one for the others; the bell has its top between the two, where there are fewer wines. All three have a mean and a standard deviation, and all three can be standardised. What the z-scores then *mean* is another question.

# %% [markdown]
# ## 10 · Areas: how much lies below?
#
# **Why.** "How rare is a value of 7 or less?" asks for an area, from $-\infty$ to 7. This area as a function of its right end is the **cumulative distribution function**, $F$. Once we have it, every other area is a difference: between $a$ and $b$ lies $F(b) - F(a)$, above $b$ lies $1 - F(b)$.
#
# **Picture.** On the left the density, with the area up to $z = 1$ shaded. On the right that area as a function of its right end: it rises from 0 to 1, and its slope at every point is the density.

# %% nbgrader={"grade": false, "grade_id": "area_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_area():
    standard, grid = NormalDist(), np.linspace(-3.5, 3.5, 300)
    density, below = np.array([standard.pdf(t) for t in grid]), np.array([standard.cdf(t) for t in grid])
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.5), layout="constrained")
    left.plot(grid, density, color="black", lw=1.8)
    left.fill_between(grid, density, where=grid <= 1, color=BLUE, alpha=0.3)
    left.text(-0.35, 0.12, "area\n0.8413", ha="center", color=BLUE)
    left.set(title="The density, and the area up to 1", xlabel="z", ylabel="density (per unit of z)", ylim=(0, 0.43))
    right.plot(grid, below, color="black", lw=1.8)
    right.plot([-3.5, 1, 1], [standard.cdf(1), standard.cdf(1), 0], color=BLUE, ls="--")
    right.plot(1, standard.cdf(1), "o", color=BLUE, ms=8)
    right.set(title="The area as a function of its right end", xlabel="z", ylabel="F(z), a probability", ylim=(0, 1.05))
    plt.show()


draw_area()

# %% [markdown]
# **Derivation.** No formula of school calculus has the derivative $e^{-t^2}$, so the function with this slope, up to a factor, has a name of its own, the *error function*:
#
# $$ \operatorname{erf}(u) = \frac{2}{\sqrt{\pi}} \int_0^u e^{-t^2}\,\mathrm{d}t , $$
#
# which runs from $-1$ at $-\infty$ through $0$ at 0 to $1$ at $\infty$. Python has it as `math.erf`, for one number at a time. We need the standard normal area
#
# $$ \Phi(z) = \frac{1}{\sqrt{2\pi}} \int_{-\infty}^{z} e^{-s^2/2}\,\mathrm{d}s = \frac12 + \frac{1}{\sqrt{2\pi}} \int_0^{z} e^{-s^2/2}\,\mathrm{d}s , $$
#
# where the half is the area to the left of 0, by symmetry. Put $s = \sqrt2\,t$, so that $s^2/2 = t^2$ and $\mathrm{d}s = \sqrt2\,\mathrm{d}t$. The right end $s = z$ becomes $t = z/\sqrt2$, and the integral becomes $\frac{\sqrt2}{\sqrt{2\pi}} \int_0^{z/\sqrt2} e^{-t^2}\,\mathrm{d}t = \frac12 \operatorname{erf}(z/\sqrt2)$. Together, and with $z = (x - \mu)/\sigma$:
#
# $$ \boxed{\; F(x) = \frac12 \left( 1 + \operatorname{erf}\!\left( \frac{x - \mu}{\sigma \sqrt2} \right) \right) \;} $$
#
# **By hand.** At $x = \mu$: $\operatorname{erf}(0) = 0$, so $F = 1/2$. One deviation above: $\operatorname{erf}(1/\sqrt2) = 0.6827$, so $F = 0.8413$. One deviation below, by symmetry: $1 - 0.8413 = 0.1587$. Between the two lies $0.8413 - 0.1587 = 0.6827$: the first of three famous numbers.

# %% [markdown]
# **Write** `normal_cdf`.
#
# * `x` is an array of N numbers; the result is an array with the N probabilities of a value at or below each of them.
# * `sigma` is the standard deviation. 0 or below raises `ValueError`.
# * Far out on the left, where probabilities are tiny, nothing clever is needed: the absolute tolerance of $10^{-12}$ covers it.
#
# <details><summary>Hint 1: shapes</summary>
#
# (N,) in, (N,) out. `math.erf` takes a single number: go through the entries one by one and make an array of the results.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The boxed one. The root of 2 belongs inside erf, below the z-score.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# refuse a sigma that is not above 0; for each value: find its z-score, divide by the root of 2, take erf, add 1, halve; put the results into an array.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "normal_cdf_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def normal_cdf(x: np.ndarray, mu: float, sigma: float) -> np.ndarray:
    """The probability that a normally distributed value is at most x.

    x: N numbers, shape (N,). mu: the mean. sigma: the standard deviation, above 0, otherwise ValueError.
    Returns N probabilities, from 0 to 1, shape (N,).

    >>> normal_cdf(np.array([5.0, 7.0]), 5.0, 2.0).round(4)
    array([0.5   , 0.8413])
    """
    ### BEGIN SOLUTION
    if sigma <= 0:
        raise ValueError(f"sigma is above 0, not {sigma}")
    return np.array([(1 + math.erf((value - mu) / (sigma * math.sqrt(2)))) / 2 for value in x])
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "normal_cdf", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Areas below the bell", "difficulty": 2, "minutes": 12, "needs": []}
def check_normal_cdf():
    found = normal_cdf(np.array([0.0, 1.0, -1.0]), 0.0, 1.0)
    assert found is not None, "normal_cdf should return its probabilities"
    assert isinstance(found, np.ndarray) and found.shape == (3,), f"three values have an array of three probabilities, not {found!r}"
    assert abs(found[0] - 0.5) < 1e-9, f"half of the area lies below the mean, not {found[0]}"
    assert abs(found[1] - 0.92135) > 1e-4, "erf of z itself gives 0.9214 at z = 1: divide z by the root of 2 first"
    assert np.allclose(found, [0.5, 0.84134475, 0.15865525]), f"at 0, 1, -1 the probabilities should be 0.5, 0.8413, 0.1587, not {found}"
    found = normal_cdf(np.array([7.0, 1.0, 95.0]), 5.0, 2.0)
    assert np.allclose(found, [0.84134475, 0.02275013, 1.0]), f"at 7, 1 and 95, for mu = 5 and sigma = 2: 0.8413, 0.0228, 1, not {found}"
    for sigma in (0.0, -1.0):
        raised = exception_of(lambda: normal_cdf(np.array([1.0]), 0.0, sigma))
        assert isinstance(raised, ValueError), f"sigma = {sigma} should raise ValueError; it raised {raised!r}"
    print("normal_cdf: worked examples, another mean and deviation and refusals are right")


check_normal_cdf()

# %% [markdown]
# ### Look at it: slope and area
#
# Two functions that you wrote apart from each other must fit together: the density is the slope of the areas. The cell takes the slope of your `normal_cdf` by a small step to each side, and compares it with your `normal_pdf`. It also answers a question about wine.

# %% nbgrader={"grade": false, "grade_id": "slope_of_areas", "locked": true, "schema_version": 3, "solution": false, "task": false}
def compare_slopes():
    points, h = np.array([-2.0, 0.0, 0.5, 3.0]), 1e-5
    slopes = (normal_cdf(points + h, 0.5, 1.5) - normal_cdf(points - h, 0.5, 1.5)) / (2 * h)
    for point, slope, density in zip(points, slopes, normal_pdf(points, 0.5, 1.5)):
        print(f"x = {point:4.1f}   slope of normal_cdf {slope:.8f}   normal_pdf {density:.8f}")
    for name, limit in [("alcalinity of ash", 25.0), ("malic acid", 0.9)]:
        values = column(name)
        [share] = normal_cdf(np.array([limit]), mean(values), math.sqrt(variance(values)))
        print(f"{name} at most {limit}: the bell says {share:.3f}, of the wines it is {np.mean(values <= limit):.3f}")


compare_slopes()

# %% [markdown]
# **What to see.** Slopes and densities agree to the digits that such a step allows. For alcalinity the bell predicts the share of wines well; for the lopsided malic acid it is far off in the left tail: one wine in ten, it says, and in truth it is one in sixty. A probability from the normal distribution is as good as the assumption behind it.

# %% [markdown]
# ## 11 · Sixty-eight, ninety-five, ninety-nine point seven
#
# **Why.** Three numbers turn z-scores into a feeling for what is rare. They hold for the normal distribution, and they give a quick test of whether data are anything like it.
#
# **Picture.** The areas within one, two and three standard deviations of the mean.

# %% nbgrader={"grade": false, "grade_id": "sigma_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_sigmas():
    standard, grid = NormalDist(), np.linspace(-4, 4, 801)
    density = np.array([standard.pdf(t) for t in grid])
    figure, axes = plt.subplots(figsize=(8.5, 4.2), layout="constrained")
    for k, colour in [(3, "#DCE9F5"), (2, "#9CC5E5"), (1, BLUE)]:
        axes.fill_between(grid, density, where=abs(grid) <= k + 1e-9, color=colour, lw=0)
    for k, height in [(1, 0.05), (2, -0.045), (3, -0.1)]:
        at = 0.16 if k == 1 else height
        axes.annotate("", (k, at), (-k, at), arrowprops={"arrowstyle": "<->", "color": "white" if k == 1 else "black", "lw": 1.4}, annotation_clip=False)
        share = standard.cdf(k) - standard.cdf(-k)
        axes.text(0, at + 0.008, f"{100 * share:.2f}%  within {k}σ", ha="center", color="white" if k == 1 else "black", fontweight="bold")
    axes.plot(grid, density, color="black", lw=1.8)
    axes.axhline(0, color="black", lw=0.8)
    axes.set(title="The empirical rule", xlabel="z, standard deviations from the mean", ylabel="density (per unit of z)", ylim=(-0.12, 0.43), yticks=[0, 0.1, 0.2, 0.3, 0.4], xticks=range(-4, 5))
    plt.show()


draw_sigmas()

# %% [markdown]
# **Derivation.** The area within $k$ standard deviations is $\Phi(k) - \Phi(-k)$, and with $\Phi(-k) = 1 - \Phi(k)$ from the symmetry this is $2\Phi(k) - 1 = \operatorname{erf}(k/\sqrt2)$. For $k = 1, 2, 3$: $0.6827$, $0.9545$, $0.9973$. This is the **empirical rule**.
#
# For *data* we count. With the mean $m$ and the standard deviation $s$ (`ddof = 0`) of $x_1, \dots, x_N$,
#
# $$ \text{share}(k) = \frac{1}{N} \cdot \#\bigl\{\, i : |x_i - m| \le k\, s \,\bigr\} , $$
#
# where $\#$ counts, and a value that lies exactly on the border counts.
#
# **What holds for all data.** Whatever the distribution, at most a share of $1/k^2$ can lie *outside* $k$ standard deviations: each value outside contributes more than $(ks)^2$ to the sum of squares $N s^2$, so there are fewer than $N/k^2$ of them. This is Chebyshev's inequality. It promises at least 75% within $2s$ and 89% within $3s$; the normal distribution has far more.
#
# **By hand.** 4, 7, 13, 16 have $m = 10$, $s = 4.743$. Within one deviation, that is from 5.26 to 14.74, lie 7 and 13: the share is 0.5. Within two, from 0.51 to 19.49: all, 1.0. And for 1, 3 with $m = 2$, $s = 1$ both values lie exactly on the border of $k = 1$: the share is 1.0.

# %% [markdown]
# **Write** `within_k_sigma`.
#
# * The share, from 0 to 1, of the values with $|x_i - m| \le k s$: mean and deviation (`ddof = 0`) are those of `x` itself, and the border counts. `k` is 0 or more, and need not be an integer.
# * A value exactly on the border is tested only where mean and deviation come out without rounding, by sums or by the formulas of section 5; for `k` = 0, too. Every other one lies a millionth of it away or more.
# * If all values are equal, all of them count, for every `k`. (Then $s = 0$: compare, and do not divide. What rounding makes of ten times 0.3 is not tested here.)
#
# <details><summary>Hint 1: shapes</summary>
#
# `x` has the shape (N,), so has the array of comparisons; its mean is a single number.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The mean of the array of `True` and `False` that `|x − m| ≤ k·s` gives.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# find mean and deviation; find how far each value is from the mean; compare with k deviations; give the share that passes.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "within_k_sigma_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def within_k_sigma(x: np.ndarray, k: float) -> float:
    """The share of the values that lie within k standard deviations of their mean, the border included.

    x: N numbers, shape (N,). k: 0 or more. Returns a share from 0 to 1.

    >>> float(within_k_sigma(np.array([4.0, 7.0, 13.0, 16.0]), 1))
    0.5
    """
    ### BEGIN SOLUTION
    return np.mean(abs(x - np.mean(x)) <= k * np.std(x))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "within_k_sigma", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false} exercise={"title": "The empirical rule", "difficulty": 1, "minutes": 8, "needs": []}
def check_within_k_sigma():
    x = np.array([4.0, 7.0, 13.0, 16.0])
    found = within_k_sigma(x, 1)
    assert found is not None, "within_k_sigma should return its share"
    assert np.shape(found) == (), f"the share is one number, not an array of shape {np.shape(found)}"
    assert abs(found - 0.5) < 1e-12, f"7 and 13 of 4, 7, 13, 16 lie within one deviation: 0.5, not {found}"
    found = within_k_sigma(x, 1.2)
    assert abs(found - 0.5) < 1e-12, f"1.2 deviations reach from 4.31 to 15.69 (ddof = 0): the share is 0.5, not {found}"
    found = within_k_sigma(x, 1.3)
    assert abs(found - 1) < 1e-12, f"1.3 deviations reach from 3.83 to 16.17: the share is 1, not {found}"
    found = within_k_sigma(np.array([1.0, 3.0]), 1)
    assert abs(found - 1) < 1e-12, f"1 and 3 lie exactly one deviation from 2, and the border counts: the share is 1, not {found}"
    found = within_k_sigma(np.array([7.0, 7.0, 7.0]), 2)
    assert abs(found - 1) < 1e-12, f"values that are all equal are all within any distance: the share is 1, not {found}"
    print("within_k_sigma: worked examples, the border and equal values are right")


check_within_k_sigma()

# %% [markdown]
# ### Look at it: the rule against real and unreal data
#
# > **Predict.** The cell marks the share within one, two and three deviations, for the thirteen columns of the wine table and for 20,000 draws from four distributions: normal, uniform (all values between two ends alike), exponential (waiting times), and one with very heavy tails. Where is the share within *one* deviation well above 68%: where the tails are light, or where they are heavy?

# %% nbgrader={"grade": false, "grade_id": "rule_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_rule():
    rng = np.random.default_rng(2)
    drawn = {"normal": rng.normal(size=20000), "uniform": rng.uniform(size=20000), "exponential": rng.exponential(size=20000), "heavy tails (t, 3 d.f.)": rng.standard_t(3, size=20000)}
    rows = [(name, column(name)) for name in columns] + list(drawn.items())
    figure, axes = plt.subplots(figsize=(9.5, 5.4), layout="constrained")
    for k, colour, marker, size in [(1, BLUE, "o", 7), (2, ORANGE, "^", 6), (3, GREEN, "s", 11)]:  # an empty square leaves a triangle within it visible
        shares = [100 * within_k_sigma(values, k) for _, values in rows]
        axes.plot(shares, range(len(rows)), marker, color=colour, ms=size, mfc="none" if k == 3 else colour, mew=1.5, label=f"within {k} deviation{'s' if k > 1 else ''}")
        axes.axvline(100 * math.erf(k / math.sqrt(2)), color=colour, lw=1, ls="--")
    axes.axhline(len(columns) - 0.5, color=GREY, lw=0.8)
    axes.set(title="Shares that you counted; dashed: what the normal distribution has", xlabel="share of the values (%)", xlim=(50, 101), yticks=range(len(rows)), yticklabels=[name for name, _ in rows])
    axes.invert_yaxis()
    axes.legend(frameon=True, loc="center left", bbox_to_anchor=(0.56, 0.5), fontsize=10)
    plt.show()


plot_rule()

# %% [markdown]
# **What to see.** Within two deviations lie 93 to 100% of the values, whatever their shape: that number is forgiving. (A triangle in a square: two deviations hold as many as three.) Within one, the shapes can be told apart. Flat and two-humped columns (uniform, flavanoids, OD280/OD315) lie *below* 68%, because many of their values lie near the ends; heavy tails lie *above*, because a few far values stretch the deviation and everything else huddles well inside it.
# Passing the rule does not make data normal; and by chance alone, 178 normal values may miss the 68% by three or four per cent.

# %% [markdown]
# ## 12 · Why the bell is everywhere
#
# **Why.** Hardly anything in the world is normally distributed of itself. But *means and sums of many things* are, nearly, whatever the things are. That is the **central limit theorem**. It is why errors of measurement, which are sums of many small disturbances, look like bells; and why a neuron, which adds up many inputs, has a nearly normal sum.
#
# **Picture.** Three distributions that have nothing of a bell: a fair die (flat); the waiting time for a bus that comes at random, once a minute on average (steep and lopsided); and a rare event (0 nine times in ten, otherwise 1). Their means are marked.

# %% nbgrader={"grade": false, "grade_id": "clt_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
clt_rng = np.random.default_rng(12)
SOURCES = {  # name: (draws n values, true mean, true standard deviation, unit)
    "a die": (lambda n: clt_rng.integers(1, 7, size=n), 3.5, math.sqrt(35 / 12), "pips"),
    "a waiting time": (lambda n: clt_rng.exponential(1.0, size=n), 1.0, 1.0, "minutes"),
    "a rare event": (lambda n: (clt_rng.random(n) < 0.1) * 1.0, 0.1, 0.3, "0 or 1"),
}


def draw_sources():
    figure, panels = plt.subplots(1, 3, figsize=(10, 2.9), layout="constrained")
    panels[0].bar(range(1, 7), [1 / 6] * 6, width=0.5, color=BLUE)
    grid = np.linspace(0, 6, 100)
    panels[1].fill_between(grid, np.exp(-grid), color=ORANGE, alpha=0.5)
    panels[2].bar([0, 1], [0.9, 0.1], width=0.12, color=GREEN)
    for axes, (name, (_, mu, sigma, unit)), label in zip(panels, SOURCES.items(), ["probability", "density (per minute)", "probability"]):
        axes.axvline(mu, color="black", lw=1.2, ls="--")
        axes.set(title=f"{name}: μ = {mu:g}, σ = {sigma:.2f}", xlabel=unit, ylabel=label)
    plt.show()


draw_sources()

# %% [markdown]
# **The theorem.** Let $X_1, \dots, X_n$ be independent draws from one distribution with the mean $\mu$ and the finite standard deviation $\sigma$, and let $\bar X_n$ be their mean.
#
# * Its own mean is $\mu$: a mean of things that are $\mu$ on average is $\mu$ on average.
# * Its standard deviation is $\sigma/\sqrt n$. Write $d_i = X_i - \mu$. The square of $\bar X_n - \mu = \frac1n \sum_i d_i$ is $\frac{1}{n^2} \bigl(\sum_i d_i^2 + \sum_{i \ne j} d_i d_j\bigr)$. On average each $d_i^2$ is $\sigma^2$; each mixed product is 0, because for independent draws the average of a product is the product of the averages, $0 \cdot 0$. There remains $n\sigma^2/n^2 = \sigma^2/n$.
# * **Its z-score, $(\bar X_n - \mu)\big/(\sigma/\sqrt n)$, is distributed more and more like the standard normal distribution as $n$ grows.** This third point is the theorem; its proof is beyond this notebook, and you will see it happen.
#
# Four times as many draws halve the deviation of the mean. That law, $1/\sqrt n$, is behind every opinion poll, and behind the *mini-batches* of deep learning: the few examples from which each step estimates its gradient.
#
# **By hand.** A die: $\mu = 3.5$, $\sigma = 1.708$. Means of 25 rolls have the standard deviation $1.708/5 = 0.342$; by the empirical rule 95% of them lie between 2.82 and 4.18.

# %% [markdown]
# **Write** `sample_means`.
#
# * `draw` is a function: `draw(n)` gives an array of n fresh values, shape (n,). Call it exactly `reps` times, each time with `n` as its one argument. (It is the source of chance here: your function makes no random numbers of its own.)
# * The result is an array of shape (reps,): entry r is the mean of the r-th call's values.
#
# <details><summary>Hint 1: shapes</summary>
#
# Each call gives n values and contributes one number; `reps` calls give an array of shape (reps,).
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# Entry r is the mean of the values of call r. Calls are made one after the other, in that order.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# repeat reps times: draw n values; find their mean; collect it. Make an array of what was collected.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "sample_means_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def sample_means(draw: Callable[[int], np.ndarray], n: int, reps: int) -> np.ndarray:
    """The means of `reps` samples of n values each, shape (reps,).

    draw: draw(n) gives n fresh values, shape (n,); it is called exactly `reps` times. n, reps: 1 or more.

    >>> sample_means(lambda n: np.arange(n), 5, 2)
    array([2., 2.])
    """
    ### BEGIN SOLUTION
    return np.array([np.mean(draw(n)) for _ in range(reps)])
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "sample_means", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Means of many samples", "difficulty": 2, "minutes": 10, "needs": []}
def check_sample_means():
    calls = []

    def draw(*arguments):
        calls.append(arguments)
        assert len(arguments) == 1 and isinstance(arguments[0], (int, np.integer)), f"draw takes one argument, the number of values; it got {arguments}"
        return np.arange(arguments[0]) + 10.0 * len(calls)

    found = sample_means(draw, 3, 4)
    assert found is not None, "sample_means should return its means"
    assert isinstance(found, np.ndarray), f"the means should be an array, not a {type(found).__name__}"
    assert found.shape == (4,), f"four samples have four means: shape (4,), not {found.shape}"
    assert len(calls) == 4, f"draw should be called once for each of the 4 samples, not {len(calls)} times"
    assert all(call == (3,) for call in calls), f"each call should ask for n = 3 values: draw(3), not draw{calls[0]}"
    assert np.allclose(found, [11.0, 21.0, 31.0, 41.0]), f"samples (10, 11, 12), (20, 21, 22), … have the means 11, 21, 31, 41, not {found}"
    print("sample_means: calls, shape and means are right")


check_sample_means()

# %% [markdown]
# ### Look at it: the theorem at work
#
# > **Predict.** Each row of the grid is one of the three distributions, each column a size $n$ of the samples; every panel shows 4,000 of your sample means as z-scores, and the standard normal density. Which row looks like a bell first? Which is still lopsided at $n = 8$? And what do you expect of the rare event at $n = 8$: can a mean of eight zeros and ones ever look smooth?

# %% nbgrader={"grade": false, "grade_id": "clt_grid", "locked": true, "schema_version": 3, "solution": false, "task": false}
CLT_SIZES = [1, 2, 8, 64]
clt_scores = {
    name: {n: (sample_means(draw, n, 4000) - mu) / (sigma / math.sqrt(n)) for n in CLT_SIZES} for name, (draw, mu, sigma, _) in SOURCES.items()
}


def plot_clt_grid():
    grid = np.linspace(-4, 4, 200)
    figure, panels = plt.subplots(3, 4, figsize=(10.5, 6.4), layout="constrained", sharex=True)
    for row, (name, colour) in zip(panels, [("a die", BLUE), ("a waiting time", ORANGE), ("a rare event", GREEN)]):
        _, _, sigma, _ = SOURCES[name]
        for axes, n in zip(row, CLT_SIZES):
            z = clt_scores[name][n]
            step = {"a die": 1 / n, "a rare event": 1 / n}.get(name)  # between neighbouring means; one bar for each, or for several
            width = 0.25 if step is None else max(1, round(0.25 / (step / (sigma / math.sqrt(n))))) * step / (sigma / math.sqrt(n))
            edges = np.arange(z.min() - width / 2, z.max() + width, width)
            axes.hist(z, bins=edges, density=True, color=colour, alpha=0.5)
            axes.plot(grid, normal_pdf(grid, 0.0, 1.0), color="black", lw=1.5)
            axes.set(xlim=(-4, 4), title=f"n = {n}" if name == "a die" else "")
        row[0].set_ylabel(f"{name}\ndensity")
    for axes in panels[-1]:
        axes.set_xlabel("z-score of the mean")
    figure.suptitle("4,000 sample means of n values each; black: the standard normal density")
    plt.show()


plot_clt_grid()

# %% [markdown]
# **What to see.** The die is close at $n = 8$ already (its distribution is symmetric, which helps). The waiting time is lopsided at 8 and nearly right at 64. The rare event goes slowest: at 8 there are only a handful of possible means, nearly half of the samples hold no event at all, and at 64 it is still a little lopsided. *How large n must be* depends on how skewed the distribution is. The theorem says only that some $n$ is large enough.
#
# **The QQ plot.** Histograms hide the tails, and tails are where the normal distribution is most often wrong. A *quantile-quantile plot* shows them. Sort the $N$ values, $z_{(1)} \le \dots \le z_{(N)}$. If they were normal, about a share of $(r - \tfrac12)/N$ would lie below the $r$-th of them, so its place should be near $q_r = \Phi^{-1}\bigl((r - \tfrac12)/N\bigr)$, the value *below which that share of the normal distribution lies* (a **quantile**).
# Plot the points $(q_r, z_{(r)})$: normal values lie on the straight line $z = q$. Points above the line on the right mean that the largest values are larger than the bell allows: a heavy right tail. Points above it on the left mean that the smallest are not small enough.

# %% nbgrader={"grade": false, "grade_id": "clt_qq", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_qq(axes, z, colour, marker, label):
    """Sorted values against the places that normal ones would have."""
    places = np.array([NormalDist().inv_cdf((r + 0.5) / len(z)) for r in range(len(z))])
    axes.plot(places, np.sort(z), marker, color=colour, ms=3.5, label=label, rasterized=True)


def plot_clt_qq():
    figure, panels = plt.subplots(1, 3, figsize=(10.5, 4), layout="constrained", sharey=True)
    for axes, name in zip(panels, SOURCES):
        for n, colour, marker in [(1, GREY, "."), (8, ORANGE, "^"), (64, BLUE, "o")]:
            draw_qq(axes, clt_scores[name][n], colour, marker, f"n = {n}")
        axes.plot([-3.5, 3.5], [-3.5, 3.5], color="black", lw=1)
        axes.set(title=name, xlabel="normal quantile", xlim=(-3.8, 3.8), ylim=(-3.8, 6.6))
    panels[0].set_ylabel("z-score of the mean, sorted")
    panels[0].legend(frameon=False, loc="upper left")
    figure.suptitle("QQ plots of the means of n values; black: where normal values would lie")
    plt.show()


plot_clt_qq()

# %% [markdown]
# **What to see.** Values that come in steps (the die, the rare event) give stairs. For the waiting time with $n = 1$ the points bend up at *both* ends: no small values, too many large ones. With growing $n$ all three lie down on the line, in the middle first and in the tails last. The blue points of the waiting time and of the rare event still lift off at the right end: at $n = 64$ a mean three deviations too high is likelier than the bell says.

# %% [markdown]
# ### Ablation: take the finite deviation away
#
# The theorem has a condition that is easily read over: σ must be *finite*. The Cauchy distribution has the density $1/(\pi(1 + x^2))$, which looks like a harmless bell; but its tails fall so slowly that the integral for its variance is infinite.
#
# > **Predict.** The cell measures how widely the means of $n$ draws are scattered, by the distance between the 25% and the 75% quantile (a deviation would be of no use here). What becomes of a die's and of a waiting time's means when $n$ grows? What of Cauchy's?

# %% nbgrader={"grade": false, "grade_id": "cauchy_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_cauchy():
    rng = np.random.default_rng(8)
    sizes = [1, 4, 16, 64, 256, 1024]
    figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
    draws = {name: draw for name, (draw, _, _, _) in SOURCES.items() if name != "a rare event"} | {"Cauchy": rng.standard_cauchy}
    for (name, draw), colour, style in zip(draws.items(), [BLUE, ORANGE, PURPLE], ["o-", "^-", "s--"]):
        spreads = [np.subtract(*np.quantile(sample_means(draw, n, 800), [0.75, 0.25])) for n in sizes]
        axes.loglog(sizes, spreads, style, color=colour, label=name)
    axes.loglog(sizes, 2 / np.sqrt(sizes), color=GREY, ls=":", label="proportional to 1/√n")
    axes.set(title="How far means of n draws are scattered", xlabel="n, draws in a sample", ylabel="width of the middle half (units of x)", xticks=sizes, xticklabels=sizes)
    axes.minorticks_off()
    axes.legend(frameon=False, loc="lower left")
    plt.show()


plot_cauchy()

# %% [markdown]
# **What to see.** Ordinary means tighten as $1/\sqrt n$, a straight line on these axes. A mean of a thousand Cauchy values is exactly as scattered as a single one: now and then one draw is so large that it outweighs all the others together. With such data, more of it does not help a mean, and a standard deviation learnt from it is an accident. Take medians.

# %% [markdown]
# ## 13 · Drawing from the bell
#
# **Why.** The weights of a network start as normal random numbers. A computer's source of chance gives *uniform* numbers, evenly spread between 0 and 1. In 1958 Box and Muller found how to turn two of the one kind into two of the other, exactly, with a formula that fits on a line.
#
# **Picture.** On the left, pairs $(u_1, u_2)$ evenly spread over a square. On the right, where the formula takes them: $u_1$ decides how far out, $u_2$ in which direction. The colours follow $u_1$.

# %% nbgrader={"grade": false, "grade_id": "box_muller_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_box_muller():
    rng = np.random.default_rng(4)
    radius_source, angle_source = 1 - rng.random(1600), rng.random(1600)
    place = np.sqrt(2 * np.log(1 / radius_source)) * np.exp(2j * math.pi * angle_source)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 4.2), layout="constrained")
    for low, high, colour, marker in [(0.75, 1.0, BLUE, "o"), (0.5, 0.75, GREEN, "s"), (0.25, 0.5, ORANGE, "^"), (0.0, 0.25, GREY, "D")]:
        band = (radius_source > low) & (radius_source <= high)
        left.plot(radius_source[band], angle_source[band], marker, color=colour, ms=3)
        right.plot(place.real[band], place.imag[band], marker, color=colour, ms=3, label=f"{low:g} < u₁ ≤ {high:g}")
    left.set(title="Uniform numbers", xlabel="u₁", ylabel="u₂", aspect="equal")
    right.set(title="Normal numbers", xlabel="first normal number", ylabel="second normal number", aspect="equal", xlim=(-4, 4), ylim=(-4, 4))
    right.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=10, markerscale=2)
    plt.show()


draw_box_muller()

# %% [markdown]
# **Derivation.** Take two independent standard normal numbers $z_1$ and $z_2$, as the coordinates of a point in the plane. Their densities multiply:
#
# $$ \varphi(z_1)\,\varphi(z_2) = \frac{1}{2\pi}\, e^{-(z_1^2 + z_2^2)/2} = \frac{1}{2\pi}\, e^{-r^2/2} , \qquad r^2 = z_1^2 + z_2^2 . $$
#
# Only the distance $r$ from the origin is left: the cloud is round. So the direction is uniform, any angle is as likely as any other: the angle is $\theta = 2\pi u_2$ with $u_2$ uniform.
#
# *The distance.* A ring of radius $r$ and of the small width $\mathrm{d}r$ has the area $2\pi r\,\mathrm{d}r$, hence the probability $r e^{-r^2/2}\,\mathrm{d}r$. This one *can* be integrated, thanks to the factor $r$: the probability of a distance above $R$ is
#
# $$ \int_R^\infty r\, e^{-r^2/2}\,\mathrm{d}r = \Bigl[-e^{-r^2/2}\Bigr]_R^\infty = e^{-R^2/2} . $$
#
# (This is also the trick behind the $\sqrt{2\pi}$ of section 9. Over the whole plane $e^{-r^2/2}$ has the integral $\int_0^\infty 2\pi r\, e^{-r^2/2}\,\mathrm{d}r = 2\pi$. Being $e^{-z_1^2/2}\, e^{-z_2^2/2}$, it also has the square of the area below $e^{-z^2/2}$; so that area is $\sqrt{2\pi}$.) Now choose $R$ so that the probability of lying further out equals a uniform number $u_1$: $e^{-R^2/2} = u_1$, that is, $R = \sqrt{-2 \ln u_1}$. Then the distance is above $R$ exactly as often as it should be. In coordinates:
#
# $$ \boxed{\; z_1 = \sqrt{-2 \ln u_1}\; \cos(2\pi u_2), \qquad z_2 = \sqrt{-2 \ln u_1}\; \sin(2\pi u_2) \;} $$
#
# $u_1$ comes from $(0, 1]$, without the 0, whose logarithm does not exist. Cosine and sine give two numbers that are normal *and independent*.
#
# **By hand.** $u_1 = e^{-2} \approx 0.1353$ gives the distance $\sqrt{4} = 2$. With $u_2 = 0$: $(2, 0)$. With $u_2 = 1/4$, a quarter of a turn: $(0, 2)$. With $u_1 = 1$ the distance is 0, whatever $u_2$ is.

# %% [markdown]
# **Write** `box_muller`.
#
# * `u1` holds N numbers from $(0, 1]$, `u2` N numbers from $[0, 1]$. The result holds 2N numbers: first the N with the cosine, in order, then the N with the sine, in order.
#
# <details><summary>Hint 1: shapes</summary>
#
# The distances and the angles have the shape (N,). Two arrays of that shape, one after the other, have the shape (2N,): `np.concatenate`.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The two boxed ones; `np.log` is the natural logarithm, and the angle is in radians.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# find the distances from u1; find the angles from u2; multiply the distances by the cosines, and again by the sines; put the second array behind the first.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "box_muller_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def box_muller(u1: np.ndarray, u2: np.ndarray) -> np.ndarray:
    """2N standard normal numbers from N pairs of uniform ones, by the method of Box and Muller (1958).

    u1: N numbers from (0, 1], shape (N,). u2: N numbers from [0, 1], shape (N,). Returns the N cosines, then the N sines, shape (2N,).

    >>> abs(box_muller(np.array([math.exp(-2)]), np.array([0.25])).round(6))
    array([0., 2.])
    """
    ### BEGIN SOLUTION
    distance = np.sqrt(-2 * np.log(u1))
    angle = 2 * math.pi * u2
    return np.concatenate([distance * np.cos(angle), distance * np.sin(angle)])
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "box_muller", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Normal numbers from uniform ones", "difficulty": 3, "minutes": 10, "needs": []}
def check_box_muller():
    u1, u2 = np.array([math.exp(-2), 1.0, math.exp(-0.5)]), np.array([0.25, 0.3, 1.0])
    found = box_muller(u1, u2)
    assert found is not None, "box_muller should return its numbers"
    assert isinstance(found, np.ndarray), f"the numbers should be an array, not a {type(found).__name__}"
    assert np.shape(found) == (6,), f"three pairs give six numbers: shape (6,), not {np.shape(found)}"
    assert np.isfinite(found).all(), f"every number should be finite, not {found}: is the logarithm taken of u1?"
    assert np.allclose(found[[0, 3]], [0.0, 2.0]), f"u1 = exp(-2), u2 = 1/4 should give the cosine part 0 and the sine part 2, not {found[0]} and {found[3]}"
    assert np.allclose(found[[1, 4]], 0.0), f"u1 = 1 has the distance 0: both parts are 0, not {found[1]} and {found[4]}"
    assert np.allclose(found[[2, 5]], [1.0, 0.0]), f"u1 = exp(-1/2), u2 = 1 should give 1 and 0, not {found[2]} and {found[5]}"
    print("box_muller: shape, order and worked examples are right")


check_box_muller()

# %% [markdown]
# ### Look at it: are they normal?
#
# > **Predict.** 4,000 of your numbers: a histogram against your density on the left, a QQ plot on the right. Beside them in the QQ plot is a cheaper recipe: add three uniform numbers, subtract 1.5, double. That has the mean 0 and the variance 1, and by the central limit theorem it is on the way to normal. Where will the two differ?

# %% nbgrader={"grade": false, "grade_id": "box_muller_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_box_muller():
    rng = np.random.default_rng(6)
    mine = box_muller(1 - rng.random(2000), rng.random(2000))
    cheap = 2 * (rng.random((4000, 3)).sum(axis=1) - 1.5)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    grid = np.linspace(-4, 4, 200)
    left.hist(mine, bins=40, density=True, color=BLUE, alpha=0.4)
    left.plot(grid, normal_pdf(grid, 0.0, 1.0), color="black", lw=1.5)
    left.set(title=f"Yours: {within_k_sigma(mine, 1):.1%}, {within_k_sigma(mine, 2):.1%}, {within_k_sigma(mine, 3):.1%} within 1, 2, 3σ", xlabel="z", ylabel="density (per unit of z)")
    draw_qq(right, mine, BLUE, "o", "Box and Muller (yours)")
    draw_qq(right, cheap, ORANGE, "^", "three uniform numbers")
    right.plot([-4, 4], [-4, 4], color="black", lw=1)
    right.set(title="QQ plot", xlabel="normal quantile", ylabel="value, sorted")
    right.legend(frameon=False, loc="upper left")
    plt.show()


plot_box_muller()

# %% [markdown]
# **What to see.** In the middle both lie on the line. At the ends the cheap recipe bends towards the horizontal: its tails are too light, and beyond 3 it can never go. (With twelve numbers instead of three it goes to 6, and was in use for decades.) Box and Muller's formula is exact, as far out as the uniform numbers are fine.

# %% [markdown]
# ## 14 · Fitting the bell
#
# **Why.** Given numbers, which normal distribution fits them best? You have used "the mean and the standard deviation" since section 2 as if that were the answer. Here is the reason: they are what makes the observed numbers *most probable*. The principle, **maximum likelihood**, is the one by which networks are trained.
#
# **Picture.** For the alcalinity of the 178 wines, every pair $(\mu, \sigma)$ is a candidate. The contours show how probable each makes the data (logarithm, per wine). It is a hill, and it has one top.

# %% nbgrader={"grade": false, "grade_id": "likelihood_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_likelihood(fit=None):
    """Contours of the mean log-likelihood of the alcalinity column; fit: a pair (mu, sigma) to mark."""
    values = column("alcalinity of ash")
    mus, sigmas = np.linspace(17.5, 21.5, 120), np.linspace(2.2, 5.2, 120)
    across, up = np.meshgrid(mus, sigmas)
    squares = sum((value - across) ** 2 for value in values) / len(values)
    height = -np.log(up) - squares / up**2 / 2 - math.log(2 * math.pi) / 2
    figure, axes = plt.subplots(figsize=(7.5, 4.4), layout="constrained")
    drawn = axes.contourf(across, up, height, levels=height.max() - np.array([0.6, 0.4, 0.3, 0.2, 0.12, 0.06, 0.02, 0.0]), cmap="cividis", extend="min")
    figure.colorbar(drawn, label="mean log-likelihood, per wine", format="%.2f")
    if fit:
        axes.plot(*fit, "*", color=ORANGE, mec="white", ms=18, label=f"yours: μ = {fit[0]:.2f}, σ = {fit[1]:.2f}")
        axes.legend(loc="upper right")
    axes.set(title="Which normal distribution makes the data most probable?", xlabel="μ (alcalinity of ash)", ylabel="σ (alcalinity of ash)")
    plt.show()


draw_likelihood()

# %% [markdown]
# **Derivation.** For independent values the densities multiply. The product $\prod_i f(x_i)$, seen as a function of $\mu$ and $\sigma$, is the **likelihood**. Its logarithm has its maximum at the same place and turns the product into a sum:
#
# $$ \ell(\mu, \sigma) = \sum_{i=1}^{N} \ln f(x_i) = -N \ln \sigma - \frac{1}{2\sigma^2} \sum_{i=1}^{N} (x_i - \mu)^2 - \frac N2 \ln 2\pi . $$
#
# At the top both slopes are 0.
#
# $$ \frac{\partial \ell}{\partial \mu} = \frac{1}{\sigma^2} \sum_i (x_i - \mu) = 0 \;\Longrightarrow\; \hat\mu = \frac1N \sum_i x_i , $$
#
# $$ \frac{\partial \ell}{\partial \sigma} = -\frac{N}{\sigma} + \frac{1}{\sigma^3} \sum_i (x_i - \mu)^2 = 0 \;\Longrightarrow\; \hat\sigma^2 = \frac1N \sum_i (x_i - \hat\mu)^2 . $$
#
# The hats mark estimates. So the most likely $\mu$ is the mean, and the most likely $\sigma$ the standard deviation **with $N$ below, not $N - 1$**. By section 2 its square is too small on average, by the factor $(N-1)/N$: "most likely" and "right on average" are two different virtues.
#
# Look at the middle term of $\ell$ again. With $\sigma$ fixed, making the likelihood large means making $\sum_i (x_i - \mu)^2$ *small*: the squared error of section 8, and of most networks that predict a quantity, is the normal distribution's likelihood in disguise.
#
# **By hand.** 4, 7, 13, 16: $\hat\mu = 10$, $\hat\sigma = \sqrt{22.5} = 4.743$.

# %% [markdown]
# **Write** `normal_mle` (*maximum likelihood estimate*).
#
# * It gives the pair $(\hat\mu, \hat\sigma)$, in this order; the second is a standard deviation, not a variance. For a single value it is 0. (Several equal values are not tested.)
#
# <details><summary>Hint 1: shapes</summary>
#
# (N,) in; a pair of two single numbers out.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The two results of the derivation; the second wants a root.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# find the mean; find the root of the mean squared deviation from it; give both.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "normal_mle_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def normal_mle(x: np.ndarray) -> tuple[float, float]:
    """The mean and the standard deviation of the normal distribution that makes x most probable.

    x: N independent values, shape (N,).

    >>> [round(float(number), 3) for number in normal_mle(np.array([4.0, 7.0, 13.0, 16.0]))]
    [10.0, 4.743]
    """
    ### BEGIN SOLUTION
    return np.mean(x), np.std(x)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "normal_mle", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false} exercise={"title": "The most likely bell", "difficulty": 2, "minutes": 5, "needs": []}
def check_normal_mle():
    found = normal_mle(np.array([4.0, 7.0, 13.0, 16.0]))
    assert found is not None, "normal_mle should return its pair"
    assert len(found) == 2, f"a pair should come out, mean and standard deviation, not {len(found)} numbers"
    mu, sigma = found
    assert abs(mu - 10) < 1e-9, f"the first of the pair is the mean, 10, not {mu}"
    assert abs(sigma - 22.5) > 1e-9, "the second of the pair is the variance, 22.5; take its root"
    assert abs(sigma - 30**0.5) > 1e-9, "the second of the pair is 5.477, with N - 1 below; the most likely sigma has N below"
    assert abs(sigma - 22.5**0.5) < 1e-9, f"the second of the pair should be 4.743, not {sigma}"
    print("normal_mle: mean and standard deviation are right")


check_normal_mle()

# %% [markdown]
# ### Look at it: on top of the hill
#
# > **Predict.** Where on the hill will your pair lie? And with `ddof = 1` instead, would you see the difference?

# %% nbgrader={"grade": false, "grade_id": "likelihood_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
draw_likelihood(normal_mle(column("alcalinity of ash")))

# %% [markdown]
# **What to see.** Your star is on the top. With $N - 1 = 177$ below, σ would be 0.3% larger, which is far less than the width of the star: at this N it does not matter which one you take.

# %% [markdown]
# ## What you built
#
# * `mean` and `variance`, which keep their digits far from 0, and a reason to distrust the shorter formula.
# * `zscore` and `compare_scores`: every column in its own unit, constant columns included.
# * `Standardizer`: a scale that is learnt once, in pieces if need be, used often, and undone. It is what `sklearn.preprocessing.StandardScaler` is, down to the names `fit`, `partial_fit`, `transform`, `mean_` and `scale_`.
# * `split_and_standardise`: a test that nothing was learnt from. On 178 wines you saw what the whole is worth: accuracy from 0.66 to 0.96, and a bowl whose condition number falls from 10⁸ to 45.
# * The normal distribution: density, areas, the empirical rule, the central limit theorem, numbers drawn from it, and its fit to data. SciPy has it as `scipy.stats.norm`, with `pdf`, `cdf`, `rvs` and `fit`.
#
# ## Where it breaks
#
# * **Outliers.** Mean and deviation follow a single far value. One wine with a misplaced decimal point in proline squeezes all others together. Medians and quantiles are sturdier ("robust scaling"); finding the mistake is better.
# * **Skewed columns.** Standardising does not bend. Amounts that span powers of ten (incomes, concentrations) want their logarithm *first*.
# * **Correlated columns.** Each column is standardised alone. Two columns that say the same thing still count twice in a distance, and still make the bowl elongated: κ fell to 45, not to 1. Taking correlations out as well is called *whitening*.
# * **Columns that are meant to differ.** If one unit holds for all (pixels, the flowers of iris), a larger deviation may be information. Standardising throws it away.
# * **Drift.** The learnt scale is that of last year. When the world moves, z-scores creep away from 0, and nobody raises an error. Watch their mean.
# * **Methods that do not care.** A decision tree asks "is proline above 755?" and gets the same answer in any unit.
# * **Normal by assumption only.** Probabilities from a z-score hold for normal values only. For everything else there is Chebyshev.
#
# ## What comes next
#
# In the next assignment, *Neurons and backprop*, you build the machine that computes gradients for any formula, and from it layers, losses, optimizers and a network. Everything that was said about bowls returns there, in more dimensions. A neuron adds up weighted inputs and bends the sum; with inputs of mean 0 and deviation 1 that sum has a size that can be predicted and stays where
# the bend matters, and one learning rate suits all weights. That is why its inputs are standardised, and why its weights start as the normal numbers of section 13 (or as uniform ones of the same deviation).
#
# ## Further reading
#
# * B. P. Welford, "Note on a method for calculating corrected sums of squares and products", *Technometrics* 4 (1962); T. F. Chan, G. H. Golub, R. J. LeVeque, "Algorithms for computing the sample variance", *The American Statistician* 37 (1983): the variance in one pass, and in pieces.
# * G. E. P. Box, M. E. Muller, "A note on the generation of random normal deviates", *Annals of Mathematical Statistics* 29 (1958).
# * Y. LeCun, L. Bottou, G. B. Orr, K.-R. Müller, "Efficient BackProp", in *Neural Networks: Tricks of the Trade*, Springer 1998: why inputs are standardised, from the curvature of the loss.
# * S. Ioffe, C. Szegedy, "Batch normalization", *ICML* 2015: standardising inside a network.
# * T. Hastie, R. Tibshirani, J. Friedman, *The Elements of Statistical Learning*, 2nd edition, Springer 2009: section 7.10 on how to leak, and how not to.
# * D. Freedman, R. Pisani, R. Purves, *Statistics*, 4th edition, Norton 2007: the normal curve and the central limit theorem without calculus.
# * The scikit-learn user guide, "Preprocessing data". The wine table is by M. Forina and others (UCI Machine Learning Repository); iris is R. A. Fisher's (1936).
