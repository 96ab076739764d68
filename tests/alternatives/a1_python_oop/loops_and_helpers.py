# Long-hand: loops, helper functions, lists in place of tuples, stacks in place of recursion.

# %% nbgrader={"grade_id": "dog_answer", "solution": true}
class Dog:
    species = "Canis familiaris"

    def __init__(self, name, age, tricks=None):
        self.name, self.age = name, age
        if tricks is None:
            tricks = []
        self.tricks = tricks

    def bark(self):
        return "{} says {}".format(self.name, "woof")

    def birthday(self):
        self.age = 1 + self.age

    def add_trick(self, trick):
        self.tricks = self.tricks + [trick]


# %% nbgrader={"grade_id": "person_answer", "solution": true}
def good_name(name):
    if isinstance(name, str):
        for letter in name:
            if not letter.isspace():
                return name
        raise ValueError("a blank name")
    raise TypeError(f"a name cannot be {name!r}")


def good_age(age):
    if age is True or age is False or not isinstance(age, int):
        raise TypeError(f"an age cannot be {age!r}")
    if age >= 0:
        return age
    raise ValueError("not born yet")


class Person:
    def __init__(self, name, age):
        self.__name = good_name(name)
        self.__age = good_age(age)

    def get_name(self):
        return self.__name

    def set_name(self, name):
        self.__name = good_name(name)

    def get_age(self):
        return self.__age

    def set_age(self, age):
        self.__age = good_age(age)

    name = property(get_name, set_name)
    age = property(get_age, set_age)


# %% nbgrader={"grade_id": "animal_cat_answer", "solution": true}
class Animal:
    def __init__(self, name):
        self._called = name

    @property
    def name(self):
        return self._called

    @name.setter
    def name(self, name):
        self._called = name

    def eat(self, food):
        return " ".join([self.name, "eats", food])

    def speak(self):
        return "." * 3


class Cat(Animal):
    def __init__(self, name, colour):
        self.colour = colour
        super(Cat, self).__init__(name)

    def speak(self):
        return "Me" + "ow"

    def eat(self, food):
        said = super(Cat, self).eat(food)
        said += " and purrs"
        return said


# %% nbgrader={"grade_id": "shapes_answer", "solution": true}
class Shape(ABC):
    """A plane figure. Abstract: it promises two methods and has neither."""

    @abstractmethod
    def area(self) -> float:
        """The area, in square units."""

    @abstractmethod
    def perimeter(self) -> float:
        """The length of the outline, in units."""


class Circle(Shape):
    def __init__(self, r):
        object.__setattr__(self, "r", self.size(r))

    @staticmethod
    def size(number):
        if number > 0:
            return number
        raise ValueError("sizes are above 0")

    def __setattr__(self, name, value):
        raise AttributeError(f"{name} cannot be changed")

    def area(self):
        return self.perimeter() * self.r / 2

    def perimeter(self):
        return math.pi * (self.r + self.r)


class Rectangle(Shape):
    def __init__(self, w, h):
        vars(self).update(w=Circle.size(w), h=Circle.size(h))

    __setattr__ = Circle.__setattr__

    def area(self):
        return self.w * self.h

    def perimeter(self):
        return self.w + self.h + self.w + self.h


class Square(Rectangle):
    def __init__(self, side):
        Rectangle.__init__(self, side, side)
        vars(self)["side"] = side

    def area(self):
        return self.side**2

    def perimeter(self):
        return 4 * self.side


# %% nbgrader={"grade_id": "account_answer", "solution": true}
class Account:
    def __init__(self, owner, balance=0.0):
        self.owner = owner
        self._cents = [0]
        if isinstance(balance, bool):
            raise ValueError("a bool is no balance")
        if balance != 0:
            self.deposit(balance)

    @property
    def balance(self):
        return self._cents[-1]

    @staticmethod
    def is_valid_amount(amount):
        if isinstance(amount, bool):
            return False
        if not isinstance(amount, int) and not isinstance(amount, float):
            return False
        if math.isnan(amount) or math.isinf(amount):
            return False
        return amount > 0

    def deposit(self, amount):
        if Account.is_valid_amount(amount):
            self._cents.append(self.balance + amount)
        else:
            raise ValueError("no amount")

    def withdraw(self, amount):
        if not Account.is_valid_amount(amount):
            raise ValueError("no amount")
        left = self.balance - amount
        if left < 0:
            raise ValueError("too much")
        self._cents.append(left)

    @classmethod
    def from_dict(cls, data):
        account = cls(data["owner"])
        if "balance" in data:
            account = cls(data["owner"], data["balance"])
        return account


# %% nbgrader={"grade_id": "vector_answer", "solution": true}
class Vector:
    def __init__(self, *xs):
        self.__xs = []
        for x in xs:
            self.__xs.append(float(x))

    def __iter__(self):
        for x in self.__xs:
            yield x

    def __len__(self):
        return sum(1 for _ in self)

    def __getitem__(self, i):
        return self.__xs[i]

    def __repr__(self):
        return "Vector(*" + repr(self.__xs) + ")"

    def __pair(self, other):
        if len(self) != len(other):
            raise ValueError("vectors of different lengths")
        return range(len(self))

    def __add__(self, other):
        if isinstance(other, Vector):
            return Vector(*[self[i] + other[i] for i in self.__pair(other)])
        return NotImplemented

    def __neg__(self):
        return -1 * self

    def __sub__(self, other):
        if isinstance(other, Vector):
            self.__pair(other)
            return self + -other
        return NotImplemented

    def __mul__(self, k):
        if isinstance(k, int) or isinstance(k, float):
            return Vector(*[x * k for x in self])
        return NotImplemented

    def __rmul__(self, k):
        if isinstance(k, int) or isinstance(k, float):
            return self * k
        return NotImplemented

    def __matmul__(self, other):
        if not isinstance(other, Vector):
            return NotImplemented
        total = 0.0
        for i in self.__pair(other):
            total += self[i] * other[i]
        return total

    def __eq__(self, other):
        if not isinstance(other, Vector):
            return NotImplemented
        if len(self) != len(other):
            return False
        for i in range(len(self)):
            if self[i] != other[i]:
                return False
        return True

    def __hash__(self):
        return hash(sum(self)) if len(self) else 0


# %% nbgrader={"grade_id": "layers_answer", "solution": true}
import abc


class Layer(metaclass=abc.ABCMeta):
    @abc.abstractmethod
    def forward(self, x):
        raise NotImplementedError

    def __call__(self, *x):
        return self.forward(*x)


class Scale(Layer):
    def __init__(self, k):
        self._k = k

    def forward(self, x):
        result = []
        for value in x:
            result.append(value * self._k)
        return result


class Shift(Layer):
    def __init__(self, b):
        self._b = b

    def forward(self, x):
        result = list(x)
        for i in range(len(result)):
            result[i] = result[i] + self._b
        return result


class Compose(Layer):
    def __init__(self, *layers):
        self.first = layers[0] if layers else None
        self.rest = Compose(*layers[1:]) if len(layers) > 1 else None

    def forward(self, x):
        if self.first is None:
            return list(x)
        y = self.first(x)
        return y if self.rest is None else self.rest(y)


# %% nbgrader={"grade_id": "module_tree_answer", "solution": true}
class Parameter:
    def __init__(self, value):
        self._box = [value]

    @property
    def value(self):
        return self._box[0]

    @value.setter
    def value(self, value):
        self._box[0] = value


class Module:
    def __init__(self):
        self.mode = {"training": True}

    @property
    def training(self):
        return self.mode["training"]

    def named_modules(self):
        """Every module of the tree with the way to it, by a stack."""
        found, todo = [], [("", self)]
        while todo:
            way, module = todo.pop()
            found.append((way, module))
            for name in module.__dict__:
                part = getattr(module, name)
                if isinstance(part, Module):
                    todo.append((way + name + ".", part))
        return found

    def named_parameters(self):
        result = []
        for way, module in self.named_modules():
            for name, part in module.__dict__.items():
                if isinstance(part, Parameter):
                    result.append((way + name, part))
        return result

    def train(self, mode):
        for _, module in self.named_modules():
            module.mode["training"] = mode
