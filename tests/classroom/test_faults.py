"""A grader that is disturbed at work, a few times: what it leaves, the same command makes whole. `benchmarks/faults.py` has hundreds."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import faults
import pytest

from autograder.course.model import ROOT

FEW = {
    "TERM to the grader": 1,
    "INT to the group": 2,
    "HUP to the grader": 3,
    "KILL to the group": 4,
    "KILL to the grader while the first gradebook is made": 5,
    "TERM to the group while the first gradebook is made": 6,
    "zygote killed": 7,
    "supervisor killed": 8,
    "child killed": 9,
    "gradebook locked for a while": 10,
    "two graders at once": 11,
    "disk full under the gradebook": 12,
    "disk full under feedback": 13,
}
"""Faults, each with the seed of its moment."""

Running = dict[str, Future[faults.Outcome]]


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest) -> Iterator[Running]:
    """Those that were asked for, two at a time."""
    wanted = [item.callspec.params["name"] for item in request.session.items if item.path == request.path and hasattr(item, "callspec")]
    possible = [name for name in wanted if name not in DISKS or faults.can_mount()]
    with faults.Scene(endless=False) as scene, ThreadPoolExecutor(2) as pool:
        yield {name: pool.submit(faults.disturb, scene, faults.FAULTS[name], FEW[name]) for name in possible}


DISKS = {fault.name for fault in faults.DISKS}


@pytest.mark.parametrize("name", FEW)
def test_the_same_command_makes_whole_what_a_disturbed_one_left(running: Running, name: str) -> None:
    if name not in running:
        pytest.skip("a small file system can be mounted by root alone")
    outcome = running[name].result()
    assert not outcome.amiss(), f"{outcome}"


def test_ctrl_c_before_the_command_is_imported_shows_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nos.read(0, 1)\n")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    done = subprocess.run([sys.executable, "-m", "autograder", "--help"], env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, b"", b"")
