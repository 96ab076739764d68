"""Questions about `python_oop`. All that a submission ever sees of its hidden tests."""

import inspect
import itertools
import operator

OPERATORS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "@": operator.matmul}


def attempt(action):
    """What the action gives, or the exception that it raises."""
    try:
        return action()
    except Exception as error:
        return error


# ------------------------------------------------------------------------------------------------ dog


def dog(m, name, age):
    found = m.Dog(name, age)
    return {"name": found.name, "age": found.age, "tricks": list(found.tricks)}


def bark(m, name):
    return m.Dog(name, 2).bark()


def renamed_dog(m, name, other):
    found = m.Dog(name, 2)
    before = found.bark()
    found.name = other
    return [before, found.bark()]


def birthdays(m, ages, whose):
    """The ages of several dogs after birthdays, given as places in the list of dogs, and what birthday() gave."""
    dogs = [m.Dog(f"dog {n}", age) for n, age in enumerate(ages)]
    given = [dogs[n].birthday() for n in whose]
    return {"ages": [found.age for found in dogs], "given": given}


def species(m, own, wild, trick):
    """The species of the class, of a dog, of a dog that was given another one, of dogs after that, and of a subclass."""

    class Wolf(m.Dog):
        species = wild

    class Mutant(m.Dog):
        """A dog of this class can hold what it likes, whatever a Dog allows."""

    rex = Mutant("Rex", 3)
    found = [m.Dog.species, m.Dog("Max", 2).species, rex.species]
    rex.species = own
    rex.add_trick(trick)
    return {
        "found": [*found, rex.species, m.Dog("Fido", 1).species, m.Dog.species, Wolf("Akela", 5).species],
        "learns": trick in rex.tricks,
    }


def tricks(m, number, lessons):
    """The tricks of several dogs after lessons (place of the dog, trick), and those of a dog that is born afterwards."""
    dogs = [m.Dog(f"dog {n}", n) for n in range(number)]
    given = [dogs[n].add_trick(trick) for n, trick in lessons]
    return {"known": [list(found.tricks) for found in dogs], "born later": list(m.Dog("Kim", 0).tricks), "given": given}


def puppies(m, names, trick):
    """Dogs of a class with a constructor of its own; the first one learns a trick."""

    class Puppy(m.Dog):
        def __init__(self, name):
            super().__init__(name, 0)
            self.toys = [name]

    found = [Puppy(name) for name in names]
    found[0].add_trick(trick)
    found[-1].birthday()
    return [[each.name, each.age, each.toys, trick in each.tricks] for each in found]


# ------------------------------------------------------------------------------------------------ person


def person(m, name, age):
    found, other = m.Person(name, age), m.Person(age=age, name=name)
    return [[found.name, found.age], [other.name, other.age]]


def reassigned(m, attribute, values, wrong):
    """An attribute of one person after each of several valid assignments, and whether a wrong one is refused, however."""
    found = m.Person("Ada", 36)
    states = []
    for value in values:
        setattr(found, attribute, value)
        states.append(getattr(found, attribute))
    return {"states": states, "refused": isinstance(attempt(lambda: setattr(found, attribute, wrong)), Exception)}


def two_persons(m, names, ages):
    """Two persons, before and after the first one changes."""
    found = [m.Person(name, age) for name, age in zip(names[:2], ages[:2], strict=True)]
    states = [[[each.name, each.age] for each in found]]
    found[0].name, found[0].age = names[2], ages[2]
    return [*states, [[each.name, each.age] for each in found]]


def unborn(m, attribute, value):
    """What a constructor does with a wrong name or age, and with right ones."""
    wrong = {"name": "Ada", "age": 36} | {attribute: value}
    return {"refused": attempt(lambda: getattr(m.Person(**wrong), attribute)), "valid": getattr(m.Person("Grace", 85), attribute)}


def refused_assignment(m, attribute, value, valid):
    """A wrong assignment, and a valid one."""
    found = m.Person("Grace", 85)
    refused = attempt(lambda: setattr(found, attribute, value))
    setattr(found, attribute, valid)
    return {"refused": refused, "valid": getattr(found, attribute)}


def after_refusals(m, attribute, first, wrong):
    """What is there after each of several wrong assignments, and how many of them raised."""
    found = m.Person("Grace", 85)
    setattr(found, attribute, first)
    raised, states = 0, []
    for value in wrong:
        raised += isinstance(attempt(lambda value=value: setattr(found, attribute, value)), Exception)
        states.append(getattr(found, attribute))
    return {"raised": raised, "states": states}


def gates(m, attribute, value, wrong):
    """Whether name or age is a property that can be read and assigned, and what it says."""
    kind = type(inspect.getattr_static(m.Person, attribute, None))
    found = m.Person("Ada", 36)
    setattr(found, attribute, value)
    return {
        "gate": hasattr(kind, "__get__") and hasattr(kind, "__set__"),
        "value": getattr(found, attribute),
        "refused": isinstance(attempt(lambda: setattr(found, attribute, wrong)), Exception),
    }


# ------------------------------------------------------------------------------------------------ animal_cat


def animal_eats(m, name, food):
    return m.Animal(name).eat(food)


def animal_speaks(m, name):
    found = m.Animal(name)
    return {"says": found.speak(), "again": found.speak(), "name": found.name}


def cat_eats(m, name, colour, food):
    return m.Cat(name, colour).eat(food)


def cat_speaks(m, name, colour):
    found = m.Cat(name, colour)
    return [found.speak(), found.speak()]


def cat(m, name, colour):
    """Name and colour; says: whether it says something that some animal says."""
    found = m.Cat(name, colour)
    return {"name": found.name, "colour": found.colour, "says": found.speak() in ("...", "Meow")}


def family(m, name):
    """Which is an animal, and which is a cat; says: as above."""
    pair = [m.Animal(name), m.Cat(name, "red")]
    return {
        "animals": [isinstance(each, m.Animal) for each in pair],
        "cats": [isinstance(each, m.Cat) for each in pair],
        "says": [each.speak() in ("...", "Meow") for each in pair],
    }


def herd(m, names, food):
    """Animals and cats by turns, asked in the same way, after two of them got another name."""
    animals = [m.Cat(name, "red") if n % 2 else m.Animal(name) for n, name in enumerate(names)]
    animals[0].name, animals[1].name = names[1], names[0]
    return [found.eat(food) for found in animals]


def guests(m):
    """Classes for the MRO: one between Cat and Animal, which changes what is eaten and stored, and a cat that has it there."""

    class Guest(m.Animal):
        def __init__(self, name):
            super().__init__(f"{name} the guest")
            self.invited = True

        def eat(self, food):
            return super().eat(f"some {food}") + " politely"

    class CatGuest(m.Cat, Guest):
        pass

    return CatGuest


def class_between(m, name, colour):
    found = guests(m)(name, colour)
    return {"name": found.name, "colour": found.colour, "invited": getattr(found, "invited", False)}


def eats_between(m, name, colour, food):
    return guests(m)(name, colour).eat(food)


def child_of_cat(m, name, colour, food):
    """A child that extends what a cat does, with a constructor of its own."""

    class Kitten(m.Cat):
        def __init__(self, name, colour):
            super().__init__(f"little {name}", colour)
            self.weeks = 6

        def eat(self, food):
            return super().eat(food) + " a little"

    found = Kitten(name, colour)
    return [found.eat(food), found.colour, found.weeks]


# ------------------------------------------------------------------------------------------------ shapes


def asked_of(m, kind, method, sizes):
    """Several shapes of a kind, which exist at the same time: what a method of each gives, twice."""
    shapes = [getattr(m, kind)(*each) for each in sizes]
    return [[getattr(found, method)() for found in shapes] for _ in range(2)]


def sizes_of(m, kind, sizes, names):
    """The sizes, and whether it has an area."""
    found = getattr(m, kind)(*sizes)
    return {"sizes": [getattr(found, name) for name in names], "area": found.area() > 0}


def picture(m, kinds):
    """The area and the perimeter of several shapes of different kinds, in all."""
    shapes = [getattr(m, kind)(*sizes) for kind, sizes in kinds]
    return [sum(found.area() for found in shapes), sum(found.perimeter() for found in shapes)]


def all_shapes(m, kinds):
    """Perimeters of several shapes that exist at the same time, without their numbers: which of two is longer."""
    shapes = [getattr(m, kind)(*sizes) for kind, sizes in kinds]
    lengths = [found.perimeter() for found in shapes]
    return [first < second for first, second in itertools.pairwise(lengths)]


def no_shape(m, kind, sizes, valid):
    return {"refused": attempt(lambda: getattr(m, kind)(*sizes).area()), "valid": getattr(m, kind)(*valid).area()}


def fixed_size(m, kind, sizes, name, value):
    """An attempt to change a size; the size and the area before and after."""
    found = getattr(m, kind)(*sizes)
    before = [getattr(found, name), found.area()]
    refused = attempt(lambda: setattr(found, name, value))
    return {"refused": refused, "before": before, "after": [getattr(found, name), found.area()]}


def promises(m, missing, r):
    """Shape itself, or a subclass that keeps one promise; one that keeps both, and a circle."""
    bodies = {"area": lambda self: 3.0, "perimeter": lambda self: 7.0}
    kept = {name: body for name, body in bodies.items() if name not in missing}
    refused = attempt(lambda: (type("Part", (m.Shape,), kept)(), "made")[1])
    both = type("Both", (m.Shape,), bodies)()
    return {"refused": refused, "both": [both.area(), both.perimeter()], "grows": m.Circle(r).area() < m.Circle(2 * r).area()}


def parents(m, side):
    """What each shape is."""
    shapes = [m.Circle(side), m.Rectangle(side, side), m.Square(side)]
    found = {kind: [isinstance(each, getattr(m, kind)) for each in shapes] for kind in ("Shape", "Circle", "Rectangle", "Square")}
    return found | {"grows": m.Circle(side).area() < m.Circle(2 * side).area()}


def square_as_rectangle(m, side):
    """What somebody who knows rectangles does with a square, and with a rectangle of the same sizes."""

    def doubled(rectangle):
        return m.Rectangle(2 * rectangle.w, rectangle.h).area()

    return [doubled(m.Square(side)), doubled(m.Rectangle(side, side))]


# ------------------------------------------------------------------------------------------------ account


def balances(m, opening, steps):
    """The balance after each step (method, amount), and what the methods gave; opening: a list of no or one balance."""
    account = m.Account("Ada", *opening)
    found = [account.balance]
    given = []
    for method, amount in steps:
        given.append(getattr(account, method)(amount))
        found.append(account.balance)
    return {"owner": account.owner, "balances": found, "given": given}


def story(m, data, steps):
    """The balance of an account of a dictionary after each of several steps (method, amount), some of which are refused."""
    account = m.Account.from_dict(data)
    found = [account.balance]
    for method, amount in steps:
        refused = attempt(lambda method=method, amount=amount: getattr(account, method)(amount))
        found.append([refused, account.balance])
    return {"owner": account.owner, "found": found}


def refused_step(m, opening, method, amount, valid):
    """A step that is to be refused, the balance before and after it, and whether one may deposit then."""
    account = m.Account("Ada", opening)
    before = account.balance
    refused = attempt(lambda: getattr(account, method)(amount))
    after = account.balance
    account.deposit(valid)
    return {"refused": refused, "kept": before == after, "more": account.balance}


def two_accounts(m, first, second, amount):
    """Two accounts, one of which gets something."""
    accounts = [m.Account("Ada", first), m.Account("Bob", second)]
    accounts[0].deposit(amount)
    return [[account.owner, account.balance] for account in accounts]


def valid_amounts(m, amounts):
    return [m.Account.is_valid_amount(amount) for amount in amounts]


def valid_for_an_account(m, amounts):
    """Asked of an account, and of one of a subclass, instead of the class."""

    class Savings(m.Account):
        pass

    accounts = [m.Account("Ada", 5), Savings("Bob")]
    return [[account.is_valid_amount(amount) for amount in amounts] for account in accounts]


def opening(m, balance, valid):
    return {"refused": attempt(lambda: m.Account("Ada", balance).balance), "valid": m.Account("Ada", valid).balance}


def openings(m, balance):
    """Ways to open an account."""
    return [
        m.Account(owner="Ada", balance=balance).balance,
        m.Account("Ada", 0).balance,
        m.Account("Ada", 0.0).balance,
        m.Account("Ada").balance,
    ]


def assigned_balance(m, balance, value):
    account = m.Account("Ada", balance)
    refused = attempt(lambda: setattr(account, "balance", value))
    return {"refused": refused, "balance": account.balance}


def from_dict(m, data):
    account = m.Account.from_dict(data)
    return [account.owner, account.balance]


def from_dict_twice(m, data):
    """Whether the dictionary is what it was; the balances of two accounts that are made of it, one of which gets something."""
    before = dict(data)
    first, second = m.Account.from_dict(data), m.Account.from_dict(data)
    first.deposit(1)
    return {"changed": data != before, "apart": first.balance > second.balance}


def from_dict_of_a_class(m, data):
    """Accounts of the class itself, and of a subclass with a constructor of its own."""

    class Savings(m.Account):
        def __init__(self, owner, balance=0.0):
            super().__init__(owner, balance)
            self.log = [owner]

    plain, savings = m.Account.from_dict(data), Savings.from_dict(data)
    return {
        "kinds": [type(plain) is m.Account, type(savings) is Savings],
        "log": getattr(savings, "log", None),
        "owners": [plain.owner, savings.owner],
    }


def from_wrong_dict(m, data):
    refused, valid = attempt(lambda: m.Account.from_dict(data).balance), m.Account.from_dict({"balance": 2, "owner": "Eva"})
    return {"refused": refused, "valid": valid.owner}


# ------------------------------------------------------------------------------------------------ vector


def entries(m, xs):
    v = m.Vector(*xs)
    return {"entries": list(v), "again": list(v), "floats": [isinstance(x, float) for x in v], "v": [isinstance(v, m.Vector), len(v)]}


def two_walks(m, xs):
    """Two walks through the same vector at the same time."""
    v = m.Vector(*xs)
    return [[a, b] for a in v for b in v]


def seen(m, v):
    return {"vector": isinstance(v, m.Vector), "entries": list(v)}


def applied(m, sign, a, b):
    """u and v joined by an operator, in both orders; another pair of equal lengths between them."""
    u, v = m.Vector(*a), m.Vector(*b)
    first = OPERATORS[sign](u, v)
    second = OPERATORS[sign](v, u)
    if sign == "@":
        return {"u, v": first, "v, u": second, "floats": isinstance(first, float)}
    return {"u, v": seen(m, first), "v, u": seen(m, second), "floats": all(isinstance(x, float) for x in first)}


def operands(m, sign, a, b):
    """Whether vectors are what they were after an operator; the result is another object."""
    u, v = m.Vector(*a), m.Vector(*b)
    found = OPERATORS[sign](u, v)
    return {"u": seen(m, u), "v": seen(m, v), "new": found is not u and found is not v}


def scaled(m, a, k, left):
    v = m.Vector(*a)
    found = k * v if left else v * k
    return {"result": seen(m, found), "floats": all(isinstance(x, float) for x in found)}


def formula(m, a, b, k):
    u, v = m.Vector(*a), m.Vector(*b)
    return {"vector": list(k * u - v * 2 + u), "number": (u - v) @ (u - v)}


def different_lengths(m, sign, a, b):
    """Two vectors of different lengths joined, and one with itself."""
    u, v = m.Vector(*a), m.Vector(*b)
    OPERATORS[sign](u, u)
    return {"refused": attempt(lambda: seen(m, OPERATORS[sign](u, v)) if sign != "@" else u @ v), "u": seen(m, u)}


def wrong_operand(m, sign, kind, left, a):
    """An operand that the operator does not take, on the right or the left; then one that it takes."""
    other = {
        "number": 2,
        "float": 1.5,
        "vector": m.Vector(4, 5),
        "string": "a",
        "None": None,
        "list": [1.0, 2.0],
        "tuple": (1.0, 2.0),
        "complex": 1j,
    }[kind]
    v = m.Vector(*a)
    apply = OPERATORS[sign]
    refused = attempt(lambda: ("computed", apply(other, v) if left else apply(v, other))[0])
    apply(v, 3 if sign == "*" else m.Vector(3, 1))
    return {"refused": refused, "v": seen(m, v)}


def stranger(m, sign):
    """Another class that knows vectors, on the right; then one that knows nothing, on the left."""

    class Stranger:
        def answer(self, other):
            return ["the stranger was asked about", list(other)]

        __radd__ = __rsub__ = __rmul__ = __rmatmul__ = answer

    class Silent:
        def decline(self, other):
            return NotImplemented

        __add__ = __sub__ = __mul__ = __matmul__ = __radd__ = __rsub__ = __rmul__ = __rmatmul__ = decline

    v = m.Vector(1.5, -2)
    return {
        "answer": OPERATORS[sign](v, Stranger()),
        "nobody": [
            attempt(lambda: ("computed", OPERATORS[sign](v, Silent()))[0]),
            attempt(lambda: ("computed", OPERATORS[sign](Silent(), v))[0]),
        ],
        "v": seen(m, v),
    }


def equality(m, a, b):
    u, v = m.Vector(*a), m.Vector(*b)
    return {"==": [u == v, v == u], "!=": [u != v, v != u], "self": [u == u, u != u], "u": seen(m, u)}


def equality_with(m, kind):
    """== with something that is no vector: it is asked, and may say yes."""

    class Agrees:
        def __eq__(self, other):
            return "asked"

        __hash__ = None

    other = {"tuple": (1.0, 2.0), "list": [1.0, 2.0], "number": 1.0, "None": None, "string": "Vector(1.0, 2.0)", "agrees": Agrees()}[kind]
    v = m.Vector(1, 2)
    return {"answer": v == other, "turned round": other == v, "v": seen(m, v)}


def hashes(m, a, same, b):
    """Whether two ways to write equal vectors have one hash, each time that it is asked, and how many entries there are."""
    u, v, w = m.Vector(*a), m.Vector(*same), m.Vector(*b)
    return {"hashes": hash(u) == hash(v) == hash(u), "w": [isinstance(hash(w), int), seen(m, w)]}


def members(m, a, b):
    """Equal vectors and another one as members of sets and keys of dictionaries."""
    u, same, other = m.Vector(*a), m.Vector(*a), m.Vector(*b)
    names = {u: "first"}
    names[same] = "second"
    names[other] = "other"
    return {
        "u": seen(m, u),
        "members": len({u, same, other, m.Vector(*b)}),
        "found": [m.Vector(*a) in {u}, m.Vector(*b) in {u}],
        "names": [len(names), names[m.Vector(*a)], names[m.Vector(*b)]],
    }


def evaluated(m, xs):
    text = repr(m.Vector(*xs))
    again = eval(text, {"Vector": m.Vector})
    return {"string": isinstance(text, str), "entries": list(again), "vector": isinstance(again, m.Vector)}


def item_assignment(m, xs):
    v = m.Vector(*xs)
    return {"refused": attempt(lambda: operator.setitem(v, 0, 1.0)), "v": seen(m, v)}


def in_place(m, sign, a, b):
    """What another name for a vector finds after v += w or one of its like."""
    v, other = m.Vector(*a), m.Vector(*b)
    kept = v
    if sign == "+":
        v += other
    elif sign == "-":
        v -= other
    else:
        v *= 2
    return {"kept": seen(m, kept), "new": v is not kept and isinstance(v, m.Vector)}


# ------------------------------------------------------------------------------------------------ layers


def forward(m, kind, number, xs):
    """What a layer makes of several lists, one after the other."""
    found = getattr(m, kind)(number)
    return [found.forward(x) for x in xs]


def called(m, plan, x):
    """A layer called, and its forward asked, again and again."""
    found = built(m, plan)
    return {"forward": found.forward(list(x)), "called": [found(list(x)), found(list(x))], "again": found.forward(list(x))}


def kept(m, plan, x, other):
    """Whether the list that was given is what it was, and so is the first result after another one; their lengths."""
    found = built(m, plan)
    given = list(x)
    first = found.forward(given)
    copy = list(first)
    later = found.forward(list(other))
    return {"changed": given != x, "kept": first == copy, "results": [copy, later]}


def is_layer(m, plan, x):
    found = built(m, plan)
    return {"layer": isinstance(found, m.Layer), "result": found.forward(list(x))}


def built(m, plan):
    """A layer from its plan: [kind, number] or ["Compose", plan, plan, ...]."""
    kind, *parts = plan
    return m.Compose(*[built(m, part) for part in parts]) if kind == "Compose" else getattr(m, kind)(*parts)


def composed(m, plan, xs):
    """The forward of a layer from its plan, for several lists one after the other."""
    found = built(m, plan)
    return [found.forward(list(x)) for x in xs]


def recorded(m, numbers, x):
    """Layers of the probe's own inside a Compose: which of them was called, and with what, in the order of the calls."""
    calls = []

    class Recorder(m.Layer):
        def __init__(self, n):
            super().__init__()
            self.n = n

        def forward(self, x):
            calls.append([self.n, list(x)])
            return [10 * value + self.n for value in x]

    found = m.Compose(*[Recorder(n) for n in numbers])
    nothing_yet = len(calls)
    return {"before": nothing_yet, "result": found.forward(list(x)), "calls": calls}


def longer(m, x, factor, offset):
    """A layer that gives more numbers than it gets, behind and before others."""

    class Repeat(m.Layer):
        def forward(self, x):
            return [*x, *x]

    behind, before = m.Compose(m.Scale(factor), Repeat()), m.Compose(Repeat(), m.Shift(offset))
    return {"behind": behind.forward(list(x)), "before": before.forward(list(x))}


def identity(m, x, factor):
    """Compose() alone, inside another, and beside layers that do something."""
    return {
        "alone": list(m.Compose().forward(list(x))),
        "inside": m.Compose(m.Compose(), m.Scale(factor), m.Compose()).forward(list(x)),
    }


def layer_promise(m, x):
    """Layer itself and a subclass without forward; subclasses with it."""

    class Empty(m.Layer):
        pass

    class Backwards(m.Layer):
        def forward(self, x):
            return x[::-1]

    return {
        "refused": [attempt(lambda: (m.Layer(), "made")[1]), attempt(lambda: (Empty(), "made")[1])],
        "valid": Backwards().forward(list(x)),
        "scaled": m.Scale(-2.0).forward(list(x)),
    }


def own_layers(m, x):
    """Subclasses, one of Layer itself and one of Scale, with constructors of their own: called."""

    class Backwards(m.Layer):
        def __init__(self, steps):
            super().__init__()
            self.steps = steps

        def forward(self, x):
            return x[::-1]

    class Tripled(m.Scale):
        def __init__(self):
            super().__init__(2.0)

        def forward(self, x):
            return [3 * value for value in x]

    return [Backwards(1)(list(x)), Tripled()(list(x))]


def two_of_a_kind(m, numbers, x):
    """Layers that exist at the same time keep their own numbers."""
    scales, shifts = [m.Scale(n) for n in numbers], [m.Shift(n) for n in numbers]
    both = m.Compose(scales[0], shifts[1]), m.Compose(shifts[0])
    return [found.forward(list(x)) for found in (*scales, *shifts, *both, scales[0])]


# ------------------------------------------------------------------------------------------------ module_tree


def module(m, parts):
    """A module with these attributes: a dict becomes a module, a number a parameter, anything else stays as it is."""

    class Part(m.Module):
        def __init__(self):
            super().__init__()
            for name, part in parts.items():
                setattr(self, name, module(m, part) if isinstance(part, dict) else m.Parameter(part) if isinstance(part, float) else part)

    return Part()


def listed(found):
    """Names and values, in the order of the names."""
    return sorted([name, parameter.value] for name, parameter in found.named_parameters())


def tree(m, parts):
    return listed(module(m, parts))


def tree_twice(m, parts):
    """The list is the caller's: the first one is emptied, and kept while the tree changes."""
    found = module(m, parts)
    first = found.named_parameters()
    is_list = isinstance(first, list)
    kept = found.named_parameters()
    first.clear()
    again = listed(found)
    found.late = m.Parameter(0.0)
    return {"list": is_list, "again": again, "kept": sorted(name for name, _ in kept)}


def two_trees(m, parts, others):
    found = [module(m, parts), module(m, others)]
    return [[name for name, _ in listed(each)] for each in found]


def deep(m, depth, value):
    """Names and values down a chain of modules."""
    parts = {"last": value}
    for level in range(depth):
        parts = {"inner": parts, f"own{level}": float(level)}
    return listed(module(m, parts))


def deep_modes(m, depth):
    """The modes down a chain of modules, after each of two calls at its top."""
    parts = {"last": 1.5}
    for _ in range(depth):
        parts = {"inner": parts}
    chain = [module(m, parts)]
    for _ in range(depth):
        chain.append(chain[-1].inner)
    states = []
    for mode in (True, False):
        chain[0].train(mode)
        states.append([each.training for each in chain])
    return states


def same_objects(m, value, other):
    """A value that is changed through the list is changed in the module, and the other way round."""
    found = module(m, {"weight": 1.0, "bias": 2.0})
    named = dict(found.named_parameters())
    named["bias"].value = value
    found.weight.value = other
    return {"same": [named["weight"] is found.weight, named["bias"] is found.bias], "values": [named["weight"].value, found.bias.value]}


def parameter(m, value, other):
    first, second = m.Parameter(value), m.Parameter(value)
    found = [first.value]
    first.value = other
    return [*found, first.value, second.value, isinstance(first, m.Parameter)]


def changing(m):
    """The names that are found after each change of the attributes."""
    found = module(m, {"first": 1.0, "part": {"second": 2.0}})
    states = [listed(found)]
    found.third = m.Parameter(3.0)
    states.append(listed(found))
    found.part.inner = module(m, {"fourth": 4.0})
    states.append(listed(found))
    found.first = m.Parameter(5.0)
    states.append(listed(found))
    found.part = module(m, {"sixth": 6.0})
    states.append(listed(found))
    del found.third
    states.append(listed(found))
    found.part = None
    states.append(listed(found))
    return states


def passed_over(m):
    """Attributes that are neither parameters nor modules."""
    found = module(m, {"weight": 1.0, "text": "weight", "number": 3, "nothing": None, "flag": True})
    found.numbers = [1.0, 2.0]
    found.parameters_in_a_list = [m.Parameter(2.0)]
    found.modules_in_a_list = [module(m, {"hidden": 3.0})]
    return listed(found)


def lists_keep_their_mode(m):
    """A module in a list is none of the modules inside; one in an attribute is."""
    found = module(m, {"part": {}})
    found.modules_in_a_list = [module(m, {"hidden": 3.0})]
    found.train(False)
    return [found.modules_in_a_list[0].training, found.part.training]


def private(m, value):
    """Attributes with an underscore, one or two, as a class writes them."""

    class Inner(m.Module):
        def __init__(self):
            super().__init__()
            self._weight = m.Parameter(value)

    class Outer(m.Module):
        def __init__(self):
            super().__init__()
            self._part = Inner()
            self.__own = m.Parameter(-value)

    found = Outer()
    found.train(False)
    return {"listed": listed(found), "mode": found._part.training}


def constructed(m, width, value):
    """Modules whose constructors take arguments, and a class between theirs and Module."""

    class Layer(m.Module):
        def __init__(self, value):
            super().__init__()
            self.weight = m.Parameter(value)

    class Biased(Layer):
        def __init__(self, value, bias):
            super().__init__(value)
            self.bias = m.Parameter(bias)

    class Network(m.Module):
        def __init__(self, width):
            super().__init__()
            for n in range(width):
                setattr(self, f"layer{n}", Biased(value + n, 0.5 * n))

    return listed(Network(width))


def modes(m, orders):
    """The modes of a tree of four modules after each order (which module, mode), and those of another tree."""
    root = module(m, {"left": {"inner": {"w": 1.0}}, "w": 2.0, "right": {}})
    other = module(m, {"left": {"w": 1.0}})
    modules = {"root": root, "left": root.left, "inner": root.left.inner, "right": root.right}
    states = []
    for which, mode in orders:
        modules[which].train(mode)
        states.append([each.training for each in modules.values()])
    return {"states": states, "other": [other.training, other.left.training]}


def own_mode(m, modes):
    """The mode of a module without others inside, at first and after each of several calls."""
    found = module(m, {"w": 1.0})
    states = [found.training]
    for mode in modes:
        found.train(mode)
        states.append(found.training)
    return states


def late_child(m):
    """A module that is assigned after train(False) begins in training, and hears the next call."""
    root = module(m, {"w": 1.0})
    root.train(False)
    root.late = module(m, {"v": 2.0})
    found = [root.late.training]
    root.train(False)
    return [*found, root.late.training]
