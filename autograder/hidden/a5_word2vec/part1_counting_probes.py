"""Questions about `part1_counting`. All that a submission ever sees of its hidden tests."""

import copy

import numpy as np


def built(m, corpus, min_count):
    """A vocabulary, its counts, and whether the corpus is as it was; min_count None: left out."""
    before = copy.deepcopy(corpus)
    vocab, counts = m.build_vocabulary(corpus) if min_count is None else m.build_vocabulary(corpus, min_count=min_count)
    return {"changed": corpus != before, "vocab": dict(vocab), "counts": counts}


def table(m, corpus, vocab, window):
    """A table of counts, and whether the arguments are as they were; window None: left out."""
    before = copy.deepcopy((corpus, vocab))
    M = m.cooccurrence(corpus, vocab) if window is None else m.cooccurrence(corpus, vocab, window=window)
    return {"changed": (corpus, vocab) != before, "M": M}


def embedded(m, M, k):
    """Of the vectors: shape, every product of two rows, and the length of each column: what signs leave alone."""
    before = M.copy()
    E = m.svd_embed(M, k)
    return {"changed": not np.array_equal(M, before), "shape": list(E.shape), "products": E @ E.T, "lengths": np.sqrt((E * E).sum(axis=0))}


def neighbours(m, E, vocab, asked):
    """The neighbours of each (word, n) that is asked for."""
    before = E.copy(), dict(vocab)
    found = [m.most_similar(E, vocab, word, n) for word, n in asked]
    return {"changed": not np.array_equal(E, before[0]) or vocab != before[1], "found": found}


def analogies(m, E, vocab, asked):
    """The answer to each (a, b, c) that is asked for."""
    before = E.copy(), dict(vocab)
    found = [m.analogy(E, vocab, *words) for words in asked]
    return {"changed": not np.array_equal(E, before[0]) or vocab != before[1], "found": found}


def unknown(m, E, vocab, known, stranger):
    """A stranger in each place of both functions, and the same questions about words that are known."""

    def answer(function, *arguments):
        try:
            return function(E, vocab, *arguments)
        except Exception as error:
            return error

    a, b, c = known
    return {
        "similar": answer(m.most_similar, stranger, 2),
        "places": [answer(m.analogy, stranger, b, c), answer(m.analogy, a, stranger, c), answer(m.analogy, a, b, stranger)],
        "known": [answer(m.most_similar, a, 2), answer(m.analogy, a, b, c)],
        "vocab": dict(vocab),
    }
