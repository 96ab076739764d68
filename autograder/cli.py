"""The command `autograder`. Nothing slow is imported before a command needs it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from autograder.submission.plain import shown

if TYPE_CHECKING:
    from autograder.authoring.verify import Report
    from autograder.classroom.batch import Graded
    from autograder.classroom.failure import Ungraded
    from autograder.classroom.handed_in import Missing
    from autograder.course.model import Course, Notebook
    from autograder.grading.result import Result
    from autograder.grading.whole import Part

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
    from collections import defaultdict
    from contextlib import nullcontext

    from autograder.classroom import batch
    from autograder.classroom.failure import Ungraded
    from autograder.classroom.handed_in import handed_in
    from autograder.course.model import CourseError
    from autograder.gradebook.record import Recorder, course_in_use
    from autograder.grading.grade import Grader, resolve_device

    _require_temporary_folder()
    notebooks = course().assignment(assignment)
    for notebook in notebooks:
        resolve_device(notebook, device)
    graders: list[Grader] = []
    notes: list[str] = []

    def grader(notebook: Notebook) -> Grader:
        graders.append(Grader(notebook, device=device, workers=workers or os.cpu_count() or 1, again=again))
        return graders[-1]

    amiss: list[Missing | Ungraded] = []
    done: dict[str, list[Graded | Missing | Ungraded]] = defaultdict(list)
    root = directory or _course_folder()
    handed = handed_in(course_in_use(root).coursedir, notebooks, students)
    if not handed:
        raise CourseError(f"nobody has handed in {assignment}: {root / 'submitted'} holds no <student>/{assignment}")
    with nullcontext() if no_record else Recorder(root) as recorder:
        with _progress(len(handed)) as advance:
            for one in batch.grade_class(handed, grader, recorder):
                if not isinstance(one, batch.Graded):
                    amiss.append(one)
                elif one.note:
                    notes.append(f"{one.student}, {one.notebook}: {one.note}")
                if isinstance(one, Ungraded) and one.graded:
                    continue
                advance()
                done[one.student].append(one)
                if as_json and len(done[one.student]) == len(notebooks):
                    for data in _as_objects(done[one.student], notebooks):
                        typer.echo(json.dumps(data))
        recorded = recorder.recorded if recorder else 0
        notes += recorder.notes if recorder else []
    if not as_json:
        _show_marks(done, notebooks)
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
def _progress(total: int, what: str = "grading") -> Iterator[Any]:
    """A progress bar on a terminal, and nothing elsewhere; yields what to call for each submission."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda: None
        return
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda: progress.advance(task)


def _parts(done: Sequence[Graded | Missing | Ungraded], notebooks: Sequence[Notebook]) -> list[Part]:
    """The notebooks of an assignment as one student has them."""
    from autograder.classroom import batch
    from autograder.classroom.handed_in import Missing
    from autograder.grading.whole import parts

    results = {one.notebook: one.result for one in done if isinstance(one, batch.Graded)}
    return parts(notebooks, results, [one.notebook for one in done if isinstance(one, Missing)])


def _as_objects(done: Sequence[Graded | Missing | Ungraded], notebooks: Sequence[Notebook]) -> Iterator[dict[str, Any]]:
    """What `--json` prints of one student: where an assignment has several notebooks, those without a result too."""
    from autograder.classroom import batch
    from autograder.grading import whole

    sums = {"assignment_score": whole.score(_parts(done, notebooks)), "assignment_max_score": whole.max_score(notebooks)}
    found = {one.notebook: one for one in done}
    for part in _parts(done, notebooks):
        match one := found[part.notebook]:
            case batch.Graded():
                yield as_data(one.student, part.notebook, one.result) | sums
            case _ if len(notebooks) > 1:
                about = {"student": one.student, "assignment": part.notebook.assignment, "notebook": part.notebook.name}
                problems = [part.state if part.missing else shown(str(one))]
                yield {**about, "score": part.score, "max_score": part.notebook.points, "exercises": [], "problems": problems, **sums}


def _show_marks(done: Mapping[str, Sequence[Graded | Missing | Ungraded]], notebooks: Sequence[Notebook]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from autograder.grading import whole

    every = {student: _parts(told, notebooks) for student, told in sorted(done.items())}
    carried = any(part.alone < (part.score or 0) for parts in every.values() for part in parts)
    table = Table("student", "notebook", "mark", "of", *(["as it stands"] if carried else []), box=None)
    for student, parts in every.items():
        if not student.isprintable() or all(part.state for part in parts):
            continue
        for part in parts:
            mark = "waits" if part.score is None else f"{part.score:g}"
            stands = [f"{part.alone:g}"] if carried and not part.state else []
            table.add_row(escape(student), part.notebook.name, mark, f"{part.notebook.points:g}", *stands)
        if len(parts) > 1:
            table.add_row(escape(student), "together", f"{whole.score(parts):g}", f"{whole.max_score(notebooks):g}", style="bold")
    if table.row_count:
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
    from autograder.grading.whole import max_score
    from autograder.submission.rebuild import read, rebuild

    _require_temporary_folder()
    submitted = read(path)
    notebook = belongs_to(submitted, path, assignment)
    rebuilt = rebuild(notebook, submitted)
    with Grader(notebook, isolation=isolation, device=device, store=False) as grader:
        found = grader.grade(rebuilt.notebook)
    result = replace(found, problems=(*rebuilt.problems, *found.problems))
    all_points = max_score(course().assignment(notebook.assignment))
    if as_json:
        typer.echo(json.dumps(as_data("", notebook, result) | {"assignment_max_score": all_points}))
    else:
        _show_result(notebook, result, all_points)


def belongs_to(submitted: Any, path: Path, assignment: str | None) -> Notebook:
    """The notebook of the course that a file is: the one with which it has most exercises in common, whatever its name.

    Raises `Ungradable` when there is none, `CourseError` when the assignment that was named does not exist.
    """
    from autograder.submission.rebuild import Ungradable
    from autograder.submission.whose import Recogniser

    name, _, part = (assignment or "").partition("/")
    known = course().assignment(name) if assignment else list(course())
    known = [notebook for notebook in known if part in ("", notebook.name)]
    found = Recogniser(sorted(known, key=lambda notebook: notebook.name != path.stem))(submitted)
    if found is None:
        where = assignment or "any assignment of this course"
        raise Ungradable(f"none of its cells is of {where}: is it the notebook that was released?")
    return found.notebook


def as_data(student: str, notebook: Notebook, result: Result) -> dict[str, Any]:
    """A result as `--json` prints it."""
    from autograder.course.versions import installed, stated
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
        "graded_with": installed(notebook.packages),
        "release_names": stated(notebook.root, notebook.packages),
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


def _show_result(notebook: Notebook, result: Result, all_points: float) -> None:
    """Each exercise with its hidden tests, then the points of all of them: the last lines are what a terminal shows."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from autograder.course.versions import graded_with
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
    console.print(escape(graded_with(notebook)))
    of_all = f", of {all_points:g} for all of {notebook.assignment}" if all_points > result.max_score else ""
    stands = f", {result.alone:g} as your notebook stands" if result.alone < result.score else ""
    console.print(f"[bold]{escape(notebook.title)}[/bold]: {result.score:g} of {result.max_score:g} points{of_all}{stands}")
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
def verify(
    assignment: Annotated[
        str | None, typer.Argument(metavar="ASSIGNMENT", help="Which to verify; all without any.", autocompletion=_assignments)
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Under how many seeds, the course's own among them.")] = 1,
    with_machine: Annotated[bool, typer.Option("--mutants", help="Also try mistakes that a machine makes, one place at a time.")] = False,
    new_seed: Annotated[
        bool, typer.Option("--new-seed", help="Draw a new seed; when everything holds under it, it becomes the course's.")
    ] = False,
    workers: Annotated[int | None, typer.Option(min=1, max=256, help="Sandboxes at a time.", show_default="number of CPUs")] = None,
) -> None:
    """Prove hidden suites: right answers earn everything, wrong ones do not, under any seed.

    Right are the reference, the model answers and tests/alternatives; wrong are answers that know nothing, and tests/mutants, each the
    model answer with one mistake. Says which mistakes keep all points, which tests no mistake fails, and what share of an
    exercise's points a mistake keeps. Status 0 when everything holds, 1 when something does not.
    """
    if assignment and new_seed:
        raise typer.BadParameter("a seed is the whole course's: verify all assignments under a new one")
    with _stoppable(), _said():
        _verify(course().assignment(assignment) if assignment else list(course()), seeds, with_machine, new_seed, workers)


def _verify(notebooks: list[Notebook], count: int, with_machine: bool, new_seed: bool, workers: int | None) -> None:
    import os
    import secrets

    from autograder.authoring import verify as verifying
    from autograder.course.model import require_own, seed_file

    _require_temporary_folder()
    roots = {notebook.root for notebook in notebooks}
    for root in roots:
        require_own(root)
    drawn = secrets.token_hex(16) if new_seed else None
    reports = []
    for notebook in notebooks:
        under = verifying.seeds(notebook, count, drawn)
        trials = verifying.trials(notebook)
        made, left_out = verifying.machine_made(notebook) if with_machine else ([], {})
        with _progress(len(trials) * len(under) + len(made), str(notebook)) as advance:
            reports.append(verifying.verify(notebook, under, trials, made, left_out, workers or os.cpu_count() or 1, advance))
        _show_report(reports[-1], len(under))
    if not all(report.holds for report in reports):
        raise typer.Exit(UNGRADED)
    if drawn:
        for path in map(seed_file, roots):
            path.write_text(f"{drawn}\n", encoding="utf-8")
            typer.echo(f"The course has a new seed, in {path}: keep it to those who may know the hidden inputs.")


def _show_report(report: Report, under: int) -> None:
    """What is amiss first, mistakes that were not seen, then a row for each exercise."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from autograder.authoring.verify import KEPT

    console = Console(highlight=False)
    for sentence in report.amiss:
        console.print(f"[red]✗[/red] {escape(sentence)}")
    for survivor in (survivor for one in report.exercises.values() for survivor in one.survivors.values()):
        console.print(f"[red]not seen[/red] in {survivor.exercise}: {escape(survivor.name)}\n[dim]{escape(survivor.diff)}[/dim]")
    by_machine = report.by_machine > 0
    machine = ["by machine", "no difference"] if by_machine else []
    title = f"{report.notebook}, under {'one seed' if under == 1 else f'{under} seeds'}"
    table = Table(title, "mistakes seen", *machine, "points kept", "tests that no mistake fails", box=None, pad_edge=False)
    for exercise, one in report.exercises.items():
        hand = f"{len(one.kept) - one.survived('by hand')} of {len(one.kept)}"
        more = [f"{one.by_machine - one.survived('by machine')} of {one.by_machine}", str(one.equivalent)] if by_machine else []
        fair = KEPT[0] <= one.points_kept <= KEPT[1]
        kept = f"{one.points_kept:.0%}" if fair else f"[yellow]{one.points_kept:.0%}[/yellow]"
        table.add_row(exercise, hand, *more, kept, escape(", ".join(sorted(one.idle))))
    console.print(table)
    console.print()


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

    from autograder.course.model import settings
    from autograder.sandbox import cgroup, sleep
    from autograder.sandbox.worker import lock

    python = settings(course().root).python
    named = "" if f"{platform.python_version()}.".startswith(f"{python}.") or not python else f", where the notebooks name {python}"
    yield _Finding("Python", f"{platform.python_version()}{named}")
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
