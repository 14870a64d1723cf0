"""A cohort of two phantoms, one of them opened and its outline corrected: this library's own worker, nothing played."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest
from support.web_app import AppServer, Page

from GliomaRadiomicsLib.imaging.files import read_volume, write_label_map
from GliomaRadiomicsLib.imaging.phantom import make_phantom, write_phantom

ED = 2


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantoms") / "cohort"
    lines = ["case,t1ce,flair,seg"]
    for seed, case in ((7, "P1"), (8, "P2")):
        (folder / case).mkdir(parents=True)
        write_phantom(make_phantom(seed=seed, shape=(80, 80, 52), spacing_mm=3.0), folder / case)
        names = ("t1ce", "flair", "seg")
        lines.append(",".join([case, *(f"{case}/phantom_{name}.nii.gz" for name in names)]))
    (folder / "COHORT.csv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.mark.timeout(900)
def test_a_cohort_runs_and_a_corrected_outline_is_compared(
    browsers: None, cohort: Path, tmp_path_factory: pytest.TempPathFactory, pictures: Path, tmp_path: Path
) -> None:
    server = AppServer(tmp_path_factory.mktemp("real") / "tmp", {"sessions": 1, "upload_mb": 20}, {})
    page = Page(server.url, tmp_path_factory.mktemp("profile"), pictures)
    try:
        page.open()
        steps = {f"step_{step}": False for step in ("segmentation", "features", "grading", "report", "scene")}
        page.set_state("values", {**page.state("values"), **steps})
        page.click("#tab-cohort")
        page.all("#upload-cohort")[0].send_keys(str(cohort))
        page.until(lambda: page.state("cohort_uploaded"), "the upload")
        page.click("#do-run_cohort")
        page.until(lambda: len(page.state("cohort_rows")) == 1, "the first patient")
        page.picture("real-cohort-running")
        page.until(lambda: len(page.state("cohort_rows")) == 2 and not page.state("running"), "both patients")
        assert page.text("#cohort-summary") == "Patients: 2 done."
        page.picture("real-cohort")
        page.click("#cohort-table .open-patient")
        page.until(lambda: page.state("shown_patient") == "P1", "the first patient")
        page.one("#tumour-table")
        outline = read_volume(cohort / "P1" / "phantom_seg.nii.gz")
        corrected = tmp_path / "corrected.nii.gz"
        write_label_map(outline.with_array(np.where(outline.array == ED, 0, outline.array)), corrected)
        page.all("#upload-outline")[0].send_keys(str(corrected))
        page.until(lambda: page.state("allow")["recompute"]["ok"], "something to compute")
        page.click("#do-recompute")
        page.until(lambda: page.state("tumour_compared"), "before and after")
        page.until(lambda: not page.state("running"), "the end")
        rows = {row["region"]: row for row in page.state("tumour_rows")}
        assert rows["ED"]["change_percent"] == pytest.approx(-100)
        assert rows["ET"]["change_percent"] == pytest.approx(0)
        assert rows["WT"]["change_percent"] < -10
        assert "−100 %" in page.text("#tumour-table")
        first, again = (next(server.temporary.rglob(f"{place}/result.json")) for place in ("P1", "runs/*/out"))
        provenance = json.loads((again.parent / "provenance.json").read_text())
        assert provenance["settings"]["reuse"] == json.loads(first.read_text())["created"]
        assert page.state("shown_patient") == "P1"
        page.set_state("dark", False)
        time.sleep(1)
        page.picture("real-compared-light")
    finally:
        page.close()
        server.close()
    assert not server.files()
