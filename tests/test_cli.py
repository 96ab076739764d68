"""The command line: what it prints, where, and its exit status."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import toy
from typer.testing import CliRunner, Result

from autograder import cli, demo
from autograder.build import ensure_built
from autograder.course import Course, CourseError, Notebook

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
    path.parent.mkdir(parents=True)
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
    assert found["ben"].keys() == {"student", "assignment", "notebook", "score", "max_score", "isolation", "exercises", "problems"}
    assert (found["ada"]["score"], found["ben"]["score"], found["ben"]["max_score"]) == (9, 6, 9)
    assert found["ben"]["isolation"] == "bubblewrap"
    double = found["ben"]["exercises"][0]
    assert double.keys() == {"id", "title", "score", "max_score", "tests"}
    assert double["tests"][0] == {"name": "test_twice", "passed": True, "message": ""}
    assert double["tests"][1]["message"].startswith("Your code should raise an exception here")
    assert [line.split(":")[1].split(",")[0].strip() for line in done.stderr.splitlines()] == ["cleo", "dora"]
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
    from sqlalchemy.exc import OperationalError

    from autograder.record import Recorder

    genuine = Recorder.record

    def record(self: Recorder, student: str, *graded: object) -> None:
        if student == "eve":
            raise OperationalError("INSERT INTO grade", {}, sqlite3.OperationalError("database is locked"))
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
        "not graded: ben, toy/first: the file is not a notebook (not JSON): it may be cut off; save it again in Jupyter and hand that in",
        "not recorded: cleo, toy: /cleo/toy/timestamp.txt does not hold a time (Unknown string format: soon): correct it, or delete it",
        f"not recorded: dora, toy: {folder / 'toy'}: Not a directory; put that right and grade again, with `--student dora`",
        "not recorded: eve, toy: database is locked; put that right and grade again, with `--student eve`",
        "not graded: finn, toy/first: there is no such file: hand in the notebook under its original name",
    ]
    with Gradebook(f"sqlite:///{notebook.root / 'gradebook.db'}") as gradebook:
        waiting = {row.student.id: (row.score, row.needs_manual_grade) for row in gradebook.assignment_submissions("toy")}
    assert waiting == {"ada": (9, False), "ben": (0, True), "finn": (0, False), "gil": (2, False)}
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


def test_check_finds_the_assignment_and_shows_the_author_their_own_values(notebook: Notebook, tmp_path: Path) -> None:
    path = tmp_path / "my copy.ipynb"
    nbformat.write(toy.submission(notebook, quadruple="def quadruple(x):\n    return 'my own text'"), path)
    done = run("check", path)
    assert done.exit_code == 0
    assert "First steps: 6 of 9 points" in done.stdout
    assert "✓ A text raises TypeError." in done.stdout
    assert "✗ Four times a number." in done.stdout
    assert "my own text" in " ".join(done.stdout.split())
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
    from autograder import grade
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
    from autograder import batch
    from autograder.grade import Grader
    from autograder.record import Recorder

    toy.write_source(notebook)
    assert run("build").exit_code == 0
    hand_in(notebook, "ada")
    with Recorder(notebook.root) as recorder:
        handed = batch.handed_in(recorder.coursedir, [notebook])
        done = list(batch.grade_class(handed, lambda one: Grader(one, isolation="none"), recorder))
    assert [type(found) for found in done] == [batch.Graded, batch.Ungraded]
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
        "First steps: 6 of 9 points",
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


def test_doctor_says_which_attempt_got_through(monkeypatch: pytest.MonkeyPatch) -> None:
    from autograder.sandbox import selftest

    attempts = [selftest.Attempt("open a socket", True, ""), selftest.Attempt("start a process", False, "pid 7")]
    monkeypatch.setattr(selftest, "require", lambda sandbox: None)
    monkeypatch.setattr(selftest, "attempts", lambda sandbox: attempts)
    done = run("doctor")
    assert done.exit_code == 1
    assert "attempt to start a process NOT STOPPED pid 7" in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("autograder gr", "grade"),
        ("autograder grade to", "toy"),
        ("autograder build x", ""),
        ("autograder grade toy --student a", "ada"),
        ("autograder check mine.ipynb --device c", "cpu\ncuda"),
        ("autograder check mine.ipynb --isolation n", "none"),
    ],
)
def test_the_shell_completes_commands_and_names(notebook: Notebook, typed: str, completed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hand_in(notebook, "ada")
    hand_in(notebook, "ben")
    monkeypatch.setenv("_AUTOGRADER_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", str(len(typed.split()) - 1))
    done = CliRunner().invoke(cli.app, prog_name="autograder")
    assert done.stdout.strip() == completed


def test_demo_text_is_filled_into_the_release(notebook: Notebook) -> None:
    text = """# Someone who answers one exercise.
# %% [markdown]
# Before everything.

# %% nbgrader={"grade_id": "person_answer"}
class Person: pass

# %%
mine = 1

# %% nbgrader={"grade_id": "double_answer"}
double = abs
"""
    filled = demo.fill(notebook.skeleton, text)
    assert [cell.id for cell in filled.cells] == [
        "student-1",
        "setup",
        "double_answer",
        "double",
        "person_answer",
        "student-2",
        "person",
        "quadruple_answer",
        "quadruple",
    ]
    sources = {cell.id: cell.source for cell in filled.cells}
    assert sources["student-1"] == "Before everything."
    assert (sources["person_answer"], sources["student-2"], sources["double_answer"]) == ("class Person: pass", "mine = 1", "double = abs")
    assert sources["quadruple_answer"] == toy.STUBS["quadruple"]
    assert "student-1" not in [cell.id for cell in notebook.skeleton.cells]
    nbformat.validate(filled)
    with pytest.raises(CourseError, match="double is no answer cell"):
        demo.fill(notebook.skeleton, '# %% nbgrader={"grade_id": "double"}\n1')


def test_the_demo_class_begins_anew_when_the_course_has_changed(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "STUDENTS", notebook.root / "nobody")
    root = notebook.root / "demo"
    root.mkdir()
    (root / "notes.txt").write_text("a person's")
    demo.make_class(root, Course(notebook.root))
    (root / "gradebook.db").write_text("marks")
    assert demo.make_class(root, Course(notebook.root)) == root
    assert (root / "gradebook.db").is_file()
    notebook.release.write_text(notebook.release.read_text() + "\n")
    demo.make_class(root, Course(notebook.root))
    assert not (root / "gradebook.db").exists()
    assert (root / "notes.txt").read_text() == "a person's"
