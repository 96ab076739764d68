"""The reference for a7_attention/attention: the same API on torch's own attention, embedding and layer norm, gradients by autograd.

Arrays and tensors come from the CPU and go back to it; in between everything is computed on DEVICE.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

Array = np.ndarray
Pair = tuple[Tensor, Tensor]

DEVICE: str = globals().get("DEVICE", "cpu")  # where the grader says to compute: "cpu" or "cuda"


def tensor(array: Array, requires_grad: bool = False) -> Tensor:
    """A float64 copy of an array on the device."""
    return torch.tensor(np.asarray(array), dtype=torch.float64, device=DEVICE, requires_grad=requires_grad)


def indices(array: Array) -> Tensor:
    return torch.tensor(np.asarray(array), dtype=torch.int64, device=DEVICE)


def data(*tensors: Tensor) -> tuple[Array, ...]:
    return tuple(found.detach().cpu().numpy() for found in tensors)


# ------------------------------------------------------------------------------------------------ embedding


def embed(ids: Array, E: Array) -> Array:
    return data(functional.embedding(indices(ids), tensor(E)))[0]


def embed_backward(dout: Array, ids: Array, V: int) -> Array:
    dout = tensor(dout)
    table = torch.zeros(V, dout.shape[-1], dtype=torch.float64, device=DEVICE, requires_grad=True)
    return data(*torch.autograd.grad(functional.embedding(indices(ids), table), table, dout))[0]


# ------------------------------------------------------------------------------------------------ positional_encoding


def sinusoidal_encoding(n: int, d: int) -> Array:
    """Numbers on the unit circle of the complex plane: their real parts are cosines, their imaginary parts sines."""
    if d % 2:
        raise ValueError("an odd number of columns")
    frequencies = torch.logspace(0.0, -1.0, d // 2 + 1, base=10000.0, dtype=torch.float64, device=DEVICE)[:-1]
    angles = torch.outer(torch.arange(n, dtype=torch.float64, device=DEVICE), frequencies)
    circle = torch.view_as_real(torch.polar(torch.ones_like(angles), angles))
    return data(circle.flip(-1).reshape(n, d))[0]


# ------------------------------------------------------------------------------------------------ attention


def attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, scale: float | None = None) -> Pair:
    """torch's attention, twice: of the values, and of the identity, which gives the weights.

    A query that may attend to nothing is let loose on every key, and its results are replaced by zeros, so that no
    kernel divides 0 by 0, backward neither.
    """
    values = v, torch.eye(k.shape[-2], dtype=k.dtype, device=k.device).expand(*k.shape[:-1], k.shape[-2])
    if mask is None:
        out, weights = (functional.scaled_dot_product_attention(q, k, value, scale=scale) for value in values)
        return out, weights
    mask = mask.expand(*q.shape[:-1], k.shape[-2])
    empty = ~mask.any(dim=-1, keepdim=True)
    out, weights = (
        functional.scaled_dot_product_attention(q, k, value, mask | empty, scale=scale).masked_fill(empty, 0.0) for value in values
    )
    return out, weights


def allowed(mask: Array | None) -> Tensor | None:
    return None if mask is None else torch.tensor(np.asarray(mask), dtype=torch.bool, device=DEVICE)


def importance_scores(X: Array) -> Array:
    words = tensor(X)
    return data(attend(words, words, words, scale=1.0)[1])[0]


def attention(Q: Array, K: Array, V: Array, mask: Array | None = None) -> tuple[Array, ...]:
    return data(*attend(tensor(Q), tensor(K), tensor(V), allowed(mask)))


def attention_backward(dout: Array, Q: Array, K: Array, V: Array, mask: Array | None = None) -> tuple[Array, ...]:
    leaves = [tensor(array, requires_grad=True) for array in (Q, K, V)]
    return data(*torch.autograd.grad(attend(*leaves, allowed(mask))[0], leaves, tensor(dout)))


# ------------------------------------------------------------------------------------------------ masks


def padding_mask(lengths: Array, M: int) -> Array:
    rows = [torch.ones(int(length), dtype=torch.bool, device=DEVICE) for length in lengths]
    padded = [functional.pad(row, (0, M - len(row))) for row in rows]
    return data(torch.stack(padded)[:, None, None])[0]


def causal_mask(N: int) -> Array:
    """torch's own mask holds -inf where a position may not attend, and 0 elsewhere."""
    return data(nn.Transformer.generate_square_subsequent_mask(N, device=torch.device(DEVICE)) == 0)[0]


# ------------------------------------------------------------------------------------------------ heads


def split_heads(x: Array, h: int) -> Array:
    if x.shape[-1] % h:
        raise ValueError("heads of unequal width")
    return data(torch.stack(tensor(x).chunk(h, dim=-1), dim=1))[0]


def merge_heads(x: Array) -> Array:
    return data(torch.cat(tensor(x).unbind(dim=1), dim=-1))[0]


# ------------------------------------------------------------------------------------------------ multi_head


class MultiHeadAttention(nn.Module):
    """nn.MultiheadAttention with the weights of four linear layers; head by head where a query may attend to nothing."""

    def __init__(self, d: int, h: int) -> None:
        super().__init__()
        if d % h:
            raise ValueError("heads of unequal width")
        self.d, self.h = d, h
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(d, d, device=DEVICE) for _ in range(4))

    def forward(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Pair:
        if mask is not None:
            mask = mask.to(DEVICE).expand(len(q), self.h, q.shape[1], k.shape[1])
        heads = self.at_once if mask is None or bool(mask.any(dim=-1).all()) else self.by_head
        out, weights = heads(*(given.to(DEVICE) for given in (q, k, v)), mask)
        return out.cpu(), weights.cpu()

    def at_once(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Pair:
        inputs = self.q_proj, self.k_proj, self.v_proj
        weights = {
            "in_proj_weight": torch.cat([layer.weight for layer in inputs]),
            "in_proj_bias": torch.cat([layer.bias for layer in inputs]),
            "out_proj.weight": self.out_proj.weight,
            "out_proj.bias": self.out_proj.bias,
        }
        module = nn.MultiheadAttention(self.d, self.h, batch_first=True, device=DEVICE, dtype=q.dtype)
        forbidden = None if mask is None else ~mask.flatten(0, 1)  # torch's own masks say where not to attend
        return torch.func.functional_call(module, weights, (q, k, v), {"attn_mask": forbidden, "average_attn_weights": False})

    def by_head(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Pair:
        out, weights = self.out_proj.bias, []
        for head, columns in enumerate(torch.arange(self.d, device=DEVICE).chunk(self.h)):
            inputs = zip((q, k, v), (self.q_proj, self.k_proj, self.v_proj), strict=True)
            parts = [functional.linear(given, layer.weight[columns], layer.bias[columns]) for given, layer in inputs]
            found, weight = attend(*parts, None if mask is None else mask[:, head])
            out = out + functional.linear(found, self.out_proj.weight[:, columns])
            weights.append(weight)
        return out, torch.stack(weights, dim=1)


# ------------------------------------------------------------------------------------------------ cross_attention


def cross_attend(mha: Callable[..., Pair], x: Tensor, memory: Tensor, mask: Tensor | None = None) -> Pair:
    return mha(q=x, k=memory, v=memory, mask=mask)


# ------------------------------------------------------------------------------------------------ layer_norm


def layer_norm(x: Array, gain: Array, bias: Array, eps: float = 1e-5) -> Array:
    return data(functional.layer_norm(tensor(x), gain.shape, tensor(gain), tensor(bias), eps))[0]


def layer_norm_backward(dout: Array, x: Array, gain: Array, eps: float = 1e-5) -> tuple[Array, ...]:
    leaves = [tensor(array, requires_grad=True) for array in (x, gain, np.zeros(gain.shape))]
    return data(*torch.autograd.grad(functional.layer_norm(leaves[0], gain.shape, *leaves[1:], eps), leaves, tensor(dout)))
