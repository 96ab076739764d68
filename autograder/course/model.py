"""Where everything of the course lies: one `Notebook` is the key to its places in every tree."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from platformdirs import user_cache_path

_PACKAGE = Path(__file__).resolve().parents[1]
INSTALLED = _PACKAGE / "groundwork"
"""The course that a wheel brings, in the same layout as a clone's; it is there to be read."""

ROOT = INSTALLED if INSTALLED.is_dir() else _PACKAGE.parent


def build_folder(root: Path) -> Path:
    """Where what is made of a course lies, to be deleted at will: `build/` in it, or the user's cache for the one that a wheel brought."""
    return user_cache_path("groundwork") if root == INSTALLED else root / "build"


class CourseError(Exception):
    """Something about the course itself is wrong; the message says what, where and what to do."""


def require_own(root: Path) -> None:
    """Raises `CourseError` for a course that is not there to be changed."""
    if root == INSTALLED:
        raise CourseError(f"{root} came with the installed package and is only read: make changes in a clone of the project")


def seed_file(root: Path) -> Path:
    """Holds the seed of a course. It is never released and never enters a sandbox: who knows it can compute every hidden input."""
    return root / "autograder" / "hidden" / "seed.txt"


def seed(root: Path = ROOT) -> str:
    """The seed of a course, from which its hidden inputs are drawn; "" where it has none."""
    path = seed_file(root)
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


@dataclass(frozen=True)
class Settings:
    """What a course decides for itself: `course.toml` at its top; what it does not name is as here.

    follow_through: the share that counts of the points that an exercise earns with the model answers in the place of wrong ones
    that it stands on; 0 turns such marks off.
    python: the Python that the release names as the one that grades, such as "3.11"; "" where it names none.
    """

    follow_through: float = 1.0
    python: str = ""


def settings(root: Path = ROOT) -> Settings:
    """The settings of a course; `CourseError` for a file that does not say them as it should."""
    path = root / "course.toml"
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except ValueError as error:
        raise CourseError(f"{path} is not TOML: {error}") from None
    share = said.pop("follow_through", 1.0)
    if type(share) not in (int, float) or not 0 <= share <= 1:
        raise CourseError(f"{path}: follow_through is a number from 0 to 1, not {share!r}")
    python = said.pop("python", "")
    if not isinstance(python, str) or not re.fullmatch(r"(3\.\d+)?", python):
        raise CourseError(f'{path}: python is a version such as "3.11", in quotes, not {python!r}')
    if said:
        raise CourseError(f"{path}: there is no setting {min(said)}; there is follow_through, and python")
    return Settings(float(share), python)


@dataclass(frozen=True)
class Exercise:
    """One graded exercise, as its check cell in the source notebook states it.

    imports: installed top-level modules that this answer may import, where these are fewer than the notebook's. shares: a word for
    what it and others make and read in ways of their own, such as a cache. follow_through: whether it may get follow-through marks.
    """

    id: str
    title: str
    points: float
    difficulty: int
    minutes: int
    needs: tuple[str, ...]
    imports: frozenset[str] | None = None
    shares: str = ""
    follow_through: bool = True

    @property
    def answer(self) -> str:
        """grade_id of the cell that holds the answer."""
        return f"{self.id}_answer"


@dataclass(frozen=True)
class Notebook:
    """One notebook of one assignment, and where it lies in each tree."""

    assignment: str
    name: str
    root: Path = ROOT

    def __str__(self) -> str:
        return f"{self.assignment}/{self.name}"

    @property
    def source(self) -> Path:
        """The text people edit: percent format, with model answers."""
        return self.root / "source" / self.assignment / f"{self.name}.py"

    @property
    def built(self) -> Path:
        """The same as a notebook, which nbgrader takes as its source."""
        return build_folder(self.root) / "source" / self.assignment / f"{self.name}.ipynb"

    @property
    def release(self) -> Path:
        """What students get; also the skeleton that submissions are rebuilt on."""
        return self.root / "release" / self.assignment / f"{self.name}.ipynb"

    @property
    def solution(self) -> Path:
        """The model answers, executed."""
        return self.root / "solutions" / self.assignment / f"{self.name}.ipynb"

    @property
    def reference(self) -> Path:
        """The independent implementation that answers are compared with."""
        return self.root / "solutions" / "reference" / self.assignment / f"{self.name}.py"

    @property
    def suite(self) -> Path:
        """The judgements: pytest functions that never leave the trusted process."""
        return self.root / "autograder" / "hidden" / self.assignment / f"test_{self.name}.py"

    @property
    def probes(self) -> Path:
        """The questions: the only test code that a submission's process ever sees."""
        return self.root / "autograder" / "hidden" / self.assignment / f"{self.name}_probes.py"

    @property
    def budget(self) -> Path:
        """What time the model answers take; see `budget.py`."""
        return self.probes.with_name(f"{self.name}_budget.json")

    @cached_property
    def skeleton(self) -> NotebookNode:
        """The release notebook; treat it as read-only."""
        if not self.release.is_file():
            raise CourseError(f"{self.release} is missing: run `autograder build {self.assignment}`")
        return nbformat.read(self.release, as_version=4)

    @cached_property
    def exercises(self) -> tuple[Exercise, ...]:
        """The exercises in the order of the notebook."""
        found = []
        for cell in self.skeleton.cells:
            mark = cell.metadata.get("nbgrader", {})
            if not mark.get("grade"):
                continue
            about = cell.metadata.get("exercise", {})
            found.append(
                Exercise(
                    id=mark["grade_id"],
                    title=about["title"],
                    points=float(mark["points"]),
                    difficulty=int(about["difficulty"]),
                    minutes=int(about["minutes"]),
                    needs=tuple(about["needs"]),
                    imports=frozenset(about["imports"]) if "imports" in about else None,
                    shares=about.get("shares", ""),
                    follow_through=about.get("follow_through", True),
                )
            )
        return tuple(found)

    @property
    def points(self) -> float:
        """Points of all exercises."""
        return sum(exercise.points for exercise in self.exercises)

    @property
    def title(self) -> str:
        """The title a reader sees."""
        return self.skeleton.metadata["groundwork"]["title"]

    @property
    def imports(self) -> frozenset[str]:
        """Top-level modules that graded code may import, besides those of the standard library."""
        return frozenset(self.skeleton.metadata["groundwork"]["imports"])

    @property
    def refused(self) -> frozenset[str]:
        """Top-level modules of the standard library that graded code may not use, because an exercise is about what they do."""
        return frozenset(self.skeleton.metadata["groundwork"].get("refused", ()))

    @property
    def banned(self) -> tuple[str, ...]:
        """Dotted names of what graded code may not use of the modules that it may import; * stands for other letters."""
        return tuple(self.skeleton.metadata["groundwork"].get("banned", ()))

    @property
    def packages(self) -> tuple[str, ...]:
        """Installed packages that the sandbox shows to a submission."""
        return tuple(self.skeleton.metadata["groundwork"]["packages"])


@dataclass(frozen=True)
class Course:
    """Every notebook that has a source; a folder of source/ whose name begins with _ is no assignment."""

    root: Path = ROOT

    def __iter__(self) -> Iterator[Notebook]:
        for path in sorted((self.root / "source").glob("[!_]*/*.py")):
            yield Notebook(path.parent.name, path.stem, self.root)

    def assignment(self, name: str) -> list[Notebook]:
        """The notebooks of one assignment; `CourseError` when there is no such assignment."""
        found = [notebook for notebook in self if notebook.assignment == name]
        if not found:
            known = ", ".join(sorted({notebook.assignment for notebook in self})) or "none"
            raise CourseError(f"there is no assignment {name!r} in {self.root / 'source'}; there is: {known}")
        return found
