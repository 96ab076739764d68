"""The reference for a4_polynomial_regression/polynomial_regression: the same API on torch and scipy, gradients by autograd."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
import torch
from numpy.polynomial import Polynomial
from torch.nn import functional

Array = np.ndarray


def tensor(array: Array, requires_grad: bool = False) -> torch.Tensor:
    """A float64 copy of an array."""
    return torch.tensor(np.asarray(array), dtype=torch.float64, requires_grad=requires_grad)


def make_data(coefficients: Array, x: Array, noise: Array) -> Array:
    return Polynomial(coefficients)(np.asarray(x, dtype=np.float64)) + noise


def design_matrix(X: Array, degree: int) -> Array:
    factors = torch.cat([torch.ones(len(X), 1, dtype=torch.float64), tensor(X).expand(-1, degree)], dim=1)
    return factors.cumprod(dim=1).numpy()


def fit_closed_form(Phi: Array, y: Array, l2: float = 0.0) -> Array:
    """By singular values. With a penalty, the first column is projected out of all others before it is solved for."""
    Phi, y = np.asarray(Phi, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if l2 == 0:
        return scipy.linalg.pinv(Phi, rtol=1e-12) @ y
    first, rest = Phi[:, :1], Phi[:, 1:]
    project = np.eye(len(Phi)) - first @ first.T / (first.T @ first)
    u, s, vt = np.linalg.svd(project @ rest, full_matrices=False)
    w = vt.T @ ((s / (s**2 + l2))[:, np.newaxis] * (u.T @ (project @ y)))
    return np.concatenate([first.T @ (y - rest @ w) / (first.T @ first), w])


def mse(prediction: Array, y: Array) -> float:
    if np.shape(prediction) != np.shape(y):
        raise ValueError("prediction and target differ in their shapes")
    return functional.mse_loss(tensor(prediction), tensor(y)).item()


def mse_gradient(prediction: Array, y: Array) -> Array:
    if np.shape(prediction) != np.shape(y):
        raise ValueError("prediction and target differ in their shapes")
    leaf = tensor(prediction, requires_grad=True)
    return torch.autograd.grad(functional.mse_loss(leaf, tensor(y)), leaf)[0].numpy()


class _Model:
    """Parameters as arrays that may be changed in place; torch leaves on the same memory for each forward."""

    def __init__(self, **given: Array) -> None:
        self.params = {key: np.array(value, dtype=np.float64) for key, value in given.items()}
        self.grads: dict[str, Array] = {}

    def formula(self, X: torch.Tensor, **leaves: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError

    def forward(self, X: Array) -> Array:
        self._leaves = {key: tensor(value, requires_grad=True) for key, value in self.params.items()}
        self._X = tensor(X, requires_grad=True)
        self._out = self.formula(self._X, **self._leaves)
        return self._out.detach().numpy().copy()

    def backward(self, dout: Array) -> Array:
        leaves = [self._X, *self._leaves.values()]
        slopes = [slope.numpy() for slope in torch.autograd.grad(self._out, leaves, tensor(dout), retain_graph=True)]
        self.grads = dict(zip(self._leaves, slopes[1:], strict=True))
        return slopes[0]


class LinearLayer(_Model):
    def __init__(self, W: Array, b: Array) -> None:
        super().__init__(W=W, b=b)

    def formula(self, X: torch.Tensor, **leaves: torch.Tensor) -> torch.Tensor:
        return functional.linear(X, leaves["W"].T, leaves["b"])


class TanhNetwork(_Model):
    def __init__(self, W1: Array, b1: Array, W2: Array, b2: Array) -> None:
        super().__init__(W1=W1, b1=b1, W2=W2, b2=b2)

    def formula(self, X: torch.Tensor, **leaves: torch.Tensor) -> torch.Tensor:
        hidden = functional.linear(X, leaves["W1"].T, leaves["b1"]).tanh()
        return functional.linear(hidden, leaves["W2"].T, leaves["b2"])


def momentum_step(params: dict[str, Array], grads: dict[str, Array], velocity: dict[str, Array], lr: float, beta: float) -> None:
    """One step of torch's own SGD, whose buffers start as the velocities."""
    keys = list(params)
    leaves = [tensor(params[key], requires_grad=True) for key in keys]
    optimizer = torch.optim.SGD(leaves, lr=lr, momentum=beta)
    for key, leaf in zip(keys, leaves, strict=True):
        leaf.grad = tensor(grads[key])
        optimizer.state[leaf]["momentum_buffer"] = tensor(velocity[key])
    optimizer.step()
    for key, leaf in zip(keys, leaves, strict=True):
        params[key][...] = leaf.detach().numpy()
        velocity[key][...] = optimizer.state[leaf]["momentum_buffer"].numpy() if beta else grads[key]


def fit(model: Any, X: Array, y: Array, epochs: int, batch_size: int, lr: float, rng: np.random.Generator) -> dict[str, list[float]]:
    history = []
    for _ in range(epochs):
        squares = 0.0
        for batch in torch.from_numpy(rng.permutation(len(X))).split(batch_size):
            target = y[batch.numpy()]
            output = model.forward(X[batch.numpy()])
            squares += len(batch) * mse(output, target)
            model.backward(mse_gradient(output, target))
            model.params.update({key: value - lr * model.grads[key] for key, value in model.params.items()})
        history.append(squares / len(X))
    return {"loss": history}


def select_degree(X: Array, y: Array, degrees: list[int], folds: list[Array]) -> int:
    def error(degree: int) -> float:
        found = []
        for fold in folds:
            rest = np.setdiff1d(np.arange(len(X)), fold)
            curve = Polynomial.fit(X[rest, 0], y[rest, 0], degree)
            found.append(np.mean((curve(X[fold, 0]) - y[fold, 0]) ** 2))
        return float(np.mean(found))

    return int(min(degrees, key=lambda degree: (error(degree), degree)))


def unstandardise(w: Array, mu: Array, sd: Array) -> Array:
    """Through the matrix that turns raw columns into standardised ones: z = phi @ change."""
    change = np.diag(1.0 / np.asarray(sd, dtype=np.float64))
    change[0, 1:] = -np.asarray(mu[1:]) / sd[1:]
    return change @ w
