"""Answers that are written with a course, and submissions made of them: model answers, alternatives, mutants."""

from __future__ import annotations

import copy
import runpy
from collections.abc import Mapping
from typing import Any

from nbformat import NotebookNode

from autograder.course import build
from autograder.course.model import CourseError, Notebook

_MARKERS = ("### BEGIN SOLUTION", "### END SOLUTION")


def models(notebook: Notebook) -> dict[str, str]:
    """The answer cells of the source, by exercise."""
    cells = {_grade_id(cell): cell.source for cell in build.read(notebook).cells}
    for exercise in notebook.exercises:
        if exercise.answer not in cells:
            raise CourseError(f"{notebook.source} has no cell {exercise.answer}: run `autograder build {notebook.assignment}`")
    return {exercise.id: cells[exercise.answer] for exercise in notebook.exercises}


def alternatives(notebook: Notebook) -> dict[str, dict[str, str]]:
    """Right answers built differently, by name and exercise: tests/alternatives/<assignment>/<name>.py, in percent format.

    A file belongs to the notebook whose exercises it answers; raises `CourseError` where it has other cells too.
    """
    exercises = {exercise.answer: exercise.id for exercise in notebook.exercises}
    found = {}
    for path in sorted((notebook.root / "tests" / "alternatives" / notebook.assignment).glob("*.py")):
        cells = {_grade_id(cell): cell.source for cell in _cells(path.read_text(encoding="utf-8"))}
        if not exercises.keys() & cells.keys():
            continue
        for grade_id in cells.keys() - exercises.keys():
            raise CourseError(f"{path}: {grade_id or 'a cell without grade_id'} is no answer cell of {notebook}")
        found[path.stem] = {exercises[grade_id]: source for grade_id, source in cells.items()}
    return found


def mutants(notebook: Notebook) -> dict[str, dict[str, str]]:
    """The model answers with one mistake each, by exercise and mistake."""
    answers = models(notebook)
    return {
        exercise: {mistake: changed(answers[exercise], change) for mistake, change in mistakes.items()}
        for exercise, mistakes in changes(notebook)["MUTANTS"].items()
    }


def changes(notebook: Notebook) -> dict[str, Any]:
    """What tests/mutants/<assignment>/<notebook>.py says of changes to the model answers, by exercise and name of the change.

    MUTANTS: a text of the model answer, and what stands there instead. EQUIVALENT, if any: why the change makes no difference.
    """
    path = notebook.root / "tests" / "mutants" / notebook.assignment / f"{notebook.name}.py"
    if not path.is_file():
        raise CourseError(
            f"{path} is missing: it holds MUTANTS, by exercise and mistake a text of the model answer and what stands there instead"
        )
    return runpy.run_path(str(path))


def changed(answer: str, *changes: tuple[str, str]) -> str:
    """An answer with changes made one after the other: each a text of it, and what stands there instead.

    Raises `CourseError` where a text is not there, as when an earlier change took it away.
    """
    for old, new in changes:
        if old not in answer:
            raise CourseError(f"there is no {old!r} to change in:\n{answer}")
        answer = answer.replace(old, new)
    return answer


def submission(notebook: Notebook, answers: Mapping[str, str]) -> NotebookNode:
    """The release with these answers, by exercise; the others stay blank."""
    filled = copy.deepcopy(notebook.skeleton)
    for exercise, answer in answers.items():
        lines = [line for line in answer.splitlines() if line.strip() not in _MARKERS]
        filled.cells[_place(filled, f"{exercise}_answer")].source = "\n".join(lines)
    return filled


def fill(release: NotebookNode, text: str) -> NotebookNode:
    """A release notebook as a student hands it in.

    text: percent format. A cell with a grade_id takes the place of that answer; a cell without is the student's own, and
    comes after the answer that it follows in the text, or first. Raises `CourseError` for a grade_id that is no answer.
    """
    filled = copy.deepcopy(release)
    place = 0
    own = 0
    for cell in _cells(text):
        if grade_id := _grade_id(cell):
            place = _place(filled, grade_id)
            filled.cells[place].source = cell.source
        else:
            own += 1
            filled.cells.insert(place, _own_cell(cell, f"student-{own}"))
        place += 1
    return filled


def _cells(text: str) -> list[NotebookNode]:
    import jupytext

    start = text.find("# %%")
    return list(jupytext.reads(text[max(start, 0) :], fmt="py:percent").cells) if text.strip() else []


def _own_cell(cell: NotebookNode, name: str) -> NotebookNode:
    own = NotebookNode(cell_type=cell.cell_type, id=name, metadata=NotebookNode(), source=cell.source)
    if cell.cell_type == "code":
        own.update(execution_count=None, outputs=[])
    return own


def _grade_id(cell: NotebookNode) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def _place(notebook: NotebookNode, grade_id: str) -> int:
    for place, cell in enumerate(notebook.cells):
        if _grade_id(cell) == grade_id and cell.metadata["nbgrader"].get("solution"):
            return place
    raise CourseError(f"{grade_id} is no answer cell of this notebook")
