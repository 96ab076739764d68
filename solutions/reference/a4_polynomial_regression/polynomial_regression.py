"""The reference for a4_polynomial_regression/polynomial_regression: the same API on torch, gradients by autograd."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.nn import functional

DEVICE: str = globals().get("DEVICE", "cpu")  # where the grader says to compute: "cpu" or "cuda"

Array = np.ndarray


def tensor(array: Array, requires_grad: bool = False) -> torch.Tensor:
    """A float64 copy of an array."""
    return torch.tensor(np.asarray(array), dtype=torch.float64, device=DEVICE, requires_grad=requires_grad)


def array(tensor: torch.Tensor) -> Array:
    """A copy of a tensor, for others to keep or to change."""
    return tensor.detach().cpu().numpy().copy()


def powers(x: torch.Tensor, count: int) -> torch.Tensor:
    """x [N, 1] to the powers of 0 and up to count - 1, [N, count]."""
    return x ** torch.arange(count, device=DEVICE)


def make_data(coefficients: Array, x: Array, noise: Array) -> Array:
    return array(powers(tensor(x), len(coefficients)) @ tensor(coefficients)[:, None] + tensor(noise))


def design_matrix(X: Array, degree: int) -> Array:
    factors = torch.cat([torch.ones(len(X), 1, dtype=torch.float64, device=DEVICE), tensor(X).expand(-1, degree)], dim=1)
    return array(factors.cumprod(dim=1))


def fit_closed_form(Phi: Array, y: Array, l2: float = 0.0) -> Array:
    """By singular values. With a penalty, the first column is projected out of all others before it is solved for."""
    table, target = tensor(Phi), tensor(y)
    if l2 == 0:
        return array(torch.linalg.pinv(table, rtol=1e-12) @ target)
    first, rest = table[:, :1], table[:, 1:]
    project = torch.eye(len(table), dtype=torch.float64, device=DEVICE) - first @ first.T / (first.T @ first)
    u, s, vt = torch.linalg.svd(project @ rest, full_matrices=False)
    w = vt.T @ ((s / (s**2 + l2))[:, None] * (u.T @ (project @ target)))
    return array(torch.cat([first.T @ (target - rest @ w) / (first.T @ first), w]))


def mse(prediction: Array, y: Array) -> float:
    if np.shape(prediction) != np.shape(y):
        raise ValueError("prediction and target differ in their shapes")
    return functional.mse_loss(tensor(prediction), tensor(y)).item()


def mse_gradient(prediction: Array, y: Array) -> Array:
    if np.shape(prediction) != np.shape(y):
        raise ValueError("prediction and target differ in their shapes")
    leaf = tensor(prediction, requires_grad=True)
    return array(torch.autograd.grad(functional.mse_loss(leaf, tensor(y)), leaf)[0])


class _Model:
    """Parameters as arrays that may be changed in place; torch leaves with their numbers for each forward."""

    def __init__(self, **given: Array) -> None:
        self.params = {key: np.array(value, dtype=np.float64) for key, value in given.items()}
        self.grads: dict[str, Array] = {}

    def formula(self, X: torch.Tensor, **leaves: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError

    def forward(self, X: Array) -> Array:
        self._leaves = {key: tensor(value, requires_grad=True) for key, value in self.params.items()}
        self._X = tensor(X, requires_grad=True)
        self._out = self.formula(self._X, **self._leaves)
        return array(self._out)

    def backward(self, dout: Array) -> Array:
        leaves = [self._X, *self._leaves.values()]
        slopes = [array(slope) for slope in torch.autograd.grad(self._out, leaves, tensor(dout), retain_graph=True)]
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
        params[key][...] = array(leaf)
        velocity[key][...] = array(optimizer.state[leaf]["momentum_buffer"]) if beta else grads[key]


def fit(model: Any, X: Array, y: Array, epochs: int, batch_size: int, lr: float, rng: np.random.Generator) -> dict[str, list[float]]:
    history = []
    for _ in range(epochs):
        squares = 0.0
        for batch in np.split(rng.permutation(len(X)), range(batch_size, len(X), batch_size)):
            output = model.forward(X[batch])
            squares += len(batch) * mse(output, y[batch])
            model.backward(mse_gradient(output, y[batch]))
            model.params.update({key: array(tensor(value) - lr * tensor(model.grads[key])) for key, value in model.params.items()})
        history.append(squares / len(X))
    return {"loss": history}


def select_degree(X: Array, y: Array, degrees: list[int], folds: list[Array]) -> int:
    def error(degree: int) -> float:
        found = []
        for fold in folds:
            kept = np.setdiff1d(np.arange(len(X)), fold)
            learnt, held_out = (powers(tensor(X[rows]), degree + 1) for rows in (kept, fold))
            found.append(functional.mse_loss(held_out @ (torch.linalg.pinv(learnt) @ tensor(y[kept])), tensor(y[fold])))
        return torch.stack(found).mean().item()

    return int(min(degrees, key=lambda degree: (error(degree), degree)))


def unstandardise(w: Array, mu: Array, sd: Array) -> Array:
    """Through the matrix that turns raw columns into standardised ones: z = phi @ change."""
    change = torch.diag(1.0 / tensor(sd))
    change[0, 1:] = -tensor(mu)[1:] / tensor(sd)[1:]
    return array(change @ tensor(w))
