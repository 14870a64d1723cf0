"""Outlines as programs save them: label maps, and Slicer's ``.seg.nrrd``, whose segments are told by their names."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813 - its usual name

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import ED, ET, LABELS, NCR_NET
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.cases import as_label_map
from GliomaRadiomicsLib.imaging.files import read_mask, read_volume

_PAINT_ORDER = (ED, NCR_NET, ET)
_NAMES = {
    ED: ("ed", "oedema", "edema", "peritumoraledema"),
    NCR_NET: ("ncr", "net", "ncrnet", "necrosis"),
    ET: ("et", "enhancing", "enhancingtumor"),
}
_REMEDY = "name the segments NCR/NET, ED and ET, or save the outline as a label map with 1, 2 and 4"


def read_outline(path: Path) -> Volume:
    """A tumour outline as 0/1/2/4 label map.

    Args:
        path: An image file as for `imaging.files.read_volume`, or a ``.seg.nrrd`` of 3D Slicer; there the segments are
            recognised by name, and where they overlap ET goes before NCR/NET before ED.

    Raises:
        RefusedInput: If it cannot be read, or its labels or segments are not those of a tumour outline.
    """
    segments = _segments(path) if path.name.lower().endswith(".nrrd") else []
    if not segments:
        return as_label_map(read_volume(path, "corrected outline"), where=path.name)
    found = {value: one for one in segments if (value := _label(one["Name"])) is not None}
    unknown = [one["Name"] for one in segments if _label(one["Name"]) is None]
    if unknown or len(found) < len(segments):
        what = "segments that are no part of the tumour" if unknown else "two segments of the same name"
        raise RefusedInput(what=what, where=path.name, found=", ".join(one["Name"] for one in segments), remedy=_REMEDY)
    layers = {layer: read_mask(path, layer) for layer in {int(one["Layer"]) for one in segments}}
    first = next(iter(layers.values()))
    labels = np.zeros(first.shape, dtype=np.uint8)
    for value in _PAINT_ORDER:
        if value in found:
            labels[layers[int(found[value]["Layer"])].array == int(found[value]["LabelValue"])] = value
    return first.with_array(labels, name="corrected outline")


def _segments(path: Path) -> list[dict[str, str]]:
    """Name, layer and label value of each segment that the header lists; none for other files."""
    reader = sitk.ImageFileReader()
    reader.SetImageIO("NrrdImageIO")
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError:
        return []
    found: dict[str, dict[str, str]] = {}
    for key in reader.GetMetaDataKeys():
        match = re.fullmatch(r"Segment(\d+)_(Name|Layer|LabelValue)", key)
        if match:
            found.setdefault(match[1], {"Name": "", "Layer": "0", "LabelValue": "1"})[match[2]] = reader.GetMetaData(
                key
            )
    return [found[number] for number in sorted(found, key=int)]


def _label(name: str) -> int | None:
    """The label that a segment's name says, or None."""
    said = re.sub(r"[^a-z]", "", name.lower())
    for label in LABELS:
        own = {re.sub(r"[^a-z]", "", text.lower()) for text in (label.key, label.name)}
        if said in own or said in _NAMES[label.value]:
            return label.value
    return None
