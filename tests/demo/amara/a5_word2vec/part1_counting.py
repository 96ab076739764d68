# All right, in her own way

# %% nbgrader={"grade_id": "build_vocabulary_answer"}
def build_vocabulary(corpus: list[list[str]], min_count: int = 1) -> tuple[dict[str, int], np.ndarray]:
    counts = Counter()
    for sentence in corpus:
        counts.update(sentence)
    words = [word for word, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if count >= min_count]
    vocab = dict(zip(words, range(len(words))))
    return vocab, np.array([counts[word] for word in words], dtype=int)


# %% nbgrader={"grade_id": "cooccurrence_answer"}
def cooccurrence(corpus: list[list[str]], vocab: dict[str, int], window: int = 4) -> np.ndarray:
    pairs = Counter()
    for sentence in corpus:
        ids = [vocab[word] for word in sentence if word in vocab]
        for distance in range(1, window + 1):
            pairs.update(zip(ids, ids[distance:]))
    M = np.zeros((len(vocab), len(vocab)))
    for (i, j), number in pairs.items():
        M[i, j] += number
        M[j, i] += number
    return M


# %% nbgrader={"grade_id": "svd_embed_answer"}
def svd_embed(M: np.ndarray, k: int) -> np.ndarray:
    U, S, Vt = np.linalg.svd(M)
    return U[:, :k] @ np.diag(S[:k])


# %% nbgrader={"grade_id": "analogy_answer"}
def normalised(E):
    length = np.sqrt((E**2).sum(axis=1))
    length[length == 0] = 1.0
    return E / length[:, None]


def order(scores, vocab, leave_out):
    candidates = [word for word in vocab if word not in leave_out]
    return sorted(candidates, key=lambda word: (-scores[vocab[word]], vocab[word]))


def most_similar(E, vocab, word, n):
    N = normalised(E)
    return order(N @ N[vocab[word]], vocab, [word])[:n]


def analogy(E, vocab, a, b, c):
    N = normalised(E)
    goal = N[vocab[c]] + (N[vocab[b]] - N[vocab[a]])
    return order(N @ goal, vocab, [a, b, c])[0]
