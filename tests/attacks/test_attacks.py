"""No submission earns a mark that it did not compute, sees anything that it should not, or harms another submission or the machine."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest
from escaping import ESCAPING
from exhausting import EXHAUSTING
from following import FOLLOWING
from forging import FORGING
from notebooks import NOTEBOOKS
from reading import READING
from siege import EXERCISES, FULL, Attack, Keep, Overheard, Siege, check, found_in, make_keep
from typer.testing import CliRunner
from writing import WRITING

from autograder import cli
from autograder.classroom.batch import Graded
from autograder.course.model import Course
from autograder.gradebook.record import Recorder
from autograder.sandbox import bubblewrap
from autograder.submission.plain import shown

FAMILIES = {
    "forging": FORGING,
    "reading": READING,
    "writing": WRITING,
    "exhausting": EXHAUSTING,
    "escaping": ESCAPING,
    "notebooks": NOTEBOOKS,
    "following": FOLLOWING,
}
ATTACKS = {
    f"{family}: {name}": attack if isinstance(attack, Attack) else Attack(attack)
    for family, attacks in FAMILIES.items()
    for name, attack in attacks.items()
}


@pytest.fixture(scope="session")
def keep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keep]:
    """The course that is attacked."""
    with make_keep(tmp_path_factory.mktemp("siege")) as made:
        yield made


@pytest.fixture(scope="session")
def siege(keep: Keep) -> Iterator[Callable[[str], Siege]]:
    """A notebook of the course by its name, with one grader for all of the attacks on it."""
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr("autograder.grading.grade.Sandbox", Overheard)
        patch.setenv("GROUNDWORK_SECRET", keep.secret.environment)
        recorder = stack.enter_context(Recorder(keep.root))
        yield cache(lambda name: stack.enter_context(Siege(keep, name, recorder)))


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_an_attack_earns_what_its_honest_part_earns_and_harms_nobody(attack: Attack, siege: Callable[[str], Siege]) -> None:
    besieged = siege(attack.course)
    check(attack, besieged, besieged.run(attack))


def test_what_is_read_of_a_model_answer_comes_as_far_as_the_grader_and_no_further(siege: Callable[[str], Siege]) -> None:
    """That nothing is shown of it says something only if it was read."""
    besieged = siege("following")
    for way in ("in what it answers", "in the text of an exception"):
        assert found_in(besieged.run(ATTACKS[f"following: {way}"]).answers, {"model": besieged.secret.model}) == ["model"]


# That an attack is stopped says something only if it gets through where nothing stops it.
MISSING = {
    "no filter, and a call": (
        "child.py",
        "lock.install_filter(seccomp.of_process(work.seccomp, os.getpid()))",
        "pass",
        "escaping: call bpf",
    ),
    "no filter, and a socket": (
        "child.py",
        "lock.install_filter(seccomp.of_process(work.seccomp, os.getpid()))",
        "pass",
        "escaping: sockets of every family",
    ),
    "no filter, and another process": (
        "child.py",
        "lock.install_filter(seccomp.of_process(work.seccomp, os.getpid()))",
        "pass",
        "escaping: a lock that another process is said to hold, by futex",
    ),
    "descriptors kept": ("child.py", "os.closerange(", "(lambda *_: None)(", "reading: descriptors that were left open"),
    "the environment kept": ("", "--clearenv", "", "reading: the environment"),
    "files of the machine shown": (
        "",
        "--chdir",
        "--perms 0755 --dir /var --ro-bind /var/tmp /var/tmp --chdir",
        "reading: a file outside, by name",
    ),
}
"""File of the worker (none: the command line), what stands there, what is to stand there instead, the attack that then gets through."""


@pytest.mark.parametrize("lock", MISSING)
def test_without_its_lock_an_attack_gets_through(lock: str, keep: Keep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, old, new, name = MISSING[lock]
    if file:
        worker = shutil.copytree(bubblewrap.WORKER, tmp_path / "worker")
        text = (worker / file).read_text()
        assert old in text
        (worker / file).write_text(text.replace(old, new))
        monkeypatch.setattr(bubblewrap, "WORKER", worker)
    else:
        command = bubblewrap.command
        weaker = {old: new.split()}
        monkeypatch.setattr(bubblewrap, "command", lambda *given: [part for word in command(*given) for part in weaker.get(word, [word])])
    monkeypatch.setattr("autograder.sandbox.selftest.require", lambda *of: None)
    monkeypatch.setattr("autograder.grading.grade.Sandbox", Overheard)
    monkeypatch.setenv("GROUNDWORK_SECRET", keep.secret.environment)
    with Siege(keep, "text") as besieged:
        done = besieged.grade(besieged.hand_in(ATTACKS[name]))
    assert isinstance(done, Graded)
    assert done.result.score == FULL


SHOWN = ["[red]eve[link=x]", "'; drop table grade; --", "eve*", "{student_id}", "..eve", "--student", "<script>onslaught()<", "ada "]
REFUSED = ["eve\nnot graded: ada", "eve\x1b[2J\x1b]0;onslaught\x07", os.fsdecode(b"eve\xff"), "\u202eeve"]


def test_names_of_students_that_are_tricks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name forges no line of the log, gives a terminal no orders, stops no class, and is no other student's."""
    with make_keep(tmp_path) as keep:
        monkeypatch.setattr(cli, "course", lambda: Course(keep.root))
        for student in ["ada", *SHOWN, *REFUSED]:
            path = keep.root / "submitted" / student / "siege" / "text.ipynb"
            path.parent.mkdir(parents=True)
            shutil.copy(keep.notebook("text").release, path)
        done = CliRunner().invoke(cli.app, ["grade", "siege", "--course", str(keep.root), "--workers", "1"])
    assert done.exit_code == cli.UNGRADED
    assert [line for line in (done.stdout + done.stderr).splitlines() if not line.isprintable()] == []
    refused = [line for line in done.stderr.splitlines() if not line.startswith("not handed in, which counts as 0: ")]
    assert len(refused) == len(EXERCISES)  # a sentence a notebook
    assert all(line.startswith("not graded: ") and line.endswith("rename it") for line in refused)
    assert [name for name in REFUSED if shown(name) not in refused[0]] == []
    assert [name for name in SHOWN if name.strip() not in done.stdout] == []
    with sqlite3.connect(keep.root / "gradebook.db") as database:
        assert {name for (name,) in database.execute("select id from student")} == {"ada", *SHOWN}
