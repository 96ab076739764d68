"""The demo class: made of what tests/demo.toml says, and shown on one screen."""

from pathlib import Path

import pytest
import toy

from autograder.classroom import demo
from autograder.course.model import Course, CourseError, Notebook

TABLE = """\
shown = "ada/toy/first"

[students.ada]
about = "everything right, but for one mistake"

[students.ada.every]
"*" = "model"
own = "# %%\\nmine = 1"

[students.ada."toy/first"]
quadruple = "mutant thrice; of text"
person = "blank"
own = "# %%\\nmine = 2"

[students.ben]
about = "a way of his own"

[students.ben."toy/first"]
double = "alternative lambdas"
person = '''text
class Person
    pass'''

[students.cid]
about = "a damaged file"

[students.cid."toy/first"]
file = '{"cells": ['

[students.dee]
about = "nothing"
"""
MUTANTS = 'MUTANTS = {"quadruple": {"thrice": ("double(double(x))", "double(x) + x"), "of text": ("+ x", "+ str(x)")}}\n'
ALTERNATIVE = '# %% nbgrader={"grade_id": "double_answer"}\ndouble = lambda x: 2 * x\n'


@pytest.fixture
def notebook(tmp_path: Path) -> Notebook:
    """A course with a demo class."""
    notebook = toy.make(tmp_path)
    toy.write_source(notebook)
    for name, text in {
        "nbgrader_config.py": f"c = get_config()\nc.CourseDirectory.source_directory = {str(tmp_path / 'build' / 'source')!r}\n",
        "tests/demo.toml": TABLE,
        "tests/mutants/toy/first.py": MUTANTS,
        "tests/alternatives/toy/lambdas.py": ALTERNATIVE,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return notebook


def test_submissions_are_made_of_the_answers_that_the_table_names(notebook: Notebook) -> None:
    made = demo.submissions(notebook)
    assert sorted(made) == ["ada", "ben"]
    ada, ben = ({cell.id: cell.source for cell in submitted.cells} for submitted in made.values())
    assert "return x + x" in ada["double_answer"]
    assert "return double(x) + str(x)" in ada["quadruple_answer"]
    assert (ada["student-1"], ada["student-2"]) == ("mine = 1", "mine = 2")
    assert ben["double_answer"] == "double = lambda x: 2 * x"
    assert ben["person_answer"] == "class Person\n    pass"
    assert ada["person_answer"] == toy.STUBS["person"]
    assert ben["quadruple_answer"] == toy.STUBS["quadruple"]


@pytest.mark.parametrize("said", ["mutant twice", "mutant thrice; twice", "alternative lambda", "modell", "text", ""])
def test_an_answer_that_does_not_exist_is_named_with_its_place(notebook: Notebook, said: str) -> None:
    (notebook.root / "tests" / "demo.toml").write_text(TABLE.replace("mutant thrice; of text", said))
    with pytest.raises(CourseError, match=rf"^tests/demo\.toml, ada, toy/first, quadruple: there is no '{said}'$"):
        demo.submissions(notebook)


def test_files_lie_where_students_hand_in(notebook: Notebook, tmp_path: Path) -> None:
    root = demo.make_class(tmp_path / "demo", Course(notebook.root))
    files = sorted(path.relative_to(root / "submitted") for path in root.glob("submitted/*/*/*"))
    assert files == [Path(student, "toy", "first.ipynb") for student in ("ada", "ben", "cid")]
    assert (root / "submitted" / "cid" / "toy" / "first.ipynb").read_text() == '{"cells": ['


def test_the_demo_class_begins_anew_when_the_course_has_changed(notebook: Notebook) -> None:
    root = notebook.root / "demo"
    root.mkdir()
    (root / "notes.txt").write_text("a person's")
    demo.make_class(root, Course(notebook.root))
    (root / "gradebook.db").write_text("marks")
    assert demo.make_class(root, Course(notebook.root)) == root
    assert (root / "gradebook.db").is_file()
    notebook.release.write_text(notebook.release.read_text() + "\n")
    demo.make_class(root, Course(notebook.root))
    assert not (root / "gradebook.db").exists()
    assert (root / "notes.txt").read_text() == "a person's"


def test_a_course_without_a_demo_class_says_so(notebook: Notebook) -> None:
    (notebook.root / "tests" / "demo.toml").unlink()
    with pytest.raises(CourseError, match=r"demo\.toml is missing"):
        demo.make_class(notebook.root / "demo", Course(notebook.root))


def test_one_screen_says_what_came_of_it_and_where_to_look_first_and_last(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(notebook.root)
    monkeypatch.setenv("COLUMNS", "80")
    demo.run(Course(notebook.root), notebook.root / "build" / "demo")
    shown = [line.rstrip() for line in capsys.readouterr().out.splitlines() if not line.startswith("wrote")]
    page = "build/demo/feedback/ada/toy/first.html"
    assert (notebook.root / page).is_file()
    head = shown.index("student  toy  handed in")
    assert shown[head - 2] == page
    assert shown[head + 1 : head + 5] == [
        "ada        4  everything right, but for one mistake",
        "ben        1  a way of his own",
        "cid        –  a damaged file",
        "dee        –  nothing",
    ]
    assert "not graded: cid, toy/first: the file is not a notebook" in "\n".join(shown)
    assert shown[-4:-2] == [f"feedback     {page}", "gradebook    build/demo/gradebook.db"]
    assert shown[-2].startswith("formgrader   cd build/demo && ")
    assert shown[-1].endswith("autograder grade toy --course build/demo")
    assert len(shown) <= 24
