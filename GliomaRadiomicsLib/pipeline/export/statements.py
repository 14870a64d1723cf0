"""What the systems found, as coded statements for a structured report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from GliomaRadiomicsLib.core.results import Evidence, GradingResult
from GliomaRadiomicsLib.pipeline.export.made_by import SCHEME
from GliomaRadiomicsLib.pipeline.export.outcome import Outcome
from GliomaRadiomicsLib.reports.markup import headline, is_number, words
from GliomaRadiomicsLib.reports.measured import auc_words, evidence_words, interval_words
from GliomaRadiomicsLib.reports.wording import LABEL_WORDS, NOT_REACHED, TRUST_WORDS, outline_note, why_absent

Code = tuple[str, str, str]
"""Scheme, value and meaning."""

DAYS: Code = ("UCUM", "d", "day")
RATIO: Code = ("UCUM", "1", "no units")
_DIGITS = 4
_GRADE_4 = (SCHEME, "P_GRADE_4", "Probability of WHO grade 4 against 2 and 3")
_MARKERS = {
    "idh": ("IDH mutation", "Probability of an IDH mutation"),
    "mgmt": ("MGMT promoter methylation", "Probability of MGMT promoter methylation"),
}


@dataclass(frozen=True)
class Statement:
    """What one system says.

    Attributes:
        key: Of the system.
        finding: What it is about.
        model: Name and version.
        numbers: Quantity, value and unit of each figure.
        answers: Question and answer in words, each a code.
        comments: Sentences: why the trust is what it is, what the figure rests on.
    """

    key: str
    finding: Code
    model: str
    numbers: list[tuple[Code, float, Code]] = field(default_factory=list)
    answers: list[tuple[Code, Code]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


def statements(outcome: Outcome) -> list[Statement]:
    """Of every system that did not abstain: grading, IDH, MGMT, other markers, survival."""
    result = outcome.result
    found = [
        _grade(outcome, system, grade) for system, grade in result.grading.items() if is_number(grade.probability_hgg)
    ]
    markers = {"idh": result.idh, "mgmt": result.mgmt, **result.molecular}
    found += [_marker(outcome, key, data) for key, data in markers.items() if why_absent(data) is None]
    if why_absent(result.survival) is None:
        found.append(_survival(outcome, result.survival))
    return found


def own_code(text: str) -> Code:
    """A code of this product for a text: at most 16 letters, digits and underscores, made of its own."""
    plain = "".join(letter if letter.isalnum() else "_" for letter in text.upper())
    return SCHEME, plain[:16].strip("_") or "OTHER", text[:64]


def _grade(outcome: Outcome, system: str, grade: GradingResult) -> Statement:
    answers = [_trust(grade.trust.flag)]
    if grade.label in LABEL_WORDS:
        answers.insert(0, ((SCHEME, "WHO_GRADE", "WHO grade"), own_code(f"WHO {LABEL_WORDS[grade.label]}")))
    comments = [*grade.trust.reasons, grade.reason, _rests_on(grade.evidence), outline_note(outcome.result, grade)]
    return Statement(
        key=system,
        finding=(SCHEME, "GRADING", "WHO grade of a glioma"),
        model=outcome.models.get(system, words(system)),
        numbers=[(_GRADE_4, _share(grade.probability_hgg or 0.0), RATIO)],
        answers=answers,
        comments=[text for text in comments if text],
    )


def _marker(outcome: Outcome, key: str, data: Mapping[str, Any]) -> Statement:
    title, question = _MARKERS.get(key, (headline(key), f"Probability of {words(key)}"))
    figures = [value for name, value in data.items() if name.startswith("probability") and is_number(value)]
    label = data.get("label")
    return Statement(
        key=key,
        finding=own_code(title),
        model=outcome.models.get(key, words(key)),
        numbers=[((SCHEME, f"P_{key.upper()}"[:16], question[:64]), _share(value), RATIO) for value in figures[:1]],
        answers=[*([(own_code(title), own_code(str(label)))] if label else []), *_trusts(data)],
        comments=list(_comments(data)),
    )


def _survival(outcome: Outcome, data: Mapping[str, Any]) -> Statement:
    numbers = [
        (
            (SCHEME, f"P_ALIVE_{key.upper()}"[:16], f"Probability of being alive after {_years(key)}"),
            _share(value),
            RATIO,
        )
        for key, value in (data.get("probability") or {}).items()
        if is_number(value)
    ]
    if is_number(data.get("median_days")):
        numbers.append(((SCHEME, "MEDIAN_SURVIVAL", "Median survival"), float(data["median_days"]), DAYS))
    group = data.get("risk_group")
    risk = (SCHEME, "RISK_GROUP", "Risk against the training cohort's median")
    return Statement(
        key="survival",
        finding=(SCHEME, "SURVIVAL", "Overall survival"),
        model=str(data.get("model") or outcome.models.get("survival", "survival")),
        numbers=numbers,
        answers=[*([(risk, own_code(f"{group} risk"))] if group else []), *_trusts(data)],
        comments=[*_intervals(data), *_comments(data)],
    )


def _intervals(data: Mapping[str, Any]) -> Iterator[str]:
    """95 % limits of the figures of survival, as sentences; a limit beyond the follow-up is said to be."""
    limits = data.get("probability_ci") or {}
    for key, value in (data.get("probability") or {}).items():
        if is_number(value) and all(map(is_number, limits.get(key) or [None])):
            yield f"Alive after {_years(key)}: {value:.2f} (95 % interval {interval_words(limits[key])})."
    bounds = data.get("ci") or []
    if is_number(data.get("median_days")) and any(map(is_number, bounds)):
        low, high = (f"{value:.0f}" if is_number(value) else NOT_REACHED for value in bounds)
        yield f"Median survival: {data['median_days']:.0f} days (95 % interval {low} to {high})."


def _share(value: float) -> float:
    """A probability with the digits that make sense."""
    return round(float(value), _DIGITS)


def _years(key: str) -> str:
    count = key.removesuffix("y")
    return f"{count} year{'' if count == '1' else 's'}"


def _trust(flag: str) -> tuple[Code, Code]:
    value = (SCHEME, f"TRUST_{flag.upper()}", TRUST_WORDS[flag][1])
    return (SCHEME, "TRUST", "Trust in the prediction"), value


def _trusts(data: Mapping[str, Any]) -> list[tuple[Code, Code]]:
    flag = (data.get("trust") or {}).get("flag")
    return [_trust(flag)] if flag in TRUST_WORDS else []


def _comments(data: Mapping[str, Any]) -> Iterator[str]:
    yield from (data.get("trust") or {}).get("reasons") or []
    evidence = data.get("evidence")
    if isinstance(evidence, Mapping) and evidence:
        yield f"Rests on: {evidence_words(evidence).rstrip('.')}."


def _rests_on(evidence: Evidence) -> str:
    note = f" {evidence.note}" if evidence.note else ""
    return f"Rests on: {evidence.cohort}; {evidence.validation}; {auc_words(evidence)}.{note}"
