# Answers kept by what came in, arrays that are filled again, generators

# %% nbgrader={"grade_id": "stable_functions_answer"}
_SPACE = {}


def _space(name, shape):
    if (name, shape) not in _SPACE:
        _SPACE[name, shape] = np.empty(shape)
    return _SPACE[name, shape]


def softmax(z):
    powers = _space("softmax", z.shape)
    np.subtract(z, z.max(), out=powers)
    np.exp(powers, out=powers)
    return powers / np.add.reduce(powers)


def log_sigmoid(z):
    z = np.asarray(z, dtype=float)
    tail = np.log1p(np.exp(-np.abs(z)))
    return np.where(z < 0, z - tail, -tail)[()]


# %% nbgrader={"grade_id": "softmax_loss_answer"}
def softmax_loss(center, outside, U):
    apart = U @ center
    apart = apart - apart[outside]  # how far each score is above that of the word
    top = apart.max()
    powers = np.exp(apart - top)
    p = powers / powers.sum()
    p[outside] = -(np.delete(powers, outside).sum() / powers.sum())
    return top + np.log(powers.sum()), U.T @ p, p[:, None] * center


# %% nbgrader={"grade_id": "negative_loss_answer"}
def negative_loss(center, outside, U, negatives):
    words = [outside, *negatives.tolist()]
    signs = np.array([1.0] + [-1.0] * len(negatives))
    margins = signs * (U[words] @ center)
    slopes = -signs * np.exp(log_sigmoid(-margins))
    dU = np.zeros_like(U)
    for word, slope in zip(words, slopes):
        dU[word] += slope * center
    return -log_sigmoid(margins).sum(), slopes @ U[words], dU


# %% nbgrader={"grade_id": "context_pairs_answer"}
def _places(length, window):
    for i in range(length):
        yield [j for j in range(max(0, i - window), min(length, i + window + 1)) if j != i]


_KNOWN_PLACES = {}


def context_pairs(sentence, window):
    key = len(sentence), window
    if key not in _KNOWN_PLACES:
        _KNOWN_PLACES[key] = [np.array(near, dtype=int) for near in _places(*key)]
    return list(zip(sentence.tolist(), (sentence[near] for near in _KNOWN_PLACES[key])))


# %% nbgrader={"grade_id": "sampling_answer"}
def keep_probability(freq, t):
    return np.where(freq > t, np.sqrt(t / np.where(freq > t, freq, 1.0)), 1.0)


def noise_distribution(counts):
    powers = np.sqrt(counts * np.sqrt(counts * 1.0))
    return powers / powers.sum()


def sample_negatives(p, k, exclude, rng):
    shares = np.where(np.arange(len(p)) == exclude, 0.0, p)
    if not shares.any():
        raise ValueError("nobody is left")
    return rng.permutation(np.repeat(np.arange(len(p)), rng.multinomial(k, shares / shares.sum())))


# %% nbgrader={"grade_id": "skipgram_answer"}
def skipgram(center, outside, W, U, loss_fn):
    total, dW, dU = 0.0, np.zeros_like(W), np.zeros_like(U)
    for loss, d_vector, d_table in (loss_fn(W[center], word, U) for word in outside):
        total, dU = total + loss, dU + d_table
        dW[center] += d_vector
    return total, dW, dU


# %% nbgrader={"grade_id": "cbow_answer"}
def cbow(context, target, W, U, loss_fn):
    times = np.bincount(context, minlength=len(W))
    if times.sum() == 0:
        raise ValueError("an empty bag")
    share = times / times.sum()
    loss, d_vector, dU = loss_fn(share @ W, target, U)
    return loss, share[:, None] * d_vector, dU


# %% nbgrader={"grade_id": "train_answer"}
def train(corpus, vocab, mode, dim, window, epochs, lr, rng):
    models = {"skipgram": lambda word, near, *rest: skipgram(word, near, *rest), "cbow": lambda word, near, *rest: cbow(near, word, *rest)}
    if mode not in models:
        raise ValueError(f"no model {mode}")
    texts = [np.array([vocab[word] for word in sentence if word in vocab], dtype=int) for sentence in corpus]
    noise = noise_distribution(sum(np.bincount(text, minlength=len(vocab)) for text in texts))
    W, U = (rng.normal(0, 0.1, (2, len(vocab), dim)).clip(-0.45, 0.45) + rng.uniform(-1e-3, 1e-3, (2, len(vocab), dim))) / dim
    centres = [pair for text in texts for pair in context_pairs(text, window) if len(pair[1])]

    def steps():
        for word, near in centres:
            loss, dW, dU = models[mode](word, near, W, U, lambda v, w, T: negative_loss(v, w, T, sample_negatives(noise, 5, w, rng)))
            np.subtract(W, lr * dW, out=W)
            np.subtract(U, lr * dU, out=U)
            yield loss

    return W, U, [sum(steps()) / len(centres) for _ in range(epochs)]
