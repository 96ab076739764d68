# Loops over examples and units with Python numbers; caches are dictionaries; the flow from repeated runs over the last steps

# %% nbgrader={"grade_id": "sigmoid_answer"}
import math


def sigmoid(x):
    def one(value):
        return 1 / (1 + math.exp(-value)) if value > -700 else 0.0

    if isinstance(x, float) or np.ndim(x) == 0:
        return one(float(x))
    return np.array([one(value) for value in np.ravel(x).tolist()]).reshape(np.shape(x))


# %% nbgrader={"grade_id": "rnn_step_answer"}
def before_squashing(x, h, Wx, Wh, b):
    """Example by example: a list of rows"""
    return [(Wx.T.dot(row) + Wh.T.dot(state) + b).tolist() for row, state in zip(x, h)]


def rnn_step(x, h, Wx, Wh, b):
    new = [[math.tanh(z) for z in row] for row in before_squashing(x, h, Wx, Wh, b)]
    return np.array(new), {"inputs": x, "before": h, "after": new, "Wx": Wx, "Wh": Wh}


# %% nbgrader={"grade_id": "rnn_step_backward_answer"}
def spread(dz, x, h, Wx, Wh):
    """What a slope dz[n][k] before the squashing means for all that it was made of"""
    dWx, dWh = np.zeros(Wx.shape), np.zeros(Wh.shape)
    for row, inputs, state in zip(dz, x, h):
        dWx += np.outer(inputs, row)
        dWh += np.outer(state, row)
    dx, dh = [Wx.dot(row) for row in dz], [Wh.dot(row) for row in dz]
    return {"dx": np.array(dx), "dh": np.array(dh), "dWx": dWx, "dWh": dWh, "db": np.array([sum(slope) for slope in zip(*dz)])}


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
    H = h.shape[1]
    z = before_squashing(x, h, Wx, Wh, b)
    i, f, o = ([[sigmoid(value) for value in row[first : first + H]] for row in z] for first in (0, H, 3 * H))
    g = [[math.tanh(value) for value in row[2 * H : 3 * H]] for row in z]
    return np.array(i), np.array(f), np.array(g), np.array(o)


# %% nbgrader={"grade_id": "lstm_step_answer"}
def lstm_step(x, h, c, Wx, Wh, b):
    gates = [array.tolist() for array in lstm_gates(x, h, Wx, Wh, b)]
    memory, state = [], []
    for old, i, f, g, o in zip(c.tolist(), *gates):
        memory.append([f[k] * old[k] + i[k] * g[k] for k in range(len(old))])
        state.append([o[k] * math.tanh(memory[-1][k]) for k in range(len(old))])
    return np.array(state), np.array(memory), {"given": (x, h, c, Wx, Wh), "gates": gates, "memory": memory}


# %% nbgrader={"grade_id": "lstm_step_backward_answer"}
def lstm_step_backward(dh, dc, cache):
    x, h, c, Wx, Wh = cache["given"]
    dz, before = [], []
    for old, new, from_h, from_c, i, f, g, o in zip(c.tolist(), cache["memory"], dh.tolist(), dc.tolist(), *cache["gates"]):
        zi, zf, zg, zo, back = [], [], [], [], []
        for k in range(len(old)):
            squashed = math.tanh(new[k])
            slope = from_c[k] + from_h[k] * o[k] * (1 - squashed * squashed)
            back.append(slope * f[k])
            zi.append(slope * g[k] * i[k] * (1 - i[k]))
            zf.append(slope * old[k] * f[k] * (1 - f[k]))
            zg.append(slope * i[k] * (1 - g[k] ** 2))
            zo.append(from_h[k] * squashed * o[k] * (1 - o[k]))
        dz.append(zi + zf + zg + zo)
        before.append(back)
    return spread(dz, x, h, Wx, Wh) | {"dc": np.array(before)}


# %% nbgrader={"grade_id": "lstm_answer"}
def lstm_forward(x, h0, c0, Wx, Wh, b, lengths=None):
    """A sequence that has ended begins again from zeros at every step, and is shown as zeros"""
    N, T, _ = x.shape
    ends = [T] * N if lengths is None else [int(length) for length in lengths]
    for end in ends:
        if end < 1 or end > T:
            raise ValueError(f"{end} is no length")
    states, caches = np.zeros((N, T, h0.shape[1])), []
    h, c = h0, c0
    for t in range(T):
        h, c, cache = lstm_step(x[:, t], h, c, Wx, Wh, b)
        caches.append(cache)
        for n in range(N):
            if t < ends[n]:
                states[n, t] = h[n]
        if t + 1 in ends:
            h, c = (np.array([row if t + 1 < end else 0.0 * row for row, end in zip(both, ends)]) for both in (h, c))
    return states, {"caches": caches, "ends": ends}


def lstm_backward(dh, cache):
    caches, ends = cache["caches"], cache["ends"]
    N, T, H = dh.shape
    back_h, back_c = np.zeros((N, H)), np.zeros((N, H))
    dx, total = [], {}
    for t in range(T - 1, -1, -1):
        for n in range(N):
            if t < ends[n]:
                back_h[n] = back_h[n] + dh[n, t]
            else:
                back_h[n] = back_c[n] = 0.0
        part = lstm_step_backward(back_h, back_c, caches[t])
        dx.insert(0, part["dx"])
        back_h, back_c = part["dh"], part["dc"]
        for name in ("dWx", "dWh", "db"):
            total[name] = total[name] + part[name] if total.get(name) is not None else part[name]
    return {"dx": np.array(dx).swapaxes(0, 1), "dh0": back_h, "dc0": back_c} | total


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
