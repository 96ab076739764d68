"""A submission is graded in the sandbox: points by weight, what was observed for each hidden test, and no mark by accident."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import nbformat
import pytest
import toy
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from toy import ANSWERS, STUBS

from autograder.classroom import batch, demo
from autograder.classroom.failure import Ungraded
from autograder.classroom.handed_in import HandedIn
from autograder.course.model import Course, CourseError, Notebook
from autograder.grading import budget
from autograder.grading import grade as grading
from autograder.grading.grade import Grader
from autograder.grading.result import Outcome, Result
from autograder.sandbox import Limits, Sandbox, SandboxLost, SandboxUnavailable, host
from autograder.submission.place import Place
from autograder.submission.rebuild import rebuild

LIMITS = Limits(spare_seconds=0.3, sleep_seconds=0.4)


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Notebook:
    return toy.make(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="module")
def grader(notebook: Notebook) -> Iterator[Grader]:
    with Grader(notebook, workers=2, store=False, limits=LIMITS) as grader:
        yield grader


def submitted(notebook: Notebook, **answers: str) -> NotebookNode:
    return rebuild(notebook, toy.submission(notebook, **answers)).notebook


def scores(result: Result) -> dict[str, float]:
    return {exercise.id: exercise.score for exercise in result.exercises}


def failures(result: Result) -> dict[str, Outcome]:
    return {outcome.test: outcome for exercise in result.exercises for outcome in exercise.outcomes if not outcome.passed}


def test_right_answers_get_every_point(grader: Grader, notebook: Notebook) -> None:
    result = grader.grade(submitted(notebook))
    assert scores(result) == {"double": 4, "person": 2, "quadruple": 3}
    assert (result.score, result.max_score) == (9, 9)
    assert (result.isolation, result.device, result.problems) == ("bubblewrap", "cpu", ())
    assert [exercise.title for exercise in result.exercises] == ["Twice a number", "A person", "Twice twice"]


def test_the_release_as_it_is_gets_nothing(grader: Grader, notebook: Notebook) -> None:
    result = grader.grade(rebuild(notebook, notebook.skeleton).notebook)
    assert result.score == 0
    assert {failures(result)[name].reason for name in ("test_twice", "test_quadruple")} == {"not written"}


UNWRITTEN_QUADRUPLE = "def quadruple(x):\n    raise NotImplementedError"


def test_points_are_shared_by_weight(grader: Grader, notebook: Notebook) -> None:
    result = grader.grade(submitted(notebook, double="def double(x): return x + x"))
    assert scores(result) == {"double": 1, "person": 2, "quadruple": 3}


def test_a_failure_says_what_where_and_what_it_depends_on(grader: Grader, notebook: Notebook) -> None:
    result = grader.grade(submitted(notebook, double="def double(x):\n\n    return x[0]"))
    failed = failures(result)
    assert failed["test_quadruple"] == Outcome(
        test="test_quadruple",
        exercise="quadruple",
        weight=1,
        meaning="Four times a number.",
        passed=False,
        reason="raised",
        exception="TypeError",
        place=Place("double_answer", 3),
        depends_on=("double",),
        carried=True,
    )
    assert failed["test_twice"].depends_on == ()
    assert "not subscriptable" in failed["test_quadruple"].private


def test_what_was_not_written_depends_on_nothing(grader: Grader, notebook: Notebook) -> None:
    failed = failures(grader.grade(submitted(notebook, double="def double(x): return x", quadruple=UNWRITTEN_QUADRUPLE)))
    assert (failed["test_quadruple"].reason, failed["test_quadruple"].depends_on) == ("not written", ())
    inherits = failures(grader.grade(submitted(notebook, double="def double(x): raise NotImplementedError")))["test_quadruple"]
    assert (inherits.reason, inherits.depends_on) == ("not written", ("double",))


def test_a_tool_that_is_not_allowed_costs_its_exercise(grader: Grader, notebook: Notebook) -> None:
    result = grader.grade(submitted(notebook, quadruple="def quadruple(x):\n    import numpy\n    return 4 * x"))
    assert scores(result) == {"double": 4, "person": 2, "quadruple": 0}
    assert {(outcome.reason, outcome.tool, outcome.place) for outcome in failures(result).values()} == {
        ("forbidden tool", "numpy", Place("quadruple_answer", 2))
    }


@pytest.mark.parametrize("above", [True, False], ids=["above the stub", "below it"])
def test_an_answer_in_a_fresh_cell_counts_and_that_is_said(grader: Grader, notebook: Notebook, above: bool) -> None:
    nb = submitted(notebook, double=STUBS["double"])
    place = next(number for number, cell in enumerate(nb.cells) if cell.id == "double_answer")
    nb.cells.insert(place if above else place + 1, new_code_cell("import time\n" + dedent(ANSWERS["double"])))
    result = grader.grade(rebuild(notebook, nb).notebook)
    assert scores(result) == {"double": 4, "person": 2, "quadruple": 3}
    assert result.problems == ("cell own-1 defines double outside of the answer cell, and that counts as the answer",)


def test_a_place_in_a_fresh_cell_is_named(grader: Grader, notebook: Notebook) -> None:
    nb = submitted(notebook, double=STUBS["double"])
    nb.cells.append(new_code_cell("x = 1\n\ndef double(x):\n    return x[0]"))
    assert failures(grader.grade(rebuild(notebook, nb).notebook))["test_twice"].place == Place("own-1", 4)


def test_a_cell_that_does_not_load_is_said_and_costs_its_exercise(grader: Grader, notebook: Notebook) -> None:
    result = grader.grade(submitted(notebook, person="import math\n1 / 0\nclass Robot: pass\nPerson = Robot.no_person"))
    assert scores(result) == {"double": 4, "person": 0, "quadruple": 3}
    assert result.problems == ("cell person_answer, line 2: ZeroDivisionError when it was loaded; the rest of the cell was used",)
    assert failures(result)["test_an_age_can_be_set"].reason == "not loaded"
    assert failures(result)["test_an_age_can_be_set"].place == Place("person_answer", 2)


def test_wrong_syntax_costs_its_exercise_and_is_said_once(grader: Grader, notebook: Notebook) -> None:
    result = grader.grade(submitted(notebook, person="class Person(:\n    pass"))
    assert scores(result) == {"double": 4, "person": 0, "quadruple": 3}
    assert [problem.partition(":")[0] for problem in result.problems] == ["cell person_answer, line 1"]
    assert failures(result)["test_an_age_can_be_set"].reason == "not loaded"


@pytest.mark.parametrize(
    ("body", "reason"),
    [("while True: pass", "timed out"), ("import os; os._exit(0)", "stopped"), ("return 'x' * 10**7", "too large")],
)
def test_no_answer_costs_its_exercise(grader: Grader, notebook: Notebook, body: str, reason: str) -> None:
    result = grader.grade(submitted(notebook, quadruple=f"def quadruple(x):\n    {body}"))
    assert scores(result) == {"double": 4, "person": 2, "quadruple": 0}
    assert {outcome.reason for outcome in failures(result).values()} == {reason}


FOREVER = {
    "a loop": "while True: pass",
    "a loop that nothing stops": "while True:\n        try:\n            while True: pass\n        except BaseException: pass",
    "a sleep": "os.kill(os.getpid(), 19)",
    "many ends": "os._exit(0)",
}


@pytest.mark.parametrize("body", FOREVER.values(), ids=FOREVER)
@pytest.mark.parametrize("spoilt", [["double"], ["person"], ["double", "person"]], ids="+".join)
def test_what_never_ends_in_one_exercise_costs_no_other_a_point(grader: Grader, notebook: Notebook, spoilt: list[str], body: str) -> None:
    """In both tries, though it uses up all that there is to spare; while it is loaded and when it is asked."""
    asked = {
        "double": f"import os\ndef double(x):\n    {body}",
        "person": f"import os\nclass Person:\n  def __init__(self, age):\n    {body}",
    }
    own = {"double": 4.0, "person": 2.0, "quadruple": 3.0}
    for answers in (asked, dict.fromkeys(asked, f"import os\nif True:\n    {body}")):
        handed_in = submitted(notebook, quadruple="def quadruple(x): return 4 * x", **{name: answers[name] for name in spoilt})
        assert scores(grader.grade(handed_in)) == {name: 0.0 if name in spoilt else points for name, points in own.items()}


def test_a_cell_that_takes_too_long_to_load_is_left_out(grader: Grader, notebook: Notebook) -> None:
    result = grader.grade(submitted(notebook, person="while True: pass"))
    assert scores(result) == {"double": 4, "person": 0, "quadruple": 3}
    assert result.problems == ("cell person_answer took too much time when it was loaded, and was left out",)
    assert {outcome.reason for outcome in failures(result).values()} == {"timed out"}


def test_a_student_s_own_experiments_may_take_their_time(grader: Grader, notebook: Notebook) -> None:
    """What takes too long in their own cells is left out, which is said, and costs nothing; their other cells stay."""
    own = [
        "helper = 1",
        *(f"trained = sum(number for number in range(10**8)) + {number}" for number in range(4)),
        "def twice(x): return x + x",
    ]
    handed_in = toy.submission(notebook, double="def double(x):\n    if isinstance(x, str): raise TypeError\n    return twice(x) * helper")
    handed_in.cells[1:1] = [nbformat.v4.new_code_cell(source) for source in own]
    result = grader.grade(rebuild(notebook, handed_in).notebook)
    assert result.score == result.max_score
    assert len(result.problems) == 4
    assert all("took too much time when it was loaded, and was left out" in problem for problem in result.problems)


def test_a_class_gets_the_results_that_each_gets_alone(grader: Grader, notebook: Notebook) -> None:
    variants = [
        {},
        {"double": toy.STUBS["double"]},
        {"quadruple": "def quadruple(x):\n    while True: pass"},
        {"person": "1 / 0"},
        {},
        {},
        {},
    ]
    notebooks = [submitted(notebook, **answers) for answers in variants]
    found = list(grader.grade_all(iter(notebooks)))
    assert sorted(index for index, _ in found) == list(range(len(variants)))
    assert [result for _, result in sorted(found, key=lambda pair: pair[0])] == [grader.grade(one) for one in notebooks]
    assert found[-1][0] == 2  # tried once more when the others were done


def test_of_some_exercises_alone(grader: Grader, notebook: Notebook) -> None:
    asked = [{"person"}, {"double", "quadruple"}]
    found = dict(grader.grade_all([submitted(notebook)] * 2, asked))
    assert {index: {part.id: part.score for part in result.exercises} for index, result in found.items()} == {
        0: {"person": 2},
        1: {"double": 4, "quadruple": 3},
    }


def test_who_waits_no_longer_waits_for_nobody(notebook: Notebook) -> None:
    """An interrupt ends what is running, and what would have been tried again."""
    forever = submitted(notebook, **dict.fromkeys(toy.ANSWERS, "while True: pass"))

    def wait_no_longer() -> None:
        nonlocal began
        with Grader(notebook, workers=2, store=False, limits=Limits(spare_seconds=60)) as grader:
            next(grader.grade_all([submitted(notebook), forever, forever, forever]))
            began = time.monotonic()
            raise KeyboardInterrupt

    began = 0.0
    with pytest.raises(KeyboardInterrupt):
        wait_no_longer()
    assert time.monotonic() - began < 10


def test_a_sandbox_that_is_starting_then_ends_too(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    starting, stopping = threading.Event(), threading.Event()
    began = 0.0

    class Late(Sandbox):
        def __init__(self, *about: Any) -> None:
            super().__init__(*about)
            starting.set()
            stopping.wait(60)

    class Told(Grader):
        def __setattr__(self, name: str, value: object) -> None:
            super().__setattr__(name, value)
            if (name, value) == ("_stopping", True):
                stopping.set()

    def hand_in() -> Iterator[NotebookNode]:
        nonlocal began
        yield submitted(notebook, **dict.fromkeys(toy.ANSWERS, "while True: pass"))
        starting.wait(60)
        began = time.monotonic()
        raise KeyboardInterrupt

    monkeypatch.setattr(grading, "Sandbox", Late)
    with pytest.raises(KeyboardInterrupt), Told(notebook, store=False, limits=Limits(spare_seconds=60)) as grader:
        list(grader.grade_all(hand_in()))
    assert time.monotonic() - began < 10


def test_a_mistake_of_the_suite_stops_a_class(tmp_path: Path) -> None:
    notebook = toy.make(tmp_path, reference="def double(x):\n    return 3 * x\n")
    with Grader(notebook, workers=2, store=False) as grader, pytest.raises(CourseError, match="test_first"):
        list(grader.grade_all([submitted(notebook)] * 3))


class Dying(Sandbox):
    """A sandbox whose supervisors are gone whenever `fatal` is in what they are to load."""

    fatal = "def quadruple"

    def open(self, cells, probes, *limits):  # type: ignore[no-untyped-def]
        if any(self.fatal in source for _, _, source in cells) or self.fatal == "everything":
            raise SandboxLost("a submission's supervisor is gone")
        return super().open(cells, probes, *limits)


def test_a_submission_that_ends_its_sandbox_twice_is_stopped(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grading, "Sandbox", Dying)
    with Grader(notebook, store=False) as grader:
        result = grader.grade(submitted(notebook))
    assert {outcome.reason for outcome in failures(result).values()} == {"stopped"}
    assert result.score == 0


def test_that_a_sandbox_ended_twice_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have been the machine, out of memory."""
    notebook = toy.make(tmp_path)
    monkeypatch.setattr(grading, "Sandbox", Dying)
    with Grader(notebook) as grader:
        assert grader.grade(submitted(notebook)).score == 0
    monkeypatch.setattr(grading, "Sandbox", Sandbox)
    with Grader(notebook) as grader:
        assert grader.grade(submitted(notebook)).score == 9


@pytest.mark.parametrize("exercise", ["quadruple", "person"])
def test_that_a_process_ended_twice_is_not_kept(tmp_path: Path, exercise: str) -> None:
    """Somebody else may have ended it."""
    notebook = toy.make(tmp_path)
    ending = {"quadruple": "import os\ndef quadruple(x):\n    os._exit(1)", "person": "import os\nos._exit(1)"}
    with Grader(notebook) as grader:
        assert grader.grade(submitted(notebook, **{exercise: ending[exercise]})).score < 9
    assert list(tmp_path.glob("build/results/*.json")) == []


def test_sandboxes_that_end_by_themselves_give_no_mark(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grading, "Sandbox", Dying)
    monkeypatch.setattr(Dying, "fatal", "everything")
    monkeypatch.setattr("autograder.sandbox.selftest.require", lambda *of: None)
    with Grader(notebook, store=False) as grader, pytest.raises(SandboxUnavailable, match="end by themselves"):
        grader.grade(submitted(notebook))


def test_results_are_kept_and_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = toy.make(tmp_path)
    with Grader(notebook) as grader:
        first = grader.grade(submitted(notebook, person="1 / 0"))
    assert first.score == 7
    monkeypatch.setattr(grading, "Sandbox", None)  # nothing is asked again
    with Grader(notebook) as grader:
        assert grader.grade(submitted(notebook, person="1 / 0")) == first


def test_what_ran_out_of_time_twice_is_kept_until_it_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = toy.make(tmp_path)
    endless = submitted(notebook, quadruple="def quadruple(x):\n    while True: pass")
    with Grader(notebook, limits=LIMITS) as grader:
        first = grader.grade(endless)
    assert first.score == 6
    with Grader(notebook, limits=LIMITS, again=True) as grader:
        assert grader.grade(endless) == first
    monkeypatch.setattr(grading, "Sandbox", None)  # nothing is asked
    with Grader(notebook, limits=LIMITS) as grader:
        assert grader.grade(endless) == first
    with Grader(notebook, limits=LIMITS, again=True) as grader, pytest.raises(TypeError):
        grader.grade(endless)


def test_shares_of_time_are_those_of_the_committed_file(tmp_path: Path) -> None:
    notebook = toy.make(tmp_path)
    slow = submitted(notebook, person=SLOW_PERSON, double=SLOW_DOUBLE, quadruple="def quadruple(x): return 4 * x")
    notebook.budget.write_text(json.dumps({"double": 1.0 / budget.FACTOR}))
    with Grader(notebook, store=False, limits=LIMITS) as grader:
        assert scores(grader.grade(slow)) == {"double": 4, "person": 0, "quadruple": 3}
    notebook.budget.write_text("{")
    with pytest.raises(CourseError, match="autograder budget toy"):
        Grader(notebook, store=False)


SLOW = "end = sum(os.times()[:2]) + 0.9\n    while sum(os.times()[:2]) < end: pass"
SLOW_DOUBLE = f"""
import os

slow = [1]

def double(x):
  while slow:
    slow.pop()
    {SLOW}
  if isinstance(x, str): raise TypeError
  return x + x
"""
SLOW_PERSON = f"""
import os

class Person:
  def __init__(self, age):
    {SLOW}
"""


class TestUnforeseen:
    """What nobody foresaw costs one submission."""

    @pytest.fixture
    def fails(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Grading fails, in a way that nobody foresaw, on whatever holds the word."""
        whole = grading.program

        def program(notebook: Notebook, rebuilt: NotebookNode) -> grading.Program:
            if any("UNFORESEEN" in cell.source for cell in rebuilt.cells):
                raise ZeroDivisionError("a hidden input")
            return whole(notebook, rebuilt)

        monkeypatch.setattr(grading, "program", program)

    @staticmethod
    def handed_in(notebook: Notebook, students: dict[str, str]) -> list[HandedIn]:
        found = []
        for student, answer in students.items():
            path = notebook.root / "submitted" / student / "toy" / "first.ipynb"
            path.parent.mkdir(parents=True)
            nbformat.write(toy.submission(notebook, double=answer), path)
            found.append(HandedIn(student, notebook, path))
        return found

    def test_failure_costs_its_student_alone(self, tmp_path: Path, fails: None) -> None:
        notebook = toy.make(tmp_path)
        handed = self.handed_in(notebook, {"ada": toy.ANSWERS["double"], "eve": "UNFORESEEN = 1", "zoe": toy.ANSWERS["double"]})
        done = {one.student: one for one in batch.grade_class(handed, lambda notebook: Grader(notebook, store=False))}
        assert [isinstance(one, batch.Graded) and one.result.score for one in (done["ada"], done["zoe"])] == [9, 9]

    def test_its_traceback_lies_where_only_the_instructor_reads(self, tmp_path: Path, fails: None) -> None:
        notebook = toy.make(tmp_path)
        handed = self.handed_in(notebook, {"ada": toy.ANSWERS["double"], "eve": "UNFORESEEN = 1"})
        (failed,) = (one for one in batch.grade_class(handed, lambda notebook: Grader(notebook, store=False)) if isinstance(one, Ungraded))
        (kept,) = (tmp_path / "build" / "failures").iterdir()
        assert failed.student == "eve"
        assert str(kept) in failed.cause
        assert "hidden input" not in failed.cause
        assert "ZeroDivisionError: a hidden input" in kept.read_text()
        assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)

    def test_a_failure_of_most_of_the_first_twenty_is_not_theirs(self, tmp_path: Path, fails: None) -> None:
        notebook = toy.make(tmp_path)
        handed = self.handed_in(notebook, {f"s{number:02}": "UNFORESEEN = 1" for number in range(30)})
        with pytest.raises(CourseError, match=r"11 of the first 20 submissions fail alike.*ZeroDivisionError"):
            list(batch.grade_class(handed, lambda notebook: Grader(notebook, store=False)))

    def test_ten_of_the_first_twenty_are_ten(self, tmp_path: Path, fails: None) -> None:
        notebook = toy.make(tmp_path)
        answers = {f"s{number:02}": "UNFORESEEN = 1" if number < 10 or number >= 40 else toy.ANSWERS["double"] for number in range(45)}
        done = list(batch.grade_class(self.handed_in(notebook, answers), lambda notebook: Grader(notebook, store=False)))
        assert sum(isinstance(one, Ungraded) for one in done) == 15


def test_without_isolation_the_result_says_so_and_is_not_kept(tmp_path: Path) -> None:
    notebook = toy.make(tmp_path)
    with Grader(notebook, isolation="none") as grader:
        result = grader.grade(submitted(notebook))
    assert (result.isolation, result.score) == ("none", 9)
    assert list(tmp_path.glob("build/results/*")) == []


CLASS = {
    "right": {},
    "not written": toy.STUBS,
    "partly right": {"double": "def double(x): return x + x"},
    "not loaded": {"person": "1 / 0"},
    "wrong syntax": {"person": "class Person(:"},
    "without end": {"quadruple": "def quadruple(x):\n    while True: pass"},
    "ends": {"quadruple": "import os\ndef quadruple(x):\n    os._exit(0)"},
    "ends while loading": {"person": "import os\nos._exit(0)"},
    "writes": {"double": "import os\ndef double(x):\n    open('/tmp/x', 'w').close()\n    return x + x"},
    "remembers": {
        "double": "import os\ndef double(x):\n    os.mkdir('/tmp/x')\n    return x + x",
        "quadruple": "import os\ndef quadruple(x):\n    return 4 * x if os.path.exists('/tmp/y') or os.listdir('/tmp') == [] else 0",
    },
    "too much": {"quadruple": "def quadruple(x):\n    return 'x' * 10**7"},
}


def in_both_tiers(notebook: Notebook, notebooks: list[NotebookNode], limits: Limits | None = None) -> list[list[Result]]:
    """The results of a class in each tier, without what depends on how fast the machine is."""
    found = []
    for tier in host.TIERS:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(host, "TIERS", (tier,))
            with Grader(notebook, workers=2, store=False, limits=limits) as grader:
                results = dict(grader.grade_all(notebooks))
                assert {sandbox.tier for sandbox in grader._sandboxes} == {tier}
        found.append([results[index] for index in sorted(results)])
    return found


def test_both_tiers_give_a_class_the_same_results(notebook: Notebook) -> None:
    nested, fresh = in_both_tiers(notebook, [submitted(notebook, **answers) for answers in CLASS.values()], LIMITS)
    assert nested == fresh
    assert len({result.score for result in nested}) > 3
    assert {result.isolation for result in fresh} == {"bubblewrap"}


KINDS = {notebook.packages: notebook for notebook in reversed([*Course()])}
"""The first notebook of each kind of sandbox: tiers know packages, and no assignment."""


@pytest.mark.parametrize("notebook", KINDS.values(), ids=str)
def test_both_tiers_give_the_demo_class_the_same_results(notebook: Notebook) -> None:
    """With torch without those who end processes, all of whose ways are in `CLASS`: after each, the second tier imports torch again."""
    left_out = {"emre", "goran"} if "torch" in notebook.packages else set()
    class_ = [handed_in for student, handed_in in demo.submissions(notebook).items() if student not in left_out]
    assert len(class_) > 4
    nested, fresh = in_both_tiers(notebook, [rebuild(notebook, handed_in).notebook for handed_in in class_], Limits(spare_seconds=1))
    assert nested == fresh


def test_preloaded_is_what_setup_and_probes_import_and_the_sandbox_has(tmp_path: Path) -> None:
    notebook = toy.make(tmp_path)
    notebook.probes.write_text("import inspect\nimport os.path\nimport autograder\n\ndef probe(m):\n    return 1\n")
    setup = notebook.skeleton.cells[0]
    setup.source = "import math\nimport matplotlib.pyplot as plt\nfrom collections.abc import Sequence\nfrom . import x"
    assert grading.preload(notebook) == ["collections", "inspect", "math", "os"]


def test_devices(tmp_path: Path) -> None:
    notebook = toy.make(tmp_path)
    assert grading.resolve_device(notebook, "auto") == "cpu"  # the reference has no use for another
    with pytest.raises(CourseError, match="choose auto, cpu or cuda"):
        grading.resolve_device(notebook, "gpu")
