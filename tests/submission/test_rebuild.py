"""What a student handed in: read whatever it is, and rebuilt on the course's own notebook."""

import copy
import json
import os
import re
import socket
import time
import tracemalloc
from html.parser import HTMLParser

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbconvert.filters.markdown import markdown2html
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from autograder.course.model import Notebook
from autograder.submission.parsing import LINE_LENGTH, MOST_TOKENS
from autograder.submission.rebuild import (
    ANSWERS_LENGTH,
    CODE_LENGTH,
    FILE_BYTES,
    MOST_PARTS,
    OWN_CELLS,
    OWN_LENGTH,
    PROSE_LENGTH,
    Ungradable,
    prose,
    read,
    rebuild,
)

STUB = "def area(r):\n    raise NotImplementedError"
ANSWER = "def area(r):\n    return 3 * r * r"


def mark(grade_id, **changes):
    return {"grade_id": grade_id, "locked": True, "grade": False, "solution": False, "schema_version": 3, "task": False, **changes}


def cells():
    """Setup, two exercises of a heading, an answer cell and a check cell each, a given cell, and prose around them."""
    made = [
        new_markdown_cell("# Circles", id="top"),
        new_code_cell("import math", id="setup", metadata={"nbgrader": mark("setup"), "tags": ["setup"]}),
    ]
    for exercise in ("area", "girth"):
        about = {"title": exercise, "difficulty": 1, "minutes": 5, "needs": []}
        made += [
            new_markdown_cell(f"## Exercise: {exercise}", id=f"{exercise}-prose"),
            new_code_cell(
                STUB.replace("area", exercise),
                id=f"{exercise}_answer",
                metadata={"nbgrader": mark(f"{exercise}_answer", solution=True, locked=False, checksum="0")},
            ),
            new_code_cell(
                f"assert {exercise}(1)",
                id=exercise,
                metadata={"nbgrader": mark(exercise, grade=True, points=4, checksum="1"), "exercise": about},
            ),
        ]
    return [
        *made,
        new_code_cell("print(area(2))", id="show", metadata={"nbgrader": mark("show")}),
        new_markdown_cell("You built circles, a < b.", id="end"),
    ]


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    found = Notebook("a0_circles", "circles", root=tmp_path_factory.mktemp("course"))
    found.release.parent.mkdir(parents=True)
    metadata = {
        "groundwork": {"title": "Circles", "imports": ["random"], "packages": []},
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
    }
    nbformat.write(new_notebook(cells=cells(), metadata=metadata), found.release)
    return found


@pytest.fixture
def submitted(notebook):
    """The release with `area` answered."""
    copied = copy.deepcopy(notebook.skeleton)
    cell(copied, "area_answer")["source"] = ANSWER
    return copied


def cell(nb, cell_id):
    return next(each for each in nb.cells if each["id"] == cell_id)


def own(nb):
    return [(each.cell_type, each.source) for each in nb.cells if each["id"].startswith("own-")]


def ours(nb):
    return [each for each in nb.cells if not each["id"].startswith("own-")]


def without_answers(each):
    return {**each, "source": None} if each.metadata.get("nbgrader", {}).get("solution") else each


def check_is_rebuilt(notebook, rebuilt):
    """What holds of every rebuilt notebook, whatever was submitted."""
    nbformat.validate(rebuilt.notebook)
    json.dumps(rebuilt.notebook, allow_nan=False).encode()
    nbformat.writes(rebuilt.notebook).encode()
    assert [without_answers(each) for each in ours(rebuilt.notebook)] == [without_answers(each) for each in notebook.skeleton.cells]
    assert rebuilt.notebook.metadata == notebook.skeleton.metadata
    for each in rebuilt.notebook.cells:
        assert each["id"].startswith("own-") <= (each.metadata == {})
        assert each.get("outputs", []) == []
        assert each.get("execution_count") is None
        assert "attachments" not in each
    assert rebuild(notebook, rebuilt.notebook).notebook == rebuilt.notebook


def test_a_submission_keeps_its_answers_and_nothing_else_changes(notebook, submitted):
    rebuilt = rebuild(notebook, submitted)
    check_is_rebuilt(notebook, rebuilt)
    assert rebuilt.notebook == submitted
    assert rebuilt.problems == ()


def test_the_skeleton_is_not_touched(notebook, submitted):
    before = copy.deepcopy(notebook.skeleton)
    rebuilt = rebuild(notebook, submitted)
    rebuilt.notebook.metadata["x"] = 1
    for each in rebuilt.notebook.cells:
        each.metadata["nbgrader"] = 7
    assert notebook.skeleton == before


# ------------------------------------------------------------------------------------ what would stop or mislead nbgrader


def change_mark(**changes):
    def change(nb):
        for each in nb.cells:
            if "nbgrader" in each.metadata:
                each.metadata.nbgrader.update(changes)

    return change


def set_metadata(cell_id, metadata):
    def change(nb):
        cell(nb, cell_id)["metadata"] = metadata

    return change


def set_key(cell_id, key, value):
    def change(nb):
        cell(nb, cell_id)[key] = value

    return change


def without(*cell_ids):
    def change(nb):
        nb["cells"] = [each for each in nb.cells if each["id"] not in cell_ids]

    return change


def doubled(cell_id):
    def change(nb):
        nb.cells.append(copy.deepcopy(cell(nb, cell_id)))

    return change


def reversed_cells(nb):
    nb.cells.reverse()


def stripped(nb):
    for each in nb.cells:
        each["metadata"] = {}


def without_ids(nb):
    for each in nb.cells:
        del each["id"]


HARMLESS = {
    "points changed": change_mark(points=1000),
    "points not a number": change_mark(points="many"),
    "checksums changed": change_mark(checksum="f" * 32),
    "schema version of the future": change_mark(schema_version=99),
    "answer cell locked": change_mark(locked=True),
    "check cell is a solution": change_mark(solution=True),
    "check cell deleted": without("area"),
    "check cell doubled": doubled("area"),
    "setup deleted": without("setup"),
    "prose deleted": without("top", "end", "area-prose"),
    "prose edited": set_key("end", "source", "## What I built"),
    "setup edited": set_key("setup", "source", "print('hello')"),
    "given cell edited": set_key("show", "source", "print(1)"),
    "check edited": set_key("area", "source", "assert True"),
    "check is markdown": set_key("area", "cell_type", "markdown"),
    "cells reversed": reversed_cells,
    "all metadata lost": stripped,
    "all ids lost": without_ids,
    "answer's metadata lost": set_metadata("area_answer", {}),
    "answer's metadata is a number": set_metadata("area_answer", 7),
    "answer's mark is a number": set_metadata("area_answer", {"nbgrader": 7}),
    "answer's grade_id is a list": set_metadata("area_answer", {"nbgrader": {"grade_id": ["x"]}}),
    "answer's grade_id is unknown": set_metadata("area_answer", {"nbgrader": {"grade_id": "zzz"}}),
    "answer's source is a list": set_key("area_answer", "source", ANSWER.splitlines(keepends=True)),
    "answer copied": doubled("area_answer"),
    "answer has outputs": set_key("area_answer", "outputs", [{"output_type": "error", "traceback": "x"}]),
    "answer was turned into markdown": set_key("area_answer", "cell_type", "markdown"),
    "answer was turned into raw": set_key("area_answer", "cell_type", "raw"),
    "answer is of an unknown kind": set_key("area_answer", "cell_type", "poem"),
    "cells that are none": lambda nb: nb.cells.extend([7, None, [], {}, {"source": 1}]),
    "notebook metadata is a list": lambda nb: nb.update(metadata=[1]),
}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS.keys())
def test_nothing_of_this_changes_what_is_graded(notebook, submitted, change):
    change(submitted)
    rebuilt = rebuild(notebook, submitted)
    check_is_rebuilt(notebook, rebuilt)
    assert cell(rebuilt.notebook, "area_answer").source == ANSWER
    assert own(rebuilt.notebook) == []


def test_answer_and_check_cell_both_gone(notebook, submitted):
    without("area", "area_answer")(submitted)
    rebuilt = rebuild(notebook, submitted)
    check_is_rebuilt(notebook, rebuilt)
    assert rebuilt.notebook.cells == notebook.skeleton.cells
    assert rebuilt.problems == ("cell area_answer is missing and is restored without an answer", "cell area is missing and is restored")


TOLD = {
    "edited": (set_key("setup", "source", "import os"), "cell setup is a given cell and is restored"),
    "emptied": (set_key("area_answer", "source", " \n"), "cell area_answer is empty and is restored without an answer"),
    "not code": (set_key("area_answer", "cell_type", "markdown"), "cell area_answer is no longer a code cell; its text is read as code"),
    "no text": (set_key("area_answer", "source", 7), "cell area_answer is missing and is restored"),
    "another language": (lambda nb: nb.metadata.language_info.update(name="R"), "language is not Python"),
    "another kernel": (lambda nb: nb.update(metadata={"kernelspec": {"language": "julia"}}), "language is not Python"),
}


@pytest.mark.parametrize(("change", "sentence"), TOLD.values(), ids=TOLD.keys())
def test_the_author_is_told(notebook, submitted, change, sentence):
    change(submitted)
    (problem,) = rebuild(notebook, submitted).problems
    assert sentence in problem


def test_a_split_answer_is_joined(notebook, submitted):
    place = submitted.cells.index(cell(submitted, "area_answer"))
    first, second = copy.deepcopy(submitted.cells[place]), copy.deepcopy(submitted.cells[place])
    first["source"], second["source"], second["id"] = "def area(r):", "    return 3 * r * r", "fresh"
    submitted.cells[place : place + 1] = [first, second]
    rebuilt = rebuild(notebook, submitted)
    check_is_rebuilt(notebook, rebuilt)
    assert cell(rebuilt.notebook, "area_answer").source == ANSWER
    assert rebuilt.problems == ("cell area_answer is there 2 times; its parts are joined in their order",)


@pytest.mark.parametrize("extra", [STUB, ANSWER, ""], ids=["the stub", "the same", "nothing"])
def test_a_copy_that_says_nothing_new_does_not_undo_the_answer(notebook, submitted, extra):
    twin = copy.deepcopy(cell(submitted, "area_answer"))
    twin["source"] = extra
    submitted.cells.append(twin)
    rebuilt = rebuild(notebook, submitted)
    assert cell(rebuilt.notebook, "area_answer").source == ANSWER
    assert rebuilt.problems == ()


def test_a_copy_turned_into_a_note_is_a_note(notebook, submitted):
    note = copy.deepcopy(cell(submitted, "area_answer"))
    note.update(cell_type="markdown", source="my first idea", id="fresh")
    submitted.cells.append(note)
    rebuilt = rebuild(notebook, submitted)
    check_is_rebuilt(notebook, rebuilt)
    assert cell(rebuilt.notebook, "area_answer").source == ANSWER
    assert own(rebuilt.notebook) == [("markdown", "my first idea")]


def test_an_answer_merged_with_its_check_still_answers(notebook, submitted):
    cell(submitted, "area_answer")["source"] = ANSWER + "\n\nassert area(1)"
    without("area")(submitted)
    rebuilt = rebuild(notebook, submitted)
    check_is_rebuilt(notebook, rebuilt)
    assert cell(rebuilt.notebook, "area_answer").source == ANSWER + "\n\nassert area(1)"
    assert cell(rebuilt.notebook, "area").source == "assert area(1)"


def test_an_emptied_answer_is_restored(notebook, submitted):
    cell(submitted, "area_answer")["source"] = " \n"
    assert cell(rebuild(notebook, submitted).notebook, "area_answer").source == STUB


ADDED = {
    "an import": ("setup", "import math\nimport os"),
    "a helper": ("show", "def half(x):\n    return x / 2\n\nprint(area(2))"),
    "an answer": ("girth", "def girth(r):\n    return 6 * r\n\nassert girth(1)"),
}


@pytest.mark.parametrize(("place", "source"), ADDED.values(), ids=ADDED.keys())
def test_what_was_defined_in_a_given_cell_is_kept_as_an_own_cell_behind_it(notebook, submitted, place, source):
    given = cell(submitted, place).source
    cell(submitted, place)["source"] = source
    rebuilt = rebuild(notebook, submitted)
    check_is_rebuilt(notebook, rebuilt)
    assert cell(rebuilt.notebook, place).source == given
    assert own(rebuilt.notebook) == [("code", source)]


def test_a_broken_attempt_beside_the_answer_does_not_spoil_it(notebook, submitted):
    twin = copy.deepcopy(cell(submitted, "area_answer"))
    twin.update(source="def area(r:\n    return", id="fresh")
    submitted.cells.insert(0, twin)
    rebuilt = rebuild(notebook, submitted)
    check_is_rebuilt(notebook, rebuilt)
    assert cell(rebuilt.notebook, "area_answer").source == ANSWER
    assert own(rebuilt.notebook) == [("code", twin.source)]
    assert rebuilt.problems == ("cell area_answer is there 2 times; its parts that can be read are joined in their order",)


@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_an_answer_in_a_text_cell_is_read_as_code_where_there_is_no_other(notebook, submitted, kind):
    text = ANSWER.replace("area", "girth") if kind == "raw" else "def girth(r):\n    return 6 < r"
    submitted.cells.append({"cell_type": kind, "source": text, "metadata": {}})
    submitted.cells.append({"cell_type": kind, "source": "def girth(r) is what I tried first", "metadata": {}})
    rebuilt = rebuild(notebook, submitted)
    check_is_rebuilt(notebook, rebuilt)
    assert own(rebuilt.notebook)[0] == ("code", text)
    assert own(rebuilt.notebook)[1][0] == kind
    assert rebuilt.problems == ("a cell that defines girth is not a code cell; its text is read as code",)


def test_a_cell_that_is_too_long_is_read_in_parts(notebook, submitted):
    long = "\n\n".join(f"def step_{n}(x):\n    # {'.' * 80}\n    return x + {n}" for n in range(600))
    submitted.cells.append(new_code_cell(f"{long}\n\n{ANSWER}"))
    rebuilt = rebuild(notebook, submitted)
    check_is_rebuilt(notebook, rebuilt)
    assert len(own(rebuilt.notebook)) > 1
    assert "\n\n".join(source for _, source in own(rebuilt.notebook)) == f"{long}\n\n{ANSWER}"
    assert "is read in" in rebuilt.problems[0]


def test_a_notebook_of_own_cells_alone_is_known_by_what_it_defines(notebook):
    texts = [ANSWER, ANSWER.replace("area", "girth")]
    rebuilt = rebuild(notebook, new_notebook(cells=[new_code_cell(text) for text in texts]))
    check_is_rebuilt(notebook, rebuilt)
    assert own(rebuilt.notebook) == [("code", text) for text in texts]


def test_an_id_does_not_outweigh_a_grade_id(notebook, submitted):
    """A stray cell with the id of an answer is an own cell, as long as the answer is there."""
    cell(submitted, "area_answer")["id"] = "moved"
    submitted.cells.append(new_code_cell("stray = 1", id="area_answer"))
    rebuilt = rebuild(notebook, submitted)
    assert cell(rebuilt.notebook, "area_answer").source == ANSWER
    assert own(rebuilt.notebook) == [("code", "stray = 1")]


# ----------------------------------------------------------------------------------------------------------- own cells


def test_own_cells_stay_where_they_stood_and_lose_their_metadata(notebook, submitted):
    submitted.cells.insert(0, new_markdown_cell("by me"))
    place = submitted.cells.index(cell(submitted, "area_answer")) + 1
    marked = new_code_cell("square = 2", metadata={"nbgrader": mark("mine", grade=True, points=50), "tags": ["setup"]}, execution_count=3)
    submitted.cells[place:place] = [marked, new_raw_cell("raw", metadata={"raw_mimetype": "text/html"}), new_code_cell("  \n")]
    rebuilt = rebuild(notebook, submitted)
    check_is_rebuilt(notebook, rebuilt)
    assert [each["id"] for each in rebuilt.notebook.cells] == [
        *("own-1", "top", "setup", "area-prose", "area_answer", "own-2", "own-3"),
        *("area", "girth-prose", "girth_answer", "girth", "show", "end"),
    ]
    assert own(rebuilt.notebook) == [("markdown", "by me"), ("code", "square = 2"), ("raw", "raw")]


def test_an_own_cell_follows_the_cell_it_followed_wherever_that_goes(notebook, submitted):
    submitted["cells"] = [
        cell(submitted, "girth"),
        new_code_cell("after_girth = 1"),
        cell(submitted, "area"),
        new_code_cell("after_area = 1"),
    ]
    rebuilt = rebuild(notebook, submitted)
    order = [each.source for each in rebuilt.notebook.cells]
    assert order.index("after_area = 1") == order.index("assert area(1)") + 1
    assert order.index("after_girth = 1") == order.index("assert girth(1)") + 1


def test_an_own_cell_that_cleaning_makes_one_of_ours_goes(notebook, submitted):
    submitted.cells.append(new_markdown_cell("You built circles, a &lt; b."))
    rebuilt = rebuild(notebook, submitted)
    check_is_rebuilt(notebook, rebuilt)
    assert own(rebuilt.notebook) == []


def test_terminal_colours_in_an_own_text_go_whole(notebook, submitted):
    submitted.cells.append(new_markdown_cell("\x1b[31mred\x1b[0m"))
    assert own(rebuild(notebook, submitted).notebook) == [("markdown", "red")]


def test_ids_of_own_cells_keep_clear_of_ours(notebook, submitted, tmp_path):
    other = Notebook("a0_circles", "circles", root=tmp_path)
    other.release.parent.mkdir(parents=True)
    skeleton = copy.deepcopy(notebook.skeleton)
    cell(skeleton, "end")["id"] = "own-1"
    nbformat.write(skeleton, other.release)
    submitted.cells.append(new_code_cell("mine = 1"))
    assert [each["id"] for each in rebuild(other, submitted).notebook.cells][-2:] == ["own-1", "own-2"]


def test_attachments_are_dropped(notebook, submitted):
    submitted.cells.append(new_markdown_cell("![](attachment:a.png)", attachments={"a.png": {"image/png": "AAAA"}}))
    rebuilt = rebuild(notebook, submitted)
    check_is_rebuilt(notebook, rebuilt)
    markdown2html(rebuilt.notebook.cells[-1].source)


TOO_MUCH = {
    "long code": [new_code_cell(("#" * 99 + "\n") * (CODE_LENGTH // 100) + "#")],
    "long line": [new_code_cell("#" * (LINE_LENGTH + 1))],
    "many statements": [new_code_cell("a=b;" * (MOST_TOKENS // 4 + 1))],
    "long text": [new_markdown_cell("a" * (PROSE_LENGTH + 1))],
    "text that cleaning makes long": [new_markdown_cell("<a" * (PROSE_LENGTH // 2))],
    "endless name": [new_code_cell("import a" + ".b" * 100)],
    "many cells": [new_code_cell(f"a = {number}") for number in range(OWN_CELLS + 1)],
    "much in all": [
        new_code_cell(f"a = {number}\n" + ("#" * 99 + "\n") * (CODE_LENGTH // 100 - 1)) for number in range(OWN_LENGTH // CODE_LENGTH + 1)
    ],
}


@pytest.mark.parametrize("extra", TOO_MUCH.values(), ids=TOO_MUCH.keys())
def test_own_cells_are_bounded(notebook, submitted, extra):
    submitted.cells.extend(copy.deepcopy(extra))
    rebuilt = rebuild(notebook, submitted)
    check_is_rebuilt(notebook, rebuilt)
    assert len(own(rebuilt.notebook)) == len(extra) - 1
    assert rebuilt.problems[0].startswith("1 of your own cells left out")


@pytest.mark.parametrize(
    "answer",
    [("#" * 99 + "\n") * (CODE_LENGTH // 100) + "#", "a" + ".a" * 10_000, "a=b;" * 9_990],
    ids=["long", "endless name", "many statements"],
)
def test_answers_are_bounded(notebook, submitted, answer):
    cell(submitted, "area_answer")["source"] = answer
    rebuilt = rebuild(notebook, submitted)
    check_is_rebuilt(notebook, rebuilt)
    assert cell(rebuilt.notebook, "area_answer").source == STUB
    assert rebuilt.problems[0].startswith("cell area_answer is longer than")


def test_code_is_kept_but_for_control_characters(notebook, submitted):
    cell(submitted, "area_answer")["source"] = "a = '\x1b\x00<b>é'\r\nb = '\ud83d\ude00\udfff'\rc = 1\f\n\td = '&lt;'"
    rebuilt = rebuild(notebook, submitted)
    check_is_rebuilt(notebook, rebuilt)
    assert cell(rebuilt.notebook, "area_answer").source == "a = '<b>é'\nb = '😀\ufffd'\nc = 1\f\n\td = '&lt;'"


# ------------------------------------------------------------------------------------------------------- other notebooks


@pytest.mark.parametrize(
    "others",
    [[], [new_markdown_cell("# Circles", id="top")], [new_code_cell("x = 1", metadata={"nbgrader": mark("other_answer", solution=True)})]],
    ids=["empty", "only the same opening", "other exercises"],
)
def test_another_notebook_is_ungradable(notebook, others):
    with pytest.raises(Ungradable, match="none of the exercises of a0_circles/circles is in it"):
        rebuild(notebook, new_notebook(cells=others))


# --------------------------------------------------------------------------------------------------------------- prose


FORMATTING = (
    "p em strong br hr ul ol li h1 h2 h3 h4 h5 h6 blockquote table thead tbody tr th td del dl dt dd a code pre div span input".split()
)
ATTRIBUTES = ("class", "title", "start", "id")


class Page(HTMLParser):
    """What of a rendered page a browser would act on, beyond plain formatting."""

    def __init__(self, page):
        super().__init__()
        self.active, self.text, self.ids = [], "", []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.text += "\n"  # MathJax looks for formulas between tags
        if tag not in FORMATTING:
            self.active.append(tag)
        for name, value in attributes:
            task = tag == "input" and (name, value) in {("type", "checkbox"), ("disabled", None)}
            aligned = tag in ("th", "td") and name == "style" and re.fullmatch("text-align:(left|right|center)", value)
            link = tag == "a" and name == "href" and re.match("https?://|mailto:|#", value, re.IGNORECASE)
            if not (name in ATTRIBUTES or task or aligned or link) or value == "mermaid":
                self.active.append((tag, name, value))
            if name == "id":
                self.ids.append(value)

    def handle_endtag(self, tag):
        self.text += "\n"

    def handle_comment(self, data):
        self.active.append("comment")

    def handle_decl(self, decl):
        self.active.append("declaration")

    def handle_pi(self, data):
        self.active.append("instruction")

    def handle_data(self, data):
        self.text += data


HOSTILE = [
    "<script>alert(1)</script>",
    "<ScRiPt\n>alert(1)</ScRiPt>",
    "<\x00script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&amp;lt;script>alert(1)",
    "<img src=x onerror=alert(1)>",
    "<img/src/onerror=alert(1)//",
    "<svg onload=alert(1)>",
    "<svg><style>a</style></svg>",
    "<a href='javascript:alert(1)'>x</a>",
    "<p style='position:fixed'>x</p>",
    "<style>* {display: none}</style>",
    "<iframe src=//e.org></iframe>",
    "<object data=x></object><embed src=x>",
    "<form action=//e.org><input name=a><button>go</button></form>",
    "<link rel=stylesheet href=//e.org><meta http-equiv=refresh content=0><base href=//e.org>",
    "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
    "<!-- hidden -->",
    "<!DOCTYPE a><?php a ?><![CDATA[ a ]]>",
    "text <b>bold</b> text",
    "<details><summary>a</summary>b</details>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](java&#x0A;script:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](java&NewLine;script&colon;alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](\\javascript:alert(1))",
    "[x]( \n javascript:alert(1) 'title')",
    "[x](%6Aavascript:alert(1))",
    "[x](data:text/html,a)",
    "[x](vbscript:a) [y](file:///etc/passwd) [z](//e.org/a)",
    "[x]\n\n[x]: javascript:alert(1)",
    "[x][y]\n\n[y]:\n  <javascript:alert(1)>",
    "[![x](y)](javascript:alert(1))",
    "<javascript:alert(1)> <a@b.org> <https://e.org>",
    "![x](https://e.org/track.png)",
    "![x][y]\n\n[y]: https://e.org/track.png",
    "![x](data:image/svg+xml;base64,AAAA)",
    "![x](attachment:a.png)",
    "\\![x](https://e.org/track.png) !\\[x](https://e.org)",
    "[a](https://e.org/\"onmouseover=alert(1))",
    "```mermaid\nclick A href \"javascript:alert(1)\"\n```",
    "~~~ \u00a0MerMaid <b>\n&lt;script>\n~~~",
    "```&#109;ermaid\n<a>\n```",
    "```m\\&#101;rmaid\n<a>\n```",
    "```mermaid\n</pre><script>alert(1)</script>\n```",
    "- > ```python\n  > <script>\n  > ```",
    "| <script> | a |\n|:-:|--|\n| <img src=x> | [x](javascript:a) |",
    "- [ ] <script>a</script>",
    "$a <script>alert(1)</script> b$",
    "$$\n<img src=x onerror=alert(1)>\n$$",
    "\\begin{a}<script>\\end{a}",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_prose_runs_or_loads(text):
    cleaned = prose(text)
    assert Page(markdown2html(cleaned)).active == []
    assert prose(cleaned) == cleaned


def test_the_page_reader_sees_what_it_is_to_see():
    """The check above can fail: without cleaning, most of these do something."""
    active = [text for text in HOSTILE if Page(markdown2html(text.replace("attachment", "a"))).active]
    assert len(active) > 0.7 * len(HOSTILE)


MATHJAX = [
    "$\\href{javascript:alert(1)}{x}$",
    "$$\\require{action}\\unicode{x41}$$",
    "\\\\(\\style{color:red}{x}\\\\)",
    "\\begin{align}\\class{a}{x}\\cssId{b}{x}\\end{align}",
    "$\\def\\frac{0}\\let\\a\\href\\newcommand{\\b}{}\\gdef\\c{}$",
    "&#36;&#92;href{javascript:alert(1)}{x}&#36;",
    "$&bsol;href{x}{y}$",
    "$\\hr\x00ef{x}{y}$ $\\hr\u202eef{x}{y}$",
    "\\\\href{javascript:alert(1)}{x}",
    "&amp;#92;href{x}{y}",
    "&amp;amp;amp;amp;#92;href{x}{y}",
]


@pytest.mark.parametrize("text", MATHJAX)
def test_formulas_have_no_links_styles_or_definitions(text):
    shown = Page(markdown2html(prose(text))).text
    assert not re.search(r"\\(href|require|unicode|style|class|cssId|def|let|gdef|newcommand)\b", shown)


@pytest.mark.parametrize(
    "heading", ["# area", "#area", "> - ## area", "1. ###\u00a0area", "area\n===", "> area\n> ---", "# &#97;rea", "### area ###"]
)
def test_no_heading_takes_the_id_of_a_grade_cell(heading):
    """Formgrader finds the cell that it shows a score for by its id, and headings have their text as one."""
    assert "area" in Page(markdown2html(heading)).ids or "\u00a0" in heading
    assert "area" not in Page(markdown2html(prose(heading))).ids


@pytest.mark.parametrize(
    "text",
    [
        "plain text, *stressed* and **strong**, `a < b`, 3 < 4 && 5 > 4, a & b",
        "a list:\n\n- one\n- two\n\n1. three\n\n> quoted\n\n---\n\n| a | b |\n|---|---|\n| 1 | 2 |",
        "$x_i < \\frac{1}{2} \\sum_i \\sigma(\\mathbf{w}^\\top x)$ and $$\\begin{aligned} a &= b \\\\ c &= d \\end{aligned}$$",
        "see [the page](https://e.org/a?b=1&c=2 'title'), [below](#below), [me](mailto:a@b.org) and https://e.org",
        "```python\nif a < b and c[i] < d(i):\n    pass  # 100%\n```",
        "naïve café, 日本語, 👩‍🔬, \u200cمی‌خواهم",
    ],
)
def test_ordinary_prose_is_left_alone(text):
    assert prose(text) == text


def test_entities_are_written_out_and_invisible_characters_go():
    assert prose("&alpha; &lt; 3 &amp; &#8364; \x1b[31mred\x1b[0m a\u202eb\u2066c\x07 d\r\ne\u2028f\x85") == "α < 3 & € red abc d\ne\nf"


PIECES = [
    *(
        "<",
        ">",
        "</",
        "/>",
        "<!--",
        "-->",
        "<?",
        "<![CDATA[",
        "script",
        "img",
        "style",
        "onerror=",
        "=",
        '"',
        "'",
        "/",
        "{",
        "}",
        " ",
        "\t",
    ),
    *("[", "]", "(", ")", "![", "!", "](", "]:", "[a]: ", "javascript:", "data:", "https://a.b", "<https://a>", "a@b.c", "attachment:x"),
    *("&", "#", ";", "lt;", "&lt;", "&amp;", "&#106;", "&colon;", "&Tab;", "&NewLine;", "&bsol;", "\u00a0", "\u2028", "\x1b[31m", "\x00"),
    *(
        "\n",
        "\n\n",
        "  \n",
        "\r",
        "# ",
        "#",
        "===",
        "---",
        "- ",
        "1. ",
        "> ",
        "```",
        "~~~",
        "mermaid",
        "`",
        "*",
        "**",
        "_",
        "~~",
        "|",
        ": ",
    ),
    *(
        "$",
        "$$",
        "\\",
        "\\\\",
        "\\href",
        "href",
        "\\begin{a}",
        "\\end{a}",
        "a|b\n-|-\n",
        "|:-:|",
        "[ ] ",
        "area",
        "\u202e",
        "\u200b",
        "\ud800",
    ),
]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_no_mixture_of_pieces_becomes_active(text):
    cleaned = prose(text)
    page = Page(markdown2html(cleaned))
    assert page.active == []
    assert "area" not in page.ids
    assert not re.search(r"\\href(?![A-Za-z])", page.text)
    assert prose(cleaned) == cleaned


@pytest.mark.parametrize("piece", ["`", "```a", "&amp;", "[a](", "#a\n", "a\n=\n", " ", "~`", "\x1b[", "![", "- "])
def test_cleaning_takes_linear_time(piece):
    start = time.process_time()
    prose((piece * PROSE_LENGTH)[:PROSE_LENGTH])
    assert time.process_time() - start < 1


def test_answers_are_bounded_together(notebook, submitted, monkeypatch):
    """The first ones keep their room, and of the others each is named."""
    assert ANSWERS_LENGTH >= 4 * 43_000
    monkeypatch.setattr("autograder.submission.rebuild.ANSWERS_LENGTH", len(ANSWER) + 10)
    cell(submitted, "girth_answer")["source"] = ANSWER.replace("area", "girth")
    rebuilt = rebuild(notebook, submitted)
    assert cell(rebuilt.notebook, "area_answer").source == ANSWER
    assert cell(rebuilt.notebook, "girth_answer").source == STUB.replace("area", "girth")
    assert [problem for problem in rebuilt.problems if "cell girth_answer is left out" in problem]


LANGUAGES = {
    "```perl\na\n```": "```text perl\na\n```",
    "~~~ html `a`\n": "~~~ text html `a`\n",
    "> - ```js\na": "> - ```text js\na",
    "```python\na\n```": "```python\na\n```",
    "```\na\n```": "```\na\n```",
    "so ```perl``` is": "so ```perl``` is",
}


@pytest.mark.parametrize(("text", "cleaned"), LANGUAGES.items())
def test_fenced_code_is_coloured_as_python_alone(text, cleaned):
    assert prose(text) == cleaned
    assert prose(cleaned) == cleaned


# --------------------------------------------------------------------------------------------------------------- files


def write(path, data):
    path.write_bytes(data if isinstance(data, bytes) else json.dumps(data).encode())
    return path


def test_a_file_is_read_without_outputs_and_metadata(notebook, submitted, tmp_path):
    submitted.cells[3].update(outputs=[{"output_type": "stream", "name": "stdout", "text": "x"}], execution_count=9)
    path = write(tmp_path / "circles.ipynb", submitted)
    got = read(path)
    nbformat.validate(got)
    assert [each.source for each in got.cells] == [each.source for each in submitted.cells]
    assert got.cells[3] == {
        "id": "area_answer",
        "cell_type": "code",
        "metadata": {"nbgrader": {"grade_id": "area_answer"}},
        "source": ANSWER,
        "outputs": [],
        "execution_count": None,
    }
    assert rebuild(notebook, got) == rebuild(notebook, submitted)


def test_a_byte_order_mark_is_no_obstacle(submitted, tmp_path):
    assert read(write(tmp_path / "a.ipynb", b"\xef\xbb\xbf" + json.dumps(submitted).encode())).cells


def test_ids_that_are_none_are_replaced(submitted, tmp_path):
    for each, cell_id in zip(submitted.cells, ["a b", "", "x" * 65, "same", "same", 7, None], strict=False):
        each["id"] = cell_id
    got = read(write(tmp_path / "a.ipynb", submitted))
    nbformat.validate(copy.deepcopy(got))  # it would mend ids
    assert len({each["id"] for each in got.cells}) == len(got.cells)
    assert all(re.fullmatch("[A-Za-z0-9_-]{1,64}", each["id"]) for each in got.cells)


def format_3(nb):
    """The same notebook as IPython 2 saved it."""
    old = []
    for each in nb.cells:
        code = {"cell_type": "code", "input": each.source, "language": "python", "outputs": [], "collapsed": False, "prompt_number": 1}
        text = {"cell_type": each.cell_type, "source": each.source}
        old.append({**(code if each.cell_type == "code" else text), "metadata": each.metadata})
    old.append({"cell_type": "heading", "level": 2, "source": "mine", "metadata": {}})
    return {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": old, "metadata": {}}]}


def test_an_old_format_is_upgraded_and_graded(notebook, submitted, tmp_path):
    got = read(write(tmp_path / "a.ipynb", format_3(submitted)))
    nbformat.validate(got)
    rebuilt = rebuild(notebook, got)
    check_is_rebuilt(notebook, rebuilt)
    assert cell(rebuilt.notebook, "area_answer").source == ANSWER
    assert own(rebuilt.notebook) == [("markdown", "## \u200bmine")]


def test_an_old_notebook_of_something_else_is_ungradable(notebook, tmp_path):
    got = read(write(tmp_path / "a.ipynb", format_3(new_notebook(cells=[new_code_cell("1")]))))
    with pytest.raises(Ungradable):
        rebuild(notebook, got)


def with_value(value):
    """A notebook whose metadata hold some JSON text."""
    return (
        b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {"x": '
        + value
        + b'}, "cells": [{"cell_type": "raw", "source": "a", "metadata": {}}]}'
    )


WRONG = {
    "empty": (b"", "empty"),
    "blank": (b" \n", "empty"),
    "not JSON": (b"%PDF-1.4", "not JSON"),
    "cut off": (json.dumps(new_notebook(cells=[new_code_cell("1")])).encode()[:-9], "not JSON"),
    "a list": (b"[]", "not a notebook"),
    "a number": (b"7", "not a notebook"),
    "null": (b"null", "not a notebook"),
    "an empty object": (b"{}", "format from 1 to 4"),
    "a format of the future": ({"nbformat": 99, "cells": []}, "format from 1 to 4"),
    "a format that is a text": ({"nbformat": "4", "cells": []}, "format from 1 to 4"),
    "a format that is true": ({"nbformat": True, "cells": []}, "format from 1 to 4"),
    "no cells": ({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}, "no cells"),
    "cells are a text": ({"nbformat": 4, "cells": "abc"}, "no cells"),
    "cells are numbers": ({"nbformat": 4, "cells": [1, 2]}, "no cells"),
    "worksheets are odd": ({"nbformat": 3, "worksheets": [7, {"cells": 7}, {"cells": [[]]}]}, "no cells"),
    "not UTF-8": (b'{"nbformat": 4, "cells": "\xff\xfe"}', "not UTF-8"),
    "UTF-16": ("{}".encode("utf-16"), "not UTF-8"),
    "deeply nested": (b"[" * 200_000, "nested too deeply"),
    "deep metadata": (with_value(b'{"a":' * 100_000 + b"1" + b"}" * 100_000), "nested too deeply"),
    "too large": (b" " * (FILE_BYTES + 1), "larger than 20 MB"),
}


@pytest.mark.parametrize(("data", "sentence"), WRONG.values(), ids=WRONG.keys())
def test_what_is_not_a_notebook_is_ungradable(tmp_path, data, sentence):
    with pytest.raises(Ungradable, match=sentence):
        read(write(tmp_path / "a.ipynb", data))


ODD = {
    "NaN": b"[NaN, Infinity, -Infinity]",
    "a huge number": b"1" + b"0" * 10_000,
    "a huge exponent": b"1e999999",
    "a key twice": b'1, "x": 2, "x": {"y": 1, "y": 2}',
    "half a character": rb'"\ud800"',
    "a null character": rb'"\u0000"',
    "nested, but bearable": b"[" * 500 + b"]" * 500,
}


@pytest.mark.parametrize("value", ODD.values(), ids=ODD.keys())
def test_oddities_elsewhere_in_the_file_do_not_matter(tmp_path, value):
    got = read(write(tmp_path / "a.ipynb", with_value(value)))
    nbformat.validate(got)
    assert [each.source for each in got.cells] == ["a"]


DENSE = {"objects": '{"a":0},', "strings": '"ab",', "brackets": "["}


@pytest.mark.parametrize("unit", DENSE.values(), ids=DENSE.keys())
def test_a_dense_file_takes_a_bounded_amount_of_memory(tmp_path, unit):
    """Of as many parts as are read at all, and of as many as a file has room for."""
    for parts in (MOST_PARTS - 10, FILE_BYTES):
        count = min(parts // sum(map(unit.count, "[{,")), (FILE_BYTES - 100) // len(unit))
        (tmp_path / "dense.ipynb").write_text('{"nbformat": 4, "cells": [], "metadata": {"x": [' + unit * count + "1]}}")
        tracemalloc.start()
        with pytest.raises(Ungradable):
            read(tmp_path / "dense.ipynb")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 250 * 2**20


def test_50_mb_are_not_even_read(tmp_path):
    path = tmp_path / "a.ipynb"
    with path.open("wb") as file:
        file.truncate(50 * 2**20)
    with pytest.raises(Ungradable, match="larger than 20 MB"):
        read(path)


def make_link(path):
    write(path.parent / "gradebook.db", new_notebook(cells=[new_code_cell("1")]))
    path.symlink_to(path.parent / "gradebook.db")


def make_socket(path):
    here = os.getcwd()
    os.chdir(path.parent)  # the name of a socket is short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path.name)
    os.chdir(here)


NO_FILE = {
    "missing": (lambda path: None, "no such file"),
    "a link": (make_link, "it is a link"),
    "a link to nothing": (lambda path: path.symlink_to("nothing"), "it is a link"),
    "a folder": (lambda path: path.mkdir(), "not a file"),
    "a pipe": (os.mkfifo, "not a file"),
    "a socket": (make_socket, "cannot be opened"),
}


@pytest.mark.parametrize(("make", "sentence"), NO_FILE.values(), ids=NO_FILE.keys())
def test_what_is_not_a_file_is_ungradable(tmp_path, make, sentence):
    path = tmp_path / "a.ipynb"
    make(path)
    with pytest.raises(Ungradable, match=sentence):
        read(path)


def test_an_unreadable_file_is_ungradable(tmp_path, monkeypatch):
    """Root may read anything, so the refusal is played."""

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    path = write(tmp_path / "a.ipynb", b"{}")
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(Ungradable, match="Permission denied"):
        read(path)


def test_no_descriptor_is_left_open(tmp_path):
    (tmp_path / "folder").mkdir()
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    for _ in range(5):
        with pytest.raises(Ungradable):
            read(tmp_path / "folder")
    assert (len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0) == before


# ------------------------------------------------------------------------------------------------------- any mutilation

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(
        [
            0,
            -1,
            7,
            99,
            10**30,
            0.5,
            float("nan"),
            float("inf"),
            "",
            "x",
            "code",
            "markdown",
            "area_answer",
            "top",
            "\ud800",
            "\x00<script>",
            "own-1",
            "a" * 50_000,
        ]
    ),
    st.sampled_from(
        [
            [],
            {},
            [[]],
            ["a", 1],
            ["x\n", "y"],
            {"grade_id": ["x"]},
            {"nbgrader": 7},
            {"grade_id": "area_answer"},
            {"nbgrader": {"grade_id": "girth"}},
        ]
    ),
)


def places(node, path=()):
    yield path
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


def mutilate(data, node):
    """Replaces, deletes or copies some nodes of a tree of JSON."""
    for _ in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.sampled_from(list(places(node))))
        if not path:
            continue
        parent = node
        for key in path[:-1]:
            parent = parent[key]
        what = data.draw(st.sampled_from(["replace", "replace", "delete", "copy"]))
        if what == "replace":
            parent[path[-1]] = copy.deepcopy(data.draw(VALUES))
        elif what == "delete":
            del parent[path[-1]]
        elif isinstance(parent, list):
            parent.insert(data.draw(st.integers(0, len(parent))), copy.deepcopy(parent[path[-1]]))
    return node


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_mutilated_notebook_is_rebuilt_or_ungradable(notebook, tmp_path_factory, data):
    tree = json.loads(json.dumps(new_notebook(cells=[*cells(), new_markdown_cell("by me"), new_code_cell("mine = 1")])))
    if data.draw(st.booleans()):
        tree = format_3(nbformat.from_dict(tree))
    path = tmp_path_factory.mktemp("mutilated") / "a.ipynb"
    write(path, mutilate(data, tree))
    try:
        rebuilt = rebuild(notebook, read(path))
    except Ungradable:
        return
    check_is_rebuilt(notebook, rebuilt)


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_rebuilding_does_not_need_reading(notebook, data):
    """nbgrader hands over a notebook that it has read itself."""
    tree = mutilate(data, json.loads(json.dumps(new_notebook(cells=cells()))))
    try:
        rebuilt = rebuild(notebook, nbformat.from_dict(tree))
    except Ungradable:
        return
    check_is_rebuilt(notebook, rebuilt)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=60), st.integers(0, 4000), st.integers(0, 60))
def test_damaged_bytes_are_a_notebook_or_ungradable(tmp_path_factory, junk, at, gone):
    whole = json.dumps(new_notebook(cells=cells())).encode()
    path = write(tmp_path_factory.mktemp("damaged") / "a.ipynb", whole[:at] + junk + whole[at + gone :])
    try:
        got = read(path)
    except Ungradable:
        return
    nbformat.validate(got)
