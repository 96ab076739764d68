"""Questions about `attention`. All that a submission ever sees of its hidden tests."""

import numpy as np
import torch


def differ(given, before):
    return not all(np.array_equal(one, kept) for one, kept in zip(given, before, strict=True))


def watched(function, *arguments):
    """What a function answers, and whether it changed one of the arrays that it was given; an argument of None is left out."""
    arguments = [argument for argument in arguments if argument is not None]
    before = [np.array(argument) for argument in arguments]
    with np.errstate(all="ignore"):
        answer = function(*arguments)
    return {"changed": differ(arguments, before), "answer": answer}


def several(function, *arguments):
    """The same of a function that gives several arrays."""
    found = watched(function, *arguments)
    return {"changed": found["changed"], "answer": list(found["answer"])}


def refusal(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        return error


# ------------------------------------------------------------------------------------------------ embedding


def embed(m, ids, E):
    return watched(m.embed, ids, E)


def embed_backward(m, dout, ids, V):
    return watched(m.embed_backward, dout, ids, V)


def embed_twice(m, ids, E, dout):
    """The table again after each of two calls: gradients of one call are not added to those of another."""
    first = np.array(m.embed_backward(dout=dout, ids=ids, V=len(E)))
    again = np.array(m.embed_backward(2.0 * dout, ids, len(E)))
    return {"out": m.embed(ids=ids, E=E), "first": first, "again": again}


# ------------------------------------------------------------------------------------------------ positional_encoding


def encoding(m, n, d):
    return m.sinusoidal_encoding(n, d)


def odd_encoding(m, n, d):
    """A refusal, then a valid use."""
    return {"refused": refusal(m.sinusoidal_encoding, n, d), "valid": m.sinusoidal_encoding(n=n, d=d + 1)}


# ------------------------------------------------------------------------------------------------ importance_scores


def importance(m, X):
    return watched(m.importance_scores, X)


# ------------------------------------------------------------------------------------------------ attention


def attention(m, Q, K, V, mask=None):
    return several(m.attention, Q, K, V, mask)


def attention_by_keyword(m, Q, K, V, mask):
    return list(m.attention(mask=mask, V=V, Q=Q, K=K))


def attention_backward(m, dout, Q, K, V, mask=None):
    return several(m.attention_backward, dout, Q, K, V, mask)


# ------------------------------------------------------------------------------------------------ masks


def padding(m, lengths, M):
    return watched(m.padding_mask, lengths, M)


def causal(m, N):
    return m.causal_mask(N)


def both_masks(m, lengths, M):
    """The two masks together, as a decoder uses them."""
    return np.array(m.padding_mask(lengths, M)) & np.array(m.causal_mask(M))


# ------------------------------------------------------------------------------------------------ heads


def split(m, x, h):
    return watched(lambda given: m.split_heads(given, h), x)


def merge(m, x):
    return watched(m.merge_heads, x)


def there_and_back(m, x, h):
    """The heads of a table, put together again; and what a head becomes when only that one is changed in between."""
    heads = np.array(m.split_heads(x, h))
    back = np.array(m.merge_heads(heads))
    marked = heads.copy()
    marked[:, -1] += 1.0
    return {"back": back, "moved": np.array(m.merge_heads(marked)) - back}


def uneven_heads(m, x, h, valid):
    """A refusal, then a valid use."""
    before = x.copy()
    refused = refusal(m.split_heads, x, h)
    return {"refused": refused, "valid": m.split_heads(x, valid), "changed": differ((x,), (before,))}


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


def detached(answer):
    return answer.detach() if isinstance(answer, torch.Tensor) else answer


def parameter_shapes(m, d, h):
    """The parameters of a module, and the shapes of what it answers."""
    module = float64(lambda: m.MultiHeadAttention(d, h))
    out, weights = module.eval()(*(torch.ones(2, n, d, dtype=torch.float64) for n in (3, 4, 4)))
    shapes = {name: list(parameter.shape) for name, parameter in module.named_parameters(remove_duplicate=False)}
    return {"parameters": shapes, "shapes": [list(out.shape), list(weights.shape)]}


def multi_head(m, d, h, parameters, q, k, v, mask=None):
    module = loaded(m, d, h, parameters)
    before = [None if array is None else array.copy() for array in (q, k, v, mask)]
    given = tensors(q, k, v, mask)
    with torch.no_grad():
        out, weights = module(*given[: 3 if mask is None else 4])
    changed = differ([tensor.numpy() for tensor in given if tensor is not None], [array for array in before if array is not None])
    return {"changed": changed, "out": detached(out), "weights": detached(weights)}


def multi_head_gradients(m, d, h, parameters, q, k, v, dout, mask=None):
    """Gradients of the sum of out * dout, for the inputs and for every parameter."""
    module = loaded(m, d, h, parameters)
    q, k, v, dout, mask = tensors(q, k, v, dout, mask)
    for leaf in (q, k, v):
        leaf.requires_grad_()
    out, _ = module(q, k, v, mask=mask)
    (out * dout).sum().backward()
    leaves = {"q": q, "k": k, "v": v, **dict(module.named_parameters(remove_duplicate=False))}
    return {name: leaf.grad for name, leaf in leaves.items()}


def uneven_multi_head(m, d, h, valid):
    """A refusal, then a valid use."""
    refused = refusal(lambda: type(m.MultiHeadAttention(d, h)).__name__)
    module = float64(lambda: m.MultiHeadAttention(d, valid))
    out, weights = module(*(torch.ones(1, n, d, dtype=torch.float64) for n in (2, 3, 3)))
    return {"refused": refused, "shapes": [list(out.shape), list(weights.shape)]}


# ------------------------------------------------------------------------------------------------ cross_attention


def recorder(seen):
    """Stands in for multi-head attention: keeps what it is given, and answers a pair of what it is not."""

    def mha(q, k, v, mask=None):
        seen.append({"q": q.clone(), "k": k.clone(), "v": v.clone(), "mask": mask if mask is None else mask.clone()})
        out = 2.0 * q + k.sum(dim=1, keepdim=True) - 3.0 * v.mean(dim=1, keepdim=True)
        weights = torch.stack([q @ k.transpose(1, 2), q.cos() @ v.transpose(1, 2)], dim=1)
        return out, weights if mask is None else weights * mask

    return mha


def cross(m, x, memory, mask=None):
    """What multi-head attention was asked for, and what came of it."""
    seen = []
    given = tensors(x, memory, mask)
    before = [array.clone() for array in given if array is not None]
    answer = m.cross_attend(recorder(seen), *given[: 2 if mask is None else 3])
    changed = any(not torch.equal(one, kept) for one, kept in zip([array for array in given if array is not None], before, strict=True))
    return {"changed": changed, "seen": seen, "answer": [detached(part) for part in answer]}


# ------------------------------------------------------------------------------------------------ layer_norm


def norm(m, x, gain, bias, eps=None):
    return watched(m.layer_norm, x, gain, bias, eps)


def norm_backward(m, dout, x, gain, eps=None):
    return several(m.layer_norm_backward, dout, x, gain, eps)
