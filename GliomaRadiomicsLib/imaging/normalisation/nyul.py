"""Histogram matching by landmarks: percentiles of the brain are moved to where a cohort has them on average.

Nyul & Udupa, "On standardizing the MR image intensity scale", Magnetic Resonance in Medicine 42:1072 (1999); with
deciles as landmarks: Nyul, Udupa, Zhang, IEEE Transactions on Medical Imaging 19:143 (2000).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.imaging.normalisation.base import Array, inside_mask, values_in, width_or_flat
from GliomaRadiomicsLib.imaging.normalisation.nyul_standard import PERCENTILES, STANDARD

SCALE = (0.0, 100.0)
"""Where the outer landmarks of every image go."""


@dataclass(frozen=True)
class NyulNormalisation:
    """Piecewise linear, strictly increasing, and so exactly invertible; the outer pieces go on beyond the landmarks.

    Attributes:
        image_landmarks: Percentiles of the image, strictly increasing; fewer than two for a flat image.
        standard_landmarks: What each becomes, strictly increasing.
    """

    image_landmarks: tuple[float, ...]
    standard_landmarks: tuple[float, ...]
    method: str = "nyul"

    def apply(self, array: npt.NDArray, mask: npt.NDArray) -> Array:
        """Matched float32 intensities inside ``mask``, 0 outside; all 0 for a flat image.

        Raises:
            ValueError: If the shapes differ.
        """
        inside = inside_mask(array, mask)
        result = np.zeros(array.shape, dtype=np.float32)
        if len(self.image_landmarks) > 1:
            result[inside] = _piecewise(array[inside], self.image_landmarks, self.standard_landmarks)
        return result

    def inverse(self, array: npt.NDArray, mask: npt.NDArray) -> Array:
        """The intensities before, exact to float32 inside ``mask``, 0 outside (not kept)."""
        inside = inside_mask(array, mask)
        result = np.zeros(array.shape, dtype=np.float32)
        if len(self.image_landmarks) > 1:
            result[inside] = _piecewise(array[inside], self.standard_landmarks, self.image_landmarks)
        elif self.image_landmarks:
            result[inside] = self.image_landmarks[0]
        return result

    def parameters(self) -> dict[str, Any]:
        """Plain data: method and both lists of landmarks."""
        return {
            "method": self.method,
            "image_landmarks": list(self.image_landmarks),
            "standard_landmarks": list(self.standard_landmarks),
        }


def learn_standard(
    images: Iterable[tuple[npt.NDArray, npt.NDArray]], percentiles: Sequence[float] = PERCENTILES
) -> tuple[float, ...]:
    """The standard landmarks of one sequence from a cohort: the mean place of each percentile on `SCALE`.

    Args:
        images: Array and brain mask of every patient; taken one at a time.
        percentiles: Increasing; the outer two are put to the ends of `SCALE`.

    Raises:
        RefusedInput: Without any image that has contrast inside its mask.
    """
    places = []
    for array, mask in images:
        landmarks = _landmarks(array, mask, percentiles)
        if landmarks is not None:
            share = (landmarks - landmarks[0]) / (landmarks[-1] - landmarks[0])
            places.append(SCALE[0] + share * (SCALE[1] - SCALE[0]))
    if not places:
        raise RefusedInput(what="no image with contrast to learn landmarks from", remedy="give at least one")
    return tuple(float(place) for place in np.mean(places, axis=0))


def fit_nyul(
    array: npt.NDArray, mask: npt.NDArray, role: str = "t1", *, standard: Sequence[float] | None = None
) -> NyulNormalisation:
    """Match an image to the standard of its sequence.

    Args:
        array: Intensities, any shape and unit.
        mask: Brain, same shape.
        role: Sequence; picks the standard that comes with the product where none is given.
        standard: From `learn_standard`, one landmark for each of `PERCENTILES`.

    Raises:
        RefusedInput: If the standard does not fit or does not increase, or there is none for this sequence.
    """
    target = np.asarray(STANDARD.get(role, ()) if standard is None else standard, dtype=np.float64)
    if len(target) != len(PERCENTILES) or not (np.diff(target) > 0).all():
        remedy = f"give {len(PERCENTILES)} increasing landmarks, as learned from a cohort"
        raise RefusedInput(what="not a standard for histogram matching", where="standard", found=role, remedy=remedy)
    landmarks = _landmarks(array, mask, PERCENTILES)
    if landmarks is None:
        values = values_in(array, mask)
        return NyulNormalisation((float(values.mean()),) if values.size else (), ())
    distinct, first, counts = np.unique(landmarks, return_index=True, return_counts=True)
    matched = [float(target[start : start + n].mean()) for start, n in zip(first, counts, strict=True)]
    return NyulNormalisation(tuple(distinct.tolist()), tuple(matched))


def _landmarks(array: npt.NDArray, mask: npt.NDArray, percentiles: Sequence[float]) -> npt.NDArray[np.float64] | None:
    values = values_in(array, mask)
    if values.size == 0:
        return None
    landmarks = np.percentile(values, percentiles)
    return landmarks if width_or_flat(float(landmarks[-1] - landmarks[0]), float(landmarks[0])) else None


def _piecewise(values: npt.NDArray, before: Sequence[float], after: Sequence[float]) -> npt.NDArray[np.float64]:
    x, y = np.asarray(before), np.asarray(after)
    piece = np.clip(np.searchsorted(x, values, side="right") - 1, 0, len(x) - 2)
    slope = np.diff(y) / np.diff(x)
    return y[piece] + slope[piece] * (values.astype(np.float64) - x[piece])
