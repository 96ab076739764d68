"""What one slip costs, with follow-through marks and without.

    .venv/bin/python benchmarks/follow_through.py                      # every notebook: mutants, and slips in alternatives
    .venv/bin/python benchmarks/follow_through.py a3_backprop --slips 3

For each hand-written mutant, and for slips in answers with insides of their own, the table says how many points are lost outside the
exercise with the mistake: as the notebook stands, and with follow-through marks. A slip is one change by `tests/mutation.py` to an
alternative's answer that other exercises stand on, and fails that exercise. "Not carried": exercises that lose points through another's
slip all the same; "said": those of which feedback says that they reach into the answer that was replaced.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from slips import slips

from autograder.course.answers import models, mutants, submission
from autograder.course.model import Course, Notebook
from autograder.grading.grade import Grader
from autograder.grading.result import Result
from autograder.sandbox import Limits
from autograder.submission.rebuild import rebuild

QUICK = Limits(spare_seconds=0.5)

Answers = Mapping[str, str]


@dataclass
class Cost:
    """Points lost outside the exercise with the mistake, over all submissions; the worst of them; and what was not carried."""

    graded: int = 0
    before: float = 0.0
    after: float = 0.0
    worst: tuple[float, float, str] = (0.0, 0.0, "")
    others: int = 0
    left: list[str] = field(default_factory=list)
    said: int = 0

    def add(self, name: str, wrong: str, result: Result) -> None:
        others = [each for each in result.exercises if each.id != wrong and each.alone < each.max_score]
        before, after = (sum(each.max_score - points for each, points in zip(others, kept, strict=True)) for kept in self._kept(others))
        self.graded += 1
        self.before += before
        self.after += after
        self.worst = max(self.worst, (before, after, name))
        self.others += len(others)
        for each in others:
            if each.score < each.max_score:
                self.left.append(f"{name}: {each.id} {each.score:g} of {each.max_score:g}{', said' if each.reaches else ''}")
                self.said += bool(each.reaches)

    @staticmethod
    def _kept(others: list) -> Iterator[list[float]]:
        yield [each.alone for each in others]
        yield [each.score for each in others]


def cost(notebook: Notebook, wrong: Mapping[tuple[str, str], Answers], most: int | None = None) -> Cost:
    """Of submissions by exercise with the mistake and its name. most: of those of one exercise and alternative that fail it."""
    names = list(wrong)
    found, counted = Cost(), dict[tuple[str, str], int]()
    with Grader(notebook, device="cpu", workers=2, store=False, limits=QUICK) as grader:
        results = dict(grader.grade_all(rebuild(notebook, submission(notebook, wrong[name])).notebook for name in names))
    for index, (exercise, mistake) in enumerate(names):
        result = results[index]
        if isinstance(result, Exception):
            raise result
        own = next(each for each in result.exercises if each.id == exercise)
        key = exercise, mistake.partition(":")[0]
        if most is not None and (own.score == own.max_score or counted.get(key, 0) == most):
            continue
        counted[key] = counted.get(key, 0) + 1
        found.add(f"{exercise}, {mistake}", exercise, result)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("assignments", nargs="*")
    parser.add_argument("--slips", type=int, default=3, help="for each alternative's answer that others stand on")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-mutants", action="store_true")
    options = parser.parse_args()
    print("| notebook | wrong | submissions | lost elsewhere: before, after | the worst: before, after | others | not carried | said |")
    print("|---|---|---|---|---|---|---|---|")
    for notebook in Course():
        if options.assignments and notebook.assignment not in options.assignments:
            continue
        answers = models(notebook)
        hand = {
            (name, mistake): answers | {name: each} for name, mistakes in mutants(notebook).items() for mistake, each in mistakes.items()
        }
        made = slips(notebook, 2 * options.slips, random.Random(options.seed))
        for kind, wrong, most in (("mutants", hand, None), ("slips in alternatives", made, options.slips)):
            if not wrong or (kind == "mutants" and options.no_mutants):
                continue
            found = cost(notebook, wrong, most)
            before, after, name = found.worst
            print(
                f"| `{notebook}` | {kind} | {found.graded} | {found.before:.0f}, {found.after:.0f} | {before:g}, {after:g} ({name}) "
                f"| {found.others} | {len(found.left)} | {found.said} |",
                flush=True,
            )
            for line in found.left:
                print(f"  {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
