"""Questions about `transformer`. All that a submission ever sees of its hidden tests."""

from contextlib import contextmanager
from typing import ClassVar

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
    """Give whatever has these names its numbers, 0 where it has another shape, and switch to evaluation."""
    there = module.state_dict()
    fitting = {name: torch.from_numpy(array) for name, array in parameters.items() if name in there}
    module.load_state_dict(
        {name: x if x.shape == there[name].shape else torch.zeros_like(there[name]) for name, x in fitting.items()}, strict=False
    )
    module.eval()


def parameters_of(m, name, sizes, options):
    """Names and shapes."""
    with standing_in(m, *PARTS[name]):
        module = made(m, name, sizes, options)
        return {key: list(parameter.shape) for key, parameter in module.named_parameters(remove_duplicate=False)}


def forward(m, name, sizes, options, parameters, data, masks):
    """What a module gives in evaluation mode for some data."""
    with standing_in(m, *PARTS[name]):
        module = made(m, name, sizes, options)
        load(module, parameters)
        given = [*data, *masks.values()]
        before = [x.clone() for x in given]
        result = module(*data, **masks)
        return {"result": result, "changed": not all(map(torch.equal, given, before))}


def part_of(m, name, sizes, parameters, images, place):
    """The logits of a classifier, or the weights."""
    with standing_in(m, *PARTS[name]):
        model = made(m, name, sizes, {})
        load(model, parameters)
        before = images.clone()
        result = model(images)
        return {"result": result[place], "parts": len(result), "changed": not torch.equal(images, before)}


def as_it_is(result):
    """A result whose lists and dictionaries no later call can add to."""
    if isinstance(result, list | tuple):
        return [as_it_is(part) for part in result]
    return {key: as_it_is(part) for key, part in result.items()} if isinstance(result, dict) else result


def again(m, name, sizes, options, parameters, others, first, second):
    """One module on two data of the same shape, on the first once more, in training mode, and with other parameters."""
    with standing_in(m, *PARTS[name]):
        module = made(m, name, sizes, options)
        load(module, parameters)
        found = {"first": as_it_is(module(*first)), "second": as_it_is(module(*second)), "first again": as_it_is(module(*first))}
        found["in training"] = as_it_is(module.train()(*first))
        load(module, others)
        return found | {"others": module(*first)}


def of_several(m, name, sizes, options, parameters, data):
    """What a module gives for one datum after the other."""
    with standing_in(m, *PARTS[name]):
        module = made(m, name, sizes, options)
        load(module, parameters)
        return [module(x) for x in data]


STEP = 1e-6


def learns(m, name, sizes, options, parameters, directions, data, along, weights):
    """How a weighted sum of the (first) result changes when parameters and data move along directions.

    By their gradients, and by a difference; and the names of those that no gradient reaches.
    """
    with standing_in(m, *PARTS[name]):
        module = made(m, name, sizes, options)
        load(module, parameters)
        data = [x.clone().requires_grad_() for x in data]
        movable = dict(module.named_parameters(remove_duplicate=False))
        movable = {key: movable[key] for key, v in directions.items() if key in movable and movable[key].shape == v.shape}
        moves = [(x, torch.from_numpy(directions[key])) for key, x in movable.items()] + list(zip(data, along, strict=True))

        def total():
            result = module(*data)
            out = result if isinstance(result, torch.Tensor) else result[0]
            return (out * weights).sum() if out.shape == weights.shape else None

        def moved(by):
            for x, direction in moves:
                x.add_(by * direction)
            return total()

        value = total()
        if value is None:
            return {"of the right shape": False}
        if value.requires_grad:
            value.backward()
        gradients = {**{key: x.grad for key, x in movable.items()}, **{f"input {i}": x.grad for i, x in enumerate(data)}}
        reached = {key for key, gradient in gradients.items() if gradient is not None and gradient.abs().max() > 1e-9}
        by_gradients = sum((x.grad * direction).sum() for x, direction in moves if x.grad is not None)
        with torch.no_grad():
            ahead, behind = moved(STEP), moved(-2 * STEP)
        return {
            "of the right shape": True,
            "by gradients": by_gradients,
            "by a difference": (ahead - behind) / (2 * STEP),
            "not reached": sorted({*directions, *gradients} - reached),
        }


def dropped(m, sizes, parameters, x):
    """Feed-forward networks that drop nothing, which is the default, half, or everything, in training and in evaluation."""
    with standing_in(m):
        found = {}
        for dropout in (0.0, 0.5, 1.0):
            module = m.FeedForward(*sizes, **({"dropout": dropout} if dropout else {}))
            load(module, parameters)
            found[f"evaluated at {dropout}"] = module(x)
            if dropout != 0.5:
                found[f"trained at {dropout}"] = module.train()(x)
        return found


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
        load(model, parameters)
        once = model(images)[0].detach().clone()
        load(model, {key: factor * array if key.startswith("head.") else array for key, array in parameters.items()})
        return {"once": once, "multiplied": model(images)[0]}


def queries_at_first(m, sizes):
    """The queries of a new model."""
    with standing_in(m, *PARTS["EncoderDecoderClassifier"]):
        return [made(m, "EncoderDecoderClassifier", sizes, {}).queries for _ in range(2)]


# ------------------------------------------------------------------------------------------------ patchify


def patchify(m, several, p):
    """The patches of several images, one call after the other."""
    before = [images.clone() for images in several]
    patches = [m.patchify(images, p) for images in several]
    return {"patches": patches, "changed": not all(map(torch.equal, several, before))}


def unpatchify(m, several, p, C, H, W):
    before = [patches.clone() for patches in several]
    images = [m.unpatchify(patches, p, C, H, W) for patches in several]
    return {"images": images, "changed": not all(map(torch.equal, several, before))}


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


class Meeting(torch.Tensor):
    """Scores that note on which devices those tensors are that they are computed with; an index may lie anywhere."""

    MET: ClassVar = []

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        if function is not torch.Tensor.__getitem__:
            tensors = [x for x in (*args, *(kwargs or {}).values()) if isinstance(x, torch.Tensor) and not isinstance(x, Meeting)]
            cls.MET += [x.device.type for x in tensors if x.dim()]
        return super().__torch_function__(function, types, args, kwargs or {})


class Waves(nn.Module):
    """A small classifier that notes how it is asked. Its weights are a list or a dictionary, for nobody to use."""

    def __init__(self, parameters, weights, kind=torch.Tensor):
        super().__init__()
        self.kind = kind
        self.rate = nn.Parameter(torch.from_numpy(parameters["rate"].copy()))
        self.back = nn.Parameter(torch.from_numpy(parameters["back"].copy()))
        self.weights = [] if weights == "list" else {"encoder": []}
        self.noted = []
        self.devices = []

    def forward(self, images):
        self.devices.append(images.device.type)
        scores = torch.sin(images.flatten(1) @ self.rate) @ self.back
        self.noted.append((self.training, scores.requires_grad))
        return scores if self.kind is torch.Tensor else scores.as_subclass(self.kind), self.weights

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


def where_batches_are(m, what, parameters, images, labels, sizes):
    """Where a model on the device "meta" finds its first images, and what its scores are computed with that lies elsewhere.

    The device holds no numbers, so whatever follows may fail. And whether what is answered on the CPU depends on the labels.
    """

    def asked(model, labels, device):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
        further = (optimizer, device) if what == "train_epoch" else (device,)
        return getattr(m, what)(model, batched(images, labels, sizes), *further)

    Meeting.MET.clear()
    model = Waves(parameters, "list", Meeting).to("meta")
    try:
        all_alike = [torch.full_like(labels, label) for label in range(len(parameters["back"][0]))]
        answers = [asked(Waves(parameters, "list"), given, torch.device("cpu")) for given in all_alike]
        asked(model, labels, torch.device("meta"))
    except Exception:
        if not model.devices:
            raise
    finally:
        torch.set_grad_enabled(True)
    return {
        "images": model.devices[:1],
        "elsewhere": sorted({*Meeting.MET} - {"meta"}),
        "depends": bool(max(answers) - min(answers) > 1e-9),
    }


# ------------------------------------------------------------------------------------------------ attention_rollout


def attention_rollout(m, several):
    """The rollouts of several lists of weights, one call after the other."""
    before = [[layer.clone() for layer in weights] for weights in several]
    rollouts = [m.attention_rollout(weights) for weights in several]
    same = [len(weights) == len(kept) and all(map(torch.equal, weights, kept)) for weights, kept in zip(several, before, strict=True)]
    return {"rollouts": rollouts, "changed": not all(same)}


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
