"""Small DICOM series for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.dicom.scan import scan_folder
from GliomaRadiomicsLib.imaging.dicom.series import DicomSeries, series_of

LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def box(seed: int = 0, low: int = 0, shape: tuple[int, int, int] = (14, 11, 12), affine: Any = None) -> Volume:
    """Noise on an ordinary or the given grid."""
    array = np.random.default_rng(seed).integers(low, 900, shape).astype(np.int16)
    return Volume(array, np.diag([-0.9, -0.8, 3.0, 1.0]) if affine is None else affine)


def only_series(folder: Path) -> DicomSeries:
    (series,) = series_of(scan_folder(folder))
    return series


def edit(paths: Iterable[Path], change: Callable[[Any, int], None]) -> None:
    """Change the header of files that are there."""
    for number, path in enumerate(paths):
        data = pydicom.dcmread(path)
        change(data, number)
        data.save_as(path)


def write_enhanced(volume: Volume, path: Path) -> None:
    """One Enhanced MR file, frames in reversed order, slope 2 and intercept 5 in the shared groups."""
    data = Dataset()
    data.SOPClassUID, data.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.4.1", generate_uid()
    data.StudyInstanceUID, data.SeriesInstanceUID = generate_uid(), generate_uid()
    data.Modality, data.SeriesDescription, data.ImageType = "MR", "T1w", ["ORIGINAL", "PRIMARY", "T1", "NONE"]
    data.Rows, data.Columns, data.NumberOfFrames = volume.shape[1], volume.shape[0], volume.shape[2]
    data.SamplesPerPixel, data.PhotometricInterpretation, data.PixelRepresentation = 1, "MONOCHROME2", 1
    data.BitsAllocated, data.BitsStored, data.HighBit = 16, 16, 15
    lps, spacing = LPS @ volume.affine, volume.spacing
    turn, measures, values, shared = Dataset(), Dataset(), Dataset(), Dataset()
    turn.ImageOrientationPatient = [f"{x:.10g}" for x in np.concatenate([lps[:3, 0], lps[:3, 1]])]
    turn.ImageOrientationPatient = [
        f"{x:.12g}" for x in np.concatenate([lps[:3, 0] / spacing[0], lps[:3, 1] / spacing[1]])
    ]
    measures.PixelSpacing, measures.SliceThickness = [f"{spacing[1]:.12g}", f"{spacing[0]:.12g}"], str(spacing[2])[:16]
    values.RescaleSlope, values.RescaleIntercept, values.RescaleType = "2", "5", "US"
    shared.PlaneOrientationSequence, shared.PixelMeasuresSequence = [turn], [measures]
    shared.PixelValueTransformationSequence = [values]
    data.SharedFunctionalGroupsSequence = [shared]
    frames = []
    for index in reversed(range(volume.shape[2])):
        frame, place = Dataset(), Dataset()
        place.ImagePositionPatient = [f"{x:.12g}" for x in lps[:3, 3] + index * lps[:3, 2]]
        frame.PlanePositionSequence = [place]
        frames.append(frame)
    data.PerFrameFunctionalGroupsSequence = frames
    data.PixelData = np.ascontiguousarray(volume.array[:, :, ::-1].transpose(2, 1, 0)).astype("<i2").tobytes()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    data.save_as(path, enforce_file_format=True)
