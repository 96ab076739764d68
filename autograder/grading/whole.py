"""An assignment of several notebooks, as one student has it: always out of all its points, whatever was handed in of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from autograder.course.model import Notebook
from autograder.grading.result import Result


@dataclass(frozen=True)
class Part:
    """One notebook of it, graded or not. score: None while it waits for a person, 0 when it was not handed in; alone: as it stands."""

    notebook: Notebook
    score: float | None
    missing: bool = False
    alone: float = 0.0

    @property
    def state(self) -> str:
        """What it has instead of a graded mark; "" for what is graded."""
        return "waits for a person" if self.score is None else "not handed in" if self.missing else ""


def parts(notebooks: Iterable[Notebook], results: Mapping[Notebook, Result], missing: Collection[Notebook]) -> list[Part]:
    """The notebooks of an assignment with what came of each; what is neither graded nor missing waits for a person."""
    graded = {notebook: Part(notebook, result.score, alone=result.alone) for notebook, result in results.items()}
    return [graded.get(notebook) or Part(notebook, 0 if notebook in missing else None, notebook in missing) for notebook in notebooks]


def score(whole: Iterable[Part]) -> float:
    """Points earned so far."""
    return round(sum(part.score or 0 for part in whole), 2)


def max_score(notebooks: Iterable[Notebook]) -> float:
    """Points there are."""
    return round(sum(notebook.points for notebook in notebooks), 2)


def sentence(whole: Sequence[Part]) -> str:
    """How the points of an assignment come together; "" where it is one notebook."""
    if len(whole) < 2:
        return ""
    told = "; ".join(f"`{part.notebook.name}` {_of(part)}" for part in whole)
    together = f"{score(whole):g} of {max_score(part.notebook for part in whole):g} points"
    return f"The whole assignment `{whole[0].notebook.assignment}`: {together} ({told})."


def _of(part: Part) -> str:
    points = "" if part.score is None else f"{part.score:g} "
    return f"{f'{part.state}, ' if part.state else ''}{points}of {part.notebook.points:g}"
