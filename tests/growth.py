"""Texts that are dear: grows each kind of text to the bounds of a cell, and says what the trusted process pays for it.

`python tests/growth.py [--pairs N] [--seed S]` tries every fragment and N pairs of them, alone, in a row and alternating, and prints what
costs more than a fair share; tests/submission/test_growth.py keeps what was found.
"""

from __future__ import annotations

import argparse
import copy
import random
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

from nbconvert.exporters import HTMLExporter
from nbconvert.filters.highlight import Highlight2HTML
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder.course.model import Course, Notebook
from autograder.gradebook import page
from autograder.submission import counting, parsing, program, tools
from autograder.submission import rebuild as submission

DEAR = 1.0
"""CPU-seconds for one cell, above which a text is said to be dear."""
STOP = 10.0

CODE = [
    *"a0.,:;'\"`\\()[]{}+-*/%@&|^~<>=!?#$_ \t\n\f\u00e9\u0301\u4e2d\u202e\ufffd\U0001d400",
    *("'''", '"""', "\\\n", "f'", "f'{", "f\"{f'{", "{{", "}}", "f'{a}'", "b'", "rb'", "0x", "0_", "1_0", "1.", ".1", "1e", "1j"),
    *(
        "a=b;",
        "a;",
        "a\n",
        "a=b\n",
        "a = ",
        "a.",
        "a.b ",
        "a[",
        "a[0]",
        "a(",
        "a()",
        "a,",
        "a+",
        "a<",
        "a:",
        "a:=",
        "(a:=",
        "*a,",
        "**a,",
        "a=a,",
    ),
    *("not ", "lambda:", "lambda a:", "await ", "if a:", "if a else ", "a if a else ", "elif a:\n pass\n", "if a:pass\n", " " * 8 + "a\n"),
    *(
        "@a\n",
        "@",
        "class ",
        "class A:pass\n",
        "class A(",
        "def ",
        "def f():pass\n",
        "def f(a):\n return a\n",
        "import ",
        "import a\n",
        "import a;",
    ),
    *("import a,", "a,", "from ", "from a import b\n", "from .", "from . import ", "import a as b,", "import a.b,", "from torch import a,"),
    *("torch.", "torch.nn.Transformer\n", "nn.a;", "'Transformer',", "'.Transformer'", "__import__,", "__import__;", "getattr(", "eval,"),
    *(
        "x=torch;",
        "for a in b:pass\n",
        "for a in torch:pass;",
        "with a as b:pass\n",
        "try:\n pass\nexcept a:\n pass\n",
        "global a;",
        "nonlocal a;",
    ),
    *(
        "del a;",
        "return ",
        "yield ",
        "a:b=c;",
        "a+=b;",
        "(a,",
        "[a for a in ",
        "{a:",
        "{**",
        "match a:\n case ",
        "case a|",
        "type a=",
        "print a",
    ),
    *(
        "%a\n",
        "%%a\n",
        "%%time\n",
        "!a\n",
        "?a",
        "a?\n",
        "a=!b\n",
        "%time ",
        ">>> ",
        "... ",
        "In [1]:",
        "# ",
        "#a\n",
        "# -*- coding: ",
        "\N{GREEK SMALL LETTER ALPHA}",
    ),
    *("''", '""', "'a' ", "'a'\n", "'%s'", "'%(a)s'", "'{a}'", "'\\N{", "'\\u0041'", "\\N{", "u'", "fr'", "Rb'", "f'{a!r:", "f'{a:{b}}'"),
    *(
        "raise a;",
        "assert a;",
        "pass;",
        "pass\n",
        "...",
        "...;",
        "->",
        "in ",
        "is not ",
        "and a ",
        "or a ",
        "a and(",
        "__init__",
        "self.",
        "self.a=torch;",
    ),
    *("\r\n", "\r", "\u2028", "\x0c\n", " \\\n", "a\\\n", "\t\n", " \n", "  ", "\n\n ", "\n\t", "é.", "é\n", "a.é;", "é=torch;"),
]
"""Fragments of code; {n} in one stands for a number that counts."""
EDGES = [
    "." * 240 + "\n",
    "*" * 240 + ";",
    "a." * 55 + ";",
    " \n" * 120 + "a\n",
    " " * 240 + "a",
    "'{a[",
    "{a[",
    "{a",
    "{a.",
    "{a[]",
    "\\N{a",
    "%(",
    "%(a",
    '"""{a[\n',
    "a" * 3999 + "\n",
    "\\N{" * 1300 + "\n",
    "'" + "\\N{" * 1300 + "'\n",
]
"""What is still allowed of what is dear."""
COUNTED = [
    "a{n}=torch;",
    "a{n}=a{n};",
    "a{n},",
    "def f{n}():return torch\n",
    "import a{n}\n",
    "class A{n}:x=torch\n",
    "lambda a{n}:",
    "a{n}\n",
    "global a{n};",
    "x=a{n};",
    "f'{a{n}}',",
    "for a{n} in torch:pass\n",
    "if a{n}:x{n}=torch\n",
    "def f{n}(a{n}=torch):x{n}\n",
    "import torch as a{n}\n",
    "a{n}.b{n}=torch\n",
]

PROSE = [
    *"a0.,:;'\"`\\()[]{}+-*/%@&|^~<>=!?#$_ \t\n\u00e9\u0301\u202e",
    *(
        "**",
        "__",
        "***",
        "``",
        "```",
        "~~~",
        "~~",
        "```\n",
        "```a\n",
        "~~~\n",
        "[[",
        "](",
        "[]",
        "[](",
        "[a](",
        "[a](b)",
        "[a](#b)",
        "[a](https://b)",
        "[a]:",
        "[a]: #b\n",
    ),
    *(
        "![",
        "![a](b)",
        "[^1]",
        "[^1]:",
        "[^a]: b\n",
        "<a",
        "<a>",
        "</a>",
        "< a",
        "<!--",
        "<?",
        "<![CDATA[",
        "&a",
        "&a;",
        "&lt;",
        "&amp;",
        "&#60;",
        "&#x3c;",
    ),
    *(
        "> ",
        ">",
        ">>",
        "> a\n",
        "> > a\n",
        "- ",
        "- a\n",
        "* ",
        "* a\n",
        "+ ",
        "1. ",
        "1. a\n",
        "1) a\n",
        " - a\n",
        "- - ",
        "- > ",
        "> - ",
        "1. - ",
        "    ",
        "    a\n",
    ),
    *(
        "# ",
        "# a\n",
        "#" * 6,
        "###### a\n",
        "a\n=\n",
        "a\n-\n",
        "a\n---\n",
        "---\n",
        "***\n",
        "===\n",
        "|",
        "|a",
        "|-",
        "|-|",
        "|a|\n",
        "|a|\n|-|\n",
        "a|b\n-|-\n",
        ":-:|",
    ),
    *(
        "$",
        "$$",
        "$a$",
        "$$\n",
        "\\(",
        "\\)",
        "\\[",
        "\\]",
        "\\begin{a}",
        "\\end{a}",
        "\\begin",
        "$a",
        "\\$",
        "\\\\",
        "\\a",
        "\\{",
        "\\href{",
        "\\def",
    ),
    *(
        "http://",
        "https://a ",
        "www.a",
        "a@b",
        "mailto:",
        "https://a.b/c?d=e&",
        "<https://",
        "*a",
        "*a ",
        "* a",
        "_a",
        "_a ",
        "a*",
        "a_",
        "a**",
        "*a*",
        "**a**",
        "**a",
        "*_",
    ),
    *(
        "~~~text\n",
        "```text\n",
        "```python\n",
        "```html\n",
        "~~~perl\n",
        "  \n",
        "\n\n",
        " \n",
        "\\\n",
        "a\n",
        "a \n",
        "a  \n",
        "\t\n",
        "\ta\n",
        "\n ",
        "attachment:",
        "(attachment:",
    ),
    *(
        "]",
        "](#",
        "](https://",
        "]:",
        "]: #",
        "]: https://",
        "[a][b]",
        "[a] ",
        "[a",
        "a]",
        "(",
        "()",
        "((",
        "[![",
        "[*",
        "*[",
        "`[",
        "[`",
        "` ",
        "`a`",
        "`a",
        "``a`",
        "<`",
        "$`",
    ),
    *(
        "\x1b[",
        "\x1b[0m",
        "\x1b",
        "\u200b",
        "\u2028",
        "\r",
        "&#27;[",
        "&#27;",
        "&amp;lt;",
        "&amp;amp;",
        "&ampamp;",
        "Term\n: a\n",
        ": a\n",
        "*[a]: b\n",
        "*[",
        "^a^",
        "~a~",
        "==a==",
        "==",
        "^",
        "::",
    ),
]


@cache
def notebook() -> Notebook:
    """Of all in the course the one with most rules about what answers may use."""
    return next(each for each in Course() if each.banned and any(exercise.imports is not None for exercise in each.exercises))


def grown(parts: Sequence[str], length: int) -> Iterator[str]:
    """Texts of a length: the parts in turn; each for as long as the others; and the last one once, after all the others."""

    def many(part: str, space: int) -> str:
        if "{n}" not in part:
            return (part * (space // max(len(part), 1) + 1))[:space]
        made = "".join(part.replace("{n}", str(number)) for number in range(space // len(part.replace("{n}", "1")) + 1))
        return made[:space]

    yield many("".join(parts), length)
    if len(parts) > 1:
        yield "".join(many(part, length // len(parts)) for part in parts)
        yield parts[0] + many(parts[1], length - len(parts[0]))


def rebuilt(code: str = "", own: str = "", text: str = "") -> submission.Rebuilt:
    """The release with this in an answer cell, in an own code cell and in an own markdown cell."""
    made: NotebookNode = copy.deepcopy(notebook().skeleton)
    if code:
        next(cell for cell in made.cells if cell.metadata.get("nbgrader", {}).get("solution"))["source"] = code
    if own:
        made.cells.append(new_code_cell(own, id="mine"))
    if text:
        made.cells.append(new_markdown_cell(text, id="text"))
    return submission.rebuild(notebook(), made)


def read_code(text: str) -> None:
    submission.bearable(text)


def rebuild_code(text: str) -> None:
    rebuilt(text, text)


def run_code(text: str) -> None:
    program.program(notebook(), rebuilt(text, text).notebook)


def show_code(text: str) -> None:
    if submission.bearable(text):
        page._parsed_code(Highlight2HTML(pygments_lexer="python")(text))


def show_ipython(text: str) -> None:
    """As where a notebook does not name its language."""
    if submission.bearable(text):
        Highlight2HTML()(text)


def clean_prose(text: str) -> None:
    submission.prose(text)


def show_prose(text: str) -> None:
    cells = [cell for cell in rebuilt(text=text).notebook.cells if cell.get("id", "").startswith("own-")]
    for cell in cells:
        page._parsed(exporter().markdown2html({}, cell.source))


@cache
def exporter() -> HTMLExporter:
    return HTMLExporter()


STEPS: dict[str, tuple[int, list[Callable[[str], None]]]] = {
    "code": (submission.CODE_LENGTH, [read_code, rebuild_code, run_code, show_code, show_ipython]),
    "prose": (submission.PROSE_LENGTH, [clean_prose, show_prose]),
}


class _TooDear(BaseException):
    pass


def _stop(number: int, frame: object) -> None:
    raise _TooDear


def seconds(step: Callable[[str], None], text: str) -> float:
    """CPU-seconds of a step on a text; at least `STOP` where it was stopped."""
    for each in (parsing.read, counting.statements, tools.used):
        each.cache_clear()
    signal.signal(signal.SIGPROF, _stop)
    start = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, STOP, 0.5)
    try:
        step(text)
    except _TooDear:
        return max(STOP, time.process_time() - start)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return time.process_time() - start


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pairs", type=int, default=300)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--kind", choices=STEPS)
    options.add_argument("--above", type=float, default=DEAR)
    chosen = options.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    draw = random.Random(chosen.seed)
    for kind, fragments in (("code", [*CODE, *EDGES, *COUNTED]), ("prose", PROSE)):
        if chosen.kind not in (None, kind):
            continue
        length, steps = STEPS[kind]
        for step in steps:
            seconds(step, "a = 1\n")
        tried = [(each,) for each in fragments] if chosen.seed == 0 else []
        tried += [tuple(draw.choices(fragments, k=draw.choice([2, 2, 3]))) for _ in range(chosen.pairs)]
        for parts in tried:
            for index, text in enumerate(grown(parts, length - 1)):
                while kind == "code" and not submission.bearable(text):
                    text = text[: len(text) * 4 // 5]
                for step in steps:
                    try:
                        spent = seconds(step, text)
                    except Exception as error:
                        print(kind, step.__name__, index, parts, repr(error)[:200], flush=True)
                        continue
                    if spent > chosen.above:
                        half = seconds(step, text[: len(text) // 2])
                        print(f"{kind} {step.__name__} {index} {parts!r}: {spent:.2f} s, half {half:.2f} s", flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main()
