# Right, in a style of its own: dataclasses and short lines; one slip, a Compose that stops at its first layer

# %% nbgrader={"grade_id": "dog_answer"}
from dataclasses import dataclass, field


@dataclass
class Dog:
    name: str
    age: int
    tricks: list = field(default_factory=list)
    species = "Canis familiaris"

    def bark(self):
        return f"{self.name} says woof"

    def birthday(self):
        self.age += 1

    def add_trick(self, trick):
        self.tricks += [trick]


# %% nbgrader={"grade_id": "person_answer"}
def guarded(slot, kind, good):
    """A property that takes values of one kind, if they are good."""

    def get(self):
        return vars(self)[slot]

    def put(self, value):
        if type(value) is not kind:
            raise TypeError(f"{kind.__name__} wanted, not {value!r}")
        if not good(value):
            raise ValueError(f"{value!r} will not do")
        vars(self)[slot] = value

    return property(get, put)


class Person:
    name = guarded("_name", str, str.strip)
    age = guarded("_age", int, lambda age: age >= 0)

    def __init__(self, name, age):
        self.name, self.age = name, age


# %% nbgrader={"grade_id": "animal_cat_answer"}
@dataclass
class Animal:
    name: str

    def eat(self, food):
        return f"{self.name} eats {food}"

    def speak(self):
        return "..."


class Cat(Animal):
    def __init__(self, name, colour):
        super().__init__(name)
        self.colour = colour

    def eat(self, food):
        return super().eat(food) + " and purrs"

    speak = lambda self: "Meow"


# %% nbgrader={"grade_id": "shapes_answer"}
class Shape(ABC):
    @abstractmethod
    def area(self): ...

    @abstractmethod
    def perimeter(self): ...


@dataclass(frozen=True)
class Circle(Shape):
    r: float

    def __post_init__(self):
        if self.r <= 0:
            raise ValueError("no such circle")

    def area(self):
        return self.r * self.perimeter() / 2

    def perimeter(self):
        return math.tau * self.r


@dataclass(frozen=True)
class Rectangle(Shape):
    w: float
    h: float

    def __post_init__(self):
        if min(self.w, self.h) <= 0:
            raise ValueError("no such rectangle")

    def area(self):
        return self.w * self.h

    def perimeter(self):
        return 2 * (self.w + self.h)


class Square(Rectangle):
    side = property(lambda self: self.w)

    def __init__(self, side):
        super().__init__(side, side)


# %% nbgrader={"grade_id": "account_answer"}
class Account:
    balance = property(lambda self: self._balance)

    def __init__(self, owner, balance=0.0):
        self.owner, self._balance = owner, 0
        if type(balance) not in (int, float) or balance != 0:
            self.deposit(balance)

    @staticmethod
    def is_valid_amount(amount):
        return type(amount) in (int, float) and 0 < amount < math.inf

    def _move(self, amount, sign):
        after = self._balance + sign * amount if self.is_valid_amount(amount) else -1
        if after < 0:
            raise ValueError(f"not with {amount!r}")
        self._balance = after

    def deposit(self, amount):
        self._move(amount, +1)

    def withdraw(self, amount):
        self._move(amount, -1)

    @classmethod
    def from_dict(cls, data):
        return cls(**data)


# %% nbgrader={"grade_id": "vector_answer"}
import operator


class Vector:
    def __init__(self, *xs):
        self._xs = tuple(map(float, xs))

    def __iter__(self):
        return iter(self._xs)

    def __len__(self):
        return len(self._xs)

    def __repr__(self):
        return f"Vector(*{self._xs})"

    def _pairwise(self, other, op):
        if not isinstance(other, Vector):
            return None
        if len(self) != len(other):
            raise ValueError("lengths differ")
        return list(map(op, self, other))

    def __add__(self, other):
        xs = self._pairwise(other, operator.add)
        return NotImplemented if xs is None else Vector(*xs)

    def __sub__(self, other):
        xs = self._pairwise(other, operator.sub)
        return NotImplemented if xs is None else Vector(*xs)

    def __matmul__(self, other):
        xs = self._pairwise(other, operator.mul)
        return NotImplemented if xs is None else math.fsum(xs)

    def __mul__(self, k):
        return Vector(*(k * x for x in self)) if type(k) in (int, float) else NotImplemented

    __rmul__ = __mul__

    def __eq__(self, other):
        return self._xs == other._xs if isinstance(other, Vector) else NotImplemented

    def __hash__(self):
        return hash(self._xs)


# %% nbgrader={"grade_id": "layers_answer"}
class Layer(ABC):
    @abstractmethod
    def forward(self, x): ...

    def __call__(self, x):
        return self.forward(x)


class Scale(Layer):
    def __init__(self, k):
        self.k = k

    def forward(self, x):
        return [self.k * each for each in x]


class Shift(Layer):
    def __init__(self, b):
        self.b = b

    def forward(self, x):
        return [self.b + each for each in x]


class Compose(Layer):
    def __init__(self, *layers):
        self.layers = layers

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
            return x
        return x


# %% nbgrader={"grade_id": "module_tree_answer"}
class Parameter:
    def __init__(self, value):
        self.value = value


class Module:
    def __init__(self):
        self.training = True

    def _children(self):
        return {name: part for name, part in vars(self).items() if isinstance(part, Module)}

    def named_parameters(self):
        own = [(name, part) for name, part in vars(self).items() if isinstance(part, Parameter)]
        return own + [(f"{name}.{inner}", p) for name, child in self._children().items() for inner, p in child.named_parameters()]

    def train(self, mode):
        self.training = mode
        for child in self._children().values():
            child.train(mode)
