"""From lines of a COHORT.csv to training cases, read one at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.settings import ClinicalData
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.cases import read_label_map
from GliomaRadiomicsLib.imaging.cohort import NAMED, Patient
from GliomaRadiomicsLib.systems.cohort_volumes import CohortVolumes, DicomVolumes
from GliomaRadiomicsLib.systems.protocol import CaseData, TrainingCase

_WHO_GRADES = {
    word: grade
    for grade, roman in ((2, "ii"), (3, "iii"), (4, "iv"))
    for word in (f"g{grade}", f"{grade}", f"{grade}.0", roman, f"grade {grade}")
}
_GRADES = {"hgg": True, "lgg": False, "gbm": True, **{word: grade == 4 for word, grade in _WHO_GRADES.items()}}
NO_OUTLINE = Volume(np.zeros((1, 1, 1), dtype=np.uint8), np.eye(4), "no outline")
"""Stands for the label map of a patient whose tumour nobody has outlined."""
_YES = ("1", "1.0", "true", "yes", "mutant", "methylated", "positive", "dead")
_NO = ("0", "0.0", "false", "no", "wildtype", "wild-type", "wt", "unmethylated", "negative", "alive")


class _Lines(Collection[TrainingCase]):
    """A table's lines as training cases."""

    def __init__(self, patients: Iterable[Patient]) -> None:
        self._patients = list(patients)

    def __len__(self) -> int:
        return len(self._patients)

    def __contains__(self, case: object) -> bool:
        return isinstance(case, TrainingCase) and case.patient in {patient.case for patient in self._patients}


class ImageCases(_Lines):
    """Training cases for systems that need no label map, made one at a time; what is wrong is in ``problem`` of each.

    Images are of the columns of the sequences, or, where none is filled, of the column ``dicom``.

    Args:
        patients: Lines of the cohort.
        label: Column of the two-class outcome, for ``labels``.
    """

    def __init__(self, patients: Sequence[Patient], label: str) -> None:
        super().__init__(patients)
        self._label = label

    def __iter__(self) -> Iterator[TrainingCase]:
        for patient in self._patients:
            try:
                case = _image_case(patient, self._label)
            except RefusedInput as problem:
                case = TrainingCase(patient.case, CaseData({}, NO_OUTLINE), line=patient.line, problem=problem)
            yield case
            del case


def _image_case(patient: Patient, label: str) -> TrainingCase:
    outcome = _yes_or_no(patient, label)
    absent = [column for column, path in patient.files.items() if not path.exists()]
    if absent:
        what, remedy = f"the {absent[0]} of case {patient.case} is missing", "correct the path in the CSV file"
        raise RefusedInput(what=what, where=patient.where, remedy=remedy)
    if not patient.files:
        raise RefusedInput(
            what=f"case {patient.case} has no images",
            where=patient.where,
            remedy="fill the column 'dicom' or those of the sequences",
        )
    label_map = read_label_map(patient.files["seg"]) if "seg" in patient.files else None
    volumes: Mapping[str, Volume] = CohortVolumes(patient, label_map)
    if not volumes and "dicom" in patient.files:
        volumes = DicomVolumes(patient.files["dicom"])
    return TrainingCase(
        patient=patient.case,
        data=CaseData(volumes, label_map or NO_OUTLINE),
        labels={label: outcome},
        line=patient.line,
        source=_signature(patient.files.values()),
        site=patient.values.get("site"),
    )


def _signature(paths: Iterable[Path]) -> str:
    """Changes when a file is added, removed, replaced or rewritten."""
    digest = hashlib.blake2b(digest_size=16)
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            found = file.stat()
            digest.update(f"{file}\0{found.st_size}\0{found.st_mtime_ns}\n".encode("utf-8", "replace"))
    return digest.hexdigest()


class LabelledCases(_Lines):
    """Training cases for systems that need label maps; what the table alone tells is checked before any is made.

    Images are read when a system asks for them.

    Args:
        patients: Lines of the cohort.

    Raises:
        RefusedInput: For a line without ``seg``, or a value that cannot be read; the line is named.
    """

    def __init__(self, patients: Iterable[Patient]) -> None:
        super().__init__(patients)
        self.grades = [(patient.line, grade_is_hgg(patient)) for patient in self._patients]
        """Line, and whether its grade is WHO 4; None where it is unknown."""
        _refuse_without_label_map(self._patients)
        self._known = [_known_of(patient) for patient in self._patients]

    def __iter__(self) -> Iterator[TrainingCase]:
        for patient, known in zip(self._patients, self._known, strict=True):
            label_map = _label_map_of(patient)
            data = CaseData(CohortVolumes(patient, label_map), label_map, clinical=known["clinical"])
            yield TrainingCase(
                patient=patient.case,
                data=data,
                **{name: value for name, value in known.items() if name != "clinical"},
                line=patient.line,
                source=_signature(patient.files.values()),
            )

    @property
    def where(self) -> str:
        """The table's name."""
        return next((patient.table for patient in self._patients if patient.table), "cohort")


def _refuse_without_label_map(patients: Sequence[Patient]) -> None:
    lacking = [patient for patient in patients if "seg" not in patient.files]
    if not lacking:
        return
    if len(lacking) == len(patients) > 1:
        what, where = "no case has a label map", lacking[0].table or "cohort"
    else:
        named = ", ".join(f"{one.case} (line {one.line})" for one in lacking[1:NAMED])
        also = f"; nor have {named}" if named else ""
        what, where = f"case {lacking[0].case} has no label map{also}", lacking[0].where
    raise RefusedInput(what=what, where=where, remedy="fill the column 'seg', or leave the case out")


def _known_of(patient: Patient) -> dict[str, Any]:
    """What the line says beside the images, by field of `TrainingCase`, and ``clinical``."""
    return {
        "clinical": clinical_of(patient),
        "is_hgg": grade_is_hgg(patient),
        "idh_mutant": _yes_or_no(patient, "idh"),
        "mgmt_methylated": _yes_or_no(patient, "mgmt"),
        "os_days": _number(patient, "os_days"),
        "event": _yes_or_no(patient, "event"),
        "site": patient.values.get("site"),
    }


def _label_map_of(patient: Patient) -> Volume:
    try:
        return read_label_map(patient.files["seg"])
    except RefusedInput as error:
        raise RefusedInput(
            what=f"case {patient.case}: {error.what}", where=patient.where, found=error.found, remedy=error.remedy
        ) from error


def grade_is_hgg(patient: Patient) -> bool | None:
    """Whether the line's grade is WHO 4; None where the column is empty.

    Raises:
        RefusedInput: For a grade that is none of HGG, LGG, 2, 3, 4, II, III, IV, G2, G3, G4, GBM.
    """
    grade = _grade(patient)
    return None if grade is None else _GRADES[grade]


def _grade(patient: Patient) -> str | None:
    text = patient.values.get("grade")
    if text is None:
        return None
    grade = text.lower().removeprefix("who ")
    if grade not in _GRADES:
        remedy = "write 2, 3 or 4, or LGG or HGG"
        raise RefusedInput(what=f"not a grade (case {patient.case})", where=patient.where, found=text, remedy=remedy)
    return grade


def clinical_of(patient: Patient) -> ClinicalData:
    """What the line says beside the images.

    Raises:
        RefusedInput: For a value that cannot be read; the line is named.
    """
    sex = patient.values.get("sex", "").upper()[:1] or None
    resection = patient.values.get("resection", "").lower() or None
    mutant = _yes_or_no(patient, "idh")
    clinical = ClinicalData(
        age=_number(patient, "age"),
        sex=sex,  # type: ignore[arg-type]
        kps=_number(patient, "kps"),
        resection=resection,  # type: ignore[arg-type]
        idh=None if mutant is None else "mutant" if mutant else "wildtype",
        grade=_WHO_GRADES.get(_grade(patient) or ""),
        histology=patient.values.get("histology"),
        location=patient.values.get("location"),
    )
    try:
        clinical.check()
    except RefusedInput as error:
        raise RefusedInput(
            what=error.what, where=patient.where, found=error.found, remedy="correct the line"
        ) from error
    return clinical


def _number(patient: Patient, column: str) -> float | None:
    text = patient.values.get(column)
    if text is None:
        return None
    try:
        return float(text)
    except ValueError as error:
        raise RefusedInput(
            what=f"{column} is no number", where=patient.where, found=text, remedy="correct it"
        ) from error


def _yes_or_no(patient: Patient, column: str) -> bool | None:
    text = patient.values.get(column, "").lower()
    if not text or text in ("unknown", "na", "nan", "indeterminate"):
        return None
    if text not in _YES + _NO:
        remedy = f"write {_YES[0]} or {_NO[0]}, or leave it empty"
        raise RefusedInput(what=f"{column} is not understood", where=patient.where, found=text, remedy=remedy)
    return text in _YES
