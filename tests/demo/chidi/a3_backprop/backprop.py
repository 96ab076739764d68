# Half done: two slips in the operators, three functions, no backward yet

# %% nbgrader={"grade_id": "numerical_gradient_answer"}
from collections.abc import Callable


def numerical_gradient(f: Callable[[list[float]], float], x: list[float], h: float = 1e-5) -> list[float]:
    gradient = []
    for i in range(len(x)):
        x[i] += h
        above = f(x)
        x[i] -= 2 * h
        below = f(x)
        x[i] += h
        gradient.append((above - below) / (2 * h))
    return gradient


# %% nbgrader={"grade_id": "node_arithmetic_answer"}
class Node:
    def __init__(self, value, name="", requires_grad=True):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TypeError("not a number")
        self.value = float(value)
        self.grad = 0.0
        self.name = name
        self.requires_grad = requires_grad
        self.parents = ()
        self.op = ""

    @staticmethod
    def _operand(other):
        if isinstance(other, Node):
            return other
        return Node(other, requires_grad=False)

    @staticmethod
    def _result(value, op, *parents):
        node = Node(value)
        node.requires_grad = any(p.requires_grad for p, _ in parents)
        node.parents, node.op = parents, op
        return node

    def __add__(self, other):
        other = self._operand(other)
        return self._result(self.value + other.value, "+", (self, 1.0), (other, 1.0))

    def __sub__(self, other):
        other = self._operand(other)
        return self._result(self.value - other.value, "-", (self, 1.0), (other, -1.0))

    def __mul__(self, other):
        other = self._operand(other)
        return self._result(self.value * other.value, "*", (self, other.value), (other, self.value))

    def __truediv__(self, other):
        other = self._operand(other)
        return self._result(self.value / other.value, "/", (self, 1 / other.value), (other, -self.value / other.value**2))

    def __neg__(self):
        return self * -1

    def __pow__(self, other):
        exponent = self._operand(other)
        if self.value <= 0 and (isinstance(other, Node) or not exponent.value.is_integer()):
            raise ValueError("no such power")
        slope = exponent.value * self.value ** (exponent.value - 1) if exponent.value else 0.0
        return self._result(self.value**exponent.value, "**", (self, slope), (exponent, 0.0))

    __radd__ = __add__
    __rmul__ = __mul__
    __rsub__ = __sub__  # same thing, I think?

    def __rtruediv__(self, other):
        return self._operand(other) / self

    def __rpow__(self, other):
        return self._operand(other) ** self


# %% nbgrader={"grade_id": "node_functions_answer"}
def node_tanh(self: Node) -> Node:
    value = math.tanh(self.value)
    return self._result(value, "tanh", (self, 1 - value**2))


def node_exp(self: Node) -> Node:
    value = math.exp(self.value)
    return self._result(value, "exp", (self, value))


def node_log(self: Node) -> Node:
    raise NotImplementedError()


def node_relu(self: Node) -> Node:
    return self._result(max(self.value, 0), "relu", (self, 1.0 if self.value >= 0 else 0.0))


def node_sigmoid(self: Node) -> Node:
    raise NotImplementedError()


Node.tanh = node_tanh
Node.exp = node_exp
Node.log = node_log
Node.relu = node_relu
Node.sigmoid = node_sigmoid
