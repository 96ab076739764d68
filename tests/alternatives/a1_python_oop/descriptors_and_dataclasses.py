# Dataclasses, descriptors, slots; registries in place of searches.

# %% nbgrader={"grade_id": "dog_answer", "solution": true}
from dataclasses import dataclass, field


@dataclass
class Dog:
    name: str
    age: int
    _tricks: list = field(default_factory=list)
    species = "Canis familiaris"

    @property
    def tricks(self):
        return self._tricks

    def bark(self):
        return self.name + " says woof"

    def birthday(self):
        self.age = self.age + 1

    def add_trick(self, trick):
        self._tricks.extend([trick])


# %% nbgrader={"grade_id": "person_answer", "solution": true}
class Valid:
    def __init__(self, check):
        self.check = check

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner=None):
        return self if instance is None else vars(instance)[self.name]

    def __set__(self, instance, value):
        self.check(value)
        vars(instance)[self.name] = value


def check_name(name):
    if not isinstance(name, str):
        raise TypeError("no string")
    if name == "" or name.isspace():
        raise ValueError("blank")


def check_age(age):
    if type(age) is not int:
        raise TypeError("no int")
    if age < 0:
        raise ValueError("negative")


class Person:
    name = Valid(check_name)
    age = Valid(check_age)

    def __init__(self, name, age):
        self.age = age
        self.name = name


# %% nbgrader={"grade_id": "animal_cat_answer", "solution": true}
from dataclasses import dataclass


@dataclass
class Animal:
    name: str
    sound = "..."

    def eat(self, food):
        return "%s eats %s" % (self.name, food)

    def speak(self):
        return self.sound


class Cat(Animal):
    sound = "Meow"

    def __init__(self, name, colour):
        super().__init__(name)
        self.colour = colour

    def eat(self, food):
        before = super().eat(food)
        return f"{before} and purrs"


# %% nbgrader={"grade_id": "shapes_answer", "solution": true}
from dataclasses import dataclass


class Shape(ABC):
    @abstractmethod
    def area(self): ...

    @abstractmethod
    def perimeter(self): ...


@dataclass(frozen=True)
class Circle(Shape):
    r: float

    def __post_init__(self):
        if not self.r > 0:
            raise ValueError("radius")

    def area(self):
        return math.pi * self.r * self.r

    def perimeter(self):
        return math.tau * self.r


@dataclass(frozen=True)
class Rectangle(Shape):
    w: float
    h: float

    def __post_init__(self):
        if not (self.w > 0 and self.h > 0):
            raise ValueError("width and height")

    def area(self):
        return self.w * self.h

    def perimeter(self):
        return 2 * self.w + 2 * self.h


class Square(Rectangle):
    def __init__(self, side):
        super().__init__(w=side, h=side)

    side = property(lambda self: self.h)


# %% nbgrader={"grade_id": "account_answer", "solution": true}
class Account:
    """Keeps its history, and sums it."""

    def __init__(self, owner, balance=0.0):
        if type(balance) not in (int, float) or not 0 <= balance < float("inf"):
            raise ValueError("opening balance")
        self.owner = owner
        self.__history = (balance,)

    @property
    def balance(self):
        return sum(self.__history)

    @staticmethod
    def is_valid_amount(amount):
        return type(amount) in (int, float) and 0 < amount < float("inf")

    def __book(self, amount, sign):
        if not Account.is_valid_amount(amount):
            raise ValueError("no amount")
        if self.balance + sign * amount < 0:
            raise ValueError("overdraft")
        self.__history += (sign * amount,)

    def deposit(self, amount):
        self.__book(amount, 1)

    def withdraw(self, amount):
        self.__book(amount, -1)

    @classmethod
    def from_dict(cls, data):
        return cls(**data)


# %% nbgrader={"grade_id": "vector_answer", "solution": true}
@dataclass(frozen=True, eq=True, init=False, repr=False)
class Vector:
    """A frozen dataclass: it writes == and the hash itself, for one and the same class."""

    row: tuple

    def __init__(self, *xs):
        object.__setattr__(self, "row", tuple(map(float, xs)))

    def __iter__(self):
        return iter(self.row)

    def __len__(self):
        return len(self.row)

    def __repr__(self):
        return f"Vector(*{self.row!r})"

    def _with(self, other, sign):
        if not isinstance(other, Vector):
            return NotImplemented
        if len(self) != len(other):
            raise ValueError(f"{len(self)} and {len(other)} entries")
        return Vector(*[a + sign * b for a, b in zip(self, other)])

    def __add__(self, other):
        return self._with(other, 1)

    def __sub__(self, other):
        return self._with(other, -1)

    def __mul__(self, k):
        return Vector(*[k * a for a in self]) if type(k) in (int, float) else NotImplemented

    __rmul__ = __mul__

    def __matmul__(self, other):
        if not isinstance(other, Vector):
            return NotImplemented
        if len(self) != len(other):
            raise ValueError("lengths")
        return math.fsum(map(lambda a, b: a * b, self, other))


# %% nbgrader={"grade_id": "layers_answer", "solution": true}
from functools import reduce


class Layer(ABC):
    @abstractmethod
    def forward(self, x): ...

    def __call__(self, x):
        return self.forward(x)


class Each(Layer):
    """Does the same to each number."""

    def __init__(self, function):
        self.function = function

    def forward(self, x):
        return list(map(self.function, x))


class Scale(Each):
    def __init__(self, k):
        super().__init__(lambda value: value * k)


class Shift(Each):
    def __init__(self, b):
        super().__init__(lambda value: b + value)


class Compose(Layer):
    def __init__(self, *layers):
        self.layers = list(layers)

    def forward(self, x):
        return reduce(lambda value, layer: layer.forward(value), self.layers, x)


# %% nbgrader={"grade_id": "module_tree_answer", "solution": true}
class Parameter:
    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value


class Module:
    """Notes parameters and children when they are assigned, as PyTorch does."""

    training = True

    def __init__(self):
        self._noted = {}

    def __setattr__(self, name, part):
        super().__setattr__(name, part)
        if name != "_noted":
            self._noted.pop(name, None)
            if isinstance(part, (Parameter, Module)):
                self._noted[name] = part

    def __delattr__(self, name):
        super().__delattr__(name)
        self._noted.pop(name, None)

    def named_parameters(self):
        own = [(name, part) for name, part in self._noted.items() if isinstance(part, Parameter)]
        children = [(name, part) for name, part in self._noted.items() if isinstance(part, Module)]
        return own + [(name + "." + inner, p) for name, child in children for inner, p in child.named_parameters()]

    def train(self, mode):
        self.training = mode
        for part in self._noted.values():
            if isinstance(part, Module):
                part.train(mode)
