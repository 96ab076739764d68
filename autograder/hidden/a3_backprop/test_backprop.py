"""Judgements about `backprop`. Never leaves the trusted process."""

import operator
import re

import pytest
import torch

from autograder.testing import exercise, raised, rng, same_as

from . import backprop_probes as probes

FINITE_DIFFERENCE = 1e-5
GRADIENT = 1e-7
SIGNS = ["+", "-", "*", "/", "**"]


def drawn(key, *shape, low=0.2, high=2.0, signed=True):
    """Nested lists of numbers of this shape, drawn by the course: none near 0, no two alike."""
    draw = rng("backprop", key, *shape)
    table = draw.uniform(low, high, shape)
    return (table * draw.choice([-1, 1], shape) if signed else table).tolist()


def whole(key, *shape):
    """The same in ints."""
    draw = rng("backprop, whole", key, *shape)
    return (draw.integers(2, 50, shape) * draw.choice([-1, 1], shape)).tolist()


# ------------------------------------------------------------------------------------------------ numerical_gradient


@exercise("numerical_gradient", weight=2)
def test_slope_of_one_input(ask):
    """The gradient of a function of one number is a list of one slope."""
    ask.same(probes.numerical_gradient, "square", [drawn("square", 1), drawn("square again", 1), whole("square", 1)], rtol=1e-3)


@exercise("numerical_gradient", weight=2)
@pytest.mark.parametrize(("name", "ints"), [("product", whole("product", 3)), ("mixed", [1, 2, 3, 2])])
def test_slope_of_each_input(ask, name, ints):
    """Entry i of the gradient is the slope when the i-th number alone moves."""
    points = [drawn(name, len(ints)), drawn(f"{name} again", len(ints)), ints]
    ask.same(probes.numerical_gradient, name, points, rtol=1e-3, atol=1e-5)


@exercise("numerical_gradient", weight=2)
@pytest.mark.parametrize("h", [0.5, 0.1, 0.02])
def test_central_difference_with_the_given_step(ask, h):
    """The slope is the central difference, (f(x + h) - f(x - h)) / 2h, with the step h that was given."""
    ask.same(probes.numerical_gradient, "cubes", [drawn("step", 2), drawn("step again", 2)], h)
    ask.same(probes.numerical_gradient, "mixed", [drawn("step", 4, low=0.8)], h)


@exercise("numerical_gradient")
def test_default_step(ask):
    """Without h, the step is 1e-5: small enough for a slope that changes fast, and not so small that rounding shows."""
    ask.same(probes.numerical_gradient, "fast wave", [[0.3]], rtol=FINITE_DIFFERENCE)
    ask.same(probes.numerical_gradient, "cubes", [drawn("default step", 2)], rtol=FINITE_DIFFERENCE)


@exercise("numerical_gradient")
@pytest.mark.parametrize("key", ["one", "two"])
def test_point_is_never_written_to(ask, key):
    """x is left alone, not even changed for the moment in which f is called."""
    ask.same(probes.point_while_measuring, drawn(f"left alone {key}", 3, low=10.0, high=20.0))


# ------------------------------------------------------------------------------------------------ node_arithmetic


def operands(sign, key):
    """Pairs of operands, floats of every sign, and ints; for powers the base is above 0."""
    bases = drawn(f"{sign} left {key}", 3, signed=sign != "**"), whole(f"{sign} left {key}")
    right = drawn(f"{sign} right {key}", 3)
    return [*zip(bases[0], right, strict=True), (abs(bases[1]), whole(f"{sign} right {key}") % 5 + 2), (bases[0][0], bases[0][0])]


@exercise("node_arithmetic", weight=5)
@pytest.mark.parametrize("sign", SIGNS)
def test_values(ask, sign):
    """+ - * / ** give the right value between two nodes and with a number on either side: 5 - Node(2) is 3, 6 / Node(2) is 3."""
    ask.same(probes.values, sign, operands(sign, "value"))


@exercise("node_arithmetic", weight=3)
def test_expression(ask):
    """An expression of several operators and numbers has the value that it has for numbers."""
    ask.same(probes.expression, [drawn("expression", 3), drawn("expression again", 3), [3, 2, 1]])


@exercise("node_arithmetic", weight=3)
def test_gradients_of_an_expression(ask):
    """In an expression of several operators and numbers, slopes multiply along the way and add up over the ways."""
    ask.same(probes.gradients_of_expression, [drawn("expression", 3), drawn("expression again", 3)], rtol=GRADIENT)


@exercise("node_arithmetic", weight=4)
@pytest.mark.parametrize("sign", ["+", "-", "*", "/"])
def test_gradients_of_both_operands(ask, sign):
    """The result of + - * / has the right derivative for each of its two operands."""
    ask.same(probes.two_nodes, sign, [*operands(sign, "both"), (0.0, drawn("below 0"))], rtol=GRADIENT)


@exercise("node_arithmetic", weight=3)
@pytest.mark.parametrize("sign", ["+", "-", "*", "/"])
def test_gradients_beside_a_number(ask, sign):
    """+ - * / with a number on either side have the right derivative for the node."""
    ask.same(probes.number_on_one_side, sign, operands(sign, "beside"), rtol=GRADIENT)


@exercise("node_arithmetic")
def test_negation(ask):
    """-x has the value and the derivative of minus x."""
    ask.same(probes.negation, [*drawn("negation", 2), whole("negation"), 0], rtol=GRADIENT)


@exercise("node_arithmetic", weight=4)
def test_gradients_of_base_and_exponent(ask):
    """x ** y has a derivative for the base and another for the exponent; 2 ** y has one for the exponent."""
    pairs = [*operands("**", "power"), (drawn("base", signed=False), 0.0)]
    ask.same(probes.two_nodes, "**", pairs, rtol=GRADIENT)
    ask.same(probes.number_on_one_side, "**", pairs, rtol=GRADIENT)


@exercise("node_arithmetic", weight=2)
def test_number_as_exponent(ask):
    """x ** n is right for negative bases too, where 3.0 counts as an integer."""
    below, above = [-x for x in drawn("power", 4, signed=False)], drawn("power again", 2, signed=False)
    ask.same(
        probes.number_powers, [*zip(below, (3, 3.0, -2, 1), strict=True), *zip(above, (0.5, -1.5), strict=True), (-2, 3)], rtol=GRADIENT
    )


@exercise("node_arithmetic")
def test_powers_of_zero_and_to_zero(ask):
    """x ** 0 is 1 with the derivative 0, for every x; 0 ** 1, 0 ** 2 and 0 ** 3.0 are right as well."""
    ask.same(probes.number_powers, [(-2.0, 0), (0.0, 0), (0, 0.0), (drawn("to zero"), 0), (0.0, 1), (0.0, 2), (0, 3.0)], rtol=GRADIENT)


@exercise("node_arithmetic", weight=2)
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
    assert ask(probes.refusal, "**", a, b, nodes) == {"refused": raised(ValueError), "valid": [1, -1], "after": same_as(after)}


@exercise("node_arithmetic")
@pytest.mark.parametrize(
    ("sign", "a", "b", "nodes"),
    [
        ("/", 1.5, 0.0, "left right"),
        ("/", 1.5, 0, "left"),
        ("/", 3, 0.0, "right"),
        ("/", 0.0, 0.0, "left right"),
        ("**", 0.0, -1, "left"),
        ("**", 0, -2.5, "left"),
    ],
)
def test_division_by_zero(ask, sign, a, b, nodes):
    """ZeroDivisionError: division by 0 in any form, and 0 with a negative number as exponent."""
    after = [x for x, side in ((a, "left"), (b, "right")) if side in nodes]
    assert ask(probes.refusal, sign, a, b, nodes) == {"refused": raised(ZeroDivisionError), "valid": [1, -1], "after": same_as(after)}


@exercise("node_arithmetic")
def test_node_holds_floats(ask):
    """.value and .grad are floats, also of results and of nodes made from ints; .grad starts at 0.0."""
    ask.same(probes.floats, [whole("floats"), drawn("floats")])


@exercise("node_arithmetic")
def test_name_and_wish_are_kept(ask):
    """name and requires_grad are kept, by position and by keyword; without them the name is empty, and a gradient required."""
    ask.same(probes.names_and_wishes, drawn("named"))


@exercise("node_arithmetic")
@pytest.mark.parametrize("kind", ["text", "None", "bool", "list", "complex", "node"])
def test_value_that_is_no_number(ask, kind):
    """A node of something that is neither an int nor a float, bool included, raises TypeError."""
    assert ask(probes.value_of_wrong_kind, kind) == {"refused": raised(TypeError), "before": 1, "after": -1}


@exercise("node_arithmetic")
@pytest.mark.parametrize("kind", ["text", "None"])
@pytest.mark.parametrize("sign", SIGNS)
def test_operand_that_is_no_number(ask, sign, kind):
    """An operand that is neither a node nor an int or float raises TypeError, on either side."""
    answer = ask(probes.operand_of_wrong_kind, sign, kind)
    assert answer == {"refused": [raised(TypeError)] * 2, "valid": 1, "operand": same_as([3.0, 0.0])}


@exercise("node_arithmetic")
def test_operands_are_left_alone(ask):
    """Every operation makes a new node and leaves its operands as they were."""
    ask.same(probes.operands_afterwards, drawn("left"), drawn("right"))


@exercise("node_arithmetic", weight=2)
@pytest.mark.parametrize("sign", SIGNS)
def test_requires_grad_spreads(ask, sign):
    """A result requires a gradient if at least one of its operands does; a number does not."""
    ask.same(probes.requires, sign, drawn("requires", signed=False), drawn("requires too"))


# ------------------------------------------------------------------------------------------------ node_functions


def points(method, **bounds):
    return [*drawn(method, 3, **bounds), whole(method)]


@exercise("node_functions")
def test_tanh(ask):
    """tanh has the right value and derivative, far from 0 too."""
    ask.same(probes.function, "tanh", [*points("tanh"), 0, 20.0, -1000.0, 1000], rtol=GRADIENT)


@exercise("node_functions")
def test_exp(ask):
    """exp has the right value and derivative."""
    ask.same(probes.function, "exp", [*drawn("exp", 4), 0, 2, -1000.0])


@exercise("node_functions")
def test_log(ask):
    """log has the right value and derivative, also near 0."""
    ask.same(probes.function, "log", [*drawn("log", 3, high=20.0, signed=False), 1, 1e-6, 1e9])


@exercise("node_functions")
def test_relu(ask):
    """relu has the right value and derivative; the derivative at 0 is 0."""
    ask.same(probes.function, "relu", [*points("relu"), 0.0, 1e-9, -1e-9])


@exercise("node_functions")
def test_sigmoid(ask):
    """sigmoid has the right value and derivative, and does not overflow far from 0."""
    ask.same(probes.function, "sigmoid", [*points("sigmoid"), 0, -22.5, 30.0, -1000, 1000.0], rtol=GRADIENT)


@exercise("node_functions")
def test_abs(ask):
    """abs has the right value and derivative; the derivative at 0 is 0."""
    ask.same(probes.function, "abs", [*points("abs"), 0.0, -1e-9])


LOWER, UPPER = -drawn("lower", signed=False), drawn("upper", signed=False)


@exercise("node_functions")
@pytest.mark.parametrize(
    "bounds",
    [
        {"min_value": LOWER, "max_value": UPPER},
        {"min_value": -1, "max_value": 2},
        {"min_value": 0.0},
        {"max_value": 0},
        {"min_value": LOWER, "max_value": None},
        {"min_value": UPPER, "max_value": UPPER},
        {},
    ],
    ids=lambda bounds: "-".join(bounds) or "none",
)
def test_clip(ask, bounds):
    """clip keeps its operand between the bounds that are given, 0 included; the derivative is 1 between them and at them, 0 outside."""
    ask.same(probes.clip, [*drawn("clipped", 4, high=3.0), LOWER, UPPER, -1, 2, 0.0, 2.5, -2.5], bounds)


@exercise("node_functions")
def test_clip_takes_bounds_by_position(ask):
    """clip(a, b) takes the lower bound first."""
    ask.same(probes.function, "clip", [4.0, -4.0, drawn("between", high=0.9)], (LOWER, UPPER))


@exercise("node_functions")
@pytest.mark.parametrize("x", [0.0, 0, -1.5, -1e-9])
def test_log_of_no_positive_number(ask, x):
    """The logarithm of a number that is not above 0 raises ValueError."""
    answer = ask(probes.function_refusal, "log", x, (), [[0.25, []], [2.0, []]])
    assert answer == {"refused": raised(ValueError), "valid": [-1, 1], "operand": same_as(float(x))}


@exercise("node_functions")
@pytest.mark.parametrize(("x", "bounds"), [(0.5, (2.0, 1.0)), (5.0, (0.5, 0)), (-1.0, (UPPER, LOWER))])
def test_bounds_in_the_wrong_order(ask, x, bounds):
    """Bounds of clip in the wrong order raise ValueError."""
    answer = ask(probes.function_refusal, "clip", x, bounds, [[-4.0, [-2.0, 1.0]], [4.0, [-2.0, 1.0]]])
    assert answer == {"refused": raised(ValueError), "valid": [-1, 1], "operand": same_as(x)}


@exercise("node_functions", weight=6)
@pytest.mark.parametrize("key", ["one", "two"])
def test_functions_inside_expressions(ask, key):
    """A function of a result works like one of a leaf, its result can be computed with, and slopes multiply along the way."""
    a, b = drawn(f"inside {key}", 2, signed=False)
    ask.same(probes.functions_of_results, [a, -b], rtol=GRADIENT)


@exercise("node_functions")
def test_functions_require_what_their_operand_does(ask):
    """The result of a function requires a gradient if its operand does."""
    ask.same(probes.functions_of_nodes_require, drawn("require", signed=False))


# ------------------------------------------------------------------------------------------------ node_backward

APPLY = {"+": operator.add, "-": operator.sub, "*": operator.mul}


def random_graph(number):
    """Leaves and steps of a graph in which nodes are used again and again, whatever their depth, and values stay small."""
    draw = rng("backprop, graph", number)
    while True:
        leaves = [(round(draw.uniform(-2.0, 2.0), 3), wanted) for wanted in (True, True, True, bool(draw.random() < 0.5))]
        values = [value for value, _ in leaves]
        steps = []
        for _ in range(draw.integers(8, 15)):
            left, right, sign = int(draw.integers(len(values))), int(draw.integers(len(values))), "++-**"[draw.integers(5)]
            step = (sign, left, right if draw.random() < 0.5 else len(values) - 1)
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


GRAPHS = [random_graph(number) for number in range(6)]
DIAMOND = ([(drawn("diamond"), True), (drawn("diamond too"), True)], [("*", 0, 1), ("+", 2, 0), ("*", 2, 3), ("-", 4, 1)])
SHORT_AND_LONG = (
    [(drawn("short"), True), (drawn("long"), False)],
    [("*", 0, 1), ("*", 2, 0), ("+", 3, 1), ("*", 4, 2), ("+", 2, 5)],
)
ROOT_TWICE = ([(drawn("twice"), True)], [("*", 0, 0), ("*", 1, 1), ("+", 2, 0)])
SHAPES = [DIAMOND, SHORT_AND_LONG, ROOT_TWICE, *GRAPHS]


@exercise("node_backward", weight=2)
def test_reused_node(ask):
    """A node that is used several times collects the gradient of all its uses."""
    ask.same(probes.reused_node, drawn("reused", 2), rtol=GRADIENT)


@exercise("node_backward", weight=2)
def test_shared_result(ask):
    """A result that is used twice hands on its gradient once, when both uses have arrived: (3x)² at 2 has the gradient 36."""
    ask.same(probes.shared_result, drawn("shared", 2), rtol=GRADIENT)


@exercise("node_backward", weight=3)
@pytest.mark.parametrize("shape", SHAPES)
def test_gradients_of_random_graphs(ask, shape):
    """After one call every node holds the gradient of the root at it, in graphs of any shape, and the root 1.0."""
    ask.same(probes.graph_gradients, *shape, rtol=GRADIENT)


@exercise("node_backward", weight=3)
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
def test_orders_of_two_roots(ask):
    """The order of a leaf is the leaf alone; an order that was given stays as it is when another is asked for."""
    ask.same(probes.orders_of_two_roots, drawn("leaf"))


@exercise("node_backward")
def test_leaf_as_root(ask):
    """A leaf as root gets the gradient 1, at each call."""
    ask.same(probes.leaf_as_root, drawn("leaf as root"))


@exercise("node_backward", weight=2)
@pytest.mark.parametrize(("leaves", "steps"), SHAPES)
def test_second_call_adds(ask, leaves, steps):
    """backward() adds to the gradients of the leaves: a second call doubles them, a third trebles them."""
    ask.same(probes.calls, leaves, steps, 3, rtol=GRADIENT)


@exercise("node_backward")
def test_two_roots_add(ask):
    """Calls from two roots add up in the leaves that they share, whatever the nodes between them hold from the first call."""
    ask.same(probes.two_roots, *drawn("two roots", 2), rtol=GRADIENT)


@exercise("node_backward")
def test_nodes_without_gradient_stay_untouched(ask):
    """Nodes that require no gradient keep 0.0, and the others get theirs."""
    ask.same(probes.constants, *drawn("constants", 2), rtol=GRADIENT)


@exercise("node_backward")
def test_root_without_gradient_is_refused(ask):
    """backward() on a root that requires no gradient raises RuntimeError and changes nothing."""
    a = drawn("no gradient", signed=False)
    answer = ask(probes.root_without_gradient, -a, a)
    assert answer == {"refused": [raised(RuntimeError)] * 2, "same": True, "signs": [1, 0, 0]}


@exercise("node_backward")
@pytest.mark.parametrize(("leaves", "steps"), [DIAMOND, *GRAPHS[:3]])
def test_zero_grad_clears_the_graph(ask, leaves, steps):
    """zero_grad() clears the root, the leaves and everything between them; then backward() starts afresh."""
    ask.same(probes.cleared, leaves, steps, rtol=GRADIENT)


@exercise("node_backward")
def test_zero_grad_clears_nothing_else(ask):
    """zero_grad() leaves alone what its root was not made from."""
    ask.same(probes.cleared_from_within, *drawn("within", 2), rtol=GRADIENT)


@exercise("node_backward")
def test_long_chain(ask):
    """topological_order, backward and zero_grad work on a chain of 2,000 nodes."""
    ask.same(probes.long_sum, drawn("long chain"), 2000, rtol=GRADIENT)


def grows_with_the_graph(steps):
    """Whether twice as large a graph took about twice as many steps."""
    return all(0 < small < large <= 2.6 * small for small, large in steps)


@exercise("node_backward")
def test_time_of_order_backward_and_zero_grad(ask):
    """A graph of twice as many nodes takes about twice the time, however often a node is used and however many ways lead to it."""
    answer = ask(probes.steps_on_graphs, drawn("steps", low=0.5, high=0.9, signed=False), [40, 80], [6, 12])
    assert [grows_with_the_graph(answer[name]) for name in ("chain", "doubled")] == [True, True]
    assert answer["gradient"] == same_as(2.0**12, rtol=GRADIENT)


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


A, B, C = ("a", drawn("a", signed=False), True), ("b", drawn("b"), True), ("c", drawn("c"), False)
DRAWINGS = [
    ([A], []),
    ([A, B], [("+", 0, 1)]),
    ([A, B, C], [("*", 0, 1), ("+", 3, 2), ("tanh", 4)]),
    ([A, B, C], [("*", 1, 2), ("*", 3, 3), ("+", 4, 0)]),
    ([A, A, ("", drawn("no name"), True)], [("+", 0, 1), ("+", 3, 2), ("+", 0, 4), ("*", 5, 3)]),
    ([A, B], [("*", 0, 0), ("+", 2, 1), ("+", 1, 2), ("*", 3, 4)]),
]
SIGNS_OF_VERTICES = ["+", "*", "tanh", "exp", "log", "relu", "sigmoid", "abs"]
FUNCTIONS = ([A], [("exp", 0), ("log", 1), ("sigmoid", 2), ("abs", 3), ("relu", 4), ("tanh", 5)])


def read(text):
    """Labels of the vertices by ID, and arrows, wherever they stand in a text."""
    found = re.compile(r'(\w+)\s*\[[^"\]]*"((?:[^"\\]|\\.)*)"[^\]]*\]')
    text = text if isinstance(text, str) else ""
    labels = {vertex: label.replace("=-0.0000", "=0.0000") for vertex, label in found.findall(text)}
    return labels, re.findall(r"(\w+) *-[->] *(\w+)", found.sub("", text))


def labels_of(graph, values):
    """The labels of the vertices of values, or of those of operations, in alphabetical order."""
    return sorted(label for label in graph[0].values() if ("value=" in label) == values)


def without_names(graph):
    """The same vertices and arrows, of which is said only which are values."""
    return {vertex: str("value=" in label) for vertex, label in graph[0].items()}, graph[1]


@exercise("graph_to_dot")
@pytest.mark.parametrize(("leaves", "steps"), DRAWINGS)
def test_form_of_the_text(ask, leaves, steps):
    """The text is DOT: `digraph … {`, one statement a line, each a vertex with its label or an arrow, `}`; the same each time."""
    [text, again] = ask(probes.dot, leaves, steps, True, [{"show_grad": False}] * 2)
    graph, expected = graph_of(text), expected_graph(leaves, steps, True, False)
    assert graph is not None
    assert len(graph[0]) == len(expected[0])
    assert text == again


@exercise("graph_to_dot", weight=2)
@pytest.mark.parametrize(("leaves", "steps"), [*DRAWINGS, FUNCTIONS])
def test_labels_of_values(ask, leaves, steps):
    """Each node has one vertex, whose label is its name and its value with four decimals; without gradients where show_grad is False."""
    [text] = ask(probes.dot, leaves, steps, True, [{"show_grad": False}])
    assert labels_of(read(text), True) == labels_of(expected_graph(leaves, steps, True, False), True)


@exercise("graph_to_dot", weight=2)
@pytest.mark.parametrize(("leaves", "steps"), [*DRAWINGS[1:], FUNCTIONS])
def test_gradients_in_the_graph(ask, leaves, steps):
    """Labels show the gradient besides the value unless show_grad is False, before and after backward, constants included."""
    for backward in (False, True):
        expected = re.findall(r"grad=[-.\d]*", str(labels_of(expected_graph(leaves, steps, backward), True)))
        for text in ask(probes.dot, leaves, steps, backward, [{}, {"show_grad": True}]):
            assert sorted(re.findall(r"\\ngrad=([-.\d]*)", " ".join(read(text)[0].values()))) == sorted(part[5:] for part in expected)


OPERATIONS = [([A, C], [(what, 0, 1) if what in "+*" else (what, 0), ("*", 2, 1)]) for what in SIGNS_OF_VERTICES]


@exercise("graph_to_dot", weight=2)
@pytest.mark.parametrize(("leaves", "steps"), [*DRAWINGS[1:], *OPERATIONS])
def test_operations_have_a_vertex(ask, leaves, steps):
    """Each call of + * tanh exp log relu sigmoid abs is one vertex with that label."""
    [text] = ask(probes.dot, leaves, steps, True, [{"show_grad": False}])
    assert labels_of(read(text), False) == labels_of(expected_graph(leaves, steps, True, False), False)


@exercise("graph_to_dot", weight=2)
@pytest.mark.parametrize(("leaves", "steps"), [*DRAWINGS[1:], FUNCTIONS])
def test_arrows(ask, leaves, steps):
    """Arrows lead from operands to the operation, one for each use, and from there to the result."""
    [text] = ask(probes.dot, leaves, steps, True, [{"show_grad": False}])
    assert same_graph(without_names(read(text)), without_names(expected_graph(leaves, steps, True, False)))


@exercise("graph_to_dot", weight=2)
@pytest.mark.parametrize(("leaves", "steps"), [*DRAWINGS, FUNCTIONS])
def test_graph_as_text(ask, leaves, steps):
    """Everything together is the graph of the computation, with gradients."""
    [text] = ask(probes.dot, leaves, steps, True, [{}])
    assert same_graph(graph_of(text), expected_graph(leaves, steps, True))


@exercise("graph_to_dot")
@pytest.mark.parametrize("name", ['"', "\\", 'a "b" \\ c', '\\"', "w_{1};", "x -> y", "größe", "\\n"])
def test_names_are_escaped(ask, name):
    """In names a double quote and a backslash are escaped; everything else stays, and a name is never an ID."""
    leaves, steps = [(name, drawn("named"), True), (name, drawn("named too"), True)], [("*", 0, 1)]
    [text] = ask(probes.dot, leaves, steps, False, [{"show_grad": False}])
    graph = read(text)
    assert labels_of(graph, True) == labels_of(expected_graph(leaves, steps, False, False), True)
    assert len(graph[1]) == 3


# ------------------------------------------------------------------------------------------------ tensor_data


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
    answer = ask(probes.item_refused, [drawn("several", *shape) for shape in ((2,), (1, 3), (2, 1))], [[[-1.5]], [[2.5]]])
    assert answer == {"refused": [raised(ValueError)] * 3, "signs": [-1, 1]}


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
        "several": [raised(RuntimeError)] * 3,
        "shape": [raised(ValueError)] * 4,
        "untouched": [*[zeros] * 4, [0, 0]],
        "after": probes.signs(data),
    }


@exercise("tensor_arithmetic")
def test_operations_after_an_assignment(ask):
    """Operations after an assignment to .data use what was assigned."""
    ask.same(probes.after_assignment, *(drawn(f"assigned, {key}", *TABLE) for key in ("before", "after", "result")), rtol=GRADIENT)


@exercise("tensor_arithmetic")
def test_deep_tensor_graphs(ask):
    """backward() works on a chain of 2,000 tensors."""
    ask.same(probes.long_tensor_sum, drawn("deep"), 2000, rtol=GRADIENT)


@exercise("tensor_arithmetic")
def test_time_of_backward(ask):
    """A graph of twice as many tensors takes about twice the time, however often one is used and however many ways lead to it."""
    answer = ask(probes.steps_on_tensors, drawn("steps", 2), [40, 80], [6, 12])
    assert grows_with_the_graph([answer["chain"], answer["doubled"]])
    assert answer["signs"] == probes.signs(drawn("steps", 2))


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
def test_functions_of_tensors_require_what_their_operand_does(ask):
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


FITTING = [[[[1.5, 2.0], [0.5, 3.0]], [[-1.0, 2.0, -0.5], [2.5, -3.0, 1.0]]], [[1.5, 2.0], [-1.0, -0.5]]]


@exercise("tensor_matmul")
def test_sizes_that_do_not_fit(ask):
    """Sizes K that differ raise ValueError; sizes that agree do not."""
    wrong = [((2, 3), (2, 3)), ((2, 3), (2,)), ((3,), (2, 3)), ((2,), (3,)), ((2, 1), (2, 3)), ((2, 3), (1, 3)), ((1,), (3,)), ((3,), (1,))]
    answer = ask(probes.products_refused, [[drawn("unfit", *shape) for shape in pair] for pair in wrong], FITTING)
    assert answer == {"refused": [raised(ValueError)] * len(wrong), "right": same_as([[[2, 3], [[1, -1, 1]] * 2], [[], -1]])}


@exercise("tensor_matmul")
def test_numbers_of_axes_that_have_no_product(ask):
    """Single numbers, and three or four axes, raise ValueError; one and two axes do not."""
    wrong = [((), (3,)), ((3,), ()), ((), ()), ((2, 3), ()), ((), (2, 3)), ((2, 2, 3), (3, 2)), ((2, 3), (2, 3, 2)), ((3,), (2, 3, 4))]
    wrong += [((2, 3), (3, 2, 2)), ((3,), (3, 1, 2)), ((2, 3, 1), (1,)), ((1, 1, 2, 3), (3, 2)), ((1, 2), (1, 1, 2, 3))]
    answer = ask(probes.products_refused, [[drawn("unfit", *shape) for shape in pair] for pair in wrong], FITTING)
    assert answer == {"refused": [raised(ValueError)] * len(wrong), "right": same_as([[[2, 3], [[1, -1, 1]] * 2], [[], -1]])}


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


def layer_of(n, d, out):
    """Weight and bias of a Linear layer, its input, and the gradient at its result."""
    return [drawn("weight", d, out), drawn("bias", out), drawn("input", n, d), drawn("result", n, out)]


LINEAR = [layer_of(2, 3, 4), layer_of(1, 1, 2), layer_of(3, 2, 1), layer_of(4, 3, 4)]
NEURONS = [
    [drawn("neuron", d), drawn("bias of the neuron", n), drawn("input", n, d), drawn("result", n)] for n, d in ((4, 3), (1, 2), (3, 1))
]
NEURONS = [[weight, bias[0], x, gradient] for weight, bias, x, gradient in NEURONS]


@exercise("layers", weight=2)
def test_linear(ask):
    """Linear gives x @ weight + bias, a row for each row of x."""
    ask.same(probes.linear_values, LINEAR)


@exercise("layers", weight=2)
def test_gradients_of_linear(ask):
    """Gradients reach the weight, the bias and the input of a Linear layer."""
    ask.same(probes.linear_gradients, LINEAR, rtol=GRADIENT)


@exercise("layers")
@pytest.mark.parametrize("activation", ["Tanh", "ReLU", "Sigmoid", "Softmax"])
def test_activation_of_linear(ask, activation):
    """The activation of a Linear layer is applied to x @ weight + bias, and its parameters count as the layer's."""
    ask.same(probes.linear_with_activation, activation, *layer_of(2, 3, 4)[:3])
    ask.same(probes.activation_with_parameters, *layer_of(2, 3, 4)[:3])


@exercise("layers")
def test_neuron(ask):
    """Neuron gives x @ weight + bias, one number for each row; gradients reach weight, bias and input."""
    ask.same(probes.neurons, NEURONS, rtol=GRADIENT)


@exercise("layers")
@pytest.mark.parametrize(("inputs", "outputs"), [(4, 3), (2, 5)])
def test_shapes_of_new_parameters(ask, inputs, outputs):
    """Weights and biases have the shapes that the text gives, require a gradient and are used."""
    answer = ask(probes.fresh_layers, inputs, outputs)
    assert answer == {"linear": [(inputs, outputs), (outputs,), True, True, True], "neuron": [(inputs,), (), True, True, True]}


@exercise("layers", weight=2)
def test_weights_start_with_numbers_of_their_own(ask):
    """No two weights of a layer start with the same number, nor do those of two layers: neurons that start alike stay alike."""
    answer = ask(probes.starting_weights, 4, 3)
    assert answer == {"linear": 12, "two of a size": 24, "neuron": 5, "two neurons": 10}


@exercise("layers")
@pytest.mark.parametrize("name", ["ReLU", "Tanh", "Sigmoid"])
def test_activations(ask, name):
    """ReLU, Tanh and Sigmoid work entry by entry, on tensors of any shape, and have the right gradient."""
    shapes = [(), (2, 1, 3), (2, 1, 3)]
    cases = [[drawn(f"{name} {place}", *shape), drawn(f"{name}, result {place}", *shape)] for place, shape in enumerate(shapes)]
    ask.same(probes.activation, name, cases, rtol=GRADIENT)


SOFTMAX = [
    [drawn(f"softmax {place}", *shape), drawn(f"softmax, result {place}", *shape)]
    for place, shape in enumerate([(3,), (2, 4), (2, 4), (3, 1), (2, 3, 4), (2, 1, 1, 3)])
]


@exercise("layers", weight=2)
def test_softmax(ask):
    """Softmax runs over the last axis, each row for itself."""
    ask.same(probes.softmax_values, [data for data, _ in SOFTMAX])


@exercise("layers", weight=2)
def test_gradients_of_softmax(ask):
    """The gradient of Softmax knows that the denominator moves too."""
    ask.same(probes.softmax_gradients, SOFTMAX, rtol=GRADIENT)


@exercise("layers", weight=2)
def test_sequential(ask):
    """Sequential keeps its modules in .layers and applies the first one first; modules of any kind fit in, another Sequential too."""
    sizes = [(2, 4), (4, 3), (3, 2)]
    weights, biases = (
        [drawn(f"stack {i}", *size) for i, size in enumerate(sizes)],
        [drawn(f"stack {i}", size[1]) for i, size in enumerate(sizes)],
    )
    ask.same(probes.sequential, weights, biases, drawn("stack", 5, 2))


@exercise("layers")
def test_parameters_in_attributes(ask):
    """parameters() finds the tensors in attributes of any name that require a gradient, and num_parameters() counts their numbers."""
    assert ask(probes.parameters_in_attributes) == {"found": [1, 1, 1, 0], "length": 3, "numbers": 6, "none": [0, 0]}


@exercise("layers")
def test_parameters_inside(ask):
    """parameters() finds what is in lists and in modules inside, to any depth; num_parameters() counts the numbers."""
    assert ask(probes.parameters_inside) == {"found": [1] * 7, "length": 7, "numbers": 25, "inner": [1, 1, 0, 0, 0, 1, 1]}


@exercise("layers")
def test_parameters_once(ask):
    """A tensor or module in several places counts once; others with the same numbers count, and so does what is attached later."""
    assert ask(probes.parameters_once) == {"before": [1, 1, 0, 1, 1], "after": [1, 1, 1, 1, 1], "lengths": [4, 5], "numbers": [14, 16]}


@exercise("layers")
def test_module_zero_grad(ask):
    """zero_grad() of a module sets the gradients of its parameters to zeros, and changes nothing else."""
    ask.same(probes.cleared_parameters, drawn("module", 2), drawn("module, other", 2))


@exercise("layers", weight=6)
def test_network(ask):
    """A network of several layers gives the right numbers, gradients reach its parameters, zero_grad clears them, and a twin loads them."""
    sizes = [(2, 3), (3, 4), (4, 2)]
    numbers = drawn("network", sum(d * out + out for d, out in sizes))
    ask.same(probes.whole_network, sizes, numbers, drawn("network, input", 5, 2), drawn("network, result", 5, 2), rtol=GRADIENT)


HELD = [drawn("held"), 1 / 3, 1e-17, -1e300, drawn("kept"), 2.5, 5e-324, 7.0, -3e-5, 0.12345678901234566, 2 / 3, -1.0, 1e22]


@exercise("layers")
def test_save_and_load(ask):
    """What save writes is JSON, and load brings every number back, into the same tensors of a model that is built alike."""
    answer = ask(probes.save_and_load, HELD)
    assert answer["loaded"] == [[[HELD[0:3], HELD[3:6]], HELD[6:9]], [HELD[9:12], HELD[12]]]
    assert answer["held"] == [HELD[0:3], HELD[3:6]]
    assert answer["kept"] == [True, True]
    assert answer["back"] is True


@exercise("layers", weight=2)
@pytest.mark.parametrize("others", [[(2, 3), (1, 2)], [(2, 3)], [(2, 3), (3, 1), (1, 2)]])
def test_load_refuses_other_shapes(ask, others):
    """load raises ValueError for a file with other shapes or another number of tensors, and leaves every parameter as it was."""
    kept = drawn("load", 13)
    answer = ask(probes.load_refused, [(2, 3), (3, 1)], others, kept)
    assert answer == {"refused": raised(ValueError), "after": contents(kept), "valid": [[[-1.0] * 3] * 2, [-1.0] * 3]}


def contents(row):
    """What Linear(2, 3) and Linear(3, 1) hold."""
    return [[[row[0:3], row[3:6]], row[6:9]], [[[row[9]], [row[10]], [row[11]]], [row[12]]]]


# ------------------------------------------------------------------------------------------------ losses


def errors(name, **bounds):
    """Predictions and targets of several shapes, each shape twice; every other target is a tensor."""
    shapes = [(), (3, 2), (2, 1, 3), (3, 2)]
    return [
        [drawn(f"{name} {place}", *shape, **bounds), drawn(f"{name}, target {place}", *shape), place % 2 == 1]
        for place, shape in enumerate(shapes)
    ]


@exercise("losses", weight=3)
def test_mean_squared_error(ask):
    """MSELoss is the mean of the squared errors over all entries, of shape (), with its gradient; for a Tensor or lists as target."""
    ask.same(probes.losses, "MSELoss", errors("MSE"), rtol=GRADIENT)


@exercise("losses", weight=2)
def test_mean_absolute_error(ask):
    """L1Loss is the mean of the absolute errors over all entries, of shape (), with its gradient; for a Tensor or lists as target."""
    ask.same(probes.losses, "L1Loss", errors("L1"), rtol=GRADIENT)


@exercise("losses", weight=2)
def test_smooth_l1(ask):
    """SmoothL1Loss is the mean over all entries of a parabola up to 1 and a straight line beyond, of shape (), with its gradient."""
    ask.same(probes.losses, "SmoothL1Loss", errors("SmoothL1"), rtol=GRADIENT)


@exercise("losses")
@pytest.mark.parametrize("name", ["MSELoss", "L1Loss", "SmoothL1Loss"])
def test_errors_of_zero(ask, name):
    """An error of 0 costs nothing and has the slope 0, whatever the loss."""
    a, b, c = drawn("no error", 3)
    ask.same(probes.losses, name, [[[a, b, c], [a, b, -c], False], [[a, -b], [a, b], False]], rtol=GRADIENT)


@exercise("losses")
@pytest.mark.parametrize("beta", [0.5, drawn("beta", low=2.5, high=3.0, signed=False)])
def test_smooth_l1_beta(ask, beta):
    """SmoothL1Loss turns from a parabola into a straight line at beta, with beta in both pieces, and without a jump there."""
    errors = [*drawn("small error", 2, high=0.45), *drawn("error", 2), drawn("great error", low=4.0, high=8.0), beta, -beta]
    ask.same(probes.losses, "SmoothL1Loss", [[errors, [0.0] * 7, False]], [beta], rtol=GRADIENT)


def assert_another_shape_is_refused(ask, name):
    shapes = [((3, 1), (3,)), ((2, 3), (1, 3)), ((2,), ()), ((), (1,)), ((2, 3), (3, 2)), ((2, 3), (6,))]
    wrong = [[drawn("refused", *prediction), drawn("refused, target", *target)] for prediction, target in shapes]
    assert ask(probes.losses_refused, name, wrong) == {"refused": [raised(ValueError)] * 12, "shape": (), "signs": [0, 1]}


@exercise("losses")
def test_mse_refuses_another_shape(ask):
    """MSELoss raises ValueError for a target whose shape is not that of the prediction, also where it would broadcast."""
    assert_another_shape_is_refused(ask, "MSELoss")


@exercise("losses")
def test_l1_refuses_another_shape(ask):
    """L1Loss raises ValueError for a target whose shape is not that of the prediction, also where it would broadcast."""
    assert_another_shape_is_refused(ask, "L1Loss")


@exercise("losses")
def test_smooth_l1_refuses_another_shape(ask):
    """SmoothL1Loss raises ValueError for a target whose shape is not that of the prediction, also where it would broadcast."""
    assert_another_shape_is_refused(ask, "SmoothL1Loss")


def classes(name):
    """Rows of numbers and their right classes, each shape twice."""
    shapes = [(4, 3), (1, 3), (2, 5), (3, 1), (4, 3)]
    draw = rng("backprop, classes", name)
    return [[drawn(f"{name} {place}", n, c), draw.integers(0, c, n).tolist(), False] for place, (n, c) in enumerate(shapes)]


@exercise("losses", weight=3)
def test_negative_log_likelihood(ask):
    """NLLLoss is the mean over the rows of minus the number at the right class, with its gradient."""
    ask.same(probes.losses, "NLLLoss", classes("NLL"), rtol=GRADIENT)


@exercise("losses", weight=3)
def test_cross_entropy(ask):
    """CrossEntropyLoss is the mean over the rows of minus the logarithm of the right class's softmax, with its gradient."""
    ask.same(probes.losses, "CrossEntropyLoss", classes("cross-entropy"), rtol=GRADIENT)


@exercise("losses", weight=2)
def test_large_logits(ask):
    """CrossEntropyLoss is right and finite for logits up to ±1000, each row for itself."""
    a, b = drawn("large", signed=False), drawn("larger", signed=False)
    cases = [
        ([[1000.0, 0.0, -1000.0]], [2]),
        ([[1000.0, 1000.0 - a], [-1000.0, b - 1000.0], [b, -a]], [1, 0, 1]),
        ([[-1000.0, -1000.0], [1000.0, 1000.0]], [0, 1]),
        ([[800.0, 800.0 - a, -1000.0], [-800.0, -800.0 - b, a - 801.0]], [0, 2]),
    ]
    ask.same(probes.losses, "CrossEntropyLoss", [[logits, target, False] for logits, target in cases], rtol=GRADIENT)


# ------------------------------------------------------------------------------------------------ optimizers

PARAMETERS = [drawn("parameter", *shape) for shape in ((1, 2), (3,), (), (2, 1, 1))]
GRADIENTS = [[drawn(f"gradient {step}", *shape) for shape in ((1, 2), (3,), (), (2, 1, 1))] for step in range(20)]
FEW = [[row[1:3] for row in GRADIENTS[:4]], PARAMETERS[1:3]]
NO_EPS = {"eps": 1e-30}  # an eps that makes no difference, wherever it stands
LR, MOMENTUM, BETA1, BETA2 = (
    drawn(name, low=low, high=high, signed=False)
    for name, low, high in (("lr", 0.01, 0.1), ("momentum", 0.5, 0.95), ("beta1", 0.4, 0.8), ("beta2", 0.85, 0.95))
)


@exercise("optimizers", weight=2)
def test_steps_without_momentum(ask):
    """SGD without momentum steps against the gradient, lr times it, for parameters of any shape."""
    ask.same(probes.steps, "SGD", {"lr": LR}, PARAMETERS, GRADIENTS[:3])


@exercise("optimizers", weight=3)
def test_steps_with_momentum(ask):
    """Twenty steps of SGD with momentum lead where the equations say, for parameters of any shape."""
    ask.same(probes.steps, "SGD", {"lr": LR, "momentum": MOMENTUM}, PARAMETERS, GRADIENTS)


@exercise("optimizers")
def test_defaults_of_sgd(ask):
    """SGD: what is not given has its default, lr 0.001 and momentum 0; by position lr comes first."""
    for settings in ({}, {"momentum": MOMENTUM}, {"lr": LR}):
        ask.same(probes.steps, "SGD", settings, FEW[1], FEW[0])
    ask.same(probes.by_position, "SGD", [LR, MOMENTUM], PARAMETERS[1], [row[1] for row in GRADIENTS[:4]])


@exercise("optimizers", weight=3)
def test_first_step_of_adam(ask):
    """The first step of Adam has the size lr, whatever the size of the gradient, and goes against its sign: the corrections see to that."""
    for gradient in (drawn("first"), drawn("first, great", low=1e3, high=1e6), drawn("first, small", low=1e-4, high=1e-3)):
        ask.same(probes.steps, "Adam", {"lr": LR} | NO_EPS, [PARAMETERS[2]], [[gradient]])


@exercise("optimizers", weight=3)
def test_twenty_steps_of_adam(ask):
    """Twenty steps of Adam lead where the equations say, for parameters of any shape."""
    ask.same(probes.steps, "Adam", {"lr": LR, "beta1": BETA1, "beta2": BETA2} | NO_EPS, PARAMETERS, GRADIENTS)


@exercise("optimizers")
def test_defaults_of_adam(ask):
    """Adam: what is not given has its default, lr 0.001, beta1 0.9 and beta2 0.999; by position lr comes first, then the betas and eps."""
    for settings in (NO_EPS, {"beta1": BETA1} | NO_EPS, {"lr": LR, "beta2": BETA2} | NO_EPS):
        ask.same(probes.steps, "Adam", settings, FEW[1], FEW[0])
    ask.same(probes.by_position, "Adam", [LR, BETA1, BETA2, 1e-30], PARAMETERS[1], [row[1] for row in GRADIENTS[:4]])


@exercise("optimizers")
def test_eps(ask):
    """eps is added to the root of the corrected mean of squares, outside of the root; its default is 1e-8."""
    ask.same(probes.steps, "Adam", {"lr": LR, "eps": 0.1}, FEW[1], FEW[0])
    tiny = [[drawn(f"tiny {step}", low=1e-8, high=1e-7)] for step in range(3)]
    ask.same(probes.steps, "Adam", {"lr": LR}, [PARAMETERS[2]], [*tiny, [0.0]])
    ask.same(probes.steps, "Adam", {"lr": LR}, [PARAMETERS[2]], [[0.0], *tiny])


@exercise("optimizers")
def test_zero_grad_of_sgd(ask):
    """zero_grad() of SGD sets every gradient to zeros of its shape and forgets nothing; step() leaves gradients alone."""
    ask.same(probes.gradients_cleared, "SGD", PARAMETERS, GRADIENTS[0])
    ask.same(probes.steps, "SGD", {"momentum": MOMENTUM}, FEW[1], FEW[0], True)


@exercise("optimizers")
def test_zero_grad_of_adam(ask):
    """zero_grad() of Adam sets every gradient to zeros of its shape and forgets nothing; step() leaves gradients alone."""
    ask.same(probes.gradients_cleared, "Adam", PARAMETERS, GRADIENTS[0])
    ask.same(probes.steps, "Adam", NO_EPS, FEW[1], FEW[0], True)


@exercise("optimizers")
def test_two_sgds(ask):
    """Two optimizers of the kind SGD do not share what they remember."""
    ask.same(probes.two_optimizers, "SGD", {"lr": LR, "momentum": MOMENTUM}, PARAMETERS[1], [row[1] for row in GRADIENTS[:5]])


@exercise("optimizers")
def test_two_adams(ask):
    """Two optimizers of the kind Adam do not share what they remember."""
    ask.same(probes.two_optimizers, "Adam", {"lr": LR} | NO_EPS, PARAMETERS[1], [row[1] for row in GRADIENTS[:5]])


# ------------------------------------------------------------------------------------------------ training

EXAMPLES, TARGETS = drawn("examples", 7, 1), drawn("targets", 7)
WEIGHT, RATE = drawn("start of training"), drawn("rate", low=0.02, high=0.1, signed=False)


@exercise("training", weight=2)
@pytest.mark.parametrize(("n", "batch_size"), [(6, 3), (5, 1), (7, 7)])
def test_course_of_an_epoch(ask, n, batch_size):
    """Each batch causes one step, with its own gradients alone."""
    ask.same(probes.training, EXAMPLES[:n], TARGETS[:n], WEIGHT, RATE, 1, batch_size)


@exercise("training")
@pytest.mark.parametrize(("n", "batch_size", "epochs"), [(6, 3, 3), (7, 7, 3)])
def test_several_epochs(ask, n, batch_size, epochs):
    """Every epoch goes through all batches and goes on where the one before it ended; no gradients are left over from that."""
    ask.same(probes.training, EXAMPLES[:n], TARGETS[:n], WEIGHT, RATE, epochs, batch_size)


@exercise("training", weight=2)
@pytest.mark.parametrize(("n", "batch_size", "epochs"), [(7, 3, 2), (4, 9, 2), (1, 2, 2)])
def test_short_last_batch(ask, n, batch_size, epochs):
    """The short batch at the end of an epoch causes a step too, also where it is the only one."""
    ask.same(probes.training, EXAMPLES[:n], TARGETS[:n], WEIGHT, RATE, epochs, batch_size)


@exercise("training", weight=2)
@pytest.mark.parametrize(("n", "batch_size", "epochs"), [(6, 2, 2), (3, 3, 4)])
def test_losses_of_epochs(ask, n, batch_size, epochs):
    """train gives back one loss for each epoch, a float, the mean over its batches."""
    ask.same(probes.training_losses, EXAMPLES[:n], TARGETS[:n], WEIGHT, epochs, batch_size)


@exercise("training")
@pytest.mark.parametrize(("n", "batch_size", "epochs"), [(7, 3, 3), (5, 4, 2)])
def test_losses_are_weighted(ask, n, batch_size, epochs):
    """The loss of an epoch is the mean over its examples: a short last batch counts for the examples it has."""
    ask.same(probes.training_losses, EXAMPLES[:n], TARGETS[:n], WEIGHT, epochs, batch_size)


@exercise("training", weight=2)
@pytest.mark.parametrize(("n", "batch_size", "epochs"), [(7, 2, 2), (5, 5, 1), (4, 3, 2), (3, 8, 2)])
def test_batches_in_order(ask, n, batch_size, epochs):
    """Batches come in order, as Tensor(X[i:j]) and Y[i:j], the short one at the end included, once each epoch."""
    ask.same(probes.training_batches, EXAMPLES[:n], TARGETS[:n], epochs, batch_size)


@exercise("training")
def test_examples_are_left_alone(ask):
    """X and Y stay as they are, and a second training begins where the model is, with losses of its own."""
    ask.same(probes.training_again, EXAMPLES, TARGETS, WEIGHT, RATE)
