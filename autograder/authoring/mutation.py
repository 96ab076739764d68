"""Mistakes made by a machine: model answers changed in one place at a time."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.submission.parsing import parse

COMPARISONS: dict[type[ast.cmpop], list[type[ast.cmpop]]] = {
    ast.Lt: [ast.LtE, ast.Gt],
    ast.LtE: [ast.Lt, ast.GtE],
    ast.Gt: [ast.GtE, ast.Lt],
    ast.GtE: [ast.Gt, ast.LtE],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
}
OPERATORS: dict[type[ast.operator], list[type[ast.operator]]] = {
    ast.Add: [ast.Sub],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.Div, ast.Add],
    ast.Div: [ast.Mult, ast.FloorDiv],
    ast.Pow: [ast.Mult],
    ast.FloorDiv: [ast.Div],
    ast.Mod: [ast.FloorDiv],
    ast.MatMult: [ast.Mult],
}
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list", "reversed": "list", "set": "list", "abs": "float"}


@dataclass(frozen=True)
class Change:
    """One changed place of an answer; `text`: the line as it was and as it is."""

    text: str
    answer: str


def variants(node: ast.AST) -> Iterator[ast.AST]:
    """What one node may be changed into."""
    match node:
        case ast.Compare(ops=[operator, *rest]):
            for comparison in COMPARISONS.get(type(operator), []):
                yield with_(node, ops=[comparison(), *rest])
            for place in range(1, len(node.ops)):
                for comparison in COMPARISONS.get(type(node.ops[place]), []):
                    yield with_(node, ops=[*node.ops[:place], comparison(), *node.ops[place + 1 :]])
        case ast.BinOp():
            for other in OPERATORS.get(type(node.op), []):
                yield with_(node, op=other())
            yield node.left
            yield node.right
        case ast.AugAssign():
            for other in OPERATORS.get(type(node.op), []):
                yield with_(node, op=other())
            yield ast.Assign(targets=[node.target], value=node.value)
            yield ast.Pass()
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case ast.BoolOp():
            yield with_(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
            yield from node.values
        case ast.Constant(value=bool()):
            yield ast.Constant(not node.value)
        case ast.Constant(value=int() | float() as number):
            yield ast.Constant(number + 1)
            yield ast.Constant(number - 1)
        case ast.If() | ast.While():
            if isinstance(node, ast.If):
                yield with_(node, test=ast.Constant(True))
            yield with_(node, test=ast.Constant(False))
        case ast.IfExp():
            yield node.body
            yield node.orelse
        case ast.Call():
            if len(node.args) >= 2 and not any(isinstance(argument, ast.Starred) for argument in node.args):
                yield with_(node, args=[node.args[1], node.args[0], *node.args[2:]])
            for place in range(len(node.keywords)):
                yield with_(node, keywords=[*node.keywords[:place], *node.keywords[place + 1 :]])
            if isinstance(node.func, ast.Name) and node.func.id in NAMES:
                yield with_(node, func=ast.Name(NAMES[node.func.id], ast.Load()))
            elif len(node.args) == 1 and not node.keywords:
                yield node.args[0]
        case ast.Return(value=ast.expr()):
            yield ast.Return(None)
        case ast.Continue():
            yield ast.Break()
            yield ast.Pass()
        case ast.Break():
            yield ast.Continue()
            yield ast.Pass()
        case ast.Expr(value=ast.Constant()):
            pass  # a docstring
        case ast.Assign() | ast.AnnAssign() | ast.Expr() | ast.Raise():
            yield ast.Pass()
        case ast.Tuple(elts=[first, second], ctx=ast.Load()):
            yield with_(node, elts=[second, first])


def with_(node: ast.AST, **changed: object) -> ast.AST:
    other = copy.copy(node)
    for name, value in changed.items():
        setattr(other, name, value)
    return other


def plain(answer: str) -> str:
    """An answer as Python prints it, so that two of them differ in nothing but what they do."""
    return ast.unparse(parse(answer))


def changed(answer: str) -> Iterator[Change]:
    """Every change of one place of an answer; annotations and texts are left alone."""
    tree = parse(answer)
    before = ast.unparse(tree)
    seen = {before}
    for parent, field, place, node in places(tree):
        for other in variants(node):
            _put(parent, field, place, other)
            ast.fix_missing_locations(tree)
            text = ast.unparse(tree)
            if text not in seen:
                seen.add(text)
                yield Change(_difference(before, text), text)
        _put(parent, field, place, node)


def places(tree: ast.AST) -> list[tuple[ast.AST, str, int | None, ast.AST]]:
    """Where each node hangs: its parent, the field, and its place in the field's list."""
    found: list[tuple[ast.AST, str, int | None, ast.AST]] = []
    waiting = [tree]
    while waiting:
        parent = waiting.pop()
        for field, value in ast.iter_fields(parent):
            if field in ("annotation", "returns") or isinstance(parent, ast.JoinedStr):
                continue
            for place, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(node, ast.AST):
                    found.append((parent, field, place, node))
                    waiting.append(node)
    return found


def _put(parent: ast.AST, field: str, place: int | None, node: ast.AST) -> None:
    if place is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[place] = node


def _difference(before: str, after: str) -> str:
    old, new = before.splitlines(), after.splitlines()
    start = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    ends = zip(reversed(old[start:]), reversed(new[start:]), strict=False)
    end = next((n for n, (a, b) in enumerate(ends) if a != b), min(len(old), len(new)) - start)
    was, now = ([line.strip() for line in lines[start : len(lines) - end]] for lines in (old, new))
    return f"{' ; '.join(was)}  ->  {' ; '.join(now)}"
