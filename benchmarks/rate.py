"""Submissions a second of each notebook once its sandboxes have started, with one and with two workers.

    .venv/bin/python benchmarks/rate.py                            # every notebook
    .venv/bin/python benchmarks/rate.py a7_attention a8_transformer

The submission is the release with the model answers, handed in again and again: all exercises are asked in full. Kept results are
not used, but answers that passed before, byte for byte, are not judged again, as in a class in which most are right. With two
workers on two cores the trusted process and the sandboxes share them.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from autograder.course.answers import models, submission
from autograder.course.model import Course, Notebook
from autograder.grading.grade import Grader
from autograder.submission.rebuild import rebuild


def rate(notebook: Notebook, workers: int, count: int) -> float:
    """Submissions a second."""
    rebuilt = rebuild(notebook, submission(notebook, models(notebook))).notebook
    with Grader(notebook, device="cpu", store=False, workers=workers) as grader:
        list(grader.grade_all([rebuilt] * 2 * workers))  # starts the sandboxes, and the reference answers
        started = time.perf_counter()
        list(grader.grade_all([rebuilt] * count))
        return count / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("assignments", nargs="*")
    parser.add_argument("--count", type=int, default=30)
    options = parser.parse_args()
    print(f"{'submissions a second':48} {'one worker':>12} {'two workers':>12}")
    for notebook in Course():
        if not options.assignments or notebook.assignment in options.assignments:
            one, two = (rate(notebook, workers, options.count) for workers in (1, 2))
            print(f"{notebook!s:48} {one:12.1f} {two:12.1f}", flush=True)


if __name__ == "__main__":
    main()
