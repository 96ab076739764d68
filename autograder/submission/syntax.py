"""Which Python a text is written in that this Python cannot read: an older one, or one that is newer than it.

A text is told to be of another Python when it can be read further once what only that one reads is written as all do. Parsers that
know other versions were tried first: parso reads neither nested f-strings, `type` nor t-strings, and vermin needs the newer Python itself.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence

MOST_LENGTH = 10_000
"""Characters of a text that is asked about: it is read again for each Python."""

_Mend = Callable[[str], str]

_BLANK = r"[ \t]"
_STRING = r'"(?:\\.|[^"\\\n])*+"|\'(?:\\.|[^\'\\\n])*+\''
_REST = rf"((?:{_STRING}|[^;#\n\"'])*+)"
_INNER = r"[^\[\]()=,\n]*(?:(?:\[[^\[\]\n]*\]|\([^()\n]*\))[^\[\]()=,\n]*)*"
_DEFAULT = rf"(?:={_INNER})?"


def _parameters(default: str) -> str:
    one = rf"\s*\*{{0,2}}[^\W\d]\w*\s*(?::{_INNER})?{default}"
    return rf"\[{one}(?:,{one})*,?\s*\]"


def _put(pattern: str, replacement: str, flags: int = re.MULTILINE) -> _Mend:
    compiled = re.compile(pattern, flags)
    return lambda text: compiled.sub(replacement, text)


def _generic(default: str) -> Sequence[_Mend]:
    parameters = _parameters(default)
    return (
        _put(rf"^({_BLANK}*(?:async{_BLANK}+)?(?:def|class){_BLANK}+\w+){_BLANK}*{parameters}(?={_BLANK}*[(:])", r"\1"),
        _put(rf"^({_BLANK}*)type{_BLANK}+(\w+){_BLANK}*(?:{parameters})?{_BLANK}*=(?!=)", r"\1\2 ="),
    )


def _excepts(replacement: str, last: str) -> _Mend:
    return _put(
        rf"\bexcept{_BLANK}+((?:[\w.]+|\([\w., \t]+\))(?:{_BLANK}*,{_BLANK}*[\w.]+)*?){_BLANK}*,{_BLANK}*({last}){_BLANK}*:", replacement
    )


def _plain_fstrings(text: str) -> str:
    """The f-strings that only Python 3.12 reads as tuples of what stands in their fields."""
    try:
        return _Reader(text).mended()
    except _Unfinished:
        return text


_NEWER: tuple[tuple[tuple[int, int], Sequence[_Mend]], ...] = (
    ((3, 12), (*_generic(""), _plain_fstrings)),
    ((3, 13), _generic(_DEFAULT)),
    ((3, 14), (_put(r"(?<![\w\"'])(?:[rR]?[tT]|[tT][rR])(?=[\"'])", "f"), _excepts(r"except (\1, \2):", r"(?:\w+\.)*[A-Z]\w*"))),
    (
        (3, 15),
        (
            _put(rf"^({_BLANK}*)lazy{_BLANK}+(?=(?:import|from)\b)", r"\1"),
            _put(r"([\[({])\*{1,2}(?=\w[^\[\](){},]*\sfor\s)", r"\1", 0),
        ),
    ),
)
_PYTHON_2: Sequence[_Mend] = (
    _put(r"`([^`\n]+)`", r"repr(\1)"),
    _put(rf"(^{_BLANK}*|[:;]{_BLANK}*)(print|exec){_BLANK}+(?=[^\s(=]|\([^\n]*\){_BLANK}*,)(?:>>[^,\n]+,?)?{_REST}", r"\1\2(\3)"),
    _put(rf"\braise{_BLANK}+([\w.]+){_BLANK}*,{_REST}", r"raise \1"),
    _excepts(r"except \1 as \2:", r"[a-z_]\w*"),
    _put("<>", "!="),
    _put(r"(?<![\w.])0+([1-7][0-7]*)(?![\w.])", r"0o\1"),
    _put(r"(?<![\w.])(\d+|0[xX][0-9a-fA-F]+)[lL](?!\w)", r"\1"),
    _put(r"(?<![\w\"'])[uU][rR](?=[\"'])", "r"),
    _put(r"\blambda\s*\(([\w, \t]+)\)\s*:", r"lambda \1:"),
)


def other_python(text: str, line: int, running: tuple[int, int], fault: Callable[[str], int | None]) -> str:
    """Such as "Python 3.12", or "" when it is none that is known. line: which cannot be read here, by a Python of version `running`.

    fault: the first line of a text that cannot be read, or None.
    """

    def reads(mended: str) -> bool:
        return mended != text and ((found := fault(mended)) is None or found > line)

    if len(text) > MOST_LENGTH:
        return ""
    mends: list[_Mend] = []
    for version, more in _NEWER:
        mends[:0] = more  # what is newer may hold what is older
        if version > running and reads(_mended(text, mends)):
            return f"Python {version[0]}.{version[1]}"
    return "Python 2" if reads(_mended(text, _PYTHON_2)) else ""


def because(text: str, line: int, fault: Callable[[str], int | None]) -> str:
    """The same as the end of a sentence, such as "; it is Python 3.12, and this course is graded with Python 3.11"; or ""."""
    version = other_python(text, line, sys.version_info[:2], fault)
    return f"; it is {version}, and this course is graded with Python {sys.version_info[0]}.{sys.version_info[1]}" if version else ""


def _mended(text: str, mends: Sequence[_Mend]) -> str:
    for mend in mends:
        text = mend(text)
    return text


# ------------------------------------------------------------------------------------------------ f-strings of Python 3.12

_MOST_NESTED = 20


class _Unfinished(Exception):
    """A string without an end, or f-strings in one another beyond reason."""


class _Reader:
    """Reads f-strings as Python 3.12 does, where a field is code like any other: with every quote, backslash, comment and newline."""

    _PIECE = re.compile(r"#[^\n]*|(?<!\w)(?P<prefix>[a-zA-Z]{0,2})(?P<quote>\"\"\"|'''|\"|')")

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def mended(self) -> str:
        parts = []
        while piece := self._PIECE.search(self._text, self._at):
            parts += [self._text[self._at : piece.start()], self._piece(piece)[0]]
        return "".join([*parts, self._text[self._at :]])

    def _piece(self, piece: re.Match[str]) -> tuple[str, bool]:
        """A comment or string, and whether it is an f-string of Python 3.12."""
        self._at, quote = piece.end(), piece["quote"]
        if quote is None:
            return piece[0], False
        if "f" in piece["prefix"].lower():
            return self._fstring(piece.start(), quote)
        inner = r"(?:\\.|[^\\])*?" if len(quote) == 3 else rf"(?:\\.|[^\\\n{quote}])*+"
        if not (whole := re.compile(inner + quote, re.DOTALL).match(self._text, self._at)):
            raise _Unfinished
        self._at = whole.end()
        return self._text[piece.start() : self._at], False

    def _fstring(self, begin: int, quote: str) -> tuple[str, bool]:
        self._depth += 1
        if self._depth > _MOST_NESTED:
            raise _Unfinished
        fields: list[str] = []
        newer = False
        while not self._text.startswith(quote, self._at):
            char, two = self._text[self._at : self._at + 1], self._text[self._at : self._at + 2]
            if not char or (char == "\n" and len(quote) == 1):
                raise _Unfinished
            if char != "{" or two == "{{":
                self._at += 2 if char == "\\" or two in ("{{", "}}") else 1
                continue
            self._at += 1
            field, new = self._field(quote)
            fields.append(field)
            newer |= new
        self._at += len(quote)
        self._depth -= 1
        whole = self._text[begin : self._at]
        if not newer:
            return whole, False
        lines = whole.count("\n") - sum(field.count("\n") for field in fields)
        return f"({', '.join(fields)}{chr(10) * lines},)", True

    def _field(self, quote: str) -> tuple[str, bool]:
        """The code of a field, and whether it holds what only Python 3.12 reads; the field is read to its end."""
        parts: list[str] = []
        level, newer = 0, False
        while True:
            char = self._text[self._at : self._at + 1]
            if not char:
                raise _Unfinished
            if level == 0 and (char in "}:" or (char == "!" and self._text[self._at + 1 : self._at + 2] != "=")):
                break
            if piece := self._PIECE.match(self._text, self._at):
                inner = piece["quote"]
                source, new = self._piece(piece)
                parts.append(source)
                newer |= new or inner is None or inner == quote or "\\" in source or (len(quote) == 1 and inner[0] == quote)
                continue
            level += (char in "([{") - (char in ")]}")
            newer |= char == "\\" or (char == "\n" and len(quote) == 1)
            parts.append(char)
            self._at += 1
        self._format(quote)
        return re.sub(r"(?<![=!<>])=\s*$", "", "".join(parts)), newer

    def _format(self, quote: str) -> None:
        """Read what a field says of its form, to its closing brace."""
        level = 0
        while level or self._text[self._at : self._at + 1] != "}":
            char = self._text[self._at : self._at + 1]
            if not char or (level == 0 and self._text.startswith(quote, self._at)):
                raise _Unfinished
            level += (char == "{") - (char == "}")
            self._at += 1
        self._at += 1
