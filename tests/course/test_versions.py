"""What feedback says of the versions that graded."""

import platform
from pathlib import Path

import numpy
import toy

from autograder.course import versions
from autograder.course.model import ROOT, Course


def test_feedback_says_what_graded_and_where_the_release_names_another(tmp_path: Path) -> None:
    notebook = toy.make(tmp_path)
    here = f"Graded with Python {platform.python_version()}."
    assert versions.graded_with(notebook) == here
    (tmp_path / "course.toml").write_text(f'python = "{".".join(platform.python_version_tuple()[:2])}"')
    assert versions.graded_with(notebook) == here
    (tmp_path / "course.toml").write_text('python = "3.1"')
    assert versions.graded_with(notebook).startswith(f"{here} The notebook names Python 3.1: ")


def test_only_packages_of_the_sandbox_are_named() -> None:
    for notebook in Course(ROOT):
        named = versions.installed(notebook.packages)
        assert ("NumPy" in named) == ("numpy" in notebook.packages)
        assert ("PyTorch" in named) == ("torch" in notebook.packages)
        assert named.get("NumPy", numpy.__version__) == numpy.__version__


def test_this_course_names_what_it_pins() -> None:
    for notebook in Course(ROOT):
        line = versions.line(ROOT, notebook.packages, [])
        assert versions.LINE.fullmatch(line)
        assert line.partition(";")[0].split("**Versions.** ")[1] in notebook.skeleton.cells[0].source
    assert versions.pinned(ROOT).keys() == {"numpy", "torch"}
