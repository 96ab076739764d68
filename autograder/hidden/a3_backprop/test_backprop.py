"""Judgements about `backprop`. Never leaves the trusted process."""

import operator
import random
import re

import pytest
import torch

from autograder.testing import exercise, raised, rng, same_as

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
    """ValueError: a fractional power of a negative number, and a node as exponent of a base that is not above 0."""
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
    """ZeroDivisionError: division by 0 in any form, and 0 with a negative number as exponent."""
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


# ------------------------------------------------------------------------------------------------ graph_to_dot


def graph_of(text):
    """Labels of the vertices by ID, and arrows, of a text in DOT; None where a line is neither."""
    lines = [line.strip() for line in text.strip().splitlines()] if isinstance(text, str) else []
    if len(lines) < 2 or not re.fullmatch(r"digraph\b.*\{", lines[0]) or lines[-1] != "}":
        return None
    labels, arrows = {}, []
    for line in lines[1:-1]:
        if vertex := re.fullmatch(r'(\w+) \[label="((?:[^"\\]|\\.)*)"\];', line, re.ASCII):
            if vertex[1] in labels:
                return None
            labels[vertex[1]] = vertex[2].replace("=-0.0000", "=0.0000")
        elif arrow := re.fullmatch(r"(\w+) -> (\w+);", line, re.ASCII):
            arrows.append((arrow[1], arrow[2]))
        else:
            return None
    return (labels, arrows) if all(end in labels for arrow in arrows for end in arrow) else None


def expected_graph(leaves, steps, backward, show_grad=True):
    """What the contract asks for, with values and gradients by torch."""
    tensors = [torch.tensor(value, dtype=torch.float64, requires_grad=wanted) for _, value, wanted in leaves]
    arrows, names = [], [name for name, _, _ in leaves] + [""] * len(steps)
    for what, *operands in steps:
        apply = {"+": torch.add, "*": torch.mul}.get(what) or getattr(torch, what)
        arrows += [*((index, f"op {len(tensors)}") for index in operands), (f"op {len(tensors)}", len(tensors))]
        tensors.append(apply(*(tensors[index] for index in operands)))
        if tensors[-1].requires_grad:
            tensors[-1].retain_grad()
    if backward:
        tensors[-1].backward()
    labels = {f"op {len(leaves) + place}": what for place, (what, *_) in enumerate(steps)}
    for place, (name, tensor) in enumerate(zip(names, tensors, strict=True)):
        gradient = 0.0 if not tensor.requires_grad or tensor.grad is None else tensor.grad.item()
        text = name.replace("\\", "\\\\").replace('"', '\\"')
        labels[place] = f"{text}\\nvalue={tensor.item():.4f}" + (f"\\ngrad={gradient:.4f}" if show_grad else "")
    return labels, arrows


def same_graph(one, other):
    """Whether two labelled graphs are the same but for their IDs: colours spread along the arrows, then are counted."""
    if one is None or len(one[0]) != len(other[0]) or len(one[1]) != len(other[1]):
        return False
    colours = {(side, vertex): label for side, (labels, _) in enumerate((one, other)) for vertex, label in labels.items()}
    arrows = [((side, start), (side, end)) for side, (_, found) in enumerate((one, other)) for start, end in found]
    before, after = {vertex: [] for vertex in colours}, {vertex: [] for vertex in colours}
    for start, end in arrows:
        before[end].append(start)
        after[start].append(end)
    for _ in one[0]:
        around = {
            vertex: (colour, *(tuple(sorted(colours[other] for other in near[vertex])) for near in (before, after)))
            for vertex, colour in colours.items()
        }
        numbers = {signature: f"{place}" for place, signature in enumerate(sorted(set(around.values())))}
        settled = len(numbers) == len(set(colours.values()))  # no colour was split, and none will be
        colours = {vertex: numbers[signature] for vertex, signature in around.items()}
        if settled:
            break
    counts = [sorted(colour for (of, _), colour in colours.items() if of == side) for side in (0, 1)]
    return counts[0] == counts[1]


A, B, C = ("a", 1.5, True), ("b", -0.75, True), ("c", 2.25, False)
DRAWINGS = [
    ([A], []),
    ([A, B], [("+", 0, 1)]),
    ([A, B, C], [("*", 0, 1), ("+", 3, 2), ("tanh", 4)]),
    ([A, B, C], [("*", 1, 2), ("*", 3, 3), ("+", 4, 0)]),
    ([A, ("a", 1.5, True), ("", 0.5, True)], [("+", 0, 1), ("+", 3, 2), ("+", 0, 4), ("*", 5, 3)]),
    ([A, B], [("*", 0, 0), ("+", 2, 1), ("+", 1, 2), ("*", 3, 4)]),
]
FUNCTIONS = ([A], [("exp", 0), ("log", 1), ("sigmoid", 2), ("abs", 3), ("relu", 4), ("tanh", 5)])


@exercise("graph_to_dot", weight=2)
@pytest.mark.parametrize(("leaves", "steps"), DRAWINGS)
def test_graph_as_text(ask, leaves, steps):
    """Without gradients: one vertex for each node and each operation, and the arrows between them, one for each use."""
    [text, again] = ask(probes.dot, leaves, steps, True, [{"show_grad": False}] * 2)
    assert same_graph(graph_of(text), expected_graph(leaves, steps, True, False))
    assert text == again


@exercise("graph_to_dot", weight=2)
@pytest.mark.parametrize(("leaves", "steps"), [*DRAWINGS[1:], FUNCTIONS])
@pytest.mark.parametrize("backward", [False, True])
def test_gradients_in_the_graph(ask, leaves, steps, backward):
    """Labels show the gradient besides the value unless show_grad is False, before and after backward, constants included."""
    [default, shown] = ask(probes.dot, leaves, steps, backward, [{}, {"show_grad": True}])
    assert same_graph(graph_of(default), expected_graph(leaves, steps, backward))
    assert same_graph(graph_of(shown), expected_graph(leaves, steps, backward))


@exercise("graph_to_dot")
@pytest.mark.parametrize("what", ["+", "*", "tanh", "exp", "log", "relu", "sigmoid", "abs"])
def test_operations_have_a_vertex(ask, what):
    """Each of + * tanh exp log relu sigmoid abs is one vertex with that label, between its operands and its result."""
    leaves, steps = [A, C], [(what, 0, 1) if what in "+*" else (what, 0), ("*", 2, 1)]
    [text] = ask(probes.dot, leaves, steps, True, [{"show_grad": False}])
    assert same_graph(graph_of(text), expected_graph(leaves, steps, True, False))


@exercise("graph_to_dot")
@pytest.mark.parametrize("name", ['"', "\\", 'a "b" \\ c', '\\"', "w_{1};", "x -> y", "größe", "\\n"])
def test_names_are_escaped(ask, name):
    """In names a double quote and a backslash are escaped; everything else stays, and a name is never an ID."""
    leaves, steps = [(name, 0.25, True), (name, 1.5, True)], [("*", 0, 1)]
    [text, leaf] = ask(probes.dot, leaves, steps, False, [{}, {"show_grad": False}])
    assert same_graph(graph_of(text), expected_graph(leaves, steps, False))
    assert same_graph(graph_of(leaf), expected_graph(leaves, steps, False, False))


# ------------------------------------------------------------------------------------------------ tensor_data


def drawn(key, *shape, low=0.2, high=2.0, signed=True):
    """Nested lists of numbers of this shape, drawn by the course: none near 0, no two alike."""
    draw = rng("backprop", key, *shape)
    table = draw.uniform(low, high, shape)
    return (table * draw.choice([-1, 1], shape) if signed else table).round(6).tolist()


def whole(key, *shape):
    """The same in ints."""
    draw = rng("backprop, whole", key, *shape)
    return (draw.integers(1, 50, shape) * draw.choice([-1, 1], shape)).tolist()


SHAPES_OF_DATA = [(), (1,), (3,), (1, 2), (3, 1), (2, 3), (2, 1, 3), (3, 1, 2, 4), (2, 1, 1, 1)]
DATA = [drawn("data", *shape) for shape in SHAPES_OF_DATA] + [drawn("more data", *shape) for shape in SHAPES_OF_DATA]
TABLE = (2, 3)


@exercise("tensor_data", weight=2)
def test_shapes(ask):
    """The shape of a tensor is a tuple, the number of parts at each depth: () for a number, (2, 3) for two lists of three."""
    ask.same(probes.shapes, DATA)


@exercise("tensor_data", weight=2)
def test_data(ask):
    """.data are the numbers that were given, in nested lists of plain floats, or one float; also where ints were given."""
    ask.same(probes.held, [*DATA, *(whole("data", *shape) for shape in SHAPES_OF_DATA)])


@exercise("tensor_data")
def test_gradients_of_new_tensors(ask):
    """.grad starts as zeros, plain floats in the shape of the data."""
    ask.same(probes.fresh_gradients, DATA)


@exercise("tensor_data")
def test_wish_for_a_gradient(ask):
    """.requires_grad is what was asked for, and True where nothing was."""
    ask.same(probes.wishes, drawn("wishes", 2, 3))


@exercise("tensor_data")
def test_ragged_lists_are_refused(ask):
    """Lists of unequal shape next to each other raise ValueError, at every depth; lists of equal shape do not."""
    wrong = [[[1, 2], [3]], [1, [2]], [[1], 2], [[[1, 2], [3, 4]], [[5, 6]]], [[[1], [2]], [[3], [4, 5]]], [[[1, 2], [3]], [[4, 5], [6]]]]
    right = [drawn("ragged", *TABLE), drawn("ragged", 2, 1, 2)]
    answer = ask(probes.data_refused, wrong, right)
    assert answer == {
        "refused": [raised(ValueError)] * len(wrong),
        "right": same_as([[[2, 3], probes.signs(right[0])], [[2, 1, 2], probes.signs(right[1])]]),
    }


@exercise("tensor_data")
def test_five_axes_are_refused(ask):
    """More than four axes raise ValueError, and four do not."""
    right = drawn("four axes", 1, 2, 1, 2)
    answer = ask(probes.data_refused, [[[[[[1]]]]], [right], [[right]]], [right])
    assert answer == {"refused": [raised(ValueError)] * 3, "right": same_as([[[1, 2, 1, 2], probes.signs(right)]])}


@exercise("tensor_data", weight=2)
@pytest.mark.parametrize("name", ["data", "grad"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 1, 2)])
def test_assignment(ask, name, shape):
    """What is assigned to .data or .grad is what is read from then on, in plain floats; the other, and other tensors, stay."""
    ask.same(probes.assigned, name, drawn("before", *shape), [drawn("after", *shape), whole("after", *shape), drawn("then", *shape)])


@exercise("tensor_data")
@pytest.mark.parametrize("name", ["data", "grad"])
def test_other_shapes_are_refused(ask, name):
    """What is assigned to .data or .grad in another shape raises ValueError and changes nothing."""
    for shape in (TABLE, ()):
        data = drawn("kept", *shape)
        wrong = [drawn("other", *other) for other in [(3,), (1, 3), (3, 2), (1, 2, 3), (1,), (6,), (), (2, 3)] if other != shape]
        answer = ask(probes.assignment_refused, name, data, [*wrong, [[1, 2, 3], [4, 5]]])
        assert answer == {"refused": [raised(ValueError)] * (len(wrong) + 1), "kept": True, "signs": probes.signs(data)}


@exercise("tensor_data")
def test_item(ask):
    """item() is the entry of a tensor that has one, a float, whatever the number of axes."""
    ask.same(probes.single_entries, [drawn("item"), drawn("item", 1), drawn("item", 1, 1, 1), whole("item"), whole("item", 1, 1)])


@exercise("tensor_data")
def test_item_of_several_is_refused(ask):
    """item() of several entries raises ValueError; of one it does not."""
    one = drawn("one", 1, 1)
    answer = ask(probes.item_refused, [drawn("several", *shape) for shape in ((2,), (1, 3), (2, 1))], one)
    assert answer == {"refused": [raised(ValueError)] * 3, "one": probes.signs(one[0][0])}


@exercise("tensor_data")
@pytest.mark.parametrize("shape", [(), (2, 3)])
def test_detach(ask, shape):
    """detach() gives another tensor with the same data, zeros as its gradient, and no wish for one; neither changes with the other."""
    ask.same(probes.detached, drawn("detach", *shape), drawn("detached", *shape))


@exercise("tensor_data")
@pytest.mark.parametrize("shape", [(), (3, 2)])
def test_zero_grad_of_a_tensor(ask, shape):
    """zero_grad() sets the gradient to zeros of its shape, and leaves the data and other tensors alone."""
    ask.same(probes.cleared_gradients, drawn("clear", *shape), drawn("gradient", *shape))


# ------------------------------------------------------------------------------------------------ tensor_arithmetic

BROADCASTS = [
    ((), (), ()),
    ((3, 2), (3, 2), (3, 2)),
    ((2, 3), (3,), (2, 3)),
    ((), (1, 2), (1, 2)),
    ((3, 1), (1, 2), (3, 2)),
    ((2, 1, 3), (4, 1), (2, 4, 3)),
    ((1, 2, 1, 2), (2, 1, 3, 1), (2, 2, 3, 2)),
]
ARITHMETIC = ["+", "-", "*", "/"]


def pairs(key):
    """For each broadcast: the two operands, and the gradient at the result."""
    return [[drawn(f"{key}, left", *a), drawn(f"{key}, right", *b), drawn(f"{key}, result", *c)] for a, b, c in BROADCASTS]


@exercise("tensor_arithmetic", weight=2)
@pytest.mark.parametrize("sign", ARITHMETIC)
def test_broadcasting(ask, sign):
    """+ - * / give the right values in the right shape, broadcast on either side and along any axis; operands stay as they were."""
    ask.same(probes.elementwise, sign, [pair[:2] for key in ("one", "two") for pair in pairs(key)])


@exercise("tensor_arithmetic", weight=3)
@pytest.mark.parametrize("sign", ARITHMETIC)
def test_gradients_of_broadcast_operands(ask, sign):
    """Gradients of + - * / are those of both operands, summed over the uses of each entry, in the shape of the operand."""
    ask.same(probes.slopes, sign, pairs("one"), rtol=GRADIENT)


@exercise("tensor_arithmetic")
@pytest.mark.parametrize("sign", ARITHMETIC)
def test_number_beside_a_tensor(ask, sign):
    """+ - * / take a number on either side: 5 - t and 6 / t too."""
    ask.same(probes.beside_number, sign, drawn("beside", *TABLE), [whole("beside"), drawn("number")])


@exercise("tensor_arithmetic")
@pytest.mark.parametrize("sign", ARITHMETIC)
def test_tensor_gradients_beside_a_number(ask, sign):
    """With a number on either side, + - * / have the right gradient at the tensor."""
    numbers = [whole("beside"), drawn("number")]
    ask.same(probes.slopes_beside_number, sign, drawn("beside", *TABLE), numbers, drawn("beside, result", *TABLE), rtol=GRADIENT)


@exercise("tensor_arithmetic")
def test_powers_of_tensors(ask):
    """t ** n for positive, negative and zero exponents, with its gradient, and the gradient 0 for n = 0."""
    negative, positive = drawn("power", *TABLE), drawn("power", 3, low=0.3, signed=False)
    negative[0][1] = 0.0
    ask.same(probes.powers, negative, [2, 3, 1, 0, 0.0, 2.0], drawn("power, result", *TABLE), rtol=GRADIENT)
    ask.same(probes.powers, positive, [-1, -2, 0.5, -1.5], drawn("power, result", 3), rtol=GRADIENT)


@exercise("tensor_arithmetic")
def test_minus_sign(ask):
    """-t has the right values and the right gradient."""
    ask.same(probes.negated, drawn("minus", 2, 1), drawn("minus, result", 2, 1), rtol=GRADIENT)


@exercise("tensor_arithmetic")
@pytest.mark.parametrize("sign", ARITHMETIC)
def test_shapes_that_do_not_fit_are_refused(ask, sign):
    """Shapes that cannot be broadcast raise ValueError, and those that can do not."""
    sizes = [((2, 3), (2,)), ((3,), (4,)), ((2, 1, 2), (3, 3)), ((4,), (2, 1, 2)), ((2, 3), (3, 2)), ((3, 2), (3,))]
    wrong = [[drawn("unfit", *a), drawn("unfit", *b)] for a, b in sizes]
    low, high = (
        [drawn("fit", *shape, low=low, high=high, signed=False) for shape in ((2, 1), (3,))] for low, high in ((0.2, 0.9), (1.1, 2))
    )
    right = [[low[0], high[1]], [low[1], high[0]]]
    sign_of_all = -1 if sign == "-" else 1
    expected = [[[2, 3], [[sign_of_all] * 3] * 2]] * 2
    assert ask(probes.broadcast_refused, sign, wrong, right) == {"refused": [raised(ValueError)] * len(wrong), "right": same_as(expected)}


@exercise("tensor_arithmetic", weight=2)
def test_shared_tensors(ask):
    """A tensor that is used twice hands on its gradient once, when both uses have arrived."""
    ask.same(probes.shared_tensors, drawn("shared", 3), drawn("shared, result", 3), rtol=GRADIENT)
    ask.same(probes.shared_tensors, drawn("shared"), drawn("shared, result"), rtol=GRADIENT)


@exercise("tensor_arithmetic", weight=2)
@pytest.mark.parametrize("key", ["one", "two"])
def test_tensor_graphs(ask, key):
    """In a graph of many operations every tensor on the way gets the gradient of the root, whatever the shapes."""
    leaves = [drawn(f"graph {key}", *shape) for shape in ((2, 3), (3,), (2, 1))]
    ask.same(probes.tensor_graph, *leaves, drawn(f"graph {key}, result", 2, 3), rtol=GRADIENT)


@exercise("tensor_arithmetic")
def test_calls_add_up(ask):
    """backward() adds to the gradients of the leaves: calls from one root, from two that share a part, and from a leaf."""
    gradients = [drawn(f"calls, {call}", 2, 3) for call in range(4)]
    ask.same(probes.tensor_calls, drawn("calls", 2, 1), drawn("calls", 3), gradients, rtol=GRADIENT)


@exercise("tensor_arithmetic")
def test_roots_of_one_entry(ask):
    """A root of one entry, whatever its axes, needs no gradient to be given: it is 1; and takes one."""
    ask.same(probes.roots_of_one_entry, [drawn("root one"), drawn("root two")], rtol=GRADIENT)


@exercise("tensor_arithmetic")
def test_requires_grad_of_tensors(ask):
    """A result requires a gradient if one of its operands does; numbers do not."""
    ask.same(probes.requires_of_tensors, drawn("wanted", 3), drawn("fixed", 2, 1))


@exercise("tensor_arithmetic")
def test_tensors_without_gradient_stay_untouched(ask):
    """Tensors that require no gradient keep zeros, and the others get theirs."""
    ask.same(probes.constants_among_tensors, drawn("wanted", 3), drawn("fixed", 2, 1), drawn("constants, result", 2, 3), rtol=GRADIENT)


@exercise("tensor_arithmetic")
def test_backward_is_refused(ask):
    """backward() raises RuntimeError without a gradient on several entries, or where none is required; ValueError for another shape."""
    data = drawn("refused", *TABLE)
    answer = ask(probes.backward_refused, data, [drawn("refused", *shape) for shape in ((3,), (3, 2), (), (1, 2, 3))])
    zeros = [[0] * 3] * 2
    assert answer == {
        "no wish": [raised(RuntimeError)] * 4,
        "several": [raised(RuntimeError)] * 2,
        "shape": [raised(ValueError)] * 4,
        "untouched": [zeros] * 4,
        "after": probes.signs(data),
    }


@exercise("tensor_arithmetic")
def test_operations_after_an_assignment(ask):
    """Operations after an assignment to .data use what was assigned."""
    ask.same(probes.after_assignment, *(drawn(f"assigned, {key}", *TABLE) for key in ("before", "after", "result")), rtol=GRADIENT)


@exercise("tensor_arithmetic")
def test_deep_tensor_graphs(ask):
    """A sum of thousands of terms finds no limit of depth."""
    ask.same(probes.long_tensor_sum, drawn("deep"), 300, 100, rtol=GRADIENT)


@exercise("tensor_arithmetic")
def test_tensors_used_again_and_again(ask):
    """40 doublings take a time proportional to the graph, not to its 2^40 paths."""
    ask.same(probes.doubled_tensor, drawn("doubled", 2), 40, drawn("doubled, result", 2), rtol=GRADIENT)


# ------------------------------------------------------------------------------------------------ tensor_functions


def mapped_cases(method, shapes=((2, 3), (), (2, 1, 2)), **bounds):
    """Data and gradients, all of the shape of the data."""
    return [
        [drawn(f"{method} {place}", *shape, **bounds), drawn(f"{method}, result {place}", *shape)] for place, shape in enumerate(shapes)
    ]


@exercise("tensor_functions")
@pytest.mark.parametrize("method", ["tanh", "sigmoid"])
def test_bounded_functions(ask, method):
    """tanh and sigmoid work entry by entry, with their slopes, and far from 0."""
    ask.same(probes.map_entries, method, [*mapped_cases(method), [[-1000, 1000.0, 0, -22.5], drawn("far", 4)]], rtol=GRADIENT)


@exercise("tensor_functions")
def test_exp_of_tensors(ask):
    """exp works entry by entry, with its slope."""
    ask.same(probes.map_entries, "exp", mapped_cases("exp"), rtol=GRADIENT)


@exercise("tensor_functions")
def test_log_of_tensors(ask):
    """log works entry by entry, with its slope."""
    ask.same(probes.map_entries, "log", mapped_cases("log", signed=False, high=5.0), rtol=GRADIENT)


@exercise("tensor_functions")
@pytest.mark.parametrize("method", ["relu", "abs"])
def test_functions_with_corners(ask, method):
    """relu and abs work entry by entry, with their slopes, and the slope 0 at 0."""
    ask.same(probes.map_entries, method, [*mapped_cases(method), [[0.0, drawn("corner"), 0], drawn("corner", 3)]], rtol=GRADIENT)


def sums_of(shape, calls, kept):
    """Data, calls, and a gradient in the shape of each result."""
    return [
        [drawn(f"sum {place}", *shape), call, drawn(f"sum, result {place}", *left)]
        for place, (call, left) in enumerate(zip(calls, kept, strict=True))
    ]


@exercise("tensor_functions", weight=2)
def test_sum_of_all_entries(ask):
    """sum() adds all entries up, to the shape (), or to axes of size 1 with keepdims; each entry gets the gradient."""
    cases = [*sums_of((2, 3, 4), [{}, {"keepdims": True}], [(), (1, 1, 1)]), *sums_of((), [{}, {"keepdims": True}], [(), ()])]
    ask.same(probes.sums, cases, rtol=GRADIENT)


@exercise("tensor_functions", weight=2)
def test_sums_along_an_axis(ask):
    """sum(axis) adds up along one axis, counted from either end, and takes it away; each entry gets the gradient of its sum."""
    cases = sums_of((2, 3, 4), [{"axis": axis} for axis in (0, 1, 2, -1, -2, -3)], [(3, 4), (2, 4), (2, 3), (2, 3), (2, 4), (3, 4)])
    cases += sums_of((3, 2, 1, 2), [{"axis": 2}, {"axis": 0}], [(3, 2, 2), (2, 1, 2)]) + sums_of((4,), [{"axis": 0}], [()])
    ask.same(probes.sums, cases, rtol=GRADIENT)


@exercise("tensor_functions")
def test_sums_that_keep_the_axis(ask):
    """With keepdims, sum(axis) keeps the axis, with size 1."""
    kept = [(1, 2, 1, 2), (3, 2, 1, 2), (3, 2, 1, 1), (3, 1, 1, 2)]
    ask.same(probes.sums, sums_of((3, 2, 1, 2), [{"axis": axis, "keepdims": True} for axis in (0, 2, -1, -3)], kept), rtol=GRADIENT)
    ask.same(probes.sums, sums_of((4,), [{"axis": -1, "keepdims": True}], [(1,)]), rtol=GRADIENT)


def reduced_cases(method):
    return [
        [drawn(f"{method} {place}", *shape), drawn(f"{method}, result {place}")]
        for place, shape in enumerate(((2, 3), (5,), (3, 1, 2), (2, 3), (), (1, 1)))
    ]


@exercise("tensor_functions")
def test_mean_of_tensors(ask):
    """mean is over all entries and has the shape (); each entry gets its share of the gradient."""
    ask.same(probes.map_entries, "mean", reduced_cases("mean"), rtol=GRADIENT)


@exercise("tensor_functions")
@pytest.mark.parametrize("method", ["max", "min"])
def test_extreme_entries(ask, method):
    """max and min are over all entries and have the shape (); the entry that is taken gets the gradient."""
    ask.same(probes.map_entries, method, reduced_cases(method), rtol=GRADIENT)


@exercise("tensor_functions")
@pytest.mark.parametrize("method", ["max", "min"])
def test_ties(ask, method):
    """Where several entries are the largest, or the smallest, they share the gradient equally."""
    tables = [[5, 7, 7, 5, 6], [[[-2.0], [-2.0]], [[-2.0], [-2.5]]], [[0.0, 0.0], [0.0, 0.0]]]
    ask.same(probes.map_entries, method, [[data, drawn(f"tie {place}")] for place, data in enumerate(tables)], rtol=GRADIENT)


@exercise("tensor_functions")
def test_flatten(ask):
    """flatten gives one axis, row by row, of a number too, and hands each entry its gradient."""
    shapes = [((2, 2, 3), (12,)), ((2, 1), (2,)), ((), (1,)), ((4,), (4,))]
    cases = [[drawn(f"flat {place}", *shape), drawn(f"flat, result {place}", *flat)] for place, (shape, flat) in enumerate(shapes)]
    ask.same(probes.map_entries, "flatten", cases, rtol=GRADIENT)


@exercise("tensor_functions")
def test_functions_require_what_their_operand_does(ask):
    """The result of a function requires a gradient if its operand does."""
    ask.same(probes.functions_require, drawn("require", 2, signed=False))


@exercise("tensor_functions", weight=3)
@pytest.mark.parametrize("key", ["one", "two"])
def test_functions_together(ask, key):
    """In an expression of all functions and the operators, the leaves get the right gradients."""
    ask.same(probes.functions_together, drawn(f"together {key}", 2, 3), drawn(f"together {key}", 3), rtol=GRADIENT)


# ------------------------------------------------------------------------------------------------ tensor_matmul


PRODUCTS = [
    ((2, 3), (3, 4), (2, 4)),
    ((3, 2), (2, 5), (3, 5)),
    ((1, 3), (3, 2), (1, 2)),
    ((4, 1), (1, 3), (4, 3)),
    ((2, 3), (3, 1), (2, 1)),
    ((1, 1), (1, 1), (1, 1)),
    ((2, 3), (3, 4), (2, 4)),
]
WITH_ONE_AXIS = [
    ((3,), (3, 4), (4,)),
    ((2, 3), (3,), (2,)),
    ((4,), (4,), ()),
    ((1,), (1, 3), (3,)),
    ((3, 1), (1,), (3,)),
    ((1,), (1,), ()),
    ((2,), (2, 1), (1,)),
    ((1, 4), (4,), (1,)),
]


def factors(shapes):
    return [
        [drawn(f"product {place}, {side}", *shape) for side, shape in zip(("left", "right", "result"), row, strict=True)]
        for place, row in enumerate(shapes)
    ]


@exercise("tensor_matmul", weight=3)
def test_products_of_tables(ask):
    """(N, K) @ (K, M) has the shape (N, M) and the right values; the operands stay as they were."""
    ask.same(probes.products, factors(PRODUCTS))


@exercise("tensor_matmul", weight=3)
def test_gradients_of_products(ask):
    """The gradients of (N, K) @ (K, M) are those of both operands, in their shapes."""
    ask.same(probes.slopes_of_products, factors(PRODUCTS), rtol=GRADIENT)


@exercise("tensor_matmul", weight=2)
def test_products_with_one_axis(ask):
    """A list counts as a row on the left and as a column on the right, and its axis is not in the result."""
    ask.same(probes.products, factors(WITH_ONE_AXIS))


@exercise("tensor_matmul", weight=2)
def test_gradients_of_products_with_one_axis(ask):
    """Where a factor is a list, both gradients are right, in the shapes of the factors."""
    ask.same(probes.slopes_of_products, factors(WITH_ONE_AXIS), rtol=GRADIENT)


def positive(shape):
    return drawn("fits", *shape, signed=False)


@exercise("tensor_matmul")
def test_sizes_that_do_not_fit(ask):
    """Sizes K that differ raise ValueError; sizes that agree do not."""
    wrong = [((2, 3), (2, 3)), ((2, 3), (2,)), ((3,), (2, 3)), ((2,), (3,)), ((2, 1), (2, 3)), ((2, 3), (1, 3)), ((1,), (3,)), ((3,), (1,))]
    right = [positive((2, 3)), positive((3, 4))], [positive((3,)), positive((3,))]
    answer = ask(probes.products_refused, [[drawn("unfit", *shape) for shape in pair] for pair in wrong], list(right))
    assert answer == {"refused": [raised(ValueError)] * len(wrong), "right": same_as([[[2, 4], [[1] * 4] * 2], [[], 1]])}


@exercise("tensor_matmul")
def test_numbers_of_axes_that_have_no_product(ask):
    """Single numbers, and three or four axes, raise ValueError; one and two axes do not."""
    wrong = [((), (3,)), ((3,), ()), ((), ()), ((2, 3), ()), ((), (2, 3)), ((2, 2, 3), (3, 2)), ((2, 3), (2, 3, 2)), ((3,), (2, 3, 4))]
    wrong += [((2, 3), (3, 2, 2)), ((3,), (3, 1, 2)), ((2, 3, 1), (1,)), ((1, 1, 2, 3), (3, 2)), ((1, 2), (1, 1, 2, 3))]
    right = [positive((2, 3)), positive((3, 4))], [positive((3,)), positive((3,))]
    answer = ask(probes.products_refused, [[drawn("unfit", *shape) for shape in pair] for pair in wrong], list(right))
    assert answer == {"refused": [raised(ValueError)] * len(wrong), "right": same_as([[[2, 4], [[1] * 4] * 2], [[], 1]])}


@exercise("tensor_matmul")
def test_products_in_graphs(ask):
    """A product may be of a tensor with itself or of other products; gradients flow through it and add up at each call."""
    tensors = [drawn("in graph", *shape) for shape in ((3, 3), (3, 2), (2,))]
    ask.same(probes.products_in_graph, *tensors, drawn("in graph, result", 3), rtol=GRADIENT)


@exercise("tensor_matmul")
def test_requires_grad_of_products(ask):
    """A product requires a gradient if one of its operands does; one that requires none keeps zeros."""
    factors = [drawn(f"require, {side}", 2, 2, signed=False) for side in ("left", "right", "result")]
    ask.same(probes.products_require, *factors)


# ------------------------------------------------------------------------------------------------ layers


def numbers(seed, *shape):
    """Nested lists of random numbers of this shape, none of them near 0."""
    rng = random.Random(seed)

    def table(shape):
        return [table(shape[1:]) for _ in range(shape[0])] if shape else rng.choice([-1, 1]) * round(rng.uniform(0.1, 2.0), 3)

    return table(shape)


@exercise("layers", weight=2)
@pytest.mark.parametrize(
    ("activation", "n", "d", "out"),
    [(None, 2, 3, 4), (None, 1, 1, 2), (None, 3, 2, 1), ("Tanh", 4, 1, 3), ("ReLU", 2, 3, 4), ("Sigmoid", 1, 2, 3), ("Softmax", 2, 1, 3)],
)
def test_linear(ask, n, d, out, activation):
    """Linear gives x @ weight + bias, then its activation if it has one; gradients reach weight, bias and input."""
    ask.same(probes.linear, numbers(d, d, out), numbers(out, out), numbers(n, n, d), activation, numbers(7, n, out), rtol=GRADIENT)


@exercise("layers")
@pytest.mark.parametrize(("n", "d"), [(4, 3), (1, 2), (3, 1)])
def test_neuron(ask, n, d):
    """Neuron gives x @ weight + bias, one number for each row; gradients reach weight, bias and input."""
    ask.same(probes.neuron, numbers(d, d), 0.75, numbers(n, n, d), numbers(8, n), rtol=GRADIENT)


@exercise("layers")
@pytest.mark.parametrize(("inputs", "outputs"), [(4, 3), (2, 5)])
def test_shapes_of_new_parameters(ask, inputs, outputs):
    """Weights and biases have the shapes that the text gives, require a gradient and are used; the weights are not all the same."""
    assert ask(probes.fresh_layers, inputs, outputs) == {
        "linear": [(inputs, outputs), (outputs,), True, True, True, True],
        "neuron": [(inputs,), (), True, True, True, True],
    }


@exercise("layers")
@pytest.mark.parametrize("name", ["ReLU", "Tanh", "Sigmoid"])
@pytest.mark.parametrize("shape", [(), (2, 1, 3)])
def test_activations(ask, name, shape):
    """ReLU, Tanh and Sigmoid work entry by entry, on tensors of any shape, and have the right gradient."""
    ask.same(probes.activation, name, numbers(3, *shape), numbers(4, *shape), rtol=GRADIENT)


@exercise("layers", weight=2)
@pytest.mark.parametrize("shape", [(3,), (2, 4), (3, 1), (2, 3, 4), (2, 1, 1, 3)])
def test_softmax(ask, shape):
    """Softmax runs over the last axis, each row for itself, and its gradient knows that the denominator moves too."""
    ask.same(probes.activation, "Softmax", numbers(5, *shape), numbers(6, *shape), rtol=GRADIENT)


@exercise("layers")
def test_sequential(ask):
    """Sequential keeps its modules in .layers and applies the first one first; modules of any kind fit in, another Sequential too."""
    sizes = [(2, 4), (4, 3), (3, 2)]
    weights, biases = [numbers(i, *size) for i, size in enumerate(sizes)], [numbers(9 + i, size[1]) for i, size in enumerate(sizes)]
    ask.same(probes.sequential, weights, biases, numbers(4, 5, 2))
    ask.same(probes.activation_with_parameters, weights[0], biases[0], numbers(6, 3, 2))


@exercise("layers", weight=2)
def test_parameters(ask):
    """parameters() finds every tensor that requires a gradient, in attributes, lists and modules inside, each once."""
    answer = ask(probes.parameters)
    assert answer == {
        "before": [1, 1, 0, 0, 1, 1],
        "after": [1, 1, 1, 1, 1, 1],
        "inner": [1, 1, 0, 1, 1, 1],
        "lengths": [4, 6, 5, 0],
        "numbers": [11, 16, 13, 0],
    }


@exercise("layers")
def test_module_zero_grad(ask):
    """zero_grad() of a module sets the gradients of its parameters to zeros, and changes nothing else."""
    ask.same(probes.cleared_parameters, rtol=GRADIENT)


HELD = [0.1, -0.2, 1 / 3, 1e-17, -1e300, 2.5, 5e-324, 7.0, -3e-5, 0.12345678901234566, 2 / 3, -1.0, 1e22]


@exercise("layers")
def test_save_and_load(ask):
    """What save writes is JSON, and load brings every number back, into the same tensors of a model that is built alike."""
    answer = ask(probes.save_and_load, HELD)
    assert answer["loaded"] == [[[HELD[0:3], HELD[3:6]], HELD[6:9]], [HELD[9:12], HELD[12]]]
    assert answer["held"] == [HELD[0:3], HELD[3:6]]
    assert answer["kept"] == [True, True]
    assert answer["back"] is True


@exercise("layers")
@pytest.mark.parametrize("others", [[(2, 3), (1, 2)], [(2, 3)], [(2, 3), (3, 1), (1, 2)]])
def test_load_refuses_other_shapes(ask, others):
    """load raises ValueError for a file with other shapes or another number of tensors, and leaves every parameter as it was."""
    kept, alike = [[i + start for i in range(13)] for start in (0.5, 20.5)]
    answer = ask(probes.load_refused, [(2, 3), (3, 1)], others, kept, alike)
    assert answer == {"refused": raised(ValueError), "after": contents(kept), "valid": contents(alike)}


def contents(row):
    """What Linear(2, 3) and Linear(3, 1) hold."""
    return [[[row[0:3], row[3:6]], row[6:9]], [[[row[9]], [row[10]], [row[11]]], [row[12]]]]


# ------------------------------------------------------------------------------------------------ losses

REGRESSION = ["MSELoss", "L1Loss", "SmoothL1Loss"]


@exercise("losses", weight=2)
@pytest.mark.parametrize("name", REGRESSION)
@pytest.mark.parametrize(("shape", "tensor"), [((), False), ((3, 2), True), ((2, 1, 3), False)])
def test_regression_losses(ask, name, shape, tensor):
    """MSE, L1 and SmoothL1 are means over all entries, for a Tensor or nested lists as target, with the right gradient."""
    ask.same(probes.loss, name, numbers(1, *shape), numbers(2, *shape), tensor, rtol=GRADIENT)


@exercise("losses")
@pytest.mark.parametrize("name", REGRESSION)
def test_errors_of_zero_and_beta(ask, name):
    """An error of 0 costs nothing and has the slope 0, whatever the loss; at an error of 1 SmoothL1 has the slope 1."""
    ask.same(probes.loss, name, [2.0, 3.0, -1.0, 0.5, 8.0], [2.0, 2.0, 0.0, 0.5, -8.0], rtol=GRADIENT)


@exercise("losses")
@pytest.mark.parametrize("beta", [0.5, 3.0])
def test_smooth_l1_beta(ask, beta):
    """SmoothL1 turns from a parabola into a straight line at beta, with beta in both pieces."""
    prediction = [[0.1, -0.3, 1.5], [-6.0, beta, -2.5]]
    ask.same(probes.loss, "SmoothL1Loss", prediction, [[0.0] * 3] * 2, False, (beta,), rtol=GRADIENT)


@exercise("losses")
@pytest.mark.parametrize("name", REGRESSION)
@pytest.mark.parametrize(
    ("prediction", "target", "tensor"),
    [((3, 1), (3,), False), ((2, 3), (1, 3), True), ((2,), (), False), ((), (1,), True)],
)
def test_target_of_another_shape(ask, name, prediction, target, tensor):
    """A target whose shape is not that of the prediction raises ValueError, also where it would broadcast."""
    moved = {"MSELoss": 9.0, "L1Loss": 3.0, "SmoothL1Loss": 2.5}[name]
    answer = ask(probes.loss_refused, name, numbers(3, *prediction), numbers(4, *target), tensor)
    assert answer == {"refused": raised(ValueError), "valid": same_as(0.0), "moved": same_as(moved)}


@exercise("losses", weight=2)
@pytest.mark.parametrize("name", ["NLLLoss", "CrossEntropyLoss"])
@pytest.mark.parametrize(("n", "c", "target"), [(4, 3, [2, 0, 1, 2]), (1, 3, [1]), (2, 5, [4, 4]), (3, 1, [0, 0, 0])])
def test_classification_losses(ask, name, n, c, target):
    """NLLLoss (of log-probabilities) and CrossEntropyLoss (of raw logits) are means over the rows, with the right gradient."""
    ask.same(probes.loss, name, numbers(n + c, n, c), target, rtol=GRADIENT)


@exercise("losses")
@pytest.mark.parametrize(
    ("logits", "target"),
    [
        ([[1000.0, 0.0, -1000.0]], [2]),
        ([[1000.0, 999.0], [-1000.0, -999.5], [0.5, -0.25]], [1, 0, 1]),
        ([[-1000.0, -1000.0], [1000.0, 1000.0]], [0, 1]),
        ([[800.0, 799.5, -1000.0], [-800.0, -801.0, -800.5]], [0, 2]),
    ],
)
def test_large_logits(ask, logits, target):
    """CrossEntropyLoss is right and finite for logits up to ±1000, each row for itself."""
    ask.same(probes.loss, "CrossEntropyLoss", logits, target, rtol=GRADIENT)


# ------------------------------------------------------------------------------------------------ optimizers

PARAMETERS = [numbers(11, 1, 2), numbers(12, 3), 0.75, numbers(13, 2, 1, 1)]
GRADIENTS = [[numbers(100 + i, 1, 2), numbers(200 + i, 3), numbers(300 + i), numbers(400 + i, 2, 1, 1)] for i in range(20)]


@exercise("optimizers", weight=2)
@pytest.mark.parametrize(
    ("name", "settings"),
    [("SGD", {"lr": 0.05, "momentum": 0.9}), ("Adam", {"lr": 0.02, "beta1": 0.5, "beta2": 0.75, "eps": 0.1}), ("Adam", {"lr": 0.1})],
    ids=str,
)
def test_twenty_steps(ask, name, settings):
    """Twenty steps of SGD with momentum, and of Adam, lead where the equations say, for parameters of any shape."""
    ask.same(probes.steps, name, settings, PARAMETERS, GRADIENTS)


@exercise("optimizers")
@pytest.mark.parametrize(
    ("name", "settings"),
    [("SGD", {}), ("SGD", {"momentum": 0.7}), ("SGD", {"lr": 0.1}), ("Adam", {}), ("Adam", {"eps": 1e-3}), ("Adam", {"beta1": 0.0})],
    ids=str,
)
def test_default_settings(ask, name, settings):
    """What is not given has its default: lr 0.001, momentum 0, beta1 0.9, beta2 0.999, eps 1e-8."""
    ask.same(probes.steps, name, settings, PARAMETERS[1:3], [row[1:3] for row in GRADIENTS[:4]])


@exercise("optimizers")
@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_first_steps(ask, name):
    """The first steps are right, for huge and tiny gradients too: velocity and running means start at 0, Adam corrects for that."""
    settings = {"lr": 0.1, "momentum": 0.5} if name == "SGD" else {"lr": 0.1}
    ask.same(probes.steps, name, settings, [1.0], [[2.0], [1.0], [-3.0]])
    ask.same(probes.steps, name, settings, [[1.0, -4.0]], [[[0.0, 1e-6]], [[0.0, -1e6]], [[0.5, 0.0]]])


@exercise("optimizers")
@pytest.mark.parametrize(("name", "settings"), [("SGD", (0.1, 0.8)), ("Adam", (0.05, 0.8, 0.9, 0.01))])
def test_settings_by_position(ask, name, settings):
    """Learning rate first, then momentum, or beta1, beta2 and eps."""
    ask.same(probes.by_position, name, settings, PARAMETERS[1], [row[1] for row in GRADIENTS[:4]])


@exercise("optimizers")
@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_zero_grad_of_optimizers(ask, name):
    """zero_grad() sets every gradient to zeros of its shape and forgets nothing; step() leaves gradients alone."""
    ask.same(probes.gradients_cleared, name, PARAMETERS, GRADIENTS[0])
    settings = {"momentum": 0.9} if name == "SGD" else {}
    ask.same(probes.steps, name, settings, PARAMETERS[1:3], [row[1:3] for row in GRADIENTS[:4]], True)


@exercise("optimizers")
@pytest.mark.parametrize(("name", "settings"), [("SGD", {"lr": 0.1, "momentum": 0.9}), ("Adam", {"lr": 0.1})])
def test_two_optimizers(ask, name, settings):
    """Two optimizers do not share what they remember."""
    ask.same(probes.two_optimizers, name, settings, PARAMETERS[1], [row[1] for row in GRADIENTS[:5]])


# ------------------------------------------------------------------------------------------------ training

EXAMPLES = [[0.5], [-1.5], [2.0], [1.0], [-0.75], [0.25], [3.0]]
TARGETS = [1.0, -2.5, 3.0, 0.5, -1.0, 2.0, 4.5]


@exercise("training", weight=2)
@pytest.mark.parametrize(("n", "batch_size", "epochs"), [(7, 3, 2), (6, 3, 3), (5, 1, 1), (7, 7, 3), (4, 9, 2), (1, 2, 2)])
def test_course_of_training(ask, n, batch_size, epochs):
    """Each batch causes one step with its own gradients alone; X and Y are left as they are."""
    ask.same(probes.training, EXAMPLES[:n], TARGETS[:n], 0.3, 0.05, epochs, batch_size)


@exercise("training", weight=2)
@pytest.mark.parametrize(("n", "batch_size", "epochs"), [(7, 3, 3), (5, 4, 2), (6, 2, 2), (3, 3, 4)])
def test_losses_of_epochs(ask, n, batch_size, epochs):
    """train gives back one loss for each epoch, the mean over its examples: a short last batch counts for the examples it has."""
    ask.same(probes.training_losses, EXAMPLES[:n], TARGETS[:n], -0.4, 0.1, epochs, batch_size)


@exercise("training")
@pytest.mark.parametrize(("n", "batch_size", "epochs"), [(7, 2, 2), (5, 5, 1), (4, 3, 2)])
def test_batches_in_order(ask, n, batch_size, epochs):
    """Batches come in order, as Tensor(X[i:j]) and Y[i:j], the short one at the end included, once each epoch; the losses are theirs."""
    ask.same(probes.training_batches, EXAMPLES[:n], TARGETS[:n], epochs, batch_size)
