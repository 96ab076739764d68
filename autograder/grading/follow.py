"""Follow-through marks: an exercise that fails and stands on others that failed is asked again as if those were right.

Here is what is asked again, and of which submission: the student's, with model answers in the place of some of theirs. These go
without their text (no comment, no docstring), as cells of a kind of their own. Of what such a run says, `grade` takes passed or
failed for each test, and nothing else.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain

from autograder.course import answers
from autograder.course.model import Exercise, Notebook
from autograder.submission import parsing, tools
from autograder.submission.program import Program, ProgramCell, program

_NO_RULES = tools.Rules(frozenset())


@dataclass(frozen=True)
class Again:
    """An exercise to be asked again: with the model answers of these exercises first, and then, if it still fails, of those."""

    exercise: Exercise
    tries: tuple[frozenset[str], ...]


class Following:
    """What is asked again of submissions of one notebook. The model answers are read when they are first needed."""

    def __init__(self, notebook: Notebook) -> None:
        self.notebook = notebook

    def again(self, submission: Program, failed: Collection[str]) -> list[Again]:
        """The exercises whose failure may be others' mistake; an answer that is still as released has nothing to be asked."""
        found = []
        for exercise in self.notebook.exercises:
            needs = needed(self.notebook, exercise)
            wrong = needs.intersection(failed)
            asked = exercise.follow_through and exercise.id in failed and exercise.id not in submission.forbidden
            if asked and wrong and not _answer(submission, exercise) <= _answer(self._released, exercise):
                first = frozenset(name for name in needs if wrong & self.together[name])
                found.append(Again(exercise, (first, needs) if first < needs else (first,)))
        return found

    def replaced(self, submission: Program, names: Collection[str], left_out: Collection[int]) -> Program:
        """A submission with the model answers of these exercises in the place of its own; of those stays what ours do not define.

        left_out: the places of cells that could not be loaded.
        """
        ours = frozenset(chain.from_iterable(self._models[name].defines for name in names))
        places: dict[int, list[str]] = {}
        for name in names:
            named = (index for index, cell in enumerate(submission.cells) if cell.id == f"{name}_answer" or cell.exercise == name)
            places.setdefault(next(named, 0), []).append(name)
        cells: list[ProgramCell] = []
        for index, cell in enumerate(submission.cells):
            cells += (ProgramCell(f"{name}_answer", "model", self._models[name].text, name) for name in places.get(index, ()))
            if index in left_out:
                cell = replace(cell, source="")
            elif cell.exercise in names or (cell.kind == "own" and cell.exercise is None):
                cell = replace(cell, kind="own", source=_without(cell.source, ours))
            cells.append(cell)
        return replace(submission, cells=tuple(cells))

    def reaches(self, submission: Program, exercise: Exercise, names: Collection[str]) -> tuple[str, ...]:
        """Of these exercises, those into whose answers the one to `exercise` reaches: it reads what they keep and nobody was told of.

        From the texts alone: attributes and keys that the one reads and the others bind, and that neither the release nor the model
        answers know.
        """
        read = {*_inside(_answer(submission, exercise), ast.Load)} - self._known
        return tuple(
            each.id
            for each in self.notebook.exercises
            if each.id in names and not read.isdisjoint(_inside(_answer(submission, each), ast.Store))
        )

    @cached_property
    def _models(self) -> Mapping[str, _Model]:
        """The model answers by exercise."""
        with parsing.PARSING:  # the build parses too
            texts = answers.models(self.notebook)
        return {exercise: _model(text) for exercise, text in texts.items()}

    @cached_property
    def _released(self) -> Program:
        return program(self.notebook, self.notebook.skeleton)

    @cached_property
    def together(self) -> Mapping[str, frozenset[str]]:
        """For each exercise, those that share a representation with it, itself among them: the parts of one class, for one.

        A given line that hangs a function on a class, `Node.tanh = node_tanh`, says so; so does "shares" in the check cell's metadata.
        """
        opens: dict[str, str] = {}
        parts = {exercise.id: {exercise.shares} - {""} for exercise in self.notebook.exercises}
        for cell in self._released.cells:
            for statement in parsing.parse(cell.source).body if cell.exercise else ():
                if isinstance(statement, ast.ClassDef):
                    opens[statement.name] = str(cell.exercise)
                parts[str(cell.exercise)] |= _hung_on(statement)
        for name, exercise in opens.items():
            parts[exercise].add(name)
        return {name: frozenset(other for other in parts if other == name or parts[name] & parts[other]) for name in parts}

    @cached_property
    def _known(self) -> frozenset[str]:
        """What setup cells and stubs tell everybody, and what the model answers keep."""
        texts = [cell.source for cell in self._released.cells]
        texts += [model.text for model in self._models.values()]
        return frozenset(chain(_inside(texts, ast.Load), _inside(texts, ast.Store)))


@dataclass(frozen=True)
class _Model:
    """A model answer without its text: no docstring, no comment. defines: names of the module."""

    text: str
    defines: frozenset[str]


def _model(answer: str) -> _Model:
    tree = parsing.parse(answer)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            told = [part for part in node.body if isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)]
            node.body = [part for part in node.body if part not in told] or [ast.Pass()]
    return _Model(ast.unparse(tree), frozenset(name for statement in tree.body for name in _defined(statement)))


def _defined(statement: ast.stmt) -> set[str]:
    """Names that a statement, which is no block, binds in the module."""
    nodes = [statement, *(statement.names if isinstance(statement, ast.Import | ast.ImportFrom) else ()), *_targets(statement)]
    return {name for node in nodes for name in parsing.binds(node)}


def _hung_on(statement: ast.stmt) -> set[str]:
    """Names on whose attributes a statement at the top of a cell puts something."""
    return {node.value.id for node in _targets(statement) if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)}


def _targets(statement: ast.stmt) -> list[ast.AST]:
    targets = [*getattr(statement, "targets", ()), getattr(statement, "target", None)]
    return [node for target in targets if target for node in ast.walk(target)]


def _without(source: str, names: frozenset[str]) -> str:
    """The source of an own cell, its lines kept, without the statements that define any of these names; "" where it is not Python."""
    tree = next(_parts(source), None)
    found = [tools.Found(part, ()) for part in getattr(tree, "body", ()) if not names.isdisjoint(_defined(part) | _hung_on(part))]
    return tools.without(tools.Cell("own", source, tree, ()), found, (), _NO_RULES)[0] if isinstance(tree, ast.Module) else ""


def _parts(source: str) -> Iterator[ast.AST]:
    """The tree of a cell, if it has one."""
    try:
        yield parsing.tree(source)
    except (SyntaxError, parsing.Unreadable):
        return


def _inside(sources: Iterable[str], use: type[ast.expr_context]) -> Iterator[str]:
    """Of the insides of things what is read, or made: attributes, words that may be keys or attributes, and tuples by their length."""
    other = ast.Store if use is ast.Load else ast.Load
    for node in chain.from_iterable(map(ast.walk, chain.from_iterable(map(_parts, sources)))):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, use):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            yield node.value
        elif isinstance(node, ast.Tuple) and isinstance(node.ctx, other) and len(node.elts) > 2:  # what takes apart is a target
            yield f"{len(node.elts)} parts"
        elif isinstance(node, ast.ClassDef) and use is ast.Store:
            yield from (name for part in node.body for name in _defined(part))


def needed(notebook: Notebook, exercise: Exercise) -> frozenset[str]:
    """The exercises that an exercise stands on, and those that they stand on."""
    needs = {other.id: other.needs for other in notebook.exercises}
    found: set[str] = set()
    waiting = list(exercise.needs)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(needs.get(name, ()))
    return frozenset(found)


def _answer(submission: Program, exercise: Exercise) -> set[str]:
    return {cell.source.strip() for cell in submission.cells if cell.exercise == exercise.id}
