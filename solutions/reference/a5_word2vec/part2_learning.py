"""The reference for a5_word2vec/part2_learning: the same API on torch, gradients by autograd.

What is drawn is drawn by NumPy from the generator that was given, wherever the rest is computed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch.nn import functional

DEVICE: str = globals().get("DEVICE", "cpu")  # where the grader says to compute: "cpu" or "cuda"

Array = np.ndarray
Gradients = tuple[float, Array, Array]


def tensor(array: Array, requires_grad: bool = False) -> torch.Tensor:
    """A float64 copy of an array."""
    return torch.tensor(np.asarray(array), dtype=torch.float64, device=DEVICE, requires_grad=requires_grad)


def indices(rows: object) -> torch.Tensor:
    """Numbers of rows, to index a table with."""
    return torch.tensor(rows, dtype=torch.int64, device=DEVICE)


def softmax(z: Array) -> Array:
    return functional.softmax(tensor(z), dim=0).cpu().numpy()


def log_sigmoid(z: Array) -> Array:
    return functional.logsigmoid(tensor(z)).cpu().numpy()[()]  # of one number, one number


def slopes(loss: torch.Tensor, *leaves: torch.Tensor) -> tuple[float, ...]:
    return (loss.item(), *(slope.cpu().numpy() for slope in torch.autograd.grad(loss, leaves)))


def softmax_loss(center: Array, outside: int, U: Array) -> Gradients:
    v, table = tensor(center, requires_grad=True), tensor(U, requires_grad=True)
    return slopes(functional.cross_entropy((table @ v)[None], indices([int(outside)])), v, table)


def negative_loss(center: Array, outside: int, U: Array, negatives: Array) -> Gradients:
    v, table = tensor(center, requires_grad=True), tensor(U, requires_grad=True)
    words = indices([int(outside), *map(int, negatives)])
    signs = tensor([1.0] + [-1.0] * len(negatives))
    return slopes(-functional.logsigmoid(signs * (table[words] @ v)).sum(), v, table)


def context_pairs(sentence: Array, window: int) -> list[tuple[int, Array]]:
    places = np.arange(len(sentence))
    near = np.abs(places[:, np.newaxis] - places)
    return [(int(word), sentence[(row >= 1) & (row <= window)]) for word, row in zip(sentence, near, strict=True)]


def keep_probability(freq: Array, t: float) -> Array:
    """A word that never occurs has t / 0, which is infinite, and is kept."""
    return (t / tensor(freq)).sqrt().clamp(max=1.0).cpu().numpy()


def noise_distribution(counts: Array) -> Array:
    return functional.normalize(tensor(counts).pow(0.75), p=1, dim=0).cpu().numpy()


def sample_negatives(p: Array, k: int, exclude: int, rng: np.random.Generator) -> Array:
    others = [word for word in range(len(p)) if word != exclude and p[word] > 0]
    if not others:
        raise ValueError("no word is left to draw")
    cumulated = np.cumsum([p[word] for word in others])
    return np.array(others)[np.searchsorted(cumulated[:-1] / cumulated[-1], rng.random(k), side="right")]


def skipgram(center: int, outside: Array, W: Array, U: Array, loss_fn: Callable[[Array, int, Array], Gradients]) -> Gradients:
    parts = [loss_fn(W[center].copy(), int(word), U) for word in outside]
    dW, dU = torch.zeros_like(tensor(W)), torch.zeros_like(tensor(U))
    for _, d_vector, d_table in parts:
        dW[center] += tensor(d_vector)
        dU += tensor(d_table)
    return sum(part[0] for part in parts) + 0.0, dW.cpu().numpy(), dU.cpu().numpy()


def cbow(context: Array, target: int, W: Array, U: Array, loss_fn: Callable[[Array, int, Array], Gradients]) -> Gradients:
    if len(context) == 0:
        raise ValueError("an empty context")
    share = torch.bincount(indices(context), minlength=len(W)).double() / len(context)
    loss, d_vector, dU = loss_fn((share @ tensor(W)).cpu().numpy(), target, U)
    return loss, torch.outer(share, tensor(d_vector)).cpu().numpy(), dU


def train(
    corpus: list[list[str]], vocab: dict[str, int], mode: str, dim: int, window: int, epochs: int, lr: float, rng: np.random.Generator
) -> tuple[Array, Array, list[float]]:
    """Scores and slopes of the K + 1 words of each guess at once, in the rows that they touch."""
    if mode not in {"skipgram", "cbow"}:
        raise ValueError("no such mode")
    rows = [np.array([vocab[word] for word in sentence if word in vocab], dtype=int) for sentence in corpus]
    noise = noise_distribution(np.bincount(np.concatenate(rows), minlength=len(vocab)))
    W = tensor(rng.uniform(-0.4 / dim, 0.4 / dim, (len(vocab), dim)))
    U = torch.zeros_like(W)
    signs = tensor([1.0, -1.0, -1.0, -1.0, -1.0, -1.0])
    windows = [pair for sentence in rows for pair in context_pairs(sentence, window) if len(pair[1])]
    history = []
    for _ in range(epochs):
        losses = []
        for word, around in windows:
            inputs, guessed = ([word], around) if mode == "skipgram" else (around, [word])
            asked = indices([[target, *sample_negatives(noise, 5, int(target), rng)] for target in guessed])
            read = indices(inputs)
            vector = W[read].mean(dim=0)
            margins = signs * (U[asked] @ vector)
            losses.append(functional.softplus(-margins).sum())
            slope = -signs * torch.sigmoid(-margins)
            d_vector = torch.einsum("mk,mkd->d", slope, U[asked])
            U.index_put_((asked,), -lr * slope[:, :, None] * vector, accumulate=True)
            W.index_put_((read,), -lr * d_vector / len(read), accumulate=True)
        history.append(torch.stack(losses).mean().item())
    return W.cpu().numpy(), U.cpu().numpy(), history
