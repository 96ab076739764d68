"""`nbgrader autograde` and formgrader's button, which grade a class as `autograder grade` does; `install` puts this in nbgrader's place.

nbgrader's own converter finds notebooks by patterns, reads them with nbformat, runs them in its process, and copies whatever else a student
handed in, links followed. This one takes nothing of that but its options: who is graded, and whom it passes over.
"""

from __future__ import annotations

import datetime
import os
from collections import defaultdict
from fnmatch import fnmatchcase
from pathlib import Path

from nbgrader import converters
from nbgrader.apps import api as formgrader
from nbgrader.apps import autogradeapp
from nbgrader.converters import NbGraderException
from nbgrader.coursedir import CourseDirectory

from autograder.classroom.batch import Graded, grade_class
from autograder.classroom.failure import Ungraded
from autograder.classroom.handed_in import HandedIn, Missing, handed_in
from autograder.course.model import Course, CourseError, Notebook
from autograder.gradebook.database import RecordError
from autograder.gradebook.exchange import handed_in_at
from autograder.gradebook.preprocessors import Audit
from autograder.gradebook.record import Recorder
from autograder.grading import whole
from autograder.grading.grade import Grader
from autograder.grading.result import Result
from autograder.sandbox import SandboxUnavailable
from autograder.submission.plain import shown


class Autograde(converters.Autograde):
    """What `nbgrader autograde` and formgrader's button start."""

    def init_notebooks(self) -> None:
        """Find who handed in; nothing is opened yet. Raises NbGraderException when nobody did."""
        assignment, asked = self.coursedir.assignment_id, self.coursedir.student_id
        try:
            found = handed_in(self.coursedir, Course(Path(Audit(parent=self).course)).assignment(assignment))
        except CourseError as error:
            raise self._refusal(error) from error
        exact = any(place.student == asked for place in found)
        self._handed = [place for place in found if (place.student == asked if exact else fnmatchcase(place.student, asked))]
        if not self._handed:
            raise self._refusal(f"nobody has handed in {assignment}: there is no {self._format_source(assignment, asked)}")

    def convert_notebooks(self) -> None:
        """Grade and record whoever is due. Raises NbGraderException in the end when something has no mark."""
        graders: list[Grader] = []

        def grader(notebook: Notebook) -> Grader:
            graders.append(Grader(notebook, workers=os.cpu_count() or 1))
            return graders[-1]

        ungraded: list[Ungraded] = []
        results: dict[str, dict[Notebook, Result]] = defaultdict(dict)
        students = dict.fromkeys(place.student for place in self._handed)
        due = {student for student in students if self._is_due(student)}
        handed = [place for place in self._handed if place.student in due]
        self.notebooks = [str(place.path) for place in handed if self._is_asked(place)]  # for the hooks
        self.run_pre_convert_hook()
        try:
            with Recorder(self.parent, pages=False) as recorder:
                for found in grade_class(handed, grader, recorder):
                    match found:
                        case Graded():
                            self.log.info("%s, %s: %g of %g", found.student, found.notebook, found.result.score, found.result.max_score)
                            results[found.student][found.notebook] = found.result
                            if found.note:
                                self.log.warning("%s, %s: %s", found.student, found.notebook, found.note)
                        case Missing():
                            self.log.warning("%s", found)
                        case Ungraded():
                            self.log.error("%s", shown(str(found)))
                            ungraded.append(found)
                for note in dict.fromkeys([*recorder.notes, *(grader.trouble for grader in graders if grader.trouble)]):
                    self.log.warning("%s", note)
        except (CourseError, RecordError, SandboxUnavailable) as error:
            raise self._refusal(error) from error
        self.run_post_convert_hook()
        for student, graded in results.items():
            mine = [place for place in handed if place.student == student]
            parts = whole.parts([place.notebook for place in mine], graded, [place.notebook for place in mine if place.missing])
            if told := whole.sentence(parts):
                self.log.info("%s: %s", student, told)
        for student in dict.fromkeys(one.student for one in ungraded):
            self.log.error("There was an error processing assignment '%s' for student %r", self.coursedir.assignment_id, student)
        if ungraded:
            raise NbGraderException("What is named above has no mark, and waits for a person; everything else was graded.")

    def _refusal(self, reason: object) -> NbGraderException:
        self.log.error("%s", reason)
        return NbGraderException(str(reason))

    def _is_due(self, student: str) -> bool:
        """As nbgrader has it: what was autograded is passed over, but with --force or when a newer one was handed in."""
        assignment = self.coursedir.assignment_id
        kept, submitted = Path(self._format_dest(assignment, student)), self._format_source(assignment, student)
        lying = [f"{place.notebook.name}.ipynb" for place in self._handed if place.student == student and self._is_asked(place)]
        if student in self.coursedir.student_id_exclude.split(","):
            return False
        if self.force or not all((kept / name).exists() for name in lying) or not kept.exists():
            return True
        time, before = map(self.coursedir.get_existing_timestamp, (submitted, str(kept)))
        if time and before and time > before:
            return True
        self.log.info("Skipping existing assignment: %s", kept)
        return False

    def _is_asked(self, place: HandedIn) -> bool:
        return not (place.missing or place.amiss) and fnmatchcase(place.notebook.name, self.coursedir.notebook_id)


def read_timestamp(coursedir: CourseDirectory, folder: str) -> datetime.datetime | None:
    """When what lies in a folder was handed in, in the place of nbgrader's reading. What is no time is said, and is none."""
    time, amiss = handed_in_at(Path(folder))
    if amiss:
        coursedir.log.warning("%s", amiss)
    return time


def install() -> None:
    """Let nbgrader's commands and formgrader convert and read times as this module does."""
    autogradeapp.Autograde = formgrader.Autograde = Autograde
    CourseDirectory.get_existing_timestamp = read_timestamp
    formgrader.NbGraderAPI.get_submitted_timestamp = lambda self, assignment, student: read_timestamp(
        self.coursedir, self.coursedir.format_path(self.coursedir.submitted_directory, student, assignment)
    )
