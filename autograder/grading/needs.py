"""Whether exercises stand on what their `needs` say: with one of them blank, exactly those that stand on it fail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nbformat import NotebookNode

from autograder.course.answers import models, submission
from autograder.course.model import Notebook
from autograder.grading.follow import needed
from autograder.grading.result import Result


def without_one(notebook: Notebook) -> dict[str, NotebookNode]:
    """The model answers but for one exercise that is blank, by that exercise."""
    answers = models(notebook)
    return {blank: submission(notebook, {name: answers[name] for name in answers if name != blank}) for blank in answers}


def faults(notebook: Notebook, results: Mapping[str, Result]) -> Iterator[str]:
    """What is wrong with the `needs` of a notebook, as sentences. results: of the submissions of `without_one`, as they stand."""
    for exercise in notebook.exercises:
        for blank, result in results.items():
            outcomes = next(each.outcomes for each in result.exercises if each.id == exercise.id)
            fails, stands = not all(outcome.passed for outcome in outcomes), blank in needed(notebook, exercise)
            if blank != exercise.id and fails != stands:
                found = "fails" if fails else "passes"
                said = "say that it stands" if stands else "do not say that it stands"
                yield f"{notebook}: {exercise.id} {found} with {blank} blank, and needs {said} on it"
