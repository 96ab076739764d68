"""Names as people and platforms give them: what a notebook is, its cells say, by `autograder grade` and by `nbgrader autograde` alike."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import platform
import shutil
import sqlite3
import time
from pathlib import Path

import nbformat
import pytest
import toy
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.converters import NbGraderException
from typer.testing import CliRunner

from autograder import cli
from autograder.classroom import converter
from autograder.classroom.handed_in import MOST_FILES, handed_in
from autograder.course.build import build
from autograder.course.model import ROOT, Course, Notebook
from autograder.gradebook.record import course_in_use

RIGHT, HALF, BLANK = 9, 6, 0
WAITS = "waits"

CASES: dict[str, tuple[dict[str, str], object, str]] = {
    "its own name": ({"first.ipynb": "right"}, RIGHT, ""),
    "a second download": ({"first (1).ipynb": "right"}, RIGHT, "first (1).ipynb, whose cells are those of this notebook, was graded"),
    "a student's name before it": ({"anna_first.ipynb": "right"}, RIGHT, "first.ipynb was expected, and is not there"),
    "a German copy": ({"first-Kopie.ipynb": "half"}, HALF, "first-Kopie.ipynb"),
    "Jupyter's copy": ({"first-Copy1.ipynb": "right"}, RIGHT, "first-Copy1.ipynb"),
    "a copy in words": ({"Copy of first.ipynb": "right"}, RIGHT, "Copy of first.ipynb"),
    "a platform's name": ({"anna_late_4711_99_first-2.ipynb": "right"}, RIGHT, "anna_late_4711_99_first-2.ipynb"),
    "a time in it": ({"ps1_anna_attempt_2026-11-28-03-00-00_first.ipynb": "right"}, RIGHT, "attempt_2026-11-28-03-00-00"),
    "other letters": ({"FIRST.ipynb": "right"}, RIGHT, "FIRST.ipynb"),
    "another ending": ({"first.IPYNB": "right"}, RIGHT, "first.IPYNB"),
    "an ending more": ({"first.ipynb.txt": "right"}, RIGHT, "first.ipynb.txt"),
    "JSON": ({"first.json": "right"}, RIGHT, "first.json"),
    "no ending": ({"first": "right"}, RIGHT, "first, whose"),
    "no name of ours": ({"Untitled.ipynb": "right"}, RIGHT, "Untitled.ipynb"),
    "letters of another script": ({"Übung – první.ipynb": "right"}, RIGHT, "Übung – první.ipynb"),
    "a folder more": ({"anna/first.ipynb": "right"}, RIGHT, "anna/first.ipynb"),
    "folders and another name": ({"hand in/week 1/mine.ipynb": "right"}, RIGHT, "hand in/week 1/mine.ipynb"),
    "what Jupyter keeps besides": ({".ipynb_checkpoints/first-checkpoint.ipynb": "right"}, RIGHT, "first-checkpoint.ipynb"),
    "a copy, and what Jupyter kept of it": (
        {"first (1).ipynb": "right", ".ipynb_checkpoints/first (1)-checkpoint.ipynb": "half"},
        RIGHT,
        "first (1).ipynb",
    ),
    "a blank one and a copy that is worked on": (
        {"first.ipynb": "blank", "first (1).ipynb": "right"},
        RIGHT,
        "first (1).ipynb, whose cells are those of this notebook, was graded: first.ipynb was expected, and is as it was released",
    ),
    "a blank one and two copies": (
        {"first.ipynb": "blank", "first (1).ipynb": "right", "first (2).ipynb": "half"},
        WAITS,
        "first.ipynb was expected in",
    ),
    "a blank one and a blank copy": ({"first.ipynb": "blank", "first (1).ipynb": "blank"}, BLANK, ""),
    "a blank copy": ({"first (1).ipynb": "blank"}, BLANK, "first (1).ipynb"),
    "one worked on and a blank copy": ({"first.ipynb": "half", "first (1).ipynb": "blank"}, HALF, ""),
    "one and a copy of it": ({"first.ipynb": "half", "backup/first.ipynb": "half"}, HALF, ""),
    "one and a better copy": ({"first.ipynb": "half", "old/first.ipynb": "right"}, HALF, "old/first.ipynb beside it"),
    "two of the same": ({"a.ipynb": "right", "b.ipynb": "right"}, RIGHT, "a.ipynb"),
    "two that differ": ({"a.ipynb": "right", "b.ipynb": "half"}, WAITS, "a.ipynb, b.ipynb may be it"),
    "a copy and another notebook": ({"a.ipynb": "right", "b.ipynb": "scratch", "c.ipynb": "other"}, RIGHT, "a.ipynb, whose"),
    "a copy and what is no notebook": (
        {"mine.ipynb": "right", "first.pdf": "%PDF", "notes.txt": "x", "data.json": "{}", "photo.jpg": "\xff"},
        RIGHT,
        "mine.ipynb",
    ),
    "one that was cut off and a copy": (
        {"first.ipynb": "cut", "first (1).ipynb": "right"},
        RIGHT,
        "is not this notebook, or cannot be read",
    ),
    "an empty one and a copy": ({"first.ipynb": "", "first (1).ipynb": "half"}, HALF, "first (1).ipynb"),
    "another's work under its name and a copy": ({"first.ipynb": "other", "mine.ipynb": "right"}, RIGHT, "mine.ipynb"),
    "a link and a copy": ({"first.ipynb": "link", "mine.ipynb": "half"}, HALF, "mine.ipynb"),
    "a link alone": ({"mine.ipynb": "link"}, WAITS, "there is no first.ipynb in"),
    "one that was cut off": ({"first (1).ipynb": "cut"}, WAITS, "this may be it: first (1).ipynb"),
    "another assignment's": ({"mine.ipynb": "other"}, WAITS, "mine.ipynb (pair/one)"),
    "a scratch notebook": ({"Untitled.ipynb": "scratch"}, WAITS, "Untitled.ipynb"),
    "an archive": ({"first.zip": "PK"}, WAITS, "first.zip"),
    "a script": ({"first.py": "def double(x): ..."}, WAITS, "first.py"),
    "a page": ({"first.html": "<html>"}, WAITS, "first.html"),
    "too deep": ({"/".join("x" * 20) + "/first.ipynb": "right"}, WAITS, "x/x/x"),
    "a copy and more that is too deep": ({"a.ipynb": "right", "/".join("x" * 20) + "/b.ipynb": "half"}, WAITS, "a.ipynb, x/x/x"),
    "nothing that is one": ({"notes.txt": "x", "data/numbers.csv": "1"}, BLANK, "not handed in"),
}

PAIRS: dict[str, tuple[dict[str, str], tuple[object, object], str]] = {
    "both": ({"one.ipynb": "one", "two.ipynb": "two"}, (1, 2.5), "3.5 of 3.5"),
    "the second renamed": ({"one.ipynb": "one", "two (1).ipynb": "two"}, (1, 2.5), "3.5 of 3.5"),
    "both renamed": ({"a.ipynb": "two", "b.ipynb": "one"}, (1, 2.5), "3.5 of 3.5"),
    "each under the other's name": ({"one.ipynb": "two", "two.ipynb": "one"}, (1, 2.5), "3.5 of 3.5"),
    "the first twice": ({"one.ipynb": "one", "two.ipynb": "one"}, (1, WAITS), "1 of 3.5"),
    "the first alone": ({"one.ipynb": "one"}, (1, 0), "1 of 3.5"),
    "the first alone, renamed": ({"mine.ipynb": "one"}, (1, 0), "1 of 3.5"),
    "the second alone": ({"two.ipynb": "two"}, (0, 2.5), "2.5 of 3.5"),
    "the second cut off": ({"one.ipynb": "one", "two (1).ipynb": "cut"}, (1, WAITS), "1 of 3.5"),
    "the second under a name like the first's": ({"one.ipynb": "one", "one (2).ipynb": "two"}, (1, 2.5), "3.5 of 3.5"),
}

PAIR = """\
# ---
# jupyter:
#   kernelspec: {{display_name: Python 3, language: python, name: python3}}
#   groundwork: {{title: "{0}", imports: [math], packages: []}}
# ---

# %% nbgrader={{"grade_id": "setup"}} tags=["setup"]
import math

# %% [markdown]
# Write `{0}`.

# %% nbgrader={{"grade_id": "{0}_answer", "solution": true}}
def {0}(x):
    ### BEGIN SOLUTION
    return x * {1}
    ### END SOLUTION


# %% nbgrader={{"grade_id": "{0}", "grade": true, "points": {1}}} exercise={{"title": "{0}", "difficulty": 1, "minutes": 1, "needs": []}}
assert {0}(2) == 2 * {1}
"""
PAIR_TESTS = """\
from autograder.testing import exercise

from . import {0}_probes as probes


@exercise("{1}")
def test_of_three(ask):
    \"\"\"Of three.\"\"\"
    ask.same(probes.value, 3)


@exercise("{1}")
def test_of_four(ask):
    \"\"\"Of four.\"\"\"
    ask.same(probes.value, 4)
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Two assignments: toy of one notebook, and pair of two."""
    root = tmp_path_factory.mktemp("names")
    notebook = toy.make(root)
    toy.write_source(notebook)
    for name, exercise, points in (("one", "once", 1), ("two", "much", 2.5)):
        part = Notebook("pair", name, root)
        for path in (part.source, part.reference, part.suite):
            path.parent.mkdir(parents=True, exist_ok=True)
        part.source.write_text(PAIR.format(exercise, points))
        part.reference.write_text(f"def {exercise}(x):\n    return {points} * x\n")
        part.suite.write_text(PAIR_TESTS.format(name, exercise))
        part.probes.write_text(f"def value(m, x):\n    return m.{exercise}(x)\n")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    build(Course(root), say=lambda _: None)
    return Course(root)


def content(course: Course, kind: str) -> str:
    """What a file of a kind holds; any other kind is the text itself."""
    first, one, two = Notebook("toy", "first", course.root), Notebook("pair", "one", course.root), Notebook("pair", "two", course.root)
    match kind:
        case "right" | "half":
            made = toy.submission(first, **({} if kind == "right" else {"quadruple": "def quadruple(x):\n    return x"}))
        case "blank":
            made = first.skeleton
        case "bare":
            made = new_notebook(cells=[new_code_cell("import math"), new_code_cell("def much(x):\n    return 2.5 * x")])
        case "scratch":
            made = new_notebook(cells=[new_code_cell("1 + 1")])
        case "one" | "two" | "other":
            made = (two if kind == "two" else one).skeleton.copy()
            made = nbformat.from_dict(json.loads(json.dumps(made)))
            for cell in made.cells:
                if cell.cell_type == "code" and cell.metadata.nbgrader.solution:
                    cell.source = "def much(x):\n    return 2.5 * x" if kind == "two" else "def once(x):\n    return x"
        case "cut":
            return content(course, "right")[:300]
        case _:
            return kind
    return str(nbformat.writes(made, version=4))


def hand_in(course: Course, assignment: str, student: str, files: dict[str, str]) -> None:
    folder = course.root / "submitted" / student / assignment
    folder.mkdir(parents=True)
    for name, kind in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if kind == "link":
            path.symlink_to(course.root / "release" / "toy" / "first.ipynb")
        else:
            path.write_text(content(course, kind), encoding="latin-1" if kind == "\xff" else "utf-8")


def rows(root: Path, assignment: str) -> dict[str, dict[str, object]]:
    """By student and notebook: the mark, or `WAITS`."""
    query = """
        select a.student_id, n.name, sum(g.auto_score), max(g.needs_manual_grade) from grade g
        join submitted_notebook s on s.id = g.notebook_id join submitted_assignment a on a.id = s.assignment_id
        join notebook n on n.id = s.notebook_id join assignment t on t.id = n.assignment_id where t.name = ? group by s.id
    """
    found: dict[str, dict[str, object]] = {}
    with contextlib.closing(sqlite3.connect(root / "gradebook.db")) as database:
        for student, notebook, mark, waits in database.execute(query, (assignment,)):
            found.setdefault(student, {})[notebook] = WAITS if waits else mark
    return found


@pytest.fixture(scope="module")
def graded(course: Course, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, str, str]]:
    """The class after each route: its folder, what was said, and what stood on standard output."""
    for student, (files, *_) in CASES.items():
        hand_in(course, "toy", student, files)
    for student, (files, *_) in PAIRS.items():
        hand_in(course, "pair", student, files)
    ours, theirs = (shutil.copytree(course.root, tmp_path_factory.mktemp("route") / "course", symlinks=True) for _ in range(2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli, "course", lambda: Course(ours))
        patch.chdir(ours)
        patch.setenv("COLUMNS", "200")
        done = [CliRunner().invoke(cli.app, ["grade", name]) for name in ("toy", "pair")]
    said = _Said()
    for name in ("toy", "pair"):
        application = course_in_use(theirs)
        application.coursedir.assignment_id = name
        one = converter.Autograde(coursedir=application.coursedir, parent=application)
        one.log = logging.Logger("nbgrader", logging.INFO)
        one.log.addHandler(said)
        with contextlib.suppress(NbGraderException):  # for those that wait
            one.start()
    return {
        "grade": (ours, "".join(each.stderr for each in done), "".join(each.stdout for each in done)),
        "nbgrader": (theirs, "\n".join(said.lines), ""),
    }


class _Said(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


both = pytest.mark.parametrize("route", ["grade", "nbgrader"])


@both
@pytest.mark.parametrize("student", CASES)
def test_the_one_file_whose_cells_are_the_notebook_s_is_graded_and_it_is_said(graded, student: str, route: str) -> None:
    root, said, _ = graded[route]
    _, mark, sentence = CASES[student]
    assert rows(root, "toy").get(student, {}).get("first") == mark
    told = [line for line in said.splitlines() if f"{student}, toy/first: " in line.replace("0: ", "") + ": " and " of 9" not in line]
    assert (sentence in "\n".join(told)) if sentence else not told
    page = root / "autograded" / student / "toy" / "first.ipynb"
    assert page.is_file() == (mark != WAITS and sentence != "not handed in")
    if page.is_file() and sentence:
        assert sentence in page.read_text().replace("\\u2013", "–")


@both
@pytest.mark.parametrize("student", PAIRS)
def test_two_notebooks_are_shown_out_of_all_their_points(graded, student: str, route: str) -> None:
    root, said, printed = graded[route]
    _, (one, two), whole = PAIRS[student]
    assert rows(root, "pair")[student] == {"one": one, "two": two}
    pages = [*(root / "autograded" / student / "pair").glob("*.ipynb")]
    assert pages
    for page in pages:
        assert f"The whole assignment <code>pair</code>: {whole} points" in page.read_text()
        assert f"Graded with Python {platform.python_version()}." in page.read_text()
    if route == "nbgrader":
        assert f"{student}: The whole assignment `pair`: {whole} points" in said
    else:
        assert [line.split()[-2:] for line in printed.splitlines() if line.strip().startswith(f"{student}  ") and "together" in line] == [
            whole.split(" of ")
        ]
        assert f"{whole} points" in (root / "feedback" / student / "pair" / pages[0].with_suffix(".html").name).read_text()


def test_json_gives_every_notebook_of_the_assignment_and_the_sums(graded, monkeypatch: pytest.MonkeyPatch) -> None:
    root, *_ = graded["grade"]
    monkeypatch.setattr(cli, "course", lambda: Course(root))
    monkeypatch.chdir(root)
    names = ("the first alone", "the second cut off", "both renamed")
    options = [option for name in names for option in ("--student", name)]
    done = CliRunner().invoke(cli.app, ["grade", "pair", "--json", "--no-record", *options])
    found = {(one["student"], one["notebook"]): one for one in map(json.loads, done.stdout.splitlines())}
    assert len(found) == 6
    assert {one["assignment_max_score"] for one in found.values()} == {3.5}
    assert [found[name, "two"]["score"] for name in names] == [0, None, 2.5]
    assert [found[name, "one"]["assignment_score"] for name in names] == [1, 1, 3.5]
    assert "two.ipynb" in found["the second cut off", "two"]["problems"][0]


def test_the_row_of_an_assignment_is_out_of_all_its_points(graded) -> None:
    from nbgrader.api import Gradebook

    for root, *_ in graded.values():
        with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
            for student in PAIRS:
                assert gradebook.find_submission("pair", student).max_score == 3.5


@pytest.mark.parametrize("name", ["first (1).ipynb", "mine.json", "what is this"])
def test_check_knows_a_notebook_by_its_cells(course: Course, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "course", lambda: course)
    (tmp_path / name).write_text(content(course, "half"))
    (tmp_path / "one.ipynb").write_text(content(course, "two"))
    assert "First steps: 6 of 9 points" in CliRunner().invoke(cli.app, ["check", str(tmp_path / name)]).stdout
    said = CliRunner().invoke(cli.app, ["check", str(tmp_path / "one.ipynb")]).stdout
    assert "much: 2.5 of 2.5 points" in said
    assert "of 3.5" in said


def test_answers_alone_say_what_a_notebook_is(course: Course, tmp_path: Path) -> None:
    folder = tmp_path / "submitted" / "ada" / "pair"
    folder.mkdir(parents=True)
    (folder / "mine.ipynb").write_text(content(course, "bare"))
    (folder / "scratch.ipynb").write_text(content(course, "scratch"))
    directory = course_in_use(course.root).coursedir
    directory.root = str(tmp_path)
    one, two = handed_in(directory, course.assignment("pair"))
    assert "scratch.ipynb" in one.amiss
    assert "mine.ipynb" not in one.amiss
    assert (two.path, two.amiss, two.missing) == (folder / "mine.ipynb", "", False)


HOSTILE = {
    "a thousand notebooks": lambda folder, text: [(folder / f"{number}.ipynb").write_text(text) for number in range(MOST_FILES + 5)],
    "as many as are looked at": lambda folder, text: [(folder / f"{number}.ipynb").write_text(text) for number in range(MOST_FILES - 5)],
    "notebooks as large as can be": lambda folder, text: [
        (folder / f"{number}.ipynb").write_text(text.replace('"cells": [', '"x": "' + "y" * 19_000_000 + '", "cells": [', 1))
        for number in range(12)
    ],
    "pipes": lambda folder, text: [os.mkfifo(folder / f"first ({number}).ipynb") for number in range(50)],
    "a folder that holds itself": lambda folder, text: (folder / "again").symlink_to(folder),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_folder_costs_a_bounded_time_and_no_mark_is_invented(course: Course, kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "submitted" / "eve" / "toy"
    folder.mkdir(parents=True)
    HOSTILE[kind](folder, content(course, "half").replace("return x", f"return {time.time()}"))
    directory = course_in_use(course.root).coursedir
    directory.root = str(tmp_path)
    began = time.process_time()
    (found,) = handed_in(directory, course.assignment("toy"))
    assert time.process_time() - began < 5
    assert found.amiss or found.missing
    (folder / "first.ipynb").write_text(content(course, "right"))
    (found,) = handed_in(directory, course.assignment("toy"))
    assert (found.path, found.amiss) == (folder / "first.ipynb", "")
