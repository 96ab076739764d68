"""Questions about `backprop`. All that a submission ever sees of its hidden tests."""

import json
import math
import operator
import os
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


# ------------------------------------------------------------------------------------------------ numerical_gradient


def numerical_gradient(m, name, points, h=None):
    """Gradients at several points, looked at when all are found."""
    more = () if h is None else (h,)
    return [list(gradient) for gradient in [m.numerical_gradient(FUNCTIONS[name], list(point), *more) for point in points]]


def point_while_measuring(m, x):
    """What f finds in the caller's own list each time that it is called, and what is in it afterwards.

    Of the slopes, which are -3 times the numbers of x, whether their size is about right.
    """
    before = list(x)
    changed = []

    def f(point):
        changed.append(list(x) != before)
        return -3 * (before[0] * point[0] + before[1] * point[1] + before[2] * point[2])

    sizes = [1.2 < abs(slope / number) < 8 for slope, number in zip(m.numerical_gradient(f, x), before, strict=False)]
    return {"sizes": sizes, "asked": len(changed) > 0, "changed": any(changed) or list(x) != before}


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


def values(m, sign, pairs):
    """The operation between two nodes, a node and a number, a number and a node; read when all are computed."""
    apply = OPERATORS[sign]
    results = [[apply(m.Node(a), m.Node(b)), apply(m.Node(a), b), apply(a, m.Node(b))] for a, b in pairs]
    return [[result.value for result in row] for row in results]


def two_nodes(m, sign, pairs):
    found = []
    for a, b in pairs:
        left, right = m.Node(a), m.Node(b)
        found.append(gradients(OPERATORS[sign](left, right), [left, right]))
    return found


def number_on_one_side(m, sign, pairs):
    found = []
    for a, b in pairs:
        left, right = m.Node(a), m.Node(b)
        found.append([gradients(OPERATORS[sign](left, b), [left]), gradients(OPERATORS[sign](a, right), [right])])
    return found


def negation(m, numbers):
    nodes = [m.Node(number) for number in numbers]
    results = [-node for node in nodes]
    return [[result.value, gradients(result, [node])] for result, node in zip(results, nodes, strict=True)]


def number_powers(m, powers):
    nodes = [(m.Node(a), n) for a, n in powers]
    results = [node**n for node, n in nodes]
    return [[result.value, gradients(result, [node])] for result, (node, _) in zip(results, nodes, strict=True)]


def expression_of(a, b, c):
    """Several operators, in one line of Python."""
    return (2 - a) * b / (c + 3) - 3 / b + c**2 - (-a) * 1.5


def expression(m, points):
    found = [expression_of(*(m.Node(value) for value in point)) for point in points]
    return [y.value for y in found]


def gradients_of_expression(m, points):
    found = []
    for point in points:
        nodes = [m.Node(value) for value in point]
        found.append(gradients(expression_of(*nodes), nodes))
    return found


def floats(m, numbers):
    """Whether everything that a node holds is a float, also where it was made of ints."""
    found = []
    for number in numbers:
        node = m.Node(number)
        for x in (node, node + 1, 2 * node, node**2, node / node, -node):
            found.append([type(x.value) is float or repr(type(x.value)), type(x.grad) is float or repr(type(x.grad)), x.grad])
        found.append(signs([node.value, (-node).value]))
    return found


def names_and_wishes(m, value):
    nodes = [m.Node(value, "n", False), m.Node(value), m.Node(value=-value, name="weight", requires_grad=False), m.Node(value, "x")]
    return [[node.name, node.requires_grad, signs((node * -2).value)] for node in nodes]


def value_of_wrong_kind(m, kind):
    """What is no number is refused; of numbers before and after it, the signs."""
    wrong = {"text": "2", "None": None, "bool": True, "list": [2.0], "complex": 2 + 1j, "node": m.Node(2.0)}[kind]
    before = m.Node(3)
    return {"refused": refused(lambda: m.Node(wrong).value), "before": signs(before.value), "after": signs(m.Node(-4.5).value)}


def operand_of_wrong_kind(m, sign, kind):
    wrong = {"text": "2", "None": None}[kind]
    node = m.Node(3.0)
    apply = OPERATORS[sign]
    answers = [refused(lambda: apply(node, wrong)), refused(lambda: apply(wrong, node))]
    return {"refused": answers, "valid": signs(apply(node, 2).value), "operand": [node.value, node.grad]}


def refusal(m, sign, a, b, nodes):
    """An operation that is refused, the signs of the same one with numbers that it takes, and the operands afterwards."""
    apply = OPERATORS[sign]
    left = m.Node(a) if "left" in nodes else a
    right = m.Node(b) if "right" in nodes else b
    answer = refused(lambda: apply(left, right).value)
    after = [x.value for x in (left, right) if not isinstance(x, (int, float))]
    valid = [apply(m.Node(4.0), m.Node(0.5)), apply(m.Node(-4.0), 3)]
    return {"refused": answer, "valid": [signs(x.value) for x in valid], "after": after}


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


def function(m, method, numbers, arguments=()):
    """Values and slopes of a function, read when all values are computed."""
    nodes = [m.Node(number) for number in numbers]
    results = [getattr(node, method)(*arguments) for node in nodes]
    return [
        [result.value, gradients(result, [node]), result is not node, node.value, node.requires_grad]
        for result, node in zip(results, nodes, strict=True)
    ]


def clip(m, numbers, bounds):
    nodes = [m.Node(number) for number in numbers]
    results = [node.clip(**bounds) for node in nodes]
    return [[result.value, gradients(result, [node]), node.value] for result, node in zip(results, nodes, strict=True)]


def functions_of_results(m, numbers):
    """All functions, of results and of leaves, between operators."""
    found = []
    for number in numbers:
        node = m.Node(number)
        curves = ((node * 0.5).tanh() * 3 + 4).log() + node.exp().sigmoid()
        corners = (node - 0.1).relu() * 2 + (-node).relu() + node.abs() * 0.3 + (node * 10).clip(-1, 1)
        result = curves - corners
        found.append([result.value, gradients(result, [node])])
    return found


def function_refusal(m, method, x, arguments, valid):
    """A refusal; the signs of results that are none; the operand afterwards. valid: operands and arguments."""
    node = m.Node(x)
    answer = refused(lambda: getattr(node, method)(*arguments).value)
    results = [getattr(m.Node(operand), method)(*more) for operand, more in valid]
    return {"refused": answer, "valid": [signs(result.value) for result in results], "operand": node.value}


def functions_of_nodes_require(m, number):
    """Whether results require a gradient, and the sign of what they hold, of a node that requires one and one that does not."""
    found = {}
    for method in ("tanh", "exp", "log", "relu", "sigmoid", "abs", "clip"):
        results = [getattr(m.Node(number, requires_grad=wanted), method)() for wanted in (True, False)]
        found[method] = [[result.requires_grad for result in results], signs(results[0].value)]
    found["minus"] = signs(m.Node(-number).tanh().value)
    return found


# ------------------------------------------------------------------------------------------------ node_backward


def reused_node(m, numbers):
    found = []
    for number in numbers:
        node = m.Node(number)
        y = node * node + node
        y.backward()
        found.append(node.grad)
    return found


def shared_result(m, numbers):
    """(3x)^2, where 3x is used twice."""
    found = []
    for number in numbers:
        node = m.Node(number)
        u = 3 * node
        (u * u).backward()
        found.append(node.grad)
    return found


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


def orders_of_two_roots(m, x):
    """The order of a leaf, before and after another order was asked for."""
    node = m.Node(x)
    result = node * node
    order = m.topological_order(node)
    before = [len(order), order[0] is node]
    other = m.topological_order(result)
    return [before, len(order), order[0] is node, [part is node for part in other].count(True), other[-1] is result]


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
    """Two refusals, whether anything changed by them, and the signs of what is there."""
    constant, x = m.Node(a, requires_grad=False), m.Node(b)
    root = constant * 2
    used = root * x
    used.backward()
    before = [used.grad, x.grad, root.grad, constant.grad]
    answers = [refused(root.backward), refused(constant.backward)]
    after = [used.grad, x.grad, root.grad, constant.grad]
    return {"refused": answers, "same": before == after, "signs": signs([used.grad, root.grad, constant.grad])}


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


class Long(Exception):
    """An action took too many steps, and is stopped."""


class Identity(int):
    """What `id` gives, compared by a line of Python, so that it is seen how often that happens."""

    def __eq__(self, other):
        return int(self) == other

    __hash__ = int.__hash__


def steps_of(m, kind, action, most):
    """How many steps the action takes: calls, lines, and comparisons of objects of this kind or of what `id` says of them.

    One that takes more than `most` is stopped there.
    """
    taken = 0

    def trace(frame, event, argument):
        nonlocal taken
        taken += 1
        if taken > most:
            raise Long
        return trace

    known = vars(m)
    watched = "id" not in known, kind.__eq__ is object.__eq__
    if watched[0]:
        known["id"] = lambda thing: Identity(id(thing))
    if watched[1]:
        kind.__eq__ = lambda self, other: self is other
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        action()
    except Long:
        pass
    finally:
        sys.settrace(before)
        if watched[0]:
            del known["id"]
        if watched[1]:
            del kind.__eq__
    return taken


def chain(leaf, length):
    """leaf + leaf + leaf …, one after the other."""
    total = leaf
    for _ in range(length):
        total = total + leaf
    return total


def doubled(leaf, times):
    """leaf + leaf, and that added to itself, and so on: 2 ** times ways, but 2 * times arrows."""
    for _ in range(times):
        leaf = leaf + leaf
    return leaf


def steps_on_graphs(m, x, lengths, times):
    """Steps of topological_order, backward and zero_grad, on a graph and on one that is twice as large."""
    found, node = {}, None
    for name, make, sizes in (("chain", chain, lengths), ("doubled", doubled, times)):
        rows = [[20_000] * 3]
        for size in sizes:
            node = m.Node(x)
            root = make(node, size)
            order, back, clear = (3 * most for most in rows[-1])
            rows.append([steps_of(m, m.Node, lambda root=root: m.topological_order(root), order), steps_of(m, m.Node, root.backward, back)])
            found["gradient"] = node.grad
            rows[-1].append(steps_of(m, m.Node, root.zero_grad, clear))
        found[name] = list(zip(*rows[1:], strict=True))
    return found


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


def item_refused(m, wrong, right):
    """item() of several entries, and the signs of what it gives of one."""
    return {"refused": [refused(m.Tensor(data).item) for data in wrong], "signs": [signs(m.Tensor(data).item()) for data in right]}


def detached(m, data, new):
    """A copy, the tensor and the copy after each was given other data."""
    tensor = m.Tensor(data)
    tensor.grad = new
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
    table, fixed, pair = m.Tensor(data), m.Tensor(data, requires_grad=False), m.Tensor(data[0][:2])
    double, of_fixed = table * 2, fixed * 2
    silent = [refused(root.backward) for root in (fixed, of_fixed, double, table, pair * 2)]
    without = [refused(lambda root=root: root.backward(data)) for root in (fixed, of_fixed)]
    other = [refused(lambda gradient=gradient: double.backward(gradient)) for gradient in gradients]
    untouched = [signs(x.grad) for x in (table, fixed, double, of_fixed, pair)]
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


def long_tensor_sum(m, value, terms):
    x = m.Tensor(value)
    total = chain(x, terms - 1)
    total.backward()
    return x.grad


def steps_on_tensors(m, data, lengths, times):
    """Steps of backward, on a graph and on one that is twice as large."""
    found = {}
    for name, make, sizes in (("chain", chain, lengths), ("doubled", doubled, times)):
        steps = [20_000]
        for size in sizes:
            x = m.Tensor(data)
            root = make(x, size)
            steps.append(steps_of(m, m.Tensor, lambda root=root: root.backward(data), 3 * steps[-1]))
        found[name] = steps[1:]
        found["signs"] = signs(x.grad)
    return found


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


def filled(layer, weight, bias):
    layer.weight.data = weight
    layer.bias.data = bias
    return layer


def linear_values(m, cases):
    """Of several layers, read when all have answered; and the inputs afterwards."""
    layers = [filled(m.Linear(len(weight), len(bias)), weight, bias) for weight, bias, _, _ in cases]
    inputs = [m.Tensor(x) for _, _, x, _ in cases]
    results = [layer(x) for layer, x in zip(layers, inputs, strict=True)]
    return [[result.shape, result.data, x.data] for result, x in zip(results, inputs, strict=True)]


def linear_gradients(m, cases):
    found = []
    for weight, bias, x, gradient in cases:
        layer, inputs = filled(m.Linear(len(weight), len(bias)), weight, bias), m.Tensor(x)
        layer(inputs).backward(gradient)
        found.append([layer.weight.grad, layer.bias.grad, inputs.grad])
    return found


def linear_with_activation(m, activation, weight, bias, x):
    layer = filled(m.Linear(len(weight), len(bias), getattr(m, activation)()), weight, bias)
    return layer(m.Tensor(x)).data


def activation_with_parameters(m, weight, bias, x):
    """A Linear layer whose activation has a parameter of its own."""
    own = scaling(m)(0.5)
    layer = filled(m.Linear(len(weight), len(bias), own), weight, bias)
    found = layer.parameters()
    return {"value": layer(m.Tensor(x)).data, "found": sum(p is own.factor for p in found), "parameters": len(found)}


def neurons(m, cases):
    found = []
    for weight, bias, x, gradient in cases:
        layer, inputs = filled(m.Neuron(len(weight)), weight, bias), m.Tensor(x)
        result = layer(inputs)
        result.backward(gradient)
        found.append([result.shape, result.data, layer.weight.grad, layer.bias.grad, inputs.grad])
    return found


def fresh_layers(m, inputs, outputs):
    """Shapes of the parameters, whether they require a gradient, and whether the first ones are what a layer makes of 1."""
    found = {}
    one = m.Tensor([[1.0] + [0.0] * (inputs - 1)])
    for name, layer in (("linear", m.Linear(inputs, outputs)), ("neuron", m.Neuron(inputs))):
        weight = layer.weight.data
        numbers = weight[0] if name == "linear" else weight[:1]
        bias, said = (layer.bias.data, layer(one).data[0]) if name == "linear" else ([layer.bias.data], layer(one).data)
        used = all(abs(w + b - y) < 1e-9 for w, b, y in zip(numbers, bias, said, strict=True))
        found[name] = [layer.weight.shape, layer.bias.shape, layer.weight.requires_grad, layer.bias.requires_grad, used]
    return found


def starting_weights(m, inputs, outputs):
    """How many different numbers layers start with, alone and two together."""
    first, second = ([number for row in m.Linear(inputs, outputs).weight.data for number in row] for _ in range(2))
    one, other = (m.Neuron(5).weight.data for _ in range(2))
    found = {"linear": first, "two of a size": first + second, "neuron": one, "two neurons": one + other}
    return {name: len({number for number in numbers if number == number}) for name, numbers in found.items()}


def activation(m, name, cases):
    """Values, read when all are computed, and gradients."""
    layer = getattr(m, name)()
    inputs = [m.Tensor(x) for x, _ in cases]
    results = [layer(x) for x in inputs]
    for result, (_, gradient) in zip(results, cases, strict=True):
        result.backward(gradient)
    return [[result.shape, result.data, x.grad, x.data] for result, x in zip(results, inputs, strict=True)]


def softmax_values(m, given):
    layer = m.Softmax()
    results = [layer(m.Tensor(data)) for data in given]
    return [[result.shape, result.data] for result in results]


def softmax_gradients(m, cases):
    found = []
    for data, gradient in cases:
        x = m.Tensor(data)
        m.Softmax()(x).backward(gradient)
        found.append(x.grad)
    return found


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
    }


def times_found(module, wanted):
    """How often each of the wanted tensors is among the parameters of a module."""
    found = module.parameters()
    return [sum(p is tensor for p in found) for tensor in wanted]


def parameters_in_attributes(m):
    tensors = [m.Tensor(0.5), m.Tensor([1.0, -2.0]), m.Tensor([[3.0], [4.0], [5.0]]), m.Tensor([9.0, 9.0], requires_grad=False)]
    module = m.Module()
    module.weight, module._hidden, module.B, module.constant = tensors
    module.name, module.count, module.nothing, module.rate = "outer", 3, None, 0.5
    return {
        "found": times_found(module, tensors),
        "length": len(module.parameters()),
        "numbers": module.num_parameters(),
        "none": [len(m.Tanh().parameters()), m.Softmax().num_parameters()],
    }


def parameters_inside(m):
    """In lists, in modules in attributes and in lists, and in what these hold."""
    tensors = [m.Tensor([1.0, -2.0]), m.Tensor([[3.0], [4.0]]), m.Tensor(0.5), m.Tensor([[[1.0, 2.0]]]), m.Tensor([7.0] * 10)]
    layer, scale = m.Linear(3, 2), scaling(m)([1.0] * 10)
    scale.factor = tensors[4]
    inner, outer = m.Module(), m.Module()
    inner.several = [tensors[0], "text", layer, 4.0]
    inner._one = tensors[1]
    outer._inner, outer.row = inner, [tensors[2], m.Tensor([9.0], requires_grad=False), tensors[3]]
    outer.modules = [m.Tanh(), m.Sequential(m.Sequential(scale), m.ReLU())]
    wanted = [*tensors, layer.weight, layer.bias]
    return {
        "found": times_found(outer, wanted),
        "length": len(outer.parameters()),
        "numbers": outer.num_parameters(),
        "inner": times_found(inner, wanted),
    }


def parameters_once(m):
    """The same tensors and modules in several places, others of the same numbers, and one that comes later."""
    one, twin, late, layer = m.Tensor([1.0, 2.0, 3.0]), m.Tensor([1.0, 2.0, 3.0]), m.Tensor([1.0, 2.0]), m.Linear(3, 2)
    module, inner = m.Module(), m.Module()
    module.first, module.again, inner.third, module.row = one, one, one, [one, twin]
    module.layers, inner.layer, module.inner = [layer, layer], layer, inner
    wanted = [one, twin, late, layer.weight, layer.bias]
    before = [times_found(module, wanted), len(module.parameters()), module.num_parameters()]
    inner.late = late
    after = [times_found(module, wanted), len(module.parameters()), module.num_parameters()]
    return {"before": before[0], "after": after[0], "lengths": [before[1], after[1]], "numbers": [before[2], after[2]]}


def cleared_parameters(m, data, other):
    """Gradients of parameters and of what is none, before and after zero_grad of the module that holds the former."""
    first, second, outside, layer = m.Tensor(data), m.Tensor(data), m.Tensor(data), m.Linear(2, 1)
    module = m.Module()
    module.first, module.row = first, [second, layer]
    tensors = [first, second, layer.weight, outside]
    for tensor in tensors:
        tensor.grad = [[number] for number in other] if tensor is layer.weight else other
    before = [signs(tensor.grad) for tensor in tensors]
    module.zero_grad()
    return {"before": before, "after": [tensor.grad for tensor in tensors], "data": [first.data, second.data]}


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


def whole_network(m, sizes, numbers, x, gradient):
    """Values, gradients of all parameters before and after zero_grad, and what a twin answers that has loaded the file."""
    numbers = list(numbers)
    layers = [m.Linear(inputs, outputs, kind()) for (inputs, outputs), kind in zip(sizes, (m.Tanh, m.Sigmoid, m.Softmax), strict=True)]
    for layer in layers:
        filled(layer, taken(numbers, layer.weight.shape), taken(numbers, layer.bias.shape))
    model = m.Sequential(layers[0], m.Sequential(*layers[1:]))
    result = model(m.Tensor(x))
    result.backward(gradient)
    before = [[layer.weight.grad, layer.bias.grad] for layer in layers]
    model.zero_grad()
    after = [[layer.weight.grad, layer.bias.grad] for layer in layers]
    twin = m.Sequential(m.Linear(*sizes[0], m.Tanh()), m.Sequential(m.Linear(*sizes[1], m.Sigmoid()), m.Linear(*sizes[2], m.Softmax())))
    with tempfile.TemporaryDirectory() as place:
        written = os.path.join(place, "network.json")
        model.save(written)
        twin.load(written)
    answers = [result.data, twin(m.Tensor(x)).data]
    return {"answers": answers, "before": before, "after": after, "numbers": model.num_parameters(), "tensors": len(model.parameters())}


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


def load_refused(m, kinds, others, numbers):
    """A file of a model with other shapes is refused; then one with the right shapes is read, of which the signs are told."""
    model = network(m, kinds, numbers)
    with tempfile.TemporaryDirectory() as folder:
        path, right = os.path.join(folder, "other.json"), os.path.join(folder, "right.json")
        m.Sequential(*(m.Linear(inputs, outputs) for inputs, outputs in others)).save(path)
        network(m, kinds, [-0.5] * len(numbers)).save(right)
        answer = refused(lambda: model.load(path))
        after = contents(model)
        model.load(right)
    return {"refused": answer, "after": after, "valid": signs(contents(model)[0])}


# ------------------------------------------------------------------------------------------------ losses


def losses(m, name, cases, arguments=()):
    """Values, shapes and gradients of a loss, all by one object, read when all are computed; predictions and targets afterwards.

    cases: prediction, target, and whether the target is to be a tensor.
    """
    loss_fn = getattr(m, name)(*arguments)
    inputs = [m.Tensor(prediction) for prediction, _, _ in cases]
    targets = [m.Tensor(target, requires_grad=False) if tensor else target for _, target, tensor in cases]
    results = [loss_fn(x, target) for x, target in zip(inputs, targets, strict=True)]
    found = [[result.item(), result.shape] for result in results]
    for result in results:
        result.backward()
    after = [[x.data, target.data if tensor else target] for x, target, (_, _, tensor) in zip(inputs, targets, cases, strict=True)]
    return {"found": found, "gradients": [x.grad for x in inputs], "after": after}


def losses_refused(m, name, wrong):
    """Shapes that differ, as lists and as tensors; then shapes that agree, without an error and with one."""
    loss_fn = getattr(m, name)()
    answers = []
    for prediction, target in wrong:
        x = m.Tensor(prediction)
        answers += [refused(lambda x=x, given=given: loss_fn(x, given).shape) for given in (target, m.Tensor(target, requires_grad=False))]
    none, some = (loss_fn(m.Tensor([2.0, 5.0]), target) for target in ([2.0, 5.0], [5.0, -2.0]))
    return {"refused": answers, "shape": none.shape, "signs": [signs(none.item()), signs(some.item())]}


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
        rows = inputs.data if tensor else inputs
        self.seen.append([rows, "a Tensor" if tensor else "no Tensor"])
        return [self.w * row[0] for row in rows], [row[0] for row in rows]

    def loss(self, output, target):
        self.seen[-1] += [target, "a list"] if isinstance(target, list) else [target.data, "no list"]
        errors = [y - t for y, t in zip(output[0], self.seen[-1][2], strict=False)]
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
    """Every step."""
    model = Scale(m, w, lr)
    m.train(model, [list(row) for row in X], list(Y), model.loss, model, epochs, batch_size)
    return {"work": model.work, "w": model.w}


def training_losses(m, X, Y, w, epochs, batch_size):
    """The losses of a model that no step changes."""
    model = Scale(m, w, 0.0)
    losses = m.train(model, X, Y, model.loss, model, epochs, batch_size)
    return {"losses": losses, "floats": [type(value) is float for value in losses]}


def training_batches(m, X, Y, epochs, batch_size):
    """The batches, with keyword arguments."""
    model = Scale(m, 1.0, 0.0)
    m.train(model=model, X=X, Y=Y, loss_fn=model.loss, optimizer=model, epochs=epochs, batch_size=batch_size)
    return model.seen


def training_again(m, X, Y, w, lr):
    """Two trainings of one model; the examples afterwards."""
    model = Scale(m, w, lr)
    x, y = [list(row) for row in X], list(Y)
    first = m.train(model, x, y, model.loss, model, 2, 3)
    kept = list(first)
    second = m.train(model, x, y, model.loss, model, 1, 3)
    return {
        "X": x,
        "Y": y,
        "lengths": [len(first), len(second)],
        "first": first == kept,
        "falls": first[0] > second[0],
        "steps": len(model.work),
    }
