# One slip, repeats forgotten in cbow; the rest right, with logaddexp

# %% nbgrader={"grade_id": "stable_functions_answer"}
def softmax(z):
    return np.exp(z - np.max(z) - np.log(np.sum(np.exp(z - np.max(z)))))


def log_sigmoid(z):
    return -np.logaddexp(0, np.negative(z))


# %% nbgrader={"grade_id": "softmax_loss_answer"}
def softmax_loss(center, outside, U):
    z = center @ U.T
    logs = z - np.logaddexp.reduce(z)
    delta = np.exp(logs)
    delta[outside] -= 1
    return -logs[outside], np.sum(delta[:, None] * U, axis=0), np.multiply.outer(delta, center)


# %% nbgrader={"grade_id": "negative_loss_answer"}
def negative_loss(center, outside, U, negatives):
    z, n = U @ center, np.zeros(len(U))
    for word in negatives:
        n[word] += 1
    loss = np.logaddexp(0, -z[outside]) + n @ np.logaddexp(0, z)
    slope = n * np.exp(-np.logaddexp(0, -z))
    slope[outside] -= np.exp(-np.logaddexp(0, z[outside]))
    return loss, U.T @ slope, np.outer(slope, center)


# %% nbgrader={"grade_id": "context_pairs_answer"}
def context_pairs(sentence, window):
    found = []
    for i in range(len(sentence)):
        near = [j for j in range(i - window, i + window + 1) if j != i and 0 <= j < len(sentence)]
        found.append((int(sentence[i]), sentence[near] if near else np.zeros(0, int)))
    return found


# %% nbgrader={"grade_id": "sampling_answer"}
def keep_probability(freq, t):
    keep = np.ones(len(freq))
    often = freq > t
    keep[often] = np.sqrt(t / freq[often])
    return keep


def noise_distribution(counts):
    q = np.power(counts, 3 / 4)
    return q / q.sum()


def sample_negatives(p, k, exclude, rng):
    q = p.copy()
    q[exclude] = 0
    if not q.any():
        raise ValueError("only the excluded word could be drawn")
    return rng.choice(np.arange(len(q)), k, p=q / q.sum())


# %% nbgrader={"grade_id": "skipgram_answer"}
def skipgram(center, outside, W, U, loss_fn):
    total, dW, dU = 0.0, np.zeros_like(W), np.zeros_like(U)
    for o in outside:
        loss, d, d_table = loss_fn(W[center], o, U)
        total += loss
        dW[center] += d
        dU += d_table
    return total, dW, dU


# %% nbgrader={"grade_id": "cbow_answer"}
def cbow(context, target, W, U, loss_fn):
    if len(context) == 0:
        raise ValueError("empty")
    loss, d, dU = loss_fn(W[context].mean(0), target, U)
    dW = np.zeros(W.shape)
    dW[context] += d / len(context)
    return loss, dW, dU


# %% nbgrader={"grade_id": "train_answer"}
def train(corpus, vocab, mode, dim, window, epochs, lr, rng):
    if mode not in ("skipgram", "cbow"):
        raise ValueError(f"unknown mode {mode}")
    texts = [np.array([vocab[w] for w in s if w in vocab], dtype=int) for s in corpus]
    counts = np.zeros(len(vocab))
    for text in texts:
        np.add.at(counts, text, 1)
    p = noise_distribution(counts)
    W = rng.uniform(-1, 1, (len(vocab), dim)) * 0.4 / dim
    U = np.zeros_like(W)
    losses = []
    for epoch in range(epochs):
        history = []
        for text in texts:
            for c, o in context_pairs(text, window):
                if o.size:
                    fn = lambda v, w, T: negative_loss(v, w, T, sample_negatives(p, 5, w, rng))
                    loss, dW, dU = skipgram(c, o, W, U, fn) if mode == "skipgram" else cbow(o, c, W, U, fn)
                    W -= lr * dW
                    U -= lr * dU
                    history.append(loss)
        losses.append(np.mean(history))
    return W, U, losses
