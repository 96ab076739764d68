"""What people and tools do to a notebook, made by machine: each kind takes the cells of an honest submission and gives them back damaged.

`python tests/damage.py [NOTEBOOK…] [--kind KIND]` grades every kind of every notebook in the sandbox and prints what came of it, beside
whether "Run All" passes the visible checks.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import io
import random
import re
import sys
import textwrap
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import jupytext
import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.course.answers import models, submission
from autograder.course.model import Course, Notebook
from autograder.grading.grade import Grader
from autograder.submission.rebuild import Ungradable, rebuild

Cells = list[NotebookNode]


# ------------------------------------------------------------------------------------------------ what a notebook is made of


def honest(notebook: Notebook) -> Cells:
    """The cells of the release with the model answers."""
    return list(submission(notebook, models(notebook)).cells)


def stubs(notebook: Notebook) -> dict[str, str]:
    return {grade_id(cell): cell.source for cell in notebook.skeleton.cells if is_answer(cell)}


def grade_id(cell: NotebookNode) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def is_answer(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def is_check(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("grade"))


def is_setup(cell: NotebookNode) -> bool:
    return "setup" in cell.metadata.get("tags", ())


def fresh(source: str) -> NotebookNode:
    return new_code_cell(source)


def with_source(cell: NotebookNode, source: str) -> NotebookNode:
    made = copy.deepcopy(cell)
    made["source"] = source
    return made


def bare(cell: NotebookNode) -> NotebookNode:
    return new_markdown_cell(cell.source) if cell.cell_type == "markdown" else new_code_cell(cell.source)


def each_answer(change: Callable[[NotebookNode, str], Cells]) -> Callable[[Cells, dict[str, str]], Cells]:
    """A kind that does something to every answer cell; the change gets the cell and its stub."""

    def kind(cells: Cells, blank: dict[str, str]) -> Cells:
        return [made for cell in cells for made in (change(cell, blank[grade_id(cell)]) if is_answer(cell) else [cell])]

    return kind


def every(change: Callable[[NotebookNode], NotebookNode | None]) -> Callable[[Cells, dict[str, str]], Cells]:
    return lambda cells, blank: [made for cell in cells if (made := change(copy.deepcopy(cell))) is not None]


def answers_moved(place: Callable[[Cells], int], one: bool = False, leave: bool = True) -> Callable[[Cells, dict[str, str]], Cells]:
    """Every answer in a cell of its own, or all in one, at one place; the stubs are left where they were, or not."""

    def kind(cells: Cells, blank: dict[str, str]) -> Cells:
        texts = [cell.source for cell in cells if is_answer(cell)]
        rest = [with_source(cell, blank[grade_id(cell)]) if is_answer(cell) else cell for cell in cells if leave or not is_answer(cell)]
        at = place(rest)
        return [*rest[:at], *map(fresh, ["\n\n\n".join(texts)] if one else texts), *rest[at:]]

    return kind


def after_setup(cells: Cells) -> int:
    return max(number for number, cell in enumerate(cells) if is_setup(cell)) + 1


def statements(source: str) -> list[str]:
    """The text of each statement, with the comments above it."""
    lines, found, begin = source.split("\n"), [], 0
    for statement in ast.parse(source).body:
        found.append("\n".join(lines[begin : statement.end_lineno]).strip("\n"))
        begin = statement.end_lineno or begin
    return found


def definitions(source: str) -> list[ast.FunctionDef | ast.ClassDef]:
    return [statement for statement in ast.parse(source).body if isinstance(statement, ast.FunctionDef | ast.ClassDef)]


def rewritten(change: Callable[[ast.stmt, str], str]) -> Callable[[str], str]:
    """A change of the text of each function or class of an answer."""

    def made(source: str) -> str:
        texts = zip(ast.parse(source).body, statements(source), strict=True)
        return "\n\n\n".join(change(node, text) if isinstance(node, ast.FunctionDef | ast.ClassDef) else text for node, text in texts)

    return made


def renamed(node: ast.stmt, text: str) -> tuple[str, str]:
    """A definition under another name, and its name."""
    name = node.name  # type: ignore[attr-defined]
    return re.sub(rf"^(def|class) {name}\b", rf"\1 my_{name}", text, count=1, flags=re.MULTILINE), name


# ------------------------------------------------------------------------------------------------------------ classes


def in_two(node: ast.stmt, text: str) -> tuple[str, list[str], str] | None:
    """A class's text up to the middle of its body, the texts of the statements after that, and its name; None for what cannot be cut."""
    if not isinstance(node, ast.ClassDef) or len(node.body) < 3 or node.decorator_list:
        return None
    lines = ast.parse(text).body[0]
    assert isinstance(lines, ast.ClassDef)
    middle, rows = len(lines.body) // 2 + 1, text.split("\n")
    ends = [part.end_lineno or 0 for part in lines.body]
    parts = ["\n".join(rows[begin:end]) for begin, end in zip(ends[middle - 1 :], ends[middle:], strict=False)]
    return "\n".join(rows[: ends[middle - 1]]), parts, lines.name


def attached(node: ast.stmt, text: str) -> str:
    """The second half of a class as functions that are attached by hand."""
    cut = in_two(node, text)
    if not cut or text.partition("\n")[0].endswith("):") or any(word in text for word in ("super()", "__class__", ".setter")):
        return text
    head, parts, name = cut
    made = [head]
    for part in parts:
        inner = textwrap.dedent(part).strip("\n")
        inner_name = ast.parse(inner).body[0].name if isinstance(ast.parse(inner).body[0], ast.FunctionDef) else ""  # type: ignore[attr-defined]
        if not inner_name:
            return text
        made.append(f"{inner}\n\n\n{name}.{inner_name} = {inner_name}")
    return "\n\n\n".join(made)


def continued(node: ast.stmt, text: str) -> str:
    """A class that is continued by a class of the same name."""
    cut = in_two(node, text)
    if not cut or ".setter" in text:
        return text
    head, parts, name = cut
    return f"{head}\n\n\nclass {name}({name}):\n" + "\n".join(parts)


# -------------------------------------------------------------------------------------------------------------- tools


def as_notebook(cells: Cells) -> NotebookNode:
    return new_notebook(
        cells=copy.deepcopy(cells), metadata={"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    )


def through_text(form: str, keep: bool = True) -> Callable[[Cells, dict[str, str]], Cells]:
    """To text and back, by jupytext."""

    def kind(cells: Cells, blank: dict[str, str]) -> Cells:
        made = as_notebook(cells)
        if not keep:
            made.metadata["jupytext"] = {"cell_metadata_filter": "-all"}
        return list(jupytext.reads(jupytext.writes(made, fmt=form), fmt=form).cells)

    return kind


def exported(cells: Cells, blank: dict[str, str]) -> Cells:
    """As `nbconvert --to script` writes it, taken apart again at its marks, prose as comments."""
    return [
        fresh("\n".join(f"# {line}" for line in cell.source.split("\n")))
        if cell.cell_type == "markdown"
        else fresh(f"# In[{n}]:\n\n\n{cell.source}")
        for n, cell in enumerate(cells)
    ]


def format_3(cells: Cells, blank: dict[str, str]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return nbformat.convert(as_notebook(cells), 3)


def colab(cell: NotebookNode) -> NotebookNode:
    cell["metadata"] = {"id": f"Zx{random.Random(cell.source).randrange(10**9)}"}
    del cell["id"]
    return cell


def deepnote(cell: NotebookNode) -> NotebookNode:
    kind = "code" if cell.cell_type == "code" else "text-cell-p"
    cell["metadata"] = {
        "cell_id": f"00001-{random.Random(cell.source).randrange(10**9)}",
        "deepnote_cell_type": kind,
        "source_hash": "b623e53d",
    }
    del cell["id"]
    return cell


def kaggle(cell: NotebookNode) -> NotebookNode:
    cell["metadata"] = {"trusted": True, "execution": {"iopub.status.busy": "2026-01-01T00:00:00"}} if cell.cell_type == "code" else {}
    del cell["id"]
    return cell


def vs_code(cell: NotebookNode) -> NotebookNode:
    cell["metadata"] = {"vscode": {"languageId": "python" if cell.cell_type == "code" else "markdown"}}
    cell["id"] = f"{random.Random(cell.source).randrange(16**8):08x}"
    return cell


def stripped_of(*keys: str) -> Callable[[NotebookNode], NotebookNode]:
    def change(cell: NotebookNode) -> NotebookNode:
        if "metadata" in keys:
            cell["metadata"] = {}
        if "id" in keys:
            del cell["id"]
        return cell

    return change


def retyped_form(cell: NotebookNode) -> NotebookNode:
    """Printed anew, without comments, and without anything that says whose it was."""
    made = stripped_of("metadata", "id")(cell)
    if made.cell_type == "code":
        made["source"] = ast.unparse(ast.parse(made.source))
    return made


def kind_changed(kind: str, keep: bool = True) -> Callable[[NotebookNode, str], Cells]:
    def change(cell: NotebookNode, stub: str) -> Cells:
        return [NotebookNode(cell_type=kind, id=cell["id"], source=cell.source, metadata=cell.metadata if keep else {})]

    return change


# -------------------------------------------------------------------------------------------------------- whole notebooks


def merged(metadata: bool) -> Callable[[Cells, dict[str, str]], Cells]:
    """All code in one cell, which may have the marks of the first answer."""

    def kind(cells: Cells, blank: dict[str, str]) -> Cells:
        text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "code")
        first = next(cell for cell in cells if is_answer(cell))
        return [with_source(first, text) if metadata else fresh(text)]

    return kind


def shuffled(cells: Cells, blank: dict[str, str]) -> Cells:
    return random.Random(1).sample(cells, len(cells))


def into_checks(cells: Cells, blank: dict[str, str]) -> Cells:
    """Each answer typed above the assertions of its check; its own cell is deleted."""
    made: Cells = []
    text = ""
    for cell in cells:
        if is_answer(cell):
            text = cell.source
        elif is_check(cell):
            made.append(with_source(cell, f"{text}\n\n\n{cell.source}"))
        else:
            made.append(cell)
    return made


def checks_into_answers(cells: Cells, blank: dict[str, str]) -> Cells:
    made: Cells = []
    for cell in cells:
        if is_check(cell):
            place = max(number for number, each in enumerate(made) if is_answer(each))
            made[place] = with_source(made[place], f"{made[place].source}\n\n\n{cell.source}")
        else:
            made.append(cell)
    return made


def into_setup(cells: Cells, blank: dict[str, str]) -> Cells:
    """All answers at the end of the last setup cell."""
    made = answers_moved(after_setup, one=True)(cells, blank)
    place = after_setup(made) - 1
    return [*made[:place], with_source(made[place], f"{made[place].source}\n\n{made[place + 1].source}"), *made[place + 2 :]]


def rotated(cells: Cells, blank: dict[str, str]) -> Cells:
    """Each answer in the answer cell of the exercise before, the first one in the last."""
    places = [number for number, cell in enumerate(cells) if is_answer(cell)]
    made = [*cells]
    for place, source in zip(places, [*places[1:], places[0]], strict=True):
        made[place] = with_source(cells[place], cells[source].source)
    return made


def into_the_one_before(cells: Cells, blank: dict[str, str]) -> Cells:
    """Every second answer joined to the one before it."""
    made: Cells = []
    answers = 0
    for cell in cells:
        if is_answer(cell):
            answers += 1
            if answers % 2 == 0:
                place = max(number for number, each in enumerate(made) if is_answer(each))
                made[place] = with_source(made[place], f"{made[place].source}\n\n\n{cell.source}")
                continue
        made.append(cell)
    return made


def after_their_checks(cells: Cells, blank: dict[str, str]) -> Cells:
    made: Cells = []
    waiting: Cells = []
    for cell in cells:
        made.append(with_source(cell, blank[grade_id(cell)]) if is_answer(cell) else cell)
        if is_answer(cell):
            waiting.append(fresh(cell.source))
        if is_check(cell):
            made += waiting
            waiting = []
    return made


def scratch_at_the_end(cells: Cells, blank: dict[str, str]) -> Cells:
    """Names of the exercises used once more, for what is no function."""
    names = [node.name for stub in blank.values() for node in definitions(stub)]
    return [
        *cells,
        fresh("\n".join(f"{name} = {number}" for number, name in enumerate(names))),
        fresh(f"for {names[0]} in range(3):\n    print({names[0]})"),
    ]


BROKEN = "def attempt(x:\n    return x +"
IMPORTS = "import copy\nimport os\nimport random\nimport sys\nimport time\nimport warnings\nimport matplotlib.pyplot as plt\nfrom tqdm import tqdm\n\nsys.setrecursionlimit(5000)\nwarnings.filterwarnings('ignore')\n\n"


def _retyped_below(cell: NotebookNode, stub: str) -> Cells:
    return [with_source(cell, stub), fresh(cell.source)]


def _given_lines_gone(cell: NotebookNode, stub: str) -> Cells:
    return [
        with_source(
            cell,
            "\n\n".join(
                text
                for text, node in zip(statements(cell.source), ast.parse(cell.source).body, strict=True)
                if not isinstance(node, ast.Assign)
            ),
        )
    ]


def _in_pieces(marks: str) -> Callable[[NotebookNode, str], Cells]:
    def change(cell: NotebookNode, stub: str) -> Cells:
        parts = statements(cell.source)
        return [
            with_source(cell, text) if marks == "all" or (marks == "first" and not number) else fresh(text)
            for number, text in enumerate(parts)
        ]

    return change


def _changed(change: Callable[[str], str], below: bool = False) -> Callable[[NotebookNode, str], Cells]:
    """The answer in another form: in its cell, or in a fresh cell below the stub."""

    def made(cell: NotebookNode, stub: str) -> Cells:
        text = change(cell.source)
        return [with_source(cell, stub), fresh(text)] if below else [with_source(cell, text)]

    return made


def _indented(head: str, tail: str = "") -> Callable[[ast.stmt, str], str]:
    return lambda node, text: f"{head}\n{textwrap.indent(text, '    ')}{tail}"


def _aliased(node: ast.stmt, text: str) -> str:
    other, name = renamed(node, text)
    return f"{other}\n\n\n{name} = my_{name}" if isinstance(node, ast.FunctionDef) else text


def _lambda(node: ast.stmt, text: str) -> str:
    other, name = renamed(node, text)
    return f"{other}\n\n\n{name} = lambda *values, **named: my_{name}(*values, **named)" if isinstance(node, ast.FunctionDef) else text


def _decorated(node: ast.stmt, text: str) -> str:
    return text.replace(
        re.search(r"^(def|class) ", text, re.MULTILINE)[0], f"@same\n{re.search(r'^(def|class) ', text, re.MULTILINE)[0]}", 1
    )  # type: ignore[index]


SAME = "def same(thing):\n    return thing"

KINDS: dict[str, Callable[[Cells, dict[str, str]], Any]] = {
    "nothing": lambda cells, blank: cells,
    "retyped below the stub": each_answer(_retyped_below),
    "retyped above the stub": each_answer(lambda cell, stub: [fresh(cell.source), with_source(cell, stub)]),
    "retyped, the stub deleted": each_answer(lambda cell, stub: [fresh(cell.source)]),
    "retyped, the stub's cell emptied": each_answer(lambda cell, stub: [with_source(cell, ""), fresh(cell.source)]),
    "retyped above the emptied cell": each_answer(lambda cell, stub: [fresh(cell.source), with_source(cell, "\n")]),
    "retyped after the check": after_their_checks,
    "retyped at the end": answers_moved(len),
    "retyped at the end in one cell": answers_moved(len, one=True),
    "retyped at the beginning": answers_moved(after_setup),
    "retyped at the beginning, stubs deleted": answers_moved(after_setup, leave=False),
    "retyped at the beginning in one cell": answers_moved(after_setup, one=True, leave=False),
    "retyped before everything": answers_moved(lambda cells: 0),
    "retyped in the setup cell": into_setup,
    "retyped in the check cell": into_checks,
    "joined with the check": checks_into_answers,
    "joined with the answer before": into_the_one_before,
    "each in the cell of the one before": rotated,
    "all code in one fresh cell": merged(metadata=False),
    "all code in the first answer cell": merged(metadata=True),
    "split, marks on the first": each_answer(_in_pieces("first")),
    "split, marks on all": each_answer(_in_pieces("all")),
    "split, no marks": each_answer(_in_pieces("none")),
    "doubled": each_answer(lambda cell, stub: [cell, copy.deepcopy(cell)]),
    "the stub doubled below": each_answer(lambda cell, stub: [cell, with_source(cell, stub)]),
    "the stub doubled above": each_answer(lambda cell, stub: [with_source(cell, stub), cell]),
    "a bare stub below": each_answer(lambda cell, stub: [cell, fresh(stub + "\n# mine")]),
    "a stub without its docstring below": each_answer(lambda cell, stub: [cell, fresh(re.sub(r'^ *"""[^"]*"""\n', "", stub, flags=re.MULTILINE))]),
    "a broken attempt above": each_answer(lambda cell, stub: [fresh(BROKEN), cell]),
    "a broken attempt above, with the marks": each_answer(lambda cell, stub: [with_source(cell, BROKEN), cell]),
    "a broken attempt in the answer cell": each_answer(lambda cell, stub: [with_source(cell, BROKEN), fresh(cell.source)]),
    "a broken attempt below": each_answer(lambda cell, stub: [cell, fresh(BROKEN)]),
    "reversed": lambda cells, blank: cells[::-1],
    "shuffled": shuffled,
    "answers as markdown": each_answer(kind_changed("markdown")),
    "answers as raw": each_answer(kind_changed("raw")),
    "answers as raw, no marks": each_answer(kind_changed("raw", keep=False)),
    "answers as markdown, no marks": each_answer(kind_changed("markdown", keep=False)),
    "metadata stripped": every(stripped_of("metadata")),
    "ids stripped": every(stripped_of("id")),
    "metadata and ids stripped": every(stripped_of("metadata", "id")),
    "stripped, code alone": lambda cells, blank: [bare(cell) for cell in cells if cell.cell_type == "code"],
    "stripped, answers alone": lambda cells, blank: [fresh(cell.source) for cell in cells if is_answer(cell) or is_setup(cell)],
    "stripped, reversed": lambda cells, blank: [bare(cell) for cell in cells[::-1]],
    "stripped, stub above": each_answer(lambda cell, stub: [fresh(stub), fresh(cell.source)]),
    "stripped, retyped after the check": lambda cells, blank: [bare(cell) for cell in after_their_checks(cells, blank)],
    "stripped, split": lambda cells, blank: [bare(cell) for cell in each_answer(_in_pieces("none"))(cells, blank)],
    "stripped, a broken attempt": lambda cells, blank: [bare(each) for cell in cells for each in ([fresh(BROKEN), cell] if is_answer(cell) else [cell])],
    "printed anew": every(retyped_form),
    "printed anew, all in one": lambda cells, blank: [retyped_form(cell) for cell in merged(metadata=False)(cells, blank)],
    "nbstripout": lambda cells, blank: [NotebookNode(cell, id=str(number)) for number, cell in enumerate(cells)],
    "jupytext py:percent": through_text("py:percent"),
    "jupytext py:percent, no metadata": through_text("py:percent", keep=False),
    "jupytext py:light": through_text("py:light"),
    "jupytext py:light, no metadata": through_text("py:light", keep=False),
    "jupytext md": through_text("md"),
    "jupytext md, no metadata": through_text("md", keep=False),
    "exported as a script": exported,
    "format 3": format_3,
    "Colab": every(colab),
    "Deepnote": every(deepnote),
    "Kaggle": every(kaggle),
    "VS Code": every(vs_code),
    "Windows' line ends": every(lambda cell: with_source(cell, cell.source.replace("\n", "\r\n"))),
    "given lines deleted": each_answer(_given_lines_gone),
    "given lines deleted, retyped below": each_answer(lambda cell, stub: [with_source(cell, stub), *_given_lines_gone(fresh(cell.source), stub)]),
    "methods attached by hand": each_answer(_changed(rewritten(attached))),
    "methods attached by hand, below the stub": each_answer(_changed(rewritten(attached), below=True)),
    "classes continued under the same name": each_answer(_changed(rewritten(continued))),
    "classes continued, below the stub": each_answer(_changed(rewritten(continued), below=True)),
    "under if": each_answer(_changed(rewritten(_indented("if True:")), below=True)),
    "in try": each_answer(_changed(rewritten(_indented("try:", "\nfinally:\n    pass")), below=True)),
    "all of it under if": each_answer(_changed(lambda text: f"if True:\n{textwrap.indent(text, '    ')}", below=True)),
    "decorated": lambda cells, blank: each_answer(_changed(rewritten(_decorated), below=True))([fresh(SAME), *cells], blank),
    "by another name": each_answer(_changed(rewritten(_aliased), below=True)),
    "as a lambda": each_answer(_changed(rewritten(_lambda), below=True)),
    "with a magic": each_answer(_changed(lambda text: f"%%time\n%matplotlib inline\n{text}")),
    "harmless imports": each_answer(_changed(lambda text: IMPORTS + text)),
    "harmless imports, in a cell of their own": lambda cells, blank: [fresh(IMPORTS), *cells],
    "scratch at the end": scratch_at_the_end,
}  # fmt: skip
"""By name: cells with all answers, and the stubs by grade_id, become damaged cells, or a whole notebook."""

# ------------------------------------------------------------------------------------------------------------ what came of it


def damaged(kind: str, cells: Cells, blank: dict[str, str]) -> NotebookNode:
    made = KINDS[kind](copy.deepcopy(cells), blank)
    return made if isinstance(made, NotebookNode) else NotebookNode(cells=made, metadata={}, nbformat=4, nbformat_minor=5)


def is_quick(cell: NotebookNode) -> bool:
    """Whether a cell may be run without drawing or training: answers, checks, setup, and given definitions."""
    if cell.cell_type != "code" or is_answer(cell) or is_check(cell) or is_setup(cell):
        return True
    return all(isinstance(each, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom) for each in ast.parse(cell.source).body)


def run_all(nb: NotebookNode, checks: int) -> bool:
    """Whether the code cells run from top to bottom, and every assertion of the visible checks is among them."""
    module = types.ModuleType("__main__")
    before = sys.modules["__main__"]
    sys.modules["__main__"] = module
    cells = nb.cells if "cells" in nb else [cell for sheet in nb.worksheets for cell in sheet.cells]
    sources = [cell.get("source", cell.get("input")) for cell in cells if cell.cell_type == "code"]
    if sum(source.count("assert ") for source in sources) < checks:
        return False
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for source in sources:
                exec(compile(re.sub(r"^%.*$", "pass", source, flags=re.MULTILINE), "cell", "exec"), module.__dict__)
    except Exception:
        return False
    finally:
        sys.modules["__main__"] = before
    return True


def outcomes(notebook: Notebook, kinds: list[str], grader: Grader) -> Iterator[tuple[str, bool, float, list[str]]]:
    """For each kind: whether "Run All" passes, the share of the points, and what was said."""
    cells, blank = honest(notebook), stubs(notebook)
    quick = [cell for cell in cells if is_quick(cell)]
    checks = sum(cell.source.count("assert ") for cell in quick if is_check(cell))
    for kind in kinds:
        try:
            made = rebuild(notebook, damaged(kind, cells, blank))
            result = grader.grade(made.notebook)
            score, said = result.score / result.max_score, [*made.problems, *result.problems]
        except Ungradable as error:
            score, said = 0.0, [str(error)]
        yield kind, run_all(damaged(kind, quick, blank), checks), score, said


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("notebooks", nargs="*")
    options.add_argument("--kind", action="append")
    options.add_argument("--say", action="store_true")
    chosen = options.parse_args()
    for notebook in Course():
        if chosen.notebooks and notebook.name not in chosen.notebooks:
            continue
        with Grader(notebook, device="cpu", store=False) as grader:
            for kind, passes, score, said in outcomes(notebook, chosen.kind or list(KINDS), grader):
                verdict = "full" if score == 1 else ("WRONG" if passes else "said" if said else "SILENT")
                print(f"{notebook.name:22} {kind:44} {'runs' if passes else 'stops':6} {score:6.1%} {verdict}", flush=True)
                if chosen.say or verdict in ("WRONG", "SILENT"):
                    print(*(f"      {sentence}" for sentence in said[:8]), sep="\n", flush=True)


if __name__ == "__main__":
    main()
