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
        return self.binary(other, lambda a, b: (a + b, 1.0, 1.0))

    def __sub__(self, other):
        return self.binary(other, lambda a, b: (a - b, 1.0, -1.0))

    def __mul__(self, other):
        return self.binary(other, lambda a, b: (a * b, b, a))

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

    def __post_init__(self):
        if type(self.value) is not float:
            if type(self.value) is not int:
                raise TypeError(self.value)
            self.value = float(self.value)

    def binary(self, other, rule):
        if not isinstance(other, Node):
            if isinstance(other, bool) or not isinstance(other, (int, float)):
                return NotImplemented
            other = Node(other, "", False)
        value, mine, theirs = rule(self.value, other.value)
        return self.derived(value, (self, mine), (other, theirs))

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
            return self.derived(y, (self, slope(self.value, y)))

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
