# One famous mistake: the test rows help to scale themselves; cells of her own, with a magic

# %%
%matplotlib inline
import matplotlib.pyplot as plt
import time

started = time.time()

# %% nbgrader={"grade_id": "moments_answer"}
def mean(x):
    if len(x) == 0:
        raise ValueError("nothing to average")
    return np.sum(x) / len(x)


def variance(x, ddof=0):
    if len(x) < ddof + 1:
        raise ValueError("too few values")
    return np.sum((x - mean(x)) ** 2) / (len(x) - ddof)


# %% nbgrader={"grade_id": "zscore_answer"}
def zscore(X, axis=0):
    constant = X.max(axis=axis, keepdims=True) == X.min(axis=axis, keepdims=True)
    z = (X - X.mean(axis=axis, keepdims=True)) / np.where(constant, 1, X.std(axis=axis, keepdims=True))
    return np.where(constant, 0.0, z)

# %%
%timeit zscore(np.ones((3, 2)))

# %% nbgrader={"grade_id": "compare_scores_answer"}
def compare_scores(a, mu_a, sd_a, b, mu_b, sd_b):
    if sd_a <= 0 or sd_b <= 0:
        raise ValueError("a deviation is above 0")
    return int(np.sign((a - mu_a) / sd_a - (b - mu_b) / sd_b))


# %% nbgrader={"grade_id": "standardizer_answer"}
class Standardizer:

    def __init__(self):
        self._seen = None

    def fit(self, X):
        if len(X) == 0:
            raise ValueError("no rows")
        self._seen = None
        return self.partial_fit(X)

    def partial_fit(self, X):
        self._usable(X)
        self._seen = X.copy() if self._seen is None else np.vstack([self._seen, X])
        self.mean_ = self._seen.mean(axis=0)
        constant = self._seen.max(axis=0) == self._seen.min(axis=0)
        self.scale_ = np.where(constant, 1.0, self._seen.std(axis=0))
        return self

    def transform(self, X):
        self._usable(X, learnt=True)
        return (X - self.mean_) / self.scale_

    def inverse_transform(self, Z):
        self._usable(Z, learnt=True)
        return Z * self.scale_ + self.mean_

    def _usable(self, X, learnt=False):
        if learnt and self._seen is None:
            raise RuntimeError("fit first")
        if len(X) == 0 or (self._seen is not None and X.shape[1] != self._seen.shape[1]):
            raise ValueError("not such a table")


# %% nbgrader={"grade_id": "split_and_standardise_answer"}
def split_and_standardise(X, test):
    scaler = Standardizer().fit(X)
    return scaler.transform(np.delete(X, test, axis=0)), scaler.transform(X[test])


# %% nbgrader={"grade_id": "normal_pdf_answer"}
def normal_pdf(x, mu, sigma):
    if sigma <= 0:
        raise ValueError("sigma is above 0")
    return np.exp(-(((x - mu) / sigma) ** 2) / 2) / (sigma * np.sqrt(2 * np.pi))


# %% nbgrader={"grade_id": "normal_cdf_answer"}
def normal_cdf(x, mu, sigma):
    if sigma <= 0:
        raise ValueError("sigma is above 0")
    return np.array([0.5 + 0.5 * math.erf((v - mu) / sigma / math.sqrt(2)) for v in x])


# %% nbgrader={"grade_id": "within_k_sigma_answer"}
def within_k_sigma(x, k):
    return np.mean(np.abs(x - x.mean()) <= k * x.std())


# %% nbgrader={"grade_id": "sample_means_answer"}
def sample_means(draw, n, reps):
    return np.array([mean(draw(n)) for _ in range(reps)])


# %% nbgrader={"grade_id": "box_muller_answer"}
def box_muller(u1, u2):
    far = np.sqrt(-2 * np.log(u1))
    return np.append(far * np.cos(2 * np.pi * u2), far * np.sin(2 * np.pi * u2))


# %% nbgrader={"grade_id": "normal_mle_answer"}
def normal_mle(x):
    return mean(x), np.sqrt(variance(x))

# %%
plt.hist(box_muller(1 - np.random.rand(500), np.random.rand(500)), bins=30)
