# Functions that call themselves at each operand, where Python's limit of calls inside one another is raised.

# %% nbgrader={"grade_id": "node_backward_answer", "solution": true}
import sys

sys.setrecursionlimit(20_000)


def topological_order(root):
    order, seen = [], set()

    def visit(node):
        if node not in seen:
            seen.add(node)
            for operand, _ in node.parents:
                visit(operand)
            order.append(node)

    visit(root)
    return order


def backward(self):
    if not self.requires_grad:
        raise RuntimeError("the root requires no gradient")
    order = topological_order(self)
    flows = dict.fromkeys(order, 0.0)
    flows[self] = 1.0
    for node in reversed(order):
        node.grad += flows[node] if node.requires_grad else 0.0
        for operand, local in node.parents:
            flows[operand] += flows[node] * local


def zero_grad(self):
    for node in topological_order(self):
        node.grad = 0.0


Node.backward, Node.zero_grad = backward, zero_grad


# %% nbgrader={"grade_id": "tensor_arithmetic_answer", "solution": true}
import operator
import sys

sys.setrecursionlimit(20_000)


def common_shape(a, b):
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    sizes = []
    for m, n in zip(longer, (1,) * (len(longer) - len(shorter)) + shorter):
        if m != n and m > 1 and n > 1:
            raise ValueError(f"{a} beside {b}")
        sizes.append(max(m, n))
    return tuple(sizes)


def places(shape, to):
    """One axis after the other, the first one first."""
    if not to:
        return [0]
    if len(shape) < len(to):
        return places(shape, to[1:]) * to[0]
    inner = places(shape[1:], to[1:])
    stride = math.prod(shape[1:]) if shape[0] > 1 else 0
    return [i * stride + place for i in range(to[0]) for place in inner]


def added_up(terms, at, size):
    sums = dict.fromkeys(range(size), 0.0)
    for term, place in zip(terms, at):
        sums[place] += term
    return list(sums.values())


def tensor_result(numbers, shape, *parents):
    result = Tensor(nested(list(numbers), shape), any(operand.requires_grad for operand, _ in parents))
    result.parents = parents
    return result


def tensor_mapped(x, value, slope):
    kept = x._numbers
    found = [value(number) for number in kept]
    return tensor_result(found, x.shape, (x, lambda gradient: [g * slope(a, b) for g, a, b in zip(gradient, kept, found)]))


def stretched(x, shape):
    """The tensor, broadcast to a shape."""
    at = places(x.shape, shape)
    size = len(x._numbers)
    return tensor_result([x._numbers[i] for i in at], shape, (x, lambda gradient: added_up(gradient, at, size)))


def of_two(apply, slopes):
    def operation(x, y):
        x, y = (z if isinstance(z, Tensor) else Tensor(z, requires_grad=False) for z in (x, y))
        shape = common_shape(x.shape, y.shape)
        a, b = (stretched(z, shape) for z in (x, y))
        pairs = list(zip(a._numbers, b._numbers))
        parents = [(z, lambda gradient, slope=slope: [g * slope(*pair) for g, pair in zip(gradient, pairs)]) for z, slope in zip((a, b), slopes)]
        return tensor_result([apply(*pair) for pair in pairs], shape, *parents)

    return operation


RULES = {
    "add": (operator.add, (lambda x, y: 1.0, lambda x, y: 1.0)),
    "sub": (operator.sub, (lambda x, y: 1.0, lambda x, y: -1.0)),
    "mul": (operator.mul, (lambda x, y: y, lambda x, y: x)),
    "truediv": (operator.truediv, (lambda x, y: 1 / y, lambda x, y: -x / (y * y))),
}
for name, (apply, slopes) in RULES.items():
    operation = of_two(apply, slopes)
    setattr(Tensor, f"__{name}__", operation)
    setattr(Tensor, f"__r{name}__", lambda x, y, operation=operation: operation(y, x))

Tensor.__neg__ = lambda x: x * -1
Tensor.__pow__ = lambda x, n: tensor_mapped(x, lambda a: a**n, lambda a, b: n * a ** (n - 1) if n else 0.0)


def tensor_backward(self, gradient=None):
    if not self.requires_grad or (gradient is None and len(self._numbers) > 1):
        raise RuntimeError("no gradient is wanted, or none is given")
    order, seen = [], set()

    def visit(tensor):
        seen.add(tensor)
        for operand, _ in tensor.parents:
            if operand not in seen and operand.requires_grad:
                visit(operand)
        order.append(tensor)

    start = [1.0] if gradient is None else self._fitting(gradient)
    visit(self)
    flows = {self: start}
    for tensor in reversed(order):
        flow = flows.pop(tensor)
        tensor._gradient = list(map(operator.add, tensor._gradient, flow))
        for operand, function in tensor.parents:
            if operand.requires_grad:
                arriving = function(flow)
                flows[operand] = list(map(operator.add, flows[operand], arriving)) if operand in flows else arriving


Tensor.backward = tensor_backward
