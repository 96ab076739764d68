"""The reference for a3_backprop/backprop: the same API on torch, gradients by autograd, nothing derived by hand."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from graphlib import TopologicalSorter

import torch
from torch import Tensor


def numerical_gradient(f: Callable[[list[float]], float], x: list[float], h: float = 1e-5) -> list[float]:
    """Central differences: row i of `steps` moves x[i] alone."""
    point = torch.tensor(x, dtype=torch.float64)
    steps = h * torch.eye(len(x), dtype=torch.float64)
    above = torch.tensor([f(row.tolist()) for row in point + steps], dtype=torch.float64)
    below = torch.tensor([f(row.tolist()) for row in point - steps], dtype=torch.float64)
    return ((above - below) / (2 * h)).tolist()


class Node:
    """A float64 torch scalar, with the operands that it was made of."""

    def __init__(self, value: float, name: str = "", requires_grad: bool = True) -> None:
        if type(value) not in (int, float):
            raise TypeError("the value of a Node is an int or a float")
        self.tensor = torch.tensor(value, dtype=torch.float64, requires_grad=requires_grad)
        self.operands: tuple[Node, ...] = ()
        self.name = name
        self.grad = 0.0

    @property
    def value(self) -> float:
        return self.tensor.item()

    @property
    def requires_grad(self) -> bool:
        return self.tensor.requires_grad

    def apply(self, function: Callable[..., Tensor], *others: Node | float) -> Node:
        """A new node: the function of this node's tensor and those of the others."""
        operands = (self, *(other if isinstance(other, Node) else Node(other, requires_grad=False) for other in others))
        result = Node(0.0)
        result.tensor = function(*(operand.tensor for operand in operands))
        result.operands = operands
        return result

    def __add__(self, other: Node | float) -> Node:
        return self.apply(operator.add, other)

    def __radd__(self, other: float) -> Node:
        return self.apply(lambda right, left: left + right, other)

    def __sub__(self, other: Node | float) -> Node:
        return self.apply(operator.sub, other)

    def __rsub__(self, other: float) -> Node:
        return self.apply(lambda right, left: left - right, other)

    def __mul__(self, other: Node | float) -> Node:
        return self.apply(operator.mul, other)

    def __rmul__(self, other: float) -> Node:
        return self.apply(lambda right, left: left * right, other)

    def __truediv__(self, other: Node | float) -> Node:
        return self.apply(divide, other)

    def __rtruediv__(self, other: float) -> Node:
        return self.apply(lambda right, left: divide(left, right), other)

    def __neg__(self) -> Node:
        return self.apply(torch.neg)

    def __pow__(self, other: Node | float) -> Node:
        if isinstance(other, Node):
            return self.apply(power_of_nodes, other)
        exponent = Node(other).value
        if exponent < 0 and self.value == 0:
            raise ZeroDivisionError("0 to a negative power")
        if self.value < 0 and math.modf(exponent)[0] != 0:
            raise ValueError("a negative base needs an integer exponent")
        return self.apply(lambda base: torch.pow(base, exponent))

    def __rpow__(self, other: float) -> Node:
        return Node(other, requires_grad=False) ** self

    def tanh(self) -> Node:
        return self.apply(torch.tanh)

    def exp(self) -> Node:
        return self.apply(torch.exp)

    def log(self) -> Node:
        if not self.value > 0:
            raise ValueError("the logarithm needs a number above 0")
        return self.apply(torch.log)

    def relu(self) -> Node:
        return self.apply(torch.relu)

    def sigmoid(self) -> Node:
        return self.apply(torch.sigmoid)

    def abs(self) -> Node:
        return self.apply(torch.abs)

    def clip(self, min_value: float | None = None, max_value: float | None = None) -> Node:
        if min_value is None and max_value is None:
            return self.apply(torch.clone)
        if min_value is not None and max_value is not None and min_value > max_value:
            raise ValueError("the bounds of clip are in the wrong order")
        return self.apply(lambda x: torch.clamp(x, min_value, max_value))

    def backward(self) -> None:
        if not self.requires_grad:
            raise RuntimeError("the root requires no gradient")
        nodes = [node for node in topological_order(self) if node.requires_grad]
        gradients = torch.autograd.grad(self.tensor, [node.tensor for node in nodes], retain_graph=True)
        for node, gradient in zip(nodes, gradients, strict=True):
            node.grad += gradient.item()

    def zero_grad(self) -> None:
        for node in topological_order(self):
            node.grad = 0.0


def divide(left: Tensor, right: Tensor) -> Tensor:
    if right == 0:
        raise ZeroDivisionError("division by 0")
    return left / right


def power_of_nodes(base: Tensor, exponent: Tensor) -> Tensor:
    if not base > 0:
        raise ValueError("a Node as exponent needs a base above 0")
    return torch.pow(base, exponent)


def topological_order(root: Node) -> list[Node]:
    """Python's own graphlib, fed with every node that can be reached."""
    graph: dict[Node, tuple[Node, ...]] = {}
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node not in graph:
            graph[node] = node.operands
            waiting.extend(node.operands)
    return list(TopologicalSorter(graph).static_order())
