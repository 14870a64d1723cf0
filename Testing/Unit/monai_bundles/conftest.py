"""Small bundles in the layout of MONAI's model zoo, made here: metadata, configuration and random weights."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

nets = pytest.importorskip("monai.networks.nets", reason="SKIPPED: needs monai to make a bundle")

CHANNELS = ("T1c", "T1", "T2", "FLAIR")
REGIONS = ("Tumor core", "Whole tumor", "Enhancing tumor")
NETWORK: dict[str, Any] = {
    "_target_": "SegResNet",
    "init_filters": 8,
    "in_channels": 4,
    "out_channels": 3,
    "blocks_down": [1, 1],
    "blocks_up": [1],
    "dropout_prob": 0.2,
}
Made = tuple[Path, torch.nn.Module]


def metadata_of(channels: Sequence[str] = CHANNELS, regions: Sequence[str] = REGIONS) -> dict[str, Any]:
    def side(names: Sequence[str]) -> dict[str, Any]:
        return {"type": "image", "num_channels": len(names), "channel_def": {str(n): x for n, x in enumerate(names)}}

    return {
        "name": "BraTS MRI segmentation",
        "version": "0.5.2",
        "monai_version": "1.4.0",
        "authors": "Somebody",
        "copyright": "Copyright (c) Somebody",
        "data_source": "https://example.org/data",
        "description": "Brain tumour subregions",
        "intended_use": "This is an example",
        "references": ["Myronenko 2018"],
        "eval_metrics": {"val_mean_dice": 0.8518},
        "network_data_format": {"inputs": {"image": side(channels)}, "outputs": {"pred": side(regions)}},
    }


def config_of(network: dict[str, Any], window: Sequence[int]) -> dict[str, Any]:
    """As in the model zoo, with the expressions it has outside the parts that are read."""
    return {
        "imports": ["$import os"],
        "bundle_root": ".",
        "image_key": "image",
        "device": "$torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')",
        "roi": list(window),
        "network_def": network,
        "network": "$@network_def.to(@device)",
        "preprocessing": {
            "_target_": "Compose",
            "transforms": [
                {"_target_": "LoadImaged", "keys": "@image_key", "image_only": False},
                {"_target_": "NormalizeIntensityd", "keys": "@image_key", "nonzero": True, "channel_wise": True},
            ],
        },
        "inferer": {"_target_": "SlidingWindowInferer", "roi_size": "@roi", "sw_batch_size": 1, "overlap": 0.5},
        "postprocessing": {
            "_target_": "Compose",
            "transforms": [
                {"_target_": "Activationsd", "keys": "pred", "sigmoid": True},
                {"_target_": "AsDiscreted", "keys": "pred", "threshold": 0.5},
                {"_target_": "Lambdad", "keys": "pred", "func": "$lambda x: os.system('touch ran')"},
            ],
        },
        "run": ["$os.system('touch ran')"],
    }


@pytest.fixture
def make_monai(tmp_path: Path) -> Callable[..., Made]:
    """Writes a bundle; gives its folder and the network its weights are of."""

    def make(
        name: str = "brats",
        *,
        network: dict[str, Any] | None = None,
        window: Sequence[int] = (32, 32, 32),
        edit: Callable[[dict[str, Any], dict[str, Any]], None] | None = None,
        **about: Any,
    ) -> Made:
        definition = copy.deepcopy(network or NETWORK)
        torch.manual_seed(3)
        arguments = {key: value for key, value in definition.items() if key != "_target_"}
        made = getattr(nets, definition["_target_"])(**arguments).eval()
        metadata, config = metadata_of(**about), config_of(definition, window)
        if edit is not None:
            edit(metadata, config)
        return _write(tmp_path / "made" / name, metadata, config, made), made

    return make


def _write(folder: Path, metadata: dict[str, Any], config: dict[str, Any], network: torch.nn.Module) -> Path:
    for part in ("configs", "models", "scripts"):
        (folder / part).mkdir(parents=True)
    (folder / "configs" / "metadata.json").write_text(json.dumps(metadata))
    (folder / "configs" / "inference.json").write_text(json.dumps(config))
    (folder / "scripts" / "__init__.py").write_text("import os; os.system('touch ran')")
    (folder / "LICENSE").write_text("Some License\nVersion 2.0\n\nTerms\n")
    torch.save(network.state_dict(), folder / "models" / "model.pt")
    return folder


@pytest.fixture
def user_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "user-models"
    monkeypatch.setenv("GLIOMA_RADIOMICS_MODELS", str(folder))
    monkeypatch.chdir(tmp_path)
    return folder
