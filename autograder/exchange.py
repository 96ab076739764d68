"""nbgrader's exchange, where what students put there is not taken at its word; nbgrader_config.py names the two classes.

The folder of a submission belongs to its student, who can change it until it is collected.
"""

from __future__ import annotations

import datetime
import glob
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from nbgrader.exchange.default import ExchangeCollect, ExchangeReleaseFeedback

from autograder.plain import shown

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


class Collect(ExchangeCollect):
    """Collects files alone: nbgrader follows links with an instructor's rights, to model answers or to another's submission."""

    def do_copy(self, src: str, dest: str, log: object = None) -> None:
        """Copies a submission. A link stays a link, which grading then refuses; of what else is no file, a warning says the name."""
        links: dict[Path, str] = {}
        with tempfile.TemporaryDirectory() as scratch:
            plain = Path(scratch) / "submission"
            for name in _copy_files(src, plain, 1000 * self.coursedir.max_dir_size):
                self.log.warning("%s in %s is not collected as a file: it is a link or a device, or too large", shown(str(name)), src)
                if os.path.islink(Path(src) / name):
                    links[Path(dest) / name] = os.readlink(Path(src) / name)
            super().do_copy(str(plain), dest, log)
        for path, target in links.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(target)


class ReleaseFeedback(ExchangeReleaseFeedback):
    """Releases the pages of everyone who handed in through the exchange: nbgrader stops at the first who did not."""

    src_path: str

    def copy_files(self) -> None:
        """Copies the pages; of who gets none, a warning says the folder."""
        for folder in sorted({Path(page).parent for page in glob.glob(os.path.join(self.src_path, "*.html"))}):
            if notes(folder).keys() == {TIMESTAMP, SECRET}:
                self.src_path = str(folder)
                super().copy_files()
            else:
                self.log.warning("%s is of a submission that did not come through the exchange: send these pages in another way", folder)


def _copy_files(source: str, target: Path, room: int) -> Iterator[str]:
    """Copy the files below a folder, as far as there is room for their bytes; yields the name of whatever else is there.

    Its owner may exchange files for links meanwhile: everything is opened without following one.
    """
    target.mkdir()
    for folder, folders, names, handle in os.fwalk(source, follow_symlinks=False):
        place = target / os.path.relpath(folder, source)
        place.mkdir(exist_ok=True)
        for name in [*names, *(name for name in folders if stat.S_ISLNK(os.lstat(name, dir_fd=handle).st_mode))]:
            try:
                content = _read(name, room + 1, handle)
            except OSError:
                content = None
            if content is None or len(content) > room:
                yield os.path.relpath(os.path.join(folder, name), source)
                continue
            room -= len(content)
            (place / name).write_bytes(content)


def _read(path: str | Path, limit: int, folder: int | None = None) -> bytes:
    """The first bytes of a regular file, relative to an open folder if one is given. Raises OSError when it is something else."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(f"{path} is no regular file")
        with open(handle, "rb", closefd=False) as file:
            return file.read(limit)
    finally:
        os.close(handle)
