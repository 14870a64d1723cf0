"""Which of several images is which sequence, by their names, for selectors that fill themselves."""

from __future__ import annotations

from collections.abc import Sequence

from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.imaging.roles import USABLE, recognise_name


def sequences_by_name(names: Sequence[str]) -> dict[str, int]:
    """Index of the one image of each role; a role that no name or several names tell equally well is left out.

    Args:
        names: Of nodes or files, as users see them.
    """
    found = [recognise_name(name) for name in names]
    chosen = {}
    for role in SEQUENCES:
        rated = {i: one.confidence for i, one in enumerate(found) if one.role == role and one.confidence >= USABLE}
        best = [i for i, confidence in rated.items() if confidence == max(rated.values())]
        if len(best) == 1:
            chosen[role] = best[0]
    return chosen
