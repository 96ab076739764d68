"""The reference for a5_word2vec/part2_learning: the same API on torch and scipy, gradients by autograd."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.special
import torch
from torch.nn import functional

Array = np.ndarray
Gradients = tuple[float, Array, Array]


def leaf(array: Array) -> torch.Tensor:
    """A float64 copy of an array that wants a gradient."""
    return torch.tensor(np.asarray(array), dtype=torch.float64, requires_grad=True)


def softmax(z: Array) -> Array:
    return scipy.special.softmax(np.asarray(z, dtype=np.float64))


def log_sigmoid(z: Array) -> Array:
    return scipy.special.log_expit(np.asarray(z, dtype=np.float64))


def slopes(loss: torch.Tensor, *leaves: torch.Tensor) -> tuple[float, ...]:
    return (loss.item(), *(slope.numpy() for slope in torch.autograd.grad(loss, leaves)))


def softmax_loss(center: Array, outside: int, U: Array) -> Gradients:
    v, table = leaf(center), leaf(U)
    return slopes(functional.cross_entropy((table @ v)[None], torch.tensor([int(outside)])), v, table)


def negative_loss(center: Array, outside: int, U: Array, negatives: Array) -> Gradients:
    v, table = leaf(center), leaf(U)
    words = torch.tensor([int(outside), *map(int, negatives)])
    signs = torch.tensor([1.0] + [-1.0] * len(negatives), dtype=torch.float64)
    return slopes(-functional.logsigmoid(signs * (table[words] @ v)).sum(), v, table)


def context_pairs(sentence: Array, window: int) -> list[tuple[int, Array]]:
    places = np.arange(len(sentence))
    near = np.abs(places[:, np.newaxis] - places)
    return [(int(word), sentence[(row >= 1) & (row <= window)]) for word, row in zip(sentence, near, strict=True)]


def keep_probability(freq: Array, t: float) -> Array:
    return np.array([1.0 if f <= t else (t / f) ** 0.5 for f in np.asarray(freq).tolist()])


def noise_distribution(counts: Array) -> Array:
    powers = np.sqrt(counts) * np.sqrt(np.sqrt(counts))
    return powers / powers.sum()


def sample_negatives(p: Array, k: int, exclude: int, rng: np.random.Generator) -> Array:
    others = [word for word in range(len(p)) if word != exclude and p[word] > 0]
    if not others:
        raise ValueError("no word is left to draw")
    cumulated = np.cumsum([p[word] for word in others])
    return np.array(others)[np.searchsorted(cumulated[:-1] / cumulated[-1], rng.random(k), side="right")]


def skipgram(center: int, outside: Array, W: Array, U: Array, loss_fn: Callable[[Array, int, Array], Gradients]) -> Gradients:
    parts = [loss_fn(W[center].copy(), int(word), U) for word in outside]
    dW = np.zeros(W.shape)
    dW[center] = sum((part[1] for part in parts), start=np.zeros(W.shape[1]))
    return sum(part[0] for part in parts) + 0.0, dW, sum((part[2] for part in parts), start=np.zeros(U.shape))


def cbow(context: Array, target: int, W: Array, U: Array, loss_fn: Callable[[Array, int, Array], Gradients]) -> Gradients:
    if len(context) == 0:
        raise ValueError("an empty context")
    share = np.bincount(context, minlength=len(W)) / len(context)
    loss, d_vector, dU = loss_fn(share @ W, target, U)
    return loss, np.outer(share, d_vector), dU


def train(
    corpus: list[list[str]], vocab: dict[str, int], mode: str, dim: int, window: int, epochs: int, lr: float, rng: np.random.Generator
) -> tuple[Array, Array, list[float]]:
    """Scores and slopes of the K + 1 words of each guess at once, in the rows that they touch."""
    if mode not in {"skipgram", "cbow"}:
        raise ValueError("no such mode")
    rows = [np.array([vocab[word] for word in sentence if word in vocab], dtype=int) for sentence in corpus]
    noise = noise_distribution(np.bincount(np.concatenate(rows), minlength=len(vocab)))
    W, U = rng.uniform(-0.4 / dim, 0.4 / dim, (len(vocab), dim)), np.zeros((len(vocab), dim))
    windows = [pair for sentence in rows for pair in context_pairs(sentence, window) if len(pair[1])]
    history = []
    for _ in range(epochs):
        total = 0.0
        for word, around in windows:
            inputs, guessed = (np.array([word]), around) if mode == "skipgram" else (around, np.array([word]))
            vector = W[inputs].mean(axis=0)
            asked = np.array([[target, *sample_negatives(noise, 5, target, rng)] for target in guessed.tolist()])
            signs = np.array([1.0, -1.0, -1.0, -1.0, -1.0, -1.0])
            scores = U[asked] @ vector
            total -= float(np.sum(scipy.special.log_expit(signs * scores)))
            slope = -signs * scipy.special.expit(-signs * scores)
            d_vector = np.einsum("mk,mkd->d", slope, U[asked])
            np.subtract.at(U, asked.ravel(), lr * np.outer(slope.ravel(), vector))
            np.subtract.at(W, inputs, lr * d_vector / len(inputs))
        history.append(total / len(windows))
    return W, U, history
