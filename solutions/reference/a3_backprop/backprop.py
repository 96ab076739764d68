"""The reference for a3_backprop/backprop: the same API on torch, gradients by autograd, nothing derived by hand."""

from __future__ import annotations

import json
import math
import operator
import random
from collections.abc import Callable, Iterator
from functools import reduce
from graphlib import TopologicalSorter

import torch
from torch.nn import functional

DEVICE: str = globals().get("DEVICE", "cpu")  # where the grader says to compute: "cpu" or "cuda"

Nested = float | list["Nested"]


def float64(data: Nested, requires_grad: bool = False) -> torch.Tensor:
    return torch.tensor(data, dtype=torch.float64, device=DEVICE, requires_grad=requires_grad)


def numerical_gradient(f: Callable[[list[float]], float], x: list[float], h: float = 1e-5) -> list[float]:
    """Central differences: row i of `steps` moves x[i] alone."""
    point = float64(x)
    steps = h * torch.eye(len(x), dtype=torch.float64, device=DEVICE)
    above = float64([f(row) for row in (point + steps).tolist()])
    below = float64([f(row) for row in (point - steps).tolist()])
    return ((above - below) / (2 * h)).tolist()


class Node:
    """A float64 torch scalar, with the operands that it was made of."""

    def __init__(self, value: float, name: str = "", requires_grad: bool = True) -> None:
        if type(value) not in (int, float):
            raise TypeError("the value of a Node is an int or a float")
        self.tensor = float64(value, requires_grad)
        self.operands: tuple[Node, ...] = ()
        self.function: Callable[..., torch.Tensor] | None = None
        self.name = name
        self.grad = 0.0

    @property
    def value(self) -> float:
        return self.tensor.item()

    @property
    def requires_grad(self) -> bool:
        return self.tensor.requires_grad

    def apply(self, function: Callable[..., torch.Tensor], *others: Node | float) -> Node:
        """A new node: the function of this node's tensor and those of the others."""
        operands = (self, *(other if isinstance(other, Node) else Node(other, requires_grad=False) for other in others))
        result = Node(0.0)
        result.tensor = function(*(operand.tensor for operand in operands))
        result.operands = operands
        result.function = function
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
        for node, gradient in zip(nodes, torch.stack(gradients).tolist(), strict=True):
            node.grad += gradient

    def zero_grad(self) -> None:
        for node in topological_order(self):
            node.grad = 0.0


def divide(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    if right == 0:
        raise ZeroDivisionError("division by 0")
    return left / right


def power_of_nodes(base: torch.Tensor, exponent: torch.Tensor) -> torch.Tensor:
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


# ------------------------------------------------------------------------------------------------ graph_to_dot


SIGNS = {operator.add: "+", operator.mul: "*"} | {getattr(torch, name): name for name in ("tanh", "exp", "log", "relu", "sigmoid", "abs")}


def to_dot(root: Node, show_grad: bool = True) -> str:
    """Vertices and arrows apart, in two passes over the set of nodes."""
    nodes = topological_order(root)
    vertices = {node: f"n{place}" for place, node in enumerate(nodes)}
    statements = []
    for node, vertex in vertices.items():
        label = [node.name.translate({ord("\\"): r"\\", ord('"'): r"\""}), f"value={node.value:.4f}", f"grad={node.grad:.4f}"]
        text = r"\n".join(label[: 2 + show_grad])
        statements.append(f'{vertex} [label="{text}"];')
    for node, vertex in vertices.items():
        if node.operands:
            sign = SIGNS.get(node.function, "?")
            statements += [f'{vertex}_from [label="{sign}"];', f"{vertex}_from -> {vertex};"]
            statements += [f"{vertices[operand]} -> {vertex}_from;" for operand in node.operands]
    return "digraph reference {\n" + "\n".join(statements) + "\n}\n"


# ------------------------------------------------------------------------------------------------ tensor_data, _arithmetic, _functions


class Tensor:
    """A float64 torch tensor, with the tables that it was made of."""

    def __init__(self, data: Nested, requires_grad: bool = True) -> None:
        self.tensor = read(data).requires_grad_(requires_grad)
        self.operands: tuple[Tensor, ...] = ()
        self.gradient = torch.zeros_like(self.tensor, requires_grad=False)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.tensor.shape)

    @property
    def requires_grad(self) -> bool:
        return self.tensor.requires_grad

    @property
    def data(self) -> Nested:
        return self.tensor.tolist()

    @data.setter
    def data(self, new: Nested) -> None:
        self.tensor = self.fitting(new).requires_grad_(self.requires_grad)

    @property
    def grad(self) -> Nested:
        return self.gradient.tolist()

    @grad.setter
    def grad(self, new: Nested) -> None:
        self.gradient = self.fitting(new)

    def fitting(self, new: Nested) -> torch.Tensor:
        tensor = read(new)
        if tensor.shape != self.tensor.shape:
            raise ValueError("another shape")
        return tensor

    def apply(self, function: Callable[..., torch.Tensor], *others: Tensor | float) -> Tensor:
        """A new table: the function of this table's tensor and those of the others."""
        operands = (self, *(other if isinstance(other, Tensor) else Tensor(other, requires_grad=False) for other in others))
        try:
            torch.broadcast_shapes(*(operand.tensor.shape for operand in operands))
        except RuntimeError as error:
            raise ValueError("shapes that cannot be broadcast") from error
        return derived(function, operands)

    def __add__(self, other: Tensor | float) -> Tensor:
        return self.apply(operator.add, other)

    def __sub__(self, other: Tensor | float) -> Tensor:
        return self.apply(operator.sub, other)

    def __mul__(self, other: Tensor | float) -> Tensor:
        return self.apply(operator.mul, other)

    def __truediv__(self, other: Tensor | float) -> Tensor:
        return self.apply(operator.truediv, other)

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other: float) -> Tensor:
        return self.apply(lambda right, left: left - right, other)

    def __rtruediv__(self, other: float) -> Tensor:
        return self.apply(lambda right, left: left / right, other)

    def __neg__(self) -> Tensor:
        return self.apply(torch.neg)

    def __pow__(self, n: float) -> Tensor:
        return self.apply(lambda x: torch.pow(x, n))

    def exp(self) -> Tensor:
        return self.apply(torch.exp)

    def log(self) -> Tensor:
        return self.apply(torch.log)

    def tanh(self) -> Tensor:
        return self.apply(torch.tanh)

    def relu(self) -> Tensor:
        return self.apply(torch.relu)

    def sigmoid(self) -> Tensor:
        return self.apply(torch.sigmoid)

    def abs(self) -> Tensor:
        return self.apply(torch.abs)

    def sum(self, axis: int | None = None, keepdims: bool = False) -> Tensor:
        axes = tuple(range(self.tensor.ndim)) if axis is None else (axis,)
        return self.apply(lambda x: torch.sum(x, dim=axes, keepdim=keepdims) if axes else x.clone())

    def mean(self) -> Tensor:
        return self.apply(torch.mean)

    def max(self) -> Tensor:
        return self.apply(torch.amax)

    def min(self) -> Tensor:
        return self.apply(torch.amin)

    def flatten(self) -> Tensor:
        return self.apply(torch.flatten)

    def item(self) -> float:
        if self.tensor.numel() != 1:
            raise ValueError("several entries")
        return self.tensor.item()

    def detach(self) -> Tensor:
        return Tensor(self.data, requires_grad=False)

    def backward(self, gradient: Nested | None = None) -> None:
        if not self.requires_grad or (gradient is None and self.tensor.numel() != 1):
            raise RuntimeError("backward() starts at a tensor that requires a gradient, and is told it where there are several entries")
        start = torch.ones_like(self.tensor, requires_grad=False) if gradient is None else self.fitting(gradient)
        reached = [table for table in self.reachable() if table.requires_grad]
        gradients = torch.autograd.grad(self.tensor, [table.tensor for table in reached], start, retain_graph=True)
        for table, gradient in zip(reached, gradients, strict=True):
            table.gradient = table.gradient + gradient

    def zero_grad(self) -> None:
        self.gradient = torch.zeros_like(self.gradient)

    def reachable(self) -> list[Tensor]:
        found, waiting = {self: None}, [self]
        while waiting:
            for operand in waiting.pop().operands:
                if operand not in found:
                    found[operand] = None
                    waiting.append(operand)
        return list(found)


def derived(function: Callable[..., torch.Tensor], operands: tuple[Tensor, ...]) -> Tensor:
    result = Tensor(0.0, requires_grad=False)
    result.tensor = function(*(operand.tensor for operand in operands))
    result.operands = operands
    result.gradient = torch.zeros_like(result.tensor, requires_grad=False)
    return result


def read(data: Nested) -> torch.Tensor:
    """A float64 tensor; torch itself finds out what is ragged."""
    try:
        tensor = float64(data)
    except TypeError as error:
        raise ValueError("ragged lists") from error
    if tensor.ndim > 4:
        raise ValueError("more than 4 axes")
    return tensor


# ------------------------------------------------------------------------------------------------ tensor_matmul


def matmul(self: Tensor, other: Tensor) -> Tensor:
    if self.tensor.ndim not in (1, 2) or other.tensor.ndim not in (1, 2):
        raise ValueError("one or two axes on each side")
    try:
        return derived(torch.matmul, (self, other))
    except RuntimeError as error:
        raise ValueError("sizes that do not fit") from error


Tensor.__matmul__ = matmul


# ------------------------------------------------------------------------------------------------ layers


class Module:
    """Parameters are gathered by a generator; a dictionary keeps each once, in the order in which they are met."""

    def __call__(self, x: Tensor) -> Tensor:
        return self.forward(x)

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    def parameters(self) -> list[Tensor]:
        return list(dict.fromkeys(tables(self)))

    def num_parameters(self) -> int:
        return sum(table.tensor.numel() for table in self.parameters())

    def zero_grad(self) -> None:
        for table in self.parameters():
            table.zero_grad()

    def save(self, path: str) -> None:
        with open(path, "w", encoding="utf-8") as file:
            json.dump({str(place): table.data for place, table in enumerate(self.parameters())}, file)

    def load(self, path: str) -> None:
        with open(path, encoding="utf-8") as file:
            saved = [table.fitting(data) for table, data in zip(self.parameters(), json.load(file).values(), strict=True)]
        for table, tensor in zip(self.parameters(), saved, strict=True):
            table.tensor = tensor.requires_grad_()


def tables(part: object) -> Iterator[Tensor]:
    if isinstance(part, Tensor):
        if part.requires_grad:
            yield part
    elif isinstance(part, Module | list):
        for inner in part if isinstance(part, list) else vars(part).values():
            yield from tables(inner)


class Neuron(Module):
    def __init__(self, input_size: int) -> None:
        self.weight = Tensor([random.gauss() for _ in range(input_size)])
        self.bias = Tensor(0.0)

    def forward(self, x: Tensor) -> Tensor:
        return derived(lambda x, weight, bias: torch.einsum("nd,d->n", x, weight) + bias, (x, self.weight, self.bias))


class Linear(Module):
    """torch keeps the weight the other way round, [out, in]."""

    def __init__(self, input_size: int, output_size: int, activation: Module | None = None) -> None:
        self.weight = Tensor([[random.gauss() for _ in range(output_size)] for _ in range(input_size)])
        self.bias = Tensor([0.0] * output_size)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        y = derived(lambda x, weight, bias: functional.linear(x, weight.T, bias), (x, self.weight, self.bias))
        return self.activation(y) if self.activation else y


class ReLU(Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.apply(functional.relu)


class Tanh(Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.apply(functional.tanh)


class Sigmoid(Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.apply(functional.sigmoid)


class Softmax(Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.apply(torch.nn.Softmax(dim=-1))


class Sequential(Module):
    def __init__(self, *layers: Module) -> None:
        self.layers = [*layers]

    def forward(self, x: Tensor) -> Tensor:
        return reduce(lambda result, layer: layer(result), self.layers, x)


# ------------------------------------------------------------------------------------------------ losses


class Regression:
    """A loss of torch.nn, on a target of the same shape."""

    loss: Callable[..., torch.Tensor]

    def __call__(self, prediction: Tensor, target: Tensor | Nested) -> Tensor:
        target = target if isinstance(target, Tensor) else Tensor(target, requires_grad=False)
        if prediction.shape != target.shape:
            raise ValueError("prediction and target differ in shape")
        return derived(self.loss, (prediction, target))


class MSELoss(Regression):
    loss = torch.nn.MSELoss()


class L1Loss(Regression):
    loss = torch.nn.L1Loss()


class SmoothL1Loss(Regression):
    def __init__(self, beta: float = 1.0) -> None:
        self.loss = torch.nn.SmoothL1Loss(beta=beta)


class NLLLoss:
    loss: Callable[..., torch.Tensor] = torch.nn.NLLLoss()

    def __call__(self, prediction: Tensor, target: list[int]) -> Tensor:
        return derived(lambda x: self.loss(x, torch.tensor(target, device=DEVICE)), (prediction,))


class CrossEntropyLoss(NLLLoss):
    loss = torch.nn.CrossEntropyLoss()


# ------------------------------------------------------------------------------------------------ optimizers


class Optimizer:
    """An optimizer of torch.optim on copies of the parameters, which are renewed before each step."""

    def __init__(self, parameters: list[Tensor], kind: type[torch.optim.Optimizer], **settings: object) -> None:
        self.parameters = parameters
        self.copies = [float64(parameter.data, requires_grad=True) for parameter in parameters]
        self.optimizer = kind(self.copies, **settings)

    def step(self) -> None:
        for parameter, copy in zip(self.parameters, self.copies, strict=True):
            copy.data = float64(parameter.data)
            copy.grad = float64(parameter.grad)
        self.optimizer.step()
        for parameter, copy in zip(self.parameters, self.copies, strict=True):
            parameter.data = copy.tolist()

    def zero_grad(self) -> None:
        for parameter, copy in zip(self.parameters, self.copies, strict=True):
            parameter.grad = torch.zeros_like(copy).tolist()


class SGD(Optimizer):
    def __init__(self, parameters: list[Tensor], lr: float = 1e-3, momentum: float = 0.0) -> None:
        super().__init__(parameters, torch.optim.SGD, lr=lr, momentum=momentum)


class Adam(Optimizer):
    def __init__(self, parameters: list[Tensor], lr: float = 1e-3, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> None:
        super().__init__(parameters, torch.optim.Adam, lr=lr, betas=(beta1, beta2), eps=eps)


# ------------------------------------------------------------------------------------------------ training


def train(
    model: Callable[[Tensor], object],
    X: list[Nested],
    Y: list[Nested],
    loss_fn: Callable[[object, list[Nested]], Tensor],
    optimizer: Optimizer,
    epochs: int,
    batch_size: int,
) -> list[float]:
    """The losses of an epoch are averaged with the batch sizes as weights."""
    batches = [range(len(X))[start : start + batch_size] for start in range(0, len(X), batch_size)]
    sizes = float64([len(batch) for batch in batches])
    found = []
    for _ in range(epochs):
        values = []
        for batch in batches:
            optimizer.zero_grad()
            loss = loss_fn(model(Tensor([X[i] for i in batch])), [Y[i] for i in batch])
            loss.backward()
            optimizer.step()
            values.append(loss.item())
        found.append(torch.dot(float64(values), sizes / sizes.sum()).item())
    return found
