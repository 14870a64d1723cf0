"""IDH mutation, MGMT methylation and other markers: an abstention stands before any number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from GliomaRadiomicsLib.core.results import CaseResult
from GliomaRadiomicsLib.interface.words import evidence_lines, sentence
from GliomaRadiomicsLib.reports.markup import headline, is_number
from GliomaRadiomicsLib.reports.markup import probability as probability_words
from GliomaRadiomicsLib.reports.wording import TRUST_WORDS, why_absent

_TITLES = {"idh": "IDH mutation", "mgmt": "MGMT promoter methylation"}
_QUESTIONS = {
    "probability_mutant": "Probability of an IDH mutation",
    "probability_methylated": "Probability of methylation",
}


@dataclass(frozen=True)
class MolecularRow:
    """One marker.

    Attributes:
        key: ``idh``, ``mgmt`` or the column of the cohort.
        title: In words.
        abstained_reason: Why nothing is said, as a sentence; empty where there is a prediction. Then all else is empty.
        question: What the probability is that of.
        probability: 0 to 1, or None.
        probability_text: Two decimals, never rounded to certainty.
        label: What is more likely.
        trust: ``ok``, ``caution`` or ``no``; empty where not stated.
        trust_text: Sign and word of the trust.
        reasons: Why the trust is what it is.
        evidence: What the prediction rests on, one line each.
    """

    key: str
    title: str
    abstained_reason: str = ""
    question: str = ""
    probability: float | None = None
    probability_text: str = ""
    label: str = ""
    trust: str = ""
    trust_text: str = ""
    reasons: list[str] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)


def molecular_rows(result: CaseResult) -> list[MolecularRow]:
    """IDH, MGMT, then the outcomes the user trained a model for."""
    markers = {"idh": result.idh, "mgmt": result.mgmt, **result.molecular}
    return [_row(key, data) for key, data in markers.items()]


def _row(key: str, data: Mapping[str, Any]) -> MolecularRow:
    title, reason = _TITLES.get(key, headline(key)), why_absent(data)
    evidence = evidence_lines(data.get("evidence"))
    if reason is not None:
        return MolecularRow(key, title, abstained_reason=reason, evidence=evidence)
    name = next((name for name in data if name.startswith("probability") and is_number(data[name])), "")
    trust = data.get("trust") or {}
    flag = trust["flag"] if trust.get("flag") in TRUST_WORDS else ""
    return MolecularRow(
        key=key,
        title=title,
        question=_QUESTIONS.get(name, headline(name)),
        probability=data.get(name),
        probability_text=probability_words(data.get(name)) if name else "",
        label=str(data.get("label") or ""),
        trust=flag,
        trust_text=" ".join(TRUST_WORDS[flag]) if flag else "",
        reasons=[sentence(reason) for reason in trust.get("reasons") or []],
        evidence=evidence,
    )
