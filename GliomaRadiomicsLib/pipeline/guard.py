"""The guard against input that the models were not made for, asked where a run can answer each question."""

from __future__ import annotations

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.results import Finding
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.guard.aligned import check_aligned, check_lesions
from GliomaRadiomicsLib.imaging.guard.raw import check_raw
from GliomaRadiomicsLib.pipeline.run import CaseRun

_USUAL = "usual-case"


def guard_images(volumes: dict[str, Volume]) -> list[Finding]:
    """Findings on the images as read, whose values were checked; raises `RefusedInput` for the first refusal."""
    return _passed(check_raw(volumes))


def guard_case(run: CaseRun) -> None:
    """Findings on the aligned images, before anything is predicted; raises `RefusedInput` for the first refusal."""
    found = check_aligned(run.passport.volumes, run.passport.brain_mask, clinical=run.settings.clinical)
    cut = next((finding for finding in run.result.passport if finding.code == "head-cut-off"), None)
    if cut is not None and any(finding.severity == "refused" for finding in found):
        raise RefusedInput(what=cut.message)
    run.result.passport += _passed(found)


def guard_outline(run: CaseRun) -> None:
    """Findings on the outline of the tumour, which take the place of the word that the case is a usual one."""
    found = check_lesions(run.label_map) if run.label_map is not None else []
    if found:
        run.result.passport[:] = [finding for finding in run.result.passport if finding.code != _USUAL]
        run.result.passport += found


def _passed(findings: list[Finding]) -> list[Finding]:
    refused = next((finding for finding in findings if finding.severity == "refused"), None)
    if refused is not None:
        raise RefusedInput(what=refused.message)
    return findings
