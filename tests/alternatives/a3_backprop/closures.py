# A closure for each operation, slots, and gradients in the nodes themselves: no `parents`.

# %% nbgrader={"grade_id": "numerical_gradient_answer", "solution": true}
def numerical_gradient(f, x, h=1e-5):
    def moved(i, by):
        return [value + by * (i == j) for j, value in enumerate(x)]

    return [f(moved(i, h)) / (2 * h) - f(moved(i, -h)) / (2 * h) for i in range(len(x))]


# %% nbgrader={"grade_id": "node_arithmetic_answer", "solution": true}
import math


class Node:
    __slots__ = ("_grad", "_inputs", "_push", "_value", "name", "requires_grad")

    def __init__(self, value, name="", requires_grad=True, inputs=(), push=None):
        if type(value) not in (int, float):
            raise TypeError("not a number")
        self._value = float(value)
        self._grad = 0.0
        self._inputs = inputs
        self._push = push
        self.name = name
        self.requires_grad = requires_grad or any(x.requires_grad for x in inputs)

    @property
    def value(self):
        return self._value

    @property
    def grad(self):
        return self._grad

    def _made(self, value, inputs, slopes):
        def push(gradient):
            for node, slope in zip(inputs, slopes):
                if node.requires_grad:
                    node._grad += gradient * slope()

        return Node(value, "", False, inputs, push)

    def __add__(self, other):
        other = constant(other)
        return self._made(self.value + other.value, (self, other), (lambda: 1.0, lambda: 1.0))

    def __mul__(self, other):
        other = constant(other)
        return self._made(self.value * other.value, (self, other), (lambda: other.value, lambda: self.value))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -constant(other)

    def __truediv__(self, other):
        other = constant(other)
        return self._made(self.value / other.value, (self, other), (lambda: 1 / other.value, lambda: -self.value / (other.value * other.value)))

    def __pow__(self, other):
        fixed = not isinstance(other, Node)
        other = constant(other)
        base, n = self.value, other.value
        if (not fixed and base <= 0) or (base < 0 and n != int(n)):
            raise ValueError("no such power")
        if fixed:
            return self._made(base**n, (self,), (lambda: n * base ** (n - 1) if n else 0.0,))
        return self._made(base**n, (self, other), (lambda: n * base ** (n - 1), lambda: base**n * math.log(base)))

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other):
        return -self + other

    def __rtruediv__(self, other):
        return constant(other).__truediv__(self)

    def __rpow__(self, other):
        return constant(other).__pow__(self)


def constant(x):
    return x if isinstance(x, Node) else Node(x, requires_grad=False)


# %% nbgrader={"grade_id": "node_functions_answer", "solution": true}
def _one(self, value, slope):
    return self._made(value, (self,), (lambda: slope,))


def _sigmoid(x):
    small = math.exp(-abs(x))
    return 1 / (1 + small) if x > 0 else small / (1 + small)


def _log(self):
    if self.value > 0:
        return _one(self, math.log(self.value), 1 / self.value)
    raise ValueError("log")


def _clip(self, min_value=None, max_value=None):
    if None not in (min_value, max_value) and max_value < min_value:
        raise ValueError("clip")
    if min_value is not None and self.value < min_value:
        return _one(self, float(min_value), 0.0)
    if max_value is not None and self.value > max_value:
        return _one(self, float(max_value), 0.0)
    return _one(self, self.value, 1.0)


Node.tanh = lambda self: _one(self, math.tanh(self.value), 1 - math.tanh(self.value) ** 2)
Node.exp = lambda self: _one(self, math.exp(self.value), math.exp(self.value))
Node.log = _log
Node.relu = lambda self: _one(self, self.value * (self.value > 0), float(self.value > 0))
Node.sigmoid = lambda self: _one(self, _sigmoid(self.value), _sigmoid(self.value) * _sigmoid(-self.value))
Node.abs = lambda self: _one(self, abs(self.value), (self.value > 0) - (self.value < 0))
Node.clip = _clip

# %% nbgrader={"grade_id": "node_backward_answer", "solution": true}
def topological_order(root):
    order, seen = [], {root}
    stack = [(root, iter(root._inputs))]
    while stack:
        node, waiting = stack[-1]
        for operand in waiting:
            if operand not in seen:
                seen.add(operand)
                stack.append((operand, iter(operand._inputs)))
                break
        else:
            order.append(node)
            stack.pop()
    return order


def backward(self):
    if not self.requires_grad:
        raise RuntimeError("no gradient is wanted here")
    order = topological_order(self)
    for node in order:
        if node._inputs:
            node._grad = 0.0  # left over from an earlier call; leaves keep theirs
    self._grad += 1.0
    for node in order[::-1]:
        if node._push and node.requires_grad:
            node._push(node._grad)


def zero_grad(self):
    for node in topological_order(self):
        node._grad = 0.0


Node.backward, Node.zero_grad = backward, zero_grad
