# All right, in a style of her own

# %% nbgrader={"grade_id": "sigmoid_answer"}
def sigmoid(x):
    x = np.asarray(x, dtype=float)
    e = np.exp(np.minimum(x, 0.0))  # the numerator, never above 1
    return e / (e + np.exp(-np.maximum(x, 0.0)))


# %% nbgrader={"grade_id": "rnn_step_answer"}
def rnn_step(x, h, Wx, Wh, b):
    state = np.tanh(np.dot(x, Wx) + np.dot(h, Wh) + b)
    return state, dict(x=x, h=h, Wx=Wx, Wh=Wh, state=state)


# %% nbgrader={"grade_id": "rnn_step_backward_answer"}
def linear_backward(dz, x, h, Wx, Wh):
    """The slopes of x @ Wx + h @ Wh + b."""
    return {
        "dx": np.dot(dz, Wx.T),
        "dh": np.dot(dz, Wh.T),
        "dWx": np.dot(x.T, dz),
        "dWh": np.dot(h.T, dz),
        "db": np.sum(dz, axis=0),
    }


def rnn_step_backward(dh, cache):
    dz = dh * (1 - cache["state"] ** 2)
    return linear_backward(dz, cache["x"], cache["h"], cache["Wx"], cache["Wh"])


# %% nbgrader={"grade_id": "rnn_answer"}
def rnn_forward(x, h0, Wx, Wh, b):
    h = np.empty((x.shape[0], x.shape[1], len(b)))
    steps = []
    last = h0
    for t in range(x.shape[1]):
        last, step = rnn_step(x[:, t, :], last, Wx, Wh, b)
        h[:, t, :] = last
        steps.append(step)
    return h, (steps, x)


def rnn_backward(dh, cache):
    steps, x = cache
    dx = np.empty_like(x)
    grads = {"dWx": 0.0, "dWh": 0.0, "db": 0.0}
    from_later = 0.0
    for t in range(len(steps) - 1, -1, -1):
        found = rnn_step_backward(dh[:, t, :] + from_later, steps[t])
        dx[:, t, :] = found["dx"]
        from_later = found["dh"]
        grads = {name: total + found[name] for name, total in grads.items()}
    grads["dx"] = dx
    grads["dh0"] = from_later
    return grads


# %% nbgrader={"grade_id": "lstm_gates_answer"}
def lstm_gates(x, h, Wx, Wh, b):
    H = h.shape[1]
    z = np.dot(x, Wx) + np.dot(h, Wh) + b
    i = sigmoid(z[:, 0 * H : 1 * H])
    f = sigmoid(z[:, 1 * H : 2 * H])
    g = np.tanh(z[:, 2 * H : 3 * H])
    o = sigmoid(z[:, 3 * H : 4 * H])
    return i, f, g, o


# %% nbgrader={"grade_id": "lstm_step_answer"}
def lstm_step(x, h, c, Wx, Wh, b):
    gates = lstm_gates(x, h, Wx, Wh, b)
    i, f, g, o = gates
    new_c = c * f + g * i
    tanh_c = np.tanh(new_c)
    return tanh_c * o, new_c, dict(x=x, h=h, c=c, Wx=Wx, Wh=Wh, gates=gates, tanh_c=tanh_c)


# %% nbgrader={"grade_id": "lstm_step_backward_answer"}
def lstm_step_backward(dh, dc, cache):
    i, f, g, o = cache["gates"]
    tanh_c = cache["tanh_c"]
    total = dc + dh * o * (1 - tanh_c**2)  # the cell state reaches the loss by two ways
    dz = np.concatenate(
        [
            total * g * i * (1 - i),
            total * cache["c"] * f * (1 - f),
            total * i * (1 - g**2),
            dh * tanh_c * o * (1 - o),
        ],
        axis=1,
    )
    grads = linear_backward(dz, cache["x"], cache["h"], cache["Wx"], cache["Wh"])
    grads["dc"] = total * f
    return grads


# %% nbgrader={"grade_id": "lstm_answer"}
def lstm_forward(x, h0, c0, Wx, Wh, b, lengths=None):
    N, T, _ = x.shape
    if lengths is None:
        lengths = [T] * N
    if not all(1 <= length <= T for length in lengths):
        raise ValueError(f"every length is from 1 to {T}")
    lengths = np.array(lengths)
    h, c = h0, c0
    states, steps = np.zeros((N, T, h0.shape[1])), []
    for t in range(T):
        real = (t < lengths)[:, None]
        h, c, step = lstm_step(x[:, t], h, c, Wx, Wh, b)
        states[:, t] = np.where(real, h, 0.0)
        steps.append((real, step))
    return states, (steps, x)


def lstm_backward(dh, cache):
    steps, x = cache
    dx = np.zeros_like(x)
    grads = {"dWx": 0.0, "dWh": 0.0, "db": 0.0}
    later_h = later_c = np.zeros(dh[:, 0].shape)
    for t, (real, step) in reversed(list(enumerate(steps))):
        found = lstm_step_backward(np.where(real, dh[:, t], 0.0) + later_h, later_c, step)
        dx[:, t], later_h, later_c = found["dx"], found["dh"], found["dc"]
        grads = {name: total + found[name] for name, total in grads.items()}
    return grads | {"dx": dx, "dh0": later_h, "dc0": later_c}


# %% nbgrader={"grade_id": "sequence_model_answer"}
class SequenceModel:
    def __init__(self, params):
        self.params = params

    def loss(self, x, y):
        p, N = self.params, len(y)
        start = np.zeros((N, p["Wh"].shape[0]))
        h, cache = lstm_forward(x, start, start, p["Wx"], p["Wh"], p["b"])
        z = np.dot(h[:, -1], p["Wy"]) + p["by"]
        z = z - z.max(axis=1)[:, None]
        log_sum = np.log(np.sum(np.exp(z), axis=1))
        loss = np.mean(log_sum - z[range(N), y])

        dz = np.exp(z - log_sum[:, None])
        for n in range(N):
            dz[n, y[n]] -= 1
        dz = dz / N
        dh = 0.0 * h
        dh[:, -1] = np.dot(dz, p["Wy"].T)
        found = lstm_backward(dh, cache)
        grads = {name: found["d" + name] for name in ("Wx", "Wh", "b")}
        grads["Wy"] = np.dot(h[:, -1].T, dz)
        grads["by"] = np.sum(dz, axis=0)
        return loss, grads


# %% nbgrader={"grade_id": "clip_gradients_answer"}
def clip_gradients(grads, max_norm):
    norm = np.sqrt(sum(np.sum(g * g) for g in grads.values()))
    if norm > max_norm:
        factor = max_norm / norm
        for name in grads:
            grads[name][...] = grads[name] * factor
    return norm


# %% nbgrader={"grade_id": "gradient_flow_answer"}
def gradient_flow(model, x, y):
    p, N = model.params, len(y)
    h = c = np.zeros((N, len(p["Wh"])))
    steps = []
    for t in range(x.shape[1]):
        h, c, step = lstm_step(x[:, t], h, c, p["Wx"], p["Wh"], p["b"])
        steps.append(step)
    z = np.dot(h, p["Wy"]) + p["by"]
    e = np.exp(z - z.max(axis=1, keepdims=True))
    dz = e / e.sum(axis=1, keepdims=True)
    dz[range(N), y] -= 1
    found = {"dh": np.dot(dz / N, p["Wy"].T), "dc": np.zeros_like(c)}
    sizes = []
    for step in reversed(steps):
        sizes.append(np.linalg.norm(found["dh"]))
        found = lstm_step_backward(found["dh"], found["dc"], step)
    return np.array(sizes[::-1])


# %% nbgrader={"grade_id": "sample_answer"}
def sample(logits, temperature, u):
    if temperature < 0:
        raise ValueError("the temperature cannot be negative")
    if temperature == 0:
        return int(np.argmax(logits))
    e = np.exp((logits - logits.max()) / temperature)
    running = 0.0
    for k, p in enumerate(e / e.sum()):
        running += p
        if running > u:
            return k
    return len(logits) - 1
