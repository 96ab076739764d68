"""Judgements about `part2_learning`. Never leaves the trusted process."""

import numpy as np
import pytest
from scipy.stats import binom

from autograder.testing import exercise, raised, same_as

from . import part2_learning_probes as probes

GRADIENT = 1e-7


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def within_luck(counts, total, p):
    """Whether each count of `total` draws is one that a right answer misses less than once in a hundred million runs."""
    return bool(np.all((binom.cdf(counts, total, p) > 5e-9) & (binom.sf(np.asarray(counts) - 1, total, p) > 5e-9)))


# ------------------------------------------------------------------------------------------------ stable_functions


@exercise("stable_functions", weight=2)
def test_probabilities(ask):
    """softmax gives e to the score over the sum of these, for any number of words, and leaves the scores as they are."""
    for size in (5, 2, 1, 30):
        ask.same(probes.probabilities, 3.0 * normal(size, size))
    ask.same(probes.probabilities, np.array([3, -1, 0]))


@exercise("stable_functions")
def test_large_scores(ask):
    """Scores of a thousand and more, of either sign, give the same probabilities as the scores less their maximum."""
    for shift in (1000.0, -1000.0, 1e6, -750.0):
        ask.same(probes.probabilities, normal(4, 6) + shift)
    ask.same(probes.probabilities, np.array([3000.0, -3000.0, 2999.0]))


@exercise("stable_functions", weight=2)
def test_logarithms(ask):
    """log_sigmoid is right to nine digits from -1000 to 30, in any shape, a number included, and leaves its argument as it is."""
    for z in (
        normal(1, 7),
        5.0 * normal(2, 3, 4),
        normal(3, 2, 1, 3),
        np.array([-1000.0, -40.0, -0.25, 0.0, 3.0, 30.0]),
        np.array(1.5),
        np.array([2, -3, 0]),
    ):
        ask.same(probes.logarithms, z, atol=0.0)


@exercise("stable_functions")
def test_log_sigmoid_of_thousands(ask):
    """log_sigmoid(-1000) is -1000, and of 1000 it is 0."""
    assert ask(probes.logarithms, np.array([-1000.0, 1000.0, -750.0])) == same_as(
        {"changed": False, "answer": np.array([-1000.0, 0.0, -750.0])}
    )


# ------------------------------------------------------------------------------------------------ softmax_loss


@exercise("softmax_loss", weight=3)
@pytest.mark.parametrize(("d", "v", "outside"), [(3, 5, 2), (4, 2, 1), (1, 6, 0), (5, 3, 2), (2, 1, 0), (1, 1, 0)])
def test_softmax_loss_and_gradients(ask, d, v, outside):
    """The loss is -log of the probability of the outside word; both gradients are those of the derivation, in new arrays."""
    ask.same(probes.softmax_loss, normal(d, d), outside, normal(10 + v, v, d), rtol=GRADIENT)


@exercise("softmax_loss")
def test_loss_of_every_word(ask):
    """e to the minus loss, over all the words, sums to 1; with zero vectors each loss is log V."""
    assert np.exp(-np.array(ask(probes.softmax_losses, normal(1, 3), normal(2, 7, 3)), dtype=float)).sum() == same_as(1.0)
    assert ask(probes.softmax_losses, np.zeros(4), normal(2, 6, 4)) == same_as([float(np.log(6.0))] * 6)


@exercise("softmax_loss", weight=2)
def test_softmax_loss_of_large_scores(ask):
    """With scores up to 1000 and down to -1000 the loss and its gradients are finite and right."""
    for outside in range(3):
        ask.same(probes.softmax_loss, np.array([10.0, 0.5]), outside, np.array([[100.0, 0.0], [-100.0, 1.0], [99.9, 2.0]]), rtol=GRADIENT)


# ------------------------------------------------------------------------------------------------ negative_loss


@exercise("negative_loss", weight=3)
@pytest.mark.parametrize(("d", "v", "negatives"), [(3, 7, [1, 4, 5, 6]), (1, 4, [3, 0]), (5, 3, [0]), (2, 6, [4, 1, 0])])
def test_negative_loss_and_gradients(ask, d, v, negatives):
    """Loss and both gradients are those of the derivation, in new arrays; rows that were not asked have the gradient 0."""
    ask.same(probes.negative_loss, normal(d, d), 2, normal(10 + v, v, d), np.array(negatives), rtol=GRADIENT)


@exercise("negative_loss", weight=3)
def test_repeats_count_every_time(ask):
    """A word that is drawn several times counts several times, in the loss and in both gradients."""
    for negatives in ([1, 1], [4, 0, 4, 4, 1, 0], [3] * 8):
        ask.same(probes.negative_loss, normal(3, 3), 2, normal(4, 5, 3), np.array(negatives), rtol=GRADIENT)


@exercise("negative_loss")
def test_outside_among_the_negatives(ask):
    """If the outside word is among the negatives, it counts on both sides."""
    for negatives in ([2], [2, 0, 2], [1, 2, 3]):
        ask.same(probes.negative_loss, normal(5, 4), 2, normal(6, 4, 4), np.array(negatives), rtol=GRADIENT)
    ask.same(probes.negative_loss, normal(5, 1), 0, normal(6, 1, 1), np.array([0]), rtol=GRADIENT)


@exercise("negative_loss")
def test_zero_vectors(ask):
    """With zero vectors the loss is (K + 1) log 2 for K negatives."""
    for k in (1, 5, 9):
        answer = ask(probes.negative_loss, np.zeros(3), 1, normal(1, 4, 3), np.zeros(k, dtype=int))
        assert answer["loss"] == same_as(float((k + 1) * np.log(2.0)))
        assert answer["dU"] == same_as(np.zeros((4, 3)))


@exercise("negative_loss", weight=2)
def test_negative_loss_of_large_scores(ask):
    """With scores up to 1000 and down to -1000 the loss and its gradients are finite and right."""
    U = np.array([[100.0, 0.0], [-100.0, 1.0], [0.1, 2.0]])
    for outside, negatives in [(0, [1, 2]), (1, [0, 0]), (2, [0, 1])]:
        ask.same(probes.negative_loss, np.array([10.0, 0.5]), outside, U, np.array(negatives), rtol=GRADIENT)


# ------------------------------------------------------------------------------------------------ context_pairs


@exercise("context_pairs", weight=2)
@pytest.mark.parametrize("window", [1, 2, 3, 9])
def test_pairs_of_a_sentence(ask, window):
    """Each place gives its word and the words at most a window away, from left to right, up to the edges of the sentence."""
    for length in (6, 2, 4):
        ask.same(probes.pairs, np.random.default_rng(length).permutation(20)[:length], window)


@exercise("context_pairs")
def test_the_place_is_left_out(ask):
    """A word that occurs again nearby is an outside word of itself: the place is left out, not the word."""
    for window in (1, 2, 4):
        ask.same(probes.pairs, np.array([7, 3, 7, 7, 3]), window)


@exercise("context_pairs")
def test_one_word_alone(ask):
    """A sentence of one word gives one pair, with an empty array; one of two words gives each word the other."""
    answer = ask(probes.pairs, np.array([4]), 2)
    assert answer["changed"] is False
    [(word, outside)] = answer["answer"]
    assert word == same_as(4)
    assert isinstance(outside, np.ndarray)
    assert outside.shape == (0,)
    ask.same(probes.pairs, np.array([4, 9]), 1)


# ------------------------------------------------------------------------------------------------ sampling


@exercise("sampling")
def test_keeping(ask):
    """A token is kept with min(1, sqrt(t / f)), and always if the share f of its word is 0."""
    for t in (1e-3, 0.05, 2.0):
        ask.same(probes.keep, np.array([0.4, 0.1, 0.001, 0.0, 0.0004, 0.05]), t)
    ask.same(probes.keep, np.array([1.0]), 1e-5)


@exercise("sampling")
def test_noise(ask):
    """The noise distribution has the power 3/4 of the counts and sums to 1; a count of 0 gives 0."""
    for counts in ([81, 16, 1], [5], [0, 3, 70000, 12, 0], [2, 2]):
        ask.same(probes.noise, np.array(counts))


@exercise("sampling", weight=2)
@pytest.mark.parametrize(("p", "exclude"), [([0.1, 0.3, 0.2, 0.4], 3), ([0.02, 0.9, 0.0, 0.05, 0.03], 1), ([0.25, 0.5, 0.25], 0)])
def test_distribution_of_negatives(ask, p, exclude):
    """Negatives are drawn with replacement, each with its probability among the words that are not excluded."""
    rest = np.array(p)
    rest[exclude] = 0.0
    rest /= rest.sum()
    for k in (3000, 1500):
        answer = ask(probes.draws, np.array(p), k, exclude, k)
        assert answer["changed"] is False
        drawn = answer["answer"]
        assert isinstance(drawn, np.ndarray)
        assert drawn.dtype.kind in "iu"
        assert drawn.shape == (k,)
        assert drawn.min() >= 0
        assert drawn.max() < len(p)
        for part in (drawn, drawn[: k // 2]):
            counts = np.bincount(part, minlength=len(p))
            assert counts[rest == 0].sum() == 0
            assert within_luck(counts[rest > 0], len(part), rest[rest > 0])


@exercise("sampling")
def test_draws_come_from_the_generator(ask):
    """The same seed gives the same negatives, another seed others, and a generator that has been used goes on."""
    found = ask(probes.two_seeds, np.full(9, 1 / 9), 40, 4)
    one, after, again, other = (np.asarray(found[key]).tolist() for key in ("one", "next", "again", "other"))
    assert len(one) == len(other) == 40
    assert one == again
    assert one != after
    assert one != other


@exercise("sampling")
def test_nothing_left_to_draw(ask):
    """If only the excluded word has a probability above 0, ValueError is raised; two words and one excluded leave the other."""
    for p, exclude in ([0.0, 1.0, 0.0], 1), ([1.0], 0), ([0.0, 0.0, 0.5], 2):
        answer = ask(probes.nothing_left, np.array(p), exclude)
        assert answer == same_as(
            {"refused": raised(ValueError), "valid": [np.ones(4, dtype=int), np.zeros(4, dtype=int)], "changed": False}
        )


# ------------------------------------------------------------------------------------------------ skipgram, cbow


@exercise("skipgram", weight=3)
@pytest.mark.parametrize(
    ("center", "outside", "v", "d"), [(2, [0, 4, 1], 5, 3), (0, [3], 4, 2), (1, [1, 0], 3, 4), (3, [2, 2, 0, 2], 6, 1)]
)
def test_skipgram_sums(ask, center, outside, v, d):
    """loss_fn is asked once for each outside word, with the centre's row of W; losses and gradients are summed, repeats included."""
    ask.same(probes.model, "skipgram", center, np.array(outside), normal(v, v, d), normal(v + 1, v, d), rtol=GRADIENT)


@exercise("skipgram")
def test_skipgram_without_outside_words(ask):
    """Without outside words nothing is asked: the loss is 0.0 and both gradients are zeros, in the shapes of W and U; with some not."""
    without, some = (
        ask(probes.model, "skipgram", 1, np.array(words, dtype=int), normal(1, 4, 3), normal(2, 4, 3)) for words in ([], [3, 0])
    )
    zeros = np.zeros((4, 3))
    assert without == same_as({"changed": False, "loss": 0.0, "dW": zeros, "dU": zeros, "seen": []})
    assert all(np.abs(some[key]).max() > 1e-3 for key in ("loss", "dW", "dU"))


@exercise("cbow", weight=3)
@pytest.mark.parametrize(("context", "target", "v", "d"), [([0, 4, 1], 2, 5, 3), ([3], 0, 4, 2), ([1, 0], 1, 3, 4)])
def test_cbow_averages(ask, context, target, v, d):
    """loss_fn is asked once, with the mean of the context's rows of W and the target; each row gets 1/M of the gradient."""
    ask.same(probes.model, "cbow", np.array(context), target, normal(v, v, d), normal(v + 1, v, d), rtol=GRADIENT)


@exercise("cbow", weight=2)
def test_cbow_repeats(ask):
    """A word that stands in the context several times has several shares of the mean and of the gradient."""
    for context in ([2, 2, 0, 2], [1, 1], [0, 3, 0, 3, 1]):
        ask.same(probes.model, "cbow", np.array(context), 1, normal(7, 4, 3), normal(8, 4, 3), rtol=GRADIENT)


@exercise("cbow")
def test_empty_context(ask):
    """An empty context raises ValueError; a context of two words does not."""
    W, U = normal(1, 3, 2), normal(2, 3, 2)
    valid = probes.crooked([])(W[:2].mean(axis=0), 0, U)
    dW = np.zeros((3, 2))
    dW[:2] = valid[1] / 2
    answer = ask(probes.empty_context, W, U)
    assert answer == same_as({"refused": raised(ValueError), "valid": [valid[0], dW, valid[2]], "changed": False}, rtol=GRADIENT)


# ------------------------------------------------------------------------------------------------ train


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def windows(corpus, vocab, window):
    for sentence in corpus:
        rows = [vocab[word] for word in sentence if word in vocab]
        for i, row in enumerate(rows):
            around = rows[max(0, i - window) : i] + rows[i + 1 : i + 1 + window]
            if around:
                yield row, around


CORPUS = [["a", "b", "c", "d", "e"], ["x"], ["b"], ["c", "x", "a"], ["e", "y", "x", "e", "b"], ["d", "c"]]
VOCAB = {"d": 3, "a": 4, "e": 0, "c": 1, "b": 2}


@exercise("train", weight=2)
@pytest.mark.parametrize(("mode", "window"), [("skipgram", 1), ("skipgram", 2), ("cbow", 2), ("skipgram", 7), ("cbow", 1)])
def test_first_loss(ask, mode, window):
    """With lr = 0 the vectors stay small and random, and the mean loss of a centre is near 6 log 2 for each word that is guessed."""
    dim = 60
    answer = ask(probes.trained, CORPUS, VOCAB, mode, dim, window, 2, 0.0, window)
    assert answer["changed"] is False
    for table in (answer["W"], answer["U"]):
        assert np.shape(table) == (5, dim)
        assert np.abs(table).max() <= 0.5 / dim
    assert len({round(float(entry), 15) for entry in np.ravel(answer["W"])}) == 5 * dim
    guesses = np.mean([len(around) if mode == "skipgram" else 1 for _, around in windows(CORPUS, VOCAB, window)])
    assert answer["losses"] == same_as([float(guesses * 6 * np.log(2.0))] * 2, rtol=0.0, atol=float(guesses * 6 * 0.125 / dim))


PAIR = [["a", "b"], ["b", "a", "b"], ["z"], ["a", "z", "b"], ["b", "a", "a"]]


@exercise("train", weight=3)
@pytest.mark.parametrize(("mode", "window", "lr"), [("skipgram", 1, 0.1), ("cbow", 2, 0.2), ("skipgram", 2, 0.06), ("cbow", 1, 0.15)])
def test_course_with_two_words(ask, mode, window, lr):
    """With two words all five negatives are known, and every step and every loss, taken before its step, can be computed."""
    vocab = {"b": 0, "a": 1}
    start, answer = ask(probes.courses, PAIR, vocab, mode, 4, window, 3, [0.0, lr], 7)
    W, U = np.array(start["W"]), np.array(start["U"])
    assert np.isfinite(W).all()
    assert np.isfinite(U).all()
    losses = []
    for _ in range(3):
        found = []
        for row, around in windows(PAIR, vocab, window):
            inputs, guessed = ([row], around) if mode == "skipgram" else (around, [row])
            v = W[inputs].mean(axis=0)
            loss, d, dU = 0.0, np.zeros(4), np.zeros((2, 4))
            for word in guessed:
                real, drawn = sigmoid(U[word] @ v), sigmoid(U[1 - word] @ v)
                loss -= np.log(real) + 5 * np.log(1 - drawn)
                d += (real - 1) * U[word] + 5 * drawn * U[1 - word]
                dU[word] += (real - 1) * v
                dU[1 - word] += 5 * drawn * v
            found.append(loss)
            for place in inputs:
                W[place] -= lr * d / len(inputs)
            U -= lr * dU
        losses.append(float(np.mean(found)))
    assert answer == same_as({"W": W, "U": U, "losses": losses, "changed": False}, rtol=GRADIENT)


@exercise("train", weight=2)
def test_negatives_in_training(ask):
    """Each guess has five negatives, drawn by the 3/4 power of the counts in the corpus, and never the word that is guessed."""
    corpus = ([["a", "b"]] * 16 + [["c", "a"]]) * 16
    start, moved = ask(probes.courses, corpus, {"a": 0, "b": 1, "c": 2}, "cbow", 6, 1, 2, [0.0, 1e-8], 3)
    W, U = np.array(start["W"]), np.array(start["U"])
    slopes = (np.array(moved["U"]) - U) / 1e-8 @ np.linalg.pinv(W)  # [word, centre]: what was added of the centre's vector
    p = sigmoid(U @ W.T)
    real = np.array([[0.0, 512, 32], [512, 0, 0], [32, 0, 0]])
    drawn = (real * (1 - p) - slopes) / p
    counts = np.rint(drawn)
    assert np.abs(drawn - counts).max() < 0.3
    assert counts.sum(axis=0).tolist() == [5 * 544, 5 * 512, 5 * 32]
    assert counts[0, 1:].tolist() == [0, 0]
    assert within_luck(counts[2, 1:].sum(), 5 * 544, 1 / 9)


@exercise("train")
def test_seeds_of_training(ask):
    """All randomness comes from rng: the same seed gives the same vectors and losses, another seed gives others."""
    one, again = (ask(probes.trained, CORPUS, VOCAB, "cbow", 3, 2, 2, 0.2, 5) for _ in range(2))
    other = ask(probes.trained, CORPUS, VOCAB, "cbow", 3, 2, 2, 0.2, 6)
    assert np.shape(one["W"]) == (5, 3)
    for key in ("W", "U", "losses"):
        assert np.array_equal(one[key], again[key])
        assert not np.array_equal(one[key], other[key])


@exercise("train")
def test_other_modes(ask):
    """Any other mode raises ValueError; the two that there are do not."""
    for mode in ("glove", "", "CBOW"):
        answer = ask(probes.other_mode, CORPUS, VOCAB, mode)
        assert answer["refused"] == raised(ValueError)
        assert answer["shapes"] == same_as([[5, 3], [5, 3]])
        assert answer["losses"] == same_as([float(6 * np.log(2.0))], rtol=0.0, atol=0.3)
        assert answer["changed"] is False
