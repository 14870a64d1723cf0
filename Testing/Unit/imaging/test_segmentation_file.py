"""Outlines as 3D Slicer saves them: segments by name, overlapping ones as layers."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 - its usual name

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.itk import to_itk
from GliomaRadiomicsLib.imaging.segmentation_file import read_outline

NCR, ED, ET = 1, 2, 4


def test_a_segmentation_of_slicer_is_read_by_the_names_of_its_segments(tmp_path: Path) -> None:
    array = np.zeros((8, 9, 10), np.uint8)
    array[2:6, 2:6, 2:6], array[3:5, 3:5, 3:5] = 1, 2
    image = to_itk(Volume(array, np.diag([-1.0, -1.0, 1.0, 1.0])))
    for number, (name, value) in enumerate((("ET", 1), ("Necrosis", 2))):
        for key, text in (("Name", name), ("LabelValue", str(value)), ("Layer", "0")):
            image.SetMetaData(f"Segment{number}_{key}", text)
    path = tmp_path / "corrected.seg.nrrd"
    sitk.WriteImage(image, str(path), useCompression=True)
    read = read_outline(path)
    assert (int((read.array == ET).sum()), int((read.array == NCR).sum())) == (64 - 8, 8)
    image.SetMetaData("Segment1_Name", "Vessels")
    sitk.WriteImage(image, str(path))
    with pytest.raises(RefusedInput, match=r"Vessels.*name the segments NCR/NET, ED and ET"):
        read_outline(path)


def test_overlapping_segments_of_slicer_are_layers(tmp_path: Path) -> None:
    whole, core = np.zeros((6, 6, 6), np.uint8), np.zeros((6, 6, 6), np.uint8)
    whole[1:5, 1:5, 1:5], core[2:4, 2:4, 2:4] = 1, 1
    layers = [to_itk(Volume(one, np.eye(4))) for one in (whole, core)]
    image = sitk.Compose(layers)
    for number, name in enumerate(("Edema", "Enhancing tumor")):
        for key, text in (("Name", name), ("LabelValue", "1"), ("Layer", str(number))):
            image.SetMetaData(f"Segment{number}_{key}", text)
    path = tmp_path / "overlap.seg.nrrd"
    sitk.WriteImage(image, str(path))
    read = read_outline(path)
    assert (int((read.array == ED).sum()), int((read.array == ET).sum())) == (64 - 8, 8)
    plain = tmp_path / "plain.nrrd"
    shutil.copy(path, plain)
    assert np.array_equal(read_outline(plain).array, read.array)
