"""nbgrader's exchange, where what students put there is not taken at its word; nbgrader_config.py names the two classes.

The folder of a submission belongs to its student, who can change it until it is collected.
"""

from __future__ import annotations

import contextlib
import datetime
import glob
import itertools
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from nbgrader import utils
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import ExchangeCollect, ExchangeReleaseFeedback

from autograder.submission.rebuild import LEFT_OUT

TIMESTAMP = "timestamp.txt"
SECRET = "submission_secret.txt"


def notes(submitted: Path, limit: int = 1000) -> dict[str, bytes]:
    """What the exchange noted beside a submission, by file name: when it was handed in, and the secret for its feedback.

    limit: bytes of each. What is no regular file, such as a link, is no note.
    """
    found = {}
    for name in (TIMESTAMP, SECRET):
        try:
            found[name] = _read(submitted / name, limit)
        except OSError:
            continue
    return found


def moment(text: str) -> datetime.datetime | None:
    """The time in UTC that a timestamp names, such as 2025-01-02 03:04:05 Europe/Berlin; without a zone it is UTC, as in nbgrader.

    None for what is no such time, and for a zone that is not known: nbgrader takes it for UTC.
    """
    text = text.strip("\ufeff \t\r\n")
    written, _, zone = text.rpartition(" ")
    try:
        if re.fullmatch(r"[A-Za-z][\w/+-]*", zone, re.ASCII):
            local = datetime.datetime.fromisoformat(f"{written}+00:00").replace(tzinfo=datetime.UTC if zone == "UTC" else ZoneInfo(zone))
        else:
            local = datetime.datetime.fromisoformat(re.sub(" (?=[+-])", "", text))
        return local.replace(tzinfo=local.tzinfo or datetime.UTC).astimezone(datetime.UTC).replace(tzinfo=None)
    except (ValueError, OverflowError, KeyError, OSError):  # ZoneInfo raises the last two for a name that it has no file of
        return None


def handed_in_at(submitted: Path) -> tuple[datetime.datetime | None, str]:
    """When a submission was handed in, in UTC, if the exchange noted it; and a sentence where what it noted is no time."""
    text = notes(submitted).get(TIMESTAMP, b"").decode(errors="replace").strip()
    time = moment(text)
    if time or not text:
        return time, ""
    return None, (
        f"{submitted / TIMESTAMP} holds no time in a zone that is known here, such as 2025-01-02 03:04:05 UTC: "
        "the marks are recorded without it; correct it and grade again"
    )


def other_files(
    coursedir: CourseDirectory, left_out: Mapping[str, Sequence[str]], student: str, assignment: str
) -> Iterator[tuple[str, bytes]]:
    """What lies beside the notebooks in autograded/ and feedback/, by name: the assignment's own files and the exchange's notes.

    left_out: files of the source, by assignment, that are not copied. Of the student's other files, none is.
    """
    source = Path(coursedir.format_path(coursedir.source_directory, ".", assignment))
    for path in map(Path, utils.find_all_files(str(source), [*coursedir.ignore, "*.ipynb"])):
        name = str(path.relative_to(source))
        if name not in left_out.get(assignment, ()):
            yield name, path.read_bytes()
    yield from notes(Path(coursedir.format_path(coursedir.submitted_directory, student, assignment))).items()


class Collect(ExchangeCollect):
    """Collects files alone: nbgrader follows links with an instructor's rights, to model answers or to another's submission."""

    src_records: list[dict[str, Any]]

    def copy_files(self) -> None:
        """Copies every submission that can be. Raises ExchangeError in the end, when one could not."""
        self._failed: list[str] = []
        super().copy_files()
        if self._failed:
            self.fail(f"not collected: {', '.join(self._failed)}; all others are collected")

    def do_copy(self, src: str, dest: str, log: object = None) -> None:
        """Copies the files of a submission. In the place of whatever else is there lies `LEFT_OUT`, and a warning says the names."""
        try:
            with tempfile.TemporaryDirectory() as scratch:
                plain = Path(scratch) / "submission"
                plain.mkdir()
                left_out = _Copy(1000 * min(self.coursedir.max_dir_size, self.coursedir.max_file_size)).folder(src, plain)
                if left_out:
                    more = f" and {len(left_out) - 10} more" if len(left_out) > 10 else ""
                    self.log.warning(
                        "%s: not collected as files, because they are links or devices, too large, too deep or too many: %s%s",
                        ascii(src),
                        ", ".join(map(ascii, left_out[:10])),
                        more,
                    )
                super().do_copy(str(plain), dest, log)
        except (OSError, RuntimeError, ValueError) as error:
            shutil.rmtree(dest, ignore_errors=True)  # half of a submission would be taken for all of it
            self.log.error("%s cannot be collected: %s", ascii(src), error)
            self._failed.append(ascii(src))

    def init_src(self) -> None:
        """Finds the last submission of each student; what only has the name of one is passed over, and a warning says it."""
        super().init_src()
        strange = [record for record in self.src_records if not _is_submission(Path(self.inbound_path) / record["filename"], record)]
        for record in strange:
            self.log.warning("%s is no submission, and is not collected", ascii(os.path.join(self.inbound_path, record["filename"])))
        self.src_records = [record for record in self.src_records if record not in strange]

    def _path_to_record(self, path: str) -> dict[str, Any]:
        """nbgrader stops at a name that holds no time; here what such a name stands for comes before everything else of its student."""
        name = os.path.basename(path)
        record = {"username": name.rsplit("+", 3)[0], "filename": name, "timestamp": datetime.datetime.min}
        with contextlib.suppress(ArithmeticError, AttributeError, TypeError, ValueError):
            if stat.S_ISDIR(os.lstat(path).st_mode):
                record["timestamp"] = utils.parse_utc(name.rsplit("+", 3)[2])
        return record


def _is_submission(path: Path, record: Mapping[str, Any]) -> bool:
    return record["timestamp"] > datetime.datetime.min and record["username"] not in ("", ".", "..") and record["username"].isprintable()


class ReleaseFeedback(ExchangeReleaseFeedback):
    """Releases the pages of everyone who handed in through the exchange: nbgrader stops at the first who did not."""

    src_path: str

    def copy_files(self) -> None:
        """Copies the pages; of who gets none, a warning says the folder."""
        for folder in sorted({Path(page).parent for page in glob.glob(os.path.join(self.src_path, "*.html"))}):
            if notes(folder).keys() == {TIMESTAMP, SECRET}:
                self.src_path = str(folder)
                try:
                    super().copy_files()
                except UnicodeDecodeError:
                    self.log.warning("%s: what it has of the exchange is no text: send these pages in another way", folder)
            else:
                self.log.warning("%s is of a submission that did not come through the exchange: send these pages in another way", folder)


class _Copy:
    """Copies a folder in which somebody may exchange files for links meanwhile: everything is opened without following one."""

    MOST_FILES = 10_000
    MOST_FOLDERS = 20  # in one another
    LONGEST_PATH = 1_000  # bytes; where it goes, it may grow by the names of the folders there

    def __init__(self, room: int) -> None:
        """room: bytes in all."""
        self.room = room
        self.left_out: list[str] = []
        self._files = 0

    def folder(self, source: str | Path, target: Path) -> list[str]:
        """Copy what is in a folder; the paths of what could not be, below it. `target` is there."""
        try:
            handle = os.open(source, _OPEN | os.O_DIRECTORY)
        except OSError:
            self._leave_out("", "", target)
            return self.left_out
        try:
            self._copy(handle, target, "", 0)
        finally:
            os.close(handle)
        return self.left_out

    def _copy(self, handle: int, target: Path, below: str, depth: int) -> None:
        most = self.MOST_FILES + 1 - self._files
        with os.scandir(handle) as listing:
            entries = list(itertools.islice((entry for entry in listing if depth or _counts(entry.name)), most))
        if not depth:
            with os.scandir(handle) as listing:
                entries += itertools.islice((entry for entry in listing if not _counts(entry.name)), most)
        for entry in entries:
            self._files += 1
            if self._files > self.MOST_FILES:
                self._leave_out(below, "and more", target)
                return
            try:
                self._copy_one(entry, handle, target, f"{below}{entry.name}", depth)
            except OSError:
                self._leave_out(below, entry.name, target)

    def _copy_one(self, entry: os.DirEntry[str], handle: int, target: Path, path: str, depth: int) -> None:
        if entry.is_dir(follow_symlinks=False):
            if depth == self.MOST_FOLDERS or len(os.fsencode(path)) > self.LONGEST_PATH:
                raise OSError("too deep")
            inner = os.open(entry.name, _OPEN | os.O_DIRECTORY, dir_fd=handle)
            try:
                (target / entry.name).mkdir()
                self._copy(inner, target / entry.name, f"{path}/", depth + 1)
            finally:
                os.close(inner)
            return
        content = _read(entry.name, self.room + 1, handle, whole=True)
        self.room -= len(content)
        (target / entry.name).write_bytes(content)

    def _leave_out(self, below: str, name: str, target: Path) -> None:
        self.left_out.append(f"{below}{name}" or ".")
        cut = os.fsdecode(os.fsencode(name)[:200])
        (target / (cut if cut.endswith(".ipynb") else f"{cut} (not collected).ipynb")).write_bytes(LEFT_OUT)


def _counts(name: str) -> bool:
    """Whether a file at the top of a submission is one that grading looks at: these come first where there are too many."""
    return name.endswith(".ipynb") or name in (TIMESTAMP, SECRET)


_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def _read(path: str | Path, limit: int, folder: int | None = None, whole: bool = False) -> bytes:
    """The first bytes of a regular file, relative to an open folder if one is given.

    Raises OSError when it is something else, or is as long as the limit although it is to be read whole.
    """
    handle = os.open(path, _OPEN, dir_fd=folder)
    try:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            raise OSError(f"{path} is no regular file")
        with open(handle, "rb", closefd=False) as file:
            content = b"" if whole and about.st_size >= limit else file.read(limit)
        if whole and max(about.st_size, len(content)) >= limit:
            raise OSError(f"{path} is too large")
        return content
    finally:
        os.close(handle)
