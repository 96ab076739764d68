"""Questions about `transformer`. All that a submission ever sees of its hidden tests."""

from contextlib import contextmanager

import numpy as np
import torch
from torch import nn

# ------------------------------------------------------------------------------------------------ stand-ins
#
# What an exercise is built of is put in its place: other functions of the same interface, so that a mistake in one exercise does
# not cost the next. None of them is an answer to any exercise.


def other_patchify(images, p):
    """Runs of pixels, the last one first."""
    B, C, H, W = images.shape
    return images.reshape(B, (H // p) * (W // p), C * p * p).flip(1) - 0.25


class OtherEmbedding(nn.Module):
    def __init__(self, n_patches, patch_dim, d):
        super().__init__()
        self.rate = nn.Parameter(torch.ones(patch_dim, d))
        self.place = nn.Parameter(torch.ones(n_patches, d))

    def forward(self, patches):
        return torch.cos(patches @ self.rate) * self.place


class OtherFeedForward(nn.Module):
    def __init__(self, d, d_ff, dropout=0.0):
        super().__init__()
        self.wide = nn.Parameter(torch.ones(d, d_ff))
        self.back = nn.Parameter(torch.ones(d_ff, d))

    def forward(self, x):
        return x.flip(-1) + torch.sin(x @ self.wide) @ self.back


def products(x, y, h):
    """A table for each head, of no use as attention."""
    return torch.stack([(x @ y.transpose(-2, -1)) * (head + 1) for head in range(h)], dim=1)


class OtherEncoderBlock(nn.Module):
    def __init__(self, d, h, d_ff, pre_norm=True):
        super().__init__()
        self.h = h
        self.sign = 1.0 if pre_norm else -0.5
        self.wide = nn.Parameter(torch.ones(d, d_ff))
        self.back = nn.Parameter(torch.ones(d_ff, d))

    def forward(self, x, mask=None):
        table = products(x, x, self.h)
        table = table if mask is None else table * mask
        return x.roll(1, dims=1) + self.sign * torch.sin(x @ self.wide) @ self.back, table


class OtherDecoderBlock(nn.Module):
    def __init__(self, d, h, d_ff, pre_norm=True):
        super().__init__()
        self.h = h
        self.sign = 1.0 if pre_norm else -0.5
        self.wide = nn.Parameter(torch.ones(d, d_ff))
        self.back = nn.Parameter(torch.ones(d_ff, d))

    def forward(self, x, memory, self_mask=None, memory_mask=None):
        own, crossed = products(x, x, self.h), products(x, memory, self.h)
        own = own if self_mask is None else own * self_mask
        crossed = crossed if memory_mask is None else crossed * memory_mask
        heard = torch.sin(crossed.mean(dim=1)) @ memory
        return x.roll(1, dims=1) + self.sign * torch.sin(x @ self.wide) @ self.back + heard, own, crossed


OTHERS = {
    "patchify": other_patchify,
    "PatchEmbedding": OtherEmbedding,
    "FeedForward": OtherFeedForward,
    "EncoderBlock": OtherEncoderBlock,
    "DecoderBlock": OtherDecoderBlock,
}


@contextmanager
def standing_in(m, *names):
    """Stand-ins under these names, and modules of float64; both as before afterwards."""
    dtype = torch.get_default_dtype()
    before = {name: vars(m)[name] for name in names if name in vars(m)}
    try:
        vars(m).update({name: OTHERS[name] for name in names})
        torch.set_default_dtype(torch.float64)
        yield
    finally:
        torch.set_default_dtype(dtype)
        for name in names:
            del vars(m)[name]
        vars(m).update(before)


PARTS = {
    "PatchEmbedding": (),
    "FeedForward": (),
    "EncoderBlock": ("FeedForward",),
    "DecoderBlock": ("FeedForward",),
    "EncoderClassifier": ("patchify", "PatchEmbedding", "EncoderBlock"),
    "EncoderDecoderClassifier": ("patchify", "PatchEmbedding", "EncoderBlock", "DecoderBlock"),
}

# ------------------------------------------------------------------------------------------------ modules


def made(m, name, sizes, options):
    return getattr(m, name)(m.Config(**sizes)) if name.endswith("Classifier") else getattr(m, name)(*sizes, **options)


def load(module, parameters):
    """Give every parameter its numbers, and switch to evaluation; returns the names and shapes that the module has."""
    shapes = {name: list(parameter.shape) for name, parameter in module.named_parameters(remove_duplicate=False)}
    fitting = {name: torch.from_numpy(array) for name, array in parameters.items() if shapes.get(name) == list(array.shape)}
    module.load_state_dict(fitting, strict=False)
    module.eval()
    return shapes


def parameters_of(m, name, sizes, options):
    """Names and shapes."""
    with standing_in(m, *PARTS[name]):
        module = made(m, name, sizes, options)
        return {key: list(parameter.shape) for key, parameter in module.named_parameters(remove_duplicate=False)}


def forward(m, name, sizes, options, parameters, data, masks):
    """What a module gives in evaluation mode for some data."""
    with standing_in(m, *PARTS[name]):
        module = made(m, name, sizes, options)
        shapes = load(module, parameters)
        given = [*data, *masks.values()]
        before = [x.clone() for x in given]
        result = module(*data, **masks)
        return {"parameters": shapes, "result": result, "changed": not all(map(torch.equal, given, before))}


def twice(m, name, sizes, options, parameters, data):
    """The same module on the same data, and again."""
    with standing_in(m, *PARTS[name]):
        module = made(m, name, sizes, options)
        load(module, parameters)
        return [module(*data), module(*data)]


def of_several(m, name, sizes, options, parameters, several):
    """One module on several data, one after the other."""
    with standing_in(m, *PARTS[name]):
        module = made(m, name, sizes, options)
        load(module, parameters)
        return [module(*data) for data in several]


def gradients(m, name, sizes, options, parameters, data, direction):
    """The gradient of a weighted sum of the (first) result, at every parameter and at the data."""
    with standing_in(m, *PARTS[name]):
        module = made(m, name, sizes, options)
        load(module, parameters)
        data = [x.clone().requires_grad_() for x in data]
        result = module(*data)
        out = result if isinstance(result, torch.Tensor) else result[0]
        (out * direction).sum().backward()
        found = {key: parameter.grad for key, parameter in module.named_parameters(remove_duplicate=False)}
        return {"parameters": found, "data": [x.grad for x in data], "shape": list(out.shape)}


def causal(m, name, sizes, options, parameters, data, later, masks):
    """A block's output for x, and for an x that differs from the last vectors on."""
    with standing_in(m, *PARTS[name]):
        block = made(m, name, sizes, options)
        load(block, parameters)
        return {"x": block(*data, **masks)[0], "another future": block(later, *data[1:], **masks)[0]}


def logits(m, name, sizes, parameters, images, factor):
    """The logits, and those of a head whose weights and biases are multiplied by a factor."""
    with standing_in(m, *PARTS[name]):
        model = made(m, name, sizes, {})
        shapes = load(model, parameters)
        once = model(images)[0].detach().clone()
        load(model, {key: factor * array if key.startswith("head.") else array for key, array in parameters.items()})
        return {"parameters": shapes, "once": once, "multiplied": model(images)[0]}


# ------------------------------------------------------------------------------------------------ patchify


def patchify(m, images, p):
    before = images.clone()
    return {"patches": m.patchify(images, p), "changed": not torch.equal(images, before)}


def unpatchify(m, patches, p, C, H, W):
    before = patches.clone()
    return {"images": m.unpatchify(patches, p, C, H, W), "changed": not torch.equal(patches, before)}


def there_and_back(m, images, p):
    patches = m.patchify(images, p)
    return {"shape": list(patches.shape), "first": patches[0, 0].sort().values, "images": m.unpatchify(patches, p, *images.shape[1:])}


def indivisible(m, images, p, fitting):
    """A size of patches that does not divide the images, between two uses of one that does."""
    C, H, W = images.shape[1:]
    patches = m.patchify(images, fitting)
    refused = []
    for attempt in (
        lambda: m.patchify(images, p),
        lambda: m.unpatchify(torch.zeros(len(images), (H // p) * (W // p), C * p * p), p, C, H, W),
    ):
        try:
            refused.append(attempt())
        except Exception as error:
            refused.append(error)
    return {"patches": patches, "refused": refused, "images": m.unpatchify(patches, fitting, C, H, W)}


# ------------------------------------------------------------------------------------------------ train_and_evaluate


class Waves(nn.Module):
    """A small classifier that notes how it is asked. Its weights are a list or a dictionary, for nobody to use."""

    def __init__(self, parameters, weights):
        super().__init__()
        self.rate = nn.Parameter(torch.from_numpy(parameters["rate"].copy()))
        self.back = nn.Parameter(torch.from_numpy(parameters["back"].copy()))
        self.weights = [] if weights == "list" else {"encoder": []}
        self.noted = []
        self.devices = []

    def forward(self, images):
        self.devices.append(images.device.type)
        scores = torch.sin(images.flatten(1) @ self.rate) @ self.back
        self.noted.append((self.training, scores.requires_grad))
        return scores, self.weights

    def modes(self):
        """Whether it was ever asked in training mode or not, and with and without a record for autograd."""
        return {"training": {training for training, _ in self.noted}, "recorded": {recorded for _, recorded in self.noted}}

    def state(self):
        return {name: parameter.detach().clone() for name, parameter in self.named_parameters()}


class Once:
    """An iterable and nothing else: no length, no index."""

    def __init__(self, batches):
        self.batches = batches

    def __iter__(self):
        return iter(self.batches)


LOADERS = {"list": list, "tuple": tuple, "generator": lambda batches: (batch for batch in batches), "iterable": Once}


def batched(images, labels, sizes):
    return list(zip(images.split(sizes), labels.split(sizes), strict=True))


def train(m, parameters, images, labels, sizes, epochs=1, loader="list", stale=False, settings=None, weights="list"):
    """Some epochs. stale: the model comes with gradients that belong to nothing, and in evaluation mode."""
    with standing_in(m):
        return trained(m, Waves(parameters, weights), images, labels, sizes, epochs, loader, stale, settings)


def trained(m, model, images, labels, sizes, epochs, loader, stale, settings):
    optimizer = torch.optim.SGD(model.parameters(), **(settings or {"lr": 0.5}))
    before = images.clone(), labels.clone()
    losses = []
    for _ in range(epochs):
        if stale:
            model.eval()
            for parameter in model.parameters():
                parameter.grad = torch.full_like(parameter, 3.0)
        losses.append(m.train_epoch(model, LOADERS[loader](batched(images, labels, sizes)), optimizer, torch.device("cpu")))
    return {
        "losses": losses,
        "parameters": model.state(),
        "modes": model.modes(),
        "training": model.training,
        "changed": not (torch.equal(images, before[0]) and torch.equal(labels, before[1])),
    }


def evaluate(m, parameters, images, labels, sizes, training, loader="list", weights="list"):
    """Accuracy, and what the model was like meanwhile and is afterwards."""
    model = Waves(parameters, weights)
    model.train(training)
    model.rate.grad = torch.full_like(model.rate, 3.0)
    try:
        with standing_in(m):
            accuracy = m.evaluate(model, LOADERS[loader](batched(images, labels, sizes)), torch.device("cpu"))
        recording = torch.is_grad_enabled()
    finally:
        torch.set_grad_enabled(True)
    return {
        "accuracy": accuracy,
        "modes": model.modes(),
        "training": model.training,
        "recording": recording,
        "parameters": model.state(),
        "gradients": [model.rate.grad, model.back.grad],
    }


def where_images_are(m, what, parameters, images, labels, sizes):
    """Where a model on the device "meta" finds its first images: it holds no numbers, so whatever follows may fail.

    And whether what is answered on the CPU, for the same images, depends on the labels.
    """

    def asked(model, labels, device):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
        further = (optimizer, device) if what == "train_epoch" else (device,)
        return getattr(m, what)(model, batched(images, labels, sizes), *further)

    model = Waves(parameters, "list").to("meta")
    try:
        one, other = (asked(Waves(parameters, "list"), given, torch.device("cpu")) for given in (labels, labels.roll(1)))
        asked(model, labels, torch.device("meta"))
    except Exception:
        if not model.devices:
            raise
    finally:
        torch.set_grad_enabled(True)
    return {"devices": model.devices[:1], "depends": bool(abs(one - other) > 1e-9)}


# ------------------------------------------------------------------------------------------------ attention_rollout


def attention_rollout(m, weights):
    before = [layer.clone() for layer in weights]
    rollout = m.attention_rollout(weights)
    return {"rollout": rollout, "changed": len(weights) != len(before) or not all(map(torch.equal, weights, before))}


# ------------------------------------------------------------------------------------------------ greedy_decode


def scores_by_table(table):
    """The scores depend on the last token and on how many there are."""
    return lambda prefix: np.roll(table[prefix[-1] % len(table)], len(prefix))


def scores_by_turn(table):
    """One row of scores for each call."""
    rows = iter(table)
    return lambda prefix: np.array(next(rows))


SCORES = {"table": scores_by_table, "turn": scores_by_turn}


def greedy_decode(m, scores, table, start, stop, max_len, scribble=False):
    """The tokens, and what the step function was given each time. scribble: it writes into what it is given."""
    step = SCORES[scores](table)
    given = []

    def step_fn(prefix):
        integers = isinstance(prefix, np.ndarray) and prefix.dtype.kind in "iu"
        given.append({"integers": integers, "prefix": np.array(prefix)})
        said = step(np.array(prefix))
        if scribble:
            prefix[:] = 0
        return said

    return {"tokens": m.greedy_decode(step_fn, start, stop, max_len), "given": given}
