"""The input passport on its own: can these images be used?"""

from __future__ import annotations

from collections.abc import Mapping

from GliomaRadiomicsLib.core.results import Finding
from GliomaRadiomicsLib.imaging.guard.raw import check_raw
from GliomaRadiomicsLib.imaging.passport import inspect
from GliomaRadiomicsLib.pipeline.inputs import Source, read_inputs


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
    return [*inputs.findings, *passport.findings, *check_raw(usable)]
