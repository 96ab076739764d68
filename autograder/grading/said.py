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
    "wrong value": "A value that your code gives, passes on or leaves behind is wrong.",
    "wrong shape": "Something that your code gives has the wrong shape: compare its size along each axis with what the docstring says.",
    "wrong dtype": "Something that your code gives has the wrong dtype: the docstring says which one to return.",
    "wrong kind": "Your code gives {detail}: compare what it returns with what the docstring says.",
    "wrong keys": "What your code gives or holds has other names than asked for: some are missing, or there are others besides.",
    "too few": "There are fewer values than asked for in what your code gives or passes on: compare it with what the docstring says.",
    "too many": "There are more values than asked for in what your code gives or passes on: compare it with what the docstring says.",
    "gave None": "Your code gives None where {detail} is wanted: look for a function that ends without a `return`, "
    "or for something that is never set.",
    "not finite": "Your code gives nan or infinity where a finite number is due: "
    "look for a division by zero, the logarithm of zero, or an overflow.",
    "rounded": "Your code gives numbers of fewer digits than asked for, as those of float32 are: compute in float64 all the way.",
    "not so": "{detail}",
    "raised": "Your code raised {exception}{place} where it should give an answer.",
    "met None": "Your code raised {exception}{place}: something there is None, as is what a function without a `return` gives.",
    "met no name": "Your code raised {exception}{place}: there is no {detail}.",
    "too deep": "Your code calls itself so often{place} that Python stopped it with RecursionError: "
    "look for a recursion without an end, or use a loop where it would go as deep as the data are long.",
    "did not raise": "Your code should raise {detail} here, and did not raise anything.",
    "wrong exception": "Your code ends in {exception}{place} where {detail} is promised{hint}.",
    "no name": "Your notebook defines no {detail}: it is missing, or has another name than in the stub.",
    "no part": "What your code gives or makes has no {detail}: a method, an attribute or a key is missing, or has another name.",
    "another call": "A call that the text promises does not work{detail}: keep the names, the order and the number of the parameters.",
    "still abstract": "No object can be made of {detail}, which is still abstract: it lacks a method, or that has another name.",
    "not callable": "Your code has {detail} where a function or method is called: look for a property, or an attribute, in its place.",
    "cannot be set": "{detail} of what your code makes cannot be assigned.",
    "no operator": "The operator {detail} does not work on what your code gives.",
    "no special": "A special method of yours, such as `__hash__` or `__len__`, gives another kind of thing than it has to.",
    "tripped": "The test could not go on with what your code gives: that ended in {exception}.",
    "timed out": "Your code took too long and was stopped{place}: "
    "look for a loop that never ends, or for work that is done again and again.",
    "stopped": "Your code ended the process it ran in, by exiting or by using more memory than there is, before it gave an answer.",
    "too large": "Your code gives an answer far larger than the right one, so it was not read.",
    "changed its input": "Your code changed the data it was given: work on a copy, and leave the original as it was.",
    "not written": "There is nothing to test yet{place}: the stub, which raises NotImplementedError, is still there.",
    "forbidden tool": "Your answer uses {tool}{place}, which this assignment does not allow: "
    "the top of the notebook says which tools are allowed.",
    "not loaded": "Your answer could not be loaded, so there was nothing to ask{cause}.",
}
"""The closed vocabulary: a sentence for each reason that a hidden test can fail for."""

_DETAILS: Mapping[str, tuple[str, str]] = {
    "wrong kind": ("{}", "another kind of thing than asked for"),
    "gave None": ("{}", "an answer"),
    "not so": ("{}", "This does not hold for your code."),
    "met no name": ("`{}`", "such name"),
    "did not raise": ("{}", "an exception"),
    "wrong exception": ("{}", "another exception"),
    "no name": ("`{}`", "such name"),
    "no part": ("`{}`", "such part"),
    "another call": (", `{}`", ""),
    "still abstract": ("`{}`", "a class"),
    "not callable": ("{}", "something else"),
    "cannot be set": ("`{}`", "An attribute"),
    "no operator": ("`{}`", "that is needed"),
}
"""How the detail of a reason is put into its sentence, and what stands there where there is none."""


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
    put, without = _DETAILS.get(outcome.reason, ("", ""))
    tool = outcome.tool if re.fullmatch(r"[\w.*?]{1,80}", outcome.tool, flags=re.ASCII) else "a tool"
    return REASONS[outcome.reason].format(
        exception=exception or "an exception",
        place=place,
        tool=tool,
        cause=f": it raised {exception}{place}" if exception else "",
        detail=put.format(outcome.detail) if outcome.detail else without,
        hint=f": `assert` is for what never happens, bad input is refused with `raise {outcome.detail}(…)`"
        if exception == "AssertionError"
        else "",
    )


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
