"""A class: the submissions that were handed in, each read, rebuilt, graded and recorded, one student's fault never another's."""

from __future__ import annotations

import difflib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from nbformat import NotebookNode

from autograder import failure, submission
from autograder.course import CourseError, Notebook
from autograder.grade import Grader
from autograder.result import Result

if TYPE_CHECKING:
    from nbgrader.coursedir import CourseDirectory

    from autograder.record import Recorder


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
class Graded:
    """One notebook of a student with its result."""

    student: str
    notebook: Notebook
    result: Result


@dataclass(frozen=True)
class Missing:
    """One notebook of which a student handed in nothing: 0, as in nbgrader."""

    student: str
    notebook: Notebook

    def __str__(self) -> str:
        return f"not handed in, which counts as 0: {self.student}, {self.notebook}"


@dataclass(frozen=True)
class Ungraded:
    """One notebook of a student that has no mark, and why, with what to do about it."""

    student: str
    notebook: Notebook
    cause: str
    graded: bool = False
    """There is a result, but it could not be recorded."""

    def __str__(self) -> str:
        return f"{self.kind}: {self.student}, {self.what}: {self.cause}"

    @property
    def kind(self) -> str:
        """What did not come about."""
        return "not recorded" if self.graded else "not graded"

    @property
    def what(self) -> str:
        """What has no mark: the assignment when it could not be recorded."""
        return self.notebook.assignment if self.graded else str(self.notebook)


def summary(done: Iterable[Missing | Ungraded]) -> Iterator[str]:
    """A sentence for each thing that is to be known, with all whom it concerns, so that the same advice stands once."""
    concerned: dict[tuple[str, str, str], list[str]] = {}
    for one in sorted(done, key=lambda one: (isinstance(one, Ungraded), one.student)):
        if isinstance(one, Missing):
            key = ("not handed in, which counts as 0", str(one.notebook), "")
        else:
            key = (one.kind, one.what, f": {one.cause}")
        concerned.setdefault(key, []).append(one.student)
    for (kind, what, cause), students in concerned.items():
        yield f"{kind}: {', '.join(dict.fromkeys(students))}, {what}{cause}"


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
        submission.require_own_folder(place.path, student)
    except submission.Ungradable as error:
        return replace(place, amiss=str(error))
    found = submission.may_be(folder, notebook.name, [other.name for other in notebooks])
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


def grade_class(
    handed: Sequence[HandedIn], grader: Callable[[Notebook], Grader], recorder: Recorder | None = None
) -> Iterator[Graded | Missing | Ungraded]:
    """Grade a class, and record each student as soon as all of their notebooks are graded; what comes of each, as it comes.

    What is wrong with one submission, foreseen or not, comes as `Ungraded`; what is wrong with the course or the machine is raised.
    A gradebook that fails on the way costs the rest of the class its marks, and not its results, which are kept.
    """
    students: dict[str, _Student] = {}
    failures = Failures()
    if recorder is not None and handed:
        recorder.enter(handed[0].notebook)  # what keeps all from being recorded is said once, and before the work
    for place in handed:
        if not place.student.isprintable():  # no gradebook, log or terminal is to be given such a name
            yield Ungraded(place.student, place.notebook, "the folder's name holds what cannot be shown, such as a line break: rename it")
    handed = [place for place in handed if place.student.isprintable()]
    for place in handed:
        students.setdefault(place.student, _Student(place.student, failures)).open.add(place.notebook)
    for place in handed:
        if place.missing or place.amiss:
            yield Missing(place.student, place.notebook) if place.missing else Ungraded(place.student, place.notebook, place.amiss)
            yield from students[place.student].close(place.notebook, None, None, recorder, place.missing)
    handed = [place for place in handed if not (place.missing or place.amiss)]
    for notebook in dict.fromkeys(place.notebook for place in handed):
        reading = _Reading([place for place in handed if place.notebook == notebook], failures)
        with grader(notebook) as grading:
            for index, found in grading.grade_all(reading):
                student, rebuilt = reading.take(index)
                failures.finished += 1
                if isinstance(found, Exception):
                    yield failures.keep(notebook, student, found)
                    yield from students[student].close(notebook, None, None, recorder)
                    continue
                result = replace(found, problems=(*rebuilt.problems, *found.problems))
                yield Graded(student, notebook, result)
                yield from students[student].close(notebook, result, rebuilt.notebook, recorder)
        for unread in reading.ungraded:
            yield unread
            yield from students[unread.student].close(notebook, None, None, recorder)


class Failures:
    """What nobody foresaw. It costs one submission each, unless most of the first ones have the same: then it is not theirs."""

    FIRST = 20

    def __init__(self) -> None:
        self.finished = 0
        self._alike: Counter[str] = Counter()

    def keep(self, notebook: Notebook, student: str, error: Exception) -> Ungraded:
        """Raises `CourseError` for what is not the submission's."""
        told = failure.keep(notebook, student, error)
        alike = failure.signature(error)
        self._alike[alike] += 1
        if self.finished <= self.FIRST < 2 * self._alike[alike]:
            many = f"{self._alike[alike]} of the first {self.FIRST} submissions"
            raise CourseError(f"{many} fail alike, so that it is no fault of theirs: {told}") from error
        return Ungraded(student, notebook, told)


class _Reading:
    """Submissions of one notebook, read and rebuilt as they are needed, and kept until they are graded."""

    def __init__(self, handed: Sequence[HandedIn], failures: Failures) -> None:
        self.ungraded: list[Ungraded] = []
        self._failures = failures
        self._handed = handed
        self._waiting: dict[int, tuple[str, submission.Rebuilt]] = {}

    def __iter__(self) -> Iterator[NotebookNode]:
        index = 0
        for place in self._handed:
            try:
                submission.require_own_folder(place.path, place.student)
                rebuilt = submission.rebuild(place.notebook, submission.read(place.path))
            except submission.Ungradable as error:
                self.ungraded.append(Ungraded(place.student, place.notebook, str(error)))
                continue
            except Exception as error:
                self._failures.finished += 1
                self.ungraded.append(self._failures.keep(place.notebook, place.student, error))
                continue
            self._waiting[index] = (place.student, rebuilt)
            index += 1
            yield rebuilt.notebook

    def take(self, index: int) -> tuple[str, submission.Rebuilt]:
        """Student and notebook of the submission that was yielded as this one; asked for once."""
        return self._waiting.pop(index)


class _Student:
    """One student's submission; it is recorded when no notebook of it is open any more."""

    def __init__(self, name: str, failures: Failures) -> None:
        self.name = name
        self._failures = failures
        self.open: set[Notebook] = set()
        self._results: dict[Notebook, Result] = {}
        self._rebuilt: dict[Notebook, NotebookNode] = {}
        self._missing: list[Notebook] = []

    def close(
        self, notebook: Notebook, result: Result | None, rebuilt: NotebookNode | None, recorder: Recorder | None, missing: bool = False
    ) -> Iterator[Ungraded]:
        """A notebook is done, with a result or without; yields what kept the submission from being recorded."""
        self.open.discard(notebook)
        if missing:
            self._missing.append(notebook)
        if result is not None and rebuilt is not None and recorder is not None:
            self._results[notebook] = result
            self._rebuilt[notebook] = rebuilt
        if self.open or recorder is None:
            return
        from autograder.database import RecordError

        graded = bool(self._results)
        try:
            if graded:
                recorder.record(self.name, self._results, self._rebuilt, self._missing)
            else:
                recorder.ungradable(self.name, notebook, self._missing)
        except RecordError as error:
            yield Ungraded(self.name, notebook, str(error), graded=True)
        except Exception as error:
            yield replace(self._failures.keep(notebook, self.name, error), graded=True)
        self._results.clear()
        self._rebuilt.clear()
