"""Words that the report, the panel and the browser share: trust, grades, and why there is no prediction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from GliomaRadiomicsLib.core.results import CaseResult, Evidence, GradingResult, Trust
from GliomaRadiomicsLib.explain.trust import TrustRules
from GliomaRadiomicsLib.reports.markup import headline, is_number, probability, words
from GliomaRadiomicsLib.reports.measured import GRADE

NOTICE = "Research use only. Not a medical device; not for diagnosis or treatment."
"""Shown wherever a result is."""

TRUST_WORDS = {"ok": ("✓", "No objection"), "caution": ("!", "Caution"), "no": ("✕", "Do not rely on it")}
"""Sign and word of each flag."""

LABEL_WORDS = {"HGG": "grade 4", "LGG": "grade 2 or 3"}
"""What readers are shown for the labels of the grading systems."""

ITEM_WORDS = {"imaging": "images", "idh": "IDH status", "resection": "extent of resection"}
"""What a survival model rests on."""

AGREEMENT_RULE = (
    f"The mean is that of VQ, CNN and fused grading, without those whose trust is \u201c{TRUST_WORDS['no'][1]}\u201d. "
    "Only these three let a network look at the images, each in another way; the other systems grade by "
    "measurements such as volumes and are not averaged in."
)
"""How the systems are averaged (`pipeline.agreement`); said once."""

NOT_REACHED = "not reached within the follow-up"
"""A median survival beyond the follow-up of the training cohort."""

CORRECTED = "automatic, corrected by hand"
"""An outline of a network that was edited and computed anew."""

_OUTLINE: dict[str | None, str] = {"automatic": "is automatic", "corrected": f"is {CORRECTED}", "given": "was given"}
_ABSENT = {"abstained": "Abstained", "unavailable": "Not available", "not available": "Not available"}


def why_absent(data: Mapping[str, Any]) -> str | None:
    """Why there is no prediction, as a sentence, or None where there is one."""
    if not data:
        return "Not available in this version, or not asked for in this run."
    if data.get("status") in _ABSENT:
        reason = str(data.get("reason") or "no reason given").rstrip(".")
        return f"{_ABSENT[data['status']]}: {reason}."
    return None


def outline_note(result: CaseResult, grade: GradingResult) -> str:
    """Whose outline the AUC was measured on, where the evidence says so, and whose outline this is."""
    here = f"the outline here {_OUTLINE.get(result.outline_source, _OUTLINE['given'])}"
    if _measured_on_manual(grade.evidence):
        return f"The AUC was measured on manual outlines; {here}."
    return f"{here[0].upper()}{here[1:]}."


def agreement_words(result: CaseResult) -> str:
    """What the systems that see the images say together, as sentences; empty where fewer than two gave a figure."""
    found = result.agreement
    if not found:
        return ""
    left = [f"{words(name)} is left out ({reason})" for name, reason in found["left_out"].items()]
    apart = f" {headline('; '.join(left))}." if left else ""
    if found["probability_hgg"] is None:
        return f"None of the systems that see the images can be relied on for this case.{apart}"
    who = listed([words(name) for name in found["systems"]])
    mean = f"probability of {GRADE} {probability(found['probability_hgg'])} by {who}"
    if len(found["systems"]) == 1:
        return f"Only one of the systems that see the images can be relied on for this case: {mean}.{apart}"
    unsure = undecided_words(result)
    if found["agree"] and unsure:
        return f"The systems that see the images agree, but {unsure}: mean {mean}."
    sides = "say the same" if found["agree"] else "differ" if not left else "that remain are averaged"
    return f"The systems that see the images {sides}: mean {mean}.{apart}"


def undecided_words(result: CaseResult) -> str:
    """``VQ grading is undecided (0.51)`` of those that are averaged; empty where none is."""
    low, high = TrustRules().undecided
    said = {
        name: result.grading[name].probability_hgg for name in result.agreement["systems"] if name in result.grading
    }
    unsure = [
        f"{words(name)} is undecided ({probability(value)})"
        for name, value in said.items()
        if value is not None and low < value < high
    ]
    return listed(unsure)


def listed(texts: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join(filter(None, [", ".join(texts[:-1]), *texts[-1:]]))


def energy_words(trust: Trust) -> str:
    """Which share of which explanation lies in the tumour, or why there is none, as a sentence; empty if not known."""
    if is_number(trust.energy_in_tumour):
        of = f", of {trust.energy_of}" if trust.energy_of else ""
        return f"Share of the explanation that lies inside the tumour: {100 * (trust.energy_in_tumour or 0):.0f} %{of}."
    return f"Share of the explanation inside the tumour: none; {trust.energy_of}." if trust.energy_of else ""


def _measured_on_manual(evidence: Evidence) -> bool:
    return "manual" in f"{evidence.cohort} {evidence.validation}".lower()
