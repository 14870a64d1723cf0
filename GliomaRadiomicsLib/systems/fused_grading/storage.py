"""A fitted system as the files of a bundle and back: arrays as safetensors, the rest as JSON; nothing is pickled."""

from __future__ import annotations

from pathlib import Path

from GliomaRadiomicsLib.systems.fused_grading.fitting import NAME, Fitted
from GliomaRadiomicsLib.systems.fused_grading.fusion import Fusion
from GliomaRadiomicsLib.systems.fused_grading.machine import Machine
from GliomaRadiomicsLib.systems.fused_grading.network import make_network
from GliomaRadiomicsLib.systems.fused_grading.settings import FusedSettings
from GliomaRadiomicsLib.systems.image_grading.storage import Stored, filled, read, write

_NETWORK, _FUSION = "network.", "fusion."
_ARRAYS = ("medians", "centre", "spread", "background", "ranges")


def save(fitted: Fitted, folder: str | Path, *, overwrite: bool = False) -> Path:
    """Write a bundle; raises `RefusedInput` if it exists and ``overwrite`` is False."""
    fusion, machine = fitted.fusion, fitted.fusion.machine
    tensors = {_NETWORK + name: value.numpy() for name, value in fitted.network.state_dict().items()}
    tensors |= {_FUSION + name: getattr(fusion, name) for name in _ARRAYS}
    tensors |= {f"{_FUSION}vectors": machine.vectors, f"{_FUSION}weights": machine.weights}
    plain = {
        "names": list(fusion.names),
        "machine": {"intercept": machine.intercept, "gamma": machine.gamma, "c": machine.c},
    }
    stored = Stored(tensors, plain, fusion.platt, fitted.distance, fitted.metadata, fitted.charts)
    return write(stored, folder, overwrite=overwrite)


def load(folder: str | Path) -> Fitted:
    """The system of a verified bundle; raises `RefusedInput` if it is damaged or another system's."""
    stored = read(folder, NAME)
    data, tensors = stored.plain, stored.tensors
    settings = FusedSettings.from_config(stored.metadata["settings"])
    weights = {name.removeprefix(_NETWORK): array for name, array in tensors.items() if name.startswith(_NETWORK)}
    machine = Machine(tensors[f"{_FUSION}vectors"], tensors[f"{_FUSION}weights"], **data["machine"])
    arrays = {name: tensors[_FUSION + name] for name in _ARRAYS}
    fusion = Fusion(names=tuple(data["names"]), machine=machine, platt=stored.platt, **arrays)
    network = filled(make_network(settings), weights)
    return Fitted(network, fusion, settings, stored.distance, stored.metadata, stored.charts)
