"""Which sequences were given, and the input check."""

from __future__ import annotations

from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES, SEQUENCES
from GliomaRadiomicsLib.core.results import NOT_CHECKED, Finding
from GliomaRadiomicsLib.reports.markup import Markup, join, paragraph, table, tag, words
from GliomaRadiomicsLib.reports.sections.content import Content

SEVERITIES = {
    "refused": ("✕", "Refused"),
    "warning": ("!", "Warning"),
    "fixed": ("↻", "Fixed"),
    NOT_CHECKED: ("–", "Not checked"),
    "ok": ("✓", "Fine"),
}
"""Sign and word of each outcome of a check, the gravest first."""


def badge(kind: str, sign: str, word: str) -> Markup:
    """A coloured sign with its word."""
    return tag("span", tag("span", sign, aria_hidden="true"), " ", word, class_=f"badge {kind}")


def write_passport(content: Content) -> Markup:
    """Findings of the input check, gravest first."""
    findings = content.result.passport
    if not findings:
        return paragraph("The input check reported nothing.", class_="absent")
    order = list(SEVERITIES)
    rows = [_finding_row(f) for f in sorted(findings, key=lambda finding: order.index(finding.outcome))]
    counts = ", ".join(f"{sum(f.outcome == s for f in findings)} {SEVERITIES[s][1].lower()}" for s in order)
    intro = paragraph(f"What was found in the images before anything was computed: {counts}.")
    columns = ("Outcome", "Sequence", "Finding")
    return join([intro, table(columns, rows, caption="Input check, gravest findings first", class_="text")])


def _finding_row(finding: Finding) -> tuple[Markup, str, Markup]:
    role = finding.sequence
    sequence = "Whole case" if role is None else SEQUENCE_NAMES.get(role, words(role) if role == "mask" else "Other")
    message = join([finding.message, " ", tag("code", finding.code, class_="muted")])
    return outcome_badge(finding.outcome), sequence, message


def outcome_badge(outcome: str) -> Markup:
    """The badge of `Finding.outcome`; what was not checked is grey, not green."""
    return badge("absent" if outcome == NOT_CHECKED else outcome, *SEVERITIES[outcome])


def sequence_chips(content: Content) -> Markup:
    """Which of the four sequences were given."""
    given = content.result.inputs.get("sequences", content.result.inputs)
    chips = []
    for role in SEQUENCES:
        sign, word, kind = ("✓", "given", "ok") if role in given else ("–", "not given", "absent")
        name = f"{SEQUENCE_NAMES[role]} {word}"
        chips.append(tag("li", badge(kind, sign, name)))
    return tag("ul", *chips, class_="chips", aria_label="Sequences")
