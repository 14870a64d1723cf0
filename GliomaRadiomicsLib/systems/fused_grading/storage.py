"""A fitted system as the files of a bundle and back: arrays as safetensors, the rest as JSON; nothing is pickled."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from GliomaRadiomicsLib.explain.cohort_distance import CohortDistance
from GliomaRadiomicsLib.models.bundle import load_json, load_metadata, load_tensors, save_bundle
from GliomaRadiomicsLib.systems.fused_grading.fitting import NAME, Fitted
from GliomaRadiomicsLib.systems.fused_grading.fusion import Fusion
from GliomaRadiomicsLib.systems.fused_grading.machine import Machine
from GliomaRadiomicsLib.systems.fused_grading.network import make_network
from GliomaRadiomicsLib.systems.fused_grading.settings import FusedSettings
from GliomaRadiomicsLib.systems.image_grading.platt import Platt

_FILE, _CHARTS, _NETWORK, _FUSION = "model.json", "charts.json", "network.", "fusion."
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
        "platt": fusion.platt.to_dict(),
        "distance": None if fitted.distance is None else fitted.distance.to_dict(),
    }
    contents = {_FILE: plain, _CHARTS: fitted.charts}
    files = {name: json.dumps(data, allow_nan=False) + "\n" for name, data in contents.items()}
    return save_bundle(folder, fitted.metadata, tensors, files, overwrite=overwrite)


def load(folder: str | Path) -> Fitted:
    """The system of a verified bundle.

    Raises:
        RefusedInput: If it is damaged or another system's.
    """
    import torch

    metadata = load_metadata(folder, system=NAME)
    data, tensors = load_json(folder, _FILE), load_tensors(folder)
    settings = FusedSettings.from_config(metadata["settings"])
    network = make_network(settings)
    weights = {name.removeprefix(_NETWORK): array for name, array in tensors.items() if name.startswith(_NETWORK)}
    network.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in weights.items()})
    machine = Machine(tensors[f"{_FUSION}vectors"], tensors[f"{_FUSION}weights"], **data["machine"])
    arrays = {name: tensors[_FUSION + name] for name in _ARRAYS}
    fusion = Fusion(names=tuple(data["names"]), machine=machine, platt=Platt(**data["platt"]), **arrays)
    distance = None if data["distance"] is None else CohortDistance.from_dict(data["distance"])
    return Fitted(network.eval(), fusion, settings, distance, metadata, load_json(folder, _CHARTS))
