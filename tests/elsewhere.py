"""A second device for torch that every machine has: "meta", with the numbers kept.

Tensors on it lie in CPU memory and are computed there. It notes what CUDA would refuse, and what would go on without it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import torch
from torch.overrides import TorchFunctionMode

DEVICE = "meta"
COPIES = {torch.Tensor.to, torch.Tensor.cpu, torch.as_tensor, torch.asarray}
TO_NUMPY = {torch.Tensor.numpy, torch.Tensor.__array__}
ACROSS = {"copy_", "_has_compatible_shallow_copy_type"}  # takes tensors of two devices; so does assigning to .data
SEQUENCES = {"_pack_padded_sequence", "_pad_packed_sequence", "lstm", "gru", "rnn_tanh", "rnn_relu"}  # want lengths on the CPU
TORCH = Path(torch.__file__).parent
OWN_WORK = [TORCH / "optim", TORCH / "nn" / "init.py", TORCH / "nn" / "modules" / "rnn.py", TORCH / "nn" / "utils" / "rnn.py"]
"""Where torch itself works on the CPU: it counts steps and lengths there, and fills new parameters where they are."""


class Elsewhere(TorchFunctionMode):
    """While it is entered, tensors can be on the device "meta". `notes` says what was wrong, each with file and line:

    an operation on tensors of both sides, memory of the device handed to NumPy, and what `code` computes from tensors on the CPU.
    Whatever is wrong goes on.
    """

    def __init__(self, code: Path) -> None:
        super().__init__()
        self.code = code
        self.notes: list[str] = []
        self.memory: dict[int, torch.UntypedStorage] = {}  # of tensors on the device, by address; kept, so that no address comes back

    def __enter__(self) -> Self:
        super().__enter__()
        return self

    def __torch_function__(self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None) -> Any:
        args, kwargs = list(args), dict(kwargs or {})
        name = getattr(func, "__name__", str(func))
        sides = {self.holds(tensor) for tensor in tensors_in((args, kwargs)) if placed(name, tensor)}
        if func == torch.Tensor.device.__get__ and True in sides:
            return torch.device(DEVICE)
        goal = "cpu" if func is torch.Tensor.cpu else take_device(func, args, kwargs)
        result = func(*args, **kwargs)
        if goal and func in COPIES:
            result = result.clone()
        if func in TO_NUMPY and True in sides:
            self.note(f"{name} hands memory of the device to NumPy")
        if len(sides) == 2 and name not in ACROSS and func != torch.Tensor.data.__set__:
            self.note(f"{name} mixes devices")
        for tensor in tensors_in(result):
            if goal == DEVICE or (True in sides and not goal and placed(name, tensor)):
                self.hold(tensor)
            elif sides == {False} and not goal:
                self.note(f"{name} computes on the CPU", by_code=True)
        return result

    def hold(self, tensor: torch.Tensor) -> None:
        storage = tensor.untyped_storage()
        if storage.nbytes():
            self.memory[storage.data_ptr()] = storage
        else:
            tensor.is_elsewhere = True

    def holds(self, tensor: torch.Tensor) -> bool:
        """Whether a tensor is on the device: its memory is. One without entries has none, and carries a mark."""
        storage = tensor.untyped_storage()
        return storage.data_ptr() in self.memory if storage.nbytes() else hasattr(tensor, "is_elsewhere")

    def note(self, what: str, by_code: bool = False) -> None:
        """by_code: only if it was `code` that asked for it, directly or by a part of torch that works where its tensors are."""
        frame = sys._getframe(2)
        while (place := Path(frame.f_code.co_filename)).is_relative_to(TORCH) and frame.f_back:
            if by_code and any(place.is_relative_to(own) for own in OWN_WORK):
                return
            frame = frame.f_back
        if place == self.code or not by_code:
            self.notes.append(f"{place.name}, line {frame.f_lineno}: {what}")


def placed(function: str, tensor: torch.Tensor) -> bool:
    """Whether it matters to a function where a tensor is."""
    return function not in SEQUENCES or tensor.is_floating_point()


def take_device(func: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]) -> str | None:
    """The device that a call names, if any; the arguments name the CPU afterwards."""
    if kwargs.get("device") is not None:
        goal, kwargs["device"] = str(kwargs["device"]), "cpu"
        return goal
    if func is torch.Tensor.to and len(args) > 1 and isinstance(args[1], str | torch.device):
        goal, args[1] = str(args[1]), "cpu"
        return goal
    return None


def tensors_in(value: object) -> Iterator[torch.Tensor]:
    """The tensors of an argument or a result."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, list | tuple | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from tensors_in(part)
