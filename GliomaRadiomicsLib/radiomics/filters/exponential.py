"""Exponentials of the values, scaled back to the range of the image.

Source: pyradiomics 3.0.1, ``imageoperations.getExponentialImage``.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.filters.options import ImageType
from GliomaRadiomicsLib.radiomics.filters.source import Source


def images(source: Source, _: ImageType) -> Iterator[npt.NDArray]:
    """``exponential``: exp(c x) with c = log(m) / m, m the largest absolute value of the whole image."""
    values = source.here().astype(np.float64)
    yield np.exp(np.log(source.largest) / source.largest * values)
