"""Pid 1 of one submission's namespaces: it starts a child for each exercise, carries bytes, keeps the clock, and kills.

It never runs code of the submission and never parses what the submission says; the probes, which it loads, are the course's. It
speaks with the trusted process over one stream socket, in messages of a kind, a number and a payload:

    from the host   S submission   Q probes   E next exercise (number: 1 when another one follows)   P probes (number: CPU-seconds for each)
    to the host     l load report   a answer   t timed out   d died   f said too much   x could not lock itself in
                    T D F: the same three while loading; the payload names the cell (4 bytes) if one had begun
                    n the kernel refuses namespaces inside of bubblewrap's   r /tmp was used: serve what comes now by a new one
                    q the probes do not load   s the supervisor failed

P holds any number of requests, each after its length; they are answered in order, and after the first that is not answered
no more are. The number to the host is the CPU-seconds spent. When the host hangs up, pid 1 ends and the kernel ends everything else.

While a child answers, the next one is forked and locks itself in. It has run nothing of the submission, and waits to be told to
load it until its predecessor has been killed; all that this one could do to it is to end it, and then another one takes its place.
"""

from __future__ import annotations

import marshal
import os
import select
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from . import child, codec
from .protocol import FRESH, LENGTH, MESSAGE, NESTED, WALL_PER_CPU

MOST = codec.MAX_FRAME
GATHER_SECONDS = 0.0002  # while more answers are to come: to wake for each of them would take the child's processor away
KEEP_MS = 5  # the host is sent answers together, unless the next one is slower than this


class Supervisor:
    """Serves one submission. seccomp: the children's filter, or None when no isolation was asked for; tier: see `protocol.py`."""

    def __init__(self, host: socket.socket, seccomp: bytes | None, load_seconds: float, tier: str | None) -> None:
        self.host = host
        self.seccomp = seccomp
        self.load_seconds = load_seconds
        self.submission = b""
        self.compiled = b""
        self.probes: dict[str, Any] = {"__name__": "probes"}
        self.outbox = bytearray()
        self.child: _Child | None = None
        self.next: _Child | None = None
        self.another = False
        self.dying: list[int] = []
        self.tier = tier
        self.untouched = _traces("/tmp") if tier == FRESH else None

    def serve(self) -> NoReturn:
        """Answer the host until it hangs up."""
        while True:
            kind, number, payload = self._read()
            if kind == b"S":
                self._end_children()
                self.submission, self.compiled = payload, b""
            elif kind == b"Q":
                self._load_probes(payload)
            elif kind == b"E":
                self._end_child()
                self.another = number > 0
            elif kind == b"P" and (self.child is not None or self._start_child()):
                self._ask(_split(payload), number)
            self.flush()

    def _load_probes(self, code: bytes) -> None:
        """Once, and every child has them."""
        try:
            exec(marshal.loads(code), self.probes)
        except Exception as error:
            self._tell(b"q", 0.0, repr(error).encode())

    def _ask(self, requests: list[bytes], cpu_seconds: float) -> None:
        assert self.child is not None
        for said, spent, answer in self.child.converse(child.ANSWER, cpu_seconds, requests):
            self._tell(said, spent, answer)
            if said != b"a":
                self._end_child()
                return

    def _start_child(self) -> bool:
        if self.tier == FRESH:  # the children share a /tmp, which the next one must find as the first one did
            self._await_dying()
            if _traces("/tmp") != self.untouched:
                self._tell(b"r", 0.0, b"")
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
        if said == b"x":
            self._tell(b"x", 0.0, report)
            self._end_child()
            return False
        if said != b"a":
            self._tell(said.upper(), spent, self.child.at_cell)
            self._end_child()
            return False
        self._tell(b"l", spent, report)
        return True

    def _load(self) -> tuple[bytes, float, bytes]:
        """Let the child load the submission, once it has locked itself in."""
        assert self.child is not None
        said, _, why = next(self.child.converse(child.LOCKED, self.load_seconds))
        if said != b"a":
            return b"x", 0.0, why
        self.child.write(memoryview(child.LOAD))
        return next(self.child.converse(child.LOADED, self.load_seconds))

    def prepare(self) -> None:
        """Fork the next child, if there is to be one, so that it is ready by then."""
        if self.another and self.next is None and self.tier == NESTED:
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

    def _read(self) -> tuple[bytes, float, bytes]:
        kind, number, size = MESSAGE.unpack(self._read_exactly(MESSAGE.size))
        return kind, number, self._read_exactly(size)

    def _read_exactly(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            part = self.host.recv(min(size - len(data), 1 << 20))
            if not part:
                os._exit(0)
            data += part
        return bytes(data)

    def _tell(self, kind: bytes, number: float, payload: bytes) -> None:
        self.outbox += MESSAGE.pack(kind, number, len(payload)) + payload

    def flush(self) -> None:
        """Send the host what there is for it."""
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
        self.at_cell = b""
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

    def converse(self, wanted: bytes, cpu_seconds: float, requests: Sequence[bytes] = ()) -> Iterator[tuple[bytes, float, bytes]]:
        """Send requests, and give each reply of the wanted kind as it comes: (what came of it, CPU-seconds, payload).

        Ends with the last reply (one when there is no request), or with the first that does not come.
        """
        numbered = enumerate(requests, self.asked + 1)
        unsent = memoryview(b"".join(child.REQUEST.pack(number, len(request)) + request for number, request in numbered))
        poll = select.poll()
        poll.register(self.host, 0)  # a hang-up is always reported
        poll.register(self.replies, select.POLLIN)
        cpu_began = self.cpu()
        if requests:
            unsent = self.write(unsent)
            self.supervisor.prepare()  # while this one is at work
        if unsent:
            poll.register(self.requests, select.POLLOUT)
        for outstanding in range(len(requests) or 1, 0, -1):
            self.asked += bool(requests)
            began = time.monotonic()
            while (reply := self._reply(wanted)) is None:
                cpu_left = cpu_seconds - (self.cpu() - cpu_began)
                wall_left = cpu_seconds * WALL_PER_CPU - (time.monotonic() - began)
                if cpu_left <= 0 or wall_left <= 0:
                    reply = b"t", b""
                    break
                if outstanding > 1:
                    time.sleep(GATHER_SECONDS)
                ready = dict(poll.poll(KEEP_MS)) if self.supervisor.outbox else {}
                if not ready:
                    self.supervisor.flush()
                    ready = dict(poll.poll(1 + 1000 * min(wall_left, max(0.005, cpu_left / 2))))
                if self.host in ready:
                    os._exit(0)
                if self.requests in ready:
                    unsent = self.write(unsent)
                    if not unsent:
                        poll.unregister(self.requests)
                if ready.get(self.replies, 0) & select.POLLIN:
                    self.received += os.read(self.replies, 1 << 20)
                elif self.replies in ready:
                    reply = b"d", b""
                    break
            cpu_now = self.cpu()
            yield reply[0], cpu_now - cpu_began, reply[1]
            if reply[0] != b"a":
                return
            cpu_began = cpu_now

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
            if kind == child.AT_CELL and wanted == child.LOADED and size == 0:
                self.at_cell = LENGTH.pack(number)
                del self.received[: child.REPLY.size]
                continue
            keep = kind == child.COMPILED and wanted == child.LOADED and not self.supervisor.compiled
            if not (keep or (kind == wanted and number == self.asked)) or size > MOST:
                return b"f", b""
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
