"""nbgrader's own weak points: the notebook file itself, its cells and their metadata, and the files and names around it."""

from __future__ import annotations

import gzip
import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from siege import FOREIGN, Attack

WRONG = "def seal(text): return text"

Bend = Callable[[dict[str, Any]], bytes | None]


def _cell(notebook: dict[str, Any], grade_id: str) -> dict[str, Any]:
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id:
            return cell  # type: ignore[no-any-return]
    raise KeyError(grade_id)


def _bent(bend: Callable[[dict[str, Any]], object], mark: float | None = 4, cause: str = "") -> Attack:
    """A notebook that is changed in place."""

    def changed(notebook: dict[str, Any]) -> None:
        bend(notebook)

    return Attack(WRONG, bend=changed, mark=mark, cause=cause)


def _file(make: Callable[[dict[str, Any]], bytes], cause: str) -> Attack:
    """A file that is no notebook to be graded."""
    return Attack(WRONG, bend=make, mark=None, cause=cause)


def _marked(**mark: object) -> Attack:
    def bend(notebook: dict[str, Any]) -> None:
        for cell in notebook["cells"]:
            if "nbgrader" in cell["metadata"]:
                cell["metadata"]["nbgrader"].update(mark)

    return _bent(bend)


def _own(cell_type: str, source: str, **more: Any) -> Attack:
    """A cell of the student's own, before all others."""
    cell = {"cell_type": cell_type, "id": "mine", "metadata": {}, "source": source, **more}
    if cell_type == "code":
        cell = {"outputs": [], "execution_count": None, **cell}
    return _bent(lambda notebook: notebook["cells"].insert(0, cell))


def _answered(source: str) -> Attack:
    """A notebook whose attacked cell holds this text."""
    return _bent(lambda notebook: _cell(notebook, "seal_answer").update(source=source))


def _forged_outputs(notebook: dict[str, Any]) -> None:
    outputs = [
        {"output_type": "execute_result", "metadata": {}, "execution_count": 1, "data": {"text/plain": "6"}},
        {"output_type": "execute_result", "metadata": {}, "execution_count": 1, "data": {"text/plain": "nan"}},
        {"output_type": "display_data", "metadata": {}, "data": {"text/html": f"<script>{FOREIGN}()</script>"}},
    ]
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell.update(outputs=outputs, execution_count=7)


def _split(notebook: dict[str, Any]) -> None:
    """The attacked cell in two, between which a cell of the attacker's own stands."""
    place = notebook["cells"].index(_cell(notebook, "seal_answer"))
    first, second = (json.loads(json.dumps(notebook["cells"][place])) for _ in range(2))
    first["source"], second["source"], second["id"] = "def seal(text):", "    return text", "second"
    own = {"cell_type": "code", "id": "between", "metadata": {}, "source": "x = 1", "outputs": [], "execution_count": None}
    notebook["cells"][place : place + 1] = [first, own, second]


def _merged(notebook: dict[str, Any]) -> None:
    """All cells in one."""
    text = "\n\n".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code")
    cell = _cell(notebook, "double_answer")
    cell["source"] = text
    notebook["cells"] = [cell]


def _doubled(notebook: dict[str, Any]) -> None:
    for grade_id in ("seal_answer", "seal", "double", "setup"):
        copied = json.loads(json.dumps(_cell(notebook, grade_id)))
        copied["id"] = f"again-{grade_id}"
        if grade_id == "seal_answer":
            copied["source"] = "def seal(text): return True"
        notebook["cells"].append(copied)


def _without(*grade_ids: str) -> Attack:
    def bend(notebook: dict[str, Any]) -> None:
        notebook["cells"] = [cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") not in grade_ids]

    return _bent(bend)


def _exchanged(notebook: dict[str, Any]) -> None:
    """The honest answer under the name of the exercise that is worth more, and an answer in the place of a check."""
    seal, double = _cell(notebook, "seal_answer"), _cell(notebook, "double_answer")
    seal["metadata"]["nbgrader"], double["metadata"]["nbgrader"] = double["metadata"]["nbgrader"], seal["metadata"]["nbgrader"]
    seal["id"], double["id"] = double["id"], seal["id"]
    seal["source"], double["source"] = double["source"], seal["source"]
    notebook["cells"].reverse()


def _format_3(notebook: dict[str, Any]) -> bytes:
    sheet = []
    for cell in notebook["cells"]:
        old = {"cell_type": cell["cell_type"], "metadata": cell["metadata"]}
        old |= {"input": cell["source"], "language": "python", "outputs": []} if cell["cell_type"] == "code" else {"source": cell["source"]}
        sheet.append(old)
    sheet.append({"cell_type": "heading", "level": 99, "source": f"<script>{FOREIGN}()</script>", "metadata": {}})
    return json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": sheet}]}).encode()


def _deep(notebook: dict[str, Any]) -> bytes:
    text = json.dumps(notebook)
    return text.replace('"metadata": {', '"metadata": {"deep": ' + "[" * 100_000 + "]" * 100_000 + ", ", 1).encode()


def _wide(notebook: dict[str, Any]) -> None:
    notebook["metadata"]["wide"] = {f"{FOREIGN}{number}": [number] * 5 for number in range(50_000)}
    _cell(notebook, "seal_answer")["metadata"]["nbgrader"]["wide"] = ["x" * 1000] * 1000


def _many_cells(notebook: dict[str, Any]) -> bytes:
    cells = ", ".join(json.dumps(cell) for cell in notebook["cells"])
    return ('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [' + cells + ', {"source":""}' * 500_000 + "]}").encode()


def _much_prose(notebook: dict[str, Any]) -> None:
    cell = {"cell_type": "markdown", "metadata": {}, "source": "[](!<&amp;lt;" * 700}
    notebook["cells"] += [cell] * 1500


def _endless_prose(notebook: dict[str, Any]) -> None:
    for text in ("[" * 9_000, "*a " * 3_000, "`" * 9_000, "> " * 4_000, "$" * 9_000, "|-" * 4_000, "- " * 4_000):
        notebook["cells"].append({"cell_type": "markdown", "metadata": {}, "source": text})


def _large(notebook: dict[str, Any]) -> bytes:
    notebook["metadata"]["large"] = ""
    return json.dumps(notebook).replace('"large": ""', '"large": "' + "x" * (100 << 20) + '"').encode()


def _dense(size: int) -> Callable[[dict[str, Any]], bytes]:
    """Objects with nothing in them, each of which costs the reader a hundred times its own size."""

    def made(notebook: dict[str, Any]) -> bytes:
        notebook["metadata"]["dense"] = []
        return json.dumps(notebook).replace('"dense": []', '"dense": [' + "{}," * (size // 3) + "{}]").encode()

    return made


def _endless_beside(folder: Path) -> None:
    """What nbgrader would copy, or read as a time, without end."""
    for name in ("notes.txt", "timestamp.txt", "data.csv"):
        (folder / name).symlink_to("/dev/zero")
    (folder / "loop").symlink_to(folder, target_is_directory=True)


def _zip(notebook: dict[str, Any]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("text.ipynb", b"0" * (64 << 20))
    return packed.getvalue()


def _twice(notebook: dict[str, Any]) -> bytes:
    """The key `cells` twice, of which programs take the first or the last."""
    text = json.dumps(notebook)
    return (text[:-1] + ', "cells": [], "nbformat": 4, "cells": ' + json.dumps(notebook["cells"]) + "}").encode()


def _bombs_beside(folder: Path) -> None:
    """A zip bomb, names that are tricks, and a tree that is deep; none of them is opened."""
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"../../../{FOREIGN}", b"0" * (64 << 20))
    for name in (f"a\n{FOREIGN}", "..hidden", "\u202egpj.ipynb", "-rf", "*", "$(touch onslaught)", "a" * 250, "text .ipynb", "TEXT.IPYNB"):
        (folder / name).write_text(f"<script>{FOREIGN}()</script>")
    (folder / os.fsdecode(b"\xff\xfe.py")).write_bytes(b"\xff")
    os.mkfifo(folder / "pipe.ipynb")
    deep = folder
    for _ in range(40):
        deep /= "deep"
    deep.mkdir(parents=True)
    (folder / "timestamp.txt").mkdir()


def _becomes(make: Callable[[Path, Path], object], cause: str) -> Attack:
    """Something else in the place of the notebook; `make` gets its path and the course's folder."""

    def place(folder: Path) -> None:
        path = folder / "text.ipynb"
        path.unlink()
        make(path, folder.parents[2])

    return Attack(WRONG, place=place, mark=None, cause=cause)


def _linked_to_neighbour(folder: Path) -> None:
    """The folder of the assignment is a link to that of another student."""
    (folder / "text.ipynb").unlink()
    folder.rmdir()
    folder.symlink_to(folder.parents[1] / "ada" / "siege")


_IMAGE = {"x.png": {"image/svg+xml": f"<svg onload='{FOREIGN}()'>"}}

NOTEBOOKS: dict[str, Attack] = {
    # ------------------------------------------------------------------------------- marks and what they stand in
    "points changed": _marked(points=1000),
    "points that are no number": _marked(points="NaN"),
    "checksums changed": _marked(checksum="0" * 32),
    "everything unlocked": _marked(locked=False, solution=True, grade=True),
    "a schema version of the future": _marked(schema_version=99),
    "ids that are lists, and of other letters": _bent(lambda notebook: _cell(notebook, "seal").update(id=["x"], metadata={"nbgrader": {"grade_id": "sеal"}})),
    "an own cell with points": _own("code", "x = 1", metadata={"nbgrader": {"grade_id": "mine", "grade": True, "points": 100, "solution": True}}),
    "an own cell that says it is the check": _own("code", "6", metadata={"nbgrader": {"grade_id": "seal", "grade": True, "points": 6}}),
    "an own cell that says it is the setup": _own("code", "import os\nos._exit(0)", metadata={"tags": ["setup"], "nbgrader": {"grade_id": "setup"}}),
    "an own cell that says it is the check, and defines": _own("code", "def seal(text): return True\nfloat = lambda x: 6.0", metadata={"nbgrader": {"grade_id": "seal", "grade": True}}),
    "a fresh answer that stands for ours": _own("code", "class Ask:\n    def __eq__(self, other): return True\nseal = Ask()\nasked = setup = probe = encode = Ask()"),
    "definitions of what the questions are called": _own("code", "def seal_of(m, text): return text\ndef seal(text): return seal_of\nprobes = {'seal': seal}\n_kept_seal = seal"),
    "a function that turns into a value when it is asked whether it can be called": _own("code", "class Odd(type):\n    @property\n    def __call__(cls): raise SystemExit\nclass seal(metaclass=Odd): pass\nseal = seal\ndef seal(text): return callable\ncallable = lambda thing: False\nseal = 6"),
    "answers in the wrong kinds of cell": _bent(lambda notebook: [cell.update(cell_type="raw") for cell in notebook["cells"] if cell["cell_type"] == "code"]),
    "the check edited": _bent(lambda notebook: _cell(notebook, "seal").update(source="6.0")),
    "the setup edited": _bent(lambda notebook: _cell(notebook, "setup").update(source="while True: pass")),
    "outputs that are marks": _bent(_forged_outputs),
    "answers exchanged, cells in reverse": _bent(_exchanged),
    "cells split": _bent(_split),
    "cells merged": _bent(_merged),
    "cells doubled, with another answer": _bent(_doubled),
    "the check deleted": _without("seal", "double"),
    "answer and check deleted": _without("seal", "seal_answer"),
    "all metadata deleted": _bent(lambda notebook: [cell.update(metadata={}) for cell in notebook["cells"]]),
    "metadata that is no metadata": _bent(lambda notebook: [notebook.update(metadata=[7]), _cell(notebook, "seal").update(metadata="x")]),
    # ------------------------------------------------------------------------------- what runs
    "a cell magic": _answered("%%bash\ntouch /tmp/onslaught"),
    "a cell magic that writes a file": _answered("%%writefile /tmp/onslaught.py\nx = 1"),
    "shell commands and magics": _answered("!touch /tmp/onslaught\nfiles = !ls /\n%run /tmp/x.py\n%load_ext onslaught\ndef seal(text): return files"),
    "a command in an own cell": _own("code", "!curl http://onslaught.example\nget_ipython().system('touch /tmp/onslaught')\nx = 1"),
    "an import that is not allowed": Attack("import importlib\ndef seal(text): return importlib.import_module('hidden')"),
    "an import that is not allowed, in letters that look the same": Attack("def seal(text): return __ｉｍｐｏｒｔ__('importlib').import_module('hidden')"),
    "an import in an own cell": _own("code", "import importlib; x = importlib.import_module('hidden')"),
    "an encoding in which the code is other code": _answered("# -*- coding: utf-7 -*-\n# +AAo-import os+AAo-os._exit(0)\ndef seal(text): return text"),
    "another kernel": _bent(lambda notebook: notebook["metadata"].update(kernelspec={"name": "../../onslaught", "language": "bash", "display_name": FOREIGN})),
    "another language": _bent(lambda notebook: notebook["metadata"].update(language_info={"name": "R", "pygments_lexer": "../../onslaught"})),
    # ------------------------------------------------------------------------------- what a browser would run
    "a script in markdown": _own("markdown", f"<script>{FOREIGN}()</script><img src=x onerror={FOREIGN}()>"),
    "an event handler in markdown": _own("markdown", f"<b onmouseover='{FOREIGN}()'>x</b> <svg/onload={FOREIGN}()> <p style='background:url(//{FOREIGN})'>"),
    "a link that is a script": _own("markdown", f"[x](javascript:{FOREIGN}()) <a href='java&#x0A;script:{FOREIGN}()'>y</a> <javascript:{FOREIGN}()>"),
    "an image that reports who reads": _own("markdown", f"![x](https://{FOREIGN}.example/x.png)\n\n![y][z]\n\n[z]: //{FOREIGN}.example/y.png"),
    "a style sheet and a frame": _own("markdown", f"<style>@import '//{FOREIGN}';</style><iframe src='//{FOREIGN}'></iframe><base href='//{FOREIGN}'>"),
    "a diagram and a formula that are scripts": _own(
        "markdown", f"```mermaid\ngraph LR; A[\"<img src=x onerror={FOREIGN}()>\"]\n```\n$\\href{{javascript:{FOREIGN}()}}{{x}}$"
    ),
    "an attachment that is a script": _own("markdown", "![x](attachment:x.png)", attachments=_IMAGE),
    "raw HTML": _own("raw", f"<script>{FOREIGN}()</script>", metadata={"raw_mimetype": "text/html", "format": "text/html"}),
    "HTML in code": _own("code", f"x = '</pre></div><script>{FOREIGN}()</script>'  # <!-- <img src=x onerror={FOREIGN}()>"),
    "a heading that is a mark": _own("markdown", "# seal\n\nseal\n====\n\n<h1 id=seal>(Score: 6.0 / 6.0)</h1>"),
    "terminal colours and unseen letters": _own("markdown", f"\x1b]0;{FOREIGN}\x07\x1b[31mred\x1b[0m \u202e\u2066\ufeff"),
    # ------------------------------------------------------------------------------- the file
    "format 3": Attack(WRONG, bend=_format_3),
    "a format of the future": _bent(lambda notebook: notebook.update(nbformat=99), None, "notebook format from 1 to 4"),
    "a format that is text": _bent(lambda notebook: notebook.update(nbformat="4"), None, "notebook format from 1 to 4"),
    "another notebook": _bent(lambda notebook: notebook.update(cells=notebook["cells"][:1]), None, "none of the exercises"),
    "no cells": _bent(lambda notebook: notebook.update(cells={}), None, "no cells"),
    "metadata a hundred thousand deep": _file(_deep, "nested too deeply"),
    "metadata of fifty thousand keys": _bent(_wide),
    "half a million cells": _file(_many_cells, "cells"),
    "a thousand cells of prose that is dear to clean": _bent(_much_prose),
    "prose that is dear to render": _bent(_endless_prose),
    "a hundred megabytes": _file(_large, "larger than"),
    "thirty megabytes of {} in the metadata": _file(_dense(30 << 20), "larger than"),
    "nineteen megabytes of {} in the metadata": _file(_dense(19 << 20), "more lists and numbers"),
    "a zip bomb under the notebook's name": _file(_zip, "not a notebook"),
    "a gzip bomb under the notebook's name": _file(lambda notebook: gzip.compress(b" " * (64 << 20)), "not a notebook"),
    "UTF-16": _file(lambda notebook: json.dumps(notebook).encode("utf-16"), "not UTF-8"),
    "half a file": _file(lambda notebook: json.dumps(notebook).encode()[:1000], "not JSON"),
    "an empty file": _file(lambda notebook: b" \n", "empty"),
    "null bytes": _file(lambda notebook: bytes(1000), "not a notebook"),
    "numbers that JSON lacks": Attack(WRONG, bend=lambda notebook: json.dumps(notebook).replace('"metadata": {', '"metadata": {"a": NaN, "b": -Infinity, "c": 1e999, "d": ' + "9" * 10_000 + ", ", 1).encode()),
    "the same key twice": Attack(WRONG, bend=_twice),
    "half a surrogate pair in source and names": Attack(WRONG, bend=lambda notebook: json.dumps(notebook).replace("return text", "return text  # \\ud800").encode()),
    # ------------------------------------------------------------------------------- files around it
    "a link to the model answers": _becomes(lambda path, course: path.symlink_to(course / "solutions" / "siege" / "text.ipynb"), "link"),
    "a link to the gradebook": _becomes(lambda path, course: path.symlink_to(course / "gradebook.db"), "link"),
    "a link to another submission": _becomes(lambda path, course: path.symlink_to(course / "submitted" / "ada" / "siege" / "text.ipynb"), "link"),
    "a link to a device without end": _becomes(lambda path, course: path.symlink_to("/dev/zero"), "link"),
    "a pipe that nobody writes to": _becomes(lambda path, course: os.mkfifo(path), "not a file"),
    "a folder": _becomes(lambda path, course: path.mkdir(), "not a file"),
    "the folder, linked to another student's": Attack(WRONG, place=_linked_to_neighbour, mark=None, cause="link"),
    "links to a device without end beside it": Attack(WRONG, place=_endless_beside),
    "a timestamp that is none": Attack(WRONG, place=lambda folder: (folder / "timestamp.txt").write_bytes(b"\xff\x00soon" * 1000)),
    "a timestamp in a zone that there is not": Attack(WRONG, place=lambda folder: (folder / "timestamp.txt").write_text("2026-01-01 00:00:00 Nowhere/Land")),
    "bombs, links and tricky names beside it": Attack(WRONG, place=_bombs_beside),
}  # fmt: skip
