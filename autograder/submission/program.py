"""What runs of a rebuilt notebook, cell by cell, with the way back from a line that runs to the student's line.

Student code is parsed here, in the trusted process, and never compiled or run. Line n of a cell's source is line n of the cell.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from nbformat import NotebookNode

from autograder.course.model import Notebook
from autograder.submission import parsing, tools
from autograder.submission.place import Place

MOST_PROBLEMS = 100
"""Sentences about one notebook."""


@dataclass(frozen=True)
class ProgramCell:
    """One cell that runs; `exercise` is the one it answers."""

    id: str
    kind: Literal["setup", "answer", "own", "model"]
    source: str
    exercise: str | None


@dataclass(frozen=True)
class Program:
    """The cells that run, in the order of the notebook.

    forbidden: for each exercise whose answer uses tools that are not allowed, these tools, such as "import numpy" or
    "torch.nn.MultiheadAttention".
    problems: sentences for the author of the notebook.
    """

    cells: tuple[ProgramCell, ...]
    forbidden: Mapping[str, tuple[str, ...]]
    problems: tuple[str, ...]


def program(notebook: Notebook, rebuilt: NotebookNode) -> Program:
    """Setup cells, answer cells and the student's own code cells, with magics and forbidden statements of own cells blanked."""
    exercises = {exercise.answer: exercise for exercise in notebook.exercises}
    rules = tools.Rules(tools.ALWAYS_ALLOWED | notebook.imports, notebook.banned)
    narrow = {each.id: tools.ALWAYS_ALLOWED | each.imports for each in notebook.exercises if each.imports is not None}
    read: list[tools.Cell] = []
    ids: list[str] = []
    problems: list[str] = []
    for cell in rebuilt.cells:
        kind = _kind(cell)
        if kind is None:
            continue
        answered = exercises.get(cell.metadata.get("nbgrader", {}).get("grade_id")) if kind == "answer" else None
        source, tree, said = _parsed(cell.source)
        problems.extend(f"cell {cell.id}, {sentence}" for sentence in said)
        read.append(tools.Cell(kind, source if tree or kind != "own" else _blank(source), tree, answered.id if answered else None))
        ids.append(cell.id)
    loose = tools.loose_names(read, rules)
    forbidden = tools.reached(read, rules, narrow)
    cells: list[ProgramCell] = []
    for name, each in zip(ids, read, strict=True):
        source = each.source
        if each.kind == "own":
            source, left_out = tools.without(each, tools.used(each, rules, loose), rules)
            problems.extend(f"cell {name}, {sentence}" for sentence in left_out)
        elif each.exercise is not None:
            found = tools.used(each, replace(rules, modules=narrow.get(each.exercise, rules.modules)), loose)
            named = dict.fromkeys([*(tool for one in found for tool in one.tools), *forbidden.get(each.exercise, ())])
            if named:
                forbidden[each.exercise] = tuple(named)[:20]
        cells.append(ProgramCell(name, each.kind, source, each.exercise))
    if len(problems) > MOST_PROBLEMS:
        problems[MOST_PROBLEMS:] = [f"and {len(problems) - MOST_PROBLEMS:,} more of the kind"]
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


@lru_cache(256)  # given cells and blank answers are the same in a whole class
def _parsed(source: str) -> tuple[str, ast.Module | None, tuple[str, ...]]:
    """The source that runs, its tree (None: it is not Python) and what to say about it, each beginning with a line number.

    A line that is not Python but may be IPython gives way to `pass`. A line that only looks like a magic, as in a docstring,
    stays, because the parser is asked which line it cannot read.
    """
    source, said = _without_cell_magic(source)
    lines = source.split("\n")
    magics: list[int] = []
    most = min(30, _READ_AGAIN // (len(source) + 1))
    while True:
        try:
            tree = parsing.tree("\n".join(lines))
        except parsing.Unreadable:
            return _blank(source), None, (*said, "line 1: too long or too deeply nested to be read; the cell is left out")
        except SyntaxError as error:
            line = min(max(error.lineno or 1, 1), len(lines))
            if len(magics) < most and _MAGIC.match((text := lines[line - 1]).strip()):
                lines[line - 1] = text[: len(text) - len(text.lstrip())] + "pass"
                magics.append(line)
                continue
            return source, None, (*said, f"line {line}: not valid Python")
        left_out = [f"line {line}: a magic or shell command; it is left out" for line in sorted(magics)]
        return "\n".join(lines), tree, (*said, *left_out)


_READ_AGAIN = 300_000
"""Characters that are read again for the sake of magics in one cell."""

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
