"""Questions about `attention`. All that a submission ever sees of its hidden tests."""

import contextlib
import math

import numpy as np
import torch


def differ(given, before):
    return not all(np.array_equal(one, kept) for one, kept in zip(given, before, strict=True))


def refusal(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        return error


@contextlib.contextmanager
def standing_in(m, **functions):
    """These functions of the module are others for a while."""
    kept = {name: getattr(m, name) for name in functions if hasattr(m, name)}
    vars(m).update(functions)
    try:
        yield
    finally:
        vars(m).update(kept)


# ------------------------------------------------------------------------------------------------ any function


def answer(m, name, *arguments):
    """What a function of arrays makes of its arguments; those that are None at the end are left out."""
    while arguments and arguments[-1] is None:
        arguments = arguments[:-1]
    with np.errstate(all="ignore"):
        found = getattr(m, name)(*arguments)
    return list(found) if isinstance(found, tuple) else found


def part(m, name, place, count, *arguments):
    """One of several results, if there are as many."""
    found = answer(m, name, *arguments)
    return found[place] if len(found) == count else found


def untouched(m, name, *arguments):
    """What a function answers, and whether an array that came in is another afterwards."""
    arrays = [argument for argument in arguments if isinstance(argument, np.ndarray)]
    before = [array.copy() for array in arrays]
    found = answer(m, name, *arguments)
    return {"changed": differ(arrays, before), "answer": found}


def again(m, name, first, second):
    """One after the other, and the first once more; all that was answered is looked at in the end."""
    return [answer(m, name, *arguments) for arguments in (first, second, first)]


def refused(m, name, bad, good):
    """A refusal, then a valid use."""
    return {"refused": refusal(getattr(m, name), *bad), "valid": getattr(m, name)(*good)}


class Counted:
    """A function of entries, and how many went through it."""

    def __init__(self, function, size=None):
        self.function = function
        self.size = size or (lambda *arguments: max(np.size(argument) for argument in arguments))
        self.entries = 0

    def __call__(self, *arguments, **named):
        self.entries += self.size(*arguments)
        return self.function(*arguments, **named)

    def __getattr__(self, name):
        return getattr(self.function, name)


@contextlib.contextmanager
def counting(names):
    """These functions of numpy and math, counted for a while."""
    places = [(module, name) for module in (np, math) for name in names if hasattr(module, name)]
    counted = [Counted(getattr(module, name)) for module, name in places]
    for (module, name), function in zip(places, counted, strict=True):
        setattr(module, name, function)
    try:
        yield counted
    finally:
        for (module, name), function in zip(places, counted, strict=True):
            setattr(module, name, function.function)


def exponentials_back(m, dout, Q, K, V):
    """How many entries go through exponential functions for the gradients of attention."""
    with counting(["exp", "exp2", "expm1", "logaddexp"]) as counted:
        m.attention_backward(dout, Q, K, V)
    return sum(function.entries for function in counted)


def normalised_back(m, dout, x, gain):
    """How many numbers are normalised for the gradients of layer_norm: rows of which a deviation is computed, times their length."""
    norm = Counted(m.layer_norm, size=lambda x, *more: np.size(x))
    rows = ["sqrt", "std", "var"]
    with standing_in(m, layer_norm=norm), counting(rows) as counted:
        m.layer_norm_backward(dout, x, gain)
    roots, deviations = counted[0].entries + counted[-1].entries, sum(function.entries for function in counted[1:-1])
    return norm.entries + deviations + roots * x.shape[-1]


# ------------------------------------------------------------------------------------------------ positional_encoding


def sorted_encoding(m, n, d):
    """All numbers of the table in order, wherever they stand."""
    return np.sort(m.sinusoidal_encoding(n, d), axis=None)


def columns(m, n, d, first):
    """Every other column."""
    return m.sinusoidal_encoding(n, d)[:, first::2]


# ------------------------------------------------------------------------------------------------ attention


def attention_by_keyword(m, Q, K, V, mask):
    return list(m.attention(mask=mask, V=V, Q=Q, K=K))


def gradients(m, which, dout, Q, K, V, mask=None):
    """Some of the three gradients, by their places."""
    found = answer(m, "attention_backward", dout, Q, K, V, mask)
    return [found[place] for place in which] if len(found) == 3 else found


def gradients_with_other_weights(m, weights, which, dout, Q, K, V, mask=None):
    """The same where attention answers with these weights, and what it was asked."""
    asked = []

    def attention(Q, K, V, mask=None):
        asked.append([np.array(array) for array in (Q, K, V)] + [mask if mask is None else np.array(mask)])
        return weights @ V, weights.copy()

    with standing_in(m, attention=attention):
        found = refusal(gradients, m, which, dout, Q, K, V, mask)
    return {"asked": asked, "answer": found}


# ------------------------------------------------------------------------------------------------ masks


def both_masks(m, lengths, M):
    """The two masks together, as a decoder uses them."""
    return np.array(m.padding_mask(lengths, M)) & np.array(m.causal_mask(M))


# ------------------------------------------------------------------------------------------------ heads


def there_and_back(m, x, h):
    """The heads of a table, put together again; and what a head becomes when only that one is changed in between."""
    heads = np.array(m.split_heads(x, h))
    back = np.array(m.merge_heads(heads))
    marked = heads.copy()
    marked[:, -1] += 1.0
    return {"back": back, "moved": np.array(m.merge_heads(marked)) - back}


# ------------------------------------------------------------------------------------------------ multi_head


def float64(build):
    """What is built while float64 is torch's default."""
    kept = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        return build()
    finally:
        torch.set_default_dtype(kept)


def loaded(m, d, h, parameters):
    """A module with these parameters, by name."""
    module = float64(lambda: m.MultiHeadAttention(d, h))
    module.load_state_dict({name: torch.from_numpy(array) for name, array in parameters.items()}, strict=False)
    return module.eval()


def tensors(*arrays):
    return [None if array is None else torch.from_numpy(array.copy()) for array in arrays]


def parameter_shapes(m, d, h):
    """The parameters of a module, and the shapes of what it answers."""
    module = float64(lambda: m.MultiHeadAttention(d, h))
    out, weights = module.eval()(*(torch.ones(2, n, d, dtype=torch.float64) for n in (3, 4, 4)))
    shapes = {name: list(parameter.shape) for name, parameter in module.named_parameters(remove_duplicate=False)}
    return {"parameters": shapes, "shapes": [list(out.shape), list(weights.shape)]}


def multi_head(m, d, h, parameters, q, k, v, mask=None):
    """Output and weights; the mask, if any, is given by its place."""
    module = loaded(m, d, h, parameters)
    with torch.no_grad():
        out, weights = module(*tensors(q, k, v, mask)[: 3 if mask is None else 4])
    return {"out": out, "weights": weights}


def head_weights(m, d, h, parameters, q, k, v, mask=None):
    return multi_head(m, d, h, parameters, q, k, v, mask)["weights"]


def untouched_multi_head(m, d, h, parameters, q, k, v, mask):
    """Output and weights, and whether a tensor that came in is another afterwards."""
    module, given = loaded(m, d, h, parameters), tensors(q, k, v, mask)
    with torch.no_grad():
        found = module(*given)
    return {"changed": differ([tensor.numpy() for tensor in given], [q, k, v, mask]), "answer": list(found)}


def multi_head_again(m, d, h, parameters, first, second):
    """The outputs of one module, asked three times; all that was answered is looked at in the end."""
    module = loaded(m, d, h, parameters)
    with torch.no_grad():
        return [module(*tensors(*given))[0] for given in (first, second, first)]


def multi_head_gradients(m, d, h, parameters, q, k, v, dout, names, mask=None):
    """Gradients of the sum of out * dout, for those of the inputs and the parameters that have these names."""
    module = loaded(m, d, h, parameters)
    q, k, v, dout, mask = tensors(q, k, v, dout, mask)
    for leaf in (q, k, v):
        leaf.requires_grad_()
    out, _ = module(q, k, v, mask=mask)
    (out * dout).sum().backward()
    leaves = {"q": q, "k": k, "v": v, **dict(module.named_parameters(remove_duplicate=False))}
    return {name: leaves[name].grad for name in names}


def uneven_multi_head(m, d, h, valid):
    """A refusal, then a valid use."""
    refused = refusal(lambda: type(m.MultiHeadAttention(d, h)).__name__)
    module = float64(lambda: m.MultiHeadAttention(d, valid))
    out, weights = module(*(torch.ones(1, n, d, dtype=torch.float64) for n in (2, 3, 3)))
    return {"refused": refused, "shapes": [list(out.shape), list(weights.shape)]}


# ------------------------------------------------------------------------------------------------ cross_attention


def cross(m, x, memory, out, weights, mask=None):
    """What multi-head attention was asked, in whose place stands something that answers `out` and `weights`; and what came of it."""
    seen = []

    def mha(q, k, v, mask=None):
        seen.append({"q": q.clone(), "k": k.clone(), "v": v.clone(), "mask": mask if mask is None else mask.clone()})
        return tuple(tensors(out, weights))

    given = tensors(x, memory, mask)
    answer = m.cross_attend(mha, *given[: 2 if mask is None else 3])
    return {"seen": seen, "answer": list(answer) if isinstance(answer, (tuple, list)) else [answer]}
