"""Which notebook of the course a file is, told by its cells alone."""

from collections.abc import Callable

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from autograder.course import answers
from autograder.course.model import ROOT, Course, Notebook
from autograder.submission.whose import Recogniser

COURSE = list(Course(ROOT))


@pytest.fixture(scope="module")
def recognise() -> Recogniser:
    return Recogniser(COURSE)


def filled(notebook: Notebook) -> NotebookNode:
    models = answers.models(notebook)
    cells = [nbformat.from_dict(cell) for cell in notebook.skeleton.cells]
    for cell in cells:
        if cell.id.removesuffix("_answer") in models and cell.id.endswith("_answer"):
            cell.source = models[cell.id.removesuffix("_answer")]
    return new_notebook(cells=cells)


def without_metadata(made: NotebookNode) -> NotebookNode:
    return new_notebook(cells=[nbformat.from_dict({**cell, "metadata": {}, "id": f"c{number}"}) for number, cell in enumerate(made.cells)])


def without_ids(made: NotebookNode) -> NotebookNode:
    return new_notebook(cells=[nbformat.from_dict({**cell, "id": f"c{number}"}) for number, cell in enumerate(made.cells)])


def without_grade_ids(made: NotebookNode) -> NotebookNode:
    return new_notebook(cells=[nbformat.from_dict({**cell, "metadata": {}}) for cell in made.cells])


def answers_alone(made: NotebookNode) -> NotebookNode:
    return new_notebook(cells=[new_code_cell(cell.source) for cell in made.cells if cell.id.endswith("_answer")])


def in_one_cell(made: NotebookNode) -> NotebookNode:
    return new_notebook(cells=[new_code_cell("\n\n".join(cell.source for cell in answers_alone(made).cells))])


DAMAGE = [without_metadata, without_ids, without_grade_ids, answers_alone, in_one_cell]


@pytest.mark.parametrize("notebook", COURSE, ids=str)
@pytest.mark.parametrize("damage", DAMAGE)
def test_every_notebook_is_known_with_what_is_left_of_it(
    recognise: Recogniser, notebook: Notebook, damage: Callable[[NotebookNode], NotebookNode]
) -> None:
    found = recognise(damage(filled(notebook)))
    assert found is not None
    assert found.notebook == notebook
    assert found.written
    assert found.marked == (damage not in (answers_alone, in_one_cell))


@pytest.mark.parametrize("notebook", COURSE, ids=str)
def test_a_release_is_known_and_holds_no_answer(recognise: Recogniser, notebook: Notebook) -> None:
    for made in (notebook.skeleton, without_metadata(notebook.skeleton)):
        found = recognise(made)
        assert found is not None
        assert (found.notebook, found.marked, found.written) == (notebook, True, ())


@pytest.mark.parametrize("source", ["", "1 + 1", "def softmax(z):\n    return z", "class Node: ...", "# def attention(Q): ..."])
def test_a_few_names_make_no_notebook_of_the_course(recognise: Recogniser, source: str) -> None:
    assert recognise(new_notebook(cells=[new_code_cell(source)])) is None
    assert recognise(new_notebook(cells=[])) is None
