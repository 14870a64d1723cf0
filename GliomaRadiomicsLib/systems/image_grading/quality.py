"""Quality assurance of Pereira et al. 2018 for any grading network: where its explanation lies, how usual the case is.

The border of the brain is looked for in the gradient itself, which shows what the network reacts to even where the
image is near 0; what lies in tumour, fluid and rest is told by gradient times image, which shows what it uses.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.explain.cohort_distance import CohortDistance
from GliomaRadiomicsLib.explain.energy import PARTS, EnergyShares, energy_shares
from GliomaRadiomicsLib.explain.fluid import ventricle_like
from GliomaRadiomicsLib.explain.trust import CohortPlace
from GliomaRadiomicsLib.imaging.grid import crop, crop_box, grid_with_spacing, resample_like
from GliomaRadiomicsLib.systems.image_grading.case import FACTS, brain_of, tumour_of
from GliomaRadiomicsLib.systems.image_grading.cohort import Entry
from GliomaRadiomicsLib.systems.image_grading.region import mask_on
from GliomaRadiomicsLib.systems.protocol import CaseData

WORKING_MM = 2.0
ENERGY_OF = (
    "guided backpropagation times image, on the region the network sees; its share on the border of the brain is that "
    "of guided backpropagation alone"
)
"""Of which explanation `energy_of` is where a gradient is given; in words."""
LEAST_PATIENTS = 8
"""With fewer training patients nothing can be said about who is usual."""


def energy_of(
    case: CaseData, region: Volume, gradient: npt.NDArray[np.floating], images: npt.NDArray[np.floating]
) -> EnergyShares:
    """Shares of an explanation's energy on a working grid of 2 mm.

    Args:
        case: The case.
        region: Grid of the region the network saw.
        gradient: Guided backpropagation, shape (sequences, i, j, k) on that grid.
        images: What the network saw, same shape.
    """
    brain = Volume(brain_of(case).astype(np.uint8), case.label_map.affine)
    cut = crop(brain, crop_box(brain.array, 2))
    grid = grid_with_spacing(cut, WORKING_MM)
    masks = {
        "brain": mask_on(cut, grid),
        "tumour": mask_on(case.label_map.with_array(tumour_of(case).astype(np.uint8)), grid),
        "field": _covered(region, grid),
    }
    fluid = _fluid(case, grid, masks["brain"], masks["tumour"])

    def shares(heat: npt.NDArray[np.floating]) -> EnergyShares:
        lying = resample_like(Volume(heat.sum(axis=0).astype(np.float32), region.affine), grid).array
        return energy_shares(
            lying,
            tumour=masks["tumour"],
            brain=masks["brain"],
            spacing_mm=grid.spacing,
            fluid=fluid,
            field=masks["field"],
        )

    return joined(shares(np.abs(gradient)), shares(np.abs(gradient * images)))


def joined(plain: EnergyShares, used: EnergyShares) -> EnergyShares:
    """Border from the first, the division of everything else from the second."""
    border = plain.energy["border"]
    elsewhere = 1.0 - used.energy["border"]
    if not any(plain.energy.values()) or elsewhere <= 0 or not any(used.energy.values()):
        return plain
    energy = {part: used.energy[part] * (1.0 - border) / elsewhere for part in PARTS}
    return EnergyShares({**energy, "border": border}, plain.room)


def distance_of(entries: Sequence[Entry]) -> CohortDistance | None:
    """Distance from these training patients by their facts; None for too few of them."""
    if len(entries) < LEAST_PATIENTS:
        return None
    names = tuple(entries[0].facts)
    return CohortDistance.fit([[entry.facts[name] for name in names] for entry in entries], names)


def place_of(distance: CohortDistance | None, facts: dict[str, float]) -> CohortPlace | None:
    """Where a case lies, with what is most unusual in words."""
    if distance is None:
        return None
    values = [facts[name] for name in distance.names]
    unusual = tuple(FACTS[name] for name in distance.most_unusual(values))
    return CohortPlace(distance.percentile(values), distance.excess(values), unusual)


def _covered(region: Volume, grid: Volume) -> npt.NDArray[np.bool_]:
    return resample_like(Volume(np.ones(region.shape, dtype=np.uint8), region.affine), grid, label=True).array != 0


def _fluid(
    case: CaseData, grid: Volume, brain: npt.NDArray[np.bool_], tumour: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    images = {role: resample_like(volume, grid).array for role, volume in case.volumes.items()}
    return ventricle_like(images, brain=brain, tumour=tumour, spacing_mm=grid.spacing)
