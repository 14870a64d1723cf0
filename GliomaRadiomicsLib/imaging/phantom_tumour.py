"""Tumour of the phantom: where it lies, its parts, its oedema, and how it pushes the brain aside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.labels import ED, ET, NCR_NET
from GliomaRadiomicsLib.imaging.phantom_brain import BrainShape, healthy_tissue, outline, ventricles
from GliomaRadiomicsLib.imaging.phantom_shapes import Array, NoiseField, Triple, draw_noise, ellipsoid
from GliomaRadiomicsLib.imaging.phantom_tissue import Tissue

_LABEL_OF = {
    Tissue.NECROSIS: NCR_NET,
    Tissue.NON_ENHANCING: NCR_NET,
    Tissue.BLOOD: NCR_NET,
    Tissue.MISMATCH: NCR_NET,
    Tissue.ENHANCING: ET,
    Tissue.OEDEMA: ED,
}


@dataclass(frozen=True)
class Focus:
    """One centre of growth: place (mm), core radius (mm), stretch along x, y, z."""

    centre: Triple
    radius: float
    stretch: Triple


@dataclass(frozen=True)
class Tumour:
    """Everything that chance decides about one tumour.

    Attributes:
        grade: WHO grade, 2, 3 or 4.
        foci: One or two centres.
        core_ml: Volume of the core.
        oedema_ml: Volume of the surrounding FLAIR abnormality.
        roughness: Irregularity of the core's surface as a fraction of its radius.
        rim_mm: Mean thickness of the enhancing rim (grade 4).
        patch_level: Level of ``patches`` above which tissue enhances inside the core; infinite for none.
        mismatch: Whether the core is dark on FLAIR behind a bright rim (T2-FLAIR mismatch).
        blood_level: Level of ``texture`` above which the necrosis holds blood; infinite for none.
        push: Fraction of the core's volume that displaces brain.
        surface: Field that roughens the surface.
        patches: Field of nodules and rim thickness.
        texture: Field that mixes tissues.
    """

    grade: int
    foci: tuple[Focus, ...]
    core_ml: float
    oedema_ml: float
    roughness: float
    rim_mm: float
    patch_level: float
    mismatch: bool
    blood_level: float
    push: float
    surface: NoiseField
    patches: NoiseField
    texture: NoiseField


def draw_tumour(rng: np.random.Generator, grade: int, brain: BrainShape) -> Tumour:
    """Draw a tumour of WHO ``grade`` 2, 3 or 4 that lies in the white matter of ``brain``."""
    smallest, largest = 8.0, 150.0
    whole = smallest * (largest / smallest) ** float(rng.random() ** 0.55)
    fraction = float({4: rng.uniform(0.25, 0.7), 3: rng.uniform(0.2, 0.75), 2: rng.uniform(0.6, 0.92)}[grade])
    core = min(whole * fraction, 100.0)
    enhancing_patches = grade == 3 and rng.random() < 0.6
    return Tumour(
        grade=grade,
        foci=_draw_foci(rng, brain, core),
        core_ml=core,
        oedema_ml=min(whole - core, 95.0),
        roughness=float({4: rng.uniform(0.12, 0.28), 3: rng.uniform(0.15, 0.3), 2: rng.uniform(0.06, 0.15)}[grade]),
        rim_mm=float(rng.uniform(1.8, 4.0)),
        patch_level=float(rng.uniform(1.5, 2.2)) if grade == 4 or enhancing_patches else float("inf"),
        mismatch=bool(grade == 2 and rng.random() < 0.45),
        blood_level=float(rng.uniform(0.8, 1.6)) if grade == 4 and rng.random() < 0.2 else float("inf"),
        push=float({4: rng.uniform(0.35, 0.7), 3: rng.uniform(0.2, 0.5), 2: rng.uniform(0.2, 0.4)}[grade]),
        surface=draw_noise(rng, 24.0),
        patches=draw_noise(rng, 15.0),
        texture=draw_noise(rng, 10.0),
    )


def _draw_foci(rng: np.random.Generator, brain: BrainShape, core_ml: float) -> tuple[Focus, ...]:
    candidates = rng.uniform((-58, -68, -30), (58, 66, 52), (3000, 3)).astype(np.float32)
    x, y, z = candidates.T
    parts = outline(x, y, z)
    tissue = healthy_tissue(brain, x, y, z, parts)
    clear = ventricles(brain, x, y, z) > 5.0
    good = (tissue == Tissue.WHITE) & clear & (parts.cerebrum < -9.0) & (np.abs(x) > 14.0) & (parts.stem > 8.0)
    centre = candidates[good][0]
    second_share = float(rng.uniform(0.15, 0.35)) if rng.random() < 0.15 else 0.0
    foci = [_focus(rng, centre, core_ml * (1.0 - second_share))]
    same_side = candidates[good][1:]
    same_side = same_side[same_side[:, 0] * centre[0] > 0]
    gap = np.linalg.norm(same_side - centre, axis=1)
    reachable = same_side[(gap > foci[0].radius + 8.0) & (gap < foci[0].radius + 35.0)]
    if second_share and len(reachable):
        foci.append(_focus(rng, reachable[0], core_ml * second_share))
    return tuple(foci)


def _focus(rng: np.random.Generator, centre: npt.NDArray, volume_ml: float) -> Focus:
    radius = float((volume_ml * 1000.0 * 3.0 / (4.0 * np.pi)) ** (1.0 / 3.0))
    stretch = np.exp(rng.normal(0.0, 0.13, 3))
    stretch /= np.prod(stretch) ** (1.0 / 3.0)
    place = (float(centre[0]), float(centre[1]), float(centre[2]))
    return Focus(place, radius, (float(stretch[0]), float(stretch[1]), float(stretch[2])))


def undo_push(tumour: Tumour, x: Array, y: Array, z: Array, freedom: Array) -> tuple[Array, Array, Array]:
    """Where the tissue now at (x, y, z) was before the tumour pushed it.

    Each focus displaces radially and keeps the displaced volume outside its core, so the shift falls off with the
    square of the distance; ``freedom`` (0 at the brain surface to 1 inside) holds the surface in place.
    """
    places = [x, y, z]
    for focus in tumour.foci:
        away = [c - f for c, f in zip((x, y, z), focus.centre, strict=True)]
        r = np.sqrt(away[0] ** 2 + away[1] ** 2 + away[2] ** 2) + np.float32(1e-3)
        inner = r * (1.0 - tumour.push) ** (1.0 / 3.0)
        outer = np.cbrt(np.maximum(r**3 - tumour.push * focus.radius**3, 0.0))
        factor = (freedom * (np.where(r < focus.radius, inner, outer) / r - 1.0)).astype(np.float32)
        places = [p + factor * a for p, a in zip(places, away, strict=True)]
    return places[0], places[1], places[2]


@dataclass(frozen=True)
class PaintedTumour:
    """Result of `paint_tumour`, one value per point: BraTS label, tissue class, and share of the other tissue."""

    label: npt.NDArray[np.uint8]
    tissue: npt.NDArray[np.uint8]
    blend: Array


def paint_tumour(
    tumour: Tumour,
    places: tuple[Array, Array, Array],
    tissue: npt.NDArray[np.uint8],
    brain_distance: Array,
    voxel_mm3: float,
) -> PaintedTumour:
    """Replace tissue by tumour and oedema.

    Args:
        tumour: The tumour.
        places: x, y, z (mm) of the points, before `undo_push`; 1-D.
        tissue: Healthy tissue class at the points; not changed.
        brain_distance: Signed distance to the brain surface, negative inside.
        voxel_mm3: Volume each point stands for; the levels are chosen so that the drawn volumes come out.
    """
    x, y, z = places
    painted, blend = tissue.copy(), np.zeros(x.shape, dtype=np.float32)
    texture = tumour.texture.at(x, y, z)
    distance = _core_distance(tumour, places)
    beyond = np.maximum(6.0 - x * np.sign(tumour.foci[0].centre[0]), 0.0)
    in_domain = (brain_distance < -2.0) & (tissue != Tissue.DURA)
    level = _level_for_volume(distance + 1.5 * beyond, in_domain, tumour.core_ml * 1000.0 / voxel_mm3)
    core = in_domain & (distance + 1.5 * beyond <= level)
    edge = np.maximum(distance + 1.5 * beyond - level, brain_distance + 2.0)
    swollen, spread = _oedema(tumour, places, tissue, distance - level + 0.8 * beyond, in_domain & ~core, voxel_mm3)
    painted[swollen] = Tissue.OEDEMA
    blend[swollen] = np.clip(0.6 * spread**2 + 0.12 * texture, 0.0, 0.75)[swollen]
    _paint_core(tumour, painted, blend, core, edge, tumour.patches.at(x, y, z), texture)
    label = np.zeros(x.shape, dtype=np.uint8)
    for kind, value in _LABEL_OF.items():
        label[painted == kind] = value
    return PaintedTumour(label, painted, blend)


def _core_distance(tumour: Tumour, places: tuple[Array, Array, Array]) -> Array:
    distance = np.full(places[0].shape, np.inf, dtype=np.float32)
    for focus in tumour.foci:
        semi = tuple(focus.radius * s for s in focus.stretch)
        distance = np.minimum(distance, ellipsoid(*places, focus.centre, semi))  # type: ignore[arg-type]
    fade = np.clip(1.0 - np.abs(distance) / (2.0 * tumour.foci[0].radius), 0.0, 1.0)
    return (distance + tumour.roughness * tumour.foci[0].radius * fade * tumour.surface.at(*places)).astype(np.float32)


def _level_for_volume(distance: Array, allowed: npt.NDArray[np.bool_], count: float) -> float:
    values = distance[allowed]
    return float(np.partition(values, min(int(count), values.size - 1))[min(int(count), values.size - 1)])


def _oedema(
    tumour: Tumour,
    places: tuple[Array, Array, Array],
    tissue: npt.NDArray[np.uint8],
    distance: Array,
    allowed: npt.NDArray[np.bool_],
    voxel_mm3: float,
) -> tuple[npt.NDArray[np.bool_], Array]:
    """White matter around the core, with fingers; and how far out each point lies (0 at the core, 1 at the border)."""
    cost = np.full(len(Tissue), np.inf, dtype=np.float32)
    cost[[Tissue.WHITE, Tissue.LESION]] = 0.0
    cost[[Tissue.DEEP_GREY, Tissue.PALLIDUM]] = 7.0
    cost[Tissue.GREY] = 9.0
    ragged = np.maximum(distance, 0.0) * (1.0 + 0.35 * np.tanh(tumour.surface.at(*(0.7 * p for p in places))))
    reach = ragged + cost[tissue]
    level = _level_for_volume(reach, allowed, tumour.oedema_ml * 1000.0 / voxel_mm3)
    level = min(level, 45.0)
    return allowed & (reach < level), np.clip(reach / max(level, 1.0), 0.0, 1.0)


def _paint_core(
    tumour: Tumour,
    painted: npt.NDArray[np.uint8],
    blend: Array,
    core: npt.NDArray[np.bool_],
    distance: Array,
    patches: Array,
    texture: Array,
) -> None:
    patchy = core & (patches > tumour.patch_level)
    if tumour.grade == 4:
        painted[core] = Tissue.NECROSIS
        painted[core & (texture > tumour.blood_level)] = Tissue.BLOOD
        rim = np.clip(tumour.rim_mm * (1.0 + 0.6 * patches), 0.0, None)
        painted[core & (distance > -rim)] = Tissue.ENHANCING
        painted[core & (distance > -rim - 1.0) & (patches < -1.5)] = Tissue.NON_ENHANCING
        painted[patchy] = Tissue.ENHANCING
    else:
        painted[core] = Tissue.NON_ENHANCING
        if tumour.mismatch:
            painted[core & (distance < -3.0 - 0.5 * patches)] = Tissue.MISMATCH
        if tumour.grade == 3:
            painted[patchy & (distance < -2.0)] = Tissue.ENHANCING
    blend[core] = np.clip(0.25 + 0.2 * texture, 0.0, 0.7)[core]
