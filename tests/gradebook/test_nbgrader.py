"""Three ways to marks, one outcome: `autograder grade`, nbgrader's commands and formgrader's buttons leave the same rows and files."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup
from commands import jupyter_server, run
from disks import nest
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde as NbgradersOwn
from nbgrader.converters import GenerateAssignment, NbGraderException

from autograder.classroom import batch, converter, demo
from autograder.classroom.failure import Ungraded
from autograder.classroom.handed_in import handed_in
from autograder.course.answers import fill
from autograder.course.build import build
from autograder.course.model import ROOT, Course, CourseError, Notebook
from autograder.gradebook.record import Recorder, course_in_use
from autograder.grading.grade import Grader
from autograder.sandbox import SandboxUnavailable
from autograder.submission.rebuild import LEFT_OUT

SOURCE = """\
# ---
# jupyter:
#   jupytext: {{text_representation: {{extension: .py, format_name: percent}}}}
#   kernelspec: {{display_name: Python 3, language: python, name: python3}}
#   groundwork: {{title: "Tiny", imports: [math], packages: []}}
# ---

# %% nbgrader={{"grade_id": "setup"}} tags=["setup"]
import math

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
PROBES = "def value(m, x):\n    return m.{0}(x)\n"
SUITE = '''\
import pytest

from autograder.testing import exercise

from . import {1}_probes as probes


@exercise("{0}")
@pytest.mark.parametrize("x", [2, 3.5])
def test_of_positive_numbers(ask, x):
    """The square of a positive number."""
    ask.same(probes.value, x)


@exercise("{0}")
def test_of_negative_numbers(ask):
    """The square of a negative number is positive."""
    ask.same(probes.value, -3)
'''
REFERENCE = "def {0}(x):\n    return x**2\n"

RIGHT = '# %% nbgrader={{"grade_id": "{0}_answer"}}\ndef {0}(x):\n    return x * x\n'
HALF = '# %% nbgrader={{"grade_id": "{0}_answer"}}\ndef {0}(x):\n    return x * abs(x)\n'
BROKEN = '# %% nbgrader={{"grade_id": "{0}_answer"}}\n%time\ndef {0}(x:\n    return 1\n'
RAISES = '# %% nbgrader={{"grade_id": "{0}_answer"}}\ndef {0}(x):\n    return math.table[x]\n\n# %%\n1 / 0\n'
HOSTILE = """\
# %% [markdown]
# <script>alert(1)</script> <img src="https://example.org/x.png" onerror="alert(2)"> [click](javascript:alert(3))

# %% nbgrader={{"grade_id": "{0}_answer"}}
import os, sys
print("full marks", file=sys.stderr)
class {0}:
    def __new__(cls, x): os._exit(0)
"""
EXERCISES = {"one": ("square", 10), "two": ("power", 2.5)}


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course of two notebooks with hidden suites, configured by the project's own nbgrader_config.py, and a class."""
    root = tmp_path_factory.mktemp("course") / "template"
    hidden, references = root / "autograder" / "hidden" / "a0", root / "solutions" / "reference" / "a0"
    for folder in (root / "source" / "a0" / "data", hidden, references):
        folder.mkdir(parents=True)
    for name, (exercise, points) in EXERCISES.items():
        (root / "source" / "a0" / f"{name}.py").write_text(SOURCE.format(exercise, points))
        (hidden / f"{name}_probes.py").write_text(PROBES.format(exercise))
        (hidden / f"test_{name}.py").write_text(SUITE.format(exercise, name))
        (references / f"{name}.py").write_text(REFERENCE.format(exercise))
    (root / "source" / "a0" / "data" / "numbers.csv").write_text("1,2\n")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    build(Course(root), say=lambda _: None)
    return root


def hand_in(root: Path, student: str, text: str, names: tuple[str, ...] = ("one", "two"), timestamp: str = "") -> Path:
    folder = root / "submitted" / student / "a0"
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        release = nbformat.read(root / "release" / "a0" / f"{name}.ipynb", as_version=4)
        nbformat.write(fill(release, text.format(EXERCISES[name][0])), folder / f"{name}.ipynb")
    if timestamp:
        (folder / "timestamp.txt").write_text(timestamp)
    return folder


def edit(path: Path) -> NotebookNode:
    return nbformat.from_dict(json.loads(path.read_text()))


def hand_in_a_class(root: Path) -> None:
    """Every kind of submission that has led nbgrader astray, among ordinary ones."""
    hand_in(root, "ada", RIGHT, timestamp="2025-01-01 00:00:00 UTC")
    hand_in(root, "bob", HALF, ("one",), timestamp="2025-01-03 00:00:00 UTC")
    hand_in(root, "cyd", "")
    hand_in(root, "dee", BROKEN)
    hand_in(root, "eve", RAISES)
    hand_in(root, "fay", HOSTILE)

    folder = hand_in(root, "gil", RIGHT)
    (folder / "notes.txt").symlink_to(root / "nbgrader_config.py")
    (folder / ".hidden.ipynb").symlink_to(root / "nbgrader_config.py")
    (folder / "more").mkdir()
    (folder / "more" / "own.py").write_text("")
    (folder / "data").mkdir()
    (folder / "data" / "numbers.csv").write_text("forged")
    (folder / "three.ipynb").write_text((folder / "one.ipynb").read_text())

    folder = hand_in(root, "hal", HALF)
    notebook = edit(folder / "one.ipynb")
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [nbformat.v4.new_output("execute_result", data={"text/plain": "10"})]
            cell.metadata.nbgrader.schema_version = 99
        if cell.id == "square":
            cell.metadata.nbgrader.points = 1000
            cell.source = "10"
    nbformat.write(notebook, folder / "one.ipynb")
    notebook = edit(folder / "two.ipynb")
    notebook.cells = [cell for cell in notebook.cells if cell.id != "power_answer"]
    nbformat.write(notebook, folder / "two.ipynb")

    (hand_in(root, "ida", RIGHT, ("one",)) / "one.ipynb").write_text("{")
    folder = hand_in(root, "jim", RIGHT, ("one",))
    (folder / "one.ipynb").rename(root / "kept.ipynb")
    (folder / "one.ipynb").symlink_to(root / "kept.ipynb")
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")]), hand_in(root, "kim", RIGHT, ()) / "one.ipynb")
    (root / "submitted" / "leo").mkdir()
    (root / "submitted" / "leo" / "a0").symlink_to(root / "submitted" / "ada" / "a0")


UNGRADABLE = {"ida", "jim", "kim", "leo"}


@pytest.fixture(scope="session")
def by_us(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The class after `autograder grade`, and ada's second submission after a person had a look at the first."""
    root = shutil.copytree(template, tmp_path_factory.mktemp("ours") / "course")
    hand_in_a_class(root)
    notebooks = Course(root).assignment("a0")
    set_due_date(root)
    with Recorder(root) as recorder:
        done = list(batch.grade_class(handed_in(recorder.coursedir, notebooks), Grader, recorder))
        assert {found.student for found in done if isinstance(found, Ungraded)} == UNGRADABLE
        mark_by_hand(root)
        hand_in_again(root)
        list(batch.grade_class(handed_in(recorder.coursedir, notebooks, ["ada"]), Grader, recorder))
    return root


@pytest.fixture(scope="session")
def by_nbgrader(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same after `nbgrader autograde` and `nbgrader generate_feedback`."""
    root = shutil.copytree(template, tmp_path_factory.mktemp("theirs") / "course")
    hand_in_a_class(root)
    set_due_date(root)
    said = run("nbgrader", root, "autograde", "a0")
    assert said.returncode == 1  # four submissions cannot be graded, and the others were
    for student in UNGRADABLE:
        assert f"There was an error processing assignment 'a0' for student '{student}'" in said.stderr
    assert "kim, a0/one: " in said.stderr
    assert "leo, a0/one: its folder a0 is a link" in said.stderr
    mark_by_hand(root)
    hand_in_again(root)
    assert run("nbgrader", root, "autograde", "a0", "--student", "ada", "--force").returncode == 0
    assert run("nbgrader", root, "generate_feedback", "a0").returncode == 0
    return root


@pytest.fixture(scope="session")
def by_button(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same after formgrader's buttons were pressed: of every student the one to autograde, in the end the one for feedback."""
    root = shutil.copytree(template, tmp_path_factory.mktemp("buttons") / "course")
    hand_in_a_class(root)
    set_due_date(root)
    with formgrader(root) as browser:
        pressed = {path.name: browser.press(f"submission/a0/{path.name}/autograde") for path in (root / "submitted").iterdir()}
        assert {student for student, answer in pressed.items() if not answer["success"]} == UNGRADABLE
        assert "kim, a0/one: " in pressed["kim"]["log"]
        mark_by_hand(root)
        hand_in_again(root)
        assert browser.press("submission/a0/ada/autograde")["success"]
        assert browser.press("assignment/a0/generate_feedback")["success"]
    return root


class Browser:
    """A browser on formgrader's page: it keeps the cookies, and says with each press what they ask for."""

    def __init__(self, server: str, token: str) -> None:
        self.api = f"{server}formgrader/api/"
        self.cookies = CookieJar()
        self._open = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.cookies)).open
        self._open(f"{server}formgrader/?token={token}", timeout=300).close()

    def read(self, path: str) -> Any:
        """What the server tells a page."""
        with self._open(self.api + path, timeout=60) as answer:
            return json.load(answer)

    def press(self, path: str) -> dict[str, object]:
        """What the server answers to a button."""
        xsrf = next(cookie.value for cookie in self.cookies if cookie.name == "_xsrf")
        request = urllib.request.Request(self.api + path, b"", {"X-XSRFToken": xsrf})
        with self._open(request, timeout=300) as answer:
            return json.load(answer)


@contextlib.contextmanager
def formgrader(root: Path) -> Iterator[Browser]:
    """A browser on the formgrader of a Jupyter server in the folder of a course."""
    with jupyter_server(root, root) as (address, token):
        yield Browser(address, token)


def mark_by_hand(root: Path) -> None:
    """Everything that a person can give, to ada."""
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", "groundwork") as gradebook:
        gradebook.update_or_create_student("ada", first_name="Ada", last_name="Lovelace", email="ada@example.org")
        gradebook.grant_extension("a0", "ada", days=1)
        gradebook.find_submission_notebook("one", "a0", "ada").flagged = True
        gradebook.find_comment("square_answer", "one", "a0", "ada").manual_comment = "By hand: $x$"
        grade = gradebook.find_grade("square", "one", "a0", "ada")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 7, 1, False
        gradebook.db.commit()


def hand_in_again(root: Path) -> None:
    """Other answers of ada's, in time only with the extension."""
    hand_in(root, "ada", HALF, timestamp="2025-01-02 12:00:00 UTC")


def set_due_date(root: Path) -> None:
    """Let bob be late, and lateness cost everything."""
    with (root / "nbgrader_config.py").open("a") as file:
        file.write('\nc.LateSubmissionPlugin.penalty_method = "zero"\n')
    with Recorder(root) as recorder:
        recorder.enter(Course(root).assignment("a0")[0])
    with sqlite3.connect(root / "gradebook.db") as database:
        database.execute("update assignment set duedate = '2025-01-02 00:00:00.000000'")


def table_rows(root: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every table of the gradebook, with each id replaced by what it stands for, so that two gradebooks can be compared."""
    found: dict[str, list[tuple[object, ...]]] = {}
    with sqlite3.connect(root / "gradebook.db") as database:
        tables = [name for (name,) in database.execute("select name from sqlite_master where type = 'table' order by name")]
        names: dict[object, str] = {}

        def learn(query: str) -> None:
            names.update({key: "/".join(parts) for key, *parts in database.execute(query)})

        learn("select id, name from assignment")
        learn("select n.id, a.name, n.name from notebook n join assignment a on a.id = assignment_id")
        learn("select c.id, n.name, c.name, c.type from base_cell c join notebook n on n.id = notebook_id")
        learn("select c.id, n.name, c.name from source_cell c join notebook n on n.id = notebook_id")
        learn("select id, student_id from submitted_assignment")
        learn(
            "select s.id, a.student_id, n.name from submitted_notebook s join submitted_assignment a on a.id = s.assignment_id "
            "join notebook n on n.id = notebook_id"
        )
        for table in tables:
            columns = [column[1] for column in database.execute(f"pragma table_info({table})")]
            rows = [
                tuple(names.get(value, value) for column, value in zip(columns, row, strict=True) if (table, column) not in OWN_IDS)
                for row in database.execute(f"select * from {table}")
            ]
            found[table] = sorted(rows, key=repr)
    return found


OWN_IDS = {("grade", "id"), ("comment", "id")}  # random, and nothing refers to them


def left_behind(root: Path) -> dict[str, tuple[str, bytes]]:
    return {
        path.relative_to(root).as_posix(): (oct(stat.S_IMODE(path.lstat().st_mode)), path.read_bytes() if path.is_file() else b"")
        for step in ("autograded", "feedback")
        for path in sorted((root / step).glob("*/*/**/*"))
    }


# ---------------------------------------------------------------------------------------------------------- the tests


@pytest.mark.parametrize("route", ["by_nbgrader", "by_button"])
def test_every_way_gives_the_same_rows(request, by_us, route):
    ours, theirs = table_rows(by_us), table_rows(request.getfixturevalue(route))
    assert ours.keys() == theirs.keys()
    for table in ours:
        assert ours[table] == theirs[table], table


@pytest.mark.parametrize("route", ["by_nbgrader", "by_button"])
def test_every_way_gives_the_same_files(request, by_us, route):
    ours, theirs = left_behind(by_us), left_behind(request.getfixturevalue(route))
    assert list(ours) == list(theirs)
    for name in ours:
        assert ours[name] == theirs[name], name


def test_both_give_the_demo_class_the_same(tmp_path):
    """The class that comes with the course, by the commands, in courses in use where nothing was prepared, not even the gradebook.

    One assignment of it, which has every kind of submission: right, wrong, blank, broken, endless, damaged and hostile.
    """
    assignment = "a1_python_oop"
    ours, theirs = demo.make_class(tmp_path / "ours"), demo.make_class(tmp_path / "theirs")
    by_us = run("autograder", ours, "grade", assignment, "--course", str(ours))
    by_nbgrader = run("nbgrader", theirs, "autograde", assignment)
    assert by_us.returncode == by_nbgrader.returncode == 1
    ungraded = {line.split("student ")[1].strip("'") for line in by_nbgrader.stderr.splitlines() if "for student '" in line}
    assert {line.split()[2].strip(",") for line in by_us.stderr.splitlines() if line.startswith("not graded")} == ungraded == {"freya"}
    first = min(path.parents[1].name for path in (ours / "submitted").glob(f"*/{assignment}/*.ipynb"))
    assert run("nbgrader", theirs, "generate_feedback", assignment, "--student", first).returncode == 0
    assert table_rows(ours) == table_rows(theirs)
    with Gradebook(f"sqlite:///{ours / 'gradebook.db'}") as gradebook:
        marks = {submission.student.id: submission.score for submission in gradebook.assignment_submissions(assignment)}
    expected = {"amara": 100, "bruno": 93.51, "chidi": 36.1, "dilnoza": 0, "emre": 20, "freya": 0, "goran": 0, "hana": 50.12}
    assert marks == pytest.approx(expected)
    ours_left, theirs_left = left_behind(ours), left_behind(theirs)
    assert list(theirs_left) == [name for name in ours_left if name.startswith("autograded") or name in theirs_left]
    for name in theirs_left:
        assert ours_left[name] == theirs_left[name], name


@pytest.mark.parametrize("route", ["by_us", "by_nbgrader", "by_button"])
def test_the_marks_are_those_of_the_hidden_tests(request, route):
    query = """
        select a.student_id, n.name, g.auto_score, g.needs_manual_grade, s.late_submission_penalty from grade g
        join submitted_notebook s on s.id = g.notebook_id join submitted_assignment a on a.id = s.assignment_id
        join notebook n on n.id = s.notebook_id order by 1, 2
    """
    with sqlite3.connect(request.getfixturevalue(route) / "gradebook.db") as database:
        marks = {(student, notebook): rest for student, notebook, *rest in database.execute(query)}
    assert marks == {
        ("ada", "one"): [5, 1, None],
        ("ada", "two"): [1.25, 0, None],
        ("bob", "one"): [5, 0, 5],
        ("bob", "two"): [0, 0, None],
        ("cyd", "one"): [0, 0, None],
        ("cyd", "two"): [0, 0, None],
        ("dee", "one"): [0, 0, None],
        ("dee", "two"): [0, 0, None],
        ("eve", "one"): [0, 0, None],
        ("eve", "two"): [0, 0, None],
        ("fay", "one"): [0, 0, None],
        ("fay", "two"): [0, 0, None],
        ("gil", "one"): [10, 0, None],
        ("gil", "two"): [2.5, 0, None],
        ("hal", "one"): [5, 0, None],
        ("hal", "two"): [0, 0, None],
        ("ida", "one"): [None, 1, None],
        ("ida", "two"): [0, 0, None],
        ("jim", "one"): [None, 1, None],
        ("jim", "two"): [0, 0, None],
        ("kim", "one"): [None, 1, None],
        ("kim", "two"): [0, 0, None],
        ("leo", "one"): [None, 1, None],
        ("leo", "two"): [None, 1, None],
    }


def test_what_an_ungradable_submission_leaves(by_nbgrader):
    assert not [name for name in left_behind(by_nbgrader) if name.split("/")[1] in UNGRADABLE]


def test_other_files_of_a_student_are_not_copied(by_nbgrader):
    mine = {name.partition("/gil/")[2] for name in left_behind(by_nbgrader) if "/gil/" in name}
    assert mine == {"a0/one.ipynb", "a0/two.ipynb", "a0/one.html", "a0/two.html", "a0/data", "a0/data/numbers.csv"}
    assert left_behind(by_nbgrader)["autograded/gil/a0/data/numbers.csv"][1] == b"1,2\n"


def test_feedback_runs_no_script_of_a_student(by_nbgrader):
    page = BeautifulSoup((by_nbgrader / "feedback" / "fay" / "a0" / "one.html").read_text(), "html.parser").body
    assert page.find_all(["script", "img", "iframe"]) == []
    assert [name for tag in page.find_all() for name in tag.attrs if name.startswith("on")] == []
    assert [link["href"] for link in page.find_all("a", href=True) if link["href"].lower().startswith("javascript")] == []
    assert "click" in page.text


@pytest.mark.parametrize("route", ["by_us", "by_nbgrader", "by_button"])
def test_what_a_person_gave_survives_grading_again(request, route):
    root = request.getfixturevalue(route)
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", "groundwork") as gradebook:
        ada, submission = gradebook.find_student("ada"), gradebook.find_submission("a0", "ada")
        assert (ada.first_name, ada.last_name, ada.email) == ("Ada", "Lovelace", "ada@example.org")
        assert (submission.extension, submission.duedate) == (datetime.timedelta(days=1), datetime.datetime(2025, 1, 3))
        assert submission.timestamp == datetime.datetime(2025, 1, 2, 12)  # the second submission's
        assert [notebook.flagged for notebook in sorted(submission.notebooks, key=lambda notebook: notebook.name)] == [True, False]
        grade = gradebook.find_grade("square", "one", "a0", "ada")
        assert (grade.auto_score, grade.manual_score, grade.extra_credit, grade.score) == (5, 7, 1, 8)
        assert gradebook.find_comment("square_answer", "one", "a0", "ada").manual_comment == "By hand: $x$"
    page = (root / "feedback" / "ada" / "a0" / "one.html").read_text()
    assert "<h4>one (Score: 8.0 / 10.0)</h4>" in page
    assert "<p>By hand: $x$</p>" in page


# --------------------------------------------------------------------------------------------- the steps of the pipeline


def test_an_edited_suite_is_the_one_that_grades(template, tmp_path):
    """A formgrader lives for days, and what it grades by is edited meanwhile."""
    root = shutil.copytree(template, tmp_path / "course")
    hand_in(root, "ada", HALF)
    autograde(root)
    assert marks(root)["ada", "one"] == (5, 0)
    suite = Notebook("a0", "one", root).suite
    suite.write_text(suite.read_text().replace("-3", "3"))
    autograde(root)
    assert marks(root)["ada", "one"] == (5, 0)  # passed over, as nbgrader does it
    autograde(root, force=True)
    assert marks(root)["ada", "one"] == (10, 0)


def test_whoever_hands_in_again_is_graded_again(template, tmp_path):
    root = shutil.copytree(template, tmp_path / "course")
    for answers, time in ((HALF, "2025-01-01 00:00:00 UTC"), (RIGHT, "2025-01-02 00:00:00 UTC")):
        hand_in(root, "ada", answers, timestamp=time)
        autograde(root)
    assert marks(root)["ada", "one"] == (10, 0)


def test_whom_nbgrader_s_options_leave_out_is_not_graded(template, tmp_path):
    root = shutil.copytree(template, tmp_path / "course")
    for student in ("ada", "bob", "bea", "b*"):
        hand_in(root, student, RIGHT)
    autograde(root, student_id="b*")
    assert {student for student, _ in marks(root)} == {"b*"}
    autograde(root, student_id="b[eo]*", student_id_exclude="bea,x")
    assert {student for student, _ in marks(root)} == {"b*", "bob"}
    with pytest.raises(NbGraderException, match="nobody has handed in a0"):
        autograde(root, student_id="z*")


def test_hooks_of_a_course_are_told_what_is_graded(template, tmp_path):
    root = shutil.copytree(template, tmp_path / "course")
    hand_in(root, "ada", RIGHT)
    autograde(root)
    folder = hand_in(root, "bob", RIGHT)
    told = []
    autograde(root, hook=lambda **about: told.append(about))
    assert told == 2 * [{"assignment": "a0", "student": "*", "notebooks": [str(folder / "one.ipynb"), str(folder / "two.ipynb")]}]


@pytest.mark.parametrize("half", ["sanitize_preprocessors", "autograde_preprocessors"])
def test_nothing_is_graded_by_nbgrader_s_own_converter(template, tmp_path, half):
    """Neither half of it lets a submission pass."""
    root = shutil.copytree(template, tmp_path / "course")
    hand_in(root, "ada", RIGHT)
    application = course_in_use(root)
    application.coursedir.assignment_id = "a0"
    own = NbgradersOwn(coursedir=application.coursedir, parent=application)
    setattr(own, half, [])
    with pytest.raises(NbGraderException):
        own.start()
    assert not list(root.glob("autograded/*/*/*.ipynb"))


@pytest.mark.parametrize("fault", [KeyError("hidden input"), RecursionError(), MemoryError()])
def test_what_nobody_foresaw_costs_one_submission(template, tmp_path, monkeypatch, capsys, fault):
    """The others are graded; the traceback lies where only the instructor reads."""
    root = shutil.copytree(template, tmp_path / "course")
    for student in ("ada", "bob", "cyd"):
        hand_in(root, student, RIGHT if student == "bob" else HALF)
    rebuild = batch.rebuild

    def failing(notebook, submitted):
        if notebook.name == "one" and any("abs" not in cell.source and "x * x" in cell.source for cell in submitted.cells):
            raise fault
        return rebuild(notebook, submitted)

    monkeypatch.setattr(batch, "rebuild", failing)
    with pytest.raises(NbGraderException):
        autograde(root)
    assert marks(root) == {
        **{(student, "one"): (5, 0) for student in ("ada", "cyd")},
        **{(student, "two"): (1.25, 0) for student in ("ada", "cyd")},
        ("bob", "one"): (None, 1),
        ("bob", "two"): (2.5, 0),
    }
    (kept,) = (root / "build" / "failures").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert type(fault).__name__ in kept.read_text()
    assert "hidden input" not in "".join(capsys.readouterr())


@pytest.mark.parametrize("fault", [CourseError("no suite"), SandboxUnavailable("no namespaces")])
def test_what_is_wrong_with_the_course_or_the_machine_ends_the_command(template, tmp_path, monkeypatch, fault):
    root = shutil.copytree(template, tmp_path / "course")
    for student in ("ada", "bob"):
        hand_in(root, student, RIGHT)
    asked = []

    def failing(notebook, workers):
        asked.append(notebook)
        raise fault

    monkeypatch.setattr(converter, "Grader", failing)
    with pytest.raises(NbGraderException, match=str(fault)):
        autograde(root)
    assert len(asked) == 1
    assert list(root.glob("autograded/*/*/*")) == []


def autograde(root: Path, force: bool = False, hook: Callable[..., None] | None = None, **options: str) -> None:
    """`nbgrader autograde a0`, in this process. options: of the course's folders, such as student_id."""
    application = course_in_use(root)
    for name, value in {"assignment_id": "a0", **options}.items():
        setattr(application.coursedir, name, value)
    hooks = {"pre_convert_hook": hook, "post_convert_hook": hook} if hook else {}
    converter.Autograde(coursedir=application.coursedir, parent=application, force=force, **hooks).start()


def marks(root: Path) -> dict[tuple[str, str], tuple[float | None, int]]:
    """By student and notebook: the mark of its one exercise, and whether it waits for a person."""
    query = """
        select a.student_id, n.name, g.auto_score, g.needs_manual_grade from grade g
        join submitted_notebook s on s.id = g.notebook_id join submitted_assignment a on a.id = s.assignment_id
        join notebook n on n.id = s.notebook_id
    """
    with sqlite3.connect(root / "gradebook.db") as database:
        return {(student, notebook): (mark, waits) for student, notebook, mark, waits in database.execute(query)}


# ------------------------------------------------------------------------------------- what may lie in a submission


def _bom(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())


def _no_object(path: Path) -> None:
    path.write_text(path.read_text().replace('"cells": [', '"cells": [1, null, [], "x", {"cell_type": []},', 1))


def _dense_metadata(path: Path, megabytes: int = 30) -> None:
    filling = '"x": [' + "{}, " * (megabytes * 2**18) + "{}],"
    path.write_text(path.read_text().replace('"metadata": {', '"metadata": {' + filling, 1))


def _instead(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def put(path: Path) -> None:
        path.unlink()
        make(path)

    return put


def _loop(path: Path) -> None:
    path.symlink_to(path.with_name("loop.ipynb"))
    path.with_name("loop.ipynb").symlink_to(path)


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        for size in (2**50, 2**44, 2**40):
            with contextlib.suppress(OSError):  # what the filesystem allows
                file.truncate(size)
                return


NOT_NOTEBOOKS: dict[str, Callable[[Path], None]] = {
    "a link to a device": _instead(lambda path: path.symlink_to("/dev/zero")),
    "a link to nowhere": _instead(lambda path: path.symlink_to("nowhere")),
    "a link to itself": _instead(_loop),
    "a pipe": _instead(os.mkfifo),
    "a socket": _instead(lambda path: os.mknod(path, stat.S_IFSOCK)),
    "a folder": _instead(Path.mkdir),
    "a petabyte": _instead(_huge),
    "dense metadata": _dense_metadata,
    "dense metadata of less than 20 MB": lambda path: _dense_metadata(path, 16),
    "nested brackets": _instead(lambda path: path.write_text("[" * 2**24)),
    "nested objects": _instead(lambda path: path.write_text('{"a":' * 2**20)),
    "no text": _instead(lambda path: path.write_bytes(b"\xff" * 1000)),
    "nothing": _instead(Path.touch),
    "what was not collected": _instead(lambda path: path.write_bytes(LEFT_OUT)),
    "no cells": _instead(lambda path: path.write_text('{"nbformat": 4, "cells": [[], 1]}')),
    "format 99": _instead(lambda path: path.write_text('{"nbformat": 99, "cells": []}')),
}
STILL_NOTEBOOKS: dict[str, Callable[[Path], None]] = {
    "a byte order mark": _bom,
    "cells that are no objects": _no_object,
    "notes that are a device": lambda path: path.with_name("notes.txt").symlink_to("/dev/zero"),
    "a pipe beside it": lambda path: os.mkfifo(path.with_name("data.csv")),
    "links in a circle": lambda path: path.with_name("deep").symlink_to(path.parent),
    "names in no encoding": lambda path: path.with_name(os.fsdecode(b"x\xff.ipynb")).symlink_to("nowhere"),
    "names with line breaks": lambda path: path.with_name("x\ny").write_text(""),
    "one folder in another, 1,500 times": lambda path: nest(path.parent, "d", 1500),
    "folders with long names": lambda path: nest(path.parent, "d" * 200, 60),
    "a time that is a device": lambda path: path.with_name("timestamp.txt").symlink_to("/dev/zero"),
    "a time that is a pipe": lambda path: os.mkfifo(path.with_name("timestamp.txt")),
    "a time that is a folder": lambda path: path.with_name("timestamp.txt").mkdir(),
}
GARBAGE_TIMES: dict[str, bytes] = {
    "words": b"soon",
    "bytes": bytes(range(256)),
    "very much": b"9" * 10_000_000,
    "a zone that nobody knows": b"2025-01-01 00:00:00 Nowhere/Land",
    "far away": b"9999-12-31 23:59:59 -2300",
}


def hand_in_damaged(root: Path) -> None:
    """In a student's folder that is named for the damage: one damaged notebook, and one that is right."""
    for name, damage in (NOT_NOTEBOOKS | STILL_NOTEBOOKS).items():
        damage(hand_in(root, name, RIGHT) / "one.ipynb")


@pytest.fixture(scope="module")
def damaged(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[Path, str]]]:
    """The same damaged class by each of the routes: the course, and what was said."""
    ours, theirs = (shutil.copytree(template, tmp_path_factory.mktemp("damaged") / route) for route in ROUTES)
    for root in (ours, theirs):
        hand_in_damaged(root)
    with Recorder(ours) as recorder:
        handed = handed_in(recorder.coursedir, Course(ours).assignment("a0"))
        done = [str(found) for found in batch.grade_class(handed, Grader, recorder) if isinstance(found, Ungraded)]
    said = run("nbgrader", theirs, "autograde", "a0")
    assert said.returncode == 1
    yield {"autograder": (ours, "\n".join(done)), "nbgrader": (theirs, said.stderr)}
    subprocess.run(["rm", "-rf", ours, theirs], check=True)


ROUTES = ["autograder", "nbgrader"]


@pytest.mark.parametrize("route", ROUTES)
def test_what_is_no_notebook_waits_for_a_person_and_costs_nobody_else(damaged, route):
    root, said = damaged[route]
    assert marks(root) == {
        **{(student, "one"): (None, 1) for student in NOT_NOTEBOOKS},
        **{(student, "one"): (10, 0) for student in STILL_NOTEBOOKS},
        **{(student, "two"): (2.5, 0) for student in NOT_NOTEBOOKS | STILL_NOTEBOOKS},
    }
    assert [student for student in NOT_NOTEBOOKS if f"not graded: {student}, a0/one: " not in said] == []
    assert [student for student in STILL_NOTEBOOKS if f"not graded: {student}" in said] == []


def test_a_damaged_class_has_the_same_rows_and_files_by_both_routes(damaged):
    ours, theirs = damaged["autograder"][0], damaged["nbgrader"][0]
    assert table_rows(ours) == table_rows(theirs)
    for route in (ours, theirs):
        assert not [
            path for path in route.glob("autograded/*/*/*") if path.is_symlink() or path.name not in {"data", "one.ipynb", "two.ipynb"}
        ]
    files = {name: content for name, content in left_behind(ours).items() if name.startswith("autograded")}
    assert files == left_behind(theirs)


def test_the_same_is_said_of_a_notebook_by_both_routes(damaged):
    said = {
        route: {line[line.index("not graded: ") :].replace(str(root), "") for line in text.splitlines() if "not graded: " in line}
        for route, (root, text) in damaged.items()
    }
    assert said["autograder"] == said["nbgrader"]


def test_a_time_that_is_none_withholds_no_mark(template, tmp_path):
    root = shutil.copytree(template, tmp_path / "course")
    for name, content in GARBAGE_TIMES.items():
        (hand_in(root, name, RIGHT) / "timestamp.txt").write_bytes(content)
    for name in ("with a mark before it", "with a zone by its name"):
        hand_in(root, name, RIGHT, timestamp="\ufeff2025-01-01 01:00:00 Europe/Berlin")
    said = run("nbgrader", root, "autograde", "a0")
    assert said.returncode == 0
    assert {mark for mark, _ in marks(root).values()} == {10, 2.5}
    for name in GARBAGE_TIMES:
        assert f"{root}/submitted/{name}/a0/timestamp.txt holds no time" in said.stderr
    with sqlite3.connect(root / "gradebook.db") as database:
        times = dict(database.execute("select student_id, timestamp from submitted_assignment"))
    assert {name for name in times if times[name]} == {"with a mark before it", "with a zone by its name"}
    assert times["with a zone by its name"] == "2025-01-01 00:00:00.000000"
    assert run("nbgrader", root, "generate_feedback", "a0").returncode == 0


def test_nothing_handed_in_is_0_and_something_misnamed_waits(template, tmp_path):
    """With the mark that it had."""
    root = shutil.copytree(template, tmp_path / "course")
    hand_in(root, "empty", "", ())
    hand_in(root, "half", RIGHT, ("one",))
    folder = hand_in(root, "misnamed", RIGHT)
    assert run("nbgrader", root, "autograde", "a0").returncode == 0
    (folder / "one.ipynb").unlink()
    (folder / "One (1).ipynb").write_text("{")
    said = run("nbgrader", root, "autograde", "a0", "--force")
    assert said.returncode == 1
    assert "not graded: misnamed, a0/one: there is no one.ipynb" in said.stderr
    assert "One (1).ipynb" in said.stderr
    assert marks(root) == {
        ("empty", "one"): (0, 0),
        ("empty", "two"): (0, 0),
        ("half", "one"): (10, 0),
        ("half", "two"): (0, 0),
        ("misnamed", "one"): (10, 1),
        ("misnamed", "two"): (2.5, 0),
    }
    assert "not handed in, which counts as 0: empty, a0/one" in said.stderr


@pytest.mark.parametrize("name", ["eve\nx", os.fsdecode(b"eve\xff"), "\x1b[2Jeve"])
def test_a_name_that_cannot_be_shown_costs_nobody_else(template, tmp_path, name):
    root = shutil.copytree(template, tmp_path / "course")
    for student in (name, "zoe"):
        hand_in(root, student, RIGHT)
    said = run("nbgrader", root, "autograde", "a0")
    assert said.returncode == 1
    assert "rename it" in said.stderr
    assert name not in said.stderr
    assert marks(root) == {("zoe", "one"): (10, 0), ("zoe", "two"): (2.5, 0)}


def test_formgrader_s_pages_and_buttons_open_no_pipe(template, tmp_path):
    root = shutil.copytree(template, tmp_path / "course")
    os.mkfifo(hand_in(root, "ada", RIGHT) / "timestamp.txt")
    folder = hand_in(root, "bob", RIGHT)
    (folder / "one.ipynb").unlink()
    os.mkfifo(folder / "one.ipynb")
    (hand_in(root, "cyd", RIGHT) / "timestamp.txt").write_bytes(b"\xff")
    with formgrader(root) as browser:
        pressed = {student: browser.press(f"submission/a0/{student}/autograde")["success"] for student in ("ada", "bob", "cyd")}
        assert pressed == {"ada": True, "bob": False, "cyd": True}
        assert {row["student"] for row in browser.read("submissions/a0") if row["autograded"]} == {"ada", "bob", "cyd"}
    assert marks(root)["bob", "one"] == (None, 1)
    assert marks(root)["cyd", "one"] == (10, 0)


# ------------------------------------------------------------------------------------------------- the configuration


@pytest.fixture
def other_folders(template: Path, tmp_path: Path) -> dict[str, Path]:
    """Courses in use at other places, which begin with the project's configuration in each of the ways there are."""
    course = shutil.copytree(template, tmp_path / "course")
    top = course / "nbgrader_config.py"
    ways = {
        "loaded": (tmp_path / "elsewhere", f"load_subconfig({str(top)!r})"),
        "run": (course / "build" / "demo", f"exec(open({str(top)!r}).read())"),
    }
    for folder, first in ways.values():
        folder.mkdir(parents=True)
        (folder / "nbgrader_config.py").write_text(
            f"c = get_config()\n{first}\nfrom pathlib import Path\nc.CourseDirectory.root = str(Path(__file__).resolve().parent)\n"
        )
    return {"itself": course, **{name: folder for name, (folder, _) in ways.items()}}


@pytest.mark.parametrize("way", ["itself", "loaded", "run"])
def test_the_course_is_found_from_wherever_it_is_in_use(other_folders, way, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/nowhere")
    course, folder = other_folders["itself"], other_folders[way]
    shutil.rmtree(course / "build" / "source")
    application = course_in_use(folder)
    coursedir, config = application.coursedir, application.config
    assert coursedir.course_id == "groundwork"
    assert coursedir.root == str(folder)
    assert coursedir.db_url == f"sqlite:///{folder}/gradebook.db"
    assert coursedir.format_path(coursedir.source_directory, ".", "a0") == f"{course}/build/source/./a0"
    assert coursedir.format_path(coursedir.release_directory, ".", "a0") == f"{course}/release/./a0"
    assert config.Audit.course == str(course)
    for half in (config.Autograde.sanitize_preprocessors, config.Autograde.autograde_preprocessors):
        assert half == ["autograder.gradebook.preprocessors.OursAlone"]
    assert [step.rpartition(".")[2] for step in config.GenerateAssignment.preprocessors] == [
        *(step.__name__ for step in GenerateAssignment(coursedir=None).preprocessors),  # nbgrader's own
        "Audit",
    ]
    assert (course / "build" / "source" / "a0" / "one.ipynb").is_file()  # built when it was missing
    assert shutil.which("alembic")  # which nbgrader starts by its name


def test_a_faulty_source_lets_nbgrader_s_own_converter_grade_nothing(template, tmp_path, capsys):
    course = shutil.copytree(template, tmp_path / "course")
    (course / "source" / "a0" / "one.py").write_text("# %%\nno name")
    config = course_in_use(course).config.Autograde
    assert config.autograde_preprocessors == config.sanitize_preprocessors == ["autograder.gradebook.preprocessors.OursAlone"]
    assert "groundwork: source/a0/one.py cannot be built" in capsys.readouterr().err
