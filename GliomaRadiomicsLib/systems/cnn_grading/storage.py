"""A fitted system as the files of a bundle and back."""

from __future__ import annotations

import json
from pathlib import Path

from GliomaRadiomicsLib.explain.cohort_distance import CohortDistance
from GliomaRadiomicsLib.models.bundle import load_json, load_metadata, load_tensors, save_bundle
from GliomaRadiomicsLib.systems.cnn_grading.fitting import NAME, Fitted, make_network
from GliomaRadiomicsLib.systems.cnn_grading.settings import CnnSettings
from GliomaRadiomicsLib.systems.image_grading.platt import Platt

_FILE, _CHARTS = "model.json", "charts.json"


def save(fitted: Fitted, folder: str | Path, *, overwrite: bool = False) -> Path:
    """Write a bundle; raises `RefusedInput` if it exists and ``overwrite`` is False."""
    plain = {
        "platt": fitted.platt.to_dict(),
        "distance": None if fitted.distance is None else fitted.distance.to_dict(),
    }
    contents = {_FILE: plain, _CHARTS: fitted.charts}
    files = {name: json.dumps(data, allow_nan=False) + "\n" for name, data in contents.items()}
    return save_bundle(folder, fitted.metadata, fitted.network.state_dict(), files, overwrite=overwrite)


def load(folder: str | Path) -> Fitted:
    """The system of a verified bundle.

    Raises:
        RefusedInput: If it is damaged or another system's.
    """
    import torch

    metadata = load_metadata(folder, system=NAME)
    data = load_json(folder, _FILE)
    settings = CnnSettings.from_config(metadata["settings"])
    network = make_network(settings)
    network.load_state_dict({name: torch.from_numpy(array) for name, array in load_tensors(folder).items()})
    distance = None if data["distance"] is None else CohortDistance.from_dict(data["distance"])
    return Fitted(network.eval(), settings, Platt(**data["platt"]), distance, metadata, load_json(folder, _CHARTS))
