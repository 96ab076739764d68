"""Results kept from one run to the next: build/results/<key>.json.

The key is a hash of everything that decides a result, so a kept result is the one that grading again would give. Nothing in
it is personal: no name, no text that the submission chose. A file that was edited, or copied to another name, is not believed:
its seal is a hash of key and content. (Who can write here and means to forge can write to the gradebook as well.)
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import platform
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autograder.course import shared
from autograder.course.model import INSTALLED, Notebook, build_folder, seed
from autograder.grading.result import ExerciseResult, Outcome, Result
from autograder.sandbox import Limits
from autograder.submission.place import Place
from autograder.submission.program import Program

CODE = Path(__file__).resolve().parents[1]
_COURSE = (CODE / "hidden", INSTALLED)


class Store:
    """Results of one notebook under one set of conditions.

    A cache, which may fail: then everything is graded all the same, and `trouble` is a sentence about the first failure.
    """

    def __init__(self, notebook: Notebook, limits: Limits, isolation: str, device: str) -> None:
        self.folder = build_folder(notebook.root) / "results"
        self.trouble = ""
        self._swept = False
        self._isolation = isolation
        self._conditions = _digest(_conditions(notebook, limits, isolation, device))

    def key(self, program: Program) -> str:
        """The hash of a submission and of everything else that decides its result."""
        cells = [[cell.id, cell.kind, cell.source, cell.exercise] for cell in program.cells]
        said = json.dumps([cells, {name: list(tools) for name, tools in program.forbidden.items()}, list(program.problems)], sort_keys=True)
        return _digest([("conditions", self._conditions.encode()), ("program", said.encode())])

    def find(self, program: Program) -> Result | None:
        """The kept result of a submission; None when there is none that can be read and believed."""
        try:
            kept = json.loads(self._path(program).read_text(encoding="utf-8"))
            sealed = kept["seal"] == _seal(self.key(program), kept["result"])
            result = read(kept["result"])
        except (FileNotFoundError, NotADirectoryError, ValueError, TypeError, KeyError, RecursionError):
            return None
        except OSError as error:
            self._note(error)
            return None
        return result if sealed and result.isolation == self._isolation else None

    def keep(self, program: Program, result: Result) -> None:
        """Keep a result, whole or not at all; one that was found without isolation is left out."""
        if result.isolation != self._isolation or result.isolation == "none":
            return
        path, data = self._path(program), write(result)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._sweep()
            with tempfile.NamedTemporaryFile("w", dir=self.folder, suffix=".part", delete=False, encoding="utf-8") as file:
                try:
                    json.dump({"seal": _seal(self.key(program), data), "result": data}, file, indent=1)
                    file.close()
                    Path(file.name).replace(path)
                except BaseException:
                    Path(file.name).unlink(missing_ok=True)
                    raise
        except OSError as error:
            self._note(error)

    def _sweep(self) -> None:
        """Once for a run, delete what graders that were killed left half written; what is young may be somebody's at work."""
        if not self._swept:
            self._swept = True
            for path in self.folder.glob("*.part"):
                with contextlib.suppress(FileNotFoundError):
                    if path.stat().st_mtime < time.time() - 3600:
                        path.unlink()

    def _note(self, error: OSError) -> None:
        """Everything is graded without the store too: that it fails is said once."""
        self.trouble = self.trouble or (
            f"results cannot be kept in {self.folder} ({error.strerror}), so grading again will take as long as this time: "
            "see that it is a folder with space left, and that you may read and write it and what is in it"
        )

    def _path(self, program: Program) -> Path:
        return self.folder / f"{self.key(program)}.json"


def write(result: Result) -> dict[str, Any]:
    """A result as plain data, without what is private."""
    data = asdict(result)
    for exercise in data["exercises"]:
        for outcome in exercise["outcomes"]:
            del outcome["private"]
    return data


def read(data: Mapping[str, Any]) -> Result:
    """The result that `write` made the data of; `TypeError`, `KeyError` or `ValueError` when it is none."""
    exercises = tuple(
        ExerciseResult(
            **{
                **exercise,
                "outcomes": tuple(map(_read_outcome, exercise["outcomes"])),
                "replaced": tuple(exercise["replaced"]),
                "reaches": tuple(exercise["reaches"]),
            }
        )
        for exercise in data["exercises"]
    )
    return Result(**{**data, "exercises": exercises, "problems": tuple(data["problems"])})


def _read_outcome(data: Mapping[str, Any]) -> Outcome:
    place = Place(**data["place"]) if data["place"] else None
    return Outcome(**{**data, "place": place, "depends_on": tuple(data["depends_on"])})


def _conditions(notebook: Notebook, limits: Limits, isolation: str, device: str) -> Iterator[tuple[str, bytes]]:
    """Everything but the submission that decides a result, each by name."""
    installed = [f"{name} {_version(name)}" for name in ("numpy", "torch", *notebook.packages)]
    about = [str(notebook), isolation, device, asdict(limits), platform.python_version(), platform.machine(), installed]
    yield "about", json.dumps(about).encode()
    yield "release", notebook.release.read_bytes()
    yield "seed", seed(notebook.root).encode()
    yield "budget", _content(notebook.budget)
    yield "settings", _content(notebook.root / "course.toml")
    yield "model answers", shared.text(notebook).encode()
    yield "lock file", _content(notebook.root / "requirements.txt")
    for folder in (notebook.suite.parent, notebook.reference.parent, CODE):
        for path in sorted(folder.rglob("*.py")):
            if folder != CODE or not any(map(path.is_relative_to, _COURSE)):
                yield path.relative_to(folder).as_posix(), path.read_bytes()


def _seal(key: str, result: object) -> str:
    return _digest([("key", key.encode()), ("result", json.dumps(result, sort_keys=True).encode())])


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "none"


def _digest(parts: Iterable[tuple[str, bytes]]) -> str:
    found = hashlib.sha256()
    for name, content in parts:
        found.update(f"{name}\0{len(content)}\0".encode(errors="surrogatepass"))
        found.update(content)
    return found.hexdigest()
