"""Survival: what is predicted, with intervals, drawn on the curves of the training cohort."""

from __future__ import annotations

from typing import Any

from GliomaRadiomicsLib.reports.markup import DASH, Markup, facts, is_number, join, number, paragraph, probability
from GliomaRadiomicsLib.reports.sections.content import Content
from GliomaRadiomicsLib.reports.sections.contributions import contributions_table
from GliomaRadiomicsLib.reports.sections.plain import absent, plain_trust
from GliomaRadiomicsLib.reports.sections.survival_chart import survival_chart
from GliomaRadiomicsLib.reports.sections.survival_nomogram import write_nomogram
from GliomaRadiomicsLib.reports.wording import ITEM_WORDS, NOT_REACHED


def write_survival(content: Content) -> Markup:
    """Survival prediction."""
    data = content.result.survival
    missing = absent(data)
    if missing is not None:
        return missing
    moved = data.get("contributions")
    towards = "Towards longer ◂ ▸ towards shorter life"
    return join(
        [
            facts(_facts(data)),
            survival_chart(data),
            _caption(data),
            write_nomogram(data),
            plain_trust(data),
            contributions_table(moved, towards, "Log hazard ratio") if isinstance(moved, list) else None,
        ]
    )


def _facts(data: dict[str, Any]) -> list[tuple[str, str]]:
    pairs = [
        ("Model", str(data.get("model") or DASH)),
        ("Rests on", _named(data.get("inputs_used"))),
        ("Risk group", str(data.get("risk_group") or DASH)),
        ("Hazard ratio against the training cohort's mean", number(data.get("risk"), 2)),
    ]
    chances, limits = data.get("probability") or {}, data.get("probability_ci") or {}
    for year, chance in chances.items():
        words = f"Probability of living {year.rstrip('y')} year{'' if year == '1y' else 's'}"
        pairs.append((words, f"{probability(chance)}{_limits(limits.get(year))}"))
    return [*pairs, ("Median survival (95 % interval)", _median(data))]


def _named(items: Any) -> str:
    return ", ".join(ITEM_WORDS.get(item, str(item)) for item in items) if isinstance(items, list) and items else DASH


def _limits(limits: Any) -> str:
    if not isinstance(limits, list) or not all(is_number(limit) for limit in limits):
        return ""
    return f" (95 % interval {probability(limits[0])} to {probability(limits[1])})"


def _median(data: dict[str, Any]) -> str:
    days, limits = data.get("median_days"), data.get("ci")
    value = f"{number(days, 0)} days" if is_number(days) else NOT_REACHED
    if not isinstance(limits, list | tuple) or not any(is_number(limit) for limit in limits):
        return value
    low, high = (number(limit, 0) if is_number(limit) else "beyond the follow-up" for limit in limits)
    return f"{value} ({low} to {high})"


def _caption(data: dict[str, Any]) -> Markup | None:
    groups = (data.get("kaplan_meier") or {}).get("curves") or []
    if not groups:
        return None
    counted = "; ".join(f"{group['label']}: {group['n']} patients, {group['n_events']} deaths" for group in groups)
    text = (
        f"Thick: this patient's prediction with its 95 % interval. Thin: Kaplan-Meier curves of the training cohort, "
        f"grouped by predictions for patients held out ({counted}). The intervals do not hold what another hospital or "
        "treatment would change."
    )
    return paragraph(text, class_="note")
