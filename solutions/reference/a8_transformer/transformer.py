"""The reference for a8_transformer/transformer: the same API on torch's own transformer layers, unfold and fold.

Parameters and data stay where the caller has them, on the CPU; every computation is done on DEVICE, and its result comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

DEVICE: str = globals().get("DEVICE", "cpu")  # where the grader says to compute: "cpu" or "cuda"


@dataclass
class Config:
    """The sizes of a model."""

    channels: int
    image_size: int
    patch_size: int
    d: int
    h: int
    d_ff: int
    layers: int
    classes: int = 10
    pre_norm: bool = True


def on_device(module: nn.Module, *data: Tensor) -> Tensor:
    """What a module gives for these data, computed on DEVICE."""
    moved = {name: parameter.to(DEVICE) for name, parameter in module.named_parameters()}
    return functional_call(module, moved, tuple(x.to(DEVICE) for x in data)).cpu()


# ------------------------------------------------------------------------------------------------ patches


def patchify(images: Tensor, p: int) -> Tensor:
    if any(size % p for size in images.shape[2:]):
        raise ValueError("the patches do not fit")
    return functional.unfold(images.to(DEVICE), kernel_size=p, stride=p).mT.contiguous().cpu()


def unpatchify(patches: Tensor, p: int, C: int, H: int, W: int) -> Tensor:
    if H % p or W % p:
        raise ValueError("the patches do not fit")
    return functional.fold(patches.to(DEVICE).mT, (H, W), kernel_size=p, stride=p).cpu()


class PatchEmbedding(nn.Module):
    """Linear layers and positions in one product: every patch is followed by a row of the identity."""

    def __init__(self, n_patches: int, patch_dim: int, d: int) -> None:
        super().__init__()
        self.projection = nn.Linear(patch_dim, d)
        self.positions = nn.Parameter(torch.normal(0.0, 0.02, (n_patches, d)))

    def forward(self, patches: Tensor) -> Tensor:
        B, N, _ = patches.shape
        places = torch.eye(N, dtype=patches.dtype, device=DEVICE).expand(B, N, N)
        both = torch.cat([self.projection.weight.to(DEVICE).mT, self.positions.to(DEVICE)])
        return (torch.cat([patches.to(DEVICE), places], dim=-1) @ both + self.projection.bias.to(DEVICE)).cpu()


# ------------------------------------------------------------------------------------------------ blocks


class MultiHeadAttention(nn.Module):
    """torch's attention; the weights are what it makes of the identity in the place of the values."""

    def __init__(self, d: int, h: int) -> None:
        super().__init__()
        self.h = h
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            self.add_module(name, nn.Linear(d, d))

    def forward(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        projected = (on_device(self.q_proj, q), on_device(self.k_proj, k), on_device(self.v_proj, v))
        queries, keys, values = (x.to(DEVICE).unflatten(-1, (self.h, -1)).transpose(1, 2) for x in projected)
        mask = None if mask is None else mask.to(DEVICE)
        eye = torch.eye(k.shape[1], dtype=k.dtype, device=DEVICE).expand(*keys.shape[:2], -1, -1)
        mixed = functional.scaled_dot_product_attention(queries, keys, values, mask)
        weights = functional.scaled_dot_product_attention(queries, keys, eye, mask)
        return on_device(self.out_proj, mixed.transpose(1, 2).flatten(2).cpu()), weights.cpu()


class FeedForward(nn.Module):
    def __init__(self, d: int, d_ff: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.linear1 = nn.Linear(d, d_ff)
        self.linear2 = nn.Linear(d_ff, d)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        return on_device(nn.Sequential(self.linear1, nn.ReLU(), self.dropout, self.linear2), x)


class _EncoderLayer(nn.TransformerEncoderLayer):
    """torch's layer: what it does around the attention and the feed-forward network, which are those of a block."""

    def _sa_block(self, x: Tensor, attn_mask: object, key_padding_mask: object, is_causal: bool = False) -> Tensor:
        x = x.cpu()
        attended, self.weights = self.block[0].attention(x, x, x, self.mask)
        return attended.to(DEVICE)

    def _ff_block(self, x: Tensor) -> Tensor:
        return self.block[0].feed_forward(x.cpu()).to(DEVICE)


class _DecoderLayer(nn.TransformerDecoderLayer):
    def _sa_block(self, x: Tensor, attn_mask: object, key_padding_mask: object, is_causal: bool = False) -> Tensor:
        x = x.cpu()
        attended, self.self_weights = self.block[0].self_attention(x, x, x, self.self_mask)
        return attended.to(DEVICE)

    def _mha_block(self, x: Tensor, mem: Tensor, attn_mask: object, key_padding_mask: object, is_causal: bool = False) -> Tensor:
        memory = mem.cpu()
        attended, self.cross_weights = self.block[0].cross_attention(x.cpu(), memory, memory, self.memory_mask)
        return attended.to(DEVICE)

    def _ff_block(self, x: Tensor) -> Tensor:
        return self.block[0].feed_forward(x.cpu()).to(DEVICE)


def _template(kind: type[nn.Module], block: nn.Module, d: int, h: int, d_ff: int, pre_norm: bool) -> tuple[nn.Module]:
    """A layer of torch for a block, in a tuple, so that it is no child of the block, nor the block of it."""
    layer = kind(d, h, d_ff, dropout=0.0, activation=torch.sigmoid, batch_first=True, norm_first=pre_norm, device="meta")
    layer.block = (block,)
    return (layer,)


def _through(layer: nn.Module, block: nn.Module, *data: Tensor) -> Tensor:
    """A layer of torch with the norms of a block."""
    norms = {name: parameter.to(DEVICE) for name, parameter in block.named_parameters() if name.startswith("norm")}
    return functional_call(layer, norms, tuple(x.to(DEVICE) for x in data)).cpu()


class EncoderBlock(nn.Module):
    def __init__(self, d: int, h: int, d_ff: int, pre_norm: bool = True) -> None:
        super().__init__()
        self.attention = MultiHeadAttention(d, h)
        self.feed_forward = FeedForward(d, d_ff)
        self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.template = _template(_EncoderLayer, self, d, h, d_ff, pre_norm)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        layer = self.template[0]
        layer.mask = mask
        return _through(layer, self, x), layer.weights


class DecoderBlock(nn.Module):
    def __init__(self, d: int, h: int, d_ff: int, pre_norm: bool = True) -> None:
        super().__init__()
        self.self_attention = MultiHeadAttention(d, h)
        self.cross_attention = MultiHeadAttention(d, h)
        self.feed_forward = FeedForward(d, d_ff)
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(d), nn.LayerNorm(d), nn.LayerNorm(d)
        self.template = _template(_DecoderLayer, self, d, h, d_ff, pre_norm)

    def forward(
        self, x: Tensor, memory: Tensor, self_mask: Tensor | None = None, memory_mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        layer = self.template[0]
        layer.self_mask, layer.memory_mask = self_mask, memory_mask
        return _through(layer, self, x, memory), layer.self_weights, layer.cross_weights


# ------------------------------------------------------------------------------------------------ classifiers


def _embedding(config: Config) -> nn.Module:
    p = config.patch_size
    return PatchEmbedding((config.image_size // p) ** 2, config.channels * p**2, config.d)


def _blocks(kind: Callable[..., nn.Module], config: Config) -> nn.ModuleList:
    return nn.ModuleList(kind(config.d, config.h, config.d_ff, pre_norm=config.pre_norm) for _ in range(config.layers))


def _norm(config: Config) -> nn.Module:
    return nn.LayerNorm(config.d) if config.pre_norm else nn.Identity()


class EncoderClassifier(nn.Module):
    """The mean over the patches is taken of the logits: the head is linear."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.embedding = _embedding(config)
        self.blocks = _blocks(EncoderBlock, config)
        self.norm = _norm(config)
        self.head = nn.Linear(config.d, config.classes)

    def forward(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        def through(state: tuple[Tensor, list[Tensor]], block: nn.Module) -> tuple[Tensor, list[Tensor]]:
            x, seen = block(state[0])
            return x, [*state[1], seen]

        x, weights = reduce(through, self.blocks, (self.embedding(patchify(images, self.config.patch_size)), []))
        return on_device(nn.Sequential(self.norm, self.head), x).to(DEVICE).mean(dim=1).cpu(), weights


class EncoderDecoderClassifier(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.embedding = _embedding(config)
        self.encoder = _blocks(EncoderBlock, config)
        self.encoder_norm = _norm(config)
        self.queries = nn.Parameter(torch.normal(0.0, 0.02, (config.classes, config.d)))
        self.decoder = _blocks(DecoderBlock, config)
        self.decoder_norm = _norm(config)
        self.head = nn.Linear(config.d, 1)

    def forward(self, images: Tensor) -> tuple[Tensor, dict[str, list[Tensor]]]:
        x, encoder = self.embedding(patchify(images, self.config.patch_size)), []
        for block in self.encoder:
            x, seen = block(x)
            encoder.append(seen)
        memory = on_device(self.encoder_norm, x)
        answers = torch.stack([self.queries.to(DEVICE)] * len(images)).cpu()
        pairs = []
        for block in self.decoder:
            answers, *seen = block(answers, memory)
            pairs.append(seen)
        decoder_self, decoder_cross = map(list, zip(*pairs, strict=True))
        logits = on_device(nn.Sequential(self.decoder_norm, self.head, nn.Flatten()), answers)
        return logits, {"encoder": encoder, "decoder_self": decoder_self, "decoder_cross": decoder_cross}


# ------------------------------------------------------------------------------------------------ training and use


def _place(device: torch.device) -> torch.device:
    """Where a model is computed: on DEVICE when it is on the CPU, and otherwise where it is."""
    return torch.device(DEVICE) if device.type == "cpu" else device


def train_epoch(model: nn.Module, loader: Iterable, optimizer: torch.optim.Optimizer, device: torch.device) -> float:
    """Gradients by `autograd.grad`, so that nothing is added up anywhere; the loss in float64, as logits less their logarithmic sum."""
    model.train()
    place, losses = _place(device), []
    for images, labels in loader:
        leaves = {name: parameter.to(place).detach().requires_grad_() for name, parameter in model.named_parameters()}
        logits = functional_call(model, leaves, (images.to(place),))[0].to(place)
        each = logits.logsumexp(dim=1) - logits.gather(1, labels.to(place)[:, None])[:, 0]
        gradients = torch.autograd.grad(each.mean(), list(leaves.values()), allow_unused=True)
        for parameter, gradient in zip(model.parameters(), gradients, strict=True):
            parameter.grad = None if gradient is None else gradient.to(parameter.device)
        optimizer.step()
        losses.append(each.detach())
    return torch.cat(losses).mean().item()


@torch.no_grad()
def evaluate(model: nn.Module, loader: Iterable, device: torch.device) -> float:
    before, place = model.training, _place(device)
    model.eval()
    hits = []
    for images, labels in loader:
        parameters = {name: parameter.to(place) for name, parameter in model.named_parameters()}
        logits = functional_call(model, parameters, (images.to(place),))[0].to(place)
        hits.append(logits.max(dim=1).indices.eq(labels.to(place)))
    model.train(before)
    return torch.cat(hits).double().mean().item()


def attention_rollout(weights: list[Tensor]) -> Tensor:
    """The last layer first; A + I is halved by a mean over a stack of both."""
    layers = [layer.to(DEVICE) for layer in weights]
    eye = torch.eye(layers[0].shape[-1], dtype=layers[0].dtype, device=DEVICE)
    mixed = [torch.stack([layer.mean(dim=1), eye.expand(len(layer), -1, -1)]).mean(dim=0) for layer in layers]
    return reduce(torch.bmm, reversed(mixed)).cpu()


def greedy_decode(step_fn: Callable[[np.ndarray], np.ndarray], start: int, stop: int, max_len: int) -> list[int]:
    def rest(tokens: list[int], room: int) -> list[int]:
        if room == 0:
            return tokens
        scores = torch.tensor(step_fn(np.array(tokens, dtype=np.int64)), device=DEVICE)
        best = int(torch.where(scores == scores.max(), torch.arange(len(scores), device=DEVICE), len(scores)).min().cpu())
        return [*tokens, best] if best == stop else rest([*tokens, best], room - 1)

    return rest([start], max_len)
