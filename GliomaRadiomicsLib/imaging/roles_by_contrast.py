"""Which sequence is which where no tag and no name tells: from the contrasts inside skull-stripped brains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.foreground import brain_mask, coarse, foreground
from GliomaRadiomicsLib.imaging.grid import resample_like
from GliomaRadiomicsLib.imaging.roles import Recognised
from GliomaRadiomicsLib.imaging.sequence_order import check_order

_CLEAR_LEAD = 0.3
"""As in `sequence_order`, which measured it."""
_CONFIDENCE = 0.85
_FEWEST = 3
_REASON = "the contrasts inside the brain; no tag and no name tells"


def recognise_by_contrast(known: Mapping[str, Volume], unknown: Sequence[Volume]) -> list[Recognised]:
    """Recognise the ``unknown`` images of one patient by their contrasts.

    Args:
        known: Images whose role is sure, by role.
        unknown: As many as roles are left; of three or more images in all, as fewer do not tell.

    Returns:
        One for each of ``unknown``; without role where the images are not skull-stripped or do not tell clearly.
    """
    free = [role for role in SEQUENCES if role not in known]
    nothing = [Recognised(None)] * len(unknown)
    if not unknown or len(unknown) != len(free) or len(known) + len(unknown) < _FEWEST:
        return nothing
    small = {role: coarse(image) for role, image in {**known, **dict(zip(free, unknown, strict=True))}.items()}
    fronts = {role: foreground(image) for role, image in small.items()}
    if not all(front.stripped and front.mask.array.any() for front in fronts.values()):
        return nothing
    reference = next(iter(small.values()))
    aligned = {
        role: resample_like(image, reference, outside=fronts[role].background or 0.0) for role, image in small.items()
    }
    brain = brain_mask(list(aligned.values()), [fronts[role].background for role in aligned]).array > 0
    verdict = check_order(aligned, brain)
    if not verdict.checked or verdict.lead < _CLEAR_LEAD or any(verdict.looks_like[role] != role for role in known):
        return nothing
    return [Recognised(verdict.looks_like[role], _CONFIDENCE, (_REASON,)) for role in free]
