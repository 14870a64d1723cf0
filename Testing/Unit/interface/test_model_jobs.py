"""Jobs of models from what was filled in, patients of a table, and corrected outlines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import write_label_map
from GliomaRadiomicsLib.interface.cohort import patient_line, patient_origin
from GliomaRadiomicsLib.interface.model_jobs import download_job, is_train_filled, suggested_name, train_job
from GliomaRadiomicsLib.interface.outline import corrected_outline

FILLED = {
    "train_system": "idh",
    "train_cohort": " c.csv ",
    "train_out": "models",
    "train_name": "my_idh",
    "train_config": "",
}


def test_a_training_needs_everything_but_settings() -> None:
    assert is_train_filled(FILLED)
    assert not any(is_train_filled({**FILLED, key: " "}) for key in FILLED if key != "train_config")
    job = train_job(FILLED, "cpu")
    assert (job["command"], job["cohort"], job["config"], job["device"]) == ("train", "c.csv", None, "cpu")
    assert Path(job["out"]) == Path("models/my_idh")
    with pytest.raises(RefusedInput, match="not a model name"):
        train_job({**FILLED, "train_name": "../elsewhere"})


@pytest.mark.parametrize(
    ("system", "given", "suggested"),
    [("idh", "", "my_idh"), ("idh", "my_mgmt", "my_idh"), ("idh", "mine", "mine"), ("", "my_idh", "")],
)
def test_a_name_is_suggested_until_one_is_given(system: str, given: str, suggested: str) -> None:
    assert suggested_name(system, given, ["idh", "mgmt"]) == suggested


def test_a_download_is_told_without_blanks() -> None:
    given = {"download_name": " a ", "download_url": "https://x/y.zip ", "download_sha256": " AB "}
    expected = {"command": "models-download", "name": "a", "url": "https://x/y.zip", "sha256": "ab"}
    assert download_job(given) == expected


def test_a_patient_is_found_in_its_table(tmp_path: Path) -> None:
    table = tmp_path / "COHORT.csv"
    table.write_text("case,t1ce,age\nA,a.nii,61\nB,b.nii,\n")
    origin = patient_origin(table, "A")
    assert origin["inputs"] == {"t1ce": str(tmp_path / "a.nii")}
    assert patient_origin(table, "C") == {}
    with pytest.raises(RefusedInput, match="no such cohort file"):
        patient_origin(tmp_path / "gone.csv", "A")


def test_the_line_of_a_patient_says_why() -> None:
    event = {"case": "B", "status": "refused", "message": "t1: constant", "done": 2, "of": 3}
    assert patient_line(event) == "2/3 B: refused: t1: constant"
    assert patient_line({**event, "status": "done", "message": ""}) == "2/3 B: done"


def test_a_corrected_outline_comes_onto_the_grid_of_the_other(tmp_path: Path) -> None:
    labels = np.zeros((20, 20, 20), np.uint8)
    labels[5:9, 5:9, 5:9] = 4
    outline = Volume(labels, np.eye(4))
    part = Volume(labels[2:18, 2:18, 2:18], np.array([[1.0, 0, 0, 2], [0, 1, 0, 2], [0, 0, 1, 2], [0, 0, 0, 1]]))
    path = tmp_path / "part.nii.gz"
    write_label_map(part, path)
    assert np.array_equal(corrected_outline(path, outline).array, labels)
    write_label_map(Volume(labels, np.diag([2.0, 2.0, 2.0, 1.0])), path)
    with pytest.raises(RefusedInput, match=r"part.nii.gz.*another grid.*save it on the same grid"):
        corrected_outline(path, outline)
    write_label_map(outline.with_array(labels * 0), path)
    with pytest.raises(RefusedInput, match=r"part.nii.gz.*empty.*with tumour in it"):
        corrected_outline(path, outline)
