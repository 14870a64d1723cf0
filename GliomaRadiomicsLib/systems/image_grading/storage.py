"""What the bundles of the grading networks share: weights, calibration, distance and charts as files and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.explain.cohort_distance import CohortDistance
from GliomaRadiomicsLib.models.bundle import load_json, load_metadata, load_tensors, save_bundle
from GliomaRadiomicsLib.systems.image_grading.platt import Platt

if TYPE_CHECKING:
    from torch import nn

NetworkT = TypeVar("NetworkT", bound="nn.Module")
_FILE, _CHARTS = "model.json", "charts.json"


@dataclass(frozen=True, eq=False)
class Stored:
    """What a bundle holds.

    Attributes:
        tensors: Weights and other arrays by name.
        plain: What else the system keeps, ready for JSON.
        platt: From log-odds to a probability.
        distance: Of the training cohort; None for few patients.
        metadata: Of the bundle.
        charts: Of the patients held out.
    """

    tensors: Mapping[str, Any]
    plain: dict[str, Any]
    platt: Platt
    distance: CohortDistance | None
    metadata: dict[str, Any]
    charts: dict[str, dict[str, Any]]


def write(stored: Stored, folder: str | Path, *, overwrite: bool = False) -> Path:
    """Write a bundle; raises `RefusedInput` if it exists and ``overwrite`` is False."""
    distance = None if stored.distance is None else stored.distance.to_dict()
    plain = {**stored.plain, "platt": stored.platt.to_dict(), "distance": distance}
    contents = {_FILE: plain, _CHARTS: stored.charts}
    files = {name: json.dumps(data, allow_nan=False) + "\n" for name, data in contents.items()}
    return save_bundle(folder, stored.metadata, stored.tensors, files, overwrite=overwrite)


def read(folder: str | Path, system: str) -> Stored:
    """What a verified bundle holds, tensors as numpy arrays; raises `RefusedInput` if damaged or another system's."""
    metadata = load_metadata(folder, system=system)
    plain = load_json(folder, _FILE)
    platt, distance = Platt(**plain.pop("platt")), plain.pop("distance")
    known = None if distance is None else CohortDistance.from_dict(distance)
    return Stored(load_tensors(folder), plain, platt, known, metadata, load_json(folder, _CHARTS))


def filled(network: NetworkT, arrays: Mapping[str, npt.NDArray[Any]]) -> NetworkT:
    """The network with these weights, in evaluation mode."""
    import torch

    network.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in arrays.items()})
    return network.eval()
