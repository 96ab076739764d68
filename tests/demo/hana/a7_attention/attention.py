# One famous mistake: the mask built and not applied; a cell of her own, with a magic

# %%
%matplotlib inline
import matplotlib.pyplot as plt
import time

started = time.time()

# %% nbgrader={"grade_id": "embedding_answer"}
def embed(ids, E):
    return E[ids]


def embed_backward(dout, ids, V):
    dE = np.zeros((V, dout.shape[-1]))
    np.add.at(dE, ids, dout)
    return dE


# %% nbgrader={"grade_id": "importance_scores_answer"}
def importance_scores(X):
    s = X @ X.T
    e = np.exp(s - s.max(axis=1)[:, None])
    return e / e.sum(axis=1)[:, None]


# %% nbgrader={"grade_id": "attention_answer"}
def attention(Q, K, V, mask=None):
    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
    if mask is not None:
        masked = np.where(mask, scores, -1e9)
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = e / e.sum(axis=-1, keepdims=True)
    return weights @ V, weights


# %% nbgrader={"grade_id": "masks_answer"}
def padding_mask(lengths, M):
    return (np.arange(M) < lengths[:, None])[:, None, None]


def causal_mask(N):
    return np.tril(np.ones((N, N))) == 1


# %% nbgrader={"grade_id": "heads_answer"}
def split_heads(x, h):
    B, N, D = x.shape
    return x.reshape(B, N, h, D // h).transpose(0, 2, 1, 3)


def merge_heads(x):
    return x.transpose(0, 2, 1, 3).reshape(x.shape[0], x.shape[2], -1)


# %% nbgrader={"grade_id": "cross_attention_answer"}
def cross_attend(mha, x, memory, mask=None):
    return mha(x, memory, memory, mask)
