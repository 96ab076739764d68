"""A course of one small notebook, for tests of the grader: what it does must not depend on any assignment of ours."""

import json
from pathlib import Path
from textwrap import dedent

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from autograder.course.answers import fill
from autograder.course.model import Notebook

EXERCISES = {
    "double": {"title": "Twice a number", "points": 4, "needs": []},
    "person": {"title": "A person", "points": 2, "needs": []},
    "quadruple": {"title": "Twice twice", "points": 3, "needs": ["double"]},
}

ANSWERS = {
    "double": """
        def double(x):
            if isinstance(x, str):
                raise TypeError("no text")
            return x + x
    """,
    "person": """
        class Person:
            def __init__(self, age):
                self.age = age

            @property
            def age(self):
                return self._age

            @age.setter
            def age(self, age):
                if age < 0:
                    raise ValueError("younger than born")
                self._age = age
    """,
    "quadruple": """
        def quadruple(x):
            return double(double(x))
    """,
}

CHECKS = {
    "double": "assert double(1) == 2",
    "person": "assert Person(1).age == 1",
    "quadruple": "assert quadruple(1) == 4",
}

ABOUT = {"title": "First steps", "imports": ["math", "os"], "packages": []}
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}

STUBS = {name: f"def {name}(x):\n    raise NotImplementedError()" for name in EXERCISES}

PROBES = """
def double(m, x):
    return m.double(x)

def refusal(m, x):
    try:
        return {"error": m.double(x), "valid": m.double(2)}
    except Exception as error:
        return {"error": error, "valid": m.double(2)}

def set_age(m, age):
    person = m.Person(36)
    person.age = 37
    try:
        person.age = age
    except Exception as error:
        return {"error": error, "age": person.age}
    return {"error": None, "age": person.age}

def quadruple(m, x):
    return m.quadruple(x)
"""

TESTS = '''
import pytest

from autograder.testing import exercise, raised

from . import first_probes as probes


@exercise("double")
@pytest.mark.parametrize("x", [3, 0.25, [1]])
def test_twice(ask, x):
    """Twice a number is the number added to itself.

    Not for students.
    """
    ask.same(probes.double, x)


@exercise("double", weight=3)
def test_text_is_refused(ask):
    """A text raises TypeError."""
    assert ask(probes.refusal, "a") == {"error": raised(TypeError), "valid": 4}


@exercise("person")
def test_an_age_can_be_set(ask):
    """An age can be set."""
    assert ask(probes.set_age, 40) == {"error": None, "age": 40}


@exercise("person")
def test_negative_age_is_refused(ask):
    """A negative age raises ValueError and the old age stays."""
    assert ask(probes.set_age, -1) == {"error": raised(ValueError), "age": 37}


@exercise("quadruple")
def test_quadruple(ask):
    """Four times a number."""
    ask.same(probes.quadruple, 3)


@exercise("quadruple")
def test_quadruple_of_a_fraction(ask):
    """Four times a fraction."""
    ask.same(probes.quadruple, 0.1)
'''


def make(root: Path, tests: str = TESTS, probes: str = PROBES, reference: str | None = None) -> Notebook:
    """The notebook toy/first of a new course at `root`, with its release and hidden suite."""
    notebook = Notebook("toy", "first", root)
    for path in (notebook.source, notebook.release, notebook.reference, notebook.suite):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_source(notebook)
    nbformat.write(_release(), notebook.release)
    notebook.reference.write_text(reference or "\n".join(dedent(answer) for answer in ANSWERS.values()))
    notebook.suite.write_text(tests)
    notebook.probes.write_text(probes)
    return notebook


def write_source(notebook: Notebook) -> None:
    """A source of which `autograder build` makes a like release."""
    marker = "# %% nbgrader={}"
    header = f"# ---\n# jupyter:\n#   kernelspec: {json.dumps(KERNEL)}\n#   groundwork: {json.dumps(ABOUT)}\n# ---\n"
    cells = [header, marker.format(json.dumps(_mark("setup", locked=True))) + ' tags=["setup"]\nimport math\n']
    for name, about in EXERCISES.items():
        answer = f"### BEGIN SOLUTION\n{dedent(ANSWERS[name]).strip()}\n### END SOLUTION\n"
        metadata = json.dumps({"title": about["title"], "difficulty": 1, "minutes": 5, "needs": about["needs"]})
        check = _mark(name, grade=True, locked=True, points=about["points"])
        cells.append(f"# %% [markdown]\n# Write {name}.\n")
        cells.append(f"{marker.format(json.dumps(_mark(f'{name}_answer', solution=True)))}\n{answer}")
        cells.append(f"{marker.format(json.dumps(check))} exercise={metadata}\n{CHECKS[name]}\n")
    notebook.source.write_text("\n".join(cells))


def submission(notebook: Notebook, **answers: str) -> NotebookNode:
    """The release with the model answers, but for those given here."""
    given = {**ANSWERS, **answers}
    marker = '# %% nbgrader={{"grade_id": "{}_answer"}}\n'
    return fill(notebook.skeleton, "\n\n".join(marker.format(name) + dedent(answer).strip() for name, answer in given.items()))


def _release() -> NotebookNode:
    cells = [_cell("setup", "import math", locked=True, tags=["setup"])]
    for name, about in EXERCISES.items():
        cells.append(_cell(f"{name}_answer", STUBS[name], solution=True))
        about = {"title": about["title"], "difficulty": 1, "minutes": 5, "needs": about["needs"]}
        cells.append(_cell(name, "assert True", grade=True, locked=True, points=EXERCISES[name]["points"], exercise=about))
    metadata = {"groundwork": ABOUT, "kernelspec": KERNEL, "language_info": {"name": "python"}}
    return new_notebook(cells=cells, metadata=metadata)


def _cell(name: str, source: str, tags: list[str] | None = None, exercise: object = None, **mark: object) -> NotebookNode:
    about = {"nbgrader": _mark(name, **mark), **({"tags": tags} if tags else {}), **({"exercise": exercise} if exercise else {})}
    return new_code_cell(source, id=name, metadata=about)


def _mark(name: str, **mark: object) -> dict[str, object]:
    return {"grade_id": name, "schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False, **mark}
