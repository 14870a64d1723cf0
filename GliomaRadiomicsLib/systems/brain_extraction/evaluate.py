"""Dice of a brain extraction bundle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.systems.brain_extraction.predict import BrainExtractor

PHANTOM_SEEDS = range(20)
"""Those of training begin at 20,000."""


def phantom_pairs(seeds: Iterable[int] = PHANTOM_SEEDS) -> Iterator[tuple[str, str, Volume, Volume]]:
    """Raw phantom patients: name, sequence, image and brain mask, one image at a time."""
    from GliomaRadiomicsLib.imaging.phantom import make_phantom

    for seed in seeds:
        patient = make_phantom(seed, grade=(2, 3, 4)[seed % 3], raw=True)
        for role, volume in patient.volumes.items():
            yield f"phantom {seed}", role, volume, patient.brain_masks[role]


def folder_pairs(folder: Path) -> Iterator[tuple[str, str, Volume, Volume]]:
    """Images with skull of a case folder, and their masks ``*_<sequence>_brainmask.nii.gz`` in a folder below it.

    Raises:
        RefusedInput: If a file cannot be read.
    """
    from GliomaRadiomicsLib.imaging.cases import find_case
    from GliomaRadiomicsLib.imaging.files import read_volume

    for role, path in find_case(folder).items():
        for mask in folder.glob(f"*/*_{role}_brainmask.nii.gz"):
            yield "real patient", role, read_volume(path, role), read_volume(mask, "brain mask")


def evaluate(extractor: BrainExtractor, pairs: Iterable[tuple[str, str, Volume, Volume]]) -> list[dict[str, Any]]:
    """One row per image: patient, sequence, Dice, the Dice the network expected, volumes in ml, number of doubts."""
    rows = []
    for patient, role, image, truth in pairs:
        found = extractor.predict(image)
        inside, true = found.mask.array != 0, truth.array != 0
        rows.append(
            {
                "patient": patient,
                "sequence": role,
                "dice": round(2.0 * float((inside & true).sum()) / max(1.0, float(inside.sum() + true.sum())), 4),
                "expected_dice": found.expected_dice,
                "ml": round(found.volume_ml, 1),
                "true_ml": round(float(true.sum()) * truth.voxel_volume_mm3 / 1000.0, 1),
                "doubts": len(found.doubts),
            }
        )
    return rows
