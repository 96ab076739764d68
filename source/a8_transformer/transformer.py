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
#     banned: [torch.nn.MultiheadAttention, torch.nn.Transformer, torch.nn.TransformerEncoder, torch.nn.TransformerEncoderLayer, torch.nn.TransformerDecoder, torch.nn.TransformerDecoderLayer, torch.nn.functional.multi_head_attention_forward, torch.nn.functional.scaled_dot_product_attention, "torch._scaled_dot_product_*", "torch._native_multi_head*", "torch._transformer_*", "torch._triton_*"]
# ---

# %% [markdown]
# # A transformer that reads digits
#
# A transformer was made to translate sentences. It knows nothing of words, though: it takes a *set of vectors*, lets each of them look at all the others, and gives back as many vectors. Cut an image into
# squares, make a vector of each, and the same machine reads images. Nothing in it is told what an edge is, or that a square has neighbours. It finds out.
#
# **By the end you will have** two classifiers for handwritten digits, built from the attention of the last notebook. The first is an *encoder*: the squares of the image look at each other, and their mean decides. The second adds a *decoder*: ten learned questions,
# one for each digit, look at the squares, and each answers with one number. You train both in seconds, and then you take them apart: which square looks where, in every layer and every head; what the network knows about positions; which digits it confuses; what is left when you take the positions away.
# In the end the same block, with a mask, writes sequences, one token at a time. The picture below shows three digits and where a finished encoder had its eyes; in section 8 it is drawn again, from your own.
#
# | | |
# |---|---|
# | **You need** | Python, NumPy arrays, and PyTorch's `nn.Module` and `nn.Linear` (*Attention* ended with them). Of calculus only the derivative of a sum; autograd takes the gradients |
# | **From earlier assignments** | from *Attention*: queries, keys, values, heads and masks. From *Neurons and backprop*: logits, cross-entropy, an optimizer. From *Standardisation*: mean and standard deviation of the training data. Each is said again in a sentence where it is needed |
# | **Time** | about five hours for the exercises, and an hour and a half for the reading, in three evenings: the encoder (sections 1 to 6), where it looks (7 and 8), the decoder and decoding (9 to 13) |
# | **Allowed tools** | answers may import `numpy`, `torch` and anything of Python's standard library. Not allowed is what would do the exercise for you: `nn.MultiheadAttention`, everything whose name begins with `nn.Transformer`, `functional.scaled_dot_product_attention`, `functional.multi_head_attention_forward`, and the private functions behind them. A submission that uses one of these gets a message instead of marks for that exercise. Imports for plots, tables and progress bars (matplotlib, pandas, tqdm) are left out where answers are graded, and cost nothing. |
# | **To run** | from top to bottom in about a minute and a half on two cores; cells that draw or load data use matplotlib and scikit-learn, and nothing that is graded needs them |
#
# **How it works.** Write your code where the cell says `YOUR CODE HERE`. The locked cell below it checks the worked example
# and the most common mistakes; its messages are meant to be read. Hidden tests grade the rest: everything that they ask for
# is written in the text and the docstrings of this notebook. Six things hold in every exercise, and are not repeated:
#
# * tensors, arrays and lists that come in are left as they are; results have the dtype of what came in, `float32` or `float64`;
# * every size may be 1, and a result may be a view or a copy, as you like;
# * parameters have the names and shapes that the docstring gives, because hidden tests fill them by name with numbers of their own. Buffers, and attributes that hold no parameters, are yours to add. Starting values are not tested;
# * *hidden tests* use dropout in evaluation mode only, where it does nothing;
# * a class is made of the parts that its docstring names, and it reaches them **by their names in this notebook** (`FeedForward`, `patchify`, …). Hidden tests put a stand-in in the place of each part, so that a mistake in one exercise does not cost the others;
# * use only what the two setup cells and your own answers define. Names from other given cells are not there when your answers are graded.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["setup"]
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

# %% [markdown]
# ### What is given
#
# The cell below is the second setup cell: the attention of the last notebook, and a small class that holds the sizes of a model.
#
# Attention in one formula. Each of $N$ vectors asks a *query* $q_n$, and each of $M$ vectors has a *key* $k_m$ and a *value* $v_m$; all are linear functions of the vectors, learned. Row $n$ of the *weights* says how much position $n$ takes from each $m$, and the output is the mixture of values:
#
# $$ A_{nm} = \operatorname{softmax}_m\!\left(\frac{q_n \cdot k_m}{\sqrt{d_k}}\right), \qquad \text{out}_n = \sum_{m=0}^{M-1} A_{nm}\, v_m . $$
#
# `MultiHeadAttention(d, h)` does this $h$ times side by side, in $d_k = d/h$ dimensions each, and mixes the results with one more linear layer. It is called as `out, weights = attention(q, k, v, mask)`, with
#
# | | shape | |
# |---|---|---|
# | `q` | $B \times N \times d$ | who asks. $B$ is the size of the batch |
# | `k`, `v` | $B \times M \times d$ | who is asked, twice the same tensor in this notebook |
# | `mask` | broadcast to $B \times h \times N \times M$ | boolean, **True = may attend**; `None` masks nothing |
# | `out` | $B \times N \times d$ | |
# | `weights` | $B \times h \times N \times M$ | every row sums to 1; a row that may attend to nothing is all zeros |
#
# When `q`, `k` and `v` are the same tensor, the positions look at each other: *self-attention*. When `k` and `v` are another tensor, this is *cross-attention*.

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

# %% [markdown]
# The next cells are given as well, and you need not read them. The first helps the checks to say what they find, the second holds what the drawings share. Run them, and look at the picture: dark blue is where the encoder took most from when it decided. A dark square need not hold ink: that a place is empty tells digits apart, too.

# %% nbgrader={"grade": false, "grade_id": "checking", "locked": true, "schema_version": 3, "solution": false, "task": false}
import zlib


from _shared.exception_of import exception_of


def shape_of(value):
    """The shape of a tensor, or what there is instead."""
    return tuple(value.shape) if isinstance(value, torch.Tensor) else type(value).__name__


def check_parameters(module, expected):
    """Compare names and shapes of the parameters with what the text asks for; say what is missing, what is new, what has another shape."""
    named = dict(module.named_parameters(remove_duplicate=False))
    kind = type(module).__name__
    missing = [name for name in expected if name not in named]
    hint = " (a layer in a plain Python list is not found: use nn.ModuleList)" if any(".0." in name for name in missing) else ""
    assert not missing, f"{kind} lacks the parameters {', '.join(missing)}{hint}; it has {', '.join(named) or 'none'}"
    extra = [name for name in named if name not in expected]
    assert not extra, f"{kind} has parameters that the text does not name: {', '.join(extra)}"
    for name, shape in expected.items():
        assert tuple(named[name].shape) == shape, f"{kind}: {name} should have the shape {shape}, not {tuple(named[name].shape)}"
    first = {}
    for name, parameter in named.items():
        assert id(parameter) not in first, f"{kind}: {name} is the same parameter as {first[id(parameter)]}; each part needs numbers of its own"
        first[id(parameter)] = name


def attention_shapes(prefix, d):
    return {f"{prefix}.{name}_proj.{part}": (d, d) if part == "weight" else (d,) for name in "qkv" for part in ("weight", "bias")} | {
        f"{prefix}.out_proj.weight": (d, d), f"{prefix}.out_proj.bias": (d,)
    }


def feed_forward_shapes(prefix, d, d_ff):
    return {f"{prefix}.linear1.weight": (d_ff, d), f"{prefix}.linear1.bias": (d_ff,), f"{prefix}.linear2.weight": (d, d_ff), f"{prefix}.linear2.bias": (d,)}


def norm_shapes(d, *names):
    return {f"{name}.{part}": (d,) for name in names for part in ("weight", "bias")}


def encoder_block_shapes(prefix, d, d_ff):
    return attention_shapes(f"{prefix}attention", d) | feed_forward_shapes(f"{prefix}feed_forward", d, d_ff) | norm_shapes(d, f"{prefix}norm1", f"{prefix}norm2")


def decoder_block_shapes(prefix, d, d_ff):
    return (
        attention_shapes(f"{prefix}self_attention", d)
        | attention_shapes(f"{prefix}cross_attention", d)
        | feed_forward_shapes(f"{prefix}feed_forward", d, d_ff)
        | norm_shapes(d, f"{prefix}norm1", f"{prefix}norm2", f"{prefix}norm3")
    )


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


def worked_by_hand(block):
    """Fill a block of d = 2, h = 1, d_ff = 2 with the numbers of the worked example."""
    fill(block)
    with torch.no_grad():
        for name, parameter in block.named_parameters():
            if name.endswith("bias"):
                parameter.zero_()
            else:
                parameter.copy_(torch.eye(2).double() if parameter.ndim == 2 else torch.ones(2))
            if name == "feed_forward.linear2.weight":
                parameter.mul_(2.0)
    return block


# %% nbgrader={"grade": false, "grade_id": "drawing", "locked": true, "schema_version": 3, "solution": false, "task": false}
import matplotlib.pyplot as plt
from sklearn.datasets import load_digits

from _shared.palette import BLUE, ORANGE, GREEN, PURPLE, GREY


from _shared.show import show


def draw_image(axes, image, side, patch=None, grid=True):
    """A greyscale image, dark ink on white, cut into side × side patches; one of them framed."""
    size = image.shape[-1]
    axes.imshow(image, cmap="Greys", extent=(0, size, size, 0))
    if grid:
        for line in range(1, side):
            axes.axhline(line * size / side, color=BLUE, lw=0.6)
            axes.axvline(line * size / side, color=BLUE, lw=0.6)
    frame_patch(axes, size, side, patch)
    axes.set(xticks=[], yticks=[], xlim=(0, size), ylim=(size, 0))


def frame_patch(axes, size, side, patch):
    if patch is not None:
        width = size / side
        axes.add_patch(plt.Rectangle((width * (patch % side), width * (patch // side)), width, width, fill=False, edgecolor=ORANGE, lw=2.5, zorder=5))


def draw_map(axes, shares, image, top, patch=None):
    """One number for every patch, as blue laid under the outline of the image; a query patch framed. Returns the drawn map."""
    size, side = image.shape[-1], math.isqrt(len(shares))
    drawn = axes.imshow(np.asarray(shares).reshape(side, side), cmap="Blues", extent=(0, size, size, 0), vmin=0, vmax=top)
    centres = np.arange(size) + 0.5
    axes.contour(centres, centres, image, levels=[(image.min() + image.max()) / 2], colors="black", linewidths=0.9)
    frame_patch(axes, size, side, patch)
    axes.set(xticks=[], yticks=[], xlim=(0, size), ylim=(size, 0))
    return drawn


GOAL = {  # number of the image in load_digits() (a 0, a 4 and a 7): thousandths of the decision, by patch
    256: [37, 64, 71, 39, 62, 47, 183, 43, 35, 75, 53, 85, 39, 75, 41, 51],
    14: [38, 71, 65, 39, 72, 38, 121, 43, 38, 53, 33, 81, 37, 180, 47, 42],
    1587: [58, 36, 59, 47, 36, 113, 61, 42, 41, 36, 130, 63, 40, 45, 154, 40],
}


def draw_the_goal():
    figure, panels = plt.subplots(1, 6, figsize=(10, 2.3), layout="constrained")
    for (number, shares), left, right in zip(GOAL.items(), panels[::2], panels[1::2]):
        image = load_digits().images[number]
        draw_image(left, image, 4)
        left.set_title(f"a {load_digits().target[number]}", fontsize=10)
        drawn = draw_map(right, np.array(shares) / 1000, image, 0.18)
        right.set_title("looked at", fontsize=10)
    figure.colorbar(drawn, ax=panels, shrink=0.8, label="share of the decision")
    figure.suptitle("Three digits, and the squares that their classes were read from")
    show()


draw_the_goal()

# %% [markdown]
# ### The images, and where to compute
#
# The digits come with scikit-learn: 1,797 images of 8 × 8 pixels, each a digit from 0 to 9 that somebody once wrote. They are divided in three: 1,137 to *train* with, 300 to *validate*, that is, to look at while we train and choose, and 360 to *test*, on which no choice is allowed to depend.
# Pixels are standardised with the mean and the standard deviation of the training images, as *Standardisation* taught.
#
# One line decides where everything is computed: `device`. A machine with an NVIDIA graphics card and PyTorch's CUDA build uses it; every other machine uses its processor. Models and batches are moved there with `.to(device)`, and nothing else in this notebook changes.
#
# **If you have MNIST** (70,000 digits of 28 × 28 pixels), the notebook uses it instead. Add a cell of your own above the next one with the line `MNIST_FOLDER = "…"`, or set an environment variable of that name. The folder may be the one that torchvision made (the one that holds `MNIST/raw`), or any folder with the four IDX files,
# plain or ending in `.gz`. If there is none, or the folder is not right, the cell says so and takes the small digits. All that the text says under **What to see** is about the small digits.

# %% nbgrader={"grade": false, "grade_id": "loading", "locked": true, "schema_version": 3, "solution": false, "task": false}
import gzip
import os
import struct
from pathlib import Path


@dataclass
class Data:
    """Images [n, C, H, W], standardised, and labels [n], in three parts; and how to train on them."""

    name: str
    config: Config
    epochs: int
    rate: float
    batch: int
    train: tuple[torch.Tensor, torch.Tensor]
    validation: tuple[torch.Tensor, torch.Tensor]
    test: tuple[torch.Tensor, torch.Tensor]


class Batches:
    """Pairs (images, labels) of at most `size` samples; in a new random order on every pass if there is a seed."""

    def __init__(self, pair, size, seed=None):
        self.images, self.labels = pair
        self.size = size
        self.draw = None if seed is None else torch.Generator().manual_seed(seed)

    def __iter__(self):
        n = len(self.labels)
        order = torch.arange(n) if self.draw is None else torch.randperm(n, generator=self.draw)
        for chosen in order.split(self.size):
            yield self.images[chosen], self.labels[chosen]


def read_idx(path):
    """The array in an IDX file: two zero bytes, a byte for the type (8: unsigned bytes), the number of axes, their lengths as four bytes each, then the entries."""
    with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
        content = file.read()
    if len(content) < 4 or content[:3] != b"\0\0\x08":
        raise ValueError(f"{path} is not an IDX file of unsigned bytes")
    axes = content[3]
    start = 4 + 4 * axes
    shape = struct.unpack(f">{axes}I", content[4:start]) if len(content) >= start else ()
    if len(content) != start + math.prod(shape):
        raise ValueError(f"{path} is cut off: its {len(content):,} bytes are not those of an array of shape {shape}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def read_mnist(folder):
    """Images and labels for training, then for testing. Raises ValueError with a sentence if they are not all there."""
    folder = Path(os.path.expanduser(str(folder)))
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}")
    arrays = []
    for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"):
        places = [folder / inner / f"{spelt}{ending}" for inner in ("", "raw", "MNIST/raw") for spelt in (name, name.replace("-idx", ".idx")) for ending in ("", ".gz")]
        found = next((place for place in places if place.is_file()), None)
        if found is None:
            raise ValueError(f"{folder} holds no {name}, plain or .gz, neither itself nor below MNIST/raw")
        try:
            arrays.append(read_idx(found))
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(f"{found} cannot be read: {error}") from error
    images, labels, unseen, truth = arrays
    right_axes = images.ndim == unseen.ndim == 3 and labels.ndim == truth.ndim == 1
    if not (right_axes and len(images) == len(labels) and len(unseen) == len(truth) and images.shape[1:] == unseen.shape[1:] == (28, 28) and max(labels.max(initial=0), truth.max(initial=0)) <= 9):
        raise ValueError(f"the files in {folder} are no images of 28 × 28 pixels with a label from 0 to 9 each")
    if not (len(set(labels.tolist())) == len(set(truth.tolist())) == 10 and np.ptp(images[: len(images) * 9 // 10]) > 0):
        raise ValueError(f"the files in {folder} hold too few images, so that some digit is missing, or images that are all of one shade")
    return arrays


def divided(images, labels, validate, test):
    """Three pairs of tensors; the last samples are the test set, those before them the validation set. Standardised by what is left for training."""
    images = torch.tensor(images, dtype=torch.float32)[:, None]
    labels = torch.tensor(labels, dtype=torch.int64)
    train = len(labels) - validate - test
    images = (images - images[:train].mean()) / images[:train].std()
    return list(zip(images.split([train, validate, test]), labels.split([train, validate, test])))


def load_data(folder):
    """MNIST if it is in the folder, otherwise the digits of scikit-learn; says which, and why."""
    if folder:
        try:
            images, labels, unseen, truth = read_mnist(folder)
            parts = divided(np.concatenate([images, unseen]), np.concatenate([labels, truth]), min(5000, len(labels) // 10), len(truth))
            print(f"MNIST, from {folder}")
            return Data("MNIST", Config(channels=1, image_size=28, patch_size=4, d=64, h=4, d_ff=128, layers=2), 3, 2e-3, 128, *parts)
        except ValueError as error:
            print(f"No MNIST: {error}. Taking the digits of scikit-learn instead.")
    else:
        print("MNIST_FOLDER is not set: taking the digits of scikit-learn.")
    from sklearn.datasets import load_digits

    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.target))
    parts = divided(digits.images[order], digits.target[order], 300, 360)
    return Data("digits", Config(channels=1, image_size=8, patch_size=2, d=32, h=4, d_ff=64, layers=2), 12, 4e-3, 64, *parts)


# %% nbgrader={"grade": false, "grade_id": "data", "locked": true, "schema_version": 3, "solution": false, "task": false}
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
if device.type == "cpu":
    torch.set_num_threads(1)  # at these sizes a second thread costs more than it brings

data = load_data(globals().get("MNIST_FOLDER") or os.environ.get("MNIST_FOLDER"))
SIDE = data.config.image_size // data.config.patch_size  # patches along each side of an image
print(f"{data.name}: {len(data.train[1]):,} images to train with, {len(data.validation[1]):,} to validate, {len(data.test[1]):,} to test; computing on {device}")

# %% nbgrader={"grade": false, "grade_id": "data_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def picture(index, part=None):
    """An image of the test set (or of another part) as an array [H, W]."""
    return (part or data.test)[0][index, 0].numpy()


def draw_samples():
    figure, panels = plt.subplots(2, 10, figsize=(10, 2.4), layout="constrained")
    labels = data.train[1]
    for digit in range(10):
        for axes, index in zip(panels[:, digit], (labels == digit).nonzero().flatten().tolist()):
            draw_image(axes, picture(index, data.train), SIDE, grid=False)
        panels[0, digit].set_title(str(digit))
    figure.suptitle("Two training images of every class")
    show()


draw_samples()

# %% [markdown]
# ## 1 · An image as a sequence
#
# **Why.** Attention takes a list of vectors. A pixel alone says little, and there are many of them: every position looks at every other, so the work grows with the *square* of their number. So an image is cut into square *patches*, and each patch is one vector, like a word in a sentence. The idea made its name under the title "An image is worth 16x16 words".
#
# **Picture.** Left, a digit and its grid. Right, its sixteen patches in the order in which they are read: along the rows, from the top.

# %% nbgrader={"grade": false, "grade_id": "patches_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_patches():
    image = load_digits().images[5]
    figure, panels = plt.subplot_mosaic([["image", *[f"{n}" for n in range(8)]], ["image", *[f"{n}" for n in range(8, 16)]]], figsize=(10, 2.6), layout="constrained", width_ratios=[2.6, *[1] * 8])
    draw_image(panels["image"], image, 4)
    panels["image"].set_title("8 × 8 pixels, patches of 2 × 2", fontsize=10)
    for n in range(16):
        row, column = 2 * (n // 4), 2 * (n % 4)
        panels[str(n)].imshow(image[row : row + 2, column : column + 2], cmap="Greys", vmin=0, vmax=16)
        panels[str(n)].set(xticks=[], yticks=[])
        panels[str(n)].set_title(f"patch {n}", fontsize=9)
    show()


draw_patches()

# %% [markdown]
# **Definition.** A batch of images has the shape $B \times C \times H \times W$: $B$ images with $C$ *channels* (one for grey, three for red, green and blue), $H$ rows and $W$ columns of pixels. With patches of $p \times p$ pixels there are $N = \frac Hp \cdot \frac Wp$ of them,
# and each, written out in one row, has $C p^2$ numbers. Patch $n$ lies in row $r = \lfloor n / (W/p) \rfloor$ and column $s = n \bmod (W/p)$ of the grid, and
#
# $$ \text{patches}[b,\, n,\; c\,p^2 + i\,p + j] \;=\; \text{images}[b,\, c,\; r p + i,\; s p + j], \qquad 0 \le i, j < p. $$
#
# **By hand.** One channel, $H = 2$, $W = 4$, $p = 2$:
#
# $$ \begin{pmatrix} 0 & 1 & 2 & 3 \\ 4 & 5 & 6 & 7 \end{pmatrix} \quad\longrightarrow\quad \text{patch } 0 = (0, 1, 4, 5), \quad \text{patch } 1 = (2, 3, 6, 7). $$
#
# Reading the eight numbers in fours would give $(0,1,2,3)$ and $(4,5,6,7)$: rows of pixels, not squares. The number of entries is right, the shape is right, and the image is torn into strips.

# %% [markdown]
# **Write** `patchify` and its inverse, `unpatchify`.
#
# * Patches are in row-major order; each is flattened channel by channel, and within a channel row by row.
# * $H$ and $W$ may differ. If one of them is not divisible by $p$, both functions raise `ValueError`.
# * `unpatchify(patchify(images, p), p, C, H, W)` gives the images back. Nothing is tested where the patches do not fit the sizes that `unpatchify` is told.
# * The images are of a floating-point dtype, and the patches keep it.
#
# <details><summary>Hint 1: shapes</summary>
#
# Split the two pixel axes in two each: [B, C, H, W] is also [B, C, H/p, p, W/p, p]. The result has the axes B, H/p, W/p, C, p, p in this order, before the last three, and the two before them, are made one each.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# With the axes numbered as in [B, C, H/p, p, W/p, p] = 0 … 5, the order that you want is 0, 2, 4, 1, 3, 5. For the way back: which order undoes that one?
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# refuse sizes that p does not divide; reshape to six axes; permute; reshape to three. Back: reshape to six axes in the permuted order; permute back; reshape to four.
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


# %% nbgrader={"grade": true, "grade_id": "patchify", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false} exercise={"title": "An image as a sequence of patches", "difficulty": 1, "minutes": 25, "needs": []}
def check_patchify():
    small = torch.arange(8.0).reshape(1, 1, 2, 4)
    found = patchify(small, 2)
    assert shape_of(found) == (1, 2, 4), f"one image of 2 × 4 pixels gives patches of shape (1, 2, 4), not {shape_of(found)}"
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
    assert shape_of(back) == (2, 3, 4, 6), f"unpatchify gives images of shape (2, 3, 4, 6), not {shape_of(back)}"
    assert torch.equal(back, images), "unpatchify(patchify(images)) should give the images back, pixel by pixel"
    assert exception_of(lambda: patchify(images, 4)) == "ValueError", "a width of 6 is not divisible by 4: patchify should raise ValueError"
    assert exception_of(lambda: unpatchify(patches, 4, 3, 4, 6)) == "ValueError", "a width of 6 is not divisible by 4: unpatchify should raise ValueError"
    print("patchify, unpatchify: order, channels, round trip and refusals are right")


check_patchify()

# %% [markdown]
# ### Look at it: what the order is for
#
# > **Predict.** The cell cuts an image into patches in two ways: with your `patchify`, and by reading the pixels in fours. Both give sixteen rows of four numbers. It then shuffles the rows, in the same way for both, and puts each back together with the inverse of its own. What do the two look like?

# %% nbgrader={"grade": false, "grade_id": "patches_shuffled", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_shuffled():
    image = torch.from_numpy(load_digits().images[5])[None, None]
    order = torch.from_numpy(np.random.default_rng(3).permutation(16))
    figure, panels = plt.subplots(1, 3, figsize=(8, 2.9), layout="constrained")
    for axes, title, shown in [
        (panels[0], "the image", image),
        (panels[1], "your patches, shuffled", unpatchify(patchify(image, 2)[:, order], 2, 1, 8, 8)),
        (panels[2], "pixels in fours, shuffled", image.reshape(1, 16, 4)[:, order].reshape(1, 1, 8, 8)),
    ]:
        draw_image(axes, shown[0, 0].numpy(), 4, grid=title != "pixels in fours, shuffled")
        axes.set_title(title, fontsize=10)
    show()


draw_shuffled()

# %% [markdown]
# **What to see.** Each square of the middle picture is a square of the left one: corners and bends are still there. On the right only strips of four pixels have stayed whole, one pixel high. A vector made of such a strip has never seen a corner.

# %% [markdown]
# ## 2 · What a patch shows, and where it stands
#
# **Why.** Attention mixes vectors by what they are and takes no notice of their order: shuffle the inputs, and the outputs are shuffled alike. An image whose patches are shuffled is another image, though. So each vector must carry its position with it.
#
# **Picture.** The vector of a patch is the sum of two: one computed from its pixels, the same function at every place; one looked up in a table of positions, the same for every image.
#
# > patch 0 → projection → **+** row 0 of positions → vector 0
# > patch 1 → projection → **+** row 1 of positions → vector 1
# > …
#
# **Formula.** With a weight matrix $E$ of shape $d \times Cp^2$ and a bias $b$ of $d$ numbers (together an `nn.Linear`), and a table $P$ of shape $N \times d$,
#
# $$ x_n \;=\; E\,\text{patch}_n + b + P_n . $$
#
# In *Attention* positions were sines and cosines, fixed once for all. Here each row of $P$ is a parameter: the network learns what is worth knowing about a place. That works because all images have the same $N$ places.
#
# **By hand.** $d = 2$, patches of two numbers, $E = \begin{pmatrix} 1 & 0 \\ 1 & 1 \end{pmatrix}$, $b = (0, 1)$, $P_0 = (10, 0)$, $P_1 = (20, 0)$. The patch $(2, 3)$ has the projection $(2,\; 2 + 3 + 1) = (2, 6)$. At place 0 its vector is $(12, 6)$, at place 1 it is $(22, 6)$: the same content, at two addresses.

# %% [markdown]
# **Write** the class `PatchEmbedding`.
#
# * `projection` is an `nn.Linear(patch_dim, d)` with its bias; `positions` is an `nn.Parameter` of shape `[n_patches, d]`.
# * `forward` takes *patches*, not images.
# * Let the positions start as random numbers. A standard deviation of about 0.3 trains well here. If they are all equal at the start, no two places differ.
#
# <details><summary>Hint 1: shapes</summary>
#
# patches [B, N, patch_dim] become [B, N, d] through the linear layer. positions is [N, d]: broadcasting lays the same table over every image.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# A vector is a sum of two: what the linear layer makes of the patch, and the row of the table for its place. nn.Linear works on the last axis and leaves the others alone.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# when made: call the constructor of nn.Module first; make the linear layer; make a parameter of random numbers. forward: project, add the table.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "patch_embedding_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class PatchEmbedding(nn.Module):
    """Each patch as a vector of d numbers that says what it shows and where it stands.

    Parameters: projection = nn.Linear(patch_dim, d), whose weight is [d, patch_dim], and positions, an nn.Parameter [n_patches, d], random numbers at first.
    """

    def __init__(self, n_patches: int, patch_dim: int, d: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.projection = nn.Linear(patch_dim, d)
        self.positions = nn.Parameter(0.3 * torch.randn(n_patches, d))
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
    assert embedding.positions.std() > 0, "positions should start as random numbers: with all of them equal, no two places differ"
    fill(embedding)
    patches = numbers(1, 2, 6, 4)
    out = embedding(patches)
    assert shape_of(out) == (2, 6, 3), f"two images of six patches give (2, 6, 3), not {shape_of(out)}"
    moved = embedding(patches[:, [1, 0, 2, 3, 4, 5]])
    assert not torch.allclose(out[:, 0], moved[:, 1]), "the same patch at another position should have another vector: where are the positions?"
    blank = embedding(torch.zeros(1, 6, 4, dtype=torch.float64))
    assert torch.allclose(blank[0] - embedding.projection.bias, embedding.positions), "a patch of zeros gives the bias of the projection plus the row of positions of its place"
    assert torch.allclose(out[1], embedding(patches[1:])[0]), "each image is embedded by itself: the others of the batch change nothing"
    print("PatchEmbedding: names, shapes and positions are right")


check_patch_embedding()

# %% [markdown]
# ## 3 · A little network for every position
#
# **Why.** Attention moves information from one position to another, and the mixture that it makes is a weighted mean. Means alone cannot compute much. So after each round of looking around, every position thinks for itself: a network of two layers, the same for all positions, with a bend in between.
#
# **Formula.** For one vector $x$ of $d$ numbers,
#
# $$ \operatorname{FF}(x) \;=\; W_2 \operatorname{relu}(W_1 x + b_1) + b_2, \qquad \operatorname{relu}(z) = \max(z, 0), $$
#
# with $W_1$ of shape $d_\text{ff} \times d$ and $W_2$ of shape $d \times d_\text{ff}$. The hidden layer is usually wider than $d$: two or four times.
#
# While training, *dropout* sets each hidden number to 0 with a probability of your choice and scales up the others to make up for it. What that is good for comes in section 11; until then its probability is 0, and it does nothing.
#
# **By hand.** $d = 2$, $d_\text{ff} = 3$, and $x = (2, -1)$:
#
# $$ W_1 = \begin{pmatrix} 1 & 0 \\ 0 & 1 \\ 1 & 1 \end{pmatrix},\; b_1 = \begin{pmatrix} 0 \\ 0 \\ -1 \end{pmatrix} \;\Rightarrow\; W_1 x + b_1 = \begin{pmatrix} 2 \\ -1 \\ 0 \end{pmatrix} \;\xrightarrow{\text{relu}}\; \begin{pmatrix} 2 \\ 0 \\ 0 \end{pmatrix}; \qquad
#    W_2 = \begin{pmatrix} 1 & 2 & 3 \\ 1 & 0 & -1 \end{pmatrix},\; b_2 = \begin{pmatrix} 0.5 \\ 0 \end{pmatrix} \;\Rightarrow\; \begin{pmatrix} 2.5 \\ 2 \end{pmatrix}. $$

# %% [markdown]
# **Write** the class `FeedForward`.
#
# * Two linear layers, `linear1` and `linear2`, both with bias: `linear2(dropout(relu(linear1(x))))`.
# * `x` may have any number of leading axes, none included; only its last axis has the length $d$.
# * `dropout` is active in training mode only. An `nn.Dropout` that belongs to the module knows the mode by itself.
#
# <details><summary>Hint 1: shapes</summary>
#
# [..., d] → [..., d_ff] → [..., d]. nn.Linear(d, d_ff) keeps its weight as [d_ff, d].
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# linear1, then relu, then dropout, then linear2; no relu at the end.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# when made: the two layers and the dropout. forward: send x through the four steps in order.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "feed_forward_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class FeedForward(nn.Module):
    """Two linear layers with relu between them, applied to each vector by itself: linear2(dropout(relu(linear1(x)))).

    Parameters: linear1 = nn.Linear(d, d_ff), linear2 = nn.Linear(d_ff, d). dropout: the probability, from 0 to 1, with
    which training sets a hidden number to 0; in evaluation mode dropout does nothing.
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


# %% nbgrader={"grade": true, "grade_id": "feed_forward", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} exercise={"title": "The feed-forward network", "difficulty": 1, "minutes": 15, "needs": []}
def check_feed_forward():
    network = FeedForward(2, 3)
    check_parameters(network, {"linear1.weight": (3, 2), "linear1.bias": (3,), "linear2.weight": (2, 3), "linear2.bias": (2,)})
    with torch.no_grad():
        network.linear1.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]))
        network.linear1.bias.copy_(torch.tensor([0.0, 0.0, -1.0]))
        network.linear2.weight.copy_(torch.tensor([[1.0, 2.0, 3.0], [1.0, 0.0, -1.0]]))
        network.linear2.bias.copy_(torch.tensor([0.5, 0.0]))
    out = network.eval()(torch.tensor([[[2.0, -1.0]]]))
    assert shape_of(out) == (1, 1, 2), f"vectors of 2 numbers come out as vectors of 2 numbers, not {shape_of(out)}"
    assert torch.allclose(out, torch.tensor([[[2.5, 2.0]]])), f"(2, -1) should give (2.5, 2), as worked by hand above, not {out.flatten().tolist()}"
    dropped = FeedForward(4, 64, dropout=0.5)
    x = torch.ones(1, 1, 4)
    assert not torch.equal(dropped.train()(x), dropped.train()(x)), "in training mode, dropout=0.5 should drop other numbers each time: two runs should differ"
    assert torch.equal(dropped.eval()(x), dropped.eval()(x)), "in evaluation mode dropout does nothing: two runs should agree"
    print("FeedForward: names, shapes, relu and dropout are right")


check_feed_forward()

# %% [markdown]
# ## 4 · The encoder block
#
# **Why.** Look around, then think: attention and feed-forward network together are one *block*, and blocks can be stacked. Stacking needs two more things, or the deeper blocks never learn.
#
# * A **residual connection**: the step's result is *added* to what went in, $x + f(x)$. A step then has to find only what is to be changed, and the sum lets the gradient pass by every step undiminished, since the derivative of $x + f(x)$ is $1 + f'(x)$.
# * A **norm**: from a vector, `nn.LayerNorm` takes the mean of its $d$ numbers away, divides by their standard deviation (here $\sqrt{\text{variance} + 10^{-5}}$), multiplies by a learned *gain* and adds a learned *bias*. So what a step sees has the same size whatever the steps before it did.
#
# The norm can stand in two places, and the two have names:
#
# $$ \text{pre-norm:}\quad x \leftarrow x + f(\operatorname{norm}(x)) \qquad\qquad \text{post-norm:}\quad x \leftarrow \operatorname{norm}(x + f(x)) . $$
#
# Post-norm is the original of 2017. Pre-norm leaves a path through the whole stack that no norm touches; deep stacks of it are easier to train, and it is the default today, and here.
#
# **Picture.** Read from the bottom up. ⊕ adds what comes up through the boxes to what comes around them.

# %% nbgrader={"grade": false, "grade_id": "block_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_block(axes, title, steps, pre_norm, memory_at=None):
    """A block from the bottom up: a box for each part, and a line around each step for its residual connection."""
    arrow = {"arrowstyle": "-|>", "color": "black", "lw": 1.3, "shrinkA": 0, "shrinkB": 0}
    y = 0.0

    def rise(to):
        axes.annotate("", (0, to), (0, y), arrowprops=arrow)

    def box(text, colour):
        nonlocal y
        rise(y + 0.45)
        axes.add_patch(plt.Rectangle((-1.15, y + 0.45), 2.3, 0.6, facecolor="white", edgecolor=colour, lw=1.8, zorder=3))
        axes.text(0, y + 0.75, text, ha="center", va="center", fontsize=10, zorder=4)
        y += 1.05

    axes.text(0, -0.12, "x", ha="center", va="top", fontsize=12)
    for number, (name, colour) in enumerate(steps, 1):
        left = y + 0.2
        if pre_norm:
            box(f"norm{number}", GREY)
        box(name, colour)
        if number == memory_at:
            axes.annotate("", (-1.15, y - 0.3), (-1.9, y - 0.3), arrowprops=arrow)
            axes.text(-1.95, y - 0.3, "memory\n(keys, values)", ha="right", va="center", fontsize=9)
        rise(y + 0.3)
        y += 0.45
        axes.text(0, y, "⊕", ha="center", va="center", fontsize=15, zorder=4)
        axes.plot([0, 1.55, 1.55], [left, left, y], color=ORANGE, lw=1.8)
        axes.annotate("", (0.16, y), (1.55, y), arrowprops=arrow | {"color": ORANGE, "lw": 1.8})
        y += 0.13
        if not pre_norm:
            box(f"norm{number}", GREY)
    rise(y + 0.4)
    axes.text(0, y + 0.45, "out", ha="center", va="bottom", fontsize=12)
    axes.set(title=title, xlim=(-3.6 if memory_at else -2, 2), ylim=(-0.6, y + 0.9))
    axes.axis("off")


def draw_encoder_blocks():
    figure, panels = plt.subplots(1, 2, figsize=(8, 4.8), layout="constrained")
    steps = [("self-attention", BLUE), ("feed-forward", GREEN)]
    draw_block(panels[0], "pre-norm", steps, True)
    draw_block(panels[1], "post-norm", steps, False)
    figure.suptitle("The encoder block twice; residual connections in orange")
    show()


draw_encoder_blocks()

# %% [markdown]
# **By hand.** One image of one patch, $d = 2$ and one head, so that the only weight is 1. Let all four projections of the attention give back what they get, so attention returns its value unchanged; let $\operatorname{FF}(x) = 2 \operatorname{relu}(x)$, gains 1 and biases 0. With $d = 2$ a norm makes $(1, -1)$ of every vector whose first number is the larger (up to the $10^{-5}$).
# Start from $x = (3, 1)$.
#
# | | pre-norm | post-norm |
# |---|---|---|
# | goes into attention | norm1: $(1, -1)$ | $(3, 1)$ |
# | after adding | $(3,1) + (1,-1) = (4, 0)$ | $(3,1) + (3,1) = (6, 2)$ |
# | | | norm1: $(1, -1)$ |
# | goes into the network | norm2: $(1, -1)$ | $(1, -1)$ |
# | it answers | $(2, 0)$ | $(2, 0)$ |
# | after adding | $(4,0) + (2,0) = \mathbf{(6, 0)}$ | $(1,-1) + (2,0) = (3, -1)$ |
# | | | norm2: $\mathbf{(1, -1)}$ |
#
# Note where the residual starts: in pre-norm at the vector *before* its norm.

# %% [markdown]
# **Write** the class `EncoderBlock`.
#
# * Children: `attention`, `feed_forward`, `norm1`, `norm2`. The norms are `nn.LayerNorm(d)`, whose own eps is $10^{-5}$; `norm1` belongs to the attention, `norm2` to the feed-forward network, in both orders.
# * The block makes its parts by calling `MultiHeadAttention(d, h)` and `FeedForward(d, d_ff)`, by these names. Hidden tests put stand-ins in their place, as was said at the beginning: work with whatever stands under the name.
# * Query, key and value are the same tensor: in pre-norm all three have been through `norm1`.
# * The mask is handed to the attention as it is; it may have the shape `[N, N]`, `[B, 1, 1, N]`, `[B, h, N, N]` or another that broadcasts.
# * Returned are the output and the attention weights, in this order.
#
# <details><summary>Hint 1: shapes</summary>
#
# x [B, N, d] keeps its shape through every step; the weights are [B, h, N, N] as the attention returns them.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# pre: x + attention(norm1(x)), then x + feed_forward(norm2(x)). post: norm1(x + attention(x)), then norm2(x + feed_forward(x)). Each line works with the x of the line before.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# if pre-norm: normalise; attend with the normalised tensor as query, key and value; add to x; normalise that with the other norm; feed forward; add.
# otherwise: attend; add; normalise; feed forward; add; normalise. Return x and the weights.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "encoder_block_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class EncoderBlock(nn.Module):
    """Self-attention, then a feed-forward network, each with a residual connection and a norm of its own.

    Children: attention = MultiHeadAttention(d, h), feed_forward = FeedForward(d, d_ff), both made by these names, and
    norm1 and norm2 = nn.LayerNorm(d) with its eps of 1e-5. So the parameters are attention.q_proj.weight [d, d], …, norm2.bias [d].
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


# %% nbgrader={"grade": true, "grade_id": "encoder_block", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false} exercise={"title": "The encoder block", "difficulty": 2, "minutes": 35, "needs": []}
def check_encoder_block():
    x = numbers(2, 2, 5, 6)
    blocks = {pre_norm: EncoderBlock(6, 3, 7, pre_norm) for pre_norm in (True, False)}
    for block in blocks.values():
        check_parameters(block, encoder_block_shapes("", 6, 7))
        before = x.clone()
        result = fill(block)(x)
        assert isinstance(result, tuple) and len(result) == 2, "an encoder block returns a pair: its output and the attention weights"
        assert shape_of(result[0]) == (2, 5, 6), f"the output has the shape of x, (2, 5, 6), not {shape_of(result[0])}"
        assert shape_of(result[1]) == (2, 3, 5, 5), f"with three heads and five patches the weights have the shape (2, 3, 5, 5), not {shape_of(result[1])}"
        assert torch.equal(x, before), "x must be left as it is: write x = x + ..., not x += ..."

    point = torch.tensor([[[3.0, 1.0]]], dtype=torch.float64)
    for pre_norm, expected in ((True, [6.0, 0.0]), (False, [1.0, -1.0])):
        out = worked_by_hand(EncoderBlock(2, 1, 2, pre_norm))(point)[0].flatten().tolist()
        assert np.allclose(out, expected, atol=1e-3), f"worked by hand, (3, 1) gives {expected} with pre_norm={pre_norm}; yours gives {np.round(out, 3).tolist()}"
    for pre_norm, expected in ((True, [7.5, -1.0]), (False, [1.5, -1.0])):
        block = worked_by_hand(EncoderBlock(2, 1, 2, pre_norm))
        with torch.no_grad():
            block.norm1.weight.mul_(2.0)
            block.norm2.bias[0] = 0.5 if not pre_norm else 0.25
        out = block(point)[0].flatten().tolist()
        assert np.allclose(out, expected, atol=1e-3), f"with other gains and biases (3, 1) should give {expected} with pre_norm={pre_norm}, not {np.round(out, 3).tolist()}: does norm1 belong to the attention, norm2 to the network?"

    block = blocks[True]
    causal = torch.ones(5, 5, dtype=torch.bool).tril()
    out, weights = block(x, causal)
    assert weights.triu(1).abs().max() == 0, "mask=True means may attend: with a lower triangle as mask the weights above the diagonal should be 0; is the mask handed to the attention?"
    later = torch.cat([x[:, :3], numbers(9, 2, 2, 6)], dim=1)
    assert torch.allclose(block(later, causal)[0][:, :3], out[:, :3]), "under that mask the first three outputs must not depend on patches 3 and 4"
    assert torch.allclose(block(1000 * x)[1], block(100 * x)[1], atol=1e-4), "in pre-norm queries and keys see normalised vectors: 100 x and 1000 x should have the same attention weights"
    print("EncoderBlock: parameters, both orders, residual connections and mask are right")


check_encoder_block()

# %% [markdown]
# ### Look at it: what the residual connection is for
#
# Take the residual connections away, and a block is $f(\operatorname{norm}(x))$ alone. Attention makes means, and means of means grow ever more alike. To see how alike, take the *cosine* between the vectors of two positions (1: the same direction, 0: nothing in common) and average it over all pairs of positions.
#
# > **Predict.** Twelve blocks in a row, nothing trained, 16 random vectors go in, whose mean cosine is near 0. What is the mean cosine after each block, with your blocks, and without the residual connections? After how many blocks are all 16 positions practically the same vector?

# %% nbgrader={"grade": false, "grade_id": "residual_ablation", "locked": true, "schema_version": 3, "solution": false, "task": false}
def likeness(x):
    """The mean cosine between the vectors of different positions."""
    x = functional.normalize(x, dim=-1)
    N = x.shape[1]
    cosines = x @ x.transpose(1, 2)
    return ((cosines.sum(dim=(1, 2)) - N) / (N * (N - 1))).mean().item()


def draw_residual_ablation():
    figure, axes = plt.subplots(figsize=(7.5, 3.8), layout="constrained")
    torch.manual_seed(0)
    blocks = [EncoderBlock(32, 4, 64) for _ in range(12)]
    start = torch.randn(8, 16, 32)
    for label, with_residual, colour, style in [("your blocks", True, BLUE, "o-"), ("without residual connections", False, ORANGE, "s--")]:
        x, found = start, [likeness(start)]
        with torch.no_grad():
            for block in blocks:
                if with_residual:
                    x, _ = block(x)
                else:
                    normed = block.norm1(x)
                    x = block.feed_forward(block.norm2(block.attention(normed, normed, normed)[0]))
                found.append(likeness(x))
        axes.plot(range(13), found, style, color=colour, label=label)
    axes.set(title="How alike the 16 positions are", xlabel="blocks passed", ylabel="mean cosine", ylim=(-0.1, 1.05))
    axes.legend(frameon=False)
    show()


draw_residual_ablation()

# %% [markdown]
# **What to see.** Without residual connections one block is enough to make all positions nearly the same vector: the mean cosine is 0.97 after one block and 1.00 after two, and nothing that comes later can tell them apart again. With them each position keeps itself and takes a little from the others; the likeness grows slowly, and yours reaches about 0.36 after twelve blocks. (That attention alone loses its inputs so quickly was shown by Dong, Cordonnier and Loukas in 2021.)

# %% [markdown]
# ## 5 · An encoder that classifies
#
# **Why.** All parts are there. What is missing is a way from sixteen vectors to one decision.
#
# **Picture.**
#
# > images → patches → embedding → block → block → … → norm → **mean over the patches** → head → logits
#
# The mean is fair to all patches: each has one vote, and attention has seen to it that each vote knows of the others. (The original vision transformer adds one more position, a *class token*, and reads the decision off that. The mean does as well here, and needs no extra parameter.)
#
# **Formula.** Let $x_n$ be the vectors after the last block. With pre-norm, the sum that runs through the blocks has never been normalised as a whole, so one more norm follows; with post-norm the last block ended with one, and `nn.Identity()`, which returns its input, takes the place. Then
#
# $$ \text{logits} \;=\; W_\text{head}\; \frac1N \sum_{n=0}^{N-1} \operatorname{norm}(x_n) \;+\; b_\text{head}, \qquad W_\text{head}: K \times d . $$
#
# The $K$ *logits* are one number for each class, of any size and sign. The class with the largest one wins. A softmax would make probabilities of them, but the model leaves that to the loss; what happens if it does not is the bug of the next section.
#
# **By hand: how many numbers?** For the sizes of this notebook, $p = 2$, $N = 16$, $d = 32$, $d_\text{ff} = 64$, two blocks and ten classes:
#
# | part | numbers | |
# |---|---|---|
# | projection and positions | $(4 \cdot 32 + 32) + 16 \cdot 32$ | 672 |
# | attention of a block | $4 \cdot (32 \cdot 32 + 32)$ | 4,224 |
# | feed-forward network of a block | $(32 \cdot 64 + 64) + (64 \cdot 32 + 32)$ | 4,192 |
# | two norms of a block | $2 \cdot 2 \cdot 32$ | 128 |
# | last norm, head | $64 + (32 \cdot 10 + 10)$ | 394 |
#
# With two blocks that is $672 + 2 \cdot 8544 + 394 = 18154$. The number of heads makes no difference.

# %% [markdown]
# **Write** the class `EncoderClassifier`.
#
# * Children: `embedding`, `blocks` (an `nn.ModuleList` of `config.layers` encoder blocks), `norm`, `head = nn.Linear(config.d, config.classes)`. Layers in a plain Python list are not found: no optimizer would ever train them.
# * It is made of `patchify`, `PatchEmbedding` and `EncoderBlock`, by these names. Images are square. With $p$ = `config.patch_size` there are $N = (\text{image size} / p)^2$ patches, and each has `channels · p · p` numbers.
# * Each block gets the output of the one before. No mask.
# * `norm` is applied to every vector, and then the mean over the patches is taken, in this order; `nn.Identity()` if `config.pre_norm` is False.
# * Logits come out of the head as they are. With them comes the list of attention weights, one entry for each block, in order.
#
# <details><summary>Hint 1: shapes</summary>
#
# images [B, C, H, W] → patches [B, N, C·p·p] → [B, N, d] through all blocks → [B, d] by the mean over axis 1 → [B, classes].
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# head(mean over n of norm(x_n)). The i-th list entry is the second thing that block i returned.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# cut into patches; embed; for each block: replace x by its output and collect its weights; normalise; mean over the patches; head. Return the logits and the list.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "encoder_classifier_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class EncoderClassifier(nn.Module):
    """Images in, one logit a class out: patches, embedding, a stack of encoder blocks, norm, mean over the patches, head.

    Children: embedding = PatchEmbedding(n_patches, patch_dim, d), blocks = nn.ModuleList of config.layers EncoderBlock(d, h, d_ff, pre_norm),
    norm = nn.LayerNorm(d), or nn.Identity() if config.pre_norm is False, head = nn.Linear(d, classes). Sizes come from config;
    patchify, PatchEmbedding and EncoderBlock are used by these names.
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


# %% nbgrader={"grade": true, "grade_id": "encoder_classifier", "locked": true, "points": 14, "schema_version": 3, "solution": false, "task": false} exercise={"title": "An encoder that classifies", "difficulty": 2, "minutes": 35, "needs": []}
def check_encoder_classifier():
    images = numbers(3, 3, 2, 6, 6)
    for pre_norm in (True, False):
        config = Config(channels=2, image_size=6, patch_size=3, d=4, h=2, d_ff=5, layers=2, classes=3, pre_norm=pre_norm)
        model = EncoderClassifier(config)
        expected = {"embedding.projection.weight": (4, 18), "embedding.projection.bias": (4,), "embedding.positions": (4, 4), "head.weight": (3, 4), "head.bias": (3,)}
        expected |= encoder_block_shapes("blocks.0.", 4, 5) | encoder_block_shapes("blocks.1.", 4, 5) | (norm_shapes(4, "norm") if pre_norm else {})
        check_parameters(model, expected)
        result = fill(model)(images)
        assert isinstance(result, tuple) and len(result) == 2, "the classifier returns a pair: logits, and a list of attention weights"
        logits, weights = result
        assert shape_of(logits) == (3, 3), f"three images and three classes have logits of shape (3, 3), not {shape_of(logits)}"
        assert isinstance(weights, (list, tuple)) and len(weights) == 2, "two blocks have a list of two attention weights"
        assert [shape_of(layer) for layer in weights] == [(3, 2, 4, 4)] * 2, f"two heads and four patches have weights of shape (3, 2, 4, 4), not {[shape_of(layer) for layer in weights]}"
        assert not torch.allclose(logits.sum(dim=1), torch.ones(3).double()), "the logits sum to 1: is there a softmax at the end? The loss applies its own"
        assert torch.allclose(model(images[1:2])[0], logits[1:2]), "an image has the same logits alone as in a batch"
        assert not torch.allclose(weights[0], weights[1]), "the two blocks gave the same weights: does the second get the output of the first?"
        swapped = torch.cat([images[..., 3:], images[..., :3]], dim=-1)
        assert not torch.allclose(model(swapped)[0], logits), "the halves of an image exchanged make another image: what became of the positions?"
        first = {True: [1.0015, 0.047, 0.1398], False: [-1.5818, 0.5585, 0.4337]}[pre_norm]
        assert np.allclose(logits[0].tolist(), first, atol=2e-4), (
            f"names and shapes are right, but with known parameters and pre_norm={pre_norm} the first image should have the logits {first}, not {np.round(logits[0].tolist(), 3).tolist()}: "
            "all blocks in order, then norm, then the mean over the patches, then the head?"
        )
        with torch.no_grad():
            model.head.weight.mul_(2.0)
            model.head.bias.mul_(2.0)
        assert torch.allclose(model(images)[0], 2 * logits), "with the numbers of the head doubled the logits double: nothing comes after the head"
    print("EncoderClassifier: parameters, weights, positions and logits are right")


check_encoder_classifier()

# %% [markdown]
# ### Look at it: without positions an image is a bag of patches
#
# > **Predict.** The cell takes an untrained model of yours and one image, shuffles the patches of the image, and compares the logits of both. Once with the positions as they are, once with all of them set to 0. By how much do the logits differ in each case?

# %% nbgrader={"grade": false, "grade_id": "bag_of_patches", "locked": true, "schema_version": 3, "solution": false, "task": false}
def compare_shuffled():
    torch.manual_seed(1)
    config = Config(channels=1, image_size=8, patch_size=2, d=32, h=4, d_ff=64, layers=2)
    model = EncoderClassifier(config).double().eval()
    image = torch.from_numpy(load_digits().images[5] / 16)[None, None]
    shuffled = unpatchify(patchify(image, 2)[:, torch.randperm(16)], 2, 1, 8, 8)
    with torch.no_grad():
        for label in ("with positions", "positions set to 0"):
            difference = (model(image)[0] - model(shuffled)[0]).abs().max().item()
            print(f"{label:<20} largest difference between the logits: {difference:.1e}")
            model.embedding.positions.zero_()
    print(f"parameters: {sum(parameter.numel() for parameter in model.parameters()):,}")


compare_shuffled()

# %% [markdown]
# **What to see.** With positions the logits move by about 0.1 (the model is untrained, and its logits are small); without, by some $10^{-16}$. So without positions the two images are the same to the model, up to rounding: attention, feed-forward network and mean take no notice of order. All that it could learn from is *which* patches there are. In section 10 you will see how far that gets it.

# %% [markdown]
# ## 6 · Train, and measure
#
# **Why.** The loop is that of *Neurons and backprop*, with three things to be careful about: gradients add up unless they are cleared; some layers, dropout among them, behave differently in training and in use; and the last batch is usually smaller than the others.
#
# **The loss.** For one sample with logits $z_0, \dots, z_{K-1}$ and the true class $y$, *cross-entropy* is minus the logarithm of the probability that softmax gives to the true class:
#
# $$ \ell \;=\; -\log \frac{e^{z_y}}{\sum_{k} e^{z_k}} . $$
#
# `functional.cross_entropy(logits, labels)` computes it from the logits and takes the mean over a batch. With nothing learnt all classes are alike, and $\ell = \log K$; for ten classes that is 2.303. A model that starts far from it has a mistake.
#
# **An epoch** is one pass over all batches. Batch $i$ has $n_i$ samples and the mean loss $\ell_i$, measured before the step that it leads to. The loss of the epoch is the mean over *samples*, $\sum_i n_i \ell_i / \sum_i n_i$. The mean of the $\ell_i$ would give the samples of a small last batch too much weight.
#
# **By hand.** One number in, two classes, a linear layer without bias, $z = (w_0 x, w_1 x)$, which starts at $w = (0, 0)$. The learning rate is 1. First batch: one sample, $x = 1$, class 0. Both classes have the probability ½, so $\ell_0 = \log 2 = 0.6931$. The gradient at the logits is probability minus target, $(-½, ½)$, so the step gives $w = (½, -½)$.
# Second batch: two samples, both $x = 2$, class 0. The logits are $(1, -1)$, the probability of class 0 is $1/(1 + e^{-2}) = 0.8808$, and $\ell_1 = 0.1269$. The loss of the epoch is $(1 \cdot 0.6931 + 2 \cdot 0.1269)/3 = 0.3157$. The gradient at $w$ is $2 \cdot (-0.1192, 0.1192)$, and the step ends at $w = (0.7384, -0.7384)$.

# %% [markdown]
# **Write** `train_epoch` and `evaluate`.
#
# * `model(images)` returns a pair whose first entry are the logits; the second is of no interest here.
# * `loader` is any object that can be iterated over, a generator too: go through it once. It gives pairs of images and labels (class numbers), at least one sample in all; batches may differ in size.
# * Move each batch to `device`. The model is there already.
# * `train_epoch`: training mode first, which it leaves on; gradients that are there from earlier must not count, and those of one batch must not leak into the next; one step a batch. Returned is the mean cross-entropy per *sample*, as a float.
# * `evaluate`: evaluation mode; nothing recorded for autograd; accuracy over all samples, from 0 to 1. Afterwards `model.training` is what it was before, and so is everything else: parameters, their gradients, and whether autograd records.
#
# <details><summary>Hint 1: shapes</summary>
#
# logits [n, K], labels [n]; the loss of a batch is one number. Keep two sums over the batches: of the losses times n, and of n.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# loss of the epoch: sum of n·loss, divided by the sum of n. accuracy: number of samples whose argmax over the classes equals the label, divided by the number of samples.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# train: switch to training; for each batch: move it; clear the gradients; logits; loss; backward; step; add to the sums. Return the quotient.
# evaluate: remember the mode; switch to evaluation; with gradients off, for each batch: count the right ones and all; switch back; return the quotient.
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


# %% nbgrader={"grade": true, "grade_id": "train_and_evaluate", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Train and evaluate", "difficulty": 2, "minutes": 35, "needs": []}
class Watched(nn.Module):
    """A linear layer from one number to two logits that notes in which mode it is called."""

    def __init__(self, w0, w1):
        super().__init__()
        self.linear = nn.Linear(1, 2, bias=False).double()
        with torch.no_grad():
            self.linear.weight.copy_(torch.tensor([[w0], [w1]]))
        self.calls = []

    def forward(self, images):
        self.calls.append((self.training, torch.is_grad_enabled()))
        return self.linear(images), None


def check_train_and_evaluate():
    cpu = torch.device("cpu")
    batches = [(torch.tensor([[1.0]]).double(), torch.tensor([0])), (torch.tensor([[2.0], [2.0]]).double(), torch.tensor([0, 0]))]
    model = Watched(0.0, 0.0).eval()
    model.linear.weight.grad = torch.full((2, 1), 100.0).double()
    loss = train_epoch(model, iter(batches), torch.optim.SGD(model.parameters(), lr=1.0), cpu)
    assert isinstance(loss, float), f"train_epoch returns a float, not {type(loss).__name__}"
    assert len(model.calls) == 2, f"two batches are two calls of the model, not {len(model.calls)}"
    assert model.calls == [(True, True)] * 2 and model.training, "train_epoch puts the model into training mode, and leaves it in it"
    found = model.linear.weight.flatten().tolist()
    assert abs(found[0]) < 10, f"gradients from before the call must not count: the weights are now {np.round(found, 3).tolist()}. Clear them before backward"
    assert np.allclose(found, [0.7384, -0.7384], atol=1e-3), f"worked by hand, the weights end at (0.7384, -0.7384), not {np.round(found, 4).tolist()}: one step a batch, gradients cleared for each?"
    assert abs(loss - 0.3157) < 1e-3, f"worked by hand, the mean loss per sample is 0.3157, not {loss:.4f} (0.4100 would be the mean over batches)"

    unequal = [(torch.tensor([[1.0], [2.0], [-1.0]]).double(), torch.tensor([0, 0, 1])), (torch.tensor([[1.0]]).double(), torch.tensor([1]))]
    for mode in (True, False):
        model = Watched(1.0, -1.0).train(mode)
        share = evaluate(model, iter(unequal), cpu)
        assert isinstance(share, float) and abs(share - 0.75) < 1e-9, f"three of four samples are right: the accuracy is 0.75, not {share}"
        assert all(not training for training, _ in model.calls), "evaluate puts the model into evaluation mode: dropout must be off"
        assert all(not recorded for _, recorded in model.calls), "evaluate should run under torch.no_grad()"
        assert model.training is mode, f"model.training was {mode} before evaluate, and should be {mode} after it"
        assert torch.is_grad_enabled(), "after evaluate, autograd should record again"
    print("train_epoch, evaluate: modes, gradients, mean loss and accuracy are right")


check_train_and_evaluate()

# %% [markdown]
# ### Look at it: can it learn 32 images by heart?
#
# The best test of a new model and a new loop. Thirty-two images are so few that any healthy network can learn them by heart. If yours does not get the loss near 0, there is a mistake somewhere, and there is no use in training on more.
#
# > **Predict.** What is the first loss that you see, and after how many passes over the 32 images is every one of them right?

# %% nbgrader={"grade": false, "grade_id": "by_heart", "locked": true, "schema_version": 3, "solution": false, "task": false}
def learn_by_heart():
    torch.manual_seed(0)
    model = EncoderClassifier(data.config).to(device)
    few = data.train[0][:32], data.train[1][:32]
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for epoch in range(1, 61):
        loss = train_epoch(model, Batches(few, 32), optimizer, device)
        if epoch in (1, 10, 20, 30, 40, 50, 60):
            print(f"pass {epoch:2}: loss {loss:.4f}, accuracy on the 32 {evaluate(model, Batches(few, 32), device):.2f}")


learn_by_heart()

# %% [markdown]
# **What to see.** The first loss is near $\log 10 = 2.303$; with random weights it is a little above or below. After some 50 passes all 32 are right, and the loss has fallen below 0.03 at the end. What these 32 images have taught the model about others is another question.
#
# ### Train the encoder
#
# `fit` below calls your `train_epoch` and your `evaluate`, and does three things that transformers like. The optimizer is AdamW, that is, Adam that also shrinks all parameters a little at each step (*weight decay*, section 11). The learning rate starts at half for the first epoch (*warm-up*), because Adam's estimates (running means of the gradients and of their squares) are poor at the start. After that it falls in a straight line towards 0, so that the last steps are small ones.
#
# > **Predict.** 1,137 images, 12 epochs, 18,154 parameters. What share of the validation images will be right after one epoch, and at the end?
#
# The next cell takes 3 to 5 seconds on two cores with the small digits. With MNIST it takes some minutes there, and seconds on a graphics card.

# %% nbgrader={"grade": false, "grade_id": "fitting", "locked": true, "schema_version": 3, "solution": false, "task": false}
import time


def new_model(kind, seed, change=None):
    """An untrained model on the device. The same seed gives the same model. change: what is done to it first."""
    torch.manual_seed(seed)
    model = kind(data.config)
    if change is not None:
        change(model)
    return model.to(device)


def fit(label, model, seed=0, part=None, epochs=None, weight_decay=0.01):
    """Train with a bar of text that grows. Returns the training loss and the validation accuracy of every epoch."""
    part, epochs = part or data.train, epochs or data.epochs
    loader, unseen = Batches(part, data.batch, seed), Batches(data.validation, 500)
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=weight_decay)
    history, begun = [], time.perf_counter()
    for epoch in range(epochs):
        for group in optimizer.param_groups:
            group["lr"] = data.rate * min(1, (epoch + 1) / 2) * (1 - epoch / epochs)
        history.append((train_epoch(model, loader, optimizer, device), evaluate(model, unseen, device)))
        done = round(20 * (epoch + 1) / epochs)
        print(f"\r{label:<24}[{'#' * done:.<20}] epoch {epoch + 1:2}/{epochs}, loss {history[-1][0]:.3f}, validation {history[-1][1]:.3f}, {time.perf_counter() - begun:3.0f} s", end="", flush=True)
    print()
    return history


# %% nbgrader={"grade": false, "grade_id": "train_encoder", "locked": true, "schema_version": 3, "solution": false, "task": false}
encoder = new_model(EncoderClassifier, seed=0)
histories = {("encoder", 0): fit("encoder", encoder)}
print(f"training images right: {evaluate(encoder, Batches(data.train, 500), device):.3f}")

# %% [markdown]
# **What to see.** After one epoch it is little better than guessing; then the loss falls fast, and in the end about 96 of 100 validation images are right. Of the training images it is 99.5 of 100: the gap, some four points, is what has been learnt of those images alone. Section 11 makes it larger.
#
# ### Find the bug
#
# A published vision transformer ends with a softmax, and its training loop with cross-entropy (both rewritten here). It runs, it learns, and its loss never goes below 1.46, whatever the learning rate and however long one trains.
#
# Where does the 1.46 come from? (Not graded.)
#
# > **Predict.** The cell trains such a model, for as many epochs as yours, and draws both losses. What does the accuracy do?
#
# It trains on all images, and takes about as long as the last cell.

# %% nbgrader={"grade": false, "grade_id": "bug_softmax", "locked": true, "schema_version": 3, "solution": false, "task": false}
class SoftmaxFirst(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.model = EncoderClassifier(config)

    def forward(self, images):
        logits, weights = self.model(images)
        return logits.softmax(dim=1), weights


def draw_softmax_first():
    losses = {"yours": histories["encoder", 0], "softmax, then cross-entropy": fit("softmax first", new_model(SoftmaxFirst, seed=0))}
    floor = math.log(1 + (data.config.classes - 1) / math.e)
    figure, panels = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
    for (label, history), colour, style in zip(losses.items(), [BLUE, ORANGE], ["o-", "s--"]):
        for axes, values in zip(panels, zip(*history)):
            axes.plot(range(1, len(values) + 1), values, style, color=colour, ms=4, label=label)
            axes.xaxis.get_major_locator().set_params(integer=True)
    panels[0].axhline(floor, color=GREY, ls=":")
    panels[0].text(len(history), floor - 0.05, f"{floor:.3f}", color=GREY, ha="right", va="top")
    panels[0].set(title="Training loss", xlabel="epoch", ylabel="cross-entropy", ylim=(0, 2.5))
    panels[1].set(title="Validation accuracy", xlabel="epoch", ylabel="share of images right", ylim=(0, 1.02))
    panels[1].legend(frameon=False, loc="lower right")
    show()


draw_softmax_first()

# %% [markdown]
# <details><summary>Answer</summary>
#
# Cross-entropy takes its input for logits and applies a softmax of its own. What it gets are probabilities, numbers from 0 to 1. The best that the model can do is to say 1 for the true class and 0 for the nine others, and a softmax of *these* gives the true class only
#
# $$ \frac{e^1}{e^1 + 9 e^0} = \frac{2.718}{11.718} = 0.232, \qquad -\log 0.232 = \log\Bigl(1 + \frac9e\Bigr) = 1.461 . $$
#
# No training gets below that. The gradient is weak as well: it has to pass a second softmax, and where the first one is sure of itself (right or wrong!) almost nothing comes through. The accuracy climbs more slowly and can still end up decent, which is why the mistake lives so long. The number to look at is the loss.
#
# </details>

# %% [markdown]
# ## 7 · Where it looks
#
# Nothing is hidden in a transformer: every layer and every head wrote down, for each position, how much it took from each other one. Your classifier returned these numbers all along.
#
# The function below draws them for one image and one *query patch*, framed in orange: one row of maps for each layer, one column for each head. Dark blue is where the query patch took most from. Choose another image or another patch: add a cell of your own, for instance with `show_encoder_attention(encoder, 17, patch=9)`. Patches are numbered from 0, along the rows.
#
# > **Predict.** Will a patch of the digit's stroke look at itself, at its neighbours, at the rest of the stroke, or at the empty background? Will the heads of one layer agree?

# %% nbgrader={"grade": false, "grade_id": "attention_maps", "locked": true, "schema_version": 3, "solution": false, "task": false}
def looked_at(model, index):
    """Logits [K] and attention weights of one test image, without its batch axis, on the CPU. Layers stay a list, or lists in a dictionary."""
    model.eval()
    with torch.no_grad():
        logits, weights = model(data.test[0][index : index + 1].to(device))
    if isinstance(weights, dict):
        return logits[0].cpu(), {name: [layer[0].cpu() for layer in layers] for name, layers in weights.items()}
    return logits[0].cpu(), [layer[0].cpu() for layer in weights]


def example_of(digit):
    """The number of the first test image of a digit."""
    return int((data.test[1] == digit).nonzero()[0])


def show_encoder_attention(model, index, patch):
    """For one query patch: the map of every head (columns) in every layer (rows)."""
    logits, weights = looked_at(model, index)
    layers = weights["encoder"] if isinstance(weights, dict) else weights
    heads = len(layers[0])
    image = picture(index)
    top = max(layer[:, patch].max().item() for layer in layers)
    figure, panels = plt.subplots(len(layers), heads + 1, figsize=(2 * heads + 2, 1.75 * len(layers) + 0.5), layout="constrained", squeeze=False)
    for number, (row, layer) in enumerate(zip(panels, layers), 1):
        draw_image(row[0], image, SIDE, patch)
        row[0].set_ylabel(f"layer {number}")
        row[0].set_title(f"a {data.test[1][index]}, read as {logits.argmax()}" if number == 1 else "", fontsize=10)
        for head, axes in enumerate(row[1:]):
            drawn = draw_map(axes, layer[head, patch], image, top, patch)
            axes.set_title(f"head {head + 1}" if number == 1 else "", fontsize=10)
    figure.colorbar(drawn, ax=panels, shrink=0.7, label="attention weight")
    figure.suptitle(f"Encoder: where patch {patch} looks")
    show()


show_encoder_attention(encoder, example_of(2), patch=SIDE + SIDE // 2)

# %% [markdown]
# **What to see.** The heads do different work. In layer 1 most maps are pale: the patch takes a little from everywhere. One head has chosen to look at the patch itself. In layer 2 the maps are darker and choose: head 2 the neighbour on the left, head 3 the one on the right, heads 1 and 4 the stroke below on the left, where a 2 runs down to its foot. Draw some other images, and see whether a head keeps its habit (a direction, say) from digit to digit.
# Attention weights are relative: each row sums to 1, so where there is nothing of interest they have to go somewhere all the same, and it may be a blank corner.
#
# ### What it knows about places
#
# Nobody told the model that patch 5 lies below patch 1, or that patches 3 and 4 are far apart although their numbers are neighbours. The only thing that it has for a place is a row of `positions`, random at first. Below, each of the small squares belongs to one place, framed in black, and shows the cosine of its row with those of all places. On the right is a second model, trained alike, but with positions that started almost at 0.
#
# > **Predict.** If the model has learnt where its patches lie, which cosines should be high, those of neighbours? And for which pairs of places would it not matter?
#
# The next cell trains once more on all images, 3 to 5 seconds on two cores with the small digits.

# %% nbgrader={"grade": false, "grade_id": "position_similarity", "locked": true, "schema_version": 3, "solution": false, "task": false}
def mosaic(cosines):
    """For every place of the grid a small map of its cosines with all places, in one picture with gaps."""
    picture = np.full((SIDE * (SIDE + 1) - 1, SIDE * (SIDE + 1) - 1), np.nan)
    for place in range(SIDE * SIDE):
        row, column = (SIDE + 1) * (place // SIDE), (SIDE + 1) * (place % SIDE)
        picture[row : row + SIDE, column : column + SIDE] = cosines[place].reshape(SIDE, SIDE)
    return picture


def small_positions(model):
    with torch.no_grad():
        model.embedding.positions.mul_(0.03)


def show_positions():
    learnt = new_model(EncoderClassifier, seed=0, change=small_positions)
    fit("positions from near 0", learnt)
    models = {"before training": new_model(EncoderClassifier, seed=0), "after training": encoder, "started near 0, after training": learnt}
    figure, panels = plt.subplots(1, 3, figsize=(11, 4.2), layout="constrained")
    place = torch.arange(SIDE * SIDE)
    steps = (place[:, None] // SIDE - place // SIDE).abs() + (place[:, None] % SIDE - place % SIDE).abs()
    for axes, (title, model) in zip(panels, models.items()):
        table = functional.normalize(model.embedding.positions.detach().cpu(), dim=1)
        cosines = table @ table.T
        print(f"{title:<30}  cosine of neighbours, mean {cosines[steps == 1].mean():+.2f}, of the two left corners {cosines[0, SIDE * (SIDE - 1)]:+.2f}")
        drawn = axes.imshow(mosaic(cosines.numpy()), cmap="PuOr_r", vmin=-1, vmax=1)
        for own in range(SIDE * SIDE):
            row, column = (SIDE + 1) * (own // SIDE) + own // SIDE, (SIDE + 1) * (own % SIDE) + own % SIDE
            axes.add_patch(plt.Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor="black", lw=1.5))
        axes.set(title=title, xticks=[], yticks=[], xlim=(-1.7, len(mosaic(cosines)) + 0.7))
        axes.spines[:].set_visible(False)
    figure.colorbar(drawn, ax=panels, shrink=0.8, label="cosine between two positions")
    show()


show_positions()

# %% [markdown]
# **What to see.** Perhaps a disappointment. From random rows with a standard deviation of 0.3 (left), training has moved next to nothing (middle). Two random vectors of 32 numbers are nearly at right angles, so each place had an address of its own from the first step, and an address is all that attention needs: it has to be *distinct*, not orderly.
# Started near 0 (right), the rows have to be learnt, and now there is something to see. It is not what one may have expected: neighbours are *unlike*, with a mean cosine of about −0.2. A likely reason: neighbouring patches often hold similar pieces of stroke, and it is between them that position has to tell the difference. The two corners on the left, which hold almost no ink in any image, have become alike (the cosine that is printed last, about 0.8): nothing is gained by telling them apart. This model is also about ten points worse (.857 of the validation images right, against .960), and it would need more epochs to catch up.
# In large image transformers, which learn for long from millions of images, neighbours do become alike. What a network learns about space is what its task rewards.

# %% [markdown]
# ## 8 · Through all layers at once
#
# **Why.** The maps of layer 2 say from which *positions of layer 1* a vector was mixed. But those were mixtures themselves. Which patches of the *image* are in the end in a vector of the last layer? One has to follow all paths: from an output position to a position in the layer below, from there further down, and so on; multiply along each path, and add over all of them. That is a matrix product. The method is called *attention rollout* (Abnar and Zuidema, 2020).
#
# **Formula.** Layer $l$ has weights of shape $h \times N \times N$ for an image. Take the mean over its heads, $\bar A_l$. A residual connection carries every position past the attention, so half of a vector is taken to come from the attention and half from the vector itself:
#
# $$ \tilde A_l = \tfrac12 (\bar A_l + I), \qquad R \;=\; \tilde A_L \cdots \tilde A_2\, \tilde A_1 , $$
#
# with the identity matrix $I$ and the number of layers $L$. Row $n$ of $R$, an $N \times N$ matrix, says how much of each input patch is in output position $n$. The rows of every factor sum to 1, and so do those of $R$. The last layer stands on the left: a row of it picks its positions, and the matrix to the right of it says what these are made of.
#
# **By hand.** Two patches, one head, two layers. In the first layer both look at patch 0, in the second both look at patch 1:
#
# $$ A_1 = \begin{pmatrix} 1 & 0 \\ 1 & 0 \end{pmatrix},\; \tilde A_1 = \begin{pmatrix} 1 & 0 \\ \frac12 & \frac12 \end{pmatrix}, \qquad A_2 = \begin{pmatrix} 0 & 1 \\ 0 & 1 \end{pmatrix},\; \tilde A_2 = \begin{pmatrix} \frac12 & \frac12 \\ 0 & 1 \end{pmatrix}, \qquad
#    R = \tilde A_2 \tilde A_1 = \begin{pmatrix} \frac34 & \frac14 \\ \frac12 & \frac12 \end{pmatrix} . $$
#
# Position 0 consists of its own old self (½, all of it patch 0) and of position 1 (½), which is half patch 0: three quarters in all. In the wrong order the product would be $\begin{pmatrix} \frac12 & \frac12 \\ \frac14 & \frac34 \end{pmatrix}$.

# %% [markdown]
# **Write** `attention_rollout`.
#
# * `weights` is a list of tensors `[B, h, N, N]`, the first layer first, as your classifier returns it; it has at least one entry. Layers may differ in their number of heads.
# * Mean over the heads, then $(A + I)/2$, then the product with the last layer on the left, for each image of the batch by itself. The result has the dtype of the weights, and stands on their device.
#
# <details><summary>Hint 1: shapes</summary>
#
# [B, h, N, N] → mean over axis 1 → [B, N, N]. The identity is [N, N] and broadcasts. The operator @ multiplies the last two axes, image by image.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# Start with R = I. For each layer, from the first to the last: R ← ((mean of heads + I) / 2) R.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# make the identity, with the dtype and the device of the weights; for each layer: average the heads, mix with the identity, multiply from the left onto what there is. Return it.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "attention_rollout_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def attention_rollout(weights: list[torch.Tensor]) -> torch.Tensor:
    """How much of each input patch reaches each position after all layers.

    weights: at least one tensor [B, h, N, N], one for each layer, the first layer first; they are not changed.
    Returns [B, N, N]: row n, column m is the share of input patch m in position n. For each layer let
    R_l = (mean over the heads + I)/2; the rollout is R_L ⋯ R_2 R_1.

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


# %% nbgrader={"grade": true, "grade_id": "attention_rollout", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Attention through all layers", "difficulty": 3, "minutes": 30, "needs": []}
def check_attention_rollout():
    first = torch.tensor([[[[1.0, 0.0], [1.0, 0.0]]]], dtype=torch.float64)
    second = torch.tensor([[[[0.0, 1.0], [0.0, 1.0]]]], dtype=torch.float64)
    found = attention_rollout([first])
    assert shape_of(found) == (1, 2, 2), f"one image of two patches has a rollout of shape (1, 2, 2), not {shape_of(found)}"
    assert found.tolist() == [[[1.0, 0.0], [0.5, 0.5]]], f"one layer in which both patches look at patch 0 gives (A + I)/2 = [[1, 0], [0.5, 0.5]], not {found[0].tolist()}"
    found = attention_rollout([first, second])
    assert found.tolist() != [[[0.5, 0.5], [0.25, 0.75]]], "the product is in the wrong order: the last layer stands on the left"
    assert found.tolist() == [[[0.75, 0.25], [0.5, 0.5]]], f"worked by hand, the two layers give [[0.75, 0.25], [0.5, 0.5]], not {found[0].tolist()}"
    assert torch.allclose(attention_rollout([torch.cat([first, second], dim=1)]), torch.tensor([[[0.75, 0.25], [0.25, 0.75]]]).double()), "two heads of one layer are averaged"
    layers = [numbers(seed, 3, 2, 4, 4).softmax(dim=-1) for seed in (7, 8, 9)]
    kept = [layer.clone() for layer in layers]
    found = attention_rollout(layers)
    assert torch.allclose(found.sum(dim=-1), torch.ones(3, 4).double()), "every row of the rollout sums to 1"
    assert torch.allclose(attention_rollout([layer[1:2] for layer in layers]), found[1:2]), "each image of the batch is followed by itself"
    assert all(torch.equal(layer, old) for layer, old in zip(layers, kept)), "the weights must be left as they are"
    print("attention_rollout: one layer, two layers, heads and batch are right")


check_attention_rollout()

# %% [markdown]
# ### Look at it: what the decision is made of
#
# The head saw the mean of all positions, so the mean over the *rows* of $R$ says how much of each patch is in the decision. The cell lays it over one test image of every class.
#
# > **Predict.** If the model took equally from all 16 patches, each would have a share of $1/16 = 0.0625$. Which patches will have more: those full of ink, those that are always empty, or those in which digits differ from each other?

# %% nbgrader={"grade": false, "grade_id": "rollout_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def decision_shares(model, index):
    """How much of each patch is in the mean of the last layer's positions, [N]."""
    _, weights = looked_at(model, index)
    return attention_rollout([layer[None] for layer in weights])[0].mean(dim=0)


def show_rollout(model):
    figure, panels = plt.subplots(2, 5, figsize=(10, 4.4), layout="constrained")
    shares = [decision_shares(model, example_of(digit)) for digit in range(10)]
    for digit, axes in enumerate(panels.flat):
        drawn = draw_map(axes, shares[digit], picture(example_of(digit)), max(share.max().item() for share in shares))
        axes.set_title(f"a {digit}", fontsize=10)
    figure.colorbar(drawn, ax=panels, shrink=0.8, label="share of the decision")
    figure.suptitle("Attention rollout: from which patches the decision comes")
    show()


show_rollout(encoder)

# %% [markdown]
# **What to see.** The shares are far from equal: some patches have two or three times their part of 0.0625, others half of it. Least have, in most of these images, not the blank corners but patches in the middle of the stroke (the top of 2, 3, 5 and 9; the stem of the 7): there many digits look alike. (No share can fall below $\frac1{16} \cdot \frac14 = 0.016$: with two layers, a quarter of every position counts as itself.) The dark patches are not the blackest ones. They are places where something is decided: the inside of the 0, the bottom left of 3, 5 and 9 (where the curve ends, and the place above it); and in the 7 the empty place to the right of the stem, where a 3 or a 9 would have ink. Several of them are blank: what is missing decides, too.
#
# A word of caution. Rollout follows the attention weights alone. It knows nothing of what the values carried, or of what the feed-forward networks made of it. A patch with a large share was looked at; whether it changed the decision, only taking it away would show.

# %% [markdown]
# ## 9 · The decoder block
#
# **Why.** The encoder's mean gives each patch one vote whatever the question. It would be better to *ask*. A decoder has vectors of its own, the askers, which look at the encoder's output, called the *memory*, by cross-attention. In translation the askers are the words written so far, and the memory is the sentence to be translated. Here the askers will be ten learned questions, "is it a 0?" to "is it a 9?".
#
# **Picture.** Three steps where the encoder had two. The orange residual connections belong to $x$ alone: the memory comes in from the side, only as keys and values of the second step.

# %% nbgrader={"grade": false, "grade_id": "decoder_picture", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_decoder_blocks():
    figure, panels = plt.subplots(1, 2, figsize=(10, 6), layout="constrained")
    steps = [("self-attention", BLUE), ("cross-attention", PURPLE), ("feed-forward", GREEN)]
    draw_block(panels[0], "pre-norm", steps, True, memory_at=2)
    draw_block(panels[1], "post-norm", steps, False, memory_at=2)
    figure.suptitle("The decoder block; residual connections in orange")
    show()


draw_decoder_blocks()

# %% [markdown]
# **Formula.** Write $\operatorname{Self}(x) = \operatorname{attention}(x, x, x)$ and $\operatorname{Cross}(x, \mathcal M) = \operatorname{attention}(x, \mathcal M, \mathcal M)$ for a memory $\mathcal M$ of shape $M \times d$, two attentions with parameters of their own. For pre-norm,
#
# $$ x \leftarrow x + \operatorname{Self}(\operatorname{norm}_1 x), \qquad x \leftarrow x + \operatorname{Cross}(\operatorname{norm}_2 x,\; \mathcal M), \qquad x \leftarrow x + \operatorname{FF}(\operatorname{norm}_3 x), $$
#
# and for post-norm $x \leftarrow \operatorname{norm}_i(x + f_i(x))$ in the same three steps. The memory $\mathcal M$ is taken as it is: whoever made it has normalised it, once, and not again in every block.
#
# **By hand.** The numbers of section 4 again: one position, one head, $d = 2$, attention returns its value, $\operatorname{FF}(x) = 2\operatorname{relu}(x)$; $x = (3, 1)$, and a memory of one position, $\mathcal M = (5, 3)$.
#
# | | pre-norm | post-norm |
# |---|---|---|
# | after self-attention | $(3,1) + (1,-1) = (4, 0)$ | $\operatorname{norm}((3,1) + (3,1)) = (1, -1)$ |
# | after cross-attention | $(4,0) + (5,3) = (9, 3)$ | $\operatorname{norm}((1,-1) + (5,3)) = (1, -1)$ |
# | after the network | $(9,3) + (2,0) = \mathbf{(11, 3)}$ | $\operatorname{norm}((1,-1) + (2,0)) = \mathbf{(1, -1)}$ |

# %% [markdown]
# **Write** the class `DecoderBlock`.
#
# * Children: `self_attention`, `cross_attention`, `feed_forward`, `norm1`, `norm2`, `norm3`, numbered in the order of the steps; every one with parameters of its own.
# * The block makes its parts by calling `MultiHeadAttention(d, h)` and `FeedForward(d, d_ff)`, by these names, and works with whatever stands under them.
# * In the cross-attention the queries come from `x` and the keys and values from `memory`; the residual connection adds to `x`. The memory is never normalised in the block, and its length $M$ may differ from $N$.
# * `self_mask` goes to the self-attention, `memory_mask` to the cross-attention, each as it is.
# * Returned are the output, the weights of the self-attention and those of the cross-attention, in this order.
#
# <details><summary>Hint 1: shapes</summary>
#
# x [B, N, d], memory [B, M, d]. Self-weights are [B, h, N, N], cross-weights [B, h, N, M]. The output has the shape of x, always.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The three lines above. For cross-attention in pre-norm: the query is norm2(x), the keys and the values are the memory.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# if pre-norm: normalise with the first norm, attend to yourself, add; normalise with the second, attend to the memory, add; normalise with the third, feed forward, add.
# otherwise: attend to yourself, add, first norm; attend to the memory, add, second norm; feed forward, add, third norm. Return x and both weights.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "decoder_block_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class DecoderBlock(nn.Module):
    """Self-attention, cross-attention to a memory, then a feed-forward network, each with a residual connection and a norm of its own.

    Children: self_attention and cross_attention = MultiHeadAttention(d, h), feed_forward = FeedForward(d, d_ff), all made by these names, and
    norm1, norm2 and norm3 = nn.LayerNorm(d), numbered in the order of the three steps; each part has parameters of its own.
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


# %% nbgrader={"grade": true, "grade_id": "decoder_block", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false} exercise={"title": "The decoder block", "difficulty": 3, "minutes": 40, "needs": []}
def check_decoder_block():
    x, memory = numbers(4, 2, 3, 6), numbers(5, 2, 5, 6)
    blocks = {pre_norm: DecoderBlock(6, 3, 7, pre_norm) for pre_norm in (True, False)}
    for block in blocks.values():
        check_parameters(block, decoder_block_shapes("", 6, 7))
        before = x.clone(), memory.clone()
        result = fill(block)(x, memory)
        assert isinstance(result, tuple) and len(result) == 3, "a decoder block returns three things: its output, the weights of the self-attention, those of the cross-attention"
        assert [shape_of(part) for part in result] == [(2, 3, 6), (2, 3, 3, 3), (2, 3, 3, 5)], (
            f"three askers, five positions of memory, three heads: output (2, 3, 6), self-weights (2, 3, 3, 3), cross-weights (2, 3, 3, 5), not {[shape_of(part) for part in result]}"
        )
        assert torch.equal(x, before[0]) and torch.equal(memory, before[1]), "x and the memory must be left as they are: write x = x + ..., not x += ..."

    point, remembered = torch.tensor([[[3.0, 1.0]]]).double(), torch.tensor([[[5.0, 3.0]]]).double()
    for pre_norm, expected in ((True, [11.0, 3.0]), (False, [1.0, -1.0])):
        out = worked_by_hand(DecoderBlock(2, 1, 2, pre_norm))(point, remembered)[0].flatten().tolist()
        hint = {(12, 6): ": the residual connection adds to x, not to the memory", (7, -1): ": the memory is not normalised in the block"}.get(tuple(np.round(out).astype(int).tolist()), "")
        assert np.allclose(out, expected, atol=1e-3), f"worked by hand, x = (3, 1) with memory (5, 3) gives {expected} with pre_norm={pre_norm}; yours gives {np.round(out, 3).tolist()}{hint}"
    for pre_norm in (True, False):
        block = worked_by_hand(DecoderBlock(2, 1, 2, pre_norm))
        with torch.no_grad():
            block.norm1.weight.mul_(2.0)
            block.norm2.bias[1] = 4.0
            block.norm3.bias[0] = 0.5
        out = block(point, remembered)[0].flatten().tolist()
        expected = [13.0, 2.0] if pre_norm else [-0.5, 1.0]
        assert np.allclose(out, expected, atol=1e-2), f"with other gains and biases (3, 1) and (5, 3) should give {expected} with pre_norm={pre_norm}, not {np.round(out, 3).tolist()}: are the norms numbered in the order of the steps?"

    for block in blocks.values():
        out, own, cross = block(x, memory)
        moved = block(torch.flip(x, [1]), memory)
        assert torch.allclose(torch.flip(moved[2], [2]), cross), "the cross-weights should follow x: with the askers in reverse order their rows are in reverse order. Do the queries come from x?"
        assert torch.allclose(block(x, torch.flip(memory, [1]))[0], out), "the memory is a set to cross-attention: in reverse order it should give the same output. Do keys and values both come from it?"
        self_mask, memory_mask = torch.ones(3, 3, dtype=torch.bool).tril(), torch.tensor([True, True, True, False, False])
        _, own, cross = block(x, memory, self_mask, memory_mask)
        assert own.triu(1).abs().max() == 0, "self_mask belongs to the self-attention: with a lower triangle its weights above the diagonal should be 0"
        assert cross[..., 3:].abs().max() == 0 and cross[..., :3].min() > 0, "memory_mask belongs to the cross-attention: the last two positions of the memory were masked, the others not"
    weights = blocks[True](x, 100 * memory)[2], blocks[True](1000 * x, 100 * memory)[2]
    assert weights[0].isfinite().all() and weights[1].isfinite().all(), "large inputs should give finite weights"
    print("DecoderBlock: parameters, both orders, residual connections, memory and masks are right")


check_decoder_block()

# %% [markdown]
# ### Find the bug, twice
#
# Two decoder blocks with mistakes that were published (rewritten here). Each runs without an error. What is wrong with them? The numbers below the cell are a hint. (Not graded.)

# %% nbgrader={"grade": false, "grade_id": "bug_decoder", "locked": true, "schema_version": 3, "solution": false, "task": false}
class FirstBlock(nn.Module):
    def __init__(self, d, h, d_ff):
        super().__init__()
        self.attention = MultiHeadAttention(d, h)
        self.norm = nn.LayerNorm(d)
        self.network = nn.Sequential(nn.Linear(d, d_ff), nn.ReLU(), nn.Linear(d_ff, d))

    def forward(self, x, memory):
        x = self.norm(x + self.attention(x, x, x)[0])
        x = self.norm(x + self.attention(x, memory, memory)[0])
        return self.norm(x + self.network(x))


class SecondBlock(nn.Module):
    def __init__(self, d, h, d_ff):
        super().__init__()
        self.to_itself, self.to_memory = MultiHeadAttention(d, h), MultiHeadAttention(d, h)
        self.norms = nn.ModuleList([nn.LayerNorm(d) for _ in range(3)])
        self.network = nn.Sequential(nn.Linear(d, d_ff), nn.ReLU(), nn.Linear(d_ff, d))

    def forward(self, x, memory):
        x = self.norms[0](x + self.to_itself(x, x, x)[0])
        x = self.norms[1](memory + self.to_memory(x, memory, memory)[0])
        return self.norms[2](x + self.network(x))


def compare_decoder_blocks():
    torch.manual_seed(0)
    x, other, memory = torch.randn(8, 10, 32), torch.randn(8, 10, 32), torch.randn(8, 10, 32)
    print(f"{'':<14}{'parameters':>12}   how far the output moves when x is exchanged, memory kept")
    for label, block in [("yours", DecoderBlock(32, 4, 64, pre_norm=False)), ("FirstBlock", FirstBlock(32, 4, 64)), ("SecondBlock", SecondBlock(32, 4, 64))]:
        with torch.no_grad():
            outputs = [block(given, memory) for given in (x, other)]
        outputs = [output[0] if isinstance(output, tuple) else output for output in outputs]
        moved = (outputs[0] - outputs[1]).norm() / outputs[0].norm()
        print(f"{label:<14}{sum(parameter.numel() for parameter in block.parameters()):>12,}   {moved:.3f} of its length")
    print(f"one asker, ten positions of memory: your output {list(DecoderBlock(32, 4, 64)(x[:, :1], memory)[0].shape)}, SecondBlock's {list(SecondBlock(32, 4, 64)(x[:, :1], memory).shape)}")


compare_decoder_blocks()

# %% [markdown]
# <details><summary>Answer</summary>
#
# `FirstBlock` has *one* attention and *one* norm, and uses them for everything. Looking at oneself and looking at the memory are different tasks, and here they have the same queries, keys and values: a third of the parameters is missing. It still learns something, so nothing warns you. Count the parameters of what you build and compare with a count on paper.
#
# `SecondBlock` adds the result of the cross-attention to the *memory*. The output is then the memory with something added; what $x$ was has only decided where the attention looked. That is why the output hardly moves when $x$ is exchanged. As long as both have ten positions no shape complains. With one asker broadcasting makes ten outputs of it, silently. With ten askers and sixteen patches it would at last be an error.
#
# </details>

# %% [markdown]
# ## 10 · Ten questions: the encoder-decoder
#
# **Picture.**
#
# > images → patches → embedding → encoder blocks → norm → **memory**
# >
# > ten **queries**, learned → decoder blocks, each of which looks at the memory → norm → head → **one logit a query**
#
# **Formula.** The table of queries, $Q$ of shape $K \times d$ with one row for each class, is a parameter like the positions; it is the same for all images, and it is what the decoder starts with. After the last decoder block and a norm there are $K$ vectors $y_k$, and one linear layer with a single output, the same for all, makes a logit of each:
#
# $$ \text{logit}_k \;=\; w \cdot \operatorname{norm}(y_k) + b, \qquad w \in \mathbb{R}^d,\; b \in \mathbb{R}. $$
#
# Because $w$ is the same for all classes, what distinguishes "is it a 3?" from "is it an 8?" lies in the queries alone, and in where they look.
#
# **By hand.** A batch of $B = 5$ images with $N = 16$ patches, $K = 10$, $d = 32$: the memory is $5 \times 16 \times 32$; the queries start as $10 \times 32$ and are repeated for each image, $5 \times 10 \times 32$; the cross-weights of each block are $5 \times h \times 10 \times 16$; the head gives $5 \times 10 \times 1$, and without its last axis that is $5 \times 10$.

# %% [markdown]
# **Write** the class `EncoderDecoderClassifier`.
#
# * Children: `embedding`, `encoder` and `encoder_norm`, `decoder` and `decoder_norm`, `head = nn.Linear(d, 1)`; and the parameter `queries` of shape `[classes, d]`. `config.layers` blocks in *each* half, in an `nn.ModuleList` each.
# * It is made of `patchify`, `PatchEmbedding`, `EncoderBlock` and `DecoderBlock`, by these names. Images are square, and patches are cut with $p$ = `config.patch_size`, as in section 5.
# * Both norms are `nn.LayerNorm(d)`, and `nn.Identity()` if `config.pre_norm` is False. The memory is the output of `encoder_norm`, the same for every decoder block. No masks.
# * Returned are the logits and a dictionary with the keys `"encoder"`, `"decoder_self"` and `"decoder_cross"`, a list of weights for each, in the order of the blocks.
# * The queries start as random numbers; a standard deviation of 1 trains well here. If they start all equal, they stay equal for ever: nothing tells them apart.
#
# <details><summary>Hint 1: shapes</summary>
#
# queries [K, d] → [B, K, d] (expand, or add to zeros) → [B, K, d] through the decoder → head [B, K, 1] → logits [B, K].
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The memory is what the encoder's blocks make of the embedded patches, after the encoder's norm. The decoder starts with the queries; its output goes through the decoder's norm and then the head, whose last axis has length 1 and is dropped.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# patches; embed; each encoder block in turn, keeping its weights; norm: that is the memory. Repeat the queries for each image; each decoder block in turn, with the memory, keeping both weights; norm; head; drop the last axis. Return logits and dictionary.
#
# </details>

# %% nbgrader={"grade": false, "grade_id": "encoder_decoder_classifier_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class EncoderDecoderClassifier(nn.Module):
    """Images in, one logit a class out: an encoder reads the patches, and one learned query a class looks them up through a decoder.

    Children: embedding = PatchEmbedding(n_patches, patch_dim, d), encoder = nn.ModuleList of config.layers EncoderBlock(d, h, d_ff, pre_norm),
    encoder_norm, queries = nn.Parameter [classes, d], random numbers at first (equal queries would stay equal for ever), decoder = nn.ModuleList of config.layers DecoderBlock(d, h, d_ff, pre_norm),
    decoder_norm, head = nn.Linear(d, 1). Both norms are nn.LayerNorm(d), or nn.Identity() if config.pre_norm is False. Sizes come from config;
    patchify, PatchEmbedding, EncoderBlock and DecoderBlock are used by these names.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        p, d = config.patch_size, config.d
        self.patch_size = p
        self.embedding = PatchEmbedding((config.image_size // p) ** 2, config.channels * p * p, d)
        self.encoder = nn.ModuleList([EncoderBlock(d, config.h, config.d_ff, config.pre_norm) for _ in range(config.layers)])
        self.encoder_norm = nn.LayerNorm(d) if config.pre_norm else nn.Identity()
        self.queries = nn.Parameter(torch.randn(config.classes, d))
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


# %% nbgrader={"grade": true, "grade_id": "encoder_decoder_classifier", "locked": true, "points": 12, "schema_version": 3, "solution": false, "task": false} exercise={"title": "An encoder and a decoder that classify", "difficulty": 3, "minutes": 35, "needs": []}
def check_encoder_decoder_classifier():
    images = numbers(6, 2, 2, 6, 6)
    for pre_norm in (True, False):
        config = Config(channels=2, image_size=6, patch_size=3, d=4, h=2, d_ff=5, layers=2, classes=3, pre_norm=pre_norm)
        model = EncoderDecoderClassifier(config)
        expected = {"embedding.projection.weight": (4, 18), "embedding.projection.bias": (4,), "embedding.positions": (4, 4), "queries": (3, 4), "head.weight": (1, 4), "head.bias": (1,)}
        for layer in (0, 1):
            expected |= encoder_block_shapes(f"encoder.{layer}.", 4, 5) | decoder_block_shapes(f"decoder.{layer}.", 4, 5)
        check_parameters(model, expected | (norm_shapes(4, "encoder_norm", "decoder_norm") if pre_norm else {}))
        assert model.queries.std() > 0, "queries should start as random numbers: equal ones stay equal for ever"
        result = fill(model)(images)
        assert isinstance(result, tuple) and len(result) == 2, "the classifier returns a pair: logits, and a dictionary of attention weights"
        logits, weights = result
        assert shape_of(logits) == (2, 3), f"two images and three classes have logits of shape (2, 3), one logit a query, not {shape_of(logits)}"
        assert isinstance(weights, dict) and set(weights) == {"encoder", "decoder_self", "decoder_cross"}, f"the keys are encoder, decoder_self and decoder_cross, not {list(weights) if isinstance(weights, dict) else type(weights).__name__}"
        for name, shape in (("encoder", (2, 2, 4, 4)), ("decoder_self", (2, 2, 3, 3)), ("decoder_cross", (2, 2, 3, 4))):
            assert [shape_of(layer) for layer in weights[name]] == [shape] * 2, f"{name}: two layers with weights of shape {shape}, not {[shape_of(layer) for layer in weights[name]]}"
        assert not torch.allclose(logits.sum(dim=1), torch.ones(2).double()), "the logits sum to 1: is there a softmax at the end? The loss applies its own"
        assert torch.allclose(model(images[1:])[0], logits[1:]), "an image has the same logits alone as in a batch"
        swapped = torch.cat([images[..., 3:], images[..., :3]], dim=-1)
        assert not torch.allclose(model(swapped)[0], logits), "the halves of an image exchanged make another image: what became of the positions?"
        first = {True: [-0.568, -0.3842, -0.1418], False: [-0.2088, -0.2097, -0.2122]}[pre_norm]
        assert np.allclose(logits[0].tolist(), first, atol=2e-4), (
            f"names and shapes are right, but with known parameters and pre_norm={pre_norm} the first image should have the logits {first}, not {np.round(logits[0].tolist(), 3).tolist()}: "
            "encoder, encoder_norm, then every decoder block with that memory, decoder_norm, head?"
        )
        with torch.no_grad():
            model.queries.copy_(model.queries[[2, 0, 1]])
        assert torch.allclose(model(images)[0], logits[:, [2, 0, 1]]), "with the queries in another order the logits come in that order: logit k belongs to query k"
    print("EncoderDecoderClassifier: parameters, weights, queries and logits are right")


check_encoder_decoder_classifier()

# %% [markdown]
# ### Train it, several times over
#
# One training run proves little: with another seed the same network may come out two points better or worse. So the next cells train both models with three seeds each, from other starting numbers and with other batches. And they make the **ablation** that section 5 promised: the encoder with its positions set to 0 and kept there.
#
# > **Predict.** Which is better, encoder or encoder-decoder, and is the difference larger than that between two seeds? How many digits can be told apart from a *bag* of patches, one in ten (guessing), half, or nearly all?
#
# The next cell takes about half a minute on two cores with the small digits. With MNIST the first model takes all images, some minutes on a processor; the nine others take 2,000 each.

# %% nbgrader={"grade": false, "grade_id": "train_seeds", "locked": true, "schema_version": 3, "solution": false, "task": false}
def without_positions(model):
    with torch.no_grad():
        model.embedding.positions.zero_()
    model.embedding.positions.requires_grad_(False)


encoder_decoder = new_model(EncoderDecoderClassifier, seed=0)
histories["encoder-decoder", 0] = fit("encoder-decoder", encoder_decoder)

KINDS = {"encoder": (EncoderClassifier, None), "encoder-decoder": (EncoderDecoderClassifier, None), "no positions": (EncoderClassifier, without_positions)}
some = tuple(tensor[:2000] for tensor in data.train)
curves, tested = {}, {}
for kind, (make, change) in KINDS.items():
    for seed in range(3):
        model = {("encoder", 0): encoder, ("encoder-decoder", 0): encoder_decoder}.get((kind, seed)) if len(some[1]) == len(data.train[1]) and data.epochs == 12 else None
        if model is None:
            model = new_model(make, seed, change)
            curves[kind, seed] = fit(f"{kind}, seed {seed}", model, seed, some, epochs=12)
        else:
            curves[kind, seed] = histories[kind, seed]
        tested[kind, seed] = evaluate(model, Batches(data.test, 500), device)

# %% nbgrader={"grade": false, "grade_id": "seeds_plot", "locked": true, "schema_version": 3, "solution": false, "task": false}
def draw_curves():
    figure, panels = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for kind, colour, style in zip(KINDS, [BLUE, GREEN, ORANGE], ["o-", "s-", "^--"]):
        runs = np.array([curves[kind, seed] for seed in range(3)])  # [seeds, epochs, 2]
        epochs = range(1, runs.shape[1] + 1)
        for axes, values in zip(panels, (runs[..., 0], runs[..., 1])):
            axes.plot(epochs, values.T, color=colour, lw=0.8, alpha=0.5)
            axes.plot(epochs, values.mean(axis=0), style, color=colour, ms=4, label=kind)
        shares = [tested[kind, seed] for seed in range(3)]
        print(f"{kind:<16} test accuracy " + "  ".join(f"{share:.3f}" for share in shares) + f"   mean {np.mean(shares):.3f}")
    panels[0].set(title="Training loss", xlabel="epoch", ylabel="cross-entropy", ylim=(0, 2.5))
    panels[1].set(title="Validation accuracy", xlabel="epoch", ylabel="share of images right", ylim=(0, 1.02))
    panels[1].legend(frameon=False, loc="lower right")
    figure.suptitle("Three seeds each (thin), and their mean")
    show()


draw_curves()

# %% [markdown]
# **What to see.** With positions both models end at about 95 of 100 validation images. On the test images the encoder gets .956 to .967 right and the encoder-decoder .975 (three seeds each; yours may differ in the last digit or two). The encoder-decoder learns faster, and has more than twice as many parameters; the gap is about as large as that between seeds, and with 360 images one should not make too much of it.
# The ablation leaves no doubt. Without positions about 68 of 100 are right, and no run comes near the others. That is still far above guessing: a bag of patches tells how much ink there is, and in which bends and slopes. It cannot tell a stroke at the top from a stroke at the bottom.
#
# ### Which digits it confuses
#
# A *confusion matrix* has a row for each true class and a column for each answer. On the diagonal are the right ones.
#
# > **Predict.** Name two pairs of digits that you would confuse yourself at 8 × 8 pixels.

# %% nbgrader={"grade": false, "grade_id": "confusion", "locked": true, "schema_version": 3, "solution": false, "task": false}
def answers_of(model):
    model.eval()
    with torch.no_grad():
        return torch.cat([model(images.to(device))[0].argmax(dim=1).cpu() for images, _ in Batches(data.test, 500)])


def draw_confusion():
    figure, panels = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
    truth = data.test[1]
    for axes, (label, model) in zip(panels, [("encoder", encoder), ("encoder-decoder", encoder_decoder)]):
        answers = answers_of(model)
        table = torch.zeros(10, 10, dtype=torch.int64).index_put_((truth, answers), torch.tensor(1), accumulate=True)
        shares = table / table.sum(dim=1, keepdim=True).clamp(min=1)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for row in range(10):
            for column in range(10):
                if table[row, column]:
                    axes.text(column, row, int(table[row, column]), ha="center", va="center", fontsize=9, color="white" if shares[row, column] > 0.5 else "black")
        axes.set(title=f"{label}: {int((answers == truth).sum())} of {len(truth)} right", xlabel="the model's answer", ylabel="true digit", xticks=range(10), yticks=range(10))
    figure.suptitle("Test images by true digit and answer")
    show()


draw_confusion()

# %% [markdown]
# **What to see.** Few errors, and most of them understandable: a 7 read as a 2, a 9 as a 3, a 4 or a 6 as a 1, an 8 in place of several. Each cell off the diagonal holds one image or two, so do not read a law into them. Had the encoder lost *all* the 7s, the accuracy would still be .89: a table shows what a single number hides.
#
# ### Where the ten questions look
#
# Now there are three kinds of maps: the encoder's patches among themselves, the ten queries among themselves, and each query over the image. `show_decoder_attention` draws the last two for one image and one class query, in every layer and head; `show_encoder_attention` works for this model as well. Choose other images, patches and queries in a cell of your own.
#
# > **Predict.** Take a test image of a 2. Will the query for 2 look at the same patches as the query for 7? Where would *you* look to tell the two apart?

# %% nbgrader={"grade": false, "grade_id": "decoder_maps", "locked": true, "schema_version": 3, "solution": false, "task": false}
def show_decoder_attention(model, index, query):
    """Every layer and head: the queries among themselves, the row of one of them framed; and below where that query looks in the image."""
    logits, weights = looked_at(model, index)
    image, heads = picture(index), len(weights["decoder_self"][0])
    layers = len(weights["decoder_self"])
    figure, panels = plt.subplots(layers, heads, figsize=(2.4 * heads, 2.4 * layers + 0.4), layout="constrained", squeeze=False)
    for layer, head in np.ndindex(layers, heads):
        axes = panels[layer, head]
        drawn = axes.imshow(weights["decoder_self"][layer][head], cmap="Blues", vmin=0, vmax=max(layer.max().item() for layer in weights["decoder_self"]))
        axes.add_patch(plt.Rectangle((-0.5, query - 0.5), len(logits), 1, fill=False, edgecolor=ORANGE, lw=2))
        axes.set(xticks=range(0, len(logits), 3), yticks=range(0, len(logits), 3), title=f"layer {layer + 1}, head {head + 1}")
        axes.title.set_fontsize(10)
        axes.tick_params(labelsize=8)
    figure.supxlabel("query that is looked at", fontsize=10)
    figure.supylabel("query that looks", fontsize=10)
    figure.colorbar(drawn, ax=panels, shrink=0.7, label="attention weight")
    figure.suptitle("Decoder, self-attention: how the class queries look at each other")
    show()

    top = max(layer[:, query].max().item() for layer in weights["decoder_cross"])
    figure, panels = plt.subplots(layers, heads, figsize=(2.1 * heads + 0.6, 2.1 * layers + 0.5), layout="constrained", squeeze=False)
    for layer, head in np.ndindex(layers, heads):
        drawn = draw_map(panels[layer, head], weights["decoder_cross"][layer][head, query], image, top)
        panels[layer, head].set_title(f"layer {layer + 1}, head {head + 1}", fontsize=10)
    figure.colorbar(drawn, ax=panels, shrink=0.7, label="attention weight")
    figure.suptitle(f"Decoder, cross-attention: where query {query} looks in a {data.test[1][index]}")
    show()


def show_class_queries(model, index):
    """The cross-attention of every class query, averaged over the heads: a row of maps for each layer."""
    logits, weights = looked_at(model, index)
    shares = logits.softmax(dim=0)
    maps = [layer.mean(dim=0) for layer in weights["decoder_cross"]]
    figure, panels = plt.subplots(len(maps), len(logits), figsize=(11, 1.0 * len(maps) + 1), layout="constrained", squeeze=False)
    for layer, query in np.ndindex(len(maps), len(logits)):
        drawn = draw_map(panels[layer, query], maps[layer][query], picture(index), max(found.max().item() for found in maps))
        if layer == 0:
            panels[layer, query].set_title(f"is it a {query}?\n{shares[query]:.0%}", fontsize=9)
    for layer, row in enumerate(panels, 1):
        row[0].set_ylabel(f"layer {layer}", fontsize=10)
    figure.colorbar(drawn, ax=panels, shrink=0.9, label="attention weight")
    figure.suptitle(f"Where each class query looks in a {data.test[1][index]}; mean over the heads, and the probability of the class")
    show()


show_encoder_attention(encoder_decoder, example_of(2), patch=SIDE + SIDE // 2)
show_decoder_attention(encoder_decoder, example_of(2), query=2)
show_class_queries(encoder_decoder, example_of(2))

# %% [markdown]
# **What to see.** *Decoder, self-attention.* In layer 1 the maps are almost uniform, and they are the same for every image: the queries have not seen the image yet. In layer 2 they have, and some listen to others: in head 4 the queries for 3 and 8 take much from the query for 7.
# *Cross-attention.* The queries look at different places of the same image. In layer 2 the query for 7 looks at the middle of the bottom edge, where a 7 has the end of its stem and a 2 its foot. The query for 2 spreads over several patches of the stroke. No one told a query *where* to look; each has found what gives its digit away.
# Every query gets its own probability at the top. The nine that say no are as busy as the one that says yes: to be sure that this is no 7, one has to look where a 7 would differ.

# %% [markdown]
# ## 11 · When it learns too much
#
# Nothing in this section is graded. A network with 18,154 numbers can learn a few hundred images by heart. The training loss then says that all is well, and what it has learnt is true of those images alone: *overfitting*. Three remedies:
#
# * **Dropout** (section 3). Hidden numbers are set to 0 at random while training, others for every batch. No part of the network can rely on one other part, so what is learnt is spread out. With probability $q$ of dropping, the rest is multiplied by $1/(1-q)$: the expected value stays the same. When training is over, nothing is dropped.
# * **Weight decay.** At each step every parameter is also multiplied by $1 - \text{lr} \cdot \lambda$, a little below 1. A weight that the loss does not keep up fades away. In AdamW, $\lambda$ is `weight_decay`.
# * **Early stopping.** Watch the loss on the *validation* images, keep a copy of the parameters whenever it is at its best, and stop when it has not improved for a while. The copy is the result. It costs nothing, and it is why the validation images must not be the test images: whoever chooses by them has learnt from them.
#
# > **Predict.** The encoder again, this time with only 150 training images and 48 epochs at a constant learning rate. Draw the validation loss against the epoch: plain, with dropout 0.3, with a weight decay of 0.5. For which does it turn upwards, and what does the *accuracy* do meanwhile?
#
# The next cell takes about 10 seconds on two cores.

# %% nbgrader={"grade": false, "grade_id": "overfitting", "locked": true, "schema_version": 3, "solution": false, "task": false}
def set_dropout(model, probability):
    """Change every nn.Dropout of a model; says so if there is none."""
    found = [module for module in model.modules() if isinstance(module, nn.Dropout)]
    for module in found:
        module.p = probability
    if not found:
        print("Your FeedForward has no nn.Dropout inside: dropout cannot be changed from outside, and this run is without.")


def overfit(label, dropout, weight_decay, epochs=48):
    """Training loss, validation loss and validation accuracy of every epoch; and the epoch whose copy early stopping would keep."""
    model = new_model(EncoderClassifier, seed=0)
    if dropout:
        set_dropout(model, dropout)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=weight_decay)
    loader = Batches(tuple(tensor[:150] for tensor in data.train), 32, seed=0)
    images, labels = (tensor[:1000].to(device) for tensor in data.validation)
    history, best, patience = [], 0, 12
    stopped = None
    for epoch in range(epochs):
        loss = train_epoch(model, loader, optimizer, device)
        model.eval()
        with torch.no_grad():
            logits, _ = model(images)
        history.append((loss, functional.cross_entropy(logits, labels).item(), (logits.argmax(dim=1) == labels).double().mean().item()))
        best = epoch if history[epoch][1] < history[best][1] else best
        stopped = epoch if stopped is None and epoch - best >= patience else stopped
        done = round(20 * (epoch + 1) / epochs)
        print(f"\r{label:<20}[{'#' * done:.<20}] training loss {loss:.3f}, validation loss {history[-1][1]:.3f}, accuracy {history[-1][2]:.3f}", end="", flush=True)
    kept = min(range((stopped or epochs - 1) + 1), key=lambda epoch: history[epoch][1])
    print(f"; early stopping {'after epoch ' + str(stopped + 1) if stopped is not None else 'never'}, keeps epoch {kept + 1}")
    return history, kept


def draw_overfitting():
    figure, panels = plt.subplots(1, 3, figsize=(11, 3.9), layout="constrained")
    for label, dropout, weight_decay, colour, style in [("plain", 0.0, 0.0, ORANGE, "-"), ("dropout 0.3", 0.3, 0.0, BLUE, "--"), ("weight decay 0.5", 0.0, 0.5, GREEN, "-.")]:
        history, kept = overfit(label, dropout, weight_decay)
        training, validation, accuracy = zip(*history)
        epochs = range(1, len(history) + 1)
        panels[0].semilogy(epochs, training, style, color=colour, lw=2, label=label)
        panels[1].plot(epochs, validation, style, color=colour, lw=2)
        panels[1].plot(kept + 1, validation[kept], "o", mfc="none", mec=colour, ms=11, mew=2)
        panels[2].plot(epochs, accuracy, style, color=colour, lw=2)
    panels[0].set(title="Loss on the 150 images", xlabel="epoch", ylabel="cross-entropy")
    panels[1].set(title="Validation loss", xlabel="epoch", ylabel="cross-entropy", ylim=(0.5, 1.2))
    panels[2].set(title="Validation accuracy", xlabel="epoch", ylabel="share of images right", ylim=(0, 1.02))
    panels[0].legend(frameon=False, fontsize=10)
    figure.suptitle("150 training images. Circles: the parameters that early stopping keeps")
    show()


draw_overfitting()

# %% [markdown]
# **What to see.** On the left all three learn the 150 images by heart. The plain run has its best validation loss after some 27 epochs; from there it *rises*, although its accuracy stays where it is. It gets no more images wrong, but where it is wrong it is ever more certain, and cross-entropy charges for that. Early stopping keeps the parameters at the circle.
# Dropout lowers the curve a little (0.69 at its best, near epoch 28); then it wavers and ends at 0.74, so it turns as well, less evenly. Weight decay does most: the training loss ends four times higher, the validation loss well below the others, and it does not turn in 48 epochs. In accuracy the three differ by two or three points at most, which is a handful of the 300 images. What would help far more than any of the three is more data: with all 1,137 images, 95 of 100 are right.

# %% [markdown]
# ## 12 · Writing one token at a time
#
# **Why.** A classifier answers once. A language model answers again and again: it gives a score to every possible next *token* (a word, a letter, here a digit), one token is chosen and put at the end, and the longer sequence goes in again. To choose the token with the highest score each time is called *greedy* decoding.
#
# **Picture.**
#
# > [start] → scores → **3** &nbsp;&nbsp;⟶&nbsp;&nbsp; [start, 3] → scores → **1** &nbsp;&nbsp;⟶&nbsp;&nbsp; [start, 3, 1] → scores → **stop**
#
# **Definition.** Let $s(t_0, \dots, t_{n-1}) \in \mathbb{R}^V$ be the scores of the next token, given the tokens so far; there are $V$ different tokens, numbered from 0. Then
#
# $$ t_0 = \text{start}, \qquad t_n = \operatorname*{arg\,max}_{v}\; s(t_0, \dots, t_{n-1})_v , $$
#
# until $t_n$ is the token *stop*, or $n$ has reached the number of tokens allowed.
#
# **By hand.** $V = 3$, start 0, stop 2, and scores that depend on the last token alone: after 0 they are $(0, 5, 1)$, after 1 they are $(-1, -3, -1)$. From 0 the best is token 1. After 1, tokens 0 and 2 tie at $-1$; the lowest wins, 0. Then 1 again, and 0, and so on: greedy decoding has walked into a circle, and only the maximum length ends it. With the scores $(-2, -3, -1)$ after 1 it would have been $[0, 1, 2]$.

# %% [markdown]
# **Write** `greedy_decode`.
#
# * `step_fn` gets a NumPy array of integers with the *whole* prefix, `start` first, and returns the scores of the next token, an array of $V$ finite numbers or $-\infty$. Every call gets a fresh array: `step_fn` may write into it, or keep it.
# * The result begins with `start`. `stop` ends it and is part of it. At most `max_len` *new* tokens are written, so `max_len = 0` gives `[start]` alone.
# * A `start` that equals `stop` does not stop anything.
# * Ties take the lowest token. All scores may be negative.
# * `step_fn` is called once for each new token, and never after the end.
#
# <details><summary>Hint 1: shapes</summary>
#
# Prefix [n] → scores [V] → one integer. The result has at most max_len + 1 entries.
#
# </details>
# <details><summary>Hint 2: formula</summary>
#
# The next token is the number of the largest score; among equal ones, the smallest number. NumPy has a function for it that settles ties in this way.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# begin a list with start; at most max_len times: make a new array of the list, ask for scores, append the argmax, leave the loop if it is stop. Return the list.
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


# %% nbgrader={"grade": true, "grade_id": "greedy_decode", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false} exercise={"title": "Greedy decoding", "difficulty": 2, "minutes": 30, "needs": []}
def check_greedy_decode():
    counted = greedy_decode(lambda prefix: np.eye(5)[prefix[-1] + 1], 1, 4, 10)
    assert counted == [1, 2, 3, 4], f"counting up from 1 until 4 should give [1, 2, 3, 4], stop included, not {counted}"

    table = np.array([[0.0, 5.0, 1.0], [-1.0, -3.0, -1.0], [0.0, 0.0, 0.0]])
    found = greedy_decode(lambda prefix: table[prefix[-1]], 0, 2, 5)
    assert found == [0, 1, 0, 1, 0, 1], f"the circle of the example, with five new tokens, is [0, 1, 0, 1, 0, 1], not {found}"
    table[1] = [-2.0, -3.0, -1.0]
    found = greedy_decode(lambda prefix: table[prefix[-1]], 0, 2, 5)
    assert found == [0, 1, 2], f"with the scores (-2, -3, -1) after 1 it is [0, 1, 2], not {found}"
    assert greedy_decode(lambda prefix: table[0], 0, 2, 0) == [0], "max_len = 0 gives the start alone"
    found = greedy_decode(lambda prefix: np.eye(3)[len(prefix) % 3], 2, 2, 5)
    assert found == [2, 1, 2], f"a start that equals stop does not stop: [2, 1, 2], not {found}"

    seen = []

    def spoiling(prefix):
        assert isinstance(prefix, np.ndarray) and prefix.ndim == 1 and np.issubdtype(prefix.dtype, np.integer), "step_fn gets a NumPy array of integers, [n]"
        seen.append(prefix.tolist())
        prefix[:] = -7
        return np.eye(4)[min(len(prefix), 3)]

    found = greedy_decode(spoiling, 0, 3, 9)
    assert seen == [[0], [0, 1], [0, 1, 2]], f"step_fn should see the whole prefix, [0], [0, 1], [0, 1, 2], in a fresh array each time, and not be called after the end; it saw {seen}"
    assert found == [0, 1, 2, 3], f"step_fn may write into its array, and the result stays [0, 1, 2, 3]; yours is {found}"
    print("greedy_decode: prefix, stop, length and ties are right")


check_greedy_decode()

# %% [markdown]
# ### Look at it: your encoder block writes backwards
#
# What turns an encoder into a writer is a mask. In a *causal* model position $n$ may attend to positions up to $n$ and not beyond: `mask[n, m]` is True for $m \le n$. Then what stands at position $n$ depends on the past alone, and one pass over a known sequence trains the prediction at every position at once.
#
# The task: six digits, then the token `=`, then the same digits backwards, then `stop`. For instance `3 1 4 1 5 9 = 9 5 1 4 1 3 stop`. The model below is two of *your* encoder blocks with a causal mask. Its loss counts the tokens after `=` only; the digits before are random, and there is nothing to predict in them.
#
# > **Predict.** When the model writes the third digit of the answer, at which positions should it look? Draw the map: rows are the positions that write, columns the positions that they look at.
#
# The next cell takes about 3 seconds on two cores.

# %% nbgrader={"grade": false, "grade_id": "reverser", "locked": true, "schema_version": 3, "solution": false, "task": false}
EQUALS, STOP, LENGTH = 10, 11, 6


class CausalModel(nn.Module):
    """Scores of the next token at every position, from that position and those before it."""

    def __init__(self, tokens, length, d, h, layers):
        super().__init__()
        self.embedding = nn.Embedding(tokens, d)
        self.positions = nn.Parameter(0.3 * torch.randn(length, d))
        self.blocks = nn.ModuleList([EncoderBlock(d, h, 2 * d) for _ in range(layers)])
        self.norm = nn.LayerNorm(d)
        self.head = nn.Linear(d, tokens)

    def forward(self, ids):
        n = ids.shape[1]
        x = self.embedding(ids) + self.positions[:n]
        causal = torch.ones(n, n, dtype=torch.bool, device=ids.device).tril()
        weights = []
        for block in self.blocks:
            x, attention = block(x, causal)
            weights.append(attention)
        return self.head(self.norm(x)), weights


def reversals(n, draw):
    """n sequences: random digits, '=', the digits backwards, 'stop'."""
    digits = draw.integers(0, 10, size=(n, LENGTH))
    rows = [digits, np.full((n, 1), EQUALS), digits[:, ::-1], np.full((n, 1), STOP)]
    return torch.from_numpy(np.concatenate(rows, axis=1)).to(device)


def train_reverser(steps=250, rate=5e-3):
    torch.manual_seed(0)
    draw = np.random.default_rng(0)
    model = CausalModel(12, 2 * LENGTH + 2, 32, 4, 2).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate)
    for step in range(1, steps + 1):
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1, step / 50) * (1 - (step - 1) / steps)
        ids = reversals(64, draw)
        logits, _ = model(ids[:, :-1])  # position n predicts token n + 1
        loss = functional.cross_entropy(logits[:, LENGTH:].flatten(0, 1), ids[:, LENGTH + 1 :].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 25 == 0:
            print(f"\rreverser [{'#' * (step // 25):.<10}] step {step}/{steps}, loss {loss.item():.4f}", end="", flush=True)
    print()
    return model.eval()


reverser = train_reverser()

# %% nbgrader={"grade": false, "grade_id": "reverser_writes", "locked": true, "schema_version": 3, "solution": false, "task": false}
def backwards(prompt):
    """What the reverser writes after the digits of the prompt and '='."""

    def next_scores(prefix):
        ids = torch.from_numpy(np.concatenate([prompt, prefix])).to(device)[None]
        with torch.no_grad():
            return reverser(ids)[0][0, -1].cpu().numpy()

    return greedy_decode(next_scores, start=EQUALS, stop=STOP, max_len=LENGTH + 1)


def written(tokens):
    return " ".join({EQUALS: "=", STOP: "stop"}.get(int(token), str(token)) for token in tokens)


def show_reverser():
    for prompt in ([3, 1, 4, 1, 5, 9], [2, 7, 1, 8, 2, 8], [0, 0, 0, 0, 0, 7]):
        print(written(prompt), written(backwards(prompt)))
    draw = np.random.default_rng(1)
    prompts = draw.integers(0, 10, size=(100, LENGTH))
    right = sum(backwards(prompt) == [EQUALS, *prompt[::-1], STOP] for prompt in prompts)
    print(f"new prompts of {LENGTH} digits: {right} of 100 right")
    shorter = draw.integers(0, 10, size=(100, LENGTH - 1))
    right = sum(backwards(prompt) == [EQUALS, *prompt[::-1], STOP] for prompt in shorter)
    print(f"new prompts of {LENGTH - 1} digits: {right} of 100 right")

    ids = reversals(1, np.random.default_rng(5))[:, :-1]
    with torch.no_grad():
        logits, weights = reverser(ids)
        changed = ids.clone()
        changed[0, -1] = (changed[0, -1] + 1) % 10
        ahead = (reverser(changed)[0][0, :-1] - logits[0, :-1]).abs().max().item()
    print(f"changing the last token moves the scores at earlier positions by {ahead:.1e}")
    names = [written([token]) for token in ids[0].tolist()]
    figure, panels = plt.subplots(1, 2, figsize=(10.5, 3.5), layout="constrained")
    for number, (axes, layer) in enumerate(zip(panels, weights), 1):
        drawn = axes.imshow(layer[0].mean(dim=0).cpu()[LENGTH:], cmap="Blues", vmin=0, vmax=1)
        axes.set(title=f"layer {number}, mean over the heads", xlabel="token that is looked at", ylabel="token that looks")
        axes.set_xticks(range(len(names)), names)
        axes.set_yticks(range(len(names) - LENGTH), names[LENGTH:])
    figure.colorbar(drawn, ax=panels, shrink=0.8, label="attention weight")
    show()


show_reverser()

# %% [markdown]
# **What to see.** A diagonal that runs against the grain: the `=` looks at the last digit, the first digit written looks at the one before it, and so on. The third digit is written by the row of the second, and looks at the fourth digit of the input. The last row has only `stop` to write, and nothing to copy. Layer 1 has a rough version, layer 2 the exact one. Nothing to the right of the position that writes is ever looked at, and changing the last token moves nothing before it: that is the mask.
# All new prompts of six digits come out right, although there are a million of them and the model has seen 16,000. Of those with five digits it gets none. It has not learnt to reverse. It has learnt which *place* to copy from at each place, and with five digits the `=` stands elsewhere. Trained on several lengths it would learn something better, more slowly; try it.

# %% [markdown]
# ## 13 · Larger, and elsewhere
#
# The same notebook runs on a graphics card, because of one line: `device = torch.device("cuda" if torch.cuda.is_available() else "cpu")`. For images of 8 × 8 pixels that brings little: the matrices are so small that starting each operation takes longer than the operation. It pays with MNIST, where each of 60,000 images has 49 patches.
#
# ## What you built
#
# * `patchify` and `PatchEmbedding`: an image as a sequence of vectors that know what they show and where.
# * `EncoderBlock` and `EncoderClassifier`: look around, think, repeat; the mean decides.
# * `DecoderBlock` and `EncoderDecoderClassifier`: ten learned questions to a memory.
# * `train_epoch` and `evaluate`: a loop that clears, counts and switches modes as it should.
# * `attention_rollout`: what the decision was made of.
# * `greedy_decode`: a sequence, token by token.
#
# PyTorch has the blocks as `nn.TransformerEncoderLayer` and `nn.TransformerDecoderLayer`. With your parameters copied into them they give the same numbers; the hidden tests do that. Mind the masks: theirs say True for what may *not* be attended to. And the decoder block with a causal mask, a few dozen times in a row, is the architecture of today's language models, the cross-attention left out.
#
# ## Where it breaks
#
# * **Size.** Every position looks at every other: twice the resolution means four times the patches and sixteen times as many attention weights.
# * **Fixed places.** Learned positions end where training ended. A larger image, or a seventh digit, has no row in the table; the reverser could not even do with five.
# * **Data.** A transformer is told nothing about images. A convolutional network is told that neighbours belong together and that a stroke may stand anywhere, and with a thousand images that is worth a lot. Transformers catch up when there are millions.
# * **Attention is not an explanation.** A map says what was mixed, not why, nor whether another map would have given the same answer.
# * **Greedy decoding** never takes a step back: a token that was best at its moment can lead to a poor sequence, or into a circle.
# * **One test set.** With 360 test images one image is 0.3 points. Differences smaller than those between seeds mean nothing.
#
# ## What comes next
#
# This was the last assignment. You have built, from Python lists upwards, every part of a network that reads: gradients, layers, word vectors, memory, attention, and the transformer on top. From here, papers are within reach. Take one whose figure you like, and build it.
#
# ## Further reading
#
# * A. Vaswani and others, "Attention is all you need", *NIPS* 2017: encoder, decoder, post-norm.
# * A. Dosovitskiy and others, "An image is worth 16x16 words: transformers for image recognition at scale", *ICLR* 2021: patches as words.
# * N. Carion and others, "End-to-end object detection with transformers", *ECCV* 2020: learned queries that ask an encoded image.
# * R. Xiong and others, "On layer normalization in the transformer architecture", *ICML* 2020: pre-norm against post-norm.
# * Y. Dong, J.-B. Cordonnier, A. Loukas, "Attention is not all you need: pure attention loses rank doubly exponentially with depth", *ICML* 2021.
# * S. Abnar, W. Zuidema, "Quantifying attention flow in transformers", *ACL* 2020: rollout. S. Jain, B. C. Wallace, "Attention is not explanation", *NAACL* 2019, for the caution.
# * I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", *ICLR* 2019: AdamW. N. Srivastava and others, "Dropout", *JMLR* 15 (2014).
# * Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document recognition", *Proceedings of the IEEE* 86 (1998): MNIST. E. Alpaydin, C. Kaynak, "Optical recognition of handwritten digits", UCI machine learning repository, 1998: the small digits.
