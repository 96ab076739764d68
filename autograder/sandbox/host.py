"""The trusted end of a sandbox: starts the zygote, and opens a session for each submission. Use one `Sandbox` for each thread.

There are two tiers, with the same locks and the same marks. "nested": one bubblewrap holds a zygote, which forks for each
submission into namespaces of its own. "fresh", where the kernel refuses such namespaces: each submission has a bubblewrap of
its own, started anew, which takes as long as it takes Python to start and to import what the assignment needs; and another one
as soon as an exercise has left a trace in /tmp. What the second tier lacks: bubblewrap bounds the bytes in /tmp, but not the number
of files, so that a submission can fill an eighth of the machine's memory with empty ones until it ends; and /proc/cpuinfo is in sight.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path

from . import bubblewrap, selftest
from .bubblewrap import SandboxUnavailable
from .cgroup import Group
from .session import SLACK_SECONDS, Closing, Limits, NestingRefused, SandboxLost, Session, ended_by_itself
from .worker.protocol import FRESH, NESTED

TIERS = (NESTED, FRESH)  # in the order in which they are tried
_START_SECONDS = 120
_KILLED = (-signal.SIGKILL, 128 + signal.SIGKILL)  # the second is bubblewrap's, of what it started
_PROCESSES = 4  # of ours in a sandbox, beside a submission's own


class Sandbox(Closing):
    """Where the submissions of one assignment run, one at a time or several. Close it, or use `with`.

    packages: installed packages that submissions may see, with what they need. preload: modules imported before the fork.
    isolation: "bubblewrap", or "none" for people who run their own code. `tier`: how they are kept apart, or None.
    Raises `SandboxUnavailable` when submissions cannot be isolated here.
    """

    def __init__(
        self, packages: Sequence[str] = (), preload: Sequence[str] = (), limits: Limits | None = None, isolation: str = "bubblewrap"
    ) -> None:
        self.limits = limits or Limits()
        self.isolation = isolation
        self.tier: str | None = None
        self.refusal = ""
        """Why the tier is not the first that was tried."""
        self._packages, self._preload = packages, preload
        self._zygotes: list[_Zygote] = []
        if isolation == "none":
            self._begin()
            return
        for self.tier in TIERS:
            try:
                self._begin()
                return
            except NestingRefused as error:
                if self.tier == TIERS[-1]:
                    raise
                self.refusal = str(error)

    def _begin(self, once_more: bool = True) -> None:
        """Start a zygote and attack it; anew when it was ended on the way, which says nothing of the sandbox."""
        try:
            with _granted():
                self._start().await_start()
                if self.tier:
                    selftest.require(self.open, self.limits)
        except SandboxLost as lost:
            self.close()
            if not once_more:
                raise ended_by_itself(lost) from lost
            self._begin(once_more=False)
        except BaseException:
            self.close()
            raise

    def _start(self) -> _Zygote:
        """One more zygote, not waited for."""
        zygote = _Zygote(lambda control, information: self._command(control, information), self.limits)
        self._zygotes.append(zygote)
        return zygote

    def _command(self, control: int, information: int) -> list[str]:
        limits = asdict(self.limits)
        for name in ("load_seconds", "answer_seconds", "spare_seconds", "sleep_seconds", "answer_bytes", "left_out"):
            del limits[name]  # watched by supervisor and session; the rest is the kernel's to keep
        files = [] if self.tier else bubblewrap.package_files(self._packages)
        settings = {
            "control": control,
            "tier": self.tier,
            "become": bubblewrap.becomes(self.tier) if self.tier else None,
            "path": ["/packages"] if self.tier else sorted({str(path.parent) for _, path in files}),
            "preload": [*self._packages, *self._preload],
            "limits": limits,
        }
        arguments = [json.dumps(settings)]
        if self.tier:
            return bubblewrap.command(self._packages, self.tier, information, arguments)
        return bubblewrap.interpret(str(bubblewrap.WORKER.parent), arguments)

    def open(
        self,
        cells: Sequence[tuple[str, str, str]],
        probes: str,
        shares: Mapping[str, float] | None = None,
        limits: Limits | None = None,
    ) -> Session:
        """A session for one submission. cells: (id, kind, source) in order; probes: the text of the probes' module.

        shares: CPU-seconds that an exercise has of its own to answer, where these are not the usual ones. limits: those that the
        session keeps, where these are not the sandbox's.
        """
        return Session(self._connect, limits or self.limits, cells, probes, shares or {})

    def _connect(self) -> tuple[socket.socket, Callable[[], None]]:
        """A stream to a new supervisor, and what to do when its submission is done: on the second tier its zygote ends with it."""
        zygote = self._zygotes[-1]
        with _granted():
            stream = zygote.connect()
            if self.tier != FRESH:
                return stream, lambda: None
            self._start()  # it gets ready while this one is at work
        return stream, partial(self._end, zygote)

    def _end(self, zygote: _Zygote) -> None:
        if zygote in self._zygotes:
            self._zygotes.remove(zygote)
            zygote.close()

    def close(self) -> None:
        """End every zygote and everything that it started."""
        while self._zygotes:
            self._zygotes.pop().close()

    def kill(self) -> None:
        """The same at once, whatever they are doing."""
        for zygote in self._zygotes:
            zygote.kill()


@contextmanager
def _granted() -> Iterator[None]:
    """What the system refuses to the trusted process is no submission's fault."""
    try:
        yield
    except OSError as error:
        said = error.strerror or str(error)
        raise SandboxUnavailable(
            bubblewrap.explain_limit(said)
            or f"the system refuses what a sandbox needs ({said}): see that there is room for temporary files (TMPDIR names their folder), "
            "and that memory and open files are left; then give the same command again"
        ) from error


class _Zygote:
    """The process that imports what an assignment needs and turns into supervisors, seen from outside.

    command: gives the command line for two descriptors, of the control socket and of the file where bubblewrap says who it is.
    limits: of a submission, of whose memory what the zygote occupies is no part.
    """

    def __init__(self, command: Callable[[int, int], list[str]], limits: Limits) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._output = tempfile.TemporaryFile()
        self._information = tempfile.TemporaryFile()
        self._limits = limits
        self._memory = limits.memory
        self._group: Group | None = None
        self._ready = False
        try:
            with theirs:
                self._process = subprocess.Popen(
                    command(theirs.fileno(), self._information.fileno()),
                    stdin=subprocess.DEVNULL,
                    stdout=self._output,
                    stderr=self._output,
                    pass_fds=[theirs.fileno(), self._information.fileno()],
                    start_new_session=True,
                )
        except BaseException:
            self._control.close()
            raise

    def await_start(self) -> None:
        """Wait until it has imported everything, and look at what it is by then. Raises `SandboxUnavailable`, `SandboxLost` if killed."""
        message = self._first_word()
        if message != b"ready":
            self.close()
            if not message and self._process.returncode in _KILLED:
                raise SandboxLost("one was killed while it started")
            self._output.seek(0)
            lines = self._output.read().decode("utf-8", "replace").strip().splitlines()
            raise SandboxUnavailable(bubblewrap.explain(lines[-1] if lines else ""))
        self._control.settimeout(SLACK_SECONDS)
        self._ready = True
        inside = self._pid_inside()
        if inside is not None:
            self._look(Path(f"/proc/{inside}"))
            self._group = Group.of(inside, self._limits.memory + bubblewrap.TMP_BYTES, self._limits.processes + _PROCESSES)

    def _first_word(self) -> bytes:
        """What the zygote says, or nothing when bubblewrap has ended: what it had cloned may hold the socket open, and wait for it."""
        self._control.settimeout(0.2)
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end:
            try:
                return self._control.recv(16)
            except ConnectionError:
                return b""
            except TimeoutError:
                if self._process.poll() is not None:
                    return b""
        return b"late"

    def _look(self, process: Path) -> None:
        """From here, because in there no /proc shows a process to itself."""
        try:
            threads = len(list((process / "task").iterdir()))
            pages = int((process / "statm").read_text().split()[0])
        except OSError as error:
            raise SandboxUnavailable(f"{error}: the /proc of this machine has to show this user's processes; mount it anew") from error
        if threads != 1:
            raise SandboxUnavailable(
                f"the modules to import before the fork start {threads - 1} threads, and a fork could hang: leave them out"
            )
        self._memory += pages * os.sysconf("SC_PAGE_SIZE")

    def connect(self) -> socket.socket:
        """A stream to a new supervisor."""
        if not self._ready:
            try:
                self.await_start()
            except SandboxUnavailable as error:  # one like it has started before
                raise SandboxLost(str(error)) from error
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._control, [self._memory.to_bytes(8, "little")], [theirs.fileno()])
            except OSError as error:
                ours.close()
                raise SandboxLost("the zygote is gone") from error
        return ours

    def close(self) -> None:
        """End it and everything that it started."""
        self._control.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self.kill()
        self._kill_group()
        if self._group is not None:
            self._group.remove()

    def kill(self) -> None:
        """The same at once, whatever it is doing."""
        inside = self._pid_inside()
        if inside is not None and self._process.poll() is None:  # pid 1 of the namespace: it is gone when all that is in it is gone
            with suppress(ProcessLookupError, subprocess.TimeoutExpired):
                os.kill(inside, signal.SIGKILL)
                self._process.wait(2)
        self._kill_group()
        self._process.kill()
        self._process.wait()

    def _kill_group(self) -> None:
        """Whatever bubblewrap had cloned when it was killed itself, before that became the zygote."""
        if not self._ready:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _pid_inside(self) -> int | None:
        """The zygote's own pid, which bubblewrap tells; None before that, and without isolation."""
        self._information.seek(0)
        about = self._information.read()
        return int(json.loads(about)["child-pid"]) if about else None
