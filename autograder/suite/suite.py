"""The hidden suite of a notebook: its tests, as pytest collects them, its probes, and the reference's answers.

A suite is collected once and shared by all threads. Its modules are loaded under a name of their own that holds a digest of
the files, so that an edited suite is another suite, also in a process that lives long, such as formgrader's.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import os
import re
import threading
import types
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from inspect import cleandoc
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import pytest

from autograder.course.model import CourseError, Notebook
from autograder.course.model import seed as seed_of
from autograder.sandbox import Reply, SandboxLost, SandboxUnavailable, codec
from autograder.suite.asserted import Assertions, gap
from autograder.suite.compare import ATOL, NOTES, RTOL, Notes, compare, opaque_in
from autograder.suite.local import LocalSession, import_from
from autograder.suite.reason import Finding, Vocabulary, raised_reason, show, told
from autograder.suite.testing import Failed, drawing

Probe = Callable[..., object]
Question = tuple[str, bytes]
"""The name of a probe, and the frame of its arguments."""


class Answers(Protocol):
    """Whatever answers probes: a session in the sandbox, the model answers, the reference."""

    def ask(self, probe: str, arguments: bytes) -> Reply: ...


class Beginning(Answers, Protocol):
    """A session, in which each exercise begins with a fresh process."""

    def begin(self, exercise: str) -> None: ...


@dataclass(frozen=True)
class Case:
    """One call of a test function; `id` is what pytest calls its parameters."""

    id: str
    parameters: Mapping[str, object]


@dataclass(frozen=True)
class HiddenTest:
    """One test function: all or nothing over its cases."""

    name: str
    exercise: str
    weight: float
    meaning: str
    function: Callable[..., object]
    cases: tuple[Case, ...]


class Reference:
    """Answers probes with the reference module, in this process, through the same round trip as a submission's answers.

    The module finds the name of the device to compute on, "cpu" or "cuda", in its global DEVICE.
    """

    MOST_KEPT = 4096

    def __init__(self, notebook: Notebook, probes: types.ModuleType, device: str = "cpu") -> None:
        self.notebook = notebook
        self.probes = probes
        self.device = device
        self._kept: dict[tuple[str, bytes], tuple[bytes, object]] = {}
        self._lock = threading.RLock()

    @cached_property
    def module(self) -> types.ModuleType:
        """The reference, loaded by path."""
        path = self.notebook.reference
        if not path.is_file():
            raise CourseError(f"{path} is missing: {self.notebook} has no reference to compare answers with")
        return import_from(path, f"reference_{self.device}_{digest(path)}.{path.stem}", DEVICE=self.device)

    def ask(self, probe: str, arguments: bytes) -> Reply:
        """The reference's reply, decoded afresh."""
        return Reply("answer", codec.decode(self._answer(probe, arguments)[0]))

    def value(self, probe: str, arguments: bytes) -> object:
        """The reference's answer, computed and decoded once: not to be changed."""
        return self._answer(probe, arguments)[1]

    def _answer(self, probe: str, arguments: bytes) -> tuple[bytes, object]:
        key = (probe, hashlib.sha256(arguments).digest())
        with self._lock:
            if key in self._kept:
                return self._kept[key]
            reply = LocalSession(self.module, self.probes).ask(probe, arguments)
            if reply.kind != "answer":
                raise CourseError(f"{self.notebook.reference} cannot answer the probe {probe}: {reply.kind}, {show(reply.value)}")
            if opaque := opaque_in(reply.value):
                raise CourseError(f"{self.notebook.probes}: the probe {probe} returns a {opaque[0].type_name}, which is not plain data")
            answer = codec.encode(reply.value), reply.value
            if len(self._kept) < self.MOST_KEPT:  # arguments may derive from a submission's answers, without end
                self._kept[key] = answer
            return answer


class SuiteAsk:
    """The `ask` of a hidden test: puts its questions to whatever answers, and fails the test when no answer comes."""

    def __init__(self, reference: Reference, answers: Answers) -> None:
        self.reference = reference
        self.answers = answers
        self.asked: list[Question] = []
        self.given: list[Reply] = []

    def __call__(self, probe: Probe, /, *arguments: Any) -> Any:
        return self._answer(self._name(probe), codec.encode(list(arguments)))

    def same(self, probe: Probe, /, *arguments: Any, rtol: float = RTOL, atol: float = ATOL, dtype: bool = False) -> None:
        question = self._name(probe), codec.encode(list(arguments))
        finding = compare(self._answer(*question), self.reference.value(*question), rtol=rtol, atol=atol, dtype=dtype)
        if finding:
            raise Failed(finding)

    def _name(self, probe: Probe) -> str:
        name = getattr(probe, "__name__", "")
        if getattr(self.reference.probes, name, None) is not probe:
            raise CourseError(f"{show(name)} is not a function of {self.reference.notebook.probes}: only probes can be asked")
        return name

    def _answer(self, name: str, frame: bytes) -> object:
        self.asked.append((name, frame))
        reply = self.answers.ask(name, frame)
        notes = NOTES.get()
        if notes is not None:
            notes.missed = None
        match reply.kind:
            case "answer":
                self.given.append(reply)
                return reply.value
            case "raised":
                raise Failed(Finding(raised_reason(reply.value), f"asked by {name}: {show(reply.value)}", reply.value))
            case "timed out":
                raise Failed(Finding("timed out", f"{name} took more than its CPU time"))
            case "died":
                raise Failed(Finding("stopped", f"the process ended during {name}"))
            case "too large":
                raise Failed(Finding("too large", f"the answer to {name} is too large"))
            case _:
                much = "too large" if re.search(r"too (?:large|long|many)", str(reply.value)) else "wrong kind"
                raise Failed(Finding(much, f"asked by {name}: {show(reply.value)}"))


class Suite:
    """The hidden tests of a notebook; `judge` runs one of them on whatever answers."""

    MOST_PASSED = 1 << 16

    def __init__(
        self, notebook: Notebook, tests: Sequence[HiddenTest], probes: types.ModuleType, device: str = "cpu", seed: str = ""
    ) -> None:
        self.notebook = notebook
        self.seed = seed
        self.tests = tuple(tests)
        self.probes_source = notebook.probes.read_text(encoding="utf-8")
        self.reference = Reference(notebook, probes, device)
        self._vocabulary = Vocabulary(notebook.skeleton)
        self._assertions = Assertions(notebook.suite)
        self._plans: dict[str, tuple[tuple[Question, ...], ...]] = {}
        self._planning = threading.RLock()
        self._passed: set[tuple[str, int, bytes]] = set()

    def judge(self, test: HiddenTest, answers: Answers) -> Finding | None:
        """Why a test fails, None when it passes: runs its cases until one fails.

        Before a failure counts, the reference has to pass the test, as in `questions`. A case is a function of the answers: one that
        passed with the same answers before, byte for byte, has passed.
        """
        ahead = answers if isinstance(answers, AskedAhead) else None
        for number, case in enumerate(test.cases):
            questions = self._plan(test)[number] if ahead else ()
            said = ahead.digest(questions) if ahead else None
            if ahead and said and (test.name, number, said) in self._passed:
                ahead.pass_over(questions)
                continue
            ask = SuiteAsk(self.reference, answers)
            finding = self._finding(test, case, ask)
            if finding:
                self._plan(test)
                return told(finding, self._vocabulary)
            if said and tuple(ask.asked) == questions and len(self._passed) < self.MOST_PASSED:
                self._passed.add((test.name, number, said))
        return None

    def _finding(self, test: HiddenTest, case: Case, ask: SuiteAsk) -> Finding | None:
        notes = Notes()
        token = NOTES.set(notes)
        try:
            with drawing(self.seed):
                test.function(ask=ask, **case.parameters)
        except Failed as failed:
            return failed.finding
        except (SandboxLost, SandboxUnavailable):
            raise
        except (Exception, SystemExit, pytest.fail.Exception, pytest.skip.Exception) as error:
            return self._assertions.finding(error, notes, [reply.value for reply in ask.given], lambda: self._gap(test, ask))
        finally:
            NOTES.reset(token)
        return None

    def _gap(self, test: HiddenTest, ask: SuiteAsk) -> Finding | None:
        """Where an answer holds nothing, or no data, and the reference's to the same question something."""
        if ask.answers is self.reference:
            return None
        planned = self.questions(test)
        asked = zip(ask.asked, ask.given, strict=False)
        gaps = (gap(reply.value, self.reference.value(*question)) for question, reply in asked if question in planned)
        return next(filter(None, gaps), None)

    def questions(self, test: HiddenTest) -> tuple[Question, ...]:
        """What a test asks of a submission that answers as the reference does, in order.

        A test that the reference fails, or that trips over something else than an answer, is a mistake of the suite: `CourseError`.
        """
        return tuple(chain.from_iterable(self._plan(test)))

    def _plan(self, test: HiddenTest) -> tuple[tuple[Question, ...], ...]:
        """The same, case by case."""
        with self._planning:
            if test.name not in self._plans:
                self._plans[test.name] = tuple(self._asked(test, case) for case in test.cases)
            return self._plans[test.name]

    def _asked(self, test: HiddenTest, case: Case) -> tuple[Question, ...]:
        ask = SuiteAsk(self.reference, self.reference)
        finding = self._finding(test, case, ask)
        if finding:
            where = f"{self.notebook.suite}: {test.name}[{case.id}]"
            raise CourseError(f"{where} fails on the reference itself: {finding.reason}: {finding.explanation}")
        return tuple(ask.asked)


class AskedAhead:
    """Answers to questions that were put beforehand, all at once; any other is asked as it comes, of a fresh process."""

    def __init__(self, session: Beginning, exercise: str, questions: Sequence[Question], replies: Sequence[Reply]) -> None:
        """replies: to the questions, as many as there are."""
        self._session = session
        self._exercise = exercise
        self._begun = False
        self._replies: dict[Question, deque[Reply]] = {}
        for question, reply in zip(questions, replies, strict=False):
            self._replies.setdefault(question, deque()).append(reply)

    def digest(self, questions: Sequence[Question]) -> bytes | None:
        """Of the next replies to these, whatever they say; None where one of them was not asked ahead, or is lost."""
        places: Counter[Question] = Counter()
        parts = hashlib.sha256()
        for question in questions:
            waiting = self._replies.get(question, ())
            if len(waiting) <= places[question] or not waiting[places[question]].said:
                return None
            said = waiting[places[question]].said
            parts.update(len(said).to_bytes(8, "little") + said)
            places[question] += 1
        return parts.digest()

    def pass_over(self, questions: Sequence[Question]) -> None:
        """Leave out the next replies to these."""
        for question in questions:
            self._replies[question].popleft()

    def ask(self, probe: str, arguments: bytes) -> Reply:
        """The next reply to this question."""
        waiting = self._replies.get((probe, arguments))
        if waiting:
            return waiting.popleft()
        if not self._begun:
            self._session.begin(self._exercise)
            self._begun = True
        return self._session.ask(probe, arguments)


def digest(*paths: Path) -> str:
    """A short digest of files, to tell an edited module from the one that was loaded before."""
    parts = hashlib.sha256()
    for path in paths:
        data = path.read_bytes() if path.is_file() else b""
        parts.update(f"{path}\0{len(data)}\0".encode() + data)
    return parts.hexdigest()[:16]


_SUITES: dict[tuple[str, str, str], Suite] = {}
_COLLECTING = threading.Lock()


def load(notebook: Notebook, device: str = "cpu", seed: str | None = None) -> Suite:
    """The suite of a notebook, collected at most once for each state of its files; seed: another than that of the course."""
    files = [notebook.suite, notebook.probes, notebook.reference, notebook.release]
    seed = seed_of(notebook.root) if seed is None else seed
    key = (digest(*files), device, seed)
    with _COLLECTING:
        if key not in _SUITES:
            _SUITES[key] = _collect(notebook, device, seed)
        return _SUITES[key]


def _collect(notebook: Notebook, device: str, seed: str) -> Suite:
    for path in (notebook.suite, notebook.probes):
        if not path.is_file():
            raise CourseError(f"{path} is missing: {notebook} has no hidden suite")
    collector = _Collector(seed)
    arguments = [
        *("--collect-only", "--noconftest", "--disable-plugin-autoload", "--assert=plain", "--capture=no"),
        *("-c", os.devnull, f"--rootdir={notebook.suite.parent}", "-p", "no:terminal", "-p", "no:cacheprovider"),
        *("-p", "no:faulthandler", "-p", "no:warnings", "-p", "no:unraisableexception", "-p", "no:threadexception"),
        str(notebook.suite),
    ]
    with _without("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_CURRENT_TEST"):
        status = pytest.main(arguments, plugins=[collector])
    if collector.problems:
        raise CourseError(f"{notebook.suite} cannot be collected: {collector.problems[0]}")
    if not collector.items:
        raise CourseError(f"{notebook.suite} holds no hidden test (pytest ended with {status!r})")
    tests = tests_of(collector.items)
    check(notebook, tests)
    return Suite(notebook, tests, probes_of(notebook, collector.module), device, seed)


class _Collector:
    """A pytest plugin that keeps what is collected."""

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self.items: list[pytest.Item] = []
        self.problems: list[str] = []
        self.module: types.ModuleType | None = None

    def pytest_configure(self, config: pytest.Config) -> None:
        configure(config)

    def pytest_pycollect_makemodule(self, module_path: Path, parent: pytest.Collector) -> pytest.Module:
        module = SuiteModule.from_parent(parent, path=module_path)
        module.seed = self.seed
        return module

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.problems.append(report.longreprtext.strip())

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.items = list(session.items)
        self.module = next((item.module for item in session.items if isinstance(item, pytest.Function)), None)


def configure(config: pytest.Config) -> None:
    """What pytest is to know of hidden suites."""
    config.addinivalue_line("markers", "exercise(id, weight=1): the exercise that a hidden test belongs to, and its share of the points")


class SuiteModule(pytest.Module):
    """A suite's module, loaded by `suite_module` in place of pytest's import modes."""

    seed: str | None = None

    def _getobj(self) -> types.ModuleType:
        return suite_module(self.path, self.seed)


def suite_module(path: Path, seed: str | None = None) -> types.ModuleType:
    """The module of judgements at a path; `from . import …` in it finds its neighbours. seed: another than that of its course."""
    neighbours = sorted(path.parent.glob("*.py"))
    seed = seed_of(path.parents[3]) if seed is None else seed
    drawn = hashlib.sha256(seed.encode()).hexdigest()[:8]
    with drawing(seed):
        return import_from(path, f"hidden_{path.parent.name}_{digest(*neighbours)}_{drawn}.{path.stem}")


def probes_of(notebook: Notebook, judgements: types.ModuleType | None = None) -> types.ModuleType:
    """The module of probes that the suite of a notebook, or this module of judgements, imports."""
    judgements = judgements or suite_module(notebook.suite)
    return importlib.import_module(f"{judgements.__name__.rpartition('.')[0]}.{notebook.probes.stem}")


def tests_of(items: Sequence[pytest.Item]) -> list[HiddenTest]:
    """Collected items, grouped by function."""
    grouped: dict[tuple[Path, str], list[pytest.Function]] = {}
    for item in items:
        if not isinstance(item, pytest.Function) or item.cls is not None:
            raise CourseError(f"{item.nodeid}: a hidden test is a function of its module")
        grouped.setdefault((item.path, item.originalname), []).append(item)
    return [_test(name, group) for (_, name), group in grouped.items()]


def _test(name: str, items: Sequence[pytest.Function]) -> HiddenTest:
    where = f"{items[0].path}: {name}"
    marks = list(items[0].iter_markers("exercise"))
    if len(marks) != 1 or not marks[0].args:
        raise CourseError(f"{where} needs exactly one @exercise(…)")
    weight = float(marks[0].kwargs.get("weight", 1))
    if not 0 < weight < float("inf"):
        raise CourseError(f"{where}: a weight is a number above 0, not {weight}")
    meaning = cleandoc(items[0].function.__doc__ or "").split("\n\n")[0].replace("\n", " ").strip()
    if not meaning:
        raise CourseError(f"{where} needs a docstring: it is what the student reads when the test fails")
    cases = [Case(item.callspec.id if hasattr(item, "callspec") else "", _parameters(where, item)) for item in items]
    return HiddenTest(name, str(marks[0].args[0]), weight, meaning, items[0].function, tuple(cases))


def _parameters(where: str, item: pytest.Function) -> dict[str, object]:
    parameters = dict(item.callspec.params) if hasattr(item, "callspec") else {}
    unknown = sorted(set(item.fixturenames) - {"ask", "request", *parameters})
    if unknown or "ask" not in item.fixturenames:
        raise CourseError(f"{where} takes `ask` and its parameters, and no other fixture{f': not {unknown[0]}' if unknown else ''}")
    for mark in ("skip", "skipif", "xfail", "usefixtures"):
        if item.get_closest_marker(mark):
            raise CourseError(f"{where} is marked {mark}: a hidden test is marked with exercise and parametrize alone")
    return parameters


def check(notebook: Notebook, tests: Sequence[HiddenTest]) -> None:
    """Every hidden test names an exercise that exists, and every exercise has at least two."""
    known = [exercise.id for exercise in notebook.exercises]
    check_exercises(notebook, tests, known)
    counts = Counter(test.exercise for test in tests)
    for name in known:
        if counts[name] < 2:
            raise CourseError(f"{notebook.suite}: exercise {name} has {counts[name]} hidden tests, and needs at least two")


def check_exercises(notebook: Notebook, tests: Sequence[HiddenTest], known: Collection[str]) -> None:
    """Every hidden test names an exercise that exists."""
    for test in tests:
        if test.exercise not in known:
            raise CourseError(f"{notebook.suite}: {test.name} is for exercise {test.exercise!r}; {notebook} has {', '.join(known)}")


@contextlib.contextmanager
def _without(*names: str) -> Iterator[None]:
    """Environment variables out of the way."""
    kept = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)
