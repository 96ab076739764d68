# One famous mistake: windows that run on from one sentence into the next; cells of her own, with a magic

# %%
%matplotlib inline
import matplotlib.pyplot as plt
import time

began = time.perf_counter()

# %% nbgrader={"grade_id": "build_vocabulary_answer"}
def build_vocabulary(corpus, min_count=1):
    counts = Counter(sum(corpus, []))
    words = sorted(counts)
    words.sort(key=counts.get, reverse=True)
    words = [w for w in words if counts[w] >= min_count]
    return {w: i for i, w in enumerate(words)}, np.array([counts[w] for w in words], dtype=np.int64)


# %%
%timeit -n 10 build_vocabulary([["a", "b"]] * 100)
plt.bar(["a", "b"], [1, 1])

# %% nbgrader={"grade_id": "cooccurrence_answer"}
def cooccurrence(corpus, vocab, window=4):
    ids = [vocab[w] for sentence in corpus for w in sentence if w in vocab]
    M = np.zeros((len(vocab), len(vocab)))
    for d in range(1, window + 1):
        left, right = ids[:-d], ids[d:]
        np.add.at(M, (left, right), 1)
        np.add.at(M, (right, left), 1)
    return M


# %% nbgrader={"grade_id": "svd_embed_answer"}
def svd_embed(M, k):
    u, s, vt = np.linalg.svd(M)
    return u[:, :k] * s[None, :k]


# %% nbgrader={"grade_id": "analogy_answer"}
def unit(E):
    size = np.linalg.norm(E, axis=1)
    return E / np.where(size > 0, size, 1)[:, None]


def nearest(N, goal, vocab, not_these):
    score = {w: N[i] @ goal for w, i in vocab.items() if w not in not_these}
    return sorted(score, key=lambda w: (-score[w], vocab[w]))


def most_similar(E, vocab, word, n):
    N = unit(E)
    return nearest(N, N[vocab[word]], vocab, {word})[:n]


def analogy(E, vocab, a, b, c):
    N = unit(E)
    return nearest(N, N[vocab[b]] - N[vocab[a]] + N[vocab[c]], vocab, {a, b, c})[0]
