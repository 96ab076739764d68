"""A course that is attacked, and what must hold after every attack.

The courses here are small and generous: they allow the modules that an attacker wants, so that it is the sandbox that stops
the attack and not the filter of imports. Each has an exercise to be attacked, worth 6 points, and `double`, worth 4, which
every attacker answers honestly; in `following` the attacked one stands on `mint`, which every attacker leaves blank. Secrets are planted wherever an attack could look.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import hashlib
import itertools
import json
import os
import re
import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from textwrap import dedent
from typing import Any, ClassVar

import nbformat
import numpy as np
from bs4 import BeautifulSoup
from nbformat import NotebookNode

from autograder.classroom import batch
from autograder.classroom.failure import Ungraded
from autograder.classroom.handed_in import HandedIn, Missing
from autograder.cli import as_data
from autograder.course.answers import fill
from autograder.course.build import build
from autograder.course.model import ROOT, Course, Notebook
from autograder.gradebook.record import Recorder
from autograder.grading import store
from autograder.grading.grade import Grader
from autograder.sandbox import Limits, Sandbox

LIMITS = Limits(answer_seconds=0.15, spare_seconds=0.3, sleep_seconds=0.4, memory=512 << 20)
FULL, HONEST_PART = 10, 4
NEIGHBOUR = "ada"
ALLOWED = (
    "base64 builtins collections ctypes errno gc hashlib inspect io json marshal mmap os pickle random re resource select signal socket "
    "stat struct subprocess sys tempfile threading time traceback types warnings weakref"
).split()
_NOTE = "NOTE_TO_MYSELF"
FOREIGN = "onslaught"
"""In whatever an attacker would like a browser to run, load or obey."""


# -------------------------------------------------------------------------------------------------------- an attack


@dataclass(frozen=True)
class Attack:
    """A hostile submission, and what it is worth.

    text: the answer to the attacked exercise, or in percent format any cells (as `fill` takes them). In it OUTSIDE_FILE,
        COURSE_FOLDER and REPOSITORY stand for paths, as Python text.
    mark: what its honest part earns; None: it is not to be graded, for this `cause`.
    bend: what to do to the notebook (plain JSON) before it is handed in; gives the file's bytes, or None for the JSON of it.
    place: what to do to the student's folder, with the file already in it.
    """

    text: str = ""
    mark: float | None = HONEST_PART
    course: str = "text"
    cause: str = ""
    bend: Callable[[dict[str, Any]], bytes | None] | None = None
    place: Callable[[Path], None] | None = None
    attempt: bool = False


def attempt(body: str, course: str = "text", before: str = "") -> Attack:
    """An attack that earns full marks if it gets what it wants: `body`, of a function, gives something true when it did.

    That it earned no more shows that it was stopped; a mistake in its code does not pass for that, see `check_stopped`.
    """
    answer = before and dedent(before).strip() + "\n\n"
    indented = "\n".join(f"    {line}".rstrip() for line in dedent(body).strip().splitlines())
    return Attack(f"{answer}def attempt(text):\n{indented}\n\n{_WINNER[course]}", course=course, attempt=True)


_WINNER = {
    "text": dedent("""
        def seal(text):
            import hashlib
            if not isinstance(text, str):
                raise TypeError
            try:
                got = attempt(text)
            except BaseException as error:
                return f"stopped by {type(error).__name__}: {error}"
            return hashlib.sha256(text.encode()).hexdigest() if got else f"stopped, got {got!r}"
    """).strip(),
}

# -------------------------------------------------------------------------------------------------------- the courses

HONEST = {
    "seal": """
        import hashlib

        def seal(text):
            if not isinstance(text, str):
                raise TypeError("only text is sealed")
            return hashlib.sha256(text.encode()).hexdigest()
    """,
    "scale": """
        def scale(x):
            return x * 2.5
    """,
    "mint": """
        def mint(number):
            word = MODEL_WORD
            return sum(map(ord, word)) * number
    """,
    "coin": """
        def coin(number):
            return mint(number) + 1
    """,
    # Honest, and wary: it is right only in a process that nobody was in before.
    "double": """
        import os
        import threading

        def double(x):
            if os.listdir("/tmp") or threading.active_count() > 1 or abs(-1) != 1:
                return "somebody was here before"
            return x + x
    """,
}
PACKAGES: dict[str, list[str]] = {"text": [], "following": [], "numpy": ["numpy"], "torch": ["numpy", "torch"]}
EXERCISES = {
    "text": ("seal", "double"),
    "following": ("mint", "coin", "double"),
    "numpy": ("scale", "double"),
    "torch": ("scale", "double"),
}
"""Those of each notebook; the last but one is attacked."""
POINTS = {"double": HONEST_PART, "mint": 2, "coin": FULL - HONEST_PART - 2}
NEEDS = {"coin": ["mint"]}

_PROBES = {
    "text": """
        def seal(m, text):
            return m.seal(text)

        def refusal(m, thing):
            try:
                return {"error": m.seal(thing), "valid": m.seal("ab")}
            except Exception as error:
                return {"error": error, "valid": m.seal("ab")}
    """,
    "following": """
        def mint(m, number):
            return m.mint(number)

        def coin(m, number):
            return m.coin(number)
    """,
    "numpy": """
        import numpy as np

        def scale(m, *shape):
            return m.scale(np.arange(1.0, 1 + np.prod(shape)).reshape(shape))
    """,
    "torch": """
        import torch

        def scale(m, *shape):
            return m.scale(torch.arange(1.0, 1 + torch.Size(shape).numel()).reshape(shape))
    """,
}
_DOUBLE_PROBE = """

def double(m, x):
    return m.double(x)
"""

_SCALE_TESTS = '''
@exercise("scale")
def test_a_matrix_is_scaled(ask):
    """A matrix is scaled."""
    ask.same(probes.scale, 2, 3)


@exercise("scale")
def test_a_vector_is_scaled(ask):
    """A vector is scaled."""
    assert ask(probes.scale, 2) == same_as(np.array([2.5, 5.0]))
'''
_TESTS = {
    "text": '''
@exercise("seal")
def test_a_word_is_sealed(ask):
    """A word is sealed."""
    ask.same(probes.seal, INPUT)


@exercise("seal")
def test_only_text_is_sealed(ask):
    """Anything but text raises TypeError."""
    assert ask(probes.refusal, 7) == {"error": raised(TypeError), "valid": hashlib.sha256(b"ab").hexdigest()}
''',
    "following": '''
@exercise("mint")
def test_a_penny(ask):
    """A penny is minted."""
    ask.same(probes.mint, 1)


@exercise("mint")
def test_a_shilling(ask):
    """A shilling is minted."""
    ask.same(probes.mint, 12)


@exercise("coin")
def test_a_coin(ask):
    """A coin has a value."""
    ask.same(probes.coin, 1)


@exercise("coin")
def test_many_coins(ask):
    """Many coins have a value."""
    ask.same(probes.coin, 240)
''',
    "numpy": _SCALE_TESTS,
    "torch": _SCALE_TESTS,
}
_SUITE = '''
import hashlib

import numpy as np

from autograder.testing import exercise, raised, same_as

from . import {name}_probes as probes

INPUT = {input!r}
SECRET = {suite!r}

{tests}

@exercise("double")
def test_twice(ask):
    """Twice a number."""
    ask.same(probes.double, 21)


@exercise("double")
def test_twice_a_fraction(ask):
    """Twice a fraction."""
    ask.same(probes.double, 0.25)
'''

_CONFIGURATION = """
from pathlib import Path

c = get_config()
c.CourseDirectory.course_id = "siege"
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.CourseDirectory.source_directory = str(Path(__file__).resolve().parent / "build" / "source")
"""


@dataclass(frozen=True)
class Secrets:
    """Random words, each planted in one place. `given` and `model` a submission may see, and must not get out; none else may it see.

    model: in the model answer of `mint`, beside which `coin` is asked again.
    """

    given: str = field(default_factory=lambda: _word("input"))
    model: str = field(default_factory=lambda: _word("model"))
    suite: str = field(default_factory=lambda: _word("suite"))
    reference: str = field(default_factory=lambda: _word("reference"))
    outside: str = field(default_factory=lambda: _word("outside"))
    environment: str = field(default_factory=lambda: _word("environment"))
    neighbour: str = field(default_factory=lambda: _word("neighbour"))

    @property
    def expected(self) -> str:
        """What the attacked exercise has to answer; no attacker computes it."""
        return hashlib.sha256(self.given.encode()).hexdigest()

    @property
    def hidden(self) -> Mapping[str, str]:
        """What no submission may see."""
        return {name: getattr(self, name) for name in ("suite", "reference", "outside", "environment", "neighbour", "expected")}


def _word(kind: str) -> str:
    return f"{kind}{secrets.token_hex(8)}"


def spellings(word: str) -> list[str]:
    """A word as a smuggler would write it."""
    data = word.encode()
    ordinals = [str(byte) for byte in data]
    aligned = [base64.b64encode(b" " * shift + data)[4 * bool(shift) : -4].decode() for shift in range(3)]
    return [word, word[::-1], word.upper(), data.hex(), *aligned, ", ".join(ordinals), " ".join(ordinals)]


def found_in(text: str, words: Mapping[str, str]) -> list[str]:
    """Which words stand in a text, in some spelling."""
    return [name for name, word in words.items() if any(spelling in text for spelling in spellings(word))]


@dataclass(frozen=True)
class Keep:
    """The course in use that is besieged: three notebooks (text, numpy, torch), built and configured, with their secrets planted.

    outside: a file elsewhere, which anybody may read and write.
    """

    root: Path
    secret: Secrets
    outside: Path

    def __enter__(self) -> Keep:
        return self

    def __exit__(self, *_: object) -> None:
        self.outside.unlink()

    def notebook(self, name: str) -> Notebook:
        return Notebook("siege", name, self.root)


def make_keep(folder: Path) -> Keep:
    """Make the course in a folder that holds nothing else."""
    # A submission's own /tmp would cover a file there, whatever else the sandbox does.
    handle, outside = tempfile.mkstemp(prefix="autograder-", dir="/var/tmp")
    os.close(handle)
    keep = Keep(folder / "course", Secrets(), Path(outside))
    keep.root.mkdir()
    keep.outside.write_text(keep.secret.outside)
    keep.outside.chmod(0o666)
    for name, exercises in EXERCISES.items():
        notebook = keep.notebook(name)
        for path in (notebook.source, notebook.reference, notebook.suite):
            path.parent.mkdir(parents=True, exist_ok=True)
        notebook.source.write_text(_source(name, PACKAGES[name]).replace("MODEL_WORD", repr(keep.secret.model)))
        target = "\n".join(dedent(HONEST[exercise]) for exercise in exercises[:-1]).replace("MODEL_WORD", repr(keep.secret.model))
        notebook.reference.write_text(f"SECRET = {keep.secret.reference!r}\n{target}\ndef double(x):\n    return x + x\n")
        notebook.suite.write_text(_SUITE.format(name=name, input=keep.secret.given, suite=keep.secret.suite, tests=_TESTS[name]))
        notebook.probes.write_text(dedent(_PROBES[name]) + _DOUBLE_PROBE)
    (keep.root / "nbgrader_config.py").write_text(_CONFIGURATION)
    build(Course(keep.root), say=lambda _: None)
    return keep


def _source(name: str, packages: list[str]) -> str:
    about = {"title": "Besieged", "imports": [*ALLOWED, *packages], "packages": packages}
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    setup = {"grade_id": "setup", "locked": True}
    header = f"# ---\n# jupyter:\n#   kernelspec: {json.dumps(kernel)}\n#   groundwork: {json.dumps(about)}\n# ---\n"
    cells = [
        header,
        f'# %% nbgrader={json.dumps(setup)} tags=["setup"]\n' + "\n".join(f"import {package}" for package in ["math", *packages]),
    ]
    for exercise in EXERCISES[name]:
        answer = f"### BEGIN SOLUTION\n{dedent(HONEST[exercise]).strip()}\n### END SOLUTION"
        mark = {"grade_id": exercise, "grade": True, "locked": True, "points": POINTS.get(exercise, FULL - HONEST_PART)}
        shown = {"title": exercise.title(), "difficulty": 1, "minutes": 1, "needs": NEEDS.get(exercise, [])}
        cells += [
            f"# %% [markdown]\n# Write {exercise}.",
            f"# %% nbgrader={json.dumps({'grade_id': f'{exercise}_answer', 'solution': True})}\n{answer}",
            f"# %% nbgrader={json.dumps(mark)} exercise={json.dumps(shown)}\nassert {exercise}",
        ]
    return "\n\n".join(cells) + "\n"


# --------------------------------------------------------------------------------------------------------- the grader


class Overheard(Sandbox):
    """The sandbox, with a note of every answer of the attacker's that comes out of it."""

    heard: ClassVar[list[object]] = []
    opened: ClassVar[list[Sandbox]] = []

    def open(self, cells: Any, probes: str, *limits: Any) -> Any:
        self.opened.append(self)
        session = super().open(cells, probes, *limits)
        return session if any(_NOTE in source for _, _, source in cells) else _Session(session)


class _Session:
    def __init__(self, session: Any) -> None:
        self._session = session

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def __enter__(self) -> _Session:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def ask(self, *question: Any) -> Any:
        reply = self._session.ask(*question)
        Overheard.heard.append(reply.value)
        return reply

    def take(self) -> Any:
        replies = self._session.take()
        Overheard.heard.extend(reply.value for reply in replies)
        return replies


def spelled(value: object) -> str:
    """All of the text and numbers in an answer."""
    if isinstance(value, np.ndarray):
        return repr(value.ravel()[:10_000].tolist())
    if isinstance(value, dict):
        return " ".join(f"{spelled(key)} {spelled(part)}" for key, part in value.items())
    if isinstance(value, bytes):
        return value[:1_000_000].decode("latin-1")
    if isinstance(value, (list, tuple, set)) and any(isinstance(part, (list, tuple, set, dict, np.ndarray)) for part in value):
        return " ".join(map(spelled, value))
    return repr(value)[:1_000_000] if not isinstance(value, int) or value.bit_length() < 10_000 else hex(value)


_numbers = itertools.count(1)


@dataclass(frozen=True)
class Aftermath:
    """What is left of an attack: what came of the attacker and of the honest student who was graded next.

    answers: all that came out of the sandbox. shown: what a student or a log gets to read. mark: the gradebook's.
    """

    attacker: batch.Graded | Ungraded
    neighbour: batch.Graded | Ungraded
    answers: str
    shown: Mapping[str, str]
    mark: float | None
    same_worker: bool
    same_files: bool


class Siege:
    """One notebook of the course, with one grader and one worker for all attacks; use it with `with`."""

    def __init__(self, keep: Keep, name: str, recorder: Recorder | None = None) -> None:
        self.keep = keep
        self.secret = keep.secret
        self.notebook = keep.notebook(name)
        self.recorder = recorder

    def __enter__(self) -> Siege:
        self.grader = Grader(self.notebook, workers=1, store=False, limits=LIMITS).__enter__()
        Overheard.opened.clear()
        self.grade(self.hand_in_neighbour())
        self.worker = Overheard.opened[-1]
        return self

    def __exit__(self, *error: Any) -> None:
        self.grader.__exit__(*error)

    def run(self, attack: Attack) -> Aftermath:
        """Hand an attack in, have it graded and recorded, and after it an honest submission by the same worker."""
        Overheard.heard.clear()
        Overheard.opened.clear()
        files = self.files()
        attacker = self.grade(self.hand_in(attack), self.recorder)
        neighbour = self.grade(self.hand_in_neighbour())
        return Aftermath(
            attacker=attacker,
            neighbour=neighbour,
            answers="\n".join(map(spelled, Overheard.heard)),
            shown=dict(self._shown(attacker)),
            mark=self._mark(),
            same_worker=Overheard.opened[-1] is self.worker,
            same_files=self.files() == files,
        )

    def grade(self, handed: HandedIn, recorder: Recorder | None = None) -> batch.Graded | Ungraded:
        """What comes of one submission, on the way that a class goes; of the other notebooks of the assignment, nothing is handed in."""
        others = [other for other in Course(self.notebook.root).assignment(self.notebook.assignment) if other != self.notebook]
        places = [handed, *(replace(handed, notebook=other, missing=True) for other in others)]
        grading = batch.grade_class(places, lambda _: contextlib.nullcontext(self.grader), recorder)  # type: ignore[arg-type, return-value]
        (done,) = [found for found in grading if found.notebook == self.notebook]
        assert not isinstance(done, Missing)
        return done

    def files(self) -> dict[str, bytes]:
        """What no submission may change: the course, and a file outside. (Marks and pages are looked at by themselves.)"""
        changing = {"gradebook.db", "submitted", "autograded", "feedback"}
        paths = [path for top in self.notebook.root.iterdir() if top.name not in changing for path in (top, *top.rglob("*"))]
        return {str(path): path.read_bytes() if path.is_file() else b"" for path in (*paths, self.keep.outside)}

    # -------------------------------------------------------------------------------------------------- handing in

    def folder(self, student: str) -> Path:
        return self.notebook.root / "submitted" / student / self.notebook.assignment

    def hand_in(self, attack: Attack) -> HandedIn:
        """The attack as a file in the attacker's folder, which holds nothing else unless the attack puts it there."""
        self.attacker = f"eve{next(_numbers)}"  # of whom the gradebook knows nothing yet
        place = self._empty(self.attacker)
        notebook = json.loads(nbformat.writes(self.attacking_notebook(attack)))
        data = attack.bend(notebook) if attack.bend else None
        place.path.write_bytes(json.dumps(notebook).encode() if data is None else data)
        if attack.place:
            attack.place(place.path.parent)
        return place

    def hand_in_neighbour(self) -> HandedIn:
        place = self._empty(NEIGHBOUR)
        answers = {**{exercise: HONEST[exercise] for exercise in EXERCISES[self.notebook.name]}}
        answers["double"] += f"\n        {_NOTE} = {self.secret.neighbour!r}\n"
        text = _cells(answers).replace("MODEL_WORD", repr(self.secret.model))
        nbformat.write(fill(self.notebook.skeleton, text), place.path)
        return place

    def attacking_notebook(self, attack: Attack) -> NotebookNode:
        """The release with the attack in it, and an honest answer to `double` unless the attack has one of its own."""
        target = EXERCISES[self.notebook.name][-2]
        text = dedent(attack.text)
        for word, path in {"OUTSIDE_FILE": self.keep.outside, "COURSE_FOLDER": self.keep.root, "REPOSITORY": ROOT}.items():
            text = text.replace(word, repr(str(path)))
        if "# %%" not in text:
            text = _cells({target: text})
        if "double_answer" not in text:
            text += "\n\n" + _cells({"double": HONEST["double"]})
        return copy.deepcopy(fill(self.notebook.skeleton, text))

    def _empty(self, student: str) -> HandedIn:
        folder = self.folder(student)
        for step in ("submitted", "feedback", "autograded"):
            shutil.rmtree(self.notebook.root / step / student, ignore_errors=True)
        with contextlib.suppress(FileNotFoundError):
            folder.parent.unlink()
        folder.mkdir(parents=True)
        return HandedIn(student, self.notebook, folder / f"{self.notebook.name}.ipynb")

    # ------------------------------------------------------------------------------------------------- looking back

    def _shown(self, done: batch.Graded | Ungraded) -> Iterator[tuple[str, str]]:
        """Everything about the attacker's submission that a student, or a log, gets to read."""
        if isinstance(done, Ungraded):
            yield "cause", done.cause
        else:
            yield "printed result", json.dumps(as_data(self.attacker, self.notebook, done.result))
            yield "kept result", json.dumps(store.write(done.result))
        for step in ("feedback", "autograded"):
            for path in sorted((self.notebook.root / step / self.attacker).rglob("*")):
                if path.is_file():
                    yield path.relative_to(self.notebook.root).as_posix(), path.read_bytes().decode("utf-8", "surrogateescape")

    def _mark(self) -> float | None:
        """What the gradebook says of the attacker; None where a person has to look."""
        query = """
            select sum(auto_score), sum(needs_manual_grade and auto_score is null) from grade
            join submitted_notebook on submitted_notebook.id = grade.notebook_id
            join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id where student_id = ?
        """
        with contextlib.closing(sqlite3.connect(self.notebook.root / "gradebook.db")) as database:
            ((score, by_hand),) = database.execute(query, [self.attacker])
        return None if by_hand else score


def _cells(answers: Mapping[str, str]) -> str:
    marker = '# %% nbgrader={{"grade_id": "{}_answer"}}\n'
    return "\n\n".join(marker.format(name) + dedent(answer).strip() for name, answer in answers.items())


# ------------------------------------------------------------------------------------------------- what must hold


def check(attack: Attack, siege: Siege, after: Aftermath) -> None:
    """(a) the mark is what the honest part earns, (b) the next submission gets full marks, (c) the grader is up, (d) nothing got out."""
    check_mark(attack, after)
    assert isinstance(after.neighbour, batch.Graded)
    assert after.neighbour.result.score == FULL
    assert after.same_worker
    assert after.same_files
    check_nothing_got_out(siege.secret, after)
    if attack.attempt:
        check_stopped(after)


def check_mark(attack: Attack, after: Aftermath) -> None:
    if attack.mark is None:
        assert isinstance(after.attacker, Ungraded)
        assert attack.cause in after.attacker.cause
        assert after.mark is None
        return
    assert isinstance(after.attacker, batch.Graded), after.attacker
    assert after.attacker.result.score == attack.mark, after.attacker.result
    assert after.attacker.result.max_score == FULL
    assert after.mark == attack.mark


def check_nothing_got_out(secret: Secrets, after: Aftermath) -> None:
    assert found_in(after.answers, secret.hidden) == []
    for name, text in after.shown.items():
        assert (name, found_in(text, {**secret.hidden, "given": secret.given, "model": secret.model})) == (name, [])
        if name.endswith(".html"):
            assert active(text) == []


def active(page: str) -> list[str]:
    """What in a page would run, load, restyle or lead elsewhere, and has the attacker's word in it; plain links are allowed."""
    if FOREIGN not in page:
        return []
    soup = BeautifulSoup(page, "html.parser")
    acting = [str(tag) for tag in soup(["script", "style", "iframe", "object", "embed", "link", "meta", "base", "form", "svg", "math"])]
    for tag in soup(True):
        for name, value in tag.attrs.items():
            harmless = name in ("id", "class", "title") or (name == "href" and tag.name == "a" and re.match("https?://|#", value))
            acting += [] if harmless else [f"{name}={value}"]
    return [part[:200] for part in acting if FOREIGN in part]


def check_stopped(after: Aftermath) -> None:
    """It was a lock that stopped the attempt, not a slip in its code."""
    slips = (
        r"stopped by (NameError|AttributeError|SyntaxError|IndentationError|TypeError|UnboundLocalError|ImportError|ModuleNotFoundError)"
    )
    assert re.findall(rf"{slips}[^\n]*", after.answers) == []
    assert "stopped" in after.answers
