"""The command `autograder`. Nothing slow is imported before a command needs it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from autograder.submission.plain import shown

if TYPE_CHECKING:
    from autograder.classroom.batch import Graded
    from autograder.classroom.failure import Ungraded
    from autograder.classroom.handed_in import Missing
    from autograder.course.model import Course, Notebook
    from autograder.grading.result import Result

UNGRADED = 1
WRONG_USE = 2

app = typer.Typer(
    help="""Build the course, grade submissions in a sandbox, check your own work.

A first time through: `autograder doctor` says whether this machine can grade; `autograder build`
makes the release; students' notebooks go to `submitted/<student>/<assignment>/`; `autograder grade ASSIGNMENT`
writes marks and feedback where nbgrader and formgrader find them.

Learning alone? `autograder check NOTEBOOK` asks the same hidden tests of your own work, and records nothing.

`autograder --install-completion` completes commands and names of assignments with the Tab key in your shell.

Exit status: 0 graded, whatever the marks; 1 something could not be graded, and it says what and why; 2 wrong use.""",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)


def _one_of(*names: str) -> Callable[[str], list[str]]:
    """Names for the shell to complete."""
    return lambda incomplete: [name for name in names if name.startswith(incomplete)]


Device = Annotated[
    str,
    typer.Option(metavar="auto|cpu|cuda", help="Where the reference answers are computed.", autocompletion=_one_of("auto", "cpu", "cuda")),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line for each notebook; anything else goes to standard error.")]


def course() -> Course:
    """The course of this repository."""
    from autograder.course.model import Course

    return Course()


def _assignments(incomplete: str) -> list[str]:
    """Names for the shell to complete."""
    return sorted({notebook.assignment for notebook in course() if notebook.assignment.startswith(incomplete)})


def _students(context: typer.Context, incomplete: str) -> list[str]:
    """Those who handed the assignment in, where submissions lie as nbgrader comes."""
    assignment = context.params.get("assignment") or "*"
    return sorted({path.parent.name for path in Path("submitted").glob(f"{incomplete}*/{assignment}")})


@contextmanager
def _said() -> Iterator[None]:
    """Errors that are sentences for the person at the keyboard end the command with that sentence."""
    from autograder.course.model import CourseError
    from autograder.sandbox import SandboxUnavailable

    try:
        yield
    except SandboxUnavailable as error:
        typer.echo(f"Nothing is graded here: {error}", err=True)
        raise typer.Exit(UNGRADED) from error
    except CourseError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(WRONG_USE) from error


@contextmanager
def _said_of_the_gradebook() -> Iterator[None]:
    """The same for what keeps marks from being recorded: a gradebook that fails is no wrong use."""
    from autograder.gradebook.database import GradebookUnavailable, RecordError

    try:
        yield
    except RecordError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(UNGRADED if isinstance(error, GradebookUnavailable) else WRONG_USE) from error


@contextmanager
def _stoppable() -> Iterator[None]:
    """Ctrl-C, a closed terminal and a polite kill all end a command with what it holds closed, and a sentence on how to go on."""
    import logging
    import os
    import signal
    import threading

    def stop(number: int, frame: object) -> None:
        logging.disable()  # a library that is stopped in the middle logs it with a traceback, and raises it too
        raise KeyboardInterrupt(number)

    def dropped(unraisable: sys.UnraisableHookArgs) -> None:
        """Python goes on after what is raised in a callback of its own: the signal is sent again."""
        if not isinstance(unraisable.exc_value, KeyboardInterrupt):
            return hook(unraisable)
        return threading.Timer(0.01, os.kill, (os.getpid(), unraisable.exc_value.args[0])).start()

    logged = logging.root.manager.disable
    hook, sys.unraisablehook = sys.unraisablehook, dropped
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in numbers if signal.getsignal(number) is not signal.SIG_IGN}
    try:
        yield
    except KeyboardInterrupt as stopped:
        typer.echo("Stopped. What is recorded stays, and the same command goes on from there.", err=True)
        raise typer.Exit(128 + stopped.args[0]) from None
    finally:
        logging.disable(logged)
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, handler)


@app.command()
def build(
    assignments: Annotated[
        list[str] | None, typer.Argument(metavar="ASSIGNMENT", help="Which to build; all without any.", autocompletion=_assignments)
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Say what is out of date (status 1), and change nothing.")] = False,
    execute: Annotated[bool, typer.Option("--execute", help="Also run the model answers that changed, for their outputs.")] = False,
) -> None:
    """Make build/source, release and solutions from source/.

    `autograder build ASSIGNMENT` after an edit in `source/ASSIGNMENT`; `--execute` before you commit.
    """
    from autograder.course import build as building

    if check and execute:
        raise typer.BadParameter("--check changes nothing, and --execute does: choose one")
    with _said():
        if not check:
            building.build(course(), assignments or (), execute=execute, say=typer.echo)
            return
        stale = building.check(course(), assignments or ())
    for sentence in stale:
        typer.echo(sentence)
    if stale:
        raise typer.Exit(UNGRADED)
    typer.echo("everything is up to date")


@app.command()
def grade(
    assignment: Annotated[
        str, typer.Argument(metavar="ASSIGNMENT", help="The assignment: a folder of source/.", autocompletion=_assignments)
    ],
    student: Annotated[
        list[str] | None, typer.Option("--student", help="This student alone; may be given again.", autocompletion=_students)
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=256, help="Sandboxes at a time.", show_default="number of CPUs")] = None,
    as_json: Json = False,
    no_record: Annotated[bool, typer.Option("--no-record", help="Only show the marks; leave gradebook and folders alone.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Ask anew what is known already, such as who ran out of time.")] = False,
    device: Device = "auto",
    directory: Annotated[
        Path | None,
        typer.Option("--course", help="The folder with nbgrader_config.py.", show_default="the nearest, upwards from here"),
    ] = None,
) -> None:
    """Grade a class in the sandbox, and record marks and feedback for nbgrader.

    Reads `submitted/<student>/<assignment>/*.ipynb` of the course. Grading again gives the same marks, and is quick: results are
    kept until the submission, the tests or the grader change, or you say `--again`. Marks and comments that you gave by hand stay.
    """
    with _stoppable(), _said(), _said_of_the_gradebook():
        _grade(assignment, student or [], workers, as_json, no_record, again, device, directory)


def _grade(
    assignment: str,
    students: list[str],
    workers: int | None,
    as_json: bool,
    no_record: bool,
    again: bool,
    device: str,
    directory: Path | None,
) -> None:
    import os
    from contextlib import nullcontext

    from autograder.classroom import batch
    from autograder.classroom.failure import Ungraded
    from autograder.classroom.handed_in import Missing, handed_in
    from autograder.course.model import CourseError
    from autograder.gradebook.record import Recorder, course_in_use
    from autograder.grading.grade import Grader, resolve_device

    _require_temporary_folder()
    notebooks = course().assignment(assignment)
    for notebook in notebooks:
        resolve_device(notebook, device)
    graders: list[Grader] = []

    def grader(notebook: Notebook) -> Grader:
        graders.append(Grader(notebook, device=device, workers=workers or os.cpu_count() or 1, again=again))
        return graders[-1]

    amiss: list[Missing | Ungraded] = []
    graded: list[Graded] = []
    root = directory or _course_folder()
    handed = handed_in(course_in_use(root).coursedir, notebooks, students)
    if not handed:
        raise CourseError(f"nobody has handed in {assignment}: {root / 'submitted'} holds no <student>/{assignment}")
    with nullcontext() if no_record else Recorder(root) as recorder:
        with _progress(len(handed)) as advance:
            for done in batch.grade_class(handed, grader, recorder):
                if isinstance(done, batch.Graded):
                    advance()
                    if as_json:
                        typer.echo(json.dumps(as_data(done.student, done.notebook, done.result)))
                    else:
                        graded.append(done)
                    continue
                amiss.append(done)
                if isinstance(done, Missing) or not done.graded:
                    advance()
        recorded, notes = (recorder.recorded, [*recorder.notes]) if recorder else (0, [])
    if not as_json:
        _show_marks(graded)
    notes += [grader.trouble for grader in graders if grader.trouble]
    for sentence in (*batch.summary(amiss), *(f"note: {note}" for note in dict.fromkeys(notes))):
        typer.echo(shown(sentence), err=True)
    if recorded and not as_json:
        whose = "one student" if recorded == 1 else f"{recorded} students"
        typer.echo(f"Marks of {whose} are in the gradebook, and pages for students in {root / 'feedback'}.")
    if any(isinstance(one, Ungraded) for one in amiss):
        raise typer.Exit(UNGRADED)


def _require_temporary_folder() -> None:
    """Sandboxes and nbgrader's converters need one, and fail with less than a sentence."""
    import tempfile

    from autograder.sandbox import SandboxUnavailable

    try:
        tempfile.gettempdir()
    except OSError as error:
        raise SandboxUnavailable(f"{error.strerror}: free some space there, or let TMPDIR name a folder that can be written") from error


def _course_folder() -> Path:
    from autograder.course.model import CourseError

    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "nbgrader_config.py").is_file():
            return folder
    raise CourseError(f"there is no nbgrader_config.py in {here} or above: go to the folder of the course, or name it with --course")


@contextmanager
def _progress(total: int) -> Iterator[Any]:
    """A progress bar on a terminal, and nothing elsewhere; yields what to call for each submission."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda: None
        return
    columns = (TextColumn("grading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("grading", total=total)
        yield lambda: progress.advance(task)


def _show_marks(graded: list[Graded]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    carried = any(done.result.alone < done.result.score for done in graded)
    table = Table("student", "notebook", "mark", "of", *(["as it stands"] if carried else []), box=None)
    for done in sorted(graded, key=lambda done: (done.student, str(done.notebook))):
        numbers = (done.result.score, done.result.max_score, *([done.result.alone] if carried else []))
        table.add_row(escape(done.student), done.notebook.name, *(f"{number:g}" for number in numbers))
    if graded:
        Console().print(table)


@app.command()
def check(
    notebook: Annotated[Path, typer.Argument(help="Your notebook.", metavar="NOTEBOOK")],
    assignment: Annotated[
        str | None,
        typer.Option(help="What it is, if its cells do not tell.", show_default="told by its cells", autocompletion=_assignments),
    ] = None,
    isolation: Annotated[
        str,
        typer.Option(
            metavar="bubblewrap|none",
            help="none runs the notebook as you, without a sandbox: for your own code alone.",
            autocompletion=_one_of("bubblewrap", "none"),
        ),
    ] = "bubblewrap",
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Ask the hidden tests of one notebook, for its author. Nothing is recorded.

    Shows what each failed test means, and what your code answered.
    """
    from autograder.sandbox import SandboxUnavailable
    from autograder.submission.rebuild import Ungradable

    if isolation not in ("bubblewrap", "none"):
        raise typer.BadParameter(f"there is no isolation {isolation!r}: choose bubblewrap or none")
    with _said():
        try:
            _check(notebook, assignment, isolation, device, as_json)
        except Ungradable as error:
            typer.echo(shown(f"{notebook}: {error}"), err=True)
            raise typer.Exit(UNGRADED) from error
        except SandboxUnavailable as error:
            own = "If all the code in this notebook is your own, `--isolation none` runs it without a sandbox, as you."
            raise SandboxUnavailable(f"{error}\n{own}") from error


def _check(path: Path, assignment: str | None, isolation: str, device: str, as_json: bool) -> None:
    from dataclasses import replace

    from autograder.grading.grade import Grader
    from autograder.submission.rebuild import read, rebuild

    _require_temporary_folder()
    submitted = read(path)
    notebook = belongs_to(submitted, path, assignment)
    rebuilt = rebuild(notebook, submitted)
    with Grader(notebook, isolation=isolation, device=device, store=False) as grader:
        found = grader.grade(rebuilt.notebook)
    result = replace(found, problems=(*rebuilt.problems, *found.problems))
    if as_json:
        typer.echo(json.dumps(as_data("", notebook, result)))
    else:
        _show_result(notebook, result)


def belongs_to(submitted: Any, path: Path, assignment: str | None) -> Notebook:
    """The notebook of the course that a file is: the one with which it has most cells in common.

    Raises `Ungradable` when there is none, `CourseError` when the assignment that was named does not exist.
    """
    from autograder.submission.rebuild import Ungradable

    name, _, part = (assignment or "").partition("/")
    known = course().assignment(name) if assignment else list(course())
    known = [notebook for notebook in known if part in ("", notebook.name)]
    cells = _grade_ids(submitted)
    common = {notebook: (len(cells & _grade_ids(notebook.skeleton)), notebook.name == path.stem) for notebook in known}
    best = max(common, key=lambda notebook: common[notebook], default=None)
    if best is None or not common[best][0]:
        where = assignment or "any assignment of this course"
        raise Ungradable(f"none of its cells is of {where}: is it the notebook that was released, with its cells' metadata?")
    return best


def _grade_ids(notebook: Any) -> set[str]:
    marks = (cell.get("metadata", {}).get("nbgrader", {}) for cell in notebook.cells)
    return {mark["grade_id"] for mark in marks if isinstance(mark, dict) and isinstance(mark.get("grade_id"), str)}


def as_data(student: str, notebook: Notebook, result: Result) -> dict[str, Any]:
    """A result as `--json` prints it."""
    from autograder.grading.said import followed, sentence

    titles = {exercise.id: exercise.title for exercise in result.exercises}
    return {
        "student": student,
        "assignment": notebook.assignment,
        "notebook": notebook.name,
        "score": result.score,
        "alone": result.alone,
        "max_score": result.max_score,
        "isolation": result.isolation,
        "exercises": [
            {
                "id": exercise.id,
                "title": exercise.title,
                "score": exercise.score,
                "alone": exercise.alone,
                "max_score": exercise.max_score,
                "replaced": list(exercise.replaced),
                "message": followed(exercise, titles),
                "tests": [
                    {
                        "name": outcome.test,
                        "passed": outcome.passed,
                        "counts": outcome.counts,
                        "message": sentence(outcome, titles),
                    }
                    for outcome in exercise.outcomes
                ],
            }
            for exercise in result.exercises
        ],
        "problems": list(result.problems),
    }


def _show_result(notebook: Notebook, result: Result) -> None:
    """Each exercise with its hidden tests, then the points of all of them: the last lines are what a terminal shows."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from autograder.grading.said import explained, followed, inherited, waiting

    console = Console(highlight=False)
    titles = {exercise.id: exercise.title for exercise in result.exercises}
    for exercise in result.exercises:
        tests = Table.grid(padding=(0, 1))
        tests.add_column(no_wrap=True)
        tests.add_column()
        for outcome, why in explained(exercise):
            colour = "green" if outcome.passed else "yellow"
            tests.add_row(f"[{colour}]✓[/{colour}]" if outcome.counts else "[red]✗[/red]", escape(outcome.meaning))
            if why:
                tests.add_row("", f"[{'yellow' if outcome.counts else 'red'}]{escape(why)}[/]")
                tests.add_row("", f"[dim]{escape(outcome.private)}[/dim]")
        console.print(f"[bold]{escape(exercise.title)}[/bold]: {exercise.score:g} of {exercise.max_score:g}")
        for told in filter(None, (followed(exercise, titles), inherited(exercise.outcomes, titles))):
            console.print(escape(told))
        console.print(tests)
        console.print()
    summary = Table("exercise", "tests passed", "points", box=None, pad_edge=False)
    for exercise in result.exercises:
        passed = sum(outcome.passed for outcome in exercise.outcomes)
        whole = passed == len(exercise.outcomes)
        points = f"{exercise.score:g} of {exercise.max_score:g}"
        if waits := waiting(exercise, titles):
            points += f": {escape(waits)}"
        elif exercise.more:
            points += f", {exercise.more:g} of them with ours"
        summary.add_row(escape(exercise.title), f"{passed} of {len(exercise.outcomes)}", f"[green]{points}[/green]" if whole else points)
    console.print(summary)
    for problem in result.problems:
        console.print(f"note: {escape(problem)}")
    stands = f", {result.alone:g} as your notebook stands" if result.alone < result.score else ""
    console.print(f"[bold]{escape(notebook.title)}[/bold]: {result.score:g} of {result.max_score:g} points{stands}")
    if result.isolation == "none":
        console.print("(without a sandbox: this is no mark)")


@app.command()
def budget(
    assignments: Annotated[
        list[str] | None, typer.Argument(metavar="ASSIGNMENT", help="Which to measure; all without any.", autocompletion=_assignments)
    ] = None,
) -> None:
    """Measure what time the model answers take, by which a submission's is bounded.

    After hidden tests or model answers changed, on an idle machine. Nothing is timed while a class is graded.
    """
    from autograder.grading import budget as budgets

    with _said():
        for notebook in (part for name in assignments for part in course().assignment(name)) if assignments else course():
            found = budgets.renew(notebook)
            typer.echo(f"{notebook}: {1e3 * sum(found.values()):.0f} ms, most of it for {max(found, key=lambda name: found[name])}")


@app.command()
def doctor() -> None:
    """Attack the sandbox, and say which versions and devices there are, what is missing and how to get it.

    The attempts are real: a process in the sandbox tries to read, write, connect, escape and outlive, and reports what came of it.
    Status 0 when this machine can grade, 1 when it cannot, with what to do.
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False)
    well = True
    for title, findings in (("this machine", [*_machine()]), ("the sandbox, attacked", [*_attempts()])):
        amiss = not all(finding.well for finding in findings)
        well = well and not amiss
        table = Table(title, "found", *(["what to do"] if amiss else []), box=None, pad_edge=False)
        for finding in findings:
            found = f"[{'green' if finding.well else 'red'}]{escape(finding.found)}[/]"
            table.add_row(escape(finding.what), found, *([escape(finding.advice)] if amiss else []))
        console.print(table)
        console.print()
    console.print("This machine can grade." if well else "This machine cannot grade before that is put right.")
    if not well:
        raise typer.Exit(UNGRADED)


class _Finding(NamedTuple):
    """One line of what `doctor` says."""

    what: str
    found: str
    well: bool = True
    advice: str = ""


def _machine() -> Iterator[_Finding]:
    """Versions of what grading needs, the device for the reference answers, and what the kernel helps with."""
    import importlib.metadata
    import platform
    import shutil

    from autograder.sandbox import cgroup, sleep
    from autograder.sandbox.worker import lock

    yield _Finding("Python", platform.python_version())
    yield _Finding("system", f"{platform.system()} {platform.release()}, {platform.machine()}")
    for package in ("numpy", "torch", "nbgrader", "jupytext", "scipy", "scikit-learn", "matplotlib"):
        try:
            yield _Finding(package, importlib.metadata.version(package))
        except importlib.metadata.PackageNotFoundError:
            yield _Finding(package, "missing", False, "`python3 course.py setup` sets up what is missing in .venv")
    yield from _namesake()
    if shutil.which("alembic", path=str(Path(sys.executable).parent)) is None:
        yield _Finding("alembic", "missing", False, "nbgrader's own commands make and upgrade gradebooks with it: install nbgrader again")
    yield _Finding("device", _device())
    asleep, group = sleep.seen(), cgroup.parent()
    yield _Finding(
        "who sleeps is told from who waits", "by the kernel" if asleep else "not by this kernel: the limit on the wall holds alone"
    )
    yield _Finding(
        "Landlock", f"version {lock.landlock()}" if lock.landlock() > 0 else "none: the mounts alone keep what is shown from being written"
    )
    yield _Finding("memory of a sandbox", f"bounded as a whole, in groups below {group}" if group else "bounded process by process")


def _namesake() -> Iterator[_Finding]:
    """PyPI's distribution `autograder`, where it is installed: another project's, with the same import and the same command."""
    import importlib.metadata

    advice = "another project's, with the same import and the same command: `python3 course.py setup` makes an environment without it"
    for found in importlib.metadata.distributions(name="autograder"):
        if "autograder/__init__.py" in (found.read_text("RECORD") or ""):
            yield _Finding("autograder", f"version {found.version}", False, advice)


def _attempts() -> Iterator[_Finding]:
    """What came of attacking the sandbox."""
    from autograder import sandbox
    from autograder.sandbox import SandboxUnavailable, selftest

    try:
        with sandbox.Sandbox() as attacked:
            apart = (
                "namespaces of its own" if attacked.tier == "nested" else f"a bubblewrap of its own, which is slower ({attacked.refusal})"
            )
            yield _Finding("each submission has", apart)
            for attempt in selftest.attempts(attacked.open, attacked.limits):
                found = "stopped" if attempt.stopped else "NOT STOPPED"
                yield _Finding(f"attempt to {attempt.name}", found, attempt.stopped, attempt.detail if not attempt.stopped else "")
    except SandboxUnavailable as error:
        yield _Finding("sandbox", "there is none", False, str(error))


def _device() -> str:
    try:
        import torch
    except ImportError:
        return "cpu, without torch"
    return f"cuda ({torch.cuda.get_device_name()})" if torch.cuda.is_available() else "cpu"


if __name__ == "__main__":
    sys.exit(app())
