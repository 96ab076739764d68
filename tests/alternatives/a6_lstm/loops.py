# Everything with loops over Python numbers, sequence by sequence and unit by unit; caches are dictionaries

# %% nbgrader={"grade_id": "sigmoid_answer"}
import math


def sigmoid(x):
    def one(value):
        return 1 / (1 + math.exp(-value)) if value > -700 else 0.0

    if np.ndim(x) == 0:
        return one(float(x))
    return np.array([one(value) for value in np.ravel(x).tolist()]).reshape(np.shape(x))


# %% nbgrader={"grade_id": "rnn_step_answer"}
def before_squashing(row, state, Wx, Wh, b, k):
    total = float(b[k])
    for d in range(len(row)):
        total += row[d] * Wx[d, k]
    for j in range(len(state)):
        total += state[j] * Wh[j, k]
    return total


def rnn_step(x, h, Wx, Wh, b):
    new = [[math.tanh(before_squashing(x[n], h[n], Wx, Wh, b, k)) for k in range(len(b))] for n in range(len(x))]
    return np.array(new), {"inputs": x, "before": h, "after": new, "Wx": Wx, "Wh": Wh}


# %% nbgrader={"grade_id": "rnn_step_backward_answer"}
def spread(dz, x, h, Wx, Wh):
    """What a slope dz[n][k] before the squashing means for all that it was made of"""
    dx, dh = np.zeros(x.shape), np.zeros(h.shape)
    dWx, dWh, db = np.zeros(Wx.shape), np.zeros(Wh.shape), np.zeros(Wx.shape[1])
    for n in range(len(x)):
        for k in range(Wx.shape[1]):
            slope = dz[n][k]
            db[k] += slope
            for d in range(x.shape[1]):
                dx[n, d] += slope * Wx[d, k]
                dWx[d, k] += slope * x[n, d]
            for j in range(h.shape[1]):
                dh[n, j] += slope * Wh[j, k]
                dWh[j, k] += slope * h[n, j]
    return dict(dx=dx, dh=dh, dWx=dWx, dWh=dWh, db=db)


def rnn_step_backward(dh, cache):
    after = cache["after"]
    dz = [[dh[n, k] * (1 - after[n][k] ** 2) for k in range(len(after[n]))] for n in range(len(after))]
    return spread(dz, cache["inputs"], cache["before"], cache["Wx"], cache["Wh"])


# %% nbgrader={"grade_id": "rnn_answer"}
def rnn_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    states = np.zeros((N, T + 1, len(b)))  # the first place is h0's
    states[:, 0] = h0
    for t in range(T):
        states[:, t + 1] = rnn_step(x[:, t], states[:, t], Wx, Wh, b)[0]
    return states[:, 1:], {"x": x, "states": states, "Wx": Wx, "Wh": Wh}


def rnn_backward(dh, cache):
    x, states, Wx, Wh = cache["x"], cache["states"], cache["Wx"], cache["Wh"]
    N, T, H = dh.shape
    later = dh.copy()  # grows into the slope by every path
    found = {"dx": np.zeros(x.shape), "dh0": np.zeros((N, H)), "dWx": np.zeros(Wx.shape), "dWh": np.zeros(Wh.shape), "db": np.zeros(H)}
    for t in range(T - 1, -1, -1):
        dz = later[:, t] * (1 - states[:, t + 1] ** 2)
        part = spread(dz.tolist(), x[:, t], states[:, t], Wx, Wh)
        found["dx"][:, t] = part["dx"]
        if t == 0:
            found["dh0"] += part["dh"]
        else:
            later[:, t - 1] += part["dh"]
        for name in ("dWx", "dWh", "db"):
            found[name] += part[name]
    return found


# %% nbgrader={"grade_id": "lstm_gates_answer"}
def lstm_gates(x, h, Wx, Wh, b):
    N, H = h.shape
    found = [np.zeros((N, H)) for _ in "ifgo"]
    for place, name in enumerate("ifgo"):
        for n in range(N):
            for k in range(H):
                z = before_squashing(x[n], h[n], Wx, Wh, b, place * H + k)
                found[place][n, k] = math.tanh(z) if name == "g" else sigmoid(z)
    return tuple(found)


# %% nbgrader={"grade_id": "lstm_step_answer"}
def lstm_step(x, h, c, Wx, Wh, b):
    i, f, g, o = lstm_gates(x, h, Wx, Wh, b)
    N, H = h.shape
    memory, state = np.zeros((N, H)), np.zeros((N, H))
    for n in range(N):
        for k in range(H):
            memory[n, k] = f[n, k] * c[n, k] + i[n, k] * g[n, k]
            state[n, k] = o[n, k] * math.tanh(memory[n, k])
    return state, memory, {"given": (x, h, c, Wx, Wh), "gates": (i, f, g, o), "memory": memory}


# %% nbgrader={"grade_id": "lstm_step_backward_answer"}
def lstm_step_backward(dh, dc, cache):
    x, h, c, Wx, Wh = cache["given"]
    i, f, g, o = cache["gates"]
    N, H = h.shape
    dz, before = [[0.0] * (4 * H) for _ in range(N)], np.zeros((N, H))
    for n in range(N):
        for k in range(H):
            squashed = math.tanh(cache["memory"][n, k])
            slope = dc[n, k] + dh[n, k] * o[n, k] * (1 - squashed * squashed)
            before[n, k] = slope * f[n, k]
            dz[n][k] = slope * g[n, k] * i[n, k] * (1 - i[n, k])
            dz[n][H + k] = slope * c[n, k] * f[n, k] * (1 - f[n, k])
            dz[n][2 * H + k] = slope * i[n, k] * (1 - g[n, k] ** 2)
            dz[n][3 * H + k] = dh[n, k] * squashed * o[n, k] * (1 - o[n, k])
    return spread(dz, x, h, Wx, Wh) | {"dc": before}


# %% nbgrader={"grade_id": "lstm_answer"}
def lstm_forward(x, h0, c0, Wx, Wh, b, lengths=None):
    """Each sequence by itself, as far as it goes"""
    N, T, _ = x.shape
    ends = [T] * N if lengths is None else [int(length) for length in lengths]
    for end in ends:
        if end < 1 or end > T:
            raise ValueError(f"{end} is no length")
    states, caches = np.zeros((N, T, h0.shape[1])), []
    for n in range(N):
        h, c = h0[n : n + 1], c0[n : n + 1]
        caches.append([])
        for t in range(ends[n]):
            h, c, cache = lstm_step(x[n : n + 1, t], h, c, Wx, Wh, b)
            states[n, t] = h[0]
            caches[n].append(cache)
    return states, {"caches": caches, "shapes": (x.shape, h0.shape, Wx.shape, Wh.shape)}


def lstm_backward(dh, cache):
    x_shape, h_shape, Wx_shape, Wh_shape = cache["shapes"]
    found = dict(dx=np.zeros(x_shape), dh0=np.zeros(h_shape), dc0=np.zeros(h_shape), dWx=np.zeros(Wx_shape), dWh=np.zeros(Wh_shape), db=np.zeros(Wx_shape[1]))
    for n, steps in enumerate(cache["caches"]):
        back_h, back_c = np.zeros((1, h_shape[1])), np.zeros((1, h_shape[1]))
        for t in reversed(range(len(steps))):
            part = lstm_step_backward(dh[n : n + 1, t] + back_h, back_c, steps[t])
            back_h, back_c = part["dh"], part["dc"]
            found["dx"][n, t] = part["dx"][0]
            for name in ("dWx", "dWh", "db"):
                found[name] += part[name]
        found["dh0"][n], found["dc0"][n] = back_h[0], back_c[0]
    return found


# %% nbgrader={"grade_id": "sequence_model_answer"}
class SequenceModel:
    def __init__(self, params):
        self.params = params

    def loss(self, x, y):
        Wy, by = self.params["Wy"], self.params["by"]
        N, K, H = len(x), len(by), len(Wy)
        zeros = np.zeros((N, H))
        h, cache = lstm_forward(x, zeros, zeros, self.params["Wx"], self.params["Wh"], self.params["b"])
        total, dWy, dby, dh = 0.0, np.zeros(Wy.shape), np.zeros(K), np.zeros(h.shape)
        for n in range(N):
            last = h[n, -1]
            logits = [sum(float(last[j]) * float(Wy[j, k]) for j in range(H)) + float(by[k]) for k in range(K)]
            top = max(logits)
            below = sum(math.exp(z - top) for z in logits)
            total += top + math.log(below) - logits[int(y[n])]
            for k in range(K):
                slope = (math.exp(logits[k] - top) / below - (k == y[n])) / N
                dby[k] += slope
                for j in range(H):
                    dWy[j, k] += slope * last[j]
                    dh[n, -1, j] += slope * Wy[j, k]
        back = lstm_backward(dh, cache)
        return total / N, {"by": dby, "Wy": dWy, "b": back["db"], "Wh": back["dWh"], "Wx": back["dWx"]}


# %% nbgrader={"grade_id": "clip_gradients_answer"}
def clip_gradients(grads, max_norm):
    squares = 0.0
    for array in grads.values():
        for value in array.ravel().tolist():
            squares += value * value
    norm = math.sqrt(squares)
    if norm <= max_norm:
        return norm
    for array in grads.values():
        for place in np.ndindex(array.shape):
            array[place] = array[place] * max_norm / norm
    return norm


# %% nbgrader={"grade_id": "gradient_flow_answer"}
def gradient_flow(model, x, y):
    """The last steps alone, from the state that they begin with: the slope in that state, once for each number of steps"""
    p = model.params
    N, T, _ = x.shape
    H = len(p["Wh"])
    h, c = np.zeros((N, H)), np.zeros((N, H))
    begins = []
    for t in range(T):
        h, c, _ = lstm_step(x[:, t], h, c, p["Wx"], p["Wh"], p["b"])
        begins.append((h, c))
    slope = np.zeros((N, H))
    for n in range(N):
        logits = [float(z) for z in h[n] @ p["Wy"] + p["by"]]
        top = max(logits)
        below = sum(math.exp(z - top) for z in logits)
        for k, z in enumerate(logits):
            slope[n] += (math.exp(z - top) / below - (k == int(y[n]))) / N * p["Wy"][:, k]
    flow = []
    for h, c in begins:
        rest = T - len(flow) - 1
        if rest:
            dh = np.zeros((N, rest, H))
            dh[:, -1] = slope
            _, cache = lstm_forward(x[:, T - rest :], h, c, p["Wx"], p["Wh"], p["b"])
            arrived = lstm_backward(dh, cache)["dh0"]
        else:
            arrived = slope
        flow.append(math.sqrt(sum(value * value for value in arrived.ravel().tolist())))
    return np.array(flow)


# %% nbgrader={"grade_id": "sample_answer"}
def sample(logits, temperature, u):
    scores = [float(z) for z in logits]
    if temperature < 0:
        raise ValueError("below zero")
    if temperature == 0:
        return scores.index(max(scores))
    top = max(scores)
    weights = [math.exp((z - top) / temperature) for z in scores]
    total, so_far = sum(weights), 0.0
    for k, weight in enumerate(weights):
        so_far += weight / total
        if so_far > u:
            return k
    return len(scores) - 1
