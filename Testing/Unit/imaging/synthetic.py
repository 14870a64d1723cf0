"""A coarse made-up head with the contrasts that matter, in milliseconds."""

from __future__ import annotations

import numpy as np

from GliomaRadiomicsLib.core.volume import Volume

SPACING = 3.0
SHAPE = (56, 66, 52)
# grey matter, white matter, CSF, oedema, enhancing rim, necrosis, vessels
_SIGNAL = {
    "t1": (60, 85, 20, 55, 55, 35, 55),
    "t1ce": (60, 85, 20, 55, 160, 35, 170),
    "t2": (95, 70, 210, 150, 120, 180, 60),
    "flair": (90, 70, 20, 170, 130, 60, 60),
}


def affine() -> np.ndarray:
    matrix = np.diag([-SPACING, -SPACING, SPACING, 1.0])
    matrix[:3, 3] = 84.0, 99.0, -78.0
    return matrix


def _radius(centre: tuple, radii: tuple) -> np.ndarray:
    index = np.indices(SHAPE).astype(float)
    return np.sqrt(sum(((index[axis] - centre[axis]) * SPACING / radii[axis]) ** 2 for axis in range(3)))


def make_case(seed: int = 0, skull: bool = False) -> tuple[dict[str, Volume], Volume]:
    """Four sequences and their label map, on one grid."""
    rng = np.random.default_rng(seed)
    head = _radius((28, 33, 26), (70, 85, 65))
    tumour = _radius((20, 26, 30), (24, 22, 20))
    classes = np.where(head < 0.82, 2, 1)
    classes[(head > 0.97) | (_radius((28, 33, 27), (12, 30, 12)) < 1)] = 3
    classes[tumour < 1] = 4
    classes[tumour < 0.6] = 5
    classes[tumour < 0.35] = 6
    classes[(rng.random(SHAPE) < 0.03) & (classes < 3)] = 7
    inside = head < 1
    scalp = (head >= 1.04) & (head < 1.15)
    images = {}
    for role, signal in _SIGNAL.items():
        array = np.choose(classes - 1, signal) + rng.normal(0, 4, SHAPE)
        array = np.where(inside, np.maximum(array, 1), 0.0)
        if skull:
            array = np.abs(np.where(scalp, 110.0, array) + rng.normal(0, 3, SHAPE)) + 1
        images[role] = Volume(np.round(array * 4).astype(np.int16), affine(), role)
    labels = np.zeros(SHAPE, np.uint8)
    labels[classes == 4], labels[classes == 5], labels[classes == 6] = 2, 4, 1
    return images, Volume(labels * inside, affine(), "mask")
