"""An exercise that fails on another's mistake is asked again as if that were right: a slip costs its own exercise, once."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import chain
import nbformat
import pytest

from autograder.course.model import Notebook
from autograder.grading import grade as grading
from autograder.grading import store as storing
from autograder.grading.follow import Following
from autograder.grading.grade import Grader
from autograder.grading.result import ExerciseResult, Result
from autograder.sandbox import Limits, Sandbox, SandboxLost
from autograder.submission.program import program
from autograder.submission.rebuild import rebuild

LIMITS = Limits(spare_seconds=0.4, sleep_seconds=0.4)


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Notebook:
    return chain.make(tmp_path_factory.mktemp("course"))


class Opened(Sandbox):
    """A sandbox that notes what it was to load."""

    loaded: ClassVar[list[list[tuple[str, str, str]]]] = []

    def open(self, cells: Any, probes: str, *limits: Any) -> Any:
        if cells:  # not the sandbox's own test
            self.loaded.append([*cells])
        return super().open(cells, probes, *limits)


@pytest.fixture(scope="module")
def grader(notebook: Notebook) -> Iterator[Grader]:
    with pytest.MonkeyPatch.context() as patch, Grader(notebook, store=False, limits=LIMITS) as grader:
        patch.setattr(grading, "Sandbox", Opened)
        yield grader


@pytest.fixture(autouse=True)
def nothing_loaded() -> None:
    Opened.loaded.clear()


def graded(grader: Grader, *blank: str, own: str = "", **answers: str) -> Result:
    handed_in = chain.submission(grader.notebook, *blank, **answers)
    if own:
        handed_in.cells.append(nbformat.v4.new_code_cell(own))
    return grader.grade(rebuild(grader.notebook, handed_in).notebook)


def numbers(result: Result) -> dict[str, tuple[float, float]]:
    """What counts, and what each exercise earned as it stands; of those that lost something."""
    return {each.id: (each.score, each.alone) for each in result.exercises if each.alone < each.max_score}


def part(result: Result, exercise: str) -> ExerciseResult:
    return next(each for each in result.exercises if each.id == exercise)


WRONG_SCALE = "def scale(x): return 3 * x + (x == 7)"
NO_SCALE = "def scale(x): return None"


def test_a_slip_costs_its_own_exercise_alone(grader: Grader) -> None:
    result = graded(grader, scale=NO_SCALE)
    assert numbers(result) == {"scale": (0, 0), "rescale": (3, 0), "joined": (0, 0)}
    rescale = part(result, "rescale")
    assert (rescale.replaced, rescale.more, [outcome.counts for outcome in rescale.outcomes]) == (("scale",), 3, [True, True])
    assert (result.score, result.alone) == (12, 9)


def test_what_is_shown_of_each_test_is_what_the_notebook_did_as_it_stands(grader: Grader) -> None:
    """And that its exercise stands on others; of the run with the model answers, passed or failed."""
    alone = part(graded(grader, scale="def scale(x): return x.nothing"), "rescale")
    for outcome in alone.outcomes:
        assert (outcome.passed, outcome.carried, outcome.reason, outcome.exception) == (False, True, "raised", "AttributeError")
        assert outcome.place is not None
        assert (outcome.place.cell, outcome.depends_on) == ("scale_answer", ("scale",))


def test_a_blank_exercise_costs_itself_alone(grader: Grader) -> None:
    assert numbers(graded(grader, "node", "scale")) == {
        "node": (0, 0),
        "node_double": (2, 0),
        "total": (3, 0),
        "scale": (0, 0),
        "rescale": (3, 0),
        "joined": (0, 0),
    }


def test_an_exercise_that_is_wrong_itself_gets_what_it_earns_with_the_model_answers(grader: Grader) -> None:
    result = graded(grader, scale=NO_SCALE, rescale="def rescale(x): return scale(scale(x)) + (x == 7)")
    assert numbers(result)["rescale"] == (2, 0)
    assert [outcome.counts for outcome in part(result, "rescale").outcomes] == [False, True]


def test_points_are_never_put_together_from_two_runs(grader: Grader) -> None:
    """As it stands it passes for seven alone, and with ours for five alone; the second weighs more."""
    cheats_itself = "def rescale(x): return 63 if scale(1) == 4 and x == 7 else scale(scale(x)) if x == 5 else 0"
    result = graded(grader, scale="def scale(x): return 3 * x + 1", rescale=cheats_itself)
    assert numbers(result)["rescale"] == (2, 1)
    assert [(outcome.passed, outcome.counts) for outcome in part(result, "rescale").outcomes] == [(True, False), (False, True)]


def test_the_run_as_it_stands_counts_where_the_other_gives_no_more(grader: Grader) -> None:
    for seven in (64, 63):  # 5 is wrong in both runs
        result = graded(grader, scale="def scale(x): return 3 * x + 1", rescale=f"def rescale(x): return {seven}")
        rescale = part(result, "rescale")
        assert (rescale.score, rescale.more, rescale.replaced) == ((1 if seven == 63 else 0), 0, ())
        assert [outcome.carried for outcome in rescale.outcomes] == [None, None]


NOT_ASKED_AGAIN = {
    "everything is right": {},
    "what fails stands on nothing that failed": {"rescale": "def rescale(x): return 1", "total": "def total(values): return 1"},
    "what stands on it is right all the same": {"scale": NO_SCALE, "rescale": "def rescale(x): return 9 * x"},
    "what stands on it uses a tool that is not allowed": {"scale": NO_SCALE, "rescale": "import numpy\ndef rescale(x): return scale(x)"},
}


@pytest.mark.parametrize("answers", NOT_ASKED_AGAIN.values(), ids=NOT_ASKED_AGAIN)
def test_no_exercise_is_asked_again_without_need(grader: Grader, answers: dict[str, str]) -> None:
    graded(grader, **answers)
    assert len(Opened.loaded) == 1


def test_what_is_blank_itself_is_not_asked_again(grader: Grader) -> None:
    assert graded(grader, *chain.EXERCISES).score == 0
    assert len(Opened.loaded) == 1


def test_an_exercise_that_opts_out_is_not_asked_again(grader: Grader) -> None:
    assert numbers(graded(grader, scale=NO_SCALE, rescale="def rescale(x): return 9 * x")) == {"scale": (0, 0), "joined": (0, 0)}


def test_exercises_with_the_same_needs_share_a_sandbox_and_the_rest_of_the_notebook_is_the_student_s(grader: Grader) -> None:
    graded(grader, "node", node_double="def node_double(self): return self.add(self)\nNode.double = node_double")
    replaced = [[cell for cell, kind, _ in cells if kind == "model"] for cells in Opened.loaded]
    assert replaced == [[], ["node_answer"], ["node_answer", "node_double_answer"]]
    assert [source for cell, kind, source in Opened.loaded[1] if cell == "scale_answer"] == ["def scale(x):\n    return 3 * x"]


# ------------------------------------------------------------------------------------------ what is replaced with what

OTHER_INSIDES = {
    "node": """
        class Node:
            def __init__(self, value):
                self.value = value
                self.parents = []
                self._uses = 0

            def add(self, other):
                self._uses += 1
                made = Node(self.value + other.value)
                made.parents = [self, other]
                return made
    """,
    "node_double": """
        def node_double(self):
            made = self.add(self)
            made.value += 0 * self._uses
            return made
        Node.double = node_double
    """,
}
SLIP = OTHER_INSIDES["node"].replace("made.parents = [self, other]", "made.parents = []")


def test_answers_that_share_a_representation_are_replaced_together(grader: Grader) -> None:
    """`total` stands on both; that `node_double` reads what only the student's class keeps does not matter to it."""
    slip = SLIP.replace("self.value = value", "self.value = value + 1")
    result = graded(grader, **OTHER_INSIDES | {"node": slip})
    assert numbers(result)["total"] == (3, 0)
    assert part(result, "total").replaced == ("node", "node_double")
    assert [len([kind for _, kind, _ in cells if kind == "model"]) for cells in Opened.loaded] == [0, 1, 2]


def test_an_answer_that_reaches_into_another_cannot_be_carried_which_is_said(grader: Grader) -> None:
    slip = SLIP.replace("self.value = value", "self.value = value + 1")
    double = part(graded(grader, **OTHER_INSIDES | {"node": slip}), "node_double")
    assert (double.score, double.replaced, double.reaches) == (0, (), ("node",))


def test_that_an_answer_reaches_into_another_is_read_from_the_texts_alone(notebook: Notebook) -> None:
    following = Following(notebook)

    def reaches(node: str, double: str) -> tuple[str, ...]:
        handed_in = program(notebook, rebuild(notebook, chain.submission(notebook, node=node, node_double=double)).notebook)
        return following.reaches(handed_in, notebook.exercises[1], {"node"})

    assert reaches(OTHER_INSIDES["node"], OTHER_INSIDES["node_double"]) == ("node",)
    assert reaches(OTHER_INSIDES["node"], "def node_double(self): return self.parents, self.value") == ()  # ours has these too
    assert reaches(OTHER_INSIDES["node"], "def node_double(self): return self._users") == ()  # nobody has
    assert reaches("class Node:\n    def _twice(self): return 2", "def node_double(self): return self._twice()") == ("node",)
    assert reaches("def keep(): return {'_left': 1}", "def node_double(self): return self.keep()['_left']") == ("node",)
    assert reaches("class Node(:", "def node_double(self): return self._twice()") == ()


def test_the_rest_of_what_a_replaced_answer_defines_stays(grader: Grader) -> None:
    """Helpers are used by later answers."""
    helpers = "FACTOR = 3\n\ndef times(x): return FACTOR * x\n\ndef scale(x): return None\n\nscale(1) + 1"
    result = graded(grader, scale=helpers, rescale="def rescale(x): return scale(times(x))", joined="def joined(x): return times(x)")
    assert numbers(result) == {"scale": (0, 0), "rescale": (3, 0)}


@pytest.mark.parametrize("hung", ["Node.add = wrong", "Node.add, Node.other = wrong, wrong", "Node.add: object = wrong"])
def test_what_a_replaced_answer_hangs_on_its_class_it_does_not_hang_on_ours(grader: Grader, hung: str) -> None:
    node = f"class Node:\n    def __init__(self, value): self.value = value\n\ndef wrong(self, other): return Node(-1)\n\n{hung}"
    assert numbers(graded(grader, node=node))["total"] == (3, 0)


def test_what_a_student_s_own_cell_defines_once_more_is_replaced_too(grader: Grader) -> None:
    result = graded(grader, scale=NO_SCALE, own=f"mine = 1\n{NO_SCALE}\nother = 2")
    assert numbers(result)["rescale"] == (3, 0)
    own = [line for cell, _, source in Opened.loaded[1] if cell.startswith("own") for line in source.split()]
    assert " ".join(word for word in own if word != "pass") == "mine = 1 other = 2"


def test_first_only_what_failed_is_replaced_and_then_all_that_an_exercise_stands_on(tmp_path: Path) -> None:
    """`rescale` stands on a part of `scale` that no test looks at."""
    notebook = chain.make(tmp_path)
    needs = notebook.source.read_text().replace(
        '"title": "A scale twice", "needs": ["scale"]', '"title": "A scale twice", "needs": ["node", "scale"]'
    )
    notebook.source.write_text(needs)
    chain.build(chain.Course(tmp_path), say=lambda _: None)
    notebook = Notebook("chain", "chain", tmp_path)
    node = OTHER_INSIDES["node"] + "\n        Node.extra = 1"
    with Grader(notebook, store=False) as grader:
        right = part(graded(grader, scale=NO_SCALE), "rescale")
        only_then = part(
            graded(grader, scale=NO_SCALE, node=node, rescale="def rescale(x): return 0 if hasattr(Node, 'extra') else scale(scale(x))"),
            "rescale",
        )
    assert (right.score, right.replaced) == (3, ("scale",))
    assert (only_then.score, only_then.replaced) == (3, ("node", "scale"))


# ------------------------------------------------------------------------------------------------ the share that counts


@pytest.mark.parametrize(("share", "numbers_of_rescale"), [(1.0, (3, 0)), (0.5, (1.5, 0)), (0.333, (1.0, 0)), (0, (0, 0))])
def test_a_course_says_what_share_counts(tmp_path: Path, share: float, numbers_of_rescale: tuple[float, float]) -> None:
    notebook = chain.make(tmp_path)
    (tmp_path / "course.toml").write_text(f"follow_through = {share}\n")
    with pytest.MonkeyPatch.context() as patch, Grader(notebook, store=False) as grader:
        patch.setattr(grading, "Sandbox", Opened)
        assert numbers(graded(grader, scale=NO_SCALE))["rescale"] == numbers_of_rescale
    assert len(Opened.loaded) == (2 if share else 1)


CHANGES = {
    "the settings": lambda notebook: (notebook.root / "course.toml").write_text("follow_through = 0.5"),
    "a model answer": lambda notebook: notebook.source.write_text(notebook.source.read_text().replace("return 3 * x", "return x * 3")),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_key_of_a_kept_result_changes_with(tmp_path: Path, change: Any) -> None:
    notebook = chain.make(tmp_path)
    handed_in = program(notebook, rebuild(notebook, chain.submission(notebook)).notebook)

    def key() -> str:
        return storing.Store(notebook, Limits(), "bubblewrap", "cpu").key(handed_in)

    before = key()
    change(notebook)
    assert key() != before


def test_a_kept_result_holds_both_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = chain.make(tmp_path)
    answers = OTHER_INSIDES | {"node": SLIP, "scale": NO_SCALE}
    with Grader(notebook) as grader:
        first = graded(grader, **answers)
    monkeypatch.setattr(grading, "Sandbox", None)  # nothing is asked again
    with Grader(notebook) as grader:
        assert graded(grader, **answers) == first
    assert first.alone < first.score


# ------------------------------------------------------------------------------------------------ what can leave, and cost


def everything_said(result: Result) -> str:
    return json.dumps([storing.write(result), *(outcome.private for each in result.exercises for outcome in each.outcomes)])


BRINGS_OUT = {
    "an answer": "return found",
    "an exception": "raise ValueError(found)",
    "an exception of another kind": "raise {0: KeyError, 1: OverflowError}[len(found) % 2](found)",
    "no answer": "os._exit(3)",
}


@pytest.mark.parametrize("way", BRINGS_OUT.values(), ids=BRINGS_OUT)
def test_nothing_that_is_said_beside_the_model_answers_gets_out(grader: Grader, way: str) -> None:
    tells = (
        f"import os\ndef rescale(x):\n    found = str(scale.__code__.co_consts)\n    if scale(1) is None: return 'as it stands'\n    {way}"
    )
    as_it_stands = "def rescale(x): return 'as it stands'"
    told, plain = (graded(grader, scale=NO_SCALE, rescale=answer) for answer in (tells, as_it_stands))
    assert part(told, "rescale") == part(plain, "rescale")
    assert told.problems == plain.problems
    assert [outcome.private for outcome in part(told, "rescale").outcomes] == [
        outcome.private for outcome in part(plain, "rescale").outcomes
    ]


def test_what_fails_to_load_beside_the_model_answers_is_not_said(grader: Grader) -> None:
    own = "noticed = {None: 1}[scale(1)]"
    assert graded(grader, scale=NO_SCALE, own=own).problems == ()


def test_model_answers_stand_there_without_their_text(grader: Grader) -> None:
    """No docstring, comment or line of them is to be had; their code is, which cannot be helped."""
    looks = """
        import gc, inspect, linecache, sys

        def total(values):
            texts = [line for entry in linecache.cache.values() for line in entry[2]]
            texts += [thing for thing in gc.get_objects() if isinstance(thing, str)]
            try:
                texts.append(inspect.getsource(scale))
            except OSError:
                pass
            frame = sys._getframe()
            while frame:
                lists = [value for value in frame.f_locals.values() if isinstance(value, list)]
                texts += [part[1] for value in lists for part in value if isinstance(part, tuple) and isinstance(part[1], str)]
                frame = frame.f_back
            ours = ["OURS" + "-", "made = No" + "de("]
            seen = Node.__doc__ or Node.__init__.__doc__ or any(text in one for text in ours for one in texts)
            return Node(0 if seen else 2 * sum(values))
    """
    assert numbers(graded(grader, "node", total=looks))["total"] == (3, 0)
    assert [source for cell, kind, source in Opened.loaded[-1] if "OURS-" in source] == []


ENDLESS = {"loops": "while True: pass", "ends": "os._exit(1)", "sleeps": "time.sleep(60)"}


@pytest.mark.parametrize("act", ENDLESS.values(), ids=ENDLESS)
def test_what_never_ends_beside_the_model_answers_costs_itself_alone(grader: Grader, act: str) -> None:
    """And little time: three exercises would, and no more are asked."""
    acts = f"import os, time\ndef {{}}:\n    if made_by_us(): {act}\n"
    watch = "def made_by_us(): return scale(1) is not None"
    result = graded(
        grader,
        "node",
        scale=NO_SCALE,
        rescale=acts.format("rescale(x)"),
        total="def total(values): return sum(values)",
        own=watch,
    )
    assert numbers(result)["rescale"] == (0, 0)
    assert numbers(result)["node_double"] == (2, 0)


def test_after_two_that_were_lost_no_more_are_asked(grader: Grader) -> None:
    every = {
        "node_double": "import os\ndef node_double(self): os._exit(1)\nNode.double = node_double",
        "total": "import os\ndef total(values): os._exit(1)",
        "rescale": "import os\ndef rescale(x):\n    if scale(1) is not None: os._exit(1)",
    }
    graded(grader, "node", scale=NO_SCALE, **every)
    models = [{cell for cell, kind, _ in cells if kind == "model"} for cells in Opened.loaded]
    assert models == [set(), set(), {"node_answer"}, {"node_answer", "node_double_answer"}]


def test_cells_that_could_not_be_loaded_are_not_loaded_again(grader: Grader) -> None:
    result = graded(grader, scale="while True: pass")
    assert numbers(result)["rescale"] == (3, 0)
    assert not any(
        "while True" in source for cells in Opened.loaded[2:] for _, kind, source in cells if "model" in {k for _, k, _ in cells}
    )


class LostAgain(Sandbox):
    """A sandbox that is lost, `times` times, when model answers are to be loaded."""

    times = 1

    def open(self, cells: Any, probes: str, *limits: Any) -> Any:
        if LostAgain.times and any(kind == "model" for _, kind, _ in cells):
            LostAgain.times -= 1
            raise SandboxLost("a submission's supervisor is gone")
        return super().open(cells, probes, *limits)


@pytest.mark.parametrize(("times", "earned", "kept"), [(1, 3, 1), (2, 3, 1), (3, 0, 0)])
def test_a_sandbox_that_is_lost_is_tried_again_and_what_stays_in_doubt_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int, earned: float, kept: int
) -> None:
    notebook = chain.make(tmp_path)
    monkeypatch.setattr(grading, "Sandbox", LostAgain)
    monkeypatch.setattr(LostAgain, "times", times)
    with Grader(notebook) as grader:
        assert part(graded(grader, scale=NO_SCALE), "rescale").score == earned
    assert len(list(tmp_path.glob("build/results/*.json"))) == kept


def test_what_tells_the_runs_apart_gains_nothing_over_one_run(grader: Grader) -> None:
    """An answer that behaves otherwise beside ours earns what it earns there, and nothing of the other run besides."""
    apart = "def rescale(x): return 9 * x if (scale(1) == 3) == (x == 5) else 0"
    result = part(graded(grader, scale=NO_SCALE, rescale=apart), "rescale")
    assert [(outcome.passed, outcome.counts) for outcome in result.outcomes] == [(True, False), (False, True)]
    assert (result.score, result.alone) == (2, 1)


LOOPS_BESIDE_OURS = "def rescale(x):\n    while scale(1) is not None: pass"


def test_a_class_gets_the_results_that_each_gets_alone(notebook: Notebook) -> None:
    class_ = [{}, {"scale": NO_SCALE}, {"node": SLIP}, {"scale": NO_SCALE, "rescale": LOOPS_BESIDE_OURS}, {"scale": WRONG_SCALE}]
    notebooks = [rebuild(notebook, chain.submission(notebook, **answers)).notebook for answers in class_]
    with Grader(notebook, workers=2, store=False, limits=LIMITS) as grader:
        found = dict(grader.grade_all(notebooks))
        assert [found[index] for index in range(len(class_))] == [grader.grade(each) for each in notebooks]


def test_results_are_what_they_are_without_follow_through_marks_but_for_these(notebook: Notebook) -> None:
    answers = OTHER_INSIDES | {"node": SLIP, "scale": WRONG_SCALE}
    with Grader(notebook, store=False) as grader, Grader(notebook, store=False, follow_through=0) as without:
        found, plain = graded(grader, **answers), graded(without, **answers)
    stripped = [
        replace(
            each, score=each.alone, more=0.0, replaced=(), reaches=(), outcomes=tuple(replace(one, carried=None) for one in each.outcomes)
        )
        for each in found.exercises
    ]
    assert tuple(stripped) == plain.exercises
