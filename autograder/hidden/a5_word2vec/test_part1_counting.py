"""Judgements about `part1_counting`. Never leaves the trusted process."""

import numpy as np
import pytest

from autograder.testing import exercise, raised, same_as

from . import part1_counting_probes as probes

SOLVED = 1e-7  # an eigenvalue solver may take the place of singular values
WORDS = ["the", "sea", "ship", "wind", "Sea", "harbour", "sail", "éclair", "zebra", "a", "anchor", "Zulu"]


def sentences(seed, number, longest, words=WORDS):
    """Sentences of random words, some words much more frequent than others, some sentences empty."""
    rng = np.random.default_rng(seed)
    share = 1.0 / np.arange(1, len(words) + 1)
    lengths = rng.integers(0, longest + 1, size=number)
    return [[words[i] for i in rng.choice(len(words), size=length, p=share / share.sum())] for length in lengths]


def rows_of(words, seed=None):
    """A vocabulary: each word's row. With a seed the rows are in another order than the words."""
    rows = np.arange(len(words)) if seed is None else np.random.default_rng(seed).permutation(len(words))
    return {word: int(row) for word, row in zip(words, rows, strict=True)}


def symmetric(seed, size):
    X = np.random.default_rng(seed).normal(size=(size, size))
    return X + X.T


# ------------------------------------------------------------------------------------------------ build_vocabulary


@exercise("build_vocabulary", weight=2)
@pytest.mark.parametrize(("seed", "number", "min_count"), [(1, 20, None), (2, 40, 1), (3, 40, 3), (4, 7, 2), (5, 60, 12)])
def test_words_by_falling_count(ask, seed, number, min_count):
    """Words that occur at least min_count times are numbered by falling count, and the counts stand in the same order."""
    ask.same(probes.built, sentences(seed, number, 9), min_count)


@exercise("build_vocabulary")
def test_words_of_equal_count(ask):
    """Words with the same count are in the order of the alphabet, by code point: capitals before small letters, é after z."""
    ask.same(probes.built, [["pear", "fig", "Zoe"], ["éclair", "apple", "zebra"], ["apple", "pear", "Ada", "fig"]], None)
    ask.same(probes.built, [["b", "b10", "b9", "a", "B", "_", "b"], ["a"]], 1)
    ask.same(probes.built, [WORDS[::-1]], None)


@exercise("build_vocabulary")
def test_threshold_counts_itself(ask):
    """A word that occurs exactly min_count times stays; the count is over all sentences together."""
    corpus = [["x", "y", "x"], ["z", "y"], [], ["x", "z", "w"], ["y", "v"]]
    for min_count in (1, 2, 3):
        ask.same(probes.built, corpus, min_count)
    assert ask(probes.built, [["one"]], None) == same_as({"changed": False, "vocab": {"one": 0}, "counts": np.array([1])}, dtype=True)


@exercise("build_vocabulary")
def test_nothing_left(ask):
    """If no word is frequent enough the vocabulary is empty, and there are no counts; whole numbers otherwise."""
    nothing = {"changed": False, "vocab": {}, "counts": np.zeros(0)}
    assert ask(probes.built, [["x", "y"], ["x"]], 3) == same_as(nothing)
    assert ask(probes.built, [["x", "y"], ["x"]], 2) == same_as({"changed": False, "vocab": {"x": 0}, "counts": np.array([2])}, dtype=True)


# ------------------------------------------------------------------------------------------------ cooccurrence


@exercise("cooccurrence", weight=2)
@pytest.mark.parametrize("window", [None, 1, 2, 3, 7, 50])
def test_pairs_within_the_window(ask, window):
    """Each ordered pair of positions of a sentence that are at most window apart counts once; the window is 4 unless told."""
    ask.same(probes.table, sentences(6, 25, 13), rows_of(WORDS), window)
    ask.same(probes.table, sentences(7, 3, 4), rows_of(WORDS), window)


@exercise("cooccurrence")
def test_sentences_stay_apart(ask):
    """The last word of a sentence and the first of the next are not near each other, whatever the window."""
    rows = rows_of(["x", "y", "z"])
    for window in (1, 2, 6):
        ask.same(probes.table, [["x", "y"], ["z"], ["y"], [], ["z", "x"]], rows, window)
        assert ask(probes.table, [["x"], ["y"], ["z"]], rows, window) == same_as({"changed": False, "M": np.zeros((3, 3))}, dtype=True)


@exercise("cooccurrence", weight=2)
@pytest.mark.parametrize("window", [1, 2, 4])
def test_unknown_words_go_first(ask, window):
    """Words outside the vocabulary are taken out before windows are laid, so their neighbours move together."""
    known = ["sea", "ship", "wind", "sail"]
    ask.same(probes.table, [["sea", "the", "ship"], ["the", "wind", "a", "a", "sail", "the"], ["a", "the"]], rows_of(known), window)
    ask.same(probes.table, sentences(8, 25, 12), rows_of(known), window)


@exercise("cooccurrence")
@pytest.mark.parametrize("window", [1, 3])
def test_a_word_beside_itself(ask, window):
    """Two positions of the same word count on the diagonal, once in each direction; a position is never its own neighbour."""
    rows = rows_of(["x", "y"])
    for sentence in (["x"], ["x", "x"], ["x", "x", "x", "x"], ["x", "y", "x", "x", "y"]):
        ask.same(probes.table, [sentence], rows, window)


@exercise("cooccurrence")
@pytest.mark.parametrize("seed", [11, 12])
def test_rows_are_those_of_the_vocabulary(ask, seed):
    """The vocabulary says which row is whose, in whatever order it stands; a word that never occurs has a row of zeros."""
    words = ["never", *WORDS, "nowhere"]
    ask.same(probes.table, sentences(seed, 15, 8), rows_of(words, seed), 2, dtype=True)
    ask.same(probes.table, [["sea", "sea"]], {"sea": 0}, 3, dtype=True)


# ------------------------------------------------------------------------------------------------ svd_embed


@exercise("svd_embed", weight=2)
@pytest.mark.parametrize(("size", "k"), [(7, 3), (9, 1), (6, 5), (12, 4), (2, 1)])
def test_strongest_patterns(ask, size, k):
    """The vectors are the first k columns of U, each times its singular value, the largest first."""
    ask.same(probes.embedded, symmetric(size, size), k, rtol=SOLVED, atol=1e-9)


@exercise("svd_embed")
@pytest.mark.parametrize("size", [1, 2, 5, 8])
def test_all_the_patterns(ask, size):
    """With k = V nothing is lost: the products of the rows are those of the rows of M."""
    M = symmetric(30 + size, size)
    ask.same(probes.embedded, M, size, rtol=SOLVED, atol=1e-9)
    answer = ask(probes.embedded, M, size)
    assert answer["products"] == same_as(M @ M, rtol=SOLVED, atol=1e-9)


@exercise("svd_embed")
def test_negative_patterns(ask):
    """What counts is the size of a pattern, not its sign: a large negative eigenvalue comes before a small positive one."""
    ask.same(probes.embedded, np.diag([1.0, -5.0, 3.0, -2.0]), 2, rtol=SOLVED, atol=1e-9)
    ask.same(probes.embedded, np.array([[-1.0, 4.0, 0.0], [4.0, 0.0, 2.0], [0.0, 2.0, 1.0]]), 1, rtol=SOLVED, atol=1e-9)


@exercise("svd_embed")
def test_counts_of_rank_below_k(ask):
    """Whole numbers are numbers like any others; if there are fewer than k patterns the last columns are zeros."""
    ask.same(probes.embedded, np.array([[2, 1, 0], [1, 3, 1], [0, 1, 1]]), 2, rtol=SOLVED, atol=1e-7)
    outer = np.outer([1.0, 2.0, 0.0, 3.0], [1.0, 2.0, 0.0, 3.0])
    ask.same(probes.embedded, outer, 3, rtol=SOLVED, atol=1e-6)
    ask.same(probes.embedded, np.array([[4]]), 1, dtype=True)


# ------------------------------------------------------------------------------------------------ analogy

NAMES = ["oak", "elm", "ash", "fir", "yew", "bay", "box", "may", "fig"]


def vectors(seed, size, dimensions):
    """Vectors of very different lengths."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(size, dimensions)) * rng.choice([0.01, 1.0, 100.0], size=(size, 1))


@exercise("analogy", weight=2)
@pytest.mark.parametrize(("seed", "size", "dimensions"), [(41, 9, 4), (42, 5, 7), (43, 7, 2), (44, 2, 3)])
def test_nearest_words(ask, seed, size, dimensions):
    """most_similar gives the n words of the largest cosine with the word, nearest first, and never the word itself."""
    words = NAMES[:size]
    asked = [[word, n] for word in words for n in (1, 3)]
    ask.same(probes.neighbours, vectors(seed, size, dimensions), rows_of(words, seed), asked)


@exercise("analogy")
def test_no_more_words_than_there_are(ask):
    """If n is larger than the number of other words, most_similar gives all of them."""
    ask.same(probes.neighbours, vectors(45, 5, 3), rows_of(NAMES[:5], 1), [["oak", 4], ["oak", 5], ["elm", 50], ["yew", 1]])
    ask.same(probes.neighbours, vectors(46, 1, 3), rows_of(NAMES[:1]), [["oak", 1], ["oak", 3]])
    ask.same(probes.neighbours, vectors(47, 2, 1), rows_of(NAMES[:2]), [["elm", 1], ["oak", 9]])


@exercise("analogy", weight=3)
@pytest.mark.parametrize(("seed", "size", "dimensions"), [(51, 9, 4), (52, 6, 8), (53, 8, 2), (54, 4, 3)])
def test_fourth_word(ask, seed, size, dimensions):
    """The answer to a, b, c is the word of the largest cosine with b − a + c, where every vector has the length 1 first."""
    words = NAMES[:size]
    rng = np.random.default_rng(seed)
    asked = [[words[i] for i in rng.permutation(size)[:3]] for _ in range(12)]
    ask.same(probes.analogies, vectors(seed, size, dimensions), rows_of(words, seed), asked)


@exercise("analogy")
def test_no_word_of_the_question(ask):
    """None of the words of a question is the answer to it, however near; a word may stand in a question twice."""
    near = np.array([[1.0, 0.0], [0.9, 0.1], [0.8, 0.3], [-1.0, 0.2], [0.1, -1.0]])
    rows = rows_of(NAMES[:5])
    asked = [
        ["oak", "elm", "ash"],
        ["elm", "oak", "elm"],
        ["ash", "ash", "oak"],
        ["oak", "oak", "oak"],
        ["fir", "oak", "oak"],
        ["elm", "ash", "yew"],
    ]
    ask.same(probes.analogies, near, rows, asked)
    ask.same(probes.neighbours, np.vstack([near, near]), rows_of([*NAMES, "ivy"], 2), [["oak", 3], ["ivy", 2], ["yew", 9]])


@exercise("analogy", weight=2)
def test_ties_and_zeros(ask):
    """Words that are equally near come in the order of their rows, and a vector of zeros has the cosine 0 with everything."""
    E = np.array(
        [[0, 0, 0, 0], [2, 0, 0, 0], [0, 0, 4, 0], [8, 0, 0, 0], [0, 0, 0, 0], [0, 1, 0, 0], [-1, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 2]]
    )
    for rows in (rows_of(NAMES), rows_of(NAMES, 3), rows_of(NAMES[::-1])):
        words = sorted(rows, key=rows.get)
        asked = [[word, n] for word in (words[0], words[1], words[5], words[7]) for n in (2, 8)]
        ask.same(probes.neighbours, E * 1.0, rows, asked)
        zero, x, z, longer, none, y, opposite, _, w = words
        questions = [[x, longer, y], [zero, x, y], [x, y, none], [x, zero, longer], [x, z, opposite], [y, w, zero], [x, none, zero]]
        ask.same(probes.analogies, E, rows, questions)


@exercise("analogy")
def test_unknown_words(ask):
    """A word outside the vocabulary raises KeyError, in both functions and wherever it stands; known words are answered."""
    E = np.array([[1.0, 0.0], [0.9, 0.2], [0.0, 1.0], [0.2, 0.9]])
    rows = {"oak": 2, "elm": 0, "ash": 3, "fir": 1}
    missing = raised(KeyError)
    wanted = {"similar": missing, "places": [missing] * 3, "known": [["ash", "fir"], "ash"], "vocab": rows}
    assert ask(probes.unknown, E, rows, ["oak", "elm", "fir"], "Oak") == wanted
    assert ask(probes.unknown, E, rows, ["oak", "elm", "fir"], "") == wanted
