"""Summary on top: a few sentences, and a tile for each figure with what it was measured at."""

from __future__ import annotations

from GliomaRadiomicsLib.core.results import NOT_CHECKED, CaseResult, GradingResult
from GliomaRadiomicsLib.reports.markup import (
    Markup,
    headline,
    is_number,
    join,
    millilitres,
    paragraph,
    probability,
    table,
    tag,
    words,
)
from GliomaRadiomicsLib.reports.measured import (
    GRADE,
    auc_words,
    diameters_mm,
    dice_patients,
    dice_words,
    millimetres,
    outline_is_automatic,
    patients_count,
    volume_words,
)
from GliomaRadiomicsLib.reports.parts import across_words
from GliomaRadiomicsLib.reports.sections.content import Content
from GliomaRadiomicsLib.reports.sections.decisive import gravest, write_decisive
from GliomaRadiomicsLib.reports.sections.overview import outcome_badge
from GliomaRadiomicsLib.reports.sections.trust import trust_badge
from GliomaRadiomicsLib.reports.wording import CORRECTED, agreement_words, outline_note

_GRADES = "Grades; on whom the AUC was measured, and how, stands under Evidence behind the models"
_REGIONS = {"WT": "Whole tumour", "TC": "Tumour core", "ET": "Enhancing tumour"}


def write_summary(content: Content) -> Markup:
    """The result in a few sentences and as tiles."""
    grades = [_grade_sentence(content.result), agreement_words(content.result)]
    sentences = [_volume_sentence(content), *grades, _outline_sentence(content)]
    lead = paragraph(" ".join(filter(None, sentences)), class_="lead")
    several = _grades_table(content.result) if len(content.result.grading) > 1 else None
    return join([write_decisive(content.result.passport), lead, tag("div", *_tiles(content), class_="tiles"), several])


def _volume_sentence(content: Content) -> str:
    segmentation = content.result.segmentation
    if segmentation is None:
        return "The tumour was not segmented in this run."
    volumes = segmentation.volumes_ml
    if not volumes.get("WT"):
        return "No tumour was found: whole tumour 0.0 ml."
    largest = diameters_mm(content.features, "WT")[0]
    diameter = (
        f"; largest diameter {millimetres(largest)}{across_words(content.parts_ml)}" if is_number(largest) else ""
    )
    return f"Whole tumour {millilitres(volumes['WT'])}, enhancing {volume_words(segmentation, 'ET')}{diameter}."


def _grade_sentence(result: CaseResult) -> str:
    said = {name: probability(g.probability_hgg) for name, g in result.grading.items() if is_number(g.probability_hgg)}
    absent = [_unsaid(name, grade) for name, grade in result.grading.items() if name not in said]
    if len(result.grading) == 1 and said:
        return f"Probability of {GRADE}: {next(iter(said.values()))}."
    by = ", ".join(f"{words(name)} {shown}" for name, shown in said.items())
    present = [f"Probability of {GRADE} by {by}."] if said else []
    return " ".join(present + absent) or "No grade was predicted."


def _unsaid(name: str, grade: GradingResult) -> str:
    return f"Grade by {words(name)}: not predicted ({(grade.reason or 'no reason given').rstrip('.')})."


def _grades_table(result: CaseResult) -> Markup:
    rows = [
        (headline(name), probability(grade.probability_hgg), trust_badge(grade.trust.flag), auc_words(grade.evidence))
        for name, grade in result.grading.items()
    ]
    return table(("Grade by", f"Probability of {GRADE}", "Trust", "Measured"), rows, caption=_GRADES, numeric=(1,))


def _outline_sentence(content: Content) -> str | None:
    if content.result.segmentation is None or not content.result.segmentation.volumes_ml.get("WT"):
        return None
    if outline_is_automatic(content.result):
        return "The outline is automatic: check it in the pictures first, all figures rest on it."
    corrected = content.result.outline_source == "corrected"
    return f"The outline is {CORRECTED}." if corrected else "The outline was given with the case."


def _tiles(content: Content) -> list[Markup]:
    result = content.result
    tiles = [*_volume_tiles(content), *_diameter_tile(content)]
    if len(result.grading) == 1:
        tiles += _grade_tiles(result, next(iter(result.grading.values())))
    return [*tiles, *_check_tile(result)]


def _check_tile(result: CaseResult) -> list[Markup]:
    worst = gravest(result.passport)
    if worst is None:
        return []
    left = sum(finding.outcome == NOT_CHECKED for finding in result.passport)
    told = [worst.code.replace("-", " ")] if worst.outcome in ("refused", "warning") else []
    told += [f"{left} not checked"] if left and worst.outcome != NOT_CHECKED else []
    return [_tile("Input check", outcome_badge(worst.outcome), "; ".join(told) or None)]


def _grade_tiles(result: CaseResult, grade: GradingResult) -> list[Markup]:
    return [
        _tile(f"Probability of {GRADE}", probability(grade.probability_hgg), auc_words(grade.evidence)),
        _tile("Trust in the grade", trust_badge(grade.trust.flag), outline_note(result, grade)),
    ]


def _volume_tiles(content: Content) -> list[Markup]:
    segmentation = content.result.segmentation
    if segmentation is None:
        return []
    tiles = []
    for region, name in _REGIONS.items():
        if region in segmentation.volumes_ml:
            dice = dice_words(segmentation.evidence, region)
            evidence = segmentation.evidence
            note = f"Dice on {dice_patients(evidence)}: {dice}{patients_count(evidence)}" if dice else None
            tiles.append(_tile(name, volume_words(segmentation, region), note))
    return tiles


def _diameter_tile(content: Content) -> list[Markup]:
    whole, in_slice = diameters_mm(content.features, "WT")
    if not is_number(whole):
        return []
    plane = f"{content.slice_plane} " if content.slice_plane else ""
    note = f"whole tumour{across_words(content.parts_ml)}; within one {plane}slice {millimetres(in_slice)}"
    return [_tile("Largest diameter", millimetres(whole), note)]


def _tile(name: str, value: object, note: str | None = None) -> Markup:
    small = tag("span", note, class_="measured") if note else None
    return tag("div", tag("span", name, class_="name"), tag("span", value, class_="value"), small, class_="tile")
