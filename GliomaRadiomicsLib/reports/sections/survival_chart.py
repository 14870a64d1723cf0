"""The survival curves as one inline SVG drawing; nothing to load, in the page's own colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from GliomaRadiomicsLib.reports.markup import Markup, join, tag

_WIDTH, _HEIGHT = 640.0, 330.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 48.0, 90.0, 12.0, 40.0
_YEAR = 365.25
_STYLES = ("stroke:var(--down);stroke-dasharray:7 3", "stroke:var(--up);stroke-dasharray:2 3")
"""Line of the low and of the high risk group; told apart by their dashes and labels too."""


def survival_chart(data: dict[str, Any]) -> Markup | None:
    """Drawing of the patient's curve on the training cohort's, or None where there is no curve."""
    curve = data.get("curve")
    if not isinstance(curve, dict) or len(curve.get("days") or []) < 2:  # noqa: PLR2004 - a line needs two points
        return None
    groups = (data.get("kaplan_meier") or {}).get("curves") or []
    longest = max(curve["days"][-1], *(group["days"][-1] for group in groups)) if groups else curve["days"][-1]
    parts = [_axes(longest), _band(curve, longest)]
    parts += [_group(group, style, longest) for group, style in zip(groups, _STYLES, strict=False)]
    parts.append(_line(curve["days"], curve["probability"], longest, "stroke:var(--ink);stroke-width:3"))
    return tag(
        "svg", *parts, viewBox=f"0 0 {_WIDTH:g} {_HEIGHT:g}", role="img", style="width:100%;max-width:44rem",
        aria_label="Survival over time: this patient's prediction and the curves of the training cohort",
    )  # fmt: skip


def _axes(longest: float) -> Markup:
    parts = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = _y(share)
        parts.append(
            tag("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=f"{y:.1f}", y2=f"{y:.1f}", style="stroke:var(--line)")
        )
        parts.append(_text(_LEFT - 6, y + 4, f"{share:.0%}".replace("%", " %"), "end"))
    for year in range(int(longest / _YEAR) + 1):
        parts.append(_text(_x(year * _YEAR, longest), _HEIGHT - _BOTTOM + 18, str(year), "middle"))
    parts.append(_text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 4, "Years", "middle"))
    return join(parts)


def _group(group: dict[str, Any], style: str, longest: float) -> Markup:
    end = _y(group["survival"][-1])
    label = _text(_x(group["days"][-1], longest) + 5, end + 4, str(group["label"]), "start")
    return join([_line(group["days"], group["survival"], longest, f"{style};stroke-width:1.6"), label])


def _band(curve: dict[str, Any], longest: float) -> Markup | None:
    lower, upper = curve.get("lower"), curve.get("upper")
    if not lower or not upper:
        return None
    known = [i for i, pair in enumerate(zip(lower, upper, strict=True)) if None not in pair]
    there = [(curve["days"][i], upper[i]) for i in known]
    back = [(curve["days"][i], lower[i]) for i in reversed(known)]
    points = " ".join(f"{_x(day, longest):.1f},{_y(share):.1f}" for day, share in [*there, *back])
    return tag("polygon", points=points, style="fill:var(--soft);opacity:.22;stroke:none")


def _line(days: Sequence[float], shares: Sequence[float | None], longest: float, style: str) -> Markup:
    pairs = zip(days, shares, strict=True)
    points = " ".join(f"{_x(day, longest):.1f},{_y(share):.1f}" for day, share in pairs if share is not None)
    return tag("polyline", points=points, style=f"fill:none;{style}")


def _text(x: float, y: float, text: str, anchor: str) -> Markup:
    style = f"fill:var(--soft);font-size:12px;text-anchor:{anchor}"
    return tag("text", text, x=f"{x:.1f}", y=f"{y:.1f}", style=style)


def _x(day: float, longest: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * day / longest


def _y(share: float) -> float:
    return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - share)
