"""Exported objects read back with pydicom alone, in patient space."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from matplotlib.path import Path as Outline


def segments_in_space(path: Path) -> dict[str, set[tuple[int, int, int]]]:
    """Centres of the voxels of every segment by label, RAS in hundredths of mm, from the headers of its own frames."""
    data = pydicom.dcmread(path)
    names = {int(one.SegmentNumber): one.SegmentLabel for one in data.SegmentSequence}
    shared = data.SharedFunctionalGroupsSequence[0]
    found: dict[str, set[tuple[int, int, int]]] = {name: set() for name in names.values()}
    for pixels, frame in zip(_frames(data), data.PerFrameFunctionalGroupsSequence, strict=True):

        def group(name: str, frame: Any = frame) -> Any:
            return (frame.get(name) or shared.get(name))[0]

        start = np.array(group("PlanePositionSequence").ImagePositionPatient, float)
        row, column = np.array(group("PlaneOrientationSequence").ImageOrientationPatient, float).reshape(2, 3)
        between_rows, between_columns = map(float, group("PixelMeasuresSequence").PixelSpacing)
        rows, columns = np.nonzero(pixels)
        places = start + columns[:, None] * row * between_columns + rows[:, None] * column * between_rows
        name = names[int(group("SegmentIdentificationSequence").ReferencedSegmentNumber)]
        found[name] |= in_hundredths(places * (-1, -1, 1))
    return found


def in_hundredths(places: np.ndarray) -> set[tuple[int, int, int]]:
    return {tuple(place) for place in np.rint(places * 100).astype(int).tolist()}


def _frames(data: Any) -> np.ndarray:
    pixels = data.pixel_array
    return pixels if pixels.ndim == 3 else pixels[None]


def filled(path: Path, affine: np.ndarray, shape: tuple[int, int, int]) -> dict[str, np.ndarray]:
    """Masks from the contours of a structure set: voxels whose centre lies inside, overlapping contours by XOR."""
    data = pydicom.dcmread(path)
    names = {int(one.ROINumber): one.ROIName for one in data.StructureSetROISequence}
    into = np.linalg.inv(affine)
    centres = np.stack(np.meshgrid(np.arange(shape[0]), np.arange(shape[1]), indexing="ij"), -1).reshape(-1, 2)
    masks = {}
    for roi in data.ROIContourSequence:
        mask = np.zeros(shape, bool)
        for contour in roi.ContourSequence:
            places = np.array(contour.ContourData, float).reshape(-1, 3) * (-1, -1, 1)
            index = places @ into[:3, :3].T + into[:3, 3]
            assert np.ptp(index[:, 2]) < 1e-3
            assert len(index) == contour.NumberOfContourPoints
            inside = Outline(np.concatenate([index[:, :2], index[:1, :2]]), closed=True).contains_points(centres)
            mask[:, :, round(index[0, 2])] ^= inside.reshape(shape[:2])
        masks[names[int(roi.ReferencedROINumber)]] = mask
    return masks


def items(content: Any) -> Iterator[Any]:
    """Every content item of a report, depth first."""
    for item in content.get("ContentSequence", []):
        yield item
        yield from items(item)


def groups(report: Any) -> dict[str, dict[str, Any]]:
    """Measurement groups by tracking identifier: numbers with unit, codes and comments by name."""
    found = {}
    for item in items(report):
        if _name(item) != "Measurement Group":
            continue
        group: dict[str, Any] = {"comments": [], "images": []}
        for one in item.ContentSequence:
            if one.ValueType == "NUM":
                value = one.MeasuredValueSequence[0]
                unit = value.MeasurementUnitsCodeSequence[0].CodeValue
                group[_name(one)] = (float(value.NumericValue), unit)
            elif one.ValueType == "CODE":
                group[_name(one)] = one.ConceptCodeSequence[0].CodeMeaning
            elif _name(one) == "Comment":
                group["comments"].append(one.TextValue)
            elif one.ValueType == "TEXT":
                group[_name(one)] = one.TextValue
            elif one.ValueType == "IMAGE":
                group["images"].append(one.ReferencedSOPSequence[0])
        found[group["Tracking Identifier"]] = group
    return found


def _name(item: Any) -> str:
    return item.ConceptNameCodeSequence[0].CodeMeaning if "ConceptNameCodeSequence" in item else ""
