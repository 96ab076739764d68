"""Which submissions a class has handed in."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from people import ordinary_user, public_folder

from autograder.classroom.handed_in import handed_in
from autograder.course.model import Notebook
from autograder.submission import rebuild as submission


@pytest.fixture
def folder() -> Iterator[Path]:
    with public_folder() as path:
        yield path


def course_directory(root: Path) -> SimpleNamespace:
    return SimpleNamespace(submitted_directory="submitted", format_path=lambda kind, student, name: root / kind / student / name)


def test_a_folder_that_may_not_be_opened_costs_its_student_alone(folder: Path) -> None:
    for student in ("ada", "ben", "cid"):
        path = folder / "submitted" / student / "toy"
        path.mkdir(parents=True)
        (path / "toy.ipynb").write_text("{}")
    shut = [folder / "submitted" / "ben", folder / "submitted" / "cid" / "toy"]
    (folder / "submitted" / "dan").mkdir()
    try:
        for path in shut:
            path.chmod(0)
        with ordinary_user():
            found = handed_in(course_directory(folder), [Notebook("toy", "toy"), Notebook("toy", "more")])  # type: ignore[arg-type]
            assert list(dict.fromkeys(place.student for place in found)) == ["ada", "ben", "cid"]
            assert [(place.missing, place.amiss) for place in found] == [(False, ""), (True, ""), *[(False, "")] * 4]
            for place in found[2:]:
                submission.require_own_folder(place.path, place.student)
                with pytest.raises(submission.Ungradable, match=r"cannot be opened \(Permission denied\)"):
                    submission.read(place.path)
    finally:
        for path in shut:
            path.chmod(0o755)
