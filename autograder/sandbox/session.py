"""One submission in a sandbox, seen from outside: ask, and believe nothing of what comes."""

from __future__ import annotations

import marshal
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from types import TracebackType
from typing import Any, Literal, Self

from . import bubblewrap
from .bubblewrap import SandboxUnavailable
from .sleep import Sleep
from .worker import codec
from .worker.protocol import BEGIN, LENGTH, MESSAGE, WALL_PER_CPU

SLACK_SECONDS = 5
_LEFT_OUT = "left out"  # a kind of cell
_MOST_OWN_EXCLUDED = 10  # one more, and all of a student's own cells are left out
_EXCEPTIONS = codec.BUILTIN_EXCEPTIONS

Connect = Callable[[], tuple[socket.socket, Callable[[], None]]]
"""Gives a stream to a new supervisor, and what to do when it is done with."""

Kind = Literal["answer", "raised", "timed out", "died", "too large", "unanswerable"]
_LOSSES: dict[bytes, Kind] = {b"t": "timed out", b"d": "died", b"f": "too large"}


class NestingRefused(SandboxUnavailable):
    """The kernel refuses new namespaces, or mounts in them, inside of bubblewrap's."""


class SandboxLost(Exception):
    """The zygote or a supervisor is gone, through the machine's fault or a submission's; try once more in a new sandbox."""


def ended_by_itself(lost: SandboxLost) -> SandboxUnavailable:
    """What to say when it was not a submission's fault, and not the first time."""
    return SandboxUnavailable(f"sandboxes end by themselves on this machine ({lost}): free some memory, and see `autograder doctor`")


@dataclass(frozen=True)
class Limits:
    """What a submission may use.

    Seconds are of CPU time. An exercise has its own to load the submission and to answer; what it takes beyond that, and what it
    sleeps, comes out of those that the submission has to spare, for all of its exercises together. On the wall it is ten times that.
    """

    load_seconds: float = 0.2  # of each exercise
    answer_seconds: float = 0.3  # of each exercise that has no other share
    spare_seconds: float = 2.0  # of the submission
    sleep_seconds: float = 1.0  # that an exercise may sleep while there are seconds to spare, and load_seconds when there are none
    answer_bytes: int = 16 << 20  # of each exercise
    left_out: int = 10_000  # cells that may be left out because they do not load; one more, and nothing is asked
    cpu_seconds: int = 30  # of one process, as a backstop
    memory: int = 2 << 30  # bytes of address space beyond what the interpreter and its packages occupy
    file_size: int = 16 << 20  # bytes
    open_files: int = 64
    processes: int = 16  # threads, those of the supervisor, of the child and of the next child among them


@dataclass(frozen=True)
class Reply:
    """What came of a probe.

    kind: "answer": `value` is what the probe returned. "raised": it let an exception out, `value` is a `codec.Raised`.
    "unanswerable": what it returned is not data, `value` says why. Otherwise there is no value: it "timed out", its
    process "died", or it said something "too large" or malformed.
    cpu: CPU-seconds that it took. said: the bytes that came, of which it was read, if any came.
    """

    kind: Kind
    value: Any = None
    cpu: float = 0.0
    said: bytes = b""


class _Unread(Reply):
    """What a child said, read once somebody looks: the most of it was said by others before, and judged, byte for byte."""

    def __init__(self, said: bytes, cpu: float) -> None:
        vars(self).update(said=said, cpu=cpu)

    @cached_property
    def _read(self) -> tuple[Kind, Any]:
        return _read_answer(self.said)

    @property
    def kind(self) -> Kind:
        return self._read[0]

    @property
    def value(self) -> Any:
        return self._read[1]


@dataclass(frozen=True)
class _Asked:
    """Questions that were put, as they were sent, and how many there are."""

    requests: bytes
    count: int


class Closing:
    """What is closed at the end of a `with`."""

    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()


class Session(Closing):
    """One submission. `begin` an exercise, then `ask`. Raises `SandboxLost` when the other end is gone."""

    def __init__(
        self, connect: Connect, limits: Limits, cells: Sequence[tuple[str, str, str]], probes: str, shares: Mapping[str, float]
    ) -> None:
        self.limits = limits
        self._to_supervisor = connect
        self.load: list[tuple[int, int, str]] = []
        """What the submission's cells did while they were loaded last: (cell, line, builtin exception).

        The numbers are the submission's word. A cell that ended the process or its time is left out from then on, and
        stands here with line 0 and "died", "timed out" or "too large"; that is the sandbox's own observation.
        """
        self.losses: set[Kind] = set()
        """How exercises, and cells that were being loaded, were lost."""
        self._cells = [list(cell) for cell in cells]
        self._own = {index for index, (_, kind, _) in enumerate(cells) if kind == "own"}
        self._excluded: list[tuple[int, int, str]] = []
        self._hopeless: Reply | None = None
        self._shares = shares
        self._left: dict[str, float] = {}  # of its own seconds to answer, by exercise
        self._spare = self.limits.spare_seconds
        self._exercise, self._another = "", False
        self._over: set[str] = set()  # exercises whose time is up
        self._ahead: _Asked | None = None
        self._taken: list[Reply] = []
        self._probes = _compiled(probes)
        self._connect()

    def _connect(self) -> None:
        self._socket, self._done = self._to_supervisor()
        self._received, self._unsent = bytearray(), bytearray()
        self._sleep = Sleep(self._socket)
        self._send(b"Q", self._probes)
        self._send_submission()

    def begin(self, exercise: str, another: bool = False) -> None:
        """The next probe is answered by a fresh process with an empty /tmp. another: whether one more exercise will follow."""
        self._finish_ahead()
        self._exercise, self._another = exercise, another
        self._room = self.limits.answer_bytes
        self._send_allowance()

    def _send_allowance(self) -> None:
        """What the exercise may use, for a process to come. It goes with what is asked: one message wakes the supervisor once."""
        answer = self._left.setdefault(self._exercise, self._shares.get(self._exercise, self.limits.answer_seconds))
        allowance = BEGIN.pack(self.limits.load_seconds, answer, self._spare, self._room, self._another)
        self._unsent += MESSAGE.pack(b"E", 0.0, len(allowance)) + allowance
        self._longest = (self.limits.load_seconds + answer + self._spare) * WALL_PER_CPU + SLACK_SECONDS
        self._load_left = self.limits.load_seconds

    def ask(self, probe: str, arguments: bytes) -> Reply:
        """Run a probe on the submission. arguments: the frame of a list."""
        return self.ask_all([(probe, arguments)])[0]

    def ask_all(self, questions: Sequence[tuple[str, bytes]]) -> list[Reply]:
        """Run probes one after another, in less time than one by one: up to the first that has no answer, and that one's reply.

        questions: (probe, arguments) as for `ask`.
        """
        self._finish_ahead()
        return self._replies(self._put(questions))

    def ask_ahead(self, exercise: str, questions: Sequence[tuple[str, bytes]], another: bool = False) -> None:
        """`begin` an exercise and ask its questions as `ask_all` does, without waiting; `take` gives the replies."""
        self.begin(exercise, another)
        self._ahead = self._put(questions)

    def take(self) -> list[Reply]:
        """The replies to what was asked ahead last."""
        self._finish_ahead()
        taken, self._taken = self._taken, []
        return taken

    def _finish_ahead(self) -> None:
        if self._ahead is not None:
            asked, self._ahead = self._ahead, None
            self._taken = self._replies(asked)

    def _put(self, questions: Sequence[tuple[str, bytes]]) -> _Asked:
        requests = b"".join(LENGTH.pack(len(request)) + request for request in map(_request, questions))
        asked = _Asked(requests, len(questions))
        if questions and self._hopeless is None and self._exercise not in self._over:
            self._send(b"P", asked.requests)
        return asked

    def _replies(self, asked: _Asked) -> list[Reply]:
        if self._hopeless is not None:
            return [self._hopeless][: asked.count]
        if self._exercise in self._over:
            return [Reply("timed out")][: asked.count]
        replies: list[Reply] = []
        while len(replies) < asked.count:
            kind, number, payload = self._receive(self._longest)
            if kind == b"z":
                if self._sleep.seconds(number) > self._may_sleep():
                    self._send(b"X")
            elif kind == b"l":
                self._charge(number, loading=True)
                self.load = self._excluded + _read_report(payload, len(self._cells))
            elif kind == b"a":
                self._charge(number)
                self._room -= len(payload)
                replies.append(_Unread(payload, number))
            elif kind in _LOSSES:
                self._charge(number)
                self.losses.add(_LOSSES[kind])
                if _LOSSES[kind] == "timed out":
                    self._over.add(self._exercise)
                self._forget_sleep()
                return [*replies, Reply(_LOSSES[kind], cpu=number)]
            elif kind.lower() in _LOSSES:
                self._charge(number, loading=True)
                self._forget_sleep()
                if not self._exclude(_LOSSES[kind.lower()], payload):
                    self._hopeless = Reply(_LOSSES[kind.lower()], cpu=number)
                    return [self._hopeless]
                self._send(b"P", asked.requests)
            elif kind == b"r":
                self.close()
                self._connect()
                self._send_allowance()
                self._send(b"P", asked.requests)
            else:
                why = payload.decode("utf-8", "replace")[:300]
                if kind == b"n":
                    raise NestingRefused(f"the kernel refuses namespaces inside of a sandbox: {why}")
                if kind == b"s":
                    raise SandboxLost(f"a submission's supervisor failed: {why}")
                if kind == b"q":
                    raise SandboxUnavailable(f"the probes do not load in the sandbox, which has the notebook's packages alone: {why}")
                raise SandboxUnavailable(bubblewrap.explain_lock(why))
        self._forget_sleep()
        return replies

    @property
    def spare(self) -> float:
        """CPU-seconds that are left of those to spare."""
        return self._spare

    def _charge(self, seconds: float, loading: bool = False) -> None:
        """CPU-seconds, to the exercise first and then to what the submission has to spare."""
        left = self._load_left if loading else self._left[self._exercise]
        own = min(seconds, left)
        if loading:
            self._load_left -= own
        else:
            self._left[self._exercise] -= own
        self._spare = max(0.0, self._spare - (seconds - own))

    def _may_sleep(self) -> float:
        return min(self.limits.sleep_seconds, self.limits.load_seconds + self._spare)

    def _forget_sleep(self) -> None:
        """An exercise, or the loading of one, is over."""
        self._spare = max(0.0, self._spare - self._sleep.end())

    def _exclude(self, why: Kind, payload: bytes) -> bool:
        """Leave out the cell that was being loaded; False when there is none."""
        self.losses.add(why)
        index = LENGTH.unpack(payload)[0] if len(payload) == LENGTH.size else len(self._cells)
        if index >= len(self._cells) or self._cells[index][1] == _LEFT_OUT or len(self._excluded) >= self.limits.left_out:
            return False
        before = {place for place, _, _ in self._excluded}
        many = index in self._own and len(before & self._own) == _MOST_OWN_EXCLUDED
        for place in sorted(self._own - before) if many else [index]:
            self._cells[place] = [self._cells[place][0], _LEFT_OUT, ""]
            self._excluded.append((place, 0, why))
        self.load = [*self._excluded]
        self._send_submission()
        self._send_allowance()
        return True

    def _send_submission(self) -> None:
        self._send(b"S", codec.encode(self._cells))

    def _send(self, kind: bytes, payload: bytes = b"") -> None:
        try:
            self._socket.settimeout(SLACK_SECONDS)
            self._socket.sendall(bytes(self._unsent) + MESSAGE.pack(kind, 0.0, len(payload)) + payload)
            self._unsent.clear()
        except OSError as error:
            raise SandboxLost("a submission's supervisor does not listen") from error

    def _receive(self, seconds: float) -> tuple[bytes, float, bytes]:
        self._socket.settimeout(seconds)
        try:
            kind, number, size = MESSAGE.unpack(self._read_exactly(MESSAGE.size))
            if size > (self._room if kind == b"a" else codec.MAX_FRAME):
                raise SandboxLost("a submission's supervisor says more than it may")
            return kind, number, self._read_exactly(size)
        except OSError as error:
            raise SandboxLost("a submission's supervisor does not answer") from error

    def _read_exactly(self, size: int) -> bytes:
        while len(self._received) < size:
            part = self._sleep.receive(1 << 20)
            if not part:
                raise SandboxLost("a submission's supervisor is gone")
            self._received += part
        data = bytes(self._received[:size])
        del self._received[:size]
        return data

    def close(self) -> None:
        """End the submission's processes."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._done()


@cache
def _compiled(probes: str) -> bytes:
    """The probes' module as code: the same interpreter runs here and in the sandbox."""
    return marshal.dumps(compile(probes, "<probes>", "exec", dont_inherit=True))


def _request(question: tuple[str, bytes]) -> bytes:
    probe, arguments = question[0].encode(), question[1]
    return len(probe).to_bytes(2, "little") + probe + arguments


def _read_answer(payload: bytes) -> tuple[Kind, Any]:
    """What a child said, if it is one of the three things that it may say."""
    try:
        said = codec.decode(payload)
    except codec.BadFrame:
        return "too large", None
    if type(said) is list and len(said) == 2 and type(said[0]) is str:
        kind, value = said
        if kind == "answer":
            return "answer", value
        if kind == "raised" and type(value) is codec.Raised:
            return "raised", value
        if kind == "unanswerable" and type(value) is str:
            return "unanswerable", value
    return "too large", None


def _read_report(payload: bytes, cells: int) -> list[tuple[int, int, str]]:
    """The load report, as far as it makes sense."""
    try:
        said = codec.decode(payload)
    except codec.BadFrame:
        return []
    report = []
    for entry in said[:100] if type(said) is list else []:
        if type(entry) in (list, tuple) and [*map(type, entry)] == [int, int, str]:
            cell, line, name = entry
            if 0 <= cell < cells and line > 0 and name in _EXCEPTIONS:
                report.append((cell, line, name))
    return report
