"""Who handed in what: the folders of a class, looked at; what may be a notebook under another name is known by its cells.

No link is followed, and what is looked at and read of one student's folder is bounded.
"""

from __future__ import annotations

import contextlib
import difflib
import itertools
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.course.model import Course, CourseError, Notebook
from autograder.submission import rebuild
from autograder.submission.plain import shown
from autograder.submission.whose import Recognised, Recogniser

if TYPE_CHECKING:
    from nbgrader.coursedir import CourseDirectory

MOST_NAMED = 10
"""Names of students or files in one sentence."""
MOST_FILES = 1_000
"""Entries of a student's folder that are looked at."""
MOST_FOLDERS = 10
"""Folders in one another, likewise."""
MOST_READ = 30
"""Files of it that are read as notebooks, and `BYTES_READ` in all."""
BYTES_READ = 2 * rebuild.FILE_BYTES
CHECKPOINTS = ".ipynb_checkpoints"
"""Where Jupyter keeps an older state of a notebook."""


@dataclass(frozen=True)
class HandedIn:
    """One notebook that a student handed in, or should have.

    missing: nothing lies there that may be it. amiss: something does, and cannot be taken for it: what, and what to do.
    note: what student and instructor should know of the file that is taken for it, in a sentence.
    """

    student: str
    notebook: Notebook
    path: Path
    missing: bool = False
    amiss: str = ""
    note: str = ""


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
    recognise = Recogniser([*notebooks, *(other for other in Course(notebooks[0].root) if other not in notebooks)])
    return [
        place
        for student in dict.fromkeys(students or present)
        for place in _looked_at(student, notebooks, Path(f"{before}{student}{after}"), recognise)
    ]


def _looked_at(student: str, notebooks: Sequence[Notebook], folder: Path, recognise: Recogniser) -> Iterable[HandedIn]:
    """The notebooks of one student, each where its name says unless the cells of what lies there say otherwise.

    A folder that holds one notebook under its name, as nearly all do, is looked at, and the notebook not opened.
    """
    places = [HandedIn(student, notebook, folder / f"{notebook.name}.ipynb") for notebook in notebooks]
    there = [_is_there(place.path, os.path.lexists) for place in places]
    try:
        rebuild.require_own_folder(places[0].path, student)
    except rebuild.Ungradable as error:
        return [replace(place, amiss=str(error)) for place in places]
    lying = _Lying(folder, notebooks)
    if len(places) == 1 and there[0] and not lying.beside:
        return places
    lying.read(recognise)
    return map(lying.taken_for, places)


class _Lying:
    """What lies in a student's folder."""

    def __init__(self, folder: Path, notebooks: Sequence[Notebook]) -> None:
        self._folder = folder
        self._names = [notebook.name for notebook in notebooks]
        self._files, self._unseen = _files(folder)
        self._recognised: dict[str, Recognised] = {}

    @property
    def beside(self) -> bool:
        """Whether anything but the assignment's notebooks under their names may be a notebook."""
        return bool(self._unseen) or any(file not in self._expected and rebuild.json_size(self._folder / file) for file in self._files)

    @property
    def _expected(self) -> set[str]:
        return {f"{name}.ipynb" for name in self._names}

    def read(self, recognise: Recogniser) -> None:
        """Recognise the notebooks among the files, beginning with those whose names promise most."""
        room = BYTES_READ
        promising = sorted(self._files, key=lambda file: (file not in self._expected, not self._may_be(file), file.count("/"), file))
        sizes = {file: size for file in promising if 0 < (size := rebuild.json_size(self._folder / file)) <= rebuild.FILE_BYTES}
        for count, (file, size) in enumerate(sizes.items()):
            if count >= MOST_READ or size > room:
                self._unseen.append(file)
                continue
            room -= size
            with contextlib.suppress(rebuild.Ungradable):  # no notebook
                if found := recognise(rebuild.read(self._folder / file)):
                    self._recognised[file] = found

    def taken_for(self, place: HandedIn) -> HandedIn:
        """What is graded as a notebook: the file of its name, unless that holds no answers to it and exactly one other does."""
        notebook, name = place.notebook, place.path.name
        fits = [file for file, found in self._recognised.items() if found.notebook == notebook]
        if any(self._recognised[file].marked for file in fits):
            fits = [file for file in fits if self._recognised[file].marked]
        answers: dict[tuple[str, ...], str] = {}  # the same twice is no choice
        for file in sorted(fits, key=lambda file: (file != name, CHECKPOINTS in file, file.count("/"), file)):
            if self._recognised[file].written:
                answers.setdefault(self._recognised[file].written, file)
        worked = [file for file in answers.values() if CHECKPOINTS not in file] or [*answers.values()]
        if name in worked or (name in fits and not worked):
            others = [file for file in worked if file != name]
            return replace(place, note=f"{name} was graded; {_told(others)} beside it, with other answers, was not" if others else "")
        is_there = _is_there(place.path, os.path.lexists)
        state = "is as it was released" if name in fits else "is not this notebook, or cannot be read" if is_there else "is not there"
        found = worked or ([] if is_there else fits[:1])
        if len(found) == 1 and not self._unseen:
            told = f"{_told(found)}, whose cells are those of this notebook, was graded: {name} was expected, and {state}"
            return replace(place, path=self._folder / found[0], note=told)
        if found:
            told = f"{_told([*found, *self._unseen])} may be it"
            return replace(place, amiss=f"{name} was expected in {self._folder} and {state}, and {told}: {_advice(name)}")
        return place if is_there else self._not_there(place)

    def _not_there(self, place: HandedIn) -> HandedIn:
        name = place.path.name
        known = {file for file, found in self._recognised.items() if found.notebook.assignment == place.notebook.assignment}
        found = sorted({*self._unseen, *(file for file in self._files if file not in known and self._may_be(file, place.notebook))})
        if not found:
            return replace(place, missing=True)
        told = _told([f"{file} ({other.notebook})" if (other := self._recognised.get(file)) else file for file in found])
        return replace(place, amiss=f"there is no {name} in {self._folder}, and this may be it: {told}: {_advice(name)}")

    def _may_be(self, file: str, notebook: Notebook | None = None) -> bool:
        """Whether a file's name is one that a notebook of the assignment, or this one, may have got."""
        own = Path(file).name.casefold()
        named = max((name for name in self._names if name.casefold() in own), key=len, default="")
        if named:
            return notebook is None or notebook.name == named
        return own.endswith(".ipynb")


def _advice(name: str) -> str:
    return f"give the one that it is the name {name}, or take away what it is not, and grade again"


def _files(folder: Path) -> tuple[list[str], list[str]]:
    """The files in a folder, by their paths below it, and what could not be looked into or is deep or large beyond reason."""
    files: list[str] = []
    unseen: list[str] = []
    seen = 0
    waiting = [(folder, "")]
    while waiting:
        place, below = waiting.pop()
        try:
            with os.scandir(place) as listing:
                entries = sorted(itertools.islice(listing, MOST_FILES), key=lambda entry: entry.name)
        except FileNotFoundError:
            continue
        except OSError:
            unseen.append(below or ".")
            continue
        seen += len(entries)
        if seen >= MOST_FILES or below.count("/") > MOST_FOLDERS:
            unseen.append(below or ".")
            return files, unseen
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                waiting.append((place / entry.name, f"{below}{entry.name}/"))
            else:
                files.append(below + entry.name)
    return files, unseen


def _guess(student: str, present: Sequence[str]) -> str:
    near = difflib.get_close_matches(student, present)
    return f"do you mean {' or '.join(near)}?" if near else f"these students have: {_listed(present) or 'none'}"


def _told(files: Sequence[str]) -> str:
    return _listed([shown(file, 100) for file in files])


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
