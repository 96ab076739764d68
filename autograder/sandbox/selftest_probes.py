"""Attempts to get out of the sandbox, made from inside it when the grader starts. Each returns whether it was stopped, and how.

Sent to the sandbox as text, as a hidden suite's probes are.
"""

import ctypes
import os
import signal
import socket
import subprocess
import threading
import time


def _attempt(act):
    try:
        got = act()
    except BaseException as error:
        return {"stopped": True, "detail": type(error).__name__}
    return {"stopped": False, "detail": str(got)[:200]}


def read_outside(m, paths):
    def act():
        seen = []
        for path in paths:
            try:
                seen.append(str(os.listdir(path))[:80] if os.path.isdir(path) else open(path, "rb").read(80))
            except OSError:
                pass
        if not seen:
            raise FileNotFoundError
        return seen

    return _attempt(act)


def read_other_processes(m):
    def act():
        processes = [name for name in os.listdir("/proc") if name != "cpuinfo"]
        if not processes:
            raise FileNotFoundError
        return processes

    return _attempt(act)


def read_environment(m, allowed):
    def act():
        extra = sorted(set(os.environ) - set(allowed))
        if not extra:
            raise KeyError
        return extra

    return _attempt(act)


def use_inherited_descriptors(m):
    def act():
        found = []
        for descriptor in range(256):
            try:
                os.fstat(descriptor)
                found.append(descriptor)
            except OSError:
                pass
        if len(found) <= 5:  # three that lead nowhere, and the two pipes to the supervisor
            raise OSError
        return found

    return _attempt(act)


def connect(m):
    def act():
        for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, socket.AF_NETLINK):
            try:
                return socket.socket(family, socket.SOCK_DGRAM)
            except OSError:
                pass
        raise PermissionError

    return _attempt(act)


def fork(m):
    def act():
        child = os.fork()
        if child == 0:
            os._exit(0)
        return child

    return _attempt(act)


def execute(m):
    return _attempt(lambda: os.execv("/usr/bin/true", ["true"]) or subprocess.run(["/usr/bin/true"]))


def write_outside(m, paths):
    def act():
        written = []
        for path in paths:
            try:
                with open(path, "wb") as file:
                    file.write(b"x")
                written.append(path)
            except OSError:
                pass
        if not written:
            raise PermissionError
        return written

    return _attempt(act)


def make_system_call(m, name, number, arguments):
    def act():
        libc = ctypes.CDLL(None, use_errno=True)
        result = libc.syscall(*(ctypes.c_long(a) for a in (number, *arguments)))
        if result == -1 and ctypes.get_errno() in (1, 38):  # EPERM, ENOSYS
            raise PermissionError
        return f"{name} answered {result}, errno {ctypes.get_errno()}"

    return _attempt(act)


def gain_rights(m):
    """A file of one's own that nobody may read can be read by who has a capability."""

    def act():
        os.close(os.open("/tmp/closed", os.O_CREAT, 0))
        try:
            return open("/tmp/closed")
        finally:
            os.unlink("/tmp/closed")

    return _attempt(act)


def signal_others(m):
    def act():
        sent = []
        for process in (1, 0, -1):
            try:
                os.kill(process, signal.SIGCONT)
                sent.append(process)
            except OSError:
                pass
        if not sent:
            raise PermissionError
        return sent

    return _attempt(act)


def start_many_threads(m, most):
    def act():
        hold = threading.Event()
        started = []
        try:
            while len(started) <= most:
                thread = threading.Thread(target=hold.wait, daemon=True)
                thread.start()
                started.append(thread)
        finally:
            hold.set()
            for thread in started:
                thread.join()
        return len(started)

    return _attempt(act)


def take_memory(m, size):
    return _attempt(lambda: len(bytearray(size)))


def leave_a_mark(m):
    with open("/tmp/mark", "w") as file:
        file.write("x")
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    return {"stopped": True, "detail": "see the next"}


def outlive(m):
    def act():
        if os.listdir("/tmp"):
            return os.listdir("/tmp")
        if threading.active_count() > 1:
            return "a thread"
        raise FileNotFoundError

    return _attempt(act)
