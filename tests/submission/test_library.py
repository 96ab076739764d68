"""Names that the libraries here do not have are told of, from lists that hold for what is installed."""

import ast
import importlib
import sys
import warnings
from typing import Any

import numpy as np
import pytest

from autograder.submission import library

NUMPY = f"NumPy {np.__version__}"
PYTHON = f"Python {sys.version_info[0]}.{sys.version_info[1]}"


def told(*sources: str) -> list[str]:
    return list(library.unknown([(f"c{number}", ast.parse(source)) for number, source in enumerate(sources)]))


TOLD = {
    "x = np.float(3)": f"cell c1, line 1: `numpy.float` is not in {NUMPY}: it went with NumPy 1.24; use `float`",
    "\n\ny = np.trapz([1, 2])": f"cell c1, line 3: `numpy.trapz` is not in {NUMPY}: it went with NumPy 2.4; use `numpy.trapezoid`",
    "np.in1d(1, 2)": f"cell c1, line 1: `numpy.in1d` is not in {NUMPY}: it went with NumPy 2.4; use `numpy.isin`",
    "np.product(x)": f"cell c1, line 1: `numpy.product` is not in {NUMPY}: it went with NumPy 2.0; use `numpy.prod`",
    "np.bool8": f"cell c1, line 1: `numpy.bool8` is not in {NUMPY}: it went with NumPy 2.0; use `numpy.bool`",
    "np.Inf": f"cell c1, line 1: `numpy.Inf` is not in {NUMPY}: it went with NumPy 2.0. Use `np.inf` instead.",
    "from numpy import alltrue": f"cell c1, line 1: `numpy.alltrue` is not in {NUMPY}: it went with NumPy 2.0. Use `np.all` instead.",
    "import numpy\nnumpy.float_": f"cell c1, line 2: `numpy.float_` is not in {NUMPY}: it went with NumPy 2.0. Use `np.float64` instead.",
    "np.secret_of_mine": f"cell c1, line 1: `numpy` of {NUMPY} has no such name: it is misspelt, or of another version",
    "np.linalg.secret(x)": f"cell c1, line 1: `numpy.linalg` of {NUMPY} has no such name: it is misspelt, or of another version",
    "from numpy.random import secret": f"cell c1, line 1: `numpy.random` of {NUMPY} has no such name",
    "import math\nmath.secret": f"cell c1, line 2: `math` of {PYTHON} has no such name: it is misspelt, or of another version",
    "from collections import Mapping": (
        f"cell c1, line 1: `collections.Mapping` is not in {PYTHON}: it went with Python 3.10; use `collections.abc.Mapping`"
    ),
    "torch.symeig(x)": "cell c1, line 1: `torch.symeig` is not in PyTorch ",
    "import torch.nn as N\nN.ReLu()": "cell c1, line 2: `torch.nn.ReLu` is not in PyTorch ",
    "for i in xrange(3): pass": "cell c1, line 1: `xrange` is Python 2; here it is `range`",
    "def f(x):\n    return reduce(max, x)": "cell c1, line 2: `reduce` is Python 2; here it is `functools.reduce`",
}


@pytest.mark.parametrize("source", TOLD)
def test_a_name_of_another_version_is_told_with_its_place(source: str) -> None:
    (sentence,) = told("import numpy as np\nimport torch", source)
    assert sentence.startswith(TOLD[source])


@pytest.mark.parametrize(
    "source",
    [
        "np.zeros(3) + np.linalg.norm(x) + np.random.default_rng(1).normal()",
        "np.bool, np.long, np.float64, np.newaxis, np.testing, np.lib.stride_tricks, np.polynomial.Polynomial, np.core.numeric",
        "np.linalg.LinAlgError, np.add.reduce, np.float64.secret, np.ndarray.secret",
        "from numpy import *",
        "from numpy.linalg import norm\nfrom numpy import random as r\nr.default_rng",
        "def f(np):\n    return np.float",
        "import math\nclass math: pass\nmath.secret",
        "def reduce(f, x): ...\nreduce(1, 2)",
        "from functools import reduce\nreduce(1, 2)",
        "long = 1\nlong",
        "import pandas as pd\npd.secret\nos.secret",
        "torch.nn.Linear(1, 2), torch.secret",
        "import importlib.resources as i\ni.secret",
        "from . import float\nfrom .numpy import float",
        "from collections import abc\nabc.Mapping, abc.secret",
        "import collections.abc\ncollections.abc.Mapping",
        "import numpy.random\nnumpy.random.normal",
    ],
)
def test_nothing_is_said_of_names_that_are_there_or_are_not_known(source: str) -> None:
    assert told("import numpy as np\nimport torch", source) == []


def there(name: str) -> bool:
    """Whether what is installed has a name, and does not only raise that it went."""
    found: Any = importlib.import_module(name.partition(".")[0]) if "." in name else importlib.import_module("builtins")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for part in name.split(".")[1:] if "." in name else [name]:
            found = getattr(found, part, None) or sys.modules.get(f"{getattr(found, '__name__', '')}.{part}")
            if found is None:
                return False
        for arguments in ([None], [None, None]):
            try:
                found(*arguments)
            except RuntimeError as error:
                return "deprecated" not in str(error)
            except Exception:
                continue
    return True


@pytest.mark.parametrize("name", sorted(library._GONE))
def test_the_lists_hold_for_what_is_installed(name: str) -> None:
    if name != "numpy.row_stack":  # which is on its way out
        assert not there(name)
    assert there(library._GONE[name][1])


@pytest.mark.parametrize("name", sorted(library.LATER))
def test_the_standard_library_s_names_came_when_the_list_says(name: str) -> None:
    module, _, attribute = name.partition(".")
    since = tuple(map(int, library.LATER[name].split(".")))
    assert hasattr(importlib.import_module(module), attribute) == (sys.version_info[:2] >= since)
    said = told(f"from {module} import {attribute}\n")
    late = f"cell c0, line 1: `{name}` came with Python {library.LATER[name]}; this course is graded with {PYTHON}"
    assert said == ([late] if sys.version_info[:2] < since else [])
