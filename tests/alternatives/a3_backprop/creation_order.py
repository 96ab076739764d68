# Nodes are numbered as they are made, which is a topological order; constants are a subclass; local derivatives in another place.

# %% nbgrader={"grade_id": "numerical_gradient_answer", "solution": true}
from operator import sub


def numerical_gradient(f, x, h=1e-5):
    point = list(x)
    gradient = [0.0] * len(point)
    for i, value in enumerate(x):
        found = []
        for side in (value + h, value - h):
            point[i] = side
            found.append(f(point))
        point[i] = value
        gradient[i] = sub(*found) / h * 0.5
    return gradient


# %% nbgrader={"grade_id": "node_arithmetic_answer", "solution": true}
import math
from itertools import count
from numbers import Real


class Node:
    _numbers = count()

    def __init__(self, value, name="", requires_grad=True):
        if isinstance(value, (bool, complex)) or not isinstance(value, Real):
            raise TypeError("a real number, please")
        self.value, self.grad, self.name, self.requires_grad = value + 0.0, 0.0, name, requires_grad
        self.number = next(Node._numbers)
        self.edges = {}
        self.made_of = []

    def edge(self, operand, slope):
        self.made_of.append(operand)
        self.edges[operand.number] = self.edges.get(operand.number, 0.0) + slope
        self.requires_grad |= operand.requires_grad
        return self

    def __add__(self, other):
        other = lift(other)
        return Constant(self.value + other.value).edge(self, 1.0).edge(other, 1.0)

    def __mul__(self, other):
        other = lift(other)
        return Constant(self.value * other.value).edge(self, other.value).edge(other, self.value)

    def __pow__(self, exponent):
        if isinstance(exponent, Node):
            if not self.value > 0:
                raise ValueError("base")
            return (exponent * natural_log(self)).map(math.exp, math.exp)
        n = lift(exponent).value
        if self.value < 0 and math.floor(n) != n:
            raise ValueError("exponent")
        return self.map(lambda x: x**n, lambda x: n * x ** (n - 1) if n != 0 else 0.0)

    def map(self, function, derivative):
        return Constant(function(self.value)).edge(self, derivative(self.value))

    def __neg__(self):
        return -1.0 * self

    def __sub__(self, other):
        return self + (-lift(other))

    def __truediv__(self, other):
        return self * lift(other) ** -1

    def __radd__(self, other):
        return lift(other) + self

    def __rsub__(self, other):
        return lift(other) - self

    def __rmul__(self, other):
        return lift(other) * self

    def __rtruediv__(self, other):
        return lift(other) / self

    def __rpow__(self, other):
        return lift(other) ** self


class Constant(Node):
    def __init__(self, value):
        super().__init__(value, requires_grad=False)


def lift(x):
    if isinstance(x, Node):
        return x
    return Constant(x)


def natural_log(node):
    return node.map(math.log, lambda x: 1 / x)


# %% nbgrader={"grade_id": "node_functions_answer", "solution": true}
def tanh(self):
    return self.map(math.tanh, lambda x: 1 / math.cosh(x) ** 2 if abs(x) < 300 else 0.0)


def sigmoid(self):
    half = tanh(self * 0.5)
    return half * 0.5 + 0.5


def log(self):
    if self.value <= 0:
        raise ValueError(self.value)
    return natural_log(self)


def relu(self):
    return self.map(lambda x: x if x > 0 else 0.0, lambda x: 1.0 if x > 0 else 0.0)


def clip(self, min_value=None, max_value=None):
    if min_value is not None and max_value is not None and min_value > max_value:
        raise ValueError("bounds")
    result = self + 0
    if min_value is not None and self.value < min_value:
        result = self * 0.0 + min_value
    elif max_value is not None and self.value > max_value:
        result = self * 0.0 + max_value
    return result


for method in (tanh, sigmoid, log, relu, clip):
    setattr(Node, method.__name__, method)
Node.exp = lambda self: self.map(math.exp, math.exp)
Node.abs = lambda self: relu(self) + relu(-self)


# %% nbgrader={"grade_id": "node_backward_answer", "solution": true}
def topological_order(root):
    found, border = {root.number: root}, [root]
    while border:
        border = list({operand.number: operand for node in border for operand in node.made_of if operand.number not in found}.values())
        found.update((node.number, node) for node in border)
    return [found[number] for number in sorted(found)]


def backward(self):
    if not self.requires_grad:
        raise RuntimeError
    arriving = {self.number: 1.0}
    for node in topological_order(self)[::-1]:
        if node.requires_grad:
            gradient = arriving.pop(node.number)
            node.grad += gradient
            for number, slope in node.edges.items():
                arriving[number] = arriving.get(number, 0.0) + slope * gradient


def zero_grad(self):
    todo, cleared = [self], set()
    while todo:
        node = todo.pop()
        if node.number not in cleared:
            cleared.add(node.number)
            node.grad = 0.0
            todo += node.made_of


Node.backward = backward
Node.zero_grad = zero_grad


# %% nbgrader={"grade_id": "graph_to_dot_answer", "solution": true}
# Which method was called, on what: noted from outside, since one method here may be made of others.
def noted(sign, method):
    def call(self, *others):
        result = method(self, *others)
        result.drawn = (sign, [self, *map(lift, others)])
        return result

    return call


for sign, name in {"+": "__add__", "*": "__mul__"}.items():
    setattr(Node, name, noted(sign, getattr(Node, name)))
for name in ("tanh", "exp", "log", "relu", "sigmoid", "abs"):
    setattr(Node, name, noted(name, getattr(Node, name)))


def to_dot(root, show_grad=True):
    todo, vertices, arrows = [root], {}, []
    while todo:
        node = todo.pop()
        me = f"n{node.number}"
        if me in vertices:
            continue
        vertices[me] = node.name.replace("\\", r"\\").replace('"', r"\"") + rf"\nvalue={node.value:.4f}" + rf"\ngrad={node.grad:.4f}" * show_grad
        sign, operands = getattr(node, "drawn", ("", []))
        if operands:
            vertices["o" + me] = sign
            arrows += [("o" + me, me), *((f"n{operand.number}", "o" + me) for operand in operands)]
            todo += operands
    middle = [f'{vertex} [label="{label}"];' for vertex, label in vertices.items()] + [f"{start} -> {end};" for start, end in arrows]
    return "\n".join(["digraph numbered_nodes {", *middle, "}"])
