"""The input passport: what was given, what was changed, what to be careful with, and what cannot be used."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES, SEQUENCES
from GliomaRadiomicsLib.core.results import Finding
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging import passport_brains, passport_images, passport_mask
from GliomaRadiomicsLib.imaging.findings import Findings
from GliomaRadiomicsLib.imaging.foreground import Foreground, brain_mask, coarse, foreground, head_mask

REFERENCE_ORDER = ("t1ce", "t1", "t2", "flair")
"""The first of these that is given lends its grid to all results."""


@dataclass
class Passport:
    """Result of `inspect`.

    Attributes:
        findings: One line each, in the order of the checks.
        volumes: Usable images by role, in channel order, all on the grid of ``reference``.
        mask: Label map 0/1/2/4 on that grid, or None.
        reference: Role of the image whose grid is the native one; empty if no image is usable.
        brain_mask: uint8; where the images are not skull-stripped, the whole head. One empty voxel
            if no image is usable.
        skull_stripped: Whether all images are.
        exchanged: The two roles that were given the other way round; everything here has them right.
    """

    findings: list[Finding] = field(default_factory=list)
    volumes: dict[str, Volume] = field(default_factory=dict)
    mask: Volume | None = None
    reference: str = ""
    brain_mask: Volume = field(default_factory=lambda: Volume(np.zeros((1, 1, 1), np.uint8), np.eye(4)))
    skull_stripped: bool = False
    exchanged: tuple[str, str] | None = None

    @property
    def refused(self) -> bool:
        """Whether something was refused (only possible with ``collect``)."""
        return any(finding.severity == "refused" for finding in self.findings)


def inspect(
    volumes: dict[str, Volume],
    *,
    mask: Volume | None = None,
    collect: bool = False,
    unoriented: Collection[str] = (),
) -> Passport:
    """Check the images of one case and bring them onto one grid.

    Args:
        volumes: Images by role, any subset of `SEQUENCES`.
        mask: Tumour label map, on the grid of any of the images.
        collect: List refusals as findings instead of raising the first; refused images are then left out.
        unoriented: Roles (and ``mask``) whose files do not say how they lie in the patient.

    Raises:
        RefusedInput: Without any image, for an unknown role, and, unless ``collect``, for anything that is refused.
    """
    _check_roles_given(volumes)
    findings = Findings(collect)
    passport_images.check_orientation(unoriented, findings)
    passport = _inspected(volumes, mask, findings)
    if passport.exchanged is None:
        return passport
    first, second = passport.exchanged
    findings = Findings(collect)
    names = f"{SEQUENCE_NAMES[first]} and {SEQUENCE_NAMES[second]}"
    passport_images.check_orientation(unoriented, findings)
    message = (
        f"{names} were given the other way round and were exchanged: by its contrasts the image given as "
        f"{SEQUENCE_NAMES[first]} is {SEQUENCE_NAMES[second]}, and the one given as {SEQUENCE_NAMES[second]} is "
        f"{SEQUENCE_NAMES[first]}"
    )
    findings.add("fixed", "sequences-swapped", message)
    right = {**volumes, first: volumes[second], second: volumes[first]}
    again = _inspected({role: replace(volume, name=role) for role, volume in right.items()}, mask, findings)
    return replace(again, exchanged=passport.exchanged)


def _inspected(volumes: dict[str, Volume], mask: Volume | None, findings: Findings) -> Passport:
    """The passport of the images as they are named; only ``exchanged`` where two names are clearly wrong."""
    usable = _checked_values({role: volumes[role] for role in SEQUENCES if role in volumes}, findings)
    if not usable:
        return Passport(findings.found)
    fronts = {role: foreground(coarse(volume)) for role, volume in usable.items()}
    _check_sizes(usable, fronts, findings)
    main = next(role for role in REFERENCE_ORDER if role in usable)
    aligned = _on_one_grid(usable, fronts, main, findings)
    brain, stripped = _brain(aligned, fronts, main, findings)
    small, inside = {role: coarse(image) for role, image in aligned.items()}, coarse(brain).array > 0
    passport_images.check_distinct(small, inside, findings)
    passport_brains.check_same_brain({r: usable[r] for r in aligned}, fronts, aligned[main], stripped, findings)
    if not findings.has("duplicate-image"):
        exchanged = passport_images.check_roles(small, inside, stripped, findings)
        if exchanged is not None and not findings.has("sequences-swapped"):
            return Passport(exchanged=exchanged)
    fitted = None
    if mask is not None:
        fitted = passport_mask.check_mask(mask, usable, aligned[main], findings)
        if fitted is not None:
            passport_mask.check_belongs(fitted, brain, aligned, stripped, findings)
    return Passport(findings.found, aligned, fitted, main, brain, stripped)


def _check_roles_given(volumes: dict[str, Volume]) -> None:
    unknown = [role for role in volumes if role not in SEQUENCES]
    if unknown:
        raise RefusedInput(what="unknown sequence", found=unknown[0], remedy=f"choose from {', '.join(SEQUENCES)}")
    if not volumes:
        raise RefusedInput(what="no image given", remedy="give at least one of T1, T1ce, T2 and FLAIR")


def _checked_values(volumes: dict[str, Volume], findings: Findings) -> dict[str, Volume]:
    missing = [SEQUENCE_NAMES[role] for role in SEQUENCES if role not in volumes]
    if missing:
        message = f"missing: {', '.join(missing)}; the results are less accurate without, so add it where it exists"
        findings.add("warning", "missing-sequences", message)
    else:
        findings.add("ok", "all-sequences", "T1, T1ce, T2 and FLAIR were given")
    usable = {role: volume for role, volume in volumes.items() if passport_images.check_values(role, volume, findings)}
    if len(usable) == len(volumes):
        findings.add("ok", "image-values", "no image is empty, constant, holds NaN or an empty slice inside")
    return usable


def _check_sizes(volumes: dict[str, Volume], fronts: dict[str, Foreground], findings: Findings) -> None:
    for role, volume in volumes.items():
        passport_images.check_size(role, volume, fronts[role], findings)
    if not findings.has("unit-spacing", "head-size"):
        findings.add("ok", "sizes", "spacing and size are plausible for a head")


def _on_one_grid(
    volumes: dict[str, Volume], fronts: dict[str, Foreground], main: str, findings: Findings
) -> dict[str, Volume]:
    reference = volumes[main]
    aligned = {
        role: reference
        if role == main
        else passport_images.to_reference(role, volume, reference, fronts, main, findings)
        for role, volume in volumes.items()
    }
    if len(volumes) > 1 and not findings.has("grid-resampled", "no-overlap"):
        findings.add("ok", "one-grid", "all images lie on one grid")
    return {role: volume for role, volume in aligned.items() if volume is not None}


def _brain(
    aligned: dict[str, Volume], fronts: dict[str, Foreground], main: str, findings: Findings
) -> tuple[Volume, bool]:
    stripped = [role for role in aligned if fronts[role].stripped]
    whole = [SEQUENCE_NAMES[role] for role in aligned if role not in stripped]
    if whole:
        message = (
            f"{', '.join(whole)}: skull or background noise is present; the accuracy of the segmentation is not known "
            "for them as they are; analyze and preprocess align them and remove the skull first"
        )
        findings.add("warning", "not-skull-stripped", message)
    else:
        findings.add("ok", "skull-stripped", "all images are skull-stripped")
    if not stripped:
        return head_mask(aligned[main]), False
    mask = brain_mask([aligned[role] for role in stripped], [fronts[role].background for role in stripped])
    return mask, not whole
