"""What runs of a rebuilt notebook, cell by cell, with the way back from a line that runs to the student's line.

Student code is parsed here, in the trusted process, and never compiled or run. Line n of a cell's source is line n of the cell.
"""

from __future__ import annotations

import ast
import re
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from nbformat import NotebookNode

from autograder.course import Notebook
from autograder.result import Place
from autograder.submission import bearable

ALWAYS_ALLOWED = frozenset("__future__ typing collections dataclasses functools itertools operator numbers math".split())


@dataclass(frozen=True)
class ProgramCell:
    """One cell that runs; `exercise` is the one it answers."""

    id: str
    kind: Literal["setup", "answer", "own"]
    source: str
    exercise: str | None


@dataclass(frozen=True)
class Program:
    """The cells that run, in the order of the notebook.

    forbidden: for each exercise whose answer uses tools that are not allowed, these tools, such as "import numpy".
    problems: sentences for the author of the notebook.
    """

    cells: tuple[ProgramCell, ...]
    forbidden: Mapping[str, tuple[str, ...]]
    problems: tuple[str, ...]


def program(notebook: Notebook, rebuilt: NotebookNode) -> Program:
    """Setup cells, answer cells and the student's own code cells, with magics and own forbidden imports blanked."""
    answers = {exercise.answer: exercise.id for exercise in notebook.exercises}
    allowed = ALWAYS_ALLOWED | notebook.imports
    cells: list[ProgramCell] = []
    forbidden: dict[str, tuple[str, ...]] = {}
    problems: list[str] = []
    for cell in rebuilt.cells:
        kind = _kind(cell)
        if kind is None:
            continue
        mark = cell.metadata.get("nbgrader", {})
        exercise = answers.get(mark.get("grade_id")) if kind == "answer" else None
        source, tree, said = _parsed(cell.source)
        if tree is not None and kind == "answer" and exercise is not None:
            tools = dict.fromkeys(tool for found in _forbidden(source, tree, allowed) for tool in found.tools)
            if tools:
                forbidden[exercise] = tuple(tools)[:20]
        elif kind == "own" and tree is not None:
            source, left_out = _without_forbidden(source, tree, allowed)
            said = (*said, *left_out)
        elif kind == "own":
            source = _blank(source)
        problems.extend(f"cell {cell.id}, {sentence}" for sentence in said)
        cells.append(ProgramCell(cell.id, kind, source, exercise))
    return Program(tuple(cells), MappingProxyType(forbidden), tuple(problems))


def locate(program: Program, cell: int, line: int) -> Place | None:
    """The place in the student's notebook that two numbers from the sandbox name; None where there is no such place."""
    if type(cell) is not int or type(line) is not int or not 0 <= cell < len(program.cells):
        return None
    found = program.cells[cell]
    return Place(found.id, line) if 1 <= line <= found.source.count("\n") + 1 else None


def _kind(cell: NotebookNode) -> Literal["setup", "answer", "own"] | None:
    """None for what does not run: prose, and given cells that are not tagged `setup`, visible checks among them."""
    if cell.cell_type != "code":
        return None
    mark = cell.metadata.get("nbgrader")
    if mark is None:
        return "own"
    if mark.get("solution"):
        return "answer"
    return "setup" if "setup" in cell.metadata.get("tags", ()) else None


# --------------------------------------------------------------------------------------------------------------- parsing


_PARSING = threading.Lock()
"""Python counts the depth of a tree for all threads together: two that parse at once can both fail with a SystemError."""


def parse(source: str) -> ast.Module:
    """`ast.parse`, from whatever thread."""
    with _PARSING:
        return ast.parse(source)


class _Unreadable(Exception):
    """Python would read it, perhaps, but at a price that is not paid here."""


def _tree(source: str) -> ast.Module:
    """Raises SyntaxError, or `_Unreadable` for what exhausts the parser or would take it seconds or gigabytes.

    CPython 3.11 and later raise on deep nesting instead of crashing; texts that are dear are kept out by their length and by
    the length of dotted names.
    """
    if not bearable(source):
        raise _Unreadable
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a student's "\d" is not our warning
            return parse(source)
    except (RecursionError, MemoryError):
        raise _Unreadable from None
    except SyntaxError:
        raise
    except ValueError as error:  # such as a null character
        raise SyntaxError(str(error), ("", 1, 1, "")) from None


@lru_cache(256)  # given cells and blank answers are the same in a whole class
def _parsed(source: str) -> tuple[str, ast.Module | None, tuple[str, ...]]:
    """The source that runs, its tree (None: it is not Python) and what to say about it, each beginning with a line number.

    A line that is not Python but may be IPython gives way to `pass`. A line that only looks like a magic, as in a docstring,
    stays, because the parser is asked which line it cannot read.
    """
    source, said = _without_cell_magic(source)
    lines = source.split("\n")
    magics: list[int] = []
    while True:
        try:
            tree = _tree("\n".join(lines))
        except _Unreadable:
            return _blank(source), None, (*said, "line 1: too long or too deeply nested to be read; the cell is left out")
        except SyntaxError as error:
            line = min(max(error.lineno or 1, 1), len(lines))
            if len(magics) < 30 and _MAGIC.match((text := lines[line - 1]).strip()):
                lines[line - 1] = text[: len(text) - len(text.lstrip())] + "pass"
                magics.append(line)
                continue
            return source, None, (*said, f"line {line}: not valid Python")
        left_out = [f"line {line}: a magic or shell command; it is left out" for line in sorted(magics)]
        return "\n".join(lines), tree, (*said, *left_out)


# %matplotlib inline   !ls   ?name   name?   files = !ls   x = %time f()
_MAGIC = re.compile(r"[%!?]|[^#]*\?$|[\w., ]+=\s*[%!]")


def _without_cell_magic(source: str) -> tuple[str, list[str]]:
    """A cell under %%time or %%capture is Python; one under any other cell magic is not, and is blanked whole."""
    lines = source.split("\n")
    said = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if not line.startswith("%%"):
            break
        said.append(f"line {number}: a magic or shell command; it is left out")
        if line.split()[0] not in ("%%time", "%%capture"):
            return _blank(source), [f"line {number}: a cell magic; the cell is left out"]
        lines[number - 1] = "pass"
    return "\n".join(lines), said


def _blank(source: str) -> str:
    """Nothing, on as many lines."""
    return "\n" * source.count("\n")


# --------------------------------------------------------------------------------------------------------- allowed tools


@dataclass(frozen=True)
class _Found:
    """A forbidden tool, and the innermost statement that it stands in."""

    statement: ast.stmt
    tools: tuple[str, ...]


def _forbidden(source: str, tree: ast.Module, allowed: frozenset[str]) -> Iterator[_Found]:
    """Imports of what is not allowed, at any depth, and any mention of `__import__`. Iterative: a tree can be deep."""
    if "import" not in source and source.isascii():  # other letters could spell the name too
        return
    waiting: list[tuple[ast.AST, ast.stmt | None]] = [(tree, None)]
    while waiting:
        node, statement = waiting.pop()
        if isinstance(node, ast.stmt):
            statement = node
        tools = _tools(node, allowed)
        if tools and statement is not None:
            yield _Found(statement, tools)
        waiting.extend((child, statement) for child in reversed(list(ast.iter_child_nodes(node))))


def _tools(node: ast.AST, allowed: frozenset[str]) -> tuple[str, ...]:
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        names = ["." * node.level + (node.module or "")]
    else:
        name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        return ("__import__",) if name == "__import__" else ()
    return tuple(f"import {name[:60]}" for name in names if name.split(".")[0] not in allowed)


def _without_forbidden(source: str, tree: ast.Module, allowed: frozenset[str]) -> tuple[str, list[str]]:
    """The source of an own cell in which each statement with a forbidden tool is blanked, and what to say about it."""
    found = list(_forbidden(source, tree, allowed))
    if not found:
        return source, []
    lines = [line.encode() for line in source.split("\n")]  # the parser counts columns in bytes
    said = [f"line {each.statement.lineno}: {', '.join(each.tools[:20])} is not among the allowed tools; it is left out" for each in found]
    # From the end, so that places before stay valid; what lies in a statement that went whole is gone with it.
    spans = {_span(each.statement, lines): each.statement for each in found}
    outermost: list[tuple[tuple[int, int], tuple[int, int]]] = []
    for begin, end in sorted(spans, key=lambda span: (span[0], (-span[1][0], -span[1][1]))):
        if not outermost or begin >= outermost[-1][1]:
            outermost.append((begin, end))
    for begin, end in reversed(outermost):
        _replace(lines, begin, end, _kept(spans[begin, end], allowed))
    result = b"\n".join(lines).decode()
    try:
        _tree(result)
    except (SyntaxError, _Unreadable):
        return _blank(source), said
    return result, said


def _span(statement: ast.stmt, lines: Sequence[bytes]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Where a statement begins and ends, decorators included: (index of line, byte)."""
    begin = statement.lineno - 1, statement.col_offset
    decorators = getattr(statement, "decorator_list", [])
    if decorators:
        first = decorators[0].lineno - 1
        begin = first, len(lines[first]) - len(lines[first].lstrip())
    return begin, ((statement.end_lineno or statement.lineno) - 1, statement.end_col_offset or 0)


def _kept(statement: ast.stmt, allowed: frozenset[str]) -> str:
    """What stays of a statement: the allowed ones of several imports."""
    if isinstance(statement, ast.Import):
        names = [alias for alias in statement.names if alias.name.split(".")[0] in allowed]
        if names:
            return ast.unparse(ast.Import(names))
    return "pass"


def _replace(lines: list[bytes], begin: tuple[int, int], end: tuple[int, int], text: str) -> None:
    """Puts one line in the place of a span, and keeps the number of lines."""
    (first, left), (last, right) = begin, end
    before, after = lines[first][:left], lines[last][right:]
    if first == last:
        lines[first] = before + text.encode() + after
        return
    # What follows on the last line (`; x = 1`) must stay on the same logical line; a comment need not.
    joint = b"\\" if after.strip().startswith(b";") else b""
    lines[first] = before + text.encode() + joint
    for index in range(first + 1, last):
        lines[index] = joint
    lines[last] = after
