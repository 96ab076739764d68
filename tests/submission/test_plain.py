"""What a submission chose is shown so that it can do nothing to what shows it."""

import json
import unicodedata

import nbformat
import pytest
import toy
from typer.testing import CliRunner

from autograder import cli
from autograder.course.model import Course
from autograder.gradebook.feedback import SUMMARY, write_outputs
from autograder.grading.grade import Grader
from autograder.submission.plain import shown
from autograder.submission.program import program
from autograder.submission.rebuild import Ungradable, read, rebuild, require_own_folder

EVIL = "\x1b[2J\x1b]0;onslaught\x07\r\n\u2028\u2029\u202eevil\u2066\u200b\x9b31m\u00ad\ufeff[red]\x7f"
RAW = sorted({letter for letter in EVIL if not letter.isprintable()})

SHOWN = {
    "a\nb": "a\\nb",
    "\x1b[2J": "\\x1b[2J",
    "\u202eevil": "\\u202eevil",
    "\u2028": "\\u2028",
    "\x9b": "\\x9b",
    "\ud800": "\\ud800",
    "\U000e0001": "\\U000e0001",
    "é 中 [red]": "é 中 [red]",
    "x" * 70: "x" * 59 + "…",
}


@pytest.mark.parametrize(("text", "plain"), SHOWN.items())
def test_what_has_no_sign_of_its_own_is_escaped(text, plain):
    assert shown(text, 60) == plain
    assert shown(plain, 60) == plain


def test_every_character_is_shown_on_one_line():
    """Other: control, format, surrogate, private; separators of lines, paragraphs, and spaces that are not plain."""
    for number in range(0x3000):
        made = shown(chr(number))
        assert made.isprintable()
        assert made == chr(number) or unicodedata.category(chr(number))[0] in "CZ"


LITERAL = ascii(EVIL)
PLANTS = {
    "a message": f"def double(x):\n    raise ValueError({LITERAL})",
    "a class": f"def double(x):\n    raise type({LITERAL}, (ValueError,), {{}})({LITERAL})",
    "a type": f"def double(x):\n    return type({LITERAL}, (), {{'__module__': {LITERAL}}})()",
    "a value": f"def double(x):\n    return {{{LITERAL}: [{LITERAL}]}}",
    "a tool": f"def double(x):\n    return {'banned_' + EVIL!a}",
    "an import": "import \N{MATHEMATICAL BOLD SMALL E}vil\ndef double(x):\n    return x",
    "a magic": f"%evil {EVIL}\ndef double(x):\n    return 3",
    "what is no code": f"def double(x): {EVIL}",
    "while it is loaded": f"raise type({LITERAL}, (RuntimeError,), {{}})({LITERAL})",
}


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """One that bans names by a pattern, so that what matched is told."""
    made = toy.make(tmp_path_factory.mktemp("course"))
    release = nbformat.read(made.release, as_version=4)
    release.metadata.groundwork["banned"] = ["math.banned_*"]
    nbformat.write(release, made.release)
    return made


@pytest.fixture(scope="module")
def grader(notebook):
    with Grader(notebook, store=False) as made:
        yield made


def planted(notebook, answer):
    """A submission with an answer, and with the same text as its own cell, ids and metadata."""
    made = toy.submission(notebook, double=answer)
    made.cells.append(
        {"cell_type": "code", "id": EVIL, "metadata": {"nbgrader": {"grade_id": EVIL}}, "source": f"import {EVIL}", "outputs": []}
    )
    made.cells.append({"cell_type": EVIL, "metadata": {EVIL: EVIL}, "source": EVIL})
    made.metadata = {"language_info": {"name": EVIL}, "kernelspec": {"language": EVIL}}
    return json.loads(json.dumps(made))


def check_is_plain(text):
    assert [line for line in text.splitlines() if not line.isprintable()] == []
    assert set(text) & set(RAW) <= {"\n"}


@pytest.mark.parametrize("answer", PLANTS.values(), ids=PLANTS.keys())
def test_nothing_that_a_submission_chose_is_said_raw(answer, notebook, grader, tmp_path, monkeypatch):
    monkeypatch.setattr(cli, "course", lambda: Course(notebook.root))
    path = tmp_path / "first.ipynb"
    path.write_text(json.dumps(planted(notebook, answer)))
    for options in ([], ["--json"]):
        done = CliRunner().invoke(cli.app, ["check", str(path), *options])
        assert done.exit_code == 0
        check_is_plain(done.output)
        assert "\nonslaught" not in done.output
    rebuilt = rebuild(notebook, read(path))
    result = grader.grade(rebuilt.notebook)
    said = [*rebuilt.problems, *result.problems, *(outcome.private for exercise in result.exercises for outcome in exercise.outcomes)]
    assert [text for text in said if not text.isprintable()] == []
    for cell in write_outputs(rebuilt.notebook, result).cells:
        for text in [cell.source] if cell.id == SUMMARY else [text for output in cell.get("outputs", []) for text in output.data.values()]:
            check_is_plain(text)


def test_a_tool_is_named_as_the_header_names_it(notebook):
    found = program(notebook, rebuild(notebook, toy.submission(notebook, double=PLANTS["a tool"])).notebook).forbidden["double"]
    assert found == ("math.banned_*",)


def test_a_file_with_such_a_name_is_named_plainly(tmp_path):
    folder = tmp_path / EVIL.replace("\0", "")
    folder.mkdir()
    done = CliRunner().invoke(cli.app, ["check", str(folder / "a.ipynb")])
    assert done.exit_code == cli.UNGRADED
    check_is_plain(done.output)


def test_a_folder_with_such_a_name_is_named_plainly(tmp_path):
    (tmp_path / EVIL).symlink_to(tmp_path)
    with pytest.raises(Ungradable) as refused:
        require_own_folder(tmp_path / EVIL / "a.ipynb", "ada")
    assert str(refused.value).isprintable()
