"""The tab Cohort: a table and its images, progress, who is done, one of them into the views; the worker is played."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from support.web_app import AppServer, Page

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.interface.summary import NOTICE
from GliomaRadiomicsLib.webapp.view.cohort_upload import check_inside, find_table
from GliomaRadiomicsLib.webapp.view.uploads import Uploads

NewPage = Callable[[], Page]
TOKEN = "a-token-that-is-long-enough"


@pytest.fixture
def cohort(tmp_path: Path, images: list[Path]) -> Path:
    """A table with its images in folders of the same file names."""
    folder = tmp_path / "my cohort"
    for case in ("A", "B"):
        (folder / case).mkdir(parents=True)
        shutil.copy(images[1], folder / case / "t1ce.nii.gz")
    (folder / "COHORT.csv").write_text("case,t1ce\nA,A/t1ce.nii.gz\nB,B/t1ce.nii.gz\n")
    return folder


def start_cohort(page: Page) -> None:
    page.click("#do-run_cohort")
    page.until(lambda: page.state("running"), "the run of the cohort")


def test_a_table_runs_and_one_of_its_patients_is_opened(
    new_page: NewPage, server: AppServer, behaviour: Path, cohort: Path, images: list[Path]
) -> None:
    behaviour.write_text("ok")
    page = new_page()
    page.upload(*images)
    page.click("#tab-cohort")
    assert not page.state("allow")["run_cohort"]["ok"]
    page.set_state("cohort", {"cohort": str(cohort / "COHORT.csv"), "cohort_out": str(cohort / "out")})
    page.until(lambda: page.state("allow")["run_cohort"]["ok"], "a table")
    start_cohort(page)
    page.until(lambda: len(page.state("cohort_rows")) == 2 and not page.state("running"), "two patients")
    shown = page.one("#cohort-table").text
    assert "12.5 ml" in shown
    assert "image is constant" in shown
    assert page.text("#cohort-summary") == "Patients: 1 done, 1 cannot be used."
    assert "2/2 B: refused: t1: image is constant" in page.text("#cohort-log")
    assert NOTICE in page.one("#notice").text
    page.picture("cohort-dark")
    page.set_state("dark", False)
    time.sleep(0.5)
    page.picture("cohort-light")
    status = "return fetch('session/cohort').then((r) => r.text())"
    assert page.driver.execute_script(status).splitlines()[1].startswith("A,2,done")
    before = page.view_pictures()
    page.click("#cohort-table .open-patient")
    assert page.one("#shown-patient").text == "Patient A of the cohort"
    page.one("#tumour-table")
    page.until(lambda: page.view_pictures()[0] != before[0], "the images of the patient")
    assert [item["title"] for item in page.state("shown_items")] == ["T1", "T1ce", "T2", "FLAIR"]
    assert not any(page.state("roles").values())
    time.sleep(1)
    page.picture("cohort-patient")
    another = page.view_pictures()
    page.set_state("shown", page.state("shown_items")[0]["value"])
    page.until(lambda: page.view_pictures()[0] != another[0], "another image of the patient")
    assert (cohort / "out" / "A" / "result.json").is_file()


def test_a_folder_is_uploaded_with_its_own_folders(
    new_page: NewPage, server: AppServer, behaviour: Path, cohort: Path
) -> None:
    behaviour.write_text("ok")
    page = new_page()
    page.click("#tab-cohort")
    page.all("#upload-cohort")[0].send_keys(str(cohort))
    page.until(lambda: page.state("cohort_uploaded"), "the upload")
    assert page.state("cohort_uploaded") == "my_cohort/COHORT.csv"
    names = {path.relative_to(path.parents[1]).as_posix() for path in server.temporary.rglob("t1ce.nii.gz")}
    assert {"A/t1ce.nii.gz", "B/t1ce.nii.gz"} <= names
    start_cohort(page)
    page.until(lambda: len(page.state("cohort_rows")) == 2 and not page.state("running"), "two patients")


def test_cancelling_a_cohort_says_what_stays(
    new_page: NewPage, server: AppServer, behaviour: Path, cohort: Path
) -> None:
    behaviour.write_text("slow")
    page = new_page()
    page.click("#tab-cohort")
    page.set_state("cohort", {"cohort": str(cohort / "COHORT.csv"), "cohort_out": str(cohort / "out")})
    page.until(lambda: page.state("allow")["run_cohort"]["ok"], "a table")
    start_cohort(page)
    page.until(lambda: page.state("progress") > 10, "progress")
    page.picture("cohort-running")
    page.click("#cohort-cancel")
    page.until(lambda: not page.state("running"), "the end")
    assert page.text("#cohort-progress-text") == "Cancelled; patients who are complete stay."
    behaviour.write_text("ok")
    start_cohort(page)
    page.until(lambda: len(page.state("cohort_rows")) == 2, "two patients")


def test_files_without_a_table_are_refused_with_a_remedy(new_page: NewPage, tmp_path: Path, images: list[Path]) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    shutil.copy(images[0], folder)
    page = new_page()
    page.click("#tab-cohort")
    page.all("#upload-cohort")[0].send_keys(str(folder))
    page.until(lambda: "upload a folder with COHORT.csv" in page.text("#error"), "the refusal")
    assert not page.state("cohort_uploaded")


def test_over_the_network_nothing_of_the_server_is_read_written_or_changed(
    browsers: None, cohort: Path, tmp_path_factory: pytest.TempPathFactory, pictures: Path
) -> None:
    settings = {"host": "0.0.0.0", "token": TOKEN, "sessions": 1}
    server = AppServer(tmp_path_factory.mktemp("network") / "tmp", settings, {})
    page = Page(server.url.replace("0.0.0.0", "127.0.0.1"), tmp_path_factory.mktemp("profile"), pictures)
    try:
        page.open(f"?token={TOKEN}")
        page.click("#tab-cohort")
        assert not page.all("#field-cohort")
        page.set_state("cohort", {"cohort": str(cohort / "COHORT.csv"), "cohort_out": str(cohort / "out")})
        time.sleep(2)
        assert not page.state("allow")["run_cohort"]["ok"]
        (cohort / "COHORT.csv").write_text(f"case,t1ce\nA,{cohort}/A/t1ce.nii.gz\n")
        page.all("#upload-cohort")[0].send_keys(str(cohort))
        page.until(lambda: "outside of what was uploaded" in page.text("#error"), "the refusal")
        assert not page.state("cohort_uploaded")
        page.click("#tab-models")
        assert "Models belong to the server" in page.one("#models-not-here").text
        assert not page.all("#do-import_model, #do-train, #upload-model")
        taken = "return fetch('session/uploaded?for=model', { method: 'POST' }).then((answer) => answer.status)"
        assert page.driver.execute_script(taken) == 200
        page.until(lambda: "Models belong to the server" in page.text("#error"), "the refusal of a model")
        page.picture("network-models")
    finally:
        page.close()
        server.close()


def test_a_table_of_the_network_names_only_files_of_its_own_upload(tmp_path: Path) -> None:
    own = tmp_path / "own"
    (own / "A").mkdir(parents=True)
    table = own / "COHORT.csv"
    table.write_text("case,t1ce\nA,A/t1ce.nii.gz\n")
    check_inside(find_table(own), own)
    for path in ("../other/t1ce.nii.gz", str(tmp_path / "other.nii.gz"), "A/../../other.nii.gz"):
        table.write_text(f"case,t1ce\nA,A/t1ce.nii.gz\nB,{path}\n")
        with pytest.raises(RefusedInput, match="line 3.*outside of what was uploaded"):
            check_inside(find_table(own), own)


def test_folders_of_an_upload_stay_inside_of_it(tmp_path: Path) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"x"

    uploads = Uploads(tmp_path, limit_mb=1)
    for name in ("a/b/t1.nii", "../../t1.nii", "a/../../../t1.nii", "a\\..\\t1.nii"):
        path = asyncio.run(uploads.receive(name, 1, chunks(), in_folders=True))
        assert path.resolve().is_relative_to(tmp_path / "uploads")
    assert (uploads.finish() / "a" / "b" / "t1.nii").is_file()
