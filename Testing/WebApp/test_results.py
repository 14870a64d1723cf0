"""The tabs of a result, in a browser."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from support.web_app import AppServer, Page

from GliomaRadiomicsLib.core.results import CaseResult
from GliomaRadiomicsLib.interface.grade import grade_columns
from GliomaRadiomicsLib.interface.nomogram import InteractiveNomogram
from GliomaRadiomicsLib.interface.summary import NOTICE

TABS = ("tumour", "grade", "molecular", "survival", "features", "report")


@pytest.fixture(scope="module")
def result(result_folder: Path) -> CaseResult:
    return CaseResult.from_dict(json.loads((result_folder / "result.json").read_text()))


def test_every_tab_shows_the_notice_light_and_dark(page_with_result: Page) -> None:
    page = page_with_result
    for dark in (True, False):
        page.set_state("dark", dark)
        for tab in TABS:
            page.set_state("result_tab", tab)
            page.one(f"#body-{tab}")
            assert NOTICE in page.one("#notice").text
            time.sleep(0.5)
            page.picture(f"results-{tab}-{'dark' if dark else 'light'}")
    page.set_state("dark", True)


def test_the_grade_is_read(page_with_result: Page, result: CaseResult) -> None:
    page = page_with_result
    page.click("#tab-grade")
    for column in grade_columns(result):
        shown = page.one(f"#grade-{column.system}").text
        assert column.title in shown
        assert (column.abstained_reason or column.probability_text) in shown


def test_switching_the_heat_map_changes_the_slices_and_says_how_faithful_it_is(page_with_result: Page) -> None:
    page = page_with_result
    page.click("#tab-grade")
    plain = page.still_pictures()
    keys = [item["value"] for item in page.state("heatmap_items") if item["value"]]
    assert len(keys) == 2
    seen = [plain]
    for key in keys:
        page.set_state("heatmap", key)
        page.until(lambda: page.view_pictures()[0] != seen[-1][0], f"heat map {key}")
        time.sleep(1)
        seen.append(page.view_pictures())
        assert "faithful" in page.text("#heatmap-box")
    page.picture("heat-map")
    page.set_state("opacity", 10)
    page.until(lambda: page.view_pictures()[0] != seen[-1][0], "another opacity")
    page.set_state("heatmap", "")
    page.until(lambda: page.view_pictures()[0] == plain[0], "the image without heat map")


def test_the_moved_nomogram_says_what_the_model_says(page_with_result: Page, result: CaseResult) -> None:
    page = page_with_result
    page.click("#tab-survival")
    nomogram = InteractiveNomogram.of(result)
    assert nomogram is not None
    slider = page.one("#nomogram-table .v-slider-thumb")
    before = page.text("#nomogram-total")
    for _ in range(3):
        slider.send_keys("\ue014")
    page.until(lambda: page.text("#nomogram-total") != before, "other points")
    time.sleep(1)
    values = page.state("nomogram_values")
    assert values != nomogram.values
    assert page.text("#nomogram-total").strip() == f"{nomogram.at(values).total:.0f}"
    page.picture("nomogram-moved")
    page.click("#nomogram-reset")
    page.until(lambda: page.text("#nomogram-total") == before, "this patient's points")


def test_the_survival_curve_can_be_hovered(page_with_result: Page) -> None:
    page = page_with_result
    page.click("#tab-survival")
    assert page.until(lambda: page.all("#survival-figure .plotly .xy"), "axes")
    assert page.all("#survival-figure .scatterlayer .trace")


def test_a_region_is_hidden_and_shown_in_the_slices(page_with_result: Page) -> None:
    page = page_with_result
    page.click("#tab-tumour")
    before = page.still_pictures()
    page.set_state("segments", {**page.state("segments"), "ED": False})
    page.until(lambda: page.view_pictures()[0] != before[0], "slices without oedema")
    page.set_state("segments", {**page.state("segments"), "ED": True})
    page.until(lambda: page.view_pictures()[0] == before[0], "slices with oedema")


def test_the_surfaces_in_3d_are_hidden_and_shown(page_with_result: Page) -> None:
    page = page_with_result
    before = page.still_pictures()
    page.set_state("surface", False)
    page.until(lambda: page.view_pictures()[2] != before[2], "no surface")
    assert page.still_pictures()[0] == before[0]
    page.set_state("surface", True)
    page.until(lambda: page.view_pictures()[2] == before[2], "the surface")


def test_features_are_filtered(page_with_result: Page) -> None:
    page = page_with_result
    page.click("#tab-features")
    assert "2 of 2" in page.text("#feature-count")
    page.set_state("feature_text", "firstorder")
    page.until(lambda: "1 of 2" in page.text("#feature-count"), "one feature")
    assert "firstorder_mean" in page.one("#feature-table").text


def test_only_this_session_gets_the_report(page_with_result: Page, server: AppServer) -> None:
    import urllib.error
    import urllib.request

    page = page_with_result
    page.click("#tab-report")
    fetched = "return fetch('session/files/report').then((r) => r.text())"
    assert page.driver.execute_script(fetched) == "<html>the report</html>"
    status = "return fetch('session/files/' + arguments[0]).then((r) => r.status)"
    assert page.driver.execute_script(status, "..%2f..%2flog.txt") == 404
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{server.url}session/files/report", timeout=30)


def test_every_column_of_the_features_is_seen(page_with_result: Page) -> None:
    page = page_with_result
    size = page.driver.get_window_size()
    page.driver.set_window_size(1500, 950)
    page.click("#tab-features")
    page.one("#feature-table td")
    rows = page.state("feature_rows")
    long = [
        "contrast-enhanced",
        "Non-enhancing core",
        "glszm_small_area_low_gray_level_emphasis",
        "0.000123",
        "too small",
    ]
    page.set_state("feature_rows", [dict(zip(rows[0], long, strict=True))])
    page.until(lambda: long[2] in page.text("#feature-table"), "the long name")
    widths = "return ['scrollWidth', 'clientWidth'].map((name) => arguments[0][name])"
    wide, room = page.driver.execute_script(widths, page.one("#feature-table .v-table__wrapper"))
    page.picture("features-narrow")
    page.driver.set_window_size(size["width"], size["height"])
    page.set_state("feature_rows", rows)
    assert wide <= room


def test_an_error_is_gone_on_another_tab(page_with_result: Page) -> None:
    page = page_with_result
    page.set_state("error", {"title": "This cannot be used", "text": "of before"})
    page.one("#error")
    page.click("#tab-inputs")
    page.until(lambda: not page.state("error"), "no error")
    page.click("#tab-results")


def test_models_have_cards_and_can_be_verified(page_with_result: Page) -> None:
    page = page_with_result
    page.click("#tab-models")
    page.click("#body-models .verify")
    page.until(lambda: "All files are" in page.text("#body-models"), "verified")
    page.click("#body-models .open-card")
    page.until(lambda: page.all("#body-models .card-text table"), "the card")
    assert "**" not in page.text(".card-text")
    page.picture("models")
    page.click("#tab-results")
