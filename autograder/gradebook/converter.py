"""nbgrader's converter from submitted/ to autograded/, which looks before it opens; `install` puts it in nbgrader's place.

nbgrader finds notebooks by patterns, reads them with nbformat, and copies whatever else a student handed in, links followed. Here
a submission's notebooks and the exchange's notes are the only files that are opened, as regular files of bounded size.
What is wrong with one notebook costs that one, in one sentence; what is wrong with the course or the machine ends the command.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import shutil
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbgrader import api, converters
from nbgrader.apps import api as formgrader
from nbgrader.apps import autogradeapp
from nbgrader.converters import NbGraderException
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SQLAlchemyError
from traitlets import default

from autograder.course.model import Course, CourseError, Notebook
from autograder.gradebook.database import RecordError, location, open_gradebook, told
from autograder.gradebook.exchange import TIMESTAMP, moment, notes, other_files
from autograder.gradebook.record import enter
from autograder.grading.failure import Failures, Ungraded
from autograder.sandbox import SandboxUnavailable
from autograder.submission.handed_in import HandedIn, Missing, handed_in
from autograder.submission.rebuild import Ungradable, read, require_own_folder

_ENDS = (CourseError, RecordError, SandboxUnavailable, SQLAlchemyError)
"""What is wrong with the course or the machine, and ends a command."""


class Reader(NotebookExporter):
    """Reads a submitted notebook as `submission.read` does; nbconvert follows links, and reads whatever comes."""

    def from_filename(self, filename: str, resources: Any = None, **options: Any) -> Any:
        """Raises `Ungradable`. What the converter wrote itself is read as nbconvert does it."""
        converter: Any = self.parent
        if not converter.reads_submissions:
            return super().from_filename(filename, resources, **options)
        path = Path(filename)
        require_own_folder(path, resources["nbgrader"]["student"])
        resources["metadata"] = ResourcesDict(name=path.stem, path=str(path.parent))
        convert: Any = self.from_notebook_node
        return convert(read(path), resources, **options)


class Autograde(converters.Autograde):
    """What `nbgrader autograde` and formgrader's button start."""

    @default("exporter_class")
    def _exporter_class_default(self) -> type:
        return Reader

    @property
    def reads_submissions(self) -> bool:
        """Whether it is at the first half of a conversion; the second reads what the first one wrote."""
        return bool(self._sanitizing)

    def init_notebooks(self) -> None:
        """Find who handed in; nothing is opened yet. Raises NbGraderException when nobody did."""
        assignment, asked = self.coursedir.assignment_id, self.coursedir.student_id
        try:
            source = Path(self.coursedir.format_path(self.coursedir.source_directory, ".", assignment))
            self._parts = Course(source.resolve().parents[2]).assignment(assignment)
        except CourseError as error:
            raise self._refusal(error) from error
        submissions: dict[str, list[HandedIn]] = {}
        for place in handed_in(self.coursedir, self._parts):
            submissions.setdefault(place.student, []).append(place)
        wanted = [asked] if asked in submissions else [student for student in submissions if fnmatchcase(student, asked)]
        self._submissions = {student: submissions[student] for student in wanted}
        if not self._submissions:
            raise self._refusal(f"nobody has handed in {assignment}: there is no {self._format_source(assignment, asked)}")

    def convert_notebooks(self) -> None:
        """Grade one student after the other. Raises NbGraderException in the end when something has no mark."""
        self._failures = Failures()
        ungraded: list[Ungraded] = []
        try:
            url = location(self.coursedir)
            self.coursedir.db_url = url.render_as_string(hide_password=False)  # nbgrader's steps would take a path from where they are
            with told(url):
                with contextlib.closing(open_gradebook(self.coursedir)) as gradebook:
                    enter(self.parent, gradebook, self._parts)
                for student, places in sorted(self._submissions.items()):
                    if not student.isprintable():
                        cause = "the folder's name holds what cannot be shown, such as a line break: rename it"
                        found = [Ungraded(ascii(student), self._parts[0], cause)]
                    else:
                        found = self._converted(student, places)
                    for one in found:
                        self.log.error("%s", one)
                    ungraded += found
        except (CourseError, RecordError, SandboxUnavailable) as error:
            raise self._refusal(error) from error
        for student in dict.fromkeys(one.student for one in ungraded):
            self.log.error("There was an error processing assignment '%s' for student '%s'", self.coursedir.assignment_id, student)
        if ungraded:
            raise NbGraderException("What is named above has no mark, and waits for a person; everything else was graded.")

    def _refusal(self, reason: object) -> NbGraderException:
        self.log.error("%s", reason)
        return NbGraderException(str(reason))

    def _converted(self, student: str, places: list[HandedIn]) -> list[Ungraded]:
        """What has no mark of one submission, also where it failed as a whole."""
        try:
            return list(self._convert(student, places))
        except _ENDS:
            raise
        except Exception as error:
            return [self._failures.keep(self._parts[0], student, error)]

    def _convert(self, student: str, places: list[HandedIn]) -> Iterator[Ungraded]:
        """One submission; yields what of it has no mark."""
        assignment = self.coursedir.assignment_id
        lying = {place.notebook: place.path for place in places if not (place.missing or place.amiss)}
        asked = {part: path for part, path in lying.items() if fnmatchcase(part.name, self.coursedir.notebook_id)}
        missing = [place.notebook for place in places if place.missing]
        amiss = [Ungraded(student, place.notebook, place.amiss) for place in places if place.amiss]
        self.notebooks = [str(path) for path in asked.values()]
        if not self.init_destination(assignment, student):
            return
        self.run_pre_convert_hook()
        written = Path(self._format_dest(assignment, student))
        for part in missing:
            self.log.warning("%s", Missing(student, part))
        try:
            self.init_assignment(assignment, student)
            for part, path in asked.items():
                cause = self._grade(student, part, path)
                self._failures.finished += 1
                if cause:
                    amiss.append(Ungraded(student, part, cause))
            self._mark_without_result(student, missing, [one.notebook for one in amiss])
        finally:
            if not any(written.glob("*.ipynb")):
                shutil.rmtree(written, ignore_errors=True)
        if written.exists():
            self.set_permissions(assignment, student)
        self.run_post_convert_hook()
        yield from amiss

    def _grade(self, student: str, part: Notebook, path: Path) -> str:
        """Why a notebook has no mark; nothing when it has one."""
        written = Path(self._format_dest(part.assignment, student)) / path.name
        try:
            self.convert_single_notebook(str(path))
        except BaseException as error:
            written.unlink(missing_ok=True)
            if isinstance(error, Ungradable):
                return str(error)
            if not isinstance(error, Exception) or isinstance(error, _ENDS):
                raise
            if isinstance(error, OSError) and error.filename:
                return f"{error.filename}: {error.strerror}; put that right and grade again"
            return self._failures.keep(part, student, error).cause
        return ""

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """The rows of a submission, and the files beside its notebooks: the assignment's own; of the student's, none."""
        with self._gradebook() as gradebook:
            if self.create_student:
                gradebook.update_or_create_student(student_id)
            time = self.coursedir.get_existing_timestamp(self._format_source(assignment_id, student_id))
            row = gradebook.update_or_create_submission(assignment_id, student_id, **({"timestamp": time} if time else {}))
            if row.total_seconds_late > 0:
                self.log.warning("%s is %s seconds late", row, row.total_seconds_late)
        dest = Path(self._format_dest(assignment_id, student_id))
        for name, content in other_files(self.coursedir, self.exclude_overwriting, student_id, assignment_id):
            target = dest / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            target.write_bytes(content)

    def _mark_without_result(self, student: str, missing: list[Notebook], amiss: list[Notebook]) -> None:
        """0 for what was not handed in; what has no mark for another reason waits for a person, with the one that it had."""
        with self._gradebook() as gradebook:
            for part in (*missing, *amiss):
                for grade in gradebook.find_submission_notebook(part.name, part.assignment, student).grades:
                    grade.needs_manual_grade = part not in missing
                    if part in missing:
                        grade.auto_score = 0
            gradebook.db.commit()

    def _gradebook(self) -> api.Gradebook:
        return api.Gradebook(self.coursedir.db_url, self.coursedir.course_id)


def handed_in_at(coursedir: CourseDirectory, folder: str) -> datetime.datetime | None:
    """When what lies in a folder was handed in, in the place of nbgrader's reading. What is no time is said, and is none."""
    text = notes(Path(folder)).get(TIMESTAMP, b"").decode(errors="replace").strip()
    time = moment(text)
    if text and time is None:
        coursedir.log.warning(
            "%s holds no time in a zone that is known here, such as 2025-01-02 03:04:05 UTC: it is left out of account; correct it and "
            "grade again",
            os.path.join(folder, TIMESTAMP),
        )
    return time


def install() -> None:
    """Let nbgrader's commands and formgrader convert and read times as this module does."""
    autogradeapp.Autograde = formgrader.Autograde = Autograde
    CourseDirectory.get_existing_timestamp = handed_in_at
    formgrader.NbGraderAPI.get_submitted_timestamp = lambda self, assignment, student: handed_in_at(
        self.coursedir, self.coursedir.format_path(self.coursedir.submitted_directory, student, assignment)
    )
