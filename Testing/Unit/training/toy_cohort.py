"""Toy patients, a few centimetres of invented brain, as files with a COHORT.csv."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import write_label_map, write_volume

SIZE = 32


def toy_patient(seed: int) -> tuple[dict[str, Volume], Volume]:
    """T1ce and FLAIR with a bright ball in a ball, and its labels, at 1 mm."""
    rng = np.random.default_rng(seed)
    distance = np.linalg.norm(np.indices((SIZE,) * 3) - rng.uniform(13, 18, (3, 1, 1, 1)), axis=0)
    brain = np.linalg.norm(np.indices((SIZE,) * 3) - (SIZE - 1) / 2, axis=0) < 15
    labels = np.zeros((SIZE,) * 3, np.uint8)
    for radius, value in ((8.0, 2), (6.0, 4), (3.0, 1)):
        labels[(distance < radius) & brain] = value
    signals = {"t1ce": {0: 100, 1: 60, 2: 90, 4: 220}, "flair": {0: 100, 1: 120, 2: 230, 4: 180}}
    volumes = {}
    for role, signal in signals.items():
        array = sum(value * (labels == label) for label, value in signal.items()) + rng.normal(0, 5, labels.shape)
        volumes[role] = Volume(np.where(brain, np.maximum(array, 1), 0).astype(np.float32), np.eye(4), role)
    return volumes, Volume(labels, np.eye(4), "seg")


def write_cohort(folder: Path, sites: dict[str, int]) -> Path:
    """COHORT.csv with that many patients per site."""
    lines, number = ["case,t1ce,flair,seg,site"], 0
    for site, count in sites.items():
        for _ in range(count):
            volumes, labels = toy_patient(number)
            names = {role: f"p{number}_{role}.nii.gz" for role in (*volumes, "seg")}
            for role, volume in volumes.items():
                write_volume(volume, folder / names[role])
            write_label_map(labels, folder / names["seg"])
            lines.append(",".join([f"p{number}", *names.values(), site]))
            number += 1
    (folder / "cohort.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "cohort.csv"
