"""Questions about `backprop`. All that a submission ever sees of its hidden tests."""

import math
import operator

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
