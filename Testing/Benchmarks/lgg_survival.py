"""Survival in lower grades on the 85 sections of the LGG segmentation set, by nested cross-validation.

``python Testing/Benchmarks/lgg_survival.py FOLDER [--deep frozen|trained|none] [--no-radiomics] [--epochs N] ...``

FOLDER holds ``<id>.png`` (pre-contrast, FLAIR, post-contrast), ``<id>_mask.png`` and ``clinical.csv``. The set has
FLAIR where the paper has T2, single sections and the skull: what is printed measures the code path, not the paper.
Figures are C-indices of patients held out; network, selection and weights are made anew in every fold.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.settings import ClinicalData
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.statistics.concordance import concordance
from GliomaRadiomicsLib.statistics.nested_validation import nested_validation
from GliomaRadiomicsLib.systems.lgg_survival.clinical import Coding
from GliomaRadiomicsLib.systems.lgg_survival.fitting import fit_rows
from GliomaRadiomicsLib.systems.lgg_survival.rows import outcome_of, radiomic_names, read_rows, table_of
from GliomaRadiomicsLib.systems.lgg_survival.settings import LggSettings
from GliomaRadiomicsLib.systems.lgg_survival.signature import SignatureModel
from GliomaRadiomicsLib.systems.protocol import CaseData, TrainingCase

CHANNELS = ("t1", "flair", "t1ce")


def cases(folder: Path) -> Iterator[TrainingCase]:
    """The patients; the section lies in a volume of one section, columns along axis i, upwards along axis j."""
    for row in pd.read_csv(folder / "clinical.csv").to_dict("records"):
        pixels = np.asarray(Image.open(folder / f"{row['tcga_id']}.png"), dtype=np.float32)
        mask = np.asarray(Image.open(folder / f"{row['tcga_id']}_mask.png")) > 0
        volumes = {role: _volume(pixels[:, :, channel]) for channel, role in enumerate(CHANNELS)}
        clinical = ClinicalData(
            age=_known(row["age_at_initial_pathologic"]),
            sex={1: "M", 2: "F"}.get(row["gender"]),  # type: ignore[arg-type]
            grade={1: 2, 2: 3}.get(row["neoplasm_histologic_grade"]),
            histology=_word(row["histological_type"]),
            location=_word(row["tumor_location"]),
        )
        data = CaseData(volumes, _volume(2 * mask.astype(np.uint8)), clinical=clinical)
        yield TrainingCase(row["tcga_id"], data, False, os_days=row["os_days"], event=bool(row["dead"]))


def main() -> None:
    """Run one configuration."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--deep", default="frozen")
    parser.add_argument("--backbone", default="resnet18")
    parser.add_argument("--weights", default="random")
    parser.add_argument("--no-radiomics", action="store_true")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--size", type=int, default=240)
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--signature-only", action="store_true", help="without the nomograms: fewer trainings")
    parser.add_argument("--shuffles", type=int, default=20, help="with --signature-only: one alone scatters by .07")
    given = parser.parse_args()
    names = ("deep", "backbone", "weights", "epochs", "size", "trees", "repeats")
    config: dict[str, Any] = {name: getattr(given, name) for name in names}
    settings = LggSettings.from_config({**config, "channels": CHANNELS, "radiomics": not given.no_radiomics})
    start = time.perf_counter()
    rows, left_out = read_rows(cases(given.folder), settings)
    print(f"{len(rows)} patients, {sum(row.event for row in rows)} deaths, left out: {left_out}")
    if given.signature_only:
        _signature(rows, settings, given.shuffles)
    else:
        _everything(rows, settings, left_out)
    print(f"{time.perf_counter() - start:.0f} s")


def _signature(rows: list[Any], settings: LggSettings, shuffles: int) -> None:
    radiomic = radiomic_names(rows)
    images = {row.patient: row.measured.image for row in rows}
    model = SignatureModel(settings, radiomic, images, {row.patient: row.grade for row in rows})
    table, outcome = table_of(rows, radiomic, Coding((), {})), outcome_of(rows)
    risks = [nested_validation(model, table, outcome, n_splits=5, seed=seed).risk for seed in range(settings.repeats)]
    print("C-index of the signature", *(f"{value:.3f}" for value in _estimate(outcome, np.mean(risks, axis=0))))
    found = []
    random = np.random.default_rng(0)
    for seed in range(shuffles):
        shuffled = outcome.take(random.permutation(outcome.n))
        found.append(nested_validation(model, table, shuffled, n_splits=5, seed=seed).discrimination)
        print(f"shuffle {seed + 1}: {found[-1]:.3f}", flush=True)
    if found:
        error = np.std(found) / len(found) ** 0.5
        print(f"follow-up shuffled {shuffles} times: {np.mean(found):.3f} +- {error:.3f}, SD {np.std(found):.3f}")


def _everything(rows: list[Any], settings: LggSettings, left_out: dict[str, int]) -> None:
    try:
        metadata = fit_rows(rows, settings, left_out).metadata
    except RefusedInput as error:
        print(error)
        return
    for figure in metadata["evidence"]["figures"]:
        print(f"{figure['id']:32} {figure['value']:.3f} {figure['ci'] or ''} n = {figure['n']} {figure['note']}")
    print(*metadata["evidence"]["notes"], metadata["training"]["signature"], sep="\n")


def _estimate(outcome: Any, risk: np.ndarray) -> tuple[float, float, float]:
    found = concordance(outcome, risk)
    return found.concordance, *found.interval


def _volume(pixels: np.ndarray) -> Volume:
    return Volume(np.ascontiguousarray(pixels.T[:, ::-1, None]), np.eye(4))


def _known(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def _word(value: float) -> str | None:
    return None if pd.isna(value) else f"type {int(value)}"


if __name__ == "__main__":
    main()
