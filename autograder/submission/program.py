"""What runs of a rebuilt notebook, piece by piece, with the way back from a line that runs to the student's line.

Student code is parsed here, in the trusted process, and never compiled or run. Line n of a piece's source is line n of its cell.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

from nbformat import NotebookNode

from autograder.course.model import Notebook
from autograder.submission import counting, library, parsing, tools
from autograder.submission.place import Place

MOST_PROBLEMS = 100
"""Sentences about one notebook."""


@dataclass(frozen=True)
class ProgramCell:
    """A cell that runs, or a piece of one on the lines that it has there; `exercise` is the one that it answers, the first of several."""

    id: str
    kind: counting.Kind | Literal["model"]
    source: str
    exercise: str | None


@dataclass(frozen=True)
class Program:
    """The cells that run, in their order.

    forbidden: for each exercise whose answer uses tools that are not allowed, these tools, such as "import numpy" or
    "torch.nn.MultiheadAttention"; used: where the first of them stands. problems: sentences for the author of the notebook.
    """

    cells: tuple[ProgramCell, ...]
    forbidden: Mapping[str, tuple[str, ...]]
    problems: tuple[str, ...]
    used: Mapping[str, Place] = field(default_factory=dict)


def program(notebook: Notebook, rebuilt: NotebookNode) -> Program:
    """Setup cells, and what counts of the student's; blanked are magics, what is not there, and in own cells what may not be used."""
    answers = {exercise.answer: exercise.id for exercise in notebook.exercises}
    common = tools.Rules(notebook.imports, notebook.banned, notebook.refused, frozenset(notebook.packages))
    rules = {each.id: common if each.imports is None else replace(common, modules=each.imports) for each in notebook.exercises}
    problems: list[str] = []
    cells: list[counting.Cell] = []
    trees: list[tuple[str, ast.Module]] = []
    for cell in rebuilt.cells:
        kind = _kind(cell)
        if kind is None:
            continue
        source, tree, said = parsing.read(cell.source)
        problems.extend(f"cell {cell.id}, {sentence}" for sentence in said)
        if tree:
            trees.append((cell.id, tree))
        answered = answers.get(cell.metadata.get("nbgrader", {}).get("grade_id")) if kind == "answer" else None
        cells.append(counting.Cell(cell.id, kind, source if tree or kind != "own" else parsing.blank(source), answered))
    counted = counting.Counting(counting.released(notebook), sorted(cells, key=lambda cell: cell.kind != "setup"))
    problems += counted.problems

    read = [tools.Cell(piece.kind, piece.source, piece.tree, piece.exercises) for piece in counted.pieces]
    loose = tools.loose_names(read, common)
    forbidden: dict[str, list[tuple[str, Place]]] = defaultdict(list)
    made: list[ProgramCell] = []
    for piece, each in zip(counted.pieces, read, strict=True):
        found = [] if piece.kind == "setup" else tools.used(each, common, loose)
        for exercise in piece.exercises:
            found = tools.used(each, rules[exercise], loose)
            forbidden[exercise] += [(tool, Place(piece.cell, one.statement.lineno)) for one in found for tool in one.tools]
        missing = [] if piece.kind == "setup" else tools.absent(each, common)
        source, left_out = tools.without(each, () if piece.exercises else found, missing, common)
        problems.extend(f"cell {piece.cell}, {sentence}" for sentence in left_out)
        made.append(ProgramCell(piece.cell, piece.kind, source, next(iter(piece.exercises), None)))
    for exercise, (reached, index, line) in tools.reached(read, rules).items():
        forbidden[exercise] += [(tool, Place(counted.pieces[index].cell, line)) for tool in reached]
    problems.extend(library.unknown(trees))
    if len(problems) > MOST_PROBLEMS:
        problems[MOST_PROBLEMS:] = [f"and {len(problems) - MOST_PROBLEMS:,} more of the kind"]
    refused = {exercise: found for exercise, found in forbidden.items() if found}
    named = {exercise: tuple(dict.fromkeys(tool for tool, _ in found))[: tools.MOST_NAMED] for exercise, found in refused.items()}
    used = {exercise: found[0][1] for exercise, found in refused.items()}
    return Program(tuple(made), MappingProxyType(named), tuple(problems), MappingProxyType(used))


def locate(program: Program, cell: int, line: int) -> Place | None:
    """The place in the student's notebook that two numbers from the sandbox name; None where there is no such place."""
    if type(cell) is not int or type(line) is not int or not 0 <= cell < len(program.cells):
        return None
    found = program.cells[cell]
    return Place(found.id, line) if 1 <= line <= found.source.count("\n") + 1 else None


def _kind(cell: NotebookNode) -> counting.Kind | None:
    """None for what does not run: prose, and given cells that are not tagged `setup`, visible checks among them."""
    if cell.cell_type != "code":
        return None
    mark = cell.metadata.get("nbgrader")
    if mark is None:
        return "own"
    if mark.get("solution"):
        return "answer"
    return "setup" if "setup" in cell.metadata.get("tags", ()) else None
