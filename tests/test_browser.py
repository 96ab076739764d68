"""The harness that tests of pages stand on: what goes wrong in a page is noticed, and nothing is left behind."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from browser import Unavailable, chromium, headings, leaps, opened, overflowing, unnamed

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture
def page_of(tmp_path: Path):
    """Writes a page with this body; its address."""

    def write(body: str) -> str:
        path = tmp_path / "page.html"
        path.write_text(f"<!DOCTYPE html><html lang=en><meta charset=utf-8><title>A page</title><body>{body}</body></html>")
        return path.as_uri()

    return write


def test_a_page_on_which_nothing_goes_wrong(browser: Browser, page_of) -> None:
    picture = "data:image/gif;base64,R0lGODlhAQABAAAAACw="
    with opened(browser, page_of(f"<h1>Here</h1><img src={picture} alt=''><script>console.warn('only')</script>")) as page:
        assert headings(page) == [(1, "Here")]
        assert (overflowing(page), unnamed(page), leaps(page)) == ([], [], [])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<img src=https://example.org/a.png alt=''>", "https://example.org/a.png"),
        ("<link rel=stylesheet href=http://example.org/a.css>", "http://example.org/a.css"),
        ("<script src=http://192.0.2.1/a.js></script>", "http://192.0.2.1/a.js"),
        ("<iframe src=https://example.org/frame title=x></iframe>", "https://example.org/frame"),
        ("<p style='background: url(https://example.org/b.png)'>x", "https://example.org/b.png"),
        ("<script>fetch('https://example.org/c').catch(() => 0)</script>", "https://example.org/c"),
        ("<script>navigator.sendBeacon('https://example.org/d', 'x')</script>", "https://example.org/d"),
        ("<script>new WebSocket('wss://example.org/e')</script>", "wss://example.org/e"),
    ],
)
def test_a_request_that_would_leave_the_machine_fails_the_test(browser: Browser, page_of, body: str, said: str) -> None:
    with pytest.raises(AssertionError, match=f"asks for what is not on this machine: {said}$"), opened(browser, page_of(body)):
        pass


@pytest.mark.parametrize("ask", ["fetch('http://{}').catch(() => 0)", "new WebSocket('ws://{}')"])
def test_a_request_that_would_leave_the_machine_gets_nowhere(browser: Browser, page_of, ask: str) -> None:
    with socket.create_server(("127.0.0.2", 0)) as elsewhere:  # which stands for any address but this machine's
        elsewhere.setblocking(False)
        place = "{}:{}/".format(*elsewhere.getsockname())
        with pytest.raises(AssertionError, match=place), opened(browser, page_of(f"<script>{ask.format(place)}</script>")):
            pass
        with pytest.raises(BlockingIOError):
            elsewhere.accept()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<script>console.error('it is lost')</script>", "it is lost"),
        ("<script>throw new Error('it is lost')</script>", "it is lost"),
        ("<script>Promise.reject(new Error('it is lost'))</script>", "it is lost"),
        ("<img src=lost.png alt=''>", "lost.png"),
    ],
)
def test_an_error_fails_the_test(browser: Browser, page_of, body: str, said: str) -> None:
    with pytest.raises(AssertionError, match=f"reports errors: .*{said}"), opened(browser, page_of(body)):
        pass


def test_what_a_page_is_known_to_ask_for_is_named_and_asked_for(browser: Browser, page_of) -> None:
    address = "https://example.org/a.png"
    with opened(browser, page_of(f"<img src={address} alt=''>"), outside=[address]) as page:
        assert page.evaluate("document.images[0].naturalWidth") == 0  # and is not had
    with pytest.raises(AssertionError, match="no longer asks"), opened(browser, page_of(""), outside=[address]):
        pass


@pytest.mark.parametrize(
    ("body", "sticks_out"),
    [
        ("<table style='width: 800px'><tr><td>wide</table>", True),
        ("<p>" + "long" * 200, True),
        ("<p style='overflow: hidden'>" + "long" * 200, True),
        ("<p style='margin-left: -90px'>left", True),
        ("<pre style='overflow: auto'>" + "long" * 200 + "</pre>", False),
        ("<p style='overflow-wrap: anywhere'>" + "long" * 200, False),
    ],
)
def test_what_sticks_out_of_the_window_is_found(browser: Browser, page_of, body: str, sticks_out: bool) -> None:
    with opened(browser, page_of(body), width=390) as page:
        assert bool(overflowing(page)) == sticks_out


@pytest.mark.parametrize(
    ("body", "roles"),
    [
        ("<button></button><button>Send</button>", ["button"]),
        ("<a href='#x'></a><a href='#x'><img src='' alt='x'></a><a name='x'></a>", ["link"]),
        ("<input><input aria-label=Name><label>Age <input type=number></label>", ["textbox"]),
        ("<select><option>1</select>", ["combobox"]),
    ],
)
def test_a_control_without_a_name_is_found(browser: Browser, page_of, body: str, roles: list[str]) -> None:
    with opened(browser, page_of(body)) as page:
        assert unnamed(page) == roles


def test_a_heading_that_leaps_over_a_level_is_found(browser: Browser, page_of) -> None:
    with opened(browser, page_of("<h2>One</h2><h3>Two</h3><h1>Three</h1><h3>Four</h3>")) as page:
        assert leaps(page) == ["Four"]


def test_nothing_is_left_behind(browser: Browser) -> None:
    started = "from browser import chromium\nwith chromium() as browser: browser.new_page()"
    with tempfile.TemporaryDirectory() as folder:  # which has a shorter name than those of pytest: a socket's may not be long
        subprocess.run([sys.executable, "-c", started], cwd=Path(__file__).parent, env={**os.environ, "TMPDIR": folder}, check=True)
        assert os.listdir(folder) == []
        of_it = [process for process in psutil.process_iter(["cmdline"]) if folder in " ".join(process.info["cmdline"] or ())]
        assert psutil.wait_procs(of_it, timeout=20)[1] == []


@pytest.mark.parametrize(
    ("there", "reason"),
    [("playwright", "no Chromium or Chrome on the PATH"), ("chromium", "playwright is not installed")],
)
def test_where_there_is_no_browser_it_is_said_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, there: str, reason: str
) -> None:
    (tmp_path / there).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    with pytest.raises(Unavailable, match=reason), chromium():
        pass
