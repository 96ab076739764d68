"""The command line: what it prints, where, and its exit status."""

import contextlib
import json
import logging
import platform
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
import toy
import typer
from typer.testing import CliRunner, Result

from autograder import cli
from autograder.classroom.failure import Ungraded
from autograder.classroom.handed_in import handed_in
from autograder.course.build import ensure_built
from autograder.course.model import Course, Notebook

CONFIGURATION = "from pathlib import Path\nc = get_config()\nc.CourseDirectory.root = str(Path(__file__).resolve().parent)\n"
CONFIGURATION += "c.CourseDirectory.source_directory = str(Path(__file__).resolve().parent / 'build' / 'source')\n"


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Notebook:
    """A toy course that is in use where its source is."""
    notebook = toy.make(tmp_path)
    monkeypatch.setattr(cli, "course", lambda: Course(tmp_path))
    (tmp_path / "nbgrader_config.py").write_text(CONFIGURATION)
    monkeypatch.chdir(tmp_path)
    return notebook


def hand_in(notebook: Notebook, student: str, **answers: str) -> Path:
    path = notebook.root / "submitted" / student / notebook.assignment / f"{notebook.name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(toy.submission(notebook, **answers), path)
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def test_help_teaches_without_importing_what_is_slow() -> None:
    watched = "import sys; from autograder.cli import app\ntry: app(['--help'])\nexcept SystemExit: pass\n"
    watched += "print(sorted({'numpy', 'torch', 'nbformat', 'nbgrader', 'pytest'} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", watched], capture_output=True, text=True, check=True).stdout
    assert said.splitlines()[-1] == "[]"
    for word in ("build", "grade", "check", "doctor", "submitted/<student>/<assignment>/", "Exit status"):
        assert word in said


def test_grading_prints_one_object_a_line_and_lists_what_could_not_be_graded(notebook: Notebook) -> None:
    hand_in(notebook, "ada")
    hand_in(notebook, "ben", double="def double(x): return x + x")
    hand_in(notebook, "cleo").write_text("{}")
    hand_in(notebook, "dora").unlink()
    done = run("grade", "toy", "--no-record", "--json", "--workers", "2")
    assert done.exit_code == 1
    found = {line["student"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert sorted(found) == ["ada", "ben"]
    about = {"student", "assignment", "notebook", "score", "alone", "max_score", "isolation", "exercises", "problems"}
    assert found["ben"].keys() == about | {"assignment_score", "assignment_max_score", "graded_with", "release_names"}
    assert found["ben"]["graded_with"] == {"Python": platform.python_version()}
    assert (found["ada"]["score"], found["ben"]["score"], found["ben"]["max_score"]) == (9, 6, 9)
    assert found["ben"]["isolation"] == "bubblewrap"
    double = found["ben"]["exercises"][0]
    assert double.keys() == {"id", "title", "score", "alone", "max_score", "replaced", "message", "tests"}
    assert double["tests"][0] == {"name": "test_twice", "passed": True, "counts": True, "message": ""}
    assert double["tests"][1]["message"].startswith("Your code should raise TypeError here")
    assert [line.split(",")[0] for line in done.stderr.splitlines()] == ["not handed in", "not graded: cleo"]
    assert not (notebook.root / "gradebook.db").exists()


def test_one_student_alone_can_be_graded(notebook: Notebook) -> None:
    hand_in(notebook, "ada")
    hand_in(notebook, "ben")
    done = run("grade", "toy", "--no-record", "--student", "ben")
    assert done.exit_code == 0
    assert "ben" in done.stdout
    assert "ada" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["grade", "nothing"], "there is no assignment 'nothing'"),
        (["grade", "toy"], "nobody has handed in toy"),
        (["grade", "toy", "--device", "abacus", "--student", "ada"], "choose auto, cpu or cuda"),
        (["grade", "toy", "--course", "submitted"], "there is no nbgrader_config.py"),
        (["grade", "toy", "--workers", "0"], "--workers"),
        (["check", "x.ipynb", "--isolation", "hope"], "choose bubblewrap or none"),
        (["build", "--check", "--execute"], "choose one"),
        (["frobnicate"], "No such command"),
    ],
)
def test_wrong_use_is_said_with_status_2(notebook: Notebook, arguments: list[str], complaint: str) -> None:
    if "--student" in arguments:
        hand_in(notebook, "ada")
    done = run(*arguments)
    assert complaint in " ".join(done.stderr.replace("│", " ").split())
    assert done.exit_code == 2


def test_a_course_is_built_graded_and_recorded_for_nbgrader(notebook: Notebook) -> None:
    from nbgrader.api import Gradebook

    toy.write_source(notebook)
    notebook.release.unlink()
    assert "is missing" in run("build", "--check").stdout
    assert "wrote release/toy/first.ipynb" in run("build", "toy").stdout
    assert "solutions/toy/first.ipynb is missing" in run("build", "--check").stdout
    hand_in(notebook, "ada")
    hand_in(notebook, "ben", quadruple=toy.STUBS["quadruple"])
    hand_in(notebook, "cleo").write_text("not a notebook")
    done = run("grade", "toy")
    assert done.exit_code == 1
    assert [line.split(",")[0] for line in done.stderr.splitlines()] == ["not graded: cleo"], done.stderr
    with Gradebook(f"sqlite:///{notebook.root / 'gradebook.db'}") as gradebook:
        scores = {row.student.id: row.score for row in gradebook.assignment_submissions("toy")}
    assert scores == {"ada": 9, "ben": 6, "cleo": 0}
    assert sorted(path.parts[-3] for path in (notebook.root / "feedback").glob("*/toy/first.html")) == ["ada", "ben"]


def test_what_goes_wrong_with_some_is_listed_and_the_others_are_recorded(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    from nbgrader.api import Gradebook

    from autograder.gradebook.database import AGAIN, RecordError
    from autograder.gradebook.record import Recorder

    genuine = Recorder.record

    def record(self: Recorder, student: str, *graded: object) -> None:
        if student == "eve":
            raise RecordError(f"another program recorded the same at the same moment; {AGAIN}")
        genuine(self, student, *graded)

    monkeypatch.setattr(Recorder, "record", record)
    toy.write_source(notebook)
    run("build", "toy")
    hand_in(notebook, "ada")
    hand_in(notebook, "ben").write_text("not a notebook")
    hand_in(notebook, "cleo").with_name("timestamp.txt").write_text("soon")
    hand_in(notebook, "dora")
    folder = notebook.root / "autograded" / "dora"
    folder.parent.mkdir()
    folder.write_text("no folder")
    hand_in(notebook, "eve")
    hand_in(notebook, "finn").unlink()
    hand_in(notebook, "gil", double=toy.STUBS["double"])
    done = run("grade", "toy")
    assert done.exit_code == 1
    assert [line.replace(str(notebook.root / "submitted"), "") for line in done.stderr.splitlines()] == [
        "not handed in, which counts as 0: finn, toy/first",
        "not graded: ben, toy/first: the file is not a notebook (not JSON): it may be cut off; save it again in Jupyter and hand that in",
        f"not recorded: dora, toy: {folder}: Not a directory: put that right, {AGAIN}",
        f"not recorded: eve, toy: another program recorded the same at the same moment; {AGAIN}",
        (
            "note: /cleo/toy/timestamp.txt holds no time in a zone that is known here, such as 2025-01-02 03:04:05 UTC: "
            "the marks are recorded without it; correct it and grade again"
        ),
    ]
    assert done.stdout.endswith(f"Marks of 4 students are in the gradebook, and pages for students in {notebook.root / 'feedback'}.\n")
    with Gradebook(f"sqlite:///{notebook.root / 'gradebook.db'}") as gradebook:
        waiting = {row.student.id: (row.score, row.needs_manual_grade) for row in gradebook.assignment_submissions("toy")}
    assert waiting == {"ada": (9, False), "ben": (0, True), "cleo": (9, False), "finn": (0, False), "gil": (5, False)}
    folder.unlink()
    assert run("grade", "toy", "--student", "dora").exit_code == 0


def test_what_is_wrong_with_the_course_is_said_once_and_before_the_work(notebook: Notebook) -> None:
    toy.write_source(notebook)
    ensure_built(Course(notebook.root))
    hand_in(notebook, "ada")
    hand_in(notebook, "ben")
    done = run("grade", "toy")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "the release of toy/first is not what its source gives: run `autograder build toy`\n"


@pytest.fixture
def in_use(notebook: Notebook) -> Notebook:
    """A course that is built, with its gradebook."""
    toy.write_source(notebook)
    assert run("build", "toy").exit_code == 0
    hand_in(notebook, "ada")
    assert run("grade", "toy").exit_code == 0
    return notebook


def rows(notebook: Notebook) -> list[tuple[object, ...]]:
    """Student, sum of marks or None, whether a person has to look."""
    query = """
        select student_id, sum(auto_score), max(needs_manual_grade) from grade join submitted_notebook s on s.id = grade.notebook_id
        join submitted_assignment a on a.id = s.assignment_id group by student_id order by student_id
    """
    with contextlib.closing(sqlite3.connect(notebook.root / "gradebook.db")) as database:
        return database.execute(query).fetchall()


@pytest.mark.parametrize(
    "name", ["typo", "", ".", "..", "ada/../ben", "ada/", "/ada", "ad", "a\nb", "../submitted/ada", "ada/toy", "*", "nobody at all"]
)
def test_only_who_handed_in_can_be_named(in_use: Notebook, name: str) -> None:
    hand_in(in_use, "ben")
    before = rows(in_use)
    done = run("grade", "toy", "--student", "ada", "--student", name)
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"{name!r} has not handed in toy: there is no folder" in done.stderr
    assert "ada" in done.stderr.rpartition(";")[2] or "ben" in done.stderr.rpartition(";")[2]
    assert done.stderr.count("\n") == 1
    assert rows(in_use) == before


def test_a_name_that_is_nearly_right_is_guessed(in_use: Notebook) -> None:
    hand_in(in_use, "adamantia")
    assert run("grade", "toy", "--student", "adamanta").stderr.endswith("; do you mean adamantia?\n")
    assert run("grade", "toy", "--student", "zoe").stderr.endswith("; these students have: ada, adamantia\n")


@pytest.mark.parametrize("name", ["../toy", "", ".", "toy/", "toy/../toy", "*", "to"])
def test_only_an_assignment_of_the_course_can_be_named(in_use: Notebook, name: str) -> None:
    for words in (("grade", name), ("build", name)):
        done = run(*words)
        assert (done.exit_code, done.stdout) == (2, ""), words
        assert f"there is no assignment {name!r}" in done.stderr


def test_who_is_named_twice_is_graded_once(in_use: Notebook) -> None:
    done = run("grade", "toy", "--student", "ada", "--student", "ada", "--json")
    assert [json.loads(line)["student"] for line in done.stdout.splitlines()] == ["ada"]


def test_nothing_is_said_of_marks_when_none_was_recorded(in_use: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    from autograder.gradebook.database import RecordError
    from autograder.gradebook.record import Recorder

    def refuse(*_: object) -> None:
        raise RecordError("no")

    assert "Marks of one student are in the gradebook" in run("grade", "toy").stdout
    monkeypatch.setattr(Recorder, "record", refuse)
    done = run("grade", "toy")
    assert done.exit_code == 1
    assert "Marks" not in done.stdout
    assert "Marks" not in run("grade", "toy", "--no-record").stdout


LYING: dict[str, tuple[tuple[str, ...], bool, str]] = {
    "nothing": ((), True, ""),
    "what is something else": (("notes.txt", "data/numbers.csv"), True, ""),
    "a name in other letters": (("First.ipynb",), False, "First.ipynb"),
    "a copy": (("first (1).ipynb",), False, "first (1).ipynb"),
    "another ending": (("first.IPYNB",), False, "first.IPYNB"),
    "an ending more": (("first.ipynb.txt",), False, "first.ipynb.txt"),
    "an archive": (("first.zip",), False, "first.zip"),
    "any other notebook": (("Untitled.ipynb",), False, "Untitled.ipynb"),
    "two of them": (("a.ipynb", "b.ipynb"), False, "a.ipynb, b.ipynb"),
    "a folder more": (("toy/first.ipynb",), False, "toy/first.ipynb"),
    "what Jupyter keeps besides": ((".ipynb_checkpoints/first-checkpoint.ipynb",), False, ".ipynb_checkpoints/first-checkpoint.ipynb"),
    "many folders in one another": (("/".join("x" * 20) + "/first.ipynb",), False, "x/x/x/x/x/x/x/x/x/x/x/"),
}


@pytest.mark.parametrize(("names", "missing", "found"), LYING.values(), ids=LYING)
def test_what_cannot_be_read_under_another_name_waits_for_a_person_and_nothing_is_zero(
    in_use: Notebook, names: tuple[str, ...], missing: bool, found: str
) -> None:
    for student in ("ada", "new"):
        folder = hand_in(in_use, student).parent
        (folder / "first.ipynb").unlink()
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text('{"cells": [')
    done = run("grade", "toy")
    if missing:
        assert (done.exit_code, done.stderr) == (0, "not handed in, which counts as 0: ada, new, toy/first\n")
        assert rows(in_use) == [("ada", 0, 0), ("new", 0, 0)]
    else:
        lines = done.stderr.splitlines()
        assert (done.exit_code, len(lines)) == (1, 2)
        for line, student in zip(lines, ("ada", "new"), strict=True):
            folder = in_use.root / "submitted" / student / "toy"
            assert line.startswith(f"not graded: {student}, toy/first: there is no first.ipynb in {folder}, and this may be it: {found}: ")
        assert "Marks" not in done.stdout
        assert rows(in_use) == [("ada", 9, 1), ("new", None, 1)]


@pytest.mark.parametrize("content", ["", "{", "a link", "a folder"])
def test_an_earlier_mark_stays_and_is_flagged_when_what_lies_there_cannot_be_read(in_use: Notebook, content: str) -> None:
    path = in_use.root / "submitted" / "ada" / "toy" / "first.ipynb"
    path.rename(in_use.root / "kept.ipynb")
    if content == "a link":
        path.symlink_to(in_use.root / "kept.ipynb")
    elif content == "a folder":
        path.mkdir()
    else:
        path.write_text(content)
    done = run("grade", "toy")
    assert (done.exit_code, rows(in_use)) == (1, [("ada", 9, 1)])
    assert done.stderr.startswith("not graded: ada, toy/first: ")
    assert "Marks" not in done.stdout


def test_of_two_notebooks_the_one_that_is_missing_is_named_and_zero(in_use: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    second = Notebook("toy", "second", in_use.root)
    for place in ("source", "release", "built", "suite", "probes", "reference"):
        shutil.copy(getattr(in_use, place), getattr(second, place))
    second.suite.write_text(second.suite.read_text().replace("first_probes", "second_probes"))
    (in_use.root / "gradebook.db").unlink()
    shutil.copy(second.release, hand_in(in_use, "ben").with_name("second.ipynb"))
    hand_in(in_use, "cleo").with_name("second one.ipynb").write_text("{}")
    done = run("grade", "toy")
    assert done.exit_code == 1
    lines = done.stderr.splitlines()
    assert lines[0] == "not handed in, which counts as 0: ada, toy/second"
    assert lines[1].startswith("not graded: cleo, toy/second: there is no second.ipynb in ")
    assert len(lines) == 2
    assert rows(in_use) == [("ada", 9, 0), ("ben", 9, 0), ("cleo", 9, 1)]
    assert "Marks of 3 students are in the gradebook" in done.stdout


def damage(notebook: Notebook) -> None:
    with (notebook.root / "gradebook.db").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * 100_000)


def hold(notebook: Notebook) -> object:
    other = sqlite3.connect(notebook.root / "gradebook.db", isolation_level=None)
    other.execute("begin immediate")
    return other


def put_a_folder_there(notebook: Notebook) -> None:
    (notebook.root / "gradebook.db").unlink()
    (notebook.root / "gradebook.db").mkdir()


def say_another_place(db_url: str) -> Callable[[Notebook], object]:
    return lambda notebook: (notebook.root / "nbgrader_config.py").write_text(f"{CONFIGURATION}c.CourseDirectory.db_url = {db_url!r}\n")


GRADEBOOKS: dict[str, tuple[Callable[[Notebook], object], int, str]] = {
    "damaged": (damage, 1, "is damaged"),
    "locked": (hold, 1, "another program keeps the gradebook"),
    "a folder": (put_a_folder_there, 1, "cannot be written"),
    "no driver": (say_another_place("postgresql+pg8000://me:s3cr3t@localhost/x"), 1, "needs pg8000, which is not installed"),
    "no URL": (say_another_place("me:s3cr3t@localhost"), 2, "is not the URL of a database"),
}


@pytest.mark.parametrize(("spoil", "status", "sentence"), GRADEBOOKS.values(), ids=GRADEBOOKS)
def test_a_gradebook_that_fails_is_said_once_for_a_class(
    in_use: Notebook, spoil: Callable[[Notebook], object], status: int, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autograder.gradebook import database

    monkeypatch.setattr(database, "WAIT", 0.1)
    for student in ("ben", "cleo", "dora"):
        hand_in(in_use, student)
    held = spoil(in_use)
    done = run("grade", "toy")
    assert done.exit_code == status
    assert done.stderr.count("\n") == done.stderr.count(sentence) == 1, done.stderr
    for word in ("s3cr3t", "sqlalche.me", "[SQL", "Traceback", "sqlite3."):
        assert word not in done.stdout + done.stderr
    assert "Marks" not in done.stdout
    if held and spoil is hold:
        assert "ada, ben, cleo, dora" in done.stderr
        assert len(list((in_use.root / "build" / "results").glob("*.json"))) >= 1
        held.close()  # type: ignore[attr-defined]
        assert run("grade", "toy").exit_code == 0
        assert [row[:2] for row in rows(in_use)] == [("ada", 9), ("ben", 9), ("cleo", 9), ("dora", 9)]


def test_a_store_that_fails_is_said_once_and_all_are_graded(in_use: Notebook) -> None:
    shutil.rmtree(in_use.root / "build" / "results")
    (in_use.root / "build" / "results").write_text("a file")
    hand_in(in_use, "ben", double="def double(x): return x + x")
    done = run("grade", "toy")
    assert done.exit_code == 0
    assert done.stderr.startswith(f"note: results cannot be kept in {in_use.root / 'build' / 'results'} (")
    assert done.stderr.count("\n") == 1
    assert rows(in_use) == [("ada", 9, 0), ("ben", 6, 0)]


def test_without_a_temporary_folder_nothing_is_graded_and_it_is_said(in_use: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/nowhere"])
    for words in (("grade", "toy"), ("check", in_use.root / "submitted" / "ada" / "toy" / "first.ipynb")):
        done = run(*words)
        assert (done.exit_code, done.stdout) == (1, "")
        assert done.stderr.startswith("Nothing is graded here: No usable temporary directory found in ['/nowhere']: free some space there")


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_command_that_is_stopped_says_how_to_go_on_and_does(
    in_use: Notebook, monkeypatch: pytest.MonkeyPatch, sent: signal.Signals, status: int
) -> None:
    from autograder.gradebook.record import Recorder

    genuine = Recorder.record

    def record(self: Recorder, student: str, *graded: object) -> None:
        genuine(self, student, *graded)  # type: ignore[arg-type]
        signal.raise_signal(sent)

    before = signal.getsignal(sent)
    for student in ("ben", "cleo"):
        hand_in(in_use, student)
    monkeypatch.setattr(Recorder, "record", record)
    done = run("grade", "toy", "--workers", "1", "--student", "ben", "--student", "cleo")
    assert done.exit_code == status
    assert done.stderr == "Stopped. What is recorded stays, and the same command goes on from there.\n"
    assert len(rows(in_use)) == 2
    assert signal.getsignal(sent) is before
    monkeypatch.undo()
    monkeypatch.setattr(cli, "course", lambda: Course(in_use.root))
    monkeypatch.chdir(in_use.root)
    assert run("grade", "toy").exit_code == 0
    assert rows(in_use) == [("ada", 9, 0), ("ben", 9, 0), ("cleo", 9, 0)]


def test_what_a_library_says_of_a_stop_is_not_said(caplog: pytest.LogCaptureFixture) -> None:
    @cli._stoppable()
    def work() -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        except BaseException:
            logging.getLogger("of a library").exception("Exception during reset or similar")
            raise

    with pytest.raises(typer.Exit):
        work()
    assert caplog.messages == []
    logging.getLogger("of a library").error("later")
    assert caplog.messages == ["later"]


def test_a_stop_that_python_drops_comes_again() -> None:
    class Thing:
        pass

    @cli._stoppable()
    def wait_for_a_minute() -> None:
        things = [Thing()]
        kept = weakref.ref(things[0], lambda _: signal.raise_signal(signal.SIGTERM))
        things.clear()
        assert kept() is None
        threading.Event().wait(60)

    before, began = sys.unraisablehook, time.monotonic()
    with pytest.raises(typer.Exit) as ended:
        wait_for_a_minute()
    assert ended.value.exit_code == 128 + signal.SIGTERM
    assert time.monotonic() - began < 30
    assert sys.unraisablehook is before


def test_check_finds_the_assignment_and_shows_the_author_their_own_values(notebook: Notebook, tmp_path: Path) -> None:
    path = tmp_path / "my copy.ipynb"
    nbformat.write(toy.submission(notebook, quadruple="def quadruple(x):\n    return 'my own text'"), path)
    done = run("check", path)
    assert done.exit_code == 0
    assert "First steps: 6 of 9 points" in done.stdout
    assert "✓ A text raises TypeError." in done.stdout
    assert "✗ Four times a number." in done.stdout
    assert "my own text" in " ".join(done.stdout.split())
    assert f"Graded with Python {platform.python_version()}." in done.stdout
    assert not (notebook.root / "build" / "results").exists()


def test_check_in_json_says_nothing_that_the_notebook_chose(notebook: Notebook, tmp_path: Path) -> None:
    path = tmp_path / "mine.ipynb"
    nbformat.write(toy.submission(notebook, quadruple="def quadruple(x):\n    return 'my own text'"), path)
    done = run("check", path, "--assignment", "toy/first", "--isolation", "none", "--json")
    said = json.loads(done.stdout)
    assert (done.exit_code, said["score"], said["isolation"]) == (0, 6, "none")
    assert "my own text" not in done.stdout


def test_check_of_what_is_no_notebook_of_the_course(notebook: Notebook, tmp_path: Path) -> None:
    path = tmp_path / "other.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")]), path)
    done = run("check", path)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "none of its cells is of any assignment" in done.stderr
    assert run("check", tmp_path / "no such.ipynb").exit_code == 1


def test_where_nothing_can_be_isolated_check_offers_to_run_own_code(
    notebook: Notebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autograder.grading import grade
    from autograder.sandbox import SandboxUnavailable

    def refuse(*_: object) -> None:
        raise SandboxUnavailable("this system has no user namespaces")

    path = tmp_path / "mine.ipynb"
    nbformat.write(toy.submission(notebook), path)
    monkeypatch.setattr(grade, "Sandbox", refuse)
    done = run("check", path)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "this system has no user namespaces" in done.stderr
    assert "`--isolation none`" in done.stderr


@pytest.fixture
def forbidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine's bubblewrap fails as it does where user namespaces are forbidden."""
    from autograder.sandbox import bubblewrap

    program = tmp_path / "bwrap"
    program.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(bubblewrap, "find", lambda: program)
    monkeypatch.setattr(bubblewrap, "_in_container", lambda: True)


@pytest.mark.usefixtures("forbidden")
def test_where_nothing_can_be_isolated_every_command_refuses_and_says_what_to_do(notebook: Notebook) -> None:
    toy.write_source(notebook)
    assert run("build").exit_code == 0
    path = hand_in(notebook, "ada")
    for words in (("grade", "toy"), ("grade", "toy", "--no-record"), ("grade", "toy", "--json"), ("check", path), ("doctor",)):
        done = run(*words)
        assert done.exit_code == 1, words
        assert "--security-opt seccomp=unconfined" in " ".join((done.stdout + done.stderr).split()), words
    assert not list(notebook.root.glob("autograded/*/*/*")) + list(notebook.root.glob("feedback/*/*/*"))
    assert not list(notebook.root.glob("build/results/*"))


@pytest.mark.parametrize("command", ["grade", "build", "doctor"])
def test_only_a_check_can_go_without_isolation(notebook: Notebook, command: str) -> None:
    hand_in(notebook, "ada")
    done = run(command, *(["toy"] if command != "doctor" else []), "--isolation", "none")
    assert done.exit_code == 2
    assert "No such option" in done.stderr


def test_what_was_found_without_isolation_is_not_recorded(notebook: Notebook) -> None:
    from autograder.classroom import batch
    from autograder.gradebook.record import Recorder
    from autograder.grading.grade import Grader

    toy.write_source(notebook)
    assert run("build").exit_code == 0
    hand_in(notebook, "ada")
    with Recorder(notebook.root) as recorder:
        handed = handed_in(recorder.coursedir, [notebook])
        done = list(batch.grade_class(handed, lambda one: Grader(one, isolation="none"), recorder))
    assert [type(found) for found in done] == [batch.Graded, Ungraded]
    assert "only results found with bubblewrap are recorded" in done[1].cause
    assert not list(notebook.root.glob("autograded/*/*/*")) + list(notebook.root.glob("feedback/*/*/*"))
    with sqlite3.connect(notebook.root / "gradebook.db") as gradebook:
        assert gradebook.execute("select count(*) from grade").fetchone() == (0,)


def test_control_characters_of_a_notebook_do_not_reach_the_terminal(notebook: Notebook, tmp_path: Path) -> None:
    path = tmp_path / "mine.ipynb"
    nbformat.write(toy.submission(notebook, quadruple="def quadruple(x):\n    raise ValueError('\\x1b]0;gotcha\\x07')"), path)
    done = run("check", path)
    assert "gotcha" in done.stdout
    assert "\x1b]" not in done.stdout


def test_check_ends_with_the_points_of_every_exercise(notebook: Notebook, tmp_path: Path) -> None:
    path = tmp_path / "mine.ipynb"
    nbformat.write(toy.submission(notebook, quadruple="def quadruple(x):\n    return 'my own text'"), path)
    lines = [" ".join(line.split()) for line in run("check", path).stdout.splitlines()]
    start = lines.index("exercise tests passed points")
    assert lines[start + 1 :] == [
        "Twice a number 2 of 2 4 of 4",
        "A person 2 of 2 2 of 2",
        "Twice twice 0 of 2 0 of 3",
        f"Graded with Python {platform.python_version()}.",
        "First steps: 6 of 9 points",
    ]


HALF_OF_DOUBLE = "def double(x):\n    return x if isinstance(x, str) else 3 * x"


def waiting(notebook: Notebook, tmp_path: Path) -> Path:
    """Somebody whose second exercise is right, but stands on the first, of which the half is."""
    path = tmp_path / "mine.ipynb"
    nbformat.write(toy.submission(notebook, double=HALF_OF_DOUBLE), path)
    return path


def test_check_says_what_an_exercise_waits_for_and_does_not_call_it_done(notebook: Notebook, tmp_path: Path) -> None:
    said = " ".join(run("check", waiting(notebook, tmp_path)).stdout.split())
    assert "0 as your notebook stands, 3 more with our “Twice a number” in the place of yours." in said
    assert "Twice twice 0 of 2 3 of 3: right, waits for “Twice a number”" in said
    assert said.endswith("First steps: 5 of 9 points, 2 as your notebook stands")


def test_json_has_both_numbers(notebook: Notebook, tmp_path: Path) -> None:
    said = json.loads(run("check", "--json", waiting(notebook, tmp_path)).stdout)
    assert (said["score"], said["alone"]) == (5, 2)
    quadruple = next(exercise for exercise in said["exercises"] if exercise["id"] == "quadruple")
    assert (quadruple["score"], quadruple["alone"], quadruple["replaced"]) == (3, 0, ["double"])
    assert quadruple["message"] == "0 as your notebook stands, 3 more with our “Twice a number” in the place of yours."
    assert [(test["passed"], test["counts"]) for test in quadruple["tests"]] == [(False, True), (False, True)]


def test_a_table_of_marks_has_both_numbers(notebook: Notebook) -> None:
    hand_in(notebook, "ada", double=HALF_OF_DOUBLE)
    said = run("grade", "toy", "--no-record").stdout
    assert [line.split() for line in said.splitlines()] == [
        ["student", "notebook", "mark", "of", "as", "it", "stands"],
        ["ada", "first", "5", "9", "2"],
    ]


def test_doctor_attacks_the_sandbox_and_says_that_this_machine_can_grade() -> None:
    done = run("doctor")
    assert done.exit_code == 0
    assert "This machine can grade." in done.stdout
    assert "what to do" not in done.stdout
    attempts = [line for line in done.stdout.splitlines() if line.startswith("attempt to ")]
    assert len(attempts) >= 12
    assert all(line.split()[-1] == "stopped" for line in attempts)


def test_doctor_says_what_is_missing_and_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import metadata

    from autograder import sandbox
    from autograder.sandbox import SandboxUnavailable

    def none_of_it(package: str) -> str:
        raise metadata.PackageNotFoundError(package)

    def refuse() -> None:
        raise SandboxUnavailable("user namespaces are forbidden here: allow them")

    monkeypatch.setattr(metadata, "version", none_of_it)
    monkeypatch.setattr(sandbox, "Sandbox", refuse)
    done = run("doctor")
    said = " ".join(done.stdout.split())
    assert done.exit_code == 1
    assert "torch missing `python3 course.py setup` sets up what is missing" in said
    assert "sandbox there is none user namespaces are forbidden here: allow them" in said
    assert "This machine cannot grade" in said


@pytest.mark.parametrize(("files", "status"), [(["autograder/__init__.py,,"], 1), (["__editable__.autograder-0.1.0.pth,,"], 0)])
def test_doctor_refuses_an_environment_with_the_other_project_of_this_name(
    files: list[str], status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = tmp_path / "autograder-3.7.7.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: autograder\nVersion: 3.7.7\n")
    (about / "RECORD").write_text("\n".join(files))
    monkeypatch.syspath_prepend(tmp_path)
    done = run("doctor")
    assert done.exit_code == status
    said = " ".join(done.stdout.split())
    assert ("autograder version 3.7.7 another project's, with the same import and the same command" in said) == bool(status)


def test_doctor_says_which_attempt_got_through(monkeypatch: pytest.MonkeyPatch) -> None:
    from autograder.sandbox import selftest

    attempts = [selftest.Attempt("open a socket", True, ""), selftest.Attempt("start a process", False, "pid 7")]
    monkeypatch.setattr(selftest, "require", lambda *of: None)
    monkeypatch.setattr(selftest, "attempts", lambda *of: attempts)
    done = run("doctor")
    assert done.exit_code == 1
    assert "attempt to start a process NOT STOPPED pid 7" in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("autograder gr", "grade"),
        ("autograder grade to", "toy"),
        ("autograder build x", ""),
        ("autograder build _", ""),
        ("autograder grade toy --student a", "ada"),
        ("autograder check mine.ipynb --device c", "cpu\ncuda"),
        ("autograder check mine.ipynb --isolation n", "none"),
    ],
)
def test_the_shell_completes_commands_and_names(notebook: Notebook, typed: str, completed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hand_in(notebook, "ada")
    hand_in(notebook, "ben")
    (notebook.root / "source" / "_shared").mkdir()
    (notebook.root / "source" / "_shared" / "rate.py").touch()
    monkeypatch.setenv("_AUTOGRADER_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", str(len(typed.split()) - 1))
    done = CliRunner().invoke(cli.app, prog_name="autograder")
    assert done.stdout.strip() == completed
