"""The reference for a6_lstm/lstm: the same API on torch's own recurrent modules with copied weights; gradients by autograd.

A cache is the part of torch's graph between leaves and results, and knows nothing of gates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

DEVICE: str = globals().get("DEVICE", "cpu")  # where the grader says to compute: "cpu" or "cuda"

Array = np.ndarray


def tensor(array: Array) -> torch.Tensor:
    """A float64 copy of an array, on the device."""
    return torch.tensor(np.asarray(array), dtype=torch.float64, device=DEVICE)


def leaf(array: Array) -> torch.Tensor:
    return tensor(array).requires_grad_()


def back(result: torch.Tensor) -> Array:
    return result.detach().cpu().numpy()


@dataclass
class Graph:
    """What leads from leaves to results, both by the names of their gradients; parameters lie as torch lays them, the other way round."""

    leaves: Mapping[str, torch.Tensor]
    results: Sequence[torch.Tensor]

    def backward(self, *given: Array) -> dict[str, Array]:
        found = torch.autograd.grad(self.results, list(self.leaves.values()), [tensor(gradient) for gradient in given])
        return {name: back(gradient.T if name in ("dWx", "dWh") else gradient) for name, gradient in zip(self.leaves, found, strict=True)}


def module(kind: type[nn.Module], Wx: Array, Wh: Array, b: Array, **options: Any) -> tuple[nn.Module, dict[str, torch.Tensor]]:
    """A module of torch with these weights, its second bias 0; and its parameters by the names of their gradients."""
    made = kind(len(Wx), len(Wh), dtype=torch.float64, device=DEVICE, **options)
    suffix = "_l0" if isinstance(made, nn.RNNBase) else ""
    named = dict(made.named_parameters())
    with torch.no_grad():
        for name, values in (("weight_ih", Wx.T), ("weight_hh", Wh.T), ("bias_ih", b), ("bias_hh", np.zeros_like(b))):
            named[name + suffix].copy_(tensor(values))
    return made, {"dWx": named["weight_ih" + suffix], "dWh": named["weight_hh" + suffix], "db": named["bias_ih" + suffix]}


def sigmoid(x: Array) -> Array:
    return back(torch.sigmoid(tensor(x)))


# ------------------------------------------------------------------------------------------------ one step


def rnn_step(x: Array, h: Array, Wx: Array, Wh: Array, b: Array) -> tuple[Array, Graph]:
    cell, weights = module(nn.RNNCell, Wx, Wh, b)
    leaves = {"dx": leaf(x), "dh": leaf(h)}
    after = cell(leaves["dx"], leaves["dh"])
    return back(after), Graph(leaves | weights, [after])


def rnn_step_backward(dh: Array, cache: Graph) -> dict[str, Array]:
    return cache.backward(dh)


def lstm_gates(x: Array, h: Array, Wx: Array, Wh: Array, b: Array) -> tuple[Array, Array, Array, Array]:
    """Gate by gate, as a gated linear map of input and state side by side."""
    both, weight = torch.cat([tensor(x), tensor(h)], dim=1), torch.cat([tensor(Wx), tensor(Wh)])
    parts = zip(weight.chunk(4, dim=1), tensor(b).chunk(4), (torch.sigmoid, torch.sigmoid, torch.tanh, torch.sigmoid), strict=True)
    i, f, g, o = (back(squash(functional.linear(both, part.T, bias))) for part, bias, squash in parts)
    return i, f, g, o


def lstm_step(x: Array, h: Array, c: Array, Wx: Array, Wh: Array, b: Array) -> tuple[Array, Array, Graph]:
    cell, weights = module(nn.LSTMCell, Wx, Wh, b)
    leaves = {"dx": leaf(x), "dh": leaf(h), "dc": leaf(c)}
    after = cell(leaves["dx"], (leaves["dh"], leaves["dc"]))
    return back(after[0]), back(after[1]), Graph(leaves | weights, after)


def lstm_step_backward(dh: Array, dc: Array, cache: Graph) -> dict[str, Array]:
    return cache.backward(dh, dc)


# ------------------------------------------------------------------------------------------------ sequences


def rnn_forward(x: Array, h0: Array, Wx: Array, Wh: Array, b: Array) -> tuple[Array, Graph]:
    net, weights = module(nn.RNN, Wx, Wh, b, batch_first=True)
    leaves = {"dx": leaf(x), "dh0": leaf(h0)}
    states, _ = net(leaves["dx"], leaves["dh0"][None])
    return back(states), Graph(leaves | weights, [states])


def rnn_backward(dh: Array, cache: Graph) -> dict[str, Array]:
    return cache.backward(dh)


def lstm_forward(x: Array, h0: Array, c0: Array, Wx: Array, Wh: Array, b: Array, lengths: Array | None = None) -> tuple[Array, Graph]:
    steps = np.shape(x)[1]
    ends = [steps] * len(x) if lengths is None else [int(length) for length in lengths]
    if not all(1 <= end <= steps for end in ends):
        raise ValueError("a length is between 1 and the number of steps")
    net, weights = module(nn.LSTM, Wx, Wh, b, batch_first=True)
    leaves = {"dx": leaf(x), "dh0": leaf(h0), "dc0": leaf(c0)}
    packed = pack_padded_sequence(leaves["dx"], torch.tensor(ends), batch_first=True, enforce_sorted=False)
    states, _ = pad_packed_sequence(net(packed, (leaves["dh0"][None], leaves["dc0"][None]))[0], batch_first=True, total_length=steps)
    return back(states), Graph(leaves | weights, [states])


def lstm_backward(dh: Array, cache: Graph) -> dict[str, Array]:
    return cache.backward(dh)


class SequenceModel:
    """torch.nn.LSTM, torch.nn.functional.linear and cross_entropy, one after the other."""

    def __init__(self, params: dict[str, Array]) -> None:
        self.params = params

    def loss(self, x: Array, y: Array) -> tuple[float, dict[str, Array]]:
        net, weights = module(nn.LSTM, *(self.params[name] for name in ("Wx", "Wh", "b")), batch_first=True)
        Wy, by = leaf(self.params["Wy"]), leaf(self.params["by"])
        _, (last, _) = net(tensor(x))
        loss = functional.cross_entropy(functional.linear(last[0], Wy.T, by), torch.as_tensor(y, dtype=torch.int64).to(DEVICE))
        graph = Graph(weights | {"dWy": Wy, "dby": by}, [loss])
        return float(back(loss)), {name.removeprefix("d"): gradient for name, gradient in graph.backward(np.array(1.0)).items()}


# ------------------------------------------------------------------------------------------------ what is done with gradients


def clip_gradients(grads: dict[str, Array], max_norm: float) -> float:
    norm = float(back(torch.linalg.vector_norm(torch.cat([tensor(gradient).flatten() for gradient in grads.values()]))))
    for gradient in grads.values():
        np.copyto(gradient, gradient * min(1.0, max_norm / norm) if norm > 0 else gradient)
    return norm


def gradient_flow(model: Any, x: Array, y: Array) -> Array:
    """Cell by cell, so that every state is a tensor that autograd can be asked about."""
    cell, _ = module(nn.LSTMCell, *(model.params[name] for name in ("Wx", "Wh", "b")))
    zeros = torch.zeros(len(x), cell.hidden_size, dtype=torch.float64, device=DEVICE)
    states = [(zeros, zeros)]
    for step in tensor(x).unbind(1):
        states.append(cell(step, states[-1]))
    hidden = [h for h, _ in states[1:]]
    logits = hidden[-1] @ tensor(model.params["Wy"]) + tensor(model.params["by"])
    loss = functional.cross_entropy(logits, torch.as_tensor(y, dtype=torch.int64).to(DEVICE))
    return back(torch.stack([torch.linalg.matrix_norm(slope) for slope in torch.autograd.grad(loss, hidden)]))


def sample(logits: Array, temperature: float, u: float) -> int:
    if temperature < 0:
        raise ValueError("a temperature is not negative")
    scores = tensor(logits)
    if temperature == 0:
        return int(np.argmax(back(scores)))
    below = torch.softmax((scores - scores.max()) / temperature, dim=0).cumsum(dim=0)
    return min(int(np.searchsorted(back(below), u, side="right")), len(scores) - 1)
