"""How long a submission sleeps, seen from outside.

Its supervisor sees that nothing answers and nothing computes. Whether that is sleep, or waiting for a busy processor or a disk, the
kernel alone knows: its /proc tells of each thread how long it waited for a processor, and whether it waits for a disk.
"""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from pathlib import Path

_CREDENTIALS = struct.Struct("iII")  # pid, uid, gid
_RUNS, _DISK = "R", "D"


def seen() -> bool:
    """Whether the kernel tells it; where it does not, the limit on the wall alone holds."""
    here = Path("/proc/self/task", str(threading.get_native_id()))
    return (here / "schedstat").is_file() and (here / "children").is_file() and hasattr(socket, "SO_PASSCRED")


class Sleep:
    """The sleep of the processes behind a supervisor; of none where it cannot be seen."""

    def __init__(self, stream: socket.socket) -> None:
        """stream: to the supervisor, which has said nothing yet."""
        self._stream = stream
        self._supervisor: int | None = None
        self._before: dict[tuple[str, str], int] | None = None
        self._quiet = self._slept = 0.0
        if seen():
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)

    def receive(self, size: int) -> bytes:
        """As `socket.recv`; the first message tells, by the kernel's word, who the supervisor is."""
        if self._supervisor is not None:
            return self._stream.recv(size)
        data, ancillary, _, _ = self._stream.recvmsg(size, socket.CMSG_SPACE(_CREDENTIALS.size))
        for _, kind, content in ancillary:
            if kind == socket.SCM_CREDENTIALS:
                self._supervisor = _CREDENTIALS.unpack(content)[0]
        return data

    def seconds(self, quiet: float) -> float:
        """How long it has slept since the last `end`. quiet: for how long the supervisor has seen nothing run since then."""
        if self._supervisor is None:
            return 0.0
        try:
            threads = self._threads()
        except OSError:  # a process has just ended: the next look tells
            return self._slept
        states = {state for state, _ in threads.values()}
        if _RUNS in states:  # or waits for a processor, which is counted when it gets one
            return self._slept
        before = self._before
        gone = before is not None and {process for process, _ in before} - {process for process, _ in threads}
        if before is not None and not gone and _DISK not in states:
            waited = sum(max(0, waits - before.get(thread, 0)) for thread, (_, waits) in threads.items()) / 1e9
            self._slept += max(0.0, quiet - self._quiet - waited)
        self._before = {thread: waits for thread, (_, waits) in threads.items()}
        self._quiet = quiet
        return self._slept

    def end(self) -> float:
        """Seconds slept; from now on they are counted anew."""
        slept, self._slept, self._before = self._slept, 0.0, None
        return slept

    def _threads(self) -> dict[tuple[str, str], tuple[str, int]]:
        """Of each thread, by process and number: its state, and for how many nanoseconds it waited for a processor."""
        supervisor = Path("/proc", str(self._supervisor))
        children = (supervisor / "task" / supervisor.name / "children").read_text().split()
        found = {}
        for process in (supervisor.name, *children):
            for task in Path("/proc", process, "task").iterdir():
                with suppress(OSError):  # it has just ended
                    state = (task / "stat").read_text().rpartition(")")[2].split()[0]
                    found[process, task.name] = state, int((task / "schedstat").read_text().split()[1])
        return found
