"""Feedback: our own sentences, and a notebook in which nbgrader can read nothing but the score."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import replace
from html.parser import HTMLParser

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader import utils

from autograder.gradebook.feedback import SUMMARY, table_html, table_text, write_outputs
from autograder.grading.result import ExerciseResult, Outcome, Result
from autograder.grading.said import AGAIN, NOT_CARRIED, REASONS, reason, sentence
from autograder.submission.place import Place

VOCABULARY = [
    "wrong value",
    "wrong shape",
    "wrong dtype",
    "wrong kind",
    "wrong keys",
    "too few",
    "too many",
    "gave None",
    "not finite",
    "rounded",
    "not so",
    "raised",
    "met None",
    "met no name",
    "too deep",
    "did not raise",
    "wrong exception",
    "no name",
    "no part",
    "another call",
    "still abstract",
    "not callable",
    "cannot be set",
    "no operator",
    "no special",
    "tripped",
    "timed out",
    "stopped",
    "too large",
    "changed its input",
    "not written",
    "forbidden tool",
    "not loaded",
]
SMUGGLED = "<script>steal(x=41)</script>"

PASSED = Outcome("test_a", "mean", 1, "The mean of `[1, 2]` is 1.5.", passed=True)
FAILED = Outcome("test_b", "mean", 1, "A table with one row has a mean, too & no <error>.", passed=False, reason="wrong value")


def failed(reason: str, **about: object) -> Outcome:
    return replace(FAILED, reason=reason, **about)


# ---------------------------------------------------------------------------------------------------------- sentences


def test_the_vocabulary_is_closed():
    assert list(REASONS) == VOCABULARY
    with pytest.raises(ValueError, match="not a reason"):
        sentence(failed("because"))


@pytest.mark.parametrize("reason", VOCABULARY)
def test_every_reason_is_told_as_sentences_of_its_own(reason):
    told = sentence(failed(reason))
    assert re.fullmatch(r"[A-Z][^{}]+\.", told)
    assert [other for other in VOCABULARY if sentence(failed(other)) == told] == [reason]


@pytest.mark.parametrize(
    ("tool", "told"),
    [
        ("torch.nn.LSTM", "Your answer uses torch.nn.LSTM in line 3 of your answer, which"),
        ("torch._attention_*", "uses torch._attention_* in line 3"),
        (SMUGGLED, "Your answer uses a tool in line 3"),
        ("", "Your answer uses a tool in line 3"),
    ],
)
def test_a_forbidden_tool_is_named_with_its_line(tool, told):
    assert told in sentence(failed("forbidden tool", tool=tool, place=Place("mean_answer", 3)))


def test_a_passed_test_needs_no_sentence():
    assert sentence(PASSED) == ""


@pytest.mark.parametrize(
    ("place", "told"),
    [
        (Place("mean_answer", 3), "in line 3 of your answer."),
        (Place("node_answer", 3), "in line 3 of your answer to node."),
        (Place("own-12", 7), "in line 7 of your own cell 12."),
        (Place("setup", 1), "in line 1 of the given cell setup."),
        (None, "it raised KeyError."),
        (Place(SMUGGLED, 41), "it raised KeyError."),
        (Place("own-1; x=41", 41), "it raised KeyError."),
    ],
)
def test_a_place_is_named_as_the_student_knows_it_or_not_at_all(place, told):
    assert sentence(failed("not loaded", exception="KeyError", place=place)).endswith(told)


@pytest.mark.parametrize(
    ("exception", "told"),
    [
        ("KeyError", "KeyError"),
        ("UnicodeDecodeError", "UnicodeDecodeError"),
        ("x41", "an exception"),
        ("print", "an exception"),
        ("int", "an exception"),
        ("", "an exception"),
    ],
)
def test_only_builtin_exceptions_are_named(exception, told):
    assert sentence(failed("raised", exception=exception)) == f"Your code raised {told} where it should give an answer."


def test_what_an_exercise_stands_on_is_named_by_its_title():
    one, two = ("spread",), ("spread", "mean")
    assert sentence(failed("raised", depends_on=one)).endswith(
        "This exercise stands on spread, where tests failed too: put it right first."
    )
    titles = {"spread": "The spread", "mean": "The mean"}
    told = sentence(failed("raised", depends_on=two), titles)
    assert told.endswith("This exercise stands on “The spread” and “The mean”, where tests failed too: put them right first.")


def test_what_is_private_stays_private():
    outcome = failed("wrong value", private=SMUGGLED)
    result = Result("a0", "one", "bubblewrap", "cpu", (ExerciseResult("mean", "The mean", 0, 2.5, (outcome,)),))
    assert "steal" not in sentence(outcome)
    assert "steal" not in nbformat.writes(write_outputs(notebook(), result))


# ------------------------------------------------------------------------------------------------------------- tables


class Tags(HTMLParser):
    """Counts open tags, and remembers every tag and attribute."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attributes}

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


EXERCISE = ExerciseResult("mean", "The mean <of> it", 1.25, 2.5, (PASSED, FAILED))


def test_a_table_says_what_was_tested_and_what_went_wrong():
    html = table_html(EXERCISE)
    assert "The mean &lt;of&gt; it: 1.25 of 2.5 points, 1 of 2 hidden tests passed" in html
    assert '<span aria-hidden="true">✓</span> passed' in html
    assert "The mean of <code>[1, 2]</code> is 1.5." in html
    assert '<span aria-hidden="true">✗</span> failed' in html
    assert "A table with one row has a mean, too &amp; no &lt;error&gt;." in html
    assert sentence(FAILED) in html


def test_a_table_stands_on_its_own_and_is_closed():
    tags = Tags(table_html(EXERCISE))
    assert tags.open == []
    assert tags.seen <= {"table", "caption", "thead", "tbody", "tr", "th", "td", "span", "strong", "div", "code"}
    assert tags.attributes <= {"style", "class", "scope", "colspan", "aria-hidden"}
    assert "url(" not in table_html(EXERCISE)


def test_a_table_says_once_what_the_exercise_stands_on_and_what_fails_alike():
    alike = [failed("not written", depends_on=("node",)), failed("not written", depends_on=("node",)), failed("wrong value")]
    result = ExerciseResult("mean", "The mean", 0, 2.5, (alike[0], alike[1], PASSED, alike[1], alike[2]))
    stands_on = "This exercise stands on “The node”, where tests failed too: put it right first."
    lines = [line.strip() for line in table_text(result, {"node": "The node"}).splitlines()]
    assert lines[1] == stands_on
    told = [line for before, line in itertools.pairwise(lines) if before.startswith("✗")]
    assert told == [REASONS["not written"].format(place=""), AGAIN, REASONS["not written"].format(place=""), REASONS["wrong value"]]
    html = table_html(result, {"node": "The node"})
    assert html.count("This exercise stands on") == 1
    assert html.count(AGAIN) == 1
    assert Tags(html).open == []


def test_text_says_the_same():
    assert table_text(EXERCISE).splitlines() == [
        "The mean <of> it: 1.25 of 2.5 points, 1 of 2 hidden tests passed",
        "  ✓ passed  The mean of `[1, 2]` is 1.5.",
        "  ✗ failed  A table with one row has a mean, too & no <error>.",
        f"            {sentence(FAILED)}",
    ]


FOLLOWED = ExerciseResult(
    "mean",
    "The mean",
    2.0,
    2.5,
    (replace(FAILED, carried=True, depends_on=("spread",)), replace(PASSED, carried=False), replace(FAILED, carried=False)),
    more=1.5,
    replaced=("spread",),
)


def test_a_table_shows_the_points_of_the_run_that_counts_and_what_the_notebook_did_as_it_stands():
    told = [line.strip() for line in table_text(FOLLOWED, {"spread": "The spread"}).splitlines()]
    assert told == [
        "The mean: 2 of 2.5 points, 1 of 3 hidden tests passed as your notebook stands",
        "0.5 as your notebook stands, 1.5 more with our “The spread” in the place of yours.",
        "This exercise stands on “The spread”, where tests failed too: put it right first.",
        f"✓ with ours  {FAILED.meaning}",
        reason(FAILED),
        f"✗ failed  {PASSED.meaning}",
        NOT_CARRIED,
        f"✗ failed  {FAILED.meaning}",
        reason(FAILED),
    ]
    html = table_html(FOLLOWED)
    assert Tags(html).open == []
    assert '<span aria-hidden="true">✓</span> with ours' in html


def test_that_an_answer_could_not_be_carried_is_said():
    told = table_text(replace(EXERCISE, reaches=("spread",)), {"spread": "The spread"})
    assert (
        "Your answer reads what only your “The spread” keeps inside, so it cannot be asked as it should be with ours in its place." in told
    )


def test_the_summary_says_how_many_points_were_carried():
    cells = write_outputs(notebook(), Result("a0", "one", "bubblewrap", "cpu", (FOLLOWED,))).cells
    assert "2 of 2.5, 1.5 of them with ours" in cells[0].source
    assert any("1.5 more with our spread in the place of yours" in str(cell.get("outputs", "")) for cell in cells)


# ------------------------------------------------------------------------------------------------------- the notebook


def notebook() -> NotebookNode:
    answer = {"grade_id": "mean_answer", "grade": False, "solution": True, "locked": False, "schema_version": 3, "task": False}
    check = {"grade_id": "mean", "grade": True, "solution": False, "locked": True, "points": 2.5, "schema_version": 3, "task": False}
    return nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("# The mean", id="top"),
            nbformat.v4.new_code_cell("def mean(x): ...", id="mean_answer", metadata={"nbgrader": answer}),
            nbformat.v4.new_code_cell("assert mean([1]) == 1", id="mean", metadata={"nbgrader": check}),
        ]
    )


def result(score: float, problems: tuple[str, ...] = ()) -> Result:
    return Result("a0", "one", "bubblewrap", "cpu", (replace(EXERCISE, score=score),), problems)


@pytest.mark.parametrize(
    ("score", "mark"),
    [
        (1.25, 1.25),
        (0, 0.0),
        (2.5, 2.5),
        (2.6, 2.5),
        (-1, 0.0),
        (True, 1.0),
        (math.nan, 0.0),
        (math.inf, 0.0),
        (-math.inf, 0.0),
        (1e-9, 1e-9),
    ],
)
def test_nbgrader_reads_the_score_and_nothing_else(score, mark):
    graded = write_outputs(notebook(), result(score))
    (cell,) = [cell for cell in graded.cells if utils.is_grade(cell)]
    results = [output for output in cell.outputs if output.output_type == "execute_result"]
    assert [output["data"]["text/plain"] for output in results] == [repr(mark)]
    assert utils.determine_grade(cell) == (mark, 2.5)
    nbformat.validate(graded)


def test_other_outputs_of_a_cell_are_dropped():
    forged = notebook()
    forged.cells[1].outputs = [nbformat.v4.new_output("stream", name="stderr", text="!")]
    forged.cells[2].outputs = [nbformat.v4.new_output("execute_result", data={"text/plain": "2.5"})]
    graded = write_outputs(forged, result(1))
    assert [[output.output_type for output in cell.get("outputs", ())] for cell in graded.cells] == [
        [],
        [],
        [],
        ["execute_result", "display_data"],
    ]


def test_a_grade_cell_without_a_result_is_refused_because_nbgrader_would_give_it_full_marks():
    with pytest.raises(ValueError, match="'mean' of a0/one was not graded"):
        write_outputs(notebook(), Result("a0", "one", "bubblewrap", "cpu", ()))


def test_the_rebuilt_notebook_stays_as_it_is():
    given = notebook()
    write_outputs(given, result(1))
    assert given == notebook()


def test_a_cell_at_the_top_sums_up_marks_and_problems():
    graded = write_outputs(notebook(), result(1.25, ("cell `mean`: $x$ <b>bold</b>\n\nis no Python",)))
    top = graded.cells[0]
    assert (top.id, top.cell_type, top.metadata) == (SUMMARY, "markdown", {})
    assert "Hidden tests: 1.25 of 2.5 points" in top.source
    assert '<a href="#mean">The mean &lt;of&gt; it</a>' in top.source
    assert "<li>cell <code>mean</code>: $x$ &lt;b&gt;bold&lt;/b&gt; is no Python</li>" in top.source
    assert Tags(top.source).open == []
    assert "\n\n" not in top.source  # which would end the HTML for a Markdown reader


def test_writing_twice_gives_the_same_notebook():
    once = write_outputs(notebook(), result(1))
    assert write_outputs(once, result(1)) == once
