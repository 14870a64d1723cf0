"""IDH mutation, MGMT methylation and what else a user trained a model for, with evidence or why there is none."""

from __future__ import annotations

from typing import Any

from GliomaRadiomicsLib.reports.markup import Markup, join, paragraph, probability, tag
from GliomaRadiomicsLib.reports.sections.content import Content
from GliomaRadiomicsLib.reports.sections.contributions import contributions_table
from GliomaRadiomicsLib.reports.sections.plain import absent, plain_facts, plain_trust

_LABELS = {"probability mutant": "Probability of an IDH mutation", "label": "More likely"}
_ELSEWHERE = ("contributions", "trust", "evidence", "status")
_TOWARDS = "Towards wildtype ◂ ▸ towards mutant"


def write_molecular(content: Content) -> Markup:
    """IDH, MGMT and further outcomes."""
    result = content.result
    return join(
        [
            tag("h3", "IDH mutation"),
            _marker(result.idh),
            tag("h3", "MGMT methylation"),
            _marker(result.mgmt),
            *[part for name, data in result.molecular.items() for part in (tag("h3", name), _marker(data))],
        ]
    )


def _marker(data: dict[str, Any]) -> Markup:
    missing = absent(data)
    if missing is not None:
        return missing
    shown = {k: probability(v) if k.startswith("probability") else v for k, v in data.items() if v is not None}
    evidence = data.get("evidence")
    note = evidence.get("note") if isinstance(evidence, dict) else None
    moved = data.get("contributions")
    return join(
        [
            plain_facts(shown, _LABELS, _ELSEWHERE),
            paragraph(note, class_="note") if note else None,
            plain_trust(data),
            contributions_table(moved, _TOWARDS) if isinstance(moved, list) else None,
        ]
    )
