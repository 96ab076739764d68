"""Results are kept under a hash of everything that decides them, whole or not at all, and hold nothing private."""

import contextlib
import functools
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import toy
from disks import fill, small_disk
from people import ordinary_user, public_folder

from autograder.course.build import build
from autograder.course.model import Course, Notebook, seed_file
from autograder.grading import store as storing
from autograder.grading.result import ExerciseResult, Outcome, Result
from autograder.grading.store import Store
from autograder.sandbox import Limits
from autograder.submission.place import Place
from autograder.submission.program import Program, program
from autograder.submission.rebuild import rebuild

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


def in_the_place_of_the_folder(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file")


def not_to_be_written(folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o555)


def below_what_may_not_be_written(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.parent.chmod(0o555)


def not_to_be_looked_into(folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0)


FAILURES: dict[str, tuple[Callable[[Path], None], str]] = {
    "a file in its place": (in_the_place_of_the_folder, "File exists|Not a directory"),
    "not to be written": (not_to_be_written, "Permission denied"),
    "below what may not be written": (below_what_may_not_be_written, "Permission denied"),
    "not to be looked into": (not_to_be_looked_into, "Permission denied"),
}


@pytest.fixture
def anybodys() -> Iterator[Notebook]:
    """A course in a folder of a person for whom rights to files matter."""
    with public_folder() as root:
        notebook = toy.make(root)
        (root / "build").mkdir(exist_ok=True)
        if os.geteuid() == 0:
            os.chown(root / "build", 65534, 65534)
        yield notebook
        for folder in (root / "build", root / "build" / "results"):
            with contextlib.suppress(FileNotFoundError):
                folder.chmod(0o755)


@pytest.mark.parametrize(("spoil", "reason"), FAILURES.values(), ids=FAILURES)
def test_a_store_that_fails_is_noted_once_and_stops_nobody(anybodys: Notebook, spoil: Callable[[Path], None], reason: str) -> None:
    store, handed_in = opened(anybodys), submitted(anybodys)
    spoil(store.folder)
    if os.geteuid() == 0 and store.folder.is_dir():
        os.chown(store.folder, 65534, 65534)
    with ordinary_user():
        for _ in range(2):
            assert store.find(handed_in) is None
            store.keep(handed_in, RESULT)
    assert re.fullmatch(rf"results cannot be kept in {store.folder} \(({reason})\), so grading again will take as long.*", store.trouble)


def test_a_kept_result_that_may_not_be_read_is_noted(anybodys: Notebook) -> None:
    store, handed_in = opened(anybodys), submitted(anybodys)
    store.keep(handed_in, RESULT)
    (kept,) = store.folder.iterdir()
    kept.chmod(0)
    with ordinary_user():
        assert store.find(handed_in) is None
    assert "Permission denied" in store.trouble


def test_a_disk_that_is_full_in_the_middle_is_noted_and_leaves_no_half_of_a_file(tmp_path: Path) -> None:
    notebook = toy.make(tmp_path)
    store, handed_in = opened(notebook), submitted(notebook)
    many = replace(RESULT, exercises=RESULT.exercises * 40)
    with small_disk(store.folder, 64) as disk:
        filling = fill(disk, leave=8)
        store.keep(handed_in, many)
        assert "No space left on device" in store.trouble
        assert list(disk.iterdir()) == [filling]
        filling.unlink()
        store.keep(handed_in, many)
        assert opened(notebook).find(handed_in) == many


def test_a_store_that_works_has_nothing_to_say(tmp_path: Path) -> None:
    notebook = toy.make(tmp_path)
    store = opened(notebook)
    assert store.find(submitted(notebook)) is None
    store.keep(submitted(notebook), RESULT)
    assert store.find(submitted(notebook)) == RESULT
    assert store.trouble == ""


def test_what_a_killed_grader_left_half_written_is_gone_after_a_while(tmp_path: Path) -> None:
    notebook = toy.make(tmp_path)
    store = opened(notebook)
    store.folder.mkdir(parents=True)
    old, new = store.folder / "old.part", store.folder / "new.part"
    for path in (old, new):
        path.write_text("{")
    os.utime(old, (0, 0))
    store.keep(submitted(notebook), RESULT)
    assert (old.exists(), new.exists()) == (False, True)


def append(path: Path) -> None:
    path.write_text(path.read_text() + "\n")


CHANGES: dict[str, Callable[[Notebook], object]] = {
    "judgements": lambda notebook: append(notebook.suite),
    "probes": lambda notebook: append(notebook.probes),
    "a file that the suite may import": lambda notebook: (notebook.suite.parent / "shared.py").write_text("x = 1"),
    "reference": lambda notebook: append(notebook.reference),
    "a file that the reference may import": lambda notebook: (notebook.reference.parent / "shared.py").write_text("x = 1"),
    "release": lambda notebook: append(notebook.release),
    "seed of the course": lambda notebook: seed_file(notebook.root).write_text("another"),
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


def test_the_key_changes_with_a_piece_that_the_release_was_built_with(tmp_path: Path) -> None:
    toy.write_source(toy.make(tmp_path))
    source, piece = tmp_path / "source" / "toy" / "first.py", tmp_path / "source" / "_shared" / "rate.py"
    source.write_text(source.read_text().replace("import math\n", "import math\n\nfrom _shared.rate import RATE\n"))
    piece.parent.mkdir()
    keys = set()
    for rate in (1, 2):
        piece.write_text(f"RATE = {rate}\n")
        build(Course(tmp_path), say=lambda _: None)
        notebook = Notebook("toy", "first", tmp_path)
        keys.add(opened(notebook).key(submitted(notebook)))
    assert len(keys) == 2


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
