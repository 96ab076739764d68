"""Questions about `backprop`. All that a submission ever sees of its hidden tests."""

import inspect
import json
import math
import operator
import os
import random
import sys
import tempfile

OPERATORS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": operator.pow}

FUNCTIONS = {
    "square": lambda x: x[0] ** 2,
    "product": lambda x: x[0] ** 2 * x[1] - 3.0 * x[2],
    "cubes": lambda x: x[0] ** 3 + 2.0 * x[1] ** 3,
    "fast wave": lambda x: math.sin(1e5 * x[0]) / 1e5,
    "mixed": lambda x: math.exp(x[0]) * x[1] + math.sin(x[2] * x[3]) - x[0] / x[3],
}


# ------------------------------------------------------------------------------------------------ numerical_gradient


def numerical_gradient(m, name, x, h=None):
    return m.numerical_gradient(FUNCTIONS[name], x) if h is None else m.numerical_gradient(FUNCTIONS[name], x, h)


def point_while_measuring(m, x):
    """What f finds in the caller's own list each time that it is called, and what is in it afterwards."""
    before = list(x)
    changed = []

    def f(point):
        changed.append(list(x) != before)
        return point[0] * point[1] + point[2] ** 2

    gradient = m.numerical_gradient(f, x)
    return {"gradient": gradient, "asked": len(changed) > 0, "changed": any(changed) or list(x) != before}


# ------------------------------------------------------------------------------------------------ gradients


def gradients(root, leaves):
    """The gradient of root at each leaf: from the pairs in `parents`, or by the submission's own `backward`.

    The notebook gives the pairs as its way of remembering, and then a wrong `backward` spoils nothing here. A solution that
    remembers in another way is as good: where the pairs do not lead to every leaf, `backward` is asked.
    """
    recorded = over_paths(root, leaves)
    if recorded is not None:
        return recorded
    root.backward()
    return [leaf.grad for leaf in leaves]


def over_paths(root, leaves):
    total = {id(leaf): None for leaf in leaves}
    walks = [(root, 1.0)]
    for _ in range(64):  # the graphs of these probes are small
        if not walks:
            break
        node, product = walks.pop()
        if id(node) in total:
            total[id(node)] = (total[id(node)] or 0.0) + product
        try:
            for operand, local in tuple(node.parents):
                if not hasattr(operand, "value"):
                    return None
                walks.append((operand, product * (local + 0.0)))
        except (AttributeError, TypeError, ValueError):
            return None
    found = [total[id(leaf)] for leaf in leaves]
    return None if walks or None in found else found


# ------------------------------------------------------------------------------------------------ node_arithmetic


def values(m, sign, a, b):
    """The operation between two nodes, a node and a number, a number and a node."""
    apply = OPERATORS[sign]
    return {"nodes": apply(m.Node(a), m.Node(b)).value, "number right": apply(m.Node(a), b).value, "number left": apply(a, m.Node(b)).value}


def two_nodes(m, sign, a, b):
    left, right = m.Node(a), m.Node(b)
    return gradients(OPERATORS[sign](left, right), [left, right])


def number_on_one_side(m, sign, a, b):
    left, right = m.Node(a), m.Node(b)
    return {
        "number right": gradients(OPERATORS[sign](left, b), [left]),
        "number left": gradients(OPERATORS[sign](a, right), [right]),
    }


def negation(m, a):
    node = m.Node(a)
    result = -node
    return {"value": result.value, "gradient": gradients(result, [node])}


def number_power(m, a, n):
    node = m.Node(a)
    result = node**n
    return {"value": result.value, "gradient": gradients(result, [node])}


def expression(m, x):
    """Several operators, in one line of Python."""
    a, b, c = (m.Node(value) for value in x)
    y = (2 - a) * b / (c + 1) - 3 / b + c**2 - (-a)
    return y.value


def floats(m, value):
    """Whether everything that a node holds is a float, also where it was made of ints."""
    node, same = m.Node(value, "n", False), m.Node(value)
    kinds = {}
    for text, x in {
        "node": node,
        "sum": node + 1,
        "product": 2 * node,
        "power": node**2,
        "quotient": node / node,
        "negative": -node,
    }.items():
        kinds[text] = [type(x.value) is float or repr(type(x.value)), type(x.grad) is float or repr(type(x.grad)), x.value, x.grad]
    return {"kinds": kinds, "name": node.name, "requires": [node.requires_grad, same.requires_grad], "unnamed": same.name}


def keyword_arguments(m):
    node = m.Node(value=2.5, name="weight", requires_grad=False)
    return {"value": node.value, "name": node.name, "requires_grad": node.requires_grad, "doubled": (node + node).value}


def value_of_wrong_kind(m, kind):
    """What is no number is refused; numbers before and after it are not."""
    wrong = {"text": "2", "None": None, "bool": True, "list": [2.0], "complex": 2 + 1j, "node": m.Node(2.0)}[kind]
    before = m.Node(3) + 1
    try:
        refused = m.Node(wrong).value
    except Exception as error:
        refused = error
    return {"refused": refused, "before": before.value, "after": (m.Node(4) * 2).value}


def operand_of_wrong_kind(m, sign, kind, left):
    wrong = {"text": "2", "None": None}[kind]
    node = m.Node(3.0)
    apply = OPERATORS[sign]
    try:
        refused = apply(wrong, node) if left else apply(node, wrong)
    except Exception as error:
        refused = error
    return {"refused": refused, "valid": apply(node, 2).value, "operand": [node.value, node.grad]}


def refusal(m, sign, a, b, nodes):
    """An operation that is refused, then the same one with numbers that it takes, and the operands afterwards."""
    apply = OPERATORS[sign]
    left = m.Node(a) if "left" in nodes else a
    right = m.Node(b) if "right" in nodes else b
    try:
        refused = apply(left, right).value
    except Exception as error:
        refused = error
    after = [x.value for x in (left, right) if not isinstance(x, (int, float))]
    return {"refused": refused, "valid": apply(m.Node(4.0), m.Node(0.5)).value, "after": after}


def operands_afterwards(m, a, b):
    left, right = m.Node(a, "left"), m.Node(b, "right", False)
    kept = left
    found = [left + right, left - right, left * right, left / right, left**2, -left, 1 + left, 3 - left, 2 * left, 5 / left]
    running = left
    running += 1.0
    running *= 2.0
    return {
        "results": [x.value for x in found],
        "running": running.value,
        "new": all(x is not left and x is not right for x in [*found, running]),
        "changed": [kept.value, kept.grad, kept.name, kept.requires_grad, right.value, right.grad, right.name, right.requires_grad],
    }


def requires(m, sign, a, b):
    """Whether the result requires a gradient, for each way that its operands can."""
    apply = OPERATORS[sign]
    found = {}
    for left in (True, False):
        for right in (True, False):
            found[f"{left} {right}"] = apply(m.Node(a, requires_grad=left), m.Node(b, requires_grad=right)).requires_grad
        found[f"{left} number"] = apply(m.Node(a, requires_grad=left), b).requires_grad
        found[f"number {left}"] = apply(a, m.Node(b, requires_grad=left)).requires_grad
        found[f"-{left}"] = (-m.Node(a, requires_grad=left)).requires_grad
    return found


# ------------------------------------------------------------------------------------------------ node_functions


def function(m, method, x, arguments=()):
    node = m.Node(x)
    result = getattr(node, method)(*arguments)
    return {
        "value": result.value,
        "gradient": gradients(result, [node]),
        "new": result is not node,
        "operand": [node.value, node.requires_grad],
    }


def clip(m, x, bounds):
    node = m.Node(x)
    result = node.clip(**bounds)
    return {"value": result.value, "gradient": gradients(result, [node]), "operand": node.value}


def function_of_result(m, method, x):
    """The function of something that was computed, and something computed from it."""
    node = m.Node(x)
    result = getattr(node * 0.5, method)() + 1
    return {"value": result.value, "gradient": gradients(result, [node])}


def function_refusal(m, method, x, arguments, valid):
    node = m.Node(x)
    try:
        refused = getattr(node, method)(*arguments).value
    except Exception as error:
        refused = error
    return {"refused": refused, "valid": getattr(m.Node(2.0), method)(*valid).value, "operand": node.value}


def function_requires(m, method):
    results = [getattr(m.Node(0.5, requires_grad=wanted), method)() for wanted in (True, False)]
    return {"requires": [x.requires_grad for x in results], "values": [x.value for x in results]}


# ------------------------------------------------------------------------------------------------ node_backward


def reused_node(m, x):
    node = m.Node(x)
    y = node * node + node
    y.backward()
    return {"value": y.value, "gradient": node.grad}


def shared_result(m, x):
    """(3x)^2, where 3x is used twice."""
    node = m.Node(x)
    u = 3 * node
    (u * u).backward()
    return node.grad


def graph(m, leaves, steps):
    """Nodes of a graph: the leaves, then one for each step (sign, index of the left operand, index of the right one)."""
    nodes = [m.Node(value, requires_grad=wanted) for value, wanted in leaves]
    for sign, left, right in steps:
        nodes.append(OPERATORS[sign](nodes[left], nodes[right]))
    return nodes


def graph_gradients(m, leaves, steps):
    """Gradients of the last node at every node of the graph, after one call."""
    nodes = graph(m, leaves, steps)
    nodes[-1].backward()
    return {
        "values": [node.value for node in nodes],
        "gradients": [node.grad for node in nodes],
        "floats": all(type(node.grad) is float for node in nodes),
    }


def graph_order(m, leaves, steps):
    """Where each node of the graph stands in the order: -1 when it is not there; and the last place."""
    nodes = graph(m, leaves, steps)
    nodes[-1] + 1  # a result of the root is not one of the nodes that it was made from
    places = {}
    order = m.topological_order(nodes[-1])
    for place, node in enumerate(order):
        places.setdefault(id(node), []).append(place)
    last = len(order) - 1
    return {"places": [places.get(id(node), []) for node in nodes], "last": last, "twice": sum(len(found) > 1 for found in places.values())}


def order_of_leaf(m, x):
    node = m.Node(x)
    order = m.topological_order(node)
    return {"length": len(order), "same": order[0] is node, "value": order[0].value}


def calls(m, leaves, steps, times):
    """Gradients of the leaves after several calls from the same root, call by call."""
    nodes = graph(m, leaves, steps)
    found = []
    for _ in range(times):
        nodes[-1].backward()
        found.append([node.grad for node in nodes[: len(leaves)]])
    return found


def leaf_as_root(m, x):
    node = m.Node(x)
    found = []
    for _ in range(3):
        node.backward()
        found.append(node.grad)
    node.zero_grad()
    found.append(node.grad)
    return found


def two_roots(m, a, b):
    """Two results with a common part, each asked for its gradients; then the part itself."""
    x, y = m.Node(a), m.Node(b)
    shared = x * y
    first, second = shared + x, shared * shared
    found = []
    for root in (first, second, shared):
        root.backward()
        found.append([x.grad, y.grad])
    return found


def constants(m, a, b):
    """Nodes that require no gradient keep theirs; the others get it."""
    x, constant = m.Node(a), m.Node(b, requires_grad=False)
    unwanted = constant * 2
    y = x * constant + unwanted * x + unwanted
    y.backward()
    return {"x": x.grad, "constant": constant.grad, "unwanted": unwanted.grad, "root": y.grad}


def root_without_gradient(m, a, b):
    constant, x = m.Node(a, requires_grad=False), m.Node(b)
    root = constant * 2
    used = root * x
    used.backward()
    before = [x.grad, root.grad, constant.grad]
    refused = []
    for node in (root, constant):
        try:
            refused.append(node.backward())
        except Exception as error:
            refused.append(error)
    after = [x.grad, root.grad, constant.grad]
    used.backward()
    return {"refused": refused, "before": before, "after": after, "again": x.grad}


def cleared(m, leaves, steps):
    """All gradients before and after zero_grad, then the leaves' after another backward."""
    nodes = graph(m, leaves, steps)
    nodes[-1].backward()
    nodes[-1].backward()
    before = [node.grad for node in nodes[: len(leaves)]]
    nodes[-1].zero_grad()
    after = [node.grad for node in nodes]
    nodes[-1].backward()
    return {"before": before, "after": after, "again": [node.grad for node in nodes], "values": [node.value for node in nodes]}


def cleared_from_within(m, a, b):
    """zero_grad of a part leaves what is not reachable from it."""
    x, y = m.Node(a), m.Node(b)
    part = x * y
    root = part + y * y
    other = y + 1
    root.backward()
    whole = [x.grad, y.grad, root.grad, part.grad]
    (x * 2).zero_grad()
    after = [x.grad, y.grad, root.grad, part.grad, other.grad]
    return {"whole": whole, "after": after}


def long_sum(m, x, terms):
    """A sum of many terms: gradient, length of the order, gradient after clearing."""
    node = m.Node(x)
    total = node
    for _ in range(terms - 1):
        total = total + node
    total.backward()
    gradient = node.grad
    order = m.topological_order(total)
    total.zero_grad()
    return {
        "value": total.value,
        "gradient": gradient,
        "long enough": len(order) >= terms,
        "last": order[-1] is total,
        "cleared": node.grad,
    }


def doubled(m, x, times):
    """x + x, and that added to itself, and so on: 2 ** times paths, but 2 * times arrows."""
    node = m.Node(x)
    last = node
    for _ in range(times):
        last = last + last
    order = m.topological_order(last)
    last.backward()
    gradient = node.grad
    last.zero_grad()
    return {"gradient": gradient, "few": times < len(order) <= 10 * times, "cleared": node.grad}


# ------------------------------------------------------------------------------------------------ graph_to_dot


def dot(m, leaves, steps, backward, options):
    """The graph of the last result as text. leaves: (name, value, requires_grad); steps: (sign or method, index of each operand)."""
    nodes = [m.Node(value, name, wanted) for name, value, wanted in leaves]
    for what, *operands in steps:
        first, *others = (nodes[index] for index in operands)
        nodes.append(OPERATORS[what](first, *others) if what in OPERATORS else getattr(first, what)(*others))
    nodes[-1] + nodes[0]  # a result of the root is not one of the nodes that it was made from
    if backward:
        nodes[-1].backward()
    return [m.to_dot(nodes[-1], **chosen) for chosen in options]


# ------------------------------------------------------------------------------------------------ tensor_data


def mapped(data, function):
    return [mapped(part, function) for part in data] if isinstance(data, list) else function(data)


def signs(data):
    """-1, 0 or 1 for each entry, and 0 for nan: what can be said of numbers without saying which they are."""
    return mapped(data, lambda number: int(number > 0) - int(number < 0))


def only_floats(data):
    return all(map(only_floats, data)) if type(data) is list else type(data) is float


def refused(action):
    try:
        return action()
    except Exception as error:
        return error


def shapes(m, given):
    """Asked for all tensors when all are made."""
    tensors = [m.Tensor(data) for data in given]
    return [[tensor.shape, type(tensor.shape) is tuple, signs(tensor.data)] for tensor in tensors]


def held(m, given):
    """What was given in, what the tensors hold, and whether they hold plain floats; asked for all tensors when all are made."""
    tensors = [m.Tensor(data) for data in given]
    return {"data": [tensor.data for tensor in tensors], "floats": [only_floats(tensor.data) for tensor in tensors], "given": given}


def fresh_gradients(m, given):
    tensors = [m.Tensor(data) for data in given]
    return [[tensor.grad, only_floats(tensor.grad), signs(tensor.data)] for tensor in tensors]


def wishes(m, data):
    """requires_grad of tensors by position, by keyword and by default."""
    tensors = [m.Tensor(data, False), m.Tensor(data), m.Tensor(data=data, requires_grad=False), m.Tensor(data, True)]
    return [[tensor.requires_grad for tensor in tensors], signs(tensors[0].data), tensors[2].shape]


def data_refused(m, wrong, right):
    return {
        "refused": [refused(lambda data=data: m.Tensor(data).shape) for data in wrong],
        "right": [[tensor.shape, signs(tensor.data)] for tensor in map(m.Tensor, right)],
    }


def assigned(m, name, data, news):
    """Data and gradient after each assignment to one of them, and those of another tensor that was made of the same lists."""
    tensor, other = m.Tensor(data), m.Tensor(data)
    found = []
    for new in news:
        setattr(tensor, name, new)
        found.append([tensor.data, tensor.grad, only_floats(getattr(tensor, name)), tensor.shape])
    return {"found": found, "other": [other.data, other.grad]}


def assignment_refused(m, name, data, wrong):
    """What comes of assigning other shapes, whether anything changed, and the signs of what is there."""
    tensor = m.Tensor(data)
    tensor.grad = data
    before = [tensor.data, tensor.grad, tensor.shape]
    answers = [refused(lambda new=new: setattr(tensor, name, new)) for new in wrong]
    return {"refused": answers, "kept": before == [tensor.data, tensor.grad, tensor.shape], "signs": signs(getattr(tensor, name))}


def single_entries(m, given):
    tensors = [m.Tensor(data) for data in given]
    return [[tensor.item(), type(tensor.item()) is float] for tensor in tensors]


def item_refused(m, data, one):
    """item() of several entries; and whether what it gives of one has the sign of that."""
    return {"refused": [refused(m.Tensor(part).item) for part in data], "one": signs(m.Tensor(one).item())}


def detached(m, data, new):
    """A copy, the tensor and the copy after each was given other data."""
    tensor = m.Tensor(data)
    copy = tensor.detach()
    kinds = [type(copy) is type(tensor), copy is tensor, copy.requires_grad, tensor.requires_grad]
    found = [copy.shape, copy.data, copy.grad]
    tensor.data = new
    tensor.grad = new
    found.append([copy.data, copy.grad])
    copy.data = data
    return {"kinds": kinds, "copy": found, "tensor": [tensor.data, tensor.grad]}


def cleared_gradients(m, data, gradient):
    """Gradients and data before and after zero_grad, twice; and those of a tensor that was not asked."""
    tensor, other = m.Tensor(data), m.Tensor(data)
    found = []
    for _ in range(2):
        tensor.grad = other.grad = gradient
        before = signs(tensor.grad)
        tensor.zero_grad()
        found.append([before, tensor.grad, only_floats(tensor.grad), signs(tensor.data), signs(other.grad)])
    return found


# ------------------------------------------------------------------------------------------------ tensor_arithmetic


def elementwise(m, sign, pairs):
    """Shapes and values of an operation on pairs of tensors, read when all are computed; and the operands afterwards."""
    operands = [(m.Tensor(left), m.Tensor(right)) for left, right in pairs]
    results = [OPERATORS[sign](a, b) for a, b in operands]
    return {
        "results": [[result.shape, result.data, only_floats(result.data)] for result in results],
        "operands": [[a.data, b.data, signs(a.grad), signs(b.grad)] for a, b in operands],
    }


def slopes(m, sign, pairs):
    """Gradients of both operands of an operation; pairs: left, right, and the gradient at the result."""
    found = []
    for left, right, gradient in pairs:
        a, b = m.Tensor(left), m.Tensor(right)
        OPERATORS[sign](a, b).backward(gradient)
        found.append([a.grad, b.grad, only_floats(a.grad)])
    return found


def beside_number(m, sign, data, numbers):
    """Values of an operation with a number on either side."""
    tensor = m.Tensor(data)
    results = [pair for number in numbers for pair in (OPERATORS[sign](tensor, number), OPERATORS[sign](number, tensor))]
    return [[result.shape, result.data] for result in results]


def slopes_beside_number(m, sign, data, numbers, gradient):
    found = []
    for number in numbers:
        a, b = m.Tensor(data), m.Tensor(data)
        OPERATORS[sign](a, number).backward(gradient)
        OPERATORS[sign](number, b).backward(gradient)
        found.append([a.grad, b.grad])
    return found


def powers(m, data, exponents, gradient):
    found = []
    for n in exponents:
        x = m.Tensor(data)
        result = x**n
        result.backward(gradient)
        found.append([result.shape, result.data, x.grad, x.data])
    return found


def negated(m, data, gradient):
    x = m.Tensor(data)
    result = -x
    result.backward(gradient)
    return [result.shape, result.data, x.grad, x.data]


def broadcast_refused(m, sign, wrong, right):
    apply = OPERATORS[sign]
    return {
        "refused": [refused(lambda a=a, b=b: apply(m.Tensor(a), m.Tensor(b)).shape) for a, b in wrong],
        "right": [[result.shape, signs(result.data)] for result in (apply(m.Tensor(a), m.Tensor(b)) for a, b in right)],
    }


def shared_tensors(m, data, gradient):
    """(3x)^2, where 3x is used twice, and y * y + y."""
    x, y = m.Tensor(data), m.Tensor(data)
    u = 3 * x
    (u * u).backward(gradient)
    (y * y + y).backward(gradient)
    return [x.grad, y.grad]


def tensor_graph(m, a, b, c, gradient):
    """Tensors used several times, by results of other shapes; the gradients of all, after one call."""
    a, b, c = m.Tensor(a), m.Tensor(b), m.Tensor(c)
    u = a * b - c
    v = u * u + b / c
    w = (v - u) * a / (2 + c * c)
    y = w * v + (-u) ** 3 - b
    y.backward(gradient)
    return {"value": y.data, "leaves": [a.grad, b.grad, c.grad], "between": [u.grad, v.grad, w.grad], "root": y.grad}


def tensor_calls(m, a, b, gradients):
    """Gradients of the leaves after calls from one root, then from another that shares a part with it, then from a leaf."""
    x, y = m.Tensor(a), m.Tensor(b)
    shared = x * y
    first, second = shared * shared, shared - y
    found = []
    for root, gradient in zip((first, first, first, second), gradients, strict=True):
        root.backward(gradient)
        found.append([x.grad, y.grad])
    for _ in range(2):
        x.backward(mapped(a, lambda number: number * 0.5))
        found.append(x.grad)
    return found


def roots_of_one_entry(m, numbers):
    """backward() without a gradient, and with one; the number of axes does not matter."""
    found = []
    for number in numbers:
        for data in (number, [number], [[number]]):
            x, y = m.Tensor(data), m.Tensor(data)
            (x * x).backward()
            (y * y).backward(mapped(data, lambda number: 2.5))
            found.append([x.grad, y.grad])
    leaf = m.Tensor(numbers[0])
    leaf.backward()
    return [found, leaf.grad]


def requires_of_tensors(m, a, b):
    """What requires a gradient, for each way in which the operands do."""
    wanted, fixed = m.Tensor(a), m.Tensor(b, requires_grad=False)
    unwanted = fixed * 2 + fixed
    results = [wanted * fixed, fixed - wanted, wanted / wanted, 2 - wanted, wanted**2, -wanted, unwanted * wanted]
    none = [unwanted, fixed * fixed, fixed * 3, 3 - fixed, 3 / fixed, -fixed, fixed**2]
    return {"wanted": [x.requires_grad for x in results], "none": [x.requires_grad for x in none], "signs": signs(results[1].data)}


def constants_among_tensors(m, a, b, gradient):
    """Tensors that require no gradient keep zeros, and the others get theirs."""
    wanted, fixed = m.Tensor(a), m.Tensor(b, requires_grad=False)
    unwanted = fixed * 2
    (wanted * unwanted + fixed).backward(gradient)
    return {"wanted": wanted.grad, "fixed": fixed.grad, "unwanted": unwanted.grad}


def backward_refused(m, data, gradients):
    """Roots that require no gradient, several entries without one, gradients of another shape; and whether anything changed."""
    table, fixed = m.Tensor(data), m.Tensor(data, requires_grad=False)
    double, of_fixed = table * 2, fixed * 2
    silent = [refused(root.backward) for root in (fixed, of_fixed, double, table)]
    without = [refused(lambda root=root: root.backward(data)) for root in (fixed, of_fixed)]
    other = [refused(lambda gradient=gradient: double.backward(gradient)) for gradient in gradients]
    untouched = [signs(x.grad) for x in (table, fixed, double, of_fixed)]
    double.backward(data)
    return {"no wish": silent[:2] + without, "several": silent[2:], "shape": other, "untouched": untouched, "after": signs(table.grad)}


def after_assignment(m, data, new, gradient):
    """Operations before and after other data were assigned."""
    x = m.Tensor(data)
    before = (x * x).data
    x.data = new
    y = x * x
    y.backward(gradient)
    return [before, y.data, x.grad]


def long_tensor_sum(m, value, terms, frames):
    """A long sum where few calls fit inside one another: cheaper than one that is as long as Python's own limit."""
    x = m.Tensor(value)
    total = x
    for _ in range(terms - 1):
        total = total + x
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + frames)
    try:
        total.backward()
    finally:
        sys.setrecursionlimit(limit)
    return [total.item(), x.grad]


def doubled_tensor(m, data, times, gradient):
    x = m.Tensor(data)
    last = x
    for _ in range(times):
        last = last + last
    last.backward(gradient)
    return x.grad


# ------------------------------------------------------------------------------------------------ tensor_functions


def map_entries(m, method, cases, arguments=()):
    """A function of tensors, values read when all are computed, and gradients; cases: data, and the gradient at the result."""
    tensors = [m.Tensor(data) for data, _ in cases]
    results = [getattr(x, method)(*arguments) for x in tensors]
    found = [[result.shape, result.data] for result in results]
    for result, (_, gradient) in zip(results, cases, strict=True):
        result.backward(gradient)
    return [[values, x.grad, x.data] for values, x in zip(found, tensors, strict=True)]


def sums(m, cases):
    """cases: data, keyword arguments, the gradient at the result."""
    found = []
    for data, call, gradient in cases:
        x = m.Tensor(data)
        result = x.sum(**call)
        value = [result.shape, result.data]
        result.backward(gradient)
        found.append([value, x.grad, x.data])
    return found


def functions_require(m, data):
    """Whether results require a gradient, of a tensor that does and of one that does not; and the sign of a value."""
    found = {}
    for method in ("exp", "log", "tanh", "relu", "sigmoid", "abs", "sum", "mean", "max", "min", "flatten"):
        results = [getattr(m.Tensor(data, requires_grad=wanted), method)() for wanted in (True, False)]
        found[method] = [[result.requires_grad for result in results], signs(results[1].data)]
    return found


def functions_together(m, data, other):
    """An expression in which every function has a part; the gradients of two leaves."""
    a, b = m.Tensor(data), m.Tensor(other)
    u = (a * b).tanh() + b.exp().log() * a.abs()
    v = u.sigmoid().sum(axis=0, keepdims=True) * u.relu()
    y = (v.flatten() ** 2).mean() + (u - 1).sum(axis=-1).max() - v.sum(axis=1).min()
    y.backward()
    return [y.item(), a.grad, b.grad]


# ------------------------------------------------------------------------------------------------ tensor_matmul


def products(m, cases):
    """Products, values read when all are computed, and gradients; cases: left, right, and the gradient at the result."""
    operands = [(m.Tensor(left), m.Tensor(right)) for left, right, _ in cases]
    results = [a @ b for a, b in operands]
    return [[result.shape, result.data, a.data, b.data] for result, (a, b) in zip(results, operands, strict=True)]


def slopes_of_products(m, cases):
    found = []
    for left, right, gradient in cases:
        a, b = m.Tensor(left), m.Tensor(right)
        (a @ b).backward(gradient)
        found.append([a.grad, b.grad])
    return found


def products_refused(m, wrong, right):
    return {
        "refused": [refused(lambda a=a, b=b: (m.Tensor(a) @ m.Tensor(b)).shape) for a, b in wrong],
        "right": [[result.shape, signs(result.data)] for result in (m.Tensor(a) @ m.Tensor(b) for a, b in right)],
    }


def products_in_graph(m, a, b, c, gradient):
    """A product of a tensor with itself, of products, and inside other operations; two calls."""
    a, b, c = m.Tensor(a), m.Tensor(b), m.Tensor(c)
    root = ((a @ a) @ b + c) @ c * (c @ c)
    found = [root.data]
    for _ in range(2):
        root.backward(gradient)
        found.append([a.grad, b.grad, c.grad])
    return found


def products_require(m, a, b, gradient):
    wanted, fixed = m.Tensor(a), m.Tensor(b, requires_grad=False)
    results = [wanted @ fixed, fixed @ wanted, fixed @ fixed]
    for result in results[:2]:
        result.backward(gradient)
    return {"requires": [x.requires_grad for x in results], "fixed": fixed.grad, "signs": signs(results[2].data)}


# ------------------------------------------------------------------------------------------------ layers


def weighted(m, result, weights):
    """Go backward from the sum of a result's entries, each times a weight of its own, so that no two slopes are alike."""
    (result * m.Tensor(weights, requires_grad=False)).sum().backward()


def layer_outcome(m, layer, x, weights):
    inputs = m.Tensor(x)
    result = layer(inputs)
    weighted(m, result, weights)
    return {
        "value": result.data,
        "shape": result.shape,
        "x": inputs.grad,
        "gradients": [layer.weight.grad, layer.bias.grad],
        "input": inputs.data,
    }


def filled(layer, weight, bias):
    layer.weight.data = weight
    layer.bias.data = bias
    return layer


def linear(m, weight, bias, x, activation, weights):
    """A Linear layer with these weights, its activation made of the module of this name or left out."""
    arguments = () if activation is None else (getattr(m, activation)(),)
    layer = filled(m.Linear(len(weight), len(bias), *arguments), weight, bias)
    return layer_outcome(m, layer, x, weights)


def neuron(m, weight, bias, x, weights):
    return layer_outcome(m, filled(m.Neuron(len(weight)), weight, bias), x, weights)


def fresh_layers(m, inputs, outputs):
    """Shapes of the parameters, whether the weights differ among themselves, and whether the first ones are what a layer makes of 1."""
    found = {}
    one = m.Tensor([[1.0] + [0.0] * (inputs - 1)])
    for name, layer in (("linear", m.Linear(inputs, outputs)), ("neuron", m.Neuron(inputs))):
        weight = layer.weight.data
        numbers = [number for row in weight for number in row] if name == "linear" else weight
        requires = [layer.weight.requires_grad, layer.bias.requires_grad]
        bias, said = (layer.bias.data, layer(one).data[0]) if name == "linear" else ([layer.bias.data], layer(one).data)
        used = all(abs(w + b - y) < 1e-9 for w, b, y in zip(numbers, bias, said, strict=False))
        found[name] = [layer.weight.shape, layer.bias.shape, *requires, len(set(numbers)) > 1, used]
    return found


def activation(m, name, x, weights):
    inputs = m.Tensor(x)
    result = getattr(m, name)()(inputs)
    weighted(m, result, weights)
    return {"value": result.data, "shape": result.shape, "gradient": inputs.grad, "input": inputs.data}


def scaling(m):
    """A module of the probe's own, with one parameter: x times it."""

    class Scaling(m.Module):
        def __init__(self, factor):
            super().__init__()
            self.factor = m.Tensor(factor)

        def forward(self, x):
            return x * self.factor

    return Scaling


def sequential(m, weights, biases, x):
    """Linear layers, one with an activation, and a module of the probe's own, one Sequential inside another."""
    first, second, third = (filled(m.Linear(len(w), len(b)), w, b) for w, b in zip(weights, biases, strict=True))
    own = scaling(m)(-1.5)
    inner = m.Sequential(second, m.ReLU())
    model = m.Sequential(first, m.Tanh(), own, inner, third)
    result = model(m.Tensor(x))
    return {
        "value": result.data,
        "kept": [
            layer is kept for layer, kept in zip([first, own, inner], [model.layers[0], model.layers[2], model.layers[3]], strict=True)
        ],
        "length": len(model.layers),
        "forward": model.forward(m.Tensor(x)).data,
        "numbers": model.num_parameters(),
    }


def activation_with_parameters(m, weight, bias, x):
    """A Linear layer whose activation has a parameter of its own."""
    own = scaling(m)(0.5)
    layer = filled(m.Linear(len(weight), len(bias), own), weight, bias)
    result = layer(m.Tensor(x))
    found = layer.parameters()
    return {"value": result.data, "numbers": layer.num_parameters(), "found": sum(p is own.factor for p in found), "parameters": len(found)}


def nested_modules(m):
    """A module that holds tensors in every way that the text names, and the tensors that are its parameters."""
    tensors = [m.Tensor(0.5), m.Tensor([1.0, -2.0]), m.Tensor([[3.0], [4.0], [5.0]]), m.Tensor([[[1.0, 2.0]]])]
    inner, outer, layer = m.Module(), m.Module(), m.Linear(3, 2)
    inner.several = [tensors[1], layer]
    inner.again = tensors[0]
    outer.name, outer.count, outer.nothing = "outer", 3, None
    outer.one = tensors[0]
    outer.constant = m.Tensor([9.0, 9.0], requires_grad=False)
    outer.modules = [inner, m.Tanh(), m.Sequential(layer)]
    outer.numbers = [1.0, 2.0, "text"]
    outer.alone = inner
    return outer, inner, tensors, layer


def parameters(m):
    outer, inner, tensors, layer = nested_modules(m)
    before = outer.parameters()
    count = outer.num_parameters()
    outer.late = tensors[2]
    inner.late = [tensors[3]]
    after = outer.parameters()
    wanted = [*tensors, layer.weight, layer.bias]
    return {
        "before": [sum(p is tensor for p in before) for tensor in wanted],
        "after": [sum(p is tensor for p in after) for tensor in wanted],
        "inner": [sum(p is tensor for p in inner.parameters()) for tensor in wanted],
        "lengths": [len(before), len(after), len(inner.parameters()), len(m.Tanh().parameters())],
        "numbers": [count, outer.num_parameters(), inner.num_parameters(), m.Softmax().num_parameters()],
    }


def cleared_parameters(m):
    """Gradients of parameters and of what is none, before and after zero_grad of the module that holds the former."""
    outer, _, tensors, layer = nested_modules(m)
    other = m.Tensor([2.0, 3.0])
    (other * tensors[1] * tensors[0]).sum().backward()
    layer(m.Tensor([[1.0, 2.0, 3.0]])).sum().backward()
    before = [tensors[0].grad, tensors[1].grad, layer.weight.grad, layer.bias.grad, other.grad]
    outer.zero_grad()
    after = [tensors[0].grad, tensors[1].grad, layer.weight.grad, layer.bias.grad, other.grad]
    return {"before": before, "after": after, "data": [tensors[0].data, tensors[1].data]}


def network(m, kinds, numbers, *more):
    """A Sequential of Linear layers of these sizes, and more modules at its end, filled with a row of numbers."""
    model = m.Sequential(*(m.Linear(inputs, outputs) for inputs, outputs in kinds), *more)
    numbers = list(numbers)
    for layer in model.layers:
        layer.weight.data = taken(numbers, layer.weight.shape)
        layer.bias.data = taken(numbers, layer.bias.shape)
    return model


def taken(numbers, shape):
    return [taken(numbers, shape[1:]) for _ in range(shape[0])] if shape else numbers.pop(0)


def contents(model):
    return [[layer.weight.data, layer.bias.data] for layer in model.layers]


def save_and_load(m, numbers):
    """One model's numbers through a file into another that is built alike, and back into itself."""
    first, second = (network(m, [(2, 3)], row, m.Neuron(3)) for row in (numbers, [0.25] * len(numbers)))
    held = [second.layers[0].weight, second.layers[1].bias]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.json")
        first.save(path)
        with open(path, encoding="utf-8") as file:
            json.load(file)
        first.layers[0].bias.data = [0.0, 0.0, 0.0]
        second.load(path)
        first.load(path)
    return {
        "loaded": contents(second),
        "kept": [held[0] is second.layers[0].weight, held[1] is second.layers[1].bias],
        "held": held[0].data,
        "back": contents(first) == contents(second),
    }


def load_refused(m, kinds, others, numbers, alike):
    """A file of a model with other shapes is refused; then one with the right shapes is read."""
    model = network(m, kinds, numbers)
    with tempfile.TemporaryDirectory() as folder:
        path, right = os.path.join(folder, "other.json"), os.path.join(folder, "right.json")
        m.Sequential(*(m.Linear(inputs, outputs) for inputs, outputs in others)).save(path)
        network(m, kinds, alike).save(right)
        try:
            refused = model.load(path)
        except Exception as error:
            refused = error
        after = contents(model)
        model.load(right)
    return {"refused": refused, "after": after, "valid": contents(model)}


# ------------------------------------------------------------------------------------------------ losses


def loss(m, name, prediction, target, tensor=False, arguments=()):
    """Value, shape and gradient of a loss; the same object is used twice, the second time on half of the prediction."""
    loss_fn = getattr(m, name)(*arguments)
    given = m.Tensor(target, requires_grad=False) if tensor else target
    inputs = m.Tensor(prediction)
    result = loss_fn(inputs, given)
    result.backward()
    again = m.Tensor(prediction)
    loss_fn(again * 0.5, given).backward()
    return {
        "value": result.item(),
        "shape": result.shape,
        "data": result.data,
        "gradient": inputs.grad,
        "again": again.grad,
        "prediction": inputs.data,
        "target": given.data if tensor else given,
    }


def loss_refused(m, name, prediction, target, tensor):
    """Shapes that differ are refused, and shapes that agree are not."""
    loss_fn = getattr(m, name)()
    inputs = m.Tensor(prediction)
    given = m.Tensor(target, requires_grad=False) if tensor else target
    try:
        refused = loss_fn(inputs, given)
        refused = refused.shape
    except Exception as error:
        refused = error
    return {"refused": refused, "valid": loss_fn(inputs, prediction).item(), "moved": loss_fn(m.Tensor([2.0, 5.0]), [5.0, 2.0]).item()}


# ------------------------------------------------------------------------------------------------ optimizers


class Parameter:
    """Data and gradient, and nothing else. What is read is a copy, what is assigned has to have the same shape."""

    __slots__ = ("_data", "_grad")

    def __init__(self, data):
        self._data = data
        self._grad = mapped(data, lambda number: 0.0)

    @property
    def data(self):
        return mapped(self._data, float)

    @data.setter
    def data(self, new):
        self._data = like(self._data, new)

    @property
    def grad(self):
        return mapped(self._grad, float)

    @grad.setter
    def grad(self, new):
        self._grad = like(self._data, new)


def like(data, new):
    if isinstance(data, list) != isinstance(new, list) or (isinstance(data, list) and len(data) != len(new)):
        raise ValueError("another shape")
    return [like(a, b) for a, b in zip(data, new, strict=True)] if isinstance(data, list) else float(new)


def steps(m, name, settings, data, gradients, clear=False):
    """Data of all parameters after each step; and whether the gradients were left as they were."""
    parameters = [Parameter(part) for part in data]
    optimizer = getattr(m, name)(parameters, **settings)
    track, left = [], True
    for row in gradients:
        for parameter, gradient in zip(parameters, row, strict=True):
            parameter.grad = gradient
        optimizer.step()
        track.append([parameter.data for parameter in parameters])
        left = left and [parameter.grad for parameter in parameters] == row
        if clear:
            optimizer.zero_grad()
    return {"track": track, "left": left}


def by_position(m, name, settings, data, gradients):
    parameter = Parameter(data)
    optimizer = getattr(m, name)([parameter], *settings)
    for gradient in gradients:
        parameter.grad = gradient
        optimizer.step()
    return parameter.data


def two_optimizers(m, name, settings, data, gradients):
    """Two optimizers of the same kind, in turns, on parameters of the same shape; the second one takes every other step."""
    one, two = Parameter(data), Parameter(data)
    first, second = getattr(m, name)([one], **settings), getattr(m, name)([two], **settings)
    for place, gradient in enumerate(gradients):
        one.grad, two.grad = gradient, mapped(gradient, lambda number: -2.0 * number)
        first.step()
        if place % 2:
            second.step()
    return {"one": one.data, "two": two.data}


def gradients_cleared(m, name, data, gradients):
    parameters = [Parameter(part) for part in data]
    optimizer = getattr(m, name)(parameters)
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient
    before = [parameter.grad for parameter in parameters]
    optimizer.zero_grad()
    after = [parameter.grad for parameter in parameters]
    return {"before": before, "after": after, "data": [parameter.data for parameter in parameters]}


# ------------------------------------------------------------------------------------------------ training


class Scale:
    """Stands in for a model, its loss and its optimizer at once: y = w x, half of the mean squared error, plain descent.

    The gradient adds up until it is cleared, as in a real one, so that what `train` does shows in the numbers.
    """

    def __init__(self, m, w, lr):
        self.m, self.w, self.lr, self.gradient = m, w, lr, 0.0
        self.seen, self.work = [], []

    def __call__(self, inputs):
        tensor = isinstance(inputs, self.m.Tensor)
        self.seen.append([inputs.data if tensor else repr(type(inputs))])
        return [self.w * row[0] for row in inputs.data], [row[0] for row in inputs.data]

    def loss(self, output, target):
        self.seen[-1].append(target)
        errors = [y - t for y, t in zip(output[0], target, strict=True)]
        slope = sum(e * x for e, x in zip(errors, output[1], strict=True)) / len(errors)
        return Loss(self, sum(e * e for e in errors) / len(errors) / 2, slope)

    def zero_grad(self):
        self.gradient = 0.0

    def step(self):
        self.w -= self.lr * self.gradient
        self.work.append(["step", self.w])


class Loss:
    """Of a loss only item() and backward() are used."""

    __slots__ = ("_model", "_slope", "_value")

    def __init__(self, model, value, slope):
        self._model, self._value, self._slope = model, value, slope

    def item(self):
        return self._value

    def backward(self):
        self._model.gradient += self._slope
        self._model.work.append(["backward", self._slope])


def training(m, X, Y, w, lr, epochs, batch_size):
    """What train gives back, every batch that model and loss function saw, and every step."""
    model = Scale(m, w, lr)
    x, y = [list(row) for row in X], list(Y)
    losses = m.train(model, x, y, model.loss, model, epochs, batch_size)
    return {
        "losses": losses,
        "floats": [type(value) is float for value in losses],
        "seen": model.seen,
        "work": model.work,
        "w": model.w,
        "X": x,
        "Y": y,
    }


def training_losses(m, X, Y, w, lr, epochs, batch_size):
    model = Scale(m, w, lr)
    return m.train(model, X, Y, model.loss, model, epochs, batch_size)


def training_batches(m, X, Y, epochs, batch_size):
    """The batches, with keyword arguments; and the loss, where all batches are of one size."""
    model = Scale(m, 1.0, 0.0)
    losses = m.train(model=model, X=X, Y=Y, loss_fn=model.loss, optimizer=model, epochs=epochs, batch_size=batch_size)
    return {"seen": model.seen, "steps": len(model.work), "epochs": len(losses), "loss": None if len(X) % batch_size else losses[0]}
