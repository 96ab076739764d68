# Half done: repeats forgotten, sines in one half, nan in masked rows, a softmax taken for a sigmoid; no PyTorch yet but the last line

# %% nbgrader={"grade_id": "embedding_answer"}
def embed(ids, E):
    return E[ids]


def embed_backward(dout, ids, V):
    dE = np.zeros((V, dout.shape[-1]))
    dE[ids] += dout
    return dE


# %% nbgrader={"grade_id": "positional_encoding_answer"}
def sinusoidal_encoding(n, d):
    if d % 2:
        raise ValueError("d must be even")
    angle = np.arange(n)[:, None] / 10000 ** (np.arange(0, d, 2) / d)
    return np.concatenate([np.sin(angle), np.cos(angle)], axis=1)


# %% nbgrader={"grade_id": "importance_scores_answer"}
def importance_scores(X):
    e = np.exp(X @ X.T)
    return e / e.sum(axis=1, keepdims=True)


# %% nbgrader={"grade_id": "attention_answer"}
def attention(Q, K, V, mask=None):
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = e / e.sum(axis=-1, keepdims=True)
    return weights @ V, weights


# %% nbgrader={"grade_id": "masks_answer"}
def padding_mask(lengths, M):
    return (np.arange(M) < lengths[:, None])[:, None, None]


def causal_mask(N):
    return np.triu(np.ones((N, N), dtype=bool))


# %% nbgrader={"grade_id": "heads_answer"}
def split_heads(x, h):
    B, N, D = x.shape
    return x.reshape(B, h, N, D // h)


def merge_heads(x):
    B, h, N, size = x.shape
    return x.reshape(B, N, h * size)


# %% nbgrader={"grade_id": "attention_backward_answer"}
def attention_backward(dout, Q, K, V, mask=None):
    _, w = attention(Q, K, V, mask)
    ds = w * (1 - w) * (dout @ np.swapaxes(V, -1, -2)) / np.sqrt(Q.shape[-1])
    return ds @ K, np.swapaxes(ds, -1, -2) @ Q, np.swapaxes(w, -1, -2) @ dout


# %% nbgrader={"grade_id": "layer_norm_answer"}
def layer_norm(x, gain, bias, eps=1e-5):
    return gain * (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + eps) + bias


# %% nbgrader={"grade_id": "cross_attention_answer"}
def cross_attend(mha, x, memory, mask=None):
    return mha(x, memory, memory, mask)
