"""A small class to see grading at work: `python -m autograder.classroom.demo`.

The submissions lie in tests/demo/<student>/<assignment>/, as text that holds only what a student wrote. They are filled into
the release and handed in to a course in use of its own, build/demo, with its own gradebook.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from nbformat import NotebookNode

from autograder.classroom.handed_in import handed_in
from autograder.course.model import ROOT, Course, CourseError, Notebook
from autograder.suite.suite import digest

if TYPE_CHECKING:
    from autograder.classroom.batch import Graded
    from autograder.classroom.failure import Ungraded
    from autograder.classroom.handed_in import Missing

STUDENTS = ROOT / "tests" / "demo"
FOLDER = ROOT / "build" / "demo"

CONFIGURATION = """\
# Written by `python -m autograder.classroom.demo`: the demo class is a course in use of its own.
from pathlib import Path

c = get_config()
load_subconfig({top!r})
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
"""


def fill(release: NotebookNode, text: str) -> NotebookNode:
    """A release notebook as a student hands it in.

    text: percent format. A cell with a grade_id takes the place of that answer; a cell without is the student's own, and
    comes after the answer that it follows in the text, or first. Raises `CourseError` for a grade_id that is no answer.
    """
    filled = copy.deepcopy(release)
    place = 0
    own = 0
    for cell in _cells(text):
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id:
            place = _answer(filled, grade_id)
            filled.cells[place].source = cell.source
        else:
            own += 1
            filled.cells.insert(place, _own_cell(cell, f"student-{own}"))
        place += 1
    return filled


def _cells(text: str) -> list[NotebookNode]:
    import jupytext

    start = text.find("# %%")
    return list(jupytext.reads(text[max(start, 0) :], fmt="py:percent").cells) if text.strip() else []


def _own_cell(cell: NotebookNode, name: str) -> NotebookNode:
    own = NotebookNode(cell_type=cell.cell_type, id=name, metadata=NotebookNode(), source=cell.source)
    if cell.cell_type == "code":
        own.update(execution_count=None, outputs=[])
    return own


def _answer(notebook: NotebookNode, grade_id: str) -> int:
    for index, cell in enumerate(notebook.cells):
        mark = cell.metadata.get("nbgrader", {})
        if mark.get("solution") and mark.get("grade_id") == grade_id:
            return index
    raise CourseError(f"{grade_id} is no answer cell of this notebook")


def about(path: Path) -> str:
    """What a submission of the demo class is, in its first line: a comment, or for other files their name."""
    if path.suffix != ".py":
        return "Not a notebook: a damaged file"
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    return first.lstrip("# ").rstrip(".") if first.startswith("# ") and not first.startswith("# %%") else ""


def members(assignments: frozenset[str]) -> Iterator[Path]:
    """The files of the demo class, of assignments that the course has."""
    for path in sorted(STUDENTS.glob("*/*/*")):
        if path.parent.name in assignments and path.suffix in (".py", ".ipynb"):
            yield path


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
    for path in members(frozenset(notebook.assignment for notebook in course)):
        student, assignment = path.parent.parent.name, path.parent.name
        folder = root / "submitted" / student / assignment
        folder.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".py":
            skeleton = Notebook(assignment, path.stem, course.root).skeleton
            nbformat.write(fill(skeleton, path.read_text(encoding="utf-8")), folder / f"{path.stem}.ipynb")
        else:
            shutil.copyfile(path, folder / path.name)
    return root


def main() -> None:
    """Build what is stale, grade the demo class in the sandbox, and show marks and where the feedback is."""
    import sys

    from autograder.gradebook.database import RecordError
    from autograder.sandbox import SandboxUnavailable

    try:
        _main()
    except (CourseError, RecordError) as error:
        sys.exit(str(error))
    except SandboxUnavailable as error:
        sys.exit(f"Nothing is graded here: {error}")


def _main() -> None:
    import os
    import sys
    import time

    from rich.console import Console

    from autograder.classroom import batch
    from autograder.course import build
    from autograder.gradebook.record import Recorder
    from autograder.grading.grade import Grader

    course = Course()
    console = Console(highlight=False)
    build.build(course, say=lambda sentence: console.print(sentence, markup=False, style="dim"))
    root = make_class()
    for assignment in sorted({path.parent.name for path in members(frozenset(notebook.assignment for notebook in course))}):
        notebooks = course.assignment(assignment)
        with Recorder(root) as recorder:
            handed = handed_in(recorder.coursedir, notebooks)
            started = time.monotonic()
            with console.status(f"grading {len(handed)} notebooks of {assignment} in the sandbox"):
                done = list(batch.grade_class(handed, lambda notebook: Grader(notebook, workers=os.cpu_count() or 1), recorder))
        console.print(f"{len(handed)} notebooks of {assignment} graded in the sandbox in {time.monotonic() - started:.1f} s")
        for notebook in notebooks:
            _show(console, notebook, [found for found in done if found.notebook == notebook])
    console.print(f"\nMarks: {root / 'gradebook.db'}", soft_wrap=True)
    console.print(f"Feedback, a page a student: {root / 'feedback'}/<student>/<assignment>/<notebook>.html", soft_wrap=True, markup=False)
    jupyter = Path(sys.executable).with_name("jupyter")
    console.print(f"In nbgrader's formgrader: cd {root} && {jupyter} lab, then the menu Nbgrader, Formgrader", soft_wrap=True)


def _show(console: object, notebook: Notebook, done: list[Graded | Missing | Ungraded]) -> None:
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from autograder.classroom.batch import Graded
    from autograder.classroom.failure import Ungraded

    assert isinstance(console, Console)
    exercises = notebook.exercises
    console.print(f"\n{notebook.title} ({notebook})", style="bold", markup=False)
    table = Table("student", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for number in range(1, len(exercises) + 1):
        table.add_column(str(number), justify="right", no_wrap=True)
    table.add_column("mark", justify="right", no_wrap=True)
    who = []
    for found in sorted(done, key=lambda found: found.student):
        if isinstance(found, Ungraded) and found.graded:  # it has a row already, and is named below
            continue
        path = next((STUDENTS / found.student / notebook.assignment).glob(f"{notebook.name}.*"), None)
        who.append((found.student, about(path) if path else ""))
        scores, mark = ["–"] * len(exercises), "none"
        if isinstance(found, Graded):
            scores, mark = [f"{exercise.score:g}" for exercise in found.result.exercises], f"{found.result.score:g}"
        table.add_row(found.student, *scores, mark)
    table.add_section()
    points = [exercise.points for exercise in exercises]
    table.add_row("of", *(f"{one:g}" for one in points), f"{sum(points):g}")
    console.print(table)
    lines = Table.grid(padding=(0, 2, 0, 0))
    for name, what in who:
        lines.add_row(name, escape(what))
    lines.add_row()
    for number, exercise in enumerate(exercises, 1):
        lines.add_row(f"{number:>2}", escape(exercise.title))
    console.print(lines)
    for found in done:
        if not isinstance(found, Graded):
            console.print(f"\n{found}", markup=False)


if __name__ == "__main__":
    main()
