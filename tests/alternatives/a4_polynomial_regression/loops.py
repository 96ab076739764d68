# %% nbgrader={"grade_id": "make_data_answer"}
def make_data(coefficients, x, noise):
    rows = []
    for [at], [off] in zip(x.tolist(), noise.tolist()):
        rows.append([sum(c * at**power for power, c in enumerate(coefficients.tolist())) + off])
    return np.array(rows, dtype=float)


# %% nbgrader={"grade_id": "design_matrix_answer"}
def design_matrix(X, degree):
    table = np.ones((len(X), degree + 1))
    for column in range(1, degree + 1):
        table[:, column] = table[:, column - 1] * X[:, 0]
    return table


# %% nbgrader={"grade_id": "fit_closed_form_answer"}
def fit_closed_form(Phi, y, l2=0.0):
    if l2 == 0:
        return np.linalg.pinv(Phi * 1.0, rcond=1e-12) @ y
    gram = Phi.T @ Phi + l2 * np.diag([0.0] + [1.0] * (Phi.shape[1] - 1))
    return np.linalg.solve(gram, Phi.T @ y)


# %% nbgrader={"grade_id": "mse_answer"}
def _errors(prediction, y):
    if np.shape(prediction) != np.shape(y):
        raise ValueError("shapes")
    return np.subtract(prediction, y).ravel()


def mse(prediction, y):
    errors = _errors(prediction, y).tolist()
    return sum(e * e for e in errors) / len(errors)


def mse_gradient(prediction, y):
    errors = _errors(prediction, y)
    return np.array([2.0 * e / len(errors) for e in errors]).reshape(prediction.shape)


# %% nbgrader={"grade_id": "linear_layer_answer"}
class LinearLayer:
    def __init__(self, W, b):
        self.params = dict(b=np.asarray(b) + 0.0, W=np.asarray(W) * 1.0)
        self.grads = {key: np.zeros_like(value) for key, value in self.params.items()}

    def forward(self, X):
        self.inputs = [row.copy() for row in X]
        W, b = self.params["W"], self.params["b"]
        out = np.empty((len(X), len(b)))
        for n, row in enumerate(X):
            for k in range(len(b)):
                out[n, k] = sum(row[d] * W[d, k] for d in range(len(row))) + b[k]
        return out

    def backward(self, dout):
        for gradient in self.grads.values():
            gradient[...] = 0.0
        for row, slopes in zip(self.inputs, dout):
            self.grads["W"] += np.outer(row, slopes)
            self.grads["b"] += slopes
        return np.array([self.params["W"] @ slopes for slopes in dout])


# %% nbgrader={"grade_id": "tanh_network_answer"}
class TanhNetwork:
    def __init__(self, W1, b1, W2, b2):
        self.params = {}
        for key, value in zip(("W1", "b1", "W2", "b2"), (W1, b1, W2, b2)):
            self.params[key] = np.array(value).astype(float)

    def forward(self, X):
        p = self.params
        self._X, self._A = X, X @ p["W1"] + p["b1"]
        return np.tanh(self._A) @ p["W2"] + p["b2"]

    def backward(self, dout):
        T = np.tanh(self._A)
        dT = np.einsum("nk,hk->nh", dout, self.params["W2"])
        dA = dT / np.cosh(np.clip(self._A, -300, 300)) ** 2
        self.grads = {
            "W1": np.einsum("nd,nh->dh", self._X, dA),
            "b1": np.ones(len(dA)) @ dA,
            "W2": np.einsum("nh,nk->hk", T, dout),
            "b2": np.ones(len(dout)) @ dout,
        }
        return np.einsum("nh,dh->nd", dA, self.params["W1"])


# %% nbgrader={"grade_id": "momentum_step_answer"}
def momentum_step(params, grads, velocity, lr, beta):
    for key in params:
        np.add(beta * velocity[key], grads[key], out=velocity[key])
        np.subtract(params[key], lr * velocity[key], out=params[key])


# %% nbgrader={"grade_id": "fit_answer"}
def fit(model, X, y, epochs, batch_size, lr, rng):
    history = {"loss": []}
    while len(history["loss"]) < epochs:
        shuffled = rng.permutation(np.arange(X.shape[0]))
        Xs, ys = X[shuffled], y[shuffled]
        weighted = []
        while len(Xs):
            bx, by, Xs, ys = Xs[:batch_size], ys[:batch_size], Xs[batch_size:], ys[batch_size:]
            out = model.forward(bx)
            weighted.append(((out - by) ** 2).mean() * len(bx))
            model.backward(2 * (out - by) / out.size)
            for key, value in list(model.params.items()):
                model.params[key] = value - lr * model.grads[key]
        history["loss"].append(np.sum(weighted) / X.shape[0])
    return history


# %% nbgrader={"grade_id": "select_degree_answer"}
def select_degree(X, y, degrees, folds):
    scores = []
    for degree in degrees:
        total = 0.0
        for fold in folds:
            inside = set(fold.tolist())
            rest = [row for row in range(len(X)) if row not in inside]
            w = fit_closed_form(design_matrix(X[rest], degree), y[rest])
            total += mse(design_matrix(X[fold], degree) @ w, y[fold])
        scores.append((total / len(folds), degree))
    return min(scores)[1]


# %% nbgrader={"grade_id": "unstandardise_answer"}
def unstandardise(w, mu, sd):
    raw = [weight / deviation for [weight], deviation in zip(w.tolist(), sd.tolist())]
    raw[0] -= sum(weight * mean for weight, mean in zip(raw[1:], mu.tolist()[1:]))
    return np.array(raw, dtype=float).reshape(-1, 1)
