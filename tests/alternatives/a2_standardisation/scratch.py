# Writes into arrays of its own that are kept from call to call, and gives copies; generators; sorted values.

# %% nbgrader={"grade_id": "moments_answer", "solution": true}
def mean(x):
    if not len(x):
        raise ValueError("nothing")
    middle = float(x[0])
    return middle + math.fsum(float(value) - middle for value in x) / len(x)


def variance(x, ddof=0):
    if len(x) < ddof + 1:
        raise ValueError("too few")
    middle = mean(x)
    return math.fsum((float(value) - middle) ** 2 for value in x) / (len(x) - ddof)


# %% nbgrader={"grade_id": "zscore_answer", "solution": true}
SCRATCH = {}


def scratch(shape):
    if shape not in SCRATCH:
        SCRATCH[shape] = np.empty(shape)
    return SCRATCH[shape]


def zscore(X, axis=0):
    table = scratch(X.shape)
    np.subtract(X, np.mean(X, axis=axis, keepdims=True), out=table)
    length = np.sqrt(np.mean(table * table, axis=axis, keepdims=True))
    length[np.ptp(X, axis=axis, keepdims=True) == 0] = np.inf
    table /= length
    return table.copy()


# %% nbgrader={"grade_id": "standardizer_answer", "solution": true}
class Standardizer:
    def __init__(self):
        self.rows = None

    def _table(self, X):
        if len(X) == 0:
            raise ValueError("rows")
        if self.rows is not None and X.shape[1] != self.rows.shape[1]:
            raise ValueError("columns")
        return np.array(X, dtype=float)

    def fit(self, X):
        if len(X) == 0:
            raise ValueError("rows")
        self.rows = None
        return self.partial_fit(X)

    def partial_fit(self, X):
        rows = self._table(X)
        self.rows = rows if self.rows is None else np.concatenate([self.rows, rows])
        low, high = np.sort(self.rows, axis=0)[[0, -1]]
        self.mean_ = low + (self.rows - low).mean(axis=0)
        self.scale_ = np.where(low < high, np.sqrt(((self.rows - self.mean_) ** 2).mean(axis=0)), 1.0)
        return self

    def _moved(self, X):
        if self.rows is None:
            raise RuntimeError("nothing learnt")
        return self._table(X)

    def transform(self, X):
        Z = self._moved(X)
        Z -= self.mean_
        Z /= self.scale_
        return Z

    def inverse_transform(self, Z):
        X = self._moved(Z)
        X *= self.scale_
        X += self.mean_
        return X


# %% nbgrader={"grade_id": "normal_pdf_answer", "solution": true}
def normal_pdf(x, mu, sigma):
    if sigma <= 0:
        raise ValueError("sigma")
    return np.fromiter((math.exp(-0.5 * ((value - mu) / sigma) ** 2) / (sigma * math.sqrt(math.tau)) for value in x), float, len(x))


# %% nbgrader={"grade_id": "within_k_sigma_answer", "solution": true}
def within_k_sigma(x, k):
    middle, reach = np.mean(x), k * np.std(x)
    far = np.sort(np.abs(x - middle))
    return np.searchsorted(far, reach, side="right") / len(x)


# %% nbgrader={"grade_id": "sample_means_answer", "solution": true}
def sample_means(draw, n, reps):
    return np.fromiter((draw(n).mean() for _ in range(reps)), dtype=float, count=reps)


# %% nbgrader={"grade_id": "box_muller_answer", "solution": true}
NUMBERS = {}


def box_muller(u1, u2):
    n = len(u1)
    z = NUMBERS.setdefault(n, np.empty((2, n)))
    np.cos(math.tau * u2, out=z[0])
    np.sin(math.tau * u2, out=z[1])
    z *= np.sqrt(2 * -np.log(u1))
    return z.reshape(-1).copy()
