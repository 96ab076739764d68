# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   groundwork:
#     title: Attention
#     imports: [numpy, torch]
#     packages: [numpy, torch]
#     banned: [torch.nn.MultiheadAttention, torch.nn.Transformer, torch.nn.TransformerEncoder, torch.nn.TransformerEncoderLayer, torch.nn.TransformerDecoder, torch.nn.TransformerDecoderLayer,
#       torch.nn.functional.multi_head_attention_forward, "torch.*scaled_dot_product*", "torch._native_multi_head*", "torch._transformer_*", "torch._triton_*"]
# ---

# %% [markdown]
# # Attention

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["setup"]
import numpy as np

# %% nbgrader={"grade": false, "grade_id": "helpers", "locked": true, "schema_version": 3, "solution": false, "task": false}
def exception_of(action):
    """The name of the exception that `action` raises, or None."""
    try:
        action()
    except Exception as error:
        return type(error).__name__
    return None


def measured_slopes(loss, array):
    """The slope of loss() in each entry of an array that it depends on, by central differences. The entries are moved and put back."""
    found = np.zeros(array.shape)
    for place in np.ndindex(array.shape):
        kept = array[place]
        array[place] = kept + 1e-5
        above = loss()
        array[place] = kept - 1e-5
        found[place] = (above - loss()) / 2e-5
        array[place] = kept
    return found


# %% [markdown]
# **Write** `embed` and `embed_backward`.
#
# <details><summary>Hint 1: shapes</summary>
#
# …
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# …
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# …
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "embedding_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def embed(ids: np.ndarray, E: np.ndarray) -> np.ndarray:
    """The vectors of a batch of sentences.

    ids: integers, shape (B, N), all from 0 to V - 1. E: shape (V, D), row i is the vector of word i.
    Returns shape (B, N, D).

    >>> embed(np.array([[2, 0, 2]]), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    array([[[5., 6.],
            [1., 2.],
            [5., 6.]]])
    """
    ### BEGIN SOLUTION
    return E[ids]
    ### END SOLUTION


def embed_backward(dout: np.ndarray, ids: np.ndarray, V: int) -> np.ndarray:
    """The gradient at the table, from the gradient at the vectors that were taken from it.

    dout: shape (B, N, D), the gradient of the loss at embed(ids, E). ids: integers, shape (B, N). V: the number of rows of E.
    Returns shape (V, D): the gradient of the loss at E. A row that was not used is zero.

    >>> embed_backward(np.array([[[1.0, 1.0], [2.0, 0.0], [10.0, 0.5]]]), np.array([[2, 0, 2]]), 3)
    array([[ 2. ,  0. ],
           [ 0. ,  0. ],
           [11. ,  1.5]])
    """
    ### BEGIN SOLUTION
    dE = np.zeros((V, dout.shape[-1]))
    np.add.at(dE, ids, dout)
    return dE
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "embedding", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Words become vectors", "difficulty": 1, "minutes": 20, "needs": [], "imports": ["numpy"]}
def check_embedding():
    table = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    ids = np.array([[2, 0, 2]])
    found = embed(ids, table)
    assert np.shape(found) == (1, 3, 2), f"one sentence of three words, two numbers a word: the shape is (1, 3, 2), not {np.shape(found)}"
    assert np.array_equal(found, [[[5.0, 6.0], [1.0, 2.0], [5.0, 6.0]]]), f"the rows 2, 0 and 2 of the table are [5, 6], [1, 2] and [5, 6], not {np.asarray(found).tolist()}"

    slopes = embed_backward(np.array([[[1.0, 1.0], [2.0, 0.0], [10.0, 0.5]]]), ids, 4)
    assert np.shape(slopes) == (4, 2), f"the gradient has the shape of the table, (V, D) = (4, 2), not {np.shape(slopes)}"
    assert not np.allclose(slopes[2], [10.0, 0.5]), "word 2 was used twice, and only the last use arrived: both gradients add up"
    assert np.allclose(slopes, [[2.0, 0.0], [0.0, 0.0], [11.0, 1.5], [0.0, 0.0]]), f"the gradient should be [[2, 0], [0, 0], [11, 1.5], [0, 0]], not {np.asarray(slopes).tolist()}"
    assert ids.tolist() == [[2, 0, 2]] and table[2].tolist() == [5.0, 6.0], "ids and table should stay as they are"
    print("embed and embed_backward: rows, shapes and repeated words are right")


check_embedding()

# %% [markdown]
# **Write** `sinusoidal_encoding`.
#
# <details><summary>Hint 1: shapes</summary>
#
# …
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# …
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# …
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "positional_encoding_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def sinusoidal_encoding(n: int, d: int) -> np.ndarray:
    """A vector of d numbers for each of the positions 0, 1, ..., n - 1.

    n: at least 1. d: even, at least 2; an odd d raises ValueError.
    Returns shape (n, d). With i = column // 2, even columns hold sin(position * 10000 ** (-2 i / d)), odd columns the cosine of the same.

    >>> sinusoidal_encoding(2, 4).round(4)
    array([[0.    , 1.    , 0.    , 1.    ],
           [0.8415, 0.5403, 0.01  , 1.    ]])
    """
    ### BEGIN SOLUTION
    if d % 2:
        raise ValueError(f"sines and cosines come in pairs: d must be even, not {d}")
    frequencies = 10000.0 ** (-np.arange(0, d, 2) / d)
    angles = np.arange(n)[:, np.newaxis] * frequencies
    encoding = np.empty((n, d))
    encoding[:, 0::2] = np.sin(angles)
    encoding[:, 1::2] = np.cos(angles)
    return encoding
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "positional_encoding", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Positions become vectors", "difficulty": 2, "minutes": 30, "needs": [], "imports": ["numpy"]}
def check_positional_encoding():
    found = sinusoidal_encoding(3, 4)
    assert np.shape(found) == (3, 4), f"three positions of four numbers: the shape is (3, 4), not {np.shape(found)}"
    assert np.allclose(found[0], [0.0, 1.0, 0.0, 1.0]), f"at position 0 every sine is 0 and every cosine 1, in turn: [0, 1, 0, 1], not {np.round(found[0], 4).tolist()}"
    wanted = [np.sin(2.0), np.cos(2.0), np.sin(0.02), np.cos(0.02)]
    assert np.allclose(found[2], wanted), f"position 2 should be {np.round(wanted, 4).tolist()} (angles 2 and 0.02), not {np.round(found[2], 4).tolist()}"
    found = sinusoidal_encoding(2, 6)[1]
    wanted = [np.sin(1.0), np.cos(1.0), np.sin(0.0464158883), np.cos(0.0464158883), np.sin(0.0021544347), np.cos(0.0021544347)]
    assert np.allclose(found, wanted), f"for d = 6 the angles of position 1 are 1, 0.0464 and 0.00215; the row should be {np.round(wanted, 5).tolist()}, not {np.round(found, 5).tolist()}"
    assert exception_of(lambda: sinusoidal_encoding(3, 5)) == "ValueError", "an odd d should raise ValueError: a sine would have no cosine"
    print("sinusoidal_encoding: shape, order of columns, frequencies and refusal are right")


check_positional_encoding()

# %% [markdown]
# **Write** `importance_scores`.
#
# <details><summary>Hint 1: shapes</summary>
#
# …
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# …
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# …
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "importance_scores_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def importance_scores(X: np.ndarray) -> np.ndarray:
    """How much each word of a sentence matters to each other one.

    X: shape (N, D), the vector of each word. Returns shape (N, N): row i is the softmax of the dot products of word i with every word.
    Dot products are not scaled, and may be in the thousands.

    >>> importance_scores(np.array([[1.0, 0.0], [0.0, 1.0]])).round(4)
    array([[0.7311, 0.2689],
           [0.2689, 0.7311]])
    """
    ### BEGIN SOLUTION
    scores = X @ X.T
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "importance_scores", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Importance by dot products", "difficulty": 1, "minutes": 15, "needs": [], "imports": ["numpy"]}
def check_importance_scores():
    X = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 1.0]])
    found = importance_scores(X)
    assert np.shape(found) == (3, 3), f"three words give a table of three rows and three columns, not {np.shape(found)}"
    assert not np.allclose(np.sum(found, axis=0), 1.0), "the columns sum to 1: the softmax belongs to the rows, one for each word that asks"
    assert np.allclose(np.sum(found, axis=1), 1.0), f"each row should sum to 1; the sums are {np.sum(found, axis=1).tolist()}"
    wanted = np.exp([1.0, 0.0, 2.0]) / np.exp([1.0, 0.0, 2.0]).sum()
    assert np.allclose(found[0], wanted), f"the dot products of word 0 are 1, 0 and 2; their softmax is {wanted.round(4).tolist()}, not {np.round(found[0], 4).tolist()}"
    with np.errstate(all="ignore"):
        large = importance_scores(np.array([[40.0, 0.0], [40.0, 1.0]]))
    assert np.all(np.isfinite(large)), "with dot products near 1600 an exponential overflows: subtract the largest of each row first"
    assert X.tolist() == [[1.0, 0.0], [0.0, 1.0], [2.0, 1.0]], "X should stay as it is"
    print("importance_scores: rows, values and large scores are right")


check_importance_scores()

# %% [markdown]
# **Write** `attention`.
#
# <details><summary>Hint 1: shapes</summary>
#
# …
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# …
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# …
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "attention_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def attention(Q: np.ndarray, K: np.ndarray, V: np.ndarray, mask: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Scaled dot-product attention.

    Q: shape (..., N, dk), the queries. K: shape (..., M, dk), the keys. V: shape (..., M, dv), the values.
    The leading axes "..." are the same for all three; there may be none. N, M, dk and dv may all differ.
    mask: None, or booleans that broadcast to (..., N, M). True: this query may attend to this key.
    Returns (output, weights), of shapes (..., N, dv) and (..., N, M). Weights are 0 where the mask is False, and each row
    of weights sums to 1; a row that may attend to nothing has weights and output 0.

    >>> output, weights = attention(np.array([[1.0]]), np.array([[0.0], [0.0]]), np.array([[2.0], [4.0]]))
    >>> output, weights
    (array([[3.]]), array([[0.5, 0.5]]))
    """
    ### BEGIN SOLUTION
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    highest = scores.max(axis=-1, keepdims=True)
    highest = np.where(np.isfinite(highest), highest, 0.0)  # -inf in a row that may attend to nothing
    exponentials = np.exp(scores - highest)
    total = exponentials.sum(axis=-1, keepdims=True)
    weights = exponentials / np.where(total > 0, total, 1.0)
    return weights @ V, weights
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "attention", "locked": true, "points": 20, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Scaled dot-product attention", "difficulty": 2, "minutes": 35, "needs": [], "imports": ["numpy"]}
def check_attention():
    Q, K, V = np.array([[2.0, 0.0, 0.0, 0.0]]), np.array([[1.0, 5.0, 0.0, 0.0], [0.0, 5.0, 0.0, 1.0]]), np.array([[1.0, 0.0, 4.0], [0.0, 1.0, 8.0]])
    answer = attention(Q, K, V)
    assert isinstance(answer, (tuple, list)) and len(answer) == 2, "attention should return two things, the output and the weights"
    output, weights = answer
    assert np.shape(weights) == (1, 2), f"one query and two keys: the weights have the shape (1, 2), not {np.shape(weights)}"
    assert np.shape(output) == (1, 3), f"one query, values of three numbers: the output has the shape (1, 3), not {np.shape(output)}"
    assert not np.allclose(weights, np.exp([2.0, 0.0]) / np.exp([2.0, 0.0]).sum()), "the scores were not divided by the square root of dk"
    wanted = np.exp([1.0, 0.0]) / np.exp([1.0, 0.0]).sum()
    assert np.allclose(weights, wanted), f"the scores are (2, 0), divided by √4 they are (1, 0); the weights are {wanted.round(4).tolist()}, not {np.round(weights, 4).tolist()}"
    assert np.allclose(output, wanted @ V), f"the output is the weighted mean of the values, {np.round(wanted @ V, 4).tolist()}, not {np.round(output, 4).tolist()}"

    draw = np.random.default_rng(0)
    Q, K, V = draw.normal(size=(2, 3, 4, 6)), draw.normal(size=(2, 3, 5, 6)), draw.normal(size=(2, 3, 5, 7))
    before = Q.copy(), K.copy(), V.copy()
    output, weights = attention(Q, K, V)
    assert np.shape(output) == (2, 3, 4, 7), f"with leading axes (2, 3) the output should have the shape (2, 3, 4, 7), not {np.shape(output)}"
    assert np.allclose(np.sum(weights, axis=-1), 1.0), "every row of weights should sum to 1, along the last axis: the keys"
    assert np.allclose(output[1, 2], attention(Q[1, 2], K[1, 2], V[1, 2])[0]), "a batch should give for each of its members what that member gives alone"

    mask = np.array([True, False, True, True, False])
    output, weights = attention(Q, K, V, mask)
    assert np.abs(weights[..., mask]).max() > 0, "True means: may attend. Here the weights are 0 where the mask is True"
    assert np.all(weights[..., ~mask] == 0.0), "where the mask is False the weight should be 0"
    assert np.allclose(np.sum(weights, axis=-1), 1.0), "with a mask, too, every row should sum to 1: take the forbidden scores out before the softmax, not after"
    assert np.allclose(output, attention(Q, K[..., mask, :], V[..., mask, :])[0]), "keys that are masked should count as if they were not there"

    mask = np.ones((4, 5), dtype=bool)
    mask[2] = False
    with np.errstate(all="ignore"):
        output, weights = attention(Q, K, V, mask)
    assert np.all(np.isfinite(weights)), "a query that may attend to nothing should have the weights 0; there is something like 0/0 in yours"
    assert np.all(weights[..., 2, :] == 0.0) and np.all(output[..., 2, :] == 0.0), "a query that may attend to nothing has weights and output 0"
    with np.errstate(all="ignore"):
        assert np.all(np.isfinite(attention(100 * Q, 100 * K, V)[1])), "with large scores an exponential overflows: subtract the largest of each row first"
    assert all(np.array_equal(a, b) for a, b in zip(before, (Q, K, V))) and mask.sum() == 15, "Q, K, V and the mask should stay as they are"
    print("attention: scale, softmax, shapes and masks are right")


check_attention()

# %% [markdown]
# **Write** `padding_mask` and `causal_mask`.
#
# <details><summary>Hint 1: shapes</summary>
#
# …
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# …
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# …
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "masks_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def padding_mask(lengths: np.ndarray, M: int) -> np.ndarray:
    """Which keys are words, and not padding.

    lengths: integers, shape (B,), each from 0 to M. M: the number of keys.
    Returns booleans, shape (B, 1, 1, M): True at key j of sentence b where j < lengths[b].

    >>> padding_mask(np.array([2, 3]), 3)[:, 0, 0]
    array([[ True,  True, False],
           [ True,  True,  True]])
    """
    ### BEGIN SOLUTION
    real = np.arange(M) < lengths[:, np.newaxis]
    return real[:, np.newaxis, np.newaxis, :]
    ### END SOLUTION


def causal_mask(N: int) -> np.ndarray:
    """Which positions are not in the future.

    Returns booleans, shape (N, N): True at query i and key j where j <= i.

    >>> causal_mask(3)
    array([[ True, False, False],
           [ True,  True, False],
           [ True,  True,  True]])
    """
    ### BEGIN SOLUTION
    return np.tril(np.ones((N, N), dtype=bool))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "masks", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Who may look at whom", "difficulty": 2, "minutes": 20, "needs": [], "imports": ["numpy"]}
def check_masks():
    lengths = np.array([2, 4, 0])
    found = padding_mask(lengths, 4)
    assert np.shape(found) == (3, 1, 1, 4), f"three sentences, four keys: the shape is (3, 1, 1, 4), not {np.shape(found)}"
    assert np.asarray(found).dtype == bool, f"a mask holds booleans, not {np.asarray(found).dtype}"
    assert found[0, 0, 0].tolist() == [True, True, False, False], f"a sentence of two words has two keys that may be looked at, the first two: not {found[0, 0, 0].tolist()}"
    assert found[1, 0, 0].all() and not found[2, 0, 0].any(), "a full sentence has no padding, and an empty one nothing else"
    assert lengths.tolist() == [2, 4, 0], "lengths should stay as it is"

    found = causal_mask(3)
    assert np.shape(found) == (3, 3), f"causal_mask(3) has the shape (3, 3), not {np.shape(found)}"
    assert np.asarray(found).dtype == bool, f"a mask holds booleans, not {np.asarray(found).dtype}"
    assert np.diagonal(found).all(), "each position may look at itself: the diagonal is True"
    assert not found[0, 2], "query 0 may not look at key 2, which is in its future; rows are queries, columns are keys"
    assert found[2, 0], "query 2 may look at key 0, which is in its past; rows are queries, columns are keys"
    assert found.tolist() == [[True, False, False], [True, True, False], [True, True, True]], f"causal_mask(3) should be the lower triangle, not {found.tolist()}"
    print("padding_mask and causal_mask: shapes, kinds and places are right")


check_masks()

# %% [markdown]
# **Write** `split_heads` and `merge_heads`.
#
# <details><summary>Hint 1: shapes</summary>
#
# …
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# …
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# …
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "heads_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def split_heads(x: np.ndarray, h: int) -> np.ndarray:
    """Cut the vector of each word into h pieces, one for each head.

    x: shape (B, N, D). h: the number of heads; ValueError if D is not divisible by it.
    Returns shape (B, h, N, D // h): head k has the numbers k * D // h to (k + 1) * D // h - 1 of every word.

    >>> split_heads(np.array([[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]]), 2)
    array([[[[1., 2.],
             [5., 6.]],
    <BLANKLINE>
            [[3., 4.],
             [7., 8.]]]])
    """
    ### BEGIN SOLUTION
    B, N, D = x.shape
    if D % h:
        raise ValueError(f"{D} numbers cannot be shared out equally among {h} heads")
    return x.reshape(B, N, h, D // h).transpose(0, 2, 1, 3)
    ### END SOLUTION


def merge_heads(x: np.ndarray) -> np.ndarray:
    """The inverse of split_heads.

    x: shape (B, h, N, size). Returns shape (B, N, h * size): the pieces of each word, in the order of the heads.

    >>> merge_heads(np.array([[[[1.0, 2.0], [5.0, 6.0]], [[3.0, 4.0], [7.0, 8.0]]]]))
    array([[[1., 2., 3., 4.],
            [5., 6., 7., 8.]]])
    """
    ### BEGIN SOLUTION
    B, h, N, size = x.shape
    return x.transpose(0, 2, 1, 3).reshape(B, N, h * size)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "heads", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Several heads", "difficulty": 2, "minutes": 20, "needs": [], "imports": ["numpy"]}
def check_heads():
    x = np.arange(1.0, 13.0).reshape(1, 3, 4)
    found = split_heads(x, 2)
    assert np.shape(found) == (1, 2, 3, 2), f"three words of four numbers in two heads: the shape is (1, 2, 3, 2), not {np.shape(found)}"
    wanted = [[1.0, 2.0], [5.0, 6.0], [9.0, 10.0]]
    assert found[0, 0].tolist() == wanted, f"head 0 should have the first two numbers of each word, {wanted}, not {found[0, 0].tolist()}; a reshape alone mixes words"
    assert found[0, 1].tolist() == [[3.0, 4.0], [7.0, 8.0], [11.0, 12.0]], f"head 1 should have the last two numbers of each word, not {found[0, 1].tolist()}"
    merged = merge_heads(np.array([[[[1.0, 2.0], [5.0, 6.0], [9.0, 10.0]], [[3.0, 4.0], [7.0, 8.0], [11.0, 12.0]]]]))
    assert np.shape(merged) == (1, 3, 4), f"merge_heads should give the shape (1, 3, 4) back, not {np.shape(merged)}"
    assert np.array_equal(merged, x), f"merge_heads should put the pieces of each word together again, {x.tolist()}, not {merged.tolist()}"
    x = np.arange(120.0).reshape(2, 5, 12)
    assert np.array_equal(merge_heads(split_heads(x, 3)), x), "merging what was split should give the array back"
    assert exception_of(lambda: split_heads(x, 5)) == "ValueError", "12 numbers in 5 heads should raise ValueError"
    assert x.shape == (2, 5, 12) and x[1, 4, 11] == 119.0, "x should stay as it is"
    print("split_heads and merge_heads: pieces, shapes and refusal are right")


check_heads()

# %% [markdown]
# **Write** `attention_backward`.
#
# <details><summary>Hint 1: shapes</summary>
#
# …
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# …
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# …
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "attention_backward_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def attention_backward(dout: np.ndarray, Q: np.ndarray, K: np.ndarray, V: np.ndarray, mask: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The gradients at queries, keys and values.

    dout: shape (..., N, dv), the gradient of the loss at the output of attention(Q, K, V, mask). Q, K, V, mask: as for attention.
    Returns (dQ, dK, dV), of the shapes of Q, K and V. A query that may attend to nothing gets and passes on a gradient of 0.

    >>> attention_backward(np.array([[1.0]]), np.array([[1.0]]), np.array([[0.0], [0.0]]), np.array([[2.0], [4.0]]))[1]
    array([[-0.5],
           [ 0.5]])
    """
    ### BEGIN SOLUTION
    _, weights = attention(Q, K, V, mask)
    dV = np.swapaxes(weights, -1, -2) @ dout
    dweights = dout @ np.swapaxes(V, -1, -2)
    mean = (weights * dweights).sum(axis=-1, keepdims=True)
    dscores = weights * (dweights - mean) / np.sqrt(Q.shape[-1])
    dQ = dscores @ K
    dK = np.swapaxes(dscores, -1, -2) @ Q
    return dQ, dK, dV
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "attention_backward", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Attention, backwards", "difficulty": 3, "minutes": 35, "needs": ["attention"], "imports": ["numpy"]}
def check_attention_backward():
    draw = np.random.default_rng(1)
    cases = [("without a mask", None), ("with a mask", np.array([[True, False, True, True, True], [False, True, True, False, True], [True, True, True, True, False]]))]
    Q, K, V, dout = draw.normal(size=(2, 3, 4)), draw.normal(size=(2, 5, 4)), draw.normal(size=(2, 5, 6)), draw.normal(size=(2, 3, 6))
    for name, mask in cases:
        kept = [array.copy() for array in (dout, Q, K, V)]
        answer = attention_backward(dout, Q, K, V, mask)
        assert all(np.array_equal(a, b) for a, b in zip(kept, (dout, Q, K, V))), "dout, Q, K and V should stay as they are"
        assert isinstance(answer, (tuple, list)) and len(answer) == 3, "attention_backward should return three things: dQ, dK and dV"
        for letter, array, found in zip("VQK", (V, Q, K), (answer[2], answer[0], answer[1])):
            assert np.shape(found) == array.shape, f"d{letter} has the shape of {letter}, {array.shape}, not {np.shape(found)}"
            slopes = measured_slopes(lambda: (attention(Q, K, V, mask)[0] * dout).sum(), array)
            assert np.allclose(found, slopes, atol=1e-6), f"{name}: d{letter} differs from the measured slopes by up to {np.abs(found - slopes).max():.3g}"
    mask = np.ones((3, 5), dtype=bool)
    mask[1] = False
    with np.errstate(all="ignore"):
        dQ, dK, dV = attention_backward(dout, Q, K, V, mask)
    assert np.all(np.isfinite(dQ)) and np.all(dQ[:, 1] == 0.0), "a query that may attend to nothing gets the gradient 0"
    dout[:, 1] = 0.0
    assert np.allclose(dV, attention_backward(dout, Q, K, V, mask)[2]), "a query that may attend to nothing passes no gradient on to the values"
    print("attention_backward: dQ, dK and dV agree with measured slopes, with and without masks")


check_attention_backward()

# %% [markdown]
# **Write** `layer_norm` and `layer_norm_backward`.
#
# <details><summary>Hint 1: shapes</summary>
#
# …
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# …
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# …
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "layer_norm_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def layer_norm(x: np.ndarray, gain: np.ndarray, bias: np.ndarray, eps: float = 1e-5) -> np.ndarray:
    """Standardise each vector, then stretch and shift its numbers.

    x: shape (..., D), with any number of axes before the last, also none. gain, bias: shape (D,). eps: above 0, added to the population variance.
    Returns the shape of x: gain * (x - mean) / sqrt(variance + eps) + bias, with mean and variance over the last axis.

    >>> layer_norm(np.array([[1.0, 3.0], [10.0, 30.0]]), np.array([1.0, 2.0]), np.array([0.0, 5.0])).round(3)
    array([[-1.,  7.],
           [-1.,  7.]])
    """
    ### BEGIN SOLUTION
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = (centred**2).mean(axis=-1, keepdims=True)
    return gain * centred / np.sqrt(variance + eps) + bias
    ### END SOLUTION


def layer_norm_backward(dout: np.ndarray, x: np.ndarray, gain: np.ndarray, eps: float = 1e-5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The gradients at x, gain and bias.

    dout: the shape of x, the gradient of the loss at layer_norm(x, gain, bias, eps). x, gain, eps: as for layer_norm.
    Returns (dx, dgain, dbias): the shape of x, then twice (D,).

    >>> layer_norm_backward(np.array([[1.0, 1.0], [2.0, 0.0]]), np.array([[1.0, 3.0], [10.0, 30.0]]), np.array([1.0, 1.0]))[2]
    array([3., 1.])
    """
    ### BEGIN SOLUTION
    centred = x - x.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + eps)
    standard = centred / deviation
    dstandard = dout * gain
    along = (dstandard * standard).mean(axis=-1, keepdims=True)
    dx = (dstandard - dstandard.mean(axis=-1, keepdims=True) - standard * along) / deviation
    leading = tuple(range(x.ndim - 1))
    return dx, (dout * standard).sum(axis=leading), dout.sum(axis=leading)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "layer_norm", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Layer normalisation", "difficulty": 2, "minutes": 30, "needs": [], "imports": ["numpy"]}
def check_layer_norm():
    x, gain, bias = np.array([[1.0, 3.0, 5.0], [10.0, 10.0, 40.0]]), np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.0, -1.0])
    found = layer_norm(x, gain, bias)
    assert np.shape(found) == (2, 3), f"the result has the shape of x, (2, 3), not {np.shape(found)}"
    root = np.sqrt(8 / 3 + 1e-5)
    wanted = [-2 / root + 0.5, 0.0, 3 * 2 / root - 1.0]
    assert np.allclose(found[0], wanted), f"[1, 3, 5] has the mean 3 and the variance 8/3; with gain and bias it becomes {np.round(wanted, 4).tolist()}, not {np.round(found[0], 4).tolist()}"
    assert np.allclose(layer_norm(x, gain, bias, 1.0)[0, 0], -2 / np.sqrt(8 / 3 + 1) + 0.5), "eps is added to the variance, under the square root; with eps = 1 your result is another"
    assert np.shape(layer_norm(x[0], gain, bias)) == (3,), "one vector alone, of the shape (3,), should be standardised, too"

    draw = np.random.default_rng(2)
    x, dout, gain, bias = draw.normal(size=(2, 3, 4)), draw.normal(size=(2, 3, 4)), draw.normal(size=4), draw.normal(size=4)
    kept = [array.copy() for array in (dout, x, gain)]
    answer = layer_norm_backward(dout, x, gain, 0.1)
    assert all(np.array_equal(a, b) for a, b in zip(kept, (dout, x, gain))), "dout, x and gain should stay as they are"
    assert isinstance(answer, (tuple, list)) and len(answer) == 3, "layer_norm_backward should return three things: dx, dgain and dbias"
    for name, array, gradient in zip(("bias", "gain", "x"), (bias, gain, x), answer[::-1]):
        assert np.shape(gradient) == array.shape, f"d{name} has the shape of {name}, {array.shape}, not {np.shape(gradient)}"
        slopes = measured_slopes(lambda: (layer_norm(x, gain, bias, 0.1) * dout).sum(), array)
        assert np.allclose(gradient, slopes, atol=1e-6), f"d{name} differs from the measured slopes by up to {np.abs(gradient - slopes).max():.3g}"
    print("layer_norm and its backward pass: values agree with the example, gradients with measured slopes")


check_layer_norm()

# %% nbgrader={"grade": false, "grade_id": "setup_torch", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["setup"]
import torch
from torch import nn

# %% [markdown]
# **Write** `MultiHeadAttention`.
#
# <details><summary>Hint 1: shapes</summary>
#
# …
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# …
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# …
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "multi_head_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class MultiHeadAttention(nn.Module):
    """Attention with h heads, each on its own d // h numbers of the projected vectors.

    d: the length of every vector. h: the number of heads; ValueError if d is not divisible by it.
    Parameters: q_proj, k_proj, v_proj and out_proj, each with a weight of shape (d, d) and a bias of shape (d,).

    >>> output, weights = MultiHeadAttention(6, 2)(torch.zeros(1, 4, 6), torch.zeros(1, 5, 6), torch.zeros(1, 5, 6))
    >>> output.shape, weights.shape
    (torch.Size([1, 4, 6]), torch.Size([1, 2, 4, 5]))
    """

    def __init__(self, d: int, h: int) -> None:
        super().__init__()
        self.h = h
        self.q_proj = nn.Linear(d, d)
        self.k_proj = nn.Linear(d, d)
        self.v_proj = nn.Linear(d, d)
        self.out_proj = nn.Linear(d, d)
        ### BEGIN SOLUTION
        if d % h:
            raise ValueError(f"{d} numbers cannot be shared out equally among {h} heads")
        ### END SOLUTION

    def forward(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """q: shape (B, N, d). k, v: shape (B, M, d). mask: None, or booleans that broadcast to (B, h, N, M); True: may attend.

        Returns (output, weights), of shapes (B, N, d) and (B, h, N, M). A query that may attend to nothing has weights 0,
        so its output is the bias of out_proj, and every gradient stays finite.
        """
        ### BEGIN SOLUTION
        def split(x):
            B, length, d = x.shape
            return x.reshape(B, length, self.h, d // self.h).transpose(1, 2)

        Q, K, V = split(self.q_proj(q)), split(self.k_proj(k)), split(self.v_proj(v))
        scores = Q @ K.transpose(-2, -1) / Q.shape[-1] ** 0.5
        if mask is None:
            weights = torch.softmax(scores, dim=-1)
        else:
            lowest = torch.finfo(scores.dtype).min
            weights = torch.softmax(scores.masked_fill(~mask, lowest), dim=-1) * mask  # a row without any True becomes 0
        merged = (weights @ V).transpose(1, 2).reshape(q.shape)
        return self.out_proj(merged), weights
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "multi_head", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Multi-head attention in PyTorch", "difficulty": 3, "minutes": 25, "needs": []}
def filled_attention(d, h, seed):
    """A MultiHeadAttention with known float64 weights."""
    mha = MultiHeadAttention(d, h).double()
    draw = np.random.default_rng(seed)
    with torch.no_grad():
        for _, parameter in sorted(mha.named_parameters()):
            parameter.copy_(torch.from_numpy(draw.normal(size=parameter.shape)))
    return mha


def check_multi_head():
    shapes = {name: tuple(parameter.shape) for name, parameter in MultiHeadAttention(6, 2).named_parameters()}
    wanted = {f"{name}_proj.{part}": (6, 6) if part == "weight" else (6,) for name in ("q", "k", "v", "out") for part in ("weight", "bias")}
    assert shapes == wanted, f"the parameters should be {wanted}, not {shapes}"
    assert exception_of(lambda: MultiHeadAttention(6, 4)) == "ValueError", "6 numbers in 4 heads should raise ValueError"

    draw = np.random.default_rng(3)
    q, k, v = (torch.from_numpy(draw.normal(size=shape)) for shape in ((2, 4, 6), (2, 5, 6), (2, 5, 6)))
    mha = filled_attention(6, 2, seed=4)
    answer = mha(q, k, v)
    assert isinstance(answer, (tuple, list)) and len(answer) == 2, "forward should return two things, the output and the weights"
    output, weights = answer
    assert tuple(weights.shape) == (2, 2, 4, 5), f"two sentences, two heads, four queries, five keys: the weights have the shape (2, 2, 4, 5), not {tuple(weights.shape)}"
    assert tuple(output.shape) == (2, 4, 6), f"the output has the shape of q, (2, 4, 6), not {tuple(output.shape)}"
    assert torch.allclose(weights.sum(dim=-1), torch.ones_like(weights[..., 0])), "every row of weights should sum to 1, along the keys"

    mask = torch.from_numpy(draw.random(size=(4, 5)) < 0.6)
    mask[:, 2] = True
    for name, allowed in (("without a mask", None), ("with a mask", mask)):
        output, weights = mha(q, k, v, allowed)
        # head 1 of sentence 0, with the numbers 3, 4 and 5 of the projected vectors
        Q, K, V = (projection(x)[0, :, 3:].detach().numpy() for projection, x in ((mha.q_proj, q), (mha.k_proj, k), (mha.v_proj, v)))
        scores = Q @ K.T / np.sqrt(3)
        exponentials = np.exp(scores) if allowed is None else np.exp(scores) * allowed.numpy()
        alone = exponentials / exponentials.sum(axis=1, keepdims=True)
        assert np.allclose(weights[0, 1].detach().numpy(), alone), f"{name}: the weights of head 1 are not those of attention on the numbers 3 to 5, scaled by √3 (d // h, not d)"
    zero = torch.zeros(4, 5, dtype=torch.bool)
    output, weights = mha(q, k, v, zero)
    assert torch.equal(weights, torch.zeros_like(weights)), "queries that may attend to nothing should have the weights 0"
    assert torch.allclose(output, mha.out_proj.bias.expand(2, 4, 6)), "queries that may attend to nothing should have the bias of out_proj as their output"
    output.sum().backward()
    assert all(parameter.grad is None or bool(torch.isfinite(parameter.grad).all()) for parameter in mha.parameters()), "with a mask full of False a gradient is not finite"
    print("MultiHeadAttention: parameters, heads, masks and gradients are right")


check_multi_head()

# %% [markdown]
# **Write** `cross_attend`.
#
# <details><summary>Hint 1: shapes</summary>
#
# …
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# …
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# …
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "cross_attention_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cross_attend(mha, x: torch.Tensor, memory: torch.Tensor, mask: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    """Let the positions of one sequence look at those of another.

    mha: called as mha(q, k, v, mask=None), it returns (output, weights), such as a MultiHeadAttention. x: shape (B, N, d), the sequence
    that asks. memory: shape (B, M, d), the sequence that is asked. mask: None, or booleans that broadcast to (B, h, N, M).
    Returns what mha returns, of shapes (B, N, d) and (B, h, N, M).
    """
    ### BEGIN SOLUTION
    return mha(x, memory, memory, mask)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "cross_attention", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} exercise={"title": "One sequence looks at another", "difficulty": 1, "minutes": 10, "needs": []}
def check_cross_attention():
    calls = []

    def recorder(q, k, v, mask=None):
        calls.append((q, k, v, mask))
        return "output", "weights"

    x, memory, mask = torch.zeros(2, 3, 4), torch.ones(2, 5, 4), torch.ones(3, 5, dtype=torch.bool)
    answer = cross_attend(recorder, x, memory, mask)
    assert len(calls) == 1, f"mha should be called once, not {len(calls)} times"
    assert calls[0][0].shape == x.shape and torch.equal(calls[0][0], x), "the queries come from x"
    assert calls[0][1].shape == memory.shape and torch.equal(calls[0][1], memory), "the keys come from the memory"
    assert calls[0][2].shape == memory.shape and torch.equal(calls[0][2], memory), "the values come from the memory"
    assert calls[0][3] is not None, "the mask was not passed on"
    assert isinstance(answer, (tuple, list)) and tuple(answer) == ("output", "weights"), "cross_attend should return what mha returns, both things"
    cross_attend(recorder, x, memory)
    assert calls[1][3] is None, "without a mask, mha should get none"
    print("cross_attend: queries, keys, values and mask are right")


check_cross_attention()
