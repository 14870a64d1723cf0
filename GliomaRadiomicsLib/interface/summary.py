"""The head of the results: what was found, in a few lines, each with how far it may be believed."""

from __future__ import annotations

from dataclasses import dataclass

from GliomaRadiomicsLib.core.results import CaseResult
from GliomaRadiomicsLib.interface.check import check_summary
from GliomaRadiomicsLib.interface.grade import grade_columns
from GliomaRadiomicsLib.reports.measured import GRADE, volume_words
from GliomaRadiomicsLib.reports.wording import CORRECTED, NOTICE, agreement_words, undecided_words

__all__ = ["NOTICE", "SummaryLine", "summary_lines"]

_OUTLINE = {
    "automatic": "automatic outline: check it first",
    "corrected": f"outline {CORRECTED}",
    "given": "outline given",
}


@dataclass(frozen=True)
class SummaryLine:
    """What, the figure with its unit, a note, and how it is marked: ``ok``, ``caution``, ``no`` or ``plain``."""

    label: str
    value: str
    note: str = ""
    mark: str = "plain"


def summary_lines(result: CaseResult) -> list[SummaryLine]:
    """Volumes, grade by every system that graded with its trust, and the input check; abstentions with their reason."""
    return [*_volumes(result), *_grades(result), _check(result)]


def _volumes(result: CaseResult) -> list[SummaryLine]:
    segmentation = result.segmentation
    if segmentation is None:
        return [SummaryLine("Tumour", "not outlined in this run")]
    if not segmentation.volumes_ml.get("WT"):
        return [SummaryLine("Tumour", "none was found", "whole tumour 0.0 ml", "caution")]
    how = _OUTLINE[result.outline_source or "given"]
    value = f"{volume_words(segmentation, 'WT')}, enhancing {volume_words(segmentation, 'ET')}"
    return [SummaryLine("Whole tumour", value, how)]


def _grades(result: CaseResult) -> list[SummaryLine]:
    given = [column for column in grade_columns(result) if column.system in result.grading]
    if not given:
        return [SummaryLine("Grade", "not predicted", "no grading system gave an answer")]
    lines = []
    for column in given:
        label = f"Probability of {GRADE}, {column.title}" if len(given) > 1 else f"Probability of {GRADE}"
        if column.abstained_reason:
            lines.append(SummaryLine(label, "no prediction", column.abstained_reason))
        else:
            note = f"{column.trust_text}; {column.evidence[0]}"
            lines.append(SummaryLine(label, column.probability_text, note, column.trust))
    together = agreement_words(result)
    if together:
        agree, unsure = result.agreement["agree"], undecided_words(result)
        sure = agree and not unsure
        same = f"they agree, but {unsure}" if unsure else "they agree"
        value = same if agree else "they differ, or one cannot be relied on"
        lines.append(SummaryLine("Grading by the images together", value, together, "ok" if sure else "caution"))
    return lines


def _check(result: CaseResult) -> SummaryLine:
    grave = [finding for finding in result.passport if finding.severity in ("warning", "refused")]
    value = f"{len(grave)} warning{'' if len(grave) == 1 else 's'}"
    return SummaryLine("Input check", value, check_summary(result.passport), "caution" if grave else "ok")
