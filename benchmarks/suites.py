"""What the hidden suites cost: CPU-seconds of the probes on the model answers, for each exercise; the best of several runs.

    .venv/bin/python benchmarks/suites.py

The course allows each notebook 0.1 s in all (0.3 with torch), 0.3 s more for tests that train, and no test over 0.05 s. Machines
differ, and one machine differs from minute to minute: the last line of each notebook is the total in units of a fixed loop, which is
timed in the same run.
"""

from __future__ import annotations

import argparse
import sys
import time
import types
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from autograder.course.build import build
from autograder.course.model import Course, Notebook
from autograder.sandbox import Reply
from autograder.suite import suite as suites
from autograder.suite.local import LocalSession, model_answers


class Timed(LocalSession):
    """Adds up the CPU time of its answers."""

    def __init__(self, module: types.ModuleType, probes: types.ModuleType) -> None:
        super().__init__(module, probes)
        self.spent = 0.0

    def ask(self, probe: str, arguments: bytes) -> Reply:
        reply = super().ask(probe, arguments)
        self.spent += reply.cpu
        return reply


def fixed_loop() -> float:
    """CPU-seconds of a million additions."""
    began = time.process_time()
    total = 0.0
    for number in range(1_000_000):
        total += number * 0.5
    return time.process_time() - began


def costs(notebook: Notebook, repeats: int) -> dict[tuple[str, str], float]:
    """CPU-seconds of each hidden test, by exercise and name: the best of the repeats."""
    suite = suites.load(notebook, "cpu")
    best: dict[tuple[str, str], float] = {}
    for _ in range(repeats):
        timed = Timed(model_answers(notebook), suite.reference.probes)
        for test in suite.tests:
            timed.spent = 0.0
            assert suite.judge(test, timed) is None
            key = (test.exercise, test.name)
            best[key] = min(timed.spent, best.get(key, timed.spent))
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    chosen = parser.parse_args()
    build(Course(), say=lambda _: None)
    for notebook in Course():
        found = costs(notebook, chosen.repeats)
        loop = min(fixed_loop() for _ in range(chosen.repeats))
        by_exercise: dict[str, float] = defaultdict(float)
        for (exercise, _), spent in found.items():
            by_exercise[exercise] += spent
        print(notebook)
        for exercise, spent in by_exercise.items():
            print(f"  {exercise:24} {1e3 * spent:6.1f} ms")
        (_, dearest), most = max(found.items(), key=lambda item: item[1])
        print(f"  {'in all':24} {1e3 * sum(found.values()):6.1f} ms; the dearest test is {dearest}, {1e3 * most:.1f} ms")
        print(f"  {'in fixed loops':24} {sum(found.values()) / loop:6.2f} of {1e3 * loop:.1f} ms each")


if __name__ == "__main__":
    main()
