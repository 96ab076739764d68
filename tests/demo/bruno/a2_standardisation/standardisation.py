# Right, in a style of its own, but for one slip: the border of within_k_sigma

# %% nbgrader={"grade_id": "moments_answer"}
def mean(x):
    if not x.size:
        raise ValueError
    return float(x[0] + np.average(x - x[0]))


def variance(x, ddof=0):
    if x.size <= ddof:
        raise ValueError
    y = x - x[0]  # near 0, whatever x is
    y = y - y.mean()
    return float(y @ y / (x.size - ddof))


# %% nbgrader={"grade_id": "zscore_answer"}
def scale_of(table):
    """1 where nothing changes"""
    return np.where((table == table[0]).all(axis=0), 1.0, table.std(axis=0))


def zscore(X, axis=0):
    table = X if axis == 0 else X.T
    z = (table - table[0] - (table - table[0]).mean(axis=0)) / scale_of(table)
    return z if axis == 0 else z.T


# %% nbgrader={"grade_id": "compare_scores_answer"}
def compare_scores(a, mu_a, sd_a, b, mu_b, sd_b):
    def z(value, mu, sd):
        if sd <= 0:
            raise ValueError
        return (value - mu) / sd

    one, other = z(a, mu_a, sd_a), z(b, mu_b, sd_b)
    return (one > other) - (one < other)


# %% nbgrader={"grade_id": "standardizer_answer"}
class Standardizer:
    """Sums of x and x² about the first row that was seen: near 0, so no digits are lost."""

    origin = None

    def fit(self, X):
        if not len(X):
            raise ValueError
        self.origin = None
        return self.partial_fit(X)

    def partial_fit(self, X):
        if not len(X):
            raise ValueError
        if self.origin is None:
            self.origin, self.n = X[0].copy(), 0
            self.sums = self.squares = np.zeros(X.shape[1])
            self.constant = np.ones(X.shape[1], bool)
        elif X.shape[1] != len(self.origin):
            raise ValueError
        moved = X - self.origin
        self.n += len(X)
        self.sums = self.sums + moved.sum(axis=0)
        self.squares = self.squares + (moved**2).sum(axis=0)
        self.constant = self.constant & (moved == 0).all(axis=0)
        shift = self.sums / self.n
        self.mean_ = self.origin + shift
        self.scale_ = np.where(self.constant, 1.0, np.sqrt(self.squares / self.n - shift**2))
        return self

    def _ready(self, table):
        if self.origin is None:
            raise RuntimeError
        if not len(table) or table.shape[1] != len(self.origin):
            raise ValueError
        return table

    def transform(self, X):
        return (self._ready(X) - self.mean_) / self.scale_

    def inverse_transform(self, Z):
        return self._ready(Z) * self.scale_ + self.mean_


# %% nbgrader={"grade_id": "split_and_standardise_answer"}
def split_and_standardise(X, test):
    training = X[~np.isin(np.arange(len(X)), test)]
    mu, sd = training.mean(axis=0), scale_of(training)
    return tuple((rows - mu) / sd for rows in (training, X[test]))


# %% nbgrader={"grade_id": "normal_pdf_answer"}
def normal_pdf(x, mu, sigma):
    if sigma <= 0:
        raise ValueError
    precision = 1 / sigma**2
    return np.sqrt(precision / (2 * np.pi)) * np.exp(-precision * (x - mu) ** 2 / 2)


# %% nbgrader={"grade_id": "normal_cdf_answer"}
def normal_cdf(x, mu, sigma):
    if sigma <= 0:
        raise ValueError
    return np.fromiter((math.erfc((mu - value) / sigma / 2**0.5) / 2 for value in x), float, len(x))


# %% nbgrader={"grade_id": "within_k_sigma_answer"}
def within_k_sigma(x, k):
    return np.count_nonzero(abs(x - x.mean()) < k * x.std()) / len(x)


# %% nbgrader={"grade_id": "sample_means_answer"}
def sample_means(draw, n, reps):
    return np.mean([draw(n) for _ in range(reps)], axis=1)


# %% nbgrader={"grade_id": "box_muller_answer"}
def box_muller(u1, u2):
    z = np.sqrt(2 * np.log(1 / u1)) * np.exp(2j * np.pi * u2)
    return np.r_[z.real, z.imag]


# %% nbgrader={"grade_id": "normal_mle_answer"}
def normal_mle(x):
    return mean(x), variance(x) ** 0.5
