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
#     title: Attention
#     imports: [numpy, torch]
#     packages: [numpy, torch]
#     banned: [torch.nn.MultiheadAttention, torch.nn.Transformer, torch.nn.TransformerEncoder, torch.nn.TransformerEncoderLayer, torch.nn.TransformerDecoder, torch.nn.TransformerDecoderLayer,
#       torch.nn.functional.multi_head_attention_forward, torch.nn.functional.scaled_dot_product_attention, "torch._scaled_dot_product_*", "torch._native_multi_head*", "torch._transformer_*", "torch._triton_*"]
# ---

# %% [markdown]
# # Attention
#
# *The cat sat on the mat.* Read the word *cat*, and you know at once who did something, what it did, and where. None of that is in the word itself: you took it from the other words. *Attention* is the operation that lets a machine do this. Every word looks at every other word, decides how much each of them matters, and takes the mean of what they have to say, weighted by how much they matter. Nearly all large language models are built around it.
#
# **By the end you will have** every part of it, made by you: vectors for words and for positions, attention with masks and with several heads, its backward pass, layer normalisation, all in NumPy; then the same in PyTorch, as a module that is trained in seconds and whose maps can be read. The picture below shows the idea. On the left, words look at words that resemble them. On the right, they ask a question and look at the words that answer it. The numbers behind it are small enough to be computed by hand; you will do that in sections 3 and 4, and then draw the picture again with your own code.
#
# | | |
# |---|---|
# | **You need** | Python with functions and classes, NumPy arrays (shapes, broadcasting, `@` for the matrix product), and school mathematics: derivatives with chain and quotient rule, partial derivatives (one of several numbers moves, the others stand still), exponential function, sine and cosine with their addition theorems, products and transposes of matrices, variance and standard deviation |
# | **From earlier assignments** | from *Word vectors*: that a word can be a vector. From *Standardisation*: z-scores. From *Neurons and backprop*: that gradients of several uses add up. All are said again in a sentence where they are needed |
# | **Time** | about four hours for the exercises, and about two for the reading |
# | **Allowed tools** | answers may import `numpy`, anything of Python's standard library, and, in the last two exercises, `torch`. The exercises before those two are to be solved without torch. What PyTorch has ready-made for attention is not to be used anywhere: `nn.MultiheadAttention`, `nn.Transformer` and its layers, `scaled_dot_product_attention`. Cells that draw use matplotlib; they are given, and nothing that is graded needs them. Imports for plots, tables and progress bars (matplotlib, pandas, tqdm) are left out where answers are graded, and cost nothing. |
# | **To run** | from top to bottom in under a minute and a half on two cores |
#
# **How it works.** Write your code where the cell says `YOUR CODE HERE`. The locked cell below it checks the worked example
# and the most common mistakes; its messages are meant to be read. Hidden tests grade the rest: everything that they ask for
# is written in the text and the docstrings of this notebook. Five things hold in every exercise, and are not repeated:
#
# * arrays that come in are left as they are;
# * numbers come in as `float64` and go out as `float64` (the PyTorch part says for itself what holds there); words and lengths are integers, masks are booleans;
# * every size may be 1, and sizes that have different names may differ;
# * a result may be a view or a copy, as you like;
# * gradients come from the derivation. To measure them with small steps, as the checks do, loses digits where the result hardly depends on its input, and takes one or two passes forward for every number. The hidden tests ask for eight digits there too, and for the work of fewer than twenty passes forward. `embed_backward` alone is free in this: there a measured slope is as good.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["setup"]
import numpy as np

# %% [markdown]
# The next two cells are given, and you need not read them. The first helps the checks: it finds out what exception something raises, and it measures slopes by moving one entry at a time a little up and a little down. That is slow, and independent of every derivation; so it is the judge of all gradients below. The second holds what the drawings share. Run them, and look at the picture.

# %% nbgrader={"grade": false, "grade_id": "helpers", "locked": true, "schema_version": 3, "solution": false, "task": false}
from _shared.exception_of import exception_of


from _shared.measured_slopes import measured_slopes


# %% nbgrader={"grade": false, "grade_id": "drawing", "locked": true, "schema_version": 3, "solution": false, "task": false}
import matplotlib.pyplot as plt

from _shared.palette import BLUE, ORANGE, GREEN, PURPLE, GREY

SENTENCE = ["the", "cat", "sat", "on", "the", "mat"]


from _shared.show import show


def headline(figure, text):
    figure.suptitle(text, fontsize=12)
    figure.get_layout_engine().set(h_pad=0.12)


def draw_map(axes, table, rows=None, columns=None, title="", numbers=True, high=1.0, size=10):
    """A table as a map: one square for each entry, dark blue for `high`, white for 0."""
    table = np.asarray(table, dtype=float)
    axes.imshow(table, cmap="Blues", vmin=0.0, vmax=high, aspect="equal")
    if numbers:
        for i, j in np.ndindex(table.shape):
            axes.text(j, i, f"{table[i, j]:.2f}", ha="center", va="center", fontsize=size, color="white" if table[i, j] > 0.55 * high else "black")
    if rows is not None:
        axes.set_yticks(range(len(rows)), rows)
    if columns is not None:
        axes.set_xticks(range(len(columns)), columns)
    axes.set_title(title, fontsize=11.5)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)


def draw_lines(axes, weights, words, title, coloured):
    """Who looks at whom: from the words on the left to those on the right, a line as thick as the weight."""
    for i, row in enumerate(np.asarray(weights)):
        for j, weight in enumerate(row):
            axes.plot([0.0, 1.0], [-i, -j], color=coloured.get(i, GREY), lw=9 * weight, alpha=0.8 if i in coloured else 0.13, solid_capstyle="butt", zorder=2 if i in coloured else 1)
    for i, word in enumerate(words):
        axes.text(-0.04, -i, word, ha="right", va="center", color=coloured.get(i, "black"), fontweight="bold" if i in coloured else "normal")
        axes.text(1.04, -i, word, ha="left", va="center")
    axes.text(-0.04, 0.8, "looks", ha="right", va="center", color=GREY, fontsize=10)
    axes.text(1.04, 0.8, "is looked at", ha="left", va="center", color=GREY, fontsize=10)
    axes.set(title=title, xlim=(-0.35, 1.45), ylim=(-len(words) + 0.5, 1.2))
    axes.axis("off")


def draw_looks(alike, asked):
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.6), layout="constrained")
    draw_lines(left, alike, SENTENCE, "Words that resemble each other", {1: BLUE, 5: ORANGE})
    draw_lines(right, asked, SENTENCE, "Creatures ask for places", {1: BLUE, 5: ORANGE})
    show()


def draw_the_goal():
    alike = [[1, 1, 1, 1, 1, 1], [1, 148.41, 54.6, 1, 1, 1], [1, 54.6, 403.43, 2.72, 1, 7.39], [1, 1, 2.72, 2.72, 1, 7.39], [1, 1, 1, 1, 1, 1], [1, 1, 7.39, 7.39, 1, 54.6]]
    asked = [[1, 1, 1, 1, 1, 1], [1, 1, 7.39, 7.39, 1, 54.6], [1, 1, 2.72, 2.72, 1, 7.39], [1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1]]
    draw_looks(*(np.array(table) / np.sum(table, axis=1, keepdims=True) for table in (alike, asked)))


draw_the_goal()

# %% [markdown]
# ## 1 · Words become vectors
#
# **Why.** A machine computes with numbers, and a word is not one. One could number the words, *cat* = 1, *mat* = 4, but these are bad numbers: *mat* is not four times *cat*. So each word gets a whole list of numbers, a vector, in which each place can stand for some quality. In *Word vectors* you made such vectors by counting and by learning. Here they are kept in a table, and the table is learnt together with everything else.
#
# **Picture.** On the left the table $E$, one row for each word of the vocabulary. The sentence is a list of row numbers. To *embed* it is to copy these rows, in the order of the words. The numbers in this table were chosen by hand, and you will meet them often: the first says how much a word has to do with a *creature*, the second with an *action*, the third with a *place*.

# %% nbgrader={"grade": false, "grade_id": "tiny_table", "locked": true, "schema_version": 3, "solution": false, "task": false}
VOCABULARY = ["the", "cat", "sat", "on", "mat"]
QUALITIES = ["creature", "action", "place"]
TABLE = np.array([[0.0, 0.0, 0.0], [2.0, 1.0, 0.0], [1.0, 2.0, 1.0], [0.0, 0.0, 1.0], [0.0, 0.0, 2.0]])
IDS = np.array([[VOCABULARY.index(word) for word in SENTENCE]])  # a batch of one sentence, shape (1, 6)


def draw_lookup():
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained", width_ratios=[1, 1.1])
    names = [f"{i}  {word}" for i, word in enumerate(VOCABULARY)]
    draw_map(left, TABLE, names, QUALITIES, "the table E: 5 words, 3 numbers each", high=2.6)
    draw_map(right, TABLE[IDS[0]], [f"{word}, number {i}" for word, i in zip(SENTENCE, IDS[0])], QUALITIES, "the sentence: rows 0, 1, 2, 3, 0, 4", high=2.6)
    right.yaxis.tick_right()
    right.tick_params(length=0)
    for axes in (left, right):
        axes.tick_params(axis="x", labelrotation=30)
    for n, i in enumerate(IDS[0]):
        line = plt.matplotlib.patches.ConnectionPatch((2.5, i), (-0.5, n), "data", "data", axesA=left, axesB=right, color=ORANGE if i == 0 else GREY, lw=1.8 if i == 0 else 1.0, alpha=0.8)
        figure.add_artist(line)
    show()


draw_lookup()

# %% [markdown]
# **Derivation.** Let $V$ be the number of words in the vocabulary, $D$ the length of a vector, and $E$ the table, of shape $(V, D)$. A *batch* is $B$ sentences of $N$ words each; `ids`, of shape $(B, N)$, holds the number of each word, from $0$ to $V - 1$. The embedding $X$ has the shape $(B, N, D)$, and its entries are
#
# $$ X_{bnd} = E_{\,\mathrm{ids}[b,n],\; d}. $$
#
# **Backwards.** Let $L$ be a loss, one number, and suppose that its gradient at $X$ is known: $\partial L / \partial X$, called `dout`, of the shape of $X$. What is its gradient at $E$? The row $E_v$ was copied to every place $(b, n)$ where the word $v$ stands. A small move of the row moves all the copies, and the effects add up:
#
# $$ \boxed{\;\frac{\partial L}{\partial E_v} \;=\; \sum_{(b, n)\,:\; \mathrm{ids}[b,n] = v} \frac{\partial L}{\partial X_{bn}}\;} \qquad \text{both sides of shape } (D,). $$
#
# A word that does not occur has an empty sum: its gradient is zero.
#
# **By hand.** Three words with vectors of two numbers, and the sentence with the numbers 2, 0, 2. Let the gradients at its three places be $(1, 1)$, $(2, 0)$ and $(10, 0.5)$. Word 2 stands at the first and at the third place: its row gets $(1 + 10,\ 1 + 0.5) = (11, 1.5)$. Word 0 gets $(2, 0)$, and word 1, which does not occur, $(0, 0)$.

# %% [markdown]
# **Write** `embed` and `embed_backward`.
#
# * `embed` gives the shape (B, N, D). Every number in `ids` is from 0 to V − 1.
# * `embed_backward` gives the shape (V, D). The gradients of all places where a word stands add up, within a sentence and across the batch; rows of words that do not occur are zero.
#
# <details><summary>Hint 1: shapes</summary>
#
# An array of integers of shape (B, N), used as an index into an array of shape (V, D), gives an array of shape (B, N, D). On the way back, dout has B · N rows of D numbers, and each of them is added to one of V rows.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# Row v of the result is the sum of dout[b, n] over all places (b, n) with ids[b, n] = v. Beware of `dE[ids] += dout`: NumPy reads dE[ids] once, adds, and writes back, so that of several additions to the same row only the last one stays.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# forward: take the rows. backward: start with zeros of shape (V, D); for each sentence, for each place: add dout there to the row of the word that stands there. (`np.add.at` makes all these additions in one call, one after the other.)
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "embedding_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def embed(ids: np.ndarray, E: np.ndarray) -> np.ndarray:
    """The vectors of a batch of sentences.

    ids: integers, shape (B, N), all from 0 to V - 1. E: shape (V, D), row i is the vector of word i.
    Returns shape (B, N, D).

    >>> embed(np.array([[2, 0, 2]]), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    array([[[5., 6.],
            [1., 2.],
            [5., 6.]]])
    """
    ### BEGIN SOLUTION
    return E[ids]
    ### END SOLUTION


def embed_backward(dout: np.ndarray, ids: np.ndarray, V: int) -> np.ndarray:
    """The gradient at the table, from the gradient at the vectors that were taken from it.

    dout: shape (B, N, D), the gradient of the loss at embed(ids, E). ids: integers, shape (B, N). V: the number of rows of E.
    Returns shape (V, D): the gradient of the loss at E. A row that was not used is zero. How it is found is free.

    >>> embed_backward(np.array([[[1.0, 1.0], [2.0, 0.0], [10.0, 0.5]]]), np.array([[2, 0, 2]]), 3)
    array([[ 2. ,  0. ],
           [ 0. ,  0. ],
           [11. ,  1.5]])
    """
    ### BEGIN SOLUTION
    dE = np.zeros((V, dout.shape[-1]))
    np.add.at(dE, ids, dout)
    return dE
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "embedding", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Words become vectors", "difficulty": 1, "minutes": 15, "needs": [], "imports": ["numpy"]}
def check_embedding():
    table = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    ids = np.array([[2, 0, 2]])
    found = embed(ids, table)
    assert np.shape(found) == (1, 3, 2), f"one sentence of three words, two numbers a word: the shape is (1, 3, 2), not {np.shape(found)}"
    assert np.array_equal(found, [[[5.0, 6.0], [1.0, 2.0], [5.0, 6.0]]]), f"the rows 2, 0 and 2 of the table are [5, 6], [1, 2] and [5, 6], not {np.asarray(found).tolist()}"

    slopes = embed_backward(np.array([[[1.0, 1.0], [2.0, 0.0], [10.0, 0.5]]]), ids, 4)
    assert np.shape(slopes) == (4, 2), f"the gradient has the shape of the table, (V, D) = (4, 2), not {np.shape(slopes)}"
    assert not np.allclose(slopes[2], [10.0, 0.5]), "word 2 was used twice, and only the last use arrived: both gradients add up"
    assert np.allclose(slopes, [[2.0, 0.0], [0.0, 0.0], [11.0, 1.5], [0.0, 0.0]]), f"the gradient should be [[2, 0], [0, 0], [11, 1.5], [0, 0]], not {np.asarray(slopes).tolist()}"
    assert ids.tolist() == [[2, 0, 2]] and table[2].tolist() == [5.0, 6.0], "ids and table should stay as they are"
    print("embed and embed_backward: rows, shapes and repeated words are right")


check_embedding()

# %% [markdown]
# ### Look at it: what repeated words add up to
#
# The cell below embeds a small text and pretends that every entry of `dout` is 1. Then the gradient of a row is a plain number that you can find without any mathematics.
#
# > **Predict.** How large is the gradient of the word *the*? What would it be if of several additions only the last one stayed?

# %% nbgrader={"grade": false, "grade_id": "repeated_words", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_repeated_words():
    text = "the cat sat on the mat and the dog sat on the cat and the mat was flat and the cat was not".split()
    words = sorted(set(text), key=lambda word: (-text.count(word), word))
    ids = np.array([[words.index(word) for word in text]])
    dout = np.ones((1, len(text), 1))
    lost = np.zeros((len(words), 1))
    lost[ids] += dout
    figure, axes = plt.subplots(figsize=(8, 3.4), layout="constrained")
    place = np.arange(len(words))
    axes.bar(place - 0.2, embed_backward(dout, ids, len(words))[:, 0], 0.4, color=BLUE, label="yours")
    axes.bar(place + 0.2, lost[:, 0], 0.4, color=ORANGE, label="dE[ids] += dout")
    axes.set_xticks(place, words)
    axes.set(title="Gradient of each row when every copy pulls with 1", ylabel="gradient")
    axes.legend(frameon=False)
    show()


plot_repeated_words()

# %% [markdown]
# **What to see.** With pulls of 1 the gradient *counts*: *the* stands six times in the text, so its row is pulled six times as hard as that of *dog*. The orange bars, all 1, are the tempting line of hint 2: it loses every repetition, raises no error, and the network still learns something. Mistakes of this kind are found by counting, or by measured slopes, and not by looking at a loss.

# %% [markdown]
# ## 2 · Positions become vectors
#
# **Why.** *The cat sat on the mat* and *the mat sat on the cat* have the same words. Attention, as you will see in section 5, takes no notice of the order in which they stand. So each vector has to say itself *where* its word stands. To the vector of the word we add a vector for the position: $x_p = E_{\mathrm{ids}[p]} + \mathrm{PE}(p)$, at the position $p = 0, 1, 2, \dots$
#
# What should $\mathrm{PE}(p)$ be? The number $p$ itself grows without bound and would drown the word. The fraction $p/N$ means something else in every sentence: 0.1 is one step in a sentence of ten words, and ten steps in one of a hundred. We want numbers that stay between −1 and 1, differ from one position to the next, and in which "three words further on" looks the same everywhere.
#
# **Picture.** Think of a clock. Its hands turn at different speeds. No hand grows, together they name every moment, and "twenty minutes later" is the same turn of the hands whatever time it is. The next picture shows four hands at the positions 0 to 5. The first turns by 1 radian (57°) a step, each further one more slowly.

# %% nbgrader={"grade": false, "grade_id": "clock_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_clocks():
    figure, rows = plt.subplots(1, 4, figsize=(10, 3.4), layout="constrained")
    for i, axes in enumerate(rows):
        speed = 10000.0 ** (-2 * i / 8)
        turn = np.linspace(0, 2 * np.pi, 200)
        axes.plot(np.cos(turn), np.sin(turn), color=GREY, lw=0.8)
        for p in range(6):
            axes.plot([0, np.cos(speed * p)], [0, np.sin(speed * p)], color=BLUE, lw=1.6, alpha=0.25 + 0.15 * p)
        for p in range(6) if i == 0 else (0, 5):
            if i < 2:
                axes.text(1.2 * np.cos(speed * p), 1.2 * np.sin(speed * p), str(p), ha="center", va="center", fontsize=10, color=BLUE)
        axes.set(title=f"columns {2 * i} and {2 * i + 1}:\n{speed:g} radian a step", xlabel="cosine", ylabel="sine" if i == 0 else "", xlim=(-1.4, 1.4), ylim=(-1.4, 1.4), aspect="equal", xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    headline(figure, "Four hands at the positions 0 to 5 (d = 8); darker is later")
    show()


draw_clocks()

# %% [markdown]
# **Derivation.** Let $d$, an even number, be the length of the vectors (the $D$ of section 1, since the two are added). There are $d/2$ hands, numbered $i = 0, \dots, d/2 - 1$. Hand $i$ turns by the angle $\omega_i$ (in radians) at each step, and at the position $p = 0, 1, 2, \dots$ it gives two numbers, how high its tip is (the sine) and how far to the right (the cosine):
#
# $$ \boxed{\;\omega_i = 10000^{-2i/d}, \qquad \mathrm{PE}(p)_{2i} = \sin(p\, \omega_i), \qquad \mathrm{PE}(p)_{2i+1} = \cos(p\, \omega_i).\;} $$
#
# So sines stand in the even columns and cosines in the odd ones, and both columns of a pair have the same speed: for column $c$, $i = \lfloor c/2 \rfloor$. The first hand is back after $2\pi \approx 6.3$ steps, the last one after less than $2\pi \cdot 10000$, the more nearly the larger $d$.
#
# **The same turn everywhere.** Take one hand with the speed $\omega$, and go $k$ positions further. The addition theorems of sine and cosine say
#
# $$ \begin{pmatrix} \sin \omega(p + k) \\ \cos \omega(p + k) \end{pmatrix} = \begin{pmatrix} \cos \omega k & \sin \omega k \\ -\sin \omega k & \cos \omega k \end{pmatrix} \begin{pmatrix} \sin \omega p \\ \cos \omega p \end{pmatrix}. $$
#
# The matrix does not contain $p$. Put the small matrices of all hands along the diagonal of a large one, $R_k$ of shape $(d, d)$, and
#
# $$ \mathrm{PE}(p + k) = R_k\, \mathrm{PE}(p) \qquad \text{for every } p. $$
#
# A fixed matrix leads from every position to the one $k$ steps on. Attention multiplies with fixed matrices, so this is what it needs to find "the word before". In section 10 you will see a machine learn to look back by one and by three. And how alike are two positions? Their dot product is $\sum_i (\sin \omega_i p \sin \omega_i q + \cos \omega_i p \cos \omega_i q) = \sum_i \cos \omega_i (p - q)$: it depends on their distance alone.
#
# **By hand.** $d = 4$: two hands, with the speeds $10000^0 = 1$ and $10000^{-2/4} = 0.01$. Position 0 is $(0, 1, 0, 1)$. Position 1 is $(\sin 1, \cos 1, \sin 0.01, \cos 0.01) = (0.8415,\ 0.5403,\ 0.0100,\ 1.0000)$. Position 2 is $(\sin 2, \cos 2, \sin 0.02, \cos 0.02) = (0.9093,\ -0.4161,\ 0.0200,\ 0.9998)$.

# %% [markdown]
# **Write** `sinusoidal_encoding`.
#
# * The result has the shape (n, d); row p belongs to position p, and the first position is 0.
# * Sines in the columns 0, 2, 4, …, cosines in the columns 1, 3, 5, …, both of position · 10000^(−2i/d) with i = column // 2.
# * An odd d raises `ValueError`. Otherwise n is at least 1 and d at least 2.
#
# <details><summary>Hint 1: shapes</summary>
#
# The positions are a column of shape (n, 1), the speeds a row of shape (d/2,). Their product is a table of angles of shape (n, d/2). Sines of it fill one half of the columns, cosines the other half.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The exponents −2i/d for i = 0, 1, 2, … are 0, −2/d, −4/d, …: the even numbers below d, divided by −d. Both columns of a pair have the same angle.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# refuse an odd d; speeds: 10000 to the power of minus (0, 2, 4, …, d − 2) / d; angles: each position times each speed; make an empty (n, d) table; put the sines of the angles into its even columns, the cosines into its odd columns (slices with the step 2).
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "positional_encoding_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def sinusoidal_encoding(n: int, d: int) -> np.ndarray:
    """A vector of d numbers for each of the positions 0, 1, ..., n - 1.

    n: at least 1. d: even, at least 2; an odd d raises ValueError.
    Returns shape (n, d). With i = column // 2, even columns hold sin(position * 10000 ** (-2 i / d)), odd columns the cosine of the same.

    >>> sinusoidal_encoding(2, 4).round(4)
    array([[0.    , 1.    , 0.    , 1.    ],
           [0.8415, 0.5403, 0.01  , 1.    ]])
    """
    ### BEGIN SOLUTION
    if d % 2:
        raise ValueError(f"sines and cosines come in pairs: d must be even, not {d}")
    frequencies = 10000.0 ** (-np.arange(0, d, 2) / d)
    angles = np.arange(n)[:, np.newaxis] * frequencies
    encoding = np.empty((n, d))
    encoding[:, 0::2] = np.sin(angles)
    encoding[:, 1::2] = np.cos(angles)
    return encoding
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "positional_encoding", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Positions become vectors", "difficulty": 2, "minutes": 25, "needs": [], "imports": ["numpy"]}
def check_positional_encoding():
    found = sinusoidal_encoding(3, 4)
    assert np.shape(found) == (3, 4), f"three positions of four numbers: the shape is (3, 4), not {np.shape(found)}"
    assert np.allclose(found[0], [0.0, 1.0, 0.0, 1.0]), f"at position 0 every sine is 0 and every cosine 1, in turn: [0, 1, 0, 1], not {np.round(found[0], 4).tolist()}"
    wanted = [np.sin(2.0), np.cos(2.0), np.sin(0.02), np.cos(0.02)]
    assert np.allclose(found[2], wanted), f"position 2 should be {np.round(wanted, 4).tolist()} (angles 2 and 0.02), not {np.round(found[2], 4).tolist()}"
    found = sinusoidal_encoding(2, 6)[1]
    wanted = [np.sin(1.0), np.cos(1.0), np.sin(0.0464158883), np.cos(0.0464158883), np.sin(0.0021544347), np.cos(0.0021544347)]
    assert np.allclose(found, wanted), f"for d = 6 the angles of position 1 are 1, 0.0464 and 0.00215; the row should be {np.round(wanted, 5).tolist()}, not {np.round(found, 5).tolist()}"
    assert exception_of(lambda: sinusoidal_encoding(3, 5)) == "ValueError", "an odd d should raise ValueError: a sine would have no cosine"
    print("sinusoidal_encoding: shape, order of columns, frequencies and refusal are right")


check_positional_encoding()

# %% [markdown]
# ### Look at it: bands, and distances
#
# > **Predict.** On the left is the encoding of 100 positions with $d = 64$, one row for each position. Where in it does the picture change quickly from row to row, and where hardly at all? On the right are dot products of position 20, 50 and 80 with all others. Are the three curves different?

# %% nbgrader={"grade": false, "grade_id": "bands", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_bands():
    encoding = sinusoidal_encoding(100, 64)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 4.2), layout="constrained")
    picture = left.imshow(encoding, cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto")
    left.set(title="sinusoidal_encoding(100, 64)", xlabel="column", ylabel="position")
    figure.colorbar(picture, ax=left, label="value")
    for p, colour, style in ((20, BLUE, "-"), (50, ORANGE, "--"), (80, GREEN, "-.")):
        right.plot(np.arange(100) - p, encoding @ encoding[p], color=colour, ls=style, lw=2, label=f"position {p}")
    right.axhline(32, color=GREY, lw=0.8, ls=":")
    right.set(title="How alike two positions are", xlabel="distance from that position", ylabel="dot product", ylim=(10, 36))
    right.text(-80, 32.4, "d/2 = 32", color=GREY, fontsize=10)
    right.legend(frameon=False)
    show()


plot_bands()

# %% [markdown]
# **What to see.** On the left, the first columns flicker from row to row, and the last ones are the same all the way down: quick hands tell neighbours apart, slow hands tell the beginning of a text from its end. On the right the three curves lie on one another: only the distance counts. At distance 0 each position has the dot product $d/2 = 32$ with itself. From there it falls quickly, then wavers: near positions are alike, far ones less so, and none are opposites, because the slow hands hardly move in a hundred steps.
#
# > **Predict.** Now the promise $\mathrm{PE}(p + k) = R_k \mathrm{PE}(p)$ with $k = 3$. The next cell builds the matrix $R_3$ (of shape $8 \times 8$, from the boxed speeds and nothing else) and applies it to *your* encoding of the positions 0 to 7. It draws the second hand, columns 2 and 3. Where will the crosses lie? What would you see if the two columns of a pair had different speeds?

# %% nbgrader={"grade": false, "grade_id": "turn", "locked": true, "schema_version": 3, "solution": false, "task": false}
def turn_matrix(k, d):
    """R_k, shape (d, d): takes the encoding of a position to that of the position k further on."""
    R = np.zeros((d, d))
    for i in range(d // 2):
        angle = k * 10000.0 ** (-2 * i / d)
        R[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
    return R


def plot_turn():
    encoding, R = sinusoidal_encoding(11, 8), turn_matrix(3, 8)
    turned = encoding[:8] @ R.T
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    picture = left.imshow(R, cmap="RdBu_r", vmin=-1, vmax=1)
    left.set(title="The matrix $R_3$ for d = 8", xlabel="column", ylabel="row")
    figure.colorbar(picture, ax=left, label="value")
    right.plot(encoding[:, 3], encoding[:, 2], "o", color=BLUE, ms=11, mfc="none", mew=1.6, label="your encoding, positions 0 to 10")
    right.plot(turned[:, 3], turned[:, 2], "x", color=ORANGE, ms=8, mew=2, label="$R_3$ times positions 0 to 7")
    for p in range(11):
        right.text(1.13 * encoding[p, 3], 1.13 * encoding[p, 2], str(p), ha="center", va="center", fontsize=10, color=BLUE)
    right.set(title="Columns 2 and 3: three positions further on", xlabel="column 3 (cosine)", ylabel="column 2 (sine)", xlim=(0.3, 1.75), ylim=(-0.12, 1.35), aspect="equal")
    right.legend(frameon=False, fontsize=9.5, loc="upper right")
    show()
    print(f"largest difference between R_3 PE(p) and PE(p + 3): {np.abs(turned - encoding[3:]).max():.1e}")


plot_turn()

# %% [markdown]
# **What to see.** The crosses fall on the circles 3 to 10; the printed difference, which is rounding, says that each is on its own: position 0 went to 3, position 1 to 4, and so on. One and the same matrix did it for every position. With different speeds inside a pair, the two numbers would no longer lie on one circle, and no such matrix would exist; that is why columns $2i$ and $2i + 1$ share $i$.

# %% [markdown]
# ## 3 · How much does a word matter to another?
#
# **Why.** The vectors of a sentence stand side by side and know nothing of one another. We want to mix them: the new vector of *cat* should hold something of those words that matter to *cat*. So we need, for each pair of words, a number that says how much the second matters to the first. These numbers should be positive, and for each word they should sum to 1, so that they can be the weights of a mean.
#
# **Picture.** Two vectors that point the same way have a large dot product, two at right angles have 0. That is a first measure: *what resembles me matters to me*. The picture shows four words as arrows, by two of their three numbers, creature and place; *the* is the point at 0.

# %% nbgrader={"grade": false, "grade_id": "arrows_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_arrows():
    figure, axes = plt.subplots(figsize=(6, 3.9), layout="constrained")
    for word, colour, width, side in (("cat", BLUE, 2.2, (0.0, 0.16)), ("sat", GREEN, 2.2, (0.14, 0.05)), ("mat", ORANGE, 2.2, (0.2, 0.0)), ("on", PURPLE, 5.0, (0.18, 0.0))):
        creature, _, place = TABLE[VOCABULARY.index(word)]  # "on" comes last and is thick: it lies on "mat"
        axes.annotate("", (creature, place), (0, 0), arrowprops={"arrowstyle": "-|>", "color": colour, "lw": width, "shrinkA": 0, "shrinkB": 0})
        axes.text(creature + side[0], place + side[1], word, ha="center", va="center", fontweight="bold")
    axes.plot(0, 0, "o", color="black", ms=7, zorder=5)
    axes.text(-0.07, -0.12, "the", ha="right", va="center", fontweight="bold")
    axes.set(title="Two of the three numbers of each word", xlabel="creature", ylabel="place", xlim=(-0.5, 2.6), ylim=(-0.3, 2.4))
    show()


draw_arrows()

# %% [markdown]
# **Derivation.** Let $X$, of shape $(N, D)$, hold the vectors of $N$ words, one in each row: $x_0, \dots, x_{N-1}$. The *score* of word $j$ for word $i$ is the dot product $s_{ij} = x_i \cdot x_j$. All of them at once are one matrix product, $S = X X^\top$ of shape $(N, N)$: row $i$ belongs to the word that looks, column $j$ to the word that is looked at.
#
# Scores may be negative, and they do not sum to 1. The *softmax* mends both. It raises $e$ to the power of each score and divides by the sum of its row:
#
# $$ \boxed{\; a_{ij} = \frac{e^{s_{ij}}}{\sum_{k=0}^{N-1} e^{s_{ik}}} \;} \qquad A \text{ of shape } (N, N), \text{ every row sums to } 1. $$
#
# The exponential is positive and keeps the order: a larger score is a larger weight. A score that is larger by 1 has $e \approx 2.7$ times the weight.
#
# **Large scores.** $e^{710}$ is too large for a float. But a softmax does not change when the same number $m$ is subtracted from all the scores of a row: numerator and denominator are both divided by $e^m$. With $m$ the largest score of the row, every exponent is 0 or less, and nothing can overflow.
#
# **By hand: The cat sat on the mat.** Each word has its three numbers (creature, action, place):
#
# | | the | cat | sat | on | the | mat |
# |---|---|---|---|---|---|---|
# | vector | (0, 0, 0) | (2, 1, 0) | (1, 2, 1) | (0, 0, 1) | (0, 0, 0) | (0, 0, 2) |
# | dot product with *cat* | 0 | 2·2 + 1·1 + 0·0 = **5** | 2·1 + 1·2 + 0·1 = **4** | 0 | 0 | 0 |
# | exponential | 1 | 148.41 | 54.60 | 1 | 1 | 1 |
# | weight for *cat* | .005 | .717 | .264 | .005 | .005 | .005 |
# | dot product with *mat* | 0 | 0 | 0·1 + 0·2 + 2·1 = **2** | 0·0 + 0·0 + 2·1 = **2** | 0 | 2·2 = **4** |
# | exponential | 1 | 1 | 7.39 | 7.39 | 1 | 54.60 |
# | weight for *mat* | .014 | .014 | .102 | .102 | .014 | .754 |
#
# The exponentials of *cat* sum to 207.01, and $148.41 / 207.01 = 0.717$; those of *mat* sum to 72.38, and $54.60/72.38 = 0.754$. The cat looks mostly at itself, and then at *sat*, with which it shares creature and action. At the mat it hardly looks at all: the two have nothing in common. And *the*, whose vector is zero, has the score 0 with everything: it looks at all six words alike.

# %% [markdown]
# **Write** `importance_scores`.
#
# * The result has the shape (N, N). Row i holds the weights of the word i that looks, and sums to 1.
# * The dot products are not scaled by anything. They may be as large as ten thousand, positive or negative; every weight is right even then.
#
# <details><summary>Hint 1: shapes</summary>
#
# X is (N, D), so X times its transpose is (N, N). The largest score and the sum of each row are columns of shape (N, 1): keep their second axis, so that they broadcast along the row.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# a_ij = exp(s_ij − m_i) / Σ_k exp(s_ik − m_i), where m_i is the largest score of row i. Rows run along axis 1.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# scores: X times its transpose; from each row subtract its largest score; exponentials; divide each row by its sum.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "importance_scores_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def importance_scores(X: np.ndarray) -> np.ndarray:
    """How much each word of a sentence matters to each other one.

    X: shape (N, D), the vector of each word. Returns shape (N, N): row i is the softmax of the dot products of word i with every word.
    Dot products are not scaled, and may be in the thousands.

    >>> importance_scores(np.array([[1.0, 0.0], [0.0, 1.0]])).round(4)
    array([[0.7311, 0.2689],
           [0.2689, 0.7311]])
    """
    ### BEGIN SOLUTION
    scores = X @ X.T
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "importance_scores", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Importance by dot products", "difficulty": 1, "minutes": 15, "needs": [], "imports": ["numpy"]}
def check_importance_scores():
    X = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 1.0]])
    found = importance_scores(X)
    assert np.shape(found) == (3, 3), f"three words give a table of three rows and three columns, not {np.shape(found)}"
    assert not np.allclose(np.sum(found, axis=0), 1.0), "the columns sum to 1: the softmax belongs to the rows, one for each word that asks"
    assert np.allclose(np.sum(found, axis=1), 1.0), f"each row should sum to 1; the sums are {np.sum(found, axis=1).tolist()}"
    wanted = np.exp([1.0, 0.0, 2.0]) / np.exp([1.0, 0.0, 2.0]).sum()
    assert np.allclose(found[0], wanted), f"the dot products of word 0 are 1, 0 and 2; their softmax is {wanted.round(4).tolist()}, not {np.round(found[0], 4).tolist()}"
    with np.errstate(all="ignore"):
        large = importance_scores(np.array([[40.0, 0.0], [40.0, 1.0]]))
    assert np.all(np.isfinite(large)), "with dot products near 1600 an exponential overflows: subtract the largest of each row first"
    assert X.tolist() == [[1.0, 0.0], [0.0, 1.0], [2.0, 1.0]], "X should stay as it is"
    print("importance_scores: rows, values and large scores are right")


check_importance_scores()

# %% [markdown]
# ### Look at it: the weights of cat and mat
#
# > **Predict.** You know the rows of *cat* and *mat* from the table. Which word will look most at itself? Is the map symmetric: does *sat* look at *cat* as much as *cat* looks at *sat*?

# %% nbgrader={"grade": false, "grade_id": "cat_and_mat", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_importance():
    weights = importance_scores(embed(IDS, TABLE)[0])
    figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 4.1), layout="constrained", width_ratios=[1, 1.15])
    draw_map(left, weights, SENTENCE, SENTENCE, "importance_scores(X)")
    left.set(xlabel="word that is looked at", ylabel="word that looks")
    place = np.arange(len(SENTENCE))
    right.bar(place - 0.2, weights[1], 0.4, color=BLUE, label="cat looks at")
    right.bar(place + 0.2, weights[5], 0.4, color=ORANGE, label="mat looks at")
    right.set_xticks(place, SENTENCE)
    right.set(title="The rows of cat and mat", ylabel="weight", ylim=(0, 1))
    right.legend(frameon=False)
    show()


plot_importance()

# %% [markdown]
# **What to see.** The rows of *cat* and *mat* are those that you worked out. *Sat*, which has the longest vector, looks most at itself (0.86). The scores are symmetric, the weights are not: *cat* gives *sat* 0.26, *sat* gives *cat* 0.12, because each row is divided by its own sum.
#
# Two things are unsatisfactory. *Cat*, *sat* and *mat* look most at themselves, and learn little that is new. And what resembles a word is not what it needs: the cat wants to know *where* it sits, and the word that says so has nothing in common with it.

# %% [markdown]
# ## 4 · Attention
#
# **Why.** So let a word play three different roles, with three different vectors:
#
# * as the one that looks, it has a **query**: what am I looking for?
# * as the one that is looked at, it has a **key**: what can I be found by?
# * once it was found, it gives a **value**: what do I have to say?
#
# A creature can then ask for a place, and a place can answer, though the two do not resemble each other at all.
#
# **Picture.** A library with a catalogue. You come with a question, compare it with the entry of each book, and read the books whose entries fit. What you compare (query and entry) and what you take home (the content) are different things. Attention is a soft library: you take home a little of every book, the better it fits the more.

# %% nbgrader={"grade": false, "grade_id": "roles_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_box(axes, x, y, text, colour="black", width=2.0, height=0.8, fill="white"):
    axes.add_patch(plt.Rectangle((x - width / 2, y - height / 2), width, height, facecolor=fill, edgecolor=colour, lw=1.5, zorder=3))
    axes.text(x, y, text, ha="center", va="center", fontsize=9.5, zorder=4)


def draw_arrow(axes, start, end, colour=GREY, bend=0.0, text="", shift=(0.0, 0.0)):
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 1.4, "shrinkA": 0, "shrinkB": 0, "connectionstyle": f"arc3,rad={bend}"}, zorder=2)
    if text:
        axes.text((start[0] + end[0]) / 2 + shift[0], (start[1] + end[1]) / 2 + shift[1], text, ha="center", va="center", fontsize=9.5, color=colour)


def draw_roles():
    figure, axes = plt.subplots(figsize=(10, 4), layout="constrained")
    draw_box(axes, 0, 3, "X\n(N, D)")
    draw_box(axes, 0, 0, "X\n(M, D)")
    for y, letter, rows, last, colour in ((3, "Q", "N", "dk", BLUE), (0.7, "K", "M", "dk", ORANGE), (-0.7, "V", "M", "dv", GREEN)):
        draw_box(axes, 3.4, y, f"{letter}\n({rows}, {last})", colour)
        draw_arrow(axes, (1.0, 3 if y == 3 else 0), (2.4, y), colour, text=f"$W_{letter}$", shift=(0, 0.28 if y > 0 else -0.28))
    draw_box(axes, 6.6, 1.9, "scores\n(N, M)")
    draw_arrow(axes, (4.4, 3), (5.6, 2.1))
    draw_arrow(axes, (4.4, 0.7), (5.6, 1.7))
    axes.text(6.6, 2.62, r"$QK^\top / \sqrt{d_k}$", ha="center", fontsize=10.5)
    draw_box(axes, 9.4, 1.9, "weights A\n(N, M)")
    draw_arrow(axes, (7.6, 1.9), (8.4, 1.9))
    axes.text(9.4, 2.62, "mask, softmax of each row", ha="center", fontsize=10)
    draw_box(axes, 12.4, 0.6, "output\n(N, dv)")
    draw_arrow(axes, (10.4, 1.9), (11.7, 1.0))
    draw_arrow(axes, (4.4, -0.7), (11.4, 0.3), GREEN)
    axes.text(12.4, 1.32, "A V", ha="center", fontsize=10.5)
    axes.text(0, 3.65, "the words that look", ha="center", color=BLUE)
    axes.text(0, -0.85, "the words that\nare looked at", ha="center", color=ORANGE, va="center")
    axes.set(title="Queries, keys and values", xlim=(-1.6, 13.6), ylim=(-1.3, 4.0))
    axes.axis("off")
    show()


draw_roles()

# %% [markdown]
# **Derivation.** There are $N$ words that look and $M$ words that are looked at. In *self-attention* these are the same words, and $N = M$; in section 11 they will not be. The three roles are three matrix products with matrices that are learnt:
#
# $$ Q = X W_Q, \qquad K = X W_K, \qquad V = X W_V, $$
#
# | array | shape | what it is |
# |---|---|---|
# | $X$ | $(N, D)$, or $(M, D)$ for keys and values | the vectors of the words |
# | $W_Q$, $W_K$ | $(D, d_k)$ | what is asked for, what one can be found by |
# | $W_V$ | $(D, d_v)$ | what is passed on |
# | $Q$ | $(N, d_k)$ | a query for each word that looks |
# | $K$ | $(M, d_k)$ | a key for each word that is looked at: of the length of a query, because the two are compared |
# | $V$ | $(M, d_v)$ | a value for each word that is looked at, of any length |
# | $S = Q K^\top / \sqrt{d_k}$ | $(N, M)$ | scores: row = query, column = key |
# | $A = \operatorname{softmax}(S)$, row by row | $(N, M)$ | weights: every row sums to 1 |
# | $O = A V$ | $(N, d_v)$ | output: row $i$ is the mean of the values, weighted for query $i$ |
#
# From here on $V$ is the array of the values, and no longer the size of the vocabulary.
#
# $$ \boxed{\; \operatorname{attention}(Q, K, V) = \operatorname{softmax}\!\left( \frac{Q K^\top}{\sqrt{d_k}} \right) V \;} $$
#
# **Why the square root.** Suppose that the entries of a query $q$ and of a key $k$ are independent random numbers with mean 0 and variance 1. Then each product $q_c k_c$ has mean 0 and variance $1 \cdot 1 = 1$. The dot product is a sum of $d_k$ of them, and variances of independent numbers add: $q \cdot k$ has the variance $d_k$, so its standard deviation is $\sqrt{d_k}$. With $d_k = 64$, scores of $\pm 8$ are usual, and $e^{8} \approx 2981$: one weight is almost 1, all the others almost 0. That is called *saturation*. Divided by $\sqrt{d_k}$, the scores have the standard deviation 1 whatever the length of the vectors.
#
# Saturation is bad because of the slope. With two keys and the scores $s$ and $0$, the first weight is $a = e^s / (e^s + 1)$, and its slope is $\partial a / \partial s = a (1 - a)$. At $s = 1$ this is $0.731 \cdot 0.269 = 0.197$. At $s = 8$ it is $0.99966 \cdot 0.00034 = 0.00034$: the weight no longer moves, and what does not move cannot be learnt.
#
# **By hand.** The lengths of query and key are $d_k = 4$. The query is $(2, 0, 0, 0)$, the keys are $(1, 5, 0, 0)$ and $(0, 5, 0, 1)$, the values $(1, 0, 4)$ and $(0, 1, 8)$. Dot products: 2 and 0. Divided by $\sqrt 4 = 2$: 1 and 0. Exponentials: 2.718 and 1, with the sum 3.718. Weights: 0.731 and 0.269. Output: $0.731 \cdot (1, 0, 4) + 0.269 \cdot (0, 1, 8) = (0.731,\ 0.269,\ 5.076)$.
#
# **By hand: where is the cat?** Let queries and keys have the length $d_k = 1$. Take $W_Q = (1, 0, 0)^\top$: a word asks as strongly as it is a creature. Take $W_K = (0, 0, 1)^\top$: a word can be found by being a place. And $W_V$ is the unit matrix: a word passes its whole vector on.
#
# | | the | cat | sat | on | the | mat |
# |---|---|---|---|---|---|---|
# | query: creature | 0 | **2** | 1 | 0 | 0 | 0 |
# | key: place | 0 | 0 | 1 | 1 | 0 | 2 |
# | score for *cat*: 2 · key / √1 | 0 | 0 | 2 | 2 | 0 | 4 |
# | exponential | 1 | 1 | 7.39 | 7.39 | 1 | 54.60 |
# | weight for *cat* | .014 | .014 | .102 | .102 | .014 | **.754** |
#
# The output for *cat* is $0.754 \cdot (0, 0, 2) + 0.102 \cdot (1, 2, 1) + 0.102 \cdot (0, 0, 1) + 0.014 \cdot (2, 1, 0) = (0.13,\ 0.22,\ 1.71)$. A creature asked, and what came back says: *place*.

# %% [markdown]
# **Masks.** Sometimes a query must not look at certain keys; section 6 says when. A *mask* is an array of booleans. In this course **True means: this query may attend to this key**. (In PyTorch's own modules it means the opposite in some places. Always look it up.) Forbidden scores are taken out *before* the softmax: their exponential counts as 0, and the remaining weights of the row sum to 1. If a row may attend to nothing at all, all its exponentials are 0, and 0/0 is not a number. Such a row gets the weights 0, and with them the output 0.
#
# **Many at once.** A batch of sentences, and later several heads, are axes in front: $Q$ of shape $(\dots, N, d_k)$, $K$ $(\dots, M, d_k)$, $V$ $(\dots, M, d_v)$. NumPy's `@` multiplies the last two axes and repeats that for all the axes in front. The mask may have fewer axes, or axes of size 1: it *broadcasts* to the scores, that is, it is repeated where it has no axis of its own.

# %% [markdown]
# **Write** `attention`.
#
# * The axes in front, "…", are the same in Q, K and V. There may be none, or several. N, M, $d_k$ and $d_v$ may all differ.
# * The result is the pair (output, weights), of shapes (…, N, dv) and (…, N, M).
# * The mask, if there is one, broadcasts to (…, N, M), never the other way round. True: may attend. Where it is False the weight is 0, and the keys that are left share the weight as if the others were not there.
# * Each row of weights sums to 1. A row that may attend to nothing has weights 0 and output 0.
# * Scores may be as large as ten thousand, positive or negative; the result is right even then, also when the largest score of a row is masked.
#
# <details><summary>Hint 1: shapes</summary>
#
# (…, N, dk) times (…, dk, M) is (…, N, M): swap the last two axes of K, and only these. The largest score and the sum of a row have the shape (…, N, 1). Weights (…, N, M) times V (…, M, dv) give (…, N, dv).
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The softmax is that of section 3, along the last axis. dk is the length of the last axis of Q. A forbidden score is set to −∞, since exp(−∞) = 0. In a row full of −∞ the largest score is −∞, and −∞ − (−∞) is not a number: subtract 0 there instead. Its sum is 0: divide by 1 there instead.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# scores: Q times K with its last two axes swapped, divided by the root of dk; where there is a mask and it is False: minus infinity; the largest of each row, 0 where it is minus infinity; exponentials of score minus largest; their sum, 1 where it is 0; weights: exponentials divided by the sum; output: weights times V.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "attention_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def attention(Q: np.ndarray, K: np.ndarray, V: np.ndarray, mask: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Scaled dot-product attention.

    Q: shape (..., N, dk), the queries. K: shape (..., M, dk), the keys. V: shape (..., M, dv), the values.
    The leading axes "..." are the same for all three; there may be none. N, M, dk and dv may all differ.
    mask: None, or booleans that broadcast to (..., N, M). True: this query may attend to this key.
    Returns (output, weights), of shapes (..., N, dv) and (..., N, M). Weights are 0 where the mask is False, and each row
    of weights sums to 1; a row that may attend to nothing has weights and output 0.

    >>> output, weights = attention(np.array([[1.0]]), np.array([[0.0], [0.0]]), np.array([[2.0], [4.0]]))
    >>> output, weights
    (array([[3.]]), array([[0.5, 0.5]]))
    """
    ### BEGIN SOLUTION
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    highest = scores.max(axis=-1, keepdims=True)
    highest = np.where(np.isfinite(highest), highest, 0.0)  # -inf in a row that may attend to nothing
    exponentials = np.exp(scores - highest)
    total = exponentials.sum(axis=-1, keepdims=True)
    weights = exponentials / np.where(total > 0, total, 1.0)
    return weights @ V, weights
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "attention", "locked": true, "points": 20, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Scaled dot-product attention", "difficulty": 2, "minutes": 35, "needs": [], "imports": ["numpy"]}
def check_attention():
    Q, K, V = np.array([[2.0, 0.0, 0.0, 0.0]]), np.array([[1.0, 5.0, 0.0, 0.0], [0.0, 5.0, 0.0, 1.0]]), np.array([[1.0, 0.0, 4.0], [0.0, 1.0, 8.0]])
    answer = attention(Q, K, V)
    assert isinstance(answer, (tuple, list)) and len(answer) == 2, "attention should return two things, the output and the weights"
    output, weights = answer
    assert np.shape(weights) == (1, 2), f"one query and two keys: the weights have the shape (1, 2), not {np.shape(weights)}"
    assert np.shape(output) == (1, 3), f"one query, values of three numbers: the output has the shape (1, 3), not {np.shape(output)}"
    assert not np.allclose(weights, np.exp([2.0, 0.0]) / np.exp([2.0, 0.0]).sum()), "the scores were not divided by the square root of dk"
    wanted = np.exp([1.0, 0.0]) / np.exp([1.0, 0.0]).sum()
    assert np.allclose(weights, wanted), f"the scores are (2, 0), divided by √4 they are (1, 0); the weights are {wanted.round(4).tolist()}, not {np.round(weights, 4).tolist()}"
    assert np.allclose(output, wanted @ V), f"the output is the weighted mean of the values, {np.round(wanted @ V, 4).tolist()}, not {np.round(output, 4).tolist()}"

    draw = np.random.default_rng(0)
    Q, K, V = draw.normal(size=(2, 3, 4, 6)), draw.normal(size=(2, 3, 5, 6)), draw.normal(size=(2, 3, 5, 7))
    before = Q.copy(), K.copy(), V.copy()
    output, weights = attention(Q, K, V)
    assert np.shape(output) == (2, 3, 4, 7), f"with leading axes (2, 3) the output should have the shape (2, 3, 4, 7), not {np.shape(output)}"
    assert np.allclose(np.sum(weights, axis=-1), 1.0), "every row of weights should sum to 1, along the last axis: the keys"
    assert np.allclose(output[1, 2], attention(Q[1, 2], K[1, 2], V[1, 2])[0]), "a batch should give for each of its members what that member gives alone"

    mask = np.array([True, False, True, True, False])
    output, weights = attention(Q, K, V, mask)
    assert np.abs(weights[..., mask]).max() > 0, "True means: may attend. Here the weights are 0 where the mask is True"
    assert np.all(weights[..., ~mask] == 0.0), "where the mask is False the weight should be 0"
    assert np.allclose(np.sum(weights, axis=-1), 1.0), "with a mask, too, every row should sum to 1: take the forbidden scores out before the softmax, not after"
    assert np.allclose(output, attention(Q, K[..., mask, :], V[..., mask, :])[0]), "keys that are masked should count as if they were not there"

    mask = np.ones((4, 5), dtype=bool)
    mask[2] = False
    with np.errstate(all="ignore"):
        output, weights = attention(Q, K, V, mask)
    assert np.all(np.isfinite(weights)), "a query that may attend to nothing should have the weights 0; there is something like 0/0 in yours"
    assert np.all(weights[..., 2, :] == 0.0) and np.all(output[..., 2, :] == 0.0), "a query that may attend to nothing has weights and output 0"
    with np.errstate(all="ignore"):
        assert np.all(np.isfinite(attention(100 * Q, 100 * K, V)[1])), "with large scores an exponential overflows: subtract the largest of each row first"
    assert all(np.array_equal(a, b) for a, b in zip(before, (Q, K, V))) and mask.sum() == 15, "Q, K, V and the mask should stay as they are"
    print("attention: scale, softmax, shapes and masks are right")


check_attention()

# %% [markdown]
# ### Look at it: where is the cat?
#
# > **Predict.** The cell uses the three matrices of the second example. You know the row of *cat*. What will the row of *mat* look like, whose query is 0? And *sat*, whose query is half that of *cat*?

# %% nbgrader={"grade": false, "grade_id": "where_is_the_cat", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_where():
    X = embed(IDS, TABLE)[0]
    ask, be_found = np.array([[1.0], [0.0], [0.0]]), np.array([[0.0], [0.0], [1.0]])
    output, weights = attention(X @ ask, X @ be_found, X)
    draw_looks(importance_scores(X), weights)
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(11.5, 4), layout="constrained", width_ratios=[1.8, 1, 1])
    draw_map(left, weights, SENTENCE, SENTENCE, "weights: creatures ask for places")
    left.set(xlabel="word that is looked at", ylabel="word that looks")
    draw_map(middle, X, SENTENCE, QUALITIES, "before: X", high=2.6, size=9)
    draw_map(right, output, SENTENCE, QUALITIES, "after: output", high=2.6, size=9)
    for axes in (middle, right):
        axes.tick_params(axis="x", labelrotation=30)
    show()


plot_where()

# %% [markdown]
# **What to see.** The first picture is the one from the top of the notebook, now from your code. The row of *cat* is now what the row of *mat* was: the cat looks at the mat as the mat looked at itself. *Sat* looks at the mat, too, but its query is half as large, its scores 0, 1 and 2, and its weights flatter. Words with the query 0 have no question: they look everywhere alike and get the plain mean of the sentence. What comes back to the cat is "place", of which there was nothing in its own vector. A network *adds* it to the old vector: a creature, and at a place.
#
# In a real network nobody chooses $W_Q$ and $W_K$; they are learnt, by the gradients of section 8.

# %% [markdown]
# ### Look at it: why the square root
#
# > **Predict.** The next cell draws random queries and ten random keys, of length $d_k$ from 1 to 1024, with and without the square root. On the left: the largest of the ten weights (0.1 would be perfectly even, 1 is saturated). On the right: how strongly the weights react when the scores move. What will the curves without the root do, and where?

# %% nbgrader={"grade": false, "grade_id": "saturation", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_saturation():
    draw = np.random.default_rng(0)
    lengths = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
    largest, reaction = {True: [], False: []}, {True: [], False: []}
    for dk in lengths:
        Q, K = draw.normal(size=(1000, 1, dk)), draw.normal(size=(1000, 10, dk))
        for scaled in (True, False):
            # attention divides by the root; a query that was multiplied by it before has unscaled scores
            weights = attention(Q if scaled else Q * np.sqrt(dk), K, K[..., :1])[1][:, 0]
            slopes = weights[:, :, np.newaxis] * (np.eye(10) - weights[:, np.newaxis, :])  # of each weight in each score
            largest[scaled].append(weights.max(axis=1))
            reaction[scaled].append(np.sqrt((slopes**2).sum(axis=(1, 2))))
    figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 4), layout="constrained")
    for scaled, colour, style, label in ((True, BLUE, "o-", "with the root: q·k / √dk"), (False, ORANGE, "s--", "without: q·k")):
        for axes, found in ((left, largest[scaled]), (right, reaction[scaled])):
            axes.plot(lengths, [max(np.median(group), 1e-16) for group in found], style, color=colour, ms=5, label=label)
            axes.fill_between(lengths, *np.maximum(np.quantile(found, [0.25, 0.75], axis=1), 1e-16), color=colour, alpha=0.15, lw=0)
    left.axhline(0.1, color=GREY, ls=":", lw=1)
    left.text(1, 0.035, "all ten alike", color=GREY, fontsize=10)
    left.set(title="The largest of ten weights", xlabel="length of query and key, dk", ylabel="weight", xscale="log", ylim=(0, 1.03))
    right.set(title="How the weights react to the scores", xlabel="length of query and key, dk", ylabel="size of the slopes ∂a/∂s", xscale="log", yscale="log", ylim=(1e-11, 3))
    left.legend(frameon=False, loc="center right", fontsize=10)
    show()


plot_saturation()

# %% [markdown]
# **What to see.** Lines are medians, bands hold the middle half of a thousand draws. With the root, both curves are almost flat from $d_k = 8$ on: how attention behaves hardly depends on how long the vectors are. Without it the largest weight climbs to 1, and from $d_k = 64$ on the slopes collapse: at $d_k = 1024$ they are a hundred thousand times smaller than with the root (the axis on the right is logarithmic). A network that starts out like this hardly learns; section 8 shows it happen.

# %% [markdown]
# ## 5 · Attention does not know the order
#
# **Why.** Look at the formula again: where in $\operatorname{softmax}(QK^\top/\sqrt{d_k})\,V$ does it say which word is the first? Nowhere. Row $i$ of the output is a sum over all keys, and a sum does not care in which order it is taken. If the words are shuffled, the outputs are shuffled in the same way and otherwise do not change. This is called *permutation equivariance*: with a permutation matrix $P$ of shape $(N, N)$, which reorders rows,
#
# $$ \operatorname{softmax}\!\left(\tfrac{1}{\sqrt{d_k}}\, P Q (P K)^\top\right) P V = P \operatorname{softmax}\!\left(\tfrac{1}{\sqrt{d_k}}\, Q K^\top\right) P^\top P V = P \operatorname{attention}(Q, K, V), $$
#
# because $P^\top P$ is the unit matrix and a softmax of rows does not mind when rows or columns change places.
#
# ### Look at it: drop the positions
#
# The cell compares *the cat sat on the mat* with *the mat sat on the cat*: for each word, how different is its output in the two sentences? The vectors and the three matrices are random, of length 16. Once the positions are left out, once they are added.
#
# > **Predict.** For which words does the output differ without positions? And with positions: which words, although they stand at the same place in both sentences, will differ, too?

# %% nbgrader={"grade": false, "grade_id": "without_positions", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_order():
    draw = np.random.default_rng(1)
    table, (WQ, WK, WV) = draw.normal(size=(5, 16)), draw.normal(size=(3, 16, 16)) / 4
    other = np.array([[VOCABULARY.index(word) for word in "the mat sat on the cat".split()]])
    same = [0, 5, 2, 3, 4, 1]  # where each word of the first sentence stands in the second
    figure, axes = plt.subplots(figsize=(8, 3.8), layout="constrained")
    for positions, colour, shift in ((False, ORANGE, -0.2), (True, BLUE, 0.2)):
        outputs = []
        for ids in (IDS, other):
            X = embed(ids, table) + (sinusoidal_encoding(6, 16) if positions else 0.0)
            outputs.append(attention(X @ WQ, X @ WK, X @ WV)[0][0])
        difference = np.sqrt(((outputs[0] - outputs[1][same]) ** 2).sum(axis=1))
        axes.bar(np.arange(6) + shift, difference, 0.4, color=colour, label="with positions" if positions else "without positions")
        print(f"{'with' if positions else 'without'} positions: largest difference {difference.max():.1e}")
    axes.set_xticks(range(6), SENTENCE)
    axes.set(title="The cat sat on the mat, the mat sat on the cat", ylabel="distance between the two outputs")
    axes.legend(frameon=False)
    show()


plot_order()

# %% [markdown]
# **What to see.** Without positions there is no orange bar to be seen: the two sentences, who sits on whom, are the same to attention. With positions every word differs: *cat* and *mat* because they stand elsewhere, and the other four, although they have not moved, because what they look at has.

# %% [markdown]
# ## 6 · Masks: who may look at whom
#
# **Why.** There are two reasons to forbid a look.
#
# *Padding.* Sentences of a batch have different lengths, and an array has one shape. So short sentences are filled up with a word that means nothing. No real word should look at it: what a sentence means must not depend on how long its neighbours in the batch are.
#
# *The future.* A model that writes a text guesses the next word from those before it. In training it sees the whole text at once, and at each position it is asked for the next word. If it may look ahead, it reads the answer. So position $i$ may look at the positions $j \le i$ only. Such a mask is called *causal*. A position may look at itself: it is asked for the word after it, and its own word is known.
#
# **Picture.** Rows are queries, columns are keys, blue squares are True: may attend.

# %% nbgrader={"grade": false, "grade_id": "masks_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_masks(padding, causal):
    """padding: shape (5,), causal: shape (5, 5)."""
    figure, rows = plt.subplots(1, 3, figsize=(10.5, 3.9), layout="constrained")
    tables = (np.broadcast_to(padding, (5, 5)), causal, padding & causal)
    for axes, table, title in zip(rows, tables, ("padding: 3 words of 5", "causal: no look ahead", "both: padding & causal")):
        draw_map(axes, table, range(5), range(5), title, numbers=False, high=1.6)
        axes.set_xticks(np.arange(-0.5, 5), minor=True)
        axes.set_yticks(np.arange(-0.5, 5), minor=True)
        axes.grid(which="minor", color="white", lw=2)
        axes.tick_params(which="minor", length=0)
        for i, j in np.ndindex(5, 5):
            axes.text(j, i, "✓" if table[i, j] else "·", ha="center", va="center", fontsize=12)
        axes.set(xlabel="key: is looked at", ylabel="query: looks")
    show()


draw_masks(np.array([True, True, True, False, False]), np.array([[j <= i for j in range(5)] for i in range(5)]))

# %% [markdown]
# **Derivation.** Let `lengths`, of shape $(B,)$, hold the number of real words of each sentence of a batch, $0 \le \ell_b \le M$, where $M$ is the length to which all were filled up. Then
#
# $$ \mathrm{padding}_{b,0,0,j} = (j < \ell_b), \quad \text{shape } (B, 1, 1, M); \qquad \mathrm{causal}_{ij} = (j \le i), \quad \text{shape } (N, N). $$
#
# Why the two axes of size 1? The scores of a batch with $h$ heads (section 7) have the shape $(B, h, N, M)$. The padding is the same for every head and for every query: these axes are 1 and broadcast. The causal mask is the same for every sentence and head, and an array with fewer axes gets axes of size 1 in front. With booleans, `padding & causal` is True where both are, and in self-attention, where $M = N$, it has the shape $(B, 1, N, N)$.
#
# **By hand.** $M = 4$ and the lengths 2, 4 and 0: the rows are (True, True, False, False), four times True, and four times False. The last belongs to an empty sentence: its queries may attend to nothing, and your `attention` gives them zeros. `causal_mask(3)` has the rows (True, False, False), (True, True, False), (True, True, True).

# %% [markdown]
# **Write** `padding_mask` and `causal_mask`.
#
# * Both give booleans: arrays of dtype `bool`, not of 0 and 1. True: may attend.
# * `padding_mask` has the shape (B, 1, 1, M); each length is from 0 to M.
# * `causal_mask` has the shape (N, N): row i is the query, column j the key; the diagonal is True.
#
# <details><summary>Hint 1: shapes</summary>
#
# Places 0 to M − 1 are a row of shape (M,). Lengths as a column of shape (B, 1), compared with it, give (B, M). Two more axes of size 1 go between the two. For the causal mask: a column of N query numbers and a row of N key numbers give (N, N).
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The two formulas of the derivation compare numbers of places. A comparison of arrays gives booleans, and it broadcasts: (M,) with (B, 1, 1, 1) gives (B, 1, 1, M), and (N,) with (N, 1) gives (N, N).
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# padding: compare the row of places with lengths, given as many axes as the result has. causal: compare the row of places with the column of places.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "masks_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def padding_mask(lengths: np.ndarray, M: int) -> np.ndarray:
    """Which keys are words, and not padding.

    lengths: integers, shape (B,), each from 0 to M. M: the number of keys.
    Returns booleans, shape (B, 1, 1, M): True at key j of sentence b where j < lengths[b].

    >>> padding_mask(np.array([2, 3]), 3)[:, 0, 0]
    array([[ True,  True, False],
           [ True,  True,  True]])
    """
    ### BEGIN SOLUTION
    real = np.arange(M) < lengths[:, np.newaxis]
    return real[:, np.newaxis, np.newaxis, :]
    ### END SOLUTION


def causal_mask(N: int) -> np.ndarray:
    """Which positions are not in the future.

    Returns booleans, shape (N, N): True at query i and key j where j <= i.

    >>> causal_mask(3)
    array([[ True, False, False],
           [ True,  True, False],
           [ True,  True,  True]])
    """
    ### BEGIN SOLUTION
    return np.tril(np.ones((N, N), dtype=bool))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "masks", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Who may look at whom", "difficulty": 2, "minutes": 15, "needs": [], "imports": ["numpy"]}
def check_masks():
    lengths = np.array([2, 4, 0])
    found = padding_mask(lengths, 4)
    assert np.shape(found) == (3, 1, 1, 4), f"three sentences, four keys: the shape is (3, 1, 1, 4), not {np.shape(found)}"
    assert np.asarray(found).dtype == bool, f"a mask holds booleans, not {np.asarray(found).dtype}"
    assert found[0, 0, 0].tolist() == [True, True, False, False], f"a sentence of two words has two keys that may be looked at, the first two: not {found[0, 0, 0].tolist()}"
    assert found[1, 0, 0].all() and not found[2, 0, 0].any(), "a full sentence has no padding, and an empty one nothing else"
    assert lengths.tolist() == [2, 4, 0], "lengths should stay as it is"

    found = causal_mask(3)
    assert np.shape(found) == (3, 3), f"causal_mask(3) has the shape (3, 3), not {np.shape(found)}"
    assert np.asarray(found).dtype == bool, f"a mask holds booleans, not {np.asarray(found).dtype}"
    assert np.diagonal(found).all(), "each position may look at itself: the diagonal is True"
    assert not found[0, 2], "query 0 may not look at key 2, which is in its future; rows are queries, columns are keys"
    assert found[2, 0], "query 2 may look at key 0, which is in its past; rows are queries, columns are keys"
    assert found.tolist() == [[True, False, False], [True, True, False], [True, True, True]], f"causal_mask(3) should be the lower triangle, not {found.tolist()}"
    print("padding_mask and causal_mask: shapes, kinds and places are right")


check_masks()

# %% [markdown]
# ### Look at it: what happens when the future changes
#
# A sentence of eight words goes through causal self-attention. Then the word at position 5 is replaced by another, and everything is computed again. The first picture shows your two masks and both together; the second, for each position, how much its output has changed.
#
# > **Predict.** Which positions change with the causal mask? Which change without it?

# %% nbgrader={"grade": false, "grade_id": "future", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_future():
    draw_masks(padding_mask(np.array([3]), 5)[0, 0, 0], causal_mask(5))
    draw = np.random.default_rng(2)
    X, (WQ, WK, WV) = draw.normal(size=(8, 16)), draw.normal(size=(3, 16, 16)) / 4
    changed = X.copy()
    changed[5] = draw.normal(size=16)
    figure, axes = plt.subplots(figsize=(8, 3.4), layout="constrained")
    for mask, colour, shift, label in ((None, ORANGE, -0.2, "without a mask"), (causal_mask(8), BLUE, 0.2, "with causal_mask")):
        before, after = (attention(x @ WQ, x @ WK, x @ WV, mask)[0] for x in (X, changed))
        axes.bar(np.arange(8) + shift, np.sqrt(((after - before) ** 2).sum(axis=1)), 0.4, color=colour, label=label)
    axes.set(title="The word at position 5 was replaced", xlabel="position", ylabel="change of the output")
    axes.legend(frameon=False, loc="upper left")
    show()


plot_future()

# %% [markdown]
# **What to see.** The three masks are those from above, now from your functions. With the causal mask the positions 0 to 4 have not changed at all: what comes later cannot reach them. The positions 5, 6 and 7 change: they see the new word. Without it every position changes. This is the best test of a causal model there is: *change the future, and see whether the past moves.* You will need it in "Find the bug".

# %% [markdown]
# ## 7 · Several heads
#
# **Why.** One row of weights is one mean. A word that has two questions, *who did it?* and *where?*, gets one mixture of the two answers and cannot tell them apart. So let it ask several questions at once. The vector of $D$ numbers is cut into $h$ pieces of $D/h$ numbers. Each piece is a small attention of its own, called a *head*, with its own weights. At the end the pieces are put side by side again. The matrix products of all heads together cost no more than those of one attention with vectors of length $D$; only the softmax is taken $h$ times.
#
# **Picture.** Two words with four numbers each, and two heads. Colours are heads. Watch what moves: the *numbers of a word* are shared out among the heads, and each head gets a piece of *every word*.

# %% nbgrader={"grade": false, "grade_id": "split_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_grid(axes, x, y, rows, colours, title):
    for i, row in enumerate(rows):
        for j, number in enumerate(row):
            axes.add_patch(plt.Rectangle((x + j, y - i), 0.94, 0.94, facecolor=colours(i, j), alpha=0.35, edgecolor="black", lw=1))
            axes.text(x + j + 0.47, y - i + 0.47, str(number), ha="center", va="center")
    axes.text(x + len(rows[0]) / 2, y + 1.25, title, ha="center", fontsize=10)


def draw_split():
    figure, axes = plt.subplots(figsize=(10, 3.2), layout="constrained")
    draw_grid(axes, 0, 0.5, [[1, 2, 3, 4], [5, 6, 7, 8]], lambda i, j: BLUE if j < 2 else ORANGE, "x: (1, 2, 4)")
    axes.text(-0.3, 0.97, "word 0", ha="right", va="center", fontsize=10)
    axes.text(-0.3, -0.03, "word 1", ha="right", va="center", fontsize=10)
    draw_arrow(axes, (4.4, 0.5), (6.3, 0.5), text="split_heads", shift=(0, 0.4))
    draw_grid(axes, 7, 0.5, [[1, 2], [5, 6]], lambda i, j: BLUE, "head 0")
    draw_grid(axes, 9.6, 0.5, [[3, 4], [7, 8]], lambda i, j: ORANGE, "head 1")
    axes.text(9.3, -1.25, "(1, 2, 2, 2)", ha="center", fontsize=10)
    draw_arrow(axes, (12.0, 0.5), (13.9, 0.5), text="merge_heads", shift=(0, 0.4))
    draw_grid(axes, 14.3, 0.5, [[1, 2, 3, 4], [5, 6, 7, 8]], lambda i, j: BLUE if j < 2 else ORANGE, "x again: (1, 2, 4)")
    axes.set(title="Cut the vectors, not the sentence", xlim=(-2, 18.6), ylim=(-1.7, 2.6))
    axes.axis("off")
    show()


draw_split()

# %% [markdown]
# **Derivation.** Let $x$ have the shape $(B, N, D)$, with $D = h \cdot d_k$. Call the heads $t = 0, \dots, h - 1$. Head $t$ has, of every word, the numbers $t\, d_k$ to $(t + 1)\, d_k - 1$:
#
# $$ \mathrm{split}(x)_{b,t,n,c} = x_{b,\,n,\,t d_k + c}, \qquad \text{shape } (B, h, N, d_k). $$
#
# The head comes *before* the word, so that each head is a table of shape $(N, d_k)$ and your `attention` treats heads as further axes in front. In two steps: a *reshape* to $(B, N, h, d_k)$ cuts each vector into pieces and moves no number; then the axes $N$ and $h$ change places. The inverse does the same two steps backwards. After merging, a last matrix $W_O$ of shape $(D, D)$ mixes what the heads found.
#
# **The famous mistake.** A reshape straight to $(B, h, N, d_k)$ has the right shape, too. But a reshape reads the numbers in the order in which they lie: $1, 2, 3, \dots, 8$ above. It would give head 0 the numbers $1, 2, 3, 4$: everything of word 0, and nothing of word 1. No error is raised, and a network even learns a little with it.
#
# **By hand.** $x = \bigl((1, 2, 3, 4), (5, 6, 7, 8)\bigr)$, with $h = 2$. Head 0 is $\bigl((1, 2), (5, 6)\bigr)$, head 1 is $\bigl((3, 4), (7, 8)\bigr)$.

# %% [markdown]
# **Write** `split_heads` and `merge_heads`.
#
# * `split_heads` gives the shape (B, h, N, D/h). If D is not divisible by h, it raises `ValueError`.
# * `merge_heads` takes (B, h, N, size) to (B, N, h · size), and `merge_heads(split_heads(x, h))` is x.
# * With one head the numbers stay as they are, and there is one more axis of size 1.
#
# <details><summary>Hint 1: shapes</summary>
#
# (B, N, D) → (B, N, h, D/h) → (B, h, N, D/h), and back in the opposite order. The first arrow is a reshape, the second an exchange of two axes.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# Between the two shapes with four axes lies an exchange of the axes 1 and 2 (look up `transpose` or `swapaxes`). A reshape cuts or joins axes that are next to each other; before joining h and D/h, they must be neighbours again.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# split: refuse if D divided by h leaves a remainder; reshape so that the last axis is cut into h pieces; exchange word and head. merge: exchange head and word; reshape so that the pieces of each word are joined.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "heads_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def split_heads(x: np.ndarray, h: int) -> np.ndarray:
    """Cut the vector of each word into h pieces, one for each head.

    x: shape (B, N, D). h: the number of heads; ValueError if D is not divisible by it.
    Returns shape (B, h, N, D // h): head t has the numbers t * D // h to (t + 1) * D // h - 1 of every word.

    >>> split_heads(np.array([[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]]), 2)
    array([[[[1., 2.],
             [5., 6.]],
    <BLANKLINE>
            [[3., 4.],
             [7., 8.]]]])
    """
    ### BEGIN SOLUTION
    B, N, D = x.shape
    if D % h:
        raise ValueError(f"{D} numbers cannot be shared out equally among {h} heads")
    return x.reshape(B, N, h, D // h).transpose(0, 2, 1, 3)
    ### END SOLUTION


def merge_heads(x: np.ndarray) -> np.ndarray:
    """The inverse of split_heads.

    x: shape (B, h, N, size). Returns shape (B, N, h * size): the pieces of each word, in the order of the heads.

    >>> merge_heads(np.array([[[[1.0, 2.0], [5.0, 6.0]], [[3.0, 4.0], [7.0, 8.0]]]]))
    array([[[1., 2., 3., 4.],
            [5., 6., 7., 8.]]])
    """
    ### BEGIN SOLUTION
    B, h, N, size = x.shape
    return x.transpose(0, 2, 1, 3).reshape(B, N, h * size)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "heads", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Several heads", "difficulty": 2, "minutes": 20, "needs": [], "imports": ["numpy"]}
def check_heads():
    x = np.arange(1.0, 13.0).reshape(1, 3, 4)
    found = split_heads(x, 2)
    assert np.shape(found) == (1, 2, 3, 2), f"three words of four numbers in two heads: the shape is (1, 2, 3, 2), not {np.shape(found)}"
    wanted = [[1.0, 2.0], [5.0, 6.0], [9.0, 10.0]]
    assert found[0, 0].tolist() == wanted, f"head 0 should have the first two numbers of each word, {wanted}, not {found[0, 0].tolist()}; a reshape alone mixes words"
    assert found[0, 1].tolist() == [[3.0, 4.0], [7.0, 8.0], [11.0, 12.0]], f"head 1 should have the last two numbers of each word, not {found[0, 1].tolist()}"
    merged = merge_heads(np.array([[[[1.0, 2.0], [5.0, 6.0], [9.0, 10.0]], [[3.0, 4.0], [7.0, 8.0], [11.0, 12.0]]]]))
    assert np.shape(merged) == (1, 3, 4), f"merge_heads should give the shape (1, 3, 4) back, not {np.shape(merged)}"
    assert np.array_equal(merged, x), f"merge_heads should put the pieces of each word together again, {x.tolist()}, not {merged.tolist()}"
    x = np.arange(120.0).reshape(2, 5, 12)
    assert np.array_equal(merge_heads(split_heads(x, 3)), x), "merging what was split should give the array back"
    assert exception_of(lambda: split_heads(x, 5)) == "ValueError", "12 numbers in 5 heads should raise ValueError"
    assert x.shape == (2, 5, 12) and x[1, 4, 11] == 119.0, "x should stay as it is"
    print("split_heads and merge_heads: pieces, shapes and refusal are right")


check_heads()

# %% [markdown]
# ### Look at it: two questions at once
#
# Now $W_Q$ and $W_K$ have two columns, and there are two heads of one number each. Head 0 is the old one: creatures ask for places. Head 1 is new: *actions ask for creatures*. So $W_Q$ has the columns (1, 0, 0) and (0, 1, 0), and $W_K$ has the columns (0, 0, 1) and (1, 0, 0).
#
# > **Predict.** *Sat* has the vector (1, 2, 1), so it asks both questions. What does it look at in head 0, what in head 1? What does the third map show, the mean of the two?

# %% nbgrader={"grade": false, "grade_id": "two_questions", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_two_questions():
    X = embed(IDS, TABLE)
    ask, be_found = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]), np.array([[0.0, 1.0], [0.0, 0.0], [1.0, 0.0]])
    Q, K = split_heads(X @ ask, 2), split_heads(X @ be_found, 2)
    weights = attention(Q, K, K)[1][0]
    figure, rows = plt.subplots(1, 3, figsize=(12, 4.2), layout="constrained")
    for axes, table, title in zip(rows, (*weights, weights.mean(axis=0)), ("head 0: creatures ask for places", "head 1: actions ask for creatures", "mean of the two")):
        draw_map(axes, table, SENTENCE, SENTENCE, title, size=9)
        axes.set(xlabel="word that is looked at")
    rows[0].set(ylabel="word that looks")
    show()


plot_two_questions()

# %% [markdown]
# **What to see.** In head 0 *sat* looks at the mat (0.47), in head 1 at the cat (0.83): where, and who. The cat asks in both heads, and in head 1 it finds itself. In the mean the two answers are mixed, and nothing says which was the answer to which question. With heads they arrive in different places of the output.
#
# ### Look at it: encoding, with the shape of every array
#
# To *encode* a sentence is to go from words to vectors that know their context. Here are all the steps in the order in which a network takes them, for a batch of three sentences, two of them filled up with padding. The matrices are random: it is the shapes that matter here.
#
# > **Predict.** There are $B = 3$ sentences of $M = 6$ words, vectors of $D = 14$ numbers and $h = 2$ heads. Before you run the cell, write down the shapes of the queries after splitting, of the mask, and of the weights.

# %% nbgrader={"grade": false, "grade_id": "encoding_shapes", "locked": true, "schema_version": 3, "solution": false, "task": false}
def encode_and_tell(sentences, D=14, h=2, seed=0):
    draw = np.random.default_rng(seed)
    words = ["·"] + sorted({word for sentence in sentences for word in sentence.split()})  # word 0 is the padding
    lengths = np.array([len(sentence.split()) for sentence in sentences])
    M = lengths.max()
    ids = np.array([[words.index(word) for word in sentence.split()] + [0] * (M - length) for sentence, length in zip(sentences, lengths)])
    E, (WQ, WK, WV, WO) = draw.normal(size=(len(words), D)), draw.normal(size=(4, D, D)) / np.sqrt(D)

    X = embed(ids, E) + sinusoidal_encoding(M, D)
    Q, K, V = (split_heads(X @ W, h) for W in (WQ, WK, WV))
    mask = padding_mask(lengths, M)
    output, weights = attention(Q, K, V, mask)
    merged = merge_heads(output)
    memory = X + merged @ WO

    told = [("ids", "(B, M)", ids), ("table E", "(words, D)", E), ("X = E[ids] + positions", "(B, M, D)", X), ("Q = split_heads(X WQ)", "(B, h, M, D/h)", Q), ("K = split_heads(X WK)", "(B, h, M, D/h)", K),
            ("V = split_heads(X WV)", "(B, h, M, D/h)", V), ("mask", "(B, 1, 1, M)", mask), ("weights", "(B, h, M, M)", weights), ("output of the heads", "(B, h, M, D/h)", output), ("merge_heads(output)", "(B, M, D)", merged), ("memory = X + merged WO", "(B, M, D)", memory)]
    print(f"B = {len(sentences)} sentences, M = {M} words, D = {D}, h = {h} heads of D/h = {D // h} numbers, {len(words)} words in the table\n")
    for name, letters, array in told:
        print(f"{name:26}{letters:16}{array.shape}")
    return memory, mask, weights


memory, memory_mask, encoder_weights = encode_and_tell(["the cat sat on the mat", "the dog ran", "a dog sat"])


def plot_encoder_maps():
    figure, rows = plt.subplots(1, 4, figsize=(12.5, 4.0), layout="constrained")
    for n, axes in enumerate(rows):
        sentence, head = divmod(n, 2)
        words = (SENTENCE, ["the", "dog", "ran", "·", "·", "·"])[sentence]
        draw_map(axes, encoder_weights[sentence, head], words, words, f"sentence {sentence}, head {head}", numbers=False)
        axes.set(xlabel="is looked at", ylabel="looks" if n == 0 else "")
    headline(figure, "Weights, shape (3, 2, 6, 6): a map for each sentence and head; here the first two sentences. Dark blue is 1, white is 0")
    show()


plot_encoder_maps()

# %% [markdown]
# **What to see.** The matrix $W_O$ at the end mixes what the heads found, and the result is *added* to the vectors that went in: each word keeps what it was and gains what it found. The result is called the *memory*, because section 11 will look things up in it. In the maps of sentence 1 the columns of the three padding words are white: nobody looks at them. Their *rows* are not; padding words look at real ones, too, and what they find is thrown away later.

# %% [markdown]
# ## 8 · Attention, backwards
#
# **Why.** $W_Q$, $W_K$ and $W_V$ are learnt: each gets a gradient, and walks downhill. PyTorch finds the gradients by itself; whoever has derived them once knows what can go wrong with them, and why the square root and the masks are where they are.
#
# **Picture.** Forwards from left to right, in blue; backwards from right to left, in orange. Every orange arrow has its own line in the derivation.

# %% nbgrader={"grade": false, "grade_id": "backward_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_backward():
    figure, axes = plt.subplots(figsize=(10.5, 3.9), layout="constrained")
    places = {"Q": (0, 3), "K": (0, 1.4), "V": (0, -0.4), "S": (4, 2.2), "A": (8, 2.2), "O": (11.5, 0.9)}
    names = {"Q": "Q, dQ\n(N, dk)", "K": "K, dK\n(M, dk)", "V": "V, dV\n(M, dv)", "S": "S, dS\n(N, M)", "A": "A, dA\n(N, M)", "O": "O, dO\n(N, dv)"}
    for start, end in (("Q", "S"), ("K", "S"), ("S", "A"), ("A", "O"), ("V", "O")):
        (x0, y0), (x1, y1) = places[start], places[end]
        draw_arrow(axes, (x0 + 1, y0 + 0.12), (x1 - 1, y1 + 0.12), BLUE)
        draw_arrow(axes, (x1 - 1, y1 - 0.14), (x0 + 1, y0 - 0.14), ORANGE)
    for name, (x, y) in places.items():
        draw_box(axes, x, y, names[name])
    for x, y, text, colour in ((4, 3.0, r"$S = QK^\top / \sqrt{d_k}$", BLUE), (8, 3.0, "softmax of each row", BLUE), (11.5, 1.65, "$O = A\\,V$", BLUE), (9.25, 1.3, "line 2", ORANGE), (5.9, -0.22, "line 1", ORANGE), (6, 1.75, "line 3", ORANGE), (2.3, 3.02, "line 4", ORANGE), (2.3, 1.4, "line 5", ORANGE)):
        axes.text(x, y, text, ha="center", va="center", color=colour, fontsize=10)
    axes.set(title="Values in blue, gradients in orange", xlim=(-1.4, 13), ylim=(-1.1, 3.6))
    axes.axis("off")
    show()


draw_backward()

# %% [markdown]
# **Derivation, line by line.** Let $L$ be the loss, and write $dO$ for $\partial L / \partial O$, of the shape of $O$; in the same way $dA$, $dS$, $dV$, $dQ$, $dK$. Axes in front are left out: everything happens in each of them alike.
#
# *One fact is enough for the products.* If $C = A B$ is a matrix product, then $dA = dC\, B^\top$ and $dB = A^\top dC$. To see it: $C_{ij} = \sum_k A_{ik} B_{kj}$, so $A_{ik}$ acts on every $C_{ij}$ of its row with the slope $B_{kj}$, and the effects add up: $dA_{ik} = \sum_j dC_{ij} B_{kj}$, which is row $i$ of $dC$ times row $k$ of $B$. The same for $B$. The shapes leave no other way to multiply.
#
# **Line 1.** $O = A V$ with $A$ $(N, M)$ and $V$ $(M, d_v)$. So $dV = A^\top dO$: $(M, N)$ times $(N, d_v)$ is $(M, d_v)$. A value is pulled by every query that looked at it, as strongly as it looked.
#
# **Line 2.** From the same product: $dA = dO\, V^\top$: $(N, d_v)$ times $(d_v, M)$ is $(N, M)$. A weight matters as much as its value points along the gradient.
#
# **Line 3: the softmax.** Each row is for itself. Let $a = \operatorname{softmax}(s)$ be one row of $M$ numbers, $a_j = e^{s_j}/Z$ with $Z = \sum_k e^{s_k}$. When $s_k$ moves, the numerator of $a_k$ moves, and $Z$ moves for all. By the quotient rule,
#
# $$ \frac{\partial a_j}{\partial s_k} = \frac{[j = k]\, e^{s_j} Z - e^{s_j} e^{s_k}}{Z^2} = a_j \bigl([j = k] - a_k\bigr), \qquad [j = k] \text{ is 1 if } j = k \text{ and 0 otherwise.} $$
#
# The effects of $s_k$ on all the $a_j$ add up:
#
# $$ ds_k = \sum_j da_j\, a_j \bigl([j = k] - a_k\bigr) = a_k\, da_k - a_k \sum_j a_j\, da_j = a_k \Bigl( da_k - \sum_j a_j\, da_j \Bigr). $$
#
# The sum is the mean of $da$, weighted by $a$: one number for each row. So, for all rows together, with these means in $m$ of shape $(N, 1)$ (not the largest scores of section 3, which had that letter),
#
# $$ m_i = \sum_j A_{ij}\, dA_{ij}, \qquad dS_{ij} = A_{ij} \bigl( dA_{ij} - m_i \bigr), \qquad (N, M). $$
#
# A step downhill lowers a score whose weight's gradient is above the mean of its row, and raises one whose gradient is below it. The entries of a row of $dS$ sum to 0: to raise all scores alike changes nothing.
#
# **Lines 4 and 5.** $S = Q K^\top / \sqrt{d_k}$. So $dQ = dS\, K / \sqrt{d_k}$: $(N, M)$ times $(M, d_k)$; and $dK = dS^\top Q / \sqrt{d_k}$: $(M, N)$ times $(N, d_k)$. The factor $1/\sqrt{d_k}$ is there on the way back as it was on the way forward.
#
# $$ \boxed{\; dV = A^\top dO, \qquad dA = dO\, V^\top, \qquad dS = A \odot (dA - m), \qquad dQ = \frac{dS\, K}{\sqrt{d_k}}, \qquad dK = \frac{dS^\top Q}{\sqrt{d_k}} \;} $$
#
# where $\odot$ multiplies entry by entry.
#
# **And the matrices.** By the same fact, $Q = X W_Q$ gives $dW_Q = X^\top dQ$: $(D, N)$ times $(N, d_k)$. Likewise $dW_K = X^\top dK$ and $dW_V = X^\top dV$, where $X$ holds the words that are looked at. All sentences of a batch use the same matrices, so there the gradients of the sentences add up. In self-attention $dX = dQ\, W_Q^\top + dK\, W_K^\top + dV\, W_V^\top$, since $X$ was used three times. Nothing is needed for these products but dQ, dK and dV, and with them the exercise ends.
#
# **The mask takes care of itself.** Where the mask is False, $A_{ij} = 0$, so $dS_{ij} = 0$: no gradient flows there. A row that may attend to nothing has $A = 0$ throughout, so its $dS$ is 0, its $dQ$ is 0, and it gives nothing to $dK$ and $dV$. There is nothing to add, provided that the weights are 0 there and not "not a number".
#
# **By hand.** One query, two keys, all of length 1: $Q = (1)$, $K = (0, 0)^\top$, $V = (2, 4)^\top$, and $dO = (1)$. The scores are 0 and 0, the weights $\frac12$ and $\frac12$, the output is 3.
#
# * Line 1: $dV = (\frac12, \frac12)^\top$.
# * Line 2: $dA = (2, 4)$.
# * Line 3: $m = \frac12 \cdot 2 + \frac12 \cdot 4 = 3$, so $dS = \bigl(\frac12 (2 - 3), \frac12 (4 - 3)\bigr) = (-\frac12, \frac12)$.
# * Lines 4 and 5: $dQ = -\frac12 \cdot 0 + \frac12 \cdot 0 = 0$ and $dK = (-\frac12, \frac12)^\top$.
#
# To raise the output, the second key should come closer to the query, and the first move away: the second has the larger value. The query itself can do nothing, since both keys are the same.

# %% [markdown]
# **Write** `attention_backward`.
#
# * `dout` is the $dO$ of the box. The arguments after it are those of `attention`; the result is (dQ, dK, dV), of the shapes of Q, K and V, with any number of axes in front.
# * The mask is as before: it broadcasts to (…, N, M), True may attend. Where nothing may be attended to, every gradient is 0 and finite.
# * You may call your `attention` for the weights, or compute them anew. Nothing is divided by the size of the batch: `dout` has that in it, if it is wanted.
#
# <details><summary>Hint 1: shapes</summary>
#
# weights, dA and dS: (…, N, M). m: (…, N, 1). Swap the last two axes of A, V and dS where the boxed formula has a ⊤; `.T` would turn all axes around.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The five lines in the box, in this order. The sum for m runs along the last axis. Both dQ and dK have the factor 1/√dk; dV has not.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# weights from attention; dV: weights, turned, times dout; dA: dout times V, turned; m: sum of weights times dA along each row; dS: weights times (dA minus m), divided by the root of dk; dQ: dS times K; dK: dS, turned, times Q.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "attention_backward_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def attention_backward(dout: np.ndarray, Q: np.ndarray, K: np.ndarray, V: np.ndarray, mask: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The gradients at queries, keys and values.

    dout: shape (..., N, dv), the gradient of the loss at the output of attention(Q, K, V, mask). Q, K, V, mask: as for attention.
    Returns (dQ, dK, dV), of the shapes of Q, K and V, derived and not measured. A query that may attend to nothing gets and passes on a
    gradient of 0.

    >>> attention_backward(np.array([[1.0]]), np.array([[1.0]]), np.array([[0.0], [0.0]]), np.array([[2.0], [4.0]]))[1]
    array([[-0.5],
           [ 0.5]])
    """
    ### BEGIN SOLUTION
    _, weights = attention(Q, K, V, mask)
    dV = np.swapaxes(weights, -1, -2) @ dout
    dweights = dout @ np.swapaxes(V, -1, -2)
    mean = (weights * dweights).sum(axis=-1, keepdims=True)
    dscores = weights * (dweights - mean) / np.sqrt(Q.shape[-1])
    dQ = dscores @ K
    dK = np.swapaxes(dscores, -1, -2) @ Q
    return dQ, dK, dV
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "attention_backward", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Attention, backwards", "difficulty": 3, "minutes": 35, "needs": ["attention"], "imports": ["numpy"]}
def check_attention_backward():
    draw = np.random.default_rng(1)
    cases = [("without a mask", None), ("with a mask", np.array([[True, False, True, True, True], [False, True, True, False, True], [True, True, True, True, False]]))]
    Q, K, V, dout = draw.normal(size=(2, 3, 4)), draw.normal(size=(2, 5, 4)), draw.normal(size=(2, 5, 6)), draw.normal(size=(2, 3, 6))
    for name, mask in cases:
        kept = [array.copy() for array in (dout, Q, K, V)]
        answer = attention_backward(dout, Q, K, V, mask)
        assert all(np.array_equal(a, b) for a, b in zip(kept, (dout, Q, K, V))), "dout, Q, K and V should stay as they are"
        assert isinstance(answer, (tuple, list)) and len(answer) == 3, "attention_backward should return three things: dQ, dK and dV"
        for letter, array, found in zip("VQK", (V, Q, K), (answer[2], answer[0], answer[1])):
            assert np.shape(found) == array.shape, f"d{letter} has the shape of {letter}, {array.shape}, not {np.shape(found)}"
            slopes = measured_slopes(lambda: (attention(Q, K, V, mask)[0] * dout).sum(), array)
            assert np.allclose(found, slopes, atol=1e-6), f"{name}: d{letter} differs from the measured slopes by up to {np.abs(found - slopes).max():.3g}"
    mask = np.ones((3, 5), dtype=bool)
    mask[1] = False
    with np.errstate(all="ignore"):
        dQ, dK, dV = attention_backward(dout, Q, K, V, mask)
    assert np.all(np.isfinite(dQ)) and np.all(dQ[:, 1] == 0.0), "a query that may attend to nothing gets the gradient 0"
    dout[:, 1] = 0.0
    assert np.allclose(dV, attention_backward(dout, Q, K, V, mask)[2]), "a query that may attend to nothing passes no gradient on to the values"
    print("attention_backward: dQ, dK and dV agree with measured slopes, with and without masks")


check_attention_backward()

# %% [markdown]
# ### Look at it: learning whom to look at
#
# Eight queries and eight keys are random vectors. Query $i$ is *meant* to look at one key, chosen beforehand, and nowhere else. The loss is half the squared distance between the weights and what they should be, as a mean over the eight queries; your gradients, those of the sum over the queries, move queries and keys downhill: 400 steps. We do that with and without the square root, for vectors of length 4, 64 and 256; twenty times each.
#
# > **Predict.** Longer vectors have more room: learning should be easier. Is it so with the root? And without? Think of section 4, where the slopes collapsed.

# %% nbgrader={"grade": false, "grade_id": "learning_to_look", "locked": true, "schema_version": 3, "solution": false, "task": false}
def learn_to_look(dk, scaled, seed, steps=400):
    """The loss at each step, of gradient descent on queries and keys with the values fixed."""
    draw = np.random.default_rng(seed)
    Q, K, V = draw.normal(size=(8, dk)), draw.normal(size=(8, dk)), np.eye(8)  # with these values the output is the weights
    wanted = V[draw.permutation(8)]
    factor = 1.0 if scaled else np.sqrt(dk)  # takes the root out again
    losses = []
    for _ in range(steps):
        output, _ = attention(factor * Q, K, V)
        losses.append(0.5 * ((output - wanted) ** 2).sum() / 8)
        dQ, dK, _ = attention_backward(output - wanted, factor * Q, K, V)
        Q, K = Q - factor * dQ, K - dK
    return losses, output


def plot_learning_to_look():
    figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 3.9), layout="constrained", sharey=True)
    for axes, scaled, title in ((left, True, "with the root: q·k / √dk"), (right, False, "without: q·k")):
        for dk, colour, style in ((4, GREEN, "-."), (64, BLUE, "-"), (256, ORANGE, "--")):
            losses = [learn_to_look(dk, scaled, seed)[0] for seed in range(20)]
            axes.plot(np.median(losses, axis=0), color=colour, ls=style, lw=2, label=f"dk = {dk}")
            axes.fill_between(range(400), *np.quantile(losses, [0.1, 0.9], axis=0), color=colour, alpha=0.12, lw=0)
        axes.set(title=title, xlabel="step", yscale="log", ylim=(2e-5, 1.5))
    left.set(ylabel="loss")
    left.legend(frameon=False)
    show()


plot_learning_to_look()

# %% [markdown]
# **What to see.** Lines are medians, bands hold 16 of the 20 runs. With the root all three lengths learn, in nearly the same way: the shortest vectors a little more slowly at first, and to a slightly lower loss at the end. Without it, only the shortest vectors learn; at 64 and 256 the loss falls for a moment and then stands still for the rest of the 400 steps. So longer vectors do not learn better, with the root or without. The shortest vectors even end lower without the root: there the scores were not too large, and leaving out the root only made the steps longer.
#
# What happened to the long ones? There most queries began with a weight of almost 1 on a wrong key. In line 3, $dS = A \odot (dA - m)$ is then close to 0 everywhere: where $A$ is 0, and where $A$ is 1, because there $dA = m$. The right key is far away, and nothing pulls towards it.

# %% [markdown]
# ## 9 · Layer normalisation
#
# **Why.** A network stacks many attentions, each adding its output to the vectors: they grow. Large vectors have large scores, and large scores saturate, root or no root. So before each attention the vectors are brought back to one scale. In *Standardisation* you did that for each column of a table, over all examples. Here each *vector* is standardised by itself, over its own $D$ numbers. It needs no other example and works the same in training and afterwards, for sentences of every length.
#
# **Picture.** Left: three vectors of six numbers, with different levels and spreads. Right: each of them minus its mean, divided by its standard deviation. Their shapes are kept, level and spread are gone.

# %% nbgrader={"grade": false, "grade_id": "norm_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_norm():
    vectors = np.array([[1.0, 3.0, 2.0, 5.0, 4.0, 3.0], [12.0, 4.0, 9.0, 14.0, 2.0, 7.0], [-4.0, -4.5, -3.5, -4.0, -3.0, -5.0]])
    standard = (vectors - vectors.mean(axis=1, keepdims=True)) / vectors.std(axis=1, keepdims=True)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.5), layout="constrained")
    for axes, table, title in ((left, vectors, "before"), (right, standard, "after: mean 0, variance 1 in each vector")):
        for row, colour, style, name in zip(table, (BLUE, ORANGE, GREEN), ("o-", "s--", "^-."), ("vector 0", "vector 1", "vector 2")):
            axes.plot(row, style, color=colour, lw=1.8, label=name)
        axes.axhline(0, color=GREY, lw=0.7)
        axes.set(title=title, xlabel="place in the vector", ylabel="value")
    left.legend(frameon=False, fontsize=10, loc="upper right", ncols=3)
    left.set_ylim(-7, 19)
    show()


draw_norm()

# %% [markdown]
# **Derivation.** Let $x = (x_1, \dots, x_D)$ be one vector, with the mean $\mu = \frac1D \sum_i x_i$, the population variance $\sigma^2 = \frac1D \sum_i (x_i - \mu)^2$ (divided by $D$, not by $D - 1$), and a small number $\varepsilon > 0$ that keeps the root away from 0:
#
# $$ r = \sqrt{\sigma^2 + \varepsilon}, \qquad \hat x_i = \frac{x_i - \mu}{r}, \qquad \boxed{\; y_i = g_i\, \hat x_i + b_i \;} $$
#
# The *gain* $g$ and the *bias* $b$, both of shape $(D,)$, are learnt and are the same for all vectors. They give back to each place a scale and a level, if that is of use.
#
# **Backwards.** Let $dy$ be the gradient at $y$. Gain and bias are used by every vector, so their gradients are sums over all vectors $n$, that is, over all axes in front:
#
# $$ db_i = \sum_n dy_{ni}, \qquad dg_i = \sum_n dy_{ni}\, \hat x_{ni}. $$
#
# For $x$, start with $u_i = dy_i\, g_i$, the gradient at $\hat x_i$. When $x_k$ moves, three things move: its own numerator, $\mu$, and $r$.
#
# * $\dfrac{\partial \mu}{\partial x_k} = \dfrac1D$.
# * $\dfrac{\partial \sigma^2}{\partial x_k} = \dfrac{2}{D}(x_k - \mu)$ (the mean moves as well, but its effect is a multiple of $\sum_i (x_i - \mu) = 0$), so $\dfrac{\partial r}{\partial x_k} = \dfrac{1}{2r} \cdot \dfrac2D (x_k - \mu) = \dfrac{\hat x_k}{D}$.
#
# By the quotient rule,
#
# $$ \frac{\partial \hat x_i}{\partial x_k} = \frac{[i = k] - \frac1D}{r} - \frac{x_i - \mu}{r^2} \cdot \frac{\hat x_k}{D} = \frac1r \Bigl( [i = k] - \tfrac1D - \tfrac1D\, \hat x_i\, \hat x_k \Bigr). $$
#
# Multiply with $u_i$ and sum over $i$:
#
# $$ \boxed{\; dx_k = \frac1r \Bigl( u_k - \overline{u} - \hat x_k\, \overline{u \hat x} \Bigr), \qquad \overline{u} = \tfrac1D \sum_i u_i, \quad \overline{u \hat x} = \tfrac1D \sum_i u_i\, \hat x_i. \;} $$
#
# Two parts of the gradient are taken away: what would shift all numbers alike, and what would stretch them all alike. Neither would change $\hat x$.
#
# **By hand.** $x = (2, 4, 2, 4)$, gain 1, and $\varepsilon$ so small that we leave it out: $\mu = 3$, $\sigma^2 = 1$, $\hat x = (-1, 1, -1, 1)$. Let $dy = (1, 0, 0, 0) = u$. Then $\overline u = \frac14$ and $\overline{u \hat x} = -\frac14$, and
#
# $$ dx = \bigl(1 - \tfrac14 - \tfrac14,\;\; 0 - \tfrac14 + \tfrac14,\;\; 0 - \tfrac14 - \tfrac14,\;\; 0 - \tfrac14 + \tfrac14\bigr) = \bigl(\tfrac12, 0, -\tfrac12, 0\bigr). $$
#
# It sums to 0, and its dot product with $\hat x$ is 0, as it should be.

# %% [markdown]
# **Write** `layer_norm` and `layer_norm_backward`.
#
# * Mean and population variance are taken over the last axis; `eps` is added to the variance, under the root.
# * x has any number of axes in front of the last, also none: the shape (D,) is one vector.
# * `layer_norm_backward` gives (dx, dgain, dbias): the shape of x, (D,) and (D,).
# * D may be 1: then every $\hat x$ is 0, the result is the bias, and dx is 0.
#
# <details><summary>Hint 1: shapes</summary>
#
# Mean, variance and the two overlined means have the shape (…, 1): keep the last axis. gain and bias, of shape (D,), broadcast by themselves. For dgain and dbias sum over every axis but the last.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The three boxes. u is dout times gain, but dgain and dbias are sums of dout itself. The axes in front are 0, 1, …, x.ndim − 2; a sum over no axis at all leaves the array as it is. Or reshape everything to (−1, D) and sum over axis 0.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# forward: centre; variance: mean of squares; divide by the root of variance plus eps; times gain, plus bias. backward: the same centred and divided x; u; its mean; the mean of u times standardised x; dx from the box; the two sums.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "layer_norm_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def layer_norm(x: np.ndarray, gain: np.ndarray, bias: np.ndarray, eps: float = 1e-5) -> np.ndarray:
    """Standardise each vector, then stretch and shift its numbers.

    x: shape (..., D), with any number of axes before the last, also none. gain, bias: shape (D,). eps: above 0, added to the population variance.
    Returns the shape of x: gain * (x - mean) / sqrt(variance + eps) + bias, with mean and variance over the last axis.

    >>> layer_norm(np.array([[1.0, 3.0], [10.0, 30.0]]), np.array([1.0, 2.0]), np.array([0.0, 5.0])).round(3)
    array([[-1.,  7.],
           [-1.,  7.]])
    """
    ### BEGIN SOLUTION
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = (centred**2).mean(axis=-1, keepdims=True)
    return gain * centred / np.sqrt(variance + eps) + bias
    ### END SOLUTION


def layer_norm_backward(dout: np.ndarray, x: np.ndarray, gain: np.ndarray, eps: float = 1e-5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The gradients at x, gain and bias.

    dout: the shape of x, the gradient of the loss at layer_norm(x, gain, bias, eps). x, gain, eps: as for layer_norm.
    Returns (dx, dgain, dbias): the shape of x, then twice (D,). Derived, not measured.

    >>> layer_norm_backward(np.array([[1.0, 1.0], [2.0, 0.0]]), np.array([[1.0, 3.0], [10.0, 30.0]]), np.array([1.0, 1.0]))[2]
    array([3., 1.])
    """
    ### BEGIN SOLUTION
    centred = x - x.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + eps)
    standard = centred / deviation
    dstandard = dout * gain
    along = (dstandard * standard).mean(axis=-1, keepdims=True)
    dx = (dstandard - dstandard.mean(axis=-1, keepdims=True) - standard * along) / deviation
    leading = tuple(range(x.ndim - 1))
    return dx, (dout * standard).sum(axis=leading), dout.sum(axis=leading)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "layer_norm", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Layer normalisation", "difficulty": 2, "minutes": 30, "needs": [], "imports": ["numpy"]}
def check_layer_norm():
    x, gain, bias = np.array([[1.0, 3.0, 5.0], [10.0, 10.0, 40.0]]), np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.0, -1.0])
    found = layer_norm(x, gain, bias)
    assert np.shape(found) == (2, 3), f"the result has the shape of x, (2, 3), not {np.shape(found)}"
    root = np.sqrt(8 / 3 + 1e-5)
    wanted = [-2 / root + 0.5, 0.0, 3 * 2 / root - 1.0]
    assert np.allclose(found[0], wanted), f"[1, 3, 5] has the mean 3 and the variance 8/3; with gain and bias it becomes {np.round(wanted, 4).tolist()}, not {np.round(found[0], 4).tolist()}"
    assert np.allclose(layer_norm(x, gain, bias, 1.0)[0, 0], -2 / np.sqrt(8 / 3 + 1) + 0.5), "eps is added to the variance, under the square root; with eps = 1 your result is another"
    assert np.shape(layer_norm(x[0], gain, bias)) == (3,), "one vector alone, of the shape (3,), should be standardised, too"

    draw = np.random.default_rng(2)
    x, dout, gain, bias = draw.normal(size=(2, 3, 4)), draw.normal(size=(2, 3, 4)), draw.normal(size=4), draw.normal(size=4)
    kept = [array.copy() for array in (dout, x, gain)]
    answer = layer_norm_backward(dout, x, gain, 0.1)
    assert all(np.array_equal(a, b) for a, b in zip(kept, (dout, x, gain))), "dout, x and gain should stay as they are"
    assert isinstance(answer, (tuple, list)) and len(answer) == 3, "layer_norm_backward should return three things: dx, dgain and dbias"
    for name, array, gradient in zip(("bias", "gain", "x"), (bias, gain, x), answer[::-1]):
        assert np.shape(gradient) == array.shape, f"d{name} has the shape of {name}, {array.shape}, not {np.shape(gradient)}"
        slopes = measured_slopes(lambda: (layer_norm(x, gain, bias, 0.1) * dout).sum(), array)
        assert np.allclose(gradient, slopes, atol=1e-6), f"d{name} differs from the measured slopes by up to {np.abs(gradient - slopes).max():.3g}"
    print("layer_norm and its backward pass: values agree with the example, gradients with measured slopes")


check_layer_norm()

# %% [markdown]
# ### Look at it: many layers, with and without
#
# Twenty random words, vectors of length 64, four heads, and 24 layers of attention one after the other; each adds its output to the vectors, as in the encoding of section 7. All matrices are random. In the second run your `layer_norm` (gain 1, bias 0) stands in front of each attention.
#
# > **Predict.** How large are the numbers in the vectors after 24 layers, without the norm? How large is the largest weight of a row? What does the norm change about each?

# %% nbgrader={"grade": false, "grade_id": "many_layers", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_many_layers():
    figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 3.9), layout="constrained")
    for norm, colour, style, label in ((False, ORANGE, "s--", "without layer_norm"), (True, BLUE, "o-", "with layer_norm")):
        draw = np.random.default_rng(0)
        X, sizes, largest = draw.normal(size=(1, 20, 64)), [], []
        for _ in range(24):
            WQ, WK, WV, WO = draw.normal(size=(4, 64, 64)) / 8
            inner = layer_norm(X, np.ones(64), np.zeros(64)) if norm else X
            output, weights = attention(*(split_heads(inner @ W, 4) for W in (WQ, WK, WV)))
            X = X + merge_heads(output) @ WO
            sizes.append(np.sqrt((X**2).mean()))
            largest.append(np.median(weights.max(axis=-1)))
        left.plot(range(1, 25), sizes, style, color=colour, ms=5, label=label)
        right.plot(range(1, 25), largest, style, color=colour, ms=5, label=label)
    left.set(title="How large the vectors are", xlabel="layer", ylabel="root of the mean square", yscale="log")
    right.set(title="The largest of 20 weights (median)", xlabel="layer", ylabel="weight", ylim=(0, 1.05))
    left.legend(frameon=False)
    show()


plot_many_layers()

# %% [markdown]
# **What to see.** Without the norm the vectors grow by 6 per cent in the first layer, and by 25 to 58 per cent from the fourth on, to more than a thousand times their size. From the tenth layer on at least half of the rows look at one single word; by section 4, such rows have almost no slope left. With the norm they grow slowly, to four times their size, and the weights stay soft through all 24 layers. This order, norm first, then attention, then add, is called *pre-norm*; in *Transformer* you will compare it with *post-norm*, where the norm stands after the addition.

# %% [markdown]
# ## 10 · Multi-head attention in PyTorch
#
# **Why.** You have all the parts, and their gradients by hand. From here on PyTorch finds the gradients. It does what your `Node` did in *Neurons and backprop*: each tensor remembers how it was made. What PyTorch calls a *module* is an object that owns *parameters*, the arrays that are learnt.

# %% nbgrader={"grade": false, "grade_id": "setup_torch", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["setup"]
import torch
from torch import nn

# %% [markdown]
# **What you need of PyTorch.** A tensor works much like an array: `+`, `*`, `@`, `.shape`, `.reshape`. What differs: `x.transpose(1, 2)` exchanges two axes (NumPy's `swapaxes`); sums and the like take `dim=` for `axis=`; `torch.softmax(x, dim=-1)` is ready-made and does not overflow; `x.masked_fill(condition, number)` gives a copy with the number wherever the condition is True; `~mask` turns True and False around. `nn.Linear(d, d)` is a module with a `weight` of shape (d, d) and a `bias` of shape (d,); called with x, of shape (…, d), it gives `x @ weight.T + bias`. A class that derives from `nn.Module` finds by itself all parameters of the modules that are its attributes. It is called like a function, and the call goes to its method `forward`.
#
# **Picture.** The boxes of section 4, now with heads. The four matrices are four `nn.Linear`. Read the shapes from left to right.

# %% nbgrader={"grade": false, "grade_id": "module_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_module():
    figure, axes = plt.subplots(figsize=(11, 3.7), layout="constrained")
    for y, small, name, rows, colour in ((2.2, "q", "q_proj", "N", BLUE), (1.0, "k", "k_proj", "M", ORANGE), (-0.2, "v", "v_proj", "M", GREEN)):
        draw_box(axes, 0, y, f"{small}: (B, {rows}, d)", colour, 2.3)
        draw_box(axes, 3.3, y, name, colour, 1.6)
        draw_box(axes, 7.0, y, f"(B, h, {rows}, d/h)", colour, 2.7)
        draw_arrow(axes, (1.15, y), (2.5, y), colour)
        draw_arrow(axes, (4.1, y), (5.65, y), colour, text="split", shift=(0, 0.2))
    draw_box(axes, 11.3, 1.6, "weights\n(B, h, N, M)", width=2.5)
    draw_arrow(axes, (8.35, 2.2), (10.05, 1.75), BLUE)
    draw_arrow(axes, (8.35, 1.0), (10.05, 1.45), ORANGE)
    draw_box(axes, 11.3, -0.2, "(B, h, N, d/h)", width=2.5)
    draw_arrow(axes, (8.35, -0.2), (10.05, -0.2), GREEN)
    draw_arrow(axes, (11.3, 1.2), (11.3, 0.2), text="times V", shift=(0.7, 0))
    draw_box(axes, 15.2, -0.2, "out_proj", width=1.7)
    draw_arrow(axes, (12.55, -0.2), (14.35, -0.2), text="merge", shift=(0, 0.2))
    draw_box(axes, 15.2, 1.6, "output\n(B, N, d)", width=2.0)
    draw_arrow(axes, (15.2, 0.2), (15.2, 1.2))
    axes.text(11.3, 2.25, "mask, softmax", ha="center", fontsize=10)
    axes.set(title="MultiHeadAttention(d, h)", xlim=(-1.6, 16.5), ylim=(-0.9, 2.9))
    axes.axis("off")
    show()


draw_module()

# %% [markdown]
# **Derivation.** With the linear maps $\mathrm{lin}_Q, \mathrm{lin}_K, \mathrm{lin}_V, \mathrm{lin}_O$, each $x \mapsto x W^\top + b$ from $d$ numbers to $d$ numbers, and $d_k = d/h$ ($d$ is the $D$ of before; the module has it under that name),
#
# $$ \begin{aligned} Q &= \mathrm{split}(\mathrm{lin}_Q(q)), & (B, h, N, d_k) \\ K &= \mathrm{split}(\mathrm{lin}_K(k)), \quad V = \mathrm{split}(\mathrm{lin}_V(v)), & (B, h, M, d_k) \\ A &= \operatorname{softmax}\bigl(Q K^\top / \sqrt{d_k}\bigr), \text{ masked}, & (B, h, N, M) \\ \mathrm{output} &= \mathrm{lin}_O(\mathrm{merge}(A V)), & (B, N, d) \end{aligned} $$
#
# The root is that of $d_k = d/h$, the length of the vectors that are multiplied, and not that of $d$.
#
# **Rows that may attend to nothing** need care once more. If all their scores are $-\infty$, `torch.softmax` gives "not a number", and a later repair of the values may leave the gradients spoilt. A way that avoids this: fill forbidden scores with the smallest finite number (`torch.finfo(scores.dtype).min`), take the softmax, and multiply the weights by the mask. In an ordinary row the forbidden weights are 0 already; in a row without any True the softmax is even, and the product makes it 0.
#
# **By hand.** $d = 2$ and $h = 2$: two heads of one number. Let all four maps be the unit matrix with bias 0. One query $(1, 0)$, two keys $(2, 0)$ and $(0, 5)$, which are the values, too. Head 0 has the query 1 and the keys 2 and 0: scores 2 and 0, weights 0.881 and 0.119, and the output $0.881 \cdot 2 + 0.119 \cdot 0 = 1.762$. Head 1 has the query 0 and the keys 0 and 5: scores 0 and 0, weights ½ and ½, and the output 2.5. Merged: $(1.762,\ 2.5)$.

# %% [markdown]
# **Write** `MultiHeadAttention`.
#
# * The four `nn.Linear(d, d)`, with bias, stand in the cell already: `q_proj`, `k_proj`, `v_proj` and `out_proj`. They are all the parameters there are, under these names. `self.h` is the number of heads. If d is not divisible by h, the constructor raises `ValueError`.
# * `forward(q, k, v, mask=None)` gives the pair (output, weights), of shapes (B, N, d) and (B, h, N, M): one map for each head. q has N rows, k and v have M.
# * The mask is a tensor of booleans that broadcasts to (B, h, N, M). True: may attend. A row that may attend to nothing has weights 0, and its output is the bias of `out_proj`. No gradient flows back through such a row: it adds 0 to the gradients at q, k, v and at the parameters of the first three maps, and never "not a number".
# * Head t works on the numbers t · d/h to (t + 1) · d/h − 1 of the projected vectors, as in `split_heads`. Nothing is dropped at random in training (no dropout).
# * Write it out yourself: `nn.MultiheadAttention`, `nn.Transformer` and its layers, and `scaled_dot_product_attention` may not be used. Inputs have the dtype of the parameters, which may be float32 or float64.
#
# <details><summary>Hint 1: shapes</summary>
#
# projected: (B, N, d) for queries, (B, M, d) for keys and values. Split: (B, h, N, d/h) and (B, h, M, d/h). Scores and weights: (B, h, N, M). Weights times V: (B, h, N, d/h). Merged: (B, N, d).
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# Splitting and merging are the two steps of section 7, with `reshape` and `transpose(1, 2)`; after a transpose, `view` may refuse where `reshape` copies. Divide the scores by the root of the last size of the split queries.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# constructor: refuse if d divided by h leaves a remainder. forward: project q, k, v, each by its own map; split each; scores; if there is a mask: fill forbidden scores with the lowest finite number; softmax along the keys; if there is a mask: times the mask; weights times V; merge; the last map; return both.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "multi_head_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class MultiHeadAttention(nn.Module):
    """Attention with h heads, each on its own d // h numbers of the projected vectors.

    d: the length of every vector. h: the number of heads; ValueError if d is not divisible by it.
    Parameters: q_proj, k_proj, v_proj and out_proj, each with a weight of shape (d, d) and a bias of shape (d,).
    Written out: the attention modules and functions that PyTorch has ready-made may not be used.

    >>> output, weights = MultiHeadAttention(6, 2)(torch.zeros(1, 4, 6), torch.zeros(1, 5, 6), torch.zeros(1, 5, 6))
    >>> output.shape, weights.shape
    (torch.Size([1, 4, 6]), torch.Size([1, 2, 4, 5]))
    """

    def __init__(self, d: int, h: int) -> None:
        super().__init__()
        self.h = h
        self.q_proj = nn.Linear(d, d)
        self.k_proj = nn.Linear(d, d)
        self.v_proj = nn.Linear(d, d)
        self.out_proj = nn.Linear(d, d)
        ### BEGIN SOLUTION
        if d % h:
            raise ValueError(f"{d} numbers cannot be shared out equally among {h} heads")
        ### END SOLUTION

    def forward(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """q: shape (B, N, d). k, v: shape (B, M, d). mask: None, or booleans that broadcast to (B, h, N, M); True: may attend.

        Returns (output, weights), of shapes (B, N, d) and (B, h, N, M). A query that may attend to nothing has weights 0,
        so its output is the bias of out_proj, and it passes a gradient of 0 back.
        """
        ### BEGIN SOLUTION
        def split(x):
            B, length, d = x.shape
            return x.reshape(B, length, self.h, d // self.h).transpose(1, 2)

        Q, K, V = split(self.q_proj(q)), split(self.k_proj(k)), split(self.v_proj(v))
        scores = Q @ K.transpose(-2, -1) / Q.shape[-1] ** 0.5
        if mask is None:
            weights = torch.softmax(scores, dim=-1)
        else:
            lowest = torch.finfo(scores.dtype).min
            weights = torch.softmax(scores.masked_fill(~mask, lowest), dim=-1) * mask  # a row without any True becomes 0
        merged = (weights @ V).transpose(1, 2).reshape(q.shape)
        return self.out_proj(merged), weights
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "multi_head", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Multi-head attention in PyTorch", "difficulty": 3, "minutes": 40, "needs": []}
def filled_attention(d, h, seed):
    """A MultiHeadAttention with known float64 weights."""
    mha = MultiHeadAttention(d, h).double()
    draw = np.random.default_rng(seed)
    with torch.no_grad():
        for _, parameter in sorted(mha.named_parameters()):
            parameter.copy_(torch.from_numpy(draw.normal(size=parameter.shape)))
    return mha


def check_multi_head():
    shapes = {name: tuple(parameter.shape) for name, parameter in MultiHeadAttention(6, 2).named_parameters()}
    wanted = {f"{name}_proj.{part}": (6, 6) if part == "weight" else (6,) for name in ("q", "k", "v", "out") for part in ("weight", "bias")}
    assert shapes == wanted, f"the parameters should be {wanted}, not {shapes}"
    assert exception_of(lambda: MultiHeadAttention(6, 4)) == "ValueError", "6 numbers in 4 heads should raise ValueError"

    draw = np.random.default_rng(3)
    q, k, v = (torch.from_numpy(draw.normal(size=shape)) for shape in ((2, 4, 6), (2, 5, 6), (2, 5, 6)))
    mha = filled_attention(6, 2, seed=4)
    answer = mha(q, k, v)
    assert isinstance(answer, (tuple, list)) and len(answer) == 2, "forward should return two things, the output and the weights"
    output, weights = answer
    assert tuple(weights.shape) == (2, 2, 4, 5), f"two sentences, two heads, four queries, five keys: the weights have the shape (2, 2, 4, 5), not {tuple(weights.shape)}"
    assert tuple(output.shape) == (2, 4, 6), f"the output has the shape of q, (2, 4, 6), not {tuple(output.shape)}"
    assert torch.allclose(weights.sum(dim=-1), torch.ones_like(weights[..., 0])), "every row of weights should sum to 1, along the keys"

    mask = torch.from_numpy(draw.random(size=(4, 5)) < 0.6)
    mask[:, 2] = True
    for name, allowed in (("without a mask", None), ("with a mask", mask)):
        output, weights = mha(q, k, v, allowed)
        pieces = []
        for head, numbers in enumerate((slice(0, 3), slice(3, 6))):  # sentence 0, by hand
            Q, K, V = (projection(x)[0, :, numbers].detach().numpy() for projection, x in ((mha.q_proj, q), (mha.k_proj, k), (mha.v_proj, v)))
            exponentials = np.exp(Q @ K.T / np.sqrt(3)) * (1.0 if allowed is None else allowed.numpy())
            alone = exponentials / exponentials.sum(axis=1, keepdims=True)
            pieces.append(alone @ V)
            assert np.allclose(weights[0, head].detach().numpy(), alone), f"{name}: the weights of head {head} are not those of attention on the numbers {3 * head} to {3 * head + 2} of the projected vectors, scaled by √3 (d // h, not d)"
        merged = np.concatenate(pieces, axis=1) @ mha.out_proj.weight.detach().numpy().T + mha.out_proj.bias.detach().numpy()
        assert np.allclose(output[0].detach().numpy(), merged), f"{name}: the output is not out_proj of what the heads found, put side by side for each word"
    zero = torch.zeros(4, 5, dtype=torch.bool)
    output, weights = mha(q, k, v, zero)
    assert torch.equal(weights, torch.zeros_like(weights)), "queries that may attend to nothing should have the weights 0"
    assert torch.allclose(output, mha.out_proj.bias.expand(2, 4, 6)), "queries that may attend to nothing should have the bias of out_proj as their output"
    (mha(q, k, v, mask)[0].sum() + output.sum()).backward()
    assert mha.v_proj.weight.grad is not None, "no gradient reaches v_proj: forward should be made of operations on tensors that PyTorch remembers"
    assert all(parameter.grad is None or bool(torch.isfinite(parameter.grad).all()) for parameter in mha.parameters()), "with a mask full of False a gradient is not finite"
    print("MultiHeadAttention: parameters, heads, masks and gradients are right")


check_multi_head()

# %% [markdown]
# ### Look at it: the same numbers twice
#
# Is the module the same thing as your NumPy functions? Take the module's weights out, and compute its output with `split_heads`, `attention` and `merge_heads`.
#
# > **Predict.** How large will the largest difference be, in float64? And in float32, in which networks are usually trained?

# %% nbgrader={"grade": false, "grade_id": "same_numbers", "locked": true, "schema_version": 3, "solution": false, "task": false}
def compare_with_numpy():
    draw = np.random.default_rng(5)
    x = draw.normal(size=(3, 7, 12))
    allowed = causal_mask(7) & padding_mask(np.array([7, 4, 2]), 7)
    for kind in (torch.float64, torch.float32):
        torch.manual_seed(0)
        mha = MultiHeadAttention(12, 3).to(kind)
        given = torch.from_numpy(x).to(kind)
        with torch.no_grad():
            output, _ = mha(given, given, given, torch.from_numpy(allowed))
        W = {name: parameter.detach().double().numpy() for name, parameter in mha.named_parameters()}
        Q, K, V = (split_heads(x @ W[f"{role}_proj.weight"].T + W[f"{role}_proj.bias"], 3) for role in "qkv")
        mine = merge_heads(attention(Q, K, V, allowed)[0]) @ W["out_proj.weight"].T + W["out_proj.bias"]
        print(f"{kind}: largest difference {np.abs(output.double().numpy() - mine).max():.1e}")


compare_with_numpy()

# %% [markdown]
# **What to see.** The differences are rounding: about 16 digits agree in float64, about 7 in float32.

# %% [markdown]
# ### Look at it: heads that mean something
#
# Now a machine that has to look at two places at once. It sees ten random letters, each one of six, and at each position (from the fourth on) it has to name two of them: the letter *one* place back, and the letter *three* places back. It consists of an embedding, your positions, one `MultiHeadAttention`, and one linear map for each of the two questions. Nobody tells the heads what to do. We train it in three forms: with two heads; with one head of twice the length; and with two heads but without positions. Three seeds each, about a quarter of a minute in all on two cores.
#
# > **Predict.** Guessing is right in one case of six. How good will each of the three forms become? What will the maps of the two heads look like? Write it down before you run the cell.

# %% nbgrader={"grade": false, "grade_id": "trained_heads", "locked": true, "schema_version": 3, "solution": false, "task": false}
torch.set_num_threads(1)  # the fastest for models as small as these


class LookBack(nn.Module):
    """Names the letters one and three places back, at every position, by one attention."""

    def __init__(self, heads, positions, letters=6, length=10, d=32):
        super().__init__()
        self.table = nn.Embedding(letters, d)
        self.attention = MultiHeadAttention(d, heads)
        self.one, self.three = nn.Linear(d, letters), nn.Linear(d, letters)
        self.places = torch.from_numpy(sinusoidal_encoding(length, d)).float() * float(positions)

    def forward(self, ids):
        x = self.table(ids) + self.places  # (B, 10, 32)
        output, weights = self.attention(x, x, x)
        return self.one(output), self.three(output), weights  # twice (B, 10, 6), and (B, h, 10, 10)


def progress(what, done, of, told):
    print(f"\r{what:34} {'#' * (20 * done // of):20} {told}", end="" if done < of else "\n", flush=True)


def train_look_back(heads, positions, seed, name, steps=300):
    torch.manual_seed(seed)
    model, source = LookBack(heads, positions), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    hits = []
    for step in range(1, steps + 1):
        ids = torch.randint(6, (32, 10), generator=source)  # fresh letters at every step
        one, three, _ = model(ids)
        one, three, wanted_one, wanted_three = one[:, 3:], three[:, 3:], ids[:, 2:-1], ids[:, :-3]
        loss = nn.functional.cross_entropy(one.flatten(0, 1), wanted_one.flatten()) + nn.functional.cross_entropy(three.flatten(0, 1), wanted_three.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        hits.append(torch.stack([one.argmax(-1) == wanted_one, three.argmax(-1) == wanted_three]).float().mean().item())
        if step % 100 == 0:
            progress(f"{name}, seed {seed}", step, steps, f"step {step}: {np.mean(hits[-20:]):.2f} right")
    return model, hits


FORMS = {"two heads": (2, True, BLUE, "-"), "one head": (1, True, ORANGE, "--"), "two heads, no positions": (2, False, GREEN, "-.")}
looked = {name: [train_look_back(heads, positions, seed, name) for seed in range(3)] for name, (heads, positions, _, _) in FORMS.items()}

# %% nbgrader={"grade": false, "grade_id": "trained_heads_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_look_back():
    figure, axes = plt.subplots(figsize=(8.5, 3.8), layout="constrained")
    for name, (_, _, colour, style) in FORMS.items():
        for seed, (_, hits) in enumerate(looked[name]):
            smooth = np.convolve(hits, np.ones(10) / 10, mode="valid")
            axes.plot(range(10, 301), smooth, color=colour, ls=style, lw=1.6, label=name if seed == 0 else None)
    axes.axhline((1 + 1 / 6) / 2, color=GREY, lw=1, ls=":")
    axes.text(301, (1 + 1 / 6) / 2, " one letter known,\n the other guessed", color=GREY, fontsize=9.5, va="center")
    axes.set(title="One back and three back: three seeds of each form", xlabel="step", ylabel="share that is right", ylim=(0, 1.03), xlim=(0, 300), xticks=range(0, 301, 50))
    axes.legend(frameon=False, loc="lower right", ncols=3, fontsize=10)
    show()


def plot_head_maps(seed):
    letters = torch.randint(6, (200, 10), generator=torch.Generator().manual_seed(99))
    maps = []
    for name, form in (("two heads", "two heads"), ("one head", "one head")):
        with torch.no_grad():
            weights = looked[form][seed][0](letters)[2].mean(dim=0).numpy()
        maps += [(f"{name}: head {k}" if len(weights) > 1 else name, table) for k, table in enumerate(weights)]
    figure, rows = plt.subplots(1, 3, figsize=(11.5, 5.2), layout="constrained")
    for axes, (title, table) in zip(rows, maps):
        draw_map(axes, table, range(10), range(10), title, numbers=False)
        for back, colour, shape, name in ((1, ORANGE, "o", "one back"), (3, GREEN, "s", "three back")):
            axes.plot(np.arange(3, 10) - back, np.arange(3, 10), shape, ms=17, mfc="none", mec=colour, mew=1.8, label=name)
        axes.set(xlabel="position that is looked at")
        axes.axhline(2.5, color=GREY, lw=1, ls=":")
    rows[0].set(ylabel="position that looks")
    figure.legend(*rows[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False, markerscale=0.7)
    headline(figure, f"Mean weights over 200 rows of letters, seed {seed}: dark blue is 1, white is 0. Rows above the dotted line are not asked")
    show()


plot_look_back()
plot_head_maps(seed=0)

# %% [markdown]
# **What to see.** With two heads every seed learns both letters, and the heads have shared the work out: in each of the two maps the dark squares lie along one diagonal, one place back in the one and three places back in the other. Which head takes which is chance (the maps are those of seed 0; put a 1 or a 2 into the last line of the cell to see the others). A turn such as $R_{-1}$ or $R_{-3}$ of section 2 (to go back is to turn the other way) makes such a diagonal possible with one matrix for all positions.
#
# The single head could look at both places at once, and would then know which two letters stand there, but not which of them stands where: the mean of two values does not say whose is whose. It settles for the letter one back, and guesses the other; hence 0.58. And without positions no head can tell one place from another: it only knows which letters occur in the row, and that is how it comes to 0.35, where guessing gives 0.17.

# %% [markdown]
# ## 11 · Encoding and decoding: one sequence looks at another
#
# **Why.** A translator reads a sentence in one language and writes one in another. Two sequences are involved, of different lengths, and the second has to look at the first. That is *cross-attention*: the queries come from the one, keys and values from the other. The first sequence, encoded, is the *memory*.
#
# **Picture.** An *encoder* turns the words that were read into the memory. A *decoder* turns the words written so far into guesses of the next one. In it, each word first looks at the words written before it (causal self-attention), then at the memory (cross-attention).

# %% nbgrader={"grade": false, "grade_id": "two_towers", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_two_towers():
    figure, axes = plt.subplots(figsize=(10.5, 5.6), layout="constrained")
    encoder = [("words that were read\n(B, M)", "black"), ("embedding + positions\n(B, M, d)", "black"), ("self-attention, padding mask\nweights (B, h, M, M)", BLUE), ("memory\n(B, M, d)", ORANGE)]
    decoder = [("words written so far\n(B, N)", "black"), ("embedding + positions\n(B, N, d)", "black"), ("self-attention, causal mask\nweights (B, h, N, N)", BLUE), ("cross-attention, padding mask\nweights (B, h, N, M)", ORANGE), ("a score for each word of the table\n(B, N, words)", "black")]
    for x, boxes in ((0, encoder), (7.5, decoder)):
        for level, (text, colour) in enumerate(boxes):
            draw_box(axes, x, 1.35 * level, text, colour, 4.6, 0.95)
            if level:
                draw_arrow(axes, (x, 1.35 * level - 0.875), (x, 1.35 * level - 0.475))
    draw_arrow(axes, (2.3, 4.05), (5.2, 4.05), ORANGE, text="keys and values", shift=(0, 0.22))
    axes.text(7.65, 3.37, "queries", ha="left", va="center", fontsize=9.5, color=GREY)
    axes.text(0, -0.85, "encoder", ha="center", fontweight="bold")
    axes.text(7.5, -0.85, "decoder", ha="center", fontweight="bold")
    axes.set(title="From one sequence to another", xlim=(-2.6, 10.1), ylim=(-1.2, 6.1))
    axes.axis("off")
    show()


draw_two_towers()

# %% [markdown]
# **Derivation.** Let $x$, of shape $(B, N, d)$, be the sequence that asks, and $\mathrm{memory}$, of shape $(B, M, d)$, the one that is asked. Cross-attention is multi-head attention with
#
# $$ q = x, \qquad k = v = \mathrm{memory}; \qquad \text{output } (B, N, d), \quad \text{weights } (B, h, N, M). $$
#
# The output has one row for each position that asks. The mask, if any, is about the *memory*: a padding mask of shape $(B, 1, 1, M)$, from the lengths of the sentences that were read. No causal mask here: what was read is known as a whole.
#
# **By hand.** Three words ask and five are asked, $B = 6$, $d = 8$, $h = 2$: queries $(6, 2, 3, 4)$, keys and values $(6, 2, 5, 4)$, weights $(6, 2, 3, 5)$, output $(6, 3, 8)$. The map of a head is no square, and has no diagonal.

# %% [markdown]
# **Write** `cross_attend`.
#
# * `mha` is anything that can be called as `mha(q, k, v, mask=None)` and gives a pair (output, weights): your `MultiHeadAttention`, or something else with this interface. Call it once.
# * Return its pair. The mask is passed on as it is, and is None if there is none.
#
# <details><summary>Hint 1: shapes</summary>
#
# x is (B, N, d), memory is (B, M, d); the output has N rows, so x is what asks.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# q = x, k = v = memory.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# call mha with the right one of the two sequences in each of its three places, and with the mask; return what comes back.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "cross_attention_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cross_attend(mha, x: torch.Tensor, memory: torch.Tensor, mask: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    """Let the positions of one sequence look at those of another.

    mha: called as mha(q, k, v, mask=None), it returns (output, weights), such as a MultiHeadAttention. x: shape (B, N, d), the sequence
    that asks. memory: shape (B, M, d), the sequence that is asked. mask: None, or booleans that broadcast to (B, h, N, M).
    Returns what mha returns, of shapes (B, N, d) and (B, h, N, M).
    """
    ### BEGIN SOLUTION
    return mha(x, memory, memory, mask)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "cross_attention", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} exercise={"title": "One sequence looks at another", "difficulty": 1, "minutes": 10, "needs": []}
def check_cross_attention():
    calls = []

    def recorder(q, k, v, mask=None):
        calls.append((q, k, v, mask))
        return "output", "weights"

    x, memory, mask = torch.zeros(2, 3, 4), torch.ones(2, 5, 4), torch.ones(3, 5, dtype=torch.bool)
    answer = cross_attend(recorder, x, memory, mask)
    assert len(calls) == 1, f"mha should be called once, not {len(calls)} times"
    assert calls[0][0].shape == x.shape and torch.equal(calls[0][0], x), "the queries come from x"
    assert calls[0][1].shape == memory.shape and torch.equal(calls[0][1], memory), "the keys come from the memory"
    assert calls[0][2].shape == memory.shape and torch.equal(calls[0][2], memory), "the values come from the memory"
    assert calls[0][3] is not None and torch.equal(calls[0][3], mask), "the mask was not passed on as it is"
    assert isinstance(answer, (tuple, list)) and tuple(answer) == ("output", "weights"), "cross_attend should return what mha returns, both things"
    cross_attend(recorder, x, memory)
    assert calls[1][3] is None, "without a mask, mha should get none"
    print("cross_attend: queries, keys, values and mask are right")


check_cross_attention()

# %% [markdown]
# ### Look at it: decoding, with the shape of every array
#
# In section 7 the sentences *the cat sat on the mat*, *the dog ran* and *a dog sat* were encoded: `memory` is still there, and so is `memory_mask`. Suppose that four words of a translation of each have been written: *le chat était assis*, *le chien a couru* and *un chien était assis*. A decoder with random matrices takes them and looks at the memory.
#
# > **Predict.** $B = 3$, $N = 4$, $M = 6$, $d = 14$, $h = 2$, and ten words in the table of the decoder (eight French words, the padding, and a *stop*). Write down the shapes of both masks and of both kinds of weights. Which columns of the cross-attention maps will be white?

# %% nbgrader={"grade": false, "grade_id": "decoding_shapes", "locked": true, "schema_version": 3, "solution": false, "task": false}
def decode_and_tell():
    sentences = ["le chat était assis", "le chien a couru", "un chien était assis"]
    words = ["·", "stop"] + sorted({word for sentence in sentences for word in sentence.split()})
    ids = torch.tensor([[words.index(word) for word in sentence.split()] for sentence in sentences])
    torch.manual_seed(1)
    table, own, cross, scores_of = nn.Embedding(len(words), 14), MultiHeadAttention(14, 2), MultiHeadAttention(14, 2), nn.Linear(14, len(words))
    read, read_mask = torch.from_numpy(memory).float(), torch.from_numpy(memory_mask)

    causal = torch.from_numpy(causal_mask(4))
    y = table(ids) + torch.from_numpy(sinusoidal_encoding(4, 14)).float()
    found, own_weights = own(y, y, y, causal)
    y = y + found
    found, cross_weights = cross_attend(cross, y, read, read_mask)
    y = y + found
    logits = scores_of(y)

    told = [("memory, from the encoder", "(B, M, d)", read), ("its padding mask", "(B, 1, 1, M)", read_mask), ("ids of the words so far", "(B, N)", ids), ("causal mask", "(N, N)", causal), ("weights of self-attention", "(B, h, N, N)", own_weights),
            ("weights of cross-attention", "(B, h, N, M)", cross_weights), ("y = y + output", "(B, N, d)", y), ("scores of the next word", "(B, N, words)", logits)]
    for name, letters, tensor in told:
        print(f"{name:28}{letters:16}{tuple(tensor.shape)}")
    figure, rows = plt.subplots(1, 4, figsize=(12.5, 3.8), layout="constrained")
    for n, axes in enumerate(rows):
        sentence, crosses = divmod(n, 2)
        written, were_read = sentences[sentence].split(), (SENTENCE, ["the", "dog", "ran", "·", "·", "·"])[sentence]
        weights = (own_weights, cross_weights)[crosses][sentence, 0].detach().numpy()
        draw_map(axes, weights, written, were_read if crosses else written, f"sentence {sentence}: {'cross' if crosses else 'self'}", numbers=False)
        axes.set(xlabel="is looked at", ylabel="looks" if n == 0 else "")
        axes.tick_params(axis="x", labelrotation=45)
    headline(figure, "Head 0 of both attentions of the decoder, for the first two sentences; nothing is trained yet. Dark blue is 1, white is 0")
    show()


decode_and_tell()

# %% [markdown]
# **What to see.** The self-attention maps are squares with a white upper right half: no word looks ahead. The cross-attention maps are rectangles, four words that ask and six that are asked; in sentence 1 the three columns of the padding are white. Each row of the last array scores the words that may come *next* after that position, so one pass through the decoder asks as many questions as there are words. To *write*, one starts with a first word, takes the best next word from the last row, puts it at the end, and goes again. You will do that in *Transformer*.
#
# ### Look at it: a cross-attention map that can be read
#
# A small task for cross-attention: ten letters are read, and five are written: *every second letter, backwards from the last*. The queries are nothing but the positions 0 to 4 of what is written; all the letters are in the memory. Training takes a few seconds.
#
# > **Predict.** The map has five rows and ten columns. Where will its dark squares be?

# %% nbgrader={"grade": false, "grade_id": "trained_cross", "locked": true, "schema_version": 3, "solution": false, "task": false}
class ReadBackwards(nn.Module):
    """Writes every second letter of what it reads, backwards, by one cross-attention."""

    def __init__(self, letters=6, d=32):
        super().__init__()
        self.table, self.attention, self.scores = nn.Embedding(letters, d), MultiHeadAttention(d, 2), nn.Linear(d, letters)
        self.places = torch.from_numpy(sinusoidal_encoding(10, d)).float()

    def forward(self, ids):
        read = self.table(ids) + self.places  # the memory, (B, 10, 32)
        asking = self.places[:5].expand(len(ids), 5, -1)  # (B, 5, 32)
        output, weights = cross_attend(self.attention, asking, read)
        return self.scores(output), weights  # (B, 5, 6), (B, 2, 5, 10)


def train_read_backwards(steps=300):
    torch.manual_seed(0)
    model, source = ReadBackwards(), torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    hits = []
    for step in range(1, steps + 1):
        ids = torch.randint(6, (32, 10), generator=source)
        wanted = ids.flip(1)[:, ::2]
        scores, weights = model(ids)
        loss = nn.functional.cross_entropy(scores.flatten(0, 1), wanted.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        hits.append((scores.argmax(-1) == wanted).float().mean().item())
        if step % 100 == 0:
            progress("every second letter, backwards", step, steps, f"step {step}: {np.mean(hits[-20:]):.2f} right")
    return weights.detach().mean(dim=0).numpy()


def plot_cross(weights):
    figure, rows = plt.subplots(1, 2, figsize=(11, 3.6), layout="constrained")
    for k, axes in enumerate(rows):
        draw_map(axes, weights[k], range(5), range(10), f"head {k}", size=8.5)
        axes.set(xlabel="position that was read")
    rows[0].set(ylabel="position that is written")
    headline(figure, "Where each written position looks")
    show()


plot_cross(train_read_backwards())

# %% [markdown]
# **What to see.** In every row the darkest square stands where the letter is: position 0 asks for the letter at 9, position 1 for the one at 7, and so on down to 1. Two columns to the left for each row down, in both heads: this task has one question, so both ask it. Some weight falls on neighbours, because near positions are alike (section 2); the largest weight is enough to name the letter.

# %% [markdown]
# ## 12 · Find the bug
#
# The two mistakes that follow are easy to make, and neither raises an error; the first is known from a published program. They are written anew here. Nothing in this section is graded.
#
# ### The mask
#
# > **Find it.** The function below takes a mask and, it seems, uses it. The cell changes the last word of a sentence and looks at the outputs before it, with a causal mask. What should the numbers be? Why are they not?

# %% nbgrader={"grade": false, "grade_id": "bug_mask", "locked": true, "schema_version": 3, "solution": false, "task": false}
def careless_attention(Q, K, V, mask=None):
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    if mask is not None:
        mask = np.where(mask, 0.0, -1e9)  # to be added: an exponential of -1e9 is 0
    highest = scores.max(axis=-1, keepdims=True)
    exponentials = np.exp(scores - highest)
    weights = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return weights @ V, weights


def change_the_future():
    draw = np.random.default_rng(6)
    X = draw.normal(size=(6, 8))
    changed = X.copy()
    changed[5] = draw.normal(size=8)
    for function in (careless_attention, attention):
        before, after = (function(x, x, x, causal_mask(6))[0] for x in (X, changed))
        moved = np.abs(after - before).max(axis=1)
        print(f"{function.__name__:19} change at the positions 0 to 5: " + "  ".join(f"{number:.3f}" for number in moved))


change_the_future()

# %% [markdown]
# <details><summary>Answer</summary>
#
# The mask is turned into numbers that are to be added to the scores, the comment even says so, and nobody adds them. Every position sees the future, so the first five numbers are not 0. In training such a model looks brilliant, because it reads the word that it is asked for; when it has to write, where there is no future to read, it fails. Rows of weights still sum to 1, shapes are right, and the loss falls. What finds it is the test of section 6: change the future, and see whether the past moves.
#
# </details>
#
# ### The root
#
# > **Find it.** This module has a width of $D = 512$ and $h = 8$ heads. Its author remembered that scores are divided by a root. The cell prints the standard deviation of the scores and the median of the largest of ten weights, for random queries and keys. What should the standard deviation be? What is it, and why?

# %% nbgrader={"grade": false, "grade_id": "bug_root", "locked": true, "schema_version": 3, "solution": false, "task": false}
def careless_scores(Q, K, D):
    """Q: shape (B, h, N, D / h). K: shape (B, h, M, D / h)."""
    return Q @ np.swapaxes(K, -1, -2) / np.sqrt(D)


def plot_the_root():
    draw = np.random.default_rng(7)
    counts, spread, largest = [1, 2, 4, 8, 16, 32, 64], {}, {}
    for h in counts:
        Q, K = draw.normal(size=(500, 1, 512)), draw.normal(size=(500, 10, 512))
        Q, K = split_heads(Q, h), split_heads(K, h)
        for name, scores in (("careless", careless_scores(Q, K, 512)), ("yours", Q @ np.swapaxes(K, -1, -2) / np.sqrt(512 // h))):
            weights = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
            spread.setdefault(name, []).append(scores.std())
            largest.setdefault(name, []).append(np.median(weights.max(axis=-1)))
    figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 3.7), layout="constrained")
    for name, colour, style, label in (("yours", BLUE, "o-", "the root of the head's length, √(D/h)"), ("careless", ORANGE, "s--", "careless_scores")):
        left.plot(counts, spread[name], style, color=colour, label=label)
        right.plot(counts, largest[name], style, color=colour, label=label)
    for axes in (left, right):
        axes.set_xscale("log", base=2)
        axes.set_xticks(counts, counts)
        axes.set_xlabel("heads h, at D = 512")
    left.set(title="Standard deviation of the scores", ylabel="standard deviation", ylim=(0, 1.5))
    right.set(title="The largest of ten weights (median)", ylabel="weight", ylim=(0, 0.5))
    right.axhline(0.1, color=GREY, ls=":", lw=1)
    right.text(1, 0.08, "all ten alike", color=GREY, fontsize=10, va="top")
    left.legend(frameon=False, fontsize=10, loc="upper right")
    show()
    for name in ("yours", "careless"):
        print(f"{name:9} 8 heads: standard deviation {spread[name][3]:.2f}, largest of ten weights {largest[name][3]:.2f}")


plot_the_root()

# %% [markdown]
# <details><summary>Answer</summary>
#
# The dot products are over the $D/h = 64$ numbers of a head, so their standard deviation is $\sqrt{64} = 8$. Divided by $\sqrt{512} = 22.6$ it becomes $1/\sqrt h = 0.354$ (up to chance) instead of 1. The scores are too small, the weights too even, and every word looks at everything alike; the more heads, the worse. With one head the two are the same, which is why a test with one head does not find it.
#
# </details>

# %% [markdown]
# ## What you built
#
# * `embed`, `embed_backward`, `sinusoidal_encoding`: vectors for words and for positions.
# * `importance_scores` and `attention`: who matters to whom, first by resemblance, then by question and answer, with masks.
# * `padding_mask`, `causal_mask`, `split_heads`, `merge_heads`: what keeps sentences, future and heads apart.
# * `attention_backward`, `layer_norm`, `layer_norm_backward`: every gradient on paper, and checked by measurement.
# * `MultiHeadAttention` and `cross_attend`: the same in PyTorch, trained, with maps that can be read.
#
# PyTorch has the same pieces as `nn.Embedding`, `nn.LayerNorm`, `nn.MultiheadAttention` (in whose masks True means *may not*) and `nn.functional.scaled_dot_product_attention` (in which True means *may*, as here).
#
# ## Where it breaks
#
# * **Length.** Every word looks at every word: twice the text is four times the scores. For long texts one restricts who may look at whom, or computes the same result in blocks that fit into fast memory.
# * **Positions never seen.** A model that was trained on ten positions has never met the eleventh. The sinusoids go on, what was learnt about them often does not. Newer models turn queries and keys themselves by the angles of section 2, so that scores depend on distances alone.
# * **Maps are not explanations.** A weight says how much of a value was taken, not what was in the value, nor whether it mattered for the answer. In section 10 the maps could be read because the task was built so that they would be; after several layers every vector is already a mixture of many words.
# * **Rows must sum to 1.** A head that has nothing to look for still has to look somewhere. Trained models often park that weight on the first word or on a full stop.
# * **Means forget counts.** Three times the same key with the same value gives the same mean as once. Attention alone finds it hard to count.
#
# ## What comes next
#
# In *Transformer* you put these pieces into blocks: attention, layer norm, and a small network for each position, stacked several times. The words become patches of an image, and the maps are laid over the picture: you can watch where a classifier looks. There, too, a small model with a causal mask learns to write.
#
# ## Further reading
#
# * A. Vaswani and others, "Attention is all you need", *NeurIPS* 2017, arXiv:1706.03762: scaled dot products, heads, sinusoidal positions, masks, all in one paper. Section 3.2.1 and its footnote have the argument about $\sqrt{d_k}$.
# * D. Bahdanau, K. Cho, Y. Bengio, "Neural machine translation by jointly learning to align and translate", *ICLR* 2015, arXiv:1409.0473: cross-attention before the name, with maps between English and French.
# * J. L. Ba, J. R. Kiros, G. E. Hinton, "Layer normalization", 2016, arXiv:1607.06450.
# * R. Xiong and others, "On layer normalization in the Transformer architecture", *ICML* 2020, arXiv:2002.04745: norm before or after.
# * J. Su and others, "RoFormer: enhanced Transformer with rotary position embedding", 2021, arXiv:2104.09864: turning queries and keys by the position.
# * S. Jain, B. C. Wallace, "Attention is not explanation", *NAACL* 2019, and S. Wiegreffe, Y. Pinter, "Attention is not not explanation", *EMNLP* 2019: what maps tell, and what they do not.
# * G. Xiao and others, "Efficient streaming language models with attention sinks", *ICLR* 2024, arXiv:2309.17453: where heads park the weight that they have no use for.
# * T. Dao and others, "FlashAttention", *NeurIPS* 2022, arXiv:2205.14135: the same result in blocks.
