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
#     title: Neurons and backprop
#     imports: [math, random, json]
#     packages: []
# ---

# %% [markdown]
# # Neurons and backprop
#
# Training a neural network means asking, for each of its numbers, "if I raise this one a little, by how much does the
# loss change?" A network has millions of numbers, and the answer for all of them costs about as much as two
# or three evaluations of the network. In this notebook you build the machine that gives that answer.
#
# **By the end you will have** a class `Node`. A node is a number that remembers how it was made. You write an
# ordinary expression, such as $y = \tanh(w_1 x_1 + w_2 x_2 + b)$, call `y.backward()`, and every number that went into it
# holds its own gradient. The picture below is that neuron; at the end of the notebook it is drawn again, from your own nodes.
# Tensors, layers and optimizers are made of the same idea.
#
# | | |
# |---|---|
# | **You need** | Python (functions, classes, operators such as `__add__`), and school calculus: the derivative as a slope, the product and the chain rule |
# | **Time** | about two and a half hours: 15 min + 50 min + 30 min + 55 min for the exercises, the reading included |
# | **Allowed tools** | answers may import `math`, `random` and `json`, besides `__future__`, `typing`, `collections`, `dataclasses`, `functools`, `itertools`, `operator` and `numbers`; no NumPy, no torch. Cells that draw use matplotlib; they are given, and nothing that is graded needs them |
# | **To run** | from top to bottom in a few seconds |
#
# **How it works.** Write your code where the cell says `YOUR CODE HERE`. The locked cell below it checks the worked example
# and the most common mistakes; its messages are meant to be read. Hidden tests grade the rest: everything that they ask for
# is written in the text and the docstrings of this notebook.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["setup"]
import json
import math
import random

# %% [markdown]
# The next cell holds the drawing tools of this notebook. You need not read it. Run it, and look at the picture.
# Blue is a value, which flows from left to right. Orange is a gradient, which flows back from right to left:
# by how much $y$ grows when that number grows by one, for very small steps.

# %% nbgrader={"grade": false, "grade_id": "drawing", "locked": true, "schema_version": 3, "solution": false, "task": false}
import matplotlib.pyplot as plt

BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#5A5A5A"  # Okabe and Ito: safe for colour-blind readers
plt.rcParams.update({"figure.dpi": 100, "font.size": 11, "axes.spines.top": False, "axes.spines.right": False})


def draw_graph(vertices, edges, title):
    """Draw a computational graph, operands on the left of their results.

    vertices: (name, value, gradient or None), operands before results.
    edges: (index of the operand, index of the result, text on the edge), one for each use, left operands first.
    """
    results = {result for _, result, _ in edges}
    column = [0] * len(vertices)
    for operand, result, _ in sorted(edges, key=lambda edge: edge[1]):
        column[result] = max(column[result], column[operand] + 1)
    for operand in set(range(len(vertices))) - results:  # a leaf stands next to its first use
        column[operand] = min([column[result] for start, result, _ in edges if start == operand], default=1) - 1

    gap = 2.2 + 0.11 * max(len(text) for _, _, text in edges)
    place, tallest = {}, 1
    for c in range(max(column), -1, -1):  # from the root leftwards, so that operands lie in the order of their uses
        members = [i for i in range(len(vertices)) if column[i] == c]
        uses = {i: [(-place[result][1], n) for n, (start, result, _) in enumerate(edges) if start == i] for i in members}
        members.sort(key=lambda i: min(uses[i], default=(0.0, 0)))
        tallest = max(tallest, len(members))
        for row, i in enumerate(members):
            place[i] = (gap * c, 1.35 * ((len(members) - 1) / 2 - row))

    width, height = gap * max(column) + 2.0, 1.35 * tallest + 0.1
    figure, axes = plt.subplots(figsize=(min(10.5, 0.92 * width), 0.8 * height + 0.5), layout="constrained")
    boxes = {}
    for i, (name, value, gradient) in enumerate(vertices):
        x, y = place[i]
        boxes[i] = plt.Rectangle((x - 0.78, y - 0.52), 1.56, 1.04, facecolor="white", edgecolor=BLUE if i in results else "black", lw=1.4, zorder=3)
        axes.add_patch(boxes[i])
        axes.text(x, y + 0.29, name, ha="center", va="center", fontweight="bold", fontsize=10.5, zorder=4)
        axes.text(x, y if gradient is not None else y - 0.12, f"{value:.4g}", ha="center", va="center", color=BLUE, zorder=4)
        if gradient is not None:
            axes.text(x, y - 0.3, f"grad {gradient:.4g}", ha="center", va="center", color=ORANGE, fontsize=10, zorder=4)
    drawn = []
    for operand, result, text in edges:
        (x0, y0), (x1, y1) = place[operand], place[result]
        twice = sum((start, end) == (operand, result) for start, end, _ in edges) > 1
        bend = (-0.4 if (operand, result) in drawn else 0.4) if twice else 0.0
        drawn.append((operand, result))
        arrow = {"arrowstyle": "-|>", "color": GREY, "patchA": boxes[operand], "patchB": boxes[result], "shrinkA": 0, "shrinkB": 1}
        axes.annotate("", (x1, y1), (x0, y0), arrowprops=arrow | {"connectionstyle": f"arc3,rad={bend}"}, zorder=2)
        axes.text((x0 + x1) / 2, (y0 + y1) / 2 - 0.5 * bend * (x1 - x0), text, ha="center", va="center", fontsize=10, color=GREY,
                  bbox={"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none"} if text else None)
    axes.set(xlim=(-1.0, width - 1.0), ylim=(-height / 2, height / 2), title=title)
    axes.axis("off")
    plt.show()


def draw_the_goal():
    sigma = math.tanh(0.5)
    slope = 1 - sigma**2
    draw_graph(
        [("w1", 0.5, 1.0 * slope), ("x1", 1.0, 0.5 * slope), ("w2", -0.25, 2.0 * slope), ("x2", 2.0, -0.25 * slope),
         ("w1*x1", 0.5, slope), ("w2*x2", -0.5, slope), ("sum", 0.0, slope), ("b", 0.5, slope), ("n", 0.5, slope), ("y", sigma, 1.0)],
        [(0, 4, ""), (1, 4, ""), (2, 5, ""), (3, 5, ""), (4, 6, ""), (5, 6, ""), (6, 8, ""), (7, 8, ""), (8, 9, "tanh")],
        "A neuron, y = tanh(w1 x1 + w2 x2 + b): values in blue, gradients of y in orange",
    )


draw_the_goal()

# %% [markdown]
# ## 1 · A gradient without any calculus
#
# **Why.** Before we build a machine that computes gradients by the rules of calculus, we want an independent way to find
# out whether it is right. There is one that needs no rules at all: move a number a little, and see what the function does.
# It is far too slow to train with (two evaluations of the network *for each number*), and it is the best
# test that there is. You will use it to check your own work in every later section.
#
# **Picture.** The slope of a curve at a point is the slope of its tangent. A straight line through two nearby points of
# the curve, a *chord*, has almost the same slope. The chord may start at the point (*forward difference*) or straddle it
# (*central difference*). Run the cell and see which of the two is more nearly parallel to the tangent.

# %% nbgrader={"grade": false, "grade_id": "chords_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_chords():
    at, step = 1.0, 0.6
    curve = [0.2 + 0.02 * i for i in range(90)]
    figure, axes = plt.subplots(figsize=(7.5, 4))
    axes.plot(curve, [t**3 for t in curve], color="black", lw=2, label="f(t) = t³")
    axes.plot(curve, [at**3 + 3 * at**2 * (t - at) for t in curve], color=GREY, ls=":", lw=2, label="tangent: slope 3")
    for label, colour, style, left, right in [
        ("forward chord", ORANGE, "--", at, at + step),
        ("central chord", BLUE, "-", at - step, at + step),
    ]:
        rise = (right**3 - left**3) / (right - left)
        axes.plot([left, right], [left**3, right**3], color=colour, ls=style, marker="o", lw=2, label=f"{label}: slope {rise:.2f}")
    axes.set(title="Two chords at t = 1, with h = 0.6", xlabel="t", ylabel="f(t)", xlim=(0.2, 1.8), ylim=(-1, 6))
    axes.legend(frameon=False)
    plt.show()


draw_chords()

# %% [markdown]
# **Derivation.** Let $f : \mathbb{R}^n \to \mathbb{R}$ take a list of $n$ numbers $x = (x_0, \dots, x_{n-1})$ and give one number. Its
# *gradient* at $x$ is again a list of $n$ numbers, the partial derivatives $\partial f / \partial x_i$: the slope of
# $f$ when only $x_i$ moves. Write $e_i$ for the list of $n$ numbers with a 1 at place $i$ and 0 elsewhere, and $h > 0$ for
# a small step. Taylor's theorem says
#
# $$ f(x \pm h e_i) = f(x) \pm h f' + \tfrac{1}{2} h^2 f'' \pm \tfrac{1}{6} h^3 f''' + \dots, $$
#
# where $f', f'', f'''$ are the derivatives in the direction $i$, at $x$. Subtract the two: everything with an even power
# of $h$ cancels. Divide by the distance $2h$ between the two points:
#
# $$ \boxed{\;\frac{\partial f}{\partial x_i} \approx \frac{f(x + h e_i) - f(x - h e_i)}{2h}\;} \qquad \text{with an error of about } \tfrac{1}{6} h^2 f'''. $$
#
# The forward difference $\bigl(f(x + h e_i) - f(x)\bigr)/h$ keeps the $h^2 f''$ term: its error is about $\tfrac12 h f''$, and
# for $h = 10^{-5}$ that is some hundred thousand times larger.
#
# **By hand.** $f(x) = x_0^2\, x_1$ at $x = (3, 2)$ with $h = 0.1$.
#
# * $i = 0$: $\;(3.1^2 \cdot 2 - 2.9^2 \cdot 2) / 0.2 = (19.22 - 16.82) / 0.2 = 12$; calculus says $2 x_0 x_1 = 12$.
# * $i = 1$: $\;(3^2 \cdot 2.1 - 3^2 \cdot 1.9) / 0.2 = (18.9 - 17.1) / 0.2 = 9$; calculus says $x_0^2 = 9$.
#
# Both are exact, because $f'''$ is 0 in both directions. For $f(x) = x_0^3$ at 2 it is not: $(9.261 - 6.859)/0.2 = 12.01$, which is
# $12 + h^2$, as the error term promises.

# %% [markdown]
# **Write** `numerical_gradient`.
#
# * Use the central difference with the step `h` that you are given.
# * Never write to `x`, not even for a moment: `f` may be looking at the same list while you call it. Work on copies.
#
# <details><summary>Hint 1: shapes</summary>
#
# `x` holds n numbers, and so does the answer: one slope for each of them. Each slope takes two calls of `f`, each with a list of n numbers
# that differs from `x` in one place.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# Entry i is (f(x with x_i + h) − f(x with x_i − h)) / (2h). The other entries of x stay as they are.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# for each place i: copy x and raise entry i of the copy by h; copy x again and lower entry i by h; the slope is the difference of f at the
# two copies, divided by the distance between them; collect the slopes.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "numerical_gradient_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
from collections.abc import Callable


def numerical_gradient(f: Callable[[list[float]], float], x: list[float], h: float = 1e-5) -> list[float]:
    """The gradient of f at x, by central differences.

    f: takes a list of n numbers, gives one number. x: the point, n numbers; it is never written to.
    h: the step to each side, above 0.
    Returns n numbers: entry i is the slope of f when x[i] alone moves.

    >>> [round(slope, 6) for slope in numerical_gradient(lambda x: x[0] ** 2 * x[1], [3.0, 2.0])]
    [12.0, 9.0]
    """
    ### BEGIN SOLUTION
    gradient = []
    for i in range(len(x)):
        above, below = list(x), list(x)
        above[i] += h
        below[i] -= h
        gradient.append((f(above) - f(below)) / (2 * h))
    return gradient
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "numerical_gradient", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false} exercise={"title": "A gradient by central differences", "difficulty": 1, "minutes": 15, "needs": []}
def check_numerical_gradient():
    point = [3.0, 2.0]
    watched = []

    def two_inputs(x):
        watched.append(list(point))
        return x[0] ** 2 * x[1]

    slopes = numerical_gradient(two_inputs, point)

    assert slopes is not None, "numerical_gradient should return its list of slopes"
    assert len(slopes) == 2, f"two inputs have two slopes, not {len(slopes)}"
    assert all(abs(a - b) < 1e-6 for a, b in zip(slopes, [12.0, 9.0])), f"x0² x1 at (3, 2) has the gradient [12, 9], not {slopes}"
    assert point == [3.0, 2.0], f"x must be left as it was, [3.0, 2.0]; it is now {point}"
    assert all(seen == [3.0, 2.0] for seen in watched), "x was changed while f was being called: work on a copy of it"

    [cubed] = numerical_gradient(lambda x: x[0] ** 3, [2.0], 0.1)
    assert abs(cubed - 12.6) > 0.1, f"x³ at 2 with h = 0.1 gives {cubed}: that is near the forward difference, 12.61; the central one is 12.01"
    assert abs(cubed - 12.01) < 1e-6, f"x³ at 2 with h = 0.1 should give 12.01 (the error h² included), not {cubed}"
    print("numerical_gradient: both slopes, the step and the untouched point are right")


check_numerical_gradient()

# %% [markdown]
# ### Look at it: how small should $h$ be?
#
# The error term says: the smaller $h$, the better. Why then is the default not $10^{-15}$?
#
# > **Predict.** The next cell computes the slope of $f(t) = e^t$ at $t = 1$ (which is $e$) with steps from $10^{-1}$ down to
# > $10^{-14}$, and plots the error on two logarithmic axes. What shape do you expect for the central difference? What for
# > the forward difference, which leaves the point below out? Where is each of them best? Write your prediction down, then run it.

# %% nbgrader={"grade": false, "grade_id": "step_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_errors():
    steps = [10 ** (-k / 6) for k in range(6, 85)]
    exact = math.exp(1.0)
    central = [abs(numerical_gradient(lambda x: math.exp(x[0]), [1.0], h)[0] - exact) for h in steps]
    forward = [abs((math.exp(1.0 + h) - math.exp(1.0)) / h - exact) for h in steps]

    figure, axes = plt.subplots(figsize=(8, 4.6))
    axes.loglog(steps, central, "o-", color=BLUE, ms=3.5, lw=1.2, label="central difference (yours)")
    axes.loglog(steps, forward, "s--", color=ORANGE, ms=3.5, lw=1.2, label="forward difference")
    axes.loglog(steps[:34], [exact * h**2 / 6 for h in steps[:34]], color="black", lw=1, ls=":", label="truncation: f''' h²/6 and f'' h/2")
    axes.loglog(steps[:52], [exact * h / 2 for h in steps[:52]], color="black", lw=1, ls=":")
    axes.loglog(steps[20:], [exact * 2.2e-16 / h for h in steps[20:]], color=GREY, lw=1, ls="-.", label="rounding: 2.2e-16 f/h")
    axes.axvline(1e-5, color=GREEN, lw=1.2)
    axes.text(1.15e-5, 2e-1, "default h", color=GREEN)
    axes.set(title="Too large a step truncates, too small a step rounds", xlabel="step h", ylabel="error of the slope of exp at 1", ylim=(1e-13, 1e1))
    axes.legend(frameon=False, fontsize=10, loc="lower left")
    plt.show()


plot_errors()

# %% [markdown]
# **Read it from right to left.** At first each error falls along its dotted line: $h^2$ for the central difference (two decades for each
# decade of $h$), $h$ for the forward one. Then both turn and rise. A float carries about 16 digits, so $f(x + he_i)$ and
# $f(x - he_i)$ are each wrong by about $10^{-16} |f|$. Their difference is tiny, the error stays, and dividing by $2h$ blows it up to
# $10^{-16}|f|/h$: the grey line. The best step balances the two. For central differences that is about
# $\sqrt[3]{10^{-16}} \approx 5 \cdot 10^{-6}$, hence the default; ten correct digits are what you can hope for.
#
# The forward difference is the *ablation*: take the second point away, and the best that is left is about eight digits, whatever the step.

# %% [markdown]
# ## 2 · A number that remembers
#
# **Why.** Central differences ask the whole function again for every input. Calculus does better, because an expression is made of
# small steps, `+`, `*`, `tanh`, each with a derivative that fits on one line. If a number remembered which step made it, and from what,
# the derivatives of the small steps could be put together by the chain rule. So we make such a number.
#
# **Picture.** $y = a \cdot b + c$ with $a = 2$, $b = -3$, $c = 10$. Each box is a node. Each arrow leads from an operand to a result, and on it
# stands the **local derivative**: the slope of that one result when that one operand moves and the other stays.

# %% nbgrader={"grade": false, "grade_id": "local_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
draw_graph(
    [("a", 2.0, None), ("b", -3.0, None), ("u = a*b", -6.0, None), ("c", 10.0, None), ("y = u + c", 4.0, None)],
    [(0, 2, "∂u/∂a = b = −3"), (1, 2, "∂u/∂b = a = 2"), (2, 4, "∂y/∂u = 1"), (3, 4, "∂y/∂c = 1")],
    "Values in the boxes, local derivatives on the arrows",
)

# %% [markdown]
# **Derivation.** All quantities in this section are single real numbers. Let $z$ be the result of one operation on $x$ and $y$. These are the
# values and the two local derivatives of everything that you will write:
#
# | operation | value $z$ | $\partial z/\partial x$ | $\partial z/\partial y$ |
# |---|---|---|---|
# | `x + y` | $x + y$ | $1$ | $1$ |
# | `x - y` | $x - y$ | $1$ | $-1$ |
# | `x * y` | $xy$ | $y$ | $x$ |
# | `x / y` | $x / y$ | $1/y$ | $-x/y^2$ |
# | `-x` | $-x$ | $-1$ | |
# | `x ** n`, $n$ a number | $x^n$ | $n\,x^{n-1}$, and $0$ for $n = 0$ | |
# | `x ** y`, $y$ a node | $x^y$ | $y\,x^{y-1}$ | $x^y \ln x$ |
#
# The last line is the one that is often forgotten: the exponent may move, too. Write $x^y = e^{y \ln x}$; when $y$ moves, the chain rule
# brings down the factor $\ln x$. The logarithm is why a node as exponent needs a base above 0.
#
# **From local derivatives to gradients.** Let $x$ be one of the numbers that went into $y$. A small move of $x$ reaches $y$ along every path
# of arrows from $x$ to $y$. Along one path the slopes multiply (that is the chain rule); over several paths the effects add:
#
# $$ \frac{\partial y}{\partial x} \;=\; \sum_{\text{paths } x \to \dots \to y} \;\; \prod_{\text{arrows on the path}} \text{local derivative}. $$
#
# **By hand.** In the picture there is one path from $a$ to $y$, with $-3$ and $1$ on it: $\partial y/\partial a = -3 \cdot 1 = -3$. In the same way
# $\partial y/\partial b = 2$ and $\partial y/\partial c = 1$. Now let $y = x \cdot x + x$ at $x = 3$. Two arrows lead from $x$ to $u = x \cdot x$, each
# with the slope $3$, and one from $x$ to $y$, with the slope $1$. Three paths: $3 \cdot 1 + 3 \cdot 1 + 1 = 7$, and calculus agrees: $2x + 1 = 7$.
#
# **How a node remembers.** A result keeps `parents`: a tuple of pairs *(operand, local derivative)*, one pair for each use, in the order of the
# operands. For `u` above that is `((a, -3.0), (b, 2.0))`. A node that was made by hand, a *leaf*, has `()`. It also keeps `op`, the sign of the operation as
# text, such as `"*"`; a leaf has `""`. The pictures of this notebook read these two.
#
# The next cell is given: it adds up the paths, exactly as the formula says. You can use it to try your nodes; the checks of this section
# and the next do.

# %% nbgrader={"grade": false, "grade_id": "gradient_over_paths", "locked": true, "schema_version": 3, "solution": false, "task": false}
def gradient_over_paths(result, leaf) -> float:
    """The gradient of `result` with respect to `leaf`, by walking every path between them, one after the other."""
    total, walks = 0.0, [(result, 1.0)]
    while walks:
        node, product = walks.pop()
        if node is leaf:
            total += product
        walks.extend((operand, product * local) for operand, local in node.parents)
    return total


def exception_of(action):
    """The name of the exception that `action` raises, or None: the checks ask with it for refusals."""
    try:
        action()
    except Exception as error:
        return type(error).__name__
    return None


# %% [markdown]
# **The other way round.** Python asks the *left* operand first. For `node - 5` it calls `node.__sub__(5)`. For `5 - node`, the number 5 does not know what a
# node is, so Python calls the *reflected* method of the right operand, `node.__rsub__(5)`, and there `self` stands on the **right** of the sign.

# %% [markdown]
# **Write** the class `Node`.
#
# * `Node(value, name="", requires_grad=True)`. The value is an `int` or a `float`; anything else, `bool` included, raises `TypeError`. `.value` and `.grad` are floats;
#   `.grad` starts at 0.0, for results too. `.value`, `.grad`, `.name` and `.requires_grad` can be read.
# * `+ - * / **` work between two nodes, and between a node and a number on either side; unary `-` too. The result is a new node, and its operands are left as they were.
#   An operand that is neither a node, an `int` nor a `float` raises `TypeError`.
# * A result requires a gradient if at least one of its operands does. A number does not.
# * Dividing by 0, and 0 to a negative power, raise `ZeroDivisionError`.
# * A **node** as exponent needs a base above 0, node or number; otherwise `ValueError`. With a **number** as exponent a negative base needs an exponent of integer value
#   (`3` and `3.0` alike); otherwise `ValueError`. $x^0$ is 1 with the derivative 0, for every $x$.
# * Record `parents` and `op` as described above. (They are this notebook's way of remembering. If you remember in another way, the pictures stay empty, and the hidden tests
#   find the derivatives through your `backward` of section 4 instead.)
#
# Nothing is tested where a derivative is infinite (the root of 0) or a value overflows.
#
# <details><summary>Hint 1: shapes</summary>
#
# Everything is a single number. A result of two operands has two pairs in `parents`, a result of one operand has one. An operand that came as a number becomes
# a node that requires no gradient. The methods `_operand` and `_result` are there to save you typing: the first
# makes a node of whatever stands on the other side, the second makes the result. They are not graded; you may do without them.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# Values and local derivatives are the lines of the table. For a reflected operator, swap the roles: in `5 - node` the x of the table is 5 and the y is the node.
# Python's own `/` and `**` on floats raise `ZeroDivisionError` where they should; a negative float to a broken power gives a complex number, so ask first.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# new node: refuse a bool and whatever is neither int nor float; store the value as a float, the gradient 0.0, the name, whether a gradient is required; no parents.
# each operator: make the other operand a node, keeping it if it is one; compute the value; make the result of the value and of the pairs (operand, local derivative).
# each reflected operator: make a node of the number, then apply the plain operator with the two in the right order.
# power: if the exponent is a node, demand a base above 0 and record two pairs; otherwise demand an integer exponent from a negative base and record one pair, with slope 0 for exponent 0.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "node_arithmetic_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class Node:
    """A number that remembers how it was made.

    value: an int or a float, kept as a float; anything else, bool included, raises TypeError.
    name: what pictures call it. requires_grad: whether a gradient is wanted for it.

    After that: .value, .grad (0.0 at first), .name, .requires_grad, .parents: pairs (operand, local derivative), and .op: the operation.

    >>> y = Node(2.0) * Node(-3.0) + 10
    >>> y.value
    4.0
    """

    def __init__(self, value: float, name: str = "", requires_grad: bool = True) -> None:
        ### BEGIN SOLUTION
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TypeError(f"a Node holds an int or a float, not {type(value).__name__}")
        self.value = float(value)
        self.grad = 0.0
        self.name = name
        self.requires_grad = requires_grad
        self.parents: tuple[tuple[Node, float], ...] = ()
        self.op = ""
        ### END SOLUTION

    @staticmethod
    def _operand(other: "Node | float") -> "Node":
        """The other operand as a node: itself if it is one; a number becomes a node that requires no gradient."""
        ### BEGIN SOLUTION
        return other if isinstance(other, Node) else Node(other, requires_grad=False)
        ### END SOLUTION

    @staticmethod
    def _result(value: float, op: str, *parents: "tuple[Node, float]") -> "Node":
        """A new node for the result of an operation, with its op and its parents: pairs (operand, local derivative)."""
        ### BEGIN SOLUTION
        node = Node(value, requires_grad=any(operand.requires_grad for operand, _ in parents))
        node.parents = parents
        node.op = op
        return node
        ### END SOLUTION

    def __add__(self, other: "Node | float") -> "Node":
        """self + other"""
        ### BEGIN SOLUTION
        other = self._operand(other)
        return self._result(self.value + other.value, "+", (self, 1.0), (other, 1.0))
        ### END SOLUTION

    def __radd__(self, other: float) -> "Node":
        """other + self, where other is a number"""
        ### BEGIN SOLUTION
        return self._operand(other) + self
        ### END SOLUTION

    def __sub__(self, other: "Node | float") -> "Node":
        """self - other"""
        ### BEGIN SOLUTION
        other = self._operand(other)
        return self._result(self.value - other.value, "-", (self, 1.0), (other, -1.0))
        ### END SOLUTION

    def __rsub__(self, other: float) -> "Node":
        """other - self, where other is a number"""
        ### BEGIN SOLUTION
        return self._operand(other) - self
        ### END SOLUTION

    def __mul__(self, other: "Node | float") -> "Node":
        """self * other"""
        ### BEGIN SOLUTION
        other = self._operand(other)
        return self._result(self.value * other.value, "*", (self, other.value), (other, self.value))
        ### END SOLUTION

    def __rmul__(self, other: float) -> "Node":
        """other * self, where other is a number"""
        ### BEGIN SOLUTION
        return self._operand(other) * self
        ### END SOLUTION

    def __truediv__(self, other: "Node | float") -> "Node":
        """self / other; other = 0 raises ZeroDivisionError"""
        ### BEGIN SOLUTION
        other = self._operand(other)
        value = self.value / other.value
        return self._result(value, "/", (self, 1.0 / other.value), (other, -value / other.value))
        ### END SOLUTION

    def __rtruediv__(self, other: float) -> "Node":
        """other / self, where other is a number"""
        ### BEGIN SOLUTION
        return self._operand(other) / self
        ### END SOLUTION

    def __neg__(self) -> "Node":
        """-self"""
        ### BEGIN SOLUTION
        return self._result(-self.value, "neg", (self, -1.0))
        ### END SOLUTION

    def __pow__(self, other: "Node | float") -> "Node":
        """self ** other

        A Node as exponent needs self > 0, a number as exponent needs an integer value where self < 0; otherwise ValueError.
        0 to a negative power raises ZeroDivisionError.
        """
        ### BEGIN SOLUTION
        if isinstance(other, Node):
            if self.value <= 0:
                raise ValueError(f"a Node as exponent needs a base above 0, not {self.value}")
            value = self.value**other.value
            return self._result(value, "**", (self, other.value * self.value ** (other.value - 1)), (other, value * math.log(self.value)))
        exponent = self._operand(other)
        n = exponent.value
        if self.value < 0 and not n.is_integer():
            raise ValueError(f"{self.value} has no real power {n}: a negative base needs an integer exponent")
        slope = 0.0 if n == 0 else n * self.value ** (n - 1)
        return self._result(self.value**n, "**", (self, slope), (exponent, 0.0))
        ### END SOLUTION

    def __rpow__(self, other: float) -> "Node":
        """other ** self, where other is a number; other <= 0 raises ValueError"""
        ### BEGIN SOLUTION
        return self._operand(other) ** self
        ### END SOLUTION

    def __repr__(self) -> str:
        return f"Node({self.value}, name={self.name!r})"


# %% nbgrader={"grade": true, "grade_id": "node_arithmetic", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false} exercise={"title": "A number that remembers", "difficulty": 2, "minutes": 50, "needs": []}
def check_node_arithmetic():
    a, b = Node(2, "a"), Node(-3.0, "b")

    assert isinstance(a.value, float), f".value of Node(2) should be the float 2.0, not {a.value!r}"
    assert isinstance(a.grad, float) and a.grad == 0.0, f".grad starts at the float 0.0, not {a.grad!r}"
    assert a.name == "a" and a.requires_grad is True, "a node keeps its name, and requires a gradient unless it is told otherwise"
    for wrong in ["2", True, None]:
        assert exception_of(lambda: Node(wrong)) == "TypeError", f"Node({wrong!r}) should raise TypeError; it gave {exception_of(lambda: Node(wrong))}"

    for text, result, expected in [
        ("Node(2) + Node(-3)", a + b, -1.0),
        ("Node(2) - Node(-3)", a - b, 5.0),
        ("Node(2) * Node(-3)", a * b, -6.0),
        ("Node(-3) / Node(2)", b / a, -1.5),
        ("Node(-3) ** 2", b**2, 9.0),
        ("-Node(2)", -a, -2.0),
        ("5 + Node(2)", 5 + a, 7.0),
        ("5 - Node(2)", 5 - a, 3.0),
        ("5 * Node(2)", 5 * a, 10.0),
        ("6 / Node(2)", 6 / a, 3.0),
        ("5 ** Node(2)", 5**a, 25.0),
    ]:
        assert isinstance(result, Node), f"{text} should be a Node, not {type(result).__name__}"
        assert abs(result.value - expected) < 1e-12, f"{text} should be {expected}, not {result.value}"

    constant = Node(4.0, requires_grad=False)
    assert (a * constant).requires_grad and (constant * a).requires_grad, "a result requires a gradient if one of its operands does"
    assert not (constant * 3).requires_grad, "a constant times a number requires no gradient"
    assert exception_of(lambda: a / 0) == "ZeroDivisionError", "dividing by 0 should raise ZeroDivisionError"
    assert exception_of(lambda: b**0.5) == "ValueError", "the root of -3 should raise ValueError"
    assert exception_of(lambda: b**a) == "ValueError", "a node as exponent needs a base above 0: Node(-3) ** Node(2) should raise ValueError"

    if getattr(a * b, "parents", ()):
        p, q = Node(2.0), Node(3.0)
        for text, result, expected in [
            ("p + q", p + q, (1.0, 1.0)),
            ("p - q", p - q, (1.0, -1.0)),
            ("p * q", p * q, (3.0, 2.0)),
            ("p / q", p / q, (1 / 3, -2 / 9)),
            ("p ** q", p**q, (12.0, 8.0 * math.log(2.0))),
            ("5 - q", 5 - q, (0.0, -1.0)),
            ("-p", -p, (-1.0, 0.0)),
            ("p ** 3", p**3, (12.0, 0.0)),
            ("p ** 0", p**0, (0.0, 0.0)),
        ]:
            found = (gradient_over_paths(result, p), gradient_over_paths(result, q))
            assert all(abs(x - y) < 1e-9 for x, y in zip(found, expected)), f"{text} at p = 2, q = 3: the slopes for p and q should be {expected}, not {found}"
        print("Node: values, reflected operators, refusals and local derivatives are right")
    else:
        print("Node: values, reflected operators and refusals are right; there are no parents, so the derivatives wait for section 4")


check_node_arithmetic()

# %% [markdown]
# ### Look at it: your nodes against central differences
#
# You now have two independent ways to the same number: the paths through your nodes, and `numerical_gradient`, which knows nothing of them. The
# next cell compares the two for an expression that uses every operator.

# %% nbgrader={"grade": false, "grade_id": "two_ways", "locked": true, "schema_version": 3, "solution": false, "task": false}
def compare_two_ways():
    def expression(x):
        return (3 - x[0]) * x[1] / (x[0] + 2) - x[1] ** x[0] + 2 ** -x[1]

    leaves = [Node(1.5, "x0"), Node(0.7, "x1")]
    result = expression(leaves)
    print(f"value {result.value:.6f}")
    for leaf, measured in zip(leaves, numerical_gradient(expression, [1.5, 0.7])):
        print(f"{leaf.name}: paths {gradient_over_paths(result, leaf):+.8f}   central difference {measured:+.8f}")


compare_two_ways()

# %% [markdown]
# ### Find the bug
#
# A published tutorial has its reflected operators like this (rewritten here). `Careless(2) - 5` is right, and so are `5 + Careless(2)` and `5 * Careless(2)`. But
# `5 - Careless(2)` gives −3, and `6 / Careless(2)` gives 0.333…
#
# Why are these two wrong, why are the other two right, and where exactly does 1/3 come from? (Not graded.)

# %% nbgrader={"grade": false, "grade_id": "bug_reflected", "locked": true, "schema_version": 3, "solution": false, "task": false}
class Careless:
    def __init__(self, value):
        self.value = value

    def number(self, other):
        return other.value if isinstance(other, Careless) else other

    def __add__(self, other):
        return Careless(self.value + self.number(other))

    def __mul__(self, other):
        return Careless(self.value * self.number(other))

    def __sub__(self, other):
        return Careless(self.value - self.number(other))

    def __truediv__(self, other):
        return Careless(self.value / self.number(other))

    __radd__, __rmul__, __rsub__, __rtruediv__ = __add__, __mul__, __sub__, __truediv__


print("5 + Careless(2) =", (5 + Careless(2)).value, "  5 * Careless(2) =", (5 * Careless(2)).value)
print("5 - Careless(2) =", (5 - Careless(2)).value, "  6 / Careless(2) =", round((6 / Careless(2)).value, 4))

# %% [markdown]
# <details><summary>Answer</summary>
#
# In a reflected method `self` is the operand on the *right*. `5 - Careless(2)` calls `__rsub__` with `self.value` 2 and `other` 5, and the copied body computes 2 − 5. For
# division it computes 2 / 6 = 1/3. Sums and products do not depend on the order of their operands, so there the copy is right.
#
# </details>

# %% [markdown]
# ## 3 · Functions of one number
#
# **Why.** Sums and products of sums and products are polynomials. What makes a stack of neurons more than one big sum is a bend: a function that is not a straight line,
# applied between the sums. Here are the seven that the rest of the course uses.
#
# **Picture.** Each of the seven curves, drawn with Python's `math`. Look for the places where a curve has a corner: there is no tangent there, and
# we have to *say* what the derivative is.

# %% nbgrader={"grade": false, "grade_id": "functions_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_functions():
    grid = [-3 + 0.05 * i for i in range(121)]
    shapes = {
        "tanh": math.tanh,
        "exp": math.exp,
        "log": lambda t: math.log(t) if t > 0.04 else math.nan,
        "relu": lambda t: max(t, 0.0),
        "sigmoid": lambda t: 1 / (1 + math.exp(-t)),
        "abs": abs,
        "clip(-1, 2)": lambda t: min(max(t, -1.0), 2.0),
    }
    corners = {"relu": [(0, 0)], "abs": [(0, 0)], "clip(-1, 2)": [(-1, -1), (2, 2)]}
    figure, panels = plt.subplots(2, 4, figsize=(10, 4.8), sharex=True, layout="constrained")
    for axes, (label, shape) in zip(panels.flat, shapes.items()):
        axes.plot(grid, [shape(t) for t in grid], color=BLUE, lw=2)
        for corner in corners.get(label, []):
            axes.plot(*corner, "o", color=ORANGE)
        axes.axhline(0, color=GREY, lw=0.6)
        axes.set(title=label, xlabel="x", ylim=(-3.2, 3.2))
        axes.tick_params(labelbottom=True)
    panels.flat[-1].axis("off")
    panels.flat[-1].text(0.02, 0.5, "blue: the function\norange: a corner, where\nthe derivative is a\nmatter of agreement", va="center", fontsize=10.5)
    figure.suptitle("Seven functions of one number")
    plt.show()


draw_functions()

# %% [markdown]
# **Derivation.** $x$ and $z$ are single numbers, $z$ is the result.
#
# | method | value $z$ | local derivative $\mathrm{d}z/\mathrm{d}x$ |
# |---|---|---|
# | `x.tanh()` | $\tanh x$ | $1 - z^2$ |
# | `x.exp()` | $e^x$ | $z$ |
# | `x.log()` | $\ln x$, for $x > 0$ | $1/x$ |
# | `x.relu()` | $\max(x, 0)$ | $1$ for $x > 0$, otherwise $0$ |
# | `x.sigmoid()` | $1/(1 + e^{-x})$ | $z (1 - z)$ |
# | `x.abs()` | $\lvert x \rvert$ | $1$ for $x > 0$, $-1$ for $x < 0$, $0$ at $0$ |
# | `x.clip(a, b)` | $x$, but at least $a$ and at most $b$ | $1$ for $a \le x \le b$, otherwise $0$ |
#
# Three of the derivatives use the *result* $z$: it has been computed already, so the derivative is nearly free. For the sigmoid, differentiate
# $z = (1 + e^{-x})^{-1}$: $\;\mathrm{d}z/\mathrm{d}x = e^{-x} (1 + e^{-x})^{-2} = z \cdot \frac{e^{-x}}{1 + e^{-x}} = z (1 - z)$.
#
# At a corner we follow the convention of PyTorch: $\mathrm{relu}'(0) = 0$, $\mathrm{abs}'(0) = 0$, and clip keeps the slope 1 at both of its bounds.
#
# **A trap.** `math.exp(1000)` raises `OverflowError`: the result would have 435 digits. So $1/(1 + e^{-x})$ as it stands fails for $x = -1000$, although the sigmoid itself is
# harmless there (it is 0 to hundreds of digits). Multiply numerator and denominator by $e^{x}$:
#
# $$ \frac{1}{1 + e^{-x}} = \frac{e^{x}}{1 + e^{x}}. $$
#
# One form has a large exponential for very negative $x$, the other for very positive $x$. Python's own `math.tanh` is safe; its textbook form $(e^{2x} - 1)/(e^{2x} + 1)$ is not.
#
# **By hand.** At $x = 0$ the sigmoid is $1/2$ with slope $1/2 \cdot 1/2 = 1/4$, which is its steepest. $\tanh 0.5 = 0.4621$ with slope $1 - 0.4621^2 = 0.7864$: the number
# that fills the first picture of this notebook. `Node(3).clip(-1, 2)` is 2 with slope 0; `Node(2).clip(-1, 2)` is 2 with slope 1.

# %% [markdown]
# **Write** the seven functions. The last lines of the cell, which are given, attach them to `Node` as methods.
#
# * Each makes a new node and leaves its operand as it was; the result requires a gradient if the operand does.
# * `log` of a number that is not above 0 raises `ValueError`.
# * `sigmoid` and `tanh` work for every finite number, without overflow.
# * `clip(min_value=None, max_value=None)`: a bound that is `None` is absent; `clip()` changes nothing. `min_value` above `max_value` raises `ValueError`.
# * Record `parents` and `op` (the name of the method) as before.
#
# <details><summary>Hint 1: shapes</summary>
#
# One operand, one local derivative: `parents` has one pair. Everything is a single float.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The two columns of the table. For the sigmoid take the first form where x ≥ 0 and the second where x < 0. For clip, an absent lower bound is −∞ and an absent
# upper bound is +∞; take care that the bound 0 is not mistaken for an absent one.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# each function: find the value from the operand's value; find the slope from the value or from the operand; make the result with the one pair (operand, slope).
# clip: replace absent bounds by infinities; refuse bounds in the wrong order; the slope is 1 where the operand lies between the bounds, the bounds included.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "node_functions_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def node_tanh(self: Node) -> Node:
    """The hyperbolic tangent, for every finite value.

    >>> round(Node(0.5).tanh().value, 4)
    0.4621
    """
    ### BEGIN SOLUTION
    value = math.tanh(self.value)
    return self._result(value, "tanh", (self, 1.0 - value**2))
    ### END SOLUTION


def node_exp(self: Node) -> Node:
    """e to the power of the node."""
    ### BEGIN SOLUTION
    value = math.exp(self.value)
    return self._result(value, "exp", (self, value))
    ### END SOLUTION


def node_log(self: Node) -> Node:
    """The natural logarithm; a value that is not above 0 raises ValueError."""
    ### BEGIN SOLUTION
    if self.value <= 0:
        raise ValueError(f"only numbers above 0 have a logarithm, not {self.value}")
    return self._result(math.log(self.value), "log", (self, 1.0 / self.value))
    ### END SOLUTION


def node_relu(self: Node) -> Node:
    """The value where it is above 0, otherwise 0; the slope at 0 is 0."""
    ### BEGIN SOLUTION
    return self._result(max(self.value, 0.0), "relu", (self, 1.0 if self.value > 0 else 0.0))
    ### END SOLUTION


def node_sigmoid(self: Node) -> Node:
    """1 / (1 + e^-x), for every finite value."""
    ### BEGIN SOLUTION
    if self.value >= 0:
        value = 1.0 / (1.0 + math.exp(-self.value))
    else:  # the same fraction, widened by e^x, so that nothing overflows
        value = math.exp(self.value) / (1.0 + math.exp(self.value))
    return self._result(value, "sigmoid", (self, value * (1.0 - value)))
    ### END SOLUTION


def node_abs(self: Node) -> Node:
    """The distance from 0; the slope at 0 is 0."""
    ### BEGIN SOLUTION
    slope = 0.0 if self.value == 0 else math.copysign(1.0, self.value)
    return self._result(abs(self.value), "abs", (self, slope))
    ### END SOLUTION


def node_clip(self: Node, min_value: float | None = None, max_value: float | None = None) -> Node:
    """The value, but at least min_value and at most max_value; a bound of None is absent.

    The slope is 1 between the bounds and at them, 0 outside. min_value > max_value raises ValueError.

    >>> Node(3.0).clip(-1, 2).value
    2.0
    """
    ### BEGIN SOLUTION
    low = -math.inf if min_value is None else min_value
    high = math.inf if max_value is None else max_value
    if low > high:
        raise ValueError(f"the lower bound {low} is above the upper bound {high}")
    slope = 1.0 if low <= self.value <= high else 0.0
    return self._result(min(max(self.value, low), high), "clip", (self, slope))
    ### END SOLUTION


Node.tanh = node_tanh
Node.exp = node_exp
Node.log = node_log
Node.relu = node_relu
Node.sigmoid = node_sigmoid
Node.abs = node_abs
Node.clip = node_clip

# %% nbgrader={"grade": true, "grade_id": "node_functions", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Functions of one number", "difficulty": 2, "minutes": 30, "needs": ["node_arithmetic"]}
def check_node_functions():
    for text, result, expected in [
        ("Node(0.5).tanh()", Node(0.5).tanh(), 0.46211715726),
        ("Node(1).exp()", Node(1).exp(), math.e),
        ("Node(2).log()", Node(2).log(), 0.69314718056),
        ("Node(-2).relu()", Node(-2).relu(), 0.0),
        ("Node(3).relu()", Node(3).relu(), 3.0),
        ("Node(1).sigmoid()", Node(1).sigmoid(), 0.73105857863),
        ("Node(-2).abs()", Node(-2).abs(), 2.0),
        ("Node(3).clip(-1, 2)", Node(3).clip(-1, 2), 2.0),
        ("Node(-3).clip(min_value=0)", Node(-3).clip(min_value=0), 0.0),
        ("Node(3).clip(max_value=0)", Node(3).clip(max_value=0), 0.0),
        ("Node(3).clip()", Node(3).clip(), 3.0),
    ]:
        assert isinstance(result, Node), f"{text} should be a Node, not {type(result).__name__}"
        assert abs(result.value - expected) < 1e-9, f"{text} should be {expected}, not {result.value}"

    for far in [-1000.0, 1000.0]:
        for method, expected in [("sigmoid", far > 0), ("tanh", 1 if far > 0 else -1)]:
            try:
                value = getattr(Node(far), method)().value
            except OverflowError:
                raise AssertionError(f"Node({far}).{method}() overflowed: use a form without a huge exponential") from None
            assert abs(value - expected) < 1e-12, f"Node({far}).{method}() should be {float(expected)}, not {value}"

    assert exception_of(lambda: Node(0.0).log()) == "ValueError", "the logarithm of 0 should raise ValueError"
    assert exception_of(lambda: Node(1.0).clip(2, 1)) == "ValueError", "clip(2, 1) has its bounds in the wrong order and should raise ValueError"
    assert not Node(1.0, requires_grad=False).exp().requires_grad, "a function of a node that requires no gradient requires none"

    if getattr(Node(2.0).exp(), "parents", ()):
        for method, at, expected in [
            ("tanh", 0.5, 0.78644773297), ("exp", 1.0, math.e), ("log", 2.0, 0.5), ("relu", 2.0, 1.0), ("relu", 0.0, 0.0), ("sigmoid", 1.0, 0.19661193324),
            ("abs", -2.0, -1.0), ("abs", 0.0, 0.0),
        ]:
            x = Node(at)
            found = gradient_over_paths(getattr(x, method)(), x)
            assert abs(found - expected) < 1e-9, f"the slope of {method} at {at} should be {expected}, not {found}"
        for at, expected in [(-2.0, 0.0), (-1.0, 1.0), (0.5, 1.0), (2.0, 1.0), (3.0, 0.0)]:
            x = Node(at)
            found = gradient_over_paths(x.clip(-1, 2), x)
            assert found == expected, f"the slope of clip(-1, 2) at {at} should be {expected}, not {found}"
        print("functions: values, slopes, corners and refusals are right")
    else:
        print("functions: values and refusals are right; there are no parents, so the slopes wait for section 4")


check_node_functions()

# %% [markdown]
# ### Look at it: how much gradient a function lets through
#
# > **Predict.** A gradient that flows back through a function is multiplied by its slope. Suppose that it flows back through ten tanh functions in a row, each with the operand 1.5.
# > What is left of it: about 1, about 0.2, or less than a millionth? And through ten relus?

# %% nbgrader={"grade": false, "grade_id": "slopes_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_slopes():
    grid = [-4 + 0.02 * i for i in range(401)]
    lines = [("tanh", BLUE, "-"), ("sigmoid", ORANGE, "--"), ("relu", GREEN, "-.")]
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for method, colour, style in lines:
        nodes = [Node(t) for t in grid]
        left.plot(grid, [gradient_over_paths(getattr(node, method)(), node) for node in nodes], color=colour, ls=style, lw=2, label=method)
        node = Node(1.5)
        slope = gradient_over_paths(getattr(node, method)(), node)
        right.semilogy(range(11), [slope**depth for depth in range(11)], "o", color=colour, ls=style, lw=2, label=method)
    left.set(title="Slope of your functions", xlabel="x", ylabel="local derivative")
    right.set(title="What is left of a gradient of 1", xlabel="number of functions in a row, each at x = 1.5", ylabel="gradient")
    left.legend(frameon=False)
    right.legend(frameon=False)
    plt.show()


plot_slopes()

# %% [markdown]
# **What to see.** Away from 0 both tanh and the sigmoid are nearly flat, and the sigmoid never has a slope above 1/4. Ten tanh functions at 1.5 leave about $0.18^{10} \approx 4 \cdot 10^{-8}$ of a
# gradient: the layers below learn nothing. This is the *vanishing gradient*. A relu lets everything through where its operand is above 0, and nothing at all where it is not.

# %% [markdown]
# ## 4 · Backward, in one pass
#
# **Why.** `gradient_over_paths` is right, and useless. If every number is used twice by the next one, the number of paths doubles with each step: 40 steps
# have $2^{40}$ paths, about a million million. Networks reuse everything. The remedy is to add up *at every node*, once, instead of at the end of every path.
#
# **Picture.** $y = u \cdot u$ with $u = 3x$ at $x = 2$. The two uses of $u$ are two arrows. Their effects meet at $u$ and travel on to $x$ **together**.

# %% nbgrader={"grade": false, "grade_id": "backward_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
draw_graph(
    [("3", 3.0, None), ("x", 2.0, 36.0), ("u = 3*x", 6.0, 12.0), ("y = u*u", 36.0, 1.0)],
    [(0, 2, ""), (1, 2, "3"), (2, 3, "6"), (2, 3, "6")],
    "(3x)² at x = 2: u collects 6 + 6 = 12, then hands 12 · 3 = 36 on to x",
)

# %% [markdown]
# **Derivation.** Let $v$ be any node, and let $w_1, \dots, w_k$ be the results that use it, one for each use (a result that uses $v$ twice counts twice). Every path from $v$ to the root $y$ begins with an arrow to one
# of the $w_j$. Sort the paths by their first arrow, and the sum over paths becomes a sum over uses:
#
# $$ \bar v \;=\; \sum_{j=1}^{k} \bar w_j \cdot \frac{\partial w_j}{\partial v}, \qquad \bar y = 1, $$
#
# where $\bar v = \partial y/\partial v$ is the gradient of the one number $y$ at $v$, a single number too. In words: *my gradient is the sum, over all my uses, of the user's gradient times the local derivative on the arrow*.
# Each arrow is used once, so the work is proportional to the size of the graph.
#
# The formula needs every $\bar w_j$ **before** $\bar v$ goes on. So the nodes must be taken in an order in which results come before their operands. The reverse of that, operands before results, is called
# a **topological order**. It exists because nothing can be its own operand; often there are several, and any of them will do.
#
# **By hand.** $y = x \cdot x + x$ at $x = 3$, with $u = x \cdot x$. A topological order is $x, u, y$. Backwards:
#
# | node | its gradient | what it hands on |
# |---|---|---|
# | $y$ | $1$ | $1 \cdot 1$ to $u$ and $1 \cdot 1$ to $x$ |
# | $u$ | $1$ | $1 \cdot 3$ to $x$, for each of its two uses |
# | $x$ | $1 + 3 + 3 = 7$ | |
#
# **How to find the order.** Go to the operands of a node before you put the node itself into the list; do so again at each operand; never enter a node twice. Written with a function that calls itself this is short, and it fails
# on a sum of 2,000 terms: Python refuses more than about 1,000 calls inside one another. So keep your own list of what is still to do.

# %% [markdown]
# **Write** `topological_order`, `backward` and `zero_grad`. The last lines, which are given, attach the latter two to `Node`.
#
# * `topological_order(root)`: a list of every node that the root was made from, operands that require no gradient included, and the root; each once; operands before results; the root last. Any such order is right.
#   (Nodes that your operators make on the way, for instance for the number 3 in `3 * x`, may be in it.)
# * `root.backward()` **adds** to the `.grad` of every node that it reaches the gradient of the root at that node. After the first call `.grad` holds that gradient, and 1.0 at the root. Nodes that do not require a gradient keep 0.0.
#   A second call from the same root therefore doubles the gradients of the leaves, and calls from two roots add up in the leaves that they share. That holds for a root that is itself a leaf. (What in-between nodes hold after a second call is up to you.)
# * `backward()` on a root that does not require a gradient raises `RuntimeError` and changes nothing.
# * `root.zero_grad()` sets the `.grad` of every node that the root was made from, and its own, back to 0.0, and of no others.
# * All three work on a chain of thousands of nodes, and take a time proportional to the size of the graph, however often a node is used.
#
# <details><summary>Hint 1: shapes</summary>
#
# The order is one list, as long as the graph has nodes. During the backward pass each node has one number that is on its way: its gradient so far. The `.grad` of a leaf may hold something from
# an earlier call, so it is not the number to hand on.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# In reversed topological order: operand's gradient += node's gradient × local derivative, for each pair in the node's parents. The root starts with 1. Nodes are told apart by which object they are (`id(node)`), not by their value.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# order: keep a list of things to do, at first "enter the root". Take the last thing. "Enter a node" that was entered before: nothing. Otherwise remember that it was entered, note "leave this node" and then "enter" for each operand.
# "Leave a node": its operands are all in the list by now, so append it.
# backward: refuse a root that requires no gradient; start a table of gradients with 1 for the root; go through the order backwards; skip what requires no gradient; add the node's entry to its .grad, and for each operand
# add entry × local derivative to the operand's entry in the table.
# zero_grad: go through the order and set every .grad to 0.0.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "node_backward_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def topological_order(root: Node) -> list[Node]:
    """Every node that root was made from, and root: each once, operands before results, root last.

    >>> x = Node(2.0, "x")
    >>> y = x * x
    >>> topological_order(y) == [x, y]
    True
    """
    ### BEGIN SOLUTION
    order: list[Node] = []
    entered: set[int] = set()
    todo = [(root, False)]
    while todo:
        node, leaving = todo.pop()
        if leaving:
            order.append(node)
        elif id(node) not in entered:
            entered.add(id(node))
            todo.append((node, True))
            todo.extend((operand, False) for operand, _ in node.parents)
    return order
    ### END SOLUTION


def node_backward(self: Node) -> None:
    """Add the gradient of self at every node it was made from to that node's .grad; 1.0 at self.

    Nodes that do not require a gradient keep theirs; if self is one of them, RuntimeError.

    >>> x = Node(3.0)
    >>> (x * x + x).backward()
    >>> x.grad
    7.0
    """
    ### BEGIN SOLUTION
    if not self.requires_grad:
        raise RuntimeError("backward() starts at a node that requires a gradient; this one does not")
    gradients = {id(self): 1.0}
    for node in reversed(topological_order(self)):
        if not node.requires_grad:
            continue
        gradient = gradients[id(node)]
        node.grad += gradient
        for operand, local in node.parents:
            gradients[id(operand)] = gradients.get(id(operand), 0.0) + gradient * local
    ### END SOLUTION


def node_zero_grad(self: Node) -> None:
    """Set .grad to 0.0 at self and at every node it was made from."""
    ### BEGIN SOLUTION
    for node in topological_order(self):
        node.grad = 0.0
    ### END SOLUTION


Node.backward = node_backward
Node.zero_grad = node_zero_grad

# %% nbgrader={"grade": true, "grade_id": "node_backward", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Backward, in one pass", "difficulty": 3, "minutes": 55, "needs": ["node_arithmetic"]}
def check_node_backward():
    x = Node(3.0, "x")
    u = x * x
    y = u + x
    order = topological_order(y)
    places = [[i for i, node in enumerate(order) if node is wanted] for wanted in (x, u, y)]
    assert all(len(found) == 1 for found in places), "x, x*x and x*x + x should each be in topological_order once"
    assert places[0] < places[1] < places[2], "operands come before results: x before x*x, and x*x before x*x + x"
    assert order[-1] is y, "the root comes last in topological_order"

    y.backward()
    assert x.grad == 7.0, f"x*x + x at 3 has the gradient 1 + 3 + 3 = 7 at x, not {x.grad}: do all three uses add up?"
    assert y.grad == 1.0 and u.grad == 1.0, f"the root has the gradient 1, and x*x too; yours have {y.grad} and {u.grad}"
    y.backward()
    assert x.grad == 14.0, f"a second backward() doubles the gradient of a leaf, 7 to 14; yours is {x.grad}"
    y.zero_grad()
    assert x.grad == u.grad == y.grad == 0.0, "zero_grad() clears the root, the leaves and everything between them"

    x = Node(2.0, "x")
    u = 3 * x
    (u * u).backward()
    assert x.grad == 36.0, f"(3x)² at 2 has the gradient 36, not {x.grad}: a node may hand on its gradient once, when all its uses have arrived"

    constant = Node(4.0, requires_grad=False)
    x = Node(2.0)
    (constant * x).backward()
    assert constant.grad == 0.0, f"a node that requires no gradient keeps 0.0; this one got {constant.grad}"
    assert x.grad == 4.0, f"4x has the gradient 4 at x, not {x.grad}"
    assert exception_of(lambda: (constant * 2).backward()) == "RuntimeError", "backward() on a root that requires no gradient should raise RuntimeError"

    x = Node(1.0)
    total = x
    for _ in range(2000):
        total = total + x
    try:
        total.backward()
    except RecursionError:
        raise AssertionError("a sum of 2,001 terms is too deep for a function that calls itself: keep a list of what is to do") from None
    assert x.grad == 2001.0, f"x added to itself, 2,001 terms in all, has the gradient 2001, not {x.grad}"
    print("backward: order, sums over uses, second call, zero_grad, constants and long chains are right")


check_node_backward()

# %% [markdown]
# ### Look at it: the neuron, drawn from your nodes
#
# The neuron of the first picture, made of your own nodes. Every number in it was computed by your code.

# %% nbgrader={"grade": false, "grade_id": "neuron_drawing", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_node(root, title):
    """Draw the graph of `root` from its parents; what has no name is shown by its operation or its value."""
    order = topological_order(root)
    place = {id(node): i for i, node in enumerate(order)}
    vertices = [(node.name or node.op or f"{node.value:g}", node.value, node.grad if node.requires_grad else None) for node in order]
    edges = [(place[id(operand)], place[id(node)], f"{local:.3g}") for node in order for operand, local in node.parents]
    draw_graph(vertices, edges, title)


def draw_your_neuron():
    w1, x1, w2, x2, b = Node(0.5, "w1"), Node(1.0, "x1"), Node(-0.25, "w2"), Node(2.0, "x2"), Node(0.5, "b")
    y = (w1 * x1 + w2 * x2 + b).tanh()
    y.name = "y"
    y.backward()
    draw_node(y, "Your neuron: values in blue, gradients in orange, local derivatives on the arrows")


draw_your_neuron()

# %% [markdown]
# Follow one gradient with a pencil: from $y$ to $w_2$ the arrows carry 0.786, 1, 1 and 2; their product is 1.573. If $w_2$ grew by 0.001, the output would grow by about 0.0016.

# %% [markdown]
# ### Find the bug
#
# Another published backward pass works like this (rewritten here): each node, when it is called, adds to the gradients of its operands, then calls them in turn. There is no order.
# It is right for `x * x + x`. For $(3x)^2$ at 2 it gives 72, where 36 is right.
#
# Where does the factor 2 come from? Would a third use of $u$, as in $(3x)^3 = u \cdot u \cdot u$, make it 3? (Not graded. Take a pencil, and note every addition to `u.grad` and `x.grad`, in the order in which they happen.)

# %% nbgrader={"grade": false, "grade_id": "bug_order", "locked": true, "schema_version": 3, "solution": false, "task": false}
def hasty_backward(node):
    for operand, local in node.parents:
        operand.grad += local * node.grad
    for operand, _ in node.parents:
        hasty_backward(operand)


def hasty_gradient(leaf, root):
    root.grad = 1.0
    hasty_backward(root)
    return leaf.grad


def show_the_bug():
    x = Node(3.0)
    print(f"x*x + x at 3: {hasty_gradient(x, x * x + x):g}")
    x = Node(2.0)
    print(f"(3x)^2 at 2, where 3x is computed anew for each use: {hasty_gradient(x, (3 * x) * (3 * x)):g}")
    x = Node(2.0)
    u = 3 * x
    print(f"(3x)^2 at 2, where u = 3x is used twice: {hasty_gradient(x, u * u):g}, and 36 is right")


show_the_bug()

# %% [markdown]
# <details><summary>Answer</summary>
#
# $y$ adds 6 and 6 to `u.grad`, which is now 12, and then calls $u$ **twice**, once for each use. Each call hands on the whole 12: $12 \cdot 3 + 12 \cdot 3 = 72$. With a leaf nothing goes wrong, because a leaf hands nothing on;
# so tests on small expressions pass. For $u \cdot u \cdot u = v \cdot u$ with $v = u \cdot u$: $u$ gets 36 from $y$; $y$ calls $v$, which adds $6 \cdot 6$ twice, so `u.grad` is 108, and calls $u$ twice, and at last $y$ calls $u$ once more:
# $3 \cdot 108 \cdot 3 = 972$, three times the right 324.
#
# </details>

# %% [markdown]
# ### Take it away: what the order is worth
#
# > **Predict.** Let $x_0 = x$ and $x_{k+1} = x_k + x_k$, so that $x_n = 2^n x$. Compute the gradient in four ways: with your `backward`; by walking every path; with the hasty version above; and with a version that *sets* a gradient
# > where it should add to it (`=` for `+=`). Which of the four are right for $n = 12$? How many arrows does each walk along?

# %% nbgrader={"grade": false, "grade_id": "order_ablation", "locked": true, "schema_version": 3, "solution": false, "task": false}
def take_it_away():
    def doubled(n):
        """The leaf x = 1, and x added to itself n times over."""
        leaf = Node(1.0)
        last = leaf
        for _ in range(n):
            last = last + last
        return leaf, last

    def set_gradient(leaf, root):
        node, gradient = root, 1.0
        while node is not leaf:
            node, gradient = node.parents[-1][0], gradient * node.parents[-1][1]  # the last use overwrites the others
        return gradient

    def your_gradient(leaf, root):
        root.backward()
        return leaf.grad

    depths = range(1, 13)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    for label, method, colour, style in [
        ("yours", your_gradient, BLUE, "o-"),
        ("every path", lambda leaf, root: gradient_over_paths(root, leaf), GREEN, "x:"),
        ("hasty: no order", hasty_gradient, ORANGE, "s--"),
        ("= for +=", set_gradient, PURPLE, "^-."),
    ]:
        left.semilogy(depths, [method(*doubled(n)) / 2**n for n in depths], style, color=colour, ms=10 if "x" in style else 5, label=label)
    right.semilogy(depths, [2 * n for n in depths], "o-", color=BLUE, ms=5, label="yours: each arrow once")
    right.semilogy(depths, [2 ** (n + 1) - 2 for n in depths], "x:", color=GREEN, ms=8, label="every path, and hasty")
    left.set(title="Gradient found, as a share of the right one", xlabel="n, doublings", ylabel="found / right")
    right.set(title="Arrows walked along", xlabel="n, doublings", ylabel="arrows")
    left.legend(frameon=False)
    right.legend(frameon=False)
    plt.show()


take_it_away()

# %% [markdown]
# **What to see.** Two of the four are right. Walking every path is one of them, at a price that doubles with each step. With `=` one use is kept and the other lost: the gradient is
# halved at every step. Without the order the same work as for every path gives a wrong number, and the error grows faster than $2^n$: each visit hands on what all the visits before it
# have left behind.

# %% [markdown]
# ### Look at it: downhill
#
# A gradient points uphill, so a small step against it goes down. The cell takes 60 such steps on $f(p, q) = (1 - p)^2 + 2\,(q - p^2)^2$, whose lowest point is $(1, 1)$, with the gradients from your `backward`. Training a network is this,
# with more numbers.

# %% nbgrader={"grade": false, "grade_id": "descent_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def go_downhill():
    def valley(p, q):
        return (1 - p) ** 2 + 2 * (q - p**2) ** 2

    track, point = [], (-1.4, 1.2)
    for _ in range(61):
        p, q = Node(point[0], "p"), Node(point[1], "q")
        loss = valley(p, q)
        loss.backward()
        track.append((p.value, q.value, loss.value))
        point = (p.value - 0.06 * p.grad, q.value - 0.06 * q.grad)

    across, up = [-2 + 0.05 * i for i in range(77)], [-0.6 + 0.05 * i for i in range(57)]
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    left.contour(across, up, [[valley(p, q) for p in across] for q in up], levels=[0.05, 0.2, 0.5, 1, 2, 4, 8, 16], cmap="cividis", linewidths=1)
    left.plot([p for p, _, _ in track], [q for _, q, _ in track], "o-", color=ORANGE, ms=3.5, lw=1.2, label="your steps")
    left.plot(1, 1, "*", color=BLUE, ms=14, label="lowest point")
    left.set(title="61 points on the way down", xlabel="p", ylabel="q")
    left.legend(frameon=False, loc="lower left")
    right.semilogy(range(61), [loss for _, _, loss in track], color=BLUE, lw=2)
    right.set(title="f on the way", xlabel="step", ylabel="f(p, q)")
    plt.show()


go_downhill()

# %% [markdown]
# ## What you built
#
# * `numerical_gradient`: slopes from two evaluations each, right to about ten digits, slow, and independent of everything else.
# * `Node`: a number that records the operation that made it and its local derivatives; arithmetic with numbers on either side; seven functions.
# * `backward`: the chain rule over a whole graph in one pass, through a topological order, in a time proportional to the size of the graph.
#
# This is *reverse-mode automatic differentiation*. PyTorch's `autograd` does the same: its tensors keep a `grad_fn` where yours keep `parents`, and its `backward()` adds to `.grad`, as yours does.
#
# ## Where it breaks
#
# * **Size.** A node takes a few hundred bytes and a microsecond or two, for one multiplication. A matrix product of two 100 × 100 tables would make two million nodes. The remedy is to let one node hold a whole table.
# * **Memory.** Every in-between result stays alive as long as the root does, because `parents` points to it. So it is in PyTorch, and that is why training takes so much more memory than prediction.
# * **Infinite slopes.** `Node(0.0) ** 0.5` has no finite slope, and `.exp()` of 1000 does not fit into a float. PyTorch answers `inf` and carries on; here Python raises.
# * **Corners.** At a corner the gradient is an agreement, not a limit. Near one, `numerical_gradient` sees both sides and disagrees.
# * **Changed values.** Local derivatives are recorded when the operation happens. Assign to `.value` afterwards, and they are out of date.
#
# ## Further reading
#
# * A. Griewank, A. Walther, *Evaluating Derivatives*, 2nd edition, SIAM 2008: the book on automatic differentiation.
# * A. G. Baydin, B. A. Pearlmutter, A. A. Radul, J. M. Siskind, "Automatic differentiation in machine learning: a survey", *Journal of Machine Learning Research* 18 (2018).
# * D. E. Rumelhart, G. E. Hinton, R. J. Williams, "Learning representations by back-propagating errors", *Nature* 323 (1986).
# * A. Karpathy, *micrograd*: scalar autograd in a hundred lines, with a lecture that builds it.
# * The PyTorch documentation, "Autograd mechanics".
