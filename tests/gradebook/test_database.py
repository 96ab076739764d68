"""The gradebook of a course: made whole or not at all, taken over where nbgrader left it half made, and in sentences when it fails."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from commands import run
from disks import small_disk
from nbgrader import api
from nbgrader.coursedir import CourseDirectory
from people import ordinary_user, public_folder

from autograder.gradebook import database as books
from autograder.gradebook.database import GradebookUnavailable, RecordError, open_gradebook, told, without_secrets

CONFIG = """
import os, sys
c = get_config()
c.CourseDirectory.course_id = "a-course"
os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
"""
OF_LIBRARIES = ("sqlalche.me", "[SQL", "sqlite3.", "Traceback", "psycopg.errors")


def course(root: Path, db_url: str = "") -> CourseDirectory:
    root.mkdir(parents=True, exist_ok=True)
    return CourseDirectory(root=str(root), course_id="a-course", **({"db_url": db_url} if db_url else {}))


def opened(root: Path, db_url: str = "") -> None:
    open_gradebook(course(root, db_url)).close()


def schema(path: Path) -> set[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(path)) as database:
        tables = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
        return {(table, *column[1:3]) for table in tables for column in database.execute(f"pragma table_info({table})")}


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()


def execute(path: Path, script: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.executescript(script)


def is_whole(path: Path) -> bool:
    (stamp,) = rows(path, "select version_num from alembic_version")
    return bool(stamp) and rows(path, "select id from course") == [("a-course",)] and rows(path, "select * from grade") == []


@pytest.fixture(scope="module")
def by_nbgrader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gradebook that nbgrader made."""
    path = tmp_path_factory.mktemp("nbgrader") / "gradebook.db"
    (path.parent / "nbgrader_config.py").write_text(CONFIG)
    made = run("nbgrader", path.parent, "db", "student", "list")
    assert made.returncode == 0, made.stderr
    return path


# ------------------------------------------------------------------------------------------------------ the first one


def test_a_new_gradebook_is_the_one_that_nbgrader_makes(tmp_path, by_nbgrader):
    opened(tmp_path)
    ours = tmp_path / "gradebook.db"
    assert schema(ours) == schema(by_nbgrader)
    for query in ("select version_num from alembic_version", "select id from course"):
        assert rows(ours, query) == rows(by_nbgrader, query)
    assert [path.name for path in tmp_path.iterdir()] == ["gradebook.db"]


def test_no_program_is_started_for_it(tmp_path, monkeypatch):
    def refuse(*arguments: object, **_: object) -> None:
        raise AssertionError(arguments)

    monkeypatch.setattr(subprocess, "Popen", refuse)
    monkeypatch.setenv("PATH", "/nowhere")
    opened(tmp_path)
    assert is_whole(tmp_path / "gradebook.db")


def killed_at(step: int, root: Path) -> bool:
    """Make a gradebook in a process that is killed before its n-th change or commit; whether it came so far."""
    child = os.fork()
    if not child:
        seen = iter(range(1000))

        def count(*about: object) -> None:
            if not (len(about) > 2 and str(about[2]).startswith(("SELECT", "PRAGMA"))) and next(seen) == step:
                os.kill(os.getpid(), signal.SIGKILL)

        sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", count)
        sqlalchemy.event.listen(sqlalchemy.Engine, "commit", count)

        opened(root)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def test_killed_at_any_step_while_it_is_made_the_next_one_makes_it(tmp_path):
    steps = 0
    while killed_at(steps, tmp_path / str(steps)):
        root = tmp_path / str(steps)
        opened(root)
        assert is_whole(root / "gradebook.db")
        assert [path.name for path in root.iterdir()] == ["gradebook.db"]
        steps += 1
    assert steps > len(api.Base.metadata.tables)


def _open_with_others(root: Path, barrier: Any) -> None:
    barrier.wait(60)
    opened(root)


def test_graders_that_start_at_once_all_have_the_same_one(tmp_path):
    forking = get_context("fork")
    for attempt in range(5):
        root = tmp_path / str(attempt)
        barrier = forking.Barrier(4)
        graders = [forking.Process(target=_open_with_others, args=(root, barrier)) for _ in range(4)]
        for grader in graders:
            grader.start()
        for grader in graders:
            grader.join(60)
        assert [grader.exitcode for grader in graders] == [0, 0, 0, 0]
        assert is_whole(root / "gradebook.db")


HALVES: dict[str, str] = {
    "no table yet": "create table x (y); drop table x",
    "tables without their stamp": "drop table alembic_version; delete from course",
    "some of the tables": "drop table alembic_version; drop table course; drop table student; drop table grade",
    "a stamp without a version": "delete from alembic_version; delete from course",
    "no course yet": "delete from course",
}


@pytest.mark.parametrize("script", HALVES.values(), ids=HALVES)
def test_one_that_nbgrader_left_half_made_and_empty_is_taken_over(tmp_path, by_nbgrader, script):
    path = tmp_path / "gradebook.db"
    if "drop table x" not in script:
        shutil.copy(by_nbgrader, path)
    execute(path, script)
    opened(tmp_path)
    assert is_whole(path)


def test_an_empty_file_is_taken_over(tmp_path):
    (tmp_path / "gradebook.db").touch()
    opened(tmp_path)
    assert is_whole(tmp_path / "gradebook.db")


def test_one_that_is_complete_but_for_its_stamp_is_stamped_and_keeps_its_rows(tmp_path, by_nbgrader):
    path = tmp_path / "gradebook.db"
    shutil.copy(by_nbgrader, path)
    (tmp_path / "nbgrader_config.py").write_text(CONFIG)
    execute(path, "drop table alembic_version; insert into student (id) values ('ada')")
    opened(tmp_path)
    assert rows(path, "select id from student") == [("ada",)]
    assert is_whole(path)
    assert run("nbgrader", tmp_path, "db", "upgrade").returncode == 0  # which has nothing left to do


OLDER: dict[str, str] = {
    "of nbgrader 0.6": """
        drop table course; drop table assignment; alter table student drop column lms_user_id;
        create table assignment (id varchar(32) primary key not null, name varchar(128) not null unique, duedate datetime);
        update alembic_version set version_num = '167914646830';
    """,
    "of nbgrader 0.4, which had no stamps": """
        alter table student drop column lms_user_id; alter table grade drop column extra_credit;
        alter table notebook drop column kernelspec;
        drop table course; drop table assignment; drop table alembic_version; drop table base_cell; drop table grade_cells;
        drop table solution_cells; drop table task_cells;
        create table assignment (id varchar(32) primary key not null, name varchar(128) not null unique, duedate datetime);
        create table grade_cell (id varchar(32) primary key not null, name varchar(128), max_score float, cell_type varchar(8),
                                 notebook_id varchar(32));
        create table solution_cell (id varchar(32) primary key not null, name varchar(128), max_score float, cell_type varchar(8),
                                    notebook_id varchar(32));
    """,
}


@pytest.mark.parametrize("script", OLDER.values(), ids=OLDER)
def test_what_is_advised_for_one_of_an_older_nbgrader_works(tmp_path, by_nbgrader, script):
    path = tmp_path / "gradebook.db"
    (tmp_path / "nbgrader_config.py").write_text(CONFIG)
    shutil.copy(by_nbgrader, path)
    execute(path, f"{script}; insert into student (id) values ('ada'); insert into assignment (id, name) values ('1', 'a0')")
    before = path.read_bytes()
    with pytest.raises(GradebookUnavailable, match="is of an older nbgrader: bring it up to date with `nbgrader db upgrade`"):
        opened(tmp_path)
    assert path.read_bytes() == before
    upgraded = run("nbgrader", tmp_path, "db", "upgrade")
    assert upgraded.returncode == 0, upgraded.stderr
    opened(tmp_path)
    assert rows(path, "select s.id, a.name from student s, assignment a") == [("ada", "a0")]


# ---------------------------------------------------------------------------------------------------- what can go wrong


def damage(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size - 8192))


def make_unreadable(path: Path) -> None:
    path.chmod(0)


def make_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def make_read_only(path: Path) -> None:
    execute(path, "delete from course")
    path.chmod(0o444)
    path.parent.chmod(0o555)


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "damaged in the middle": (damage, "is damaged: move it away and put a copy from before in its place"),
    "without a column": (lambda path: execute(path, "alter table grade drop column extra_credit"), "is damaged"),
    "cut off": (lambda path: os.truncate(path, 10_000), "is damaged"),
    "no gradebook": (lambda path: path.write_text("not a database, but a text of some length\n" * 100), "is damaged"),
    "not to be read": (make_unreadable, r"cannot be written \(unable to open database file\)"),
    "a folder": (make_a_folder, r"cannot be written \(unable to open database file\)"),
    "not to be written": (make_read_only, r"cannot be written \(attempt to write a readonly database\)"),
    "in a folder that is not there": (lambda path: shutil.rmtree(path.parent), r"cannot be written \(unable to open database file\)"),
}


@pytest.fixture
def anybodys() -> Iterator[Path]:
    """A gradebook in a folder of a person for whom rights to files matter."""
    with public_folder() as root:
        path = root / "course" / "gradebook.db"
        opened(path.parent)
        if os.geteuid() == 0:
            for owned in (path.parent, path):
                os.chown(owned, 65534, 65534)
        yield path
        with contextlib.suppress(FileNotFoundError):
            path.parent.chmod(0o755)


@pytest.mark.parametrize(("spoil", "sentence"), FAULTS.values(), ids=FAULTS)
def test_what_is_wrong_with_a_gradebook_is_a_sentence_with_its_path(anybodys, spoil, sentence):
    where = course(anybodys.parent)
    spoil(anybodys)
    with ordinary_user(), pytest.raises(GradebookUnavailable, match=sentence) as refused:
        open_gradebook(where)
    assert str(anybodys) in str(refused.value)
    assert not [word for word in OF_LIBRARIES if word in str(refused.value)]


def test_a_full_disk_is_a_sentence_with_the_path_and_leaves_nothing_half_made(tmp_path):
    with small_disk(tmp_path / "disk", 100) as disk:
        with pytest.raises(GradebookUnavailable, match=f"there is no space left for the gradebook {disk}/gradebook.db: free some"):
            opened(disk)
        assert [path.name for path in disk.iterdir()] == ["gradebook.db"]
        subprocess.run(["mount", "-o", "remount,size=1m", str(disk)], check=True)
        opened(disk)
        assert is_whole(disk / "gradebook.db")


def test_one_that_another_program_is_writing_is_waited_for_and_then_told(tmp_path, monkeypatch):
    monkeypatch.setattr(books, "WAIT", 0.3)
    opened(tmp_path)
    path = tmp_path / "gradebook.db"
    execute(path, "delete from course")
    other = sqlite3.connect(path, isolation_level=None)
    with contextlib.closing(other):
        other.execute("begin immediate")
        with pytest.raises(GradebookUnavailable, match=r"another program keeps the gradebook .*gradebook\.db to itself: end it, or wait"):
            opened(tmp_path, f"sqlite:///{path}?timeout=0.2")
    assert is_whole(path) is False


def test_ctrl_c_is_heard_while_another_program_is_waited_for(tmp_path, monkeypatch):
    opened(tmp_path)
    execute(tmp_path / "gradebook.db", "delete from course")
    with contextlib.closing(sqlite3.connect(tmp_path / "gradebook.db", isolation_level=None)) as other:
        other.execute("begin immediate")
        timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        started = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            opened(tmp_path)
        assert time.monotonic() - started < 1 < books.WAIT


def test_a_path_that_is_relative_means_the_folder_of_the_course(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    opened(tmp_path / "course", "sqlite:///marks.db")
    assert [path.name for path in (tmp_path / "course").iterdir()] == ["marks.db"]
    assert list((tmp_path / "elsewhere").iterdir()) == []


SECRET = "s3cr3t/&word"
QUOTED = "s3cr3t%2F%26word"

NOT_TO_BE_HAD: dict[str, tuple[str, str]] = {
    "no URL": (f"ada:{SECRET}@host/gradebook", "is not the URL of a database"),
    "no port": (f"postgresql://ada:{QUOTED}@host:a-port/gradebook", "is not the URL of a database"),
    "an option that is none": ("sqlite:///gradebook.db?timeout=soon", "is not the URL of a database"),
    "no driver": (
        f"postgresql+pg8000://ada:{QUOTED}@localhost/gradebook",
        r"postgresql\+pg8000://ada:\*\*\*@localhost/gradebook needs pg8000,",
    ),
    "no such database": (
        f"abacus://ada:{QUOTED}@localhost/gradebook?password={QUOTED}",
        r"abacus://ada:\*\*\*@localhost/gradebook needs abacus,",
    ),
}


@pytest.mark.parametrize(("db_url", "sentence"), NOT_TO_BE_HAD.values(), ids=NOT_TO_BE_HAD)
def test_what_is_wrong_with_its_url_is_a_sentence_without_the_password(tmp_path, db_url, sentence):
    with pytest.raises(RecordError, match=sentence) as refused:
        opened(tmp_path, db_url)
    said = str(refused.value)
    assert "s3cr3t" not in said
    assert not [word for word in OF_LIBRARIES if word in said]


def test_no_text_of_a_library_has_a_password_in_it():
    url = sqlalchemy.make_url(f"postgresql://ada:{QUOTED}@host/gradebook?sslpassword=other-word")
    for word in (SECRET, QUOTED, "other-word"):
        error = sqlalchemy.exc.OperationalError("select 1", {}, Exception(f"no way in with {word}\nat all"))
        with pytest.raises(GradebookUnavailable, match=r"ada:\*\*\*@host/gradebook cannot be used \(no way in") as said, told(url):
            raise error
        assert word not in str(said.value)
        assert "select 1" not in str(said.value)
        assert word not in without_secrets(f"x{word}x", url)


def test_two_programs_that_record_the_same_are_told_so():
    orig = sqlite3.IntegrityError("UNIQUE constraint failed: student.id")
    sentence = r"another program recorded the same at the same moment .*give the same command again"
    with pytest.raises(RecordError, match=sentence) as said, told(sqlalchemy.make_url("sqlite:////c/gradebook.db")):
        raise sqlalchemy.exc.IntegrityError("insert", {}, orig)
    assert "UNIQUE" not in str(said.value)
    assert not isinstance(said.value, GradebookUnavailable)


def test_a_whole_gradebook_is_opened_without_waiting_for_who_writes(tmp_path):
    opened(tmp_path)
    with contextlib.closing(sqlite3.connect(tmp_path / "gradebook.db", isolation_level=None)) as other:
        other.execute("begin immediate")
        opened(tmp_path, f"sqlite:///{tmp_path / 'gradebook.db'}?timeout=0.1")
