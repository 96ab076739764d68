"""What hidden suites are written with.

    @exercise("person", weight=2)
    @pytest.mark.parametrize("age", [-1, -0.5])
    def test_negative_age_is_refused(ask, age):
        '''A negative age raises ValueError and the old age stays.'''
        assert ask(probes.set_age, age) == {"error": raised(ValueError), "age": 37}

One function is one hidden test, all or nothing over its cases; its docstring is what the student reads when it fails.
A probe asks the submission one question, in the submission's process; what it returns arrives here as plain data.
"""

from __future__ import annotations

import builtins
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

import numpy as np
import pytest

from autograder.course.model import CourseError
from autograder.suite.compare import ATOL, RTOL, Expected, compare, refusal
from autograder.suite.reason import Finding, show

__all__ = ["Ask", "Failed", "exercise", "raised", "rng", "same_as"]


class Ask(Protocol):
    """The argument `ask` of a hidden test."""

    def __call__(self, probe: Callable[..., object], /, *arguments: Any) -> Any:
        """What the probe returned, as plain data; the test fails when there is no such thing (it raised, took too long, …).

        The probe gets the student's module and the arguments, which are data. Its answer may hold exceptions, to be
        compared with `raised`.
        """

    def same(self, probe: Callable[..., object], /, *arguments: Any, rtol: float = RTOL, atol: float = ATOL, dtype: bool = False) -> None:
        """Fails the test unless the probe's answer is the one that it gets from the reference.

        A key "changed" in the answer that differs is reported as a changed input. dtype: kinds of numbers must agree too.
        """


class Failed(AssertionError):
    """A hidden test failed, for a reason that the student can be told."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(f"{finding.reason}: {finding.explanation}")
        self.finding = finding


def exercise(id: str, weight: float = 1) -> pytest.MarkDecorator:
    """Marks a hidden test as one of an exercise; weight: its share of the exercise's points."""
    return pytest.mark.exercise(id, weight=weight)


_SEED = ContextVar("seed of the course", default="")


@contextmanager
def drawing(seed: str) -> Iterator[None]:
    """What `rng` draws from, while a suite is loaded or judges."""
    token = _SEED.set(seed)
    try:
        yield
    finally:
        _SEED.reset(token)


def rng(*key: str | int) -> np.random.Generator:
    """A generator that depends on the seed of the course and on this key alone, so that a public suite has private inputs.

        @pytest.mark.parametrize("x", [rng("mean", n).normal(size=n) for n in (1, 7)])

    Draw whatever the expected value follows from by the reference: numbers, and sizes too. Raises `CourseError` where a course
    has no seed.
    """
    if not _SEED.get():
        raise CourseError(
            "the course has no seed to draw hidden inputs from: write any text that nobody can guess to autograder/hidden/seed.txt"
        )
    said = json.dumps([_SEED.get(), *key]).encode()
    return np.random.default_rng(int.from_bytes(hashlib.sha256(said).digest()))


class raised(Expected):
    """Equals an exception of this builtin class, subclasses included, but not the NotImplementedError of an unwritten stub."""

    def __init__(self, kind: type[BaseException]) -> None:
        if vars(builtins).get(kind.__name__) is not kind:
            raise TypeError(f"raised() takes a builtin exception class, and {kind.__name__} is none: use the nearest one that is")
        self.kind = kind

    def difference(self, answer: object, path: str = "answer") -> Finding | None:
        return refusal(answer, self.kind.__name__, path)

    def __repr__(self) -> str:
        return f"raised({self.kind.__name__})"


class same_as(Expected):
    """Equals data as `ask.same` compares: bools are not numbers, nan is nan, floats within the tolerance."""

    def __init__(self, expected: object, *, rtol: float = RTOL, atol: float = ATOL, dtype: bool = False) -> None:
        self.expected = expected
        self.rtol = rtol
        self.atol = atol
        self.dtype = dtype

    def difference(self, answer: object, path: str = "answer") -> Finding | None:
        return compare(answer, self.expected, rtol=self.rtol, atol=self.atol, dtype=self.dtype, path=path)

    def __repr__(self) -> str:
        return f"same_as({show(self.expected)})"
