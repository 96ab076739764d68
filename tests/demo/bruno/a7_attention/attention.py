# One slip, the square root of d for that of a head in PyTorch; the rest right, with einsum

# %% nbgrader={"grade_id": "embedding_answer"}
def embed(ids, E):
    return np.eye(len(E))[ids] @ E


def embed_backward(dout, ids, V):
    return np.tensordot(np.eye(V)[ids], dout, axes=([0, 1], [0, 1]))


# %% nbgrader={"grade_id": "positional_encoding_answer"}
def sinusoidal_encoding(n, d):
    if d & 1:
        raise ValueError("odd")
    found = np.zeros((n, d))
    for i in range(d // 2):
        angle = np.arange(n) * 10000 ** (-2 * i / d)
        found[:, 2 * i], found[:, 2 * i + 1] = np.sin(angle), np.cos(angle)
    return found


# %% nbgrader={"grade_id": "importance_scores_answer"}
def importance_scores(X):
    s = np.einsum("id,jd->ij", X, X)
    return np.exp(s - np.logaddexp.reduce(s, axis=1, keepdims=True))


# %% nbgrader={"grade_id": "attention_answer"}
def attention(Q, K, V, mask=None):
    s = np.einsum("...id,...jd->...ij", Q, K) / Q.shape[-1] ** 0.5
    if mask is None:
        mask = np.array(True)
    top = np.where(mask, s, -1e300).max(axis=-1, keepdims=True)
    e = np.exp(np.where(mask, s - top, 0)) * mask
    w = e / np.maximum(e.sum(axis=-1, keepdims=True), 1e-300)
    return np.einsum("...ij,...jv->...iv", w, V), w


# %% nbgrader={"grade_id": "masks_answer"}
def padding_mask(lengths, M):
    mask = np.zeros((len(lengths), 1, 1, M), bool)
    for b, length in enumerate(lengths):
        mask[b, ..., :length] = True
    return mask


def causal_mask(N):
    return ~np.triu(np.ones((N, N), bool), 1)


# %% nbgrader={"grade_id": "heads_answer"}
def split_heads(x, h):
    return np.array(np.split(x, h, axis=2)).transpose(1, 0, 2, 3)  # np.split raises ValueError itself


def merge_heads(x):
    return np.concatenate(list(x.transpose(1, 0, 2, 3)), axis=2)


# %% nbgrader={"grade_id": "attention_backward_answer"}
def attention_backward(dout, Q, K, V, mask=None):
    out, w = attention(Q, K, V, mask)
    ds = w * (np.einsum("...iv,...jv->...ij", dout, V) - (dout * out).sum(axis=-1, keepdims=True)) / Q.shape[-1] ** 0.5
    return np.einsum("...ij,...jd->...id", ds, K), np.einsum("...ij,...id->...jd", ds, Q), np.einsum("...ij,...iv->...jv", w, dout)


# %% nbgrader={"grade_id": "layer_norm_answer"}
def layer_norm(x, gain, bias, eps=1e-5):
    y = (x.T - x.mean(axis=-1).T) / np.sqrt(x.var(axis=-1).T + eps)
    return gain * y.T + bias


def layer_norm_backward(dout, x, gain, eps=1e-5):
    y = layer_norm(x, 1.0, 0.0, eps)
    g = gain * dout
    dx = g - g.mean(axis=-1, keepdims=True) - y * np.mean(g * y, axis=-1, keepdims=True)
    rows = tuple(range(x.ndim))[:-1]
    return dx / np.sqrt(x.var(axis=-1, keepdims=True) + eps), np.sum(dout * y, axis=rows), np.sum(dout, axis=rows)


# %% nbgrader={"grade_id": "multi_head_answer"}
class MultiHeadAttention(nn.Module):
    def __init__(self, d, h):
        super().__init__()
        if d % h:
            raise ValueError("heads")
        self.d, self.h = d, h
        self.q_proj, self.k_proj = nn.Linear(d, d), nn.Linear(d, d)
        self.v_proj, self.out_proj = nn.Linear(d, d), nn.Linear(d, d)

    def forward(self, q, k, v, mask=None):
        q, k, v = (f(x).unflatten(-1, (self.h, -1)) for f, x in ((self.q_proj, q), (self.k_proj, k), (self.v_proj, v)))
        s = torch.einsum("bihc,bjhc->bhij", q, k) / self.d**0.5
        if mask is None:
            mask = torch.ones((), dtype=torch.bool)
        w = torch.where(mask, s, -1e30).softmax(-1) * mask
        return self.out_proj(torch.einsum("bhij,bjhc->bihc", w, v).flatten(2)), w


# %% nbgrader={"grade_id": "cross_attention_answer"}
def cross_attend(mha, x, memory, mask=None):
    return mha(q=x, k=memory, v=memory, mask=mask)
