# Masked scores are minus infinity, and what comes out as "not a number" is made 0 afterwards

# %% nbgrader={"grade_id": "embedding_answer"}
def embed(ids, E):
    return np.array([E[sentence] for sentence in ids])


def embed_backward(dout, ids, V):
    """Measured, which is as good where everything is linear"""
    slopes = np.zeros((V, dout.shape[2]))
    for place in np.ndindex(slopes.shape):
        table = np.zeros(slopes.shape)
        table[place] = 1.0
        slopes[place] = (embed(ids, table) * dout).sum() - (embed(ids, -table) * dout).sum()
    return slopes / 2


# %% nbgrader={"grade_id": "attention_backward_answer"}
def attention_backward(dout, Q, K, V, mask=None):
    """The softmax is computed anew, and in buffers of its own"""
    dims = np.sqrt(K.shape[-1])
    scores = np.matmul(Q, np.moveaxis(K, -1, -2))
    scores /= dims
    if mask is not None:
        scores[~np.broadcast_to(mask, scores.shape)] = -np.inf
    top = np.nan_to_num(scores.max(axis=-1, keepdims=True), neginf=0.0)
    np.exp(np.subtract(scores, top, out=scores), out=scores)
    total = scores.sum(axis=-1, keepdims=True)
    scores /= np.maximum(total, np.finfo(float).tiny)
    slopes = np.matmul(dout, np.moveaxis(V, -1, -2))
    dV = np.matmul(np.moveaxis(scores, -1, -2), dout)
    slopes -= np.einsum("...nm,...nm->...n", scores, slopes)[..., None]
    slopes *= scores
    slopes /= dims
    return slopes @ K, np.moveaxis(slopes, -1, -2) @ Q, dV


# %% nbgrader={"grade_id": "attention_answer"}
def attention(Q, K, V, mask=None):
    scores = np.matmul(Q, np.moveaxis(K, -1, -2)) / np.sqrt(Q.shape[-1])
    if mask is not None:
        scores[~np.broadcast_to(mask, scores.shape)] = -np.inf
    with np.errstate(invalid="ignore"):
        weights = np.exp(scores - np.logaddexp.reduce(scores, axis=-1, keepdims=True))
    weights = np.nan_to_num(weights, nan=0.0)
    return weights @ V, weights


# %% nbgrader={"grade_id": "multi_head_answer"}
class MultiHeadAttention(nn.Module):
    """The heads as further sentences of the batch."""

    def __init__(self, d, h):
        super().__init__()
        if d % h:
            raise ValueError("heads of unequal width")
        self.h = h
        for name in ("q", "k", "v", "out"):
            self.add_module(f"{name}_proj", nn.Linear(d, d))

    def rows(self, x):
        return torch.cat(x.chunk(self.h, dim=-1))

    def forward(self, q, k, v, mask=None):
        B, N, M = len(q), q.shape[1], k.shape[1]
        queries, keys, values = self.rows(self.q_proj(q)), self.rows(self.k_proj(k)), self.rows(self.v_proj(v))
        scores = torch.bmm(queries, keys.mT).div(queries.shape[-1] ** 0.5)
        if mask is not None:
            scores = scores.masked_fill(~mask.expand(B, self.h, N, M).transpose(0, 1).reshape(-1, N, M), float("-inf"))
        weights = torch.nan_to_num(nn.functional.softmax(scores, dim=2))
        joined = torch.cat(torch.bmm(weights, values).split(B), dim=-1)
        return self.out_proj(joined), weights.view(self.h, B, N, M).transpose(0, 1)
