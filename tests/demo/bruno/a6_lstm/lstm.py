# One slip, every array clipped by itself; the rest right, with classes and one wide product

# %% nbgrader={"grade_id": "sigmoid_answer"}
def sigmoid(x):
    return np.reciprocal(1.0 + np.exp(-np.asarray(x, float)))


# %% nbgrader={"grade_id": "rnn_step_answer"}
def wide(x, h):
    return np.c_[x, h, np.ones(len(x))]


def rnn_step(x, h, Wx, Wh, b):
    W = np.r_[Wx, Wh, [b]]
    h2 = np.tanh(wide(x, h) @ W)
    return h2, (wide(x, h), W, h2)


# %% nbgrader={"grade_id": "rnn_step_backward_answer"}
def narrow(dz, xh1, W, D):
    d, dW = dz @ W.T, xh1.T @ dz
    return dict(dx=d[:, :D], dh=d[:, D:-1], dWx=dW[:D], dWh=dW[D:-1], db=dW[-1])


def rnn_step_backward(dh, cache):
    xh1, W, h2 = cache
    return narrow(dh * (1 - h2 * h2), xh1, W, len(W) - 1 - h2.shape[1])


# %% nbgrader={"grade_id": "rnn_answer"}
def add_up(parts):
    return {k: sum(p[k] for p in parts) for k in ("dWx", "dWh", "db")}


def rnn_forward(x, h0, Wx, Wh, b):
    hs, caches = [h0], []
    for xt in x.swapaxes(0, 1):
        h, cache = rnn_step(xt, hs[-1], Wx, Wh, b)
        hs.append(h)
        caches.append(cache)
    return np.stack(hs[1:], 1), caches


def rnn_backward(dh, cache):
    parts, back = [], 0
    for t in range(len(cache))[::-1]:
        parts.insert(0, rnn_step_backward(dh[:, t] + back, cache[t]))
        back = parts[0]["dh"]
    return dict(dx=np.stack([p["dx"] for p in parts], 1), dh0=back) | add_up(parts)


# %% nbgrader={"grade_id": "lstm_gates_answer"}
def lstm_gates(x, h, Wx, Wh, b):
    z = wide(x, h) @ np.r_[Wx, Wh, [b]]
    return tuple((np.tanh if k == 2 else sigmoid)(z[:, k * h.shape[1] :][:, : h.shape[1]]) for k in range(4))


# %% nbgrader={"grade_id": "lstm_step_answer"}
def lstm_step(x, h, c, Wx, Wh, b):
    i, f, g, o = lstm_gates(x, h, Wx, Wh, b)
    c2 = f * c + i * g
    return o * np.tanh(c2), c2, (x, h, c, np.r_[Wx, Wh, [b]], i, f, g, o, np.tanh(c2))


# %% nbgrader={"grade_id": "lstm_step_backward_answer"}
def lstm_step_backward(dh, dc, cache):
    x, h, c, W, i, f, g, o, s = cache
    dc = dc + dh * o * (1 - s * s)
    dz = np.c_[dc * g * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - g * g), dh * s * o * (1 - o)]
    return narrow(dz, wide(x, h), W, x.shape[1]) | {"dc": dc * f}


# %% nbgrader={"grade_id": "lstm_answer"}
def lstm_forward(x, h0, c0, Wx, Wh, b, lengths=None):
    N, T = x.shape[:2]
    lengths = np.full(N, T) if lengths is None else lengths
    if np.any((lengths < 1) | (lengths > T)):
        raise ValueError("lengths")
    h, c, hs, caches = h0, c0, [], []
    for t in range(T):
        h, c, cache = lstm_step(x[:, t], h, c, Wx, Wh, b)
        on = (lengths > t)[:, None]
        hs.append(h * on)
        caches.append((on, cache))
    return np.stack(hs, 1), caches


def lstm_backward(dh, cache):
    parts, back_h, back_c = [], 0, 0
    for t in range(len(cache))[::-1]:
        on, step = cache[t]
        parts.insert(0, lstm_step_backward(dh[:, t] * on + back_h, back_c, step))
        back_h, back_c = parts[0]["dh"], parts[0]["dc"]
    return dict(dx=np.stack([p["dx"] for p in parts], 1), dh0=back_h, dc0=back_c) | add_up(parts)


# %% nbgrader={"grade_id": "sequence_model_answer"}
def cross_entropy(h, Wy, by, y):
    z = h @ Wy + by
    logs = z - np.logaddexp.reduce(z, 1, keepdims=True)
    hot = np.arange(len(by)) == y[:, None]
    return -logs[hot].mean(), (np.exp(logs) - hot) / len(y)


class SequenceModel:
    def __init__(self, params):
        self.params = params

    def loss(self, x, y):
        p = self.params
        nothing = np.zeros((len(x), len(p["Wy"])))
        h, cache = lstm_forward(x, nothing, nothing, p["Wx"], p["Wh"], p["b"])
        loss, dz = cross_entropy(h[:, -1], p["Wy"], p["by"], y)
        dh = np.zeros_like(h)
        dh[:, -1] = dz @ p["Wy"].T
        back = lstm_backward(dh, cache)
        return loss, dict(Wx=back["dWx"], Wh=back["dWh"], b=back["db"], Wy=h[:, -1].T @ dz, by=dz.sum(0))


# %% nbgrader={"grade_id": "clip_gradients_answer"}
def clip_gradients(grads, max_norm):
    for g in grads.values():
        norm = np.linalg.norm(g)
        if norm > max_norm:
            g *= max_norm / norm
    return norm


# %% nbgrader={"grade_id": "gradient_flow_answer"}
def gradient_flow(model, x, y):
    p = model.params
    h = c = np.zeros((len(x), len(p["Wy"])))
    steps, sizes = [], []
    for xt in x.swapaxes(0, 1):
        h, c, step = lstm_step(xt, h, c, p["Wx"], p["Wh"], p["b"])
        steps.append(step)
    dh, dc = cross_entropy(h, p["Wy"], p["by"], y)[1] @ p["Wy"].T, 0
    while steps:
        sizes.insert(0, np.linalg.norm(dh))
        back = lstm_step_backward(dh, dc, steps.pop())
        dh, dc = back["dh"], back["dc"]
    return np.array(sizes)


# %% nbgrader={"grade_id": "sample_answer"}
def sample(logits, temperature, u):
    if temperature < 0:
        raise ValueError("temperature")
    if temperature == 0:
        return np.argmax(logits)
    p = np.exp((logits - max(logits)) / temperature)
    return min(np.searchsorted(np.cumsum(p / p.sum()), u, side="right"), len(p) - 1)
