# %% nbgrader={"grade_id": "build_vocabulary_answer"}
def build_vocabulary(corpus, min_count=1):
    counts = {}
    for sentence in corpus:
        for word in sentence:
            counts[word] = counts.get(word, 0) + 1
    kept = [(-number, word) for word, number in counts.items() if not number < min_count]
    kept.sort()
    vocab = {}
    for place in range(len(kept)):
        vocab[kept[place][1]] = place
    return vocab, np.array([-number for number, word in kept], dtype=int)


# %% nbgrader={"grade_id": "cooccurrence_answer"}
def cooccurrence(corpus, vocab, window=4):
    size = len(vocab)
    table = [[0.0] * size for _ in range(size)]
    for sentence in corpus:
        known = [word for word in sentence if word in vocab]
        for i in range(len(known)):
            for j in range(len(known)):
                if i != j and abs(i - j) <= window:
                    table[vocab[known[i]]][vocab[known[j]]] += 1.0
    return np.array(table)


# %% nbgrader={"grade_id": "svd_embed_answer"}
def svd_embed(M, k):
    # eigenvectors; the singular values of a symmetric matrix are the sizes of its eigenvalues
    values, vectors = np.linalg.eigh(M)
    pairs = sorted(range(len(values)), key=lambda i: -abs(values[i]))
    columns = []
    for i in pairs[:k]:
        columns.append(vectors[:, i] * values[i])
    return np.array(columns).T


# %% nbgrader={"grade_id": "analogy_answer"}
import math


def _cosine(u, v):
    dot = sum(x * y for x, y in zip(u, v))
    size = math.sqrt(sum(x * x for x in u)) * math.sqrt(sum(y * y for y in v))
    return dot / size if size else 0.0


def _unit(row):
    size = math.sqrt(sum(x * x for x in row))
    return [x / size for x in row] if size else [0.0 for _ in row]


def _best(E, vocab, goal, banned, n):
    rows = sorted((-_cosine(E[row].tolist(), goal), row, word) for word, row in vocab.items() if word not in banned)
    return [word for _, _, word in rows[:n]]


def most_similar(E, vocab, word, n):
    return _best(E, vocab, E[vocab[word]].tolist(), [word], n)


def analogy(E, vocab, a, b, c):
    u, v, w = (_unit(E[vocab[word]].tolist()) for word in (a, b, c))
    return _best(E, vocab, [y - x + z for x, y, z in zip(u, v, w)], [a, b, c], 1)[0]
