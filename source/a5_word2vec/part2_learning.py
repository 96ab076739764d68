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
#     title: "Word vectors, part 2: learning"
#     imports: [numpy]
#     packages: [numpy]
# ---

# %% [markdown]
# # Word vectors, part 2: learning
#
# In *Word vectors, part 1* you counted which words stand near which, and took the table apart. It worked, and it had a price: a table with a row and a column for every word. In this notebook no table is ever made. Each word starts with a few random
# numbers. Then you walk through the text, and at every word you ask the vectors to guess its neighbours. Each wrong guess moves a few vectors a little. After some passes the vectors know what the table knew. The method is called *word2vec*.
#
# **By the end you will have** a loss with two different ways to compute it, every gradient derived by you and checked by measurement, and two models, skip-gram and CBOW, that learn an invented language with puzzles in it, such as *man is to king as woman is to …*. CBOW solves nearly all of its puzzles, and so does skip-gram with the faster trainer.
# That trainer, which is given, then reads the King James Bible: some ten seconds on an idle machine, minutes on one that others use too. The picture below is made up; in section 9 you see the same from your own vectors of the invented language, flattened to two directions.
#
# | | |
# |---|---|
# | **You need** | Python, NumPy arrays (shapes, `@` for the matrix product), and school calculus: derivative, chain rule, logarithm |
# | **From earlier assignments** | from *Word vectors, part 1*: what a word vector, a window and an analogy are. From *Polynomial regression*: gradients by hand, and a measured slope as their judge. Both are said again in a sentence where they are needed |
# | **Time** | about three and a half hours, the reading included |
# | **Allowed tools** | answers may import `numpy` (all of it) and anything of Python's standard library. Cells that draw use matplotlib; they are given, and nothing that is graded needs them. Imports for plots, tables and progress bars (matplotlib, pandas, tqdm) are left out where answers are graded, and cost nothing. |
# | **To run** | from top to bottom in under a minute and a half on two idle cores |
#
# **How it works.** Write your code where the cell says `YOUR CODE HERE`. The locked cell below it checks the worked example
# and the most common mistakes; its messages are meant to be read. Hidden tests grade the rest: everything that they ask for
# is written in the text and the docstrings of this notebook. Five things hold in every exercise, and are not repeated:
#
# * what comes in (arrays, lists, dictionaries) is left as it is;
# * what went out is, too: a later call changes no earlier answer;
# * numbers in results are `float64`, and gradients have the shape of what they are gradients of;
# * every size may be 1, unless the exercise says otherwise;
# * a loss may be a Python float or a NumPy number, as you like.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["setup"]
from collections.abc import Callable

import numpy as np

# %% [markdown]
# The next cells are given, and you need not read them. The first lets the checks measure slopes: the central difference of the earlier assignments, one entry a little up, then a little down. It is slow and knows nothing of any derivation, and so it is the judge of all gradients below. The second holds what the drawings share.

# %% nbgrader={"grade": false, "grade_id": "helpers", "locked": true, "schema_version": 3, "solution": false, "task": false}
from _shared.exception_of import exception_of


from _shared.measured_slopes import measured_slopes


def example_vectors():
    """Four words with vectors of two numbers, used by several checks: W as centres, U as neighbours."""
    W = np.array([[1.0, 2.0], [0.5, -1.0], [-1.5, 0.25], [0.75, 1.25]])
    U = np.array([[0.5, -0.5], [1.0, 0.5], [-1.0, 1.0], [0.25, 0.75]])
    return W, U


# %% nbgrader={"grade": false, "grade_id": "drawing", "locked": true, "schema_version": 3, "solution": false, "task": false}
import gzip
import os
import re
import time

import matplotlib.pyplot as plt

from _shared.palette import BLUE, ORANGE, GREEN, PURPLE, GREY


def draw_pairs(axes, places, pairs, title):
    """Words as points, and an arrow from the first word of a pair to the second. Names stand left of the first words and right of the second."""
    for first, second in pairs:
        axes.annotate("", places[second], places[first], arrowprops={"arrowstyle": "-|>", "color": BLUE, "lw": 1.6, "shrinkA": 4, "shrinkB": 4})
    axes.plot(*np.array(list(places.values())).T, "o", color="black", ms=4)
    axes.set(title=title, xlabel="first direction", ylabel="second direction")
    axes.margins(0.25, 0.12)
    axes.figure.canvas.draw()
    points = {word: np.array(axes.transData.transform(place)) for word, place in places.items()}
    taken = [(*(spot - 4), *(spot + 4)) for first, second in pairs for spot in np.linspace(points[first], points[second], 60)]  # boxes: left, bottom, right, top
    for word, side in [(first, -1) for first, _ in pairs] + [(second, 1) for _, second in pairs]:
        x, y = points[word]
        wide = 8 * len(word)
        moves = [-7, -1, -13, 5, -19, 11, -25]
        boxes = [(x + 8 if side > 0 else x - 8 - wide, y + move, x + 8 + wide if side > 0 else x - 8, y + move + 14) for move in moves]
        overlaps = [sum(max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1])) for b in taken) for a in boxes]
        best = int(np.argmin(overlaps))  # the height at which the name covers least
        taken.append(boxes[best])
        axes.annotate(word, places[word], (0.72 * 8 * side, 0.72 * (moves[best] + 2)), textcoords="offset points", fontsize=10, ha="left" if side > 0 else "right")


def draw_the_goal():
    places = {"man": (0, 0), "woman": (1.0, 0.1), "king": (0.2, 1.2), "queen": (1.2, 1.35), "father": (-0.7, 0.6), "mother": (0.35, 0.72)}
    figure, axes = plt.subplots(figsize=(6.8, 4.0), layout="constrained")
    draw_pairs(axes, places, [("man", "woman"), ("king", "queen"), ("father", "mother")], "Made-up vectors: one step, three times")
    plt.show()


draw_the_goal()

# %% [markdown]
# ## 1 · The objective: guess the neighbours
#
# **Why.** Words that are used alike have the same neighbours. So let a vector be good if one can *guess the neighbours* from it. Two words with the same neighbours then need the same vector, and nobody has to say what the words mean.
#
# **Picture.** A window of 2 around *rules*: the word in the middle is the *centre*, the others are its *outside words*.
#
# > the **[ young king ]** *rules* **[ the land ]** in peace
#
# **Symbols.** There are $V$ words, numbered from 0, and each has *two* vectors of $D$ numbers. (In part 1, $U$ and $W$ were the matrices of the singular value decomposition. Here they are tables of word vectors, as is usual for this method.)
#
# | symbol | shape | what |
# |---|---|---|
# | $W$ | $V \times D$ | row $w$ is the vector of word $w$ as a centre. These are the word vectors that one keeps |
# | $U$ | $V \times D$ | row $w$, written $u_w$, is the vector of word $w$ as an outside word |
# | $v$ | $D$ | the vector that guesses: in skip-gram a row of $W$ |
# | $o$ | a number | the outside word that really stands there |
# | $z = U v$ | $V$ | the *scores*: $z_w = u_w \cdot v$, one for each word |
#
# Two vectors, because a word seldom stands next to itself: if it had only one, $u_w \cdot v_w$ would always be large, and every word would predict itself.
#
# A high score says "this word is likely here". To make probabilities of scores, raise $e$ to them and divide by the sum. This is the *softmax*:
#
# $$ p_w \;=\; P(w \mid v) \;=\; \frac{e^{z_w}}{\sum_{j=0}^{V-1} e^{z_j}} . $$
#
# **The objective.** The probability of the words that really stood there should be as high as possible, at all places of the text together. Probabilities multiply; their logarithms add; and a loss should be small when things are good. So for one centre and one outside word the loss is $-\log P(o \mid v)$, and for a text it is the sum over all centres and their outside words.
#
# **By hand.** If all vectors are 0 then all scores are 0, every word has the probability $1/V$, and the loss is $\log V$. For 123 words that is 4.81. A model that has learnt nothing yet should start there; if yours does not, look for the mistake before you train.
#
# ## 2 · Two functions that do not overflow
#
# **Why.** A float holds numbers up to about $10^{308}$, and $e^{710}$ is more than that. Scores of a thousand do not occur in a good model, but they do on the way to one, and a single `inf` or `nan` ruins every vector that it touches.
#
# **Derivation.** Take any number $m$ and multiply numerator and denominator of the softmax by $e^{-m}$:
#
# $$ \frac{e^{z_w}}{\sum_j e^{z_j}} \;=\; \frac{e^{z_w - m}}{\sum_j e^{z_j - m}} . $$
#
# Nothing has changed, for whatever $m$. Choose $m = \max_j z_j$. Then all exponents are at most 0, nothing overflows, and the largest term is $e^0 = 1$, so the sum is not 0 either.
#
# The second function is the logarithm of the *sigmoid* $\sigma(z) = 1/(1 + e^{-z})$, which squeezes any number between 0 and 1. You need it in section 4.
#
# $$ \log \sigma(z) \;=\; -\log\bigl(1 + e^{-z}\bigr) \;=\; \min(z, 0) - \log\bigl(1 + e^{-|z|}\bigr). $$
#
# The last form is safe: its exponent is never above 0. Check it: for $z \ge 0$ it is the form before it. For $z < 0$ write $1 + e^{-z} = e^{-z}(1 + e^{z})$, so the logarithm is $-z + \log(1 + e^{z})$, with a minus in front. For a large positive $z$ the term $e^{-z}$ is tiny, and $1 + e^{-z}$ loses its digits; `np.log1p(x)` computes $\log(1 + x)$ without that loss.
#
# **By hand.** softmax of $(0, \log 3)$ is $(1, 3)/4 = (0.25, 0.75)$, and the same for $(1000, 1000 + \log 3)$. $\log\sigma(0) = -\log 2 \approx -0.6931$; $\log\sigma(-1000) = -1000$; $\log\sigma(1000) = -e^{-1000}$, which is 0 for a float.

# %% nbgrader={"grade": false, "grade_id": "sigmoid_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_log_sigmoid():
    grid = np.linspace(-8, 8, 300)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.4), layout="constrained")
    left.plot(grid, 1 / (1 + np.exp(-grid)), color=BLUE, lw=2.2)
    left.set(title="σ(z)", xlabel="score z", ylabel="probability")
    right.plot(grid, -np.log1p(np.exp(-grid)), color=BLUE, lw=2.2, label="log σ(z)")
    right.plot(grid, np.minimum(grid, 0), color=ORANGE, ls="--", lw=1.5, label="min(z, 0)")
    right.set(title="log σ(z) bends where min(z, 0) has a corner", xlabel="score z", ylabel="logarithm of the probability")
    right.legend(frameon=False)
    plt.show()


plot_log_sigmoid()

# %% [markdown]
# **Write** `softmax` and `log_sigmoid`.
#
# * `softmax` takes scores of the shape `(V,)` and gives probabilities of the same shape. Scores may be as large as you like, positive or negative; nothing may become `inf` or `nan`.
# * `log_sigmoid` takes an array of any shape, also of no axes at all or a Python float, and gives the same shape. It keeps nine digits everywhere, from $z = -1000$ to $z = 30$ and beyond.
# * Neither writes to its argument. Whole numbers may come in.
#
# <details><summary>Hint 1: shapes</summary>
#
# Both work entry by entry, with one number (the maximum, the sum) for the whole array in softmax.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# softmax: exponentials of z − max(z), divided by their sum. log σ: min(z, 0) − log1p(e^(−|z|)).
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# softmax: a new array, the scores less their maximum; its exponentials; divide by the sum. log_sigmoid: one line, the formula, with functions of NumPy that work on arrays and numbers alike.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "stable_functions_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def softmax(z: np.ndarray) -> np.ndarray:
    """Probabilities from scores, whatever their size.

    z: scores, shape (V,). Returns shape (V,): positive, with the sum 1.

    >>> softmax(np.array([0.0, np.log(3.0)]))
    array([0.25, 0.75])
    """
    ### BEGIN SOLUTION
    powers = np.exp(z - np.max(z))
    return powers / powers.sum()
    ### END SOLUTION


def log_sigmoid(z: np.ndarray) -> np.ndarray:
    """log(1 / (1 + exp(-z))), entry by entry, without overflow.

    z: any shape, also a number. Returns the same shape.

    >>> log_sigmoid(np.array([-1000.0, 0.0]))
    array([-1.00000000e+03, -6.93147181e-01])
    """
    ### BEGIN SOLUTION
    return np.minimum(z, 0) - np.log1p(np.exp(-np.abs(z)))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "stable_functions", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Two functions that do not overflow", "difficulty": 2, "minutes": 15, "needs": []}
def check_stable_functions():
    z = np.array([0.0, np.log(3.0)])
    p = softmax(z)
    assert np.shape(p) == (2,), f"two scores should give two probabilities, not the shape {np.shape(p)}"
    assert np.allclose(p, [0.25, 0.75]), f"softmax of (0, log 3) is (0.25, 0.75), not {p}"
    assert z.tolist() == [0.0, np.log(3.0)], f"softmax should leave its scores as they are; they have become {z}"
    with np.errstate(all="ignore"):
        for shift in (1000.0, -1000.0):
            p = softmax(np.array([0.0, np.log(3.0)]) + shift)
            assert np.all(np.isfinite(p)), f"scores near {shift:g} give {p}: subtract the largest score before the exponential"
            assert np.allclose(p, [0.25, 0.75]), f"adding {shift:g} to all scores should change nothing, but gives {p}"
        z = np.array([[-1000.0, -2.0], [0.0, 30.0]])
        found = log_sigmoid(z)
    assert np.shape(found) == (2, 2), f"log_sigmoid keeps the shape (2, 2), and gave {np.shape(found)}"
    assert np.all(np.isfinite(found)), f"log_sigmoid of -1000 is -1000; yours overflows or takes the logarithm of 0: {found[0, 0]}"
    assert np.allclose(found[:, 0], [-1000.0, -np.log(2.0)]), f"log_sigmoid of (-1000, 0) is (-1000, -0.6931), not {found[:, 0]}"
    assert abs(found[0, 1] + 2.126928011) < 1e-8, f"log_sigmoid(-2) is -2.12692801, not {found[0, 1]}"
    assert abs(found[1, 1] / -9.357622968839e-14 - 1) < 1e-8, f"log_sigmoid(30) is -9.3576e-14, not {found[1, 1]}: log1p keeps these digits"
    assert z.tolist() == [[-1000.0, -2.0], [0.0, 30.0]], "log_sigmoid should leave its argument as it is"
    assert np.shape(log_sigmoid(0.0)) == (), "a single number should give a single number"
    print("softmax, log_sigmoid: values, large scores and untouched arguments are right")


check_stable_functions()

# %% [markdown]
# ### Find the bug: two that were published
#
# Both are mistakes that one meets in published code, here in our words. Nothing to write; find out what is wrong before you open the answer.
#
# ```
# def softmax(z):                      def loss(z):
#     z -= z.max()                         s = 1 / (1 + np.exp(-z))
#     np.exp(z, out=z)                     return -np.log(s)
#     z /= z.sum()
#     return z
# ```

# %% nbgrader={"grade": false, "grade_id": "bugs", "locked": true, "schema_version": 3, "solution": false, "task": false}
def bug_softmax(z):
    z -= z.max()
    np.exp(z, out=z)
    z /= z.sum()
    return z


def show_bugs():
    z = np.array([2.0, 1.0, 0.0])
    p = bug_softmax(z)
    print("softmax:", p.round(4), " the scores afterwards:", z.round(4))
    print("loss of word 0 from these 'scores':", round(float(np.log(np.exp(z).sum()) - z[0]), 4), "  it should be", round(float(np.log(np.exp([2, 1, 0]).sum()) - 2), 4))
    with np.errstate(all="ignore"):
        for score in (-30.0, -700.0, -800.0):
            print(f"loss at the score {score:g}: {-np.log(1 / (1 + np.exp(-np.float64(score))))}   with log_sigmoid: {-log_sigmoid(score)}")


show_bugs()

# %% [markdown]
# <details><summary>What is wrong</summary>
#
# The first returns the right probabilities. But it works *in place*: `z` and the result are one array, so the caller's scores are gone, and whoever uses them again (for the loss, or a second time) computes with probabilities instead. No message, only a loss that is too flat.
#
# The second is right in mathematics. In floats, $e^{800}$ is infinite, $\sigma$ is 0, and its logarithm minus infinity: an infinite loss, whose mean over any text is infinite too. Adding a small number inside the logarithm, as many do, hides it and makes the loss wrong instead: it can never exceed some 20 or 30, and its gradient is 0 where it should be largest.
#
# </details>
#
# ## 3 · The softmax loss and its gradients
#
# **Why.** To move vectors downhill we need the slope of the loss in each of their numbers: those of $v$ ($D$ of them), and those of $U$ ($V \cdot D$).
#
# **Derivation, line by line.** The loss of one centre vector $v$ and one outside word $o$ is, with $z = Uv$,
#
# $$ J \;=\; -\log p_o \;=\; -\log \frac{e^{z_o}}{\sum_j e^{z_j}} \;=\; -z_o + \log \sum_{j} e^{z_j}. $$
#
# *Step 1, the slope in a score.* The first term gives $-1$ if $w = o$, otherwise 0. For the second, the derivative of a logarithm, $\log x$, is $1/x$, and that of $x = \sum_j e^{z_j}$ in $z_w$ is $e^{z_w}$:
#
# $$ \frac{\partial J}{\partial z_w} \;=\; -[w = o] + \frac{e^{z_w}}{\sum_j e^{z_j}} \;=\; p_w - [w = o], $$
#
# where $[w = o]$ is 1 if $w$ is $o$, and 0 otherwise. Write $\delta$ for these $V$ numbers: $\delta_w = p_w - [w = o]$. It is what the model says minus what is so.
#
# *Step 2, from the scores to $v$.* $z_w = \sum_d U_{wd} v_d$, so $\partial z_w / \partial v_d = U_{wd}$. The number $v_d$ reaches the loss through all $V$ scores, and the paths add:
#
# $$ \frac{\partial J}{\partial v_d} = \sum_w \delta_w U_{wd} \qquad\Longrightarrow\qquad \boxed{\;\frac{\partial J}{\partial v} = U^\top \delta\;} \qquad (D \times V)(V) \to (D). $$
#
# *Step 3, from the scores to $U$.* The number $U_{wd}$ reaches only one score, $z_w$, with $\partial z_w/\partial U_{wd} = v_d$:
#
# $$ \frac{\partial J}{\partial U_{wd}} = \delta_w v_d \qquad\Longrightarrow\qquad \boxed{\;\frac{\partial J}{\partial U} = \delta\, v^\top\;} \qquad (V)(D) \to (V \times D). $$
#
# **What they say.** A step downhill moves $u_o$ by $(1 - p_o)\,v$, towards $v$, and every other $u_w$ by $p_w v$ away from it, all times the learning rate; the more wrongly likely, the further. The entries of $\delta$ sum to 0, so each column of $\partial J/\partial U$ sums to 0 over the words: what one word gains, the others lose.
#
# **By hand.** $D = 1$, $V = 2$, $U = (0, \log 3)^\top$, $v = 1$, $o = 0$. Scores $(0, \log 3)$, probabilities $(0.25, 0.75)$, loss $-\log 0.25 = 1.3863$. $\delta = (-0.75, 0.75)$; $\partial J/\partial v = 0.75 \cdot \log 3 = 0.8240$; $\partial J / \partial U = (-0.75, 0.75)^\top$.

# %% [markdown]
# **Write** `softmax_loss`.
#
# * It returns the loss, the gradient of `center` (shape `(D,)`) and the gradient of `U` (shape `(V, D)`), in this order. All three are new: no result shares memory with an argument.
# * Scores may be as large as ±1000. The loss must then be finite, and so must the gradients. Note that $-\log p_o$ is *not* finite when $p_o$ has become 0 in floats: use the form $-z_o + \log\sum_j e^{z_j}$, and subtract the maximum.
# * The gradients are those of the derivation. Measured slopes do not replace them: they have no digits left for words that are very unlikely.
#
# <details><summary>Hint 1: shapes</summary>
#
# scores (V,) = (V, D) @ (D,); delta (V,); gradient of center (D,); gradient of U (V, D), an outer product.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# With m = max z: the loss is m + log Σ e^(z_j − m) − z_o. The gradients are the two boxes; δ is p, less 1 at place o.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# scores; the loss from scores and their maximum; probabilities; subtract 1 at place outside; one matrix product, one outer product.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "softmax_loss_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def softmax_loss(center: np.ndarray, outside: int, U: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """The loss -log P(outside | center) over all words, and its gradients.

    center: shape (D,). outside: a row of U. U: shape (V, D), the outside vectors.
    Returns the loss, its gradient in center, shape (D,), and in U, shape (V, D).

    >>> loss, d_center, dU = softmax_loss(np.array([1.0]), 0, np.array([[0.0], [np.log(3.0)]]))
    >>> round(float(loss), 4), d_center.round(4), dU.ravel().round(4)
    (1.3863, array([0.824]), array([-0.75,  0.75]))
    """
    ### BEGIN SOLUTION
    scores = U @ center
    top = np.max(scores)
    loss = top + np.log(np.sum(np.exp(scores - top))) - scores[outside]
    delta = softmax(scores)
    delta[outside] -= 1.0
    return float(loss), delta @ U, np.outer(delta, center)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "softmax_loss", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false} exercise={"title": "The softmax loss", "difficulty": 2, "minutes": 30, "needs": ["stable_functions"]}
def check_softmax_loss():
    v, U = np.array([1.0]), np.array([[0.0], [np.log(3.0)]])
    answer = softmax_loss(v, 0, U)
    assert isinstance(answer, tuple) and len(answer) == 3, f"the answer should be three things, the loss, the gradient of center and the gradient of U, not {type(answer).__name__}"
    loss, d_center, dU = answer
    assert np.shape(d_center) == (1,) and np.shape(dU) == (2, 1), f"the gradients have the shapes of center and U, (1,) and (2, 1), not {np.shape(d_center)} and {np.shape(dU)}"
    assert abs(loss - 1.386294) < 1e-5, f"the loss of the worked example is log 4 = 1.3863, not {loss}"
    assert abs(d_center[0] - 0.823959) < 1e-5, f"the gradient of center in the worked example is 0.8240, not {d_center[0]}"
    assert np.allclose(np.ravel(dU), [-0.75, 0.75]), f"the gradient of U in the worked example is (-0.75, 0.75), not {np.ravel(dU)}"
    W, U = example_vectors()
    v = W[0].copy()
    _, d_center, dU = softmax_loss(v, 2, U)
    assert v.tolist() == W[0].tolist() and U.tolist() == example_vectors()[1].tolist(), "center and U should stay as they are"
    assert np.shape(d_center) == (2,) and np.shape(dU) == (4, 2), f"the gradients have the shapes (2,) and (4, 2), not {np.shape(d_center)} and {np.shape(dU)}"
    slopes = measured_slopes(lambda: softmax_loss(v, 2, U)[0], v)
    assert np.allclose(d_center, slopes, atol=1e-7), f"the gradient of center is {d_center}, but the measured slopes are {slopes}"
    slopes = measured_slopes(lambda: softmax_loss(v, 2, U)[0], U)
    assert np.allclose(dU, slopes, atol=1e-7), f"the gradient of U is {dU.tolist()}, but the measured slopes are {slopes.tolist()}"
    with np.errstate(all="ignore"):
        loss = softmax_loss(np.array([1.0]), 1, np.array([[1000.0], [-1000.0]]))[0]
    assert abs(loss - 2000) < 1e-6, f"with the scores 1000 and -1000 the loss of the second word is 2000, not {loss}: do not take the logarithm of a probability that has become 0"
    print("softmax_loss: loss, both gradients (measured) and large scores are right")


check_softmax_loss()

# %% [markdown]
# ## 4 · Negative sampling
#
# **Why.** The softmax needs all $V$ scores, and moves all $V$ rows of $U$, for every single guess. The Bible has nearly 13,000 different words, a newspaper archive a million. *Negative sampling* replaces the question "which of all words is it?" by a few questions with yes or no: "is this pair real, or made up?"
#
# **Picture.** For the centre *king* and the real outside word *throne*, draw $K$ words at random, say *of*, *lamb* and *of*. The model should say yes to *(king, throne)* and no to *(king, of)*, *(king, lamb)* and *(king, of)* again. Only the rows that were asked move: $K + 1$ at most instead of $V$.
#
# **Derivation, line by line.** Let $\sigma(u_w \cdot v)$ be the probability of "real". The negatives are the words $n_1, \dots, n_K$, and the probability of "made up" is $1 - \sigma(z) = \sigma(-z)$ (put them over a common denominator to see it). The loss is minus the logarithm of all answers being right:
#
# $$ J \;=\; -\log \sigma(u_o \cdot v) \;-\; \sum_{i=1}^{K} \log \sigma(-u_{n_i} \cdot v). $$
#
# *Step 1, the slope in a score.* First the derivative of $\log\sigma$. With $\sigma(z) = 1/(1 + e^{-z})$, $\log \sigma(z) = -\log(1 + e^{-z})$, so
#
# $$ \frac{d}{dz} \log\sigma(z) = \frac{e^{-z}}{1 + e^{-z}} = 1 - \sigma(z) = \sigma(-z). $$
#
# So for the real word, $a = \partial J/\partial z_o = -(1 - \sigma(z_o)) = \sigma(z_o) - 1$. For a negative there are two minus signs, one outside and one inside: $b_i = \partial J / \partial z_{n_i} = \sigma(z_{n_i})$. Both are "what the model says minus what is so" again: 1 for real, 0 for made up.
#
# *Step 2, from the scores to $v$* ($D$ numbers). Each score is $u \cdot v$, and the paths add:
#
# $$ \boxed{\;\frac{\partial J}{\partial v} \;=\; a\,u_o + \sum_{i=1}^{K} b_i\, u_{n_i}\;} $$
#
# *Step 3, from the scores to $U$* ($V \times D$). Row $w$ is reached by every score that used it:
#
# $$ \boxed{\;\frac{\partial J}{\partial u_w} \;=\; [w = o]\, a\, v \;+\; \sum_{i\,:\,n_i = w} b_i\, v\;} $$
#
# and all other rows are 0. **A word that was drawn three times counts three times**, in the loss and in both gradients. If the real word is among the negatives, it counts on both sides.
#
# **A trap.** `dU[negatives] += ...` with repeated numbers in `negatives` adds only *once* for each row: NumPy computes all new values first, then writes them, and the last one stays. A loop over the draws adds every time. So does a method that NumPy's functions for arithmetic have for this purpose; look for it in the documentation under *ufunc*.
#
# **By hand.** All vectors 0: every $\sigma$ is ½, and the loss is $(K + 1)\log 2$, for $K = 5$ that is 4.159. Now $D = 1$, $v = 1$, $U = (\log 3,\ -\log 4)^\top$, $o = 0$, negatives $(1, 1)$. $\sigma(\log 3) = 0.75$, $\sigma(-\log 4) = 0.2$, and $\sigma(\log 4) = 0.8$ is the probability of "made up" for each negative. The loss is $-\log 0.75 - 2\log 0.8 = 0.7340$; $a = -0.25$, $b = (0.2, 0.2)$; $\partial J/\partial v = -0.25 \log 3 - 0.4 \log 4 = -0.8292$; $\partial J/\partial U = (-0.25,\ 0.4)^\top$: the second row counts twice.

# %% [markdown]
# **Write** `negative_loss`.
#
# * The negatives are given: the function draws nothing. Words among them may repeat, and may be `outside`.
# * It returns the loss, the gradient of `center` and that of `U`, as `softmax_loss` does: all three new, finite for scores up to ±1000.
# * The gradients are those of the derivation here, too: where the loss is in the thousands, measured slopes have few digits.
#
# <details><summary>Hint 1: shapes</summary>
#
# one score for outside; K scores = (K, D) @ (D,); b (K,); the gradient of center (D,); the gradient of U (V, D), zeros at first.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The loss is made of log_sigmoid of the real word's score and log_sigmoid of minus each negative's score. σ(z) = e^(log σ(z)) needs no new function and never overflows. The gradients are the two boxes.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# all K + 1 words in one list, outside first; their scores; their slopes: σ(score), for the first less 1; the gradient of center: slopes times rows, summed; a table of zeros; for each of the K + 1 words add slope times center to its row.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "negative_loss_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def negative_loss(center: np.ndarray, outside: int, U: np.ndarray, negatives: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """The negative-sampling loss and its gradients.

    center: shape (D,). outside: a row of U. U: shape (V, D). negatives: rows of U, integers of shape (K,); each counts as often as it is there.
    Returns the loss, its gradient in center, shape (D,), and in U, shape (V, D).

    >>> loss, d_center, dU = negative_loss(np.array([1.0]), 0, np.array([[np.log(3.0)], [-np.log(4.0)]]), np.array([1, 1]))
    >>> round(float(loss), 4), d_center.round(4), dU.ravel().round(4)
    (0.734, array([-0.8292]), array([-0.25,  0.4 ]))
    """
    ### BEGIN SOLUTION
    real, drawn = U[outside] @ center, U[negatives] @ center
    loss = -log_sigmoid(real) - np.sum(log_sigmoid(-drawn))
    a, b = np.exp(log_sigmoid(real)) - 1.0, np.exp(log_sigmoid(drawn))
    dU = np.zeros(U.shape)
    dU[outside] += a * center
    np.add.at(dU, negatives, np.outer(b, center))
    return float(loss), a * U[outside] + b @ U[negatives], dU
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "negative_loss", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false} exercise={"title": "The negative-sampling loss", "difficulty": 3, "minutes": 30, "needs": ["stable_functions"]}
def check_negative_loss():
    v, U, drawn = np.array([1.0]), np.array([[np.log(3.0)], [-np.log(4.0)]]), np.array([1, 1])
    answer = negative_loss(v, 0, U, drawn)
    assert isinstance(answer, tuple) and len(answer) == 3, f"the answer should be three things, the loss, the gradient of center and the gradient of U, not {type(answer).__name__}"
    loss, d_center, dU = answer
    assert np.shape(d_center) == (1,) and np.shape(dU) == (2, 1), f"the gradients have the shapes of center and U, (1,) and (2, 1), not {np.shape(d_center)} and {np.shape(dU)}"
    assert abs(loss - 3.506558) > 1e-5, "the loss of the worked example is 0.7340, not 3.5066: for a negative it is the logarithm of σ(−z)"
    assert abs(loss - 0.733969) < 1e-5, f"the loss of the worked example is 0.7340, not {loss}: the word that was drawn twice counts twice"
    assert abs(d_center[0] + 0.829171) < 1e-5, f"the gradient of center in the worked example is -0.8292, not {d_center[0]}"
    assert np.allclose(np.ravel(dU), [-0.25, 0.4]), f"the gradient of U in the worked example is (-0.25, 0.4), not {np.ravel(dU)}: += with a list of rows forgets repeats"
    assert drawn.tolist() == [1, 1], "negatives should stay as they are"
    W, U = example_vectors()
    v, drawn = W[0].copy(), np.array([3, 1, 3, 2])
    _, d_center, dU = negative_loss(v, 2, U, drawn)
    assert v.tolist() == W[0].tolist() and U.tolist() == example_vectors()[1].tolist(), "center and U should stay as they are"
    slopes = measured_slopes(lambda: negative_loss(v, 2, U, drawn)[0], v)
    assert np.allclose(d_center, slopes, atol=1e-7), f"with outside 2 among the negatives, the gradient of center is {d_center}, but the measured slopes are {slopes}"
    slopes = measured_slopes(lambda: negative_loss(v, 2, U, drawn)[0], U)
    assert np.allclose(dU, slopes, atol=1e-7), f"with outside 2 among the negatives, the gradient of U is {dU.tolist()}, but the measured slopes are {slopes.tolist()}"
    with np.errstate(all="ignore"):
        loss = negative_loss(np.array([1.0]), 1, np.array([[1000.0], [-1000.0]]), np.array([0]))[0]
    assert abs(loss - 2000) < 1e-6, f"with the score -1000 for the real word and 1000 for a negative the loss is 2000, not {loss}"
    print("negative_loss: loss, repeats, both gradients (measured) and large scores are right")


check_negative_loss()

# %% [markdown]
# ### Look at it: the gradient check
#
# > **Predict.** The cell draws random vectors for 12 words of 5 numbers, and compares every entry of your gradients with its measured slope, for both losses. On the left they are plotted against each other; where should the points lie? On the right the gradient of $U$ is spoilt on purpose: repeated negatives are added with `+=`, that is, only once. Which points leave the diagonal, those of $v$ or those of $U$?

# %% nbgrader={"grade": false, "grade_id": "gradient_check", "locked": true, "schema_version": 3, "solution": false, "task": false}
def forgets_repeats(center, outside, U, negatives):
    """Your negative_loss, with the gradient of U spoilt: rows of repeated negatives are added once."""
    loss, d_center, _ = negative_loss(center, outside, U, negatives)
    dU = np.zeros_like(U)
    dU[outside] += (1 / (1 + np.exp(-U[outside] @ center)) - 1) * center
    dU[negatives] += np.outer(1 / (1 + np.exp(-U[negatives] @ center)), center)
    return loss, d_center, dU


def plot_gradient_check():
    draw = np.random.default_rng(1)
    v, U, drawn = draw.normal(size=5), draw.normal(size=(12, 5)), np.array([4, 7, 4, 1, 4])
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained")
    losses = [("softmax", left, BLUE, "o", lambda: softmax_loss(v, 3, U)), ("negative sampling", left, ORANGE, "x", lambda: negative_loss(v, 3, U, drawn)),
              ("repeats forgotten", right, PURPLE, "s", lambda: forgets_repeats(v, 3, U, drawn))]
    for name, axes, colour, marker, loss in losses:
        _, d_center, dU = loss()
        slopes = np.concatenate([measured_slopes(lambda: loss()[0], array).ravel() for array in (v, U)])
        yours = np.concatenate([d_center, dU.ravel()])
        axes.plot(slopes, yours, marker, color=colour, ms=6, mfc="none", label=name)
        print(f"{name:>18}: largest difference {np.abs(slopes - yours).max():.1e} over {len(yours)} entries")
    for axes in (left, right):
        axes.axline((0, 0), slope=1, color=GREY, lw=0.8)
        axes.set(xlabel="measured slope", ylabel="gradient from the formula")
        axes.legend(frameon=False)
    left.set_title("Your gradients lie on the diagonal")
    right.set_title("One forgotten repeat does not")
    plt.show()


plot_gradient_check()

# %% [markdown]
# **What to see.** Differences of about $10^{-10}$ on the left: that is as exact as measuring gets. On the right five points have left the diagonal, the row of $U$ of word 4, which was drawn three times: two thirds of its gradient are missing. Training with such a gradient does not stop with an error, and the loss may still fall. Without a check the mistake is hard to notice.
#
# ## 5 · Centres and their outside words
#
# **Why.** Now for the text. Each place of a sentence is a centre once, and its outside words are those at most `window` places away.
#
# **Picture.** The sentence of the word numbers $(7, 3, 9, 3)$ with a window of 1:
#
# | centre | outside words |
# |---|---|
# | 7 | 3 |
# | 3 | 7, 9 |
# | 9 | 3, 3 |
# | 3 | 9 |
#
# **Derivation.** Let $w_0, \dots, w_{L-1}$ be the words of a sentence and $h$ the window. The outside words of the place $i$ are the $w_j$ with $\max(0, i - h) \le j \le \min(L - 1, i + h)$ and $j \neq i$. It is the *place* that is left out, not the word: the last 3 would be an outside word of the first if the window were 2.

# %% [markdown]
# **Write** `context_pairs`.
#
# * One pair for each place, in the order of the sentence: the word there, and an array of integers, its outside words from left to right.
# * A sentence of one word gives one pair with an empty array, of integers too. The window is at least 1, and may be longer than the sentence.
#
# <details><summary>Hint 1: shapes</summary>
#
# L pairs. With h for the window, the arrays have between min(h, L − 1) and 2h entries.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# On the left stand the places from max(0, i − h) to i − 1, on the right those from i + 1 to i + h. Mind what Python's slices do: the end that you name is not included; one that starts below 0 counts from the end of the sentence; one that ends beyond the end does no harm.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# for each place: the slice on the left, the slice on the right, put together into one array; collect (word, array).
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "context_pairs_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def context_pairs(sentence: np.ndarray, window: int) -> list[tuple[int, np.ndarray]]:
    """Each word of a sentence with its outside words.

    sentence: word numbers, integers of shape (L,). window: at least 1.
    Returns L pairs (word, integers of shape (M,)); M differs from place to place.

    >>> [(int(word), outside.tolist()) for word, outside in context_pairs(np.array([7, 3, 9, 3]), 1)]
    [(7, [3]), (3, [7, 9]), (9, [3, 3]), (3, [9])]
    """
    ### BEGIN SOLUTION
    pairs = []
    for i, word in enumerate(sentence):
        left, right = sentence[max(0, i - window) : i], sentence[i + 1 : i + 1 + window]
        pairs.append((int(word), np.concatenate([left, right])))
    return pairs
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "context_pairs", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Centres and outside words", "difficulty": 1, "minutes": 10, "needs": []}
def check_context_pairs():
    sentence = np.array([7, 3, 9, 3])
    pairs = context_pairs(sentence, 1)
    assert len(pairs) == 4, f"four places should give four pairs, not {len(pairs)}"
    assert [int(pair[0]) for pair in pairs] == [7, 3, 9, 3], f"the centres are the words of the sentence in order, 7, 3, 9, 3, not {[pair[0] for pair in pairs]}"
    found = [np.asarray(pair[1]).tolist() for pair in pairs]
    assert found == [[3], [7, 9], [3, 3], [9]], f"with a window of 1 the outside words are [3], [7, 9], [3, 3], [9], not {found}"
    found = np.asarray(context_pairs(sentence, 2)[1][1]).tolist()
    assert found == [7, 9, 3], f"with a window of 2 the second place has the outside words [7, 9, 3], not {found}: a slice that starts below 0 counts from the end"
    found = np.asarray(context_pairs(sentence, 2)[3][1]).tolist()
    assert found == [3, 9], f"with a window of 2 the last place has the outside words [3, 9], not {found}: the place is left out, not the word, and windows have two sides"
    pairs = context_pairs(np.array([5]), 3)
    assert len(pairs) == 1 and np.size(pairs[0][1]) == 0, f"one word alone gives one pair with an empty array, not {pairs}"
    assert isinstance(pairs[0][1], np.ndarray), f"outside words come as an array, not as a {type(pairs[0][1]).__name__}"
    assert sentence.tolist() == [7, 3, 9, 3], "the sentence should stay as it is"
    print("context_pairs: order, both sides, the edges and repeated words are right")


check_context_pairs()

# %% [markdown]
# ## 6 · Which words to ask
#
# **Why.** Two choices are left, and both are about words such as *the*. Which words are drawn as negatives? And must every *the* be trained on, when there are 64,000 of them?
#
# **The noise distribution.** Draw negatives with the probability
#
# $$ q_w \;=\; \frac{\text{count}_w^{3/4}}{\sum_j \text{count}_j^{3/4}} , $$
#
# where $\text{count}_w$ says how often word $w$ occurs.
#
# Power 1 would draw words as often as they occur: nearly all negatives would be *the*, *and*, *of*, and the model would learn little about rare words. Power 0 would draw all words alike: then a model that says "frequent words are likely everywhere" is already good. The authors of word2vec tried several powers, and ¾ was best. There is no derivation; it is a compromise that works.
#
# **By hand.** Counts $(81, 16, 1)$: powers $27, 8, 1$, sum 36, so $q = (0.75, 0.2222, 0.0278)$. With power 1 it would be $(0.827, 0.163, 0.010)$: the rare word gains almost threefold.
#
# **Subsampling.** Let $f_w$ be the share of word $w$ among all tokens, and $t$ a threshold such as $10^{-3}$. Before training, each token of the text is kept with the probability
#
# $$ r_w \;=\; \min\bigl(1, \sqrt{t / f_w}\bigr), $$
#
# otherwise it is deleted. Words rarer than $t$ stay. Of the others $f_w r_w = \sqrt{t f_w}$ remains: still more for more frequent words, but no longer in proportion. Besides saving time it brings more distant words into the window.
#
# **By hand.** $t = 0.001$. *the* with $f = 0.08$ is kept with $\sqrt{0.0125} = 0.112$: one in nine. A word with $f = 0.004$ with $0.5$. A word with $f = 0.0002$ always.

# %% nbgrader={"grade": false, "grade_id": "noise_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_noise():
    counts = 60000.0 / np.arange(1, 5001)  # the word of rank r occurs 60,000 / r times: roughly so in most languages
    ranks = np.arange(1, 5001)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 4.9), layout="constrained")
    for power, colour, style in [(1.0, ORANGE, "--"), (0.75, BLUE, "-"), (0.0, GREY, ":")]:
        q = counts**power / np.sum(counts**power)
        left.loglog(ranks, q, style, color=colour, lw=2, label=f"power {power:g}: 10 commonest have {100 * q[:10].sum():.2g} %")
    left.set(title="Drawn as a negative", xlabel="rank of the word", ylabel="probability of a draw")
    f = counts / counts.sum()
    for t, colour, style in [(1e-2, GREEN, ":"), (1e-3, BLUE, "-"), (1e-4, PURPLE, "--")]:
        keep = np.minimum(1, np.sqrt(t / f))
        right.semilogx(ranks, keep, style, color=colour, lw=2, label=f"t = {t:g}: {np.sum(f * keep):.0%} of the text stays")
    right.set(title="Kept by subsampling", xlabel="rank of the word", ylabel="probability of being kept")
    for axes in (left, right):
        axes.legend(frameon=False, fontsize=9.5, loc="upper center", bbox_to_anchor=(0.5, -0.17))
    plt.show()


plot_noise()

# %% [markdown]
# **What to see.** On the left, ¾ lies between what is and what is fair: the ten commonest words get an eighth of all draws, not a third. On the right, with $t = 10^{-3}$ almost only the hundred commonest words are thinned, and yet a good third of the text is gone: these few words *are* more than half of the text.

# %% [markdown]
# **Write** `keep_probability`, `noise_distribution` and `sample_negatives`.
#
# * `keep_probability(freq, t)`: the formula for each share in `freq`; a share of 0 gives 1.
# * `noise_distribution(counts)`: the formula for each count; the result sums to 1. A count of 0 gives 0; at least one count is above 0.
# * `sample_negatives(p, k, exclude, rng)`: `k` word numbers (at least 1), drawn *with replacement*, independently, with the probabilities `p`, but never the word `exclude`: the others keep their proportions. All randomness comes from `rng`, so that the same seed gives the same draws. If no word other than `exclude` has a probability above 0, raise `ValueError`.
#
# <details><summary>Hint 1: shapes</summary>
#
# Two functions from (V,) to (V,), and one that gives k integers.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# Without word e, word w has the probability p_w / (1 − p_e), in other words p with a 0 at e, divided by its new sum.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# keep: ones; where the share is above 0, the smaller of 1 and the root. noise: powers, divided by their sum. negatives: copy p; 0 at exclude; refuse if the sum is 0; divide by it; let rng choose k numbers with these probabilities.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "sampling_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def keep_probability(freq: np.ndarray, t: float) -> np.ndarray:
    """The probability of keeping a token of each word: min(1, sqrt(t / f)), and 1 where f is 0.

    freq: share of each word, shape (V,). t: threshold, above 0. Returns shape (V,).

    >>> keep_probability(np.array([0.004, 0.0002, 0.0]), 0.001)
    array([0.5, 1. , 1. ])
    """
    ### BEGIN SOLUTION
    return np.sqrt(t / np.maximum(freq, t))
    ### END SOLUTION


def noise_distribution(counts: np.ndarray) -> np.ndarray:
    """The probability of each word as a negative: its count to the power of 3/4, over the sum of these.

    counts: integers, shape (V,), not all 0. Returns shape (V,).

    >>> noise_distribution(np.array([81, 16, 1])).round(4)
    array([0.75  , 0.2222, 0.0278])
    """
    ### BEGIN SOLUTION
    powers = counts**0.75
    return powers / powers.sum()
    ### END SOLUTION


def sample_negatives(p: np.ndarray, k: int, exclude: int, rng: np.random.Generator) -> np.ndarray:
    """k words drawn with replacement with the probabilities p, never the word exclude.

    p: shape (V,). Returns integers, shape (k,). Raises ValueError if there is nothing to draw.

    >>> sample_negatives(np.array([0.5, 0.5, 0.0]), 3, 0, np.random.default_rng(0))
    array([1, 1, 1])
    """
    ### BEGIN SOLUTION
    others = np.array(p, dtype=np.float64)
    others[exclude] = 0.0
    total = others.sum()
    if total <= 0:
        raise ValueError("no word is left to draw")
    return rng.choice(len(others), size=k, p=others / total)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "sampling", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Which words to ask", "difficulty": 2, "minutes": 20, "needs": []}
def check_sampling():
    freq = np.array([0.004, 0.0002, 0.0, 0.08])
    with np.errstate(all="ignore"):
        keep = keep_probability(freq, 0.001)
    assert np.shape(keep) == (4,), f"four shares should give four probabilities, not the shape {np.shape(keep)}"
    assert np.allclose(keep, [0.5, 1.0, 1.0, 0.1118034]), f"shares of 0.004, 0.0002, 0 and 0.08 with t = 0.001 are kept with 0.5, 1, 1, 0.1118, not {keep}"
    counts = np.array([81, 16, 1])
    q = noise_distribution(counts)
    assert np.allclose(q, [0.75, 8 / 36, 1 / 36]), f"counts of 81, 16, 1 give the noise 0.75, 0.2222, 0.0278, not {q}: powers of 3/4, then divided by their sum"
    assert counts.tolist() == [81, 16, 1], "counts should stay as they are"
    p = np.array([0.5, 0.25, 0.0, 0.25])
    drawn = sample_negatives(p, 400, 0, np.random.default_rng(1))
    assert np.shape(drawn) == (400,), f"k = 400 should give 400 word numbers, not the shape {np.shape(drawn)}"
    assert 0 not in drawn, "the word to exclude was drawn"
    assert 2 not in drawn, "a word of probability 0 was drawn"
    share = np.mean(np.asarray(drawn) == 1)
    assert 0.35 < share < 0.65, f"without word 0, words 1 and 3 are equally likely; of 400 draws, a share of {share:.2f} was word 1"
    assert p.tolist() == [0.5, 0.25, 0.0, 0.25], "p should stay as it is: work on a copy"
    again = sample_negatives(p, 400, 0, np.random.default_rng(1))
    assert np.array_equal(drawn, again), "the same seed should give the same draws: take all randomness from rng"
    assert exception_of(lambda: sample_negatives(np.array([0.0, 1.0]), 2, 1, np.random.default_rng(0))) == "ValueError", "if only the excluded word could be drawn, raise ValueError"
    print("sampling: keeping, noise and draws are right")


check_sampling()

# %% [markdown]
# ## 7 · Skip-gram
#
# **Why.** All parts are there; now a model. *Skip-gram* lets the centre guess each of its outside words, one by one.
#
# **Derivation.** For the centre $c$ with the outside words $o_1, \dots, o_M$ the guessing vector is $v = W_c$, and
#
# $$ J \;=\; \sum_{i=1}^{M} \ell(W_c, o_i, U), \qquad \frac{\partial J}{\partial W_c} = \sum_i \frac{\partial \ell_i}{\partial v}, \qquad \frac{\partial J}{\partial U} = \sum_i \frac{\partial \ell_i}{\partial U}, $$
#
# where $\ell$ is the loss of one guess, such as those of sections 3 and 4, and $\ell_i$ its value for $o_i$. All other rows of $\partial J/\partial W$ (shape $V \times D$) are 0. The function does not need to know which loss it is: it takes it as an argument, `loss_fn`, and calls `loss_fn(vector, word, U)`, which gives (loss, gradient of the vector, gradient of $U$). For negative sampling the caller has bound the negatives before.
#
# **By hand.** All vectors 0, four outside words, softmax over $V = 123$: the loss is $4 \log 123 = 19.25$.

# %% [markdown]
# **Write** `skipgram`.
#
# * `loss_fn(vector, word, U)` is called once for each outside word; a word that occurs twice counts twice. The vector is row `center` of `W`.
# * It returns the loss, the gradient of `W` and the gradient of `U`. Without outside words (an empty array) these are 0.0 and zeros.
#
# <details><summary>Hint 1: shapes</summary>
#
# loss_fn gives a number, (D,) and (V, D). The two results have the shapes of W and U.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# Sums over the outside words; the gradient of the vector belongs to one row of W.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# loss 0, two tables of zeros; for each outside word: call loss_fn with row center of W; add its loss, add its first gradient to row center, its second to the whole table.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "skipgram_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def skipgram(center: int, outside: np.ndarray, W: np.ndarray, U: np.ndarray, loss_fn: Callable) -> tuple[float, np.ndarray, np.ndarray]:
    """The loss of one centre that guesses each of its outside words, and the gradients.

    center: a row of W. outside: rows of U, integers of shape (M,), M may be 0. W, U: shape (V, D).
    loss_fn(vector, word, U) gives (loss, gradient of the vector, gradient of U).
    Returns the summed loss and its gradients in W and in U, both of shape (V, D).
    """
    ### BEGIN SOLUTION
    total, dW, dU = 0.0, np.zeros(W.shape), np.zeros(U.shape)
    for word in outside:
        loss, d_vector, d_table = loss_fn(W[center], int(word), U)
        total += loss
        dW[center] += d_vector
        dU += d_table
    return total, dW, dU
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "skipgram", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Skip-gram", "difficulty": 2, "minutes": 15, "needs": []}
def half_square(vector, word, U):
    """A simple loss for the checks: half the squared distance between the vector and row word of U."""
    apart = vector - U[word]
    dU = np.zeros(U.shape)
    dU[word] = -apart
    return 0.5 * float(apart @ apart), apart, dU


def check_skipgram():
    W, U = example_vectors()
    answer = skipgram(0, np.array([2, 1, 2]), W, U, half_square)
    assert isinstance(answer, tuple) and len(answer) == 3, f"the answer should be three things, the loss and the gradients of W and U, not {type(answer).__name__}"
    loss, dW, dU = answer
    assert np.shape(dW) == (4, 2) and np.shape(dU) == (4, 2), f"the gradients have the shapes of W and U, (4, 2), not {np.shape(dW)} and {np.shape(dU)}"
    assert abs(loss - 6.125) < 1e-9, f"centre 0, outside words 2, 1, 2, half the squared distance: the losses 2.5, 1.125, 2.5 sum to 6.125, not {loss}"
    assert np.allclose(dW, [[4.0, 3.5], [0, 0], [0, 0], [0, 0]]), f"only row 0 of the gradient of W differs from 0, it is the sum (4, 3.5); you have {dW.tolist()}"
    assert np.allclose(dU, [[0, 0], [0.0, -1.5], [-4.0, -2.0], [0, 0]]), f"in the gradient of U row 1 is (0, -1.5) and row 2, which counts twice, (-4, -2); you have {dU.tolist()}"
    loss, dW, dU = skipgram(1, np.array([], dtype=int), W, U, half_square)
    assert loss == 0.0 and np.shape(dW) == (4, 2) and np.shape(dU) == (4, 2), "without outside words the loss is 0.0 and both gradients are tables of zeros"
    assert not np.any(dW) and not np.any(dU), "without outside words both gradients are zero"
    assert W.tolist() == example_vectors()[0].tolist() and U.tolist() == example_vectors()[1].tolist(), "W and U should stay as they are: it returns gradients, and takes no step"
    print("skipgram: the sum, both gradients and the empty window are right")


check_skipgram()

# %% [markdown]
# ## 8 · CBOW
#
# **Why.** One can ask the other way round: all outside words *together* guess the word in the middle. This is the *continuous bag of words*, CBOW; a bag, because the order of the words is lost.
#
# **Picture.**
#
# | | skip-gram | CBOW |
# |---|---|---|
# | guesses | each outside word from the centre | the centre from all outside words |
# | guessing vector $v$ | $W_c$ | the mean of the rows of $W$ of the outside words |
# | guessed words (rows of $U$) | $M$ of them | one |
# | calls of the loss per centre | $M$ | 1 |
# | good at | rare words: each of their few places gives $M$ guesses | speed; frequent words |
#
# **Derivation.** Let $x_1, \dots, x_M$ be the context and $y$ the target, the word in the middle. The vector that guesses is
#
# $$ v \;=\; \frac1M \sum_{i=1}^{M} W_{x_i}, \qquad J = \ell(v, y, U). $$
#
# The gradient in $v$ comes from $\ell$. Each occurrence of a word in the context enters $v$ with the factor $1/M$, so
#
# $$ \boxed{\;\frac{\partial J}{\partial W_w} \;=\; \sum_{i\,:\,x_i = w} \frac1M\, \frac{\partial \ell}{\partial v}\;} $$
#
# and a word that stands in the context twice gets twice the share. Forgetting the $1/M$ is a favourite mistake: training still works, with a learning rate that is too large by the factor $M$ for $W$ alone.
#
# **By hand.** $D = 1$, context words with the vectors 1 and 3: $v = 2$. If $\partial \ell/\partial v = 0.5$, each gets $0.25$.

# %% [markdown]
# **Write** `cbow`.
#
# * `loss_fn(vector, word, U)` is called once, with the mean of the context's rows of `W` and the target.
# * It returns the loss, the gradient of `W` and that of `U`. An empty context raises `ValueError`: there is nothing to average.
#
# <details><summary>Hint 1: shapes</summary>
#
# W[context] is (M, D), its mean over the first axis (D,). The results have the shapes of W and U.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The box. Repeated rows: as in section 4.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# refuse an empty context; the mean; call loss_fn; a table of zeros; for each word of the context add the gradient of the vector, divided by M, to its row.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "cbow_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cbow(context: np.ndarray, target: int, W: np.ndarray, U: np.ndarray, loss_fn: Callable) -> tuple[float, np.ndarray, np.ndarray]:
    """The loss of a context that guesses the word in its middle, and the gradients.

    context: rows of W, integers of shape (M,). target: a row of U. W, U: shape (V, D).
    loss_fn(vector, word, U) gives (loss, gradient of the vector, gradient of U).
    Returns the loss and its gradients in W and in U, both of shape (V, D). An empty context raises ValueError.
    """
    ### BEGIN SOLUTION
    if len(context) == 0:
        raise ValueError("an empty context has no mean")
    loss, d_vector, dU = loss_fn(W[context].mean(axis=0), target, U)
    dW = np.zeros(W.shape)
    np.add.at(dW, context, d_vector / len(context))
    return loss, dW, dU
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "cbow", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false} exercise={"title": "CBOW", "difficulty": 3, "minutes": 15, "needs": []}
def half_square_again(vector, word, U):
    """A simple loss for the checks: half the squared distance between the vector and row word of U."""
    apart = vector - U[word]
    dU = np.zeros(U.shape)
    dU[word] = -apart
    return 0.5 * float(apart @ apart), apart, dU


def check_cbow():
    W, U = example_vectors()
    context = np.array([1, 3, 1, 0])
    answer = cbow(context, 2, W, U, half_square_again)
    assert isinstance(answer, tuple) and len(answer) == 3, f"the answer should be three things, the loss and the gradients of W and U, not {type(answer).__name__}"
    loss, dW, dU = answer
    assert np.shape(dW) == (4, 2) and np.shape(dU) == (4, 2), f"the gradients have the shapes of W and U, (4, 2), not {np.shape(dW)} and {np.shape(dU)}"
    assert abs(loss - 1.66015625) < 1e-9, f"the mean of the rows 1, 3, 1, 0 of W is (0.6875, 0.3125); half its squared distance from row 2 of U is 1.6602, not {loss}"
    assert np.allclose(dU, [[0, 0], [0, 0], [-1.6875, 0.6875], [0, 0]]), f"the gradient of U is that of loss_fn, (-1.6875, 0.6875) in row 2; you have {dU.tolist()}"
    assert np.allclose(dW[0], [0.421875, -0.171875]), f"row 0 occurs once in a context of four: a quarter of (1.6875, -0.6875), not {dW[0]}"
    assert np.allclose(dW[1], [0.84375, -0.34375]), f"row 1 occurs twice in a context of four: two quarters of (1.6875, -0.6875), not {dW[1]}"
    slopes = measured_slopes(lambda: cbow(context, 2, W, U, half_square_again)[0], W)
    assert np.allclose(dW, slopes, atol=1e-7), f"the gradient of W is {dW.tolist()}, but the measured slopes are {slopes.tolist()}"
    assert context.tolist() == [1, 3, 1, 0] and U.tolist() == example_vectors()[1].tolist(), "context and U should stay as they are"
    assert exception_of(lambda: cbow(np.array([], dtype=int), 2, W, U, half_square_again)) == "ValueError", "an empty context should raise ValueError"
    print("cbow: the mean, the shares, repeats and the empty context are right")


check_cbow()

# %% [markdown]
# ## 9 · Training
#
# **Why.** A gradient says where downhill is. *Stochastic gradient descent* takes one step for each centre: compute the gradients, subtract `lr` times each from its table, go on to the next.
#
# **Derivation.** The steps for one centre with the gradients $\partial J/\partial W$ and $\partial J/\partial U$, both taken at the vectors *before* the step:
#
# $$ W \leftarrow W - \eta\, \frac{\partial J}{\partial W}, \qquad U \leftarrow U - \eta\, \frac{\partial J}{\partial U}, $$
#
# where $\eta$, in code `lr`, is the learning rate. It stays constant here. The initial vectors are small random numbers. Both tables full of zeros would never move: every gradient of one table is a multiple of the other. (One of them may be zeros.)
#
# **By hand.** Two words, *a* and *b*; the corpus is the one sentence *a b*. Skip-gram: the centre *a* guesses *b*. Negatives are never the word that is guessed, so all five are *a*. If all vectors are near 0, the loss is near $6 \log 2 = 4.159$. The same for the centre *b*; the mean over both centres is 4.159 for the first epoch.

# %% [markdown]
# **Write** `train`.
#
# * `corpus` is a list of sentences, each a list of words; `vocab` gives the row of each word, $0, \dots, V - 1$ in any order. Words that are not in `vocab` are removed first, *before* windows are laid. Windows never cross from one sentence into the next.
# * The loss is negative sampling with $K = 5$. The noise distribution has the power ¾ of the counts of the words in this corpus. Draw fresh negatives for every guessed word; they are never that word itself. No subsampling.
# * `mode` is `"skipgram"` or `"cbow"`; anything else raises `ValueError`.
# * `W` and `U` have the shape $(V, D)$ with $D =$ `dim`; all initial entries are smaller than $0.5/D$ in size, and those of `W` are random, each drawn for itself.
# * An *epoch* is a walk over the corpus from beginning to end; every place is a centre once, with one step each, that uses the vectors as the centre before left them. A centre without any outside words is skipped and not counted.
# * The result is `(W, U, losses)`, with one number for each epoch: the mean, over the centres that were counted, of the loss that `skipgram` or `cbow` gave before the step.
# * All randomness comes from `rng`. The tests use corpora in which at least two words of `vocab` occur, and at least one centre counts.
#
# <details><summary>Hint 1: shapes</summary>
#
# counts (V,), noise (V,). W and U stay (V, D), and so do their gradients. losses has as many numbers as there are epochs.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The loss that the models call takes three arguments, and negative_loss takes four. A small function inside train closes the gap: it draws fresh negatives for the word that it is given, and hands everything on. Uniform numbers between −0.5 and 0.5, divided by D, are small enough.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# refuse other modes; turn sentences into arrays of word numbers; count; noise; initial tables. For each epoch, for each sentence, for each (word, outside) of context_pairs: skip empty ones; call skipgram or cbow; add the loss; take both steps. After each epoch: the mean.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "train_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train(corpus: list[list[str]], vocab: dict[str, int], mode: str, dim: int, window: int, epochs: int, lr: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, list[float]]:
    """Learn word vectors by stochastic gradient descent with negative sampling.

    corpus: sentences, each a list of words. vocab: the row of each word. mode: "skipgram" or "cbow", otherwise ValueError.
    dim: numbers in a vector. window, epochs: at least 1. lr: the learning rate. rng: the source of all randomness.
    Returns W and U, both of shape (V, dim), and the mean loss of a centre in each epoch.
    """
    ### BEGIN SOLUTION
    if mode not in ("skipgram", "cbow"):
        raise ValueError(f"mode is 'skipgram' or 'cbow', not {mode!r}")
    sentences = [np.array([vocab[word] for word in sentence if word in vocab], dtype=int) for sentence in corpus]
    noise = noise_distribution(np.bincount(np.concatenate(sentences), minlength=len(vocab)))
    W, U = rng.uniform(-0.5, 0.5, size=(2, len(vocab), dim)) / dim

    def loss_fn(vector, word, U):
        return negative_loss(vector, word, U, sample_negatives(noise, 5, word, rng))

    losses = []
    for _ in range(epochs):
        total, centres = 0.0, 0
        for sentence in sentences:
            for word, outside in context_pairs(sentence, window):
                if len(outside) == 0:
                    continue
                if mode == "skipgram":
                    loss, dW, dU = skipgram(word, outside, W, U, loss_fn)
                else:
                    loss, dW, dU = cbow(outside, word, W, U, loss_fn)
                W -= lr * dW
                U -= lr * dU
                total += loss
                centres += 1
        losses.append(total / centres)
    return W, U, losses
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "train", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Training", "difficulty": 2, "minutes": 25, "needs": ["stable_functions", "negative_loss", "context_pairs", "sampling", "skipgram", "cbow"]}
def check_train():
    corpus = [["a", "b"], ["x", "a"], ["b", "y", "a"], ["c"]]
    vocab = {"a": 2, "b": 0, "c": 1}
    wanted = 6 * np.log(2)
    for mode, longer in [("skipgram", wanted * 4 / 3), ("cbow", wanted)]:
        answer = train(corpus, vocab, mode, 7, 1, 3, 0.0, np.random.default_rng(0))
        assert isinstance(answer, tuple) and len(answer) == 3, f"the answer should be three things, W, U and the losses, not {type(answer).__name__}"
        W, U, losses = answer
        assert np.shape(W) == (3, 7) and np.shape(U) == (3, 7), f"three words of seven numbers: W and U should have the shape (3, 7), not {np.shape(W)} and {np.shape(U)}"
        assert len(losses) == 3, f"three epochs should give three losses, not {len(losses)}"
        assert max(np.max(np.abs(W)), np.max(np.abs(U))) <= 0.5 / 7, f"with lr = 0 the vectors are the initial ones, and their entries are below 0.5/7; yours reach {max(np.max(np.abs(W)), np.max(np.abs(U))):.3f}"
        assert all(abs(loss - wanted) < 0.25 for loss in losses), f"{mode}: with small vectors the mean loss of a centre with one neighbour is 6 log 2 = 4.16, not {[round(float(loss), 2) for loss in losses]}. Centres without neighbours are not counted"
        loss = train([["a", "b", "c"]], vocab, mode, 7, 1, 1, 0.0, np.random.default_rng(0))[2][0]
        assert abs(loss - longer) < 0.25, f"{mode}: in a sentence of three words with a window of 1 the first and last centre have one neighbour, the other two; the mean over the centres is {longer:.2f} with small vectors, not {loss:.2f}"
        again = train(corpus, vocab, mode, 7, 1, 3, 0.0, np.random.default_rng(0))[0]
        assert np.array_equal(W, again), "the same seed should give the same vectors: take all randomness from rng"
        W, U, _ = train([["a", "b"]], vocab, mode, 7, 1, 1, 0.0, np.random.default_rng(0))
        moved_W, moved_U, _ = train([["a", "b"]], vocab, mode, 7, 1, 1, 0.5, np.random.default_rng(0))
        assert np.array_equal(W[1], moved_W[1]) and np.array_equal(U[1], moved_U[1]), f"{mode}: 'c' does not occur in the text 'a b', so it is never drawn, and its vectors stay; yours moved. The noise comes from the counts in this text"
        for guesser, guessed in [(2, 0), (0, 2)] if mode == "skipgram" else [(0, 2), (2, 0)]:  # the two steps for the text 'a b', all negatives being the word that guesses
            words, v = [guessed] + 5 * [guesser], W[guesser].copy()
            slopes = 1 / (1 + np.exp(-U[words] @ v)) - [1, 0, 0, 0, 0, 0]
            W[guesser] -= 0.5 * slopes @ U[words]
            U[guessed] -= 0.5 * slopes[0] * v
            U[guesser] -= 0.5 * np.sum(slopes[1:]) * v
        assert np.allclose(moved_W, W), f"{mode}: one epoch over the text 'a b' is two steps, downhill, with five negatives that are never the guessed word; W should become\n{W.round(4)}\nnot\n{np.round(moved_W, 4)}"
        assert np.allclose(moved_U, U), f"{mode}: one epoch over the text 'a b' is two steps, downhill, with five negatives that are never the guessed word; U should become\n{U.round(4)}\nnot\n{np.round(moved_U, 4)}"
        _, _, losses = train(corpus, vocab, mode, 7, 1, 60, 0.3, np.random.default_rng(0))
        assert losses[-1] < 0.75 * losses[0], f"{mode}: sixty epochs should make the loss fall by more than a quarter; it went from {losses[0]:.2f} to {losses[-1]:.2f}"
    assert exception_of(lambda: train(corpus, vocab, "glove", 7, 1, 1, 0.1, np.random.default_rng(0))) == "ValueError", "another mode should raise ValueError"
    assert len(vocab) == 3 and corpus[2] == ["b", "y", "a"], "corpus and vocab should stay as they are"
    print("train: shapes, initial vectors, losses and both modes are right")


check_train()

# %% [markdown]
# ### The invented language
#
# It is the one of part 1: sentences from five templates, 24 pairs of words of three kinds. A word stands with two things that belong to its pair (a throne and a crown for king and queen alike) and with words that go with its side (*he*, *his*, *himself* for every male word). So *king* and *queen* differ in exactly the way in which *man* and *woman* differ. The function is given again, with the few tools that part 1 had you write.

# %% nbgrader={"grade": false, "grade_id": "template", "locked": true, "schema_version": 3, "solution": false, "task": false}
from _shared.template_corpus import PAIRS, SIDES, TEMPLATES, TOPICS, template_corpus


# %% nbgrader={"grade": false, "grade_id": "tools", "locked": true, "schema_version": 3, "solution": false, "task": false}
def vocabulary_of(corpus, min_count=1):
    """Words by falling count, ties alphabetical: the row of each, and the counts."""
    counts = {}
    for sentence in corpus:
        for word in sentence:
            counts[word] = counts.get(word, 0) + 1
    words = sorted((word for word in counts if counts[word] >= min_count), key=lambda word: (-counts[word], word))
    return {word: row for row, word in enumerate(words)}, np.array([counts[word] for word in words])


def unit_rows(E):
    """Rows of length 1; then a product of two rows is the cosine of their angle."""
    return E / np.maximum(np.linalg.norm(E, axis=1, keepdims=True), 1e-12)


def nearest(E, vocab, direction, without, n):
    """The n words whose rows point most nearly in a direction, with their cosines."""
    words = list(vocab)
    scores = unit_rows(E) @ (direction / np.linalg.norm(direction))
    found = [(words[row], float(scores[row])) for row in np.argsort(-scores) if words[row] not in without]
    return found[:n]


def solve(E, vocab, a, b, c, n=1):
    """a is to b as c is to ...: the best words, the three of the question left out."""
    E = unit_rows(E)
    return nearest(E, vocab, E[vocab[b]] - E[vocab[a]] + E[vocab[c]], {a, b, c}, n)


def count_solved(E, vocab):
    """How many analogies of the invented language come out right."""
    return sum(solve(E, vocab, a, b, c)[0][0] == d for a, b, c, d in QUESTIONS)


QUESTIONS = [(a, b, c, d) for pairs in PAIRS.values() for a, b in pairs for c, d in pairs if (a, b) != (c, d)]
invented = template_corpus(3000, seed=0)
small_vocab, small_counts = vocabulary_of(invented)
print(f"{len(invented):,} sentences, {small_counts.sum():,} tokens, {len(small_vocab)} words, {len(QUESTIONS)} analogies. For instance:")
for sentence in invented[:3]:
    print("   ", " ".join(sentence))


# %% [markdown]
# > **Predict.** Your `train` now reads five hundred of these sentences, three times as skip-gram and thirty times as CBOW (which calls the loss once a centre, not up to eight times). At which loss does each begin? (Section 4 says what one guess costs at the start; how many guesses has a centre?) Which of the two falls further? It takes some twenty seconds on an idle machine; a line appears when each is done.

# %% nbgrader={"grade": false, "grade_id": "your_training", "locked": true, "schema_version": 3, "solution": false, "task": false}
models = {}
for mode, passes in [("skipgram", 3), ("cbow", 30)]:
    began = time.time()
    models[mode] = train(invented[:500], small_vocab, mode, 20, 4, passes, 0.1, np.random.default_rng(1))
    print(f"{mode:>8}: loss {models[mode][2][0]:.2f} -> {models[mode][2][-1]:.2f}, {count_solved(models[mode][0], small_vocab)} of {len(QUESTIONS)} analogies, {time.time() - began:.0f} s", flush=True)

# %% nbgrader={"grade": false, "grade_id": "loss_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_losses():
    figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
    mean_words = np.mean([len(outside) for sentence in invented[:500] for _, outside in context_pairs(np.arange(len(sentence)), 4)])
    for mode, colour, style, guesses in [("skipgram", BLUE, "o-", mean_words), ("cbow", ORANGE, "s--", 1.0)]:
        losses = np.array(models[mode][2]) / guesses
        axes.plot(np.arange(1, len(losses) + 1), losses, style, color=colour, lw=2, ms=4, label=f"{mode}, divided by its {guesses:.1f} guesses a centre")
    axes.axhline(6 * np.log(2), color="black", lw=1, ls=":", label="knows nothing: 6 log 2")
    axes.set(title="Your training on the invented language", xlabel="epoch", ylabel="mean loss of a guess", ylim=(0, 4.4))
    axes.legend(frameon=False)
    plt.show()


plot_losses()

# %% [markdown]
# **What to see.** Per guess, both begin below $6\log 2$ (the first epoch is a mean over a pass in which the model has already learnt). The runs are not equally long. But even after 20 passes skip-gram stays at 2.2 a guess, where CBOW is at 1.0 after ten: guessing one word from all its neighbours is an easier task than guessing a neighbour from one word. The two losses measure different questions, so do not compare them to say which vectors are better. For that, ask the vectors. After three passes skip-gram solves about 40 of the 168 analogies; after thirty, CBOW solves 150 or more. (The seed and the order of your draws decide how many.)

# %% nbgrader={"grade": false, "grade_id": "map_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_map(E, vocab, pairs, title):
    """Pairs of words in two directions: the mean step from the first word to the second, and the one in which the pairs differ most besides."""
    E = unit_rows(E)
    first, second = (E[[vocab[pair[side]] for pair in pairs]] for side in (0, 1))
    step = (second - first).mean(axis=0)
    step /= np.linalg.norm(step)
    middle = (first + second) / 2
    middle = middle - middle.mean(axis=0)
    middle = middle - np.outer(middle @ step, step)
    other = np.linalg.svd(middle, full_matrices=False)[2][0]
    places = {word: (float(E[vocab[word]] @ step), float(E[vocab[word]] @ other)) for pair in pairs for word in pair}
    figure, axes = plt.subplots(figsize=(8, 5.4), layout="constrained")
    draw_pairs(axes, places, pairs, title)
    axes.set(xlabel="mean step from male to female (cosine)", ylabel="direction in which the pairs differ most (cosine)")
    plt.show()


plot_map(models["cbow"][0], small_vocab, PAIRS["male and female"], "Your CBOW vectors: eight pairs, one step")

# %% [markdown]
# **What to see.** Every arrow leads from left to right: one and the same step makes *queen* of *king* and *nun* of *monk*. Two such arrows are two sides of a parallelogram, which is why *b − a + c* lands near *d*. (The horizontal direction was chosen to show the step, so look at how much the arrows agree in it, not at the fact that they agree on average.) Flattened from 20 numbers to 2, the rest is lost; the analogies are counted with all 20.
#
# ## 10 · A faster trainer, with a bar and a way back
#
# Your `train` is as clear as it can be, and slow: for every guess it makes a table of $V \times D$ numbers that are nearly all 0, and two more for every centre. On the Bible that would take some three hours an epoch. The trainer below is given. It is skip-gram only, with the same loss, and differs in these ways:
#
# * **Batches.** It takes 512 tokens at a time. For a distance of 1, 2, … up to the window, the tokens and the same tokens shifted are multiplied row by row: all pairs of that distance at once. A mask removes pairs that cross a verse. Pairs across the edge of a batch are lost. And all gradients of a batch are taken at the vectors before it; your `train` moves after every centre.
# * **Shared negatives.** 128 words are drawn for the whole batch, and each counts $K/128$ for each pair, which is $K$ negatives a pair on average. One matrix product gives all the scores. (A negative may by chance be the true neighbour; nobody looks.)
# * **Only rows that were touched** are added up and moved. There is no loop and no product over the vocabulary anywhere.
# * **Adagrad.** Each row has a learning rate of its own, divided by the root of the sum of its squared gradients so far (for each batch, the mean over the row): frequent words slow down, rare ones do not.
# * **Subsampling.** Tokens may be left out with your `keep_probability`, drawn anew for every epoch.
# * **Short floats.** Vectors are `float32`, half as long as `float64` and faster. $U$ begins as zeros.
#
# **Checkpoints.** Training that takes long gets interrupted. After every epoch, `save` writes all that is needed to go on (vectors, sums, the state of the random numbers) to a file of another name, and then renames it: renaming either happens or does not, so a kernel that dies in the middle never leaves half a file. `resume` reads it, and the run goes on exactly as it would have. (The file also says with which settings it was made; a trainer with others refuses it.)

# %% nbgrader={"grade": false, "grade_id": "trainer", "locked": true, "schema_version": 3, "solution": false, "task": false}
try:
    from threadpoolctl import threadpool_limits  # installed with scikit-learn
except ImportError:
    from contextlib import nullcontext as threadpool_limits


class Trainer:
    """Skip-gram with negative sampling in batches; float32, Adagrad, subsampling, checkpoints."""

    def __init__(self, corpus, vocab, counts, dim, window, t, batch, lr, seed, shared, K=5):
        self.rng = np.random.default_rng(seed)
        self.W = ((self.rng.random((len(vocab), dim)) - 0.5) / dim).astype(np.float32)
        self.U = np.zeros((len(vocab), dim), dtype=np.float32)
        self.sums = {"W": np.full((len(vocab), 1), 1e-6, dtype=np.float32), "U": np.full((len(vocab), 1), 1e-6, dtype=np.float32)}
        rows = [[vocab[word] for word in sentence if word in vocab] for sentence in corpus]
        self.words = np.array([row for sentence in rows for row in sentence])
        self.sentence = np.repeat(np.arange(len(rows)), [len(sentence) for sentence in rows])
        self.keep = np.ones(len(vocab)) if t is None else keep_probability(counts / counts.sum(), t)
        self.bounds = np.cumsum(noise_distribution(counts))
        self.window, self.batch, self.lr, self.shared, self.K = window, batch, lr, shared, K
        self.settings = f"{len(self.words)} tokens, {len(vocab)} words, dim={dim}, window={window}, t={t}, batch={batch}, lr={lr}, seed={seed}, shared={shared}, K={K}"
        self.losses = []

    def run(self, epochs, path=None):
        """Train until there have been `epochs` in all; resume from `path` if it is there, and save to it after each."""
        if path and os.path.exists(path):
            self.resume(path)
        while len(self.losses) < epochs:
            with threadpool_limits(1):  # the matrices are small: several threads of NumPy would mostly wait for each other
                self.epoch(epochs)
            if path:
                self.save(path)
        return self

    def epoch(self, of):
        kept = self.rng.random(len(self.words)) < self.keep[self.words]
        words, sentence = self.words[kept], self.sentence[kept]
        began, total, pairs = time.time(), 0.0, 0.0
        starts = range(0, len(words), self.batch)
        for step, start in enumerate(starts, 1):
            loss, count = self.step(words[start : start + self.batch], sentence[start : start + self.batch])
            total, pairs = total + loss, pairs + count
            if step == len(starts) or step % -(-len(starts) // 10) == 0:
                done, speed = step / len(starts), len(self.words) * step / len(starts) / (time.time() - began)
                print(f"\repoch {len(self.losses) + 1}/{of} [{'#' * round(30 * done):<30}] {done:4.0%}  loss {total / pairs:.3f}  {speed:,.0f} tokens/s ", end="", flush=True)
        print()
        self.losses.append(float(total / pairs))

    def step(self, words, sentence):
        A, C = self.W[words], self.U[words]  # (B, D): each token as a centre, and as a neighbour
        dA, dC, pairs, loss = np.zeros_like(A), np.zeros_like(C), np.zeros(len(words), dtype=np.float32), 0.0
        for apart in range(1, min(self.window, len(words) - 1) + 1):
            same = (sentence[apart:] == sentence[:-apart]).astype(np.float32)
            early, late = slice(None, -apart), slice(apart, None)
            for centre, outside in ((early, late), (late, early)):
                p = self.sigmoid(np.einsum("bd,bd->b", A[centre], C[outside]))
                loss -= float(same @ np.log(p + 1e-9))  # only the loss that is printed; the slopes do not use it
                slope = ((p - 1) * same)[:, np.newaxis]
                dA[centre] += slope * C[outside]
                dC[outside] += slope * A[centre]
                pairs[centre] += same
        drawn = np.minimum(np.searchsorted(self.bounds, self.rng.random(self.shared)), len(self.bounds) - 1)
        N = self.U[drawn]  # (shared, D)
        p = self.sigmoid(A @ N.T)
        weight = (self.K / self.shared * pairs)[:, np.newaxis]
        loss -= float(np.sum(weight * np.log(1 - p + 1e-9)))
        slope = p * weight
        self.move("W", words, dA + slope @ N)
        self.move("U", np.concatenate([words, drawn]), np.concatenate([dC, slope.T @ A]))
        return loss, float(pairs.sum())

    @staticmethod
    def sigmoid(z):
        return 0.5 * (1 + np.tanh(0.5 * z))

    def move(self, name, rows, gradients):
        """Add up the gradients of each row that occurs, then one Adagrad step for these rows."""
        order = np.argsort(rows, kind="stable")
        rows = rows[order]
        firsts = np.flatnonzero(np.concatenate([[True], rows[1:] != rows[:-1]]))
        summed, rows = np.add.reduceat(gradients[order], firsts, axis=0), rows[firsts]
        sums = self.sums[name]
        sums[rows] += np.mean(summed**2, axis=1, keepdims=True)
        table = getattr(self, name)
        table[rows] -= self.lr * summed / np.sqrt(sums[rows])

    def save(self, path):
        state = self.rng.bit_generator.state["state"]
        with open(path + ".part", "wb") as file:
            np.savez(file, W=self.W, U=self.U, sum_W=self.sums["W"], sum_U=self.sums["U"], losses=self.losses, settings=self.settings, random=[str(state["state"]), str(state["inc"])])
        os.replace(path + ".part", path)

    def resume(self, path):
        with np.load(path) as kept:
            if str(kept["settings"]) != self.settings:
                raise ValueError(f"{path} was made with other settings ({kept['settings']}); name another file, or delete this one to begin anew")
            self.W, self.U, self.sums = kept["W"], kept["U"], {"W": kept["sum_W"], "U": kept["sum_U"]}
            self.losses = kept["losses"].tolist()
            state = self.rng.bit_generator.state
            state["state"] = {"state": int(kept["random"][0]), "inc": int(kept["random"][1])}
            self.rng.bit_generator.state = state
        print(f"resumed after epoch {len(self.losses)} from {path}")


# %% [markdown]
# > **Predict.** The trainer reads the invented language. Once for four epochs in one go; once for two epochs, then a new trainer that finds the checkpoint and does the other two. Will the two end with the same vectors: nearly, or to the last digit? How many of the 168 analogies?

# %% nbgrader={"grade": false, "grade_id": "invented_training", "locked": true, "schema_version": 3, "solution": false, "task": false}
import tempfile


def small_trainer():
    return Trainer(invented, small_vocab, small_counts, dim=20, window=4, t=None, batch=64, lr=0.2, seed=0, shared=64)


with tempfile.TemporaryDirectory() as folder:
    place = os.path.join(folder, "invented.npz")
    straight = small_trainer().run(4)
    print("and now with an interruption:")
    small_trainer().run(2, place)
    resumed = small_trainer().run(4, place)
print("the same to the last digit:", np.array_equal(straight.W, resumed.W))
print(f"analogies: {count_solved(straight.W, small_vocab)} of {len(QUESTIONS)}")

# %% [markdown]
# **What to see.** The same to the last digit, because the state of the random numbers was saved, too; and all 168 analogies, or all but one or two. The vectors have 20 numbers for 24 pairs, three kinds and two sides. Counting, in part 1, could do this as well, with 40 numbers a word. Here no table of 123 × 123 was ever made. (To the last digit on one machine: another number of threads, or another processor, may add in another order.)
#
# ## 11 · The Bible
#
# The text of part 1: 31,102 verses, each a sentence. Words that occur fewer than five times are left out. The cell below trains 64 numbers a word for three epochs: some ten seconds on an idle machine; minutes on one that others use too. (Without the file the cells below print nothing; their results are described in the text.)
#
# For a longer run write, in a cell of your own:
#
# ```
# longer = Trainer(bible, vocab, counts, dim=64, window=5, t=1e-3, batch=512, lr=0.1, seed=0, shared=128)
# longer.run(20, "bible.npz")
# ```
#
# After a restart run the first cells (the imports and the drawings), the invented language, the tools, your Exercise 5, the trainer and the Bible, then yours: it goes on after the last finished epoch; the one that was interrupted is begun again.

# %% nbgrader={"grade": false, "grade_id": "bible", "locked": true, "schema_version": 3, "solution": false, "task": false}
from _shared.bible import read_bible, tokens


bible = read_bible()
if bible:
    vocab, counts = vocabulary_of(bible, min_count=5)
    print(f"{len(bible):,} sentences, {counts.sum():,} tokens of {len(vocab):,} words that occur five times or more")
    reader = Trainer(bible, vocab, counts, dim=64, window=5, t=1e-3, batch=512, lr=0.1, seed=0, shared=128)
    reader.run(3)


# %% [markdown]
# > **Predict.** Five neighbours each of *gold*, *bread*, *sea*, *ten*, *brother*, *jerusalem* and *king*. For which will you be disappointed?

# %% nbgrader={"grade": false, "grade_id": "neighbours", "locked": true, "schema_version": 3, "solution": false, "task": false}
if bible:
    for word in ["gold", "bread", "sea", "ten", "brother", "jerusalem", "king"]:
        found = nearest(reader.W, vocab, reader.W[vocab[word]], {word}, 5)
        print(f"{word:>10}:", ", ".join(f"{other} {cosine:.2f}" for other, cosine in found))

# %% [markdown]
# **What to see.** Metals with *gold*, food with *bread*, water with *sea*, numbers with *ten*, kin and friends with *brother*, other towns and lands with *jerusalem*. *king* is different: its neighbours are *names*, of kings, of the prophets who went to see them, and of *amoz*, who is in the book as the father of such a prophet. There is no *ruler* and no *prince*. That is no error. A vector says in whose company a word stands, and in this book kings stand beside their names.
#
# ## 12 · What does not work
#
# > **Predict.** *man* is to *king* as *woman* is to …? Many introductions to word vectors have *queen* here. The text has 2,256 places with *king*, and 54 with *queen*.

# %% nbgrader={"grade": false, "grade_id": "honest", "locked": true, "schema_version": 3, "solution": false, "task": false}
if bible:
    for a, b, c, d in [("man", "king", "woman", "queen"), ("father", "mother", "son", "daughter"), ("he", "his", "she", "her"), ("one", "two", "three", "four"), ("sheep", "lamb", "goat", "kid"), ("egypt", "pharaoh", "babylon", "nebuchadnezzar")]:
        found = [word for word, _ in solve(reader.W, vocab, a, b, c, len(vocab))]
        E = unit_rows(reader.W)
        all_allowed = nearest(E, vocab, E[vocab[b]] - E[vocab[a]] + E[vocab[c]], set(), 1)[0][0]
        print(f"{a} : {b} :: {c} : {d}?".ljust(46), f"{d} is number {found.index(d) + 1:>2}; first come {', '.join(found[:4])} (all words allowed: {all_allowed})")

# %% [markdown]
# **What to see.** *queen* is not the answer, and of the five others only *he : his* comes out (with other seeds also *father : mother*): thousands of sentences stand behind this grammatical pair. Several reasons come together:
#
# * **Too little text.** 790,000 tokens are little; the famous results come from a hundred billion. *queen* has 54 places, in three or four stories (Sheba, Esther), and its vector tells these stories.
# * **The wrong contrast.** *king* here stands among names, as section 11 showed, and so the step from *man* to *king* leads towards names. The difference between *man* and *woman* in this book is not the one between *king* and *queen*.
# * **The rules of the game help.** The three words of the question are excluded by rule. The end of each line shows what would come first without that: in three of the six a word of the question itself. In many published results, too, the word nearest to *king − man + woman* is *king*, and success rates are counts under this rule.
# * **One seed.** Train with another seed, and many of the words that "come first" are others. Ask what stays.
#
# The invented language worked because it was made to. That is worth something: the method finds such a structure *if it is there*, cleanly and often enough.
#
# ## 13 · Bias: a probe to discuss
#
# Vectors learn the company in which words stand, and this includes what a text, or the society that wrote it, takes for granted. Here is a simple probe. Take the direction from *she, her, woman, mother, daughter* to *he, his, man, father, son*: the difference of the two means. Then see how far other words lie along it, as a cosine.
#
# > **Predict.** Order them before you run it, from *she* to *he*: *servant, wise, prophet, harlot, strong, barren, weep, judge, beautiful, war, priest*.

# %% nbgrader={"grade": false, "grade_id": "bias_probe", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_bias():
    E = unit_rows(reader.W)
    men, women = ([vocab[word] for word in words.split()] for words in ("he his man father son", "she her woman mother daughter"))
    direction = E[men].mean(axis=0) - E[women].mean(axis=0)
    direction /= np.linalg.norm(direction)
    probed = [word for word in "servant wise prophet harlot strong barren weep judge beautiful war priest".split() if word in vocab]
    places = {word: float(E[vocab[word]] @ direction) for word in probed}
    draw = np.random.default_rng(0)
    chance = E[draw.integers(len(vocab), size=1000)] @ direction
    low, high = np.quantile(chance, [0.05, 0.95])
    figure, axes = plt.subplots(figsize=(8, 4.6), layout="constrained")
    axes.axvspan(low, high, color=GREY, alpha=0.15, label="nine of ten of 1,000 words drawn at random\nfrom the vocabulary lie here")
    order = sorted(places, key=places.get)
    axes.barh(order, [places[word] for word in order], color=[ORANGE if places[word] < 0 else BLUE for word in order])
    axes.axvline(0, color="black", lw=0.8)
    axes.set(title="Along the direction from 'she' to 'he' (Bible, 3 epochs)", xlabel="cosine: orange towards 'she', blue towards 'he'")
    axes.legend(frameon=False, loc="lower right", fontsize=9.5)
    plt.show()


if bible:
    plot_bias()


# %% [markdown]
# **What to see.** Outside the grey band are only *judge* and *harlot*, and barely *barren*; with other seeds *barren* falls inside, and *beautiful* changes its sign. *prophet* ends inside, so it says little: a word picked at random lies there as well. And the band itself is not centred at 0. A likely reason is that most of this book is about men.
#
# **To discuss.** There is no right answer to print here.
#
# 1. Is this a property of the method, of the text, of the time that wrote it, or of the words that *we* chose to define the direction and to probe? Which of these could you test, and how?
# 2. A programme sorts letters of application by the cosine with "strong candidate", with vectors learnt from old letters. What would it learn besides?
# 3. One can subtract the direction from all vectors, so that every bar is 0. The words that had been at one end are then still each other's neighbours. Why? What has been removed, and what has not?
# 4. *queen* and *mother* should lie towards *she*; that is their meaning. Where would you draw the line between meaning and prejudice, and could a cosine draw it for you?
#
# ## What you built
#
# * `softmax` and `log_sigmoid`, which no score can overflow.
# * `softmax_loss` and `negative_loss`: two losses for a guess, with every gradient derived on paper and checked by measurement.
# * `context_pairs`, `keep_probability`, `noise_distribution`, `sample_negatives`: what to ask.
# * `skipgram`, `cbow` and `train`: two models and the walk downhill.
#
# In PyTorch, `W` and `U` are two `torch.nn.Embedding`, and `log_sigmoid` is `torch.nn.functional.logsigmoid`. The library *gensim* has the whole as `Word2Vec`.
#
# ## Where it breaks
#
# * **One vector a word.** The *bank* of a river and the *bank* with the money share theirs; it ends up somewhere in between.
# * **Word order is lost.** *dog bites man* and *man bites dog* have the same pairs.
# * **Unknown words** have no vector at all, not even *kings* when *king* is known. (The method *fastText* makes vectors of pieces of words.)
# * **Opposites are neighbours.** *good* and *evil* stand in the same sentences. Alike in use is not alike in meaning.
# * **Small texts.** A word with ten places has a vector that is mostly chance.
# * **The vectors repeat the text**, with all that it takes for granted.
#
# ## What comes next
#
# Here a sentence was a bag: who stands near whom, never in which order. In *LSTM* the network reads one word after another and carries along a memory of what came before. The gradients will have to travel back through time; the moves are the same as here: every path, the chain rule along each, and a measured slope as the judge.
#
# ## Further reading
#
# * T. Mikolov, K. Chen, G. Corrado, J. Dean, "Efficient estimation of word representations in vector space", 2013, arXiv:1301.3781: skip-gram and CBOW.
# * T. Mikolov, I. Sutskever, K. Chen, G. Corrado, J. Dean, "Distributed representations of words and phrases and their compositionality", *NIPS* 2013: negative sampling, subsampling and the ¾ power.
# * Y. Goldberg, O. Levy, "word2vec explained", 2014, arXiv:1402.3722: the derivation, with care; O. Levy, Y. Goldberg, "Neural word embedding as implicit matrix factorization", *NIPS* 2014: why it is close to the counting of part 1.
# * T. Bolukbasi and others, "Man is to computer programmer as woman is to homemaker?", *NIPS* 2016, and H. Gonen, Y. Goldberg, "Lipstick on a pig", *NAACL* 2019: removing a bias, and what stays.
# * M. Nissim, R. van Noord, R. van der Goot, "Fair is better than sensational: man is to doctor as woman is to doctor", *Computational Linguistics* 46 (2020): what the rules of the game do.
# * J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods for online learning and stochastic optimization", *JMLR* 12 (2011): Adagrad.
