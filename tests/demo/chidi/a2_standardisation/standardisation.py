# Half done: the shorter variance, a forgetful partial_fit, leakage, sigma for its square

# %% nbgrader={"grade_id": "moments_answer"}
def mean(x):
    return sum(x) / len(x)


def variance(x, ddof=0):
    n = len(x)
    return (np.mean(x**2) - np.mean(x) ** 2) * n / (n - ddof)


# %% nbgrader={"grade_id": "zscore_answer"}
def zscore(X, axis=0):
    return (X - X.mean(axis=axis, keepdims=True)) / X.std(axis=axis, keepdims=True)


# %% nbgrader={"grade_id": "compare_scores_answer"}
def compare_scores(a, mu_a, sd_a, b, mu_b, sd_b):
    if sd_a <= 0 or sd_b <= 0:
        raise ValueError("not above 0")
    return 1 if (a - mu_a) / sd_a > (b - mu_b) / sd_b else -1


# %% nbgrader={"grade_id": "standardizer_answer"}
class Standardizer:
    def __init__(self):
        self.mean_ = None

    def fit(self, X):
        self.mean_ = X.mean(axis=0)
        self.scale_ = np.where(X.std(axis=0) == 0, 1.0, X.std(axis=0))
        return self

    def partial_fit(self, X):
        return self.fit(X)  # is that not the same?

    def transform(self, X):
        if self.mean_ is None:
            raise RuntimeError("fit first")
        return (X - self.mean_) / self.scale_

    def inverse_transform(self, Z):
        if self.mean_ is None:
            raise RuntimeError("fit first")
        return (Z + self.mean_) * self.scale_


# %% nbgrader={"grade_id": "split_and_standardise_answer"}
def split_and_standardise(X, test):
    Z = zscore(X)
    return np.delete(Z, test, axis=0), Z[test]


# %% nbgrader={"grade_id": "normal_pdf_answer"}
def normal_pdf(x, mu, sigma):
    if sigma <= 0:
        raise ValueError("not above 0")
    return np.exp(-((x - mu) ** 2) / (2 * sigma)) / np.sqrt(2 * np.pi * sigma)


# %% nbgrader={"grade_id": "normal_cdf_answer"}
def normal_cdf(x, mu, sigma):
    return (1 + math.erf((x - mu) / (sigma * math.sqrt(2)))) / 2


# %% nbgrader={"grade_id": "within_k_sigma_answer"}
def within_k_sigma(x, k):
    return np.mean(abs(x - np.mean(x)) <= k * np.std(x))


# %% nbgrader={"grade_id": "sample_means_answer"}
def sample_means(draw, n, reps):
    return np.array([draw(n).mean() for _ in range(reps)])
