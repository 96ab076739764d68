"""Finished parts that an exercise is about, and modules that only some exercises may use, are found in what students write."""

import ast

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.course.model import Notebook
from autograder.submission.parsing import global_names
from autograder.submission.program import program
from autograder.submission.rebuild import rebuild

BANNED = [
    "torch.nn.MultiheadAttention",
    "torch.nn.Transformer",
    "torch.nn.functional.multi_head_attention_forward",
    "torch.nn.functional.scaled_dot_product_attention",
    "torch._scaled_dot_product_*",
]
LAYER, ATTENTION = "torch.nn.MultiheadAttention", "torch.nn.functional.scaled_dot_product_attention"


def mark(grade_id, **changes):
    return {"grade_id": grade_id, "locked": True, "grade": False, "solution": False, "schema_version": 3, "task": False, **changes}


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """Two exercises: `softmax`, in NumPy alone, and `heads`, in torch."""
    found = Notebook("a0_heads", "heads", root=tmp_path_factory.mktemp("course"))
    found.release.parent.mkdir(parents=True)
    setup = "import numpy as np\nimport torch\nfrom torch import nn\nfrom torch.nn import functional as F"
    cells = [
        new_markdown_cell("# Heads", id="top"),
        new_code_cell(setup, id="setup", metadata={"nbgrader": mark("setup"), "tags": ["setup"]}),
    ]
    for name, extra in (("softmax", {"imports": ["numpy"]}), ("heads", {})):
        about = {"title": name, "difficulty": 1, "minutes": 5, "needs": [], **extra}
        answer = {"nbgrader": mark(f"{name}_answer", solution=True, locked=False)}
        cells.append(new_code_cell(f"def {name}(x): ...", id=f"{name}_answer", metadata=answer))
        cells.append(new_code_cell("assert True", id=name, metadata={"nbgrader": mark(name, grade=True, points=4), "exercise": about}))
    metadata = {"groundwork": {"title": "Heads", "imports": ["numpy", "torch"], "packages": ["numpy", "torch"], "banned": BANNED}}
    nbformat.write(new_notebook(cells=cells, metadata=metadata), found.release)
    return found


@pytest.fixture
def run(notebook):
    """The program of a submission with these answers, and own cells before and after them."""

    def made(softmax="def softmax(x):\n    return np.exp(x)", heads="def heads(x):\n    return x", before=None, after=None):
        cells = [nbformat.from_dict(cell) for cell in notebook.skeleton.cells]
        cells[2]["source"], cells[4]["source"] = softmax, heads
        cells[2:2] = [new_code_cell(before)] if before else []
        cells += [new_code_cell(after)] if after else []
        return program(notebook, rebuild(notebook, new_notebook(cells=cells)).notebook)

    return made


def own(made):
    return [cell.source for cell in made.cells if cell.id.startswith("own-")]


SHORTCUTS = {
    "plain name": ("h = nn.MultiheadAttention(4, 2)", LAYER),
    "whole path": ("h = torch.nn.modules.activation.MultiheadAttention", LAYER),
    "alias": ("M = nn.MultiheadAttention\nh = M(4, 2)", LAYER),
    "alias of a module": ("n = torch.nn\nh = n.MultiheadAttention(4, 2)", LAYER),
    "import as": ("import torch.nn as n\nh = n.MultiheadAttention(4, 2)", LAYER),
    "from import": ("from torch.nn import MultiheadAttention", LAYER),
    "from import as": ("from torch.nn import Linear, MultiheadAttention as M", LAYER),
    "star import": ("from torch.nn import *\nh = MultiheadAttention(4, 2)", LAYER),
    "in a function": (
        "def heads(x):\n    return F.scaled_dot_product_attention(x, x, x)",
        "torch.nn.functional.scaled_dot_product_attention",
    ),
    "as a base": ("class Heads(nn.MultiheadAttention):\n    pass", LAYER),
    "as an attribute of itself": (
        "class Heads(nn.Module):\n    def __init__(self):\n        self.MultiheadAttention = nn.MultiheadAttention",
        LAYER,
    ),
    "getattr": ("h = getattr(nn, 'MultiheadAttention')", LAYER),
    "dictionary": ("h = vars(nn)['MultiheadAttention']", LAYER),
    "attrgetter": ("from operator import attrgetter\nh = attrgetter('nn.MultiheadAttention')(torch)", LAYER),
    "a name for getattr": ("name = 'MultiheadAttention'\nh = getattr(nn, name)", LAYER),
    "importlib": ("import importlib\nh = importlib.import_module('torch.nn').MultiheadAttention", LAYER),
    "__import__": ("h = __import__('torch').nn.MultiheadAttention", LAYER),
    "torch.ops": ("h = torch.ops.aten.scaled_dot_product_attention", ATTENTION),
    "torch.ops by getattr": (
        "h = getattr(torch.ops.aten, '_scaled_dot_product_attention_math')",
        "torch._scaled_dot_product_*",
    ),
    "torch._C": ("h = torch._C._nn.scaled_dot_product_attention", ATTENTION),
    "other letters": ("h = nn.\N{MATHEMATICAL BOLD CAPITAL M}ultiheadAttention", LAYER),
}


@pytest.mark.parametrize(("answer", "tools"), SHORTCUTS.values(), ids=SHORTCUTS.keys())
def test_a_banned_name_is_refused_however_it_is_reached(run, answer, tools):
    made = run(heads=answer)
    wanted = (tools,) if isinstance(tools, str) else tools
    assert set(made.forbidden) == {"heads"}
    assert set(made.forbidden["heads"]) == set(wanted)
    assert own(made) == []


FREE = {
    "parts of one's own": "class A:\n    def __init__(self):\n        self.Transformer = nn.ReLU()\n        self.f = self.Transformer",
    "a method of one's own": "class A:\n    @staticmethod\n    def scaled_dot_product_attention(q):\n        return q\n"
    "h = A.scaled_dot_product_attention",
    "a class of one's own": "class Transformer(nn.Module):\n    pass\nh = Transformer()",
    "a function of one's own": "def scaled_dot_product(q, k, v):\n    return q @ k @ v\nh = scaled_dot_product",
    "a parameter": "from torch.nn import *\ndef heads(MultiheadAttention):\n    return MultiheadAttention",
    "docstrings": "def heads(x):\n    'MultiheadAttention'\n    return x",
    "sentences": "def heads(x):\n    raise ValueError('as nn.MultiheadAttention does, heads divide the size')",
    "comments": "def heads(x):  # nn.MultiheadAttention\n    return x",
    "other layers": "h = nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2))\nh = F.softmax(torch.ones(2), dim=0)",
}


@pytest.mark.parametrize("answer", FREE.values(), ids=FREE.keys())
def test_what_is_ones_own_is_free(run, answer):
    assert run(heads=answer).forbidden == {}


def test_a_module_that_an_exercise_may_not_import_is_refused_there_alone(run):
    with_torch = "import torch as t\ndef {0}(x):\n    return t.softmax(x, 0)"
    made = run(softmax=with_torch.format("softmax"), heads=with_torch.format("heads"))
    assert made.forbidden == {"softmax": ("import torch",)}


LENT = {
    "by the setup": ("def softmax(x):\n    return torch.softmax(x, 0)", None),
    "by the setup, from a module": ("def softmax(x):\n    return F.softmax(x, 0)", None),
    "by an own import": ("def softmax(x):\n    return t.softmax(x, 0)", "import torch as t"),
    "by an own function": ("def softmax(x):\n    return helper(x)", "def helper(x):\n    return torch.softmax(x, 0)"),
    "by an own function behind another": (
        "softmax = outer",
        "def inner(x):\n    return nn.Softmax(0)(x)\n\n@staticmethod\ndef outer(x):\n    return inner(x)",
    ),
    "by an own class": ("def softmax(x):\n    return Soft()(x)", "class Soft(nn.Module):\n    pass"),
    "in a branch": ("def softmax(x):\n    return t(x)", "if True:\n    t = torch.exp\nelse:\n    t = None"),
    "in a loop": ("def softmax(x):\n    return t(x)", "for t in [torch.exp]:\n    pass"),
    "by an own alias on a shared line": ("def softmax(x):\n    return t(x)", "(\n    1\n); t = torch.exp"),
    "by another answer": ("def softmax(x):\n    return soft(x, 0)", None),
}


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize(("answer", "helper"), LENT.values(), ids=LENT.keys())
def test_a_module_is_refused_where_another_cell_lends_it(run, answer, helper, place):
    made = run(softmax=answer, heads="from torch import softmax as soft\ndef heads(x):\n    return soft(x, 0)", **{place: helper})
    assert made.forbidden == {"softmax": ("import torch",)}
    assert own(made) == ([helper] if helper else [])


LOCAL = {
    "a variable": "def softmax(x):\n    F = np.exp(x)\n    return F / F.sum()",
    "a parameter": "def softmax(torch):\n    return np.exp(torch)",
    "a comprehension": "def softmax(x):\n    return np.array([nn for nn in x])",
    "a helper that is free of it": "def softmax(x):\n    return free(x)",
}


@pytest.mark.parametrize("answer", LOCAL.values(), ids=LOCAL.keys())
def test_a_name_of_ones_own_that_looks_like_a_module_is_free(run, answer):
    helpers = "def free(x):\n    return np.exp(x)\n\ndef show(x):\n    return torch.tensor(x)"
    assert run(softmax=answer, before=helpers).forbidden == {}


def test_a_shortcut_that_another_answer_lends_is_refused_in_both(run):
    made = run(softmax="M = nn.MultiheadAttention", heads="def heads(x):\n    return M(4, 2)(x)")
    assert made.forbidden["heads"] == (LAYER,)
    assert LAYER in made.forbidden["softmax"]


OWN = {
    "M = nn.MultiheadAttention\nx = 1": "pass\nx = 1",
    "from torch.nn import Linear, MultiheadAttention as M": "from torch.nn import Linear",
    "def helper(x):\n    return F.scaled_dot_product_attention(x, x, x)": "def helper(x):\n    pass",
}


@pytest.mark.parametrize(("source", "kept"), OWN.items(), ids=["alias", "one of two imports", "in a function"])
def test_a_shortcut_in_an_own_cell_is_blanked(run, source, kept):
    made = run(after=source)
    assert own(made) == [kept]
    ast.parse(kept)
    assert made.forbidden == {}
    assert any("is not among the allowed tools; it is left out" in problem for problem in made.problems)


def test_a_stub_with_nothing_in_it_uses_nothing(run):
    assert run(softmax="def softmax(x): ...", heads="def heads(x): ...").forbidden == {}


def test_names_are_read_by_scope():
    source = "a = b\ndef f(c, d=e):\n    g = c + h\n    return [i for i in g if i < j]\nclass K(L):\n    m = n\n    o = lambda self: m"
    assert global_names(ast.parse(source)) >= {"b", "e", "h", "j", "L", "n", "m"}
    assert not global_names(ast.parse(source)) & {"c", "d", "g", "i"}
