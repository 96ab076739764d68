"""What makes an assignment right, for every notebook of the course, through the real grader and its sandbox."""

from __future__ import annotations

import ast
import contextlib
import functools
import io
import random
import signal
import sys
import types
from collections.abc import Iterator, Mapping

import pytest
from nbformat import NotebookNode
from slips import slips

from autograder.authoring import verify
from autograder.authoring.forgers import constant_forgers, disguised, forgers
from autograder.course.answers import alternatives, changes, models, mutants, submission
from autograder.course.model import ROOT, Course, Notebook
from autograder.grading import budget, needs
from autograder.grading.follow import Following
from autograder.grading.grade import Grader
from autograder.grading.result import Result
from autograder.sandbox import Limits
from autograder.submission.rebuild import rebuild
from autograder.suite import suite as suites
from autograder.suite.local import LocalSession, model_answers

NOTEBOOKS = list(Course())
QUICK = Limits(spare_seconds=0.5)  # a mistake that never ends is graded twice


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=str)
def notebook(request: pytest.FixtureRequest) -> Notebook:
    return request.param


@pytest.fixture(scope="module")
def grader(notebook: Notebook) -> Iterator[Grader]:
    with Grader(notebook, device="cpu", workers=2, store=False, limits=QUICK) as grader:
        yield grader


# ------------------------------------------------------------------------------------------------ submissions


def grade_id(cell: NotebookNode) -> str:
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def is_answer(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def grades(grader: Grader, submissions: Mapping[str, NotebookNode], only: Mapping[str, set[str]] | None = None) -> dict[str, Result]:
    """The result of each submission, by its name; only: the exercises that are asked, by name."""
    names = list(submissions)
    rebuilt = (rebuild(grader.notebook, submissions[name]).notebook for name in names)
    return {names[index]: result for index, result in grader.grade_all(rebuilt, only and [only[name] for name in names])}


def mutated(notebook: Notebook) -> dict[tuple[str, str], dict[str, str]]:
    """The model answers with one mistake each, by exercise and mistake."""
    answers = models(notebook)
    return {
        (exercise, mistake): answers | {exercise: answer}
        for exercise, mistakes in mutants(notebook).items()
        for mistake, answer in mistakes.items()
    }


def standing_on(notebook: Notebook, exercise: str) -> set[str]:
    """The exercise and those that need it, directly or through others."""
    found = {exercise}
    for other in notebook.exercises:  # needs come before what needs them
        if found & set(other.needs):
            found.add(other.id)
    return found


def failed(result: Result) -> set[str]:
    return {exercise.id for exercise in result.exercises if exercise.score < exercise.max_score}


# ------------------------------------------------------------------------------------------------ what must hold


def test_the_front_page_names_every_assignment() -> None:
    rows = [line for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    told = {row.split("`")[1]: row.split("|")[3].strip() for row in rows}
    counts: dict[str, int] = {}
    for notebook in NOTEBOOKS:
        counts[notebook.assignment] = counts.get(notebook.assignment, 0) + len(notebook.exercises)
    assert told == {assignment: str(count) for assignment, count in counts.items()}


def test_blank_release_earns_nothing(notebook: Notebook, grader: Grader) -> None:
    result = grades(grader, {"blank": notebook.skeleton})["blank"]
    assert [exercise.score for exercise in result.exercises] == [0.0] * len(notebook.exercises)


def test_model_answers_earn_everything(notebook: Notebook, grader: Grader) -> None:
    result = grades(grader, {"model": submission(notebook, models(notebook))})["model"]
    assert {exercise.id: exercise.score for exercise in result.exercises} == {
        exercise.id: exercise.points for exercise in notebook.exercises
    }
    assert result.problems == ()


def test_references_agree_with_model_answers(notebook: Notebook) -> None:
    """On every question that the suite asks; and the reference passes the judgements that do not compare with it."""
    suite = suites.load(notebook, "cpu")
    answers = LocalSession(model_answers(notebook), suites.probes_of(notebook))
    assert {test.name: suite.judge(test, answers) for test in suite.tests} == {test.name: None for test in suite.tests}
    assert {test.name: suite.judge(test, suite.reference) for test in suite.tests} == {test.name: None for test in suite.tests}


def test_mutants_change_the_model_answer(notebook: Notebook) -> None:
    answers = models(notebook)
    assert set(mutants(notebook)) == set(answers), "every exercise has mutants"
    for exercise, mistakes in changes(notebook)["MUTANTS"].items():
        for mistake, (old, new) in mistakes.items():
            assert old in answers[exercise], f"{exercise}, {mistake}: {old!r} is not in the model answer"
            changed = answers[exercise].replace(old, new)
            assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(answers[exercise])), f"{exercise}, {mistake}: changes nothing"


def test_every_mutant_fails_where_its_mistake_is(notebook: Notebook, grader: Grader) -> None:
    """On its exercise, and with follow-through marks on none that stands on it; with a reason. What else needs it, the next test says."""
    wrong = mutated(notebook)
    results = grades(
        grader,
        {str(key): submission(notebook, answers) for key, answers in wrong.items()},
        {str(key): standing_on(notebook, key[0]) for key in wrong},
    )
    survivors, spread, silent = [], {}, []
    for exercise, mistake in wrong:
        result = results[str((exercise, mistake))]
        if exercise not in failed(result):
            survivors.append((exercise, mistake))
        if elsewhere := failed(result) - {exercise}:
            spread[exercise, mistake] = elsewhere
        silent += [
            (mistake, outcome.test) for part in result.exercises for outcome in part.outcomes if not outcome.passed and not outcome.reason
        ]
    assert (survivors, spread, silent) == ([], {}, [])


def test_under_another_seed_right_answers_earn_everything_and_mistakes_do_not(notebook: Notebook) -> None:
    """`autograder verify --seeds 20` tries twenty, and answers that know nothing too."""
    tried = [trial for trial in verify.trials(notebook) if trial.kind in ("right", "by hand")]
    report = verify.verify(notebook, ["another seed"], tried, workers=2)
    survivors = [survivor.name for found in report.exercises.values() for survivor in found.survivors.values()]
    assert (report.amiss, survivors) == ((), [])
    least, most = verify.KEPT
    kept = {exercise: round(found.points_kept, 2) for exercise, found in report.exercises.items()}
    assert {exercise: share for exercise, share in kept.items() if not least <= share <= most} == {}


def test_needs_are_what_fails_with_one_exercise_blank(notebook: Notebook, grader: Grader) -> None:
    """And with follow-through marks the blank one costs itself alone."""
    results = grades(grader, needs.without_one(notebook))
    assert list(needs.faults(notebook, results)) == []
    assert {blank: failed(result) for blank, result in results.items()} == {blank: {blank} for blank in results}


def test_a_slip_in_an_alternative_costs_nothing_outside_of_what_shares_its_insides(notebook: Notebook, grader: Grader) -> None:
    """A sample, beside model answers; `benchmarks/follow_through.py` counts what whole alternatives lose."""
    wrong = slips(notebook, 1, random.Random(1), whole=False)
    results = grades(grader, {str(name): submission(notebook, answers) for name, answers in wrong.items()})
    together = Following(notebook).together
    slipped = [name for name in wrong if name[0] in failed(results[str(name)])]  # other changes make no difference
    spread = {name: failed(results[str(name)]) - together[name[0]] for name in slipped}
    assert {name: exercises for name, exercises in spread.items() if exercises} == {}


def test_alternatives_earn_everything(notebook: Notebook, grader: Grader) -> None:
    results = grades(
        grader, {name: submission(notebook, models(notebook) | different) for name, different in alternatives(notebook).items()}
    )
    wrong = {
        (name, outcome.test): outcome.private
        for name, result in results.items()
        for part in result.exercises
        for outcome in part.outcomes
        if not outcome.passed
    }
    assert wrong == {}
    assert {name: result.score for name, result in results.items()} == {name: result.max_score for name, result in results.items()}


def test_every_exercise_has_two_alternatives(notebook: Notebook) -> None:
    answered = [exercise for exercises in alternatives(notebook).values() for exercise in exercises]
    assert {exercise.id: answered.count(exercise.id) for exercise in notebook.exercises if answered.count(exercise.id) < 2} == {}


def test_forgers_earn_nothing(notebook: Notebook, grader: Grader) -> None:
    assert earned(grader, forgers(notebook)) == {}


def test_constant_forgers_earn_nothing(notebook: Notebook) -> None:
    with Grader(notebook, device="cpu", workers=2, store=False, limits=QUICK, follow_through=0.0) as grader:
        assert earned(grader, constant_forgers(models(notebook))) == {}


def earned(grader: Grader, forged: Mapping[str, Mapping[str, str]]) -> dict[tuple[str, str], list[str]]:
    """The tests that forgers pass, by forger and exercise."""
    results = grades(grader, {name: submission(grader.notebook, answers) for name, answers in forged.items()})
    return {
        (name, part.id): [outcome.test for outcome in part.outcomes if outcome.counts]
        for name, result in results.items()
        for part in result.exercises
        if part.score
    }


def test_forgers_without_their_constants_earn_the_marks_of_the_model_answers(notebook: Notebook, grader: Grader) -> None:
    """But for what the wrapper costs: so no constant forger fails because its text is refused."""
    result = grades(grader, {"honest": submission(notebook, disguised(models(notebook), None))})["honest"]
    wrong = {outcome.test: outcome.private for part in result.exercises for outcome in part.outcomes if not outcome.passed}
    cheap = {test: private for test, private in wrong.items() if not test.startswith("test_time_of")}
    assert {test: private for test, private in cheap.items() if "more than its CPU time" not in (private or "")} == {}
    assert [part.id for part in result.exercises if part.score < 0.8 * part.max_score] == []


def test_probes_import_nothing_of_ours(notebook: Notebook) -> None:
    allowed = {"numpy", "torch", "__future__"} | sys.stdlib_module_names
    for node in ast.walk(ast.parse(notebook.probes.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert {alias.name.partition(".")[0] for alias in node.names} <= allowed
        elif isinstance(node, ast.ImportFrom):
            assert not node.level
            assert (node.module or "").partition(".")[0] in allowed


def test_the_time_of_every_model_answer_was_measured(notebook: Notebook) -> None:
    """`autograder budget` writes it."""
    measured = budget.measured(notebook)
    assert set(measured) == {exercise.id for exercise in notebook.exercises}
    assert all(0 < seconds < 1 for seconds in measured.values())


def test_hidden_tests_speak_to_the_student(notebook: Notebook) -> None:
    """Each names an exercise that exists and says in a sentence what holds; each exercise has at least two."""
    tests = suites.load(notebook, "cpu").tests
    exercises = {exercise.id for exercise in notebook.exercises}
    assert {test.exercise for test in tests} == exercises
    for test in tests:
        assert test.meaning.strip().endswith("."), f"{test.name} needs a docstring, a sentence for the student"
    for exercise in exercises:
        assert sum(test.exercise == exercise for test in tests) >= 2, f"{exercise} needs at least two hidden tests"


# ------------------------------------------------------------------------------------------------ visible checks


class Slow(Exception):
    """A cell took too long."""


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """CPU-seconds, so that a busy machine cuts no import short."""

    def stop(*_: object) -> None:
        raise Slow

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextlib.contextmanager
def gradients_as_before() -> Iterator[None]:
    """A mistake, or one that was stopped in the middle, may leave torch without them."""
    torch = sys.modules.get("torch")
    before = torch.is_grad_enabled() if torch else True
    try:
        yield
    finally:
        if torch := sys.modules.get("torch"):
            torch.set_grad_enabled(before)


@functools.cache
def compiled(source: str, name: str) -> types.CodeType:
    """Most cells of one submission are those of the next."""
    return compile(source, name, "exec", dont_inherit=True)


@functools.cache
def only_defines(source: str) -> bool:
    """Whether a given cell holds nothing but imports, functions and classes, and no drawing."""
    plain = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef
    return "matplotlib" not in source and all(isinstance(node, plain) for node in ast.parse(source).body)


def visible(submitted: NotebookNode, wanted: str | None = None) -> dict[str, BaseException | None]:
    """Run a notebook as its author would, drawings left out: what each check cell raises, or that of one exercise alone."""
    module = types.ModuleType("__main__")
    found: dict[str, BaseException | None] = {}
    for cell in submitted.cells:
        check = bool(cell.metadata.get("nbgrader", {}).get("grade"))
        setup = "setup" in cell.metadata.get("tags", ())
        if cell.cell_type != "code" or not (check or setup or is_answer(cell) or only_defines(cell.source)):
            continue
        if check and wanted not in (None, grade_id(cell)):
            continue
        error: BaseException | None = None
        with within(5.0), gradients_as_before(), contextlib.redirect_stdout(io.StringIO()):
            try:
                exec(compiled(cell.source, f"<{grade_id(cell)}>"), vars(module))
            except (Exception, Slow) as raised:
                error = raised
        if check:
            found[grade_id(cell)] = error
            if grade_id(cell) == wanted:
                break
    return found


def helps(error: BaseException | None) -> bool:
    return isinstance(error, AssertionError) and len(str(error)) > 20


def test_visible_checks_pass_for_right_answers(notebook: Notebook) -> None:
    right = {"model": {}, **alternatives(notebook)}
    found = {name: visible(submission(notebook, models(notebook) | answers)) for name, answers in right.items()}
    assert found == {name: {exercise.id: None for exercise in notebook.exercises} for name in right}


def test_visible_checks_fail_for_the_blank_release(notebook: Notebook) -> None:
    found = visible(notebook.skeleton)
    assert {
        name: type(error).__name__ for name, error in found.items() if not isinstance(error, NotImplementedError) and not helps(error)
    } == {}


def test_visible_checks_see_half_of_the_mistakes(notebook: Notebook) -> None:
    """And say what is wrong."""
    seen: dict[str, list[bool]] = {}
    for (exercise, _), answers in mutated(notebook).items():
        seen.setdefault(exercise, []).append(helps(visible(submission(notebook, answers), exercise)[exercise]))
    assert {exercise: sum(found) / len(found) for exercise, found in seen.items() if sum(found) < len(found) / 2} == {}


def test_visible_assertions_have_messages(notebook: Notebook) -> None:
    for cell in notebook.skeleton.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            asserted = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Assert)]
            assert asserted, f"{grade_id(cell)} checks nothing"
            assert all(node.msg for node in asserted), f"{grade_id(cell)} has an assertion without a message"


def test_prose_is_plain(notebook: Notebook) -> None:
    """What the text never says, and what every exercise has."""
    cells = notebook.skeleton.cells
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    words = {word.strip(".,:;!?()*_").lower() for word in prose.split()}
    assert words & {"simply", "just", "obviously", "trivially", "clearly"} == set()
    for exercise in notebook.exercises:
        at = next(index for index, cell in enumerate(cells) if grade_id(cell) == exercise.answer)
        before = next(cell.source for cell in reversed(cells[:at]) if cell.cell_type == "markdown")
        for hint in ("Hint 1: shapes", "Hint 2: formula", "Hint 3: pseudocode"):
            assert f"<summary>{hint}</summary>" in before, f"{exercise.id} needs {hint}"
