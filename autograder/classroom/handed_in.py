"""Who handed in what: the folders of a class, looked at and not opened."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.course.model import CourseError, Notebook
from autograder.submission import rebuild

if TYPE_CHECKING:
    from nbgrader.coursedir import CourseDirectory

MOST_NAMED = 10
"""Names of students or files in one sentence."""


@dataclass(frozen=True)
class HandedIn:
    """One notebook that a student handed in, or should have.

    missing: nothing lies there that may be it. amiss: something does, and cannot be taken for it: what, and what to do.
    """

    student: str
    notebook: Notebook
    path: Path
    missing: bool = False
    amiss: str = ""


@dataclass(frozen=True)
class Missing:
    """One notebook of which a student handed in nothing: 0, as in nbgrader."""

    student: str
    notebook: Notebook

    def __str__(self) -> str:
        return f"not handed in, which counts as 0: {self.student}, {self.notebook}"


def handed_in(coursedir: CourseDirectory, notebooks: Sequence[Notebook], students: Sequence[str] = ()) -> list[HandedIn]:
    """The notebooks of an assignment in the folders of a course, by student; of these students alone when any is named.

    Whoever has a folder for the assignment has handed it in, and stands here with every notebook of it. Raises `CourseError`
    when somebody is named who has none.
    """
    assignment = notebooks[0].assignment
    before, _, after = str(coursedir.format_path(coursedir.submitted_directory, "\0", assignment)).partition("\0")
    present = sorted(path.name for path in Path(before).glob("*") if _is_there(f"{path}{after}", os.path.isdir))
    for student in students:
        if student not in present:
            raise CourseError(
                f"{student!r} has not handed in {assignment}: there is no folder {before}<student>{after} of that name; "
                f"{_guess(student, [name for name in present if name.isprintable()])}"
            )
    return [
        _looked_at(student, notebook, Path(f"{before}{student}{after}"), notebooks)
        for student in dict.fromkeys(students or present)
        for notebook in notebooks
    ]


def _looked_at(student: str, notebook: Notebook, folder: Path, notebooks: Sequence[Notebook]) -> HandedIn:
    file = f"{notebook.name}.ipynb"
    place = HandedIn(student, notebook, folder / file)
    if _is_there(place.path, os.path.lexists):
        return place
    try:
        rebuild.require_own_folder(place.path, student)
    except rebuild.Ungradable as error:
        return replace(place, amiss=str(error))
    found = rebuild.may_be(folder, notebook.name, [other.name for other in notebooks])
    if not found:
        return replace(place, missing=True)
    advice = f"give the one that it is the name {file}, or take away what it is not, and grade again"
    return replace(place, amiss=f"there is no {file} in {folder}, and this may be it: {_listed(found)}: {advice}")


def _guess(student: str, present: Sequence[str]) -> str:
    near = difflib.get_close_matches(student, present)
    return f"do you mean {' or '.join(near)}?" if near else f"these students have: {_listed(present) or 'none'}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _is_there(path: str | Path, look: Callable[[str | Path], bool]) -> bool:
    """What may not be looked at counts as there: reading it says why it cannot be graded."""
    try:
        os.lstat(path)
    except PermissionError:
        return True
    except OSError:
        return False
    return look(path)
