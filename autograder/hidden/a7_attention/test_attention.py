"""Judgements about `attention`. Never leaves the trusted process."""

import numpy as np
import pytest

from autograder.testing import exercise, raised, same_as

from . import attention_probes as probes

GRADIENT = 1e-7


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def some(seed, *shape):
    """A mask in which every row has at least one True."""
    mask = np.random.default_rng(seed).random(shape) < 0.6
    mask[..., 0] |= ~mask.any(axis=-1)
    return mask


# ------------------------------------------------------------------------------------------------ embedding


@exercise("embedding", weight=2)
@pytest.mark.parametrize(("b", "n", "v", "d"), [(2, 3, 7, 4), (1, 5, 4, 2), (3, 1, 2, 5), (2, 4, 6, 1), (1, 1, 1, 3)])
def test_rows_of_the_table(ask, b, n, v, d):
    """embed puts the row of E with the number ids[b, n] at place [b, n], and leaves ids and E as they are."""
    for seed in (1, 2):
        ids = np.random.default_rng(seed).integers(0, v, size=(b, n))
        ask.same(probes.embed, ids, normal(seed, v, d))


@exercise("embedding", weight=3)
def test_gradients_of_repeated_tokens(ask):
    """The gradient of a row is the sum over every place where its token stands, also when a token is repeated."""
    for ids, v in ([[2, 0, 2], [2, 1, 0]], 3), ([[1, 1, 1, 1]], 2), ([[0], [0], [0]], 1), ([[3, 1, 3, 3], [1, 1, 0, 3]], 4):
        ids = np.array(ids)
        ask.same(probes.embed_backward, normal(v, *ids.shape, 5), ids, v, rtol=GRADIENT)


@exercise("embedding", weight=2)
@pytest.mark.parametrize(("b", "n", "v", "d"), [(2, 3, 9, 4), (1, 4, 12, 2), (3, 1, 8, 1)])
def test_gradients_of_tokens_that_do_not_occur(ask, b, n, v, d):
    """The gradient has a row for each of the V tokens, 0 for those that do not occur."""
    ids = np.random.default_rng(v).integers(1, v - 2, size=(b, n))
    ask.same(probes.embed_backward, normal(d, b, n, d), ids, v, rtol=GRADIENT)


@exercise("embedding")
def test_gradients_of_two_calls(ask):
    """Each call of embed_backward starts from zeros: with dout twice as large the gradient is twice as large."""
    ids, E, dout = np.array([[1, 3, 1], [0, 3, 3]]), normal(1, 5, 2), normal(2, 2, 3, 2)
    ask.same(probes.embed_twice, ids, E, dout, rtol=GRADIENT)


# ------------------------------------------------------------------------------------------------ positional_encoding


@exercise("positional_encoding", weight=3)
@pytest.mark.parametrize(("n", "d"), [(5, 8), (1, 4), (9, 2), (3, 12), (40, 6), (4, 64)])
def test_sines_and_cosines(ask, n, d):
    """Columns 0, 2, … are sines and columns 1, 3, … cosines of pos · 10000^(-2i/d), where i = column // 2."""
    ask.same(probes.encoding, n, d)


@exercise("positional_encoding")
def test_first_position(ask):
    """At position 0 every sine is 0 and every cosine 1; at position 1 the first pair is sin 1 and cos 1."""
    for n, d in (2, 6), (3, 2), (7, 10):
        found = ask(probes.encoding, n, d)
        assert found[0] == same_as(np.tile([0.0, 1.0], d // 2))
        assert found[1, :2] == same_as(np.array([np.sin(1.0), np.cos(1.0)]))


@exercise("positional_encoding", weight=2)
def test_a_shift_is_a_rotation(ask):
    """Each pair (sine, cosine) has the length 1, and going k places on turns it by the angle k · 10000^(-2i/d), wherever it starts."""
    n, d = 20, 10
    found = ask(probes.encoding, n, d)
    assert found.shape == (n, d)
    sines, cosines = found[:, 0::2], found[:, 1::2]
    assert sines**2 + cosines**2 == same_as(np.ones((n, d // 2)))
    for k in (1, 2, 7, 13):
        angle = k * 10000.0 ** (-np.arange(0, d, 2) / d)
        assert sines[k:] == same_as(sines[:-k] * np.cos(angle) + cosines[:-k] * np.sin(angle))
        assert cosines[k:] == same_as(cosines[:-k] * np.cos(angle) - sines[:-k] * np.sin(angle))


@exercise("positional_encoding")
@pytest.mark.parametrize("d", [1, 3, 7])
def test_an_odd_number_of_columns(ask, d):
    """An odd d raises ValueError; the even number after it does not."""
    answer = ask(probes.odd_encoding, 4, d)
    assert answer["refused"] == raised(ValueError)
    assert answer["valid"].shape == (4, d + 1)
    assert answer["valid"][0] == same_as(np.tile([0.0, 1.0], (d + 1) // 2))


# ------------------------------------------------------------------------------------------------ importance_scores


@exercise("importance_scores", weight=2)
@pytest.mark.parametrize(("n", "d"), [(3, 2), (6, 4), (1, 3), (4, 1), (2, 9)])
def test_softmax_of_dot_products(ask, n, d):
    """Row i is the softmax of the dot products of word i with every word, without scaling; X stays as it is."""
    for seed in (1, 2):
        ask.same(probes.importance, normal(seed, n, d))


@exercise("importance_scores")
def test_rows_of_scores_sum_to_one(ask):
    """Every row sums to 1; the columns need not."""
    for n, d in (5, 3), (2, 6):
        scores = ask(probes.importance, 1.5 * normal(n, n, d))["answer"]
        assert scores.shape == (n, n)
        assert scores.sum(axis=1) == same_as(np.ones(n))
        assert np.abs(scores.sum(axis=0) - 1.0).max() > 1e-3


@exercise("importance_scores")
def test_large_dot_products(ask):
    """Dot products of a thousand and more, of either sign, give finite scores, and the right ones."""
    ask.same(probes.importance, np.array([[40.0, 1.0], [-38.0, 0.5], [39.99, 0.0], [1.0, 45.0], [0.1, -0.2]]))


# ------------------------------------------------------------------------------------------------ attention

SHAPES = {  # leading axes, N, M, dk, dv
    "no leading axes": ((), 3, 5, 2, 4),
    "one leading axis": ((2,), 4, 3, 5, 1),
    "batch and heads": ((2, 3), 4, 6, 1, 5),
    "three leading axes": ((3, 1, 2), 2, 4, 3, 5),
    "one query": ((), 1, 4, 6, 2),
    "one key": ((2,), 5, 1, 3, 2),
    "ones": ((1,), 1, 1, 1, 1),
}

shapes = pytest.mark.parametrize(("leading", "n", "m", "dk", "dv"), SHAPES.values(), ids=SHAPES.keys())

MASKS = [(5,), (1, 5), (4, 5), (3, 4, 5), (3, 1, 5), (2, 1, 1, 5), (2, 1, 4, 5), (1, 3, 4, 5), (2, 3, 4, 5)]  # for scores [2, 3, 4, 5]


def queries_keys_values(seed, leading, n, m, dk, dv):
    return normal(seed, *leading, n, dk), normal(seed + 1, *leading, m, dk), normal(seed + 2, *leading, m, dv)


@exercise("attention", weight=3)
@shapes
def test_attention(ask, leading, n, m, dk, dv):
    """The weights are the softmax over the keys of QKᵀ/√d_k, and the output is weights · V, for any number of leading axes."""
    for seed in (1, 5):
        ask.same(probes.attention, *queries_keys_values(seed, leading, n, m, dk, dv))


@exercise("attention", weight=3)
@pytest.mark.parametrize("shape", MASKS, ids=str)
def test_masks_that_are_broadcast(ask, shape):
    """A query attends where the mask is True, and nowhere else; a mask of fewer axes, or with axes of length 1, is broadcast."""
    ask.same(probes.attention, *queries_keys_values(len(shape), (2, 3), 4, 5, 3, 2), some(sum(shape), *shape))


@exercise("attention")
def test_masks_without_leading_axes(ask):
    """Masks also work without leading axes, by position and by keyword."""
    for seed, shape in enumerate([(3, 5), (5,), (1, 5)]):
        given = queries_keys_values(seed, (), 3, 5, 2, 4)
        ask.same(probes.attention, *given, some(seed, *shape))
        ask.same(probes.attention_by_keyword, *given, some(seed + 10, *shape))


@exercise("attention", weight=2)
def test_fully_masked_rows(ask):
    """A query that may attend to no key has the weights 0 and the output 0, never nan; the other queries are as ever."""
    masks = some(3, 2, 3, 4, 5), some(4, 4, 5), np.array([[True], [False], [False], [True]]), np.zeros((2, 1, 1, 5), dtype=bool)
    masks[0][1, 2, 0] = masks[0][0, :, 3] = masks[1][2] = False
    for seed, mask in enumerate(masks):
        ask.same(probes.attention, *queries_keys_values(seed, (2, 3), 4, 5, 3, 2), mask)
    ask.same(probes.attention, *queries_keys_values(9, (), 2, 3, 4, 1), np.zeros((2, 3), dtype=bool))


@exercise("attention")
def test_rows_sum_to_one_or_zero(ask):
    """The weights of a query sum to 1, or to 0 if it may attend to nothing; where the mask is False they are exactly 0."""
    mask = some(1, 4, 6)
    mask[2] = False
    weights = np.asarray(ask(probes.attention, *queries_keys_values(4, (2,), 4, 6, 3, 5), mask)["answer"][1])
    assert weights.shape == (2, 4, 6)
    assert weights.sum(axis=-1) == same_as(np.array([[1.0, 1.0, 0.0, 1.0]] * 2))
    assert np.count_nonzero(weights[:, ~mask]) == 0
    assert weights[:, mask].min() > 0


@exercise("attention")
def test_order_of_words(ask):
    """Queries differ; keys and values in another order change nothing but the order of the weights, queries that of the rows."""
    Q, K, V = queries_keys_values(7, (2,), 4, 5, 3, 6)
    mask = some(8, 4, 5)
    rows, columns = np.array([2, 0, 3, 1]), np.array([4, 2, 0, 1, 3])
    out, weights = map(np.asarray, ask(probes.attention, Q, K, V, mask)["answer"])
    moved = ask(probes.attention, Q[:, rows], K[:, columns], V[:, columns], mask[rows][:, columns])["answer"]
    assert out.shape == (2, 4, 6)
    assert np.ptp(out, axis=1).min() > 1e-3
    assert moved == same_as([out[:, rows], weights[:, rows][:, :, columns]])


@exercise("attention")
def test_the_future_changes_nothing(ask):
    """Under a causal mask, other keys and values at later places leave the outputs of the earlier ones as they were."""
    Q, K, V = queries_keys_values(3, (2,), 5, 5, 3, 4)
    mask = np.tril(np.ones((5, 5), dtype=bool))
    before = np.asarray(ask(probes.attention, Q, K, V, mask)["answer"][0])
    for t in (1, 3):
        other_K, other_V = K.copy(), V.copy()
        other_K[:, t:], other_V[:, t:] = 20.0 * normal(t, 2, 5 - t, 3), 100.0
        after = np.asarray(ask(probes.attention, Q, other_K, other_V, mask)["answer"][0])
        assert after.shape == (2, 5, 4)
        assert after[:, :t] == same_as(before[:, :t])
        assert np.abs(after[:, t:] - before[:, t:]).min() > 1e-3


@exercise("attention", weight=2)
def test_large_scores(ask):
    """Scores between -1000 and 1000 give finite weights, and the right ones; a masked key changes nothing, however large its score."""
    Q = np.array([[100.0, 0.5], [-100.0, 1.0], [0.1, 0.3], [99.0, 4.0]])
    K, V = np.array([[14.0, 2.0], [-14.0, 1.0], [13.99, 0.0]]), normal(1, 3, 4)
    by_row = np.array([[False, True, False], [True, False, True], [True, True, False], [True, False, True]])
    for mask in (None, np.array([False, True, True]), by_row):
        ask.same(probes.attention, Q, K, V, mask)


# ------------------------------------------------------------------------------------------------ masks


@exercise("masks", weight=2)
@pytest.mark.parametrize(("lengths", "m"), [([2, 4, 1], 5), ([3], 4), ([1, 1], 1), ([5, 2, 3, 1], 6)])
def test_padding(ask, lengths, m):
    """padding_mask is True at the first lengths[b] keys of sentence b and False after them, with the shape [B, 1, 1, M]."""
    ask.same(probes.padding, np.array(lengths), m)


@exercise("masks")
def test_lengths_at_the_ends(ask):
    """A sentence of length 0 may be attended to nowhere, one of length M everywhere."""
    for lengths, m in ([0, 3], 3), ([4, 0, 4], 4), ([0], 1), ([0, 0], 2):
        ask.same(probes.padding, np.array(lengths), m)


@exercise("masks", weight=2)
@pytest.mark.parametrize("n", [4, 1, 2, 7])
def test_causal(ask, n):
    """causal_mask is True on the diagonal and below it, where a key is no later than the query, and False above."""
    ask.same(probes.causal, n)


@exercise("masks")
def test_masks_together(ask):
    """The two masks, combined by &, allow what both allow, for each sentence of the batch: [B, 1, N, N]."""
    both = np.array([[[[k <= q and k < length for k in range(4)] for q in range(4)]] for length in (3, 0, 4)])
    assert ask(probes.both_masks, np.array([3, 0, 4]), 4) == same_as(both)


# ------------------------------------------------------------------------------------------------ heads


@exercise("heads", weight=2)
@pytest.mark.parametrize(("b", "n", "d", "h"), [(2, 3, 8, 2), (1, 5, 4, 4), (3, 1, 6, 3), (2, 4, 5, 1), (2, 2, 12, 3), (1, 1, 1, 1)])
def test_split(ask, b, n, d, h):
    """Head j gets the columns from j·D/h up to (j+1)·D/h of every word; x stays as it is."""
    ask.same(probes.split, normal(d, b, n, d), h)


@exercise("heads", weight=2)
@pytest.mark.parametrize(("b", "h", "n", "width"), [(2, 3, 4, 5), (1, 2, 3, 1), (3, 1, 2, 4), (2, 2, 2, 3), (1, 4, 1, 2), (1, 1, 1, 1)])
def test_merge(ask, b, h, n, width):
    """merge_heads puts the heads of each word side by side, in their order: [B, N, D]; x stays as it is."""
    ask.same(probes.merge, normal(n, b, h, n, width))


@exercise("heads")
def test_there_and_back(ask):
    """Merging what was split gives the table again, and the last head becomes the last D/h columns."""
    for b, n, d, h in (2, 3, 8, 4), (1, 4, 6, 2):
        x, moved = normal(h, b, n, d), np.zeros((b, n, d))
        moved[..., d - d // h :] = 1.0
        assert ask(probes.there_and_back, x, h) == same_as({"back": x, "moved": moved})


@exercise("heads")
@pytest.mark.parametrize(("d", "h", "valid"), [(6, 4, 3), (5, 2, 5), (4, 8, 2)])
def test_heads_of_unequal_width(ask, d, h, valid):
    """A D that h does not divide raises ValueError; one that it divides does not."""
    x = normal(d, 2, 3, d)
    expected = np.stack(np.split(x, valid, axis=-1), axis=1)
    assert ask(probes.uneven_heads, x, h, valid) == same_as({"refused": raised(ValueError), "valid": expected, "changed": False})


# ------------------------------------------------------------------------------------------------ attention_backward


@exercise("attention_backward", weight=3)
@shapes
def test_gradients(ask, leading, n, m, dk, dv):
    """The gradients of Q, K and V are those of the derivation, each in the shape of its array, for any number of leading axes."""
    for seed in (1, 5):
        ask.same(
            probes.attention_backward,
            normal(seed + 3, *leading, n, dv),
            *queries_keys_values(seed, leading, n, m, dk, dv),
            rtol=GRADIENT,
        )


@exercise("attention_backward", weight=2)
@pytest.mark.parametrize("shape", MASKS, ids=str)
def test_gradients_under_masks(ask, shape):
    """The gradients respect a mask of any shape that can be broadcast to the scores."""
    given = queries_keys_values(len(shape), (2, 3), 4, 5, 3, 2)
    ask.same(probes.attention_backward, normal(9, 2, 3, 4, 2), *given, some(sum(shape), *shape), rtol=GRADIENT)


@exercise("attention_backward", weight=2)
def test_gradients_of_fully_masked_rows(ask):
    """A query that may attend to nothing has the gradient 0 and adds nothing to the others, never nan."""
    masks = some(3, 2, 3, 4, 5), np.array([[True], [False], [False], [True]]), np.zeros((2, 1, 1, 5), dtype=bool)
    masks[0][1, 2, 0] = masks[0][0, :, 3] = False
    for seed, mask in enumerate(masks):
        given = queries_keys_values(seed, (2, 3), 4, 5, 3, 2)
        ask.same(probes.attention_backward, normal(seed + 9, 2, 3, 4, 2), *given, mask, rtol=GRADIENT)


@exercise("attention_backward")
def test_gradients_of_the_future(ask):
    """Under a causal mask, what only the first places have a slope for gives no gradient to later keys and values."""
    Q, K, V = queries_keys_values(3, (), 5, 5, 3, 4)
    dout = normal(6, 5, 4)
    dout[2:] = 0.0
    dQ, dK, dV = map(np.asarray, ask(probes.attention_backward, dout, Q, K, V, np.tril(np.ones((5, 5), dtype=bool)))["answer"])
    assert (dQ.shape, dK.shape, dV.shape) == ((5, 3), (5, 3), (5, 4))
    for gradient in (dQ, dK, dV):
        assert gradient[2:] == same_as(np.zeros_like(gradient[2:]))
        assert np.abs(gradient[1]).min() > 1e-6


# ------------------------------------------------------------------------------------------------ multi_head


def parameters(seed, d):
    """Random arrays for the eight parameters of a module, each different."""
    found = {}
    for place, name in enumerate(["q_proj", "k_proj", "v_proj", "out_proj"]):
        found[f"{name}.weight"] = normal(100 * seed + 2 * place, d, d) / np.sqrt(d)
        found[f"{name}.bias"] = normal(100 * seed + 2 * place + 1, d)
    return found


def sentences(seed, b, n, m, d):
    return normal(seed, b, n, d), normal(seed + 1, b, m, d), normal(seed + 2, b, m, d)


def follows_its_parameters(ask, d, h):
    """Output and weights are finite, and others with other parameters."""
    one, other = (ask(probes.multi_head, d, h, parameters(seed, d), *sentences(1, 2, 3, 4, d)) for seed in (5, 6))
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
@pytest.mark.parametrize(("b", "n", "m", "d", "h"), [(2, 3, 5, 8, 2), (1, 4, 3, 4, 4), (3, 2, 4, 6, 3), (2, 5, 1, 5, 1), (1, 1, 1, 2, 2)])
def test_output_and_weights(ask, b, n, m, d, h):
    """Queries, keys and values go through their own layers; each head attends for itself, over d/h columns; out_proj joins the heads."""
    ask.same(probes.multi_head, d, h, parameters(d, d), *sentences(n, b, n, m, d))


@exercise("multi_head", weight=2)
@pytest.mark.parametrize("shape", [(3, 5), (2, 1, 1, 5), (2, 1, 3, 5), (2, 4, 3, 5), (4, 1, 5), (5,)], ids=str)
def test_masks_of_every_shape(ask, shape):
    """A head attends where the mask, broadcast to [B, h, N, M], is True, and nowhere else; the mask stays as it is."""
    ask.same(probes.multi_head, 8, 4, parameters(1, 8), *sentences(2, 2, 3, 5, 8), some(sum(shape), *shape))


@exercise("multi_head", weight=2)
def test_sentences_of_no_words(ask):
    """A query that may attend to nothing has the weights 0 in that head, and the output is what out_proj makes of zeros; never nan."""
    some_heads = some(3, 2, 3, 4, 5)
    some_heads[1, 2, 0] = some_heads[0, :, 3] = False
    for mask in (some_heads, np.array([True, False])[:, None, None, None] & np.ones(5, dtype=bool)):
        ask.same(probes.multi_head, 6, 3, parameters(2, 6), *sentences(4, 2, 4, 5, 6), mask)


@exercise("multi_head", weight=2)
def test_gradients_reach_everything(ask):
    """Autograd reaches the three inputs and every parameter, with and without a mask."""
    for mask in (None, some(2, 3, 5), some(5, 2, 1, 1, 5)):
        given = sentences(6, 2, 3, 5, 4)
        ask.same(probes.multi_head_gradients, 4, 2, parameters(3, 4), *given, normal(1, 2, 3, 4), mask, rtol=GRADIENT)


@exercise("multi_head")
def test_gradients_without_nan(ask):
    """A query that may attend to nothing gives gradients of 0, and no nan to anybody else."""
    mask = some(2, 2, 1, 3, 5)
    mask[0, :, 1] = mask[1] = False
    ask.same(probes.multi_head_gradients, 6, 2, parameters(4, 6), *sentences(7, 2, 3, 5, 6), normal(1, 2, 3, 6), mask, rtol=GRADIENT)


@exercise("multi_head")
@pytest.mark.parametrize(("d", "h", "valid"), [(6, 4, 3), (5, 2, 1), (4, 8, 4)])
def test_modules_of_unequal_heads(ask, d, h, valid):
    """A d that h does not divide raises ValueError at construction; one that it divides gives a module that depends on its parameters."""
    assert ask(probes.uneven_multi_head, d, h, valid) == same_as({"refused": raised(ValueError), "shapes": [[1, 2, d], [1, valid, 2, 3]]})
    follows_its_parameters(ask, d, valid)


# ------------------------------------------------------------------------------------------------ cross_attention


@exercise("cross_attention", weight=2)
@pytest.mark.parametrize(("b", "n", "m", "d"), [(2, 3, 5, 4), (1, 4, 1, 2), (3, 1, 2, 6), (2, 4, 4, 3)])
def test_queries_keys_and_values(ask, b, n, m, d):
    """The queries come from x, keys and values from the memory; mha is called once, and what it gives is returned as it is."""
    ask.same(probes.cross, normal(n, b, n, d), normal(m + 10, b, m, d))


@exercise("cross_attention")
@pytest.mark.parametrize("shape", [(3, 5), (2, 1, 1, 5)], ids=str)
def test_mask_of_the_memory(ask, shape):
    """The mask is handed on to mha as it is."""
    ask.same(probes.cross, normal(1, 2, 3, 4), normal(2, 2, 5, 4), some(3, *shape))


# ------------------------------------------------------------------------------------------------ layer_norm

TABLES = [(3, 5), (4,), (2, 3, 6), (2, 1, 3, 4), (1, 2), (5, 3)]


@exercise("layer_norm", weight=3)
@pytest.mark.parametrize("shape", TABLES, ids=str)
def test_normalised_rows(ask, shape):
    """Each row of the last axis is centred, divided by √(variance + eps), with the population variance, then times gain plus bias."""
    for seed in (1, 2):
        ask.same(probes.norm, 3.0 * normal(seed, *shape) + 2.0, normal(seed + 5, shape[-1]), normal(seed + 6, shape[-1]))


@exercise("layer_norm")
def test_eps_and_constant_rows(ask):
    """eps stands under the root, beside the variance; a constant row, or a row of one number, gives the bias."""
    gain, bias = normal(1, 4), normal(2, 4)
    for eps in (0.5, 1e-3, 1e-8):
        ask.same(probes.norm, normal(3, 3, 4), gain, bias, eps)
    for x in (np.full((2, 4), 0.5), 1e-3 * normal(4, 3, 4)):
        ask.same(probes.norm, x, gain, bias)
    ask.same(probes.norm, normal(5, 3, 1), gain[:1], bias[:1])


@exercise("layer_norm", weight=3)
@pytest.mark.parametrize("shape", TABLES, ids=str)
def test_gradients_of_the_norm(ask, shape):
    """The gradient of x takes account of the mean and of the variance; those of gain and bias are summed over all the rows."""
    for seed in (1, 2):
        x, dout, gain = 3.0 * normal(seed, *shape) + 2.0, normal(seed + 3, *shape), normal(seed + 5, shape[-1])
        ask.same(probes.norm_backward, dout, x, gain, rtol=GRADIENT)


@exercise("layer_norm")
def test_gradients_and_eps(ask):
    """The gradients use eps as the forward direction does, and are right for rows of one number."""
    for eps in (0.5, 1e-3):
        ask.same(probes.norm_backward, normal(1, 3, 4), normal(2, 3, 4), normal(3, 4), eps, rtol=GRADIENT)
    ask.same(probes.norm_backward, normal(1, 3, 4), 1e-3 * normal(2, 3, 4), normal(3, 4), rtol=GRADIENT)
    ask.same(probes.norm_backward, normal(1, 2, 1), normal(2, 2, 1), normal(3, 1), rtol=GRADIENT)
