"""Judgements about `part1_counting`. Never leaves the trusted process."""

import numpy as np
import pytest

from autograder.testing import exercise, raised, rng, same_as

from . import part1_counting_probes as probes

SOLVED = 1e-7  # an eigenvalue solver may take the place of singular values
WORDS = ["the", "sea", "ship", "wind", "Sea", "harbour", "sail", "éclair", "zebra", "a", "anchor", "Zulu"]


def sentences(key, number, longest, words=WORDS):
    """Sentences of random words, some words much more frequent than others, some sentences empty."""
    draw = rng("sentences", key)
    share = 1.0 / np.arange(1, len(words) + 1)
    lengths = [longest, *draw.integers(0, longest + 1, size=number - 1).tolist()]
    return [[words[i] for i in draw.choice(len(words), size=length, p=share / share.sum())] for length in lengths]


def cut(draw, tokens):
    """Tokens in a random order, in sentences of at most six."""
    tokens = [tokens[i] for i in draw.permutation(len(tokens))]
    found = []
    while tokens:
        length = int(draw.integers(0, 7))
        found.append(tokens[:length])
        tokens = tokens[length:]
    return found


def text_of(key, number, shift=0):
    """A text of so many words, no two of them equally frequent; the least frequent occurs 1 + shift times."""
    draw = rng("text", key)
    words = [WORDS[i] for i in draw.permutation(len(WORDS))[:number]]
    return cut(draw, [word for count, word in enumerate(words, 1 + shift) for _ in range(count)])


def rows_of(words, key=None):
    """A vocabulary: each word's row. With a key the rows are in another order than the words."""
    rows = np.arange(len(words)) if key is None else rng("rows", key).permutation(len(words))
    return {word: int(row) for word, row in zip(words, rows, strict=True)}


# ------------------------------------------------------------------------------------------------ build_vocabulary


@exercise("build_vocabulary", weight=2)
@pytest.mark.parametrize("min_count", [None, 1, 2, 4, 7])
def test_words_that_are_kept(ask, min_count):
    """The words that occur at least min_count times in the whole text have rows, and without min_count all of them."""
    corpus = text_of("kept", 8)
    counts = {word: sum(sentence.count(word) for sentence in corpus) for sentence in corpus for word in sentence}
    wanted = sorted(word for word, count in counts.items() if count >= (min_count or 1))
    assert ask(probes.words_kept, corpus, min_count) == same_as({"words": wanted, "distinct": True})


@exercise("build_vocabulary", weight=2)
@pytest.mark.parametrize("turn", range(3))
def test_words_by_falling_count(ask, turn):
    """The most frequent word comes first, the least frequent last."""
    ask.same(probes.order_of_words, text_of(f"falling {turn}", 5 + turn, shift=turn), None)


@exercise("build_vocabulary", weight=2)
@pytest.mark.parametrize("turn", range(2))
def test_words_of_equal_count(ask, turn):
    """Words with the same count are in the order of the alphabet, by code point: capitals before small letters, é after z."""
    draw = rng("equal counts", turn)
    words = ["pear", "fig", "Zoe", "éclair", "zebra", "Ada", "b10", "b9", "_", "B", "b"]
    ask.same(probes.order_of_words, cut(draw, words * (1 + turn)), None)


@exercise("build_vocabulary")
def test_rows_from_zero(ask):
    """The rows are 0, 1, 2, … without a gap."""
    ask.same(probes.rows, text_of("rows", 7), None)
    ask.same(probes.rows, sentences("rows", 30, 9), 3)


@exercise("build_vocabulary", weight=2)
@pytest.mark.parametrize("min_count", [None, 3])
def test_how_often_words_occur(ask, min_count):
    """The counts are those of the kept words in all sentences together."""
    ask.same(probes.counts, sentences("counts", 30, 9), min_count)
    ask.same(probes.counts, text_of("counts", 6), min_count)


@exercise("build_vocabulary")
@pytest.mark.parametrize("min_count", [None, 2])
def test_counts_in_the_order_of_rows(ask, min_count):
    """Entry i of the counts belongs to the word whose row is i."""
    ask.same(probes.counts_of_words, sentences("order of rows", 25, 8), min_count)


@exercise("build_vocabulary")
def test_kind_of_the_counts(ask):
    """Counts are whole numbers, one for each kept word, also where there is one, or none: then the shape is (0,)."""
    answer = ask(probes.kind_of_counts, [["x", "y"], ["x"]], [1, 2, 3])
    assert answer == same_as({"found": [[2, [2], True], [1, [1], True], [0, [0], True]], "differ": True})


@exercise("build_vocabulary", weight=0.5)
def test_vocabulary_leaves_the_text(ask):
    """The text stays as it is."""
    assert ask(probes.vocabulary_leaves, text_of("leaves", 6)) == same_as({"changed": False, "distinct": True})


@exercise("build_vocabulary", weight=0.5)
def test_vocabulary_again(ask):
    """Asked again, the function answers by the words that come in, and the earlier answer stays as it was."""
    words = WORDS[:6]
    one, other = ([[word] * (least + i) for i, word in enumerate(order)] for least, order in ((1, words), (3, words[::-1])))
    assert ask(probes.vocabulary_again, one, other) == same_as({"another": True, "stays": True, "by its words": True})


# ------------------------------------------------------------------------------------------------ cooccurrence


def different(key, length, words=WORDS):
    """A sentence in which no word stands twice."""
    return [words[i] for i in rng("different", key).permutation(len(words))[:length]]


@exercise("cooccurrence", weight=3)
@pytest.mark.parametrize("window", [1, 2, 3, 7, 50])
def test_pairs_within_the_window(ask, window):
    """In a sentence without repeats each ordered pair of positions that are at most window apart counts once."""
    ask.same(probes.table, [different(f"window {window}", 11)], rows_of(WORDS), window)


@exercise("cooccurrence", weight=2)
@pytest.mark.parametrize("window", [1, 2, 4, 9])
def test_whole_texts(ask, window):
    """Over a whole text, every pair counts every time."""
    ask.same(probes.table, sentences(f"whole {window}", 25, 13), rows_of(WORDS), window)


@exercise("cooccurrence")
def test_both_directions(ask):
    """Each pair counts in both directions, so that the table is symmetric."""
    assert ask(probes.symmetry, sentences("both", 9, 8), rows_of(WORDS), 2) == same_as({"symmetric": True, "differ": True})


@exercise("cooccurrence", weight=1.5)
@pytest.mark.parametrize("window", [1, 2, 6])
def test_sentences_stay_apart(ask, window):
    """The last word of a sentence and the first of the next are not near each other, whatever the window."""
    one, other = ([different(f"apart {i} {part}", 3 + part, WORDS[6 * i : 6 * i + 6])] for i, part in enumerate((0, 2)))
    assert ask(probes.sums, one, other, rows_of(WORDS), window) == same_as({"sum": True, "there": True})


@exercise("cooccurrence", weight=1.5)
@pytest.mark.parametrize("window", [1, 2, 4])
def test_unknown_words_go_first(ask, window):
    """Words outside the vocabulary are taken out before windows are laid, so that their neighbours move together."""
    one, other = (sentences(f"unknown {i}", 12, 12) for i in range(2))
    known = rows_of(["sea", "ship", "wind", "sail", "the"])
    assert ask(probes.without_unknown, one, other, known, window) == same_as({"same": True, "another": True})


@exercise("cooccurrence")
@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_word_beside_itself(ask, count):
    """Two positions of the same word count on the diagonal, once in each direction."""
    ask.same(probes.diagonal, [["sea"] * count, ["ship", "wind"]], rows_of(WORDS), 6)


@exercise("cooccurrence")
def test_no_position_beside_itself(ask):
    """A position is never its own neighbour: without repeats the diagonal is 0."""
    corpus = [different(f"diagonal {i}", 5 + i) for i in range(3)]
    assert ask(probes.diagonal, corpus, rows_of(WORDS), 3) == same_as({"diagonal": np.zeros(len(WORDS)), "beside": True})


@exercise("cooccurrence")
def test_pairs_that_come_again(ask):
    """A pair that stands in the text several times counts as often."""
    assert ask(probes.several_times, [different("again", 6)], rows_of(WORDS), 2, 5) == same_as({"times": True, "there": True})


@exercise("cooccurrence")
def test_rows_are_those_of_the_vocabulary(ask):
    """The vocabulary says which row is whose, in whatever order it stands."""
    order = (np.roll(np.arange(len(WORDS)), 3)).tolist()
    answer = ask(probes.renumbered, sentences("renumbered", 15, 8), rows_of(WORDS, "renumbered"), order, 2)
    assert answer == same_as({"same": True, "another": True})


@exercise("cooccurrence")
def test_window_is_four_unless_told(ask):
    """Without a window it is 4."""
    assert ask(probes.default_window, [different("default", 9)], rows_of(WORDS)) == same_as({"four": True, "two": False})


@exercise("cooccurrence")
def test_form_of_the_table(ask):
    """There are a row and a column for every word of the vocabulary, also for one that never occurs, and the counts are float64."""
    for words in (WORDS, ["never", *WORDS, "nowhere"]):
        answer = ask(probes.form_of_table, sentences("form", 8, 8), rows_of(words, "form"), 2)
        assert answer == same_as({"shape": [len(words)] * 2, "dtype": "float64", "symmetric": True, "differ": True})


@exercise("cooccurrence")
def test_small_texts(ask):
    """One word, one sentence, and nothing but empty sentences are texts like others."""
    ask.same(probes.table, [["sea"]], {"sea": 0}, 2)
    ask.same(probes.table, [["sea", "sea"]], {"sea": 0}, 3)
    ask.same(probes.table, [[], []], {"sea": 0, "ship": 1}, 3)


@exercise("cooccurrence", weight=0.5)
def test_table_leaves_its_arguments(ask):
    """Text and vocabulary stay as they are."""
    answer = ask(probes.table_leaves, sentences("leaves", 9, 8), rows_of(WORDS[:5]), 2)
    assert answer == same_as({"changed": False, "differ": True, "symmetric": True})


@exercise("cooccurrence", weight=0.5)
def test_table_again(ask):
    """Asked again, the function answers by the words that come in, and the earlier answer stays as it was."""
    one, other = [different("one", 6, WORDS[:6])], [different("other", 6, WORDS[6:])]
    answer = ask(probes.table_again, one, other, rows_of(WORDS), 2)
    assert answer == same_as({"another": True, "stays": True, "by its words": True})


# ------------------------------------------------------------------------------------------------ svd_embed


def symmetric(key, size, signs=(1.0, -1.0)):
    """A symmetric table whose singular values are 1.25 times each other at least, in no order, of both signs."""
    for turn in range(1000):
        draw = rng("symmetric", key, size, turn)
        directions = np.linalg.qr(draw.normal(size=(size, size)))[0]
        values = 0.3 * np.cumprod(draw.uniform(1.25, 1.7, size)) * np.resize(signs, size)
        M = directions * values[draw.permutation(size)] @ directions.T
        if size < 3 or np.diff(np.linalg.norm(M, axis=0)).max() > 0:
            return (M + M.T) / 2
    raise AssertionError(key)


@exercise("svd_embed", weight=3)
@pytest.mark.parametrize(("size", "k"), [(7, 3), (9, 1), (6, 5), (12, 4), (2, 1)])
def test_strongest_patterns(ask, size, k):
    """The vectors are the first k columns of U, each times its singular value."""
    ask.same(probes.products, symmetric("strongest", size), k, rtol=SOLVED, atol=1e-9)


@exercise("svd_embed", weight=2)
@pytest.mark.parametrize("size", [2, 5, 8])
def test_lengths_of_the_columns(ask, size):
    """With k = V the columns are as long as the singular values are large."""
    ask.same(probes.lengths, symmetric("lengths", size), size, rtol=SOLVED, atol=1e-9)


@exercise("svd_embed", weight=2)
@pytest.mark.parametrize(("size", "k"), [(7, 3), (9, 1), (6, 5)])
def test_directions_of_the_columns(ask, size, k):
    """The columns point where those of U do that belong to the k largest singular values."""
    ask.same(probes.directions, symmetric("directions", size), k, rtol=SOLVED, atol=1e-9)


@exercise("svd_embed")
@pytest.mark.parametrize("size", [5, 7])
def test_strongest_first(ask, size):
    """The strongest pattern comes first, the weakest last."""
    assert ask(probes.falling, symmetric("falling", size), size) == same_as({"falling": True, "columns": size})


@exercise("svd_embed")
@pytest.mark.parametrize("size", [2, 5, 8])
def test_all_the_patterns(ask, size):
    """With k = V nothing is lost: the products of the rows are those of the rows of M."""
    M = symmetric("all", size)
    assert ask(probes.form_of_vectors, M, size)["own"] is True
    assert ask(probes.products, M, size) == same_as(M @ M, rtol=SOLVED, atol=1e-9)


@exercise("svd_embed")
@pytest.mark.parametrize("signs", [(1.0,), (-1.0,)])
def test_patterns_of_one_sign(ask, signs):
    """What counts is the size of a pattern: it does not matter whether eigenvalues are positive or negative."""
    ask.same(probes.products, symmetric("one sign", 6, signs), 2, rtol=SOLVED, atol=1e-9)


@exercise("svd_embed")
def test_whole_numbers_of_rank_below_k(ask):
    """Whole numbers are numbers like any others; if there are fewer than k patterns the last columns are zeros."""
    ask.same(probes.products, rng("one word").integers(2, 9, size=(1, 1)), 1)
    v = rng("rank one").integers(1, 6, size=4)
    ask.same(probes.products, np.outer(v, v), 3, rtol=SOLVED, atol=1e-6)
    ask.same(probes.products, np.outer(v, v) * 1.0, 2, rtol=SOLVED, atol=1e-6)
    ask.same(probes.products, -np.diag([1, 3, 9]), 2, rtol=SOLVED, atol=1e-7)


@exercise("svd_embed")
@pytest.mark.parametrize("k", [1, 3])
def test_form_of_the_vectors(ask, k):
    """There is a row of k numbers for every word, of float64, also for whole numbers."""
    for M in (symmetric("form", 5), np.diag([1, 9, 3, 40, 120]) + np.eye(5, k=1, dtype=int) + np.eye(5, k=-1, dtype=int)):
        assert ask(probes.form_of_vectors, M, k) == same_as({"shape": [5, k], "dtype": "float64", "own": True})


@exercise("svd_embed", weight=0.5)
def test_svd_leaves_the_table(ask):
    """M stays as it is."""
    assert ask(probes.svd_leaves, symmetric("leaves", 5), 3) == same_as({"changed": False, "own": True})


@exercise("svd_embed", weight=0.5)
def test_svd_again(ask):
    """Asked again, the function answers by the numbers that come in, and the earlier answer stays as it was."""
    answer = ask(probes.svd_again, symmetric("again", 5), symmetric("once more", 5), 3)
    assert answer == same_as({"another": True, "stays": True, "by its numbers": True, "own": True})


# ------------------------------------------------------------------------------------------------ analogy

NAMES = ["oak", "elm", "ash", "fir", "yew", "bay", "box", "may", "fig"]


def unit(E):
    return E / np.linalg.norm(E, axis=1, keepdims=True)


def clear(scores, apart):
    """Whether no two scores are nearer to each other than this."""
    return bool(np.diff(np.sort(scores)).min(initial=np.inf) > apart)


def directions(key, size, dimensions, spread=None):
    """Vectors of length 1, around one of them if they are to be close, and questions; no two cosines are nearly equal."""
    for turn in range(1000):
        draw = rng("space", key, turn)
        E = draw.normal(size=(size, dimensions))
        if spread:
            E = draw.normal(size=dimensions) + spread * E
        E = unit(E)
        apart = 1e-3 * (spread**2 if spread else 1.0)
        questions = [[int(i) for i in draw.permutation(size)[:3]] for _ in range(8)] if size > 3 else []
        targets = [E[b] - E[a] + E[c] for a, b, c in questions]
        others = [np.delete(E @ E[i], i) for i in range(size)]
        others += [np.delete(E @ target, asked) for target, asked in zip(targets, questions, strict=True)]
        if all(clear(scores, apart) for scores in others):
            words = NAMES[:size]
            rows = rows_of(words, key)
            return E, rows, [[next(word for word in words if rows[word] == i) for i in asked] for asked in questions]
    raise AssertionError(key)


def stretched(key, E):
    """The same directions, with vectors of very different lengths."""
    return E * rng("lengths", key).permutation(np.resize([0.01, 1.0, 100.0], len(E)))[:, np.newaxis]


SPACES = [("nine", 9, 4), ("five", 5, 7), ("seven", 7, 3)]


@exercise("analogy", weight=2.5)
@pytest.mark.parametrize(("key", "size", "dimensions"), [*SPACES, ("two", 2, 3)])
def test_nearest_words(ask, key, size, dimensions):
    """most_similar gives the words of the largest cosine with the word, nearest first."""
    E, rows, _ = directions(f"near {key}", size, dimensions)
    ask.same(probes.neighbours, E, rows, [[word, n] for word in rows for n in (1, min(3, size - 1))])


@exercise("analogy")
def test_every_neighbour_once(ask):
    """With n large enough, most_similar gives every other word once."""
    E, rows, _ = directions("every", 6, 4)
    words = NAMES[:6]
    assert ask(probes.all_neighbours, E, rows) == same_as({word: sorted({*words} - {word}) for word in words})


@exercise("analogy")
@pytest.mark.parametrize("n", [1, 3])
def test_so_many_words(ask, n):
    """most_similar gives n words, those that come first."""
    E, rows, _ = directions("so many", 6, 4)
    assert ask(probes.cut, E, rows, n) == same_as([[n, True, True]] * 6)


@exercise("analogy")
def test_never_the_word_itself(ask):
    """A word is never among its own neighbours."""
    E, rows, _ = directions("itself", 6, 4)
    assert ask(probes.itself, stretched("itself", E), rows, 2) == same_as({"itself": False, "found": True, "words": True})


@exercise("analogy")
def test_lengths_of_vectors_and_neighbours(ask):
    """For most_similar it does not matter how long the vectors are."""
    E, rows, _ = directions("lengths", 7, 3)
    scales = stretched("lengths", np.ones((7, 1)))
    assert ask(probes.lengths_of_neighbours, E, rows, scales, 4) == same_as({"same": True, "differ": True})


@exercise("analogy", weight=0.5)
def test_no_more_words_than_there_are(ask):
    """If n is larger than the number of other words, most_similar gives all of them."""
    for key, size, asked in [
        ("five", 5, [["oak", 4], ["oak", 5], ["elm", 50]]),
        ("one", 1, [["oak", 1], ["oak", 3]]),
        ("two", 2, [["elm", 9]]),
    ]:
        E, rows, _ = directions(f"capped {key}", size, 4)
        ask.same(probes.neighbours, E, rows, asked)


@exercise("analogy", weight=3)
@pytest.mark.parametrize(("key", "size", "dimensions"), SPACES)
def test_fourth_word(ask, key, size, dimensions):
    """The answer to a, b, c is the word of the largest cosine with b − a + c."""
    E, rows, questions = directions(f"fourth {key}", size, dimensions)
    ask.same(probes.analogies, E, rows, questions)


@exercise("analogy")
def test_no_word_of_the_question(ask):
    """None of the words of a question is the answer to it, however near; a word may stand in a question twice."""
    draw = rng("question")
    E = np.array([1.0, 2.0, 3.0]) + 0.1 * draw.normal(size=(6, 3))
    words = NAMES[:6]
    asked = [[words[i] for i in draw.integers(0, 6, size=3)] for _ in range(40)] + [["oak", "oak", "oak"], ["elm", "elm", "oak"]]
    asked += [[first, second, first] for first in words for second in words]
    answer = ask(probes.in_question, E, rows_of(words, "question"), asked)
    assert answer == same_as({"in question": [False] * len(asked), "words": True})


@exercise("analogy")
def test_lengths_of_vectors_in_analogies(ask):
    """For an analogy it does not matter how long the vectors are: all have the length 1 first."""
    E, rows, questions = directions("lengths in analogies", 9, 3)
    scales = stretched("lengths in analogies", np.ones((9, 1)))
    assert ask(probes.lengths_in_analogies, E, rows, scales, questions) == same_as({"same": True, "differ": True})


@exercise("analogy")
def test_vectors_that_are_nearly_alike(ask):
    """Cosines that differ in the sixth digit are in their order, too."""
    E, rows, questions = directions("alike", 6, 4, spread=3e-3)
    ask.same(probes.neighbours, E, rows, [[word, 5] for word in rows])
    ask.same(probes.analogies, E, rows, questions)


@exercise("analogy")
@pytest.mark.parametrize("order", [None, "tied", "tied otherwise"])
def test_ties(ask, order):
    """Words that are equally near come in the order of their rows, in both functions."""
    E = np.array([[2, 0, 0, 0], [0, 0, 4, 0], [8, 0, 0, 0], [0, 1, 0, 0], [-1, 0, 0, 0], [0, 0, 0, 2], [0, 5, 0, 0]])
    rows = rows_of(NAMES[:7], order)
    x, z, longer, y, opposite, w, other = sorted(rows, key=rows.get)
    ask.same(probes.neighbours, E * 1.0, rows, [[word, n] for word in (x, z, y) for n in (2, 6)])
    ask.same(probes.analogies, E, rows, [[x, longer, y], [x, z, opposite], [y, w, z], [other, y, x]])


@exercise("analogy")
@pytest.mark.parametrize("order", [None, "zeros", "other zeros"])
def test_zeros(ask, order):
    """A vector of zeros has the cosine 0 with everything, and so has a sum b − a + c that is zero."""
    E = np.array([[0, 0, 0], [2, 0, 0], [0, 0, 0], [-1, 0, 0], [1, 1, 1], [-1, 2, -5]])
    rows = rows_of(NAMES[:6], order)
    zero, x, none, opposite, all_ones, last = sorted(rows, key=rows.get)
    ask.same(probes.neighbours, E * 1.0, rows, [[word, 5] for word in (zero, x, all_ones)])
    ask.same(
        probes.analogies, E, rows, [[zero, x, none], [x, zero, opposite], [x, none, zero], [zero, x, opposite], [zero, all_ones, last]]
    )


@exercise("analogy", weight=0.5)
def test_unknown_words_have_no_neighbours(ask):
    """most_similar raises KeyError for a word outside the vocabulary; words that are known are answered."""
    E, rows, _ = directions("unknown", 5, 3)
    assert ask(probes.unknown_similar, E, rows, list(rows), ["Oak", ""]) == same_as({"refused": [raised(KeyError)] * 2, "differ": True})


@exercise("analogy", weight=0.5)
def test_unknown_words_in_a_question(ask):
    """analogy raises KeyError for a word outside the vocabulary, wherever it stands; words that are known are answered."""
    E, rows, _ = directions("unknown in a question", 6, 3)
    known = ["oak", "elm", "fir"]
    questions = [[one, other, one] for one in NAMES[:6] for other in NAMES[:6] if one != other]
    answer = ask(probes.unknown_analogy, E, rows, known, questions, ["Oak", ""])
    assert answer == same_as({"refused": [raised(KeyError)] * 6, "differ": True})


QUESTIONS = [[one, other, one] for one in NAMES[:6] for other in NAMES[:6] if one != other]


@exercise("analogy")
def test_space_leaves_its_arguments(ask):
    """Vectors and vocabulary stay as they are."""
    E, rows, _ = directions("leaves", 6, 3)
    assert ask(probes.space_leaves, stretched("leaves", E), rows, "oak", QUESTIONS) == same_as({"changed": False, "differ": True})


@exercise("analogy", weight=0.5)
def test_space_again(ask):
    """Asked again, both functions answer by the numbers that come in."""
    one, other = (directions(key, 6, 3)[0] for key in ("again", "once more"))
    answer = ask(probes.space_again, one, other, rows_of(NAMES[:6]), QUESTIONS)
    assert answer == same_as({"another": [True, True], "by its numbers": True, "words": True})
