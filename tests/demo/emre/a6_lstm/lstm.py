# Broken: one cell does not parse, one never ends, three are right

# %% nbgrader={"grade_id": "sigmoid_answer"}
def sigmoid(x):
    s = np.exp(-abs(x))
    return np.where(np.greater_equal(x, 0), 1, s) / (1 + s)


# %% nbgrader={"grade_id": "rnn_step_answer"}
def rnn_step(x, h, Wx, Wh, b)
    return np.tanh(x @ Wx + h @ Wh + b), None


# %% nbgrader={"grade_id": "rnn_answer"}
t = 40
while t > 0:
    t = t + 1


# %% nbgrader={"grade_id": "lstm_gates_answer"}
def lstm_gates(x, h, Wx, Wh, b):
    z = x @ Wx + h @ Wh + b
    n = h.shape[1]
    return sigmoid(z[:, :n]), sigmoid(z[:, n : 2 * n]), np.tanh(z[:, 2 * n : 3 * n]), sigmoid(z[:, 3 * n :])


# %% nbgrader={"grade_id": "clip_gradients_answer"}
def clip_gradients(grads, max_norm):
    norm = sum(np.sum(np.square(g)) for g in grads.values()) ** 0.5
    for g in grads.values():
        g *= min(1, max_norm / (norm or 1))
    return norm
