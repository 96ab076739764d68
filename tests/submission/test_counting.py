"""Which definitions count: what "Run All" would have defined, but that what is as released never overrides what the student wrote."""

import ast
from textwrap import dedent

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.course.model import Notebook
from autograder.submission.program import program
from autograder.submission.rebuild import rebuild


def mark(grade_id, **changes):
    return {"grade_id": grade_id, "locked": True, "grade": False, "solution": False, "schema_version": 3, "task": False, **changes}


NODE = "class Node:\n    def __init__(self, value):\n        self.value = value\n\n    def double(self):\n        return 2 * self.value"
TANH = "def node_tanh(node):\n    return ('tanh', node.value)"
MEAN = "def mean(x):\n    return sum(x) / len(x)"
SPREAD = "def spread(x):\n    return max(x) - min(x)"
STUBS = {
    "node": NODE.replace("self.value = value", "raise NotImplementedError").replace("return 2 * self.value", "raise NotImplementedError"),
    "functions": "from functools import reduce\n\n\ndef node_tanh(node):\n    raise NotImplementedError\n\n\nNode.tanh = node_tanh",
    "mean": "def mean(x):\n    # YOUR CODE HERE\n    raise NotImplementedError\n\n\ndef spread(x):\n    raise NotImplementedError",
}


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    found = Notebook("a0_nodes", "nodes", root=tmp_path_factory.mktemp("course"))
    found.release.parent.mkdir(parents=True)
    cells = [
        new_code_cell("import math\n\n\nclass Given:\n    size = 3", id="setup", metadata={"nbgrader": mark("setup"), "tags": ["setup"]})
    ]
    for name, stub in STUBS.items():
        about = {"title": name, "difficulty": 1, "minutes": 5, "needs": []}
        cells.append(new_code_cell(stub, id=f"{name}_answer", metadata={"nbgrader": mark(f"{name}_answer", solution=True, locked=False)}))
        cells.append(new_code_cell(f"assert '{name}'", id=name, metadata={"nbgrader": mark(name, grade=True, points=4), "exercise": about}))
        cells.append(new_code_cell(f"history = slow('{name}')", id=f"show_{name}", metadata={"nbgrader": mark(f"show_{name}")}))
    nbformat.write(new_notebook(cells=cells, metadata={"groundwork": {"title": "Nodes", "imports": [], "packages": []}}), found.release)
    return found


OWN = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign | ast.AugAssign


@pytest.fixture
def run(notebook):
    """The module that the program of some cells makes, and the program. A cell is a text, or the name of an answer cell and a text."""

    def made(*cells):
        nodes = [new_code_cell("assert 'mean'", id="mean", metadata={"nbgrader": mark("mean", grade=True)})]
        for cell in cells:
            name, text = cell if isinstance(cell, tuple) else (None, cell)
            nodes.append(new_code_cell(dedent(text), metadata={"nbgrader": {"grade_id": f"{name}_answer"}} if name else {}))
        found = program(notebook, rebuild(notebook, new_notebook(cells=nodes)).notebook)
        module = {}
        for cell in found.cells:
            try:
                tree = ast.parse(cell.source)
            except SyntaxError:  # the sandbox notes it and goes on
                continue
            tree.body = [statement for statement in tree.body if cell.kind != "own" or isinstance(statement, OWN)]
            for statement in tree.body:
                exec(compile(ast.Module([statement], []), cell.id, "exec"), module)
        return module, found

    return made


def works(module):
    return module["mean"]([1, 3]) == 2 and module["Node"](1).double() == 2 and module["Node"](1).tanh() == ("tanh", 1)


MY = TANH.replace("node_tanh", "my")
ALL = "\n\n".join([NODE, TANH, "Node.tanh = node_tanh", MEAN, "assert 'mean'", "history = slow('mean')"])
WRITTEN = [("node", NODE), ("functions", TANH), ("mean", MEAN)]

PLACES = {
    "in their cells": [("node", NODE), ("functions", f"{TANH}\n\nNode.tanh = node_tanh"), ("mean", MEAN)],
    "in fresh cells, the stubs below": [NODE, TANH, MEAN, *STUBS.items()],
    "in fresh cells, the stubs above": [*STUBS.items(), NODE, TANH, MEAN],
    "in fresh cells, the stubs gone": [NODE, TANH, MEAN],
    "in one cell": ["\n\n".join([NODE, TANH, MEAN])],
    "in one cell, with all that was given": [ALL],
    "in one answer cell": [("mean", ALL)],
    "in reverse": [MEAN, TANH, NODE],
    "one of two functions in its cell": [*WRITTEN[:2], ("mean", STUBS["mean"]), MEAN],
    "one of two functions, the cell below": [*WRITTEN[:2], SPREAD, ("mean", f"{MEAN}\n\ndef spread(x):\n    raise NotImplementedError")],
    "a given line deleted": WRITTEN,
    "a class retyped below what is attached to it": [("functions", f"{TANH}\n\nNode.tanh = node_tanh"), ("mean", MEAN), NODE],
    "attached by hand": [("node", NODE), ("functions", STUBS["functions"]), f"{MY}\n\nNode.tanh = my", MEAN],
    "attached by hand above the stub": [MY, NODE, "Node.tanh = my", ("functions", STUBS["functions"]), MEAN],
    "attached in a loop": [NODE, f"{MY}\nfor name in ['tanh']:\n    setattr(Node, name, my)", MEAN],
    "a method attached below the stub": [
        ("node", STUBS["node"]),
        "def start(self, value): self.value = value\nNode.__init__ = start",
        "def double(self): return 2 * self.value\nNode.double = double",
        TANH,
        MEAN,
    ],
    "continued by a class of the same name": [
        ("node", NODE.replace("return 2 * self.value", "raise NotImplementedError")),
        "class Node(Node):\n    def double(self):\n        return 2 * self.value",
        TANH,
        MEAN,
    ],
    "in branches": [
        "if True:\n    def mean(x):\n        return 2\nelse:\n    mean = None",
        "try:\n    def node_tanh(n): return ('tanh', n.value)\nfinally:\n    pass",
        NODE,
    ],
    "decorated, as a lambda, by another name": [
        "import functools\n\ndef same(thing): return thing",
        f"@same\n{NODE}",
        "def other(node): return ('tanh', node.value)\nnode_tanh = other",
        "mean = lambda x: sum(x) / len(x)",
    ],
    "with a table that a loop fills": [
        NODE,
        TANH,
        "TABLE = {}",
        "for n in range(5):\n    TABLE[n] = n\nprint(TABLE)",
        "def mean(x):\n    return TABLE[2]",
    ],
    "with a broken attempt above": ["def mean(x:\n    return", NODE, TANH, MEAN],
    "with a broken attempt in its place": [NODE, TANH, ("mean", "def mean(x:\n    return"), MEAN],
    "with the name used once more": [NODE, TANH, MEAN, "mean = mean([1, 2])\nfor mean in [3, 4]:\n    print(mean)"],
    "with a magic": [NODE, TANH, f"%%time\n{MEAN}\n%timeit mean([1])"],
}


@pytest.mark.parametrize("cells", PLACES.values(), ids=PLACES.keys())
def test_what_the_student_wrote_counts_wherever_it_stands(run, cells):
    module, found = run(*cells)
    assert works(module)
    assert found.forbidden == {}
    assert {"node", "functions", "mean"} <= {cell.exercise for cell in found.cells}


def test_what_comes_last_counts(run):
    module, found = run(("mean", MEAN), "def mean(x):\n    return 7")
    assert module["mean"]([1]) == 7
    assert "cell own-1 defines mean again, and what comes last counts" in found.problems


def test_a_value_under_the_name_of_a_function_does_not_take_its_place(run):
    module, found = run(("mean", MEAN), "mean = mean([1, 3])")
    assert module["mean"]([1, 3]) == 2
    assert found.problems[-1] == "cell own-1 defines mean again, and that counts if it can be called"


def test_where_an_answer_stands_is_said(run):
    _, found = run(NODE, "x = 1", TANH)
    assert found.problems == (
        "cell own-1 defines Node outside of the answer cell, and that counts as the answer",
        "cell own-3 defines node_tanh outside of the answer cell, and that counts as the answer",
    )


def test_what_is_given_is_not_run_again(run):
    module, _ = run("\n\n".join([MEAN, "history = slow('mean')", "x = 1"]))
    assert "history" not in module
    assert module["x"] == 1


def test_what_was_written_for_nothing_is_not_run(run):
    """Experiments, drawings and what they print are for the student."""
    module, _ = run(f"{MEAN}\n\nassert mean([1]) == 2\nprint(undefined)\nfor n in range(10**9):\n    pass")
    assert module["mean"]([1]) == 1


HOSTILE = {
    "a check's grade_id": [
        new_code_cell("def mean(x): return 1\nraise SystemExit", metadata={"nbgrader": mark("mean", grade=True, points=99)})
    ],
    "the setup's grade_id": [
        new_code_cell("class Given: size = 4\nraise SystemExit", metadata={"nbgrader": mark("setup"), "tags": ["setup"]})
    ],
    "a given line": [new_code_cell("class Node: pass\n\ndef node_tanh(n): return 2\n\nNode.tanh = lambda self: 'mine'")],
}


@pytest.mark.parametrize("cells", HOSTILE.values(), ids=HOSTILE.keys())
def test_nothing_of_a_students_takes_the_place_of_ours(notebook, cells):
    submitted = nbformat.from_dict({**notebook.skeleton, "cells": [*notebook.skeleton.cells, *cells]})
    rebuilt = rebuild(notebook, submitted).notebook
    assert [each for each in rebuilt.cells if not each["id"].startswith("own-")] == notebook.skeleton.cells
    found = program(notebook, rebuilt)
    assert next(cell.source for cell in found.cells if cell.kind == "setup") == notebook.skeleton.cells[0].source
    assert not any("SystemExit" in cell.source for cell in found.cells if cell.kind != "own")


def test_lines_keep_their_numbers(run):
    _, found = run(f"x = 1\n\n{MEAN}\n\nprint(2)\n\n{SPREAD}")
    pieces = [cell for cell in found.cells if cell.id == "own-1"]
    assert [(piece.exercise, piece.kind) for piece in pieces] == [(None, "own"), ("mean", "answer")]
    assert pieces[1].source.split("\n")[2] == "def mean(x):"
    assert pieces[1].source.split("\n")[7] == "def spread(x):"
    assert "print" not in pieces[1].source


def test_what_answers_is_held_to_the_exercises_tools_in_any_cell(run):
    _, found = run("x = 1\n\ndef mean(x):\n    import numpy\n    return numpy.mean(x)", SPREAD)
    assert found.forbidden == {"mean": ("import numpy",)}
    assert (found.used["mean"].cell, found.used["mean"].line) == ("own-1", 4)
