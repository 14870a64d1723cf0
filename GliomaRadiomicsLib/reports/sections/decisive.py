"""Findings that decide whether the figures of a report may be used at all: told before them."""

from __future__ import annotations

from collections.abc import Sequence

from GliomaRadiomicsLib.core.results import Finding
from GliomaRadiomicsLib.reports.markup import Markup, join, paragraph
from GliomaRadiomicsLib.reports.sections.overview import SEVERITIES, outcome_badge

DECISIVE = (
    "no-tumour-found",
    "outline-unreliable",
    "outline-doubtful",
    "enhancement-unknown",
    "head-cut-off",
    "brain-cut-off",
    "brains-differ",
    "sequences-swapped",
    "registration-failed",
    "no-contrast-agent",
    "resection-cavity",
    "metastasis-like",
    "child",
)
"""Codes of warnings without which the figures would be misread, the gravest first."""


def decisive_warnings(passport: Sequence[Finding]) -> list[Finding]:
    """Warnings of `DECISIVE`, the gravest first."""
    found = [finding for finding in passport if finding.severity == "warning" and finding.code in DECISIVE]
    return sorted(found, key=lambda finding: DECISIVE.index(finding.code))


def gravest(passport: Sequence[Finding]) -> Finding | None:
    """The finding that matters most: by outcome, among warnings the decisive ones first; None where there is none."""
    first = {finding.code: place for place, finding in enumerate(reversed(decisive_warnings(passport)), start=1)}
    order = list(SEVERITIES)
    ranked = sorted(passport, key=lambda finding: (order.index(finding.outcome), -first.get(finding.code, 0)))
    return ranked[0] if ranked else None


def write_decisive(passport: Sequence[Finding]) -> Markup:
    """A line for each decisive warning, in the words of the input check; empty where there is none."""
    lines = [paragraph(outcome_badge(one.outcome), " ", one.message) for one in decisive_warnings(passport)]
    return join(lines)
