"""Judgements about `transformer`. Never leaves the trusted process."""

import numpy as np
import pytest
import torch

from autograder.testing import exercise, raised, same_as

from . import transformer_probes as probes

GRADIENT = 1e-7
TRAINED = 1e-6  # losses and accuracies may have been added up in single precision


def numbers(seed, *shape):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape))


def drawn(seed, shapes):
    """Other numbers for every parameter."""
    rng = np.random.default_rng(seed)
    return {name: rng.normal(0.0, 0.6, size=shape) for name, shape in shapes.items()}


# Names and shapes of the parameters, where parts are stand-ins.


def linear(name, inputs, outputs):
    return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}


def norm(name, d):
    return {f"{name}.weight": (d,), f"{name}.bias": (d,)}


def attention(name, d):
    return {key: shape for part in "q k v out".split() for key, shape in linear(f"{name}.{part}_proj", d, d).items()}


def stand_in(name, d, d_ff):
    return {f"{name}.wide": (d, d_ff), f"{name}.back": (d_ff, d)}


def of_patch_embedding(n_patches, patch_dim, d):
    return {**linear("projection", patch_dim, d), "positions": (n_patches, d)}


def of_feed_forward(d, d_ff):
    return {**linear("linear1", d, d_ff), **linear("linear2", d_ff, d)}


def of_encoder_block(d, h, d_ff):
    return {**attention("attention", d), **stand_in("feed_forward", d, d_ff), **norm("norm1", d), **norm("norm2", d)}


def of_decoder_block(d, h, d_ff):
    norms = {**norm("norm1", d), **norm("norm2", d), **norm("norm3", d)}
    return {**attention("self_attention", d), **attention("cross_attention", d), **stand_in("feed_forward", d, d_ff), **norms}


def of_embedding(config):
    p = config["patch_size"]
    return {
        "embedding.rate": (config["channels"] * p * p, config["d"]),
        "embedding.place": ((config["image_size"] // p) ** 2, config["d"]),
    }


def of_stack(name, config):
    return {key: shape for i in range(config["layers"]) for key, shape in stand_in(f"{name}.{i}", config["d"], config["d_ff"]).items()}


def of_norm(name, config):
    return norm(name, config["d"]) if config.get("pre_norm", True) else {}


def of_encoder_classifier(config):
    head = linear("head", config["d"], config.get("classes", 10))
    return {**of_embedding(config), **of_stack("blocks", config), **of_norm("norm", config), **head}


def of_encoder_decoder_classifier(config):
    norms = {**of_norm("encoder_norm", config), **of_norm("decoder_norm", config)}
    queries = {"queries": (config.get("classes", 10), config["d"])}
    stacks = {**of_stack("encoder", config), **of_stack("decoder", config)}
    return {**of_embedding(config), **stacks, **norms, **queries, **linear("head", config["d"], 1)}


SMALL = {"channels": 2, "image_size": 6, "patch_size": 2, "d": 5, "h": 3, "d_ff": 7, "layers": 2}
CONFIGS = [
    SMALL,
    {**SMALL, "layers": 3, "classes": 4, "pre_norm": False},
    {"channels": 1, "image_size": 4, "patch_size": 4, "d": 3, "h": 1, "d_ff": 2, "layers": 1, "classes": 1},
    {"channels": 3, "image_size": 6, "patch_size": 3, "d": 2, "h": 2, "d_ff": 6, "layers": 4, "classes": 6, "pre_norm": True},
]


def images_for(seed, batch, config):
    return numbers(seed, batch, config["channels"], config["image_size"], config["image_size"])


# ------------------------------------------------------------------------------------------------ patchify


@exercise("patchify", weight=2)
@pytest.mark.parametrize(
    ("shape", "p"), [((2, 3, 4, 6), 2), ((1, 1, 6, 3), 3), ((3, 2, 6, 12), 3), ((2, 1, 5, 5), 5), ((1, 4, 2, 3), 1), ((1, 1, 1, 1), 1)]
)
def test_patches_in_row_major_order(ask, shape, p):
    """Patches come row by row, and each holds its numbers in the order channel, row, column."""
    ask.same(probes.patchify, numbers(1, *shape), p)


@exercise("patchify", weight=2)
@pytest.mark.parametrize(
    ("batch", "p", "C", "H", "W"), [(2, 2, 3, 4, 6), (1, 3, 1, 6, 3), (3, 3, 2, 6, 12), (2, 5, 1, 5, 5), (1, 1, 4, 2, 3)]
)
def test_images_from_patches(ask, batch, p, C, H, W):
    """unpatchify puts every number of every patch back where patchify takes it from."""
    ask.same(probes.unpatchify, numbers(2, batch, (H // p) * (W // p), C * p * p), p, C, H, W)


def first_square(images, p):
    """Its numbers in order of size."""
    return np.sort(images.numpy()[0, :, :p, :p], axis=None)


@exercise("patchify")
@pytest.mark.parametrize(("shape", "p"), [((2, 3, 4, 8), 2), ((1, 2, 9, 6), 3)])
def test_there_and_back(ask, shape, p):
    """unpatchify(patchify(images)) gives the images, and the patches between, of the shape [B, N, C·p·p], are squares of them."""
    images = numbers(3, *shape)
    B, C, H, W = shape
    shape = [B, (H // p) * (W // p), C * p * p]
    expected = {"shape": shape, "first": same_as(first_square(images, p)), "images": same_as(images.numpy())}
    assert ask(probes.there_and_back, images, p) == expected


@exercise("patchify")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_kind_of_numbers_stays(ask, dtype):
    """Patches have the dtype of the images, and the images that of the patches."""
    ask.same(probes.patchify, numbers(4, 2, 1, 4, 6).to(dtype), 2, dtype=True)
    ask.same(probes.unpatchify, numbers(4, 2, 6, 4).to(dtype), 2, 1, 4, 6, dtype=True)


@exercise("patchify")
@pytest.mark.parametrize(("H", "W", "p", "fitting"), [(4, 6, 4, 2), (6, 4, 4, 2), (9, 6, 2, 3), (3, 6, 6, 1)])
def test_patches_that_do_not_fit(ask, H, W, p, fitting):
    """A height or a width that p does not divide raises ValueError in both functions; what fits gives squares, and the images again."""
    images = numbers(5, 2, 3, H, W)
    N = (H // fitting) * (W // fitting)
    found = ask(probes.indivisible, images, p, fitting)
    assert found == {"patches": found["patches"], "refused": [raised(ValueError)] * 2, "images": same_as(images.numpy())}
    assert np.shape(found["patches"]) == (2, N, 3 * fitting**2)
    assert np.sort(found["patches"][0, 0]) == same_as(first_square(images, fitting))


# ------------------------------------------------------------------------------------------------ patch_embedding

EMBEDDINGS = [(6, 4, 3), (1, 5, 2), (4, 1, 7), (3, 2, 1)]


def follows_its_parameters(ask, name, sizes, options, shapes, *data):
    """What a module gives is finite, and other numbers with other parameters."""
    asked = (ask(probes.forward, name, sizes, options, drawn(seed, shapes), list(data), {})["result"] for seed in (1, 2))
    one, other = (np.asarray(result[0] if isinstance(result, list | tuple) else result) for result in asked)
    assert np.isfinite(one).all()
    assert np.abs(other - one).max() > 1e-3


@exercise("patch_embedding")
@pytest.mark.parametrize("sizes", EMBEDDINGS)
def test_parameters_of_patch_embedding(ask, sizes):
    """The parameters are projection.weight [d, patch_dim], projection.bias [d], positions [n_patches, d] and no others, and they count."""
    ask.same(probes.parameters_of, "PatchEmbedding", sizes, {})
    follows_its_parameters(ask, "PatchEmbedding", sizes, {}, of_patch_embedding(*sizes), numbers(19, 2, *sizes[:2]))


@exercise("patch_embedding", weight=2)
@pytest.mark.parametrize(
    ("sizes", "batch"), [(EMBEDDINGS[0], 2), (EMBEDDINGS[0], 1), (EMBEDDINGS[1], 3), (EMBEDDINGS[2], 5), (EMBEDDINGS[3], 1)]
)
def test_patch_embedding(ask, sizes, batch):
    """Each patch becomes its projection plus the vector of its position, whatever the number of images."""
    n_patches, patch_dim, _ = sizes
    parameters = drawn(10 + batch, of_patch_embedding(*sizes))
    ask.same(probes.forward, "PatchEmbedding", sizes, {}, parameters, [numbers(11, batch, n_patches, patch_dim)], {})


@exercise("patch_embedding")
@pytest.mark.parametrize("sizes", EMBEDDINGS[:2])
def test_gradients_of_patch_embedding(ask, sizes):
    """Projection and positions are both learnt: the gradient reaches every parameter, and the patches."""
    n_patches, patch_dim, d = sizes
    data, direction = [numbers(12, 4, n_patches, patch_dim)], numbers(13, 4, n_patches, d)
    ask.same(probes.gradients, "PatchEmbedding", sizes, {}, drawn(14, of_patch_embedding(*sizes)), data, direction, rtol=GRADIENT)


# ------------------------------------------------------------------------------------------------ feed_forward


@exercise("feed_forward")
@pytest.mark.parametrize("shape", [(2, 5, 3), (1, 1, 3), (3,), (4, 3), (2, 1, 6, 3)])
def test_feed_forward(ask, shape):
    """Every vector becomes linear2(relu(linear1(x))), whatever axes come before the last."""
    for seed, d_ff in ((20, 7), (21, 1), (22, 2)):
        ask.same(probes.forward, "FeedForward", (3, d_ff), {}, drawn(seed, of_feed_forward(3, d_ff)), [numbers(seed, *shape)], {})


@exercise("feed_forward")
@pytest.mark.parametrize("dropout", [0.0, 0.3, 0.9])
def test_no_dropout_in_evaluation(ask, dropout):
    """In evaluation mode dropout does nothing, whatever its probability: the result is that without dropout, and the same each time."""
    ask.same(probes.twice, "FeedForward", (4, 9), {"dropout": dropout}, drawn(23, of_feed_forward(4, 9)), [numbers(24, 2, 3, 4)])


@exercise("feed_forward")
@pytest.mark.parametrize(("d", "d_ff"), [(3, 8), (1, 5), (6, 2)])
def test_gradients_of_feed_forward(ask, d, d_ff):
    """The gradient reaches every parameter, and x; where relu is 0, nothing goes back."""
    data, direction = [numbers(25, 2, 4, d)], numbers(26, 2, 4, d)
    ask.same(probes.gradients, "FeedForward", (d, d_ff), {}, drawn(27, of_feed_forward(d, d_ff)), data, direction, rtol=GRADIENT)


# ------------------------------------------------------------------------------------------------ encoder_block

BLOCKS = [(6, 2, 9), (4, 4, 3), (6, 3, 1), (3, 1, 5)]
OPTIONS = [{}, {"pre_norm": True}, {"pre_norm": False}]


@exercise("encoder_block")
@pytest.mark.parametrize(("sizes", "options"), [(BLOCKS[0], OPTIONS[1]), (BLOCKS[1], OPTIONS[2]), (BLOCKS[2], OPTIONS[0])])
def test_parameters_of_encoder_block(ask, sizes, options):
    """The block has the parameters of attention, feed_forward, norm1 and norm2, no others, and its output depends on them."""
    ask.same(probes.parameters_of, "EncoderBlock", sizes, options)
    follows_its_parameters(ask, "EncoderBlock", sizes, options, of_encoder_block(*sizes), numbers(29, 2, 3, sizes[0]))


@exercise("encoder_block", weight=2)
@pytest.mark.parametrize(("sizes", "batch", "n"), [(BLOCKS[0], 2, 5), (BLOCKS[1], 3, 4), (BLOCKS[2], 1, 1), (BLOCKS[3], 1, 2)])
def test_encoder_block_with_pre_norm(ask, sizes, batch, n):
    """Pre-norm, which is the default, is x + f(norm(x)) for the attention, and again for the feed-forward network."""
    parameters = drawn(30 + n, of_encoder_block(*sizes))
    for options in OPTIONS[: 2 if n == 5 else 1]:
        ask.same(probes.forward, "EncoderBlock", sizes, options, parameters, [numbers(31, batch, n, sizes[0])], {})


@exercise("encoder_block", weight=2)
@pytest.mark.parametrize(("sizes", "batch", "n"), [(BLOCKS[0], 2, 5), (BLOCKS[1], 3, 4), (BLOCKS[2], 1, 1), (BLOCKS[3], 1, 2)])
def test_encoder_block_with_post_norm(ask, sizes, batch, n):
    """Post-norm is norm(x + f(x)) for the attention, and again for the feed-forward network."""
    parameters = drawn(32 + n, of_encoder_block(*sizes))
    ask.same(probes.forward, "EncoderBlock", sizes, OPTIONS[2], parameters, [numbers(33, batch, n, sizes[0])], {})


def may_attend(seed, *shape):
    """A mask in which every row may attend to something: True in the first column, and here and there."""
    mask = np.random.default_rng(seed).random(shape) < 0.4
    mask[..., 0] = True
    return torch.from_numpy(mask)


@exercise("encoder_block")
@pytest.mark.parametrize("options", OPTIONS[1:])
@pytest.mark.parametrize("shape", [(5, 5), (2, 1, 1, 5), (2, 3, 5, 5)])
def test_encoder_block_with_a_mask(ask, options, shape):
    """A mask reaches the attention, True meaning may attend, of any shape that broadcasts to [B, h, N, N]."""
    parameters = drawn(34, of_encoder_block(6, 3, 4))
    ask.same(probes.forward, "EncoderBlock", (6, 3, 4), options, parameters, [numbers(35, 2, 5, 6)], {"mask": may_attend(36, *shape)})


@exercise("encoder_block", weight=2)
@pytest.mark.parametrize("options", OPTIONS[1:])
def test_gradients_of_encoder_block(ask, options):
    """The gradient reaches every parameter of the block, and x by the residual connections too."""
    data, direction = [numbers(37, 2, 4, 6)], numbers(38, 2, 4, 6)
    ask.same(probes.gradients, "EncoderBlock", (6, 2, 5), options, drawn(39, of_encoder_block(6, 2, 5)), data, direction, rtol=GRADIENT)


# ------------------------------------------------------------------------------------------------ encoder_classifier


@exercise("encoder_classifier")
@pytest.mark.parametrize("config", CONFIGS)
def test_parameters_of_encoder_classifier(ask, config):
    """The model knows all parameters and depends on them: embedding, blocks.0, blocks.1, …, norm (pre-norm only) and head."""
    ask.same(probes.parameters_of, "EncoderClassifier", config, {})
    follows_its_parameters(ask, "EncoderClassifier", config, {}, of_encoder_classifier(config), images_for(39, 2, config))


@exercise("encoder_classifier", weight=3)
@pytest.mark.parametrize(("config", "batch"), [(CONFIGS[0], 3), (CONFIGS[0], 1), (CONFIGS[1], 2), (CONFIGS[2], 2), (CONFIGS[3], 1)])
def test_encoder_classifier(ask, config, batch):
    """Patches, embedding, every block in order, norm of each patch, mean over the patches, head; and the weights of each block."""
    parameters = drawn(40 + batch, of_encoder_classifier(config))
    ask.same(probes.forward, "EncoderClassifier", config, {}, parameters, [images_for(41, batch, config)], {})


@exercise("encoder_classifier")
@pytest.mark.parametrize("config", CONFIGS[:2])
def test_encoder_classifier_gives_logits(ask, config):
    """The model gives logits, not probabilities: a head that is three times as large gives three times the logits."""
    found = ask(probes.logits, "EncoderClassifier", config, drawn(42, of_encoder_classifier(config)), images_for(43, 3, config), 3.0)
    assert np.shape(found["once"]) == (3, config.get("classes", 10))
    assert np.ptp(found["once"]) > 0
    assert found["multiplied"] == same_as(3.0 * found["once"])


@exercise("encoder_classifier", weight=2)
@pytest.mark.parametrize("config", CONFIGS[:2])
def test_encoder_classifier_learns_everywhere(ask, config):
    """The gradient reaches every parameter, down to the embedding."""
    parameters, classes = drawn(44, of_encoder_classifier(config)), config.get("classes", 10)
    data, direction = [images_for(45, 2, config)], numbers(46, 2, classes)
    ask.same(probes.gradients, "EncoderClassifier", config, {}, parameters, data, direction, rtol=GRADIENT)


@exercise("encoder_classifier")
@pytest.mark.parametrize("config", CONFIGS[1:2])
def test_encoder_classifier_keeps_nothing(ask, config):
    """In evaluation mode the same images give the same logits and the same weights each time, whatever was asked before."""
    parameters = drawn(47, of_encoder_classifier(config))
    first, second = [images_for(48, 2, config)], [images_for(49, 3, config)]
    ask.same(probes.of_several, "EncoderClassifier", config, {}, parameters, [first, second, first])


# ------------------------------------------------------------------------------------------------ train_and_evaluate


def samples(seed, count, classes):
    """Images and labels for the small classifier of the probes."""
    labels = torch.from_numpy(np.random.default_rng(seed).integers(0, classes, size=count))
    return numbers(seed, count, 1, 2, 3), labels


def waves(seed, classes, hidden=4):
    return drawn(seed, {"rate": (6, hidden), "back": (hidden, classes)})


@exercise("train_and_evaluate", weight=2)
@pytest.mark.parametrize(("seed", "sizes", "classes"), [(50, [5], 4), (51, [3, 3, 3], 2), (52, [1, 1], 5)])
def test_train_epoch(ask, seed, sizes, classes):
    """Each batch gives one step against the gradient of its cross-entropy; the batches before it have left no gradients behind."""
    for settings in ({"lr": 0.5}, {"lr": 0.1, "momentum": 0.9}):
        asked = [waves(seed, classes), *samples(seed, sum(sizes), classes), sizes, 2, "list", False, settings]
        ask.same(probes.train, *asked, rtol=TRAINED)


@exercise("train_and_evaluate")
@pytest.mark.parametrize("sizes", [[4, 4, 1], [2, 7], [1, 5]])
def test_mean_loss_per_sample(ask, sizes):
    """The loss is the mean over the samples: a short batch weighs less than a full one."""
    ask.same(probes.train, waves(53, 3), *samples(54, sum(sizes), 3), sizes, rtol=TRAINED)


@exercise("train_and_evaluate")
@pytest.mark.parametrize("sizes", [[4], [3, 2]])
def test_gradients_from_before(ask, sizes):
    """train_epoch switches to training mode, and gradients that the model had before the call play no part."""
    ask.same(probes.train, waves(55, 3), *samples(56, sum(sizes), 3), sizes, 2, "list", True, rtol=TRAINED)


@exercise("train_and_evaluate")
@pytest.mark.parametrize("loader", ["tuple", "generator", "iterable"])
def test_any_iterable_of_batches(ask, loader):
    """Batches may come from anything that a for loop can go through once, and the model's weights may be a list or a dictionary."""
    ask.same(probes.train, waves(57, 3), *samples(58, 7, 3), [3, 3, 1], 1, loader, False, None, "dict", rtol=TRAINED)
    ask.same(probes.evaluate, waves(57, 3), *samples(58, 7, 3), [3, 3, 1], True, loader, "dict", rtol=TRAINED)


@exercise("train_and_evaluate", weight=2)
@pytest.mark.parametrize(("seed", "sizes", "classes"), [(60, [6], 2), (61, [5, 5, 1], 2), (62, [1, 8], 3), (63, [9], 3), (64, [2, 6], 2)])
def test_accuracy(ask, seed, sizes, classes):
    """The accuracy is the share of all samples whose largest logit is that of the label, however they are split into batches."""
    images, labels = samples(seed, sum(sizes), classes)
    ask.same(probes.evaluate, waves(seed, classes), images, labels, sizes, False, rtol=TRAINED)


@exercise("train_and_evaluate")
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("sizes", [[4], [3, 3]])
def test_evaluation_leaves_no_trace(ask, training, sizes):
    """evaluate asks the model in evaluation mode and without recording, and leaves its mode, parameters and gradients as they were."""
    ask.same(probes.evaluate, waves(65, 2), *samples(66, sum(sizes), 2), sizes, training, rtol=TRAINED)


@exercise("train_and_evaluate")
@pytest.mark.parametrize("what", ["train_epoch", "evaluate"])
def test_batches_go_to_the_device(ask, what):
    """The images of a batch are moved to the device before the model gets them; what is answered depends on the labels."""
    assert ask(probes.where_images_are, what, waves(67, 3), *samples(68, 4, 3), [4]) == {"devices": ["meta"], "depends": True}


# ------------------------------------------------------------------------------------------------ attention_rollout


def attentions(seed, layers, batch, heads, n):
    """Rows of positive weights that sum to 1, quite uneven."""
    raw = np.random.default_rng(seed).exponential(size=(layers, batch, heads, n, n)) ** 2
    return [torch.from_numpy(layer) for layer in raw / raw.sum(axis=-1, keepdims=True)]


@exercise("attention_rollout")
@pytest.mark.parametrize(("batch", "heads", "n"), [(1, 1, 3), (2, 3, 5), (3, 2, 1), (1, 4, 2)])
def test_one_layer(ask, batch, heads, n):
    """One layer's rollout is half the mean of its heads plus half the identity, for each image."""
    ask.same(probes.attention_rollout, attentions(70, 1, batch, heads, n))


@exercise("attention_rollout", weight=2)
@pytest.mark.parametrize(("layers", "batch", "heads", "n"), [(2, 1, 1, 3), (2, 2, 3, 4), (3, 3, 2, 5), (5, 1, 2, 2)])
def test_layers_in_order(ask, layers, batch, heads, n):
    """The last layer stands on the left of the product, the first on the right, and every layer has its identity."""
    ask.same(probes.attention_rollout, attentions(71 + layers, layers, batch, heads, n))


@exercise("attention_rollout")
@pytest.mark.parametrize("heads", [(1, 3), (4, 2, 1)])
def test_layers_of_their_own_size(ask, heads):
    """Layers may differ in their number of heads, and the rollout has the dtype of the weights."""
    ask.same(probes.attention_rollout, [attentions(78 + h, 1, 2, h, 3)[0] for h in heads], dtype=True)
    halves = [torch.full((2, 2**i, 2, 2), 0.5, dtype=torch.float32) for i in range(len(heads))]
    ask.same(probes.attention_rollout, halves, dtype=True)


@exercise("attention_rollout")
@pytest.mark.parametrize(("layers", "batch", "heads", "n"), [(1, 2, 2, 4), (4, 1, 3, 5)])
def test_rollout_shares_out_one(ask, layers, batch, heads, n):
    """Every row of the rollout sums to 1, of which a patch keeps half for itself in each layer; attention to itself gives the identity."""
    rows = ask(probes.attention_rollout, attentions(77, layers, batch, heads, n))["rollout"]
    assert np.shape(rows) == (batch, n, n)
    assert np.sum(rows, axis=-1) == same_as(np.ones((batch, n)))
    assert np.diagonal(rows, axis1=1, axis2=2).min() > 0.5**layers - 1e-9
    still = [torch.eye(n, dtype=torch.float64).expand(batch, heads, n, n).contiguous()] * layers
    assert ask(probes.attention_rollout, still)["rollout"] == same_as(np.stack([np.eye(n)] * batch))


# ------------------------------------------------------------------------------------------------ decoder_block


@exercise("decoder_block")
@pytest.mark.parametrize(("sizes", "options"), [(BLOCKS[0], OPTIONS[1]), (BLOCKS[1], OPTIONS[2]), (BLOCKS[2], OPTIONS[0])])
def test_parameters_of_decoder_block(ask, sizes, options):
    """The block has the parameters of self_attention, cross_attention, feed_forward and norm1 to norm3, no others, and depends on them."""
    ask.same(probes.parameters_of, "DecoderBlock", sizes, options)
    data = numbers(78, 2, 3, sizes[0]), numbers(79, 2, 4, sizes[0])
    follows_its_parameters(ask, "DecoderBlock", sizes, options, of_decoder_block(*sizes), *data)


@exercise("decoder_block", weight=2)
@pytest.mark.parametrize(
    ("sizes", "batch", "n", "m"), [(BLOCKS[0], 2, 3, 5), (BLOCKS[1], 3, 5, 5), (BLOCKS[2], 1, 1, 2), (BLOCKS[3], 1, 2, 1)]
)
def test_decoder_block_with_pre_norm(ask, sizes, batch, n, m):
    """Pre-norm, the default, is x + f(norm(x)) for each of the three steps; attention, norm and residual of each step are its own."""
    data = [numbers(80, batch, n, sizes[0]), numbers(81, batch, m, sizes[0])]
    for options in OPTIONS[: 2 if m == 5 else 1]:
        ask.same(probes.forward, "DecoderBlock", sizes, options, drawn(82 + n, of_decoder_block(*sizes)), data, {})


@exercise("decoder_block", weight=2)
@pytest.mark.parametrize(
    ("sizes", "batch", "n", "m"), [(BLOCKS[0], 2, 3, 5), (BLOCKS[1], 3, 5, 5), (BLOCKS[2], 1, 1, 2), (BLOCKS[3], 1, 2, 1)]
)
def test_decoder_block_with_post_norm(ask, sizes, batch, n, m):
    """Post-norm is norm(x + f(x)) for each of the three steps; the memory is not normalised."""
    data = [numbers(83, batch, n, sizes[0]), numbers(84, batch, m, sizes[0])]
    ask.same(probes.forward, "DecoderBlock", sizes, OPTIONS[2], drawn(85 + n, of_decoder_block(*sizes)), data, {})


@exercise("decoder_block")
@pytest.mark.parametrize("options", OPTIONS[1:])
def test_decoder_block_with_masks(ask, options):
    """self_mask reaches the self-attention and memory_mask the cross-attention, each without the other too."""
    data = [numbers(86, 2, 4, 6), numbers(87, 2, 5, 6)]
    masks = {"self_mask": may_attend(88, 4, 4), "memory_mask": may_attend(89, 2, 1, 1, 5)}
    for chosen in (masks, {"self_mask": masks["self_mask"]}, {"memory_mask": masks["memory_mask"]})[: 1 if options["pre_norm"] else 3]:
        ask.same(probes.forward, "DecoderBlock", (6, 3, 4), options, drawn(90, of_decoder_block(6, 3, 4)), data, chosen)


@exercise("decoder_block")
@pytest.mark.parametrize("options", OPTIONS[1:])
def test_decoder_block_never_looks_ahead(ask, options):
    """Under a causal mask, a change of later vectors leaves the first outputs as they are, and one of the first reaches all outputs."""
    x, memory = numbers(91, 2, 5, 6), numbers(92, 2, 3, 6)
    later = torch.cat([x[:, :3], numbers(93, 2, 2, 6)], dim=1)
    mask = torch.ones(5, 5, dtype=torch.bool).tril()
    parameters = drawn(94, of_decoder_block(6, 2, 4))
    found = ask(probes.causal, "DecoderBlock", (6, 2, 4), options, parameters, [x, memory], later, {"self_mask": mask})
    assert np.shape(found["x"]) == np.shape(found["another future"]) == (2, 5, 6)
    assert found["another future"][:, :3] == same_as(found["x"][:, :3])
    assert np.abs(found["another future"][:, 3:] - found["x"][:, 3:]).max() > 1e-6
    earlier = torch.cat([numbers(99, 2, 1, 6), x[:, 1:]], dim=1)
    past = ask(probes.causal, "DecoderBlock", (6, 2, 4), options, parameters, [x, memory], earlier, {"self_mask": mask})
    assert np.abs(past["another future"] - past["x"]).max(axis=-1).min() > 1e-6


@exercise("decoder_block", weight=2)
@pytest.mark.parametrize("options", OPTIONS[1:])
def test_gradients_of_decoder_block(ask, options):
    """The gradient reaches every parameter of the block, x, and the memory."""
    data, direction = [numbers(95, 2, 4, 6), numbers(96, 2, 3, 6)], numbers(97, 2, 4, 6)
    ask.same(probes.gradients, "DecoderBlock", (6, 2, 5), options, drawn(98, of_decoder_block(6, 2, 5)), data, direction, rtol=GRADIENT)


# ------------------------------------------------------------------------------------------------ encoder_decoder_classifier


@exercise("encoder_decoder_classifier")
@pytest.mark.parametrize("config", CONFIGS)
def test_parameters_of_encoder_decoder_classifier(ask, config):
    """The model knows all parameters and depends on them: embedding, encoder, encoder_norm, queries, decoder, decoder_norm and head."""
    ask.same(probes.parameters_of, "EncoderDecoderClassifier", config, {})
    shapes = of_encoder_decoder_classifier(config)
    follows_its_parameters(ask, "EncoderDecoderClassifier", config, {}, shapes, images_for(99, 2, config))


@exercise("encoder_decoder_classifier", weight=3)
@pytest.mark.parametrize(("config", "batch"), [(CONFIGS[0], 3), (CONFIGS[0], 1), (CONFIGS[1], 2), (CONFIGS[2], 2), (CONFIGS[3], 1)])
def test_encoder_decoder_classifier(ask, config, batch):
    """The encoder and its norm make the memory, the queries go through all decoder blocks, and the head gives each a logit."""
    parameters = drawn(100 + batch, of_encoder_decoder_classifier(config))
    ask.same(probes.forward, "EncoderDecoderClassifier", config, {}, parameters, [images_for(101, batch, config)], {})


@exercise("encoder_decoder_classifier")
@pytest.mark.parametrize("config", CONFIGS[:2])
def test_encoder_decoder_classifier_gives_logits(ask, config):
    """The model gives logits, not probabilities: a head that is three times as large gives three times the logits."""
    parameters = drawn(102, of_encoder_decoder_classifier(config))
    found = ask(probes.logits, "EncoderDecoderClassifier", config, parameters, images_for(103, 3, config), 3.0)
    assert np.shape(found["once"]) == (3, config.get("classes", 10))
    assert np.ptp(found["once"]) > 0
    assert found["multiplied"] == same_as(3.0 * found["once"])


@exercise("encoder_decoder_classifier", weight=2)
@pytest.mark.parametrize("config", CONFIGS[:2])
def test_encoder_decoder_classifier_learns_everywhere(ask, config):
    """The gradient reaches every parameter: queries, both stacks, and the embedding through the memory."""
    parameters, classes = drawn(104, of_encoder_decoder_classifier(config)), config.get("classes", 10)
    data, direction = [images_for(105, 2, config)], numbers(106, 2, classes)
    ask.same(probes.gradients, "EncoderDecoderClassifier", config, {}, parameters, data, direction, rtol=GRADIENT)


@exercise("encoder_decoder_classifier")
@pytest.mark.parametrize("config", CONFIGS[1:2])
def test_encoder_decoder_classifier_keeps_nothing(ask, config):
    """In evaluation mode the same images give the same logits and the same weights each time, whatever was asked before."""
    parameters = drawn(107, of_encoder_decoder_classifier(config))
    first, second = [images_for(108, 2, config)], [images_for(109, 3, config)]
    ask.same(probes.of_several, "EncoderDecoderClassifier", config, {}, parameters, [first, second, first])


# ------------------------------------------------------------------------------------------------ greedy_decode

NEVER = 99


def table(seed, V, above=0.0):
    return np.random.default_rng(seed).normal(size=(V, V)) + above


@exercise("greedy_decode", weight=2)
@pytest.mark.parametrize(
    ("seed", "V", "start", "max_len"), [(120, 6, 2, 7), (121, 3, 0, 4), (122, 1, 0, 3), (123, 5, 4, 1), (124, 4, 1, 0)]
)
def test_best_token_each_time(ask, seed, V, start, max_len):
    """The list begins with start and gains the token of the highest score each time, max_len new ones when no stop comes."""
    for above in (0.0, -50.0):
        ask.same(probes.greedy_decode, "table", table(seed, V, above), start, NEVER, max_len, dtype=True)


@exercise("greedy_decode", weight=2)
@pytest.mark.parametrize(
    ("order", "start", "stop", "max_len"),
    [
        ([3, 1, 4, 2], 0, 4, 9),
        ([4], 0, 4, 5),
        ([3, 1, 4], 2, 4, 3),
        ([1, 3, 1, 3], 0, 4, 4),
        ([2, 4, 1, 4, 3], 4, 3, 9),
        ([2, 1, 4], 4, 4, 8),
    ],
)
def test_stop_belongs_to_the_list(ask, order, start, stop, max_len):
    """A stop that is produced ends the list and belongs to it, and nothing is asked after it; a start that equals stop does not stop."""
    rows = np.eye(5)[order]
    steps = order.index(stop) + 1 if stop in order else max_len
    found = ask(probes.greedy_decode, "turn", rows, start, stop, max_len)
    assert found["tokens"] == same_as([start, *order[:steps]])
    assert len(found["given"]) == steps


@exercise("greedy_decode")
@pytest.mark.parametrize(
    "rows",
    [
        [[0.0, 2.0, 2.0, 1.0], [3.0, 3.0, 3.0, 3.0], [-1.0, -1.0, -0.5, -0.5]],
        [[-np.inf, -7.0, -np.inf, -7.0], [-np.inf, -np.inf, -3.0, -np.inf], [-2.0, -1.0, -1.0, -np.inf]],
    ],
)
def test_ties_take_the_lowest_token(ask, rows):
    """Of tokens with the same score the lowest wins; scores may be negative, and -inf."""
    ask.same(probes.greedy_decode, "turn", np.array(rows), 3, NEVER, 3)


@exercise("greedy_decode", weight=2)
@pytest.mark.parametrize(("seed", "V", "start", "stop"), [(125, 6, 5, NEVER), (126, 3, 2, 0), (127, 4, 1, 3)])
def test_whole_prefix_each_time(ask, seed, V, start, stop):
    """The step function gets all tokens so far, start included, as an integer array that is its own: it may write into it."""
    for scribble in (False, True):
        ask.same(probes.greedy_decode, "table", table(seed, V), start, stop, 6, scribble)
