"""The leak audit: each way in which a release can give something away stops the build, before release/ is touched."""

from __future__ import annotations

import contextlib
import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from autograder.course import build as building
from autograder.course.audit import audit, leaks, normalised, split_answer, telling
from autograder.course.model import ROOT, Course, CourseError, Notebook, seed_file
from autograder.gradebook.record import course_in_use

SOURCE = '''\
# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
#   groundwork: {title: "Tiny", imports: [math], packages: []}
# ---

# %% [markdown]
# Square the distances, add them, take the root.

# %% nbgrader={"grade_id": "setup"} tags=["setup"]
import math


def centre(values: list[float], middle: float) -> list[float]:
    return [value - middle for value in values]

# %% [markdown]
# **Write** `deviation`.

# %% nbgrader={"grade_id": "deviation_answer", "solution": true}
def deviation(values: list[float]) -> float:
    """Population standard deviation."""
    ### BEGIN SOLUTION
    count = len(values)
    middle = math.fsum(values) / count
    squares = [(value - middle) ** 2 for value in values]
    spread = math.sqrt(math.fsum(squares) / count)
    return spread
    ### END SOLUTION

# %% nbgrader={"grade_id": "deviation", "grade": true, "points": 1} exercise={"title": "SD", "difficulty": 1, "minutes": 3, "needs": []}
assert deviation([1.0, 3.0]) == 1.0, "1 and 3 are 1 away from 2"
'''

PROBES = '''\
"""Questions."""


def shifted(m, values, offset):
    moved = [value + offset for value in values]
    return {"deviation": m.deviation(moved), "values": values}
'''

SUITE = '''\
"""Judgements."""

from . import tiny_probes as probes


@exercise("deviation", weight=2)
def test_offset(ask):
    """An offset changes nothing."""
    ask.same(probes.shifted, [1.0, 2.0, 4.0], 1e6)
'''

SEED = "7c0ffee5"

REFERENCE = '''\
"""Independent."""

import torch


def deviation(values: list[float]) -> float:
    return torch.tensor(values).std(correction=0).item()
'''


def silent(_: str) -> None:
    """What a test tells the build to say."""


@pytest.fixture
def notebook(tmp_path: Path) -> Notebook:
    notebook = Notebook("a0_tiny", "tiny", tmp_path)
    for path, text in (
        (notebook.source, SOURCE),
        (notebook.probes, PROBES),
        (notebook.suite, SUITE),
        (notebook.reference, REFERENCE),
        (notebook.source.parent / "data" / "numbers.csv", "1,2\n"),
        (seed_file(tmp_path), f"{SEED}\n"),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    building.build(Course(tmp_path), say=silent)
    return notebook


def cell(release: NotebookNode, grade_id: str) -> NotebookNode:
    return next(cell for cell in release.cells if cell.id == grade_id)


def add(grade_id: str, text: str) -> Callable[[NotebookNode], None]:
    def tamper(release: NotebookNode) -> None:
        cell(release, grade_id).source += f"\n{text}"

    return tamper


def output(text: str) -> Callable[[NotebookNode], None]:
    def tamper(release: NotebookNode) -> None:
        cell(release, "deviation").outputs = [nbformat.v4.new_output("stream", text=text)]

    return tamper


def counted(release: NotebookNode) -> None:
    cell(release, "setup").execution_count = 1


def note(release: NotebookNode) -> None:
    cell(release, "setup").metadata["comment"] = {"by": ["squares = [(value - middle)**2 for value in values]"]}


def attachment(release: NotebookNode) -> None:
    release.cells[0].attachments = {"answer.txt": {"text/plain": "squares = [(value - middle) ** 2 for value in values]"}}


def header(release: NotebookNode) -> None:
    release.metadata["history"] = "middle = math.fsum(values) / count"


IN_NOTEBOOK = {
    "a line of a model answer": (
        add("deviation_answer", "    squares = [(value - middle)**2  for value in values]  # hm"),
        "tiny.ipynb, cell deviation_answer, line 5: a line of the model answer of cell deviation_answer",
    ),
    "a line of a model answer in another cell": (
        add("setup", "middle = math.fsum(values) / count"),
        "tiny.ipynb, cell setup, line 6: a line of the model answer",
    ),
    "a short line of a model answer": (
        add("deviation_answer", "    return spread"),
        "cell deviation_answer, line 5: a line that the source does not give",
    ),
    "a line of the hidden tests": (
        add("deviation", "ask.same(probes.shifted, [1.0, 2.0, 4.0], 1e6)"),
        "cell deviation, line 2: a line of the hidden tests",
    ),
    "a line of the probes": (
        add("setup", "moved = [value + offset for value in values]"),
        "cell setup, line 6: a line of the hidden probes",
    ),
    "a line of the reference": (
        add("setup", "return torch.tensor(values).std(correction=0).item()"),
        "cell setup, line 6: a line of the reference",
    ),
    "a solution marker": (add("deviation_answer", "    ### BEGIN SOLUTION"), "cell deviation_answer, line 5: the marker BEGIN SOLUTION"),
    "a hidden test marker": (add("deviation", "### BEGIN HIDDEN TESTS"), "cell deviation, line 2: the marker BEGIN HIDDEN TESTS"),
    "an output": (output("1.0"), "cell deviation: outputs"),
    "an answer in an output": (
        output("squares = [(value - middle) ** 2 for value in values]"),
        "cell deviation, outputs, line 1: a line of the model answer",
    ),
    "the seed of the course": (add("setup", f"# {SEED}"), "cell setup, line 6: the seed of the course"),
    "an execution count": (counted, "cell setup: an execution count"),
    "an answer in a cell's metadata": (note, "cell setup, metadata, line 1: a line of the model answer"),
    "an answer in an attachment": (attachment, "cell 1, attachments, line 1: a line of the model answer"),
    "an answer in the notebook's metadata": (header, "the notebook's metadata, line 1: a line of the model answer"),
}


@pytest.fixture
def release_folder(notebook: Notebook) -> dict[str, bytes]:
    """What students have before the leak."""
    return contents(notebook.release.parent)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize(("tamper", "sentence"), IN_NOTEBOOK.values(), ids=IN_NOTEBOOK.keys())
def test_a_leak_in_a_notebook_stops_the_build(
    notebook: Notebook,
    release_folder: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    tamper: Callable[[NotebookNode], None],
    sentence: str,
) -> None:
    from nbgrader.preprocessors import CheckCellMetadata

    def leaky(self: object, release: NotebookNode, resources: object) -> tuple[NotebookNode, object]:
        """In the place of the last step of nbgrader's converter."""
        if "checksum" in cell(release, "setup").metadata.nbgrader:  # it runs twice
            tamper(release)
        return release, resources

    monkeypatch.setattr(CheckCellMetadata, "preprocess", leaky)
    with pytest.raises(CourseError, match=r"nothing was written to release/") as error:
        building.build(Course(notebook.root), say=silent)
    assert sentence in str(error.value)
    assert contents(notebook.release.parent) == release_folder


def test_answers_that_were_not_cleared_stop_the_build(
    notebook: Notebook, release_folder: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    from nbgrader.preprocessors import ClearSolutions

    monkeypatch.setattr(ClearSolutions, "preprocess", lambda self, release, resources: (release, resources))
    with pytest.raises(CourseError) as error:
        building.build(Course(notebook.root), say=silent)
    assert str(error.value).count("cell deviation_answer, line") == 7
    assert contents(notebook.release.parent) == release_folder


FILES = {
    "the text source": ("source/a0_tiny/data/tiny.py", SOURCE, "data/tiny.py: a text source"),
    "the text source under another name": ("source/a0_tiny/data/notes.txt", SOURCE, "data/notes.txt: a text source"),
    "a text source that jupytext paired": ("build/source/a0_tiny/tiny.py", "# %%\n1\n", "tiny.py: a text source"),
    "a file with a line of a model answer": (
        "source/a0_tiny/data/hint.md",
        "Try\n\n    middle = math.fsum(values) / count\n",
        "data/hint.md, line 3: a line of",
    ),
    "the hidden tests": ("source/a0_tiny/data/check.py", SUITE, "data/check.py, line 9: a line of the hidden tests"),
    "the probes": ("source/a0_tiny/data/ask.py", PROBES, "data/ask.py, line 5: a line of the hidden probes"),
    "the seed of the course": ("source/a0_tiny/data/seed.bin", f"\udcff{SEED}", "data/seed.bin: the seed of the course"),
    "the reference": ("source/a0_tiny/data/ref.py", REFERENCE, "data/ref.py, line 7: a line of the reference"),
}


@pytest.mark.parametrize(("place", "text", "sentence"), FILES.values(), ids=FILES.keys())
def test_a_leak_in_a_file_stops_the_build(
    notebook: Notebook, release_folder: dict[str, bytes], place: str, text: str, sentence: str
) -> None:
    (notebook.root / place).write_text(text, errors="surrogateescape")
    with pytest.raises(CourseError, match=r"nothing was written to release/") as error:
        building.build(Course(notebook.root), say=silent)
    assert sentence in str(error.value)
    assert contents(notebook.release.parent) == release_folder


def test_a_stray_notebook_stops_the_build(notebook: Notebook, release_folder: dict[str, bytes]) -> None:
    nbformat.write(nbformat.v4.new_notebook(), notebook.built.with_name("scratch.ipynb"))
    with pytest.raises(CourseError, match=r"scratch\.ipynb: a notebook that has no source"):
        building.build(Course(notebook.root), say=silent)
    assert contents(notebook.release.parent) == release_folder


def test_a_link_is_a_leak(notebook: Notebook) -> None:
    (notebook.release.parent / "all.py").symlink_to(notebook.source)
    assert [leak.what.split(",")[0] for leak in leaks({notebook: building.read(notebook)}, notebook.release.parent)] == ["a link"]


def test_a_check_finds_a_leak_as_well(notebook: Notebook) -> None:
    (notebook.source.parent / "data" / "notes.txt").write_text(SOURCE)
    with pytest.raises(CourseError, match=r"data/notes\.txt: a text source"):
        building.check(Course(notebook.root))


def generate(notebook: Notebook) -> str:
    """Generate the release as stock nbgrader does, by the project's configuration; returns what it complains of, if anything."""
    from nbgrader.converters import GenerateAssignment, NbGraderException

    shutil.copy(ROOT / "nbgrader_config.py", notebook.root)
    application = course_in_use(notebook.root)
    application.config.SaveCells.enabled = False  # a gradebook is not needed
    application.coursedir.assignment_id = notebook.assignment
    converter = GenerateAssignment(coursedir=application.coursedir, parent=application, no_database=True, force=True)
    complaints: list[logging.LogRecord] = []
    converter.log = logging.Logger("test")
    converter.log.addFilter(complaints.append)  # and nothing gets past it
    with contextlib.suppress(NbGraderException):
        converter.start()
    return "\n".join(record.getMessage() for record in complaints if record.levelno == logging.ERROR)


def test_nbgrader_generates_the_same_release(notebook: Notebook, release_folder: dict[str, bytes]) -> None:
    shutil.rmtree(notebook.release.parent)
    assert generate(notebook) == ""
    assert contents(notebook.release.parent) == release_folder


@pytest.mark.parametrize(("place", "text", "sentence"), FILES.values(), ids=FILES.keys())
def test_a_leak_in_a_file_stops_nbgrader(notebook: Notebook, place: str, text: str, sentence: str) -> None:
    (notebook.root / place).write_text(text, errors="surrogateescape")
    assert sentence in generate(notebook)
    assert not notebook.release.parent.exists()


def test_answers_that_were_not_cleared_stop_nbgrader(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    from nbgrader.preprocessors import ClearSolutions

    monkeypatch.setattr(ClearSolutions, "preprocess", lambda self, release, resources: (release, resources))
    assert generate(notebook).count("cell deviation_answer, line") == 7
    assert not notebook.release.parent.exists()


@pytest.mark.parametrize("name", ["scratch", "zeal"])  # before and after the notebook of the assignment
def test_a_stray_notebook_stops_nbgrader(notebook: Notebook, name: str) -> None:
    nbformat.write(nbformat.v4.new_notebook(), notebook.built.with_name(f"{name}.ipynb"))
    assert f"{name}.ipynb: a notebook that has no source" in generate(notebook)
    assert not notebook.release.parent.exists()


def test_a_notebook_on_its_way_is_looked_at_with_the_files_beside_it(notebook: Notebook) -> None:
    sources = {notebook: building.read(notebook)}
    coming = nbformat.read(notebook.release, as_version=4)
    counted(coming)
    notebook.release.write_text("not written yet")
    (notebook.release.parent / "data/notes.txt").write_text(SOURCE)
    assert [str(leak) for leak in leaks(sources, notebook.release.parent, {"tiny.ipynb": coming})] == [
        "tiny.ipynb, cell setup: an execution count",
        "data/notes.txt: a text source, which holds the model answers",
    ]
    assert [leak.file for leak in leaks(sources, notebook.release.parent, {})] == ["data/notes.txt"]


def rewrite(notebook: Notebook, old: str, new: str) -> None:
    text = notebook.source.read_text()
    assert old in text
    notebook.source.write_text(text.replace(old, new))


GIVEN = {
    "in prose": ("# **Write** `deviation`.", "# **Write** `deviation`. The middle is\n#\n#     middle = math.fsum(values) / count"),
    "in given code": ("import math\n", "import math\n\ncount, values = 2, [1.0, 3.0]\nmiddle = math.fsum(values) / count\n"),
    "in the visible check": (
        "assert deviation([1.0",
        "count, values = 1, [1.0]\nmiddle = math.fsum(values) / count\nassert deviation([1.0",
    ),
    "in the stub": (
        "    ### BEGIN SOLUTION\n    count",
        "    count = len(values)\n    middle = math.fsum(values) / count\n    ### BEGIN SOLUTION\n    count",
    ),
}


@pytest.mark.parametrize(("old", "new"), GIVEN.values(), ids=GIVEN.keys())
def test_a_given_line_may_stand_in_an_answer_too(notebook: Notebook, old: str, new: str) -> None:
    rewrite(notebook, old, new)
    building.build(Course(notebook.root), say=silent)
    assert "middle = math.fsum(values) / count" in notebook.release.read_text()


@pytest.mark.parametrize(
    ("passage", "what"),
    [
        (
            SOURCE[SOURCE.index("    count = ") : SOURCE.index("    return spread")],
            "a line of the model answer of cell deviation_answer, in a copied passage",
        ),
        (PROBES[PROBES.index("    moved") :] + SUITE[SUITE.index("    ask.same") :], None),
    ],
    ids=["three lines of one answer", "lines of two files"],
)
def test_a_copied_passage_is_a_leak_even_where_it_is_given(notebook: Notebook, passage: str, what: str | None) -> None:
    """One line may agree by chance, or be meant; three in a row are an answer that slipped into the visible check."""
    rewrite(notebook, "assert deviation([1.0", f"values = [1.0, 3.0]\nif False:\n{passage}assert deviation([1.0")
    if what is None:
        building.build(Course(notebook.root), say=silent)
    else:
        with pytest.raises(CourseError, match=what):
            building.build(Course(notebook.root), say=silent)


def test_every_leak_is_listed(notebook: Notebook) -> None:
    release = nbformat.read(notebook.release, as_version=4)
    add("deviation", "ask.same(probes.shifted, [1.0, 2.0, 4.0], 1e6)")(release)
    counted(release)
    nbformat.write(release, notebook.release)
    (notebook.release.parent / "data/notes.txt").write_text(SOURCE)
    with pytest.raises(CourseError) as error:
        audit({notebook: building.read(notebook)}, notebook.release.parent)
    assert [line.strip() for line in str(error.value).splitlines()[1:-1]] == [
        "data/notes.txt: a text source, which holds the model answers",
        "tiny.ipynb, cell setup: an execution count",
        "tiny.ipynb, cell deviation, line 2: a line of the hidden tests (test_tiny.py)",
    ]


def test_a_missing_notebook_is_noticed(notebook: Notebook) -> None:
    sources = {notebook: building.read(notebook)}
    notebook.release.unlink()
    assert [str(leak) for leak in leaks(sources, notebook.release.parent)] == ["tiny.ipynb: the notebook is missing"]


@pytest.mark.parametrize(
    ("line", "tells"),
    [
        ("return x", False),
        ("self.value = value", False),
        ("for i in range(n):", False),
        ("else:", False),
        ("    )", False),
        ("[2.0, 10.0, 3.0],", False),
        ("total = math.fsum(values)", True),
        ("self.grad += other.value * out.grad", True),
        ("centred = X - X.mean(axis=axis, keepdims=True)", True),
        ("ask.same(probes.zscore, table, axis)", True),
    ],
)
def test_which_lines_are_telling(line: str, tells: bool) -> None:
    assert telling(line) is tells


def test_lines_compare_without_blanks_and_comments() -> None:
    assert normalised("  a = b [ 0 ]  # first") == normalised("a=b[0]")
    assert normalised("a = '#'") != normalised("a = ''")


def test_an_answer_splits_into_given_lines_and_regions() -> None:
    text = "a\n### BEGIN SOLUTION\nb\n### END SOLUTION\nc\n### BEGIN SOLUTION\n### END SOLUTION"
    assert split_answer(text) == (["a", "c"], [["b"], []])


def test_an_answer_left_in_the_course_is_found(tmp_path: Path) -> None:
    """On the real course: the first line of each model answer, put back where it was taken from, is a leak."""
    for folder in ("source", "solutions/reference", "autograder/hidden"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    course = Course(tmp_path)
    building.build(course, say=silent)
    assert list(course), "source/ holds no notebook"
    for assignment in {notebook.assignment for notebook in course}:
        sources = {notebook: building.read(notebook) for notebook in course.assignment(assignment)}
        answers = set()
        for notebook, source in sources.items():
            release = nbformat.read(notebook.release, as_version=4)
            for answer in source.cells:
                secrets = [line for region in split_answer(answer.source)[1] for line in region if line.strip()]
                if secrets:
                    cell(release, answer.id).source += "\n" + "\n".join(secrets)
                    answers.add(f"cell {answer.id}")
            nbformat.write(release, notebook.release)
        assert answers
        assert {leak.cell for leak in leaks(sources, next(iter(sources)).release.parent)} == answers
