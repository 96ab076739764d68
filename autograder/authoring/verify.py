"""Whether a hidden suite is right: every right answer there is earns all points, and every wrong one loses some, under any seed.

Right are the model answers and the alternatives. Wrong are the blank release and answers that know nothing, which earn nothing at
all; mistakes that people make, written by hand; and mistakes made by a machine.
"""

from __future__ import annotations

import difflib
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import mean
from typing import Literal

from autograder.authoring import mutation
from autograder.authoring.forgers import constant_forgers, forgers
from autograder.course.answers import alternatives, changes, models, mutants, submission
from autograder.course.model import Notebook, seed
from autograder.grading.grade import Grader
from autograder.grading.result import ExerciseResult, Result
from autograder.sandbox import Limits
from autograder.submission.rebuild import rebuild

ENOUGH = 0.98
"""Of the mistakes that a machine makes and that make a difference, a suite sees so many."""
KEPT = (0.3, 0.8)
"""A mistake leaves its author, on average over an exercise, a share of the points between these."""
QUICK = Limits(spare_seconds=0.5)
"""A mistake that never ends is asked twice."""

Kind = Literal["right", "nothing", "constant", "by hand", "by machine"]


@dataclass(frozen=True)
class Trial:
    """One submission whose marks are known beforehand; a mistake is one in `exercise`. answers: by exercise; the others stay blank."""

    kind: Kind
    name: str
    answers: Mapping[str, str]
    exercise: str = ""


@dataclass(frozen=True)
class Survivor:
    """A mistake that keeps all points: the lines of the model answer that it changes, as a diff."""

    exercise: str
    name: str
    diff: str


@dataclass
class Found:
    """What is known of one exercise after the trials. kept: the share of its points that each mistake made by hand keeps."""

    kept: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    by_machine: int = 0
    equivalent: int = 0
    survivors: dict[tuple[Kind, str], Survivor] = field(default_factory=dict)
    idle: set[str] = field(default_factory=set)
    """Hidden tests that no mistake has failed."""

    @property
    def points_kept(self) -> float:
        """On average, of 1."""
        return mean(mean(shares) for shares in self.kept.values()) if self.kept else 0.0

    def survived(self, kind: Kind) -> int:
        """How many mistakes of a kind were not seen, under some seed."""
        return sum(of == kind for of, _ in self.survivors)


@dataclass(frozen=True)
class Report:
    """What verifying one notebook came to. amiss: sentences for whoever writes the suite."""

    notebook: Notebook
    exercises: Mapping[str, Found]
    amiss: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether the suite may be used for marks."""
        every = self.exercises.values()
        missed = sum(one.survived("by machine") for one in every)
        return not self.amiss and not any(one.survived("by hand") for one in every) and missed <= (1 - ENOUGH) * self.by_machine

    @property
    def by_machine(self) -> int:
        """How many mistakes of a machine's were tried, those that make no difference left out."""
        return sum(one.by_machine for one in self.exercises.values())


def trials(notebook: Notebook) -> list[Trial]:
    """Everything of which the marks are known, but for mistakes made by a machine."""
    answers = models(notebook)
    right = [Trial("right", "the model answers", answers)]
    right += [Trial("right", f"the alternative {name}", answers | different) for name, different in alternatives(notebook).items()]
    nothing = [Trial("nothing", "the blank release", {})]
    nothing += [Trial("nothing", f"a submission that {name}", said) for name, said in forgers(notebook).items()]
    nothing += [Trial("constant", f"a submission that answers {name}", said) for name, said in constant_forgers(answers).items()]
    wrong = [
        Trial("by hand", mistake, answers | {exercise: answer}, exercise)
        for exercise, mistakes in mutants(notebook).items()
        for mistake, answer in mistakes.items()
    ]
    return right + nothing + wrong


def machine_made(notebook: Notebook) -> tuple[list[Trial], dict[str, int]]:
    """Mistakes made by a machine, and how many of each exercise are left out because they make no difference.

    EQUIVALENT of tests/mutants/<assignment>/<notebook>.py lists those, by exercise and text, each with its reason.
    """
    answers = models(notebook)
    known: Mapping[str, Mapping[str, str]] = changes(notebook).get("EQUIVALENT", {})
    made: list[Trial] = []
    left_out = {}
    for exercise, answer in answers.items():
        every = list(mutation.changed(answer))
        wrong = [change for change in every if change.text not in known.get(exercise, {})]
        made += [Trial("by machine", change.text, answers | {exercise: change.answer}, exercise) for change in wrong]
        left_out[exercise] = len(every) - len(wrong)
    return made, left_out


def seeds(notebook: Notebook, count: int, first: str | None = None) -> list[str]:
    """The seed of the course, or another first one, and as many more as make up `count`."""
    own = first or seed(notebook.root)
    return [own, *(f"{own} {number}" for number in range(2, count + 1))]


def verify(
    notebook: Notebook,
    under: Sequence[str],
    trials: Sequence[Trial],
    by_machine: Sequence[Trial] = (),
    left_out: Mapping[str, int] | None = None,
    workers: int = 1,
    advance: Callable[[], object] = lambda: None,
) -> Report:
    """Grade trials under each seed, and mistakes made by a machine under the first alone; `advance` is called after each.

    Raises `CourseError` where the suite fails on the reference itself.
    """
    found = {exercise.id: Found(equivalent=(left_out or {}).get(exercise.id, 0)) for exercise in notebook.exercises}
    answers = models(notebook)
    amiss: list[str] = []
    passed: dict[str, set[str]] = defaultdict(set)
    failed: set[str] = set()
    for number, drawn in enumerate(under):
        told = f" under the seed {drawn!r}" if number else ""
        for follow_through in (1.0, 0.0):
            asked = [trial for trial in (*trials, *([] if number else by_machine)) if (trial.kind == "constant") == (not follow_through)]
            for trial, result in _graded(notebook, asked, workers, drawn, follow_through):
                advance()
                if not trial.exercise:
                    amiss += (f"{trial.name} {sentence}{told}" for sentence in _misjudged(trial, result))
                    continue
                [part] = [part for part in result.exercises if part.id == trial.exercise]
                for outcome in part.outcomes:
                    failed.update([] if outcome.passed else [outcome.test])
                    passed[part.id].add(outcome.test)
                about = found[part.id]
                if trial.kind == "by hand":
                    about.kept[trial.name].append(part.score / part.max_score)
                else:
                    about.by_machine += 1
                if part.score >= part.max_score:
                    diff = _diff(answers[part.id], trial.answers[part.id])
                    about.survivors.setdefault((trial.kind, trial.name), Survivor(part.id, trial.name + told, diff))
    for exercise, about in found.items():
        about.idle |= passed[exercise] - failed
    return Report(notebook, found, tuple(dict.fromkeys(amiss)))


def _graded(notebook: Notebook, trials: Sequence[Trial], workers: int, seed: str, follow_through: float) -> Iterator[tuple[Trial, Result]]:
    submissions = (rebuild(notebook, submission(notebook, trial.answers)).notebook for trial in trials)
    every = {exercise.id for exercise in notebook.exercises}
    only = [{trial.exercise} if trial.exercise else every for trial in trials]
    with Grader(notebook, device="cpu", workers=workers, store=False, limits=QUICK, seed=seed, follow_through=follow_through) as grader:
        for index, result in grader.grade_all(submissions, only):
            if isinstance(result, Exception):
                raise result
            yield trials[index], result


def _misjudged(trial: Trial, result: Result) -> Iterator[str]:
    """What is wrong with the marks of a right answer, or of one that knows nothing."""
    for part in result.exercises:
        if trial.kind == "right" and part.score < part.max_score:
            yield f"loses {part.max_score - part.score:g} of {part.max_score:g} points in {part.id} by {_tests(part, passed=False)}"
        if trial.kind in ("nothing", "constant") and part.score:
            yield f"earns {part.score:g} of {part.max_score:g} points in {part.id} by {_tests(part, passed=True)}"
    yield from (f"is told: {problem}" for problem in result.problems if trial.kind == "right")


def _tests(part: ExerciseResult, passed: bool) -> str:
    return ", ".join(outcome.test for outcome in part.outcomes if outcome.passed is passed)


def _diff(model: str, wrong: str) -> str:
    """What a mistake changes, with a line around it."""
    lines = difflib.unified_diff(mutation.plain(model).splitlines(), mutation.plain(wrong).splitlines(), n=1, lineterm="")
    return "\n".join(itertools.islice(lines, 2, None))
