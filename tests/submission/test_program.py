"""What runs of a rebuilt notebook, and the way back to the student's lines."""

import ast
import gc
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.course.model import Notebook
from autograder.submission import tools
from autograder.submission.place import Place
from autograder.submission.program import locate, program
from autograder.submission.rebuild import CODE_LENGTH, rebuild


def mark(grade_id, **changes):
    return {"grade_id": grade_id, "locked": True, "grade": False, "solution": False, "schema_version": 3, "task": False, **changes}


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    found = Notebook("a0_circles", "circles", root=tmp_path_factory.mktemp("course"))
    found.release.parent.mkdir(parents=True)
    about = {"title": "Area", "difficulty": 1, "minutes": 5, "needs": []}
    cells = [
        new_markdown_cell("# Circles", id="top"),
        new_code_cell("%matplotlib inline\nimport math, os", id="setup", metadata={"nbgrader": mark("setup"), "tags": ["setup"]}),
        new_code_cell("print('not run')", id="show", metadata={"nbgrader": mark("show"), "tags": ["figure"]}),
        new_code_cell("def area(r): ...", id="area_answer", metadata={"nbgrader": mark("area_answer", solution=True, locked=False)}),
        new_code_cell("assert area(1)", id="area", metadata={"nbgrader": mark("area", grade=True, points=4), "exercise": about}),
    ]
    metadata = {"groundwork": {"title": "Circles", "imports": ["numpy"], "refused": ["statistics"], "packages": ["numpy"]}}
    nbformat.write(new_notebook(cells=cells, metadata=metadata), found.release)
    return found


@pytest.fixture
def run(notebook):
    """The program of a submission with this answer and this own cell."""

    def made(answer="def area(r):\n    return 3 * r * r", own=None):
        submitted = nbformat.from_dict(notebook.skeleton)
        cells = [nbformat.from_dict(cell) for cell in notebook.skeleton.cells]
        cells[3]["source"] = answer
        if own is not None:
            cells.append(new_code_cell(own))
        submitted = new_notebook(cells=cells)
        return program(notebook, rebuild(notebook, submitted).notebook)

    return made


def answer_of(made):
    return made.cells[1].source


def own_of(made):
    return made.cells[2].source


def test_setup_answers_and_own_cells_run_in_their_order(run):
    made = run(own="half = 1 / 2")
    assert [(cell.id, cell.kind, cell.exercise) for cell in made.cells] == [
        ("setup", "setup", None),
        ("area_answer", "answer", "area"),
        ("own-1", "own", None),
    ]
    assert own_of(made) == "half = 1 / 2"


def test_what_setup_imports_is_not_questioned(run):
    made = run()
    assert made.cells[0].source == "pass\nimport math, os"
    assert made.forbidden == {}


# -------------------------------------------------------------------------------------------------------------- magics

MAGICS = {
    "line magic": ("%matplotlib inline\nx = 1", "pass\nx = 1", [1]),
    "shell": ("x = 1\n!ls -l\ny = 2", "x = 1\npass\ny = 2", [2]),
    "in a block": ("if True:\n    %time x = 1\n    y = 2", "if True:\n    pass\n    y = 2", [2]),
    "help": ("len?\n?len\nlen??", "pass\npass\npass", [1, 2, 3]),
    "assigned": ("files = !ls\nx = %time 1", "pass\npass", [1, 2]),
    "timed": ("%%time\nx = 1", "pass\nx = 1", [1]),
    "captured": ("\n%%capture out\n%pip install x\nx = 1", "\npass\npass\nx = 1", [2, 3]),
    "in a docstring it is none": (
        'def f():\n    """\n    %d items\n    what?\n    """\n%time f()',
        'def f():\n    """\n    %d items\n    what?\n    """\npass',
        [6],
    ),
    "a remainder is none": ("x = (7\n%4)", "x = (7\n%4)", []),
}


@pytest.mark.parametrize(("own", "source", "lines"), MAGICS.values(), ids=MAGICS.keys())
def test_magic_lines_give_way_and_no_line_moves(run, own, source, lines):
    made = run(own=own)
    assert own_of(made) == source
    said = [problem for problem in made.problems if problem.startswith("cell own-1")]
    assert said == [f"cell own-1, line {line}: a magic or shell command; it is left out" for line in lines]


@pytest.mark.parametrize("kind", ["%%bash", "%%html", "%%javascript", "%%timeit", "%%writefile a.py"])
def test_a_cell_in_another_language_is_blanked_whole(run, kind):
    made = run(answer=f"{kind}\nx = 1\ny = 2")
    assert answer_of(made) == "\n\n"
    assert "cell area_answer, line 1: a cell magic; the cell is left out" in made.problems


# ------------------------------------------------------------------------------------------------------- not valid Python


def test_a_broken_answer_is_reported_and_left_to_the_sandbox(run):
    made = run(answer="def area(r):\n    x = 1\n    return 3 *")
    assert answer_of(made) == "def area(r):\n    x = 1\n    return 3 *"
    assert "cell area_answer, line 3: not valid Python" in made.problems


def test_a_broken_own_cell_is_blanked(run):
    made = run(own="x = 1\nfor\n")
    assert own_of(made) == "\n\n"
    assert "cell own-1, line 2: not valid Python" in made.problems


def test_a_warning_about_student_code_is_not_ours(run, recwarn):
    run(answer="x = '\\d'\nif x is 1: pass")
    assert not recwarn.list


# Each of these exhausts CPython's parser, or takes it seconds or gigabytes, or did in some version, at some length.
COSTLY = {
    "attributes": '"a"+".b"*N',
    "calls": '"a"+"()"*N',
    "subscripts": '"a"+"[0]"*N',
    "signs": '"-"*N+"1"',
    "nots": '"not "*N+"1"',
    "inverses": '"~"*N+"1"',
    "sum": '"1"+"+1"*N',
    "power": '"1"+"**1"*N',
    "choices": '"1 if 1 else "*N+"1"',
    "lambdas": '"lambda:"*N+"1"',
    "branches": '"if 1:pass\\n"+"elif 1:pass\\n"*N',
    "decorators": '"@a\\n"*N+"def f():pass"',
    "parentheses": '"("*N+")"*N',
    "open parentheses": '"("*N',
    "open dictionaries": '"{1:"*N',
    "open calls": '"f(a,"*N',
    "an f-string of many parts": '"f\\"" + "{a}"*N + "\\""',
    "many parts in a format": '"f\\"{a:" + "{a}"*N + "}\\""',
    "an f-string with a chain": '"f\\"{a" + ".b"*N + "}\\""',
    "strings": '"\\"a\\" "*N',
    "f-strings": '"f\\"{a}\\" "*N',
    "assignments": '"a="*N+"1"',
    "comparisons": '"a"+"<a"*N',
    "import": '"import a"+".b"*N',
    "import in pieces": '"import a"+".\\\\\\n b"*N',
    "relative import": '"from "+"."*N+" import a"',
    "statements": '"a;"*N',
    "blocks": '"".join(" "*i+"if 1:\\n" for i in range(min(N, 250)))',
    "comprehension": '"[a "+"for a in a "*N+"]"',
    "parameters": '"def f("+",".join("a%d" % i for i in range(N))+"):pass"',
    "digits": '"1"*N',
    "patterns": '"match a:\\n case "+"["*N+"]"*N+":pass"',
    "with": '"with "+"("*N+"a"',
    "continued lines": '"\\\\\\n"*N+"a"',
    "nulls": '"\\0"*N',
}


@pytest.fixture(scope="module")
def parsed_apart():
    """How an interpreter of its own fares with each costly text, cut to the length of a cell: a crash would end it, not us."""
    code = (
        "import json, sys, time, resource\n"
        "from autograder.submission.parsing import read\n"
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 31, 1 << 31))\n"
        "for name, text in json.loads(sys.argv[1]).items():\n"
        "    for N in (60, 3_000, 40_000):\n"
        f"        cell = eval(text)[:{CODE_LENGTH}]\n"
        "        start = time.process_time()\n"
        "        source, tree, said = read(cell)\n"
        "        assert source.count('\\n') == cell.count('\\n')\n"
        "        assert (tree is None) == bool(said), said\n"
        "        print(json.dumps([name, time.process_time() - start]), flush=True)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, json.dumps(COSTLY)], capture_output=True, text=True, timeout=120, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return done, {name: max(cost for other, cost in lines if other == name) for name, _ in lines}


@pytest.mark.parametrize("name", COSTLY)
def test_no_text_is_too_much_for_the_trusted_process(parsed_apart, name):
    done, costs = parsed_apart
    assert name in costs, f"the interpreter did not get past it (status {done.returncode}): {done.stderr[-500:]}"
    assert costs[name] < 3


def test_an_answer_that_cannot_be_read_is_blanked(run):
    made = run(answer="x = 1\ny = (" + 3 * ("-" * 3_900 + "\n") + "1)")  # deeper than any version of Python reads
    assert answer_of(made) == "\n" * 4
    assert "cell area_answer, line 1: too long or too deeply nested to be read; the cell is left out" in made.problems


@pytest.mark.parametrize("source", ["x = 1\n" * CODE_LENGTH, "import a" + ".b" * 1_000 + "\n"], ids=["long", "endless name"])
def test_what_was_not_rebuilt_is_bounded_all_the_same(notebook, source):
    made = program(notebook, new_notebook(cells=[new_code_cell(source, id="mine")]))
    assert made.cells[0].source == "\n" * source.count("\n")
    assert made.problems == ("cell mine, line 1: too long or too deeply nested to be read; the cell is left out",)


# -------------------------------------------------------------------------------------------------------- allowed tools

IMPORTS = {
    "import statistics": ("import statistics",),
    "import statistics as s, torch": ("import statistics", "import torch"),
    "from scipy.stats import norm": ("import scipy",),
    "from scipy import *": ("import scipy",),
    "def f():\n    class A:\n        def g(self):\n            import statistics": ("import statistics",),
    "try:\n    import torch\nexcept ImportError:\n    import statistics": ("import torch", "import statistics"),
    "import torch\nimport torch": ("import torch",),
    "if x: pass; import torch": ("import torch",),
    "s = __import__('statistics')": ("import statistics",),
    "f = [lambda: __builtins__.__import__]": ("__import__", "__builtins__"),
    "s = __builtins__['__import__']('statistics')": ("__builtins__", "__import__"),
    "s = __\N{MATHEMATICAL BOLD SMALL I}mport__('statistics')": ("import statistics",),
    "s = __import__(name)": ("__import__",),
    "i = __import__": ("__import__",),
    "import importlib\ns = importlib.import_module('statistics')": ("import statistics",),
    "import importlib as i\ns = i.import_module('stat' + 'istics')": ("import_module",),
    "from importlib import import_module\ns = import_module('statistics')": ("import statistics",),
    "from importlib import import_module as i\ns = i('statistics')": ("import_module",),
    "import importlib\ns = getattr(importlib, 'import_module')('statistics')": ("import_module",),
    "import importlib.util\ns = importlib.util.find_spec('torch').loader.load_module()": ("import torch", "load_module"),
    "import pkgutil\nm = pkgutil.resolve_name('statistics:mean')": ("import statistics",),
    "import runpy\nm = runpy.run_path('/usr/lib/python3/statistics.py')": ("run_path",),
    "import sys\ns = sys.modules['statistics']": ("import statistics",),
    "import sys as system\ns = system.modules.get('statistics')": ("import statistics",),
    "from sys import modules\ns = modules['statistics']": ("sys.modules",),
    "import sys\ns = sys.modules[name]": ("sys.modules",),
    "import sys\ns = vars(sys)['modules']": ("sys.modules",),
    "import sys\ns = sys.__dict__['modules']": ("sys.modules",),
    "import os\ns = os.sys.modules['statistics']": ("import statistics",),
    "def f(): pass\ns = f.__globals__['s']": ("__globals__",),
    "s = __loader__.load_module('statistics')": ("load_module", "__loader__"),
    "exec('import statistics')": ("import statistics",),
    "s = eval('__import__(\"statistics\")')": ("import statistics",),
    "import time, warnings, copy, os, sys, random, abc, io, re, contextlib, importlib, inspect": (),
    "import sys\nsys.setrecursionlimit(10_000)": (),
    "import sys\nhere = sys.modules[__name__]\nm = sys.modules['math']": (),
    "t = __import__('time')": (),
    "import importlib\nt = importlib.import_module('time')": (),
    "class A:\n    def f(self):\n        self.modules = {}\n        return self.modules['statistics']": (),
    "import math, random, numpy.linalg as la\nfrom numpy import *": (),
    "from __future__ import annotations\nimport typing, collections.abc, dataclasses, functools, itertools, operator, numbers": (),
    "text = 'import torch'  # import torch": (),
    "x = 'import torch' + f'{__name__}'": (),
    "statistics = {'statistics': 1}": (),
}


@pytest.mark.parametrize(("answer", "tools"), IMPORTS.items(), ids=IMPORTS.keys())
def test_tools_that_an_answer_may_not_use(run, answer, tools):
    made = run(answer=answer)
    assert {name: set(found) for name, found in made.forbidden.items()} == ({"area": set(tools)} if tools else {})
    assert answer_of(made) == answer
    assert [problem for problem in made.problems if "cell area_answer" in problem] == []


def test_where_nothing_that_is_there_is_refused_no_way_is(notebook, tmp_path):
    other = Notebook("a0_circles", "circles", root=tmp_path)
    other.release.parent.mkdir(parents=True)
    release = nbformat.from_dict(notebook.skeleton)
    release.metadata["groundwork"] = {"title": "Circles", "imports": [], "packages": []}
    nbformat.write(release, other.release)
    cells = [new_code_cell("import sys\n\ndef area(r):\n    return sys.modules[r], area.__globals__, __import__(r)")]
    made = program(other, rebuild(other, new_notebook(cells=[*release.cells, *cells])).notebook)
    assert made.forbidden == {}
    assert program(
        other, rebuild(other, new_notebook(cells=[*release.cells, new_code_cell("def area(r): return __import__('torch')")])).notebook
    ).forbidden


def test_a_tool_is_named_with_its_line(run):
    made = run(answer="def area(r):\n    x = 1\n    from scipy.stats import norm\n    return norm")
    assert made.forbidden == {"area": ("import scipy",)}
    assert made.used == {"area": Place("area_answer", 3)}


def test_what_is_reported_of_tools_is_bounded(run):
    made = run(answer="\n".join(f"import {name}" for name in tools.LIBRARIES - {"numpy"}))
    assert len(made.forbidden["area"]) == tools.MOST_NAMED


ABSENT = {
    "a plot": ("import matplotlib.pyplot as plt\ndef half(r): return 3", "pass\ndef half(r): return 3", ["matplotlib.pyplot"]),
    "a table": ("import math, pandas as pd\nfrom IPython.display import display", "import math\npass", ["pandas", "IPython.display"]),
    "in a function": ("def half(r):\n    import seaborn\n    return 3", "def half(r):\n    pass\n    return 3", ["seaborn"]),
    "a helper file": ("from . import helpers\nfrom mine import *", "pass\npass", [".", "mine"]),
    "where that is foreseen": ("try:\n    import pandas\nexcept ImportError:\n    pandas = None", None, []),
}


@pytest.mark.parametrize("place", ["answer", "own"])
@pytest.mark.parametrize(("source", "kept", "names"), ABSENT.values(), ids=ABSENT.keys())
def test_a_module_that_is_not_there_is_left_out_and_that_is_said(run, place, source, kept, names):
    made = run(**{place: source})
    assert (answer_of if place == "answer" else own_of)(made) == (kept or source)
    assert made.forbidden == {}
    left_out = [problem for problem in made.problems if "is not there where answers are graded; its import is left out" in problem]
    assert [problem.split(": ")[1].split(" is ")[0] for problem in left_out] == names


WRAPPED = [
    "from tqdm import tqdm",
    "from tqdm.auto import tqdm, trange",
    "from tqdm.notebook import tqdm as bar\ntqdm = bar",
    "import tqdm\ntqdm = tqdm.tqdm",
    "import tqdm.notebook\ntqdm = tqdm.notebook.tqdm",
    "import tqdm.auto as t\ntqdm, trange = t.tqdm, t.trange",
]


@pytest.mark.parametrize("source", WRAPPED)
def test_a_progress_bar_gives_what_it_goes_through(run, source):
    module = {}
    exec(answer_of(run(answer=source)), module)
    assert module["tqdm"]([1, 2], desc="epoch", total=2) == [1, 2]
    assert not hasattr(module["tqdm"]([1]), "update")
    assert list(module.get("trange", range)(2)) == [0, 1]


OWN = {
    "alone": ("import torch\nx = 1", "pass\nx = 1"),
    "with allowed ones": ("import torch, math as m, numpy.linalg", "import math as m, numpy.linalg"),
    "over lines": ("from torch import (\n    nn,\n    fx,\n)  # mine\nx = 1", "pass\n\n\n  # mine\nx = 1"),
    "over lines with more to come": ("from torch import (\n    nn\n); x = 1\ny = 2", "pass\\\n\\\n; x = 1\ny = 2"),
    "between others": ("é = 'ü'; import torch; y = 2", "é = 'ü'; pass; y = 2"),
    "on the line of its block": ("if 1: import torch\nelse: x = 1", "if 1: pass\nelse: x = 1"),
    "in a function": ("def f():\n    import torch\n    return torch", "def f():\n    pass\n    return torch"),
    "hidden": ("x = __import__('torch')\ny = 1", "pass\ny = 1"),
    "hidden in a header": ("if __import__('torch'):\n    import torch\n    x = 1\ny = 1", "pass\n\n\ny = 1"),
    "hidden in a decorator": ("@f\n@__import__('torch').g\ndef h():\n    pass\ny = 1", "pass\n\n\n\ny = 1"),
    "twice on a line": ("import torch; import scipy", "pass; pass"),
    "after a magic": ("%time\nimport torch", "pass\npass"),
}


@pytest.mark.parametrize(("own", "source"), OWN.values(), ids=OWN.keys())
def test_a_forbidden_import_in_an_own_cell_is_blanked(run, own, source):
    made = run(own=own)
    assert own_of(made) == source
    assert source.count("\n") == own.count("\n")
    ast.parse(source)
    assert made.forbidden == {}
    assert any(problem.startswith("cell own-1, line") and "is not among the allowed tools" in problem for problem in made.problems)


def test_a_cell_that_cannot_be_mended_is_blanked(run):
    """Where a decorator does not begin on its own line, cutting goes wrong, and that is seen."""
    made = run(own="@(\n    __import__('torch').g)\ndef h():\n    pass\ny = 1")
    assert own_of(made) == "\n\n\n\n"


def test_many_forbidden_imports_take_linear_time(run):
    start = time.process_time()
    run(own="import torch\n" * (CODE_LENGTH // 13))
    assert time.process_time() - start < 2


# ------------------------------------------------------------------------------------------------------------- the map


def test_numbers_from_the_sandbox_lead_to_the_students_line(run):
    made = run(own="x = 1")
    assert locate(made, 1, 2) == Place("area_answer", 2)
    assert locate(made, 2, 1) == Place("own-1", 1)


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        *[(-1, 1), (3, 1), (10**30, 1), (1, 0), (1, -1), (1, 3), (1, 10**30)],
        *[(True, 1), (1, True), (1.0, 1), (1, 1.0), ("1", 1), (None, None), (np.int64(1), 1), ([], {})],
    ],
)
def test_numbers_that_name_no_line_lead_nowhere(run, cell, line):
    assert locate(run(own="x = 1"), cell, line) is None


@pytest.fixture
def eager_threads():
    """Threads take turns as often as can be, in the middle of Python's parser too: whatever watches the garbage collector lets them."""
    interval = sys.getswitchinterval()

    def watch(phase, info):
        for _ in range(30):
            pass

    gc.callbacks.append(watch)
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)
    gc.callbacks.remove(watch)


@pytest.mark.usefixtures("eager_threads")
def test_threads_may_read_submissions_at_the_same_time(run):
    """Python counts the depth of trees for all threads together, and its parser fails when two of them are in it at once."""
    deep = "x = " + "+".join(f"f({n}, [{n}, ({n},)])" for n in range(80))
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda number: run(own=f"{deep}\ny = {number}"), range(100)))
    assert [own_of(program).splitlines()[1] for program in made] == [f"y = {number}" for number in range(100)]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (
            "def area(r):\n    print r",
            "cell area_answer, line 2: not valid Python; it is Python 2, and this course is graded with Python {0}",
        ),
        (
            "%time\nlazy import json",
            "cell area_answer, line 2: not valid Python; it is Python 3.15, and this course is graded with Python {0}",
        ),
        ("def area(r:\n    return 1", "cell area_answer, line 1: not valid Python"),
        ("import numpy as np\ndef area(r):\n    return np.float(r)", "cell area_answer, line 3: `numpy.float` is not in NumPy {1}: "),
    ],
)
def test_what_another_version_would_read_is_told_with_the_one_that_grades(run, answer, sentence):
    said = sentence.format(f"{sys.version_info[0]}.{sys.version_info[1]}", np.__version__)
    if sys.version_info >= (3, 15) and "lazy" in answer:
        said = ""
    problems = [problem for problem in run(answer).problems if "magic" not in problem]
    assert [problem[: len(said)] for problem in problems] == ([said] if said else [])
