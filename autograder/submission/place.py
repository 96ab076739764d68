"""Where something is in a student's own notebook."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A line of the student's own notebook: a cell of ours by grade_id, or an own cell by its id; lines count from 1."""

    cell: str
    line: int
