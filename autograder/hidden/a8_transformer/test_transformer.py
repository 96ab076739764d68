"""Judgements about `transformer`. Never leaves the trusted process."""

import numpy as np
import pytest
import torch

from autograder.testing import exercise, raised, rng, same_as

from . import transformer_probes as probes

DIFFERENCE = 1e-5  # of a quotient of differences
TRAINED = 1e-6  # losses and accuracies may have been added up in single precision


def numbers(key, *shape):
    return torch.from_numpy(rng("numbers", key, *shape).normal(size=shape))


def drawn(key, shapes):
    """Other numbers for every parameter."""
    return {name: rng("parameters", key, name, *shape).normal(0.0, 0.6, size=shape) for name, shape in shapes.items()}


def different(key, count, least, most):
    """So many sizes, no two of them the same."""
    return [int(size) for size in rng("sizes", key).permutation(np.arange(least, most + 1))[:count]]


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


def config(key, **further):
    """Sizes of a model: no two of them the same, but for layers and heads."""
    channels, side, p, d_ff = different(key, 4, 2, 5)
    return {"channels": channels, "image_size": side * p, "patch_size": p, "d": 6, "h": 3, "d_ff": d_ff + 2, "layers": 2, **further}


ONE, TWO = config("one", image_size=6, patch_size=2), config("two", image_size=6, patch_size=3, layers=4)
WHOLE = {"channels": 1, "image_size": 4, "patch_size": 4, "d": 5, "h": 1, "d_ff": 2, "layers": 1}


def images_for(key, batch, config):
    return numbers(f"images {key}", batch, config["channels"], config["image_size"], config["image_size"])


# ------------------------------------------------------------------------------------------------ patchify


def pictures(key):
    """B, C, H, W and the side p of the patches: no two sizes the same, nor two numbers of patches."""
    B, C, rows, columns = different(key, 4, 1, 5)
    p = int(rng("side", key).integers(2, 4))
    return B, C, rows * p, columns * p, p


PICTURES = [*map(pictures, range(4)), (2, 1, 5, 5, 5), (1, 4, 2, 3, 1), (1, 1, 1, 1, 1)]


@exercise("patchify", weight=2)
@pytest.mark.parametrize(("B", "C", "H", "W", "p"), PICTURES)
def test_patches_in_row_major_order(ask, B, C, H, W, p):
    """Patches come row by row, and each holds its numbers in the order channel, row, column."""
    ask.same(probes.patchify, [numbers(key, B, C, H, W) for key in "ab"], p)


@exercise("patchify", weight=2)
@pytest.mark.parametrize(("B", "C", "H", "W", "p"), PICTURES)
def test_images_from_patches(ask, B, C, H, W, p):
    """unpatchify puts every number of every patch back where patchify takes it from."""
    ask.same(probes.unpatchify, [numbers(key, B, (H // p) * (W // p), C * p * p) for key in "ab"], p, C, H, W)


def first_square(images, p):
    """Its numbers in order of size."""
    return np.sort(images.numpy()[0, :, :p, :p], axis=None)


@exercise("patchify")
@pytest.mark.parametrize(("B", "C", "H", "W", "p"), PICTURES[:2])
def test_there_and_back(ask, B, C, H, W, p):
    """unpatchify(patchify(images)) gives the images, and the patches between, of the shape [B, N, C·p·p], are squares of them."""
    images = numbers("back", B, C, H, W)
    shape = [B, (H // p) * (W // p), C * p * p]
    expected = {"shape": shape, "first": same_as(first_square(images, p)), "images": same_as(images.numpy())}
    assert ask(probes.there_and_back, images, p) == expected


@exercise("patchify")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_kind_of_numbers_stays(ask, dtype):
    """Patches have the dtype of the images, and the images that of the patches."""
    ask.same(probes.patchify, [numbers("kind", 2, 1, 4, 6).to(dtype)], 2, dtype=True)
    ask.same(probes.unpatchify, [numbers("kind", 2, 6, 4).to(dtype)], 2, 1, 4, 6, dtype=True)


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


# ------------------------------------------------------------------------------------------------ every module


def first_of(result):
    return np.asarray(result[0] if isinstance(result, list | tuple) else result)


def differ(one, other):
    """Whether two results are finite, of one shape, and not the same."""
    one, other = first_of(one), first_of(other)
    return bool(one.shape == other.shape and np.isfinite(one).all() and np.isfinite(other).all() and np.abs(other - one).max() > 1e-6)


def follows_its_parameters(ask, name, sizes, options, shapes, *data):
    """What a module gives is finite, and other numbers with other parameters."""
    asked = [ask(probes.forward, name, sizes, options, drawn(key, shapes), list(data), {})["result"] for key in ("one", "other")]
    assert differ(*asked), "What should change the answer does not change it, or the answer is not finite."


def keeps_nothing(ask, name, sizes, options, shapes, first, second):
    """A module gives the same for the same data, in training mode too, and other numbers for other data and with other parameters."""
    found = ask(probes.again, name, sizes, options, drawn("one", shapes), drawn("other", shapes), first, second)
    assert found["first again"] == same_as(found["first"])
    assert found["in training"] == same_as(found["first"])
    assert differ(found["first"], found["second"]), "What should change the answer does not change it, or the answer is not finite."
    assert differ(found["first"], found["others"]), "What should change the answer does not change it, or the answer is not finite."


def learns_everywhere(ask, name, sizes, options, shapes, data, out):
    """Gradients reach every parameter and all data, and are the rates at which the module's own result changes."""
    along = [numbers("along", *x.shape) for x in data]
    found = ask(
        probes.learns, name, sizes, options, drawn("learns", shapes), drawn("directions", shapes), data, along, numbers("weights", *out)
    )
    assert found["of the right shape"] is True
    reached = [name for name in found["not reached"] if not name.endswith("k_proj.bias")]  # softmax takes no notice of it
    assert reached == []
    assert found["by gradients"] == same_as(found["by a difference"], rtol=DIFFERENCE, atol=1e-6)


# ------------------------------------------------------------------------------------------------ patch_embedding

EMBEDDINGS = [*(tuple(different(key, 3, 2, 7)) for key in ("one", "another")), (1, 5, 2), (4, 1, 7), (3, 2, 1)]


@exercise("patch_embedding")
@pytest.mark.parametrize("sizes", EMBEDDINGS)
def test_parameters_of_patch_embedding(ask, sizes):
    """The parameters are projection.weight [d, patch_dim], projection.bias [d], positions [n_patches, d] and no others, and they count."""
    ask.same(probes.parameters_of, "PatchEmbedding", sizes, {})
    follows_its_parameters(ask, "PatchEmbedding", sizes, {}, of_patch_embedding(*sizes), numbers("parameters", 2, *sizes[:2]))


@exercise("patch_embedding", weight=2)
@pytest.mark.parametrize("sizes", EMBEDDINGS)
def test_projection_of_patches(ask, sizes):
    """Each patch is projected by the layer `projection`: where all positions are zero, this is all."""
    n_patches, patch_dim, d = sizes
    parameters = drawn("projection", of_patch_embedding(*sizes)) | {"positions": np.zeros((n_patches, d))}
    ask.same(probes.forward, "PatchEmbedding", sizes, {}, parameters, [numbers("patches", 2, n_patches, patch_dim)], {})


@exercise("patch_embedding", weight=2)
@pytest.mark.parametrize("sizes", EMBEDDINGS)
def test_positions_of_patches(ask, sizes):
    """To patch n belongs row n of the positions, whatever the patch: patches of zeros, with a bias of zero, are their positions."""
    n_patches, patch_dim, d = sizes
    parameters = drawn("positions", of_patch_embedding(*sizes)) | {"projection.bias": np.zeros(d)}
    ask.same(probes.forward, "PatchEmbedding", sizes, {}, parameters, [torch.zeros(2, n_patches, patch_dim, dtype=torch.float64)], {})


@exercise("patch_embedding", weight=2)
@pytest.mark.parametrize(("sizes", "batch"), list(zip(EMBEDDINGS, (2, 1, 3, 5, 1), strict=True)))
def test_patch_embedding(ask, sizes, batch):
    """Each patch becomes its projection plus the vector of its position, whatever the number of images."""
    n_patches, patch_dim, _ = sizes
    parameters = drawn("both", of_patch_embedding(*sizes))
    ask.same(probes.forward, "PatchEmbedding", sizes, {}, parameters, [numbers("images", batch, n_patches, patch_dim)], {})


@exercise("patch_embedding")
@pytest.mark.parametrize("sizes", EMBEDDINGS[:2])
def test_gradients_of_patch_embedding(ask, sizes):
    """Projection and positions are both learnt: gradients reach every parameter, and the patches."""
    n_patches, patch_dim, d = sizes
    data = [numbers("learns", 4, n_patches, patch_dim)]
    learns_everywhere(ask, "PatchEmbedding", sizes, {}, of_patch_embedding(*sizes), data, (4, n_patches, d))


@exercise("patch_embedding")
@pytest.mark.parametrize("sizes", EMBEDDINGS[:2])
def test_patch_embedding_keeps_nothing(ask, sizes):
    """The same patches give the same vectors each time, whatever was asked before."""
    first, second = ([numbers(key, 2, *sizes[:2])] for key in ("first", "second"))
    keeps_nothing(ask, "PatchEmbedding", sizes, {}, of_patch_embedding(*sizes), first, second)


# ------------------------------------------------------------------------------------------------ feed_forward

WIDTHS = [*(tuple(different(key, 2, 2, 8)) for key in ("wide", "narrow")), (3, 1), (1, 5)]


def all_positive(key, d, d_ff):
    """Parameters with which no hidden number is below 20 for vectors of entries below 1."""
    parameters = drawn(key, of_feed_forward(d, d_ff))
    parameters["linear1.bias"] = 20.0 + np.abs(parameters["linear1.weight"]).sum(axis=1)
    return parameters


@exercise("feed_forward", weight=2)
@pytest.mark.parametrize(("d", "d_ff"), WIDTHS)
def test_two_layers(ask, d, d_ff):
    """linear2 follows on linear1: what stands between changes no hidden number that is large."""
    x = torch.from_numpy(rng("small", d, d_ff).uniform(-1.0, 1.0, size=(2, 3, d)))
    ask.same(probes.forward, "FeedForward", (d, d_ff), {}, all_positive("layers", d, d_ff), [x], {})


@exercise("feed_forward", weight=2)
@pytest.mark.parametrize("before", [(2, 5), (1, 1), (4, 3)])
def test_feed_forward(ask, before):
    """Every vector becomes linear2(relu(linear1(x)))."""
    for d, d_ff in WIDTHS:
        ask.same(probes.forward, "FeedForward", (d, d_ff), {}, drawn("both", of_feed_forward(d, d_ff)), [numbers("x", *before, d)], {})


@exercise("feed_forward")
@pytest.mark.parametrize("before", [(), (4,), (2, 1, 6)])
def test_whatever_comes_before_the_last_axis(ask, before):
    """Vectors may stand alone, in a row, or in a table of tables: each becomes what it becomes by itself."""
    d, d_ff = WIDTHS[0]
    parameters = drawn("axes", of_feed_forward(d, d_ff)), drawn("others", of_feed_forward(d, d_ff))
    x = numbers("axes", *before, d)
    found, others = (np.asarray(ask(probes.of_several, "FeedForward", (d, d_ff), {}, given, [x])[0]) for given in parameters)
    flat = np.asarray(ask(probes.of_several, "FeedForward", (d, d_ff), {}, parameters[0], [x.reshape(1, -1, d)])[0])
    assert found == same_as(flat.reshape(x.shape))
    assert differ(found, others), "What should change the answer does not change it, or the answer is not finite."


@exercise("feed_forward", weight=2)
@pytest.mark.parametrize(("d", "d_ff"), WIDTHS[:2])
def test_dropout(ask, d, d_ff):
    """Dropout takes hidden numbers, after the relu, in training alone: with probability 1 what is left is the bias of linear2."""
    shapes = of_feed_forward(d, d_ff)
    parameters = drawn("dropout", shapes)
    found = ask(probes.dropped, (d, d_ff), parameters, numbers("dropout", 2, 3, d))
    assert found["trained at 1.0"] == same_as(np.broadcast_to(parameters["linear2.bias"], (2, 3, d)))
    for other in ("trained at 0.0", "evaluated at 0.5", "evaluated at 1.0"):
        assert found[other] == same_as(found["evaluated at 0.0"])
    assert differ(found["trained at 0.0"], found["trained at 1.0"]), (
        "What should change the answer does not change it, or the answer is not finite."
    )


@exercise("feed_forward")
@pytest.mark.parametrize(("d", "d_ff"), WIDTHS[:2])
def test_gradients_of_feed_forward(ask, d, d_ff):
    """Gradients reach every parameter, and x."""
    learns_everywhere(ask, "FeedForward", (d, d_ff), {}, of_feed_forward(d, d_ff), [numbers("learns", 5, 4, d)], (5, 4, d))


# ------------------------------------------------------------------------------------------------ encoder_block

BLOCKS = [(6, 2, 9), (4, 4, 3), (6, 3, 1), (3, 1, 5)]
OPTIONS = [{}, {"pre_norm": True}, {"pre_norm": False}]
ROWS = [(BLOCKS[0], *different("rows", 2, 2, 5)), (BLOCKS[1], *different("more rows", 2, 2, 5)), (BLOCKS[2], 1, 1), (BLOCKS[3], 1, 2)]


@exercise("encoder_block")
@pytest.mark.parametrize(("sizes", "options"), [(BLOCKS[0], OPTIONS[1]), (BLOCKS[1], OPTIONS[2]), (BLOCKS[2], OPTIONS[0])])
def test_parameters_of_encoder_block(ask, sizes, options):
    """The block has the parameters of attention, feed_forward, norm1 and norm2, no others, and its output depends on them."""
    ask.same(probes.parameters_of, "EncoderBlock", sizes, options)
    follows_its_parameters(ask, "EncoderBlock", sizes, options, of_encoder_block(*sizes), numbers("parameters", 2, 3, sizes[0]))


@exercise("encoder_block", weight=2)
@pytest.mark.parametrize(("sizes", "batch", "n"), ROWS)
def test_encoder_block_with_pre_norm(ask, sizes, batch, n):
    """Pre-norm, which is the default, is x + f(norm(x)) for the attention, and again for the feed-forward network."""
    parameters = drawn("pre-norm", of_encoder_block(*sizes))
    for options in OPTIONS[: 2 if sizes == BLOCKS[0] else 1]:
        ask.same(probes.forward, "EncoderBlock", sizes, options, parameters, [numbers("x", batch, n, sizes[0])], {})


@exercise("encoder_block", weight=2)
@pytest.mark.parametrize(("sizes", "batch", "n"), ROWS)
def test_encoder_block_with_post_norm(ask, sizes, batch, n):
    """Post-norm is norm(x + f(x)) for the attention, and again for the feed-forward network."""
    parameters = drawn("post-norm", of_encoder_block(*sizes))
    ask.same(probes.forward, "EncoderBlock", sizes, OPTIONS[2], parameters, [numbers("x", batch, n, sizes[0])], {})


def may_attend(key, *shape):
    """A mask in which every row may attend to something: True in the first column, and here and there."""
    mask = rng("mask", key, *shape).random(shape) < 0.4
    mask[..., 0] = True
    return torch.from_numpy(mask)


def heeds(weights, mask):
    """Whether rows of weights share out 1 among what they may attend to, and give the rest nothing."""
    weights, mask = np.asarray(weights), np.broadcast_to(mask.numpy(), np.shape(weights))
    return bool((weights[~mask] == 0).all() and (weights[mask] > 0).all() and np.abs(weights.sum(axis=-1) - 1).max() < 1e-9)


@exercise("encoder_block")
@pytest.mark.parametrize("options", OPTIONS[1:])
@pytest.mark.parametrize("shape", [(5, 5), (2, 1, 1, 5), (2, 3, 5, 5)])
def test_encoder_block_with_a_mask(ask, options, shape):
    """A mask reaches the attention, True meaning may attend, of any shape that broadcasts to [B, h, N, N]."""
    parameters, x, mask = drawn("mask", of_encoder_block(6, 3, 4)), numbers("mask", 2, 5, 6), may_attend("encoder", *shape)
    found = ask(probes.forward, "EncoderBlock", (6, 3, 4), options, parameters, [x], {"mask": mask})
    assert np.shape(found["result"][1]) == (2, 3, 5, 5)
    assert heeds(found["result"][1], mask), (
        "The weights do not share out 1 among what may be attended to, or they give some to what may not."
    )
    assert found["changed"] is False


@exercise("encoder_block")
@pytest.mark.parametrize("options", OPTIONS[1:])
def test_encoder_block_never_looks_where_it_may_not(ask, options):
    """Where no other vector may attend to a vector, a change of it changes its own output alone."""
    n, c = 5, int(rng("hidden").integers(5))
    mask = torch.ones(n, n, dtype=torch.bool)
    mask[:, c] = False
    mask[c, c] = True
    x, later = numbers("hidden", 2, n, 6), numbers("hidden", 2, n, 6)
    later[:, c] = numbers("another", 2, 6)
    asked = "EncoderBlock", (6, 2, 4), options, drawn("hidden", of_encoder_block(6, 2, 4)), [x], later
    hidden, seen = (ask(probes.causal, *asked, {"mask": given}) for given in (mask, torch.ones(n, n, dtype=torch.bool)))
    others = np.arange(n) != c
    for found in (hidden, seen):
        assert np.shape(found["x"]) == np.shape(found["another future"]) == (2, n, 6)
    assert hidden["another future"][:, others] == same_as(hidden["x"][:, others])
    assert differ(hidden["another future"][:, ~others], hidden["x"][:, ~others]), (
        "What should change the answer does not change it, or the answer is not finite."
    )
    assert np.abs(seen["another future"] - seen["x"])[:, others].max(axis=-1).min() > 1e-9


@exercise("encoder_block")
@pytest.mark.parametrize("options", OPTIONS[1:])
def test_gradients_of_encoder_block(ask, options):
    """Gradients reach every parameter of the block, and x by the residual connections too."""
    learns_everywhere(ask, "EncoderBlock", (6, 2, 5), options, of_encoder_block(6, 2, 5), [numbers("learns", 2, 4, 6)], (2, 4, 6))


@exercise("encoder_block")
@pytest.mark.parametrize("options", OPTIONS[1:])
def test_encoder_block_keeps_nothing(ask, options):
    """The same vectors give the same output each time, in training mode too: nothing is kept, and nothing is left to chance."""
    first, second = ([numbers(key, 2, 3, 6)] for key in ("first", "second"))
    keeps_nothing(ask, "EncoderBlock", (6, 2, 5), options, of_encoder_block(6, 2, 5), first, second)


# ------------------------------------------------------------------------------------------------ encoder_classifier


def judge_parameters(ask, name, shapes, config):
    """The named parameters are there, no others, and they count."""
    ask.same(probes.parameters_of, name, config, {})
    follows_its_parameters(ask, name, config, {}, shapes, images_for("parameters", 2, config))


def judge_classes(ask, name, shapes_of, config):
    """As many logits as there are classes, which follow the parameters."""
    images = images_for("classes", 2, config)
    found = ask(probes.forward, name, config, {}, drawn("one", shapes_of(config)), [images], {})["result"][0]
    assert np.shape(found) == (2, config["classes"])
    follows_its_parameters(ask, name, config, {}, shapes_of(config), images)


def judge_logits(ask, name, shapes, config):
    """A head that is three times as large gives three times the logits."""
    found = ask(probes.logits, name, config, drawn("logits", shapes), images_for("logits", 3, config), 3.0)
    assert np.shape(found["once"]) == (3, config.get("classes", 10))
    assert np.ptp(found["once"]) > 0
    assert found["multiplied"] == same_as(3.0 * found["once"])


@exercise("encoder_classifier")
@pytest.mark.parametrize("config", [ONE, {**ONE, "pre_norm": False}])
def test_parameters_of_encoder_classifier(ask, config):
    """The model knows all parameters and depends on them: embedding, blocks.0, blocks.1, …, norm (pre-norm only) and head."""
    judge_parameters(ask, "EncoderClassifier", of_encoder_classifier(config), config)


@exercise("encoder_classifier")
@pytest.mark.parametrize("classes", [4, 1, 13])
def test_classes_of_encoder_classifier(ask, classes):
    """There is a logit for each of config.classes classes."""
    judge_classes(ask, "EncoderClassifier", of_encoder_classifier, {**ONE, "classes": classes})


@exercise("encoder_classifier", weight=2)
@pytest.mark.parametrize(("config", "batch"), [(ONE, 3), ({**TWO, "layers": 3, "pre_norm": False}, 2)])
def test_weights_of_encoder_classifier(ask, config, batch):
    """Patches, embedding and every block in order: the weights that each block gives, the first block's first."""
    parameters = drawn("weights", of_encoder_classifier(config))
    ask.same(probes.part_of, "EncoderClassifier", config, parameters, images_for("weights", batch, config), 1)


@exercise("encoder_classifier", weight=3)
@pytest.mark.parametrize(("config", "batch"), [(ONE, 3), (ONE, 1), (TWO, 2), (WHOLE, 2)])
def test_encoder_classifier(ask, config, batch):
    """Every patch of the last block goes through norm, then comes the mean over the patches, then the head."""
    parameters = drawn("logits", of_encoder_classifier(config))
    ask.same(probes.part_of, "EncoderClassifier", config, parameters, images_for("x", batch, config), 0)


@exercise("encoder_classifier")
@pytest.mark.parametrize(("config", "batch"), [({**ONE, "pre_norm": False}, 2), ({**TWO, "pre_norm": False}, 1)])
def test_encoder_classifier_with_post_norm(ask, config, batch):
    """With post-norm the blocks are those of post-norm, and no norm comes after them."""
    parameters = drawn("post-norm", of_encoder_classifier(config))
    ask.same(probes.part_of, "EncoderClassifier", config, parameters, images_for("x", batch, config), 0)


@exercise("encoder_classifier")
@pytest.mark.parametrize("config", [ONE, {**TWO, "pre_norm": False}])
def test_encoder_classifier_gives_logits(ask, config):
    """The model gives logits, not probabilities: a head that is three times as large gives three times the logits."""
    judge_logits(ask, "EncoderClassifier", of_encoder_classifier(config), config)


@exercise("encoder_classifier")
@pytest.mark.parametrize("config", [ONE, {**ONE, "pre_norm": False}])
def test_encoder_classifier_learns_everywhere(ask, config):
    """Gradients reach every parameter, down to the embedding."""
    learns_everywhere(ask, "EncoderClassifier", config, {}, of_encoder_classifier(config), [images_for("learns", 2, config)], (2, 10))


@exercise("encoder_classifier")
@pytest.mark.parametrize("config", [{**ONE, "pre_norm": False}])
def test_encoder_classifier_keeps_nothing(ask, config):
    """The same images give the same logits and the same weights each time, in training mode too, whatever was asked before."""
    first, second = ([images_for(key, 2, config)] for key in ("first", "second"))
    keeps_nothing(ask, "EncoderClassifier", config, {}, of_encoder_classifier(config), first, second)


# ------------------------------------------------------------------------------------------------ train_and_evaluate


def samples(key, count, classes):
    """Images and labels for the small classifier of the probes; not all labels are the same."""
    labels = rng("labels", key, count).integers(0, classes, size=count)
    labels[-1] = (labels[0] + 1) % classes if count > 1 else labels[0]
    return numbers(f"samples {key}", count, 1, 2, 3), torch.from_numpy(labels)


def waves(key, classes, hidden=4):
    return drawn(f"waves {key}", {"rate": (6, hidden), "back": (hidden, classes)})


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
    ask.same(probes.train, waves("53", 3), *samples("54", sum(sizes), 3), sizes, rtol=TRAINED)


@exercise("train_and_evaluate")
@pytest.mark.parametrize("sizes", [[4, 2]])
def test_loss_of_a_model_that_is_sure(ask, sizes):
    """The cross-entropy of a model that is sure and wrong is large and exact: no probability is too small for its logarithm."""
    sure = waves("sure", 3)
    sure["back"] = 400.0 * np.sign(sure["back"])
    ask.same(probes.train, sure, *samples("sure", sum(sizes), 3), sizes, 1, "list", False, {"lr": 1e-3}, rtol=TRAINED)


@exercise("train_and_evaluate")
@pytest.mark.parametrize("sizes", [[4], [3, 2]])
def test_gradients_from_before(ask, sizes):
    """train_epoch switches to training mode, and gradients that the model had before the call play no part."""
    ask.same(probes.train, waves("55", 3), *samples("56", sum(sizes), 3), sizes, 2, "list", True, rtol=TRAINED)


@exercise("train_and_evaluate")
@pytest.mark.parametrize("loader", ["tuple", "generator", "iterable"])
def test_any_iterable_of_batches(ask, loader):
    """Batches may come from anything that a for loop can go through once, and the model's weights may be a list or a dictionary."""
    ask.same(probes.train, waves("57", 3), *samples("58", 7, 3), [3, 3, 1], 1, loader, False, None, "dict", rtol=TRAINED)
    ask.same(probes.evaluate, waves("57", 3), *samples("58", 7, 3), [3, 3, 1], True, loader, "dict", rtol=TRAINED)


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
    ask.same(probes.evaluate, waves("65", 2), *samples("66", sum(sizes), 2), sizes, training, rtol=TRAINED)


@exercise("train_and_evaluate")
@pytest.mark.parametrize("what", ["train_epoch", "evaluate"])
def test_batches_go_to_the_device(ask, what):
    """Images and labels of a batch are moved to the device before the model gets them and the loss is taken; labels count."""
    found = ask(probes.where_batches_are, what, waves("device", 3), *samples("device", 4, 3), [4])
    assert found == {"images": ["meta"], "elsewhere": [], "depends": True}


# ------------------------------------------------------------------------------------------------ attention_rollout


def attentions(key, layers, batch, heads, n):
    """Rows of positive weights that sum to 1, quite uneven."""
    raw = rng("attentions", key, layers, batch, heads, n).exponential(size=(layers, batch, heads, n, n)) ** 2
    return [torch.from_numpy(layer) for layer in raw / raw.sum(axis=-1, keepdims=True)]


@exercise("attention_rollout", weight=2)
@pytest.mark.parametrize(("batch", "n"), [(1, 3), (2, 5), (3, 1)])
def test_one_layer_of_one_head(ask, batch, n):
    """One layer of one head gives half its weights plus half the identity, for each image."""
    ask.same(probes.attention_rollout, [attentions(key, 1, batch, 1, n) for key in ("one", "another")])


@exercise("attention_rollout", weight=2)
@pytest.mark.parametrize(("layers", "batch", "heads", "n"), [(1, 2, 3, 4), (2, 1, 2, 3), (3, 3, 4, 2)])
def test_mean_over_the_heads(ask, layers, batch, heads, n):
    """Several heads give what one head with the mean of their weights gives."""
    weights, others = (attentions(key, layers, batch, heads, n) for key in ("heads", "other heads"))
    found = ask(probes.attention_rollout, [weights, [layer.mean(dim=1, keepdim=True) for layer in weights], others])["rollouts"]
    assert np.shape(found[0]) == (batch, n, n)
    assert found[0] == same_as(found[1])
    assert differ(found[0], found[2]), "What should change the answer does not change it, or the answer is not finite."


@exercise("attention_rollout", weight=2)
@pytest.mark.parametrize("key", [0, 1, 2])
def test_later_layers_stand_on_the_left(ask, key):
    """Where patch c looks at b in the last layer, and b at a in the first, some of a reaches c, and nothing of it another patch."""
    n = 5
    a, b, c = (int(x) for x in rng("path", key).permutation(n)[:3])
    first, last = np.eye(n), np.eye(n)
    first[b], last[c] = np.eye(n)[a], np.eye(n)[b]
    [found] = ask(probes.attention_rollout, [[torch.from_numpy(layer[None, None].copy()) for layer in (first, last)]])["rollouts"]
    assert np.shape(found) == (1, n, n)
    assert found[0, c, a] > 1e-6
    others = [(row, column) for row in range(n) for column in range(n) if row != column and (row, column) not in {(b, a), (c, b), (c, a)}]
    assert all(found[0, row, column] == 0 for row, column in others)


@exercise("attention_rollout", weight=2)
@pytest.mark.parametrize(("layers", "batch", "heads", "n"), [(2, 1, 1, 3), (2, 2, 3, 4), (3, 3, 2, 5), (5, 1, 2, 2)])
def test_all_layers(ask, layers, batch, heads, n):
    """The rollout is the product of all layers, each the mean of its heads and the identity, in halves."""
    ask.same(probes.attention_rollout, [attentions(key, layers, batch, heads, n) for key in ("all", "others")])


@exercise("attention_rollout")
@pytest.mark.parametrize(("layers", "batch", "heads", "n"), [(2, 3, 2, 4), (1, 2, 3, 3)])
def test_every_image_by_itself(ask, layers, batch, heads, n):
    """An image's rollout does not depend on the other images of its batch."""
    weights = attentions("images", layers, batch, heads, n)
    alone = [[layer[image : image + 1].clone() for layer in weights] for image in range(batch)]
    found = ask(probes.attention_rollout, [weights, *alone])["rollouts"]
    assert np.shape(found[0]) == (batch, n, n)
    assert found[0] == same_as(np.concatenate(found[1:]))
    assert differ(found[1], found[2]), "What should change the answer does not change it, or the answer is not finite."


@exercise("attention_rollout")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_rollout_has_the_dtype_of_the_weights(ask, dtype):
    """The rollout has the dtype of the weights, which stay as they are."""
    halves = [[torch.full((2, 2, n, n), 1 / n).to(dtype) for _ in range(2)] for n in (2, 4)]
    ask.same(probes.attention_rollout, halves, dtype=True)


@exercise("attention_rollout")
@pytest.mark.parametrize(("layers", "batch", "heads", "n"), [(1, 2, 2, 4), (4, 1, 3, 5)])
def test_rollout_shares_out_one(ask, layers, batch, heads, n):
    """Every row of the rollout sums to 1, of which a patch keeps half for itself in each layer; other weights share it out otherwise."""
    rows, others = ask(probes.attention_rollout, [attentions(key, layers, batch, heads, n) for key in ("rows", "other rows")])["rollouts"]
    assert np.shape(rows) == (batch, n, n)
    assert np.sum(rows, axis=-1) == same_as(np.ones((batch, n)))
    assert np.diagonal(rows, axis1=1, axis2=2).min() > 0.5**layers - 1e-9
    assert differ(rows, others), "What should change the answer does not change it, or the answer is not finite."


# ------------------------------------------------------------------------------------------------ decoder_block


def both(key, batch, n, m, d):
    return [numbers(f"{key} x", batch, n, d), numbers(f"{key} memory", batch, m, d)]


LENGTHS = [(BLOCKS[0], *different("lengths", 3, 2, 5)), (BLOCKS[1], 3, 5, 5), (BLOCKS[2], 1, 1, 2), (BLOCKS[3], 1, 2, 1)]


@exercise("decoder_block")
@pytest.mark.parametrize(("sizes", "options"), [(BLOCKS[0], OPTIONS[1]), (BLOCKS[1], OPTIONS[2]), (BLOCKS[2], OPTIONS[0])])
def test_parameters_of_decoder_block(ask, sizes, options):
    """The block has the parameters of self_attention, cross_attention, feed_forward and norm1 to norm3, no others, and depends on them."""
    ask.same(probes.parameters_of, "DecoderBlock", sizes, options)
    follows_its_parameters(ask, "DecoderBlock", sizes, options, of_decoder_block(*sizes), *both("parameters", 2, 3, 4, sizes[0]))


@exercise("decoder_block", weight=2)
@pytest.mark.parametrize(("sizes", "batch", "n", "m"), LENGTHS)
def test_decoder_block_with_pre_norm(ask, sizes, batch, n, m):
    """Pre-norm, the default, is x + f(norm(x)) for each of the three steps; attention, norm and residual of each step are its own."""
    data = both("pre-norm", batch, n, m, sizes[0])
    for options in OPTIONS[: 2 if sizes == BLOCKS[0] else 1]:
        ask.same(probes.forward, "DecoderBlock", sizes, options, drawn("pre-norm", of_decoder_block(*sizes)), data, {})


@exercise("decoder_block", weight=2)
@pytest.mark.parametrize(("sizes", "batch", "n", "m"), LENGTHS)
def test_decoder_block_with_post_norm(ask, sizes, batch, n, m):
    """Post-norm is norm(x + f(x)) for each of the three steps; the memory is not normalised."""
    data = both("post-norm", batch, n, m, sizes[0])
    ask.same(probes.forward, "DecoderBlock", sizes, OPTIONS[2], drawn("post-norm", of_decoder_block(*sizes)), data, {})


@exercise("decoder_block")
@pytest.mark.parametrize("options", OPTIONS[1:])
def test_decoder_block_with_masks(ask, options):
    """self_mask reaches the self-attention and memory_mask the cross-attention, each without the other too."""
    masks = {"self_mask": may_attend("self", 4, 4), "memory_mask": may_attend("memory", 2, 1, 1, 5)}
    everywhere = {"self_mask": torch.ones(4, 4, dtype=torch.bool), "memory_mask": torch.ones(4, 5, dtype=torch.bool)}
    parameters, data = drawn("masks", of_decoder_block(6, 3, 4)), both("masks", 2, 4, 5, 6)
    for chosen in (masks, {"self_mask": masks["self_mask"]}, {"memory_mask": masks["memory_mask"]}):
        _, own, crossed = ask(probes.forward, "DecoderBlock", (6, 3, 4), options, parameters, data, chosen)["result"]
        assert (np.shape(own), np.shape(crossed)) == ((2, 3, 4, 4), (2, 3, 4, 5))
        assert heeds(own, {**everywhere, **chosen}["self_mask"]), (
            "The weights do not share out 1 among what may be attended to, or they give some to what may not."
        )
        assert heeds(crossed, {**everywhere, **chosen}["memory_mask"]), (
            "The weights do not share out 1 among what may be attended to, or they give some to what may not."
        )


@exercise("decoder_block")
@pytest.mark.parametrize("options", OPTIONS[1:])
def test_decoder_block_never_looks_ahead(ask, options):
    """Under a causal mask, a change of later vectors leaves the first outputs as they are, and one of the first reaches all outputs."""
    x, memory = both("ahead", 2, 5, 3, 6)
    later = torch.cat([x[:, :3], numbers("later", 2, 2, 6)], dim=1)
    mask = torch.ones(5, 5, dtype=torch.bool).tril()
    parameters = drawn("ahead", of_decoder_block(6, 2, 4))
    found = ask(probes.causal, "DecoderBlock", (6, 2, 4), options, parameters, [x, memory], later, {"self_mask": mask})
    assert np.shape(found["x"]) == np.shape(found["another future"]) == (2, 5, 6)
    assert found["another future"][:, :3] == same_as(found["x"][:, :3])
    assert np.abs(found["another future"][:, 3:] - found["x"][:, 3:]).max() > 1e-6
    earlier = torch.cat([numbers("earlier", 2, 1, 6), x[:, 1:]], dim=1)
    past = ask(probes.causal, "DecoderBlock", (6, 2, 4), options, parameters, [x, memory], earlier, {"self_mask": mask})
    assert np.abs(past["another future"] - past["x"]).max(axis=-1).min() > 1e-9


@exercise("decoder_block")
@pytest.mark.parametrize("options", OPTIONS[1:])
def test_gradients_of_decoder_block(ask, options):
    """Gradients reach every parameter of the block, x, and the memory."""
    learns_everywhere(ask, "DecoderBlock", (6, 2, 5), options, of_decoder_block(6, 2, 5), both("learns", 2, 4, 3, 6), (2, 4, 6))


@exercise("decoder_block")
@pytest.mark.parametrize("options", OPTIONS[1:])
def test_decoder_block_keeps_nothing(ask, options):
    """The same vectors give the same output each time, in training mode too: nothing is kept, and nothing is left to chance."""
    first, second = (both(key, 2, 4, 3, 6) for key in ("first", "second"))
    keeps_nothing(ask, "DecoderBlock", (6, 2, 5), options, of_decoder_block(6, 2, 5), first, second)


# ------------------------------------------------------------------------------------------------ encoder_decoder_classifier


@exercise("encoder_decoder_classifier")
@pytest.mark.parametrize("config", [ONE, {**ONE, "pre_norm": False}])
def test_parameters_of_encoder_decoder_classifier(ask, config):
    """The model knows all parameters and depends on them: embedding, encoder, encoder_norm, queries, decoder, decoder_norm and head."""
    judge_parameters(ask, "EncoderDecoderClassifier", of_encoder_decoder_classifier(config), config)


@exercise("encoder_decoder_classifier")
@pytest.mark.parametrize("classes", [4, 1, 13])
def test_classes_of_encoder_decoder_classifier(ask, classes):
    """There is a query, and a logit, for each of config.classes classes."""
    judge_classes(ask, "EncoderDecoderClassifier", of_encoder_decoder_classifier, {**ONE, "classes": classes})


@exercise("encoder_decoder_classifier")
@pytest.mark.parametrize("classes", [3, 10])
def test_queries_differ(ask, classes):
    """The queries of a new model are random numbers, no two of them the same: equal ones would never learn to ask for different things."""
    for queries in ask(probes.queries_at_first, {**ONE, "classes": classes}):
        assert np.shape(queries) == (classes, ONE["d"])
        apart = np.abs(queries[:, None] - queries[None]).max(axis=-1)
        assert apart[~np.eye(classes, dtype=bool)].min() > 1e-6
    config = {**ONE, "classes": classes}
    follows_its_parameters(
        ask, "EncoderDecoderClassifier", config, {}, of_encoder_decoder_classifier(config), images_for("queries", 2, config)
    )


@exercise("encoder_decoder_classifier", weight=2)
@pytest.mark.parametrize(("config", "batch"), [(ONE, 3), ({**TWO, "layers": 3, "pre_norm": False}, 2)])
def test_weights_of_encoder_decoder_classifier(ask, config, batch):
    """The encoder and its norm make the memory, and the queries go through all decoder blocks: the weights of each, by name, in order."""
    parameters = drawn("weights", of_encoder_decoder_classifier(config))
    ask.same(probes.part_of, "EncoderDecoderClassifier", config, parameters, images_for("weights", batch, config), 1)


@exercise("encoder_decoder_classifier", weight=3)
@pytest.mark.parametrize(("config", "batch"), [(ONE, 3), (ONE, 1), (TWO, 2), (WHOLE, 2)])
def test_encoder_decoder_classifier(ask, config, batch):
    """What the last decoder block gives for each query goes through decoder_norm and the head, which gives a logit."""
    parameters = drawn("logits", of_encoder_decoder_classifier(config))
    ask.same(probes.part_of, "EncoderDecoderClassifier", config, parameters, images_for("x", batch, config), 0)


@exercise("encoder_decoder_classifier")
@pytest.mark.parametrize(("config", "batch"), [({**ONE, "pre_norm": False}, 2), ({**TWO, "pre_norm": False}, 1)])
def test_encoder_decoder_classifier_with_post_norm(ask, config, batch):
    """With post-norm the blocks are those of post-norm, and no norm comes after encoder or decoder."""
    parameters = drawn("post-norm", of_encoder_decoder_classifier(config))
    ask.same(probes.part_of, "EncoderDecoderClassifier", config, parameters, images_for("x", batch, config), 0)


@exercise("encoder_decoder_classifier")
@pytest.mark.parametrize("config", [ONE, {**TWO, "pre_norm": False}])
def test_encoder_decoder_classifier_gives_logits(ask, config):
    """The model gives logits, not probabilities: a head that is three times as large gives three times the logits."""
    judge_logits(ask, "EncoderDecoderClassifier", of_encoder_decoder_classifier(config), config)


@exercise("encoder_decoder_classifier")
@pytest.mark.parametrize("config", [ONE, {**ONE, "pre_norm": False}])
def test_encoder_decoder_classifier_learns_everywhere(ask, config):
    """Gradients reach every parameter: queries, both stacks, and the embedding through the memory."""
    shapes = of_encoder_decoder_classifier(config)
    learns_everywhere(ask, "EncoderDecoderClassifier", config, {}, shapes, [images_for("learns", 2, config)], (2, 10))


@exercise("encoder_decoder_classifier")
@pytest.mark.parametrize("config", [{**ONE, "pre_norm": False}])
def test_encoder_decoder_classifier_keeps_nothing(ask, config):
    """The same images give the same logits and the same weights each time, in training mode too, whatever was asked before."""
    first, second = ([images_for(key, 2, config)] for key in ("first", "second"))
    keeps_nothing(ask, "EncoderDecoderClassifier", config, {}, of_encoder_decoder_classifier(config), first, second)


# ------------------------------------------------------------------------------------------------ greedy_decode

NEVER = 99
V = 9


def table(key, above=0.0):
    """Scores for each last token, far enough apart, of which the best are neither the first nor the second."""
    scores = rng("scores", key).permuted(np.tile(np.arange(V, dtype=float), (V, 1)), axis=1)
    best = rng("best", key).integers(2, V, size=V)
    scores[np.arange(V), best] = V + 1.0
    return scores + above


def choices(found):
    """What was chosen after each call but the last, as the next call's prefix tells."""
    return [int(call["prefix"][-1]) for call in found["given"][1:]]


def wrote(found, rows):
    """Whether the result holds all that was chosen, and ends with the best of the last scores."""
    tokens = list(found["tokens"])
    return len(tokens) >= len(rows) and tokens[-1] == int(np.argmax(rows[-1])) and set(choices(found)) <= set(tokens)


def turns(order):
    """Scores, a row a call, of which the best are these tokens."""
    rows = rng("turns", *order).uniform(-1.0, 0.0, size=(len(order), V))
    rows[np.arange(len(order)), order] = 1.0
    return rows


def order_of(key, count):
    """Tokens, each another, but for 0 and 1."""
    return [int(token) for token in rng("order", key).permutation(np.arange(2, V))[:count]]


@exercise("greedy_decode", weight=2)
@pytest.mark.parametrize("above", [0.0, -50.0])
def test_best_token_each_time(ask, above):
    """The token of the highest score comes next, and what is asked next follows from it."""
    order = order_of(f"best {above}", 5)
    found = ask(probes.greedy_decode, "turn", turns(order) + above, 0, NEVER, 5)
    asked = len(found["given"])
    assert asked >= 3
    assert choices(found) == order[: asked - 1]
    assert wrote(found, turns(order)[:asked]), "The list does not hold what was chosen, or does not end with it."


@exercise("greedy_decode")
@pytest.mark.parametrize("key", ["one", "another"])
def test_start_begins_the_list(ask, key):
    """The list begins with start, what was chosen first comes second."""
    start, first, *rest = order_of(key, 5)
    tokens = ask(probes.greedy_decode, "turn", turns([first, *rest]), start, NEVER, 4)["tokens"]
    assert tokens[:2] == same_as([start, first])


@exercise("greedy_decode")
@pytest.mark.parametrize("max_len", [4, 1, 0])
def test_as_many_new_tokens_as_may_be(ask, max_len):
    """Without a stop there are max_len new tokens, and the step function is asked as often; with max_len = 0 start stands alone."""
    order = order_of("length", 5)
    found = ask(probes.greedy_decode, "turn", turns(order), 0, NEVER, max_len)
    assert len(found["given"]) == max_len
    assert list(found["tokens"])[-1] == same_as([0, *order][max_len])
    further = ask(probes.greedy_decode, "turn", turns(order[::-1]), 1, NEVER, 3)
    assert list(further["tokens"])[-1] == same_as(order[2])


@exercise("greedy_decode")
@pytest.mark.parametrize("key", ["one", "another"])
def test_whole_result(ask, key):
    """The list is start and everything that was chosen, as integers: two calls know nothing of each other."""
    for turn in ("first", "second"):
        ask.same(probes.greedy_decode, "table", table(f"{key} {turn}"), 3, NEVER, 6, dtype=True)


@exercise("greedy_decode", weight=2)
@pytest.mark.parametrize(("place", "room"), [(2, 3), (0, 5), (3, 0), (4, 4)])
def test_stop_belongs_to_the_list(ask, place, room):
    """A stop that is produced ends the list and belongs to it, and nothing is asked after it."""
    order = order_of(f"stop {place}", 5)
    found = ask(probes.greedy_decode, "turn", turns(order * 2), 0, order[place], place + 2 + room)
    assert list(found["tokens"])[-place - 1 :] == same_as(order[: place + 1])
    assert len(found["given"]) == place + 1


@exercise("greedy_decode")
@pytest.mark.parametrize("key", ["one", "another"])
def test_start_that_equals_stop_does_not_stop(ask, key):
    """A start that equals stop does not stop: stop has to be produced."""
    stop, *order = order_of(f"same {key}", 4)
    found = ask(probes.greedy_decode, "turn", turns([*order, stop, *order]), stop, stop, 7)
    assert choices(found)[:3] == order
    assert order[-1] in found["tokens"]


@exercise("greedy_decode")
@pytest.mark.parametrize("rest", [0.0, -7.0, -np.inf])
def test_ties_take_the_lowest_token(ask, rest):
    """Of tokens with the same score the lowest wins, of close scores the higher one; scores may be negative, and -inf."""
    one, other = sorted(order_of(f"tie {rest}", 2))
    tie, close = np.full((2, V), rest)
    tie[[one, other]] = close[one] = rest / 2 if np.isfinite(rest) and rest else 1.0
    close[other] = close[one] + 1e-9
    last = turns(order_of("after", 2))
    found = ask(probes.greedy_decode, "turn", np.vstack([tie, close, last]), 0, NEVER, 4)
    assert choices(found)[:2] == [one, other]
    assert {one, other} <= set(found["tokens"])


@exercise("greedy_decode", weight=2)
@pytest.mark.parametrize("scribble", [False, True])
def test_whole_prefix_each_time(ask, scribble):
    """The step function gets all tokens so far, start included, as an integer array that is its own: it may write into it."""
    order = order_of("prefix", 5)
    found = ask(probes.greedy_decode, "turn", turns(order), 1, NEVER, 5, scribble)
    assert len(found["given"]) >= 3
    for call, asked in enumerate(found["given"]):
        assert asked == {"integers": True, "prefix": same_as(np.array([1, *order[:call]]))}
    assert wrote(found, turns(order)[: len(found["given"])]), "The list does not hold what was chosen, or does not end with it."
