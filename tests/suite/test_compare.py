"""Answers compare as the curriculum says, and nothing that a submission answers can upset the comparison."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.sandbox import codec
from autograder.suite.compare import NOTES, Notes, compare
from autograder.suite.reason import show
from autograder.testing import raised, same_as

VALUE_ERROR = codec.Raised(("ValueError", "Exception", "BaseException"), "no")
UNICODE_ERROR = codec.Raised(("UnicodeDecodeError", "UnicodeError", "ValueError", "Exception", "BaseException"), "no")
TYPE_ERROR = codec.Raised(("TypeError", "Exception", "BaseException"), "no")
STUB = codec.Raised(("NotImplementedError", "RuntimeError", "Exception", "BaseException"), "")


def reason(answer: object, expected: object, **options: Any) -> str:
    finding = compare(answer, expected, **options)
    return finding.reason if finding else ""


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (3, 3.0),
        (np.int8(3), 3),
        (np.float32(0.5), 0.5),
        (np.array(2.0), 2.0),
        (2, np.array(2)),
        (np.True_, True),
        (1 + 0j, 1),
        (0.1 + 0.2, 0.3),
        (1e-13, 0.0),
        (math.nan, np.float64("nan")),
        (math.inf, math.inf),
        (complex(math.nan, 1), complex(math.nan, 1)),
        (10**1000, 10**1000),
        ((1, [2.0]), [1, (2,)]),
        ([0.1 + 0.2, 1e-13, math.inf, math.nan, -0.0], [0.3, 0.0, math.inf, math.nan, 0.0]),
        ({"a": 1, "b": None}, {"b": None, "a": 1.0}),
        ({1, 2}, {2.0, 1}),
        ({(1, "x"): 1}, {(1.0, "x"): 1}),
        (b"x", b"x"),
        (np.arange(3), np.arange(3.0)),
        (np.array([1, 2], np.uint8), np.array([1, 2], np.int64)),
        (np.array([True]), np.array([True])),
        (np.zeros((0, 3)), np.zeros((0, 3))),
        (np.array([math.nan, math.inf]), np.array([math.nan, math.inf])),
        (np.array([1e308 + 1e308j]), np.array([1e308 + 1e308j])),
        (UNICODE_ERROR, VALUE_ERROR),
        (STUB, STUB),
    ],
)
def test_equal(answer: object, expected: object) -> None:
    assert reason(answer, expected) == ""


@pytest.mark.parametrize(
    ("answer", "expected", "why"),
    [
        (2, 3, "wrong value"),
        (2**60, 2**60 + 1, "wrong value"),
        (2.0000001, 2, "wrong value"),
        (10**1000, 1.0, "wrong value"),
        (1.0, 10**1000, "wrong value"),
        (10**1000, math.inf, "wrong value"),
        (-math.inf, math.inf, "wrong value"),
        (1.7e308, -1.7e308, "wrong value"),
        (math.nan, 1.0, "not finite"),
        (complex(1, math.inf), 1 + 1j, "not finite"),
        (1.0, math.nan, "wrong value"),
        (False, True, "not so"),
        ([1, True], [1, False], "not so"),
        (True, 1, "wrong kind"),
        (1, True, "wrong kind"),
        (None, 0, "gave None"),
        ("1", 1, "wrong kind"),
        ("a", b"a", "wrong kind"),
        ("a", "b", "wrong value"),
        ([], None, "wrong kind"),
        ({}, [], "wrong kind"),
        ([1, 2], [1, 2, 3], "wrong shape"),
        ([[1.0], [2.0]], [[1.0, 2.0]], "wrong shape"),
        (["a"], ["a", "b"], "too few"),
        (["a", "b"], ["a"], "too many"),
        ([1, 3], [1, 2], "wrong value"),
        ([0.5, 1.0], [0.5, math.inf], "wrong value"),
        ([math.inf], [-math.inf], "wrong value"),
        ([math.inf], [1.0], "not finite"),
        ([math.nan], [1.0], "not finite"),
        ([1.0], [math.nan], "wrong value"),
        ([1.0], [1.0 + 1e-8], "wrong value"),
        ([True], [1], "wrong kind"),
        ({"a": [{"b": True}]}, {"a": [{"b": 1}]}, "wrong kind"),
        ({"a": 1}, {"a": 1, "b": 2}, "wrong keys"),
        ({True: 1}, {1: 1}, "wrong keys"),
        ({1, 3}, {1, 2}, "wrong value"),
        ({True}, {1}, "wrong value"),
        (np.arange(3), [0, 1, 2], "wrong kind"),
        ([0, 1, 2], np.arange(3), "wrong kind"),
        (None, np.arange(3), "gave None"),
        (True, np.arange(3), "wrong kind"),
        (0, np.arange(3), "wrong shape"),
        (np.array([2.0]), 2.0, "wrong shape"),
        (np.zeros((2, 3)), np.zeros((3, 2)), "wrong shape"),
        (np.zeros((1, 3)), np.zeros(3), "wrong shape"),
        (np.array([1, 0]), np.array([True, False]), "wrong dtype"),
        (np.array([True, False]), np.array([1.0, 0.0]), "wrong dtype"),
        (np.array([1.0, math.nan]), np.array([1.0, 2.0]), "not finite"),
        (np.array([0.1, 2.5], np.float32), np.array([0.1, 2.5]), "rounded"),
        (np.array([0.1, 2.5], np.float32), np.array([0.2, 2.5]), "wrong value"),
        (np.float32(0.1), 0.1, "rounded"),
        (np.float64(0.1 + 1e-7), 0.1, "wrong value"),
        (np.array([1.0, 2.5]), np.array([1.0, 2.0]), "wrong value"),
        (np.array([-1], np.int64), np.array([2**64 - 1], np.uint64), "wrong value"),
        (np.array([2**53 + 1]), np.array([2**53]), "wrong value"),
        (codec.Opaque("x"), codec.Opaque("x"), "wrong kind"),
        (codec.Opaque("x"), None, "wrong kind"),
        (VALUE_ERROR, 3, "raised"),
        (STUB, 3, "not written"),
        (codec.Raised(()), 3, "raised"),
        (TYPE_ERROR, VALUE_ERROR, "wrong exception"),
        (VALUE_ERROR, UNICODE_ERROR, "wrong exception"),
        (STUB, VALUE_ERROR, "not written"),
        (None, VALUE_ERROR, "did not raise"),
        (codec.Opaque("x"), VALUE_ERROR, "did not raise"),
        ({"z": 1, "changed": 2.0}, {"z": 1, "changed": 0.0}, "changed its input"),
        ({"z": 2, "changed": 2.0}, {"z": 1, "changed": 0.0}, "wrong value"),
    ],
)
def test_different(answer: object, expected: object, why: str) -> None:
    assert reason(answer, expected) == why


@pytest.mark.parametrize(
    ("answer", "expected", "why"),
    [
        (3, 3.0, "wrong dtype"),
        (np.float32(3), 3.0, "wrong dtype"),
        (np.int32(3), 3, ""),
        (3.0, np.float64(3), ""),
        (np.zeros(2, np.int32), np.zeros(2, np.uint8), ""),
        (np.zeros(2, np.float32), np.zeros(2), "wrong dtype"),
        (np.zeros(2, np.int64), np.zeros(2), "wrong dtype"),
        (np.zeros(2, np.complex128), np.zeros(2), "wrong dtype"),
    ],
)
def test_dtype_counts_only_when_asked_for(answer: object, expected: object, why: str) -> None:
    assert reason(answer, expected, dtype=True) == why
    assert reason(answer, expected) == ""


def test_tolerance_is_relative_and_absolute() -> None:
    assert reason(1e6 + 1e-4, 1e6) == ""
    assert reason(1e6 + 1e-2, 1e6) == "wrong value"
    assert reason(1e6 + 1e-2, 1e6, rtol=1e-7) == ""
    assert reason(np.array([1e-5]), np.array([0.0]), atol=1e-4) == ""


def test_the_explanation_says_where() -> None:
    finding = compare({"a": [1, {"b": np.array([[1.0, 2.0], [3.0, 4.0]])}]}, {"a": [1, {"b": np.array([[1.0, 2.0], [9.0, 4.0]])}]})
    assert finding is not None
    assert "answer['a'][1]['b'][1, 0]: 3.0 where 9.0 was wanted" in finding.explanation


def test_an_exception_is_reported_with_its_nearest_builtin_class_and_place() -> None:
    finding = compare([codec.Raised(("KeyError", "LookupError"), "secret", 2, 7)], [1])
    assert finding is not None
    assert (finding.reason, finding.exception) == ("raised", "KeyError")
    assert finding.raised is not None
    assert (finding.raised.cell, finding.raised.line) == (2, 7)


def test_an_unwritten_stub_is_no_runtime_error() -> None:
    assert raised(RuntimeError) != STUB
    assert raised(Exception) != STUB
    assert raised(NotImplementedError) == STUB


def test_raised_takes_builtin_classes_alone() -> None:
    with pytest.raises(TypeError, match="JSONDecodeError"):
        raised(__import__("json").JSONDecodeError)


def test_equality_with_an_expectation_leaves_a_reason() -> None:
    refused: Any = {"error": VALUE_ERROR, "age": 37}
    accepted: Any = {"error": None, "age": -1}
    notes = Notes()
    token = NOTES.set(notes)
    try:
        assert refused == {"error": raised(ValueError), "age": 37}
        assert notes.missed is None
        assert accepted != {"error": raised(ValueError), "age": 37}
        assert notes.missed is not None
        assert notes.missed.reason == "did not raise"
        assert accepted["age"] != same_as("-1")
        assert notes.missed.reason == "wrong kind"
        assert refused == same_as({"error": raised(ValueError), "age": 37.0})
        assert [0.1 + 0.2] == [same_as(0.3)]  # noqa: SIM300
        assert {"a": np.array([0.1 + 0.2])} == {"a": same_as(np.array([0.3]))}
        assert np.array([0.5, 0.25]) != same_as(np.array([0.5, 0.5]))
    finally:
        NOTES.reset(token)


@pytest.mark.parametrize("value", [1 << 4000, "x" * 10**6, [[[[[[1]]]]]], list(range(10**5)), np.zeros((300, 300)), {1: {2: {3: {4: 5}}}}])
def test_show_is_short_for_whatever_value(value: object) -> None:
    assert 0 < len(show(value)) <= 200


def test_nesting_without_end_is_a_wrong_answer() -> None:
    deep: list[Any] = []
    other: list[Any] = []
    for _ in range(100_000):
        deep, other = [deep], [other]
    assert reason(deep, other) == "wrong kind"


NUMBERS = st.integers() | st.floats() | st.complex_numbers()
KEYS = st.text(max_size=5) | st.integers() | st.booleans() | st.none()
ARRAYS = hnp.arrays(
    st.sampled_from([np.dtype(name) for name in ("bool", "int8", "int64", "uint64", "float16", "float32", "float64", "complex128")]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
)
LEAVES = st.none() | st.booleans() | NUMBERS | st.text(max_size=5) | st.binary(max_size=5) | ARRAYS | st.sampled_from([VALUE_ERROR, STUB])


def nested(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lists = st.lists(children, max_size=4)
    return lists | lists.map(tuple) | st.dictionaries(KEYS, children, max_size=4) | st.sets(KEYS, max_size=4)


ANSWERS = st.recursive(LEAVES, nested, max_leaves=12)


@given(ANSWERS)
@settings(max_examples=100, deadline=None)
def test_whatever_can_be_answered_is_the_same_as_itself(answer: object) -> None:
    frame = codec.encode(answer)
    for dtype in (False, True):
        assert reason(codec.decode(frame), codec.decode(frame), dtype=dtype) == ""


@given(ANSWERS, ANSWERS)
@settings(max_examples=100, deadline=None)
def test_comparison_is_symmetric_and_never_raises(one: object, other: object) -> None:
    # tolerance is relative to the expected number, so exactness is asked for
    assert (reason(one, other, rtol=0, atol=0) == "") == (reason(other, one, rtol=0, atol=0) == "")
    show(one)


@given(ANSWERS, st.data())
@settings(max_examples=100, deadline=None)
def test_one_changed_leaf_is_found(answer: object, data: st.DataObject) -> None:
    changed, expected = [codec.decode(codec.encode([answer])) for _ in range(2)]
    holder: Any = changed
    key: Any = 0
    while isinstance(holder[key], (list, dict)) and holder[key]:
        holder = holder[key]
        key = data.draw(st.sampled_from(sorted(range(len(holder)) if isinstance(holder, list) else holder, key=repr)))
    holder[key] = other_than(holder[key])
    assert reason(changed, expected) != ""


def other_than(leaf: Any) -> object:
    """A value of the same kind, where there is an easy one, that is not the leaf's."""
    if isinstance(leaf, (str, tuple, bool)) or leaf is None:
        return {"str": f"{leaf}!", "tuple": (*leaf, 0) if isinstance(leaf, tuple) else (), "bool": not leaf}.get(type(leaf).__name__, 0)
    if isinstance(leaf, np.ndarray) and leaf.size and leaf.dtype.kind in "bi":
        return np.logical_not(leaf) if leaf.dtype.kind == "b" else leaf ^ 1
    if isinstance(leaf, (int, float)) and abs(leaf) < 1e6:
        return leaf + 1
    return "something else"
