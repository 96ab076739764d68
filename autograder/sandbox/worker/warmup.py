"""What is dear the first time, done once in the zygote so that no fork pays for it; single-threaded throughout."""

from __future__ import annotations

import ctypes
import random
import sys

_HUGE = 2 << 20  # bytes of a huge page
_MADV_COLLAPSE = 25


def warm_up() -> None:
    """Touch what is loaded on first use in the packages that have been imported."""
    random.seed(0)
    if "numpy" in sys.modules:
        _numpy()
    if "torch" in sys.modules:
        _torch()


def reseed() -> None:
    """Put every global random generator at the same start."""
    random.seed(0)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(0)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


def use_huge_pages() -> None:
    """Move what is in memory to huge pages: a fork copies one entry for each, not 512, and the end of a process frees one.

    With torch a fork and its end take a fifth of the time. Linux before 6.1 cannot do it, and memory may be in pieces: then
    pages stay as they are, and all that is lost is time.
    """
    advise = ctypes.CDLL(None).madvise
    advise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    with open("/proc/self/maps") as file:
        maps = [line.split() for line in file]
    for span, rights, _, _, _, *name in maps:
        if rights == "rw-p" and name in ([], ["[heap]"]):
            begin, end = (int(address, 16) for address in span.split("-"))
            for huge in range(-(-begin // _HUGE) * _HUGE, end - _HUGE + 1, _HUGE):
                advise(huge, _HUGE, _MADV_COLLAPSE)


def _numpy() -> None:
    import numpy

    generator = numpy.random.default_rng(0)
    square = generator.normal(size=(4, 4))
    numpy.linalg.solve(square, numpy.linalg.svd(square)[1])
    numpy.einsum("ij,jk->ik", square, square)
    numpy.random.seed(0)


def _torch() -> None:
    import torch
    import torch._dynamo  # optimizers import it at their first step

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    layer = torch.nn.Linear(3, 2)
    optimizer = torch.optim.Adam(layer.parameters())
    torch.autograd.backward(torch.nn.functional.cross_entropy(layer(torch.randn(2, 3)), torch.tensor([0, 1])))
    optimizer.step()
    torch.manual_seed(0)
