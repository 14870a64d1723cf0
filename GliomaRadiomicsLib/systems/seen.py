"""Whether a network was trained on a patient, told by label map or image: of both only a short hash is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.grid import to_canonical

IMAGES = "image_fingerprints"
"""Where the metadata of a bundle, in ``training``, keeps `patient_fingerprint` of everyone it was trained on."""


def fingerprint(labels: npt.NDArray) -> str:
    """Sixteen hexadecimal digits of a tumour's shape and labels, wherever it lies in the array.

    Args:
        labels: Label map on the network's working grid; any crop of it that holds the tumour gives the same.
    """
    inside = np.argwhere(labels != 0)
    if not len(inside):
        return "no tumour"
    box = tuple(slice(low, high + 1) for low, high in zip(inside.min(0), inside.max(0), strict=True))
    tumour = np.ascontiguousarray(labels[box]).astype(np.uint8)
    return hashlib.sha256(str(tumour.shape).encode() + tumour.tobytes()).hexdigest()[:16]


def image_fingerprint(volume: Volume) -> str:
    """Sixteen hexadecimal digits of an image as it was given: its voxels along right, anterior, superior, in float32.

    The zeros around it do not count, nor does the file's orientation or number type.
    """
    array = to_canonical(volume).array
    if not array.any():
        return "empty"
    box = tuple(_extent(array, axis) for axis in range(3))
    voxels = np.ascontiguousarray(array[box], dtype=np.float32)
    return hashlib.sha256(str(voxels.shape).encode() + voxels.tobytes()).hexdigest()[:16]


def patient_fingerprint(volumes: Mapping[str, Volume]) -> str:
    """`image_fingerprint` of the T1ce, else of the first sequence there is; "no image" without any.

    Args:
        volumes: Sequences by role, as they were given.
    """
    role = next((role for role in ("t1ce", *SEQUENCES) if role in volumes), None)
    return image_fingerprint(volumes[role]) if role else "no image"


def has_seen(metadata: Mapping[str, Any], fingerprints: Iterable[str]) -> bool:
    """Whether one of these images is of a patient the bundle was trained on; False where the bundle does not tell."""
    return bool(set(fingerprints) & set(metadata["training"].get(IMAGES, ())))


def _extent(array: npt.NDArray, axis: int) -> slice:
    """From the first to the last slice along ``axis`` that is not 0 throughout."""
    others = tuple(other for other in range(3) if other != axis)
    found = np.flatnonzero(array.any(axis=others))
    return slice(int(found[0]), int(found[-1]) + 1)
