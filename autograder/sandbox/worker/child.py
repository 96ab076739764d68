"""The process of one exercise: it locks itself in, loads the submission, and answers probes until it is killed.

Nothing that this process says is trusted; it can only say what its answers are.
"""

from __future__ import annotations
import __future__

import ast
import linecache
import marshal
import os
import struct
import sys
import types
from dataclasses import dataclass
from types import CodeType
from typing import Any

from . import codec, lock, seccomp, warmup

REQUEST = struct.Struct("<II")  # number, size
REPLY = struct.Struct("<cII")  # kind, number of the request, size

LOAD = b"g"
LOCKED, UNLOCKED, AT_CELL, COMPILED, LOADED, ANSWER = b"k", b"x", b"c", b"m", b"l", b"a"

MODEL = "model"  # a cell of ours, in the place of a student's: of it there is no text to be read
_FUTURES = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_OWN_STATEMENTS = (ast.Import, ast.ImportFrom, *_DEFINITIONS, ast.Assign, ast.AnnAssign, ast.AugAssign)


Part = tuple[int, CodeType | str]
"""The first line of some statements and their code, or the builtin exception that compiling them raised."""
Cell = tuple[str, str, list[Part]]
"""Kind, source, parts."""


@dataclass(frozen=True)
class Work:
    """What a child is started with. Only the child reads what comes from the student.

    submission: the frame of its cells. compiled: what an earlier child made of it, before it ran any of it, or nothing.
    probes: what the probes' module defines. own_tmp: whether to mount a /tmp, or there is a fresh one already.
    """

    submission: bytes
    compiled: bytes
    probes: dict[str, Any]
    requests: int
    replies: int
    seccomp: bytes | None
    own_tmp: bool


def run(work: Work) -> None:
    """The whole life of the child; returns when there are no more requests."""
    try:
        _settle(work)
    except BaseException as error:
        _send(work.replies, UNLOCKED, 0, repr(error).encode())
        raise
    _send(work.replies, LOCKED, 0, b"")
    if _receive(work.requests, len(LOAD)) != LOAD:
        return
    cells = marshal.loads(work.compiled) if work.compiled else _compile(codec.decode(work.submission), work.replies)
    module, problems = _load(cells, work.replies)
    _send(work.replies, LOADED, 0, codec.encode(problems))
    while head := _receive(work.requests, REQUEST.size):
        number, size = REQUEST.unpack(head)
        _send(work.replies, ANSWER, number, _answer(module, work.probes, _receive(work.requests, size)))


def _settle(work: Work) -> None:
    """Descriptors, environment and rights of a process that can do nothing but compute and answer."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    keep = sorted((work.requests, work.replies))
    os.closerange(3, keep[0])
    os.closerange(keep[0] + 1, keep[1])
    os.closerange(keep[1] + 1, 4096)
    if work.seccomp is None:  # no isolation was asked for
        return
    os.setsid()
    if work.own_tmp:
        lock.unshare(lock.CLONE_NEWNS)
        lock.mount_empty("/tmp", "size=64m,nr_inodes=4096,mode=0777")
    os.chdir("/tmp")
    if lock.landlock() > 0:
        lock.write_in_tmp_alone()
    lock.drop_capabilities()
    lock.install_filter(seccomp.of_process(work.seccomp, os.getpid()))


def _compile(cells: list[tuple[str, str, str]], replies: int) -> list[Cell]:
    """The cells as code; told to the supervisor too, which keeps it for the next child."""
    compiled: list[Cell] = []
    flags = 0
    for index, (_, kind, source) in enumerate(cells):
        _send(replies, AT_CELL, index, b"")
        try:
            if _runs_whole(kind, source):
                codes = [(1, compile(source, codec.CELL_FILE.format(index), "exec", flags, dont_inherit=True))]
            else:
                codes = _statements(source, index, flags, own=kind == "own")
            for _, code in codes:
                flags |= code.co_flags & _FUTURES
            parts: list[Part] = [*codes]
        except BaseException as error:
            parts = [(getattr(error, "lineno", None) or 1, codec.builtin_names(type(error))[0])]
        compiled.append((kind, "" if kind == MODEL else source, parts))
    _send(replies, COMPILED, 0, marshal.dumps(compiled))
    return compiled


def _runs_whole(kind: str, source: str) -> bool:
    """Whether a cell may run in one piece: every statement of it runs, and lines tell them apart; a model answer keeps no text for that."""
    return kind not in ("own", MODEL) and ";" not in source


def _statements(source: str, index: int, flags: int, own: bool = False, after: int = 0) -> list[tuple[int, CodeType]]:
    """The statements of a cell that begin after a line, each by itself; of an own cell those that define something."""
    name = codec.CELL_FILE.format(index)
    parts: list[tuple[int, CodeType]] = []
    for statement in compile(source, name, "exec", flags | ast.PyCF_ONLY_AST, dont_inherit=True).body:
        first = min([statement.lineno, *(decorator.lineno for decorator in getattr(statement, "decorator_list", ()))])
        if first > after and not (own and not isinstance(statement, _OWN_STATEMENTS)):
            code = compile(ast.Module([statement], []), name, "exec", flags, dont_inherit=True)
            flags |= code.co_flags & _FUTURES
            parts.append((first, code))
    return parts


def _load(cells: list[Cell], replies: int) -> tuple[types.ModuleType, list[tuple[int, int, str]]]:
    """The submission as the module `__main__`, and what raised while it loaded: (cell, line, builtin exception).

    A cell runs as a whole for as long as nothing raises, and from there on statement by statement.
    """
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    problems: list[tuple[int, int, str]] = []
    for index, (kind, source, parts) in enumerate(cells):
        _send(replies, AT_CELL, index, b"")
        name = codec.CELL_FILE.format(index)
        if kind != MODEL:
            linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        waiting, whole = [*parts], _runs_whole(kind, source)
        while waiting:
            line, code = waiting.pop(0)
            if isinstance(code, str):
                problems.append((index, line, code))
                continue
            try:
                exec(code, module.__dict__)
            except BaseException as error:
                cell, inner = codec.innermost_place(error.__traceback__)
                problems.append((index, inner if cell == index and inner else line, codec.builtin_names(type(error))[0]))
                if whole:
                    whole = False
                    waiting = [*_statements(source, index, code.co_flags & _FUTURES, after=_line_reached(error, code))]
    return module, problems


def _line_reached(error: BaseException, code: CodeType) -> int:
    """The line of a module's code at which it was left."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_frame.f_code is not code:
        traceback = traceback.tb_next
    return traceback.tb_lineno if traceback is not None else sys.maxsize


def _answer(module: types.ModuleType, probes: dict[str, Any], request: bytes) -> bytes:
    name_end = 2 + int.from_bytes(request[:2], "little")
    try:
        probe, arguments = request[2:name_end].decode(), codec.decode(request[name_end:], tensors=True)
        warmup.reseed()
        said = ["answer", probes[probe](module, *arguments)]
    except BaseException as error:
        said = ["raised", error]
    try:
        return codec.encode(said)
    except codec.Unencodable as error:
        return codec.encode(["unanswerable", str(error)])
    except BaseException as error:
        return codec.encode(["unanswerable", f"the answer could not be read ({codec.builtin_names(type(error))[0]})"])


def _send(descriptor: int, kind: bytes, number: int, payload: bytes) -> None:
    data = memoryview(REPLY.pack(kind, number, len(payload)) + payload)
    while data:
        data = data[os.write(descriptor, data) :]


def _receive(descriptor: int, size: int) -> bytes:
    parts = []
    while size:
        part = os.read(descriptor, min(size, 1 << 20))
        if not part:
            return b""
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
