"""What nobody foresaw while one submission was graded: it costs that one, and its traceback lies where only the instructor reads."""

from __future__ import annotations

import hashlib
import os
import traceback
from urllib.parse import quote

from autograder.course import Notebook


def keep(notebook: Notebook, student: str, error: BaseException) -> str:
    """Keep the traceback, which may hold hidden inputs and the submission's own text; a sentence without either that says where."""
    about = f"{type(error).__name__} while it was graded"
    folder = notebook.root / "build" / "failures"
    path = folder / f"{quote(student, safe='', errors='replace')[:100]}-{notebook.assignment}-{notebook.name}-{signature(error)[:8]}.txt"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", errors="replace") as file:
            file.writelines(traceback.format_exception(error))
    except OSError as unwritten:
        return f"the grader failed on it ({about}), and the traceback could not be kept in {folder} ({unwritten.strerror}): make room there"
    return f"the grader failed on it ({about}): this is a fault of the grader, and its traceback is in {path}"


def signature(error: BaseException) -> str:
    """The same for the same exception raised at the same place, whatever it says."""
    frames = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__, limit=-30)]
    return hashlib.sha256(repr((type(error).__qualname__, frames)).encode(errors="replace")).hexdigest()
