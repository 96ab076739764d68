"""Writing, and what would persist: files, links and processes meant for the next exercise, the next student or the grader."""

from __future__ import annotations

import os
from pathlib import Path

from siege import Attack, attempt


def _writes(*paths: str) -> Attack:
    """Earns full marks when any of these files can be written."""
    return attempt(f"""
        import os
        written = []
        for path in {list(paths)!r}:
            try:
                with open(path, "w") as file:
                    file.write("import os\\n")
                written.append(path)
            except OSError as error:
                problem = error
        if not written:
            raise problem
        return written
    """)


_LEAVE = """
    import os

    def seal(text):
        os.makedirs("/tmp/onslaught/deep")
        open("/tmp/onslaught/deep/file", "w").write("onslaught")
        os.symlink("/", "/tmp/root")
        os.link("/tmp/onslaught/deep/file", "/tmp/hard")
        os.mkfifo("/tmp/pipe")
        return "left"
"""


def _planted_results(folder: Path) -> None:
    """A results store of the student's own, and a gradebook, beside the notebook."""
    for place in (folder, folder.parent):
        results = place / "build" / "results"
        results.mkdir(parents=True)
        for name in ("0" * 64, "f" * 64):
            (results / f"{name}.json").write_text('{"assignment": "siege", "score": 10}')
        (place / "gradebook.db").write_bytes(b"SQLite format 3\0")
        (place / "nbgrader_config.py").write_text("raise SystemExit('onslaught')")


def _links_to_the_course(folder: Path) -> None:
    course = folder.parents[2]
    (folder / "notes.txt").symlink_to(course / "gradebook.db")
    (folder / "suite.py").symlink_to(course / "autograder" / "hidden" / "siege" / "test_text.py")
    (folder / "everything").symlink_to(course)
    os.link(course / "nbgrader_config.py", folder / "hard.py")


def _shadow_modules(folder: Path) -> None:
    for name in ("numpy", "hashlib", "nbformat", "conftest", "sitecustomize", "autograder"):
        (folder / f"{name}.py").write_text("raise SystemExit('onslaught')")
    (folder / "onslaught.pth").write_text("import os; os._exit(1)")


WRITING: dict[str, str | Attack] = {
    "site-packages, .pth and sitecustomize": attempt("""
        import os, sys
        for folder in {*sys.path, os.path.dirname(os.__file__), os.path.dirname(os.__file__) + "/site-packages"}:
            for name in ("onslaught.pth", "sitecustomize.py", "usercustomize.py"):
                try:
                    return open(folder + "/" + name, "w")
                except OSError as error:
                    problem = error
        raise problem
    """),
    "the worker's own code": _writes("/sandbox/worker/codec.py", "/sandbox/worker/new.py", "/sandbox/worker.py", "/sandbox/new.py"),
    "the standard library": attempt("import os\nos.chmod(os.__file__, 0o777)\nreturn open(os.__file__, 'a')"),
    "folders of the machine": _writes("/onslaught", "/usr/onslaught", "/etc/onslaught", "/dev/onslaught", "/proc/onslaught", "/packages/numpy.py"),
    "/dev/shm and other memory that is shared": _writes("/dev/shm/onslaught", "/run/shm/onslaught", "/var/tmp/onslaught", "/run/onslaught"),
    "a file outside": attempt("return open(OUTSIDE_FILE, 'w')"),
    "the gradebook": attempt("return open(COURSE_FOLDER + '/gradebook.db', 'r+b')"),
    "planted results in the results store": """
        import os
        def seal(text):
            for place in (COURSE_FOLDER, "/", "/sandbox", "/packages"):
                for name in ("0" * 64, "f" * 64):
                    try:
                        os.makedirs(place + "/build/results", exist_ok=True)
                        with open(place + "/build/results/" + name + ".json", "w") as file:
                            file.write('{"score": 10}')
                    except OSError:
                        pass
            return "planted"
    """,
    "files, links and a pipe in /tmp, for the next exercise": _LEAVE,
    "a module in /tmp that shadows a real one": """
        import os, sys
        sys.path.insert(0, "/tmp")
        os.chdir("/tmp")
        def seal(text):
            for name in ("random", "base64", "probes", "worker"):
                with open("/tmp/" + name + ".py", "w") as file:
                    file.write("raise SystemExit('onslaught')")
            return "shadowed"
    """,
    "a symbolic link to what is outside": attempt("import os\nos.symlink(OUTSIDE_FILE, '/tmp/link')\nreturn open('/tmp/link').read()"),
    "a hard link to the interpreter's files": attempt("import os\nos.link(os.__file__, '/tmp/link')\nreturn True"),
    "a program in /tmp, made to be another user's": attempt("""
        import os
        with open("/tmp/program", "w") as file:
            file.write("#!/bin/sh\\ntrue\\n")
        os.chmod("/tmp/program", 0o6777)
        os.chown("/tmp/program", 0, 0)
        return os.execv("/tmp/program", ["program"])
    """),
    "a thread that goes on after the exercise": """
        import threading, time
        def seal(text):
            threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
            return "started"
    """,
    "the limits, the umask and the working folder of what follows": """
        import os, resource
        def seal(text):
            os.umask(0o777)
            os.chdir("/")
            for limit in (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_STACK):
                resource.setrlimit(limit, (1 << 12, 1 << 12))
            return "changed"
    """,
    "the limits, raised": attempt("""
        import resource
        for limit in (resource.RLIMIT_AS, resource.RLIMIT_NPROC, resource.RLIMIT_CPU, resource.RLIMIT_NOFILE):
            try:
                soft, hard = resource.getrlimit(limit)
                resource.setrlimit(limit, (hard + 1, hard + 1))
                return limit
            except (OSError, ValueError) as error:
                problem = error
        raise problem
    """),
    "a results store and a gradebook, handed in with the notebook": Attack("def seal(text): return text", place=_planted_results),
    "links to the gradebook and the suite, handed in with the notebook": Attack("def seal(text): return text", place=_links_to_the_course),
    "modules and a .pth beside the notebook": Attack("def seal(text): return text", place=_shadow_modules),
}  # fmt: skip
