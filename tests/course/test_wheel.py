"""The wheel: built, installed into an empty environment, and used from there, with the checkout out of sight."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from types import SimpleNamespace

import jupytext
import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = (
    *("autograder/hidden", "course.toml", "nbgrader_config.py", "pyproject.toml"),
    *("release", "requirements.txt", "solutions/reference", "source"),
)
LEFT_BEHIND = shutil.ignore_patterns(".*", "build", "tests", "docs", "benchmarks", "*.egg-info", "__pycache__")
NOTEBOOK = Path("a1_python_oop", "python_oop")

CONFIGURATION = """\
from pathlib import Path

from autograder.course.model import ROOT

c = get_config()
load_subconfig(str(ROOT / "nbgrader_config.py"))
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
"""


def run(*command: object, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **options)


def build(folder: Path) -> Path:
    """The wheel, made of the source distribution, as an index gets both."""
    clone = folder / "clone"
    shutil.copytree(ROOT, clone, ignore=LEFT_BEHIND)
    made = run(sys.executable, "-c", f"from setuptools import build_meta; build_meta.build_sdist({str(folder)!r})", cwd=clone)
    assert made.returncode == 0, made.stderr
    (source,) = folder.glob("*.tar.gz")
    made = run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder, source)
    assert made.returncode == 0, made.stderr
    shutil.rmtree(clone)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """An environment of nothing but the wheel, which finds its dependencies where this one has them; what is editable here is not there."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "env", symlinks=True)
    python = folder / "env" / "bin" / "python"
    done = run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel)
    assert done.returncode == 0, done.stderr
    (site,) = (folder / "env").glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text("\n".join(dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "JUPYTER", "IPYTHON"))}
    environment = kept | {"XDG_CACHE_HOME": str(folder / "cache"), "JUPYTER_PATH": str(Path(sys.prefix, "share", "jupyter"))}

    def autograder(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
        return run(folder / "env" / "bin" / "autograder", *arguments, cwd=cwd, env=environment)

    return SimpleNamespace(
        python=python,
        environment=environment,
        autograder=autograder,
        package=site / "autograder",
        course=site / "autograder" / "groundwork",
        cache=folder / "cache" / "groundwork",
    )


def answered(course: Path) -> nbformat.NotebookNode:
    """A release notebook in which the first exercise is answered as the source answers it."""
    notebook = nbformat.read((course / "release" / NOTEBOOK).with_suffix(".ipynb"), as_version=4)
    source = jupytext.read((course / "source" / NOTEBOOK).with_suffix(".py"))
    answer = next(cell for cell in source.cells if cell.metadata.get("nbgrader", {}).get("solution"))
    place = answer.metadata["nbgrader"]["grade_id"]
    next(cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == place).source = answer.source
    return notebook


def files(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_the_wheel_has_the_name_of_the_course_and_the_course_as_a_clone_has_it(wheel: Path, installed: SimpleNamespace) -> None:
    assert re.fullmatch(r"groundwork_course-[\d.]+-py3-none-any\.whl", wheel.name)
    wanted = {}
    for part in PARTS:
        here = ROOT / part
        wanted |= {f"{part}/{name}": data for name, data in files(here).items()} if here.is_dir() else {part: here.read_bytes()}
    found = files(installed.course)
    assert sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)) == []


def test_the_wheel_has_each_file_once_and_nothing_of_the_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"autograder"}
    assert [name for name in names if name.startswith(("autograder/hidden", "autograder/groundwork/solutions/a"))] == []


def test_the_checkout_is_not_importable_where_the_wheel_is_installed(installed: SimpleNamespace, tmp_path: Path) -> None:
    remove = "import sys; sys.path[:] = [path for path in sys.path if not path.endswith('site-packages') or '/env/' not in path]"
    code = "import importlib.util as found; print(found.find_spec('autograder') and found.find_spec('autograder').origin)"
    assert run(installed.python, "-c", code, cwd=tmp_path, env=installed.environment).stdout == f"{installed.package / '__init__.py'}\n"
    assert run(installed.python, "-c", f"{remove}; {code}", cwd=tmp_path, env=installed.environment).stdout == "None\n"


def test_check_from_the_wheel_gives_one_model_answer_its_points(installed: SimpleNamespace, tmp_path: Path) -> None:
    nbformat.write(answered(installed.course), tmp_path / "mine.ipynb")
    before = files(installed.package)
    done = installed.autograder("check", "mine.ipynb", "--json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    first, *others = found["exercises"]
    assert found["isolation"] == "bubblewrap"
    assert first["score"] == first["max_score"] > 0
    assert {exercise["score"] for exercise in others} == {0}
    assert files(installed.package) == before
    assert not installed.cache.exists()


def test_grade_from_the_wheel_records_a_class_and_writes_nothing_into_the_package(installed: SimpleNamespace, tmp_path: Path) -> None:
    (tmp_path / "nbgrader_config.py").write_text(CONFIGURATION)
    handed_in = tmp_path / "submitted" / "ada" / NOTEBOOK.with_suffix(".ipynb")
    handed_in.parent.mkdir(parents=True)
    nbformat.write(answered(installed.course), handed_in)
    before = files(installed.package)
    done = installed.autograder("grade", NOTEBOOK.parent, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Marks of one student are in the gradebook" in done.stdout
    assert (tmp_path / "feedback" / "ada" / NOTEBOOK.with_suffix(".html")).is_file()
    assert files(installed.package) == before
    assert {path.name for path in installed.cache.iterdir()} >= {"source", "results"}


def test_nbgrader_autograde_finds_the_course_of_the_wheel(installed: SimpleNamespace, tmp_path: Path) -> None:
    (tmp_path / "nbgrader_config.py").write_text(CONFIGURATION)
    handed_in = tmp_path / "submitted" / "ada" / NOTEBOOK.with_suffix(".ipynb")
    handed_in.parent.mkdir(parents=True)
    nbformat.write(answered(installed.course), handed_in)
    done = run(installed.python, "-m", "nbgrader", "autograde", NOTEBOOK.parent, cwd=tmp_path, env=installed.environment)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "autograded" / "ada" / NOTEBOOK.with_suffix(".ipynb")).is_file()


@pytest.mark.parametrize("command", ["build", "budget"])
def test_the_course_of_the_wheel_is_not_changed(installed: SimpleNamespace, tmp_path: Path, command: str) -> None:
    before = files(installed.package)
    done = installed.autograder(command, NOTEBOOK.parent, cwd=tmp_path)
    assert done.returncode == 2
    assert f"{installed.course} came with the installed package and is only read" in done.stderr
    assert files(installed.package) == before
