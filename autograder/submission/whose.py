"""Which notebook of the course a file is: told by its cells, whatever its name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode

from autograder.course.model import Notebook

_DEFINES = re.compile(r"^(?:async +def|def|class) +(\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Recognised:
    """What the cells of a file say.

    marked: they carry the marks of the notebook's exercises, and not only their names. written: the answers that are not as released.
    """

    notebook: Notebook
    marked: bool
    written: tuple[str, ...]


class Recogniser:
    """Recognises what `read` gives as one of the notebooks that it knows.

    An exercise is in a file when its answer or its check is, by grade_id, by id or as its very text; where not one is, when something of
    the name that its stub defines is defined. The file is the notebook of which most exercises are in it; by names alone, at least half.
    """

    def __init__(self, known: Iterable[Notebook]) -> None:
        """known: of those that fit equally well, the first is meant."""
        self._known = {notebook: _Released(notebook) for notebook in known if notebook.release.is_file()}

    def __call__(self, submitted: NotebookNode) -> Recognised | None:
        """None for what is no notebook of the course."""
        marks = {mark for cell in submitted.cells for mark in _marks(cell)}
        names = {name for cell in submitted.cells for name in _defined(cell)}
        fits = {notebook: ours.fits(marks, names) for notebook, ours in self._known.items()}
        best = max(fits, key=lambda notebook: fits[notebook], default=None)
        if best is None or fits[best] == (0, 0):
            return None
        return Recognised(best, fits[best][0] > 0, tuple(self._known[best].written(submitted)))


class _Released:
    """The exercises of a notebook as it was released."""

    def __init__(self, notebook: Notebook) -> None:
        answers = {exercise.answer: exercise.id for exercise in notebook.exercises}
        checks = {exercise.id for exercise in notebook.exercises}
        self._texts = {cell.source.strip() for cell in notebook.skeleton.cells}
        self._exercises: dict[tuple[str, str], str] = {}
        self._names: dict[str, str] = {}
        self._answers: set[tuple[str, str]] = set()
        for cell in notebook.skeleton.cells:
            name = _grade_id(cell)
            exercise = answers.get(name, name if name in checks else None)
            if exercise is None:
                continue
            marks = [("id", name), *([("text", cell.source.strip())] if name in checks else [])]
            self._exercises.update(dict.fromkeys(marks, exercise))
            if name in answers:
                self._answers.add(("id", name))
                self._names.update(dict.fromkeys(_defined(cell), exercise))

    def fits(self, marks: Collection[tuple[str, str]], names: Collection[str]) -> tuple[int, int]:
        """How many exercises are there by their marks, and by names alone."""
        named = len({self._names[name] for name in names if name in self._names})
        marked = len({self._exercises[mark] for mark in marks if mark in self._exercises})
        return marked, named if marked or 2 * named >= len(set(self._names.values())) else 0

    def written(self, submitted: NotebookNode) -> Iterator[str]:
        for cell in submitted.cells:
            answers = any(mark in self._answers for mark in _marks(cell)) or any(name in self._names for name in _defined(cell))
            text = cell.source.strip()
            if answers and text and text not in self._texts:
                yield text


def _marks(cell: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "id", _grade_id(cell)
    yield "id", str(cell.get("id", ""))
    yield "text", str(cell["source"]).strip()


def _grade_id(cell: Mapping[str, Any]) -> str:
    mark = cell["metadata"].get("nbgrader")
    return str(mark.get("grade_id", "")) if isinstance(mark, Mapping) else ""


def _defined(cell: Mapping[str, Any]) -> list[str]:
    return _DEFINES.findall(cell["source"]) if cell["cell_type"] == "code" else []
