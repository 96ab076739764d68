"""A hidden suite is collected once, checked, and judges answers; its own mistakes are never counted against a student."""

import random
import types
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent

import pytest
import toy

from autograder.course.model import CourseError, Notebook
from autograder.sandbox import Reply, codec
from autograder.suite import suite as suites
from autograder.suite.local import LocalSession, model_answers, source_exercises
from autograder.suite.testing import drawing, rng


def session(notebook: Notebook, **answers: str) -> LocalSession:
    """Answers of a student, in this process."""
    module = types.ModuleType("student")
    for source in {**toy.ANSWERS, **answers}.values():
        exec(compile(dedent(source), "<cell 1>", "exec"), vars(module))
    return LocalSession(module, suites.probes_of(notebook))


def reasons(notebook: Notebook, answers: suites.Answers) -> dict[str, str]:
    suite = suites.load(notebook)
    found = {test.name: suite.judge(test, answers) for test in suite.tests}
    return {name: finding.reason for name, finding in found.items() if finding}


def test_model_answers_and_exercises_are_read_with_the_shared_pieces_put_in(tmp_path: Path) -> None:
    notebook = toy.make(tmp_path)
    toy.write_source(notebook)
    notebook.source.write_text(notebook.source.read_text().replace("import math\n", "import math\nfrom _shared.rate import RATE\n"))
    piece = tmp_path / "source" / "_shared" / "rate.py"
    piece.parent.mkdir()
    piece.write_text("RATE = 2\n")
    assert model_answers(notebook).RATE == 2
    assert source_exercises(notebook) == list(toy.EXERCISES)


def test_a_suite_is_its_functions_with_their_exercise_weight_meaning_and_cases(tmp_path: Path) -> None:
    tests = suites.load(toy.make(tmp_path)).tests
    assert [(test.name, test.exercise, test.weight) for test in tests] == [
        ("test_twice", "double", 1),
        ("test_text_is_refused", "double", 3),
        ("test_an_age_can_be_set", "person", 1),
        ("test_negative_age_is_refused", "person", 1),
        ("test_quadruple", "quadruple", 1),
        ("test_quadruple_of_a_fraction", "quadruple", 1),
    ]
    assert tests[0].meaning == "Twice a number is the number added to itself."
    assert [dict(case.parameters) for case in tests[0].cases] == [{"x": 3}, {"x": 0.25}, {"x": [1]}]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('@exercise("person")', '@exercise("robot")', "is for exercise 'robot'; toy/first has double, person, quadruple"),
        ("def test_quadruple_of", "def helper_of", "quadruple has 1 hidden tests, and needs at least two"),
        ('"""An age can be set."""', "", "test_an_age_can_be_set needs a docstring"),
        ('@exercise("double", weight=3)', "", "test_text_is_refused needs exactly one @exercise"),
        ("weight=3", "weight=0", "a weight is a number above 0"),
        ("def test_quadruple(ask)", "def test_quadruple(ask, tmp_path)", "no other fixture: not tmp_path"),
        ("def test_quadruple(ask)", "def test_quadruple()", "takes `ask`"),
        ('@exercise("double", weight=3)', '@pytest.mark.skip\n@exercise("double")', "is marked skip"),
        ("import pytest", "import pytest, no_such_module", "no_such_module"),
        (toy.TESTS, "x = 1\n", "holds no hidden test"),
        (toy.TESTS, "def test(:\n", "SyntaxError"),
        (toy.TESTS, "class TestAll:\n    def test_one(self, ask):\n        pass\n", "a hidden test is a function"),
    ],
)
def test_a_faulty_suite_is_refused_when_it_is_collected(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in toy.TESTS
    with pytest.raises(CourseError) as error:
        suites.load(toy.make(tmp_path, tests=toy.TESTS.replace(old, new)))
    assert complaint in str(error.value)
    assert "test_first.py" in str(error.value)


def test_a_missing_suite_is_said(tmp_path: Path) -> None:
    notebook = toy.make(tmp_path)
    notebook.suite.unlink()
    with pytest.raises(CourseError, match=r"test_first\.py is missing"):
        suites.load(notebook)


def test_collection_heeds_neither_settings_nor_conftest_nor_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = toy.make(tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (notebook.suite.parent / "conftest.py").write_text("raise RuntimeError\n")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    assert len(suites.load(notebook).tests) == 6


def test_a_suite_is_collected_anew_when_it_was_edited(tmp_path: Path) -> None:
    notebook = toy.make(tmp_path)
    first = suites.load(notebook)
    assert suites.load(notebook) is first
    notebook.suite.write_text(toy.TESTS.replace("weight=3", "weight=5"))
    assert [test.weight for test in suites.load(notebook).tests][:2] == [1, 5]
    notebook.probes.write_text(toy.PROBES.replace("m.double(2)", "m.double(3)"))
    assert suites.load(notebook).probes_source != first.probes_source


def test_right_answers_pass(tmp_path: Path) -> None:
    notebook = toy.make(tmp_path)
    assert reasons(notebook, session(notebook)) == {}


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"double": "def double(x): return 2"}, {"test_twice": "wrong value", "test_text_is_refused": "did not raise"}),
        ({"quadruple": "def quadruple(x): return True"}, {"test_quadruple": "wrong kind", "test_quadruple_of_a_fraction": "wrong kind"}),
        ({"quadruple": "def quadruple(x): return object"}, {"test_quadruple": "wrong kind", "test_quadruple_of_a_fraction": "wrong kind"}),
        ({"quadruple": "def quadruple(x): return x / 0"}, {"test_quadruple": "raised", "test_quadruple_of_a_fraction": "raised"}),
        ({"quadruple": toy.STUBS["quadruple"]}, {"test_quadruple": "not written", "test_quadruple_of_a_fraction": "not written"}),
        ({"double": "def double(x): return x + x"}, {"test_text_is_refused": "did not raise"}),
        ({"double": "def double(x):\n if isinstance(x, str): raise KeyError\n return x + x"}, {"test_text_is_refused": "wrong exception"}),
        ({"person": "class Person:\n def __init__(self, age): self.age = age"}, {"test_negative_age_is_refused": "did not raise"}),
        ({"person": toy.ANSWERS["person"].replace("self._age = age", "self._age = -age")}, {"test_an_age_can_be_set": "wrong value"}),
        ({"person": toy.ANSWERS["person"].replace("age < 0", "age > 0")}, {"test_an_age_can_be_set": "raised"}),
        ({"person": "class Person:\n def __init__(self, age): raise RuntimeError"}, {"test_an_age_can_be_set": "raised"}),
    ],
)
def test_wrong_answers_fail_with_what_was_observed(tmp_path: Path, answers: dict[str, str], expected: dict[str, str]) -> None:
    notebook = toy.make(tmp_path)
    found = reasons(notebook, session(notebook, **answers))
    assert {name: found.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        ("timed out", None, "timed out"),
        ("died", None, "stopped"),
        ("too large", None, "too large"),
        ("unanswerable", "nested too deeply", "wrong kind"),
        ("unanswerable", "the answer has too many parts", "too large"),
        ("raised", codec.Raised(("OSError",), "", 1, 1), "raised"),
        ("raised", codec.Raised(("OSError",)), "tripped"),
    ],
)
def test_no_answer_fails_the_test(tmp_path: Path, kind: str, value: object, reason: str) -> None:
    class Silent:
        def ask(self, probe: str, arguments: bytes) -> Reply:
            return Reply(kind, value)  # type: ignore[arg-type]

    assert set(reasons(toy.make(tmp_path), Silent()).values()) == {reason}


def odd_suite(body: str) -> str:
    return toy.TESTS.replace("    ask.same(probes.quadruple, 3)\n", body)


@pytest.mark.parametrize("answer", ["None", "{}", "'text'", "[]"])
def test_a_judgement_that_trips_over_an_odd_answer_fails_the_test(tmp_path: Path, answer: str) -> None:
    notebook = toy.make(tmp_path, tests=odd_suite("    assert 11 < 1 + abs(ask(probes.quadruple, 3)) < 14\n"))
    found = reasons(notebook, session(notebook, quadruple=f"def quadruple(x): return {answer}"))
    assert found["test_quadruple"] == ("gave None" if answer == "None" else "wrong kind")


@pytest.mark.parametrize(
    "act", ["pytest.skip()", "pytest.exit('enough')", "raise SystemExit", "raise MemoryError", "ask.same(probes.quadruple, {})"]
)
def test_a_judgement_that_stops_at_a_wrong_answer_alone_fails_the_test_alone(tmp_path: Path, act: str) -> None:
    notebook = toy.make(tmp_path, tests=odd_suite(f"    if ask(probes.quadruple, 3) != 12: {act}\n"))
    found = reasons(notebook, session(notebook, quadruple="def quadruple(x): return 5"))
    assert found["test_quadruple"] == "tripped"


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("    assert ask(probes.quadruple, 3) == 13\n", "fails on the reference itself: wrong value"),
        ("    assert ask(probes.quadruple, 3).no_such_attribute\n", "fails on the reference itself: tripped: .*no_such_attribute"),
        ("    ask.same(probes.quadruple, lambda: 3)\n", "cannot answer the probe quadruple"),
        ("    ask.same(len, 3)\n", "is not a function of"),
        ("    pytest.skip()\n", "fails on the reference itself: tripped: .*Skipped"),
        ("    raise SystemExit\n", "fails on the reference itself: tripped: .*SystemExit"),
        ("    raise KeyboardInterrupt from None\n", None),
    ],
)
def test_a_mistake_of_the_suite_stops_grading(tmp_path: Path, body: str, complaint: str | None) -> None:
    notebook = toy.make(tmp_path, tests=odd_suite(body))
    wrong = session(notebook, quadruple="def quadruple(x): return 5")
    if complaint is None:
        with pytest.raises(KeyboardInterrupt):
            reasons(notebook, wrong)
        return
    with pytest.raises(CourseError, match=complaint):
        reasons(notebook, wrong)


def test_a_reference_that_fails_stops_grading(tmp_path: Path) -> None:
    notebook = toy.make(tmp_path, reference="def double(x): return x / 0\nquadruple = double\n")
    with pytest.raises(CourseError, match="cannot answer the probe double: raised, ZeroDivisionError"):
        reasons(notebook, session(notebook))


def test_a_probe_that_returns_something_that_is_not_data_stops_grading(tmp_path: Path) -> None:
    notebook = toy.make(tmp_path, probes=toy.PROBES.replace("return m.quadruple(x)", "return m.quadruple"))
    with pytest.raises(CourseError, match="which is not plain data"):
        reasons(notebook, session(notebook))


def test_the_reference_is_asked_once_for_all_threads(tmp_path: Path) -> None:
    counting = "asked = []\n" + dedent(toy.ANSWERS["double"]) + "def quadruple(x):\n    asked.append(x)\n    return 4 * x\n"
    notebook = toy.make(tmp_path, reference=counting)
    suite = suites.load(notebook)
    test = next(test for test in suite.tests if test.name == "test_quadruple")
    answers = session(notebook)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: suite.judge(test, answers), range(20))) == [None] * 20
    assert suite.reference.module.asked == [3]


def test_the_reference_finds_its_device(tmp_path: Path) -> None:
    """And is another module on another one."""
    notebook = toy.make(tmp_path, reference="device = DEVICE\n")
    assert [suites.load(notebook, device).reference.module.device for device in ("cpu", "cuda", "cpu")] == ["cpu", "cuda", "cpu"]


def test_probes_in_this_process_are_seeded_and_leave_no_trace(tmp_path: Path) -> None:
    notebook = toy.make(tmp_path, probes="import random\ndef draw(m): return random.random()\n" + toy.PROBES)
    answers = session(notebook)
    before = random.getstate()
    nothing = codec.encode([])
    assert answers.ask("draw", nothing).value == answers.ask("draw", nothing).value
    assert random.getstate() == before


def test_numbers_that_only_look_like_an_answer_do_not_pass_a_bare_assertion(tmp_path: Path) -> None:
    notebook = toy.make(
        tmp_path, tests=odd_suite("    assert ask(probes.quadruple, 0.25) == same_as(1)\n").replace("raised\n", "raised, same_as\n")
    )
    assert reasons(notebook, session(notebook)) == {}
    assert reasons(notebook, session(notebook, quadruple="def quadruple(x): return True"))["test_quadruple"] == "wrong kind"


class Ahead:
    """The judgement of one test on answers that were asked ahead, and how often its function ran for it."""

    def __init__(self, notebook: Notebook) -> None:
        self.suite = suites.load(notebook)
        self.test = next(test for test in self.suite.tests if test.name == "test_quadruple")
        self.runs: list[int] = self.test.function.__globals__["runs"]

    def judge(self, *answers: object, later: object = None) -> tuple[str | None, int]:
        """answers: to what is planned. later: to anything else that is asked."""

        class Later:
            def begin(self, exercise: str) -> None:
                pass

            def ask(self, probe: str, arguments: bytes) -> Reply:
                said = codec.encode(["answer", later])
                return Reply("answer", later, said=said)

        replies = [Reply("answer", answer, said=codec.encode(["answer", answer])) for answer in answers]
        asked_ahead = suites.AskedAhead(Later(), "quadruple", self.suite.questions(self.test), replies)
        self.runs.clear()
        finding = self.suite.judge(self.test, asked_ahead)
        return finding and finding.reason, len(self.runs)


def noting(body: str) -> str:
    """A suite whose first test of "quadruple" notes each time that it runs."""
    return odd_suite(f"    runs.append(1)\n{body}") + "\n\nruns = []\n"


TWO_CASES = '@exercise("quadruple")\n@pytest.mark.parametrize("x", [3, 0.1])\ndef test_quadruple(ask, x):'


def test_a_case_that_passed_with_the_same_answers_before_is_not_run_again(tmp_path: Path) -> None:
    tests = noting("    ask.same(probes.quadruple, x)\n").replace('@exercise("quadruple")\ndef test_quadruple(ask):', TWO_CASES)
    ahead = Ahead(toy.make(tmp_path, tests=tests))
    assert ahead.judge(12, 0.4) == (None, 2)
    assert ahead.judge(12, 0.4) == (None, 0)
    assert ahead.judge(12, 0.4 + 1e-12) == (None, 1)
    assert ahead.judge(12, 0.5) == ("wrong value", 1)
    assert ahead.judge(12, 0.5) == ("wrong value", 1)
    assert ahead.judge(12.0, 0.4) == (None, 1)
    assert ahead.judge(True, 0.4) == ("wrong kind", 1)


def test_replies_that_are_passed_over_are_not_taken_for_those_of_the_next_case(tmp_path: Path) -> None:
    tests = noting("    ask.same(probes.quadruple, 3)\n").replace(
        '@exercise("quadruple")\ndef test_quadruple(ask):', TWO_CASES.replace("3, 0.1", "1, 2")
    )
    ahead = Ahead(toy.make(tmp_path, tests=tests))
    assert ahead.judge(12, 12) == (None, 2)
    assert ahead.judge(12, 13) == ("wrong value", 1)
    assert ahead.judge(13, 12) == ("wrong value", 1)


def test_a_question_that_is_put_twice_has_two_answers(tmp_path: Path) -> None:
    ahead = Ahead(toy.make(tmp_path, tests=noting("    ask.same(probes.quadruple, 3)\n" * 2)))
    assert ahead.judge(12, 12) == (None, 1)
    assert ahead.judge(12, 13) == ("wrong value", 1)


def test_a_case_that_asked_something_else_is_run_again(tmp_path: Path) -> None:
    """Its verdict does not follow from the answers to what was planned."""
    body = """\
    if ask(probes.quadruple, 3) != 12:
        assert ask(probes.quadruple, 100) == 400
"""
    ahead = Ahead(toy.make(tmp_path, tests=noting(body)))
    assert ahead.judge(13, later=400) == (None, 1)
    assert ahead.judge(13, later=401) == ("wrong value", 1)
    assert ahead.judge(12) == (None, 1)
    assert ahead.judge(12) == (None, 0)


def test_a_case_with_a_lost_answer_is_run(tmp_path: Path) -> None:
    """It asks again, of whatever answers then."""
    ahead = Ahead(toy.make(tmp_path, tests=noting("    ask.same(probes.quadruple, 3)\n")))
    assert ahead.judge(12) == (None, 1)
    assert ahead.judge(later=13) == ("wrong value", 1)
    assert ahead.judge(later=12) == (None, 1)
    assert ahead.judge(later=13) == ("wrong value", 1)


class TestDrawnInputs:
    DRAWN = """
from autograder.testing import rng

@exercise("double")
@pytest.mark.parametrize("x", [float(rng("drawn", n).normal()) for n in range(3)])
def test_of_a_drawn_number(ask, x):
    '''Twice any number.'''
    ask.same(probes.double, x + float(rng("in the test").uniform()))
"""

    def questions(self, notebook: Notebook, seed: str | None = None) -> tuple[suites.Question, ...]:
        suite = suites.load(notebook, seed=seed)
        return suite.questions(next(test for test in suite.tests if test.name == "test_of_a_drawn_number"))

    def test_the_same_seed_gives_the_same_questions_and_another_seed_gives_others(self, tmp_path: Path) -> None:
        notebook = toy.make(tmp_path, tests=toy.TESTS + self.DRAWN)
        one, same, other = (self.questions(notebook, seed) for seed in ("one", "one", "other"))
        assert one == same
        assert len(one) == len(other) == 3
        assert not set(one) & set(other)

    def test_the_seed_of_the_course_is_read_from_its_file(self, tmp_path: Path) -> None:
        notebook = toy.make(tmp_path, tests=toy.TESTS + self.DRAWN)
        path = notebook.suite.parents[1] / "seed.txt"
        path.write_text("one\n")
        before = self.questions(notebook)
        assert before == self.questions(notebook, "one")
        path.write_text("another\n")
        assert self.questions(notebook) != before

    def test_a_course_without_a_seed_is_told_how_to_get_one(self, tmp_path: Path) -> None:
        notebook = toy.make(tmp_path, tests=toy.TESTS + self.DRAWN)
        with pytest.raises(CourseError, match=r"(?s)cannot be collected.*no seed.*seed\.txt"):
            suites.load(notebook)

    def test_keys_are_told_apart(self) -> None:
        with drawing("a"):
            first, *others = (rng(*key).integers(2**60) for key in ((), ("a",), ("a", 1), ("a1",), ("1",), (1,)))
        assert len({first, *others}) == 6
