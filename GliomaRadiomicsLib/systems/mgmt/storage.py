"""Fitted models as the files of a bundle and back: networks as safetensors, the rest as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from GliomaRadiomicsLib.models.backbone_registry import entry_of
from GliomaRadiomicsLib.models.bundle import load_json, load_metadata, load_tensors, save_bundle
from GliomaRadiomicsLib.systems.mgmt.fitting import Models
from GliomaRadiomicsLib.systems.mgmt.fusion import Fusions
from GliomaRadiomicsLib.systems.mgmt.metadata import NAME
from GliomaRadiomicsLib.systems.mgmt.radiomics import ElasticNetModel

if TYPE_CHECKING:
    from GliomaRadiomicsLib.networks.transfer_net import TransferNet

_FILE = "model.json"


def save(models: Models, metadata: dict[str, Any], folder: str | Path, *, overwrite: bool = False) -> Path:
    """Write a bundle; raises `RefusedInput` if it exists and ``overwrite`` is False."""
    plain = {
        "networks": list(models.networks),
        "fusions": models.fusions.to_dict(),
        "radiomics": None if models.radiomics is None else models.radiomics.to_dict(),
    }
    tensors = {
        f"{role}.{name}": value
        for role, network in models.networks.items()
        for name, value in network.state_dict().items()
    }
    files = {_FILE: json.dumps(plain, separators=(",", ":"), allow_nan=False) + "\n"}
    return save_bundle(folder, metadata, tensors, files, overwrite=overwrite)


def load(folder: str | Path) -> tuple[Models, dict[str, Any]]:
    """Models and metadata of a verified bundle; raises `RefusedInput` if it is damaged or another system's."""
    metadata = load_metadata(folder, system=NAME)
    data = load_json(folder, _FILE)
    networks = _networks(folder, data["networks"], metadata["settings"]["backbone"]) if data["networks"] else {}
    radiomics = None if data["radiomics"] is None else ElasticNetModel.from_dict(data["radiomics"])
    return Models(networks, Fusions.from_dict(data["fusions"]), radiomics), metadata


def _networks(folder: str | Path, roles: list[str], backbone: str) -> dict[str, TransferNet]:
    import torch

    from GliomaRadiomicsLib.networks.transfer_net import TransferNet

    tensors = load_tensors(folder)
    networks = {}
    for role in roles:
        with torch.device("meta"):
            network = TransferNet(entry_of(backbone).build(), entry_of(backbone).embedding_size)
        mine = {name.removeprefix(f"{role}."): value for name, value in tensors.items() if name.startswith(f"{role}.")}
        network.load_state_dict({name: torch.from_numpy(value) for name, value in mine.items()}, assign=True)
        networks[role] = network.eval()
    return networks
