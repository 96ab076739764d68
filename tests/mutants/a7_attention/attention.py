"""The model answers with one mistake each; the suite must fail every one on its exercise, and otherwise only on those that need it."""

SOFTMAX = "torch.softmax(scores.masked_fill(~mask, lowest), dim=-1) * mask"
INTERLEAVED = "    encoding[:, 0::2] = np.sin(angles)\n    encoding[:, 1::2] = np.cos(angles)"

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

MUTANTS = {
    "embedding": {
        "repeats forgotten": ("np.add.at(dE, ids, dout)", "dE[ids] += dout"),
        "mean over repeats": ("return dE", "return dE / np.maximum(np.bincount(ids.ravel(), minlength=V), 1)[:, np.newaxis]"),
        "mean over the batch": ("np.add.at(dE, ids, dout)", "np.add.at(dE, ids, dout / len(dout))"),
        "rows only up to the largest id": ("np.zeros((V, ", "np.zeros((ids.max() + 1, "),
        "gradient of the last call kept": ("dE = np.zeros((V, dout.shape[-1]))", "dE = vars(embed_backward).setdefault(str(V), np.zeros((V, dout.shape[-1])))"),
        "rows counted from 1": ("E[ids]", "E[ids - 1]"),
        "one long sentence": ("E[ids]", "E[ids.ravel()]"),
        "first sentence alone": ("E[ids]", "E[ids[:1]]"),
        "writes into the table": ("return E[ids]", "E[0] = 0.0\n    return E[ids]"),
        "sorts the ids of the caller": ("return dE", "ids.sort()\n    return dE"),
        "the first answer of each shape": ("return E[ids]", "return vars(embed).setdefault(str((ids.shape, E.shape)), E[ids])"),
        "one array for all answers": ("return E[ids]", "return np.take(E, ids, axis=0, out=vars(embed).setdefault(str((ids.shape, E.shape)), np.empty((*ids.shape, E.shape[1]))), mode='clip')"),
        "rounded to float32": ("return dE", "return np.float64(np.float32(dE))"),
        "writes into dout": ("    np.add.at(dE, ids, dout)", "    np.add.at(dE, ids, dout)\n    dout *= 0.5"),
    },
    "positional_encoding": {
        "odd d accepted": ("if d % 2:", "if False:"),
        "odd d refused by another exception": ("raise ValueError", "raise TypeError"),
        "sines and cosines swapped": (INTERLEAVED, "    encoding[:, 0::2] = np.cos(angles)\n    encoding[:, 1::2] = np.sin(angles)"),
        "all sines first": (INTERLEAVED, "    encoding[:, : d // 2] = np.sin(angles)\n    encoding[:, d // 2 :] = np.cos(angles)"),
        "cosines with the number of their own column": (
            "encoding[:, 1::2] = np.cos(angles)",
            "encoding[:, 1::2] = np.cos(np.arange(n)[:, np.newaxis] * 10000.0 ** (-np.arange(1, d, 2) / d))",
        ),
        "twice the column": ("(-np.arange(0, d, 2) / d)", "(-2 * np.arange(0, d, 2) / d)"),
        "i for 2i": ("np.arange(0, d, 2)", "np.arange(0, d // 2)"),
        "frequencies that grow": ("(-np.arange(0, d, 2) / d)", "(np.arange(0, d, 2) / d)"),
        "1000 for 10000": ("10000.0", "1000.0"),
        "positions from 1": ("np.arange(n)[", "np.arange(1, n + 1)["),
        "places as columns": ("return encoding", "return encoding.T"),
        "rounded to float32": ("return encoding", "return np.float64(np.float32(encoding))"),
        "speeds rounded": ("10000.0 ** (-np.arange(0, d, 2) / d)", "np.round(10000.0 ** (-np.arange(0, d, 2) / d), 6)"),
    },
    "importance_scores": {
        "softmax over the columns": ("axis=1", "axis=0"),
        "softmax over the whole table": ("exponentials.sum(axis=1, keepdims=True)", "exponentials.sum()"),
        "scaled": ("X @ X.T", "X @ X.T / np.sqrt(X.shape[1])"),
        "cosines": ("scores = X @ X.T", "scores = X @ X.T / np.outer(np.linalg.norm(X, axis=1), np.linalg.norm(X, axis=1))"),
        "dot products of columns": ("X @ X.T", "X.T @ X"),
        "no maximum": (" - scores.max(axis=1, keepdims=True)", ""),
        "maximum of the whole table": ("scores.max(axis=1, keepdims=True)", "scores.max()"),
        "no softmax": ("return exponentials / exponentials.sum(axis=1, keepdims=True)", "return scores"),
        "a word does not look at itself": ("    exponentials =", "    np.fill_diagonal(scores, -1e9)\n    exponentials ="),
        "centres X in place": ("    scores =", "    X -= X.mean(axis=0)\n    scores ="),
        "rounded to float32": ("return exponentials / exponentials.sum(axis=1, keepdims=True)", "return np.float64(np.float32(exponentials / exponentials.sum(axis=1, keepdims=True)))"),
        "a small number added": ("exponentials.sum(axis=1, keepdims=True)", "(exponentials.sum(axis=1, keepdims=True) + 1e-8)"),
        "scores clipped": ("scores = X @ X.T", "scores = np.clip(X @ X.T, -1500.0, 1500.0)"),
        "the first answer of each shape": ("    return exponentials", "    exponentials = vars(importance_scores).setdefault(str(X.shape), exponentials)\n    return exponentials"),
    },
    "attention": {
        "not scaled": (" / np.sqrt(Q.shape[-1])", ""),
        "divided by dk": ("np.sqrt(Q.shape[-1])", "Q.shape[-1]"),
        "the published mask, built and not applied": ("scores = np.where(mask,", "np.where(mask,"),
        "polarity": ("np.where(mask, scores, -np.inf)", "np.where(mask, -np.inf, scores)"),
        "mask added as a number": ("np.where(mask, scores, -np.inf)", "scores + mask"),
        "masked after the softmax": ("scores = np.where(mask, scores, -np.inf)", "weights = attention(Q, K, V)[1] * mask\n        return weights @ V, weights"),
        "fully masked rows are uniform": ("scores, -np.inf)", "scores, -1e9)"),
        "fully masked rows are nan": ("    highest = np.where(np.isfinite(highest), highest, 0.0)", "    highest = highest"),
        "softmax over the queries": ("axis=-1, keepdims", "axis=-2, keepdims"),
        "no maximum": ("np.exp(scores - highest)", "np.exp(scores)"),
        "maximum of everything": ("scores.max(axis=-1, keepdims=True)", "scores.max()"),
        "maximum over masked keys too": (
            "    if mask is not None:\n        scores = np.where(mask, scores, -np.inf)\n    highest = scores.max(axis=-1, keepdims=True)\n",
            "    highest = scores.max(axis=-1, keepdims=True)\n    if mask is not None:\n        scores = np.where(mask, scores, -np.inf)\n",
        ),
        "one leading axis at most": ("np.swapaxes(K, -1, -2)", "np.swapaxes(K, -1, -2 if K.ndim < 4 else -3)"),
        "masks of another shape ignored": ("if mask is not None:", "if mask is not None and mask.shape == scores.shape:"),
        "as many keys as queries": ("np.where(mask, scores, -np.inf)", "np.where(np.broadcast_to(mask, (*scores.shape[:-1], scores.shape[-2])), scores, -np.inf)"),
        "scales the queries of the caller": ("    scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])", "    Q /= np.sqrt(Q.shape[-1])\n    scores = Q @ np.swapaxes(K, -1, -2)"),
        "weights first": ("return weights @ V, weights", "return weights, weights @ V"),
        "a small number added": ("weights = exponentials / np.where(total > 0, total, 1.0)", "weights = exponentials / (total + 1e-8)"),
        "weights below a small number are 0": ("return weights @ V, weights", "weights = np.where(weights < 1e-6, 0.0, weights)\n    return weights @ V, weights"),
        "a row of one key is a fully masked row": ("weights = exponentials", "exponentials = exponentials * (np.isfinite(scores).sum(axis=-1, keepdims=True) > 1)\n    weights = exponentials"),
        "the first answer of each shape": ("return weights @ V, weights", "return vars(attention).setdefault(str((Q.shape, K.shape, V.shape)), weights @ V), weights"),
        "one array for all answers": ("return weights @ V, weights", "kept = vars(attention).setdefault(str((Q.shape, V.shape)), np.empty((*Q.shape[:-1], V.shape[-1])))\n    kept[...] = weights @ V\n    return kept, weights"),
        "rounded to float32": ("return weights @ V, weights", "weights = np.float64(np.float32(weights))\n    return weights @ V, weights"),
        "writes into the mask": ("        scores = np.where(mask, scores, -np.inf)", "        scores = np.where(mask, scores, -np.inf)\n        mask[...] = False"),
    },
    "masks": {
        "padding is True": ("np.arange(M) < lengths", "np.arange(M) >= lengths"),
        "one key too many": ("np.arange(M) < lengths", "np.arange(M) <= lengths"),
        "as long as the longest sentence": ("np.arange(M)", "np.arange(lengths.max())"),
        "padding at the start": ("return real[:, np.newaxis, np.newaxis, :]", "return real[:, np.newaxis, np.newaxis, ::-1]"),
        "masks the queries": ("return real[:, np.newaxis, np.newaxis, :]", "return real[:, np.newaxis, :, np.newaxis]"),
        "no axis for the heads": ("return real[:, np.newaxis, np.newaxis, :]", "return real[:, np.newaxis, :]"),
        "padding as numbers": ("return real[:, np.newaxis, np.newaxis, :]", "return real[:, np.newaxis, np.newaxis, :] * 1.0"),
        "nothing of an empty sentence": ("    real =", "    lengths = np.maximum(lengths, 1)\n    real ="),
        "without the diagonal": ("np.tril(np.ones((N, N), dtype=bool))", "np.tril(np.ones((N, N), dtype=bool), -1)"),
        "the future alone": ("np.tril(", "np.triu("),
        "torch's polarity": ("return np.tril(", "return ~np.tril("),
        "minus infinity": ("return np.tril(np.ones((N, N), dtype=bool))", "return np.where(np.tril(np.ones((N, N), dtype=bool)), 0.0, -np.inf)"),
        "the first answer of each shape": ("real = np.arange(M) < lengths[:, np.newaxis]", "real = vars(padding_mask).setdefault(str((len(lengths), M)), np.arange(M) < lengths[:, np.newaxis])"),
        "writes into the lengths": ("    real =", "    lengths -= 1\n    lengths = lengths + 1\n    real ="),
    },
    "heads": {
        "split by a reshape alone": ("x.reshape(B, N, h, D // h).transpose(0, 2, 1, 3)", "x.reshape(B, h, N, D // h)"),
        "columns dealt out in turn": ("x.reshape(B, N, h, D // h).transpose(0, 2, 1, 3)", "x.reshape(B, N, D // h, h).transpose(0, 3, 1, 2)"),
        "h and the width swapped": ("x.reshape(B, N, h, D // h)", "x.reshape(B, N, D // h, h)"),
        "heads after the words": ("x.reshape(B, N, h, D // h).transpose(0, 2, 1, 3)", "x.reshape(B, N, h, D // h)"),
        "heads first": ("x.reshape(B, N, h, D // h).transpose(0, 2, 1, 3)", "x.reshape(B, N, h, D // h).transpose(2, 0, 1, 3)"),
        "what is left over is cut off": ("raise ValueError(f\"{D} numbers cannot be shared out equally among {h} heads\")", "x = x[:, :, : D // h * h]"),
        "refused by another exception": ("raise ValueError", "raise IndexError"),
        "merged by a reshape alone": ("x.transpose(0, 2, 1, 3).reshape(B, N, h * size)", "x.reshape(B, N, h * size)"),
        "merged number by number": ("x.transpose(0, 2, 1, 3).reshape", "x.transpose(0, 2, 3, 1).reshape"),
        "last head first": ("x.transpose(0, 2, 1, 3).reshape", "x[:, ::-1].transpose(0, 2, 1, 3).reshape"),
        "heads averaged": ("return x.transpose(0, 2, 1, 3).reshape(B, N, h * size)", "return np.tile(x.mean(axis=1), h)"),
        "reshapes the array of the caller": ("return x.transpose(0, 2, 1, 3).reshape(B, N, h * size)", "merged = x.transpose(0, 2, 1, 3).reshape(B, N, h * size).copy()\n    x[:] = 0.0\n    return merged"),
        "the first answer of each shape": ("return x.reshape(B, N, h, D // h)", "return vars(split_heads).setdefault(str((x.shape, h)), x).reshape(B, N, h, D // h)"),
        "one array for all merged heads": ("return x.transpose(0, 2, 1, 3).reshape(B, N, h * size)", "kept = vars(merge_heads).setdefault(str(x.shape), np.empty((B, N, h * size)))\n    kept[...] = x.transpose(0, 2, 1, 3).reshape(B, N, h * size)\n    return kept"),
    },
    "attention_backward": {
        "mask ignored": ("attention(Q, K, V, mask)", "attention(Q, K, V)"),
        "softmax without its mean": ("weights * (dweights - mean)", "weights * dweights"),
        "softmax as a sigmoid": ("weights * (dweights - mean)", "weights * (1 - weights) * dweights"),
        "mean without weights": ("(weights * dweights).sum(", "dweights.mean("),
        "mean over the queries": ("axis=-1", "axis=-2"),
        "not scaled": (" / np.sqrt(Q.shape[-1])", ""),
        "softmax left out": ("weights * (dweights - mean)", "dweights"),
        "dV by the scores": ("dV = np.swapaxes(weights, -1, -2) @ dout", "dV = np.swapaxes(Q @ np.swapaxes(K, -1, -2), -1, -2) @ dout"),
        "dQ and dK swapped": ("return dQ, dK, dV", "return dK, dQ, dV"),
        "two axes alone": ("np.swapaxes(dscores, -1, -2) @ Q", "dscores.T @ Q"),
        "nan where nothing may be attended to": ("(weights * dweights).sum(axis=-1, keepdims=True)", "(weights * dweights).sum(axis=-1, keepdims=True) / weights.sum(axis=-1, keepdims=True)"),
        "scales the slopes of the caller": ("    dweights = dout @ np.swapaxes(V, -1, -2)", "    dweights = dout @ np.swapaxes(V, -1, -2)\n    dout /= np.sqrt(Q.shape[-1])"),
        "measured": ("    _, weights = attention(Q, K, V, mask)\n", "    Q, K, V = Q.copy(), K.copy(), V.copy()\n\n    def loss():\n        return attention(Q, K, V, mask)[0] * dout\n\n" + MEASURED + "    return measured(Q), measured(K), measured(V)\n"),
        "measured with a complex step": ("    _, weights = attention(Q, K, V, mask)\n", """\
    def forward(Q, K, V):
        scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
        powers = np.exp(scores - scores.real.max(axis=-1, keepdims=True)) * (1.0 if mask is None else mask)
        total = powers.sum(axis=-1, keepdims=True)
        return (powers / np.where(total == 0, 1.0, total)) @ V

    found = []
    for which in range(3):
        found.append(np.zeros((Q, K, V)[which].shape))
        for place in np.ndindex(found[-1].shape):
            moved = [array.astype(complex) for array in (Q, K, V)]
            moved[which][place] += 1e-30j
            found[-1][place] = (dout * forward(*moved).imag).sum() / 1e-30
    return tuple(found)
"""),
        "the first answer of each shape": ("    _, weights = attention(Q, K, V, mask)", "    weights = vars(attention_backward).setdefault(str((Q.shape, K.shape)), attention(Q, K, V, mask)[1])"),
        "rounded to float32": ("return dQ, dK, dV", "return tuple(np.float64(np.float32(part)) for part in (dQ, dK, dV))"),
    },
    "multi_head": {
        "the square root of d": ("Q.shape[-1] ** 0.5", "q.shape[-1] ** 0.5"),
        "split by a reshape alone": ("x.reshape(B, length, self.h, d // self.h).transpose(1, 2)", "x.reshape(B, self.h, length, d // self.h)"),
        "merged by a reshape alone": ("(weights @ V).transpose(1, 2).reshape(q.shape)", "(weights @ V).reshape(q.shape)"),
        "the published mask, built and not applied": (SOFTMAX, "torch.softmax(scores, dim=-1)"),
        "torch's polarity": (SOFTMAX, "torch.softmax(scores.masked_fill(mask, lowest), dim=-1) * ~mask"),
        "fully masked rows are uniform": (SOFTMAX, "torch.softmax(scores.masked_fill(~mask, lowest), dim=-1)"),
        "nan in the gradients alone": (SOFTMAX, "torch.nan_to_num(torch.softmax(scores + torch.where(mask, 0.0, -torch.inf), dim=-1))"),
        "softmax over the queries": ("dim=-1", "dim=-2"),
        "layers of queries and keys swapped": ("split(self.q_proj(q)), split(self.k_proj(k))", "split(self.k_proj(q)), split(self.q_proj(k))"),
        "values from the keys": ("self.v_proj(v)", "self.v_proj(k)"),
        "out_proj forgotten": ("return self.out_proj(merged), weights", "return merged, weights"),
        "one layer for keys and values": ("self.v_proj = nn.Linear(d, d)", "self.v_proj = self.k_proj"),
        "weights averaged over the heads": ("return self.out_proj(merged), weights", "return self.out_proj(merged), weights.mean(dim=1)"),
        "values detached": ("weights @ V", "weights @ V.detach()"),
        "unequal heads accepted": ("if d % h:", "if False:"),
        "masks of four axes alone": ("if mask is None:", "if mask is None or mask.ndim < 4:"),
        "the first output of each shape": ("return self.out_proj(merged), weights", "return vars(self).setdefault(str(q.shape), self.out_proj(merged)), weights"),
        "counts its calls": ("return self.out_proj(merged), weights", "self.calls = getattr(self, 'calls', 0) + 1\n        return self.out_proj(merged) / self.calls, weights"),
        "computes in float32": ("scores = Q @", "Q, K, V = (part.float().double() for part in (Q, K, V))\n        scores = Q @"),
        "writes into the mask": ("            lowest =", "            allowed = mask.clone()\n            mask[...] = False\n            mask = allowed\n            lowest ="),
    },
    "cross_attention": {
        "queries and memory swapped": ("mha(x, memory, memory, mask)", "mha(memory, x, x, mask)"),
        "keys from x": ("mha(x, memory, memory, mask)", "mha(x, x, memory, mask)"),
        "values from x": ("mha(x, memory, memory, mask)", "mha(x, memory, x, mask)"),
        "self-attention": ("mha(x, memory, memory, mask)", "mha(x, x, x, mask)"),
        "mask dropped": ("mha(x, memory, memory, mask)", "mha(x, memory, memory)"),
        "output alone": ("mha(x, memory, memory, mask)", "mha(x, memory, memory, mask)[0]"),
        "weights first": ("mha(x, memory, memory, mask)", "mha(x, memory, memory, mask)[::-1]"),
        "x added": ("return mha(x, memory, memory, mask)", "out, weights = mha(x, memory, memory, mask)\n    return out if isinstance(out, str) else x + out, weights"),
        "asked twice": ("return mha(", "mha(memory, x, x)\n    return mha("),
        "the mask turned round": ("mha(x, memory, memory, mask)", "mha(x, memory, memory, mask if mask is None else ~mask)"),
        "a mask where there is none": ("mha(x, memory, memory, mask)", "mha(x, memory, memory, torch.ones(x.shape[1], memory.shape[1], dtype=torch.bool) if mask is None else mask)"),
    },
    "layer_norm": {
        "sample variance": ("variance = (centred**2).mean(axis=-1, keepdims=True)", "variance = (centred**2).sum(axis=-1, keepdims=True) / max(x.shape[-1] - 1, 1)"),
        "eps outside the root": ("np.sqrt(variance + eps)", "(np.sqrt(variance) + eps)"),
        "eps ignored": ("variance + eps", "variance + 1e-5"),
        "gain forgotten": ("gain * centred", "centred"),
        "over the rows": ("centred = x - x.mean(axis=-1, keepdims=True)\n    variance = (centred**2).mean(axis=-1, keepdims=True)", "centred = x - x.mean(axis=0, keepdims=True)\n    variance = (centred**2).mean(axis=0, keepdims=True)"),
        "centres x in place": ("    centred = x - x.mean(axis=-1, keepdims=True)\n    variance", "    centred = x\n    centred -= x.mean(axis=-1, keepdims=True)\n    variance"),
        "backward: mean and variance as constants": ("(dstandard - dstandard.mean(axis=-1, keepdims=True) - standard * along)", "dstandard"),
        "backward: variance as a constant": (" - standard * along", ""),
        "backward: mean as a constant": (" - dstandard.mean(axis=-1, keepdims=True)", ""),
        "backward: gain forgotten": ("dstandard = dout * gain", "dstandard = dout"),
        "backward: eps ignored": ("keepdims=True) + eps)", "keepdims=True) + 1e-5)"),
        "backward: sums over the first axis alone": ("leading = tuple(range(x.ndim - 1))", "leading = 0 if x.ndim > 1 else ()"),
        "backward: writes into dout": ("dstandard = dout * gain", "dstandard = dout\n    dstandard *= gain"),
        "small variances are constants": ("    return gain * centred", "    variance = np.where(variance < 1e-4, 0.0, variance)\n    return gain * centred"),
        "rounded to float32": ("return gain * centred / np.sqrt(variance + eps) + bias", "return np.float64(np.float32(gain * centred / np.sqrt(variance + eps) + bias))"),
        "one array for all answers": ("return gain * centred / np.sqrt(variance + eps) + bias", "kept = vars(layer_norm).setdefault(str(x.shape), np.empty(x.shape))\n    kept[...] = gain * centred / np.sqrt(variance + eps) + bias\n    return kept"),
        "backward: gradient of gain before the standardisation": ("(dout * standard).sum", "(dout * centred).sum"),
        "backward: measured": ("    centred = x - x.mean(axis=-1, keepdims=True)\n    deviation", "    x, gain, bias = x.copy(), gain.copy(), np.zeros(x.shape[-1])\n\n    def loss():\n        return layer_norm(x, gain, bias, eps) * dout\n\n" + MEASURED + "    return measured(x), measured(gain), measured(bias)\n    centred = x - x.mean(axis=-1, keepdims=True)\n    deviation"),
        "backward: sums of all calls": ("return dx, (dout * standard).sum(axis=leading), dout.sum(axis=leading)", "kept = vars(layer_norm_backward).setdefault(str(x.shape), np.zeros(x.shape[-1]))\n    kept += dout.sum(axis=leading)\n    return dx, (dout * standard).sum(axis=leading), kept.copy()"),
    },
}

EQUIVALENT = {
    "attention": {
        "highest = np.where(np.isfinite(highest), highest, 0.0)  ->  highest = np.where(np.isfinite(highest), highest, -1.0)": "every score of such a row is -inf, and so is its distance from any number",
        "highest = np.where(np.isfinite(highest), highest, 0.0)  ->  highest = np.where(np.isfinite(highest), highest, 1.0)": "as above",
        "weights = exponentials / np.where(total > 0, total, 1.0)  ->  weights = exponentials / np.where(total > 0, total, 2.0)": "0 divided by any number",
        "weights = exponentials / np.where(total > 0, total, 1.0)  ->  weights = exponentials / np.where(total > 1, total, 1.0)": "a total is 0, or at least 1: the largest exponential is 1",
    },
    "heads": {
        "if D % h:  ->  if False:": "NumPy's reshape refuses the sizes, and that is a ValueError too",
        "raise ValueError(f'{D} numbers cannot be shared out equally among {h} heads')  ->  pass": "as above",
    },
    "multi_head": {
        "merged = (weights @ V).transpose(1, 2).reshape(q.shape)  ->  merged = (weights @ V).transpose(2, 1).reshape(q.shape)": "two axes change places, whichever is named first",
        "return x.reshape(B, length, self.h, d // self.h).transpose(1, 2)  ->  return x.reshape(B, length, self.h, d // self.h).transpose(2, 1)": "as above",
        "scores = Q @ K.transpose(-2, -1) / Q.shape[-1] ** 0.5  ->  scores = Q @ K.transpose(-1, -2) / Q.shape[-1] ** 0.5": "as above",
        "scores = Q @ K.transpose(-2, -1) / Q.shape[-1] ** 0.5  ->  scores = Q @ K.transpose(2, -1) / Q.shape[-1] ** 0.5": "of four axes, axis 2 is axis -2",
    },
}
