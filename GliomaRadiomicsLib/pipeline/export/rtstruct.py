"""The outline as a DICOM RT structure set: closed planar contours for every region."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np

from GliomaRadiomicsLib.core.labels import LABELS, REGION_NAMES, REGIONS
from GliomaRadiomicsLib.core.version import VERSION
from GliomaRadiomicsLib.pipeline.export import made_by
from GliomaRadiomicsLib.pipeline.export.contours import closed_contours
from GliomaRadiomicsLib.pipeline.export.headers import PATIENT_AND_STUDY, UTF8
from GliomaRadiomicsLib.pipeline.export.outcome import Outcome
from GliomaRadiomicsLib.pipeline.export.source import Source
from GliomaRadiomicsLib.reports.wording import NOTICE

RT_STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"
_STUDY_COMPONENT = "1.2.840.10008.3.1.2.3.1"
_COLOURS = {label.key: label.colour for label in LABELS} | {"WT": (0.0, 0.6, 1.0), "TC": (1.0, 0.5, 0.0)}


def structure_set(outcome: Outcome, source: Source) -> Any:
    """A data set of the class RT Structure Set Storage, with the patient and study of the source.

    Regions without a voxel are left out.
    """
    regions = [region for region, values in REGIONS.items() if source.slices_with(values)]
    data = _document(source, outcome)
    data.ReferencedFrameOfReferenceSequence = [_frame_of_reference(source)]
    data.StructureSetROISequence = [_roi(n, region, source, outcome) for n, region in enumerate(regions, start=1)]
    data.ROIContourSequence = [_contours(n, region, source) for n, region in enumerate(regions, start=1)]
    data.RTROIObservationsSequence = [_observation(n, region) for n, region in enumerate(regions, start=1)]
    data.ApprovalStatus = "UNAPPROVED"
    return data


def _document(source: Source, outcome: Outcome) -> Any:
    """Everything but the structures."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    now = datetime.now()
    date, time = now.strftime("%Y%m%d"), now.strftime("%H%M%S")
    data = Dataset()
    data.SpecificCharacterSet = UTF8
    for keyword in PATIENT_AND_STUDY:
        if keyword in source.first:
            data[keyword] = source.first[keyword]
    data.SOPClassUID, data.SOPInstanceUID = RT_STRUCTURE_SET, generate_uid()
    data.Modality, data.SeriesInstanceUID = "RTSTRUCT", generate_uid()
    data.SeriesNumber, data.InstanceNumber = made_by.SERIES_NUMBERS["RTSTRUCT"], 1
    data.SeriesDescription, data.OperatorsName = made_by.description(outcome), None
    data.SeriesDate = data.InstanceCreationDate = data.StructureSetDate = date
    data.SeriesTime = data.InstanceCreationTime = data.StructureSetTime = time
    data.Manufacturer, data.ManufacturerModelName, data.SoftwareVersions = made_by.MAKER, made_by.PRODUCT, VERSION
    data.StructureSetLabel, data.StructureSetName = "GLIOMA", made_by.description(outcome)
    data.StructureSetDescription = NOTICE
    data.FrameOfReferenceUID, data.PositionReferenceIndicator = source.first.FrameOfReferenceUID, None
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    return data


def _frame_of_reference(source: Source) -> Any:
    from pydicom.dataset import Dataset

    series, study, frame = Dataset(), Dataset(), Dataset()
    series.SeriesInstanceUID = source.first.SeriesInstanceUID
    series.ContourImageSequence = [_image(source, index) for index in range(source.labels.shape[2])]
    study.ReferencedSOPClassUID, study.ReferencedSOPInstanceUID = _STUDY_COMPONENT, source.first.StudyInstanceUID
    study.RTReferencedSeriesSequence = [series]
    frame.FrameOfReferenceUID = source.first.FrameOfReferenceUID
    frame.RTReferencedStudySequence = [study]
    return frame


def _image(source: Source, index: int) -> Any:
    """A reference to the image of a slice."""
    from pydicom.dataset import Dataset

    header, image = source.header_of(index), Dataset()
    image.ReferencedSOPClassUID, image.ReferencedSOPInstanceUID = header.SOPClassUID, header.SOPInstanceUID
    if source.frames:
        image.ReferencedFrameNumber = source.frames[index] + 1
    return image


def _roi(number: int, region: str, source: Source, outcome: Outcome) -> Any:
    from pydicom.dataset import Dataset

    roi = Dataset()
    roi.ROINumber, roi.ROIName, roi.ROIDescription = number, region.replace("_", "/"), REGION_NAMES[region]
    roi.ReferencedFrameOfReferenceUID = source.first.FrameOfReferenceUID
    roi.ROIGenerationAlgorithm = outcome.generation
    if outcome.generation != "MANUAL":
        roi.ROIGenerationDescription = made_by.shortened(" ".join(made_by.outline_algorithm(outcome)))
    return roi


def _contours(number: int, region: str, source: Source) -> Any:
    from pydicom.dataset import Dataset

    found = []
    for index in source.slices_with(REGIONS[region]):
        mask = np.isin(source.labels[:, :, index], REGIONS[region])
        found += [_contour(polygon, index, source) for polygon in closed_contours(mask)]
    item = Dataset()
    item.ReferencedROINumber = number
    item.ROIDisplayColor = [round(255 * part) for part in _COLOURS[region]]
    item.ContourSequence = found
    return item


def _contour(polygon: Any, index: int, source: Source) -> Any:
    from pydicom.dataset import Dataset

    flat = np.column_stack([polygon, np.full(len(polygon), index), np.ones(len(polygon))])
    places = (flat @ source.affine.T)[:, :3] * (-1, -1, 1)
    contour = Dataset()
    contour.ContourGeometricType, contour.NumberOfContourPoints = "CLOSED_PLANAR", len(places)
    contour.ContourData = [f"{value:.4f}" for value in places.ravel()]
    contour.ContourImageSequence = [_image(source, index)]
    return contour


def _observation(number: int, region: str) -> Any:
    from pydicom.dataset import Dataset

    item = Dataset()
    item.ObservationNumber = item.ReferencedROINumber = number
    item.ROIObservationLabel, item.RTROIInterpretedType, item.ROIInterpreter = region, None, None
    return item
