# Broken: one cell does not parse, one never ends, two are right

# %% nbgrader={"grade_id": "moments_answer"}
def mean(x):
    if len(x) == 0:
        raise ValueError("empty")
    return np.mean(x)


def variance(x, ddof=0):
    if len(x) - ddof < 1:
        raise ValueError("too few")
    return np.var(x, ddof=ddof)


# %% nbgrader={"grade_id": "zscore_answer"}
def zscore(X, axis=0)
    return (X - X.mean(axis)) / X.std(axis

# %% nbgrader={"grade_id": "compare_scores_answer"}
while True:
    difference = 86 - 74

# %% nbgrader={"grade_id": "sample_means_answer"}
def sample_means(draw, n, reps):
    return np.array([np.mean(draw(n)) for _ in range(reps)])
