"""One self-contained HTML page from a result: nothing to load, nothing to run, nothing that names the patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.core.results import CaseResult, FeatureRow
from GliomaRadiomicsLib.core.version import VERSION
from GliomaRadiomicsLib.reports.anonymous import hide_file_names, without_file_names
from GliomaRadiomicsLib.reports.atomic import write_text_atomically
from GliomaRadiomicsLib.reports.figures import chosen_heatmaps, draw_axial, draw_heatmaps, draw_planes
from GliomaRadiomicsLib.reports.identity import identity_line, time_of_run
from GliomaRadiomicsLib.reports.images import BrainView, ReportImages
from GliomaRadiomicsLib.reports.markup import Markup, join, tag
from GliomaRadiomicsLib.reports.parts import parts_ml
from GliomaRadiomicsLib.reports.preparation_pictures import draw_preparation
from GliomaRadiomicsLib.reports.sections import SECTIONS, Content
from GliomaRadiomicsLib.reports.sections.overview import sequence_chips
from GliomaRadiomicsLib.reports.wording import NOTICE

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def write_report(
    result: CaseResult,
    images: ReportImages | None,
    path: str | Path,
    *,
    features: Sequence[FeatureRow] = (),
    provenance: Mapping[str, Any] | None = None,
) -> None:
    """Write the report of one case.

    Args:
        result: The result; file names in it are not shown.
        images: Images on one grid for the pictures, or None for a report without pictures.
        path: Where to write; complete or not at all.
        features: Feature rows, as in `features.csv`.
        provenance: What `provenance.json` holds; of it, ``weights_sha256`` (by system and file) is shown.

    Raises:
        OSError: If the file cannot be written.
    """
    write_text_atomically(path, render_report(result, images, features=features, provenance=provenance))


def render_report(
    result: CaseResult,
    images: ReportImages | None,
    *,
    features: Sequence[FeatureRow] = (),
    provenance: Mapping[str, Any] | None = None,
) -> str:
    """The report as text; see `write_report`."""
    content = replace(_content(result, images, features), weights=dict((provenance or {}).get("weights_sha256", {})))
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"Glioma radiomics report {time_of_run(content.result)}".strip()),
        tag("style", Markup(_style() + _page_foot(content.result))),
    )
    body = tag("body", _notice(), _header(content), _contents(), tag("main", *_sections(content)), _footer())
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"


def _content(result: CaseResult, images: ReportImages | None, features: Sequence[FeatureRow]) -> Content:
    result = without_file_names(result)
    features = [replace(row, reason=hide_file_names(row.reason)) if row.reason else row for row in features]
    if images is None:
        return Content(result, features=features)
    view = BrainView.of(images)
    overview = [draw_planes(view), *draw_axial(view)]
    drawn = chosen_heatmaps(list(images.heatmaps))
    left_out = [name for name in images.heatmaps if name not in drawn]
    prepared = draw_preparation(images, result.preparation)
    return Content(
        result,
        overview,
        draw_heatmaps(view),
        left_out,
        features,
        view.stored_slices,
        preparation=prepared,
        parts_ml=parts_ml(images.label_map) if images.label_map is not None else (),
    )


def _style() -> str:
    return resources.files("GliomaRadiomicsLib.reports").joinpath("assets/report.css").read_text(encoding="utf-8")


def _page_foot(result: CaseResult) -> str:
    """What stands at the foot of every printed page; letters, digits and punctuation only."""
    text = f"Research use only. Not a medical device. R{identity_line(result)[1:]}."
    return f'@media print {{ @page {{ @bottom-left {{ content: "{text}"; }} }} }}\n'


def _notice() -> Markup:
    return tag("div", NOTICE, class_="notice", role="note")


def _header(content: Content) -> Markup:
    title = tag("h1", "Glioma radiomics report")
    version = tag("p", f"GliomaRadiomics {VERSION}, {identity_line(content.result)}", class_="muted")
    return tag("header", title, version, sequence_chips(content))


def _contents() -> Markup:
    links = (tag("li", tag("a", section.title, href=f"#{section.anchor}")) for section in SECTIONS)
    return tag("nav", tag("ul", *links), aria_label="Contents")


def _sections(content: Content) -> list[Markup]:
    return [
        tag("section", tag("h2", section.title, id=f"{section.anchor}-title"), section.write(content),
            id=section.anchor, aria_labelledby=f"{section.anchor}-title")
        for section in SECTIONS
    ]  # fmt: skip


def _footer() -> Markup:
    return tag("footer", join([NOTICE, " Compare every figure here with the images themselves."]))
