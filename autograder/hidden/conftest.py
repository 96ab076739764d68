"""`pytest autograder/hidden` puts the questions of every hidden suite to the model answers, in this process."""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from autograder.course.model import CourseError, Notebook, seed
from autograder.suite import suite
from autograder.suite.local import LocalSession, model_answers, source_exercises
from autograder.suite.testing import drawing
from autograder.testing import Ask


def _notebook(path: Path) -> Notebook:
    return Notebook(path.parent.name, path.stem.removeprefix("test_"))


@cache
def _answers(notebook: Notebook, judgements: ModuleType) -> tuple[suite.Reference, LocalSession]:
    probes = suite.probes_of(notebook, judgements)
    return suite.Reference(notebook, probes), LocalSession(model_answers(notebook), probes)


def pytest_configure(config: pytest.Config) -> None:
    suite.configure(config)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module:
    return suite.SuiteModule.from_parent(parent, path=module_path)


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    hidden = [item for item in items if item.path.is_relative_to(Path(__file__).parent)]
    try:
        for path in {item.path for item in hidden}:
            notebook = _notebook(path)
            tests = suite.tests_of([item for item in hidden if item.path == path])
            suite.check_exercises(notebook, tests, source_exercises(notebook))
    except CourseError as error:
        raise pytest.UsageError(str(error)) from error


@pytest.fixture
def ask(request: pytest.FixtureRequest) -> Iterator[Ask]:
    """Asks the model answers; `ask.same` compares them with the reference."""
    with drawing(seed()):
        yield suite.SuiteAsk(*_answers(_notebook(request.path), request.module))
