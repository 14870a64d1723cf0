"""One case for a grading system: its brain, why it cannot be graded, and plain facts that tell how usual it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from GliomaRadiomicsLib.core.labels import LABEL_VALUES, SEQUENCE_NAMES, region_volumes_ml
from GliomaRadiomicsLib.imaging.normalisation.linear import fit_zscore
from GliomaRadiomicsLib.systems.protocol import CaseData

LEAST_ML = 0.5
"""A smaller tumour is a speck of a few voxels to a network."""

Mask = npt.NDArray[np.bool_]


def only(case: CaseData, sequences: Sequence[str]) -> CaseData:
    """The case with these sequences, each read once."""
    return replace(case, volumes={role: case.volumes[role] for role in sequences if role in case.volumes})


def brain_of(case: CaseData) -> Mask:
    """Inside the brain mask, else where any sequence is not 0."""
    if case.brain_mask is not None:
        return np.asarray(case.brain_mask.array) != 0
    found = np.zeros(case.label_map.shape, dtype=bool)
    for volume in case.volumes.values():
        found |= volume.array != 0
    return found


def tumour_of(case: CaseData) -> Mask:
    """The whole tumour."""
    return np.isin(case.label_map.array, LABEL_VALUES)


def why_not(case: CaseData, sequences: Sequence[str]) -> str:
    """Why the case cannot be graded by a system trained on these sequences; empty if it can."""
    missing = [SEQUENCE_NAMES[role] for role in sequences if role not in case.volumes]
    if missing:
        lacking = ", ".join(missing)
        return f"there is no {lacking}, with which this system was trained; add it where it exists"
    volume_ml = float(tumour_of(case).sum()) * case.label_map.voxel_volume_mm3 / 1000
    if volume_ml == 0:
        return "no tumour was found, so there is nothing to grade"
    if volume_ml < LEAST_ML:
        return f"the tumour measures {volume_ml:.2f} ml; below {LEAST_ML} ml this system cannot see it"
    for role in sequences:
        array = case.volumes[role].array
        if not np.isfinite(array).all() or np.ptp(array) == 0:
            return f"the {SEQUENCE_NAMES[role]} is constant or not finite"
    return ""


FACTS = {
    "log_wt_ml": "size of the tumour",
    "et_share": "enhancing share of the tumour",
    "ncr_share": "necrotic and non-enhancing share of the tumour",
    "pieces": "number of pieces of the tumour",
    "wt_share": "share of the brain that is tumour",
    **{f"mean_{role}": f"mean {name} in the tumour" for role, name in SEQUENCE_NAMES.items()},
    **{f"spread_{role}": f"spread of {name} in the tumour" for role, name in SEQUENCE_NAMES.items()},
}
"""Plain facts of a case in words; intensities are in standard deviations of the brain."""

_LEAST_PIECE_ML = 0.1


def facts_of(case: CaseData, sequences: Sequence[str]) -> dict[str, float]:
    """Those of `FACTS` that the sequences tell; needs `why_not` to be empty."""
    brain, tumour = brain_of(case), tumour_of(case)
    ml = region_volumes_ml(case.label_map.array, case.label_map.voxel_volume_mm3)
    pieces, _ = ndimage.label(tumour)
    sizes = np.bincount(pieces.ravel())[1:] * case.label_map.voxel_volume_mm3 / 1000
    found = {
        "log_wt_ml": float(np.log(ml["WT"])),
        "et_share": ml["ET"] / ml["WT"],
        "ncr_share": ml["NCR_NET"] / ml["WT"],
        "pieces": float((sizes >= _LEAST_PIECE_ML).sum()),
        "wt_share": float(tumour.sum() / max(int((brain | tumour).sum()), 1)),
    }
    for role in sequences:
        array = case.volumes[role].array
        scale = fit_zscore(array, brain)
        inside = scale.apply(array[tumour], np.ones(int(tumour.sum()), dtype=bool))
        found[f"mean_{role}"], found[f"spread_{role}"] = float(inside.mean()), float(inside.std())
    return found


def enhancing_ml(case: CaseData) -> float:
    """What the trivial rule grades by."""
    return region_volumes_ml(case.label_map.array, case.label_map.voxel_volume_mm3)["ET"]
