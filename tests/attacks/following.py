"""Following: what an exercise that is asked again with model answers in the place of wrong ones can do with them."""

from __future__ import annotations

from textwrap import dedent, indent

from siege import FULL, Attack

_READ = """
def read():
    # the words of the model answer beside which this runs; none where `mint` is still the stub
    import gc, inspect
    try:
        inspect.getsource(mint)
    except OSError:
        pass
    codes = [mint.__code__, *(thing.__code__ for thing in gc.get_objects() if inspect.isfunction(thing))]
    words = [word for code in codes for word in code.co_consts if isinstance(word, str) and word.startswith("mod" "el")]
    return words[0] if words else ""
"""


def _coin(body: str) -> Attack:
    """An answer to `coin` that is wrong, and does this with the word."""
    return Attack(f"{_READ}\ndef coin(number):\n    word = read()\n{indent(dedent(body).strip(), '    ')}\n", course="following")


def _at_load(body: str) -> Attack:
    """The same in a cell of the student's own, while it is loaded."""
    wrong = '# %% nbgrader={"grade_id": "coin_answer"}\ndef coin(number):\n    return 0\n'
    return Attack(f"{wrong}\n# %%\n{_READ.strip()}\n\n# %%\n{dedent(body).strip()}\n", course="following")


FOLLOWING: dict[str, str | Attack] = {
    "in what it answers": _coin("return word"),
    "in what it answers, backwards and in numbers": _coin("return {'word': [ord(letter) for letter in word[::-1]], 'all': word[::-1]}"),
    "in the text of an exception": _coin("raise ValueError(word)"),
    "in the kind of an exception": _coin("raise [KeyError, IndexError, OverflowError, OSError][len(word) and ord(word[-1]) % 4](word)"),
    "in the name of an exception": _coin("raise type(word or 'Nothing', (Exception,), {})()"),
    "in the line of an exception": _coin("""
        if word[-1:] in "01234567" and word:
            raise ValueError
        raise ValueError
    """),
    "in a warning, and in what is printed": _coin("""
        import sys, warnings
        print(word, file=sys.stderr)
        warnings.warn(word)
        return word and 0
    """),
    "in a file, for the exercise after it": _coin("open('/tmp/word', 'w').write(word); return 0"),
    "in how long it takes": _coin("""
        import time
        if word:
            time.sleep(0.001 * ord(word[-1]))
        return 0
    """),
    "in a loop without end": _coin("""
        while word:
            pass
        return 0
    """),
    "in how its process ends": _coin("""
        import os
        if word:
            os._exit(ord(word[-1]))
        return 0
    """),
    "in answers of many lengths": _coin("return [0] * (ord(word[-1]) if word else 0)"),
    "in what its cells say while they are loaded": _at_load("missing = {'': 1}[read()]"),
    "in cells that are left out": _at_load("ended = __import__('os')._exit(0) if read() else 0"),
    "in its own cells, one of which loops": _at_load("looped = [0 for _ in iter(read, '')]"),
    "telling the runs apart, and right in one alone": Attack(
        "def coin(number):\n    try:\n        return mint(number) + 1\n    except NotImplementedError:\n        return 'another answer'\n",
        course="following",
        mark=FULL - 2,
    ),
    "telling the runs apart, and half right in each": Attack(
        "def coin(number):\n    try:\n        return mint(number) + (number == 1)\n    except NotImplementedError:\n        return 241\n",
        course="following",
        mark=FULL - 4,
    ),
}
