# Everything right

# %%
# I worked the batches 2, 4 and 6, 8, 10 by hand first. The last term of S is the one I would have forgotten.

# %% nbgrader={"grade_id": "moments_answer"}
def mean(x: np.ndarray) -> float:
    count = len(x)
    if count == 0:
        raise ValueError("mean needs at least one value")
    return x.sum() / count


def variance(x: np.ndarray, ddof: int = 0) -> float:
    left = len(x) - ddof
    if left < 1:
        raise ValueError(f"variance with ddof = {ddof} needs at least {ddof + 1} values")
    from_mean = x - mean(x)
    return (from_mean * from_mean).sum() / left


# %% nbgrader={"grade_id": "zscore_answer"}
def zscore(X: np.ndarray, axis: int = 0) -> np.ndarray:
    mu = np.mean(X, axis=axis, keepdims=True)
    sigma = np.std(X, axis=axis, keepdims=True)
    never_changes = np.ptp(X, axis=axis, keepdims=True) == 0
    sigma[never_changes] = 1.0
    return np.where(never_changes, 0.0, (X - mu) / sigma)


# %% nbgrader={"grade_id": "compare_scores_answer"}
def compare_scores(a: float, mu_a: float, sd_a: float, b: float, mu_b: float, sd_b: float) -> int:
    if sd_a <= 0 or sd_b <= 0:
        raise ValueError("standard deviations are above 0")
    difference = (a - mu_a) / sd_a - (b - mu_b) / sd_b
    if difference == 0:
        return 0
    return 1 if difference > 0 else -1


# %% nbgrader={"grade_id": "standardizer_answer"}
class Standardizer:
    """Count, mean, sum of squares, smallest and largest value of each column."""

    def __init__(self) -> None:
        self._rows = 0

    def _refuse_bad(self, X: np.ndarray, learning: bool) -> None:
        if self._rows == 0 and not learning:
            raise RuntimeError("fit first")
        if len(X) == 0:
            raise ValueError("no rows")
        if self._rows > 0 and X.shape[1] != self.mean_.shape[0]:
            raise ValueError("wrong number of columns")

    def fit(self, X: np.ndarray) -> "Standardizer":
        if len(X) == 0:
            raise ValueError("no rows")
        self._rows = 0
        return self.partial_fit(X)

    def partial_fit(self, X: np.ndarray) -> "Standardizer":
        self._refuse_bad(X, learning=True)
        k, batch_mean = len(X), np.mean(X, axis=0)
        batch_squares = np.sum((X - batch_mean) ** 2, axis=0)
        if self._rows == 0:
            self.mean_, self._squares = batch_mean, batch_squares
            self._smallest, self._largest = X.min(axis=0), X.max(axis=0)
        else:
            n = self._rows
            delta = batch_mean - self.mean_
            self.mean_ = self.mean_ + delta * (k / (n + k))
            self._squares = self._squares + batch_squares + delta**2 * (n * k / (n + k))
            self._smallest = np.minimum(self._smallest, X.min(axis=0))
            self._largest = np.maximum(self._largest, X.max(axis=0))
        self._rows += k
        self.scale_ = np.sqrt(self._squares / self._rows)
        self.scale_[self._smallest == self._largest] = 1.0
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        self._refuse_bad(X, learning=False)
        return (X - self.mean_) / self.scale_

    def inverse_transform(self, Z: np.ndarray) -> np.ndarray:
        self._refuse_bad(Z, learning=False)
        return self.mean_ + self.scale_ * Z


# %% nbgrader={"grade_id": "split_and_standardise_answer"}
def split_and_standardise(X: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    training = np.delete(X, test, axis=0)
    scaler = Standardizer().fit(training)
    return scaler.transform(training), scaler.transform(X[test])


# %% nbgrader={"grade_id": "normal_pdf_answer"}
def normal_pdf(x: np.ndarray, mu: float, sigma: float) -> np.ndarray:
    if sigma <= 0:
        raise ValueError("sigma must be above 0")
    return np.exp(-0.5 * ((x - mu) / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))


# %% nbgrader={"grade_id": "normal_cdf_answer"}
def normal_cdf(x: np.ndarray, mu: float, sigma: float) -> np.ndarray:
    if sigma <= 0:
        raise ValueError("sigma must be above 0")
    z = (x - mu) / (sigma * math.sqrt(2))
    return 0.5 * (1 + np.array([math.erf(value) for value in z]))


# %% nbgrader={"grade_id": "within_k_sigma_answer"}
def within_k_sigma(x: np.ndarray, k: float) -> float:
    distance = np.abs(x - x.mean())
    return (distance <= k * x.std()).mean()


# %% nbgrader={"grade_id": "sample_means_answer"}
def sample_means(draw: Callable[[int], np.ndarray], n: int, reps: int) -> np.ndarray:
    means = []
    for _ in range(reps):
        means.append(draw(n).mean())
    return np.array(means)


# %% nbgrader={"grade_id": "box_muller_answer"}
def box_muller(u1: np.ndarray, u2: np.ndarray) -> np.ndarray:
    r, theta = np.sqrt(-2 * np.log(u1)), 2 * np.pi * u2
    return np.concatenate((r * np.cos(theta), r * np.sin(theta)))


# %% nbgrader={"grade_id": "normal_mle_answer"}
def normal_mle(x: np.ndarray) -> tuple[float, float]:
    mu = x.mean()
    return mu, math.sqrt(((x - mu) ** 2).mean())
