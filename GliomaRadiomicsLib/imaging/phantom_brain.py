"""Brain of the phantom: outline, folded cortex, ventricles and deep nuclei as functions of the place in the head.

The geometry is defined in millimetres, so every grid samples the same brain. The origin lies at the centre of the
brain; x points to the right, y to the front, z up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.imaging.phantom_shapes import (
    Array,
    NoiseField,
    Triple,
    draw_noise,
    ellipsoid,
    sheet,
    smooth_cut,
    smooth_union,
    tube,
)
from GliomaRadiomicsLib.imaging.phantom_tissue import Tissue

_FOLD_AXES = (46.0, 80.0, 58.0)
_HEMISPHERE_CENTRE = (22.0, 0.0, 8.0)
_FOLD_OFFSET = 70.0
_FOLD_WAVELENGTH = 21.0


@dataclass(frozen=True)
class BrainShape:
    """Everything that chance decides about one healthy brain.

    Attributes:
        size: Scale along x, y, z.
        ventricle: Ventricle width, 1 = average.
        sulcus_mm: Half-width of a sulcus.
        cortex_mm: Thickness of the cortex.
        folds: Signed distance (mm) to the surfaces along which the sulci run, both hemispheres side by side.
        depth: Field that makes sulci deeper or shallower.
        lesions: Field whose peaks become white-matter lesions.
        lesion_level: Level above which a white-matter lesion lies.
        cap_mm: Thickness of the periventricular caps.
        vessels: Two fields; vessels run where both are near zero.
        warp: Three fields that bend the whole brain.
        warp_mm: How far they bend it.
        ripple: Three fields that make its parts irregular.
        ripple_mm: How far they shift it.
    """

    size: Triple
    ventricle: float
    sulcus_mm: float
    cortex_mm: float
    folds: NoiseField
    depth: NoiseField
    lesions: NoiseField
    lesion_level: float
    cap_mm: float
    vessels: tuple[NoiseField, NoiseField]
    warp: tuple[NoiseField, NoiseField, NoiseField]
    warp_mm: float
    ripple: tuple[NoiseField, NoiseField, NoiseField]
    ripple_mm: float


@dataclass(frozen=True)
class Outline:
    """Signed distances (mm) to the surfaces of the cerebrum, the cerebellum and the brainstem."""

    cerebrum: Array
    cerebellum: Array
    stem: Array

    def brain(self) -> Array:
        """Signed distance to the whole brain, with cisterns and clefts filled."""
        return smooth_union(smooth_union(self.cerebrum, self.cerebellum, 15.0), self.stem, 18.0)


def draw_brain(rng: np.random.Generator) -> BrainShape:
    """Draw a brain; the same generator state gives the same brain."""
    atrophy = float(rng.beta(1.5, 3.0))
    size = tuple(float(s) for s in np.clip(rng.normal(1.0, 0.025, 3), 0.95, 1.05))
    return BrainShape(
        size=size,  # type: ignore[arg-type]
        ventricle=0.75 + 0.75 * atrophy + float(rng.uniform(-0.15, 0.15)),
        sulcus_mm=0.22 + 0.55 * atrophy,
        cortex_mm=float(rng.uniform(2.7, 3.3)) - 0.3 * atrophy,
        folds=_draw_folds(rng),
        depth=draw_noise(rng, 35.0),
        lesions=draw_noise(rng, 14.0, (90.0, 100.0, 90.0)),
        lesion_level=float(rng.uniform(2.4, 4.0)),
        cap_mm=float(rng.uniform(0.0, 3.0)),
        vessels=(draw_noise(rng, 38.0), draw_noise(rng, 38.0)),
        warp=(draw_noise(rng, 90.0), draw_noise(rng, 90.0), draw_noise(rng, 90.0)),
        warp_mm=float(rng.uniform(1.0, 2.5)),
        ripple=(draw_noise(rng, 28.0), draw_noise(rng, 28.0), draw_noise(rng, 28.0)),
        ripple_mm=float(rng.uniform(1.0, 1.6)),
    )


def _draw_folds(rng: np.random.Generator) -> NoiseField:
    """Fold pattern of both hemispheres side by side, alike but not equal."""
    half = (_FOLD_OFFSET, 100.0, 80.0)
    common, left, right = (draw_noise(rng, _FOLD_WAVELENGTH, half) for _ in range(3))
    sides = [0.75 * common.values + 0.66 * own.values for own in (left, right)]
    joined = np.concatenate([_distance_like(sides[0])[::-1], _distance_like(sides[1])], axis=0) * common.pitch
    return NoiseField(joined, common.pitch, ((joined.shape[0] - 1) / 2 * common.pitch, 100.0, 80.0))


def _distance_like(values: Array) -> Array:
    """Roughly the signed distance (in lattice steps) to the zero surface, so that sulci have an even width."""
    slope = np.sqrt(sum(g * g for g in np.gradient(values)))
    return (values / np.maximum(slope, 0.5 * slope.mean())).astype(np.float32)


def outline(x: Array, y: Array, z: Array) -> Outline:
    """Outer surfaces of the brain at points in brain coordinates (scaled and bent)."""
    side = np.abs(x)
    narrowing = 1.0 + 0.10 * np.clip((y + 20.0) / 80.0, -0.4, 1.0)
    main = ellipsoid(x * narrowing, y, z, (0.0, -1.0, 8.0), (67.0, 83.0, 58.0))
    frontal_base = -20.0 + 7.0 * np.exp(-(((side - 26.0) / 12.0) ** 2)) - z
    tentorium = (2.0 - 0.4 * side + 0.05 * (y + 40.0)) - z
    base = smooth_cut(frontal_base, tentorium + np.maximum(y + 15.0, 0.0) * -1.5, 8.0)
    main = smooth_cut(main, base, 10.0)
    temporal = ellipsoid(side, y + 0.25 * (z + 28.0), z, (41.0, 8.0, -26.0), (20.0, 37.0, 18.0))
    cerebrum = smooth_union(main, temporal, 7.0)
    cerebellum = smooth_union(
        ellipsoid(side, y, z, (20.0, -48.0, -25.0), (33.0, 27.0, 27.0)),
        ellipsoid(x, y, z, (0.0, -46.0, -24.0), (14.0, 22.0, 27.0)),
        6.0,
    )
    cerebellum = smooth_cut(cerebellum, -tentorium + 1.0, 3.0)
    stem = tube(x, y, z, [(0, -10, -8, 15), (0, -8, -30, 15), (0, -15, -50, 9), (0, -22, -90, 7)])
    return Outline(cerebrum.astype(np.float32), cerebellum.astype(np.float32), stem)


def ventricles(brain: BrainShape, x: Array, y: Array, z: Array) -> Array:
    """Signed distance (mm) to the lateral, third and fourth ventricle."""
    side, v = np.abs(x), brain.ventricle
    frontal = [(15.0, 34.0, 6.0, 1.5 * v), (9.0, 26.0, 9.0, 3.6 * v), (7.0, 8.0, 16.0, 4.0 * v)]
    body = [(10.0, -14.0, 18.0, 4.0 * v), (22.0, -33.0, 13.0, 5.2 * v)]
    lateral = tube(side, y, z, [*frontal, *body, (24.0, -48.0, 9.0, 3.0 * v), (23.0, -60.0, 7.0, 1.0 * v)])
    temporal = tube(side, y, z, [(22.0, -31.0, 11.0, 4.5 * v), (31.0, -22.0, -10.0, 2.4 * v), (30.0, 4, -21, 1.5 * v)])
    third = ellipsoid(x, y, z, (0.0, -4.0, 2.0), (1.6 + 1.6 * v, 15.0, 11.0))
    fourth = ellipsoid(x, y, z, (0.0, -24.0, -31.0), (5.0 + 2.0 * v, 2.0 + 1.5 * v, 9.0))
    lateral = np.maximum(smooth_union(lateral, temporal, 3.0), 1.2 - side)
    return np.minimum(np.minimum(lateral, third), fourth)


def healthy_tissue(brain: BrainShape, x: Array, y: Array, z: Array, parts: Outline) -> npt.NDArray[np.uint8]:
    """Tissue class at points in brain coordinates; 1-D arrays of equal length.

    Args:
        brain: The brain.
        x: Coordinates in mm to the right.
        y: Coordinates in mm to the front.
        z: Coordinates in mm up.
        parts: `outline` at the same points.
    """
    inner = ventricles(brain, x, y, z)
    tissue = _cerebrum(brain, x, y, z, parts.cerebrum)
    _paint_stem_and_cerebellum(tissue, x, y, z, parts)
    _paint_nuclei(tissue, x, y, z, parts)
    _paint_lesions(brain, tissue, x, y, z, inner)
    tissue[inner < 0.0] = Tissue.CSF
    choroid = ellipsoid(np.abs(x), y, z, (21.0, -29.0, 12.0), (2.2, 9.0, 2.5))
    tissue[(inner < -0.8) & (choroid < 0.0)] = Tissue.CHOROID
    _paint_vessels(brain, tissue, x, y, z, parts)
    return tissue


def _cerebrum(brain: BrainShape, x: Array, y: Array, z: Array, distance: Array) -> npt.NDArray[np.uint8]:
    side = np.abs(x)
    callosum = ellipsoid(x * 0.02, y, z, (0.0, -4.0, 3.0), (1.0, 40.0, 27.0))
    stalk = ellipsoid(x, y, z, (0.0, -8.0, -8.0), (30.0, 27.0, 22.0))
    fissure = np.maximum(side - 0.5 - 0.7 * brain.sulcus_mm, -callosum)
    depth = np.minimum(-distance, fissure)
    deep = ellipsoid(x, y, z, (0.0, -4.0, 3.0), (34.0, 40.0, 27.0))
    depth = np.maximum(depth, np.maximum(-stalk, -3.0 * deep))
    pial, cleft = _distance_to_pia(brain, x, y, z, depth)
    tissue = np.full(x.shape, Tissue.WHITE, dtype=np.uint8)
    tissue[pial < cleft + brain.cortex_mm] = Tissue.GREY
    tissue[pial < cleft] = Tissue.CSF
    tissue[distance > -0.4] = Tissue.CSF
    tissue[(side < 0.7) & (callosum > 6.0) & (fissure < 3.0) & (stalk > 4.0)] = Tissue.DURA
    return tissue


def _distance_to_pia(brain: BrainShape, x: Array, y: Array, z: Array, depth: Array) -> tuple[Array, Array]:
    """Distance to the nearest sulcus or outer surface, and the half-width of the cleft there."""
    u = [(c - o) / a for c, o, a in zip((np.abs(x), y, z), _HEMISPHERE_CENTRE, _FOLD_AXES, strict=True)]
    radius = np.sqrt(u[0] ** 2 + u[1] ** 2 + u[2] ** 2) + 1e-3
    reach = (0.65 + 0.35 * radius) / radius
    qx, qy, qz = (axis * reach * a for axis, a in zip(u, _FOLD_AXES, strict=True))
    lattice_x = np.where(x < 0, -1.0, 1.0) * np.clip(qx + _FOLD_OFFSET, 1.0, 2 * _FOLD_OFFSET)
    to_sheet = np.abs(brain.folds.at(lattice_x.astype(np.float32), qy, qz))
    bottom = np.clip(15.0 + 6.0 * brain.depth.at(x, y, z), 4.0, 22.0)
    beyond = np.maximum(depth - bottom, 0.0)
    sulcus = np.sqrt(to_sheet**2 + beyond**2)
    line = -8.0 - 0.40 * (y - 5.0)
    sylvian = sheet(np.abs(x), y, z - line, (60.0, 6.0, 0.0), (24.0, 36.0, 0.0))
    insula = sheet(np.abs(x), y, z - line, (37.0, 6.0, 6.0), (0.0, 19.0, 8.0))
    sulcus = np.minimum(sulcus, np.minimum(sylvian, insula))
    cleft = brain.sulcus_mm * (0.8 + 1.2 * np.clip(1.0 - depth / bottom, 0.0, 1.0))
    return np.minimum(np.maximum(depth, 0.0), sulcus), cleft


def _paint_stem_and_cerebellum(tissue: npt.NDArray[np.uint8], x: Array, y: Array, z: Array, parts: Outline) -> None:
    inside = (parts.cerebellum < 0.0) & (parts.cerebrum > -0.5)
    depth = -parts.cerebellum
    angle = np.arctan2(z + 40.0, -(y + 25.0)) * 30.0 + 0.15 * np.abs(x)
    leaf, lobe = (np.sin(angle * np.float32(2 * np.pi / width)) for width in (4.5, 15.0))
    tissue[inside] = Tissue.GREY
    tissue[inside & (depth + 3.0 * lobe > 9.0)] = Tissue.WHITE
    tissue[inside & (depth < 4.0 - 3.0 * lobe) & (leaf < -0.8)] = Tissue.CSF
    peduncle = tube(np.abs(x), y, z, [(8, -14, -34, 8), (20, -36, -33, 6)])
    tissue[inside & (peduncle < 0.0)] = Tissue.WHITE
    outside = (parts.cerebrum > 0.0) & (parts.cerebellum > 0.0)
    tissue[outside] = Tissue.CSF
    tissue[parts.stem < 0.0] = Tissue.WHITE


def _paint_nuclei(tissue: npt.NDArray[np.uint8], x: Array, y: Array, z: Array, parts: Outline) -> None:
    side = np.abs(x)
    near = parts.cerebrum < 0.0
    caudate = tube(side, y, z, [(13.5, 24.0, 5.0, 5.0), (16.0, 12.0, 14.0, 4.0), (20.0, -12.0, 20.0, 2.0)])
    putamen = ellipsoid(side + 0.15 * y, y, z, (27.0, 6.0, 2.0), (5.0, 16.0, 9.0))
    thalamus = ellipsoid(side + 0.25 * y, y, z, (8.5, -12.0, 5.0), (8.0, 14.0, 8.5))
    pallidum = ellipsoid(side + 0.2 * y, y, z, (20.0, 3.0, 0.0), (4.0, 8.5, 5.5))
    for shape, kind in ((caudate, 4), (putamen, 4), (thalamus, 4), (pallidum, 5)):
        tissue[near & (shape < 0.0)] = kind


def _paint_lesions(
    brain: BrainShape, tissue: npt.NDArray[np.uint8], x: Array, y: Array, z: Array, inner: Array
) -> None:
    horns = np.clip((np.abs(y + 2.0) - 20.0) / 20.0, 0.1, 1.0)
    cap = inner < brain.cap_mm * horns
    spots = brain.lesions.at(x, y, z) > brain.lesion_level + 0.03 * np.clip(inner, 0.0, 40.0)
    tissue[(tissue == Tissue.WHITE) & (z > -15.0) & (cap | spots)] = Tissue.LESION


def _paint_vessels(
    brain: BrainShape, tissue: npt.NDArray[np.uint8], x: Array, y: Array, z: Array, parts: Outline
) -> None:
    first, second = (field.at(x, y, z) for field in brain.vessels)
    curve = np.sqrt(first**2 + second**2) * np.float32(38.0 / 6.28)
    small = (curve < 0.9) & (parts.cerebrum > -16.0)
    middle = tube(np.abs(x), y, z, [(5, 10, -20, 1.8), (22, 14, -16, 1.5), (38, 8, -9, 1.3), (44, -14, 0, 0.8)])
    sinus = (np.abs(x) < 2.5) & (np.abs(parts.cerebrum) < 1.5) & (z > -8.0) & (y < 55.0)
    straight = tube(x, y, z, [(0, -40, 2, 0.9), (0, -72, -12, 1.6)])
    tissue[small | (middle < 0.0) | sinus | (straight < 0.0)] = Tissue.VESSEL
