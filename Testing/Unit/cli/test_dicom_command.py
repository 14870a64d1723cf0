"""``--dicom`` on the command line: what is said, how it is put right, and that no identifier comes out."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pydicom
import pytest

from GliomaRadiomicsLib.cli.main import main
from GliomaRadiomicsLib.imaging.dicom.write import write_case
from GliomaRadiomicsLib.imaging.phantom import PhantomPatient

PERSON = {
    "PatientName": "Zylinski^Quentin",
    "PatientID": "QZ774411",
    "PatientBirthDate": "19610203",
    "StudyDate": "20190817",
    "SeriesDate": "20190817",
    "AccessionNumber": "ACC99887",
    "StudyID": "ST5566",
    "ReferringPhysicianName": "Krawczyk^Ida",
    "InstitutionName": "Hedwigsklinik",
    "DeviceSerialNumber": "SN314159",
    "PatientComments": "Zylinski, seen 17.08.2019",
    "ProtocolName": "BRAIN ZYLINSKI QUENTIN",
}
SECRETS = ("zylinski", "quentin", "qz774411", "19610203", "20190817", "acc99887", "st5566", "krawczyk", "hedwigsklinik")
SECRETS += ("sn314159", "17.08.2019", "1.2.826.0.1")


@pytest.fixture
def patient(phantom: PhantomPatient, tmp_path: Path) -> Path:
    """DICOM as a hospital exports it: identifiers in every file, and in the names of folders."""
    small = {role: volume for role, volume in phantom.volumes.items() if role in ("t1ce", "flair")}
    root = tmp_path / "export"
    inner = root / "Zylinski_Quentin" / "1.2.826.0.1.3680043.8.498.1" / "20190817"
    write_case(small, inner, shuffle=2, tags=PERSON)
    for folder, description in (("T1wCE", "T1 POST GAD Zylinski"), ("FLAIR", "AX FLAIR Krawczyk")):
        for path in (inner / folder).iterdir():
            data = pydicom.dcmread(path)
            data.SeriesDescription = description
            data.save_as(path)
    return root


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    capsys.readouterr()
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    return code, out + err


def revealed(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text.lower()]


def test_check_says_which_series_is_which_and_nothing_else(patient: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = run(capsys, "check", "--dicom", patient)
    assert code == 0
    assert re.search(r"T1ce: series \d of 2 \(confidence \.\d\d: contrast agent in the tags\)", text)
    assert text.count("2 DICOM series found") == 1
    assert text.count("FLAIR: series") == 1
    assert revealed(text) == []


def test_check_as_json_is_json_only_and_holds_the_recognition(
    patient: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = run(capsys, "check", "--dicom", patient, "--json")
    assert code == 0
    findings = json.loads(text)
    assert [one["sequence"] for one in findings if one["code"] == "sequence-recognised"] == ["t1ce", "flair"]
    assert revealed(text) == []


def test_no_identifier_is_in_anything_a_run_writes(
    patient: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = run(capsys, "analyze", "--dicom", patient, "--steps", "report", "--out", tmp_path / "out")
    assert code == 0, text
    assert "2 DICOM series found" in text
    assert "T1ce: series" in text
    assert revealed(text) == []
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert {"result.json", "provenance.json"} <= {path.name for path in files}
    for path in files:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        assert revealed(path.name + data.decode("latin-1")) == [], path.name


def test_refusals_and_corrections_hold_no_identifier(patient: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = run(capsys, "check", "--dicom", patient, "--t1", 1)
    assert (code, revealed(text)) == (0, [])
    assert "T1: series 1 of 2, as given" in text
    damaged = next(patient.rglob("FLAIR/Image-9.dcm"))
    whole = damaged.read_bytes()
    for kept in (len(whole) - 99, 400, 140, 20):
        damaged.write_bytes(whole[:kept])
        code, text = run(capsys, "check", "--dicom", patient)
        assert (code, revealed(text)) == (2, []), text
        assert "FLAIR/Image-9.dcm" in text
    damaged.unlink()
    code, text = run(capsys, "check", "--dicom", patient)
    assert (code, revealed(text)) == (2, [])
    assert "1 slice is missing in the middle" in text


def test_debug_traces_of_refusals_hold_no_identifier(patient: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in list(patient.rglob("T1wCE/*.dcm"))[:5]:
        data = pydicom.dcmread(path)
        data.PatientName = "Krawczyk^Else"
        data.save_as(path)
    code, text = run(capsys, "--debug", "check", "--dicom", patient)
    assert (code, revealed(text)) == (2, [])
    assert "images of different patients in one folder (found 2 patients" in text


def test_a_folder_of_one_series_is_a_source(patient: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder,) = patient.rglob("T1wCE")
    code, text = run(capsys, "check", "--t1ce", folder)
    assert code == 0
    assert "T1ce: series 1 of 1 of its folder, as given" in text
    assert revealed(text) == []


def test_dicom_and_case_exclude_each_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = run(capsys, "check", "--dicom", tmp_path, "--case", tmp_path)
    assert (code, text.count("\n")) == (2, 1)
    assert "not both" in text


def test_a_file_whose_name_says_another_sequence_is_warned_about(
    phantom_files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = run(capsys, "check", "--t1", phantom_files["t1ce"], "--t2", phantom_files["t2"])
    assert code == 0
    assert "T1: the name of the file given says T1ce" in text
    assert "T2: the name" not in text
    assert phantom_files["t1ce"].name not in text
