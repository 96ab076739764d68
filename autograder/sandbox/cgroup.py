"""A control group of the kernel's for each sandbox, which bounds memory and processes of all that is in it together.

It stands beside the limits of each process, wherever cgroup v2 lets this user make one: root, or an ordinary user below a group that
was handed over to them, as systemd does for a user's own services. Elsewhere the limits of each process hold alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Self

ROOT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")
_numbers = count(1)


def parent() -> Path | None:
    """The nearest group, upwards from this process's own, below which it may make groups that bound memory and processes."""
    return next(_usable(), None)


def _usable() -> Iterator[Path]:
    try:
        own = next(line[3:] for line in OWN.read_text().splitlines() if line.startswith("0::/"))
    except (OSError, StopIteration):
        return
    place = ROOT / own.strip("/")
    for group in (place, *place.parents):
        if not group.is_relative_to(ROOT):
            return
        with suppress(OSError):
            handed_on = (group / "cgroup.subtree_control").read_text().split()
            # A process is moved by right of the group that holds both where it is and where it goes.
            if {"memory", "pids"} <= {*handed_on} and os.access(group, os.W_OK) and os.access(group / "cgroup.procs", os.W_OK):
                yield group


class Group:
    """One group below another."""

    def __init__(self, above: Path) -> None:
        self.path = above / f"autograder-{os.getpid()}-{next(_numbers)}"

    @classmethod
    def of(cls, process: int, memory: int, processes: int) -> Self | None:
        """A group that a process is in from now on, with all that it will start; None where there is none to be had.

        memory: bytes. processes: threads count as well.
        """
        above = parent()
        if above is None:
            return None
        group = cls(above)
        try:
            group.path.mkdir()
            (group.path / "memory.max").write_text(str(memory))
            (group.path / "pids.max").write_text(str(processes))
            with suppress(OSError):  # where the kernel counts no swap
                (group.path / "memory.swap.max").write_text("0")
            (group.path / "cgroup.procs").write_text(str(process))
        except OSError:
            group.remove()
            return None
        return group

    def remove(self) -> None:
        """Once nothing is in it any more."""
        with suppress(OSError):
            self.path.rmdir()
