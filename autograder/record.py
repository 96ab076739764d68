"""From results to nbgrader: rows of the gradebook, the autograded notebook, the feedback page.

What `nbgrader autograde` and `nbgrader generate_feedback` leave behind, this leaves behind, row by row and file by file.
They start an exporter for every notebook and open the database for every step; here one gradebook is open for a whole
class, and a page is put together from fragments of which most are the same for every student.

A gradebook on sqlite has one writer: record from one process.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import nbformat
import sqlalchemy
from nbformat import NotebookNode
from nbgrader import api, utils
from nbgrader.apps.baseapp import NbGrader
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback, NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import bindparam, insert, select, update

from autograder.course import Course, Notebook
from autograder.exchange import TIMESTAMP, notes, other_files
from autograder.feedback import write_outputs
from autograder.page import Page, Pages
from autograder.result import Result

RECORDABLE = ("bubblewrap",)
"""Kinds of isolation whose results may become marks."""

AUDIT = "autograder.preprocessors.Audit"
"""The step of nbgrader's converter that only a release needs."""


class RecordError(Exception):
    """Something keeps a result out of the gradebook; the message says what, and what to do."""


def check_recordable(result: Result) -> None:
    """Raises `RecordError` unless the submission was kept away from its own grading."""
    if result.isolation not in RECORDABLE:
        raise RecordError(
            f"the result of {result.assignment}/{result.notebook} was found with isolation {result.isolation!r}, where a submission "
            f"can choose its own mark: only results found with {' or '.join(RECORDABLE)} are recorded"
        )


# ------------------------------------------------------------------------------------------------ the course in use


class _Application(NbGrader):
    """nbgrader's reading of its configuration, without the working directory, and without what a command does besides."""

    load_cwd_config = False

    def init_syspath(self) -> None:
        """A command would put the working directory first on the module path, from where anything could be imported."""

    def migrate_config(self) -> None:
        """A command would bring the user's IPython settings over to Jupyter."""


def course_in_use(root: Path) -> NbGrader:
    """The nbgrader application, with `config` and `coursedir`, as a command started in this folder would be configured.

    root: the folder that holds nbgrader_config.py. Raises `RecordError` when it cannot be read, or speaks of another folder.
    """
    root = root.resolve()
    if not (root / "nbgrader_config.py").is_file():
        raise RecordError(f"there is no nbgrader_config.py in {root}: name the folder of the course with --course")
    application = _Application(raise_config_file_errors=True, log_level=logging.ERROR)
    try:
        application.initialize(argv=[], root=str(root))
    except (Exception, SystemExit) as error:
        raise RecordError(f"{root / 'nbgrader_config.py'} cannot be read: {error}") from error
    configured = Path(application.coursedir.root)
    if configured.resolve() != root:
        raise RecordError(
            f"{root / 'nbgrader_config.py'} sets CourseDirectory.root to {configured}: a configuration that loads another one has to set "
            "the root to its own folder after that"
        )
    return application


def open_gradebook(coursedir: CourseDirectory) -> api.Gradebook:
    """The gradebook of a course, made and stamped when there is none. Raises `RecordError` when that cannot be done."""
    here = str(Path(sys.executable).parent)  # nbgrader runs `alembic`, which an environment that is not activated hides
    os.environ["PATH"] = os.pathsep.join([here, *(part for part in os.environ.get("PATH", "").split(os.pathsep) if part != here)])
    if shutil.which("alembic") is None:
        raise RecordError(f"nbgrader needs the program alembic to make a gradebook, and {here} lacks it: install nbgrader there again")
    made = _sqlite_file(coursedir.db_url)
    if made is not None and made.exists() and made.stat().st_size:
        made = None
    try:
        gradebook = api.Gradebook(coursedir.db_url, coursedir.course_id)
    except (OSError, subprocess.CalledProcessError, sqlalchemy.exc.SQLAlchemyError) as error:
        if made is not None:
            made.unlink(missing_ok=True)  # without its stamp it would open silently ever after
        raise RecordError(f"the gradebook {coursedir.db_url} cannot be opened: {error}") from error
    if not sqlalchemy.inspect(gradebook.engine).has_table("alembic_version"):
        gradebook.close()
        raise RecordError(
            f"the gradebook {coursedir.db_url} was left half made by an interrupted command: move it away if it holds no marks, "
            "else stamp it with `nbgrader db upgrade`"
        )
    return gradebook


def _sqlite_file(url: str) -> Path | None:
    parsed = sqlalchemy.engine.make_url(url)
    return Path(parsed.database) if parsed.drivername.startswith("sqlite") and parsed.database else None


def enter(application: NbGrader, gradebook: api.Gradebook, notebooks: list[Notebook]) -> None:
    """Make sure that the gradebook holds this assignment as its release has it, by nbgrader's own converter.

    notebooks: all of one assignment. Raises `RecordError` when its exercises changed and there are marks for the old ones.
    """
    if all(_entered(gradebook, notebook) for notebook in notebooks):
        return
    assignment = notebooks[0].assignment
    complaints = _Complaints()
    gradebook.db.rollback()
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(application.coursedir.format_path(application.coursedir.source_directory, ".", assignment)).parent.resolve()
        coursedir = CourseDirectory(
            parent=application,
            root=str(source.parent),
            source_directory=source.name,
            release_directory=scratch,
            directory_structure=os.path.join("{nbgrader_step}", "{student_id}", "{assignment_id}"),
            assignment_id=assignment,
            notebook_id="*",
            db_url=application.coursedir.db_url,
            course_id=application.coursedir.course_id,
        )
        converter = GenerateAssignment(coursedir=coursedir, parent=application)
        converter.preprocessors = [step for step in converter.preprocessors if step != AUDIT]  # nothing is released here
        converter.log = complaints.logger
        try:
            converter.start()
        except NbGraderException as error:
            raise RecordError(
                f"{assignment} cannot be entered in the gradebook {application.coursedir.db_url}; nbgrader says: {complaints}. "
                "When its exercises changed after marks were given, keep this gradebook as it is and begin a new one."
            ) from error
    stale = [str(notebook) for notebook in notebooks if not _entered(gradebook, notebook)]
    if stale:
        raise RecordError(f"the release of {', '.join(stale)} is not what its source gives: run `autograder build {assignment}`")


def _entered(gradebook: api.Gradebook, notebook: Notebook) -> bool:
    try:
        row = gradebook.find_notebook(notebook.name, notebook.assignment)
    except api.MissingEntry:
        return False
    marked = [cell for cell in notebook.skeleton.cells if utils.is_grade(cell) or utils.is_solution(cell) or utils.is_locked(cell)]
    return (
        json.loads(row.kernelspec or "null") == notebook.skeleton.metadata.get("kernelspec", {})
        and {(cell.name, cell.max_score, cell.cell_type) for cell in row.grade_cells}
        == {(_grade_id(cell), float(cell.metadata.nbgrader.points), cell.cell_type) for cell in marked if utils.is_grade(cell)}
        and {cell.name for cell in row.solution_cells} == {_grade_id(cell) for cell in marked if utils.is_solution(cell)}
        and {(cell.name, cell.cell_type, cell.locked, cell.source, cell.checksum) for cell in row.source_cells}
        == {
            (_grade_id(cell), cell.cell_type, utils.is_locked(cell), cell.source, cell.metadata.nbgrader.get("checksum")) for cell in marked
        }
    )


def _grade_id(cell: NotebookNode) -> str:
    return str(cell.metadata.nbgrader.grade_id)


class _Complaints(logging.Handler):
    """What a converter logs as an error, kept for the message of a `RecordError`; the rest of what it says is dropped."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []
        self.logger = logging.Logger("autograder.record")
        self.logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        lines = record.getMessage().strip().splitlines()
        if lines and lines[-1] not in self.messages:  # of a traceback, the last line
            self.messages.append(lines[-1])

    def __str__(self) -> str:
        return " / ".join(self.messages) or "nothing"


# -------------------------------------------------------------------------------------------------------- recording


@dataclass(frozen=True)
class _Notebook:
    """A notebook of the gradebook; graded, commented: the ids of cells that have a grade or a comment, and their grade_ids."""

    id: str
    name: str
    graded: Mapping[str, str]
    commented: Mapping[str, str]


@dataclass(frozen=True)
class _Plan:
    """An assignment of the gradebook: what the rows of a submission refer to."""

    id: str
    notebooks: tuple[_Notebook, ...]


class Recorder:
    """Writes the results of a class to one course's gradebook and folders. A context manager; one at a time for a course."""

    def __init__(self, coursedir_root: Path) -> None:
        """coursedir_root: the folder that holds the nbgrader_config.py of the course in use. Raises `RecordError`."""
        self._application = course_in_use(coursedir_root)
        self.coursedir: CourseDirectory = self._application.coursedir
        self._autograde = Autograde(coursedir=self.coursedir, parent=self._application)
        self._feedback = GenerateFeedback(coursedir=self.coursedir, parent=self._application)
        self._penalties = AssignLatePenalties(parent=self._autograde)
        self._penalties.init_plugin()
        self._pages = Pages(self._feedback)
        self._plans: dict[str, _Plan] = {}
        self._gradebook: api.Gradebook | None = None

    def __enter__(self) -> Self:
        self._gradebook = open_gradebook(self.coursedir)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._gradebook is not None:
            self._gradebook.close()
            self._gradebook = None

    def enter(self, notebook: Notebook) -> None:
        """Make sure that the gradebook holds the assignment of this notebook, as its release has it. Raises `RecordError`.

        Recording does this by itself; a due date can be set only after it.
        """
        if notebook.assignment in self._plans:
            return
        gradebook = self._gradebook_open
        notebooks = Course(notebook.root).assignment(notebook.assignment)
        enter(self._application, gradebook, notebooks)
        row = gradebook.find_assignment(notebook.assignment)
        self._plans[notebook.assignment] = _Plan(
            row.id,
            tuple(
                _Notebook(
                    part.id,
                    part.name,
                    graded={cell.id: cell.name for cell in (*part.grade_cells, *part.task_cells)},
                    commented={cell.id: cell.name for cell in (*part.solution_cells, *part.task_cells)},
                )
                for part in row.notebooks
            ),
        )

    def record(self, student: str, results: Mapping[Notebook, Result], rebuilt: Mapping[Notebook, NotebookNode]) -> None:
        """Record one student's submission of one assignment: rows, autograded notebooks, feedback pages.

        results, rebuilt: for each notebook that could be graded. A notebook of the assignment that was not handed in gets 0.
        Marks, extra credit and comments given by hand stay. Either everything is recorded or, with an exception, no row is
        changed. Raises `RecordError` when a result must not be recorded or nbgrader's data stand against it.
        """
        for result in results.values():
            check_recordable(result)
        assignments = {notebook.assignment for notebook in results}
        if len(assignments) != 1:
            raise RecordError(f"a submission is of one assignment, and this one is of {len(assignments)}: {', '.join(sorted(assignments))}")
        assignment = assignments.pop()
        self.enter(next(iter(results)))
        graded = {notebook.name: write_outputs(rebuilt[notebook], result) for notebook, result in sorted(results.items(), key=_by_name)}
        with self._transaction(), contextlib.ExitStack() as files:
            submission = self._submission(student, assignment)
            self._give_zero_for_missing(student, submission, set(graded))
            marked = [(notebook, part) for notebook, part in self._parts(submission) if notebook.name in graded]
            for notebook, part in marked:
                self._mark(student, submission, notebook, part, graded[notebook.name])
            kept, shown = self._folder("autograded", student, assignment), self._folder("feedback", student, assignment)
            autograded, feedback = files.enter_context(_Folder(kept)), files.enter_context(_Folder(shown))
            for folder in (autograded, feedback):
                self._add_other_files(folder, student, assignment)
            for notebook, part in marked:
                autograded.add(f"{notebook.name}.ipynb", _text(graded[notebook.name]))
                feedback.add(f"{notebook.name}.html", self._pages.page(notebook.name, graded[notebook.name], self._page(notebook, part)))
            self._gradebook_open.db.commit()
            autograded.publish()
            feedback.publish()
        self._autograde.set_permissions(assignment, student)
        self._feedback.set_permissions(assignment, student)

    def ungradable(self, student: str, notebook: Notebook) -> None:
        """Note that a student handed something in that cannot be graded: as in nbgrader, a submission that waits for a person.

        No mark is given or changed, but for 0 where a notebook of the assignment is missing; what was autograded before goes.
        """
        self.enter(notebook)
        with self._transaction():
            self._give_zero_for_missing(student, self._submission(student, notebook.assignment), set())
            self._gradebook_open.db.commit()
        shutil.rmtree(self._folder("autograded", student, notebook.assignment), ignore_errors=True)

    # ------------------------------------------------------------------------------------------------------- rows

    @property
    def _gradebook_open(self) -> api.Gradebook:
        if self._gradebook is None:
            raise RecordError("a Recorder records inside its `with` block")
        return self._gradebook

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """Nothing of what is written inside stays when an exception leaves it."""
        try:
            yield
        except BaseException:
            self._gradebook_open.db.rollback()
            raise

    def _submission(self, student: str, assignment: str) -> api.SubmittedAssignment:
        """The rows of a submission, made when there are none, with the time it was handed in."""
        gradebook = self._gradebook_open
        db = gradebook.db
        if db.scalar(select(api.Student.id).where(api.Student.id == student)) is None:
            db.execute(insert(api.Student.__table__), {"id": student})
        try:
            submission = gradebook.find_submission(assignment, student)
        except api.MissingEntry:
            submission = self._new_submission(student, assignment)
        timestamp = self._timestamp(student, assignment)
        if timestamp:
            try:
                submission.timestamp = utils.parse_utc(timestamp)
            except (ValueError, OverflowError) as error:
                path = self._folder("submitted", student, assignment) / TIMESTAMP
                raise RecordError(f"{path} does not hold a time ({error}): correct it, or delete it") from error
        db.flush()
        return submission

    def _new_submission(self, student: str, assignment: str) -> api.SubmittedAssignment:
        """A submission with a grade and a comment, still empty, for each cell that takes one."""
        db = self._gradebook_open.db
        plan = self._plans[assignment]
        submission = api.SubmittedAssignment(student_id=student, assignment_id=plan.id)
        db.add(submission)
        db.flush()
        parts = [{"id": api.new_uuid(), "notebook_id": notebook.id, "assignment_id": submission.id} for notebook in plan.notebooks]
        db.execute(insert(api.SubmittedNotebook.__table__), parts)
        for part, notebook in zip(parts, plan.notebooks, strict=True):
            for table, cells in ((api.Grade.__table__, notebook.graded), (api.Comment.__table__, notebook.commented)):
                if cells:
                    db.execute(insert(table), [{"cell_id": cell, "notebook_id": part["id"]} for cell in cells])
        return submission

    def _parts(self, submission: api.SubmittedAssignment) -> Iterator[tuple[_Notebook, str]]:
        """The notebooks of the assignment, each with the id of its row in this submission."""
        query = select(api.SubmittedNotebook.notebook_id, api.SubmittedNotebook.id)
        ids = dict(map(tuple, self._gradebook_open.db.execute(query.where(api.SubmittedNotebook.assignment_id == submission.id))))
        for notebook in self._plans[submission.name].notebooks:
            yield notebook, ids[notebook.id]

    def _give_zero_for_missing(self, student: str, submission: api.SubmittedAssignment, graded: Set[str]) -> None:
        folder = self._folder("submitted", student, submission.name)
        grades = api.Grade.__table__
        for notebook, part in self._parts(submission):
            if notebook.name not in graded and not os.path.lexists(folder / f"{notebook.name}.ipynb"):
                zero = update(grades).where(grades.c.notebook_id == part).values(auto_score=0, needs_manual_grade=False)
                self._gradebook_open.db.execute(zero)

    def _mark(self, student: str, submission: api.SubmittedAssignment, notebook: _Notebook, part: str, graded: NotebookNode) -> None:
        """What nbgrader's SaveAutoGrades and AssignLatePenalties do, in the transaction that is open."""
        db = self._gradebook_open.db
        cells = {_grade_id(cell): cell for cell in graded.cells if "nbgrader" in cell.metadata}
        grades, comments, notebooks = api.Grade.__table__, api.Comment.__table__, api.SubmittedNotebook.__table__
        new = []
        for grade in db.execute(select(grades.c.id, grades.c.cell_id, grades.c.manual_score).where(grades.c.notebook_id == part)).all():
            score, _ = utils.determine_grade(cells[notebook.graded[grade.cell_id]])
            by_hand = grade.manual_score is not None or score is None
            new.append({"key": grade.id, "auto_score": score, "needs_manual_grade": by_hand})
        _update_all(db, grades, new)
        new = []
        for comment in db.execute(select(comments.c.id, comments.c.cell_id).where(comments.c.notebook_id == part)).all():
            cell = cells[notebook.commented[comment.cell_id]]
            untouched = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell) and not utils.is_task(cell)
            new.append({"key": comment.id, "auto_comment": "No response." if untouched else None})
        _update_all(db, comments, new)
        penalty = None
        if submission.total_seconds_late > 0:
            score = db.scalar(select(api.SubmittedNotebook.score).where(api.SubmittedNotebook.id == part))
            penalty = self._penalties.plugin_inst.late_submission_penalty(student, score, submission.total_seconds_late)
            if penalty is not None:
                penalty = min(max(penalty, 0), score)
        db.execute(update(notebooks).where(notebooks.c.id == part).values(late_submission_penalty=penalty))

    def _page(self, notebook: _Notebook, part: str) -> Page:
        """The marks and comments of one notebook as the gradebook has them now, a person's included."""
        db = self._gradebook_open.db
        cells: dict[str, dict[str, object]] = {}
        for cell, comment in db.execute(select(api.Comment.cell_id, api.Comment.comment).where(api.Comment.notebook_id == part)):
            cells.setdefault(notebook.commented[cell], {})["comment"] = comment
        marks = select(api.Grade.cell_id, api.Grade.score, api.Grade.max_score).where(api.Grade.notebook_id == part)
        for cell, score, points in db.execute(marks):
            cells.setdefault(notebook.graded[cell], {}).update(score=score, points=points)
        about = api.SubmittedNotebook
        sums = select(about.score, about.max_score, about.late_submission_penalty).where(about.id == part)
        score, max_score, penalty = db.execute(sums).one()
        return Page(cells, score - (penalty or 0), max_score, penalty or 0)

    # ------------------------------------------------------------------------------------------------------ files

    def _folder(self, step: str, student: str, assignment: str) -> Path:
        return Path(self.coursedir.format_path(getattr(self.coursedir, f"{step}_directory"), student, assignment))

    def _timestamp(self, student: str, assignment: str) -> str:
        return notes(self._folder("submitted", student, assignment)).get(TIMESTAMP, b"").decode(errors="replace").strip()

    def _add_other_files(self, folder: _Folder, student: str, assignment: str) -> None:
        """The assignment's own files and what the exchange noted; of the student's other files, none."""
        for name, content in other_files(self.coursedir, self._autograde.exclude_overwriting, student, assignment):
            folder.add(name, content)


def _update_all(db: Any, table: Any, rows: list[dict[str, object]]) -> None:
    """rows: the new values of some columns, with the row's id as "key"."""
    if rows:
        db.connection().execute(update(table).where(table.c.id == bindparam("key")), rows)


def _by_name(item: tuple[Notebook, Result]) -> str:
    return item[0].name


def _text(notebook: NotebookNode) -> bytes:
    """A notebook as nbconvert's exporter writes it."""
    text: str = nbformat.v4.writes(notebook)
    return f"{text.rstrip(chr(10))}\n".encode()


class _Folder:
    """The new content of one folder: written beside the old files, and put in their place all at once when it is complete."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ready: dict[Path, Path] = {}

    def __enter__(self) -> Self:
        self.path.mkdir(mode=0o755, parents=True, exist_ok=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for waiting in self._ready.values():
            waiting.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.path.rmdir()  # only when nothing came into it

    def add(self, name: str, content: bytes) -> None:
        """name: relative to the folder."""
        target = self.path / name
        target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        handle, waiting = tempfile.mkstemp(dir=target.parent, prefix=".new-")
        self._ready[target] = Path(waiting)
        with os.fdopen(handle, "wb") as file:
            file.write(content)

    def publish(self) -> None:
        """Put the new files in place; whatever else was in the folder goes."""
        for target, waiting in self._ready.items():
            waiting.replace(target)
        for path in sorted(self.path.rglob("*"), reverse=True):
            if path.is_dir() and not path.is_symlink():
                if not any(path.iterdir()):
                    path.rmdir()
            elif path not in self._ready:
                path.unlink()
        self._ready.clear()
