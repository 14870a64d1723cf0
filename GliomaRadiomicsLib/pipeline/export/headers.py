"""Headers of a series whole, as the objects that refer to it need them; they identify the patient."""

from __future__ import annotations

from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.imaging.dicom.header import quiet_pydicom
from GliomaRadiomicsLib.imaging.dicom.series import DicomSeries

UTF8 = "ISO_IR 192"
PATIENT_AND_STUDY = (
    *("PatientID", "PatientName", "PatientBirthDate", "PatientSex", "IssuerOfPatientID", "OtherPatientIDs"),
    *("PatientIdentityRemoved", "DeidentificationMethod", "DeidentificationMethodCodeSequence"),
    *("StudyInstanceUID", "StudyID", "StudyDate", "StudyTime", "StudyDescription", "AccessionNumber"),
    *("ReferringPhysicianName", "IssuerOfAccessionNumberSequence", "PatientAge", "PatientSize", "PatientWeight"),
)
"""Attributes by which an archive files an object with its patient and study."""

_MAY_BE_EMPTY = (
    *("PatientID", "PatientName", "PatientBirthDate", "PatientSex", "StudyID", "StudyDate", "StudyTime"),
    *("AccessionNumber", "ReferringPhysicianName", "Manufacturer"),
)
_NEEDED = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID")


def read_headers(series: DicomSeries) -> tuple[tuple[Any, ...], tuple[int, ...]]:
    """Headers of the files in the order of the slices, without pixels, all texts in UTF-8; and frames.

    Returns:
        The headers, and for every slice its frame where all lie in one file (see `Source`).

    Raises:
        RefusedInput: If a header lacks what a reference needs, or the slices are frames of several files.
    """
    frames = tuple(one.frame for one in series.slices if one.frame is not None)
    paths = list(dict.fromkeys(one.path for one in series.slices))
    if frames and len(paths) > 1:
        raise _refused(series, "its slices are frames of several files", "export it as one file, or a file per slice")
    with quiet_pydicom():
        headers = tuple(_read(path, series) for path in paths)
    for keyword in _NEEDED[2:]:
        values = {str(header.get(keyword) or "") for header in headers}
        if len(values) != 1 or "" in values:
            what = f"its files have {'different' if len(values) > 1 else 'no'} {keyword}"
            raise _refused(series, what, "export it again from the archive")
    return headers, frames


def _read(path: Any, series: DicomSeries) -> Any:
    import pydicom

    try:
        header = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        header.remove_private_tags()
        header.decode()
    except Exception as error:  # noqa: BLE001 - pydicom raises anything on odd values, which the message would quote
        raise _refused(series, "a header cannot be read whole", "export it again from the archive") from error
    for keyword in _NEEDED:
        if not header.get(keyword):
            raise _refused(series, f"a file has no {keyword}", "export it again from the archive")
    for keyword in _MAY_BE_EMPTY:
        if keyword not in header:
            setattr(header, keyword, None)
    header.SpecificCharacterSet = UTF8
    return header


def _refused(series: DicomSeries, what: str, remedy: str) -> RefusedInput:
    return RefusedInput(what=what, where=f"series {series.number} of {series.total}", remedy=remedy)
