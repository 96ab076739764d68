"""nbgrader's own commands, from a release to the marks: the story of one assignment is played once and looked at from all sides."""

from __future__ import annotations

import csv
import datetime
import fnmatch
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import toy
from commands import Nbgrader, run
from disks import nest
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError
from nbgrader.utils import parse_utc

from autograder.course import audit, build
from autograder.course.model import ROOT, Course
from autograder.gradebook.exchange import Collect, ReleaseFeedback, moment, notes
from autograder.submission.rebuild import LEFT_OUT

FOR_ALL = """\
c = get_config()
c.Exchange.root = {exchange!r}
c.CourseDirectory.course_id = "groundwork"
c.ExchangeCollect.check_owner = False  # one user plays everybody
"""
ZERO_WHEN_LATE = '\nc.LateSubmissionPlugin.penalty_method = "zero"\n'


class Machine:
    """A machine that a class shares: an exchange for all, for everybody a folder and a home, for the instructor the course."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.said: dict[tuple[str, str], str] = {}
        (root / "etc").mkdir()
        (root / "etc" / "nbgrader_config.py").write_text(FOR_ALL.format(exchange=str(root / "exchange")))
        self.notebook = toy.make(self.of("instructor"))
        toy.write_source(self.notebook)
        shutil.rmtree(self.notebook.release.parent)
        (self.of("instructor") / "nbgrader_config.py").write_text((ROOT / "nbgrader_config.py").read_text() + ZERO_WHEN_LATE)

    def of(self, person: str) -> Path:
        folder = self.root / person
        folder.mkdir(exist_ok=True)
        return folder

    def exchange(self, place: str) -> list[Path]:
        return sorted((self.root / "exchange" / "groundwork").glob(place))

    def type(self, *commands: tuple[str, str]) -> None:
        """Let people type a command of nbgrader each, all at once; `said` keeps what they are told."""
        running = [Nbgrader(self.of(person), command, JUPYTER_CONFIG_PATH=str(self.root / "etc")) for person, command in commands]
        for (person, command), at_work in zip(commands, running, strict=True):
            status, self.said[person, command] = at_work.end()
            assert status == 0, f"{person}: nbgrader {command}\n{self.said[person, command]}"

    def answer(self, person: str, **answers: str) -> None:
        nbformat.write(toy.submission(self.notebook, **answers), self.of(person) / "toy" / "first.ipynb")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """Ada and Ben take the assignment from the exchange and hand it in there, Ben twice and late; Cleo sends hers by mail."""
    machine = Machine(tmp_path_factory.mktemp("machine"))
    course = machine.of("instructor")
    machine.type(("instructor", "generate_assignment toy"))
    machine.type(("instructor", "release_assignment toy"))

    machine.type(("ada", "list"), ("ben", "fetch_assignment toy"))
    machine.type(("ada", "fetch_assignment toy"), ("ben", "validate toy/first.ipynb"))
    machine.answer("ada")
    machine.type(("ada", "validate toy/first.ipynb"), ("ben", "submit toy --student ben"))
    machine.type(("ada", "submit toy --student ada"))
    machine.answer("ben", double="def double(x):\n    return x + x")
    machine.type(("ben", "submit toy --student ben"))
    machine.exchange("inbound/ben*")[-1].joinpath("more.ipynb").symlink_to(machine.notebook.built)

    mailed = course / "submitted" / "cleo" / "toy" / "first.ipynb"
    mailed.parent.mkdir(parents=True)
    nbformat.write(toy.submission(machine.notebook, quadruple=toy.STUBS["quadruple"]), mailed)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "groundwork") as gradebook:
        gradebook.update_or_create_assignment("toy", duedate=handed_in_at(machine.exchange("inbound/ada*")[0]))
    machine.type(("instructor", "collect toy"), ("instructor", "list --inbound"))
    machine.type(("instructor", "autograde toy"))
    machine.type(("instructor", "generate_feedback toy"), ("ada", "list --cached"))
    machine.type(("instructor", "release_feedback toy"), ("instructor", "export"))
    machine.type(("ada", "fetch_feedback toy"), ("ben", "fetch_feedback toy"))
    return machine


def handed_in_at(folder: Path) -> object:
    return parse_utc((folder / "timestamp.txt").read_text())


def mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode) & 0o777)


def test_the_release_is_the_one_that_autograder_build_makes(story: Machine) -> None:
    assert build.check(Course(story.of("instructor"))) == [
        "solutions/toy/first.ipynb is missing: run `autograder build --execute toy`"  # and nothing of the release
    ]


def test_what_students_get_is_the_release_and_gives_nothing_away(story: Machine) -> None:
    (outbound,) = story.exchange("outbound/*")
    assert [path.name for path in outbound.iterdir()] == ["first.ipynb"]
    assert (outbound / "first.ipynb").read_bytes() == story.notebook.release.read_bytes()
    assert audit.leaks({story.notebook: build.read(story.notebook)}, outbound) == []
    assert "Released assignments" in story.said["ada", "list"]
    assert "groundwork toy" in story.said["ada", "list"]


def test_students_read_the_release_and_not_each_others_work(story: Machine) -> None:
    found = {path.name: mode(path) for path in story.exchange("*")}
    assert found == {"outbound": "0o755", "inbound": "0o733", "feedback": "0o711"}
    assert mode(story.exchange("outbound/toy/first.ipynb")[0]) == "0o644"


def test_validate_runs_the_visible_checks(story: Machine) -> None:
    assert "VALIDATION FAILED ON 3 CELL(S)" in story.said["ben", "validate toy/first.ipynb"]
    assert "name 'quadruple' is not defined" in story.said["ben", "validate toy/first.ipynb"]
    assert "Success! Your notebook passes all the tests." in story.said["ada", "validate toy/first.ipynb"]


def test_the_last_submission_is_collected(story: Machine) -> None:
    first, last = story.exchange("inbound/ben*")
    assert story.said["instructor", "list --inbound"].count("groundwork ben toy") == 2
    collected = story.of("instructor") / "submitted" / "ben" / "toy"
    assert (collected / "first.ipynb").read_bytes() == (last / "first.ipynb").read_bytes() != (first / "first.ipynb").read_bytes()
    assert notes(collected) == notes(last)


def test_a_link_that_a_student_left_in_the_exchange_is_not_followed(story: Machine) -> None:
    assert (story.of("instructor") / "submitted" / "ben" / "toy" / "more.ipynb").read_bytes() == LEFT_OUT
    assert not list(story.of("instructor").glob("autograded/ben/toy/more*"))


def test_the_exported_marks_are_those_of_the_hidden_tests(story: Machine) -> None:
    with (story.of("instructor") / "grades.csv").open() as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert {
        student: tuple(map(float, (row["raw_score"], row["late_submission_penalty"], row["score"], row["max_score"])))
        for student, row in rows.items()
    } == {
        "ada": (9, 0, 9, 9),
        "ben": (6, 6, 0, 9),  # a quarter of `double`; late
        "cleo": (6, 0, 6, 9),
    }
    assert parse_utc(rows["ben"]["timestamp"]) == handed_in_at(story.exchange("inbound/ben*")[-1])


MOMENTS: dict[str, datetime.datetime | None] = {
    "2025-01-02 03:04:05.600000 UTC": datetime.datetime(2025, 1, 2, 3, 4, 5, 600_000),
    "2025-01-02 03:04:05": datetime.datetime(2025, 1, 2, 3, 4, 5),
    "2025-01-02T03:04:05Z": datetime.datetime(2025, 1, 2, 3, 4, 5),
    "2025-01-02 03:04:05 CET": datetime.datetime(2025, 1, 2, 2, 4, 5),
    "2025-07-02 03:04:05 Europe/Berlin": datetime.datetime(2025, 7, 2, 1, 4, 5),
    "2025-01-02 03:04:05 America/New_York": datetime.datetime(2025, 1, 2, 8, 4, 5),
    "2025-01-02 03:04:05 +0130": datetime.datetime(2025, 1, 2, 1, 34, 5),
    "2025-01-02 03:04:05-01:30": datetime.datetime(2025, 1, 2, 4, 34, 5),
    "\ufeff2025-01-02 03:04:05 UTC\r\n": datetime.datetime(2025, 1, 2, 3, 4, 5),
    "2025-01-02 03:04:05 XYZT": None,
    "2025-01-02 03:04:05 America": None,
    "2025-01-02 03:04:05 ../../etc/passwd": None,
    "2025-01-02 03:04:05+01:00 CET": None,
    "0001-01-01 00:00:00 +2300": None,
    "2025-13-02 03:04:05 UTC": None,
    "UTC": None,
    "soon": None,
    "1": None,
    "9" * 900: None,
    "\0": None,
}


@pytest.mark.parametrize("text", MOMENTS)
def test_a_time_is_understood_with_its_zone_or_not_at_all(text: str) -> None:
    assert moment(text) == MOMENTS[text]


def test_feedback_reaches_those_who_handed_in_through_the_exchange(story: Machine) -> None:
    pages = story.of("instructor") / "feedback"
    for student in ("ada", "ben"):
        (page,) = (story.of(student) / "toy" / "feedback").glob("*/*")  # of the last submission alone
        assert page.parent.name == story.exchange(f"inbound/{student}*")[-1].name.split("+")[2]
        assert page.read_bytes() == (pages / student / "toy" / "first.html").read_bytes()
    assert "Your code should raise TypeError here" in page.read_text()
    assert len(story.exchange("feedback/*")) == 2
    assert (
        f"{pages / 'cleo' / 'toy'} is of a submission that did not come through the exchange"
        in story.said["instructor", "release_feedback toy"]
    )
    assert "groundwork ada toy" in story.said["ada", "list --cached"]


def test_what_the_commands_leave_in_the_course_is_ignored_by_git(story: Machine) -> None:
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text().splitlines() if line and line[0] != "#"]
    ours = {"autograder", "nbgrader_config.py", "release", "solutions", "source"}
    left = {path.name for path in story.of("instructor").iterdir()} - ours - {".jupyter"}
    assert {"autograded", "build", "feedback", "gradebook.db", "grades.csv", "submitted"} <= left
    assert [name for name in left if not any(fnmatch.fnmatch(name, pattern) for pattern in ignored)] == []


# ------------------------------------------------------------------------------------------------------- the release


def test_the_project_s_own_release_comes_out_as_it_was(tmp_path: Path) -> None:
    """From a fresh clone, which has no gradebook and nothing built, and is as clean afterwards."""
    clone = tmp_path / "clone"
    for folder in ("autograder", "release", "solutions", "source"):
        shutil.copytree(ROOT / folder, clone / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("course.toml", "nbgrader_config.py", "pyproject.toml", "requirements.txt"):
        shutil.copy(ROOT / name, clone)
    before = contents(clone)
    said = run("nbgrader", clone, "generate_assignment", next(iter(Course())).assignment, "--force", project=clone)
    assert said.returncode == 0, said.stderr
    assert contents(clone) == before


def contents(folder: Path) -> dict[str, tuple[bool, bytes]]:
    """Every file as git sees it."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    ignored = {"build", "gradebook.db", ".jupyter"}
    return {
        path.relative_to(folder).as_posix(): (bool(path.stat().st_mode & stat.S_IXUSR), path.read_bytes())
        for path in files
        if path.relative_to(folder).parts[0] not in ignored and "__pycache__" not in path.parts
    }


def test_a_release_that_gives_answers_away_is_not_generated(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    (machine.notebook.source.parent / "data").mkdir()
    shutil.copy(machine.notebook.suite, machine.notebook.source.parent / "data" / "notes.txt")
    status, said = Nbgrader(machine.of("instructor"), "generate_assignment toy").end()
    assert status == 1
    assert "nothing was written to release/, because it would give away what students must not see" in said
    assert "data/notes.txt, line 10: a line of the hidden tests (test_first.py)" in said
    assert not machine.notebook.release.parent.exists()


# ------------------------------------------------------------------------------------------ what students may have done


@pytest.fixture
def submission(tmp_path: Path) -> Path:
    """A submission in the exchange, its notes included."""
    folder = tmp_path / "inbound" / "eve+a0+2025-01-01 00:00:00 UTC"
    (folder / "data").mkdir(parents=True)
    for name in ("one.ipynb", "data/own.csv", "timestamp.txt", "submission_secret.txt"):
        (folder / name).write_text(name)
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / "two.ipynb").write_text("model answers")
    return folder


def collect(submission: Path, max_dir_size: int = 1) -> Path:
    collected = submission.parents[1] / "submitted"
    Collect(coursedir=CourseDirectory(max_dir_size=max_dir_size)).do_copy(str(submission), str(collected))
    return collected


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()}


PLAIN = {"one.ipynb", "data/own.csv", "timestamp.txt", "submission_secret.txt"}


def test_files_are_collected(submission: Path) -> None:
    collected = collect(submission)
    assert names(collected) == PLAIN
    assert (collected / "data" / "own.csv").read_text() == "data/own.csv"


LINKS = ["two.ipynb", "lost (not collected).ipynb", "data/answers (not collected).ipynb"]


def test_no_link_is_followed_or_made_anew(submission: Path) -> None:
    """In its place lies what says that something lay there."""
    answers = submission.parents[1] / "answers"
    (submission / "two.ipynb").symlink_to(answers / "two.ipynb")
    (submission / "data" / "answers").symlink_to(answers)
    (submission / "lost").symlink_to("nowhere")
    (submission / "data" / "loop").symlink_to("..")
    collected = collect(submission)
    assert [path for path in collected.rglob("*") if path.is_symlink()] == []
    assert names(collected) == PLAIN | {*LINKS, "data/loop (not collected).ipynb"}
    assert {(collected / link).read_bytes() for link in LINKS} == {LEFT_OUT}


def test_a_folder_that_is_a_link_itself_is_not_collected(submission: Path) -> None:
    (submission.parent / "moved").symlink_to(submission.parents[1] / "answers")
    assert names(collect(submission.parent / "moved")) == {" (not collected).ipynb"}


def test_what_is_no_file_or_too_large_stays_behind(submission: Path) -> None:
    os.mkfifo(submission / "pipe")  # reading it would wait for ever
    (submission / "large").write_bytes(bytes(1001))
    with (submission / "endless").open("wb") as file:
        file.truncate(2**40)
    left = {f"{name} (not collected).ipynb" for name in ("pipe", "large", "endless")}
    assert names(collect(submission)) == PLAIN | left


DEEP = {"one folder in another": ("d", 1500), "long names": ("d" * 200, 60), "names in no encoding": (os.fsdecode(b"\xff"), 100)}


@pytest.mark.parametrize(("name", "depth"), DEEP.values(), ids=DEEP)
def test_folders_are_collected_to_a_depth(submission: Path, name: str, depth: int) -> None:
    nest(submission / "data", name, depth)
    try:
        collected = collect(submission)
    finally:
        subprocess.run(["rm", "-rf", submission / "data" / name], check=True)
    assert names(collected) > PLAIN
    assert len(names(collected) - PLAIN) == 1
    assert max(len(os.fsencode(path)) for path in names(collected)) < 1500
    assert max(path.count("/") for path in names(collected)) <= 21


def test_of_more_files_than_anybody_writes_the_notebooks_are_collected(submission: Path) -> None:
    for number in range(12_000):
        (submission / f"a{number}").touch()
    collected = collect(submission)
    assert PLAIN - {"data/own.csv"} <= names(collected)
    assert "and more (not collected).ipynb" in names(collected)
    assert len(names(collected)) <= 10_001


STRANGE = [
    "eve+toy+soon+x",
    "eve+toy+",
    "..+toy+2025-01-01 00:00:00 UTC+x",
    "+toy+2025-01-01 00:00:00 UTC",
    "e\nve+toy+2025-01-01 00:00:00 UTC",
]


def test_what_somebody_put_into_the_exchange_costs_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that say no time or no student, files, links, pipes; later students are collected, and the others' earlier work is."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")  # for alembic
    inbound = tmp_path / "exchange" / "groundwork" / "inbound"
    for name in [*STRANGE, "ada+toy+2025-01-01 00:00:00 UTC", "zoe+toy+2025-01-01 00:00:00 UTC"]:
        (inbound / name).mkdir(parents=True)
        (inbound / name / "first.ipynb").write_text(name)
    (inbound / "ada+toy+2026-01-01 00:00:00 UTC").symlink_to(tmp_path)
    (inbound / "bob+toy+2026-01-01 00:00:00 UTC").symlink_to("nowhere")
    os.mkfifo(inbound / "cyd+toy+2026-01-01 00:00:00 UTC")
    (inbound / "ben+toy+2026-01-01 00:00:00 UTC").write_text("")
    course = tmp_path / "course"
    course.mkdir()
    coursedir = CourseDirectory(root=str(course), course_id="groundwork", assignment_id="toy")
    Collect(coursedir=coursedir, root=str(tmp_path / "exchange"), check_owner=False).start()
    assert {path.relative_to(course).as_posix() for path in course.rglob("*.ipynb")} == {
        "submitted/ada/toy/first.ipynb",
        "submitted/zoe/toy/first.ipynb",
    }


def test_a_submission_that_cannot_be_copied_costs_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")  # for alembic
    inbound = tmp_path / "exchange" / "groundwork" / "inbound"
    for student in ("ada", "bob", "zoe"):
        (inbound / f"{student}+toy+2025-01-01 00:00:00 UTC").mkdir(parents=True)
        (inbound / f"{student}+toy+2025-01-01 00:00:00 UTC" / "first.ipynb").write_text("")
    copy = shutil.copytree

    def failing(source: str, target: str, **options: object) -> object:
        if "bob" in target:
            raise shutil.Error("no room")
        return copy(source, target, **options)

    monkeypatch.setattr(shutil, "copytree", failing)
    course = tmp_path / "course"
    course.mkdir()
    coursedir = CourseDirectory(root=str(course), course_id="groundwork", assignment_id="toy")
    with pytest.raises(ExchangeError, match=r"not collected: .*bob"):
        Collect(coursedir=coursedir, root=str(tmp_path / "exchange"), check_owner=False).start()
    assert {path.name for path in (course / "submitted").glob("*") if any(path.iterdir())} == {"ada", "zoe"}


@pytest.mark.parametrize("missing", ["timestamp.txt", "submission_secret.txt"])
def test_feedback_of_the_others_is_released_when_one_submission_lacks_its_notes(tmp_path: Path, missing: str) -> None:
    for student in ("ada", "ben", "cleo"):
        folder = tmp_path / "course" / "feedback" / student / "a0"
        folder.mkdir(parents=True)
        for name in ("one.html", "timestamp.txt", "submission_secret.txt"):
            (folder / name).write_text(student)
    (tmp_path / "course" / "feedback" / "ben" / "a0" / missing).unlink()
    (tmp_path / "exchange").mkdir()
    coursedir = CourseDirectory(root=str(tmp_path / "course"), course_id="groundwork", assignment_id="a0")
    ReleaseFeedback(coursedir=coursedir, root=str(tmp_path / "exchange")).start()
    assert {path.read_text() for path in (tmp_path / "exchange" / "groundwork" / "feedback").iterdir()} == {"ada", "cleo"}


def test_notes_are_small_files_and_nothing_else(submission: Path) -> None:
    (submission / "timestamp.txt").unlink()
    (submission / "timestamp.txt").mkdir()
    (submission / "submission_secret.txt").write_text("x" * 2000)
    assert notes(submission) == {"submission_secret.txt": b"x" * 1000}
    (submission / "submission_secret.txt").unlink()
    (submission / "submission_secret.txt").symlink_to(submission / "one.ipynb")
    assert notes(submission) == {}
