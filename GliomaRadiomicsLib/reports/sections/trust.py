"""How the trust in a grade is shown: never without what the grade was measured on and whose outline it rests on."""

from __future__ import annotations

from GliomaRadiomicsLib.core.results import CaseResult, Evidence, GradingResult
from GliomaRadiomicsLib.reports.markup import Markup
from GliomaRadiomicsLib.reports.sections.measured import outline_is_automatic
from GliomaRadiomicsLib.reports.sections.overview import badge

TRUST_WORDS = {"ok": ("✓", "No objection"), "caution": ("!", "Caution"), "no": ("✕", "Do not rely on it")}


def trust_badge(result: CaseResult, grade: GradingResult) -> Markup:
    """Sign and word of the trust; on an automatic outline there is no plain "No objection"."""
    return flag_badge(result, grade.trust.flag)


def trust_kind(result: CaseResult, grade: GradingResult) -> str:
    """The flag of the trust, or caution where it is ok but rests on an automatic outline."""
    return flag_kind(result, grade.trust.flag)


def flag_badge(result: CaseResult, flag: str) -> Markup:
    """As `trust_badge`, of a flag."""
    kind = flag_kind(result, flag)
    return badge(kind, "!", "Check the outline") if kind != flag else badge(kind, *TRUST_WORDS[kind])


def flag_kind(result: CaseResult, flag: str) -> str:
    """As `trust_kind`, of a flag."""
    return "caution" if flag == "ok" and outline_is_automatic(result) else flag


def outline_note(result: CaseResult, grade: GradingResult) -> str:
    """Whose outline the AUC was measured on, where the evidence says so, and whose outline this is."""
    here = "the outline here is automatic" if outline_is_automatic(result) else "the outline here was given"
    if _measured_on_manual(grade.evidence):
        return f"The AUC was measured on manual outlines; {here}."
    return f"{here[0].upper()}{here[1:]}."


def _measured_on_manual(evidence: Evidence) -> bool:
    return "manual" in f"{evidence.cohort} {evidence.validation}".lower()
