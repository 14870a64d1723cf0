"""The input check in the report: what was not checked does not look like what is fine."""

from __future__ import annotations

import re
from dataclasses import replace

from GliomaRadiomicsLib.core.results import CaseResult, Finding
from GliomaRadiomicsLib.reports.html import render_report
from GliomaRadiomicsLib.reports.images import ReportImages
from GliomaRadiomicsLib.reports.parts import parts_words

FINE = Finding("one-grid", "ok", "all images lie on one grid")
OPEN = Finding("sequence-order-not-checked", "ok", "whether sequences are swapped was not checked")


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_not_checked_has_a_dash_of_its_own(unchanged_result: CaseResult, images: ReportImages) -> None:
    report = render_report(replace(unchanged_result, passport=[FINE, OPEN]), images)
    section = report[report.index('id="passport"') :].split("</section>")[0]
    rows = {code: row for row in section.split("<tr") for code in (FINE.code, OPEN.code) if code in row}
    assert "✓ Fine" in text_of(rows[FINE.code])
    assert 'class="badge ok"' in rows[FINE.code]
    assert "– Not checked" in text_of(rows[OPEN.code])
    assert 'class="badge ok"' not in rows[OPEN.code]
    assert "1 not checked, 1 fine" in text_of(section)
    assert section.index(OPEN.code) < section.index(FINE.code)


def test_the_summary_counts_what_was_not_checked(unchanged_result: CaseResult, images: ReportImages) -> None:
    warning = Finding("missing-sequences", "warning", "missing: T2")
    for findings, expected in (
        ([FINE, OPEN, warning], "Input check ! Warning missing sequences; 1 not checked"),
        ([FINE, OPEN], "Input check – Not checked"),
        ([FINE], "Input check ✓ Fine"),
    ):
        report = render_report(replace(unchanged_result, passport=findings), images)
        assert expected in text_of(report)


def summary_of(result: CaseResult, images: ReportImages | None) -> str:
    report = render_report(result, images)
    return text_of(report[report.index('id="summary"') :].split("</section>")[0])


def test_decisive_warnings_lead_the_summary_in_their_own_words(unchanged_result, images) -> None:
    doubtful = Finding("outline-doubtful", "warning", "the network is unsure of this outline")
    unreliable = Finding("outline-unreliable", "warning", "do not use its volumes")
    passport = [FINE, OPEN, Finding("missing-sequences", "warning", "missing: T2"), doubtful, unreliable]
    summary = summary_of(replace(unchanged_result, passport=passport), images)
    places = [summary.index(text) for text in (unreliable.message, doubtful.message, "Whole tumour ")]
    assert places == sorted(places)
    assert "Input check ! Warning outline unreliable; 1 not checked" in summary
    assert "missing: T2" not in summary


def test_without_decisive_warnings_the_summary_starts_with_the_figures(unchanged_result, images) -> None:
    passport = [FINE, Finding("missing-sequences", "warning", "missing: T2")]
    summary = summary_of(replace(unchanged_result, passport=passport), images)
    assert summary.index("Whole tumour ") < summary.index("! Warning")


def test_a_diameter_across_several_parts_says_so(unchanged_result, images, features) -> None:
    labels = images.label_map.array.copy()
    labels[16:18, 30, 22] = 2
    scattered = replace(images, label_map=images.label_map.with_array(labels))
    report = text_of(render_report(unchanged_result, scattered, features=features))
    assert "largest diameter 52 mm, across both parts." in report
    assert "whole tumour, across both parts; within one axial slice" in report
    whole = 0.027 * (images.label_map.array > 0).sum()
    assert f"The whole tumour is made of 2 separate parts: {whole:.1f} ml, 0.05 ml." in report


def test_one_connected_tumour_is_called_that(unchanged_result, images, features) -> None:
    report = text_of(render_report(unchanged_result, images, features=features))
    assert not re.search("across (both|all [0-9])", report)
    assert "The whole tumour is one connected part." in report


def test_many_parts_are_summed_up() -> None:
    assert parts_words([9.0, 3.0, 2.0, 0.3, 0.2]) == (
        "The whole tumour is made of 5 separate parts: 9.0 ml, 3.0 ml, 2.0 ml and 2 smaller of 0.50 ml together."
    )
