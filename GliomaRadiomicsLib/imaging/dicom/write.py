"""Volumes to DICOM series: MR Image Storage, one file per slice, fresh UIDs and no patient."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume

RSNA_FOLDERS = {"flair": "FLAIR", "t1": "T1w", "t1ce": "T1wCE", "t2": "T2w"}
"""Folder of each sequence in the layout of the RSNA-MICCAI challenge: ``CASE/FOLDER/Image-1.dcm``."""

Compression = Literal["", "rle", "jpeg", "jpeg2000"]
_MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
_MOST = 32767
_SQUARE = 1e-4
_EMPTY = (
    *("StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName", "PatientName", "PatientID", "StudyID"),
    *("PatientBirthDate", "PatientSex", "Manufacturer", "PatientPosition", "PositionReferenceIndicator"),
    *("ScanOptions", "RepetitionTime", "EchoTime", "EchoTrainLength", "InversionTime", "Laterality"),
)
_TIMES: dict[str, dict[str, Any]] = {
    "flair": {"EchoTime": 120, "RepetitionTime": 9000, "InversionTime": 2500, "ScanningSequence": ["SE", "IR"]},
    "t1": {"EchoTime": 10, "RepetitionTime": 600},
    "t1ce": {"EchoTime": 10, "RepetitionTime": 600, "ContrastBolusAgent": "YES"},
    "t2": {"EchoTime": 100, "RepetitionTime": 4000},
}


@dataclass(frozen=True)
class Study:
    """UIDs that the series of one patient share; fresh ones by default."""

    study: str = field(default_factory=lambda: _uid())
    frame_of_reference: str = field(default_factory=lambda: _uid())


def write_case(
    volumes: Mapping[str, Volume],
    folder: str | Path,
    *,
    shuffle: int | None = None,
    compression: Compression = "",
    tags: Mapping[str, Any] | None = None,
) -> Path:
    """Write sequences in the RSNA-MICCAI layout with the descriptions and times usual for each.

    Args:
        volumes: By role (t1, t1ce, t2, flair).
        folder: Of the case; made if missing.
        shuffle: See `write_series`.
        compression: See `write_series`.
        tags: See `write_series`; for all sequences.

    Returns:
        ``folder``.
    """
    study = Study()
    for number, (role, volume) in enumerate(volumes.items(), start=1):
        place = RSNA_FOLDERS[role]
        own = {"SeriesDescription": place, **_TIMES[role], **(tags or {})}
        target = Path(folder) / place
        write_series(volume, target, study=study, number=number, shuffle=shuffle, compression=compression, tags=own)
    return Path(folder)


def write_series(
    volume: Volume,
    folder: str | Path,
    *,
    study: Study | None = None,
    number: int = 1,
    shuffle: int | None = None,
    compression: Compression = "",
    tags: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Write a volume as DICOM series ``Image-1.dcm`` ... along its third axis.

    Whole numbers that fit are stored as they are; others as int16 with a slope, which keeps 0 exact and others to
    1/65534 of the largest magnitude.

    Args:
        volume: Of finite numbers; its axes at right angles.
        folder: Made if missing.
        study: Shared with other series of the patient.
        number: Series number.
        shuffle: Seed to number the files in random order, as anonymisers do; None for the order of the slices.
        compression: Lossless transfer syntax: ``rle`` (pydicom), ``jpeg`` or ``jpeg2000`` (GDCM); empty for none.
        tags: Further attributes by DICOM keyword.

    Returns:
        The files, in the order of the slices.

    Raises:
        RefusedInput: If the volume has no right-angled axes or holds NaN or infinity.
    """
    stored, slope, intercept = _stored(volume)
    common = _common(volume, study or Study(), number, slope, intercept, dict(tags or {}))
    order = np.arange(volume.shape[2])
    if shuffle is not None:
        np.random.default_rng(shuffle).shuffle(order)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    lps = _LPS @ volume.affine
    paths = []
    for index in range(volume.shape[2]):
        slice_ = common(index)
        slice_.ImagePositionPatient = _decimals(lps[:3, 3] + index * lps[:3, 2])
        slice_.PixelData = np.ascontiguousarray(stored[:, :, index].T).astype("<i2").tobytes()
        _compress(slice_, compression)
        paths.append(folder / f"Image-{order[index] + 1}.dcm")
        slice_.save_as(paths[-1], enforce_file_format=True)
    return paths


def _uid() -> str:
    from pydicom.uid import generate_uid

    return str(generate_uid())


def _decimals(values: npt.NDArray[np.float64]) -> list[str]:
    """Numbers as DICOM decimal strings of at most 16 characters."""
    from pydicom.valuerep import format_number_as_ds

    return [format_number_as_ds(float(value)) for value in values]


def _stored(volume: Volume) -> tuple[npt.NDArray[np.int16], float, float]:
    array = volume.array
    if not np.isfinite(array).all():
        raise RefusedInput(what="NaN or infinite voxels", where=volume.name or None, remedy="replace them before")
    low, high = float(array.min()), float(array.max())
    if array.dtype.kind in "biu" and high - low <= 2 * _MOST + 1:
        shift = 0 if low >= -_MOST - 1 and high <= _MOST else int(low) + _MOST + 1
        return (array.astype(np.int64) - shift).astype(np.int16), 1.0, float(shift)
    slope = max(abs(low), abs(high)) / _MOST or 1.0
    slope = float(_decimals(np.array([slope]))[0])
    return np.clip(np.rint(array / slope), -_MOST, _MOST).astype(np.int16), slope, 0.0


def _common(volume: Volume, study: Study, number: int, slope: float, intercept: float, tags: dict[str, Any]) -> Any:
    """A maker of data sets that hold all but the place and the pixels of a slice."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    spacing = np.array(volume.spacing)
    direction = (_LPS @ volume.affine)[:3, :3] / spacing
    if np.abs(direction.T @ direction - np.eye(3)).max() > _SQUARE:
        what = "axes that are not at right angles cannot be written as DICOM"
        raise RefusedInput(what=what, where=volume.name or None, remedy="resample the image onto an ordinary grid")
    series = _uid()

    def make(index: int) -> Any:
        data = Dataset()
        for keyword in _EMPTY:
            setattr(data, keyword, None)
        data.SOPClassUID, data.SOPInstanceUID = _MR_IMAGE, _uid()
        data.StudyInstanceUID, data.SeriesInstanceUID = study.study, series
        data.FrameOfReferenceUID = study.frame_of_reference
        data.Modality, data.ImageType = "MR", ["ORIGINAL", "PRIMARY", "OTHER"]
        data.ScanningSequence, data.SequenceVariant, data.MRAcquisitionType = "SE", "NONE", "2D"
        data.SeriesNumber, data.InstanceNumber, data.PatientIdentityRemoved = number, index + 1, "YES"
        data.DeidentificationMethod = "written without patient"
        data.Rows, data.Columns = volume.shape[1], volume.shape[0]
        data.ImageOrientationPatient = _decimals(np.concatenate([direction[:, 0], direction[:, 1]]))
        data.PixelSpacing = _decimals(spacing[[1, 0]])
        data.SliceThickness = data.SpacingBetweenSlices = _decimals(spacing[2:])[0]
        data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
        data.BitsAllocated = data.BitsStored = 16
        data.HighBit, data.PixelRepresentation = 15, 1
        if (slope, intercept) != (1.0, 0.0):
            data.RescaleSlope, data.RescaleIntercept = _decimals(np.array([slope, intercept]))
            data.RescaleType = "US"
        for keyword, value in tags.items():
            setattr(data, keyword, value)
        data.file_meta = FileMetaDataset()
        data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
        data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
        return data

    return make


def _compress(data: Any, compression: Compression) -> None:
    if compression == "rle":
        from pydicom.uid import RLELossless

        data.compress(RLELossless, generate_instance_uid=False)
    elif compression:
        data.PixelData, data.file_meta.TransferSyntaxUID = _encoded(data, compression.upper())
        data["PixelData"].VR = "OB"
        data["PixelData"].is_undefined_length = True


def _encoded(data: Any, compressor: str) -> tuple[bytes, str]:
    """Pixels as GDCM encodes them, by way of a temporary file."""
    import pydicom
    import SimpleITK as sitk  # noqa: N813 - its usual name

    array = np.frombuffer(data.PixelData, "<i2").reshape(1, data.Rows, data.Columns)
    writer = sitk.ImageFileWriter()
    writer.SetUseCompression(True)
    writer.SetCompressor(compressor)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "slice.dcm"
        writer.SetFileName(str(path))
        writer.Execute(sitk.GetImageFromArray(array))
        written = pydicom.dcmread(path)
    return bytes(written.PixelData), str(written.file_meta.TransferSyntaxUID)
