"""Small drawings of a label's outline, in the colour and line style of the pictures."""

from __future__ import annotations

from GliomaRadiomicsLib.core.labels import LABELS
from GliomaRadiomicsLib.reports.drawing import OUTLINES
from GliomaRadiomicsLib.reports.markup import Markup, tag

_WIDTH, _HEIGHT = 30, 18
_DASHES = {"--": "6 3", ":": "1.5 2.5", "-": None}


def swatch(key: str) -> Markup:
    """Inline drawing of label ``key``; says nothing to screen readers, its name stands beside it."""
    red, green, blue = (round(255 * part) for part in next(label.colour for label in LABELS if label.key == key))
    colour = f"rgb({red},{green},{blue})"
    ground = tag("rect", width=_WIDTH, height=_HEIGHT, fill="#303030")
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
    return tag("svg", ground, edge, width=_WIDTH, height=_HEIGHT, aria_hidden="true")
