"""Judgements about `backprop`. Never leaves the trusted process."""

import operator
import random

import pytest

from autograder.testing import exercise, raised, same_as

from . import backprop_probes as probes

FINITE_DIFFERENCE = 1e-5
GRADIENT = 1e-7
SIGNS = ["+", "-", "*", "/", "**"]

# ------------------------------------------------------------------------------------------------ numerical_gradient


@exercise("numerical_gradient", weight=2)
@pytest.mark.parametrize(
    ("name", "x"),
    [
        ("square", [-1.5]),
        ("product", [3.0, -2.0, 0.5]),
        ("product", [1, 2, 3]),
        ("cubes", [0.7, -1.2]),
        ("mixed", [0.3, -0.8, 1.1, 1.7]),
    ],
)
def test_slope_of_each_input(ask, name, x):
    """Entry i of the gradient is the slope when the i-th number alone moves, for one number and for several."""
    ask.same(probes.numerical_gradient, name, x, rtol=FINITE_DIFFERENCE, atol=1e-8)


@exercise("numerical_gradient")
@pytest.mark.parametrize("h", [0.5, 0.1, 0.02])
def test_central_difference_with_the_given_step(ask, h):
    """The slope is the central difference, (f(x + h) - f(x - h)) / 2h, with the step h that was given."""
    ask.same(probes.numerical_gradient, "cubes", [0.7, -1.2], h)
    ask.same(probes.numerical_gradient, "mixed", [0.3, -0.8, 1.1, 1.7], h)


@exercise("numerical_gradient")
def test_default_step(ask):
    """Without h, the step is 1e-5."""
    ask.same(probes.numerical_gradient, "fast wave", [0.3], rtol=FINITE_DIFFERENCE)


@exercise("numerical_gradient")
@pytest.mark.parametrize("x", [[1.5, -2.0, 0.25], [4.0, 3.0, -1.0]])
def test_point_is_never_written_to(ask, x):
    """x is left alone, not even changed for the moment in which f is called."""
    ask.same(probes.point_while_measuring, x, rtol=FINITE_DIFFERENCE, atol=1e-8)


# ------------------------------------------------------------------------------------------------ node_arithmetic


@exercise("node_arithmetic", weight=2)
@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize(("a", "b"), [(2.5, 3.25), (0.75, -1.5), (7, 2)])
def test_values(ask, sign, a, b):
    """+ - * / ** give the right value between two nodes and with a number on either side: 5 - Node(2) is 3, 6 / Node(2) is 3."""
    ask.same(probes.values, sign, a, b)


@exercise("node_arithmetic")
@pytest.mark.parametrize("x", [(1.5, -0.7, 2.25), (3, 2, 1)])
def test_expression(ask, x):
    """An expression of several operators and numbers has the value that it has for numbers."""
    ask.same(probes.expression, x)


@exercise("node_arithmetic", weight=2)
@pytest.mark.parametrize("sign", ["+", "-", "*", "/"])
@pytest.mark.parametrize(("a", "b"), [(2.5, 3.25), (-0.75, -1.5), (7, 2), (0.0, 4.0)])
def test_gradients_of_both_operands(ask, sign, a, b):
    """The result of + - * / has the right derivative for each of its two operands."""
    ask.same(probes.two_nodes, sign, a, b, rtol=GRADIENT)


@exercise("node_arithmetic", weight=2)
@pytest.mark.parametrize("sign", ["+", "-", "*", "/"])
@pytest.mark.parametrize(("a", "b"), [(2.5, 3.25), (-0.75, 1.5), (7, 2)])
def test_gradients_beside_a_number(ask, sign, a, b):
    """+ - * / with a number on either side have the right derivative for the node."""
    ask.same(probes.number_on_one_side, sign, a, b, rtol=GRADIENT)


@exercise("node_arithmetic")
@pytest.mark.parametrize("a", [2.5, -3, 0])
def test_negation(ask, a):
    """-x has the value and the derivative of minus x."""
    ask.same(probes.negation, a, rtol=GRADIENT)


@exercise("node_arithmetic")
@pytest.mark.parametrize(("a", "b"), [(2.5, 3.25), (0.75, -1.5), (7, 2), (1.5, 0.0)])
def test_gradients_of_base_and_exponent(ask, a, b):
    """x ** y has a derivative for the base and another for the exponent; 2 ** y has one for the exponent."""
    ask.same(probes.two_nodes, "**", a, b, rtol=GRADIENT)
    ask.same(probes.number_on_one_side, "**", a, b, rtol=GRADIENT)


@exercise("node_arithmetic")
@pytest.mark.parametrize(
    ("a", "n"),
    [
        (-2, 3),
        (-2.5, 3.0),
        (-1.5, -2),
        (-2.0, 0),
        (0.0, 0),
        (0, 0.0),
        (3.0, 0),
        (0.0, 1),
        (0.0, 2),
        (0, 3.0),
        (4.0, 0.5),
        (2.5, -1.5),
        (-3.0, 1),
    ],
)
def test_number_as_exponent(ask, a, n):
    """x ** n is right for negative and zero bases too: 3.0 counts as an integer, and x ** 0 is 1 with the derivative 0."""
    ask.same(probes.number_power, a, n, rtol=GRADIENT)


@exercise("node_arithmetic")
@pytest.mark.parametrize(
    ("a", "b", "nodes"),
    [
        (-8.0, 0.5, "left"),
        (-8, -1.5, "left"),
        (-0.25, 0.5, "left"),
        (-2.0, 3.0, "left right"),
        (-2.0, 0.5, "left right"),
        (0.0, 2.0, "left right"),
        (-2, 2.0, "right"),
        (0, 3.0, "right"),
    ],
)
def test_powers_that_do_not_exist(ask, a, b, nodes):
    """ValueError: a broken power of a negative number, and a node as exponent of a base that is not above 0."""
    after = [x for x, side in ((a, "left"), (b, "right")) if side in nodes]
    assert ask(probes.refusal, "**", a, b, nodes) == {"refused": raised(ValueError), "valid": same_as(2.0), "after": same_as(after)}


@exercise("node_arithmetic")
@pytest.mark.parametrize(
    ("sign", "a", "b", "nodes", "valid"),
    [
        ("/", 1.5, 0.0, "left right", 8.0),
        ("/", 1.5, 0, "left", 8.0),
        ("/", 3, 0.0, "right", 8.0),
        ("/", 0.0, 0.0, "left right", 8.0),
        ("**", 0.0, -1, "left", 2.0),
        ("**", 0, -2.5, "left", 2.0),
    ],
)
def test_division_by_zero(ask, sign, a, b, nodes, valid):
    """ZeroDivisionError: division by 0 in any form, and 0 to a negative power."""
    after = [x for x, side in ((a, "left"), (b, "right")) if side in nodes]
    assert ask(probes.refusal, sign, a, b, nodes) == {
        "refused": raised(ZeroDivisionError),
        "valid": same_as(valid),
        "after": same_as(after),
    }


@exercise("node_arithmetic")
@pytest.mark.parametrize("value", [3, -2.5])
def test_node_holds_floats(ask, value):
    """.value and .grad are floats, also of results and of nodes made from ints; .grad starts at 0.0; name and requires_grad are kept."""
    ask.same(probes.floats, value)
    ask.same(probes.keyword_arguments)


@exercise("node_arithmetic")
@pytest.mark.parametrize("kind", ["text", "None", "bool", "list", "complex", "node"])
def test_value_that_is_no_number(ask, kind):
    """A node of something that is neither an int nor a float, bool included, raises TypeError."""
    assert ask(probes.value_of_wrong_kind, kind) == {"refused": raised(TypeError), "before": 4.0, "after": 8.0}


@exercise("node_arithmetic")
@pytest.mark.parametrize("left", [False, True])
@pytest.mark.parametrize("kind", ["text", "None"])
@pytest.mark.parametrize(("sign", "valid"), [("+", 5.0), ("-", 1.0), ("*", 6.0), ("/", 1.5), ("**", 9.0)])
def test_operand_that_is_no_number(ask, sign, valid, kind, left):
    """An operand that is neither a node nor an int or float raises TypeError, on either side."""
    assert ask(probes.operand_of_wrong_kind, sign, kind, left) == {
        "refused": raised(TypeError),
        "valid": same_as(valid),
        "operand": [3.0, 0.0],
    }


@exercise("node_arithmetic")
@pytest.mark.parametrize(("a", "b"), [(2.5, 3.25), (-4.0, 0.5)])
def test_operands_are_left_alone(ask, a, b):
    """Every operation makes a new node and leaves its operands as they were."""
    ask.same(probes.operands_afterwards, a, b)


@exercise("node_arithmetic")
@pytest.mark.parametrize("sign", SIGNS)
def test_requires_grad_spreads(ask, sign):
    """A result requires a gradient if at least one of its operands does; a number does not."""
    ask.same(probes.requires, sign, 1.5, 2.0)


# ------------------------------------------------------------------------------------------------ node_functions

POINTS = [-2.25, -0.5, 0.125, 0.75, 3]


@exercise("node_functions")
@pytest.mark.parametrize("x", [*POINTS, 0, 20.0, -1000.0, 1000])
def test_tanh(ask, x):
    """tanh has the right value and derivative, far from 0 too."""
    ask.same(probes.function, "tanh", x, rtol=GRADIENT)


@exercise("node_functions")
@pytest.mark.parametrize("x", [*POINTS, 0, -1000.0])
def test_exp(ask, x):
    """exp has the right value and derivative."""
    ask.same(probes.function, "exp", x)


@exercise("node_functions")
@pytest.mark.parametrize("x", [0.125, 1, 2.5, 1e-6, 1e9])
def test_log(ask, x):
    """log has the right value and derivative."""
    ask.same(probes.function, "log", x)


@exercise("node_functions")
@pytest.mark.parametrize("x", [*POINTS, 0.0, 1e-9, -1e-9])
def test_relu(ask, x):
    """relu has the right value and derivative; the derivative at 0 is 0."""
    ask.same(probes.function, "relu", x)


@exercise("node_functions")
@pytest.mark.parametrize("x", [*POINTS, 0, -22.5, 30.0, -1000, 1000.0])
def test_sigmoid(ask, x):
    """sigmoid has the right value and derivative, and does not overflow far from 0."""
    ask.same(probes.function, "sigmoid", x, rtol=GRADIENT)


@exercise("node_functions")
@pytest.mark.parametrize("x", [*POINTS, 0.0, -1e-9])
def test_abs(ask, x):
    """abs has the right value and derivative; the derivative at 0 is 0."""
    ask.same(probes.function, "abs", x)


@exercise("node_functions")
@pytest.mark.parametrize("x", [-3.0, -1.5, -1.0, 0.0, 0.25, 2, 2.5])
@pytest.mark.parametrize(
    "bounds",
    [
        {"min_value": -1.5, "max_value": 2},
        {"min_value": 0.0},
        {"max_value": 0},
        {"min_value": -1.0, "max_value": None},
        {"min_value": 0.25, "max_value": 0.25},
        {},
    ],
    ids=str,
)
def test_clip(ask, x, bounds):
    """clip keeps its operand between the bounds that are given, 0 included; the derivative is 1 between them and at them, 0 outside."""
    ask.same(probes.clip, x, bounds)


@exercise("node_functions")
def test_clip_takes_bounds_by_position(ask):
    """clip(a, b) takes the lower bound first."""
    ask.same(probes.function, "clip", 4.0, (-1.0, 2.5))
    ask.same(probes.function, "clip", -4.0, (-1.0, 2.5))


@exercise("node_functions")
@pytest.mark.parametrize(
    ("method", "x", "arguments", "valid", "value"),
    [
        ("log", 0.0, (), (), 0.6931471805599453),
        ("log", -1.5, (), (), 0.6931471805599453),
        ("clip", 0.5, (2.0, 1.0), (0.0, 1.5), 1.5),
        ("clip", 5.0, (0.5, 0), (2.5, 3.0), 2.5),
    ],
)
def test_refusals(ask, method, x, arguments, valid, value):
    """The logarithm of a number that is not above 0, and bounds of clip in the wrong order, raise ValueError."""
    answer = ask(probes.function_refusal, method, x, arguments, valid)
    assert answer == {"refused": raised(ValueError), "valid": same_as(value), "operand": x}


@exercise("node_functions")
@pytest.mark.parametrize("method", ["tanh", "exp", "log", "relu", "sigmoid", "abs", "clip"])
def test_functions_inside_expressions(ask, method):
    """A function of a result works like one of a leaf, its result can be computed with, and it requires a gradient if its operand does."""
    ask.same(probes.function_of_result, method, 1.5, rtol=GRADIENT)
    ask.same(probes.function_requires, method, rtol=GRADIENT)


# ------------------------------------------------------------------------------------------------ node_backward

APPLY = {"+": operator.add, "-": operator.sub, "*": operator.mul}


def random_graph(seed):
    """Leaves and steps of a graph in which nodes are used again and again, whatever their depth, and values stay small."""
    rng = random.Random(seed)
    while True:
        leaves = [(round(rng.uniform(-2.0, 2.0), 3), wanted) for wanted in (True, True, True, rng.random() < 0.5)]
        values = [value for value, _ in leaves]
        steps = []
        for _ in range(rng.randint(8, 14)):
            step = (rng.choice("++-**"), rng.randrange(len(values)), rng.choice([rng.randrange(len(values)), len(values) - 1]))
            steps.append(step)
            values.append(APPLY[step[0]](values[step[1]], values[step[2]]))
        reached, todo = set(), [len(values) - 1]
        while todo:
            node = todo.pop()
            reached.add(node)
            if node >= len(leaves):
                todo.extend(steps[node - len(leaves)][1:])
        if reached >= {0, 1, 2} and len(reached) > 8 and max(map(abs, values)) < 1e3:
            return leaves, steps


GRAPHS = [random_graph(seed) for seed in range(6)]
DIAMOND = ([(1.5, True), (-0.5, True)], [("*", 0, 1), ("+", 2, 0), ("*", 2, 3), ("-", 4, 1)])
SHORT_AND_LONG = ([(0.5, True), (3.0, False)], [("*", 0, 1), ("*", 2, 0), ("+", 3, 1), ("*", 4, 2), ("+", 2, 5)])
SHAPES = [DIAMOND, SHORT_AND_LONG, *GRAPHS]


@exercise("node_backward", weight=2)
@pytest.mark.parametrize("x", [3.0, -0.5])
def test_reused_node(ask, x):
    """A node that is used several times collects the gradient of all its uses."""
    ask.same(probes.reused_node, x, rtol=GRADIENT)


@exercise("node_backward", weight=2)
@pytest.mark.parametrize("x", [2.0, -1.5])
def test_shared_result(ask, x):
    """A result that is used twice hands on its gradient once, when both uses have arrived: (3x)² at 2 has the gradient 36."""
    ask.same(probes.shared_result, x, rtol=GRADIENT)


@exercise("node_backward", weight=2)
@pytest.mark.parametrize("shape", SHAPES)
def test_gradients_of_random_graphs(ask, shape):
    """After one call every node holds the gradient of the root at it, in graphs of any shape, and the root 1.0."""
    ask.same(probes.graph_gradients, *shape, rtol=GRADIENT)


@exercise("node_backward", weight=2)
@pytest.mark.parametrize(("leaves", "steps"), SHAPES)
def test_topological_order(ask, leaves, steps):
    """topological_order holds each node that the root was made from once, operands before results, and the root last."""
    answer = ask(probes.graph_order, leaves, steps)
    reached, todo = set(), [len(leaves) + len(steps) - 1]
    while todo:
        node = todo.pop()
        reached.add(node)
        todo.extend(steps[node - len(leaves)][1:] if node >= len(leaves) else ())
    places = answer["places"]
    assert [len(found) for found in places] == [int(node in reached) for node in range(len(places))]
    assert answer["twice"] == 0
    for result in sorted(reached):
        for operand in steps[result - len(leaves)][1:] if result >= len(leaves) else ():
            assert places[operand][0] < places[result][0]
    assert places[-1][0] == answer["last"]


@exercise("node_backward")
def test_topological_order_of_a_leaf(ask):
    """The order of a leaf is the leaf alone, and a leaf as root gets the gradient 1, at each call."""
    ask.same(probes.order_of_leaf, 2.5)
    ask.same(probes.leaf_as_root, 2.5)


@exercise("node_backward", weight=2)
@pytest.mark.parametrize(("leaves", "steps"), SHAPES)
def test_second_call_adds(ask, leaves, steps):
    """backward() adds to the gradients of the leaves: a second call doubles them, a third trebles them."""
    ask.same(probes.calls, leaves, steps, 3, rtol=GRADIENT)


@exercise("node_backward")
@pytest.mark.parametrize(("a", "b"), [(1.5, -0.5), (2.0, 3.0)])
def test_two_roots_add(ask, a, b):
    """Calls from two roots add up in the leaves that they share, whatever the nodes between them hold from the first call."""
    ask.same(probes.two_roots, a, b, rtol=GRADIENT)


@exercise("node_backward")
@pytest.mark.parametrize(("a", "b"), [(1.5, -0.5), (2.0, 3.0)])
def test_nodes_without_gradient_stay_untouched(ask, a, b):
    """Nodes that require no gradient keep 0.0, and the others get theirs."""
    ask.same(probes.constants, a, b, rtol=GRADIENT)


@exercise("node_backward")
@pytest.mark.parametrize(("a", "b"), [(1.5, -0.5), (2.0, 3.0)])
def test_root_without_gradient_is_refused(ask, a, b):
    """backward() on a root that requires no gradient raises RuntimeError and changes nothing."""
    answer = ask(probes.root_without_gradient, a, b)
    assert answer == {
        "refused": [raised(RuntimeError)] * 2,
        "before": same_as([2 * a, 0.0, 0.0]),
        "after": same_as([2 * a, 0.0, 0.0]),
        "again": same_as(4 * a),
    }


@exercise("node_backward")
@pytest.mark.parametrize(("leaves", "steps"), [DIAMOND, *GRAPHS[:3]])
def test_zero_grad_clears_the_graph(ask, leaves, steps):
    """zero_grad() clears the root, the leaves and everything between them, and nothing else; then backward() starts afresh."""
    ask.same(probes.cleared, leaves, steps, rtol=GRADIENT)
    ask.same(probes.cleared_from_within, leaves[0][0], leaves[1][0], rtol=GRADIENT)


@exercise("node_backward")
def test_long_sum(ask):
    """A sum of 2,000 terms works: order, backward and zero_grad know no limit of depth."""
    ask.same(probes.long_sum, 0.5, 2000, rtol=GRADIENT)


@exercise("node_backward")
def test_nodes_used_again_and_again(ask):
    """A node added to itself, and so on 40 times, takes a time proportional to the graph, not to its 2^40 paths."""
    answer = ask(probes.doubled, 1.5, 40)
    assert answer == {"gradient": same_as(2.0**40, rtol=GRADIENT), "few": True, "cleared": 0.0}
