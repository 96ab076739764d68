"""nbgrader's own pipelines, with our steps in them; nbgrader_config.py names them.

`Rebuild` first and `GradeInSandbox` in the place of `Execute` make `nbgrader autograde` and formgrader's button grade by the
hidden suites. `Audit` last keeps `nbgrader generate_assignment` from a release that gives answers away.
A submission that cannot be graded is reported as nbgrader reports any other: with an exception, which the converter catches
for this submission alone. Nothing else that a student can hand in makes them raise.
"""

from __future__ import annotations

import atexit
import contextlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.converters import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Unicode
from traitlets.config import Application

from autograder.audit import audit
from autograder.build import read as read_source
from autograder.course import ROOT, Course, Notebook
from autograder.database import open_gradebook
from autograder.exchange import notes
from autograder.feedback import write_outputs
from autograder.grade import Grader
from autograder.plain import shown
from autograder.record import check_recordable, course_in_use, enter
from autograder.submission import Ungradable, read, rebuild, require_own_folder
from autograder.suite import digest

_PROBLEMS = "problems"
_graders: dict[str, tuple[Grader, str]] = {}
_entered: set[tuple[str, str]] = set()


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
        """Reads the file again, because nbconvert follows links. Raises NbGraderException when it cannot be graded."""
        self._drop_other_files(resources)
        metadata = resources["metadata"]
        path = Path(metadata["path"]) / f"{metadata['name']}.ipynb"
        try:
            require_own_folder(path, resources["nbgrader"]["student"])
            rebuilt = rebuild(self.notebook(resources), read(path))
        except Ungradable as error:
            names = resources["nbgrader"]
            raise NbGraderException(shown(f"{names['student']}, {names['assignment']}/{names['notebook']}: {error}")) from None
        if rebuilt.problems:  # the second half of the conversion reads what the first one wrote
            rebuilt.notebook.metadata.setdefault("groundwork", NotebookNode())[_PROBLEMS] = list(rebuilt.problems)
        return rebuilt.notebook, resources

    def _drop_other_files(self, resources: Any) -> None:
        """The converter has copied every file of the submission, links followed: keep the assignment's, and the exchange's notes."""
        converter = self.parent.parent
        names = resources["nbgrader"]
        coursedir: CourseDirectory = converter.coursedir
        folder = Path(coursedir.format_path(coursedir.autograded_directory, names["student"], names["assignment"]))
        source = Path(coursedir.format_path(coursedir.source_directory, ".", names["assignment"]))
        ours = {Path(path).relative_to(source) for path in utils.find_all_files(str(source), coursedir.ignore)}
        ours -= {Path(name) for name in converter.exclude_overwriting.get(names["assignment"], [])}
        ours |= {Path(name) for name in notes(Path(resources["metadata"]["path"]))}
        for path in sorted(folder.rglob("*"), reverse=True):
            if path.is_dir() and not path.is_symlink():
                if not any(path.iterdir()):
                    path.rmdir()
            elif path.relative_to(folder) not in ours:
                path.unlink()


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


def enter_assignment(assignment: str, student: str, notebooks: list[str]) -> None:
    """For nbgrader's `pre_convert_hook`: an assignment that the gradebook lacks is entered before it is graded.

    Without it `nbgrader generate_assignment --force` has to come first, since the release is there already.
    """
    # A command has the course at hand. A formgrader has its server instead, but works in the folder of the course.
    application: Any = Application.instance() if Application.initialized() else None
    if getattr(application, "coursedir", None) is None:
        application = course_in_use(Path.cwd())
    coursedir: CourseDirectory = application.coursedir
    key = (coursedir.db_url, assignment)
    if key in _entered:
        return
    course = Path(coursedir.format_path(coursedir.source_directory, ".", assignment)).resolve().parents[2]
    with contextlib.closing(open_gradebook(coursedir)) as gradebook:
        enter(application, gradebook, Course(course).assignment(assignment))
    _entered.add(key)
