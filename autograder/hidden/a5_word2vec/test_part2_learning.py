"""Judgements about `part2_learning`. Never leaves the trusted process."""

import numpy as np
import pytest
from scipy.stats import binom

from autograder.testing import exercise, raised, rng, same_as

from . import part2_learning_probes as probes

GRADIENT = 1e-7


def normal(key, *shape):
    return rng(key, *shape).normal(size=shape)


def sizes(count, *key, low=2):
    """So many sizes, no two of them equal."""
    return [int(size) for size in rng("sizes", *key).permutation(np.arange(low, low + 6))[:count]]


def within_luck(counts, total, p):
    """Whether each count of `total` draws is one that a right answer misses less than once in a hundred million runs."""
    return bool(np.all((binom.cdf(counts, total, p) > 5e-9) & (binom.sf(np.asarray(counts) - 1, total, p) > 5e-9)))


# ------------------------------------------------------------------------------------------------ stable_functions


@exercise("stable_functions", weight=3)
def test_probabilities(ask):
    """softmax gives e to the score over the sum of these, for any number of words."""
    for size in (*sizes(2, "probabilities"), 2, 1, 30):
        ask.same(probes.probabilities, 3.0 * normal("scores", size))
    ask.same(probes.probabilities, rng("whole scores").integers(-4, 5, size=6))


@exercise("stable_functions", weight=3)
def test_large_scores(ask):
    """Scores of a thousand and more, of either sign, give the same probabilities as the scores less their maximum."""
    for shift in (1000.0, -1000.0, 1e6, -750.0):
        ask.same(probes.probabilities, normal("large scores", 6) + shift)
    ask.same(probes.probabilities, rng("far scores").permutation([3000.0, -3000.0, 2999.0]))


@exercise("stable_functions")
def test_small_probabilities(ask):
    """Small probabilities have their digits, too, down to e to the minus thirty and less."""
    ask.same(probes.probabilities, np.array([0.0, -3.0, -12.0, -22.0, -30.0, -60.0]) + normal("small", 6), atol=0.0)


@exercise("stable_functions")
def test_softmax_leaves_the_scores(ask):
    """softmax writes nothing to its scores."""
    z = -1.0 - abs(normal("stay", 7))
    assert ask(probes.scores_stay, "softmax", z) == same_as({"changed": False, "signs": True, "ordered": True})


AGAIN = {"another": [True], "stays": True, "by its numbers": [True]}


@exercise("stable_functions", weight=0.5)
def test_softmax_again(ask):
    """Asked again, softmax answers by the scores that come in, and its earlier answer stays as it was."""
    z = -1.0 - abs(normal("again", 7))
    assert ask(probes.scores_again, "softmax", z, z[::-1]) == same_as({**AGAIN, "signs": True, "ordered": True})


@exercise("stable_functions", weight=3)
@pytest.mark.parametrize("turn", range(3))
def test_logarithms(ask, turn):
    """log_sigmoid is the logarithm of 1 / (1 + exp(-z)), entry by entry."""
    ask.same(probes.logarithms, rng("logarithms", turn).uniform(-6.0, 6.0, size=sizes(1, "logarithms", turn)))


@exercise("stable_functions", weight=4)
def test_log_sigmoid_of_large_numbers(ask):
    """log_sigmoid is right to nine digits where e to the minus z is tiny, or so large that it is none, and at -1000 and 1000."""
    shift = rng("shift").uniform(0.0, 1.0)
    ask.same(probes.logarithms, np.array([-40.0, -20.0, 12.0, 20.0, 29.0]) + shift, atol=0.0)
    assert ask(probes.logarithms, np.array([-1000.0, 1000.0, -750.0 - shift])) == same_as(np.array([-1000.0, 0.0, -750.0 - shift]))


@exercise("stable_functions", weight=2)
def test_log_sigmoid_of_any_shape(ask):
    """log_sigmoid keeps the shape of its argument, whatever it is, a number included; whole numbers may come in."""
    for shape in ((3, 4), (2, 1, 3), (1,), (1, 1)):
        ask.same(probes.logarithms, normal("shapes", *shape))
    ask.same(probes.logarithms, np.array(rng("number").normal()))
    ask.same(probes.logarithms, rng("whole").integers(-5, 5, size=4))


@exercise("stable_functions", weight=0.5)
def test_log_sigmoid_leaves_its_argument(ask):
    """log_sigmoid writes nothing to its argument."""
    z = 1.0 + abs(normal("stay too", 7))
    assert ask(probes.scores_stay, "log_sigmoid", z) == same_as({"changed": False, "signs": True, "ordered": True})


@exercise("stable_functions", weight=0.5)
def test_log_sigmoid_again(ask):
    """Asked again, log_sigmoid answers by the numbers that come in, and its earlier answer stays as it was."""
    z = 1.0 + abs(normal("again too", 7))
    assert ask(probes.scores_again, "log_sigmoid", z, z[::-1]) == same_as({**AGAIN, "signs": True, "ordered": True})


# ------------------------------------------------------------------------------------------------ the two losses

SOFTMAX, NEGATIVE = "softmax_loss", "negative_loss"
GUESSES = [(3, 5), (4, 2), (1, 6), (5, 3), (2, 1), (1, 1)]  # numbers in a vector, words


def softmax_guess(key, d, v):
    return [normal(f"center {key}", d), int(rng("outside", key, d, v).integers(v)), normal(f"table {key}", v, d)]


def negative_guess(key, d, v, k):
    """The outside word is none of the negatives, and no negative is drawn twice."""
    words = rng("words", key, d, v, k).permutation(v)
    return [normal(f"center {key}", d), int(words[0]), normal(f"table {key}", v, d), words[1 : k + 1]]


def large_scores(key):
    """Three words with scores of nearly 1000, -1000 and 1000."""
    c = rng("large", key).uniform(0.2, 0.8)
    return np.array([10.0, c]), np.array([[99.9, 0.0], [-99.9, 1.0], [99.8, 0.5 + c]])


AGAIN_THREE = {"another": [True] * 3, "stays": True, "by its numbers": [True] * 3}


@exercise("softmax_loss", weight=3)
@pytest.mark.parametrize(("d", "v"), GUESSES)
def test_softmax_loss_of_a_guess(ask, d, v):
    """The loss is minus the logarithm of the probability of the outside word."""
    ask.same(probes.loss, SOFTMAX, *softmax_guess("loss", d, v))


@exercise("softmax_loss", weight=3)
@pytest.mark.parametrize(("d", "v"), GUESSES)
def test_softmax_slopes_of_the_center(ask, d, v):
    """The gradient of center sums the rows of U, each times what the model says minus what is so."""
    ask.same(probes.slopes_of_center, SOFTMAX, *softmax_guess("d center", d, v), rtol=GRADIENT)


@exercise("softmax_loss", weight=3)
@pytest.mark.parametrize(("d", "v"), GUESSES)
def test_softmax_slopes_of_the_table(ask, d, v):
    """Each row of the gradient of U is center times what the model says of its word minus what is so."""
    ask.same(probes.slopes_of_table, SOFTMAX, *softmax_guess("dU", d, v), rtol=GRADIENT)


@exercise("softmax_loss")
def test_loss_of_every_word(ask):
    """e to the minus loss, over all the words, sums to 1; with zero vectors each loss is log V."""
    assert np.exp(-np.array(ask(probes.losses_of_words, normal("every", 3), normal("every", 7, 3)), dtype=float)).sum() == same_as(1.0)
    [words] = sizes(1, "every word")
    assert ask(probes.losses_of_words, np.zeros(4), normal("every", words, 4)) == same_as([float(np.log(words))] * words)


@exercise("softmax_loss")
def test_softmax_slopes_in_balance(ask):
    """What one word gains the others lose: each column of the gradient of U sums to 0 over the words."""
    center, _, U = softmax_guess("balance", 3, 6)
    assert ask(probes.sums_of_columns, center, 2, U) == same_as({"sums": np.zeros(3), "there": True, "others": True})


@exercise("softmax_loss", weight=3)
@pytest.mark.parametrize("outside", range(3))
def test_softmax_loss_of_large_scores(ask, outside):
    """With scores up to 1000 and down to -1000 the loss is finite and right."""
    center, U = large_scores("softmax")
    ask.same(probes.loss, SOFTMAX, center, outside, U)


@exercise("softmax_loss")
@pytest.mark.parametrize("outside", range(3))
def test_softmax_slopes_of_large_scores(ask, outside):
    """With scores up to 1000 and down to -1000 the gradients are finite and right."""
    center, U = large_scores("softmax")
    ask.same(probes.slopes_of_center, SOFTMAX, center, outside, U, rtol=GRADIENT)
    ask.same(probes.slopes_of_table, SOFTMAX, center, outside, U, rtol=GRADIENT)


@exercise("softmax_loss", weight=1.5)
def test_softmax_slopes_are_derived(ask):
    """The slopes are those of the derivation, and so have their digits for very unlikely words: slopes that are measured have none."""
    center = normal("derived", 4)
    scores = np.array([1.0, -20.0, -22.0, -19.0, -24.0]) + normal("derived", 5)
    U = np.outer(scores, center) / (center @ center)
    ask.same(probes.slopes_of_table, SOFTMAX, center, 2, U, rtol=GRADIENT, atol=0.0)


@exercise("softmax_loss")
@pytest.mark.parametrize(("d", "v"), [(3, 5), (1, 4)])
def test_softmax_loss_forms(ask, d, v):
    """Loss and gradients are float64 in the shapes of a number, center and U, and new: none shares memory with an argument."""
    center, _, U = softmax_guess("forms", d, v)
    answer = ask(probes.forms, SOFTMAX, [center, 0, U], 1)
    assert answer == same_as({"forms": [[[], "float64"], [[d], "float64"], [[v, d], "float64"]], "shares": False, "hangs": True})


@exercise("softmax_loss")
def test_softmax_loss_leaves_its_arguments(ask):
    """center and U stay as they are."""
    center, _, U = softmax_guess("leaves", 3, 5)
    assert ask(probes.loss_leaves, SOFTMAX, [center, 0, U], 1) == same_as({"changed": False, "hangs": True})


@exercise("softmax_loss")
def test_softmax_loss_again(ask):
    """Asked again, the function answers by the numbers that come in, and the earlier answer stays as it was."""
    (center, _, U), (another, _, other) = (softmax_guess(key, 3, 5) for key in ("again", "once more"))
    answer = ask(probes.losses_again, SOFTMAX, [center, 0, U], [another, 0, other], 1)
    assert answer == same_as({**AGAIN_THREE, "hangs": True})


NEGATIVE_GUESSES = [(3, 7, 4), (1, 4, 2), (5, 3, 1), (2, 6, 3), (1, 2, 1)]


@exercise("negative_loss", weight=3)
@pytest.mark.parametrize(("d", "v", "k"), NEGATIVE_GUESSES)
def test_negative_loss_of_a_guess(ask, d, v, k):
    """The loss sums minus the logarithms of sigma of the real word's score, and of minus each negative's."""
    ask.same(probes.loss, NEGATIVE, *negative_guess("loss", d, v, k))


@exercise("negative_loss", weight=3)
@pytest.mark.parametrize(("d", "v", "k"), NEGATIVE_GUESSES)
def test_negative_slopes_of_the_center(ask, d, v, k):
    """The gradient of center sums the rows of the real word and of the negatives, each times what the model says minus what is so."""
    ask.same(probes.slopes_of_center, NEGATIVE, *negative_guess("d center", d, v, k), rtol=GRADIENT)


@exercise("negative_loss", weight=4)
@pytest.mark.parametrize(("d", "v", "k"), NEGATIVE_GUESSES)
def test_negative_slopes_of_the_table(ask, d, v, k):
    """In the gradient of U, the rows that were asked are center times what the model says minus what is so; all others are 0."""
    ask.same(probes.slopes_of_table, NEGATIVE, *negative_guess("dU", d, v, k), rtol=GRADIENT)


def one_more(ask, key, without, word, once, outside, elsewhere):
    return ask(probes.one_more, normal(f"{key} center", 3), outside, normal(f"{key} table", 6, 3), without, word, once, elsewhere)


def repeats(ask):
    """A word that is drawn once more adds what it had added before, also for the third time."""
    return [one_more(ask, "repeats", without, 4, [0, 1], 2, 2) for without in ([4, 0, 1], [1, 4, 5, 4])]


@exercise("negative_loss", weight=1.5)
def test_repeats_in_the_loss(ask):
    """A word that is drawn several times counts several times in the loss."""
    for answer in repeats(ask):
        assert [answer[key][0] for key in ("alike", "there")] == [True, True]


@exercise("negative_loss", weight=3)
def test_repeats_in_the_slopes(ask):
    """A word that is drawn several times counts several times in both gradients."""
    for answer in repeats(ask):
        assert answer["alike"][1:] == [True, True]
        assert answer["there"] == [True] * 3


@exercise("negative_loss", weight=2)
def test_outside_among_the_negatives(ask):
    """If the outside word is among the negatives, it counts as a negative, too, as any other word would."""
    answer = one_more(ask, "both sides", [0, 1], 2, [0, 1], 2, 3)
    assert answer == same_as({"alike": [True] * 3, "there": [True] * 3})


@exercise("negative_loss", weight=0.5)
def test_guess_without_knowledge(ask):
    """With zero vectors the loss is (K + 1) log 2 for K negatives, and U has no slope."""
    for k in (1, 5, 9):
        answer = ask(probes.table_of_nothing, normal("nothing", 4, 3), k)
        assert answer == same_as({"loss": float((k + 1) * np.log(2.0)), "dU": np.zeros((4, 3))})


LARGE = [(0, [1, 2]), (1, [0, 0]), (2, [0, 1]), (1, [2])]


@exercise("negative_loss", weight=3)
@pytest.mark.parametrize(("outside", "negatives"), LARGE)
def test_negative_loss_of_large_scores(ask, outside, negatives):
    """With scores up to 1000 and down to -1000 the loss is finite and right."""
    center, U = large_scores("negative")
    ask.same(probes.loss, NEGATIVE, center, outside, U, np.array(negatives))


@exercise("negative_loss")
@pytest.mark.parametrize(("outside", "negatives"), LARGE)
def test_negative_slopes_of_large_scores(ask, outside, negatives):
    """With scores up to 1000 and down to -1000 the gradients are finite and right."""
    center, U = large_scores("negative")
    ask.same(probes.slopes_of_center, NEGATIVE, center, outside, U, np.array(negatives), rtol=GRADIENT)
    ask.same(probes.slopes_of_table, NEGATIVE, center, outside, U, np.array(negatives), rtol=GRADIENT)


@exercise("negative_loss", weight=1.5)
def test_negative_slopes_are_derived(ask):
    """The slopes are those of the derivation, and so have their digits where the loss is large: slopes that are measured have few."""
    small = rng("small").uniform(5e-4, 2e-3)
    U = np.array([[-95.0, 1.0], [95.0, -1.0], [0.03, 2.0], [-0.05, 0.5]])
    ask.same(probes.slopes_of_table, NEGATIVE, np.array([10.0, small]), 0, U, np.array([1, 2, 1, 3]), rtol=GRADIENT)


@exercise("negative_loss")
@pytest.mark.parametrize(("d", "v", "k"), [(3, 6, 2), (1, 4, 1)])
def test_negative_loss_forms(ask, d, v, k):
    """Loss and gradients are float64 in the shapes of a number, center and U, and new: none shares memory with an argument."""
    center, _, U = softmax_guess("negative forms", d, v)
    answer = ask(probes.forms, NEGATIVE, [center, 0, U, np.full(k, v - 1)], 1)
    assert answer == same_as({"forms": [[[], "float64"], [[d], "float64"], [[v, d], "float64"]], "shares": False, "hangs": True})


@exercise("negative_loss")
def test_negative_loss_leaves_its_arguments(ask):
    """center, U and the negatives stay as they are."""
    center, _, U = softmax_guess("negative leaves", 3, 5)
    answer = ask(probes.loss_leaves, NEGATIVE, [center, 0, U, np.array([4, 2, 4, 0])], 1)
    assert answer == same_as({"changed": False, "hangs": True})


@exercise("negative_loss")
def test_negative_loss_again(ask):
    """Asked again, the function answers by the numbers that come in, and the earlier answer stays as it was."""
    one, other = ([normal(f"{key} center", 3), 0, normal(f"{key} table", 5, 3)] for key in ("again", "more"))
    answer = ask(probes.losses_again, NEGATIVE, [*one, np.array([4, 2])], [*other, np.array([3, 4])], 1)
    assert answer == same_as({**AGAIN_THREE, "hangs": True})


# ------------------------------------------------------------------------------------------------ context_pairs


def sentence(key, length):
    """Word numbers, no two of them equal."""
    return rng("sentence", key, length).permutation(20)[:length]


WINDOWS = [(6, 1), (7, 2), (4, 3), (5, 9), (2, 1)]  # length, window


@exercise("context_pairs", weight=2)
@pytest.mark.parametrize(("length", "window"), WINDOWS)
def test_outside_words(ask, length, window):
    """The outside words of each place are those at most a window away, from left to right, up to the edges of the sentence."""
    ask.same(probes.outside_words, sentence("all", length), window, list(range(length)))


@exercise("context_pairs")
@pytest.mark.parametrize(("length", "window"), WINDOWS)
def test_one_pair_for_each_place(ask, length, window):
    """There is one pair for each place, with the word there, in the order of the sentence."""
    words = sentence("centres", length)
    assert ask(probes.centres, words, window) == same_as(words.tolist())


@exercise("context_pairs")
@pytest.mark.parametrize(("length", "window"), WINDOWS)
def test_outside_words_on_the_right(ask, length, window):
    """The first place has outside words on the right alone."""
    ask.same(probes.outside_words, sentence("right", length), window, [0])


@exercise("context_pairs")
@pytest.mark.parametrize(("length", "window"), WINDOWS)
def test_outside_words_on_the_left(ask, length, window):
    """The last place has outside words on the left alone."""
    ask.same(probes.outside_words, sentence("left", length), window, [length - 1])


@exercise("context_pairs")
@pytest.mark.parametrize(("length", "window"), WINDOWS)
def test_which_words_are_outside(ask, length, window):
    """No outside word is missing and none is too many, whatever their order."""
    ask.same(probes.outside_sets, sentence("sets", length), window)


@exercise("context_pairs")
@pytest.mark.parametrize("window", [1, 2, 4])
def test_the_place_is_left_out(ask, window):
    """A word that occurs again nearby is an outside word of itself: the place is left out, not the word."""
    a, b = sentence("twice", 2)
    ask.same(probes.outside_sets, np.array([a, b, a, a, b]), window)


@exercise("context_pairs")
def test_short_sentences(ask):
    """A sentence of one word gives one pair without outside words; one of two words gives each word the other."""
    for length in (1, 2):
        ask.same(probes.outside_sets, sentence("short", length), 2)
        ask.same(probes.centres, sentence("short", length), 2)


@exercise("context_pairs")
@pytest.mark.parametrize(("length", "counts"), [(4, [1, 2, 2, 1]), (1, [0])])
def test_outside_words_are_integers(ask, length, counts):
    """Outside words come in an array of integers of one axis, also where there is one, or none."""
    words = 1 + sentence("kinds", length)
    answer = ask(probes.kinds_of_pairs, words, 1)
    assert answer == same_as({"kinds": [["ndarray", [count], True] for count in counts], "centres": sorted(words.tolist())})


@exercise("context_pairs", weight=0.5)
def test_pairs_leave_the_sentence(ask):
    """The sentence stays as it is."""
    words = sentence("leaves", 5)
    assert ask(probes.pairs_leave, words, 2) == same_as({"changed": False, "centres": sorted(words.tolist())})


@exercise("context_pairs", weight=0.5)
def test_pairs_again(ask):
    """Asked again, the function answers by the words that come in, and the earlier answer stays as it was."""
    words = sentence("again", 10)
    assert ask(probes.pairs_again, words[:5], words[5:], 2) == same_as(
        {"another": True, "stays": True, "by its numbers": True, "apart": True}
    )


# ------------------------------------------------------------------------------------------------ sampling


@exercise("sampling", weight=2)
@pytest.mark.parametrize("t", [1e-3, 0.05, 2.0])
def test_keeping(ask, t):
    """A token is kept with min(1, sqrt(t / f)), and always if the share f of its word is 0."""
    ask.same(probes.keep, np.concatenate([10.0 ** rng("shares", int(1e4 * t)).uniform(-6, 0, size=6), [0.0, 1.0]]), t)
    ask.same(probes.keep, t * np.array([1.0, 1.0 + 1e-6, 1.0 - 1e-6, 1.5]) / 4.0, t / 4.0)
    ask.same(probes.keep, np.array([1.0]), 1e-5)


@exercise("sampling", weight=2)
@pytest.mark.parametrize("turn", range(3))
def test_noise(ask, turn):
    """The noise distribution has the power 3/4 of the counts and sums to 1; a count of 0 gives 0."""
    draw = rng("counts", turn)
    ask.same(probes.noise, np.array([0, *draw.integers(1, 90, size=3 + turn), 0, int(10 ** draw.uniform(3, 9))]))
    ask.same(probes.noise, draw.integers(1, 50, size=1 + turn))


def chances(*key, of):
    """These probabilities in a random order, each changed by a tenth at most."""
    draw = rng("chances", *key)
    p = draw.permutation(of) * draw.uniform(0.9, 1.1, size=len(of))
    return p / p.sum()


@exercise("sampling", weight=3)
@pytest.mark.parametrize("of", [[0.1, 0.3, 0.2, 0.4], [0.02, 0.9, 0.0, 0.05, 0.03], [0.25, 0.5, 0.15, 0.1]])
def test_distribution_of_negatives(ask, of):
    """Negatives are drawn with replacement, each with its probability among the words that are not excluded."""
    p = chances(len(of), of=of)
    exclude = int(np.argmax(p))
    rest = p.copy()
    rest[exclude] = 0.0
    rest /= rest.sum()
    for k in (3000, 1500):
        drawn = np.asarray(ask(probes.draws, p, k, exclude, k))
        assert len(drawn) == k
        assert drawn.min() >= 0
        assert drawn.max() < len(p)
        for part in (drawn, drawn[: k // 2]):
            counts = np.bincount(part, minlength=len(p))
            assert counts[rest == 0].sum() == 0
            assert within_luck(counts[rest > 0], len(part), rest[rest > 0])


@exercise("sampling")
@pytest.mark.parametrize("k", [1, 7])
def test_form_of_the_draws(ask, k):
    """The draws are an array of k integers, also where k is 1."""
    p = chances("form", of=[0.0, 0.0, 0.5, 0.5, 0.0])
    one, other = np.flatnonzero(p)
    for exclude, left in ((one, other), (other, one)):
        assert ask(probes.draws, p, k, int(exclude), 3) == same_as(np.full(k, left), dtype=True)


@exercise("sampling")
def test_excluded_words(ask):
    """The excluded word is never drawn, nor is one of probability 0; every other word is."""
    p = chances("excluded", of=[0.3, 0.2, 0.0, 0.2, 0.3])
    for exclude in range(5):
        drawn = ask(probes.draws, p, 400, exclude, exclude)
        assert sorted({int(word) for word in np.ravel(drawn)}) == [word for word in range(5) if word != exclude and p[word] > 0]


@exercise("sampling", weight=1.5)
def test_draws_come_from_the_generator(ask):
    """The same seed gives the same negatives, another seed others, and a generator that has been used goes on."""
    found = ask(probes.seeds, chances("generator", of=[1 / 9] * 9), 40, 4)
    one, after, again, other = (np.asarray(found[key]).tolist() for key in ("one", "next", "again", "other"))
    assert len(one) == len(other) == 40
    assert one == again
    assert one != after
    assert one != other


@exercise("sampling")
@pytest.mark.parametrize("size", [1, 3])
def test_nothing_left_to_draw(ask, size):
    """If only the excluded word has a probability above 0, ValueError is raised; two words and one excluded leave the other."""
    for exclude in range(size):
        answer = ask(probes.nothing_left, 0.5 * np.eye(size)[exclude], exclude, 4)
        assert answer == same_as({"refused": raised(ValueError), "left": [[1], [0]]})


SHARES = [0.9, 0.05, 0.02, 0.02, 0.01]


@exercise("sampling", weight=0.5)
def test_distributions_leave_their_arguments(ask):
    """Shares and counts stay as they are."""
    answer = ask(probes.distributions_leave, chances("leave", of=SHARES), 1 + rng("leave").permutation(7))
    assert answer == same_as({"changed": False, "falling": True, "rising": True})


@exercise("sampling")
def test_draws_leave_the_probabilities(ask):
    """p stays as it is."""
    answer = ask(probes.draws_leave, chances("draws leave", of=[0.3, 0.2, 0.5]), 1)
    assert answer == same_as({"changed": False, "excluded": False, "words": 2})


@exercise("sampling", weight=0.5)
def test_distributions_again(ask):
    """Asked again, both functions answer by the numbers that come in, and the earlier answers stay as they were."""
    freq, counts = chances("again", of=SHARES), 1 + rng("again").permutation(7)
    answer = ask(probes.distributions_again, freq, freq[::-1], counts, counts[::-1])
    assert answer == same_as({"keep": AGAIN, "noise": AGAIN, "falling": True, "rising": True})


# ------------------------------------------------------------------------------------------------ skipgram, cbow


def tables(key, v, d):
    return [normal(f"W {key}", v, d), normal(f"U {key}", v, d)]


def skipgram_of(key, v, d, m, repeats=False):
    """A centre and its outside words, all different, or some of them again."""
    words = rng("skipgram", key, v, d).permutation(v)
    outside = words[:m]
    return [int(words[-1]), np.concatenate([outside, outside[:1], outside[:2]]) if repeats else outside, *tables(key, v, d)]


SKIPGRAMS = [(5, 3, 3), (4, 2, 1), (6, 4, 5), (3, 1, 2)]  # words, numbers in a vector, outside words


@exercise("skipgram", weight=2)
@pytest.mark.parametrize(("v", "d", "m"), SKIPGRAMS)
def test_skipgram_asks(ask, v, d, m):
    """loss_fn is asked once for each outside word, with the centre's row of W and the table U."""
    given = skipgram_of("asks", v, d, m)
    assert ask(probes.asked, "skipgram", *given)["hangs"] is True
    ask.same(probes.asked, "skipgram", *given)


@exercise("skipgram")
@pytest.mark.parametrize(("v", "d", "m"), SKIPGRAMS)
def test_skipgram_loss(ask, v, d, m):
    """The loss is the sum of the losses of the guesses."""
    answer = ask(probes.model, "skipgram", *skipgram_of("loss", v, d, m))
    assert len(answer["gave"]) == m
    assert answer["loss"] == same_as(sum(float(part[0]) for part in answer["gave"]))


@exercise("skipgram", weight=2)
@pytest.mark.parametrize(("v", "d", "m"), SKIPGRAMS)
def test_skipgram_slopes_of_the_centre(ask, v, d, m):
    """The gradient of W has the sum of the gradients of the vector in the centre's row, and zeros everywhere else."""
    center, *given = skipgram_of("dW", v, d, m)
    answer = ask(probes.model, "skipgram", center, *given)
    dW = np.zeros((v, d))
    dW[center] = np.sum([part[1] for part in answer["gave"]], axis=0)
    assert answer["dW"] == same_as(dW, rtol=GRADIENT)
    assert len(answer["gave"]) == m


@exercise("skipgram", weight=2)
@pytest.mark.parametrize(("v", "d", "m"), SKIPGRAMS)
def test_skipgram_slopes_of_the_table(ask, v, d, m):
    """The gradient of U is the sum of the gradients of U of the guesses."""
    answer = ask(probes.model, "skipgram", *skipgram_of("dU", v, d, m))
    assert len(answer["gave"]) == m
    assert answer["dU"] == same_as(np.sum([part[2] for part in answer["gave"]], axis=0), rtol=GRADIENT)


@exercise("skipgram", weight=1.5)
def test_skipgram_repeats(ask):
    """An outside word that stands there several times is asked, and counts, several times."""
    center, outside, W, U = skipgram_of("repeats", 5, 3, 3, repeats=True)
    answer = ask(probes.model, "skipgram", center, outside, W, U)
    assert len(answer["gave"]) == len(outside)
    ask.same(probes.model, "skipgram", center, outside, W, U, rtol=GRADIENT)


@exercise("skipgram")
def test_skipgram_without_outside_words(ask):
    """Without outside words nothing is asked: the loss is 0.0 and both gradients are zeros, in the shapes of W and U."""
    zeros = np.zeros((4, 3))
    answer = ask(probes.nothing_to_guess, *tables("nothing", 4, 3))
    assert answer == same_as({"loss": 0.0, "dW": zeros, "dU": zeros, "seen": 0, "there": [True] * 3})


def model_forms(v, d):
    return {"forms": [[[], "float64"], [[v, d], "float64"], [[v, d], "float64"]], "hangs": True}


@exercise("skipgram")
@pytest.mark.parametrize(("v", "d", "m"), [(5, 3, 2), (3, 1, 1)])
def test_skipgram_forms(ask, v, d, m):
    """The loss is a number, and both gradients are tables of float64 in the shapes of W and U."""
    assert ask(probes.model_forms, "skipgram", *skipgram_of("forms", v, d, m)) == same_as(model_forms(v, d))


@exercise("skipgram", weight=0.5)
def test_skipgram_leaves_its_arguments(ask):
    """Outside words, W and U stay as they are."""
    assert ask(probes.model_leaves, "skipgram", *skipgram_of("leaves", 5, 3, 2)) == same_as({"changed": False, "hangs": True})


@exercise("skipgram", weight=0.5)
def test_skipgram_again(ask):
    """Asked again, the function answers by the numbers that come in, and the earlier answer stays as it was."""
    one, other = ([1, words, *tables(f"skipgram again {words}", 5, 3)] for words in (np.array([3, 0]), np.array([0, 4])))
    assert ask(probes.model_again, "skipgram", one, other) == same_as({**AGAIN_THREE, "hangs": True})


def cbow_of(key, v, d, m):
    words = rng("cbow", key, v, d).permutation(v)
    return [words[:m], int(words[-1]), *tables(f"cbow {key}", v, d)]


CBOWS = [(5, 3, 3), (4, 2, 1), (3, 4, 2), (6, 1, 4)]


def cbow_slopes(ask, context, target, W, U):
    """The gradient of W, and what it should be by the gradient that the loss gave."""
    answer = ask(probes.model, "cbow", context, target, W, U)
    assert len(answer["gave"]) == 1
    dW = np.zeros(W.shape)
    np.add.at(dW, context, answer["gave"][0][1] / len(context))
    return answer["dW"], dW


@exercise("cbow", weight=3)
@pytest.mark.parametrize(("v", "d", "m"), CBOWS)
def test_cbow_asks(ask, v, d, m):
    """loss_fn is asked once, with the mean of the context's rows of W, the target and the table U."""
    given = cbow_of("asks", v, d, m)
    assert ask(probes.asked, "cbow", *given)["hangs"] is True
    ask.same(probes.asked, "cbow", *given)


@exercise("cbow")
@pytest.mark.parametrize(("v", "d", "m"), CBOWS)
def test_cbow_loss_and_table(ask, v, d, m):
    """Loss and gradient of U are those that loss_fn gives."""
    answer = ask(probes.model, "cbow", *cbow_of("loss", v, d, m))
    assert len(answer["gave"]) == 1
    assert [answer["loss"], answer["dU"]] == same_as([float(answer["gave"][0][0]), answer["gave"][0][2]], rtol=GRADIENT)


@exercise("cbow", weight=2.5)
@pytest.mark.parametrize(("v", "d", "m"), CBOWS)
def test_cbow_shares(ask, v, d, m):
    """In the gradient of W each row of the context gets 1/M of the gradient that loss_fn gives for the vector; all others are 0."""
    found, wanted = cbow_slopes(ask, *cbow_of("shares", v, d, m))
    assert found == same_as(wanted, rtol=GRADIENT)


@exercise("cbow")
@pytest.mark.parametrize(("v", "d", "m"), CBOWS)
def test_cbow_shares_sum_to_one(ask, v, d, m):
    """Over all rows, the gradient of W sums to the gradient that loss_fn gives for the vector."""
    found, wanted = cbow_slopes(ask, *cbow_of("sums", v, d, m))
    assert np.shape(found) == (v, d)
    assert np.sum(found, axis=0) == same_as(np.sum(wanted, axis=0), rtol=GRADIENT)


@exercise("cbow", weight=2)
@pytest.mark.parametrize("repeat", [[0, 0, 1, 0], [0, 0], [0, 1, 0, 1, 2]], ids=str)
def test_cbow_repeats(ask, repeat):
    """A word that stands in the context several times has several shares of the gradient."""
    words = rng("repeats").permutation(4)
    found, wanted = cbow_slopes(ask, words[repeat], int(words[3]), *tables("repeats", 4, 3))
    assert found == same_as(wanted, rtol=GRADIENT)


@exercise("cbow")
def test_cbow_repeats_in_the_mean(ask):
    """A word that stands in the context several times has several shares of the mean."""
    words = rng("repeats in the mean").permutation(4)
    given = words[[0, 0, 1, 0]], int(words[2]), *tables("repeats in the mean", 4, 3)
    assert ask(probes.asked, "cbow", *given)["hangs"] is True
    ask.same(probes.asked, "cbow", *given)


@exercise("cbow")
def test_empty_context(ask):
    """An empty context raises ValueError; a context of two words does not."""
    assert ask(probes.empty_context, *tables("empty", 3, 2)) == same_as({"refused": raised(ValueError), "hangs": True})


@exercise("cbow")
@pytest.mark.parametrize(("v", "d", "m"), [(5, 3, 2), (3, 1, 1)])
def test_cbow_forms(ask, v, d, m):
    """The loss is a number, and both gradients are tables of float64 in the shapes of W and U."""
    assert ask(probes.model_forms, "cbow", *cbow_of("forms", v, d, m)) == same_as(model_forms(v, d))


@exercise("cbow", weight=0.5)
def test_cbow_leaves_its_arguments(ask):
    """Context, W and U stay as they are."""
    assert ask(probes.model_leaves, "cbow", *cbow_of("leaves", 5, 3, 2)) == same_as({"changed": False, "hangs": True})


@exercise("cbow", weight=0.5)
def test_cbow_again(ask):
    """Asked again, the function answers by the numbers that come in, and the earlier answer stays as it was."""
    one, other = ([words, 1, *tables(f"cbow again {words}", 5, 3)] for words in (np.array([3, 0]), np.array([0, 4])))
    assert ask(probes.model_again, "cbow", one, other) == same_as({**AGAIN_THREE, "hangs": True})


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


NAMED = [["a", "b", "c", "d", "e"], ["x"], ["b"], ["c", "x", "a"], ["e", "y", "x", "e", "b"], ["d", "c"]]


def corpus_of(key):
    """The same sentences in another order, with other words in the place of a to e, and rows in no order."""
    draw = rng("corpus", key)
    other = dict(zip("abcde", draw.permutation(list("abcde")).tolist(), strict=True))
    rows = draw.permutation(5).tolist()
    corpus = [[other.get(word, word) for word in NAMED[i]] for i in draw.permutation(len(NAMED))]
    return corpus, dict(zip(draw.permutation(list("abcde")).tolist(), rows, strict=True))


def seed_of(key):
    return int(rng("seed of training", key).integers(1000))


@exercise("train", weight=2)
@pytest.mark.parametrize(("mode", "window"), [("skipgram", 1), ("skipgram", 2), ("cbow", 2), ("skipgram", 7), ("cbow", 1)])
def test_first_loss(ask, mode, window):
    """Before anything is learnt, the mean loss of a centre is near 6 log 2 for each word that is guessed."""
    dim, (corpus, vocab) = 60, corpus_of("first loss")
    answer = ask(probes.trained, corpus, vocab, mode, dim, window, 2, 0.0, seed_of(window))
    guesses = np.mean([len(around) if mode == "skipgram" else 1 for _, around in windows(corpus, vocab, window)])
    assert answer["losses"] == same_as([float(guesses * 6 * np.log(2.0))] * 2, rtol=0.0, atol=float(guesses * 6 * 0.125 / dim))


@exercise("train")
@pytest.mark.parametrize("mode", ["skipgram", "cbow"])
def test_initial_vectors(ask, mode):
    """W and U have a row of dim numbers for each word; all are small, and those of W are random, no two of them equal."""
    for dim in (60, 1):
        corpus, vocab = corpus_of("initial")
        answer = ask(probes.trained, corpus, vocab, mode, dim, 2, 1, 0.0, seed_of("initial"))
        for table in (answer["W"], answer["U"]):
            assert np.shape(table) == (5, dim)
            assert np.abs(table).max() <= 0.5 / dim
        assert len({round(float(entry), 15) for entry in np.ravel(answer["W"])}) == 5 * dim


def pair_of(key):
    """Sentences of two words, and of a third that is unknown."""
    draw = rng("pair", key)
    drawn = [[str(word) for word in draw.choice(["a", "b"], size=size)] for size in draw.permutation([2, 3, 3, 1])]
    return [["a", "b"], *drawn, ["z"], ["b", "z", "a"]]


@exercise("train", weight=3)
@pytest.mark.parametrize(("mode", "window", "lr"), [("skipgram", 1, 0.1), ("cbow", 2, 0.2), ("skipgram", 2, 0.06), ("cbow", 1, 0.15)])
def test_course_with_two_words(ask, mode, window, lr):
    """With two words all five negatives are known, and every step and every loss, taken before its step, can be computed."""
    corpus, vocab = pair_of(window), {"b": 0, "a": 1}
    start, answer = ask(probes.courses, corpus, vocab, mode, 4, window, 3, [0.0, lr], seed_of(mode))
    W, U = np.array(start["W"]), np.array(start["U"])
    assert np.isfinite(W).all()
    assert np.isfinite(U).all()
    losses = []
    for _ in range(3):
        found = []
        for row, around in windows(corpus, vocab, window):
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
    assert answer == same_as({"W": W, "U": U, "losses": losses}, rtol=GRADIENT)


@exercise("train", weight=2)
def test_negatives_in_training(ask):
    """Each guess has five negatives, drawn by the 3/4 power of the counts in the corpus, and never the word that is guessed."""
    corpus = ([["a", "b"]] * 16 + [["c", "a"]]) * 16
    start, moved = ask(probes.courses, corpus, {"a": 0, "b": 1, "c": 2}, "cbow", 6, 1, 2, [0.0, 1e-8], seed_of("negatives"))
    W, U = np.array(start["W"]), np.array(start["U"])
    assert np.isfinite([*W, *U, *np.array(moved["U"])]).all()
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
    corpus, vocab = corpus_of("seeds")
    one, again, other = (ask(probes.trained, corpus, vocab, "cbow", 3, 2, 2, 0.2, seed) for seed in (5, 5, 6))
    assert np.shape(one["W"]) == (5, 3)
    for key in ("W", "U", "losses"):
        assert np.array_equal(one[key], again[key])
        assert not np.array_equal(one[key], other[key])


@exercise("train", weight=0.5)
@pytest.mark.parametrize("mode", ["glove", "", "CBOW"])
def test_other_modes(ask, mode):
    """Any other mode raises ValueError; one that there is moves vectors."""
    corpus, vocab = corpus_of("modes")
    assert ask(probes.other_mode, corpus, vocab, mode) == same_as({"refused": raised(ValueError), "shape": [5, 3], "moved": True})


@exercise("train", weight=0.5)
def test_training_leaves_the_text(ask):
    """Text and vocabulary stay as they are."""
    assert ask(probes.training_leaves, *corpus_of("leaves"), 3) == same_as({"changed": False, "moved": True})


@exercise("train", weight=0.5)
def test_training_again(ask):
    """Every training begins anew, with the text that comes in, and vectors that were given stay as they are."""
    corpus, vocab = corpus_of("again")
    other = dict(zip("abcde", "bcdea", strict=True))
    moved = [[other.get(word, word) for word in sentence] for sentence in corpus]
    answer = ask(probes.training_again, corpus, moved, vocab, 4)
    assert answer == same_as({"another": True, "stays": True, "the same": [True] * 3})
