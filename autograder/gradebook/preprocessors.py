"""Our steps in nbgrader's own pipelines; nbgrader_config.py names them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Unicode

from autograder.course.audit import audit
from autograder.course.build import read
from autograder.course.model import ROOT, Course, CourseError, Notebook


class Audit(NbGraderPreprocessor):
    """Stops a release that `autograder build` would not write either: one that gives away what students must not see."""

    course = Unicode(str(ROOT), help="The folder that holds source/, release/ and the hidden suites").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Raises CourseError that lists every leak; the converter then takes back what it wrote of the assignment."""
        names = resources["nbgrader"]
        notebook = Notebook(names["assignment"], names["notebook"], Path(self.course))
        coursedir: CourseDirectory = self.parent.parent.coursedir
        folder = Path(coursedir.format_path(coursedir.release_directory, ".", notebook.assignment))
        sources = {part: read(part) for part in Course(notebook.root).assignment(notebook.assignment)}
        audit(sources, folder, {f"{notebook.name}.ipynb": nb})
        return nb, resources


class OursAlone(NbGraderPreprocessor):
    """Stands where nbgrader's own converter would begin with a submission; `autograder.classroom.converter` never asks it."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Raises `CourseError`."""
        raise CourseError("nbgrader's own converter is at work, which opens links: let nbgrader_config.py end as the project's does")
