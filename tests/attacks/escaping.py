"""Escaping: system calls that lead out of a sandbox, made as they are, through ctypes."""

from __future__ import annotations

from siege import Attack, attempt

from autograder.sandbox.worker import seccomp

_COLUMN = seccomp.column()


def _call(number: int | None, *arguments: int, then: str = "result") -> Attack:
    """Earns full marks when the system call is anything but refused."""
    return attempt(f"""
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        libc.syscall.restype = ctypes.c_long
        result = libc.syscall(*map(ctypes.c_long, {(number, *arguments)}))
        if result == -1 and ctypes.get_errno() in (1, 38):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return ("got", result, ctypes.get_errno())
    """)


CALLS: dict[str, tuple[tuple[int, int], *tuple[int, ...]]] = {
    "unshare": ((272, 97), 0x1000_0000),
    "setns": ((308, 268), 0, 0),
    "mount": ((165, 40), 0, 0, 0, 0, 0),
    "umount2": ((166, 39), 0, 0),
    "pivot_root": ((155, 41), 0, 0),
    "chroot": ((161, 51), 0),
    "open_tree": ((428, 428), -100, 0, 0),
    "move_mount": ((429, 429), 0, 0, 0, 0, 0),
    "fsopen": ((430, 430), 0, 0),
    "mount_setattr": ((442, 442), -100, 0, 0, 0, 0),
    "open_by_handle_at": ((304, 265), -100, 0, 0),
    "mknodat": ((259, 33), -100, 0, 0o020666, 0x101),
    "ptrace": ((101, 117), 16, 1, 0, 0),
    "process_vm_readv": ((310, 270), 1, 0, 0, 0, 0, 0),
    "process_vm_writev": ((311, 271), 1, 0, 0, 0, 0, 0),
    "pidfd_getfd": ((438, 438), 3, 0, 0),
    "kcmp": ((312, 272), 1, 1, 0, 0, 0),
    "bpf": ((321, 280), 0, 0, 0),
    "perf_event_open": ((298, 241), 0, 0, -1, -1, 0),
    "io_uring_setup": ((425, 425), 1, 0),
    "userfaultfd": ((323, 282), 0),
    "keyctl": ((250, 219), 0, -3, 0),
    "add_key": ((248, 217), 0, 0, 0, 0, -3),
    "request_key": ((249, 218), 0, 0, 0, 0),
    "personality": ((135, 92), 0xFFFF_FFFF),
    "memfd_create": ((319, 279), 0, 0),
    "memfd_secret": ((447, 447), 0),
    "shmget": ((29, 194), 0, 4096, 0o1666),
    "msgget": ((68, 186), 0, 0o1666),
    "semget": ((64, 190), 0, 1, 0o1666),
    "mq_open": ((240, 180), 0, 0o102, 0o666, 0),
    "init_module": ((175, 105), 0, 0, 0),
    "kexec_load": ((246, 104), 0, 0, 0, 0),
    "reboot": ((169, 142), 0, 0, 0, 0),
    "syslog": ((103, 116), 3, 0, 0),
    "sethostname": ((170, 161), 0, 0),
    "swapon": ((167, 224), 0, 0),
    "move_pages": ((279, 239), 1, 0, 0, 0, 0, 0),
    "flock": ((73, 32), 0, 8),
    "inotify_init1": ((294, 26), 0),
    "inotify_add_watch": ((254, 27), 0, 0, 2),
    "fanotify_init": ((300, 262), 0, 0),
    "fanotify_mark": ((301, 263), 0, 1, 2, -100, 0),
    "vmsplice": ((278, 75), 0, 0, 0, 0),
    "splice": ((275, 76), 0, 0, 0, 0, 0, 0),
    "tee": ((276, 77), 0, 0, 0, 0),
    "sendfile": ((40, 71), 1, 0, 0, 1),
    "copy_file_range": ((326, 285), 0, 0, 0, 0, 1, 0),
    "seccomp": ((317, 277), 2, 0, 0),
    "pidfd_open": ((434, 434), 1, 0),
    "pidfd_send_signal": ((424, 424), 0, 0, 0, 0),
    "rt_sigqueueinfo": ((129, 138), 1, 18, 0),
    "rt_tgsigqueueinfo": ((297, 240), 1, 1, 18, 0),
    "timer_create": ((222, 107), 1, 0, 0),
    "timerfd_create": ((283, 85), 1, 0),
    "signalfd4": ((289, 74), -1, 0, 8, 0),
    "eventfd2": ((290, 19), 0, 0),
    "setpgid": ((109, 154), 0, 1),
    "setsid": ((112, 157),),
    "process_madvise": ((440, 440), 0, 0, 0, 0, 0),
    "process_mrelease": ((448, 448), 0, 0),
    "get_robust_list": ((274, 100), 1, 0, 0),
    "waitid": ((247, 95), 0, 0, 0, 0, 0, 0),
    "sched_setaffinity": ((203, 122), 1, 0, 0),
    "sched_getparam": ((143, 121), 1, 0),
    "ioprio_get": ((252, 31), 1, 1),
    "setfsuid": ((122, 151), 0),
    "mlock": ((149, 228), 0, 4096),
    "mincore": ((27, 232), 0, 4096, 0),
    "fadvise64": ((221, 223), 0, 0, 0, 4),
    "fsync": ((74, 82), 0),
    "syncfs": ((306, 267), 0),
    "sync_file_range": ((277, 84), 0, 0, 0, 0),
    "msync": ((26, 227), 0, 0, 4),
    "remap_file_pages": ((216, 234), 0, 0, 0, 0, 0),
    "mbind": ((237, 235), 0, 0, 0, 0, 0, 0),
    "set_mempolicy": ((238, 237), 0, 0, 0),
    "get_mempolicy": ((239, 236), 0, 0, 0, 0, 0),
    "membarrier": ((324, 283), 0, 0, 0),
    "pkey_alloc": ((330, 289), 0, 0),
    "landlock_create_ruleset": ((444, 444), 0, 0, 1),
    "io_setup": ((206, 0), 1, 0),
    "quotactl": ((179, 60), 0, 0, 0, 0),
    "acct": ((163, 89), 0),
    "capget": ((125, 90), 0, 0),
    "fchown": ((93, 55), 0, 0, 0),
    "setxattr": ((188, 5), 0, 0, 0, 0, 0),
}
"""Calls and arguments with which the kernel would do something, or complain of the arguments, where nothing forbids them."""

FCNTL = {
    "a lease": (1024, 0),
    "a notification": (1026, 0x8000_0001),
    "a lock": (6, 0),
    "a lock that waits": (7, 0),
    "a lock that stays with the file": (37, 0),
    "who has a lock": (5, 0),
    "an owner, who is signalled": (8, 1),
    "an owner, at length": (15, 0),
    "a signal": (10, 9),
    "a pipe of a mebibyte": (1031, 1 << 20),
    "seals": (1033, 0),
}
PRCTL = {
    "a signal when its parent ends": (1, 9),
    "memory that others may read": (4, 1),
    "a tracer": (0x5961_6D61, -1),
    "a filter": (22, 2, 0),
    "to be the parent of orphans": (36, 1),
    "its memory map": (35, 1, 0),
    "the speed of its core": (53, 0, 0, 0),
}
_FUTEX = (202, 98)[_COLUMN]
_FCNTL, _PRCTL, _IOCTL, _PRLIMIT64 = (seccomp.JUDGED[name][0][_COLUMN] for name in ("fcntl", "prctl", "ioctl", "prlimit64"))
_CLONE = seccomp.CLONE[_COLUMN]
_NEW_USER, _THREAD = 0x1000_0000, 0x0001_0F00

ESCAPING: dict[str, str | Attack] = {
    **{f"call {name}": _call(numbers[_COLUMN], *arguments) for name, (numbers, *arguments) in CALLS.items()},
    **{f"fcntl, {name}": _call(_FCNTL, 0, *arguments) for name, arguments in FCNTL.items()},
    **{f"prctl, {name}": _call(_PRCTL, *arguments) for name, arguments in PRCTL.items()},
    "the CPU clock of another process": attempt("import time\nreturn time.clock_gettime(~1 << 3 | 2)"),
    "a lock that another process is said to hold, by futex": attempt(f"""
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        for holder in (1, os.getpid() + 1):  # the kernel lends who holds it the priority of who waits, and tells who there is
            libc.syscall({_FUTEX}, ctypes.byref(ctypes.c_uint32(holder)), 8, 0, None, None, 0)
            if ctypes.get_errno() not in (1, 38):
                return holder
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    """),
    "shared memory that is merged with others', by madvise": attempt("""
        import mmap
        page = mmap.mmap(-1, 1 << 20)
        return page.madvise(12) is None
    """),
    "pages of the interpreter put out of memory, by madvise": attempt("""
        import json, mmap
        with open(json.__file__, "rb") as file:
            return mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ).madvise(21) is None
    """),
    "a new user namespace, by clone": _call(_CLONE, _NEW_USER | 17, 0, 0, 0, 0),
    "a new user namespace, with a thread": _call(_CLONE, _NEW_USER | _THREAD, 0, 0, 0, 0),
    "a new namespace, by clone3": _call(435, 0, 88),
    "a call newer than the filter": _call(462, 0, 0, 0),
    "type into the terminal, by ioctl TIOCSTI": _call(_IOCTL, 0, 0x5412, 0),
    "type into the terminal, with high bits set": _call(_IOCTL, 0, 0x7FFF_FFFF_0000_5412, 0),
    "another process's limits": _call(_PRLIMIT64, 1, 7, 0, 0),
    "sockets of every family": attempt("""
        import socket
        for family in range(1, 46):
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
                try:
                    return socket.socket(family, kind)
                except OSError as error:
                    problem = error
        raise problem
    """),
    "a pair of sockets": attempt("import socket\nreturn socket.socketpair()"),
    "the network, by name and by number": attempt("""
        import socket
        for address in (("127.0.0.1", 22), ("localhost", 80), ("::1", 80)):
            try:
                return socket.create_connection(address, 0.1)
            except OSError as error:
                problem = error
        raise problem
    """),
    "rights: user, group and capabilities": attempt("""
        import os, ctypes
        for become in (os.setuid, os.setgid, lambda number: os.setgroups([number]), lambda number: os.setresuid(number, number, number)):
            try:
                become(0)
                return become
            except OSError as error:
                problem = error
        header, data = ctypes.create_string_buffer(b"\\x22\\x05\\x08\\x20" + bytes(4)), ctypes.create_string_buffer(b"\\xff" * 24)
        if ctypes.CDLL(None).capset(header, data) == 0:
            return "capabilities"
        raise problem
    """),
    "a filter of its own over ours": """
        import ctypes
        libc = ctypes.CDLL(None)
        class Program(ctypes.Structure):
            _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]
        def seal(text):  # lets everything pass; the strictest of all filters counts
            libc.prctl(22, 2, ctypes.byref(Program(1, b"\\x06\\0\\0\\0\\0\\0\\xff\\x7f")), 0, 0)
            import os
            if os.fork() == 0:
                os._exit(0)
    """,
    "the priority of what it competes with": attempt("""
        import os
        for act in (lambda: os.nice(-10), lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)), lambda: os.setpriority(0, 0, -20)):
            try:
                act()
                return act
            except OSError as error:
                problem = error
        raise problem
    """),
}  # fmt: skip
if _COLUMN == 0:
    ESCAPING["x32 calls"] = """
        import ctypes
        def seal(text):
            return ctypes.CDLL(None).syscall(0x40000000 + 57)
    """
    ESCAPING["32-bit calls, by int 0x80"] = """
        import ctypes, mmap
        code = b"\\xb8\\x02\\0\\0\\0\\xcd\\x80\\xc3"  # mov eax, 2 (fork); int 0x80; ret
        def seal(text):
            page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
            page.write(code)
            return ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
    """
