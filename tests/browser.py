"""Pages in a real browser, which may ask for nothing outside of this machine and may report no error.

Playwright drives the Chromium that is installed; a browser of playwright's own is never downloaded.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from commands import jupyter_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",  # so nothing leaves, whoever asks
]
"""Besides playwright's own, which keep Chromium from updating itself and from calling home."""


class Unavailable(Exception):
    """There is no browser to be had; the message says what to install."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium without a history. Raises `Unavailable`."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        raise Unavailable("there is no Chromium or Chrome on the PATH: install one (on Debian, `apt install chromium`)")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise Unavailable("the package playwright is not installed: `python3 course.py setup` installs it") from error
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        at_home = {**os.environ, "HOME": home, "XDG_CONFIG_HOME": home, "XDG_CACHE_HOME": home}
        with playwright.chromium.launch(executable_path=program, args=FLAGS, chromium_sandbox=os.geteuid() != 0, env=at_home) as browser:
            yield browser


@contextmanager
def opened(browser: Browser, address: str, width: int = 1200, height: int = 900, outside: Sequence[str] = ()) -> Iterator[Page]:
    """A page, loaded. When the block is left, `AssertionError` says which request would have left the machine, and what went wrong.

    width, height: of the window, in CSS pixels. outside: addresses that the page is known to ask for, all of them; they are refused.
    """
    requests: list[str] = []
    errors: list[str] = []

    def note_request(address: str) -> None:
        if (urlsplit(address).hostname or "localhost") not in ("127.0.0.1", "localhost"):
            requests.append(address)

    def note_message(message: ConsoleMessage) -> None:
        if message.type == "error" and message.location["url"] not in requests:  # that one was refused is said already
            errors.append(f"{message.text} ({message.location['url']})")

    context = browser.new_context(viewport={"width": width, "height": height}, service_workers="block")
    context.set_default_timeout(60_000)
    context.on("request", lambda request: note_request(request.url))
    context.on("console", note_message)
    context.on("weberror", lambda error: errors.append(str(error.error)))
    with context:
        page = context.new_page()
        network = context.new_cdp_session(page)  # playwright tells only of sockets that could be connected
        network.on("Network.webSocketCreated", lambda socket: note_request(socket["url"]))
        network.send("Network.enable")
        page.goto(address)
        yield page
        page.evaluate("() => new Promise(requestAnimationFrame)")  # what is on its way has come
    leaving, staying = sorted({*requests} - {*outside}), sorted({*outside} - {*requests})
    assert not leaving, f"the page asks for what is not on this machine: {', '.join(leaving)}"
    assert not staying, f"the page no longer asks for {', '.join(staying)}"
    assert not errors, f"the page reports errors: {'; '.join(errors)}"


KERNEL_IDLE = "#jp-main-statusbar >> text=/[|] Idle$/"
"""What JupyterLab shows when its notebook can be run, as a selector."""


@contextmanager
def jupyterlab(folder: Path) -> Iterator[str]:
    """JupyterLab on a folder, for somebody who has just installed it; gives the address of its pages, for `format` to put in which.

    It neither looks for news and updates nor asks whether it should.
    """
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        configuration = home / ".jupyter" / "config" / "labconfig" / "page_config.json"
        configuration.parent.mkdir(parents=True)
        configuration.write_text(json.dumps({"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}))
        with jupyter_server(folder, home, "--LabApp.extension_manager=readonly") as (address, token):
            yield f"{address}{{}}?token={token}"


OVERFLOWING = """() => {
    const found = [], range = document.createRange(), width = document.documentElement.clientWidth;
    const scrolls = element => element !== document.body
        && (/auto|scroll/.test(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
    const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {
        range.selectNode(node);
        const box = (node instanceof Element ? node : range).getBoundingClientRect();
        if (box.width > 0 && (box.right > width + 1 || box.left < -1) && !scrolls(node.parentElement))
            found.push((node.outerHTML || node.textContent).trim().slice(0, 100));
    }
    return found;
}"""


def overflowing(page: Page) -> list[str]:
    """Elements and texts, each by its beginning, that reach over an edge of the window, and that no scroll bar of their own brings in."""
    return page.evaluate(OVERFLOWING)


CONTROLS = "button|checkbox|combobox|link|listbox|menuitem|radio|searchbox|slider|spinbutton|switch|tab|textbox"


def unnamed(page: Page) -> list[str]:
    """Controls, each by its role, of which somebody who cannot see them is not told what they are for."""
    return re.findall(rf"^ *- '?({CONTROLS})\b(?! \")", page.locator("body").aria_snapshot(), re.MULTILINE)


def headings(page: Page) -> list[tuple[int, str]]:
    """Level and text of each heading, from top to bottom."""
    found = re.findall(r"""^ *- '?heading "(.*)" \[level=(\d)\]""", page.locator("body").aria_snapshot(), re.MULTILINE)
    return [(int(level), text) for text, level in found]


def leaps(page: Page) -> list[str]:
    """Headings that stand more than one level below the one before them."""
    return [text for (above, _), (level, text) in itertools.pairwise(headings(page)) if level > above + 1]
