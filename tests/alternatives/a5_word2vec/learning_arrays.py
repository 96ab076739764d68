# Whole arrays, one-hot matrices and cumulated probabilities; training touches only the rows it needs

# %% nbgrader={"grade_id": "stable_functions_answer"}
def softmax(z):
    return np.exp(z - np.logaddexp.reduce(z * 1.0))


def log_sigmoid(z):
    return -np.logaddexp(0.0, -np.asarray(z, dtype=float))


# %% nbgrader={"grade_id": "softmax_loss_answer"}
def softmax_loss(center, outside, U):
    z = np.einsum("vd,d->v", U, center)
    logp = z - z.max() - np.log(np.exp(z - z.max()).sum())
    delta = np.exp(logp) - (np.arange(len(U)) == outside)
    return -logp[outside], np.einsum("vd,v->d", U, delta), np.einsum("v,d->vd", delta, center)


# %% nbgrader={"grade_id": "negative_loss_answer"}
def negative_loss(center, outside, U, negatives):
    times = np.bincount(negatives, minlength=len(U))  # how often each word was drawn
    z = U @ center
    real = np.eye(len(U))[outside]
    loss = real @ np.logaddexp(0, -z) + times @ np.logaddexp(0, z)
    s = 0.5 * (1 + np.tanh(z / 2))
    slope = real * (s - 1) + times * s
    return loss, slope @ U, slope[:, None] * center


# %% nbgrader={"grade_id": "context_pairs_answer"}
def context_pairs(sentence, window):
    def near(i):
        return np.delete(sentence[max(i - window, 0) : i + window + 1], min(i, window))

    return [(word, near(i)) for i, word in enumerate(sentence.tolist())]


# %% nbgrader={"grade_id": "sampling_answer"}
def keep_probability(freq, t):
    with np.errstate(divide="ignore"):
        return np.clip(np.sqrt(t / freq), 0, 1)


def noise_distribution(counts):
    with np.errstate(divide="ignore"):
        return softmax(0.75 * np.log(counts))


def sample_negatives(p, k, exclude, rng):
    words = np.delete(np.arange(len(p)), exclude)
    sums = np.cumsum(p[words])
    if sums.size == 0 or sums[-1] == 0:
        raise ValueError
    return words[np.searchsorted(sums, rng.uniform(0, sums[-1], k), side="right")]


# %% nbgrader={"grade_id": "skipgram_answer"}
def skipgram(center, outside, W, U, loss_fn):
    dW, dU = np.zeros_like(W), np.zeros_like(U)
    parts = [loss_fn(W[center], word, U) for word in outside]
    if parts:
        dW[center] = np.sum([part[1] for part in parts], axis=0)
        dU = np.sum([part[2] for part in parts], axis=0)
    return float(sum(part[0] for part in parts)), dW, dU


# %% nbgrader={"grade_id": "cbow_answer"}
def cbow(context, target, W, U, loss_fn):
    if np.size(context) == 0:
        raise ValueError("nothing to average")
    A = np.eye(len(W))[context].mean(axis=0)
    loss, d, dU = loss_fn(A @ W, target, U)
    return loss, np.outer(A, d), dU


# %% nbgrader={"grade_id": "train_answer"}
def train(corpus, vocab, mode, dim, window, epochs, lr, rng):
    if mode not in {"skipgram", "cbow"}:
        raise ValueError(mode)
    U, W = rng.uniform(-0.3, 0.3, (2, len(vocab), dim)) / dim
    rows = [np.array([vocab[w] for w in s if w in vocab], int) for s in corpus]
    p = noise_distribution(np.bincount(np.hstack(rows), minlength=len(vocab)))
    todo = [(c, o) for r in rows if len(r) > 1 for c, o in context_pairs(r, window)]
    losses = []
    for _ in range(epochs):
        each = np.zeros(len(todo))
        for n, (c, o) in enumerate(todo):
            source, targets = (np.array([c]), o) if mode == "skipgram" else (o, np.array([c]))
            v = W[source].mean(axis=0)
            words = np.concatenate([[t, *sample_negatives(p, 5, t, rng)] for t in targets])
            label = np.tile([1.0, 0, 0, 0, 0, 0], len(targets))
            z = U[words] @ v
            each[n] = np.sum(np.logaddexp(0, z) - label * z)
            g = 1 / (1 + np.exp(-z)) - label
            dv = g @ U[words] / len(source)
            np.add.at(U, words, -lr * np.outer(g, v))
            np.add.at(W, source, -lr * dv)
        losses.append(each.mean())
    return W, U, losses
