# One famous mistake: a class that writes __eq__ and no __hash__; cells of her own, with a magic

# %%
%matplotlib inline
import time

started = time.time()

# %% nbgrader={"grade_id": "dog_answer"}
class Dog:
    species = "Canis familiaris"

    def __init__(self, name: str, age: int) -> None:
        self.name = name
        self.age = age
        self.tricks = []

    def bark(self) -> str:
        return f"{self.name} says woof"

    def birthday(self) -> None:
        self.age = self.age + 1

    def add_trick(self, trick: str) -> None:
        self.tricks.append(trick)

# %% nbgrader={"grade_id": "person_answer"}
class Person:
    def __init__(self, name: str, age: int) -> None:
        self.name = name
        self.age = age

    @property
    def name(self):
        return self._name

    @name.setter
    def name(self, new):
        if not isinstance(new, str):
            raise TypeError("a name has to be a string")
        if new.strip() == "":
            raise ValueError("a name has to have letters")
        self._name = new

    @property
    def age(self):
        return self._age

    @age.setter
    def age(self, new):
        if not isinstance(new, int) or isinstance(new, bool):
            raise TypeError("an age has to be an int")
        if new < 0:
            raise ValueError("an age cannot be negative")
        self._age = new

# %%
!date
print(Person("Hana", 24).age)

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

    def eat(self, food: str) -> str:
        return f"{super().eat(food)} and purrs"

    def speak(self) -> str:
        return "Meow"

# %% nbgrader={"grade_id": "vector_answer"}
class Vector:
    def __init__(self, *xs: float) -> None:
        self.xs = tuple(float(x) for x in xs)

    def __iter__(self):
        return iter(self.xs)

    def __len__(self) -> int:
        return len(self.xs)

    def __repr__(self) -> str:
        return f"Vector{self.xs}"

    def __add__(self, other):
        if not isinstance(other, Vector):
            return NotImplemented
        return Vector(*(a + b for a, b in zip(self.xs, other.xs, strict=True)))

    def __sub__(self, other):
        if not isinstance(other, Vector):
            return NotImplemented
        return self + (-1) * other

    def __mul__(self, k):
        if not isinstance(k, (int, float)):
            return NotImplemented
        return Vector(*(k * a for a in self.xs))

    __rmul__ = __mul__

    def __matmul__(self, other):
        if not isinstance(other, Vector):
            return NotImplemented
        return sum(a * b for a, b in zip(self.xs, other.xs, strict=True))

    def __eq__(self, other):
        if not isinstance(other, Vector):
            return NotImplemented
        return self.xs == other.xs

# %%
print(time.time() - started, "seconds so far")
