"""Dice of a segmentation bundle on a labelled cohort, for every subset of the sequences."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import Any

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCES, region_mask, region_volumes_ml
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.cohort import Patient
from GliomaRadiomicsLib.imaging.passport import inspect
from GliomaRadiomicsLib.systems.seen import fingerprint, has_seen, patient_fingerprint
from GliomaRadiomicsLib.systems.segmentation.predict import REGIONS, Segmenter
from GliomaRadiomicsLib.systems.segmentation.prepare import to_working_grid
from GliomaRadiomicsLib.systems.segmentation.required import check_sequences, required_sequences

SUBSETS = tuple(subset for n in range(4, 0, -1) for subset in combinations(SEQUENCES, n))
"""All 15 non-empty subsets of the sequences, the complete one first."""


def dice(a: np.ndarray, b: np.ndarray) -> float:
    """Dice coefficient of two masks; 1 where both are empty (the BraTS convention)."""
    size = int(a.sum()) + int(b.sum())
    return 2.0 * int((a & b).sum()) / size if size else 1.0


def score(found: Volume, truth: Volume) -> dict[str, float]:
    """Dice of WT, TC, ET, and the volumes (ml) of NCR_NET, ED, ET found and, as ``true_...``, in the truth."""
    row = {f"dice_{r}": dice(region_mask(found.array, r), region_mask(truth.array, r)) for r in REGIONS}
    for prefix, label_map in (("", found), ("true_", truth)):
        volumes = region_volumes_ml(label_map.array, label_map.voxel_volume_mm3)
        row |= {f"{prefix}{label.lower()}_ml": volumes[label] for label in ("NCR_NET", "ED", "ET")}
    return row


def evaluate(
    segmenter: Segmenter,
    patients: Iterable[Patient],
    subsets: Iterable[tuple[str, ...]] = SUBSETS,
    progress: Progress | None = None,
) -> list[dict[str, Any]]:
    """One row per patient and subset: case, site, sequences, Dice of each region, volumes in ml, trained_on.

    ``trained_on`` says that the bundle was trained on this very label map or image: such a row measures memory, not
    skill.

    Each subset goes through the input passport alone, as it would in a case run. Subsets that lack a sequence
    which an imported bundle needs are left out; a patient lacking one of its sequences is refused.
    """
    progress = progress or Progress()
    seen = segmenter.metadata["training"].get("fingerprints", [])
    needed = set(required_sequences(segmenter.metadata))
    patients, subsets, rows = list(patients), [subset for subset in subsets if needed <= set(subset)], []
    for patient in patients:
        check_labelled(patient)
        check_sequences(segmenter.metadata, patient.files.keys() & set(SEQUENCES), patient.where)
    for number, patient in enumerate(patients):
        volumes, truth = _read(patient)
        trained_on = _fingerprint(truth) in seen or has_seen(segmenter.metadata, [patient_fingerprint(volumes)])
        for subset in subsets:
            if not set(subset) <= set(volumes):
                continue
            progress.report(number / len(patients), f"case {number + 1} of {len(patients)}, {'+'.join(subset)}")
            passport = inspect({role: volumes[role] for role in subset})
            found = segmenter.predict(passport.volumes, passport.brain_mask).label_map
            row = {"case": patient.case, "site": patient.values.get("site", ""), "sequences": "+".join(subset)}
            rows.append({**row, **score(found, truth), "trained_on": trained_on})
    return rows


def fingerprint_of(patient: Patient) -> str:
    """Of the patient's label map, as the bundles that saw it hold it."""
    from GliomaRadiomicsLib.imaging.cases import read_label_map

    return _fingerprint(read_label_map(patient.files["seg"]))


def _fingerprint(truth: Volume) -> str:
    return fingerprint(to_working_grid(truth, label=True).array)


def check_labelled(patient: Patient) -> None:
    """Refuse a patient without label map or without any image."""
    for missing, there in (
        ("label map", "seg" in patient.files),
        ("images", bool(set(SEQUENCES) & set(patient.files))),
    ):
        if not there:
            raise RefusedInput(
                what=f"case {patient.case} has no {missing}",
                where=patient.where,
                remedy="fill the column, or leave the case out",
            )


def _read(patient: Patient) -> tuple[dict[str, Volume], Volume]:
    from GliomaRadiomicsLib.imaging.cases import read_label_map
    from GliomaRadiomicsLib.imaging.files import read_volume

    volumes = {role: read_volume(patient.files[role], role) for role in SEQUENCES if role in patient.files}
    truth = read_label_map(patient.files["seg"])
    for role, volume in volumes.items():
        if not volume.same_grid(truth, tolerance_mm=0.1):
            raise RefusedInput(
                what=f"the label map of case {patient.case} does not lie on its {role}",
                where=patient.where,
                found=f"{truth.shape} against {volume.shape}",
                remedy="resample it onto the images",
            )
    return volumes, truth


def summarise(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Mean Dice by subset with its 95 % bootstrap interval over patients: ``{subset: {n, WT: [mean, low, high]}}``.

    ``ET`` counts a patient without enhancing tumour as 1 where none was labelled (the BraTS convention);
    ``ET_present`` is the mean over the ``n_et`` patients that have some.
    Both are absent without T1ce, where none is ever labelled.
    """
    summary: dict[str, dict[str, Any]] = {}
    for subset in dict.fromkeys(row["sequences"] for row in rows):
        chosen = [row for row in rows if row["sequences"] == subset]
        entry: dict[str, Any] = {"n": len(chosen)}
        for region in REGIONS if "t1ce" in subset.split("+") else REGIONS[:2]:
            entry[region] = _mean_with_interval([row[f"dice_{region}"] for row in chosen])
        present = [row["dice_ET"] for row in chosen if row["true_et_ml"] > 0]
        if "ET" in entry and present:
            entry |= {"ET_present": _mean_with_interval(present), "n_et": len(present)}
        summary[subset] = entry
    return summary


def _mean_with_interval(values: list[float], resamples: int = 2000, seed: int = 0) -> list[float]:
    array = np.array(values)
    drawn = np.random.default_rng(seed).integers(len(array), size=(resamples, len(array)))
    low, high = np.percentile(array[drawn].mean(1), [2.5, 97.5])
    return [round(float(x), 3) for x in (array.mean(), low, high)]
