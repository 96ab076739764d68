"""What a student is told about a mistake is true: each is made on a small exercise, in the sandbox, and its sentence read."""

from collections.abc import Iterator
from textwrap import dedent

import nbformat
import pytest
import toy

from autograder.course.model import Notebook
from autograder.grading.grade import Grader
from autograder.grading.result import Outcome, Result
from autograder.grading.said import sentence
from autograder.submission.rebuild import rebuild
from autograder.suite import suite as suites

STUBS = {
    "double": """
        def shift(x, by=1.0):
            '''x + by, an array. ValueError where x is empty.'''
            raise NotImplementedError
    """,
    "person": """
        class Box:
            '''`Box(width, height)` has an `area`, and `grown(by)` gives a larger one.'''
            def __init__(self, width, height):
                raise NotImplementedError

            def area(self):
                raise NotImplementedError
    """,
    "quadruple": """
        def moments(x):
            '''Mean and largest of the numbers of a list.'''
            raise NotImplementedError
    """,
}

RIGHT = {
    "double": """
        import numpy as np
        def shift(x, by=1.0):
            if not len(x):
                raise ValueError("nothing to shift")
            return x + by
    """,
    "person": """
        class Box:
            def __init__(self, width, height):
                self.sides = [width, height]
            @property
            def width(self):
                return self.sides[0]
            def area(self):
                return self.sides[0] * self.sides[1]
    """,
    "quadruple": """
        def moments(x):
            return sum(x) / len(x), max(x)
    """,
}

PROBES = """
import numpy as np

def shift(m, x):
    return {"shifted": m.shift(x)}

def shift_by_name(m, x):
    return m.shift(x, by=2.0).sum()

def refused(m):
    try:
        answer = m.shift(np.zeros(0))
    except Exception as error:
        answer = error
    return {"refused": answer, "shape": np.shape(m.shift(np.zeros(3)))}

def box(m):
    box = m.Box(2, 3)
    return {"width": box.width, "area": box.area() + 0}

def moments(m, x):
    mean, largest = m.moments(x)
    return [mean, largest]

def moments_as_they_are(m, x):
    try:
        return m.moments(x)
    except Exception as error:
        return error
"""

TESTS = '''
import numpy as np

from autograder.testing import exercise, raised

from . import first_probes as probes

X = np.array([0.1, 0.2, 0.4])

@exercise("double")
def test_shift(ask):
    """One is added."""
    ask.same(probes.shift, X)

@exercise("double")
def test_by_name(ask):
    """Two is added."""
    ask.same(probes.shift_by_name, X)

@exercise("double")
def test_refused(ask):
    """Nothing is refused with ValueError."""
    assert ask(probes.refused) == {"refused": raised(ValueError), "shape": (3,)}

@exercise("person")
def test_box(ask):
    """A box has its area."""
    assert ask(probes.box) == {"width": 2, "area": 6}

@exercise("person")
def test_area(ask):
    """An area is positive."""
    found = ask(probes.box)
    assert found["area"] > 5, "The area is not larger than 5."

@exercise("quadruple")
def test_moments(ask):
    """Mean and largest are right."""
    ask.same(probes.moments, [1.0, 2.0, 6.0])

@exercise("quadruple")
def test_as_they_are(ask):
    """Mean and largest come together."""
    found = ask(probes.moments_as_they_are, [1.0, 3.0])
    assert np.shape(found) == (2,)
    assert np.isfinite(found).all()
    assert found[0] < found[1]
'''


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Notebook:
    notebook = toy.make(tmp_path_factory.mktemp("course"), tests=TESTS, probes=PROBES, reference="".join(map(dedent, RIGHT.values())))
    release = nbformat.read(notebook.release, as_version=4)
    release.metadata["groundwork"] = {"title": "First steps", "imports": ["abc", "numpy"], "packages": ["numpy"]}
    for cell in release.cells:
        stub = STUBS.get(cell.id.removesuffix("_answer"))
        if cell.id.endswith("_answer") and stub:
            cell.source = dedent(stub).strip()
    nbformat.write(release, notebook.release)
    return Notebook(notebook.assignment, notebook.name, notebook.root)


@pytest.fixture(scope="module")
def grader(notebook: Notebook) -> Iterator[Grader]:
    with Grader(notebook, store=False) as grader:
        yield grader


def graded(grader: Grader, **answers: str) -> Result:
    return grader.grade(rebuild(grader.notebook, toy.submission(grader.notebook, **{**RIGHT, **answers})).notebook)


def outcome(result: Result, test: str) -> Outcome:
    return next(found for exercise in result.exercises for found in exercise.outcomes if found.test == test)


def test_right_answers_need_no_sentence(grader: Grader) -> None:
    result = graded(grader)
    assert result.score == result.max_score


def test_a_number_of_numpy_is_a_number(grader: Grader) -> None:
    result = graded(grader, quadruple="import numpy as np\ndef moments(x):\n    return np.mean(x), np.max(x)")
    assert result.score == result.max_score


def shift(body: str, call: str = "shift(x, by=1.0)") -> str:
    return f"import numpy as np\ndef helper(x):\n    return {{}}['a']\ndef {call}:\n    {body}"


def moments(body: str) -> str:
    return f"def moments(x):\n    {body}"


def box(*changes: tuple[str, str]) -> str:
    text = dedent(RIGHT["person"])
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


NONE = "look for a function that ends without a `return`, or for something that is never set."
RETURNS = "compare what it returns with what the docstring says."
HOLDS = "values than asked for in what your code gives or passes on: compare it with what the docstring says."
SHAPE = "Something that your code gives has the wrong shape: compare its size along each axis with what the docstring says."
CALL = "A call that the text promises does not work{}: keep the names, the order and the number of the parameters."
SHIFT = CALL.format(", `shift(x, by=1.0)`")
NO_SHIFT = "Your notebook defines no `shift`: it is missing, or has another name than in the stub."
OTHER = "where another kind of thing is wanted: compare what it returns with what the docstring says."
ASSERTION = (
    "Your code ends in AssertionError in line 5 of your answer where ValueError is promised: `assert` is for what never happens, "
    "bad input is refused with `raise ValueError(…)`."
)
ENDLESS = (
    "Your code calls itself so often in line 5 of your answer that Python stopped it with RecursionError: "
    "look for a recursion without an end, or use a loop where it would go as deep as the data are long."
)
PART = ": a method, an attribute or a key is missing, or has another name."

CASES = {
    # nothing came back
    "print for return": (shift("print(x + by)"), "test_shift", f"Your code gives None where an array is wanted: {NONE}"),
    "return None": (shift("return None"), "test_shift", f"Your code gives None where an array is wanted: {NONE}"),
    "a probe that uses it": (shift("pass"), "test_by_name", f"Your code gives None where an answer is wanted: {NONE}"),
    "a probe that takes it apart": (moments("print(x)"), "test_moments", f"Your code gives None where an answer is wanted: {NONE}"),
    "a test that uses it": (moments("print(x)"), "test_as_they_are", f"Your code gives None where a list or tuple is wanted: {NONE}"),
    "one of two": (moments("return None, max(x)"), "test_as_they_are", f"Your code gives None where a number is wanted: {NONE}"),
    "an entry": (box(("return self.sides[0]\n", "self.sides[0]\n")), "test_box", f"Your code gives None where a number is wanted: {NONE}"),
    "inside of the student's own code": (
        shift("return abs(print(x))"),
        "test_shift",
        "Your code raised TypeError in line 5 of your answer: something there is None, as is what a function without a `return` gives.",
    ),
    "nothing where an error is promised": (
        shift("return x + by"),
        "test_refused",
        "Your code should raise ValueError here, and did not raise anything.",
    ),
    # as many values as promised
    "one value of two": (
        moments("return sum(x) / len(x)"),
        "test_moments",
        f"Your code gives a number where several values are wanted: {RETURNS}",
    ),
    "one value in a tuple": (moments("return (sum(x) / len(x),)"), "test_moments", f"There are fewer {HOLDS}"),
    "three values": (moments("return 3.0, max(x), x"), "test_moments", f"There are more {HOLDS}"),
    "a tuple for one value": (shift("return x + by, by"), "test_shift", f"Your code gives a tuple where an array is wanted: {RETURNS}"),
    # kinds
    "a list": (shift("return list(x + by)"), "test_shift", f"Your code gives a list where an array is wanted: {RETURNS}"),
    "a list that a probe uses": (shift("return list(x + by)"), "test_by_name", f"Your code gives a list {OTHER}"),
    "an array": (moments("import numpy as np; return np.array([1.0, 6.0]), 6.0"), "test_moments", SHAPE),
    "text": (moments("return str(3.0), max(x)"), "test_moments", f"Your code gives text where a number is wanted: {RETURNS}"),
    "a generator": (moments("yield 3.0"), "test_moments", f"There are fewer {HOLDS}"),
    "a generator as it is": (shift("yield x + by"), "test_shift", f"Your code gives an iterator where an array is wanted: {RETURNS}"),
    "a dictionary": (shift("return {'x': x}"), "test_shift", f"Your code gives a dictionary where an array is wanted: {RETURNS}"),
    "a function": (shift("return lambda: x + by"), "test_shift", f"Your code gives a function where an array is wanted: {RETURNS}"),
    "a class for a function": (
        "class shift:\n    def __init__(self, x, by=1.0): pass",
        "test_shift",
        f"Your code gives an object where an array is wanted: {RETURNS}",
    ),
    "float32": (
        shift("return (x + by).astype('float32')"),
        "test_shift",
        "Your code gives numbers of fewer digits than asked for, as those of float32 are: compute in float64 all the way.",
    ),
    "a column": (shift("return (x + by)[:, None]"), "test_shift", SHAPE),
    "a number for an array": (shift("return by"), "test_shift", SHAPE),
    "a wrong value": (shift("return x - by"), "test_shift", "A value that your code gives, passes on or leaves behind is wrong."),
    "nan": (
        shift("return x * np.nan"),
        "test_shift",
        "Your code gives nan or infinity where a finite number is due: look for a division by zero, the logarithm of zero, or an overflow.",
    ),
    # exceptions
    "another exception": (
        shift("if not len(x): raise KeyError\n    return x + by"),
        "test_refused",
        "Your code ends in KeyError in line 5 of your answer where ValueError is promised.",
    ),
    "an assertion": (
        shift("assert len(x)\n    return x + by"),
        "test_refused",
        ASSERTION,
    ),
    "in a helper": (
        shift("return helper(x)"),
        "test_shift",
        "Your code raised KeyError in line 3 of your answer where it should give an answer.",
    ),
    "in a library": (
        shift("return np.linalg.inv(x)"),
        "test_shift",
        "Your code raised ValueError in line 5 of your answer where it should give an answer.",
    ),
    "without end": (
        shift("return shift(x, by)"),
        "test_shift",
        ENDLESS,
    ),
    "a name of ours that is not there": (
        shift("return moments(x)") + "\ndel shift",
        "test_shift",
        NO_SHIFT,
    ),
    "a name of theirs that is not there": (
        shift("return shiftt(x)"),
        "test_shift",
        "Your code raised NameError in line 5 of your answer where it should give an answer.",
    ),
    # calls and parts
    "another name": (shift("return x + by", "shifted(x, by=1.0)"), "test_shift", NO_SHIFT),
    "a renamed parameter": (shift("return x + b", "shift(x, b=1.0)"), "test_by_name", SHIFT),
    "a parameter less": (shift("return x + 1", "shift(x)"), "test_by_name", SHIFT),
    "a parameter more": (shift("return x + by", "shift(x, y, by=1.0)"), "test_shift", SHIFT),
    "by keyword only": (shift("return x + by", "shift(*, x, by=1.0)"), "test_shift", SHIFT),
    "a constructor": (
        box(("width, height):", "width):"), (", height]", "]")),
        "test_box",
        CALL.format(", `Box(width, height)`"),
    ),
    "no constructor": (box(("__init__", "start")), "test_box", CALL.format("")),
    "another method": (box(("area", "surface")), "test_box", f"What your code gives or makes has no `area`{PART}"),
    "no attribute": (box(("def width", "def breadth")), "test_box", f"What your code gives or makes has no `width`{PART}"),
    "no property": (box(("@property", "")), "test_box", f"Your code gives a function where a number is wanted: {RETURNS}"),
    "a property": (
        box(("def area", "@property\n    def area")),
        "test_box",
        "Your code has a number where a function or method is called: look for a property, or an attribute, in its place.",
    ),
    "an abstract class": (
        "import abc\n" + box(("class Box:", "class Box(abc.ABC):\n    @abc.abstractmethod\n    def volume(self): ...")),
        "test_box",
        "No object can be made of `Box`, which is still abstract: it lacks a method, or that has another name.",
    ),
    "an operator": (
        box(("return self.sides[0] *", "return [self.sides[0]] *")),
        "test_box",
        "The test could not go on with what your code gives: that ended in TypeError.",
    ),
    # assertions
    "a part of an equality": (box(("* self", "+ self")), "test_box", "A value that your code gives, passes on or leaves behind is wrong."),
    "a sentence of the suite's": (box(("* self", "+ 0 * self")), "test_area", "The area is not larger than 5."),
    "an assertion of a shape": (moments("return 3.0, 4.0, 5.0"), "test_as_they_are", SHAPE),
    "an assertion that numbers are finite": (
        moments("return 3.0, float('inf')"),
        "test_as_they_are",
        "Your code gives nan or infinity where a finite number is due: look for a division by zero, the logarithm of zero, or an overflow.",
    ),
    "an exception in the answer to an assertion": (
        moments("raise ValueError"),
        "test_as_they_are",
        "Your code raised ValueError in line 2 of your answer where it should give an answer.",
    ),
    "another assertion": (moments("return 3.0, 2.0"), "test_as_they_are", "This does not hold for your code."),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "test", "told"), CASES.values(), ids=CASES)
def test_a_mistake_is_told_as_what_it_is(grader: Grader, answer: str, test: str, told: str) -> None:
    exercise = next(one.exercise for one in suites.load(grader.notebook).tests if one.name == test)
    assert sentence(outcome(graded(grader, **{exercise: answer}), test)) == told
