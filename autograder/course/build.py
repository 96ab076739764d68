"""From the one text that people edit to everything generated: source → build/source → release, and solutions.

    source/<assignment>/<notebook>.py             jupytext py:percent, with the model answers
      │  read        shared pieces put in, checked, completed, ids and heading lines written
      ▼
    build/source/<assignment>/<notebook>.ipynb    what nbgrader takes as its source; git ignores it
      │  release     nbgrader's own converter, then the leak audit, then moved into place
      ▼
    release/<assignment>/<notebook>.ipynb         what students get
    solutions/<assignment>/<notebook>.ipynb       the same source, executed

A build is reproducible to the byte, outputs aside. Nothing slow is imported before it is needed: stock nbgrader
commands call `ensure_built` each time they start.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.course import shared, versions
from autograder.course.model import INSTALLED, Course, CourseError, Notebook, build_folder, require_own

if TYPE_CHECKING:
    from nbformat import NotebookNode

KEPT = ("exercise", "jupyter", "nbgrader", "tags")
"""Cell metadata that is the author's; whatever else an editor adds is dropped."""

HEADING = re.compile(r"^#{1,6} Exercise \d+ · [^\n]* · [\d.]+ points? · [●○]{3} · \d+ min[ \t]*(?:\n\s*|\Z)", re.MULTILINE)
"""What the build wrote once and an editor brings back; it is taken out before it is written anew."""

ANSI = re.compile(r"\x1b\[[0-9;]*m")
KERNEL_FILE = re.compile(r"\S*ipykernel_\d+/\d+\.py")
GRADE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
LAYOUT = 2
"""Raise it when a change of this module changes what it writes: then every clone builds anew."""


@dataclass(frozen=True)
class Built:
    """What a build came to: files it changed, and solutions whose outputs are older than their source."""

    written: tuple[Path, ...] = ()
    unexecuted: tuple[Path, ...] = ()


def build(course: Course, assignments: Sequence[str] = (), execute: bool = False, say: Callable[[str], None] = print) -> Built:
    """Bring build/source, release and solutions of the assignments (all without any) up to date with their sources.

    execute: run the model answers of solutions whose code or data changed; otherwise such a solution is only named.
    say: gets a sentence for everything that was written or is left to do.
    Raises `CourseError` for a faulty source, an edited notebook in build/source, or a leak; then release/ is as it was.
    """
    require_own(course.root)
    written: list[Path] = []
    unexecuted: list[Path] = []

    def wrote(paths: Iterable[Path]) -> None:
        for path in paths:
            written.append(path)
            say(f"{'wrote' if path.exists() else 'removed'} {path.relative_to(course.root)}")

    for group in _groups(course, assignments):
        sources = {notebook: read(notebook) for notebook in group}
        wrote(_write_built(sources))
        _forget_removed(course, group[0].assignment)
        with tempfile.TemporaryDirectory(prefix="release-", dir=course.root / "build") as scratch:  # nbgrader wants one root for both
            fresh = _release(sources, course.root, "build/source", os.path.relpath(scratch, course.root))
            wrote(_mirror(fresh, group[0].release.parent))
        for notebook, source in sources.items():
            solution = _solution(notebook, source)
            if solution is None and execute:
                say(f"executing the model answers of {notebook}")
                solution = _executed(notebook, source)
            if solution is not None:
                wrote([notebook.solution] if _write(notebook.solution, _text(solution)) else [])
            else:
                unexecuted.append(notebook.solution)
                say(f"{notebook.solution.relative_to(course.root)} is out of date: run `autograder build --execute {notebook.assignment}`")
    return Built(tuple(written), tuple(unexecuted))


def check(course: Course, assignments: Sequence[str] = ()) -> list[str]:
    """What is out of date, one sentence each; changes nothing and executes nothing.

    Raises `CourseError` for a faulty source or a leak, as `build` would.
    """
    found: list[str] = []
    for group in _groups(course, assignments):
        sources = {notebook: read(notebook) for notebook in group}
        found += [_refusal(notebook) for notebook, source in sources.items() if _edited(notebook, source)]
        with tempfile.TemporaryDirectory() as scratch:
            root = Path(scratch)
            for notebook, source in sources.items():
                _write(root / "source" / notebook.assignment / f"{notebook.name}.ipynb", _text(source))
            _copy_data(group[0], root / "source" / group[0].assignment)
            fresh = _release(sources, root, "source", "fresh")
            release = group[0].release.parent
            for name in sorted(_files(fresh).keys() | _files(release).keys()):
                old, new = release / name, fresh / name
                place = old.relative_to(course.root)
                if not old.is_file():
                    found.append(f"{place} is missing: run `autograder build {group[0].assignment}`")
                elif not new.is_file():
                    found.append(f"{place} belongs to no source: run `autograder build {group[0].assignment}`, which removes it")
                elif old.read_bytes() != new.read_bytes():
                    found.append(f"{place} is not what its source gives: run `autograder build {group[0].assignment}`")
        for notebook, source in sources.items():
            place = notebook.solution.relative_to(course.root)
            solution = _solution(notebook, source)
            if solution is None:
                state = "was executed from other code or data" if notebook.solution.is_file() else "is missing"
                found.append(f"{place} {state}: run `autograder build --execute {notebook.assignment}`")
            elif notebook.solution.read_text(encoding="utf-8") != _text(solution):
                found.append(f"{place} differs from its source in text: run `autograder build {notebook.assignment}`")
    return found if assignments else found + _orphans(course)


def _orphans(course: Course) -> list[str]:
    """Committed notebooks of assignments that have no source any more, and solutions of such notebooks."""
    known = {(notebook.assignment, notebook.name) for notebook in course}
    assignments = {assignment for assignment, _ in known}
    released = sorted(path for path in (course.root / "release").glob("*/*.ipynb") if path.parent.name not in assignments)
    solved = sorted(path for path in (course.root / "solutions").glob("*/*.ipynb") if (path.parent.name, path.stem) not in known)
    return [f"{path.relative_to(course.root)} belongs to no source: remove it" for path in released + solved]


def ensure_built(course: Course) -> None:
    """Write those notebooks of build/source that are missing or older than their source; takes milliseconds when none is.

    It leaves release and solutions alone. Raises `CourseError` for a faulty source, or one that would overwrite an edit.
    """
    for notebook in course:
        if not notebook.built.is_file() or _record(notebook).get("inputs") != _inputs(notebook):
            _write_built({notebook: read(notebook)})
    _forget_removed(course)


# ---------------------------------------------------------------------------------------------------- reading


def read(notebook: Notebook) -> NotebookNode:
    """The source as the notebook that is built of it: with model answers, ids and heading lines, without outputs.

    Raises `CourseError` that lists every fault with its cell and what to do about it.
    """
    import jupytext

    place = notebook.source.relative_to(notebook.root)
    text = shared.text(notebook)
    try:
        raw = jupytext.reads(text, fmt="py:percent")
    except Exception as error:  # whatever jupytext and its YAML and JSON readers raise
        raise CourseError(f"{place} cannot be read as a percent notebook: {error}") from error
    source = _canonical(raw)
    faults = _faults(source)
    if faults:
        raise CourseError(f"{place} cannot be built:\n" + "\n".join(f"  {fault}" for fault in faults))
    _number(source)
    _identify(source)
    _name_versions(source, notebook.root)
    source.metadata["generated"] = {"by": "autograder build", "from": place.as_posix()}
    return source


def _canonical(raw: NotebookNode) -> NotebookNode:
    """Only what the author decides: text, kind and kept metadata of cells that are not empty, and the header."""
    from nbformat import v4

    cells = []
    for cell in raw.cells:
        text = _written(cell)
        if not text.strip() and not cell.metadata.get("nbgrader"):
            continue
        kept = {key: cell.metadata[key] for key in KEPT if key in cell.metadata}
        if isinstance(kept.get("nbgrader"), dict):
            kept["nbgrader"] = _completed(kept["nbgrader"])
        cells.append(getattr(v4, f"new_{cell.cell_type}_cell")(source=text, metadata=kept))
    metadata: dict[str, Any] = {"language_info": {"name": "python"}}
    for key in ("groundwork", "kernelspec"):
        if key in raw.metadata:
            metadata[key] = raw.metadata[key]
    metadata.setdefault("kernelspec", {"display_name": "Python 3", "language": "python", "name": "python3"})
    notebook: NotebookNode = v4.new_notebook(cells=cells, metadata=metadata)
    notebook.nbformat_minor = 5
    return notebook


def _written(cell: NotebookNode) -> str:
    """The text of a cell without the lines that the build writes."""
    text = str(cell.source).strip("\n")
    return versions.LINE.sub("", HEADING.sub("", text)).strip("\n") if cell.cell_type == "markdown" else text


def _completed(mark: Mapping[str, Any]) -> dict[str, Any]:
    """nbgrader's metadata with what an author may leave out: a cell is given and locked unless it says otherwise."""
    mark = {key: value for key, value in mark.items() if key not in ("checksum", "cell_type")}
    return {"grade": False, "locked": not mark.get("solution", False), "schema_version": 3, "solution": False, "task": False} | mark


def _faults(source: NotebookNode) -> list[str]:
    """Everything that is wrong with a source, one sentence each."""
    faults = list(_header_faults(source.metadata.get("groundwork")))
    names = [_grade_id(cell) for cell in source.cells]
    answers = {name: index for index, name in enumerate(names) if _is(source.cells[index], "solution")}
    checks = {name: index for index, name in enumerate(names) if _is(source.cells[index], "grade")}
    prose_from = 0
    for index, cell in enumerate(source.cells):
        name = names[index]
        place = f"cell {name}" if name else f"cell {index + 1} ({cell.source.strip().partition(chr(10))[0][:60]!r})"
        if cell.cell_type != "code":
            if "nbgrader" in cell.metadata:
                faults.append(f"{place}: only code cells take nbgrader metadata; remove it")
        elif not name:
            faults.append(f'{place}: a code cell needs a name; add nbgrader={{"grade_id": "…"}} to its marker')
        elif not GRADE_ID.fullmatch(name):
            faults.append(f"{place}: a grade_id is at most 64 letters, digits, _ and -, because it is the id of the cell as well")
        elif name in names[:index]:
            faults.append(f"{place}: this grade_id is already that of an earlier cell; choose another")
        elif cell.metadata.nbgrader.get("locked") is not (name not in answers):
            kind = "an answer cell is open" if name in answers else "a cell that is not an answer is locked"
            faults.append(f'{place}: {kind}; set "locked": {str(name not in answers).lower()}')
        faults += [f"{place}: {fault}" for fault in _marker_faults(cell)]
        if name in answers and name in checks:
            faults.append(f"{place}: it is marked both solution and grade; the answer and its check are two cells")
        elif answers.get(name) == index:
            exercise = name.removesuffix("_answer")
            if exercise == name:
                faults.append(f"{place}: the grade_id of an answer cell is that of its check cell and _answer")
            elif exercise not in checks:
                faults.append(f'{place}: it has no check cell; add one behind it, with grade true and grade_id "{exercise}"')
            elif checks[exercise] < index:
                faults.append(f"{place}: its check cell comes before it; put it behind")
            if not any(other.cell_type == "markdown" for other in source.cells[prose_from:index]):
                faults.append(f"{place}: no markdown cell introduces it; add one, which gets the heading line")
            prose_from = index
        elif checks.get(name) == index:
            if f"{name}_answer" not in answers:
                faults.append(f'{place}: it has no answer cell; add one before it, with solution true and grade_id "{name}_answer"')
            earlier = {check for check, at in checks.items() if at < index}
            faults += [f"{place}: {fault}" for fault in _check_faults(cell, set(checks), earlier)]
    return faults


def _header_faults(groundwork: object) -> Iterator[str]:
    if not isinstance(groundwork, Mapping):
        yield 'the header has no groundwork entry; add  groundwork: {title: "…", imports: [], packages: []}  below jupyter:'
        return
    if not isinstance(groundwork.get("title"), str) or not groundwork["title"].strip():
        yield "the header's groundwork entry has no title; add one"
    for key in ("imports", "packages"):
        value = groundwork.get(key)
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            yield f"the header's groundwork entry needs {key}, a list of names, which may be empty: {key}: []"
    refused = groundwork.get("refused", [])
    if not isinstance(refused, list) or not all(isinstance(name, str) and name in sys.stdlib_module_names for name in refused):
        yield "the header's refused is a list of modules of the standard library, such as [statistics]"
    banned = groundwork.get("banned", [])
    if not isinstance(banned, list) or not all(isinstance(name, str) and name.rpartition(".")[2].strip("*?") for name in banned):
        yield "the header's banned is a list of dotted names, such as [torch.nn.LSTM], whose last part * alone cannot be"


def _marker_faults(cell: NotebookNode) -> Iterator[str]:
    from autograder.course.audit import MARKERS, split_answer

    if _is(cell, "solution"):
        try:
            if not split_answer(cell.source)[1]:
                yield "an answer cell needs its model answer between ### BEGIN SOLUTION and ### END SOLUTION"
        except ValueError as fault:
            yield str(fault)
    for marker in MARKERS:
        if marker in cell.source and not (_is(cell, "solution") and "SOLUTION" in marker):
            where = "an answer cell, with solution true" if "SOLUTION" in marker else "autograder/hidden/"
            yield f"{marker} stands in it; its place is in {where}"
    if cell.cell_type == "code" and "AUTOTEST" in cell.source:
        yield "AUTOTEST stands in it, which nbgrader replaces; choose another word"


def _check_faults(cell: NotebookNode, exercises: set[str], earlier: set[str]) -> Iterator[str]:
    points = cell.metadata.nbgrader.get("points")
    if isinstance(points, bool) or not isinstance(points, int | float) or not points > 0:
        yield 'a check cell needs its points, a number above 0; add "points" to nbgrader={…}'
    about = cell.metadata.get("exercise")
    if not isinstance(about, Mapping):
        yield 'a check cell says what it checks; add exercise={"title": "…", "difficulty": 1, "minutes": 10, "needs": []} to its marker'
        return
    if not isinstance(about.get("title"), str) or not about["title"].strip() or "\n" in about["title"]:
        yield 'its exercise={…} needs a "title" of one line'
    if type(about.get("difficulty")) is not int or not 1 <= about["difficulty"] <= 3:
        yield 'its exercise={…} needs a "difficulty" of 1, 2 or 3'
    if type(about.get("minutes")) is not int or about["minutes"] < 1:
        yield 'its exercise={…} needs "minutes", a whole number above 0'
    modules = about.get("imports", [])
    if not isinstance(modules, list) or not all(isinstance(name, str) for name in modules):
        yield 'its exercise={…} has "imports" that is no list of names; without it, the header\'s imports hold'
    if not isinstance(about.get("shares", ""), str) or not isinstance(about.get("follow_through", True), bool):
        yield 'its exercise={…} has "shares", a word, and "follow_through", true or false, or neither'
    needs = about.get("needs")
    if not isinstance(needs, list):
        yield 'its exercise={…} needs "needs", the list of exercises that it stands on, which may be empty'
        return
    for need in needs:
        if not isinstance(need, str) or need not in exercises:
            yield f"it needs {need!r}, which is no exercise of this notebook; there is: {', '.join(sorted(exercises))}"
        elif need not in earlier:
            yield f"it needs {need!r}, which does not come before it"


def _number(source: NotebookNode) -> None:
    """Write the heading line of each exercise into the last markdown cell before its answer cell."""
    checks = {_grade_id(cell): cell.metadata for cell in source.cells if _is(cell, "grade")}
    prose = None
    number = 0
    for cell in source.cells:
        if cell.cell_type == "markdown":
            prose = cell
        elif _is(cell, "solution") and prose is not None:
            number += 1
            metadata = checks[_grade_id(cell).removesuffix("_answer")]
            prose.source = f"{_heading(number, metadata.exercise, metadata.nbgrader.points)}\n\n{prose.source}".rstrip("\n")


def _heading(number: int, about: Mapping[str, Any], points: float) -> str:
    amount = f"{points:g} point" + ("" if points == 1 else "s")
    dots = "●" * about["difficulty"] + "○" * (3 - about["difficulty"])
    return f"### Exercise {number} · {about['title'].strip()} · {amount} · {dots} · {about['minutes']} min"


def _name_versions(source: NotebookNode, root: Path) -> None:
    """Write the line of the versions at the end of the first cell, if that is markdown; else in one before it."""
    from nbformat import v4

    line = versions.line(root, source.metadata.groundwork["packages"], (cell.source for cell in _code_cells(source)))
    if line and (not source.cells or source.cells[0].cell_type != "markdown"):
        source.cells.insert(0, v4.new_markdown_cell(line, id="versions"))
    elif line:
        source.cells[0].source += f"\n\n{line}"


def _identify(source: NotebookNode) -> None:
    """Give each cell its id: its grade_id, else a hash of the grade_id before it and a count."""
    before, count = "", 0
    for cell in source.cells:
        if _grade_id(cell):
            before, count = _grade_id(cell), 0
            cell.id = before
        else:
            count += 1
            cell.id = hashlib.sha256(f"{before}:{count}".encode()).hexdigest()[:12]


def _grade_id(cell: NotebookNode) -> str:
    mark = cell.metadata.get("nbgrader")
    return str(mark.get("grade_id", "")) if isinstance(mark, Mapping) else ""


def _is(cell: NotebookNode, kind: str) -> bool:
    mark = cell.metadata.get("nbgrader")
    return isinstance(mark, Mapping) and bool(mark.get(kind))


# ------------------------------------------------------------------------------------------------ build/source


def _write_built(sources: Mapping[Notebook, NotebookNode]) -> list[Path]:
    """Write the notebooks that nbgrader reads, with their data; refuse all when one of them was edited."""
    refusals = [_refusal(notebook) for notebook, source in sources.items() if _edited(notebook, source)]
    if refusals:
        raise CourseError("\n".join(refusals))
    written = []
    for notebook, source in sources.items():
        if _write(notebook.built, _text(source)):
            written.append(notebook.built)
        _copy_data(notebook, notebook.built.parent)
        _write(_record_path(notebook), json.dumps({"inputs": _inputs(notebook), "cells": _cells_digest(source)}) + "\n")
    return written


def _edited(notebook: Notebook, source: NotebookNode) -> bool:
    """Whether somebody changed the built notebook and did not bring the change back into the source."""
    import jupytext
    import nbformat

    if not notebook.built.is_file() or notebook.root == INSTALLED:
        return False
    try:
        built = nbformat.read(notebook.built, as_version=4)
    except Exception as error:  # an editor may leave anything there
        raise CourseError(f"{notebook.built.relative_to(notebook.root)} is no notebook any more ({error}): delete it") from error
    if _cells_digest(_canonical(built)) == _record(notebook).get("cells"):
        return False
    # Text cannot hold everything that a notebook can: what counts is what the edit is once it is text.
    as_text = jupytext.writes(built, fmt={"extension": ".py", "format_name": "percent", "notebook_metadata_filter": "groundwork"})
    return _cells_digest(_canonical(jupytext.reads(as_text, fmt="py:percent"))) != _cells_digest(source)


def _refusal(notebook: Notebook) -> str:
    built, source = notebook.built.relative_to(notebook.root), notebook.source.relative_to(notebook.root)
    also = ""
    if _record(notebook).get("inputs") != _inputs(notebook):
        also = f" ({source} may have changed as well: commit it first, so that nothing is lost)"
    if shared.USE.search(notebook.source.read_text(encoding="utf-8")):
        also += " (shared pieces come back as text: put their lines `from _shared.…` in its place again, and edit them in source/_shared)"
    return (
        f"{built} was edited after it was built: bring the edit back into {source} with "
        f"`jupytext --to py:percent --opt notebook_metadata_filter=groundwork --output {source} {built}`, run in {notebook.root}{also}, "
        f"or delete {built} to discard the edit (heading lines are the build's; their titles are in the check cells)"
    )


def _cells_digest(canonical: NotebookNode) -> str:
    """What an instructor can have edited, as a hash; heading lines, ids, outputs and an editor's own metadata don't count."""
    content: list[Any] = [canonical.metadata.get("groundwork")]
    for cell in canonical.cells:
        content.append([cell.cell_type, _written(cell), cell.metadata])
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _inputs(notebook: Notebook) -> str:
    """A hash of all that decides what is built: the source, its shared pieces and data, the versions, and how this module writes."""
    about = f"{LAYOUT}:{notebook}:{versions.stated(notebook.root, versions.NAMES)}:"
    return _with_data(notebook, about.encode() + hashlib.sha256(shared.text(notebook).encode()).digest())


def _with_data(notebook: Notebook, content: bytes) -> str:
    digest = hashlib.sha256(content)
    for name, path in sorted(_files(notebook.source.parent / "data").items()):
        digest.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _record_path(notebook: Notebook) -> Path:
    return build_folder(notebook.root) / "record" / notebook.assignment / f"{notebook.name}.json"


def _record(notebook: Notebook) -> dict[str, str]:
    """What was built last; nothing when that is not known."""
    try:
        record = json.loads(_record_path(notebook).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _forget_removed(course: Course, assignment: str = "*") -> None:
    """Remove what was built of sources that are gone, or nbgrader would go on releasing it; edits stay."""
    for path in (build_folder(course.root) / "record").glob(f"{assignment}/*.json"):
        notebook = Notebook(path.parent.name, path.stem, course.root)
        if notebook.source.is_file():
            continue
        if notebook.built.is_file():
            import nbformat

            if _cells_digest(_canonical(nbformat.read(notebook.built, as_version=4))) != _record(notebook).get("cells"):
                continue
            notebook.built.unlink()
        path.unlink()
        if not any((course.root / "source" / notebook.assignment).glob("*.py")):
            shutil.rmtree(notebook.built.parent / "data", ignore_errors=True)
        if notebook.built.parent.is_dir() and not any(notebook.built.parent.iterdir()):
            notebook.built.parent.rmdir()


# ----------------------------------------------------------------------------------------------------- release


def _release(sources: Mapping[Notebook, NotebookNode], root: Path, source_directory: str, into: str) -> Path:
    """Convert one assignment as `nbgrader generate_assignment` would, audit it, and return its folder.

    Both directories are relative to root. The gradebook is left alone: `nbgrader generate_assignment` or the first grading fills it.
    """
    from nbgrader.converters import GenerateAssignment
    from nbgrader.converters.base import NbGraderException
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.preprocessors import SaveCells

    from autograder.course.audit import audit

    assignment = next(iter(sources)).assignment
    directory = CourseDirectory(
        root=str(root.resolve()), source_directory=source_directory, release_directory=into, assignment_id=assignment, notebook_id="*"
    )
    converter = GenerateAssignment(coursedir=directory, no_database=True)
    converter.preprocessors = [step for step in converter.preprocessors if step is not SaveCells]
    complaints = io.StringIO()
    converter.log = logging.Logger("autograder.course.build", logging.ERROR)
    converter.log.addHandler(logging.StreamHandler(complaints))
    try:
        converter.start()
    except NbGraderException as error:
        raise CourseError(f"nbgrader cannot convert {assignment}: {error}\n{complaints.getvalue().rstrip()}") from error
    folder = root / into / assignment
    audit(sources, folder)
    return folder


# --------------------------------------------------------------------------------------------------- solutions


def _solution(notebook: Notebook, source: NotebookNode) -> NotebookNode | None:
    """The solution as it should be, with the outputs that are there; None when these come from other code or data."""
    import nbformat

    try:
        there = nbformat.read(notebook.solution, as_version=4)
    except Exception:  # missing, or not a notebook: then there are no outputs to keep
        return None
    fresh = _unexecuted(notebook, source)
    ours, theirs = _code_cells(fresh), _code_cells(there)
    if there.metadata.get("generated") != fresh.metadata.generated or [cell.source for cell in ours] != [cell.source for cell in theirs]:
        return None
    for new, old in zip(ours, theirs, strict=True):
        new.outputs, new.execution_count = old.outputs, old.execution_count
    return fresh


def _executed(notebook: Notebook, source: NotebookNode) -> NotebookNode:
    """The solution, executed beside a copy of its data."""
    from nbconvert.preprocessors import CellExecutionError, ExecutePreprocessor

    solution = _unexecuted(notebook, source)
    metadata = solution.metadata.copy()
    with tempfile.TemporaryDirectory() as folder:
        _copy_data(notebook, Path(folder))
        place = notebook.source.relative_to(notebook.root)
        quiet = ["--IPKernelApp.log_level=ERROR"]  # it warns of its own signed connection on localhost
        runner = ExecutePreprocessor(timeout=600, record_timing=False, coalesce_streams=True, extra_arguments=quiet)
        try:
            runner.preprocess(solution, {"metadata": {"path": folder}})
        except CellExecutionError as error:
            failed = [cell.id for cell in _code_cells(solution) if any(output.output_type == "error" for output in cell.outputs)]
            raise CourseError(f"{place}, cell {', '.join(failed)}: the model answers do not run:\n{ANSI.sub('', str(error))}") from error
        except (RuntimeError, TimeoutError) as error:
            raise CourseError(f"{place}: the model answers cannot be executed: {error}") from error
        for cell in _code_cells(solution):
            for output in cell.outputs:
                if output.output_type == "stream":
                    output.text = KERNEL_FILE.sub("this cell", output.text).replace(folder, ".")
    solution.metadata = metadata
    return solution


def _unexecuted(notebook: Notebook, source: NotebookNode) -> NotebookNode:
    from copy import deepcopy

    solution = deepcopy(source)
    code = json.dumps([cell.source for cell in _code_cells(source)])
    solution.metadata.generated["executed"] = _with_data(notebook, code.encode())
    return solution


def _code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


# ------------------------------------------------------------------------------------------------------- files


def _groups(course: Course, assignments: Sequence[str]) -> list[list[Notebook]]:
    """The notebooks of the assignments (all without any), by assignment."""
    return [course.assignment(name) for name in dict.fromkeys(assignments or (notebook.assignment for notebook in course))]


def _files(folder: Path) -> dict[str, Path]:
    """Every file below a folder, by its path in it; what editors and Python leave behind aside."""
    left_behind = {".ipynb_checkpoints", "__pycache__", ".DS_Store"}
    return {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_file() and not left_behind & set(path.relative_to(folder).parts)
    }


def _copy_data(notebook: Notebook, into: Path) -> None:
    """Make `data/` in a folder what it is beside the source."""
    data = notebook.source.parent / "data"
    if data.is_dir() or (into / "data").is_dir():
        _mirror(data, into / "data")


def _mirror(source: Path, target: Path) -> list[Path]:
    """Make a folder the same as another, file by file, and return what changed; no file is ever half there."""
    wanted = _files(source)
    changed = [target / name for name, path in sorted(wanted.items()) if _write(target / name, path.read_bytes())]
    for name, path in sorted(_files(target).items()):
        if name not in wanted:
            path.unlink()
            changed.append(path)
    return changed


def _write(path: Path, content: str | bytes) -> bool:
    """Write a file in one move unless it holds just that; whether it was written."""
    content = content.encode() if isinstance(content, str) else content
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.write_bytes(content)
    half.replace(path)
    return True


def _text(notebook: NotebookNode) -> str:
    import nbformat

    text: str = nbformat.writes(notebook, version=4)
    return text + "\n"
