"""Summary on top, and the input check."""

from __future__ import annotations

from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES, SEQUENCES
from GliomaRadiomicsLib.core.results import Evidence, Finding, GradingResult
from GliomaRadiomicsLib.reports.markup import (
    Markup,
    is_number,
    join,
    millilitres,
    number,
    paragraph,
    probability,
    table,
    tag,
    words,
)
from GliomaRadiomicsLib.reports.sections.content import Content

SEVERITIES = {
    "refused": ("✕", "Refused"),
    "warning": ("!", "Warning"),
    "fixed": ("↻", "Fixed"),
    "ok": ("✓", "Fine"),
}
"""Sign and word of each severity, the gravest first."""
TRUST_WORDS = {"ok": ("✓", "No objection"), "caution": ("!", "Caution"), "no": ("✕", "Do not rely on it")}


def badge(kind: str, sign: str, word: str) -> Markup:
    """A coloured sign with its word."""
    return tag("span", tag("span", sign, aria_hidden="true"), " ", word, class_=f"badge {kind}")


def evidence_words(evidence: Evidence) -> str:
    """``AUC 0.91 [0.86–0.95], n = 167, 5-fold CV``."""
    parts = []
    if is_number(evidence.auc):
        interval = evidence.auc_ci
        bounds = f" [{number(interval[0], 2)}–{number(interval[1], 2)}]" if interval else " (no interval given)"
        parts.append(f"AUC {number(evidence.auc, 2)}{bounds}")
    return ", ".join([*parts, f"n = {evidence.n}", evidence.validation])


def write_summary(content: Content) -> Markup:
    """The result in one paragraph and as tiles."""
    result = content.result
    grades = [_grade_sentence(name, grade) for name, grade in result.grading.items()]
    sentences = [_volume_sentence(content), *(grades or ["No grade was predicted."])]
    return join([paragraph(" ".join(sentences), class_="lead"), tag("div", *_tiles(content), class_="tiles")])


def _volume_sentence(content: Content) -> str:
    segmentation = content.result.segmentation
    if segmentation is None:
        return "The tumour was not segmented in this run."
    volumes = segmentation.volumes_ml
    if not volumes.get("WT"):
        return "No tumour was found: whole tumour 0.0 ml."
    return f"Whole tumour {millilitres(volumes['WT'])}, enhancing {millilitres(volumes.get('ET'))}."


def _grade_sentence(name: str, grade: GradingResult) -> str:
    if not is_number(grade.probability_hgg):
        return f"Grade by {words(name)}: not predicted ({(grade.reason or 'no reason given').rstrip('.')})."
    sentence = f"Grade 4 probability {probability(grade.probability_hgg)} ({words(name)}; "
    return f"{sentence}{evidence_words(grade.evidence)}; {TRUST_WORDS[grade.trust.flag][1].lower()})."


def _tiles(content: Content) -> list[Markup]:
    result = content.result
    volumes = result.segmentation.volumes_ml if result.segmentation else {}
    names = {"WT": "Whole tumour", "TC": "Tumour core", "ET": "Enhancing"}
    tiles = [_tile(names[region], millilitres(volumes[region])) for region in names if region in volumes]
    first = next(iter(result.grading.values()), None)
    if first is not None:
        tiles.append(_tile("Grade 4 probability", probability(first.probability_hgg)))
        tiles.append(_tile("Trust in the grade", badge(first.trust.flag, *TRUST_WORDS[first.trust.flag])))
    gravest = next((severity for severity in SEVERITIES if severity in {f.severity for f in result.passport}), None)
    if gravest:
        tiles.append(_tile("Input check", badge(gravest, *SEVERITIES[gravest])))
    return tiles


def _tile(name: str, value: object) -> Markup:
    return tag("div", tag("span", name, class_="name"), tag("span", value, class_="value"), class_="tile")


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
