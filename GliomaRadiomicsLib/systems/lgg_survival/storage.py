"""A fitted system as the files of a bundle and back: the network as safetensors, the rest as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.models.backbone_registry import entry_of
from GliomaRadiomicsLib.models.backbones import restore
from GliomaRadiomicsLib.models.bundle import load_json, load_metadata, load_tensors, save_bundle
from GliomaRadiomicsLib.systems.lgg_survival.clinical import Coding
from GliomaRadiomicsLib.systems.lgg_survival.deep import Extractor
from GliomaRadiomicsLib.systems.lgg_survival.fitting import CoxPart, Fitted
from GliomaRadiomicsLib.systems.lgg_survival.metadata import NAME
from GliomaRadiomicsLib.systems.lgg_survival.settings import LggSettings
from GliomaRadiomicsLib.systems.lgg_survival.signature import FittedSignature
from GliomaRadiomicsLib.systems.survival.model import Signature, cox_from_dict

_FILE, _CHARTS = "model.json", "charts.json"


def save(fitted: Fitted, folder: str | Path, *, overwrite: bool = False) -> Path:
    """Write a bundle; a backbone that was not trained is not copied but named by its hash.

    Raises:
        RefusedInput: If the bundle exists and ``overwrite`` is False.
    """
    signature = fitted.signature
    plain = {
        "signature": asdict(signature.signature),
        "radiomic": list(signature.radiomic),
        "deep": list(signature.deep),
        "coding": asdict(fitted.coding),
        "range": list(fitted.range),
        "models": {name: asdict(part) for name, part in fitted.models.items()},
    }
    contents = {_FILE: plain, _CHARTS: fitted.charts}
    files = {name: json.dumps(data, separators=(",", ":"), allow_nan=False) + "\n" for name, data in contents.items()}
    extractor = signature.extractor
    tensors = extractor.network.state_dict() if extractor is not None and extractor.is_trained else None
    return save_bundle(folder, fitted.metadata, tensors, files, overwrite=overwrite)


def load(folder: str | Path) -> Fitted:
    """The system of a verified bundle.

    Raises:
        RefusedInput: If it is damaged, another system's, or rests on a backbone that is not installed.
    """
    metadata = load_metadata(folder, system=NAME)
    data = load_json(folder, _FILE)
    weights = Signature(**{key: tuple(value) for key, value in data["signature"].items()})
    coding = data["coding"]
    low, high = data["range"]
    return Fitted(
        settings=LggSettings.from_config(metadata["settings"]),
        signature=FittedSignature(
            _extractor(metadata["training"], folder), weights, tuple(data["radiomic"]), tuple(data["deep"])
        ),
        coding=Coding(tuple(coding["items"]), {name: tuple(levels) for name, levels in coding["levels"].items()}),
        models={name: _part(part) for name, part in data["models"].items()},
        range=(low, high),
        metadata=metadata,
        charts=load_json(folder, _CHARTS),
    )


def _part(data: Mapping[str, Any]) -> CoxPart:
    return CoxPart(cox_from_dict(data["cox"]), data["median_risk"], data["groups"], data["nomogram"])


def _extractor(training: Mapping[str, Any], folder: str | Path) -> Extractor | None:
    origin = training["backbone"]
    if origin is None:
        return None
    if not training["trained_network"]:
        return Extractor(restore(origin).network, dict(origin), is_trained=False)
    import torch

    with torch.device("meta"):
        network = entry_of(origin["name"]).build()
    tensors = {name: torch.from_numpy(array) for name, array in load_tensors(folder).items()}
    network.load_state_dict(tensors, assign=True)
    return Extractor(network.eval(), dict(origin), is_trained=True)
