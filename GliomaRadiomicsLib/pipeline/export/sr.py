"""The findings as a DICOM structured report of the template TID 1500."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from GliomaRadiomicsLib.core.labels import BRAIN, LABELS, REGION_NAMES, REGIONS
from GliomaRadiomicsLib.core.version import VERSION
from GliomaRadiomicsLib.pipeline.export import made_by
from GliomaRadiomicsLib.pipeline.export.made_by import coded
from GliomaRadiomicsLib.pipeline.export.outcome import Outcome
from GliomaRadiomicsLib.pipeline.export.source import Source
from GliomaRadiomicsLib.pipeline.export.statements import Statement, own_code, statements
from GliomaRadiomicsLib.reports.wording import CORRECTED, NOTICE

_COMMENT = ("DCM", "121106", "Comment")
_DEVICE = ("DCM", "121007", "Device")
_VOLUME = ("SCT", "118565006", "Volume")
_MILLILITRE = ("UCUM", "mL", "milliliter")
_REPORT = ("DCM", "126000", "Imaging Measurement Report")
_MRI_HEAD = ("LN", "24590-2", "MR Brain")
_OUTLINE = {
    "AUTOMATIC": "automatic: check it before use",
    "SEMIAUTOMATIC": CORRECTED,
    "MANUAL": "given with the images",
}
_REGION_TYPES = {label.key: label.type for label in LABELS}


def measurement_report(outcome: Outcome, source: Source, segmentation: Any = None) -> Any:
    """A data set of the class Enhanced SR Storage, with the patient and study of the source; unverified.

    Args:
        outcome: The result.
        source: The series that the outline was drawn on.
        segmentation: A `segmentation_object` of the same result; the volumes of its segments then refer to it.

    Raises:
        RefusedInput: If highdicom is missing.
    """
    hd = made_by.highdicom()
    from highdicom.coding_schemes import CodingSchemeIdentificationItem
    from highdicom.sr import EnhancedSR, MeasurementReport

    groups = [*_volumes(outcome, source, segmentation), *(_group(one, outcome, source) for one in statements(outcome))]
    content = MeasurementReport(
        observation_context=_observer(hd),
        procedure_reported=coded(_MRI_HEAD),
        imaging_measurements=groups,
        title=coded(_REPORT),
    )
    content[0].ContentSequence.append(_comment(NOTICE))
    evidence = [*source.headers, *([segmentation] if segmentation is not None else [])]
    return EnhancedSR(
        evidence=evidence,
        content=content[0],
        series_instance_uid=hd.UID(),
        series_number=made_by.SERIES_NUMBERS["SR"],
        sop_instance_uid=hd.UID(),
        instance_number=1,
        series_description=made_by.description(outcome),
        is_complete=True,
        is_verified=False,
        coding_schemes=[CodingSchemeIdentificationItem(made_by.SCHEME, name=made_by.PRODUCT, version=VERSION)],
        **made_by.equipment(),
    )


def _observer(hd: Any) -> Any:
    from highdicom.sr import DeviceObserverIdentifyingAttributes, ObservationContext, ObserverContext

    identity = DeviceObserverIdentifyingAttributes(
        uid=hd.UID(), name=made_by.PRODUCT, manufacturer_name=made_by.MAKER, model_name=f"{made_by.PRODUCT} {VERSION}"
    )
    return ObservationContext(observer_device_context=ObserverContext(coded(_DEVICE), identity))


def _volumes(outcome: Outcome, source: Source, segmentation: Any) -> list[Any]:
    """A group for the volume of every region; enhancing tumour that no image could show is no 0 ml."""
    result = outcome.result.segmentation
    assert result is not None
    unseen = {"ET"} if result.sequences_used and "t1ce" not in result.sequences_used else set()
    return [
        _region(region, volume, outcome, source, segmentation)
        for region, volume in result.volumes_ml.items()
        if region in REGIONS and region not in unseen
    ]


def _region(region: str, volume_ml: float, outcome: Outcome, source: Source, segmentation: Any) -> Any:
    from highdicom.sr import FindingSite, Measurement, ReferencedSegment, TrackingIdentifier
    from highdicom.sr import MeasurementsAndQualitativeEvaluations as Plain
    from highdicom.sr import VolumetricROIMeasurementsAndQualitativeEvaluations as OfRegion

    name, version = made_by.outline_algorithm(outcome)
    common: dict[str, Any] = {
        "tracking_identifier": TrackingIdentifier(outcome.tracking_uid(region), f"Glioma {region.replace('_', '/')}"),
        "finding_type": coded(_REGION_TYPES.get(region) or own_code(REGION_NAMES[region])),
        "finding_sites": [FindingSite(coded(BRAIN))],
        "measurements": [Measurement(coded(_VOLUME), float(volume_ml), coded(_MILLILITRE))],
        "algorithm_id": _algorithm(name, version) if outcome.generation != "MANUAL" else None,
    }
    numbers = {label.key: number for number, label in enumerate(outcome.labels, start=1)}
    if segmentation is not None and region in numbers:
        referenced = ReferencedSegment.from_segmentation(segmentation, numbers[region])
        group: Any = OfRegion(referenced_segment=referenced, **common)
    else:
        images = _images(source, source.slices_with(REGIONS[region]))
        group = Plain(source_images=images or None, **common)
    how = _OUTLINE[outcome.generation]
    group[0].ContentSequence.append(_comment(f"{REGION_NAMES[region]}. The outline is {how}."))
    return group


def _group(one: Statement, outcome: Outcome, source: Source) -> Any:
    from highdicom.sr import (
        FindingSite,
        Measurement,
        MeasurementsAndQualitativeEvaluations,
        QualitativeEvaluation,
        TrackingIdentifier,
    )

    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(outcome.tracking_uid(one.key), one.key),
        finding_type=coded(one.finding),
        finding_sites=[FindingSite(coded(BRAIN))],
        algorithm_id=_algorithm(*made_by.name_and_version(one.model)),
        measurements=[Measurement(coded(name), float(value), coded(unit)) for name, value, unit in one.numbers] or None,
        qualitative_evaluations=[QualitativeEvaluation(coded(name), coded(value)) for name, value in one.answers],
    )
    for text in one.comments:
        group[0].ContentSequence.append(_comment(text))
    return group


def _images(source: Source, slices: Sequence[int]) -> list[Any]:
    from highdicom.sr import SourceImageForMeasurementGroup

    frames = [source.frames[index] + 1 for index in slices] if source.frames else None
    if frames:
        first = source.first
        return [SourceImageForMeasurementGroup(first.SOPClassUID, first.SOPInstanceUID, frames)]
    headers = [source.header_of(index) for index in slices]
    return [SourceImageForMeasurementGroup(one.SOPClassUID, one.SOPInstanceUID) for one in headers]


def _algorithm(name: str, version: str) -> Any:
    from highdicom.sr import AlgorithmIdentification

    return AlgorithmIdentification(name=name, version=version, manufacturer=made_by.MAKER)


def _comment(text: str) -> Any:
    from highdicom.sr import TextContentItem

    return TextContentItem(coded(_COMMENT), text, relationship_type="CONTAINS")
