"""A feedback page in a browser, as wide as a desk, a tablet and a phone show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nbformat
import pytest
import toy
from browser import leaps, opened, overflowing, unnamed

from autograder.classroom.batch import grade_class
from autograder.classroom.handed_in import handed_in
from autograder.course.build import build
from autograder.course.model import Course
from autograder.gradebook.record import Recorder
from autograder.grading.grade import Grader

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MATHJAX = "https://cdnjs.cloudflare.com/ajax/libs/mathjax/2.7.7/latest.js?config=TeX-AMS_CHTML-full,Safe"  # by nbgrader's template
LONG = "A text raises `TypeError`, as in `double('" + "text" * 30 + "')`."
ANSWER = f"def double(x):\n    return x + x  # {'a line that goes on, ' * 10}"
READ = [
    "Hidden tests: 5 of 9 points",
    "Twice a number: 1 of 4 points, 1 of 2 hidden tests passed",
    "A person: 1 of 2 points, 1 of 2 hidden tests passed",
    "Twice twice: 3 of 3 points, 2 of 2 hidden tests passed",
    LONG.replace("`", ""),
    "A negative age raises ValueError and the old age stays.",
    "Four times a fraction.",
]


@pytest.fixture(scope="module")
def feedback(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of ada's page, who has one exercise right and two in part."""
    root = tmp_path_factory.mktemp("course")
    toy.write_source(toy.make(root, tests=toy.TESTS.replace("A text raises TypeError.", LONG)))
    (root / "nbgrader_config.py").write_text("get_config().CourseDirectory.source_directory = 'build/source'\n")
    build(Course(root), say=lambda _: None)
    (notebook,) = Course(root)
    handed = root / "submitted" / "ada" / notebook.assignment
    handed.mkdir(parents=True)
    answers = {"double": ANSWER, "person": toy.ANSWERS["person"].replace("age < 0", "age < -1")}
    nbformat.write(toy.submission(notebook, **answers), handed / f"{notebook.name}.ipynb")
    with Recorder(root) as recorder:
        list(grade_class(handed_in(recorder.coursedir, [notebook]), Grader, recorder))
    return (root / "feedback" / "ada" / notebook.assignment / f"{notebook.name}.html").as_uri()


def faults(page: Page) -> dict[str, list[str]]:
    """What keeps somebody from reading the page, by kind."""
    found = {
        "reaches over the edge": overflowing(page),
        "has no name": unnamed(page),
        "leaps over a level": leaps(page),
        "is not to be seen": [text for text in READ if not page.get_by_text(text, exact=True).is_visible()],
    }
    return {kind: which for kind, which in found.items() if which}


@pytest.mark.parametrize("width", [1200, 768, 390])
def test_a_feedback_page_can_be_read_at_every_width(browser: Browser, feedback: str, width: int) -> None:
    with opened(browser, feedback, width, outside=[MATHJAX]) as page:
        assert faults(page) == {}


@pytest.mark.parametrize(
    ("spoiled", "kind"),
    [
        ("<style>table {width: 800px !important}</style>", "reaches over the edge"),
        ("<style>td {white-space: nowrap !important}</style>", "reaches over the edge"),
        ("<a href='#double'></a>", "has no name"),
        ("<h1>One</h1><h3>Three</h3>", "leaps over a level"),
        ("<style>caption {display: none}</style>", "is not to be seen"),
        ("<style>tbody {display: none}</style>", "is not to be seen"),
        ("<style>table {visibility: hidden}</style>", "is not to be seen"),
    ],
)
def test_what_would_spoil_a_feedback_page_is_found(browser: Browser, feedback: str, spoiled: str, kind: str) -> None:
    with opened(browser, feedback, 390, outside=[MATHJAX]) as page:
        page.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", spoiled)
        assert list(faults(page)) == [kind]
