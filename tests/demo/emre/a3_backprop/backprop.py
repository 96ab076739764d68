# Broken: one cell does not parse, one never ends, one is right

# %% nbgrader={"grade_id": "numerical_gradient_answer"}
def numerical_gradient(f, x, h=1e-5):
    def moved(i, by):
        return [*x[:i], x[i] + by, *x[i + 1 :]]

    return [(f(moved(i, h)) - f(moved(i, -h))) / (2 * h) for i in range(len(x))]


# %% nbgrader={"grade_id": "node_arithmetic_answer"}
class Node:
    def __init__(self, value, name="", requires_grad=True)
        self.value = float(value)
        self.grad = 0.0

    def __add__(self, other):
        return Node(self.value + other.value

# %% nbgrader={"grade_id": "node_functions_answer"}
step = 1.0
while step > 0:
    step = step / 2 + 1

# %% nbgrader={"grade_id": "node_backward_answer"}
def topological_order(root):
    order = [root]
    for node in order:
        order.extend(operand for operand, _ in node.parents)
    return order[::-1]
