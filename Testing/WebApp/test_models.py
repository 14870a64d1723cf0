"""The tab Models: import, verify, download and train, by this library's own worker."""

from __future__ import annotations

import hashlib
import io
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support.web_app import AppServer, Page

from GliomaRadiomicsLib.interface.summary import NOTICE
from GliomaRadiomicsLib.models.bundle import save_bundle

NewPage = Callable[[], Page]
_FIGURE = {"id": "cv_auc", "metric": "AUC", "value": 0.8125, "n": 40, "cohort": "40 invented patients"}
_METADATA = {
    "name": "small_model",
    "system": "small_system",
    "version": "1.2",
    "licence": "Apache-2.0",
    "attribution": ["Nobody"],
    "input": {"channels": ["t1"], "spacing_mm": 1.5},
    "training": {"cohort": "40 invented patients", "n": 40},
    "evidence": {"figures": [{**_FIGURE, "validation": "none", "ci": [0.7, 0.9], "note": "interval: DeLong"}]},
    "intended_use": "Tests",
    "not_for": ["Patients"],
}


@pytest.fixture
def bundle(tmp_path: Path) -> bytes:
    """A zipped model of a few numbers."""
    folder = save_bundle(tmp_path / "made" / "small_model", _METADATA, {"weight": np.arange(6, dtype=np.float32)})
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for path in folder.iterdir():
            file.write(path, path.name)
    return content.getvalue()


@pytest.fixture
def page(new_page: NewPage, behaviour: Path) -> Page:
    behaviour.write_text("ok")
    page = new_page()
    page.click("#tab-models")
    page.until(lambda: page.state("model_rows"), "the list")
    return page


def ended(page: Page) -> bool:
    return not page.state("running")


def test_a_broken_bundle_says_why_it_is_not_imported(
    page: Page, server: AppServer, models: Path, bundle: bytes, tmp_path: Path
) -> None:
    broken = tmp_path / "broken_model.zip"
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(bundle)) as whole, zipfile.ZipFile(content, "w") as changed:
        for name in whole.namelist():
            data = whole.read(name)
            changed.writestr(name, data if name.endswith(".json") else data + b"x")
    broken.write_bytes(content.getvalue())
    page.click("#fold-import")
    page.all("#upload-model")[0].send_keys(str(broken))
    page.until(lambda: "SHA-256" in page.text("#error") or "checksum" in page.text("#error"), "the reason")
    page.until(lambda: ended(page), "the end")
    assert page.one("#error").text.splitlines()[1].startswith("broken_model.zip: weights.safetensors")
    assert NOTICE in page.one("#notice").text
    assert not list(models.glob("*/metadata.json"))
    page.picture("models-broken")


def test_a_bundle_is_imported_by_path_and_verified(page: Page, models: Path, bundle: bytes, tmp_path: Path) -> None:
    file = tmp_path / "small.zip"
    file.write_bytes(bundle)
    page.set_state("model_path", str(file))
    page.click("#fold-import")
    time.sleep(0.5)
    page.picture("models-import")
    page.click("#do-import_model")
    page.until(lambda: "Imported: small_model" in page.text("#model-said"), "the import")
    page.until(lambda: ended(page), "the end")
    names = [row["name"] for row in page.state("model_rows")]
    assert "small_model" in names
    place = names.index("small_model")
    verify = "document.querySelectorAll('#body-models .verify')[arguments[0]].click()"
    page.driver.execute_script(verify, place)
    page.until(lambda: "All files are" in page.text("#body-models .verified"), "verified")
    weights = next(path for path in (models / "small_model").rglob("*") if path.suffix == ".safetensors")
    weights.chmod(0o644)
    weights.write_bytes(weights.read_bytes() + b"x")
    page.driver.execute_script(verify, place)
    page.until(lambda: "All files are" not in page.text("#body-models .verified"), "the damage")
    assert weights.name in page.text("#body-models .verified")
    page.click("#do-import_model")
    page.until(lambda: "already there" in page.text("#error"), "the refusal of a second import")


def test_a_download_is_taken_only_with_the_right_checksum(page: Page, models: Path, tmp_path: Path) -> None:
    file = tmp_path / "weights.bin"
    file.write_bytes(b"weights")
    right = hashlib.sha256(b"weights").hexdigest()
    wanted = {"download_name": "weights_of_mine", "download_url": file.as_uri(), "download_sha256": "0" * 64}
    page.set_state("download", wanted)
    page.click("#fold-download")
    page.click("#do-download-model")
    page.until(lambda: page.text("#error"), "the refusal")
    assert right in page.text("#error") or "SHA-256" in page.text("#error")
    page.until(lambda: ended(page), "the end")
    page.set_state("download", {**wanted, "download_sha256": right.upper()})
    page.click("#do-download-model")
    page.until(lambda: "Downloaded: weights_of_mine.bin" in page.text("#model-said"), "the download")
    assert (models / "weights" / "weights_of_mine.bin").read_bytes() == b"weights"


def test_a_training_is_refused_with_the_line_of_the_table_and_shows_progress(
    page: Page, behaviour: Path, tmp_path: Path
) -> None:
    table = tmp_path / "COHORT.csv"
    table.write_text("case,t1ce,grade\nA,nowhere.nii.gz,4\n")
    page.click("#fold-train")
    assert not page.state("allow")["train"]["ok"]
    page.set_state("train", {**page.state("train"), "train_system": "volumetric_grading"})
    page.until(lambda: page.state("train")["train_name"] == "my_volumetric_grading", "a name")
    given = {**page.state("train"), "train_cohort": str(table), "train_out": str(tmp_path / "out")}
    page.set_state("train", given)
    page.until(lambda: page.state("allow")["train"]["ok"], "all that is needed")
    behaviour.write_text("slow")
    page.click("#do-train")
    page.until(lambda: page.state("progress") > 5, "progress")
    page.until(lambda: "left" in page.text("#models-progress-text"), "the time left")
    page.set_state("dark", False)
    time.sleep(0.5)
    page.picture("models-train")
    behaviour.write_text("ok")
    page.until(lambda: "COHORT.csv line 2" in page.text("#error"), "the refusal")
    page.until(lambda: ended(page), "the end")
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").rglob("metadata.json"))
    page.set_state("train", {**given, "train_name": "My Model!"})
    page.until(lambda: page.state("train")["train_name"] == "My Model!", "a wrong name")
    page.click("#do-train")
    page.until(lambda: "My Model!" in page.text("#error"), "the refusal of the name")
    assert page.state("running") is False
