"""Reading: whatever a submission must not see; and getting hidden inputs, which it must see, out to the student."""

from __future__ import annotations

from siege import Attack, attempt

_INSIDE = """
    def walk(thing, depth=0, seen=None):
        # every text that can be reached from a thing
        import types
        seen = set() if seen is None else seen
        if id(thing) in seen or depth > 6:
            return
        seen.add(id(thing))
        if isinstance(thing, str):
            yield thing
        elif isinstance(thing, (bytes, bytearray)):
            yield thing.decode("latin-1")
        elif isinstance(thing, dict):
            for pair in list(thing.items()):
                for part in pair:
                    yield from walk(part, depth + 1, seen)
        elif isinstance(thing, (list, tuple, set)):
            for part in list(thing):
                yield from walk(part, depth + 1, seen)
        elif isinstance(thing, types.CodeType):
            yield from walk(thing.co_consts, depth + 1, seen)
        elif hasattr(thing, "__dict__"):
            yield from walk(vars(thing), depth + 1, seen)

    KINDS = ["su" "ite", "refer" "ence", "out" "side", "environ" "ment", "neigh" "bour"]

    def planted(text):
        import re
        return re.findall("(?:" + "|".join(KINDS) + ")[0-9a-f]{16}", text)
"""

_HEAP = """
        import ctypes, re
        libc = ctypes.CDLL(None)
        libc.sbrk.restype = ctypes.c_void_p
        libc.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p]
        resident = ctypes.create_string_buffer(1)
        needles = [kind.encode() for kind in KINDS]
        begins = {libc.sbrk(0) - 4096, id(text) & ~4095, id(object()) & ~4095, id([]) & ~4095, id(attempt) & ~4095}
        found = set()
        for begin in begins:
            for step in (-4096, 4096):
                page, read = begin, 0
                while read < 4096 and libc.mincore(page, 4096, resident) == 0:
                    if resident.raw[0] & 1:
                        data = ctypes.string_at(page, 4096)
                        found.update(match for kind in needles for match in re.findall(kind + b"[0-9a-f]{16}", data))
                    page, read = page + step, read + 1
        return [match.decode() for match in found]
"""


def _reads(*paths: str) -> Attack:
    """Earns full marks when any of these files or folders can be read."""
    return attempt(f"""
        import os
        found, problem = [], None
        for path in {list(paths)!r}:
            try:
                found.append(os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(200))
            except OSError as error:
                problem = error
        if not any(found):
            raise problem or FileNotFoundError("all empty")
        return found
    """)


def _tells(body: str) -> str:
    """An attack that puts the hidden input somewhere, and is wrong."""
    return "def seal(text):\n" + "\n".join(f"    {line}" for line in body.strip().splitlines())


READING: dict[str, str | Attack] = {
    # ------------------------------------------------------------------------------------------- files
    "a file outside, by name": attempt("return open(OUTSIDE_FILE).read()"),
    "a file outside, through /proc/1/root": attempt("return open('/proc/1/root' + OUTSIDE_FILE).read()"),
    "the course: suite, reference, gradebook, other submissions": attempt("""
        import os
        found = [name for folder in (COURSE_FOLDER, REPOSITORY) for place in os.walk(folder) for name in place[2]]
        return found or open(REPOSITORY + "/README.md").read() or open(COURSE_FOLDER + "/gradebook.db", "rb").read()
    """),
    "every file there is, for a hidden suite": attempt("""
        import os
        wanted = ("test_", "seed.txt", "gradebook", "nbgrader", ".ipynb", ".git", "shadow", "passwd", "authorized_keys", ".pth")
        found = []
        for folder, folders, files in os.walk("/"):
            found += [folder + "/" + name for name in files + folders if name.startswith(wanted) or name.endswith(wanted)]
        return [path for path in found if "/lib/python3" not in path and not path.startswith(("/usr", "/lib"))]
    """),
    "the grader's own code, past the filter of imports": attempt("""
        for name in ("autograder", "nbgrader", "pytest", "pip", "numpy"):
            try:
                exec("import " + name)
                return name
            except ModuleNotFoundError:
                pass
        raise PermissionError("nothing of it is here")
    """),
    "passwords and users": _reads("/etc/passwd", "/etc/shadow", "/etc/group", "/etc/hostname", "/etc/resolv.conf"),
    "homes and the root's files": _reads("/home", "/root/.ssh", "/root/.bashrc", "/root/.bash_history", "/root/.config", "/var", "/mnt", "/srv", "/run"),
    "git objects": _reads("/.git", "/sandbox/.git", "/sandbox/worker/.git", "/packages/.git"),
    "other processes, in /proc": _reads("/proc/self/environ", "/proc/1/cmdline", "/proc/1/mem", "/proc/self/maps", "/proc/mounts", "/proc"),
    "the kernel's /sys and its devices": _reads("/sys", "/sys/kernel", "/dev/mem", "/dev/kmsg", "/dev/sda", "/dev/vda", "/dev/tty", "/dev/shm"),
    "the environment": attempt("""
        import ctypes, os
        names = sorted({name for name in os.environ} - {"PATH", "HOME", "LANG", "LC_CTYPE", "PWD", "PYTHONHASHSEED"})
        libc = ctypes.CDLL(None)
        libc.getenv.restype = ctypes.c_char_p
        return libc.getenv(b"GROUNDWORK_SECRET") or [name for name in names if not name.endswith("_NUM_THREADS")]
    """),
    # ------------------------------------------------------------------------------------------- memory
    "what the garbage collector knows": attempt("""
        import gc
        gc.unfreeze() if hasattr(gc, "unfreeze") else None
        return [found for thing in gc.get_objects() for part in walk(thing, 4) for found in planted(part)]
    """, before=_INSIDE),
    "what lies in the frames above": attempt("""
        import sys
        frame, found = sys._getframe(), []
        while frame:
            found += [match for part in walk(dict(frame.f_locals)) for match in planted(part)]
            found += [match for part in walk(dict(frame.f_globals)) for match in planted(part)]
            frame = frame.f_back
        return found
    """, before=_INSIDE),
    "every module that is loaded, for answers": attempt("""
        import sys
        found = [name for name in sys.modules if name.startswith(("autograder", "hidden", "reference", "solutions", "nbgrader", "pytest"))]
        return found + [match for module in list(sys.modules.values()) for part in walk(module) for match in planted(part)]
    """, before=_INSIDE),
    "the command line that started it": attempt("""
        import sys
        return [match for part in (*sys.argv, *sys.orig_argv) for match in planted(part)]
    """, before=_INSIDE),
    "the heap, for an earlier submission": attempt(_HEAP, before=_INSIDE),
    "fresh memory, for what lay there before": attempt("""
        import ctypes
        libc = ctypes.CDLL(None)
        libc.malloc.restype = ctypes.c_void_p
        data = b"".join(ctypes.string_at(libc.malloc(size), size) for size in (4096, 65536, 1 << 20) for _ in range(20))
        return planted(data.decode("latin-1"))
    """, before=_INSIDE),
    # ------------------------------------------------------------------------------------------- descriptors
    "descriptors that were left open": attempt("""
        import os, stat
        found = []
        for descriptor in range(4096):
            try:
                about = os.fstat(descriptor)
            except OSError as error:
                problem = error
                continue
            pipe = stat.S_ISFIFO(about.st_mode)
            null = stat.S_ISCHR(about.st_mode) and about.st_rdev == os.makedev(1, 3)
            found += [] if pipe or null else [descriptor]
        if not found:
            raise problem
        return found
    """),
    "questions to come, for what the answers should be": attempt("""
        import os, select
        data = b""
        for descriptor in range(3, 64):
            try:
                while select.select([descriptor], [], [], 0)[0]:
                    data += os.read(descriptor, 1 << 16) or exit()
            except OSError:
                pass
        return planted(data.decode("latin-1"))
    """, before=_INSIDE),
    # ------------------------------------------------------------------------------- getting the hidden inputs out
    "the input in the text of an exception": _tells("raise ValueError(text)"),
    "the input in a KeyError and its cause": _tells("raise KeyError(text) from RuntimeError(str(text)[::-1])"),
    "the input in the name of an exception's class": _tells("raise type(str(text), (ValueError,), {'__module__': str(text)})()"),
    "the input in the notes of an exception": _tells("error = ValueError()\nerror.add_note(str(text))\nraise error"),
    "the input in a group of exceptions": _tells("raise ExceptionGroup(str(text), [ValueError(text)])"),
    "the input in a warning": _tells("import warnings\nwarnings.warn(str(text))\nwarnings.showwarning(text, Warning, str(text), 1)"),
    "the input on stdout and stderr": _tells("import os, sys\nfor to in (1, 2): os.write(to, str(text).encode())\nprint(text, file=sys.stderr)"),
    "the input in the name of an object": _tells("return type(str(text), (), {'__module__': str(text)})()"),
    "the input in an answer, reversed": _tells("return str(text)[::-1]"),
    "the input in an answer, as code points": _tells("return [ord(letter) for letter in str(text)]"),
    "the input as a dict's keys, in base64": _tells(
        "import base64\nreturn {base64.b64encode(str(text).encode()).decode(): str(text).encode().hex()}"
    ),
    "the input in the name of the file that raises": _tells(
        "exec(compile('raise ValueError', '<cell ' + str(text) + '>', 'exec'))"
    ),
    "the input in the name of a function and its cell": _tells(
        "name = 'f_' + str(text)\nexec(compile(f'def {name}(): return {name}(0)', '<cell 1>', 'exec'), globals())\nreturn globals()[name]()"
    ),
    "the input of one question in the answer to the next": """
        seen = []
        def seal(text):
            seen.append(str(text))
            raise LookupError("".join(seen))
    """,
    "the input in a file, for the next student": """
        import os
        def seal(text):
            for folder in ("/tmp", "/", "/packages", "/sandbox/worker", "/dev"):
                try:
                    with open(folder + "/" + str(text), "w") as file:
                        file.write(str(text))
                except OSError:
                    pass
            return str(os.listdir("/"))
    """,
    "the input in the load report": """
        import gc, os, struct, json
        def seal(text):
            header = json.dumps([[1, 1, str(text)], [str(text), 1, "ValueError"]]).encode()
            frame = struct.pack("<4sII", b"GWK1", len(header), 0) + header
            for descriptor in range(3, 64):
                try:
                    os.write(descriptor, struct.pack("<cII", b"l", 0, len(frame)) + frame)
                except OSError:
                    pass
    """,
    "the input in terminal colours": _tells("raise ValueError('\\x1b]0;' + str(text) + '\\x07\\x1b[31m' + str(text))"),
}  # fmt: skip
