"""Logarithms of the values + 1, scaled back to the range of the image; the sign stays.

Source: pyradiomics 3.0.1, ``imageoperations.getLogarithmImage``.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.filters.options import ImageType
from GliomaRadiomicsLib.radiomics.filters.source import Source


def images(source: Source, _: ImageType) -> Iterator[npt.NDArray]:
    """``logarithm``: sign(x) log(|x| + 1) m / log(m + 1), m the largest absolute value of the whole image."""
    values = source.here().astype(np.float64)
    logarithms = np.copysign(np.log(np.abs(values) + 1), values)
    yield logarithms * (source.largest / np.log(source.largest + 1))
