"""nbgrader's own pipelines, with our steps in them; nbgrader_config.py names them.

`Rebuild` first and `GradeInSandbox` in the place of `Execute` make `nbgrader autograde` and formgrader's button grade by the
hidden suites. `Audit` last keeps `nbgrader generate_assignment` from a release that gives answers away.
A submission that cannot be graded raises `Ungradable`, which our converter reports for this one alone.
"""

from __future__ import annotations

import atexit
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Unicode

from autograder.course.audit import audit
from autograder.course.build import read as read_source
from autograder.course.model import ROOT, Course, CourseError, Notebook
from autograder.gradebook.converter import Autograde
from autograder.gradebook.feedback import write_outputs
from autograder.gradebook.record import check_recordable
from autograder.grading.grade import Grader
from autograder.submission.rebuild import rebuild
from autograder.suite.suite import digest

_PROBLEMS = "problems"
_graders: dict[str, tuple[Grader, str]] = {}


class CourseStep(NbGraderPreprocessor):
    """What our steps know: the notebook of the course that the resources speak of."""

    course = Unicode(str(ROOT), help="The folder that holds source/, release/ and the hidden suites").tag(config=True)

    def notebook(self, resources: Any) -> Notebook:
        """Where everything of the notebook that is being converted lies."""
        names = resources["nbgrader"]
        return Notebook(names["assignment"], names["notebook"], Path(self.course))


class Audit(CourseStep):
    """Stops a release that `autograder build` would not write either: one that gives away what students must not see."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Raises CourseError that lists every leak; the converter then takes back what it wrote of the assignment."""
        notebook = self.notebook(resources)
        coursedir: CourseDirectory = self.parent.parent.coursedir
        folder = Path(coursedir.format_path(coursedir.release_directory, ".", notebook.assignment))
        sources = {part: read_source(part) for part in Course(notebook.root).assignment(notebook.assignment)}
        audit(sources, folder, {f"{notebook.name}.ipynb": nb})
        return nb, resources


class Rebuild(CourseStep):
    """Puts the student's answers into the assignment as it was released; of what else was handed in, nothing stays."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Raises `Ungradable` when it cannot be graded, and `CourseError` when it was not our converter that read it."""
        if not isinstance(self.parent.parent, Autograde):
            raise CourseError("nbgrader's own converter is at work, which opens links: let nbgrader_config.py end as the project's does")
        rebuilt = rebuild(self.notebook(resources), nb)
        if rebuilt.problems:  # the second half of the conversion reads what the first one wrote
            rebuilt.notebook.metadata.setdefault("groundwork", NotebookNode())[_PROBLEMS] = list(rebuilt.problems)
        return rebuilt.notebook, resources


class GradeInSandbox(CourseStep):
    """Grades the rebuilt notebook by its hidden suite, and writes the scores where nbgrader looks for them."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        problems = nb.metadata.get("groundwork", {}).pop(_PROBLEMS, ())
        result = grader(self.notebook(resources)).grade(nb)
        check_recordable(result)
        return write_outputs(nb, replace(result, problems=(*problems, *result.problems))), resources


def grader(notebook: Notebook) -> Grader:
    """The grader of a notebook, with its sandbox: kept until this process ends, or until the hidden suite changes.

    A formgrader lives for days, and what it grades by is edited meanwhile.
    """
    state = digest(notebook.suite, notebook.probes, notebook.reference, notebook.release, notebook.budget)
    kept, of = _graders.get(str(notebook), (None, ""))
    if kept is not None and of == state and kept.notebook == notebook:
        return kept
    if kept is not None:
        kept.__exit__(None, None, None)
    fresh = Grader(notebook).__enter__()
    _graders[str(notebook)] = (fresh, state)
    return fresh


@atexit.register
def _end_sandboxes() -> None:
    for kept, _ in _graders.values():
        kept.__exit__(None, None, None)
    _graders.clear()
