"""What tests in several folders ask for by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from browser import Unavailable, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium for the tests of a file; not for those of a session, because asyncio is in use for as long as it is there."""
    try:
        with chromium() as started:
            yield started
    except Unavailable as reason:
        pytest.skip(str(reason))
