"""The reference for a2_standardisation/standardisation: the same API on exact fractions, torch, SciPy and scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import torch
from scipy import stats
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import StandardScaler


def mean(x: np.ndarray) -> float:
    """Exact: every float is a fraction."""
    if x.size == 0:
        raise ValueError("the mean of nothing")
    return float(sum(map(Fraction, x.tolist())) / x.size)


def variance(x: np.ndarray, ddof: int = 0) -> float:
    """Exact, and rounded once."""
    if x.size - ddof <= 0:
        raise ValueError("too few values")
    exact = [Fraction(value) for value in x.tolist()]
    middle = sum(exact) / x.size
    return float(sum((value - middle) ** 2 for value in exact) / (x.size - ddof))


def zscore(X: np.ndarray, axis: int = 0) -> np.ndarray:
    table = torch.tensor(X, dtype=torch.float64)
    low, high = table.aminmax(dim=axis, keepdim=True)
    squares, middle = torch.var_mean(table, dim=axis, correction=0, keepdim=True)
    return ((table - middle) * squares.rsqrt()).masked_fill(low == high, 0.0).numpy()


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
    training = np.delete(X, test, axis=0)
    scaler = StandardScaler().fit(training)
    return scaler.transform(training), scaler.transform(np.take(X, test, axis=0))


def normal_pdf(x: np.ndarray, mu: float, sigma: float) -> np.ndarray:
    if not sigma > 0:
        raise ValueError("a scale of 0 or below")
    return stats.norm.pdf(x, loc=mu, scale=sigma)


def normal_cdf(x: np.ndarray, mu: float, sigma: float) -> np.ndarray:
    if not sigma > 0:
        raise ValueError("a scale of 0 or below")
    return stats.norm.cdf(x, loc=mu, scale=sigma)


def within_k_sigma(x: np.ndarray, k: float) -> float:
    """Exact: squared distances against k² times the variance, as fractions."""
    exact = [Fraction(value) for value in x.tolist()]
    middle = sum(exact) / x.size
    squares = [(value - middle) ** 2 for value in exact]
    border = Fraction(k) ** 2 * sum(squares) / x.size
    return sum(square <= border for square in squares) / x.size


def sample_means(draw: Callable[[int], np.ndarray], n: int, reps: int) -> np.ndarray:
    samples = torch.stack([torch.as_tensor(draw(n), dtype=torch.float64) for _ in range(reps)])
    return samples.mean(dim=1).numpy()


def box_muller(u1: np.ndarray, u2: np.ndarray) -> np.ndarray:
    """As complex numbers: the distance is the root of twice an exponential variable."""
    first, second = torch.from_numpy(u1), torch.from_numpy(u2)
    return torch.view_as_real(torch.polar((2 * -first.log()).sqrt(), 2 * torch.pi * second)).T.flatten().numpy()


def normal_mle(x: np.ndarray) -> tuple[float, float]:
    location, scale = stats.norm.fit(x)
    return float(location), float(scale)
