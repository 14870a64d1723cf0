"""Every patient that cannot be used is named by line and reason; the exit code says so; no identifier leaves."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pydicom
import pytest
import yaml

from GliomaRadiomicsLib.cli.main import main
from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.imaging.cohort import read_cohort
from GliomaRadiomicsLib.imaging.dicom.write import write_case
from GliomaRadiomicsLib.systems.cohort import ImageCases
from GliomaRadiomicsLib.systems.mgmt.settings import MgmtSettings
from GliomaRadiomicsLib.systems.mgmt.splits import splits_of

SECRETS = {
    "PatientName": "Wolpertinger^Adalbert",
    "PatientID": "WP-4711-X",
    "StudyDate": "19870403",
    "PatientBirthDate": "19330228",
    "InstitutionName": "Klinikum Hinterzarten",
    "AccessionNumber": "ACC998877",
}
QUICK = {"modalities": ["t1ce"], "size": 32, "epochs": 1, "fine_epochs": 0}


@pytest.fixture
def write_patient(volumes: Callable[..., Any]) -> Callable[..., Path]:
    """Writes a patient with identifiers in its headers."""

    def write(folder: Path, number: int, tags: Mapping[str, Any] = SECRETS, roles: tuple[str, ...] = ("t1ce",)) -> Path:
        return write_case(volumes(number, number % 2 == 0, roles), folder, shuffle=number, tags=tags)

    return write


def write_rows(path: Path, rows: list[tuple[str, str, str]], header: str = "case,dicom,mgmt") -> Path:
    path.write_text("\n".join([header, *(",".join(row) for row in rows)]) + "\n")
    return path


def config(folder: Path, small: Mapping[str, Any], **changes: Any) -> list[str]:
    (folder / "config.yaml").write_text(yaml.safe_dump({**small, **QUICK, **changes}))
    return ["--config", str(folder / "config.yaml")]


def skipped(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "skipped.csv").open() as file:
        return {row["case"]: row for row in csv.DictReader(file)}


def everything_in(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.fixture
def faulty(tmp_path: Path, write_patient: Callable[..., Path]) -> Path:
    """Sixteen good patients and one of every fault."""
    rows = []
    for number in range(16):
        write_patient(tmp_path / f"good{number}", number)
        rows.append((f"good{number}", f"good{number}", str(int(number % 2 == 0))))
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "notes.txt").write_text("no image")
    cut = next(write_patient(tmp_path / "cut", 50).rglob("*.dcm"))
    cut.write_bytes(cut.read_bytes()[:-900])
    write_patient(tmp_path / "mixed" / "a", 51)
    write_patient(tmp_path / "mixed" / "b", 52, {**SECRETS, "PatientID": "WP-0815"})
    write_patient(tmp_path / "other", 53, roles=("flair",))
    faults = ["empty", "text", "cut", "mixed", "other", "absent"]
    rows += [(name, name, "1") for name in faults]
    rows += [("perhaps", "good0", "perhaps"), ("unknown", "good0", ""), ("nothing", "", "0")]
    return write_rows(tmp_path / "cohort.csv", rows)


def test_every_fault_is_named_with_its_line_and_the_others_are_used(
    faulty: Path, small: Mapping[str, Any], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "bundle"
    code = main(["train", "mgmt", str(faulty), "--out", str(out), *config(tmp_path, small)])
    said = capfd.readouterr()
    found = skipped(tmp_path / "bundle.work")
    assert code == 2
    assert (out / "metadata.json").is_file()
    assert "patients that could not be used: 8; of unknown outcome, left out: 1; lines" in said.out.splitlines()[-1]
    assert {row["case"]: int(row["line"]) for row in found.values()} == {
        "empty": 18, "text": 19, "cut": 20, "mixed": 21, "other": 22, "absent": 23, "perhaps": 24, "unknown": 25,
        "nothing": 26,
    }  # fmt: skip
    for case, word in (("empty", "no DICOM image"), ("text", "no DICOM image"), ("mixed", "different patients"),
                       ("other", "none of the sequences"), ("absent", "missing"), ("perhaps", "not understood"),
                       ("unknown", "unknown"), ("nothing", "no images")):  # fmt: skip
        assert word in found[case]["reason"], found[case]
    assert "dcm" in found["cut"]["reason"]
    training = json.loads((out / "metadata.json").read_text())["training"]
    assert "n_without t1ce" not in training, "who was left out is not counted as used without a sequence"
    assert (training["n"], training["n_left_out_faulty"], training["n_left_out_without_outcome"]) == (16, 8, 1)

    everything = everything_in(out) + everything_in(tmp_path / "bundle.work") + said.out.encode() + said.err.encode()
    header = pydicom.dcmread(next((tmp_path / "good0").rglob("*.dcm")))
    words = [part for value in SECRETS.values() for part in value.split("^")]
    for word in (*words, str(header.SOPInstanceUID), str(header.StudyInstanceUID), str(header.SeriesInstanceUID)):
        assert word.encode() not in everything, word

    again = ["train", "mgmt", str(faulty), "--out", str(tmp_path / "accepted")]
    assert main([*again, *config(tmp_path, small, accept_left_out=True)]) == 0


def test_a_cohort_of_which_nobody_can_be_used_is_refused(
    tmp_path: Path, small: Mapping[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    cohort = write_rows(tmp_path / "c.csv", [("00000", "empty", "1")])
    code = main(["train", "mgmt", str(cohort), "--out", str(tmp_path / "b"), *config(tmp_path, small)])
    said = capfd.readouterr().err
    assert (code, (tmp_path / "b").exists()) == (2, False)
    assert said.count("\n") == 1
    assert "line 2, case 00000" in said
    assert list(skipped(tmp_path / "b.work")) == ["00000"]


@pytest.mark.parametrize(("header", "target", "message"), [
    ("case,dicom,age", "mgmt", "column 'mgmt' is missing"),
    ("case,dicom,mgmt", "idh", "column 'idh' is missing"),
    ("case,dicom,mmgt", "mgmt", "column 'mgmt' is missing"),
    ("BraTS21ID,dicom,age", "mgmt", "column 'MGMT_value' is missing"),
])  # fmt: skip
def test_a_cohort_without_the_label_is_refused(
    tmp_path: Path, small: Mapping[str, Any], capfd: pytest.CaptureFixture[str], header: str, target: str, message: str
) -> None:
    cohort = write_rows(tmp_path / "c.csv", [("a", "", "1")], header)
    arguments = ["train", "mgmt", str(cohort), "--out", str(tmp_path / "b"), *config(tmp_path, small, target=target)]
    assert main(arguments) == 2
    assert message in capfd.readouterr().err


def test_a_missing_sequence_is_told_and_the_patient_used(
    tmp_path: Path, small: Mapping[str, Any], write_patient: Callable[..., Path], capfd: pytest.CaptureFixture[str]
) -> None:
    rows = []
    for number in range(16):
        write_patient(tmp_path / str(number), number, roles=("t1ce", "flair") if number else ("t1ce",))
        rows.append((str(number), str(number), str(int(number % 2 == 0))))
    cohort = write_rows(tmp_path / "c.csv", rows)
    changes = config(tmp_path, small, modalities=["t1ce", "flair"])
    assert main(["train", "mgmt", str(cohort), "--out", str(tmp_path / "b"), *changes]) == 0
    row = skipped(tmp_path / "b.work")["0"]
    assert (row["line"], row["sequence"], row["reason"]) == ("2", "flair", "there is no FLAIR")
    assert json.loads((tmp_path / "b" / "metadata.json").read_text())["training"]["n_without flair"] == 1


def test_the_labels_of_the_challenge_are_read_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "train" / "00002").mkdir(parents=True)
    (tmp_path / "train_labels.csv").write_text("BraTS21ID,MGMT_value\n2,1\n00005,0\n")
    first, second = read_cohort(tmp_path / "train_labels.csv", ["mgmt"], keep_absent=True)
    assert (first.case, first.files["dicom"], first.values) == ("00002", tmp_path / "train" / "00002", {"mgmt": "1"})
    problems = [case.problem for case in ImageCases([first, second], "mgmt")]
    assert problems[0] is None
    assert "line 3" in str(problems[1])


@pytest.mark.parametrize(("setting", "value", "message"), [
    ("split", "slice", "unknown setting"),
    ("test_share", 1.0, "between 0 and 1"),
    ("modalities", ["t1ce", "adc"], "different ones"),
    ("backbone", "resnet9000", "choose from"),
    ("epochs", "many", "whole number"),
    ("folds", 1, "2 and more"),
])  # fmt: skip
def test_settings_are_checked(setting: str, value: Any, message: str) -> None:
    with pytest.raises(RefusedInput, match=message):
        MgmtSettings.from_config({setting: value})


def test_numbers_that_yaml_reads_as_text_are_numbers() -> None:
    assert MgmtSettings.from_config({"learning_rate": "1e-4", "zoom": [0.9, 1]}).learning_rate == 1e-4


def test_a_cohort_of_one_class_is_told_to_get_the_other() -> None:
    settings = MgmtSettings.from_config({"folds": 2})
    with pytest.raises(RefusedInput, match="column 'mgmt'.*0 unmethylated.*add patients of the rarer class"):
        splits_of({f"p{number}": True for number in range(10)}, settings)
