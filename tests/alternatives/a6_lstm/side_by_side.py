# Inputs and states side by side in one product, closures for caches, whole sequences unrolled without the step functions

# %% nbgrader={"grade_id": "sigmoid_answer"}
def sigmoid(x):
    return np.exp(-np.logaddexp(0.0, -np.asarray(x)))


# %% nbgrader={"grade_id": "rnn_step_answer"}
def rnn_step(x, h, Wx, Wh, b):
    ones = np.ones((len(x), 1))
    both = np.concatenate([x, h, ones], axis=1)  # the bias is the weight of a 1
    weight = np.concatenate([Wx, Wh, b[None]])
    new = np.tanh(both @ weight)

    def back(dh):
        dz = dh - dh * new * new
        d_both, d_weight = dz @ weight.T, both.T @ dz
        D = x.shape[1]
        return {"dx": d_both[:, :D], "dh": d_both[:, D:-1], "dWx": d_weight[:D], "dWh": d_weight[D:-1], "db": d_weight[-1]}

    return new, back


# %% nbgrader={"grade_id": "rnn_step_backward_answer"}
def rnn_step_backward(dh, cache):
    return cache(dh)


# %% nbgrader={"grade_id": "rnn_answer"}
from collections import namedtuple

Kept = namedtuple("Kept", "x h0 h Wx Wh")


def rnn_forward(x, h0, Wx, Wh, b):
    from_inputs = np.einsum("ntd,dh->tnh", x, Wx) + b  # of all steps at once
    h = []
    for z in from_inputs:
        h.append(np.tanh(z + (h[-1] if h else h0) @ Wh))
    h = np.array(h)
    return h.transpose(1, 0, 2), Kept(x, h0, h, Wx, Wh)


def rnn_backward(dh, cache):
    x, h0, h, Wx, Wh = cache
    T = len(h)
    dz = np.empty_like(h)
    passed = np.zeros_like(h0)
    for t in range(T)[::-1]:
        dz[t] = (dh[:, t] + passed) * (1 - h[t] ** 2)
        passed = np.matmul(dz[t], Wh.T)
    before = np.concatenate([h0[None], h[:-1]])
    return {
        "db": dz.sum(axis=(0, 1)),
        "dWh": np.einsum("tnj,tnk->jk", before, dz),
        "dWx": np.einsum("ntd,tnk->dk", x, dz),
        "dh0": passed,
        "dx": np.einsum("tnk,dk->ntd", dz, Wx),
    }


# %% nbgrader={"grade_id": "lstm_gates_answer"}
def lstm_gates(x, h, Wx, Wh, b):
    z = (np.hstack([x, h]) @ np.vstack([Wx, Wh]) + b).reshape(len(x), 4, -1)
    squashed = sigmoid(z)
    squashed[:, 2] = np.tanh(z[:, 2])
    return [squashed[:, k] for k in range(4)]


# %% nbgrader={"grade_id": "lstm_step_answer"}
class Step:
    """One step, with all that it needs to go back"""

    def __init__(self, x, h, c, Wx, Wh, b):
        self.x, self.h, self.c, self.Wx, self.Wh = x, h, c, Wx, Wh
        self.z = (x @ Wx + h @ Wh + b).reshape(len(x), 4, -1)

    def forward(self):
        s = 0.5 * (1 + np.tanh(self.z / 2))
        s[:, 2] = np.tanh(self.z[:, 2])
        self.gates = s
        self.memory = s[:, 1] * self.c + s[:, 0] * s[:, 2]
        return s[:, 3] * np.tanh(self.memory), self.memory

    def backward(self, dh, dc):
        i, f, g, o = self.gates.transpose(1, 0, 2)
        t = np.tanh(self.memory)
        d_memory = dh * o / np.cosh(self.memory) ** 2 + dc
        slopes = self.gates * (1 - self.gates)
        slopes[:, 2] = 1 - g**2
        dz = (np.stack([d_memory * g, d_memory * self.c, d_memory * i, dh * t], axis=1) * slopes).reshape(len(self.x), -1)
        return {
            "dx": np.dot(dz, self.Wx.T),
            "dh": np.dot(dz, self.Wh.T),
            "dc": f * d_memory,
            "dWx": np.dot(self.x.T, dz),
            "dWh": np.dot(self.h.T, dz),
            "db": np.ones(len(dz)) @ dz,
        }


def lstm_step(x, h, c, Wx, Wh, b):
    step = Step(x, h, c, Wx, Wh, b)
    h_new, c_new = step.forward()
    return h_new, c_new, step


# %% nbgrader={"grade_id": "lstm_step_backward_answer"}
def lstm_step_backward(dh, dc, cache):
    return cache.backward(dh, dc)


# %% nbgrader={"grade_id": "lstm_answer"}
def lstm_forward(x, h0, c0, Wx, Wh, b, lengths=None):
    """Sequences that have ended wait with their last state and memory, and are hidden in the result"""
    N, T, _ = x.shape
    lengths = np.array([T] * N if lengths is None else lengths)
    if min(lengths) <= 0 or max(lengths) > T:
        raise ValueError("no such length")
    h, c, steps, shown = h0, c0, [], np.zeros((N, T, len(Wh)))
    for t in range(max(lengths)):
        on = np.flatnonzero(lengths > t)
        step = Step(x[on, t], h[on], c[on], Wx, Wh, b)
        h, c = h.copy(), c.copy()
        h[on], c[on] = step.forward()
        shown[on, t] = h[on]
        steps.append((on, step))
    return shown, (steps, x.shape, h0.shape, Wx.shape, Wh.shape)


def lstm_backward(dh, cache):
    steps, *shapes = cache
    dx, dh0, dWx, dWh = (np.zeros(shape) for shape in shapes)
    dc0, db = np.zeros(dh0.shape), np.zeros(dWx.shape[1])
    while steps:
        on, step = steps.pop()
        t = len(steps)
        found = step.backward(dh[on, t] + dh0[on], dc0[on])
        dx[on, t], dh0[on], dc0[on] = found["dx"], found["dh"], found["dc"]
        dWx, dWh, db = dWx + found["dWx"], dWh + found["dWh"], db + found["db"]
    return dict(zip(["dx", "dh0", "dc0", "dWx", "dWh", "db"], [dx, dh0, dc0, dWx, dWh, db]))


# %% nbgrader={"grade_id": "sequence_model_answer"}
class Model:
    params = property(lambda self: self._given)

    def __init__(self, params):
        self._given = params


class SequenceModel(Model):
    def loss(self, x, y):
        Wx, Wh, b, Wy, by = (self.params[name] for name in ["Wx", "Wh", "b", "Wy", "by"])
        rows, zeros = len(y), np.zeros([len(y), Wh.shape[0]])
        h, cache = lstm_forward(x, h0=zeros, c0=zeros, Wx=Wx, Wh=Wh, b=b)
        last = h[:, h.shape[1] - 1]
        z = np.einsum("nh,hk->nk", last, Wy) + by[np.newaxis]
        log_p = z - np.logaddexp.reduce(z, axis=1)[:, np.newaxis]
        target = np.eye(z.shape[1])[y]
        dz = (np.exp(log_p) - target) / rows
        dh = np.concatenate([np.zeros_like(h[:, 1:]), (dz @ Wy.T)[:, np.newaxis]], axis=1)
        slopes = {name[1:]: slope for name, slope in lstm_backward(dh, cache).items() if name in ("dWx", "dWh", "db")}
        slopes.update(Wy=np.einsum("nh,nk->hk", last, dz), by=dz.sum(0))
        return -np.sum(log_p * target) / rows, slopes


# %% nbgrader={"grade_id": "clip_gradients_answer"}
def clip_gradients(grads, max_norm):
    norm = np.linalg.norm(np.concatenate([array.reshape(-1) for array in grads.values()]))
    scale = max_norm / max(norm, max_norm)
    for array in grads.values():
        np.multiply(array, scale, out=array)
    return norm


# %% nbgrader={"grade_id": "gradient_flow_answer"}
def gradient_flow(model, x, y):
    Wx, Wh, b, Wy, by = (model.params[name] for name in ("Wx", "Wh", "b", "Wy", "by"))
    h = c = np.zeros((len(x), len(Wh)))
    steps = []
    for t in range(x.shape[1]):
        steps.append(Step(x[:, t], h, c, Wx, Wh, b))
        h, c = steps[-1].forward()
    z = h @ Wy + by
    p = np.exp(z - np.logaddexp.reduce(z, axis=1, keepdims=True))
    dh, dc = (p - np.eye(len(by))[y]) @ Wy.T / len(x), np.zeros_like(c)
    flow = [np.linalg.norm(dh)]
    for step in steps[:0:-1]:
        found = step.backward(dh, dc)
        dh, dc = found["dh"], found["dc"]
        flow.insert(0, np.linalg.norm(dh))
    return np.array(flow)


# %% nbgrader={"grade_id": "sample_answer"}
def sample(logits, temperature, u):
    if temperature < 0:
        raise ValueError(temperature)
    if not temperature:
        return np.flatnonzero(logits == np.amax(logits))[0]
    z = (logits - np.amax(logits)) / temperature
    cdf = np.add.accumulate(np.exp(z - np.logaddexp.reduce(z)))
    return np.minimum(np.searchsorted(cdf, u, side="right"), len(cdf) - 1)
