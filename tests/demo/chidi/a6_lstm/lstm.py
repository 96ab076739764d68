# Half done: a sigmoid that overflows, dWh overwritten, dc dropped, lengths ignored; no model yet

# %% nbgrader={"grade_id": "sigmoid_answer"}
def sigmoid(x):
    return np.exp(x) / (1 + np.exp(x))


# %% nbgrader={"grade_id": "rnn_step_answer"}
def rnn_step(x, h, Wx, Wh, b):
    out = np.tanh(x @ Wx + h @ Wh + b)
    return out, (x, h, Wx, Wh, out)


# %% nbgrader={"grade_id": "rnn_step_backward_answer"}
def rnn_step_backward(dh, cache):
    x, h, Wx, Wh, out = cache
    d = (1 - out**2) * dh
    return {"dx": d @ Wx.T, "dh": d @ Wh.T, "dWx": x.T @ d, "dWh": h.T @ d, "db": d.sum(0)}


# %% nbgrader={"grade_id": "rnn_answer"}
def rnn_forward(x, h0, Wx, Wh, b):
    out, caches, h = [], [], h0
    for t in range(x.shape[1]):
        h, cache = rnn_step(x[:, t], h, Wx, Wh, b)
        out.append(h)
        caches.append(cache)
    return np.stack(out, axis=1), caches


def rnn_backward(dh, cache):
    dx, dWx, db, prev = [], 0, 0, 0
    for t in reversed(range(len(cache))):
        g = rnn_step_backward(dh[:, t] + prev, cache[t])
        prev = g["dh"]
        dx.insert(0, g["dx"])
        dWx += g["dWx"]
        dWh = g["dWh"]
        db += g["db"]
    return {"dx": np.stack(dx, axis=1), "dh0": prev, "dWx": dWx, "dWh": dWh, "db": db}


# %% nbgrader={"grade_id": "lstm_gates_answer"}
def lstm_gates(x, h, Wx, Wh, b):
    i, f, g, o = np.split(x @ Wx + h @ Wh + b, 4, axis=1)
    return sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)


# %% nbgrader={"grade_id": "lstm_step_answer"}
def lstm_step(x, h, c, Wx, Wh, b):
    i, f, g, o = lstm_gates(x, h, Wx, Wh, b)
    c_new = f * c + i * g
    return o * np.tanh(c_new), c_new, (x, h, c, Wx, Wh, i, f, g, o, c_new)


# %% nbgrader={"grade_id": "lstm_step_backward_answer"}
def lstm_step_backward(dh, dc, cache):
    x, h, c, Wx, Wh, i, f, g, o, c_new = cache
    t = np.tanh(c_new)
    dc = dh * o * (1 - t**2)
    d = np.hstack([dc * g * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - g**2), dh * t * o * (1 - o)])
    return {"dx": d @ Wx.T, "dh": d @ Wh.T, "dc": dc * f, "dWx": x.T @ d, "dWh": h.T @ d, "db": d.sum(0)}


# %% nbgrader={"grade_id": "lstm_answer"}
def lstm_forward(x, h0, c0, Wx, Wh, b, lengths=None):
    out, caches, h, c = [], [], h0, c0
    for t in range(x.shape[1]):
        h, c, cache = lstm_step(x[:, t], h, c, Wx, Wh, b)
        out.append(h)
        caches.append(cache)
    return np.stack(out, axis=1), caches


# %% nbgrader={"grade_id": "sample_answer"}
def sample(logits, temperature, u):
    if temperature == 0:
        return int(np.argmax(logits))
    p = np.exp(logits / temperature)
    return int(np.searchsorted(np.cumsum(p / p.sum()), u))
