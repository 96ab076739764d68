"""What is said of an outcome: one sentence for each reason, in a closed vocabulary.

What a submission chose (values, messages, names of its own) and what a hidden test holds (inputs, expected values) never gets
here: a submission that could choose what its feedback says would carry the hidden inputs out in it.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator, Mapping, Sequence

from autograder.grading.result import ExerciseResult, Outcome
from autograder.submission.place import Place

REASONS: Mapping[str, str] = {
    "wrong value": "Your code gives an answer of the right form with a wrong value in it.",
    "wrong shape": "Your code gives an answer of the wrong shape: compare its size along each axis with what the docstring says.",
    "wrong dtype": "Your code gives numbers of the wrong dtype: the docstring says which one to return.",
    "wrong kind": "Your code gives another kind of thing than asked for: compare what it returns with what the docstring says.",
    "not finite": "Your code gives nan or infinity where a finite number is due: "
    "look for a division by zero, the logarithm of zero, or an overflow.",
    "raised": "Your code raised {exception}{place} where it should give an answer.",
    "did not raise": "Your code should raise an exception here, and another thing happened: "
    "the docstring says which exception to raise, and when.",
    "timed out": "Your code took too long and was stopped{place}: "
    "look for a loop that never ends, or for work that is done again and again.",
    "stopped": "Your code ended the process it ran in, by exiting or by using more memory than there is, before it gave an answer.",
    "too large": "Your code gives an answer far larger than the right one, so it was not read.",
    "changed its input": "Your code changed the data it was given: work on a copy, and leave the original as it was.",
    "not written": "There is nothing to test yet{place}: the stub, which raises NotImplementedError, is still there.",
    "forbidden tool": "Your answer uses a tool that this assignment does not allow{place}: "
    "the top of the notebook says which tools are allowed.",
    "not loaded": "Your answer could not be loaded, so there was nothing to ask{cause}.",
}
"""The closed vocabulary: a sentence for each reason that a hidden test can fail for."""


AGAIN = "The same as for the test above."
"""In a table, in the place of a reason that would stand there twice in a row."""


NOT_CARRIED = "It passes as your notebook stands, and not in the run that gives this exercise most points, which counts as a whole."


def sentence(outcome: Outcome, titles: Mapping[str, str] | None = None) -> str:
    """What to tell the student about a failed hidden test, as plain text; "" for a passed one.

    titles: of exercises, by id, for those that the outcome's exercise stands on; an id without a title is named as it is.
    Raises ValueError for a reason that is not in `REASONS`.
    """
    return " ".join(part for part in (reason(outcome), inherited([outcome], titles)) if part)


def reason(outcome: Outcome) -> str:
    """The same, without what the exercise stands on."""
    if outcome.passed:
        return ""
    if outcome.reason not in REASONS:
        raise ValueError(f"{outcome.reason!r} is not a reason that feedback knows; it knows: {', '.join(REASONS)}")
    exception, place = _exception(outcome.exception), _place(outcome.place, outcome.exercise)
    cause = f": it raised {exception}{place}" if exception else ""
    return REASONS[outcome.reason].format(exception=exception or "an exception", place=place, cause=cause)


def inherited(outcomes: Sequence[Outcome], titles: Mapping[str, str] | None = None) -> str:
    """The exercises that failures of one exercise may come from, as a sentence; "" when there are none."""
    names = list(dict.fromkeys(name for outcome in outcomes if not outcome.passed for name in outcome.depends_on))
    if not names:
        return ""
    return (
        f"This exercise stands on {_titled(names, titles)}, where tests failed too: put {'it' if len(names) == 1 else 'them'} right first."
    )


def followed(result: ExerciseResult, titles: Mapping[str, str] | None = None) -> str:
    """What became of an exercise with model answers in the place of the student's, as a sentence; "" when nothing did."""
    said = []
    if result.more:
        ours = f"with our {_titled(result.replaced, titles)} in the place of yours"
        said.append(f"{result.alone:g} as your notebook stands, {result.more:g} more {ours}.")
    if result.reaches:
        said.append(
            f"Your answer reads what only your {_titled(result.reaches, titles)} keeps inside, "
            "so it cannot be asked as it should be with ours in its place."
        )
    return " ".join(said)


def waiting(result: ExerciseResult, titles: Mapping[str, str] | None = None) -> str:
    """Of an exercise that is right but for what it stands on, that and what for; "" for any other."""
    if result.score < result.max_score or not result.more:
        return ""
    names = dict.fromkeys(name for outcome in result.outcomes for name in outcome.depends_on)
    return f"right, waits for {_titled([*names] or result.replaced, titles)}"


def explained(result: ExerciseResult) -> Iterator[tuple[Outcome, str]]:
    """The outcomes of an exercise, each with what a table says about it."""
    before = ""
    for outcome in result.outcomes:
        told = reason(outcome) or (NOT_CARRIED if not outcome.counts else "")
        yield outcome, AGAIN if told and told == before else told
        before = told


def _titled(names: Sequence[str], titles: Mapping[str, str] | None) -> str:
    known = titles or {}
    return _enumerate([f"“{known[name]}”" if name in known else name for name in names])


def _exception(name: str) -> str:
    """The name of a builtin exception, else "": it could be a name that the submission chose."""
    kind = vars(builtins).get(name)
    builtin = isinstance(kind, type) and issubclass(kind, BaseException)
    return name if builtin else ""


def _place(place: Place | None, exercise: str) -> str:
    """E.g. " in line 3 of your answer", or "" when there is no such place."""
    if place is None:
        return ""
    own = re.fullmatch(r"own-([0-9]{1,6})", place.cell)
    if own:
        where = f"your own cell {own[1]}"
    elif place.cell == f"{exercise}_answer":
        where = "your answer"
    elif re.fullmatch(r"\w{1,100}_answer", place.cell, flags=re.ASCII):
        where = f"your answer to {place.cell.removesuffix('_answer')}"
    elif re.fullmatch(r"\w{1,100}", place.cell, flags=re.ASCII):
        where = f"the given cell {place.cell}"
    else:
        return ""
    return f" in line {int(place.line)} of {where}"


def _enumerate(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
