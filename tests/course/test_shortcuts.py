"""What an exercise is about cannot be had ready-made: answers that try are refused, exercise by exercise, with a message."""

from __future__ import annotations

import ast
import functools

import pytest

from autograder.course.answers import models as read_models
from autograder.course.answers import submission
from autograder.course.model import Course, Notebook
from autograder.grading.grade import Grader
from autograder.grading.said import sentence
from autograder.submission.program import program
from autograder.submission.rebuild import rebuild

WAYS = {
    "by its name": "import torch\nready = torch.{where}.{name}",
    "by another name": "import torch.{where} as layers\nmine = layers\nready = mine.{name}",
    "from its module": "from torch.{where} import {name} as ready",
    "by getattr": "import torch\nready = getattr(torch.{where}, '{name}')",
    "by importlib": "import importlib\nready = importlib.import_module('torch.{where}').{name}",
    "by torch.ops": "import torch\nready = torch.ops.aten.{operator}",
}
READY = {
    "nn.MultiheadAttention": ("nn", "MultiheadAttention", "_native_multi_head_attention"),
    "F.scaled_dot_product_attention": ("nn.functional", "scaled_dot_product_attention", "scaled_dot_product_attention"),
    "nn.Transformer": ("nn", "Transformer", "_transformer_encoder_layer_fwd"),
    "nn.TransformerEncoder": ("nn", "TransformerEncoder", "_transformer_encoder_layer_fwd"),
    "nn.TransformerEncoderLayer": ("nn", "TransformerEncoderLayer", "_transformer_encoder_layer_fwd"),
    "nn.TransformerDecoder": ("nn", "TransformerDecoder", "_scaled_dot_product_flash_attention_for_cpu"),
    "nn.TransformerDecoderLayer": ("nn", "TransformerDecoderLayer", "_scaled_dot_product_flash_attention_for_cpu"),
    "nn.LSTM": ("nn", "LSTM", "lstm"),
}
NOTEBOOKS = [each for each in Course() if each.banned or "rnn" in {one.id for one in each.exercises}]


models = functools.cache(read_models)


def without_torch(notebook: Notebook) -> set[str]:
    """The exercises that may not use torch at all."""
    if "torch" not in notebook.imports:
        return {exercise.id for exercise in notebook.exercises}
    return {exercise.id for exercise in notebook.exercises if exercise.imports is not None and "torch" not in exercise.imports}


def refused(notebook: Notebook, answers: dict[str, str]) -> set[str]:
    return set(program(notebook, rebuild(notebook, submission(notebook, answers)).notebook).forbidden)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=str)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("ready", READY)
def test_a_finished_part_is_refused_in_every_exercise(notebook: Notebook, way: str, ready: str) -> None:
    where, name, operator = READY[ready]
    shortcut = WAYS[way].format(where=where, name=name, operator=operator)
    ast.parse(shortcut)
    tried = {exercise: f"{shortcut}\n{answer}" for exercise, answer in models(notebook).items()}
    if ready == "nn.LSTM":  # it is what a6 is about, where there is no torch
        tried = {exercise: answer for exercise, answer in tried.items() if exercise in without_torch(notebook)}
    assert refused(notebook, tried) == set(tried)


@pytest.mark.parametrize(
    "use", ["import torch\nexp = torch.exp", "from torch import exp", "import torch.nn.functional as F", "t = __import__('torch')"]
)
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=str)
def test_torch_is_refused_where_an_exercise_is_to_be_solved_without(notebook: Notebook, use: str) -> None:
    right = models(notebook)
    tried = {exercise: f"{use}\n{right[exercise]}" for exercise in without_torch(notebook)}
    assert refused(notebook, {**right, **tried}) == set(tried)


def test_torch_that_is_only_imported_once_more_costs_nothing() -> None:
    """The setup cell of the notebook imports it; an answer that uses it is refused all the same."""
    notebook = next(notebook for notebook in NOTEBOOKS if notebook.name == "attention")
    right = models(notebook)
    tried = {exercise: f"import torch\n{answer}" for exercise, answer in right.items()}
    assert refused(notebook, tried) == set()
    tried["attention"] += "\n\ndef attention(Q, K, V, mask=None):\n    return torch.softmax(Q @ K.T, -1) @ V, None"
    assert refused(notebook, tried) == {"attention"}


def test_the_course_has_such_exercises() -> None:
    kept_from_torch = {str(notebook): bool(without_torch(notebook)) for notebook in NOTEBOOKS}
    assert kept_from_torch == {"a6_lstm/lstm": True, "a7_attention/attention": True, "a8_transformer/transformer": False}


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=str)
def test_a_refusal_costs_its_exercise_alone_and_says_why(notebook: Notebook) -> None:
    """Each odd exercise tries another way; each even one is right, and has its points."""
    right = models(notebook)
    trying = list(right)[::2]
    answers = dict(right)
    for exercise, way in zip(trying, WAYS.values(), strict=False):
        answers[exercise] = (
            way.format(where="nn", name="MultiheadAttention", operator="scaled_dot_product_attention") + "\n" + right[exercise]
        )
    trying = trying[: len(WAYS)]
    with Grader(notebook, device="cpu", store=False) as grader:
        result = grader.grade(rebuild(notebook, submission(notebook, answers)).notebook)
    for exercise in result.exercises:
        if exercise.id in trying:
            assert exercise.score == 0
            assert {outcome.reason for outcome in exercise.outcomes} == {"forbidden tool"}
            assert all(sentence(outcome).startswith("Your answer uses ") for outcome in exercise.outcomes)
            assert all("which this assignment does not allow" in sentence(outcome) for outcome in exercise.outcomes)
        else:
            assert exercise.score == exercise.max_score
