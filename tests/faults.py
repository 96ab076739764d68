"""A small class, graded by the command that people type, and what may happen to a grader at work: signals, a full disk, a lock.

A `Scene` is a course with a class, and what is left of it when it was graded in peace. Each fault disturbs a grader in a copy of it, has
the same command run again, and says what differs from peace, with the file, the cell or the process. `tests/classroom/test_faults.py` takes
a few faults, `benchmarks/faults.py` hundreds.

Whatever a grader starts is found: it runs below a process that orphans go to, and that ends when there is none left.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import toy
from commands import environment

from autograder.course.build import build
from autograder.course.model import ROOT, Course, Notebook

WORKERS = 2
PATIENCE = 120  # seconds for a command that takes ten
GRACE = 5  # seconds for what a killed grader started to notice that it is gone
STOPS = 5  # seconds to stop in, or twice what grading took in peace, where the machine does other things too; alone it is one
SHOWN = 4  # of many differences of one kind
MAKING = 1.5  # seconds that a first gradebook is being made, about

SIGNALS = {name: getattr(signal, f"SIG{name}") for name in ("TERM", "INT", "HUP", "KILL")}

CLASS: dict[str, dict[str, str]] = {
    "ada": {},
    "ben": {"double": toy.STUBS["double"]},
    "cleo": toy.STUBS,
    "finn": {"person": "class Person:\n    def __init__(self, age):\n        self.age = age"},
    "gil": {"quadruple": "def quadruple(x):\n    return 4 * x"},
    "hana": {"double": "def double(x):\n    return x + x"},
    "ivo": {"quadruple": "import os\ndef quadruple(x):\n    os._exit(1)"},
    "jana": {"double": "1 / 0"},
}
ENDLESS = {"dora": {"double": "def double(x):\n    while True: pass"}}

# Of a traceback, a statement, a link of a library: nothing that a sentence has.
_UNSAID = re.compile(
    r"Traceback|sqlalche|\[SQL|\b(INSERT INTO|SELECT \w|UPDATE \w+ SET|DELETE FROM|PRAGMA)|^[\w.]*(Error|Exception|Interrupt)\b|Aborted!",
    re.MULTILINE,
)

_LAUNCHER = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: what loses its parent becomes ours
say = int(sys.argv[1])
command = os.fork()
if command == 0:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    os.setpgid(0, 0)
    os.close(say)
    os.execv(sys.argv[2], sys.argv[2:])
os.write(say, b"%d\\n" % command)
while True:
    try:
        ended, status = os.wait()
    except ChildProcessError:
        break
    if ended == command:
        os.write(say, b"%d\\n" % os.waitstatus_to_exitcode(status))
"""


# ------------------------------------------------------------------------------------------------ a command at work


@dataclass(frozen=True)
class Process:
    """One process below a command. role: what it is to the grader, in a word."""

    pid: int
    role: str
    line: str

    def __str__(self) -> str:
        return f"{self.role} {self.pid} ({self.line[:80]})"


class Command:
    """A command in a process group of its own, with what it says in a file; `end` it, whatever comes."""

    def __init__(self, folder: Path, module: str, *arguments: str) -> None:
        self._output = tempfile.TemporaryFile()
        reading, writing = os.pipe()
        self._news = os.fdopen(reading, "rb", buffering=0)
        scratch = folder.parent / "tmp"
        variables = {**environment(folder.parent / "home", folder), "TMPDIR": str(scratch), "COLUMNS": "200"}
        self._launcher = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(writing), sys.executable, "-m", module, *arguments],
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
            pass_fds=[writing],
        )
        os.close(writing)
        self._told = b""
        self.status: int | None = None
        self.began = time.monotonic()
        self.pid = int(self._line(PATIENCE) or 0)

    def _line(self, seconds: float) -> bytes | None:
        """The next line of the launcher's; None when none has come in so many seconds."""
        deadline = time.monotonic() + seconds
        while b"\n" not in self._told:
            if not select.select([self._news], [], [], max(0.0, deadline - time.monotonic()))[0]:
                return None
            part = self._news.read(64)
            if not part:
                raise RuntimeError("the command's launcher is gone")
            self._told += part
        line, _, self._told = self._told.partition(b"\n")
        return line

    def wait(self, seconds: float) -> bool:
        """Whether the command has ended, at the latest after so many seconds."""
        if self.status is None and (line := self._line(seconds)) is not None:
            self.status = int(line)
        return self.status is not None

    def wait_for(self, sign: Callable[[], object], seconds: float = PATIENCE) -> bool:
        """Wait until there is a sign; False when the command ended without."""
        deadline = time.monotonic() + seconds
        while not sign():
            if self.wait(0.002) or time.monotonic() > deadline:
                return False
        return True

    def send(self, number: int, group: bool = False) -> bool:
        """Whether the command was still there to be signalled."""
        if self.wait(0):
            return False
        (os.killpg if group else os.kill)(self.pid, number)
        return True

    def processes(self) -> list[Process]:
        """Everything that stands below the launcher, the command itself among it."""
        below: dict[int, list[int]] = {}
        for path in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                state, parent = path.read_text().rpartition(")")[2].split()[:2]
                if state != "Z":
                    below.setdefault(int(parent), []).append(int(path.parent.name))
        found, waiting = [], [self._launcher.pid]
        while waiting:
            for pid in below.get(waiting.pop(), ()):
                waiting.append(pid)
                with contextlib.suppress(OSError):
                    found.append(Process(pid, self._role(pid), Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")))
        return found

    def _role(self, pid: int) -> str:
        if pid == self.pid:
            return "command"
        status = Path(f"/proc/{pid}/status").read_text()
        depths = status.partition("NSpid:")[2].partition("\n")[0].split()
        inside = depths[len(Path("/proc/self/status").read_text().partition("NSpid:")[2].partition("\n")[0].split()) :]
        names = {(1, True): "zygote", (1, False): "go-between", (2, True): "supervisor", (2, False): "child"}
        return names.get((len(inside), inside[-1] == "1") if inside else (0, False), status.split(maxsplit=2)[1])

    def said(self) -> str:
        self._output.seek(0)
        return self._output.read().decode("utf-8", "replace")

    def end(self, seconds: float = GRACE) -> list[str]:
        """What of it is there still after so many seconds, and is then killed."""
        try:
            self._launcher.wait(seconds)
            left = []
        except subprocess.TimeoutExpired:
            left = [str(process) for process in self.processes()]
            while self._launcher.poll() is None:
                for process in self.processes():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(process.pid, signal.SIGKILL)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._launcher.wait(0.1)
        self._news.close()
        return left


# ------------------------------------------------------------------------------------------------ a course and its state

MARKS = """
    select student.id, assignment.name, notebook.name, base_cell.name, grade.auto_score, grade.needs_manual_grade
    from grade
    join base_cell on grade.cell_id = base_cell.id
    join submitted_notebook on grade.notebook_id = submitted_notebook.id
    join notebook on submitted_notebook.notebook_id = notebook.id
    join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id
    join assignment on submitted_assignment.assignment_id = assignment.id
    join student on submitted_assignment.student_id = student.id
"""


@dataclass(frozen=True)
class State:
    """What a grader leaves. marks: rows of the gradebook, with how often each is there. files: content by path."""

    status: int
    said: str
    marks: Counter[tuple[object, ...]]
    rows: dict[str, int]
    files: dict[str, bytes]

    def differences(self, peace: State) -> Iterator[str]:
        """What is other here than in peace, a sentence each."""
        for row in sorted(set(self.marks) | set(peace.marks), key=str):
            if self.marks[row] != peace.marks[row]:
                yield f"mark {row} is there {self.marks[row]} times, and {peace.marks[row]} in peace"
        for table in sorted(set(self.rows) | set(peace.rows)):
            if self.rows.get(table) != peace.rows.get(table):
                yield f"{table} has {self.rows.get(table)} rows, and {peace.rows.get(table)} in peace"
        for path in sorted(set(self.files) | set(peace.files)):
            if path not in self.files:
                yield f"file {path} is missing"
            elif path not in peace.files:
                yield f"file {path} is left over"
            elif self.files[path] != peace.files[path]:
                yield f"file {path} is another: {len(self.files[path])} bytes, and {len(peace.files[path])} in peace"
        if self.status != peace.status:
            yield f"status {self.status}, and {peace.status} in peace"
        if self.said != peace.said:
            yield f"said {self.said!r}, and in peace {peace.said!r}"


class Place:
    """A copy of a course in use, in a folder of its own that has a home and a folder for temporary files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.course = folder / "course"
        self.scratch = folder / "tmp"
        self.commands: list[Command] = []

    @property
    def gradebook(self) -> Path:
        return self.course / "marks" / "gradebook.db"

    def grade(self, *options: str) -> Command:
        """The command, started."""
        command = ["grade", "toy", "--course", str(self.course), "--workers", str(WORKERS), *options]
        return self.run("autograder", *command)

    def run(self, module: str, *arguments: str) -> Command:
        """A command, started; it ends with the place at the latest."""
        self.commands.append(Command(self.course, module, *arguments))
        return self.commands[-1]

    def state(self, command: Command) -> State:
        """What a command that has ended has left."""
        assert command.status is not None
        marks, rows = self._rows()
        return State(command.status, self.plain(command.said()), marks, rows, dict(self._files()))

    def plain(self, said: str) -> str:
        """What was said, without the name of this folder, and without how wide it was printed."""
        return "\n".join(" ".join(line.split()) for line in said.replace(str(self.folder), "").splitlines())

    def _rows(self) -> tuple[Counter[tuple[object, ...]], dict[str, int]]:
        with contextlib.closing(sqlite3.connect(self.gradebook)) as database:
            tables = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
            rows = {table: database.execute(f"select count(*) from {table}").fetchone()[0] for table in tables}
            marks = Counter(map(tuple, database.execute(MARKS))) if "grade" in tables else Counter()
            assert database.execute("pragma integrity_check").fetchall() == [("ok",)]
        return marks, rows

    def _files(self) -> Iterator[tuple[str, bytes]]:
        for path in sorted(self.course.rglob("*")):
            name = str(path.relative_to(self.course))
            if path.is_file() and path != self.gradebook and "__pycache__" not in name:
                yield name, path.read_bytes()
        for path in sorted(self.scratch.rglob("*")):
            yield f"TMPDIR/{path.relative_to(self.scratch)}", b"" if path.is_dir() else path.read_bytes()

    def unfinished(self) -> list[str]:
        """Files that are no use to anybody: half written, or meant for a while."""
        parts = [path for name in (".new-*", "*.part", "*.part-*") for path in self.course.rglob(name)]
        return [str(path.relative_to(self.folder)) for path in (*parts, *self.scratch.iterdir())]

    def age(self) -> None:
        """Let hours pass for half written results: a young one may be another grader's that is at work."""
        for path in self.course.rglob("*.part"):
            os.utime(path, (time.time() - 7200,) * 2)

    def mounts(self) -> list[str]:
        return [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines() if str(self.folder) in line]


class Scene:
    """A course with a class that has been handed in, and what grading it in peace leaves. Use it with `with`."""

    def __init__(self, endless: bool = True) -> None:
        """endless: whether one of the class never ends, which takes seconds each time."""
        self.folder = Path(tempfile.mkdtemp(prefix="faults-"))
        self.folder.chmod(0o755)
        self._copies = 0
        try:
            self.template = self._made(self.folder / "template", endless)
            with self.place() as calm:
                began = time.monotonic()
                command = calm.grade()
                assert command.wait(PATIENCE), "grading in peace does not end"
                self.seconds = time.monotonic() - began
                assert not command.end(), "grading in peace leaves processes"
                self.peace = calm.state(command)
                assert self.peace.status == 1, self.peace.said  # one of them has handed in what is no notebook
                shutil.copytree(calm.course, self.folder / "graded" / "course")
            (self.folder / "graded" / "tmp").mkdir()
        except BaseException:
            shutil.rmtree(self.folder)
            raise

    def _made(self, folder: Path, endless: bool) -> Path:
        root = folder / "course"
        notebook = toy.make(root)
        toy.write_source(notebook)
        notebook.release.unlink()
        without = shutil.ignore_patterns(*(path.name for path in (ROOT / "autograder" / "hidden").iterdir() if path.is_dir()))
        shutil.copytree(ROOT / "autograder", root / "autograder", dirs_exist_ok=True, ignore=without)
        configuration = (ROOT / "nbgrader_config.py").read_text()
        configuration += 'c.CourseDirectory.db_url = f"sqlite:///{ROOT}/marks/gradebook.db"\n'
        (root / "nbgrader_config.py").write_text(configuration)
        (root / "marks").mkdir()
        build(Course(root), say=lambda _: None)
        for student, answers in {**CLASS, **(ENDLESS if endless else {})}.items():
            self._hand_in(notebook, student).write_text(nbformat.writes(toy.submission(notebook, **answers)))
        self._hand_in(notebook, "eve").write_text('{"cells": [')
        (folder / "tmp").mkdir()
        return folder

    def _hand_in(self, notebook: Notebook, student: str) -> Path:
        path = notebook.root / "submitted" / student / notebook.assignment / f"{notebook.name}.ipynb"
        path.parent.mkdir(parents=True)
        return path

    @contextlib.contextmanager
    def place(self, graded: bool = False) -> Iterator[Place]:
        """A copy of the course, as it was handed in, or as it is when all of it has been graded once."""
        folder = Path(tempfile.mkdtemp(prefix="place-", dir=self.folder))
        folder.chmod(0o755)
        shutil.copytree(self.folder / "graded" if graded else self.template, folder, dirs_exist_ok=True)
        place = Place(folder)
        try:
            yield place
        finally:
            for command in place.commands:
                command.end(0)
            shutil.rmtree(folder)

    def __enter__(self) -> Scene:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder)


# ------------------------------------------------------------------------------------------------ faults


@dataclass
class Outcome:
    """What came of one disturbed run and of the same command after it. Each list holds what should not have been."""

    fault: str
    moment: str = ""
    hit: bool = True
    """Whether the fault came while there was something to disturb."""
    stopped: float | None = None
    """Seconds from a signal that can be heard to the end."""
    status: int | None = None
    seconds: float = 0.0
    said: str = ""
    killed: bool = False
    """With a signal that nobody can hear: what lay in TMPDIR then stays there, and is the system's to clear away."""
    scratch: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)

    def amiss(self) -> list[str]:
        """What should not have been; of each kind the first few."""
        found: list[str] = []
        for lines in (self.marks, self.files, self.orphans, self.sentences, self.other):
            found += [*lines[:SHOWN], *([f"... and {len(lines) - SHOWN} more such"] if len(lines) > SHOWN else [])]
        return found

    def __str__(self) -> str:
        about = f"{self.fault}, {self.moment}: status {self.status} after {self.seconds:.1f} s"
        return "\n".join([about, *(f"    {line}" for line in self.amiss()), *(f"    | {line[:300]}" for line in self.said.splitlines())])


def disturb(scene: Scene, fault: Fault, seed: int) -> Outcome:
    """Disturb a grader once, have the class graded again in peace, and compare."""
    outcome = Outcome(fault.name)
    with scene.place(fault.graded) as place:
        mounts = place.mounts()
        with fault.act(scene, place, random.Random(f"{fault.name} {seed}"), outcome):
            place.age()
            again = place.grade()
            ended = again.wait(PATIENCE)
            outcome.orphans += again.end()
            if not ended:
                outcome.other.append(f"the command that follows is at work after {PATIENCE} s: {again.said()!r}")
                return outcome
            for line in place.state(again).differences(scene.peace):
                if outcome.killed and line.startswith("file TMPDIR/"):
                    outcome.scratch.append(line)
                else:
                    (outcome.files if line.startswith("file") else outcome.marks if line.startswith("mark") else outcome.other).append(line)
        outcome.other += [f"{path} is mounted" for path in set(place.mounts()) - set(mounts)]
    return outcome


Act = Callable[[Scene, Place, random.Random, Outcome], contextlib.AbstractContextManager[None]]


@dataclass(frozen=True)
class Fault:
    """Something that happens to a grader. act: lets it happen, notes in the outcome what should not be there right after it, and then
    gives way to the same command again."""

    name: str
    act: Act
    graded: bool = False
    """In a class that was graded before."""


def _ended(place: Place, command: Command, outcome: Outcome, tidy: bool = True) -> None:
    """Wait for the end of a disturbed command, and look at what it says and leaves. tidy: it had the time to clear away."""
    outcome.hit = outcome.hit and not command.wait(0)
    if not command.wait(PATIENCE):
        outcome.other.append(f"it is at work after {PATIENCE} s")
    outcome.seconds = time.monotonic() - command.began
    outcome.orphans += command.end()
    outcome.status = command.status
    said = place.plain(command.said())
    outcome.said += said
    outcome.sentences += [f"says {' '.join(match.group().split())!r}" for match in _UNSAID.finditer(said)][:3]
    if tidy:
        outcome.files += [f"file {path} is left by the disturbed run" for path in place.unfinished()]


def _signal(name: str, group: bool, first_gradebook: bool) -> Fault:
    @contextlib.contextmanager
    def act(scene: Scene, place: Place, chance: random.Random, outcome: Outcome) -> Iterator[None]:
        command = place.grade()
        if first_gradebook:
            seconds = chance.uniform(0, MAKING)
            outcome.moment = f"{seconds:.3f} s after the gradebook's first file"
            command.wait_for(lambda: any((place.course / "marks").iterdir()))
        else:
            seconds = chance.uniform(0, scene.seconds)
            outcome.moment = f"{seconds:.3f} s after the start"
        command.wait(seconds)
        outcome.hit = command.send(SIGNALS[name], group)
        struck, outcome.killed = time.monotonic(), name == "KILL"
        _ended(place, command, outcome, tidy=name != "KILL")
        if outcome.hit and name != "KILL":
            outcome.stopped = time.monotonic() - struck
            if outcome.stopped > max(STOPS, 2 * scene.seconds):
                outcome.other.append(f"it stopped {outcome.stopped:.1f} s after the signal")
            if command.status == -SIGNALS[name] and not outcome.said:
                outcome.hit = False  # before the command was imported: it had begun nothing, and has nothing to say
            elif not outcome.said:
                outcome.sentences.append("says nothing")
        yield

    where = " while the first gradebook is made" if first_gradebook else ""
    return Fault(f"{name} to the {'group' if group else 'grader'}{where}", act)


def _kill(role: str) -> Fault:
    """A process of the sandbox is gone, once or a few times; the grader goes on by itself."""

    @contextlib.contextmanager
    def act(scene: Scene, place: Place, chance: random.Random, outcome: Outcome) -> Iterator[None]:
        command = place.grade()
        victims: list[str] = []
        times = chance.randint(1, 3)
        for _ in range(times):
            found: list[Process] = []

            def seen(found: list[Process] = found) -> bool:
                found[:] = [process for process in command.processes() if process.role == role]
                return bool(found)

            if not command.wait_for(seen):
                break
            command.wait(chance.uniform(0, scene.seconds / 4))
            if not command.wait_for(seen):
                break
            victim = chance.choice(found)
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim.pid, signal.SIGKILL)
                victims.append(f"{time.monotonic() - command.began:.3f}")
        outcome.moment = f"{len(victims)} killed, at {', '.join(victims)} s"
        _ended(place, command, outcome)
        outcome.hit = bool(victims)
        if command.status == scene.peace.status and len(victims) < 2:  # a submission that is lost on both tries has ended itself
            outcome.marks += [f"at once: {line}" for line in place.state(command).differences(scene.peace) if line.startswith("mark")]
        yield

    return Fault(f"{role} killed", act)


@contextlib.contextmanager
def small_disk(path: Path, pages: int) -> Iterator[Callable[[], None]]:
    """A file system of so many pages where `path` is; yields what makes it large."""
    path.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={pages * 4096},mode=755", "groundwork", path], check=True)
    try:
        yield lambda: subprocess.run(["mount", "-o", "remount,size=64m", path], check=True) and None
    finally:
        subprocess.run(["umount", path], check=True)


def can_mount() -> bool:
    """Whether a small file system can be had here."""
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(OSError, subprocess.CalledProcessError), small_disk(Path(folder), 1):
        return True
    return False


def _full(what: str, folder: str, most: int) -> Fault:
    """The disk under a folder is full after some pages, of `most` that grading in peace would need; then there is room."""

    @contextlib.contextmanager
    def act(scene: Scene, place: Place, chance: random.Random, outcome: Outcome) -> Iterator[None]:
        pages = chance.randint(1, most)
        outcome.moment = f"{pages} pages of 4 KiB"
        path = place.folder / folder
        with small_disk(path, pages) as enlarge:
            command = place.grade()
            _ended(place, command, outcome)
            outcome.hit = True
            if command.status not in (0, 1):
                outcome.other.append(f"status {command.status}")
            enlarge()
            yield

    return Fault(f"disk full under {what}", act)


def _locked(for_ever: bool) -> Fault:
    """Somebody else writes to the gradebook, for a while or until the grader has ended."""

    @contextlib.contextmanager
    def act(scene: Scene, place: Place, chance: random.Random, outcome: Outcome) -> Iterator[None]:
        for path in (place.course / "build" / "results").iterdir():
            path.unlink()
        with contextlib.closing(sqlite3.connect(place.gradebook, isolation_level=None)) as other:
            kind = chance.choice(["immediate", "exclusive"])
            command = place.grade()
            command.wait(chance.uniform(0, scene.seconds / 2))
            other.execute(f"begin {kind}")
            if for_ever:
                outcome.moment = kind
                command.wait(PATIENCE)
                other.execute("rollback")
                outcome.hit = True
            else:
                seconds = chance.uniform(0, 4)
                outcome.moment = f"{kind}, {seconds:.1f} s"
                command.wait(seconds)
                other.execute("rollback")
        _ended(place, command, outcome)
        outcome.hit = True
        if for_ever and command.status != 1:
            outcome.other.append(f"status {command.status}")
        if not for_ever and command.status == scene.peace.status:
            outcome.marks += [f"at once: {line}" for line in place.state(command).differences(scene.peace) if line.startswith("mark")]
        yield

    return Fault(f"gradebook locked {'for ever' if for_ever else 'for a while'}", act, graded=True)


def _two(killed: bool) -> Fault:
    """Two graders at once, from the first gradebook on; one of them may be killed."""

    @contextlib.contextmanager
    def act(scene: Scene, place: Place, chance: random.Random, outcome: Outcome) -> Iterator[None]:
        one = place.grade()
        later = chance.uniform(0, 1)
        one.wait(later)
        two = place.grade()
        outcome.moment = f"the second {later:.3f} s later"
        if killed:
            seconds = chance.uniform(0, 1.5 * scene.seconds)
            victim = chance.choice([one, two])
            victim.wait(seconds)
            outcome.killed = victim.send(signal.SIGKILL)
            outcome.moment += f", one killed after {seconds:.3f} s"
        for command in (one, two):
            was = outcome.said
            _ended(place, command, outcome, tidy=False)
            outcome.said = f"{was}\n--\n{outcome.said[len(was) :]}"
            if command.status not in (scene.peace.status, *([-signal.SIGKILL] if killed else [])):
                outcome.other.append(f"one of the two has status {command.status}")
        if not killed:
            outcome.files += [f"file {path} is left by the two" for path in place.unfinished()]
            outcome.marks += [f"at once: {line}" for line in place.state(one).differences(scene.peace) if line.startswith("mark")]
        outcome.hit = True
        yield

    return Fault(f"two graders at once{', one killed' if killed else ''}", act)


def _beside_nbgrader(graded: bool) -> Fault:
    @contextlib.contextmanager
    def act(scene: Scene, place: Place, chance: random.Random, outcome: Outcome) -> Iterator[None]:
        other = place.run("nbgrader", "autograde", "toy", "--force")
        later = chance.uniform(0, 3)
        outcome.moment = f"{later:.3f} s after nbgrader"
        other.wait(later)
        command = place.grade()
        _ended(place, command, outcome, tidy=False)
        if command.status != scene.peace.status:
            outcome.other.append(f"the grader has status {command.status}")
        if not other.wait(PATIENCE):
            outcome.other.append(f"nbgrader is at work after {PATIENCE} s")
        outcome.orphans += other.end()
        if other.status not in (0, 1):
            outcome.other.append(f"nbgrader has status {other.status}")
        outcome.said += f"\n-- nbgrader, its last lines\n{place.plain(other.said()[-400:])}"
        outcome.hit = True
        yield

    return Fault(f"beside nbgrader autograde{', graded before' if graded else ''}", act, graded)


KILLS = [_signal(name, group, first) for first in (False, True) for group in (False, True) for name in SIGNALS]
DISKS = [
    _full("the gradebook", "course/marks", 60),
    _full("kept results", "course/build/results", 10),
    _full("autograded notebooks", "course/autograded", 20),
    _full("feedback", "course/feedback", 60),
    _full("temporary files", "tmp", 10),
]
OTHERS = [
    *map(_kill, ("zygote", "supervisor", "child", "bwrap")),
    _locked(False),
    _locked(True),
    _two(False),
    _two(True),
    _beside_nbgrader(False),
    _beside_nbgrader(True),
]
FAULTS = {fault.name: fault for fault in (*KILLS, *OTHERS, *DISKS)}
