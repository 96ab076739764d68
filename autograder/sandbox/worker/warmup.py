"""What is dear the first time, done once in the zygote so that no fork pays for it; single-threaded throughout."""

from __future__ import annotations

import random
import sys


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
