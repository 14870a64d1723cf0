"""Small drawings of a label's colour, line style and hatch, as in the pictures."""

from __future__ import annotations

from GliomaRadiomicsLib.core.labels import LABELS
from GliomaRadiomicsLib.reports.drawing import HATCHES, OUTLINES
from GliomaRadiomicsLib.reports.markup import Markup, tag

_WIDTH, _HEIGHT = 30, 18
_DASHES = {"--": "6 3", ":": "1.5 2.5", "-": None}


def swatch(key: str) -> Markup:
    """Inline drawing of label ``key``; says nothing to screen readers, its name stands beside it."""
    red, green, blue = (round(255 * part) for part in next(label.colour for label in LABELS if label.key == key))
    colour = f"rgb({red},{green},{blue})"
    ground = tag("rect", width=_WIDTH, height=_HEIGHT, fill="#303030")
    area = tag("rect", width=_WIDTH, height=_HEIGHT, fill=colour, fill_opacity=0.3)
    edge = tag(
        "rect",
        x=1.5,
        y=1.5,
        width=_WIDTH - 3,
        height=_HEIGHT - 3,
        fill="none",
        stroke=colour,
        stroke_width=2,
        stroke_dasharray=_DASHES[OUTLINES[key]],
    )
    return tag(
        "svg", ground, area, *_hatch(HATCHES[key], colour), edge, width=_WIDTH, height=_HEIGHT, aria_hidden="true"
    )


def _hatch(hatch: str, colour: str) -> list[Markup]:
    if "/" in hatch:
        return [tag("path", d=f"M{x} {_HEIGHT}L{x + 12} 0", stroke=colour) for x in range(-6, _WIDTH, 6)]
    if "." in hatch:
        return [tag("circle", cx=x, cy=y, r=1, fill=colour) for x in range(6, _WIDTH - 3, 6) for y in (6, 12)]
    return []
