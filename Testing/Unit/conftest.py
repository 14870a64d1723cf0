"""A small phantom patient, its files and a tiny untrained segmentation bundle, made once for all tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from GliomaRadiomicsLib.imaging.phantom import PhantomPatient, make_phantom, write_phantom

SHAPE, SPACING_MM = (80, 96, 80), 2.0


@pytest.fixture(scope="session")
def phantom() -> PhantomPatient:
    return make_phantom(1, shape=SHAPE, spacing_mm=SPACING_MM)


@pytest.fixture(scope="session")
def other_phantom() -> PhantomPatient:
    return make_phantom(4, shape=SHAPE, spacing_mm=SPACING_MM)


@pytest.fixture(scope="session")
def phantom_files(phantom: PhantomPatient, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files of the phantom by role, with ``seg``; read only."""
    return write_phantom(phantom, tmp_path_factory.mktemp("phantom"))


@pytest.fixture(scope="session")
def make_segmentation_bundle() -> Callable[[Path], Path]:
    """Writes an untrained segmentation bundle into the folder given."""

    def make(folder: Path, **options: Any) -> Path:
        import torch

        from GliomaRadiomicsLib.networks.segmentation_net import SegmentationNet
        from GliomaRadiomicsLib.systems.segmentation.bundle import save_segmentation
        from GliomaRadiomicsLib.systems.segmentation.train import SegmentationSettings

        torch.manual_seed(0)
        network = SegmentationNet(channels=(8, 16))
        settings = replace(SegmentationSettings(), channels=(8, 16))
        done = {"fingerprints": [], "sites": [], "phantoms": 0, "steps": 0, "minutes": 0.0, "learning_rate": 1e-3}
        done |= {"precision": "32-true", "settings": vars(settings)}
        texts: dict[str, Any] = {"cohort": "none", "attribution": ["nobody"], "licence": "Apache-2.0"}
        return save_segmentation(folder, [network], done, [], "not measured", **texts, **options)

    return make


@pytest.fixture(scope="session")
def tiny_bundle(make_segmentation_bundle: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_segmentation_bundle(tmp_path_factory.mktemp("models") / "tiny")
