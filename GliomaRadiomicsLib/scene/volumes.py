"""Volume nodes in and out.

`core.Volume` indexes voxels (i, j, k); VTK stores them with i fastest, which numpy sees as (k, j, i). IJKToRAS of the
node is the affine of the volume, to the last bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import slicer
import vtk
from vtk.util import numpy_support

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume

_AXIS_TOLERANCE = 1e-4
_VTK_TYPES = {"b": np.uint8, "float16": np.float32, "int64": np.int32, "uint64": np.uint32}


def volume_from_node(node: Any, name: str = "") -> Volume:
    """Voxels and place of a scalar volume node; a parent transform is applied, and the node stays as it is.

    Args:
        node: A ``vtkMRMLScalarVolumeNode`` (or label map).
        name: What to call the volume in messages; default is the node's name.

    Raises:
        RefusedInput: If the node holds no image, more than one value per voxel, or is sheared by its transform.
    """
    name = name or node.GetName()
    check_image(node, name)
    affine = _affine_in_world(node, name)
    if affine is None:
        return _hardened_copy_volume(node, name)
    return Volume(image_array(node.GetImageData()).copy(), affine, name)


def grid_of_node(node: Any, name: str = "") -> Volume:
    """The grid that `volume_from_node` gives, all voxels 0 and of no size in memory; raises as that does."""
    name = name or node.GetName()
    check_image(node, name)
    affine = _affine_in_world(node, name)
    if affine is None:
        return _hardened_copy_volume(node, name)
    return Volume(np.broadcast_to(np.uint8(0), node.GetImageData().GetDimensions()), affine, name)


def node_from_volume(scene: Any, volume: Volume, name: str, *, label_map: bool = False) -> Any:
    """Add a volume node (with display) holding a copy of ``volume``.

    Args:
        scene: The ``vtkMRMLScene``.
        volume: Voxels and place.
        name: Name of the node.
        label_map: Make a ``vtkMRMLLabelMapVolumeNode`` instead of a scalar volume.
    """
    class_name = "vtkMRMLLabelMapVolumeNode" if label_map else "vtkMRMLScalarVolumeNode"
    node = slicer.vtkMRMLScene.CreateNodeByClass(scene, class_name)
    node.UnRegister(None)
    node.SetName(name)
    node.SetAndObserveImageData(image_from_array(volume.array))
    node.SetIJKToRASMatrix(array_to_matrix(volume.affine))
    node = scene.AddNode(node)
    node.CreateDefaultDisplayNodes()
    return node


def image_from_array(array: npt.NDArray) -> Any:
    """A ``vtkImageData`` (spacing 1, origin 0) with a copy of ``array``, shape (i, j, k)."""
    values = _vtk_ready(array)
    image = vtk.vtkImageData()
    image.SetDimensions(*values.shape)
    flat = np.ascontiguousarray(values.transpose(2, 1, 0)).ravel()
    image.GetPointData().SetScalars(numpy_support.numpy_to_vtk(flat, deep=True))
    return image


def image_array(image: Any) -> npt.NDArray:
    """A view, shape (i, j, k), on the scalars of a ``vtkImageData``."""
    values = numpy_support.vtk_to_numpy(image.GetPointData().GetScalars())
    return values.reshape(tuple(reversed(image.GetDimensions()))).transpose(2, 1, 0)


def matrix_to_array(matrix: Any) -> npt.NDArray[np.float64]:
    """A ``vtkMatrix4x4`` as a 4x4 array."""
    return np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])


def array_to_matrix(array: npt.NDArray) -> Any:
    """A 4x4 array as a ``vtkMatrix4x4``."""
    matrix = vtk.vtkMatrix4x4()
    matrix.DeepCopy([float(value) for value in np.asarray(array).ravel()])
    return matrix


def _affine_in_world(node: Any, name: str) -> npt.NDArray[np.float64] | None:
    """IJK to RAS with the parent transform; None where that bends the image."""
    parent = node.GetParentTransformNode()
    affine = ijk_to_ras(node)
    if parent is None:
        return affine
    if not parent.IsTransformToWorldLinear():
        return None
    to_world = vtk.vtkMatrix4x4()
    parent.GetMatrixTransformToWorld(to_world)
    affine = matrix_to_array(to_world) @ affine
    _check_right_angles(affine, name)
    return affine


def ijk_to_ras(node: Any) -> npt.NDArray[np.float64]:
    """IJKToRAS of a volume node, without its parent transform, as a 4x4 array."""
    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return matrix_to_array(matrix)


def _vtk_ready(array: npt.NDArray) -> npt.NDArray:
    """The array in a number type and byte order that VTK and NRRD both know."""
    target = _VTK_TYPES.get(array.dtype.kind, _VTK_TYPES.get(array.dtype.name, array.dtype.newbyteorder("=")))
    converted = array.astype(target, copy=False)
    if array.dtype.itemsize == 8 and array.dtype.kind in "iu" and not np.array_equal(converted, array):
        msg = "voxel values do not fit 32-bit integers"
        raise ValueError(msg)
    return converted


def check_image(node: Any, name: str) -> None:
    """Raise `RefusedInput` unless a node holds an image with one value per voxel."""
    image = node.GetImageData() if node.IsA("vtkMRMLScalarVolumeNode") else None
    if image is None or image.GetPointData().GetScalars() is None:
        raise RefusedInput(what="volume holds no image", where=name, remedy="load the image again or choose another")
    components = image.GetNumberOfScalarComponents()
    if components != 1:
        raise RefusedInput(
            what="not a single grey value per voxel", where=name, found=components, remedy="choose a scalar volume"
        )


def _check_right_angles(affine: npt.NDArray[np.float64], name: str) -> None:
    direction = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    if np.abs(direction.T @ direction - np.eye(3)).max() > _AXIS_TOLERANCE:
        raise RefusedInput(
            what="its transform shears the image, so its axes are not at right angles",
            where=name,
            remedy="resample it (module Resample Scalar/Vector/DWI Volume) and choose the result",
        )


def _hardened_copy_volume(node: Any, name: str) -> Volume:
    """Voxels as a non-linear parent transform shows them: the transform is hardened on a copy."""
    scene = node.GetScene()
    copy = node_from_volume(
        scene, Volume(image_array(node.GetImageData()), ijk_to_ras(node), name), f"{name} (hardened)"
    )
    try:
        copy.SetAndObserveTransformNodeID(node.GetTransformNodeID())
        copy.HardenTransform()
        return Volume(image_array(copy.GetImageData()).copy(), ijk_to_ras(copy), name)
    finally:
        if copy.GetDisplayNode() is not None:
            scene.RemoveNode(copy.GetDisplayNode())
        scene.RemoveNode(copy)
