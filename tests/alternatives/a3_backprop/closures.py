# A closure for each operation, slots, and gradients in the nodes themselves: no `parents`.

# %% nbgrader={"grade_id": "numerical_gradient_answer", "solution": true}
def numerical_gradient(f, x, h=1e-5):
    def moved(i, by):
        return [value + by * (i == j) for j, value in enumerate(x)]

    return [f(moved(i, h)) / (2 * h) - f(moved(i, -h)) / (2 * h) for i in range(len(x))]


# %% nbgrader={"grade_id": "node_arithmetic_answer", "solution": true}
import math


class Node:
    __slots__ = ("_grad", "_inputs", "_op", "_push", "_value", "name", "requires_grad")

    def __init__(self, value, name="", requires_grad=True, inputs=(), push=None):
        if type(value) not in (int, float):
            raise TypeError("not a number")
        self._value = float(value)
        self._grad = 0.0
        self._inputs = inputs
        self._push = push
        self._op = ""
        self.name = name
        self.requires_grad = requires_grad or any(x.requires_grad for x in inputs)

    @property
    def value(self):
        return self._value

    @property
    def grad(self):
        return self._grad

    def _made(self, value, inputs, slopes, op=""):
        def push(gradient):
            for node, slope in zip(inputs, slopes):
                if node.requires_grad:
                    node._grad += gradient * slope()

        result = Node(value, "", False, inputs, push)
        result._op = op
        return result

    def __add__(self, other):
        other = constant(other)
        return self._made(self.value + other.value, (self, other), (lambda: 1.0, lambda: 1.0), "+")

    def __mul__(self, other):
        other = constant(other)
        return self._made(self.value * other.value, (self, other), (lambda: other.value, lambda: self.value), "*")

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
def _one(self, value, slope, op="clip"):
    return self._made(value, (self,), (lambda: slope,), op)


def _sigmoid(x):
    small = math.exp(-abs(x))
    return 1 / (1 + small) if x > 0 else small / (1 + small)


def _log(self):
    if self.value > 0:
        return _one(self, math.log(self.value), 1 / self.value, "log")
    raise ValueError("log")


def _clip(self, min_value=None, max_value=None):
    if None not in (min_value, max_value) and max_value < min_value:
        raise ValueError("clip")
    if min_value is not None and self.value < min_value:
        return _one(self, float(min_value), 0.0)
    if max_value is not None and self.value > max_value:
        return _one(self, float(max_value), 0.0)
    return _one(self, self.value, 1.0)


Node.tanh = lambda self: _one(self, math.tanh(self.value), 1 - math.tanh(self.value) ** 2, "tanh")
Node.exp = lambda self: _one(self, math.exp(self.value), math.exp(self.value), "exp")
Node.log = _log
Node.relu = lambda self: _one(self, self.value * (self.value > 0), float(self.value > 0), "relu")
Node.sigmoid = lambda self: _one(self, _sigmoid(self.value), _sigmoid(self.value) * _sigmoid(-self.value), "sigmoid")
Node.abs = lambda self: _one(self, abs(self.value), (self.value > 0) - (self.value < 0), "abs")
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


# %% nbgrader={"grade_id": "graph_to_dot_answer", "solution": true}
def to_dot(root, show_grad=True):
    order = topological_order(root)
    names = dict(zip(order, range(len(order))))
    text = ["digraph G {"]
    for node, k in names.items():
        label = [node.name.replace("\\", "\\\\").replace('"', '\\"'), "value=%.4f" % node.value]
        if show_grad:
            label.append("grad=%.4f" % node.grad)
        text.append('N%d [label="%s"];' % (k, r"\n".join(label)))
    for node, k in names.items():
        if node._inputs:
            text.append('OP%d [label="%s"];' % (k, node._op))
            text.append("OP%d -> N%d;" % (k, k))
        for operand in node._inputs:
            text.append("N%d -> OP%d;" % (names[operand], k))
    text.append("}")
    return "\n".join(text)


# %% nbgrader={"grade_id": "tensor_data_answer", "solution": true}
def shape_of(data):
    if not isinstance(data, list):
        return ()
    inner = {shape_of(part) for part in data}
    if len(inner) > 1:
        raise ValueError("ragged")
    shape = (len(data), *inner.pop())
    if len(shape) > 4:
        raise ValueError("too deep")
    return shape


def each(f, *tables):
    """f of the entries that stand in the same place."""
    if isinstance(tables[0], list):
        return [each(f, *parts) for parts in zip(*tables)]
    return f(*tables)


class Tensor:
    def __init__(self, data, requires_grad=True, inputs=(), pulls=()):
        self.shape = shape_of(data)
        self._data = each(float, data)
        self._grad = each(lambda _: 0.0, self._data)
        self.requires_grad = requires_grad or any(x.requires_grad for x in inputs)
        self._inputs, self._pulls = inputs, pulls

    def _get_data(self):
        return self._data

    def _set_data(self, new):
        if shape_of(new) != self.shape:
            raise ValueError("shape")
        self._data = each(float, new)

    def _get_grad(self):
        return self._grad

    def _set_grad(self, new):
        if shape_of(new) != self.shape:
            raise ValueError("shape")
        self._grad = each(float, new)

    data = property(_get_data, _set_data)
    grad = property(_get_grad, _set_grad)

    def zero_grad(self):
        self._grad = each(lambda _: 0.0, self._grad)

    def item(self):
        entries = []
        each(entries.append, self._data)
        [value] = entries
        return value

    def detach(self):
        return Tensor(self._data, False)


# %% nbgrader={"grade_id": "tensor_arithmetic_answer", "solution": true}
def total(rows):
    result = rows[0]
    for row in rows[1:]:
        result = each(lambda a, b: a + b, result, row)
    return result


def stretch(x, shape, to):
    if len(shape) < len(to):
        return [stretch(x, shape, to[1:]) for _ in range(to[0])]
    if not to:
        return x
    return [stretch(x[i if shape[0] == to[0] else 0], shape[1:], to[1:]) for i in range(to[0])]


def shrink(x, shape, to):
    """The way back from `to` to `shape`: sums where stretch repeats."""
    if len(shape) < len(to):
        return shrink(total(x), shape, to[1:])
    if not to:
        return x
    if shape[0] == to[0]:
        return [shrink(row, shape[1:], to[1:]) for row in x]
    return [shrink(total(x), shape[1:], to[1:])]


def broadcast(a, b):
    if len(a) < len(b):
        return broadcast(b, a)
    shape = list(a)
    for k in range(1, len(b) + 1):
        if a[-k] != b[-k] and a[-k] != 1 and b[-k] != 1:
            raise ValueError("shapes")
        shape[-k] = b[-k] if a[-k] == 1 else a[-k]
    return tuple(shape)


def _two(self, other, f, left, right):
    other = other if isinstance(other, Tensor) else Tensor(other, False)
    shape = broadcast(self.shape, other.shape)
    a, b = stretch(self._data, self.shape, shape), stretch(other._data, other.shape, shape)
    return Tensor(each(f, a, b), False, (self, other), (
        lambda g: shrink(each(lambda g, x, y: g * left(x, y), g, a, b), self.shape, shape),
        lambda g: shrink(each(lambda g, x, y: g * right(x, y), g, a, b), other.shape, shape),
    ))


def _of_one(self, f, slope):
    data = self._data
    return Tensor(each(f, data), False, (self,), (lambda g: each(lambda g, x: g * slope(x), g, data),))


class Operators:
    def __add__(self, other):
        return _two(self, other, lambda a, b: a + b, lambda a, b: 1, lambda a, b: 1)

    def __mul__(self, other):
        return _two(self, other, lambda a, b: a * b, lambda a, b: b, lambda a, b: a)

    def __sub__(self, other):
        return self + -other

    def __truediv__(self, other):
        return _two(self, other, lambda a, b: a / b, lambda a, b: 1 / b, lambda a, b: -a / (b * b))

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other):
        return -self + other

    def __rtruediv__(self, other):
        return Tensor(other, False) / self

    def __neg__(self):
        return self * -1

    def __pow__(self, n):
        return _of_one(self, lambda x: x**n, lambda x: n and n * x ** (n - 1))

    def _everything(self):
        order, seen, stack = [], {self}, [(self, iter(self._inputs))]
        while stack:
            tensor, waiting = stack[-1]
            for operand in waiting:
                if operand not in seen:
                    seen.add(operand)
                    stack.append((operand, iter(operand._inputs)))
                    break
            else:
                order.append(tensor)
                stack.pop()
        return order

    def backward(self, gradient=None):
        if not self.requires_grad or gradient is None and math.prod(self.shape) > 1:
            raise RuntimeError("backward")
        start = each(lambda _: 1.0, self._grad) if gradient is None else gradient
        if shape_of(start) != self.shape:
            raise ValueError("shape")
        order = self._everything()
        for tensor in order:
            if tensor._inputs:
                tensor._grad = each(lambda _: 0.0, tensor._grad)
        self._grad = each(lambda g, new: g + new, self._grad, start)
        pending = {id(self): each(float, start)}
        for tensor in reversed(order):
            if tensor.requires_grad and id(tensor) in pending:
                for operand, pull in zip(tensor._inputs, tensor._pulls):
                    if operand.requires_grad:
                        flow = pull(pending[id(tensor)])
                        before = pending.get(id(operand))
                        pending[id(operand)] = flow if before is None else each(lambda a, b: a + b, before, flow)
                        operand._grad = each(lambda a, b: a + b, operand._grad, flow)


for name, part in vars(Operators).items():
    if callable(part):
        setattr(Tensor, name, part)


# %% nbgrader={"grade_id": "tensor_functions_answer", "solution": true}
def unfold(x, axis):
    return [x] if axis == 0 else [unfold(row, axis - 1) for row in x]


def fold(x, axis):
    return x[0] if axis == 0 else [fold(row, axis - 1) for row in x]


def _inner(x):
    small = math.exp(-abs(x))
    return 1 / (1 + small) if x > 0 else small / (1 + small)


class Functions:
    def exp(self):
        return _of_one(self, math.exp, math.exp)

    def log(self):
        return _of_one(self, math.log, lambda x: 1 / x)

    def tanh(self):
        return _of_one(self, math.tanh, lambda x: 1 - math.tanh(x) ** 2)

    def relu(self):
        return _of_one(self, lambda x: x * (x > 0), lambda x: float(x > 0))

    def sigmoid(self):
        return _of_one(self, _inner, lambda x: _inner(x) * _inner(-x))

    def abs(self):
        return _of_one(self, abs, lambda x: (x > 0) - (x < 0))

    def sum(self, axis=None, keepdims=False):
        if axis is None:
            result = self + 0
            for k in reversed(range(len(self.shape))):
                result = result.sum(k, keepdims)
            return result
        k = axis % len(self.shape)
        small = self.shape[:k] + (1,) + self.shape[k + 1 :]
        kept = Tensor(
            shrink(self._data, small, self.shape), False, (self,), (lambda g: stretch(g, small, self.shape),)
        )
        if keepdims:
            return kept
        return Tensor(fold(kept._data, k), False, (kept,), (lambda g: unfold(g, k),))

    def mean(self):
        return self.sum() * (1 / math.prod(self.shape))

    def _best(self, best):
        flat = self.flatten()._data
        value, data = best(flat), self._data
        return Tensor(value, False, (self,), (lambda g: each(lambda x: g / flat.count(value) if x == value else 0.0, data),))

    def max(self):
        return self._best(max)

    def min(self):
        return self._best(min)

    def flatten(self):
        flat = []
        each(flat.append, self._data)

        def back(g):
            entries = iter(g)
            return each(lambda _: next(entries), self._data)

        return Tensor(flat, False, (self,), (back,))


for name, part in vars(Functions).items():
    if callable(part):
        setattr(Tensor, name, part)


# %% nbgrader={"grade_id": "tensor_matmul_answer", "solution": true}
def _table(x, axes, column):
    if axes == 2:
        return x
    return [[entry] for entry in x] if column else [x]


def _times(A, B):
    return [[sum(a * b for a, b in zip(row, column)) for column in zip(*B)] for row in A]


def _product(a, b):
    if not {len(a.shape), len(b.shape)} <= {1, 2} or a.shape[-1] != b.shape[0]:
        raise ValueError("no product")
    A, B = _table(a._data, len(a.shape), False), _table(b._data, len(b.shape), True)

    def squeezed(C, row, column):
        C = [line[0] for line in C] if column else C
        return C[0] if row else C

    row, column = len(a.shape) == 1, len(b.shape) == 1

    def whole(g):
        g = [g] if row else g
        return [[entry] for entry in g] if column else g

    return Tensor(squeezed(_times(A, B), row, column), False, (a, b), (
        lambda g: squeezed(_times(whole(g), list(zip(*B))), row, False),
        lambda g: squeezed(_times(list(zip(*A)), whole(g)), False, column),
    ))


Tensor.__matmul__ = lambda self, other: _product(self, other)
