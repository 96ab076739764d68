# Everything right

# %%
# I drew the graph of (3x)^2 on paper first. That helped.

# %% nbgrader={"grade_id": "numerical_gradient_answer"}
from collections.abc import Callable


def numerical_gradient(f: Callable[[list[float]], float], x: list[float], h: float = 1e-5) -> list[float]:
    gradient = []
    for i in range(len(x)):
        above, below = list(x), list(x)
        above[i] += h
        below[i] -= h
        gradient.append((f(above) - f(below)) / (2 * h))
    return gradient

# %% nbgrader={"grade_id": "node_arithmetic_answer"}
class Node:

    def __init__(self, value: float, name: str = "", requires_grad: bool = True) -> None:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TypeError(f"a Node holds an int or a float, not {type(value).__name__}")
        self.value = float(value)
        self.grad = 0.0
        self.name = name
        self.requires_grad = requires_grad
        self.parents: tuple[tuple[Node, float], ...] = ()
        self.op = ""

    @staticmethod
    def _operand(other: "Node | float") -> "Node":
        return other if isinstance(other, Node) else Node(other, requires_grad=False)

    @staticmethod
    def _result(value: float, op: str, *parents: "tuple[Node, float]") -> "Node":
        node = Node(value, requires_grad=any(operand.requires_grad for operand, _ in parents))
        node.parents = parents
        node.op = op
        return node

    def __add__(self, other: "Node | float") -> "Node":
        other = self._operand(other)
        return self._result(self.value + other.value, "+", (self, 1.0), (other, 1.0))

    def __radd__(self, other: float) -> "Node":
        return self._operand(other) + self

    def __sub__(self, other: "Node | float") -> "Node":
        other = self._operand(other)
        return self._result(self.value - other.value, "-", (self, 1.0), (other, -1.0))

    def __rsub__(self, other: float) -> "Node":
        return self._operand(other) - self

    def __mul__(self, other: "Node | float") -> "Node":
        other = self._operand(other)
        return self._result(self.value * other.value, "*", (self, other.value), (other, self.value))

    def __rmul__(self, other: float) -> "Node":
        return self._operand(other) * self

    def __truediv__(self, other: "Node | float") -> "Node":
        other = self._operand(other)
        value = self.value / other.value
        return self._result(value, "/", (self, 1.0 / other.value), (other, -value / other.value))

    def __rtruediv__(self, other: float) -> "Node":
        return self._operand(other) / self

    def __neg__(self) -> "Node":
        return self._result(-self.value, "neg", (self, -1.0))

    def __pow__(self, other: "Node | float") -> "Node":
        if isinstance(other, Node):
            if self.value <= 0:
                raise ValueError(f"a Node as exponent needs a base above 0, not {self.value}")
            value = self.value**other.value
            return self._result(value, "**", (self, other.value * self.value ** (other.value - 1)), (other, value * math.log(self.value)))
        exponent = self._operand(other)
        n = exponent.value
        if self.value < 0 and not n.is_integer():
            raise ValueError(f"{self.value} has no real power {n}: a negative base needs an integer exponent")
        slope = 0.0 if n == 0 else n * self.value ** (n - 1)
        return self._result(self.value**n, "**", (self, slope), (exponent, 0.0))

    def __rpow__(self, other: float) -> "Node":
        return self._operand(other) ** self

    def __repr__(self) -> str:
        return f"Node({self.value}, name={self.name!r})"

# %% nbgrader={"grade_id": "node_functions_answer"}
def node_tanh(self: Node) -> Node:
    value = math.tanh(self.value)
    return self._result(value, "tanh", (self, 1.0 - value**2))


def node_exp(self: Node) -> Node:
    value = math.exp(self.value)
    return self._result(value, "exp", (self, value))


def node_log(self: Node) -> Node:
    if self.value <= 0:
        raise ValueError(f"only numbers above 0 have a logarithm, not {self.value}")
    return self._result(math.log(self.value), "log", (self, 1.0 / self.value))


def node_relu(self: Node) -> Node:
    return self._result(max(self.value, 0.0), "relu", (self, 1.0 if self.value > 0 else 0.0))


def node_sigmoid(self: Node) -> Node:
    if self.value >= 0:
        value = 1.0 / (1.0 + math.exp(-self.value))
    else:  # the same fraction, widened by e^x, so that nothing overflows
        value = math.exp(self.value) / (1.0 + math.exp(self.value))
    return self._result(value, "sigmoid", (self, value * (1.0 - value)))


def node_abs(self: Node) -> Node:
    slope = 0.0 if self.value == 0 else math.copysign(1.0, self.value)
    return self._result(abs(self.value), "abs", (self, slope))


def node_clip(self: Node, min_value: float | None = None, max_value: float | None = None) -> Node:
    low = -math.inf if min_value is None else min_value
    high = math.inf if max_value is None else max_value
    if low > high:
        raise ValueError(f"the lower bound {low} is above the upper bound {high}")
    slope = 1.0 if low <= self.value <= high else 0.0
    return self._result(min(max(self.value, low), high), "clip", (self, slope))


Node.tanh = node_tanh
Node.exp = node_exp
Node.log = node_log
Node.relu = node_relu
Node.sigmoid = node_sigmoid
Node.abs = node_abs
Node.clip = node_clip

# %% nbgrader={"grade_id": "node_backward_answer"}
def topological_order(root: Node) -> list[Node]:
    order: list[Node] = []
    entered: set[int] = set()
    todo = [(root, False)]
    while todo:
        node, leaving = todo.pop()
        if leaving:
            order.append(node)
        elif id(node) not in entered:
            entered.add(id(node))
            todo.append((node, True))
            todo.extend((operand, False) for operand, _ in node.parents)
    return order


def node_backward(self: Node) -> None:
    if not self.requires_grad:
        raise RuntimeError("backward() starts at a node that requires a gradient; this one does not")
    gradients = {id(self): 1.0}
    for node in reversed(topological_order(self)):
        if not node.requires_grad:
            continue
        gradient = gradients[id(node)]
        node.grad += gradient
        for operand, local in node.parents:
            gradients[id(operand)] = gradients.get(id(operand), 0.0) + gradient * local


def node_zero_grad(self: Node) -> None:
    for node in topological_order(self):
        node.grad = 0.0


Node.backward = node_backward
Node.zero_grad = node_zero_grad

# %% nbgrader={"grade_id": "graph_to_dot_answer"}
def to_dot(root: Node, show_grad: bool = True) -> str:
    order = topological_order(root)
    number = {id(node): i for i, node in enumerate(order)}
    lines = ["digraph computation {"]
    for i, node in enumerate(order):
        name = node.name.replace("\\", "\\\\").replace('"', '\\"')
        gradient = f"\\ngrad={node.grad:.4f}" if show_grad else ""
        lines.append(f'  value_{i} [label="{name}\\nvalue={node.value:.4f}{gradient}"];')
        if node.parents:
            lines.append(f'  operation_{i} [label="{node.op}"];')
            lines += [f"  value_{number[id(operand)]} -> operation_{i};" for operand, _ in node.parents]
            lines.append(f"  operation_{i} -> value_{i};")
    return "\n".join([*lines, "}"])

# %% nbgrader={"grade_id": "tensor_ops_answer"}
from collections.abc import Callable


def flat_and_shape(data: float | list) -> tuple[list[float], tuple[int, ...]]:
    if not isinstance(data, (list, tuple)):
        return [float(data)], ()
    parts = [flat_and_shape(part) for part in data]
    shape = parts[0][1]
    if any(other != shape for _, other in parts):
        raise ValueError("the lists are ragged: lists next to each other must have the same shape")
    if len(shape) == 4:
        raise ValueError("a tensor has at most 4 axes")
    return [number for numbers, _ in parts for number in numbers], (len(parts), *shape)


def nested(numbers: list[float], shape: tuple[int, ...]) -> float | list:
    if not shape:
        return numbers[0]
    rows = list(numbers)
    for size in reversed(shape[1:]):
        rows = [rows[i : i + size] for i in range(0, len(rows), size)]
    return rows


def common_shape(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    if a == b:
        return a
    axes = max(len(a), len(b))
    pairs = list(zip((1,) * (axes - len(a)) + a, (1,) * (axes - len(b)) + b))
    if any(m != n and 1 not in (m, n) for m, n in pairs):
        raise ValueError(f"the shapes {a} and {b} cannot be broadcast")
    return tuple(max(pair) for pair in pairs)


def places(shape: tuple[int, ...], to: tuple[int, ...]) -> list[int]:
    if shape == to:
        return list(range(math.prod(to)))
    strides, step = [], 1
    for size in reversed(shape):
        strides.insert(0, step if size > 1 else 0)
        step *= size
    found = [0]
    for size, stride in zip(to, [0] * (len(to) - len(shape)) + strides):
        found = [place + stride * i for place in found for i in range(size)]
    return found


def added_up(terms: list[float], at: list[int], size: int) -> list[float]:
    total = [0.0] * size
    for term, place in zip(terms, at):
        total[place] += term
    return total


class Tensor:

    def __init__(self, data: float | list, requires_grad: bool = True) -> None:
        self._numbers, self.shape = flat_and_shape(data)
        self._gradient = [0.0] * len(self._numbers)
        self.requires_grad = requires_grad
        self.parents: tuple[tuple[Tensor, Callable[[list[float]], list[float]]], ...] = ()

    @property
    def data(self) -> float | list:
        return nested(self._numbers, self.shape)

    @data.setter
    def data(self, new: float | list) -> None:
        self._numbers = self._fitting(new)

    @property
    def grad(self) -> float | list:
        return nested(self._gradient, self.shape)

    @grad.setter
    def grad(self, new: float | list) -> None:
        self._gradient = self._fitting(new)

    def _fitting(self, new: float | list) -> list[float]:
        numbers, shape = flat_and_shape(new)
        if shape != self.shape:
            raise ValueError(f"this tensor has the shape {self.shape}; what is assigned has {shape}")
        return numbers

    @staticmethod
    def _result(numbers: list[float], shape: tuple[int, ...], *parents: tuple) -> "Tensor":
        tensor = Tensor(0.0, any(operand.requires_grad for operand, _ in parents))
        tensor._numbers, tensor.shape, tensor.parents = numbers, shape, parents
        tensor._gradient = [0.0] * len(numbers)
        return tensor

    def _combined(self, other: "Tensor | float", value: Callable, slope: Callable, other_slope: Callable) -> "Tensor":
        other = other if isinstance(other, Tensor) else Tensor(other, requires_grad=False)
        shape = common_shape(self.shape, other.shape)
        mine, theirs = places(self.shape, shape), places(other.shape, shape)
        x, y = [self._numbers[i] for i in mine], [other._numbers[i] for i in theirs]

        def to_self(gradient: list[float]) -> list[float]:
            return added_up([g * slope(a, b) for g, a, b in zip(gradient, x, y)], mine, len(self._numbers))

        def to_other(gradient: list[float]) -> list[float]:
            return added_up([g * other_slope(a, b) for g, a, b in zip(gradient, x, y)], theirs, len(other._numbers))

        return self._result([value(a, b) for a, b in zip(x, y)], shape, (self, to_self), (other, to_other))

    def _mapped(self, value: Callable, slope: Callable) -> "Tensor":
        x = self._numbers
        z = [value(a) for a in x]
        return self._result(z, self.shape, (self, lambda gradient: [g * slope(a, b) for g, a, b in zip(gradient, x, z)]))

    def __add__(self, other: "Tensor | float") -> "Tensor":
        return self._combined(other, lambda x, y: x + y, lambda x, y: 1.0, lambda x, y: 1.0)

    def __radd__(self, other: float) -> "Tensor":
        return self + other

    def __sub__(self, other: "Tensor | float") -> "Tensor":
        return self._combined(other, lambda x, y: x - y, lambda x, y: 1.0, lambda x, y: -1.0)

    def __rsub__(self, other: float) -> "Tensor":
        return Tensor(other, requires_grad=False) - self

    def __mul__(self, other: "Tensor | float") -> "Tensor":
        return self._combined(other, lambda x, y: x * y, lambda x, y: y, lambda x, y: x)

    def __rmul__(self, other: float) -> "Tensor":
        return self * other

    def __truediv__(self, other: "Tensor | float") -> "Tensor":
        return self._combined(other, lambda x, y: x / y, lambda x, y: 1.0 / y, lambda x, y: -x / y**2)

    def __rtruediv__(self, other: float) -> "Tensor":
        return Tensor(other, requires_grad=False) / self

    def __neg__(self) -> "Tensor":
        return self._mapped(lambda x: -x, lambda x, z: -1.0)

    def __pow__(self, n: float) -> "Tensor":
        return self._mapped(lambda x: x**n, lambda x, z: n * x ** (n - 1) if n != 0 else 0.0)

    def exp(self) -> "Tensor":
        return self._mapped(math.exp, lambda x, z: z)

    def log(self) -> "Tensor":
        return self._mapped(math.log, lambda x, z: 1.0 / x)

    def tanh(self) -> "Tensor":
        return self._mapped(math.tanh, lambda x, z: 1.0 - z**2)

    def relu(self) -> "Tensor":
        return self._mapped(lambda x: max(x, 0.0), lambda x, z: 1.0 if x > 0 else 0.0)

    def sigmoid(self) -> "Tensor":
        def value(x: float) -> float:
            small = math.exp(-abs(x))
            return (1.0 if x > 0 else small) / (1.0 + small)

        return self._mapped(value, lambda x, z: z * (1.0 - z))

    def abs(self) -> "Tensor":
        return self._mapped(abs, lambda x, z: x / z if z else 0.0)

    def sum(self, axis: int | None = None, keepdims: bool = False) -> "Tensor":
        summed = range(len(self.shape)) if axis is None else [range(len(self.shape))[axis]]
        small = tuple(1 if k in summed else size for k, size in enumerate(self.shape))
        at = places(small, self.shape)
        numbers = added_up(self._numbers, at, math.prod(small))
        shape = small if keepdims else tuple(size for k, size in enumerate(small) if k not in summed)
        return self._result(numbers, shape, (self, lambda gradient: [gradient[i] for i in at]))

    def mean(self) -> "Tensor":
        return self.sum() / len(self._numbers)

    def _chosen(self, best: float) -> "Tensor":
        share = 1.0 / self._numbers.count(best)
        shares = [share if x == best else 0.0 for x in self._numbers]
        return self._result([best], (), (self, lambda gradient: [gradient[0] * share for share in shares]))

    def max(self) -> "Tensor":
        return self._chosen(max(self._numbers))

    def min(self) -> "Tensor":
        return self._chosen(min(self._numbers))

    def flatten(self) -> "Tensor":
        return self._result(list(self._numbers), (len(self._numbers),), (self, list))

    def item(self) -> float:
        if len(self._numbers) > 1:
            raise ValueError(f"item() is for one entry; this tensor has {len(self._numbers)}")
        return self._numbers[0]

    def detach(self) -> "Tensor":
        return Tensor(self.data, requires_grad=False)

    def _order(self) -> "list[Tensor]":
        order: list[Tensor] = []
        entered: set[int] = set()
        todo = [(self, False)]
        while todo:
            tensor, leaving = todo.pop()
            if leaving:
                order.append(tensor)
            elif id(tensor) not in entered:
                entered.add(id(tensor))
                todo.append((tensor, True))
                todo.extend((operand, False) for operand, _ in tensor.parents)
        return order

    def backward(self) -> None:
        if not self.requires_grad:
            raise RuntimeError("backward() starts at a tensor that requires a gradient; this one does not")
        if len(self._numbers) > 1:
            raise RuntimeError(f"backward() starts at a single number; this tensor has the shape {self.shape}")
        gradients = {id(self): [1.0]}
        for tensor in reversed(self._order()):
            if not tensor.requires_grad:
                continue
            gradient = gradients[id(tensor)]
            tensor._gradient = [old + new for old, new in zip(tensor._gradient, gradient)]
            for operand, flow in tensor.parents:
                if operand.requires_grad:
                    arriving = flow(gradient)
                    before = gradients.get(id(operand))
                    gradients[id(operand)] = arriving if before is None else [old + new for old, new in zip(before, arriving)]

    def zero_grad(self) -> None:
        for tensor in self._order():
            tensor._gradient = [0.0] * len(tensor._numbers)

    def __repr__(self) -> str:
        return f"Tensor({self.data})"

# %% nbgrader={"grade_id": "tensor_matmul_answer"}
def tensor_matmul(self: Tensor, other: Tensor) -> Tensor:
    if len(self.shape) not in (1, 2) or len(other.shape) not in (1, 2) or self.shape[-1] != other.shape[0]:
        raise ValueError(f"there is no matrix product of the shapes {self.shape} and {other.shape}")
    left, right = self._numbers, other._numbers
    K = other.shape[0]
    N, M = len(left) // K, len(right) // K
    rows = [left[n * K : (n + 1) * K] for n in range(N)]
    columns = [right[m::M] for m in range(M)]

    def product(a: list[float], b: list[float]) -> float:
        return sum(x * y for x, y in zip(a, b))

    def to_left(gradient: list[float]) -> list[float]:
        return [product(gradient[n * M : (n + 1) * M], right[k * M : (k + 1) * M]) for n in range(N) for k in range(K)]

    def to_right(gradient: list[float]) -> list[float]:
        return [product(left[k::K], gradient[m::M]) for k in range(K) for m in range(M)]

    numbers = [product(row, column) for row in rows for column in columns]
    return self._result(numbers, self.shape[:-1] + other.shape[1:], (self, to_left), (other, to_right))


Tensor.__matmul__ = tensor_matmul

# %% nbgrader={"grade_id": "layers_answer"}
class Module:

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__} does not say what its forward does")

    def __call__(self, x: Tensor) -> Tensor:
        return self.forward(x)

    def parameters(self) -> list[Tensor]:
        found: list[Tensor] = []
        todo = list(vars(self).values())
        while todo:
            part = todo.pop(0)
            if isinstance(part, Tensor):
                if part.requires_grad and all(part is not known for known in found):
                    found.append(part)
            elif isinstance(part, Module):
                todo = list(vars(part).values()) + todo
            elif isinstance(part, (list, tuple)):
                todo = list(part) + todo
        return found

    def num_parameters(self) -> int:
        return sum(math.prod(parameter.shape) for parameter in self.parameters())

    def zero_grad(self) -> None:
        for parameter in self.parameters():
            parameter.zero_grad()

    def save(self, path: str) -> None:
        with open(path, "w", encoding="utf-8") as file:
            json.dump([parameter.data for parameter in self.parameters()], file)

    def load(self, path: str) -> None:
        with open(path, encoding="utf-8") as file:
            saved = json.load(file)
        parameters = self.parameters()
        shapes, wanted = [Tensor(data).shape for data in saved], [parameter.shape for parameter in parameters]
        if shapes != wanted:
            raise ValueError(f"the file holds tensors of the shapes {shapes}; this module has {wanted}")
        for parameter, data in zip(parameters, saved):
            parameter.data = data


class Neuron(Module):

    def __init__(self, input_size: int) -> None:
        bound = 1 / math.sqrt(input_size)
        self.weight = Tensor([random.uniform(-bound, bound) for _ in range(input_size)])
        self.bias = Tensor(0.0)

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight + self.bias


class Linear(Module):

    def __init__(self, input_size: int, output_size: int, activation: Module | None = None) -> None:
        bound = 1 / math.sqrt(input_size)
        self.weight = Tensor([[random.uniform(-bound, bound) for _ in range(output_size)] for _ in range(input_size)])
        self.bias = Tensor([0.0] * output_size)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        y = x @ self.weight + self.bias
        return y if self.activation is None else self.activation(y)


class ReLU(Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.relu()


class Tanh(Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.tanh()


class Sigmoid(Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.sigmoid()


class Softmax(Module):
    def forward(self, x: Tensor) -> Tensor:
        def row_maxima(data):
            return [max(data)] if isinstance(data[0], float) else [row_maxima(part) for part in data]

        powers = (x - Tensor(row_maxima(x.data), requires_grad=False)).exp()
        return powers / powers.sum(axis=-1, keepdims=True)


class Sequential(Module):

    def __init__(self, *layers: Module) -> None:
        self.layers = list(layers)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x)
        return x

# %% nbgrader={"grade_id": "losses_answer"}
def same_shape(prediction: Tensor, target: "Tensor | list | float") -> Tensor:
    if not isinstance(target, Tensor):
        target = Tensor(target, requires_grad=False)
    if target.shape != prediction.shape:
        raise ValueError(f"a prediction of the shape {prediction.shape} cannot be compared with a target of the shape {target.shape}")
    return target


class MSELoss:

    def __call__(self, prediction: Tensor, target: "Tensor | list | float") -> Tensor:
        return ((prediction - same_shape(prediction, target)) ** 2).mean()


class L1Loss:

    def __call__(self, prediction: Tensor, target: "Tensor | list | float") -> Tensor:
        return (prediction - same_shape(prediction, target)).abs().mean()


class SmoothL1Loss:

    def __init__(self, beta: float = 1.0) -> None:
        self.beta = beta

    def __call__(self, prediction: Tensor, target: "Tensor | list | float") -> Tensor:
        distance = (prediction - same_shape(prediction, target)).abs()
        near = distance - (distance - self.beta).relu()  # the smaller of the distance and beta
        return (near * (distance - near / 2) / self.beta).mean()


class NLLLoss:

    def __call__(self, prediction: Tensor, target: list[int]) -> Tensor:
        rows, classes = prediction.shape
        right = Tensor([[float(c == label) for c in range(classes)] for label in target], requires_grad=False)
        return (prediction * right).sum() / -rows


class CrossEntropyLoss:

    def __call__(self, prediction: Tensor, target: list[int]) -> Tensor:
        shifted = prediction - Tensor([[max(row)] for row in prediction.data], requires_grad=False)
        return NLLLoss()(shifted - shifted.exp().sum(axis=1, keepdims=True).log(), target)

# %% nbgrader={"grade_id": "optimizers_answer"}
def elementwise(function, *data):
    if isinstance(data[0], list):
        return [elementwise(function, *parts) for parts in zip(*data)]
    return function(*data)


class SGD:

    def __init__(self, parameters: "list[Tensor]", lr: float = 1e-3, momentum: float = 0.0) -> None:
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self.velocities = [elementwise(lambda w: 0.0, parameter.data) for parameter in self.parameters]

    def step(self) -> None:
        for i, parameter in enumerate(self.parameters):
            self.velocities[i] = elementwise(lambda v, g: self.momentum * v + g, self.velocities[i], parameter.grad)
            parameter.data = elementwise(lambda w, v: w - self.lr * v, parameter.data, self.velocities[i])

    def zero_grad(self) -> None:
        for parameter in self.parameters:
            parameter.grad = elementwise(lambda g: 0.0, parameter.grad)


class Adam:

    def __init__(self, parameters: "list[Tensor]", lr: float = 1e-3, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> None:
        self.parameters = list(parameters)
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.steps = 0
        self.means = [elementwise(lambda w: 0.0, parameter.data) for parameter in self.parameters]
        self.squares = [elementwise(lambda w: 0.0, parameter.data) for parameter in self.parameters]

    def step(self) -> None:
        self.steps += 1
        mean_share, square_share = 1 - self.beta1**self.steps, 1 - self.beta2**self.steps

        def moved(w, m, u):
            return w - self.lr * (m / mean_share) / (math.sqrt(u / square_share) + self.eps)

        for i, parameter in enumerate(self.parameters):
            self.means[i] = elementwise(lambda m, g: self.beta1 * m + (1 - self.beta1) * g, self.means[i], parameter.grad)
            self.squares[i] = elementwise(lambda u, g: self.beta2 * u + (1 - self.beta2) * g**2, self.squares[i], parameter.grad)
            parameter.data = elementwise(moved, parameter.data, self.means[i], self.squares[i])

    def zero_grad(self) -> None:
        for parameter in self.parameters:
            parameter.grad = elementwise(lambda g: 0.0, parameter.grad)

# %% nbgrader={"grade_id": "training_answer"}
def train(model, X: list, Y: list, loss_fn, optimizer, epochs: int, batch_size: int) -> list[float]:
    losses = []
    for _ in range(epochs):
        total = 0.0
        for start in range(0, len(X), batch_size):
            inputs, targets = X[start : start + batch_size], Y[start : start + batch_size]
            loss = loss_fn(model(Tensor(inputs)), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(inputs)
        losses.append(total / len(X))
    return losses
