"""Given code that several notebooks share stands once, in source/_shared/, and is put in where a source imports it.

In the place of the line `from _shared.palette import BLUE`, which linters and editors understand, a notebook has the text of
source/_shared/palette.py below its imports: it runs alone, and what a piece imports, the notebook imports itself.
"""

from __future__ import annotations

import ast
import re
import symtable
from itertools import takewhile

from autograder.course.model import CourseError, Notebook

USE = re.compile(r"^[ \t]*(?:from|import) +_shared\b.*", re.MULTILINE)
FORM = re.compile(r"from _shared\.(\w+) import (\w+(?:, \w+)*)")


def text(notebook: Notebook) -> str:
    """The source of a notebook, with its shared pieces put in.

    Raises `CourseError`, with file and line, for a line that puts no piece in, and for a piece that is not valid Python.
    """
    written = notebook.source.read_text(encoding="utf-8")

    def piece(use: re.Match[str]) -> str:
        line = written.count("\n", 0, use.start()) + 1
        try:
            return _piece(notebook, use[0])
        except ValueError as fault:
            raise CourseError(f"{notebook.source.relative_to(notebook.root)}, line {line}: {fault}") from fault

    return USE.sub(piece, written)


def _piece(notebook: Notebook, use: str) -> str:
    """What stands in the place of one line; `ValueError` with what is wrong with it."""
    form = FORM.fullmatch(use)
    if not form:
        raise ValueError("a shared piece is put in by a line with nothing before or behind it: from _shared.PIECE import NAME, NAME")
    path = notebook.root / "source" / "_shared" / f"{form[1]}.py"
    if not path.is_file():
        known = ", ".join(sorted(other.stem for other in path.parent.glob("*.py"))) or "none"
        raise ValueError(f"there is no shared piece {form[1]!r}; there is: {known}")
    content = path.read_text(encoding="utf-8")
    try:
        statements = ast.parse(content).body
        symbols = symtable.symtable(content, path.name, "exec").get_symbols()
    except SyntaxError as error:
        raise ValueError(f"{path.relative_to(notebook.root)}, line {error.lineno}, is not valid Python: {error.msg}") from error
    defined = {symbol.get_name() for symbol in symbols if symbol.is_assigned()}
    missing = ", ".join(sorted(set(form[2].split(", ")) - defined))
    if missing:
        raise ValueError(f"{path.relative_to(notebook.root)} defines no {missing}; it defines: {', '.join(sorted(defined))}")
    imports = takewhile(lambda statement: isinstance(statement, ast.Import | ast.ImportFrom), statements)
    begins = max((statement.end_lineno or 0 for statement in imports), default=0)
    return "\n".join(content.split("\n")[begins:]).strip("\n")
