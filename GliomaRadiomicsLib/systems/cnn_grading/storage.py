"""A fitted system as the files of a bundle and back."""

from __future__ import annotations

from pathlib import Path

from GliomaRadiomicsLib.systems.cnn_grading.fitting import NAME, Fitted, make_network
from GliomaRadiomicsLib.systems.cnn_grading.settings import CnnSettings
from GliomaRadiomicsLib.systems.image_grading.storage import Stored, filled, read, write


def save(fitted: Fitted, folder: str | Path, *, overwrite: bool = False) -> Path:
    """Write a bundle; raises `RefusedInput` if it exists and ``overwrite`` is False."""
    tensors = fitted.network.state_dict()
    stored = Stored(tensors, {}, fitted.platt, fitted.distance, fitted.metadata, fitted.charts)
    return write(stored, folder, overwrite=overwrite)


def load(folder: str | Path) -> Fitted:
    """The system of a verified bundle; raises `RefusedInput` if it is damaged or another system's."""
    stored = read(folder, NAME)
    settings = CnnSettings.from_config(stored.metadata["settings"])
    network = filled(make_network(settings), stored.tensors)
    return Fitted(network, settings, stored.platt, stored.distance, stored.metadata, stored.charts)
