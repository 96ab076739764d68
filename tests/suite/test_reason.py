"""Of what a submission says about its exceptions, feedback passes on nothing but kinds and names of ours."""

import nbformat
import pytest

from autograder.grading.result import Outcome
from autograder.grading.said import sentence
from autograder.sandbox import codec
from autograder.suite.reason import Finding, Vocabulary, told

STUB = """
class Box:
    def __init__(self, width: float, height: float = 1.0) -> None:
        raise NotImplementedError

    @classmethod
    def square(cls, side: float) -> "Box":
        raise NotImplementedError

    @staticmethod
    def is_size(x: float) -> bool:
        raise NotImplementedError

def area(boxes: list, *, scale=2, **others):
    raise NotImplementedError
"""


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    cell = nbformat.v4.new_code_cell(STUB, metadata={"nbgrader": {"solution": True}})
    return Vocabulary(nbformat.v4.new_notebook(cells=[cell]))


def said(vocabulary: Vocabulary, message: str, kind: str = "TypeError", reason: str = "raised", cell: int | None = None) -> str:
    reason = "not written" if kind == "NotImplementedError" else reason
    finding = told(Finding(reason, "", codec.Raised((kind, "Exception"), message, cell, cell), "ValueError"), vocabulary)
    outcome = Outcome("test", "box", 1, "It holds.", False, finding.reason, finding.exception, detail=finding.detail, private="x41")
    return sentence(outcome)


def test_calls_are_shown_as_in_the_stub(vocabulary: Vocabulary) -> None:
    assert vocabulary.calls == {
        "Box.__init__": "Box(width, height=1.0)",
        "Box.square": "square(side)",
        "Box.is_size": "is_size(x)",
        "area": "area(boxes, *, scale=2, **others)",
    }


MESSAGES = [
    ("module '__main__' has no attribute '{}'", "AttributeError"),
    ("'{}' object has no attribute '{}'", "AttributeError"),
    ("type object '{}' has no attribute '{}'", "AttributeError"),
    ("property '{}' of 'Box' object has no setter", "AttributeError"),
    ("{}() got an unexpected keyword argument '{}'", "TypeError"),
    ("Can't instantiate abstract class {} with abstract methods {}", "TypeError"),
    ("'{}' object is not callable", "TypeError"),
    ("'{}' object is not iterable", "TypeError"),
    ("cannot unpack non-iterable {} object", "TypeError"),
    ("float() argument must be a string or a real number, not '{}'", "TypeError"),
    ("unsupported operand type(s) for {}: 'int' and '{}'", "TypeError"),
    ("name '{}' is not defined", "NameError"),
    ("'{}'", "KeyError"),
    ("{}", "ValueError"),
    ("NoneType {}", "TypeError"),
    ("could not convert string to float: '{}'", "ValueError"),
    ("operands could not be broadcast together with shapes {}", "ValueError"),
]


@pytest.mark.parametrize("reason", ["raised", "wrong exception", "tripped"])
@pytest.mark.parametrize("cell", [None, 1])
@pytest.mark.parametrize(("message", "kind"), MESSAGES)
def test_what_a_submission_chose_is_not_passed_on(vocabulary: Vocabulary, message: str, kind: str, reason: str, cell: int | None) -> None:
    told = {said(vocabulary, message.replace("{}", chosen), kind, reason, cell) for chosen in ("x41", "x42", "a" * 1000)}
    assert len(told) == 1
    assert "x4" not in told.pop()
    assert "<b>" not in said(vocabulary, message.replace("{}", "<b>"), kind, reason, cell)


@pytest.mark.parametrize(
    ("message", "kind", "names"),
    [
        ("'Box' object has no attribute 'width'", "AttributeError", "`width`"),
        ("Box.__init__() missing 1 required positional argument: 'height'", "TypeError", "`Box(width, height=1.0)`"),
        ("Can't instantiate abstract class Box without an implementation for abstract method 'area'", "TypeError", "`Box`"),
        ("'width'", "KeyError", "`width`"),
        ("_forward_unimplemented() got an unexpected keyword argument 'mask'", "TypeError", "has no such part"),
        ('Module [Box] is missing the required "area" function', "NotImplementedError", "`area`"),
        ("unsupported operand type(s) for ** or pow(): 'int' and 'Box'", "TypeError", "`**`"),
        ("'<=' not supported between instances of 'Box' and 'int'", "TypeError", "`<=`"),
        ("'list' object has no attribute 'width'", "AttributeError", "a list"),
        ("must be real number, not list", "TypeError", "a list"),
        ("linear(): argument 'input' (position 1) must be Tensor, not numpy.ndarray", "TypeError", "an array"),
        ("object of type 'generator' has no len()", "TypeError", "an iterator"),
        ("bad operand type for abs(): 'dict'", "TypeError", "a dictionary"),
        ("list indices must be integers or slices, not str", "TypeError", "ended in TypeError"),
        ("can't multiply sequence by non-int of type 'float'", "TypeError", "ended in TypeError"),
    ],
)
def test_names_and_kinds_of_ours_are(vocabulary: Vocabulary, message: str, kind: str, names: str) -> None:
    assert names in said(vocabulary, message, kind)
