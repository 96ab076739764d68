"""What isolation adds to a submission: the same probes in the sandbox and in this process, in pairs timed one after the other.

    .venv/bin/python benchmarks/isolation.py              # about a minute
    .venv/bin/python benchmarks/isolation.py --tier fresh # where nested namespaces are refused

Three small courses are made for it, of 8 exercises and 24 probes each: in plain Python, with NumPy, and with torch. Both sides
judge the answers in the same way, and torch has one thread on both. With two workers a pair is two submissions, and what is said is
the time for one. Kept results are not used. The limits are what the design allows. "Least" is the difference of the least times of
either side: what is left of the figure when other programs take the processors away.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from grading import in_process, timed

from autograder.course.model import Notebook
from autograder.grading.grade import Grader
from autograder.sandbox import host
from autograder.submission.rebuild import rebuild

EXERCISES = 8
PROBES = 3  # of each exercise
KINDS = {
    "plain Python": ([], "import math", "[math.sqrt(k + x) for k in range(20)]", 40),
    "NumPy": (["numpy"], "import numpy as np", "np.linalg.norm(np.arange(400.0).reshape(20, 20) + x, axis=1)", 60),
    "torch": (["numpy", "torch"], "import torch", "torch.nn.functional.softmax(torch.arange(400.0).reshape(20, 20) * x / 400, dim=1)", 160),
}
"""Packages, setup cell, what each exercise computes of x, and the most milliseconds that isolation may add."""


def make(root: Path, packages: list[str], setup: str, answer: str) -> Notebook:
    """A course of one notebook at `root`."""
    notebook = Notebook("cost", "cost", root)
    for path in (notebook.release, notebook.reference, notebook.suite):
        path.parent.mkdir(parents=True)
    names = [f"f{number}" for number in range(EXERCISES)]
    answers = {name: f"def {name}(x):\n    return {answer}\n" for name in names}
    cells = [new_code_cell(setup, id="setup", metadata={"nbgrader": mark("setup", locked=True), "tags": ["setup"]})]
    for name in names:
        about = {"title": name, "difficulty": 1, "minutes": 1, "needs": []}
        cells.append(new_code_cell(answers[name], id=f"{name}_answer", metadata={"nbgrader": mark(f"{name}_answer", solution=True)}))
        check = {"nbgrader": mark(name, grade=True, locked=True, points=1), "exercise": about}
        cells.append(new_code_cell("assert True", id=name, metadata=check))
    imports = ["math", *packages]
    metadata = {"groundwork": {"title": "Cost", "imports": imports, "packages": packages}, "language_info": {"name": "python"}}
    nbformat.write(new_notebook(cells=cells, metadata=metadata), notebook.release)
    notebook.reference.write_text(f"{setup}\n\n" + "\n\n".join(answers.values()))
    notebook.probes.write_text("def ask_it(m, name, x):\n    return getattr(m, name)(x)\n")
    tests = ["from autograder.testing import exercise\n\nfrom . import cost_probes as probes\n"]
    for name in names:
        for x in range(1, PROBES + 1):
            test = f'def test_{name}_of_{x}(ask):\n    """It is right."""\n    ask.same(probes.ask_it, "{name}", {x}.0)\n'
            tests.append(f'@exercise("{name}")\n{test}')
    notebook.suite.write_text("\n\n".join(tests))
    return notebook


def mark(name: str, **about: object) -> dict[str, object]:
    return {"grade_id": name, "schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False, **about}


def measure(kind: str, workers: int, pairs: int) -> tuple[float, float, float, float]:
    """In ms a submission: medians in process, in the sandbox, and of what it adds in a pair; the least that it adds."""
    packages, setup, answer, _ = KINDS[kind]
    if "torch" in packages:
        import torch

        torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        notebook = make(Path(folder), packages, setup, answer)
        rebuilt = rebuild(notebook, notebook.skeleton).notebook
        with Grader(notebook, workers=workers, store=False) as grader:

            def isolated() -> None:
                grader.suite._passed.clear()  # that the same answers are not judged again is no merit of isolation
                if workers == 1:
                    grader.grade(rebuilt)
                else:
                    assert len(list(grader.grade_all([rebuilt] * workers))) == workers

            def unprotected() -> None:
                for _ in range(workers):
                    in_process(grader, notebook, rebuilt)

            assert grader.grade(rebuilt).score == EXERCISES
            for _ in range(5):
                isolated()
                unprotected()
            times = [(timed(unprotected), timed(isolated)) for _ in range(pairs)]
    scale = 1e3 / workers
    floor, sandbox = zip(*times, strict=True)
    adds = statistics.median(b - a for a, b in times)
    return scale * statistics.median(floor), scale * statistics.median(sandbox), scale * adds, scale * (min(sandbox) - min(floor))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=60)
    parser.add_argument("--tier", choices=host.TIERS, default=host.TIERS[0])
    chosen = parser.parse_args()
    host.TIERS = (chosen.tier,)
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    print(f"{machine}, load {os.getloadavg()[0]:.1f}; {chosen.pairs} pairs each, tier {chosen.tier}")
    print(f"{'ms a submission (medians)':28}{'workers':>8}{'in process':>12}{'sandbox':>9}{'isolation adds':>16}{'least':>7}{'limit':>7}")
    for kind, (*_, limit) in KINDS.items():
        for workers in (1, 2):
            floor, sandbox, adds, least = measure(kind, workers, chosen.pairs)
            print(f"{kind:28}{workers:8}{floor:12.1f}{sandbox:9.1f}{adds:16.1f}{least:7.1f}{limit:7}", flush=True)


if __name__ == "__main__":
    main()
