"""Grade, molecular markers and survival: each with its evidence, or with the reason why there is none."""

from __future__ import annotations

from typing import Any

from GliomaRadiomicsLib.core.results import CaseResult, GradingResult
from GliomaRadiomicsLib.reports.markup import (
    DASH,
    Markup,
    facts,
    flattened,
    headline,
    is_number,
    join,
    number,
    paragraph,
    probability,
    table,
    tag,
)
from GliomaRadiomicsLib.reports.sections.content import Content
from GliomaRadiomicsLib.reports.sections.measured import auc_words
from GliomaRadiomicsLib.reports.sections.trust import outline_note, trust_badge, trust_kind

MAX_CONTRIBUTIONS = 12
LABEL_WORDS = {"HGG": "grade 4", "LGG": "grade 2 or 3"}
"""What readers are shown for the labels of the grading systems."""


def write_grading(content: Content) -> Markup:
    """One block for each grading system."""
    if not content.result.grading:
        return paragraph("Not available: no grade was predicted in this run.", class_="absent")
    return join(_grade(content.result, name, grade) for name, grade in content.result.grading.items())


def _grade(result: CaseResult, name: str, grade: GradingResult) -> Markup:
    title = tag("h3", headline(name))
    if not is_number(grade.probability_hgg):
        reason = (grade.reason or "no reason given").rstrip(".")
        return tag(
            "div", title, paragraph(f"No prediction: {reason}.", class_="absent"), _reasons(grade), class_="system"
        )
    predicted = facts(
        [
            ("More likely", LABEL_WORDS.get(grade.label, grade.label)),
            ("Probability of WHO grade 4 (against 2 and 3)", probability(grade.probability_hgg)),
            ("Measured", f"{auc_words(grade.evidence)}; on whom and how stands under Evidence behind the models"),
        ]
    )
    return tag("div", title, predicted, _trust(result, grade), _contributions(grade), class_="system")


def _trust(result: CaseResult, grade: GradingResult) -> Markup:
    trust = grade.trust
    head = tag("p", "Trust: ", trust_badge(result, grade), " ", outline_note(result, grade))
    energy = None
    if is_number(trust.energy_in_tumour):
        share = f"{100 * float(trust.energy_in_tumour or 0):.0f} %"
        energy = paragraph(f"Share of the explanation that lies inside the tumour: {share}.")
    return tag("div", head, _reasons(grade), energy, class_=f"trust {trust_kind(result, grade)}")


def _reasons(grade: GradingResult) -> Markup | None:
    return tag("ul", *(tag("li", reason) for reason in grade.trust.reasons)) if grade.trust.reasons else None


def _contributions(grade: GradingResult) -> Markup | None:
    usable = [item for item in grade.contributions if is_number(item.get("contribution"))]
    if not usable:
        return None
    usable = sorted(usable, key=lambda item: -abs(item["contribution"]))[:MAX_CONTRIBUTIONS]
    largest = max(abs(item["contribution"]) for item in usable) or 1.0
    rows = [_contribution_row(item, largest) for item in usable]
    columns = ("Measured", "Value", "Towards 2 and 3 ◂ ▸ towards 4", "Log-odds")
    left_out = len(grade.contributions) - len(usable)
    caption = "What moved this prediction, strongest first" + (
        f" ({left_out} weaker ones left out)" if left_out else ""
    )
    return table(columns, rows, caption=caption, numeric=(1, 3), class_="bars")


def _contribution_row(item: dict[str, Any], largest: float) -> tuple[str, str, Markup, str]:
    contribution = float(item["contribution"])
    width = 50 * abs(contribution) / largest
    side, start = ("up", 50.0) if contribution >= 0 else ("down", 50.0 - width)
    bar = tag("span", class_=f"bar {side}", style=f"left:{start:.1f}%;width:{width:.1f}%")
    value = f"{readable_value(item.get('value'))} {item.get('unit') or ''}".strip()
    track = tag("div", bar, class_="track", aria_hidden="true")
    return str(item.get("name", DASH)), value, track, f"{contribution:+.2f}".replace("-", "−")


def readable_value(value: Any) -> str:
    """A measured value: a number, or the word it is."""
    return value if isinstance(value, str) else number(value)


def write_molecular(content: Content) -> Markup:
    """IDH and MGMT."""
    result = content.result
    return join(
        [tag("h3", "IDH mutation"), _prediction(result.idh), tag("h3", "MGMT methylation"), _prediction(result.mgmt)]
    )


def write_survival(content: Content) -> Markup:
    """Survival prediction."""
    return _prediction(content.result.survival)


def _prediction(data: dict[str, Any]) -> Markup:
    if not data:
        return paragraph("Not available in this version, or not asked for in this run.", class_="absent")
    if data.get("status") in _ABSENT:
        reason = str(data.get("reason") or "no reason given").rstrip(".")
        return paragraph(f"{_ABSENT[data['status']]}: {reason}.", class_="absent")
    pairs = [(_LABELS.get(name, headline(name)), value) for name, value in flattened(_without_empty(data))]
    return facts(pairs)


_ABSENT = {"abstained": "Abstained", "unavailable": "Not available", "not available": "Not available"}
_LABELS = {
    "median days": "Median survival (days)",
    "ci": "95 % interval of the median (days)",
    "probability · 1y": "Probability of surviving 1 year",
    "probability · 3y": "Probability of surviving 3 years",
    "probability · 5y": "Probability of surviving 5 years",
}


def _without_empty(data: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if value not in (None, "", [], {})}
