"""Results are kept under a hash of everything that decides them, whole or not at all, and hold nothing private."""

import functools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import toy

from autograder import store as storing
from autograder.course import Notebook
from autograder.program import Program, program
from autograder.result import ExerciseResult, Outcome, Place, Result
from autograder.sandbox import Limits
from autograder.store import Store
from autograder.submission import rebuild

FAILED = Outcome(
    test="test_b",
    exercise="double",
    weight=2.5,
    meaning="Twice – «é».",
    passed=False,
    reason="raised",
    exception="KeyError",
    place=Place("double_answer", 3),
    depends_on=("person",),
    private="a text that the submission chose",
)
PASSED = Outcome(test="test_a", exercise="double", weight=1, meaning="Works.", passed=True)
RESULT = Result(
    assignment="toy",
    notebook="first",
    isolation="bubblewrap",
    device="cpu",
    exercises=(ExerciseResult("double", "Twice a number", 1.14, 4.0, (PASSED, FAILED)), ExerciseResult("person", "A person", 0.0, 2.0, ())),
    problems=("cell x, line 2: not valid Python",),
)


def submitted(notebook: Notebook, **answers: str) -> Program:
    return program(notebook, rebuild(notebook, toy.submission(notebook, **answers)).notebook)


def opened(notebook: Notebook, limits: Limits | None = None, isolation: str = "bubblewrap", device: str = "cpu") -> Store:
    return Store(notebook, limits or Limits(), isolation, device)


def test_a_kept_result_is_found_again(tmp_path: Path) -> None:
    notebook = toy.make(tmp_path)
    handed_in = submitted(notebook)
    assert opened(notebook).find(handed_in) is None
    opened(notebook).keep(handed_in, RESULT)
    found = opened(notebook).find(handed_in)
    assert found == RESULT
    assert found is not None
    assert found.exercises[0].outcomes[1].place == Place("double_answer", 3)
    assert [path.suffix for path in (tmp_path / "build/results").iterdir()] == [".json"]


def test_nothing_private_is_kept(tmp_path: Path) -> None:
    notebook = toy.make(tmp_path)
    opened(notebook).keep(submitted(notebook), RESULT)
    (kept,) = (tmp_path / "build/results").iterdir()
    assert "that the submission chose" not in kept.read_text()
    assert "private" not in kept.read_text()


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"assignment": 1}', '{"exercises": [{}], "problems": []}'])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, content: str) -> None:
    notebook = toy.make(tmp_path)
    opened(notebook).keep(submitted(notebook), RESULT)
    (kept,) = (tmp_path / "build/results").iterdir()
    kept.write_text(content)
    assert opened(notebook).find(submitted(notebook)) is None


EDITS: dict[str, Callable[[dict[str, Any]], object]] = {
    "a score": lambda kept: kept["result"]["exercises"][0].update(score=4.0),
    "more points than there are": lambda kept: kept["result"]["exercises"][0].update(score=400.0, max_score=400.0),
    "an outcome": lambda kept: kept["result"]["exercises"][0]["outcomes"][1].update(passed=True),
    "the isolation": lambda kept: kept["result"].update(isolation="none"),
    "no seal": lambda kept: kept.pop("seal"),
    "another seal": lambda kept: kept.update(seal="0" * 64),
    "data nested without end": lambda kept: kept.update(seal=functools.reduce(lambda inner, _: [inner], range(500), [])),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_file_that_was_edited_by_hand_is_not_believed(tmp_path: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    notebook = toy.make(tmp_path)
    opened(notebook).keep(submitted(notebook), RESULT)
    (kept,) = (tmp_path / "build/results").iterdir()
    content = json.loads(kept.read_text())
    edit(content)
    kept.write_text(json.dumps(content))
    assert opened(notebook).find(submitted(notebook)) is None


def test_the_result_of_another_submission_is_not_believed(tmp_path: Path) -> None:
    notebook = toy.make(tmp_path)
    store, other = opened(notebook), submitted(notebook, person="pass")
    store.keep(submitted(notebook), RESULT)
    (kept,) = (tmp_path / "build/results").iterdir()
    kept.rename(kept.with_name(f"{store.key(other)}.json"))
    assert store.find(other) is None


def test_a_result_found_without_isolation_is_neither_kept_nor_believed(tmp_path: Path) -> None:
    notebook = toy.make(tmp_path)
    handed_in, unsafe = submitted(notebook), replace(RESULT, isolation="none")
    opened(notebook, isolation="none").keep(handed_in, unsafe)
    opened(notebook).keep(handed_in, unsafe)
    assert not list((tmp_path / "build").glob("results/*.json"))
    key = opened(notebook).key(handed_in)
    planted = {"seal": storing._seal(key, storing.write(unsafe)), "result": storing.write(unsafe)}
    (tmp_path / "build/results").mkdir(parents=True, exist_ok=True)
    (tmp_path / "build/results" / f"{key}.json").write_text(json.dumps(planted))
    assert opened(notebook).find(handed_in) is None


def test_an_interrupted_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = toy.make(tmp_path)

    def interrupted(data: object, file: object, **_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(json, "dump", interrupted)
    with pytest.raises(KeyboardInterrupt):
        opened(notebook).keep(submitted(notebook), RESULT)
    assert list((tmp_path / "build/results").iterdir()) == []


def append(path: Path) -> None:
    path.write_text(path.read_text() + "\n")


CHANGES: dict[str, Callable[[Notebook], object]] = {
    "judgements": lambda notebook: append(notebook.suite),
    "probes": lambda notebook: append(notebook.probes),
    "a file that the suite may import": lambda notebook: (notebook.suite.parent / "shared.py").write_text("x = 1"),
    "reference": lambda notebook: append(notebook.reference),
    "a file that the reference may import": lambda notebook: (notebook.reference.parent / "shared.py").write_text("x = 1"),
    "release": lambda notebook: append(notebook.release),
    "lock file": lambda notebook: (notebook.root / "requirements.txt").write_text("numpy==9"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_key_changes_with_whatever_decides_the_result(tmp_path: Path, change: Callable[[Notebook], object]) -> None:
    notebook = toy.make(tmp_path)
    handed_in = submitted(notebook)
    before = opened(notebook).key(handed_in)
    assert opened(notebook).key(handed_in) == before
    change(notebook)
    assert opened(notebook).key(handed_in) != before


def test_the_key_changes_with_the_conditions_and_the_submission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = toy.make(tmp_path)
    handed_in = submitted(notebook)
    keys = [
        opened(notebook).key(handed_in),
        opened(notebook, limits=Limits(answer_seconds=1)).key(handed_in),
        opened(notebook, isolation="none").key(handed_in),
        opened(notebook, device="cuda").key(handed_in),
        opened(notebook).key(submitted(notebook, person="pass")),
        opened(notebook).key(replace(handed_in, forbidden={"double": ("import numpy",)})),
        opened(notebook).key(replace(handed_in, problems=("one",))),
    ]
    code = tmp_path / "code"
    (code / "hidden" / "other").mkdir(parents=True)
    (code / "compare.py").write_text("x = 1")
    monkeypatch.setattr(storing, "CODE", code)
    keys.append(opened(notebook).key(handed_in))
    append(code / "compare.py")
    keys.append(opened(notebook).key(handed_in))
    assert len(set(keys)) == len(keys)
