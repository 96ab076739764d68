"""The versions that a course is graded with: what its release names, and what is installed where it is graded.

The course's Python stands in course.toml. NumPy's and PyTorch's version stand where all versions are pinned, in requirements.txt or
pyproject.toml. A course that names no Python names no versions.
"""

from __future__ import annotations

import importlib.metadata
import platform
import re
import sys
import tomllib
from collections.abc import Collection, Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path

from autograder.course.model import Notebook, settings

NAMES = {"numpy": "NumPy", "torch": "PyTorch"}
"""Packages whose versions decide what an answer may say."""
_DISTRIBUTIONS = {"sklearn": "scikit-learn"}
_IMPORT = re.compile(r"^(?:import|from) +(\w+)", re.MULTILINE)

LINE = re.compile(r"^\*\*Versions\.\*\* Graded with Python [^\n]*(?:\n\s*|\Z)", re.MULTILINE)
"""What the build wrote once and an editor brings back."""


def line(root: Path, packages: Collection[str], code: Iterable[str]) -> str:
    """What a release says of its versions, "" in a course that names none. packages: of the sandbox. code: the cells of the notebook."""
    used = {name for text in code for name in _IMPORT.findall(text)} - sys.stdlib_module_names
    versions = stated(root, used | set(packages))
    if not versions:
        return ""
    pins = pinned(root)
    installs = [f"{name}=={pins[name]}" for name in NAMES if name in used and name in pins]
    installs += sorted(_DISTRIBUTIONS.get(name, name) for name in used - pins.keys())
    todo = f"`pip install {' '.join(installs)}` installs all that this notebook uses" if installs else "there is nothing to install"
    return f"**Versions.** Graded with {_listed(versions)}; {todo}."


def stated(root: Path, packages: Collection[str]) -> dict[str, str]:
    """The versions that a release names, such as {"Python": "3.11", "NumPy": "2.4.6"}, of Python and of those of these packages."""
    python = settings(root).python
    pins = pinned(root)
    return {"Python": python, **{NAMES[name]: pins[name] for name in NAMES if name in packages and name in pins}} if python else {}


def installed(packages: Collection[str]) -> dict[str, str]:
    """The same of this grader."""
    return {"Python": platform.python_version(), **{NAMES[name]: _installed(name) for name in NAMES if name in packages}}


def graded_with(notebook: Notebook) -> str:
    """A sentence for feedback: what grades here, and where that is not what the release names."""
    here, there = installed(notebook.packages), stated(notebook.root, notebook.packages)
    others = {name: version for name, version in there.items() if not f"{here[name]}.".startswith(f"{version}.")}
    differs = f" The notebook names {_listed(others)}: what another version does otherwise can make a difference." if others else ""
    return f"Graded with {_listed(here)}.{differs}"


def pinned(root: Path) -> Mapping[str, str]:
    """The versions of `NAMES` that a course installs."""
    files = (root / "requirements.txt", root / "pyproject.toml")
    return _pinned(*((path, path.stat().st_mtime_ns) if path.is_file() else (None, 0) for path in files))


@lru_cache(32)  # every page of a class says them
def _pinned(lock: tuple[Path | None, int], project: tuple[Path | None, int]) -> Mapping[str, str]:
    """The same, of files in the state of a time."""
    text = lock[0].read_text(encoding="utf-8") if lock[0] else ""
    if project[0]:
        said = tomllib.loads(project[0].read_text(encoding="utf-8")).get("project", {})
        text += "\n" + "\n".join(said.get("dependencies", ()))
    return {name: found[1] for name in NAMES if (found := re.search(rf"^{name} *== *([\w.]+)", text, re.MULTILINE))}


@cache
def _installed(package: str) -> str:
    try:
        return importlib.metadata.version(package).partition("+")[0]
    except importlib.metadata.PackageNotFoundError:
        return "none"


def _listed(versions: dict[str, str]) -> str:
    told = [f"{name} {version}" for name, version in versions.items()]
    return " and ".join(filter(None, [", ".join(told[:-1]), told[-1]]))
