# %% nbgrader={"grade_id": "make_data_answer"}
def make_data(coefficients: np.ndarray, x: np.ndarray, noise: np.ndarray) -> np.ndarray:
    return np.polynomial.polynomial.polyval(x.astype(float), coefficients) + noise


# %% nbgrader={"grade_id": "design_matrix_answer"}
def design_matrix(X, degree):
    return np.vander(np.ravel(X).astype(float), degree + 1, increasing=True)


# %% nbgrader={"grade_id": "fit_closed_form_answer"}
def fit_closed_form(Phi, y, l2=0.0):
    D = np.diag((np.arange(Phi.shape[1]) > 0) * float(l2))
    U, s, Vt = np.linalg.svd(Phi.astype(float).T @ Phi + D, hermitian=True)
    keep = s > 1e-11 * s.max(initial=0.0)
    if not keep.any():
        return np.zeros((Phi.shape[1], 1))
    return Vt[keep].T @ ((U[:, keep].T @ (Phi.T @ y)) / s[keep, None])


# %% nbgrader={"grade_id": "mse_answer"}
def mse(prediction, y):
    if prediction.shape == y.shape:
        difference = np.ravel(prediction - y)
        return np.dot(difference, difference) / difference.size
    raise ValueError


def mse_gradient(prediction, y):
    if prediction.shape == y.shape:
        return (prediction - y) * (2 / np.size(y))
    raise ValueError


# %% nbgrader={"grade_id": "linear_layer_answer"}
class _Layer:
    """Parameters in one dictionary; what backward needs is kept in a closure."""

    def __init__(self, **arrays):
        self.params = {name: np.array(array, float, copy=True) for name, array in arrays.items()}
        self.grads = {}


class LinearLayer(_Layer):
    def __init__(self, W, b):
        super().__init__(W=W, b=b)

    def forward(self, X):
        with_ones = np.column_stack([X, np.ones(len(X))])
        both = np.vstack([self.params["W"], self.params["b"]])

        def back(dout):
            gradient = with_ones.T @ dout
            self.grads["W"], self.grads["b"] = gradient[:-1], gradient[-1]
            return (dout @ both.T)[:, :-1]

        self._back = back
        return with_ones @ both

    def backward(self, dout):
        return self._back(dout)


# %% nbgrader={"grade_id": "tanh_network_answer"}
class Affine:
    def __init__(self, weight, bias):
        self.weight, self.bias = np.array(weight, dtype=float), np.array(bias, dtype=float)

    def __call__(self, x):
        self.x = x
        return np.dot(x, self.weight) + self.bias

    def back(self, g):
        self.slopes = np.dot(self.x.T, g), np.sum(g, axis=0)
        return np.dot(g, self.weight.T)


class TanhNetwork:
    def __init__(self, W1, b1, W2, b2):
        self.first, self.second = Affine(W1, b1), Affine(W2, b2)
        self.params = {"W1": self.first.weight, "b1": self.first.bias, "W2": self.second.weight, "b2": self.second.bias}
        self.grads = dict.fromkeys(self.params)

    def forward(self, X):
        self.bent = np.tanh(self.first(X))
        return self.second(self.bent)

    def backward(self, dout):
        inner = self.second.back(dout)
        dX = self.first.back(inner - inner * self.bent * self.bent)
        self.grads.update(zip(("W1", "b1", "W2", "b2"), (*self.first.slopes, *self.second.slopes)))
        return dX


# %% nbgrader={"grade_id": "momentum_step_answer"}
def momentum_step(params, grads, velocity, lr, beta):
    for key, g in grads.items():
        velocity[key][:] = beta * velocity[key] + g
        params[key][:] = params[key] - lr * velocity[key]


# %% nbgrader={"grade_id": "fit_answer"}
def _epoch(model, X, y, order, batch_size, lr):
    cuts = range(batch_size, len(order), batch_size)
    for rows in np.split(order, cuts):
        guess = model.forward(np.take(X, rows, axis=0))
        wanted = np.take(y, rows, axis=0)
        yield len(rows), mse(guess, wanted)
        model.backward(mse_gradient(guess, wanted))
        for name in sorted(model.params):
            model.params[name] -= lr * model.grads[name]


def fit(model, X, y, epochs, batch_size, lr, rng):
    def one():
        sizes, losses = zip(*_epoch(model, X, y, rng.permutation(len(y)), batch_size, lr))
        return np.average(losses, weights=sizes)

    return dict(loss=[one() for _ in range(epochs)])


# %% nbgrader={"grade_id": "select_degree_answer"}
def select_degree(X, y, degrees, folds):
    everything = np.arange(len(X))
    table = np.empty((len(degrees), len(folds)))
    ordered = sorted(degrees)
    for i, degree in enumerate(ordered):
        for j, fold in enumerate(folds):
            rest = np.delete(everything, fold)
            w = np.linalg.lstsq(X[rest] ** np.arange(degree + 1), y[rest], rcond=None)[0]
            table[i, j] = np.mean((X[fold] ** np.arange(degree + 1) @ w - y[fold]) ** 2)
    return ordered[int(table.mean(axis=1).argmin())]


# %% nbgrader={"grade_id": "unstandardise_answer"}
def unstandardise(w, mu, sd):
    weights = w[1:, 0] / sd[1:]
    return np.concatenate(([w[0, 0] - weights @ mu[1:]], weights))[:, None]
