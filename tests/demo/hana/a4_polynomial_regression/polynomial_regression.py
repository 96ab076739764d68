# One famous mistake: the gradient of the loss summed over the batch; cells of her own, with a magic

# %%
%matplotlib inline
import matplotlib.pyplot as plt
import time

started = time.time()

# %% nbgrader={"grade_id": "make_data_answer"}
def make_data(coefficients, x, noise):
    y = np.full(x.shape, float(coefficients[-1]))
    for c in coefficients[-2::-1]:
        y = c + x * y
    return y + noise


# %% nbgrader={"grade_id": "design_matrix_answer"}
def design_matrix(X, degree):
    return np.column_stack([X.astype(float) ** j for j in range(degree + 1)])


# %% nbgrader={"grade_id": "fit_closed_form_answer"}
def fit_closed_form(Phi, y, l2=0.0):
    extra = np.sqrt(l2) * np.eye(Phi.shape[1])
    extra[0, 0] = 0.0
    padded = np.concatenate([y, np.zeros((Phi.shape[1], 1))])
    return np.linalg.pinv(np.concatenate([Phi, extra]), rcond=1e-13) @ padded


# %% nbgrader={"grade_id": "mse_answer"}
def check(prediction, y):
    if prediction.shape != y.shape:
        raise ValueError("prediction and target must have the same shape")


def mse(prediction, y):
    check(prediction, y)
    return np.square(prediction - y).mean()


def mse_gradient(prediction, y):
    check(prediction, y)
    return 2 * (prediction - y)


# %%
%timeit -n 10 mse(np.ones((5, 1)), np.zeros((5, 1)))
plt.plot([0, 1], [0, 1])

# %% nbgrader={"grade_id": "linear_layer_answer"}
class LinearLayer:
    def __init__(self, W, b):
        self.params = {"W": np.array(W, float), "b": np.array(b, float)}
        self.grads = {"W": np.zeros(W.shape), "b": np.zeros(b.shape)}

    def forward(self, X):
        self.cache = X
        return np.matmul(X, self.params["W"]) + self.params["b"]

    def backward(self, dout):
        self.grads["W"] = np.matmul(self.cache.T, dout)
        self.grads["b"] = np.sum(dout, axis=0)
        return np.matmul(dout, self.params["W"].T)


# %% nbgrader={"grade_id": "tanh_network_answer"}
class TanhNetwork:
    def __init__(self, W1, b1, W2, b2):
        self.params = {"W1": np.array(W1, float), "b1": np.array(b1, float), "W2": np.array(W2, float), "b2": np.array(b2, float)}
        self.grads = {}

    def forward(self, X):
        h = np.tanh(np.matmul(X, self.params["W1"]) + self.params["b1"])
        self.cache = X, h
        return np.matmul(h, self.params["W2"]) + self.params["b2"]

    def backward(self, dout):
        X, h = self.cache
        back = np.matmul(dout, self.params["W2"].T) * (1 + h) * (1 - h)
        self.grads = {"W1": np.matmul(X.T, back), "b1": np.sum(back, 0), "W2": np.matmul(h.T, dout), "b2": np.sum(dout, 0)}
        return np.matmul(back, self.params["W1"].T)


# %% nbgrader={"grade_id": "momentum_step_answer"}
def momentum_step(params, grads, velocity, lr, beta):
    for k, v in velocity.items():
        v[:] = beta * v + grads[k]
        params[k] += -lr * v


# %% nbgrader={"grade_id": "fit_answer"}
def fit(model, X, y, epochs, batch_size, lr, rng):
    loss = []
    for epoch in range(epochs):
        order = rng.permutation(len(X))
        total = 0
        for i in range(0, len(X), batch_size):
            b = order[i : i + batch_size]
            p = model.forward(X[b])
            total += np.square(p - y[b]).sum() / p.shape[1]
            model.backward(mse_gradient(p, y[b]))
            for k in model.params:
                model.params[k] -= lr * model.grads[k]
        loss.append(total / len(X))
    return {"loss": loss}


# %% nbgrader={"grade_id": "select_degree_answer"}
def select_degree(X, y, degrees, folds):
    best = None
    for d in sorted(degrees):
        scores = []
        for fold in folds:
            keep = np.setdiff1d(np.arange(len(X)), fold)
            w = fit_closed_form(design_matrix(X[keep], d), y[keep])
            scores.append(np.mean((design_matrix(X[fold], d) @ w - y[fold]) ** 2))
        score = sum(scores) / len(scores)
        if best is None or score < best[0]:
            best = score, d
    return best[1]


# %% nbgrader={"grade_id": "unstandardise_answer"}
def unstandardise(w, mu, sd):
    raw = w / sd.reshape(w.shape)
    raw[0, 0] = w[0, 0] - np.sum(raw[1:, 0] * mu[1:])
    return raw
