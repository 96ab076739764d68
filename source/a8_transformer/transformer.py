# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   groundwork:
#     title: A transformer that reads digits
#     imports: [numpy, torch]
#     packages: [numpy, torch]
#     banned: [torch.nn.MultiheadAttention, torch.nn.Transformer, torch.nn.TransformerEncoder, torch.nn.TransformerEncoderLayer, torch.nn.TransformerDecoder, torch.nn.TransformerDecoderLayer, torch.nn.functional.multi_head_attention_forward, "torch.*scaled_dot_product*", "torch._native_multi_head*", "torch._transformer_*", "torch._triton_*"]
# ---

# %% [markdown]
# # A transformer that reads digits
#
# Opening.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["setup"]
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

# %% [markdown]
# The given parts.

# %% nbgrader={"grade": false, "grade_id": "given", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["setup"]
@dataclass
class Config:
    """The sizes of a model. An image is square: image_size pixels each way, cut into patches of patch_size × patch_size."""

    channels: int
    image_size: int
    patch_size: int
    d: int  # numbers in the vector of each patch
    h: int  # heads of each attention layer
    d_ff: int  # width of the hidden layer of each feed-forward network
    layers: int  # blocks in a stack
    classes: int = 10
    pre_norm: bool = True


class MultiHeadAttention(nn.Module):
    """h heads of attention side by side; every head works in d / h dimensions.

    q_proj, k_proj, v_proj, out_proj: nn.Linear(d, d). d not divisible by h raises ValueError.
    """

    def __init__(self, d: int, h: int) -> None:
        super().__init__()
        if d % h:
            raise ValueError(f"{h} heads cannot share {d} dimensions evenly")
        self.h = h
        self.q_proj = nn.Linear(d, d)
        self.k_proj = nn.Linear(d, d)
        self.v_proj = nn.Linear(d, d)
        self.out_proj = nn.Linear(d, d)

    def forward(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """q [B, N, d], k and v [B, M, d], mask boolean and broadcastable to [B, h, N, M], True = may attend.

        Returns the outputs [B, N, d] and the weights [B, h, N, M]. A row of weights sums to 1; a row that may attend to nothing is all zeros.
        """
        B, N, d = q.shape
        heads = [x.reshape(B, -1, self.h, d // self.h).transpose(1, 2) for x in (self.q_proj(q), self.k_proj(k), self.v_proj(v))]
        queries, keys, values = heads  # [B, h, N, d/h], [B, h, M, d/h], [B, h, M, d/h]
        scores = queries @ keys.transpose(-2, -1) / math.sqrt(d // self.h)
        if mask is not None:
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = scores.softmax(dim=-1)
        if mask is not None:
            weights = weights.masked_fill(~mask, 0.0)  # matters only in rows where everything is masked
        mixed = (weights @ values).transpose(1, 2).reshape(B, N, d)
        return self.out_proj(mixed), weights

# %% nbgrader={"grade": false, "grade_id": "checking", "locked": true, "schema_version": 3, "solution": false, "task": false}
import zlib


def exception_of(action):
    """The name of the exception that `action` raises, or None."""
    try:
        action()
    except Exception as error:
        return type(error).__name__
    return None


def check_parameters(module, expected):
    """Compare names and shapes of the parameters with what the text asks for; say what is missing, what is new, what has another shape."""
    found = {name: tuple(parameter.shape) for name, parameter in module.named_parameters(remove_duplicate=False)}
    kind = type(module).__name__
    missing = [name for name in expected if name not in found]
    assert not missing, f"{kind} lacks the parameters {', '.join(missing)}; it has {', '.join(found) or 'none'}"
    extra = [name for name in found if name not in expected]
    assert not extra, f"{kind} has parameters that the text does not name: {', '.join(extra)}"
    for name, shape in expected.items():
        assert found[name] == shape, f"{kind}: {name} should have the shape {shape}, not {found[name]}"


def fill(module):
    """Put known numbers into every parameter, different ones for every name, in float64, and switch to evaluation mode."""
    module.double().eval()
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            draw = np.random.default_rng(zlib.crc32(name.encode()))
            parameter.copy_(torch.from_numpy(draw.normal(0.0, 0.5, size=tuple(parameter.shape))))
    return module


def numbers(seed, *shape):
    """Known inputs, in float64."""
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape))


# %% nbgrader={"grade": false, "grade_id": "drawing", "locked": true, "schema_version": 3, "solution": false, "task": false}
import matplotlib.pyplot as plt

# %% [markdown]
# ## 1 · An image as a sequence
#
# **Write** `patchify` and `unpatchify`.
#
# <details><summary>Hint 1: shapes</summary>
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "patchify_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def patchify(images: torch.Tensor, p: int) -> torch.Tensor:
    """Cut images into square patches of p × p pixels, in row-major order, each flattened.

    images: floating point, [B, C, H, W]; it is not changed. Returns [B, N, C·p·p] with N = (H/p)·(W/p), of the dtype of images:
    patch 0 is the upper left one, patch 1 its right neighbour; within a patch the order is channel, row, column.
    H or W not divisible by p raises ValueError.

    >>> patchify(torch.arange(8.0).reshape(1, 1, 2, 4), 2)
    tensor([[[0., 1., 4., 5.],
             [2., 3., 6., 7.]]])
    """
    ### BEGIN SOLUTION
    B, C, H, W = images.shape
    if H % p or W % p:
        raise ValueError(f"an image of {H} × {W} pixels cannot be cut into patches of {p} × {p}")
    x = images.reshape(B, C, H // p, p, W // p, p)  # batch, channel, row of patches, row in it, column of patches, column in it
    x = x.permute(0, 2, 4, 1, 3, 5)
    return x.reshape(B, (H // p) * (W // p), C * p * p)
    ### END SOLUTION


def unpatchify(patches: torch.Tensor, p: int, C: int, H: int, W: int) -> torch.Tensor:
    """Put the patches of patchify together again.

    patches: [B, N, C·p·p] with N = (H/p)·(W/p); not changed. Returns the images [B, C, H, W].
    H or W not divisible by p raises ValueError.
    """
    ### BEGIN SOLUTION
    if H % p or W % p:
        raise ValueError(f"an image of {H} × {W} pixels has no patches of {p} × {p}")
    B = patches.shape[0]
    x = patches.reshape(B, H // p, W // p, C, p, p)
    x = x.permute(0, 3, 1, 4, 2, 5)
    return x.reshape(B, C, H, W)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "patchify", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false} exercise={"title": "An image as a sequence of patches", "difficulty": 1, "minutes": 20, "needs": []}
def check_patchify():
    small = torch.arange(8.0).reshape(1, 1, 2, 4)
    found = patchify(small, 2)
    assert found is not None and tuple(found.shape) == (1, 2, 4), f"one image of 2 × 4 pixels gives patches of shape (1, 2, 4), not {getattr(found, 'shape', found)}"
    assert found.tolist() == [[[0, 1, 4, 5], [2, 3, 6, 7]]], f"the left patch of 0 1 2 3 / 4 5 6 7 is 0 1 4 5 and the right one 2 3 6 7, not {found.tolist()}"
    assert small.flatten().tolist() == list(range(8)), "the images must be left as they are"

    images = torch.arange(2 * 3 * 4 * 6, dtype=torch.float64).reshape(2, 3, 4, 6)
    patches = patchify(images, 2)
    assert tuple(patches.shape) == (2, 6, 12), f"two images of 3 × 4 × 6 give patches of shape (2, 6, 12), not {tuple(patches.shape)}"
    assert patches[0, 1].tolist() == [2, 3, 8, 9, 26, 27, 32, 33, 50, 51, 56, 57], (
        f"patch 1 stands to the right of patch 0, and holds its three channels one after the other: 2, 3, 8, 9, 26, 27, …; yours is {patches[0, 1].tolist()}"
    )
    assert patches[0, 3, 0] == 12, f"patch 3 of an image with three patches a row is the first of the second row; it begins with pixel 12, not {patches[0, 3, 0]:g}"
    back = unpatchify(patches, 2, 3, 4, 6)
    assert back is not None and tuple(back.shape) == (2, 3, 4, 6), f"unpatchify gives images of shape (2, 3, 4, 6), not {getattr(back, 'shape', back)}"
    assert torch.equal(back, images), "unpatchify(patchify(images)) should give the images back, pixel by pixel"
    assert exception_of(lambda: patchify(images, 4)) == "ValueError", "a width of 6 is not divisible by 4: patchify should raise ValueError"
    assert exception_of(lambda: unpatchify(patches, 4, 3, 4, 6)) == "ValueError", "a width of 6 is not divisible by 4: unpatchify should raise ValueError"
    print("patchify, unpatchify: order, channels, round trip and refusals are right")


check_patchify()

# %% [markdown]
# ## 2 · Patch embedding
#
# **Write** `PatchEmbedding`.
#
# <details><summary>Hint 1: shapes</summary>
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "patch_embedding_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class PatchEmbedding(nn.Module):
    """Each patch as a vector of d numbers that says what it shows and where it stands.

    Parameters: projection = nn.Linear(patch_dim, d) and positions, an nn.Parameter [n_patches, d], small random numbers at first.
    """

    def __init__(self, n_patches: int, patch_dim: int, d: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.projection = nn.Linear(patch_dim, d)
        self.positions = nn.Parameter(0.02 * torch.randn(n_patches, d))
        ### END SOLUTION

    def forward(self, patches: torch.Tensor) -> torch.Tensor:
        """patches [B, n_patches, patch_dim] -> [B, n_patches, d]: projection(patch) plus the vector of its position."""
        ### BEGIN SOLUTION
        return self.projection(patches) + self.positions
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "patch_embedding", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false} exercise={"title": "What a patch shows, and where it stands", "difficulty": 2, "minutes": 20, "needs": []}
def check_patch_embedding():
    embedding = PatchEmbedding(6, 4, 3)
    check_parameters(embedding, {"projection.weight": (3, 4), "projection.bias": (3,), "positions": (6, 3)})
    assert embedding.positions.std() > 0, "positions should start as small random numbers: with all of them equal, no two places differ"
    fill(embedding)
    patches = numbers(1, 2, 6, 4)
    out = embedding(patches)
    assert out is not None and tuple(out.shape) == (2, 6, 3), f"two images of six patches give (2, 6, 3), not {getattr(out, 'shape', out)}"
    moved = embedding(patches[:, [1, 0, 2, 3, 4, 5]])
    assert not torch.allclose(out[:, 0], moved[:, 1]), "the same patch at another position should have another vector: where are the positions?"
    blank = embedding(torch.zeros(1, 6, 4, dtype=torch.float64))
    assert torch.allclose(blank[0] - embedding.projection.bias, embedding.positions), "an all-black patch gives the bias of the projection plus the row of positions of its place"
    assert torch.allclose(out[1], embedding(patches[1:])[0]), "each image is embedded by itself: the others of the batch change nothing"
    print("PatchEmbedding: names, shapes and positions are right")


check_patch_embedding()

# %% [markdown]
# ## 3 · Feed forward
#
# **Write** `FeedForward`.
#
# <details><summary>Hint 1: shapes</summary>
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "feed_forward_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class FeedForward(nn.Module):
    """Two linear layers with relu between them, applied to each vector by itself: linear2(dropout(relu(linear1(x)))).

    Parameters: linear1 = nn.Linear(d, d_ff), linear2 = nn.Linear(d_ff, d). dropout: the probability with which training sets
    a hidden number to 0; in evaluation mode dropout does nothing.
    """

    def __init__(self, d: int, d_ff: int, dropout: float = 0.0) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.linear1 = nn.Linear(d, d_ff)
        self.linear2 = nn.Linear(d_ff, d)
        self.dropout = nn.Dropout(dropout)
        ### END SOLUTION

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x [..., d] -> [..., d]"""
        ### BEGIN SOLUTION
        return self.linear2(self.dropout(torch.relu(self.linear1(x))))
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "feed_forward", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} exercise={"title": "The feed-forward network", "difficulty": 1, "minutes": 10, "needs": []}
def check_feed_forward():
    network = FeedForward(2, 3)
    check_parameters(network, {"linear1.weight": (3, 2), "linear1.bias": (3,), "linear2.weight": (2, 3), "linear2.bias": (2,)})
    with torch.no_grad():
        network.linear1.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]))
        network.linear1.bias.copy_(torch.tensor([0.0, 0.0, -1.0]))
        network.linear2.weight.copy_(torch.tensor([[1.0, 2.0, 3.0], [1.0, 0.0, -1.0]]))
        network.linear2.bias.copy_(torch.tensor([0.5, 0.0]))
    out = network.eval()(torch.tensor([[[2.0, -1.0]]]))
    assert out is not None and tuple(out.shape) == (1, 1, 2), f"vectors of 2 numbers come out as vectors of 2 numbers, not {getattr(out, 'shape', out)}"
    assert torch.allclose(out, torch.tensor([[[2.5, 2.0]]])), f"(2, -1) should give (2.5, 2), as worked by hand above, not {out.flatten().tolist()}"
    dropped = FeedForward(4, 64, dropout=0.5)
    x = torch.ones(1, 1, 4)
    assert not torch.equal(dropped.train()(x), dropped.train()(x)), "in training mode, dropout=0.5 should drop other numbers each time: two runs should differ"
    assert torch.equal(dropped.eval()(x), dropped.eval()(x)), "in evaluation mode dropout does nothing: two runs should agree"
    print("FeedForward: names, shapes, relu and dropout are right")


check_feed_forward()

# %% [markdown]
# ## 4 · Encoder block
#
# **Write** `EncoderBlock`.
#
# <details><summary>Hint 1: shapes</summary>
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "encoder_block_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class EncoderBlock(nn.Module):
    """Self-attention, then a feed-forward network, each with a residual connection and a norm of its own.

    Children: attention = MultiHeadAttention(d, h), feed_forward = FeedForward(d, d_ff), norm1 and norm2 = nn.LayerNorm(d) with its eps of 1e-5.
    pre_norm: x + f(norm(x)) for each of the two steps; otherwise norm(x + f(x)). norm1 belongs to the attention, norm2 to the feed-forward network.
    """

    def __init__(self, d: int, h: int, d_ff: int, pre_norm: bool = True) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.attention = MultiHeadAttention(d, h)
        self.feed_forward = FeedForward(d, d_ff)
        self.norm1 = nn.LayerNorm(d)
        self.norm2 = nn.LayerNorm(d)
        self.pre_norm = pre_norm
        ### END SOLUTION

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """x [B, N, d], mask broadcastable to [B, h, N, N], True = may attend -> output [B, N, d], attention weights [B, h, N, N]."""
        ### BEGIN SOLUTION
        if self.pre_norm:
            normed = self.norm1(x)
            attended, weights = self.attention(normed, normed, normed, mask)
            x = x + attended
            x = x + self.feed_forward(self.norm2(x))
        else:
            attended, weights = self.attention(x, x, x, mask)
            x = self.norm1(x + attended)
            x = self.norm2(x + self.feed_forward(x))
        return x, weights
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "encoder_block", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false} exercise={"title": "The encoder block", "difficulty": 2, "minutes": 30, "needs": ["feed_forward"]}
def attention_shapes(prefix, d):
    return {f"{prefix}.{name}_proj.{part}": (d, d) if part == "weight" else (d,) for name in ("q", "k", "v", "out") for part in ("weight", "bias")}


def feed_forward_shapes(prefix, d, d_ff):
    return {f"{prefix}.linear1.weight": (d_ff, d), f"{prefix}.linear1.bias": (d_ff,), f"{prefix}.linear2.weight": (d, d_ff), f"{prefix}.linear2.bias": (d,)}


def norm_shapes(prefix, d):
    return {f"{prefix}.weight": (d,), f"{prefix}.bias": (d,)}


def check_encoder_block():
    x = numbers(2, 2, 5, 6)
    for pre_norm in (True, False):
        block = EncoderBlock(6, 3, 7, pre_norm)
        check_parameters(block, attention_shapes("attention", 6) | feed_forward_shapes("feed_forward", 6, 7) | norm_shapes("norm1", 6) | norm_shapes("norm2", 6))
        result = fill(block)(x)
        assert isinstance(result, tuple) and len(result) == 2, "an encoder block returns a pair: its output and the attention weights"
    print("EncoderBlock")


check_encoder_block()

# %% [markdown]
# ## 5 · Encoder classifier
#
# **Write** `EncoderClassifier`.
#
# <details><summary>Hint 1: shapes</summary>
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "encoder_classifier_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class EncoderClassifier(nn.Module):
    """Images in, one logit a class out: patches, embedding, a stack of encoder blocks, norm, mean over the patches, head.

    Children: embedding = PatchEmbedding(...), blocks = nn.ModuleList of config.layers EncoderBlocks, norm = nn.LayerNorm(d),
    or nn.Identity() if config.pre_norm is False, head = nn.Linear(d, classes).
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        p, d = config.patch_size, config.d
        self.patch_size = p
        self.embedding = PatchEmbedding((config.image_size // p) ** 2, config.channels * p * p, d)
        self.blocks = nn.ModuleList([EncoderBlock(d, config.h, config.d_ff, config.pre_norm) for _ in range(config.layers)])
        self.norm = nn.LayerNorm(d) if config.pre_norm else nn.Identity()
        self.head = nn.Linear(d, config.classes)
        ### END SOLUTION

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """images [B, C, H, W] -> logits [B, classes], and the attention weights [B, h, N, N] of every block, the first block first."""
        ### BEGIN SOLUTION
        x = self.embedding(patchify(images, self.patch_size))
        weights = []
        for block in self.blocks:
            x, attention = block(x)
            weights.append(attention)
        return self.head(self.norm(x).mean(dim=1)), weights
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "encoder_classifier", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false} exercise={"title": "An encoder that classifies", "difficulty": 2, "minutes": 30, "needs": ["patchify", "patch_embedding", "encoder_block"]}
def check_encoder_classifier():
    config = Config(channels=2, image_size=6, patch_size=3, d=4, h=2, d_ff=5, layers=2, classes=3)
    model = fill(EncoderClassifier(config))
    result = model(numbers(3, 5, 2, 6, 6))
    assert isinstance(result, tuple) and len(result) == 2, "the classifier returns a pair: logits, and a list of attention weights"
    print("EncoderClassifier")


check_encoder_classifier()

# %% [markdown]
# ## 6 · Training
#
# **Write** `train_epoch` and `evaluate`.
#
# <details><summary>Hint 1: shapes</summary>
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "train_and_evaluate_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train_epoch(model: nn.Module, loader: Iterable, optimizer: torch.optim.Optimizer, device: torch.device) -> float:
    """One pass over the loader, with one step of the optimizer for each batch.

    model: returns a pair (logits, weights) and stands on the device already. loader: any iterable of (images, labels), at least one sample in all;
    each batch is moved to the device. The model is put into training mode and left in it. Gradients from before the call play no part.
    Returns the mean cross-entropy loss per sample, a float, each batch's taken before its step.
    """
    ### BEGIN SOLUTION
    model.train()
    total, samples = 0.0, 0
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)
        optimizer.zero_grad()
        logits, _ = model(images)
        loss = functional.cross_entropy(logits, labels)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(labels)
        samples += len(labels)
    return total / samples
    ### END SOLUTION


def evaluate(model: nn.Module, loader: Iterable, device: torch.device) -> float:
    """The share of samples, from 0 to 1, whose largest logit is that of their label.

    The same model and loader as in train_epoch. Works in evaluation mode, records nothing for autograd, and leaves the model in the mode in which it was.
    """
    ### BEGIN SOLUTION
    mode = model.training
    model.eval()
    right, samples = 0, 0
    with torch.no_grad():
        for images, labels in loader:
            images, labels = images.to(device), labels.to(device)
            logits, _ = model(images)
            right += (logits.argmax(dim=1) == labels).sum().item()
            samples += len(labels)
    model.train(mode)
    return right / samples
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "train_and_evaluate", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Train and evaluate", "difficulty": 2, "minutes": 25, "needs": []}
def check_train_and_evaluate():
    model = nn.Linear(2, 2)
    assert callable(train_epoch) and callable(evaluate), "train_epoch and evaluate are functions"
    print("train_epoch, evaluate")


check_train_and_evaluate()

# %% [markdown]
# ## 7 · Rollout
#
# **Write** `attention_rollout`.
#
# <details><summary>Hint 1: shapes</summary>
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "attention_rollout_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def attention_rollout(weights: list[torch.Tensor]) -> torch.Tensor:
    """How much of each input patch reaches each position after all layers.

    weights: at least one tensor [B, h, N, N], one for each layer, the first layer first; they are not changed.
    Returns [B, N, N]: row n, column m is the share of input patch m in position n. For each layer A is the mean over the heads,
    then (A + I)/2; the rollout is A_L ⋯ A_2 A_1.

    >>> half = torch.full((1, 1, 2, 2), 0.5)
    >>> attention_rollout([half])
    tensor([[[0.7500, 0.2500],
             [0.2500, 0.7500]]])
    """
    ### BEGIN SOLUTION
    N = weights[0].shape[-1]
    identity = torch.eye(N, dtype=weights[0].dtype, device=weights[0].device)
    rollout = identity.expand(weights[0].shape[0], N, N)
    for layer in weights:
        mixing = (layer.mean(dim=1) + identity) / 2
        rollout = mixing @ rollout
    return rollout
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "attention_rollout", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Attention through all layers", "difficulty": 3, "minutes": 25, "needs": []}
def check_attention_rollout():
    half = torch.full((1, 1, 2, 2), 0.5)
    found = attention_rollout([half])
    assert found is not None and tuple(found.shape) == (1, 2, 2), f"one image of two patches gives a rollout of shape (1, 2, 2), not {getattr(found, 'shape', found)}"
    print("attention_rollout")


check_attention_rollout()

# %% [markdown]
# ## 8 · Decoder block
#
# **Write** `DecoderBlock`.
#
# <details><summary>Hint 1: shapes</summary>
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "decoder_block_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class DecoderBlock(nn.Module):
    """Self-attention, cross-attention to a memory, then a feed-forward network, each with a residual connection and a norm of its own.

    Children: self_attention and cross_attention = MultiHeadAttention(d, h), feed_forward = FeedForward(d, d_ff),
    norm1, norm2 and norm3 = nn.LayerNorm(d), numbered in the order of the three steps.
    pre_norm: x + f(norm(x)) for each step; otherwise norm(x + f(x)). The memory is never normalised here.
    """

    def __init__(self, d: int, h: int, d_ff: int, pre_norm: bool = True) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.self_attention = MultiHeadAttention(d, h)
        self.cross_attention = MultiHeadAttention(d, h)
        self.feed_forward = FeedForward(d, d_ff)
        self.norm1 = nn.LayerNorm(d)
        self.norm2 = nn.LayerNorm(d)
        self.norm3 = nn.LayerNorm(d)
        self.pre_norm = pre_norm
        ### END SOLUTION

    def forward(
        self, x: torch.Tensor, memory: torch.Tensor, self_mask: torch.Tensor | None = None, memory_mask: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """x [B, N, d], memory [B, M, d]; self_mask broadcastable to [B, h, N, N], memory_mask to [B, h, N, M], True = may attend.

        Returns the output [B, N, d], the weights of the self-attention [B, h, N, N] and those of the cross-attention [B, h, N, M].
        """
        ### BEGIN SOLUTION
        if self.pre_norm:
            normed = self.norm1(x)
            attended, self_weights = self.self_attention(normed, normed, normed, self_mask)
            x = x + attended
            attended, cross_weights = self.cross_attention(self.norm2(x), memory, memory, memory_mask)
            x = x + attended
            x = x + self.feed_forward(self.norm3(x))
        else:
            attended, self_weights = self.self_attention(x, x, x, self_mask)
            x = self.norm1(x + attended)
            attended, cross_weights = self.cross_attention(x, memory, memory, memory_mask)
            x = self.norm2(x + attended)
            x = self.norm3(x + self.feed_forward(x))
        return x, self_weights, cross_weights
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "decoder_block", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false} exercise={"title": "The decoder block", "difficulty": 3, "minutes": 35, "needs": ["feed_forward"]}
def check_decoder_block():
    x, memory = numbers(4, 2, 3, 6), numbers(5, 2, 5, 6)
    for pre_norm in (True, False):
        block = fill(DecoderBlock(6, 3, 7, pre_norm))
        result = block(x, memory)
        assert isinstance(result, tuple) and len(result) == 3, "a decoder block returns three things: its output, the weights of the self-attention, those of the cross-attention"
    print("DecoderBlock")


check_decoder_block()

# %% [markdown]
# ## 9 · Encoder-decoder classifier
#
# **Write** `EncoderDecoderClassifier`.
#
# <details><summary>Hint 1: shapes</summary>
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "encoder_decoder_classifier_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class EncoderDecoderClassifier(nn.Module):
    """Images in, one logit a class out: an encoder reads the patches, and one learned query a class looks them up through a decoder.

    Children: embedding = PatchEmbedding(...), encoder = nn.ModuleList of config.layers EncoderBlocks, encoder_norm,
    queries = nn.Parameter [classes, d], small random numbers at first, decoder = nn.ModuleList of config.layers DecoderBlocks, decoder_norm, head = nn.Linear(d, 1).
    Both norms are nn.LayerNorm(d), or nn.Identity() if config.pre_norm is False. No masks.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        p, d = config.patch_size, config.d
        self.patch_size = p
        self.embedding = PatchEmbedding((config.image_size // p) ** 2, config.channels * p * p, d)
        self.encoder = nn.ModuleList([EncoderBlock(d, config.h, config.d_ff, config.pre_norm) for _ in range(config.layers)])
        self.encoder_norm = nn.LayerNorm(d) if config.pre_norm else nn.Identity()
        self.queries = nn.Parameter(0.02 * torch.randn(config.classes, d))
        self.decoder = nn.ModuleList([DecoderBlock(d, config.h, config.d_ff, config.pre_norm) for _ in range(config.layers)])
        self.decoder_norm = nn.LayerNorm(d) if config.pre_norm else nn.Identity()
        self.head = nn.Linear(d, 1)
        ### END SOLUTION

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, dict[str, list[torch.Tensor]]]:
        """images [B, C, H, W] -> logits [B, classes], and a dictionary of attention weights, a list each, the first block first:

        "encoder": [B, h, N, N], "decoder_self": [B, h, classes, classes], "decoder_cross": [B, h, classes, N].
        """
        ### BEGIN SOLUTION
        weights = {"encoder": [], "decoder_self": [], "decoder_cross": []}
        memory = self.embedding(patchify(images, self.patch_size))
        for block in self.encoder:
            memory, attention = block(memory)
            weights["encoder"].append(attention)
        memory = self.encoder_norm(memory)

        x = self.queries.expand(images.shape[0], -1, -1)
        for block in self.decoder:
            x, self_attention, cross_attention = block(x, memory)
            weights["decoder_self"].append(self_attention)
            weights["decoder_cross"].append(cross_attention)
        return self.head(self.decoder_norm(x)).squeeze(-1), weights
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "encoder_decoder_classifier", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false} exercise={"title": "An encoder and a decoder that classify", "difficulty": 3, "minutes": 35, "needs": ["patchify", "patch_embedding", "encoder_block", "decoder_block"]}
def check_encoder_decoder_classifier():
    config = Config(channels=2, image_size=6, patch_size=3, d=4, h=2, d_ff=5, layers=2, classes=3)
    model = fill(EncoderDecoderClassifier(config))
    result = model(numbers(6, 5, 2, 6, 6))
    assert isinstance(result, tuple) and len(result) == 2, "the classifier returns a pair: logits, and a dictionary of attention weights"
    print("EncoderDecoderClassifier")


check_encoder_decoder_classifier()

# %% [markdown]
# ## 10 · Greedy decoding
#
# **Write** `greedy_decode`.
#
# <details><summary>Hint 1: shapes</summary>
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "greedy_decode_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def greedy_decode(step_fn: Callable[[np.ndarray], np.ndarray], start: int, stop: int, max_len: int) -> list[int]:
    """Write a sequence token by token, each time the one with the highest score.

    step_fn: takes the tokens so far, an integer array [n] that begins with start, and gives the scores of the next token, an array [V].
    Each call gets a fresh array of the whole prefix. Stops after the token stop, which belongs to the result, or after max_len ≥ 0 new tokens.
    A start that equals stop does not stop. On ties the lowest token wins.
    Returns the list of tokens, start first: integers.

    >>> greedy_decode(lambda prefix: np.eye(5)[prefix[-1] + 1], start=1, stop=4, max_len=10)
    [1, 2, 3, 4]
    """
    ### BEGIN SOLUTION
    tokens = [start]
    for _ in range(max_len):
        scores = step_fn(np.array(tokens))
        tokens.append(int(np.argmax(scores)))
        if tokens[-1] == stop:
            break
    return tokens
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "greedy_decode", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Greedy decoding", "difficulty": 2, "minutes": 20, "needs": []}
def check_greedy_decode():
    found = greedy_decode(lambda prefix: np.eye(5)[prefix[-1] + 1], 1, 4, 10)
    assert found == [1, 2, 3, 4], f"counting up from 1 until 4 should give [1, 2, 3, 4], not {found}"
    print("greedy_decode")


check_greedy_decode()
