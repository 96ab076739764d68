"""Probes asked in this process: of the model answers and of the reference, which are ours. Never of a submission."""

from __future__ import annotations
import __future__

import importlib
import importlib.util
import linecache
import random
import sys
import threading
import time
import types
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from typing import Any, ClassVar

from nbformat import NotebookNode

from autograder.course import shared
from autograder.course.model import CourseError, Notebook
from autograder.sandbox import Reply, codec

_ONE_AT_A_TIME = threading.RLock()
_FUTURES = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)


class LocalSession:
    """Answers as a `sandbox.Session` does, through the same encoding, from a module in this process."""

    def __init__(self, module: types.ModuleType, probes: types.ModuleType) -> None:
        self.module = module
        self.probes = probes

    def begin(self, exercise: str) -> None:
        """Nothing to do: the module is trusted to keep no state between probes."""

    def ask(self, probe: str, arguments: bytes) -> Reply:
        """Run a probe on the module; time is measured and not limited."""
        with _ONE_AT_A_TIME, _undisturbed():
            started = time.thread_time()
            try:
                said: list[object] = ["answer", getattr(self.probes, probe)(self.module, *codec.decode(arguments, tensors=True))]
            except Exception as error:
                said = ["raised", error]
            spent = time.thread_time() - started
            try:
                kind, value = codec.decode(codec.encode(said))
            except codec.Unencodable as error:
                return Reply("unanswerable", str(error), spent)
        return Reply(kind, value, spent)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """The same random numbers for every probe, no warnings, and no trace of a probe afterwards."""
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    state = random.getstate(), numpy and numpy.random.get_state(), torch and torch.get_rng_state()
    dtype = torch and torch.get_default_dtype()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        random.seed(0)
        if numpy:
            numpy.random.seed(0)
        if torch:
            torch.manual_seed(0)
        try:
            yield
        finally:
            random.setstate(state[0])
            if numpy and state[1]:
                numpy.random.set_state(state[1])
            if torch and state[2] is not None:
                torch.set_rng_state(state[2])
                torch.set_default_dtype(dtype)


class _AsWritten(SourceFileLoader):
    """Compiles a file as it is now: kept bytecode is not told from an edit that was made within a second and keeps the size."""

    def get_code(self, fullname: str) -> types.CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


class _Neighbours(MetaPathFinder):
    """Finds modules of the packages that `import_from` made; it comes before pytest, which would rewrite assertions of a suite."""

    folders: ClassVar[dict[str, Path]] = {}

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        package, _, stem = fullname.rpartition(".")
        file = self.folders[package] / f"{stem}.py" if package in self.folders else None
        if file is None or not file.is_file():
            return None
        return importlib.util.spec_from_file_location(fullname, file, loader=_AsWritten(fullname, str(file)))


_NEIGHBOURS = _Neighbours()


def import_from(path: Path, name: str, **given: object) -> types.ModuleType:
    """The module at a path, under a dotted name of our choice; its package is its folder. given: globals that it starts with."""
    package = name.rpartition(".")[0]
    with _ONE_AT_A_TIME:
        if name in sys.modules:
            return sys.modules[name]
        if package not in sys.modules:
            holder = types.ModuleType(package)
            holder.__path__ = []
            sys.modules[package] = holder
            _NEIGHBOURS.folders[package] = path.parent
        if sys.meta_path[0] is not _NEIGHBOURS:
            sys.meta_path[:] = [_NEIGHBOURS, *(finder for finder in sys.meta_path if finder is not _NEIGHBOURS)]
        spec = _NEIGHBOURS.find_spec(name, None)
        if spec is None or spec.loader is None:
            raise CourseError(f"{path} cannot be imported")
        module = importlib.util.module_from_spec(spec)
        vars(module).update(given)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
        return module


def model_answers(notebook: Notebook) -> types.ModuleType:
    """The source notebook's setup and answer cells as a module, model answers and all."""
    module = types.ModuleType(f"model_{notebook.assignment}_{notebook.name}")
    sys.modules[module.__name__] = module
    flags = 0
    for index, cell in enumerate(_cells(notebook)):
        if not (_mark(cell).get("solution") or "setup" in cell.metadata.get("tags", ())):
            continue
        name = codec.CELL_FILE.format(index)
        linecache.cache[name] = (len(cell.source), None, cell.source.splitlines(keepends=True), name)
        code = compile(cell.source, name, "exec", flags, dont_inherit=True)
        flags |= code.co_flags & _FUTURES
        exec(code, vars(module))
    return module


def source_exercises(notebook: Notebook) -> list[str]:
    """Ids of the exercises in the source notebook, which may not have been built yet."""
    return [_mark(cell)["grade_id"] for cell in _cells(notebook) if _mark(cell).get("grade")]


def _cells(notebook: Notebook) -> list[NotebookNode]:
    import jupytext

    if not notebook.source.is_file():
        raise CourseError(f"{notebook.source} is missing: {notebook} has no source")
    return [cell for cell in jupytext.reads(shared.text(notebook), fmt="py:percent").cells if cell.cell_type == "code"]


def _mark(cell: NotebookNode) -> dict[str, Any]:
    return dict(cell.metadata.get("nbgrader", {}))
