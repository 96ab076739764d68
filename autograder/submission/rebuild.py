"""What a student handed in: read as bytes that anyone may have written, rebuilt on the skeleton of the course.

After `rebuild` nothing is left of a submission but the text of its answer cells and the student's own cells.
"""

from __future__ import annotations

import codecs
import copy
import html
import itertools
import json
import os
import re
import stat
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from autograder.course.model import Notebook
from autograder.submission import parsing
from autograder.submission.counting import Released, released, statements
from autograder.submission.parsing import CODE_LENGTH, MOST_TOKENS, bearable
from autograder.submission.plain import shown

FILE_BYTES = 20 * 2**20
"""A notebook with every figure of the course in it is a tenth of this."""
MOST_CELLS = 2_000
"""Each cell costs time and memory, however small it is; a notebook of the course has a hundred."""
ANSWERS_LENGTH = 200_000
"""Characters of all answers together. Those of the course come to 43,000 at most."""
PROSE_LENGTH = 10_000
"""Characters of one markdown or raw cell: the markdown renderer takes quadratic time on some texts."""
OWN_CELLS = 200
OWN_LENGTH = 200_000
"""Characters of all of a student's own cells together."""

MOST_PARTS = 1_500_000
"""Brackets and commas of a file: each can cost the reader a hundred bytes. A notebook of 20 MB with pictures has a hundredth of this."""

LEFT_OUT = b"groundwork: what lay here was not collected\n"
"""What `nbgrader collect` leaves in the place of what is no file of bounded size, so that it is not taken for nothing."""

KINDS = ("code", "markdown", "raw")

# No link is followed, and opening a pipe does not wait for its other end. Windows knows neither.
_OPEN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


class Ungradable(Exception):
    """This is not a submission that can be graded; the message is one sentence: the cause, and what to do."""


@dataclass(frozen=True)
class Rebuilt:
    """A submission on the skeleton of the course, and what its author should know about the rebuilding."""

    notebook: NotebookNode
    problems: tuple[str, ...]


@dataclass(frozen=True)
class _Cell:
    """All of a submitted cell that anything depends on."""

    kind: str
    source: str
    grade_id: str | None
    id: str | None


# --------------------------------------------------------------------------------------------------------------- reading


def read(path: Path) -> NotebookNode:
    """The notebook in a file, in format 4, without outputs, attachments and all metadata but grade_ids and the language.

    The file must be a regular one; a link is not followed. Raises `Ungradable` and nothing else, whatever lies there.
    """
    try:
        raw = json.loads(_text_of(path), parse_int=_bounded_int, parse_constant=lambda name: None)
    except RecursionError:
        raise Ungradable("the file is nested too deeply for a notebook: open it in Jupyter, save it again and hand that in") from None
    except MemoryError:
        raise Ungradable("the file is too large to be read: clear all outputs, save it again and hand that in") from None
    except ValueError:
        raise Ungradable("the file is not a notebook (not JSON): it may be cut off; save it again in Jupyter and hand that in") from None
    if not isinstance(raw, dict):
        raise Ungradable("the file is JSON but not a notebook: hand in the .ipynb file that Jupyter saves")
    version = raw.get("nbformat")
    if type(version) is not int or not 1 <= version <= 4:
        raise Ungradable("the file does not say that it is in a notebook format from 1 to 4: save it in a current Jupyter and hand that in")
    found = list(itertools.islice(_cells(raw), MOST_CELLS + 1))
    if len(found) > MOST_CELLS:
        raise Ungradable(
            f"the notebook has more than {MOST_CELLS:,} cells: delete those that you do not need, save it again and hand that in"
        )
    cells = _as_nodes(found)
    if not cells:
        raise Ungradable("the notebook has no cells: hand in the notebook that you worked in")
    language = _language(raw)
    metadata = NotebookNode({"language_info": NotebookNode({"name": language})} if language else {})
    return NotebookNode({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def require_own_folder(path: Path, student: str) -> None:
    """Raises `Ungradable` when a folder of this student's that a submission lies in is a link: it could lead to another's work."""
    above = [path.parent, *path.parent.parents]
    names = [folder.name for folder in above]
    for folder in above[: names.index(student) + 1 if student in names else 1]:
        if os.path.islink(folder):  # and not where it may not be looked at: reading the file says so
            raise Ungradable(
                f"its folder {shown(folder.name, 100)} is a link, which could lead to somebody else's work: copy the files there"
            )


def json_size(path: Path) -> int:
    """Bytes of a regular file that begins as a notebook does, with a brace; 0 for whatever else lies there. No link is followed."""
    try:
        descriptor = os.open(path, _OPEN)
    except (OSError, ValueError):
        return 0
    try:
        about = os.fstat(descriptor)
        regular = stat.S_ISREG(about.st_mode)
        return about.st_size if regular and os.read(descriptor, 1000).removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"{") else 0
    except OSError:
        return 0
    finally:
        os.close(descriptor)


def _text_of(path: Path) -> str:
    """The text of a regular file, of bounded size; never waits, as opening a pipe would."""
    try:
        descriptor = os.open(path, _OPEN)
    except FileNotFoundError:
        raise Ungradable("there is no such file: hand in the notebook under its original name") from None
    except (OSError, ValueError) as error:
        if os.path.islink(path):
            raise Ungradable("it is a link, not a file: hand in the notebook itself") from None
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "its name is not one that a file can have"
        raise Ungradable(f"it cannot be opened ({reason}): check that it is a file and may be read") from None
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise Ungradable("it is not a file but a folder or a device: hand in the notebook itself")
        data = b""
        if about.st_size <= FILE_BYTES:
            with open(descriptor, "rb", closefd=False) as file:
                data = file.read(FILE_BYTES + 1)
        if max(about.st_size, len(data)) > FILE_BYTES:
            raise Ungradable(f"the file is larger than {FILE_BYTES // 2**20} MB: clear all outputs, save it again and hand that in")
    except OSError as error:
        raise Ungradable(f"it cannot be read ({error.strerror}): copy it again") from None
    except MemoryError:
        raise Ungradable("the file is too large to be read: clear all outputs, save it again and hand that in") from None
    finally:
        os.close(descriptor)
    if data == LEFT_OUT:
        raise Ungradable(
            "it was not collected, because it was no file that can be read, or too large or too deep: hand in the notebook itself"
        )
    if not data.strip():
        raise Ungradable("the file is empty: save the notebook again and hand that in")
    if sum(map(data.count, (b"[", b"{", b","))) > MOST_PARTS:
        raise Ungradable("the file holds more lists and numbers than can be read: clear all outputs, save it again and hand that in")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Ungradable("the file is not a notebook (not UTF-8 text): save it again in Jupyter and hand that in") from None


def _bounded_int(digits: str) -> int:
    """No number that matters in a notebook is long, and Python refuses to read very long ones."""
    return int(digits) if len(digits) < 100 else 0


def _cells(raw: Mapping[str, Any]) -> Iterator[_Cell]:
    """The cells of a notebook of format 1 to 4; what is not a cell, or has no text, is passed over."""
    found = raw.get("cells")
    for cell in found if isinstance(found, list) else []:
        yield from _cell(cell)
    sheets = raw.get("worksheets")  # formats 2 and 3
    for sheet in sheets if isinstance(sheets, list) else []:
        found = sheet.get("cells") if isinstance(sheet, dict) else None
        for cell in found if isinstance(found, list) else []:
            yield from _cell(cell)


def _cell(raw: object) -> Iterator[_Cell]:
    if not isinstance(raw, dict):
        return
    kind = raw.get("cell_type")
    source = _joined(raw["source"] if "source" in raw else raw.get("input"))  # format 3 calls the source of a code cell `input`
    if source is None:
        return
    if kind == "heading":  # format 3
        level = raw.get("level")
        kind, source = "markdown", "#" * (level if type(level) is int and 1 <= level <= 6 else 1) + " " + source
    metadata = raw.get("metadata")
    mark = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = mark.get("grade_id") if isinstance(mark, dict) else None
    given_id = raw.get("id")
    if not (isinstance(kind, str) and kind in KINDS):
        kind = "raw"
    yield _Cell(
        kind=kind,
        source=_plain(source if kind == "code" else _ANSI.sub("", source)),
        grade_id=grade_id if isinstance(grade_id, str) and grade_id.isascii() else None,
        id=given_id if isinstance(given_id, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,64}", given_id) else None,
    )


def _joined(source: object) -> str | None:
    if isinstance(source, str):
        return source
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        return "".join(source)
    return None


def _as_nodes(cells: Sequence[_Cell]) -> list[NotebookNode]:
    """The same as cells of format 4.5, in which each has an id of its own."""
    nodes = []
    used: set[str] = set()
    fresh = (name for number in itertools.count(1) if (name := f"unnamed-{number}") not in used)
    for cell in cells:
        cell_id = cell.id if cell.id is not None and cell.id not in used else next(fresh)
        used.add(cell_id)
        node = _bare_cell(cell.kind, cell.source, cell_id)
        if cell.grade_id is not None:
            node.metadata["nbgrader"] = NotebookNode(grade_id=cell.grade_id)
        nodes.append(node)
    return nodes


def _bare_cell(kind: str, source: str, cell_id: str) -> NotebookNode:
    node = NotebookNode(id=cell_id, cell_type=kind, metadata=NotebookNode(), source=source)
    if kind == "code":
        node.update(outputs=[], execution_count=None)
    return node


def _language(raw: Mapping[str, Any]) -> str | None:
    metadata = raw.get("metadata")
    for place, key in (("language_info", "name"), ("kernelspec", "language")):
        about = metadata.get(place) if isinstance(metadata, dict) else None
        name = about.get(key) if isinstance(about, dict) else None
        if isinstance(name, str) and name:
            return _plain(name)[:40]
    return None


# ------------------------------------------------------------------------------------------------------------ rebuilding


def rebuild(notebook: Notebook, submitted: NotebookNode) -> Rebuilt:
    """Our cells, their order and metadata; the student's text in the answer cells; the student's own cells where they stood.

    Rebuilding what was rebuilt changes nothing. Raises `Ungradable` where no exercise of this notebook is to be found.
    """
    skeleton = notebook.skeleton.cells
    parts: dict[int, list[_Cell]] = defaultdict(list)  # what stands for each cell of ours
    own: dict[int, list[_Cell]] = defaultdict(list)  # what follows it; -1: what comes before all
    anchor = -1
    problems: list[str] = []
    release = released(notebook)
    cells = list(_parted(_cells(submitted), problems))
    recognise = _Recogniser(skeleton, cells)
    places = [recognise(cell) for cell in cells]
    defined = _Definitions(
        release, [cell for cell, place in zip(cells, places, strict=True) if place is None or _is_edited(cell, skeleton[place])]
    )
    for cell, place in zip(cells, places, strict=True):
        if place is None:
            own[anchor].append(defined.as_code(cell, problems))
            continue
        anchor = place
        parts[place].append(cell)
        if not _is_answer(skeleton[place]) and _is_edited(cell, skeleton[place]) and defined.adds(cell, skeleton[place]):
            own[anchor].append(cell)
    exercises = {index for index, ours in enumerate(skeleton) if _is_answer(ours) or _mark(ours).get("grade")}
    if not (exercises or set(range(len(skeleton)))) & parts.keys() and not defined.most:
        raise Ungradable(f"none of the exercises of {notebook} is in it: it may be another notebook; hand in the one from the release")

    language = _language(submitted)
    if language is not None and not language.lower().startswith(("python", "ipython")):
        problems.append("the notebook's language is not Python; it is graded as Python: choose a Python kernel")
    result = copy.copy(notebook.skeleton)
    result["metadata"] = copy.deepcopy(notebook.skeleton.metadata)
    result["cells"] = []
    shelf = _Shelf(skeleton)
    room = ANSWERS_LENGTH
    result.cells.extend(shelf.place(own[-1]))
    for index, ours in enumerate(skeleton):
        cell = copy.deepcopy(ours)
        if cell.cell_type == "code":
            cell["outputs"], cell["execution_count"] = [], None
        kept: list[_Cell] = []
        if _is_answer(ours):
            cell["source"], kept = _answer(ours, parts[index], problems, room, not _names(ours).isdisjoint(defined.names))
            room -= len(cell["source"])
        else:
            problems.extend(_differences(ours, parts[index]))
        result.cells.append(cell)
        result.cells.extend(shelf.place([*kept, *own[index]]))
    if shelf.left_out:
        problems.append(
            f"{shelf.left_out} of your own cells left out: a cell may have {CODE_LENGTH:,} characters of code that people write "
            f"or {PROSE_LENGTH:,} of text, your own cells {OWN_LENGTH:,} in all, and there may be {OWN_CELLS} of them"
        )
    return Rebuilt(result, tuple(problems))


def _mark(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    """nbgrader's metadata of a cell of ours."""
    mark: Mapping[str, Any] = cell["metadata"].get("nbgrader", {})
    return mark


def _is_answer(cell: Mapping[str, Any]) -> bool:
    return bool(_mark(cell).get("solution"))


class _Recogniser:
    """Says which cell of the skeleton a submitted cell stands for: by grade_id, else by id, else by identical source."""

    def __init__(self, skeleton: Sequence[NotebookNode], submitted: Sequence[_Cell]) -> None:
        self.skeleton = skeleton
        self.by_grade_id = {_mark(cell)["grade_id"]: index for index, cell in enumerate(skeleton) if "grade_id" in _mark(cell)}
        self.by_id = {cell["id"]: index for index, cell in enumerate(skeleton) if "id" in cell}
        self.by_source = {(cell.cell_type, cell.source.strip()): index for index, cell in enumerate(skeleton)}
        self.claimed = {self.by_grade_id[cell.grade_id] for cell in submitted if cell.grade_id in self.by_grade_id}

    def __call__(self, cell: _Cell) -> int | None:
        if cell.grade_id in self.by_grade_id:
            return self.by_grade_id[cell.grade_id]
        place = self.by_id.get(cell.id) if cell.id is not None else None
        if place is not None and place not in self.claimed:  # metadata lost on the way; where another cell has it, an id proves nothing
            ours = self.skeleton[place]
            if cell.kind == ours.cell_type or _is_answer(ours):
                return place
        return self.by_source.get((cell.kind, cell.source.strip()))


def _parted(cells: Iterable[_Cell], problems: list[str]) -> Iterator[_Cell]:
    """The cells, those of code that are too long in several: each begins where a definition or an import does."""
    for cell in cells:
        if cell.kind != "code" or len(cell.source) <= MOST_TOKENS or bearable(cell.source):
            yield cell
            continue
        texts = [""]
        for text in _BEGINS.split(cell.source) if len(cell.source) <= OWN_LENGTH else ():
            if len(texts[-1]) + len(text) < CODE_LENGTH // 2:
                texts[-1] += text
            else:
                texts.append(text)
        texts = [text.rstrip("\n") for text in texts if text.strip()]
        if not texts or not all(map(bearable, texts)):
            yield cell
            continue
        problems.append(f"a cell that is longer than {CODE_LENGTH:,} characters, or dear to read, is read in {len(texts)} parts")
        yield replace(cell, source=texts[0])
        yield from (replace(cell, source=text, grade_id=None, id=None) for text in texts[1:])


_BEGINS = re.compile(r"(?<=\n)(?=(?:def|class|async def|import|from)\s|@)")


def _is_edited(cell: _Cell, ours: Mapping[str, Any]) -> bool:
    return cell.source.strip() != ours["source"].strip()


def _names(cell: Mapping[str, Any]) -> set[str]:
    """What a cell of ours defines."""
    return {name for statement in statements(cell["source"]) for name in statement.gives}


class _Definitions:
    """What a student defined of the exercises outside of their answer cells."""

    def __init__(self, release: Released, cells: Sequence[_Cell]) -> None:
        self._release = release
        self.names = {name for cell in cells if cell.kind == "code" for name in release.defined(cell.source)}

    @property
    def most(self) -> bool:
        """Whether that is at least half of them: of names alone, other notebooks have a few in common."""
        return len(self.names) * 2 >= len(self._release.exercises) > 0

    def as_code(self, cell: _Cell, problems: list[str]) -> _Cell:
        """The cell, or as a code cell where it defines what no code cell does."""
        if cell.kind == "code" or not _DEFINES.search(cell.source):
            return cell
        names = self._release.defined(cell.source) - self.names
        if not names:
            return cell
        problems.append(f"a cell that defines {', '.join(sorted(names))} is not a code cell; its text is read as code")
        return replace(cell, kind="code")

    def adds(self, cell: _Cell, ours: Mapping[str, Any]) -> bool:
        """Whether an edited given cell holds something that answers may stand on."""
        if cell.kind != "code":
            return False
        forms = {statement.form for statement in statements(ours["source"])}
        return any(
            each.defines or each.gives & self._release.exercises.keys() for each in statements(cell.source) if each.form not in forms
        )


_DEFINES = re.compile(r"^(?:async def|def|class)\s", re.MULTILINE)


def _answer(ours: NotebookNode, parts: Sequence[_Cell], problems: list[str], room: int, elsewhere: bool) -> tuple[str, list[_Cell]]:
    """The student's text for one answer cell, and the cells that only look like parts of it.

    room: characters that are left for answers. elsewhere: the answer stands in other cells. A cell that was split or copied carries its
    metadata, so there may be several: what is written in them is joined, but for what keeps the rest from being Python.
    """
    name = _mark(ours)["grade_id"]
    if not any(part.source.strip() for part in parts):
        problems.append(f"cell {name} is {'empty' if parts else 'missing'} and is restored{'' if elsewhere else ' without an answer'}")
        return ours.source, []
    code = [part for part in parts if part.kind == "code"]
    notes = [part for part in parts if part.kind != "code"] if code else []
    if not code:
        code = list(parts)
        problems.append(f"cell {name} is no longer a code cell; its text is read as code")
    texts = list(dict.fromkeys(part.source for part in code))
    written = [text for text in texts if text.strip() not in ("", ours.source.strip())]
    if not written:
        return ours.source, notes
    if len(written) > 1:
        whole = [text for text in written if parsing.read(text)[1]] if not parsing.read("\n".join(written))[1] else []
        broken = [part for part in code if part.source in written and part.source not in whole] if whole else []
        problems.append(
            f"cell {name} is there {len(written)} times; its parts {'that can be read ' if broken else ''}are joined in their order"
        )
        written, notes = whole or written, [*notes, *broken]
    text = "\n".join(written)
    if not bearable(text):
        problems.append(f"cell {name} is longer than {CODE_LENGTH:,} characters, or is no code that people write; it is left out")
        return ours.source, notes
    if len(text) > room:
        problems.append(f"the answers are longer than {ANSWERS_LENGTH:,} characters together, and cell {name} is left out: shorten them")
        return ours.source, notes
    return text, notes


def _differences(ours: NotebookNode, parts: Sequence[_Cell]) -> Iterator[str]:
    name = _mark(ours).get("grade_id")
    if name is None or ours.cell_type != "code":
        return
    if not parts:
        yield f"cell {name} is missing and is restored"
    elif any(part.source.strip() != ours.source.strip() for part in parts):
        yield f"cell {name} is a given cell and is restored; what was changed in it does not count"


class _Shelf:
    """Takes a student's own cells, as many as there is room for, cleans them and numbers them."""

    def __init__(self, skeleton: Sequence[NotebookNode]) -> None:
        self.taken = {ours.get("id") for ours in skeleton}
        self.ours = {(ours.cell_type, ours.source.strip()) for ours in skeleton}
        self.count = self.length = self.left_out = self.number = 0

    def place(self, cells: Sequence[_Cell]) -> Iterator[NotebookNode]:
        for cell in cells:
            if not cell.source.strip():
                continue
            text = self._cleaned(cell) if self._has_room(cell) else None
            if text is None:
                self.left_out += 1
                continue
            if not text.strip() or (cell.kind, text.strip()) in self.ours:
                continue
            self.count += 1
            yield _bare_cell(cell.kind, text, self._next_id())

    def _has_room(self, cell: _Cell) -> bool:
        bound = CODE_LENGTH if cell.kind == "code" else PROSE_LENGTH
        return self.count < OWN_CELLS and len(cell.source) <= min(bound, OWN_LENGTH - self.length)

    def _cleaned(self, cell: _Cell) -> str | None:
        """The text of a cell as it can be kept; None when there is none. It takes up room either way, because cleaning takes time."""
        text = cell.source if cell.kind == "code" else prose(cell.source)
        self.length += max(len(cell.source), len(text))
        fits = bearable(text) if cell.kind == "code" else len(text) <= PROSE_LENGTH
        return text if fits and self.length <= OWN_LENGTH else None

    def _next_id(self) -> str:
        while True:
            self.number += 1
            if (cell_id := f"own-{self.number}") not in self.taken:
                return cell_id


# -------------------------------------------------------------------------------------------------------------- cleaning


def _plain(text: str) -> str:
    """Text that every program reads in the same way: one kind of newline, no control characters, valid Unicode."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return re.sub("[\x00-\x08\x0b\x0e-\x1f]", "", text)


_ANSI = re.compile("\x1b\\[[0-?]*[ -/]*[@-~]")
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,8}|[^\s<&#;]{1,32});")
_HEADING = re.compile(r"^((?:[ \t>*+:-]|[0-9]{1,9}[.)])*+#{1,6}(?!#)[^\S\n]*)(?![\u200b])(?=\S)", re.MULTILINE)
_FENCE = re.compile(
    r"^((?:[ \t>*+:-]|[0-9]{1,9}[.)])*+(?:`{3,}+(?=[^`\n]*$)|~{3,}+)[^\S\n]*+)"
    r"(?!(?i:(?:python3?|py|text|txt|console|pycon|bash|sh)?)(?:\s|\Z))(?=\S)",
    re.MULTILINE,
)
_HARMLESS_TARGET = r"[ \t\n]*(?:https?://|mailto:|#)"
_TEX = "|".join(
    "bbox catcode class csname cssId data DeclareMathOperator def definecolor edef enclose gdef global href include includegraphics input "
    "let mathtip mmlToken newcommand newenvironment providecommand renewcommand renewenvironment require style texttip toggle unicode url "
    "xdef".split()
)
_TABLE = re.compile(r"[ \t>*+]*+[|:-][|: \t-]*+")
_MOST_TABLES = 20
_NEUTRALISED = [
    (re.compile(r"&(?=#|[^\s<&#;]{1,32};)"), "& "),  # an entity that still is one: it could spell any of what follows
    (re.compile(r"<(?=[A-Za-z/!?])"), "< "),  # a tag, a comment, an automatic link
    (re.compile(r"!(?=\[)"), "! "),  # an image: a picture elsewhere, or an attachment, which is gone and stops nbconvert
    (re.compile(rf"\](?=\()(?!\({_HARMLESS_TARGET})", re.IGNORECASE), "] "),  # a link
    (re.compile(rf"\](?=:)(?!:{_HARMLESS_TARGET})", re.IGNORECASE), "] "),  # the target of a link, given elsewhere
    (re.compile(rf"\\(?=(?:{_TEX})(?![A-Za-z]))"), r"\\ "),  # links, styles, loaded code and redefinitions in MathJax
    (re.compile(r"(?<![`~])([`~]{3,}+)(?=[^\S\n]*(?:(?i:mermaid)|[^\s]{0,7}[&\\]))"), r"\1text "),  # diagrams: unescaped HTML, and a script
    (_FENCE, r"\1text "),  # any of the hundreds of languages that Pygments knows, some of which it reads in quadratic time
    (_HEADING, "\\1\u200b"),  # a heading's id is its text, and could be that of a grade cell in formgrader
]


def prose(text: str) -> str:
    """A student's markdown in which nothing runs, loads, hides or takes the place of ours, in whatever renders it.

    It does not rely on finding markdown's structure as a renderer would: wherever a tag, image, entity, link with an
    unusual target … could begin, a space goes in between, which people can read over. Applying it twice changes nothing.
    """
    text = _plain(_ANSI.sub("", text))
    for _ in range(4):  # entities may be wrapped in entities; what is left after four is neutralised below
        before = text
        text = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
        text = text.replace("\u2028", "\n").replace("\u2029", "\n")
        text = _UNSEEN.sub("", _ANSI.sub("", _plain_newlines(text)))
        if text == before:
            break
    for pattern, replacement in _NEUTRALISED:
        text = pattern.sub(replacement, text)
    return "\n".join(_with_few_tables(_without_underlined_headings(text.split("\n"))))


def _plain_newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _with_few_tables(lines: Iterable[str]) -> Iterator[str]:
    """From some number on, a line that would begin a table no longer does: one that breaks off at its end is read from each such line."""
    tables = 0
    for line in lines:
        begins = bool(_TABLE.fullmatch(line))
        tables += begins
        yield f"\u200b{line}" if begins and tables > _MOST_TABLES else line


def _without_underlined_headings(lines: Sequence[str]) -> Iterator[str]:
    """A blank line goes between a paragraph and a line of = or -, which would make a heading of it."""
    before = ""
    for line in lines:
        rule = line.strip(" \t>")
        if rule and set(rule) in ({"="}, {"-"}) and before.strip(" \t>"):
            yield ""
        yield line
        before = line
