# Everything right

# %%
# I drew the diamond on paper and wrote the MRO next to it. That helped.

# %% nbgrader={"grade_id": "dog_answer"}
class Dog:
    species = "Canis familiaris"

    def __init__(self, name: str, age: int) -> None:
        self.name = name
        self.age = age
        self.tricks = []  # made anew for each dog

    def bark(self) -> str:
        return self.name + " says woof"

    def birthday(self) -> None:
        self.age += 1

    def add_trick(self, trick: str) -> None:
        self.tricks.append(trick)

# %% nbgrader={"grade_id": "person_answer"}
class Person:
    def __init__(self, name: str, age: int) -> None:
        self.name, self.age = name, age

    @property
    def name(self) -> str:
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        if not isinstance(value, str):
            raise TypeError("the name must be a string")
        if not value.strip():
            raise ValueError("the name must not be blank")
        self._name = value

    @property
    def age(self) -> int:
        return self._age

    @age.setter
    def age(self, value: int) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError("the age must be an int")
        if value < 0:
            raise ValueError("the age must not be negative")
        self._age = value

# %% nbgrader={"grade_id": "animal_cat_answer"}
class Animal:
    def __init__(self, name: str) -> None:
        self.name = name

    def eat(self, food: str) -> str:
        return f"{self.name} eats {food}"

    def speak(self) -> str:
        return "..."


class Cat(Animal):
    def __init__(self, name: str, colour: str) -> None:
        super().__init__(name)
        self.colour = colour

    def speak(self) -> str:
        return "Meow"

    def eat(self, food: str) -> str:
        return f"{super().eat(food)} and purrs"

# %% nbgrader={"grade_id": "shapes_answer"}
class Shape(ABC):
    @abstractmethod
    def area(self) -> float:
        """The area, in square units."""

    @abstractmethod
    def perimeter(self) -> float:
        """The length of the outline, in units."""


class Circle(Shape):
    def __init__(self, r: float) -> None:
        if not r > 0:
            raise ValueError("r must be positive")
        self._r = r

    @property
    def r(self) -> float:
        return self._r

    def area(self) -> float:
        return math.pi * self.r**2

    def perimeter(self) -> float:
        return 2 * math.pi * self.r


class Rectangle(Shape):
    def __init__(self, w: float, h: float) -> None:
        if not (w > 0 and h > 0):
            raise ValueError("w and h must be positive")
        self._size = (w, h)

    @property
    def w(self) -> float:
        return self._size[0]

    @property
    def h(self) -> float:
        return self._size[1]

    def area(self) -> float:
        return self.w * self.h

    def perimeter(self) -> float:
        return 2 * (self.w + self.h)


class Square(Rectangle):
    def __init__(self, side: float) -> None:
        super().__init__(side, side)

    @property
    def side(self) -> float:
        return self.w

# %% nbgrader={"grade_id": "account_answer"}
class Account:
    def __init__(self, owner: str, balance: float = 0.0) -> None:
        if isinstance(balance, bool) or not (balance == 0 or Account.is_valid_amount(balance)):
            raise ValueError(f"cannot open with {balance!r}")
        self.owner = owner
        self._balance = balance

    @property
    def balance(self) -> float:
        return self._balance

    @staticmethod
    def is_valid_amount(amount: object) -> bool:
        if isinstance(amount, bool) or not isinstance(amount, (int, float)):
            return False
        return math.isfinite(amount) and amount > 0

    def deposit(self, amount: float) -> None:
        if not Account.is_valid_amount(amount):
            raise ValueError(f"{amount!r} is not an amount")
        self._balance += amount

    def withdraw(self, amount: float) -> None:
        if not Account.is_valid_amount(amount):
            raise ValueError(f"{amount!r} is not an amount")
        if amount > self._balance:
            raise ValueError(f"{self._balance} is not enough for {amount}")
        self._balance -= amount

    @classmethod
    def from_dict(cls, data: dict) -> "Account":
        return cls(data["owner"], data.get("balance", 0))

# %% nbgrader={"grade_id": "vector_answer"}
class Vector:
    def __init__(self, *xs: float) -> None:
        self._xs = tuple(float(x) for x in xs)

    def __iter__(self):
        return iter(self._xs)

    def __len__(self) -> int:
        return len(self._xs)

    def __repr__(self) -> str:
        return "Vector(" + ", ".join(str(x) for x in self._xs) + ")"

    def _together(self, other):
        if len(self) != len(other):
            raise ValueError(f"a vector of {len(self)} entries and one of {len(other)}")
        return zip(self, other)

    def __add__(self, other):
        if not isinstance(other, Vector):
            return NotImplemented
        return Vector(*[a + b for a, b in self._together(other)])

    def __sub__(self, other):
        if not isinstance(other, Vector):
            return NotImplemented
        return Vector(*[a - b for a, b in self._together(other)])

    def __mul__(self, k):
        if not isinstance(k, (int, float)):
            return NotImplemented
        return Vector(*[k * a for a in self])

    def __rmul__(self, k):
        return self.__mul__(k)

    def __matmul__(self, other):
        if not isinstance(other, Vector):
            return NotImplemented
        return float(sum(a * b for a, b in self._together(other)))

    def __eq__(self, other):
        if not isinstance(other, Vector):
            return NotImplemented
        return self._xs == other._xs

    def __hash__(self) -> int:
        return hash(self._xs)

# %% nbgrader={"grade_id": "layers_answer"}
class Layer(ABC):
    def __call__(self, x: list[float]) -> list[float]:
        return self.forward(x)

    @abstractmethod
    def forward(self, x: list[float]) -> list[float]:
        """What the layer makes of x."""


class Scale(Layer):
    def __init__(self, k: float) -> None:
        self.k = k

    def forward(self, x: list[float]) -> list[float]:
        return [self.k * each for each in x]


class Shift(Layer):
    def __init__(self, b: float) -> None:
        self.b = b

    def forward(self, x: list[float]) -> list[float]:
        return [each + self.b for each in x]


class Compose(Layer):
    def __init__(self, *layers: Layer) -> None:
        self.layers = layers

    def forward(self, x: list[float]) -> list[float]:
        result = list(x)
        for layer in self.layers:
            result = layer(result)
        return result

# %% nbgrader={"grade_id": "module_tree_answer"}
class Parameter:
    def __init__(self, value) -> None:
        self.value = value


class Module:
    def __init__(self) -> None:
        self.training = True

    def named_parameters(self) -> list[tuple[str, Parameter]]:
        pairs = []
        for name, part in vars(self).items():
            if isinstance(part, Parameter):
                pairs.append((name, part))
            if isinstance(part, Module):
                for inner, parameter in part.named_parameters():
                    pairs.append((name + "." + inner, parameter))
        return pairs

    def train(self, mode: bool) -> None:
        self.training = mode
        for part in vars(self).values():
            if isinstance(part, Module):
                part.train(mode)
