"""Python of another version is told as such, and nothing else is."""

import sys
import time

import pytest

from autograder.submission import parsing
from autograder.submission.syntax import MOST_LENGTH, other_python

RUNNING = sys.version_info[:2]


def told(text: str) -> str:
    line = parsing.fault(text)
    return "" if line is None else other_python(text, line, RUNNING, parsing.fault)


OTHERS = {
    # newer
    'f"{table["key"]}"': "3.12",
    "x = f'{table['key']!r:>10} and {1 + 1}'": "3.12",
    'print(f"{\', \'.join(f"{n:{width}}" for n in names)}")': "3.12",
    'f"{"\\n".join(lines)}"': "3.12",
    'x = f"{\n    1 + 2  # three\n}"': "3.12",
    'f"{f"{f"{1}"}"}"': "3.12",
    "type Pair = tuple[int, int]": "3.12",
    "type Pair[T] = tuple[T, T]": "3.12",
    "def first[T](values: list[T]) -> T:\n    return values[0]": "3.12",
    "class Stack[T: (int, str)]:\n    pass": "3.12",
    "class Stack[T, *Ts, **P](Base):\n    pass": "3.12",
    "async def first[T: list[int]](values):\n    pass": "3.12",
    "def first[T = int](values):\n    pass": "3.13",
    "type Pair[T = int, U = list[T]] = dict[T, U]": "3.13",
    'x = t"{name}"': "3.14",
    "x = rt'{name}\\d'": "3.14",
    'x = t"{table["key"]}"': "3.14",
    "try:\n    pass\nexcept ValueError, TypeError:\n    pass": "3.14",
    "try:\n    pass\nexcept ValueError, np.linalg.LinAlgError, TypeError:\n    pass": "3.14",
    "lazy import json": "3.15",
    "lazy from json import loads": "3.15",
    "x = [*row for row in rows]": "3.15",
    "x = {**row for row in rows}": "3.15",
    # older
    "print x": "2",
    'print "the value:", x': "2",
    'if x: print "a; b" # c': "2",
    'print >>log, "x", y': "",  # likewise
    'print ("a"), x': "",  # which this Python reads
    'exec "x = 1"': "2",
    "x = `y`": "2",
    "raise ValueError, 'no'": "2",
    "try:\n    pass\nexcept ValueError, error:\n    pass": "2",
    "try:\n    pass\nexcept (ValueError, TypeError), error:\n    print error": "2",
    "if x <> y: pass": "2",
    "mode = 0755": "2",
    "x = 10L + 0xFFL": "2",
    'x = ur"a"': "2",
    "f = lambda (a, b): a": "2",
    # neither
    "def f(x:\n    return 1": "",
    "x = (1, 2": "",
    'x = f"{a b}"': "",
    'x = f"{"': "",
    'x = f"{table["key"}"': "",
    "type = = 3": "",
    "print(x": "",
    "def first[3](x): pass": "",
    "for x in y\n    pass": "",
    "x = 'it's'": "",
    "if True:\nx = 1": "",
    "x = 08": "",
    "tipe Pair = int": "",
    "😀 = 1": "",
}


@pytest.mark.parametrize("text", OTHERS)
def test_what_another_python_reads_is_told(text: str) -> None:
    version = OTHERS[text]
    here = version in ("", "2") or tuple(map(int, version.split("."))) > RUNNING
    for lines_before in ("", "a = 1\n\n\n"):
        assert told(lines_before + text) == (f"Python {version}" if version and here else "")


def test_only_the_first_fault_of_a_text_is_told_of() -> None:
    assert told("print x\nprint y\nx = (") == "Python 2"
    assert told("x = (\nprint y") == ""


@pytest.mark.parametrize(
    "piece",
    ["f'{", 'f"{x["', "print ", "type T[", "def f[T", "except A, ", "`", "{*", "[*a for ", "0", "t'", "'''", "f'''{", "\\", "lambda ("],
)
def test_a_text_is_mended_in_a_time_that_grows_as_its_length_does(piece: str) -> None:
    for text in (piece * (MOST_LENGTH // len(piece)), f"x = )\n{piece * (1000 // len(piece))}\n" * 9):
        began = time.process_time()
        other_python(text, 1, (3, 11), lambda _: 1)
        assert time.process_time() - began < 1.5
