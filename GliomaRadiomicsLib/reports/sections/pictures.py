"""Pictures of the tumour and heat maps, with their legends."""

from __future__ import annotations

import base64

from GliomaRadiomicsLib.core.labels import LABELS
from GliomaRadiomicsLib.reports.figures import Picture
from GliomaRadiomicsLib.reports.markup import Markup, headline, join, paragraph, tag
from GliomaRadiomicsLib.reports.sections.content import Content
from GliomaRadiomicsLib.reports.sections.swatch import swatch

HEATMAP_WORDS = {
    "gradcam": "Grad-CAM: the coarse region whose features raised this prediction most.",
    "guided": "Guided backpropagation: the voxels to which the prediction reacts; fine, but noisy.",
    "occlusion": "Occlusion: how far the prediction falls when this place is covered.",
    "responsible": "Responsible region: where the segmentation changes when a phenotype is taken out.",
    "uncertainty": "Uncertainty: where the model was undecided about the label (in bits; 0 is certain, 1 undecided).",
    "entropy": "Uncertainty: where the model was undecided about the label (in bits; 0 is certain, 1 undecided).",
}
"""What a heat map shows, by a word in its name."""


def write_pictures(content: Content) -> Markup:
    """Overview pictures with the legend of the labels."""
    if not content.overview:
        return paragraph("No pictures in this run.", class_="absent")
    return join([paragraph(_INTRO), _legend(), *(figure(picture) for picture in content.overview)])


_INTRO = (
    "Radiological orientation: the patient's right (R) is on the left of the picture. Positions are millimetres from "
    "the image's origin towards right/left (R/L), anterior/posterior (A/P) and superior/inferior (S/I)."
)


def figure(picture: Picture) -> Markup:
    """A picture embedded in the page."""
    source = "data:image/png;base64," + base64.b64encode(picture.png).decode("ascii")
    return tag("figure", tag("img", src=source, alt=picture.alt), tag("figcaption", picture.caption))


def _legend() -> Markup:
    items = [tag("li", swatch(label.key), " ", f"{label.name} ({label.key.replace('_', '/')})") for label in LABELS]
    return tag("ul", *items, class_="legend", aria_label="Legend of the labels")


def write_heatmaps(content: Content) -> Markup:
    """Heat maps with what they show and what they do not show."""
    if not content.heatmaps:
        return paragraph("No heat maps in this run.", class_="absent")
    parts = [paragraph(_WARNING)]
    for name, picture in content.heatmaps.items():
        parts += [tag("h3", headline(name.replace("-", "/", 1))), paragraph(_explanation(name)), figure(picture)]
    if content.heatmaps_left_out:
        parts.append(paragraph(f"Not drawn, but in the output folder: {', '.join(content.heatmaps_left_out)}."))
    return join(parts)


_WARNING = (
    "A heat map shows what a model reacted to. It does not outline tumour, and a plausible map does not make a "
    "prediction right. A map that lies outside the tumour is a reason to distrust the prediction."
)


def _explanation(name: str) -> str:
    known = (text for word, text in HEATMAP_WORDS.items() if word in name.lower().replace("-", "").replace("_", ""))
    return next(known, "Values as its method computed them; see the method's description.")
