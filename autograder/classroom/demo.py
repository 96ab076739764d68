"""A small class to see grading at work: `python -m autograder.classroom.demo`.

tests/demo.toml says who hands in what. Submissions are made from it and handed in to a course in use of its own, build/demo, with its
own gradebook.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat import NotebookNode

from autograder.classroom.handed_in import handed_in
from autograder.course import build
from autograder.course.answers import alternatives, changed, changes, fill, models, submission
from autograder.course.model import ROOT, Course, CourseError, Notebook
from autograder.suite.suite import digest

if TYPE_CHECKING:
    from rich.console import Console

    from autograder.classroom.batch import Graded
    from autograder.classroom.failure import Ungraded
    from autograder.classroom.handed_in import Missing

TABLE = Path("tests", "demo.toml")
FOLDER = ROOT / "build" / "demo"

CONFIGURATION = """\
# Written by `python -m autograder.classroom.demo`: the demo class is a course in use of its own.
from pathlib import Path

c = get_config()
load_subconfig({top!r})
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
"""


def table(course: Course) -> dict[str, Any]:
    """What tests/demo.toml says; its head explains how."""
    path = course.root / TABLE
    if not path.is_file():
        raise CourseError(f"{path} is missing: the demo class is part of the course's repository")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def submissions(notebook: Notebook) -> dict[str, NotebookNode]:
    """What the class hands in of a notebook, by student; damaged files left out.

    Raises `CourseError` where the table names an answer that does not exist.
    """
    right, different, mistakes = models(notebook), alternatives(notebook), changes(notebook)["MUTANTS"]
    made = {}
    for student, row in _rows(notebook):
        answers = {}
        for exercise in right:
            said = row.get(exercise, row.get("*", "blank"))
            try:
                match said.split(None, 1):
                    case ["model"]:
                        answers[exercise] = right[exercise]
                    case ["alternative", name]:
                        answers[exercise] = different[name][exercise]
                    case ["mutant", names]:
                        answers[exercise] = changed(right[exercise], *(mistakes[exercise][name] for name in names.split("; ")))
                    case ["text", text]:
                        answers[exercise] = text
                    case ["blank"]:
                        pass
                    case _:
                        raise KeyError(said)
            except KeyError:
                raise CourseError(f"{TABLE}, {student}, {notebook}, {exercise}: there is no {said!r}") from None
        if "file" not in row:
            made[student] = fill(submission(notebook, answers), row["own"])
    return made


def _rows(notebook: Notebook) -> Iterator[tuple[str, dict[str, str]]]:
    """Each student who hands in the notebook, with what the table says of it and of every notebook."""
    for student, said in table(Course(notebook.root))["students"].items():
        rows = [said[key] for key in ("every", str(notebook)) if key in said]
        if rows:
            yield student, {**rows[0], **rows[-1], "own": "\n\n".join(row["own"] for row in rows if "own" in row)}


def make_class(root: Path = FOLDER, course: Course | None = None) -> Path:
    """Make a course in use at `root`, with the demo class's submissions handed in. Returns `root`.

    Marks of earlier runs stay for as long as the releases do: a gradebook does not exchange exercises that have marks.
    """
    course = course or Course()
    released = digest(*(notebook.release for notebook in course))
    known = root / "releases.txt"
    if not (known.is_file() and known.read_text(encoding="utf-8") == released):
        for made in ("autograded", "feedback"):
            shutil.rmtree(root / made, ignore_errors=True)
        (root / "gradebook.db").unlink(missing_ok=True)
    root.mkdir(parents=True, exist_ok=True)
    known.write_text(released, encoding="utf-8")
    (root / "nbgrader_config.py").write_text(CONFIGURATION.format(top=str(course.root / "nbgrader_config.py")), encoding="utf-8")
    shutil.rmtree(root / "submitted", ignore_errors=True)
    for notebook in course:
        files = {student: nbformat.writes(made) for student, made in submissions(notebook).items()}
        files |= {student: row["file"] for student, row in _rows(notebook) if "file" in row}
        for student, text in files.items():
            path = root / "submitted" / student / notebook.assignment / f"{notebook.name}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return root


def main() -> None:
    """Build what is stale, grade the demo class in the sandbox, and show marks and where the feedback is."""
    from autograder.gradebook.database import RecordError
    from autograder.sandbox import SandboxUnavailable

    try:
        run(Course(), FOLDER)
    except (CourseError, RecordError) as error:
        sys.exit(str(error))
    except SandboxUnavailable as error:
        sys.exit(f"Nothing is graded here: {error}")


def run(course: Course, root: Path) -> None:
    """The same, with the demo class of any course, in any folder."""
    from rich.console import Console

    console = Console(highlight=False)
    build.build(course, say=lambda sentence: console.print(sentence, markup=False, style="dim"))
    make_class(root, course)
    said = table(course)
    folder = os.path.relpath(root)
    page = f"{folder}/feedback/{said['shown']}.html"
    console.print(f"A small class is graded in the sandbox. A page to look at when it is done:\n{page}\n", soft_wrap=True)
    began = time.monotonic()
    done = _grade(course, root, console)
    _show(console, {student: about["about"] for student, about in said["students"].items()}, done)
    programs = Path(sys.executable).parent
    assignment = said["shown"].split("/")[1]
    for line in (
        f"\nMarks of 100, – where nothing was graded; {len(done)} notebooks in {time.monotonic() - began:.0f} s.\n",
        f"feedback     {page}",
        f"gradebook    {folder}/gradebook.db",
        f"formgrader   cd {folder} && {os.path.relpath(programs / 'jupyter', root)} lab, menu Nbgrader",
        f"grade again  {os.path.relpath(programs / 'autograder')} grade {assignment} --course {folder}",
    ):
        console.print(line, soft_wrap=True, markup=False)


def _grade(course: Course, root: Path, console: Console) -> list[Graded | Missing | Ungraded]:
    from autograder.classroom import batch
    from autograder.gradebook.record import Recorder
    from autograder.grading.grade import Grader

    done: list[Graded | Missing | Ungraded] = []
    with Recorder(root) as recorder:
        for assignment in dict.fromkeys(notebook.assignment for notebook in course):
            handed = handed_in(recorder.coursedir, course.assignment(assignment))
            with console.status(f"grading {len(handed)} notebooks of {assignment} in the sandbox"):
                done += batch.grade_class(handed, lambda notebook: Grader(notebook, workers=os.cpu_count() or 1), recorder)
    return done


def _show(console: Console, about: dict[str, str], done: list[Graded | Missing | Ungraded]) -> None:
    from rich.table import Table

    from autograder.classroom.batch import Graded, summary

    marks: dict[tuple[str, str], float] = {}
    for found in done:
        if isinstance(found, Graded):
            key = found.student, found.notebook.assignment
            marks[key] = marks.get(key, 0) + found.result.score
    assignments = sorted({found.notebook.assignment for found in done})
    rows = Table("student", box=None, pad_edge=False)
    for assignment in assignments:
        rows.add_column(assignment.partition("_")[0], justify="right", no_wrap=True)
    rows.add_column("handed in")
    for student, what in about.items():
        rows.add_row(student, *(f"{marks[student, each]:.3g}" if (student, each) in marks else "–" for each in assignments), what)
    console.print(rows, "")
    for sentence in summary(found for found in done if not isinstance(found, Graded)):
        console.print(sentence, markup=False)


if __name__ == "__main__":
    main()
