"""Stationary wavelet decomposition: every combination of low (L) and high (H) pass along the axes.

Source: pyradiomics 3.0.1, ``imageoperations.getWaveletImage``; G. P. Nason and B. W. Silverman, "The stationary wavelet
transform and some statistical applications", 1995. The image is taken to repeat itself beyond its borders, after a
voxel is added along axes of odd length.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.filters.options import ImageType
from GliomaRadiomicsLib.radiomics.filters.source import Margin, Source
from GliomaRadiomicsLib.radiomics.filters.wavelet_filters import Taps, decomposition_filters

BLOCK = 30_000
"""Voxels filtered at once, so that they stay in the processor's cache."""


def margin(image_type: ImageType, _: tuple[float, float, float]) -> Margin:
    """Half the length of the wavelet for each level, along the axes that are decomposed."""
    axes = _axes(image_type)
    found = [_reach(image_type)[1] if axis in axes else 0 for axis in range(3)]
    return found[0], found[1], found[2]


def images(source: Source, image_type: ImageType) -> Iterator[npt.NDArray]:
    """LLH to HHH of each level, then LLL of the last; the letters stand for i, j, k.

    float32 for a float32 image, as in PyWavelets, else float64.
    """
    options, axes = image_type.options, _axes(image_type)
    values = _extended(source, axes, _reach(image_type))
    if values.dtype != np.float32:
        values = values.astype(np.float64, copy=False)
    low, high = decomposition_filters(options.wavelet, values.dtype)
    for _ in range(options.start_level):
        values = _only_low(values, low, axes)
    for level in range(1, options.level + 1):
        left = (options.level - level) * (len(low) // 2 - 1), (options.level - level) * (len(low) // 2)
        kept = values
        for name, band in _bands(values, low, high, axes):
            if "H" in name:
                yield np.ascontiguousarray(band[_without(left, axes)])
            else:
                kept = band
        values = kept
    yield values


def _axes(image_type: ImageType) -> tuple[int, ...]:
    return tuple(axis for axis in (2, 1, 0) if not (image_type.force_2d and axis == image_type.slice_axis))


def _reach(image_type: ImageType) -> tuple[int, int]:
    """Voxels needed before and after the box."""
    half = len(decomposition_filters(image_type.options.wavelet)[0]) // 2
    levels = image_type.options.start_level + image_type.options.level
    return levels * (half - 1), levels * half


def _without(left: tuple[int, int], axes: tuple[int, ...]) -> tuple[slice, ...]:
    before, after = left
    return tuple(slice(before, -after or None) if axis in axes else slice(None) for axis in range(3))


def _extended(source: Source, axes: tuple[int, ...], reach: tuple[int, int]) -> npt.NDArray:
    """The box with all that the filters need, from the other end of the image where it ends."""
    before, after = reach
    wider = [
        slice(part.start - before, part.stop + after) if axis in axes else part for axis, part in enumerate(source.box)
    ]
    if all(part.start >= 0 and part.stop <= size for part, size in zip(wider, source.array.shape, strict=True)):
        return source.part((wider[0], wider[1], wider[2]))
    indices = [_repeated(part, size) for part, size in zip(wider, source.array.shape, strict=True)]
    return source.at((indices[0], indices[1], indices[2]))


def _repeated(part: slice, size: int) -> npt.NDArray[np.int64]:
    places = np.arange(part.start, part.stop) % (size + size % 2)
    return np.where(places < size, places, 0)


def _bands(values: npt.NDArray, low: Taps, high: Taps, axes: tuple[int, ...]) -> Iterator[tuple[str, npt.NDArray]]:
    if not axes:
        yield "", values
        return
    for letter, taps in (("L", low), ("H", high)):
        for name, band in _bands(_filtered(values, taps, axes[0]), low, high, axes[1:]):
            yield letter + name, band


def _only_low(values: npt.NDArray, low: Taps, axes: tuple[int, ...]) -> npt.NDArray:
    for axis in axes:
        values = _filtered(values, low, axis)
    return values


def _filtered(values: npt.NDArray, taps: Taps, axis: int) -> npt.NDArray:
    """Convolution along an axis where all inputs are known; summed in the order in which PyWavelets does."""
    shape = list(values.shape)
    shape[axis] -= len(taps) - 1
    result = np.empty(shape, dtype=values.dtype)
    across = 1 if axis == 0 else 0
    step = max(1, BLOCK * shape[across] // max(1, result.size))
    source, target = np.moveaxis(values, (across, axis), (0, 1)), np.moveaxis(result, (across, axis), (0, 1))
    for first in range(0, shape[across], step):
        _convolve(source[first : first + step], taps, target[first : first + step])
    return result


def _convolve(values: npt.NDArray, taps: Taps, out: npt.NDArray) -> None:
    length, product = out.shape[1], np.empty_like(out)
    for number, tap in enumerate(taps):
        start = len(taps) - 1 - number
        part = values[:, start : start + length]
        if number == 0:
            np.multiply(part, tap, out=out)
        else:
            np.multiply(part, tap, out=product)
            out += product
