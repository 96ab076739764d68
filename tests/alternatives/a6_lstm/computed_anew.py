# Caches hold what came in and nothing else: going back computes the way forward anew; buffers of its own, tables made beforehand

# %% nbgrader={"grade_id": "sigmoid_answer"}
def sigmoid(x):
    x = np.asarray(x, dtype=float)
    buffer = np.empty(x.shape)
    up = x >= 0
    buffer[up] = 1.0 / (1.0 + np.exp(-x[up]))
    powers = np.exp(x[~up])
    buffer[~up] = powers / (1.0 + powers)
    return buffer[()]


# %% nbgrader={"grade_id": "rnn_step_answer"}
def rnn_step(x, h, Wx, Wh, b):
    z = x @ Wx
    z += h @ Wh
    z += b
    return np.tanh(z, out=z), (x, h, Wx, Wh, b)


# %% nbgrader={"grade_id": "rnn_step_backward_answer"}
def rnn_step_backward(dh, cache):
    x, h, Wx, Wh, b = cache
    new, _ = rnn_step(*cache)
    dz = (1.0 - new) * (1.0 + new)
    dz *= dh
    pairs = ((("dx", "dh"), (Wx, Wh)), (("dWx", "dWh"), (x, h)))
    found = {name: dz @ array.T for name, array in zip(*pairs[0])}
    return found | {name: array.T @ dz for name, array in zip(*pairs[1])} | {"db": sum(dz)}


# %% nbgrader={"grade_id": "rnn_answer"}
def all_states(x, h0, Wx, Wh, b):
    h = h0
    for now in x.swapaxes(0, 1):
        h, _ = rnn_step(now, h, Wx, Wh, b)
        yield h


def rnn_forward(x, h0, Wx, Wh, b):
    return np.array(list(all_states(x, h0, Wx, Wh, b))).swapaxes(0, 1), (x, h0, Wx, Wh, b)


def rnn_backward(dh, cache):
    x, h0, *given = cache
    before = [h0, *all_states(*cache)][:-1]
    found = dict(zip(("dWx", "dWh", "db"), map(np.zeros_like, given))) | {"dx": np.zeros_like(x), "dh0": np.zeros_like(h0)}
    for t in range(len(before) - 1, -1, -1):
        step = rnn_step_backward(dh[:, t] + found["dh0"], (x[:, t], before[t], *given))
        found["dx"][:, t], found["dh0"] = step["dx"], step["dh"]
        for name in ("dWx", "dWh", "db"):
            found[name] += step[name]
    return found


# %% nbgrader={"grade_id": "lstm_step_answer"}
def lstm_step(x, h, c, Wx, Wh, b):
    i, f, g, o = lstm_gates(x, h, Wx, Wh, b)
    new = f * c
    new += i * g
    return o * np.tanh(new), new, (x, h, c, Wx, Wh, b)


# %% nbgrader={"grade_id": "lstm_step_backward_answer"}
def lstm_step_backward(dh, dc, cache):
    x, h, c, Wx, Wh, b = cache
    i, f, g, o = lstm_gates(x, h, Wx, Wh, b)
    _, new, _ = lstm_step(*cache)
    squashed = np.tanh(new)
    dnew = dc + dh * o * (1.0 - squashed) * (1.0 + squashed)
    blocks = dnew * g * i * (1.0 - i), dnew * c * f * (1.0 - f), dnew * i * (1.0 - g) * (1.0 + g), dh * squashed * o * (1.0 - o)
    dz = np.concatenate(blocks, axis=1)
    return {"dc": dnew * f, "db": sum(dz), "dWh": h.T @ dz, "dWx": x.T @ dz, "dh": dz @ Wh.T, "dx": dz @ Wx.T}


# %% nbgrader={"grade_id": "gradient_flow_answer"}
def gradient_flow(model, x, y):
    """From the whole table of slopes of the states after a step in those before it, as a product over the steps"""
    p = model.params
    N, T, _ = x.shape
    H = len(p["Wh"])
    h, c, caches = np.zeros((N, H)), np.zeros((N, H)), []
    for t in range(T):
        h, c, cache = lstm_step(x[:, t], h, c, p["Wx"], p["Wh"], p["b"])
        caches.append(cache)
    logits = h @ p["Wy"] + p["by"]
    da = np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)) - np.eye(len(p["by"]))[y]
    slopes = [(da @ p["Wy"].T / N, np.zeros((N, H)))]
    for cache in caches[:0:-1]:
        step = lstm_step_backward(*slopes[-1], cache)
        slopes.append((step["dh"], step["dc"]))
    return np.array([np.linalg.norm(dh) for dh, _ in slopes[::-1]])
