"""Answers that are written with a course, and submissions made of them."""

from pathlib import Path

import nbformat
import pytest
import toy

from autograder.course.answers import alternatives, changed, fill, models, mutants, submission
from autograder.course.model import CourseError, Notebook

ANSWER = '# %% nbgrader={{"grade_id": "{}_answer"}}\n{}\n\n'
MUTANTS = 'MUTANTS = {"double": {"thrice": ("return x + x", "return x + x + x")}}\n'


@pytest.fixture
def notebook(tmp_path: Path) -> Notebook:
    notebook = toy.make(tmp_path)
    toy.write_source(notebook)
    return notebook


def write(notebook: Notebook, kind: str, name: str, text: str) -> None:
    path = notebook.root / "tests" / kind / notebook.assignment / f"{name}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_alternatives_are_found_by_name_and_exercise(notebook: Notebook) -> None:
    write(
        notebook, "alternatives", "lambdas", ANSWER.format("double", "double = lambda x: 2 * x") + ANSWER.format("person", "Person = int")
    )
    write(notebook, "alternatives", "of_another_notebook", ANSWER.format("triple", "triple = abs"))
    assert alternatives(notebook) == {"lambdas": {"double": "double = lambda x: 2 * x", "person": "Person = int"}}


@pytest.mark.parametrize(("text", "what"), [(ANSWER.format("duoble", "1"), "duoble_answer"), ("# %%\n1\n", "a cell without grade_id")])
def test_an_alternative_answers_exercises_and_does_nothing_else(notebook: Notebook, text: str, what: str) -> None:
    write(notebook, "alternatives", "slip", ANSWER.format("double", "double = abs") + text)
    with pytest.raises(CourseError, match=rf"slip\.py: {what} is no answer cell of toy/first$"):
        alternatives(notebook)


def test_a_mutant_is_the_model_answer_with_one_mistake(notebook: Notebook) -> None:
    write(notebook, "mutants", "first", MUTANTS)
    assert mutants(notebook) == {"double": {"thrice": models(notebook)["double"].replace("x + x", "x + x + x")}}


def test_changes_are_made_one_after_the_other() -> None:
    assert changed("a + b", ("a", "b"), ("b + b", "2 * b")) == "2 * b"
    with pytest.raises(CourseError, match=r"^there is no 'a' to change in:\nb \+ b$"):
        changed("a + b", ("a", "b"), ("a", "c"))


def test_a_submission_has_its_answers_and_no_solution_markers(notebook: Notebook) -> None:
    assert "### BEGIN SOLUTION" in models(notebook)["double"]
    sources = {cell.id: cell.source for cell in submission(notebook, {"double": models(notebook)["double"]}).cells}
    assert "return x + x" in sources["double_answer"]
    assert "SOLUTION" not in sources["double_answer"]
    assert sources["person_answer"] == toy.STUBS["person"]


def test_text_is_filled_into_the_release(notebook: Notebook) -> None:
    text = """# Someone who answers one exercise.
# %% [markdown]
# Before everything.

# %% nbgrader={"grade_id": "person_answer"}
class Person: pass

# %%
mine = 1

# %% nbgrader={"grade_id": "double_answer"}
double = abs
"""
    filled = fill(notebook.skeleton, text)
    assert [cell.id for cell in filled.cells] == [
        "student-1",
        "setup",
        "double_answer",
        "double",
        "person_answer",
        "student-2",
        "person",
        "quadruple_answer",
        "quadruple",
    ]
    sources = {cell.id: cell.source for cell in filled.cells}
    assert sources["student-1"] == "Before everything."
    assert (sources["person_answer"], sources["student-2"], sources["double_answer"]) == ("class Person: pass", "mine = 1", "double = abs")
    assert sources["quadruple_answer"] == toy.STUBS["quadruple"]
    assert "student-1" not in [cell.id for cell in notebook.skeleton.cells]
    nbformat.validate(filled)
    with pytest.raises(CourseError, match="double is no answer cell"):
        fill(notebook.skeleton, '# %% nbgrader={"grade_id": "double"}\n1')
