"""Starts once for many submissions: imports what they may need, then forks for each and hands it the host's socket.

It never reads a byte of a submission. Its one argument is the host's settings, as JSON. Every control message brings one
descriptor: the stream on which the new submission's supervisor speaks with the host.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import sys
from typing import Any

from . import lock, seccomp, supervisor, warmup
from .protocol import MESSAGE


def main() -> None:
    settings = json.loads(sys.argv[1])
    control = socket.socket(fileno=settings["control"])
    isolated = settings["isolation"] != "none"
    if settings["become"] is not None:
        os.setgroups([])
        os.setresgid(*[settings["become"]] * 3)
        os.setresuid(*[settings["become"]] * 3)
        lock.dumpable()  # changing the user took /proc/self away, which the forks need to map themselves
    sys.path[:0] = settings["path"]
    environment = set(os.environ)
    for module in settings["preload"]:
        __import__(module)
    warmup.warm_up()
    for name in os.environ.keys() - environment:  # torch leaves the name of a folder there
        del os.environ[name]
    code = None
    if isolated:
        code = seccomp.program()
        settings["limits"]["memory"] += lock.address_space()  # here, because the forks have no /proc to ask
        threads = len(os.listdir("/proc/self/task"))
        if threads != 1:
            raise RuntimeError(f"the zygote has {threads} threads, and a fork of it could hang")
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a supervisor
    control.send(b"ready")
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 16, 1)
        if not message:
            return
        if os.fork() == 0:
            control.close()
            _become_supervisor(socket.socket(fileno=descriptors[0]), settings, code)
        os.close(descriptors[0])


def _become_supervisor(host: socket.socket, settings: dict[str, Any], code: bytes | None) -> None:
    """In the fork: new namespaces, and in them pid 1, which serves the host. Does not return."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        if code is None:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            supervisor.Supervisor(host, None, settings["load_seconds"]).serve()
        uid, gid = os.getuid(), os.getgid()
        lock.unshare(lock.NEW_NAMESPACES)
        lock.map_own_identity(uid, gid)
        if os.fork() != 0:  # the pid namespace takes effect in the next process
            host.close()
            os.wait()
            os._exit(0)
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}:
            signal.signal(number, signal.SIG_IGN)
        lock.keep_mounts_private()
        lock.mount_empty("/proc", "size=4k,nr_inodes=2", read_only=True)
        _lock_for_good(settings["limits"])
        supervisor.Supervisor(host, code, settings["load_seconds"]).serve()
    except BaseException as error:
        host.sendall(MESSAGE.pack(b"x", 0.0, len(str(error).encode())) + str(error).encode())
    finally:
        os._exit(1)


def _lock_for_good(limits: dict[str, int]) -> None:
    """What pid 1 can do without too, and its children inherit; the rest is taken away in `child.py`."""
    lock.empty_bounding_set()
    lock.limit(**limits)
    lock.no_new_privileges()
    lock.undumpable()
