"""How the trust in a prediction is shown; the words are those of `reports.wording`."""

from __future__ import annotations

from GliomaRadiomicsLib.reports.markup import Markup
from GliomaRadiomicsLib.reports.sections.overview import badge
from GliomaRadiomicsLib.reports.wording import TRUST_WORDS


def trust_badge(flag: str) -> Markup:
    """Sign and word of a flag."""
    return badge(flag, *TRUST_WORDS[flag])
