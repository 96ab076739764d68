"""Students' code, read in the trusted process: Python's parser, never twice at once and never where it would be dear."""

from __future__ import annotations

import ast
import re
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from autograder.submission import syntax

CODE_LENGTH = 40_000
"""Characters of one code cell. The longest of the course has 16,000, in 395 lines."""
LINE_LENGTH = 4_000
"""Characters of one line of code: where Pygments looks ahead, it is often to the end of a line."""
MOST_TOKENS = 15_000
"""Words and signs of one code cell, and so twice its statements. No cell of the course has more than 4,000."""

_DEAR = re.compile(
    r"(?:\.[\s\\]*+\w++[\s\\]*+){60}"  # names joined by dots: `ast.parse` takes gigabytes for such an import, and Pygments minutes
    rf"|[^\n]{{{LINE_LENGTH + 1}}}"
    r"|(?:\{\w[\w.]*+\[[^\]\n]*+\n(?:[^{]|\{(?!\w[\w.]*+\[))*+){20}"
)
_TOKEN = re.compile(r"\w++|([^\w\s])\1*+")
# IPython's lexer looks for a magic at each place of white space, and for a question mark after each dot and star, to the end of the run.
_RUN = re.compile(r"\s{50,}|[\w.*]{50,}")
_MOST_READ = 5_000_000
_OTHER_LANGUAGE = re.compile(r"%%(?!capture|debug|prun|py|time)\w")
_OTHER_LENGTH = 4_000
"""Characters of a cell that is to be read as another language: its lexers, too, take quadratic time on some texts."""


def bearable(code: str) -> bool:
    """Whether Python's parser and Pygments can be let loose on a text of code without fear for time and memory."""
    if len(code) > (_OTHER_LENGTH if _OTHER_LANGUAGE.search(code) else CODE_LENGTH) or _DEAR.search(code):
        return False
    if sum(_read_again(match[0]) for match in _RUN.finditer(code)) > _MOST_READ:
        return False
    return len(code) <= MOST_TOKENS or sum(1 for _ in _TOKEN.finditer(code)) <= MOST_TOKENS


def _read_again(run: str) -> int:
    """Characters that are read of a run, each as often as that happens; white space counts ten times for its many patterns."""
    return len(run) * (len(run) if run.isspace() else (run.count(".") + run.count("*")) // 10)


PARSING = threading.Lock()
"""Python counts the depth of a tree for all threads together: two that parse at once can both fail with a SystemError."""


class Unreadable(Exception):
    """Python would read it, perhaps, but at a price that is not paid here."""


def parse(source: str) -> ast.Module:
    """`ast.parse`, from whatever thread."""
    with PARSING:
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


def fault(source: str) -> int | None:
    """The first line that cannot be read, or None."""
    try:
        tree(source)
    except SyntaxError as error:
        return error.lineno or 1
    except Unreadable:
        return 1
    return None


@lru_cache(256)  # given cells and blank answers are the same in a whole class
def read(source: str) -> tuple[str, ast.Module | None, tuple[str, ...]]:
    """The source that runs, its tree (None: it is not Python) and what to say about it, each beginning with a line number.

    A line that is not Python but may be IPython gives way to `pass`. A line that only looks like a magic, as in a docstring,
    stays, because the parser is asked which line it cannot read.
    """
    source, said = _without_cell_magic(source)
    lines = source.split("\n")
    magics: list[int] = []
    most = min(30, _READ_AGAIN // (len(source) + 1))
    while True:
        try:
            found = tree("\n".join(lines))
        except Unreadable:
            return blank(source), None, (*said, "line 1: too long or too deeply nested to be read; the cell is left out")
        except SyntaxError as error:
            line = min(max(error.lineno or 1, 1), len(lines))
            if len(magics) < most and _MAGIC.match((text := lines[line - 1]).strip()):
                lines[line - 1] = text[: len(text) - len(text.lstrip())] + "pass"
                magics.append(line)
                continue
            return source, None, (*said, f"line {line}: not valid Python{syntax.because(chr(10).join(lines), line, fault)}")
        left_out = [f"line {line}: a magic or shell command; it is left out" for line in sorted(magics)]
        return "\n".join(lines), found, (*said, *left_out)


_READ_AGAIN = 300_000
"""Characters that are read again for the sake of magics in one cell."""

# %matplotlib inline   !ls   ?name   name?   files = !ls   x = %time f()
_MAGIC = re.compile(r"[%!?]|[^#]*\?$|[\w., ]+=\s*[%!]")


def _without_cell_magic(source: str) -> tuple[str, list[str]]:
    """A cell under %%time or %%capture is Python; one under any other cell magic is not, and is blanked whole."""
    lines = source.split("\n")
    said = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if not line.startswith("%%"):
            break
        said.append(f"line {number}: a magic or shell command; it is left out")
        if line.split()[0] not in ("%%time", "%%capture"):
            return blank(source), [f"line {number}: a cell magic; the cell is left out"]
        lines[number - 1] = "pass"
    return "\n".join(lines), said


def blank(source: str) -> str:
    """Nothing, on as many lines."""
    return "\n" * source.count("\n")


_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@dataclass(eq=False)
class _Scope:
    """A module, function, class or comprehension: the names that it reads and binds; those that its inner scopes read and do not bind."""

    kind: type[ast.AST]
    parent: _Scope | None = None
    read: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)
    declared: set[str] = field(default_factory=set)
    inner: set[str] = field(default_factory=set)

    @property
    def local(self) -> set[str]:
        return self.bound - self.declared


def global_names(*parts: ast.AST) -> frozenset[str]:
    """Names that parts of a module read and do not bind in the function or comprehension where they read them."""
    scopes = [_Scope(ast.Module)]
    waiting = [(part, scopes[0]) for part in parts]
    while waiting:  # no recursion: a tree can be deep
        node, scope = waiting.pop()
        if isinstance(node, ast.Name):
            (scope.read if isinstance(node.ctx, ast.Load) else scope.bound).add(node.id)
        elif isinstance(node, ast.Global):
            scope.declared.update(node.names)
        elif isinstance(node, ast.NamedExpr):
            outside = scope
            while outside.parent and issubclass(outside.kind, _Comprehension):
                outside = outside.parent
            waiting += [(node.target, outside), (node.value, scope)]
            continue
        elif isinstance(node, _Definition | _Comprehension):
            scopes.append(_Scope(type(node), scope))
            waiting += _parts(node, scope, scopes[-1])
            continue
        else:
            scope.bound.update(binds(node))
        waiting += [(child, scope) for child in ast.iter_child_nodes(node)]
    found: set[str] = set()
    for scope in reversed(scopes):
        if scope.parent is None:
            break
        local = scope.local
        if scope.kind is not ast.ClassDef:
            scope.inner -= local
        found |= scope.read & scope.declared
        few, many = sorted((scope.inner | (scope.read - local), scope.parent.inner), key=len)
        many |= few
        scope.parent.inner = many
    return frozenset(found | scopes[0].read | scopes[0].inner)


def _parts(node: ast.AST, outside: _Scope, inside: _Scope) -> Iterator[tuple[ast.AST, _Scope]]:
    """What a definition or comprehension consists of, each part with the scope that it is read in."""
    if isinstance(node, _Comprehension):
        first = node.generators[0].iter
        for generator in node.generators:
            yield generator.target, inside
            yield from ((part, inside) for part in generator.ifs)
            yield generator.iter, outside if generator.iter is first else inside
        yield from ((part, inside) for part in ast.iter_child_nodes(node) if not isinstance(part, ast.comprehension))
        return
    if not isinstance(node, ast.Lambda):
        outside.bound.update(binds(node))
    body = getattr(node, "body", ())
    within = {id(part) for part in (body if isinstance(body, list) else [body])}
    for part in ast.iter_child_nodes(node):
        if isinstance(part, ast.arguments):
            for argument in ast.iter_child_nodes(part):
                inside.bound.update(binds(argument))
                yield from ((below, outside) for below in (ast.iter_child_nodes(argument) if isinstance(argument, ast.arg) else [argument]))
        else:
            yield part, inside if id(part) in within else outside


def binds(node: ast.AST) -> Iterator[str]:
    """Names that a node binds, in whatever scope."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.alias):
        yield node.asname or node.name.partition(".")[0]
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
        yield node.name
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest
