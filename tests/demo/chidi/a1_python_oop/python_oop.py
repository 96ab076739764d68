# Half done: a shared list, half a gate, no hash and no reflected operator, no nested modules

# %% nbgrader={"grade_id": "dog_answer"}
class Dog:
    species = "Canis familiaris"
    tricks = []

    def __init__(self, name, age):
        self.name = name
        self.age = age

    def bark(self):
        return f"{self.name} says woof"

    def birthday(self):
        self.age += 1

    def add_trick(self, trick):
        self.tricks.append(trick)


# %% nbgrader={"grade_id": "person_answer"}
class Person:
    def __init__(self, name, age):
        self._name = name
        self._age = age

    @property
    def name(self):
        return self._name

    @name.setter
    def name(self, value):
        if not isinstance(value, str):
            raise TypeError("name must be a string")
        if value.strip() == "":
            raise ValueError("name must not be blank")
        self._name = value

    @property
    def age(self):
        return self._age

    @age.setter
    def age(self, value):
        if not isinstance(value, int):
            raise TypeError("age must be an int")
        if value < 0:
            raise ValueError("age must not be negative")
        self._age = value


# %% nbgrader={"grade_id": "animal_cat_answer"}
class Animal:
    def __init__(self, name):
        self.name = name

    def eat(self, food):
        print(f"{self.name} eats {food}")

    def speak(self):
        return "..."


class Cat(Animal):
    def __init__(self, name, colour):
        self.name = name
        self.colour = colour

    def eat(self, food):
        return f"{self.name} eats {food} and purrs"

    def speak(self):
        return "Meow"


# %% nbgrader={"grade_id": "vector_answer"}
class Vector:
    def __init__(self, *xs):
        self.xs = [float(x) for x in xs]

    def __iter__(self):
        return iter(self.xs)

    def __len__(self):
        return len(self.xs)

    def __repr__(self):
        return f"Vector({self.xs})"

    def __add__(self, other):
        return Vector(*[a + b for a, b in zip(self.xs, other.xs)])

    def __sub__(self, other):
        return Vector(*[a - b for a, b in zip(self.xs, other.xs)])

    def __mul__(self, k):
        return Vector(*[k * a for a in self.xs])

    def __matmul__(self, other):
        return sum(a * b for a, b in zip(self.xs, other.xs))

    def __eq__(self, other):
        return self.xs == other.xs


# %% nbgrader={"grade_id": "module_tree_answer"}
class Parameter:
    def __init__(self, value):
        self.value = value


class Module:
    def __init__(self):
        self.training = True

    def named_parameters(self):
        return [(name, p) for name, p in vars(self).items() if isinstance(p, Parameter)]

    def train(self, mode):
        self.training = mode
