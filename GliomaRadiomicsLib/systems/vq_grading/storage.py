"""A fitted system as the files of a bundle and back."""

from __future__ import annotations

from pathlib import Path

from GliomaRadiomicsLib.systems.image_grading.storage import Stored, filled, read, write
from GliomaRadiomicsLib.systems.vq_grading.count_model import CountModel
from GliomaRadiomicsLib.systems.vq_grading.description import NAME
from GliomaRadiomicsLib.systems.vq_grading.fitting import Fitted
from GliomaRadiomicsLib.systems.vq_grading.pretask import make_network
from GliomaRadiomicsLib.systems.vq_grading.settings import VqSettings


def save(fitted: Fitted, folder: str | Path, *, overwrite: bool = False) -> Path:
    """Write a bundle; raises `RefusedInput` if it exists and ``overwrite`` is False."""
    plain = {"counts": fitted.model.to_dict(), "background": fitted.background}
    tensors = fitted.network.state_dict()
    stored = Stored(tensors, plain, fitted.platt, fitted.distance, fitted.metadata, fitted.charts)
    return write(stored, folder, overwrite=overwrite)


def load(folder: str | Path) -> Fitted:
    """The system of a verified bundle; raises `RefusedInput` if it is damaged or another system's."""
    stored = read(folder, NAME)
    settings = VqSettings.from_config(stored.metadata["settings"])
    return Fitted(
        filled(make_network(settings), stored.tensors),
        settings,
        CountModel.from_dict(stored.plain["counts"]),
        int(stored.plain["background"]),
        stored.platt,
        stored.distance,
        stored.metadata,
        stored.charts,
    )
