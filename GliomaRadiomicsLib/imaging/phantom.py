"""The phantom patient: a procedural brain with a glioma, made of equations and a seed; no patient's data is in it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.phantom_brain import draw_brain
from GliomaRadiomicsLib.imaging.phantom_raw import Placement, draw_placement, raw_sequence
from GliomaRadiomicsLib.imaging.phantom_scene import Grid, Scene, build_scene, centred_grid, whole_head_grid
from GliomaRadiomicsLib.imaging.phantom_signal import (
    Protocol,
    acquire,
    blurred,
    clean_image,
    draw_protocols,
    draw_tissue_spread,
    tissue_signals,
)
from GliomaRadiomicsLib.imaging.phantom_tumour import draw_tumour

BRATS_SHAPE = (240, 240, 155)
_MIN_EXTENT_MM = (150.0, 180.0, 150.0)


@dataclass(frozen=True)
class PhantomPatient:
    """A patient that never lived.

    Attributes:
        volumes: Image by sequence (t1, t1ce, t2, flair), float32.
        label_map: BraTS labels 0/1/2/4 on the reference grid, uint8.
        tissue: `phantom_tissue.Tissue` numbers on the reference grid, uint8.
        brain_mask: 1 in the brain (with its fluid) on the reference grid, uint8; where the skull is kept, as masks of
            brain extraction draw it.
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


def make_phantom(
    seed: int = 0,
    *,
    grade: int = 4,
    raw: bool = False,
    shape: tuple[int, int, int] = BRATS_SHAPE,
    spacing_mm: float = 1.0,
    skull: bool = False,
    bias: float | None = None,
    noise: float | None = None,
) -> PhantomPatient:
    """Make a phantom patient.

    As a BraTS-preprocessed case (registered, skull-stripped, 0 outside the brain) unless ``raw`` or ``skull``.

    Args:
        seed: Decides everything; the same seed gives the same brain for every grade and at every spacing.
        grade: WHO grade 2, 3 or 4.
        raw: Every sequence on its own grid, moved by up to 15 mm and 15 degrees, with skull; ``shape`` and
            ``spacing_mm`` then describe the reference, and no sequence is finer than ``spacing_mm`` / 2.
        shape: Voxels along i, j, k of the reference.
        spacing_mm: Isotropic voxel size of the reference; the head stays in the middle of the grid.
        skull: Keep the head around the brain.
        bias: Shading of every image, 0.2 for 0.8 to 1.2 of the brightness; drawn from 0.03 to 0.2 by default.
        noise: Noise (sigma) of every image, relative to white matter; drawn from 0.01 to 0.05 by default.

    Raises:
        RefusedInput: For another grade, or a grid that does not hold the brain.
    """
    _check(grade, shape, spacing_mm)
    streams = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(5)]
    scene = _scene(streams, grade, grid := centred_grid(shape, spacing_mm), raw=raw, skull=skull)
    spread, protocols = draw_tissue_spread(streams[2]), _protocols(streams[2], bias, noise)
    signals = {name: tissue_signals(protocol, spread) for name, protocol in protocols.items()}
    volumes: dict[str, Volume] = {}
    labels: dict[str, Volume] = {}
    masks: dict[str, Volume] = {}
    transforms = {name: np.eye(4) for name in SEQUENCES}
    for name, protocol in protocols.items():
        if raw:
            placement = _placement(streams[4], name, scene)
            transforms[name] = placement.transform
            made = raw_sequence(streams[3], protocol, signals[name], scene, placement)
            volumes[name], labels[name], masks[name] = made
            continue
        image = clean_image(signals[name], scene.tissue, scene.blend, protocol.texture_on(scene.axes))
        image = acquire(streams[3], protocol, blurred(protocol, image, scene.axes, spacing_mm))
        image = image * (1 if skull else scene.brain)
        volumes[name] = Volume(scene.on_grid(image.astype(np.float32)), grid.affine, f"phantom {name}")
    return PhantomPatient(
        volumes=volumes,
        label_map=_reference(scene, scene.label, grid, "phantom labels"),
        tissue=_reference(scene, scene.tissue, grid, "phantom tissue"),
        brain_mask=_reference(scene, scene.brain.astype(np.uint8), grid, "phantom brain mask"),
        grade=grade,
        seed=seed,
        transforms=transforms,
        raw_label_maps=labels,
        brain_masks=masks,
    )


def _scene(streams: list[np.random.Generator], grade: int, grid: Grid, *, raw: bool, skull: bool) -> Scene:
    brain = draw_brain(streams[0])
    tumour = draw_tumour(streams[1], grade, brain)
    return build_scene(brain, tumour, whole_head_grid(grid) if raw else grid, skull=skull or raw)


def _protocols(rng: np.random.Generator, bias: float | None, noise: float | None) -> dict[str, Protocol]:
    """An examination, with this shading and noise where given."""
    drawn = draw_protocols(rng)
    if bias is not None:
        drawn = {name: replace(protocol, bias=bias) for name, protocol in drawn.items()}
    if noise is not None:
        drawn = {name: replace(protocol, noise=noise) for name, protocol in drawn.items()}
    return drawn


def _placement(rng: np.random.Generator, name: str, scene: Scene) -> Placement:
    centre = scene.affine() @ np.append((np.array(scene.tissue.shape) - 1) / 2.0, 1.0)
    return draw_placement(rng, name, centre[:3], scene.grid.spacing_mm / 2.0)


def _reference(scene: Scene, part: npt.NDArray, grid: Grid, name: str) -> Volume:
    """``part`` of the scene on the reference grid, which lies on the scene's lattice."""
    whole = scene.on_grid(part)
    start = np.linalg.solve(scene.grid.affine[:3, :3], grid.affine[:3, 3] - scene.grid.affine[:3, 3])
    first = np.rint(start).astype(int)
    cut = tuple(slice(f, f + n) for f, n in zip(first, grid.shape, strict=True))
    return Volume(np.ascontiguousarray(whole[cut]), grid.affine, name)


def _check(grade: int, shape: tuple[int, int, int], spacing_mm: float) -> None:
    if grade not in (2, 3, 4):
        raise RefusedInput(what="no phantom of this grade", where="grade", found=grade, remedy="choose 2, 3 or 4")
    if not 0.4 <= spacing_mm <= 6.0:
        raise RefusedInput(what="spacing out of range", where="spacing_mm", found=spacing_mm, remedy="give 0.4 to 6 mm")
    if len(shape) != 3 or any(n * spacing_mm < least for n, least in zip(shape, _MIN_EXTENT_MM, strict=True)):
        least = " x ".join(f"{extent:.0f}" for extent in _MIN_EXTENT_MM)
        raise RefusedInput(
            what="the grid does not hold the brain",
            where="shape",
            found=f"{shape} at {spacing_mm} mm",
            remedy=f"give at least {least} mm",
        )


def write_phantom(patient: PhantomPatient, folder: str | Path) -> dict[str, Path]:
    """Write ``phantom_t1.nii.gz`` ... ``phantom_flair.nii.gz`` and ``phantom_seg.nii.gz``; returns them by role.

    The label map is the one on the reference grid, which a raw patient's images are not on.
    """
    from GliomaRadiomicsLib.imaging.files import write_volume

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for role, volume in {**patient.volumes, "seg": patient.label_map}.items():
        written[role] = folder / f"phantom_{role}.nii.gz"
        write_volume(volume, written[role])
    return written
