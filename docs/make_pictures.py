"""Makes the pictures of README.md from the real thing: `.venv/bin/python docs/make_pictures.py`.

Needs a Chromium or Chrome on the PATH. Grades the demo class (build/demo) first; a picture is written to this folder only when
all of them were made. Look at them before you commit them.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup
from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME

from autograder.classroom import demo
from autograder.course.model import ROOT, Notebook
from autograder.gradebook.feedback import SUMMARY

HERE = Path(__file__).resolve().parent
SHOWN = Notebook("a3_backprop", "backprop")
STUDENT = "chidi"
EXERCISE = "numerical_gradient"
COLUMNS = 130


def browser() -> str:
    """The program that takes the pictures."""
    for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
        found = shutil.which(name)
        if found:
            return found
    sys.exit("there is no Chromium or Chrome on the PATH: install one (Debian: `apt install chromium`) and run this again")


def photograph(address: str, path: Path, width: int, height: int, wait: int = 3) -> None:
    """A picture of a page as it is `wait` seconds after it was opened."""
    quiet = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    look = ["--hide-scrollbars", f"--window-size={width},{height}", f"--virtual-time-budget={1000 * wait}", f"--screenshot={path}"]
    with tempfile.TemporaryDirectory() as profile:
        command = [browser(), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", *quiet, *look, address]
        subprocess.run(command, check=True, capture_output=True, timeout=180)


def excerpt(folder: Path) -> None:
    """A few cells of the executed solution, which is what a student sees when all is right: derivation, answer, check, figure."""
    solution = nbformat.read(SHOWN.solution, as_version=4)
    names = [cell.metadata.get("nbgrader", {}).get("grade_id", "") for cell in solution.cells]
    answer, check, figure = (names.index(name) for name in ("numerical_gradient_answer", "numerical_gradient", "step_plot"))
    for place in (check, figure):
        solution.cells[place].metadata["jupyter"] = {"source_hidden": True}
    solution.cells = [solution.cells[place] for place in (answer - 2, answer, check, figure - 1, figure)]
    nbformat.write(solution, folder / f"{SHOWN.name}.ipynb")


@contextlib.contextmanager
def jupyter(folder: Path) -> Iterator[str]:
    """JupyterLab on a folder; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = ["--no-browser", f"--port={port}", "--ServerApp.ip=127.0.0.1", "--IdentityProvider.token=", f"--ServerApp.root_dir={folder}"]
    environment = {**os.environ, "JUPYTER_CONFIG_DIR": str(folder / "configuration"), "JUPYTER_DATA_DIR": str(folder / "data")}
    settings_of_lab = folder / "lab_settings"
    settings_of_lab.mkdir()
    (settings_of_lab / "overrides.json").write_text('{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}')
    settings.append(f"--LabApp.app_settings_dir={settings_of_lab}")
    command = [sys.executable, "-m", "jupyterlab", "--allow-root", *settings]
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            address = f"http://127.0.0.1:{port}"
            await_answer(f"{address}/api", server)
            yield address
        finally:
            server.terminate()


def await_answer(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if server.poll() is not None:
            break
        with contextlib.suppress(urllib.error.URLError), urllib.request.urlopen(address, timeout=5):
            return
        time.sleep(0.2)
    sys.exit("JupyterLab does not start; run `.venv/bin/jupyter lab` to see why")


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
    soup.select_one("#toc").decompose()
    path = folder / "feedback.html"
    path.write_text(str(soup), encoding="utf-8")
    return path


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made, lab = folder / "made", folder / "lab"
        made.mkdir()
        lab.mkdir()
        photograph(f"file://{marks(folder)}", made / "marks.png", 1290, 680)
        photograph(f"file://{feedback(folder)}", made / "feedback.png", 1100, 830)
        excerpt(lab)
        with jupyter(lab) as address:
            photograph(f"{address}/doc/tree/{SHOWN.name}.ipynb", made / "notebook.png", 1200, 1780, wait=60)
        for path in sorted(made.iterdir()):
            shutil.copyfile(path, HERE / path.name)
            print(f"{HERE / path.name}: {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
