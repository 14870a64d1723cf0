"""Grade by every grading system: each with its evidence, or with the reason why there is none."""

from __future__ import annotations

from GliomaRadiomicsLib.core.results import CaseResult, GradingResult
from GliomaRadiomicsLib.reports.markup import (
    Markup,
    facts,
    headline,
    is_number,
    join,
    paragraph,
    probability,
    tag,
)
from GliomaRadiomicsLib.reports.measured import GRADE, auc_words
from GliomaRadiomicsLib.reports.sections.content import Content
from GliomaRadiomicsLib.reports.sections.contributions import contributions_table
from GliomaRadiomicsLib.reports.sections.trust import trust_badge
from GliomaRadiomicsLib.reports.wording import AGREEMENT_RULE, LABEL_WORDS, agreement_words, energy_words, outline_note

TOWARDS = "Towards 2 and 3 ◂ ▸ towards 4"


def write_grading(content: Content) -> Markup:
    """One block for each grading system."""
    if not content.result.grading:
        return paragraph("Not available: no grade was predicted in this run.", class_="absent")
    together = agreement_words(content.result)
    first = paragraph(f"{together} {AGREEMENT_RULE}", class_="note") if together else None
    return join([first, *(_grade(content.result, name, grade) for name, grade in content.result.grading.items())])


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
            (f"Probability of WHO {GRADE}", probability(grade.probability_hgg)),
            ("Measured", f"{auc_words(grade.evidence)}; on whom and how stands under Evidence behind the models"),
        ]
    )
    return tag(
        "div",
        title,
        predicted,
        _trust(result, grade),
        contributions_table(grade.contributions, TOWARDS),
        class_="system",
    )


def _trust(result: CaseResult, grade: GradingResult) -> Markup:
    trust = grade.trust
    head = tag("p", "Trust: ", trust_badge(grade.trust.flag), " ", outline_note(result, grade))
    energy = energy_words(trust)
    return tag("div", head, _reasons(grade), paragraph(energy) if energy else None, class_=f"trust {trust.flag}")


def _reasons(grade: GradingResult) -> Markup | None:
    return tag("ul", *(tag("li", reason) for reason in grade.trust.reasons)) if grade.trust.reasons else None
