"""Metadata and bundles for the tests of this folder; the user's model folder is a temporary one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from GliomaRadiomicsLib.models.bundle import save_bundle


@pytest.fixture
def metadata() -> dict[str, Any]:
    figure = {"id": "cv_auc", "metric": "AUC", "value": 0.8125, "n": 40, "cohort": "40 patients", "validation": "CV"}
    return {
        "name": "example",
        "system": "example_system",
        "version": "1.2",
        "licence": "Apache-2.0",
        "attribution": ["Somebody 2020"],
        "input": {"channels": ["t1", "flair"], "spacing_mm": 1.5},
        "training": {"cohort": "40 patients", "n": 40},
        "evidence": {"figures": [{**figure, "ci": [0.7, 0.9], "note": "interval: DeLong"}]},
        "intended_use": "Tests",
        "not_for": ["Patients"],
    }


@pytest.fixture
def make_bundle(tmp_path: Path, metadata: dict[str, Any]) -> Callable[..., Path]:
    def make(name: str = "example", folder: str = "made") -> Path:
        tensors = {"layer.weight": np.arange(12, dtype=np.float32).reshape(3, 4)}
        return save_bundle(tmp_path / folder / name, {**metadata, "name": name}, tensors, {"classes.json": "[1, 2]"})

    return make


@pytest.fixture
def user_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "user-models"
    monkeypatch.setenv("GLIOMA_RADIOMICS_MODELS", str(folder))
    return folder
