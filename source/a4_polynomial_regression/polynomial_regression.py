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
#     title: Polynomial regression
#     imports: [numpy]
#     refused: [statistics]
#     packages: [numpy]
# ---

# %% [markdown]
# # Polynomial regression
#
# Two hundred noisy points, and a curve behind them that nobody tells you. There are two quite different things that one may want from such points:
# the *law* that made them, number by number, or a machine that gives good values of $y$ for new values of $x$. They sound alike, and they are not.
# In this notebook you do both, to the same points, and see where the difference lies.
#
# **By the end you will have** two models, trained by gradients that you derived yourself. The first is one linear layer on top of the
# powers $1, x, x^2, \dots$: it finds the coefficients of the law, and you will find them a second time by solving an equation. The second is a small network
# of tanh neurons: it finds the curve as well, and knows nothing of coefficients. The picture below shows both, drawn with finished numbers; in section 8 it is drawn again, from your own.
#
# | | |
# |---|---|
# | **You need** | Python, NumPy arrays (shapes, broadcasting, `@` for the matrix product), and school calculus: derivative, chain rule |
# | **From earlier assignments** | from *Standardisation*: z-scores, that is, distances from the mean in standard deviations. From *Neurons and backprop*: what a graph, a tensor, a layer, a loss and an optimizer are. Both are said again in a sentence where they are needed |
# | **Time** | about three hours, the reading included |
# | **Allowed tools** | answers may import `numpy` (all of it) and anything of Python's standard library but `statistics`. Cells that draw use matplotlib; they are given, and nothing that is graded needs them. Imports for plots, tables and progress bars (matplotlib, pandas, tqdm) are left out where answers are graded, and cost nothing. |
# | **To run** | from top to bottom in under a minute on two cores |
#
# In *Neurons and backprop* a machine worked out every gradient for you: each number remembered how it was made. That machine was slow, because every entry of a table was a Python object.
# Here you go the other way. You derive the gradient of a whole layer once, on paper, and get three matrix products, which NumPy runs at the speed of C.
#
# **How it works.** Write your code where the cell says `YOUR CODE HERE`. The locked cell below it checks the worked example
# and the most common mistakes; its messages are meant to be read. Hidden tests grade the rest: everything that they ask for
# is written in the text and the docstrings of this notebook. Four things hold in every exercise, and are not repeated:
#
# * arrays that come in are left as they are, unless the exercise says that it changes them in place;
# * results are `float64`, also where whole numbers come in;
# * every size may be 1;
# * a result may be a view or a copy, as you like; a later call leaves it as it is.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["setup"]
import numpy as np

# %% [markdown]
# The next cell holds what the drawings of this notebook share. You need not read it. Run it, and look at the picture.

# %% nbgrader={"grade": false, "grade_id": "drawing", "locked": true, "schema_version": 3, "solution": false, "task": false}
import matplotlib.pyplot as plt

from _shared.palette import BLUE, ORANGE, GREEN, PURPLE, GREY


def law(t):
    """The curve behind the points of this notebook."""
    return 1 + 7.5 * t - 5 * t**2 - t**3 + 4.5 * t**4 - 7 * t**5


def draw_the_goal():
    draw = np.random.default_rng(0)
    t = draw.uniform(-1, 1, 200)
    grid = np.linspace(-1, 1, 300)
    slopes, shifts = np.array([6.01, -6.22, 3.66, -3.41, -2.92, -5.37, -5.21, -1.86]), np.array([-2.39, 6.04, 0.02, -0.19, -0.02, -5.07, -2.4, -0.08])
    heights = np.array([0.2, 3.2, 1.0, -0.89, -0.54, 3.66, -1.64, -0.01])
    figure, axes = plt.subplots(figsize=(8.5, 4.4), layout="constrained")
    axes.plot(t, law(t) + 0.5 * draw.normal(size=200), "o", color=GREY, ms=4, alpha=0.45, label="200 noisy points")
    axes.plot(grid, law(grid), color="black", lw=1.2, label="the law behind them")
    axes.plot(grid, 1.0 + 7.51 * grid - 4.7 * grid**2 - 1.1 * grid**3 + 4.03 * grid**4 - 6.57 * grid**5, color=BLUE, lw=2.5, label="one linear layer on powers of x")
    axes.plot(grid, sum(c * np.tanh(a * grid + b) for a, b, c in zip(slopes, shifts, heights)) - 0.18, color=ORANGE, ls="--", lw=2.5, label="eight tanh neurons")
    axes.set(title="Two models of the same points", xlabel="x", ylabel="y")
    axes.legend(frameon=False, loc="upper left", fontsize=10)
    plt.show()


draw_the_goal()

# %% [markdown]
# The checks of this notebook use two small helpers: one finds out what exception something raises, the other measures slopes. The second is the central
# difference of *Neurons and backprop*, for arrays: it moves one entry at a time a little up and a little down. It is slow and independent of every derivation, and so it is the judge of all gradients below.

# %% nbgrader={"grade": false, "grade_id": "helpers", "locked": true, "schema_version": 3, "solution": false, "task": false}
from _shared.exception_of import exception_of


def central_slopes(loss, array):
    """The slope of loss() in each entry of an array that it depends on, measured. The entries are moved and put back."""
    found = np.zeros(array.shape)
    for place in np.ndindex(array.shape):
        kept = array[place]
        array[place] = kept + 1e-5
        above = loss()
        array[place] = kept - 1e-5
        found[place] = (above - loss()) / 2e-5
        array[place] = kept
    return found


# %% [markdown]
# ## 1 · Points from a law
#
# **Why.** To find out whether a method works, give it a question to which you know the answer. We choose a law, make points from it, add noise, and then pretend to have forgotten the law.
#
# **Picture.** The law is the black curve. A measurement at $x$ is not on the curve but some way above or below: that vertical distance is the noise.

# %% nbgrader={"grade": false, "grade_id": "noise_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_noise():
    draw = np.random.default_rng(3)
    t = np.sort(draw.uniform(-1, 1, 14))
    measured = law(t) + 0.7 * draw.normal(size=14)
    grid = np.linspace(-1, 1, 200)
    figure, axes = plt.subplots(figsize=(7.5, 3.8), layout="constrained")
    axes.plot(grid, law(grid), color="black", lw=1.5, label="law")
    axes.vlines(t, np.minimum(law(t), measured), np.maximum(law(t), measured), color=ORANGE, lw=2, label="noise")
    axes.plot(t, measured, "o", color=BLUE, ms=6, label="measured")
    axes.set(title="A measurement is the law plus noise", xlabel="x", ylabel="y")
    axes.legend(frameon=False, loc="upper left")
    plt.show()


draw_noise()

# %% [markdown]
# **Derivation.** A *polynomial* of degree $d$ has $P = d + 1$ coefficients, $c = (c_0, c_1, \dots, c_d)$, which we write in *ascending* order: $c_0$ belongs to $x^0 = 1$. For $n$ measurements, number $i$ at the place $x_i$ with the noise $\varepsilon_i$,
#
# $$ y_i \;=\; \sum_{j=0}^{d} c_j\, x_i^{\,j} \;+\; \varepsilon_i, \qquad i = 1, \dots, n. $$
#
# The law of this notebook has the coefficients $c = (1,\ 7.5,\ -5,\ -1,\ 4.5,\ -7)$.
#
# **By hand.** At $x = 0.5$ its value is $1 + 3.75 - 1.25 - 0.125 + 0.28125 - 0.21875 = 3.4375$. With the noise $0.5$ the measurement is $3.9375$.
#
# **Columns.** Throughout this notebook a list of $n$ numbers is a *column*: an array of shape `(n, 1)`. A row is an example, a column is one quantity. It costs a few brackets now and saves a famous mistake in section 4.

# %% [markdown]
# **Write** `make_data`.
#
# * The coefficients have the shape `(P,)`, in ascending order; `x` and `noise` have the shape `(n, 1)`, and so has the answer.
# * The noise is given: the function draws no random numbers. What is random comes in as an argument, so that anyone can make the same points again.
#
# <details><summary>Hint 1: shapes</summary>
#
# Each of the P terms is a number times an array of shape (n, 1), and so is the sum.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# A polynomial can be written without any power: for three coefficients it is $c_0 + x\,(c_1 + x\,c_2)$.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# start with zeros; go through the coefficients from the last to the first: multiply what you have by x, add the coefficient. At the end add the noise.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "make_data_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def make_data(coefficients: np.ndarray, x: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Values of a polynomial, with noise added.

    coefficients: shape (P,), ascending: coefficients[j] belongs to x**j. x, noise: shape (n, 1).
    Returns float64, shape (n, 1).

    >>> make_data(np.array([1.0, 2.0]), np.array([[0.0], [3.0]]), np.array([[0.5], [-1.0]]))
    array([[1.5],
           [6. ]])
    """
    ### BEGIN SOLUTION
    y = np.zeros(x.shape)
    for coefficient in coefficients[::-1]:
        y = y * x + coefficient
    return y + noise
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "make_data", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Points from a law", "difficulty": 1, "minutes": 5, "needs": []}
def check_make_data():
    c = np.array([1.0, 7.5, -5.0, -1.0, 4.5, -7.0])
    x = np.array([[0.5], [0.0], [-1.0]])
    noise = np.array([[0.5], [0.0], [0.25]])
    y = make_data(c, x, noise)

    assert isinstance(y, np.ndarray), f"the answer should be an array, not {type(y).__name__}"
    assert y.shape == (3, 1), f"x of shape (3, 1) should give y of shape (3, 1), not {y.shape}"
    assert abs(y[1, 0] - 1.0) < 1e-9, f"at x = 0, without noise, the value is c[0] = 1, not {y[1, 0]}: the coefficients ascend"
    assert abs(y[0, 0] - 3.9375) < 1e-9, f"at x = 0.5 the law gives 3.4375, with the noise 0.5 it is 3.9375, not {y[0, 0]}"
    assert abs(y[2, 0] - 1.25) < 1e-9, f"at x = -1, with the noise 0.25, the value is 1.25, not {y[2, 0]}"
    assert x.ravel().tolist() == [0.5, 0.0, -1.0] and noise.ravel().tolist() == [0.5, 0.0, 0.25], "x and noise should stay as they are"
    print("make_data: shape, order of the coefficients and noise are right")


check_make_data()

# %% [markdown]
# ### The points of this notebook
#
# Two hundred points to learn from, each at a random place in $-1 \le x \le 1$, every place equally likely, with normal noise of standard deviation $\sigma = 0.5$. And two hundred more, `x_new` and `y_new`, that no model below ever learns from: they are there to ask it.

# %% nbgrader={"grade": false, "grade_id": "points", "locked": true, "schema_version": 3, "solution": false, "task": false}
truth = np.array([1.0, 7.5, -5.0, -1.0, 4.5, -7.0])
sigma = 0.5
draw = np.random.default_rng(4)
x = draw.uniform(-1, 1, size=(200, 1))
y = make_data(truth, x, sigma * draw.normal(size=(200, 1)))
x_new = draw.uniform(-1, 1, size=(200, 1))
y_new = make_data(truth, x_new, sigma * draw.normal(size=(200, 1)))


def plot_points():
    grid = np.linspace(-1, 1, 200)[:, np.newaxis]
    figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
    axes.plot(grid, make_data(truth, grid, np.zeros_like(grid)), color="black", lw=1.5, label="your make_data without noise")
    axes.plot(x, y, "o", color=BLUE, ms=4, alpha=0.6, label="to learn from")
    axes.plot(x_new, y_new, "^", mfc="none", color=ORANGE, ms=5, alpha=0.8, label="never learnt from")
    axes.set(title="The points of this notebook", xlabel="x", ylabel="y")
    axes.legend(frameon=False, loc="upper left")
    plt.show()


plot_points()

# %% [markdown]
# ## 2 · A curve that is a straight thing
#
# **Why.** The curve bends, so how can a *linear* layer have anything to do with it? Because what we look for are the coefficients, and in these the polynomial is as straight as can be: twice the coefficients, twice the values. All the bending is in the powers of $x$, and they are known numbers.
#
# **Picture.** The six powers of $x$, on the left. The law is their weighted sum; on the right it is put together term by term.

# %% nbgrader={"grade": false, "grade_id": "powers_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_powers():
    grid = np.linspace(-1, 1, 200)
    colours, styles = ["black", BLUE, ORANGE, GREEN, PURPLE, GREY], ["-", "-", "--", "-.", ":", (0, (5, 1, 1, 1))]
    figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 4), layout="constrained")
    running = np.zeros_like(grid)
    for j, (weight, colour, style) in enumerate(zip([1, 7.5, -5, -1, 4.5, -7], colours, styles)):
        left.plot(grid, grid**j, color=colour, ls=style, lw=2, label=f"x^{j}" if j > 1 else ["1", "x"][j])
        running = running + weight * grid**j
        right.plot(grid, running, color=colour, ls=style, lw=3 if j == 5 else 1.5, label=f"{'up to ' if j else ''}{weight:g} {'· x^' + str(j) if j else ''}")
    left.set(title="Six columns: the powers of x", xlabel="x", ylabel="value")
    right.set(title="Their weighted sum, term by term", xlabel="x", ylabel="value")
    for axes in (left, right):
        axes.legend(frameon=False, fontsize=9, ncols=2, loc="lower right")
    plt.show()


draw_powers()

# %% [markdown]
# **Derivation.** Put the powers next to each other, one column for each, one row for each of $N$ examples. This table is called the *design matrix* $\Phi$, of shape $N \times P$, where $P = d + 1$ for the degree $d$:
#
# $$ \Phi \;=\; \begin{pmatrix} 1 & x_1 & x_1^2 & \cdots & x_1^d \\ 1 & x_2 & x_2^2 & \cdots & x_2^d \\ \vdots & \vdots & \vdots & & \vdots \\ 1 & x_N & x_N^2 & \cdots & x_N^d \end{pmatrix}, \qquad \Phi_{ij} = x_i^{\,j}, \quad j = 0, \dots, d. $$
#
# With the coefficients as a column $w$ of shape $P \times 1$, all the values of the polynomial are one matrix product, $\Phi w$, of shape $N \times 1$. The columns of $\Phi$ are called *features*; here, *polynomial features*.
#
# **By hand.** For $x = (0, 2, -1)$ and degree 3 the rows are $(1, 0, 0, 0)$, $(1, 2, 4, 8)$ and $(1, -1, 1, -1)$.
#
# **Two traps.** $0^0$ is 1: the first column is 1 in every row (NumPy agrees). And whole numbers overflow without a word: in NumPy `np.array([1000]) ** 7` is not $10^{21}$ but a number that has lost its highest digits. Convert to `float64` first.

# %% [markdown]
# **Write** `design_matrix`.
#
# * `X` has the shape `(N, 1)`; the answer has the shape `(N, degree + 1)`, columns $1, x, x^2, \dots$ in this order, `float64`. The degree is 0 or more; degree 0 gives the column of ones.
# * `X` may hold whole numbers, also large ones.
#
# <details><summary>Hint 1: shapes</summary>
#
# A column of shape (N, 1) and a row of shape (P,) broadcast to (N, P).
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The entry in row i and column j is the i-th x to the power of j, j = 0 … degree.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# turn X into floats; make the row of exponents 0, 1, …, degree; raise the column to the row. (Or: keep a running column, ones at first; multiply it by x for each new column.)
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "design_matrix_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def design_matrix(X: np.ndarray, degree: int) -> np.ndarray:
    """The powers 1, x, x**2, ..., x**degree side by side.

    X: shape (N, 1), any real dtype. degree: at least 0.
    Returns float64, shape (N, degree + 1).

    >>> design_matrix(np.array([[2.0], [-1.0]]), 3)
    array([[ 1.,  2.,  4.,  8.],
           [ 1., -1.,  1., -1.]])
    """
    ### BEGIN SOLUTION
    return X.astype(np.float64) ** np.arange(degree + 1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "design_matrix", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Columns of powers", "difficulty": 1, "minutes": 10, "needs": []}
def check_design_matrix():
    table = np.array([[0.0], [2.0], [-1.0]])
    Phi = design_matrix(table, 3)

    assert isinstance(Phi, np.ndarray), f"the answer should be an array, not {type(Phi).__name__}"
    assert Phi.shape == (3, 4), f"three values and degree 3 should give the shape (3, 4), not {Phi.shape}: degree 3 has four columns"
    assert np.array_equal(Phi[:, 0], [1.0, 1.0, 1.0]), f"the first column is x to the power of 0, ones, not {Phi[:, 0]}"
    assert np.allclose(Phi[1], [1.0, 2.0, 4.0, 8.0]), f"x = 2 should give the row 1, 2, 4, 8, not {Phi[1]}"
    assert np.allclose(Phi[2], [1.0, -1.0, 1.0, -1.0]), f"x = -1 should give the row 1, -1, 1, -1, not {Phi[2]}"
    assert design_matrix(table, 0).shape == (3, 1), f"degree 0 should give the column of ones, shape (3, 1), not {design_matrix(table, 0).shape}"
    whole = design_matrix(np.array([[1000]]), 7)
    assert whole.dtype == np.float64, f"the answer is float64 for whole numbers too, not {whole.dtype}"
    assert np.isclose(whole[0, 7], 1e21), f"1000 to the power of 7 is 1e21, not {whole[0, 7]}: whole numbers overflow, so convert them first"
    assert table.ravel().tolist() == [0.0, 2.0, -1.0], "X should stay as it is"
    print("design_matrix: shape, order of the columns, degree 0 and whole numbers are right")


check_design_matrix()

# %% [markdown]
# ## 3 · Least squares
#
# **Why.** Two hundred equations $\Phi w = y$ for six unknowns: because of the noise no $w$ fulfils them all. So we ask for the $w$ that misses them least. What "least" means is our choice; for the sum of the *squares* of the misses the best $w$ can be written down.
#
# **Picture.** Five points, and a straight line ($d = 1$). Each vertical miss, called a *residual*, is the side of a square. The best line is the one for which the squares together cover the smallest area. Compare the two panels.

# %% nbgrader={"grade": false, "grade_id": "squares_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_squares():
    px, py = np.array([0.5, 1.5, 2.5, 3.5, 4.5]), np.array([1.0, 2.6, 2.0, 4.0, 3.9])
    figure, panels = plt.subplots(1, 2, figsize=(10, 4.4), sharey=True, layout="constrained")
    for axes, (slope, height), title in zip(panels, [(0.3, 2.2), tuple(np.polyfit(px, py, 1))], ["Some line", "The best line"]):
        line = slope * px + height
        for a, b, on in zip(px, py, line):
            side = b - on
            axes.add_patch(plt.Rectangle((a - (side > 0) * side, min(b, on)), abs(side), abs(side), facecolor=ORANGE, alpha=0.35, edgecolor=ORANGE))
        axes.plot([0, 5], [height, 5 * slope + height], color="black", lw=1.5)
        axes.plot(px, py, "o", color=BLUE, ms=7)
        axes.set(title=f"{title}: squares of area {np.sum((py - line) ** 2):.2f} in all", xlabel="x", xlim=(-0.2, 5.4), ylim=(0, 5.2), aspect="equal")
    panels[0].set_ylabel("y")
    plt.show()


draw_squares()

# %% [markdown]
# **Derivation.** Let $r = y - \Phi w$ be the column of residuals, shape $N \times 1$. We minimise $J(w) = \lVert y - \Phi w \rVert^2 = \sum_i r_i^2$. Where $J$ is smallest, every partial derivative is 0. Since $\partial r_i / \partial w_j = -\Phi_{ij}$,
#
# $$ \frac{\partial J}{\partial w_j} \;=\; -2 \sum_{i=1}^{N} \Phi_{ij}\, r_i \;=\; 0 \quad \text{for every } j, \qquad \text{or} \qquad \Phi^\top (y - \Phi w) = 0. $$
#
# In words: the residuals are *orthogonal* to every column. Nothing that a column could explain is left in them. Written out, $\Phi^\top \Phi\, w = \Phi^\top y$: the *normal equations*, $P$ equations for $P$ unknowns.
#
# **By hand.** $x = (0, 1, 2)$, $y = (1, 2, 6)$, a straight line. The columns are $(1, 1, 1)$ and $(0, 1, 2)$, so
# $\Phi^\top\Phi = \begin{pmatrix} 3 & 3 \\ 3 & 5 \end{pmatrix}$ and $\Phi^\top y = \begin{pmatrix} 9 \\ 14 \end{pmatrix}$, with the solution $w = (0.5,\ 2.5)$. The residuals are $0.5, -1, 0.5$: their sum is 0, and so is their product with the column $(0, 1, 2)$.
#
# **When there is no inverse.** It is tempting to write $w = (\Phi^\top\Phi)^{-1}\Phi^\top y$. But if a column is a sum of others, or occurs twice, or if there are fewer examples than columns, then $\Phi^\top\Phi$ has no inverse: many $w$ are equally good. (Computed with rounding, an inverse may even seem to exist, and is nonsense.) $\Phi$ is then called *rank-deficient*.
# The usual agreement is to take the *shortest* of the best, the one with the smallest $\sum_j w_j^2$: the *minimum-norm solution*. In the example by hand, with the second column given twice, it is $(0.5,\ 1.25,\ 1.25)$. NumPy finds it in both cases: see `np.linalg.lstsq` and `np.linalg.pinv`.
#
# **A penalty.** Sometimes one wants small coefficients, and is willing to pay with a slightly larger miss. *Ridge regression* minimises
#
# $$ J(w) \;=\; \lVert y - \Phi w \rVert^2 \;+\; \lambda \sum_{j=1}^{P-1} w_j^2, \qquad \lambda \ge 0 . $$
#
# The sum begins at $j = 1$: the first entry, the *intercept* $w_0$, is not penalised. It says where zero is, and a fit should not depend on that: if every $y$ grows by 100, the fitted curve should rise by 100 and be otherwise the same. Setting derivatives to 0 as before gives $(\Phi^\top\Phi + \lambda D)\,w = \Phi^\top y$, where $D$, of shape $P \times P$, has $0, 1, 1, \dots, 1$ on its diagonal and zeros elsewhere.
# There is a second way to the same thing: $\lambda w_j^2 = (0 - \sqrt\lambda\, w_j)^2$ is the square of one more residual, of an example whose $y$ is 0 and whose row is $\sqrt\lambda$ in column $j$ and 0 elsewhere.
#
# **By hand.** With $\lambda = 1$ the example above becomes $\begin{pmatrix} 3 & 3 \\ 3 & 6 \end{pmatrix} w = \begin{pmatrix} 9 \\ 14 \end{pmatrix}$, with the solution $w = (4/3,\ 5/3)$. The slope has shrunk.

# %% [markdown]
# **Write** `fit_closed_form`.
#
# * `Phi` has the shape `(N, P)`, `y` the shape `(N, 1)`, the answer the shape `(P, 1)`. What the columns mean plays no part; the first entry of $w$ is the intercept.
# * It minimises $J(w)$ as above. Squares are *summed*, not averaged, so `l2` means the same as `alpha` of scikit-learn's `Ridge`.
# * With `l2=0`, the default, every `Phi` works, rank-deficient ones too; if several $w$ are equally good the answer is the minimum-norm solution. (In the tests a `Phi` that is not rank-deficient is far from being so: its condition number is below 1000. Where `l2` is above 0, the first column is not all zeros.)
#
# <details><summary>Hint 1: shapes</summary>
#
# Phi.T @ Phi is (P, P), Phi.T @ y is (P, 1). The second way needs P − 1 more rows in Phi and as many more entries in y.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# lstsq and pinv both give the minimum-norm solution of a least-squares problem. The penalty can be had as more rows, √l2 times the identity without its first row, with zeros below y.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# make the identity of size P; leave out its first row; multiply by the root of l2; put that below Phi, and as many zeros below y; give both to the least-squares solver, and return the first thing that it gives back.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "fit_closed_form_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def fit_closed_form(Phi: np.ndarray, y: np.ndarray, l2: float = 0.0) -> np.ndarray:
    """The w that minimises the sum of (y - Phi @ w)**2 plus l2 times the sum of w[1:]**2.

    Phi: shape (N, P). y: shape (N, 1). l2: at least 0; the intercept w[0] is not penalised.
    Returns float64, shape (P, 1); for l2 = 0 the shortest of the best, so that rank-deficient Phi works.

    >>> fit_closed_form(np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), np.array([[1.0], [2.0], [6.0]])).round(6)
    array([[0.5],
           [2.5]])
    """
    ### BEGIN SOLUTION
    penalty = np.sqrt(l2) * np.eye(Phi.shape[1])[1:]
    rows = np.vstack([Phi, penalty])
    values = np.vstack([y, np.zeros((len(penalty), 1))])
    return np.linalg.lstsq(rows, values, rcond=None)[0]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "fit_closed_form", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Solve for the coefficients", "difficulty": 2, "minutes": 20, "needs": []}
def check_fit_closed_form():
    def fitted(Phi, y, l2, what):
        before = Phi.copy(), y.copy()
        w = fit_closed_form(Phi, y) if l2 is None else fit_closed_form(Phi, y, l2)
        assert isinstance(w, np.ndarray) and w.shape == (Phi.shape[1], 1), f"{what}: the answer should be an array of shape {(Phi.shape[1], 1)}, not {getattr(w, 'shape', type(w).__name__)}"
        assert np.isfinite(w).all(), f"{what}: the answer should be finite, not {w.ravel()}"
        assert np.array_equal(Phi, before[0]) and np.array_equal(y, before[1]), f"{what}: Phi and y should stay as they are"
        return w.ravel()

    line, values = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), np.array([[1.0], [2.0], [6.0]])
    w = fitted(line, values, None, "the example by hand")
    assert np.allclose(w, [0.5, 2.5]), f"x = 0, 1, 2 and y = 1, 2, 6 should give 0.5, 2.5, not {w}"
    w = fitted(line, values, 1.0, "the example by hand with l2 = 1")
    assert np.allclose(w, [4 / 3, 5 / 3]), f"with l2 = 1 the example should give 1.3333, 1.6667, not {w}: sums of squares, and no penalty on w[0]"
    raised = fitted(line, values + 100.0, 1.0, "the example by hand, raised by 100, with l2 = 1")
    assert np.allclose(raised, [100 + 4 / 3, 5 / 3]), f"raising every y by 100 should raise w[0] by 100 and leave the slope; it gave {raised}: the intercept is not penalised"

    assert exception_of(lambda: fit_closed_form(line[:, [0, 1, 1]], values)) is None, f"a column that stands there twice should not be a problem; it raised {exception_of(lambda: fit_closed_form(line[:, [0, 1, 1]], values))}"
    w = fitted(line[:, [0, 1, 1]], values, None, "a column that stands there twice")
    assert np.allclose(w, [0.5, 1.25, 1.25]), f"with its second column given twice, the example should give 0.5, 1.25, 1.25, the shortest of the best, not {w}"
    w = fitted(np.array([[1.0, 2.0]]), np.array([[5.0]]), None, "one example, two columns")
    assert np.allclose(w, [1.0, 2.0]), f"1 w0 + 2 w1 = 5 has the shortest solution 1, 2, not {w}"
    print("fit_closed_form: the example, the penalty, the intercept and rank-deficient columns are right")


check_fit_closed_form()

# %% [markdown]
# ### Look at it: is the law found?
#
# Six columns, two hundred points. The table compares your coefficients with those of the law. The last column says how far apart one should expect them to be: it is the standard deviation of each coefficient over many such draws of noise.
#
# > **Predict.** The noise has a standard deviation of 0.5. Which of the six coefficients will be found best, and which worst? (Look at the six powers in section 2: which of them look alike?)

# %% nbgrader={"grade": false, "grade_id": "coefficients_table", "locked": true, "schema_version": 3, "solution": false, "task": false}
solved = fit_closed_form(design_matrix(x, 5), y)


def show_coefficients():
    many = np.random.default_rng(8)
    Phi = design_matrix(x, 5)
    draws = [fit_closed_form(Phi, Phi @ truth[:, np.newaxis] + sigma * many.normal(size=(200, 1))).ravel() for _ in range(300)]
    print("power     law   found   expected to be off by")
    for j, (c, found, off) in enumerate(zip(truth, solved.ravel(), np.std(draws, axis=0))):
        print(f"x^{j}    {c:+6.2f}  {found:+6.2f}   {off:.2f}")


show_coefficients()

# %% [markdown]
# **What to see.** The intercept is found to a few hundredths. The coefficient of $x^3$ is known to about one unit either way: $x$, $x^3$ and $x^5$ are nearly the same curve, so the fit can take a little from one and give it to the others without anybody noticing. The *values* of the fit are far better than its coefficients, as the next plot shows.
#
# ### Look at it: what the residuals say
#
# > **Predict.** The plot shows residuals, $y$ minus fit, for degree 2 and for degree 5. If a model has found all there is to find, what is left is noise. What will noise look like over $x$, and what will degree 2 have left?

# %% nbgrader={"grade": false, "grade_id": "residuals_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_residuals(panels):
    """panels: pairs of a title and the residuals at x."""
    figure, drawn = plt.subplots(1, len(panels), figsize=(10.5, 3.8), sharey=True, layout="constrained")
    order = np.argsort(x.ravel())
    for axes, (title, left_over) in zip(drawn, panels):
        axes.axhspan(-2 * sigma, 2 * sigma, color=GREY, alpha=0.13, label="±2σ of the noise")
        axes.axhline(0, color="black", lw=0.8)
        axes.plot(x, left_over, "o", color=BLUE, ms=4, alpha=0.6)
        groups = np.array_split(order, 20)
        axes.plot([x[g].mean() for g in groups], [left_over[g].mean() for g in groups], "s-", color=ORANGE, ms=4, lw=1.5, label="mean of ten neighbours")
        axes.set(title=f"{title}: standard deviation {left_over.std():.2f}", xlabel="x")
    drawn[0].set_ylabel("y − fit")
    drawn[0].legend(frameon=True, framealpha=0.9, edgecolor="none", fontsize=9, loc="upper right")
    plt.show()


plot_residuals([(f"Degree {d}", y - design_matrix(x, d) @ fit_closed_form(design_matrix(x, d), y)) for d in (2, 5)])

# %% [markdown]
# **What to see.** For degree 2 the residuals snake around zero: neighbours err in the same direction, and that is something a better model could learn. For degree 5 the orange line stays near zero, and the standard deviation is about 0.5, that of the noise. Residuals without a pattern are the sign that nothing is left to explain.
#
# ### Look at it: a growing penalty
#
# > **Predict.** Six coefficients, as $\lambda$ grows from $10^{-3}$ to $10^{4}$. Five of them are penalised. Where do these five go, and where does the intercept go when they are gone? (The best constant for any data is their mean; here it is about 0.6.)

# %% nbgrader={"grade": false, "grade_id": "ridge_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_ridge():
    strengths = np.logspace(-3, 4, 60)
    paths = np.hstack([fit_closed_form(design_matrix(x, 5), y, strength) for strength in strengths])
    figure, axes = plt.subplots(figsize=(8, 4.2), layout="constrained")
    styles = [("black", "-"), (BLUE, "-"), (ORANGE, "--"), (GREEN, "-."), (PURPLE, ":"), (GREY, (0, (5, 1, 1, 1)))]
    for j, (path, (colour, style)) in enumerate(zip(paths, styles)):
        axes.semilogx(strengths, path, color=colour, ls=style, lw=2, label="intercept" if j == 0 else f"of x^{j}" if j > 1 else "of x")
    axes.axhline(y.mean(), color="black", lw=0.7, ls=":")
    axes.text(1.1e4, y.mean() + 0.25, "mean of y", ha="right", fontsize=9)
    axes.set(title="Coefficients under a growing penalty", xlabel="λ", ylabel="coefficient")
    axes.legend(frameon=False, ncols=2, fontsize=10)
    plt.show()


plot_ridge()

# %% [markdown]
# **What to see.** In the end the five shrink to 0, and what remains is the mean of $y$. On the way there they do not keep step. The coefficients of $x^2$ and $x^4$, large and of opposite sign, had been holding each other in balance; around $\lambda = 1$ they have let go of each other. That of $x^3$ even grows in size at first: it takes over from $x^5$, its near twin, what that one has to give up. A penalty shares the work among columns that look alike.

# %% [markdown]
# ## 4 · A loss, and which way is down
#
# **Why.** Least squares is a rare piece of luck: an equation gives the answer. For nearly every other model there is none, and one goes downhill instead, a step at a time. For that we need two things: a number that says how bad a prediction is, and its slope in each entry of the prediction.
#
# **Derivation.** A prediction $p$ and the target $y$ are arrays of the same shape, with $M$ entries in all. The *mean squared error* and its gradient are
#
# $$ L \;=\; \frac1M \sum_{m=1}^{M} (p_m - y_m)^2, \qquad\qquad \frac{\partial L}{\partial p_m} \;=\; \frac{2}{M}\,(p_m - y_m), $$
#
# where $m$ runs over all entries, whatever the shape. The gradient has the shape of the prediction.
#
# The mean, and not the sum, because then the loss does not grow with the number of examples: give every example twice, and loss and slopes of the weights are the same as before. A learning rate that suits ten examples suits ten thousand.
#
# **By hand.** $p = (1, 3)$, $y = (2, 1)$: the errors are $-1$ and $2$, the loss is $(1 + 4)/2 = 2.5$, the gradient $\tfrac22(-1, 2) = (-1, 2)$.
#
# **Picture, and a trap.** What if the prediction has the shape `(4, 1)` and the target the shape `(4,)`? NumPy does not complain. It *broadcasts* both to 4 × 4 and subtracts every target from every prediction. The mean of that table is a number, too, and it even falls a little in training. The prediction below is perfect, and yet its "loss" is not 0.

# %% nbgrader={"grade": false, "grade_id": "broadcast_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_broadcast():
    perfect = np.array([1.0, 2.0, 3.0, 4.0])
    columns, mixed = perfect[:, np.newaxis], perfect[:, np.newaxis] - perfect
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.9), layout="constrained", width_ratios=[1, 2.2])
    for axes, table, title in [
        (panels[0], columns - columns, "(4, 1) − (4, 1)\nmean of squares 0"),
        (panels[1], mixed, f"(4, 1) − (4,) is broadcast to (4, 4)\nmean of squares {np.mean(mixed**2)}"),
    ]:
        axes.imshow(table, cmap="PuOr", vmin=-4, vmax=4)
        for (row, column), value in np.ndenumerate(table):
            axes.text(column, row, f"{value:g}", ha="center", va="center", fontsize=12)
        axes.set(title=title, xticks=range(table.shape[1]), yticks=range(4), ylabel="prediction", xlabel="target")
    panels[0].set_xlabel("")
    plt.show()


draw_broadcast()

# %% [markdown]
# **Write** `mse` and `mse_gradient`.
#
# * Prediction and target have the same shape, any shape. `mse` gives a number, `mse_gradient` the gradient with respect to the prediction, an array of that shape.
# * If the shapes differ, both raise `ValueError`, also where NumPy would broadcast.
# * The mean is over *all* entries: for the shape `(N, K)` it is over $N \cdot K$ numbers.
# * The gradient is the formula above. Measured slopes do not replace it: where errors differ by many powers of ten, they have no digits left for the small ones.
#
# <details><summary>Hint 1: shapes</summary>
#
# mse: any shape to a single number. mse_gradient: any shape to the same shape. An array knows its `shape` and its `size`, the number of all entries.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The gradient is two times the error, divided by the number of entries, M.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# in both: if the shapes differ, raise ValueError. mse: error, square, mean over everything. gradient: 2 times the error over the size.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "mse_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def mse(prediction: np.ndarray, y: np.ndarray) -> float:
    """Mean of the squared errors, over all entries.

    prediction, y: of the same shape, any; otherwise ValueError.

    >>> mse(np.array([[1.0], [3.0]]), np.array([[2.0], [1.0]]))
    2.5
    """
    ### BEGIN SOLUTION
    if prediction.shape != y.shape:
        raise ValueError(f"the prediction has the shape {prediction.shape}, the target {y.shape}")
    return float(np.mean((prediction - y) ** 2))
    ### END SOLUTION


def mse_gradient(prediction: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The slope of mse(prediction, y) in each entry of the prediction.

    prediction, y: of the same shape, any; otherwise ValueError. Returns float64, of that shape.

    >>> mse_gradient(np.array([[1.0], [3.0]]), np.array([[2.0], [1.0]]))
    array([[-1.],
           [ 2.]])
    """
    ### BEGIN SOLUTION
    if prediction.shape != y.shape:
        raise ValueError(f"the prediction has the shape {prediction.shape}, the target {y.shape}")
    return 2 * (prediction - y) / prediction.size
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "mse", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false} exercise={"title": "A loss and its gradient", "difficulty": 1, "minutes": 10, "needs": []}
def check_mse():
    p, t = np.array([[1.0], [3.0]]), np.array([[2.0], [1.0]])
    loss, gradient = mse(p, t), mse_gradient(p, t)

    assert np.ndim(loss) == 0 and abs(loss - 2.5) < 1e-9, f"p = 1, 3 and y = 2, 1 have the loss 2.5, not {loss}"
    assert np.shape(gradient) == (2, 1), f"the gradient has the shape of the prediction, (2, 1), not {np.shape(gradient)}"
    assert np.allclose(gradient, [[-1.0], [2.0]]), f"p = 1, 3 and y = 2, 1 have the gradient -1, 2, not {gradient.ravel()}"

    p, t = np.array([[0.5, -1.0, 2.0], [1.5, 0.0, 3.0]]), np.array([[1.0, 1.0, 1.0], [-1.0, 0.5, 2.0]])
    assert abs(mse(p, t) - 12.75 / 6) < 1e-9, f"the errors of a 2 × 3 table, squared, sum to 12.75; their mean over six entries is 2.125, not {mse(p, t)}"
    measured = central_slopes(lambda: mse(p, t), p)
    assert np.allclose(mse_gradient(p, t), measured, atol=1e-6), f"for a 2 × 3 table the measured slopes of mse are {measured.round(4).tolist()}, the gradient says {mse_gradient(p, t).round(4).tolist()}"
    for function in (mse, mse_gradient):
        found = exception_of(lambda: function(np.ones((4, 1)), np.ones(4)))
        assert found == "ValueError", f"{function.__name__}: shapes (4, 1) and (4,) differ, which should raise ValueError; it gave {found}"
    assert p[0].tolist() == [0.5, -1.0, 2.0] and t[0].tolist() == [1.0, 1.0, 1.0], "prediction and target should stay as they are"
    print("mse: the loss, its gradient and the refusal of other shapes are right")


check_mse()

# %% [markdown]
# ### Find the bug
#
# A published regression example prints the mean squared error of each batch, and computes its gradient as below (rewritten here). It takes batches of five examples, trains, and gets a good curve. The cell asks the judge: it measures the slopes of the printed loss, and compares.
#
# By what factor is the gradient wrong, where does the factor come from, and why did nobody notice? The two plots are a hint: a straight line is fitted with the learning rate 0.1, once to a batch of five, once to a batch of thirty. (Not graded.)

# %% nbgrader={"grade": false, "grade_id": "bug_sum", "locked": true, "schema_version": 3, "solution": false, "task": false}
def careless_gradient(prediction, target):
    return 2 * (prediction - target)


def show_careless():
    draw = np.random.default_rng(2)
    p, t = draw.normal(size=(5, 1)), draw.normal(size=(5, 1))
    print("measured slopes of the loss ", central_slopes(lambda: mse(p, t), p).ravel().round(4))
    print("the careless gradient       ", careless_gradient(p, t).ravel().round(4))
    figure, panels = plt.subplots(1, 2, figsize=(10, 3.6), sharey=True, layout="constrained")
    for axes, n in zip(panels, (5, 30)):
        across = np.linspace(-1, 1, n)[:, np.newaxis]
        up = 3 * across + 1
        for name, gradient_of, colour, style in [("your gradient", mse_gradient, BLUE, "o-"), ("the careless one", careless_gradient, ORANGE, "s--")]:
            slope, height, losses = 0.0, 0.0, []
            for _ in range(15):
                p = slope * across + height
                losses.append(mse(p, up))
                g = gradient_of(p, up)
                slope, height = slope - 0.1 * np.sum(g * across), height - 0.1 * np.sum(g)
            axes.semilogy(range(15), losses, style, color=colour, ms=4, label=name)
        axes.set(title=f"A batch of {n}, learning rate 0.1", xlabel="step")
    panels[0].set_ylabel("mean squared error")
    panels[1].legend(frameon=False)
    plt.show()


show_careless()

# %% [markdown]
# <details><summary>Answer</summary>
#
# The loss is a mean, its gradient is that of a *sum*: the division by the number of examples is missing, so it is five times too large for a batch of five. The direction is right. Every step goes the right way and five times too far, which is the same as a learning rate of 0.5 in place of 0.1. For five examples that even looks like an improvement.
# But the learning rate that was written down is not the one that was used, and the factor is the batch size: with thirty examples the same program flies apart, and a short last batch takes smaller steps than the others. A gradient that is compared with measured slopes cannot have such a factor for long.
#
# </details>

# %% [markdown]
# ## 5 · One linear layer
#
# **Why.** In *Neurons and backprop* a layer asked its tensors for gradients, and they asked the operations that had made them. Written with matrices the whole conversation comes down to three products. This is how layers look in a program that has to be fast.
#
# **Picture.** Forward, from left to right: the input $X$ comes in, $Z$ goes out. Backward, from right to left: the slope of the loss in each entry of $Z$ comes in, and three things go out. Each gradient has the shape of the thing that it belongs to.

# %% nbgrader={"grade": false, "grade_id": "layer_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_layer():
    figure, axes = plt.subplots(figsize=(10, 3.1), layout="constrained")
    box = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": "black", "linewidth": 1.4}
    for place, text in [((0, 0), "X\n[N, D]"), ((4, 0), "linear layer\nW [D, K]   b [K]"), ((8, 0), "Z\n[N, K]"), ((11, 0), "loss\none number")]:
        axes.text(*place, text, ha="center", va="center", bbox=box)
    for start, end in [((0.7, 0.22), (2.6, 0.22)), ((5.4, 0.22), (7.3, 0.22)), ((8.7, 0.22), (10.1, 0.22))]:
        axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": BLUE, "lw": 1.8})
    for start, end in [((2.6, -0.22), (0.7, -0.22)), ((7.3, -0.22), (5.4, -0.22)), ((10.1, -0.22), (8.7, -0.22)), ((4, -0.5), (4, -1.15))]:
        axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": ORANGE, "lw": 1.8})
    for place, text in [((1.65, -0.62), "dX [N, D]"), ((6.35, -0.62), "G [N, K]"), ((4, -1.45), "dW [D, K]   db [K]")]:
        axes.text(*place, text, ha="center", va="center", color=ORANGE)
    axes.text(6.35, 0.5, "values", ha="center", color=BLUE)
    axes.set(xlim=(-0.9, 12), ylim=(-1.75, 0.85), title="A layer forward (blue) and backward (orange)")
    axes.axis("off")
    plt.show()


draw_layer()

# %% [markdown]
# **Derivation.** $N$ examples with $D$ inputs each are the rows of $X$; the layer has $K$ outputs, weights $W$ of shape $D \times K$ and a bias $b$ of length $K$:
#
# $$ Z = XW + b, \qquad Z_{nk} = \sum_{d=1}^{D} X_{nd} W_{dk} + b_k . $$
#
# Let $L$ be a loss that depends on $Z$, and $G_{nk} = \partial L/\partial Z_{nk}$, of shape $N \times K$, its slopes: they come from whatever stands behind the layer. By the chain rule the slope in a weight is the sum over everything that the weight has a part in. $W_{dk}$ has a part in $Z_{nk}$ for every example $n$, with the factor $X_{nd}$; $b_k$ with the factor 1; and $X_{nd}$ has a part in $Z_{nk}$ for every output $k$, with the factor $W_{dk}$:
#
# $$ \frac{\partial L}{\partial W_{dk}} = \sum_n X_{nd}\, G_{nk}, \qquad \frac{\partial L}{\partial b_k} = \sum_n G_{nk}, \qquad \frac{\partial L}{\partial X_{nd}} = \sum_k G_{nk}\, W_{dk} . $$
#
# Sums over a shared index are matrix products:
#
# $$ \mathrm{d}W = X^\top G, \qquad \mathrm{d}b = \text{sum of the rows of } G, \qquad \mathrm{d}X = G\, W^\top . $$
#
# There is no division by $N$ here: if the loss is a mean, that is in $G$ already. The shapes alone nearly decide which matrix is transposed: $D \times N$ times $N \times K$ is the one way to get $D \times K$.
#
# **By hand.** $X = \begin{pmatrix} 1 & 2 \\ 3 & -1 \end{pmatrix}$, $W = \begin{pmatrix} 1 \\ 2 \end{pmatrix}$, $b = (0.5)$, so $Z = \begin{pmatrix} 5.5 \\ 1.5 \end{pmatrix}$. Let $G = \begin{pmatrix} 1 \\ -2 \end{pmatrix}$. Then
#
# $$ \mathrm{d}W = \begin{pmatrix} 1 \cdot 1 + 3 \cdot (-2) \\ 2 \cdot 1 + (-1)(-2) \end{pmatrix} = \begin{pmatrix} -5 \\ 4 \end{pmatrix}, \qquad \mathrm{d}b = (-1), \qquad \mathrm{d}X = \begin{pmatrix} 1 & 2 \\ -2 & -4 \end{pmatrix}. $$

# %% [markdown]
# **Write** `LinearLayer`.
#
# * `.params` is a dictionary with the keys `"W"` and `"b"`. It holds `float64` *copies* of what the layer is given: whoever changes the original arrays later does not change the layer, and training the layer does not change them. (And a weight of whole numbers could not take a step of 0.01.)
# * `forward` uses the numbers that are in `.params` at that moment: training changes these arrays in place.
# * `backward(dout)` belongs to the `forward` that came last; `dout` is $G$. It returns $\mathrm{d}X$ and puts $\mathrm{d}W$ and $\mathrm{d}b$ into `.grads`, a dictionary with the same keys and shapes as `.params`. Gradients of an earlier `backward` are *overwritten*, not added to. (The tensors of *Neurons and backprop* added; here nothing has to be cleared.) What is in `.grads` before the first `backward` is up to you.
# * `backward` changes no parameter: that is the optimizer's work.
# * The gradients are those of the derivation. Measured slopes do not replace them: where the outputs are very large, as with a bias of $10^{11}$, they have no digits left.
#
# <details><summary>Hint 1: shapes</summary>
#
# forward: (N, D) @ (D, K) + (K,) gives (N, K). backward: dW is (D, K), db is (K,), what is returned is (N, D).
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# dW is the transposed input times dout; db is dout summed over the examples; dX is dout times the transposed weights.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# new layer: params = float copies of W and b; grads empty. forward: remember X; return X @ W + b. backward: grads W and b from the remembered X and dout; return dout @ transposed W.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "linear_layer_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class LinearLayer:
    """Z = X @ W + b.

    W: shape (D, K), b: shape (K,); both are copied, as float64.
    .params and .grads: dictionaries with the keys "W" and "b".

    >>> layer = LinearLayer(np.array([[1.0], [2.0]]), np.array([0.5]))
    >>> layer.forward(np.array([[1.0, 2.0]]))
    array([[5.5]])
    """

    def __init__(self, W: np.ndarray, b: np.ndarray) -> None:
        ### BEGIN SOLUTION
        self.params = {"W": np.array(W, dtype=np.float64), "b": np.array(b, dtype=np.float64)}
        self.grads: dict[str, np.ndarray] = {}
        ### END SOLUTION

    def forward(self, X: np.ndarray) -> np.ndarray:
        """X: shape (N, D). Returns X @ W + b, shape (N, K)."""
        ### BEGIN SOLUTION
        self.X = X
        return X @ self.params["W"] + self.params["b"]
        ### END SOLUTION

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """dout: the slope of a loss in each entry of the last result of forward, shape (N, K).

        Sets .grads["W"], shape (D, K), and .grads["b"], shape (K,). Returns the slope of the loss in each entry of X, shape (N, D).
        """
        ### BEGIN SOLUTION
        self.grads["W"] = self.X.T @ dout
        self.grads["b"] = dout.sum(axis=0)
        return dout @ self.params["W"].T
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "linear_layer", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false} exercise={"title": "One linear layer", "difficulty": 2, "minutes": 20, "needs": []}
def check_linear_layer():
    layer = LinearLayer(np.array([[1.0], [2.0]]), np.array([0.5]))
    X, G = np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([[1.0], [-2.0]])
    Z = layer.forward(X)

    assert set(layer.params) == {"W", "b"}, f".params has the keys W and b, not {sorted(layer.params)}"
    assert np.shape(Z) == (2, 1) and np.allclose(Z, [[5.5], [1.5]]), f"the example by hand gives 5.5 and 1.5 in the shape (2, 1), not {np.ravel(Z)} in the shape {np.shape(Z)}"
    dX = layer.backward(G)
    assert set(layer.grads) == {"W", "b"}, f"after backward .grads has the keys W and b, not {sorted(layer.grads)}"
    for what, found, expected in [("dW", layer.grads["W"], [[-5.0], [4.0]]), ("db", layer.grads["b"], [-1.0]), ("dX", dX, [[1.0, 2.0], [-2.0, -4.0]])]:
        assert np.shape(found) == np.shape(expected), f"{what} of the example by hand has the shape {np.shape(expected)}, not {np.shape(found)}"
        assert np.allclose(found, expected), f"{what} of the example by hand is {expected}, not {np.asarray(found).tolist()}"
    assert layer.params["W"].ravel().tolist() == [1.0, 2.0], "backward should change no parameter"
    layer.forward(X)
    layer.backward(G)
    assert np.allclose(layer.grads["W"], [[-5.0], [4.0]]), f"a second backward overwrites the gradients of the first; dW became {layer.grads['W'].ravel()}"

    draw = np.random.default_rng(1)
    W, b, X, weights = (draw.normal(size=shape) for shape in [(3, 2), (2,), (4, 3), (4, 2)])
    kept = W.copy()
    layer = LinearLayer(W, b)
    layer.forward(X)
    dX = layer.backward(weights)
    for what, found, array in [("dX", dX, X), ("dW", layer.grads["W"], layer.params["W"]), ("db", layer.grads["b"], layer.params["b"])]:
        measured = central_slopes(lambda: np.sum(weights * layer.forward(X)), array)
        assert np.shape(found) == np.shape(measured) and np.allclose(found, measured, atol=1e-6), f"{what}, with four examples, three inputs and two outputs, is not what measured slopes say: {np.round(found, 3).tolist()}, measured {measured.round(3).tolist()}"
    layer.params["W"] += 1.0
    assert np.array_equal(W, kept), "the layer should hold a copy of W: changing .params changed the array that it was given"
    assert np.allclose(layer.forward(X), X @ (kept + 1.0) + b), "forward should use the numbers that are in .params now; they were changed in place"
    assert LinearLayer(np.array([[1], [2]]), np.array([3])).params["W"].dtype == np.float64, "whole numbers should become float64"
    print("LinearLayer: forward, three gradients, overwriting and copies are right")


check_linear_layer()

# %% [markdown]
# ## 6 · A small network
#
# **Why.** The powers of $x$ were a gift: somebody knew that the law is a polynomial. Usually nobody does. A network makes its own features: it takes a shape that is good for everything, shifts and stretches it, and learns how much of each copy to take.
#
# **Picture.** The shape is the step of tanh. On the left are three copies, $v\tanh(ux + s)$ with different numbers $u$ (how steep), $s$ (how far shifted) and $v$ (how high). On the right is their sum.

# %% nbgrader={"grade": false, "grade_id": "tanh_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_tanh_steps():
    grid = np.linspace(-3, 3, 200)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), sharey=True, layout="constrained")
    running = np.zeros_like(grid)
    for (u, s, v), colour, style in zip([(3.0, 4.5, -1.0), (2.0, 0.0, 2.0), (4.0, -8.0, -1.5)], [BLUE, ORANGE, GREEN], ["-", "--", "-."]):
        left.plot(grid, v * np.tanh(u * grid + s), color=colour, ls=style, lw=2, label=f"{v:+g} tanh({u:g}x {s:+g})")
        running = running + v * np.tanh(u * grid + s)
    right.plot(grid, running, color="black", lw=2.5)
    left.set(title="Three tanh neurons", xlabel="x", ylabel="value", ylim=(-3.6, 2.8))
    right.set(title="Their sum", xlabel="x")
    left.legend(frameon=False, fontsize=9, loc="lower right")
    plt.show()


draw_tanh_steps()

# %% [markdown]
# **Derivation.** $D$ inputs, $H$ neurons in the middle (*hidden* neurons), $K$ outputs. $W_1$ is $D \times H$, $b_1$ has $H$ numbers, $W_2$ is $H \times K$, $b_2$ has $K$. For $N$ examples,
#
# $$ A = X W_1 + b_1 \;\;[N, H], \qquad T = \tanh A \;\;[N, H], \qquad Z = T W_2 + b_2 \;\;[N, K]. $$
#
# Going back we start from $G = \partial L/\partial Z$, of shape $N \times K$. The last step is a linear layer whose input is $T$; section 5 has its three gradients:
#
# $$ \mathrm{d}W_2 = T^\top G, \qquad \mathrm{d}b_2 = \text{sum of the rows of } G, \qquad \mathrm{d}T = G\, W_2^\top . $$
#
# tanh works entry by entry, so its chain rule does too. Its derivative is $1 - \tanh^2$, and $\tanh A$ has been computed already, it is $T$:
#
# $$ \mathrm{d}A = \mathrm{d}T \odot (1 - T \odot T), \qquad \text{where } \odot \text{ multiplies entry by entry.} $$
#
# The first step is a linear layer again, with input $X$ and slopes $\mathrm{d}A$:
#
# $$ \mathrm{d}W_1 = X^\top \mathrm{d}A, \qquad \mathrm{d}b_1 = \text{sum of the rows of } \mathrm{d}A, \qquad \mathrm{d}X = \mathrm{d}A\, W_1^\top . $$
#
# **By hand.** One of everything: $x = 1$, $W_1 = 0.5$, $b_1 = 0$, $W_2 = 2$, $b_2 = -1$. Then $A = 0.5$, $T = 0.4621$, $Z = 2 \cdot 0.4621 - 1 = -0.0758$. With $G = 1$: $\mathrm{d}W_2 = 0.4621$, $\mathrm{d}b_2 = 1$, $\mathrm{d}T = 2$, $\mathrm{d}A = 2\,(1 - 0.4621^2) = 1.5729$, and so $\mathrm{d}W_1 = 1.5729$, $\mathrm{d}b_1 = 1.5729$, $\mathrm{d}X = 0.7864$.
#
# **A trap.** $1 - T^2$, not $1 - \tanh^2 T$ and not $1 - A^2$. All three are near 1 for small numbers, so training works a little with each of them; measured slopes tell them apart at once.

# %% [markdown]
# **Write** `TanhNetwork`. The rules are those of `LinearLayer`:
#
# * `.params` holds `float64` copies under the keys `"W1"`, `"b1"`, `"W2"`, `"b2"`; `.grads` has the same keys and shapes after each `backward`, which overwrites what was there.
# * `forward` uses what is in `.params` at that moment; `backward` belongs to the last `forward`, and returns the gradient for $X$.
# * The gradients are those of the derivation, and not measured slopes.
#
# You may use your `LinearLayer` inside, or write the products out.
#
# <details><summary>Hint 1: shapes</summary>
#
# dA and T are (N, H). dW1 is (D, H), db1 is (H,), dW2 is (H, K), db2 is (K,), and what is returned is (N, D).
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# Backward is the equations above from top to bottom. Keep X and T in forward: backward needs both.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# forward: remember X; T = tanh of the first linear step, remember it; return the second linear step. backward: gradients of W2 and b2 from T and dout; take dout back through W2; times (1 − T squared); gradients of W1 and b1 from X and that; return it taken back through W1.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "tanh_network_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class TanhNetwork:
    """tanh(X @ W1 + b1) @ W2 + b2.

    W1: shape (D, H), b1: shape (H,), W2: shape (H, K), b2: shape (K,); all are copied, as float64.
    .params and .grads: dictionaries with the keys "W1", "b1", "W2", "b2".

    >>> one = np.ones((1, 1))
    >>> TanhNetwork(0.5 * one, 0 * one[0], 2 * one, -one[0]).forward(one).round(4)
    array([[-0.0758]])
    """

    def __init__(self, W1: np.ndarray, b1: np.ndarray, W2: np.ndarray, b2: np.ndarray) -> None:
        ### BEGIN SOLUTION
        given = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
        self.params = {key: np.array(value, dtype=np.float64) for key, value in given.items()}
        self.grads: dict[str, np.ndarray] = {}
        ### END SOLUTION

    def forward(self, X: np.ndarray) -> np.ndarray:
        """X: shape (N, D). Returns the output, shape (N, K)."""
        ### BEGIN SOLUTION
        self.X = X
        self.T = np.tanh(X @ self.params["W1"] + self.params["b1"])
        return self.T @ self.params["W2"] + self.params["b2"]
        ### END SOLUTION

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """dout: the slope of a loss in each entry of the last result of forward, shape (N, K).

        Sets all four of .grads. Returns the slope of the loss in each entry of X, shape (N, D).
        """
        ### BEGIN SOLUTION
        self.grads["W2"] = self.T.T @ dout
        self.grads["b2"] = dout.sum(axis=0)
        dA = (dout @ self.params["W2"].T) * (1 - self.T**2)
        self.grads["W1"] = self.X.T @ dA
        self.grads["b1"] = dA.sum(axis=0)
        return dA @ self.params["W1"].T
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "tanh_network", "locked": true, "points": 17, "schema_version": 3, "solution": false, "task": false} exercise={"title": "A small network", "difficulty": 3, "minutes": 25, "needs": []}
def check_tanh_network():
    one = np.ones((1, 1))
    network = TanhNetwork(0.5 * one, 0 * one[0], 2 * one, -one[0])
    out = network.forward(one)
    assert np.shape(out) == (1, 1) and abs(out[0, 0] + 0.0758) < 1e-4, f"the example by hand gives -0.0758, not {np.ravel(out)}"
    dX = network.backward(one)
    assert set(network.grads) == {"W1", "b1", "W2", "b2"}, f"after backward .grads has the keys W1, b1, W2 and b2, not {sorted(network.grads)}"
    for what, found, expected in [("dW2", network.grads["W2"], 0.4621), ("db2", network.grads["b2"], 1.0), ("dW1", network.grads["W1"], 1.5729), ("db1", network.grads["b1"], 1.5729), ("dX", dX, 0.7864)]:
        assert abs(np.ravel(found)[0] - expected) < 1e-4, f"{what} of the example by hand is {expected}, not {np.ravel(found)[0]:.4f}"

    draw = np.random.default_rng(5)
    given = {key: draw.normal(size=shape) for key, shape in [("W1", (2, 5)), ("b1", (5,)), ("W2", (5, 3)), ("b2", (3,))]}
    kept = {key: value.copy() for key, value in given.items()}
    X, weights = draw.normal(size=(4, 2)), draw.normal(size=(4, 3))
    network = TanhNetwork(**given)
    assert np.shape(network.forward(X)) == (4, 3), f"four examples and three outputs should give the shape (4, 3), not {np.shape(network.forward(X))}"
    for turn in ("first", "second"):
        network.forward(X)
        dX = network.backward(weights)
        for key, found, array in [("X", dX, X), *((key, network.grads[key], network.params[key]) for key in given)]:
            measured = central_slopes(lambda: np.sum(weights * network.forward(X)), array)
            assert np.shape(found) == np.shape(measured), f"the gradient of {key} has the shape of {key}, {np.shape(measured)}, not {np.shape(found)}"
            assert np.allclose(found, measured, atol=1e-6), f"the gradient of {key} after the {turn} backward is not what measured slopes say: {np.ravel(found)[:3].round(4)} …, measured {measured.ravel()[:3].round(4)} …"
    for key in given:
        network.params[key] += 0.5
        assert np.array_equal(given[key], kept[key]), f"the network should hold a copy of {key}: changing .params changed the array that it was given"
    expected = np.tanh(X @ (kept["W1"] + 0.5) + kept["b1"] + 0.5) @ (kept["W2"] + 0.5) + kept["b2"] + 0.5
    assert np.allclose(network.forward(X), expected), "forward should use the numbers that are in .params now; they were changed in place"
    print("TanhNetwork: forward, five gradients, overwriting and copies are right")


check_tanh_network()

# %% [markdown]
# ## 7 · Steps with a memory
#
# **Why.** The slopes are there; now we walk. Plain descent takes a step against the gradient and forgets it. In a long narrow valley it zigzags between the walls while it creeps along the floor. A step with *momentum* remembers the steps before it: what points the same way again and again adds up, what changes its sign cancels.
#
# **Picture.** How much a gradient of long ago still counts in the step of today, for three values of the memory $\beta$. For $\beta = 0.9$ the last ten or twenty gradients have a say.

# %% nbgrader={"grade": false, "grade_id": "momentum_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_memory():
    ago = np.arange(31)
    figure, axes = plt.subplots(figsize=(7.5, 3.4), layout="constrained")
    for beta, colour, style in [(0.0, GREY, "s:"), (0.5, ORANGE, "^--"), (0.9, BLUE, "o-")]:
        axes.plot(ago, beta**ago, style, color=colour, ms=5, label=f"β = {beta}: weights sum to {1 / (1 - beta):.0f}")
    axes.set(title="How long a gradient is remembered", xlabel="steps ago, k", ylabel="its weight, β^k")
    axes.legend(frameon=False)
    plt.show()


draw_memory()

# %% [markdown]
# **Derivation.** Each parameter array $w$ has a companion of the same shape, its *velocity* $v$, at first all zeros. With the gradient $g$, the learning rate $\eta > 0$ and the memory $0 \le \beta < 1$, one step is
#
# $$ v \leftarrow \beta v + g, \qquad\qquad w \leftarrow w - \eta\, v . $$
#
# Put the first equation into itself: $v = g_0 + \beta g_1 + \beta^2 g_2 + \dots$, where $g_k$ is the gradient of $k$ steps ago. That is the picture. The weights sum to $1/(1 - \beta)$: against a steady slope, momentum with $\beta = 0.9$ walks ten times as fast as plain descent. With $\beta = 0$ it is plain descent.
#
# **By hand.** $w = 1$, $v = 0$, $\eta = 0.1$, $\beta = 0.5$, gradients 2 and then 1. First step: $v = 2$, $w = 0.8$. Second: $v = 0.5 \cdot 2 + 1 = 2$, $w = 0.6$.
#
# **In place.** A model holds its parameters in `.params`. The step has to change *those arrays*, not make new ones: `w -= …` changes the array, `w = w - …` makes a new one and gives it the old name. Whoever else holds the array sees the first and not the second. The velocities have to stay the same arrays too, or they are forgotten when the function ends.

# %% [markdown]
# **Write** `momentum_step`.
#
# * Three dictionaries with the same keys; under each key are three arrays of the same shape. Their order may differ.
# * Parameters and velocities change in place: every array stays the same object, with new numbers in it. Gradients stay as they are. Nothing is returned.
#
# <details><summary>Hint 1: shapes</summary>
#
# For each key, w, v and g have one shape, and everything happens entry by entry.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The velocity first, then the parameter with the new velocity. The learning rate is in the second equation alone.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# for each key: multiply the velocity by beta, in place; add the gradient, in place; subtract lr times the velocity from the parameter, in place.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "momentum_step_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def momentum_step(params: dict[str, np.ndarray], grads: dict[str, np.ndarray], velocity: dict[str, np.ndarray], lr: float, beta: float) -> None:
    """One step of descent with momentum: v = beta * v + g, then w = w - lr * v, in place.

    params, grads, velocity: the same keys; under each key float64 arrays of one shape.
    The arrays in params and velocity stay the same objects; grads is left alone.

    >>> params, velocity = {"w": np.array([1.0])}, {"w": np.array([0.0])}
    >>> momentum_step(params, {"w": np.array([2.0])}, velocity, lr=0.1, beta=0.5)
    >>> params["w"], velocity["w"]
    (array([0.8]), array([2.]))
    """
    ### BEGIN SOLUTION
    for key, v in velocity.items():
        v *= beta
        v += grads[key]
        params[key] -= lr * v
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "momentum_step", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Steps with a memory", "difficulty": 2, "minutes": 10, "needs": []}
def check_momentum_step():
    w, v, table, still = np.array([1.0]), np.array([0.0]), np.array([[1.0, -4.0]]), np.zeros((1, 2))
    params, velocity = {"w": w, "table": table}, {"table": still, "w": v}
    for g, expected_v, expected_w in [(2.0, 2.0, 0.8), (1.0, 2.0, 0.6)]:
        grads = {"w": np.array([g]), "table": np.array([[g, 0.0]])}
        momentum_step(params, grads, velocity, lr=0.1, beta=0.5)
        assert params["w"] is w and params["table"] is table, "params should hold the same arrays as before, changed in place"
        assert velocity["w"] is v and velocity["table"] is still, "velocity should hold the same arrays as before, changed in place"
        assert abs(v[0] - expected_v) < 1e-9, f"with the gradients 2 and then 1 and beta = 0.5 the velocity is 2 and then 2; after the gradient {g} it is {v[0]}"
        assert abs(w[0] - expected_w) < 1e-9, f"with lr = 0.1 the parameter goes from 1 to 0.8 to 0.6; after the gradient {g} it is {w[0]}"
        assert abs(table[0, 0] - w[0]) < 1e-9, f"every key takes a step; the entry of the table should be at {w[0]}, as w is, not at {table[0, 0]}"
        assert table[0, 1] == -4.0, "an entry whose gradient was always 0 stays where it is"
        assert grads["w"].tolist() == [g], "gradients should stay as they are"
    print("momentum_step: two steps, every key, and the same arrays are right")


check_momentum_step()

# %% [markdown]
# ### Look at it: downhill to the same place
#
# The linear layer with the five columns $x, \dots, x^5$ and one output is the polynomial of section 3: its bias is the intercept. The loss of section 4 is the sum of squares divided by $N$. So descent must arrive at the coefficients that you solved for, if it arrives. The plot shows how far above the lowest possible loss it is after each step.
#
# It has to cross a long valley: $x$, $x^3$ and $x^5$ are so alike that one of them can be traded for another at almost no cost. How fast one gets along depends on the *scale* of the columns, too. Four walks start from zero, each with a step size that suits its own valley (the cell works it out: half of the inverse of the largest curvature):
#
# * columns standardised (z-scores: minus mean, divided by the standard deviation), with and without momentum;
# * columns as they are, with momentum;
# * columns as they are, but with $x$ measured in hundredths, so that it runs from −100 to 100, with momentum. **This is the ablation**: the same points, the same model, another unit, and no standardisation.
#
# > **Predict.** Which walk arrives first? How much of the way does the last one get in 600 steps? And what would standardised columns do, if $x$ were in hundredths?

# %% nbgrader={"grade": false, "grade_id": "descents", "locked": true, "schema_version": 3, "solution": false, "task": false}
def standardised(Phi):
    """Columns as z-scores, the first one left as it is; with the means and the standard deviations, 0 and 1 for the first."""
    mu, sd = Phi.mean(axis=0), Phi.std(axis=0)
    mu[0], sd[0] = 0.0, 1.0
    return (Phi - mu) / sd, mu, sd


def descend(model, X, y, steps, lr, beta):
    """Full-batch descent with momentum; the loss before each step."""
    velocity = {key: np.zeros_like(value) for key, value in model.params.items()}
    losses = []
    for _ in range(steps):
        prediction = model.forward(X)
        losses.append(mse(prediction, y))
        model.backward(mse_gradient(prediction, y))
        momentum_step(model.params, model.grads, velocity, lr, beta)
    return losses


def plot_descents():
    lowest = mse(design_matrix(x, 5) @ solved, y)
    figure, axes = plt.subplots(figsize=(8.5, 4.4), layout="constrained")
    for label, Phi, beta, colour, style in [
        ("standardised, momentum 0.9", standardised(design_matrix(x, 5))[0], 0.9, BLUE, "-"),
        ("standardised, plain", standardised(design_matrix(x, 5))[0], 0.0, GREY, ":"),
        ("as they are, momentum 0.9", design_matrix(x, 5), 0.9, GREEN, "-."),
        ("x in hundredths, as they are, momentum 0.9", design_matrix(100 * x, 5), 0.9, ORANGE, "--"),
    ]:
        curvature = np.linalg.eigvalsh(2 * Phi.T @ Phi / len(Phi)).max()
        losses = descend(LinearLayer(np.zeros((5, 1)), np.zeros(1)), Phi[:, 1:], y, 600, 0.5 / curvature, beta)
        axes.semilogy(np.maximum(np.array(losses) - lowest, 1e-12), color=colour, ls=style, lw=2, label=f"{label} (lr {0.5 / curvature:.1g})")
    axes.set(title="How far above the lowest loss", xlabel="step", ylabel="loss − lowest loss", ylim=(1e-11, 1e2))
    axes.legend(frameon=False, fontsize=10, loc="lower left")
    plt.show()


plot_descents()

# %% [markdown]
# **What to see.** With momentum and standardised columns the walk swings a little at first, and then comes closer by a fixed factor every few steps, all the way down. Plain descent goes the same way and creeps. Columns as they are, even with momentum, do hardly better than that, though all of them lie between −1 and 1. And in hundredths, after a few steps, nothing more happens: the column $x^5$ reaches $10^{10}$, a step that is safe for its weight is about $10^{-20}$, and with such steps the other weights never leave zero. Standardised columns would not notice the change of unit: z-scores of $100x$ are those of $x$.

# %% [markdown]
# ## 8 · Training, batch by batch
#
# **Why.** A step on all examples is exact and expensive. A step on a handful of them, a *batch*, is cheap and roughly right, and one can take many. It is the usual way to train networks; and the little wrong turns even help to leave flat places.
#
# If the examples came sorted, say by $x$, every batch would pull the model towards its own corner. So they are *shuffled*, anew in each pass over the data (an *epoch*), and hardly a batch has the same company twice.
#
# **Picture.** Seven examples, sorted by $x$, in batches of three, for three epochs. Each row is an epoch, each colour a batch. Every example comes once in every row, and the last batch of each row has one example only.

# %% nbgrader={"grade": false, "grade_id": "batches_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_batches():
    shuffle = np.random.default_rng(6)
    figure, axes = plt.subplots(figsize=(7.5, 2.8), layout="constrained")
    for epoch in range(3):
        for place, example in enumerate(shuffle.permutation(7)):
            batch = place // 3
            axes.add_patch(plt.Rectangle((place + 0.25 * batch, -epoch), 0.92, 0.8, facecolor=[BLUE, ORANGE, GREEN][batch], alpha=0.35, edgecolor="black"))
            axes.text(place + 0.25 * batch + 0.46, 0.4 - epoch, str(example), ha="center", va="center")
        axes.text(-0.3, 0.4 - epoch, f"epoch {epoch + 1}", ha="right", va="center")
    for batch, middle in enumerate([1.5, 4.7, 7.0]):
        axes.text(middle, 1.05, ["first batch", "second batch", "short one"][batch], ha="center", color=[BLUE, ORANGE, GREEN][batch])
    axes.set(xlim=(-1.6, 7.8), ylim=(-2.1, 1.4), title="Seven examples in batches of three")
    axes.axis("off")
    plt.show()


draw_batches()

# %% [markdown]
# **Derivation.** There are $n$ examples and batches of $B$. An order of the examples is cut into pieces of $B$; if $B$ does not divide $n$, the last piece is shorter, and it is used like any other. Let $L_k$ be the loss `mse` of batch $k$, which has $n_k$ examples, measured *before* the step that it causes. The loss of the epoch is the mean over all examples,
#
# $$ L \;=\; \frac1n \sum_k n_k\, L_k , \qquad \sum_k n_k = n. $$
#
# The model changes from batch to batch, so this is not the loss of any one model; it is a running record, and it costs nothing extra.
#
# **By hand.** Seven examples in batches of three; the batches have the losses 0.5, 0.2 and 0.8. The loss of the epoch is $(3 \cdot 0.5 + 3 \cdot 0.2 + 1 \cdot 0.8)/7 = 0.414$. The mean of the three numbers would be 0.5: it gives the single example of the last batch three times the weight of the others.

# %% [markdown]
# **Write** `fit`.
#
# * `X` has the shape `(N, D)`, `y` the shape `(N, K)`. Row `i` of `y` belongs to row `i` of `X`, in every order.
# * In each epoch draw a new order by `rng.permutation(N)`; `rng` is a NumPy `Generator`, and the one source of randomness. Cut the order into batches of `batch_size`; the last one may be short, and with `batch_size` above `N` there is one batch of `N`.
# * The model is trained from where it is, whether or not it was trained before.
# * For each batch: `forward`; the loss, `mse`; `backward`, with `mse_gradient` of the loss; then one step of plain descent for every key, `params[k] -= lr * grads[k]`.
# * Of the model use `forward`, `backward`, `params` and `grads`, and nothing else: every model that has these four can be trained. Its `backward` belongs to the last `forward`.
# * Call your `mse` and `mse_gradient` by their names, or compute the loss in place. (Where the names are called, the hidden tests put other functions behind them, so that a slip in section 4 costs nothing here; where they are not, the true loss is expected.)
# * The answer is a dictionary with one key: `"loss"`, a list with one number for each epoch, weighted as above.
#
# <details><summary>Hint 1: shapes</summary>
#
# The order is an array of N row numbers. A slice of it, used as an index, picks rows: X[rows] is (B, D), y[rows] is (B, K).
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# Batches start at 0, B, 2B, … below N. Add up loss × (examples in the batch) over an epoch, and divide by N at its end.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# for each epoch: draw an order; total = 0; for each start of a batch: its rows; prediction by forward; add loss × number of rows to the total; backward with the gradient of the loss; a step for every key. Note total / N.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "fit_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def fit(model, X: np.ndarray, y: np.ndarray, epochs: int, batch_size: int, lr: float, rng: np.random.Generator) -> dict[str, list[float]]:
    """Train a model by descent on shuffled batches, with the loss mse.

    model: has forward(X), backward(dout), and the dictionaries params and grads. X: shape (N, D). y: shape (N, K).
    epochs, batch_size: at least 1; the last batch of an epoch may be short. rng: draws a new order for each epoch.
    Returns {"loss": one number for each epoch, the mean over its examples of the losses before each step}.
    """
    ### BEGIN SOLUTION
    losses = []
    for _ in range(epochs):
        order = rng.permutation(len(X))
        total = 0.0
        for start in range(0, len(X), batch_size):
            rows = order[start : start + batch_size]
            prediction = model.forward(X[rows])
            total += len(rows) * mse(prediction, y[rows])
            model.backward(mse_gradient(prediction, y[rows]))
            for key in model.params:
                model.params[key] -= lr * model.grads[key]
        losses.append(total / len(X))
    return {"loss": losses}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "fit", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Training, batch by batch", "difficulty": 2, "minutes": 15, "needs": []}
def check_fit():
    class Level:
        """A model with one parameter, which it predicts for every example. It keeps the batches that it saw."""

        def __init__(self):
            self.params, self.grads, self.batches = {"a": np.array([0.0])}, {}, []

        def forward(self, X):
            self.batches.append(X.ravel().tolist())
            return np.zeros_like(X) + self.params["a"]

        def backward(self, dout):
            self.grads["a"] = np.array([dout.sum()])

    inputs, targets = np.arange(7.0)[:, np.newaxis], np.array([[4.0], [0.0], [2.0], [6.0], [3.0], [1.0], [5.0]])
    model = Level()
    found = fit(model, inputs, targets, epochs=2, batch_size=7, lr=0.25, rng=np.random.default_rng(0))
    assert isinstance(found, dict) and set(found) == {"loss"}, f"fit gives a dictionary with the key loss, not {found!r}"
    assert len(found["loss"]) == 2, f"two epochs have two losses, not {len(found['loss'])}"
    assert np.allclose(found["loss"], [13.0, 6.25]), f"all seven in one batch: the losses, each before its step, should be 13 and 6.25, not {found['loss']}"
    assert np.allclose(model.params["a"], 2.25), f"with lr = 0.25 the level goes from 0 to 1.5 to 2.25, not to {model.params['a']}"

    model = Level()
    fit(model, inputs, targets, epochs=3, batch_size=3, lr=0.0, rng=np.random.default_rng(0))
    sizes = [len(batch) for batch in model.batches]
    assert sizes == [3, 3, 1] * 3, f"seven examples in batches of three, three epochs: batches of 3, 3, 1 each time, not {sizes}"
    orders = [sum(model.batches[start : start + 3], []) for start in (0, 3, 6)]
    assert all(sorted(order) == inputs.ravel().tolist() for order in orders), f"every example comes once in every epoch; the first epoch had {orders[0]}"
    assert len({tuple(order) for order in orders}) > 1 and sorted(orders[0]) != orders[0], "the examples should be shuffled, anew in each epoch"
    found = fit(Level(), inputs, targets, epochs=1, batch_size=3, lr=0.0, rng=np.random.default_rng(1))
    assert np.allclose(found["loss"], [13.0]), f"with lr = 0 the loss of an epoch is 13, however the batches are cut, not {found['loss']}: weight each batch by its examples"
    assert targets.ravel().tolist() == [4.0, 0.0, 2.0, 6.0, 3.0, 1.0, 5.0] and inputs.ravel().tolist() == list(range(7)), "X and y should stay as they are"
    print("fit: losses, steps, batches and shuffling are right")


check_fit()

# %% [markdown]
# ### Look at it: two models, the same points
#
# The linear layer gets the five standardised columns. The network gets $x$ alone, standardised, and has eight tanh neurons, $8 + 8 + 8 + 1 = 25$ numbers. Its first weights are drawn with a spread of 2, so that the steps of the eight neurons are steep enough to stand at different places; its last ones with a spread of $1/\sqrt 8$ (why, is in section 12 of *Neurons and backprop*).
#
# How low can the loss get? Even the law itself does not predict the noise. Its mean squared error is that of the noise, $\sigma^2 = 0.25$: this is the *noise floor*. On the points that it learnt from, a fit with $P$ coefficients gets a little below it, on average to $\sigma^2 (1 - P/N)$, because it bends itself a little towards the noise that it sees. On new points no model can stay below it for long.
#
# > **Predict.** Which of the two models reaches the floor first? Will the other get there?
#
# Four trainings of a thousand epochs take a few seconds on two cores.

# %% nbgrader={"grade": false, "grade_id": "training", "locked": true, "schema_version": 3, "solution": false, "task": false}
def fit_with_bar(label, model, X, y, epochs, batch_size, lr, rng):
    """Your `fit`, some epochs at a time, with a bar of text that grows."""
    losses, width = [], 25
    for tick in range(1, width + 1):
        losses += fit(model, X, y, epochs * tick // width - epochs * (tick - 1) // width, batch_size, lr, rng)["loss"]
        print(f"\r{label:<16}[{'#' * tick}{'.' * (width - tick)}] epoch {epochs * tick // width}/{epochs}, loss {losses[-1]:.4f}", end="")
    print()
    return losses


def new_network(seed, hidden=8):
    draw = np.random.default_rng(seed)
    return TanhNetwork(2 * draw.normal(size=(1, hidden)), draw.normal(size=hidden), draw.normal(size=(hidden, 1)) / np.sqrt(hidden), np.zeros(1))


columns, mu, sd = standardised(design_matrix(x, 5))
centre, spread = x.mean(), x.std()
linear = LinearLayer(np.zeros((5, 1)), np.zeros(1))
networks = [new_network(seed) for seed in (3, 1, 5)]
losses_linear = fit_with_bar("linear layer", linear, columns[:, 1:], y, 1000, 20, 0.02, np.random.default_rng(1))
losses_networks = [
    fit_with_bar(f"tanh network {i}", network, (x - centre) / spread, y, 1000, 20, 0.05, np.random.default_rng(i)) for i, network in enumerate(networks, 1)
]

# %% nbgrader={"grade": false, "grade_id": "losses_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_losses():
    figure, axes = plt.subplots(figsize=(8.5, 4.2), layout="constrained")
    epochs = np.arange(1, 1001)
    axes.loglog(epochs, losses_linear, color=BLUE, lw=2, label="linear layer on five columns")
    axes.loglog(epochs, losses_networks[0], color=ORANGE, lw=1.3, label="eight tanh neurons")
    axes.axhline(sigma**2, color="black", lw=1.5, ls="--", label=f"noise floor, σ² = {sigma**2}")
    axes.axhline(mse(design_matrix(x, 5) @ solved, y), color=GREEN, lw=1.5, ls=":", label="lowest loss of any degree-5 polynomial")
    axes.set(title="Loss of each epoch", xlabel="epoch", ylabel="mean squared error", yticks=[0.25, 0.5, 1, 2, 4], yticklabels=["0.25", "0.5", "1", "2", "4"])
    axes.minorticks_off()
    axes.legend(frameon=False)
    plt.show()


plot_losses()


def value_of(model, at):
    """What each of the two kinds of model says at raw x, shape (N, 1)."""
    if isinstance(model, LinearLayer):
        return model.forward(((design_matrix(at, 5) - mu) / sd)[:, 1:])
    return model.forward((at - centre) / spread)


print("mean squared error          learnt from   new points   from the law itself")
nothing = np.zeros_like(x)
for label, guess in [
    ("the law", lambda at: make_data(truth, at, nothing)),
    ("solved in section 3", lambda at: design_matrix(at, 5) @ solved),
    ("linear layer, trained", lambda at: value_of(linear, at)),
    ("tanh network, trained", lambda at: value_of(networks[0], at)),
]:
    print(f"{label:<28}  {mse(guess(x), y):.3f}         {mse(guess(x_new), y_new):.3f}          {mse(guess(x_new), make_data(truth, x_new, nothing)):.3f}")

# %% [markdown]
# **What to see.** Both arrive near the floor; the straight problem does so within a hundred epochs, the network needs a few hundred. Its loss trembles, because each batch pulls it a little another way and the steps never get smaller, and it ends a little above what the polynomial reaches: it has to imitate the law with shapes that are not the law's.
#
# Now the table. The law itself has 0.267 on the points learnt from: these 200 draws of noise happen to be a little larger than $\sigma$ says. The solved polynomial has 0.258, *less than the law*, and $0.267 \cdot (1 - 6/200) = 0.259$. On new points it pays for that, with more than the law has. The last column leaves the noise out and compares with the law alone.
#
# ### Look at it: both fits, and what they leave
#
# > **Predict.** Where will the tanh network be furthest from the law: in the middle, or at the ends? Will its residuals show a pattern?

# %% nbgrader={"grade": false, "grade_id": "fits_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_fits():
    grid = np.linspace(-1, 1, 300)[:, np.newaxis]
    figure, axes = plt.subplots(figsize=(8.5, 4.4), layout="constrained")
    axes.plot(x, y, "o", color=GREY, ms=4, alpha=0.45, label="200 noisy points")
    axes.plot(grid, make_data(truth, grid, np.zeros_like(grid)), color="black", lw=1.2, label="the law")
    axes.plot(grid, value_of(linear, grid), color=BLUE, lw=2.5, label="linear layer on powers of x")
    axes.plot(grid, value_of(networks[0], grid), color=ORANGE, ls="--", lw=2.5, label="eight tanh neurons")
    axes.set(title="Your two models of the same points", xlabel="x", ylabel="y")
    axes.legend(frameon=False, loc="upper left", fontsize=10)
    plt.show()


plot_fits()
plot_residuals([("Linear layer", y - value_of(linear, x)), ("Tanh network", y - value_of(networks[0], x))])

# %% [markdown]
# **What to see.** Two curves that one can hardly tell apart, from machines that have nothing in common. The residuals of both look like noise. Those of the network lie a tenth or so below zero on the whole: the last few batches happened to pull its level up, and with smaller steps at the end that would go away. The network is furthest from the law at the left end, where the law rises steeply and few points say so. If all you want is $y$ for a new $x$, either will do.
#
# ## 9 · How many powers?
#
# **Why.** So far we knew that the law has degree 5. With real data nobody tells you. Too low a degree cannot bend as the law does: it *underfits*. Too high a degree has bends to spare, and spends them on the noise: it *overfits*. The loss on the points that one learns from does not show the difference, since it falls with every further column.
#
# **Picture.** From here on there are only 24 points to learn from. The cell fits every degree from 0 to 11 with your functions; above are three of the fits, below the mean squared error of all, on the 24 points and on the 200 that nobody learnt from.
#
# > **Predict.** Which of the two curves below has a lowest point, and where? How large will the error of degree 11 be on new points, if the noise floor is 0.25?

# %% nbgrader={"grade": false, "grade_id": "degree_sweep", "locked": true, "schema_version": 3, "solution": false, "task": false}
few = np.random.default_rng(0).permutation(200)[:24]
x_few, y_few = x[few], y[few]


def plot_degrees():
    fitted = {d: fit_closed_form(design_matrix(x_few, d), y_few) for d in range(12)}
    grid = np.linspace(-1, 1, 400)[:, np.newaxis]
    figure = plt.figure(figsize=(10.5, 7), layout="constrained")
    places = figure.add_gridspec(2, 3, height_ratios=[1, 1.15])
    for column, (d, word) in enumerate([(1, "underfits"), (5, "fits"), (11, "overfits")]):
        axes = figure.add_subplot(places[0, column])
        axes.plot(grid, make_data(truth, grid, np.zeros_like(grid)), color="black", lw=1, label="law")
        axes.plot(grid, design_matrix(grid, d) @ fitted[d], color=[ORANGE, BLUE, PURPLE][column], lw=2.2, label="fit")
        axes.plot(x_few, y_few, "o", color=GREY, ms=5)
        axes.set(title=f"Degree {d} {word}", xlabel="x", ylim=(-8, 6))
        axes.legend(frameon=False, fontsize=9, loc="lower right")
        if column == 0:
            axes.set_ylabel("y")
    axes = figure.add_subplot(places[1, :])
    for label, at, values, colour, style in [("24 points learnt from", x_few, y_few, BLUE, "o-"), ("200 points never learnt from", x_new, y_new, ORANGE, "s--")]:
        axes.semilogy(range(12), [mse(design_matrix(at, d) @ w, values) for d, w in fitted.items()], style, color=colour, ms=6, lw=2, label=label)
    axes.axhline(sigma**2, color="black", lw=1.2, ls=":", label="noise floor")
    axes.set(title="Error against degree", xlabel="degree", ylabel="mean squared error", xticks=range(12))
    axes.legend(frameon=False)
    plt.show()


plot_degrees()

# %% [markdown]
# **What to see.** The error on the 24 points falls and falls, far below the noise floor: further than six honest coefficients explain. The error on new points falls too, with a stumble, to its lowest at degree 5 or 6, and then climbs, not evenly, to more than a thousand times the floor: in the gaps between points, and beyond the last one at either end, the curve of degree 11 goes where nobody looks.
#
# **Derivation.** New points are a luxury: if we had 200 more we would learn from them. *Cross-validation* makes them out of the old ones. Cut the examples into pieces, called *folds*. Take one fold away; learn from all the rest; measure the error on the fold, which is new to this fit. Do that for each fold in turn. With $F$ folds, the *cross-validation error* of a degree is the mean of the $F$ errors:
#
# $$ E(d) \;=\; \frac1F \sum_{f=1}^{F} \operatorname{mse}\bigl(\text{fold } f,\ \text{learnt from all examples not in fold } f\bigr). $$
#
# Choose the degree with the smallest $E$; if two are equal, the lower one, which explains as much with less.
#
# **By hand.** Three folds, two degrees. Degree 1 has the errors 0.4, 0.6 and 0.5, so $E(1) = 0.5$. Degree 4 has the errors 0.2, 0.3 and 2.5, so $E(4) = 1$. Degree 1 is chosen, although degree 4 is better on two folds of three: it has failed badly once.

# %% [markdown]
# **Write** `select_degree`.
#
# * `folds` is a list of integer arrays: the row numbers of the examples that the fold *takes away to be measured on*. A fold is learnt from with all rows that are not in it. Folds may have different sizes, and some rows may be in none of them.
# * `degrees` is a list in any order; the answer is one of its numbers. If the smallest cross-validation error is reached by several degrees, the answer is the lowest of these.
# * The fit has no penalty (`l2=0`), the error of a fold is `mse` on it, and each fold counts once, whatever its size.
#
# Use `design_matrix`, `fit_closed_form` and `mse` from above, or NumPy.
#
# <details><summary>Hint 1: shapes</summary>
#
# With N examples and a fold of M, the fit sees N − M rows of the design matrix and the error is over M predictions.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# A boolean array of N times True, set to False at the fold, picks the rows to learn from.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# for each degree, from low to high: the design matrix of all rows; for each fold: the rows that are not in it; fit these; the error on the rows in it; the mean over the folds. Keep the degree if its mean is smaller than the smallest so far.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "select_degree_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def select_degree(X: np.ndarray, y: np.ndarray, degrees: list[int], folds: list[np.ndarray]) -> int:
    """The degree with the smallest cross-validation error; of equals the lowest.

    X, y: shape (N, 1). degrees: in any order. folds: integer arrays, each the rows that are left out of a fit and then measured on.
    """
    ### BEGIN SOLUTION
    best, smallest = degrees[0], np.inf
    for degree in sorted(degrees):
        Phi = design_matrix(X, degree)
        errors = []
        for fold in folds:
            learn = np.ones(len(X), dtype=bool)
            learn[fold] = False
            w = fit_closed_form(Phi[learn], y[learn])
            errors.append(mse(Phi[fold] @ w, y[fold]))
        if np.mean(errors) < smallest:
            best, smallest = degree, np.mean(errors)
    return best
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "select_degree", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false} exercise={"title": "How many powers?", "difficulty": 2, "minutes": 20, "needs": ["design_matrix", "fit_closed_form", "mse"]}
def check_select_degree():
    def folded(rows, size):
        return [rows[start : start + size] for start in range(0, len(rows), size)]

    at = np.linspace(-1, 1, 13)[:, np.newaxis]
    bent = 1 - 3 * at + 2 * at**2 + 0.1 * np.cos(50 * at)
    folds = folded(np.arange(13) * 5 % 13, 4)
    before = at.copy(), bent.copy(), [fold.copy() for fold in folds]
    chosen = select_degree(at, bent, [0, 1, 2, 6], folds)
    assert isinstance(chosen, (int, np.integer)), f"the answer is a degree, a whole number, not {chosen!r}"
    assert chosen == 2, f"a parabola with a little noise, degrees 0, 1, 2 and 6: cross-validation chooses 2, not {chosen}. 6 has the smallest error on rows that it learnt from; measure on the fold"
    assert np.array_equal(at, before[0]) and np.array_equal(bent, before[1]) and all(np.array_equal(a, b) for a, b in zip(folds, before[2])), "X, y and folds should stay as they are"
    chosen = select_degree(at, np.zeros((13, 1)), [3, 1, 2], folds)
    assert chosen == 1, f"if every y is 0 all degrees are without error, and the lowest of 3, 1 and 2 is 1, not {chosen}"
    far = np.array([[-1.0], [-0.8], [-0.5], [-0.2], [0.1], [0.4], [0.7], [6.0]])
    kinked = np.abs(far)
    chosen = select_degree(far, kinked, [1, 2, 4], [np.array([0, 3, 5]), np.array([7])])
    assert chosen == 1, f"degree 4 is good on the first of two folds, and fails badly on the second: the mean of both errors chooses 1, not {chosen}"
    print("select_degree: errors on the fold, ties and the mean over folds are right")


check_select_degree()

# %% [markdown]
# ### Look at it: what cross-validation says
#
# > **Predict.** The same 24 points, in six folds of four. Which degree will be chosen from 24 points? And which from all 200, with ten folds of twenty?

# %% nbgrader={"grade": false, "grade_id": "cross_validation", "locked": true, "schema_version": 3, "solution": false, "task": false}
folds_few = np.array_split(np.random.default_rng(1).permutation(24), 6)
folds_all = np.array_split(np.random.default_rng(1).permutation(200), 10)
print("chosen from  24 points: degree", select_degree(x_few, y_few, list(range(12)), folds_few))
print("chosen from 200 points: degree", select_degree(x, y, list(range(12)), folds_all))

# %% [markdown]
# **What to see.** Degree 5 both times. Change the seed of the folds, the 1 in the first two lines, and run the cell again: from 24 points the answer wanders between 3 and 6, from 200 it stays. That is not a failure of the method. If 24 noisy points cannot show a term of the law, a model without that term predicts about as well, and cross-validation says so. (The cell is locked; copy it into one of your own to change it.)
#
# ## 10 · Back to the units that you started from
#
# **Why.** The linear layer was trained on z-scores. Its weights are prices for one standard deviation of $x^3$, which nobody asked for. The law is in units of $x$. To read it off, the standardisation has to be undone, in the weights.
#
# **Picture.** The same straight line on two rulers: below, in units of $x$; above, in z-scores of $x$. Its slope and its height at zero are different numbers on the two rulers, and it is the same line.

# %% nbgrader={"grade": false, "grade_id": "rulers_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_rulers():
    figure, axes = plt.subplots(figsize=(7.5, 3.6), layout="constrained")
    line = np.array([-2.0, 22.0])
    axes.plot(line, -4 + 0.6 * line, color=BLUE, lw=2.5)
    axes.plot([0], [-4], "o", color=ORANGE, ms=9)
    axes.annotate("height −4 at x = 0", (0, -4), (2.2, -4.6), color=ORANGE, va="center", arrowprops={"arrowstyle": "-", "color": ORANGE})
    axes.plot([10], [2], "s", color=GREEN, ms=9)
    axes.annotate("height 2 at z = 0", (10, 2), (4.0, 4.2), color=GREEN, va="center", arrowprops={"arrowstyle": "-", "color": GREEN})
    axes.set(xlabel="x, slope 0.6 for each unit", ylabel="y", xlim=(-2, 22), ylim=(-6, 9))
    upper = axes.secondary_xaxis("top", functions=(lambda t: (t - 10) / 5, lambda z: 10 + 5 * z))
    upper.set_xlabel("z = (x − 10)/5, slope 3 for each unit")
    axes.spines["top"].set_visible(True)
    plt.show()


draw_rulers()

# %% [markdown]
# **Derivation.** For column $j$ of the design matrix let $\mu_j$ be its mean and $s_j > 0$ its standard deviation. The first column is all ones and stays as it is, so $\mu_0 = 0$ and $s_0 = 1$. A model on the standardised columns $z_j = (\phi_j - \mu_j)/s_j$ with the weights $w_0, \dots, w_{P-1}$ says
#
# $$ w_0 + \sum_{j=1}^{P-1} w_j\, \frac{\phi_j - \mu_j}{s_j} \;=\; \underbrace{\Bigl(w_0 - \sum_{j=1}^{P-1} \frac{w_j\, \mu_j}{s_j}\Bigr)}_{\text{the raw intercept}} \;+\; \sum_{j=1}^{P-1} \underbrace{\frac{w_j}{s_j}}_{\text{raw}}\, \phi_j . $$
#
# So each weight is divided by its standard deviation, and the intercept gives back what the means had taken. ($y$ was not standardised; if it had been, everything would be multiplied by its deviation once more.)
#
# **By hand.** One column with $\mu_1 = 10$, $s_1 = 5$, and the weights $w = (2, 3)$: that is $2 + 3\,(x - 10)/5 = -4 + 0.6\,x$. It is the line in the picture.

# %% [markdown]
# **Write** `unstandardise`.
#
# * `w` has the shape `(P, 1)`, its first entry is the intercept; `mu` and `sd` have the shape `(P,)`, with `mu[0] = 0` and `sd[0] = 1`. The answer has the shape `(P, 1)`.
# * $P$ may be 1: an intercept alone stays as it is.
#
# <details><summary>Hint 1: shapes</summary>
#
# w is a column, (P, 1), and sd is a list, (P,): dividing one by the other broadcasts to (P, P). Make a column of sd first.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# First the raw weights, all of them; then the intercept minus the sum of raw weight times mean. (Because mu[0] is 0 the sum may as well run over all columns.)
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# raw = w divided by the column of sd, a new array; subtract from its first entry the product of mu and raw; return raw.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "unstandardise_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def unstandardise(w: np.ndarray, mu: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """Weights for standardised columns as weights for the raw columns.

    w: shape (P, 1); w[0] is the intercept. mu, sd: shape (P,), mean and standard deviation of each column; mu[0] is 0, sd[0] is 1.
    Returns float64, shape (P, 1).

    >>> unstandardise(np.array([[2.0], [3.0]]), np.array([0.0, 10.0]), np.array([1.0, 5.0]))
    array([[-4. ],
           [ 0.6]])
    """
    ### BEGIN SOLUTION
    raw = w / sd[:, np.newaxis]
    raw[0] -= mu @ raw
    return raw
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "unstandardise", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Back to the raw scale", "difficulty": 3, "minutes": 10, "needs": []}
def check_unstandardise():
    w, means, deviations = np.array([[2.0], [3.0]]), np.array([0.0, 10.0]), np.array([1.0, 5.0])
    raw = unstandardise(w, means, deviations)
    assert np.shape(raw) == (2, 1), f"two weights in the shape (2, 1) give two in the shape (2, 1), not {np.shape(raw)}"
    assert abs(raw[1, 0] - 0.6) < 1e-9, f"the weight 3 for a column of standard deviation 5 is 0.6 on the raw scale, not {raw[1, 0]}"
    assert abs(raw[0, 0] + 4.0) < 1e-9, f"the intercept of the example is 2 - 3 · 10 / 5 = -4, not {raw[0, 0]}"
    assert w.ravel().tolist() == [2.0, 3.0], "w should stay as it is"

    table = np.array([[1.0, 4.0, -30.0], [1.0, 2.0, 10.0], [1.0, 9.0, 50.0]])
    w, means, deviations = np.array([[1.0], [-2.0], [0.5]]), np.array([0.0, 5.0, 10.0]), np.array([1.0, 2.0, 40.0])
    standard, raw = (table - means) / deviations @ w, table @ unstandardise(w, means, deviations)
    assert np.allclose(raw, standard), f"raw weights on raw columns should predict what the others predict on standardised columns: {standard.ravel()}, not {raw.ravel()}"
    assert np.shape(unstandardise(w[:1], means[:1], deviations[:1])) == (1, 1), "an intercept alone should stay as it is, in the shape (1, 1)"
    print("unstandardise: weights, intercept and predictions are right")


check_unstandardise()

# %% [markdown]
# ### Look at it: the law, found twice
#
# The cell takes the linear layer once more, walks downhill with momentum on all examples, 1500 steps, and translates its weights to the raw scale. Beside it stand the layer that was trained with batches, and the coefficients that you solved for.
#
# > **Predict.** To how many digits will the walk agree with the equation? And the layer that was trained with batches?

# %% nbgrader={"grade": false, "grade_id": "found_twice", "locked": true, "schema_version": 3, "solution": false, "task": false}
walked = LinearLayer(np.zeros((5, 1)), np.zeros(1))
descend(walked, columns[:, 1:], y, 1500, 0.1, 0.9)


def show_found():
    found = {model: unstandardise(np.vstack([model.params["b"][:, np.newaxis], model.params["W"]]), mu, sd) for model in (walked, linear)}
    print("power     law    solved       walked       batches")
    for j, c in enumerate(truth):
        print(f"x^{j}    {c:+6.2f}   {solved[j, 0]:+.6f}    {found[walked][j, 0]:+.6f}    {found[linear][j, 0]:+.6f}")


show_found()

# %% [markdown]
# **What to see.** The walk arrives where the equation is, to six digits: two methods with nothing in common, the same answer, and so probably the right one. The layer that was trained with batches is close by and keeps trembling: along the flat floor of the valley a small pull moves the coefficients a long way. All three miss the law itself by no more than section 3 said that they might; a coefficient that comes close, as some do here, is luck. That part is the noise's doing, and no method can undo it.
#
# ### Look at it: what the network knows
#
# Three networks were trained in section 8. They differ in their random numbers, that is, in their first weights and in the order of the examples, and in nothing else. Which of the 25 numbers of each is the coefficient of $x^3$?
#
# > **Predict.** On the left, the three networks and the polynomial, beyond the range of the points: $-2 \le x \le 2$. Where do they agree, and where not? On the right, each neuron as a point: how steep it is, and how high. Will the three networks have found the same neurons?

# %% nbgrader={"grade": false, "grade_id": "networks_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_networks():
    grid = np.linspace(-2, 2, 500)[:, np.newaxis]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4), layout="constrained", width_ratios=[1.4, 1])
    left.axvspan(-1, 1, color=GREY, alpha=0.13, label="where the points were")
    left.plot(grid, make_data(truth, grid, np.zeros_like(grid)), color="black", lw=1.2, label="the law")
    left.plot(grid, value_of(walked, grid), color=BLUE, lw=2.2, label="polynomial")
    for i, (network, colour, style, marker) in enumerate(zip(networks, [ORANGE, GREEN, PURPLE], ["--", "-.", ":"], "o^s"), 1):
        left.plot(grid, value_of(network, grid), color=colour, ls=style, lw=2, label=f"network {i}")
        steep, high = network.params["W1"].ravel(), network.params["W2"].ravel()
        turned = np.sign(steep)  # v tanh(u x + s) is the same neuron as -v tanh(-u x - s)
        right.plot(steep * turned, high * turned, marker, color=colour, ms=8, ls="", alpha=0.85, label=f"network {i}")
    left.set(title="The same function, as far as it was seen", xlabel="x", ylabel="y", ylim=(-16, 16))
    right.set(title="The neurons of each network", xlabel="steepness |W1|", ylabel="height W2 · sign(W1)")
    right.axhline(0, color=GREY, lw=0.7)
    left.legend(frameon=False, fontsize=9, loc="lower left", ncols=2)
    right.legend(frameon=False, fontsize=9)
    plt.show()


plot_networks()

# %% [markdown]
# **What to see.** Between −1 and 1 the four curves are hardly to be told apart, but for the left end. Outside they part: each tanh runs flat, so the networks level off at heights that nobody chose, while the polynomial goes on as the law does. It may, because it was *told* the right family of curves; a polynomial of the wrong degree would go astray out there as wildly as that of degree 11 in section 9. And the neurons of the three networks are not the same; a few stand near each other, most do not. They are different
# descriptions of the same function. **The linear layer found coefficients. The networks found the function.** There is no $x^3$ in them to be read off, however long one trains.
#
# ## What you built
#
# * `make_data`, `design_matrix`: points from a law, and the powers that make a curve a linear thing.
# * `fit_closed_form`: least squares, with a penalty if wanted, for rank-deficient tables too.
# * `mse`, `LinearLayer`, `TanhNetwork`: a loss and two models, with every gradient derived on paper and checked by measurement.
# * `momentum_step`, `fit`: two ways downhill, with all the examples and with batches.
# * `select_degree`, `unstandardise`: how complicated a model should be, and how to read its weights.
#
# scikit-learn has the same pieces under the names `PolynomialFeatures`, `Ridge`, `StandardScaler` and `cross_val_score`; in PyTorch `LinearLayer` is `torch.nn.Linear`, and the network is three modules in a `Sequential`.
#
# ## Where it breaks
#
# * **Extrapolation.** Nothing here may be asked about an $x$ outside the range that it learnt from, unless somebody knows the family of the law.
# * **High degrees.** The powers of $x$ become so alike that even with noise-free data rounding decides the coefficients; beyond degree 20 or so one uses other polynomials (Chebyshev's, Legendre's) that are less alike.
# * **Many inputs.** With 10 inputs there are 3,003 products of degree up to 5, with 100 inputs almost a hundred million. A network with a hidden layer grows with the number of its neurons instead. That is its advantage, and why it does not matter that its weights cannot be read.
# * **Outliers.** A square makes one large miss count like many small ones; one wrong measurement can bend the curve. Other losses (L1, SmoothL1) are gentler.
# * **Local minima.** The straight problem has one valley. The network's loss has many, and where training ends depends on where it began.
# * **Choosing and judging with the same points.** An error by which a degree was *chosen* flatters the chosen one. To report how good it is, keep points aside that took no part in the choice.
#
# ## What comes next
#
# In *word2vec* there is no $x$ to take powers of: the examples are words. Each word gets a vector of numbers, the loss asks which words stand near which, and you derive its gradients by hand once more, with the same three moves as here: every path, the chain rule along each, and a measured slope as the judge.
#
# ## Further reading
#
# * C. F. Gauss, *Theoria motus corporum coelestium*, 1809, and A.-M. Legendre, *Nouvelles méthodes pour la détermination des orbites des comètes*, 1805: least squares, to find comets and planets again.
# * A. E. Hoerl, R. W. Kennard, "Ridge regression: biased estimation for nonorthogonal problems", *Technometrics* 12 (1970).
# * T. Hastie, R. Tibshirani, J. Friedman, *The Elements of Statistical Learning*, 2nd edition, Springer 2009: chapters 3 (linear methods) and 7 (model assessment and selection).
# * M. Stone, "Cross-validatory choice and assessment of statistical predictions", *Journal of the Royal Statistical Society B* 36 (1974).
# * B. T. Polyak, "Some methods of speeding up the convergence of iteration methods", *USSR Computational Mathematics and Mathematical Physics* 4 (1964); G. Goh, "Why momentum really works", *Distill* (2017), with pictures to play with.
# * G. Cybenko, "Approximation by superpositions of a sigmoidal function", *Mathematics of Control, Signals and Systems* 2 (1989): why one hidden layer can be enough.
# * The documentation of `numpy.linalg.lstsq`, and of scikit-learn's "Underfitting vs. overfitting" example.
