"""Why a test failed, in words of ours: a reason, which `grading/said.py` has a sentence for, and a detail of it.

Where something was raised in a probe or a judgement, which could not go on with what the submission gave it, the interpreter's
message tells what they tripped over. That message is the submission's word, so nothing of it is passed on but kinds from a
fixed table and names that stand in the release: with a forged one a submission chooses among our sentences, to nobody's harm
but its author's.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from nbformat import NotebookNode

from autograder.sandbox import codec
from autograder.submission.parsing import parse
from autograder.submission.plain import shown

UNWRITTEN = "NotImplementedError"


@dataclass(frozen=True)
class Finding:
    """Why an answer is not the expected one. `reason` and `detail` may be shown to the student, `explanation` to nobody but the author."""

    reason: str
    explanation: str
    raised: codec.Raised | None = None
    detail: str = ""

    @property
    def exception(self) -> str:
        """The nearest builtin class of the exception that the answer held or was."""
        return nearest(self.raised) if self.raised else ""


def nearest(raised: codec.Raised) -> str:
    """Name of the nearest builtin class of an exception."""
    return raised.names[0] if raised.names else "Exception"


def raised_reason(raised: codec.Raised, reason: str = "raised") -> str:
    """The reason to give for an exception that nobody wanted."""
    return "not written" if nearest(raised) == UNWRITTEN else reason


_NAMES_OF_KINDS = {
    "None": "NoneType",
    "True or False": "bool bool_",
    "a number": "int float complex int32 int64 float16 float32 float64 complex128",
    "text": "str",
    "bytes": "bytes bytearray",
    "a list": "list",
    "a tuple": "tuple",
    "a dictionary": "dict dict_items dict_keys dict_values defaultdict OrderedDict Counter",
    "a set": "set frozenset",
    "an array": "ndarray",
    "a tensor": "Tensor",
    "an iterator": "generator map filter zip enumerate reversed range list_iterator tuple_iterator",
    "a function": "function method builtin_function_or_method method-wrapper partial",
    "a class": "type ABCMeta",
    "a property": "property",
    "a module": "module",
    "NotImplemented": "NotImplementedType",
}
KINDS = {name: kind for kind, names in _NAMES_OF_KINDS.items() for name in names.split()}
"""What feedback calls a value, by the name of its type; what is not here is "an object"."""


def kind(value: object) -> str:
    """What feedback calls an answer."""
    if isinstance(value, np.number) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return "a number"
    if isinstance(value, codec.Raised):
        return "an exception"
    name = value.type_name.rpartition(".")[2] if isinstance(value, codec.Opaque) else type(value).__name__
    return KINDS.get(name, "something that no array of numbers is made of" if name.startswith("numpy array of") else "an object")


def wanted(expected: object) -> str:
    """What feedback calls an answer that is expected: a list is as good as a tuple."""
    return "a list or tuple" if isinstance(expected, (list, tuple)) else kind(expected)


class Vocabulary:
    """What feedback on a notebook may name: the words of its code cells as they are released, and the calls that its stubs show."""

    def __init__(self, release: NotebookNode) -> None:
        self._cells = [cell for cell in release.cells if cell.cell_type == "code"]

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(word for cell in self._cells for word in re.findall(r"[A-Za-z_]\w{0,60}", cell.source, re.ASCII))

    @cached_property
    def calls(self) -> dict[str, str]:
        """By qualified name, as the interpreter has it: how a function is called, a class for its constructor."""
        stubs = [cell.source for cell in self._cells if cell.metadata.get("nbgrader", {}).get("solution")]
        return dict(call for stub in stubs for call in _calls(parse(stub).body, ""))

    @cached_property
    def classes(self) -> frozenset[str]:
        return frozenset(re.findall(r"^class (\w+)", "\n".join(cell.source for cell in self._cells), re.MULTILINE))

    def word(self, text: str) -> str:
        """A word of the release, "" for any other."""
        return text if text in self.words else ""

    def kind(self, name: str) -> str:
        """What feedback calls a value of a type of this name; "" for an object of a class that the release does not know as a kind."""
        name = name.rpartition(".")[2]
        return "" if name in self.classes else KINDS.get(name, "")


def _calls(body: list[ast.stmt], inside: str) -> Iterator[tuple[str, str]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _calls(node.body, f"{node.name}.")
        elif isinstance(node, ast.FunctionDef):
            given = copy.deepcopy(node.args)
            for each in (*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, (given.vararg, given.kwarg))):
                each.annotation = None
            if inside and given.args and not any(ast.unparse(mark) == "staticmethod" for mark in node.decorator_list):
                del given.args[0]
            name = inside.removesuffix(".") if node.name == "__init__" else node.name
            yield inside + node.name, f"{name}({ast.unparse(given)})"


def told(finding: Finding, vocabulary: Vocabulary) -> Finding:
    """The same with a reason that is true of where its exception came up: in the submission's own lines, or in ours."""
    raised = finding.raised
    if raised is None or finding.reason not in ("raised", "wrong exception", "tripped", "not written"):
        return finding
    if "RecursionError" in raised.names:
        return replace(finding, reason="too deep", detail="")
    if raised.cell is None:
        reason, detail = _tripped(raised, vocabulary)
        return replace(finding, reason=reason, detail=detail) if (reason, finding.reason) != ("tripped", "wrong exception") else finding
    if finding.reason == "raised":
        unbound = re.match(r"name '(\w+)' is not defined", raised.message) if nearest(raised) == "NameError" else None
        if unbound and vocabulary.word(unbound[1]):
            return replace(finding, reason="met no name", detail=unbound[1])
        if "NoneType" in raised.message and nearest(raised) in ("TypeError", "AttributeError"):
            return replace(finding, reason="met None")
    return finding


_SHAPE = (
    "broadcast|not aligned|mismatch|must match the size|an array element with a sequence|inhomogeneous|cannot be multiplied"
    "|cannot reshape|is invalid for input of size|only (?:length-1|size-1|0-dimensional) arrays|cannot be converted to Scalar"
    "|input array dimensions|zero-dimensional arrays|is ambiguous|0-d (?:array|tensor)|of unsized object|too many indices"
)
_TRIPS = [
    (re.compile(pattern), reason)
    for pattern, reason in (
        (r"'(?P<kind>[\w.]+)' object is not callable", "not callable"),
        (".*NoneType", "gave None"),
        (r"module '__main__' has no attribute '(?P<name>\w+)'", "no name"),
        (r"_(?P<name>forward)_unimplemented\(\)", "no part"),  # what torch calls where a module has none
        (r"(?P<call>[\w.<>]+)\(\) (?:got an unexpected|got multiple|got some|missing \d|takes )", "another call"),
        (r"Can't instantiate abstract class (?P<name>\w+)", "still abstract"),
        (r"(?:type object )?'(?P<kind>[\w.]+)'(?: object)? has no attribute '(?P<name>\w+)'", "no part"),
        (r'.*is missing the required "(?P<name>\w+)" function', "no part"),
        (r"property (?:'(?P<name>\w+)' )?of|can't (?:set|delete) attribute|.*is read-only", "cannot be set"),
        (r"not enough values to unpack|.*index out of range|.*out of bounds", "too few"),
        (r"too many values to unpack", "too many"),
        (
            r"(?:unsupported operand type\(s\) for|bad operand type for unary) (?P<sign>(?:\*\*|//|<<|>>|[-+*/%@&|^~])=?)(?::| or)",
            "no operator",
        ),
        (r"'(?P<sign>[<>]=?)' not supported between", "no operator"),
        (r"__\w+__(?:\(\))? (?:method )?(?:should |returned )", "no special"),
        (r"could not convert (?P<kind>str)ing|invalid literal for", "wrong kind"),
        (r".*unpack non-iterable (?P<kind>[\w.]+) object", "wrong kind"),
        (r"'(?P<kind>[\w.]+)' object ", "wrong kind"),
        (
            r".*(?:(?:object|argument|non-iterator) of type|unhashable type:|abs\(\):) '?(?P<kind>[\w.]+)'?(?:$| has no| is not)",
            "wrong kind",
        ),
        (r"(?!.*indices).*(?:must be .*, not|expected .*, got) '?(?P<kind>[\w.]+)'?$", "wrong kind"),
        (f".*(?:{_SHAPE})", "wrong shape"),
    )
]


def _tripped(raised: codec.Raised, vocabulary: Vocabulary) -> tuple[str, str]:
    """What code of ours tripped over: a reason and its detail."""
    if nearest(raised) == "KeyError":
        return "no part", vocabulary.word(raised.message.strip("'"))
    if nearest(raised) == "StopIteration":
        return "too few", ""
    for pattern, reason in _TRIPS:
        found = pattern.match(raised.message)
        if not found:
            continue
        said = found.groupdict("")
        given = vocabulary.kind(said.get("kind", ""))
        if given and reason in ("no part", "wrong kind"):
            return (
                "wrong kind",
                f"{given} where {'several values are' if 'unpack' in raised.message else 'another kind of thing is'} wanted",
            )
        if reason == "another call":
            return reason, vocabulary.calls.get(said["call"], "")
        if reason != "wrong kind":
            return reason, said.get("sign") or given or vocabulary.word(said.get("name", ""))
    return "tripped", ""


def show(value: object, room: int = 200) -> str:
    """A value as text of bounded length; never raises, whatever the value."""
    return shown(_show(value, 3), room)


def _show(value: object, depth: int) -> str:
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, int):
        return str(value) if value.bit_length() <= 256 else f"an integer of {value.bit_length()} bits"
    if isinstance(value, np.generic):
        return f"{value!s} ({value.dtype})"
    if isinstance(value, np.ndarray):
        few = np.array2string(value.reshape(-1)[:6], separator=", ", max_line_width=1000)
        return f"array of shape {value.shape} and dtype {value.dtype}, {few}{'…' if value.size > 6 else ''}"
    if isinstance(value, (str, bytes)):
        return repr(value[:100]) + ("…" if len(value) > 100 else "")
    if isinstance(value, codec.Raised):
        return f"{nearest(value)}({value.message[:200]!r})"
    if isinstance(value, codec.Opaque):
        return f"<{value.type_name}>"
    if isinstance(value, (list, tuple, set, frozenset, dict)):
        return _show_container(value, depth)
    return repr(value)


def _show_container(value: list[Any] | tuple[Any, ...] | set[Any] | frozenset[Any] | dict[Any, Any], depth: int) -> str:
    brackets = "[]" if isinstance(value, list) else "()" if isinstance(value, tuple) else "{}"
    if depth == 0:
        return f"{brackets[0]}…{brackets[1]}"
    shown: list[str] = []
    for index, part in enumerate(value):
        if index == 8:
            shown.append("…")
            break
        text = _show(part, depth - 1)
        shown.append(f"{text}: {_show(value[part], depth - 1)}" if isinstance(value, dict) else text)
    return brackets[0] + ", ".join(shown) + ("," if isinstance(value, tuple) and len(value) == 1 else "") + brackets[1]
