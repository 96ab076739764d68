"""Questions about `python_oop`. All that a submission ever sees of its hidden tests."""

import inspect
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
    return {"name": found.name, "age": found.age, "says": found.bark(), "tricks": list(found.tricks)}


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


def species(m):
    """The species of the class, of a dog, of a dog that was given another one, of dogs after that, and of a subclass."""

    class Wolf(m.Dog):
        species = "Canis lupus"

    class Mutant(m.Dog):
        """A dog of this class can hold what it likes, whatever a Dog allows."""

    rex = Mutant("Rex", 3)
    found = [m.Dog.species, m.Dog("Max", 2).species, rex.species]
    rex.species = "Canis mirabilis"
    return {"found": [*found, rex.species, m.Dog("Fido", 1).species, m.Dog.species, Wolf("Akela", 5).species], "says": rex.bark()}


def tricks(m, number, lessons):
    """The tricks of several dogs after lessons (place of the dog, trick), and those of a dog that is born afterwards."""
    dogs = [m.Dog(f"dog {n}", n) for n in range(number)]
    given = [dogs[n].add_trick(trick) for n, trick in lessons]
    return {"known": [list(found.tricks) for found in dogs], "born later": list(m.Dog("Kim", 0).tricks), "given": given}


# ------------------------------------------------------------------------------------------------ person


def person(m, name, age):
    found = m.Person(name, age)
    return {"name": found.name, "age": found.age}


def person_by_keyword(m, name, age):
    found = m.Person(age=age, name=name)
    return {"name": found.name, "age": found.age}


def reassigned(m, changes):
    """Name and age after each of several valid assignments (attribute, value), and those of another person at the end."""
    other, found = m.Person("Grace", 85), m.Person("Ada", 36)
    states = []
    for attribute, value in changes:
        setattr(found, attribute, value)
        states.append([found.name, found.age])
    return {"states": states, "other": [other.name, other.age]}


def unborn(m, name, age):
    """What a constructor does with values that are wrong, and with right ones."""
    return {"refused": attempt(lambda: person(m, name, age)), "valid": person(m, "Grace", 85)}


def refused_assignment(m, attribute, value):
    """A refused assignment, what is there afterwards, and a valid one."""
    found = m.Person("Grace", 85)
    refused = attempt(lambda: setattr(found, attribute, value))
    kept = [found.name, found.age]
    found.name, found.age = "Grace Hopper", 0
    return {"refused": refused, "kept": kept, "after": [found.name, found.age]}


def gates(m):
    """Whether name and age are properties that can be read and assigned, and whether persons share anything."""
    kinds = [type(inspect.getattr_static(m.Person, name, None)) for name in ("name", "age")]
    ada, grace = m.Person("Ada", 36), m.Person("Grace", 85)
    ada.age = 37
    return {
        "gates": [hasattr(kind, "__get__") and hasattr(kind, "__set__") for kind in kinds],
        "ages": [ada.age, grace.age],
        "refused": attempt(lambda: setattr(ada, "age", -1)),
    }


# ------------------------------------------------------------------------------------------------ animal_cat


def animal(m, name, food):
    found = m.Animal(name)
    return {"name": found.name, "eats": found.eat(food), "says": found.speak()}


def cat(m, name, colour, food):
    found = m.Cat(name, colour)
    return {
        "name": found.name,
        "colour": found.colour,
        "eats": found.eat(food),
        "says": found.speak(),
        "is an animal": isinstance(found, m.Animal),
    }


def herd(m, names):
    """Animals and cats by turns, asked in the same way, after one of them got another name."""
    animals = [m.Cat(name, "red") if n % 2 else m.Animal(name) for n, name in enumerate(names)]
    animals[0].name, animals[1].name = "Zoe", "Zack"
    return {
        "said": [[found.speak(), found.eat("hay")] for found in animals],
        "is a cat": [isinstance(found, m.Cat) for found in animals],
    }


def class_between(m, name, colour, food):
    """A cat with a class between Cat and Animal in its MRO, which changes what is eaten, said and stored."""

    class Guest(m.Animal):
        def __init__(self, name):
            super().__init__(f"{name} the guest")
            self.invited = True

        def eat(self, food):
            return super().eat(f"some {food}") + " politely"

    class CatGuest(m.Cat, Guest):
        pass

    found = CatGuest(name, colour)
    return {"name": found.name, "colour": found.colour, "invited": getattr(found, "invited", False), "eats": found.eat(food)}


def child_of_cat(m, name, colour, food):
    """A child that extends what a cat does."""

    class Kitten(m.Cat):
        def eat(self, food):
            return super().eat(food) + " a little"

        def speak(self):
            return super().speak().lower()

    found = Kitten(name, colour)
    return {"name": found.name, "eats": found.eat(food), "says": found.speak()}


# ------------------------------------------------------------------------------------------------ shapes


def shape(m, kind, sizes, names):
    found = getattr(m, kind)(*sizes)
    return {
        "area": found.area(),
        "perimeter": found.perimeter(),
        "sizes": [getattr(found, name) for name in names],
        "is a shape": isinstance(found, m.Shape),
    }


def all_shapes(m, kinds):
    """Areas and perimeters of several shapes that exist at the same time."""
    shapes = [getattr(m, kind)(*sizes) for kind, sizes in kinds]
    return [[found.area(), found.perimeter()] for found in shapes]


def no_shape(m, kind, sizes, valid):
    return {"refused": attempt(lambda: getattr(m, kind)(*sizes).area()), "valid": getattr(m, kind)(*valid).area()}


def fixed_size(m, kind, sizes, name):
    """An attempt to change a size, and the shape afterwards."""
    found = getattr(m, kind)(*sizes)
    refused = attempt(lambda: setattr(found, name, 9.5))
    return {"refused": refused, "size": getattr(found, name), "area": found.area(), "perimeter": found.perimeter()}


def promises(m):
    """Shape itself, subclasses that keep one promise, and one that keeps both."""
    area, perimeter = {"area": lambda self: 3.0}, {"perimeter": lambda self: 7.0}

    def made(base, body):
        return attempt(lambda: (type("Part", (base,), body)(), "made")[1])

    both = type("Both", (m.Shape,), area | perimeter)()
    return {
        "refused": [attempt(lambda: (m.Shape(), "made")[1]), made(m.Shape, area), made(m.Shape, perimeter)],
        "both": [both.area(), both.perimeter()],
        "circle": m.Circle(1.5).area(),
        "square": m.Square(1.5).perimeter(),
    }


def square_as_rectangle(m, side):
    found = m.Square(side)

    def doubled(rectangle):
        return m.Rectangle(2 * rectangle.w, rectangle.h).area()

    return {
        "is a rectangle": [isinstance(found, m.Rectangle), issubclass(m.Square, m.Rectangle), issubclass(m.Rectangle, m.Shape)],
        "is no square": isinstance(m.Rectangle(side, side), m.Square),
        "doubled": doubled(found),
        "area": found.area(),
    }


# ------------------------------------------------------------------------------------------------ account


def history(m, opening, steps):
    """The balance after each step (method, amount), and what the step raised; opening: a list of no or one balance."""
    account = m.Account("Ada", *opening)
    other = m.Account("Bob", 7.5)
    states = [account.balance]
    outcomes = []
    for method, amount in steps:
        outcomes.append(attempt(lambda method=method, amount=amount: getattr(account, method)(amount)))
        states.append(account.balance)
    return {"owner": account.owner, "states": states, "outcomes": outcomes, "other": [other.owner, other.balance]}


def valid_amounts(m, amounts):
    """Asked of the class, and of an account."""
    account = m.Account("Ada", 5)
    return {
        "class": [m.Account.is_valid_amount(amount) for amount in amounts],
        "account": [account.is_valid_amount(amount) for amount in amounts],
    }


def opening(m, balance):
    return {
        "refused": attempt(lambda: m.Account("Ada", balance).balance),
        "valid": [m.Account("Ada", 3).balance, m.Account("Ada", balance=0).balance, m.Account(owner="Ada").balance],
    }


def assigned_balance(m):
    account = m.Account("Ada", 20)
    refused = attempt(lambda: setattr(account, "balance", 1000))
    account.deposit(5)
    return {"refused": refused, "balance": account.balance}


def from_dict(m, data):
    class Savings(m.Account):
        rate = 0.5

    before = dict(data)
    plain, savings = m.Account.from_dict(data), Savings.from_dict(data)
    savings.deposit(1.5)
    return {
        "kinds": [type(plain) is m.Account, type(savings) is Savings],
        "owners": [plain.owner, savings.owner],
        "balances": [plain.balance, savings.balance],
        "changed": data != before,
    }


def from_wrong_dict(m, data):
    refused, valid = attempt(lambda: m.Account.from_dict(data).balance), m.Account.from_dict({"balance": 2, "owner": "Eva"})
    return {"refused": refused, "valid": [valid.owner, valid.balance]}


# ------------------------------------------------------------------------------------------------ vector


def entries(m, xs):
    v = m.Vector(*xs)
    return {"entries": list(v), "again": list(v), "floats": [isinstance(x, float) for x in v], "length": len(v)}


def two_walks(m, xs):
    """Two walks through the same vector at the same time."""
    v = m.Vector(*xs)
    return [[a, b] for a in v for b in v]


def seen(m, v):
    return {"vector": isinstance(v, m.Vector), "entries": list(v)}


def sums(m, a, b):
    u, v = m.Vector(*a), m.Vector(*b)
    return {
        "u + v": seen(m, u + v),
        "u - v": seen(m, u - v),
        "v - u": seen(m, v - u),
        "changed": [list(u) != list(map(float, a)), list(v) != list(map(float, b))],
    }


def scaled(m, a, k):
    v = m.Vector(*a)
    return {
        "k * v": seen(m, k * v),
        "v * k": seen(m, v * k),
        "floats": all(isinstance(x, float) for x in k * v),
        "changed": list(v) != list(map(float, a)),
    }


def dot(m, a, b):
    u, v = m.Vector(*a), m.Vector(*b)
    return {"u @ v": u @ v, "v @ u": v @ u, "float": isinstance(u @ v, float)}


def formula(m, a, b, k):
    u, v = m.Vector(*a), m.Vector(*b)
    return {"vector": list(k * u - v * 2 + u), "number": (u - v) @ (u - v)}


def different_lengths(m, sign, a, b):
    u, v = m.Vector(*a), m.Vector(*b)
    found = OPERATORS[sign](u, u)
    return {
        "refused": attempt(lambda: seen(m, OPERATORS[sign](u, v)) if sign != "@" else u @ v),
        "valid": found if sign == "@" else list(found),
        "operands": [list(u), list(v)],
    }


def wrong_operand(m, sign, kind, left):
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
    v = m.Vector(1, -2)
    apply = OPERATORS[sign]
    refused = attempt(lambda: ("computed", apply(other, v) if left else apply(v, other))[0])
    valid = apply(v, 3) if sign == "*" else apply(v, m.Vector(3, 1))
    return {"refused": refused, "valid": valid if sign == "@" else list(valid), "operand": list(v)}


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
        "valid": list(v * 2),
    }


def equality(m, a, b):
    u, v = m.Vector(*a), m.Vector(*b)
    return {"==": [u == v, v == u], "!=": [u != v, v != u], "self": [u == u, u != u], "members": len({u, v}), "u": seen(m, u)}


def equality_with(m, kind):
    """== with something that is no vector: it is asked, and may say yes."""

    class Agrees:
        def __eq__(self, other):
            return "asked"

        __hash__ = None

    other = {"tuple": (1.0, 2.0), "list": [1.0, 2.0], "number": 1.0, "None": None, "string": "Vector(1.0, 2.0)", "agrees": Agrees()}[kind]
    v = m.Vector(1, 2)
    return {"answer": v == other, "turned round": other == v, "valid": v == m.Vector(1, 2), "v": seen(m, v)}


def hashes(m, a, b):
    """Equal vectors as members of sets and keys of dictionaries."""
    u, same, other = m.Vector(*a), m.Vector(*a), m.Vector(*b)
    names = {u: "first"}
    names[same] = "second"
    names[other] = "other"
    return {
        "u": seen(m, u),
        "hashes": hash(u) == hash(same),
        "twice": hash(u) == hash(u),
        "members": len({u, same, other, m.Vector(*b)}),
        "found": [m.Vector(*a) in {u}, m.Vector(*b) in {u}],
        "names": [len(names), names[m.Vector(*a)], names[m.Vector(*b)]],
    }


def same_hash(m, a, b):
    """Two ways to write equal vectors."""
    u, v = m.Vector(*a), m.Vector(*b)
    return {"equal": u == v, "hashes": hash(u) == hash(v), "entries": list(v)}


def evaluated(m, xs):
    v = m.Vector(*xs)
    text = repr(v)
    again = eval(text, {"Vector": m.Vector})
    return {"string": isinstance(text, str), "equal": again == v, "entries": list(again), "vector": isinstance(again, m.Vector)}


def item_assignment(m, xs):
    v = m.Vector(*xs)
    return {"refused": attempt(lambda: operator.setitem(v, 0, 1.0)), "entries": list(v), "doubled": list(2 * v)}


def in_place(m, a, b):
    """+= and its like give a new vector; another name for the old one still finds the old entries."""
    v, other = m.Vector(*a), m.Vector(*b)
    kept = v
    before = hash(kept)
    v += other
    v *= 2
    v -= other
    return {"result": list(v), "changed": list(kept) != list(map(float, a)), "same hash": hash(kept) == before}


# ------------------------------------------------------------------------------------------------ layers


def layer(m, kind, number, x):
    found = getattr(m, kind)(number)
    before = list(x)
    return {
        "forward": found.forward(x),
        "called": found(x),
        "again": found(x),
        "is a layer": isinstance(found, m.Layer),
        "changed": x != before,
    }


def built(m, plan):
    """A layer from its plan: [kind, number] or ["Compose", plan, plan, ...]."""
    kind, *parts = plan
    return m.Compose(*[built(m, part) for part in parts]) if kind == "Compose" else getattr(m, kind)(*parts)


def composed(m, plan, x):
    found = built(m, plan)
    before = list(x)
    return {
        "forward": found.forward(x),
        "called": found(x),
        "again": found(x),
        "is a layer": isinstance(found, m.Layer),
        "changed": x != before,
    }


def recorded(m, number, x):
    """Layers of the probe's own inside a Compose: what each of them was given, in the order of the calls."""
    calls = []

    class Recorder(m.Layer):
        def __init__(self, n):
            self.n = n

        def forward(self, x):
            calls.append([self.n, list(x)])
            return [10 * value + self.n for value in x]

    found = m.Compose(*[Recorder(n) for n in range(1, number + 1)])
    nothing_yet = len(calls)
    return {"before": nothing_yet, "result": found(x), "calls": calls}


def longer(m, x):
    """A layer that gives more numbers than it gets, behind and before others."""

    class Repeat(m.Layer):
        def forward(self, x):
            return [*x, *x]

    return {"behind": m.Compose(m.Scale(2.0), Repeat())(x), "before": m.Compose(Repeat(), m.Shift(1.0))(x)}


def identity(m, x):
    """Compose() alone, inside another, and beside layers that do something."""
    before = list(x)
    return {
        "alone": m.Compose()(x),
        "inside": m.Compose(m.Compose(), m.Scale(3.0), m.Compose())(x),
        "forward": m.Compose().forward(x),
        "changed": x != before,
    }


def layer_promise(m, x):
    """Layer itself and a subclass without forward are refused; a subclass with it can be called."""

    class Empty(m.Layer):
        pass

    class Backwards(m.Layer):
        def forward(self, x):
            return x[::-1]

    class Tripled(m.Scale):
        def forward(self, x):
            return [3 * value for value in super().forward(x)]

    return {
        "refused": [attempt(lambda: (m.Layer(), "made")[1]), attempt(lambda: (Empty(), "made")[1])],
        "called": Backwards()(x),
        "extended": Tripled(2.0)(x),
        "parents": [issubclass(kind, m.Layer) for kind in (m.Scale, m.Shift, m.Compose)],
    }


def two_of_a_kind(m, x):
    """Layers that exist at the same time keep their own numbers."""
    first, second = m.Scale(2.0), m.Scale(-3.0)
    third, fourth = m.Shift(1.0), m.Shift(0.25)
    both, one = m.Compose(first, third), m.Compose(fourth)
    return [first(x), second(x), third(x), fourth(x), both(x), one(x), first(x)]


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


def parameter(m, value, other):
    first, second = m.Parameter(value), m.Parameter(value)
    found = [first.value]
    first.value = other
    return [*found, first.value, second.value]


def tree(m, parts):
    found = module(m, parts)
    pairs = found.named_parameters()
    return {
        "listed": listed(found),
        "list": isinstance(pairs, list),
        "parameters": [isinstance(each, m.Parameter) for _, each in pairs],
        "again": listed(found),
    }


def deep(m, depth):
    parts = {"last": 1.5}
    for level in range(depth):
        parts = {"inner": parts, f"own{level}": float(level)}
    found = module(m, parts)
    found.train(False)
    modes, inner = [], found
    for _ in range(depth):
        modes.append(inner.training)
        inner = inner.inner
    return {"listed": listed(found), "modes": [*modes, inner.training]}


def same_objects(m):
    """A value that is changed through the list is changed in the module, and the other way round."""
    found = module(m, {"weight": 1.0, "part": {"bias": 2.0}})
    named = dict(found.named_parameters())
    named["part.bias"].value = -7.0
    found.weight.value = 4.5
    return {
        "same": [named["weight"] is found.weight, named["part.bias"] is found.part.bias],
        "values": [named["weight"].value, found.part.bias.value],
    }


def changing(m):
    """What is found after each change of the attributes."""
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
    found.train(False)
    return {"listed": listed(found), "modes": [found.training, found.modules_in_a_list[0].training]}


def modes(m, orders):
    """The modes of a tree of four modules after each order (which module, mode), and those of another tree."""
    root = module(m, {"left": {"inner": {"w": 1.0}}, "w": 2.0, "right": {}})
    other = module(m, {"left": {"w": 1.0}})
    modules = {"root": root, "left": root.left, "inner": root.left.inner, "right": root.right}
    states = [[each.training for each in modules.values()]]
    for which, mode in orders:
        modules[which].train(mode)
        states.append([each.training for each in modules.values()])
    return {"states": states, "other": [other.training, other.left.training], "listed": listed(root)}


def late_child(m):
    """A module that is assigned after train(False) begins in training, and hears the next call."""
    root = module(m, {"w": 1.0})
    root.train(False)
    root.late = module(m, {"v": 2.0})
    found = [root.training, root.late.training]
    root.train(False)
    return [*found, root.training, root.late.training, listed(root)]
