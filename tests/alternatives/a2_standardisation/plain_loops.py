# Loops over Python numbers, Welford's running update, no vectors; results made arrays at the end.

# %% nbgrader={"grade_id": "moments_answer", "solution": true}
def mean(x):
    total = count = 0
    for value in x:
        total += float(value)
        count += 1
    if not count:
        raise ValueError("empty")
    return total / count


def variance(x, ddof=0):
    centre, squares, count = 0.0, 0.0, 0
    for value in x:
        count += 1
        step = float(value) - centre
        centre += step / count
        squares += step * (float(value) - centre)
    if count - ddof < 1:
        raise ValueError("too few")
    return squares / (count - ddof)


# %% nbgrader={"grade_id": "zscore_answer", "solution": true}
def zscore(X, axis=0):
    table = X.T.tolist() if axis == 0 else X.tolist()
    found = []
    for line in table:
        if len(set(line)) == 1:
            found.append([0.0] * len(line))
            continue
        centre = math.fsum(line) / len(line)
        spread = math.sqrt(math.fsum((value - centre) ** 2 for value in line) / len(line))
        found.append([(value - centre) / spread for value in line])
    return np.array(found).T if axis == 0 else np.array(found)


# %% nbgrader={"grade_id": "compare_scores_answer", "solution": true}
def compare_scores(a, mu_a, sd_a, b, mu_b, sd_b):
    for sd in (sd_a, sd_b):
        if not sd > 0:
            raise ValueError("no spread")
    return int(np.sign((a - mu_a) / sd_a - (b - mu_b) / sd_b))


# %% nbgrader={"grade_id": "standardizer_answer", "solution": true}
class Standardizer:
    """Takes in one row at a time."""

    def __init__(self):
        self.forget()

    def forget(self):
        self.n, self.width, self.first, self.varies = 0, None, None, None

    def look_at(self, X, width):
        rows = X.tolist()
        if not rows:
            raise ValueError("empty")
        if width is not None and len(rows[0]) != width:
            raise ValueError("width")
        return rows

    def fit(self, X):
        rows = self.look_at(X, None)
        self.forget()
        return self.take(rows)

    def partial_fit(self, X):
        return self.take(self.look_at(X, self.width))

    def take(self, rows):
        if self.n == 0:
            self.width = len(rows[0])
            self.first, self.varies = rows[0], [False] * self.width
            self.centre, self.squares = [0.0] * self.width, [0.0] * self.width
        for row in rows:
            self.n += 1
            for j, value in enumerate(row):
                step = value - self.centre[j]
                self.centre[j] += step / self.n
                self.squares[j] += step * (value - self.centre[j])
                self.varies[j] |= value != self.first[j]
        return self

    @property
    def mean_(self):
        return np.array(self.centre)

    @property
    def scale_(self):
        return np.array([math.sqrt(s / self.n) if v else 1.0 for s, v in zip(self.squares, self.varies)])

    def moved(self, X, function):
        if self.n == 0:
            raise RuntimeError("nothing learnt")
        rows = self.look_at(X, self.width)
        scale = self.scale_.tolist()
        return np.array([[function(value, self.centre[j], scale[j]) for j, value in enumerate(row)] for row in rows])

    def transform(self, X):
        return self.moved(X, lambda value, centre, scale: (value - centre) / scale)

    def inverse_transform(self, Z):
        return self.moved(Z, lambda value, centre, scale: value * scale + centre)


# %% nbgrader={"grade_id": "split_and_standardise_answer", "solution": true}
def split_and_standardise(X, test):
    chosen = [int(i) for i in test]
    training = [row for i, row in enumerate(X.tolist()) if i not in set(chosen)]
    held_out = [X[i].tolist() for i in chosen]
    for j in range(X.shape[1]):
        values = [row[j] for row in training]
        centre = math.fsum(values) / len(values)
        spread = math.sqrt(math.fsum((value - centre) ** 2 for value in values) / len(values)) if max(values) > min(values) else 1.0
        for row in training + held_out:
            row[j] = (row[j] - centre) / spread
    return np.array(training), np.array(held_out)


# %% nbgrader={"grade_id": "normal_pdf_answer", "solution": true}
def normal_pdf(x, mu, sigma):
    if not sigma > 0:
        raise ValueError("sigma")
    found = []
    for value in x:
        found.append(math.exp(-((value - mu) ** 2) / (2 * sigma * sigma)) / math.sqrt(2 * math.pi * sigma * sigma))
    return np.array(found)


# %% nbgrader={"grade_id": "normal_cdf_answer", "solution": true}
def normal_cdf(x, mu, sigma):
    if not sigma > 0:
        raise ValueError("sigma")
    areas = np.empty(len(x))
    for i in range(len(x)):
        areas[i] = 0.5 * math.erfc((mu - x[i]) / sigma / math.sqrt(2))
    return areas


# %% nbgrader={"grade_id": "within_k_sigma_answer", "solution": true}
def within_k_sigma(x, k):
    values = x.tolist()
    centre = sum(values) / len(values)
    spread = math.sqrt(sum((value - centre) ** 2 for value in values) / len(values))
    inside = 0
    for value in values:
        if centre - k * spread <= value <= centre + k * spread:
            inside += 1
    return inside / len(values)


# %% nbgrader={"grade_id": "sample_means_answer", "solution": true}
def sample_means(draw, n, reps):
    means = np.zeros(reps)
    for r in range(reps):
        means[r] = math.fsum(draw(n)) / n
    return means


# %% nbgrader={"grade_id": "box_muller_answer", "solution": true}
def box_muller(u1, u2):
    pairs = [(math.sqrt(-2 * math.log(u)), 2 * math.pi * v) for u, v in zip(u1, u2)]
    return np.array([r * math.cos(t) for r, t in pairs] + [r * math.sin(t) for r, t in pairs])


# %% nbgrader={"grade_id": "normal_mle_answer", "solution": true}
def normal_mle(x):
    mu = math.fsum(x) / len(x)
    return [mu, math.sqrt(math.fsum((value - mu) ** 2 for value in x) / len(x))]
