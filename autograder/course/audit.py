"""The leak audit: a release gives away no answer, no hidden test and no reference.

It stands between nbgrader's converter and `release/`, and trusts neither the converter nor the folder that it
copied from. A line is *telling* when it says more than a common phrase, and *given* when students are shown it
on purpose: prose, stubs, visible checks, given code. What must not be in a release:

- a telling line of a model answer, hidden test, probe or reference that is not given as well;
- three such lines in a row, given or not: that is no coincidence of style, but a passage that was copied;
- anything in a notebook that is neither given nor nbgrader's stub, whatever it is;
- markers of solutions and hidden tests, outputs, execution counts, files that are course text, and the seed of the course.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.course.model import Course, CourseError, Notebook, seed

MARKERS = ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN TESTS", "END HIDDEN TESTS", "BEGIN MARK SCHEME", "END MARK SCHEME")
STUB = ("# YOUR CODE HERE", "raise NotImplementedError()")
PASSAGE = 3
"""So many telling lines in a row are a passage."""
NO_SOURCE = "a notebook that has no source"
SEED = "the seed of the course, from which hidden inputs can be computed"


@dataclass(frozen=True)
class Leak:
    """One thing that a release must not hold, and where it stands; lines count from 1, 0 is the whole cell or file."""

    file: str
    cell: str
    line: int
    what: str

    def __str__(self) -> str:
        place = ", ".join(filter(None, [self.file, self.cell, f"line {self.line}" if self.line else ""]))
        return f"{place}: {self.what}"


def audit(sources: Mapping[Notebook, NotebookNode], folder: Path, coming: Mapping[str, NotebookNode] | None = None) -> None:
    """Raise `CourseError` with every leak of one assignment's release.

    sources: every notebook of the assignment, with its model answers. folder: its release, not yet where students get it.
    coming: as for `leaks`.
    """
    found = leaks(sources, folder, coming)
    if found:
        raise CourseError(
            "nothing was written to release/, because it would give away what students must not see:\n"
            + "\n".join(f"  {leak}" for leak in found)
            + "\nTake such text out of what the source gives; take such files out of its data/ and out of build/source/."
        )


def leaks(sources: Mapping[Notebook, NotebookNode], folder: Path, coming: Mapping[str, NotebookNode] | None = None) -> list[Leak]:
    """Every leak in a release folder, in the order of its files, cells and lines.

    coming: notebooks on their way into the folder, by the name of their file. With it, these are looked at, and the files that
    go along with them, but no notebook that lies there already.
    """
    secrets = _Secrets.of(sources)
    expected = {f"{notebook.name}.ipynb": source for notebook, source in sources.items()}
    texts = {other.source.read_bytes() for notebook in sources for other in Course(notebook.root)}
    found: list[Leak] = []
    if coming is None:
        found += [Leak(name, "", 0, "the notebook is missing") for name in sorted(expected) if not (folder / name).is_file()]
    for name, release in sorted((coming or {}).items()):
        found += _in_notebook(name, release, expected[name], secrets) if name in expected else [Leak(name, "", 0, NO_SOURCE)]
    for path in sorted(path for path in folder.rglob("*") if path.is_file() or path.is_symlink()):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found.append(Leak(name, "", 0, "a link, which may lead anywhere; put the file itself there"))
        elif name in expected:
            found += _in_notebook(name, nbformat.read(path, as_version=4), expected[name], secrets) if coming is None else []
        elif path.suffix == ".ipynb":
            found.append(Leak(name, "", 0, NO_SOURCE))
        else:
            found += _in_file(name, path.read_bytes(), texts, {notebook.source.name for notebook in sources}, secrets)
    return found


def split_answer(source: str) -> tuple[list[str], list[list[str]]]:
    """The given lines of a cell and its solution regions, without the marker lines.

    Raises `ValueError`, with what is wrong, when a marker has no counterpart.
    """
    given: list[str] = []
    regions: list[list[str]] = []
    inside = False
    for line in source.split("\n"):
        if "BEGIN SOLUTION" in line:
            if inside:
                raise ValueError("a second ### BEGIN SOLUTION comes before the ### END SOLUTION")
            inside = True
            regions.append([])
        elif "END SOLUTION" in line:
            if not inside:
                raise ValueError("an ### END SOLUTION has no ### BEGIN SOLUTION before it")
            inside = False
        elif inside:
            regions[-1].append(line)
        else:
            given.append(line)
    if inside:
        raise ValueError("a ### BEGIN SOLUTION has no ### END SOLUTION after it")
    return given, regions


def normalised(line: str) -> str:
    """A line without blanks and without the comment behind it: what is the same to a reader is the same here."""
    return re.sub(r"\s+", "", re.sub(r"(?<=\S)\s+#\s.*$", "", line))


@cache
def telling(line: str) -> bool:
    """Whether a line says more than a common phrase: at least 16 characters and three different names or numbers.

    >>> telling("return x"), telling("for i in range(n):"), telling("centred = X - X.mean(axis=axis, keepdims=True)")
    (False, False, True)
    """
    words = {word for word in re.findall(r"\w+", line) if word != "self" and not keyword.iskeyword(word)}
    return len(normalised(line)) >= 16 and len(words) >= 3


@dataclass(frozen=True)
class _Secrets:
    """What must stay out, and the given lines that excuse a single line of it."""

    lines: Mapping[str, str]
    passages: Mapping[tuple[str, ...], str]
    given: Mapping[str, frozenset[str]]
    """For each release file, the normalised lines that its notebook gives."""
    stubs: Mapping[str, Mapping[str, list[str]]]
    """For each release file, the text of every answer cell as students should get it."""
    seed: str
    """Of the course; "" where it has none."""

    @property
    def anywhere(self) -> frozenset[str]:
        return frozenset[str]().union(*self.given.values())

    @staticmethod
    def of(sources: Mapping[Notebook, NotebookNode]) -> _Secrets:
        lines: dict[str, str] = {}
        passages: dict[tuple[str, ...], str] = {}
        given: dict[str, frozenset[str]] = {}
        stubs: dict[str, dict[str, list[str]]] = {}

        def keep(what: str, secret: Iterable[str]) -> None:
            telltale = [normalised(line) for line in secret if telling(line)]
            for line in telltale:
                lines.setdefault(line, what)
            for start in range(len(telltale) - PASSAGE + 1):
                passages.setdefault(tuple(telltale[start : start + PASSAGE]), what)

        for notebook, source in sources.items():
            file = f"{notebook.name}.ipynb"
            shown: list[str] = []
            stubs[file] = {}
            for cell in source.cells:
                open_lines, regions = split_answer(cell.source)
                shown += open_lines
                for region in regions:
                    keep(f"a line of the model answer of {_name(cell)}", region)
                if regions:
                    stubs[file][cell.metadata.nbgrader.grade_id] = _stub(cell.source)
            given[file] = frozenset(normalised(line) for line in shown)
            for path, what in (
                (notebook.suite, "a line of the hidden tests"),
                (notebook.probes, "a line of the hidden probes"),
                (notebook.reference, "a line of the reference"),
            ):
                keep(f"{what} ({path.name})", _code(path))
        [root] = {notebook.root for notebook in sources}
        return _Secrets(lines, passages, given, stubs, seed(root))


def _stub(source: str) -> list[str]:
    """The lines that students get of an answer cell: an implementation of its own, to compare nbgrader's with."""
    lines: list[str] = []
    inside = False
    for line in source.split("\n"):
        if "BEGIN SOLUTION" in line:
            inside = True
            indent = line[: len(line) - len(line.lstrip())]
            lines += [indent + stub for stub in STUB]
        elif "END SOLUTION" in line:
            inside = False
        elif not inside:
            lines.append(line)
    return lines


def _code(path: Path) -> list[str]:
    """The lines of a Python file that are its own: no imports, signatures, docstrings or comments; the notebook may share those."""
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")
    shared: set[int] = set()
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return lines
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            shared.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            shared.update(range(node.lineno, node.body[0].lineno))
        if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            docstring = node.body[0]
            shared.update(range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1))
    return [line for number, line in enumerate(lines, 1) if number not in shared and not line.lstrip().startswith("#")]


def _in_notebook(file: str, release: NotebookNode, source: NotebookNode, secrets: _Secrets) -> Iterator[Leak]:
    """The leaks of one release notebook."""
    yield from _in_strings(file, "the notebook's metadata", release.metadata, secrets)
    for index, cell in enumerate(release.cells, 1):
        name = _name(cell, index)
        if cell.get("outputs"):
            yield Leak(file, name, 0, "outputs")
        if cell.get("execution_count") is not None:
            yield Leak(file, name, 0, "an execution count")
        yield from _in_strings(file, f"{name}, outputs", cell.get("outputs", []), secrets)
        yield from _in_strings(file, f"{name}, metadata", cell.metadata, secrets)
        yield from _in_strings(file, f"{name}, attachments", cell.get("attachments", {}), secrets)
        lines = cell.source.split("\n")
        known = dict(_in_lines(lines, secrets, secrets.given[file]))
        stub = secrets.stubs[file].get(cell.metadata.get("nbgrader", {}).get("grade_id", ""), [])
        for number, line in enumerate(lines, 1):
            if number in known:
                yield Leak(file, name, number, known[number])
            elif normalised(line) not in secrets.given[file] and line not in stub:
                yield Leak(file, name, number, "a line that the source does not give")


def _in_file(name: str, content: bytes, texts: set[bytes], sources: set[str], secrets: _Secrets) -> Iterator[Leak]:
    """The leaks of one file that goes along with the notebooks."""
    if content in texts or (Path(name).suffix == ".py" and Path(name).name in sources):
        yield Leak(name, "", 0, "a text source, which holds the model answers")
        return
    if secrets.seed and secrets.seed.encode() in content:
        yield Leak(name, "", 0, SEED)
        return
    try:
        lines = content.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        return
    for number, what in _in_lines(lines, secrets, secrets.anywhere):
        yield Leak(name, "", number, what)


def _in_strings(file: str, place: str, value: object, secrets: _Secrets) -> Iterator[Leak]:
    """The leaks of every text inside metadata, outputs or attachments."""
    if isinstance(value, str):
        for number, what in _in_lines(value.split("\n"), secrets, secrets.given[file]):
            yield Leak(file, place, number, what)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _in_strings(file, place, inner, secrets)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _in_strings(file, place, inner, secrets)


def _in_lines(lines: list[str], secrets: _Secrets, given: frozenset[str]) -> Iterator[tuple[int, str]]:
    """Number of, and what is wrong with, each line that leaks."""
    telltale = [(number, normalised(line)) for number, line in enumerate(lines, 1) if telling(line)]
    copied: dict[int, str] = {}
    for start in range(len(telltale) - PASSAGE + 1):
        window = telltale[start : start + PASSAGE]
        what = secrets.passages.get(tuple(line for _, line in window))
        if what:
            copied.update((number, f"{what}, in a copied passage") for number, _ in window)
    for number, line in enumerate(lines, 1):
        key = normalised(line)
        marker = next((marker for marker in MARKERS if marker in line), None)
        if marker:
            yield number, f"the marker {marker}"
        elif secrets.seed and secrets.seed in line:
            yield number, SEED
        elif number in copied:
            yield number, copied[number]
        elif key in secrets.lines and key not in given:
            yield number, secrets.lines[key]


def _name(cell: NotebookNode, index: int = 0) -> str:
    """How a message calls a cell."""
    grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
    return f"cell {grade_id}" if grade_id else f"cell {index}"
