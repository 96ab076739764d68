"""A suite is verified on answers whose marks are known: it is told of each that it misjudges, and of tests that decide nothing."""

from pathlib import Path

import pytest
import toy
from typer.testing import CliRunner

from autograder import cli
from autograder.authoring.verify import Report, machine_made, trials, verify
from autograder.course.model import Course, Notebook, seed_file
from autograder.suite.testing import drawing, rng

MUTANTS = """
MUTANTS = {
    "double": {
        "gives the number back": ("return x + x", "return x"),
        "takes text": ("isinstance(x, str)", "False"),
    },
    "person": {"takes what is negative": ("age < 0", "False")},
    "quadruple": {"gives eight times": ("double(double(x))", "double(double(double(x)))")},
}
EQUIVALENT = {"double": {"raise TypeError('no text')  ->  raise 'no text'": "a text cannot be raised, which is a TypeError too"}}
"""
ALTERNATIVE = """\
# %% nbgrader={"grade_id": "double_answer"}
def double(x):
    if isinstance(x, str):
        raise TypeError
    return x * 2
"""
TESTS = toy.TESTS.replace('"age": 40}', '"age": 40}\n    assert ask(probes.set_age, -3)["error"] == raised(ValueError)')
SEEDS = ["one seed", "another"]


@pytest.fixture
def notebook(tmp_path: Path) -> Notebook:
    return course(tmp_path)


def course(root: Path, tests: str = TESTS, alternative: str = ALTERNATIVE, mutants: str = MUTANTS) -> Notebook:
    notebook = toy.make(root, tests=tests)
    toy.write_source(notebook)
    for kind, name, text in (("alternatives", "by_two", alternative), ("mutants", "first", mutants)):
        path = root / "tests" / kind / "toy" / f"{name}.py"
        path.parent.mkdir(parents=True)
        path.write_text(text)
    seed_file(root).write_text("one seed\n")
    return notebook


def report(notebook: Notebook) -> Report:
    return verify(notebook, SEEDS, trials(notebook), workers=2)


def test_a_suite_that_is_right_holds_and_says_what_share_of_the_points_a_mistake_keeps(notebook: Notebook) -> None:
    found = report(notebook)
    assert found.amiss == ()
    assert found.holds
    assert found.exercises["double"].kept == {"gives the number back": [0, 0], "takes text": [0.25, 0.25]}
    assert found.exercises["double"].points_kept == 0.125
    assert not any(one.idle for one in found.exercises.values())


def test_a_test_that_no_mistake_fails_is_named(tmp_path: Path) -> None:
    found = report(course(tmp_path, mutants=MUTANTS.replace('"gives the number back": ("return x + x", "return x"),', "")))
    assert found.exercises["double"].idle == {"test_twice"}


def test_a_right_answer_that_loses_points_is_named_with_the_test(tmp_path: Path) -> None:
    found = report(course(tmp_path, alternative=ALTERNATIVE.replace("raise TypeError", "raise ValueError")))
    assert found.amiss == (
        "the alternative by_two loses 3 of 4 points in double by test_text_is_refused",
        "the alternative by_two loses 3 of 4 points in double by test_text_is_refused under the seed 'another'",
    )
    assert not found.holds


def test_an_answer_that_knows_nothing_and_earns_something_is_named_with_the_test(tmp_path: Path) -> None:
    weak = (
        '@exercise("person")\ndef test_there_is_a_person(ask):\n    """A person."""\n    assert ask(probes.set_age, 1)["error"] is None\n'
    )
    found = report(course(tmp_path, tests=TESTS + weak))
    assert "a submission that answers 0 in every body earns 0.67 of 2 points in person by test_there_is_a_person" in found.amiss
    assert not found.holds


def test_a_mistake_that_keeps_all_points_is_shown_with_its_seed_and_as_a_diff(tmp_path: Path) -> None:
    """Where the drawn number is 0, twice it is no other number."""
    drawn = toy.TESTS.replace("import exercise, raised", "import exercise, raised, rng").replace(
        "[3, 0.25, [1]]", "[int(rng().integers(2))]"
    )
    notebook = course(
        tmp_path, tests=drawn.replace('"valid": 4', '"valid": same_as(4.0, atol=9)').replace("raised, rng", "raised, rng, same_as")
    )
    seen, missed = (next(seed for seed in map(str, range(99)) if number(seed) == wanted) for wanted in (1, 0))
    found = verify(notebook, [seen, missed], [trial for trial in trials(notebook) if trial.exercise])
    [survivor] = found.exercises["double"].survivors.values()
    assert survivor.name == f"gives the number back under the seed {missed!r}"
    assert survivor.diff.splitlines()[-2:] == ["-    return x + x", "+    return x"]
    assert found.exercises["double"].survived("by hand") == 1
    assert not found.holds


def number(seed: str) -> int:
    with drawing(seed):
        return int(rng().integers(2))


def test_a_machine_makes_mistakes_too_and_those_that_make_no_difference_are_left_out(notebook: Notebook) -> None:
    made, left_out = machine_made(notebook)
    assert left_out == {"double": 1, "person": 0, "quadruple": 0}
    assert [trial.name for trial in made if trial.exercise == "quadruple"] == [
        "return double(double(x))  ->  return",
        "return double(double(x))  ->  return double(x)",
    ]
    found = verify(notebook, SEEDS, [], made, left_out)
    assert {survivor.name for survivor in found.exercises["person"].survivors.values()} == {
        "if age < 0:  ->  if age <= 0:",
        "if age < 0:  ->  if age < 1:",
        "self.age = age  ->  pass",
    }
    assert not found.holds


class TestTheCommand:
    @pytest.fixture(autouse=True)
    def course_here(self, notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cli, "course", lambda: Course(notebook.root))

    def test_a_row_for_each_exercise_and_status_0_when_everything_holds(self) -> None:
        done = CliRunner().invoke(cli.app, ["verify", "toy", "--seeds", "2"])
        assert done.exit_code == 0, done.output
        assert "toy/first, under 2 seeds" in done.output
        [row] = [line.split() for line in done.output.splitlines() if line.startswith("double")]
        assert row == ["double", "2", "of", "2", "12%"]

    def test_mistakes_of_a_machine_that_were_not_seen_are_shown_with_status_1(self) -> None:
        done = CliRunner().invoke(cli.app, ["verify", "toy", "--mutants"])
        assert done.exit_code == 1
        assert "not seen in person: if age < 0:  ->  if age <= 0:" in done.output
        assert "+        if age <= 0:" in done.output

    def test_a_new_seed_becomes_the_courses_when_everything_holds_under_it(self, notebook: Notebook) -> None:
        assert CliRunner().invoke(cli.app, ["verify", "--new-seed"]).exit_code == 0
        first = seed_file(notebook.root).read_text()
        assert first != "one seed\n"
        assert len(first) > 30
        assert CliRunner().invoke(cli.app, ["verify", "--new-seed"]).exit_code == 0
        assert seed_file(notebook.root).read_text() != first

    def test_the_seed_stays_when_something_does_not_hold(self, notebook: Notebook) -> None:
        assert CliRunner().invoke(cli.app, ["verify", "--new-seed", "--mutants"]).exit_code == 1
        assert seed_file(notebook.root).read_text() == "one seed\n"

    def test_a_seed_is_the_whole_courses(self) -> None:
        assert CliRunner().invoke(cli.app, ["verify", "toy", "--new-seed"]).exit_code == 2

    def test_an_assignment_without_mistakes_written_by_hand_is_told_where_they_belong(self, notebook: Notebook) -> None:
        path = notebook.root / "tests" / "mutants" / "toy" / "first.py"
        path.unlink()
        done = CliRunner().invoke(cli.app, ["verify", "toy"])
        assert done.exit_code == 2
        assert str(path) in done.output.replace("\n", "")
