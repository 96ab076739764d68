# Broken: one cell does not parse, one never ends, two are right

# %% nbgrader={"grade_id": "build_vocabulary_answer"}
def build_vocabulary(corpus, min_count=1):
    counts = {}
    for sentence in corpus:
        for word in sentence:
            counts[word] = counts.get(word, 0) + 1
    words = sorted((w for w in counts if counts[w] >= min_count), key=lambda w: (-counts[w], w))
    return {w: i for i, w in enumerate(words)}, np.array([counts[w] for w in words])


# %% nbgrader={"grade_id": "cooccurrence_answer"}
def cooccurrence(corpus, vocab, window=4):
    M = np.zeros((len(vocab), len(vocab))
    for sentence in corpus:
        pass
    return M

# %% nbgrader={"grade_id": "svd_embed_answer"}
def svd_embed(M, k):
    U, S, _ = np.linalg.svd(M)
    return (U * S)[:, :k]


# %% nbgrader={"grade_id": "analogy_answer"}
word = "king"
while word:
    word = word + "s"
