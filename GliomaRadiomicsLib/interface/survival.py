"""Survival as the tab shows it: risk group, median, probabilities with intervals, the curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from GliomaRadiomicsLib.core.results import CaseResult
from GliomaRadiomicsLib.interface.charts import Chart, survival_chart
from GliomaRadiomicsLib.interface.words import evidence_lines, sentence
from GliomaRadiomicsLib.reports.markup import is_number, number
from GliomaRadiomicsLib.reports.markup import probability as probability_words
from GliomaRadiomicsLib.reports.wording import ITEM_WORDS, NOT_REACHED, TRUST_WORDS, why_absent

_MONTH = 30.4375


@dataclass(frozen=True)
class YearRow:
    """Probability of living some years: key ``1y``, words, value 0 to 1, text with interval."""

    key: str
    label: str
    probability: float | None
    text: str


@dataclass(frozen=True)
class SurvivalView:
    """What the tab shows.

    Attributes:
        abstained_reason: Why nothing is said, as a sentence; empty where there is a prediction. Then all else is empty.
        model: Name and version.
        rests_on: What the model saw, in words.
        missing: What would have been used had it been known.
        risk_group: ``low`` or ``high``, against the median risk of the training cohort.
        hazard_ratio: Against the training cohort's mean, in words.
        median: In months with days and interval, or that it is not reached.
        years: Probabilities.
        chart: The patient's curve on the training cohort's; None without one.
        trust_text: Sign and word.
        trust: ``ok``, ``caution``, ``no`` or empty.
        reasons: Why.
        evidence: What the prediction rests on, one line each.
    """

    abstained_reason: str = ""
    model: str = ""
    rests_on: str = ""
    missing: str = ""
    risk_group: str = ""
    hazard_ratio: str = ""
    median: str = ""
    years: list[YearRow] = field(default_factory=list)
    chart: Chart | None = None
    trust: str = ""
    trust_text: str = ""
    reasons: list[str] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)


def survival_view(result: CaseResult) -> SurvivalView | None:
    """What to show, or None where survival was not asked for."""
    data = result.survival
    if not data:
        return None
    reason = why_absent(data)
    if reason is not None:
        return SurvivalView(abstained_reason=reason, evidence=evidence_lines(data.get("evidence")))
    trust = data.get("trust") or {}
    flag = trust["flag"] if trust.get("flag") in TRUST_WORDS else ""
    return SurvivalView(
        model=str(data.get("model") or ""),
        rests_on=_named(data.get("inputs_used")),
        missing=_named(data.get("inputs_missing")),
        risk_group=str(data.get("risk_group") or ""),
        hazard_ratio=f"{number(data.get('risk'), 2)} against the training cohort's mean" if data.get("risk") else "",
        median=_median(data),
        years=year_rows(data.get("probability") or {}, data.get("probability_ci") or {}),
        chart=survival_chart(data),
        trust=flag,
        trust_text=" ".join(TRUST_WORDS[flag]) if flag else "",
        reasons=[sentence(reason) for reason in trust.get("reasons") or []],
        evidence=evidence_lines(data.get("evidence")),
    )


def year_rows(
    probabilities: Mapping[str, float | None], intervals: Mapping[str, Sequence[float | None] | None]
) -> list[YearRow]:
    """Probability of living each of the years, with its interval where there is one."""
    rows = []
    for key, value in probabilities.items():
        years = key.removesuffix("y")
        label = f"Alive after {years} year{'' if years == '1' else 's'}"
        limits = intervals.get(key)
        known = limits is not None and all(is_number(limit) for limit in limits)
        interval = f" (95 % interval {probability_words(limits[0])} to {probability_words(limits[1])})" if known else ""  # type: ignore[index]
        text = f"{probability_words(value)}{interval}" if is_number(value) else "beyond the follow-up of the model"
        rows.append(YearRow(key, label, value, text))
    return rows


def _named(items: Any) -> str:
    return ", ".join(ITEM_WORDS.get(item, str(item)) for item in items) if isinstance(items, list) else ""


def _median(data: Mapping[str, Any]) -> str:
    days, limits = data.get("median_days"), data.get("ci")
    value = f"{_months(days)} months ({number(days, 0)} days)" if is_number(days) else NOT_REACHED
    if not isinstance(limits, list | tuple) or not any(is_number(limit) for limit in limits):
        return value
    low, high = (_months(limit) if is_number(limit) else "beyond the follow-up" for limit in limits)
    unit = " months" if is_number(limits[1]) else ""
    return f"{value}, 95 % interval {low} to {high}{unit}"


def _months(days: Any) -> str:
    return number(float(days) / _MONTH, 1)
