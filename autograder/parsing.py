"""Python's parser, let loose on students' text in the trusted process: never two at once, and never where it would be dear."""

from __future__ import annotations

import ast
import symtable
import threading
import warnings
from functools import lru_cache

from autograder.submission import bearable

_PARSING = threading.Lock()
"""Python counts the depth of a tree for all threads together: two that parse at once can both fail with a SystemError."""


class Unreadable(Exception):
    """Python would read it, perhaps, but at a price that is not paid here."""


def parse(source: str) -> ast.Module:
    """`ast.parse`, from whatever thread."""
    with _PARSING:
        return ast.parse(source)


def tree(source: str) -> ast.Module:
    """Raises SyntaxError, or `Unreadable` for what exhausts the parser or would take it seconds or gigabytes.

    CPython 3.11 and later raise on deep nesting instead of crashing; texts that are dear are kept out by their length and by
    the length of dotted names.
    """
    if not bearable(source):
        raise Unreadable
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a student's "\d" is not our warning
            return parse(source)
    except (RecursionError, MemoryError):
        raise Unreadable from None
    except SyntaxError:
        raise
    except ValueError as error:  # such as a null character
        raise SyntaxError(str(error), ("", 1, 1, "")) from None


@lru_cache(4096)
def global_names(source: str) -> frozenset[str] | None:
    """Names that a text reads and does not bind in the function or comprehension where it reads them.

    None where Python makes no table of symbols of a text: such a text does not run either.
    """
    try:
        with _PARSING, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            waiting = [symtable.symtable(source, "cell", "exec")]
    except (SyntaxError, RecursionError, MemoryError, ValueError):
        return None
    found: set[str] = set()
    while waiting:
        table = waiting.pop()
        top = table.get_type() == "module"
        found |= {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced() and (top or symbol.is_global())}
        waiting += table.get_children()
    return frozenset(found)
