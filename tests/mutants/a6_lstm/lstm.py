"""Wrong answers to `lstm`: the model answer with one mistake each, by exercise and mistake: (what stands there, what should)."""

RNN_STEP_BACK = 'step = rnn_step_backward(dh[:, t] + coming_back, cache[t])'
GATES = "return sigmoid(zi), sigmoid(zf), np.tanh(zg), sigmoid(zo)"
SQUASHED = "[di * i * (1.0 - i), df * f * (1.0 - f), dg * (1.0 - g**2), do * o * (1.0 - o)]"
LSTM_STEP_BACK = "lstm_step_backward((dh[:, t] + back_h) * runs[:, t], back_c * runs[:, t], caches[t])"

MEASURED = '''\
    def measured(array):
        slopes = np.zeros(array.shape)
        for place in np.ndindex(array.shape):
            kept = array[place]
            array[place] = kept + 1e-5
            above = loss()
            array[place] = kept - 1e-5
            below = loss()
            array[place] = kept
            slopes[place] = np.sum((above - below) / 2e-5)
        return slopes

'''

RNN_SLOPES = """\
    dz = dh * (1.0 - h_new**2)
    return {"dx": dz @ Wx.T, "dh": dz @ Wh.T, "dWx": x.T @ dz, "dWh": h.T @ dz, "db": dz.sum(axis=0)}
"""

LSTM_SLOPES = """\
    tanh_c = np.tanh(c_new)
    dc_new = dc + dh * o * (1.0 - tanh_c**2)  # c reaches the loss by two ways
    di, df, dg, do = dc_new * g, dc_new * c, dc_new * i, dh * tanh_c
    dz = np.hstack([di * i * (1.0 - i), df * f * (1.0 - f), dg * (1.0 - g**2), do * o * (1.0 - o)])
    return {"dx": dz @ Wx.T, "dh": dz @ Wh.T, "dc": dc_new * f, "dWx": x.T @ dz, "dWh": h.T @ dz, "db": dz.sum(axis=0)}
"""

RNN_BIAS = "    b = np.arctanh(h_new) - x @ Wx - h @ Wh\n"
LSTM_BIAS = "    b = np.hstack([np.log(i / (1 - i)), np.log(f / (1 - f)), np.arctanh(g), np.log(o / (1 - o))]) - x @ Wx - h @ Wh\n"

MUTANTS = {
    "sigmoid": {
        "overflows to nan": ("np.where(np.asarray(x) >= 0, 1.0, small) / (1.0 + small)", "np.exp(x) / (1.0 + np.exp(x))"),
        "one minus the sigmoid of the opposite": ("return np.where(np.asarray(x) >= 0, 1.0, small) / (1.0 + small)", "return np.where(np.asarray(x) >= 0, 1.0 / (1.0 + small), 1.0 - 1.0 / (1.0 + small))"),
        "through tanh": ("return np.where(np.asarray(x) >= 0, 1.0, small) / (1.0 + small)", "return 0.5 + 0.5 * np.tanh(0.5 * np.asarray(x))"),
        "sign of x": ("np.asarray(x) >= 0", "np.asarray(x) <= 0"),
        "never turned round": ("np.where(np.asarray(x) >= 0, 1.0, small)", "1.0"),
        "clips its argument": ("small = np.exp(-np.abs(x))", "x = np.clip(x, -20.0, 20.0)\n    small = np.exp(-np.abs(x))"),
        "in place": ("small = np.exp(-np.abs(x))", "small = np.abs(x, out=x) if isinstance(x, np.ndarray) else abs(x)\n    small = np.exp(-small)"),
        "flat": ("return np.where(np.asarray(x) >= 0, 1.0, small) / (1.0 + small)", "return np.ravel(np.where(np.asarray(x) >= 0, 1.0, small) / (1.0 + small))"),
        "rounded to float32": ("return np.where(np.asarray(x) >= 0, 1.0, small) / (1.0 + small)", "return np.float64(np.float32(np.where(np.asarray(x) >= 0, 1.0, small) / (1.0 + small)))"),
        "never below a small number": ("return np.where(np.asarray(x) >= 0, 1.0, small) / (1.0 + small)", "return np.maximum(np.where(np.asarray(x) >= 0, 1.0, small) / (1.0 + small), 1e-12)"),
        "the first answer of each shape": ("return np.where(np.asarray(x) >= 0, 1.0, small) / (1.0 + small)", "return vars(sigmoid).setdefault(str(np.shape(x)), np.where(np.asarray(x) >= 0, 1.0, small) / (1.0 + small))"),
        "one array for all answers": ("return np.where(np.asarray(x) >= 0, 1.0, small) / (1.0 + small)", "kept = vars(sigmoid).setdefault(str(np.shape(x)), np.empty(np.shape(x)))\n    kept[...] = np.where(np.asarray(x) >= 0, 1.0, small) / (1.0 + small)\n    return kept"),
    },
    "rnn_step": {
        "no bias": ("h @ Wh + b", "h @ Wh"),
        "no state": ("x @ Wx + h @ Wh + b", "x @ Wx + b"),
        "sigmoid for tanh": ("np.tanh(x @ Wx + h @ Wh + b)", "1 / (1 + np.exp(-(x @ Wx + h @ Wh + b)))"),
        "no tanh": ("np.tanh(x @ Wx + h @ Wh + b)", "x @ Wx + h @ Wh + b"),
        "Wh transposed": ("h @ Wh", "h @ Wh.T"),
        "old state added": ("h_new = np.tanh(", "h_new = h + np.tanh("),
        "tanh that overflows": ("h_new = np.tanh(x @ Wx + h @ Wh + b)", "z = x @ Wx + h @ Wh + b\n    h_new = (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))"),
        "writes into the state": ("    return h_new, (x", "    h[...] = h_new\n    return h_new, (x"),
        "first sequence for all": ("h @ Wh + b", "h[:1] @ Wh + b"),
        "rounded to float32": ("h_new = np.tanh(x @ Wx + h @ Wh + b)", "h_new = np.float64(np.float32(np.tanh(x @ Wx + h @ Wh + b)))"),
        "the first answer of each shape": ("h_new = np.tanh(x @ Wx + h @ Wh + b)", "h_new = vars(rnn_step).setdefault(str((x.shape, h.shape)), np.tanh(x @ Wx + h @ Wh + b))"),
        "one array for all answers": ("h_new = np.tanh(x @ Wx + h @ Wh + b)", "h_new = np.tanh(x @ Wx + h @ Wh + b, out=vars(rnn_step).setdefault(str(h.shape), np.empty(h.shape)))"),
    },
    "rnn_step_backward": {
        "no slope of tanh": ("dh * (1.0 - h_new**2)", "dh * 1.0"),
        "slope of tanh at the old state": ("(1.0 - h_new**2)", "(1.0 - h**2)"),
        "slope of tanh of the state": ("(1.0 - h_new**2)", "(1.0 - np.tanh(h_new) ** 2)"),
        "slope of the sigmoid": ("(1.0 - h_new**2)", "h_new * (1.0 - h_new)"),
        "new state for old": ('"dWh": h.T @ dz', '"dWh": h_new.T @ dz'),
        "Wh not transposed": ("dz @ Wh.T", "dz @ Wh"),
        "mean over the batch": ("dz.sum(axis=0)", "dz.mean(axis=0)"),
        "dWx and dWh swapped": ('"dWx": x.T @ dz, "dWh": h.T @ dz', '"dWx": h.T @ dz, "dWh": x.T @ dz'),
        "writes into dh": ("dz = dh * (1.0 - h_new**2)", "dh *= 1.0 - h_new**2\n    dz = dh"),
        "bias not summed": ("dz.sum(axis=0)", "dz[0]"),
        "name of the old state": ('"dh": dz', '"dh0": dz'),
        "measured": (RNN_SLOPES, RNN_BIAS + MEASURED.replace("loss()", "dh * rnn_step(x, h, Wx, Wh, b)[0]") + '    return {"dx": measured(x), "dh": measured(h), "dWx": measured(Wx), "dWh": measured(Wh), "db": measured(b).sum(axis=0)}\n'),
        "measured with a complex step": (RNN_SLOPES, RNN_BIAS + """\
    arrays = {"dx": x, "dh": h, "dWx": Wx, "dWh": Wh, "db": b}
    found = {name: np.zeros(array.shape) for name, array in arrays.items()}
    for name, array in arrays.items():
        for place in np.ndindex(array.shape):
            moved = {key: other.astype(complex) for key, other in arrays.items()}
            moved[name][place] += 1e-30j
            found[name][place] = (dh * np.imag(np.tanh(moved["dx"] @ moved["dWx"] + moved["dh"] @ moved["dWh"] + moved["db"]))).sum() / 1e-30
    return found | {"db": found["db"].sum(axis=0)}
"""),
        "slope of tanh measured": ("dh * (1.0 - h_new**2)", "dh * (np.tanh(np.arctanh(h_new) + 1e-5) - np.tanh(np.arctanh(h_new) - 1e-5)) / 2e-5"),
        "the last cache for all": ("    x, h, Wx, Wh, h_new = cache", "    cache = vars(rnn_step_backward).setdefault(str(dh.shape), cache)\n    x, h, Wx, Wh, h_new = cache"),
        "rounded to float32": ("dh * (1.0 - h_new**2)", "np.float64(np.float32(dh * (1.0 - h_new**2)))"),
    },
    "rnn": {
        "first state forgotten": ("    h = h0\n", "    h = np.zeros_like(h0)\n"),
        "states before the steps": ("        h, cache = rnn_step(x[:, t], h, Wx, Wh, b)\n        states.append(h)\n", "        states.append(h)\n        h, cache = rnn_step(x[:, t], h, Wx, Wh, b)\n"),
        "state not passed on": ("h, cache = rnn_step(x[:, t], h, Wx, Wh, b)", "h, cache = rnn_step(x[:, t], h0, Wx, Wh, b)"),
        "steps first": ("np.stack(states, axis=1), caches", "np.stack(states, axis=0), caches"),
        "dWh overwritten": ("totals[key] = totals.get(key, 0.0) + step[key]", 'totals[key] = step[key] + (totals.get(key, 0.0) if key != "dWh" else 0.0)'),
        "nothing comes back": ('        coming_back = step["dh"]\n', ""),
        "only the last gradient": ("dh[:, t] + coming_back", "dh[:, t] * (t == T - 1) + coming_back"),
        "gradient at the step not added": ("dh[:, t] + coming_back", "(coming_back if t < T - 1 else dh[:, t])"),
        "comes back without fading": ('coming_back = step["dh"]', 'coming_back = dh[:, t] + coming_back'),
        "dx the wrong way round": ("np.stack(dx[::-1], axis=1)", "np.stack(dx, axis=1)"),
        "backwards from the front": ("for t in reversed(range(T)):", "for t in range(T):"),
        "adds into dh": (RNN_STEP_BACK, 'dh[:, t] += coming_back\n        step = rnn_step_backward(dh[:, t], cache[t])'),
        "one cache for all": ("    return np.stack(states, axis=1), caches", "    global kept\n    kept = caches\n    return np.stack(states, axis=1), None"),
        "measured": ("    N, T, H = dh.shape\n    dx, totals = [], {}\n", """\
    x, Wx, Wh = np.stack([step[0] for step in cache], axis=1), *cache[0][2:4]
    h0 = cache[0][1].copy()
    b = np.arctanh(cache[0][4]) - x[:, 0] @ Wx - h0 @ Wh
""" + MEASURED.replace("loss()", "dh * rnn_forward(x, h0, Wx, Wh, b)[0]") + """\
    return {"dx": measured(x), "dh0": measured(h0), "dWx": measured(Wx), "dWh": measured(Wh), "db": measured(b).sum(axis=0)}
    N, T, H = dh.shape
    dx, totals = [], {}
"""),
        "sums of all calls": ("    dx, totals = [], {}", "    dx, totals = [], vars(rnn_backward).setdefault(str(dh.shape), {})"),
        "the first answer of each shape": ("return np.stack(states, axis=1), caches", "return vars(rnn_forward).setdefault(str((x.shape, h0.shape)), np.stack(states, axis=1)), caches"),
    },
    "lstm_gates": {
        "i, f, o, g": ("zi, zf, zg, zo = np", "zi, zf, zo, zg = np"),
        "f before i": ("zi, zf, zg, zo = np", "zf, zi, zg, zo = np"),
        "answers i, f, o, g": (GATES, "return sigmoid(zi), sigmoid(zf), sigmoid(zo), np.tanh(zg)"),
        "sigmoid for g": ("np.tanh(zg)", "sigmoid(zg)"),
        "tanh everywhere": (GATES, "return np.tanh(zi), np.tanh(zf), np.tanh(zg), np.tanh(zo)"),
        "one gate for each unit in turn": ("np.split(z, 4, axis=1)", "(z[:, k::4] for k in range(4))"),
        "no bias": ("h @ Wh + b", "h @ Wh"),
        "no state": ("x @ Wx + h @ Wh + b", "x @ Wx + b"),
        "a sigmoid that overflows": (GATES, "return tuple(np.tanh(part) if part is zg else np.exp(part) / (1 + np.exp(part)) for part in (zi, zf, zg, zo))"),
        "one to add to f": ("sigmoid(zf)", "sigmoid(zf + 1.0)"),
        "the first answer of each shape": ("    z = x @ Wx + h @ Wh + b", "    z = vars(lstm_gates).setdefault(str((x.shape, h.shape)), x @ Wx + h @ Wh + b)"),
        "rounded to float32": ("z = x @ Wx + h @ Wh + b", "z = np.float64(np.float32(x @ Wx + h @ Wh + b))"),
        "writes into the bias": ("    z = x @ Wx + h @ Wh + b", "    b += h[0] @ Wh\n    z = x @ Wx + h @ Wh - h[0] @ Wh + b"),
    },
    "lstm_step": {
        "i and f swapped": ("f * c + i * g", "i * c + f * g"),
        "memory not kept": ("f * c + i * g", "i * g"),
        "coupled gates": ("f * c + i * g", "f * c + (1 - f) * g"),
        "state of the old memory": ("o * np.tanh(c_new)", "o * np.tanh(c)"),
        "no tanh": ("o * np.tanh(c_new)", "o * c_new"),
        "no output gate": ("o * np.tanh(c_new)", "np.tanh(c_new)"),
        "memory before state": ("return h_new, c_new,", "return c_new, h_new,"),
        "old memory returned": ("return h_new, c_new,", "return h_new, c,"),
        "tanh of the memory": ("c_new = f * c + i * g", "c_new = np.tanh(f * c + i * g)"),
        "state for memory": ("f * c + i * g", "f * h + i * g"),
        "writes into the memory": ("c_new = f * c + i * g", "old = c.copy()\n    c *= f\n    c += i * g\n    c_new, c = c, old"),
        "the first answer of each shape": ("h_new = o * np.tanh(c_new)", "h_new = vars(lstm_step).setdefault(str((x.shape, h.shape)), o * np.tanh(c_new))"),
        "one array for all memories": ("c_new = f * c + i * g", "kept = vars(lstm_step).setdefault(str(c.shape), np.empty(c.shape))\n    kept[...] = f * c + i * g\n    c_new = kept"),
    },
    "lstm_step_backward": {
        "dc dropped": ("dc_new = dc + dh * o", "dc_new = dh * o"),
        "path through the state dropped": ("dc_new = dc + dh * o * (1.0 - tanh_c**2)", "dc_new = dc"),
        "no output gate on the way to the memory": ("dh * o * (1.0 - tanh_c**2)", "dh * (1.0 - tanh_c**2)"),
        "no slope of tanh": ("dh * o * (1.0 - tanh_c**2)", "dh * o"),
        "slope of tanh from the memory": ("(1.0 - tanh_c**2)", "(1.0 - c_new**2)"),
        "new memory for old": ("dc_new * c, dc_new * i", "dc_new * c_new, dc_new * i"),
        "gates i and g swapped": ("dc_new * g, dc_new * c, dc_new * i,", "dc_new * i, dc_new * c, dc_new * g,"),
        "memory gradient without f": ('"dc": dc_new * f', '"dc": dc_new'),
        "memory gradient from dc alone": ('"dc": dc_new * f', '"dc": dc * f'),
        "slopes of squashed values missing": (SQUASHED, "[di, df, dg, do]"),
        "g as a sigmoid": ("dg * (1.0 - g**2)", "dg * g * (1.0 - g)"),
        "order of the gates": (SQUASHED, "[df * f * (1.0 - f), di * i * (1.0 - i), dg * (1.0 - g**2), do * o * (1.0 - o)]"),
        "Wh without its transpose": ('"dWh": h.T @ dz', '"dWh": (o * tanh_c).T @ dz'),
        "writes into dc": ("dc_new = dc + dh * o * (1.0 - tanh_c**2)", "dc += dh * o * (1.0 - tanh_c**2)\n    dc_new = dc"),
        "measured": (LSTM_SLOPES, LSTM_BIAS + "    c = c.copy()\n\n    def loss():\n        new_h, new_c, _ = lstm_step(x, h, c, Wx, Wh, b)\n        return dh * new_h + dc * new_c\n\n" + MEASURED + '    return {"dx": measured(x), "dh": measured(h), "dc": measured(c), "dWx": measured(Wx), "dWh": measured(Wh), "db": measured(b).sum(axis=0)}\n'),
        "the first cache of each shape": ("    tanh_c = np", "    x, h, c, Wx, Wh, i, f, g, o, c_new = vars(lstm_step_backward).setdefault(str((x.shape, h.shape)), cache)\n    tanh_c = np"),
        "gates measured": ("di * i * (1.0 - i)", "di * (sigmoid(np.log(i / (1.0 - i)) + 1e-5) - sigmoid(np.log(i / (1.0 - i)) - 1e-5)) / 2e-5"),
    },
    "lstm": {
        "lengths ignored": ("np.full(N, T) if lengths is None else np.asarray(lengths)", "np.full(N, T)"),
        "lengths not checked": ("if (lengths < 1).any() or (lengths > T).any():", "if False:"),
        "full length refused": ("(lengths > T).any()", "(lengths >= T).any()"),
        "one step too many": ("np.arange(T) < lengths[:, None]", "np.arange(T) <= lengths[:, None]"),
        "last state repeated": ("h, c = h * runs[:, t], c * runs[:, t]", "h, c = np.where(runs[:, t], h, states[-1] if states else h0), np.where(runs[:, t], c, 0.0)"),
        "padding not masked on the way back": (LSTM_STEP_BACK, "lstm_step_backward(dh[:, t] + back_h, back_c, caches[t])"),
        "dh in the padding counts": ("(dh[:, t] + back_h) * runs[:, t]", "dh[:, t] + back_h * runs[:, t]"),
        "memory not passed back": (LSTM_STEP_BACK, "lstm_step_backward((dh[:, t] + back_h) * runs[:, t], 0.0 * back_c, caches[t])"),
        "state not passed back": ("(dh[:, t] + back_h) * runs", "dh[:, t] * runs"),
        "first memory forgotten": ("h, c = h0, c0", "h, c = h0, np.zeros_like(c0)"),
        "dWh overwritten": ("totals[key] = totals.get(key, 0.0) + step[key]", 'totals[key] = step[key] + (totals.get(key, 0.0) if key != "dWh" else 0.0)'),
        "gradients of the states swapped": ('"dh0": back_h, "dc0": back_c', '"dh0": back_c, "dc0": back_h'),
        "states before the steps": ("np.stack(states, axis=1), (caches, runs)", "np.stack([h0, *states[:-1]], axis=1), (caches, runs)"),
        "lengths changed": ("np.asarray(lengths)", "np.sort(lengths)[::-1]"),
        "measured": ("    caches, runs = cache\n    N, T, H = dh.shape\n    dx, totals = [], {}\n", """\
    caches, runs = cache
    dh = dh * runs
    x, (_, h0, c0, Wx, Wh, i, f, g, o, _) = np.stack([step[0] for step in caches], axis=1), caches[0]
    h0, c0, lengths = h0.copy(), c0.copy(), runs[:, :, 0].sum(axis=1)
    b = np.hstack([np.log(i / (1 - i)), np.log(f / (1 - f)), np.arctanh(g), np.log(o / (1 - o))]) - x[:, 0] @ Wx - h0 @ Wh
""" + MEASURED.replace("loss()", "dh * lstm_forward(x, h0, c0, Wx, Wh, b, lengths)[0]") + """\
    found = {"dx": x, "dh0": h0, "dc0": c0, "dWx": Wx, "dWh": Wh, "db": b}
    found = {name: measured(array) for name, array in found.items()}
    return found | {"db": found["db"].sum(axis=0)}
    N, T, H = dh.shape
    dx, totals = [], {}
"""),
        "lengths of the first batch": ("np.asarray(lengths)", "vars(lstm_forward).setdefault(str(x.shape), np.array(lengths))"),
        "sums of all calls": ("    dx, totals = [], {}", "    dx, totals = [], vars(lstm_backward).setdefault(str(dh.shape), {})"),
        "one array for all answers": ("return np.stack(states, axis=1), (caches, runs)", "return np.stack(states, axis=1, out=vars(lstm_forward).setdefault(str((N, T, len(Wh))), np.empty((N, T, len(Wh))))), (caches, runs)"),
    },
    "sequence_model": {
        "sum over the batch": ("loss = -log_p[examples, y].mean()", "loss = -log_p[examples, y].sum()"),
        "gradient of the sum": ("        dlogits /= len(x)\n", ""),
        "right class not subtracted": ("        dlogits[examples, y] -= 1.0\n", ""),
        "first state": ("logits = h[:, -1] @", "logits = h[:, 0] @"),
        "mean of the states": ("logits = h[:, -1] @", "logits = h.mean(axis=1) @"),
        "gradient at every step": ("dh[:, -1] = dlogits", "dh[:] = (dlogits @ p[\"Wy\"].T)[:, None]\n        dh[:, -1] = dlogits"),
        "gradient at the first step": ("dh[:, -1] =", "dh[:, 0] ="),
        "no maximum": ("        logits = logits - logits.max(axis=1, keepdims=True)\n", ""),
        "maximum of the batch": ("logits.max(axis=1, keepdims=True)", "logits.max()"),
        "softmax twice": ("        logits = logits - logits.max", "        logits = np.exp(logits - logits.max(axis=1, keepdims=True))\n        logits = logits / logits.sum(axis=1, keepdims=True)\n        logits = logits - logits.max"),
        "a copy of the parameters": ("self.params = params", "self.params = {name: array.copy() for name, array in params.items()}"),
        "keys with a d": ('"Wx": grads["dWx"], "Wh"', '"dWx": grads["dWx"], "Wh"'),
        "gradients add up over calls": ("        grads = lstm_backward(dh, cache)\n", "        grads = lstm_backward(dh, cache)\n        self.total = {key: grad + getattr(self, \"total\", {}).get(key, 0.0) for key, grad in grads.items()}\n        grads = self.total\n"),
        "measured": ("        grads = lstm_backward(dh, cache)\n", MEASURED.replace("    ", "        ", 1).replace("\n    ", "\n        ") + """\
        def loss():
            a = lstm_forward(x, start, start, p["Wx"], p["Wh"], p["b"])[0][:, -1] @ p["Wy"] + p["by"]
            a = a - a.max(axis=1, keepdims=True)
            return (np.log(np.exp(a).sum(axis=1)) - a[examples, y]) / len(x)

        value = -log_p[examples, y].mean()
        return float(value), {name: measured(array) for name, array in p.items()}
"""),
        "a logarithm that is clamped": ("log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))", "log_p = np.log(np.maximum(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), 1e-12))"),
        "a small number inside of the logarithm": ("np.log(np.exp(logits).sum(axis=1, keepdims=True))", "np.log(np.exp(logits).sum(axis=1, keepdims=True) + 1e-8)"),
        "states of the first call": ("        start = np.zeros((len(x), len(p[\"Wh\"])))\n", "        start = getattr(self, \"last\", np.zeros((len(x), len(p[\"Wh\"]))))\n        self.last = start + 0.1\n"),
    },
    "clip_gradients": {
        "each array by itself": ("    norm = float(np.sqrt(sum((grad**2).sum() for grad in grads.values())))\n    if norm > max_norm:\n        for grad in grads.values():\n            grad *= max_norm / norm\n", "    norm = float(np.sqrt(sum((grad**2).sum() for grad in grads.values())))\n    for grad in grads.values():\n        grad *= min(1.0, max_norm / max(np.sqrt((grad**2).sum()), 1e-300))\n"),
        "each number by itself": ("grad *= max_norm / norm", "np.clip(grad, -max_norm, max_norm, out=grad)"),
        "sum of the norms": ("np.sqrt(sum((grad**2).sum() for grad in grads.values()))", "sum(np.sqrt((grad**2).sum()) for grad in grads.values())"),
        "no root": ("np.sqrt(sum((grad**2).sum() for grad in grads.values()))", "sum((grad**2).sum() for grad in grads.values())"),
        "small gradients are made longer": ("if norm > max_norm:", "if norm > 0:"),
        "only the short ones": ("norm > max_norm", "norm < max_norm"),
        "new arrays": ("        for grad in grads.values():\n            grad *= max_norm / norm", "        for name in grads:\n            grads[name] = grads[name] * (max_norm / norm)"),
        "norm after": ("    return norm\n", "    return min(norm, max_norm)\n"),
        "divided by the norm alone": ("grad *= max_norm / norm", "grad /= norm"),
        "nothing returned": ("    return norm\n", "    return None\n"),
        "torch's small number": ("max_norm / norm", "max_norm / (norm + 1e-6)"),
        "a little too long is let through": ("norm > max_norm", "norm > max_norm * 1.0001"),
        "never below the norm of the last call": ("    if norm > max_norm:", "    norm = vars(clip_gradients)[\"last\"] = max(norm, vars(clip_gradients).get(\"last\", 0.0))\n    if norm > max_norm:"),
        "norm rounded to float32": ("return norm", "return float(np.float32(norm))"),
    },
    "gradient_flow": {
        "direct path alone": ('dh, dc = step["dh"], step["dc"]', 'dh, dc = 0.0 * step["dh"], step["dc"]'),
        "path through the memory dropped": ('dh, dc = step["dh"], step["dc"]', 'dh, dc = step["dh"], 0.0 * step["dc"]'),
        "gradient of the memory": ("norms[t] = np.sqrt((dh**2).sum())", "norms[t] = np.sqrt((dc**2).sum())"),
        "squared": ("np.sqrt((dh**2).sum())", "(dh**2).sum()"),
        "mean over the batch": ("np.sqrt((dh**2).sum())", "np.sqrt((dh**2).sum(axis=1)).mean()"),
        "sum of the loss": (' @ p["Wy"].T / N', ' @ p["Wy"].T'),
        "last first": ("    return norms\n", "    return norms[::-1]\n"),
        "one step off": ("        norms[t] = np.sqrt((dh**2).sum())\n        step = lstm_step_backward(dh, dc, caches[t])\n        dh, dc = step[\"dh\"], step[\"dc\"]\n", "        step = lstm_step_backward(dh, dc, caches[t])\n        dh, dc = step[\"dh\"], step[\"dc\"]\n        norms[t] = np.sqrt((dh**2).sum())\n"),
        "right class not subtracted": ("    dlogits[np.arange(N), y] -= 1.0\n", ""),
        "a gradient at every step": ('dh, dc = step["dh"], step["dc"]', 'dh, dc = step["dh"] + dlogits @ p["Wy"].T / N, step["dc"]'),
        "no maximum": ("np.exp(logits - logits.max(axis=1, keepdims=True))", "np.exp(logits)"),
        "asks the model": ("p = model.params", "model.loss(x, y)\n    p = model.params"),
        "measured": ("    norms = np.zeros(T)\n", """\
    def loss(t, moved):
        h = c = np.zeros((N, len(p["Wh"])))
        for s in range(T):
            h, c, _ = lstm_step(x[:, s], h, c, p["Wx"], p["Wh"], p["b"])
            h = h + moved if s == t else h
        a = h @ p["Wy"] + p["by"]
        a = a - a.max(axis=1, keepdims=True)
        return np.mean(np.log(np.exp(a).sum(axis=1)) - a[np.arange(N), y])

    norms = np.zeros(T)
    for t in range(T):
        slopes = []
        for place in np.ndindex(h.shape):
            moved = np.zeros(h.shape)
            moved[place] = 1e-5
            slopes.append((loss(t, moved) - loss(t, -moved)) / 2e-5)
        norms[t] = np.linalg.norm(slopes)
    return norms
"""),
        "the first model for all": ("p = model.params", "p = vars(gradient_flow).setdefault(str(x.shape), model.params)"),
    },
    "sample": {
        "at least u": ("(cdf <= u).sum()", "(cdf < u).sum()"),
        "one past the last": ("len(logits) - 1)", "len(logits))"),
        "times the temperature": ("(logits - np.max(logits)) / temperature", "(logits - np.max(logits)) * temperature"),
        "temperature ignored": ("(logits - np.max(logits)) / temperature", "logits - np.max(logits)"),
        "probabilities, not their sums": ("np.cumsum(powers / powers.sum())", "powers / powers.sum()"),
        "not normalised": ("np.cumsum(powers / powers.sum())", "np.cumsum(powers)"),
        "no maximum": ("logits - np.max(logits)", "logits"),
        "negative temperature allowed": ('        raise ValueError("a temperature is not negative")\n', "        temperature = -temperature\n"),
        "temperature 0 refused": ("temperature < 0", "temperature <= 0"),
        "last of equal logits": ("int(np.argmax(logits))", "len(logits) - 1 - int(np.argmax(logits[::-1]))"),
        "argmax at any temperature": ("if temperature == 0:", "if temperature <= 1:"),
        "writes into the logits": ("    powers = np.exp(", "    logits -= np.max(logits)\n    powers = np.exp("),
        "sums rounded to float32": ("np.cumsum(powers / powers.sum())", "np.cumsum(np.float32(powers / powers.sum()))"),
        "sums rounded": ("np.cumsum(powers / powers.sum())", "np.round(np.cumsum(powers / powers.sum()), 6)"),
        "the first choice for each u": ("return min(int((cdf <= u).sum()), len(logits) - 1)", "return vars(sample).setdefault(str((len(logits), u)), min(int((cdf <= u).sum()), len(logits) - 1))"),
        "low temperatures are 0": ("if temperature == 0:", "if temperature < 0.5:"),
    },
}

EQUIVALENT = {
    "sigmoid": {
        "return np.where(np.asarray(x) >= 0, 1.0, small) / (1.0 + small)  ->  return np.where(np.asarray(x) > 0, 1.0, small) / (1.0 + small)": "at 0 both numerators are 1",
        "return np.where(np.asarray(x) >= 0, 1.0, small) / (1.0 + small)  ->  return np.where(x >= 0, 1.0, small) / (1.0 + small)": "a number can be compared as well as an array",
    },
    "lstm": {
        "h, c = (h * runs[:, t], c * runs[:, t])  ->  h, c = (h * runs[:, t], c)": "what the memory of an ended sequence does is hidden, and no gradient goes back through it",
        "lengths = np.full(N, T) if lengths is None else np.asarray(lengths)  ->  lengths = np.full(N, T) if lengths is None else lengths": "lengths come as an array",
        "step = lstm_step_backward((dh[:, t] + back_h) * runs[:, t], back_c * runs[:, t], caches[t])  ->  step = lstm_step_backward((dh[:, t] + back_h) * runs[:, t], back_c, caches[t])": "what comes back for the memory is still 0 in the padding",
    },
    "sequence_model": {
        "return (float(loss), {'Wx': grads['dWx'], 'Wh': grads['dWh'], 'b': grads['db'], 'Wy': h[:, -1].T @ dlogits, 'by': dlogits.sum(axis=0)})  ->  return (loss, {'Wx': grads['dWx'], 'Wh': grads['dWh'], 'b': grads['db'], 'Wy': h[:, -1].T @ dlogits, 'by': dlogits.sum(axis=0)})": "a NumPy number is as good as a Python float",
    },
    "clip_gradients": {
        "if norm > max_norm:  ->  if norm >= max_norm:": "multiplied by 1",
        "norm = float(np.sqrt(sum(((grad ** 2).sum() for grad in grads.values()))))  ->  norm = np.sqrt(sum(((grad ** 2).sum() for grad in grads.values())))": "a NumPy number is as good as a Python float",
    },
    "sample": {
        "return int(np.argmax(logits))  ->  return np.argmax(logits)": "an integer of NumPy is as good as Python's",
        "return min(int((cdf <= u).sum()), len(logits) - 1)  ->  return min((cdf <= u).sum(), len(logits) - 1)": "an integer of NumPy is as good as Python's",
        "return min(int((cdf <= u).sum()), len(logits) - 1)  ->  return min(len(logits) - 1, int((cdf <= u).sum()))": "the smaller of two does not depend on their order",
    },
}
