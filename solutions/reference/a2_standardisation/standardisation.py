"""The reference for a2_standardisation/standardisation: the same API on torch; exact fractions decide, and scikit-learn learns.

Two answers are decisions, `compare_scores` and `within_k_sigma`: they are made on fractions, which no rounding can turn.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import torch
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import StandardScaler
from torch.distributions import Normal
from torch.nn import functional

DEVICE: str = globals().get("DEVICE", "cpu")  # where the grader says to compute: "cpu" or "cuda"


def tensor(values: np.ndarray | float) -> torch.Tensor:
    """A float64 copy."""
    return torch.tensor(values, dtype=torch.float64, device=DEVICE)


def mean(x: np.ndarray) -> float:
    if x.size == 0:
        raise ValueError("the mean of nothing")
    return tensor(x).mean().item()


def variance(x: np.ndarray, ddof: int = 0) -> float:
    """From the differences of all pairs, which need no mean and cancel nothing: their squares sum to 2 N times those from the mean."""
    if x.size - ddof <= 0:
        raise ValueError("too few values")
    values = tensor(x)
    differences = values[:, None] - values
    return (differences.square().sum() / (2 * x.size * (x.size - ddof))).item()


def zscore(X: np.ndarray, axis: int = 0) -> np.ndarray:
    """Deviations as directions, of length 1, times √N, which is the length of N z-scores."""
    table = tensor(X)
    low, high = table.aminmax(dim=axis, keepdim=True)
    directions = functional.normalize(table - table.mean(dim=axis, keepdim=True), dim=axis, eps=1e-300)
    return (directions * X.shape[axis] ** 0.5).masked_fill(low == high, 0.0).cpu().numpy()


def compare_scores(a: float, mu_a: float, sd_a: float, b: float, mu_b: float, sd_b: float) -> int:
    """On exact fractions, multiplied out."""
    if min(sd_a, sd_b) <= 0:
        raise ValueError("no spread, no comparison")
    left = (Fraction(a) - Fraction(mu_a)) * Fraction(sd_b)
    right = (Fraction(b) - Fraction(mu_b)) * Fraction(sd_a)
    return (left > right) - (left < right)


class Standardizer:
    """scikit-learn's StandardScaler, with the refusals of the notebook."""

    def __init__(self) -> None:
        self.scaler = StandardScaler()

    @property
    def mean_(self) -> np.ndarray:
        return self.scaler.mean_

    @property
    def scale_(self) -> np.ndarray:
        return self.scaler.scale_

    def fit(self, X: np.ndarray) -> Standardizer:
        self.scaler = StandardScaler().fit(X)
        return self

    def partial_fit(self, X: np.ndarray) -> Standardizer:
        self.scaler.partial_fit(X)
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        try:
            return self.scaler.transform(X)
        except NotFittedError:
            raise RuntimeError("nothing learnt") from None

    def inverse_transform(self, Z: np.ndarray) -> np.ndarray:
        """scikit-learn's own does not look at the width; its transform does."""
        self.transform(Z)
        return self.scaler.inverse_transform(Z)


def split_and_standardise(X: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    training, held_out = tensor(np.delete(X, test, axis=0)), tensor(np.take(X, test, axis=0))
    low, high = training.aminmax(dim=0)
    deviation, middle = torch.std_mean(training, dim=0, correction=0)
    scale = deviation.masked_fill(low == high, 1.0)
    return ((training - middle) / scale).cpu().numpy(), ((held_out - middle) / scale).cpu().numpy()


def normal_pdf(x: np.ndarray, mu: float, sigma: float) -> np.ndarray:
    if not sigma > 0:
        raise ValueError("a scale of 0 or below")
    return Normal(tensor(mu), tensor(sigma)).log_prob(tensor(x)).exp().cpu().numpy()


def normal_cdf(x: np.ndarray, mu: float, sigma: float) -> np.ndarray:
    """By the complementary error function, which keeps its digits far to the left."""
    if not sigma > 0:
        raise ValueError("a scale of 0 or below")
    return (torch.special.erfc((mu - tensor(x)) / (sigma * 2**0.5)) / 2).cpu().numpy()


def within_k_sigma(x: np.ndarray, k: float) -> float:
    """Exact: squared distances against k² times the variance, as fractions."""
    exact = [Fraction(value) for value in x.tolist()]
    middle = sum(exact) / x.size
    squares = [(value - middle) ** 2 for value in exact]
    border = Fraction(k) ** 2 * sum(squares) / x.size
    return sum(square <= border for square in squares) / x.size


def sample_means(draw: Callable[[int], np.ndarray], n: int, reps: int) -> np.ndarray:
    return torch.stack([tensor(draw(n)) for _ in range(reps)]).mean(dim=1).cpu().numpy()


def box_muller(u1: np.ndarray, u2: np.ndarray) -> np.ndarray:
    """As complex numbers: the distance is the root of twice an exponential variable."""
    pairs = torch.polar((2 * -tensor(u1).log()).sqrt(), 2 * torch.pi * tensor(u2))
    return torch.view_as_real(pairs).T.flatten().cpu().numpy()


def normal_mle(x: np.ndarray) -> tuple[float, float]:
    values = tensor(x)
    location = values.mean()
    return location.item(), (torch.linalg.vector_norm(values - location) / x.size**0.5).item()
