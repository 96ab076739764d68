"""Judgements about `python_oop`. Never leaves the trusted process."""

import math

import pytest

from autograder.testing import exercise, raised, same_as

from . import python_oop_probes as probes

# ------------------------------------------------------------------------------------------------ dog


@exercise("dog")
@pytest.mark.parametrize(("name", "age"), [("Rex", 3), ("Fido", 0), ("Sir Barks", 15), ("Å", 1)])
def test_dog_has_name_age_and_bark(ask, name, age):
    """A dog holds its name and its age, knows no tricks at first, and bark() returns "NAME says woof"."""
    ask.same(probes.dog, name, age)


@exercise("dog")
def test_dog_barks_its_present_name(ask):
    """bark() uses the name that the dog has when it barks."""
    assert ask(probes.renamed_dog, "Rex", "Max") == ["Rex says woof", "Max says woof"]


@exercise("dog")
@pytest.mark.parametrize(("ages", "whose"), [([3], [0]), ([3, 7], [1, 1, 1]), ([0, 5, 9], [2, 0, 2, 2, 0])])
def test_birthdays(ask, ages, whose):
    """A birthday makes that dog one year older, leaves the other dogs as they are, and returns nothing."""
    ask.same(probes.birthdays, ages, whose)


@exercise("dog")
def test_species_belongs_to_the_class(ask):
    """The species is an attribute of the class: all dogs have that of Dog, and a subclass can have another one."""
    dog, strange, wolf = "Canis familiaris", "Canis mirabilis", "Canis lupus"
    assert ask(probes.species) == {"found": [dog, dog, dog, strange, dog, dog, wolf], "says": "Rex says woof"}


@exercise("dog", weight=2)
@pytest.mark.parametrize(
    ("number", "lessons"), [(1, [(0, "sit"), (0, "roll over")]), (3, [(2, "fetch"), (0, "sit"), (2, "sit"), (2, "fetch")])]
)
def test_each_dog_has_its_own_tricks(ask, number, lessons):
    """add_trick puts a trick at the end of the list of that dog, and of no other, not even of dogs that are born later."""
    ask.same(probes.tricks, number, lessons)


# ------------------------------------------------------------------------------------------------ person

WRONG_AGES = [("36", TypeError), (36.0, TypeError), (True, TypeError), (False, TypeError), (None, TypeError), ([36], TypeError)]
NEGATIVE_AGES = [(-1, ValueError), (-(10**20), ValueError)]
WRONG_NAMES = [(7, TypeError), (None, TypeError), (b"Ada", TypeError), (["Ada"], TypeError), (0.5, TypeError)]
BLANK_NAMES = [("", ValueError), (" ", ValueError), ("\t \n", ValueError)]


@exercise("person")
@pytest.mark.parametrize(("name", "age"), [("Ada", 36), ("Grace", 0), (" Ada ", 1), ("7", 10**6)])
def test_valid_person(ask, name, age):
    """A person with a valid name and age has them, exactly as they were given; the age may be 0."""
    assert ask(probes.person, name, age) == {"name": name, "age": age}
    assert ask(probes.person_by_keyword, name, age) == {"name": name, "age": age}


@exercise("person")
def test_valid_assignments(ask):
    """Valid names and ages can be assigned, one after the other, to one person without another noticing."""
    changes = [("age", 37), ("name", "Ada King"), ("age", 0), ("name", "A"), ("age", 120)]
    states = [["Ada", 37], ["Ada King", 37], ["Ada King", 0], ["A", 0], ["A", 120]]
    assert ask(probes.reassigned, changes) == {"states": states, "other": ["Grace", 85]}


@exercise("person")
@pytest.mark.parametrize(("age", "error"), WRONG_AGES + NEGATIVE_AGES)
def test_wrong_age_at_construction(ask, age, error):
    """A person with a wrong age does not come about: TypeError unless it is an int and no bool, ValueError below 0."""
    assert ask(probes.unborn, "Ada", age) == {"refused": raised(error), "valid": {"name": "Grace", "age": 85}}


@exercise("person")
@pytest.mark.parametrize(("name", "error"), WRONG_NAMES + BLANK_NAMES)
def test_wrong_name_at_construction(ask, name, error):
    """A person with a wrong name does not come about: TypeError unless it is a string, ValueError if it is blank."""
    assert ask(probes.unborn, name, 36) == {"refused": raised(error), "valid": {"name": "Grace", "age": 85}}


@exercise("person")
@pytest.mark.parametrize(("age", "error"), WRONG_AGES + NEGATIVE_AGES)
def test_wrong_age_at_assignment(ask, age, error):
    """Assigning a wrong age raises TypeError or ValueError, and the old values stay."""
    assert ask(probes.refused_assignment, "age", age) == {"refused": raised(error), "kept": ["Grace", 85], "after": ["Grace Hopper", 0]}


@exercise("person")
@pytest.mark.parametrize(("name", "error"), WRONG_NAMES + BLANK_NAMES)
def test_wrong_name_at_assignment(ask, name, error):
    """Assigning a wrong name raises TypeError or ValueError, and the old values stay."""
    assert ask(probes.refused_assignment, "name", name) == {"refused": raised(error), "kept": ["Grace", 85], "after": ["Grace Hopper", 0]}


@exercise("person")
def test_name_and_age_are_properties(ask):
    """name and age are properties of the class Person, each with a getter and a setter, and each person has values of its own."""
    assert ask(probes.gates) == {"gates": [True, True], "ages": [37, 85], "refused": raised(ValueError)}


# ------------------------------------------------------------------------------------------------ animal_cat


@exercise("animal_cat")
@pytest.mark.parametrize(("name", "food"), [("Rex", "bones"), ("Mia", "an apple"), ("Å", "hay")])
def test_animal(ask, name, food):
    """An animal has its name; eat returns "NAME eats FOOD", and speak returns three dots."""
    assert ask(probes.animal, name, food) == {"name": name, "eats": f"{name} eats {food}", "says": "..."}


@exercise("animal_cat")
@pytest.mark.parametrize(("name", "colour", "food"), [("Tom", "grey", "fish"), ("Mia", "black", "mice")])
def test_cat(ask, name, colour, food):
    """A cat is an animal with a name and a colour; it says "Meow", and purrs after eating."""
    expected = {"name": name, "colour": colour, "eats": f"{name} eats {food} and purrs", "says": "Meow", "is an animal": True}
    assert ask(probes.cat, name, colour, food) == expected


@exercise("animal_cat")
@pytest.mark.parametrize("names", [["Rex", "Tom"], ["Ali", "Bo", "Cy", "Di", "Ed"]])
def test_herd(ask, names):
    """Animals and cats, asked in the same way, answer each in its own, with its present name; an animal is no cat."""
    ask.same(probes.herd, names)


@exercise("animal_cat", weight=2)
@pytest.mark.parametrize(("name", "colour", "food"), [("Mia", "black", "fish"), ("Tom", "grey", "mice")])
def test_class_between_cat_and_animal(ask, name, colour, food):
    """A cat reaches what comes next in the MRO by super(), in its constructor and in eat: a class between Cat and Animal has its turn."""
    name_there = f"{name} the guest"
    expected = {"name": name_there, "colour": colour, "invited": True, "eats": f"{name_there} eats some {food} politely and purrs"}
    assert ask(probes.class_between, name, colour, food) == expected


@exercise("animal_cat")
def test_child_of_cat(ask):
    """A child of Cat can extend what a cat says and does."""
    expected = {"name": "Pip", "eats": "Pip eats milk and purrs a little", "says": "meow"}
    assert ask(probes.child_of_cat, "Pip", "white", "milk") == expected


# ------------------------------------------------------------------------------------------------ shapes


@exercise("shapes")
@pytest.mark.parametrize("r", [2, 0.5, 1.25, 1e-3, 7])
def test_circle(ask, r):
    """A circle has its radius, the area π r² and the perimeter 2 π r."""
    ask.same(probes.shape, "Circle", [r], ["r"])


@exercise("shapes")
@pytest.mark.parametrize(("w", "h"), [(3, 4), (0.5, 8), (2.5, 1.25), (1, 1)])
def test_rectangle(ask, w, h):
    """A rectangle has its width and height, the area w h and the perimeter 2 (w + h)."""
    ask.same(probes.shape, "Rectangle", [w, h], ["w", "h"])


@exercise("shapes")
@pytest.mark.parametrize("side", [3, 0.5, 1.75])
def test_square(ask, side):
    """A square has its side, which is also its width and height, and area and perimeter of a rectangle."""
    ask.same(probes.shape, "Square", [side], ["side", "w", "h"])
    ask.same(probes.square_as_rectangle, side)


@exercise("shapes")
def test_shapes_do_not_share_sizes(ask):
    """Shapes that exist at the same time keep their own sizes."""
    ask.same(
        probes.all_shapes,
        [("Circle", [1.5]), ("Square", [2]), ("Rectangle", [2, 5]), ("Circle", [3]), ("Square", [0.5]), ("Rectangle", [7, 1])],
    )


@exercise("shapes")
@pytest.mark.parametrize(
    ("kind", "sizes", "valid", "area"),
    [
        ("Circle", [0], [1], math.pi),
        ("Circle", [-1.5], [1], math.pi),
        ("Rectangle", [0, 2], [3, 2], 6),
        ("Rectangle", [2, 0], [3, 2], 6),
        ("Rectangle", [-3, 2], [3, 2], 6),
        ("Rectangle", [2, -0.25], [3, 2], 6),
        ("Rectangle", [-3, -2], [3, 2], 6),
        ("Square", [0], [0.5], 0.25),
        ("Square", [-2], [0.5], 0.25),
        ("Square", [-0.125], [0.125], 0.015625),
    ],
)
def test_sizes_are_positive(ask, kind, sizes, valid, area):
    """A size that is not above 0 raises ValueError, whichever of the sizes it is."""
    assert ask(probes.no_shape, kind, sizes, valid) == {"refused": raised(ValueError), "valid": same_as(area)}


@exercise("shapes")
@pytest.mark.parametrize(
    ("kind", "sizes", "name", "size", "area", "perimeter"),
    [
        ("Circle", [2], "r", 2, 4 * math.pi, 4 * math.pi),
        ("Rectangle", [3, 4], "w", 3, 12, 14),
        ("Rectangle", [3, 4], "h", 4, 12, 14),
        ("Square", [3], "side", 3, 9, 12),
        ("Square", [3], "w", 3, 9, 12),
        ("Square", [3], "h", 3, 9, 12),
    ],
)
def test_sizes_are_read_only(ask, kind, sizes, name, size, area, perimeter):
    """Assigning to a size raises AttributeError, and the shape stays as it was."""
    expected = {"refused": raised(AttributeError), "size": same_as(size), "area": same_as(area), "perimeter": same_as(perimeter)}
    assert ask(probes.fixed_size, kind, sizes, name) == expected


@exercise("shapes")
def test_shape_is_abstract(ask):
    """Shape() and a subclass that lacks area or perimeter raise TypeError; a subclass with both does not."""
    assert ask(probes.promises) == {
        "refused": [raised(TypeError), raised(TypeError), raised(TypeError)],
        "both": [3.0, 7.0],
        "circle": same_as(math.pi * 2.25),
        "square": same_as(6.0),
    }


# ------------------------------------------------------------------------------------------------ account


@exercise("account", weight=2)
@pytest.mark.parametrize(
    ("opening", "steps"),
    [
        ([100], [("withdraw", 30), ("deposit", 12.5), ("withdraw", 82.5), ("deposit", 0.25)]),
        ([], [("deposit", 5), ("withdraw", 1.5), ("deposit", 2)]),
        ([2.5], [("withdraw", 2.5)]),
        ([0], [("deposit", 1e-3), ("deposit", 10**6), ("withdraw", 0.5)]),
    ],
)
def test_deposits_and_withdrawals(ask, opening, steps):
    """Deposits add to the balance, withdrawals take from it, down to 0, and no other account notices; the default balance is 0."""
    ask.same(probes.history, opening, steps)


@exercise("account")
@pytest.mark.parametrize("method", ["deposit", "withdraw"])
@pytest.mark.parametrize("amount", [0, -5, -0.25, math.nan, math.inf, -math.inf, True, False, "5", None, [5], 2 + 1j])
def test_amounts_that_are_none(ask, method, amount):
    """In deposit and withdraw, what is no amount (0, negative, not finite, a bool, no number) raises ValueError; the balance stays."""
    answer = ask(probes.history, [20], [(method, amount), ("deposit", 1.5)])
    assert answer == {"owner": "Ada", "states": [20, 20, 21.5], "outcomes": [raised(ValueError), None], "other": ["Bob", 7.5]}


@exercise("account")
@pytest.mark.parametrize(("opening", "amount"), [([20], 20.5), ([20], 21), ([], 0.01), ([0.25], 10**9)])
def test_overdraft(ask, opening, amount):
    """To withdraw more than there is raises ValueError, and the balance is what it was."""
    balance = sum(opening)
    answer = ask(probes.history, opening, [("withdraw", amount), ("deposit", 2)])
    assert answer == {
        "owner": "Ada",
        "states": [balance, balance, balance + 2],
        "outcomes": [raised(ValueError), None],
        "other": ["Bob", 7.5],
    }


@exercise("account")
@pytest.mark.parametrize(
    ("amounts", "valid"),
    [
        ([5, 0.01, 1e300, 10**6, 2.5], True),
        ([0, 0.0, -1, -0.5], False),
        ([math.nan, math.inf, -math.inf], False),
        ([True, False, "5", "", None, [5], {"amount": 5}, 1j], False),
    ],
)
def test_valid_amounts(ask, amounts, valid):
    """is_valid_amount says True for finite ints and floats above 0 and False for everything else, on the class and on an account."""
    assert ask(probes.valid_amounts, [7, 0]) == {"class": [True, False], "account": [True, False]}
    assert ask(probes.valid_amounts, amounts) == {"class": [valid] * len(amounts), "account": [valid] * len(amounts)}


@exercise("account")
@pytest.mark.parametrize("balance", [-1, -0.01, math.nan, math.inf, -math.inf, True, False, "100", None, [100]])
def test_opening_balance(ask, balance):
    """An opening balance that is neither an amount nor 0 raises ValueError; 0 is fine."""
    assert ask(probes.opening, balance) == {"refused": raised(ValueError), "valid": [3, 0, 0]}


@exercise("account")
def test_balance_is_read_only(ask):
    """Assigning to balance raises AttributeError, and the balance is what it was."""
    assert ask(probes.assigned_balance) == {"refused": raised(AttributeError), "balance": 25}


@exercise("account")
@pytest.mark.parametrize(
    ("data", "balance"), [({"owner": "Eva", "balance": 7}, 7), ({"owner": "Bob"}, 0), ({"balance": 0.5, "owner": ""}, 0.5)]
)
def test_account_from_dict(ask, data, balance):
    """from_dict makes an account of the class that it is called on; the balance is 0 if none is given; the dictionary stays as it is."""
    assert ask(probes.from_dict, data) == {
        "kinds": [True, True],
        "owners": [data["owner"]] * 2,
        "balances": [balance, balance + 1.5],
        "changed": False,
    }


@exercise("account")
@pytest.mark.parametrize("balance", [-1, math.nan, "7", True])
def test_from_dict_keeps_the_rules(ask, balance):
    """from_dict refuses a wrong opening balance with ValueError, as the constructor does."""
    assert ask(probes.from_wrong_dict, {"owner": "Eva", "balance": balance}) == {"refused": raised(ValueError), "valid": ["Eva", 2]}


# ------------------------------------------------------------------------------------------------ vector


def vector(entries):
    """What a vector of these entries looks like to a probe."""
    return {"vector": True, "entries": same_as(entries)}


PAIRS = [([1, 2], [3, -1]), ([0.5], [-2.25]), ([1.5, -2, 0], [4, 0.25, 8]), ([0.1, -0.7, 3.3, 1e3, 5], [2.5, 1e-3, -1, 0.3, 7])]


@exercise("vector")
@pytest.mark.parametrize("xs", [[1, 2], [0.5], [3, -1.5, 0, 1e6, -7]])
def test_entries(ask, xs):
    """A vector gives its entries in order, as floats, as often as it is asked, and knows how many they are."""
    ask.same(probes.entries, xs)
    ask.same(probes.two_walks, xs)


@exercise("vector")
@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_sum_and_difference(ask, a, b):
    """u + v and u - v are vectors of the sums and differences of the entries, and u and v stay as they were."""
    ask.same(probes.sums, a, b)


@exercise("vector")
@pytest.mark.parametrize(("a", "k"), [([1, 2], 3), ([1.5, -2, 0.25], -0.5), ([4], 0), ([0.1, 0.2, 0.3, 0.4], 1e3)])
def test_scalar_on_either_side(ask, a, k):
    """k * v and v * k are vectors of the entries times k, for an int or a float k."""
    ask.same(probes.scaled, a, k)


@exercise("vector")
@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_dot_product(ask, a, b):
    """u @ v is the sum of the products of the entries, a float."""
    ask.same(probes.dot, a, b)


@exercise("vector")
@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_formula(ask, a, b):
    """Several operators in one line of Python give what the formula says."""
    ask.same(probes.formula, a, b, 2.5)
    ask.same(probes.formula, b, a, -3)


@exercise("vector")
@pytest.mark.parametrize("sign", ["+", "-", "@"])
@pytest.mark.parametrize(("a", "b"), [([1, 2], [1, 2, 3]), ([1, 2, 3], [1, 2]), ([5], [5, 0]), ([1.5, 0, 2, 1], [1])])
def test_different_lengths(ask, sign, a, b):
    """+ - @ between vectors of different length raise ValueError."""
    valid = {"+": [2.0 * x for x in a], "-": [0.0] * len(a), "@": sum(x * x for x in a)}[sign]
    answer = ask(probes.different_lengths, sign, a, b)
    assert answer == {"refused": raised(ValueError), "valid": same_as(valid), "operands": [same_as(a), same_as(b)]}


@exercise("vector", weight=2)
@pytest.mark.parametrize("left", [False, True])
@pytest.mark.parametrize(
    ("sign", "valid", "kinds"),
    [
        ("+", [4.0, -1.0], ["number", "float", "string", "None", "list", "tuple"]),
        ("-", [-2.0, -3.0], ["number", "float", "string", "None", "list", "tuple"]),
        ("@", 1.0, ["number", "float", "string", "None", "list", "tuple"]),
        ("*", [3.0, -6.0], ["vector", "string", "None", "list", "tuple", "complex"]),
    ],
)
def test_operands_that_make_no_sense(ask, sign, valid, kinds, left):
    """Everything else raises TypeError, on either side: v + 1, u * v, v @ 3, v + "a", "a" * v."""
    for kind in kinds:
        assert ask(probes.wrong_operand, sign, kind, left) == {
            "refused": raised(TypeError),
            "valid": same_as(valid),
            "operand": [1.0, -2.0],
        }


@exercise("vector", weight=2)
@pytest.mark.parametrize("sign", ["+", "-", "*", "@"])
def test_other_classes_have_their_turn(ask, sign):
    """What a vector does not know is left to the other class, by returning NotImplemented; if that does not know either, TypeError."""
    assert ask(probes.stranger, sign) == {
        "answer": ["the stranger was asked about", [1.5, -2.0]],
        "nobody": [raised(TypeError), raised(TypeError)],
        "valid": [3.0, -4.0],
    }


@exercise("vector")
@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        ([1, 2], [1.0, 2.0], True),
        ([1, 2], [2, 1], False),
        ([1, 2], [1, 2, 0], False),
        ([1, 2, 3], [1, 2], False),
        ([0.5], [0.5], True),
        ([1, 2, 3, 4], [1, 2, 3, 4.5], False),
        ([1, 2, 3], [0, 2, 3], False),
        ([0.1, 0.7], [0.1, 0.7000001], False),
    ],
)
def test_equality(ask, a, b, equal):
    """Vectors are equal if they have the same entries in the same order, and unequal if their lengths differ."""
    expected = {"==": [equal] * 2, "!=": [not equal] * 2, "self": [True, False], "members": 1 if equal else 2, "u": vector(a)}
    assert ask(probes.equality, a, b) == expected


@exercise("vector")
@pytest.mark.parametrize("kind", ["tuple", "list", "number", "None", "string", "agrees"])
def test_equality_with_something_else(ask, kind):
    """== with what is no vector is left to the other side: False, unless the other side says otherwise."""
    said = "asked" if kind == "agrees" else False
    assert ask(probes.equality_with, kind) == {"answer": said, "turned round": said, "valid": True, "v": vector([1, 2])}


@exercise("vector")
@pytest.mark.parametrize(("a", "b"), [([1, 2], [2, 1]), ([0.5], [-0.5]), ([1.5, -2, 0.25], [1.5, -2, 0.5])])
def test_hashes(ask, a, b):
    """Equal vectors have equal hashes, so a set keeps one of them, and a dictionary finds the one by the other."""
    assert ask(probes.hashes, a, b) == {
        "u": vector(a),
        "hashes": True,
        "twice": True,
        "members": 2,
        "found": [True, False],
        "names": [2, "second", "other"],
    }
    for same in ([float(x) for x in a], [x + 0 for x in a]):
        assert ask(probes.same_hash, a, same) == {"equal": True, "hashes": True, "entries": same_as(a)}
    assert ask(probes.same_hash, [*a, 0.0], [*a, -0.0]) == {"equal": True, "hashes": True, "entries": same_as([*a, 0.0])}


@exercise("vector")
@pytest.mark.parametrize("xs", [[1, 2], [-0.1], [1e-7, 2 / 3, 1e22], [3, -1.5, 0, 2, 0.30000000000000004]])
def test_repr_can_be_evaluated(ask, xs):
    """eval(repr(v)) is a vector that is equal to v, to the last digit."""
    answer = ask(probes.evaluated, xs)
    assert answer == {"string": True, "equal": True, "entries": [float(x) for x in xs], "vector": True}


@exercise("vector")
@pytest.mark.parametrize(("a", "b"), PAIRS[:3])
def test_vectors_never_change(ask, a, b):
    """v[0] = 1 raises TypeError; += and its like make a new vector, and other names of the old one do not notice."""
    answer = ask(probes.item_assignment, a)
    assert answer == {"refused": raised(TypeError), "entries": same_as(a), "doubled": same_as([2 * x for x in a])}
    ask.same(probes.in_place, a, b)


# ------------------------------------------------------------------------------------------------ layers

INPUTS = [[1.0, -2.0], [0.5], [3.25, 0.0, -1.5, 7.0, 2.0]]


@exercise("layers")
@pytest.mark.parametrize("x", INPUTS)
@pytest.mark.parametrize(
    ("kind", "number"), [("Scale", 2.0), ("Scale", -0.5), ("Scale", 0), ("Shift", 3.0), ("Shift", -1.25), ("Shift", 0)]
)
def test_scale_and_shift(ask, kind, number, x):
    """Scale(k) multiplies each number by k, Shift(b) adds b to each, by forward(x) and by layer(x), again and again; x stays."""
    ask.same(probes.layer, kind, number, x)


@exercise("layers", weight=2)
@pytest.mark.parametrize("x", INPUTS)
@pytest.mark.parametrize(
    "plan",
    [
        ["Compose", ["Scale", 2.0], ["Shift", 3.0]],
        ["Compose", ["Shift", 3.0], ["Scale", 2.0]],
        ["Compose", ["Shift", 0.5]],
        ["Compose", ["Compose", ["Shift", 1.0], ["Scale", -2.0]], ["Shift", 3.0]],
        ["Compose", ["Shift", 1.0], ["Compose", ["Scale", -2.0], ["Compose", ["Shift", 3.0], ["Scale", 0.5]]], ["Shift", -1.0]],
    ],
    ids=str,
)
def test_compose(ask, plan, x):
    """Compose applies its layers, the first one first; a Compose is a layer, and may stand inside another."""
    ask.same(probes.composed, plan, x)


@exercise("layers")
@pytest.mark.parametrize("number", [1, 2, 5])
def test_order_of_the_layers(ask, number):
    """Each layer inside is called once, in order, with the output of the one before, when the whole is called and not earlier."""
    ask.same(probes.recorded, number, [1.0, -3.0, 2.0])


@exercise("layers")
@pytest.mark.parametrize("x", INPUTS)
def test_no_layers(ask, x):
    """Compose() gives back equal numbers."""
    tripled = same_as([3 * value for value in x])
    assert ask(probes.identity, x) == {"alone": same_as(x), "inside": tripled, "forward": same_as(x), "changed": False}


@exercise("layers")
def test_layer_is_abstract(ask):
    """Layer() and a subclass without forward raise TypeError; a subclass with forward can be called, as Scale, Shift and Compose can."""
    assert ask(probes.layer_promise, [1.0, -2.0, 4.0]) == {
        "refused": [raised(TypeError), raised(TypeError)],
        "called": [4.0, -2.0, 1.0],
        "extended": [6.0, -12.0, 24.0],
        "parents": [True, True, True],
    }


@exercise("layers")
def test_any_layer_inside(ask):
    """Any subclass of Layer may stand inside a Compose, one that gives more numbers than it gets too; layers keep their own numbers."""
    ask.same(probes.longer, [1.0, -2.5])
    ask.same(probes.two_of_a_kind, [1.0, -2.5, 4.0])


# ------------------------------------------------------------------------------------------------ module_tree

TREES = {
    "flat": {"weight": 1.5, "bias": -2.0},
    "one child": {"weight": 1.5, "part": {"weight": 0.25, "bias": 3.0}},
    "thermostat": {"name": "hall", "target": 21.0, "sensor": {"offset": 0.5, "scale": {"k": 1.1, "b": -0.2}}},
    "children alone": {"a": {"a": {"a": 1.0}, "b": 2.0}, "b": {"a": 3.0}},
    "equal values": {"w": 1.0, "part": {"w": 1.0, "v": 1.0}, "v": 1.0},
    "empty parts": {"first": {}, "second": {"third": {}}, "w": 4.0},
}


@exercise("module_tree", weight=2)
@pytest.mark.parametrize("parts", TREES.values(), ids=TREES.keys())
def test_named_parameters(ask, parts):
    """named_parameters() is a list with every parameter in the attributes, and in those of modules inside, and its dotted name."""
    ask.same(probes.tree, parts)


@exercise("module_tree")
@pytest.mark.parametrize("depth", [1, 3, 12])
def test_any_depth(ask, depth):
    """Names and modes reach modules at any depth."""
    ask.same(probes.deep, depth)


@exercise("module_tree")
def test_parameters_themselves(ask):
    """named_parameters() gives the Parameter objects themselves, and the value of a parameter can be assigned."""
    assert ask(probes.same_objects) == {"same": [True, True], "values": [4.5, -7.0]}
    assert ask(probes.parameter, 2.5, -1.0) == [2.5, -1.0, 2.5]


@exercise("module_tree")
def test_attributes_at_the_time_of_the_call(ask):
    """What is assigned later is found, and what was replaced or deleted is not."""
    ask.same(probes.changing)


@exercise("module_tree")
def test_other_attributes(ask):
    """Attributes that are neither parameters nor modules are passed over: numbers, strings, and lists, even of modules."""
    assert ask(probes.passed_over) == {"listed": [["weight", 1.0]], "modes": [False, True]}


@exercise("module_tree")
@pytest.mark.parametrize(
    "orders",
    [
        [("root", False), ("root", True)],
        [("left", False), ("inner", True), ("root", True), ("right", False)],
        [("inner", False), ("left", True), ("root", False), ("left", True), ("root", False)],
    ],
)
def test_modes(ask, orders):
    """training starts True; train(mode) sets it in the module and in all modules inside, and nowhere else."""
    ask.same(probes.modes, orders)


@exercise("module_tree")
def test_module_that_comes_late(ask):
    """A module that is assigned after a call of train keeps its own mode until the next call."""
    assert ask(probes.late_child) == [False, True, False, False, [["late.v", 2.0], ["w", 1.0]]]
