"""Generated cohorts in the layout of the RSNA-MICCAI challenge, with a texture that tells the classes apart."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.dicom.write import write_case
from GliomaRadiomicsLib.systems.protocol import CaseData, TrainingCase

SHAPE = (48, 48, 20)
SMALL = {
    "backbone": "resnet10", "weights": "random", "size": 48, "epochs": 15, "fine_epochs": 2, "batch_size": 16,
    "fine_batch_size": 32, "learning_rate": 1e-2, "fine_learning_rate": 1e-4, "modalities": ["t1ce", "flair"],
    "device": "cpu", "stop_after": 12, "patience": 6, "test_share": 0.25, "validation_share": 0.25,
}  # fmt: skip
"""A configuration small enough for a test."""


def brain(random: np.random.Generator, positive: bool, shape: tuple[int, int, int] = SHAPE) -> np.ndarray:
    """An ellipse with a pattern of its own through all slices; in positives with fine grain, in negatives coarse."""
    noise = random.normal(size=shape)
    grain = ndimage.gaussian_filter(noise, (0.4, 0.4, 0) if positive else (2.0, 2.0, 0))
    smooth = ndimage.gaussian_filter(random.normal(size=shape), (4, 4, 30))
    i, j = np.ogrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    inside = (i**2 + j**2 < 0.8)[:, :, None]
    image = 400 + 110 * grain / grain.std() + 110 * smooth / smooth.std()
    return np.where(inside, np.clip(image * random.uniform(0.6, 1.6), 1, None), 0).astype(np.int16)


def volumes(number: int, positive: bool, roles: tuple[str, ...] = ("t1ce", "flair")) -> dict[str, Volume]:
    random = np.random.default_rng(number)
    affine = np.diag([1.0, 1.0, 3.0, 1.0])
    return {role: Volume(brain(random, positive), affine, role) for role in roles}


def write_csv(path: Path, rows: list[Mapping[str, Any]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(scope="session")
def make_cohort() -> Callable[..., Path]:
    """Writes n patients as DICOM into a folder, every second one positive, and gives the COHORT.csv."""

    def make(folder: Path, n: int, column: str = "mgmt", first: int = 0) -> Path:
        rows = []
        for number in range(first, first + n):
            write_case(volumes(number, number % 2 == 0), folder / f"{number:05d}", shuffle=number)
            rows.append({"case": f"{number:05d}", "dicom": f"{number:05d}", column: int(number % 2 == 0)})
        return write_csv(folder / "cohort.csv", rows)

    return make


@pytest.fixture(scope="session")
def small() -> dict[str, Any]:
    return dict(SMALL)


@pytest.fixture(scope="session")
def learned(make_cohort: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with ``cohort.csv`` and ``other.csv`` (unseen patients) and a bundle trained through the command line."""
    import yaml

    from GliomaRadiomicsLib.cli.main import main

    folder = tmp_path_factory.mktemp("mgmt")
    cohort = make_cohort(folder / "a", 32)
    make_cohort(folder / "b", 16, first=100)
    (folder / "config.yaml").write_text(yaml.safe_dump(SMALL))
    code = main(
        ["train", "mgmt", str(cohort), "--out", str(folder / "bundle"), "--config", str(folder / "config.yaml")]
    )
    assert code == 0
    return folder


@pytest.fixture(scope="session")
def cases() -> Callable[..., list[TrainingCase]]:
    """n patients in memory, every second one positive, with an outlined tumour if asked for."""

    def make(n: int, first: int = 0, *, outlined: bool = False) -> list[TrainingCase]:
        labels = np.zeros(SHAPE, np.uint8)
        labels[14:34, 14:34, 7:13] = 2 if outlined else 0
        label_map = Volume(labels, np.diag([1.0, 1.0, 3.0, 1.0]))
        return [
            TrainingCase(f"p{i}", CaseData(volumes(i, i % 2 == 0), label_map), labels={"mgmt": i % 2 == 0}, line=i + 2)
            for i in range(first, first + n)
        ]

    return make


@pytest.fixture(scope="session", name="volumes")
def volumes_fixture() -> Callable[..., dict[str, Volume]]:
    return volumes
