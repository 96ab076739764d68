"""Questions about `part2_learning`. All that a submission ever sees of its hidden tests."""

import numpy as np


def close(one, other):
    return np.shape(one) == np.shape(other) and bool(np.allclose(one, other, rtol=1e-9, atol=1e-12))


def copies(arguments):
    return [np.array(argument) if isinstance(argument, np.ndarray) else argument for argument in arguments]


def differ(arrays, before):
    return not all(np.array_equal(array, kept) for array, kept in zip(arrays, before, strict=True))


def form(thing):
    """What an array or a number is, and not what is in it."""
    return [list(np.shape(thing)), "float64" if type(thing) is float else str(getattr(thing, "dtype", ""))]


def repeated(function, one, other):
    """Two questions of equal shape; then the first arrays, with the numbers of the second question in them."""
    given = copies(one)
    first = function(*given)
    kept = [np.array(part) for part in first]
    second = [np.array(part) for part in function(*copies(other))]
    stays = not differ(first, kept)
    for array, numbers in zip(given, other, strict=True):
        if isinstance(array, np.ndarray):
            array[...] = numbers
    third = function(*[array if isinstance(array, np.ndarray) else number for array, number in zip(given, other, strict=True)])
    return {
        "another": [bool(np.isfinite(a).all()) and not close(a, b) for a, b in zip(kept, second, strict=True)],
        "stays": stays,
        "by its numbers": [close(a, b) for a, b in zip(third, second, strict=True)],
    }


# ------------------------------------------------------------------------------------------------ stable_functions


def probabilities(m, z):
    with np.errstate(all="ignore"):
        return m.softmax(z)


def logarithms(m, z):
    with np.errstate(all="ignore"):
        return m.log_sigmoid(z)


def ordered(values, z):
    """Whether a higher score has a higher value."""
    return bool(np.array_equal(np.argsort(values), np.argsort(z)))


def scores_stay(m, name, z):
    """Whether the scores are as they were; and whether the values are of the right sign, and in the order of the scores."""
    given = z.copy()
    values = np.array(getattr(m, name)(given))
    sign = 1 if name == "softmax" else -1
    return {"changed": differ([given], [z]), "signs": bool((np.sign(values) == sign).all()), "ordered": ordered(values, z)}


def scores_again(m, name, z, other):
    function = getattr(m, name)
    values = np.array(function(z.copy()))
    sign = 1 if name == "softmax" else -1
    return {
        **repeated(lambda given: [function(given)], [z], [other]),
        "signs": bool((np.sign(values) == sign).all()),
        "ordered": ordered(values, z),
    }


# ------------------------------------------------------------------------------------------------ losses


def guess(m, name, given):
    with np.errstate(all="ignore"):
        return getattr(m, name)(*given)


def loss(m, name, *given):
    return guess(m, name, given)[0]


def slopes_of_center(m, name, *given):
    return guess(m, name, given)[1]


def slopes_of_table(m, name, *given):
    return guess(m, name, given)[2]


def hangs(m, name, given, other):
    """Whether the loss is another one for another outside word."""
    one, two = (guess(m, name, copies([given[0], word, *given[2:]]))[0] for word in (given[1], other))
    return bool(np.isfinite(one) and one != two)


def forms(m, name, given, other):
    arguments = copies(given)
    found = guess(m, name, arguments)
    shared = any(np.shares_memory(part, array) for part in found if isinstance(part, np.ndarray) for array in (arguments[0], arguments[2]))
    return {"forms": [form(part) for part in found], "shares": shared, "hangs": hangs(m, name, given, other)}


def loss_leaves(m, name, given, other):
    arguments = copies(given)
    guess(m, name, arguments)
    arrays = [place for place, argument in enumerate(given) if isinstance(argument, np.ndarray)]
    changed = differ([arguments[place] for place in arrays], [given[place] for place in arrays])
    return {"changed": changed, "hangs": hangs(m, name, given, other)}


def losses_again(m, name, one, two, other):
    return {**repeated(lambda *given: list(guess(m, name, given)), one, two), "hangs": hangs(m, name, one, other)}


def losses_of_words(m, center, U):
    """The loss of every word of one table, one after the other."""
    return [m.softmax_loss(center=center, outside=word, U=U)[0] for word in range(len(U))]


def sums_of_columns(m, center, outside, U):
    """Over all words, the sum of the slopes in U; and whether there are any, and others for another word."""
    dU, others = (np.asarray(m.softmax_loss(center, word, U)[2]) for word in (outside, outside - 1))
    return {"sums": dU.sum(axis=0), "there": bool(np.any(dU != 0)), "others": not close(dU, others)}


def added(m, center, outside, U, without, word):
    """What one more negative adds to loss and slopes."""
    some, more = (m.negative_loss(center, outside, U, np.array(negatives)) for negatives in (without, [*without, word]))
    return [np.asarray(b) - np.asarray(a) for a, b in zip(some, more, strict=True)]


def one_more(m, center, outside, U, without, word, once, elsewhere):
    """Whether a word that is drawn once more adds what it adds where it is drawn for the first time, or to another outside word.

    Of loss, slopes of center and slopes of U; and whether it adds anything.
    """
    again = added(m, center, outside, U, without, word)
    first = added(m, center, elsewhere, U, once, word)
    return {"alike": [close(a, b) for a, b in zip(again, first, strict=True)], "there": [bool(np.any(part != 0)) for part in again]}


def table_of_nothing(m, U, k):
    """Loss and slopes of a center of zeros: a guess without any knowledge."""
    found, _, dU = m.negative_loss(np.zeros(U.shape[1]), 1, U, np.zeros(k, dtype=int))
    return {"loss": found, "dU": dU}


# ------------------------------------------------------------------------------------------------ context_pairs


def centres(m, sentence, window):
    return [pair[0] for pair in m.context_pairs(sentence, window)]


def outside_words(m, sentence, window, places):
    """Of some places, the outside words in their order."""
    pairs = m.context_pairs(sentence, window)
    return [np.ravel(pairs[place][1]).tolist() for place in places]


def outside_sets(m, sentence, window):
    """Of every place, the outside words in any order."""
    return [sorted(np.ravel(pair[1]).tolist()) for pair in m.context_pairs(sentence, window)]


def kinds_of_pairs(m, sentence, window):
    """Of every pair, what stands there; and whether the centres differ."""
    pairs = m.context_pairs(sentence, window)
    kinds = [[type(pair[1]).__name__, list(np.shape(pair[1])), getattr(pair[1], "dtype", np.dtype(float)).kind in "iu"] for pair in pairs]
    return {"kinds": kinds, "centres": sorted(int(pair[0]) for pair in pairs)}


def pairs_leave(m, sentence, window):
    given = sentence.copy()
    pairs = m.context_pairs(given, window)
    return {"changed": differ([given], [sentence]), "centres": sorted({int(pair[0]) for pair in pairs})}


def pairs_again(m, sentence, other, window):
    def flat(pairs):
        return [[int(word), *np.ravel(outside).tolist()] for word, outside in pairs]

    given = sentence.copy()
    pairs = m.context_pairs(given, window)
    first = flat(pairs)
    second = flat(m.context_pairs(other.copy(), window))
    stays = flat(pairs) == first
    given[...] = other
    return {
        "another": first != second,
        "stays": stays,
        "by its numbers": flat(m.context_pairs(given, window)) == second,
        "apart": all(word not in outside for word, *outside in second),
    }


# ------------------------------------------------------------------------------------------------ sampling


def keep(m, freq, t):
    with np.errstate(all="ignore"):
        return m.keep_probability(freq, t)


def noise(m, counts):
    return m.noise_distribution(counts)


def draws(m, p, k, exclude, seed):
    return m.sample_negatives(p, k, exclude, np.random.default_rng(seed))


def seeds(m, p, k, exclude):
    """Draws of one seed, of the same again, of another; and of one generator twice."""
    rng = np.random.default_rng(5)
    one = np.array(m.sample_negatives(p, k, exclude, rng))
    next_one = np.array(m.sample_negatives(p, k, exclude, rng))
    again, other = (np.array(m.sample_negatives(p=p, k=k, exclude=exclude, rng=np.random.default_rng(seed))) for seed in (5, 6))
    return {"one": one, "next": next_one, "again": again, "other": other}


def nothing_left(m, p, exclude, k):
    """A refusal; then two words, one of them excluded."""
    try:
        refused = m.sample_negatives(p, 3, exclude, np.random.default_rng(0))
    except Exception as error:
        refused = error
    found = [m.sample_negatives(np.array([0.25, 0.75]), k, word, np.random.default_rng(0)) for word in (0, 1)]
    return {"refused": refused, "left": [sorted(set(np.ravel(drawn).tolist())) for drawn in found]}


def distributions_leave(m, freq, counts):
    """Whether shares and counts stay; and whether rare words are kept more often, and frequent ones are drawn more often."""
    given = freq.copy(), counts.copy()
    kept, drawn = np.array(m.keep_probability(given[0], 1e-6)), np.array(m.noise_distribution(given[1]))
    return {"changed": differ(given, (freq, counts)), "falling": ordered(kept, -freq), "rising": ordered(drawn, counts)}


def draws_leave(m, p, exclude):
    given = p.copy()
    drawn = m.sample_negatives(given, 60, exclude, np.random.default_rng(1))
    return {
        "changed": differ([given], [p]),
        "excluded": bool(np.any(np.asarray(drawn) == exclude)),
        "words": len(set(np.ravel(drawn).tolist())),
    }


def distributions_again(m, freq, other, counts, others):
    """The two functions in turn; what is rare in one question is frequent in the other."""
    return {
        "keep": repeated(lambda given: [m.keep_probability(given, 1e-6)], [freq], [other]),
        "noise": repeated(lambda given: [m.noise_distribution(given)], [counts], [others]),
        "falling": ordered(m.keep_probability(freq, 1e-6), -freq),
        "rising": ordered(m.noise_distribution(counts), counts),
    }


# ------------------------------------------------------------------------------------------------ skipgram, cbow


def crooked(seen, gave):
    """A loss that is none of the two, and keeps what it was asked and what it answered. Its gradients are fresh arrays."""

    def loss_fn(vector, word, U):
        seen.append([int(word), np.array(vector).tolist(), np.array(U).tolist()])
        dU = np.outer(np.arange(1.0, len(U) + 1), vector) / (1.0 + word)
        dU[word] += 3.0 * U[word]
        answer = float(np.sum(vector**3) + (word + 1) * np.sum(U[word])), 3.0 * vector**2 + (word + 1), dU
        gave.append([np.array(part) for part in answer])
        return answer

    return loss_fn


def model(m, name, first, second, W, U):
    """What the model gives, and what its loss gave."""
    gave = []
    loss, dW, dU = getattr(m, name)(first, second, W, U, crooked([], gave))
    return {"loss": loss, "dW": dW, "dU": dU, "gave": gave}


def model_hangs(m, name, first, second, W, U):
    """Whether loss and slopes are other ones for another W."""
    one, other = (getattr(m, name)(first, second, table.copy(), U.copy(), crooked([], [])) for table in (W, W + 1.0))
    return [bool(np.isfinite(a).all()) and not close(a, b) for a, b in zip(one, other, strict=True)]


def asked(m, name, first, second, W, U):
    """What the loss was asked; and whether the model's loss hangs on it."""
    seen = []
    getattr(m, name)(first, second, W, U, crooked(seen, []))
    return {"seen": sorted(seen), "hangs": model_hangs(m, name, first, second, W, U)[0]}


def model_forms(m, name, first, second, W, U):
    found = getattr(m, name)(first, second, W, U, crooked([], []))
    return {"forms": [form(part) for part in found], "hangs": model_hangs(m, name, first, second, W, U)[0]}


def model_leaves(m, name, first, second, W, U):
    given = copies([first, second, W, U])
    getattr(m, name)(*given, crooked([], []))
    return {"changed": differ(given, [first, second, W, U]), "hangs": model_hangs(m, name, first, second, W, U)[0]}


def model_again(m, name, one, other):
    return {
        **repeated(lambda *given: list(getattr(m, name)(*given, crooked([], []))), one, other),
        "hangs": model_hangs(m, name, *one)[0],
    }


def nothing_to_guess(m, W, U):
    """Without outside words; and whether there is a loss with some."""
    seen = []
    loss, dW, dU = m.skipgram(1, np.array([], dtype=int), W, U, crooked(seen, []))
    some = m.skipgram(1, np.array([2, 0]), W, U, crooked([], []))
    return {"loss": loss, "dW": dW, "dU": dU, "seen": len(seen), "there": [bool(np.any(np.abs(part) > 1e-3)) for part in some]}


def empty_context(m, W, U):
    """A refusal; then on what a context of two words hangs."""
    try:
        refused = m.cbow(np.array([], dtype=int), 1, W, U, crooked([], []))
    except Exception as error:
        refused = error
    return {"refused": refused, "hangs": model_hangs(m, "cbow", np.array([1, 0]), 0, W, U)[0]}


# ------------------------------------------------------------------------------------------------ train


def trained(m, corpus, vocab, mode, dim, window, epochs, lr, seed):
    W, U, losses = m.train(corpus, vocab, mode, dim, window, epochs, lr, np.random.default_rng(seed))
    return {"W": W, "U": U, "losses": losses}


def courses(m, corpus, vocab, mode, dim, window, epochs, rates, seed):
    """The same training with several learning rates, from one seed; without any, one epoch is as good as all."""
    return [trained(m, corpus, vocab, mode, dim, window, epochs if lr else 1, lr, seed) for lr in rates]


def training_leaves(m, corpus, vocab, seed):
    """Whether text and vocabulary stay; and whether vectors moved."""
    given = [list(sentence) for sentence in corpus], dict(vocab)
    moved, still = (trained(m, *given, "cbow", 3, 2, 1, lr, seed)["W"] for lr in (0.3, 0.0))
    return {
        "changed": given != ([list(sentence) for sentence in corpus], dict(vocab)),
        "moved": bool(np.isfinite(moved).all()) and not close(moved, still),
    }


def training_again(m, corpus, other, vocab, seed):
    """Two texts of equal size in turn, and the first one again, from one seed."""
    first = trained(m, corpus, vocab, "cbow", 3, 2, 2, 0.3, seed)
    kept = [np.array(first[key]) for key in ("W", "U", "losses")]
    second, third = (trained(m, text, vocab, "cbow", 3, 2, 2, 0.3, seed) for text in (other, corpus))
    return {
        "another": bool(np.isfinite(kept[0]).all()) and not close(kept[0], second["W"]),
        "stays": not differ([first[key] for key in ("W", "U", "losses")], kept),
        "the same": [close(third[key], array) for key, array in zip(("W", "U", "losses"), kept, strict=True)],
    }


def other_mode(m, corpus, vocab, mode):
    """A refusal; then whether the loss of a training with a mode that there is falls."""
    try:
        refused = m.train(corpus, vocab, mode, 3, 2, 1, 0.1, np.random.default_rng(0))
    except Exception as error:
        refused = error
    W, still = (trained(m, corpus, vocab, "cbow", 3, 2, 1, lr, 0)["W"] for lr in (0.2, 0.0))
    return {"refused": refused, "shape": list(np.shape(W)), "moved": bool(np.isfinite(W).all()) and not close(W, still)}
