"""From a rebuilt notebook to its result: asks the hidden suite's questions in the sandbox and adds up the points.

A result is a function of the submission alone. When a probe ran out of time, or a process was lost, the fault may be the
machine's: such a submission is graded once more, after everyone else, in a sandbox of its own, and what comes of that counts.
"""

from __future__ import annotations

import ast
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

from nbformat import NotebookNode

from autograder.course.model import CourseError, Exercise, Notebook, settings
from autograder.grading import budget
from autograder.grading.follow import Following, needed
from autograder.grading.result import ExerciseResult, Outcome, Result
from autograder.grading.store import Store
from autograder.sandbox import Limits, Sandbox, SandboxLost, SandboxUnavailable, Session, codec, ended_by_itself
from autograder.submission.parsing import parse
from autograder.submission.plain import shown
from autograder.submission.program import Program, locate, program
from autograder.suite import suite as suites
from autograder.suite.reason import UNWRITTEN, Finding

MOST_LOAD_PROBLEMS = 20
MOST_LOST = 2
"""Exercises of a submission that may be lost (out of time, or their process ended) when they are asked again; then no more are."""
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
    again: look none up. seed: another than that of the course, for a grader without a store. follow_through: the share of follow-through
    marks that counts, where it is not the course's.
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
        follow_through: float | None = None,
    ) -> None:
        self.notebook = notebook
        self.isolation = isolation
        self.device = resolve_device(notebook, device)
        self.limits = limits or Limits()
        self.suite = suites.load(notebook, self.device, seed)
        self._workers = max(1, workers)
        self._store = Store(notebook, self.limits, isolation, self.device) if store else None
        self._again_all = again
        self._following = Following(notebook)
        self._follow_through = settings(notebook.root).follow_through if follow_through is None else follow_through
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
        return self._first(submission, self.notebook.exercises) or self._second(submission, self.notebook.exercises)

    def seconds(self, rebuilt: NotebookNode) -> dict[str, float]:
        """CPU-seconds that the answers of a submission take to the questions of each exercise."""
        submission = program(self.notebook, rebuilt)
        found = {}
        with self._open(self._sandbox(), submission) as session:
            for exercise in self.notebook.exercises:
                session.begin(exercise.id)
                found[exercise.id] = sum(reply.cpu for reply in session.ask_all(self._questions(submission, exercise)))
        return found

    def grade_all(
        self, rebuilt: Iterable[NotebookNode], only: Sequence[Collection[str]] | None = None
    ) -> Iterator[tuple[int, Result | Exception]]:
        """The results of many, by their places in the input, in the order in which they are finished.

        only: for each, the exercises that are asked, and that its result holds, for a grader without a store.
        What nobody foresaw in one of them comes in the place of its result. What is wrong with the course or the machine is raised.
        """
        doubtful: list[tuple[int, NotebookNode]] = []

        def asked(index: int) -> Sequence[Exercise]:
            return [each for each in self.notebook.exercises if each.id in only[index]] if only else self.notebook.exercises

        def first(index: int, notebook: NotebookNode) -> Result | None:
            return self._first(program(self.notebook, notebook), asked(index))

        def second(index: int, notebook: NotebookNode) -> Result:
            return self._second(program(self.notebook, notebook), asked(index))

        for index, notebook, result in self._each(first, enumerate(rebuilt)):
            if result is None:
                doubtful.append((index, notebook))
            else:
                yield index, result
        for index, _, result in self._each(second, doubtful):
            if result is not None:
                yield index, result

    def _each(
        self, work: Callable[[int, NotebookNode], Result | None], waiting: Iterable[tuple[int, NotebookNode]]
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
                running[self._pool.submit(work, index, notebook)] = index, notebook
                yield from finished(2 * self._workers)
            yield from finished(0)
        finally:
            for future in running:
                future.cancel()

    def _first(self, submission: Program, exercises: Sequence[Exercise]) -> Result | None:
        """The result, if it is beyond doubt."""
        kept = self._store.find(submission) if self._store and not self._again_all else None
        if kept:
            return kept
        asked = []
        again = _Again()
        try:
            with self._open(self._sandbox(), submission) as session:
                for part in self._ask(submission, exercises, session):
                    if session.losses & _DOUBTFUL:
                        return None
                    asked.append(part)
            self._ask_again(submission, asked, self._sandbox(), again, self.limits.spare_seconds, most_lost=1)
        except SandboxLost:
            self._drop_sandbox()
            return None
        return None if again.lost else self._kept(submission, asked, again)

    def _second(self, submission: Program, exercises: Sequence[Exercise]) -> Result:
        """The result of a second try, whatever it is. The first sandbox that is lost gets another try, and then an exercise each."""
        asked: list[_Asked] = []
        certain = once_more = True
        spare = self.limits.spare_seconds
        again = _Again()
        while True:
            with self._another_sandbox() as sandbox:
                try:
                    if len(asked) < len(exercises):
                        with self._open(sandbox, submission) as session:
                            for part in self._ask(submission, exercises[len(asked) :], session):
                                asked.append(part)
                            certain &= "died" not in session.losses  # somebody else may have ended it
                            spare = 0.0 if session.losses else spare
                    self._ask_again(submission, asked, sandbox, again, spare, MOST_LOST)
                    break
                except SandboxLost as lost:
                    self._require_alive(lost)
                    if not once_more:
                        certain = False  # the machine may have run out of memory each time
                        if len(asked) == len(exercises):
                            break
                        asked.append(self._stopped(exercises[len(asked)]))
                    once_more = False
        certain &= "died" not in again.lost
        return self._kept(submission, asked, again) if certain else self._result(submission, asked, again)

    def _open(self, sandbox: Sandbox, submission: Program, limits: Limits | None = None) -> Session:
        return sandbox.open(_cells(submission), self.suite.probes_source, self._shares, limits)

    def _ask_again(self, submission: Program, asked: list[_Asked], sandbox: Sandbox, again: _Again, spare: float, most_lost: int) -> None:
        """Ask exercises that stand on failed ones again, with the model answers in the place of these; see `follow`.

        Nothing of what comes is kept but which tests passed. Each exercise has its own share of time once for each try. spare: CPU-seconds
        beyond that, if it were all exercises. most_lost: time-outs and ended processes after which no more is asked.
        """
        waiting = self._following.again(submission, _failed(asked)) if self._follow_through else []
        left_out = {cell for part in asked for cell, line, _ in part.load if not line}
        spare *= len(waiting) / len(self.notebook.exercises)
        for attempt in range(2):
            tries: dict[frozenset[str], list[Exercise]] = {}
            for each in waiting:
                if attempt < len(each.tries) and not again.whole(each.exercise):
                    tries.setdefault(each.tries[attempt], []).append(each.exercise)
            for names, exercises in tries.items():
                program = self._following.replaced(submission, names, left_out)
                with self._open(sandbox, program, replace(self.limits, spare_seconds=spare, left_out=0)) as session:
                    for part in self._ask(program, exercises, session):
                        again.note(part, names)
                        again.lost += session.losses & _DOUBTFUL
                        session.losses.clear()
                        if len(again.lost) >= most_lost:
                            return
                    spare = session.spare

    def _kept(self, submission: Program, asked: list[_Asked], again: _Again) -> Result:
        result = self._result(submission, asked, again)
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

    def _result(self, submission: Program, asked: list[_Asked], again: _Again) -> Result:
        failed = _failed(asked)
        return Result(
            assignment=self.notebook.assignment,
            notebook=self.notebook.name,
            isolation=self.isolation,
            device=self.device,
            exercises=tuple(self._followed(submission, _score(part, failed, self.notebook), again) for part in asked),
            problems=tuple(map(shown, (*submission.problems, *_load_problems(submission, asked)))),
        )

    def _followed(self, submission: Program, result: ExerciseResult, again: _Again) -> ExerciseResult:
        """An exercise with its follow-through marks, if that run gives it more."""
        run = again.best.get(result.id)
        if run is None:
            return result
        more = round(self._follow_through * (_points(result, run.passed) - result.score), 2)
        if more > 0:
            outcomes = tuple(replace(outcome, carried=outcome.test in run.passed) for outcome in result.outcomes)
            order = tuple(exercise.id for exercise in self.notebook.exercises if exercise.id in run.names)
            result = replace(result, score=round(result.score + more, 2), outcomes=outcomes, more=more, replaced=order)
        if len(run.passed) < len(result.outcomes):
            exercise = next(exercise for exercise in self.notebook.exercises if exercise.id == result.id)
            result = replace(result, reaches=self._following.reaches(submission, exercise, run.names))
        return result

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


@dataclass(frozen=True)
class _Run:
    """One exercise asked again: the tests that passed with the model answers of the exercises `names`, and their weight."""

    names: frozenset[str]
    passed: frozenset[str]
    weight: float


@dataclass
class _Again:
    """What came of asking exercises again: the best run of each, and what was lost on the way."""

    best: dict[str, _Run] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    _whole: set[str] = field(default_factory=set)

    def whole(self, exercise: Exercise) -> bool:
        return exercise.id in self._whole

    def note(self, part: _Asked, names: frozenset[str]) -> None:
        """Keep which tests passed, if that is more than before."""
        passed = [outcome for outcome in part.outcomes if outcome.passed]
        run = _Run(names, frozenset(outcome.test for outcome in passed), sum(outcome.weight for outcome in passed))
        if part.exercise.id not in self.best or run.weight > self.best[part.exercise.id].weight:
            self.best[part.exercise.id] = run
        if len(passed) == len(part.outcomes):
            self._whole.add(part.exercise.id)


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


def _failed(asked: Sequence[_Asked]) -> set[str]:
    return {part.exercise.id for part in asked if not all(outcome.passed for outcome in part.outcomes)}


def _is_its_own(outcome: Outcome, exercise: Exercise) -> bool:
    """Whether a failure cannot come from another exercise: what was to be judged is not there, or is not allowed."""
    here = outcome.place is not None and outcome.place.cell == exercise.answer
    return outcome.reason == "forbidden tool" or (outcome.reason == "not written" and here)


def _score(asked: _Asked, failed: set[str], notebook: Notebook) -> ExerciseResult:
    """Points as the notebook stands; failures name the faulty exercises that they may come from."""
    faulty = needed(notebook, asked.exercise) & failed
    order = tuple(exercise.id for exercise in notebook.exercises if exercise.id in faulty)
    outcomes = tuple(
        outcome if outcome.passed or _is_its_own(outcome, asked.exercise) else replace(outcome, depends_on=order)
        for outcome in asked.outcomes
    )
    result = ExerciseResult(asked.exercise.id, asked.exercise.title, 0.0, asked.exercise.points, outcomes)
    return replace(result, score=_points(result, {outcome.test for outcome in outcomes if outcome.passed}))


def _points(result: ExerciseResult, passed: Collection[str]) -> float:
    """Points in the share of the weight that passed."""
    weight = sum(outcome.weight for outcome in result.outcomes if outcome.test in passed)
    return round(result.max_score * weight / sum(outcome.weight for outcome in result.outcomes), 2)
