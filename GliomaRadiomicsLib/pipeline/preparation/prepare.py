"""Align, correct, strip: the images of a case on the working grid, with a record of what was done to each."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.bias import correct_bias
from GliomaRadiomicsLib.imaging.space import WORKING_SPACING_MM, Space, grid_of, working_grid
from GliomaRadiomicsLib.pipeline.preparation.alignment import Alignment, align
from GliomaRadiomicsLib.pipeline.preparation.brains import GIVEN, Brain, agreed_brain, find_brains

MOST_ANISOTROPIC = 1.25
"""Ratio of the largest to the smallest voxel side up to which skull-stripped images on one grid stay as they are."""


@dataclass(frozen=True)
class Prepared:
    """Images ready for everything that follows.

    Attributes:
        volumes: float32 by role, on the working grid, zero outside the brain.
        brain_mask: uint8, on the working grid.
        space: The chain to the images as given.
        record: What was done and what is doubtful, plain data; see `findings.findings_of`.
        before: The images on the working grid through their headers alone, with skull and shading, for pictures.
        aligned: The same after the alignment.
    """

    volumes: dict[str, Volume]
    brain_mask: Volume
    space: Space
    record: dict[str, Any]
    before: dict[str, Volume] = field(default_factory=dict)
    aligned: dict[str, Volume] = field(default_factory=dict)


def is_needed(volumes: dict[str, Volume], reference: str, *, skull_stripped: bool) -> bool:
    """Whether images must be prepared: skull, several grids, or voxels that are far from cubes."""
    one_grid = all(volume.same_grid(volumes[reference]) for volume in volumes.values())
    spacing = volumes[reference].spacing
    return not (skull_stripped and one_grid and max(spacing) <= MOST_ANISOTROPIC * min(spacing))


def prepare_case(
    volumes: dict[str, Volume],
    reference: str,
    brain_bundle: Callable[[], Path],
    device: str,
    progress: Progress,
    span: tuple[float, float] = (0.0, 1.0),
    brain_extraction: str = "own",
) -> Prepared:
    """Bring the images of one case onto the working grid.

    Brain extraction on each image, rigid registration to ``reference``, resampling once, correction of the shading, and
    the brain that the images agree on. Steps that an image does not need are left out, and that is recorded.

    Args:
        volumes: Images by role as read, each on its own grid.
        reference: Role of the image on whose grid results will be written.
        brain_bundle: Gives the folder of the brain extraction bundle; asked only where it is needed.
        device: ``auto``, ``cpu`` or ``cuda``.
        progress: Told what happens; its timings get one entry per step.
        span: The part of the whole run's progress that this is.
        brain_extraction: One of `core.settings.BRAIN_EXTRACTIONS`.

    Raises:
        RefusedInput: If an image shows no brain, or HD-BET is asked for and cannot be used.
    """
    at = [span[0] + (span[1] - span[0]) * part for part in (0.0, 0.3, 0.7, 0.8, 1.0)]
    with progress.step("brain extraction", at[0], at[1], "looking for the brain"):
        brains = find_brains(volumes, brain_bundle, device, progress, brain_extraction)
    with progress.step("registration", at[1], at[2], "aligning the images"):
        alignments = align(volumes, brains, reference, progress)
    with progress.step("resampling", at[2], at[3], "resampling"):
        kept = {role: volume for role, volume in volumes.items() if alignments[role].state != "refused"}
        space = _space(kept, brains, alignments, reference)
        before, aligned = _resampled(kept, space)
        brain, agreement = agreed_brain({role: brains[role] for role in kept}, space)
    with progress.step("shading correction", at[3], at[4], "correcting the shading"):
        finished, shading = _finished(aligned, {role for role in kept if brains[role].found}, brain, progress)
    record = _record(reference, brains, alignments, shading, brain, agreement)
    return Prepared(finished, brain, space, record, before, aligned)


def prepare_again(
    volumes: dict[str, Volume],
    space: Space,
    brain: Volume,
    record: dict[str, Any],
    progress: Progress,
    span: tuple[float, float] = (0.0, 1.0),
) -> Prepared:
    """As `prepare_case`, where brain and alignment are known from an earlier run on the same images.

    Args:
        volumes: Images by role as read; those that the earlier run left out are left out again.
        space: The chain of the earlier run.
        brain: Its brain mask, on its working grid.
        record: Of the earlier run.
        progress: Told what happens.
        span: The part of the whole run's progress that this is.
    """
    middle = (span[0] + span[1]) / 2
    with progress.step("resampling", span[0], middle, "resampling"):
        before, aligned = _resampled({role: one for role, one in volumes.items() if role in space.native}, space)
    with progress.step("shading correction", middle, span[1], "correcting the shading"):
        looked = {role for role in aligned if record["sequences"][role]["brain"]["source"] != GIVEN}
        finished, _ = _finished(aligned, looked, brain, progress)
    return Prepared(finished, brain, space, record, before, aligned)


def _resampled(volumes: dict[str, Volume], space: Space) -> tuple[dict[str, Volume], dict[str, Volume]]:
    """The images on the working grid, through their headers alone and as aligned."""
    headers = Space(space.reference, space.working, space.native, dict.fromkeys(volumes, np.eye(4)))
    before = {role: _placed(headers, volume, role) for role, volume in volumes.items()}
    return before, {role: _placed(space, volume, role) for role, volume in volumes.items()}


def _space(
    volumes: dict[str, Volume], brains: dict[str, Brain], alignments: dict[str, Alignment], reference: str
) -> Space:
    return Space(
        reference,
        working_grid(brains[reference].mask),
        {role: grid_of(volume) for role, volume in volumes.items()},
        {role: alignments[role].matrix for role in volumes},
    )


def _placed(space: Space, volume: Volume, role: str) -> Volume:
    placed = space.to_working(volume, role)
    return Volume(placed.array.astype(np.float32, copy=False), placed.affine, role)


def _finished(
    aligned: dict[str, Volume], looked: Collection[str], brain: Volume, progress: Progress
) -> tuple[dict[str, Volume], dict[str, dict[str, Any]]]:
    """Corrected and stripped images, and by role what the correction was; ``looked``: where a brain was looked for."""
    finished, shading = {}, {}
    inside = brain.array != 0
    for number, (role, volume) in enumerate(aligned.items()):
        progress.report(number / len(aligned), f"correcting the shading of {SEQUENCE_NAMES[role]}")
        corrected = correct_bias(volume, brain) if role in looked else volume
        shading[role] = _shading(volume, corrected, inside, role in looked)
        finished[role] = volume.with_array(np.where(inside, corrected.array, np.float32(0.0)))
    return finished, shading


def _shading(before: Volume, after: Volume, inside: np.ndarray, looked: bool) -> dict[str, Any]:
    if not looked:
        return {"corrected": False, "reason": "skull-stripped images are taken as corrected"}
    there = inside & (after.array > 0) & (before.array > 0)
    if after is before or not there.any():
        return {"corrected": False, "reason": "the image has negative values inside the brain"}
    field_values = before.array[there] / after.array[there]
    low, high = np.percentile(field_values, (2.0, 98.0)) / np.median(field_values)
    return {"corrected": True, "range": [round(float(low), 3), round(float(high), 3)]}


def _record(
    reference: str,
    brains: dict[str, Brain],
    alignments: dict[str, Alignment],
    shading: dict[str, dict[str, Any]],
    brain: Volume,
    agreement: float | None,
) -> dict[str, Any]:
    sequences = {}
    for role, alignment in alignments.items():
        sequences[role] = {
            "shape": list(brains[role].mask.shape),
            "spacing_mm": [round(size, 3) for size in brains[role].mask.spacing],
            "brain": brains[role].to_dict(),
            "alignment": alignment.to_dict(),
        }
        if role in shading:
            sequences[role]["shading"] = shading[role]
    return {
        "reference": reference,
        "results_on": reference,
        "working_spacing_mm": WORKING_SPACING_MM,
        "brain_ml": round(float(brain.array.sum(dtype=np.float64)) * brain.voxel_volume_mm3 / 1000.0, 1),
        "brain_agreement": None if agreement is None else round(agreement, 4),
        "sequences": sequences,
    }
