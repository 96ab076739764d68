"""Which tools a submission uses that its assignment does not allow, from its text alone.

Two things can be forbidden: modules, and single names of modules that are allowed (the finished layer that an exercise is about).
A text can hide what it does from any reader, so this is best effort: it finds the ways in which people write them, and refuses what
could be any of them. What a sandbox does not hold cannot be used however it is written: where it is harmless, its import is left out.
"""

from __future__ import annotations

import ast
import fnmatch
import re
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

from autograder.submission import parsing
from autograder.submission.plain import shown

LIBRARIES = frozenset(
    "autograd cupy flax gensim haiku igraph jax keras lightning mxnet networkx nltk numba numpy optax pytorch_lightning scipy sklearn "
    "spacy statsmodels sympy tensorflow tensorly theano tinygrad torch torchvision transformers xgboost".split()
)
"""What computes for others: refused by name, there or not, where the header does not allow it."""

_BY_NAME = frozenset("__import__ import_module find_spec find_loader get_loader run_module resolve_name".split())
"""Functions that are given a module's name."""
_INSIDES = frozenset(
    "__builtins__ __globals__ __loader__ f_builtins f_globals meta_path path_hooks path_importer_cache exec_module load_module load_source "
    "load_dynamic module_from_spec spec_from_file_location run_path SourceFileLoader SourcelessFileLoader ExtensionFileLoader FileFinder "
    "PathFinder zipimporter".split()
)
"""Names behind which any module may be."""
_BY_TEXT = frozenset("eval exec compile globals locals vars".split())
"""Functions that find names, or code, in texts."""

NOTHING: frozenset[str] = frozenset()
MOST_NAMED = 20
"""Of tools in one sentence."""

_DEFINITION = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_WITH_STATEMENTS = ast.stmt | ast.excepthandler | ast.match_case
OWN = frozenset({"self", "cls"})
"""What a student's own parts are attributes of, besides the classes that a cell defines."""


@dataclass(frozen=True)
class Rules:
    """What holds for all answers of a notebook.

    modules: installed top-level modules that may be imported. banned: dotted names, such as "torch.nn.MultiheadAttention", of which the
    last part is looked for; * and ? stand for other letters. refused: other modules that may not be used, such as "statistics".
    packages: installed ones that are there.
    """

    modules: frozenset[str]
    banned: tuple[str, ...] = ()
    refused: frozenset[str] = NOTHING
    packages: frozenset[str] = NOTHING

    @property
    def guards(self) -> bool:
        """Whether something that is there may not be used, so that what could reach anything is refused too."""
        return bool(self.banned or self.refused or (self.packages & LIBRARIES) - self.modules)

    def refuses(self, module: str) -> bool:
        """Whether an answer may not use a module, given by its dotted name."""
        top = module.partition(".")[0]
        return top in self.refused or (top in LIBRARIES and top not in self.modules)

    def lacks(self, module: str) -> bool:
        """Whether a module that is not refused is not there."""
        top = module.partition(".")[0]
        return top not in self.modules and top not in sys.stdlib_module_names and not self.refuses(module)

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """A piece of text for each banned name without which it is not spelt."""
        return tuple(max(re.split(r"[*?]", tool.rpartition(".")[2]), key=len) for tool in self.banned)

    @cached_property
    def _any(self) -> re.Pattern[str]:
        """Matches where one of the banned names does."""
        return re.compile("|".join(fnmatch.translate(tool.rpartition(".")[2]) for tool in self.banned) if self.banned else "(?!)")

    def match(self, name: str) -> str | None:
        """The banned name that this part of a name belongs to."""
        if not self._any.match(name):
            return None
        return next((tool for tool in self.banned if fnmatch.fnmatchcase(name, tool.rpartition(".")[2])), None)


@dataclass(frozen=True)
class Cell:
    """A cell that runs, or a piece of one. tree: of its source, None where that is not Python; exercises: those that it answers."""

    kind: Literal["setup", "answer", "own"]
    source: str
    tree: ast.Module | None
    exercises: tuple[str, ...] = ()


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
    """Forbidden tools that a cell names: modules that it imports at any depth, or has in another way, also one that cannot be told; banned
    names as attributes, in imports, as strings for `getattr` and the like, and `loose` ones by themselves."""
    words = ("import", "modules", *_BY_NAME, *_INSIDES, *rules.parts)
    text = cell.source if cell.source.isascii() else unicodedata.normalize("NFKC", cell.source)  # as Python reads names
    if cell.tree is None or not any(word in text for word in words):
        return ()
    found: list[Found] = []
    waiting: list[tuple[ast.AST, ast.stmt | None]] = [(cell.tree, None)]  # no recursion: a tree can be deep
    nodes = list(ast.walk(cell.tree))
    own = OWN.union(node.name for node in nodes if isinstance(node, ast.ClassDef))
    by_text = any(isinstance(node, ast.Name) and node.id in _BY_TEXT for node in nodes)
    aliases = (alias for node in nodes if isinstance(node, ast.Import) for alias in node.names)
    known = {"sys"}.union(alias.asname for alias in aliases if alias.name == "sys" and alias.asname)
    told: set[int] = set()  # parts whose use was understood
    while waiting:
        node, statement = waiting.pop()
        if isinstance(node, ast.stmt) and hasattr(node, "lineno"):
            statement = node
        module = _module_named(node, known)
        if module is not None:
            told.update(map(id, ast.walk(node.func if isinstance(node, ast.Call) else node)))
            tools: tuple[str, ...] = (f"import {module.partition('.')[0]}",) if rules.refuses(module) else ()
        else:
            tools = () if id(node) in told else (*_tools(node, rules, loose, own), *(_loaders(node, known) if rules.guards else ()))
        if tools and statement is not None:
            found.append(Found(statement, tools))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue  # a docstring may speak of anything
        waiting.extend((child, statement) for child in reversed(list(ast.iter_child_nodes(node))))
        if by_text and isinstance(node, ast.Constant) and isinstance(node.value, str):
            waiting.extend((part, statement) for part in _code(node.value))
    return tuple(found)


def _tools(node: ast.AST, rules: Rules, loose: frozenset[str] = NOTHING, own: frozenset[str] = NOTHING) -> Iterator[str]:
    """Refused modules that a node imports, and banned names that it is."""
    if isinstance(node, ast.Import):
        yield from (f"import {alias.name.partition('.')[0]}" for alias in node.names if rules.refuses(alias.name))
    elif isinstance(node, ast.ImportFrom):
        if not node.level and rules.refuses(node.module or ""):
            yield f"import {(node.module or '').partition('.')[0]}"
        else:
            yield from filter(None, (rules.match(alias.name) for alias in node.names))
    elif isinstance(node, ast.Name):
        if node.id in loose:
            yield rules.match(node.id) or node.id
    elif isinstance(node, ast.Attribute):
        if not (isinstance(node.value, ast.Name) and node.value.id in own) and (tool := rules.match(node.attr)):
            yield tool
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 200:
        yield from filter(None, (rules.match(part) for part in node.value.split(".")))


def _module_named(node: ast.AST, known: Collection[str]) -> str | None:
    """The module that a node gets by a name that stands there, such as `import_module("math")` or `sys.modules["math"]`."""
    match node:
        case ast.Call(ast.Name(name) | ast.Attribute(attr=name), [ast.Constant(str(module)), *_]) if name in _BY_NAME:
            return module.partition(":")[0]
        case ast.Subscript(modules, ast.Constant(str(module))) if _is_modules(modules, known):
            return module
        case ast.Subscript(modules, ast.Name("__name__")) if _is_modules(modules, known):
            return ""
        case ast.Call(ast.Attribute(modules, "get"), [ast.Constant(str(module)), *_]) if _is_modules(modules, known):
            return module
    return None


def _is_modules(node: ast.AST, known: Collection[str]) -> bool:
    """Whether this is `sys.modules`."""
    match node:
        case ast.Attribute(ast.Name(name) | ast.Attribute(attr=name), "modules"):
            return name in known
    return False


def _loaders(node: ast.AST, known: Collection[str]) -> Iterator[str]:
    """Ways to a module that may be any."""
    every = _BY_NAME | _INSIDES
    match node:
        case ast.Name(name) | ast.Attribute(attr=name) | ast.Constant(str(name)) if name in every:
            yield name
        case ast.ImportFrom():
            yield from (alias.name for alias in node.names if alias.name in _INSIDES or (alias.name in _BY_NAME and alias.asname))
            yield from ("sys.modules" for alias in node.names if (node.module, alias.name) == ("sys", "modules"))
        case ast.Attribute(ast.Name(name), "__dict__") if name in known:
            yield "sys.modules"
        case ast.Call(ast.Name("vars" | "getattr"), [ast.Name(name), *_]) if name in known:
            yield "sys.modules"
        case _ if _is_modules(node, known):
            yield "sys.modules"


def _code(text: str) -> list[ast.stmt]:
    """A text as the code that it may be."""
    try:
        return parsing.tree(text).body
    except (SyntaxError, parsing.Unreadable):
        return []


def reached(cells: Sequence[Cell], rules: Mapping[str, Rules]) -> dict[str, tuple[tuple[str, ...], int, int]]:
    """For each exercise, the forbidden tools that its answer reaches by names that other cells, or it itself, gave them; the first
    cell that does, by its place among the cells; and the line where it does.

    rules: of each exercise. Functions and classes of answer cells pass nothing on: other exercises stand on them, and their own exercise
    is refused already.
    """
    every = set(rules.values())
    if len(every) < 2 and not any(each.banned for each in every):
        return {}
    given: dict[str, list[_Given]] = defaultdict(list)  # by name in the module
    some = next(iter(every))
    for cell in cells:
        for statement in _statements(cell):
            for name, made in _gives(statement, some):
                given[name].append(made)
    found: dict[str, tuple[tuple[str, ...], int, int]] = {}
    for index, cell in enumerate(cells):
        tools = _reach(_names(cell.tree), given) if cell.tree and cell.exercises else set()
        for exercise in cell.exercises:
            refused = {tool for tool in tools if not tool.startswith("import ") or rules[exercise].refuses(tool[7:])}
            if refused and exercise not in found:
                found[exercise] = tuple(sorted(refused)[:MOST_NAMED]), index, _line_of(refused, cell, given)
    return found


def _names(*parts: ast.AST) -> frozenset[str]:
    """Names of the module that parts of it read, those in texts among them where names are looked up in texts."""
    names = parsing.global_names(*parts)
    if names.isdisjoint(_BY_TEXT):
        return names
    texts = (node.value for part in parts for node in ast.walk(part) if isinstance(node, ast.Constant))
    return names.union(text for text in texts if isinstance(text, str))


def _line_of(tools: set[str], cell: Cell, given: Mapping[str, Sequence[_Given]]) -> int:
    """The line where a cell first reads a name that leads to one of these tools; 1 where that is not among the first 50 names."""
    seen: set[str] = set()
    for node in ast.walk(cell.tree) if cell.tree else ():
        if isinstance(node, ast.Name) and node.id not in seen and len(seen) < 50:
            seen.add(node.id)
            if tools & _reach([node.id], given):
                return node.lineno
    return 1


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
        made = _Given(frozenset(tools), _names(*parts))
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


# ------------------------------------------------------------------------------------------------------- what is left out


def absent(cell: Cell, rules: Rules) -> list[Found]:
    """Imports of modules that are not there, but for those in a `try`, whose author expects that."""
    found = []
    waiting: list[ast.AST] = [cell.tree] if cell.tree else []
    while waiting:
        node = waiting.pop()
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names if rules.lacks(alias.name)]
        elif isinstance(node, ast.ImportFrom) and (node.level or rules.lacks(node.module or "")):
            modules = ["." * node.level + (node.module or "")]
        if modules and isinstance(node, ast.stmt):
            found.append(Found(node, tuple(shown(module, 60) for module in modules)))
        elif isinstance(node, ast.Try | ast.TryStar) and node.handlers:
            waiting += [*node.handlers, *node.orelse, *node.finalbody]
        else:
            waiting += [child for child in ast.iter_child_nodes(node) if isinstance(child, _WITH_STATEMENTS)]
    return found


def without(cell: Cell, forbidden: Sequence[Found], missing: Sequence[Found], rules: Rules) -> tuple[str, list[str]]:
    """The source of a cell with each of these statements blanked, and what to say about it."""
    if not forbidden and not missing:
        return cell.source, []
    lines = [line.encode() for line in cell.source.split("\n")]  # the parser counts columns in bytes
    refused, lacking = "is not among the allowed tools; it is left out", "is not there where answers are graded; its import is left out"
    said = [*((each, refused) for each in forbidden), *((each, lacking) for each in missing)]
    said.sort(key=lambda pair: pair[0].statement.lineno)
    sentences = [f"line {each.statement.lineno}: {', '.join(each.tools[:MOST_NAMED])} {why}" for each, why in said]
    # From the end, so that places before stay valid; what lies in a statement that went whole is gone with it.
    spans = {_span(each.statement, lines): each.statement for each, _ in said}
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
        return "\n" * cell.source.count("\n"), sentences
    return result, sentences


def _span(statement: ast.stmt, lines: Sequence[bytes]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Where a statement begins and ends, decorators included: (index of line, byte)."""
    begin = statement.lineno - 1, statement.col_offset
    decorators = getattr(statement, "decorator_list", [])
    if decorators:
        first = decorators[0].lineno - 1
        begin = first, len(lines[first]) - len(lines[first].lstrip())
    return begin, ((statement.end_lineno or statement.lineno) - 1, statement.end_col_offset or 0)


_ITERATES = "lambda iterable=None, *_, **__: iterable"
_RANGES = "lambda *bounds, **_: range(*bounds)"
_WRAPPERS = {"tqdm": _ITERATES, "trange": _RANGES}
"""What stands for names of tqdm, which shows how far a loop has come and otherwise does nothing."""


def _kept(statement: ast.stmt, rules: Rules) -> str:
    """What stays of a statement: of several imports those of modules that are there, and what stands for those of tqdm."""
    kept = []
    if isinstance(statement, ast.Import):
        plain = [alias for alias in statement.names if not rules.lacks(alias.name) and not rules.refuses(alias.name)]
        kept = [ast.unparse(ast.Import(plain))] if plain else []
        for alias in statement.names:
            if alias.name.partition(".")[0] == "tqdm":
                pairs = ", ".join(f"{name!r}: staticmethod({code})" for name, code in _WRAPPERS.items())
                whole = f"type('tqdm', (), {{{pairs}}})"
                inner = "".join(f"; tqdm.{part} = tqdm" for part in alias.name.split(".")[1:2] if not alias.asname)
                kept.append(f"{alias.asname or 'tqdm'} = {whole}{inner}")
    elif isinstance(statement, ast.ImportFrom) and (statement.module or "").partition(".")[0] == "tqdm":
        kept = [f"{alias.asname or alias.name} = {_WRAPPERS[alias.name]}" for alias in statement.names if alias.name in _WRAPPERS]
    elif isinstance(statement, ast.ImportFrom) and not statement.level and not rules.lacks(statement.module or ""):
        names = [alias for alias in statement.names if not any(_tools(ast.ImportFrom(statement.module, [alias], 0), rules))]
        names = [alias for alias in names if not any(_loaders(ast.ImportFrom(statement.module, [alias], 0), ()))]
        kept = [ast.unparse(ast.ImportFrom(statement.module, names, 0))] if names else []
    return "; ".join(kept) or "pass"


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
