"""Names of libraries that another version of them has: read in a student's text, and checked against what is installed here.

What is said is ours alone: a name is only repeated when it stands in a list of ours, or of NumPy's own.
"""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import pkgutil
import sys
import warnings
from collections.abc import Iterator, Sequence
from functools import cache

from autograder.submission import parsing

STANDARD = frozenset("collections copy dataclasses functools itertools math operator random statistics string time typing warnings".split())
LOOKED_INTO = STANDARD | {"numpy", "numpy.fft", "numpy.linalg", "numpy.random"}
"""Modules whose names are compared with what a text asks of them: no other is imported for a submission's sake; PyTorch takes a second."""

LATER = {
    "itertools.batched": "3.12",
    "math.sumprod": "3.12",
    "random.binomialvariate": "3.12",
    "typing.TypeAliasType": "3.12",
    "typing.override": "3.12",
    "copy.replace": "3.13",
    "math.fma": "3.13",
    "typing.NoDefault": "3.13",
    "typing.ReadOnly": "3.13",
    "typing.TypeIs": "3.13",
    "warnings.deprecated": "3.13",
    "functools.Placeholder": "3.14",
    "operator.is_none": "3.14",
    "operator.is_not_none": "3.14",
}
"""The Python that a name of the standard library came with."""

_BUILTINS = {
    "basestring": "str",
    "long": "int",
    "raw_input": "input",
    "reduce": "functools.reduce",
    "unichr": "chr",
    "unicode": "str",
    "xrange": "range",
}
"""What Python 2 had, and what there is for it."""

_GONE = {
    **{f"collections.{name}": ("Python 3.10", f"collections.abc.{name}") for name in "Callable Hashable Iterable Iterator Mapping".split()},
    **{f"collections.{name}": ("Python 3.10", f"collections.abc.{name}") for name in "MutableMapping Sequence Set Sized".split()},
    "itertools.ifilter": ("Python 3.0", "filter"),
    "itertools.imap": ("Python 3.0", "map"),
    "itertools.izip": ("Python 3.0", "zip"),
    "operator.div": ("Python 3.0", "operator.truediv"),
    "string.letters": ("Python 3.0", "string.ascii_letters"),
    "time.clock": ("Python 3.8", "time.perf_counter"),
    "numpy.asscalar": ("NumPy 1.23", "numpy.ndarray.item"),
    "numpy.bool8": ("NumPy 2.0", "numpy.bool"),
    "numpy.complex": ("NumPy 1.24", "complex"),
    "numpy.cumproduct": ("NumPy 2.0", "numpy.cumprod"),
    "numpy.float": ("NumPy 1.24", "float"),
    "numpy.in1d": ("NumPy 2.4", "numpy.isin"),
    "numpy.int": ("NumPy 1.24", "int"),
    "numpy.int0": ("NumPy 2.0", "numpy.intp"),
    "numpy.msort": ("NumPy 2.0", "numpy.sort"),
    "numpy.object": ("NumPy 1.24", "object"),
    "numpy.product": ("NumPy 2.0", "numpy.prod"),
    "numpy.rank": ("NumPy 1.18", "numpy.ndim"),
    "numpy.row_stack": ("", "numpy.vstack"),
    "numpy.str": ("NumPy 1.24", "str"),
    "numpy.trapz": ("NumPy 2.4", "numpy.trapezoid"),
    "torch.eig": ("", "torch.linalg.eig"),
    "torch.gels": ("", "torch.linalg.lstsq"),
    "torch.gesv": ("", "torch.linalg.solve"),
    "torch.ifft": ("PyTorch 1.8", "torch.fft.ifft"),
    "torch.irfft": ("PyTorch 1.8", "torch.fft.irfft"),
    "torch.lstsq": ("", "torch.linalg.lstsq"),
    "torch.matrix_rank": ("", "torch.linalg.matrix_rank"),
    "torch.potrf": ("", "torch.linalg.cholesky"),
    "torch.rfft": ("PyTorch 1.8", "torch.fft.rfft"),
    "torch.set_deterministic": ("", "torch.use_deterministic_algorithms"),
    "torch.solve": ("", "torch.linalg.solve"),
    "torch.symeig": ("", "torch.linalg.eigh"),
    "torch.nn.CrossEntropy": ("", "torch.nn.CrossEntropyLoss"),
    "torch.nn.ReLu": ("", "torch.nn.ReLU"),
    "torch.nn.SoftMax": ("", "torch.nn.Softmax"),
}
"""When a name went, "" where that is not known or there never was one, and what there is for it; told only where it is not there."""


def unknown(trees: Sequence[tuple[str, ast.Module]]) -> Iterator[str]:
    """A sentence for each place, "cell …, line …: …", where the cells of a notebook use what the libraries here do not have.

    trees: the cells that run, by their ids.
    """
    cells = [(cell, [node for node in ast.walk(tree) if isinstance(node, _NAMING)]) for cell, tree in trees]
    modules, bound = _names([node for _, nodes in cells for node in nodes])
    for cell, nodes in cells:
        told: set[str] = set()
        for node in nodes:
            for name in _used(node, modules):
                told.update(f"cell {cell}, line {node.lineno}: {said}" for said in _said(name))
            if isinstance(node, ast.Name) and node.id in _BUILTINS and node.id not in bound:
                told.add(f"cell {cell}, line {node.lineno}: `{node.id}` is Python 2; here it is `{_BUILTINS[node.id]}`")
        yield from sorted(told, key=lambda sentence: (int(sentence.partition(", line ")[2].partition(":")[0]), sentence))


_NAMING = (
    *(ast.Attribute, ast.Name, ast.Import, ast.ImportFrom, ast.arg, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
    *(ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping),
)


def _names(nodes: Sequence[ast.AST]) -> tuple[dict[str, tuple[str, ...]], set[str]]:
    """The modules that names of a notebook stand for, and never for anything else, and all names that it binds."""
    modules: dict[str, tuple[str, ...]] = {}
    others: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                path = tuple(alias.name.split("."))
                modules[alias.asname or path[0]] = path if alias.asname else path[:1]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                modules[alias.asname or alias.name] = (*node.module.split("."), alias.name)
        elif not isinstance(node, ast.Attribute):
            others.update(parsing.binds(node))
    return {name: path for name, path in modules.items() if name not in others and _is_ours(path)}, others | modules.keys()


def _is_ours(path: tuple[str, ...]) -> bool:
    return path[0] in STANDARD or path[0] in ("numpy", "torch")


def _used(node: ast.AST, modules: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """The full name of what a node reads of a module or imports from one."""
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        path = tuple(node.module.split("."))
        yield from ((*path, alias.name) for alias in node.names if _is_ours(path) and alias.name != "*")
    elif isinstance(node, ast.Attribute):
        names: list[str] = []
        below: ast.expr = node
        while isinstance(below, ast.Attribute):
            names.append(below.attr)
            below = below.value
        if isinstance(below, ast.Name) and below.id in modules:
            yield (*modules[below.id], *reversed(names))


def _said(path: tuple[str, ...]) -> Iterator[str]:
    """What is to be said of a name such as numpy.float; of a longer one, its beginning is looked up by itself."""
    name, version = ".".join(path), _version(path[0])
    if version is None:
        return
    module = ".".join(path[:-1])
    if module in LOOKED_INTO and path[-1] in _inside(module):
        return
    if name in LATER:
        yield f"`{name}` came with Python {LATER[name]}; this course is graded with {version}"
    elif name in _GONE:
        since, instead = _GONE[name]
        yield f"`{name}` is not in {version}{f': it went with {since}' if since else ''}; use `{instead}`"
    elif module == "numpy" and path[-1] in _expired():
        yield f"`{name}` is not in {version}: it went with NumPy 2.0. {_expired()[path[-1]]}".rstrip()
    elif module in LOOKED_INTO:
        yield f"`{module}` of {version} has no such name: it is misspelt, or of another version"


@cache
def _version(module: str) -> str | None:
    if module in STANDARD:
        return f"Python {sys.version_info[0]}.{sys.version_info[1]}"
    try:
        return f"{'NumPy' if module == 'numpy' else 'PyTorch'} {importlib.metadata.version(module).partition('+')[0]}"
    except importlib.metadata.PackageNotFoundError:
        return None


@cache
def _inside(module: str) -> frozenset[str]:
    """The names in one of `LOOKED_INTO`, whatever of it is loaded already."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = importlib.import_module(module)
        submodules = (below.name for below in pkgutil.iter_modules(getattr(found, "__path__", ())))
        return frozenset([*dir(found), *vars(found), *submodules])


@cache
def _expired() -> dict[str, str]:
    """What NumPy itself says of names that went with 2.0; its place is not promised."""
    try:
        found: dict[str, str] = importlib.import_module("numpy._expired_attrs_2_0").__expired_attributes__
    except (ImportError, AttributeError):
        return {}
    return found
