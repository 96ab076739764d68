"""No text of a bounded length is dear to the trusted process, whatever it is made of."""

import time

import growth
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder.gradebook import page
from autograder.submission import rebuild as submission
from autograder.submission.program import program

BOUND = 2.0
"""CPU-seconds; what was found took ten and more, where it was stopped."""

CODE = {
    "statements on a line": ("a=b;",),
    "statements": ("a=b\n",),
    "annotated statements": ("a:b=c;",),
    "loops": ("for a in b:pass\n",),
    "modules lent": ("import a{n}\n",),
    "dots": (".",),
    "stars": ("*",),
    "dots in lines": ("." * 240 + "\n",),
    "blank lines": (" \n",),
    "blank lines apart": (" \n" * 120 + "a\n",),
    "fields": ("'", "{a["),
    "fields over lines": ("'''\n", "{a[\n"),
    "names of characters": ("'", "\\N{"),
    "import and blanks": ("import", " "),
    "magics": ("%a\n", "a=b\n"),
    "magics last": ("a=b\n", "%a\n"),
    "answers and what is none": ("def embed(x):a\n", "b=c\n"),
    "values under an answer's name": ("embed=a\n",),
    "values under an answer's name on a line": ("embed=a;",),
    "what answers hang on": ("def embed(x):return a{n}\n", "a{n}=b;"),
    "ways to a module": ("sys.modules[a];",),
    "code in texts": ("eval('a.b');",),
    "modules that are not there": ("import a{n};",),
    "tools": ("torch._scaled_dot_product_a;",),
    "tools as strings": ("('a.b.Transformer')\n",),
}
PROSE = {
    "a language that is dear": ("```perl\n", "{"),
    "brackets": ("[",),
    "emphasis": ("*a ",),
    "quotes": ("> ",),
    "lists": ("- ",),
    "tables": ("|-",),
    "entities": ("&amp;lt;",),
}


def longest(text: str) -> str:
    """As much of a text as an answer may have."""
    while not submission.bearable(text):
        text = text[: len(text) * 4 // 5]
    return text


@pytest.mark.parametrize("parts", CODE.values(), ids=CODE.keys())
def test_code_is_never_dear(parts):
    for whole in growth.grown(parts, submission.CODE_LENGTH):
        assert growth.seconds(growth.run_code, whole) < BOUND
        for step in growth.STEPS["code"][1]:
            assert growth.seconds(step, longest(whole)) < BOUND, step.__name__


ODD_CODE = {
    "another language": "%%html\n" + "&" * submission.CODE_LENGTH,
    "another language, further down": "x = 1\n\n%%perl\n" + "<a" * submission.CODE_LENGTH,
    "blank lines, and lines": ("\n" * 1_000 + "x = 1\n") * 40,
    "one import and a long way to what it imports": "import" + " " * 3_900 + "*",
    "loops in loops": "".join(" " * depth + "for a in b:\n" for depth in range(95)) + "\n".join([" " * 95 + "a=b"] * 350),
}


@pytest.mark.parametrize("text", ODD_CODE.values(), ids=ODD_CODE)
def test_odd_code_is_never_dear(text):
    whole = text[: submission.CODE_LENGTH]
    assert growth.seconds(growth.run_code, whole) < BOUND
    for step in growth.STEPS["code"][1]:
        assert growth.seconds(step, longest(whole)) < BOUND, step.__name__


@pytest.mark.parametrize(
    "text", ["def f(x):\n    return x\n" * 700, "# " + "." * 200, "'" + "*" * 200 + "'", "\n" * 1_500, "%%html\n<p>hello</p>\n" * 20]
)
def test_what_people_write_is_read(text):
    assert submission.bearable(text)


def test_a_table_that_breaks_off_at_its_end_is_read_a_few_times():
    text = "a|b\n-|-\n" * 1_240 + "a|b|c"
    assert submission.prose(submission.prose(text)) == submission.prose(text)
    for step in growth.STEPS["prose"][1]:
        assert growth.seconds(step, text) < BOUND


@pytest.mark.parametrize("parts", PROSE.values(), ids=PROSE.keys())
def test_prose_is_never_dear(parts):
    for text in growth.grown(parts, submission.PROSE_LENGTH):
        for step in growth.STEPS["prose"][1]:
            assert growth.seconds(step, text) < BOUND, step.__name__


def test_a_notebook_that_is_full_of_it_costs_seconds():
    """Every answer, as many own cells as there may be, and then as many cells as there may be at all."""
    full = growth.rebuilt().notebook
    line = "a{n}=torch.x;"
    for number, cell in enumerate(full.cells):
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell["source"] = longest(f"b={number};" + next(growth.grown((line,), submission.CODE_LENGTH - 9)))
    full.cells += [new_code_cell(next(growth.grown((line,), 900)) + f"\nb={number}", id=f"code-{number}") for number in range(100)]
    rest = submission.MOST_CELLS - len(full.cells)
    full.cells += [new_markdown_cell("[a](b)*" * 140 + f"{number}", id=f"text-{number}") for number in range(rest)]
    start = time.process_time()
    rebuilt = submission.rebuild(growth.notebook(), full)
    program(growth.notebook(), rebuilt.notebook)
    for cell in rebuilt.notebook.cells:
        if cell.cell_type == "code":
            growth.show_code(cell.source)
        else:
            page._parsed(growth.exporter().markdown2html({}, cell.source))
    assert time.process_time() - start < 10
    assert "of your own cells left out" in rebuilt.problems[-1]
