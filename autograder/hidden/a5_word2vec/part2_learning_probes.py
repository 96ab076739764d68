"""Questions about `part2_learning`. All that a submission ever sees of its hidden tests."""

import numpy as np


def differ(arrays, before):
    return not all(np.array_equal(array, kept) for array, kept in zip(arrays, before, strict=True))


def watched(function, *arguments):
    """What a function answers, and whether it changed one of the arrays that it was given."""
    before = [np.array(argument) for argument in arguments]
    answer = function(*arguments)
    return {"changed": differ(arguments, before), "answer": answer}


# ------------------------------------------------------------------------------------------------ stable_functions


def probabilities(m, z):
    with np.errstate(all="ignore"):
        return watched(m.softmax, z)


def logarithms(m, z):
    with np.errstate(all="ignore"):
        return watched(m.log_sigmoid, z)


# ------------------------------------------------------------------------------------------------ losses


def shares(results, arguments):
    return any(np.shares_memory(result, argument) for result in results for argument in arguments if isinstance(result, np.ndarray))


def softmax_loss(m, center, outside, U):
    before = center.copy(), U.copy()
    with np.errstate(all="ignore"):
        loss, d_center, dU = m.softmax_loss(center, outside, U)
    return {"changed": differ((center, U), before), "loss": loss, "d": d_center, "dU": dU, "shares": shares((d_center, dU), (center, U))}


def negative_loss(m, center, outside, U, negatives):
    before = center.copy(), U.copy(), negatives.copy()
    with np.errstate(all="ignore"):
        loss, d_center, dU = m.negative_loss(center, outside, U, negatives)
    return {
        "changed": differ((center, U, negatives), before),
        "loss": loss,
        "d": d_center,
        "dU": dU,
        "shares": shares((d_center, dU), (center, U)),
    }


def softmax_losses(m, center, U):
    """The loss of every word of one table, one after the other."""
    return [m.softmax_loss(center=center, outside=word, U=U)[0] for word in range(len(U))]


# ------------------------------------------------------------------------------------------------ context_pairs


def pairs(m, sentence, window):
    return watched(lambda given: m.context_pairs(given, window), sentence)


# ------------------------------------------------------------------------------------------------ sampling


def keep(m, freq, t):
    with np.errstate(all="ignore"):
        return watched(lambda given: m.keep_probability(given, t), freq)


def noise(m, counts):
    return watched(m.noise_distribution, counts)


def draws(m, p, k, exclude, seed):
    return watched(lambda given: m.sample_negatives(given, k, exclude, np.random.default_rng(seed)), p)


def two_seeds(m, p, k, exclude):
    """Draws of one seed, of the same again, of another; and of one generator twice."""
    rng = np.random.default_rng(5)
    one = np.array(m.sample_negatives(p, k, exclude, rng))
    next_one = np.array(m.sample_negatives(p, k, exclude, rng))
    again, other = (np.array(m.sample_negatives(p=p, k=k, exclude=exclude, rng=np.random.default_rng(seed))) for seed in (5, 6))
    return {"one": one, "next": next_one, "again": again, "other": other}


def nothing_left(m, p, exclude):
    """A refusal, then valid uses."""
    before = p.copy()
    try:
        refused = m.sample_negatives(p, 3, exclude, np.random.default_rng(0))
    except Exception as error:
        refused = error
    valid = [m.sample_negatives(np.array([0.25, 0.75]), 4, word, np.random.default_rng(0)) for word in (0, 1)]
    return {"refused": refused, "valid": valid, "changed": differ((p,), (before,))}


# ------------------------------------------------------------------------------------------------ skipgram, cbow


def crooked(seen):
    """A loss that is none of the two, and keeps what it was asked. Its gradients are fresh arrays."""

    def loss_fn(vector, word, U):
        seen.append([np.array(vector), int(word), np.array(U)])
        dU = np.outer(np.arange(1.0, len(U) + 1), vector) / (1.0 + word)
        dU[word] += 3.0 * U[word]
        return float(np.sum(vector**3) + (word + 1) * np.sum(U[word])), 3.0 * vector**2 + (word + 1), dU

    return loss_fn


def model(m, name, first, second, W, U):
    before = [np.array(given) for given in (first, second, W, U)]
    seen = []
    loss, dW, dU = getattr(m, name)(first, second, W, U, crooked(seen))
    return {
        "changed": differ((first, second, W, U), before),
        "loss": loss,
        "dW": dW,
        "dU": dU,
        "seen": sorted([word, vector.tolist(), table.tolist()] for vector, word, table in seen),
    }


def empty_context(m, W, U):
    """A refusal, then a valid use."""
    before = W.copy(), U.copy()
    try:
        refused = m.cbow(np.array([], dtype=int), 1, W, U, crooked([]))
    except Exception as error:
        refused = error
    return {"refused": refused, "valid": m.cbow(np.array([1, 0]), 0, W, U, crooked([])), "changed": differ((W, U), before)}


# ------------------------------------------------------------------------------------------------ train


def trained(m, corpus, vocab, mode, dim, window, epochs, lr, seed):
    kept = [list(sentence) for sentence in corpus], dict(vocab)
    W, U, losses = m.train(corpus, vocab, mode, dim, window, epochs, lr, np.random.default_rng(seed))
    return {"W": W, "U": U, "losses": losses, "changed": ([list(sentence) for sentence in corpus], dict(vocab)) != kept}


def courses(m, corpus, vocab, mode, dim, window, epochs, rates, seed):
    """The same training with several learning rates, from one seed; without any, one epoch is as good as all."""
    return [trained(m, corpus, vocab, mode, dim, window, epochs if lr else 1, lr, seed) for lr in rates]


def other_mode(m, corpus, vocab, mode):
    """A refusal, then a valid use."""
    try:
        refused = m.train(corpus, vocab, mode, 3, 2, 1, 0.1, np.random.default_rng(0))
    except Exception as error:
        refused = error
    valid = trained(m, corpus, vocab, "cbow", 3, 2, 1, 0.0, 0)
    return {
        "refused": refused,
        "losses": valid["losses"],
        "changed": valid["changed"],
        "shapes": [np.shape(valid["W"]), np.shape(valid["U"])],
    }
