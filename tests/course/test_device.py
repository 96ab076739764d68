"""Where the references compute: on the device that they are told, all of it, and with the same marks wherever that is."""

from __future__ import annotations

import os
import runpy
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import toy
from elsewhere import DEVICE, Elsewhere
from nbformat import NotebookNode
from test_course import NOTEBOOKS, QUICK, grades, mutated

from autograder.classroom import demo
from autograder.course.answers import alternatives, models, submission
from autograder.course.model import CourseError, Notebook
from autograder.grading.grade import Grader, resolve_device
from autograder.grading.result import Outcome
from autograder.suite import suite as suites
from autograder.suite.compare import compare
from autograder.suite.suite import Reference

ON_TORCH = [notebook for notebook in NOTEBOOKS if "import torch" in notebook.reference.read_text(encoding="utf-8")]


# ------------------------------------------------------------------------------------------------ which device


def test_cuda_that_is_not_there_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    notebook = toy.make(tmp_path, reference="import torch\n")
    with pytest.raises(CourseError, match=r"^torch finds no CUDA device here: use --device auto or cpu$"):
        Grader(notebook, device="cuda")
    assert resolve_device(notebook, "auto") == "cpu"


def test_auto_is_cuda_where_torch_finds_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    notebook = toy.make(tmp_path, reference="import torch\n")
    assert {device: resolve_device(notebook, device) for device in ("auto", "cpu", "cuda")} == {
        "auto": "cuda",
        "cpu": "cpu",
        "cuda": "cuda",
    }


# ------------------------------------------------------------------------------------------------ nothing beside it

ABOUT_THE_MACHINE = {"steps_on_graphs", "steps_on_tensors", "where_batches_are"}
"""Probes that count Python's steps, of which the pretended device takes its own, or that note devices, of which it is one."""


@pytest.mark.parametrize("notebook", ON_TORCH, ids=str)
def test_references_compute_on_their_device(notebook: Notebook) -> None:
    """Every question of the suite, on a device that notes what is done beside it; the answers are those of the CPU."""
    suite = suites.load(notebook, "cpu")
    asked = dict.fromkeys(question for test in suite.tests for question in suite.questions(test))
    with Elsewhere(notebook.reference) as device:
        reference = Reference(notebook, suite.reference.probes, DEVICE)
        answers = {question: reference.value(*question) for question in asked}
    assert list(dict.fromkeys(device.notes)) == []
    assert device.memory, "nothing was computed on the device"
    differ = {name for (name, frame), answer in answers.items() if compare(answer, suite.reference.value(name, frame))}
    assert differ - ABOUT_THE_MACHINE == set()


CODE = """\
import torch
from torch.nn.utils.rnn import pack_padded_sequence

def trained(layer, x):
    layer(x).sum().backward()
    torch.optim.Adam(layer.parameters()).step()

def computed(x, DEVICE):
    made = torch.tensor(x, device=DEVICE, requires_grad=True)
    return {}
"""
LAST = CODE.count("\n")
RIGHT = {
    "a copy at the end": "made.exp().detach().cpu().numpy()",
    "a copy at the beginning": "made + torch.as_tensor(x, device=DEVICE)",
    "a copy of a tensor": "made + torch.tensor(x).to(DEVICE)",
    "where another tensor is": "made + torch.ones(2, device=made.device)",
    "numbers of Python": "(made / 2).sum().item()",
    "a gradient": "torch.autograd.grad(made.square().sum(), made)[0].add(made).tolist()",
    "no entries": "made[:0].sum() + made.sum()",
    "a layer and its optimizer": "trained(torch.nn.Linear(2, 3, device=DEVICE), made)",
    "a layer that moves": "trained(torch.nn.Linear(2, 3).to(DEVICE), made)",
    "lengths": "torch.nn.LSTM(1, 2, device=DEVICE)(pack_padded_sequence(made[:, None, None], [1], enforce_sorted=False))[1][0] + made",
}
WRONG = {
    "a tensor without a device": ("(torch.tensor(x) * 2).tolist()", ["mul computes on the CPU"]),
    "a number without a device": ("made * torch.tensor(2.0)", ["mul mixes devices"]),
    "no entries without a device": ("torch.cat([made, torch.ones(0)])", ["cat mixes devices"]),
    "an index without a device": ("made[torch.arange(1)]", ["__getitem__ mixes devices"]),
    "a layer without a device": ("torch.nn.Linear(2, 3)(made)", ["linear mixes devices"]),
    "memory for NumPy": ("made.detach().numpy()", ["numpy hands memory of the device to NumPy"]),
    "memory of NumPy": ("made + torch.from_numpy(made.detach().cpu().numpy())", ["add mixes devices"]),
    "work after the copy": ("made.cpu().exp()", ["exp computes on the CPU"]),
}


def notes_on(tmp_path: Path, expression: str) -> list[str]:
    """What is noted of code that ends in an expression, without the place."""
    path = tmp_path / "code.py"
    path.write_text(CODE.format(expression))
    code = runpy.run_path(str(path))
    with Elsewhere(path) as device:
        code["computed"]([3.0, 4.0], DEVICE)
    places, notes = zip(*(note.split(": ") for note in device.notes), strict=True) if device.notes else ((), ())
    assert set(places) <= {f"code.py, line {LAST}"}
    return list(notes)


@pytest.mark.parametrize("expression", RIGHT.values(), ids=RIGHT.keys())
def test_nothing_is_noted_of_work_on_the_device(tmp_path: Path, expression: str) -> None:
    assert notes_on(tmp_path, expression) == []


@pytest.mark.parametrize(("expression", "notes"), WRONG.values(), ids=WRONG.keys())
def test_work_beside_the_device_is_noted(tmp_path: Path, expression: str, notes: list[str]) -> None:
    assert notes_on(tmp_path, expression) == notes


# ------------------------------------------------------------------------------------------------ the same marks


@pytest.fixture(scope="module")
def cuda() -> None:
    if not torch.cuda.is_available():
        pytest.skip("torch finds no CUDA device")


def everything(notebook: Notebook) -> dict[str, NotebookNode]:
    """The submissions of this notebook that there are, the forgers excepted: they know nothing that a device could change."""
    return {
        "blank": notebook.skeleton,
        "model": submission(notebook, models(notebook)),
        **{f"demo: {student}": submitted for student, submitted in demo.submissions(notebook).items()},
        **{f"mutant: {': '.join(mistake)}": submission(notebook, answers) for mistake, answers in mutated(notebook).items()},
        **{f"alternative: {name}": submission(notebook, models(notebook) | other) for name, other in alternatives(notebook).items()},
    }


def outcomes(grader: Grader, submissions: Mapping[str, NotebookNode]) -> dict[str, list[tuple[float, list[Outcome]]]]:
    """Of each submission, by its name: the marks of its exercises, and what a student is told of each hidden test."""
    return {
        name: [(part.score, [replace(outcome, private="") for outcome in part.outcomes]) for part in result.exercises]
        for name, result in grades(grader, submissions).items()
    }


@pytest.mark.gpu
@pytest.mark.usefixtures("cuda")
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=str)
def test_marks_are_the_same_on_cuda(notebook: Notebook) -> None:
    submissions = everything(notebook)
    found = {}
    for device in ("cpu", "cuda"):
        with Grader(notebook, device=device, workers=os.cpu_count() or 1, store=False, limits=QUICK) as grader:
            found[device] = outcomes(grader, submissions)
    differ = {name: (found["cpu"][name], found["cuda"][name]) for name in submissions if found["cpu"][name] != found["cuda"][name]}
    assert differ == {}
