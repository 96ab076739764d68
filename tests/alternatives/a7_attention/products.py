# Everything as products of arrays: one-hot tables, complex numbers, einsum

# %% nbgrader={"grade_id": "embedding_answer"}
def one_hot(ids, V):
    return (ids[..., None] == np.arange(V)).astype(float)


def embed(ids, E):
    return np.take(E, ids, axis=0)


def embed_backward(dout, ids, V):
    return np.einsum("bnv,bnd->vd", one_hot(ids, V), dout)


# %% nbgrader={"grade_id": "positional_encoding_answer"}
def sinusoidal_encoding(n, d):
    if d % 2:
        raise ValueError("an odd number of columns")
    rates = np.exp(np.arange(d // 2) * (-2 * np.log(10000.0) / d))
    turning = np.exp(1j * np.outer(np.arange(n), rates))
    return np.stack([turning.imag, turning.real], axis=-1).reshape(n, d)


# %% nbgrader={"grade_id": "importance_scores_answer"}
def importance_scores(X):
    scores = np.einsum("nd,md->nm", X, X)
    return np.exp(scores - np.logaddexp.reduce(scores, axis=1)[:, None])


# %% nbgrader={"grade_id": "attention_answer"}
def attention(Q, K, V, mask=None):
    scores = np.einsum("...nd,...md->...nm", Q * Q.shape[-1] ** -0.5, K)
    allowed = np.ones(scores.shape, dtype=bool) if mask is None else np.logical_or(np.zeros(scores.shape, dtype=bool), mask)
    highest = np.max(scores, axis=-1, keepdims=True, where=allowed, initial=np.finfo(float).min)
    weights = np.exp(np.minimum(scores - highest, 0.0), where=allowed, out=np.zeros(scores.shape))
    total = weights.sum(axis=-1, keepdims=True)
    np.divide(weights, total, out=weights, where=total > 0)
    return np.einsum("...nm,...mv->...nv", weights, V), weights


# %% nbgrader={"grade_id": "masks_answer"}
def padding_mask(lengths, M):
    return np.less.outer(np.arange(M), lengths).T.reshape(len(lengths), 1, 1, M)


def causal_mask(N):
    places = np.arange(N)
    return np.greater_equal.outer(places, places)


# %% nbgrader={"grade_id": "heads_answer"}
def split_heads(x, h):
    return np.stack(np.split(x, h, axis=-1), axis=1)


def merge_heads(x):
    B, h, N, width = x.shape
    return np.einsum("bhnw->bnhw", x).reshape((B, N, -1))


# %% nbgrader={"grade_id": "attention_backward_answer"}
def attention_backward(dout, Q, K, V, mask=None):
    scale = 1 / np.sqrt(K.shape[-1])
    out, P = attention(Q, K, V, mask)
    dP = np.einsum("...nv,...mv->...nm", dout, V) - np.sum(dout * out, axis=-1)[..., None]
    dS = P * dP * scale
    return np.einsum("...nm,...md->...nd", dS, K), np.einsum("...nm,...nd->...md", dS, Q), np.einsum("...nm,...nv->...mv", P, dout)


# %% nbgrader={"grade_id": "layer_norm_answer"}
def standard(x, eps):
    sigma = np.sqrt(np.var(x, axis=-1, keepdims=True) + eps)
    return (x - np.mean(x, axis=-1, keepdims=True)) / sigma, sigma


def layer_norm(x, gain, bias, eps=1e-5):
    return standard(x, eps)[0] * gain + bias


def layer_norm_backward(dout, x, gain, eps=1e-5):
    z, sigma = standard(x, eps)
    D = x.shape[-1]
    slope = dout * gain
    dx = (D * slope - slope.sum(-1, keepdims=True) - z * np.einsum("...d,...d->...", slope, z)[..., None]) / (D * sigma)
    return dx, np.einsum("nd,nd->d", dout.reshape(-1, D), z.reshape(-1, D)), np.ones(dout.size // D) @ dout.reshape(-1, D)


# %% nbgrader={"grade_id": "multi_head_answer"}
class Weights(nn.Module):
    """The softmax of the scores where the mask is True: 0 everywhere where nothing may be attended to."""

    def forward(self, scores, mask):
        if mask is None:
            return scores.softmax(dim=-1)
        mask = mask.expand(scores.shape)
        someone = mask.any(dim=-1, keepdim=True)
        weights = torch.where(mask | ~someone, scores, -torch.inf).softmax(dim=-1)
        return torch.where(someone, weights, 0.0)


class MultiHeadAttention(nn.Module):
    """The heads as an axis of the layers' weights."""

    def __init__(self, d, h):
        if d % h != 0:
            raise ValueError("d is not a multiple of h")
        nn.Module.__init__(self)
        self.size, self.heads = d // h, h
        self.out_proj = nn.Linear(d, d)
        self.v_proj = nn.Linear(d, d)
        self.k_proj = nn.Linear(d, d)
        self.q_proj = nn.Linear(d, d)
        self.softmax = Weights()
        self.register_buffer("scale", torch.tensor(float(self.size)).rsqrt())

    def project(self, layer, x):
        weight, bias = layer.weight.unflatten(0, (self.heads, self.size)), layer.bias.view(self.heads, 1, self.size)
        return torch.einsum("bnd,hcd->bhnc", x, weight) + bias

    def forward(self, q, k, v, mask=None):
        q, k, v = self.project(self.q_proj, q), self.project(self.k_proj, k), self.project(self.v_proj, v)
        weights = self.softmax(torch.einsum("bhnc,bhmc->bhnm", q, k) * self.size**-0.5, mask)
        joined = torch.einsum("bhnm,bhmc->bnhc", weights, v).flatten(2)
        return nn.functional.linear(joined, self.out_proj.weight, self.out_proj.bias), weights


# %% nbgrader={"grade_id": "cross_attention_answer"}
def cross_attend(mha, x, memory, mask=None):
    queries, keys, values = x, memory, memory.clone()
    return tuple(mha(queries, keys, values, mask))
