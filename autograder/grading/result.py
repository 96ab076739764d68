"""What grading comes to: outcomes of hidden tests, and the result of one submission."""

from __future__ import annotations

from dataclasses import dataclass, field

from autograder.submission.place import Place


@dataclass(frozen=True)
class Outcome:
    """One hidden test on one submission, as it stands.

    carried: whether it passed with model answers in the place of some of the student's, where that run is the one that counts.
    Everything here may be shown to the student but `private`, which holds observed values and texts that the
    submission chose: it is for `autograder check`, where the author reads their own work, and is never stored.
    detail: what `said.py` puts into the sentence of the reason, in words of the release, of the suite, or of ours.
    """

    test: str
    exercise: str
    weight: float
    meaning: str
    passed: bool
    reason: str = ""
    exception: str = ""
    place: Place | None = None
    tool: str = ""
    depends_on: tuple[str, ...] = ()
    detail: str = ""
    carried: bool | None = None
    private: str = field(default="", compare=False)

    @property
    def counts(self) -> bool:
        """Whether it passed in the run that counts."""
        return self.passed if self.carried is None else self.carried


@dataclass(frozen=True)
class ExerciseResult:
    """One exercise of one submission; `score` is out of `max_score` points.

    more: those of the points that it earned with the model answers of the exercises `replaced` in the place of the student's.
    reaches: of the exercises that were to be replaced, those of which it reads what only the student's answers keep.
    """

    id: str
    title: str
    score: float
    max_score: float
    outcomes: tuple[Outcome, ...]
    more: float = 0.0
    replaced: tuple[str, ...] = ()
    reaches: tuple[str, ...] = ()

    @property
    def alone(self) -> float:
        """Points as the notebook stands."""
        return round(self.score - self.more, 2)


@dataclass(frozen=True)
class Result:
    """One notebook of one submission, graded."""

    assignment: str
    notebook: str
    isolation: str
    device: str
    exercises: tuple[ExerciseResult, ...]
    problems: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        """Points earned, rounded to cents as each exercise is."""
        return round(sum(exercise.score for exercise in self.exercises), 2)

    @property
    def alone(self) -> float:
        """Points earned as the notebook stands."""
        return round(sum(exercise.alone for exercise in self.exercises), 2)

    @property
    def max_score(self) -> float:
        """Points there are."""
        return round(sum(exercise.max_score for exercise in self.exercises), 2)
