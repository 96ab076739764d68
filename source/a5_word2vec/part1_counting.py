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
#     title: Word vectors by counting
#     imports: [numpy]
#     packages: [numpy]
# ---

# %% [markdown]
# # Word vectors by counting
#
# A computer sees the word *sheep* as five characters. Nothing in them says that sheep are like oxen and unlike Tuesdays. In this notebook you give every word of a text
# a list of numbers, its *vector*, so that words which are used alike have vectors that point the same way. Nobody tells the machine what any word means. It counts which words
# stand near which, and that turns out to be enough for a good deal.
#
# **By the end you will have** five functions, some twenty-five lines in all, that read the King James Bible, 790,000 words, and find by themselves that the words most like *gold* are
# *silver* and *brass*. On a small invented language the same functions solve puzzles such as *man is to king as woman is to …*.
# And you will have seen where this stops working. The picture below was drawn from finished vectors; in section 6 it is drawn again, from your own.
#
# | | |
# |---|---|
# | **You need** | Python (dictionaries, lists), NumPy arrays (shapes, `@` for the matrix product), and school mathematics: vectors, their length, the angle between two |
# | **From earlier assignments** | nothing that is not said again here. *Polynomial regression* ended with gradients by hand. They come back in the second notebook; in this one there is none: everything is counted, and one matrix is taken apart |
# | **Time** | about an hour and a half, the reading included |
# | **Allowed tools** | answers may import `numpy` (all of it) and anything of Python's standard library. Cells that draw use matplotlib; they are given, and nothing that is graded needs them. Imports for plots, tables and progress bars (matplotlib, pandas, tqdm) are left out where answers are graded, and cost nothing. |
# | **To run** | from top to bottom in under a minute on two cores |
#
# **How it works.** Write your code where the cell says `YOUR CODE HERE`. The locked cell below it checks the worked example
# and the most common mistakes; its messages are meant to be read. Hidden tests grade the rest: everything that they ask for
# is written in the text and the docstrings of this notebook. Four things hold in every exercise, and are not repeated:
#
# * what comes in (lists, dictionaries, arrays) is left as it is;
# * what went out is, too: a later call changes no earlier answer;
# * every size may be 1: one sentence, one word, one dimension;
# * a text is a list of sentences, and a sentence is a list of words, which are strings. It may be empty. Words are compared as they are: `"Sea"` and `"sea"` are two words.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["setup"]
from collections import Counter

import numpy as np

# %% [markdown]
# The next cell holds what the drawings of this notebook share. You need not read it. Run it, and look at the picture: each word stands where its vector points, flattened to a plane. Which words have found each other? (Words of a kind: numbers, metals, kin. In two directions some kinds overlap, such as places and parts of the body; in section 6 you count how many words have found their own.)

# %% nbgrader={"grade": false, "grade_id": "drawing", "locked": true, "schema_version": 3, "solution": false, "task": false}
import gzip
import os
import re

import matplotlib.pyplot as plt

from _shared.palette import BLUE, ORANGE, GREEN, PURPLE, GREY


def draw_table(axes, table, rows, columns, title, numbers=False, label=None):
    """A table with words for its rows and columns, dark where its entries are large."""
    picture = axes.imshow(table, cmap="Blues", vmin=0, vmax=1.4 * np.max(table), aspect="auto")
    axes.set_xticks(range(len(columns)), columns, rotation=60, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(rows)), rows)
    axes.tick_params(length=0, labelsize=10)
    if numbers:
        for i, j in np.ndindex(table.shape):
            axes.text(j, i, f"{table[i, j]:.0f}", ha="center", va="center", fontsize=9.5)
    if label:
        plt.colorbar(picture, ax=axes, shrink=0.8, label=label).ax.set_ylim(0, np.max(table))
    axes.set_title(title)


def place_labels(axes, places):
    """Write each word beside its point: of several places, the one where it covers least of the points and of the other words."""
    axes.figure.canvas.draw()
    points = {word: axes.transData.transform(place) for word, place in places.items()}
    taken = [(x - 6, y - 6, x + 6, y + 6) for x, y in points.values()]  # boxes: left, bottom, right, top
    for word, (x, y) in points.items():
        wide = 7.6 * len(word)
        sides = [(8, -6), (-8, -6), (0, 8), (0, -20), (8, 5), (-8, 5), (8, -17), (-8, -17)]
        lefts = [x + dx if dx > 0 else x + dx - wide if dx < 0 else x - wide / 2 for dx, _ in sides]
        boxes = [(left, y + dy, left + wide, y + dy + 13) for left, (_, dy) in zip(lefts, sides)]
        overlaps = [sum(max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1])) for b in taken) for a in boxes]
        best = int(np.argmin(overlaps))
        taken.append(boxes[best])
        dx, dy = sides[best]
        axes.annotate(word, places[word], (0.72 * dx, 0.72 * dy), textcoords="offset points", fontsize=9.5, ha="left" if dx > 0 else "right" if dx < 0 else "center")


def draw_words(axes, places, groups, title):
    """Words in the plane. places: word to (x, y). groups: name of a group to its words, each group in a colour and a marker of its own."""
    for (name, words), colour, marker in zip(groups.items(), [BLUE, ORANGE, GREEN, PURPLE, GREY, "black"], "osD^vP"):
        axes.plot(*np.array([places[word] for word in words]).T, marker, color=colour, ms=6, ls="", label=name)
    axes.set(title=title, xlabel="first direction", ylabel="second direction")
    axes.margins(0.12)
    axes.legend(frameon=False, fontsize=9)
    place_labels(axes, places)


def draw_the_goal():
    places = {  # worked out beforehand, and rounded so that the words do not cover each other
        "two": (0.50, 0.00), "three": (0.41, -0.05), "four": (0.48, 0.09), "five": (0.60, -0.04), "six": (0.52, -0.08), "seven": (0.47, -0.16),
        "gold": (0.23, 0.47), "silver": (0.30, 0.39), "brass": (0.24, 0.50), "iron": (0.08, 0.50),
        "sheep": (0.27, -0.33), "oxen": (0.47, -0.28), "asses": (0.35, -0.26), "camels": (0.28, -0.16), "lambs": (0.43, -0.33), "rams": (0.51, -0.25),
        "father": (-0.43, -0.37), "mother": (-0.47, -0.31), "brother": (-0.50, -0.26), "sister": (-0.49, -0.39), "son": (-0.38, -0.33), "daughter": (-0.55, -0.35),
        "hand": (-0.35, 0.31), "hands": (-0.29, 0.40), "eyes": (-0.30, 0.24), "mouth": (-0.25, 0.15), "feet": (-0.24, 0.32), "head": (-0.20, 0.28),
        "egypt": (-0.32, 0.11), "jerusalem": (-0.26, -0.03), "babylon": (-0.36, 0.18), "moab": (-0.24, 0.07), "samaria": (-0.10, -0.11), "zion": (-0.41, 0.06),
    }
    groups = {
        "numbers": "two three four five six seven", "metals": "gold silver brass iron", "animals": "sheep oxen asses camels lambs rams",
        "kin": "father mother brother sister son daughter", "body": "hand hands eyes mouth feet head", "places": "egypt jerusalem babylon moab samaria zion",
    }
    groups = {name: words.split() for name, words in groups.items()}
    figure, axes = plt.subplots(figsize=(9.5, 6.2), layout="constrained")
    draw_words(axes, places, groups, "Words of the King James Bible, placed by what stands near them")
    plt.show()


draw_the_goal()

# %% [markdown]
# ## 1 · A number for every word
#
# **Why.** Before anything can be counted we need a list of the words, and for each its number: a row in the tables to come. Words that occur once or twice have to go. One cannot learn
# from two sightings what a word means, and there are very many such words.
#
# **Words and tokens.** In *the sea and the ship* there are five *tokens*, that is, places in the text, and four different *words*. Cutting a text into tokens is called *tokenising*. Here it is done for you, in the crudest way that
# works: small letters, and everything that is not a letter separates (an apostrophe inside a word, as in *king's*, stays). The text is the King James Bible of 1611, and each of its 31,102 verses is taken for a sentence.

# %% nbgrader={"grade": false, "grade_id": "reading", "locked": true, "schema_version": 3, "solution": false, "task": false}
from _shared.bible import read_bible, tokens


bible = read_bible()
if bible:
    print(f"{len(bible):,} sentences, {sum(map(len, bible)):,} tokens. The first one:", *bible[0])

# %% [markdown]
# **Picture.** Words are very unequally frequent. Order them by falling count, and number them 0, 1, 2, …; this number is the word's **row** in the tables to come: so the first rows of every table belong to the most frequent words. Its *rank* is counted from 1: row + 1. Once you have written the function, the plot below shows
# count against rank for this text.
#
# **By hand.** Our example for the next sections is a text of two sentences:
#
# > *the king rules the land* · *the queen rules the sea*
#
# *the* occurs 4 times, *rules* twice, the others once. Equal counts need a rule, otherwise two people get different tables from the same text: the alphabet decides. So *king* is 2, *land* 3, *queen* 4 and *sea* 5, and the counts in this order are
# 4, 2, 1, 1, 1, 1.

# %% [markdown]
# **Write** `build_vocabulary`.
#
# * It returns two things: the *vocabulary*, a dictionary that gives each word its row, 0, 1, 2, …; and the counts as an array of whole numbers, in the order of the rows.
# * Words come by falling count. Words of equal count come in the order of the alphabet, which is here the order in which Python compares strings (by *code point*: capitals before small letters, *é* after *z*).
# * Only words that occur at least `min_count` times in the whole text get a row. If there are none, the vocabulary is empty and the counts are an empty array of whole numbers, of the shape `(0,)`.
#
# <details><summary>Hint 1: shapes</summary>
#
# With V words left, the dictionary has V keys with the values 0 … V − 1, and the counts have the shape (V,). Entry i of the counts belongs to the word whose value is i.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# Python compares pairs by their first entries, and by the second ones where these are equal. Sort by the pair (−count, word).
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# count every word of every sentence (a Counter does it); keep the words with at least min_count; sort them by the pair; number them in this order; collect their counts in the same order.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "build_vocabulary_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def build_vocabulary(corpus: list[list[str]], min_count: int = 1) -> tuple[dict[str, int], np.ndarray]:
    """The words of a text, numbered by falling count; equal counts in the order of the alphabet.

    corpus: sentences, each a list of words. min_count: how often a word must occur to be kept, at least 1.
    Returns the vocabulary, which gives each of V words its row, and the counts: integers, shape (V,), in the order of the rows.

    >>> build_vocabulary([["b", "a"], ["c", "b"]])
    ({'b': 0, 'a': 1, 'c': 2}, array([2, 1, 1]))
    """
    ### BEGIN SOLUTION
    counted = Counter(word for sentence in corpus for word in sentence)
    words = sorted((word for word in counted if counted[word] >= min_count), key=lambda word: (-counted[word], word))
    return {word: row for row, word in enumerate(words)}, np.array([counted[word] for word in words], dtype=np.int64)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "build_vocabulary", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Number the words", "difficulty": 1, "minutes": 15, "needs": []}
def check_build_vocabulary():
    corpus = [["the", "king", "rules", "the", "land"], ["the", "queen", "rules", "the", "sea"]]
    answer = build_vocabulary(corpus)
    assert isinstance(answer, tuple) and len(answer) == 2, f"the answer should be two things, the vocabulary and the counts, not {type(answer).__name__}"
    vocab, counts = answer
    assert isinstance(vocab, dict), f"the vocabulary should be a dictionary, not {type(vocab).__name__}"
    assert set(vocab) == {"the", "king", "rules", "land", "queen", "sea"}, f"every word should have a row; there are {sorted(vocab)}"
    assert sorted(vocab.values()) == list(range(6)), f"six words have the rows 0 to 5, not {sorted(vocab.values())}"
    assert vocab["the"] == 0 and vocab["rules"] == 1, f"'the' is the most frequent word and 'rules' the second; their rows are {vocab['the']} and {vocab['rules']}"
    ordered = sorted(vocab, key=vocab.get)
    assert ordered[2:] == ["king", "land", "queen", "sea"], f"words that occur once are in the order of the alphabet, not {ordered[2:]}"
    assert isinstance(counts, np.ndarray) and np.issubdtype(counts.dtype, np.integer), "the counts should be an array of whole numbers"
    assert counts.tolist() == [4, 2, 1, 1, 1, 1], f"the counts, in the order of the rows, are 4, 2, 1, 1, 1, 1, not {counts.tolist()}"
    ordered = sorted(build_vocabulary([["pear", "Zoe", "apple", "fig"]])[0].items(), key=lambda item: item[1])
    assert ordered == [("Zoe", 0), ("apple", 1), ("fig", 2), ("pear", 3)], f"Zoe, apple, fig, pear is the order by code point, not {ordered}"
    few, counts = build_vocabulary(corpus, min_count=2)
    assert few == {"the": 0, "rules": 1}, f"with min_count=2 'the' and 'rules' are left, not {few}"
    assert counts.tolist() == [4, 2], f"with min_count=2 their counts are left, 4 and 2, not {counts.tolist()}"
    assert corpus[0] == ["the", "king", "rules", "the", "land"], "the text should stay as it is"
    print("build_vocabulary: order, ties, counts and min_count are right")


check_build_vocabulary()

# %% [markdown]
# ### Look at it: how unequal words are
#
# > **Predict.** The Bible has 790,000 tokens of 12,762 different words. How many of these words occur once? What share of all tokens do the ten most frequent words make up?

# %% nbgrader={"grade": false, "grade_id": "zipf", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_counts():
    vocab, counts = build_vocabulary(bible)
    words = sorted(vocab, key=vocab.get)
    rank = np.arange(1, len(counts) + 1)
    figure, axes = plt.subplots(figsize=(8, 4.2), layout="constrained")
    axes.loglog(rank, counts, color=BLUE, lw=2.5, label="the Bible")
    axes.loglog(rank, counts[0] / rank, color=GREY, ls="--", lw=1.2, label="Zipf's law: count ∝ 1/rank")
    for word in ("the", "shall", "king", "gold", "queen"):
        axes.plot(vocab[word] + 1, counts[vocab[word]], "o", color=ORANGE)
        axes.annotate(word, (vocab[word] + 1, counts[vocab[word]]), (6, 5), textcoords="offset points")
    axes.set(title="A few words are everywhere, most are rare", xlabel="rank, counted from 1 (logarithmic)", ylabel="occurrences (logarithmic)")
    axes.legend(frameon=False)
    plt.show()
    print(f"{np.sum(counts == 1):,} of {len(counts):,} words occur once. The ten most frequent are {counts[:10].sum() / counts.sum():.0%} of all tokens: {', '.join(words[:10])}.")
    print(f"{np.sum(counts >= 50):,} words occur at least 50 times, and are {counts[counts >= 50].sum() / counts.sum():.0%} of all tokens.")


if bible:
    plot_counts()

# %% [markdown]
# **What to see.** Both axes are logarithmic, and the curve is nearly straight: the word of rank 10 occurs very roughly a tenth as often as the first, that of rank 1,000 a thousandth. Down to rank 1,000 this is right within a factor of 2 or so; beyond that the curve falls faster. That is *Zipf's law*, and something like it has been found in very many languages. Two things follow. A few words (*the*, *and*, *of*) are near everything, and will be in our way in section 3.
# And a third of all words are seen once. A threshold of 50 leaves out nine words in ten, and keeps nine tokens in ten.
#
# ## 2 · Known by its company
#
# **Why.** What is a *tamarind*? Suppose you had read only this: *she peeled the ripe tamarind*, *tamarind juice with ice*, *a tree full of tamarinds*. You know by now that it is some fruit. Nobody defined it. You noticed that it stands where *orange* might stand.
# Zellig Harris made a principle of it in 1954: words that occur in similar surroundings have similar meanings. It is called the *distributional hypothesis*. J. R. Firth said it in 1957 in a sentence that everyone quotes: "You shall know a word by the company it keeps."
#
# So describe a word by its company, and take a word's company to be the words that stand near it. That can be counted.
#
# **Picture.** Lay a *window* over a sentence: a word in the middle, and up to $h$ words on either side. With $h = 2$, the window around *rules* looks like this.

# %% nbgrader={"grade": false, "grade_id": "window_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_window():
    figure, axes = plt.subplots(figsize=(8.5, 2.1), layout="constrained")
    for row, (sentence, centre) in enumerate([(["the", "king", "rules", "the", "land"], 2), (["the", "queen", "rules", "the", "sea"], 0)]):
        for i, word in enumerate(sentence):
            near = i != centre and abs(i - centre) <= 2
            colour = ORANGE if i == centre else BLUE if near else "white"
            axes.add_patch(plt.Rectangle((i + 6 * row + 0.04, 0), 0.92, 0.6, facecolor=colour, alpha=0.3, edgecolor="black", lw=1))
            axes.text(i + 6 * row + 0.5, 0.3, word, ha="center", va="center")
        axes.plot([6 * row + max(0, centre - 2) + 0.04, 6 * row + centre + 2.96], [-0.14, -0.14], color=GREY, lw=2)
        axes.text(6 * row + (max(0, centre - 2) + centre + 3) / 2, -0.38, f"the window of “{sentence[centre]}”", ha="center", color=GREY, fontsize=10)
    axes.set(xlim=(-0.1, 11.1), ylim=(-0.5, 0.75), title="Orange: the word in the middle. Blue: its company, for h = 2")
    axes.axis("off")
    plt.show()


draw_window()

# %% [markdown]
# At the beginning of a sentence the window is cut off. What the sentence before ended with has nothing to do with *the*.
#
# **Definition.** A sentence has $L$ tokens, at the positions $0, \dots, L - 1$. The entry $M_{rs}$ of the *co-occurrence matrix* $M$ counts, over all sentences, the pairs of positions $(i, j)$ with $i \neq j$ and $|i - j| \le h$, where the word of row $r$ stands at $i$ and the word of row $s$ at $j$. With $V$ words, $M$ has the shape $V \times V$. Each pair is counted as $(i, j)$ and
# as $(j, i)$, so $M_{rs} = M_{sr}$: the matrix is *symmetric*. Row $r$ is the company of its word.
#
# **By hand.** The two sentences with $h = 1$: neighbours are *the king*, *king rules*, *rules the*, *the land*, and *the queen*, *queen rules*, *rules the*, *the sea*. Eight pairs, each counted in both directions:
#
# | | the | rules | king | land | queen | sea |
# |---|---|---|---|---|---|---|
# | **the** | 0 | 2 | 1 | 1 | 1 | 1 |
# | **rules** | 2 | 0 | 1 | 0 | 1 | 0 |
# | **king** | 1 | 1 | 0 | 0 | 0 | 0 |
# | **land** | 1 | 0 | 0 | 0 | 0 | 0 |
# | **queen** | 1 | 1 | 0 | 0 | 0 | 0 |
# | **sea** | 1 | 0 | 0 | 0 | 0 | 0 |
#
# Look at the rows of *king* and *queen*. They are the same, although the two never meet: not in a window, not even in a sentence. They are alike because they keep the same company. So are *land* and *sea*. That is the whole idea of this notebook; the rest makes it work on texts that are larger and less tidy.
#
# **Three questions of detail.** What if a word is not in the vocabulary? It is taken out *before* the windows are laid, and its neighbours move together: with *the* removed, *rules* and *land* are neighbours. What if a word stands beside itself? *sing sing* has the positions (0, 1) and (1, 0), both count, and the diagonal entry of *sing* is 2. And if
# it is not beside anything, its row is zeros.

# %% [markdown]
# **Write** `cooccurrence`.
#
# * `vocab` gives each word's row, from 0 to V − 1. The order of its keys means nothing: ask it for every row. It may hold words that do not occur in the text.
# * Words that are not in `vocab` are removed before windows are laid.
# * A window lies inside its sentence. `window` is at least 1, and may be longer than any sentence.
# * Each ordered pair of different positions at most `window` apart counts once; the result is `float64`.
#
# <details><summary>Hint 1: shapes</summary>
#
# M starts as zeros of shape (V, V). A sentence becomes a list of rows (numbers), as long as the known words in it.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# For position i it is enough to look to the right, at i + 1 … i + window: each pair found there adds 1 at (r, s) and 1 at (s, r), where r and s are the rows of its two words. A slice that runs over the end of a list stops by itself.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# for each sentence: list the rows of its known words. For each place i in that list, and each of the next `window` entries: add 1 to M at (row of i, row of the other), and 1 at the mirrored place.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "cooccurrence_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cooccurrence(corpus: list[list[str]], vocab: dict[str, int], window: int = 4) -> np.ndarray:
    """How often each two words stand near each other.

    corpus: sentences, each a list of words. vocab: the row of each of V words; other words are removed first. window: at least 1.
    Returns M, float64, shape (V, V): M[r, s] counts the pairs of different positions, at most `window` apart in the same sentence,
    with the word of row r at the first and that of row s at the second.

    >>> cooccurrence([["a", "b", "?", "a"]], {"a": 0, "b": 1}, window=1)
    array([[0., 2.],
           [2., 0.]])
    """
    ### BEGIN SOLUTION
    M = np.zeros((len(vocab), len(vocab)))
    for sentence in corpus:
        rows = [vocab[word] for word in sentence if word in vocab]
        for i, row in enumerate(rows):
            for neighbour in rows[i + 1 : i + 1 + window]:
                M[row, neighbour] += 1
                M[neighbour, row] += 1
    return M
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "cooccurrence", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Count the company", "difficulty": 2, "minutes": 25, "needs": []}
def check_cooccurrence():
    corpus = [["the", "king", "rules", "the", "land"], ["the", "queen", "rules", "the", "sea"]]
    rows = {"the": 0, "rules": 1, "king": 2, "land": 3, "queen": 4, "sea": 5}
    M = cooccurrence(corpus, rows, window=1)
    assert isinstance(M, np.ndarray) and M.shape == (6, 6), f"six words should give an array of shape (6, 6), not {np.shape(M)}"
    assert M.dtype == np.float64, f"the counts should be float64, not {M.dtype}"
    assert M[3, 4] == 0, "'land' ends a sentence and 'queen' is in the next one: windows stay inside their sentences"
    assert M[0, 1] == 2 and M[1, 0] == 2, f"'rules the' occurs twice, and counts in both directions: M[0, 1] and M[1, 0] are 2, not {M[0, 1]} and {M[1, 0]}"
    by_hand = [[0, 2, 1, 1, 1, 1], [2, 0, 1, 0, 1, 0], [1, 1, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0]]
    assert M.tolist() == by_hand, f"the table by hand has other numbers than\n{M}"

    few = {"land": 1, "rules": 0}
    M = cooccurrence(corpus, few, window=1)
    assert M.shape == (2, 2), f"a vocabulary of two words gives a table of shape (2, 2), not {M.shape}"
    assert M[0, 1] == 1, "when 'the' is not in the vocabulary it is removed first, so 'rules' and 'land' are neighbours"
    M = cooccurrence([["sing", "sing", "sing"]], {"sing": 0}, window=2)
    assert M[0, 0] == 6, f"three positions of one word, all within 2 of each other, are 6 ordered pairs, not {M[0, 0]}"
    wide = cooccurrence([["a", "b", "c", "d", "e", "f"]], {word: i for i, word in enumerate("abcdef")})
    assert wide[0].tolist() == [0, 1, 1, 1, 1, 0], f"the window is 4 by default: 'a' is near b, c, d and e, and not near f; its row is {wide[0]}"
    assert corpus[0] == ["the", "king", "rules", "the", "land"], "the text should stay as it is"
    print("cooccurrence: window, sentences, unknown words and repeats are right")


check_cooccurrence()

# %% [markdown]
# ### An invented language
#
# Before we turn to the Bible, a text whose structure we know, because we made it. The function below writes sentences from five templates. There are 24 pairs of words of three kinds: male and female, country and capital, adult and young animal. A word stands with two things that belong to its *pair*
# (a throne and a crown are there for king and queen alike), and with words that go with its *side* (*he*, *his*, *himself* with every male word, *nation* and *border* with every country). Real languages are richer. But if a method fails here, there is no need to try it on them.

# %% nbgrader={"grade": false, "grade_id": "template", "locked": true, "schema_version": 3, "solution": false, "task": false}
from _shared.template_corpus import PAIRS, SIDES, TEMPLATES, TOPICS, template_corpus


invented = template_corpus(3000, seed=0)
small_vocab, small_counts = build_vocabulary(invented)
small_M = cooccurrence(invented, small_vocab)
print(f"{len(invented):,} sentences, {small_counts.sum():,} tokens, {len(small_vocab)} words. Three of the sentences:")
for sentence in invented[:3]:
    print("   ", " ".join(sentence))

# %% [markdown]
# > **Predict.** The plot shows part of your table: the company of eight words, in sixteen columns. Which rows will look alike? Which columns tell *king* from *queen*, and which tell *king* from *man*?

# %% nbgrader={"grade": false, "grade_id": "company_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
SHOWN = "king queen man woman france paris dog puppy".split()
COMPANY = "the and throne crown work street he his she her nation city seine kennel large small".split()


def part_of(table, vocab, rows, columns):
    """The entries of a table in some rows and columns, which are named by their words."""
    return table[np.ix_([vocab[word] for word in rows], [vocab[word] for word in columns])]


def plot_company():
    figure, axes = plt.subplots(figsize=(9.5, 4.6), layout="constrained")
    draw_table(axes, part_of(small_M, small_vocab, SHOWN, COMPANY), SHOWN, COMPANY, "The company of eight words, counted (window 4)", numbers=True, label="pairs counted")
    axes.set(xlabel="word nearby", ylabel="word")
    plt.show()


plot_company()

# %% [markdown]
# **What to see.** *king* and *queen* share the columns *throne* and *crown*; *king* and *man* share *he* and *his*. So what tells *king* from *queen* are *he* and *his* against *she* and *her*, and what tells *king* from *man* are *throne* and *crown* against *work* and *street*. There are two ways of being alike, and each has columns of its own. Keep this picture in mind: it is the reason why analogies will work.
# But the darkest column says nothing at all. *the* is near everybody.
#
# ## 3 · Too loud to be heard: the skew of counts
#
# Nothing in this section is graded. It explains two functions that are given.
#
# **Why.** Counts span a huge range. In the table for the Bible the largest entry is 45,730 (*of* near *the*), and three entries in four are 0. If two rows are compared number by number, then the few enormous entries decide, and these belong to words that are near everything. What we want to know is whether a pair is more frequent *than one would expect*.
#
# **Remedy 1: the logarithm.** Replace every count $M_{rs}$ by $\log(1 + M_{rs})$. The 1 is there because $\log 0$ is not a number; now 0 stays 0. Counts of 1, 10, 100 and 10,000 become 0.7, 2.4, 4.6 and 9.2. Large numbers are still larger, but no longer loud.
#
# **Remedy 2: compare with chance.** Let $N = \sum_{r,s} M_{rs}$ be the number of all pairs counted, $m_r = \sum_s M_{rs}$ the sum of row $r$. If words were strewn about without regard to each other, a share $m_r / N$ of all pairs would have word $r$ first, a share $m_s / N$ would have word $s$ second, and both would hold for $N \cdot \frac{m_r}{N} \cdot \frac{m_s}{N}$ pairs. Divide what was counted by what was to be expected, and take the logarithm:
#
# $$ \mathrm{PMI}_{rs} \;=\; \log \frac{M_{rs}}{m_r m_s / N}, \qquad \mathrm{PPMI}_{rs} = \max(\mathrm{PMI}_{rs},\, 0). $$
#
# PMI stands for *pointwise mutual information*. It is 0 if the pair is as frequent as chance would have it, $\log 2 \approx 0.69$ if it is twice as frequent, and $-\infty$ for a pair that was never seen. The first P of PPMI is for *positive*: everything below 0 is set to 0. That disposes of $-\infty$, and loses little,
# because "less often than by chance" takes a very large text to be sure of.
#
# **By hand.** In the table by hand the row sums are 6, 4, 2, 1, 2, 1 and $N = 16$. For *king* and *rules*: $\log\frac{1}{2 \cdot 4/16} = \log 2 = 0.69$. For *king* and *the*: $\log\frac{1}{2 \cdot 6/16} = \log 1.33 = 0.29$. Both were counted once. But *rules* is the rarer company, and so it says more.

# %% nbgrader={"grade": false, "grade_id": "remedies", "locked": true, "schema_version": 3, "solution": false, "task": false}
def log_counts(M):
    """The first remedy: log(1 + count), entry by entry."""
    return np.log1p(M)


def ppmi(M):
    """The second remedy: how much more frequent a pair is than by chance, as a logarithm; 0 where it is not."""
    chance = np.outer(M.sum(axis=1), M.sum(axis=0)) / M.sum()
    ratio = np.divide(M, chance, out=np.zeros_like(M), where=chance > 0)
    return np.log(np.maximum(ratio, 1.0))


# %% [markdown]
# > **Predict.** The same part of the table, as it was counted, and after each remedy. What will become of the columns *the* and *and*?

# %% nbgrader={"grade": false, "grade_id": "remedies_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_remedies():
    figure, panels = plt.subplots(3, 1, figsize=(8.5, 9), layout="constrained", sharex=True)
    for axes, (name, table, unit) in zip(panels, [("Counts", small_M, "pairs"), ("Remedy 1: log(1 + count)", log_counts(small_M), "logarithm"), ("Remedy 2: PPMI", ppmi(small_M), "logarithm")]):
        draw_table(axes, part_of(table, small_vocab, SHOWN, COMPANY), SHOWN, COMPANY, name, label=unit)
        axes.set_ylabel("word")
    panels[-1].set_xlabel("word nearby")
    plt.show()


plot_remedies()

# %% [markdown]
# **What to see.** The logarithm makes *throne* nearly as dark as *the*. PPMI goes further: *the* is pale, because being near *the* is what chance predicts for everybody, and what is peculiar to a word stands out.
#
# ## 4 · Fewer numbers: the singular value decomposition
#
# **Why.** A row of the table is a vector already. It has two faults. It is long: one number for each word of the language. And it is literal: *throne* and *crown* are different columns, so a text in which the king only ever has a throne and the queen only a crown would find nothing in common between them. We would like to have a few numbers
# for each word, each summing up many columns that go together.
#
# **Picture 1: patterns.** Take a column of numbers $u$ and a row of numbers $v^\top$ and multiply each by each. (The sign $\top$ lays a column down as a row; of a matrix it makes the rows columns.) The result is a *multiplication table*: a whole matrix, made from two lists. Any matrix is a sum of such tables, of *patterns*, and some of them, the strong ones, give most of it. Here is the PPMI table of the invented language, rebuilt from its
# strongest 1, 3, 10 and 40 patterns. (Words that belong together are side by side, so that the structure can be seen. The percentage is the sum of the squares of all entries of the rebuilt table, divided by that of the table itself.)

# %% nbgrader={"grade": false, "grade_id": "patterns_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def words_in_order():
    """The words of the invented language: pair by pair with their things, then the words of each side, then the rest."""
    order = []
    for kind, pairs in PAIRS.items():
        for pair in pairs:
            order += [*pair, *TOPICS[pair[0]].split()]
        order += [word for side in SIDES[kind] for word in side.split()]
    order += sorted(small_vocab)
    return list(dict.fromkeys(order))


def draw_patterns():
    words = words_in_order()
    table = part_of(ppmi(small_M), small_vocab, words, words)
    values, directions = np.linalg.eigh(table)
    strongest = np.argsort(-abs(values))
    figure, panels = plt.subplots(1, 5, figsize=(11, 2.9), layout="constrained", sharey=True)
    for axes, k in zip(panels, [1, 3, 10, 40, len(words)]):
        kept = strongest[:k]
        rebuilt = (directions[:, kept] * values[kept]) @ directions[:, kept].T
        axes.imshow(rebuilt, cmap="Blues", vmin=0, vmax=3)
        share = np.sum(values[kept] ** 2) / np.sum(values**2)
        axes.set_title(f"{k} pattern{'s' * (k > 1)}\n{share:.0%} of the squares" if k < len(words) else f"all {k} patterns:\nthe table itself", fontsize=10)
        axes.set_xlabel("word nearby", fontsize=9)
    panels[0].set_ylabel("word")
    plt.show()


draw_patterns()

# %% [markdown]
# **What to see.** One pattern says little. Three draw three blocks: the three kinds of words. Ten give half of the squares, and the stripes along the right and the lower edge of each block are the words that go with a side, such as *he* and *she*. The dark diagonal, each pair with its own things, takes some forty patterns: there are 24 pairs. (One dark spot of the table, with its mirror image, lies far off the diagonal: *cheese* belongs to France and to the goat.)
#
# **Picture 2: stretching.** A symmetric matrix moves the points of the plane: it takes $x$ to $Mx$. A circle becomes an ellipse. In two directions, at a right angle to each other, points are only stretched (or also turned round by 180°, if the number that they are multiplied by is negative). Those are the directions of the patterns, and the half-axes of the ellipse
# are their strengths. The picture is for $M = \begin{pmatrix} 0 & 2 \\ 2 & 3 \end{pmatrix}$.

# %% nbgrader={"grade": false, "grade_id": "ellipse_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_ellipse():
    M = np.array([[0.0, 2.0], [2.0, 3.0]])
    t = np.linspace(0, 2 * np.pi, 200)
    circle = np.array([np.cos(t), np.sin(t)])
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4.6), layout="constrained")
    for axes, points, title in [(left, circle, "x: a circle of radius 1"), (right, M @ circle, "Mx: an ellipse with half-axes 4 and 1")]:
        axes.plot(*points, color=GREY, lw=1.5)
        axes.set(title=title, xlabel="first coordinate", ylabel="second coordinate", aspect="equal", xlim=(-4.3, 4.3), ylim=(-4.3, 4.3))
        axes.axhline(0, color=GREY, lw=0.5)
        axes.axvline(0, color=GREY, lw=0.5)
    for direction, colour, name in [(np.array([1, 2]) / 5**0.5, ORANGE, "1"), (np.array([2, -1]) / 5**0.5, BLUE, "2")]:
        for axes, tip, text in [(left, direction, f"$u_{name}$"), (right, M @ direction, f"$M u_{name} = {'4' if name == '1' else '-'}\\,u_{name}$")]:
            axes.annotate("", tip, (0, 0), arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 2.5, "shrinkA": 0, "shrinkB": 0})
            axes.annotate(text, tip, (6, 4) if axes is left or name == "1" else (-8, 4), textcoords="offset points", color=colour, fontsize=13, ha="left" if axes is left or name == "1" else "right")
    plt.show()


draw_ellipse()

# %% [markdown]
# **What to see.** $M u_1$ points where $u_1$ points and is 4 times as long; $M u_2$ is as long as $u_2$ and points the other way. An arrow that lies along neither of the two directions is turned as well as stretched.
#
# **Definition.** Every matrix can be written as $M = U \Sigma W^\top$, its *singular value decomposition* (SVD). For $M$ of shape $V \times V$ all three have the shape $V \times V$.
#
# * $\Sigma$ holds the *singular values* $\sigma_1 \ge \sigma_2 \ge \dots \ge \sigma_V \ge 0$ on its diagonal, and zeros elsewhere: the strengths of the patterns.
# * The columns $u_1, \dots, u_V$ of $U$ have length 1 and stand at right angles to each other. That is $U^\top U = I$, where $I$ is the identity matrix. The same holds for the columns $w_i$ of $W$.
#
# Written out, this is the sum of patterns: $M = \sigma_1 u_1 w_1^\top + \dots + \sigma_V u_V w_V^\top$. And the first $k$ terms of it are the best that $k$ patterns can do: no other matrix made of $k$ multiplication tables comes closer to $M$ in the sum of squared errors. (Eckart and Young proved it in 1936.) For a symmetric matrix each $w_i$ can be taken to be $u_i$ or $-u_i$.
# NumPy has it all in `np.linalg.svd`; look at what the function returns, and in what form. (With `hermitian=True` it relies on $M$ being symmetric and takes half of the time.)
#
# **Why U·Σ.** Row $r$ of $M$, the company of one word, is $\sum_i (U_{ri}\, \sigma_i)\, w_i^\top$. So in a coordinate system with the axes $w_1, w_2, \dots$, which are at right angles, the row has the coordinates $U_{r1}\sigma_1,\ U_{r2}\sigma_2, \dots$ It is the same vector, seen from other axes. Lengths and angles do not change:
#
# $$ M M^\top \;=\; U \Sigma W^\top W \Sigma\, U^\top \;=\; (U\Sigma)(U\Sigma)^\top . $$
#
# The axes are sorted by strength. So keep the first $k$ coordinates and drop the rest. That is the vector of the word; one row for each word makes the matrix
#
# $$ \boxed{\;E \;=\; \bigl(\sigma_1 u_1 \;\big|\; \sigma_2 u_2 \;\big|\; \cdots \;\big|\; \sigma_k u_k\bigr), \qquad E \text{ of shape } V \times k.\;} $$
#
# A word vector of this kind is called an *embedding*. What the dropped coordinates held is the weakest part of the table, and much of it may be chance. And columns that go together, like *throne* and *crown*, lie in the same few patterns, so that two words need no longer share the very same company to be alike.
#
# **By hand.** For the matrix of the picture, $u_1 = (1, 2)/\sqrt5$: $M u_1 = (4, 8)/\sqrt5 = 4 u_1$, so $\sigma_1 = 4$. And $u_2 = (2, -1)/\sqrt5$: $M u_2 = (-2, 1)/\sqrt5 = -u_2$. The strength is the *size* of that factor, $\sigma_2 = 1$, and the minus sign goes into $w_2 = -u_2$. With $k = 2$ the two rows of $E$ are
# $(1.789,\ 0.894)$ and $(3.578,\ -0.447)$. Check: the product of the two rows is $6.4 - 0.4 = 6$, and the product of the rows $(0, 2)$ and $(2, 3)$ of $M$ is 6 too.
#
# **Signs.** $(-u_i)\,\sigma_i\,(-w_i)^\top$ is the same pattern: each column of $E$ may be multiplied by $-1$, and it depends on the library which you get. Nothing below depends on it, and no test looks at it.

# %% [markdown]
# **Write** `svd_embed`.
#
# * `M` is symmetric, shape `(V, V)`; `k` is at least 1 and at most V. The entries may be whole numbers, also negative ones.
# * The answer has the shape `(V, k)`, `float64`: column $i$ is $u_i$ times $\sigma_i$, the strongest first, each with the sign that you happen to get.
# * (Tests look at what signs leave alone: the products of the rows, and the lengths of the columns. In them $\sigma_k$ is at least 1.1 times $\sigma_{k+1}$, or both are 0.)
#
# <details><summary>Hint 1: shapes</summary>
#
# The function of NumPy gives U of shape (V, V), the singular values as a list of shape (V,), and the third matrix already transposed. The answer needs the first two.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# E = U Σ, first k columns. A matrix (V, k) times a list (k,) multiplies column i by entry i: that is broadcasting, and no diagonal matrix is needed.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# take M apart; cut off the first k columns of U and the first k singular values; multiply the two.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "svd_embed_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def svd_embed(M: np.ndarray, k: int) -> np.ndarray:
    """Vectors of k numbers for the rows of a symmetric matrix: U times the singular values, the k strongest.

    M: symmetric, shape (V, V). k: 1 to V.
    Returns E, float64, shape (V, k). The sign of each column is arbitrary.

    >>> abs(svd_embed(np.array([[0.0, 2.0], [2.0, 3.0]]), 1)).round(3)
    array([[1.789],
           [3.578]])
    """
    ### BEGIN SOLUTION
    U, S, _ = np.linalg.svd(M, hermitian=True)
    return U[:, :k] * S[:k]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "svd_embed", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Take the table apart", "difficulty": 1, "minutes": 20, "needs": []}
def check_svd_embed():
    M = np.array([[0.0, 2.0], [2.0, 3.0]])
    E = svd_embed(M, 2)
    assert isinstance(E, np.ndarray), f"the answer should be an array, not {type(E).__name__}"
    assert E.shape == (2, 2), f"two words and k = 2 should give the shape (2, 2), not {E.shape}"
    lengths = np.linalg.norm(E, axis=0)
    assert np.allclose(lengths, [4.0, 1.0]), f"the columns of the example have the lengths of the singular values, 4 and 1, not {lengths}"
    assert np.allclose(abs(E), [[1.789, 0.894], [3.578, 0.447]], atol=1e-3), f"apart from signs the example gives 1.789 0.894 / 3.578 0.447, not\n{E}"
    assert np.allclose(E @ E.T, M @ M.T), "with k = V, the products of the rows of E are those of the rows of M"

    table = np.array([[0.0, 5.0, 1.0, 0.0], [5.0, 1.0, 0.0, 2.0], [1.0, 0.0, 3.0, 1.0], [0.0, 2.0, 1.0, 2.0]])
    before = table.copy()
    everything = svd_embed(table, 4)
    for k in (1, 2, 3):
        E = svd_embed(table, k)
        assert E.shape == (4, k), f"four words and k = {k} should give the shape (4, {k}), not {E.shape}"
        assert np.allclose(E @ E.T, everything[:, :k] @ everything[:, :k].T), f"k = {k} should keep the {k} strongest columns, in the order of their strength"
    lengths = np.linalg.norm(everything, axis=0)
    assert np.all(np.diff(lengths) <= 1e-9), f"the strongest column comes first; the lengths of the columns are {lengths.round(3)}"
    assert np.array_equal(table, before), "M should stay as it is"
    print("svd_embed: shape, singular values and the order of columns are right")


check_svd_embed()

# %% [markdown]
# ### Look at it: a map
#
# The vectors below have 40 numbers, and paper has two dimensions. To draw a few words, the cell looks for the two directions in which *these* words differ most. (It subtracts the mean of their vectors and takes the SVD of what is left. This use of the SVD is called *principal component analysis*.)
#
# > **Predict.** Six words of each kind. Which words will be neighbours on the map: the two of a pair, such as *king* and *queen*, or those of a kind?

# %% nbgrader={"grade": false, "grade_id": "map_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def flat(E, vocab, words):
    """Places in the plane for some words: the two directions in which their vectors, each of length 1, differ most."""
    X = E[[vocab[word] for word in words]]
    X = X / np.linalg.norm(X, axis=1, keepdims=True)
    X = X - X.mean(axis=0)
    U, S, _ = np.linalg.svd(X, full_matrices=False)
    places = U[:, :2] * S[:2]
    places = places * np.where(places[np.argmax(abs(places), axis=0), [0, 1]] < 0, -1.0, 1.0)  # a sign for each axis, so that the map is always the same
    return dict(zip(words, places))


small_E = svd_embed(log_counts(small_M), 40)


def plot_map():
    groups = {kind: [word for pair in pairs[:3] for word in pair] for kind, pairs in PAIRS.items()}
    places = flat(small_E, small_vocab, [word for words in groups.values() for word in words])
    figure, panels = plt.subplot_mosaic([["map", kind] for kind in groups], figsize=(10, 7), width_ratios=[1.2, 1], layout="constrained")
    for (kind, words), colour, marker in zip(groups.items(), [BLUE, ORANGE, GREEN], "osD"):
        points = np.array([places[word] for word in words])
        panels["map"].plot(*points.T, marker, color=colour, ms=7, ls="", alpha=0.7, label=kind)
        panels[kind].plot(*points.T, marker, color=colour, ms=7, ls="")
        panels[kind].set_title(kind, fontsize=10)
        middle = (points.min(axis=0) + points.max(axis=0)) / 2
        panels[kind].set(xlim=(middle[0] - 0.05, middle[0] + 0.05), ylim=(middle[1] - 0.05, middle[1] + 0.05))
        panels[kind].tick_params(labelsize=9)
    panels["map"].set(title="Your vectors of the invented language (k = 40), flattened;\nat the right the three heaps, enlarged", xlabel="first direction", ylabel="second direction")
    panels["map"].margins(0.15)
    panels["map"].legend(frameon=False, fontsize=9)
    for kind, words in groups.items():
        place_labels(panels[kind], {word: places[word] for word in words})
    plt.show()


plot_map()

# %% [markdown]
# **What to see.** The three kinds lie apart. What the words of a kind have in common (*he*, *she*, *his* and *her* are used with one kind only) is the strongest difference in this selection, and so it takes up both axes. Enlarged, the heaps show a little more. In the first two the words of one side lie near each other (*king*, *man* and *father* apart from *queen*, *woman* and *mother*; the countries at one end, the capitals at the other), and not the two of a pair. Most of the finer order within a kind is in directions that this map cannot show. The next section makes it visible.
#
# ## 5 · Which way a vector points
#
# **Why.** When are two vectors alike? The distance between their tips is a poor measure. The vector of a frequent word is long, because its counts are large, and that of a rare word is short. *Gold* occurs more often than *silver* does, but that is not a difference of meaning. Company of the same kind in the same proportions means the same *direction*.
#
# **The cosine.** For two vectors $x$ and $y$ of $k$ numbers at the angle $\theta$, school mathematics says
#
# $$ \cos \theta \;=\; \frac{x \cdot y}{\lVert x \rVert\, \lVert y \rVert}, \qquad x \cdot y = \sum_{i=1}^{k} x_i y_i, \qquad \lVert x \rVert = \sqrt{x \cdot x} . $$
#
# It is 1 for the same direction, 0 for a right angle, $-1$ for opposite directions. A vector of zeros has no direction: we say that its cosine with everything is 0. If every vector is divided by its length first, so that $\lVert x \rVert = 1$, the cosine is the product $x \cdot y$ alone, and for all rows at once it is one matrix product.
#
# **By hand.** $x = (3, 4)$ and $y = (4, 3)$: both have length 5, and $\cos\theta = 24/25 = 0.96$. $x$ and $(6, 8)$: the cosine is $50/(5 \cdot 10) = 1$, although their tips lie further apart than those of $x$ and $y$.
#
# **Analogies.** *man* is to *king* as *woman* is to …? What has to be done to *man* to arrive at *king*? Add the difference, *king* − *man*. Do the same to *woman*. In general, "$a$ is to $b$ as $c$ is to ?" asks for the word whose vector points most nearly where
#
# $$ t \;=\; \hat b - \hat a + \hat c $$
#
# points. The hats say that the vectors have been divided by their lengths before they are added, so that a frequent word does not outweigh the others. The four words are the corners of a *parallelogram*.

# %% nbgrader={"grade": false, "grade_id": "parallelogram_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_parallelogram(axes, places, quadruples, title):
    """Places of words in the plane, and for each a, b, c, d the sides from a to b and from c to d, solid, and the other two, dashed."""
    for a, b, c, d in quadruples:
        for start, end, shade, style in [(a, b, ORANGE, "-"), (c, d, ORANGE, "-"), (a, c, BLUE, "--"), (b, d, BLUE, "--")]:
            axes.annotate("", places[end], places[start], arrowprops={"arrowstyle": "-|>", "color": shade, "lw": 1.8, "ls": style, "shrinkA": 4, "shrinkB": 4})
    for word in dict.fromkeys(word for words in quadruples for word in words):
        axes.plot(*places[word], "o", color="black", ms=5)
        axes.annotate(word, places[word], (-7, 5), textcoords="offset points", fontsize=11, ha="right")
    axes.set_title(title)
    axes.margins(0.3, 0.18)


def draw_the_idea():
    figure, axes = plt.subplots(figsize=(7, 3.9), layout="constrained")
    draw_parallelogram(axes, {"man": (0.5, 0.4), "king": (1.0, 2.0), "woman": (3.2, 0.9), "queen": (3.7, 2.5)}, [("man", "woman", "king", "queen")], "Solid: from male to female. Dashed: what makes a man a king")
    axes.set(xlabel="a direction", ylabel="another direction", xlim=(0, 4.6), ylim=(0, 3.2))
    plt.show()


draw_the_idea()

# %% [markdown]
# **By hand.** Three numbers for each word, "male", "female" and "royal": man $(1, 0, 0)$, woman $(0, 1, 0)$, king $(0.6, 0, 0.8)$, queen $(0, 0.6, 0.8)$, all of length 1. Then $t = \text{king} - \text{man} + \text{woman} = (-0.4,\ 1,\ 0.8)$, of length $1.342$. The cosines with $t$ are: queen $1.24/1.342 = 0.924$, woman $0.745$, king $0.298$, man $-0.298$. The answer is *queen*.
# (With real vectors the corner is never exactly where the word is, and directions have no names.)
#
# **An agreement.** The words of the question are not allowed as answers. That sounds fair, and it hides something, as section 7 will show.

# %% [markdown]
# **Write** `most_similar` and `analogy`. Both are about cosines; a helper function or two of your own will save you from writing things twice.
#
# * `E` has the shape `(V, D)`: a row for each word, of D numbers (the $k$ of section 4); `vocab` gives the row of each of the V words, in no particular order. `E` may hold whole numbers.
# * `most_similar` gives the `n` words whose vectors have the largest cosine with that of `word`, nearest first, as a list of strings, and never `word` itself. `n` is at least 1. If there are fewer than `n` other words it gives them all.
# * `analogy` answers "`a` is to `b` as `c` is to ?" with one word: the one with the largest cosine with $\hat b - \hat a + \hat c$. The answer is none of `a`, `b`, `c`. (They may be equal among themselves; there is always at least one other word.)
# * If cosines are equal the word with the smaller row comes first. A vector of zeros has the cosine 0 with everything. That goes for rows, and also for a sum $\hat b - \hat a + \hat c$ that comes to zero.
# * A word that is not in `vocab` raises `KeyError`.
#
# <details><summary>Hint 1: shapes</summary>
#
# The lengths of the rows have the shape (V,), or (V, 1) with `keepdims=True`, which broadcasts against (V, D). With X the rows of length 1 and t a list of D numbers, X @ t has the shape (V,): a score for each row.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# Where the length is 0 divide by 1 instead: the row stays zeros. The length of t is the same for all candidates, so it does not change who comes first, and you need not divide by it. Sorting by −score with a *stable* sort keeps equal scores in the order of their rows.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# helper: rows divided by their lengths. Helper: given scores and the words to leave out, list all other words by falling score. most_similar: scores are X times the row of the word; leave out the word; cut after n. analogy: scores are X times (row of b − row of a + row of c); leave out all three; take the first.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "analogy_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def most_similar(E: np.ndarray, vocab: dict[str, int], word: str, n: int) -> list[str]:
    """The n words whose vectors point most nearly where that of `word` points, nearest first; never `word` itself.

    E: shape (V, D), a vector for each word. vocab: the row of each word. n: at least 1; all other words if there are no more.
    Equal cosines: the smaller row first. Raises KeyError for a word that is not in vocab.

    >>> most_similar(np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0]]), {"x": 0, "y": 1, "z": 2}, "x", 2)
    ['z', 'y']
    """
    ### BEGIN SOLUTION
    N = unit_rows(E)
    return ranked(N @ N[vocab[word]], vocab, {word})[:n]


def unit_rows(E):
    lengths = np.linalg.norm(E, axis=1, keepdims=True)
    return np.divide(E, lengths, out=np.zeros(E.shape), where=lengths > 0)


def ranked(scores, vocab, without):
    words = sorted(vocab, key=vocab.get)
    order = np.argsort(-scores, kind="stable")
    return [words[row] for row in order if words[row] not in without]
    ### END SOLUTION


def analogy(E: np.ndarray, vocab: dict[str, int], a: str, b: str, c: str) -> str:
    """The word that is to c as b is to a: the nearest, by cosine, to b − a + c, where all vectors have length 1 first.

    E: shape (V, D), a vector for each word. vocab: the row of each word. The answer is none of a, b and c.
    Equal cosines: the smaller row. Raises KeyError for a word that is not in vocab.

    >>> E = np.array([[1.0, 0.0, 0.0], [0.6, 0.0, 0.8], [0.0, 1.0, 0.0], [0.0, 0.6, 0.8]])
    >>> analogy(E, {"man": 0, "king": 1, "woman": 2, "queen": 3}, "man", "king", "woman")
    'queen'
    """
    ### BEGIN SOLUTION
    N = unit_rows(E)
    return ranked(N @ (N[vocab[b]] - N[vocab[a]] + N[vocab[c]]), vocab, {a, b, c})[0]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "analogy", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Neighbours and analogies", "difficulty": 1, "minutes": 25, "needs": []}
def check_analogy():
    def problem_of(action):
        try:
            return f"gives {action()!r}"
        except Exception as error:
            return type(error).__name__

    rows = {"queen": 3, "man": 0, "child": 4, "king": 1, "woman": 2}
    E = np.array([[9.0, 0.0, 0.0], [0.6, 0.0, 0.8], [0.0, 2.0, 0.0], [0.0, 0.06, 0.08], [1.0, 1.0, -2.0]])
    before = E.copy()
    found = most_similar(E, rows, "king", 2)
    assert isinstance(found, list) and all(isinstance(word, str) for word in found), f"most_similar should give a list of words, not {found!r}"
    assert "king" not in found, f"a word is not its own neighbour: the two nearest to 'king' cannot be {found}"
    assert found == ["queen", "man"], f"the cosines with 'king' are queen 0.64, man 0.6, woman 0, child -0.41: the nearest two are queen and man, not {found}. Lengths should not matter. The row of a word is vocab[word], whatever the order of the keys"
    assert most_similar(E, rows, "king", 4) == ["queen", "man", "woman", "child"], f"all four neighbours of 'king' are queen, man, woman, child, not {most_similar(E, rows, 'king', 4)}"
    assert most_similar(E, rows, "king", 99) == ["queen", "man", "woman", "child"], f"where there are fewer than n other words, all of them are given, not {most_similar(E, rows, 'king', 99)}"

    answer = analogy(E, rows, "man", "king", "woman")
    assert isinstance(answer, str), f"analogy should give one word, not {answer!r}"
    assert answer not in ("man", "king", "woman"), f"a word of the question, here {answer!r}, is not allowed as the answer"
    assert answer == "queen", f"man is to king as woman is to queen, not {answer!r}: divide every vector by its length first, then take b − a + c. The row of a word is vocab[word], whatever the order of the keys"
    answer = analogy(E, rows, "king", "man", "queen")
    assert answer == "woman", f"king is to man as queen is to woman, not {answer!r}"

    axes = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 3.0]])
    found = most_similar(axes, {"nothing": 0, "east": 1, "north": 2, "far": 3}, "north", 3)
    assert found == ["far", "nothing", "east"], f"cosines 1, 0 and 0: a vector of zeros counts as 0, and of equals the smaller row comes first: far, nothing, east, not {found}"
    found = most_similar(axes, {"nothing": 0, "east": 1, "north": 2, "far": 3}, "east", 2)
    assert found == ["nothing", "north"], f"all cosines with 'east' are 0, so the rows decide: nothing, north, not {found}"
    assert problem_of(lambda: most_similar(E, rows, "prince", 1)) == "KeyError", f"an unknown word should raise KeyError; most_similar {problem_of(lambda: most_similar(E, rows, 'prince', 1))}"
    assert problem_of(lambda: analogy(E, rows, "man", "prince", "woman")) == "KeyError", f"an unknown word should raise KeyError; analogy {problem_of(lambda: analogy(E, rows, 'man', 'prince', 'woman'))}"
    assert np.array_equal(E, before), "the vectors should stay as they are"
    print("most_similar and analogy: cosines, order, ties and words left out are right")


check_analogy()

# %% [markdown]
# ### Look at it: the parallelograms of the invented language
#
# > **Predict.** The drawing flattens your vectors of six words, three of each sex. Male to female is drawn as a solid arrow for each of the three pairs. Will the three arrows have the same direction? The same length? Nobody told the machine that there are two sexes.

# %% nbgrader={"grade": false, "grade_id": "parallelogram_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def plot_parallelograms():
    figure, panels = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
    for axes, words in zip(panels, ["man woman father mother king queen", "japan tokyo france paris cuba havana"]):
        words = words.split()
        places = flat(small_E, small_vocab, words)
        draw_parallelogram(axes, places, [(*words[0:2], *words[2:4]), (*words[2:4], *words[4:6])], f"{words[0]} → {words[1]}, {words[2]} → {words[3]}, {words[4]} → {words[5]}")
        axes.set(xlabel="first direction", ylabel="second direction")
    plt.show()


plot_parallelograms()

# %% [markdown]
# **What to see.** The three solid arrows of each panel are very nearly parallel, and of one length. Three pairs that are used with quite different things, thrones, streets and children, differ within the pair in the same way: in *he*, *his*, *himself* against *she*, *her*, *herself*. What is one step in the text has become one step in space. (The dashed arrows lead from one pair to the next; they too come in parallel twos.)
#
# ### Take something away: how many numbers, and which remedy?
#
# Each kind of the invented language has eight pairs. Every two of them make a question, in both orders: $3 \cdot 8 \cdot 7 = 168$ analogies. The plot shows how many of them your functions solve with vectors of $k$ numbers, from the counts as they are, and after each of the two remedies.
#
# > **Predict.** Two curves or three that reach 168? And how many numbers does a word need for it: 3, for the three kinds? 24, for the pairs? More?

# %% nbgrader={"grade": false, "grade_id": "ablation_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
QUESTIONS = [(a, b, c, d) for pairs in PAIRS.values() for a, b in pairs for c, d in pairs if (a, b) != (c, d)]


def solved(E, vocab):
    """How many of the questions have the right answer."""
    return sum(analogy(E, vocab, a, b, c) == d for a, b, c, d in QUESTIONS)


def plot_ablation():
    sizes = [1, 2, 3, 5, 10, 15, 20, 25, 30, 40, 60, len(small_vocab)]
    figure, axes = plt.subplots(figsize=(8.5, 4.4), layout="constrained")
    for name, table, colour, style in [("counts", small_M, GREY, "s:"), ("log(1 + count)", log_counts(small_M), ORANGE, "^--"), ("PPMI", ppmi(small_M), BLUE, "o-")]:
        E = svd_embed(table, len(small_vocab))  # its first k columns are the vectors of k numbers
        axes.plot(sizes, [solved(E[:, :k], small_vocab) for k in sizes], style, color=colour, lw=2, label=name)
    axes.axhline(len(QUESTIONS), color="black", lw=0.7)
    axes.set(title=f"Analogies solved, of {len(QUESTIONS)}", xlabel="k, numbers for each word (logarithmic)", ylabel="solved", xscale="log", ylim=(-5, 180))
    axes.set_xticks(sizes, [str(k) for k in sizes])
    axes.minorticks_off()
    axes.legend(frameon=False)
    plt.show()


plot_ablation()

# %% [markdown]
# **What to see.** All three arrive, and not at the same time. At $k = 10$ PPMI solves more than a hundred of the questions, and the counts as they are almost none: their strongest patterns are taken up by the loudest words. With a remedy, 40 numbers are enough for 123 words. That is more than the 24 pairs; the three kinds and their sides need some too.
# Beyond that, more numbers add nothing. This text is so clean that they do no harm either.
#
# ## 6 · The real thing
#
# The Bible, then: the words that occur at least 50 times, a window of 4, and vectors of 100 numbers. The next cell counts and takes three tables apart; it takes some ten seconds on two cores. (Without the file the cells below print nothing; their results are described in the text.)

# %% nbgrader={"grade": false, "grade_id": "bible_vectors", "locked": true, "schema_version": 3, "solution": false, "task": false}
if bible:
    vocab, counts = build_vocabulary(bible, min_count=50)
    M = cooccurrence(bible, vocab)
    full = {"counts": svd_embed(M, len(vocab)), "log(1 + count)": svd_embed(log_counts(M), len(vocab)), "PPMI": svd_embed(ppmi(M), len(vocab))}
    vectors = {name: E[:, :100] for name, E in full.items()}
    print(f"{len(vocab):,} words. {np.mean(M == 0):.0%} of the table is zero; its largest entry is {M.max():,.0f}.")

# %% [markdown]
# > **Predict.** What will be near *gold*? Near *sheep*, *seven*, *bread*? Will a remedy be needed?

# %% nbgrader={"grade": false, "grade_id": "bible_neighbours", "locked": true, "schema_version": 3, "solution": false, "task": false}
if bible:
    for word in ["gold", "sheep", "seven", "bread", "wept", "good", "king", "the"]:
        print(f"{word} ({counts[vocab[word]]:,} times)")
        for name, E in vectors.items():
            print(f"    {name:15}", ", ".join(most_similar(E, vocab, word, 6)))

# %% [markdown]
# **What to see.** *Gold* is near *silver* and *brass*, *sheep* near *oxen*, *seven* near other numbers, and nobody ever said what a metal, an animal or a number is. Without a remedy there are strange guests among the neighbours: *both* and *between* beside *sheep*. The logarithm and PPMI are better, each in its own way. Look at *bread*, too: its neighbours are
# things like it (*wine*, *meat*), and also *eat* and *drink*. To be *similar* and to be *related* are not the same, and a window of 4 mixes the two.
#
# And here are six of eight families of words, six words of each at most, as your own vectors place them. All eight are used in the next plot.

# %% nbgrader={"grade": false, "grade_id": "bible_map", "locked": true, "schema_version": 3, "solution": false, "task": false}
FAMILIES = {
    "numbers": "two three four five six seven ten twelve",
    "metals": "gold silver brass iron",
    "animals": "sheep oxen asses camels lambs rams goats",
    "kin": "father mother brother sister son daughter wife husband",
    "body": "hand hands eyes mouth feet head ears tongue",
    "places": "egypt jerusalem babylon moab samaria zion edom",
    "sky": "sun moon stars rain wind",
    "food": "bread wine oil corn flesh water",
}
FAMILIES = {name: words.split() for name, words in FAMILIES.items()}


def plot_families():
    groups = {name: FAMILIES[name][:6] for name in ["numbers", "metals", "animals", "kin", "body", "places"]}
    figure, axes = plt.subplots(figsize=(9.5, 7), layout="constrained")
    draw_words(axes, flat(vectors["PPMI"], vocab, [word for words in groups.values() for word in words]), groups, "Your vectors of the King James Bible (PPMI, k = 100), flattened")
    plt.show()


if bible:
    plot_families()

# %% [markdown]
# ### Take something away, once more
#
# A number for how good vectors are: take all words of the eight families, find for each its nearest neighbour among the others, and count how often that is of its own family. By chance it would be about one time in nine.
#
# > **Predict.** Will the counts catch up with the remedies when $k$ grows, as they did in the invented language? Does it hurt to keep all the numbers?

# %% nbgrader={"grade": false, "grade_id": "families_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def at_home(E):
    """The share of words in the families whose nearest neighbour, among these words, is of their own family."""
    family = {word: name for name, words in FAMILIES.items() for word in words}
    rows = {word: row for row, word in enumerate(family)}
    part = E[[vocab[word] for word in family]]
    return np.mean([family[most_similar(part, rows, word, 1)[0]] == family[word] for word in family])


def plot_at_home():
    sizes = [2, 5, 10, 20, 50, 100, 200, 500, len(vocab)]
    figure, axes = plt.subplots(figsize=(8.5, 4.2), layout="constrained")
    for (name, E), colour, style in zip(full.items(), [GREY, ORANGE, BLUE], ["s:", "^--", "o-"]):
        axes.plot(sizes, [100 * at_home(E[:, :k]) for k in sizes], style, color=colour, lw=2, label=name)
    axes.set(title="Nearest neighbour in the same family, King James Bible", xlabel="k, numbers for each word (logarithmic)", ylabel="words (%)", xscale="log", ylim=(0, 104))
    axes.set_xticks(sizes, [str(k) for k in sizes])
    axes.minorticks_off()
    axes.legend(frameon=False)
    plt.show()


if bible:
    plot_at_home()

# %% [markdown]
# **What to see.** With a remedy, vectors of 20 numbers put nearly all words beside their own kind. The counts as they are need more numbers and never quite get there. From some 100 numbers on nothing is gained: the later patterns hold little that helps with this question. Keeping all the numbers hardly hurts: PPMI falls from 100 % at $k = 100$ to 96 %, which is two words of 53. Between 50 and 300 is a usual choice.
#
# ### How far to look: the window
#
# > **Predict.** The same words, once with a window of 1 and once with a window of 4. Which of the two finds words that could *take the place* of the given one, and which finds words of the same *subject*?

# %% nbgrader={"grade": false, "grade_id": "window_lists", "locked": true, "schema_version": 3, "solution": false, "task": false}
if bible:
    narrow = svd_embed(ppmi(cooccurrence(bible, vocab, window=1)), 100)
    for word in ["bread", "sword", "egypt", "went", "mother"]:
        print(f"{word:8} window 1:", ", ".join(most_similar(narrow, vocab, word, 6)))
        print(f"{'':8} window 4:", ", ".join(most_similar(vectors["PPMI"], vocab, word, 6)))

# %% [markdown]
# **What to see.** With a window of 1 a word is known by its grammar: what can stand after *the*, before *of*. Its neighbours are words that could replace it. With a wider window the subject comes in, and *bread* goes with *eat*, *sword* with *slain*. Neither is wrong. They are answers to different questions.
#
# ## 7 · What goes wrong
#
# **Analogies.** The famous example, and some others, on the Bible. The last column is what `analogy` would say if the words of the question were allowed.
#
# > **Predict.** Does *man : king :: woman : queen* come out? The Bible has 2,256 times *king* and 54 times *queen*.

# %% nbgrader={"grade": false, "grade_id": "bible_analogies", "locked": true, "schema_version": 3, "solution": false, "task": false}
TRIED = "man king woman queen, father mother son daughter, brother sister son daughter, he his she her, man father woman mother, go went come came, see saw hear heard, son sons daughter daughters, two three six seven, i my he his"
TRIED = [tuple(words.split()) for words in TRIED.split(",")]


def rank_of(E, vocab, a, b, c, d):
    """The place of d among all words but a, b and c, from 1; the word that comes first when nothing is left out; and the words before d, best first."""
    N = E / np.linalg.norm(E, axis=1, keepdims=True)
    scores = N @ (N[vocab[b]] - N[vocab[a]] + N[vocab[c]])
    ahead = [word for word in vocab if scores[vocab[word]] > scores[vocab[d]] and word not in (a, b, c)]
    return len(ahead) + 1, max(vocab, key=lambda word: scores[vocab[word]]), sorted(ahead, key=lambda word: -scores[vocab[word]])


if bible:
    print(f"{'question':32}  {'hoped for':10} {'answer':10} {'place of the word hoped for':>28}    with the question's words")
    E = vectors["log(1 + count)"]
    for a, b, c, d in TRIED:
        place, first, _ = rank_of(E, vocab, a, b, c, d)
        print(f"{f'{a} : {b} :: {c} : ?':32}  {d:10} {analogy(E, vocab, a, b, c):10} {place:28}    {first}")
    print("before queen:", ", ".join(rank_of(E, vocab, *TRIED[0])[2]))

# %% [markdown]
# **What to see.** Not *queen*. She is at place 17, behind a prophet, a number of men and places with names, and also *mother*, *daughter* and *moreover*. What the Bible tells of queens is told of very few, Esther above all, and her vector points to her story. Six of the ten come out, most of them about family and grammar, where there is plenty of text. *Two : three :: six* asks for a step on the number line, and nothing in the
# company of numbers has such a direction. Now the last column. In seven of ten questions the nearest word of all is a word of the question itself, and each time it is $b$ or $c$. The step $\hat b - \hat a$ is short, here 0.2 to 0.6 where the vectors have length 1. So the sum stays near $c$ or $b$, and the rule that forbids them does much of the work. "The nearest word of the same family that I
# have not named" is what many of these puzzles come down to. Keep that in mind when you read of machines that solve analogies.
#
# **Function words.** *the*, *of*, *and* are near everything. With the logarithm the neighbours of *the* are *of*, *and*, *in*: true, and of little use. For every other word they are noise that a remedy has to turn down. Some people leave them out altogether; then *of* in *king of* is lost as well.
#
# **Rare words.** How often must one meet a word to know it? Let us find out with words that we know. Take five occurrences of *gold*, at random, and pretend that they are another word, `gold-5`; fifty more become `gold-50`. If vectors are any good, all three should have the same neighbours.
#
# > **Predict.** Are five occurrences enough? Fifty?

# %% nbgrader={"grade": false, "grade_id": "rare_words", "locked": true, "schema_version": 3, "solution": false, "task": false}
def disguised(corpus, words, sizes, seed):
    """A copy of a text in which so many occurrences of each word, drawn at random, are another word, such as gold-5."""
    rng = np.random.default_rng(seed)
    copy = [list(sentence) for sentence in corpus]
    for word in words:
        places = [(s, i) for s, sentence in enumerate(corpus) if word in sentence for i, token in enumerate(sentence) if token == word]
        drawn = rng.permutation(len(places))
        for size in sizes:
            for place in drawn[:size]:
                s, i = places[place]
                copy[s][i] = f"{word}-{size}"
            drawn = drawn[size:]
    return copy


if bible:
    known = ["gold", "sheep", "seven", "mother"]
    masked = [f"{word}-{size}" for word in known for size in (5, 50)]
    rows = {word: row for row, word in enumerate([*vocab, *masked])}
    E = svd_embed(ppmi(cooccurrence(disguised(bible, known, [5, 50], seed=0), rows)), 100)
    for word in known:
        for name in (word, f"{word}-50", f"{word}-5"):
            print(f"{name:10}", ", ".join(most_similar(E, rows, name, 6)))

# %% [markdown]
# **What to see.** With fifty occurrences the word is found again: each of the four `-50` words has its own word at the head of its list, and so the other way round, but for *mother*, where `mother-50` comes fifth. With five it depends on luck. `mother-5` and `gold-5` still have their word in second place, `sheep-5` and `seven-5` have not got it at all. `sheep-5` knows of sacrifices (*blemish*, *rams*), and `gold-5` of the tabernacle too (*scarlet*, *ephod*): they know the few verses that they happened to be in. PPMI makes it worse, because one chance
# meeting of two rare words is far above what was to be expected. And of the words of this text, six in ten occur five times or less often.
#
# **One word, one vector.** *Bear* the animal and *bear* the verb, the *bank* of a river and the one with the money, share a row. The vector lies somewhere between the meanings and may be near neither.
#
# **The company may mislead.** *good* and *evil* keep the same company, and so opposites come out as neighbours: in the lists of section 6, *evil* is first beside *good* with the logarithm, and second with PPMI. And what the text takes for granted the vectors take for granted. If a text has kings rule and women bear, then that is what the vectors say of kings and of women. They describe a text, not the world. The next notebook returns to this.

# %% [markdown]
# ## What you built
#
# * `build_vocabulary`: a row for every word, the frequent ones first.
# * `cooccurrence`: who stands near whom, and how often.
# * `svd_embed`: the strongest patterns of a table, and with them a short vector for each word.
# * `most_similar`, `analogy`: neighbours and parallelograms by the cosine.
#
# Counting, weighing and the SVD were the usual way to word vectors for some twenty years, in many variants; the oldest is called *latent semantic analysis*. Neighbours and parallelograms, for which the learnt vectors of today are known, are in them already.
#
# ## Where it breaks
#
# * **Size.** The table has $V^2$ entries, and taking it apart costs about $V^3$ steps. For 1,222 words that is a second; for the 12,762 of the Bible twenty minutes and 1.3 GB; for the million words of a large text it cannot be done this way. (Sparse matrices and methods that find only the first $k$ patterns go further.)
# * **New text.** One more sentence, and in principle everything has to be done again.
# * **What counts as an error.** The SVD makes the sum of squared errors small over *all* entries of the table. For the Bible three in four of them are zeros, and a zero may mean that two words do not go together, or only that the text was short.
# * **Order.** *dog bites man* and *man bites dog* are the same company.
# * **Frequency.** Five occurrences are not enough, and most words have fewer.
#
# ## What comes next
#
# The second notebook, *Learning the vectors*, keeps the idea and throws the table away. Vectors begin as random numbers, and for each word of the text they are asked to predict its neighbours. A loss says how badly they did, you derive its gradient by hand, and each prediction moves a few vectors a little. There is no $V^2$ anywhere, new text can go on being read, and the loss says what one
# cares about. That method is called word2vec.
#
# ## Further reading
#
# * Z. S. Harris, "Distributional structure", *Word* 10 (1954), and J. R. Firth, "A synopsis of linguistic theory 1930–1955", in *Studies in Linguistic Analysis* (1957): the idea.
# * C. Eckart, G. Young, "The approximation of one matrix by another of lower rank", *Psychometrika* 1 (1936).
# * S. Deerwester, S. T. Dumais, G. W. Furnas, T. K. Landauer, R. Harshman, "Indexing by latent semantic analysis", *Journal of the American Society for Information Science* 41 (1990): SVD of counts.
# * K. W. Church, P. Hanks, "Word association norms, mutual information, and lexicography", *Computational Linguistics* 16 (1990): PMI.
# * J. A. Bullinaria, J. P. Levy, "Extracting semantic representations from word co-occurrence statistics", *Behavior Research Methods* 39 (2007): windows, weights and distances, tried out one by one.
# * O. Levy, Y. Goldberg, I. Dagan, "Improving distributional similarity with lessons learned from word embeddings", *Transactions of the ACL* 3 (2015): how near counting comes to learning.
# * T. Linzen, "Issues in evaluating semantic spaces using word analogies", *RepEval* 2016: what leaving out the words of the question hides.
# * D. Jurafsky, J. H. Martin, *Speech and Language Processing*: the chapter on vector semantics.
