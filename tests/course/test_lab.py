"""A release notebook as a student sees it in JupyterLab."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from browser import KERNEL_IDLE, jupyterlab, opened

from autograder.course.model import Course

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_jupyterlab_shows_a_release_notebook_and_ends_with_all_that_it_started(browser: Browser, tmp_path: Path) -> None:
    notebook = next(iter(Course()))
    shutil.copytree(notebook.release.parent, tmp_path / "course")
    with jupyterlab(tmp_path / "course") as address:
        with opened(browser, address.format(f"lab/tree/{notebook.release.name}")) as page:
            page.get_by_role("heading", name=notebook.title, level=1).wait_for()
            page.locator(".jp-MarkdownCell mjx-container").first.wait_for()  # a formula, drawn
            lines = page.locator(".jp-CodeCell .cm-content").first.locator(".cm-line")
            lines.first.wait_for()
            code = next(cell.source for cell in notebook.skeleton.cells if cell.cell_type == "code")
            assert lines.all_inner_texts() == code.splitlines()
            page.locator(KERNEL_IDLE).wait_for()
        started = [process for process in psutil.process_iter(["cwd"]) if str(process.info["cwd"]).startswith(str(tmp_path))]
        assert len(started) == 2  # the server and a kernel
    assert psutil.wait_procs(started, timeout=20)[1] == []
