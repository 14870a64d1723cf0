"""The input check in the report: what was not checked does not look like what is fine."""

from __future__ import annotations

import re
from dataclasses import replace

from GliomaRadiomicsLib.core.results import CaseResult, Finding
from GliomaRadiomicsLib.reports.html import render_report
from GliomaRadiomicsLib.reports.images import ReportImages

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
        ([FINE, OPEN, warning], "Input check ! Warning 1 not checked"),
        ([FINE, OPEN], "Input check – Not checked"),
        ([FINE], "Input check ✓ Fine"),
    ):
        report = render_report(replace(unchanged_result, passport=findings), images)
        assert expected in text_of(report)
