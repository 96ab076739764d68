"""Damages frames in every way that a hostile process might, and watches the decoder: `python tests/sandbox/fuzz_codec.py --frames 1000000`.

What it makes of a frame is data or `BadFrame`, never another exception, and takes no more memory than the table in
`autograder/sandbox/worker/codec.py` says. What the host reads in that data, an answer or a report, is one of the few things that
it knows, whatever the data are. The same seed damages the same frames in the same ways.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import struct
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from autograder.sandbox import session
from autograder.sandbox.worker import codec
from autograder.sandbox.worker.codec import HEAD, MAGIC, BadFrame

MEASURED = 20  # one frame in so many has its memory measured, which takes as long as decoding several


def frame(tree: object, buffers: bytes = b"") -> bytes:
    """A frame as a hostile process may write it: any JSON, any buffers."""
    header = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
    return HEAD.pack(MAGIC, len(header), len(buffers)) + header + buffers


def allowance(data: bytes) -> int:
    """Bytes of memory that decoding this may take."""
    header = int.from_bytes(data[4:8], "little") if len(data) >= HEAD.size else 0
    header = min(header, len(data))
    return (1 << 20) + 64 * header + 3 * (len(data) - header)


VALUES: list[Any] = [
    *(None, True, 0, -1, 2**53, -(2**600), 0.5, -0.0, float("nan"), float("inf"), 1 + 2j, "", "text", "\N{SNOWMAN}", b"", b"bytes"),
    *([], [[]], [0.5] * 9, [1, "a", None], (1, (2, (3,))), {1, 2, 3}, {"a": [1], "b": {"c": ()}}, {1: 2, (3, "x"): b"4", None: 5.0}),
    *(np.arange(6.0).reshape(2, 3), np.array([True, False]), np.zeros((0, 4), "int8"), np.float32(2.5), np.array(1j), np.uint64(2**63)),
    *(ValueError("no"), [KeyError(), StopIteration()], codec.Raised(("TypeError", "Exception"), "x", 3, 4), object()),
    *({"gradient": np.ones(5), "value": 1.0, "error": None}, [{"a": [{"b": (b"c" * 40, "d" * 40)}]}] * 3, ["answer", {"x": [0.25] * 300}]),
    ["answer", {str(k): [k, k / 2, f"{k}"] for k in range(200)}],
    *(["answer", np.zeros(2)], ["raised", ValueError("no")], ["unanswerable", "nested too deeply"], [np.array([0, 0]), 0]),
    *([(0, 1, "ValueError"), [2, 7, "NameError"]], [[0, 1, []], [0, np.array([1, 2]), "ValueError"]]),
]
WORDS: list[Any] = [
    *(None, True, False, 0, 1, -1, 2, 16, 17, 2**31, 2**53, -(2**53), 10**30, 0.5, 1e308, -0.0, "", "nan", "inf", "0x1", "-0x" + "f" * 40),
    *("int8", "bool", "float64", "complex128", "object", "V8", "ValueError", "Sneaky", "\ud800", "x" * 300, [], {}, [[]], [0, 1 << 40]),
    *([1] * 17, [0.5] * 50, [[]] * 50, {"t": []}, {"s": [1, 1]}, {"d": [[1, 2]]}, {"b": 3}, {"a": ["int8", [2]]}, {"n": ["bool", []]}),
    *({"T": ["float32", [1]]}, {"o": "x"}, {"E": [["ValueError"], "", None, None]}, {"c": [1, 2]}, {"I": "0x7"}, {"f": "nan"}, {"q": 1}),
]
TEXTS = [
    b"[",
    b"]",
    b"{",
    b"}",
    b",",
    b":",
    b'"',
    b"NaN",
    b"1e999",
    b"-",
    b"9" * 400,
    b"[" * 2000,
    b'{"t":[' * 70,
    b"\\ud800",
    b"\x00",
    b"\xff",
]


def bytes_changed(random: random.Random, data: bytes) -> bytes:
    """A few bytes are others."""
    damaged = bytearray(data)
    for _ in range(random.randint(1, 4)):
        damaged[random.randrange(len(damaged))] = random.choice((random.randrange(256), 0, 255, 0x22, 0x5B, 0x7B))
    return bytes(damaged)


def piece_moved(random: random.Random, data: bytes) -> bytes:
    """A piece is missing, doubled, or somewhere else."""
    start, end = sorted(random.randrange(len(data) + 1) for _ in range(2))
    place = random.randrange(len(data) + 1)
    rest = data[:start] + data[end:]
    return random.choice((rest, data[:place] + data[start:end] + data[place:], rest[:place] + data[start:end] + rest[place:]))


def head_changed(random: random.Random, data: bytes) -> bytes:
    """The lengths lie."""
    _, header, buffers = HEAD.unpack_from(data)
    other = random.choice((0, 1, header, buffers, header + 1, max(0, buffers - 1), codec.MAX_HEADER, codec.MAX_HEADER + 1, 2**32 - 1))
    return HEAD.pack(MAGIC, *random.choice(((other, buffers), (header, other), (other, other)))) + data[HEAD.size :]


def text_changed(random: random.Random, data: bytes) -> bytes:
    """Something is written into the JSON, and the length is right."""
    header, buffers = parts(data)
    place, end = random.randrange(len(header) + 1), random.randrange(3)
    return frame(header[:place] + random.choice(TEXTS) + header[place + end :], buffers)


def tree_changed(random: random.Random, data: bytes) -> bytes:
    """Values of the tree are others, or stand elsewhere, or more often; the frame is right."""
    header, buffers = parts(data)
    tree = [json.loads(header)]
    for _ in range(random.randint(1, 3)):
        places = [*walk(tree)]
        holder, key = random.choice(places)
        other, name = random.choice(places)
        holder[key] = copy.deepcopy(random.choice((random.choice(WORDS), other[name], [other[name]] * random.randint(1, 40))))
        if isinstance(holder, dict) and random.random() < 0.3:
            holder[random.choice("fIctsdbanToEq")] = holder.pop(key)
    cut = random.choice((len(buffers), len(buffers), random.randrange(len(buffers) + 1)))
    return frame(tree[0], (buffers * 2)[: random.choice((cut, len(buffers)))])


def parts(data: bytes) -> tuple[bytes, bytes]:
    size = HEAD.size + HEAD.unpack_from(data)[1]
    return data[HEAD.size : size], data[size:]


def walk(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a tree, as its holder and its key there."""
    for key in range(len(tree)) if isinstance(tree, list) else list(tree):
        yield tree, key
        if isinstance(tree[key], (list, dict)):
            yield from walk(tree[key])


DAMAGES: list[Callable[[random.Random, bytes], bytes]] = [
    bytes_changed,
    piece_moved,
    head_changed,
    text_changed,
    tree_changed,
    tree_changed,
]


@dataclass
class Report:
    """What came of it. dearest: the largest share of its allowance that a frame took; slowest: seconds of one frame."""

    accepted: int = 0
    refused: int = 0
    dearest: float = 0.0
    slowest: float = 0.0


def fuzz(frames: int, seed: int) -> Report:
    """Damage so many frames. Raises whatever the decoder raises but `BadFrame`, with the frame in a note; AssertionError for memory."""
    chance = random.Random(seed)
    good = [codec.encode(value) for value in VALUES]
    report = Report()
    for number in range(frames):
        data = chance.choice(good)
        for damage in chance.choices(DAMAGES, k=chance.choice((1, 1, 2))):
            try:
                data = damage(chance, data)
            except (ValueError, RecursionError, IndexError, KeyError, struct.error):
                break  # it is too damaged for this one
            if len(data) < HEAD.size:
                break
        try:
            decode(data, report, measured=number % MEASURED == 0)
        except Exception as error:
            error.add_note(f"frame {number} of seed {seed}: {data[:2000]!r}")
            raise
    return report


def decode(data: bytes, report: Report, measured: bool) -> None:
    """Decode one frame; what is accepted has to be plain data, which comes through once more."""
    if measured:
        tracemalloc.start()
    began = time.perf_counter()
    try:
        value = codec.decode(data)
        report.accepted += 1
    except BadFrame:
        report.refused += 1
        return
    finally:
        report.slowest = max(report.slowest, time.perf_counter() - began)
        if measured:
            taken = tracemalloc.get_traced_memory()[1] / allowance(data)
            tracemalloc.stop()
            report.dearest = max(report.dearest, taken)
            assert taken <= 1, f"it took {taken:.2f} of the memory that it may"
    assert codec.encode(value).startswith(MAGIC)
    assert session._read_answer(data)[0] in ("answer", "raised", "unanswerable", "too large")
    assert all([*map(type, entry)] == [int, int, str] for entry in session._read_report(data, 3))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--frames", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    began = time.perf_counter()
    print(fuzz(chosen.frames, chosen.seed), f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
