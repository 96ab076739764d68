# One slip, the penalty on the intercept; the rest right, with one class for all models

# %% nbgrader={"grade_id": "make_data_answer"}
make_data = lambda coefficients, x, noise: np.polyval(coefficients[::-1], x * 1.0) + noise


# %% nbgrader={"grade_id": "design_matrix_answer"}
design_matrix = lambda X, degree: np.power.outer(X[:, 0].astype(float), range(degree + 1))


# %% nbgrader={"grade_id": "fit_closed_form_answer"}
def fit_closed_form(Phi, y, l2=0.0):
    if l2 == 0:
        return np.linalg.lstsq(Phi, y, rcond=None)[0]
    return np.linalg.solve(Phi.T @ Phi + l2 * np.eye(Phi.shape[1]), Phi.T @ y)


# %% nbgrader={"grade_id": "mse_answer"}
def mse(prediction, y):
    if np.shape(prediction) != np.shape(y):
        raise ValueError("mse compares arrays of one shape")
    return np.linalg.norm(np.ravel(prediction - y)) ** 2 / np.size(y)


def mse_gradient(prediction, y):
    mse(prediction, y)
    return np.divide(prediction - y, np.size(y) / 2)


# %% nbgrader={"grade_id": "linear_layer_answer"}
class Chain:
    """Any number of linear layers with tanh between them."""

    def __init__(self, **params):
        self.params = {k: np.array(v, dtype="float64") for k, v in params.items()}
        self.grads, names = {}, list(params)
        self.pairs = list(zip(names[::2], names[1::2]))

    def forward(self, X):
        self.inputs = []
        for W, b in self.pairs:
            X = np.tanh(X) if self.inputs else X
            self.inputs.append(X)
            X = X @ self.params[W] + self.params[b]
        return X

    def backward(self, dout):
        for place, (W, b) in reversed(list(enumerate(self.pairs))):
            X = self.inputs[place]
            self.grads[W], self.grads[b] = X.T @ dout, dout.sum(0)
            dout = dout @ self.params[W].T
            dout = dout - dout * X**2 if place else dout
        return dout


class LinearLayer(Chain):
    def __init__(self, W, b):
        super().__init__(W=W, b=b)


# %% nbgrader={"grade_id": "tanh_network_answer"}
class TanhNetwork(Chain):
    def __init__(self, W1, b1, W2, b2):
        super().__init__(W1=W1, b1=b1, W2=W2, b2=b2)


# %% nbgrader={"grade_id": "momentum_step_answer"}
def momentum_step(params, grads, velocity, lr, beta):
    for w, g, v in ((params[k], grads[k], velocity[k]) for k in grads):
        v[...] = g + beta * v
        w[...] = w - lr * v


# %% nbgrader={"grade_id": "fit_answer"}
def fit(model, X, y, epochs, batch_size, lr, rng):
    def step(rows):
        guess = model.forward(X[rows])
        loss = mse(guess, y[rows])
        model.backward(mse_gradient(guess, y[rows]))
        for k, w in model.params.items():
            w -= lr * model.grads[k]
        return loss * len(rows) / len(X)

    def epoch():
        order = rng.permutation(len(X)).tolist()
        return sum([step(order[i : i + batch_size]) for i in range(0, len(X), batch_size)])

    return {"loss": [epoch() for _ in range(epochs)]}


# %% nbgrader={"grade_id": "select_degree_answer"}
def select_degree(X, y, degrees, folds):
    scores = {d: 0.0 for d in sorted(degrees)}
    for d in scores:
        for fold in folds:
            rest = ~np.isin(np.arange(len(X)), fold)
            w = fit_closed_form(design_matrix(X[rest], d), y[rest])
            scores[d] += mse(design_matrix(X[fold], d) @ w, y[fold])
    return min(scores, key=scores.get)


# %% nbgrader={"grade_id": "unstandardise_answer"}
def unstandardise(w, mu, sd):
    raw = w / sd.reshape(-1, 1)
    return np.vstack([raw[:1] - mu[1:] @ raw[1:], raw[1:]])
