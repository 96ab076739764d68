"""Whether an answer is the expected one, and if not, why: the only comparison that a grade rests on.

Answers come out of a submission's process, decoded, so every value is of one of the codec's exact types; but the *values*
may have been chosen to do harm, so nothing here trusts their size, and nothing here raises.

- Numbers compare by value: Python's, NumPy's and 0-d arrays' alike. A bool is not a number. Two integers are equal or not;
  as soon as a float or complex number is in it, |answer - expected| <= atol + rtol * |expected|. nan equals nan.
- Arrays have the same shape and kind of entries, and entries compare as numbers do. An array is not a list.
- A list is as good as a tuple. Dicts compare by key, sets by member, text and bytes exactly.
- An exception is an instance of the nearest builtin class of the expected one. The `NotImplementedError` of an unwritten
  answer is accepted only where it is itself expected. Something that is not data (`Opaque`) equals nothing.
- `dtype=True` besides asks for the kind of number: any integer is an integer, every other dtype is itself.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograder.sandbox import codec
from autograder.suite.reason import UNWRITTEN, Finding, kind, nearest, raised_reason, show, wanted

RTOL = 1e-9
ATOL = 1e-12
_PLAIN = {type(None), bool, int, float, str}


def is_instance(raised: codec.Raised, name: str) -> bool:
    """Whether an exception is of the builtin class of this name; that of an unwritten stub is nothing but itself."""
    if UNWRITTEN in raised.names:
        return name == UNWRITTEN
    return name in raised.names


@dataclass
class Notes:
    """What the `==` of one judgement came to, so that a bare `assert` can be given a reason."""

    missed: Finding | None = None


NOTES: ContextVar[Notes | None] = ContextVar("notes", default=None)


class Expected:
    """Something that an answer can be compared with by `==`, also inside a dict or list."""

    __hash__ = None  # type: ignore[assignment]
    __array_ufunc__ = None  # so that an array on the left of == leaves the comparison to us

    def difference(self, answer: object, path: str = "answer") -> Finding | None:
        """Why the answer is not the expected one; None when it is."""
        raise NotImplementedError

    def __eq__(self, answer: object) -> bool:
        found = self.difference(answer)
        notes = NOTES.get()
        if notes is not None and found is not None:
            notes.missed = found
        return found is None


def compare(
    answer: object, expected: object, *, rtol: float = RTOL, atol: float = ATOL, dtype: bool = False, path: str = "answer"
) -> Finding | None:
    """Why the answer is not the expected one; None when it is. Never raises."""
    try:
        return _Comparison(rtol, atol, dtype).value(answer, expected, path)
    except RecursionError:
        return Finding("wrong kind", f"{path}: nested too deeply to compare")


def opaque_in(answer: object) -> list[codec.Opaque]:
    """Everything in an answer that is not data, in order."""
    return [part for part in parts(answer) if isinstance(part, codec.Opaque)]


def parts(answer: object) -> Iterator[object]:
    """An answer and whatever is in it, in order."""
    waiting = [answer]
    while waiting:
        part = waiting.pop()
        yield part
        if isinstance(part, (list, tuple)):
            waiting.extend(reversed(part))
        elif isinstance(part, dict):
            waiting.extend(reversed(part.values()))


def _is_bool(value: object) -> bool:
    return isinstance(value, (bool, np.bool_))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float, complex, np.number)) and not isinstance(value, bool)


def _kind(value: object) -> str:
    """The word for what a value is; values of different kinds are never equal."""
    if _is_bool(value):
        return "bool"
    if _is_number(value):
        return "number"
    if isinstance(value, (list, tuple)):
        return "list"
    if isinstance(value, (set, frozenset)):
        return "set"
    return "None" if value is None else type(value).__name__


def _dtype(value: object) -> str:
    """The kind of a number, as `dtype=True` tells them apart."""
    name = value.dtype.name if isinstance(value, (np.generic, np.ndarray)) else ""
    if isinstance(value, int) or name.startswith(("int", "uint")):
        return "integer"
    return name or ("float64" if isinstance(value, float) else "complex128")


def _scalar(value: object) -> object:
    """A 0-d array is the number that it holds."""
    return value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value


def _all_numbers(value: object) -> bool:
    return all(isinstance(part, (list, tuple)) or _is_number(part) for part in parts(value))


def _canonical(key: object) -> Hashable:
    """A key or member of a set in which 1 and True differ, 1 and 1.0 do not, and nan is nan."""
    if type(key) is str:
        return key
    if _is_bool(key):
        return ("bool", bool(key))
    if _is_number(key):
        return ("nan",) if key != key else ("number", key)
    if isinstance(key, tuple):
        return ("tuple", *map(_canonical, key))
    return (_kind(key), key)


class _Comparison:
    def __init__(self, rtol: float, atol: float, dtype: bool) -> None:
        self.rtol = rtol
        self.atol = atol
        self.dtype = dtype

    def value(self, answer: object, expected: object, path: str) -> Finding | None:
        if type(answer) is type(expected):  # as of most parts of most answers
            if type(answer) in _PLAIN and answer == expected:
                return None
            if type(answer) is list:
                return self.items(answer, expected, path)  # type: ignore[arg-type]
            if type(answer) is dict:
                return self.keys(answer, expected, path)  # type: ignore[arg-type]
        answer, expected = _scalar(answer), _scalar(expected)
        if isinstance(expected, Expected):
            return expected.difference(answer, path)
        if isinstance(expected, codec.Raised):
            return refusal(answer, nearest(expected), path)
        if isinstance(answer, codec.Raised):
            return Finding(raised_reason(answer), f"{path}: {show(answer)} where {show(expected)} was wanted", answer)
        if isinstance(answer, np.ndarray) or isinstance(expected, np.ndarray):
            return self.array(answer, expected, path)
        if isinstance(expected, codec.Opaque) or _kind(answer) != _kind(expected):
            return _wrong("kind", answer, expected, path)
        if _is_number(expected):
            return self.number(answer, expected, path)
        if isinstance(expected, (list, tuple)):
            return self.items(answer, expected, path)  # type: ignore[arg-type]
        if isinstance(expected, dict):
            return self.keys(answer, expected, path)  # type: ignore[arg-type]
        if isinstance(expected, (set, frozenset)):
            return self.members(answer, expected, path)  # type: ignore[arg-type]
        return None if answer == expected else _wrong("value", answer, expected, path)

    def number(self, answer: Any, expected: Any, path: str) -> Finding | None:
        if self.dtype and _dtype(answer) != _dtype(expected):
            return _wrong("dtype", answer, expected, path)
        if _dtype(answer) == _dtype(expected) == "integer":
            return None if int(answer) == int(expected) else _wrong("value", answer, expected, path)
        try:
            a, e = complex(answer), complex(expected)
        except OverflowError:  # an integer beyond every float
            return _wrong("value", answer, expected, path)
        if self.near(a, e):
            return None
        wrong = _wrong("value", answer, expected, path)
        if _finite(e) and not _finite(a):
            return replace(wrong, reason="not finite")
        return replace(wrong, reason="rounded") if _is_coarse(answer, expected) and _COARSE.near(a, e) else wrong

    def array(self, answer: Any, expected: Any, path: str) -> Finding | None:
        for one, other in ((answer, expected), (expected, answer)):
            if isinstance(one, np.ndarray) and not isinstance(other, np.ndarray):
                is_entry = _is_bool(other) if one.dtype == np.bool_ else _is_number(other)
                return _wrong("shape" if is_entry else "kind", answer, expected, path)
        if answer.shape != expected.shape:
            return _wrong("shape", answer, expected, path)
        if (answer.dtype == np.bool_) != (expected.dtype == np.bool_) or (self.dtype and _dtype(answer) != _dtype(expected)):
            return _wrong("dtype", answer, expected, path)
        if answer.dtype.kind in "biu" and expected.dtype.kind in "biu":
            same = answer == expected
        else:
            same = self.close(answer.astype(np.complex128), expected.astype(np.complex128))
        if same.all():
            return None
        first = tuple(int(i) for i in np.argwhere(~same)[0])
        where = f"{path}[{', '.join(map(str, first))}]"
        reason = "wrong value"
        if np.isfinite(expected).all() and not np.isfinite(answer).all():
            reason = "not finite"
        elif _is_coarse(answer, expected) and _COARSE.close(answer.astype(np.complex128), expected.astype(np.complex128)).all():
            reason = "rounded"
        wrong = f"{int((~same).sum())} of {same.size} entries differ, first {where}"
        return Finding(reason, f"{wrong}: {answer[first]!s} where {expected[first]!s} was wanted")

    def near(self, answer: complex, expected: complex) -> bool:
        """Whether two numbers are equal within the tolerance; nan equals nan, an infinity only itself."""
        distance = math.hypot(answer.real - expected.real, answer.imag - expected.imag)
        if math.isfinite(distance):
            return distance <= self.atol + self.rtol * math.hypot(expected.real, expected.imag)
        parts = [(answer.real, expected.real), (answer.imag, expected.imag)]
        return all(a == e or (math.isnan(a) and math.isnan(e)) for a, e in parts)

    def close(self, answer: Any, expected: Any) -> Any:
        """The same for each entry of two complex arrays."""
        with np.errstate(all="ignore"):
            distance = np.hypot(answer.real - expected.real, answer.imag - expected.imag)
            near = distance <= self.atol + self.rtol * np.hypot(expected.real, expected.imag)
            parts = [(answer.real, expected.real), (answer.imag, expected.imag)]
            same = [(a == e) | (np.isnan(a) & np.isnan(e)) for a, e in parts]
            return np.where(np.isfinite(distance), near, same[0] & same[1])

    def items(self, answer: list[Any] | tuple[Any, ...], expected: list[Any] | tuple[Any, ...], path: str) -> Finding | None:
        if len(answer) != len(expected):
            wrong = _wrong("shape", answer, expected, f"{path}: {len(answer)} items, not {len(expected)}")
            numbers = _all_numbers(answer) and _all_numbers(expected)
            return wrong if numbers else replace(wrong, reason="too few" if len(answer) < len(expected) else "too many")
        for i, (a, e) in enumerate(zip(answer, expected, strict=True)):
            if type(a) is type(e) is float and abs(a - e) <= self.atol + self.rtol * abs(e) < math.inf:
                continue  # what `number` would find, for most of what is in most answers
            finding = self.value(a, e, f"{path}[{i}]")
            if finding:
                return finding
        return None

    def keys(self, answer: dict[Any, Any], expected: dict[Any, Any], path: str) -> Finding | None:
        given = {_canonical(key): value for key, value in answer.items()}
        wanted = {_canonical(key): (key, value) for key, value in expected.items()}
        if given.keys() != wanted.keys():
            missing = [key for name, (key, _) in wanted.items() if name not in given]
            extra = [key for key in answer if _canonical(key) not in wanted]
            return Finding("wrong keys", f"{path}: lacks the keys {show(missing)}, has besides {show(extra)}")
        for name, (key, value) in wanted.items():
            finding = self.value(given[name], value, f"{path}[{show(key)}]")
            if finding and key == "changed" and finding.raised is None:
                return Finding("changed its input", finding.explanation)
            if finding:
                return finding
        return None

    def members(self, answer: set[Any], expected: set[Any], path: str) -> Finding | None:
        if {_canonical(x) for x in answer} == {_canonical(x) for x in expected}:
            return None
        return _wrong("value", answer, expected, path)


def refusal(answer: object, name: str, path: str = "answer") -> Finding | None:
    """Why an answer is not an exception of the builtin class of this name; None when it is."""
    explanation = f"{path}: {show(answer)} where {name} was to be raised"
    if not isinstance(answer, codec.Raised):
        return Finding("did not raise", explanation, detail=name)
    if is_instance(answer, name):
        return None
    return Finding(raised_reason(answer, "wrong exception"), explanation, answer, name)


def _finite(value: complex) -> bool:
    return math.isfinite(value.real) and math.isfinite(value.imag)


def _is_coarse(answer: object, expected: object) -> bool:
    """Whether an answer was computed with floating-point numbers that hold fewer digits than the expected one's."""
    return _dtype(answer) in ("float16", "float32", "complex64") and _dtype(expected) in ("float64", "complex128")


_COARSE = _Comparison(1e-2, 1e-3, False)


def _wrong(what: str, answer: object, expected: object, path: str) -> Finding:
    explanation = f"{path}: {show(answer)} where {show(expected)} was wanted"
    if answer is None:
        return Finding("gave None", explanation, detail=wanted(expected))
    if what == "value" and _is_bool(expected):
        return Finding("not so", explanation)
    return Finding(f"wrong {what}", explanation, detail=f"{kind(answer)} where {wanted(expected)} is wanted" if what == "kind" else "")
