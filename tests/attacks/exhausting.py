"""Exhausting: time, memory, disk, processes, and the patience of whoever waits for an answer. Every bomb here is bounded."""

from __future__ import annotations

from siege import Attack, attempt

_ONCE = """\
import ctypes, os, re, signal, struct, sys, threading, time

def say(data):
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, data)
        except OSError:
            pass

def seal(text):
    if text == "ab" or not isinstance(text, str):
        return "later"
"""


def _once(body: str) -> str:
    """An attack that acts at the first question alone: each costs wall time, and is tried twice."""
    return _ONCE + "".join(f"    {line}\n" for line in body.strip().splitlines())


EXHAUSTING: dict[str, str | Attack] = {
    # ------------------------------------------------------------------------------------------- time
    "a loop without end": _once("while True: pass"),
    "a loop without end, in C": _once("sum(range(10**15))"),
    "a number that takes hours to compute": _once("return 7 ** (7 ** 11)"),
    "a regular expression that backtracks": _once("re.match('(a|a)*b', 'a' * 60)"),
    "a loop that ignores every signal": _once(
        "for number in range(1, 65):\n    try: signal.signal(number, signal.SIG_IGN)\n    except (OSError, ValueError): pass\nwhile True: pass"
    ),
    "a loop that catches every exception": _once(
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass\n    finally: continue"
    ),
    "threads that share the work of wasting time": _once(
        "def waste():\n    while True: pass\n[threading.Thread(target=waste, daemon=True).start() for _ in range(8)]\nwaste()"
    ),
    "sleep": _once("time.sleep(600)"),
    "a sleep at each question": "import time\ndef seal(text): time.sleep(19.9)",
    "short sleeps, over and over": "import time\ndef seal(text):\n    for _ in range(1000): time.sleep(0.02)",
    "sleep in a thread that is waited for": _once("thread = threading.Thread(target=time.sleep, args=(600,))\nthread.start()\nthread.join()"),
    "sleep while another thread wakes now and then": _once(
        "def tick():\n    while True: time.sleep(0.001)\nthreading.Thread(target=tick, daemon=True).start()\ntime.sleep(600)"
    ),
    "sleep while it is loaded, in every cell": """
        # %%
        import time
        out = time.sleep(600)

        # %%
        import time
        out = time.sleep(600)

        # %% nbgrader={"grade_id": "seal_answer"}
        import time
        time.sleep(600)
    """,
    "sleep while threads come and go": _once(
        "def come():\n    while True:\n        threading.Thread(target=int).start()\n        time.sleep(0.0005)\n"
        "threading.Thread(target=come, daemon=True).start()\ntime.sleep(600)"
    ),
    "waits for a lock that nobody opens": _once("lock = threading.Lock()\nlock.acquire()\nlock.acquire()"),
    "stops itself": _once("os.kill(os.getpid(), signal.SIGSTOP)"),
    "a loop while it is loaded": "while True: pass",
    # ------------------------------------------------------------------------------------------- memory and disk
    "memory, at once": _once("return len(bytearray(1 << 40))"),
    "memory, in steps": _once("kept = []\nfor _ in range(100): kept.append(bytearray(16 << 20))"),
    "memory, from the C library": _once(
        "libc = ctypes.CDLL(None)\nlibc.malloc.restype = ctypes.c_void_p\n"
        "for _ in range(100):\n    place = libc.malloc(16 << 20)\n    ctypes.memset(place, 1, 16 << 20)"
    ),
    "memory, in an answer of a gigabyte": _once("return ['x' * 1_000_000 for _ in range(1000)]"),
    "memory, in many answers that are large together": "def seal(text): return [b'x' * 15_000_000]",
    "memory, in an answer that is small and stands for much": _once("many = ['x']\nfor _ in range(40): many = [many, many]\nreturn many"),
    "the disk": _once("with open('/tmp/big', 'wb') as file:\n    for _ in range(200): file.write(bytes(1 << 20))"),
    "the disk, in many files": _once(
        "for number in range(8):\n    with open(f'/tmp/{number}', 'wb') as file:\n        for _ in range(15): file.write(bytes(1 << 20))"
    ),
    "inodes": _once("for number in range(10_000): open(f'/tmp/{number}', 'w').close()"),
    "a file with a hole of a petabyte": _once("os.truncate(os.open('/tmp/hole', os.O_CREAT | os.O_RDWR), 1 << 50)"),
    "descriptors": _once("return [open('/dev/null') for _ in range(10_000)]"),
    "recursion": _once("return seal(text)"),
    "recursion without a limit": _once("sys.setrecursionlimit(10**9)\ndef deeper(): return deeper()\nreturn deeper()"),
    # ------------------------------------------------------------------------------------------- processes
    "a fork bomb": attempt("""
        import os
        for _ in range(30):
            if os.fork() == 0:
                os._exit(0)
        return True
    """),
    "a fork bomb, by vfork, clone and clone3": attempt("""
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        for number, *arguments in ((58,), (57,), (56, 17, 0, 0, 0, 0), (435, 0, 0), (56, 0x4011, 0, 0, 0, 0)):
            if libc.syscall(*map(ctypes.c_long, (number, *arguments))) >= 0:
                return number
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    """),
    "programs, by exec, spawn and system": attempt("""
        import os, subprocess
        tries = (lambda: os.execv("/bin/sh", ["sh"]), lambda: os.posix_spawn("/bin/sh", ["sh"], {}), lambda: subprocess.run(["/bin/sh"]))
        for act in tries:
            try:
                act()
                return True
            except OSError as error:
                problem = error
        if os.system("true") == 0:
            return True
        raise problem
    """),
    "a thread bomb": _once(
        "for _ in range(200):\n    try: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n    except RuntimeError: break"
    ),
    "kills everything it can reach": _once(
        "for target in (1, 0, -1, os.getppid()):\n    for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM, signal.SIGSEGV):\n"
        "        try: os.kill(target, number)\n        except OSError: pass"
    ),
    "threads that stop whoever comes next": _once(
        "def storm(kill=ctypes.CDLL(None).kill, own=os.getpid()):\n    while True:\n"
        "        for target in range(own + 1, own + 4): kill(target, signal.SIGSTOP)\n"
        "for _ in range(8): threading.Thread(target=storm, daemon=True).start()"
    ),
    "signals to everybody, none of them deadly at once": _once(
        "for target in range(1, 200):\n    for number in (signal.SIGALRM, signal.SIGPIPE, signal.SIGXCPU, signal.SIGCHLD, signal.SIGHUP):\n"
        "        if target != os.getpid():\n            try: os.kill(target, number)\n            except OSError: pass"
    ),
    # ------------------------------------------------------------------------------------------- ends
    "os._exit": _once("os._exit(0)"),
    "sys.exit": _once("sys.exit(0)"),
    "abort": _once("os.abort()"),
    "a null pointer": _once("ctypes.string_at(0)"),
    "a broken stack": _once("ctypes.memset(id(text), 255, 4096)\nctypes.memset(id(seal), 255, 4096)"),
    "closes every descriptor": _once("os.closerange(0, 4096)"),
    "closes what it answers on, and goes on": _once("os.closerange(3, 4096)\nwhile True: pass"),
    "ends the process in every cell": """
        # %%
        import os
        out = os._exit(0)

        # %%
        import os
        out = os._exit(0)

        # %% nbgrader={"grade_id": "seal_answer"}
        import os
        os._exit(0)
    """,
    "ends the process by a profiler, when it is asked": (
        "import os, sys\nsys.setprofile(lambda frame, *_: os._exit(0) if frame.f_code.co_name == 'seal' else None)\ndef seal(text): return text"
    ),
    # ------------------------------------------------------------------------------------------- floods
    "a flood on stdout and stderr": _once("for _ in range(2000):\n    os.write(1, bytes(1 << 16))\n    os.write(2, bytes(1 << 16))"),
    "a flood of junk where answers go": _once("for _ in range(10_000): say(b'onslaught' * 1000)"),
    "a flood of notes about cells": _once("") + "\n\nwhile True: say(struct.pack('<cII', b'c', 1, 0) * 1000)",
    "an answer as long as it may be": _once("say(struct.pack('<cII', b'a', 1, 68 << 20))\nfor _ in range(69): say(bytes(1 << 20))"),
    "an answer that lies about its length": _once("say(struct.pack('<cII', b'a', 1, 1 << 20))\nos._exit(0)"),
    "an answer of an absurd length": _once("say(struct.pack('<cII', b'a', 1, 0xFFFFFFFF))"),
    "an answer that drips": _once(
        "say(struct.pack('<cII', b'a', 1, 1 << 20))\nwhile True:\n    say(b'x')\n    time.sleep(0.05)"
    ),
    # --------------------------------------------------------------------- what the parser and the compiler are given
    "brackets that nest without end": "def seal(text): return " + "(" * 5000 + ")" * 5000,
    "a sum that nests without end": "def seal(text): return " + "+".join(["1"] * 15_000),
    "not not not": "def seal(text): return " + "not " * 9_000 + "1",
    "a lambda of lambdas": "def seal(text): return " + "lambda: " * 4_900 + "1",
    "an import with ten thousand dots": "import os" + ".path" * 7_000,
    "constants that unfold": "def seal(text): return [" + ", ".join(f"'{letter}' * 4096" for letter in "abcdefghij" * 200) + "]",
    "strings that are never closed": "def seal(text): return " + "'\n" * 9_000,
    "ten thousand statements in a line": "a=b;" * 9_990 + "a=b",
    "forty thousand dots": "def seal(text): return text" + "." * 39_900,
    "stars without end": "def seal(text): return text" + "*" * 39_900,
    "forty thousand blank lines": "def seal(text): return text" + "\n" * 39_900 + "a = 1",
    "another language that is dear to colour": "%%html\n" + "&" * 39_900,
    "operators that the parser has to try in every way": "def seal(text): return " + "{**" * 90 + "text" + "}" * 90 + "(" * 90,
}  # fmt: skip
