"""The steps a GPU is expected to help with (not yet timed on one): torch where one is used, else numpy, the reference.

These are the line matrices of the Laplacian of Gaussian (most of the time of all filters) and, for feature maps, the
sorting of what occurs in the windows and the singular values of their matrices (half of the time). All in float64 and
int64, so the numbers are the same to rounding. The rest stays in numpy: wavelets and gradient are a hundredth of the
time of a case and bound by memory; matrices and features of whole regions are many small steps, which a GPU would wait
for.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ctypes import CDLL
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput

if TYPE_CHECKING:
    import torch

Array = npt.NDArray[np.float64]

DEVICES = ("auto", "cpu", "cuda")
_DRIVERS = ("libcuda.so.1", "nvcuda.dll")

_torch_on: ContextVar[str] = ContextVar("torch_on", default="")
"""Device that torch computes on; empty: numpy computes."""


def torch_device(device: str) -> str:
    """Device for torch, or an empty string where numpy computes.

    Args:
        device: ``cuda``; ``cpu`` for numpy; ``auto`` for ``cuda`` where torch and a GPU are present, else numpy. Torch
            is imported only where it is installed and so is the driver of a GPU.

    Raises:
        RefusedInput: If the device is unknown, or ``cuda`` is asked for and absent.
    """
    if device not in DEVICES:
        raise RefusedInput(what="unknown device", where="--device", found=device, remedy="choose auto, cpu or cuda")
    if device == "cpu" or (device == "auto" and not _driver()):
        return ""
    if _cuda():
        return "cuda"
    if device == "cuda":
        raise RefusedInput(what="no CUDA device here", where="--device", found=device, remedy="use auto or cpu")
    return ""


def _driver() -> bool:
    for name in _DRIVERS:
        try:
            CDLL(name)
        except OSError:
            continue
        return True
    return False


def _cuda() -> bool:
    if importlib.util.find_spec("torch") is None:
        return False
    import torch

    return torch.cuda.is_available()


@contextmanager
def computing_on(device: str) -> Iterator[None]:
    """While it is entered, the steps below are computed on this device; see `torch_device`."""
    before = _torch_on.set(torch_device(device))
    try:
        yield
    finally:
        _torch_on.reset(before)


def along(matrix: Array, values: npt.NDArray, axis: int) -> npt.NDArray[np.float32]:
    """A matrix applied to every line of an image along an axis, computed in float64.

    Args:
        matrix: Shape ``(m, n)``.
        values: The image, of length ``n`` along the axis; float32 or float64.
        axis: The axis, 0 to 2.
    """
    if _torch_on.get():
        return _along_with_torch(matrix, values, axis)
    values = values.astype(np.float64, copy=False)
    if axis == 0:
        rest = values.shape[1:]
        return (matrix @ values.reshape(len(values), -1)).reshape(len(matrix), *rest).astype(np.float32)
    return (matrix @ values if axis == 1 else values @ matrix.T).astype(np.float32)


def _along_with_torch(matrix: Array, values: npt.NDArray, axis: int) -> npt.NDArray[np.float32]:
    import torch

    lines = torch.tensordot(_tensor(matrix), _tensor(values).double(), dims=([1], [axis]))
    return np.asarray(lines.movedim(0, axis).float().contiguous().cpu().numpy())


def ascending(keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Whole numbers in ascending order; the array given may be used up."""
    if _torch_on.get():
        return np.asarray(_tensor(keys).sort().values.cpu().numpy())
    keys.sort()
    return keys


def singular_values(matrices: Array) -> Array:
    """Singular values of many matrices, shape ``(number, n, n)``, descending: shape ``(number, n)``."""
    if _torch_on.get():
        import torch

        return np.asarray(torch.linalg.svdvals(_tensor(matrices)).cpu().numpy())
    return np.asarray(np.linalg.svd(matrices, compute_uv=False), dtype=np.float64)


def _tensor(array: npt.NDArray) -> torch.Tensor:
    import torch

    return torch.tensor(np.ascontiguousarray(array), device=_torch_on.get())
