"""A class: the submissions that were handed in, each read, rebuilt, graded and recorded, one student's fault never another's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nbformat import NotebookNode

from autograder.classroom.failure import Failures, Ungraded
from autograder.classroom.handed_in import HandedIn, Missing
from autograder.course.model import Notebook
from autograder.grading.grade import Grader
from autograder.grading.result import Result
from autograder.submission.rebuild import Rebuilt, Ungradable, read, rebuild, require_own_folder

if TYPE_CHECKING:
    from autograder.gradebook.record import Recorder


@dataclass(frozen=True)
class Graded:
    """One notebook of a student with its result; note: of the file that was taken for it, see `HandedIn`."""

    student: str
    notebook: Notebook
    result: Result
    note: str = ""


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
                place, rebuilt = reading.take(index)
                student = place.student
                failures.finished += 1
                if isinstance(found, Exception):
                    yield failures.keep(notebook, student, found)
                    yield from students[student].close(notebook, None, None, recorder)
                    continue
                result = replace(found, problems=(*filter(None, [place.note]), *rebuilt.problems, *found.problems))
                yield Graded(student, notebook, result, place.note)
                yield from students[student].close(notebook, result, rebuilt.notebook, recorder)
        for unread in reading.ungraded:
            yield unread
            yield from students[unread.student].close(notebook, None, None, recorder)


class _Reading:
    """Submissions of one notebook, read and rebuilt as they are needed, and kept until they are graded."""

    def __init__(self, handed: Sequence[HandedIn], failures: Failures) -> None:
        self.ungraded: list[Ungraded] = []
        self._failures = failures
        self._handed = handed
        self._waiting: dict[int, tuple[HandedIn, Rebuilt]] = {}

    def __iter__(self) -> Iterator[NotebookNode]:
        index = 0
        for place in self._handed:
            try:
                require_own_folder(place.path, place.student)
                rebuilt = rebuild(place.notebook, read(place.path))
            except Ungradable as error:
                self.ungraded.append(Ungraded(place.student, place.notebook, str(error)))
                continue
            except Exception as error:
                self._failures.finished += 1
                self.ungraded.append(self._failures.keep(place.notebook, place.student, error))
                continue
            self._waiting[index] = (place, rebuilt)
            index += 1
            yield rebuilt.notebook

    def take(self, index: int) -> tuple[HandedIn, Rebuilt]:
        """Place and notebook of the submission that was yielded as this one; asked for once."""
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
        from autograder.gradebook.database import RecordError

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
