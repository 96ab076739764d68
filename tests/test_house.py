"""The grader's rooms: what import-linter does not see."""

import ast
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import toy
from commands import environment

from autograder.course.model import ROOT

GRADER = ROOT / "autograder"
ROOMS = sorted(path.parent.name for path in GRADER.glob("*/__init__.py"))
HEAVY = {"nbformat", "nbgrader", "numpy", "pytest", "sqlalchemy", "torch"}


def imported(path: Path) -> list[tuple[str, str]]:
    """What a file imports of ours, as (module, name)."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            found += [("." * node.level + (node.module or ""), alias.name) for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
    return [(module, name) for module, name in found if module.startswith((".", "autograder"))]


def loaded(code: str, root: Path = ROOT) -> set[str]:
    """Which heavy modules a piece of code leaves loaded, in a process of its own."""
    code = f"{code}\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, env=environment(root), capture_output=True, text=True, check=True)
    return HEAVY & set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_it_is_for_and_loads_nothing_heavy(room: str) -> None:
    assert len(ast.get_docstring(ast.parse((GRADER / room / "__init__.py").read_text())) or "") > 80
    assert loaded(f"import autograder.{room}") == set()


def test_a_suite_imports_of_the_grader_only_what_suites_are_written_with() -> None:
    suites = [path for path in GRADER.glob("hidden/*/*.py") if path.name != "__init__.py"]
    assert len(suites) > 10
    strange = {
        f"{path.name}: {module} {name}"
        for path in suites
        for module, name in imported(path)
        if module != "autograder.testing" and not (module == "." and name.endswith("_probes"))
    }
    assert strange == set()


def test_what_begins_with_an_underscore_stays_at_home() -> None:
    taken = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in GRADER.rglob("*.py")
        for _, name in imported(path)
        if name.startswith("_") and not name.startswith("__")
    }
    assert taken == set()


def test_a_check_of_one_notebook_loads_neither_nbgrader_nor_a_database(tmp_path: Path) -> None:
    notebook = toy.make(tmp_path)
    nbformat.write(toy.submission(notebook), tmp_path / "first.ipynb")
    code = (
        "from pathlib import Path; from autograder import cli; from autograder.course.model import Course\n"
        f"cli.course = lambda: Course(Path({str(tmp_path)!r}))\n"
        f"cli.app(['check', {str(tmp_path / 'first.ipynb')!r}, '--isolation', 'none'], standalone_mode=False)"
    )
    assert {"nbgrader", "sqlalchemy"} & loaded(code) == set()


def test_what_runs_beside_threads_that_grade_parses_under_the_lock_alone() -> None:
    """Two texts that are parsed at once can both fail with a SystemError: `submission.parsing.parse` is the one way."""
    rooms = ("authoring", "classroom", "gradebook", "grading", "submission", "suite")
    parsing = {
        f"{path.relative_to(GRADER)}:{node.lineno}"
        for room in rooms
        for path in (GRADER / room).glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in ("parse", "literal_eval") and ast.unparse(node.value) == "ast"
    }
    assert {place.partition(":")[0] for place in parsing} == {"submission/parsing.py"}, sorted(parsing)
