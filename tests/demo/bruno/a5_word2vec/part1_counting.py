# Built differently, with one slip: a word of the question may come back as its answer

# %% nbgrader={"grade_id": "build_vocabulary_answer"}
def build_vocabulary(corpus, min_count=1):
    everything = sorted(word for sentence in corpus for word in sentence)
    words, counts = np.unique(np.array(everything, dtype=object), return_counts=True) if everything else ([], np.zeros(0, int))
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] >= min_count]
    return {words[i]: place for place, i in enumerate(order)}, counts[order]


# %% nbgrader={"grade_id": "cooccurrence_answer"}
def cooccurrence(corpus, vocab, window=4):
    total = np.zeros((len(vocab), len(vocab)))
    for sentence in corpus:
        ids = [vocab[word] for word in sentence if word in vocab]
        one_hot = np.zeros((len(ids), len(vocab)))
        one_hot[np.arange(len(ids)), ids] = 1
        place = np.arange(len(ids))
        distance = abs(place[:, None] - place)
        total += one_hot.T @ ((distance > 0) & (distance <= window)) @ one_hot
    return total


# %% nbgrader={"grade_id": "svd_embed_answer"}
def svd_embed(M, k):
    eigenvalues, Q = np.linalg.eigh(M)
    order = np.argsort(np.abs(eigenvalues))[::-1][:k]
    return Q[:, order] * np.abs(eigenvalues[order])


# %% nbgrader={"grade_id": "analogy_answer"}
def cosines(E, v):
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(E @ v / (np.linalg.norm(E, axis=1) * np.linalg.norm(v)))


def unit(v):
    return v / (np.linalg.norm(v) or 1.0)


def most_similar(E, vocab, word, n):
    names = {row: name for name, row in vocab.items()}
    order = np.argsort(-cosines(E, E[vocab[word]]), kind="stable")
    return [names[row] for row in order if row != vocab[word]][:n]


def analogy(E, vocab, a, b, c):
    names = {row: name for name, row in vocab.items()}
    goal = unit(E[vocab[b]]) - unit(E[vocab[a]]) + unit(E[vocab[c]])
    order = np.argsort(-cosines(E, goal), kind="stable")
    return [names[row] for row in order if names[row] != c][0]
