# Everything right

# %% nbgrader={"grade_id": "embedding_answer"}
def embed(ids, E):
    return E[ids, :]


def embed_backward(dout, ids, V):
    D = dout.shape[-1]
    dE = np.zeros((V, D))
    for word, slope in zip(ids.reshape(-1), dout.reshape(-1, D)):
        dE[word] += slope
    return dE


# %% nbgrader={"grade_id": "positional_encoding_answer"}
def sinusoidal_encoding(n, d):
    if d % 2 != 0:
        raise ValueError("d must be even")
    pos = np.arange(n).reshape(n, 1)
    pair = np.arange(d) // 2
    angle = pos / 10000 ** (2 * pair / d)
    return np.where(np.arange(d) % 2 == 0, np.sin(angle), np.cos(angle))


# %% nbgrader={"grade_id": "importance_scores_answer"}
def softmax(s):
    e = np.exp(s - np.max(s, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def importance_scores(X):
    return softmax(X @ X.T)


# %% nbgrader={"grade_id": "attention_answer"}
def attention(Q, K, V, mask=None):
    scores = Q @ K.swapaxes(-1, -2) / np.sqrt(K.shape[-1])
    if mask is None:
        weights = softmax(scores)
    else:
        weights = softmax(np.where(mask, scores, -1e30)) * mask  # a row without a key would be uniform
    return weights @ V, weights


# %% nbgrader={"grade_id": "masks_answer"}
def padding_mask(lengths, M):
    return np.arange(M) < lengths[:, None, None, None]


def causal_mask(N):
    return np.arange(N)[:, None] >= np.arange(N)


# %% nbgrader={"grade_id": "heads_answer"}
def split_heads(x, h):
    B, N, D = x.shape
    if D % h:
        raise ValueError("h must divide D")
    return np.swapaxes(x.reshape(B, N, h, D // h), 1, 2)


def merge_heads(x):
    x = np.swapaxes(x, 1, 2)
    return x.reshape(x.shape[0], x.shape[1], -1)


# %% nbgrader={"grade_id": "attention_backward_answer"}
def attention_backward(dout, Q, K, V, mask=None):
    w = attention(Q, K, V, mask)[1]
    dw = dout @ V.swapaxes(-1, -2)
    ds = w * dw - w * np.sum(w * dw, axis=-1, keepdims=True)
    ds = ds / np.sqrt(K.shape[-1])
    return ds @ K, ds.swapaxes(-1, -2) @ Q, w.swapaxes(-1, -2) @ dout


# %% nbgrader={"grade_id": "layer_norm_answer"}
def layer_norm(x, gain, bias, eps=1e-5):
    z = (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    return z * gain + bias


def layer_norm_backward(dout, x, gain, eps=1e-5):
    root = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    z = (x - x.mean(axis=-1, keepdims=True)) / root
    dz = dout * gain
    dx = (dz - dz.mean(axis=-1, keepdims=True) - z * (dz * z).mean(axis=-1, keepdims=True)) / root
    D = len(gain)
    return dx, (dout * z).reshape(-1, D).sum(axis=0), dout.reshape(-1, D).sum(axis=0)


# %% nbgrader={"grade_id": "multi_head_answer"}
class MultiHeadAttention(nn.Module):
    def __init__(self, d, h):
        super().__init__()
        self.h = h
        self.q_proj = nn.Linear(d, d)
        self.k_proj = nn.Linear(d, d)
        self.v_proj = nn.Linear(d, d)
        self.out_proj = nn.Linear(d, d)
        if d % h:
            raise ValueError("h must divide d")

    def heads(self, x):
        return torch.stack(x.chunk(self.h, dim=-1), dim=1)

    def forward(self, q, k, v, mask=None):
        q, k, v = self.heads(self.q_proj(q)), self.heads(self.k_proj(k)), self.heads(self.v_proj(v))
        scores = q @ k.mT / q.shape[-1] ** 0.5
        if mask is None:
            weights = scores.softmax(-1)
        else:
            weights = scores.masked_fill(~mask, -1e30).softmax(-1) * mask
        return self.out_proj(torch.cat((weights @ v).unbind(1), dim=-1)), weights


# %% nbgrader={"grade_id": "cross_attention_answer"}
def cross_attend(mha, x, memory, mask=None):
    return mha(x, memory, memory, mask=mask)
