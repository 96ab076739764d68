"""Escaping: system calls that lead out of a sandbox, made as they are, through ctypes."""

from __future__ import annotations

import platform

from siege import Attack, attempt

from autograder.sandbox.worker import seccomp

_ARCHITECTURE = 0 if platform.machine() == "x86_64" else 1


def _call(number: int | None, *arguments: int, then: str = "result") -> Attack:
    """Earns full marks when the system call is anything but refused."""
    return attempt(f"""
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        libc.syscall.restype = ctypes.c_long
        result = libc.syscall(*map(ctypes.c_long, ({number}, {", ".join(map(str, arguments))})))
        if result == -1 and ctypes.get_errno() in (1, 38):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return ("got", result, ctypes.get_errno())
    """)


def _named(name: str, *arguments: int) -> Attack:
    return _call(seccomp.DENIED[name][_ARCHITECTURE], *arguments)


CALLS: dict[str, tuple[int, ...]] = {
    "unshare": (0x1000_0000,),
    "setns": (0, 0),
    "mount": (0, 0, 0, 0, 0),
    "umount2": (0, 0),
    "pivot_root": (0, 0),
    "chroot": (0,),
    "open_tree": (-100, 0, 0),
    "move_mount": (0, 0, 0, 0, 0),
    "fsopen": (0, 0),
    "mount_setattr": (-100, 0, 0, 0, 0),
    "open_by_handle_at": (-100, 0, 0),
    "mknodat": (-100, 0, 0o020666, 0x101),
    "ptrace": (16, 1, 0, 0),
    "process_vm_readv": (1, 0, 0, 0, 0, 0),
    "process_vm_writev": (1, 0, 0, 0, 0, 0),
    "pidfd_getfd": (3, 0, 0),
    "kcmp": (1, 1, 0, 0, 0),
    "bpf": (0, 0, 0),
    "perf_event_open": (0, 0, -1, -1, 0),
    "io_uring_setup": (1, 0),
    "userfaultfd": (0,),
    "keyctl": (0, -3, 0),
    "add_key": (0, 0, 0, 0, -3),
    "request_key": (0, 0, 0, 0),
    "personality": (0xFFFF_FFFF,),
    "memfd_create": (0, 0),
    "memfd_secret": (0,),
    "shmget": (0, 4096, 0o1666),
    "msgget": (0, 0o1666),
    "semget": (0, 1, 0o1666),
    "mq_open": (0, 0o102, 0o666, 0),
    "init_module": (0, 0, 0),
    "kexec_load": (0, 0, 0, 0),
    "reboot": (0, 0, 0, 0),
    "syslog": (3, 0, 0),
    "sethostname": (0, 0),
    "swapon": (0, 0),
    "move_pages": (1, 0, 0, 0, 0, 0),
}
"""Calls and arguments with which the kernel would do something, or complain of the arguments, where nothing forbids them."""

_CLONE = seccomp.CLONE[_ARCHITECTURE]
_NEW_USER, _THREAD = 0x1000_0000, 0x0001_0F00

ESCAPING: dict[str, str | Attack] = {
    **{f"call {name}": _named(name, *arguments) for name, arguments in CALLS.items()},
    "a new user namespace, by clone": _call(_CLONE, _NEW_USER | 17, 0, 0, 0, 0),
    "a new user namespace, with a thread": _call(_CLONE, _NEW_USER | _THREAD, 0, 0, 0, 0),
    "a new namespace, by clone3": _call(435, 0, 88),
    "a call newer than the filter": _call(462, 0, 0, 0),
    "type into the terminal, by ioctl TIOCSTI": _call(seccomp.IOCTL[_ARCHITECTURE], 0, 0x5412, 0),
    "type into the terminal, with high bits set": _call(seccomp.IOCTL[_ARCHITECTURE], 0, 0x7FFF_FFFF_0000_5412, 0),
    "another process's limits": _call(seccomp.PRLIMIT64[_ARCHITECTURE], 1, 7, 0, 0),
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
if _ARCHITECTURE == 0:
    # Killed by the filter, not refused: the honest part is answered by another process.
    ESCAPING["x32 calls"] = """
        import ctypes
        def seal(text):
            ctypes.CDLL(None).syscall(0x40000000 + 57)
            return text
    """
    ESCAPING["32-bit calls, by int 0x80"] = """
        import ctypes, mmap
        code = b"\\xb8\\x02\\0\\0\\0\\xcd\\x80\\xc3"  # mov eax, 2 (fork); int 0x80; ret
        def seal(text):
            page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
            page.write(code)
            return ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
    """
