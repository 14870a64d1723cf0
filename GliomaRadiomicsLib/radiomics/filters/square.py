"""Squares of the values, scaled back to the range of the image.

Source: pyradiomics 3.0.1, ``imageoperations.getSquareImage``.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.filters.options import ImageType
from GliomaRadiomicsLib.radiomics.filters.source import Source


def images(source: Source, _: ImageType) -> Iterator[npt.NDArray]:
    """``square``: (c x)² with c = 1 / sqrt(m), m the largest absolute value of the whole image."""
    values = source.here().astype(np.float64)
    values *= 1 / np.sqrt(source.largest)
    values *= values
    yield values
