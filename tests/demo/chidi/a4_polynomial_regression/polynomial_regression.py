# Half done: the published slip in the gradient, an inverse, the short batch lost; no network yet

# %% nbgrader={"grade_id": "make_data_answer"}
def make_data(coefficients, x, noise):
    return sum(c * x**j for j, c in enumerate(coefficients)) + noise


# %% nbgrader={"grade_id": "design_matrix_answer"}
def design_matrix(X, degree):
    return X ** np.arange(degree + 1)


# %% nbgrader={"grade_id": "fit_closed_form_answer"}
def fit_closed_form(Phi, y, l2=0.0):
    D = np.eye(Phi.shape[1])
    D[0, 0] = 0
    return np.linalg.inv(Phi.T @ Phi + l2 * D) @ Phi.T @ y


# %% nbgrader={"grade_id": "mse_answer"}
def mse(prediction, y):
    if prediction.shape != y.shape:
        raise ValueError("shapes differ")
    return np.mean((prediction - y) ** 2)


def mse_gradient(prediction, y):
    return 2 * (prediction - y)


# %% nbgrader={"grade_id": "linear_layer_answer"}
class LinearLayer:
    def __init__(self, W, b):
        self.params = {"W": W, "b": b}
        self.grads = {}

    def forward(self, X):
        self.X = X
        return X @ self.params["W"] + self.params["b"]

    def backward(self, dout):
        self.grads["W"] = self.X.T @ dout
        self.grads["b"] = dout.sum(axis=0)
        return dout @ self.params["W"].T


# %% nbgrader={"grade_id": "momentum_step_answer"}
def momentum_step(params, grads, velocity, lr, beta):
    for key in params:
        velocity[key] = beta * velocity[key] + grads[key]
        params[key] = params[key] - lr * velocity[key]


# %% nbgrader={"grade_id": "fit_answer"}
def fit(model, X, y, epochs, batch_size, lr, rng):
    losses = []
    for _ in range(epochs):
        order = rng.permutation(len(X))
        found = []
        for i in range(len(X) // batch_size):
            rows = order[i * batch_size : (i + 1) * batch_size]
            p = model.forward(X[rows])
            found.append(mse(p, y[rows]))
            model.backward(mse_gradient(p, y[rows]))
            for k in model.params:
                model.params[k] -= lr * model.grads[k]
        losses.append(np.mean(found))
    return {"loss": losses}


# %% nbgrader={"grade_id": "unstandardise_answer"}
def unstandardise(w, mu, sd):
    raw = w / sd[:, None]
    raw[0] = raw[0] - mu @ raw
    return raw
