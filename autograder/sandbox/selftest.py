"""The grader attacks its own sandbox when it starts, and refuses to grade when an attempt gets through."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .bubblewrap import SandboxUnavailable
from .session import Limits, Session
from .worker import codec, seccomp

Open = Callable[[Sequence[tuple[str, str, str]], str, Mapping[str, float]], Session]
"""Opens a session in a sandbox: see `Sandbox.open`."""

_PROBES = Path(__file__).with_name("selftest_probes.py")
_SHARES = {"selftest": 10.0, "selftest again": 1.0}
_CALLS: dict[str, tuple[tuple[int, int], *tuple[int, ...]]] = {
    "ptrace": ((101, 117), 16, 1),
    "process_vm_readv": ((310, 270), 1, 0, 0, 0, 0, 0),
    "unshare": ((272, 97), 0x1000_0000),
    "mount": ((165, 40), 0, 0, 0, 0, 0),
    "bpf": ((321, 280), 0, 0, 0),
    "io_uring_setup": ((425, 425), 1, 0),
    "userfaultfd": ((323, 282), 0),
    "keyctl": ((250, 219), 0, 0, 0),
    "memfd_create": ((319, 279), 0, 0),
    "setns": ((308, 268), 0, 0),
    "personality": ((135, 92), 0xFFFF_FFFF),
    "sched_setaffinity": ((203, 122), 1, 0, 0),
    "fcntl, for a lease": ((72, 25), 0, 1024, 2),
    "flock": ((73, 32), 0, 8),
    "inotify_init1": ((294, 26), 0),
    "vmsplice": ((278, 75), 0, 0, 0, 0),
    "pidfd_open": ((434, 434), 1, 0),
    "seccomp": ((317, 277), 2, 0, 0),
    "prctl, to be read by others": ((157, 167), 4, 1, 0, 0, 0),
}
"""Name: numbers on x86-64 and arm64, arguments with which the kernel would do something or complain of something else."""


@dataclass(frozen=True)
class Attempt:
    """One attack on the sandbox, and what came of it. clear: whether it said so itself."""

    name: str
    stopped: bool
    detail: str
    clear: bool = True


def require(session: Open, limits: Limits) -> None:
    """Raise `SandboxUnavailable` unless every attempt is stopped."""
    through = [attempt for attempt in attempts(session, limits) if not attempt.stopped]
    if through and not any(attempt.clear for attempt in through):  # a process that something else killed says nothing of the sandbox
        through = [attempt for attempt in attempts(session, limits) if not attempt.stopped]
    if through:
        what = "; ".join(f"{attempt.name} ({attempt.detail})" for attempt in through)
        raise SandboxUnavailable(f"the sandbox does not hold on this machine, so nothing is graded here. What got through: {what}")


def attempts(session: Open, limits: Limits) -> list[Attempt]:
    """Attack a sandbox from inside, once in each of the ways of `selftest_probes.py`."""
    with tempfile.NamedTemporaryFile(prefix="autograder-") as secret, session([], _PROBES.read_text(), _SHARES) as attacked:
        secret.write(b"not for submissions")
        secret.flush()
        outside = [secret.name, str(Path(__file__).resolve().parents[2] / "solutions"), str(_PROBES), "/etc/passwd", "/sys"]
        unwritable = ["/mark", "/sandbox/worker/codec.py", "/packages/mark.py", "/dev/shm/mark", "/usr/lib/mark", "/proc/mark", os.__file__]
        environment = ["PATH", "HOME", "LANG", "LC_CTYPE", "PWD", "PYTHONHASHSEED"]
        environment += ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]
        found = []

        def attack(name: str, probe: str, *arguments: Any) -> None:
            found.append(_attack(attacked, name, probe, arguments))

        attacked.begin("selftest")
        attack("read files outside", "read_outside", outside)
        attack("see other processes", "read_other_processes")
        attack("read the environment", "read_environment", environment)
        attack("use inherited descriptors", "use_inherited_descriptors")
        attack("open a socket", "connect")
        attack("start a process", "fork")
        attack("execute a program", "execute")
        attack("write outside /tmp", "write_outside", unwritable)
        attack("hold a capability", "gain_rights")
        for name, (numbers, *arguments) in _CALLS.items():
            attack(f"call {name}", "make_system_call", name, numbers[seccomp.column()], arguments)
        attack("start threads without end", "start_many_threads", limits.processes)
        attack("take more memory than there is", "take_memory", limits.memory + (1 << 20))
        attack("signal another process", "signal_others")
        attack("leave a file and a thread", "leave_a_mark")
        attacked.begin("selftest again")
        attack("outlive the exercise", "outlive")
    return found


def _attack(session: Session, name: str, probe: str, arguments: tuple[Any, ...]) -> Attempt:
    reply = session.ask(probe, codec.encode(list(arguments)))
    match reply.kind, reply.value:
        case "answer", {"stopped": bool(stopped), "detail": str(detail)}:
            return Attempt(name, stopped, detail)
    return Attempt(name, False, f"no clear answer: {reply.kind} {reply.value}", clear=False)
