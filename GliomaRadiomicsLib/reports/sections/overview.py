"""Which sequences were given, and the input check."""

from __future__ import annotations

from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES, SEQUENCES
from GliomaRadiomicsLib.core.results import Finding
from GliomaRadiomicsLib.reports.markup import Markup, join, paragraph, table, tag, words
from GliomaRadiomicsLib.reports.sections.content import Content

SEVERITIES = {
    "refused": ("✕", "Refused"),
    "warning": ("!", "Warning"),
    "fixed": ("↻", "Fixed"),
    "ok": ("✓", "Fine"),
}
"""Sign and word of each severity, the gravest first."""


def badge(kind: str, sign: str, word: str) -> Markup:
    """A coloured sign with its word."""
    return tag("span", tag("span", sign, aria_hidden="true"), " ", word, class_=f"badge {kind}")


def write_passport(content: Content) -> Markup:
    """Findings of the input check, gravest first."""
    findings = content.result.passport
    if not findings:
        return paragraph("The input check reported nothing.", class_="absent")
    order = list(SEVERITIES)
    rows = [_finding_row(f) for f in sorted(findings, key=lambda finding: order.index(finding.severity))]
    counts = ", ".join(f"{sum(f.severity == s for f in findings)} {SEVERITIES[s][1].lower()}" for s in order)
    intro = paragraph(f"What was found in the images before anything was computed: {counts}.")
    columns = ("Severity", "Sequence", "Finding")
    return join([intro, table(columns, rows, caption="Input check, gravest findings first", class_="text")])


def _finding_row(finding: Finding) -> tuple[Markup, str, Markup]:
    role = finding.sequence
    sequence = "Whole case" if role is None else SEQUENCE_NAMES.get(role, words(role) if role == "mask" else "Other")
    message = join([finding.message, " ", tag("code", finding.code, class_="muted")])
    return badge(finding.severity, *SEVERITIES[finding.severity]), sequence, message


def sequence_chips(content: Content) -> Markup:
    """Which of the four sequences were given."""
    given = content.result.inputs.get("sequences", content.result.inputs)
    chips = []
    for role in SEQUENCES:
        sign, word, kind = ("✓", "given", "ok") if role in given else ("–", "not given", "absent")
        name = f"{SEQUENCE_NAMES[role]} {word}"
        chips.append(tag("li", badge(kind, sign, name)))
    return tag("ul", *chips, class_="chips", aria_label="Sequences")
