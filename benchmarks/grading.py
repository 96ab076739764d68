"""What grading a class costs, against stock nbgrader and against no isolation at all, in one run on one machine.

    .venv/bin/python benchmarks/grading.py            # about three minutes
    .venv/bin/python benchmarks/grading.py --students 40 --assignment a3_backprop

The class is made of those submissions of the demo class that are honest and end by themselves: a cheat cannot be run in this process, and
stock nbgrader waits 30 s for an endless loop, which would flatter us. Kept results are not used. Four ways, on the same notebooks:

in process    the same probes and judgements on the submission loaded into this process: the floor, and no protection at all
sandbox       the same in the sandbox, one submission after another
class         the sandbox with one and with two workers; then recorded too: gradebook, autograded notebook, feedback page
stock         `nbgrader generate_assignment`, then `nbgrader autograde` with nbgrader's own settings and the visible checks
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from autograder.classroom import demo
from autograder.course.build import build
from autograder.course.model import ROOT, Course, Notebook
from autograder.gradebook.record import Recorder
from autograder.grading.grade import Grader
from autograder.sandbox import Reply, codec
from autograder.submission import rebuild as submission
from autograder.submission.program import program


def the_class(notebook: Notebook, students: int) -> dict[str, nbformat.NotebookNode]:
    """Submissions by student, no two alike."""
    handed_in = demo.submissions(notebook)
    honest = [handed_in[student] for student in ("amara", "bruno", "chidi", "dilnoza", "hana")]
    found = {f"student{number:03}": copy.deepcopy(honest[number % len(honest)]) for number in range(students)}
    for number, submitted in enumerate(found.values()):
        submitted.cells.append(new_code_cell(f"number = {number}"))
    return found


def timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


@dataclass(frozen=True)
class Unprotected:
    """Answers probes in this process, through the same encoding, and does no more than it must."""

    module: types.ModuleType
    probes: types.ModuleType

    def ask(self, probe: str, arguments: bytes) -> Reply:
        random.seed(0)
        try:
            said: list[object] = ["answer", getattr(self.probes, probe)(self.module, *codec.decode(arguments, tensors=True))]
        except Exception as error:
            said = ["raised", error]
        kind, value = codec.decode(codec.encode(said))
        return Reply(kind, value)


def in_process(grader: Grader, notebook: Notebook, rebuilt: nbformat.NotebookNode) -> None:
    module = types.ModuleType("submission")
    for cell in program(notebook, rebuilt).cells:
        try:
            exec(compile(cell.source, cell.id, "exec"), module.__dict__)
        except Exception:
            continue  # a submission that fails to load is graded on what there is
    session = Unprotected(module, grader.suite.reference.probes)
    for test in grader.suite.tests:
        grader.suite.judge(test, session)


def whole_class(notebook: Notebook, rebuilt: dict[str, nbformat.NotebookNode], workers: int) -> float:
    """Seconds for the class, the start of the sandboxes included."""

    def act() -> None:
        with Grader(notebook, workers=workers, store=False) as grader:
            assert len(list(grader.grade_all(rebuilt.values()))) == len(rebuilt)

    return timed(act)


def recorded(notebook: Notebook, rebuilt: dict[str, nbformat.NotebookNode], workers: int) -> float:
    """Seconds for the class with gradebook rows, autograded notebooks and feedback pages; the gradebook is made before."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "nbgrader_config.py").write_text(demo.CONFIGURATION.format(top=str(ROOT / "nbgrader_config.py")))
        with Recorder(Path(folder)):
            pass

        def act() -> None:
            names = list(rebuilt)
            with Recorder(Path(folder)) as recorder, Grader(notebook, workers=workers, store=False) as grader:
                for index, result in grader.grade_all(rebuilt.values()):
                    recorder.record(names[index], {notebook: result}, {notebook: rebuilt[names[index]]})
            assert len(list(Path(folder).glob("feedback/*/*/*.html"))) == len(rebuilt)

        return timed(act)


def stock(notebook: Notebook, submitted: dict[str, nbformat.NotebookNode]) -> float:
    """Seconds of `nbgrader autograde` for the class, as nbgrader comes."""
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder)
        (course / "nbgrader_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "stock"\n')
        shutil.copytree(notebook.built.parent, course / "source" / notebook.assignment)
        for student, answers in submitted.items():
            place = course / "submitted" / student / notebook.assignment / f"{notebook.name}.ipynb"
            place.parent.mkdir(parents=True)
            nbformat.write(answers, place)
        environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}

        def nbgrader(*words: str) -> None:
            done = subprocess.run(
                [sys.executable, "-m", "nbgrader", *words], cwd=course, env=environment, stderr=subprocess.PIPE, text=True, check=False
            )
            assert done.returncode == 0, done.stderr[-2000:]

        nbgrader("generate_assignment", notebook.assignment)
        seconds = timed(lambda: nbgrader("autograde", notebook.assignment))
        assert len(list(course.glob(f"autograded/*/{notebook.assignment}/*.ipynb"))) == len(submitted)
        return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--assignment", default="a3_backprop")
    parser.add_argument("--students", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=3, help="how often each submission is graded for the medians")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    build(Course(), [chosen.assignment], say=lambda _: None)
    figures = [measure(notebook, chosen.students, chosen.repeats) for notebook in Course().assignment(chosen.assignment)]
    for found in figures:
        print(json.dumps(found) if chosen.json else show(found))


def measure(notebook: Notebook, students: int, repeats: int) -> dict[str, object]:
    submitted = the_class(notebook, students)
    rebuilt = {student: submission.rebuild(notebook, answers).notebook for student, answers in submitted.items()}
    with Grader(notebook, store=False) as grader:
        for warm in list(rebuilt.values())[:5]:
            grader.grade(warm)
            in_process(grader, notebook, warm)
        floor, isolated = [], []
        for _ in range(repeats):
            for answers in rebuilt.values():
                floor.append(timed(lambda answers=answers: in_process(grader, notebook, answers)))
                isolated.append(timed(lambda answers=answers: grader.grade(answers)))
        tests, exercises = len(grader.suite.tests), len(notebook.exercises)
    one, two = whole_class(notebook, rebuilt, 1), whole_class(notebook, rebuilt, 2)
    whole, baseline = recorded(notebook, rebuilt, 2), stock(notebook, submitted)
    return {
        "notebook": str(notebook),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "students": students,
        "exercises": exercises,
        "hidden tests": tests,
        "in process, ms a submission (median)": round(1e3 * statistics.median(floor), 1),
        "in the sandbox, ms a submission (median)": round(1e3 * statistics.median(isolated), 1),
        "isolation adds, ms (median of pairs)": round(1e3 * statistics.median(b - a for a, b in zip(floor, isolated, strict=True)), 1),
        "one worker, submissions a second": round(students / one, 1),
        "two workers, submissions a second": round(students / two, 1),
        "two workers and recorded, submissions a second": round(students / whole, 1),
        "stock nbgrader autograde, submissions a second": round(students / baseline, 2),
        "recorded against stock": f"{baseline / whole:.0f} times",
        "not recorded against stock": f"{baseline / two:.0f} times",
    }


def show(figures: dict[str, object]) -> str:
    width = max(map(len, figures))
    return "\n".join(f"{name:{width}}  {value}" for name, value in figures.items())


if __name__ == "__main__":
    main()
