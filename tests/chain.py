"""A course of one notebook whose exercises stand on each other: on functions, on a class that several answers make, on a cache."""

import json
from pathlib import Path
from textwrap import dedent

from nbformat import NotebookNode

from autograder.course.answers import models
from autograder.course.answers import submission as filled
from autograder.course.build import build
from autograder.course.model import Course, Notebook

EXERCISES: dict[str, dict[str, object]] = {
    "node": {"title": "A node", "points": 4, "needs": []},
    "node_double": {"title": "Twice a node", "points": 2, "needs": ["node"]},
    "total": {"title": "A total", "points": 3, "needs": ["node_double"]},
    "scale": {"title": "A scale", "points": 3, "needs": []},
    "rescale": {"title": "A scale twice", "points": 3, "needs": ["scale"]},
    "joined": {"title": "All joined", "points": 5, "needs": ["scale"], "follow_through": False},
}

ANSWERS = {
    "node": '''
        class Node:
            """A node, as OURS-DOCSTRING says."""

            def __init__(self, value):
                ### BEGIN SOLUTION
                self.value = value  # OURS-COMMENT
                self.parents = []
                ### END SOLUTION

            def add(self, other):
                ### BEGIN SOLUTION
                made = Node(self.value + other.value)
                made.parents = [self, other]
                return made
                ### END SOLUTION
    ''',
    "node_double": """
        def node_double(self):
            ### BEGIN SOLUTION
            return self.add(self)
            ### END SOLUTION


        Node.double = node_double
    """,
    "total": """
        def total(values):
            ### BEGIN SOLUTION
            found = Node(0)
            for value in values:
                found = found.add(Node(value).double())
            return found
            ### END SOLUTION
    """,
    "scale": """
        def scale(x):
            ### BEGIN SOLUTION
            return 3 * x
            ### END SOLUTION
    """,
    "rescale": """
        def rescale(x):
            ### BEGIN SOLUTION
            return scale(scale(x))
            ### END SOLUTION
    """,
    "joined": """
        def joined(x):
            ### BEGIN SOLUTION
            return scale(x)
            ### END SOLUTION
    """,
}

PROBES = """
def node(m, value):
    made = m.Node(value).add(m.Node(1))
    return {"value": made.value, "parents": len(made.parents)}

def refused(m):
    return m.Node(2).value

def double(m, value):
    return m.Node(value).double().value

def total(m, *values):
    return m.total(values).value

def scale(m, x):
    return m.scale(x)

def rescale(m, x):
    return m.rescale(x)

def joined(m, x):
    return m.joined(x)
"""

TESTS = """
from autograder.testing import exercise

from . import chain_probes as probes


@exercise("node")
def test_a_sum(ask):
    '''A sum has a value and two parents.'''
    ask.same(probes.node, 4)


@exercise("node", weight=3)
def test_a_value(ask):
    '''A node has a value.'''
    ask.same(probes.refused)
"""

_TEST = """

@exercise("{exercise}", weight={weight})
def test_{name}(ask):
    '''{meaning}'''
    ask.same(probes.{probe}, {value})
"""

for _exercise, _probe in {"node_double": "double", "total": "total", "scale": "scale", "rescale": "rescale", "joined": "joined"}.items():
    TESTS += _TEST.format(exercise=_exercise, weight=1, name=f"{_probe}_of_seven", meaning=f"The {_probe} of seven.", probe=_probe, value=7)
    TESTS += _TEST.format(exercise=_exercise, weight=2, name=f"{_probe}_of_five", meaning=f"The {_probe} of five.", probe=_probe, value=5)


def make(root: Path) -> Notebook:
    """The notebook chain/chain of a new course at `root`, built."""
    notebook = Notebook("chain", "chain", root)
    for path in (notebook.source, notebook.reference, notebook.suite):
        path.parent.mkdir(parents=True, exist_ok=True)
    about = {"title": "A chain", "imports": ["gc", "inspect", "linecache", "os", "sys", "time"], "packages": []}
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    cells = [
        f"# ---\n# jupyter:\n#   kernelspec: {json.dumps(kernel)}\n#   groundwork: {json.dumps(about)}\n# ---\n",
        '# %% nbgrader={"grade_id": "setup", "locked": true} tags=["setup"]\nimport math',
    ]
    for name, exercise in EXERCISES.items():
        shown = {"difficulty": 1, "minutes": 1, **{key: value for key, value in exercise.items() if key != "points"}}
        mark = {"grade_id": name, "grade": True, "locked": True, "points": exercise["points"]}
        cells += [
            f"# %% [markdown]\n# Write {name}.",
            f"# %% nbgrader={json.dumps({'grade_id': f'{name}_answer', 'solution': True})}\n{dedent(ANSWERS[name]).strip()}",
            f"# %% nbgrader={json.dumps(mark)} exercise={json.dumps(shown)}\nassert True",
        ]
    notebook.source.write_text("\n\n".join(cells) + "\n")
    notebook.reference.write_text("\n".join(dedent(answer) for answer in ANSWERS.values()))
    notebook.suite.write_text(TESTS)
    notebook.probes.write_text(PROBES)
    build(Course(root), say=lambda _: None)
    return notebook


def submission(notebook: Notebook, *blank: str, **answers: str) -> NotebookNode:
    """The release with the model answers, but for those given here and those that are blank."""
    given = models(notebook) | {name: dedent(answer).strip() for name, answer in answers.items()}
    return filled(notebook, {name: answer for name, answer in given.items() if name not in blank})
