# One famous mistake: the gates in the order i, f, o, g; a cell of her own, with a magic

# %%
%matplotlib inline
import matplotlib.pyplot as plt
import time

started = time.time()

# %% nbgrader={"grade_id": "sigmoid_answer"}
def sigmoid(x):
    s = np.exp(-abs(x))
    return np.where(np.greater_equal(x, 0), 1, s) / (1 + s)


# %% nbgrader={"grade_id": "rnn_step_answer"}
def rnn_step(x, h, Wx, Wh, b):
    h_next = np.tanh(b + x @ Wx + h @ Wh)
    return h_next, [x, h, Wx, Wh, h_next]


# %% nbgrader={"grade_id": "rnn_step_backward_answer"}
def backprop(d, x, h, Wx, Wh):
    return {"dx": d @ Wx.T, "dh": d @ Wh.T, "dWx": x.T @ d, "dWh": h.T @ d, "db": d.sum(axis=0)}


def rnn_step_backward(dh, cache):
    *given, h_next = cache
    return backprop(dh * (1 - h_next * h_next), *given)


# %% nbgrader={"grade_id": "rnn_answer"}
def rnn_forward(x, h0, Wx, Wh, b):
    h, caches = h0, []
    out = np.zeros((*x.shape[:2], len(b)))
    for t in range(x.shape[1]):
        h, cache = rnn_step(x[:, t], h, Wx, Wh, b)
        out[:, t] = h
        caches.append(cache)
    return out, caches


def rnn_backward(dh, cache):
    grads, dx, d = {}, [], np.zeros(dh[:, 0].shape)
    for t in range(len(cache) - 1, -1, -1):
        step = rnn_step_backward(d + dh[:, t], cache[t])
        d = step.pop("dh")
        dx.append(step.pop("dx"))
        for key in step:
            grads[key] = grads[key] + step[key] if key in grads else step[key]
    grads.update(dx=np.stack(dx[::-1], axis=1), dh0=d)
    return grads


# %% nbgrader={"grade_id": "lstm_gates_answer"}
def lstm_gates(x, h, Wx, Wh, b):
    H = h.shape[1]
    z = x @ Wx + h @ Wh + b
    gates = sigmoid(z[:, : 3 * H])  # i, f and o first, then g
    return gates[:, :H], gates[:, H : 2 * H], np.tanh(z[:, 3 * H :]), gates[:, 2 * H :]


# %% nbgrader={"grade_id": "lstm_step_answer"}
def lstm_step(x, h, c, Wx, Wh, b):
    i, f, g, o = gates = lstm_gates(x, h, Wx, Wh, b)
    c_next = f * c + i * g
    return o * np.tanh(c_next), c_next, [x, h, c, Wx, Wh, gates, np.tanh(c_next)]


# %% nbgrader={"grade_id": "lstm_step_backward_answer"}
def lstm_step_backward(dh, dc, cache):
    x, h, c, Wx, Wh, (i, f, g, o), tanh_c = cache
    d = dc + dh * o * (1 - tanh_c**2)
    dz = [d * g * i * (1 - i), d * c * f * (1 - f), dh * tanh_c * o * (1 - o), d * i * (1 - g**2)]
    return backprop(np.concatenate(dz, axis=1), x, h, Wx, Wh) | {"dc": d * f}


# %% nbgrader={"grade_id": "clip_gradients_answer"}
def clip_gradients(grads, max_norm):
    norm = np.sqrt(np.sum([np.sum(g**2) for g in grads.values()]))
    if norm > max_norm:
        for g in grads.values():
            g /= norm / max_norm
    return norm


# %% nbgrader={"grade_id": "sample_answer"}
def sample(logits, temperature, u):
    if temperature < 0:
        raise ValueError("temperature is at least 0")
    if temperature == 0:
        return int(np.argmax(logits))
    z = (logits - np.max(logits)) / temperature
    cdf = np.cumsum(np.exp(z)) / np.sum(np.exp(z))
    return int(min(np.sum(cdf <= u), len(z) - 1))
