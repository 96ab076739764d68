"""Judgements about `attention`. Never leaves the trusted process."""

import numpy as np
import pytest

from autograder.testing import exercise, raised, rng, same_as

from . import attention_probes as probes

GRADIENT = 1e-7

ROUGHLY = {"rtol": 0.2, "atol": 0.2}
"""For promises that are not about numbers: these are asked for elsewhere."""

FORWARD_PASSES = 20
"""A backward pass takes the work of fewer; one that measures gradients takes one or two for each number."""

cases = pytest.mark.parametrize("case", [0, 1, 2])


def sizes(count, *key):
    """Sizes above 1, each another."""
    return [int(size) for size in rng("sizes", *key).permutation(np.arange(2, 3 + max(count, 3)))[:count]]


def ones_among(count, *key):
    """Sizes, each another, but for one or two that are 1."""
    found = sizes(count, *key)
    for place in rng("ones", *key).permutation(count)[:2]:
        found[place] = 1
    return found


def some(draw, *shape):
    """A mask in which every row has a True, and one row or more a False."""
    mask = draw.random(shape) < 0.6
    mask[..., 0] |= ~mask.any(axis=-1)
    mask[(0,) * (len(shape) - 1)] = [True, *[False] * (shape[-1] - 1)]
    return mask


# ------------------------------------------------------------------------------------------------ embedding


def sentences_of_words(case, *key):
    """ids, E and dout: more places than words, so that some are repeated."""
    draw, (b, n, d) = rng(*key, case), sizes(3, *key, case) if case < 2 else ones_among(3, *key, case)
    v = max(1, b * n - 2)
    return draw.integers(0, v, size=(b, n)), draw.normal(size=(v, d)), draw.normal(size=(b, n, d))


@exercise("embedding", weight=2)
@cases
def test_rows_of_the_table(ask, case):
    """embed puts the row of E with the number ids[b, n] at place [b, n]."""
    ids, E, _ = sentences_of_words(case, "rows")
    ask.same(probes.answer, "embed", ids, E)


@exercise("embedding")
@cases
def test_rows_of_one_sentence(ask, case):
    """A batch may be one sentence."""
    ids, E, _ = sentences_of_words(case, "one sentence")
    ask.same(probes.answer, "embed", ids[:1], E)


@exercise("embedding", weight=3)
@cases
def test_gradients_of_repeated_tokens(ask, case):
    """The gradient of a row is the sum over every place where its token stands, also when a token is repeated."""
    ids, E, dout = sentences_of_words(case, "repeated")
    ask.same(probes.answer, "embed_backward", dout, ids, len(E))


@exercise("embedding", weight=2)
@cases
def test_gradients_of_single_tokens(ask, case):
    """A token that stands at one place has the gradient of that place."""
    draw, (b, n, d) = rng("single", case), sizes(3, "single", case)
    ids = draw.permutation(b * n).reshape(b, n)
    ask.same(probes.answer, "embed_backward", draw.normal(size=(1, b * n, d)), ids.reshape(1, -1), b * n)


@exercise("embedding", weight=2)
@cases
def test_gradients_of_tokens_that_do_not_occur(ask, case):
    """The gradient has a row for each of the V tokens, 0 for those that do not occur."""
    draw, (n, d) = rng("not occur", case), sizes(2, "not occur", case)
    v = n + 4
    ids = 1 + draw.permutation(n)[np.newaxis]
    ask.same(probes.answer, "embed_backward", draw.normal(size=(1, n, d)), ids, v)


@exercise("embedding")
def test_embedding_leaves_its_arguments(ask):
    """Words, table and gradients stay as they were."""
    ids, E, dout = sentences_of_words(0, "untouched")
    ask.same(probes.untouched, "embed", ids[:1], E, **ROUGHLY)
    ids = np.arange(ids.size)[::-1].copy().reshape(1, -1)
    ask.same(probes.untouched, "embed_backward", dout.reshape(1, ids.size, -1), ids, ids.size, **ROUGHLY)


@exercise("embedding")
def test_embedding_again(ask):
    """Each call starts from zeros and belongs to its own numbers; earlier results stay as they were."""
    draw, (n, v) = rng("embedding again"), sizes(2, "embedding again")
    ids, E, dout = draw.permutation(n)[np.newaxis], draw.normal(size=(n, v)), draw.normal(size=(1, n, v))
    ask.same(probes.again, "embed", [ids, E], [ids, E + np.sign(E)])
    ask.same(probes.again, "embed_backward", [dout, ids, n], [-2.0 * dout, ids, n])


# ------------------------------------------------------------------------------------------------ positional_encoding


def positions(case, *key):
    """n and d."""
    draw = rng(*key, case)
    return int(draw.integers(5, 30)), 2 * int(draw.integers(2, 12))


@exercise("positional_encoding", weight=3)
@cases
def test_sines(ask, case):
    """Columns 0, 2, … are sines of pos · 10000^(-2i/d), where i = column // 2."""
    ask.same(probes.columns, *positions(case, "sines"), 0)


@exercise("positional_encoding", weight=3)
@cases
def test_cosines(ask, case):
    """Columns 1, 3, … are cosines of pos · 10000^(-2i/d), where i = column // 2."""
    ask.same(probes.columns, *positions(case, "cosines"), 1)


@exercise("positional_encoding", weight=2)
@cases
def test_numbers_of_the_encoding(ask, case):
    """The table holds a sine and a cosine for each position and each speed, 10000^(-2i/d) for i from 0 to d/2 - 1."""
    ask.same(probes.sorted_encoding, *positions(case, "numbers"))


@exercise("positional_encoding")
@cases
def test_one_speed(ask, case):
    """With two columns the angle is the position itself."""
    ask.same(probes.answer, "sinusoidal_encoding", int(rng("one speed", case).integers(3, 40)), 2)


@exercise("positional_encoding")
def test_first_position(ask):
    """At position 0 every sine is 0 and every cosine 1, and not so at position 1."""
    for n, d in (2, 6), (3, 2), (7, 10):
        found = ask(probes.answer, "sinusoidal_encoding", n, d)
        assert found[0] == same_as(np.tile([0.0, 1.0], d // 2))
        assert np.abs(found[1, :2] - found[0, :2]).min() > 1e-3


@exercise("positional_encoding", weight=2)
@cases
def test_a_shift_is_a_rotation(ask, case):
    """Each pair (sine, cosine) has the length 1, and going k places on turns it by an angle, the same wherever it starts."""
    n, d = positions(case, "rotation")
    found = ask(probes.answer, "sinusoidal_encoding", n, d)
    assert found.shape == (n, d)
    sines, cosines = found[:, 0::2], found[:, 1::2]
    assert sines**2 + cosines**2 == same_as(np.ones((n, d // 2)))
    assert np.ptp(found, axis=0).min() > 1e-12
    for k in (1, 3):
        turned = sines[k:] * cosines[:-k] - cosines[k:] * sines[:-k]
        assert turned == same_as(np.repeat(turned[:1], n - k, axis=0), atol=1e-9)


@exercise("positional_encoding")
@pytest.mark.parametrize("d", [1, 3, 7])
def test_an_odd_number_of_columns(ask, d):
    """An odd d raises ValueError; the even number after it does not."""
    answer = ask(probes.refused, "sinusoidal_encoding", [4, d], [4, d + 1])
    assert answer["refused"] == raised(ValueError)
    assert answer["valid"].shape == (4, d + 1)
    assert np.sort(answer["valid"][0]) == same_as(np.repeat([0.0, 1.0], (d + 1) // 2))


# ------------------------------------------------------------------------------------------------ importance_scores


@exercise("importance_scores", weight=3)
@cases
def test_softmax_of_dot_products(ask, case):
    """Row i is the softmax of the dot products of word i with every word, without scaling."""
    n, d = sizes(2, "importance", case) if case < 2 else ones_among(2, "importance", case)
    ask.same(probes.answer, "importance_scores", rng("importance", case).normal(size=(n, d)))


@exercise("importance_scores", weight=2)
@cases
def test_order_of_scores(ask, case):
    """In each row, the larger the dot product with a word, the larger its score."""
    n, d = sizes(2, "order of scores", case)
    X = rng("order of scores", case).normal(size=(n + 2, d))
    scores, order = ask(probes.answer, "importance_scores", X), np.argsort(X @ X.T, axis=1)
    assert scores.shape == order.shape
    assert np.ptp(scores, axis=1).min() > 1e-3
    assert np.take_along_axis(scores, order, axis=1) == same_as(np.sort(scores, axis=1))


@exercise("importance_scores", weight=2)
@cases
def test_rows_of_scores_sum_to_one(ask, case):
    """Scores are not negative, and every row sums to 1; the columns need not."""
    n, d = sizes(2, "rows of scores", case)
    n += 1  # of two words with equal norms the columns sum to 1 as well
    scores = ask(probes.answer, "importance_scores", 0.5 * rng("rows of scores", case).normal(size=(n, d)))
    assert scores.shape == (n, n)
    assert scores.min() >= 0
    assert scores.sum(axis=1) == same_as(np.ones(n))
    assert np.abs(scores.sum(axis=0) - 1.0).max() > 1e-6


@exercise("importance_scores")
def test_large_dot_products(ask):
    """Dot products of a thousand and more, of either sign, give finite scores, and the right ones."""
    X = np.array([[40.0, 1.0], [-38.0, 0.5], [39.99, 0.0], [1.0, 45.0], [0.1, -0.2]])
    ask.same(probes.answer, "importance_scores", X)
    ask.same(probes.answer, "importance_scores", 30.0 * rng("large").normal(size=(4, 3)))


def on_one_side(draw, n, d):
    """Words that look at themselves."""
    X = 0.1 * draw.random((n, d))
    X[np.arange(n), np.arange(n)] += 3.0
    return X


@exercise("importance_scores")
def test_importance_leaves_its_words(ask):
    """X stays as it is."""
    ask.same(probes.untouched, "importance_scores", on_one_side(rng("words untouched"), 3, 5), **ROUGHLY)


@exercise("importance_scores")
def test_importance_again(ask):
    """Each call gives what belongs to its own words, and leaves earlier results as they were."""
    X = on_one_side(rng("words again"), 3, 5)
    ask.same(probes.again, "importance_scores", [X], [np.repeat(X[:1], 3, axis=0)], **ROUGHLY)


# ------------------------------------------------------------------------------------------------ attention

LEADING = [(), (2,), (2, 3), (3, 1, 2)]

MASKS = [(5,), (1, 5), (4, 5), (3, 4, 5), (3, 1, 5), (2, 1, 1, 5), (2, 1, 4, 5), (1, 3, 4, 5), (2, 3, 4, 5)]  # for scores [2, 3, 4, 5]


def queries_keys_values(draw, leading, n, m, dk, dv):
    return [draw.normal(size=(*leading, *shape)) for shape in ((n, dk), (m, dk), (m, dv))]


def words(case, *key, leading=()):
    """Q, K and V; their sizes are N, M, dk and dv."""
    return queries_keys_values(rng(*key, case), leading, *(sizes(4, *key, case) if case < 2 else ones_among(4, *key, case)))


@exercise("attention", weight=2)
@cases
def test_weights(ask, case):
    """The second result, the weights, is the softmax over the keys of QKᵀ/√d_k."""
    ask.same(probes.part, "attention", 1, 2, *words(case, "weights"))


@exercise("attention", weight=2)
@cases
def test_output(ask, case):
    """The first result, the output, is weights · V: a mean of the values."""
    Q, K, V = words(case % 2, "output", case)
    out, weights = ask(probes.answer, "attention", Q, K, V)
    assert out.shape == (len(Q), V.shape[1])
    assert weights.shape == (len(Q), len(K))
    assert weights.min() > 0
    assert np.ptp(weights, axis=1).min() > 1e-6
    assert out == same_as(weights @ V)


@exercise("attention", weight=2)
@cases
def test_values_that_say_who_they_are(ask, case):
    """Where the values are the rows of an identity matrix, the output is the weights: both results are the same."""
    Q, K, _ = words(case % 2, "identity", case)
    Q /= np.sqrt(Q.shape[-1])
    ask.same(probes.answer, "attention", Q, K, np.eye(len(K)))


@exercise("attention")
@cases
def test_keys_of_one_number(ask, case):
    """With d_k = 1 the scores are the products themselves."""
    draw, (n, m, dv) = rng("one number", case), sizes(3, "one number", case)
    ask.same(probes.part, "attention", 0, 2, *queries_keys_values(draw, (), n, m, 1, dv))


@exercise("attention", weight=2)
@pytest.mark.parametrize("leading", LEADING[1:], ids=str)
def test_leading_axes(ask, leading):
    """Any number of leading axes, such as batch and heads, are gone through one by one."""
    ask.same(probes.answer, "attention", *words(0, "leading", len(leading), leading=leading))


@exercise("attention", weight=2)
@pytest.mark.parametrize("shape", MASKS, ids=str)
def test_masks_that_are_broadcast(ask, shape):
    """A query attends where the mask is True, and nowhere else; a mask of fewer axes, or with axes of length 1, is broadcast."""
    draw = rng("broadcast", str(shape))
    ask.same(probes.answer, "attention", *queries_keys_values(draw, (2, 3), 4, 5, 3, 2), some(draw, *shape))


@exercise("attention", weight=2)
@cases
def test_masks_without_leading_axes(ask, case):
    """A mask works without leading axes too, has one row for each query, and may be given by its name."""
    draw, (n, m, dk, dv) = rng("plain mask", case), sizes(4, "plain mask", case)
    arguments = *queries_keys_values(draw, (), n, m, dk, dv), some(draw, n, m)
    ask.same(probes.answer, "attention", *arguments)
    ask.same(probes.attention_by_keyword, *arguments)


@exercise("attention", weight=2)
def test_fully_masked_rows(ask):
    """A query that may attend to nothing has weights and output 0, never nan or a mean of everything."""
    draw = rng("fully masked")
    masks = some(draw, 2, 3, 4, 5), np.array([[True], [False], [False], [True]]), np.zeros((2, 1, 1, 5), dtype=bool)
    masks[0][1, 2, 0] = masks[0][0, :, 3] = False
    masks[2][0] = True
    for mask in masks:
        ask.same(probes.answer, "attention", *queries_keys_values(draw, (2, 3), 4, 5, 3, 2), mask)
    found = ask(probes.answer, "attention", *queries_keys_values(draw, (), 2, 3, 4, 1), np.zeros((2, 3), dtype=bool))
    assert found == same_as([np.zeros((2, 1)), np.zeros((2, 3))])


@exercise("attention")
@cases
def test_rows_sum_to_one_or_zero(ask, case):
    """The weights of a query sum to 1, or to 0 if it may attend to nothing; where the mask is False they are exactly 0."""
    draw = rng("rows sum", case)
    n, m, dk, dv = sizes(4, "rows sum", case)
    mask, empty = some(draw, n, m), int(draw.integers(n))
    mask[empty] = False
    weights = np.asarray(ask(probes.answer, "attention", *queries_keys_values(draw, (2,), n, m, dk, dv), mask)[1])
    assert weights.shape == (2, n, m)
    assert weights.sum(axis=-1) == same_as(np.repeat([np.where(np.arange(n) == empty, 0.0, 1.0)], 2, axis=0))
    assert np.count_nonzero(weights[:, ~mask]) == 0
    assert weights[:, mask].min() > 0


@exercise("attention")
@cases
def test_order_of_words(ask, case):
    """Keys and values in another order change nothing but the order of the weights, queries in another order that of the rows."""
    Q, K, V = words(case % 2, "order", case, leading=(2,))
    draw = rng("permutations", case)
    rows, columns = draw.permutation(Q.shape[-2]), draw.permutation(K.shape[-2])
    out, weights = map(np.asarray, ask(probes.answer, "attention", Q, K, V))
    moved = ask(probes.answer, "attention", Q[:, rows], K[:, columns], V[:, columns])
    assert out.shape == (*Q.shape[:-1], V.shape[-1])
    assert np.ptp(out, axis=1).max() > 1e-3
    assert moved == same_as([out[:, rows], weights[:, rows][:, :, columns]])


@exercise("attention")
def test_the_future_changes_nothing(ask):
    """Under a causal mask, other keys and values at later places leave the outputs of the earlier ones as they were."""
    draw = rng("future")
    Q, K, V = queries_keys_values(draw, (2,), 5, 5, 3, 4)
    mask = np.tril(np.ones((5, 5), dtype=bool))
    before = np.asarray(ask(probes.answer, "attention", Q, K, V, mask)[0])
    for t in (1, 3):
        other_K, other_V = K.copy(), V.copy()
        other_K[:, t:], other_V[:, t:] = K[:, t:] + draw.normal(size=(2, 5 - t, 3)), 100.0
        after = np.asarray(ask(probes.answer, "attention", Q, other_K, other_V, mask)[0])
        assert after.shape == (2, 5, 4)
        assert after[:, :t] == same_as(before[:, :t])
        assert np.abs(after[:, t:] - before[:, t:]).min() > 1e-6


@exercise("attention", weight=2)
def test_large_scores(ask):
    """Scores between -1000 and 1000 give finite weights, and the right ones; a masked key changes nothing, however large its score."""
    Q = np.array([[100.0, 0.5], [-100.0, 1.0], [0.1, 0.3], [99.0, 4.0]])
    K, V = np.array([[14.0, 2.0], [-14.0, 1.0], [13.99, 0.0]]), rng("large scores").normal(size=(3, 4))
    by_row = np.array([[False, True, False], [True, False, True], [True, True, False], [True, False, True]])
    for mask in (None, np.array([False, True, True]), by_row):
        ask.same(probes.answer, "attention", Q, K, V, mask)


@exercise("attention")
@cases
def test_small_weights(ask, case):
    """A weight of a millionth or a billionth is a weight still."""
    draw, (n, m, d) = rng("small weights", case), sizes(3, "small weights", case)
    K = np.append(np.zeros((m, 1)), draw.normal(size=(m, d)), axis=1)
    K[:, 0] = -np.linspace(0.0, 20.0, m) * np.sqrt(d + 1)
    Q = np.append(np.ones((n, 1)), 0.1 * draw.normal(size=(n, d)), axis=1)
    ask.same(probes.answer, "attention", Q, K, 1e6 * draw.normal(size=(m, 2)))


def of_one_mind(draw, n, m, d):
    """Q, K and V: each query looks at one key."""
    K = np.eye(m, d) * 8.0 * np.sqrt(d)
    return K[draw.integers(m, size=n)] / 8.0 + 0.01 * draw.normal(size=(n, d)), K, 5.0 + np.arange(m * 3.0).reshape(m, 3)


@exercise("attention")
def test_attention_leaves_its_arguments(ask):
    """Queries, keys, values and mask stay as they were."""
    n, m, d = 5, 3, 4
    ask.same(probes.untouched, "attention", *of_one_mind(rng("attention untouched"), n, m, d), np.ones((n, m), dtype=bool), **ROUGHLY)


@exercise("attention")
def test_attention_again(ask):
    """Each call gives what belongs to its own numbers, and leaves earlier results as they were."""
    Q, K, V = of_one_mind(rng("attention again"), 5, 3, 4)
    ask.same(probes.again, "attention", [Q, K, V], [Q, K, -V], **ROUGHLY)


# ------------------------------------------------------------------------------------------------ masks


@exercise("masks", weight=3)
@cases
def test_padding(ask, case):
    """padding_mask is True at the first lengths[b] keys of sentence b and False after them, with the shape [B, 1, 1, M]."""
    draw, (b, m) = rng("padding", case), sizes(2, "padding", case)
    m += 2
    ask.same(probes.answer, "padding_mask", draw.integers(1, m, size=b), m)


@exercise("masks")
@cases
def test_keys_that_are_words(ask, case):
    """Of a sentence as many keys may be attended to as it has words: so many True stand in its part of the mask."""
    draw, (b, m) = rng("words", case), sizes(2, "words", case)
    lengths = np.append(1 + draw.permutation(m - 1)[:1], draw.integers(1, m + 1, size=b))
    found = ask(probes.answer, "padding_mask", lengths, m)
    assert found.size == len(lengths) * m
    assert found.reshape(len(lengths), m).sum(axis=1) == same_as(lengths)
    assert np.count_nonzero(found == 0) == found.size - lengths.sum()


@exercise("masks", weight=2)
@cases
def test_lengths_at_the_ends(ask, case):
    """A sentence of length 0 may be attended to nowhere, one of length M everywhere."""
    m = int(rng("ends", case).integers(2, 9))
    ask.same(probes.answer, "padding_mask", rng("order of ends", case).permutation([0, m, 0, m, m][: 3 + case]), m)
    ask.same(probes.answer, "padding_mask", np.array([1]), 1)


@exercise("masks", weight=3)
@cases
def test_causal(ask, case):
    """causal_mask is True on the diagonal and below it, where a key is no later than the query, and False above."""
    ask.same(probes.answer, "causal_mask", int(rng("causal", case).integers(3 * case + 2, 3 * case + 5)))


@exercise("masks")
def test_two_positions(ask):
    """Of two positions the second may look at both and the first at itself; one alone looks at itself."""
    assert ask(probes.answer, "causal_mask", 2) == same_as(np.array([[True, False], [True, True]]))
    assert ask(probes.answer, "causal_mask", 1) == same_as(np.array([[True]]))


@exercise("masks")
@cases
def test_masks_together(ask, case):
    """The two masks, combined by &, allow what both allow, for each sentence of the batch: [B, 1, N, N]."""
    draw, (b, n) = rng("together", case), sizes(2, "together", case)
    ask.same(probes.both_masks, draw.integers(0, n + 1, size=b), n)


@exercise("masks")
def test_masks_leave_the_lengths(ask):
    """The lengths stay as they were."""
    lengths = rng("lengths untouched").integers(1, 4, size=5)
    found = ask(probes.untouched, "padding_mask", lengths, 6)
    assert found["changed"] is False
    assert np.size(found["answer"]) == 5 * 6
    assert np.sum(found["answer"]) == lengths.sum()


@exercise("masks")
def test_masks_again(ask):
    """Each call gives what belongs to its own lengths, and leaves earlier results as they were."""
    draw = rng("masks again")
    first = draw.integers(1, 3, size=4)
    ask.same(probes.again, "padding_mask", [first, 6], [first + draw.integers(1, 3, size=4), 6])


# ------------------------------------------------------------------------------------------------ heads


def table_of_heads(case, *key):
    """A table x [B, N, D] and a number of heads."""
    draw, (b, n, h, width) = rng(*key, case), sizes(4, *key, case) if case < 2 else ones_among(4, *key, case)
    return draw.normal(size=(b, n, h * width)), h


@exercise("heads", weight=2)
@cases
def test_split(ask, case):
    """Head j gets the columns from j·D/h up to (j+1)·D/h of every word."""
    ask.same(probes.answer, "split_heads", *table_of_heads(case, "split"))


@exercise("heads", weight=2)
@cases
def test_merge(ask, case):
    """merge_heads puts the heads of each word side by side, in their order: [B, N, D]."""
    b, h, n, width = sizes(4, "merge", case) if case < 2 else ones_among(4, "merge", case)
    ask.same(probes.answer, "merge_heads", rng("merge", case).normal(size=(b, h, n, width)))


@exercise("heads")
@cases
def test_there_and_back(ask, case):
    """Merging what was split gives the table again, and the last head becomes the last D/h columns."""
    x, h = table_of_heads(case % 2, "there and back", case)
    moved = np.zeros(x.shape)
    moved[..., x.shape[-1] - x.shape[-1] // h :] = 1.0
    assert ask(probes.there_and_back, x, h) == same_as({"back": x, "moved": moved})


@exercise("heads")
@pytest.mark.parametrize(("d", "h", "valid"), [(6, 4, 3), (5, 2, 5), (4, 8, 2)])
def test_heads_of_unequal_width(ask, d, h, valid):
    """A D that h does not divide raises ValueError; one that it divides does not."""
    x = rng("unequal", d).normal(size=(2, 3, d))
    expected = np.stack(np.split(x, valid, axis=-1), axis=1)
    assert ask(probes.refused, "split_heads", [x, h], [x, valid]) == same_as({"refused": raised(ValueError), "valid": expected})


@exercise("heads")
def test_split_leaves_its_table(ask):
    """The table that is split stays as it was."""
    ask.same(probes.untouched, "split_heads", *table_of_heads(0, "split untouched"))


@exercise("heads")
def test_merge_leaves_its_heads(ask):
    """The heads that are merged stay as they were."""
    ask.same(probes.untouched, "merge_heads", rng("merge untouched").normal(size=sizes(4, "merge untouched")))


@exercise("heads")
def test_split_again(ask):
    """Each call of split_heads gives what belongs to its own table, and leaves earlier results as they were."""
    x, h = table_of_heads(1, "split again")
    ask.same(probes.again, "split_heads", [x, h], [x + np.sign(x), h])


@exercise("heads")
def test_merge_again(ask):
    """Each call of merge_heads gives what belongs to its own heads, and leaves earlier results as they were."""
    x = rng("merge again").normal(size=sizes(4, "merge again"))
    ask.same(probes.again, "merge_heads", [x], [x + np.sign(x)])


# ------------------------------------------------------------------------------------------------ attention_backward


def softmax(scores, mask=None):
    """Weights along the last axis, 0 where the mask is False."""
    scores = scores if mask is None else np.where(mask, scores, -1e300)
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True)) * (1.0 if mask is None else mask)
    return powers / np.maximum(powers.sum(axis=-1, keepdims=True), 1e-300)


def judge_gradients(ask, which, draw, dout, Q, K, V, mask=None, **tolerance):
    """These of dQ, dK and dV are right: where `attention` answers with other weights, or else as they are."""
    weights = softmax(draw.normal(size=(*Q.shape[:-1], K.shape[-2])), mask)
    d_weights = dout @ np.swapaxes(V, -1, -2)
    d_scores = weights * (d_weights - (weights * d_weights).sum(axis=-1, keepdims=True)) / np.sqrt(Q.shape[-1])
    wanted = [d_scores @ K, np.swapaxes(d_scores, -1, -2) @ Q, np.swapaxes(weights, -1, -2) @ dout]
    by_other = {"asked": [[Q, K, V, mask]], "answer": [wanted[place] for place in which]}
    tolerance = {"rtol": GRADIENT} | tolerance
    if ask(probes.gradients_with_other_weights, weights, which, dout, Q, K, V, mask) != same_as(by_other, **tolerance):
        ask.same(probes.gradients, which, dout, Q, K, V, mask, **tolerance)


def with_gradient(draw, Q, K, V, mask=None):
    """draw, dout, Q, K, V and mask."""
    return draw, draw.normal(size=(*Q.shape[:-1], V.shape[-1])), Q, K, V, mask


@exercise("attention_backward", weight=3)
@cases
def test_gradient_of_queries(ask, case):
    """dQ is right: through the softmax, with its factor 1/√d_k."""
    judge_gradients(ask, [0], *with_gradient(rng("dQ", case), *words(case, "backward")))


@exercise("attention_backward", weight=3)
@cases
def test_gradient_of_keys(ask, case):
    """dK is right: through the softmax, turned round, with its factor 1/√d_k."""
    judge_gradients(ask, [1], *with_gradient(rng("dK", case), *words(case, "backward")))


@exercise("attention_backward", weight=3)
@cases
def test_gradient_of_values(ask, case):
    """dV is the weights, turned round, times dout."""
    judge_gradients(ask, [2], *with_gradient(rng("dV", case), *words(case, "backward")))


@exercise("attention_backward")
@cases
def test_gradients_of_keys_of_one_number(ask, case):
    """With d_k = 1 nothing is scaled."""
    draw, (n, m, dv) = rng("one number back", case), sizes(3, "one number back", case)
    judge_gradients(ask, [0, 1], *with_gradient(draw, *queries_keys_values(draw, (), n, m, 1, dv)))


@exercise("attention_backward", weight=2)
@pytest.mark.parametrize("leading", LEADING[1:], ids=str)
def test_gradients_of_leading_axes(ask, leading):
    """The gradients have the shapes of Q, K and V, for any number of leading axes."""
    judge_gradients(ask, [0, 1, 2], *with_gradient(rng("leading back", len(leading)), *words(0, "leading", len(leading), leading=leading)))


@exercise("attention_backward", weight=2)
@pytest.mark.parametrize("shape", MASKS, ids=str)
def test_gradients_under_masks(ask, shape):
    """The gradients respect a mask of any shape that can be broadcast to the scores."""
    draw = rng("masks back", str(shape))
    judge_gradients(ask, [0, 1, 2], *with_gradient(draw, *queries_keys_values(draw, (2, 3), 4, 5, 3, 2), some(draw, *shape)))


@exercise("attention_backward", weight=2)
def test_gradients_of_fully_masked_rows(ask):
    """A query that may attend to nothing has the gradient 0 and adds nothing to the others, never nan."""
    draw = rng("fully masked back")
    masks = some(draw, 2, 3, 4, 5), np.array([[True], [False], [False], [True]]), np.zeros((2, 1, 1, 5), dtype=bool)
    masks[0][1, 2, 0] = masks[0][0, :, 3] = False
    masks[2][0] = True
    for mask in masks:
        judge_gradients(ask, [0, 1, 2], *with_gradient(draw, *queries_keys_values(draw, (2, 3), 4, 5, 3, 2), mask))


@exercise("attention_backward")
def test_gradients_of_the_future(ask):
    """Under a causal mask, what only the first places have a gradient for gives none to later keys and values."""
    draw = rng("future back")
    Q, K, V = queries_keys_values(draw, (), 5, 5, 3, 4)
    dout = draw.normal(size=(5, 4))
    dout[2:] = 0.0
    found = [np.asarray(part) for part in ask(probes.answer, "attention_backward", dout, Q, K, V, np.tril(np.ones((5, 5), dtype=bool)))]
    assert sorted(part.shape for part in found) == [(5, 3), (5, 3), (5, 4)]
    for gradient in found:
        assert gradient[2:] == same_as(np.zeros_like(gradient[2:]))
        assert np.abs(gradient[1]).max() > 1e-6


@exercise("attention_backward", weight=3)
def test_gradients_are_derived(ask):
    """Gradients follow from the derivation: where a weight is nearly 1 they keep eight digits, for the work of a few passes forward."""
    draw, (n, m, d, dv) = rng("derived"), sizes(4, "derived")
    m += 2
    K = draw.normal(size=(m, d))
    K /= np.linalg.norm(K, axis=1, keepdims=True)
    K[0] = 0.0
    K[0, 0], K[1:, 0] = 1.0, draw.uniform(-0.1, 0.0, size=m - 1)
    Q = 0.1 * draw.normal(size=(n, d))
    Q[:, 0] = draw.uniform(13.0, 14.0, size=n) * np.sqrt(d)
    dout, V = 1e6 * draw.normal(size=(n, dv)), draw.normal(size=(m, dv))
    ask.same(probes.gradients, [0, 1], dout, Q, K, V, rtol=1e-8, atol=1e-9)
    assert ask(probes.exponentials_back, dout, Q, K, V) <= FORWARD_PASSES * n * m


@exercise("attention_backward")
def test_attention_backward_leaves_its_arguments(ask):
    """dout, queries, keys, values and mask stay as they were."""
    draw = rng("backward untouched")
    Q, K, V = of_one_mind(draw, 5, 3, 4)
    dout = np.abs(draw.normal(size=(5, 3))) + 1.0
    found = ask(probes.untouched, "attention_backward", dout, Q, K, V, np.ones((5, 3), dtype=bool))
    assert found["changed"] is False
    judge_gradients(ask, [2], draw, dout, Q, K, V, **ROUGHLY)


@exercise("attention_backward")
def test_attention_backward_again(ask):
    """Each call gives what belongs to its own numbers, and leaves earlier results as they were."""
    draw = rng("backward again")
    Q, K, V = of_one_mind(draw, 5, 3, 4)
    dout = np.abs(draw.normal(size=(5, 3))) + 1.0
    judge_gradients(ask, [2], draw, dout, Q, K, V)
    first, _, third = ask(probes.again, "attention_backward", [dout, Q, K, V], [-dout, Q[::-1], K, V])
    assert [first[2], third[2]] == same_as([third[2], first[2]])
    judge_gradients(ask, [2], draw, -dout, Q[::-1], K, V)


# ------------------------------------------------------------------------------------------------ multi_head


def parameters(draw, d):
    """Random arrays for the eight parameters of a module, each different."""
    found = {}
    for name in ["q_proj", "k_proj", "v_proj", "out_proj"]:
        found[f"{name}.weight"] = draw.normal(size=(d, d)) / np.sqrt(d)
        found[f"{name}.bias"] = draw.normal(size=d)
    return found


def sentences(draw, b, n, m, d):
    return [draw.normal(size=(b, n, d)), draw.normal(size=(b, m, d)), draw.normal(size=(b, m, d))]


def module_and_sentences(case, *key):
    """d, h, parameters, q, k and v."""
    draw, (b, n, m, h, width) = rng(*key, case), sizes(5, *key, case) if case < 2 else [*ones_among(4, *key, case), 2]
    return [h * width, h, parameters(draw, h * width), *sentences(draw, b, n, m, h * width)]


def follows_its_parameters(ask, d, h):
    """Output and weights are finite, and others with other parameters."""
    draw = rng("follows", d, h)
    given = sentences(draw, 2, 3, 4, d)
    one, other = (ask(probes.multi_head, d, h, parameters(draw, d), *given) for _ in "12")
    for part in ("out", "weights"):
        assert np.isfinite(one[part]).all()
        assert np.abs(other[part] - one[part]).max() > 1e-3


@exercise("multi_head")
def test_parameters(ask):
    """The module has the layers q_proj, k_proj, v_proj and out_proj, from d to d, with biases, no other parameter, and depends on them."""
    for d, h in (6, 3), (4, 1):
        shapes = {f"{name}_proj.{kind}": size for name in ("q", "k", "v", "out") for kind, size in (("weight", [d, d]), ("bias", [d]))}
        assert ask(probes.parameter_shapes, d, h) == same_as({"parameters": shapes, "shapes": [[2, 3, d], [2, h, 3, 4]]})
        follows_its_parameters(ask, d, h)


@exercise("multi_head", weight=3)
@cases
def test_weights_of_heads(ask, case):
    """Each head has weights of its own, by its d/h columns of the queries and keys: [B, h, N, M]."""
    ask.same(probes.head_weights, *module_and_sentences(case, "modules"))


@exercise("multi_head", weight=3)
@cases
def test_output_and_weights(ask, case):
    """Queries, keys and values go through their own layers, and out_proj joins what the heads found, side by side."""
    ask.same(probes.multi_head, *module_and_sentences(case, "modules"))


@exercise("multi_head", weight=2)
@cases
def test_one_head(ask, case):
    """One head attends with all d numbers of every vector."""
    draw, (b, n, m, d) = rng("one head", case), sizes(4, "one head", case)
    ask.same(probes.multi_head, d, 1, parameters(draw, d), *sentences(draw, b, n, m, d))


@exercise("multi_head", weight=2)
@pytest.mark.parametrize("shape", [(3, 5), (2, 1, 1, 5), (2, 1, 3, 5), (2, 4, 3, 5), (4, 1, 5), (5,)], ids=str)
def test_masks_of_every_shape(ask, shape):
    """A head attends where the mask, broadcast to [B, h, N, M], is True, and nowhere else."""
    draw = rng("masks of heads", str(shape))
    ask.same(probes.head_weights, 8, 4, parameters(draw, 8), *sentences(draw, 2, 3, 5, 8), some(draw, *shape))


@exercise("multi_head", weight=2)
def test_sentences_of_no_words(ask):
    """A query that may attend to nothing has the weights 0 in that head, and the output is what out_proj makes of zeros; never nan."""
    draw = rng("no words")
    some_heads = some(draw, 2, 3, 4, 5)
    some_heads[1, 2, 0] = some_heads[0, :, 3] = False
    for mask in (some_heads, np.array([True, False])[:, None, None, None] & np.ones(5, dtype=bool)):
        ask.same(probes.multi_head, 6, 3, parameters(draw, 6), *sentences(draw, 2, 4, 5, 6), mask)


ALL = ["q", "k", "v", *(f"{name}_proj.{kind}" for name in ("q", "k", "v", "out") for kind in ("weight", "bias"))]


@exercise("multi_head", weight=2)
def test_gradients_reach_everything(ask):
    """Autograd reaches the three inputs and every parameter, with and without a mask."""
    draw = rng("reach")
    for mask in (None, some(draw, 3, 5), some(draw, 2, 1, 1, 5)):
        given = sentences(draw, 2, 3, 5, 4)
        ask.same(probes.multi_head_gradients, 4, 2, parameters(draw, 4), *given, draw.normal(size=(2, 3, 4)), ALL, mask, rtol=GRADIENT)


@exercise("multi_head")
def test_gradients_without_nan(ask):
    """A query that may attend to nothing gives gradients of 0, and no nan to anybody else."""
    draw = rng("without nan")
    mask = some(draw, 2, 1, 3, 5)
    mask[0, :, 1] = mask[1] = False
    given = sentences(draw, 2, 3, 5, 6)
    ask.same(probes.multi_head_gradients, 6, 2, parameters(draw, 6), *given, draw.normal(size=(2, 3, 6)), ALL, mask, rtol=GRADIENT)


@exercise("multi_head")
@pytest.mark.parametrize(("d", "h", "valid"), [(6, 4, 3), (5, 2, 1), (4, 8, 4)])
def test_modules_of_unequal_heads(ask, d, h, valid):
    """A d that h does not divide raises ValueError at construction; one that it divides gives a module that depends on its parameters."""
    assert ask(probes.uneven_multi_head, d, h, valid) == same_as({"refused": raised(ValueError), "shapes": [[1, 2, d], [1, valid, 2, 3]]})
    follows_its_parameters(ask, d, valid)


@exercise("multi_head")
def test_module_leaves_its_inputs(ask):
    """Queries, keys, values and mask stay as they were."""
    d, h, given, q, k, v = module_and_sentences(0, "module untouched")
    found = ask(probes.untouched_multi_head, d, h, given, q, k, v, np.ones((q.shape[1], k.shape[1]), dtype=bool))
    assert found["changed"] is False
    out, weights = found["answer"]
    assert out.shape == q.shape
    assert np.ptp(out) > 1e-3
    assert weights.sum(axis=-1) == same_as(np.ones(weights.shape[:-1]))


@exercise("multi_head")
def test_module_again(ask):
    """A module that is asked again gives what belongs to its new inputs, and leaves earlier results as they were."""
    d, h, given, q, k, v = module_and_sentences(1, "module again")
    given |= {"out_proj.bias": 10.0 * np.sign(given["out_proj.bias"])}
    arguments = d, h, given, [q, k, v], [-q, -k, -v]
    ask.same(probes.multi_head_again, *arguments, atol=5.0)
    first, second, third = map(np.asarray, ask(probes.multi_head_again, *arguments))
    assert first == same_as(third)
    assert np.abs(first - second).max() > 1e-3


# ------------------------------------------------------------------------------------------------ cross_attention


def asked_of_another(ask, case, *key, mask=None):
    """x, memory, output and weights of what stands in for multi-head attention, and what was seen; something of it comes back."""
    draw, (b, n, m, h) = rng(*key, case), sizes(4, *key, case) if case < 2 else ones_among(4, *key, case)
    x, memory = draw.normal(size=(b, n, 6)), draw.normal(size=(b, m, 6))
    out, weights = draw.normal(size=(b, n, 6)), draw.random((b, h, n, m))
    mask = None if mask is None else some(draw, *mask(b, h, n, m))
    found = ask(probes.cross, x, memory, out, weights, mask)
    assert any(part == same_as(kept) for part in found["answer"] for kept in (out, weights))
    return x, memory, out, weights, mask, found


@exercise("cross_attention", weight=2)
@cases
def test_queries(ask, case):
    """The queries are x."""
    x, *_, found = asked_of_another(ask, case, "queries")
    assert [seen["q"] for seen in found["seen"][-1:]] == same_as([x])


@exercise("cross_attention", weight=2)
@cases
def test_keys(ask, case):
    """The keys are the memory."""
    _, memory, *_, found = asked_of_another(ask, case, "keys")
    assert [seen["k"] for seen in found["seen"][-1:]] == same_as([memory])


@exercise("cross_attention", weight=2)
@cases
def test_values(ask, case):
    """The values are the memory."""
    _, memory, *_, found = asked_of_another(ask, case, "values")
    assert [seen["v"] for seen in found["seen"][-1:]] == same_as([memory])


@exercise("cross_attention", weight=3)
@pytest.mark.parametrize("shape", [lambda b, h, n, m: (n, m), lambda b, h, n, m: (b, 1, 1, m), None], ids=["plain", "padding", "none"])
def test_mask_of_the_memory(ask, shape):
    """The mask is handed on to mha as it is, and none if there is none."""
    *_, mask, found = asked_of_another(ask, 0, "mask", mask=shape)
    assert [seen["mask"] for seen in found["seen"][-1:]] == same_as([mask])


@exercise("cross_attention", weight=4)
@cases
def test_what_comes_back(ask, case):
    """What mha gives is returned as it is, output first."""
    *_, out, weights, _, found = asked_of_another(ask, case, "comes back")
    assert found["answer"] == same_as([out, weights])


@exercise("cross_attention")
@cases
def test_asked_once(ask, case):
    """mha is called once."""
    *_, found = asked_of_another(ask, case, "once")
    assert len(found["seen"]) == 1


# ------------------------------------------------------------------------------------------------ layer_norm


def rows_to_norm(case, *key):
    """x with one to four axes, gain, bias and dout."""
    draw, axes = rng(*key, case), case + 1
    shape = sizes(axes, *key, case)
    shape[-1] += 1
    x, dout = 3.0 * draw.normal(size=shape) + 2.0, draw.normal(size=shape)
    return x, draw.normal(size=shape[-1]), draw.normal(size=shape[-1]), dout


axes = pytest.mark.parametrize("case", [0, 1, 2, 3], ids=["1 axis", "2 axes", "3 axes", "4 axes"])


@exercise("layer_norm", weight=4)
@axes
def test_normalised_rows(ask, case):
    """Each row of the last axis is centred, divided by √(variance + eps), with the population variance, then times gain plus bias."""
    x, gain, bias, _ = rows_to_norm(case, "norm")
    ask.same(probes.answer, "layer_norm", x, gain, bias)


@exercise("layer_norm")
@axes
def test_rows_have_mean_and_deviation(ask, case):
    """With gain 1 and bias 0 every row has the mean 0; what was the larger number is so afterwards."""
    x, gain, bias, _ = rows_to_norm(case, "mean and deviation")
    found = ask(probes.answer, "layer_norm", x, np.ones_like(gain), 0.0 * bias)
    assert found.mean(axis=-1) == same_as(np.zeros(x.shape[:-1]))
    order = np.argsort(x, axis=-1)
    assert np.take_along_axis(found, order, axis=-1) == same_as(np.sort(found, axis=-1))
    assert np.ptp(found, axis=-1).min() > 0.5


@exercise("layer_norm")
@cases
def test_eps(ask, case):
    """eps stands under the root, beside the variance."""
    x, gain, bias, _ = rows_to_norm(1, "eps", case)
    for eps in (10.0 ** rng("eps", case).uniform(-4.0, 0.0), 0.5):
        ask.same(probes.answer, "layer_norm", x, gain, bias, eps)
    ask.same(probes.answer, "layer_norm", 1e-3 * x, gain, bias)


@exercise("layer_norm")
def test_constant_rows(ask):
    """A constant row, or a row of one number, gives the bias; another row does not."""
    draw = rng("constant rows")
    gain, bias = draw.normal(size=4), draw.normal(size=4)
    assert ask(probes.answer, "layer_norm", np.full((2, 4), 0.5), gain, bias) == same_as(np.repeat([bias], 2, axis=0))
    assert ask(probes.answer, "layer_norm", draw.normal(size=(3, 1)), gain[:1], bias[:1]) == same_as(np.repeat([bias[:1]], 3, axis=0))
    assert np.abs(ask(probes.answer, "layer_norm", draw.normal(size=(2, 4)), gain, bias) - bias).max() > 1e-3


@exercise("layer_norm", weight=4)
@axes
def test_gradient_of_rows(ask, case):
    """The gradient of x takes account of the mean and of the variance."""
    x, gain, _, dout = rows_to_norm(case, "norm back")
    ask.same(probes.part, "layer_norm_backward", 0, 3, dout, x, gain, rtol=GRADIENT)


@exercise("layer_norm", weight=2)
@axes
def test_gradient_of_gain(ask, case):
    """The gradient of gain is dout times the standardised rows, summed over all the rows."""
    x, gain, _, dout = rows_to_norm(case, "norm back")
    ask.same(probes.part, "layer_norm_backward", 1, 3, dout, x, gain, rtol=GRADIENT)


@exercise("layer_norm")
@axes
def test_gradient_of_bias(ask, case):
    """The gradient of bias is dout, summed over all the rows."""
    x, gain, _, dout = rows_to_norm(case, "norm back")
    ask.same(probes.part, "layer_norm_backward", 2, 3, dout, x, gain, rtol=GRADIENT)


@exercise("layer_norm")
@cases
def test_gradients_and_eps(ask, case):
    """The gradients use eps as the forward direction does, and are right for rows of one number."""
    x, gain, _, dout = rows_to_norm(1, "eps back", case)
    ask.same(probes.answer, "layer_norm_backward", dout, x, gain, 10.0 ** rng("eps back", case).uniform(-4.0, 0.0), rtol=GRADIENT)
    ask.same(probes.answer, "layer_norm_backward", dout, 1e-3 * x, gain, rtol=GRADIENT)
    ask.same(probes.answer, "layer_norm_backward", dout[:, :1], x[:, :1], gain[:1], rtol=GRADIENT)


@exercise("layer_norm", weight=2)
def test_gradients_of_the_norm_are_derived(ask):
    """Gradients follow from the derivation: where the result hardly depends on x they keep eight digits, for the work of a few passes."""
    draw, (n, _) = rng("norm derived"), sizes(2, "norm derived")
    middle, half = draw.normal(size=(2, n + 6, 1))
    x = middle + np.sign(half) * draw.uniform(2.0, 4.0, size=half.shape) * np.array([1.0, -1.0])
    dout, gain = 1e6 * draw.normal(size=x.shape), draw.uniform(0.5, 2.0, size=2)
    ask.same(probes.part, "layer_norm_backward", 0, 3, dout, x, gain, rtol=1e-8, atol=1e-9)
    assert ask(probes.normalised_back, dout, x, gain) <= FORWARD_PASSES * x.size


@exercise("layer_norm")
def test_norm_leaves_its_arguments(ask):
    """Forward and back, what comes in stays as it was."""
    x, gain, bias, dout = rows_to_norm(1, "norm untouched")
    ask.same(probes.untouched, "layer_norm", x, 0.1 * gain, 9.0 * bias, **ROUGHLY)
    found = ask(probes.untouched, "layer_norm_backward", dout, x, gain)
    assert found["changed"] is False
    assert [np.shape(part) for part in found["answer"]] == [x.shape, gain.shape, gain.shape]


@exercise("layer_norm")
def test_norm_again(ask):
    """Each call gives what belongs to its own numbers, and leaves earlier results as they were."""
    x, gain, bias, dout = rows_to_norm(1, "norm again")
    ask.same(probes.again, "layer_norm", [x, 0.1 * gain, bias], [-x, 0.1 * gain, bias + 5.0], **ROUGHLY)
    first, second, third = ask(probes.again, "layer_norm_backward", [dout, x, gain], [-dout, 2.0 * x, gain])
    assert first == same_as(third)
    assert np.abs(np.asarray(first[2]) - second[2]).max() > 1e-3
