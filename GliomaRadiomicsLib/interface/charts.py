"""Curves as plain data, in colours that colour-blind readers tell apart (Okabe and Ito 2008) and with dashes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from GliomaRadiomicsLib.reports.survival_figures.style import COLOURS

YEAR = 365.25
BLUE, VERMILION, GREEN, PURPLE, ORANGE = COLOURS
BLACK = "#000000"


@dataclass(frozen=True)
class Series:
    """One line of a chart.

    Attributes:
        name: What the legend says.
        x: Places along the axis.
        y: Values; as many as ``x``.
        step: Whether the line is a staircase: a value holds until the next place.
        dashed: Whether the line is dashed, so that it is told apart without colour.
        colour: ``#rrggbb``.
        lower: Lower limit of the band around the line; empty where there is none.
        upper: Upper limit.
        markers: Whether points are drawn instead of a line.
    """

    name: str
    x: list[float]
    y: list[float]
    step: bool = False
    dashed: bool = False
    colour: str = BLACK
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    markers: bool = False


@dataclass(frozen=True)
class Chart:
    """A chart: axis labels hold the units; ``note`` is a line below it."""

    title: str
    x_label: str
    y_label: str
    series: list[Series]
    note: str = ""


def survival_chart(survival: Mapping[str, Any], title: str = "Survival of this patient, as predicted") -> Chart | None:
    """The patient's curve with its interval, on the curves of the training cohort's risk groups; None without a curve.

    Args:
        survival: The part ``survival`` of `result.json`.
        title: Of the chart.
    """
    curve = survival.get("curve")
    if not isinstance(curve, Mapping) or len(curve.get("days") or []) < 2:  # noqa: PLR2004 - a line needs two points
        return None
    groups = (survival.get("kaplan_meier") or {}).get("curves") or []
    styles = ((BLUE, True), (VERMILION, True))
    series = [
        Series(
            f"Training patients, {group['label']} (n = {group['n']})",
            _years(group["days"]),
            _percent(group["survival"]),
            step=True,
            dashed=dashed,
            colour=colour,
        )
        for group, (colour, dashed) in zip(groups, styles, strict=False)
    ]
    return Chart(title, "Time (years)", "Patients alive (%)", [*series, _patient(curve)], _note(groups))


def _patient(curve: Mapping[str, Any]) -> Series:
    """The patient's line as far as it is known, with its band where all its limits are."""
    known = [i for i, share in enumerate(curve["probability"]) if share is not None]
    days = _years([curve["days"][i] for i in known])
    limits = [[(curve.get(side) or [])[i : i + 1] for i in known] for side in ("lower", "upper")]
    complete = all(point and point[0] is not None for side in limits for point in side)
    lower, upper = ([_percent([point[0] for point in side]) for side in limits]) if complete else ([], [])
    values = _percent([curve["probability"][i] for i in known])
    return Series("This patient, with 95 % interval", days, values, step=True, lower=lower, upper=upper)


def _note(groups: Sequence[Mapping[str, Any]]) -> str:
    if not groups:
        return ""
    counted = "; ".join(f"{group['label']}: {group['n']} patients, {group['n_events']} deaths" for group in groups)
    return f"Dashed: Kaplan-Meier curves of the training cohort ({counted})."


def _years(days: Sequence[float]) -> list[float]:
    return [float(day) / YEAR for day in days]


def _percent(shares: Sequence[float]) -> list[float]:
    return [100.0 * float(share) for share in shares]
