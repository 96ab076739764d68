# Half done: unknown words keep their places, U without its singular values, products in place of cosines

# %% nbgrader={"grade_id": "build_vocabulary_answer"}
def build_vocabulary(corpus, min_count=1):
    counts = Counter(word for sentence in corpus for word in sentence)
    common = [(word, n) for word, n in counts.most_common() if n >= min_count]
    return {word: i for i, (word, n) in enumerate(common)}, np.array([n for word, n in common])


# %% nbgrader={"grade_id": "cooccurrence_answer"}
def cooccurrence(corpus, vocab, window=4):
    M = np.zeros((len(vocab), len(vocab)))
    for sentence in corpus:
        for i, word in enumerate(sentence):
            for j in range(max(0, i - window), min(len(sentence), i + window + 1)):
                if i != j and word in vocab and sentence[j] in vocab:
                    M[vocab[word], vocab[sentence[j]]] += 1
    return M


# %% nbgrader={"grade_id": "svd_embed_answer"}
def svd_embed(M, k):
    return np.linalg.svd(M)[0][:, :k]


# %% nbgrader={"grade_id": "analogy_answer"}
def most_similar(E, vocab, word, n):
    words = sorted(vocab, key=vocab.get)
    order = np.argsort(E @ E[vocab[word]])[::-1]
    return [words[i] for i in order if words[i] != word][:n]
