"""A fitted system as the files of a bundle and back."""

from __future__ import annotations

import json
from pathlib import Path

from GliomaRadiomicsLib.explain.cohort_distance import CohortDistance
from GliomaRadiomicsLib.models.bundle import load_json, load_metadata, load_tensors, save_bundle
from GliomaRadiomicsLib.systems.image_grading.platt import Platt
from GliomaRadiomicsLib.systems.vq_grading.count_model import CountModel
from GliomaRadiomicsLib.systems.vq_grading.description import NAME
from GliomaRadiomicsLib.systems.vq_grading.fitting import Fitted
from GliomaRadiomicsLib.systems.vq_grading.pretask import make_network
from GliomaRadiomicsLib.systems.vq_grading.settings import VqSettings

_FILE, _CHARTS = "model.json", "charts.json"


def save(fitted: Fitted, folder: str | Path, *, overwrite: bool = False) -> Path:
    """Write a bundle; raises `RefusedInput` if it exists and ``overwrite`` is False."""
    plain = {
        "counts": fitted.model.to_dict(),
        "background": fitted.background,
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
    settings = VqSettings.from_config(metadata["settings"])
    network = make_network(settings)
    network.load_state_dict({name: torch.from_numpy(array) for name, array in load_tensors(folder).items()})
    return Fitted(
        network.eval(),
        settings,
        CountModel.from_dict(data["counts"]),
        int(data["background"]),
        Platt(**data["platt"]),
        None if data["distance"] is None else CohortDistance.from_dict(data["distance"]),
        metadata,
        load_json(folder, _CHARTS),
    )
