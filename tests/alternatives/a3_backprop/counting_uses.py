# `parents` as the notebook has them, with in-between nodes, in a base class and a dataclass; Kahn's algorithm for the order.

# %% nbgrader={"grade_id": "numerical_gradient_answer", "solution": true}
def numerical_gradient(f, x, h=1e-5):
    def slope(i):
        above = x[:i] + [x[i] + h] + x[i + 1 :]
        below = x[:i] + [x[i] - h] + x[i + 1 :]
        return (f(above) - f(below)) / (above[i] - below[i])

    return list(map(slope, range(len(x))))


# %% nbgrader={"grade_id": "node_arithmetic_answer", "solution": true}
from __future__ import annotations

import dataclasses
import math


class Arithmetic:
    def __add__(self, other):
        return self.binary(other, lambda a, b: (a + b, 1.0, 1.0), "+")

    def __sub__(self, other):
        return self.binary(other, lambda a, b: (a - b, 1.0, -1.0))

    def __mul__(self, other):
        return self.binary(other, lambda a, b: (a * b, b, a), "*")

    def __truediv__(self, other):
        return self.binary(other, lambda a, b: (a / b, 1 / b, -a / b**2))

    def __radd__(self, other):
        return self.binary(other, lambda b, a: (a + b, 1.0, 1.0))

    def __rsub__(self, other):
        return self.binary(other, lambda b, a: (a - b, -1.0, 1.0))

    def __rmul__(self, other):
        return self.binary(other, lambda b, a: (a * b, a, b))

    def __rtruediv__(self, other):
        return self.binary(other, lambda b, a: (a / b, -a / b**2, 1 / b))

    def __neg__(self):
        return 0 - self


@dataclasses.dataclass(eq=False)
class Node(Arithmetic):
    value: float
    name: str = ""
    requires_grad: bool = True
    grad: float = dataclasses.field(default=0.0, init=False)
    parents: tuple = dataclasses.field(default=(), init=False, repr=False)
    sign: str = dataclasses.field(default="?", init=False, repr=False)

    def __post_init__(self):
        if type(self.value) is not float:
            if type(self.value) is not int:
                raise TypeError(self.value)
            self.value = float(self.value)

    def binary(self, other, rule, sign="?"):
        if not isinstance(other, Node):
            if isinstance(other, bool) or not isinstance(other, (int, float)):
                return NotImplemented
            other = Node(other, "", False)
        value, mine, theirs = rule(self.value, other.value)
        result = self.derived(value, (self, mine), (other, theirs))
        result.sign = sign
        return result

    def derived(self, value, *parents):
        node = Node(value, requires_grad=False)
        node.parents = parents
        for operand, _ in parents:
            if operand.requires_grad:
                node.requires_grad = True
        return node

    def __pow__(self, other):
        if isinstance(other, Node):
            return power(self, other)
        if isinstance(other, bool) or not isinstance(other, (int, float)):
            return NotImplemented
        if other == 0:
            return self.derived(1.0, (self, 0.0))
        if self.value < 0 and other % 1:
            raise ValueError("broken power")
        return self.derived(self.value**other, (self, other * self.value ** (other - 1)))

    def __rpow__(self, other):
        return power(Node(other, "", False), self)


def power(base, exponent):
    if base.value <= 0:
        raise ValueError("base")
    logarithm = math.log(base.value)
    value = math.exp(exponent.value * logarithm)
    return base.derived(value, (exponent, logarithm * value), (base, exponent.value * value / base.value))


# %% nbgrader={"grade_id": "node_functions_answer", "solution": true}
def functions(cls):
    def method(name, value, slope):
        def apply(self):
            y = value(self.value)
            result = self.derived(y, (self, slope(self.value, y)))
            result.sign = name
            return result

        setattr(cls, name, apply)

    method("tanh", math.tanh, lambda x, y: (1 - y) * (1 + y))
    method("exp", math.exp, lambda x, y: y)
    method("log", math.log, lambda x, y: 1 / x)
    method("relu", lambda x: (x + abs(x)) / 2, lambda x, y: 1.0 if y else 0.0)
    method("sigmoid", lambda x: 0.5 + 0.5 * math.tanh(x / 2), lambda x, y: y - y * y)
    method("abs", math.fabs, lambda x, y: x / y if y else 0.0)

    def clip(self, min_value=None, max_value=None):
        low = float("-inf") if min_value is None else min_value
        high = float("inf") if max_value is None else max_value
        if low > high:
            raise ValueError((low, high))
        y = sorted((low, self.value, high))[1]
        return self.derived(y, (self, float(y == self.value)))

    cls.clip = clip
    return cls


functions(Node)

# %% nbgrader={"grade_id": "node_backward_answer", "solution": true}
from collections import Counter, deque


def topological_order(root):
    uses, border, seen = Counter(), [root], {id(root)}
    while border:
        node = border.pop()
        for operand, _ in node.parents:
            uses[id(operand)] += 1
            if id(operand) not in seen:
                seen.add(id(operand))
                border.append(operand)
    ready, order = deque([root]), deque()
    while ready:
        node = ready.popleft()
        order.appendleft(node)
        for operand, _ in node.parents:
            uses[id(operand)] -= 1
            if not uses[id(operand)]:
                ready.append(operand)
    return list(order)


def node_backward(self):
    if not self.requires_grad:
        raise RuntimeError("constant")
    order = topological_order(self)
    kept = {id(node): node.grad for node in order if not node.parents}
    for node in order:
        node.grad = float(node is self)
    for node in reversed(order):
        for operand, slope in node.parents:
            if operand.requires_grad:
                operand.grad += slope * node.grad
    for node in order:
        node.grad += kept.get(id(node), 0.0)


def node_zero_grad(self):
    for node in topological_order(self):
        node.grad = 0.0


Node.backward = node_backward
Node.zero_grad = node_zero_grad


# %% nbgrader={"grade_id": "graph_to_dot_answer", "solution": true}
def to_dot(root, show_grad=True):
    ids, lines = {}, []

    def vertex(thing, label):
        ids[thing] = f"v_{len(ids)}_"
        lines.append(f'\t{ids[thing]} [label="{label}"];')

    border = [root]
    for node in border:
        if id(node) in ids:
            continue
        escaped = "".join("\\" + letter if letter in '"\\' else letter for letter in node.name)
        vertex(id(node), "\\n".join([escaped, f"value={node.value:.4f}", *([f"grad={node.grad:.4f}"] if show_grad else [])]))
        border += [operand for operand, _ in node.parents]
    for node in {id(node): node for node in border}.values():
        if node.parents:
            vertex((id(node), "made"), node.sign)
            lines.append(f"\t{ids[id(node), 'made']} -> {ids[id(node)]};")
            lines.extend(f"\t{ids[id(operand)]} -> {ids[id(node), 'made']};" for operand, _ in node.parents)
    return "digraph {\n" + "\n".join(lines) + "\n}\n"


# %% nbgrader={"grade_id": "tensor_data_answer", "solution": true}
# A tensor is a table of nodes, and leaves all derivatives to them.
from itertools import product


def entries_of(data):
    if isinstance(data, (list, tuple)):
        shapes, numbers = zip(*map(entries_of, data))
        if shapes.count(shapes[0]) < len(shapes) or len(shapes[0]) > 3:
            raise ValueError("ragged, or too deep")
        return (len(data), *shapes[0]), [number for part in numbers for number in part]
    return (), [data]


class Tensor:
    def __init__(self, data, requires_grad=True):
        self.shape, numbers = entries_of(data)
        self.nodes = [Node(float(number), "", requires_grad) for number in numbers]

    @staticmethod
    def of(nodes, shape=()):
        tensor = Tensor(0.0)
        tensor.nodes, tensor.shape = nodes, tuple(shape)
        return tensor

    @property
    def requires_grad(self):
        return any(node.requires_grad for node in self.nodes)

    def table(self, numbers):
        for size in self.shape[:0:-1]:
            numbers = [list(row) for row in zip(*[iter(numbers)] * size)]
        return numbers if self.shape else numbers[0]

    def checked(self, data):
        shape, numbers = entries_of(data)
        if shape != self.shape:
            raise ValueError(f"{shape} is not {self.shape}")
        return zip(self.nodes, map(float, numbers))

    @property
    def data(self):
        return self.table([node.value for node in self.nodes])

    @data.setter
    def data(self, data):
        for node, number in self.checked(data):
            node.value = number

    @property
    def grad(self):
        return self.table([node.grad for node in self.nodes])

    @grad.setter
    def grad(self, data):
        for node, number in self.checked(data):
            node.grad = number

    def item(self):
        if len(self.nodes) != 1:
            raise ValueError("several")
        return self.nodes[0].value

    def detach(self):
        return Tensor(self.data, False)

    def zero_grad(self):
        self.grad = self.table([0.0 for _ in self.nodes])


# %% nbgrader={"grade_id": "tensor_arithmetic_answer", "solution": true}
def at(self, index):
    place = 0
    for size, i in zip(self.shape, index[len(index) - len(self.shape) :]):
        place = place * size + i % size
    return self.nodes[place]


def zip_with(self, other, function):
    if not isinstance(other, Tensor):
        other = Tensor(other, requires_grad=False)
    axes = max(len(self.shape), len(other.shape))
    shape = []
    for sizes in zip(*((1,) * (axes - len(t.shape)) + t.shape for t in (self, other))):
        if len({*sizes} - {1}) > 1:
            raise ValueError(f"{self.shape} and {other.shape}")
        shape.append(max(sizes))
    return Tensor.of([function(at(self, i), at(other, i)) for i in product(*map(range, shape))], shape)


def each(self, function):
    return Tensor.of([function(node) for node in self.nodes], self.shape)


def backward(self, gradient=None):
    if gradient is None and len(self.nodes) > 1 or not self.requires_grad:
        raise RuntimeError("several, or none that wants it")
    weights = [weight for _, weight in self.checked(self.table([1.0 for _ in self.nodes]) if gradient is None else gradient)]
    root = added([node * weight for node, weight in zip(self.nodes, weights)])
    root.backward()


def added(nodes):
    return nodes[0].derived(math.fsum(node.value for node in nodes), *((node, 1.0) for node in nodes))


Tensor.__add__ = lambda self, other: zip_with(self, other, lambda a, b: a + b)
Tensor.__sub__ = lambda self, other: zip_with(self, other, lambda a, b: a - b)
Tensor.__mul__ = lambda self, other: zip_with(self, other, lambda a, b: a * b)
Tensor.__truediv__ = lambda self, other: zip_with(self, other, lambda a, b: a / b)
Tensor.__radd__ = lambda self, other: zip_with(self, other, lambda a, b: b + a)
Tensor.__rsub__ = lambda self, other: zip_with(self, other, lambda a, b: b - a)
Tensor.__rmul__ = lambda self, other: zip_with(self, other, lambda a, b: b * a)
Tensor.__rtruediv__ = lambda self, other: zip_with(self, other, lambda a, b: b / a)
Tensor.__neg__ = lambda self: each(self, lambda node: -node)
Tensor.__pow__ = lambda self, n: each(self, lambda node: node**n)
Tensor.backward = backward


# %% nbgrader={"grade_id": "tensor_functions_answer", "solution": true}
for name in ("exp", "log", "tanh", "relu", "sigmoid", "abs"):
    setattr(Tensor, name, lambda self, function=getattr(Node, name): each(self, function))


def total(self, axis=None, keepdims=False):
    axes = set(range(len(self.shape))) if axis is None else {axis + len(self.shape) * (axis < 0)}
    kept = [1 if k in axes else size for k, size in enumerate(self.shape)]
    groups = {index: [] for index in product(*map(range, kept))}
    for index in product(*map(range, self.shape)):
        groups[tuple(0 if k in axes else i for k, i in enumerate(index))].append(at(self, index))
    shape = kept if keepdims else [size for k, size in enumerate(kept) if k not in axes]
    return Tensor.of([added(group) for group in groups.values()], shape)


def mean(self):
    return self.sum() / len(self.nodes)


def extreme(self, value):
    ties = [float(node.value == value) for node in self.nodes]
    return Tensor.of([self.nodes[0].derived(value, *((node, tie / sum(ties)) for node, tie in zip(self.nodes, ties)))])


def largest(self):
    return extreme(self, max(node.value for node in self.nodes))


def smallest(self):
    return extreme(self, min(node.value for node in self.nodes))


def flatten(self):
    return Tensor.of([node + 0 for node in self.nodes], (len(self.nodes),))


Tensor.sum, Tensor.mean, Tensor.max, Tensor.min, Tensor.flatten = total, mean, largest, smallest, flatten


# %% nbgrader={"grade_id": "tensor_matmul_answer", "solution": true}
def tensor_matmul(self, other):
    n, m = self.shape[:-1], other.shape[1:]
    if not self.shape or not other.shape or len(n) > 1 or len(m) > 1 or self.shape[-1] != other.shape[0]:
        raise ValueError("matmul")
    nodes = []
    for i in product(*map(range, n)):
        for j in product(*map(range, m)):
            nodes.append(added([at(self, (*i, k)) * at(other, (k, *j)) for k in range(other.shape[0])]))
    return Tensor.of(nodes, n + m)


Tensor.__matmul__ = tensor_matmul
