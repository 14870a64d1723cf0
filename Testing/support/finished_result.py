"""A finished result on an oblique, anisotropic DICOM series of an invented person."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from support.output_folder import write_output_folder

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.dicom.read import iterate_series, read_series
from GliomaRadiomicsLib.imaging.dicom.write import Study, write_series
from GliomaRadiomicsLib.imaging.files import write_label_map

PERSON = {
    "SpecificCharacterSet": "ISO_IR 100",
    "PatientName": "Müller-Zizka^Ida",
    "PatientID": "QZ774411",
    "PatientBirthDate": "19610203",
    "PatientSex": "F",
    "StudyDate": "20190817",
    "StudyTime": "101112",
    "AccessionNumber": "ACC99887",
    "StudyID": "ST5566",
    "StudyDescription": "MR Schädel",
    "ReferringPhysicianName": "Krawczyk^Ida",
    "InstitutionName": "Hedwigsklinik",
    "PatientIdentityRemoved": "NO",
}
SECRETS = ("müller", "zizka", "qz774411", "19610203", "20190817", "acc99887", "st5566", "krawczyk", "hedwigsklinik")
SERIES = {"t1ce": "T1 post contrast", "t2": "T2"}


@dataclass(frozen=True)
class Finished:
    """An output folder, the DICOM folder it came from, and the outline."""

    out: Path
    dicom: Path
    labels: Volume

    def change(self, edit: Callable[[dict], None], name: str = "result.json") -> None:
        """Change a JSON file of the output folder."""
        path = self.out / name
        data = json.loads(path.read_text(encoding="utf-8"))
        edit(data)
        path.write_text(json.dumps(data), encoding="utf-8")


def make_finished(folder: Path) -> Finished:
    sequences, labels, _ = write_output_folder(folder / "result", shape=(30, 36, 20), spacing=(6.0, 5.0, 8.0))
    study = Study()
    for number, (role, text) in enumerate(SERIES.items(), start=1):
        tags = {**PERSON, "SeriesDescription": text}
        if role == "t1ce":
            tags["ContrastBolusAgent"] = "YES"
        write_series(
            _rounded(sequences[role]), folder / "export" / role, study=study, number=number, shuffle=5, tags=tags
        )
    first = next(series for series, _ in iterate_series(folder / "export") if series.number == 1)
    sha256 = read_series(first).sha256
    done = Finished(folder / "result", folder / "export", labels)

    def describe(data: dict) -> None:
        data["inputs"] = {"sequences": {"t1ce": {"sha256": sha256}}, "reference": "t1ce", "mask": False}
        data["created"] = "2026-11-21T12:00:00+00:00"
        data["idh"] = {"status": "predicted", "label": "IDH-wildtype", "probability_mutant": 0.11}
        data["survival"]["median_days"] = 400.0
        data["survival"]["trust"] = {"flag": "caution", "reasons": ["the outline is automatic"]}

    done.change(describe)
    done.change(
        lambda data: data.update(settings={"models": {"cnn_grading": "cnn_grading 1.2"}, "reuse": None}),
        "provenance.json",
    )
    return done


def _rounded(volume: Volume) -> Volume:
    return volume.with_array(np.rint(volume.array).astype(np.int16))


def put_labels(done: Finished, volume: Volume) -> None:
    """Another outline in the output folder."""
    write_label_map(volume, done.out / "segmentation.nii.gz")
