"""The outline as a DICOM segmentation object: a binary segment for every label that occurs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.labels import BRAIN, TumourLabel
from GliomaRadiomicsLib.pipeline.export import made_by
from GliomaRadiomicsLib.pipeline.export.made_by import coded
from GliomaRadiomicsLib.pipeline.export.outcome import Outcome
from GliomaRadiomicsLib.pipeline.export.source import Source

_NOTICE = "Research use only. Not a medical device."
"""The first words of the usual notice; DICOM allows 64 characters here."""

_LEARNED = ("DCM", "123110", "Artificial Intelligence")


def segmentation_object(outcome: Outcome, source: Source) -> Any:
    """A data set of the class Segmentation Storage, with the patient and study of the source.

    Labels that do not occur have no segment.

    Raises:
        RefusedInput: If highdicom is missing.
    """
    hd = made_by.highdicom()
    from highdicom.seg import Segmentation

    labels = outcome.labels
    return Segmentation(
        source_images=list(source.headers),
        pixel_array=_frames(source, labels),
        segmentation_type="BINARY",
        segment_descriptions=[_description(number, label, outcome) for number, label in enumerate(labels, start=1)],
        series_instance_uid=hd.UID(),
        series_number=made_by.SERIES_NUMBERS["SEG"],
        sop_instance_uid=hd.UID(),
        instance_number=1,
        device_serial_number="none",
        content_label="GLIOMA",
        content_description=_NOTICE,
        series_description=made_by.description(outcome),
        **made_by.equipment(),
    )


def _frames(source: Source, labels: list[TumourLabel]) -> npt.NDArray[np.uint8]:
    """Segment numbers ``(frame, row, column)`` of all frames of the source, in the order of its headers."""
    numbers = np.zeros(max(label.value for label in labels) + 1, np.uint8)
    for number, label in enumerate(labels, start=1):
        numbers[label.value] = number
    slices = numbers[source.labels].transpose(2, 1, 0)
    if not source.frames:
        return slices
    frames = np.zeros((int(source.first.NumberOfFrames), *slices.shape[1:]), np.uint8)
    frames[list(source.frames)] = slices
    return frames


def _description(number: int, label: TumourLabel, outcome: Outcome) -> Any:
    from highdicom import AlgorithmIdentificationSequence
    from highdicom.color import CIELabColor
    from highdicom.seg import SegmentDescription

    name, version = made_by.outline_algorithm(outcome)
    algorithm = AlgorithmIdentificationSequence(
        name=made_by.shortened(name), family=coded(_LEARNED), version=version, source=made_by.MAKER
    )
    return SegmentDescription(
        segment_number=number,
        segment_label=label.short_name,
        segmented_property_category=coded(label.category),
        segmented_property_type=coded(label.type),
        algorithm_type=outcome.generation,
        algorithm_identification=None if outcome.generation == "MANUAL" else algorithm,
        tracking_uid=outcome.tracking_uid(label.key),
        tracking_id=f"Glioma {label.short_name}",
        anatomic_regions=[coded(BRAIN)],
        display_color=CIELabColor.from_rgb(*(255 * part for part in label.colour)),
    )
