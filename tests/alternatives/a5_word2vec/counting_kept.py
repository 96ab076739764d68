# Answers kept by what came in, generators, subclasses

# %% nbgrader={"grade_id": "build_vocabulary_answer"}
import functools
import itertools


@functools.lru_cache(maxsize=None)
def counted(words, min_count):
    groups = ((word, len(list(same))) for word, same in itertools.groupby(sorted(words)))
    return sorted(((word, count) for word, count in groups if count >= min_count), key=lambda pair: -pair[1])


def build_vocabulary(corpus, min_count=1):
    pairs = counted(tuple(itertools.chain(*corpus)), min_count)
    return dict(zip((word for word, _ in pairs), itertools.count())), np.fromiter((count for _, count in pairs), dtype=np.uint32)


# %% nbgrader={"grade_id": "cooccurrence_answer"}
def cooccurrence(corpus, vocab, window=4):
    """One-hot rows of a sentence, and the band of positions that are near each other."""
    total = np.zeros((len(vocab),) * 2)
    for sentence in corpus:
        rows = [vocab[word] for word in sentence if word in vocab]
        if rows:
            hot = np.eye(len(vocab))[rows]
            apart = abs(np.subtract.outer(np.arange(len(rows)), np.arange(len(rows))))
            total += hot.T @ ((apart > 0) & (apart <= window)) @ hot
    return total


# %% nbgrader={"grade_id": "svd_embed_answer"}
_TAKEN_APART = {}


def svd_embed(M, k):
    key = (M.tobytes(), M.dtype.str)
    if key not in _TAKEN_APART:
        _TAKEN_APART.clear()
        _TAKEN_APART[key] = np.linalg.svd(M * 1.0)
    U, S, _ = _TAKEN_APART[key]
    return np.einsum("vk,k->vk", U[:, :k], S[:k])


# %% nbgrader={"grade_id": "analogy_answer"}
class Ranking(list):
    """Words by falling score, ties by row."""

    def __init__(self, scores, vocab, without):
        super().__init__(word for word in sorted(vocab, key=lambda word: (-scores[vocab[word]], vocab[word])) if word not in without)


def _directions(E):
    squares = (E * E * 1.0).sum(axis=1)
    return E / np.sqrt(np.where(squares > 0, squares, 1.0))[:, None]


def most_similar(E, vocab, word, n):
    unit = _directions(E)
    return list(Ranking((unit * unit[vocab[word]]).sum(axis=1), vocab, [word]))[:n]


def analogy(E, vocab, a, b, c):
    unit = _directions(E)
    goal = unit[vocab[b]] - unit[vocab[a]] + unit[vocab[c]]
    return Ranking((unit * goal).sum(axis=1), vocab, {a, b, c})[0]
