"""The weights of a MONAI bundle: tensors only, whatever else the file may hold."""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

from GliomaRadiomicsLib.core.errors import RefusedInput

if TYPE_CHECKING:
    import torch

SAFE_TORCH = (2, 6)
"""Before this version ``torch.load(weights_only=True)`` could be made to run code (CVE-2025-32434)."""

_WRAPPERS = ("state_dict", "model", "network")


def read_weights(file: Path, name: str) -> dict[str, torch.Tensor]:
    """Tensors of ``model.safetensors`` or ``model.pt``; floating ones as float32.

    Raises:
        RefusedInput: If it cannot be read, holds anything but tensors, or a number that is not finite.
    """
    state = _safetensors(file, name) if file.suffix == ".safetensors" else _pickled(file, name)
    found = {key.removeprefix("module."): _as_float32(value) for key, value in state.items()}
    bad = [key for key, value in found.items() if value.is_floating_point() and not value.isfinite().all()]
    if bad:
        raise RefusedInput(what="weights that are no numbers", where=name, found=bad[0], remedy="fetch it again")
    return found


def _safetensors(file: Path, name: str) -> dict[str, torch.Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(file)
    except SafetensorError as error:
        raise RefusedInput(
            what="not readable as safetensors", where=name, found=error, remedy="fetch it again"
        ) from error


def _pickled(file: Path, name: str) -> dict[str, torch.Tensor]:
    import torch

    if tuple(int(part) for part in torch.__version__.split("+")[0].split(".")[:2]) < SAFE_TORCH:
        raise RefusedInput(
            what="this version of PyTorch cannot read a .pt file safely",
            where=name,
            found=torch.__version__,
            remedy="update torch to 2.6 or later, or give the weights as model.safetensors",
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            state: Any = torch.load(file, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, BadZipFile, ValueError, KeyError) as error:
        raise RefusedInput(
            what="not a file of weights only",
            where=name,
            found="the file is damaged or not whole" if _is_damaged(file) else "an object that is no table of tensors",
            remedy="fetch the file again, or save the network's state_dict() alone, or as model.safetensors; other "
            "objects are never loaded",
        ) from error
    for key in _WRAPPERS:
        if isinstance(state, dict) and isinstance(state.get(key), dict):
            state = state[key]
    if not isinstance(state, dict) or not state or not all(_is_tensor(k, v) for k, v in state.items()):
        raise RefusedInput(
            what="not a table of tensors",
            where=name,
            found=type(state).__name__,
            remedy="save the network's state_dict(), or give it as model.safetensors",
        )
    return dict(state)


def _is_damaged(file: Path) -> bool:
    """Whether a file is not the whole archive that ``torch.save`` writes; those of before PyTorch 1.6 count as such."""
    try:
        with ZipFile(file) as archive:
            return archive.testzip() is not None
    except (BadZipFile, OSError, EOFError):
        return True


def _is_tensor(key: object, value: object) -> bool:
    import torch

    return isinstance(key, str) and isinstance(value, torch.Tensor) and value.layout == torch.strided


def _as_float32(value: torch.Tensor) -> torch.Tensor:
    return value.detach().float() if value.is_floating_point() else value.detach()
