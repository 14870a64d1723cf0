"""Square roots of the values, scaled back to the range of the image; the sign stays.

Source: pyradiomics 3.0.1, ``imageoperations.getSquareRootImage``.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.filters.options import ImageType
from GliomaRadiomicsLib.radiomics.filters.source import Source


def images(source: Source, _: ImageType) -> Iterator[npt.NDArray]:
    """``squareroot``: sign(x) sqrt(m |x|), m the largest absolute value of the whole image."""
    values = source.here().astype(np.float64)
    yield np.copysign(np.sqrt(np.abs(values) * source.largest), values)
