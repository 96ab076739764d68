# Learns in the same two arrays from the first batch on; a running variance and a share counted with it.

# %% nbgrader={"grade_id": "standardizer_answer", "solution": true}
class Standardizer:
    def __init__(self):
        self.n = 0

    def fit(self, X):
        if len(X) == 0:
            raise ValueError("no rows")
        self.n = 0
        return self.partial_fit(X)

    def partial_fit(self, X):
        self.check(X)
        if self.n == 0:
            self.mean_, self.scale_ = np.zeros(X.shape[1]), np.ones(X.shape[1])
            self.squares, self.low, self.high = np.zeros(X.shape[1]), X[0].copy(), X[0].copy()
        for row in X:
            self.n += 1
            step = row - self.mean_
            self.mean_ += step / self.n
            self.squares += step * (row - self.mean_)
            np.minimum(self.low, row, out=self.low)
            np.maximum(self.high, row, out=self.high)
        varies = self.low != self.high
        self.scale_[varies] = np.sqrt(self.squares[varies] / self.n)
        return self

    def check(self, X):
        if len(X) == 0 or self.n and X.shape[1] != self.mean_.size:
            raise ValueError("shape")

    def ready(self, X):
        if self.n == 0:
            raise RuntimeError("nothing learnt")
        self.check(X)

    def transform(self, X):
        self.ready(X)
        return (X - self.mean_) / self.scale_

    def inverse_transform(self, Z):
        self.ready(Z)
        return Z * self.scale_ + self.mean_


# %% nbgrader={"grade_id": "within_k_sigma_answer", "solution": true}
def within_k_sigma(x, k):
    centre = squares = 0.0
    for n, value in enumerate(x.tolist(), 1):
        step = value - centre
        centre += step / n
        squares += step * (value - centre)
    return sum(abs(value - centre) <= k * math.sqrt(squares / n) for value in x.tolist()) / n
