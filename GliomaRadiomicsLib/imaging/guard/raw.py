"""Guard on single images as they were read, with or without skull: is each an MRI of a whole, upright head?"""

from __future__ import annotations

from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES
from GliomaRadiomicsLib.core.results import Finding
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.findings import Findings
from GliomaRadiomicsLib.imaging.foreground import coarse, foreground, head_mask
from GliomaRadiomicsLib.imaging.guard import aligned
from GliomaRadiomicsLib.imaging.guard.extent import Extent, extent_of
from GliomaRadiomicsLib.imaging.guard.modality import (
    BOTTLE,
    FEW_SLICES,
    WIDE_GAP_MM,
    computed_tomography,
    slices_of,
    tissue_contrast,
)
from GliomaRadiomicsLib.imaging.guard.template import fit_brain, fit_head

HEAD_CUT = {"left": 0.5, "right": 0.5, "back": 0.5, "front": 0.5, "top": 0.65}
"""Area of the end of a head over its largest section: 0.2 at most, and 0.42 at the top, in one patient's four images
and 30 phantoms; below, the neck is always cut."""
HALVED = {"left": 0.85, "right": 0.85, "back": 0.93, "front": 0.93}
"""Refused from here. Halves of one patient's four heads had 0.97 or more, of six phantoms' 0.88 (left, right) and 0.84;
where a quarter of the head was missing it was 0.78 at most at the sides and 0.91 at back and front."""
NECK, NECK_ELSEWHERE = 0.3, 0.8
"""A head that tapers off below (area under the first) but ends widely elsewhere (over the second) has its neck there:
it lies turned. One patient's four heads turned by a quarter had 0.19 at most and 0.85 or more, upright 0.75 or more
below."""
HEAD_HEIGHT_MM = 110.0
"""Brains of 18 patients were 129 mm high or more."""
HEAD_TURNED = 0.02
"""Lead of another orientation in the same heads: 0.001 at most."""
_TOMOGRAPHY = {
    "hounsfield": "air at -1000",
    "shifted": "air at 0, soft tissue at 1024 to 1124",
    "rescaled": "air, soft tissue and bone as far apart as in Hounsfield units, on another scale",
}
_ORIENT = "export or convert it again with its orientation"


def check_raw(volumes: dict[str, Volume]) -> list[Finding]:
    """What of the images cannot be, or may not be, an MRI of a whole, upright head; takes about 0.15 s each.

    Args:
        volumes: Images by role, each on its own grid, skull-stripped or not.

    Returns:
        Findings; refused are computed tomography, localisers, phantom bottles, turned and halved heads. One ``ok``
        where there is nothing to say.
    """
    findings = Findings(collect=True)
    for role, volume in volumes.items():
        _check_image(role, volume, findings)
    if not findings.found:
        findings.add("ok", "usual-images", "every image looks like MRI of a whole, upright head")
    return findings.found


def _check_image(role: str, volume: Volume, findings: Findings) -> None:
    if _is_localiser(role, volume, findings) or _is_tomography(role, volume, findings):
        return
    small = coarse(volume)
    front = foreground(small)
    mask = front.mask if front.stripped else head_mask(small)
    contrast = tissue_contrast(small, mask.array != 0)
    if contrast is not None and contrast < BOTTLE:
        what = "shows no tissues inside, like a phantom bottle"
        found = f"spread of intensities {contrast:.3f}, in heads 0.05 or more"
        findings.refuse("phantom-bottle", what, "give an image of the patient", found=found, sequence=role)
        return
    extent = extent_of(mask)
    if extent is not None:
        _check_place(role, mask, extent, front.stripped, findings)


def _is_localiser(role: str, volume: Volume, findings: Findings) -> bool:
    slices = slices_of(volume)
    if slices.number < FEW_SLICES:
        what = f"has only {slices.number} slices, like a localiser"
        findings.refuse("localiser", what, "give the whole series", sequence=role)
        return True
    if slices.distance_mm >= WIDE_GAP_MM:
        message = (
            f"{SEQUENCE_NAMES[role]}: its slices lie {slices.distance_mm:.0f} mm apart, as in a localiser; too far for "
            "volumes and features, so give a series with thinner slices"
        )
        findings.add("warning", "slices-far-apart", message, role)
    return False


def _is_tomography(role: str, volume: Volume, findings: Findings) -> bool:
    kind = computed_tomography(volume)
    if not kind:
        return False
    what = "its intensities are Hounsfield units: this is computed tomography, not MRI"
    findings.refuse("ct-image", what, "give the MRI", found=_TOMOGRAPHY[kind], sequence=role)
    return True


def _check_place(role: str, mask: Volume, extent: Extent, stripped: bool, findings: Findings) -> None:
    name, kind = SEQUENCE_NAMES[role], "brain" if stripped else "head"
    ends = _abrupt(extent, stripped)
    if ends:
        what = f"the {kind} ends abruptly at the {' and '.join(ends)}"
        remedy = "give an image of the whole head with its orientation"
        if _is_halved(extent) or (not stripped and _is_on_its_neck(extent)):
            said = f"{what}: a large part is missing, or it lies turned"
            findings.refuse("head-cut-off", said, remedy, sequence=role)
        else:
            message = f"{name}: {what}; a part is missing or it lies turned: {remedy}"
            findings.add("warning", "head-cut-off", message, role)
        return
    if not stripped and extent.size_mm[2] < HEAD_HEIGHT_MM:
        message = f"{name} shows only {extent.size_mm[2]:.0f} mm of the head from bottom to top: give the whole head"
        findings.add("warning", "head-cut-off", message, role)
        return
    fit = fit_brain(mask) if stripped else fit_head(mask)
    if fit.lead > (aligned.TURNED if stripped else HEAD_TURNED):
        what = f"the {kind} is turned against its header: {fit.describe()}"
        found = f"fit {fit.upright:.2f}, turned {fit.turned:.2f}"
        findings.refuse("head-turned", what, _ORIENT, found=found, sequence=role)


def _is_halved(extent: Extent) -> bool:
    return any(extent.ends[side] >= limit for side, limit in HALVED.items())


def _is_on_its_neck(extent: Extent) -> bool:
    """Whether the neck comes out at a side, at the front or at the back."""
    return extent.ends["bottom"] < NECK and max(extent.ends[side] for side in HALVED) >= NECK_ELSEWHERE


def _abrupt(extent: Extent, stripped: bool) -> list[str]:
    if stripped:
        limits = {side: aligned.CUT_BELOW if side == "bottom" else aligned.CUT for side in extent.ends}
    else:
        limits = HEAD_CUT
    return [side for side, limit in limits.items() if extent.ends[side] > limit]
