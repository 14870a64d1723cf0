"""Passport checks of a tumour mask: labels, place, size, and whether it belongs to this patient."""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_dilation
from scipy.stats import rankdata

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import LABEL_VALUES, LABELS
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.cases import as_label_map
from GliomaRadiomicsLib.imaging.findings import Findings
from GliomaRadiomicsLib.imaging.foreground import coarse
from GliomaRadiomicsLib.imaging.grid import resample_like, to_canonical

_NEAR_MM = 1.0
_MAX_OUTSIDE = 0.2
_TINY_ML = 0.1
_OTHER_PATIENT = {"several": 0.68, "one": 0.58}
_DOUBTFUL = 0.75
_RIM = 3
_MIN_SAMPLES = 20
_REMEDY = "give the mask that was drawn on these images"


def check_mask(mask: Volume, originals: dict[str, Volume], reference: Volume, findings: Findings) -> Volume | None:
    """The mask as 0/1/2/4 label map on the grid of ``reference``, or None where it was refused.

    ``originals`` are the images as given: the mask may lie on the grid of any of them.
    """
    labelled = _labels(mask, findings)
    if labelled is None or not _placed(labelled, [reference, *originals.values()], findings):
        return None
    result = resample_like(labelled, reference, label=True)
    if not labelled.same_grid(reference):
        findings.add("fixed", "mask-resampled", "the mask was resampled (nearest) through the headers onto the images")
    if not result.array.any():
        found = "no voxel inside the images" if labelled.array.any() else "0 voxels"
        findings.refuse("mask-empty", "empty mask", "give a mask with tumour, or none at all", found=found)
        return None
    _note_size(result, findings)
    return result


def _labels(mask: Volume, findings: Findings) -> Volume | None:
    try:
        labelled = as_label_map(mask, where="mask")
    except RefusedInput as error:
        findings.refuse("mask-labels", error.what, error.remedy, found=error.found, sequence="mask")
        return None
    if (mask.array == 3).any():
        message = (
            "label 3 of the mask was read as enhancing tumour, as in BraTS 2023; if the mask is of BraTS 2012 or 2013, "
            "where 3 is non-enhancing tumour, renumber 3 as 1 first"
        )
        findings.add("warning", "mask-relabelled", message)
    return labelled


def _note_size(mask: Volume, findings: Findings) -> None:
    voxels = int((mask.array > 0).sum())
    volume = voxels * mask.voxel_volume_mm3 / 1000.0
    if volume < _TINY_ML or voxels == 1:
        message = f"the mask is tiny ({voxels} voxels, {volume:.3f} ml): its features mean little; check the mask"
        findings.add("warning", "mask-tiny", message)
    absent = [label.name for label in LABELS if not (mask.array == label.value).any()]
    text = f"labels absent from the mask: {', '.join(absent)}" if absent else "the mask has all three labels"
    findings.add("ok", "labels-absent" if absent else "labels-present", text)


def _placed(mask: Volume, grids: list[Volume], findings: Findings) -> bool:
    if any(_on_lattice(mask, grid) for grid in grids):
        return True
    distances = [_field_of_view_distance_mm(mask, grid) for grid in grids]
    tolerances = [_NEAR_MM if mask.shape == g.shape else max(_NEAR_MM, *mask.spacing, *g.spacing) for g in grids]
    if any(distance <= tolerance for distance, tolerance in zip(distances, tolerances, strict=True)):
        return True
    findings.refuse(
        "mask-elsewhere",
        f"the mask lies on another grid, {min(distances):.1f} mm away from the images",
        _REMEDY,
        found=f"{mask.shape} voxels",
    )
    return False


def _on_lattice(mask: Volume, grid: Volume) -> bool:
    """Whether the voxels of ``mask`` are voxels of ``grid``: the same grid, or a part cut out of it."""
    steps = np.linalg.inv(grid.affine) @ mask.affine
    if np.abs(steps - np.rint(steps)).max() > 1e-2 or not np.allclose(np.abs(steps[:3, :3]).sum(axis=0), 1, atol=1e-2):
        return False
    ends = np.stack([steps[:3, 3], steps[:3, :3] @ (np.array(mask.shape) - 1) + steps[:3, 3]])
    return bool((ends > -0.5).all() and (ends < np.array(grid.shape) - 0.5).all())


def _field_of_view_distance_mm(a: Volume, b: Volume) -> float:
    """Largest distance between equal corners of the two fields of view, whatever the axis order and flips."""
    corners = []
    for volume in (to_canonical(a), to_canonical(b)):
        far = np.array(volume.shape) - 0.5
        index = np.array([np.where(side, far, -0.5) for side in product((0, 1), repeat=3)])
        corners.append(index @ volume.affine[:3, :3].T + volume.affine[:3, 3])
    return float(np.linalg.norm(corners[0] - corners[1], axis=1).max())


def check_belongs(mask: Volume, brain: Volume, images: dict[str, Volume], stripped: bool, findings: Findings) -> None:
    """Refuse a mask largely outside the brain, or one whose inside looks like its surroundings on every sequence.

    The second test is the largest probability, over the sequences, that a voxel inside is brighter (or darker) than one
    in a rim around the mask. On the development patients it was at least 0.86 for their own masks and below 0.68 for
    19 of 20 masks of other patients. T1 and T1ce alone do not tell: own masks had as little as 0.51 there.
    """
    tumour = mask.array > 0
    outside = float((tumour & (brain.array == 0)).sum() / tumour.sum())
    if outside > _MAX_OUTSIDE:
        what = f"{outside:.0%} of the mask lies outside the brain: the mask of another patient?"
        findings.refuse("mask-outside-brain", what, _REMEDY)
        return
    contrast = _rim_contrast(tumour, brain, images)
    inside = f"{1 - outside:.0%} of the mask lies inside the brain"
    if contrast is None or not {"t2", "flair"} & images.keys():
        findings.add("ok", "mask-in-brain", inside)
        reason = "it needs T2 or FLAIR" if contrast is not None else "the mask or its surroundings are too small"
        message = f"whether the mask shows the tumour of this patient was not checked: {reason}"
        findings.add("ok", "mask-contrast-not-checked", message)
        return
    several = sum((mask.array == value).any() for value in LABEL_VALUES) > 1
    what = "no image shows a difference between the mask and its surroundings: the mask of another patient?"
    if stripped and contrast < _OTHER_PATIENT["several" if several else "one"]:
        findings.refuse("mask-no-contrast", what, _REMEDY, found=f"separation {contrast:.2f}, usual 0.85 to 1")
    elif contrast < _DOUBTFUL:
        findings.add("warning", "mask-no-contrast", f"{what} (separation {contrast:.2f}); {_REMEDY}")
    else:
        findings.add("ok", "mask-in-brain", f"{inside}, and it stands out")


def _rim_contrast(tumour: npt.NDArray[np.bool_], brain: Volume, images: dict[str, Volume]) -> float | None:
    small = coarse(brain.with_array(tumour)).array
    inside_brain = coarse(brain).array > 0
    rim = binary_dilation(small, iterations=_RIM) & ~small & inside_brain
    small = small & inside_brain
    if small.sum() < _MIN_SAMPLES or rim.sum() < _MIN_SAMPLES:
        return None
    arrays = [coarse(image).array for image in images.values()]
    return max(_separation(array[small], array[rim]) for array in arrays)


def _separation(a: npt.NDArray, b: npt.NDArray) -> float:
    """Probability that a value of ``a`` is above one of ``b``, ties counted half, or below, whichever is larger."""
    ranks = rankdata(np.concatenate([a, b]))[: len(a)].sum()
    above = float((ranks - len(a) * (len(a) + 1) / 2) / (len(a) * len(b)))
    return max(above, 1.0 - above)
