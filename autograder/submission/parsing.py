"""Python's parser, let loose on students' text in the trusted process: never two at once, and never where it would be dear."""

from __future__ import annotations

import ast
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field

from autograder.submission.rebuild import bearable

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
