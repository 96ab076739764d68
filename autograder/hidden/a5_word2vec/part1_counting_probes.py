"""Questions about `part1_counting`. All that a submission ever sees of its hidden tests."""

import copy

import numpy as np


def close(one, other):
    """Whether two arrays are alike, and finite."""
    if not isinstance(one, np.ndarray) or not isinstance(other, np.ndarray) or one.shape != other.shape:
        return False
    return bool(np.isfinite(one).all() and np.allclose(one, other, rtol=1e-9, atol=1e-12))


# ------------------------------------------------------------------------------------------------ build_vocabulary


def built(m, corpus, min_count):
    """min_count None: left out."""
    return m.build_vocabulary(corpus) if min_count is None else m.build_vocabulary(corpus, min_count=min_count)


def words_kept(m, corpus, min_count):
    """Which words have rows; and whether no two of these are equal."""
    vocab, _ = built(m, corpus, min_count)
    return {"words": sorted(vocab), "distinct": len(set(vocab.values())) == len(vocab)}


def order_of_words(m, corpus, min_count):
    vocab, _ = built(m, corpus, min_count)
    return sorted(sorted(vocab, reverse=True), key=vocab.get)


def rows(m, corpus, min_count):
    return sorted(built(m, corpus, min_count)[0].values())


def counts(m, corpus, min_count):
    """The counts, whatever their order."""
    return sorted(np.asarray(built(m, corpus, min_count)[1]).tolist())


def counts_of_words(m, corpus, min_count):
    """The count that stands in the row of each word."""
    vocab, counted = built(m, corpus, min_count)
    return {word: counted[row] for word, row in vocab.items()}


def kind_of_counts(m, corpus, thresholds):
    """For each min_count: number of words, shape and kind of the counts; and whether those of all words differ."""
    found = []
    for min_count in thresholds:
        vocab, counted = m.build_vocabulary(corpus, min_count=min_count)
        found.append([len(vocab), list(np.shape(counted)), counted.dtype.kind in "iu"])
    every = np.asarray(m.build_vocabulary(corpus)[1])
    return {"found": found, "differ": bool(every.max() > every.min())}


def vocabulary_leaves(m, corpus):
    given = copy.deepcopy(corpus)
    vocab, _ = m.build_vocabulary(given)
    return {"changed": given != corpus, "distinct": len(set(vocab.values())) == len(vocab)}


def vocabulary_again(m, corpus, other):
    """Two texts of equal size, and the first list with the second text in it."""

    def order(vocab):
        return sorted(sorted(vocab, reverse=True), key=vocab.get)

    given = copy.deepcopy(corpus)
    vocab, counted = m.build_vocabulary(given)
    first = order(vocab), np.array(counted)
    second = m.build_vocabulary(other)
    stays = (order(vocab), counted.tolist()) == (first[0], first[1].tolist())
    given[:] = copy.deepcopy(other)
    third = m.build_vocabulary(given)
    return {
        "another": first[0] != order(second[0]),
        "stays": stays,
        "by its words": order(third[0]) == order(second[0]) and third[1].tolist() == second[1].tolist(),
    }


# ------------------------------------------------------------------------------------------------ cooccurrence


def table(m, corpus, vocab, window):
    """window None: left out."""
    return m.cooccurrence(corpus, vocab) if window is None else m.cooccurrence(corpus, vocab, window=window)


def symmetry(m, corpus, vocab, window):
    M = table(m, corpus, vocab, window)
    return {"symmetric": close(M, M.T), "differ": bool(M.max() > M.min())}


def form_of_table(m, corpus, vocab, window):
    M = table(m, corpus, vocab, window)
    return {"shape": list(M.shape), "dtype": str(M.dtype), "symmetric": close(M, M.T), "differ": bool(M.max() > M.min())}


def sums(m, one, other, vocab, window):
    """Whether the table of two texts is the sum of theirs."""
    M, first, second = (table(m, corpus, vocab, window) for corpus in ([*one, *other], one, other))
    return {"sum": close(M, first + second), "there": bool(np.any(first != 0) and np.any(second != 0))}


def several_times(m, corpus, vocab, window, times):
    M, once = (table(m, corpus * number, vocab, window) for number in (times, 1))
    return {"times": close(M, times * once), "there": bool(np.any(once != 0))}


def without_unknown(m, corpus, other, vocab, window):
    """Whether unknown words are as if they were not there; and whether another text has another table."""
    known = [[word for word in sentence if word in vocab] for sentence in corpus]
    M, same, another = (np.array(table(m, text, vocab, window)) for text in (corpus, known, other))
    return {"same": close(M, same), "another": not close(M, another)}


def diagonal(m, corpus, vocab, window):
    """The diagonal; and whether there is anything beside it."""
    M = np.asarray(table(m, corpus, vocab, window))
    return {"diagonal": np.diag(M), "beside": bool(np.any(M - np.diag(np.diag(M)) != 0))}


def renumbered(m, corpus, vocab, order, window):
    """The same words with other rows: whether the table is the same in the new order, and not in the old one."""
    M = np.asarray(table(m, corpus, vocab, window))
    moved = np.asarray(table(m, corpus, {word: order[row] for word, row in vocab.items()}, window))
    return {"same": close(M, moved[np.ix_(order, order)]), "another": not close(M, moved)}


def default_window(m, corpus, vocab):
    M, four, two = (table(m, corpus, vocab, window) for window in (None, 4, 2))
    return {"four": close(M, four), "two": close(M, two)}


def table_leaves(m, corpus, vocab, window):
    given = copy.deepcopy((corpus, vocab))
    M = table(m, *given, window)
    return {"changed": given != (corpus, vocab), "differ": bool(M.max() > M.min()), "symmetric": close(M, M.T)}


def table_again(m, corpus, other, vocab, window):
    """Two texts of equal size, and the first list with the second text in it."""
    given = copy.deepcopy(corpus)
    first = table(m, given, vocab, window)
    kept = np.array(first)
    second = np.array(table(m, other, vocab, window))
    stays = close(first, kept)
    given[:] = copy.deepcopy(other)
    return {"another": not close(kept, second), "stays": stays, "by its words": close(table(m, given, vocab, window), second)}


# ------------------------------------------------------------------------------------------------ svd_embed


def products(m, M, k):
    """Every product of two rows: signs leave it alone."""
    E = np.asarray(m.svd_embed(M, k))
    return E @ E.T


def lengths(m, M, k):
    """The lengths of the columns, whatever their order."""
    E = np.asarray(m.svd_embed(M, k))
    return np.sort(np.sqrt((E * E).sum(axis=0)))


def directions(m, M, k):
    """Every product of two rows when all columns have the length 1."""
    E = np.asarray(m.svd_embed(M, k))
    E = E / np.sqrt((E * E).sum(axis=0))
    return E @ E.T


def falling(m, M, k):
    """Whether each column is shorter than the one before; their number; and whether the answer hangs on M."""
    E = np.asarray(m.svd_embed(M, k))
    sizes = np.sqrt((E * E).sum(axis=0))
    return {"falling": bool(np.all(np.diff(sizes) < 0)), "columns": len(sizes)}


def own(m, M, k):
    """Whether vectors are finite, not the entries of the table, and others for another table."""
    E, others = (np.asarray(m.svd_embed(table, k)) for table in (M.copy(), M + np.diag(np.arange(len(M)))))
    return bool(np.isfinite(E).all() and not np.allclose(np.ravel(E), np.resize(M, E.size)) and not np.allclose(E, others))


def form_of_vectors(m, M, k):
    E = m.svd_embed(M, k)
    return {"shape": list(np.shape(E)), "dtype": str(E.dtype), "own": own(m, M, k)}


def svd_leaves(m, M, k):
    given = M.copy()
    m.svd_embed(given, k)
    return {"changed": not np.array_equal(given, M), "own": own(m, M, k)}


def svd_again(m, M, other, k):
    """Two tables of equal size; then the first array with the numbers of the second."""
    given = M.copy()
    first = m.svd_embed(given, k)
    kept = np.array(first)
    second = np.array(m.svd_embed(other, k))
    stays = bool(np.array_equal(first, kept))
    given[...] = other
    return {
        "another": not np.allclose(abs(kept), abs(second)),
        "stays": stays,
        "by its numbers": close(abs(np.asarray(m.svd_embed(given, k))), abs(second)),
        "own": own(m, other, k),
    }


# ------------------------------------------------------------------------------------------------ analogy


def neighbours(m, E, vocab, asked):
    """The neighbours of each (word, n) that is asked for."""
    return [m.most_similar(E, vocab, word, n) for word, n in asked]


def analogies(m, E, vocab, asked):
    """The answer to each (a, b, c) that is asked for."""
    return [m.analogy(E, vocab, *words) for words in asked]


def all_neighbours(m, E, vocab):
    """Which neighbours each word has when all are asked for."""
    return {word: sorted(m.most_similar(E, vocab, word, len(vocab) - 1)) for word in vocab}


def cut(m, E, vocab, n):
    """Whether the first n neighbours are n words, those that come first of all."""
    found = []
    for word in vocab:
        some, every = m.most_similar(E, vocab, word, n), m.most_similar(E, vocab, word, len(vocab) - 1)
        found.append([len(some), list(some) == list(every)[:n], all(one in vocab for one in some)])
    return found


def itself(m, E, vocab, n):
    """Whether a word is among its own neighbours; and whether these are words."""
    found = {word: m.most_similar(E, vocab, word, n) for word in vocab}
    return {
        "itself": any(word in near for word, near in found.items()),
        "found": all(len(near) > 0 for near in found.values()),
        "words": all(one in vocab for near in found.values() for one in near),
    }


def in_question(m, E, vocab, asked):
    """Which answers are words of their question; and whether all are words."""
    found = analogies(m, E, vocab, asked)
    return {"in question": [word in words for word, words in zip(found, asked, strict=True)], "words": all(word in vocab for word in found)}


def lengths_of_neighbours(m, E, vocab, scales, n):
    """Whether longer vectors have the same neighbours; and whether other words have others."""
    one, other = (neighbours(m, table, vocab, [[word, n] for word in vocab]) for table in (E, E * scales))
    return {"same": one == other, "differ": one[0] != one[1]}


def lengths_in_analogies(m, E, vocab, scales, asked):
    one, other = (analogies(m, table, vocab, asked) for table in (E, E * scales))
    return {"same": one == other, "differ": varied(one, asked)}


def varied(found, asked):
    """Whether answers are words, not all the same, and not always the last word of the question."""
    return all(isinstance(word, str) for word in found) and len(set(found)) > 1 and list(found) != [words[-1] for words in asked]


def answer_or_error(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        return error


def unknown_similar(m, E, vocab, known, strangers):
    """Strangers; and whether words that are known have neighbours, not all the same."""
    found = [m.most_similar(E, vocab, word, 1) for word in known]
    return {
        "refused": [answer_or_error(m.most_similar, E, vocab, word, 2) for word in strangers],
        "differ": any(one != found[0] for one in found),
    }


def unknown_analogy(m, E, vocab, known, questions, strangers):
    """Strangers in each place of a question; and whether questions about known words are answered, not all alike."""
    found = [m.analogy(E, vocab, *words) for words in questions]
    asked = [[*known[:place], word, *known[place + 1 :]] for word in strangers for place in range(3)]
    return {"refused": [answer_or_error(m.analogy, E, vocab, *words) for words in asked], "differ": any(one != found[0] for one in found)}


def space_leaves(m, E, vocab, word, asked):
    """Whether vectors and vocabulary are as they were; and whether words were answered, not all alike."""
    given = E.copy(), dict(vocab)
    found = [m.analogy(*given, *words) for words in asked]
    m.most_similar(*given, word, 2)
    return {"changed": not np.array_equal(given[0], E) or given[1] != vocab, "differ": varied(found, asked)}


def space_again(m, E, other, vocab, asked):
    """Two spaces of equal size; then the first array with the numbers of the second."""
    given = E.copy()

    def answers(vectors):
        near = [list(m.most_similar(vectors, vocab, word, 3)) for word in vocab]
        return [near, analogies(m, vectors, vocab, asked)]

    first, second = answers(given), answers(other)
    given[...] = other
    return {
        "another": [one != two for one, two in zip(first, second, strict=True)],
        "by its numbers": answers(given) == second,
        "words": all(word in vocab for word in second[1]),
    }
