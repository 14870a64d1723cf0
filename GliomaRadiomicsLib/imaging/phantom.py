"""The phantom patient: a procedural brain with a glioma, made of equations and a seed; no patient's data is in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import ED, SEQUENCES
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.phantom_brain import BrainShape, draw_brain, healthy_tissue, outline
from GliomaRadiomicsLib.imaging.phantom_shapes import Array
from GliomaRadiomicsLib.imaging.phantom_signal import (
    acquire,
    clean_image,
    draw_protocols,
    draw_tissue_spread,
    tissue_signals,
)
from GliomaRadiomicsLib.imaging.phantom_tissue import Tissue
from GliomaRadiomicsLib.imaging.phantom_tumour import Tumour, draw_tumour, paint_tumour, undo_push

BRATS_SHAPE = (240, 240, 155)
_GRID_CENTRE_RAS = np.array([-119.5, 119.5, 77.0])
_BRAIN_CENTRE_RAS = np.array([-118.0, 110.0, 73.0])
_BOX = ((-80.0, 80.0), (-95.0, 95.0), (-80.0, 78.0))
_BRAIN_MARGIN_MM = 1.0


@dataclass(frozen=True)
class PhantomPatient:
    """A patient that never lived.

    Attributes:
        volumes: Image by sequence (t1, t1ce, t2, flair).
        label_map: BraTS labels 0/1/2/4 on the reference grid.
        tissue: `Tissue` numbers on the reference grid.
        brain_mask: 1 in the brain (with its fluid) on the reference grid.
        grade: WHO grade.
        seed: The seed.
        transforms: By sequence, the rigid 4x4 matrix that takes a place (RAS mm) in the reference to the same tissue's
            place in that sequence; identity unless raw.
        raw_label_maps: Label map on each sequence's own grid; empty unless raw.
        brain_masks: Brain mask on each sequence's own grid; empty unless raw.
    """

    volumes: dict[str, Volume]
    label_map: Volume
    tissue: Volume
    brain_mask: Volume
    grade: int
    seed: int
    transforms: dict[str, npt.NDArray[np.float64]]
    raw_label_maps: dict[str, Volume] = field(default_factory=dict)
    brain_masks: dict[str, Volume] = field(default_factory=dict)


@dataclass(frozen=True)
class _Scene:
    """Tissue, labels and mixture on the box of the reference grid that holds the head."""

    tissue: npt.NDArray[np.uint8]
    label: npt.NDArray[np.uint8]
    blend: Array
    brain: npt.NDArray[np.bool_]
    axes: tuple[Array, Array, Array]
    box: tuple[slice, slice, slice]


def make_phantom(
    seed: int = 0,
    *,
    grade: int = 4,
    shape: tuple[int, int, int] = BRATS_SHAPE,
    spacing_mm: float = 1.0,
) -> PhantomPatient:
    """Make a phantom patient as a BraTS-preprocessed case: registered, skull-stripped, 0 outside the brain.

    Args:
        seed: Decides everything; the same seed gives the same brain for every grade and at every spacing.
        grade: WHO grade 2, 3 or 4.
        shape: Voxels along i, j, k.
        spacing_mm: Isotropic voxel size; the head stays in the middle of the grid.

    Raises:
        RefusedInput: For another grade, or a grid that is not 3-D or has no size.
    """
    _check(grade, shape, spacing_mm)
    rngs = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(4)]
    brain = draw_brain(rngs[0])
    tumour = draw_tumour(rngs[1], grade, brain)
    affine = grid_affine(shape, spacing_mm)
    scene = _build_scene(brain, tumour, shape, affine, spacing_mm)
    volumes = _images(rngs[2], rngs[3], scene, shape, affine, spacing_mm)
    return PhantomPatient(
        volumes=volumes,
        label_map=Volume(_on_grid(scene.label, scene, shape), affine, "phantom labels"),
        tissue=Volume(_on_grid(scene.tissue, scene, shape), affine, "phantom tissue"),
        brain_mask=Volume(_on_grid(scene.brain.astype(np.uint8), scene, shape), affine, "phantom brain mask"),
        grade=grade,
        seed=seed,
        transforms={name: np.eye(4) for name in SEQUENCES},
    )


def grid_affine(shape: tuple[int, int, int], spacing_mm: float) -> npt.NDArray[np.float64]:
    """Affine in BraTS orientation (axes to the left, back, top) whose grid has the BraTS grid's centre."""
    affine = np.diag([-spacing_mm, -spacing_mm, spacing_mm, 1.0])
    affine[:3, 3] = _GRID_CENTRE_RAS - affine[:3, :3] @ ((np.array(shape) - 1) / 2.0)
    return affine


def _check(grade: int, shape: tuple[int, int, int], spacing_mm: float) -> None:
    if grade not in (2, 3, 4):
        raise RefusedInput(what="no phantom of this grade", where="grade", found=grade, remedy="choose 2, 3 or 4")
    if len(shape) != 3 or min(shape) < 1:
        raise RefusedInput(what="not the shape of a volume", where="shape", found=shape, remedy="give three sizes")
    if not 0.2 <= spacing_mm <= 8.0:
        raise RefusedInput(what="spacing out of range", where="spacing_mm", found=spacing_mm, remedy="give 0.2 to 8 mm")


def _axes(
    shape: tuple[int, int, int], affine: npt.NDArray[np.float64]
) -> tuple[tuple[Array, Array, Array], tuple[slice, slice, slice]]:
    """Head coordinates (mm) along the grid's axes, limited to the head's box, and that box as slices."""
    lines, slices = [], []
    for axis, (low, high) in enumerate(_BOX):
        line = affine[axis, axis] * np.arange(shape[axis]) + affine[axis, 3] - _BRAIN_CENTRE_RAS[axis]
        inside = np.flatnonzero((line >= low) & (line <= high))
        cut = slice(int(inside[0]), int(inside[-1]) + 1) if inside.size else slice(0, 0)
        lines.append(line[cut].astype(np.float32))
        slices.append(cut)
    return (lines[0], lines[1], lines[2]), (slices[0], slices[1], slices[2])


def _build_scene(
    brain: BrainShape, tumour: Tumour, shape: tuple[int, int, int], affine: npt.NDArray[np.float64], spacing_mm: float
) -> _Scene:
    axes, box = _axes(shape, affine)
    grid = np.meshgrid(*axes, indexing="ij", sparse=True)
    bent = [
        (g + np.float32(brain.warp_mm) * w.on_axes(*axes)) / np.float32(s)
        for g, w, s in zip(grid, brain.warp, brain.size, strict=True)
    ]
    surface = outline(brain, *bent).brain()
    inside = surface < _BRAIN_MARGIN_MM
    places = (bent[0][inside], bent[1][inside], bent[2][inside])
    distance = surface[inside]
    freedom = np.clip(-distance / 14.0, 0.0, 1.0)
    before = undo_push(tumour, *places, freedom * freedom * (3.0 - 2.0 * freedom))
    healthy = healthy_tissue(brain, *before, outline(brain, *before))
    painted = paint_tumour(tumour, places, healthy, distance, spacing_mm**3 * float(np.prod(brain.size)))
    tissue, label = (np.zeros(inside.shape, dtype=np.uint8) for _ in range(2))
    blend = np.zeros(inside.shape, dtype=np.float32)
    tissue[inside], label[inside], blend[inside] = painted.tissue, painted.label, painted.blend
    return _Scene(tissue, _smooth_labels(label, inside, spacing_mm), blend, inside, axes, box)


def _smooth_labels(
    label: npt.NDArray[np.uint8], brain: npt.NDArray[np.bool_], spacing_mm: float
) -> npt.NDArray[np.uint8]:
    """Labels as a reader draws them: the oedema's holes filled and its specks dropped, the core as it is."""
    share = ndimage.gaussian_filter((label > 0).astype(np.float32), 1.2 / spacing_mm)
    core = (label > 0) & (label != ED)
    result = np.where(core, label, np.where((share > 0.5) & brain, ED, 0))
    return result.astype(np.uint8)


def _images(
    protocol_rng: np.random.Generator,
    noise_rng: np.random.Generator,
    scene: _Scene,
    shape: tuple[int, int, int],
    affine: npt.NDArray[np.float64],
    spacing_mm: float,
) -> dict[str, Volume]:
    spread = draw_tissue_spread(protocol_rng)
    volumes = {}
    for name, protocol in draw_protocols(protocol_rng).items():
        texture = 1.0 + protocol.texture * protocol.texture_field.on_axes(*scene.axes)
        image = clean_image(tissue_signals(protocol, spread), scene.tissue, scene.blend, texture)
        bias = protocol.bias_field.on_axes(*scene.axes)
        image = acquire(noise_rng, protocol, image, bias, (spacing_mm,) * 3) * scene.brain
        volumes[name] = Volume(_on_grid(image.astype(np.float32), scene, shape), affine, f"phantom {name}")
    return volumes


def _on_grid(part: npt.NDArray, scene: _Scene, shape: tuple[int, int, int]) -> npt.NDArray:
    whole = np.zeros(shape, dtype=part.dtype)
    whole[scene.box] = part
    return whole


def write_phantom(patient: PhantomPatient, folder: str | Path) -> dict[str, Path]:
    """Write BraTS-named files (``phantom_t1.nii.gz`` ... ``phantom_seg.nii.gz``) and return them by role."""
    from GliomaRadiomicsLib.imaging.files import write_volume

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for role, volume in {**patient.volumes, "seg": patient.label_map}.items():
        written[role] = folder / f"phantom_{role}.nii.gz"
        write_volume(volume, written[role])
    return written


__all__ = ["BRATS_SHAPE", "PhantomPatient", "Tissue", "grid_affine", "make_phantom", "write_phantom"]
