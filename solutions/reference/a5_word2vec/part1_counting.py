"""The reference for a5_word2vec/part1_counting: the same API by two sorts, sparse sums, eigenvalues and torch."""

from __future__ import annotations

from itertools import chain

import numpy as np
import scipy.sparse
import torch

Array = np.ndarray


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
    sentence, row = np.array(kept, dtype=np.int64).reshape(-1, 2).T
    size = len(vocab)
    M = scipy.sparse.csr_array((size, size), dtype=np.float64)
    for distance in range(1, min(window, len(row) - 1) + 1):
        together = sentence[distance:] == sentence[:-distance]
        left, right = row[:-distance][together], row[distance:][together]
        M = M + scipy.sparse.csr_array((np.ones(len(left)), (left, right)), shape=(size, size))
    return (M + M.T).toarray()


def svd_embed(M: Array, k: int) -> Array:
    """By eigenvalues: the singular values of a symmetric matrix are their sizes."""
    values, directions = torch.linalg.eigh(torch.tensor(np.asarray(M), dtype=torch.float64))
    strongest = torch.argsort(values.abs(), descending=True)[:k]
    return (directions[:, strongest] * values[strongest].abs()).numpy()


def _closest(E: Array, target: torch.Tensor, vocab: dict[str, int], without: set[str]) -> list[str]:
    """Every word but those, by falling cosine with the target; ties by row."""
    unit = torch.nn.functional.normalize(torch.tensor(np.asarray(E), dtype=torch.float64), eps=1e-300)
    cosines = (unit * target).sum(dim=1)
    return sorted(vocab.keys() - without, key=lambda word: (-cosines[vocab[word]].item(), vocab[word]))


def _unit(E: Array, row: int) -> torch.Tensor:
    return torch.nn.functional.normalize(torch.tensor(np.asarray(E)[row], dtype=torch.float64), dim=0, eps=1e-300)


def most_similar(E: Array, vocab: dict[str, int], word: str, n: int) -> list[str]:
    return _closest(E, _unit(E, vocab[word]), vocab, {word})[:n]


def analogy(E: Array, vocab: dict[str, int], a: str, b: str, c: str) -> str:
    return _closest(E, _unit(E, vocab[b]) - _unit(E, vocab[a]) + _unit(E, vocab[c]), vocab, {a, b, c})[0]
