"""The input passport on its own: can these images be used?"""

from __future__ import annotations

from collections.abc import Mapping

from GliomaRadiomicsLib.core.results import Finding
from GliomaRadiomicsLib.imaging.guard.raw import check_raw
from GliomaRadiomicsLib.imaging.passport import inspect
from GliomaRadiomicsLib.pipeline.inputs import Source, read_inputs

_COMFORT = ("sizes", "usual-images")
"""What is said of all images together where there is nothing to say: not beside a refused one."""


def inspect_case(sources: Mapping[str, Source | None], mask: Source | None = None) -> list[Finding]:
    """Every finding on the images of one case, refusals among them.

    Args:
        sources: Path or volume by sequence; at least one.
        mask: Tumour labels to check against the images.

    Raises:
        RefusedInput: If nothing is given, or a file cannot be read.
    """
    inputs = read_inputs(dict(sources), mask)
    passport = inspect(inputs.volumes, mask=inputs.mask, collect=True, unoriented=inputs.unoriented)
    usable = {role: inputs.volumes[role] for role in passport.volumes}
    found = [*inputs.findings, *passport.findings, *check_raw(usable)]
    refused = any(finding.severity == "refused" for finding in found)
    return [finding for finding in found if not (refused and finding.code in _COMFORT)]
