"""What becomes of a class whose grader is disturbed: hundreds of signals, killed processes, full disks and locks, at random moments.

    .venv/bin/python benchmarks/faults.py --kills 100 --seed 1          # about an hour on two cores
    .venv/bin/python benchmarks/faults.py --kills 8 --others 1 --only zygote

A small class is graded by `autograder grade` in a process of its own, disturbed, and graded again in peace. Then every mark is
there once, and equal to that of a class that nobody disturbed; so are the files; nothing that the grader started runs still; and what it
said is a sentence. Faults of the disk need root, for a small file system; without, they are left out, and that is said.
"""

from __future__ import annotations

import argparse
import itertools
import os
import platform
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import faults


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100, help="signals in all, in turn each of the four, to the grader and to its group")
    parser.add_argument("--others", type=int, default=5, help="runs of each other fault")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="faults whose name holds this")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="runs at a time")
    parser.add_argument("--calm", action="store_true", help="without the submission that never ends: a run takes half as long")
    options = parser.parse_args()
    disks = faults.DISKS if faults.can_mount() else []
    others = [fault for fault in (*faults.OTHERS, *disks) if options.only in fault.name]
    kills = [fault for fault in faults.KILLS if options.only in fault.name]
    plan = list(itertools.islice(itertools.cycle(kills), options.kills)) if kills else []
    plan += [fault for fault in others for _ in range(options.others)]
    began = time.monotonic()
    with faults.Scene(endless=not options.calm) as scene, ThreadPoolExecutor(options.jobs) as pool:
        print(f"grading in peace: {scene.seconds:.1f} s", flush=True)
        running = [pool.submit(faults.disturb, scene, fault, options.seed * 1000 + number) for number, fault in enumerate(plan)]
        outcomes = []
        try:
            for future in running:
                outcomes.append(future.result())
                if outcomes[-1].amiss():
                    print(outcomes[-1], flush=True)
        except KeyboardInterrupt:  # the table is of what was done until then
            pool.shutdown(cancel_futures=True)
    print(table(outcomes))
    if not disks:
        print("Faults of the disk were left out: mounting a small file system needs root.")
    print(
        f"seed {options.seed}, {options.jobs} at a time, {time.monotonic() - began:.0f} s, {os.cpu_count()} cores, {platform.machine()}, "
        f"Python {platform.python_version()}"
    )
    sys.exit(any(outcome.amiss() for outcome in outcomes))


def table(outcomes: list[faults.Outcome]) -> str:
    """By fault: runs, those that came while there was something to disturb, and in how many what was as it should be."""
    kinds = {"marks": "same marks", "files": "no half file", "orphans": "no orphan", "sentences": "sentences", "other": "nothing else"}
    lines = [
        f"| fault | runs | in time | {' | '.join(kinds.values())} | stopped after, s, at most | left in TMPDIR |",
        f"|{'---|' * (len(kinds) + 5)}",
    ]
    for name in dict.fromkeys(outcome.fault for outcome in outcomes):
        of = [outcome for outcome in outcomes if outcome.fault == name]
        good = [sum(not getattr(outcome, what) for outcome in of) for what in kinds]
        stopped = [outcome.stopped for outcome in of if outcome.stopped is not None]
        last = f"{max(stopped):.1f}" if stopped else ""
        scratch = sum(bool(outcome.scratch) for outcome in of) or ""
        lines.append(f"| {name} | {len(of)} | {sum(outcome.hit for outcome in of)} | {' | '.join(map(str, good))} | {last} | {scratch} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
