"""The system calls that a submission may not make, as a list of names, and the filter made of it.

The filter is classic BPF, the language of `seccomp(2)`: it looks at the architecture, the call's number and the low halves
of its first arguments, and answers with EPERM, ENOSYS (for calls that a C library may try and do without), or leave. A call by
the conventions of another architecture, such as i386's or x32's on x86-64, ends the process: its numbers mean something else.
Numbers: x86-64 from the kernel's `arch/x86/entry/syscalls/syscall_64.tbl`, arm64 from `include/uapi/asm-generic/unistd.h`.
The tests compare both columns with the kernel's headers. The arm64 filter has been run by an interpreter only, never on hardware.
"""

from __future__ import annotations

import platform
import struct

# name: (x86-64, arm64); None where the architecture has no such call.
DENIED: dict[str, tuple[int | None, int | None]] = {
    # new programs and processes
    "execve": (59, 221),
    "execveat": (322, 281),
    "fork": (57, None),
    "vfork": (58, None),
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "kcmp": (312, 272),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "pidfd_getfd": (438, 438),
    # namespaces, mounts and roots
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    "mknod": (133, None),
    "mknodat": (259, 33),
    # sockets, and anything else that reaches another process
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    # the kernel's own machinery
    "sync": (162, 81),
    "syncfs": (306, 267),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_setup": (206, 0),
    "io_submit": (209, 2),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "personality": (135, 92),
    "fanotify_init": (300, 262),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "syslog": (103, 116),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "modify_ldt": (154, None),
    "iopl": (172, None),
    "ioperm": (173, None),
    "lookup_dcookie": (212, 18),
    "landlock_create_ruleset": (444, 444),
    "move_pages": (279, 239),
    "migrate_pages": (256, 238),
    "mbind": (237, 235),
}

# Calls that are judged by an argument.
CLONE = (56, 220)
CLONE3 = (435, 435)
IOCTL = (16, 29)
PRLIMIT64 = (302, 261)
LAST_KNOWN = 450  # calls newer than this page are answered with ENOSYS

CLONE_THREAD = 0x0001_0000
CLONE_NEW_ANYTHING = 0x7E02_0080  # every namespace flag of clone(2)
FORBIDDEN_IOCTLS = {"TIOCSTI": 0x5412, "TIOCLINUX": 0x541C, "TIOCCONS": 0x541D, "TIOCSETD": 0x5423}

_ARCHITECTURES = {"x86_64": (0, 0xC000_003E), "aarch64": (1, 0xC000_00B7)}

_LOAD, _JUMP, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x05, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE = 0, 4
_ALLOW, _KILL, _EPERM, _ENOSYS = 0x7FFF_0000, 0x8000_0000, 0x0005_0001, 0x0005_0026


def _argument(index: int) -> int:
    """Offset of the low half of an argument in `struct seccomp_data`, on a little-endian machine."""
    return 16 + 8 * index


def supported(machine: str | None = None) -> bool:
    """Whether there is a table for this architecture."""
    return (machine or platform.machine()) in _ARCHITECTURES and struct.calcsize("P") == 8


def number(name: str, machine: str | None = None) -> int | None:
    """The number of a denied call."""
    column, _ = _ARCHITECTURES[machine or platform.machine()]
    return DENIED[name][column]


def program(machine: str | None = None) -> bytes:
    """The filter, as an array of `struct sock_filter`."""
    column, architecture = _ARCHITECTURES[machine or platform.machine()]
    code: list[bytes] = []

    def put(operation: int, operand: int, if_true: int = 0, if_false: int = 0) -> None:
        code.append(struct.pack("<HBBI", operation, if_true, if_false, operand))

    def when(value: int, verdict: int) -> None:
        put(_EQUAL, value, 0, 1)
        put(_RETURN, verdict)

    put(_LOAD, _ARCHITECTURE)
    put(_EQUAL, architecture, 1, 0)
    put(_RETURN, _KILL)
    put(_LOAD, _NUMBER)
    put(_AT_LEAST, 0x4000_0000, 0, 1)  # the x32 calls of x86-64
    put(_RETURN, _KILL)
    put(_AT_LEAST, LAST_KNOWN + 1, 0, 1)
    put(_RETURN, _ENOSYS)
    denied = [call for numbers in DENIED.values() if (call := numbers[column]) is not None]
    for place, call in enumerate(denied):
        put(_EQUAL, call, len(denied) - place, 0)  # to the EPERM behind the list
    put(_JUMP, 1)
    put(_RETURN, _EPERM)
    when(CLONE3[column], _ENOSYS)  # its flags lie in memory; the C library falls back to clone

    # clone: threads only, and no namespace with them
    put(_EQUAL, CLONE[column], 0, 5)
    put(_LOAD, _argument(0))
    put(_ANY_BIT, CLONE_NEW_ANYTHING, 2, 0)
    put(_ANY_BIT, CLONE_THREAD, 0, 1)
    put(_RETURN, _ALLOW)
    put(_RETURN, _EPERM)
    # prlimit64: one's own limits only
    put(_EQUAL, PRLIMIT64[column], 0, 4)
    put(_LOAD, _argument(0))
    put(_EQUAL, 0, 0, 1)
    put(_RETURN, _ALLOW)
    put(_RETURN, _EPERM)
    # ioctl: nothing that types into a terminal
    put(_EQUAL, IOCTL[column], 0, 1 + 2 * len(FORBIDDEN_IOCTLS))
    put(_LOAD, _argument(1))
    for request in FORBIDDEN_IOCTLS.values():
        when(request, _EPERM)
    put(_RETURN, _ALLOW)
    return b"".join(code)
