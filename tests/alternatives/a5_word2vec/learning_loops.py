# Everything with loops over Python numbers

# %% nbgrader={"grade_id": "stable_functions_answer"}
import math


def softmax(z):
    top = max(z.tolist())
    powers = [math.exp(score - top) for score in z.tolist()]
    return np.array([power / math.fsum(powers) for power in powers])


def log_sigmoid(z):
    def one(score):
        return -math.log1p(math.exp(-score)) if score > 0 else score - math.log1p(math.exp(score))

    return np.array([one(score) for score in np.ravel(z).tolist()]).reshape(np.shape(z))


# %% nbgrader={"grade_id": "softmax_loss_answer"}
def dot(u, v):
    return sum(float(a) * float(b) for a, b in zip(u, v))


def softmax_loss(center, outside, U):
    scores = [dot(row, center) for row in U]
    top = max(scores)
    total = sum(math.exp(score - top) for score in scores)
    d_center, dU = np.zeros(len(center)), np.zeros((len(U), len(center)))
    for word, score in enumerate(scores):
        delta = math.exp(score - top) / total - (1 if word == outside else 0)
        for i in range(len(center)):
            d_center[i] += delta * U[word, i]
            dU[word, i] = delta * center[i]
    return top + math.log(total) - scores[outside], d_center, dU


# %% nbgrader={"grade_id": "negative_loss_answer"}
def plus(z):
    """log(1 + e^z) and its slope"""
    if z > 0:
        return z + math.log1p(math.exp(-z)), 1 / (1 + math.exp(-z))
    return math.log1p(math.exp(z)), math.exp(z) / (1 + math.exp(z))


def negative_loss(center, outside, U, negatives):
    loss, d_center, dU = 0.0, np.zeros(center.shape), np.zeros(U.shape)
    for sign, word in [(-1, int(outside)), *((1, word) for word in negatives.tolist())]:
        value, slope = plus(sign * sum(float(a) * float(b) for a, b in zip(U[word], center)))
        loss += value
        d_center += sign * slope * U[word]
        dU[word] += sign * slope * center
    return loss, d_center, dU


# %% nbgrader={"grade_id": "context_pairs_answer"}
def context_pairs(sentence, window):
    pairs = []
    for i in range(len(sentence)):
        near = [sentence[j] for j in range(len(sentence)) if j != i and abs(j - i) <= window]
        pairs.append((sentence[i], np.array(near, dtype=int)))
    return pairs


# %% nbgrader={"grade_id": "sampling_answer"}
def keep_probability(freq, t):
    return np.array([1.0 if f == 0 else min(1.0, math.sqrt(t / f)) for f in freq.tolist()])


def noise_distribution(counts):
    powers = [count**0.75 for count in counts.tolist()]
    return np.array([power / sum(powers) for power in powers])


def sample_negatives(p, k, exclude, rng):
    if not any(share > 0 for word, share in enumerate(p) if word != exclude):
        raise ValueError("nothing to draw from")
    drawn = []
    while len(drawn) < k:  # draw, and throw the excluded word away
        at, word = rng.random() * float(sum(p)), 0
        while word < len(p) - 1 and at >= p[word]:
            at -= p[word]
            word += 1
        if word != exclude and p[word] > 0:
            drawn.append(word)
    return np.array(drawn)


# %% nbgrader={"grade_id": "skipgram_answer"}
def skipgram(center, outside, W, U, loss_fn):
    loss, dW, dU = 0, W * 0.0, U * 0.0
    for word in outside.tolist():
        one, d, dT = loss_fn(W[center].copy(), word, U.copy())
        loss = loss + one
        dW[center] = dW[center] + d
        dU = dU + dT
    return loss, dW, dU


# %% nbgrader={"grade_id": "cbow_answer"}
def cbow(context, target, W, U, loss_fn):
    M = len(context)
    if not M:
        raise ValueError("no context")
    v = np.zeros(W.shape[1])
    for word in context:
        v += W[word]
    loss, d, dU = loss_fn(v / M, target, U)
    dW = np.zeros_like(W)
    for word in context:
        dW[word] += d / M
    return loss, dW, dU


# %% nbgrader={"grade_id": "train_answer"}
def train(corpus, vocab, mode, dim, window, epochs, lr, rng):
    if mode != "skipgram" and mode != "cbow":
        raise ValueError("skipgram or cbow")
    counts = np.zeros(len(vocab), dtype=int)
    texts = []
    for sentence in corpus:
        text = [vocab[word] for word in sentence if word in vocab]
        for word in text:
            counts[word] += 1
        if len(text) > 1:
            texts.append(np.array(text))
    p = noise_distribution(counts)
    W = (rng.random((len(vocab), dim)) - 0.5) * 0.9 / dim
    U = np.zeros((len(vocab), dim))
    losses = []
    for _ in range(epochs):
        found = []
        for text in texts:
            for word, near in context_pairs(text, window):
                bound = lambda v, w, T: negative_loss(v, w, T, sample_negatives(p, 5, w, rng))
                loss, dW, dU = skipgram(word, near, W, U, bound) if mode == "skipgram" else cbow(near, word, W, U, bound)
                W, U = W - lr * dW, U - lr * dU
                found.append(loss)
        losses.append(sum(found) / len(found))
    return W, U, losses
