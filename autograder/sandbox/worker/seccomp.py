"""The system calls that a submission may make, as a table, and the filter made of it: whatever is not on it is refused.

None of what is allowed names another process, a mount, a key, a lock, a lease, a notification or a trace, and none writes through to a
disk or moves what others have in memory. The filter is classic BPF, the language of `seccomp(2)`: it looks at the architecture, the
call's number and the low half of one argument, and answers with EPERM, or with ENOSYS for what a C library tries and does without: clone3,
whose flags lie in memory, and calls newer than this page. A call by the conventions of another architecture, such as i386's or x32's on
x86-64, gets EPERM as well, for its numbers mean something else. No call ends the process: the answer sees an error, as its author does.

The table was chosen from what imports do under strace, and tried under the filter on x86-64 with glibc: Python 3.11 with NumPy and
torch, and 3.13 with NumPy. The tests keep trying: imports in `test_sandbox.py`, model answers and alternatives in `test_course.py`.
Not seen, and allowed for these reasons: on arm64 the same calls, without those that it has not got; the older names (open, stat, poll,
pipe …) and `tkill` to itself, for musl; faccessat2, openat2, statx, TCGETS2 and guard pages by madvise, for newer C libraries.
Numbers: x86-64 from the kernel's `arch/x86/entry/syscalls/syscall_64.tbl`, arm64 from `include/uapi/asm-generic/unistd.h`.
The tests compare both columns with the kernel's headers. The arm64 filter has been run by an interpreter only, never on hardware.
"""

from __future__ import annotations

import platform
import struct

ALLOWED = {
    "memory of its own": """
        brk 12 214; mmap 9 222; munmap 11 215; mremap 25 216; mprotect 10 226
    """,
    "threads, and its own end": """
        set_robust_list 273 99; rseq 334 293; set_tid_address 218 96; arch_prctl 158 -; gettid 186 178;
        sched_yield 24 124; getcpu 309 168; exit 60 93; exit_group 231 94
    """,
    "time; a timer's signal comes to whoever set it": """
        gettimeofday 96 169; times 100 153; nanosleep 35 101; alarm 37 -; getitimer 36 102; setitimer 38 103;
        restart_syscall 219 128
    """,
    "signals that come to it": """
        rt_sigaction 13 134; rt_sigprocmask 14 135; rt_sigreturn 15 139; rt_sigpending 127 136; rt_sigtimedwait 128 137;
        rt_sigsuspend 130 133; sigaltstack 131 132; pause 34 -
    """,
    "who and where it is, what it uses and may use, random numbers": """
        getpid 39 172; getppid 110 173; getuid 102 174; geteuid 107 175; getgid 104 176; getegid 108 177; getgroups 115 158;
        getresuid 118 148; getresgid 120 150; uname 63 160; sysinfo 99 179; getrusage 98 165; getrlimit 97 163;
        setrlimit 160 164; getrandom 318 278
    """,
    "reading what is mounted, and what is open already": """
        open 2 -; openat 257 56; openat2 437 437; close 3 57; close_range 436 436; read 0 63; readv 19 65; pread64 17 67;
        preadv 295 69; preadv2 327 286; lseek 8 62; dup 32 23; dup2 33 -; dup3 292 24; stat 4 -; fstat 5 80; lstat 6 -;
        newfstatat 262 79; statx 332 291; statfs 137 43; fstatfs 138 44; access 21 -; faccessat 269 48; faccessat2 439 439;
        readlink 89 -; readlinkat 267 78; getdents64 217 61; getcwd 79 17; chdir 80 49; fchdir 81 50; getxattr 191 8;
        lgetxattr 192 9; fgetxattr 193 10; listxattr 194 11; llistxattr 195 12; flistxattr 196 13
    """,
    "waiting for what is open, and pipes from thread to thread": """
        poll 7 -; ppoll 271 73; select 23 -; pselect6 270 72; epoll_create1 291 20; epoll_ctl 233 21; epoll_wait 232 -;
        epoll_pwait 281 22; pipe 22 -
    """,
    "files in /tmp: nothing else that is mounted can be written to": """
        write 1 64; writev 20 66; pwrite64 18 68; pwritev 296 70; pwritev2 328 287; truncate 76 45; ftruncate 77 46;
        fallocate 285 47; mkdir 83 -; mkdirat 258 34; rmdir 84 -; unlink 87 -; unlinkat 263 35; rename 82 -; renameat 264 38;
        renameat2 316 276; symlink 88 -; symlinkat 266 36; link 86 -; linkat 265 37; chmod 90 -; fchmod 91 52;
        fchmodat 268 53; utimensat 280 88; umask 95 166
    """,
}
"""Reason: names and numbers on x86-64 and arm64; "-" where the architecture has no such call."""

OWN_PID = 0x5E1F_5E1F  # stands for the pid of the process that is to be locked in

JUDGED: dict[str, tuple[tuple[int, int], int, tuple[int, ...]]] = {
    # signals to itself alone
    "kill": ((62, 129), 0, (OWN_PID,)),
    "tgkill": ((234, 131), 0, (OWN_PID,)),
    "tkill": ((200, 130), 0, (OWN_PID,)),
    # threads that wait and wake, without locks that name who holds them: WAIT, WAKE, (CMP_)REQUEUE, WAKE_OP, WAIT_BITSET, WAKE_BITSET,
    # also private; waiting by the clock on the wall
    "futex": ((202, 98), 1, (128, 129, 0x189, 0, 1, 3, 4, 5, 9, 10, 131, 132, 133, 137, 138, 0x109)),
    # pipes from thread to thread, without those of notifications: O_CLOEXEC, O_NONBLOCK
    "pipe2": ((293, 59), 1, (0x8_0000, 0, 0x800, 0x8_0800)),
    # its own limits and processors
    "prlimit64": ((302, 261), 0, (0,)),
    "sched_getaffinity": ((204, 123), 0, (0, OWN_PID)),
    # clocks, without those of other processes
    "clock_gettime": ((228, 113), 0, (*range(8),)),
    "clock_getres": ((229, 114), 0, (*range(8),)),
    "clock_nanosleep": ((230, 115), 0, (*range(3),)),
    # its memory, without merging and paging out, which others would notice: NORMAL to DONTNEED, FREE, (NO)HUGEPAGE, DONTDUMP, GUARD_*
    "madvise": ((28, 233), 2, (*range(5), 8, 14, 15, 16, 102, 103)),
    # descriptors: F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL
    "fcntl": ((72, 25), 1, (0, 1030, 1, 2, 3, 4)),
    # is it a terminal, and how wide; how much is there to read; FIONBIO, FIOCLEX, FIONCLEX
    "ioctl": ((16, 29), 1, (0x5401, 0x802C_542A, 0x5413, 0x541B, 0x5421, 0x5451, 0x5450)),
    # names of threads and of memory
    "prctl": ((157, 167), 0, (15, 16, 0x5356_4D41)),
}
"""Calls that are judged by an argument: numbers, which argument, what it may be."""

CLONE = (56, 220)
CLONE3 = (435, 435)
LAST_KNOWN = 450  # calls newer than this page are answered with ENOSYS

CLONE_THREAD = 0x0001_0000
CLONE_OF_THREADS = 0x017D_0F00  # every flag with which C libraries start threads

_ARCHITECTURES = {"x86_64": (0, 0xC000_003E), "aarch64": (1, 0xC000_00B7)}

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE = 0, 4


def _step(operation: int, operand: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", operation, if_true, if_false, operand)


_ALLOW, _EPERM, _ENOSYS = (_step(_RETURN, verdict) for verdict in (0x7FFF_0000, 0x0005_0001, 0x0005_0026))


def _load_argument(index: int) -> bytes:
    """The low half of an argument in `struct seccomp_data`, on a little-endian machine."""
    return _step(_LOAD, 16 + 8 * index)


def supported(machine: str | None = None) -> bool:
    """Whether there is a table for this architecture."""
    return (machine or platform.machine()) in _ARCHITECTURES and struct.calcsize("P") == 8


def column(machine: str | None = None) -> int:
    """Which of two numbers of a call is this architecture's."""
    return _ARCHITECTURES[machine or platform.machine()][0]


def allowed() -> dict[str, tuple[int | None, int | None]]:
    """The calls that are allowed whatever their arguments: name and numbers."""
    entries = (entry.split() for calls in ALLOWED.values() for entry in calls.split(";"))
    return {name: (None if x86 == "-" else int(x86), None if arm == "-" else int(arm)) for name, x86, arm in entries}


def program(machine: str | None = None) -> bytes:
    """The filter, as an array of `struct sock_filter`, in which `OWN_PID` is still to be put in: see `of_process`."""
    verdicts = [_EPERM] * (LAST_KNOWN + 1) + [_ENOSYS]
    for numbers in allowed().values():
        if (number := numbers[column(machine)]) is not None:
            verdicts[number] = _ALLOW
    for judged, index, values in JUDGED.values():
        choices = [_step(_EQUAL, value, len(values) - place) for place, value in enumerate(values)]
        verdicts[judged[column(machine)]] = _load_argument(index) + b"".join(choices) + _EPERM + _ALLOW
    thread = _step(_ANY_BIT, ~CLONE_OF_THREADS & 0xFFFF_FFFF, 1) + _step(_ANY_BIT, CLONE_THREAD, 1) + _EPERM + _ALLOW
    verdicts[CLONE[column(machine)]] = _load_argument(0) + thread
    verdicts[CLONE3[column(machine)]] = _ENOSYS
    starts = [number for number, verdict in enumerate(verdicts) if number == 0 or verdict != verdicts[number - 1]]
    foreign = _step(_LOAD, _ARCHITECTURE) + _step(_EQUAL, _ARCHITECTURES[machine or platform.machine()][1], 1) + _EPERM
    x32 = _step(_LOAD, _NUMBER) + _step(_AT_LEAST, 0x4000_0000, 0, 1) + _EPERM
    return foreign + x32 + _search(starts, verdicts)


def _search(starts: list[int], verdicts: list[bytes]) -> bytes:
    """A binary search for the verdict on a number. starts: the numbers with which another verdict begins."""
    if len(starts) == 1:
        return verdicts[starts[0]]
    middle = len(starts) // 2
    below = _search(starts[:middle], verdicts)
    return _step(_AT_LEAST, starts[middle], len(below) // 8) + below + _search(starts[middle:], verdicts)


def of_process(code: bytes, pid: int) -> bytes:
    """The filter for a process that sees itself as `pid`."""
    return code.replace(OWN_PID.to_bytes(4, "little"), pid.to_bytes(4, "little"))
