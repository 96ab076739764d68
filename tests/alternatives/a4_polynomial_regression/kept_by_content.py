# Answers kept by what came in, arrays of their own that are filled again, generators and subclasses

# %% nbgrader={"grade_id": "make_data_answer"}
def make_data(coefficients, x, noise):
    def terms():
        power = np.ones(x.shape)
        for coefficient in coefficients:
            yield coefficient * power
            power = power * x

    y = np.array(noise, dtype=float)
    for term in terms():
        y += term
    return y


# %% nbgrader={"grade_id": "design_matrix_answer"}
KNOWN = {}


def design_matrix(X, degree):
    key = (X.tobytes(), X.dtype.str, X.shape, degree)
    if key not in KNOWN:
        if len(KNOWN) > 50:
            KNOWN.clear()
        KNOWN[key] = np.concatenate([np.power(X.astype(float), j) for j in range(degree + 1)], axis=1)
    return KNOWN[key].copy()


# %% nbgrader={"grade_id": "fit_closed_form_answer"}
def fit_closed_form(Phi, y, l2=0.0):
    # what the first column explains is taken away, where there is a penalty
    Phi, y = Phi.astype(float), y.astype(float)
    if not l2:
        return np.linalg.pinv(Phi, rcond=1e-13) @ y
    first = Phi[:, :1] / np.linalg.norm(Phi[:, :1])
    rest, left = Phi[:, 1:] - first @ (first.T @ Phi[:, 1:]), y - first @ (first.T @ y)
    w = np.zeros((Phi.shape[1], 1))
    if Phi.shape[1] > 1:
        U, s, Vt = np.linalg.svd(rest, full_matrices=False)
        w[1:] = Vt.T @ (s[:, None] / (s[:, None] ** 2 + l2) * (U.T @ left))
    w[:1] = first.T @ (y - Phi[:, 1:] @ w[1:]) / (first.T @ Phi[:, :1])
    return w


# %% nbgrader={"grade_id": "mse_answer"}
class Errors:
    def __init__(self, prediction, y):
        if prediction.shape != y.shape:
            raise ValueError("no common shape")
        self.of = np.asarray(prediction - y, dtype=float)

    @property
    def mean_square(self):
        return np.einsum("i,i->", self.of.ravel(), self.of.ravel()) / self.of.size


def mse(prediction, y):
    return Errors(prediction, y).mean_square


def mse_gradient(prediction, y):
    errors = Errors(prediction, y).of
    return errors / (0.5 * errors.size)


# %% nbgrader={"grade_id": "linear_layer_answer"}
class Params(dict):
    """Arrays by name, as float64 copies."""

    def __init__(self, **given):
        super().__init__({key: np.array(value, dtype=np.float64) for key, value in given.items()})


class LinearLayer:
    def __init__(self, W, b):
        self.params, self.grads = Params(W=W, b=b), Params(W=np.zeros(np.shape(W)), b=np.zeros(np.shape(b)))
        self._space = {}

    def _array(self, name, shape):
        found = self._space.get((name, shape))
        if found is None:
            found = self._space[name, shape] = np.empty(shape)
        return found

    def forward(self, X):
        self._X = self._array("X", X.shape)
        self._X[...] = X
        out = self._array("out", (len(X), self.params["W"].shape[1]))
        np.matmul(self._X, self.params["W"], out=out)
        out += self.params["b"]
        return out.copy()

    def backward(self, dout):
        np.matmul(self._X.T, dout, out=self.grads["W"])
        np.sum(dout, axis=0, out=self.grads["b"])
        return np.matmul(dout, self.params["W"].T)


# %% nbgrader={"grade_id": "tanh_network_answer"}
class Chain:
    """Steps that each know their way back; one list of generators for each forward."""

    steps = ()

    def forward(self, X):
        self._back = []
        for step in self.steps:
            running = step(X)
            X = next(running)
            self._back.append(running)
        return X

    def backward(self, dout):
        for way in reversed(self._back):
            dout = way.send(dout)
        return dout


class TanhNetwork(Chain):
    def __init__(self, W1, b1, W2, b2):
        self.params = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
        self.params = {key: np.array(value, dtype=float) for key, value in self.params.items()}
        self.grads = {}
        self.steps = (lambda X: self.affine("1", X), self.tanh, lambda X: self.affine("2", X))

    def affine(self, number, X):
        G = yield X @ self.params["W" + number] + self.params["b" + number]
        while True:
            self.grads["W" + number], self.grads["b" + number] = X.T @ G, G.sum(0)
            G = yield G @ self.params["W" + number].T

    def tanh(self, A):
        T = np.tanh(A)
        G = yield T
        while True:
            G = yield G * (1 + T) * (1 - T)


# %% nbgrader={"grade_id": "momentum_step_answer"}
def momentum_step(params, grads, velocity, lr, beta):
    for key in sorted(params):
        np.multiply(velocity[key], beta, out=velocity[key])
        np.add(velocity[key], grads[key], out=velocity[key])
        params[key] += -lr * velocity[key]
    return params


# %% nbgrader={"grade_id": "fit_answer"}
def fit(model, X, y, epochs, batch_size, lr, rng):
    def batches():
        order = rng.permutation(len(X))
        while order.size:
            yield X[order[:batch_size]], y[order[:batch_size]]
            order = order[batch_size:]

    def epoch():
        for inputs, targets in batches():
            guess = model.forward(inputs)
            yield mse(guess, targets) * len(inputs)
            model.backward(mse_gradient(guess, targets))
            for key, value in model.params.items():
                value -= lr * model.grads[key]

    return {"loss": [sum(epoch()) / len(X) for _ in range(epochs)]}


# %% nbgrader={"grade_id": "select_degree_answer"}
def select_degree(X, y, degrees, folds):
    def error(degree, fold):
        kept = np.setdiff1d(np.arange(len(X)), fold)
        powers = X ** np.arange(degree + 1)
        w = np.linalg.pinv(powers[kept]) @ y[kept]
        return np.mean((y[fold] - powers[fold] @ w) ** 2)

    return min(sorted(degrees), key=lambda degree: np.mean([error(degree, fold) for fold in folds]))


# %% nbgrader={"grade_id": "unstandardise_answer"}
def unstandardise(w, mu, sd):
    change = np.diag(1 / sd.astype(float))
    change[0, 1:] = -(mu / sd)[1:]
    return change @ w
