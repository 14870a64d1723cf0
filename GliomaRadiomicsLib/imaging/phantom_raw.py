"""The phantom as it comes from the scanner: every sequence on its own grid, moved, with skull."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.phantom_scene import Scene
from GliomaRadiomicsLib.imaging.phantom_signal import Protocol, acquire, blurred, clean_image

_ORIENTATIONS = {
    "axial": np.array([[-1, 0, 0], [0, -1, 0], [0, 0, 1]]),
    "sagittal": np.array([[0, 0, -1], [-1, 0, 0], [0, -1, 0]]),
    "coronal": np.array([[-1, 0, 0], [0, 0, -1], [0, -1, 0]]),
}
"""Columns: RAS direction of the i, j and k axis; k is the slice direction."""

_SPACINGS = {
    "axial": ((1.0, 1.0, 5.0), (0.5, 0.5, 3.0), (0.9, 0.9, 4.0), (1.0, 1.0, 1.0)),
    "sagittal": ((1.0, 1.0, 1.2), (0.5, 0.5, 5.0)),
    "coronal": ((0.9, 0.9, 4.0), (1.0, 1.0, 1.5)),
}
_MARGIN_MM = 8.0
_BRAIN_BIT = 8


@dataclass(frozen=True)
class Placement:
    """How one sequence lies: spacing (mm), orientation, and the rigid 4x4 from reference to sequence (RAS mm)."""

    spacing: tuple[float, float, float]
    orientation: str
    transform: npt.NDArray[np.float64]


def draw_placement(
    rng: np.random.Generator, name: str, centre: npt.NDArray[np.float64], finest_mm: float = 0.0
) -> Placement:
    """Draw the grid and the motion of one sequence; rotation up to 15 degrees about ``centre``, shift up to 15 mm.

    Args:
        rng: Source of chance.
        name: Sequence; T2 and FLAIR are mostly axial.
        centre: RAS mm.
        finest_mm: Spacings are not finer than this.
    """
    weights = [0.6, 0.25, 0.15] if name in ("t1", "t1ce") else [0.8, 0.05, 0.15]
    orientation = str(rng.choice(list(_ORIENTATIONS), p=weights))
    options = _SPACINGS[orientation]
    spacing = tuple(max(s, finest_mm) for s in options[int(rng.integers(len(options)))])
    angles, shift = np.deg2rad(rng.uniform(-15, 15, 3)), rng.uniform(-15, 15, 3)
    transform = np.eye(4)
    transform[:3, :3] = _rotation(angles)
    transform[:3, 3] = centre + shift - transform[:3, :3] @ centre
    return Placement((spacing[0], spacing[1], spacing[2]), orientation, transform)


def _rotation(angles: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Rotation by at most the largest of ``angles`` (radians): the angles shared over one axis."""
    length = float(np.linalg.norm(angles)) + 1e-12
    axis = angles / length
    angle = float(np.abs(angles).max())
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def native_affine(placement: Placement, scene: Scene) -> tuple[npt.NDArray[np.float64], tuple[int, int, int]]:
    """Affine and shape of a grid around the moved head, with slices along the placement's orientation."""
    corners = np.array([(i, j, k, 1.0) for i in (0, 1) for j in (0, 1) for k in (0, 1)])
    corners[:, :3] *= np.array(scene.tissue.shape) - 1
    centre = (placement.transform @ scene.affine() @ corners.mean(0))[:3]
    size_ras = np.abs(scene.affine()[:3, :3]) @ np.array(scene.tissue.shape) + 2 * _MARGIN_MM
    directions = _ORIENTATIONS[placement.orientation]
    size = np.abs(directions.T) @ size_ras
    shape = np.ceil(size / np.array(placement.spacing)).astype(int)
    affine = np.eye(4)
    affine[:3, :3] = directions * np.array(placement.spacing)
    affine[:3, 3] = centre - affine[:3, :3] @ ((shape - 1) / 2.0)
    return affine, (int(shape[0]), int(shape[1]), int(shape[2]))


def raw_sequence(
    rng: np.random.Generator,
    protocol: Protocol,
    signals: npt.NDArray[np.float32],
    scene: Scene,
    placement: Placement,
) -> tuple[Volume, Volume, Volume]:
    """Image, label map and brain mask of one sequence on its own grid."""
    affine, shape = native_affine(placement, scene)
    to_scene = np.linalg.inv(scene.affine()) @ np.linalg.inv(placement.transform) @ affine
    image = clean_image(signals, scene.tissue, scene.blend, protocol.texture_on(scene.axes))
    slice_axis = int(np.argmax(np.abs(_ORIENTATIONS[placement.orientation][:, 2])))
    image = blurred(protocol, image, scene.axes, scene.grid.spacing_mm, slice_axis, placement.spacing[2])
    image = acquire(rng, protocol, _sample(image, to_scene, shape, 1))
    both = _sample(scene.label + np.uint8(_BRAIN_BIT) * scene.brain, to_scene, shape, 0)
    label, brain = both % _BRAIN_BIT, both // _BRAIN_BIT
    name = protocol.name
    return (
        Volume(image.astype(np.float32), affine, f"phantom {name}"),
        Volume(label, affine, f"phantom labels on {name}"),
        Volume(brain, affine, f"phantom brain mask on {name}"),
    )


def _sample(
    array: npt.NDArray, matrix: npt.NDArray[np.float64], shape: tuple[int, int, int], order: int
) -> npt.NDArray:
    return ndimage.affine_transform(array, matrix[:3, :3], matrix[:3, 3], output_shape=shape, order=order)
