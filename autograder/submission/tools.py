"""Which tools a submission uses that its assignment does not allow, from its text alone.

Two things can be forbidden: modules, and single names of modules that are allowed (the finished layer that an exercise is about).
A text can hide what it does from any reader, so for names this is best effort: it finds the ways in which people write them. What a
sandbox does not hold cannot be used however it is written.
"""

from __future__ import annotations

import ast
import fnmatch
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

from autograder.submission import parsing
from autograder.submission.plain import shown

ALWAYS_ALLOWED = frozenset("__future__ typing collections dataclasses functools itertools operator numbers math".split())

MOST_NAMED = 20
"""Of tools in one sentence."""

NOTHING: frozenset[str] = frozenset()
_DEFINITION = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_WITH_STATEMENTS = ast.stmt | ast.excepthandler | ast.match_case
OWN = frozenset({"self", "cls"})
"""What a student's own parts are attributes of, besides the classes that a cell defines."""


@dataclass(frozen=True)
class Rules:
    """What holds for all answers of a notebook.

    modules: top-level modules that may be imported. banned: dotted names, such as "torch.nn.MultiheadAttention", of which the last
    part is looked for; * and ? stand for other letters.
    """

    modules: frozenset[str]
    banned: tuple[str, ...] = ()

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """A piece of text for each banned name without which it is not spelt."""
        return tuple(max(re.split(r"[*?]", tool.rpartition(".")[2]), key=len) for tool in self.banned)

    @cached_property
    def _any(self) -> re.Pattern[str]:
        """Matches where one of the banned names does."""
        return re.compile("|".join(fnmatch.translate(tool.rpartition(".")[2]) for tool in self.banned) if self.banned else "(?!)")

    def match(self, name: str) -> str | None:
        """The banned name that this part of a name belongs to, fit to be shown."""
        if not self._any.match(name):
            return None
        for tool in self.banned:
            if fnmatch.fnmatchcase(name, tool.rpartition(".")[2]):
                return tool if "*" not in tool else f"{tool.partition('*')[0].rpartition('.')[0]}.{shown(name, 60)}"
        return None


@dataclass(frozen=True)
class Cell:
    """A cell that runs. tree: of its source, None where that is not Python; exercise: the one that it answers."""

    kind: Literal["setup", "answer", "own"]
    source: str
    tree: ast.Module | None
    exercise: str | None


@dataclass(frozen=True)
class Found:
    """Forbidden tools, and the innermost statement that they stand in."""

    statement: ast.stmt
    tools: tuple[str, ...]


def loose_names(cells: Sequence[Cell], rules: Rules) -> frozenset[str]:
    """Banned names that cells read and none of them binds, so that they come out of a `from … import *`."""
    stars = re.compile(r"import\s*+\(?+\s*+\*")
    if not rules.banned or not any(stars.search(cell.source) for cell in cells):
        return NOTHING
    read = {node.id for cell in cells if cell.tree for node in ast.walk(cell.tree) if isinstance(node, ast.Name)}
    bound = {name for cell in cells if cell.tree for node in ast.walk(cell.tree) for name in parsing.binds(node)}
    return frozenset(name for name in read - bound if rules.match(name))


@lru_cache(512)  # given cells and blank answers are the same in a whole class
def used(cell: Cell, rules: Rules, loose: frozenset[str] = NOTHING) -> tuple[Found, ...]:
    """Forbidden tools that a cell names: imports at any depth, any mention of `__import__`, banned names as attributes,
    in imports, as strings for `getattr` and the like, and `loose` ones by themselves."""
    if "import" not in cell.source and cell.source.isascii() and not any(part in cell.source for part in rules.parts):
        return ()  # other letters could spell the name too
    found: list[Found] = []
    waiting: list[tuple[ast.AST, ast.stmt | None]] = [(cell.tree, None)] if cell.tree else []  # no recursion: a tree can be deep
    own = OWN.union(node.name for node in ast.walk(cell.tree) if isinstance(node, ast.ClassDef)) if cell.tree else OWN
    while waiting:
        node, statement = waiting.pop()
        if isinstance(node, ast.stmt):
            statement = node
        tools = tuple(_tools(node, rules, loose, own))
        if tools and statement is not None:
            found.append(Found(statement, tools))
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):  # a docstring may speak of anything
            waiting.extend((child, statement) for child in reversed(list(ast.iter_child_nodes(node))))
    return tuple(found)


def _tools(node: ast.AST, rules: Rules, loose: frozenset[str] = NOTHING, own: frozenset[str] = NOTHING) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (f"import {shown(alias.name, 60)}" for alias in node.names if alias.name.partition(".")[0] not in rules.modules)
    elif isinstance(node, ast.ImportFrom):
        name = "." * node.level + (node.module or "")
        if name.partition(".")[0] not in rules.modules:
            yield f"import {shown(name, 60)}"
        else:
            yield from filter(None, (rules.match(alias.name) for alias in node.names))
    elif isinstance(node, ast.Name):
        if node.id == "__import__" or node.id in loose:
            yield rules.match(node.id) or node.id
    elif isinstance(node, ast.Attribute):
        if node.attr == "__import__":
            yield node.attr
        elif not (isinstance(node.value, ast.Name) and node.value.id in own) and (tool := rules.match(node.attr)):
            yield tool
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 200:
        yield from filter(None, (rules.match(part) for part in node.value.split(".")))


def reached(cells: Sequence[Cell], rules: Rules, modules: Mapping[str, frozenset[str]]) -> dict[str, tuple[str, ...]]:
    """For each exercise, the forbidden tools that its answer reaches by names that other cells, or it itself, gave them.

    modules: what exercises may import that may not import all that the notebook may. Functions and classes of answer cells pass
    nothing on: other exercises stand on them, and their own exercise is refused already.
    """
    if not modules and not rules.banned:
        return {}
    given: dict[str, list[_Given]] = defaultdict(list)  # by name in the module
    for cell in cells:
        for statement in _statements(cell):
            for name, made in _gives(statement, rules):
                given[name].append(made)
    found = {}
    for cell in cells:
        if cell.exercise is not None and cell.tree is not None:
            allowed = modules.get(cell.exercise)
            tools = _reach(parsing.global_names(cell.tree), given)
            refused = [tool for tool in tools if not tool.startswith("import ") or (allowed is not None and tool[7:] not in allowed)]
            if refused:
                found[cell.exercise] = tuple(sorted(refused)[:MOST_NAMED])
    return found


@dataclass(frozen=True, eq=False)
class _Given:
    """What a name is made of: tools, and other names of the module."""

    tools: frozenset[str]
    read: frozenset[str] = NOTHING


def _reach(names: Iterable[str], given: Mapping[str, Sequence[_Given]]) -> set[str]:
    """All tools that can be had by these names, each of which, and each statement that gives one, is looked at once."""
    tools: set[str] = set()
    seen: set[str | _Given] = set()
    waiting = list(names)
    while waiting:
        if (name := waiting.pop()) in seen:
            continue
        seen.add(name)
        for made in given.get(name, ()):
            if made not in seen:
                seen.add(made)
                tools |= made.tools
                waiting += made.read
    return tools


def _statements(cell: Cell) -> Iterator[ast.stmt]:
    """Statements that may give names to the module when a cell runs, those in branches and loops included."""
    waiting: list[ast.AST] = [cell.tree] if cell.tree else []
    while waiting:
        for node in ast.iter_child_nodes(waiting.pop()):
            if isinstance(node, _DEFINITION):
                if cell.kind != "answer":
                    yield node
            elif isinstance(node, _WITH_STATEMENTS):
                waiting.append(node)
                if isinstance(node, ast.stmt):
                    yield node


def _gives(statement: ast.stmt, rules: Rules) -> Iterator[tuple[str, _Given]]:
    """Names that a statement binds, each with what it is made of; statements within it are looked at by themselves."""
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            top = alias.name.partition(".")[0]
            yield alias.asname or top, _Given(frozenset([f"import {top[:60]}"]))
    elif isinstance(statement, ast.ImportFrom):
        top = (statement.module or "").partition(".")[0]
        for alias in statement.names:
            yield alias.asname or alias.name, _Given(frozenset([f"import {top[:60]}", *filter(None, [rules.match(alias.name)])]))
    elif names := _bound_by(statement):
        whole = isinstance(statement, _DEFINITION)
        parts = [statement] if whole else [part for part in ast.iter_child_nodes(statement) if not isinstance(part, _WITH_STATEMENTS)]
        tools = {tool for part in parts for node in ast.walk(part) for tool in _tools(node, rules) if not tool.startswith("import ")}
        made = _Given(frozenset(tools), parsing.global_names(*parts))
        yield from ((name, made) for name in names)


def _bound_by(statement: ast.stmt) -> list[str]:
    if isinstance(statement, _DEFINITION):
        return [statement.name]
    targets: Sequence[ast.expr] = ()
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign | ast.AugAssign | ast.For | ast.AsyncFor):
        targets = [statement.target]
    elif isinstance(statement, ast.With | ast.AsyncWith):
        targets = [item.optional_vars for item in statement.items if item.optional_vars]
    return [name for target in targets for node in ast.walk(target) for name in parsing.binds(node)]


# --------------------------------------------------------------------------------------------------------- own cells


def without(cell: Cell, found: Sequence[Found], rules: Rules) -> tuple[str, list[str]]:
    """The source of a student's own cell with each of these statements blanked, and what to say about it."""
    if not found:
        return cell.source, []
    lines = [line.encode() for line in cell.source.split("\n")]  # the parser counts columns in bytes
    said = [
        f"line {each.statement.lineno}: {', '.join(each.tools[:MOST_NAMED])} is not among the allowed tools; it is left out"
        for each in found
    ]
    # From the end, so that places before stay valid; what lies in a statement that went whole is gone with it.
    spans = {_span(each.statement, lines): each.statement for each in found}
    outermost: list[tuple[tuple[int, int], tuple[int, int]]] = []
    for begin, end in sorted(spans, key=lambda span: (span[0], (-span[1][0], -span[1][1]))):
        if not outermost or begin >= outermost[-1][1]:
            outermost.append((begin, end))
    for begin, end in reversed(outermost):
        _replace(lines, begin, end, _kept(spans[begin, end], rules))
    result = b"\n".join(lines).decode()
    try:
        parsing.tree(result)
    except (SyntaxError, parsing.Unreadable):
        return "\n" * cell.source.count("\n"), said
    return result, said


def _span(statement: ast.stmt, lines: Sequence[bytes]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Where a statement begins and ends, decorators included: (index of line, byte)."""
    begin = statement.lineno - 1, statement.col_offset
    decorators = getattr(statement, "decorator_list", [])
    if decorators:
        first = decorators[0].lineno - 1
        begin = first, len(lines[first]) - len(lines[first].lstrip())
    return begin, ((statement.end_lineno or statement.lineno) - 1, statement.end_col_offset or 0)


def _kept(statement: ast.stmt, rules: Rules) -> str:
    """What stays of a statement: the allowed ones of several imports."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        kept = [alias for alias in statement.names if not any(_tools(_with_names(statement, [alias]), rules))]
        if kept:
            return ast.unparse(_with_names(statement, kept))
    return "pass"


def _with_names(statement: ast.Import | ast.ImportFrom, names: list[ast.alias]) -> ast.stmt:
    if isinstance(statement, ast.Import):
        return ast.Import(names)
    return ast.ImportFrom(statement.module, names, statement.level)


def _replace(lines: list[bytes], begin: tuple[int, int], end: tuple[int, int], text: str) -> None:
    """Puts one line in the place of a span, and keeps the number of lines."""
    (first, left), (last, right) = begin, end
    before, after = lines[first][:left], lines[last][right:]
    if first == last:
        lines[first] = before + text.encode() + after
        return
    # What follows on the last line (`; x = 1`) must stay on the same logical line; a comment need not.
    joint = b"\\" if after.strip().startswith(b";") else b""
    lines[first] = before + text.encode() + joint
    for index in range(first + 1, last):
        lines[index] = joint
    lines[last] = after
