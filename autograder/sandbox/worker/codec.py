"""Data, and nothing but data, between the trusted process and a submission's process.

A frame is `GWK1`, two lengths, a JSON tree, and the raw buffers of its arrays and bytes, one after another in the order
in which the tree names them (so no buffer can be claimed twice). The tree spells None, booleans, finite floats, text,
ints below 2**53 and lists as JSON does; everything else is an object with one key, the tag in `_TAGS`.

The encoder runs beside the submission and is not trusted. The decoder runs in the trusted process: it builds exactly the
types named here, takes no more memory than its bounds allow, and raises `BadFrame` on everything else.
"""

from __future__ import annotations

import builtins
import json
import math
import struct
import sys
from dataclasses import dataclass
from types import TracebackType
from typing import Any

# The decoder's bounds. A frame outside any of them is refused. Within them, decoding takes at most 64 bytes of memory for
# each byte of JSON and 3 for each byte of arrays, besides 1 MiB: `tests/sandbox/fuzz_codec.py` measures it.
MAX_HEADER = 4 << 20  # bytes of JSON
MAX_BUFFERS = 64 << 20  # bytes of arrays and bytes objects, together
MAX_NODES = 200_000  # values, containers included
MAX_DEPTH = 64  # containers inside containers
MAX_TEXT = 1_000_000  # characters of one string
MAX_INT_BITS = 4_096  # size of one int
MAX_JSON_INT = 2**53  # an int from here on is spelt as {"I": …}
# Keys of dicts and members of sets that are not text, together: their hashes can be made to collide, and then each is
# compared with all before it.
MAX_KEYS = 4_096  # how many
MAX_KEY_PARTS = 16_384  # values that they consist of
MAX_KEY_BYTES = 1 << 18  # text and bytes in them
MAX_AXES = 16  # axes of an array
MAX_ELEMENTS = 64 << 20  # the lengths of its axes multiplied, those of no length left out
MAX_NAMES = 16  # classes named for an exception
MAX_MESSAGE = 2_000  # characters of an exception's message
MAX_TYPE_NAME = 200  # characters of the name of what is no data
MAX_PLACE = 2**31  # number of a cell, of a line

MAGIC = b"GWK1"
HEAD = struct.Struct("<4sII")
MAX_FRAME = HEAD.size + MAX_HEADER + MAX_BUFFERS

DTYPES = frozenset("bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128".split())
CELL_FILE = "<cell {}>"


class BadFrame(Exception):
    """The bytes are not a frame within the bounds."""


class Unencodable(Exception):
    """The value is not plain data, or too much of it."""


@dataclass(frozen=True)
class Raised:
    """An exception as data: its builtin classes, nearest first, and the innermost line of the submission in its traceback."""

    names: tuple[str, ...]
    message: str = ""
    cell: int | None = None
    line: int | None = None


@dataclass(frozen=True, eq=False)
class Opaque:
    """Something that is not plain data, named by its type; it equals nothing, not even its like."""

    type_name: str


def encode(value: object) -> bytes:
    """The frame of a value; `Unencodable` when it is too deep or too much."""
    encoder = _Encoder()
    tree = encoder.tree(value, 0)
    header = json.dumps(tree, allow_nan=False, separators=(",", ":")).encode("ascii")
    if len(header) > MAX_HEADER:
        raise Unencodable("the answer is too large")
    return b"".join([HEAD.pack(MAGIC, len(header), encoder.size), header, *encoder.buffers])


class _Encoder:
    def __init__(self) -> None:
        self.buffers: list[bytes] = []
        self.size = 0
        self.nodes = 0
        self.numpy: Any = sys.modules.get("numpy")
        self.torch: Any = sys.modules.get("torch")

    def tree(self, x: Any, depth: int) -> object:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise Unencodable("the answer has too many parts")
        if depth > MAX_DEPTH:
            raise Unencodable("the answer is nested too deeply")
        kind = type(x)
        if x is None or kind is bool:
            return x
        if kind is float:
            return x if math.isfinite(x) else {"f": repr(x)}
        if issubclass(kind, str):
            return self._text(x)
        if self.numpy is not None and issubclass(kind, self.numpy.generic):
            return self._array("n", x)
        if kind is int or (issubclass(kind, int) and kind is not bool):
            return self._int(int.__index__(x))
        if issubclass(kind, float):
            return self.tree(float.__float__(x), depth)
        if issubclass(kind, complex):
            return {"c": [self.tree(x.real, depth + 1), self.tree(x.imag, depth + 1)]}
        if issubclass(kind, list):
            return self._items(x, depth)
        if issubclass(kind, tuple):
            return {"t": [self.tree(y, depth + 1) for y in tuple.__iter__(x)]}
        if issubclass(kind, dict):
            return {"d": [[self.tree(k, depth + 1), self.tree(y, depth + 1)] for k, y in dict.items(x)]}
        if issubclass(kind, (set, frozenset)):
            return {"s": [self.tree(y, depth + 1) for y in x]}
        if issubclass(kind, (bytes, bytearray)):
            return {"b": self._buffer(bytes(x))}
        if issubclass(kind, BaseException):
            return self._exception(x)
        if kind is Raised:
            return {"E": [list(x.names), x.message, x.cell, x.line]}
        if self.numpy is not None and issubclass(kind, self.numpy.ndarray):
            return self._array("a", x)
        if self.torch is not None and issubclass(kind, self.torch.Tensor):
            return self._tensor(x)
        return {"o": f"{kind.__module__}.{kind.__qualname__}"[:MAX_TYPE_NAME]}

    def _items(self, x: list[Any], depth: int) -> list[object]:
        items = [*list.__iter__(x)]
        room = self.nodes + len(items) <= MAX_NODES and depth < MAX_DEPTH
        if room and {*map(type, items)} == {float} and all(map(math.isfinite, items)):  # many lists hold nothing else
            self.nodes += len(items)
            return items
        return [self.tree(y, depth + 1) for y in items]

    def _text(self, x: str) -> str:
        text = str.__str__(x)
        if len(text) > MAX_TEXT:
            raise Unencodable("a text in the answer is too long")
        return text

    def _int(self, x: int) -> object:
        if -MAX_JSON_INT < x < MAX_JSON_INT:
            return x
        if x.bit_length() > MAX_INT_BITS:
            raise Unencodable("an integer in the answer is too large")
        return {"I": hex(x)}

    def _buffer(self, data: bytes) -> int:
        self.size += len(data)
        if self.size > MAX_BUFFERS:
            raise Unencodable("the answer is too large")
        self.buffers.append(data)
        return len(data)

    def _array(self, tag: str, x: Any) -> object:
        array = self.numpy.asarray(x)
        if array.dtype.name not in DTYPES or array.ndim > MAX_AXES:
            if tag == "n" and isinstance(x, str):
                return self._text(str.__str__(x))
            return {"o": f"numpy array of {array.dtype.name}"[:MAX_TYPE_NAME]}
        if array.nbytes > MAX_BUFFERS:  # before copying: a broadcast view may stand for far more than it holds
            raise Unencodable("the answer is too large")
        self._buffer(array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes())
        return {tag: [array.dtype.name, list(array.shape)]}

    def _tensor(self, x: Any) -> object:
        tensor = x.detach().cpu().resolve_conj().resolve_neg()
        if tensor.dtype is self.torch.bfloat16:
            tensor = tensor.float()
        if tensor.numel() * tensor.element_size() > MAX_BUFFERS:
            raise Unencodable("the answer is too large")
        return self._array("T", tensor.numpy())

    def _exception(self, x: BaseException) -> object:
        try:
            message = str.__str__(str(x))[:MAX_MESSAGE]
        except BaseException:
            message = ""
        cell, line = innermost_place(x.__traceback__)
        return {"E": [builtin_names(type(x)), message, cell, line]}


def builtin_names(kind: type[BaseException]) -> list[str]:
    """Names of the builtin exception classes that a class derives from, nearest first."""
    return [c.__name__ for c in kind.__mro__ if c is not object and vars(builtins).get(c.__name__) is c][:MAX_NAMES]


def innermost_place(traceback: TracebackType | None) -> tuple[int | None, int | None]:
    """Index of the cell and line in it of the innermost frame that is the submission's own; (None, None) without one."""
    found: tuple[int | None, int | None] = (None, None)
    while traceback is not None:
        name = traceback.tb_frame.f_code.co_filename
        if name.startswith("<cell ") and name[6:-1].isdecimal():
            found = (int(name[6:-1]), traceback.tb_lineno)
        traceback = traceback.tb_next
    return found


def decode(frame: bytes, tensors: bool = False) -> Any:
    """The value in a frame; `BadFrame` when there is none within the bounds.

    tensors: give torch tensors for what was one; otherwise tensors come as NumPy arrays.
    """
    if len(frame) < HEAD.size:
        raise BadFrame("short frame")
    magic, header_size, buffer_size = HEAD.unpack_from(frame)
    if magic != MAGIC or header_size > MAX_HEADER or buffer_size > MAX_BUFFERS:
        raise BadFrame("not a frame")
    if len(frame) != HEAD.size + header_size + buffer_size:
        raise BadFrame("wrong length")
    try:
        text = frame[HEAD.size : HEAD.size + header_size].decode("ascii")
        tree = json.loads(text, parse_constant=_refuse, object_pairs_hook=_one_pair)
        decoder = _Decoder(memoryview(frame)[HEAD.size + header_size :], tensors)
        value = decoder.value(tree, 0)
    except (ValueError, RecursionError, OverflowError) as error:
        raise BadFrame(f"malformed: {type(error).__name__}") from None
    if decoder.offset != buffer_size:
        raise BadFrame("bytes that nothing names")
    return value


class _Tagged:
    """An object of the tree: one tag and what it holds."""

    __slots__ = ("payload", "tag")

    def __init__(self, tag: str, payload: Any) -> None:
        self.tag = tag
        self.payload = payload


def _one_pair(pairs: list[tuple[str, Any]]) -> _Tagged:
    if len(pairs) != 1:
        raise BadFrame("an object of more or less than one tag")
    return _Tagged(*pairs[0])


def _refuse(constant: str) -> None:
    raise BadFrame(f"constant {constant}")


def _want(condition: bool) -> None:
    if not condition:
        raise BadFrame("malformed")


class _Decoder:
    def __init__(self, buffers: memoryview, tensors: bool) -> None:
        self.buffers = buffers
        self.offset = 0
        self.nodes = 0
        self.text = 0
        self.keys = 0
        self.key_parts = 0
        self.key_bytes = 0
        self.tensors = tensors

    def value(self, x: Any, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            raise BadFrame("too much")
        kind = type(x)
        if x is None or kind is bool:
            return x
        if kind is float:
            _want(math.isfinite(x))
            return x
        if kind is int:
            _want(-MAX_JSON_INT < x < MAX_JSON_INT)
            return x
        if kind is str:
            return self._text(x)
        if kind is list:
            return self._list(x, depth)
        _want(kind is _Tagged)
        read = _TAGS.get(x.tag)
        if read is None:
            raise BadFrame("unknown tag")
        return read(self, x.payload, depth)

    def _text(self, x: Any, limit: int = MAX_TEXT) -> str:
        _want(type(x) is str and len(x) <= limit)
        self.text += len(x)
        return str(x).encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair is not text

    def _float(self, p: Any, depth: int) -> float:
        _want(type(p) is str and p in ("nan", "inf", "-inf"))
        return float(p)

    def _int(self, p: Any, depth: int) -> int:
        _want(type(p) is str and len(p) <= MAX_INT_BITS // 4 + 3)
        return int(p, 16)

    def _complex(self, p: Any, depth: int) -> complex:
        _want(type(p) is list and len(p) == 2)
        real, imaginary = (self.value(y, depth + 1) for y in p)
        _want(type(real) in (int, float) and type(imaginary) in (int, float))
        return complex(real, imaginary)

    def _list(self, p: Any, depth: int) -> list[Any]:
        _want(type(p) is list)
        room = self.nodes + len(p) <= MAX_NODES and depth < MAX_DEPTH
        if room and {*map(type, p)} == {float} and all(map(math.isfinite, p)):
            self.nodes += len(p)
            return p
        return [self.value(y, depth + 1) for y in p]

    def _tuple(self, p: Any, depth: int) -> tuple[Any, ...]:
        return tuple(self._list(p, depth))

    def _key(self, x: Any, depth: int) -> Any:
        nodes, held = self.nodes, self.text + self.offset
        key = self.value(x, depth)
        if type(key) is not str:
            self.keys += 1
            self.key_parts += self.nodes - nodes
            self.key_bytes += self.text + self.offset - held
            _want(self.keys <= MAX_KEYS and self.key_parts <= MAX_KEY_PARTS and self.key_bytes <= MAX_KEY_BYTES)
        try:
            hash(key)
        except TypeError:
            raise BadFrame("a key that cannot be one") from None
        return key

    def _set(self, p: Any, depth: int) -> set[Any]:
        _want(type(p) is list)
        return {self._key(y, depth + 1) for y in p}

    def _dict(self, p: Any, depth: int) -> dict[Any, Any]:
        _want(type(p) is list)
        found = {}
        for pair in p:
            _want(type(pair) is list and len(pair) == 2)
            key = self._key(pair[0], depth + 1)
            found[key] = self.value(pair[1], depth + 1)
        return found

    def _bytes(self, p: Any, depth: int) -> bytes:
        _want(type(p) is int and 0 <= p <= len(self.buffers) - self.offset)
        self.offset += p
        return bytes(self.buffers[self.offset - p : self.offset])

    def _array(self, p: Any, depth: int) -> Any:
        import numpy

        _want(type(p) is list and len(p) == 2)
        name, shape = p
        _want(type(name) is str and name in DTYPES)
        _want(type(shape) is list and len(shape) <= MAX_AXES and all(type(n) is int and n >= 0 for n in shape))
        _want(math.prod(n or 1 for n in shape) <= MAX_ELEMENTS)
        dtype = numpy.dtype(name)
        data = bytearray(self._bytes(math.prod(shape) * dtype.itemsize, depth))
        if name == "bool":
            _want(not data.translate(None, b"\0\1"))
        return numpy.frombuffer(data, dtype.newbyteorder("<")).astype(dtype, copy=False).reshape(shape)

    def _number(self, p: Any, depth: int) -> Any:
        array = self._array(p, depth)
        _want(array.ndim == 0)
        return array[()]

    def _tensor(self, p: Any, depth: int) -> Any:
        array = self._array(p, depth)
        if not self.tensors:
            return array
        import torch

        return torch.from_numpy(array)

    def _opaque(self, p: Any, depth: int) -> Opaque:
        return Opaque(self._text(p, MAX_TYPE_NAME))

    def _exception(self, p: Any, depth: int) -> Raised:
        _want(type(p) is list and len(p) == 4)
        names, message, cell, line = p
        _want(type(names) is list and len(names) <= MAX_NAMES and all(type(n) is str and n in BUILTIN_EXCEPTIONS for n in names))
        _want(all(n is None or (type(n) is int and 0 <= n < MAX_PLACE) for n in (cell, line)))
        return Raised(tuple(names), self._text(message, MAX_MESSAGE), cell, line)


BUILTIN_EXCEPTIONS = frozenset(
    name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, BaseException)
)

_TAGS = {
    "f": _Decoder._float,
    "I": _Decoder._int,
    "c": _Decoder._complex,
    "t": _Decoder._tuple,
    "s": _Decoder._set,
    "d": _Decoder._dict,
    "b": _Decoder._bytes,
    "a": _Decoder._array,
    "n": _Decoder._number,
    "T": _Decoder._tensor,
    "o": _Decoder._opaque,
    "E": _Decoder._exception,
}
