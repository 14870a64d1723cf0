"""Where the energy of an explanation lies: in the tumour, on the border of the brain, in its fluid, or elsewhere.

The quality assurance of Pereira et al. 2018, as numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

PARTS = ("tumour", "border", "fluid", "rest", "outside")
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class EnergyShares:
    """Shares of an explanation's energy, and of the room it could lie in, by part (`PARTS`); each adds up to 1.

    Attributes:
        energy: Share of the sum of absolute values. All zero where the map is zero.
        room: Share of the voxels, for comparison: what chance would give.
    """

    energy: dict[str, float]
    room: dict[str, float]

    def enrichment(self, part: str) -> float:
        """Energy per voxel of a part relative to the whole; 1 is chance, 0 where the part is empty."""
        return self.energy[part] / self.room[part] if self.room[part] > 0 else 0.0


def energy_shares(
    heat: npt.NDArray[np.floating],
    *,
    tumour: npt.NDArray,
    brain: npt.NDArray,
    spacing_mm: tuple[float, float, float],
    fluid: npt.NDArray | None = None,
    border_mm: float = 4.0,
    field: npt.NDArray | None = None,
) -> EnergyShares:
    """Divide the energy of a map among parts of the head, each voxel to the first it belongs to.

    Tumour; border: within ``border_mm`` of the surface of the brain mask, on either side; fluid; rest of the brain;
    outside.

    Args:
        heat: Shape ``(i, j, k)``; its absolute values are the energy.
        tumour: Mask of the whole tumour, same shape.
        brain: Mask of the brain.
        spacing_mm: Voxel size.
        fluid: Mask of ventricle-like fluid (`fluid.ventricle_like`).
        border_mm: Half the thickness of the shell.
        field: Where the map could lie at all, such as the region a network saw; the whole grid where not given.

    Raises:
        ValueError: If a shape differs or the brain mask is empty.
    """
    given = {"tumour": tumour, "brain": brain, "fluid": fluid, "field": field}
    masks = {name: np.asarray(mask) != 0 for name, mask in given.items() if mask is not None}
    for name, mask in masks.items():
        if mask.shape != heat.shape:
            msg = f"{name} of shape {mask.shape} does not fit the map of shape {heat.shape}"
            raise ValueError(msg)
    if not masks["brain"].any():
        msg = "the brain mask is empty; where the energy lies cannot be told"
        raise ValueError(msg)
    parts = _parts(masks, brain_shell(masks["brain"], spacing_mm, border_mm))
    seen = masks.get("field")
    counted, amount = (parts, np.abs(heat)) if seen is None else (parts[seen], np.abs(heat[seen]))
    return EnergyShares(_shares(counted, amount), _shares(counted, None))


def brain_shell(brain: Mask, spacing_mm: tuple[float, float, float], thickness_mm: float) -> Mask:
    """Voxels within ``thickness_mm`` of the surface of ``brain``, on either side of it; the grid's edge is outside."""
    from scipy import ndimage

    reach = [int(np.ceil(thickness_mm / step)) + 1 for step in spacing_mm]
    box = tuple(
        slice(max(part.start - margin, 0), part.stop + margin)
        for part, margin in zip(ndimage.find_objects(brain.astype(np.uint8))[0], reach, strict=True)
    )
    inside = np.pad(brain[box], 1)
    depth = ndimage.distance_transform_edt(inside, spacing_mm)
    height = ndimage.distance_transform_edt(~inside, spacing_mm)
    core = (slice(1, -1),) * 3
    shell = np.zeros(brain.shape, dtype=bool)
    shell[box] = (np.where(inside, depth, height) <= thickness_mm)[core]
    return shell


def _parts(masks: dict[str, Mask], shell: Mask) -> npt.NDArray[np.uint8]:
    """Number of each voxel's part in `PARTS`."""
    number = {name: np.uint8(index) for index, name in enumerate(PARTS)}
    parts = np.where(masks["brain"], number["rest"], number["outside"])
    if "fluid" in masks:
        parts[masks["fluid"] & masks["brain"]] = number["fluid"]
    parts[shell] = number["border"]
    parts[masks["tumour"]] = number["tumour"]
    return parts


def _shares(parts: npt.NDArray[np.uint8], amount: npt.NDArray | None) -> dict[str, float]:
    weights = None if amount is None else amount.ravel()
    sums = np.bincount(parts.ravel(), weights, minlength=len(PARTS)).astype(np.float64)
    return dict(zip(PARTS, (sums / max(sums.sum(), np.finfo(np.float64).tiny)).tolist(), strict=True))
