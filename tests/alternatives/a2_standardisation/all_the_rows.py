# Keeps every row and computes from them anew; frozen state, helpers shared between exercises, views, einsum, complex numbers.

# %% nbgrader={"grade_id": "moments_answer", "solution": true}
def _enough(x, ddof):
    if x.size < ddof + 1:
        raise ValueError(f"{x.size} values")


def mean(x):
    _enough(x, 0)
    return x.mean()


def variance(x, ddof=0):
    _enough(x, ddof)
    return np.var(x, ddof=ddof).item()


# %% nbgrader={"grade_id": "zscore_answer", "solution": true}
def zscore(X, axis=0):
    if axis == 1:
        return zscore(X.T).T
    varies = (X != X[0]).any(axis=0)
    z = np.zeros(X.shape)
    centred = X[:, varies] - X[:, varies].mean(axis=0)
    z[:, varies] = centred / np.sqrt(np.einsum("ij,ij->j", centred, centred) / len(X))
    return z


# %% nbgrader={"grade_id": "compare_scores_answer", "solution": true}
def compare_scores(a, mu_a, sd_a, b, mu_b, sd_b):
    if min(sd_a, sd_b) <= 0:
        raise ValueError("deviations are above 0")
    left, right = (a - mu_a) * sd_b, (b - mu_b) * sd_a
    return np.int64(left > right) - np.int64(left < right)


# %% nbgrader={"grade_id": "standardizer_answer", "solution": true}
from dataclasses import dataclass, field


class _Empty(ValueError):
    pass


class _NothingLearnt(RuntimeError):
    pass


@dataclass(frozen=True)
class _Scale:
    mean: np.ndarray
    scale: np.ndarray

    @classmethod
    def of(cls, rows):
        return cls(rows.mean(0), np.where((rows == rows[:1]).all(0), 1.0, rows.std(0)))


@dataclass
class Standardizer:
    batches: list = field(default_factory=list)

    def _usable(self, X):
        if not X.size:
            raise _Empty
        if self.batches and self.batches[0].shape[-1] != X.shape[-1]:
            raise ValueError("columns")
        return X

    def _learnt(self):
        if not self.batches:
            raise _NothingLearnt
        return _Scale.of(np.vstack(self.batches))

    mean_ = property(lambda self: self._learnt().mean)
    scale_ = property(lambda self: self._learnt().scale)

    def fit(self, X):
        self.batches = Standardizer().partial_fit(X).batches
        return self

    def partial_fit(self, X):
        self.batches = [*self.batches, self._usable(X).astype(float)]
        return self

    def transform(self, X):
        known = self._learnt()
        return np.divide(np.subtract(self._usable(X), known.mean), known.scale)

    def inverse_transform(self, Z):
        known = self._learnt()
        return np.einsum("ij,j->ij", self._usable(Z), known.scale) + known.mean


# %% nbgrader={"grade_id": "split_and_standardise_answer", "solution": true}
def split_and_standardise(X, test):
    scaler = Standardizer().fit(X[np.setdiff1d(np.arange(len(X)), test)])
    return scaler.transform(np.delete(X, test, axis=0)), scaler.transform(X.take(test, axis=0))


# %% nbgrader={"grade_id": "normal_pdf_answer", "solution": true}
def _standard(x, mu, sigma):
    if sigma <= 0:
        raise ValueError("sigma")
    return np.subtract(x, mu) / sigma


def normal_pdf(x, mu, sigma):
    z = _standard(x, mu, sigma)
    return np.exp(-0.5 * z * z - math.log(sigma) - 0.5 * math.log(2 * math.pi))


# %% nbgrader={"grade_id": "normal_cdf_answer", "solution": true}
def normal_cdf(x, mu, sigma):
    erf = np.vectorize(math.erf, otypes=[float])
    return 0.5 + erf(_standard(x, mu, sigma) * math.sqrt(0.5)) / 2


# %% nbgrader={"grade_id": "within_k_sigma_answer", "solution": true}
def within_k_sigma(x, k):
    far = (x - x.mean()) ** 2 > k * k * x.var()
    return 1 - np.count_nonzero(far) / len(x)


# %% nbgrader={"grade_id": "sample_means_answer", "solution": true}
def sample_means(draw, n, reps):
    return np.stack([draw(int(n)) for _ in range(reps)]).mean(axis=1)


# %% nbgrader={"grade_id": "box_muller_answer", "solution": true}
def box_muller(u1, u2):
    points = (-2 * np.log(u1)) ** 0.5 * np.exp(2j * np.pi * u2)
    return np.hstack((points.real, points.imag))


# %% nbgrader={"grade_id": "normal_mle_answer", "solution": true}
def normal_mle(x):
    mu = np.average(x)
    return float(mu), float(np.linalg.norm(x - mu) / len(x) ** 0.5)
