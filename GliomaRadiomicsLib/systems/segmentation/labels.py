"""From the probabilities of the three regions to a label map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from GliomaRadiomicsLib.core.labels import ED, ET, NCR_NET
from GliomaRadiomicsLib.core.volume import Volume

REGIONS = ("WT", "TC", "ET")

LEVELS = tuple(round(0.2 + 0.025 * step, 3) for step in range(13))
"""Levels that `best_level` tries: .2 to .5."""


@dataclass(frozen=True)
class Thresholds:
    """From probabilities to labels.

    Attributes:
        probability: Above which a voxel belongs to WT, TC, ET. None: in each image the level whose mask has the highest
            expected Dice (`best_level`).
        least_expected_et: Enhancing tumour whose expected Dice is less than this is counted as core, and dropped
            outside the tumour: a haze of small probabilities is more often vessels or nothing.
        smallest_et_ml: Less enhancing tumour than this in all is taken for vessels and counted as core.
        smallest_part_ml: Separate parts of the tumour smaller than this are dropped.
        core_share: A separate part is kept only if its highest probability of tumour core is at least this share of the
            highest anywhere: hyperintensity without any core is more often the scanner's shading than a second tumour.
    """

    probability: tuple[float, float, float] | None = None
    least_expected_et: float = 0.4
    smallest_et_ml: float = 0.5
    smallest_part_ml: float = 0.5
    core_share: float = 0.3

    def levels(self, probabilities: dict[str, Volume]) -> tuple[float, ...]:
        """The level of each of `REGIONS` in this image."""
        return self.probability or tuple(best_level(probabilities[region].array) for region in REGIONS)


def best_level(probability: npt.NDArray[np.floating]) -> float:
    """The level whose mask has the highest `expected_dice`.

    It is half of the Dice it reaches, so never above one half, and low where the network is unsure (Lipton et al. 2014,
    https://arxiv.org/abs/1402.1892). Levels from .2 are tried: what would be worth a lower one is a haze that no reader
    would call an outline. Without any voxel above .2: one half.
    """
    likely = probability[probability > LEVELS[0]]
    if not len(likely):
        return 0.5
    total = float(probability.sum(dtype=np.float64))

    def dice(level: float) -> float:
        inside = likely[likely > level]
        return 2.0 * float(inside.sum(dtype=np.float64)) / (len(inside) + total)

    return max(LEVELS, key=dice)


def expected_dice(probability: npt.NDArray[np.floating], mask: npt.NDArray[np.bool_]) -> float:
    """Dice to expect of a mask if every probability is right; not a number for an empty mask.

    Taken as ``2 sum(p in mask) / (voxels in mask + sum(p))``, the ratio of the expected values.
    """
    if not mask.any():
        return float("nan")
    size = float(mask.sum()) + float(probability.sum(dtype=np.float64))
    return round(2.0 * float(probability[mask].sum(dtype=np.float64)) / size, 4)


def labels_from_probabilities(probabilities: dict[str, Volume], thresholds: Thresholds) -> Volume:
    """Label map 0/1/2/4 from the probabilities of WT, TC and ET, with small false parts removed."""
    reference = probabilities["WT"]
    ml = reference.voxel_volume_mm3 / 1000.0
    levels = thresholds.levels(probabilities)
    wt, tc, et = (probabilities[region].array > level for region, level in zip(REGIONS, levels, strict=True))
    unlikely = expected_dice(probabilities["ET"].array, et) < thresholds.least_expected_et
    if unlikely:
        et &= wt | tc
    wt = _keep_likely_parts(wt | tc | et, probabilities["TC"].array, thresholds, ml)
    if unlikely or et[wt].sum() * ml < thresholds.smallest_et_ml:
        tc, et = tc | et, np.zeros_like(et)
    labels = np.zeros(wt.shape, dtype=np.uint8)
    labels[wt] = ED
    labels[wt & tc] = NCR_NET
    labels[wt & et] = ET
    return reference.with_array(labels, "segmentation")


def _keep_likely_parts(wt: np.ndarray, core: np.ndarray, thresholds: Thresholds, voxel_ml: float) -> np.ndarray:
    parts, count = ndimage.label(wt)
    if count < 2:
        return wt
    highest = np.zeros(count + 1, dtype=core.dtype)
    np.maximum.at(highest, parts[wt], core[wt])
    highest = highest[1:]
    likely = highest >= thresholds.core_share * highest.max()
    likely &= (np.bincount(parts.ravel())[1:] * voxel_ml >= thresholds.smallest_part_ml) | (highest == highest.max())
    return np.concatenate([[False], likely])[parts]
