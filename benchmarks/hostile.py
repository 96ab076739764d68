"""What one hostile student, and ten, add to the grading of a class.

    .venv/bin/python benchmarks/hostile.py                                    # a1_python_oop, a class of 200, one worker, five runs
    .venv/bin/python benchmarks/hostile.py --assignment a3_backprop --workers 2 --runs 3 --class-size 20 --kinds sleeps

The class is a seeded mixture of the model answers, the alternatives and the mutants; hostile students stand in it at random places. In each
run it is graded once by itself, then once more with each kind of hostile student, by a new grader each time, without kept results and
without recording. What they add is the difference of the two times of that run, divided by their number; the table gives median, least
and most over the runs. The others' marks have to be those of the class by itself.
"""

from __future__ import annotations

import argparse
import ast
import os
import platform
import random
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from nbformat import NotebookNode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from autograder.course.answers import alternatives, models, mutants, submission
from autograder.course.model import Course, Notebook
from autograder.grading.grade import Grader
from autograder.grading.result import Result
from autograder.sandbox import codec
from autograder.submission.rebuild import rebuild

TOOLS = "from collections import _sys\ntime, os = _sys.modules['time'], _sys.modules['os']\n"  # no import that an assignment forbids
ACTS = {
    "sleeps 19.9 s in every function": "time.sleep(19.9)",
    "sleeps 0.9 s in every function": "time.sleep(0.9)",
    "loops in every function": "while True: pass",
    "dies in every function": "os._exit(1)",
    "answers as many bytes as it may": f"return bytes({codec.MAX_BUFFERS - (1 << 20)})",
}
AT_LOAD = {
    "loops at load, in every cell": "while True: pass",
    "sleeps at load, in every cell": "time.sleep(3600)",
}
MIXTURE = "each function does one of these"
KINDS = (*ACTS, *AT_LOAD, MIXTURE)


def hostile(kind: str, answers: dict[str, str], rng: random.Random) -> dict[str, str]:
    """The model answers, but for what this kind does in them, by exercise."""
    return {exercise: TOOLS + _spoilt(kind, answer, rng) for exercise, answer in answers.items()}


def _spoilt(kind: str, answer: str, rng: random.Random) -> str:
    if kind in AT_LOAD:
        return f"{AT_LOAD[kind]}\n{answer}"
    tree = ast.parse(answer)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            act = rng.choice(list(ACTS.values())) if kind == MIXTURE else ACTS[kind]
            if act.startswith("return") and node.name.startswith("__"):
                continue  # Python refuses what it returns, and nothing else is asked
            node.body[:0] = ast.parse(f"def act():\n    {act}").body[0].body  # type: ignore[attr-defined]
    return ast.unparse(tree)


def the_class(notebook: Notebook, size: int, rng: random.Random) -> list[NotebookNode]:
    answers = models(notebook)
    right = [submission(notebook, answers)]
    others = [submission(notebook, answers | other) for other in alternatives(notebook).values()]
    wrong = [submission(notebook, answers | {name: each}) for name, mistakes in mutants(notebook).items() for each in mistakes.values()]
    return [rng.choice(rng.choice([right, others or right, wrong])) for _ in range(size)]


def graded(notebook: Notebook, submissions: Sequence[NotebookNode], workers: int) -> tuple[float, list[Result]]:
    """Seconds, the start of the sandboxes included, and the results in order."""
    rebuilt = [rebuild(notebook, handed_in).notebook for handed_in in submissions]
    began = time.perf_counter()
    with Grader(notebook, device="cpu", store=False, workers=workers) as grader:
        found = dict(grader.grade_all(rebuilt))
        seconds = time.perf_counter() - began
    for failure in found.values():
        if isinstance(failure, Exception):
            raise failure
    return seconds, [found[index] for index in range(len(rebuilt))]


def marks(result: Result) -> list[float]:
    return [exercise.score for exercise in result.exercises]


def run(notebook: Notebook, people: list[NotebookNode], counts: Sequence[int], kinds: Sequence[str], workers: int, rng: random.Random):
    """Yields kind, number, seconds that each adds, and how many of the others have another mark; first the class by itself."""
    alone, results = graded(notebook, people, workers)
    yield "", 0, alone, 0
    answers = models(notebook)
    for kind in kinds:
        for count in counts:
            order: list[int | None] = [*range(len(people)), *[None] * count]
            rng.shuffle(order)
            hand_in = [people[who] if who is not None else submission(notebook, hostile(kind, answers, rng)) for who in order]
            seconds, found = graded(notebook, hand_in, workers)
            changed = sum(marks(one) != marks(results[who]) for who, one in zip(order, found, strict=True) if who is not None)
            yield kind, count, (seconds - alone) / count, changed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assignment", default="a1_python_oop", help="or assignment/notebook")
    parser.add_argument("--class-size", type=int, default=200)
    parser.add_argument("--hostile", type=int, nargs="+", default=[1, 10], help="how many hostile students are in the class")
    parser.add_argument("--kinds", default="", help="those whose name holds this")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    assignment, _, name = options.assignment.partition("/")
    notebook = next(notebook for notebook in Course().assignment(assignment) if name in ("", notebook.name))
    kinds = [kind for kind in KINDS if options.kinds in kind]
    rng = random.Random(options.seed)
    people = the_class(notebook, options.class_size, rng)
    graded(notebook, people[:1], options.workers)  # imports, and the reference's answers
    found: dict[tuple[str, int], list[tuple[float, int]]] = {}
    for number in range(options.runs):
        for kind, count, seconds, changed in run(notebook, people, options.hostile, kinds, options.workers, rng):
            found.setdefault((kind, count), []).append((seconds, changed))
            print(
                f"run {number + 1}: {count or 'the class, no'} hostile {kind}: {seconds:.1f} s{' each' * bool(count)}",
                file=sys.stderr,
                flush=True,
            )
    alone = [seconds for seconds, _ in found.pop(("", 0))]
    print(f"{notebook}, {options.class_size} students, {options.workers} worker(s), {options.runs} runs; the class alone {spread(alone)} s")
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, seed {options.seed}\n")
    print("| hostile students | how many | each adds, s: median (least, most) | others whose mark changed |\n|---|---|---|---|")
    for (kind, count), measured in found.items():
        print(f"| {kind} | {count} | {spread([seconds for seconds, _ in measured])} | {max(changed for _, changed in measured)} |")


def spread(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.1f} ({min(seconds):.1f}, {max(seconds):.1f})"


if __name__ == "__main__":
    main()
