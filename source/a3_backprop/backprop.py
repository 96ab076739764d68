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
#     refused: [graphlib]
#     packages: []
# ---

# %% [markdown]
# # Neurons and backprop
#
# Training a neural network means asking, for each of its numbers, "if I raise this one a little, by how much does the
# loss change?" A network has millions of numbers, and the answer for all of them costs about as much as two
# or three evaluations of the network. In this notebook you build the machine that gives that answer.
#
# **By the end you will have** a small deep-learning framework, made of nothing but Python lists. It begins with a class `Node`: a number that remembers how it
# was made. You write an ordinary expression, such as $y = \tanh(w_1 x_1 + w_2 x_2 + b)$, call `y.backward()`, and every number that went into it
# holds its own gradient. The picture below is that neuron; in section 4 it is drawn again, from your own nodes.
# Tensors, layers, losses and optimizers are made of the same idea, and with them you train a network that tells two hooked moons apart.
#
# | | |
# |---|---|
# | **Before this** | *Objects and classes*, whose `Vector` and `Module` come back here, grown up; and *Standardisation*, which ends with why networks want their inputs on one scale. Neither is needed to follow |
# | **You need** | Python (functions, classes, operators such as `__add__`), and school calculus: the derivative as a slope, the product and the chain rule |
# | **Time** | about eight hours, an evening for each part: nodes (sections 1 to 5), tensors (6 and 7), layers to training (8 to 14). The minutes at the head of an exercise include reading its section |
# | **Allowed tools** | answers may import anything of Python's standard library but `graphlib`, which has the answer to an exercise; no NumPy, no torch. Cells that draw use matplotlib; they are given, and nothing that is graded needs them. Imports for plots, tables and progress bars (matplotlib, pandas, tqdm) are left out where answers are graded, and cost nothing. |
# | **To run** | from top to bottom in under a minute on two cores |
#
# **How it works.** Write your code where the cell says `YOUR CODE HERE`. The locked cell below it checks the worked example
# and the most common mistakes; its messages are meant to be read. Hidden tests grade the rest: everything that they ask for
# is written in the text and the docstrings of this notebook, and what these leave open is not tested.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["setup"]
import json
import math
import random

# %% [markdown]
# The next two cells are given, and you need not read them. The first lets the checks say what they find, the second holds the drawing tools.
# Run them, and look at the picture. Blue is a value, which flows from left to right. Orange is a gradient, which flows back from
# right to left: the slope of $y$ when that number alone moves.

# %% nbgrader={"grade": false, "grade_id": "checking", "locked": true, "schema_version": 3, "solution": false, "task": false}
from _shared.exception_of import exception_of


def account_of(error) -> str:
    """What was raised, and in which function of this notebook."""
    place, step = "", error.__traceback__
    while step is not None:  # from the check inwards
        if step.tb_frame.f_globals is globals():
            place = step.tb_frame.f_code.co_qualname
        step = step.tb_next
    if isinstance(error, NotImplementedError):
        return f"{place} is not written yet" + (f": {error}" if str(error) else "")
    place = "" if place.startswith(("check_", "<")) else f" in {place}"
    return f"{type(error).__name__}{place}: {error}"


def value_of(line):
    """What a line of Python gives; if it raises, an AssertionError says so."""
    try:
        return eval(line, globals())
    except Exception as error:
        raise AssertionError(f"{line}: {account_of(error)}") from error


def near(found, expected):
    """Whether nested lists hold floats, and those that are expected, but for rounding."""
    if isinstance(expected, list):
        return isinstance(found, (list, tuple)) and len(found) == len(expected) and all(near(a, b) for a, b in zip(found, expected))
    return isinstance(found, float) and abs(found - expected) < 1e-9


def run(check):
    """Run a check. Whatever your code raises in it becomes an AssertionError that says where."""
    try:
        check()
    except AssertionError:
        raise
    except Exception as error:
        raise AssertionError(f"the check stopped: {account_of(error)}") from error


# %% nbgrader={"grade": false, "grade_id": "drawing", "locked": true, "schema_version": 3, "solution": false, "task": false}
import matplotlib.pyplot as plt

from _shared.palette import BLUE, ORANGE, GREEN, PURPLE, GREY


from _shared.show import show


def with_minus(text):
    return text.replace("-", "−")


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

    gap = 2.2 + 0.11 * max((len(text) for _, _, text in edges), default=0)
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
        axes.text(x, y if gradient is not None else y - 0.12, with_minus(f"{value:.4g}"), ha="center", va="center", color=BLUE, zorder=4)
        if gradient is not None:
            axes.text(x, y - 0.3, with_minus(f"grad {gradient:.4g}"), ha="center", va="center", color=ORANGE, fontsize=10, zorder=4)
    drawn = []
    for operand, result, text in edges:
        (x0, y0), (x1, y1) = place[operand], place[result]
        twice = sum((start, end) == (operand, result) for start, end, _ in edges) > 1
        bend = (-0.4 if (operand, result) in drawn else 0.4) if twice else 0.0
        drawn.append((operand, result))
        arrow = {"arrowstyle": "-|>", "color": GREY, "patchA": boxes[operand], "patchB": boxes[result], "shrinkA": 0, "shrinkB": 1}
        axes.annotate("", (x1, y1), (x0, y0), arrowprops=arrow | {"connectionstyle": f"arc3,rad={bend}"}, zorder=2)
        axes.text((x0 + x1) / 2, (y0 + y1) / 2 - 0.5 * bend * (x1 - x0), with_minus(text), ha="center", va="center", fontsize=10, color=GREY,
                  bbox={"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none"} if text else None)
    axes.set(xlim=(-1.0, width - 1.0), ylim=(-height / 2, height / 2), title=title)
    axes.axis("off")
    show()


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
    show()


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


run(check_numerical_gradient)

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
    axes.loglog(steps[:45], [exact * h / 2 for h in steps[:45]], color="black", lw=1, ls=":")
    axes.loglog(steps[20:], [exact * 2.2e-16 / h for h in steps[20:]], color=GREY, lw=1, ls="-.", label="rounding: ε f/h, ε = 2.2e-16")
    axes.axvline(1e-5, color=GREEN, lw=1.2)
    axes.text(1.15e-5, 2e-1, "default h", color=GREEN)
    axes.set(title="Too large a step truncates, too small a step rounds", xlabel="step h", ylabel="error of the slope of exp at 1", ylim=(1e-13, 1e1))
    axes.legend(frameon=False, fontsize=10, loc="lower left")
    show()


plot_errors()

# %% [markdown]
# **Read it from right to left.** At first each error falls along its dotted line: $h^2$ for the central difference (two decades for each
# decade of $h$), $h$ for the forward one. Then both turn and rise. A float carries about 16 digits, so $f(x + he_i)$ and
# $f(x - he_i)$ are each wrong by up to $\varepsilon |f|$, with $\varepsilon = 2.2 \cdot 10^{-16}$. Their difference is tiny, the error stays, and dividing by $2h$ blows it
# up to as much as $\varepsilon |f|/h$: the grey line. The best step balances the two errors. For central differences that is about
# $\sqrt[3]{\varepsilon} \approx 6 \cdot 10^{-6}$, hence the default; ten correct digits are what you can hope for.
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
# operands. For `u` above that is `((a, -3.0), (b, 2.0))`. A number among the operands becomes a node that requires no gradient, and has its pair like any other; you may
# leave that pair out. A node that was made by hand, a *leaf*, has `()`. A result also keeps `op`, the sign of the operation as a string, such as `"*"`; a leaf has `""`. The
# pictures of this notebook read these two.
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


def keeps_pairs(result) -> bool:
    """Whether `result` keeps `parents` as the text describes: pairs (operand, local derivative)."""
    pairs = getattr(result, "parents", ())
    return isinstance(pairs, (tuple, list)) and len(pairs) > 0 and all(
        isinstance(pair, (tuple, list)) and len(pair) == 2 and isinstance(pair[0], Node) for pair in pairs
    )


def can_show(result) -> bool:
    """keeps_pairs, and a sentence where it does not."""
    if not keeps_pairs(result):
        print("Left out: this cell reads `parents`, pairs (operand, local derivative), and your nodes keep none.")
    return keeps_pairs(result)


# %% [markdown]
# **The other way round.** Python asks the *left* operand first. For `node - 5` it calls `node.__sub__(5)`. For `5 - node`, the number 5 does not know what a
# node is, so Python calls the *reflected* method of the right operand, `node.__rsub__(5)`, and there `self` stands on the **right** of the sign. (The `Vector` of *Objects and classes* was asked in the
# same way: `3 * v` ended in `v.__rmul__(3)`. There the order did not matter; here it does.)

# %% [markdown]
# **Write** the class `Node`.
#
# * `Node(value, name="", requires_grad=True)`. The value is an `int` or a `float`; anything else, `bool` included, raises `TypeError`. `.value` and `.grad` are floats;
#   `.grad` starts at 0.0, for results too. `.value`, `.grad`, `.name` and `.requires_grad` can be read.
# * `+ - * / **` work between two nodes, and between a node and a number on either side; unary `-` too. The result is a new node, and its operands are left as they were.
#   An operand that is neither a node, an `int` nor a `float` raises `TypeError`.
# * A result requires a gradient if at least one of its operands does. A number does not.
# * A **node** as exponent needs a base above 0, node or number; otherwise `ValueError`, for `Node(0) ** Node(-1)` too. With a **number** as exponent a negative base needs an
#   exponent of integer value (`3` and `3.0` alike); otherwise `ValueError`. $x^0$ is 1 with the derivative 0, for every $x$.
# * Dividing by 0 raises `ZeroDivisionError`, and so does 0 with a negative number as exponent.
# * Record `parents` and `op` as described above. Of the signs only `"+"` and `"*"` are needed later, in section 5. What `-x`, powers and reflected operators call themselves is up
#   to you, and so is making one operator of others, such as `a - b` of `a + (-b)`.
#   (`parents` is this notebook's way of remembering. If you remember in another way, the cells that read it say so and leave their picture out, and the hidden tests find the
#   derivatives through your `backward` of section 4. Section 5 draws the graph, and needs to know which operation each result came from.)
#
# Nothing is tested where a derivative is infinite (the square root of 0), where a value overflows, or with `True` and `False` as operands.
#
# <details><summary>Hint 1: shapes</summary>
#
# Everything is a single number. A result of two nodes has two pairs in `parents`, a result of one node has one. An operand that came as a number becomes
# a node that requires no gradient. The methods `_operand` and `_result` are there to save you typing: the first
# makes a node of whatever stands on the other side, the second makes the result. They are not graded; you may do without them.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# Values and local derivatives are the lines of the table. For a reflected operator, swap the roles: in `5 - node` the x of the table is 5 and the y is the node.
# Python's own `/` and `**` on floats raise `ZeroDivisionError` where they should; a negative float to a fractional power gives a complex number, so ask first.
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
        0 with a negative number as exponent raises ZeroDivisionError.
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

    for text, expected in [
        ("Node(2) + Node(-3)", -1.0),
        ("Node(2) - Node(-3)", 5.0),
        ("Node(2) * Node(-3)", -6.0),
        ("Node(-3) / Node(2)", -1.5),
        ("Node(-3) ** 2", 9.0),
        ("-Node(2)", -2.0),
        ("5 + Node(2)", 7.0),
        ("5 - Node(2)", 3.0),
        ("5 * Node(2)", 10.0),
        ("6 / Node(2)", 3.0),
        ("5 ** Node(2)", 25.0),
    ]:
        result = value_of(text)
        assert isinstance(result, Node), f"{text} should be a Node, not {type(result).__name__}"
        assert abs(result.value - expected) < 1e-12, f"{text} should be {expected}, not {result.value}"

    constant = Node(4.0, requires_grad=False)
    assert (a * constant).requires_grad and (constant * a).requires_grad, "a result requires a gradient if one of its operands does"
    assert not (constant * 3).requires_grad, "a constant times a number requires no gradient"
    assert exception_of(lambda: a / 0) == "ZeroDivisionError", "dividing by 0 should raise ZeroDivisionError"
    assert exception_of(lambda: b**0.5) == "ValueError", "the square root of -3 should raise ValueError"
    assert exception_of(lambda: b**a) == "ValueError", "a node as exponent needs a base above 0: Node(-3) ** Node(2) should raise ValueError"

    if keeps_pairs(a * b):
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
        print("Node: values, reflected operators and refusals are right; there are no pairs in parents, so the derivatives wait for section 4")


run(check_node_arithmetic)

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


if can_show(Node(2.0) * 3):
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
    show()


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
    for text, expected in [
        ("Node(0.5).tanh()", 0.46211715726),
        ("Node(1).exp()", math.e),
        ("Node(2).log()", 0.69314718056),
        ("Node(-2).relu()", 0.0),
        ("Node(3).relu()", 3.0),
        ("Node(1).sigmoid()", 0.73105857863),
        ("Node(-2).abs()", 2.0),
        ("Node(3).clip(-1, 2)", 2.0),
        ("Node(-3).clip(min_value=0)", 0.0),
        ("Node(3).clip(max_value=0)", 0.0),
        ("Node(3).clip()", 3.0),
    ]:
        result = value_of(text)
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

    if keeps_pairs(Node(2.0).exp()):
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
        print("functions: values and refusals are right; there are no pairs in parents, so the slopes wait for section 4")


run(check_node_functions)

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
    def slope_of(method, at):
        node = Node(at)
        return gradient_over_paths(getattr(node, method)(), node)

    for method, colour, style in lines:
        left.plot(grid[:200], [slope_of(method, t) for t in grid[:200]], color=colour, ls=style, lw=2)  # up to 0, and from 0: relu leaps there
        left.plot(grid[201:], [slope_of(method, t) for t in grid[201:]], color=colour, ls=style, lw=2, label=method)
        left.plot(0, slope_of(method, 0.0), "o", color=colour, ms=5)
        slope = slope_of(method, 1.5)
        right.semilogy(range(11), [slope**depth for depth in range(11)], "o", color=colour, ls=style, lw=2, label=method)
    left.set(title="Slope of your functions", xlabel="x", ylabel="local derivative")
    right.set(title="What is left of a gradient of 1", xlabel="number of functions in a row, each at x = 1.5", ylabel="gradient")
    left.legend(frameon=False)
    right.legend(frameon=False)
    show()


if can_show(Node(1.5).tanh()):
    plot_slopes()

# %% [markdown]
# **What to see.** Away from 0 both tanh and the sigmoid are nearly flat, and the sigmoid never has a slope above 1/4. Ten tanh functions at 1.5 leave about $0.18^{10} \approx 4 \cdot 10^{-8}$ of a
# gradient: the numbers that went into the first of them learn next to nothing. This is the *vanishing gradient*. A relu lets everything through where its operand is above 0, and nothing at all where it is not,
# at 0 included (the green dot).

# %% [markdown]
# ## 4 · Backward, in one pass
#
# **Why.** `gradient_over_paths` is right, and far too slow. If every number is used twice by the next one, the number of paths doubles with each step: 40 steps
# have $2^{40}$ paths, about a million million. Networks reuse everything. The remedy is to add up *at every node*, once, instead of at the end of every path.
#
# **Picture.** $y = u \cdot u$ with $u = 3x$ at $x = 2$. The two uses of $u$ are two arrows. Their effects meet at $u$ and travel on to $x$ **together**.

# %% nbgrader={"grade": false, "grade_id": "backward_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
draw_graph(
    [("3", 3.0, None), ("x", 2.0, 36.0), ("u = 3*x", 6.0, 12.0), ("y = u*u", 36.0, 1.0)],
    [(0, 2, "2"), (1, 2, "3"), (2, 3, "6"), (2, 3, "6")],
    "(3x)² at x = 2: u collects 6 + 6 = 12, then hands 12 · 3 = 36 on to x",
)

# %% [markdown]
# **Derivation.** Call the result whose gradients we want the **root**; here it is $y$. Let $v$ be any node that it was made from, and let $w_1, \dots, w_k$ be the results that use $v$, one for each use (a result that
# uses $v$ twice counts twice). Every path from $v$ to the root begins with an arrow to one of the $w_j$. Sort the paths by their first arrow, and the sum over paths becomes a sum over uses:
#
# $$ \bar v \;=\; \sum_{j=1}^{k} \bar w_j \cdot \frac{\partial w_j}{\partial v}, \qquad \bar y = 1, $$
#
# where $\bar v = \partial y/\partial v$ is the gradient of the one number $y$ at $v$, a single number too. In words: *my gradient is the sum, over all my uses, of the user's gradient times the local derivative on the arrow*.
# Each arrow is used once, so the work is proportional to the size of the graph.
#
# The formula needs every $\bar w_j$ **before** $\bar v$ goes on. So the nodes must be taken in an order in which results come before their operands. The reverse of that, operands before results, is called
# a **topological order**. It exists because operands are there before their results, so that nothing is made of itself, not even indirectly; often there are several, and any of them will do.
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
# * All three work on a chain of 2,000 nodes. (A function that calls itself at each operand meets Python's limit of about 1,000 calls inside one another. Whether you keep a list of what is to do, or raise the limit by `sys.setrecursionlimit`, is up to you.)
# * All three take a time proportional to the size of the graph, however often a node is used and however many ways lead to it. Looking for a node in a list takes a time proportional to the list; in a set or a dictionary it does not.
#
# Nothing is tested where a `.value` is assigned between an operation and its `backward`.
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
        raise AssertionError("a sum of 2,001 terms is too deep for a function that calls itself: keep a list of what is to do, or raise the limit") from None
    assert x.grad == 2001.0, f"x added to itself, 2,001 terms in all, has the gradient 2001, not {x.grad}"
    print("backward: order, sums over uses, second call, zero_grad, constants and long chains are right")


run(check_node_backward)

# %% [markdown]
# ### Look at it: the neuron, drawn from your nodes
#
# The neuron of the first picture, made of your own nodes. Every number in it was computed by your code.

# %% nbgrader={"grade": false, "grade_id": "neuron_drawing", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_node(root, title):
    """Draw the graph of `root` from its parents; what has no name is shown by its operation or its value."""
    order = topological_order(root)
    place = {id(node): i for i, node in enumerate(order)}
    vertices = [(node.name or getattr(node, "op", "") or f"{node.value:g}", node.value, node.grad if node.requires_grad else None) for node in order]
    edges = [(place[id(operand)], place[id(node)], f"{local:.3g}") for node in order for operand, local in getattr(node, "parents", ())]
    draw_graph(vertices, edges, title)


def draw_your_neuron():
    w1, x1, w2, x2, b = Node(0.5, "w1"), Node(1.0, "x1"), Node(-0.25, "w2"), Node(2.0, "x2"), Node(0.5, "b")
    y = (w1 * x1 + w2 * x2 + b).tanh()
    y.name = "y"
    y.backward()
    draw_node(y, "Your neuron: values in blue, gradients in orange, local derivatives on the arrows")


if can_show(Node(2.0) * 3):
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


if can_show(Node(2.0) * 3):
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
    right.semilogy(depths, [2 * n for n in depths], "o-", color=BLUE, ms=5, label="yours, and = for +=")
    right.semilogy(depths, [2 ** (n + 1) - 2 for n in depths], "x:", color=GREEN, ms=8, label="every path, and hasty")
    left.set(title="Gradient found, as a share of the right one", xlabel="n, doublings", ylabel="found / right")
    right.set(title="Arrows walked along", xlabel="n, doublings", ylabel="arrows")
    left.legend(frameon=False)
    right.legend(frameon=False)
    show()


if can_show(Node(2.0) * 3):
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
    left.legend(loc="lower left", framealpha=1, edgecolor="none")
    right.semilogy(range(61), [loss for _, _, loss in track], color=BLUE, lw=2)
    right.set(title="f on the way", xlabel="step", ylabel="f(p, q)")
    show()


go_downhill()

# %% [markdown]
# **What to see.** The first step is long, because the slope is steep there, and overshoots the valley floor. From the second on the path bends into the valley and follows it. The floor is almost level, so the gradients are small, and so are the
# steps: after 60 of them the path is at about $(0.89, 0.76)$, still short of the star, and $f$ is still falling. More steps would get there; section 10 has better ones.

# %% [markdown]
# ## 5 · The graph as text
#
# **Why.** A wrong gradient is hard to find in a list of numbers and easy to see in a picture. Pictures of graphs are an old problem with an old answer: describe the graph in a small language, and leave
# the drawing to a program. The language is **DOT**, the program that reads it is *Graphviz*, and many others read it too. You need none of them here: what you write is text, and the cell below the check draws it.
#
# **Picture.** The same expression as in section 2, $y = a \cdot b + c$, in the form that you will write. A *value* is a box. An *operation* is a circle of its own, so that one sees which arrows enter the same operation.

# %% nbgrader={"grade": false, "grade_id": "dot_drawing", "locked": true, "schema_version": 3, "solution": false, "task": false}
import re


def draw_dot(text, title):
    """Draw a graph that is written in DOT, one statement per line: boxes for values, circles for operations, from left to right."""
    labels, edges = {}, []
    for line in text.splitlines():
        if vertex := re.fullmatch(r'\s*(\w+) \[label="(.*)"\];\s*', line):
            labels[vertex[1]] = re.sub(r"\\(.)", lambda escaped: "\n" if escaped[1] == "n" else escaped[1], vertex[2])
        elif edge := re.fullmatch(r"\s*(\w+) -> (\w+);\s*", line):
            edges.append((edge[1], edge[2]))
    column = dict.fromkeys(labels, 0)
    for _ in labels:  # as far right as the longest way to it
        for start, end in edges:
            column[end] = max(column[end], column[start] + 1)
    for leaf in labels.keys() - {end for _, end in edges}:
        column[leaf] = min([column[end] for start, end in edges if start == leaf], default=1) - 1

    place, tallest = {}, 1
    for c in range(max(column.values()), -1, -1):
        members = [v for v in labels if column[v] == c]
        members.sort(key=lambda v: min([(-place[end][1], n) for n, (start, end) in enumerate(edges) if start == v], default=(0.0, 0)))
        tallest = max(tallest, len(members))
        place |= {v: (1.75 * c, 1.25 * ((len(members) - 1) / 2 - row)) for row, v in enumerate(members)}

    figure, axes = plt.subplots(figsize=(min(10.5, 1.35 * max(column.values()) + 2), 0.95 * tallest + 0.7), layout="constrained")
    shapes = {}
    for v, label in labels.items():
        is_value = "value=" in label
        box = {"boxstyle": "round,pad=0.35" if is_value else "circle,pad=0.3", "facecolor": "white", "edgecolor": BLUE if is_value else ORANGE, "lw": 1.4}
        shapes[v] = axes.text(*place[v], label.strip(), ha="center", va="center", fontsize=9, bbox=box, zorder=3).get_bbox_patch()
    axes.set(xlim=(-0.9, 1.75 * max(column.values()) + 0.9), ylim=(-0.65 * tallest, 0.65 * tallest), title=title)
    axes.axis("off")
    for start, end in edges:
        bends = [-0.3, 0.3] if edges.count((start, end)) > 1 else [0.0]
        for bend in bends:
            arrow = {"arrowstyle": "-|>", "color": GREY, "patchA": shapes[start], "patchB": shapes[end], "shrinkA": 0, "shrinkB": 1}
            axes.annotate("", place[end], place[start], arrowprops=arrow | {"connectionstyle": f"arc3,rad={bend}"}, zorder=4)  # after the boxes: text has its size once it is drawn
    show()


THE_TEXT = r'''digraph expression {
  a [label="a\nvalue=2.0000\ngrad=-3.0000"];
  b [label="b\nvalue=-3.0000\ngrad=2.0000"];
  times [label="*"];
  a -> times;
  b -> times;
  u [label="\nvalue=-6.0000\ngrad=1.0000"];
  times -> u;
  c [label="c\nvalue=10.0000\ngrad=1.0000"];
  plus [label="+"];
  u -> plus;
  c -> plus;
  y [label="y\nvalue=4.0000\ngrad=1.0000"];
  plus -> y;
}'''
print(THE_TEXT)
draw_dot(THE_TEXT, "The text above, drawn: boxes are values, circles are operations")

# %% [markdown]
# **The language.** A text in DOT names every vertex once and every edge once. We need three kinds of line:
#
# | line | what it says |
# |---|---|
# | `digraph NAME {` … `}` | the first and the last line: a directed graph |
# | `ID [label="…"];` | there is a vertex; this is written in it |
# | `ID -> ID;` | an arrow leads from the first vertex to the second |
#
# An `ID` is yours to choose; it is never drawn. Names cannot serve as IDs: two nodes may have the same name, or none. Inside a label the two characters `\n` start a new line. The label is closed by the next `"`, so a `"` that belongs to a *name*
# is written as `\"`, and a `\` as `\\`.
#
# **Counting.** Let a graph have $n$ nodes, $m$ of them results, and $k$ uses of operands in all. Its text has $n + m$ vertices (a box for each node, a circle for each result) and $k + m$ arrows ($k$ into circles, $m$ out of them).
#
# **By hand.** $y = ab + c$ has $n = 5$ nodes, $m = 2$ results and $k = 4$ uses: $7$ vertices and $6$ arrows, as in the text above. And $x \cdot x$ has $n = 2$, $m = 1$, $k = 2$: three vertices, and three arrows, two of which lead from $x$ to the same circle.

# %% [markdown]
# **Write** `to_dot`.
#
# * The first line is `digraph`, a name of your choice and `{`; the last line is `}`. Between them stands one statement per line, in one of the two forms `ID [label="…"];` and `ID -> ID;`, indented or not. IDs are made of letters, digits and `_`.
# * Every node that the root was made from, and the root, is **one** vertex, however often it is used. Its label is `NAME\nvalue=V`, and with `show_grad` (the default) `NAME\nvalue=V\ngrad=G`,
#   where V and G have four decimals (`%.4f`) and `\n` stands for the two characters. A node without a name has the empty string for NAME. The gradient is what `.grad` holds now; nodes that require none are no exception. `-0.0000` counts as `0.0000`.
# * In names, `"` becomes `\"` and `\` becomes `\\`. A name with a real line break is not tested.
# * Every call of `+`, `*`, `tanh`, `exp`, `log`, `relu`, `sigmoid` or `abs` is one more vertex, labelled with that sign or name. Arrows lead from each operand to it, one for each use, and from it to the result.
# * How you write the other operators is up to you (`-`, `/`, `**`, `clip`, and numbers as operands): the tests use those eight, between nodes.
#
# <details><summary>Hint 1: shapes</summary>
#
# One string of 2 + (vertices) + (arrows) lines. `topological_order(root)` has every node once, and its number in that list makes a good ID. A node with parents has two vertices: its own, and that of its operation.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# For node number i: the line of its value; and, if it has parents, the line of its operation, an arrow from each operand to the operation, and one from the operation to the value. In Python, the two characters `\n` are written `"\\n"`.
# Escape `\` first and `"` second: the other way round the new `\` would be doubled. If you do not keep `parents` and `op`, read whatever your nodes remember instead.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# number the nodes of the order; begin the list of lines with the digraph line. For each node: escape its name; put the label together, with or without the gradient; add its vertex. If it is a result: add a vertex for its operation with an ID that
# no value has; for each of its parents add an arrow from the operand's ID to the operation; add an arrow from the operation to the node. Close the brace, join the lines.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "graph_to_dot_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def to_dot(root: Node, show_grad: bool = True) -> str:
    r"""The graph that root was made from, as text in Graphviz DOT: a vertex for each node and one for each operation.

    root: the last result. show_grad: whether the labels of nodes show .grad besides .value.
    Lines: `digraph NAME {`, then `ID [label="…"];` and `ID -> ID;`, one per line, then `}`.

    >>> x = Node(2.0, "x")
    >>> text = to_dot(x * x, show_grad=False)
    >>> text.count("label="), text.count("->"), r'[label="x\nvalue=2.0000"];' in text
    (3, 3, True)
    """
    ### BEGIN SOLUTION
    order = topological_order(root)
    number = {id(node): i for i, node in enumerate(order)}
    lines = ["digraph computation {"]
    for i, node in enumerate(order):
        name = node.name.replace("\\", "\\\\").replace('"', '\\"')
        gradient = f"\\ngrad={node.grad:.4f}" if show_grad else ""
        lines.append(f'  value_{i} [label="{name}\\nvalue={node.value:.4f}{gradient}"];')
        if node.parents:
            lines.append(f'  operation_{i} [label="{node.op}"];')
            lines += [f"  value_{number[id(operand)]} -> operation_{i};" for operand, _ in node.parents]
            lines.append(f"  operation_{i} -> value_{i};")
    return "\n".join([*lines, "}"])
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "graph_to_dot", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false} exercise={"title": "The graph as text", "difficulty": 2, "minutes": 25, "needs": ["node_functions", "node_backward"]}
def check_graph_to_dot():
    def read(text):
        """The labels of a DOT text by ID, and its arrows."""
        assert isinstance(text, str), f"to_dot should return a string, not {type(text).__name__}"
        lines = [line.strip() for line in text.strip().splitlines()]
        assert lines[0].startswith("digraph ") and lines[0].endswith("{"), f"the first line should be `digraph NAME {{`, not {lines[0]!r}"
        assert lines[-1] == "}", f"the last line should be `}}`, not {lines[-1]!r}"
        labels, arrows = {}, []
        for line in lines[1:-1]:
            arrow, _, label = line.partition(" [label=")
            if label:
                assert label.startswith('"') and label.endswith('"];'), f'a vertex is written `ID [label="…"];`, not {line!r}'
                assert arrow not in labels, f"the vertex {arrow} is there twice: one for each node, and one for each operation"
                labels[arrow] = label[1:-3]
            else:
                ends = line.removesuffix(";").split(" -> ")
                assert line.endswith(";") and len(ends) == 2, f"a line is `ID [label=\"…\"];` or `ID -> ID;`, not {line!r}"
                arrows.append(ends)
        wrong = [ID for ID in labels if not ID.replace("_", "a").isalnum()]
        assert not wrong, f"an ID is made of letters, digits and _, unlike {wrong}"
        lost = [ID for ends in arrows for ID in ends if ID not in labels]
        assert not lost, f"arrows lead from or to {lost}, and no vertex has that ID"
        return labels, arrows

    x = Node(3.0, "x")
    square = x * x
    labels, arrows = read(to_dot(square, show_grad=False))
    found = sorted(labels.values())
    assert found == sorted([r"x\nvalue=3.0000", r"\nvalue=9.0000", "*"]), rf"x * x, without gradients, has the labels x\nvalue=3.0000, \nvalue=9.0000 and *; yours has {found}"
    named = sorted((labels[start], labels[end]) for start, end in arrows)
    assert named == sorted([(r"x\nvalue=3.0000", "*")] * 2 + [("*", r"\nvalue=9.0000")]), f"x * x has two arrows from x to * and one from * to the result, not {named}"

    y = (square + x).tanh()
    y.backward()
    labels, arrows = read(to_dot(y))
    assert len(labels) == 7, f"tanh(x*x + x) has 4 values and 3 operations, 7 vertices; yours has {len(labels)}"
    assert len(arrows) == 8, f"tanh(x*x + x) has 5 arrows into operations and 3 out of them, 8; yours has {len(arrows)}"
    assert sorted(label for label in labels.values() if "value" not in label) == ["*", "+", "tanh"], "the operations of tanh(x*x + x) are *, + and tanh"
    expected = f"x\\nvalue=3.0000\\ngrad={x.grad:.4f}"
    assert expected in labels.values(), f"with gradients, the label of x should be {expected}; the labels are {list(labels.values())}"

    labels, _ = read(to_dot(Node(1.0, 'say "hi" \\ bye'), show_grad=False))
    [label] = labels.values()
    assert label == r"say \"hi\" \\ bye\nvalue=1.0000", rf'the name say "hi" \ bye should become say \"hi\" \\ bye; the label is {label}'
    print("to_dot: form, labels, operations, arrows and escapes are right")


run(check_graph_to_dot)

# %% [markdown]
# ### Look at it: a neuron in your own words
#
# A neuron with one input, and the square of what it gives: the text that your `to_dot` makes of it, and a drawing made from that text. If you have Graphviz, or one of the web pages that run it, give it the same text: it draws the same graph.

# %% nbgrader={"grade": false, "grade_id": "dot_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_your_text():
    w, x, b = Node(0.5, "w"), Node(2.0, "x", requires_grad=False), Node(-0.25, "b")
    y = (w * x + b).tanh()
    error = y * y
    error.backward()
    text = to_dot(error)
    print(text)
    draw_dot(text, "tanh(w x + b)², from your text: two arrows lead from the result of tanh to the last product")


draw_your_text()

# %% [markdown]
# ## 6 · Tensors
#
# **Why.** A node is one number, and a network has thousands, so its graph would have millions of nodes: too many to store, and each with its own call of a Python function. But the numbers come in tables, and whole tables are
# added, multiplied and bent in the same way. So let one vertex of the graph hold a table. The graph of a network then has a few dozen vertices, and everything that you know about `backward` holds as it is.
# From here to the end of the notebook you work with tables; `Node` has done its work.
#
# A table with any number of axes is a **tensor**. Its *shape* says how many entries it has along each axis: `()` for a single number, `(3,)` for a list of three, `(2, 3)` for two rows of three.
#
# **Picture.** Multiply a column $x$ of shape `(3, 1)` by a list $y$ of shape `(4,)`. The shapes differ, and yet there is one sensible answer, a table of shape `(3, 4)`: the column is used for each of its four columns, and the list for each of its
# three rows. This is **broadcasting**. No entry is copied, but each entry of $x$ is now *used four times*, and section 4 says what its gradient is then: a sum over its uses.

# %% nbgrader={"grade": false, "grade_id": "broadcast_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_cells(axes, table, left, top, colour, filled=False):
    """Draw a table of numbers, its upper left corner at (left, top)."""
    for i, row in enumerate(table):
        for j, number in enumerate(row):
            axes.add_patch(plt.Rectangle((left + j, top - i - 1), 1, 1, facecolor=colour if filled else "white", alpha=0.25 if filled else 1, edgecolor="none"))
            axes.add_patch(plt.Rectangle((left + j, top - i - 1), 1, 1, facecolor="none", edgecolor=colour, lw=1.2))
            axes.text(left + j + 0.5, top - i - 0.5, f"{number:g}", ha="center", va="center", fontsize=10)


def draw_broadcasting():
    x, y = [1, 2, 3], [10, 20, 30, 40]
    figure, panels = plt.subplots(1, 3, figsize=(10.5, 4.6), layout="constrained")
    tables = [[[a * b for b in y] for a in x], [y for _ in x], [[a] * 4 for a in x]]
    titles = ["Forward: z = x · y", "Back to x: terms 1 · y,\nadded along each row", "Back to y: terms 1 · x,\nadded down each column"]
    for axes, table, title in zip(panels, tables, titles):
        draw_cells(axes, table, 2, 0, GREY)
        axes.set(xlim=(-0.6, 7.6), ylim=(-5.4, 2.6), aspect="equal", title=title)
        axes.axis("off")
    forward, to_x, to_y = panels
    draw_cells(forward, [[a] for a in x], 0, 0, BLUE, filled=True)
    draw_cells(forward, [y], 2, 2, GREEN, filled=True)
    forward.text(0.5, 0.3, "x (3, 1)", ha="center", color=BLUE)
    forward.text(4, 2.2, "y (4,)", ha="center", color=GREEN)
    forward.text(4, -3.6, "z (3, 4)", ha="center", color=GREY)
    draw_cells(to_x, [[sum(y)] for _ in x], 0, 0, ORANGE, filled=True)
    to_x.text(0.5, 0.3, "gradient of x", ha="center", color=ORANGE)
    draw_cells(to_y, [[sum(x)] * 4], 2, -4, ORANGE, filled=True)
    to_y.text(4, -5.4, "gradient of y", ha="center", color=ORANGE)
    for i in range(3):
        to_x.annotate("", (1.05, -i - 0.5), (2, -i - 0.5), arrowprops={"arrowstyle": "-|>", "color": ORANGE})
    for j in range(4):
        to_y.annotate("", (2.5 + j, -4), (2.5 + j, -3), arrowprops={"arrowstyle": "-|>", "color": ORANGE})
    figure.suptitle("A broadcast entry is used many times, so its gradient is a sum\n(root: the sum of all entries of z)\n")
    show()


draw_broadcasting()

# %% [markdown]
# **Row-major places.** Let $T$ have the shape $(n_0, \dots, n_{d-1})$, with $d$ axes ($d = 0, \dots, 4$) and $N = n_0 n_1 \cdots n_{d-1}$ entries. Written one row after the other in a single list, the entry $T[i_0, \dots, i_{d-1}]$ stands at the place
#
# $$ p = \sum_{k=0}^{d-1} i_k s_k, \qquad s_k = n_{k+1} \, n_{k+2} \cdots n_{d-1}, \qquad s_{d-1} = 1. $$
#
# $s_k$ is the **stride** of axis $k$: how far to go in the list for one step along the axis. In the shape $(2, 3)$ the strides are $3$ and $1$, and $T[1, 2]$ stands at $1 \cdot 3 + 2 \cdot 1 = 5$, the last of six places.
#
# **Broadcasting** (NumPy's rule). Write the two shapes one above the other, flush right. Where one of them has no axis left, put a 1. Along each axis the two sizes must be equal, or one of them must be 1; the result has the larger. Anything else is refused.
#
# | | | | |
# |---|---|---|---|
# | `x` | `(3, 1)` | `(2, 1, 5)` | `(2, 3)` |
# | `y` | `(4,)` | `(4, 1)` | `(2,)` |
# | result | `(3, 4)` | `(2, 4, 5)` | refused: 3 against 2 |
#
# Which entry of $x$ stands at a place of the result? The one with the same indices, except that along a stretched axis its index is always 0. In the sum for $p$ such an axis has **stride 0**. So one short list, *for each place $j$ of the result the place $\pi(j)$ in $x$*, holds all
# there is to know about broadcasting. For $x$ of shape $(3, 1)$ in the result $(3, 4)$ it is $0,0,0,0,\,1,1,1,1,\,2,2,2,2$; for $y$ of shape $(4,)$ it is $0,1,2,3,\,0,1,2,3,\,0,1,2,3$.
#
# **The gradient of an elementwise operation.** Write $\pi(j)$ for the place in $x$ that belongs to place $j$ of the result, and $\rho(j)$ for the place in $y$. Then $z_j = f(x_{\pi(j)}, y_{\rho(j)})$. Let $\bar z_j$ be the gradient of the root (one number) at $z_j$. The entry $x_i$ is used at all those places $j$ where $\pi(j) = i$. Section 4 adds over uses:
#
# $$ \bar x_i \;=\; \sum_{j \,:\, \pi(j) = i} \bar z_j \cdot \frac{\partial f}{\partial x}\bigl(x_{\pi(j)}, y_{\rho(j)}\bigr), \qquad\text{and } \bar y \text{ in the same way, with } \rho \text{ and } \frac{\partial f}{\partial y}. $$
#
# The gradient has the shape of $x$, whatever the shape of $z$. The local derivatives of $f$ are those of the tables in sections 2 and 3. In a program: begin with zeros, go through the places $j$, and *add* each term at place $\pi(j)$.
#
# **A sum along an axis** needs the same kind of list. Let $S$ be the sum of $T$ along axis $k$, and let $S$ keep that axis for the moment, with size 1. If you broadcast $S$ back to the shape of $T$, the entry of $S$ at some place $\pi(j)$ comes to stand at place $j$ of $T$. That entry is the sum to which $T_j$ is added:
#
# $$ S_i \;=\; \sum_{j \,:\, \pi(j) = i} T_j, \qquad\qquad \bar T_j \;=\; \bar S_{\pi(j)}. $$
#
# Each entry of $T$ is used once, with the slope 1, so its gradient is that of the sum it went into. In the end the axis of size 1 is taken out of the shape of $S$, unless `keepdims` asks for it. A sum over *all* axes has one place, and every $\pi(j)$ is 0.
#
# For example, let $T = \begin{pmatrix} 1 & 2 & 3 \\ 4 & 5 & 6 \end{pmatrix}$ of shape $(2, 3)$. Along axis 0 the places $\pi$ are $0,1,2,\,0,1,2$, and $S = (5, 7, 9)$, of shape $(3,)$, or $(1, 3)$ with `keepdims`. If the gradient at $S$ is $(10, 20, 30)$, then at $T$ it is
# $\begin{pmatrix} 10 & 20 & 30 \\ 10 & 20 & 30 \end{pmatrix}$. Along axis 1 the places are $0,0,0,\,1,1,1$, and $S = (6, 15)$.
#
# **The others.** All entries of one tensor $x$ with $N$ entries go in, and one number $m$ comes out:
#
# | | value | gradient $\bar x_j$ |
# |---|---|---|
# | `x.mean()` | $\frac1N \sum_j x_j$ | $\bar m / N$ |
# | `x.max()` | the largest entry | $\bar m / t$ at each of the $t$ entries that equal $m$, $0$ elsewhere |
# | `x.min()` | the smallest entry | likewise |
#
# Where several entries tie for the largest, no derivative exists, and we agree that they share the gradient equally.
#
# **By hand.** $x = \begin{pmatrix} 1 \\ 2 \end{pmatrix}$ of shape $(2, 1)$, $y = (10, 20, 30)$ of shape $(3,)$, and $z = x \cdot y$ is $\begin{pmatrix} 10 & 20 & 30 \\ 20 & 40 & 60 \end{pmatrix}$. The root is the sum of all six, 180, so every $\bar z_j$ is 1.
# To $x_0$ flow the terms $1 \cdot 10$, $1 \cdot 20$, $1 \cdot 30$: $\bar x_0 = 60$, and $\bar x_1 = 60$ too. To $y_0$ flow $1 \cdot 1$ and $1 \cdot 2$: $\bar y = (3, 3, 3)$. And the largest entry of $(5, 7, 7)$ is 7, with the gradient $(0, \tfrac12, \tfrac12)$.
#
# **How a tensor remembers.** A node kept a local derivative for each operand, one number. For tensors the same role is played by a function: it takes the gradient at the result and gives back what flows to this operand. `parents` holds pairs *(operand, that function)*.

# %% [markdown]
# **Write** the class `Tensor`: what a tensor holds. The next two exercises add operations to it.
#
# * `Tensor(data, requires_grad=True)`: `data` is a number, or lists of numbers, nested up to four deep. Lists of unequal shape next to each other (*ragged* ones) and more than 4 axes raise `ValueError`. Empty lists do not occur.
# * `.shape` is a tuple, `()` for a number. `.data` and `.grad` are nested lists of plain floats, also where ints went in, and a single float where the shape is `()`. `.grad` starts as zeros. `.requires_grad` can be read.
# * `.data` and `.grad` can be assigned, as a whole: `t.data = [[…], […]]`. What is assigned has the tensor's shape; otherwise `ValueError`, and nothing changes. (Changing a single entry, `t.data[0] = 5`, is not used, and need not work.)
# * `item()`: the single entry as a float; `ValueError` if there are several. `detach()`: a new tensor with a copy of the data, which requires no gradient and remembers nothing; the tensor itself stays as it is.
# * `zero_grad()` sets the tensor's own `.grad` to zeros. (What becomes of the gradients of the tensors that it was made from is not tested.)
#
# Nothing is tested where this list is silent: data other than ints and floats in lists (tuples, `True`, strings). How a tensor stores its numbers and its past is up to you. The stub below keeps a list in row-major order, and its two functions and the method with an underscore are steps
# that are not graded. What the model answers of the next exercises build on is `_numbers` and `_gradient`, such lists, and `parents`; if yours are others, build on yours.
#
# <details><summary>Hint 1: shapes</summary>
#
# Keep the N numbers in one list, row-major, and the shape beside it: then every operation will be one loop over a list. The gradient is a list as long. A list of k parts, each of the shape s, has the shape (k, *s).
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The way back to nested lists cuts the list into pieces as long as the last axis, then the list of pieces into pieces as long as the axis before it, and so on; the first axis needs no cut.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# flatten: a number is a list of one, shape (). Otherwise flatten each part; all parts must have the same shape, of at most three axes; put their numbers one after the other.
# new tensor: remember numbers, shape, zeros for the gradient, no parents. read: nest the list. assign: flatten what comes, compare the shapes, keep the list.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "tensor_data_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
from collections.abc import Callable


def flat_and_shape(data: float | list) -> tuple[list[float], tuple[int, ...]]:
    """The numbers of nested lists in row-major order, and their shape. Ragged lists and more than 4 axes raise ValueError.

    >>> flat_and_shape([[1, 2, 3], [4, 5, 6]])
    ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], (2, 3))
    """
    ### BEGIN SOLUTION
    if not isinstance(data, (list, tuple)):
        return [float(data)], ()
    parts = [flat_and_shape(part) for part in data]
    shape = parts[0][1]
    if any(other != shape for _, other in parts):
        raise ValueError("the lists are ragged: lists next to each other must have the same shape")
    if len(shape) == 4:
        raise ValueError("a tensor has at most 4 axes")
    return [number for numbers, _ in parts for number in numbers], (len(parts), *shape)
    ### END SOLUTION


def nested(numbers: list[float], shape: tuple[int, ...]) -> float | list:
    """The way back: nested lists of that shape, or the one number where the shape is ().

    >>> nested([1.0, 2.0, 3.0, 4.0], (2, 2))
    [[1.0, 2.0], [3.0, 4.0]]
    """
    ### BEGIN SOLUTION
    if not shape:
        return numbers[0]
    rows = list(numbers)
    for size in reversed(shape[1:]):
        rows = [rows[i : i + size] for i in range(0, len(rows), size)]
    return rows
    ### END SOLUTION


class Tensor:
    """A table of floats with up to four axes that will remember how it was made.

    data: a number, or nested lists of numbers; ragged lists and more than 4 axes raise ValueError.
    requires_grad: whether a gradient is wanted for it.

    After that: .shape, a tuple; .data and .grad (zeros at first), nested lists of floats, which can be assigned as a whole; .requires_grad.
    Inside, for the cells that follow: ._numbers and ._gradient, lists in row-major order; .parents, pairs (operand, function from the
    gradient at this tensor to what flows to the operand, both such lists), none at first.

    >>> Tensor([[1, 2], [3, 4]]).data
    [[1.0, 2.0], [3.0, 4.0]]
    """

    def __init__(self, data: float | list, requires_grad: bool = True) -> None:
        ### BEGIN SOLUTION
        self._numbers, self.shape = flat_and_shape(data)
        self._gradient = [0.0] * len(self._numbers)
        self.requires_grad = requires_grad
        self.parents: tuple[tuple[Tensor, Callable[[list[float]], list[float]]], ...] = ()
        ### END SOLUTION

    @property
    def data(self) -> float | list:
        """The entries, as nested lists of floats; assigning another shape raises ValueError."""
        ### BEGIN SOLUTION
        return nested(self._numbers, self.shape)
        ### END SOLUTION

    @data.setter
    def data(self, new: float | list) -> None:
        ### BEGIN SOLUTION
        self._numbers = self._fitting(new)
        ### END SOLUTION

    @property
    def grad(self) -> float | list:
        """The gradient, in the shape of the data; assigning another shape raises ValueError."""
        ### BEGIN SOLUTION
        return nested(self._gradient, self.shape)
        ### END SOLUTION

    @grad.setter
    def grad(self, new: float | list) -> None:
        ### BEGIN SOLUTION
        self._gradient = self._fitting(new)
        ### END SOLUTION

    def _fitting(self, new: float | list) -> list[float]:
        """The numbers of nested lists, which must have the shape of this tensor; otherwise ValueError."""
        ### BEGIN SOLUTION
        numbers, shape = flat_and_shape(new)
        if shape != self.shape:
            raise ValueError(f"this tensor has the shape {self.shape}; what is assigned has {shape}")
        return numbers
        ### END SOLUTION

    def zero_grad(self) -> None:
        """Set .grad to zeros."""
        ### BEGIN SOLUTION
        self._gradient = [0.0] * len(self._numbers)
        ### END SOLUTION

    def item(self) -> float:
        """The entry of a tensor that has one; ValueError if it has several."""
        ### BEGIN SOLUTION
        if len(self._numbers) > 1:
            raise ValueError(f"item() is for one entry; this tensor has {len(self._numbers)}")
        return self._numbers[0]
        ### END SOLUTION

    def detach(self) -> "Tensor":
        """A copy that requires no gradient and does not remember how it was made."""
        ### BEGIN SOLUTION
        return Tensor(self.data, requires_grad=False)
        ### END SOLUTION

    def __repr__(self) -> str:
        return f"Tensor({self.data})"

# %% nbgrader={"grade": true, "grade_id": "tensor_data", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} exercise={"title": "What a tensor holds", "difficulty": 1, "minutes": 30, "needs": []}
def check_tensor_data():
    table = Tensor([[1, 2, 3], [4, 5, 6]])
    assert table.shape == (2, 3), f"two lists of three numbers have the shape (2, 3), not {table.shape}"
    assert near(table.data, [[1, 2, 3], [4, 5, 6]]), f".data should be [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], in floats, not {table.data}"
    assert near(table.grad, [[0, 0, 0], [0, 0, 0]]), f".grad starts as zeros in the shape of the data, not {table.grad}"
    assert Tensor(2).shape == () and near(Tensor(2).data, 2.0), f"a number has the shape () and one float as data, not {Tensor(2).shape} and {Tensor(2).data!r}"
    assert exception_of(lambda: Tensor([[1, 2], [3]])) == "ValueError", "the ragged lists [[1, 2], [3]] should raise ValueError"
    assert exception_of(lambda: Tensor([[[[[1]]]]])) == "ValueError", "five axes should raise ValueError: four are the most"
    assert table.requires_grad and not Tensor([1], requires_grad=False).requires_grad, ".requires_grad is True unless something else was asked for"

    assert near(Tensor([[7]]).item(), 7.0), "item() of a tensor with one entry should be that entry, a float"
    assert exception_of(table.item) == "ValueError", "item() of six entries should raise ValueError"
    pair = Tensor([2, -3])
    pair.data, pair.grad = [8, 9], [1, 2]
    assert near(pair.data, [8, 9]), f"after `t.data = [8, 9]` the tensor holds the new numbers, as floats, not {pair.data}"
    assert near(pair.grad, [1, 2]), f"after `t.grad = [1, 2]` its gradient is that, as floats, not {pair.grad}"
    assert exception_of(lambda: setattr(pair, "data", [[8, 9]])) == "ValueError", "assigning the shape (1, 2) to a tensor of shape (2,) should raise ValueError"
    copy = pair.detach()
    assert not copy.requires_grad and pair.requires_grad, "detach() gives another tensor, which requires no gradient; the tensor itself still does"
    copy.data = [0, 0]
    assert near(pair.data, [8, 9]), "detach() gives a tensor of its own: what is assigned to it does not change this one"
    pair.zero_grad()
    assert near(pair.grad, [0, 0]), f"zero_grad() sets the gradient to zeros, not to {pair.grad}"
    print("Tensor: shapes, data, gradients, assignment and refusals are right")


run(check_tensor_data)

# %% [markdown]
# **Write** the arithmetic of tensors, and `backward`. The last lines, which are given, attach the functions to `Tensor`.
#
# * `+ - * /` between two tensors, and between a tensor and a number on either side; unary `-`; `tensor ** number`, with the slope 0 for exponent 0. Shapes are broadcast; if they cannot be, `ValueError`. Operands are left as they were; later operations use data that were assigned.
# * `backward(gradient=None)` as in section 4: it adds, to the `.grad` of every tensor that it reaches and that requires a gradient, the gradient of the root; a second call doubles that of the leaves; a result requires a gradient if one of its operands does; numbers do not.
#   The root has one entry, with the gradient 1. A root with several is not the end of the way: some number $m$ is to be computed from it, and `gradient` says what the gradient of $m$ is at each entry, in nested lists of the root's shape. `z.backward([[1, 1, 1], [1, 1, 1]])` gives what the sum of all six entries of `z` would.
#   It may be given for one entry too. A `gradient` of another shape raises `ValueError`; several entries without it, or a root that requires no gradient, `RuntimeError`; a refusal changes nothing.
# * As in section 4, a chain of 2,000 tensors works, and the time is proportional to the size of the graph, however often a tensor is used and however many ways lead to it.
#
# Nothing is tested where a value does not exist or overflows (division by 0, the square root of −1), or where this list is silent: operands other than tensors and numbers, a tensor as exponent, `.data` assigned
# between an operation and its `backward`. The first seven functions of the stub are steps that are not graded.
#
# <details><summary>Hint 1: shapes</summary>
#
# `places(shape, to)` gives a list as long as the *result* has entries; each item is below the number of entries of the *operand*. What flows back to an operand is a list as long as the operand.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# Strides: from the last axis to the first, each is the product of the sizes behind it, and 0 where the size is 1 or the axis is missing. Places: begin with the list [0]; for each axis of the result, replace every place p by p, p + stride, p + 2·stride, …, as many as the
# result has entries along the axis. Back to an operand: at place π(j) add z̄ⱼ times the local derivative, for each j.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# two operands: make a tensor without gradient of a number; find the common shape and the two lists of places; compute the results place by place; for each operand keep a function that begins with zeros and adds the terms at its places.
# one operand: the same without places.
# backward: refuse; find the order as in section 4, with a list of what is to do; a table of gradients, that of the root first; go through the order backwards, add the table's list to the tensor's gradient, ask the function of each operand that
# requires a gradient, and add what it gives to the operand's list in the table.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "tensor_arithmetic_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def common_shape(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that a and b are broadcast to; ValueError if they cannot be.

    >>> common_shape((2, 1, 5), (4, 1))
    (2, 4, 5)
    """
    ### BEGIN SOLUTION
    if a == b:
        return a
    axes = max(len(a), len(b))
    pairs = list(zip((1,) * (axes - len(a)) + a, (1,) * (axes - len(b)) + b))
    if any(m != n and 1 not in (m, n) for m, n in pairs):
        raise ValueError(f"the shapes {a} and {b} cannot be broadcast")
    return tuple(max(pair) for pair in pairs)
    ### END SOLUTION


def places(shape: tuple[int, ...], to: tuple[int, ...]) -> list[int]:
    """For each entry of a tensor of shape `to`, in row-major order: the place of the entry of a tensor of shape `shape` that is broadcast there.

    >>> places((2, 1), (2, 3))
    [0, 0, 0, 1, 1, 1]
    """
    ### BEGIN SOLUTION
    if shape == to:
        return list(range(math.prod(to)))
    strides, step = [], 1
    for size in reversed(shape):
        strides.insert(0, step if size > 1 else 0)
        step *= size
    found = [0]
    for size, stride in zip(to, [0] * (len(to) - len(shape)) + strides):
        found = [place + stride * i for place in found for i in range(size)]
    return found
    ### END SOLUTION


def added_up(terms: list[float], at: list[int], size: int) -> list[float]:
    """A list of `size` numbers: zeros, to which each of the terms was added at its place.

    >>> added_up([1.0, 2.0, 4.0], [0, 1, 0], 3)
    [5.0, 2.0, 0.0]
    """
    ### BEGIN SOLUTION
    total = [0.0] * size
    for term, place in zip(terms, at):
        total[place] += term
    return total
    ### END SOLUTION


def tensor_result(numbers: list[float], shape: tuple[int, ...], *parents: tuple) -> Tensor:
    """A new tensor of these numbers, with its parents: pairs (operand, function from the gradient here to what flows to the operand)."""
    ### BEGIN SOLUTION
    tensor = Tensor(0.0, any(operand.requires_grad for operand, _ in parents))
    tensor._numbers, tensor.shape, tensor.parents = numbers, shape, parents
    tensor._gradient = [0.0] * len(numbers)
    return tensor
    ### END SOLUTION


def tensor_combined(self: Tensor, other: Tensor | float, value: Callable, slope: Callable, other_slope: Callable) -> Tensor:
    """value(x, y) for each pair of broadcast entries; the slopes, functions of x and y too, are its two local derivatives."""
    ### BEGIN SOLUTION
    other = other if isinstance(other, Tensor) else Tensor(other, requires_grad=False)
    shape = common_shape(self.shape, other.shape)
    mine, theirs = places(self.shape, shape), places(other.shape, shape)
    x, y = [self._numbers[i] for i in mine], [other._numbers[i] for i in theirs]

    def to_self(gradient: list[float]) -> list[float]:
        return added_up([g * slope(a, b) for g, a, b in zip(gradient, x, y)], mine, len(self._numbers))

    def to_other(gradient: list[float]) -> list[float]:
        return added_up([g * other_slope(a, b) for g, a, b in zip(gradient, x, y)], theirs, len(other._numbers))

    return tensor_result([value(a, b) for a, b in zip(x, y)], shape, (self, to_self), (other, to_other))
    ### END SOLUTION


def tensor_mapped(self: Tensor, value: Callable, slope: Callable) -> Tensor:
    """value(x) for each entry; slope(x, z), a function of the entry and of its result, is the local derivative."""
    ### BEGIN SOLUTION
    x = self._numbers
    z = [value(a) for a in x]
    return tensor_result(z, self.shape, (self, lambda gradient: [g * slope(a, b) for g, a, b in zip(gradient, x, z)]))
    ### END SOLUTION


def tensor_add(self: Tensor, other: Tensor | float) -> Tensor:
    """self + other"""
    ### BEGIN SOLUTION
    return tensor_combined(self, other, lambda x, y: x + y, lambda x, y: 1.0, lambda x, y: 1.0)
    ### END SOLUTION


def tensor_radd(self: Tensor, other: float) -> Tensor:
    """other + self, where other is a number"""
    ### BEGIN SOLUTION
    return self + other
    ### END SOLUTION


def tensor_sub(self: Tensor, other: Tensor | float) -> Tensor:
    """self - other"""
    ### BEGIN SOLUTION
    return tensor_combined(self, other, lambda x, y: x - y, lambda x, y: 1.0, lambda x, y: -1.0)
    ### END SOLUTION


def tensor_rsub(self: Tensor, other: float) -> Tensor:
    """other - self, where other is a number"""
    ### BEGIN SOLUTION
    return Tensor(other, requires_grad=False) - self
    ### END SOLUTION


def tensor_mul(self: Tensor, other: Tensor | float) -> Tensor:
    """self * other, entry by entry"""
    ### BEGIN SOLUTION
    return tensor_combined(self, other, lambda x, y: x * y, lambda x, y: y, lambda x, y: x)
    ### END SOLUTION


def tensor_rmul(self: Tensor, other: float) -> Tensor:
    """other * self, where other is a number"""
    ### BEGIN SOLUTION
    return self * other
    ### END SOLUTION


def tensor_truediv(self: Tensor, other: Tensor | float) -> Tensor:
    """self / other, entry by entry"""
    ### BEGIN SOLUTION
    return tensor_combined(self, other, lambda x, y: x / y, lambda x, y: 1.0 / y, lambda x, y: -x / y**2)
    ### END SOLUTION


def tensor_rtruediv(self: Tensor, other: float) -> Tensor:
    """other / self, where other is a number"""
    ### BEGIN SOLUTION
    return Tensor(other, requires_grad=False) / self
    ### END SOLUTION


def tensor_neg(self: Tensor) -> Tensor:
    """-self"""
    ### BEGIN SOLUTION
    return tensor_mapped(self, lambda x: -x, lambda x, z: -1.0)
    ### END SOLUTION


def tensor_pow(self: Tensor, n: float) -> Tensor:
    """self ** n, entry by entry, where n is a number; the slope for n = 0 is 0"""
    ### BEGIN SOLUTION
    return tensor_mapped(self, lambda x: x**n, lambda x, z: n * x ** (n - 1) if n != 0 else 0.0)
    ### END SOLUTION


def tensor_order(root: Tensor) -> list[Tensor]:
    """Everything that the root was made from, and the root: each once, operands before results, the root last."""
    ### BEGIN SOLUTION
    order: list[Tensor] = []
    entered: set[int] = set()
    todo = [(root, False)]
    while todo:
        tensor, leaving = todo.pop()
        if leaving:
            order.append(tensor)
        elif id(tensor) not in entered:
            entered.add(id(tensor))
            todo.append((tensor, True))
            todo.extend((operand, False) for operand, _ in tensor.parents)
    return order
    ### END SOLUTION


def tensor_backward(self: Tensor, gradient: float | list | None = None) -> None:
    """Add the gradient at everything that self was made from to .grad there, and the gradient at self to its own.

    gradient: the one at self, in nested lists of its shape, otherwise ValueError; not needed for one entry, where it is 1.
    Several entries without it, or a tensor that requires no gradient, raise RuntimeError. Tensors that require no gradient keep theirs.

    >>> x = Tensor([[1], [2]])
    >>> (x * Tensor([10, 20, 30])).backward([[1, 1, 1], [1, 1, 1]])
    >>> x.grad
    [[60.0], [60.0]]
    """
    ### BEGIN SOLUTION
    if not self.requires_grad:
        raise RuntimeError("backward() starts at a tensor that requires a gradient; this one does not")
    if gradient is None and len(self._numbers) > 1:
        raise RuntimeError(f"backward() of the shape {self.shape}, which is not a single number, needs the gradient there")
    gradients = {id(self): [1.0] if gradient is None else self._fitting(gradient)}
    for tensor in reversed(tensor_order(self)):
        if not tensor.requires_grad:
            continue
        here = gradients[id(tensor)]
        tensor._gradient = [old + new for old, new in zip(tensor._gradient, here)]
        for operand, flow in tensor.parents:
            if operand.requires_grad:
                arriving = flow(here)
                before = gradients.get(id(operand))
                gradients[id(operand)] = arriving if before is None else [old + new for old, new in zip(before, arriving)]
    ### END SOLUTION


Tensor.__add__ = tensor_add
Tensor.__radd__ = tensor_radd
Tensor.__sub__ = tensor_sub
Tensor.__rsub__ = tensor_rsub
Tensor.__mul__ = tensor_mul
Tensor.__rmul__ = tensor_rmul
Tensor.__truediv__ = tensor_truediv
Tensor.__rtruediv__ = tensor_rtruediv
Tensor.__neg__ = tensor_neg
Tensor.__pow__ = tensor_pow
Tensor.backward = tensor_backward

# %% nbgrader={"grade": true, "grade_id": "tensor_arithmetic", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Tensors: arithmetic and backward", "difficulty": 3, "minutes": 55, "needs": ["tensor_data"]}
def check_tensor_arithmetic():
    for text, expected in [
        ("Tensor([2, -3]) + 5", [7, 2]),
        ("5 + Tensor([2, -3])", [7, 2]),
        ("Tensor([2, -3]) - 5", [-3, -8]),
        ("5 - Tensor([2, -3])", [3, 8]),
        ("3 * Tensor([2, -3])", [6, -9]),
        ("Tensor([2, -3]) / 2", [1, -1.5]),
        ("6 / Tensor([2, -3])", [3, -2]),
        ("Tensor([2, -3]) ** 2", [4, 9]),
        ("-Tensor([2, -3])", [-2, 3]),
        ("Tensor([[1], [2]]) * Tensor([10, 20, 30])", [[10, 20, 30], [20, 40, 60]]),
        ("Tensor([10, 20, 30]) - Tensor([[1], [2]])", [[9, 19, 29], [8, 18, 28]]),
    ]:
        result = value_of(text)
        assert isinstance(result, Tensor), f"{text} should be a Tensor, not {type(result).__name__}"
        assert near(result.data, expected), f"{text} should hold {expected}, as floats; yours holds {result.data}"
    table = Tensor([[1, 2, 3], [4, 5, 6]])
    assert exception_of(lambda: table + Tensor([1, 2])) == "ValueError", "the shapes (2, 3) and (2,) cannot be broadcast: + should raise ValueError"

    one, row, ones = Tensor([[1], [2]]), Tensor([10, 20, 30]), [[1, 1, 1], [1, 1, 1]]
    (one * row).backward(ones)
    assert near(one.grad, [[60], [60]]), f"the column was used for three columns: its gradient is [[60], [60]], the sum over them, not {one.grad}"
    assert near(row.grad, [3, 3, 3]), f"the list was used for two rows: its gradient is [3, 3, 3], the sum over them, not {row.grad}"
    (one * row).backward(ones)
    assert near(one.grad, [[120], [120]]), f"another backward adds to the gradient of a leaf, [[120], [120]]; yours is {one.grad}"

    for text, apply, start, gradient, expected in [
        ("x + 5", lambda x: x + 5, [2, -3], [1, 10], [1, 10]),
        ("x - 5", lambda x: x - 5, [2, -3], [1, 10], [1, 10]),
        ("5 - x", lambda x: 5 - x, [2, -3], [1, 10], [-1, -10]),
        ("3 * x", lambda x: 3 * x, [2, -3], [1, 10], [3, 30]),
        ("x / 2", lambda x: x / 2, [2, -3], [1, 10], [0.5, 5]),
        ("6 / x", lambda x: 6 / x, [2, -3], [1, 1], [-1.5, -6 / 9]),
        ("-x", lambda x: -x, [2, -3], [1, 10], [-1, -10]),
        ("x ** 3", lambda x: x**3, [2, -3], [1, 1], [12, 27]),
        ("u * u with u = 3 * x", lambda x: (lambda u: u * u)(3 * x), [2], None, [36]),
    ]:
        x = Tensor(start)
        apply(x).backward(*([] if gradient is None else [gradient]))
        assert near(x.grad, expected), f"{text}, backward({gradient or ''}): the gradient at {start} should be {expected}, not {x.grad}"

    assert exception_of(lambda: (table * 2).backward()) == "RuntimeError", "backward() on six entries should raise RuntimeError: what the gradient is there has to be said"
    assert exception_of(lambda: (table * 2).backward([1, 2])) == "ValueError", "backward([1, 2]) on the shape (2, 3) should raise ValueError"
    fixed, pair = Tensor([1, 2], requires_grad=False), Tensor([8, 9])
    assert exception_of(lambda: (fixed * 2).backward([1, 1])) == "RuntimeError", "backward() on a tensor that requires no gradient should raise RuntimeError"
    (fixed * pair).backward([1, 1])
    assert near(fixed.grad, [0, 0]), f"a tensor that requires no gradient keeps zeros; yours has {fixed.grad}"
    pair.data = [1, 2]
    assert near((pair * 2).data, [2, 4]), "after `t.data = [1, 2]` later operations use the new numbers"

    x = Tensor([1])
    total = x
    for _ in range(2000):
        total = total + x
    try:
        total.backward()
    except RecursionError:
        raise AssertionError("a sum of 2,001 tensors is too deep for a function that calls itself: keep a list of what is to do, or raise the limit") from None
    assert near(x.grad, [2001]), f"x added to itself, 2,001 terms in all, has the gradient 2001, not {x.grad}"
    print("arithmetic: operators, broadcasting, refusals and gradients are right")


run(check_tensor_arithmetic)

# %% [markdown]
# **Write** the functions of tensors. The last lines, which are given, attach them to `Tensor`.
#
# * `exp() log() tanh() relu() sigmoid() abs()`, entry by entry, with the slopes of section 3: 0 for relu and abs at 0. `sigmoid` and `tanh` work for every finite number.
# * `sum(axis=None, keepdims=False)`: over all entries, or along one axis; a negative axis counts from the end, −1 is the last. `keepdims` keeps what was summed as axes of size 1, all of them if the axis is `None`. `mean() max() min()`: over all entries; the result has the shape `()`.
# * `flatten()`: one axis, row-major; a number becomes one of shape `(1,)`.
# * Each gives a new tensor, through which gradients flow, and which requires one if its operand does. The operand is left as it was.
#
# Nothing is tested where a value does not exist or overflows (the logarithm of 0), or for an axis that does not exist.
#
# <details><summary>Hint 1: shapes</summary>
#
# What flows back to the operand is a list as long as the operand. For `sum(axis)` the shape with a 1 in the place of the axis plays the operand of a broadcast, and the tensor itself the result.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The slopes are those of the tables in section 3. Sum: forward, add each entry at its place π(j) in the smaller shape; back, entry j gets the gradient from there. A negative axis plus the number of axes is the axis.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# one function for all that works entry by entry: the value, and the slope that is multiplied with the gradient.
# sum: which axes are summed? Their sizes become 1; add the entries at their places; take these axes out of the shape unless keepdims. max: which entries equal the largest, and how many are they? They share the gradient. mean: a sum, divided.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "tensor_functions_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def tensor_exp(self: Tensor) -> Tensor:
    """e to the power of each entry."""
    ### BEGIN SOLUTION
    return tensor_mapped(self, math.exp, lambda x, z: z)
    ### END SOLUTION


def tensor_log(self: Tensor) -> Tensor:
    """The natural logarithm of each entry."""
    ### BEGIN SOLUTION
    return tensor_mapped(self, math.log, lambda x, z: 1.0 / x)
    ### END SOLUTION


def tensor_tanh(self: Tensor) -> Tensor:
    """The hyperbolic tangent of each entry, for every finite one."""
    ### BEGIN SOLUTION
    return tensor_mapped(self, math.tanh, lambda x, z: 1.0 - z**2)
    ### END SOLUTION


def tensor_relu(self: Tensor) -> Tensor:
    """Each entry where it is above 0, otherwise 0; the slope at 0 is 0."""
    ### BEGIN SOLUTION
    return tensor_mapped(self, lambda x: max(x, 0.0), lambda x, z: 1.0 if x > 0 else 0.0)
    ### END SOLUTION


def tensor_sigmoid(self: Tensor) -> Tensor:
    """1 / (1 + e^-x) for each entry x, for every finite one."""
    ### BEGIN SOLUTION
    def value(x: float) -> float:
        small = math.exp(-abs(x))
        return (1.0 if x > 0 else small) / (1.0 + small)

    return tensor_mapped(self, value, lambda x, z: z * (1.0 - z))
    ### END SOLUTION


def tensor_abs(self: Tensor) -> Tensor:
    """The distance of each entry from 0; the slope at 0 is 0."""
    ### BEGIN SOLUTION
    return tensor_mapped(self, abs, lambda x, z: x / z if z else 0.0)
    ### END SOLUTION


def tensor_sum(self: Tensor, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The sum of all entries, or along one axis; a negative axis counts from the end.

    The axes that are summed over go; with keepdims they stay, with size 1.

    >>> Tensor([[1, 2, 3], [4, 5, 6]]).sum(axis=0).data
    [5.0, 7.0, 9.0]
    """
    ### BEGIN SOLUTION
    summed = range(len(self.shape)) if axis is None else [range(len(self.shape))[axis]]
    small = tuple(1 if k in summed else size for k, size in enumerate(self.shape))
    at = places(small, self.shape)
    numbers = added_up(self._numbers, at, math.prod(small))
    shape = small if keepdims else tuple(size for k, size in enumerate(small) if k not in summed)
    return tensor_result(numbers, shape, (self, lambda gradient: [gradient[i] for i in at]))
    ### END SOLUTION


def tensor_mean(self: Tensor) -> Tensor:
    """The mean of all entries, shape ()."""
    ### BEGIN SOLUTION
    return self.sum() / len(self._numbers)
    ### END SOLUTION


def tensor_chosen(self: Tensor, best: float) -> Tensor:
    """The entry `best`, shape (); the entries that equal it share the gradient."""
    ### BEGIN SOLUTION
    share = 1.0 / self._numbers.count(best)
    shares = [share if x == best else 0.0 for x in self._numbers]
    return tensor_result([best], (), (self, lambda gradient: [gradient[0] * share for share in shares]))
    ### END SOLUTION


def tensor_max(self: Tensor) -> Tensor:
    """The largest entry, shape (); entries that tie share the gradient equally."""
    ### BEGIN SOLUTION
    return tensor_chosen(self, max(self._numbers))
    ### END SOLUTION


def tensor_min(self: Tensor) -> Tensor:
    """The smallest entry, shape (); entries that tie share the gradient equally."""
    ### BEGIN SOLUTION
    return tensor_chosen(self, min(self._numbers))
    ### END SOLUTION


def tensor_flatten(self: Tensor) -> Tensor:
    """All entries along one axis, in row-major order."""
    ### BEGIN SOLUTION
    return tensor_result(list(self._numbers), (len(self._numbers),), (self, list))
    ### END SOLUTION


Tensor.exp = tensor_exp
Tensor.log = tensor_log
Tensor.tanh = tensor_tanh
Tensor.relu = tensor_relu
Tensor.sigmoid = tensor_sigmoid
Tensor.abs = tensor_abs
Tensor.sum = tensor_sum
Tensor.mean = tensor_mean
Tensor.max = tensor_max
Tensor.min = tensor_min
Tensor.flatten = tensor_flatten

# %% nbgrader={"grade": true, "grade_id": "tensor_functions", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Functions of tensors, and sums", "difficulty": 2, "minutes": 25, "needs": ["tensor_arithmetic"]}
def check_tensor_functions():
    for text, expected in [
        ("Tensor([2, -3]).relu()", [2, 0]),
        ("Tensor([2, -3]).abs()", [2, 3]),
        ("Tensor([2, -3]).exp()", [math.exp(2), math.exp(-3)]),
        ("Tensor([2, -3]).tanh()", [math.tanh(2), math.tanh(-3)]),
        ("Tensor([1000, -1000]).sigmoid()", [1, 0]),
        ("Tensor([1, 4]).log()", [0, math.log(4)]),
        ("Tensor([[1, 2, 3], [4, 5, 6]]).sum()", 21),
        ("Tensor([[1, 2, 3], [4, 5, 6]]).sum(axis=0)", [5, 7, 9]),
        ("Tensor([[1, 2, 3], [4, 5, 6]]).sum(axis=-1)", [6, 15]),
        ("Tensor([[1, 2, 3], [4, 5, 6]]).sum(axis=1, keepdims=True)", [[6], [15]]),
        ("Tensor([[1, 2, 3], [4, 5, 6]]).mean()", 3.5),
        ("Tensor([[1, 2, 3], [4, 5, 6]]).max()", 6),
        ("Tensor([[1, 2, 3], [4, 5, 6]]).min()", 1),
        ("Tensor([[1, 2, 3], [4, 5, 6]]).flatten()", [1, 2, 3, 4, 5, 6]),
        ("Tensor(2).flatten()", [2]),
    ]:
        result = value_of(text)
        assert isinstance(result, Tensor), f"{text} should be a Tensor, not {type(result).__name__}"
        assert near(result.data, expected), f"{text} should hold {expected}, as floats; yours holds {result.data}"

    for text, apply, start, gradient, expected in [
        ("max, a tie", lambda x: x.max(), [5, 7, 7], 1, [0, 0.5, 0.5]),
        ("min", lambda x: x.min(), [5, 7, 7], 1, [1, 0, 0]),
        ("mean", lambda x: x.mean(), [5, 7, 7, 1], 1, [0.25] * 4),
        ("sum", lambda x: x.sum(), [[5, 7], [7, 1]], 1, [[1, 1], [1, 1]]),
        ("exp", lambda x: x.exp(), [0, 1], [1, 1], [1, math.e]),
        ("tanh", lambda x: x.tanh(), [0.5], [1], [1 - math.tanh(0.5) ** 2]),
        ("sigmoid", lambda x: x.sigmoid(), [0, 0], [1, 1], [0.25, 0.25]),
        ("relu", lambda x: x.relu(), [2, 0, -3], [1, 1, 1], [1, 0, 0]),
        ("abs", lambda x: x.abs(), [2, 0, -3], [1, 1, 1], [1, 0, -1]),
        ("log", lambda x: x.log(), [2, 4], [1, 1], [0.5, 0.25]),
        ("sum(axis=0)", lambda x: x.sum(axis=0), [[3, 4], [5, 6]], [1, 2], [[1, 2], [1, 2]]),
        ("flatten", lambda x: x.flatten(), [[3, 4], [5, 6]], [1, 2, 3, 4], [[1, 2], [3, 4]]),
    ]:
        x = Tensor(start)
        apply(x).backward(gradient)
        assert near(x.grad, expected), f"{text}, backward({gradient}): the gradient at {start} should be {expected}, not {x.grad}"
    assert not Tensor([1, 2], requires_grad=False).exp().requires_grad, "a function of a tensor that requires no gradient requires none"
    print("functions: values, slopes, sums along axes and ties are right")


run(check_tensor_functions)

# %% [markdown]
# ### Look at it: every gradient against central differences
#
# `numerical_gradient` of section 1 knows nothing of tensors. The next cell lets it judge yours, for an expression with two broadcasts, a sum along an axis, and a maximum.

# %% nbgrader={"grade": false, "grade_id": "tensor_two_ways", "locked": true, "schema_version": 3, "solution": false, "task": false}
def compare_tensor_gradients():
    def expression(x, y):
        z = (x * y - 0.5).tanh() / (y.abs() + 1)
        return (z.sum(axis=1) ** 2).mean() + z.max()

    start = [0.3, -1.2, 0.8, 1.5, -0.4, 0.9, 2.0]  # three entries for x, four for y
    x, y = Tensor([[number] for number in start[:3]]), Tensor(start[3:])
    expression(x, y).backward()
    yours = [gradient for [gradient] in x.grad] + y.grad
    measured = numerical_gradient(lambda p: expression(Tensor([[number] for number in p[:3]]), Tensor(p[3:])).item(), start)

    figure, axes = plt.subplots(figsize=(8, 3.8))
    axes.bar([i - 0.2 for i in range(7)], yours, 0.4, color=BLUE, label="your backward")
    axes.bar([i + 0.2 for i in range(7)], measured, 0.4, color=ORANGE, hatch="//", edgecolor="white", label="central difference")
    axes.axhline(0, color="black", lw=0.8)
    axes.set(title="Two ways to seven gradients", xlabel="entry", ylabel="gradient")
    axes.set_xticks(range(7), ["x0", "x1", "x2", "y0", "y1", "y2", "y3"])
    axes.legend(frameon=False)
    show()
    print(f"largest difference: {max(abs(a - b) for a, b in zip(yours, measured)):.1e}")


compare_tensor_gradients()

# %% [markdown]
# **What to see.** The two bars of each pair are equal. So the machine may be trusted, and it needs one evaluation where central differences need fourteen.
#
# ### Take it away: the sum over uses
#
# A line $w t + b$ is to be fitted to 40 points $(t_j, s_j)$: its *loss*, the number to be made small, is the mean of the squares of $w t_j + b - s_j$, the distances from the line (section 9 has more such losses). $w$ and $b$ have the shape `()`, the points `(40,)`. So each of the two numbers is used forty times, and its gradient is a sum of forty terms. The broadcast is easy to get right, and its gradient easy to get wrong: a program that
# *sets* the entry (`=`) where it should add (`+=`) keeps the last of the forty terms.
#
# > **Predict.** Descend with the right gradient, and with the last term alone, times 40 so that it has about the right size. Where does the second line end: near the cloud, flat, or somewhere else? Does its loss fall?

# %% nbgrader={"grade": false, "grade_id": "broadcast_ablation", "locked": true, "schema_version": 3, "solution": false, "task": false}
def fit_two_lines():
    rng = random.Random(3)
    t = [-2 + 4 * j / 39 for j in range(40)]
    s = [0.8 * v - 0.5 + rng.gauss(0, 0.45) for v in t]
    s[-1] += 1.6  # the last point lies apart
    times, wanted = Tensor(t, requires_grad=False), Tensor(s, requires_grad=False)

    def loss_of(w, b):
        return ((w * times + b - wanted) ** 2).mean()

    lines = {}
    for label in ("sum over uses", "last use alone"):
        w, b, losses = Tensor(3.0), Tensor(3.0), []
        for _ in range(80):
            losses.append(loss_of(w, b).item())
            if label == "sum over uses":
                (w.grad, b.grad) = (0.0, 0.0)
                loss_of(w, b).backward()
                steps = w.grad, b.grad
            else:  # a copy for each use shows the forty terms one by one
                copies = Tensor([w.item()] * 40), Tensor([b.item()] * 40)
                loss_of(*copies).backward()
                steps = tuple(40 * copy.grad[-1] for copy in copies)
            w.data, b.data = w.item() - 0.08 * steps[0], b.item() - 0.08 * steps[1]
        lines[label] = w.item(), b.item(), losses

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    left.plot(t, s, "o", color=GREY, ms=4, label="data")
    left.plot(t[-1], s[-1], "o", color="black", ms=9, fillstyle="none", label="the last point")
    for (label, (w, b, losses)), colour, style in zip(lines.items(), (BLUE, ORANGE), ("-", "--")):
        left.plot([-2, 2], [b - 2 * w, b + 2 * w], color=colour, ls=style, lw=2, label=label)
        right.semilogy(losses, color=colour, ls=style, lw=2, label=label)
    left.set(title="Lines after 80 steps", xlabel="t", ylabel="s")
    right.set(title="Loss on the way", xlabel="step", ylabel="mean squared error")
    left.legend(frameon=False, fontsize=9)
    right.legend(frameon=False)
    show()


fit_two_lines()

# %% [markdown]
# **What to see.** With the last term alone the line goes through the last point and cares for no other. The loss falls at first, so that the program seems to learn; then it stops, far above what a line can reach. Nothing raises an exception: only a comparison with central differences would have told.

# %% [markdown]
# ## 7 · The matrix product
#
# **Why.** A layer of neurons takes $K$ inputs and has $M$ neurons, each of which multiplies the inputs by its own weights and adds up: $M$ sums of $K$ products, for each of $N$ examples. All of them together are one matrix product. It is where a network spends nearly all of its time, so it gets an operation of its own.
#
# **Picture.** An entry of the result looks along one **row** of the left table and down one **column** of the right one, multiplies pair by pair and adds.

# %% nbgrader={"grade": false, "grade_id": "matmul_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_matrix_product():
    A = [[1, 2, 3], [4, 5, 6]]
    B = [[1, 0, 2, 1], [0, 1, 1, 3], [2, 1, 0, 1]]
    C = [[sum(a * row[m] for a, row in zip(left, B)) for m in range(4)] for left in A]
    figure, axes = plt.subplots(figsize=(7.5, 4.2), layout="constrained")
    draw_cells(axes, A, 0, 0, GREY)
    draw_cells(axes, B, 4, 4, GREY)
    draw_cells(axes, C, 4, 0, GREY)
    for left, top, wide, high, colour in [(0, -1, 3, 1, BLUE), (6, 4, 1, 3, ORANGE), (6, -1, 1, 1, GREEN)]:
        axes.add_patch(plt.Rectangle((left, top - high), wide, high, facecolor=colour, alpha=0.25, edgecolor=colour, lw=2))
    axes.text(1.5, 0.25, "A: N by K, (2, 3)", ha="center")
    axes.text(6, 4.2, "B: K by M, (3, 4)", ha="center")
    axes.text(8.25, -1, "C = AB: N by M, (2, 4)", va="center")
    axes.text(8.25, -1.7, "4·2 + 5·1 + 6·0 = 13", va="center", color=GREEN)
    axes.set(xlim=(-0.3, 12.6), ylim=(-2.3, 4.9), aspect="equal", title="Row 1 of A (blue) and column 2 of B (orange) make one entry of C (green)")
    axes.axis("off")
    show()


draw_matrix_product()

# %% [markdown]
# **Derivation.** $A$ has the shape $(N, K)$, $B$ the shape $(K, M)$, and $C = AB$ the shape $(N, M)$:
#
# $$ C_{nm} = \sum_{k=0}^{K-1} A_{nk} \, B_{km}, \qquad n = 0, \dots, N-1, \quad m = 0, \dots, M-1. $$
#
# Where is $A_{nk}$ used? In row $n$ of $C$, once in each of its $M$ entries, and its local derivative at $C_{nm}$ is $B_{km}$. Let $\bar C$, of the shape $(N, M)$, be the gradient of the root at $C$. Sum over uses:
#
# $$ \bar A_{nk} = \sum_{m=0}^{M-1} \bar C_{nm} \, B_{km}, \qquad\qquad \bar B_{km} = \sum_{n=0}^{N-1} A_{nk} \, \bar C_{nm}. $$
#
# Both are matrix products again, with one factor transposed: $\bar A = \bar C B^{\mathsf T}$ and $\bar B = A^{\mathsf T} \bar C$. If you ever forget which is which, the shapes remember it: $(N, M)$ and $(M, K)$ make $(N, K)$.
#
# **One axis.** A list of $K$ numbers on the **left** counts as one row, $(1, K)$; on the **right** as one column, $(K, 1)$. The axis of size 1 that this puts into the result is taken out again:
#
# | left | right | result |
# |---|---|---|
# | `(N, K)` | `(K, M)` | `(N, M)` |
# | `(K,)` | `(K, M)` | `(M,)` |
# | `(N, K)` | `(K,)` | `(N,)` |
# | `(K,)` | `(K,)` | `()` |
#
# **By hand.** $A = \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}$ and $B = \begin{pmatrix} 5 \\ 6 \end{pmatrix}$, so $N = K = 2$, $M = 1$, and $C = \begin{pmatrix} 1 \cdot 5 + 2 \cdot 6 \\ 3 \cdot 5 + 4 \cdot 6 \end{pmatrix} = \begin{pmatrix} 17 \\ 39 \end{pmatrix}$.
# If the root is the sum of $C$, then $\bar C = \begin{pmatrix} 1 \\ 1 \end{pmatrix}$, $\bar A = \bar C B^{\mathsf T} = \begin{pmatrix} 5 & 6 \\ 5 & 6 \end{pmatrix}$ and $\bar B = A^{\mathsf T} \bar C = \begin{pmatrix} 4 \\ 6 \end{pmatrix}$: the sums of the columns of $A$.

# %% [markdown]
# **Write** the matrix product, which Python writes `A @ B`. The last line, which is given, attaches it to `Tensor`.
#
# * Both operands are tensors with one or two axes, with the four pairs of shapes in the table. Anything else raises `ValueError`: sizes $K$ that differ, a tensor of shape `()`, three or four axes.
# * The result is a new tensor; its gradients flow to both operands, each in the shape of the operand; operands are left as they were, and it requires a gradient if one of them does.
#
# Operands that are no tensors, as in `A @ 3` or `A @ [1, 2]`, are not tested.
#
# <details><summary>Hint 1: shapes</summary>
#
# N is 1 if the left operand has one axis, M is 1 if the right one has. Compute with N, K and M throughout, and take the axes of size 1 out of the shape at the end: the N·M numbers are the same. What flows to the left operand is N·K numbers, to the right one K·M.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# In row-major order A[n, k] stands at n·K + k, B[k, m] at k·M + m and C[n, m] at n·M + m. The three sums above, over k, m and n. `tensor_result` of section 6 takes the numbers, the shape and the two pairs.
# (There is another way, without any new gradient: stretch A to (N, K, 1), multiply by B, and sum along an axis. It works for everything here, if your tensors can be given another shape.)
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# refuse any other number of axes than one or two, and sizes K that differ; find N, K, M. For each n and m: the sum over k of A times B.
# to the left: for each n and k, the sum over m of gradient times B. to the right: for each k and m, the sum over n of A times gradient.
# the shape is (N,) if the left operand has two axes, and nothing otherwise; followed by (M,) if the right one has two.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "tensor_matmul_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def tensor_matmul(self: Tensor, other: Tensor) -> Tensor:
    """The matrix product self @ other, for one or two axes on each side; anything else, and sizes that do not fit, raise ValueError.

    Shapes: (N, K) @ (K, M) is (N, M); (K,) counts as a row on the left and as a column on the right, and its axis goes.

    >>> (Tensor([[1, 2], [3, 4]]) @ Tensor([5, 6])).data
    [17.0, 39.0]
    """
    ### BEGIN SOLUTION
    if len(self.shape) not in (1, 2) or len(other.shape) not in (1, 2) or self.shape[-1] != other.shape[0]:
        raise ValueError(f"there is no matrix product of the shapes {self.shape} and {other.shape}")
    left, right = self._numbers, other._numbers
    K = other.shape[0]
    N, M = len(left) // K, len(right) // K
    rows = [left[n * K : (n + 1) * K] for n in range(N)]
    columns = [right[m::M] for m in range(M)]

    def product(a: list[float], b: list[float]) -> float:
        return sum(x * y for x, y in zip(a, b))

    def to_left(gradient: list[float]) -> list[float]:
        return [product(gradient[n * M : (n + 1) * M], right[k * M : (k + 1) * M]) for n in range(N) for k in range(K)]

    def to_right(gradient: list[float]) -> list[float]:
        return [product(left[k::K], gradient[m::M]) for k in range(K) for m in range(M)]

    numbers = [product(row, column) for row in rows for column in columns]
    return tensor_result(numbers, self.shape[:-1] + other.shape[1:], (self, to_left), (other, to_right))
    ### END SOLUTION


Tensor.__matmul__ = tensor_matmul

# %% nbgrader={"grade": true, "grade_id": "tensor_matmul", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false} exercise={"title": "The matrix product", "difficulty": 2, "minutes": 35, "needs": ["tensor_arithmetic"]}
def check_tensor_matmul():
    for left, right, shape, expected, to_left, to_right in [
        ([[1, 2], [3, 4]], [[5], [6]], (2, 1), [[17.0], [39.0]], [[5.0, 6.0], [5.0, 6.0]], [[4.0], [6.0]]),
        ([[1, 2, 3], [4, 5, 6]], [[1, 0, 2, 1], [0, 1, 1, 3], [2, 1, 0, 1]], (2, 4), [[7.0, 5.0, 4.0, 10.0], [16.0, 11.0, 13.0, 25.0]], [[4.0, 5.0, 4.0]] * 2, [[5.0] * 4, [7.0] * 4, [9.0] * 4]),
        ([1, 2], [[3, 4, 5], [6, 7, 8]], (3,), [15.0, 18.0, 21.0], [12.0, 21.0], [[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]),
        ([[1, 2], [3, 4], [5, 6]], [7, 8], (3,), [23.0, 53.0, 83.0], [[7.0, 8.0]] * 3, [9.0, 12.0]),
        ([1, 2, 3], [4, 5, 6], (), 32.0, [4.0, 5.0, 6.0], [1.0, 2.0, 3.0]),
    ]:
        A, B = Tensor(left), Tensor(right)
        C = A @ B
        assert isinstance(C, Tensor), f"A @ B should be a Tensor, not {type(C).__name__}"
        assert C.shape == shape, f"{A.shape} @ {B.shape} should have the shape {shape}, not {C.shape}"
        assert C.data == expected, f"{left} @ {right} should hold {expected}, not {C.data}"
        ones = (C * 0 + 1).data
        C.backward(ones)
        assert A.grad == to_left, f"{left} @ {right}, backward({ones}): the gradient of the left operand should be {to_left}, not {A.grad}"
        assert B.grad == to_right, f"{left} @ {right}, backward({ones}): the gradient of the right operand should be {to_right}, not {B.grad}"

    table, pair = Tensor([[1, 2], [3, 4]]), Tensor([1, 2])
    assert exception_of(lambda: table @ Tensor([1, 2, 3])) == "ValueError", "(2, 2) @ (3,) does not fit and should raise ValueError"
    assert exception_of(lambda: table @ Tensor(2.0)) == "ValueError", "a tensor of shape () has no matrix product: ValueError"
    assert exception_of(lambda: pair @ Tensor([[[1], [2]]])) == "ValueError", "three axes have no matrix product here: ValueError"
    print("matmul: the four pairs of shapes, both gradients and the refusals are right")


run(check_tensor_matmul)

# %% [markdown]
# ### Look at it: what tables are worth
#
# > **Predict.** The product of two $n \times n$ tables takes $n^3$ multiplications, whoever does them. With nodes, each is a vertex of the graph. How many results does the graph hold for $n = 20$, with nodes and with tensors? And how much faster are the tensors, forward and backward together: twice, ten times, a hundred times?

# %% nbgrader={"grade": false, "grade_id": "matmul_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def compare_products():
    from time import perf_counter

    rng = random.Random(1)

    def table(n):
        return [[rng.uniform(-1, 1) for _ in range(n)] for _ in range(n)]

    def with_nodes(a, b):
        A, B = ([[Node(x) for x in row] for row in t] for t in (a, b))
        total = Node(0.0)
        for row in A:
            for column in zip(*B):
                for x, y in zip(row, column):
                    total = total + x * y
        total.backward()
        return A[0][0].grad

    def with_tensors(a, b):
        A = Tensor(a)
        (A @ Tensor(b)).sum().backward()
        return A.grad[0][0]

    sizes = [2, 4, 8, 12, 16, 20]
    seconds = {"nodes": [], "tensors": []}
    for n in sizes:
        a, b = table(n), table(n)
        found = []
        for label, method, times in (("nodes", with_nodes, 3), ("tensors", with_tensors, 15)):
            best = math.inf
            for _ in range(times):  # and the best of them: the machine has other things to do
                start = perf_counter()
                gradient = method(a, b)
                best = min(best, perf_counter() - start)
            found.append(gradient)
            seconds[label].append(best)
        assert abs(found[0] - found[1]) < 1e-9, "nodes and tensors should agree on the gradient"

    figure, axes = plt.subplots(figsize=(7.5, 4.2))
    axes.loglog(sizes, [1000 * t for t in seconds["nodes"]], "s--", color=ORANGE, lw=2, label="nodes: 2n³ results in the graph")
    axes.loglog(sizes, [1000 * t for t in seconds["tensors"]], "o-", color=BLUE, lw=2, label="tensors: 2 results in the graph")
    axes.set(title="Sum of A @ B and its gradients", xlabel="n, rows and columns of each table", ylabel="time (ms)")
    axes.set_xticks(sizes, [str(n) for n in sizes])
    axes.minorticks_off()
    axes.legend(frameon=False)
    show()


compare_products()

# %% [markdown]
# **What to see.** The nodes take a time that grows with $n^3$, eight times as much for each doubling of $n$. The tensors' line is flatter at first, where calling the functions costs more than the arithmetic, and turns towards the same slope at its right end. For $n = 20$ the tensors are tens of times as fast: about 35 times on two cores with nothing else to do.
# Between the lines lies what it costs to *remember* each multiplication, in time and in memory: for $n = 20$ there are 16,000 results in the graph of the nodes, and two in that of the tensors. Libraries such as PyTorch go on in the same
# direction: the loops over the entries run in compiled code, on many cores, and the graph stays as small as yours.

# %% [markdown]
# ## 8 · Layers
#
# **Why.** A network is a few matrix products with bends between them. What makes it a *network*, and not a page of formulas, is bookkeeping: which tensors are to be learned, how many
# numbers they hold, how to clear their gradients, how to keep them in a file. You write that bookkeeping once, in a class `Module`, and every layer inherits it. PyTorch's `torch.nn.Module` is this class.
# If you come from *Objects and classes*, you have written its skeleton: a tree that finds its parameters by looking through `vars`. Here its leaves are tensors in the place of `Vector`s, lists are searched too, and a parameter that can be reached in two ways counts once.
#
# **Picture.** A network for points in the plane: two numbers in, eight numbers in between, one number out. A *layer* is a table of weights (the lines) and a row of biases. On each line stands one number that will be learned.

# %% nbgrader={"grade": false, "grade_id": "network_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_network(sizes, labels, title):
    """Columns of circles, one for each unit, and a line for each weight between neighbouring columns."""
    figure, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
    place = [[(3 * column, (size - 1) / 2 - row) for row in range(size)] for column, size in enumerate(sizes)]
    for left, right in zip(place, place[1:]):
        for start in left:
            for end in right:
                axes.plot([start[0], end[0]], [start[1], end[1]], color=GREY, lw=0.7, zorder=1)
    for column, (units, label) in enumerate(zip(place, labels)):
        axes.scatter(*zip(*units), s=190, facecolor="white", edgecolor="black" if column == 0 else BLUE, linewidth=1.6, zorder=2)
        axes.text(3 * column, -max(sizes) / 2 - 0.5, label, ha="center", va="top", fontsize=10.5)
    axes.set(title=title, xlim=(-1.2, 3 * len(sizes) - 1.8), ylim=(-max(sizes) / 2 - 2.3, max(sizes) / 2 + 0.2))
    axes.axis("off")
    show()


draw_network([2, 8, 1], ["input x\n2 numbers", "tanh(x W₁ + b₁)\nW₁ (2, 8), b₁ (8,)", "(…) W₂ + b₂\nW₂ (8, 1), b₂ (1,)"], "Linear(2, 8), tanh, Linear(8, 1): 16 + 8 + 8 + 1 = 33 numbers to learn")

# %% [markdown]
# **Derivation.** One *neuron* with $D$ inputs computes $y = \sum_{d=0}^{D-1} x_d w_d + b$: a weight $w_d$ for each input, and a bias $b$ that shifts the sum. Its weights $w$ are a tensor of the shape `(D,)`, its
# bias a tensor of the shape `()`, a single number. Give it $N$ examples at once, as the rows of a table $X$ of the shape `(N, D)`, and all $N$ results are one product, $y = Xw + b$, of the shape `(N,)`.
#
# A *linear layer* is $M$ neurons side by side that look at the same inputs. Put their weights into the columns of a table $W$, `(D, M)`, and their biases into a row $b$, `(M,)`:
#
# $$ \underbrace{Y}_{(N, M)} \;=\; \underbrace{X}_{(N, D)}\;\underbrace{W}_{(D, M)} \;+\; \underbrace{b}_{(M,)} \qquad\text{(the row } b \text{ is added to every row).} $$
#
# There is no gradient to derive. $Y$ is made of operations of your tensors, and they know theirs.
#
# **Bends.** Two linear layers in a row are one linear layer: $(XW_1)W_2 = X(W_1 W_2)$, and their biases merge too. So an *activation* goes between them: relu, tanh or the sigmoid, entry by entry. The fourth activation is different, because it looks at
# a whole row. For a row $z$ of $C$ numbers, **softmax** gives $C$ positive numbers that sum to 1:
#
# $$ p_c \;=\; \frac{e^{z_c}}{\sum_{k=0}^{C-1} e^{z_k}}, \qquad c = 0, \dots, C - 1. $$
#
# The sum in the denominator runs over the **last axis**, each row for itself, and it depends on $z$, too: a larger $z_k$ makes every other $p_c$ smaller. In a table of $N$ rows each row sums to 1, not the table.
#
# **By hand.** $X = \begin{pmatrix} 1 & 2 \\ 0 & -1 \end{pmatrix}$, $W = \begin{pmatrix} 1 & 0 & -1 \\ 2 & 1 & 0 \end{pmatrix}$, $b = (0.5,\; 0,\; 1)$. First row: $(1 \cdot 1 + 2 \cdot 2 + 0.5,\;\; 1 \cdot 0 + 2 \cdot 1 + 0,\;\; 1 \cdot (-1) + 2 \cdot 0 + 1) = (5.5,\; 2,\; 0)$.
# Second row: $(-1.5,\; -1,\; 1)$. Softmax of the row $(0, \ln 3)$ is $(1, 3)/4 = (0.25,\; 0.75)$.
#
# **What a module knows.** Its *parameters* are the tensors that it learns. They are held in its attributes (`self.weight = Tensor(...)`), in modules that are attributes, or in lists of tensors and modules. To find them all, look at every attribute (`vars(self)` is the
# dictionary of them). A tensor that is held in two places is one parameter, not two: an optimizer that met it twice would take its step twice.

# %% [markdown]
# **Write** `Module`, and from it `Neuron`, `Linear`, the four activations and `Sequential`.
#
# * `module.parameters()` is the list of all tensors that require a gradient, in the module's attributes, in lists there, and in modules inside, to any depth; each once, in any order that is always the same for modules built alike. Tensors that require none, and attributes that are
#   something else, are left out. What was attached later is found, too.
# * `module.num_parameters()` is how many numbers the parameters hold; `module.zero_grad()` sets their gradients to zeros. `module(x)` is `module.forward(x)`, and a subclass says what `forward` does.
# * `module.save(path)` writes the numbers of all parameters into a file, as JSON. `module.load(path)` reads them into a module that is built alike, and changes it **in place**: its parameters are the same tensors as before, with other numbers in them, so that an
#   optimizer that holds them carries on. The numbers come back exactly. If the file holds another number of tensors, or tensors of other shapes, `load` raises `ValueError` and leaves every parameter as it was.
# * `Linear(input_size, output_size, activation=None)`: parameters `.weight` of the shape `(input_size, output_size)` and `.bias` of the shape `(output_size,)`; input `(N, input_size)`, output `(N, output_size)`. `activation` is a module that is applied to the result, or None; its parameters, if it has any, count as the layer's.
# * `Neuron(input_size)`: `.weight` `(input_size,)`, `.bias` `()`; input `(N, input_size)`, output `(N,)`; no activation.
# * Weights start as random numbers, no two of a layer the same, and those of another layer are others: neurons that start alike get the same gradients and stay alike. A good start is `random.uniform` between $-1/\sqrt{D}$ and $1/\sqrt{D}$, where $D$ is `input_size`, with biases 0. Other starts are graded alike (tests set `.weight.data` and `.bias.data` themselves), but from much smaller weights the
#   network of section 11 is stuck for a long time; section 12 says what is at stake.
# * `ReLU()`, `Tanh()`, `Sigmoid()` work entry by entry on tensors of any shape; `Softmax()` over the last axis, for one to four axes.
# * `Sequential(*layers)` keeps its modules in the list `.layers` and applies the first one first.
#
# Not tested: tensors and modules held in anything but attributes, lists and modules (tuples or dictionaries, say); a module inside itself; a file that `save` did not write; Softmax of numbers so large that the exponential overflows.
#
# <details><summary>Hint 1: shapes</summary>
#
# x is (N, D) and the weight (D, M), so the product is (N, M); a bias of shape (M,) broadcasts over the rows. With a weight of shape (D,) the product is (N,), and a bias of shape () broadcasts over that. In softmax of an (N, C) table the
# denominators need the shape (N, 1) to divide each row by its own.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# softmax: exponentials divided by their sum over axis −1, with that axis kept. So that exponentials do not grow too large you may subtract from each row its largest number, as a constant: p does not change, because numerator and denominator are both divided by the same. Number of numbers in a tensor: the
# product of its shape, which is 1 for the shape ().
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# parameters: a list of things to look at, at first the values of all attributes. Take the first: a tensor that requires a gradient and is not in the result yet (compare by `is`) goes into the result; of a module, look at its attributes next; of a list, at its entries.
# save: one list with the data of each parameter, written as JSON.
# load: read that list; find the shape of each entry; compare all shapes with those of the parameters, and refuse if any differs; only then assign.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "layers_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class Module:
    """Something with parameters: a layer, or a network of layers. A subclass says what `forward` does.

    >>> model = Sequential(Linear(2, 8, Tanh()), Linear(8, 1))
    >>> model.num_parameters()
    33
    """

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__} does not say what its forward does")

    def __call__(self, x: Tensor) -> Tensor:
        """The result of forward."""
        ### BEGIN SOLUTION
        return self.forward(x)
        ### END SOLUTION

    def parameters(self) -> list[Tensor]:
        """Every tensor that requires a gradient, in attributes, in lists and in modules inside; each once."""
        ### BEGIN SOLUTION
        found: list[Tensor] = []
        todo = list(vars(self).values())
        while todo:
            part = todo.pop(0)
            if isinstance(part, Tensor):
                if part.requires_grad and all(part is not known for known in found):
                    found.append(part)
            elif isinstance(part, Module):
                todo = list(vars(part).values()) + todo
            elif isinstance(part, (list, tuple)):
                todo = list(part) + todo
        return found
        ### END SOLUTION

    def num_parameters(self) -> int:
        """How many numbers the parameters hold."""
        ### BEGIN SOLUTION
        return sum(math.prod(parameter.shape) for parameter in self.parameters())
        ### END SOLUTION

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to zeros."""
        ### BEGIN SOLUTION
        for parameter in self.parameters():
            parameter.zero_grad()
        ### END SOLUTION

    def save(self, path: str) -> None:
        """Write the numbers of all parameters to a file, as JSON."""
        ### BEGIN SOLUTION
        with open(path, "w", encoding="utf-8") as file:
            json.dump([parameter.data for parameter in self.parameters()], file)
        ### END SOLUTION

    def load(self, path: str) -> None:
        """Read what `save` wrote into the parameters, in place.

        Another number of tensors, or other shapes, raise ValueError, and no parameter is changed.
        """
        ### BEGIN SOLUTION
        with open(path, encoding="utf-8") as file:
            saved = json.load(file)
        parameters = self.parameters()
        shapes, wanted = [Tensor(data).shape for data in saved], [parameter.shape for parameter in parameters]
        if shapes != wanted:
            raise ValueError(f"the file holds tensors of the shapes {shapes}; this module has {wanted}")
        for parameter, data in zip(parameters, saved):
            parameter.data = data
        ### END SOLUTION


class Neuron(Module):
    """One weighted sum: x (N, input_size) -> (N,), with .weight (input_size,) and .bias ().

    >>> neuron = Neuron(2)
    >>> neuron.weight.data, neuron.bias.data = [1.0, 2.0], 0.5
    >>> neuron(Tensor([[1.0, 2.0], [0.0, -1.0]])).data
    [5.5, -1.5]
    """

    def __init__(self, input_size: int) -> None:
        ### BEGIN SOLUTION
        bound = 1 / math.sqrt(input_size)
        self.weight = Tensor([random.uniform(-bound, bound) for _ in range(input_size)])
        self.bias = Tensor(0.0)
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """(N, input_size) -> (N,)"""
        ### BEGIN SOLUTION
        return x @ self.weight + self.bias
        ### END SOLUTION


class Linear(Module):
    """Neurons side by side: x (N, input_size) -> (N, output_size), with .weight (input_size, output_size) and .bias (output_size,).

    activation: a module that is applied to the result, or None.
    """

    def __init__(self, input_size: int, output_size: int, activation: Module | None = None) -> None:
        ### BEGIN SOLUTION
        bound = 1 / math.sqrt(input_size)
        self.weight = Tensor([[random.uniform(-bound, bound) for _ in range(output_size)] for _ in range(input_size)])
        self.bias = Tensor([0.0] * output_size)
        self.activation = activation
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """(N, input_size) -> (N, output_size)"""
        ### BEGIN SOLUTION
        y = x @ self.weight + self.bias
        return y if self.activation is None else self.activation(y)
        ### END SOLUTION


class ReLU(Module):
    def forward(self, x: Tensor) -> Tensor:
        """max(x, 0), entry by entry."""
        ### BEGIN SOLUTION
        return x.relu()
        ### END SOLUTION


class Tanh(Module):
    def forward(self, x: Tensor) -> Tensor:
        """tanh(x), entry by entry."""
        ### BEGIN SOLUTION
        return x.tanh()
        ### END SOLUTION


class Sigmoid(Module):
    def forward(self, x: Tensor) -> Tensor:
        """1 / (1 + e^-x), entry by entry."""
        ### BEGIN SOLUTION
        return x.sigmoid()
        ### END SOLUTION


class Softmax(Module):
    def forward(self, x: Tensor) -> Tensor:
        """e^x, divided by the sum of e^x over the last axis; the shape of x, (..., C).

        >>> Softmax()(Tensor([[0.0, math.log(3.0)], [5.0, 5.0]])).data
        [[0.25, 0.75], [0.5, 0.5]]
        """
        ### BEGIN SOLUTION
        def row_maxima(data):
            return [max(data)] if isinstance(data[0], float) else [row_maxima(part) for part in data]

        powers = (x - Tensor(row_maxima(x.data), requires_grad=False)).exp()
        return powers / powers.sum(axis=-1, keepdims=True)
        ### END SOLUTION


class Sequential(Module):
    """Layers one after the other, the first one first; they are kept in the list .layers."""

    def __init__(self, *layers: Module) -> None:
        ### BEGIN SOLUTION
        self.layers = list(layers)
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """What the last layer makes of what the others made of x."""
        ### BEGIN SOLUTION
        for layer in self.layers:
            x = layer(x)
        return x
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "layers", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Layers", "difficulty": 2, "minutes": 50, "needs": ["tensor_functions", "tensor_matmul"]}
def check_layers():
    import os
    import tempfile

    def close(found, expected):
        if isinstance(expected, list):
            return isinstance(found, list) and len(found) == len(expected) and all(close(a, b) for a, b in zip(found, expected))
        return isinstance(found, float) and abs(found - expected) < 1e-9

    x = Tensor([[1.0, 2.0], [0.0, -1.0]])
    layer = Linear(2, 3)
    assert layer.weight.shape == (2, 3) and layer.bias.shape == (3,), f"Linear(2, 3) has a weight (2, 3) and a bias (3,), not {layer.weight.shape} and {layer.bias.shape}"
    first = Linear(20, 30).weight.data
    second = Linear(20, 30).weight.data
    assert len({number for row in first + second for number in row}) == 1200, "all weights of two layers start as numbers of their own: neurons that start alike stay alike"
    layer.weight.data, layer.bias.data = [[1.0, 0.0, -1.0], [2.0, 1.0, 0.0]], [0.5, 0.0, 1.0]
    assert close(layer(x).data, [[5.5, 2.0, 0.0], [-1.5, -1.0, 1.0]]), f"x @ W + b should be [[5.5, 2, 0], [-1.5, -1, 1]], as worked by hand, not {layer(x).data}"
    bent = Linear(2, 3, ReLU())
    bent.weight.data, bent.bias.data = layer.weight.data, layer.bias.data
    assert close(bent(x).data, [[5.5, 2.0, 0.0], [0.0, 0.0, 1.0]]), f"Linear(2, 3, ReLU()) applies the relu to its result: [[5.5, 2, 0], [0, 0, 1]], not {bent(x).data}"
    neuron = Neuron(2)
    assert neuron.weight.shape == (2,) and neuron.bias.shape == (), f"Neuron(2) has a weight (2,) and a bias (), not {neuron.weight.shape} and {neuron.bias.shape}"
    neuron.weight.data, neuron.bias.data = [1.0, 2.0], 0.5
    assert close(neuron(x).data, [5.5, -1.5]), f"this neuron should give one number a row, [5.5, -1.5], not {neuron(x).data}"

    for module, expected in [(Tanh(), [math.tanh(-1.0), math.tanh(2.0)]), (Sigmoid(), [0.2689414213699951, 0.8807970779778823]), (ReLU(), [0.0, 2.0])]:
        found = module(Tensor([-1.0, 2.0])).data
        assert close(found, expected), f"{type(module).__name__} of [-1, 2] should be {expected}, not {found}"
    table = Tensor([[0.0, math.log(3.0)], [5.0, 5.0]])
    found = Softmax()(table).data
    assert close(found, [[0.25, 0.75], [0.5, 0.5]]), f"softmax of [[0, ln 3], [5, 5]] should be [[0.25, 0.75], [0.5, 0.5]], each row for itself, not {found}"
    (Softmax()(table) * Tensor([[1.0, 0.0], [0.0, 0.0]], requires_grad=False)).sum().backward()
    assert close(table.grad, [[0.1875, -0.1875], [0.0, 0.0]]), f"p₀ = 0.25 has the slopes p₀(1 - p₀) = 0.1875 and -p₀p₁ = -0.1875, not {table.grad[0]}: the denominator moves, too"

    model = Sequential(Linear(2, 4, Tanh()), Linear(4, 1))
    found = model.parameters()
    assert len(found) == 4, f"two Linear layers in a Sequential have 4 parameters, two weights and two biases; yours finds {len(found)}: are the layers in an attribute, in a list, and does parameters() look into lists?"
    assert model.num_parameters() == 17, f"Linear(2, 4) and Linear(4, 1) hold 8 + 4 + 4 + 1 = 17 numbers, not {model.num_parameters()}"
    tied = Module()
    tied.one, tied.several, tied.constant, tied.word = layer.bias, [layer, layer.bias], Tensor(1.0, requires_grad=False), "text"
    assert len(tied.parameters()) == 2, f"a weight, and a bias that is held in two places, are 2 parameters; yours finds {len(tied.parameters())}"
    model(x).sum().backward()
    model.zero_grad()
    assert close(model.layers[1].bias.grad, [0.0]) and close(model.layers[0].bias.grad, [0.0] * 4), "zero_grad() sets the gradient of every parameter to zeros"

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.json")
        model.save(path)
        twin = Sequential(Linear(2, 4, Tanh()), Linear(4, 1))
        held = twin.layers[0].weight
        twin.load(path)
        assert twin(x).data == model(x).data, "a model that loads what another one saved gives the same outputs"
        assert twin.layers[0].weight is held, "load changes the numbers in the parameters; the tensors themselves stay the same objects"
        other = Sequential(Linear(2, 4), Linear(4, 2))
        before = other(x).data
        assert exception_of(lambda: other.load(path)) == "ValueError", "loading a file with other shapes should raise ValueError"
        assert other(x).data == before, "a load that is refused leaves the whole model as it was; compare all the shapes first"
    print("layers: outputs, slopes of softmax, parameters, save and load are right")


run(check_layers)

# %% [markdown]
# ### Look at it: what a network can draw before it has learned anything
#
# > **Predict.** Three networks `2 → 16 → 16 → 1` with random weights, one without an activation, one with relu, one with tanh. Each is drawn as a map of its output over the plane. Which of the maps has straight, parallel contours? Which is made of flat facets? Which is smooth?

# %% nbgrader={"grade": false, "grade_id": "random_networks", "locked": true, "schema_version": 3, "solution": false, "task": false}
def output_on_grid(model, across, up):
    """The first output of the model at every point of a grid, a row for each height."""
    return [[row[0] for row in model(Tensor([[p, q] for p in across])).data] for q in up]


def draw_random_networks():
    random.seed(4)
    grid = [-3 + 0.1 * i for i in range(61)]
    figure, panels = plt.subplots(1, 3, figsize=(10, 3.5), layout="constrained", sharey=True)
    for axes, (label, activation) in zip(panels, [("no activation", None), ("ReLU", ReLU()), ("Tanh", Tanh())]):
        model = Sequential(Linear(2, 16, activation), Linear(16, 16, activation), Linear(16, 1))
        for layer in model.layers:  # wide weights, so that there is something to see
            wide = 2 / math.sqrt(len(layer.weight.data))
            layer.weight.data = [[random.uniform(-wide, wide) for _ in row] for row in layer.weight.data]
            layer.bias.data = [random.uniform(-1, 1) for _ in layer.bias.data]
        heights = output_on_grid(model, grid, grid)
        axes.contourf(grid, grid, heights, levels=12, cmap="cividis")
        axes.contour(grid, grid, heights, levels=12, colors="white", linewidths=0.5, linestyles="solid")
        axes.set(title=label, xlabel="first input", aspect="equal")
    panels[0].set_ylabel("second input")
    figure.suptitle("Output of your untrained networks (dark: low, light: high)")
    show()


draw_random_networks()

# %% [markdown]
# **What to see.** Without a bend between them, three linear layers are one: the map is a tilted plane, its contours are straight and parallel, and no training could change that. Relu gives flat facets with creases between them, tanh gives rolling hills.
# Training will turn and shift these creases and hills until they lie where the data want them.

# %% [markdown]
# ## 9 · Losses
#
# **Why.** Backward needs *one* number to start from: how wrong is the network? That number is the *loss*. Which mistakes a network makes in the end depends on what its loss calls a large mistake, so there are several.
#
# **Picture.** On the left, three losses for a prediction of a quantity, against the error $d$, prediction minus target. On the right, the loss for a prediction of a class, against the probability that the network gave to the right class. Look at how steep each curve is far out: the slope is what the network gets to feel.

# %% nbgrader={"grade": false, "grade_id": "losses_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_losses():
    errors = [-3 + 0.05 * i for i in range(121)]
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
    left.plot(errors, [d * d for d in errors], color=BLUE, lw=2, label="squared error (MSE)")
    left.plot(errors, [abs(d) for d in errors], color=ORANGE, lw=2, ls="--", label="absolute error (L1)")
    left.plot(errors, [d * d / 2 if abs(d) < 1 else abs(d) - 0.5 for d in errors], color=GREEN, lw=2, ls="-.", label="smooth L1, beta = 1")
    left.set(title="One entry of a regression", xlabel="error d", ylabel="loss", ylim=(0, 5))
    left.legend(frameon=False, loc="upper center")
    shares = [0.005 * i for i in range(1, 201)]
    right.plot(shares, [-math.log(p) for p in shares], color=PURPLE, lw=2)
    right.set(title="One row of a classification", xlabel="probability of the right class", ylabel="loss, −ln p")
    show()


draw_losses()

# %% [markdown]
# **Derivation, quantities.** Prediction $P$ and target $T$ are tensors of the same shape with $n$ entries in all, $p_i$ and $t_i$; $d_i = p_i - t_i$. Each of these losses is a **mean over all entries**:
#
# $$ \text{MSE} = \frac1n \sum_i d_i^2, \qquad \text{L1} = \frac1n \sum_i |d_i|, \qquad \text{SmoothL1} = \frac1n \sum_i \begin{cases} d_i^2 / (2\beta) & |d_i| < \beta \\ |d_i| - \beta/2 & \text{otherwise.} \end{cases} $$
#
# $\beta > 0$ is the error at which the parabola turns into a straight line. The two pieces meet there with the same value $\beta/2$ and the same slope 1. MSE punishes one error of 10 as much as a hundred errors of 1; L1 does not, but its slope is as large for a tiny error as for a huge one. Smooth L1 takes the good half of each.
#
# **Derivation, classes.** There are $N$ rows, one for each example, and $C$ classes. The target is a list of $N$ class numbers $y_0, \dots, y_{N-1}$, each from 0 to $C - 1$. If the network gives the probability $p_{n,c}$ to class $c$ in row $n$, then the probability that all $N$ answers are right is the product $\prod_n p_{n, y_n}$. We want it
# large, so its negative logarithm small; the logarithm turns the product into a sum, and the mean makes it independent of $N$:
#
# $$ \text{NLL} = -\frac1N \sum_{n=0}^{N-1} \ell_{n, y_n}, \qquad \ell_{n,c} = \ln p_{n,c}. $$
#
# `NLLLoss` takes the **logarithms** $\ell$, `(N, C)`. The mean is over the **rows**, not over all $N \cdot C$ entries. A network gives raw numbers, *logits* $z$, `(N, C)`. Softmax makes them probabilities, and the logarithm of softmax is
#
# $$ \ell_{n,c} = z_{n,c} - \ln \sum_{k=0}^{C-1} e^{z_{n,k}}. $$
#
# **Cross-entropy** is both together, `NLL` of these $\ell$, from raw logits. Written as it stands it fails: $e^{1000}$ overflows, and where it does not, $p$ may round to 0 and its logarithm is $-\infty$. Take a constant $m_n$ out of each row, its largest logit:
#
# $$ \ln \sum_k e^{z_{n,k}} \;=\; m_n + \ln \sum_k e^{z_{n,k} - m_n}. $$
#
# Now no exponent is above 0, and one of them is 0, so the sum lies between 1 and $C$: no overflow, no logarithm of 0. Its slope does not change either, because the right-hand side is the same whatever $m_n$ is; treat $m_n$ as a constant.
# The gradient that comes out is worth remembering: $\partial\,\text{loss}/\partial z_{n,c} = (p_{n,c} - r_{n,c})/N$, where $r_{n,c}$ is 1 for the right class, $c = y_n$, and 0 for the others: *what you said minus what was so*.
#
# **By hand.** Prediction $(1, 5)$, target $(2, 2)$: $d = (-1, 3)$. MSE $(1 + 9)/2 = 5$, L1 $(1 + 3)/2 = 2$; SmoothL1 with $\beta = 2$: $(1/4 + (3 - 1))/2 = 1.125$. Logits $(0, \ln 3)$ with the class 0: the probabilities are $(0.25, 0.75)$, the loss is $-\ln 0.25 = 1.3863$, and its gradient $(0.25 - 1,\; 0.75) = (-0.75,\; 0.75)$.

# %% [markdown]
# **Write** five losses. An object is made once, `loss_fn = MSELoss()`, and then called like a function: `loss_fn(prediction, target)`.
#
# * The result is a Tensor of the shape `()`, and its gradients reach the prediction. Prediction and target are left as they were.
# * `MSELoss`, `L1Loss`, `SmoothL1Loss(beta=1.0)`: the target is a Tensor or nested lists of numbers, of the **same shape** as the prediction; any other shape raises `ValueError`, also one that would broadcast. The mean runs over all entries.
# * At a corner follow PyTorch: the slope of $|d|$ at 0 is 0.
# * `NLLLoss` takes logarithms of probabilities, `CrossEntropyLoss` raw logits, each a Tensor of the shape `(N, C)`; the target is a list of N ints, from 0 to C − 1. The mean runs over the N rows.
# * `CrossEntropyLoss` is right and finite for logits up to ±1000, also where one row holds large and another very negative logits.
#
# Not tested: class numbers outside 0 to C − 1, a list that does not have N of them, and a beta that is not above 0.
#
# <details><summary>Hint 1: shapes</summary>
#
# All five end in a single number. For the classes: a table of constants (N, C) that has a 1 in each row at the right class and 0 elsewhere picks one entry of each row when you multiply by it. The maxima of the rows are a table of constants (N, 1), and so is the sum of a row with its axis kept.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# SmoothL1 without an if: let a = |d| and c = the smaller of a and β, that is a − relu(a − β). Then both cases are c (a − c/2) / β. Log-softmax: z − m − ln(sum of exp(z − m)), m constant. NLL: minus the sum of the picked entries, divided by N.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# regression: if the target is not a tensor, make a constant one of it; compare shapes and refuse; compute the losses entry by entry with tensor operations; take the mean.
# NLL: build the table that picks; multiply; sum everything; divide by minus N.
# cross-entropy: find each row's largest logit from the data; subtract it as a constant; subtract the logarithm of the row sums of the exponentials; hand the result to NLL.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "losses_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def same_shape(prediction: Tensor, target: "Tensor | list | float") -> Tensor:
    """The target as a tensor, nested lists as a constant one; ValueError if its shape is not the prediction's."""
    ### BEGIN SOLUTION
    if not isinstance(target, Tensor):
        target = Tensor(target, requires_grad=False)
    if target.shape != prediction.shape:
        raise ValueError(f"a prediction of the shape {prediction.shape} cannot be compared with a target of the shape {target.shape}")
    return target
    ### END SOLUTION


class MSELoss:
    """The mean of the squared errors.

    >>> MSELoss()(Tensor([1.0, 5.0]), [2.0, 2.0]).item()
    5.0
    """

    def __call__(self, prediction: Tensor, target: "Tensor | list | float") -> Tensor:
        """A tensor of the shape (); the target has the shape of the prediction, otherwise ValueError."""
        ### BEGIN SOLUTION
        return ((prediction - same_shape(prediction, target)) ** 2).mean()
        ### END SOLUTION


class L1Loss:
    """The mean of the absolute errors."""

    def __call__(self, prediction: Tensor, target: "Tensor | list | float") -> Tensor:
        """A tensor of the shape (); the target has the shape of the prediction, otherwise ValueError."""
        ### BEGIN SOLUTION
        return (prediction - same_shape(prediction, target)).abs().mean()
        ### END SOLUTION


class SmoothL1Loss:
    """The mean of d²/(2 beta) for errors |d| < beta, and of |d| - beta/2 for the others; beta > 0."""

    def __init__(self, beta: float = 1.0) -> None:
        ### BEGIN SOLUTION
        self.beta = beta
        ### END SOLUTION

    def __call__(self, prediction: Tensor, target: "Tensor | list | float") -> Tensor:
        """A tensor of the shape (); the target has the shape of the prediction, otherwise ValueError."""
        ### BEGIN SOLUTION
        distance = (prediction - same_shape(prediction, target)).abs()
        near = distance - (distance - self.beta).relu()  # the smaller of the distance and beta
        return (near * (distance - near / 2) / self.beta).mean()
        ### END SOLUTION


class NLLLoss:
    """The negative log-likelihood: minus the mean, over the rows, of the right classes' log-probabilities."""

    def __call__(self, prediction: Tensor, target: list[int]) -> Tensor:
        """prediction: logarithms of probabilities, (N, C); target: N class numbers from 0 to C - 1. A tensor of the shape ()."""
        ### BEGIN SOLUTION
        rows, classes = prediction.shape
        right = Tensor([[float(c == label) for c in range(classes)] for label in target], requires_grad=False)
        return (prediction * right).sum() / -rows
        ### END SOLUTION


class CrossEntropyLoss:
    """The negative log-likelihood of the softmax of raw logits.

    >>> round(CrossEntropyLoss()(Tensor([[0.0, math.log(3.0)]]), [0]).item(), 4)
    1.3863
    """

    def __call__(self, prediction: Tensor, target: list[int]) -> Tensor:
        """prediction: logits, (N, C); target: N class numbers from 0 to C - 1. A tensor of the shape ()."""
        ### BEGIN SOLUTION
        shifted = prediction - Tensor([[max(row)] for row in prediction.data], requires_grad=False)
        return NLLLoss()(shifted - shifted.exp().sum(axis=1, keepdims=True).log(), target)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "losses", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Losses", "difficulty": 2, "minutes": 40, "needs": ["tensor_functions"]}
def check_losses():
    def loss_and_slopes(loss_fn, prediction, target):
        prediction = Tensor(prediction)
        loss = loss_fn(prediction, target)
        assert isinstance(loss, Tensor) and loss.shape == (), f"{type(loss_fn).__name__} should give a Tensor of the shape (), a single number, not {loss!r}"
        loss.backward()
        return loss.item(), prediction.grad

    for loss_fn, expected, slopes in [(MSELoss(), 5.0, [-1.0, 3.0]), (L1Loss(), 2.0, [-0.5, 0.5]), (SmoothL1Loss(2.0), 1.125, [-0.25, 0.5]), (SmoothL1Loss(), 1.5, [-0.5, 0.5])]:
        name = type(loss_fn).__name__
        found, gradient = loss_and_slopes(loss_fn, [1.0, 5.0], [2.0, 2.0])
        assert abs(found - expected) < 1e-9, f"{name} of [1, 5] and [2, 2] should be {expected}, not {found}"
        assert all(abs(a - b) < 1e-9 for a, b in zip(gradient, slopes)), f"{name} of [1, 5] and [2, 2] has the gradient {slopes}, not {gradient}"
        found, _ = loss_and_slopes(loss_fn, [[1.0, 5.0], [2.0, 2.0]], Tensor([[2.0, 2.0], [2.0, 2.0]], requires_grad=False))
        assert abs(found - expected / 2) < 1e-9, f"{name} is a mean over all entries: with two more that are right it should be {expected / 2}, not {found}"
        assert exception_of(lambda: loss_fn(Tensor([[1.0], [5.0]]), [2.0, 2.0])) == "ValueError", f"{name} should refuse a target (2,) for a prediction (2, 1) with ValueError: broadcasting would compare every entry with every other"

    found, gradient = loss_and_slopes(NLLLoss(), [[-1.0, -2.0, -3.0], [-4.0, -5.0, -6.0]], [2, 0])
    assert abs(found - 3.5) < 1e-9, f"NLLLoss picks -3 and -4, and gives (3 + 4) / 2 = 3.5, not {found}"
    assert gradient == [[0.0, 0.0, -0.5], [-0.5, 0.0, 0.0]], f"the gradient of that loss is -1/2 at the two picked entries and 0 elsewhere, not {gradient}"
    found, gradient = loss_and_slopes(CrossEntropyLoss(), [[0.0, math.log(3.0)]], [0])
    assert abs(found - math.log(4.0)) < 1e-9, f"CrossEntropyLoss of the logits [0, ln 3] with the class 0 should be ln 4 = 1.3863, not {found}"
    assert all(abs(a - b) < 1e-9 for a, b in zip(gradient[0], [-0.75, 0.75])), f"its gradient is [0.25 - 1, 0.75], not {gradient[0]}"
    try:
        found, _ = loss_and_slopes(CrossEntropyLoss(), [[1000.0, 0.0], [-1000.0, -999.0]], [1, 1])
    except (OverflowError, ZeroDivisionError, ValueError) as error:
        raise AssertionError(f"logits of ±1000 gave {type(error).__name__}: subtract each row's own largest logit before the exponential") from None
    assert abs(found - 500.15663084) < 1e-6, f"CrossEntropyLoss of [[1000, 0], [-1000, -999]] with the classes 1, 1 should be (1000 + 0.3133) / 2, not {found}"
    print("losses: values, gradients, shapes and large logits are right")


run(check_losses)

# %% [markdown]
# ### Look at it: one bad measurement
#
# > **Predict.** Nine measurements lie near 2, the tenth is 12 by mistake. We look for the one number $c$ that fits all ten best, in the sense of each loss. Where is the lowest point of each curve: near 2, near 3, or in between?

# %% nbgrader={"grade": false, "grade_id": "outlier_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_outlier():
    measured = [1.7, 1.8, 1.9, 1.95, 2.0, 2.05, 2.1, 2.2, 2.3, 12.0]
    grid = [1 + 0.01 * i for i in range(301)]
    figure, axes = plt.subplots(figsize=(8, 4))
    for loss_fn, label, colour, style in [(MSELoss(), "MSE", BLUE, "-"), (L1Loss(), "L1", ORANGE, "--"), (SmoothL1Loss(), "smooth L1, beta = 1", GREEN, "-.")]:
        heights = [loss_fn(Tensor([c] * 10), measured).item() for c in grid]
        lowest = min(heights)
        best = [c for c, h in zip(grid, heights) if h - lowest < 1e-9]
        text = f"lowest at c = {best[0]:.2f}" if len(best) == 1 else f"lowest from c = {best[0]:.2f} to {best[-1]:.2f}"
        axes.plot(grid, [h - lowest for h in heights], color=colour, ls=style, lw=2, label=f"{label}: {text}")
        axes.plot([best[0], best[-1]], [0, 0], "o-", color=colour, ms=7, lw=5)
    axes.plot(measured[:9], [-0.2] * 9, "|", color="black", ms=10, label="nine of the measurements")
    axes.set(title="Your losses, each above its own lowest value", xlabel="c, the one number that is to fit all ten", ylabel="loss − lowest loss", ylim=(-0.3, 2.4))
    axes.legend(frameon=False, loc="upper right")
    show()


plot_outlier()

# %% [markdown]
# **What to see.** MSE is lowest at the mean of the measurements, 3.0: the bad one pulls it a whole unit away from the other nine. L1 is lowest at the median: half of the measurements lie on each side, so anywhere from 2.00 to 2.05, and it does not matter how far away the bad one is. Smooth L1 ends close to that, at about 2.1, and has no corner.

# %% [markdown]
# ## 10 · Optimizers
#
# **Why.** You have the gradient: for each parameter, the direction in which the loss grows fastest. A step against it lowers the loss, if the step is short. How long should it be? Plain descent has one length for all; the two improvements in this section adapt.
#
# **Picture.** A valley $f(p, q) = \frac12 (p^2 + 25\, q^2)$, 25 times as steep across as along. The grey arrows are steps against the gradient. They point almost straight at the opposite wall, hardly along the floor, where the lowest point is. So the path bounces from wall to wall, and gets
# along the floor by a little at each bounce. Shorter steps would not bounce, and creep all the more.

# %% nbgrader={"grade": false, "grade_id": "valley_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_valley(axes):
    across, up = [-4.5 + 0.09 * i for i in range(101)], [-1.3 + 0.026 * i for i in range(101)]
    axes.contour(across, up, [[(p * p + 25 * q * q) / 2 for p in across] for q in up], levels=[0.2, 0.8, 2, 4, 7, 11, 16], cmap="cividis", linewidths=1)
    axes.plot(0, 0, "*", color="black", ms=13, zorder=5)
    axes.set(xlabel="p", ylabel="q", xlim=(-4.5, 1.5), ylim=(-1.3, 1.3))


def draw_bouncing():
    figure, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
    draw_valley(axes)
    p, q = -4.0, 1.0
    for _ in range(12):
        after = p - 0.07 * p, q - 0.07 * 25 * q
        axes.annotate("", after, (p, q), arrowprops={"arrowstyle": "-|>", "color": GREY, "lw": 1.4})
        p, q = after
    axes.set_title("Twelve steps of plain descent with lr = 0.07; the star is the lowest point")
    show()


draw_bouncing()

# %% [markdown]
# **Derivation.** Let $w$ be one number of a parameter, and $g = \partial\,\text{loss}/\partial w$ its gradient in this step; both are single numbers, and everything here happens for each number by itself. $\eta > 0$ is the *learning rate*, `lr`.
#
# **Stochastic gradient descent** with **momentum** keeps a velocity $v$ for each number, at first 0, and $0 \le \beta < 1$ says how much of it survives a step. (*Stochastic* means ruled by chance: in training, $g$ usually comes from a few examples drawn at random, not from all.)
#
# $$ v \leftarrow \beta v + g, \qquad w \leftarrow w - \eta v. $$
#
# With $\beta = 0$ that is plain descent. Where gradients point the same way step after step, $v$ grows to $g/(1 - \beta)$, ten times $g$ for $\beta = 0.9$: fast along the floor. Where they change sign, they cancel.
#
# **Adam** divides each step by the size that the gradients of this number usually have. It keeps two running means, at first 0: $m$ of the gradients, and $u$ of their squares; $\beta_1$ and $\beta_2$, from 0 to below 1, say how much of each survives a step. $t = 1, 2, \dots$ counts the steps:
#
# $$ m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \qquad u \leftarrow \beta_2 u + (1 - \beta_2)\, g^2. $$
#
# Both start at 0 and are therefore too small at first. If all gradients were $g$, then after $t$ steps $m = (1 - \beta_1^t)\, g$ (a geometric sum). So divide by that factor, the **bias correction**:
#
# $$ \hat m = \frac{m}{1 - \beta_1^t}, \qquad \hat u = \frac{u}{1 - \beta_2^t}, \qquad w \leftarrow w - \eta\, \frac{\hat m}{\sqrt{\hat u} + \varepsilon}. $$
#
# $\varepsilon$ is a tiny number that keeps the division safe; it stands outside the root. The stored $m$ and $u$ are the uncorrected ones. (Kingma and Ba, 2015, algorithm 1; they write $v$ for our $u$.)
#
# **By hand.** $w = 1$, gradients 2, then 1. *Momentum*, $\eta = 0.1$, $\beta = 0.5$: $v = 2$, $w = 0.8$; then $v = 0.5 \cdot 2 + 1 = 2$, $w = 0.6$. *Adam*, $\eta = 0.1$, defaults: in the first step $\hat m = 0.2/0.1 = 2$ and $\hat u = 0.004/0.001 = 4$, so $w = 1 - 0.1 \cdot 2/2 = 0.9$: **the first step has the
# length** $\eta$, whatever the gradient. Second step: $m = 0.9 \cdot 0.2 + 0.1 = 0.28$, $\hat m = 0.28/0.19 = 1.4737$; $u = 0.999 \cdot 0.004 + 0.001 = 0.004996$, $\hat u = 0.004996/0.001999 = 2.4992$; $w = 0.9 - 0.1 \cdot 1.4737/1.5809 = 0.8068$.

# %% [markdown]
# **Write** `SGD` and `Adam`.
#
# * Both get the list of parameters and keep it. Of a parameter they use **only `.data` and `.grad`**: nested lists of floats of one shape, or a float each, for a parameter that is a single number. They read them, and assign new ones **as a whole**, of the same shape. Assigning into the lists, as in `p.data[0] = …`, may reach nothing but a copy.
#   (So an optimizer works with anything that has these two attributes, and the check below makes use of that.)
# * `step()` changes every parameter by one step and leaves `.grad` as it is. The first step uses $v$, $m$ and $u$ that are 0 before it.
# * `zero_grad()` sets `.grad` of every parameter to zeros of its shape; what the optimizer remembers of earlier steps stays.
# * `SGD(parameters, lr=1e-3, momentum=0.0)`; `Adam(parameters, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8)`. Each parameter, and each optimizer, has a memory of its own.
#
# `elementwise`, which is given, computes with nested lists, entry by entry: `elementwise(lambda a, b: a + b, [[1.0, 2.0]], [[3.0, 4.0]])` is `[[4.0, 6.0]]`, and it takes any number of lists. You may use it.
#
# <details><summary>Hint 1: shapes</summary>
#
# For each parameter the memory has the shape of the parameter: one table of velocities for SGD, two tables for Adam. The count of the steps is one int for the whole optimizer.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The equations with arrows in the derivation, entry by entry. Correct the bias in a result of its own: m itself goes on uncorrected. The count is 1 in the first step.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# new optimizer: keep the list and the settings; for each parameter make tables of zeros of its shape; for Adam set the count to 0.
# step: for Adam raise the count, once for all parameters; for each parameter, find the new tables from the old ones and the gradient, keep them, and assign the new data.
# zero_grad: for each parameter, assign zeros of the shape of its gradient.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "optimizers_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def elementwise(function, *data):
    """function of the entries of nested lists, entry by entry; of numbers, the function of these.

    >>> elementwise(lambda a, b: a * b, [[1.0, 2.0]], [[3.0, 4.0]])
    [[3.0, 8.0]]
    """
    if isinstance(data[0], list):
        return [elementwise(function, *parts) for parts in zip(*data)]
    return function(*data)


class SGD:
    """Gradient descent with momentum: v <- momentum v + grad, data <- data - lr v.

    parameters: objects with .data and .grad, nested lists of floats of one shape. lr > 0; 0 <= momentum < 1.
    """

    def __init__(self, parameters: "list[Tensor]", lr: float = 1e-3, momentum: float = 0.0) -> None:
        ### BEGIN SOLUTION
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self.velocities = [elementwise(lambda w: 0.0, parameter.data) for parameter in self.parameters]
        ### END SOLUTION

    def step(self) -> None:
        """One step for every parameter."""
        ### BEGIN SOLUTION
        for i, parameter in enumerate(self.parameters):
            self.velocities[i] = elementwise(lambda v, g: self.momentum * v + g, self.velocities[i], parameter.grad)
            parameter.data = elementwise(lambda w, v: w - self.lr * v, parameter.data, self.velocities[i])
        ### END SOLUTION

    def zero_grad(self) -> None:
        """Set every gradient to zeros."""
        ### BEGIN SOLUTION
        for parameter in self.parameters:
            parameter.grad = elementwise(lambda g: 0.0, parameter.grad)
        ### END SOLUTION


class Adam:
    """Adam: running means of the gradients and of their squares, corrected for their start at 0.

    parameters: objects with .data and .grad, nested lists of floats of one shape. lr, eps > 0; 0 <= beta1, beta2 < 1.
    """

    def __init__(self, parameters: "list[Tensor]", lr: float = 1e-3, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> None:
        ### BEGIN SOLUTION
        self.parameters = list(parameters)
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.steps = 0
        self.means = [elementwise(lambda w: 0.0, parameter.data) for parameter in self.parameters]
        self.squares = [elementwise(lambda w: 0.0, parameter.data) for parameter in self.parameters]
        ### END SOLUTION

    def step(self) -> None:
        """One step for every parameter."""
        ### BEGIN SOLUTION
        self.steps += 1
        mean_share, square_share = 1 - self.beta1**self.steps, 1 - self.beta2**self.steps

        def moved(w, m, u):
            return w - self.lr * (m / mean_share) / (math.sqrt(u / square_share) + self.eps)

        for i, parameter in enumerate(self.parameters):
            self.means[i] = elementwise(lambda m, g: self.beta1 * m + (1 - self.beta1) * g, self.means[i], parameter.grad)
            self.squares[i] = elementwise(lambda u, g: self.beta2 * u + (1 - self.beta2) * g**2, self.squares[i], parameter.grad)
            parameter.data = elementwise(moved, parameter.data, self.means[i], self.squares[i])
        ### END SOLUTION

    def zero_grad(self) -> None:
        """Set every gradient to zeros."""
        ### BEGIN SOLUTION
        for parameter in self.parameters:
            parameter.grad = elementwise(lambda g: 0.0, parameter.grad)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "optimizers", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Optimizers", "difficulty": 2, "minutes": 40, "needs": []}
def check_optimizers():
    class Numbers:
        """Something with .data and .grad, and nothing else. What is read is a copy, as the text says it may be."""

        def __init__(self, data):
            self.__dict__["kept"] = {"data": data, "grad": None}

        def __getattr__(self, name):
            assert name in ("data", "grad"), f"an optimizer uses only .data and .grad of a parameter; yours asked for .{name}"
            return json.loads(json.dumps(self.kept[name]))

        def __setattr__(self, name, value):
            assert name in ("data", "grad"), f"an optimizer uses only .data and .grad of a parameter; yours assigned .{name}"
            self.kept[name] = value

    def run(make, gradients):
        """The data after each step: one number, and a table beside it."""
        one, table = Numbers(1.0), Numbers([[1.0, -1.0, 0.5]])
        one.grad, table.grad = 0.0, [[0.0, 0.0, 0.0]]
        optimizer = make([one, table])
        found = []
        for g in gradients:
            one.grad, table.grad = g, [[g, -g, 0.0]]
            optimizer.step()
            assert one.grad == g and table.grad == [[g, -g, 0.0]], f"step() leaves .grad as it is; {g} became {one.grad}"
            assert isinstance(table.data, list) and len(table.data) == 1 and len(table.data[0]) == 3, f"step() keeps the shape of .data; a table (1, 3) became {table.data}"
            assert abs(table.data[0][2] - 0.5) < 1e-12, "a number whose gradient was always 0 stays where it is"
            assert abs(table.data[0][1] + one.data) < 1e-12 and abs(table.data[0][0] - one.data) < 1e-12, "every number takes its own step: equal gradients should move a float and an entry of a table alike"
            optimizer.zero_grad()
            assert one.grad == 0.0 and table.grad == [[0.0, 0.0, 0.0]], f"zero_grad() assigns zeros of the same shape, not {one.grad} and {table.grad}"
            found.append(one.data)
        return found

    for text, make, expected in [
        ("SGD with lr = 0.1", lambda p: SGD(p, lr=0.1), [0.8, 0.7]),
        ("SGD with lr = 0.1, momentum = 0.5", lambda p: SGD(p, lr=0.1, momentum=0.5), [0.8, 0.6]),
        ("Adam with lr = 0.1", lambda p: Adam(p, lr=0.1), [0.9, 0.80678204]),
        ("SGD without further arguments", SGD, [0.998, 0.997]),
        ("Adam without further arguments", Adam, [0.999, 0.99806782]),
    ]:
        found = run(make, [2.0, 1.0])
        assert abs(found[0] - expected[0]) < 1e-7, f"{text}: from 1, the first step with the gradient 2 should lead to {expected[0]}, not {found[0]}"
        assert abs(found[1] - expected[1]) < 1e-7, f"{text}: the second step, with the gradient 1, should lead to {expected[1]}, not {found[1]}"
    print("optimizers: two steps of each, the shapes, and zero_grad are right")


run(check_optimizers)

# %% [markdown]
# ### Look at it: three ways down the valley
#
# > **Predict.** The same valley, 40 steps of each. Plain descent may not have a learning rate above $2/25$: each step multiplies $q$ by $1 - 25\,\eta$, and below $-1$ it would fly out of the valley. Which of the three is nearest to the star after 40 steps? Which of them shoot past it, to $p > 0$, and which one farther? Which one walks almost along the diagonal at first, as if the valley were round?

# %% nbgrader={"grade": false, "grade_id": "valley_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def race_down_the_valley():
    class Point:
        def __init__(self):
            self.data, self.grad = [-4.0, 1.0], [0.0, 0.0]

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.3), layout="constrained", width_ratios=[3, 2])
    draw_valley(left)
    for label, make, colour, style in [
        ("SGD, lr 0.03", lambda p: SGD(p, lr=0.03), GREY, "s:"),
        ("momentum 0.8, lr 0.03", lambda p: SGD(p, lr=0.03, momentum=0.8), ORANGE, "o--"),
        ("Adam, lr 0.3", lambda p: Adam(p, lr=0.3), BLUE, "^-"),
    ]:
        point = Point()
        optimizer = make([point])
        track = [point.data]
        for _ in range(40):
            point.grad = [point.data[0], 25 * point.data[1]]
            optimizer.step()
            track.append(point.data)
        left.plot([p for p, _ in track], [q for _, q in track], style, color=colour, ms=3.5, lw=1.2, label=label)
        right.semilogy([(p * p + 25 * q * q) / 2 for p, q in track], style, color=colour, ms=3, lw=1.2, label=label)
    left.set_title("41 points of your three optimizers")
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    right.set(title="f on the way", xlabel="step", ylabel="f(p, q)")
    show()


race_down_the_valley()

# %% [markdown]
# **What to see.** Plain descent brings $q$ to 0 at once and then creeps: along the floor each step is three hundredths of what is left, and it stops short of the star. Momentum swings from wall to wall, gathers speed along the floor, shoots past the star to $p \approx 0.36$, comes back, and is the nearest of the three in
# the end. Adam starts along the diagonal: its steps have almost the same length in $p$ and in $q$, although one slope is many times the other. It shoots farther past the star, to $p \approx 0.85$, because $m$ still holds the gradients of the way there, and swings around it for a while. None of them is best everywhere; Adam is
# the one that works without much tuning.

# %% [markdown]
# ## 11 · Training
#
# **Why.** Everything is there: a model that predicts, a loss that says how wrong, gradients, an optimizer that takes a step. Training is a loop around these four. It is short, and the mistakes that are made in it are silent: the loss falls a little less than it should, and nobody knows why.
#
# **Picture.** One turn of the loop. It is made once for each *batch*, a handful of examples; a pass over all examples is an *epoch*.

# %% nbgrader={"grade": false, "grade_id": "loop_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_loop():
    figure, axes = plt.subplots(figsize=(10.5, 2.5), layout="constrained")
    steps = [("batch\nX[i:j], Y[i:j]", "black"), ("output\nmodel(Tensor(…))", BLUE), ("loss\nloss_fn(output, …)", BLUE), ("clear\noptimizer.zero_grad()", ORANGE), ("gradients\nloss.backward()", ORANGE), ("step\noptimizer.step()", GREEN)]
    boxes, end = [], 0.0
    for text, colour in steps:
        half = 0.5 * max(map(len, text.split("\n"))) + 1.0  # in characters
        box = {"boxstyle": "round,pad=0.45", "facecolor": "white", "edgecolor": colour, "linewidth": 1.6}
        label = axes.text(end + half, 0, text, ha="center", va="center", fontsize=8.5, bbox=box)
        boxes.append((end + half, label.get_bbox_patch()))
        end += 2 * half + 5.0
    for (left, start), (right, stop), bend in [*((a, b, 0.0) for a, b in zip(boxes, boxes[1:])), (boxes[-1], boxes[0], -0.2)]:
        arrow = {"arrowstyle": "-|>", "color": GREY, "patchA": start, "patchB": stop, "shrinkA": 0, "shrinkB": 1, "connectionstyle": f"arc3,rad={bend}"}
        axes.annotate("", (right, 0), (left, 0), arrowprops=arrow, zorder=4)  # after the boxes, as in draw_dot
    axes.text((end - 5.0) / 2, -1.3, "the next batch, with the changed weights", ha="center", color=GREY)
    axes.set(xlim=(-1.0, end - 4.0), ylim=(-1.4, 0.6), title="One step of training")
    axes.axis("off")
    show()


draw_loop()

# %% [markdown]
# **Derivation.** There are $n$ examples. Batches of $B$ examples are taken in order: examples $0 \dots B-1$, then $B \dots 2B-1$, and so on. If $B$ does not divide $n$, the last batch is shorter; it has $n_k < B$ examples and is used like any other. Let $L_k$ be the loss of batch $k$, the mean over its $n_k$ examples, taken before the step that it causes. The
# loss of the epoch is the mean over all *examples*:
#
# $$ L \;=\; \frac{1}{n} \sum_{k} n_k\, L_k, \qquad \sum_k n_k = n. $$
#
# The mean of the $L_k$ is something else as soon as the last batch is short: its examples would count more than the others.
#
# **Clearing.** `backward` adds to the gradients that are there. That is what makes reused numbers come out right, and it means that the gradients of the last batch are still there when the next one comes. Somebody has to clear them: `optimizer.zero_grad()`.
#
# **By hand.** Five examples in batches of two; the batches have the losses 0.6, 0.4 and 0.1. The epoch's loss is $(2 \cdot 0.6 + 2 \cdot 0.4 + 1 \cdot 0.1)/5 = 0.42$. The mean of the three would be $0.367$.

# %% [markdown]
# **Write** `train`.
#
# * `X` and `Y` are lists of the same length: `X[i]` is the input of example `i`, a list of numbers, and `Y[i]` its target. Both stay as they are.
# * In each epoch take the batches in order, without shuffling, and keep the short one at the end. For each batch, from `i` up to but without `j`, the output is `model(Tensor(X[i:j]))` and the loss `loss_fn(output, Y[i:j])`, each computed once.
# * Of the loss use only `.item()` and `.backward()`; of the optimizer only `zero_grad()` and `step()`. Each batch causes one step, with the gradients of that batch alone: between the step of one batch and the `backward` of the next, `optimizer.zero_grad()` is called.
# * Give back a list with one float for each epoch: the mean loss over its examples, as in the equation above.
#
# There is at least one example, and at least one epoch.
#
# <details><summary>Hint 1: shapes</summary>
#
# X[i:j] is a list of at most batch_size rows; a slice that reaches beyond the end stops at the end. The answer has as many numbers as there are epochs.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# Batches start at 0, B, 2B, … below n. Add up loss × (number of examples in the batch) over an epoch, and divide by n at its end.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# for each epoch: start a total at 0; for each start of a batch: cut the batch out of X and Y; output, loss; clear the gradients; backward; step; add the loss, as a number, times the size of this batch to the total. After the last batch, note total / n.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "training_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train(model, X: list, Y: list, loss_fn, optimizer, epochs: int, batch_size: int) -> list[float]:
    """Train the model on X and Y, batch by batch, in order.

    model: called with Tensor(X[i:j]). loss_fn: called with what the model gave and Y[i:j]; gives something with .item() and .backward().
    optimizer: has zero_grad() and step(). epochs: passes over all examples. batch_size: examples in a batch, at least 1; the last one may be short.
    Returns the mean loss of each epoch, over its examples: one float per epoch.
    """
    ### BEGIN SOLUTION
    losses = []
    for _ in range(epochs):
        total = 0.0
        for start in range(0, len(X), batch_size):
            inputs, targets = X[start : start + batch_size], Y[start : start + batch_size]
            loss = loss_fn(model(Tensor(inputs)), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(inputs)
        losses.append(total / len(X))
    return losses
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "training", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Training", "difficulty": 2, "minutes": 30, "needs": ["tensor_data"]}
def check_training():
    class Watched:
        """Stands in for model, loss function, loss and optimizer, and writes down what is done with it."""

        def __init__(self):
            self.done, self.batches, self.steps = [], [], 0

        def __call__(self, inputs):
            assert isinstance(inputs, Tensor), f"the model is called with Tensor(X[i:j]), not with a {type(inputs).__name__}"
            self.batches.append([inputs.data])
            return "output"

        def loss_fn(self, output, targets):
            assert output == "output", "loss_fn is called with what the model gave, and with Y[i:j]"
            self.batches[-1].append(targets)
            return Loss(self, sum(targets) / len(targets) / (1 + self.steps))

        def zero_grad(self):
            self.done.append("clear")

        def step(self):
            self.done.append("step")
            self.steps += 1

    class Loss:
        def __init__(self, watched, value):
            self.watched, self.value = watched, value

        def item(self):
            return self.value

        def backward(self):
            self.watched.done.append("backward")

    watched = Watched()
    X, Y = [[1.0], [2.0], [3.0], [4.0], [5.0]], [1.0, 3.0, 4.0, 8.0, 9.0]
    found = train(watched, X, Y, watched.loss_fn, watched, 2, 2)
    inputs = [batch[0] for batch in watched.batches]
    one_epoch = [[[1.0], [2.0]], [[3.0], [4.0]], [[5.0]]]
    assert inputs[:3] == one_epoch, f"five examples in batches of two are {one_epoch}, in this order, the short one included; your model saw {inputs[:3]}"
    assert inputs == one_epoch * 2, f"two epochs are two passes over all batches; your model saw {inputs}"
    assert [batch[1] for batch in watched.batches[:3]] == [[1.0, 3.0], [4.0, 8.0], [9.0]], f"each batch has its own targets, Y[i:j]; yours were {[batch[1] for batch in watched.batches[:3]]}"
    work = [word for word in watched.done if word != "clear"]
    assert work == ["backward", "step"] * 6, f"each of the six batches has one backward() and then one step(); yours did {work}"
    between = " ".join(watched.done).split("backward")[1:-1]
    assert all("clear" in part.partition("step")[2] for part in between), "after a step, and before the next backward(), optimizer.zero_grad() has to clear the gradients of the last batch"
    assert isinstance(found, list) and len(found) == 2, f"train gives back one loss for each epoch, two here, not {found!r}"
    expected = [(2 * 2.0 + 2 * 3.0 + 1 * 3.0) / 5, (2 * 2 / 4 + 2 * 6 / 5 + 1 * 9 / 6) / 5]
    assert all(abs(a - b) < 1e-9 for a, b in zip(found, expected)), f"the losses of the epochs, weighted by the sizes of the batches, are {expected}, not {found}"
    assert X == [[1.0], [2.0], [3.0], [4.0], [5.0]] and Y == [1.0, 3.0, 4.0, 8.0, 9.0], "train leaves X and Y as they are"
    print("training: batches, order, clearing and the losses of the epochs are right")


run(check_training)

# %% [markdown]
# ### Look at it: two moons
#
# Two classes of points, each on half a circle, one hooked into the other. No straight line separates them. `two_moons` is given; the same seed gives the same points. The network has two inputs, two layers of eight neurons, and one output: above 0 means the upper moon. The targets are +1 and −1, the loss is MSE.
#
# > **Predict.** The cell trains twice: `2 → 8 → 8 → 1` with tanh between the layers, and the same with the tanh **taken away**. Both have 105 numbers to learn. Draw the boundary that you expect for each. What share of the points will the second one get right: half, nine tenths, or all?
#
# The next cell takes a second or two on two cores.

# %% nbgrader={"grade": false, "grade_id": "moons_training", "locked": true, "schema_version": 3, "solution": false, "task": false}
def two_moons(n, noise, seed):
    """n points [x, y] on two half circles, moved by Gaussian noise, and their classes: +1 (upper) and -1 (lower), in turn."""
    draw = random.Random(seed)
    points, classes = [], []
    for i in range(n):
        angle = math.pi * draw.random()
        x, y = (math.cos(angle), math.sin(angle)) if i % 2 == 0 else (1 - math.cos(angle), 0.5 - math.sin(angle))
        points.append([x + draw.gauss(0, noise), y + draw.gauss(0, noise)])
        classes.append(1.0 if i % 2 == 0 else -1.0)
    return points, classes


def train_with_bar(label, model, X, Y, loss_fn, optimizer, epochs, batch_size):
    """Your `train`, some epochs at a time, with a bar of text that grows."""
    losses, width = [], 25
    for tick in range(1, width + 1):
        losses += train(model, X, Y, loss_fn, optimizer, epochs * tick // width - epochs * (tick - 1) // width, batch_size)
        print(f"\r{label:<16}[{'#' * tick}{'.' * (width - tick)}] epoch {epochs * tick // width}/{epochs}, loss {losses[-1]:.4f}", end="")
    print()
    return losses


moons, sides = two_moons(60, 0.1, seed=1)
moon_targets = [[side] for side in sides]
random.seed(3)
moon_models = {
    "with tanh": Sequential(Linear(2, 8, Tanh()), Linear(8, 8, Tanh()), Linear(8, 1)),
    "without": Sequential(Linear(2, 8), Linear(8, 8), Linear(8, 1)),
}
moon_losses = {
    label: train_with_bar(label, model, moons, moon_targets, MSELoss(), Adam(model.parameters(), lr=0.02), 100, 20) for label, model in moon_models.items()
}

# %% nbgrader={"grade": false, "grade_id": "moons_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_moons():
    across, up = [-1.6 + 0.06 * i for i in range(71)], [-1.1 + 0.05 * i for i in range(53)]
    figure, panels = plt.subplot_mosaic([list(moon_models), ["loss", "loss"]], figsize=(10, 6.2), layout="constrained", height_ratios=[5, 4])
    for label, model in moon_models.items():
        axes = panels[label]
        right = sum((row[0] > 0) == (side > 0) for row, side in zip(model(Tensor(moons)).data, sides))
        heights = output_on_grid(model, across, up)
        axes.contourf(across, up, heights, levels=[-1e9, 0, 1e9], colors=[ORANGE, BLUE], alpha=0.22)
        axes.contour(across, up, heights, levels=[0], colors="black", linewidths=1.5)
        for side, marker, colour, name in [(1.0, "o", BLUE, "upper"), (-1.0, "^", ORANGE, "lower")]:
            axes.plot(*zip(*[point for point, of in zip(moons, sides) if of == side]), marker, color=colour, ms=5, ls="", label=name)
        axes.set(title=f"{label}: {right} of {len(moons)} right", xlabel="x", ylabel="y", aspect="equal")
    panels["without"].legend(frameon=False, fontsize=9, loc="lower left")
    for (label, losses), colour, style in zip(moon_losses.items(), [BLUE, ORANGE], ["-", "--"]):
        panels["loss"].semilogy(range(1, len(losses) + 1), losses, color=colour, ls=style, lw=2, label=label)
    panels["loss"].set(title="Loss of each epoch", xlabel="epoch", ylabel="mean squared error")
    panels["loss"].legend(frameon=False)
    show()


plot_moons()

# %% [markdown]
# **What to see.** The black line is where the output is 0. With tanh it winds between the moons. Without, three layers are one, and the best straight line leaves the tips of both moons on the wrong side, after any number of epochs: its loss stops falling early, far above 0. The number of parameters is the same; the bends make the difference.
#
# If yours with tanh gets no more points right than the straight line, and its loss stays near 0.24, its weights probably started too small: near 0 tanh is almost a straight line, and so is the network. Start from $\pm 1/\sqrt D$, as section 8 suggests, and run the cells again.

# %% [markdown]
# ### Find the bug
#
# A loop that has been published many times (rewritten here) leaves one line out. It runs, and its loss falls in the second epoch. Which line is it, and why does the loss go on as it does? (Not graded.)

# %% nbgrader={"grade": false, "grade_id": "bug_training", "locked": true, "schema_version": 3, "solution": false, "task": false}
def careless_train(model, X, Y, loss_fn, optimizer, epochs, batch_size):
    losses = []
    for _ in range(epochs):
        total = 0.0
        for start in range(0, len(X), batch_size):
            loss = loss_fn(model(Tensor(X[start : start + batch_size])), Y[start : start + batch_size])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(X[start : start + batch_size])
        losses.append(total / len(X))
    return losses


def show_careless():
    draw = random.Random(5)
    X = [[draw.uniform(-1, 1)] for _ in range(12)]
    Y = [[3 * x + 1] for [x] in X]
    figure, axes = plt.subplots(figsize=(7.5, 3.6))
    for label, loop, colour, style in [("your train", train, BLUE, "o-"), ("the careless loop", careless_train, ORANGE, "s--")]:
        line = Linear(1, 1)
        line.weight.data, line.bias.data = [[0.0]], [0.0]
        axes.semilogy(range(1, 31), loop(line, X, Y, MSELoss(), SGD(line.parameters(), lr=0.1), 30, 4), style, color=colour, ms=4, label=label)
    axes.set(title="A straight line, fitted twice", xlabel="epoch", ylabel="mean squared error")
    axes.legend(frameon=False)
    show()


show_careless()

# %% [markdown]
# <details><summary>Answer</summary>
#
# `optimizer.zero_grad()` is missing. `backward` adds, so each step uses the sum of *all* gradients since the beginning. That is momentum with β = 1: a ball in a bowl without friction. It rolls down, through the lowest point, up the other side and back, for ever: the loss goes up and down and never settles.
#
# </details>

# %% [markdown]
# ## 12 · How to start: initialisation
#
# Nothing in this section is graded. It answers a question that was put off in section 8: which random numbers should weights start with?
#
# **Not all the same.** Two neurons of a layer with equal weights compute the same, get the same gradient, and stay equal for ever. Randomness breaks the tie.
#
# **Not too large, not too small.** A few words first. $\mathrm{E}[x]$, the *mean* of a random number $x$, is its average over many draws. Its *variance* is the average squared distance from the mean; where the mean is 0, that is the mean square, $\mathrm{E}[x^2]$. Two random numbers are *independent* if knowing one says nothing
# about the other; then the mean of their product is the product of their means.
#
# Take one neuron, $y = \sum_{d=0}^{D-1} w_d x_d$, with weights of mean 0 and variance $\sigma^2$, drawn independently of each other and of the inputs, whose mean square is $q$. Multiply out $y^2$, a double sum of terms $w_d x_d\, w_e x_e$. Where $d \ne e$, the mean of a term has the factors $\mathrm{E}[w_d]\,\mathrm{E}[w_e] = 0$; the $D$ terms with $d = e$ are left:
#
# $$ \mathrm{E}[y^2] \;=\; \sum_{d=0}^{D-1} \mathrm{E}[w_d^2]\, \mathrm{E}[x_d^2] \;=\; D\, \sigma^2\, q. $$
#
# So each layer multiplies the mean square by about $D \sigma^2$, and $L$ layers by $(D\sigma^2)^L$. With 32 inputs and $\sigma = 0.1$ that is $0.32^{10} \approx 10^{-5}$ after ten layers; with $\sigma = 0.5$ it is $8^{10} \approx 10^9$. Demand $D \sigma^2 = 1$.
#
# * **Xavier** (Glorot and Bengio, 2010): going back, the mean square of the gradients is multiplied by $M \sigma^2$ in the same way, where $M$ is the number of outputs. The compromise is $\sigma^2 = 2/(D + M)$. It is meant for tanh, which is nearly the identity around 0.
# * **He** (He, Zhang, Ren and Sun, 2015): relu sets half of its operands to 0 and so halves their mean square. Make up for it: $\sigma^2 = 2/D$.
#
# > **Predict.** Ten layers of 32 neurons, 32 random inputs, four ways to start, once with tanh and once with relu. The plot shows the mean square of the activations after each layer. Which lines stay level, and at what height? What does tanh do with weights that are too large?

# %% nbgrader={"grade": false, "grade_id": "initialisation_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_initialisation():
    width, depth = 32, 10
    ways = [("σ = 0.1", 0.1, GREY, "s:"), ("σ = 0.5", 0.5, PURPLE, "d-."), ("Xavier, σ² = 2/(D + M)", math.sqrt(2 / (2 * width)), BLUE, "o-"), ("He, σ² = 2/D", math.sqrt(2 / width), ORANGE, "^--")]
    figure, panels = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    for axes, (label, activation) in zip(panels, [("tanh", Tanh()), ("relu", ReLU())]):
        for name, sigma, colour, style in ways:
            draw = random.Random(7)
            x = Tensor([[draw.gauss(0, 1) for _ in range(width)] for _ in range(32)], requires_grad=False)
            squares = [(x * x).mean().item()]
            for _ in range(depth):
                weight = Tensor([[draw.gauss(0, sigma) for _ in range(width)] for _ in range(width)], requires_grad=False)
                x = activation(x @ weight)
                squares.append((x * x).mean().item())
            axes.semilogy(range(depth + 1), squares, style, color=colour, ms=5, label=name)
        axes.set(title=f"Ten layers with {label}", xlabel="layers passed", ylabel="mean square of the activations", ylim=(1e-10, 1e8))
    panels[0].legend(frameon=False, fontsize=10)
    show()


plot_initialisation()

# %% [markdown]
# **What to see.** With relu the He line is the level one. Xavier halves at each layer, σ = 0.1 dies out, and σ = 0.5 explodes ($4^{10} \approx 10^6$, because relu halves the factor 8).
# With tanh two lines are level, and neither is Xavier's. Tanh cannot explode, it *saturates*: with σ = 0.5 the mean square stays near 0.7, which means that most activations are near ±1, where the slope of tanh is near 0, and gradients die there. He settles near 0.3, where its factor 2 makes up for what tanh flattens. Xavier's
# factor is 1, tanh always takes a little away, and after ten layers 0.04 is left: it sinks, but slowly. With σ = 0.1 the activations have shrunk to two thousandths of the input ($0.002^2 = 4 \cdot 10^{-6}$), and gradients shrink alike on their way back.
#
# Your `Linear`, if it draws evenly from $\pm 1/\sqrt D$, has $\sigma^2 = 1/(3D)$: right for one hidden layer or two, too small for ten.

# %% [markdown]
# ## 13 · Ten coordinates, three classes
#
# Points in the plane can be looked at. Most data cannot: here each example has ten numbers. Three clouds of points (*blobs*) lie around three centres with ten coordinates each, and the network has to say which cloud a point belongs to. Its last layer has three outputs, the logits, and the loss is cross-entropy.
#
# In the middle the network has a layer of only **two** neurons. Whatever it wants to know about a point has to pass through these two numbers: it finds its own map of the ten coordinates on a plane.
#
# > **Predict.** On the left the plot shows the first two of the ten coordinates, on the right the two neurons in the middle. In which of the two pictures do the clouds lie apart?
#
# The next cell takes about a second on two cores.

# %% nbgrader={"grade": false, "grade_id": "blobs", "locked": true, "schema_version": 3, "solution": false, "task": false}
def blobs(n, centres, spread, seed):
    """n points around the centres, in turn, and the number of each point's centre."""
    draw = random.Random(seed)
    labels = [i % len(centres) for i in range(n)]
    return [[value + draw.gauss(0, spread) for value in centres[label]] for label in labels], labels


def classify_blobs():
    draw = random.Random(11)
    centres = [[draw.uniform(-1, 1) for _ in range(10)] for _ in range(3)]
    X, Y = blobs(60, centres, 0.6, seed=12)
    unseen, truth = blobs(90, centres, 0.6, seed=13)
    random.seed(14)
    funnel, head = Linear(10, 2, Tanh()), Linear(2, 3)
    model = Sequential(funnel, head)
    train_with_bar("blobs", model, X, Y, CrossEntropyLoss(), Adam(model.parameters(), lr=0.03), 50, 20)

    guesses = [row.index(max(row)) for row in model(Tensor(unseen)).data]
    wrong = [i for i in range(len(unseen)) if guesses[i] != truth[i]]
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.8), layout="constrained")
    grid = [-1.1 + 0.04 * i for i in range(56)]
    logits = [head(Tensor([[p, q] for p in grid])).data for q in grid]
    for label, colour in enumerate([BLUE, ORANGE, GREEN]):  # where the logit of this class is the largest
        leads = [[z[label] - max(z[:label] + z[label + 1 :]) for z in row] for row in logits]
        right.contourf(grid, grid, leads, levels=[0, 1e9], colors=[colour], alpha=0.2)
    for axes, places in [(left, [point[:2] for point in unseen]), (right, funnel(Tensor(unseen)).data)]:
        for label, colour, marker in [(0, BLUE, "o"), (1, ORANGE, "^"), (2, GREEN, "s")]:
            axes.plot(*zip(*[place for place, of in zip(places, truth) if of == label]), marker, color=colour, ms=5, ls="", label=f"class {label}")
        axes.plot([places[i][0] for i in wrong], [places[i][1] for i in wrong], "o", mfc="none", mec="black", ms=12, ls="", label="taken for another class")
    left.set(title="Two of the ten coordinates", xlabel="coordinate 0", ylabel="coordinate 1")
    right.set(title="The two neurons in the middle", xlabel="neuron 0", ylabel="neuron 1", xticks=[-1, -0.5, 0, 0.5, 1])
    figure.legend(*right.get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
    figure.suptitle(f"90 points that the network never saw: {len(unseen) - len(wrong)} right")
    show()


classify_blobs()

# %% [markdown]
# **What to see.** In the two coordinates the clouds lie on top of each other. In the two neurons most points lie in three corners, apart, and three straight borders (the head is linear) are enough. Nobody told the network what matters among the ten numbers; the gradient of the loss did.
#
# Now compare two numbers. The training loss has fallen to about 0.02: of the 60 points that it learned from, the network is all but certain. Of the 90 points that it never saw it takes about one in ten for another class, and some of these lie deep in a wrong corner. Part of what it learned is true of those 60 points alone. That
# is *overfitting*, and only points kept back can show it.

# %% [markdown]
# ## 14 · Keep it
#
# A trained network is its numbers. `save` writes them into a file that anyone can read, `load` puts them into a network that is built alike.

# %% nbgrader={"grade": false, "grade_id": "keep_it", "locked": true, "schema_version": 3, "solution": false, "task": false}
def save_and_load():
    import os
    import tempfile

    trained = moon_models["with tanh"]
    fresh = Sequential(Linear(2, 8, Tanh()), Linear(8, 8, Tanh()), Linear(8, 1))
    point = Tensor([[0.0, 1.0]])
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "moons.json")
        trained.save(path)
        print(f"{trained.num_parameters()} numbers, {os.path.getsize(path)} bytes")
        print(f"trained {trained(point).item():+.6f}   untrained {fresh(point).item():+.6f}")
        fresh.load(path)
    print(f"trained {trained(point).item():+.6f}   loaded    {fresh(point).item():+.6f}")


save_and_load()

# %% [markdown]
# ## What you built
#
# * `numerical_gradient`: slopes from two evaluations each, right to about ten digits, slow, and independent of everything else.
# * `Node`: a number that records the operation that made it and its local derivatives; `backward`, the chain rule over a whole graph in one pass; and the graph as text.
# * `Tensor`: the same with a whole table in each node, broadcasting and the matrix product included.
# * `Module` and its layers; five losses; two optimizers; a loop that trains; a file that keeps the result.
#
# This is *reverse-mode automatic differentiation* with a neural-network library on top. PyTorch is built in the same way: its tensors keep a `grad_fn` where yours keep `parents`, its `backward()` adds to `.grad`, and `torch.nn.Linear`, `torch.nn.CrossEntropyLoss` and `torch.optim.Adam` compute what yours compute. (Its `Linear` keeps its weight the other way
# round, `(out, in)`.)
#
# ## Where it breaks
#
# * **Speed.** Each entry of a tensor is a Python object, and each multiplication a step of the interpreter: some ten million a second. A library that loops in C over numbers lying side by side does a thousand times that, and a GPU more. The ideas stay, the lists go.
# * **Memory.** Every in-between result stays alive as long as the root does, because `parents` points to it. So it is in PyTorch, and that is why training takes so much more memory than prediction.
# * **Infinite slopes.** `Node(0.0) ** 0.5` has no finite slope, and `.exp()` of 1000 does not fit into a float. PyTorch answers `inf` and carries on; here Python raises.
# * **Corners.** At a corner the gradient is an agreement, not a limit. Near one, `numerical_gradient` sees both sides and disagrees.
# * **Changed values.** What `backward` uses is recorded when the operation happens. Assign to `.value` or `.data` between an operation and its `backward`, and the gradient belongs to the old numbers.
# * **Learning what is not there.** A loss that falls says that the network fits *these* examples. Section 13 counted on points that it had never seen; always do.
#
# ## What comes next
#
# In `a4_polynomial_regression` the same gradients are derived once more, for a whole layer at a time and with pencil and paper, and NumPy does the arithmetic. What took an evening of Python lists here becomes three matrix products; you will know what is inside them.
#
# ## Further reading
#
# * A. Griewank, A. Walther, *Evaluating Derivatives*, 2nd edition, SIAM 2008: the book on automatic differentiation.
# * A. G. Baydin, B. A. Pearlmutter, A. A. Radul, J. M. Siskind, "Automatic differentiation in machine learning: a survey", *Journal of Machine Learning Research* 18 (2018).
# * D. E. Rumelhart, G. E. Hinton, R. J. Williams, "Learning representations by back-propagating errors", *Nature* 323 (1986).
# * A. Karpathy, *micrograd*: scalar autograd in a hundred lines, with a lecture that builds it.
# * X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", *AISTATS* 2010; K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers", *ICCV* 2015: how to start.
# * D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization", *ICLR* 2015.
# * I. Goodfellow, Y. Bengio, A. Courville, *Deep Learning*, MIT Press 2016: chapters 6 (networks and backward) and 8 (optimizers).
# * The PyTorch documentation, "Autograd mechanics".
