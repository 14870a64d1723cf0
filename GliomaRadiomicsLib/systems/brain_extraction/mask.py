"""What a brain extraction gives, whoever did it, and why it may be wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.volume import Volume

LEAST_EXPECTED_DICE = 0.92
"""Dice the network expects of its mask on ordinary heads: 0.95 or more."""

PLAUSIBLE_ML = (700.0, 2200.0)
"""Brain volumes outside these limits are doubtful (adults: about 900 to 1900 ml with the fluid inside the mask)."""

MOST_MISSING_ML = 10.0
"""Brain that may lie beyond the edge of an image without a word: the last slice often leaves out a few ml."""

_RIM_MM = 6.0


@dataclass(frozen=True)
class BrainMask:
    """The brain in one image.

    Attributes:
        mask: uint8, 1 in the brain, on the grid of the image.
        expected_dice: Dice that is expected of the mask; None where nobody says.
        volume_ml: Volume of the brain in the image.
        doubts: Why the mask may be wrong; empty where nothing speaks against it.
        share: float32, how much of each place is brain (more than .5 in the mask), on a grid of its own; None where
            only the mask is known.
    """

    mask: Volume
    expected_dice: float | None
    volume_ml: float
    doubts: tuple[str, ...]
    share: Volume | None = None


def doubts_of(brain: Volume, ml: float, expected: float | None) -> tuple[str, ...]:
    """Why a mask may be wrong.

    Args:
        brain: The mask, non-zero in the brain, axes nearest to right, anterior, superior (`imaging.grid.to_canonical`).
        ml: Volume of the brain.
        expected: Dice expected of the mask, where known.
    """
    inside = brain.array != 0
    if not inside.any():
        return ("no brain was found",)
    doubts = []
    if not PLAUSIBLE_ML[0] <= ml <= PLAUSIBLE_ML[1]:
        doubts.append(f"a brain of {ml:.0f} ml is unusual ({PLAUSIBLE_ML[0]:.0f} to {PLAUSIBLE_ML[1]:.0f} expected)")
    if expected is not None and expected < LEAST_EXPECTED_DICE:
        doubts.append(f"the network is unsure of its mask (expected Dice {expected:.2f})")
    for axis, sides in enumerate((("left", "right"), ("back", "front"), ("bottom", "top"))):
        for side, planes in zip(sides, (np.moveaxis(inside, axis, 0), np.moveaxis(inside, axis, 0)[::-1]), strict=True):
            area, missing = _cut(planes, brain.spacing[axis], brain.voxel_volume_mm3)
            if area > (25.0 if side == "bottom" else 15.0) and missing > MOST_MISSING_ML:
                doubts.append(f"the brain is cut at the {side} of the image ({area:.0f} cm²)")
    return tuple(doubts)


def _cut(planes: npt.NDArray[np.bool_], spacing_mm: float, voxel_mm3: float) -> tuple[float, float]:
    """Area (cm²) of brain in the first plane, and how much brain (ml) is missing before it.

    The missing part is taken for a paraboloid: its area goes on shrinking as it does over the last 6 mm of the image.
    """
    inward = max(1, round(_RIM_MM / spacing_mm))
    areas = planes[[0, min(inward, len(planes) - 1)]].sum(axis=(1, 2)) * voxel_mm3 / spacing_mm / 100.0
    shrinking = (areas[1] - areas[0]) / (inward * spacing_mm / 10.0)
    return float(areas[0]), float(areas[0] ** 2 / (2.0 * shrinking)) if shrinking > 0 else float("inf")
