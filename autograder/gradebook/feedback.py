"""What a student reads: one sentence for each reason, a table for each exercise, and the notebook that carries them.

Everything here is our own text, chosen by a closed vocabulary. What a submission chose (values, messages, names of its
own) and what a hidden test holds (inputs, expected values) never gets here: a submission that could choose what its
feedback says would carry the hidden inputs out in it.
"""

from __future__ import annotations

import copy
import html
import math
from collections.abc import Mapping, Sequence

import nbformat
from nbformat import NotebookNode

from autograder.grading.result import ExerciseResult, Outcome, Result
from autograder.grading.said import explained, followed, inherited

SUMMARY = "groundwork-summary"
"""Id of the cell that is put at the top of a graded notebook."""


def table_html(result: ExerciseResult, titles: Mapping[str, str] | None = None) -> str:
    """The hidden tests of one exercise as a table that stands on its own: no style sheet, script or image from elsewhere.

    It reads at any width from a phone's up, in black on white whatever the page around it, and says "passed" or "failed" in
    words beside the sign.
    """
    rows = []
    for told in filter(None, (followed(result, titles), inherited(result.outcomes, titles))):
        rows.append(f'<tr style="{_ROW}"><td colspan="2" style="{_CELL}">{_prose(told)}</td></tr>')
    for outcome, why in explained(result):
        sign, word, colour = _verdict(outcome)
        told = _prose(outcome.meaning)
        if why:
            told = f'<strong>{told}</strong><div style="margin-top:0.25em">{_prose(why)}</div>'
        rows.append(
            f'<tr style="{_ROW}"><td style="{_CELL};{_SHORT};color:{colour}"><span aria-hidden="true">{sign}</span> {word}</td>'
            f'<td style="{_CELL};{_WIDE}">{told}</td></tr>'
        )
    headings = "".join(f'<th scope="col" style="{_CELL}">{heading}</th>' for heading in ("Test", "What it looks at"))
    return (
        f'<table class="tex2jax_ignore" style="{_TABLE}">'
        f'<caption style="{_CAPTION}">{_prose(result.title)}: {_tally(result)}</caption>'
        f'<thead style="border:0"><tr style="{_HEAD}">{headings}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def table_text(result: ExerciseResult, titles: Mapping[str, str] | None = None) -> str:
    """The same as plain text, for terminals and for viewers that show no HTML."""
    lines = [f"{_one_line(result.title)}: {_tally(result)}"]
    lines += [f"  {told}" for told in (followed(result, titles), inherited(result.outcomes, titles)) if told]
    for outcome, why in explained(result):
        lines.append(f"  {' '.join(_verdict(outcome)[:2])}  {_one_line(outcome.meaning)}")
        if why:
            lines.append(f"            {why}")
    return "\n".join(lines)


def write_outputs(rebuilt: NotebookNode, result: Result, about: Sequence[str] = ()) -> NotebookNode:
    """A copy of a rebuilt notebook that says how it was graded; `rebuilt` stays as it is.

    Each grade cell gets exactly one `execute_result`, whose text/plain is the score that nbgrader reads, and the table as
    display data. Without an `execute_result`, or with one that is no number in range, nbgrader would give full marks: so
    the score is finite and within [0, points], and a grade cell without a graded exercise is refused with ValueError.
    A cell at the top sums up the marks, what else is to be said of them, in sentences, and what was noticed about the submission.
    """
    notebook = copy.deepcopy(rebuilt)
    notebook.cells = [cell for cell in notebook.cells if cell.get("id") != SUMMARY]
    graded = {exercise.id: exercise for exercise in result.exercises}
    titles = {exercise.id: exercise.title for exercise in result.exercises}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
            cell.execution_count = None
        mark = cell.metadata.get("nbgrader", {})
        if not mark.get("grade"):
            continue
        if mark["grade_id"] not in graded:
            where = f"{result.assignment}/{result.notebook}"
            raise ValueError(f"grade cell {mark['grade_id']!r} of {where} was not graded: the result is of another version")
        exercise = graded[mark["grade_id"]]
        score = _within(exercise.score, float(mark["points"]))
        cell.outputs = [_score_output(score, float(mark["points"])), _table_output(exercise, titles)]
    notebook.cells.insert(0, _summary(result, about))
    return notebook


def _score_output(score: float, points: float) -> NotebookNode:
    shown = f'<p style="text-align:left;margin:0.5em 0"><strong>{_points(score)} of {_points(points)} points</strong></p>'
    data = {"text/plain": repr(score), "text/html": shown}
    return _node(output_type="execute_result", metadata={}, data=data, execution_count=None)


def _table_output(exercise: ExerciseResult, titles: Mapping[str, str]) -> NotebookNode:
    data = {"text/plain": table_text(exercise, titles), "text/html": table_html(exercise, titles)}
    return _node(output_type="display_data", metadata={}, data=data)


def _summary(result: Result, about: Sequence[str]) -> NotebookNode:
    rows = [
        f'<tr style="{_ROW}"><td style="{_CELL};{_WIDE}"><a href="#{html.escape(exercise.id)}">{_prose(exercise.title)}</a></td>'
        f'<td style="{_CELL};{_SHORT}">{_points(exercise.score)} of {_points(exercise.max_score)}'
        f"{f', {_points(exercise.more)} of them with ours' if exercise.more else ''}</td>"
        f'<td style="{_CELL};{_SHORT}">{_tests(exercise)}</td></tr>'
        for exercise in result.exercises
    ]
    headings = "".join(f'<th scope="col" style="{_CELL}">{heading}</th>' for heading in ("Exercise", "Points", "Tests passed"))
    lines = [
        f'<table class="tex2jax_ignore" style="{_TABLE}">',
        f'<caption style="{_CAPTION}">Hidden tests: {_points(result.score)} of {_points(result.max_score)} points</caption>',
        f'<thead style="border:0"><tr style="{_HEAD}">{headings}</tr></thead>',
        "<tbody>",
        *rows,
        "</tbody>",
        "</table>",
        *(f'<p class="tex2jax_ignore">{_prose(sentence)}</p>' for sentence in about),
    ]
    if result.problems:
        lines += [
            '<div class="tex2jax_ignore" style="overflow-wrap:anywhere">',
            "<p><strong>Noticed while reading this notebook</strong></p>",
            "<ul>",
            *(f"<li>{_prose(problem)}</li>" for problem in result.problems),
            "</ul>",
            "</div>",
        ]
    return _node(cell_type="markdown", id=SUMMARY, metadata={}, source="\n".join(lines))


def _node(**content: object) -> NotebookNode:
    node: NotebookNode = nbformat.from_dict(content)
    return node


def _within(score: float, points: float) -> float:
    score = float(score)
    return min(max(score, 0.0), points) if math.isfinite(score) else 0.0


def _verdict(outcome: Outcome) -> tuple[str, str, str]:
    """Sign, word and colour."""
    if not outcome.counts:
        return "✗", "failed", "#a3161f"
    return ("✓", "passed", "#17692f") if outcome.passed else ("✓", "with ours", "#7a5200")


def _tally(result: ExerciseResult) -> str:
    tests = f"{_tests(result)} hidden tests passed{' as your notebook stands' if result.more else ''}"
    return f"{_points(result.score)} of {_points(result.max_score)} points, {tests}"


def _tests(result: ExerciseResult) -> str:
    return f"{sum(outcome.passed for outcome in result.outcomes)} of {len(result.outcomes)}"


def _points(points: float) -> str:
    return f"{points:.2f}".rstrip("0").rstrip(".")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _prose(text: str) -> str:
    """Plain text as HTML, on one line, with `names in backquotes` as code."""
    parts = html.escape(_one_line(text)).split("`")
    if len(parts) % 2 == 0:  # a backquote without its pair is only a backquote
        return "`".join(parts)
    return "".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts))


# Inline, because a notebook is shown inside pages (nbgrader's, JupyterLab's) whose styles for tables are not ours to change.
_TABLE = "width:100%;max-width:60em;margin:0.5em 0;border-collapse:collapse;background:#fff;color:#111;font-size:1em;border:1px solid #bbb"
_CAPTION = "caption-side:top;text-align:left;padding:0.4em 0.6em;background:#fff;color:#111;font-weight:bold"
_HEAD = "background:#eee;color:#111"
_ROW = "background:#fff;color:#111;border-top:1px solid #bbb"
_CELL = "text-align:left;vertical-align:top;padding:0.4em 0.6em"
_SHORT = "white-space:nowrap"
_WIDE = "width:100%;max-width:none;white-space:normal;overflow-wrap:anywhere"
