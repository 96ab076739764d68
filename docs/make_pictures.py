"""Makes the pictures of README.md from the real thing: `.venv/bin/python docs/make_pictures.py`.

Needs a Chromium or Chrome on the PATH. Grades the demo class (build/demo) first; a picture is written to this folder only when
all of them were made. Look at them before you commit them.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from bs4 import BeautifulSoup
from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME

from autograder.classroom import demo
from autograder.course.model import ROOT, Notebook
from autograder.gradebook.feedback import SUMMARY

sys.path.insert(0, str(ROOT / "tests"))
from browser import KERNEL_IDLE, Unavailable, chromium, jupyterlab, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HERE = Path(__file__).resolve().parent
SHOWN = Notebook("a3_backprop", "backprop")
STUDENT = "chidi"
EXERCISE = "numerical_gradient"
COLUMNS = 80


def photograph(browser: Browser, address: str, path: Path, width: int, height: int, last: str = "body") -> None:
    """A picture of a page. last: a selector of what comes last."""
    with opened(browser, address, width, height) as page:
        page.locator(last).wait_for()
        page.screenshot(path=path, style=".jp-cell-toolbar {display: none}")  # which would lie over the text


def excerpt(folder: Path) -> None:
    """A few cells of the executed solution, which is what a student sees when all is right: derivation, answer, check, figure."""
    solution = nbformat.read(SHOWN.solution, as_version=4)
    names = [cell.metadata.get("nbgrader", {}).get("grade_id", "") for cell in solution.cells]
    answer, check, figure = (names.index(name) for name in ("numerical_gradient_answer", "numerical_gradient", "step_plot"))
    for place in (check, figure):
        solution.cells[place].metadata["jupyter"] = {"source_hidden": True}
    solution.cells = [solution.cells[place] for place in (answer - 2, answer, check, figure - 1, figure)]
    nbformat.write(solution, folder / f"{SHOWN.name}.ipynb")


def marks(folder: Path) -> Path:
    """What `python3 course.py demo` prints, as a page."""
    environment = {**os.environ, "COLUMNS": str(COLUMNS)}
    done = subprocess.run(
        [sys.executable, "-m", "autograder.classroom.demo"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    page = Console(record=True, width=COLUMNS, file=io.StringIO())
    page.print("$ python3 course.py demo", style="bold", highlight=False)
    page.print(done.stdout, markup=False, highlight=False)
    path = folder / "marks.html"
    page.save_html(str(path), theme=DEFAULT_TERMINAL_THEME)
    return path


def feedback(folder: Path) -> Path:
    """A feedback page of the demo class with most of its cells left out: the sums, one answer, and what is said about it."""
    page = demo.FOLDER / "feedback" / STUDENT / SHOWN.assignment / f"{SHOWN.name}.html"
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    kept = {f"cell-id={name}" for name in (SUMMARY, f"{EXERCISE}_answer", EXERCISE)}
    for cell in soup.select("div.cell"):
        if cell.get("id") not in kept:
            cell.decompose()
    for code in soup.select(f'[id="cell-id={EXERCISE}"] div.highlight'):
        code.decompose()
    for left_out in soup.select("#toc, script[src]"):
        left_out.decompose()
    path = folder / "feedback.html"
    path.write_text(str(soup), encoding="utf-8")
    return path


def main() -> None:
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        folder = Path(name)
        made, lab = folder / "made", folder / "lab"
        made.mkdir()
        lab.mkdir()
        photograph(browser, marks(folder).as_uri(), made / "marks.png", 800, 500)
        photograph(browser, feedback(folder).as_uri(), made / "feedback.png", 1100, 960)
        excerpt(lab)
        with jupyterlab(lab) as address:
            notebook = address.format(f"doc/tree/{SHOWN.name}.ipynb")
            photograph(browser, notebook, made / "notebook.png", 1200, 1780, last=KERNEL_IDLE)
        for path in sorted(made.iterdir()):
            shutil.copyfile(path, HERE / path.name)
            print(f"{HERE / path.name}: {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    try:
        main()
    except Unavailable as reason:
        sys.exit(str(reason))
