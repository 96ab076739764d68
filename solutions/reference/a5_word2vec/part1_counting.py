"""The reference for a5_word2vec/part1_counting: the same API by two sorts, and on torch by tallies, eigenvalues and cosines."""

from __future__ import annotations

from functools import reduce
from itertools import chain

import numpy as np
import torch

DEVICE: str = globals().get("DEVICE", "cpu")  # where the grader says to compute: "cpu" or "cuda"

Array = np.ndarray


def tensor(array: Array) -> torch.Tensor:
    """A float64 copy of an array."""
    return torch.tensor(np.asarray(array), dtype=torch.float64, device=DEVICE)


def build_vocabulary(corpus: list[list[str]], min_count: int = 1) -> tuple[dict[str, int], Array]:
    """Two stable sorts: by word, then by count."""
    counts: dict[str, int] = {}
    for word in chain.from_iterable(corpus):
        counts[word] = counts.get(word, 0) + 1
    words = [word for word in sorted(counts) if counts[word] >= min_count]
    words.sort(key=counts.__getitem__, reverse=True)  # keeps the alphabet among equals
    return dict(zip(words, range(len(words)), strict=True)), np.fromiter(map(counts.__getitem__, words), dtype=np.int64)


def cooccurrence(corpus: list[list[str]], vocab: dict[str, int], window: int = 4) -> Array:
    """All positions in one row, sentences set apart; for each distance, the pairs of positions of one sentence."""
    kept = [(number, vocab[word]) for number, sentence in enumerate(corpus) for word in sentence if word in vocab]
    sentence, row = torch.tensor(kept, dtype=torch.int64, device=DEVICE).reshape(len(kept), 2).T
    size = len(vocab)
    M = torch.zeros(size, size, dtype=torch.int64, device=DEVICE)
    for distance in range(1, min(window, len(row) - 1) + 1):
        together = sentence[distance:] == sentence[:-distance]
        cells = row[:-distance][together] * size + row[distance:][together]
        M += torch.bincount(cells, minlength=size * size).reshape(size, size)
    return (M + M.T).double().cpu().numpy()


def svd_embed(M: Array, k: int) -> Array:
    """By eigenvalues: the singular values of a symmetric matrix are their sizes."""
    values, directions = torch.linalg.eigh(tensor(M))
    strongest = torch.argsort(values.abs(), descending=True)[:k]
    return (directions[:, strongest] * values[strongest].abs()).cpu().numpy()


def _dot(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Row by row, column after column: in this order equal rows have equal products, to the last bit, on every device."""
    return reduce(torch.add, (left * right).unbind(dim=-1))


def _units(E: Array) -> torch.Tensor:
    """Rows of length 1, or 0."""
    table = tensor(E)
    return table / _dot(table, table).sqrt().clamp(min=1e-300)[:, None]


def _closest(unit: torch.Tensor, target: torch.Tensor, vocab: dict[str, int], without: set[str]) -> list[str]:
    """Every word but those, by falling cosine with the target; ties by row."""
    cosines = _dot(unit, target).tolist()
    return sorted(vocab.keys() - without, key=lambda word: (-cosines[vocab[word]], vocab[word]))


def most_similar(E: Array, vocab: dict[str, int], word: str, n: int) -> list[str]:
    unit = _units(E)
    return _closest(unit, unit[vocab[word]], vocab, {word})[:n]


def analogy(E: Array, vocab: dict[str, int], a: str, b: str, c: str) -> str:
    unit = _units(E)
    return _closest(unit, unit[vocab[b]] - unit[vocab[a]] + unit[vocab[c]], vocab, {a, b, c})[0]
