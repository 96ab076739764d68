"""What counts of a submission: what its cells, run from top to bottom, would have defined.

There is one exception: a definition that is still as released never takes the place of one that the student wrote, wherever that stands.
The release says what an exercise defines; its given lines stay ours and come after the student's definitions.
"""

from __future__ import annotations

import ast
import copy
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Literal

from autograder.course.model import Notebook
from autograder.submission import parsing

Kind = Literal["setup", "answer", "own"]
"""What is given and what answers runs whole, of what is a student's own the imports, definitions and assignments."""
_Idle = Literal["idle"]

MOST_PIECES = 300
"""Of a notebook: from there on a cell is not taken apart."""
_DEFINITION = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_IMPORT = ast.Import | ast.ImportFrom
_ASSIGNMENT = ast.Assign | ast.AnnAssign | ast.AugAssign
_SETTINGS = frozenset({"setrecursionlimit", "seterr", "set_default_dtype"})
_ELSEWHERE = "outside of the answer cell, and that counts as the answer"
_AGAIN = "again, and what comes last counts"
_VALUE = "again, and that counts if it can be called"
_APART = ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@dataclass(frozen=True, eq=False)
class Statement:
    """One statement of a cell.

    gives: names that it defines in the module, and attributes that it sets of what has a name there, such as "Node.tanh". changes: names
    of what else it binds or changes.
    """

    node: ast.stmt
    gives: frozenset[str]
    changes: frozenset[str]

    @property
    def defines(self) -> bool:
        """Whether it is a definition or an import."""
        return isinstance(self.node, _DEFINITION | _IMPORT)

    @cached_property
    def form(self) -> str:
        """Equal for statements that differ in layout, comments and docstrings alone; "" for one that is too deep to be told."""
        try:
            return _form(self.node)
        except RecursionError:
            return ""

    @cached_property
    def reads(self) -> frozenset[str]:
        """Names of the module that it reads, now or when what it defines is called."""
        return parsing.global_names(self.node)

    @property
    def lines(self) -> tuple[int, int]:
        """Its first line, decorators included, and its last."""
        first = min(part.lineno for part in (self.node, *getattr(self.node, "decorator_list", ())))
        return first, self.node.end_lineno or first


@lru_cache(256)
def statements(source: str) -> tuple[Statement, ...]:
    """The statements of a cell; none where it is not Python."""
    tree = parsing.read(source)[1]
    return tuple(Statement(node, *_given_by(node)) for node in (tree.body if tree else ()))


def _body(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> list[ast.stmt]:
    """What a definition holds, without its docstring."""
    return node.body[ast.get_docstring(node, clean=False) is not None :]


def _form(node: ast.stmt) -> str:
    if not isinstance(node, _DEFINITION):
        return ast.dump(node)
    head = copy.copy(node)
    head.body = []
    return ast.dump(head) + "".join(map(_form, _body(node)))


def _outline(node: ast.stmt) -> object:
    """Equal where forms are, and had for less."""
    return (node.name, *map(_outline, _body(node))) if isinstance(node, _DEFINITION) else type(node)


class _Forms:
    """Statements that others may be copies of."""

    def __init__(self, sources: Iterable[str]) -> None:
        found = [statement for source in sources for statement in statements(source)]
        self._outlines = {_outline(statement.node) for statement in found}
        self._forms = {statement.form for statement in found} - {""}

    def __contains__(self, statement: Statement) -> bool:
        return _outline(statement.node) in self._outlines and statement.form in self._forms


def _given_by(statement: ast.stmt) -> tuple[frozenset[str], frozenset[str]]:
    """What a statement defines, and what it changes, in itself and in what it runs."""
    gives: set[str] = set()
    changes: set[str] = set()
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, _DEFINITION):
            gives.add(node.name)
            continue
        if isinstance(node, _APART):
            continue
        if isinstance(node, _IMPORT):
            gives.update(name for alias in node.names for name in parsing.binds(alias))
            continue
        if isinstance(node, _ASSIGNMENT):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            gives.update(target.id for target in targets if isinstance(target, ast.Name))
            gives.update(attribute for target in targets for attribute in _attribute(target))
        match node:
            case ast.Call(ast.Name("setattr"), [ast.Name(owner), name, *_]):
                gives.add(f"{owner}.{name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else '*'}")
            case ast.Expr(ast.Call(ast.Attribute() as called)):
                changes.update([called.attr] if called.attr in _SETTINGS else _root(called))
            case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
                changes.update(_root(node))
        changes.update(parsing.binds(node))
        waiting.extend(ast.iter_child_nodes(node))
    return frozenset(gives), frozenset(changes - gives)


def _attribute(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
        yield f"{target.value.id}.{target.attr}"


def _root(node: ast.AST) -> Iterator[str]:
    """The name that a chain of attributes and subscripts begins with."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id


# -------------------------------------------------------------------------------------------------------------- the release


@dataclass(frozen=True, eq=False)
class _Line:
    """A given line of an answer cell: it stays ours, and comes after what it reads."""

    exercise: str
    source: str
    form: str
    is_import: bool
    gives: frozenset[str]
    reads: frozenset[str]


@dataclass(frozen=True, eq=False)
class Released:
    """What the answer cells of a release say.

    exercises: for each name or attribute that one gives, its exercise. stubs: their statements; given, setup: those of given cells.
    lines: what is neither function nor class.
    """

    exercises: dict[str, str]
    stubs: _Forms
    given: _Forms
    setup: _Forms
    lines: tuple[_Line, ...]

    def defined(self, code: str) -> set[str]:
        """What of it a text defines in a way of its own."""
        found = (statement for statement in statements(code) if statement not in self.stubs)
        return {name for statement in found for name in statement.gives if name in self.exercises}


def released(notebook: Notebook) -> Released:
    """What the release of a notebook says, read once."""
    answers = {exercise.answer: exercise.id for exercise in notebook.exercises}
    found: dict[str, str] = {}
    given: dict[bool, list[str]] = {False: [], True: []}
    for cell in notebook.skeleton.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id in answers:
            found[answers[grade_id]] = cell.source
        elif cell.cell_type == "code":
            given["setup" in cell.metadata.get("tags", ())].append(cell.source)
    return _released(tuple(found.items()), tuple(given[False]), tuple(given[True]))


@lru_cache(32)
def _released(answers: tuple[tuple[str, str], ...], given: tuple[str, ...], setup: tuple[str, ...]) -> Released:
    found = [(exercise, source, statement) for exercise, source in answers for statement in statements(source)]
    exercises = {name: exercise for exercise, _, each in found if not isinstance(each.node, _IMPORT) for name in each.gives}
    lines = [
        _Line(exercise, _only(source, [each]), each.form, isinstance(each.node, _IMPORT), each.gives, each.reads & exercises.keys())
        for exercise, source, each in found
        if isinstance(each.node, _IMPORT | _ASSIGNMENT)
    ]
    return Released(exercises, _Forms(source for _, source in answers), _Forms(given), _Forms(setup), tuple(lines))


def _only(source: str, kept: Sequence[Statement]) -> str:
    """The source with the lines of some statements alone, and as many lines as before."""
    lines = source.split("\n")
    rows = {row for statement in kept for row in range(statement.lines[0] - 1, statement.lines[1])}
    return "\n".join(line if row in rows else "" for row, line in enumerate(lines))


# --------------------------------------------------------------------------------------------------------------- counting


@dataclass(frozen=True)
class Cell:
    """A cell of a rebuilt notebook that runs; exercise: the one whose answer cell it is."""

    id: str
    kind: Kind
    source: str
    exercise: str | None


@dataclass(eq=False)
class Piece:
    """Statements of a cell that follow each other and answer the same exercises, or none; `source` has the lines of the cell."""

    cell: str
    kind: Kind
    exercises: tuple[str, ...]
    source: str = ""
    statements: list[Statement] = field(default_factory=list)

    @property
    def tree(self) -> ast.Module | None:
        """Of its source, the same for the same source; None where that is not Python."""
        return parsing.read(self.source)[1]


class Counting:
    """Goes through the cells of a submission and picks what runs."""

    def __init__(self, release: Released, cells: Sequence[Cell]) -> None:
        self.pieces: list[Piece] = []
        self._release = release
        self._cells = cells
        self._defined: set[str] = set()
        self._theirs: dict[str, str] = {}  # what the student defined, and the cell that did so last
        self._passed: set[str] = set()  # exercises whose answer cell was passed
        self._told: dict[tuple[str, str], list[str]] = defaultdict(list)
        here = {each.form for cell in cells for each in statements(cell.source) if isinstance(each.node, _IMPORT)}
        self._lines = [line for line in release.lines if not line.is_import]
        self._stale = dict.fromkeys(self._lines)
        imports = [_ours(f"{line.exercise}_answer", line.source) for line in release.lines if line.is_import and line.form not in here]
        for cell in cells:
            if cell.kind != "setup" and imports:
                self.pieces, imports = [*self.pieces, *imports], []
            self._take(cell)
            self._run_lines(cell)

    def _take(self, cell: Cell) -> None:
        found = statements(cell.source)
        if not found:
            self.pieces.append(Piece(cell.id, cell.kind, (cell.exercise,) if cell.exercise else (), cell.source))
            return
        whole = True
        kept: list[_Kept] = []
        for statement in found:
            owners = self._owners(statement, cell)
            if statement in self._release.stubs:
                kind: Kind | _Idle | None = "answer" if self._stays(statement) else None
            else:
                kind = self._kind(statement, cell, owners)
            if kind is None:
                whole = False
                continue
            names = self._perhaps_no_function(statement)
            if names:
                self.pieces += _grouped(cell, kept, False, MOST_PIECES - len(self.pieces))
                kept, whole = [], False
                self.pieces.append(_ours(cell.id, "; ".join(f"_kept_{name} = {name}" for name in names)))
            kept.append((statement, kind, owners))
            self._note(statement, cell, names)
            if names:
                self.pieces += _grouped(cell, kept, False, MOST_PIECES - len(self.pieces))
                kept = []
                self.pieces.append(_ours(cell.id, "; ".join(f"{name} = {name} if callable({name}) else _kept_{name}" for name in names)))
        self.pieces += _grouped(cell, kept, whole, MOST_PIECES - len(self.pieces))

    def _perhaps_no_function(self, statement: Statement) -> list[str]:
        """Names of functions and classes that a statement gives to something that may be neither, such as `mean = 3.5`."""
        if not isinstance(statement.node, _ASSIGNMENT) or isinstance(statement.node.value, ast.Lambda) or len(self.pieces) >= MOST_PIECES:
            return []
        return sorted(name for name in statement.gives & self._release.exercises.keys() & self._defined if "." not in name)

    def _owners(self, statement: Statement, cell: Cell) -> tuple[str, ...]:
        """The exercises that a statement answers."""
        known = self._release.exercises
        owners = {known[name] for name in statement.gives if name in known}
        if not owners and cell.exercise:
            return (cell.exercise,)
        return tuple(sorted(owners or {known[root] for name in statement.gives if (root := name.partition(".")[0]) in known}))

    def _stays(self, statement: Statement) -> bool:
        """Whether something that is as released is to run where it stands."""
        if isinstance(statement.node, _DEFINITION):
            return not statement.gives <= self._defined
        line = next((line for line in self._release.lines if line.gives == statement.gives), None)
        return line is None or self._is_due(line)

    def _is_due(self, line: _Line) -> bool:
        """Whether what a given line reads is there, and it takes the place of nothing of the student's for the sake of a stub."""
        return line.reads <= self._defined and not (line.gives & self._theirs.keys() and not line.reads & self._theirs.keys())

    def _kind(self, statement: Statement, cell: Cell, owners: tuple[str, ...]) -> Kind | _Idle | None:
        """How a statement of the student's runs; None: not at all, and its lines are blanked; idle: not either."""
        if cell.kind == "setup":
            return "setup"
        if self._is_given(statement) or (cell.exercise and statement in self._release.setup):
            return None
        if owners:
            return "answer"
        if statement.defines or isinstance(statement.node, _ASSIGNMENT):
            return "own"
        changed = (statement.gives | statement.changes) - self._release.exercises.keys() - self._modules
        return "idle" if changed.isdisjoint(self._read) else "answer"

    def _is_given(self, statement: Statement) -> bool:
        """Whether it was copied from a given cell, and nothing that answers hangs on it."""
        return statement in self._release.given and statement.gives.isdisjoint(self._read | self._release.exercises.keys())

    @cached_property
    def _read(self) -> set[str]:
        """Names that answers read, and those that what gives or changes these reads."""
        by_name: dict[str, list[Statement]] = defaultdict(list)
        waiting = []
        for cell in self._cells:
            for statement in statements(cell.source):
                for name in statement.gives | statement.changes:
                    by_name[name].append(statement)
                if statement.gives & self._release.exercises.keys() or (cell.exercise and statement not in self._release.given):
                    waiting.append(statement)
        seen: set[Statement] = set()
        found: set[str] = set(_SETTINGS)
        while waiting:
            if (statement := waiting.pop()) not in seen:
                seen.add(statement)
                fresh = statement.reads - found
                found |= fresh
                waiting += [each for name in fresh for each in by_name[name]]
        return found

    @cached_property
    def _modules(self) -> set[str]:
        return {name for cell in self._cells for each in statements(cell.source) if isinstance(each.node, _IMPORT) for name in each.gives}

    def _note(self, statement: Statement, cell: Cell, values: Collection[str]) -> None:
        """What a statement that runs changes in what comes after it. values: names that it gives to what may be no function."""
        self._defined |= statement.gives
        if statement in self._release.stubs:
            self._stale = {line: None for line in self._stale if line.gives != statement.gives}
            return
        if cell.kind == "setup":
            return
        names = statement.gives & self._release.exercises.keys()
        self._stale |= dict.fromkeys(line for line in self._lines if line.reads & statement.gives)
        self._stale = {line: None for line in self._stale if not line.gives & statement.gives}
        for name in sorted(names):
            if self._release.exercises[name] != cell.exercise:
                again = self._theirs.get(name, cell.id) != cell.id
                self._told[cell.id, _VALUE if name in values else _AGAIN if again else _ELSEWHERE].append(name)
        self._theirs |= dict.fromkeys(names, cell.id)

    @property
    def problems(self) -> list[str]:
        """What is to be said of definitions that count though they stand elsewhere than in their answer cell."""
        return [f"cell {cell} defines {', '.join(dict.fromkeys(names))} {why}" for (cell, why), names in self._told.items()]

    def _run_lines(self, cell: Cell) -> None:
        """Given lines that are due after a cell."""
        if cell.exercise:
            self._passed.add(cell.exercise)
        for line in [line for line in self._stale if line.exercise in self._passed and self._is_due(line)]:
            self.pieces.append(_ours(f"{line.exercise}_answer", line.source))
            self._defined |= line.gives
            del self._stale[line]


_Kept = tuple[Statement, Kind | _Idle, tuple[str, ...]]
"""A statement, how it runs, and the exercises that it answers."""


def _ours(cell: str, source: str) -> Piece:
    """Given code, which runs for the sake of a cell."""
    return Piece(cell, "setup", (), source)


def _grouped(cell: Cell, kept: Sequence[_Kept], whole: bool, room: int) -> Iterator[Piece]:
    """The pieces of a cell. whole: all of its statements were kept; room: for pieces."""
    pieces: list[Piece] = []
    if all(kind in ("own", "idle") for _, kind, _ in kept):
        kept = [(statement, "own", ()) for statement, *_ in kept]
    for statement, kind, owners in kept:
        last = pieces[-1] if pieces else None
        if kind == "idle":
            whole = False
        elif last and (
            len(pieces) >= room or (last.kind, last.exercises) == (kind, owners) or statement.lines[0] <= last.statements[-1].lines[1]
        ):
            last.statements.append(statement)
            last.kind = "answer" if kind == "answer" else last.kind
            last.exercises = tuple(dict.fromkeys((*last.exercises, *owners)))
        else:
            pieces.append(Piece(cell.id, kind, owners, statements=[statement]))
    for piece in pieces:
        piece.source = cell.source if whole and len(pieces) == 1 else _only(cell.source, piece.statements)
    yield from pieces
