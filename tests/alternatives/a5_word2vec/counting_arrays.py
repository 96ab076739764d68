# %% nbgrader={"grade_id": "build_vocabulary_answer"}
class Vocabulary(dict):
    """A dictionary that knows its words in order."""

    @property
    def words(self):
        return sorted(self, key=self.__getitem__)


def build_vocabulary(corpus, min_count=1):
    tally = Counter()
    for sentence in corpus:
        tally.update(sentence)
    ordered = sorted(tally.items())
    ordered = sorted(ordered, key=lambda item: item[1], reverse=True)
    ordered = [(word, count) for word, count in ordered if count >= min_count]
    vocab = Vocabulary()
    for word, _ in ordered:
        vocab[word] = len(vocab)
    counts = np.zeros(len(vocab), dtype=np.int32)
    for word, count in ordered:
        counts[vocab[word]] += count
    return vocab, counts


# %% nbgrader={"grade_id": "cooccurrence_answer"}
def cooccurrence(corpus, vocab, window=4):
    size = len(vocab)
    flat = np.zeros(size * size)
    for sentence in corpus:
        ids = np.array([vocab[w] for w in sentence if w in vocab], dtype=np.int64)
        for step in range(1, min(window, len(ids) - 1) + 1):
            flat += np.bincount(ids[step:] * size + ids[:-step], minlength=size * size)
    M = flat.reshape(size, size)
    return M + M.T


# %% nbgrader={"grade_id": "svd_embed_answer"}
def svd_embed(M, k):
    """From the other side: M is symmetric, so M V = U Σ."""
    _, _, Vt = np.linalg.svd(np.asarray(M, dtype=np.float64), full_matrices=False)
    return -M @ Vt[:k].T


# %% nbgrader={"grade_id": "analogy_answer"}
class Space:
    def __init__(self, E, vocab):
        self.vocab = vocab
        self.words = {row: word for word, row in vocab.items()}
        length = np.sqrt(np.einsum("vd,vd->v", E, E))
        self.N = (E.T / np.where(length == 0, np.inf, length)).T

    def __getitem__(self, word):
        return self.N[self.vocab[word]]

    def nearest(self, goal, *banned):
        scores = np.array([row.dot(goal) for row in self.N])
        for word in banned:
            scores[self.vocab[word]] = -np.inf
        found = []
        while len(found) < len(self.words) - len(set(banned)):
            best = int(scores.argmax())
            found.append(self.words[best])
            scores[best] = -np.inf
        return found


def most_similar(E, vocab, word, n):
    space = Space(E, vocab)
    return space.nearest(space[word], word)[:n]


def analogy(E, vocab, a, b, c):
    space = Space(E, vocab)
    return space.nearest(space[b] - space[a] + space[c], a, b, c)[0]
