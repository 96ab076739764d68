"""What time an exercise may take: the CPU-seconds of the model answers, measured once and committed beside the hidden suite.

Nothing is timed while a class is graded: the file is one of the things that decide a result.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping

import nbformat

from autograder.course.model import CourseError, Notebook, require_own

FACTOR = 20
"""How much longer than the model answer a right answer may take: loops for vectors, lists for arrays, a busy machine's caches."""
REPEATS = 5


def measured(notebook: Notebook) -> Mapping[str, float]:
    """CPU-seconds of the model answer to each exercise's questions; empty where they were never measured."""
    if not notebook.budget.is_file():
        return {}
    try:
        found = json.loads(notebook.budget.read_text(encoding="utf-8"))
        return {str(exercise): float(seconds) for exercise, seconds in found.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise CourseError(f"{notebook.budget} cannot be read ({error}): renew it with `autograder budget {notebook.assignment}`") from error


def shares(notebook: Notebook, least: float) -> Mapping[str, float]:
    """CPU-seconds that each exercise has of its own, `least` or more."""
    return {exercise: max(least, FACTOR * seconds) for exercise, seconds in measured(notebook).items()}


def renew(notebook: Notebook) -> Mapping[str, float]:
    """Measure the model answers in the sandbox, and write the file: the median of several runs."""
    from autograder.grading.grade import Grader
    from autograder.submission.rebuild import rebuild

    require_own(notebook.root)
    answers = rebuild(notebook, nbformat.read(notebook.solution, as_version=4)).notebook
    with Grader(notebook, device="cpu", store=False) as grader:
        runs = [grader.seconds(answers) for _ in range(REPEATS)]
    found = {exercise.id: round(statistics.median(run[exercise.id] for run in runs), 4) for exercise in notebook.exercises}
    notebook.budget.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return found
