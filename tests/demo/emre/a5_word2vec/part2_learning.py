# Broken: one cell does not parse, one never ends, three are right

# %% nbgrader={"grade_id": "stable_functions_answer"}
def softmax(z):
    e = np.exp(z - z.max())
    return e / np.sum(e)


def log_sigmoid(z):
    return np.where(np.asarray(z) < 0, z, 0) - np.log1p(np.exp(-abs(z)))


# %% nbgrader={"grade_id": "softmax_loss_answer"}
def softmax_loss(center, outside, U)
    return 0.0, center, U


# %% nbgrader={"grade_id": "negative_loss_answer"}
k = 5
while k > 0:
    k = k + 1


# %% nbgrader={"grade_id": "context_pairs_answer"}
def context_pairs(sentence, window):
    found = []
    for i in range(len(sentence)):
        near = [j for j in range(i - window, i + window + 1) if j != i and 0 <= j < len(sentence)]
        found.append((int(sentence[i]), sentence[near] if near else np.zeros(0, int)))
    return found


# %% nbgrader={"grade_id": "cbow_answer"}
def cbow(context, target, W, U, loss_fn):
    if len(context) < 1:
        raise ValueError("a context needs a word")
    loss, d, dU = loss_fn(np.mean(W[context], axis=0), target, U)
    dW = np.zeros_like(W)
    for w in context:
        dW[w] += d / len(context)
    return loss, dW, dU
