"""Alternatives with one slip: right answers with insides of their own, but for one change by a machine."""

from __future__ import annotations

import random

from autograder.authoring.mutation import changed
from autograder.course.answers import alternatives, models
from autograder.course.model import Notebook
from autograder.grading.follow import Following, needed


def slips(notebook: Notebook, most: int, rng: random.Random, whole: bool = True) -> dict[tuple[str, str], dict[str, str]]:
    """Answers of submissions, by the exercise with the slip, on which others stand, and "ALTERNATIVE: what changed".

    most: for each alternative's answer. Not every change makes a difference. whole: all that the alternative answers is in the
    submission; else only what shares a representation with the exercise, and the rest are model answers.
    """
    stood_on = {name for exercise in notebook.exercises for name in needed(notebook, exercise)}
    together = Following(notebook).together
    found = {}
    for name, answers in alternatives(notebook).items():
        for exercise in sorted(answers.keys() & stood_on):
            changes = list(changed(answers[exercise]))
            theirs = {each: answer for each, answer in answers.items() if whole or each in together[exercise]}
            for change in rng.sample(changes, min(most, len(changes))):
                found[exercise, f"{name}: {change.text}"] = models(notebook) | theirs | {exercise: change.answer}
    return found
