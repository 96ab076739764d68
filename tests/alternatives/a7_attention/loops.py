# Plain loops: place by place, query by query, head by head

# %% nbgrader={"grade_id": "embedding_answer"}
def embed(ids, E):
    return np.array([[list(E[word]) for word in sentence] for sentence in ids.tolist()])


def embed_backward(dout, ids, V):
    gradient = [[0.0] * dout.shape[2] for _ in range(V)]
    for sentence, slopes in zip(ids.tolist(), dout.tolist()):
        for word, slope in zip(sentence, slopes):
            for column, number in enumerate(slope):
                gradient[word][column] += number
    return np.array(gradient)


# %% nbgrader={"grade_id": "positional_encoding_answer"}
import math


def one_number(pos, column, d):
    angle = pos / math.pow(10000, 2 * (column // 2) / d)
    return math.cos(angle) if column % 2 else math.sin(angle)


def sinusoidal_encoding(n, d):
    if d % 2 == 1:
        raise ValueError("d is odd")
    return np.array([[one_number(pos, column, d) for column in range(d)] for pos in range(n)])


# %% nbgrader={"grade_id": "importance_scores_answer"}
def importance_scores(X):
    table = []
    for word in X:
        scores = [float(np.dot(word, other)) for other in X]
        powers = [math.exp(score - max(scores)) for score in scores]
        table.append([power / sum(powers) for power in powers])
    return np.array(table)


# %% nbgrader={"grade_id": "attention_answer"}
def one_query(query, keys, allowed):
    weights = np.zeros(len(keys))
    places = [j for j in range(len(keys)) if allowed[j]]
    if places:
        scores = [float(query @ keys[j]) / math.sqrt(len(query)) for j in places]
        powers = [math.exp(score - max(scores)) for score in scores]
        for j, power in zip(places, powers):
            weights[j] = power / math.fsum(powers)
    return weights


def attention(Q, K, V, mask=None):
    shape = Q.shape[:-1] + K.shape[-2:-1]
    mask = np.broadcast_to(True if mask is None else mask, shape)
    weights, out = np.empty(shape), np.zeros(Q.shape[:-1] + V.shape[-1:])
    for place in np.ndindex(Q.shape[:-1]):
        weights[place] = one_query(Q[place], K[place[:-1]], mask[place])
        for j, weight in enumerate(weights[place]):
            out[place] += weight * V[place[:-1]][j]
    return [out, weights]


# %% nbgrader={"grade_id": "masks_answer"}
def padding_mask(lengths, M):
    return np.array([[[[j < length for j in range(M)]]] for length in lengths.tolist()])


def causal_mask(N):
    mask = np.zeros((N, N), dtype=np.bool_)
    for query in range(N):
        mask[query, : query + 1] = True
    return mask


# %% nbgrader={"grade_id": "heads_answer"}
def split_heads(x, h):
    B, N, D = x.shape
    width, left = divmod(D, h)
    if left:
        raise ValueError("heads of unequal width")
    heads = np.empty((B, h, N, width))
    for head in range(h):
        heads[:, head] = x[:, :, head * width : (head + 1) * width]
    return heads


def merge_heads(x):
    return np.concatenate([x[:, head] for head in range(x.shape[1])], axis=2)


# %% nbgrader={"grade_id": "attention_backward_answer"}
def attention_backward(dout, Q, K, V, mask=None):
    """Query by query, with the whole table of slopes of the softmax."""
    mask = np.broadcast_to(True if mask is None else mask, Q.shape[:-1] + K.shape[-2:-1])
    dQ, dK, dV = np.zeros(Q.shape), np.zeros(K.shape), np.zeros(V.shape)
    for place in np.ndindex(Q.shape[:-1]):
        batch = place[:-1]
        p = one_query(Q[place], K[batch], mask[place])
        slopes = np.diag(p) - np.outer(p, p)
        d_scores = slopes @ (V[batch] @ dout[place]) / math.sqrt(Q.shape[-1])
        dV[batch] += np.outer(p, dout[place])
        dQ[place] = d_scores @ K[batch]
        dK[batch] += np.outer(d_scores, Q[place])
    return [dQ, dK, dV]


# %% nbgrader={"grade_id": "layer_norm_answer"}
def layer_norm(x, gain, bias, eps=1e-5):
    out = np.empty(x.shape)
    for place in np.ndindex(x.shape[:-1]):
        row = x[place]
        mean = math.fsum(row) / len(row)
        variance = math.fsum((number - mean) ** 2 for number in row) / len(row)
        out[place] = [(number - mean) / math.sqrt(variance + eps) * g + b for number, g, b in zip(row, gain, bias)]
    return out


def layer_norm_backward(dout, x, gain, eps=1e-5):
    """Row by row, with the whole table of slopes."""
    D = len(gain)
    dx, dgain, dbias = np.empty(x.shape), np.zeros(D), np.zeros(D)
    for place in np.ndindex(x.shape[:-1]):
        centred = x[place] - x[place].mean()
        sigma = math.sqrt(centred @ centred / D + eps)
        slopes = (np.eye(D) - 1 / D) / sigma - np.outer(centred, centred) / (D * sigma**3)
        dx[place] = slopes @ (dout[place] * gain)
        dgain += dout[place] * centred / sigma
        dbias += dout[place]
    return [dx, dgain, dbias]


# %% nbgrader={"grade_id": "multi_head_answer"}
class MultiHeadAttention(nn.Module):
    """One head after another, each with its own rows of the layers."""

    def __init__(self, d, h):
        super().__init__()
        if d // h * h != d:
            raise ValueError(f"{h} heads do not fit into {d}")
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = [nn.Linear(d, d) for _ in range(4)]
        self.parts = [slice(start, start + d // h) for start in range(0, d, d // h)]

    def one_head(self, part, q, k, v, mask):
        q, k, v = self.q_proj(q)[..., part], self.k_proj(k)[..., part], self.v_proj(v)[..., part]
        scores = torch.einsum("bnc,bmc->bnm", q, k) / math.sqrt(q.shape[2])
        scores = scores.masked_fill(~mask, -1e30)
        powers = torch.exp(scores - scores.amax(dim=2, keepdim=True).detach()) * mask
        weights = powers / powers.sum(dim=2, keepdim=True).clamp(min=1e-30)
        return torch.einsum("bnm,bmc->bnc", weights, v), weights

    def forward(self, q, k, v, mask=None):
        if mask is None:
            mask = torch.tensor(True)
        mask = mask.broadcast_to(q.shape[0], len(self.parts), q.shape[1], k.shape[1])
        found = [self.one_head(part, q, k, v, mask[:, head]) for head, part in enumerate(self.parts)]
        return self.out_proj(torch.cat([out for out, _ in found], dim=2)), torch.stack([weights for _, weights in found], dim=1)


# %% nbgrader={"grade_id": "cross_attention_answer"}
def cross_attend(mha, x, memory, mask=None):
    if mask is None:
        out, weights = mha(q=x, k=memory, v=memory)
    else:
        out, weights = mha(q=x, k=memory, v=memory, mask=mask)
    return [out, weights]
