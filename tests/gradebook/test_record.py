"""Recording: rows as nbgrader writes them, all of a submission or nothing, and nothing that a person gave is lost."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import multiprocessing
import os
import shutil
import signal
import sqlite3
import stat
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat
import pytest
from disks import fill, small_disk
from nbformat import NotebookNode

from autograder.course.build import build
from autograder.course.model import Course, Notebook
from autograder.gradebook import database as books
from autograder.gradebook import record as recording
from autograder.gradebook.database import GradebookUnavailable
from autograder.gradebook.feedback import SUMMARY
from autograder.gradebook.record import RECORDABLE, Recorder, RecordError
from autograder.grading.result import ExerciseResult, Outcome, Result

SOURCE = """\
# ---
# jupyter:
#   jupytext: {{text_representation: {{extension: .py, format_name: percent}}}}
#   kernelspec: {{display_name: Python 3, language: python, name: python3}}
#   groundwork: {{title: "Tiny", imports: [], packages: []}}
# ---

# %% [markdown]
# **Write** `{0}`, whose $x^2$ <b>matters</b>.

# %% nbgrader={{"grade_id": "{0}_answer", "solution": true}}
def {0}(x):
    ### BEGIN SOLUTION
    return x * x
    ### END SOLUTION


# %% nbgrader={{"grade_id": "{0}", "grade": true, "points": {1}}} exercise={{"title": "{0}", "difficulty": 1, "minutes": 1, "needs": []}}
assert {0}(2) == 4
"""
CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "tiny"
c.CourseDirectory.source_directory = "build/source"
"""
ANSWER = "def {0}(x):\n    return x * x\n"


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course of two notebooks, entered in its gradebook."""
    root = tmp_path_factory.mktemp("course") / "template"
    (root / "source" / "a0" / "data").mkdir(parents=True)
    (root / "source" / "a0" / "one.py").write_text(SOURCE.format("square", 10))
    (root / "source" / "a0" / "two.py").write_text(SOURCE.format("power", 2.5))
    (root / "source" / "a0" / "data" / "numbers.csv").write_text("1,2\n")
    (root / "nbgrader_config.py").write_text(CONFIG)
    build(Course(root), say=lambda _: None)
    hand_in(root, "template")
    with Recorder(root) as recorder:
        recorder.ungradable("template", Notebook("a0", "one", root))
    with sqlite3.connect(root / "gradebook.db") as database:
        for table in ("grade", "comment", "submitted_notebook", "submitted_assignment", "student"):
            database.execute(f"delete from {table}")
    shutil.rmtree(root / "submitted")
    return root


@pytest.fixture
def course(template: Path, tmp_path: Path) -> Path:
    return shutil.copytree(template, tmp_path / "course")


@pytest.fixture
def recorder(course: Path) -> Iterator[Recorder]:
    with Recorder(course) as opened:
        yield opened


def one(course: Path) -> Notebook:
    return Notebook("a0", "one", course)


def two(course: Path) -> Notebook:
    return Notebook("a0", "two", course)


def hand_in(course: Path, student: str, names: tuple[str, ...] = ("one", "two"), timestamp: str = "") -> Path:
    folder = course / "submitted" / student / "a0"
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copy(course / "release" / "a0" / f"{name}.ipynb", folder)
    if timestamp:
        (folder / "timestamp.txt").write_text(timestamp)
    return folder


def answered(notebook: Notebook) -> NotebookNode:
    """A rebuilt submission with an answer."""
    rebuilt = nbformat.read(notebook.release, as_version=4)
    for cell in rebuilt.cells:
        if cell.id.endswith("_answer"):
            cell.source = ANSWER.format(cell.id.removesuffix("_answer"))
    return rebuilt


def graded(notebook: Notebook, share: float, isolation: str = "bubblewrap") -> Result:
    exercises = [
        ExerciseResult(
            exercise.id,
            exercise.title,
            exercise.points * share,
            exercise.points,
            (Outcome("test_it", exercise.id, 1, "Squares are squares.", share == 1, "" if share == 1 else "wrong value"),),
        )
        for exercise in notebook.exercises
    ]
    return Result(notebook.assignment, notebook.name, isolation, "cpu", tuple(exercises))


def record(recorder: Recorder, student: str, shares: dict[Notebook, float], missing: Sequence[Notebook] = ()) -> None:
    recorder.record(student, {nb: graded(nb, share) for nb, share in shares.items()}, {nb: answered(nb) for nb in shares}, missing)


def rows(course: Path, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(course / "gradebook.db") as database:
        return database.execute(query).fetchall()


GRADES = """
    select submitted_assignment.student_id, base_cell.name, auto_score, manual_score, extra_credit, needs_manual_grade
    from grade join base_cell on base_cell.id = cell_id join submitted_notebook on submitted_notebook.id = grade.notebook_id
    join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id order by 1, 2 desc
"""
COMMENTS = "select base_cell.name, auto_comment, manual_comment from comment join base_cell on base_cell.id = cell_id order by 1 desc"


# --------------------------------------------------------------------------------------------------------------- rows


def test_a_submission_becomes_a_grade_for_each_exercise(course, recorder):
    hand_in(course, "ada", timestamp="2025-01-02 03:04:05.6 UTC")
    record(recorder, "ada", {one(course): 0.75, two(course): 1})
    assert rows(course, GRADES) == [("ada", "square", 7.5, None, None, 0), ("ada", "power", 2.5, None, None, 0)]
    assert rows(course, COMMENTS) == [("square_answer", None, None), ("power_answer", None, None)]
    assert rows(course, "select timestamp from submitted_assignment") == [("2025-01-02 03:04:05.600000",)]
    assert rows(course, "select id, first_name from student") == [("ada", None)]


def test_a_notebook_that_was_not_handed_in_gets_zero(course, recorder):
    hand_in(course, "ada", ("one",))
    record(recorder, "ada", {one(course): 1}, [two(course)])
    assert rows(course, GRADES) == [("ada", "square", 10, None, None, 0), ("ada", "power", 0, None, None, 0)]


def test_a_student_who_handed_in_nothing_gets_zero(course, recorder):
    hand_in(course, "ada", ())
    recorder.ungradable("ada", one(course), [one(course), two(course)])
    assert rows(course, GRADES) == [("ada", "square", 0, None, None, 0), ("ada", "power", 0, None, None, 0)]


def test_a_notebook_that_could_not_be_graded_waits_for_a_person(course, recorder):
    hand_in(course, "ada")
    record(recorder, "ada", {one(course): 1})
    assert rows(course, GRADES) == [("ada", "square", 10, None, None, 0), ("ada", "power", None, None, None, 1)]


def test_an_earlier_mark_stays_and_is_flagged_when_the_notebook_cannot_be_graded_now(course, recorder):
    hand_in(course, "ada")
    record(recorder, "ada", {one(course): 0.5, two(course): 1})
    record(recorder, "ada", {one(course): 1})
    assert rows(course, GRADES) == [("ada", "square", 10, None, None, 0), ("ada", "power", 2.5, None, None, 1)]
    recorder.ungradable("ada", one(course))
    assert rows(course, GRADES) == [("ada", "square", 10, None, None, 1), ("ada", "power", 2.5, None, None, 1)]
    record(recorder, "ada", {one(course): 0, two(course): 0})
    assert rows(course, GRADES) == [("ada", "square", 0, None, None, 0), ("ada", "power", 0, None, None, 0)]


def test_how_many_submissions_have_got_marks_is_known(course, recorder):
    for student in ("ada", "bob", "cyd"):
        hand_in(course, student)
    record(recorder, "ada", {one(course): 1})
    recorder.ungradable("bob", one(course))
    assert recorder.recorded == 1
    recorder.ungradable("cyd", one(course), [two(course)])
    assert recorder.recorded == 2


def test_a_submission_that_could_not_be_graded_at_all_is_noted_without_a_mark(course, recorder):
    hand_in(course, "ada", timestamp="2025-01-02 03:04:05 UTC")
    recorder.ungradable("ada", one(course))
    assert rows(course, GRADES) == [("ada", "square", None, None, None, 1), ("ada", "power", None, None, None, 1)]
    assert not (course / "autograded" / "ada" / "a0").exists()


def test_an_untouched_answer_is_commented(course, recorder):
    hand_in(course, "ada", ("one",))
    blank = nbformat.read(one(course).release, as_version=4)
    recorder.record("ada", {one(course): graded(one(course), 0)}, {one(course): blank})
    assert rows(course, COMMENTS) == [("square_answer", "No response.", None), ("power_answer", None, None)]


def test_recording_again_gives_the_same(course, recorder):
    hand_in(course, "ada", timestamp="2025-01-02 03:04:05 UTC")
    record(recorder, "ada", {one(course): 0.5, two(course): 1})
    before = list(dump(course)), files(course)
    record(recorder, "ada", {one(course): 0.5, two(course): 1})
    assert (list(dump(course)), files(course)) == before


def test_what_a_person_gave_survives_a_regrade(course, recorder):
    hand_in(course, "ada")
    record(recorder, "ada", {one(course): 0.5, two(course): 1})
    with sqlite3.connect(course / "gradebook.db") as database:
        square = "where cell_id in (select id from base_cell where name like 'square%')"
        database.execute(f"update grade set manual_score = 9, extra_credit = 1, needs_manual_grade = 0 {square}")
        database.execute(f"update comment set manual_comment = 'Well done.' {square}")
    record(recorder, "ada", {one(course): 0.25, two(course): 0})
    assert rows(course, GRADES) == [("ada", "square", 2.5, 9, 1, 1), ("ada", "power", 0, None, None, 0)]
    assert rows(course, COMMENTS)[0] == ("square_answer", None, "Well done.")
    page = (course / "feedback" / "ada" / "a0" / "one.html").read_text()
    assert "(Score: 10.0 / 10.0)" in page
    assert "Well done." in page


@pytest.mark.parametrize(
    ("config", "penalties"),
    [
        ("", [None, None]),
        ('c.LateSubmissionPlugin.penalty_method = "zero"', [7.5, 2.5]),
        ("import sys; sys.path.insert(0, __file__.rpartition('/')[0]); c.AssignLatePenalties.plugin_class = 'late.Hourly'", [2, 2]),
        ("import sys; sys.path.insert(0, __file__.rpartition('/')[0]); c.AssignLatePenalties.plugin_class = 'late.Harsh'", [7.5, 2.5]),
        ("import sys; sys.path.insert(0, __file__.rpartition('/')[0]); c.AssignLatePenalties.plugin_class = 'late.Kind'", [0, 0]),
    ],
)
def test_late_submissions_are_penalised_as_configured(course, config, penalties):
    plugins = {"Hourly": "late / 3600", "Harsh": "score + 5", "Kind": "-3"}
    text = "from nbgrader.plugins import BasePlugin\n"
    for name, penalty in plugins.items():
        text += f"class {name}(BasePlugin):\n    def late_submission_penalty(self, student, score, late):\n        return {penalty}\n"
    (course / "late.py").write_text(text)
    (course / "nbgrader_config.py").write_text(f"{CONFIG}{config}\n")
    with sqlite3.connect(course / "gradebook.db") as database:
        database.execute("update assignment set duedate = '2025-01-01 00:00:00.000000'")
    hand_in(course, "ada", timestamp="2025-01-01 02:00:00 UTC")
    hand_in(course, "bob", timestamp="2024-12-31 23:00:00 UTC")
    with Recorder(course) as recorder:
        for student in ("ada", "bob"):
            record(recorder, student, {one(course): 0.75, two(course): 1})
    query = """
        select late_submission_penalty from submitted_notebook join notebook on notebook.id = notebook_id
        join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id where student_id = '{}' order by name
    """
    assert rows(course, query.format("ada")) == [(penalty,) for penalty in penalties]
    assert rows(course, query.format("bob")) == [(None,), (None,)]


# ------------------------------------------------------------------------------------------- what must not be recorded


@pytest.mark.parametrize("isolation", ["none", "", "docker", "Bubblewrap"])
def test_a_result_without_isolation_never_becomes_a_mark(course, recorder, isolation):
    assert RECORDABLE == ("bubblewrap",)
    hand_in(course, "ada")
    before = list(dump(course)), files(course)
    results = {one(course): graded(one(course), 1), two(course): graded(two(course), 1, isolation)}
    with pytest.raises(RecordError, match="only results found with bubblewrap are recorded"):
        recorder.record("ada", results, {notebook: answered(notebook) for notebook in results})
    assert (list(dump(course)), files(course)) == before


@pytest.mark.parametrize("step", ["_mark", "_page", "_add_other_files"])
@pytest.mark.parametrize("known", [False, True])
def test_a_failure_leaves_no_half_of_a_submission(course, recorder, monkeypatch, step, known):
    hand_in(course, "ada")
    if known:
        record(recorder, "ada", {one(course): 0.5, two(course): 1})
    before = list(dump(course)), files(course)
    genuine, calls = getattr(recorder, step), []

    def fail_the_second_time(*arguments):
        calls.append(step)
        if len(calls) == 2:
            raise PermissionError(errno.EACCES, "Permission denied", "/a/page")
        return genuine(*arguments)

    monkeypatch.setattr(recorder, step, fail_the_second_time)
    with pytest.raises(RecordError, match="/a/page: Permission denied: put that right, then give the same command again"):
        record(recorder, "ada", {one(course): 1, two(course): 0})
    assert (list(dump(course)), files(course)) == before
    record(recorder, "bob", {one(course): 1, two(course): 1})  # and the recorder goes on
    assert ("bob", "square", 10, None, None, 0) in rows(course, GRADES)


@pytest.mark.parametrize("timestamp", ["soon", "2025-01-02 03:04:05 Nowhere/Town"])
def test_a_time_that_is_none_withholds_no_mark_and_is_noted(course, recorder, timestamp):
    hand_in(course, "ada", timestamp=timestamp)
    record(recorder, "ada", {one(course): 1, two(course): 1})
    assert rows(course, "select timestamp from submitted_assignment") == [(None,)]
    assert len(rows(course, GRADES)) == 2
    (note,) = recorder.notes
    assert note.startswith(f"{course}/submitted/ada/a0/timestamp.txt holds no time in a zone that is known here")


def test_the_zone_of_a_time_is_heeded(course, recorder):
    hand_in(course, "ada", timestamp="\ufeff2025-01-02 03:04:05.6 Europe/Berlin\n")
    record(recorder, "ada", {one(course): 1, two(course): 1})
    assert rows(course, "select timestamp from submitted_assignment") == [("2025-01-02 02:04:05.600000",)]
    assert recorder.notes == []


def test_recording_needs_an_open_gradebook(course):
    with pytest.raises(RecordError, match="inside its `with` block"):
        record(Recorder(course), "ada", {one(course): 1})


# -------------------------------------------------------------------------------------------------------------- files


def test_files_lie_where_nbgrader_puts_them(course, recorder):
    hand_in(course, "ada", timestamp="2025-01-02 03:04:05 UTC")
    record(recorder, "ada", {one(course): 0.5, two(course): 1})
    found = {name: oct(stat.S_IMODE((course / name).stat().st_mode)) for name in files(course)}
    assert found == {
        "autograded/ada/a0/data/numbers.csv": "0o444",
        "autograded/ada/a0/one.ipynb": "0o444",
        "autograded/ada/a0/timestamp.txt": "0o444",
        "autograded/ada/a0/two.ipynb": "0o444",
        "feedback/ada/a0/data/numbers.csv": "0o644",
        "feedback/ada/a0/one.html": "0o644",
        "feedback/ada/a0/timestamp.txt": "0o644",
        "feedback/ada/a0/two.html": "0o644",
    }
    notebook = nbformat.read(course / "autograded/ada/a0/one.ipynb", as_version=4)
    assert notebook.cells[0].id == SUMMARY
    page = (course / "feedback/ada/a0/one.html").read_text()
    assert "<h4>one (Score: 5.0 / 10.0)</h4>" in page
    assert "Squares are squares." in page
    assert 'id="heading"' not in page


def test_folders_are_those_of_the_configuration(course):
    changed = 'c.CourseDirectory.autograded_directory = "marked"\nc.CourseDirectory.feedback_directory = "said"\n'
    (course / "nbgrader_config.py").write_text(f'{CONFIG}{changed}c.CourseDirectory.db_url = "sqlite:///{course}/marks.db"\n')
    shutil.move(course / "gradebook.db", course / "marks.db")
    hand_in(course, "ada")
    with Recorder(course) as recorder:
        record(recorder, "ada", {one(course): 1, two(course): 1})
    assert (course / "marked/ada/a0/one.ipynb").is_file()
    assert (course / "said/ada/a0/one.html").is_file()
    assert not (course / "gradebook.db").exists()


def test_other_files_of_a_student_are_left_where_they_are(course, recorder):
    folder = hand_in(course, "ada")
    (folder / "notes.txt").symlink_to(course / "gradebook.db")
    (folder / "timestamp.txt").symlink_to(course / "nbgrader_config.py")
    (folder / "data").mkdir()
    (folder / "data" / "numbers.csv").write_text("forged")
    record(recorder, "ada", {one(course): 1, two(course): 1})
    assert {Path(name).name for name in files(course)} == {"one.ipynb", "two.ipynb", "one.html", "two.html", "numbers.csv"}
    assert (course / "autograded/ada/a0/data/numbers.csv").read_text() == "1,2\n"


def test_what_lay_in_the_folders_before_is_gone(course, recorder):
    hand_in(course, "ada")
    for step in ("autograded", "feedback"):
        (course / step / "ada" / "a0" / "old").mkdir(parents=True)
        (course / step / "ada" / "a0" / "old" / "gradebook.db").write_text("")
    record(recorder, "ada", {one(course): 1, two(course): 1})
    assert not [name for name in files(course) if "old" in name]


def test_a_tag_that_a_student_left_open_ends_with_its_cell(course, recorder):
    hand_in(course, "ada", ("one",))
    rebuilt = answered(one(course))
    rebuilt.cells.append(nbformat.v4.new_markdown_cell("<div><table><b>open </div></div></div>", id="own-1"))
    rebuilt.cells.append(nbformat.v4.new_markdown_cell("piece-0 <piece-0></piece-0>", id="own-2"))
    recorder.record("ada", {one(course): graded(one(course), 1)}, {one(course): rebuilt})
    page = (course / "feedback/ada/a0/one.html").read_text()
    assert "<div><table><b>open </b></table></div>" in page
    assert page.count("<div") == page.count("</div>")


# ------------------------------------------------------------------------------------------- the gradebook and the course


def test_a_new_gradebook_is_made_and_entered(course):
    (course / "gradebook.db").unlink()
    hand_in(course, "ada")
    with Recorder(course) as recorder:
        record(recorder, "ada", {one(course): 1, two(course): 1})
    assert len(rows(course, "select version_num from alembic_version")) == 1
    assert len(rows(course, GRADES)) == 2


@pytest.mark.parametrize("entered", [True, False])
def test_a_relative_path_of_the_gradebook_means_the_folder_of_the_course(course, monkeypatch, entered):
    (course / "nbgrader_config.py").write_text(f'{CONFIG}c.CourseDirectory.db_url = "sqlite:///marks.db"\n')
    if entered:
        shutil.move(course / "gradebook.db", course / "marks.db")
    else:
        (course / "gradebook.db").unlink()
    monkeypatch.chdir(course / "build")
    hand_in(course, "ada")
    with Recorder(course) as recorder:
        record(recorder, "ada", {one(course): 1, two(course): 1})
    assert [path.relative_to(course).as_posix() for path in course.rglob("*.db")] == ["marks.db"]


def test_a_changed_exercise_is_entered_anew_while_nothing_depends_on_it(course):
    (course / "source" / "a0" / "two.py").write_text(SOURCE.format("cube", 4))
    build(Course(course), say=lambda _: None)
    hand_in(course, "ada")
    with Recorder(course) as recorder:
        record(recorder, "ada", {one(course): 1, two(course): 1})
    assert rows(course, GRADES) == [("ada", "square", 10, None, None, 0), ("ada", "cube", 4, None, None, 0)]
    assert sorted(path.name for path in (course / "release" / "a0").iterdir()) == ["data", "one.ipynb", "two.ipynb"]


def test_an_exercise_with_marks_is_not_exchanged_for_another(course, recorder):
    hand_in(course, "ada")
    record(recorder, "ada", {one(course): 1, two(course): 1})
    (course / "source" / "a0" / "two.py").write_text(SOURCE.format("cube", 4))
    build(Course(course), say=lambda _: None)
    with Recorder(course) as second, pytest.raises(RecordError, match=r"Cannot add or remove cells for notebook 'two'.*begin a new one"):
        record(second, "ada", {one(course): 1, two(course): 1})


def test_new_points_are_taken_over(course, recorder):
    hand_in(course, "ada")
    record(recorder, "ada", {one(course): 1, two(course): 1})
    (course / "source" / "a0" / "two.py").write_text(SOURCE.format("power", 5))
    build(Course(course), say=lambda _: None)
    with Recorder(course) as second:
        record(second, "ada", {one(course): 1, two(course): 1})
    assert rows(course, GRADES)[1] == ("ada", "power", 5, None, None, 0)


def test_a_release_that_is_older_than_its_source_is_said(course):
    with sqlite3.connect(course / "gradebook.db") as database:
        database.execute("delete from source_cell")
    (release,) = course.glob("release/a0/one.ipynb")
    release.write_text(release.read_text().replace("square(2) == 4", "square(2) == 5"))
    hand_in(course, "ada")
    with Recorder(course) as recorder, pytest.raises(RecordError, match=r"release of a0/one is not what .* run `autograder build a0`"):
        record(recorder, "ada", {one(course): 1, two(course): 1})


# -------------------------------------------------------------------------------------------------- faults of the machine


@pytest.fixture
def waits_briefly(course: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(books, "WAIT", 0.5)
    (course / "nbgrader_config.py").write_text(f'{CONFIG}c.CourseDirectory.db_url = "sqlite:///gradebook.db?timeout=0.1"\n')
    return course


@contextlib.contextmanager
def another_writer(course: Path) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(course / "gradebook.db", isolation_level=None)) as other:
        other.execute("begin immediate")
        yield


def test_another_writer_is_waited_for_once_for_a_class(waits_briefly):
    course = waits_briefly
    with Recorder(course) as recorder, another_writer(course):
        recorder.enter(one(course))
        started, said = time.monotonic(), set()
        for student in ("ada", "bob", "cyd", "dee"):
            hand_in(course, student)
            with pytest.raises(GradebookUnavailable, match=r"another program keeps the gradebook .* to itself") as refused:
                record(recorder, student, {one(course): 1})
            with pytest.raises(GradebookUnavailable):
                recorder.ungradable(student, one(course))
            said.add(str(refused.value))
    assert len(said) == 1
    assert time.monotonic() - started < 2
    assert files(course) == {}
    with Recorder(course) as recorder:
        record(recorder, "ada", {one(course): 1, two(course): 1})


def test_another_writer_while_an_assignment_is_entered_is_a_sentence(waits_briefly, capfd):
    course = waits_briefly
    with contextlib.closing(sqlite3.connect(course / "gradebook.db")) as database:
        database.executescript("delete from source_cell")
    with (
        Recorder(course) as recorder,
        another_writer(course),
        pytest.raises(GradebookUnavailable, match="another program keeps the gradebook"),
    ):
        recorder.enter(one(course))
    assert capfd.readouterr() == ("", "")


def _record_with_others(course: Path, barrier: Any) -> None:
    barrier.wait(60)
    with Recorder(course) as recorder:
        for student in ("ada", "bob", "cyd", "dee", "eve"):
            barrier.wait(60)
            record(recorder, student, {one(course): 1, two(course): 1})


def test_graders_that_record_the_same_at_once_leave_every_mark_once(course):
    (course / "gradebook.db").unlink()
    for student in ("ada", "bob", "cyd", "dee", "eve"):
        hand_in(course, student)
    forking = multiprocessing.get_context("fork")
    barrier = forking.Barrier(3)
    graders = [forking.Process(target=_record_with_others, args=(course, barrier)) for _ in range(3)]
    for grader in graders:
        grader.start()
    for grader in graders:
        grader.join(60)
    assert [grader.exitcode for grader in graders] == [0, 0, 0]
    assert [(row[0], row[2]) for row in rows(course, GRADES)] == [
        (student, mark) for student in ("ada", "bob", "cyd", "dee", "eve") for mark in (10, 2.5)
    ]
    assert not [name for name in files(course) if ".new-" in name]


@pytest.mark.parametrize("full", ["autograded", "feedback"])
def test_a_full_disk_is_a_sentence_with_the_path_and_ends_recording(course, full):
    for student in ("ada", "bob"):
        hand_in(course, student)
    with small_disk(course / full, 3000) as disk, Recorder(course) as recorder:
        filling = fill(disk, leave=8)
        with pytest.raises(GradebookUnavailable, match=rf"{course}/{full}/ada/a0/.*: No space left on device: put that right"):
            record(recorder, "ada", {one(course): 1, two(course): 1})
        with pytest.raises(GradebookUnavailable, match="No space left on device"):
            record(recorder, "bob", {one(course): 1, two(course): 1})
        assert rows(course, GRADES) == []
        assert files(course).keys() <= {f"{full}/filling"}
        filling.unlink()
        with Recorder(course) as again:
            record(again, "ada", {one(course): 1, two(course): 1})
        assert len(rows(course, GRADES)) == 2


def test_a_full_disk_under_the_gradebook_is_a_sentence_with_its_path(course):
    with small_disk(course / "disk", 300) as disk:
        (course / "nbgrader_config.py").write_text(f'{CONFIG}c.CourseDirectory.db_url = "sqlite:///{disk}/gradebook.db"\n')
        shutil.move(course / "gradebook.db", disk)
        hand_in(course, "ada")
        with Recorder(course) as recorder:
            recorder.enter(one(course))
            fill(disk)
            with pytest.raises(GradebookUnavailable, match=f"there is no space left for the gradebook {disk}/gradebook.db"):
                record(recorder, "ada", {one(course): 1, two(course): 1})
        assert files(course) == {}


def test_a_full_or_missing_temporary_folder_is_a_sentence(course, monkeypatch):
    with contextlib.closing(sqlite3.connect(course / "gradebook.db")) as database:
        database.executescript("delete from source_cell")
    monkeypatch.setattr(tempfile, "tempdir", str(course / "nowhere"))
    with Recorder(course) as recorder, pytest.raises(RecordError, match=f"{course}/nowhere/.*: No such file or directory: put that right"):
        recorder.enter(one(course))
    with small_disk(course / "disk", 8) as disk, Recorder(course) as recorder:
        monkeypatch.setattr(tempfile, "tempdir", str(disk))
        fill(disk, leave=4)
        with pytest.raises(GradebookUnavailable, match=f"{disk}/.*: No space left on device: put that right"):
            recorder.enter(one(course))


def test_a_folder_that_may_not_be_written_is_named_once_for_everybody(course, recorder):
    (course / "feedback").write_text("no folder")
    said = set()
    for student in ("ada", "bob"):
        hand_in(course, student)
        with pytest.raises(RecordError) as refused:
            record(recorder, student, {one(course): 1, two(course): 1})
        said.add(str(refused.value))
    assert said == {f"{course}/feedback: Not a directory: put that right, then give the same command again: it goes on from there"}


def test_a_column_that_is_gone_is_no_statement_but_a_sentence(course, recorder):
    hand_in(course, "ada")
    recorder.enter(one(course))
    with contextlib.closing(sqlite3.connect(course / "gradebook.db")) as database:
        database.executescript("alter table grade drop column extra_credit")
    with pytest.raises(GradebookUnavailable, match=r"gradebook\.db is of an older nbgrader: bring it up to date"):
        record(recorder, "ada", {one(course): 1, two(course): 1})


def test_a_folder_is_written_by_one_grader_at_a_time(tmp_path):
    with recording._Folder(tmp_path / "a") as folder:
        folder.add("page.html", b"")
        handle = os.open(tmp_path / "a", os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        folder.publish()
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(handle)
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["page.html"]


def test_a_signal_while_a_submission_is_written_waits_until_it_is_whole(course, recorder, monkeypatch):
    hand_in(course, "ada")
    genuine = recording._Folder.publish

    def interrupted(folder: recording._Folder) -> None:
        signal.raise_signal(signal.SIGINT)
        genuine(folder)

    monkeypatch.setattr(recording._Folder, "publish", interrupted)
    with pytest.raises(KeyboardInterrupt):
        record(recorder, "ada", {one(course): 1, two(course): 1})
    assert len(rows(course, GRADES)) == 2
    assert {"autograded/ada/a0/two.ipynb", "feedback/ada/a0/two.html"} <= files(course).keys()


def test_what_a_killed_grader_left_half_written_is_gone_when_the_folder_is_written_again(course, recorder):
    hand_in(course, "ada")
    for step in ("autograded", "feedback"):
        (course / step / "ada" / "a0").mkdir(parents=True)
        (course / step / "ada" / "a0" / ".new-abc").write_text("half a page")
    record(recorder, "ada", {one(course): 1, two(course): 1})
    assert not [name for name in files(course) if ".new-" in name]


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        (None, "there is no nbgrader_config.py"),
        ("c.CourseDirectory.root = '/elsewhere'", "sets CourseDirectory.root to /elsewhere"),
        ("1 / 0", "cannot be read: division by zero"),
        ("raise ValueError('postgresql://me:s3cr3t@host/x')", r"cannot be read: .*postgresql://me:\*\*\*@host/x"),
    ],
)
def test_a_course_that_is_not_configured_is_refused(tmp_path, config, complaint):
    if config:
        (tmp_path / "nbgrader_config.py").write_text(config)
    with pytest.raises(RecordError, match=complaint):
        Recorder(tmp_path)


def test_the_working_directory_does_not_get_onto_the_module_path(course, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    before = list(sys.path)
    Recorder(course)
    assert sys.path == before


# ------------------------------------------------------------------------------------------------------------ helpers


def dump(course: Path) -> Iterator[str]:
    with sqlite3.connect(course / "gradebook.db") as database:
        yield from database.iterdump()


def files(course: Path) -> dict[str, bytes]:
    return {
        path.relative_to(course).as_posix(): path.read_bytes()
        for step in ("autograded", "feedback")
        for path in sorted((course / step).rglob("*"))
        if path.is_file()
    }
