"""A corrected outline: uploaded or painted, then computed again, beside what was before; the worker is played."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support.web_app import AppServer, Page

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import read_volume, write_label_map

NewPage = Callable[[], Page]
ET, NCR, ED = 4, 1, 2


@pytest.fixture
def outline(result_folder: Path) -> Volume:
    return read_volume(result_folder / "segmentation.nii.gz")


def with_result(new_page: NewPage, behaviour: Path, images: list[Path]) -> Page:
    behaviour.write_text("ok")
    page = new_page()
    page.upload(*images)
    page.click("#tab-run")
    page.click("#do-run")
    page.one("#tumour-table")
    page.until(lambda: not page.state("running"), "the end of the run")
    return page


def upload_outline(page: Page, path: Path) -> None:
    page.all("#upload-outline")[0].send_keys(str(path))


def test_an_uploaded_outline_is_shown_and_computed_again(
    new_page: NewPage, server: AppServer, behaviour: Path, images: list[Path], outline: Volume, tmp_path: Path
) -> None:
    page = with_result(new_page, behaviour, images)
    assert "Edit the outline first" in page.state("allow")["recompute"]["why"]
    before = page.still_pictures()
    corrected = tmp_path / "corrected.nii.gz"
    write_label_map(outline.with_array(np.where(outline.array == ED, 0, outline.array)), corrected)
    upload_outline(page, corrected)
    page.until(lambda: "corrected.nii.gz is shown" in page.text("#outline-said"), "the outline")
    page.until(lambda: page.view_pictures()[0] != before[0], "slices without oedema")
    page.until(lambda: page.view_pictures()[2] != before[2], "a smaller surface")
    page.picture("outline-uploaded")
    assert not page.state("tumour_compared")
    behaviour.write_text("slow")
    page.click("#do-recompute")
    job = page.until(lambda: list(server.temporary.rglob("runs/*/job/job.json")), "the job")[0]
    told = json.loads(job.read_text())
    mask = read_volume(told["mask"])
    assert set(np.unique(mask.array)) == {0, NCR, ET}
    assert (Path(told["reuse"]) / "result.json").is_file()
    assert sorted(told["inputs"]) == ["flair", "t1", "t1ce", "t2"]
    page.until(lambda: page.state("progress") > 5, "progress")
    page.picture("outline-running")
    behaviour.write_text("ok")
    page.until(lambda: page.state("tumour_compared"), "before and after")
    assert "from 91.4 ml\n+0 %" in page.text("#tumour-table")
    assert not list(server.temporary.rglob("corrected_*.nii.gz"))
    time.sleep(1)
    page.picture("outline-compared")


def test_a_stroke_that_is_not_in_yet_is_waited_for(
    new_page: NewPage, server: AppServer, behaviour: Path, images: list[Path], outline: Volume, tmp_path: Path
) -> None:
    from selenium.webdriver import ActionChains

    page = with_result(new_page, behaviour, images)
    edited = outline.with_array(np.where(outline.array == ED, 0, outline.array))
    write_label_map(edited, tmp_path / "edited.nii.gz")
    upload_outline(page, tmp_path / "edited.nii.gz")
    page.until(lambda: page.state("allow")["recompute"]["ok"], "something to compute")
    page.set_state("outline_label", "NCR_NET")
    page.set_state("outline_brush", 20)
    page.click("#outline-paint")
    page.until(lambda: page.state("outline_tool") == "paint", "the brush")
    behaviour.write_text("slow")
    view = page.all(".layout-grid-item")[0]
    ActionChains(page.driver).move_to_element_with_offset(view, -90, -60).click_and_hold().perform()
    ActionChains(page.driver).move_by_offset(40, 0).perform()
    time.sleep(0.5)
    page.driver.execute_script("document.querySelector('#do-recompute').click()")
    time.sleep(1)
    ActionChains(page.driver).release().perform()
    job = page.until(lambda: list(server.temporary.rglob("runs/*/job/job.json")), "the job")[0]
    mask = read_volume(json.loads(job.read_text())["mask"])
    behaviour.write_text("ok")
    assert np.sum(mask.array == NCR) > np.sum(edited.array == NCR)
    page.until(lambda: not page.state("running"), "the end of the run")


def test_an_outline_of_another_grid_is_refused_with_the_remedy(
    new_page: NewPage, server: AppServer, behaviour: Path, images: list[Path], outline: Volume, tmp_path: Path
) -> None:
    page = with_result(new_page, behaviour, images)
    elsewhere = np.array(outline.affine)
    elsewhere[:3, 3] += 37.0
    other = tmp_path / "other_patient.nrrd"
    write_label_map(Volume(outline.array, elsewhere), other)
    shown = page.still_pictures()
    upload_outline(page, other)
    page.until(lambda: "another grid" in page.text("#error"), "the refusal")
    said = page.text("#error")
    assert "other_patient.nrrd" in said
    assert "save it on the same grid" in said
    assert str(server.temporary) not in said
    assert page.still_pictures()[0] == shown[0]
    assert not page.state("allow")["recompute"]["ok"]
    page.picture("outline-refused")


def test_the_outline_is_painted_erased_and_undone(new_page: NewPage, behaviour: Path, images: list[Path]) -> None:
    from selenium.webdriver import ActionChains

    page = with_result(new_page, behaviour, images)
    page.click("#tab-tumour")
    before = page.still_pictures()
    page.set_state("outline_label", "NCR_NET")
    page.set_state("outline_brush", 20)
    page.click("#outline-paint")
    page.until(lambda: page.state("outline_tool") == "paint", "the brush")
    view = page.all(".layout-grid-item")[0]
    move = ActionChains(page.driver, duration=600).move_to_element_with_offset(view, -90, -60)
    move.click_and_hold().move_by_offset(40, 0).move_by_offset(0, 40).release().perform()
    page.until(lambda: "painted on" in page.text("#outline-said"), "a stroke")
    page.until(lambda: page.state("allow")["recompute"]["ok"], "something to compute")
    page.picture("outline-painting")
    page.click("#outline-paint")
    page.until(lambda: not page.state("outline_tool"), "the end of painting")
    ActionChains(page.driver).move_to_element(page.one("#tab-tumour")).perform()
    time.sleep(2)
    painted = page.view_pictures()
    page.picture("outline-painted")
    assert painted[0] != before[0]
    assert painted[2] != before[2]
    page.click("#outline-undo")
    page.until(lambda: page.view_pictures()[0] == before[0], "the slices as before")
    page.until(lambda: page.view_pictures()[2] == before[2], "the surfaces as before")
    page.set_state("outline_label", "ET")
    page.click("#outline-erase")
    page.until(lambda: page.state("outline_tool") == "erase", "the eraser")
    rub = ActionChains(page.driver, duration=600).move_to_element_with_offset(view, 20, -30)
    rub.click_and_hold().move_by_offset(40, 0).release().perform()
    page.until(lambda: page.state("outline_undo"), "a stroke")
    page.click("#outline-erase")
    ActionChains(page.driver).move_to_element(page.one("#tab-tumour")).perform()
    time.sleep(2)
    page.picture("outline-erased")
    erased = page.view_pictures()
    assert erased[0] not in (before[0], painted[0])
    assert erased[2] != before[2]
