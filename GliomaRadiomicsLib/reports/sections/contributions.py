"""What moved a prediction, as a table with bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from GliomaRadiomicsLib.reports.markup import DASH, Markup, amount, is_number, number, table, tag

MAX_CONTRIBUTIONS = 12


def contributions_table(
    contributions: Sequence[dict[str, Any]], towards: str, scale: str = "Log-odds"
) -> Markup | None:
    """The strongest contributions, or None where there is none.

    Args:
        contributions: [{name, value, unit, contribution}]; ``relative_to``, where it stands, says from what.
        towards: What bars to the left and to the right speak for.
        scale: What the contributions are measured in.
    """
    usable = [item for item in contributions if is_number(item.get("contribution"))]
    if not usable:
        return None
    left_out = len(usable) - MAX_CONTRIBUTIONS
    usable = sorted(usable, key=lambda item: -abs(item["contribution"]))[:MAX_CONTRIBUTIONS]
    largest = max(abs(item["contribution"]) for item in usable) or 1.0
    rows = [_row(item, largest) for item in usable]
    more = f" ({left_out} weaker ones left out)" if left_out > 0 else ""
    caption = f"What moved this prediction{_relative(usable)}, strongest first{more}"
    return table(("Measured", "Value", towards, scale), rows, caption=caption, numeric=(1, 3), class_="bars")


def _relative(items: Sequence[dict[str, Any]]) -> str:
    """What all of them are measured from, where they say so."""
    origins = {str(item.get("relative_to") or "") for item in items}
    return f" relative to {origins.pop()}" if len(origins) == 1 and "" not in origins else ""


def _row(item: dict[str, Any], largest: float) -> tuple[str, str, Markup, str]:
    contribution = float(item["contribution"])
    width = 50 * abs(contribution) / largest
    side, start = ("up", 50.0) if contribution >= 0 else ("down", 50.0 - width)
    bar = tag("span", class_=f"bar {side}", style=f"left:{start:.1f}%;width:{width:.1f}%")
    value = amount(readable_value(item.get("value")), item.get("unit") or "")
    track = tag("div", bar, class_="track", aria_hidden="true")
    return str(item.get("name", DASH)), value, track, f"{contribution:+.2f}".replace("-", "−")


def readable_value(value: Any) -> str:
    """A measured value: a number, or the word it is."""
    return value if isinstance(value, str) else number(value)
