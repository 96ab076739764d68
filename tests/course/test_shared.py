"""The pieces in source/_shared: each does what its notebooks want of it, and given code stands there once and nowhere else."""

from __future__ import annotations

import ast
import gzip
from collections import Counter
from pathlib import Path

import jupytext
import matplotlib
import numpy as np
import pytest

from autograder.course.model import ROOT, Course, Notebook

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from _shared import palette
from _shared.bible import read_bible, tokens
from _shared.exception_of import exception_of
from _shared.measured_slopes import measured_slopes
from _shared.show import show
from _shared.template_corpus import PAIRS, SIDES, TEMPLATES, TOPICS, template_corpus
from matplotlib.colors import to_rgb

PIECES = sorted((ROOT / "source" / "_shared").glob("*.py"))


# ------------------------------------------------------------------------------------------------------ once


def statements(code: str) -> set[str]:
    """The statements of three lines or more, in one form."""
    return {ast.unparse(each) for each in ast.parse(code).body if (each.end_lineno or 0) - each.lineno >= 2}


def given(notebook: Notebook) -> set[str]:
    """The statements of a source's cells, answers aside."""
    cells = (cell for cell in jupytext.read(notebook.source).cells if cell.cell_type == "code")
    return set().union(*(statements(cell.source) for cell in cells if not cell.metadata.nbgrader.get("solution")))


def test_given_code_stands_once() -> None:
    found = Counter(statement for notebook in Course() for statement in given(notebook))
    found.update(statement for piece in PIECES for statement in statements(piece.read_text(encoding="utf-8")))
    assert [statement for statement, times in found.items() if times > 1] == []


@pytest.mark.parametrize("piece", PIECES, ids=lambda path: path.stem)
def test_a_piece_is_used_by_several_notebooks(piece: Path) -> None:
    line = f"\nfrom _shared.{piece.stem} import "
    assert sum(line in notebook.source.read_text(encoding="utf-8") for notebook in Course()) >= 2


# ---------------------------------------------------------------------------------------------------- checks


def test_exception_of_names_what_an_action_raises() -> None:
    assert exception_of(lambda: int("one")) == "ValueError"
    assert exception_of(lambda: {}["key"]) == "KeyError"
    assert exception_of(lambda: 1) is None


def test_exception_of_does_not_hold_back_a_stop() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        exception_of(stop)


@pytest.mark.parametrize("shape", [(), (1,), (4,), (2, 3), (2, 1, 3)])
def test_measured_slopes_are_those_of_a_known_function_and_the_array_is_as_before(shape: tuple[int, ...]) -> None:
    array = np.random.default_rng(1).normal(size=shape)
    weights = np.random.default_rng(2).normal(size=shape)
    before = array.copy()
    slopes = measured_slopes(lambda: (weights * np.sin(array)).sum(), array)
    assert np.abs(slopes - weights * np.cos(array)).max() < 1e-9
    assert np.array_equal(array, before)


# --------------------------------------------------------------------------------------------------- drawings


def test_the_palette_is_five_colours_that_stand_out_on_white() -> None:
    colours = [palette.BLUE, palette.ORANGE, palette.GREEN, palette.PURPLE, palette.GREY]
    assert len(set(colours)) == 5
    for colour in colours:
        parts = np.array(to_rgb(colour))
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        assert 1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05) >= 3  # the contrast that WCAG 2.1 asks of graphics


def test_show_leaves_no_figure_open(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[int] = []
    monkeypatch.setattr(plt, "show", lambda: shown.extend(plt.get_fignums()))
    plt.figure()
    plt.figure()
    show()
    assert len(shown) == 2
    assert plt.get_fignums() == []


# ----------------------------------------------------------------------------------------------------- corpora


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("In the beginning God created", ["in", "the", "beginning", "god", "created"]),
        ("the king's son; the kings' sons", ["the", "king's", "son", "the", "kings", "sons"]),
        ("1:1 -- 'twas", ["twas"]),
        ("", []),
    ],
)
def test_tokens_are_words_in_small_letters(line: str, words: list[str]) -> None:
    assert tokens(line) == words


def test_a_text_is_read_verse_by_verse_without_their_references(tmp_path: Path) -> None:
    path = tmp_path / "text.txt.gz"
    path.write_bytes(gzip.compress(b"Ge1:1 In the beginning\nGe1:2 And the earth\n"))
    assert read_bible(str(path)) == [["in", "the", "beginning"], ["and", "the", "earth"]]


def test_where_the_text_is_missing_a_notebook_says_so_and_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert read_bible(str(tmp_path / "none.txt.gz")) is None
    assert f"There is no {tmp_path}/none.txt.gz beside this notebook" in capsys.readouterr().out


def test_each_pair_of_the_invented_language_has_a_topic_and_two_sides() -> None:
    pairs = [pair for kind in PAIRS.values() for pair in kind]
    assert len(pairs) == len({word for pair in pairs for word in pair}) / 2 == 24
    assert set(TOPICS) == {first for first, _ in pairs}
    assert set(SIDES) == set(PAIRS)


def test_a_sentence_of_the_invented_language_is_a_template_filled_in_for_one_word() -> None:
    words = {word: (kind, pair[0], side) for kind, pairs in PAIRS.items() for pair in pairs for side, word in enumerate(pair)}
    for sentence in template_corpus(200, seed=3):
        (word,) = (word for word in sentence if word in words)
        kind, first, side = words[word]
        blanks = {"{word}": {word}, "{topic}": set(TOPICS[first].split()), "{side}": set(SIDES[kind][side].split())}
        fits = [template for template in map(str.split, TEMPLATES) if len(template) == len(sentence)]
        assert any(all(said in blanks.get(piece, {piece}) for said, piece in zip(sentence, template, strict=True)) for template in fits)


def test_the_invented_language_is_the_same_for_the_same_seed() -> None:
    assert template_corpus(50, seed=0) == template_corpus(50, seed=0) != template_corpus(50, seed=1)
