"""Gliomas of a few thousand voxels: where the grade is 4 the rim of the tumour is bright in T1ce.

The label map does not tell the grade: the rim is labelled enhancing in every patient.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from scipy import ndimage

from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import write_volume
from GliomaRadiomicsLib.systems.protocol import CaseData, TrainingCase

SHAPE, SPACING = (34, 38, 30), 4.0
AFFINE = np.array([[-SPACING, 0, 0, 66.0], [0, -SPACING, 0, 74.0], [0, 0, SPACING, -58.0], [0, 0, 0, 1.0]])
"""Left and posterior first, as BraTS images lie."""
SITES = ("north", "south", "east", "west", "coast")


def case_of(seed: int, is_hgg: bool) -> CaseData:
    """A toy patient; the seed decides everything but the brightness of the rim."""
    rng = np.random.default_rng(seed)
    place = np.moveaxis(np.indices(SHAPE), 0, -1) - (np.array(SHAPE) - 1) / 2
    brain = ((place / (np.array(SHAPE) / 2 - 2)) ** 2).sum(-1) < 1.0
    centre, radius = rng.uniform(-5, 5, 3), rng.uniform(4.5, 6.0)
    distance = np.sqrt(((place - centre) ** 2).sum(-1))
    labels = np.zeros(SHAPE, dtype=np.uint8)
    labels[(distance < radius + 2.5) & brain] = 2
    labels[(distance < radius) & brain] = 4
    labels[(distance < radius - 2.0) & brain] = 1
    volumes = {}
    for number, role in enumerate(SEQUENCES):
        noise = ndimage.gaussian_filter(rng.normal(size=SHAPE), 1.0)
        image = 100.0 * rng.uniform(0.8, 1.2) + 60.0 * noise + 15.0 * (labels == 2) + 5.0 * number * (labels == 1)
        if role == "t1ce":
            image += (labels == 4) * (80.0 if is_hgg else 15.0) * rng.uniform(0.8, 1.2)
        volumes[role] = Volume((image * brain).clip(min=0).astype(np.float32), AFFINE, role)
    return CaseData(volumes, Volume(labels, AFFINE, "labels"))


def reversed_axes(volume: Volume) -> Volume:
    """The same image stored with other axes."""
    array = np.ascontiguousarray(volume.array.transpose(2, 1, 0)[:, ::-1])
    affine = volume.affine[:, [2, 1, 0, 3]].copy()
    affine[:3, 3] += affine[:3, 1] * (array.shape[1] - 1)
    affine[:3, 1] *= -1
    return Volume(array, affine, volume.name)


def cohort_of(first: int, count: int, *, shuffled: int | None = None) -> list[TrainingCase]:
    """Patients of grade 4 and 2/3 in turn; ``shuffled`` is the seed of a permutation of what is said of the grade."""
    truth = [number % 2 == 1 for number in range(count)]
    said = truth if shuffled is None else [truth[i] for i in np.random.default_rng(shuffled).permutation(count)]
    return [
        TrainingCase(
            f"p{first + number}", case_of(first + number, truth[number]), is_hgg=bool(said[number]), line=number + 2,
            site=SITES[number % len(SITES)], source=f"toy {first + number}",
        )
        for number in range(count)
    ]  # fmt: skip


def write_toys(folder: Path, cases: list[TrainingCase]) -> Path:
    """The patients as files with a COHORT.csv; returns that."""
    rows = []
    for case in cases:
        row = {"case": case.patient, "grade": "4" if case.is_hgg else "2", "site": case.site or ""}
        for role, volume in {**case.data.volumes, "seg": case.data.label_map}.items():
            row[role] = f"{case.patient}_{role}.nii.gz"
            write_volume(volume, folder / row[role])
        rows.append(row)
    table = folder / "COHORT.csv"
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return table
