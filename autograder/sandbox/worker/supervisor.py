"""Pid 1 of one submission's namespaces: it starts a child for each exercise, carries bytes, keeps the clock, and kills.

It never runs code of the submission and never parses what the submission says; the probes, which it loads, are the course's. It
speaks with the trusted process over one stream socket, in messages of a kind, a number and a payload:

    from the host   S submission   Q probes   E next exercise, with what it may use (`BEGIN`)   P probes   X this one sleeps: end it
    to the host     l load report   a answer   t timed out   d died   f said too much   x could not lock itself in
                    T D F: the same three while loading; the payload names the cell (4 bytes) if one had begun
                    z nothing ran for so many seconds of this exercise, or it waited for a processor or a disk, which is not seen in here
                    n the kernel refuses namespaces inside of bubblewrap's   r /tmp was used: serve what comes now by a new one
                    q the probes do not load   s the supervisor failed

P holds any number of requests, each after its length; they are answered in order, and after the first that is not answered no more
are; an exercise whose time is up is asked nothing more. But for z, the number to the host is the CPU-seconds spent. When the host
hangs up, pid 1 ends and the kernel ends everything else.

While a child answers, the next one is forked and locks itself in. It has run nothing of the submission, and waits to be told to
load it until its predecessor has been killed, which can signal nobody but itself. One that was ended all the same is replaced.
"""

from __future__ import annotations

import marshal
import os
import select
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from . import child, codec
from .protocol import BEGIN, FRESH, LENGTH, MESSAGE, NESTED, QUIET_SECONDS, WALL_PER_CPU

MOST = codec.MAX_FRAME
MOST_NOTES = 5_000  # of a child about the cells that it is at: two for each, and a notebook has fewer than half as many
GATHER_SECONDS = 0.0002  # while more answers are to come: to wake for each of them would take the child's processor away
KEEP_MS = 5  # the host is sent answers together, unless the next one is slower than this
LOCK_SECONDS = 2  # for a child to lock itself in, before it has run anything of the submission


@dataclass
class Allowance:
    """What one exercise may use yet. load, answer, spare: CPU-seconds, the last for whichever of the two is at an end; room: bytes."""

    load: float
    answer: float = 0.0
    spare: float = 0.0
    room: int = 0
    another: bool = False
    wall: float = field(init=False)
    quiet: float = 0.0  # seconds that were waited for a child, less what it computed
    told: float = 0.0  # of these
    loaded: bool = False
    over: bool = False

    def __post_init__(self) -> None:
        self.wall = (self.load + self.answer + self.spare) * WALL_PER_CPU

    def left(self, loading: bool) -> float:
        return self.spare + (self.load if loading else self.answer)

    def charge(self, loading: bool, seconds: float) -> None:
        """CPU-seconds, of its own first."""
        own = min(seconds, self.load if loading else self.answer)
        if loading:
            self.load -= own
        else:
            self.answer -= own
        self.spare -= seconds - own


class Supervisor:
    """Serves one submission. seccomp: the children's filter, or None when no isolation was asked for; tier: see `protocol.py`."""

    def __init__(self, host: socket.socket, seccomp: bytes | None, tier: str | None) -> None:
        self.host = host
        self.seccomp = seccomp
        self.submission = b""
        self.compiled = b""
        self.probes: dict[str, Any] = {"__name__": "probes"}
        self.outbox = bytearray()
        self.child: _Child | None = None
        self.next: _Child | None = None
        self.allowance = Allowance(0.0)
        self.dying: list[int] = []
        self.tier = tier
        self.untouched = _traces("/tmp") if tier == FRESH else None

    def serve(self) -> NoReturn:
        """Answer the host until it hangs up."""
        while True:
            kind, payload = self.read()
            if kind == b"S":
                self._end_children()
                self.submission, self.compiled = payload, b""
            elif kind == b"Q":
                self._load_probes(payload)
            elif kind == b"E":
                self._end_child()
                self.allowance = Allowance(*BEGIN.unpack(payload))
            elif kind == b"P" and self.allowance.over:
                self.tell(b"t", 0.0, b"")
            elif kind == b"P" and (self.child is not None or self._start_child()):
                self._ask(_split(payload))
            self.flush()

    def _load_probes(self, code: bytes) -> None:
        """Once, and every child has them."""
        try:
            exec(marshal.loads(code), self.probes)
        except Exception as error:
            self.tell(b"q", 0.0, repr(error).encode())

    def _ask(self, requests: list[bytes]) -> None:
        assert self.child is not None
        for said, spent, answer in self.child.converse(child.ANSWER, self.allowance, requests):
            self.tell(said, spent, answer)
            if said != b"a":
                self._end_child()
                self.allowance.over = said == b"t"
                return

    def _start_child(self) -> bool:
        if self.tier == FRESH:  # the children share a /tmp, which the next one must find as the first one did
            self._await_dying()
            if _traces("/tmp") != self.untouched:
                self.tell(b"r", 0.0, b"")
                return False
        if self.next is not None:
            self.child, self.next = self.next, None
            said, spent, report = self._load()
            self._await_dying()
            if said != b"a" and not self.child.at_cell:  # the last one has got at it
                self._end_child()
        if self.child is None:
            try:
                self.child = _Child(self)
            except BlockingIOError:  # the threads of the last one still count
                self._await_dying()
                self.child = _Child(self)
            self._await_dying()  # its memory was taken down while the new one started
            said, spent, report = self._load()
        again, self.allowance.loaded = self.allowance.loaded, True
        if said == b"a":
            self.tell(b"l", spent, report)
            return True
        if said in (b"x", b"s"):
            self.tell(said, 0.0, report)
        elif said == b"t" and again:  # it was loaded in its time once: what used that up were answers that ended their processes
            self.allowance.over = True
            self.tell(b"t", spent, b"")
        else:
            self.tell(said.upper(), spent, report)
        self._end_child()
        return False

    def _load(self) -> tuple[bytes, float, bytes]:
        """Let the child load the submission, once it has locked itself in."""
        assert self.child is not None
        said, _, why = next(self.child.converse(child.LOCKED, Allowance(LOCK_SECONDS)))
        if said == b"d":  # which needs no fault of the lock: somebody else may have ended it
            return b"s", 0.0, b"a process was ended before it had locked itself in"
        if said != b"a":
            return b"x", 0.0, why
        self.child.write(memoryview(child.LOAD))
        return next(self.child.converse(child.LOADED, self.allowance))

    def prepare(self) -> None:
        """Fork the next child, if there is to be one, so that it is ready by then."""
        if self.allowance.another and self.next is None and self.tier == NESTED:
            try:
                self.next = _Child(self)
            except BlockingIOError:  # this one has as many threads as it may
                return

    def _end_children(self) -> None:
        """The next one too: it was forked with what has changed now."""
        self._end_child()
        self.child, self.next = self.next, None
        self._end_child()

    def _end_child(self) -> None:
        if self.child is not None:
            self.child.end()
            self.dying.append(self.child.pid)
            self.child = None

    def _await_dying(self) -> None:
        while self.dying:
            os.waitpid(self.dying.pop(), 0)

    def read(self) -> tuple[bytes, bytes]:
        """What the host says: kind and payload."""
        kind, _, size = MESSAGE.unpack(self._read_exactly(MESSAGE.size))
        return kind, self._read_exactly(size)

    def _read_exactly(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            part = self.host.recv(min(size - len(data), 1 << 20))
            if not part:
                os._exit(0)
            data += part
        return bytes(data)

    def tell(self, kind: bytes, number: float, payload: bytes) -> None:
        self.outbox += MESSAGE.pack(kind, number, len(payload)) + payload

    def flush(self) -> None:
        """Send the host what it was told."""
        try:
            self.host.sendall(self.outbox)
        except OSError:
            os._exit(0)
        self.outbox.clear()


class _Child:
    """One child, and the two pipes to it."""

    def __init__(self, supervisor: Supervisor) -> None:
        self.supervisor = supervisor
        self.host = supervisor.host.fileno()
        self.asked = 0
        self.at_cell, self.cell_began = b"", 0.0
        self.dearest = 0.0, b""
        self.room = self.notes = 0
        self.received = bytearray()
        requests, self.requests = os.pipe()
        self.replies, replies = os.pipe()
        try:
            self.pid = os.fork()
        except BlockingIOError:
            for descriptor in (requests, self.requests, self.replies, replies):
                os.close(descriptor)
            raise
        if self.pid == 0:
            try:
                about = supervisor.submission, supervisor.compiled, supervisor.probes
                child.run(child.Work(*about, requests, replies, supervisor.seccomp, own_tmp=supervisor.tier != FRESH))
            finally:
                os._exit(1)
        os.close(requests)
        os.close(replies)
        os.set_blocking(self.requests, False)
        os.set_blocking(self.replies, False)

    def cpu(self) -> float:
        """CPU-seconds of the child and its threads; 0 where the system keeps no such clock."""
        try:
            return time.clock_gettime(~self.pid << 3 | 2)
        except OSError:
            return 0.0

    def converse(self, wanted: bytes, allowance: Allowance, requests: Sequence[bytes] = ()) -> Iterator[tuple[bytes, float, bytes]]:
        """Send requests, and give each reply of the wanted kind as it comes: (what came of it, CPU-seconds, payload).

        Ends with the last reply (one when there is no request), or with the first that does not come.
        """
        numbered = enumerate(requests, self.asked + 1)
        unsent = memoryview(b"".join(child.REQUEST.pack(number, len(request)) + request for number, request in numbered))
        poll = select.poll()
        poll.register(self.host, select.POLLIN)
        poll.register(self.replies, select.POLLIN)
        loading = wanted != child.ANSWER and not allowance.loaded
        self.room = allowance.room if wanted == child.ANSWER else MOST
        cpu_began = self.cpu()
        if requests:
            unsent = self.write(unsent)
            self.supervisor.prepare()  # while this one is at work
        if unsent:
            poll.register(self.requests, select.POLLOUT)
        for outstanding in range(len(requests) or 1, 0, -1):
            self.asked += bool(requests)
            began = time.monotonic()
            waited = 0.0
            while (reply := self._reply(wanted)) is None:
                cpu = self.cpu() - cpu_began
                cpu_left = allowance.left(loading) - cpu
                wall_left = allowance.wall - (time.monotonic() - began)
                if cpu_left <= 0 or wall_left <= 0:
                    reply = b"t", self._dearest_cell()
                    break
                if wanted != child.LOCKED and allowance.quiet + waited - cpu >= allowance.told + QUIET_SECONDS:
                    allowance.told = allowance.quiet + waited - cpu
                    self.supervisor.tell(b"z", allowance.told, b"")
                if outstanding > 1:
                    time.sleep(GATHER_SECONDS)
                since = time.monotonic()
                ready = dict(poll.poll(KEEP_MS)) if self.supervisor.outbox else {}
                if not ready:
                    self.supervisor.flush()
                    ready = dict(poll.poll(1 + 1000 * min(wall_left, max(0.005, cpu_left / 2), QUIET_SECONDS)))
                waited += time.monotonic() - since
                if self.host in ready:  # it hangs up, or has seen that this one sleeps
                    self.supervisor.read()
                    reply = b"t", self.at_cell
                    break
                if self.requests in ready:
                    unsent = self.write(unsent)
                    if not unsent:
                        poll.unregister(self.requests)
                if ready.get(self.replies, 0) & select.POLLIN:
                    self.received += os.read(self.replies, 1 << 20)
                elif self.replies in ready:
                    reply = b"d", self.at_cell
                    break
            spent = self.cpu() - cpu_began
            allowance.charge(loading, spent)
            allowance.wall -= time.monotonic() - began
            allowance.quiet += max(0.0, waited - spent)
            yield reply[0], spent, reply[1]
            if reply[0] != b"a":
                return
            self.room -= len(reply[1])
            if wanted == child.ANSWER:
                allowance.room = self.room
            cpu_began += spent

    def _dearest_cell(self) -> bytes:
        """The one, of those that began, that took most of the processor's time."""
        return max((self.cpu() - self.cell_began, self.at_cell), self.dearest)[1]

    def write(self, unsent: memoryview) -> memoryview:
        """What is still unsent after a write that does not wait."""
        try:
            return unsent[os.write(self.requests, unsent[: 1 << 16]) :]
        except BlockingIOError:
            return unsent
        except BrokenPipeError:
            return unsent[:0]

    def _reply(self, wanted: bytes) -> tuple[bytes, bytes] | None:
        """The reply if it is here whole; cells that it passes on the way are noted."""
        while len(self.received) >= child.REPLY.size:
            kind, number, size = child.REPLY.unpack_from(self.received)
            if kind == child.UNLOCKED and wanted == child.LOCKED:
                return kind, bytes(self.received[child.REPLY.size :])
            if kind == child.AT_CELL and wanted == child.LOADED and size == 0 and self.notes < MOST_NOTES:
                self.notes += 1
                if self.at_cell:
                    self.dearest = max(self.dearest, (self.cpu() - self.cell_began, self.at_cell))
                self.at_cell, self.cell_began = LENGTH.pack(number), self.cpu()
                del self.received[: child.REPLY.size]
                continue
            keep = kind == child.COMPILED and wanted == child.LOADED and not self.supervisor.compiled
            if not (keep or (kind == wanted and number == self.asked)) or size > self.room:
                return b"f", self.at_cell
            if len(self.received) < child.REPLY.size + size:
                return None
            payload = bytes(self.received[child.REPLY.size : child.REPLY.size + size])
            del self.received[: child.REPLY.size + size]
            if keep:  # the first of these was said before any of the submission ran
                self.supervisor.compiled = payload
                continue
            return b"a", payload
        return None

    def end(self) -> None:
        """Kill it; nothing of it runs any more."""
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.close(self.requests)
        os.close(self.replies)


def _traces(folder: str) -> tuple[int, ...]:
    """What any use of a folder changes: above all ctime, which nobody can set back."""
    about = os.stat(folder)
    return about.st_ctime_ns, about.st_atime_ns, about.st_size, about.st_mode


def _split(payload: bytes) -> list[bytes]:
    """The requests in a message, each after its length."""
    requests = []
    at = 0
    while at < len(payload):
        (size,) = LENGTH.unpack_from(payload, at)
        requests.append(payload[at + LENGTH.size : at + LENGTH.size + size])
        at += LENGTH.size + size
    return requests
