# Half done: both published bugs, repeats forgotten, no 1/M; no training yet

# %% nbgrader={"grade_id": "stable_functions_answer"}
def softmax(z):
    z -= z.max()
    e = np.exp(z)
    return e / e.sum()


def log_sigmoid(z):
    return np.log(1 / (1 + np.exp(-z)))


# %% nbgrader={"grade_id": "softmax_loss_answer"}
def softmax_loss(center, outside, U):
    p = softmax(U @ center)
    loss = -np.log(p[outside])
    p[outside] -= 1
    return loss, p @ U, np.outer(p, center)


# %% nbgrader={"grade_id": "negative_loss_answer"}
def negative_loss(center, outside, U, negatives):
    s = 1 / (1 + np.exp(-U[outside] @ center))
    n = 1 / (1 + np.exp(-U[negatives] @ center))
    dU = np.zeros_like(U)
    dU[outside] += (s - 1) * center
    dU[negatives] += np.outer(n, center)
    return -np.log(s) - np.log(1 - n).sum(), (s - 1) * U[outside] + n @ U[negatives], dU


# %% nbgrader={"grade_id": "context_pairs_answer"}
def context_pairs(sentence, window):
    found = []
    for i in range(len(sentence)):
        near = [j for j in range(i - window, i + window + 1) if j != i and 0 <= j < len(sentence)]
        found.append((int(sentence[i]), sentence[near] if near else np.zeros(0, int)))
    return found


# %% nbgrader={"grade_id": "sampling_answer"}
def keep_probability(freq, t):
    return np.minimum(1, np.sqrt(t / freq))


def noise_distribution(counts):
    return counts / counts.sum()


def sample_negatives(p, k, exclude, rng):
    return rng.choice(len(p), k, p=p)


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
    loss, d, dU = loss_fn(W[context].mean(axis=0), target, U)
    dW = np.zeros_like(W)
    np.add.at(dW, context, d)
    return loss, dW, dU
