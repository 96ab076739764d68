"""Text that a submission chose, made fit to be shown: it cannot move a cursor, forge a line, or change how the rest is read."""

from __future__ import annotations


def shown(text: str, room: int = 1000) -> str:
    """A text on one line, at most `room` characters of it: whatever has no sign of its own is written as Python would escape it.

    So are ends of lines, every space but the plain one, signs that turn the direction of writing, and surrogates.
    """
    short = "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text[: room + 1])
    return short if len(short) <= room else f"{short[: room - 1]}…"
