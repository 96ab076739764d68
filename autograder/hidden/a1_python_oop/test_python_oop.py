"""Judgements about `python_oop`. Never leaves the trusted process."""

import math

import pytest

from autograder.testing import exercise, raised, rng, same_as

from . import python_oop_probes as probes


def words(*key, count=1):
    """Different names of a few letters."""
    source = rng("words", *key)
    found = []
    while len(found) < count:
        word = "".join(source.choice(list("aeioubdfgklmnprst"), size=int(source.integers(3, 8)))).capitalize()
        if word not in found:
            found.append(word)
    return found


def numbers(*key, low=-5.0, high=5.0, count=1):
    """Floats, of which no two are alike."""
    return rng("numbers", *key).uniform(low, high, count).tolist()


def whole(*key, low=1, high=20, count=1):
    """Different whole numbers."""
    return [int(n) for n in rng("whole", *key).permutation(range(low, high))[:count]]


# ------------------------------------------------------------------------------------------------ dog

NAMES = [*words("dogs", count=3), "Sir Barks", "Å"]
TRICKS = ["sit", "roll over", "fetch", "play dead"]


@exercise("dog")
@pytest.mark.parametrize(("name", "age"), [*zip(NAMES, whole("ages", count=4), strict=False), ("Fido", 0)])
def test_dog_has_name_and_age(ask, name, age):
    """A dog holds its name and its age, and knows no tricks at first."""
    assert ask(probes.dog, name, age) == {"name": name, "age": age, "tricks": []}


@exercise("dog", weight=2)
@pytest.mark.parametrize("name", NAMES)
def test_bark(ask, name):
    """bark() returns "NAME says woof"."""
    assert ask(probes.bark, name) == f"{name} says woof"


@exercise("dog")
def test_dog_barks_its_present_name(ask):
    """bark() uses the name that the dog has when it barks."""
    name, other = words("renamed", count=2)
    assert ask(probes.renamed_dog, name, other) == [f"{name} says woof", f"{other} says woof"]


@exercise("dog", weight=2)
@pytest.mark.parametrize("count", [1, 2, 4])
def test_birthdays(ask, count):
    """A birthday makes that dog one year older, leaves the other dogs as they are, and returns nothing."""
    ages = whole("birthdays", count, low=0, count=count)
    whose = rng("whose birthdays", count).integers(0, count, size=5).tolist()
    older = [age + whose.count(dog) for dog, age in enumerate(ages)]
    assert ask(probes.birthdays, ages, whose) == {"ages": older, "given": [None] * 5}


@exercise("dog")
def test_species_belongs_to_the_class(ask):
    """The species is an attribute of the class: all dogs have that of Dog, and a subclass can have another one."""
    dog, (own, wild) = "Canis familiaris", words("species", count=2)
    assert ask(probes.species, own, wild, "sit") == {"found": [dog, dog, dog, own, dog, dog, wild], "learns": True}


@exercise("dog", weight=2)
@pytest.mark.parametrize("key", ["a", "b"])
def test_tricks_in_order(ask, key):
    """add_trick puts a trick at the end of the list, one that is known too, and returns nothing."""
    learnt = [TRICKS[n] for n in rng("tricks", key).integers(0, 4, size=6)]
    learnt[3] = learnt[2]
    answer = ask(probes.tricks, 1, [(0, trick) for trick in learnt])
    assert [answer["known"], answer["given"]] == [[learnt], [None] * 6]


@exercise("dog", weight=2.5)
def test_each_dog_has_its_own_tricks(ask):
    """A trick is one of that dog, and of no other, not even of dogs that are born later."""
    first, second = whole("teachers", low=0, high=4, count=2)
    answer = ask(probes.tricks, 4, [(first, "fetch"), (second, "sit")])
    known = [["fetch"] if dog == first else ["sit"] if dog == second else [] for dog in range(4)]
    assert [answer["known"], answer["born later"]] == [known, []]


@exercise("dog", weight=0.5)
def test_puppies(ask):
    """A subclass with a constructor of its own has what a dog has: each of its dogs a name, an age and tricks."""
    names = words("puppies", count=3)
    first, second, last = ([name, 0, [name], False] for name in names)
    first[3], last[1] = True, 1
    assert ask(probes.puppies, names, "sit") == [first, second, last]


# ------------------------------------------------------------------------------------------------ person

WRONG_AGES = ["36", 36.0, True, False, None, [36], float(whole("wrong age")[0])]
NEGATIVE_AGES = [-1, -(10**20), -whole("negative age")[0]]
WRONG_NAMES = [7, None, b"Ada", ["Ada"], 0.5, whole("wrong name")[0]]
BLANK_NAMES = ["", " ", "\t \n", "\u00a0"]
PEOPLE = [*words("people", count=2), "Ada King", " Ada ", "7"]


def born(attribute, error):
    """A refusal by the constructor, and a person with what is right."""
    return {"refused": raised(error), "valid": "Grace" if attribute == "name" else 85}


@exercise("person")
@pytest.mark.parametrize("name", PEOPLE)
def test_valid_person(ask, name):
    """A person with a valid name and age has them, exactly as they were given; the age may be 0."""
    for age in (*whole("valid age", name, count=2), 0, 10**6):
        assert ask(probes.person, name, age) == [[name, age]] * 2


@exercise("person")
def test_valid_names(ask):
    """Valid names can be assigned, one after the other, and are kept exactly as they are given."""
    names = rng("order of names").permutation(PEOPLE).tolist()
    assert ask(probes.reassigned, "name", names, 7) == {"states": names, "refused": True}


@exercise("person")
def test_valid_ages(ask):
    """Valid ages can be assigned, one after the other: 0 and large ones too."""
    ages = [*whole("valid ages", count=3), 0, 120, 10**6]
    assert ask(probes.reassigned, "age", ages, "36") == {"states": ages, "refused": True}


@exercise("person", weight=1.5)
def test_kind_of_age_at_construction(ask):
    """A person whose age is no int, or a bool, does not come about: TypeError."""
    for age in WRONG_AGES:
        assert ask(probes.unborn, "age", age) == born("age", TypeError)


@exercise("person", weight=1.5)
def test_negative_age_at_construction(ask):
    """A person whose age is below 0 does not come about: ValueError."""
    for age in NEGATIVE_AGES:
        assert ask(probes.unborn, "age", age) == born("age", ValueError)


@exercise("person")
def test_kind_of_name_at_construction(ask):
    """A person whose name is no string does not come about: TypeError."""
    for name in WRONG_NAMES:
        assert ask(probes.unborn, "name", name) == born("name", TypeError)


@exercise("person")
def test_blank_name_at_construction(ask):
    """A person whose name is blank does not come about: ValueError."""
    for name in BLANK_NAMES:
        assert ask(probes.unborn, "name", name) == born("name", ValueError)


@exercise("person", weight=1.5)
def test_kind_of_age_at_assignment(ask):
    """Assigning an age that is no int, or a bool, raises TypeError."""
    for age in WRONG_AGES:
        assert ask(probes.refused_assignment, "age", age, 37) == {"refused": raised(TypeError), "valid": 37}


@exercise("person", weight=1.5)
def test_negative_age_at_assignment(ask):
    """Assigning an age below 0 raises ValueError."""
    for age in NEGATIVE_AGES:
        assert ask(probes.refused_assignment, "age", age, 37) == {"refused": raised(ValueError), "valid": 37}


@exercise("person")
def test_kind_of_name_at_assignment(ask):
    """Assigning a name that is no string raises TypeError."""
    for name in WRONG_NAMES:
        assert ask(probes.refused_assignment, "name", name, "Ada") == {"refused": raised(TypeError), "valid": "Ada"}


@exercise("person")
def test_blank_name_at_assignment(ask):
    """Assigning a blank name raises ValueError."""
    for name in BLANK_NAMES:
        assert ask(probes.refused_assignment, "name", name, "Ada") == {"refused": raised(ValueError), "valid": "Ada"}


@exercise("person", weight=1.5)
def test_old_value_stays(ask):
    """A refused assignment leaves the old value."""
    [name], [age] = words("old name"), whole("old age")
    assert ask(probes.after_refusals, "age", age, ["36", -1]) == {"raised": 2, "states": [age] * 2}
    assert ask(probes.after_refusals, "name", name, [7, ""]) == {"raised": 2, "states": [name] * 2}


@exercise("person")
def test_persons_share_nothing(ask):
    """Each person has a name and an age of its own."""
    names, ages = words("two persons", count=3), whole("two persons", count=3)
    before, other = [names[0], ages[0]], [names[1], ages[1]]
    assert ask(probes.two_persons, names, ages) == [[before, other], [[names[2], ages[2]], other]]


@exercise("person", weight=0.5)
def test_name_is_a_property(ask):
    """name is a property of the class Person, with a getter and a setter."""
    [name] = words("property")
    assert ask(probes.gates, "name", name, " ") == {"gate": True, "value": name, "refused": True}


@exercise("person", weight=0.5)
def test_age_is_a_property(ask):
    """age is a property of the class Person, with a getter and a setter."""
    [age] = whole("property")
    assert ask(probes.gates, "age", age, -1) == {"gate": True, "value": age, "refused": True}


# ------------------------------------------------------------------------------------------------ animal_cat

FOODS = ["bones", "an apple", "hay"]


@exercise("animal_cat", weight=1.5)
@pytest.mark.parametrize("food", FOODS)
def test_animal_eats(ask, food):
    """An animal's eat returns "NAME eats FOOD"."""
    for name in words("eaters", food, count=2):
        assert ask(probes.animal_eats, name, food) == f"{name} eats {food}"


@exercise("animal_cat")
def test_animal_speaks(ask):
    """An animal has its name, and speak returns three dots."""
    [name] = words("speaker")
    assert ask(probes.animal_speaks, name) == {"says": "...", "again": "...", "name": name}


@exercise("animal_cat")
def test_cat_speaks(ask):
    """A cat says "Meow"."""
    assert ask(probes.cat_speaks, *words("cat that speaks"), "grey") == ["Meow", "Meow"]


@exercise("animal_cat")
@pytest.mark.parametrize("colour", ["grey", "black"])
def test_cat_has_name_and_colour(ask, colour):
    """A cat has a name and a colour."""
    [name] = words("cat", colour)
    assert ask(probes.cat, name, colour) == {"name": name, "colour": colour, "says": True}


@exercise("animal_cat", weight=1.5)
@pytest.mark.parametrize("food", FOODS)
def test_cat_eats(ask, food):
    """A cat's eat returns what an animal's does, with " and purrs" behind it."""
    [name] = words("cat that eats", food)
    assert ask(probes.cat_eats, name, "red", food) == f"{name} eats {food} and purrs"


@exercise("animal_cat", weight=0.5)
def test_cat_is_an_animal(ask):
    """A cat is an animal, and an animal is no cat."""
    assert ask(probes.family, *words("family")) == {"animals": [True, True], "cats": [False, True], "says": [True, True]}


@exercise("animal_cat")
@pytest.mark.parametrize("count", [2, 5])
def test_herd(ask, count):
    """Animals and cats, asked in the same way, answer each in its own, with its present name."""
    names = words("herd", count, count=count)
    present = [names[1], names[0], *names[2:]]
    expected = [f"{name} eats hay" + (" and purrs" if n % 2 else "") for n, name in enumerate(present)]
    assert ask(probes.herd, names, "hay") == expected


@exercise("animal_cat", weight=1.5)
def test_constructor_of_a_class_between(ask):
    """A cat's constructor reaches what comes next in the MRO by super(): a class between Cat and Animal has its turn."""
    [name] = words("guest")
    assert ask(probes.class_between, name, "black") == {"name": f"{name} the guest", "colour": "black", "invited": True}


@exercise("animal_cat", weight=1.5)
def test_eat_of_a_class_between(ask):
    """A cat's eat reaches what comes next in the MRO by super(): a class between Cat and Animal has its turn."""
    [name] = words("eating guest")
    answer = ask(probes.eats_between, name, "black", "fish")
    assert isinstance(answer, str)
    assert answer.endswith(" eats some fish politely and purrs")
    assert answer.startswith(name)


@exercise("animal_cat", weight=0.5)
def test_child_of_cat(ask):
    """A child of Cat, with a constructor of its own, can extend what a cat does."""
    [name] = words("kitten")
    assert ask(probes.child_of_cat, name, "white", "milk") == [f"little {name} eats milk and purrs a little", "white", 6]


# ------------------------------------------------------------------------------------------------ shapes

ROUGH = {"rtol": 0.01}
COARSE = {"rtol": 0.9}


def lengths(*key, count=1):
    """Lengths of which a square is more than the length, or less."""
    source = rng("lengths", *key)
    return [float(n) for n in source.permutation([*source.uniform(0.2, 0.7, count), *source.uniform(1.5, 9, count)])[:count]]


def twice(values):
    return [values, values]


@exercise("shapes", weight=2.5)
def test_area_of_a_circle(ask):
    """A circle has the area π r²."""
    radii = [*lengths("circles", count=4), 2, 1e-3]
    expected = [math.pi * r * r for r in radii]
    assert ask(probes.asked_of, "Circle", "area", [[r] for r in radii]) == same_as(twice(expected), **ROUGH)


@exercise("shapes", weight=2.5)
def test_perimeter_of_a_circle(ask):
    """A circle has the perimeter 2 π r."""
    radii = [*lengths("circles", count=4), 2, 1e-3]
    expected = [2 * math.pi * r for r in radii]
    assert ask(probes.asked_of, "Circle", "perimeter", [[r] for r in radii]) == same_as(twice(expected), **ROUGH)


@exercise("shapes", weight=3)
def test_area_of_a_rectangle(ask):
    """A rectangle has the area w h."""
    sizes = [*zip(lengths("widths", count=4), lengths("heights", count=4), strict=True), (3, 4)]
    assert ask(probes.asked_of, "Rectangle", "area", sizes) == same_as(twice([w * h for w, h in sizes]), **ROUGH)


@exercise("shapes", weight=3)
def test_perimeter_of_a_rectangle(ask):
    """A rectangle has the perimeter 2 (w + h)."""
    sizes = [*zip(lengths("widths", count=4), lengths("heights", count=4), strict=True), (3, 4)]
    assert ask(probes.asked_of, "Rectangle", "perimeter", sizes) == same_as(twice([2 * (w + h) for w, h in sizes]), **ROUGH)


@exercise("shapes", weight=4)
def test_area_and_perimeter_of_a_square(ask):
    """A square has area and perimeter of a rectangle with equal sides."""
    sides = lengths("squares", count=4)
    for method, expected in (("area", [side * side for side in sides]), ("perimeter", [4 * side for side in sides])):
        assert ask(probes.asked_of, "Square", method, [[side] for side in sides]) == same_as(twice(expected), **ROUGH)


@exercise("shapes", weight=2)
def test_digits_of_shapes(ask):
    """Nine digits of a circle's area and perimeter are right."""
    [r] = lengths("digits")
    assert ask(probes.asked_of, "Circle", "area", [[r]]) == same_as(twice([math.pi * r * r]))
    assert ask(probes.asked_of, "Circle", "perimeter", [[r]]) == same_as(twice([2 * math.pi * r]))


@exercise("shapes", weight=5)
@pytest.mark.parametrize("key", ["a", "b"])
def test_picture_of_shapes(ask, key):
    """Whoever asks shapes for areas and perimeters need not know which kinds they are."""
    r, s, w, h, side = numbers("picture", key, low=0.2, high=9, count=5)
    kinds = [("Circle", [r]), ("Rectangle", [w, h]), ("Square", [side]), ("Circle", [s])]
    area, perimeter = math.pi * (r * r + s * s) + w * h + side * side, 2 * (math.pi * (r + s) + w + h) + 4 * side
    assert ask(probes.picture, kinds) == same_as([area, perimeter], rtol=1e-4)


@exercise("shapes", weight=2)
def test_shapes_do_not_share_sizes(ask):
    """Shapes that exist at the same time keep their own sizes."""
    scales = [0.5, 3.0, 1.0, 7.0, 2.0, 11.0]
    for kind, count in (("Circle", 1), ("Rectangle", 2), ("Square", 1)):
        kinds = [(kind, [scale] * count) for scale in scales]
        assert ask(probes.all_shapes, kinds) == [True, False, True, False, True]


@exercise("shapes")
@pytest.mark.parametrize(
    ("kind", "count", "names"), [("Circle", 1, ["r"]), ("Rectangle", 2, ["w", "h"]), ("Square", 1, ["side", "w", "h"])]
)
def test_sizes(ask, kind, count, names):
    """A circle has its radius, a rectangle its width and height, a square its side, which is also its width and height."""
    sizes = lengths("sizes", kind, count=count)
    expected = sizes if kind != "Square" else sizes * 3
    assert ask(probes.sizes_of, kind, sizes, names) == {"sizes": same_as(expected), "area": True}


@exercise("shapes", weight=2)
def test_family_of_shapes(ask):
    """Circle and Rectangle are made from Shape, and Square from Rectangle: it can stand where a rectangle is expected."""
    expected = {
        "Shape": [True, True, True],
        "Circle": [True, False, False],
        "Rectangle": [False, True, True],
        "Square": [False, False, True],
    }
    assert ask(probes.parents, *lengths("family")) == expected | {"grows": True}
    [side] = numbers("stand-in", low=30, high=90)
    square, rectangle = ask(probes.square_as_rectangle, side)
    assert square == same_as(rectangle)
    assert square == same_as(2 * side * side, **COARSE)


@exercise("shapes", weight=4.5)
@pytest.mark.parametrize(
    ("kind", "wrong", "valid", "area"),
    [
        ("Circle", [[0], [-1.5], [-2], [-1e-9]], [5], 79.0),
        ("Rectangle", [[0, 2], [2, 0], [-3, 2], [2, -0.25], [-3, -2], [0, 0]], [30, 25], 750.0),
        ("Square", [[0], [-2], [-0.125]], [25], 625.0),
    ],
    ids=["Circle", "Rectangle", "Square"],
)
def test_sizes_are_positive(ask, kind, wrong, valid, area):
    """A size that is not above 0 raises ValueError, whichever of the sizes it is."""
    for sizes in [*wrong, [-size for size in lengths("negative", kind, count=len(valid))]]:
        assert ask(probes.no_shape, kind, sizes, valid) == {"refused": raised(ValueError), "valid": same_as(area, **COARSE)}


@exercise("shapes", weight=4.5)
@pytest.mark.parametrize(("kind", "names"), [("Circle", ["r"]), ("Rectangle", ["w", "h"]), ("Square", ["side", "w", "h"])])
def test_sizes_are_read_only(ask, kind, names):
    """Assigning to a size raises AttributeError, and the shape stays as it was."""
    for name in names:
        sizes = lengths("fixed", kind, name, count=2 if kind == "Rectangle" else 1)
        answer = ask(probes.fixed_size, kind, sizes, name, 9.5)
        assert [answer["refused"], answer["after"]] == [raised(AttributeError), same_as(answer["before"])]
        assert answer["before"][0] == same_as(sizes[-1] if name == "h" else sizes[0])
        assert answer["before"][1] > 0


@exercise("shapes", weight=4.5)
@pytest.mark.parametrize("missing", [["area", "perimeter"], ["area"], ["perimeter"]])
def test_shape_is_abstract(ask, missing):
    """Shape() and a subclass that lacks area or perimeter raise TypeError; a subclass with both does not."""
    assert ask(probes.promises, missing, *lengths("promise")) == {"refused": raised(TypeError), "both": [3.0, 7.0], "grows": True}


# ------------------------------------------------------------------------------------------------ account

SUMS = [*numbers("sums", low=20, high=90, count=4), 1e-3, 10**6, 1e15]
NO_AMOUNTS = [0, -5, -0.25, *numbers("no amounts", low=-90, high=0)]
NOT_FINITE = [math.nan, math.inf, -math.inf]
NO_NUMBERS = ["5", "", None, [5], {"amount": 5}, 2 + 1j]


@exercise("account", weight=5)
@pytest.mark.parametrize("key", ["a", "b"])
def test_story_of_an_account(ask, key):
    """An account of a dictionary, deposits and withdrawals, some of which are refused, down to 0: it is never overdrawn."""
    [owner], (opening, first), [second] = (
        words("story", key),
        numbers("story", key, low=20, high=40, count=2),
        numbers("paid", key, low=5, high=15),
    )
    left = opening + first - second
    steps = [("deposit", first), ("withdraw", second), ("withdraw", left * 1.01), ("deposit", True), ("withdraw", -5), ("withdraw", 8)]
    refusal = raised(ValueError)
    found = [[None, opening + first], [None, left], [refusal, left], [refusal, left], [refusal, left], [None, left - 8]]
    answer = ask(probes.story, {"owner": owner, "balance": opening}, steps)
    assert answer == same_as({"owner": owner, "found": [opening, *found]})
    assert ask(probes.story, {"owner": owner}, [("deposit", 4), ("withdraw", 4)]) == same_as(
        {"owner": owner, "found": [0, [None, 4], [None, 0]]}
    )


@exercise("account", weight=2)
@pytest.mark.parametrize("opening", numbers("opening", low=20, high=90, count=2))
def test_deposits(ask, opening):
    """Deposits add to the balance, any amounts, and return nothing."""
    sums = rng("deposits", int(opening * 1000)).permutation(SUMS).tolist()
    balances = [opening + sum(sums[:n]) for n in range(len(sums) + 1)]
    answer = ask(probes.balances, [opening], [("deposit", amount) for amount in sums])
    assert answer == {"owner": "Ada", "balances": same_as(balances), "given": [None] * len(sums)}


@exercise("account", weight=2)
@pytest.mark.parametrize("key", ["a", "b"])
def test_withdrawals(ask, key):
    """Withdrawals take from the balance, and return nothing."""
    sums = numbers("withdrawals", key, low=1, high=20, count=4)
    balances = [100 - sum(sums[:n]) for n in range(5)]
    answer = ask(probes.balances, [100], [("withdraw", amount) for amount in sums])
    assert answer == {"owner": "Ada", "balances": same_as(balances), "given": [None] * 4}


@exercise("account", weight=1.5)
@pytest.mark.parametrize("opening", [2.5, 20, *numbers("to the last", low=1, high=9)])
def test_everything_can_be_withdrawn(ask, opening):
    """Withdrawals go down to 0."""
    assert ask(probes.balances, [opening], [("withdraw", opening)])["balances"] == same_as([opening, 0])


@exercise("account")
def test_opening_balances(ask):
    """An account opens with the balance that it is given, 0 too; without one it is 0."""
    [balance] = numbers("opening balance", low=5, high=90)
    assert ask(probes.openings, balance) == same_as([balance, 0, 0, 0])


@exercise("account", weight=1.5)
def test_accounts_share_nothing(ask):
    """Each account has an owner and a balance of its own."""
    first, second, amount = numbers("two accounts", low=5, high=90, count=3)
    assert ask(probes.two_accounts, first, second, amount) == [["Ada", same_as(first + amount)], ["Bob", same_as(second)]]


[OPENING] = numbers("refused", low=20, high=90)


def refused(ask, method, amounts, opening=OPENING):
    for amount in amounts:
        expected = {"refused": raised(ValueError), "kept": True, "more": same_as(2 * opening, rtol=0.7)}
        assert ask(probes.refused_step, opening, method, amount, opening) == expected


@exercise("account", weight=3)
@pytest.mark.parametrize(
    "amounts", [NO_AMOUNTS, NOT_FINITE, [True, False], NO_NUMBERS], ids=["0 and below", "not finite", "bools", "no numbers"]
)
def test_no_amount_is_deposited(ask, amounts):
    """What is no amount raises ValueError when it is deposited, and the balance stays."""
    refused(ask, "deposit", amounts)


@exercise("account", weight=3)
@pytest.mark.parametrize(
    "amounts", [NO_AMOUNTS, NOT_FINITE, [True, False], NO_NUMBERS], ids=["0 and below", "not finite", "bools", "no numbers"]
)
def test_no_amount_is_withdrawn(ask, amounts):
    """What is no amount raises ValueError when it is withdrawn, and the balance stays."""
    refused(ask, "withdraw", amounts)


@exercise("account", weight=3)
def test_overdraft(ask):
    """To withdraw more than there is raises ValueError, a little more too, and the balance is what it was."""
    for opening in (20, *numbers("overdraft", low=5, high=90)):
        refused(ask, "withdraw", [opening * 1.000001, opening + 1, 10**9], opening)


@exercise("account", weight=2)
def test_amounts(ask):
    """is_valid_amount says True for ints and floats above 0, and nothing but True."""
    assert ask(probes.valid_amounts, [0, 7]) == [False, True]
    assert ask(probes.valid_amounts, [-1, 5, 0.01, 1e300, 5e-324, 10**6, *SUMS]) == [False, *[True] * (5 + len(SUMS))]


@exercise("account", weight=2)
@pytest.mark.parametrize(
    "amounts", [NO_AMOUNTS, NOT_FINITE, [True, False], NO_NUMBERS], ids=["0 and below", "not finite", "bools", "no numbers"]
)
def test_no_amounts(ask, amounts):
    """is_valid_amount says False for what is no amount, whatever it is given."""
    assert sum(map(bool, ask(probes.valid_amounts, [7, 2.5, -3]))) == 2
    assert ask(probes.valid_amounts, amounts) == [False] * len(amounts)


@exercise("account")
def test_amounts_asked_of_an_account(ask):
    """is_valid_amount works on an account as it does on the class."""
    assert ask(probes.valid_for_an_account, [7, 0, -1]) == [[True, False, False]] * 2


@exercise("account", weight=2.5)
@pytest.mark.parametrize("balance", [*NO_AMOUNTS[1:], *NOT_FINITE, True, False, "100", None, [100]])
def test_opening_balance(ask, balance):
    """An opening balance that is neither an amount nor 0 raises ValueError."""
    assert ask(probes.opening, balance, 30) == {"refused": raised(ValueError), "valid": same_as(30)}


@exercise("account", weight=1.5)
def test_balance_is_read_only(ask):
    """Assigning to balance raises AttributeError, and the balance is what it was."""
    [balance] = numbers("read-only", low=5, high=90)
    assert ask(probes.assigned_balance, balance, 1000) == {"refused": raised(AttributeError), "balance": same_as(balance)}


@exercise("account", weight=1.5)
def test_account_from_dict(ask):
    """from_dict makes an account of an owner and a balance, which is 0 if there is none."""
    [owner], [balance] = words("from dict"), numbers("from dict", low=5, high=90)
    assert ask(probes.from_dict, {"owner": owner, "balance": balance}) == [owner, same_as(balance)]
    assert ask(probes.from_dict, {"balance": 7, "owner": ""}) == ["", same_as(7)]
    assert ask(probes.from_dict, {"owner": owner}) == [owner, same_as(0)]


@exercise("account", weight=1.5)
def test_account_of_the_class_that_is_called(ask):
    """from_dict makes an account of the class that it is called on, by the constructor of that class."""
    [owner] = words("class")
    expected = {"kinds": [True, True], "log": [owner], "owners": [owner, owner]}
    assert ask(probes.from_dict_of_a_class, {"owner": owner, "balance": 5}) == expected


@exercise("account", weight=1.5)
def test_dictionary_stays(ask):
    """from_dict leaves the dictionary as it is, so that another account can be made of it."""
    assert ask(probes.from_dict_twice, {"owner": "Eva", "balance": 5}) == {"changed": False, "apart": True}


@exercise("account", weight=1.5)
@pytest.mark.parametrize("balance", [-1, math.nan, "7", *numbers("no balance", low=-90, high=0)])
def test_from_dict_keeps_the_rules(ask, balance):
    """from_dict refuses a wrong opening balance with ValueError, as the constructor does."""
    assert ask(probes.from_wrong_dict, {"owner": "Eva", "balance": balance}) == {"refused": raised(ValueError), "valid": "Eva"}


# ------------------------------------------------------------------------------------------------ vector


def row(*key, count=0):
    """Entries of a vector, of a drawn length where none is given."""
    return numbers("row", *key, count=count or whole("length", *key, low=2, high=7)[0])


def pair(*key):
    count = whole("length of a pair", *key, low=2, high=7)[0]
    return row("first", *key, count=count), row("second", *key, count=count)


def vector(entries):
    """What a vector of these entries looks like to a probe."""
    return {"vector": True, "entries": same_as(entries)}


PAIRS = [pair("a"), pair("b"), ([1, 2], [3, -1]), ([0.5], [-2.25])]


@exercise("vector", weight=1.5)
@pytest.mark.parametrize("xs", [row("entries"), row("more entries"), [0.5], [3, -1.5, 0, 1e6, -7]])
def test_entries(ask, xs):
    """A vector gives its entries in order, as often as it is asked, and knows how many they are."""
    answer = ask(probes.entries, xs)
    assert [answer["entries"], answer["again"], answer["v"]] == same_as([xs, xs, [True, len(xs)]])
    ask.same(probes.two_walks, xs)


@exercise("vector")
def test_entries_are_floats(ask):
    """Entries become floats."""
    answer = ask(probes.entries, [3, -1, 0, 7, 2.5])
    assert [answer["floats"], answer["entries"]] == same_as([[True] * 5, [3, -1, 0, 7, 2.5]])


@exercise("vector", weight=5)
@pytest.mark.parametrize(("a", "b"), PAIRS[:3])
def test_formula(ask, a, b):
    """Several operators in one line of Python give what the formula says."""
    for k in numbers("formula", count=2):
        result = [k * x - 2 * y + x for x, y in zip(a, b, strict=True)]
        number = sum((x - y) ** 2 for x, y in zip(a, b, strict=True))
        assert ask(probes.formula, a, b, k) == {"vector": same_as(result), "number": same_as(number)}


@exercise("vector", weight=2)
@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_sum(ask, a, b):
    """u + v is the vector of the sums of the entries."""
    total = vector([x + y for x, y in zip(a, b, strict=True)])
    assert ask(probes.applied, "+", a, b) == {"u, v": total, "v, u": total, "floats": True}


@exercise("vector", weight=2)
@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_difference(ask, a, b):
    """u - v is the vector of the differences of the entries."""
    difference = [x - y for x, y in zip(a, b, strict=True)]
    assert ask(probes.applied, "-", a, b) == {"u, v": vector(difference), "v, u": vector([-x for x in difference]), "floats": True}


@exercise("vector", weight=2)
@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_dot_product(ask, a, b):
    """u @ v is the sum of the products of the entries, a float."""
    product = same_as(sum(x * y for x, y in zip(a, b, strict=True)))
    assert ask(probes.applied, "@", a, b) == {"u, v": product, "v, u": product, "floats": True}


@exercise("vector", weight=2)
@pytest.mark.parametrize("k", [*numbers("scalars", count=2), 3, 0])
def test_scalar_on_the_right(ask, k):
    """v * k is the vector of the entries times k, for an int or a float k."""
    a = row("scaled", str(k))
    assert ask(probes.scaled, a, k, False) == {"result": vector([k * x for x in a]), "floats": True}


@exercise("vector", weight=2)
@pytest.mark.parametrize("k", [*numbers("scalars", count=2), 3, 0])
def test_scalar_on_the_left(ask, k):
    """k * v is the vector of the entries times k, for an int or a float k."""
    a = row("scaled", str(k))
    assert ask(probes.scaled, a, k, True) == {"result": vector([k * x for x in a]), "floats": True}


@exercise("vector", weight=2)
@pytest.mark.parametrize("sign", ["+", "-", "@"])
def test_different_lengths(ask, sign):
    """+ - @ between vectors of different length raise ValueError."""
    for count, other in ((2, 3), (3, 2), (1, 2), (4, 1), (5, 6)):
        a, b = row("shorter", count, count=count), row("longer", other, count=other)
        assert ask(probes.different_lengths, sign, a, b) == {"refused": raised(ValueError), "u": vector(a)}


@exercise("vector", weight=3)
@pytest.mark.parametrize("left", [False, True])
@pytest.mark.parametrize("sign", ["+", "-", "@", "*"])
def test_operands_that_make_no_sense(ask, sign, left):
    """Everything else raises TypeError, on either side: v + 1, u * v, v @ 3, v + "a", "a" * v."""
    for kind in ("string", "None", "list", "tuple", *(("vector", "complex") if sign == "*" else ("number", "float"))):
        a = row("operand", kind, count=2)
        assert ask(probes.wrong_operand, sign, kind, left, a) == {"refused": raised(TypeError), "v": vector(a)}


@exercise("vector", weight=3)
@pytest.mark.parametrize("sign", ["+", "-", "*", "@"])
def test_other_classes_have_their_turn(ask, sign):
    """What a vector does not know is left to the other class, by returning NotImplemented; if that does not know either, TypeError."""
    assert ask(probes.stranger, sign) == {
        "answer": ["the stranger was asked about", [1.5, -2.0]],
        "nobody": [raised(TypeError), raised(TypeError)],
        "v": vector([1.5, -2]),
    }


def equal(ask, a, b, expected):
    answer = {"==": [expected] * 2, "!=": [not expected] * 2, "self": [True, False], "u": vector(a)}
    assert ask(probes.equality, a, b) == answer


@exercise("vector", weight=4)
@pytest.mark.parametrize("a", [row("equal"), row("equal once more"), [1, 2], [0.5], [0.1, 0.7, 0.3]])
def test_equality(ask, a):
    """Vectors are equal if they have the same entries, to the last digit, in the same order; if their lengths differ they are unequal."""
    equal(ask, a, [float(x) for x in a], True)
    for n in range(len(a)):
        for other in (a[n] + 1, a[n] + 1e-7, math.nextafter(a[n], 9)):
            equal(ask, a, [*a[:n], other, *a[n + 1 :]], False)
    equal(ask, a, [*a, 0], False)
    equal(ask, [*a, 1.5], a, False)
    equal(ask, [*a, 1.5], [1.5, *a], False)


@exercise("vector", weight=2.5)
@pytest.mark.parametrize("kind", ["tuple", "list", "number", "None", "string", "agrees"])
def test_equality_with_something_else(ask, kind):
    """== with what is no vector is left to the other side: False, unless the other side says otherwise."""
    said = "asked" if kind == "agrees" else False
    assert ask(probes.equality_with, kind) == {"answer": said, "turned round": said, "v": vector([1, 2])}


@exercise("vector", weight=4)
@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_hashes(ask, a, b):
    """Equal vectors have equal hashes, so that a set keeps one of them, and a dictionary finds the one by the other."""
    for one, other in ((a, [float(x) for x in a]), ([*a, 0.0], [*a, -0.0])):
        assert ask(probes.hashes, one, other, b) == {"hashes": True, "w": [True, vector(b)]}
    assert ask(probes.members, a, b) == {"u": vector(a), "members": 2, "found": [True, False], "names": [2, "second", "other"]}


@exercise("vector", weight=2.5)
@pytest.mark.parametrize("xs", [row("written"), [1, 2], [-0.1], [1e-7, 2 / 3, 1e22], [3, -1.5, 0, 2, 0.30000000000000004]])
def test_repr_can_be_evaluated(ask, xs):
    """eval(repr(v)) is a vector that has the entries of v, to the last digit."""
    answer = ask(probes.evaluated, xs)
    assert answer == {"string": True, "entries": [float(x) for x in xs], "vector": True}


@exercise("vector", weight=4)
@pytest.mark.parametrize("sign", ["+", "-", "*"])
def test_vectors_never_change(ask, sign):
    """No operation changes a vector: v + w and v += w make a new one, and v[0] = 1 raises TypeError."""
    a, b = PAIRS[1]
    if sign != "*":
        assert ask(probes.operands, sign, a, b) == {"u": vector(a), "v": vector(b), "new": True}
    assert ask(probes.in_place, sign, a, b) == {"kept": vector(a), "new": True}
    assert ask(probes.item_assignment, a) == {"refused": raised(TypeError), "v": vector(a)}


# ------------------------------------------------------------------------------------------------ layers


def lists(*key):
    """Lists of floats: two of equal length, and another."""
    count = whole("list", *key, low=3, high=7)[0]
    return [numbers("list", n, *key, count=length) for n, length in enumerate((count, count, count + 2))]


def computed(plan, x):
    """What a layer with this plan gives."""
    kind, *parts = plan
    if kind != "Compose":
        return [value * parts[0] if kind == "Scale" else value + parts[0] for value in x]
    for part in parts:
        x = computed(part, x)
    return x


K, B, L = numbers("layers", low=1.5, high=4, count=3)


@exercise("layers", weight=1.5)
@pytest.mark.parametrize("k", [K, -L, 2.0, 0])
def test_scale(ask, k):
    """Scale(k) multiplies each number by k."""
    xs = [*lists("scale"), [0.5]]
    assert ask(probes.forward, "Scale", k, xs) == same_as([[k * value for value in x] for x in xs])


@exercise("layers", weight=1.5)
@pytest.mark.parametrize("b", [B, -L, 3.0, 0])
def test_shift(ask, b):
    """Shift(b) adds b to each number."""
    xs = [*lists("shift"), [0.5]]
    assert ask(probes.forward, "Shift", b, xs) == same_as([[value + b for value in x] for x in xs])


@exercise("layers", weight=2.5)
@pytest.mark.parametrize(
    "plan", [["Compose", ["Scale", K], ["Shift", B]], ["Compose", ["Shift", B], ["Scale", -L]]], ids=["Scale", "Shift"]
)
def test_compose(ask, plan):
    """Compose applies its layers, the first one first, to whatever it is given, again and again."""
    xs = lists("compose")
    assert ask(probes.composed, plan, xs) == same_as([computed(plan, x) for x in xs])


@exercise("layers")
@pytest.mark.parametrize("plan", [["Compose", ["Shift", B]], ["Compose", ["Scale", -K]]], ids=["Shift", "Scale"])
def test_compose_of_one(ask, plan):
    """A Compose of one layer does what that layer does."""
    xs = lists("compose of one")
    assert ask(probes.composed, plan, xs) == same_as([computed(plan, x) for x in xs])


@exercise("layers")
@pytest.mark.parametrize(
    "plan",
    [
        ["Compose", ["Compose", ["Shift", B], ["Scale", -K]], ["Shift", L]],
        ["Compose", ["Shift", B], ["Compose", ["Scale", -K], ["Compose", ["Shift", L], ["Scale", 0.5]]], ["Shift", -1.0]],
    ],
    ids=["in front", "deep"],
)
def test_compose_inside_compose(ask, plan):
    """A Compose is a layer, and may stand inside another."""
    xs = lists("nested")
    assert ask(probes.composed, plan, xs) == same_as([computed(plan, x) for x in xs])


@exercise("layers", weight=1.5)
@pytest.mark.parametrize("count", [1, 2, 5])
def test_order_of_the_layers(ask, count):
    """Each layer inside is called once, in order, with the output of the one before, when the whole is called and not earlier."""
    order, x = whole("recorders", count, low=1, high=9, count=count), numbers("recorded", count, count=3)
    calls, value = [], x
    for n in order:
        calls.append([n, same_as(value)])
        value = [10 * each + n for each in value]
    assert ask(probes.recorded, order, x) == {"before": 0, "result": same_as(value), "calls": calls}


@exercise("layers")
@pytest.mark.parametrize("count", [1, 3, 5])
def test_no_layers(ask, count):
    """Compose() gives back equal numbers."""
    x, [factor] = numbers("identity", count, count=count), numbers("factor", low=2, high=5)
    assert ask(probes.identity, x, factor) == {"alone": same_as(x), "inside": same_as([factor * value for value in x])}


@exercise("layers", weight=2)
@pytest.mark.parametrize("plan", [["Scale", -K], ["Shift", 60.0]], ids=["Scale", "Shift"])
def test_layers_can_be_called(ask, plan):
    """layer(x) is layer.forward(x), again and again."""
    [x, *_] = lists("called")
    answer = ask(probes.called, plan, x)
    assert answer["forward"] == same_as(computed(plan, x), rtol=0.9)
    assert [answer["again"], answer["called"]] == same_as([answer["forward"], [answer["forward"]] * 2])


@exercise("layers")
@pytest.mark.parametrize("plan", [["Compose", ["Shift", B], ["Scale", -K]]], ids=["Compose"])
def test_compose_can_be_called(ask, plan):
    """A Compose is called as its layers are."""
    [x, *_] = lists("compose called")
    answer = ask(probes.called, plan, x)
    assert answer["called"] == same_as([computed(plan, x)] * 2)


@exercise("layers", weight=1.5)
@pytest.mark.parametrize("plan", [["Scale", -K], ["Shift", 60.0], ["Compose", ["Shift", 60.0]]], ids=["Scale", "Shift", "Compose"])
def test_lists_stay(ask, plan):
    """The list that is given stays as it was, and so does the list that was the result of an earlier call."""
    x, other, _ = lists("stay")
    results = same_as([computed(plan, x), computed(plan, other)], rtol=0.9)
    assert ask(probes.kept, plan, x, other) == {"changed": False, "kept": True, "results": results}


@exercise("layers", weight=0.5)
@pytest.mark.parametrize("plan", [["Scale", -K], ["Shift", 60.0], ["Compose", ["Scale", -K]]], ids=["Scale", "Shift", "Compose"])
def test_kinds_of_layers(ask, plan):
    """Scale, Shift and Compose are layers."""
    [x, *_] = lists("kinds")
    assert ask(probes.is_layer, plan, x) == {"layer": True, "result": same_as(computed(plan, x), rtol=0.9)}


@exercise("layers", weight=1.5)
def test_layer_is_abstract(ask):
    """Layer() and a subclass without forward raise TypeError; a subclass with forward does not."""
    [x, *_] = lists("abstract")
    assert ask(probes.layer_promise, x) == {
        "refused": [raised(TypeError)] * 2,
        "valid": same_as(x[::-1]),
        "scaled": same_as([-2 * n for n in x]),
    }


@exercise("layers", weight=1.5)
def test_calls_of_other_layers(ask):
    """Whoever is made from Layer, or from Scale, can be called, and what is called is its own forward."""
    [x, *_] = lists("own layers")
    assert ask(probes.own_layers, x) == same_as([x[::-1], [3 * value for value in x]])


@exercise("layers")
def test_any_layer_inside(ask):
    """Any subclass of Layer may stand inside a Compose, one that gives more numbers than it gets too."""
    [x, *_] = lists("any layer")
    doubled, shifted = [K * value for value in x], [value + B for value in x]
    assert ask(probes.longer, x, K, B) == {"behind": same_as(doubled * 2), "before": same_as(shifted * 2)}


@exercise("layers", weight=1.5)
def test_layers_keep_their_own_numbers(ask):
    """Layers that exist at the same time keep their own numbers."""
    [x, *_] = lists("two of a kind")
    scales, shifts = [[n * value for value in x] for n in (K, -L)], [[value + n for value in x] for n in (K, -L)]
    both = [K * value - L for value in x]
    assert ask(probes.two_of_a_kind, [K, -L], x) == same_as([*scales, *shifts, both, shifts[0], scales[0]])


# ------------------------------------------------------------------------------------------------ module_tree

V, W, X, Y, Z = numbers("parameters", count=5)
FLAT = {"weight": V, "bias": W}
NESTED = {
    "one child": {"weight": V, "part": {"weight": W, "bias": X}},
    "thermostat": {"name": "hall", "target": V, "sensor": {"offset": W, "scale": {"k": X, "b": Y}}},
    "children alone": {"a": {"a": {"a": V}, "b": W}, "b": {"a": X}},
    "several children": {"w": V, "first": {"w": W, "v": X}, "second": {"w": Y}, "third": {"w": Z}},
    "empty parts": {"first": {}, "second": {"third": {}}, "w": V},
}


def named(parts, before=""):
    """Names and values of the parameters in a plan, in the order of the names."""
    found = []
    for name, part in parts.items():
        if isinstance(part, dict):
            found += named(part, f"{before}{name}.")
        elif isinstance(part, float):
            found.append([before + name, same_as(part)])
    return sorted(found, key=lambda each: each[0])


@exercise("module_tree", weight=1.5)
@pytest.mark.parametrize("parts", [FLAT, {"k": X}, {"name": "hall", "a": Y, "b": Z, "c": V}], ids=["two", "one", "three"])
def test_parameters_of_one_module(ask, parts):
    """named_parameters() gives every parameter in the attributes with its name."""
    assert ask(probes.tree, parts) == named(parts)
    assert ask(probes.tree, {}) == []


@exercise("module_tree", weight=2)
@pytest.mark.parametrize("parts", NESTED.values(), ids=NESTED.keys())
def test_named_parameters(ask, parts):
    """named_parameters() gives the parameters of modules inside as well, with dotted names."""
    assert ask(probes.tree, parts) == named(parts)


@exercise("module_tree")
@pytest.mark.parametrize("depth", [3, *whole("depth", low=8, high=16)])
def test_names_at_any_depth(ask, depth):
    """Names reach modules at any depth."""
    expected = [["inner." * depth + "last", V], *(["inner." * (depth - 1 - n) + f"own{n}", float(n)] for n in range(depth))]
    assert ask(probes.deep, depth, V) == same_as(sorted(expected))


@exercise("module_tree", weight=0.5)
def test_equal_values(ask):
    """Parameters of equal values are parameters of their own."""
    parts = {"w": V, "part": {"w": V, "v": V}, "v": V}
    assert ask(probes.tree, parts) == named(parts)


@exercise("module_tree")
def test_list_of_parameters(ask):
    """named_parameters() gives a list, a new one each time: what becomes of it, or of the module, does not change the others."""
    answer = ask(probes.tree_twice, FLAT)
    assert answer == {"list": True, "again": named(FLAT), "kept": ["bias", "weight"]}


@exercise("module_tree")
def test_parameters_themselves(ask):
    """named_parameters() gives the Parameter objects themselves, whose values can be assigned, each on its own."""
    assert ask(probes.same_objects, V, W) == {"same": [True, True], "values": same_as([W, V])}
    assert ask(probes.parameter, V, W) == [same_as(V), same_as(W), same_as(V), True]


@exercise("module_tree")
def test_attributes_at_the_time_of_the_call(ask):
    """What is assigned later is found, and what was replaced or deleted is not."""
    ask.same(probes.changing)


@exercise("module_tree")
def test_other_attributes(ask):
    """Attributes that are neither parameters nor modules are passed over: numbers, strings, and lists, even of modules."""
    assert ask(probes.passed_over) == [["weight", same_as(1.0)]]


@exercise("module_tree")
def test_attributes_with_an_underscore(ask):
    """An attribute whose name begins with an underscore is one like any other, for parameters and for modules."""
    expected = sorted([["_part._weight", V], ["_Outer__own", -V]])
    assert ask(probes.private, V) == {"listed": same_as(expected), "mode": False}


@exercise("module_tree", weight=0.5)
def test_constructors_with_arguments(ask):
    """Modules may have constructors of their own, and stand on each other."""
    [width] = whole("width", low=2, high=6)
    expected = sorted([f"layer{n}.{name}", value] for n in range(width) for name, value in (("weight", V + n), ("bias", 0.5 * n)))
    assert ask(probes.constructed, width, V) == same_as(expected)


@exercise("module_tree", weight=0.5)
def test_trees_are_apart(ask):
    """Two modules that exist at the same time share nothing."""
    assert ask(probes.two_trees, FLAT, {"k": X, "part": {"v": Y}}) == [["bias", "weight"], ["k", "part.v"]]


@exercise("module_tree", weight=1.5)
def test_own_mode(ask):
    """train(mode) sets the training of the module itself, as often as it is called."""
    modes = [False, True, False, False, True]
    assert ask(probes.own_mode, modes)[1:] == modes


@exercise("module_tree")
def test_training_at_first(ask):
    """training starts True."""
    states = ask(probes.own_mode, [True, False])
    assert [states[0], len(set(states))] == [True, 2]


@exercise("module_tree", weight=1.5)
@pytest.mark.parametrize(
    "orders",
    [
        [("root", False), ("root", True)],
        [("left", False), ("inner", True), ("root", True), ("right", False)],
        [("inner", False), ("left", True), ("root", False), ("left", True), ("root", False)],
    ],
    ids=["root", "parts", "changing"],
)
def test_modes(ask, orders):
    """train(mode) sets the mode in the module and in all modules inside, and nowhere else."""
    ask.same(probes.modes, orders)


@exercise("module_tree")
@pytest.mark.parametrize("depth", [2, *whole("depth of modes", low=5, high=12)])
def test_modes_at_any_depth(ask, depth):
    """train reaches modules at any depth."""
    assert ask(probes.deep_modes, depth) == [[True] * (depth + 1), [False] * (depth + 1)]


@exercise("module_tree", weight=0.5)
def test_modules_in_lists_keep_their_mode(ask):
    """train passes over lists, even of modules."""
    assert ask(probes.lists_keep_their_mode) == [True, False]


@exercise("module_tree", weight=0.5)
def test_module_that_comes_late(ask):
    """A module that is assigned after a call of train keeps its own mode until the next call."""
    assert ask(probes.late_child) == [True, False]
