# Broken: one cell does not parse, one never ends, two are right

# %% nbgrader={"grade_id": "make_data_answer"}
def make_data(coefficients, x, noise):
    total = noise.astype(float)
    for power in range(len(coefficients)):
        total = total + coefficients[power] * x**power
    return total


# %% nbgrader={"grade_id": "design_matrix_answer"}
def design_matrix(X, degree)
    return np.hstack([X**j for j in range(degree + 1)])

# %% nbgrader={"grade_id": "fit_closed_form_answer"}
w = np.ones(2)
while np.abs(w).sum() > 0:
    w = w / 2 + 1

# %% nbgrader={"grade_id": "unstandardise_answer"}
def unstandardise(w, mu, sd):
    slopes = w[1:] / sd[1:, None]
    return np.vstack([w[:1] - mu[1:] @ slopes, slopes])
