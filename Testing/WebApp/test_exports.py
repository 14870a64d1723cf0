"""DICOM exports in a browser: the series is asked for, the worker writes, the page downloads."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from support.web_app import Page

from GliomaRadiomicsLib.imaging.dicom.write import write_series
from GliomaRadiomicsLib.imaging.files import read_volume

pytest.importorskip("highdicom", reason='SKIPPED: needs highdicom, pip install "glioma-radiomics[dicom]"')

FETCH = """
const done = arguments[arguments.length - 1];
fetch(arguments[0]).then(async (answer) => {
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const start = String.fromCharCode(...bytes.slice(0, 100000));
  done([answer.status, answer.headers.get("Content-Disposition"), btoa(start)]);
}).catch((error) => done([0, String(error), ""]));
"""


@pytest.fixture(scope="module")
def series(result_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The DICOM series on whose grid the outline of the invented patient lies."""
    image = read_volume(result_folder / "preprocessed" / "t1ce.nii.gz")
    whole = image.with_array(np.rint(image.array).astype(np.int16))
    tags = {"PatientID": "QZ774411", "PatientName": "Zylinski^Quentin", "SeriesDescription": "T1 post"}
    tags["ContrastBolusAgent"] = "YES"
    return write_series(whole, tmp_path_factory.mktemp("series"), tags=tags)


def fetched(page: Page, kind: str) -> tuple[int, str, bytes]:
    status, name, data = page.driver.execute_async_script(FETCH, f"session/exports/{kind}")
    return status, name, base64.b64decode(data)


def test_the_outline_is_exported_onto_the_uploaded_series(page_with_result: Page, series: list[Path]) -> None:
    page = page_with_result
    page.click("#tab-report")
    assert "not known here" in page.one("#export-source").text
    page.click("#do-export_seg")
    page.until(lambda: "upload the files of the series first" in page.text("#error"), "the refusal")
    assert fetched(page, "dicom-seg")[0] == 404
    page.all("#upload-series")[0].send_keys("\n".join(map(str, series)))
    page.until(lambda: "was uploaded" in page.text("#export-source"), "the series")
    for kind, action in (("dicom-seg", "seg"), ("dicom-sr", "sr"), ("rtstruct", "rtstruct")):
        page.click(f"#do-export_{action}")
        page.one(f"#exported-{kind}")
        status, name, data = fetched(page, kind)
        assert (status, name) == (200, f'attachment; filename="glioma-{action}.dcm"')
        assert pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True, force=True).PatientID == "QZ774411"
        page.until(lambda: not page.state("running"), "the end of the export")
    page.picture("report-exported")
    assert page.text("#error").strip() == ""
    assert "Zylinski" not in page.driver.page_source


def test_the_series_of_images_that_came_as_dicom_is_known(
    new_page: Callable[[], Page], behaviour: Path, series: list[Path]
) -> None:
    behaviour.write_text("ok")
    page = new_page()
    page.all("#upload-images")[0].send_keys("\n".join(map(str, series)))
    page.until(lambda: "DICOM_T1ce" in page.text("#body-inputs"), "the images")
    page.click("#tab-run")
    page.click("#do-run")
    page.one("#tumour-table")
    page.click("#tab-report")
    assert "is known" in page.one("#export-source").text
    page.click("#do-export_rtstruct")
    page.one("#exported-rtstruct")
    assert fetched(page, "rtstruct")[0] == 200


def test_a_series_that_is_none_is_refused(page_with_result: Page, images: list[Path]) -> None:
    page = page_with_result
    page.click("#tab-report")
    page.all("#upload-series")[0].send_keys(str(images[0]))
    page.until(lambda: "no DICOM image" in page.text("#error"), "the refusal")
