# Broken: one cell does not parse, one never ends, three are right

# %% nbgrader={"grade_id": "embedding_answer"}
def embed(ids, E):
    return E[ids]


def embed_backward(dout, ids, V):
    dE = np.zeros((V, dout.shape[-1]))
    np.add.at(dE, ids, dout)
    return dE


# %% nbgrader={"grade_id": "positional_encoding_answer"}
def sinusoidal_encoding(n, d)
    return np.sin(np.arange(n))


# %% nbgrader={"grade_id": "importance_scores_answer"}
i = 0
while i < 10:
    i = i - 1


# %% nbgrader={"grade_id": "heads_answer"}
def split_heads(x, h):
    if x.shape[2] % h:
        raise ValueError("no")
    return np.stack(np.split(x, h, axis=2), axis=1)


def merge_heads(x):
    return np.concatenate([x[:, i] for i in range(x.shape[1])], axis=2)


# %% nbgrader={"grade_id": "cross_attention_answer"}
def cross_attend(mha, x, memory, mask=None):
    return mha(x, memory, memory, mask)
