"""Feedback pages by nbgrader's own exporter and template, byte for byte, in a fraction of the time.

The exporter ends by parsing the page that it made and writing it again, which takes far longer than all the rest. So what the
cells say is kept out of the page while it is made: a mark stands for each piece of rendered Markdown, code and output; the
pieces are rendered and parsed by themselves, each once for a class, and then put in. Parsed by itself, a tag that a student
left open ends with its cell.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from bs4 import BeautifulSoup
from jinja2 import pass_context
from nbconvert.filters import strip_files_prefix
from nbconvert.filters.highlight import Highlight2HTML
from nbformat import NotebookNode
from nbgrader.converters import GenerateFeedback
from nbgrader.preprocessors import GetGrades
from traitlets.utils.importstring import import_item


@dataclass(frozen=True)
class Page:
    """What a feedback page says besides the notebook: of each cell of ours its mark or comment, and the sums."""

    cells: Mapping[str, Mapping[str, object]]
    score: float
    max_score: float
    late_penalty: float


class _Marks(GetGrades):
    """nbgrader's GetGrades, which asks the database again for every cell, with the answers at hand."""

    page: Page | None = None

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        assert self.page is not None
        for cell in nb.cells:
            if "nbgrader" in cell.metadata:
                cell.metadata.nbgrader.update(self.page.cells.get(cell.metadata.nbgrader.grade_id, {}))
        resources["nbgrader"].update(score=self.page.score, max_score=self.page.max_score, late_penalty=self.page.late_penalty)
        return nb, resources


def _parsed(html: str) -> str:
    """A piece of HTML as the exporter leaves it: parsed, every image with a text beside it, written again."""
    soup = BeautifulSoup(html, features="html.parser")
    for image in soup.select("img:not([alt])"):
        image.attrs["alt"] = "No description has been provided for this image"
    return str(soup)


def _parsed_code(html: str) -> str:
    """The same for what Pygments makes, where parsing and writing change a blank and how quotes are written."""
    return html.replace('class=" ', 'class="', 1).replace("&quot;", '"').replace("&#39;", "'")


class Pages:
    """Makes the pages of a class."""

    def __init__(self, converter: GenerateFeedback) -> None:
        self._marks = _Marks(parent=converter)
        self._exporter = converter.exporter_class(parent=converter, config=converter.config)
        self._exporter.optimistic_validation = True
        for step in converter.preprocessors:
            kind = import_item(step) if isinstance(step, str) else step
            self._exporter.register_preprocessor(self._marks if kind is GetGrades else step)
        self._highlighters: dict[str | None, Highlight2HTML] = {}
        self._lexer: str | None = None
        self._settled: dict[tuple[object, ...], tuple[str, str, str]] = {}
        self._tag = f"piece-{secrets.token_hex(16)}"  # which no submission can guess
        self._pieces: list[str] = []
        self._exporter.filters = {**self._exporter.filters, "markdown2html": self._markdown2html, "highlight_code": self._highlight_code}

    def page(self, name: str, notebook: NotebookNode, page: Page) -> bytes:
        """name: of the notebook, as it stands in the title."""
        self._pieces.clear()
        self._marks.page = page
        language = notebook.metadata.get("language_info", {})
        self._lexer = language.get("pygments_lexer", language.get("name"))
        shell = notebook.copy()
        shell.cells = [self._without_outputs(cell) for cell in notebook.cells]
        resources = {
            "unique_key": name,
            "output_files_dir": f"{name}_files",
            "metadata": {"name": name, "path": ""},
            "nbgrader": {"notebook": name},
        }
        html, _ = self._exporter.from_notebook_node(shell, resources)
        return re.sub(rf"<{self._tag}-(\d+)></{self._tag}-\1>", lambda match: self._pieces[int(match[1])], html).encode()

    def _without_outputs(self, cell: NotebookNode) -> NotebookNode:
        if not cell.get("outputs"):
            return cell
        shell: NotebookNode = cell.copy()
        shell.outputs = []
        for output in cell.outputs:
            output = output.copy()
            if "text/html" in output.get("data", {}):
                html = output["data"]["text/html"]
                output["data"] = {**output["data"], "text/html": self._mark(("html", html), partial(str, html))}
            shell.outputs.append(output)
        return shell

    @pass_context
    def _markdown2html(self, context: Any, source: str) -> str:
        if context.get("cell", {}).get("attachments"):
            return str(self._exporter.markdown2html(context, source))
        return self._mark(("markdown", source), lambda: strip_files_prefix(self._exporter.markdown2html(context, source)))

    def _highlight_code(self, source: str, language: str | None = None, metadata: Any = None) -> str:
        lexer = self._lexer
        if lexer not in self._highlighters:
            self._highlighters[lexer] = Highlight2HTML(pygments_lexer=lexer, parent=self._exporter)
        render = partial(self._highlighters[lexer], source, language=language, metadata=metadata)
        return self._mark(("code", source, language, lexer, (metadata or {}).get("magics_language")), render, _parsed_code)

    def _mark(self, key: tuple[object, ...], render: Callable[[], str], parsed: Callable[[str], str] = _parsed) -> str:
        """The mark of a piece: an element, because the parser joins neighbouring texts and shortens those that are blank."""
        if key not in self._settled:
            if len(self._settled) > 5000:  # the answers of some hundred students
                self._settled.clear()
            html = render()
            bare = html.strip()
            start = html.index(bare)
            self._settled[key] = html[:start], parsed(bare), html[start + len(bare) :]
        before, piece, after = self._settled[key]
        self._pieces.append(piece)
        return f"{before}<{self._tag}-{len(self._pieces) - 1}></{self._tag}-{len(self._pieces) - 1}>{after}"
