"""How the trust in a grade is shown: never without what the grade was measured on and whose outline it rests on."""

from __future__ import annotations

from GliomaRadiomicsLib.core.results import CaseResult, Evidence, GradingResult
from GliomaRadiomicsLib.reports.markup import Markup
from GliomaRadiomicsLib.reports.sections.measured import outline_is_automatic
from GliomaRadiomicsLib.reports.sections.overview import badge

TRUST_WORDS = {"ok": ("✓", "No objection"), "caution": ("!", "Caution"), "no": ("✕", "Do not rely on it")}


def trust_badge(flag: str) -> Markup:
    """Sign and word of a flag."""
    return badge(flag, *TRUST_WORDS[flag])


def outline_note(result: CaseResult, grade: GradingResult) -> str:
    """Whose outline the AUC was measured on, where the evidence says so, and whose outline this is."""
    here = "the outline here is automatic" if outline_is_automatic(result) else "the outline here was given"
    if _measured_on_manual(grade.evidence):
        return f"The AUC was measured on manual outlines; {here}."
    return f"{here[0].upper()}{here[1:]}."


def _measured_on_manual(evidence: Evidence) -> bool:
    return "manual" in f"{evidence.cohort} {evidence.validation}".lower()
