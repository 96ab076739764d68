"""Starts once for many submissions: imports what they may need, then forks for each and hands it the host's socket.

It never reads a byte of a submission. Its one argument is the host's settings, as JSON. Every control message holds the address
space that a submission may have, in 8 bytes, and brings one descriptor: the stream on which the supervisor speaks with the host.

Where the kernel refuses namespaces inside of bubblewrap's, a zygote serves one submission: it turns into the supervisor itself.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import shutil
import signal
import socket
import sys
from typing import Any

from . import lock, seccomp, supervisor, warmup
from .protocol import FRESH, MESSAGE, NESTED


def main() -> None:
    settings = json.loads(sys.argv[1])
    control = socket.socket(fileno=settings["control"])
    if settings["become"] is not None:
        _become(settings["become"])
    sys.path[:0] = settings["path"]
    environment = dict(os.environ)
    for module in settings["preload"]:
        __import__(module)
    warmup.warm_up()
    for name in os.environ.keys() - environment.keys():  # torch sets some
        del os.environ[name]
    code = None
    if settings["tier"]:
        code = seccomp.program()
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}:
            signal.signal(number, signal.SIG_IGN)  # here and in every supervisor
        for left in os.scandir("/tmp"):  # by what was imported
            shutil.rmtree(left) if left.is_dir(follow_symlinks=False) else os.unlink(left)
    if settings["tier"] and 0 <= resource.getrlimit(resource.RLIMIT_NPROC)[1] < settings["limits"]["processes"]:
        raise RuntimeError("can't start new threads or processes")  # it could not fork, and nobody would hear why
    gc.collect()
    gc.freeze()
    if settings["tier"] != FRESH:
        warmup.use_huge_pages()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a supervisor
    control.send(b"ready")
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 16, 1)
        if not message:
            return
        if settings["tier"] == FRESH or os.fork() == 0:
            control.close()
            settings["limits"]["memory"] = int.from_bytes(message, "little")
            _become_supervisor(socket.socket(fileno=descriptors[0]), settings, code)
        os.close(descriptors[0])


def _become(user: int) -> None:
    """From root to a user without rights."""
    try:
        lock.empty_bounding_set()
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    except OSError as error:
        raise RuntimeError(f"cannot become user {user}: {error}") from error
    lock.dumpable(True)  # changing the user took /proc/self away, which the forks need to map themselves


def _become_supervisor(host: socket.socket, settings: dict[str, Any], code: bytes | None) -> None:
    """Pid 1 of the namespaces in which the host is served, of new ones if need be. Does not return."""
    trouble = b"s" if code is None else b"x"
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        if code is None:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            supervisor.Supervisor(host, None, None).serve()
        if settings["tier"] == NESTED:
            trouble = b"n"
            _enter_new_namespaces(host)
            trouble = b"x"
        _lock_for_good(settings["limits"])
        trouble = b"s"
        supervisor.Supervisor(host, code, settings["tier"]).serve()
    except BaseException as error:
        host.sendall(MESSAGE.pack(trouble, 0.0, len(str(error).encode())) + str(error).encode())
        while host.recv(1 << 16):  # what the host is saying meanwhile: it reads this when it has said that
            pass
    finally:
        os._exit(1)


def _enter_new_namespaces(host: socket.socket) -> None:
    """Returns in pid 1 of the new namespaces, whose /proc shows nothing."""
    uid, gid = os.getuid(), os.getgid()
    lock.unshare(lock.NEW_NAMESPACES)
    lock.map_own_identity(uid, gid)
    if os.fork() != 0:  # the pid namespace takes effect in the next process
        host.close()
        os.wait()
        os._exit(0)
    lock.keep_mounts_private()
    lock.mount_empty("/proc", "size=4k,nr_inodes=2", read_only=True)


def _lock_for_good(limits: dict[str, int]) -> None:
    """What pid 1 can do without too, and its children inherit; the rest is taken away in `child.py`."""
    lock.empty_bounding_set()
    lock.limit(**limits)
    lock.no_new_privileges()
    lock.dumpable(False)
