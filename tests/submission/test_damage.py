"""Honest work is never misread: full marks wherever "Run All" passes, and a word where it does not, whatever was done to a notebook.

Each kind of damage is tried on one notebook here, through the real grader; `python tests/damage.py` tries each on all of them.
"""

from collections.abc import Iterator

import damage
import pytest

from autograder.course.model import Course, Notebook
from autograder.grading.grade import Grader
from autograder.submission.program import program
from autograder.submission.rebuild import rebuild

NOTEBOOKS = list(Course())


@pytest.fixture(scope="module", params=range(len(NOTEBOOKS)), ids=lambda number: str(NOTEBOOKS[number]))
def graded(request: pytest.FixtureRequest) -> Iterator[list[tuple[str, bool, float, list[str]]]]:
    notebook = NOTEBOOKS[request.param]
    with Grader(notebook, device="cpu", store=False) as grader:
        yield list(damage.outcomes(notebook, list(damage.KINDS)[request.param :: len(NOTEBOOKS)], grader))


def test_full_marks_wherever_run_all_passes_and_a_sentence_only_where_it_does_not(graded: list[tuple[str, bool, float, list[str]]]) -> None:
    assert [(kind, score, said) for kind, passes, score, said in graded if passes and score < 1] == []
    assert [kind for kind, passes, score, said in graded if score < 1 and not said] == []


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=str)
def test_a_damaged_notebook_is_rebuilt_once_for_all(notebook: Notebook) -> None:
    """nbgrader's routes rebuild what was rebuilt."""
    cells, blank = damage.honest(notebook), damage.stubs(notebook)
    for kind in list(damage.KINDS)[NOTEBOOKS.index(notebook) :: 4]:
        made = rebuild(notebook, damage.damaged(kind, cells, blank)).notebook
        again = rebuild(notebook, made).notebook
        assert again == made, kind
        assert program(notebook, again) == program(notebook, made), kind


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=str)
def test_undamaged_there_is_nothing_to_say(notebook: Notebook) -> None:
    made = rebuild(notebook, damage.damaged("nothing", damage.honest(notebook), damage.stubs(notebook)))
    assert made.problems == ()
    found = program(notebook, made.notebook)
    assert (found.problems, found.forbidden) == ((), {})
    assert [cell.exercise for cell in found.cells if cell.kind == "answer"] == [exercise.id for exercise in notebook.exercises]
