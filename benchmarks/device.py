"""How long the references take for every question of every hidden suite, on the CPU and on CUDA, in one run.

    .venv/bin/python benchmarks/device.py

Each time is the least of several runs with nothing kept, after one that is not counted: it loads kernels, and starts CUDA. Answers
come back as data on the CPU, so that a run ends when its last answer is there. "Busy" is what the run took of the processor, whatever
else the machine had to do.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Collection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch

from autograder.course.build import build
from autograder.course.model import Course, Notebook
from autograder.suite import suite as suites
from autograder.suite.suite import Question, Reference, Suite


def questions(suite: Suite) -> Collection[Question]:
    """All that a suite asks, each once."""
    return dict.fromkeys(question for test in suite.tests for question in suite.questions(test))


def seconds(notebook: Notebook, asked: Collection[Question], device: str, repeats: int) -> tuple[float, float]:
    """For one reference that answers everything that is asked: by the clock, and of the processor's time."""
    clock, busy = [], []
    for _ in range(repeats + 1):
        reference = Reference(notebook, suites.probes_of(notebook), device)
        began = time.perf_counter(), time.process_time()
        for probe, arguments in asked:
            reference.value(probe, arguments)
        clock.append(time.perf_counter() - began[0])
        busy.append(time.process_time() - began[1])
    return min(clock[1:]), min(busy[1:])


def driver() -> str:
    """The version of the NVIDIA driver."""
    if not shutil.which("nvidia-smi"):
        return "unknown"
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip().partition("\n")[0] or "unknown"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1, help="of torch on the CPU")
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    build(Course(), say=lambda _: None)
    print(f"CPU: {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}")
    print(f"torch {torch.__version__}, {torch.get_num_threads()} thread(s)")
    cuda = torch.cuda.is_available()
    if cuda:
        print(f"CUDA: {torch.cuda.get_device_name()}, CUDA {torch.version.cuda}, driver {driver()}")
    else:
        print("CUDA: torch finds no CUDA device here, so nothing is measured on one")
    print(f"{'':46}{'questions':>9}" + "".join(f"{name:>14}" for name in ("CPU, s", "CPU, busy s", "CUDA, s", "CUDA / CPU")))
    total = [0, 0.0, 0.0, 0.0]
    for notebook in Course():
        asked = questions(suites.load(notebook, "cpu"))
        clock, busy = seconds(notebook, asked, "cpu", chosen.repeats)
        found = [len(asked), clock, busy, seconds(notebook, asked, "cuda", chosen.repeats)[0] if cuda else 0.0]
        total = [before + more for before, more in zip(total, found, strict=True)]
        print(row(str(notebook), *found), flush=True)
    print(row("in all", *total))


def row(name: str, asked: int, clock: float, busy: float, cuda: float) -> str:
    measured = f"{cuda:14.2f}{cuda / clock:14.1f}" if cuda else f"{'–':>14}{'–':>14}"
    return f"{name:46}{asked:9}{clock:14.2f}{busy:14.2f}{measured}"


if __name__ == "__main__":
    main()
