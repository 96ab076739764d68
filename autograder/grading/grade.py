"""From a rebuilt notebook to its result: asks the hidden suite's questions in the sandbox and adds up the points.

A result is a function of the submission alone. When a probe ran out of time, or a process was lost, the fault may be the
machine's: such a submission is graded once more, after everyone else, in a sandbox of its own, and what comes of that counts.
"""

from __future__ import annotations

import ast
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from nbformat import NotebookNode

from autograder.course.model import CourseError, Exercise, Notebook
from autograder.grading import budget
from autograder.grading.result import ExerciseResult, Outcome, Result
from autograder.grading.store import Store
from autograder.sandbox import Limits, Sandbox, SandboxLost, SandboxUnavailable, Session, codec, ended_by_itself
from autograder.submission.parsing import parse
from autograder.submission.plain import shown
from autograder.submission.program import Program, locate, program
from autograder.suite import suite as suites
from autograder.suite.reason import UNWRITTEN, Finding

MOST_LOAD_PROBLEMS = 20
_DOUBTFUL = {"timed out", "died"}
"""Losses that may be the machine's fault."""
_UNBOUND = {"NameError", "UnboundLocalError", "AttributeError"}
_SYNTAX = {"SyntaxError", "IndentationError", "TabError"}
_ALIVE = "def alive(m):\n    return 'yes'\n"

_NO_ARGUMENTS = codec.encode([])

LoadProblem = tuple[int, int, str]


class Grader:
    """Grades submissions of one notebook. Use it with `with`: it keeps sandboxes, one for each thread that grades.

    isolation: "bubblewrap", or "none" for people who check their own work. device: where the reference computes, "cpu",
    "cuda", or "auto" for cuda where there is one. store: look results up in build/results, and keep them there.
    again: look none up. seed: another than that of the course, for a grader without a store.
    Raises `CourseError` when something about the course is wrong, `SandboxUnavailable` when nothing can be isolated here.
    """

    def __init__(
        self,
        notebook: Notebook,
        isolation: str = "bubblewrap",
        device: str = "auto",
        workers: int = 1,
        store: bool = True,
        limits: Limits | None = None,
        again: bool = False,
        seed: str | None = None,
    ) -> None:
        self.notebook = notebook
        self.isolation = isolation
        self.device = resolve_device(notebook, device)
        self.limits = limits or Limits()
        self.suite = suites.load(notebook, self.device, seed)
        self._workers = max(1, workers)
        self._store = Store(notebook, self.limits, isolation, self.device) if store else None
        self._again_all = again
        self._shares = budget.shares(notebook, self.limits.answer_seconds)
        self._preload = preload(notebook)
        self._own = threading.local()
        self._sandboxes: list[Sandbox] = []
        self._stopping = False
        self._pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if error is not None:  # somebody does not want to wait for what is running
            self._stopping = True
            for sandbox in [*self._sandboxes]:
                sandbox.kill()
        if self._pool:
            self._pool.shutdown(cancel_futures=True)
        while self._sandboxes:
            self._end(self._sandboxes[-1])

    @property
    def trouble(self) -> str:
        """A sentence about what costs nobody a mark, but should be known: that results cannot be kept; else ""."""
        return self._store.trouble if self._store else ""

    def grade(self, rebuilt: NotebookNode) -> Result:
        """The result of one submission."""
        submission = program(self.notebook, rebuilt)
        return self._first(submission) or self._second(submission)

    def seconds(self, rebuilt: NotebookNode) -> dict[str, float]:
        """CPU-seconds that the answers of a submission take to the questions of each exercise."""
        submission = program(self.notebook, rebuilt)
        found = {}
        with self._open(self._sandbox(), submission) as session:
            for exercise in self.notebook.exercises:
                session.begin(exercise.id)
                found[exercise.id] = sum(reply.cpu for reply in session.ask_all(self._questions(submission, exercise)))
        return found

    def grade_all(self, rebuilt: Iterable[NotebookNode]) -> Iterator[tuple[int, Result | Exception]]:
        """The results of many, by their places in the input, in the order in which they are finished.

        What nobody foresaw in one of them comes in the place of its result. What is wrong with the course or the machine is raised.
        """
        doubtful: list[tuple[int, NotebookNode]] = []
        for index, notebook, result in self._each(lambda notebook: self._first(program(self.notebook, notebook)), enumerate(rebuilt)):
            if result is None:
                doubtful.append((index, notebook))
            else:
                yield index, result
        for index, _, result in self._each(lambda notebook: self._second(program(self.notebook, notebook)), doubtful):
            if result is not None:
                yield index, result

    def _each(
        self, work: Callable[[NotebookNode], Result | None], waiting: Iterable[tuple[int, NotebookNode]]
    ) -> Iterator[tuple[int, NotebookNode, Result | Exception | None]]:
        """What comes of each, by as many workers as there are."""
        self._pool = self._pool or ThreadPoolExecutor(self._workers, "grade")
        running: dict[Future[Result | None], tuple[int, NotebookNode]] = {}

        def finished(most: int) -> Iterator[tuple[int, NotebookNode, Result | Exception | None]]:
            while len(running) > most:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    about = running.pop(future)
                    try:
                        yield *about, future.result()
                    except (CourseError, SandboxUnavailable):
                        raise
                    except Exception as error:
                        yield *about, error

        try:
            for index, notebook in waiting:
                running[self._pool.submit(work, notebook)] = index, notebook
                yield from finished(2 * self._workers)
            yield from finished(0)
        finally:
            for future in running:
                future.cancel()

    def _first(self, submission: Program) -> Result | None:
        """The result, if it is beyond doubt."""
        kept = self._store.find(submission) if self._store and not self._again_all else None
        if kept:
            return kept
        asked = []
        try:
            with self._open(self._sandbox(), submission) as session:
                for part in self._ask(submission, self.notebook.exercises, session):
                    if session.losses & _DOUBTFUL:
                        return None
                    asked.append(part)
        except SandboxLost:
            self._drop_sandbox()
            return None
        return self._kept(submission, asked)

    def _second(self, submission: Program) -> Result:
        """The result of a second try, whatever it is. The first sandbox that is lost gets another try, and then an exercise each."""
        asked: list[_Asked] = []
        certain = once_more = True
        while len(asked) < len(self.notebook.exercises):
            with self._another_sandbox() as sandbox:
                try:
                    with self._open(sandbox, submission) as session:
                        for part in self._ask(submission, self.notebook.exercises[len(asked) :], session):
                            asked.append(part)
                        certain &= "died" not in session.losses  # somebody else may have ended it
                except SandboxLost as lost:
                    self._require_alive(lost)
                    if not once_more:
                        asked.append(self._stopped(self.notebook.exercises[len(asked)]))
                        certain = False  # the machine may have run out of memory each time
                    once_more = False
        return self._kept(submission, asked) if certain else self._result(submission, asked)

    def _open(self, sandbox: Sandbox, submission: Program) -> Session:
        return sandbox.open(_cells(submission), self.suite.probes_source, self._shares)

    def _kept(self, submission: Program, asked: list[_Asked]) -> Result:
        result = self._result(submission, asked)
        if self._store:
            self._store.keep(submission, result)
        return result

    def _require_alive(self, lost: SandboxLost) -> None:
        """Raise `SandboxUnavailable` when it was not the submission that ended its sandbox."""
        try:
            with self._another_sandbox() as sandbox, sandbox.open([], _ALIVE) as session:
                session.begin("alive")
                if session.ask("alive", _NO_ARGUMENTS).value == "yes":
                    return
        except SandboxLost as again:
            lost = again
        raise ended_by_itself(lost)

    def _ask(self, submission: Program, exercises: Sequence[Exercise], session: Session) -> Iterator[_Asked]:
        """Put the questions of exercises and judge the answers; while those of one are judged, the next is being asked.

        An exercise whose judgement was reached is given even when the sandbox is lost on the next one.
        """
        waiting = [self._questions(submission, exercise) for exercise in exercises]
        lost: SandboxLost | None = None

        def ask_ahead(index: int) -> None:
            session.ask_ahead(exercises[index].id, waiting[index], another=index + 1 < len(exercises))

        if exercises:
            ask_ahead(0)
        for index, exercise in enumerate(exercises):
            if lost:
                raise lost
            replies, load = session.take(), tuple(session.load)
            if index + 1 < len(exercises):
                try:
                    ask_ahead(index + 1)
                except SandboxLost as error:
                    lost = error
            yield self._judged(submission, exercise, suites.AskedAhead(session, exercise.id, waiting[index], replies), load)

    def _questions(self, submission: Program, exercise: Exercise) -> list[suites.Question]:
        if exercise.id in submission.forbidden:
            return []
        return [question for test in self._tests(exercise) for question in self.suite.questions(test)]

    def _judged(self, submission: Program, exercise: Exercise, answers: suites.Answers, load: tuple[LoadProblem, ...]) -> _Asked:
        tests = self._tests(exercise)
        if tools := submission.forbidden.get(exercise.id):
            finding = Finding("forbidden tool", f"uses {', '.join(tools)}")
            tool, place = tools[0].removeprefix("import "), submission.used.get(exercise.id)
            return _Asked(exercise, tuple(replace(_outcome(test, finding, submission), tool=tool, place=place) for test in tests), ())
        findings = [self.suite.judge(test, answers) for test in tests]
        told = [finding and _not_loaded(finding, load, submission, exercise) for finding in findings]
        return _Asked(exercise, tuple(_outcome(test, finding, submission) for test, finding in zip(tests, told, strict=True)), load)

    def _stopped(self, exercise: Exercise) -> _Asked:
        """An exercise on which a submission ended its sandbox twice."""
        finding = Finding("stopped", "the submission ended the sandbox")
        return _Asked(exercise, tuple(_outcome(test, finding, None) for test in self._tests(exercise)), ())

    def _tests(self, exercise: Exercise) -> list[suites.HiddenTest]:
        return [test for test in self.suite.tests if test.exercise == exercise.id]

    def _result(self, submission: Program, asked: list[_Asked]) -> Result:
        failed = {part.exercise.id for part in asked if not all(outcome.passed for outcome in part.outcomes)}
        return Result(
            assignment=self.notebook.assignment,
            notebook=self.notebook.name,
            isolation=self.isolation,
            device=self.device,
            exercises=tuple(_score(part, _needed(self.notebook, part.exercise) & failed, self.notebook) for part in asked),
            problems=tuple(map(shown, (*submission.problems, *_load_problems(submission, asked)))),
        )

    def _sandbox(self) -> Sandbox:
        """This thread's sandbox."""
        if getattr(self._own, "sandbox", None) is None:
            self._own.sandbox = self._new_sandbox()
        sandbox: Sandbox = self._own.sandbox
        return sandbox

    def _drop_sandbox(self) -> None:
        self._end(self._own.sandbox)
        self._own.sandbox = None

    def _new_sandbox(self) -> Sandbox:
        if self._stopping:
            raise SandboxUnavailable("grading was stopped")
        sandbox = Sandbox(self.notebook.packages, self._preload, self.limits, self.isolation)
        self._sandboxes.append(sandbox)
        if self._stopping:  # since then
            sandbox.kill()
        return sandbox

    @contextmanager
    def _another_sandbox(self) -> Iterator[Sandbox]:
        """For one use."""
        sandbox = self._new_sandbox()
        try:
            yield sandbox
        finally:
            self._end(sandbox)

    def _end(self, sandbox: Sandbox) -> None:
        self._sandboxes.remove(sandbox)
        sandbox.close()


@dataclass(frozen=True)
class _Asked:
    """One exercise of a submission after its questions."""

    exercise: Exercise
    outcomes: tuple[Outcome, ...]
    load: tuple[LoadProblem, ...]


def resolve_device(notebook: Notebook, device: str) -> str:
    """Where the reference of a notebook is to compute: "auto" becomes "cuda" where torch has one, and is "cpu" otherwise."""
    if device not in ("auto", "cpu", "cuda"):
        raise CourseError(f"there is no device {device!r}: choose auto, cpu or cuda")
    reference = notebook.reference.read_text(encoding="utf-8") if notebook.reference.is_file() else ""
    if device == "cpu" or (device == "auto" and "torch" not in reference):  # importing torch takes a second
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if device == "cuda":
        raise CourseError("torch finds no CUDA device here: use --device auto or cpu")
    return "cpu"


def preload(notebook: Notebook) -> list[str]:
    """Top-level modules that setup cells and probes import and the sandbox has: imported once, before the fork."""
    setup = (cell.source for cell in notebook.skeleton.cells if cell.cell_type == "code" and "setup" in cell.metadata.get("tags", ()))
    probes = notebook.probes.read_text(encoding="utf-8") if notebook.probes.is_file() else ""
    found: set[str] = set()
    for source in (*setup, probes):
        for node in ast.walk(parse(source)):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return sorted(found & (notebook.imports | set(notebook.packages) | set(sys.stdlib_module_names)))


def _cells(submission: Program) -> list[tuple[str, str, str]]:
    return [(cell.id, cell.kind, cell.source) for cell in submission.cells]


def _outcome(test: suites.HiddenTest, finding: Finding | None, submission: Program | None) -> Outcome:
    place = None
    if finding and finding.raised and submission and finding.raised.cell is not None and finding.raised.line is not None:
        place = locate(submission, finding.raised.cell, finding.raised.line)
    return Outcome(
        test=test.name,
        exercise=test.exercise,
        weight=test.weight,
        meaning=test.meaning,
        passed=finding is None,
        reason=finding.reason if finding else "",
        exception=finding.exception if finding else "",
        place=place,
        detail=finding.detail if finding else "",
        private=shown(finding.explanation) if finding else "",
    )


def _not_loaded(finding: Finding, load: tuple[LoadProblem, ...], submission: Program, exercise: Exercise) -> Finding:
    """A name that is not there because its answer cell did not load is told as that."""
    if finding.reason not in ("raised", "met no name", "no name", "no part") or finding.exception not in _UNBOUND:
        return finding
    for cell, line, name in load:
        if submission.cells[cell].exercise == exercise.id:
            why = f"{_load_sentence(submission, cell, line, name)}; then {finding.explanation}"
            if not line:  # the cell was left out
                return Finding("timed out" if name == "timed out" else "stopped", why)
            return Finding("not written" if name == UNWRITTEN else "not loaded", why, codec.Raised((name,), "", cell, line))
    return finding


def _load_problems(submission: Program, asked: list[_Asked]) -> list[str]:
    """What happened first in each cell while it was loaded, as sentences; one whose syntax is wrong has its sentence already."""
    first: dict[int, LoadProblem] = {}
    for problem in (problem for part in asked for problem in part.load):
        first.setdefault(problem[0], problem)
    sentences = [_load_sentence(submission, *problem) for problem in first.values() if problem[2] not in _SYNTAX]
    return sentences[:MOST_LOAD_PROBLEMS]


def _load_sentence(submission: Program, cell: int, line: int, name: str) -> str:
    about = f"cell {submission.cells[cell].id}"
    match name:
        case "timed out":
            return f"{about} took too much time when it was loaded, and was left out"
        case "died" | "too large":
            return f"{about} ended its process when it was loaded, and was left out"
        case _:
            place = locate(submission, cell, line)
            return f"{about}{f', line {place.line}' if place else ''}: {name} when it was loaded; the rest of the cell was used"


def _needed(notebook: Notebook, exercise: Exercise) -> set[str]:
    """The exercises that an exercise stands on, and those that they stand on."""
    needs = {other.id: other.needs for other in notebook.exercises}
    found: set[str] = set()
    waiting = list(exercise.needs)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(needs.get(name, ()))
    return found


def _is_its_own(outcome: Outcome, exercise: Exercise) -> bool:
    """Whether a failure cannot come from another exercise: what was to be judged is not there, or is not allowed."""
    here = outcome.place is not None and outcome.place.cell == exercise.answer
    return outcome.reason == "forbidden tool" or (outcome.reason == "not written" and here)


def _score(asked: _Asked, faulty: set[str], notebook: Notebook) -> ExerciseResult:
    """Points in the share of the weight that passed; failures name the faulty exercises that they may come from."""
    order = tuple(exercise.id for exercise in notebook.exercises if exercise.id in faulty)
    outcomes = tuple(
        outcome if outcome.passed or _is_its_own(outcome, asked.exercise) else replace(outcome, depends_on=order)
        for outcome in asked.outcomes
    )
    total = sum(outcome.weight for outcome in outcomes)
    passed = sum(outcome.weight for outcome in outcomes if outcome.passed)
    exercise = asked.exercise
    return ExerciseResult(exercise.id, exercise.title, round(exercise.points * passed / total, 2), exercise.points, outcomes)
