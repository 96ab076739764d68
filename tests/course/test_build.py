"""The build: one text in, build/source, release and solutions out, and no way for an edit to be lost on the way."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from autograder.course.build import build, check, ensure_built, read
from autograder.course.model import ROOT, Course, CourseError, Notebook

TINY = '''\
# ---
# jupyter:
#   jupytext: {text_representation: {extension: .py, format_name: percent}}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
#   groundwork: {title: "Tiny", imports: [math], packages: []}
# ---

# %% [markdown]
# # Tiny

# %% nbgrader={"grade_id": "setup"} tags=["setup"]
import math
from pathlib import Path


# %% [markdown]
# The mean is the sum over the count.
#
# **Write** `mean`.

# %% nbgrader={"grade_id": "mean_answer", "solution": true}
def mean(values: list[float]) -> float:
    """Their mean."""
    ### BEGIN SOLUTION
    total = math.fsum(values)
    return total / len(values)
    ### END SOLUTION


# %% nbgrader={"grade_id": "mean", "grade": true, "points": 2.5} exercise={"title": "The mean", "difficulty": 2, "minutes": 5, "needs": []}
assert mean([1.0, 2.0, 3.0]) == 2.0
print(Path("data/numbers.csv").read_text())

# %% [markdown]
# Now the spread.

# %% [markdown]
# **Write** `spread`.

# %% nbgrader={"grade_id": "spread_answer", "solution": true}
def spread(values: list[float]) -> float:
    """Largest less smallest."""
    ### BEGIN SOLUTION
    return max(values) - min(values)
    ### END SOLUTION


# %% nbgrader={"grade_id": "spread", "grade": true, "points": 1} exercise={"title": "Gap", "difficulty": 1, "minutes": 3, "needs": ["mean"]}
assert spread([1.0, 3.0]) == 2.0
'''

HEADINGS = ["### Exercise 1 · The mean · 2.5 points · ●●○ · 5 min", "### Exercise 2 · Gap · 1 point · ●○○ · 3 min"]


def silent(_: str) -> None:
    """What a test tells the build to say."""


def make_course(root: Path, text: str = TINY) -> Course:
    source = root / "source" / "a0_tiny"
    (source / "data").mkdir(parents=True, exist_ok=True)
    (source / "tiny.py").write_text(text)
    (source / "data" / "numbers.csv").write_text("1,2,3\n")
    return Course(root)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return make_course(tmp_path)


def only(course: Course) -> Notebook:
    (notebook,) = course
    return notebook


def generated(course: Course) -> dict[str, bytes]:
    return {
        path.relative_to(course.root).as_posix(): path.read_bytes()
        for folder in ("build", "release", "solutions")
        for path in sorted((course.root / folder).rglob("*"))
        if path.is_file()
    }


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def environment() -> dict[str, str]:
    return os.environ | {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}


def fake_execution(notebook: Notebook, source: nbformat.NotebookNode) -> nbformat.NotebookNode:
    from autograder.course import build as module

    solution = module._unexecuted(notebook, source)
    for count, cell in enumerate(module._code_cells(solution), 1):
        cell.execution_count = count
        cell.outputs = [nbformat.v4.new_output("stream", text=f"output {count}\n")]
    return solution


@pytest.fixture
def executed(course: Course, monkeypatch: pytest.MonkeyPatch) -> Course:
    """The tiny course, built, with outputs that no kernel had to make."""
    monkeypatch.setattr("autograder.course.build._executed", fake_execution)
    build(course, execute=True, say=silent)
    return course


# ---------------------------------------------------------------------------------------------- what is written


def test_release_is_the_source_without_its_answers(course: Course) -> None:
    build(course, say=silent)
    release = nbformat.read(only(course).release, as_version=4)
    answer = next(cell for cell in release.cells if cell.id == "mean_answer")
    assert answer.source.splitlines() == [
        "def mean(values: list[float]) -> float:",
        '    """Their mean."""',
        "    # YOUR CODE HERE",
        "    raise NotImplementedError()",
    ]
    assert "checksum" in answer.metadata.nbgrader
    assert answer.metadata.nbgrader.locked is False
    assert [cell.id for cell in release.cells if cell.metadata.get("editable") is False] == ["setup", "mean", "spread"]
    assert (course.root / "release/a0_tiny/data/numbers.csv").read_text() == "1,2,3\n"
    assert sorted(path.name for path in (course.root / "release/a0_tiny").iterdir()) == ["data", "tiny.ipynb"]


def test_the_skeleton_states_its_exercises(course: Course) -> None:
    build(course, say=silent)
    notebook = only(course)
    assert [(exercise.id, exercise.points, exercise.needs) for exercise in notebook.exercises] == [
        ("mean", 2.5, ()),
        ("spread", 1.0, ("mean",)),
    ]
    assert (notebook.title, notebook.imports, notebook.packages) == ("Tiny", frozenset({"math"}), ())


def test_the_last_markdown_cell_before_an_answer_gets_the_heading(course: Course) -> None:
    cells = read(only(course)).cells
    assert [cell.source.split("\n\n") for cell in cells if "Exercise" in cell.source] == [
        [HEADINGS[0], "The mean is the sum over the count.", "**Write** `mean`."],
        [HEADINGS[1], "**Write** `spread`."],
    ]


def test_heading_lines_in_the_source_do_not_double(tmp_path: Path) -> None:
    plain = read(only(make_course(tmp_path)))
    stale = HEADINGS[0].replace("2.5", "9").replace("The mean", "An old title")
    for place in ("# The mean is", "# **Write** `mean`"):  # at the top, and where somebody wrote above it
        course = make_course(tmp_path, TINY.replace(place, f"# {stale}\n#\n{place}"))
        assert read(only(course)) == plain


def test_generated_notebooks_say_so(executed: Course) -> None:
    notebook = only(executed)
    for path in (notebook.built, notebook.release, notebook.solution):
        assert nbformat.read(path, as_version=4).metadata.generated["from"] == "source/a0_tiny/tiny.py"


def test_ids_are_the_grade_id_or_a_hash_of_the_one_before(tmp_path: Path) -> None:
    ids = [cell.id for cell in read(only(make_course(tmp_path))).cells]
    assert [ids[index] for index in (1, 3, 4, 7, 8)] == ["setup", "mean_answer", "mean", "spread_answer", "spread"]
    assert len(set(ids)) == len(ids)
    reworded = read(only(make_course(tmp_path, TINY.replace("Now the spread.", "The spread comes next."))))
    assert [cell.id for cell in reworded.cells] == ids


def test_two_builds_are_the_same_to_the_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.course.build._executed", fake_execution)
    results = []
    for name in ("one", "two"):
        course = make_course(tmp_path / name)
        build(course, execute=True, say=silent)
        results.append(generated(course))
    assert results[0] == results[1]
    assert len(results[0]) == 6


def test_a_second_build_writes_nothing(executed: Course) -> None:
    before = generated(executed)
    assert build(executed, say=silent).written == ()
    assert generated(executed) == before


def test_stock_nbgrader_makes_the_same_release(course: Course) -> None:
    build(course, say=silent)
    ours = generated(course)
    shutil.rmtree(course.root / "release")
    nbgrader = shutil.which("nbgrader", path=environment()["PATH"])
    assert nbgrader, "nbgrader is not installed beside this Python"
    command = [nbgrader, "generate_assignment", "a0_tiny", "--no-db", "--CourseDirectory.source_directory=build/source"]
    subprocess.run(command, cwd=course.root, env=environment(), check=True, capture_output=True)
    assert {name: content for name, content in generated(course).items() if name.startswith("release/")} == {
        name: content for name, content in ours.items() if name.startswith("release/")
    }


def test_what_is_gone_from_the_source_goes_from_the_release(course: Course) -> None:
    build(course, say=silent)
    (course.root / "source/a0_tiny/data/numbers.csv").unlink()
    told: list[str] = []
    build(course, say=told.append)
    assert "removed release/a0_tiny/data/numbers.csv" in told
    assert not list((course.root / "release").rglob("*.csv"))
    assert not list((course.root / "build").rglob("*.csv"))


def test_a_removed_source_is_no_longer_offered_to_nbgrader(course: Course) -> None:
    build(course, say=silent)
    built = only(course).built
    shutil.rmtree(course.root / "source/a0_tiny")
    ensure_built(course)
    assert not built.parent.exists()
    assert check(course) == ["release/a0_tiny/tiny.ipynb belongs to no source: remove it"]


# ------------------------------------------------------------------------------------------------- solutions


def test_a_solution_is_executed_beside_its_data(course: Course) -> None:
    build(course, execute=True, say=silent)
    solution = nbformat.read(only(course).solution, as_version=4)
    cell = next(cell for cell in solution.cells if cell.id == "mean")
    assert cell.outputs[0].text.strip() == "1,2,3"
    assert "math.fsum" in next(cell for cell in solution.cells if cell.id == "mean_answer").source
    assert [cell.execution_count for cell in solution.cells if cell.cell_type == "code"] == [1, 2, 3, 4, 5]
    assert check(course) == []


def test_model_answers_that_do_not_run_are_reported_with_their_cell(tmp_path: Path) -> None:
    course = make_course(tmp_path, TINY.replace("== 2.0\nprint", "== 7.0\nprint"))
    with pytest.raises(CourseError, match=r"source/a0_tiny/tiny\.py, cell mean: the model answers do not run"):
        build(course, execute=True, say=silent)
    assert not only(course).solution.exists()


def test_a_plain_build_names_the_solutions_it_did_not_execute(course: Course) -> None:
    told: list[str] = []
    built = build(course, say=told.append)
    assert built.unexecuted == (only(course).solution,)
    assert "solutions/a0_tiny/tiny.ipynb is out of date: run `autograder build --execute a0_tiny`" in told
    assert not only(course).solution.exists()


def test_new_prose_needs_no_execution(executed: Course) -> None:
    change(only(executed).source, "Now the spread.", "Next, the spread.")
    assert build(executed, say=silent).unexecuted == ()
    solution = nbformat.read(only(executed).solution, as_version=4)
    assert any(cell.source == "Next, the spread." for cell in solution.cells)
    assert solution.cells[1].outputs[0].text == "output 1\n"


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda root: change(root / "source/a0_tiny/tiny.py", "math.fsum(values)", "sum(values)"), id="code"),
        pytest.param(lambda root: (root / "source/a0_tiny/data/numbers.csv").write_text("4\n"), id="data"),
        pytest.param(
            lambda root: change(root / "solutions/a0_tiny/tiny.ipynb", "math.fsum(values)", "sum(values)"), id="the solution by hand"
        ),
    ],
)
def test_other_code_or_data_needs_execution(executed: Course, edit: Callable[[Path], object]) -> None:
    edit(executed.root)
    assert "solutions/a0_tiny/tiny.ipynb was executed from other code or data: run `autograder build --execute a0_tiny`" in check(executed)
    assert build(executed, say=silent).unexecuted == (only(executed).solution,)
    assert build(executed, execute=True, say=silent).unexecuted == ()
    assert check(executed) == []


# ----------------------------------------------------------------------------------------------------- check


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (lambda root: shutil.rmtree(root / "release"), "release/a0_tiny/tiny.ipynb is missing"),
        (
            lambda root: change(root / "release/a0_tiny/tiny.ipynb", "Now the", "Then the"),
            "release/a0_tiny/tiny.ipynb is not what its source gives",
        ),
        (lambda root: (root / "release/a0_tiny/data/numbers.csv").unlink(), "release/a0_tiny/data/numbers.csv is missing"),
        (lambda root: (root / "release/a0_tiny/extra.txt").write_text("x"), "release/a0_tiny/extra.txt belongs to no source"),
        (
            lambda root: change(root / "source/a0_tiny/tiny.py", "Now the", "Then the"),
            "release/a0_tiny/tiny.ipynb is not what its source gives",
        ),
        (lambda root: shutil.rmtree(root / "solutions"), "solutions/a0_tiny/tiny.ipynb is missing"),
        (
            lambda root: change(root / "solutions/a0_tiny/tiny.ipynb", "Now the", "Then the"),
            "solutions/a0_tiny/tiny.ipynb differs from its source in text",
        ),
        (
            lambda root: change(root / "build/source/a0_tiny/tiny.ipynb", "Now the", "Then the"),
            "build/source/a0_tiny/tiny.ipynb was edited",
        ),
    ],
    ids=["no release", "release edited", "no data", "extra file", "source edited", "no solution", "solution edited", "built edited"],
)
def test_check_says_what_is_out_of_date_and_changes_nothing(executed: Course, edit: Callable[[Path], object], sentence: str) -> None:
    assert check(executed) == []
    edit(executed.root)
    before = generated(executed)
    assert any(found.startswith(sentence) for found in check(executed))
    assert generated(executed) == before


def test_a_fresh_clone_is_up_to_date(executed: Course) -> None:
    shutil.rmtree(executed.root / "build")
    assert check(executed) == []
    assert not (executed.root / "build").exists()


# ---------------------------------------------------------------------------------------------- ensure_built


def test_ensure_built_builds_what_nbgrader_reads_and_nothing_else(course: Course) -> None:
    ensure_built(course)
    assert only(course).built.is_file()
    assert (only(course).built.parent / "data/numbers.csv").is_file()
    assert not (course.root / "release").exists()


@pytest.mark.parametrize(
    ("edit", "shows"),
    [
        (lambda root: change(root / "source/a0_tiny/tiny.py", "Now the", "Then the"), "Then the"),
        (lambda root: (root / "build/source/a0_tiny/tiny.ipynb").unlink(), "Now the"),
        (lambda root: shutil.rmtree(root / "build/record"), "Now the"),
    ],
    ids=["source edited", "built file gone", "record gone"],
)
def test_ensure_built_rebuilds_what_is_stale(course: Course, edit: Callable[[Path], object], shows: str) -> None:
    ensure_built(course)
    edit(course.root)
    ensure_built(course)
    assert shows in only(course).built.read_text()


def test_ensure_built_is_quick_when_nothing_changed(course: Course) -> None:
    ensure_built(course)
    code = (
        "import sys, time; from pathlib import Path\n"
        "from autograder.course.build import ensure_built; from autograder.course.model import Course\n"
        "start = time.perf_counter(); ensure_built(Course(Path(sys.argv[1]))); seconds = time.perf_counter() - start\n"
        "print(seconds, [name for name in ('nbgrader', 'jupytext', 'nbconvert') if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code, str(course.root)], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    seconds, imported = out.strip().split(" ", 1)
    assert float(seconds) < 0.05
    assert imported == "[]"


# ------------------------------------------------------------------------------- edits of the built notebook


def edit_in_jupyterlab(path: Path) -> None:
    """What an instructor's afternoon leaves: prose and code changed, a cell added, outputs, an editor's metadata."""
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["toc"] = {"base_numbering": 1}
    for cell in notebook.cells:
        if cell.id == "mean_answer":
            cell.source = cell.source.replace("Their mean.", "Their arithmetic mean.") + "\n\n\n"
        if cell.id == "mean":
            cell.metadata.exercise["title"] = "The arithmetic mean"
            cell.execution_count, cell.outputs = 3, [nbformat.v4.new_output("stream", text="1,2,3\n")]
        if cell.source.startswith("### Exercise 1"):
            cell.source += "\n\nOne more paragraph, with $\\mu$ in it.\n\n"
            cell.metadata["jp-MarkdownHeadingCollapsed"] = True
    marks = {"grade": False, "grade_id": "plots", "locked": True, "schema_version": 3, "solution": False, "task": False}
    notebook.cells.insert(2, nbformat.v4.new_code_cell("%matplotlib inline\n\n# figures\n", metadata={"nbgrader": marks, "trusted": True}))
    nbformat.write(notebook, path)


def way_back(sentence: str) -> list[str]:
    (command,) = re.findall("`(jupytext [^`]*)`", sentence)
    return shlex.split(command)


def test_an_edited_notebook_is_not_overwritten(executed: Course) -> None:
    edit_in_jupyterlab(only(executed).built)
    before = generated(executed)
    for act in (lambda: build(executed, say=silent), lambda: build(executed, execute=True, say=silent)):
        with pytest.raises(CourseError, match="was edited after it was built"):
            act()
    assert generated(executed) == before


def test_the_command_in_the_refusal_brings_the_edit_back(executed: Course) -> None:
    notebook = only(executed)
    edit_in_jupyterlab(notebook.built)
    with pytest.raises(CourseError) as refusal:
        build(executed, say=silent)
    command = way_back(str(refusal.value))
    jupytext = shutil.which(command[0], path=environment()["PATH"])
    assert jupytext, "jupytext is not installed beside this Python"
    subprocess.run([jupytext, *command[1:]], cwd=executed.root, env=environment(), check=True, capture_output=True)

    build(executed, execute=True, say=silent)

    release = notebook.release.read_text()
    assert "Their arithmetic mean." in release
    assert "One more paragraph" in release
    assert release.count("### Exercise 1 ·") == 1
    assert "### Exercise 1 · The arithmetic mean ·" in release
    assert '"id": "plots"' in release
    assert "toc" not in release
    assert check(executed) == []
    assert build(executed, say=silent).written == ()


def test_a_notebook_that_was_only_run_is_not_an_edit(course: Course) -> None:
    build(course, say=silent)
    notebook = nbformat.read(only(course).built, as_version=4)
    notebook.cells[1].execution_count = 1
    notebook.cells[1].metadata["scrolled"] = True
    notebook.metadata.language_info = {"name": "python", "version": "3.11.7"}
    nbformat.write(notebook, only(course).built)
    build(course, say=silent)
    assert '"scrolled"' not in only(course).built.read_text()


def test_a_deleted_edit_is_discarded(course: Course) -> None:
    build(course, say=silent)
    edit_in_jupyterlab(only(course).built)
    only(course).built.unlink()
    build(course, say=silent)
    assert "arithmetic" not in only(course).built.read_text()


def test_stock_commands_use_an_edit_until_the_source_changes_too(course: Course) -> None:
    build(course, say=silent)
    edit_in_jupyterlab(only(course).built)
    ensure_built(course)
    assert "arithmetic" in only(course).built.read_text()
    change(only(course).source, "Now the", "Then the")
    with pytest.raises(CourseError, match=r"tiny\.py may have changed as well: commit it first"):
        ensure_built(course)


# --------------------------------------------------------------------------------------------- shared pieces

BODY = """\
EDGE = 1e-9  # less is no difference


def near(a, b):
    return math.isclose(a, b, rel_tol=EDGE)
"""
PIECE = f"import math\nimport os.path\n\n{BODY}"
HEAD = "import math\nfrom pathlib import Path\n"
USE = "from _shared.nearness import EDGE, near"


@pytest.fixture
def sharing(course: Course) -> Course:
    """The tiny course with a piece in its first code cell, and a second assignment that uses none."""
    folder = course.root / "source/_shared"
    folder.mkdir()
    (folder / "nearness.py").write_text(PIECE)
    change(only(course).source, HEAD, f"{HEAD}\n{USE}\n\n\nSTEP = EDGE\n")
    (course.root / "source/a1_plain").mkdir()
    (course.root / "source/a1_plain/plain.py").write_text(TINY)
    return course


def cell_text(path: Path, grade_id: str) -> str:
    return next(cell.source for cell in nbformat.read(path, as_version=4).cells if cell.id == grade_id)


def test_a_shared_piece_stands_in_the_notebooks_without_its_imports(sharing: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.course.build._executed", fake_execution)
    build(sharing, execute=True, say=silent)
    notebook, _ = sharing
    for path in (notebook.built, notebook.release, notebook.solution):
        assert cell_text(path, "setup").split("\n") == [
            "import math",
            "from pathlib import Path",
            "",
            "EDGE = 1e-9  # less is no difference",
            "",
            "",
            "def near(a, b):",
            "    return math.isclose(a, b, rel_tol=EDGE)",
            "",
            "",
            "STEP = EDGE",
        ]


def test_a_piece_or_its_text_in_the_source_give_the_same_to_the_byte(sharing: Course, tmp_path: Path) -> None:
    build(sharing, say=silent)
    written_out = make_course(tmp_path / "other")
    text = next(iter(sharing)).source.read_text()
    only(written_out).source.write_text(text.replace(USE, BODY.rstrip()))
    build(written_out, say=silent)
    with_piece = generated(sharing)
    assert {name: with_piece[name] for name in with_piece if "a1_plain" not in name} == generated(written_out)


def test_an_edited_piece_makes_stale_what_uses_it_and_nothing_else(sharing: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.course.build._executed", fake_execution)
    build(sharing, execute=True, say=silent)
    assert check(sharing) == []
    change(sharing.root / "source/_shared/nearness.py", "1e-9", "1e-7")
    assert check(sharing) == [
        "release/a0_tiny/tiny.ipynb is not what its source gives: run `autograder build a0_tiny`",
        "solutions/a0_tiny/tiny.ipynb was executed from other code or data: run `autograder build --execute a0_tiny`",
    ]
    using, plain = sharing
    untouched = plain.built.stat().st_mtime_ns
    ensure_built(sharing)
    assert "EDGE = 1e-7" in cell_text(using.built, "setup")
    assert plain.built.stat().st_mtime_ns == untouched
    assert build(sharing, say=silent).written == (using.release,)


@pytest.mark.parametrize(
    ("use", "fault"),
    [
        ("from _shared.nearnes import near", "there is no shared piece 'nearnes'; there is: nearness"),
        ("from _shared.nearness import EDGE, far, edge", "source/_shared/nearness.py defines no edge, far; it defines: EDGE, near"),
        ("from _shared.nearness import math", "source/_shared/nearness.py defines no math; it defines: EDGE, near"),
        *(
            (use, "a shared piece is put in by a line with nothing before or behind it: from _shared.PIECE import NAME, NAME")
            for use in (
                "from _shared import nearness",
                "import _shared.nearness",
                "from _shared.nearness import *",
                "from _shared.nearness import (near)",
                "from _shared.nearness import near as close",
                "from _shared.nearness import near  # what else",
                "if True:\n    from _shared.nearness import near",
            )
        ),
    ],
)
def test_a_line_that_puts_no_piece_in_is_refused_with_its_place(sharing: Course, use: str, fault: str) -> None:
    build(sharing, say=silent)
    before = generated(sharing)
    change(next(iter(sharing)).source, USE, use)
    for act in (build, check, ensure_built):
        with pytest.raises(CourseError) as error:
            act(sharing)
        assert str(error.value) == f"source/a0_tiny/tiny.py, line {15 + use.count(chr(10))}: {fault}"
    assert generated(sharing) == before


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("def near(a, b):", "def near(a, b:", "source/_shared/nearness.py, line 7, is not valid Python: '(' was never closed"),
        ("    return", "return", "source/_shared/nearness.py, line 8, is not valid Python: expected an indented block after"),
        ("def near", "def close", "source/_shared/nearness.py defines no near; it defines: EDGE, close"),
    ],
)
def test_an_edit_of_a_piece_that_breaks_its_notebooks_is_refused(sharing: Course, old: str, new: str, fault: str) -> None:
    build(sharing, say=silent)
    before = generated(sharing)
    change(sharing.root / "source/_shared/nearness.py", old, new)
    with pytest.raises(CourseError) as error:
        build(sharing, say=silent)
    assert str(error.value).startswith(f"source/a0_tiny/tiny.py, line 15: {fault}")
    assert generated(sharing) == before


def test_a_piece_that_the_notebook_does_not_import_enough_for_is_found_when_it_is_executed(sharing: Course) -> None:
    change(sharing.root / "source/_shared/nearness.py", "EDGE = 1e-9", "EDGE = os.path.getsize('.') * 0")
    with pytest.raises(CourseError, match=r"(?s)tiny\.py, cell setup: the model answers do not run.*name 'os' is not defined"):
        build(sharing, ["a0_tiny"], execute=True, say=silent)


def test_the_folder_of_pieces_is_no_assignment(sharing: Course) -> None:
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory

    build(sharing, say=silent)
    assert [notebook.assignment for notebook in sharing] == ["a0_tiny", "a1_plain"]
    with pytest.raises(CourseError, match=r"there is no assignment '_shared' in .*; there is: a0_tiny, a1_plain"):
        build(sharing, ["_shared"], say=silent)
    directory = CourseDirectory(root=str(sharing.root), source_directory="build/source")
    assert NbGraderAPI(directory).get_source_assignments() == {"a0_tiny", "a1_plain"}
    assert not any("_shared" in name or b"_shared" in content for name, content in generated(sharing).items())


def test_an_edit_that_comes_back_brings_the_text_of_pieces_with_it_and_the_refusal_says_so(sharing: Course) -> None:
    build(sharing, say=silent)
    using, plain = sharing
    for notebook in (using, plain):
        edit_in_jupyterlab(notebook.built)
    with pytest.raises(CourseError, match=r"source/_shared") as refusal:
        build(sharing, ["a0_tiny"], say=silent)
    assert "put their lines `from _shared.…` in its place again" in str(refusal.value)
    with pytest.raises(CourseError) as other:
        build(sharing, ["a1_plain"], say=silent)
    assert "_shared" not in str(other.value)

    jupytext = shutil.which("jupytext", path=environment()["PATH"])
    assert jupytext, "jupytext is not installed beside this Python"
    subprocess.run([jupytext, *way_back(str(refusal.value))[1:]], cwd=sharing.root, env=environment(), check=True, capture_output=True)
    build(sharing, ["a0_tiny"], say=silent)
    brought_back = generated(sharing)
    change(using.source, BODY.rstrip(), USE)
    build(sharing, ["a0_tiny"], say=silent)
    assert generated(sharing) == brought_back


# ------------------------------------------------------------------------------------------------ validation

MEAN_CHECK = (
    '# %% nbgrader={"grade_id": "mean", "grade": true, "points": 2.5} '
    'exercise={"title": "The mean", "difficulty": 2, "minutes": 5, "needs": []}\n'
    'assert mean([1.0, 2.0, 3.0]) == 2.0\nprint(Path("data/numbers.csv").read_text())\n'
)
MEAN_ANSWER = TINY[TINY.index('# %% nbgrader={"grade_id": "mean_answer"') : TINY.index(MEAN_CHECK)]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (MEAN_CHECK, "", "cell mean_answer: it has no check cell"),
        (MEAN_ANSWER, "", "cell mean: it has no answer cell"),
        (MEAN_ANSWER + MEAN_CHECK, MEAN_CHECK + MEAN_ANSWER, "cell mean_answer: its check cell comes before it"),
        ('"points": 2.5', '"points": 0', "cell mean: a check cell needs its points"),
        (', "points": 2.5', "", "cell mean: a check cell needs its points"),
        ('"title": "The mean", ', "", r'cell mean: its exercise=\{…\} needs a "title"'),
        ('"difficulty": 2, ', "", r'cell mean: its exercise=\{…\} needs a "difficulty"'),
        ('"difficulty": 2', '"difficulty": 4', r'cell mean: its exercise=\{…\} needs a "difficulty"'),
        ('"minutes": 5, ', "", r'cell mean: its exercise=\{…\} needs "minutes"'),
        (', "needs": []', "", r'cell mean: its exercise=\{…\} needs "needs"'),
        (' exercise={"title": "The mean", "difficulty": 2, "minutes": 5, "needs": []}', "", "cell mean: a check cell says what it checks"),
        ('"needs": ["mean"]', '"needs": ["median"]', "cell spread: it needs 'median', which is no exercise of this notebook"),
        ('"needs": []', '"needs": ["spread"]', "cell mean: it needs 'spread', which does not come before it"),
        ('"grade_id": "spread_answer"', '"grade_id": "mean_answer"', "cell mean_answer: this grade_id is already that of an earlier cell"),
        ('"grade_id": "setup"', '"grade_id": "set up"', "cell set up: a grade_id is at most 64 letters"),
        (' nbgrader={"grade_id": "setup"}', "", r"cell 2 \('import math'\): a code cell needs a name"),
        ('"grade_id": "setup"', '"grade_id": "setup", "locked": false', "cell setup: a cell that is not an answer is locked"),
        ("    ### BEGIN SOLUTION\n    total", "    total", "cell mean_answer: an ### END SOLUTION has no ### BEGIN SOLUTION"),
        ("len(values)\n    ### END SOLUTION", "len(values)", "cell mean_answer: a ### BEGIN SOLUTION has no ### END SOLUTION"),
        ("    return total", "    ### BEGIN SOLUTION\n    return total", "cell mean_answer: a second ### BEGIN SOLUTION"),
        ("import math\n", "import math\n### BEGIN SOLUTION\n### END SOLUTION\n", "cell setup: BEGIN SOLUTION stands in it"),
        (
            "assert spread",
            "### BEGIN HIDDEN TESTS\nassert spread",
            "cell spread: BEGIN HIDDEN TESTS stands in it; its place is in autograder/hidden/",
        ),
        ("# # Tiny", "# ### BEGIN SOLUTION", "BEGIN SOLUTION stands in it"),
        ("#   groundwork: {", "#   another: {", "the header has no groundwork entry"),
        ('title: "Tiny", ', "", "groundwork entry has no title"),
        ("imports: [math], ", "", "groundwork entry needs imports"),
        ("packages: []", "packages: numpy", "groundwork entry needs packages"),
        ("packages: []", "packages: [], banned: [math.*]", "the header's banned is a list of dotted names"),
        ('"needs": []', '"needs": [], "imports": "math"', '"imports" that is no list of names'),
        (
            "# %% [markdown]\n# Now the spread.\n\n# %% [markdown]\n# **Write** `spread`.\n",
            "",
            "cell spread_answer: no markdown cell introduces it",
        ),
    ],
)
def test_a_faulty_source_is_refused_with_its_cell(course: Course, old: str, new: str, message: str) -> None:
    build(course, say=silent)
    before = generated(course)
    change(only(course).source, old, new)
    with pytest.raises(CourseError, match=message) as error:
        build(course, say=silent)
    assert str(error.value).startswith("source/a0_tiny/tiny.py cannot be built:")
    assert generated(course) == before


def test_an_answer_without_markers_is_refused(course: Course) -> None:
    change(only(course).source, "    ### BEGIN SOLUTION\n    return max(values) - min(values)\n    ### END SOLUTION", "    return 0.0")
    with pytest.raises(CourseError, match="cell spread_answer: an answer cell needs its model answer between"):
        build(course, say=silent)


def test_all_faults_are_told_at_once(course: Course) -> None:
    change(only(course).source, '"minutes": 5', '"minutes": 0')
    change(only(course).source, '"points": 1', '"points": -1')
    with pytest.raises(CourseError, match=r"(?s)cell mean: .*minutes.*cell spread: .*points"):
        build(course, say=silent)


def test_a_source_that_is_not_a_notebook_is_refused(course: Course) -> None:
    only(course).source.write_text("# ---\n# jupyter: {\n# ---\n\n# %%\n1\n")
    with pytest.raises(CourseError, match=r"source/a0_tiny/tiny\.py"):
        build(course, say=silent)


def test_an_unknown_assignment_is_refused(course: Course) -> None:
    with pytest.raises(CourseError, match="there is no assignment 'a9'"):
        build(course, ["a9"], say=silent)


# --------------------------------------------------------------------------------------------- the real course


@pytest.fixture(scope="module")
def real() -> Course:
    course = Course(ROOT)
    assert list(course), "source/ holds no notebook"
    return course


def test_the_course_is_up_to_date(real: Course) -> None:
    assert check(real) == []


def test_the_course_builds_the_same_from_nothing(real: Course, tmp_path: Path) -> None:
    for folder in ("source", "solutions", "autograder/hidden"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("course.toml", "pyproject.toml", "requirements.txt"):
        shutil.copy(ROOT / name, tmp_path)
    copy = Course(tmp_path)
    assert build(copy, say=silent).unexecuted == ()
    for notebook, other in zip(real, copy, strict=True):
        assert other.release.read_bytes() == notebook.release.read_bytes()


# ------------------------------------------------------------------------------------------------------- versions


def with_versions(course: Course, python: str = "3.11", numpy: str = "2.4.6") -> Course:
    (course.root / "course.toml").write_text(f'python = "{python}"\n')
    (course.root / "requirements.txt").write_text(f"numpy-more==1.0\nnumpy=={numpy} \\\n    --hash=sha256:0\nnumpydoc==1\n")
    (course.root / "pyproject.toml").write_text('[project]\ndependencies = ["numpy>=2", "torch==2.13.0"]\n')
    return course


VERSIONS = {
    "nothing": ("", "Graded with Python 3.11; there is nothing to install."),
    "NumPy": (
        "import numpy as np",
        "Graded with Python 3.11 and NumPy 2.4.6; `pip install numpy==2.4.6` installs all that this notebook uses.",
    ),
    "all": (
        "import numpy\nimport torch\nfrom sklearn import svm\nimport matplotlib.pyplot as plt\nif False:\n    import optional",
        (
            "Graded with Python 3.11, NumPy 2.4.6 and PyTorch 2.13.0; "
            "`pip install numpy==2.4.6 torch==2.13.0 matplotlib scikit-learn` installs all that this notebook uses."
        ),
    ),
}


@pytest.mark.parametrize(("imports", "line"), VERSIONS.values(), ids=VERSIONS)
def test_a_release_names_the_versions_that_it_uses_near_its_top(tmp_path: Path, imports: str, line: str) -> None:
    course = with_versions(make_course(tmp_path, TINY.replace("import math\n", f"import math\n{imports}\n")))
    build(course, say=silent)
    first = nbformat.read(only(course).release, as_version=4).cells[0]
    assert first.source == f"# Tiny\n\n**Versions.** {line}"


def test_a_release_that_begins_with_code_names_its_versions_before_it(tmp_path: Path) -> None:
    course = with_versions(make_course(tmp_path, TINY.replace("# %% [markdown]\n# # Tiny\n", "")))
    plain = make_course(tmp_path / "plain", TINY.replace("# %% [markdown]\n# # Tiny\n", ""))
    line, *others = read(only(course)).cells
    assert line.source == "**Versions.** Graded with Python 3.11; there is nothing to install."
    assert others == read(only(plain)).cells


def test_other_versions_make_a_release_stale_and_no_output(executed: Course) -> None:
    assert check(with_versions(executed)) == [
        "release/a0_tiny/tiny.ipynb is not what its source gives: run `autograder build a0_tiny`",
        "solutions/a0_tiny/tiny.ipynb differs from its source in text: run `autograder build a0_tiny`",
    ]
    assert build(executed, say=silent).unexecuted == ()
    assert check(executed) == []
    assert check(with_versions(executed, python="3.12")) != []
    ensure_built(executed)
    assert "Python 3.12" in only(executed).built.read_text()


def test_the_line_of_versions_does_not_come_back_with_an_edit(executed: Course) -> None:
    course = with_versions(executed)
    build(course, say=silent)
    test_the_command_in_the_refusal_brings_the_edit_back(course)
    assert only(course).release.read_text().count("**Versions.**") == 1
    source = only(course).source
    source.write_text(source.read_text().replace("# # Tiny\n", "# # Tiny\n#\n# **Versions.** Graded with Python 2.7; nothing.\n"))
    assert check(course) == []


@pytest.mark.parametrize("said", ["python = 3.11", 'python = "3"', 'python = "3.11.7"', 'python = "latest"', "pyhton = 1"])
def test_a_setting_that_is_none_is_refused(course: Course, said: str) -> None:
    (course.root / "course.toml").write_text(said)
    with pytest.raises(CourseError, match=r"course.toml: (python is a version|there is no setting pyhton)"):
        read(only(course))
