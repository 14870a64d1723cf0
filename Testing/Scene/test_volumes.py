"""Volume nodes in and out on real MRML."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import slicer
import vtk
from support.output_folder import oblique_affine

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.scene import headless
from GliomaRadiomicsLib.scene.volumes import array_to_matrix, node_from_volume, volume_from_node

SHAPE, SPACING = (11, 13, 7), (0.9, 1.3, 5.0)


def ramp(dtype: str = "float32") -> Volume:
    array = np.arange(np.prod(SHAPE)).reshape(SHAPE) % 120
    return Volume(array.astype(dtype), oblique_affine(SHAPE, SPACING), "ramp")


def test_boot_again_gives_the_same_scene(scene: Any) -> None:
    assert headless.boot() is scene
    assert slicer.mrmlScene is scene
    assert not headless.is_desktop()


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64", "bool", "int64", ">i2"])
def test_there_and_back_keeps_voxels_and_oblique_geometry(scene: Any, dtype: str) -> None:
    volume = ramp(dtype)
    node = node_from_volume(scene, volume, "ramp")
    back = volume_from_node(node)
    np.testing.assert_array_equal(back.array, volume.array)
    np.testing.assert_allclose(back.affine, volume.affine, atol=1e-9)
    assert slicer.util.arrayFromVolume(node).shape == tuple(reversed(SHAPE))
    assert slicer.util.arrayFromVolume(node)[3, 5, 8] == volume.array[8, 5, 3]


def test_the_volume_is_a_copy(scene: Any) -> None:
    node = node_from_volume(scene, ramp(), "ramp")
    volume_from_node(node).array[:] = -1
    assert volume_from_node(node).array.min() == 0


def test_a_parent_transform_moves_the_volume_but_not_the_node(scene: Any) -> None:
    volume = ramp()
    node = node_from_volume(scene, volume, "ramp")
    move = oblique_affine((1, 1, 1), (1.0, 1.0, 1.0))
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transform.SetMatrixTransformToParent(array_to_matrix(move))
    node.SetAndObserveTransformNodeID(transform.GetID())
    np.testing.assert_allclose(volume_from_node(node).affine, move @ volume.affine, atol=1e-9)
    assert node.GetParentTransformNode() is transform
    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    assert matrix.GetElement(0, 3) == pytest.approx(volume.affine[0, 3])


def test_a_non_linear_transform_is_hardened_on_a_copy(scene: Any) -> None:
    volume = Volume(ramp().array, np.diag([2.0, 2.0, 2.0, 1.0]), "ramp")
    node = node_from_volume(scene, volume, "ramp")
    grid = vtk.vtkThinPlateSplineTransform()
    grid.SetBasisToR()
    source, target = vtk.vtkPoints(), vtk.vtkPoints()
    for corner in np.ndindex(2, 2, 2):
        point = np.array(corner) * 30.0
        source.InsertNextPoint(*point)
        target.InsertNextPoint(*(point + (0, 0, 4)))
    grid.SetSourceLandmarks(source)
    grid.SetTargetLandmarks(target)
    transform = scene.AddNewNodeByClass("vtkMRMLTransformNode")
    transform.SetAndObserveTransformToParent(grid)
    node.SetAndObserveTransformNodeID(transform.GetID())
    before = scene.GetNumberOfNodes()
    moved = volume_from_node(node)
    assert scene.GetNumberOfNodes() == before
    inside = (moved.affine @ [0, 0, 0, 1])[:3]
    assert moved.array.shape[2] >= 1
    assert np.isfinite(inside).all()
    assert not np.array_equal(moved.affine, volume.affine) or not np.array_equal(moved.array, volume.array)


def test_what_is_no_image_is_refused(scene: Any) -> None:
    with pytest.raises(RefusedInput, match="holds no image"):
        volume_from_node(scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "empty"))
    colours = scene.AddNewNodeByClass("vtkMRMLVectorVolumeNode", "colours")
    image = vtk.vtkImageData()
    image.SetDimensions(3, 3, 3)
    image.AllocateScalars(vtk.VTK_UNSIGNED_CHAR, 3)
    colours.SetAndObserveImageData(image)
    with pytest.raises(RefusedInput, match="found 3"):
        volume_from_node(colours)


def test_a_shearing_transform_is_refused(scene: Any) -> None:
    node = node_from_volume(scene, ramp(), "ramp")
    shear = np.eye(4)
    shear[0, 1] = 0.2
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transform.SetMatrixTransformToParent(array_to_matrix(shear))
    node.SetAndObserveTransformNodeID(transform.GetID())
    with pytest.raises(RefusedInput, match="shears"):
        volume_from_node(node)
