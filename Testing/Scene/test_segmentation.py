"""Segmentation and label-map nodes on real MRML."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import slicer
import vtk
from support.output_folder import invented_patient

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import LABELS
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.scene.segmentation import label_map_from_segmentation, label_map_node, segmentation_node
from GliomaRadiomicsLib.scene.volumes import array_to_matrix, volume_from_node


@pytest.fixture(scope="module")
def labels() -> Volume:
    return invented_patient()[1]


def test_segments_have_brats_names_colours_values_and_terminology(scene: Any, labels: Volume) -> None:
    segmentation = segmentation_node(scene, labels, "tumour").GetSegmentation()
    segments = [segmentation.GetNthSegment(index) for index in range(segmentation.GetNumberOfSegments())]
    assert [segment.GetName() for segment in segments] == ["NCR/NET", "ED", "ET"]
    assert [segment.GetLabelValue() for segment in segments] == [1, 2, 4]
    for segment, label in zip(segments, LABELS, strict=True):
        assert segment.GetColor() == pytest.approx(label.colour)
    parts = segments[1].GetTerminology().split("~")
    assert parts[1] == "SCT^49755003^Morphologically Altered Structure"
    assert parts[2] == "SCT^79654002^Edema"
    assert parts[5] == "SCT^12738006^Brain"
    assert len(parts) == 7


def test_the_surface_encloses_the_tumour(scene: Any, labels: Volume) -> None:
    node = segmentation_node(scene, labels, "tumour")
    surface = vtk.vtkPolyData()
    node.GetClosedSurfaceRepresentation("ED", surface)
    bounds = np.array(surface.GetBounds()).reshape(3, 2)
    inside = np.argwhere(labels.array == 2)
    ras = np.c_[inside, np.ones(len(inside))] @ labels.affine.T
    slack = max(labels.spacing)
    np.testing.assert_allclose(bounds[:, 0], ras[:, :3].min(axis=0), atol=slack)
    np.testing.assert_allclose(bounds[:, 1], ras[:, :3].max(axis=0), atol=slack)


def test_there_and_back(scene: Any, labels: Volume) -> None:
    node = segmentation_node(scene, labels, "tumour", surface=False)
    back = label_map_from_segmentation(node, labels)
    np.testing.assert_array_equal(back.array, labels.array)


def test_edited_renamed_and_moved_segments_are_found(scene: Any, labels: Volume) -> None:
    node = segmentation_node(scene, labels, "tumour", surface=False)
    segmentation = node.GetSegmentation()
    copy = slicer.vtkSegment()
    copy.DeepCopy(segmentation.GetSegment("ED"))
    segmentation.RemoveSegment("ED")
    copy.SetName("Peritumoural oedema")
    segmentation.AddSegment(copy, "Segment_9")
    shift = np.eye(4)
    shift[2, 3] = labels.spacing[2] * 2
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transform.SetMatrixTransformToParent(array_to_matrix(shift))
    node.SetAndObserveTransformNodeID(transform.GetID())
    back = label_map_from_segmentation(node, Volume(labels.array, shift @ labels.affine))
    np.testing.assert_array_equal(back.array, labels.array)


def test_segments_of_other_names_are_refused(scene: Any, labels: Volume) -> None:
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "liver")
    node.GetSegmentation().AddEmptySegment("liver", "liver")
    with pytest.raises(RefusedInput, match="NCR/NET"):
        label_map_from_segmentation(node, labels)


def test_no_tumour_gives_three_empty_segments(scene: Any, labels: Volume) -> None:
    empty = labels.with_array(np.zeros_like(labels.array))
    node = segmentation_node(scene, empty, "nothing")
    assert node.GetSegmentation().GetNumberOfSegments() == 3
    assert not label_map_from_segmentation(node, labels).array.any()


def test_the_label_map_node_has_its_own_colour_table(scene: Any, labels: Volume) -> None:
    node, table = label_map_node(scene, labels, "labels")
    assert node.IsA("vtkMRMLLabelMapVolumeNode")
    assert node.GetDisplayNode().GetColorNode() is table
    np.testing.assert_array_equal(volume_from_node(node).array, labels.array)
    colour = [0.0] * 4
    for label in LABELS:
        table.GetColor(label.value, colour)
        assert colour == pytest.approx([*label.colour, 1.0], abs=1 / 255)
    assert table.GetColorName(1) == "NCR/NET"


def test_other_label_values_are_refused(scene: Any, labels: Volume) -> None:
    with pytest.raises(RefusedInput, match="found 3"):
        segmentation_node(scene, labels.with_array(np.where(labels.array == 4, 3, labels.array)), "other")
