"""What keeps a submission from having a mark.

What nobody foresaw while one was graded costs that one, and its traceback lies where only the instructor reads.
"""

from __future__ import annotations

import hashlib
import os
import traceback
from collections import Counter
from dataclasses import dataclass
from urllib.parse import quote

from autograder.course.model import CourseError, Notebook, build_folder


@dataclass(frozen=True)
class Ungraded:
    """One notebook of a student that has no mark, and why, with what to do about it."""

    student: str
    notebook: Notebook
    cause: str
    graded: bool = False
    """There is a result, but it could not be recorded."""

    def __str__(self) -> str:
        return f"{self.kind}: {self.student}, {self.what}: {self.cause}"

    @property
    def kind(self) -> str:
        """What did not come about."""
        return "not recorded" if self.graded else "not graded"

    @property
    def what(self) -> str:
        """What has no mark: the assignment when it could not be recorded."""
        return self.notebook.assignment if self.graded else str(self.notebook)


class Failures:
    """What nobody foresaw. It costs one submission each, unless most of the first ones have the same: then it is not theirs."""

    FIRST = 20

    def __init__(self) -> None:
        self.finished = 0
        self._alike: Counter[str] = Counter()

    def keep(self, notebook: Notebook, student: str, error: Exception) -> Ungraded:
        """Raises `CourseError` for what is not the submission's."""
        told = _keep(notebook, student, error)
        alike = _signature(error)
        self._alike[alike] += 1
        if self.finished <= self.FIRST < 2 * self._alike[alike]:
            many = f"{self._alike[alike]} of the first {self.FIRST} submissions"
            raise CourseError(f"{many} fail alike, so that it is no fault of theirs: {told}") from error
        return Ungraded(student, notebook, told)


def _keep(notebook: Notebook, student: str, error: BaseException) -> str:
    """Keep the traceback, which may hold hidden inputs and the submission's own text; a sentence without either that says where."""
    about = f"{type(error).__name__} while it was graded"
    folder = build_folder(notebook.root) / "failures"
    path = folder / f"{quote(student, safe='', errors='replace')[:100]}-{notebook.assignment}-{notebook.name}-{_signature(error)[:8]}.txt"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", errors="replace") as file:
            file.writelines(traceback.format_exception(error))
    except OSError as unwritten:
        return f"the grader failed on it ({about}), and the traceback could not be kept in {folder} ({unwritten.strerror}): make room there"
    return f"the grader failed on it ({about}): this is a fault of the grader, and its traceback is in {path}"


def _signature(error: BaseException) -> str:
    """The same for the same exception raised at the same place, whatever it says."""
    frames = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__, limit=-30)]
    return hashlib.sha256(repr((type(error).__qualname__, frames)).encode(errors="replace")).hexdigest()
