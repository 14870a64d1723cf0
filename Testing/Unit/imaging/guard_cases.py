"""What the guard must notice, made from ordinary images: turned, cut, copied, operated on, of another machine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import ndimage

from GliomaRadiomicsLib.core.results import Finding
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.phantom_tissue import Tissue

Case = dict[str, Volume]
QUARTER_TURNS = [(times, axes) for axes in ((0, 1), (0, 2), (1, 2)) for times in (1, 3)]
HOUNSFIELD = {
    Tissue.AIR: -1000,
    Tissue.CSF: 8,
    Tissue.BONE: 900,
    Tissue.MARROW: 300,
    Tissue.FAT: -90,
    Tissue.MUSCLE: 50,
    Tissue.VITREOUS: 10,
}


def codes(findings: list[Finding]) -> set[str]:
    """Codes of all that is not ok."""
    return {finding.code for finding in findings if finding.severity != "ok"}


def turned(volume: Volume, times: int, axes: tuple[int, int]) -> Volume:
    """The array turned by quarters, the header left as it is."""
    return Volume(np.ascontiguousarray(np.rot90(volume.array, times, axes)), volume.affine, volume.name)


def halved(volume: Volume, axis: int, first: bool) -> Volume:
    """One half of the field of view along an axis set to 0."""
    array = volume.array.copy()
    used = np.flatnonzero(array.any(axis=tuple(other for other in range(3) if other != axis)))
    middle = int(used[0] + used[-1]) // 2
    place = [slice(None)] * 3
    place[axis] = slice(None, middle) if first else slice(middle, None)
    array[tuple(place)] = 0
    return volume.with_array(array)


def cropped(volume: Volume, axis: int) -> Volume:
    """The first half of the field of view along an axis."""
    place = [slice(None)] * 3
    place[axis] = slice(None, volume.shape[axis] // 2)
    return replace(volume, array=volume.array[tuple(place)])


def copied_t1(images: Case, brain: Volume, noise: float, rng: np.random.Generator) -> Case:
    """T1 with another scale and noise (relative to its median) given as T1ce."""
    t1, inside = images["t1"].array.astype(np.float64), brain.array != 0
    copy = 1.7 * t1 + 20.0 + rng.normal(0.0, 1.7 * noise * np.median(t1[inside]), t1.shape)
    return {**images, "t1ce": images["t1"].with_array((copy * inside).astype(np.float32))}


def operated(images: Case, brain: Volume, radius_mm: float = 18.0) -> Case:
    """A ball of fluid just below the surface of the left upper brain (about 3 mm voxels, axes to left, back, top)."""
    inside = brain.array != 0
    depth = ndimage.distance_transform_edt(inside, sampling=brain.spacing)
    centre = np.argwhere(inside).mean(axis=0)
    places = np.argwhere((depth > 0.7 * radius_mm) & (depth < 0.9 * radius_mm))
    side = (places - centre) * brain.spacing @ [1.0, 0.2, 0.4]
    at = places[side.argmax()]
    distance = np.linalg.norm(
        [(g - c) * s for g, c, s in zip(np.indices(inside.shape), at, brain.spacing, strict=True)], axis=0
    )
    hole = (distance < radius_mm) & inside
    result = {}
    for role, image in images.items():
        low, middle = np.percentile(image.array[inside], (0.5, 50))
        fluid = {"t1": 0.4, "t1ce": 0.4, "t2": 2.6, "flair": 0.2}[role]
        array = image.array.astype(np.float32)
        array[hole] = low + fluid * (middle - low)
        result[role] = image.with_array(array)
    return result


def tomography(tissue: Volume, rng: np.random.Generator, offset: float = 0.0) -> Volume:
    """A CT of the phantom's head."""
    units = np.full(len(Tissue), 35.0)
    for kind, value in HOUNSFIELD.items():
        units[kind] = value
    array = units[tissue.array] + rng.normal(0.0, 12.0, tissue.shape) + offset
    return tissue.with_array(np.clip(array, offset - 1024.0, 3000.0).astype(np.int16), "ct")


def bottle(noise: float, bias: float, rng: np.random.Generator, *, cylinder: bool = True) -> Volume:
    """A phantom bottle of water."""
    x, y, z = (g * 3.0 for g in np.indices((80, 80, 52)))
    round_about, height = np.hypot(x - 120, y - 120), np.abs(z - 78)
    inside = (round_about < 85) & (height < 70) if cylinder else np.hypot(round_about, height) < 75
    shading = 1.0 + bias * np.cos((x - 90) / 70) * np.cos((y - 130) / 80)
    array = np.abs(1000.0 * inside * shading + rng.normal(0.0, 1000.0 * noise, inside.shape))
    return Volume(array.astype(np.float32), np.diag([-3.0, -3.0, 3.0, 1.0]), "bottle")
