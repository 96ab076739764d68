"""From results to nbgrader: rows of the gradebook, the autograded notebook, the feedback page.

What `nbgrader autograde` and `nbgrader generate_feedback` leave behind, this leaves behind, row by row and file by file.
They start an exporter for every notebook and open the database for every step; here one gradebook is open for a whole
class, and a page is put together from fragments of which most are the same for every student.

A gradebook on sqlite has one writer at a time: whoever comes second waits. What fails is told by `database.py`.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import nbformat
from nbformat import NotebookNode
from nbgrader import api, utils
from nbgrader.apps.baseapp import NbGrader
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback, NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from autograder.course.model import Course, Notebook
from autograder.course.versions import graded_with
from autograder.gradebook.database import GradebookUnavailable, RecordError, begin, open_gradebook, shown, told, without_secrets
from autograder.gradebook.exchange import handed_in_at, other_files
from autograder.gradebook.feedback import write_outputs
from autograder.gradebook.page import Page, Pages
from autograder.grading import whole
from autograder.grading.result import Result

RECORDABLE = ("bubblewrap",)
"""Kinds of isolation whose results may become marks."""

AUDIT = "autograder.gradebook.preprocessors.Audit"
"""The step of nbgrader's converter that only a release needs."""


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
        raise RecordError(f"{root / 'nbgrader_config.py'} cannot be read: {without_secrets(str(error))}") from error
    configured = Path(application.coursedir.root)
    if configured.resolve() != root:
        raise RecordError(
            f"{root / 'nbgrader_config.py'} sets CourseDirectory.root to {configured}: a configuration that loads another one has to set "
            "the root to its own folder after that"
        )
    return application


def enter(application: NbGrader, gradebook: api.Gradebook, notebooks: list[Notebook]) -> None:
    """Make sure that the gradebook holds this assignment as its release has it, by nbgrader's own converter.

    notebooks: all of one assignment. Raises `RecordError` when its exercises changed and there are marks for the old ones.
    """
    url, assignment = gradebook.engine.url, notebooks[0].assignment
    source = Path(application.coursedir.format_path(application.coursedir.source_directory, ".", assignment)).resolve()
    with told(url):
        if all(_entered(gradebook, notebook) for notebook in notebooks):
            return
        gradebook.db.rollback()
        with _alone(source), tempfile.TemporaryDirectory() as scratch, _Complaints() as complaints:
            begin(gradebook.db.connection())  # waits for who is writing, which the converter does not
            entered = all(_entered(gradebook, notebook) for notebook in notebooks)  # by a grader that began at the same moment
            gradebook.db.rollback()
            if entered:
                return
            coursedir = CourseDirectory(
                parent=application,
                root=str(source.parents[1]),
                source_directory=source.parent.name,
                release_directory=scratch,
                directory_structure=os.path.join("{nbgrader_step}", "{student_id}", "{assignment_id}"),
                assignment_id=assignment,
                notebook_id="*",
                db_url=url.render_as_string(hide_password=False),
                course_id=application.coursedir.course_id,
            )
            converter = GenerateAssignment(coursedir=coursedir, parent=application)
            converter.preprocessors = [step for step in converter.preprocessors if step != AUDIT]  # nothing is released here
            converter.log = complaints.logger
            try:
                converter.start()
            except NbGraderException as error:
                if complaints.cause:
                    if isinstance(complaints.cause, OSError):
                        complaints.cause.filename = complaints.cause.filename or scratch
                    raise complaints.cause from error
                said = without_secrets(str(complaints), url)
                raise RecordError(
                    f"{assignment} cannot be entered in the gradebook {shown(url)}; nbgrader says: {said}. "
                    "When its exercises changed after marks were given, keep this gradebook as it is and begin a new one."
                ) from error
        stale = [str(notebook) for notebook in notebooks if not _entered(gradebook, notebook)]
    if stale:
        raise RecordError(f"the release of {', '.join(stale)} is not what its source gives: run `autograder build {assignment}`")


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One grader at a time; on a file system that knows no locks, they are trusted not to begin at the same moment."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


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
    """What a converter and nbgrader's database log as errors, kept for the message of a `RecordError`; the rest is dropped.

    cause: the error of a file or the database that was logged, if it was one. A context manager.
    """

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []
        self.cause: OSError | SQLAlchemyError | None = None
        self.logger = logging.Logger("autograder.gradebook.record")
        self.logger.addHandler(self)

    def __enter__(self) -> Self:
        api.app_log.addHandler(self)
        self._propagated, api.app_log.propagate = api.app_log.propagate, False
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        api.app_log.propagate = self._propagated
        api.app_log.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        error = sys.exc_info()[1]
        while error and not self.cause:
            self.cause = error if isinstance(error, OSError | SQLAlchemyError) else None
            error = error.__context__
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

    def __init__(self, course: Path | Any, pages: bool = True) -> None:
        """Raises `RecordError`.

        course: the folder that holds the nbgrader_config.py of the course in use, or what of nbgrader has read it.
        pages: write feedback pages too.
        """
        self._application = course_in_use(course) if isinstance(course, Path) else course
        self.coursedir: CourseDirectory = self._application.coursedir
        self._autograde = Autograde(coursedir=self.coursedir, parent=self._application)
        self._feedback = GenerateFeedback(coursedir=self.coursedir, parent=self._application)
        self._penalties = AssignLatePenalties(parent=self._autograde)
        self._penalties.init_plugin()
        self._pages = Pages(self._feedback) if pages else None
        self._plans: dict[str, _Plan] = {}
        self._gradebook: api.Gradebook | None = None
        self._unavailable = ""
        self.recorded = 0
        """How many submissions have got marks."""
        self.notes: list[str] = []
        """What kept no mark back, and should be known, in sentences."""

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
        with self._recording() as gradebook:
            enter(self._application, gradebook, Course(notebook.root).assignment(notebook.assignment))
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

    def record(
        self,
        student: str,
        results: Mapping[Notebook, Result],
        rebuilt: Mapping[Notebook, NotebookNode],
        missing: Collection[Notebook] = (),
    ) -> None:
        """Record one student's submission of one assignment: rows, autograded notebooks, feedback pages.

        results, rebuilt: for each notebook that could be graded. missing: those that were not handed in, which get 0. Any
        other notebook of the assignment waits for a person, with the mark that it has. Marks, extra credit and comments given
        by hand stay. Either everything is recorded or, with an exception, no row is changed. Raises `RecordError` when a result
        must not be recorded or nbgrader's data stand against it, and `GradebookUnavailable` when that is so for everybody.
        """
        for result in results.values():
            check_recordable(result)
        assignments = {notebook.assignment for notebook in results}
        if len(assignments) != 1:
            raise RecordError(f"a submission is of one assignment, and this one is of {len(assignments)}: {', '.join(sorted(assignments))}")
        assignment = assignments.pop()
        self.enter(next(iter(results)))
        about = whole.sentence(whole.parts(Course(next(iter(results)).root).assignment(assignment), results, missing))
        graded = {
            notebook.name: write_outputs(rebuilt[notebook], result, [*filter(None, [about]), graded_with(notebook)])
            for notebook, result in sorted(results.items(), key=_by_name)
        }
        with self._transaction() as db, contextlib.ExitStack() as files:
            submission = self._submission(student, assignment)
            self._mark_without_result(submission, graded, missing)
            marked = [(notebook, part) for notebook, part in self._parts(submission) if notebook.name in graded]
            for notebook, part in marked:
                self._mark(student, submission, notebook, part, graded[notebook.name])
            converters = [self._autograde, *([self._feedback] if self._pages else [])]
            steps = ("autograded", "feedback")[: len(converters)]
            folders = [files.enter_context(_Folder(self._folder(step, student, assignment))) for step in steps]
            for folder in folders:
                self._add_other_files(folder, student, assignment)
            for notebook, part in marked:
                folders[0].add(f"{notebook.name}.ipynb", _text(graded[notebook.name]))
                if self._pages:
                    page = self._pages.page(notebook.name, graded[notebook.name], self._page(notebook, part))
                    folders[1].add(f"{notebook.name}.html", page)
            with _unbroken():
                db.commit()
                self.recorded += 1
                for folder, converter in zip(folders, converters, strict=True):
                    folder.publish()
                    converter.set_permissions(assignment, student)

    def ungradable(self, student: str, notebook: Notebook, missing: Collection[Notebook] = ()) -> None:
        """Note that nothing a student handed in could be graded: as in nbgrader, a submission that waits for a person.

        missing: notebooks of the assignment that were not handed in, which get 0. Others wait, with the mark that they have.
        What was autograded before goes.
        """
        self.enter(notebook)
        with self._transaction() as db:
            self._mark_without_result(self._submission(student, notebook.assignment), (), missing)
            db.commit()
            self.recorded += bool(missing)
        shutil.rmtree(self._folder("autograded", student, notebook.assignment), ignore_errors=True)

    # ------------------------------------------------------------------------------------------------------- rows

    @property
    def _gradebook_open(self) -> api.Gradebook:
        if self._gradebook is None:
            raise RecordError("a Recorder records inside its `with` block")
        return self._gradebook

    @contextlib.contextmanager
    def _recording(self) -> Iterator[api.Gradebook]:
        """The gradebook, for as long as there is one to be had: what it refused to one student it is not asked again for the next."""
        if self._unavailable:
            raise GradebookUnavailable(self._unavailable)
        gradebook = self._gradebook_open
        try:
            with told(gradebook.engine.url):
                yield gradebook
        except GradebookUnavailable as error:
            self._unavailable = str(error)
            raise

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[Any]:
        """The database, with nobody else writing. Nothing of what is written inside stays when an exception leaves it."""
        with self._recording() as gradebook:
            try:
                begin(gradebook.db.connection())
                yield gradebook.db
            except BaseException:
                gradebook.db.rollback()
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
        time, amiss = handed_in_at(self._folder("submitted", student, assignment))
        submission.timestamp = time or submission.timestamp
        self.notes += [amiss] if amiss else []
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

    def _mark_without_result(self, submission: api.SubmittedAssignment, graded: Collection[str], missing: Collection[Notebook]) -> None:
        """0 for what is missing; whatever else was not graded waits for a person."""
        grades, absent = api.Grade.__table__, {notebook.name for notebook in missing}
        for notebook, part in self._parts(submission):
            if notebook.name not in graded:
                mark = {"auto_score": 0, "needs_manual_grade": False} if notebook.name in absent else {"needs_manual_grade": True}
                self._gradebook_open.db.execute(update(grades).where(grades.c.notebook_id == part).values(mark))

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


@contextlib.contextmanager
def _unbroken() -> Iterator[None]:
    """What is begun here is done before a signal ends the command: rows without their pages would be half of a submission."""
    if threading.current_thread() is not threading.main_thread():  # which no signal reaches
        yield
        return
    held: list[int] = []
    heard = [number for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if callable(signal.getsignal(number))]
    before = {number: signal.signal(number, lambda number, _: held.append(number)) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for sent in held[:1]:
            signal.raise_signal(sent)


class _Folder:
    """The new content of one folder: written beside the old files, and put in their place all at once when it is complete.

    One grader at a time, because whatever else is found there is taken away, such as what a grader that was killed left behind.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._alone = contextlib.ExitStack()
        self._ready: dict[Path, Path] = {}

    def __enter__(self) -> Self:
        try:
            self.path.mkdir(mode=0o755, parents=True, exist_ok=True)
        except OSError as error:
            error.filename = str(next(folder for folder in (self.path, *self.path.parents) if os.path.lexists(folder)))
            raise
        self._alone.enter_context(_alone(self.path))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for waiting in self._ready.values():
            waiting.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.path.rmdir()  # only when nothing came into it
        self._alone.close()

    def add(self, name: str, content: bytes) -> None:
        """name: relative to the folder."""
        target = self.path / name
        target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        try:
            handle, waiting = tempfile.mkstemp(dir=target.parent, prefix=".new-")
            self._ready[target] = Path(waiting)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
        except OSError as error:
            error.filename = str(target)  # which is the name that a person knows
            raise

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
