"""Pictures of the tumour and heat maps, with their legends."""

from __future__ import annotations

import base64

from GliomaRadiomicsLib.core.labels import LABELS
from GliomaRadiomicsLib.reports.figures import Picture
from GliomaRadiomicsLib.reports.heatmap_kinds import kind_of
from GliomaRadiomicsLib.reports.heatmap_words import faithfulness_words
from GliomaRadiomicsLib.reports.markup import Markup, headline, join, paragraph, tag
from GliomaRadiomicsLib.reports.sections.content import Content
from GliomaRadiomicsLib.reports.sections.swatch import swatch


def write_pictures(content: Content) -> Markup:
    """Overview pictures with the legend of the labels."""
    if not content.overview:
        return paragraph("No pictures in this run.", class_="absent")
    return join([paragraph(_INTRO), _legend(), *(figure(picture) for picture in content.overview)])


_INTRO = (
    "Radiological orientation: the patient's right (R) is on the left of the picture. Slices are counted from 1 in the "
    "order in which they are stored. The outlines are those of the labels; the images are not filled."
)


def figure(picture: Picture) -> Markup:
    """A picture embedded in the page."""
    source = "data:image/png;base64," + base64.b64encode(picture.png).decode("ascii")
    return tag("figure", tag("img", src=source, alt=picture.alt), tag("figcaption", picture.caption))


def _legend() -> Markup:
    items = [
        tag("li", swatch(label.key), " ", f"{label.name} ({label.key.replace('_', '/')}, label {label.value})")
        for label in LABELS
    ]
    return tag("ul", *items, class_="legend", aria_label="Legend of the labels")


def write_heatmaps(content: Content) -> Markup:
    """Heat maps with what they show and what they do not show."""
    if not content.heatmaps:
        return paragraph("No heat maps in this run.", class_="absent")
    parts = [paragraph(_WARNING)]
    for name, picture in content.heatmaps.items():
        title = tag("h3", headline(name.replace("-", "/", 1)))
        told = faithfulness_words(name, content.result.faithfulness.get(name, []))
        parts.append(
            tag("div", title, paragraph(kind_of(name).explanation), figure(picture), _tested(told), class_="whole")
        )
    if content.heatmaps_left_out:
        parts.append(paragraph(f"Not drawn, but in the output folder: {', '.join(content.heatmaps_left_out)}."))
    return join(parts)


def _tested(told: list[str]) -> Markup | None:
    if len(told) < 2:  # noqa: PLR2004 - one sentence alone says that nothing was measured
        return paragraph(told[0]) if told else None
    return tag("div", paragraph(_TESTED), tag("ul", *(tag("li", one) for one in told)))


_TESTED = "How faithful this kind of map is, measured for this model on patients held out from learning the outcome:"
_WARNING = (
    "A heat map shows what a model reacted to. It does not outline tumour, and a plausible map does not make a "
    "prediction right. A map that lies outside the tumour is a reason to distrust the prediction."
)
