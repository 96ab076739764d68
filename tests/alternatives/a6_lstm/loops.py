# Everything with loops over Python numbers, unit by unit; caches are dictionaries; the flow from repeated runs over the last steps

# %% nbgrader={"grade_id": "sigmoid_answer"}
import math


def sigmoid(x):
    def one(value):
        return 1 / (1 + math.exp(-value)) if value > -700 else 0.0

    if np.ndim(x) == 0:
        return one(float(x))
    return np.array([one(value) for value in np.ravel(x).tolist()]).reshape(np.shape(x))


# %% nbgrader={"grade_id": "rnn_step_answer"}
def times(row, column):
    return sum([a * b for a, b in zip(row, column)])


def before_squashing(x, h, Wx, Wh, b):
    """Number by number: a list of rows"""
    columns = list(zip(*Wx.tolist(), *Wh.tolist(), b.tolist()))
    return [[times(row + state + [1.0], column) for column in columns] for row, state in zip(x.tolist(), h.tolist())]


def rnn_step(x, h, Wx, Wh, b):
    new = [[math.tanh(z) for z in row] for row in before_squashing(x, h, Wx, Wh, b)]
    return np.array(new), {"inputs": x, "before": h, "after": new, "Wx": Wx, "Wh": Wh}


# %% nbgrader={"grade_id": "rnn_step_backward_answer"}
def spread(dz, x, h, Wx, Wh):
    """What a slope dz[n][k] before the squashing means for all that it was made of"""
    slopes = list(zip(*dz))  # by k
    return {
        "dx": np.array([[times(row, weights) for weights in Wx.tolist()] for row in dz]),
        "dh": np.array([[times(row, weights) for weights in Wh.tolist()] for row in dz]),
        "dWx": np.array([[times(inputs, slope) for slope in slopes] for inputs in x.T.tolist()]),
        "dWh": np.array([[times(states, slope) for slope in slopes] for states in h.T.tolist()]),
        "db": np.array([sum(slope) for slope in slopes]),
    }


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
