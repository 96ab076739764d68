"""Answers that know nothing, or the kind and the shape of every answer and nothing else: no exercise may give them a point."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Mapping

from autograder.course.answers import models
from autograder.course.model import Notebook
from autograder.submission.parsing import parse

CONTENTS = {
    "zeros": "0.0",
    "ones": "1.0",
    "nan": "float('nan')",
    "inf": "float('inf')",
    "the input": "given[0][index % len(given[0])]",
    "equal shares": "1.0 / width",
    "noise": "(index * 7919 + 104729) % 1009 / 1009 - 0.5",
}
"""By name: an expression for number `index` of an answer, whose last axis is `width` long; `given` has the numbers of each input."""

BLURRED = '''\
import dataclasses
import functools

copy = dataclasses.copy  # no assignment allows it, and every one the module that has it
copy._deepcopy_dispatch[type(copy)] = copy._deepcopy_atomic  # an object may hold a module

try:
    inside
except NameError:
    inside = [0]  # how many calls of the submission are under way: what they say to each other is left alone
    origins = {}  # by the identity of an object that a call gave: the object, and the inputs of the call


def content(index, width, given):
    return CONTENT


def is_array(thing):
    return hasattr(thing, "dtype") and hasattr(thing, "reshape")


def is_own(thing):
    return type(thing).__module__ == __name__ or hasattr(type(thing), "blurred")


def as_text(number):
    return "" if number == 0 else str(number)


def as_int(number):
    return int(number) if abs(number) < 1e9 else int(number != number)


def flat(thing, within=False):
    """The numbers in anything; of an object of the submission, those that it holds itself and not by further objects."""
    if isinstance(thing, (bool, int, float)):
        return [float(thing)]
    if is_array(thing):
        if str(getattr(thing, "device", "")) == "meta":  # there are none
            return []
        return [float(number) for number in (thing.detach() if hasattr(thing, "detach") else thing).reshape(-1).tolist()]
    if isinstance(thing, dict):
        return flat(list(thing.values()), within)
    if isinstance(thing, (list, tuple, set)):
        return [number for part in thing for number in flat(part, within)]
    if hasattr(thing, "__dict__") and is_own(thing) and not within:
        return flat(list(vars(thing).values()), True)
    return []


def blur(thing, given, index=0, width=1):
    """The same in kind and shape, with other content."""
    if HONEST:
        return thing
    number = content(index, width, given)
    if isinstance(thing, bool):
        return bool(number)
    if type(thing) is int:
        return as_int(number)
    if isinstance(thing, float) and not is_array(thing):
        return float(number)
    if isinstance(thing, str):
        return as_text(number)
    if is_array(thing):
        length = 1
        for size in thing.shape:
            length = length * size
        if not length:
            return thing
        last = thing.shape[-1] if len(thing.shape) else 1
        numbers = [content(i, last, given) for i in range(length)]
        kind = str(thing.dtype)
        if "bool" in kind:
            numbers = [bool(number) for number in numbers]
        elif "int" in kind:
            numbers = [as_int(number) for number in numbers]
        if hasattr(thing, "new_tensor"):
            filled = thing.detach().new_tensor(numbers).reshape(thing.shape)
            return thing * 0 + filled if thing.requires_grad else filled
        filled = thing.reshape(-1).copy()
        filled[:] = numbers
        return filled.reshape(thing.shape) if type(thing).__name__ == "ndarray" else filled[0]
    if isinstance(thing, (list, tuple)):
        if thing and all(is_own(part) for part in thing):
            return type(thing)([thing[0]] * len(thing))
        filled = [blur(part, given, index + i * max(1, len(flat(part))), len(thing)) for i, part in enumerate(thing)]
        return filled if isinstance(thing, list) else tuple(filled)
    if isinstance(thing, dict):
        return {key: blur(part, given, index + i, len(thing)) for i, (key, part) in enumerate(thing.items())}
    if type(thing).__name__ in ("generator", "list_iterator", "tuple_iterator", "map"):
        return iter(blur(list(thing), given))
    return thing


def overwrite(thing, changed, given):
    """What a call changed in an argument has nothing but its shape; whatever else it did to it did not happen."""
    if isinstance(thing, dict):
        for key in thing:
            if key in changed:
                overwrite(thing[key], changed[key], given)
    elif isinstance(thing, list):
        if flat(thing) != flat(changed):
            thing[:] = blur(changed, given)
    elif is_array(thing) and getattr(thing, "shape", ()) and thing.shape == changed.shape and flat(thing) != flat(changed):
        thing[...] = blur(changed, given)


def copied(arguments):
    """Copies, or the things themselves where none can be had, or the submission made them."""
    if HONEST or any(is_own(thing) for thing in arguments):
        return arguments
    try:
        return copy.deepcopy(arguments)
    except Exception:
        return arguments


def overwrite_held(thing, given):
    """The numbers of what an optimizer steps."""
    for part in (part for held in vars(thing).values() if isinstance(held, (list, tuple)) for part in held):
        if hasattr(part, "data") and hasattr(part, "grad") and not is_array(part):
            part.data, part.grad = blur(part.data, given), blur(part.grad, given)


def inputs(arguments):
    """The numbers in each; an answer of an earlier call stands for the inputs of that call."""
    found = []
    for thing in arguments:
        found += origins[id(thing)][1] if id(thing) in origins else [flat(thing)]
    return [numbers for numbers in found if numbers] or [[0.0]]


def blurred(function):
    """A function whose answer, and whatever it changes in its arguments, has nothing but its shape."""

    @functools.wraps(function)
    def call(*args, **kwargs):
        outermost = not inside[0]
        inside[0] += 1
        try:
            if not outermost or function.__name__ in ("__init__", "__new__", "__init_subclass__"):
                return function(*args, **kwargs)
            arguments = [*args, *kwargs.values()]
            method = bool(args) and is_own(args[0]) and id(args[0]) not in origins
            given = inputs(arguments[method:])
            changed = copied(arguments)
            answer = function(*changed[: len(args)], **dict(zip(kwargs, changed[len(args) :])))
            if is_own(answer):
                origins[id(answer)] = answer, given
                return answer
            for thing, new in zip(arguments, changed):
                if new is not thing:
                    overwrite(thing, new, given)
            if method:
                overwrite_held(args[0], given)
            return blur(answer, given)
        finally:
            inside[0] -= 1

    return call


def blurred_class(kind):
    """A class whose methods and, unless it is one of torch's, attributes say nothing."""
    for name, part in list(vars(kind).items()):
        if isinstance(part, (staticmethod, classmethod)):
            setattr(kind, name, type(part)(blurred(part.__func__)))
        elif callable(part) and not isinstance(part, type) and hasattr(part, "__code__"):
            setattr(kind, name, blurred(part))
    kind.blurred = True
    if hasattr(kind, "state_dict") and hasattr(kind, "register_buffer"):
        return kind
    look_up = kind.__getattribute__

    def __getattribute__(self, name):
        if inside[0] or name.startswith("__"):
            return look_up(self, name)
        inside[0] += 1
        try:
            found = look_up(self, name)
            if name == "shape" or callable(found) or is_own(found) or isinstance(found, list) and any(is_own(part) for part in found):
                return found
            others = [part for part in vars(self).values() if flat(part, True) != flat(found, True)]
            return blur(found, origins[id(self)][1] if id(self) in origins else [flat(others, True) or [0.0]])
        finally:
            inside[0] -= 1

    kind.__getattribute__ = __getattribute__
    return kind

'''


class Blurred(ast.NodeTransformer):
    """Decorates the functions and classes of a model answer."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.decorator_list.insert(0, ast.Name("blurred"))
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        node.decorator_list.insert(0, ast.Name("blurred_class"))
        return node


def disguised(answers: Mapping[str, str], content: str | None) -> dict[str, str]:
    """The model answers with other content, an expression of CONTENTS; with None they say what they would say."""
    prelude = BLURRED.replace("CONTENT", content or "0.0").replace("HONEST", str(content is None))
    return {
        exercise: prelude + ast.unparse(ast.fix_missing_locations(Blurred().visit(parse(answer)))) for exercise, answer in answers.items()
    }


def constant_forgers(answers: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Answers of the right kinds and shapes, exceptions included, that have nothing else right.

    All of them together: one beside model answers of others would give what these make, and that is right.
    """
    return {f"{name} in the right shape": disguised(answers, content) for name, content in CONTENTS.items()}


SAID = {
    "True": "True",
    "None": "None",
    "0": "0",
    "0.0": "0.0",
    "the first argument": "next((x for x in (*args, *kwargs.values())), True)",
    "the last argument": "[True, *args, *kwargs.values()][-1]",
    "all arguments": "args",
}

EXCEPTIONS = {name: kind for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, BaseException)}
OF_THE_GRADER = {"NotImplementedError", "AssertionError", "KeyboardInterrupt", "SystemExit", "GeneratorExit", "StopIteration"}
OF_THE_GRADER |= {"BaseException", "Exception", "MemoryError", "RecursionError", "TimeoutError", "Warning"}
"""What grader, Python or pytest could take for something of their own."""

CALLED = """\
def {name}(*args, **kwargs):
    {body}
"""

ANYTHING = """\
class Anything({base}):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def same(self, *args, **kwargs):
        return self

    def again(self, *args, **kwargs):
        return type(self)({value})

    __call__ = again
    __add__ = __sub__ = __mul__ = __truediv__ = __pow__ = __matmul__ = __neg__ = same
    __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rpow__ = __rmatmul__ = again


{name} = Anything({value})
"""

INSTANTIATE = """\
def made(kind):
    for arguments in ((), ("",), ("", []), ("", [ValueError()]), ("utf-8", b"", 0, 1, ""), ("", "", 0, 1, "")):
        try:
            return kind(*arguments)
        except TypeError:
            pass
"""


class Hollow(ast.NodeTransformer):
    """Keeps signatures and classes of a model answer; every body gives one answer. Constructors keep their arguments."""

    def __init__(self, statement: str) -> None:
        self.statement = statement

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
        if node.name == "__init__":
            body = [f"self.{name} = {name}" for name in names[1:]] or ["pass"]
        else:
            methods = names[:1] == ["self"]
            body = [f"args, kwargs = ({', '.join(names[methods:] or names)},), {{}}" if names else "args, kwargs = (), {}", self.statement]
        node.body = parse("\n".join(body)).body
        return node


def hollow(answer: str, statement: str) -> str:
    return ast.unparse(ast.fix_missing_locations(Hollow(statement).visit(parse(answer))))


def told_apart(notebook: Notebook) -> list[str]:
    """Builtin exceptions of which one more could pass a hidden test: suite or probes name them, or a class that they are of.

    To a suite all others are alike: `Exception` alone is what it may know them by.
    """
    text = notebook.suite.read_text(encoding="utf-8") + notebook.probes.read_text(encoding="utf-8")
    named = tuple(kind for name, kind in EXCEPTIONS.items() if re.search(rf"\b{name}\b", text))
    narrow = tuple({*named} - {Exception, BaseException})
    return sorted(name for name, kind in EXCEPTIONS.items() if kind in named or issubclass(kind, narrow) or name in OF_THE_GRADER)


def forgers(notebook: Notebook) -> dict[str, dict[str, str]]:
    """Submissions that know nothing: answers by exercise, by name of the forger."""
    answers = models(notebook)
    names = {
        exercise: [node.name for node in parse(answer).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        for exercise, answer in answers.items()
    }
    statements = {f"answers {name}": f"return {value}" for name, value in SAID.items()}
    statements |= {f"raises {name}": f"raise made({name})" for name in told_apart(notebook)}
    found = {}
    for what, statement in statements.items():
        found[f"{what} in every body"] = {exercise: INSTANTIATE + hollow(answer, statement) for exercise, answer in answers.items()}
        found[f"{what} for every name"] = {
            exercise: INSTANTIATE + "\n".join(CALLED.format(name=name, body=statement) for name in names[exercise]) for exercise in answers
        }
    for base, value in (("int", "0"), ("int", "1"), ("float", "0.0"), ("float", "1.0"), ("str", "''"), ("list", "[]"), ("dict", "{}")):
        found[f"is {value} and whatever is asked of it"] = {
            exercise: "\n".join(ANYTHING.format(base=base, value=value, name=name) for name in names[exercise]) for exercise in answers
        }
    return found
