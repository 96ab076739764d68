"""The codec carries plain data exactly, and its decoder refuses everything else within bounds of time and memory."""

import contextlib
import itertools
import math
import struct
import tracemalloc

import numpy as np
import pytest
from fuzz_codec import allowance, frame, fuzz
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.sandbox import codec
from autograder.sandbox.worker.codec import HEAD, MAGIC, MAX_DEPTH, MAX_KEYS, BadFrame, Opaque, Raised, Unencodable


def there_and_back(value: object, tensors: bool = False) -> object:
    return codec.decode(codec.encode(value), tensors)


leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**200), 2**200)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.binary(max_size=20)
    | st.complex_numbers(allow_nan=False)
)
keys = (
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])) | st.tuples(st.integers(), st.text("ab"))
)
data = st.recursive(leaves, lambda x: st.lists(x) | st.tuples(x, x) | st.dictionaries(keys, x) | st.sets(keys), max_leaves=20)


@settings(max_examples=150, deadline=None)
@given(data)
def test_plain_data_comes_back_the_same(value):
    back = there_and_back(value)
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize("dtype", sorted(codec.DTYPES))
@pytest.mark.parametrize("shape", [(), (1,), (2, 3), (0, 4)])
def test_arrays_keep_shape_dtype_and_values(dtype, shape):
    array = np.arange(math.prod(shape)).reshape(shape).astype(dtype)
    back = there_and_back([array, array.T])
    assert [b.dtype for b in back] == [array.dtype, array.dtype]
    assert np.array_equal(back[0], array)
    assert np.array_equal(back[1], array.T)


@pytest.mark.parametrize(
    "value", [float("inf"), float("-inf"), -0.0, 2**53, -(2**53), 10**1000, np.float64(0.1), np.int8(-3), np.bool_(True), "\N{SNOWMAN}"]
)
def test_odd_scalars_come_back_the_same(value):
    back = there_and_back(value)
    assert back == value
    assert math.copysign(1, back) == math.copysign(1, value) if value == 0 else True
    assert type(back) is type(value)


def test_nan_comes_back_as_nan():
    assert math.isnan(there_and_back(float("nan")))
    assert [math.isnan(x) for x in there_and_back([0.5, float("nan"), 2.0])] == [False, True, False]


def test_depth_ends_where_it_says():
    deepest: object = 0.5
    for _ in range(MAX_DEPTH):
        deepest = [deepest]
    assert there_and_back(deepest) == deepest
    with pytest.raises(Unencodable):
        codec.encode([deepest])


def test_tensors_come_as_arrays_or_when_asked_as_tensors():
    torch = pytest.importorskip("torch")
    tensor = torch.arange(6.0, requires_grad=True).reshape(2, 3)
    assert np.array_equal(there_and_back(tensor), tensor.detach().numpy())
    assert torch.equal(there_and_back(tensor, tensors=True), tensor.detach())
    assert there_and_back(torch.ones(2, dtype=torch.bfloat16)).dtype == np.float32


def test_subclasses_are_reduced_to_what_they_extend():
    class Text(str):
        def __eq__(self, other):
            return True

        __hash__ = str.__hash__

    class Number(float):
        pass

    class Table(np.ndarray):
        pass

    back = there_and_back([Text("a"), Number(2.5), np.zeros(2).view(Table)])
    assert [type(x) for x in back] == [str, float, np.ndarray]


def test_objects_are_named_and_equal_nothing_useful():
    class Liar:
        def __eq__(self, other):
            return True

        __hash__ = object.__hash__

    back = there_and_back([Liar(), object, np.array([object()])])
    assert [type(x) for x in back] == [Opaque, Opaque, Opaque]
    assert back[0] != 1


def test_exceptions_carry_builtin_classes_and_the_line_of_the_submission():
    class Own(UnicodeError):
        pass

    def fail():
        raise Own("no")

    module = {"fail": fail}
    exec(compile("\n\ndef ask():\n    fail()", "<cell 4>", "exec"), module)
    try:
        module["ask"]()
    except Own as error:
        back = there_and_back(error)
    assert back == Raised(("UnicodeError", "ValueError", "Exception", "BaseException"), "no", 4, 4)


def test_a_class_that_only_has_the_name_of_a_builtin_exception_is_not_one():
    fake = type("ValueError", (Exception,), {})
    assert there_and_back(fake()).names == ("Exception", "BaseException")


@pytest.mark.parametrize("make", [
    lambda: [[0] * 300_000],
    lambda: [0.5] * 300_000,
    lambda: "x" * 1_000_001,
    lambda: 1 << 5000,
    lambda: np.broadcast_to(np.zeros(1), (1 << 40,)),
    lambda: bytes(65 << 20),
], ids=["nodes", "numbers", "text", "int", "broadcast view", "bytes"])  # fmt: skip
def test_too_much_is_refused_where_it_arises(make):
    with pytest.raises(Unencodable):
        codec.encode(make())


def test_data_that_contains_itself_is_refused_where_it_arises():
    loop: list = []
    loop.append(loop)
    with pytest.raises(Unencodable):
        codec.encode(loop)


HOSTILE = {
    "nothing": b"",
    "short": b"GWK1",
    "other magic": b"PYRO" + bytes(20),
    "pickle": b"\x80\x04]\x94.",
    "length beyond the end": HEAD.pack(MAGIC, 100, 0) + b"[]",
    "length before the end": HEAD.pack(MAGIC, 4, 0) + b"null--",
    "huge header": HEAD.pack(MAGIC, 2**32 - 1, 0),
    "huge buffers": HEAD.pack(MAGIC, 4, 2**32 - 1) + b"null",
    "not JSON": frame(b"{"),
    "not ASCII": frame(b'"\xff"'),
    "NaN": frame(b"NaN"),
    "Infinity": frame(b"[Infinity]"),
    "overflowing float": frame(b"1e999"),
    "int beyond JSON": frame(b"9007199254740993"),
    "digits without end": frame(b"9" * 5000),
    "empty object": frame({}),
    "two tags": frame({"s": [], "t": []}),
    "one tag twice": frame(b'{"t": [], "t": []}'),
    "unknown tag": frame({"pickle": "x"}),
    "tuple that is none": frame({"t": 3}),
    "dict of triples": frame({"d": [[1, 2, 3]]}),
    "list as key": frame({"d": [[[], 1]]}),
    "array as key": frame({"s": [{"a": ["int8", [1]]}]}, b"\0"),
    "float by name": frame({"f": "infinity"}),
    "int by name": frame({"I": "x"}),
    "int too long": frame({"I": "0x" + "f" * 2000}),
    "complex of text": frame({"c": ["1", 2]}),
    "more bytes than there are": frame({"b": 10}, b"123"),
    "fewer bytes than there are": frame({"b": 1}, b"123"),
    "negative bytes": frame({"b": -1}),
    "bytes that nothing names": frame(None, b"123"),
    "buffer claimed twice": frame([{"b": 3}, {"b": 3}], b"123"),
    "object array": frame({"a": ["object", [1]]}, bytes(8)),
    "unknown dtype": frame({"a": ["V8", [1]]}, bytes(8)),
    "negative side": frame({"a": ["int8", [-1]]}),
    "side that is a bool": frame({"a": ["int8", [True]]}, b"\0"),
    "side that is a float": frame({"a": ["int8", [1.0]]}, b"\0"),
    "too many axes": frame({"a": ["int8", [1] * 17]}, b"\0"),
    "huge empty array": frame({"a": ["int8", [0, 2**40]]}),
    "array larger than its data": frame({"a": ["float64", [1 << 20, 1 << 20]]}, bytes(8)),
    "bool that is 2": frame({"a": ["bool", [1]]}, b"\2"),
    "scalar with axes": frame({"n": ["int8", [1]]}, b"\0"),
    "unknown exception": frame({"E": [["Sneaky"], "", None, None]}),
    "exception at a line that is text": frame({"E": [["ValueError"], "", 0, "1"]}),
    "exception at line -1": frame({"E": [["ValueError"], "", 0, -1]}),
    "too deep": frame(b"[" * (MAX_DEPTH + 2) + b"]" * (MAX_DEPTH + 2)),
    "numbers too deep": frame(b"[" * (MAX_DEPTH + 1) + b"0.5" + b"]" * (MAX_DEPTH + 1)),
    "number in a list that overflows": frame(b"[0.5, 1e999]"),
    "a million deep": frame(b"[" * 1_000_000),
    "too many nodes": frame(b"[" + b"0," * 300_000 + b"0]"),
    "too many numbers": frame(b"[" + b"0.5," * 300_000 + b"0.5]"),
    "too many keys": frame({"s": list(range(MAX_KEYS + 1))}),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_anything_else_is_a_bad_frame(data):
    with pytest.raises(BadFrame):
        codec.decode(data)


def padded(size: int) -> bytes:
    """JSON of so many bytes, which stand for nothing but 0."""
    return frame(b"0" + b" " * (size - 1))


def colliding(count: int, length: int, first: object = 0) -> dict:
    """A set of tuples that all have the same hash, since -1 and -2 have."""
    tails = itertools.islice(itertools.product((-1, -2), repeat=length - 1), count)
    return {"s": [{"t": [first, *tail]} for tail in tails]}


# Each bound of the decoder: the most that is accepted, and a frame as a function of how much there is.
BOUNDS = {
    "MAX_HEADER": (codec.MAX_HEADER, padded),
    "MAX_BUFFERS": (codec.MAX_BUFFERS, lambda n: frame({"b": n}, bytes(n))),
    "MAX_NODES": (codec.MAX_NODES, lambda n: frame([0] * (n - 1))),
    "MAX_NODES, numbers": (codec.MAX_NODES, lambda n: frame([0.5] * (n - 1))),
    "MAX_DEPTH": (MAX_DEPTH, lambda n: frame(b"[" * n + b"0" + b"]" * n)),
    "MAX_TEXT": (codec.MAX_TEXT, lambda n: frame("x" * n)),
    "MAX_INT_BITS": (codec.MAX_INT_BITS, lambda n: frame({"I": hex(-(1 << n - 1))})),
    "MAX_JSON_INT": (codec.MAX_JSON_INT - 1, lambda n: frame(n)),
    "MAX_JSON_INT, negative": (codec.MAX_JSON_INT - 1, lambda n: frame([-n])),
    "MAX_KEYS": (MAX_KEYS, lambda n: frame({"s": list(range(n))})),
    "MAX_KEYS, of several": (MAX_KEYS, lambda n: frame([{"s": list(range(n - 2))}, {"d": [[0, 0], [1, 1]]}])),
    "MAX_KEY_PARTS": (codec.MAX_KEY_PARTS // 16, lambda n: frame(colliding(n, 15))),
    "MAX_KEY_BYTES, text": (
        codec.MAX_KEY_BYTES,
        lambda n: frame(colliding(2, 2, "x" * (n // 2)) if n % 2 == 0 else {"s": [{"t": ["x" * n]}]}),
    ),
    "MAX_KEY_BYTES, bytes": (codec.MAX_KEY_BYTES, lambda n: frame({"s": [{"b": n}]}, bytes(n))),
    "MAX_AXES": (codec.MAX_AXES, lambda n: frame({"a": ["int8", [1] * n]}, bytes(1))),
    "MAX_ELEMENTS": (codec.MAX_ELEMENTS, lambda n: frame({"a": ["int8", [0, n]]})),
    "MAX_ELEMENTS, axes": (13, lambda n: frame({"a": ["int8", [2] * 13 + [0, 1 << n]]})),
    "MAX_NAMES": (codec.MAX_NAMES, lambda n: frame({"E": [["ValueError"] * n, "", None, None]})),
    "MAX_MESSAGE": (codec.MAX_MESSAGE, lambda n: frame({"E": [["ValueError"], "x" * n, None, None]})),
    "MAX_TYPE_NAME": (codec.MAX_TYPE_NAME, lambda n: frame({"o": "x" * n})),
    "MAX_PLACE, cell": (codec.MAX_PLACE - 1, lambda n: frame({"E": [["ValueError"], "", n, 1]})),
    "MAX_PLACE, line": (codec.MAX_PLACE - 1, lambda n: frame({"E": [["ValueError"], "", 0, n]})),
}


@pytest.mark.parametrize("bound", BOUNDS)
def test_a_bound_is_where_the_table_says(bound):
    most, make = BOUNDS[bound]
    codec.decode(make(most))
    with pytest.raises(BadFrame):
        codec.decode(make(most + 1))


def test_no_bound_of_the_table_is_left_out():
    named = {name for name in vars(codec) if name.startswith("MAX_")} - {"MAX_FRAME"}
    assert {bound.partition(",")[0] for bound in BOUNDS} == named


def test_half_a_surrogate_pair_does_not_reach_the_trusted_process():
    assert codec.decode(frame(b'"\\ud800 x"')) == "? x"


GREEDY = {
    "empty lists": frame(b"[" + b"[]," * 20_000 + b"0]"),
    "more of them than are taken": frame(b"[" + b"[]," * 210_000 + b"0]"),
    "lists of one": frame(b"[" + b"[0]," * 20_000 + b"0]"),
    "tuples": frame(b"[" + b'{"t":[]},' * 20_000 + b"0]"),
    "sets": frame(b"[" + b'{"s":[]},' * 20_000 + b"0]"),
    "dicts of one": frame(b"[" + b'{"d":[["",0]]},' * 20_000 + b"0]"),
    "numbers": frame(b"[" + b"1e9," * 20_000 + b"0]"),
    "exceptions": frame(b"[" + b'{"E":[[],"",0,0]},' * 20_000 + b"0]"),
    "empty arrays": frame(b"[" + b'{"a":["int8",[0]]},' * 20_000 + b"0]"),
    "text": frame("\N{SNOWMAN}" * 100_000),
    "one array": frame({"a": ["float64", [1 << 17]]}, bytes(1 << 20)),
    "one array of truth values": frame({"a": ["bool", [1 << 20]]}, bytes(1 << 20)),
    "bytes": frame({"b": 1 << 20}, bytes(1 << 20)),
}


@pytest.mark.parametrize("data", GREEDY.values(), ids=GREEDY.keys())
def test_decoding_takes_no_more_memory_than_the_table_says(data):
    tracemalloc.start()
    with contextlib.suppress(BadFrame):
        codec.decode(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= allowance(data)


def test_damaged_frames_are_data_or_bad_frames():
    """About twenty seconds' worth of what `fuzz_codec.py` did a million times."""
    report = fuzz(90_000, seed=0)
    assert report.accepted + report.refused == 90_000
    assert min(report.accepted, report.refused) > 10_000


@settings(max_examples=300, deadline=None)
@given(data, st.data())
def test_a_damaged_frame_is_data_or_a_bad_frame(value, draw):
    good = bytearray(codec.encode(value))
    for _ in range(draw.draw(st.integers(1, 4))):
        good[draw.draw(st.integers(0, len(good) - 1))] = draw.draw(st.integers(0, 255))
    try:
        back = codec.decode(bytes(good))
    except BadFrame:
        return
    assert codec.encode(back).startswith(MAGIC)  # what was accepted is plain data


def test_the_frame_begins_as_its_page_says():
    assert struct.unpack_from("<4sII", codec.encode(None)) == (b"GWK1", 4, 0)
