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

