# State in the parents' constructors, keyword calls, lists that are built by generators; parameters by a walk over a stack.

# %% nbgrader={"grade_id": "layers_answer", "solution": true}
class Layer(ABC):
    """Counts its calls, which its subclasses have no need to know."""

    def __init__(self):
        self._calls = 0

    def __call__(self, x):
        self._calls += 1
        return self.forward(x)

    @abstractmethod
    def forward(self, x):
        """A new list."""


class Scale(Layer):
    def __init__(self, k):
        super().__init__()
        self._k = k
        self._out = []

    def forward(self, x):
        self._out.clear()
        for value in x:
            self._out.append(self._k * value)
        return self._out.copy()


class Shift(Layer):
    def __init__(self, b):
        super().__init__()
        self._b = b

    def forward(self, x):
        return [*(value + self._b for value in x)]


class Compose(Layer):
    def __init__(self, *layers):
        super().__init__()
        self._layers = dict(enumerate(layers))

    def forward(self, x):
        values = list(x)
        for number in range(len(self._layers)):
            values = self._layers[number](values)
        return values


# %% nbgrader={"grade_id": "account_answer", "solution": true}
class Account:
    def __init__(self, owner, balance=0.0):
        if isinstance(balance, bool) or not (balance == 0 or self.is_valid_amount(balance)):
            raise ValueError("opening balance")
        self.owner, self.__balance = owner, balance

    balance = property(lambda self: self.__balance)

    @staticmethod
    def is_valid_amount(amount):
        try:
            return not isinstance(amount, (bool, str)) and bool(0 < float(amount) < math.inf)
        except (TypeError, ValueError):
            return False

    def deposit(self, amount):
        if not type(self).is_valid_amount(amount):
            raise ValueError("deposit")
        self.__balance = self.__balance + amount

    def withdraw(self, amount):
        if not self.is_valid_amount(amount):
            raise ValueError("withdraw")
        if amount > self.__balance:
            raise ValueError("overdraft")
        self.__balance = self.__balance - amount

    @classmethod
    def from_dict(cls, data):
        return cls(owner=data["owner"], balance=data.get("balance", 0))


# %% nbgrader={"grade_id": "module_tree_answer", "solution": true}
class Parameter:
    def __init__(self, value):
        self._value = value

    @property
    def value(self):
        return self._value

    @value.setter
    def value(self, value):
        self._value = value


class Module:
    def __init__(self):
        self._mode = {"training": True}

    @property
    def training(self):
        return self._mode["training"]

    def named_parameters(self):
        found, stack = [], [("", self)]
        while stack:
            before, part = stack.pop()
            for name in sorted(vars(part)):
                inner = vars(part)[name]
                if isinstance(inner, Parameter):
                    found.append((before + name, inner))
                if isinstance(inner, Module):
                    stack.append((before + name + ".", inner))
        return found

    def train(self, mode):
        waiting = [self]
        for part in waiting:
            part._mode["training"] = mode
            waiting.extend(inner for inner in vars(part).values() if isinstance(inner, Module))
