"""Why a judgement failed that is a plain `assert`, or that tripped over an answer: what it compared, or the sentence that it was given."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from autograder.sandbox import codec
from autograder.submission.parsing import PARSING, parse
from autograder.suite.compare import Notes, compare, parts
from autograder.suite.reason import Finding, kind, raised_reason, show, wanted

_ANSWER = "what was asked last"
_FORMS = [
    (re.compile(r"^np\.shape\(.* == |^[^=]*\.shape == "), "wrong shape"),
    (re.compile(r"^np\.isfinite\([^()]*\)\.all\(\)$"), "not finite"),
]
"""What an assertion is about, by its text."""


class Assertions:
    """Those of a suite, read from its text as it was when it was loaded."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._text = path.read_text(encoding="utf-8")

    @cached_property
    def _by_line(self) -> dict[int, ast.Assert]:
        asserts = [node for node in ast.walk(parse(self._text)) if isinstance(node, ast.Assert)]
        return {line: node for node in asserts for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}

    def finding(self, error: BaseException, notes: Notes, answers: Sequence[object], gap: Callable[[], Finding | None]) -> Finding:
        """Why a judgement of these answers ended in this error. gap: finds what is not there in them."""
        frame, line = self._left(error)
        node = self._by_line.get(line)
        if frame and node and (unequal := _unequal(node.test, frame, answers)):
            return unequal
        if notes.missed:
            return notes.missed
        if missing := gap():
            return missing
        if not isinstance(error, (AssertionError, pytest.fail.Exception)):
            tripped = codec.Raised((*codec.builtin_names(type(error)),), str(error)[: codec.MAX_MESSAGE])
            why = f"the judgement could not go on with the answer: {type(error).__name__}: {str(error)[:300]}"
            return Finding("tripped", why, tripped)
        if not (frame and node):
            return Finding("not so", show(str(error)))
        explanation = _false(node.test, frame, answers)
        if isinstance(node.msg, ast.Constant) and isinstance(node.msg.value, str):
            return Finding("not so", explanation, detail=node.msg.value)
        return Finding(next((reason for form, reason in _FORMS if form.search(ast.unparse(node.test))), "not so"), explanation)

    def _left(self, error: BaseException) -> tuple[FrameType | None, int]:
        """The innermost frame in the suite, and the line at which it was left."""
        found: tuple[FrameType | None, int] = None, 0
        traceback = error.__traceback__
        while traceback:
            if traceback.tb_frame.f_code.co_filename == self._path:
                found = traceback.tb_frame, traceback.tb_lineno
            traceback = traceback.tb_next
        return found


class _Asked(ast.NodeTransformer):
    """Puts a name in the place of the question."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        asked = isinstance(node.func, ast.Name) and node.func.id == "ask"
        return ast.Name(_ANSWER, ast.Load()) if asked else self.generic_visit(node)  # type: ignore[return-value]


def _value(expression: ast.expr, frame: FrameType, answers: Sequence[object]) -> Any:
    known = {**frame.f_locals, _ANSWER: answers[-1] if answers else None}
    tree = ast.fix_missing_locations(ast.Expression(_Asked().visit(copy.deepcopy(expression))))
    with PARSING:
        code = compile(tree, "<assertion>", "eval")
    return eval(code, frame.f_globals, known)


def _unequal(test: ast.expr, frame: FrameType, answers: Sequence[object]) -> Finding | None:
    """What is wrong with an answer, or with a part of one, that an assertion wants to be equal to something."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return next(filter(None, (_unequal(part, frame, answers) for part in test.values)), None)
    if not isinstance(test, ast.Compare) or len(test.ops) > 1 or not isinstance(test.ops[0], (ast.Eq, ast.Is)):
        return None
    given = {id(part) for answer in answers for part in parts(answer)}
    sides = test.left, test.comparators[0]
    for side, other in (sides, sides[::-1]):
        try:
            answer, expected = _value(side, frame, answers), _value(other, frame, answers)
        except Exception:  # it was this that tripped, and is told as that
            return None
        if id(answer) in given:
            if isinstance(side, ast.Subscript) and isinstance(side.slice, ast.Constant):
                answer, expected = {side.slice.value: answer}, {side.slice.value: expected}
            return compare(answer, expected, rtol=0, atol=0)
    return None


def _false(test: ast.expr, frame: FrameType, answers: Sequence[object]) -> str:
    """An assertion, and what the names in it stand for."""
    names = dict.fromkeys(node.id for node in ast.walk(test) if isinstance(node, ast.Name) and node.id in frame.f_locals)
    values = [f"{name} is {show(frame.f_locals[name])}" for name in names if name != "ask"]
    return f"`{ast.unparse(test)}` does not hold, where {', '.join(values) or f'the answer is {show(answers[-1] if answers else None)}'}"


def gap(answer: object, expected: object, path: str = "answer") -> Finding | None:
    """Where an answer holds nothing, an exception, or what is no data, and the reference's something else; None where it nowhere does."""
    if isinstance(answer, codec.Raised) and not isinstance(expected, codec.Raised):
        return Finding(raised_reason(answer), f"{path}: {show(answer)}", answer)
    if answer is None and expected is not None:
        return Finding("gave None", f"{path}: None where {show(expected)} was wanted", detail=wanted(expected))
    if isinstance(answer, codec.Opaque):
        return Finding("wrong kind", f"{path}: {show(answer)}", detail=f"{kind(answer)} where {wanted(expected)} is wanted")
    inside: list[tuple[object, object, str]] = []
    if isinstance(answer, dict) and isinstance(expected, dict):
        inside = [(part, expected[key], f"{path}[{show(key)}]") for key, part in answer.items() if key in expected]
    elif isinstance(answer, (list, tuple)) and isinstance(expected, (list, tuple)):
        inside = [(part, other, f"{path}[{i}]") for i, (part, other) in enumerate(zip(answer, expected, strict=False))]
    return next(filter(None, (gap(*each) for each in inside)), None)
