"""A result written in native space lies at one place for 3D Slicer, ITK (as ITK-SNAP reads) and nibabel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import numpy.typing as npt
import pytest
import SimpleITK as sitk  # noqa: N813 - its usual name
import slicer
from scipy import ndimage

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import read_volume, write_label_map
from GliomaRadiomicsLib.imaging.phantom import PhantomPatient, make_phantom
from GliomaRadiomicsLib.imaging.space import Space, grid_of, working_grid
from GliomaRadiomicsLib.scene.volumes import volume_from_node

ROLES = ("t1", "t1ce", "t2", "flair")
NEAR_MM = 1e-4
Point = npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def patients() -> list[PhantomPatient]:
    """Raw phantoms, whose sequences have thick slices along different axes."""
    return [make_phantom(seed, raw=True, shape=(80, 80, 52), spacing_mm=3.0) for seed in (1, 4)]


def tilted(grid: Volume) -> npt.NDArray[np.float64]:
    """The affine of a grid tilted about two axes, as a technician tilts a stack."""
    a, b = np.deg2rad((17.0, -9.0))
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_z = np.array([[np.cos(b), -np.sin(b), 0], [np.sin(b), np.cos(b), 0], [0, 0, 1]])
    turn = np.eye(4)
    turn[:3, :3] = about_x @ about_z
    return np.asarray(turn @ grid.affine)


def written(labels: Volume, movement: npt.NDArray[np.float64], path: Path) -> Volume:
    """A label map that went to the working grid and came back, as a run writes it."""
    there = Volume(labels.array, np.linalg.inv(movement) @ labels.affine)
    space = Space("t1ce", working_grid(there), {"t1ce": grid_of(labels)}, {"t1ce": movement})
    back = space.to_native(space.to_working(labels, "t1ce", label=True), label=True)
    write_label_map(back, path)
    return back


def centroids(array: npt.NDArray, affine: npt.NDArray[np.float64]) -> dict[int, Point]:
    """Centre of each label, RAS mm; ``array`` as (i, j, k)."""
    values = [int(value) for value in np.unique(array) if value]
    places = ndimage.center_of_mass(np.ones_like(array), array, values)
    return {value: (affine @ [*place, 1.0])[:3] for value, place in zip(values, places, strict=True)}


def by_nibabel(path: Path) -> dict[int, Point]:
    image = nibabel.load(path)
    return centroids(np.asanyarray(image.dataobj), image.affine)  # type: ignore[attr-defined]


def by_itk(path: Path) -> dict[int, Point]:
    """As ITK measures it, in LPS, turned into RAS."""
    measure = sitk.LabelShapeStatisticsImageFilter()
    measure.Execute(sitk.ReadImage(str(path)))
    return {value: np.array(measure.GetCentroid(value)) * (-1.0, -1.0, 1.0) for value in measure.GetLabels()}


def by_slicer(path: Path, scene: Any) -> dict[int, Point]:
    """As 3D Slicer's own reader of volumes lays it into the scene."""
    node = scene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode")
    storage = slicer.vtkMRMLVolumeArchetypeStorageNode()
    storage.SetFileName(str(path))
    storage.SetCenterImage(0)
    assert storage.ReadData(node)
    volume = volume_from_node(node)
    return centroids(volume.array, volume.affine)


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd"])
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("patient", [0, 1])
def test_readers_agree_on_where_a_label_lies(
    patients: list[PhantomPatient], patient: int, role: str, suffix: str, scene: Any, tmp_path: Path
) -> None:
    raw = patients[patient]
    native = raw.raw_label_maps[role]
    oblique = Volume(native.array, tilted(native))
    path = tmp_path / f"segmentation{suffix}"
    ours = written(oblique, raw.transforms[role], path)
    expected = centroids(ours.array, oblique.affine)
    assert len(expected) >= 2
    readers = {"own": centroids(read_volume(path).array, read_volume(path).affine)}
    readers |= {"ITK": by_itk(path), "Slicer": by_slicer(path, scene)}
    if suffix == ".nii.gz":
        readers["nibabel"] = by_nibabel(path)
    for name, found in readers.items():
        assert found.keys() == expected.keys(), name
        for value, place in expected.items():
            assert np.linalg.norm(found[value] - place) <= NEAR_MM, (name, value)


def test_the_grids_are_oblique_and_anisotropic(patients: list[PhantomPatient]) -> None:
    for raw in patients:
        for role in ROLES:
            cosines = tilted(raw.raw_label_maps[role])[:3, :3] / np.array(raw.raw_label_maps[role].spacing)
            assert np.abs(cosines).max(axis=0).max() < 0.995
    thick = [max(raw.volumes[role].spacing) / min(raw.volumes[role].spacing) for raw in patients for role in ROLES]
    assert max(thick) > 1.3
