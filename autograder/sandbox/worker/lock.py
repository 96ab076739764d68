"""The system calls that take rights away from a process, through ctypes: namespaces, mounts, capabilities, limits, seccomp.

Every function raises OSError when the kernel refuses, so that nothing runs half locked.
"""

from __future__ import annotations

import ctypes
import os
import resource
import struct

_libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS = 0x0002_0000
NEW_NAMESPACES = 0x7C00_0000 | CLONE_NEWNS  # uts, ipc, user, pid, net; and of mounts

_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REC, _MS_PRIVATE = 1, 2, 4, 8, 1 << 14, 1 << 18
_PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_CAPBSET_READ, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 4, 22, 23, 24, 38, 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_SECCOMP_MODE_FILTER = 2
_CAPABILITY_VERSION_3 = 0x2008_0522
_LANDLOCK_CREATE = 444  # the same on x86-64 and arm64; then come add_rule and restrict_self


class _FilterProgram(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


def _check(status: int, what: str) -> None:
    if status != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _prctl(what: str, *arguments: int) -> None:
    padded = [*arguments, 0, 0, 0, 0][:5]
    _check(_libc.prctl(*(ctypes.c_ulong(a) for a in padded)), what)


def unshare(flags: int) -> None:
    """New namespaces for this process, or (pid) for its children."""
    _check(_libc.unshare(ctypes.c_int(flags)), "unshare")


def map_own_identity(uid: int, gid: int) -> None:
    """In a new user namespace: this user and group, and no others."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def keep_mounts_private() -> None:
    """Mounts made from here on are seen by nobody else."""
    _check(_libc.mount(None, b"/", None, ctypes.c_ulong(_MS_REC | _MS_PRIVATE), None), "make mounts private")


def mount_empty(path: str, options: str, read_only: bool = False) -> None:
    """An empty file system in memory over a folder."""
    flags = _MS_NOSUID | _MS_NODEV | _MS_NOEXEC | (_MS_RDONLY if read_only else 0)
    _check(_libc.mount(b"tmpfs", path.encode(), b"tmpfs", ctypes.c_ulong(flags), options.encode()), f"mount {path}")


def dumpable(whether: bool) -> None:
    """Whether this process owns its /proc/self, and others of the same user may attach to it and read its memory."""
    _prctl("dumpable", _PR_SET_DUMPABLE, int(whether))


def empty_bounding_set() -> None:
    """No program that this process or its children execute can have a capability."""
    capability = 0
    while (held := _libc.prctl(_PR_CAPBSET_READ, ctypes.c_ulong(capability), 0, 0, 0)) >= 0:
        if held:
            _prctl("drop the bounding set of capabilities", _PR_CAPBSET_DROP, capability)
        capability += 1
    if capability < 32:
        raise OSError(ctypes.get_errno(), "read the bounding set of capabilities")


def drop_capabilities() -> None:
    """Those that this process holds, for good."""
    _prctl("clear ambient capabilities", _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    header = struct.pack("<II", _CAPABILITY_VERSION_3, 0)
    _check(_libc.capset(header, bytes(24)), "drop capabilities")


def limit(memory: int, file_size: int, open_files: int, processes: int, cpu_seconds: int) -> None:
    """Hard limits of this process and its children; `memory` is address space in bytes, what is in use included."""
    for option, kind, most in (
        ("c", resource.RLIMIT_CORE, 0),
        ("f", resource.RLIMIT_FSIZE, file_size),
        ("n", resource.RLIMIT_NOFILE, open_files),
        ("u", resource.RLIMIT_NPROC, processes),
        ("l", resource.RLIMIT_MEMLOCK, 0),
        ("q", resource.RLIMIT_MSGQUEUE, 0),
        ("v", resource.RLIMIT_AS, memory),
        ("t", resource.RLIMIT_CPU, cpu_seconds),
    ):
        try:
            resource.setrlimit(kind, (most, most))
        except ValueError:
            raise PermissionError(f"ulimit -{option} allows less than the {most} that a submission may have") from None


def landlock() -> int:
    """The version of the kernel's Landlock; below 1 where it has none."""
    return int(_libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1))


def write_in_tmp_alone() -> None:
    """By Landlock: what is mounted can be read, and nothing written but in /tmp as it is mounted now, and to /dev/null."""
    handled = 0x1FFF | (0x2000 if landlock() >= 2 else 0) | (0x4000 if landlock() >= 3 else 0)  # every right over files; refer; truncate
    ruleset = _libc.syscall(_LANDLOCK_CREATE, struct.pack("<Q", handled), ctypes.c_size_t(8), 0)
    for path, rights in (("/", 0xC), ("/tmp", handled), ("/dev/null", 0x4006 & handled)):
        place = os.open(path, os.O_PATH)
        _check(_libc.syscall(_LANDLOCK_CREATE + 1, ruleset, 1, struct.pack("<Qi", rights, place), 0), "landlock")
        os.close(place)
    _check(_libc.syscall(_LANDLOCK_CREATE + 2, ruleset, 0), "landlock")
    os.close(ruleset)


def no_new_privileges() -> None:
    """Nothing that is executed from here on can gain rights."""
    _prctl("no new privileges", _PR_SET_NO_NEW_PRIVS, 1)


def install_filter(code: bytes) -> None:
    """A seccomp filter, for good; see `seccomp.py`."""
    program = _FilterProgram(len(code) // 8, code)
    _prctl("seccomp", _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(program))
