"""The reference for a1_python_oop/python_oop: the same API built differently, vectors on NumPy and modules on torch.nn."""

from __future__ import annotations

import math
import numbers
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import reduce
from typing import Any, ClassVar

import numpy as np
import torch

DEVICE: str = globals().get("DEVICE", "cpu")  # where the grader says to compute: "cpu" or "cuda"


@dataclass
class Dog:
    name: str
    age: int
    tricks: list[str] = field(default_factory=list, init=False)
    species: ClassVar[str] = "Canis familiaris"

    def bark(self) -> str:
        return " ".join((self.name, "says", "woof"))

    def birthday(self) -> None:
        object.__setattr__(self, "age", self.age + 1)

    def add_trick(self, trick: str) -> None:
        self.tricks += [trick]


class Checked:
    """A descriptor: an attribute that is checked before it is stored, under its own name, in the instance."""

    def __init__(self, kind: type, allowed: Callable[[Any], bool]) -> None:
        self.kind = kind
        self.allowed = allowed

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object | None, owner: type) -> Any:
        return self if instance is None else instance.__dict__[self.name]

    def __set__(self, instance: object, value: Any) -> None:
        if type(value) is not self.kind:
            raise TypeError(f"{self.name}: {self.kind.__name__} wanted")
        if not self.allowed(value):
            raise ValueError(f"{self.name}: {value!r} is not allowed")
        instance.__dict__[self.name] = value


class Person:
    name = Checked(str, lambda name: name != "" and not name.isspace())
    age = Checked(int, lambda age: age >= 0)

    def __init__(self, name: str, age: int) -> None:
        self.name = name
        self.age = age


@dataclass
class Animal:
    name: str

    def eat(self, food: str) -> str:
        return " eats ".join([self.name, food])

    def speak(self) -> str:
        return 3 * "."


class Cat(Animal):
    def __init__(self, name: str, colour: str) -> None:
        self.colour = colour
        super().__init__(name=name)

    def eat(self, food: str) -> str:
        return " and ".join([super().eat(food), "purrs"])

    def speak(self) -> str:
        return "Meow"


class Shape(ABC):
    @abstractmethod
    def area(self) -> float: ...

    @abstractmethod
    def perimeter(self) -> float: ...


@dataclass(frozen=True)
class Circle(Shape):
    r: float

    def __post_init__(self) -> None:
        if not self.r > 0:
            raise ValueError("r > 0")

    def area(self) -> float:
        return self.perimeter() * self.r / 2

    def perimeter(self) -> float:
        return math.tau * self.r


@dataclass(frozen=True)
class Rectangle(Shape):
    w: float
    h: float

    def __post_init__(self) -> None:
        if min(self.w, self.h) <= 0:
            raise ValueError("w > 0 and h > 0")

    def area(self) -> float:
        return math.prod((self.w, self.h))

    def perimeter(self) -> float:
        return sum((self.w, self.h, self.w, self.h))


@dataclass(frozen=True)
class Square(Rectangle):
    w: float = field(init=False)
    h: float = field(init=False)
    side: float = 0.0

    def __init__(self, side: float) -> None:
        for name in ("w", "h", "side"):
            object.__setattr__(self, name, side)
        self.__post_init__()


class Account:
    def __init__(self, owner: str, balance: float = 0.0) -> None:
        if type(balance) not in (int, float) or not 0 <= balance < math.inf:
            raise ValueError("an opening balance is a finite number, 0 or more")
        self.owner = owner
        self.entries = [balance]

    balance = property(lambda self: math.fsum(self.entries))

    @staticmethod
    def is_valid_amount(amount: object) -> bool:
        if isinstance(amount, bool) or not isinstance(amount, numbers.Real):
            return False
        exact = Decimal(amount)
        return exact.is_finite() and exact > 0

    def _enter(self, sign: int, amount: float) -> None:
        if not self.is_valid_amount(amount) or self.balance + sign * amount < 0:
            raise ValueError("refused")
        self.entries.append(sign * amount)

    def deposit(self, amount: float) -> None:
        self._enter(+1, amount)

    def withdraw(self, amount: float) -> None:
        self._enter(-1, amount)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Account:
        return cls(**{key: data[key] for key in ("owner", "balance") if key in data})


class Vector:
    """A read-only float64 array."""

    __slots__ = ("array",)

    def __init__(self, *xs: float) -> None:
        array = np.array(xs, dtype=np.float64)
        array.setflags(write=False)
        object.__setattr__(self, "array", array)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a vector never changes")

    def __iter__(self) -> Iterator[float]:
        return iter(self.array.tolist())

    def __len__(self) -> int:
        return self.array.size

    def __repr__(self) -> str:
        return f"Vector(*{self.array.tolist()})"

    def _paired(self, other: object, compute: Callable[[np.ndarray, np.ndarray], Any]) -> Any:
        if not isinstance(other, Vector):
            return NotImplemented
        if self.array.shape != other.array.shape:
            raise ValueError(f"lengths {len(self)} and {len(other)}")
        return compute(self.array, other.array)

    def __add__(self, other: object) -> Vector:
        return self._paired(other, lambda a, b: Vector(*np.add(a, b)))

    def __sub__(self, other: object) -> Vector:
        return self._paired(other, lambda a, b: Vector(*np.subtract(a, b)))

    def __matmul__(self, other: object) -> float:
        return self._paired(other, lambda a, b: float(np.einsum("i,i->", a, b)))

    def __mul__(self, k: object) -> Vector:
        return Vector(*np.multiply(self.array, k)) if type(k) in (int, float) else NotImplemented

    __rmul__ = __mul__

    def __eq__(self, other: object) -> bool:
        return np.array_equal(self.array, other.array) if isinstance(other, Vector) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.array + 0.0).tobytes())


class Layer(ABC):
    @abstractmethod
    def forward(self, x: list[float]) -> list[float]: ...

    def __call__(self, x: list[float]) -> list[float]:
        return self.forward(x)


class Affine(Layer):
    """A straight line of each number."""

    def __init__(self, slope: float, intercept: float) -> None:
        self.slope, self.intercept = slope, intercept

    def forward(self, x: list[float]) -> list[float]:
        return np.polyval([self.slope, self.intercept], np.asarray(x, dtype=np.float64)).tolist()


class Scale(Affine):
    def __init__(self, k: float) -> None:
        super().__init__(k, 0.0)


class Shift(Affine):
    def __init__(self, b: float) -> None:
        super().__init__(1.0, b)


class Compose(Layer):
    def __init__(self, *layers: Layer) -> None:
        self.layers = layers

    def forward(self, x: list[float]) -> list[float]:
        return reduce(lambda value, layer: layer.forward(value), self.layers, list(x))


class Parameter(torch.nn.Parameter):
    """A torch parameter whose value reads and writes as Python numbers."""

    def __new__(cls, value: float) -> Parameter:
        return super().__new__(cls, torch.tensor(value, dtype=torch.float64, device=DEVICE))

    @property
    def value(self) -> float:
        return self.detach().tolist()

    @value.setter
    def value(self, value: float) -> None:
        self.data = torch.tensor(value, dtype=torch.float64, device=DEVICE)


class Module(torch.nn.Module):
    """PyTorch's own; its `training` and `train` are as they are."""

    def named_parameters(self) -> list[tuple[str, Parameter]]:  # type: ignore[override]
        return list(super().named_parameters())
