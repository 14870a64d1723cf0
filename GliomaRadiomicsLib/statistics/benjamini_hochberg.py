"""False discovery rate over many tests (Benjamini & Hochberg 1995, JRSS B 57:289)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

from GliomaRadiomicsLib.core.errors import RefusedInput


def adjusted_p(p: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Benjamini-Hochberg adjusted p of each test, shape (m,); the tests with ``adjusted <= q`` have rate q.

    Raises:
        RefusedInput: If a p is missing or outside 0 to 1. Leave out tests that could not be computed, and say so.
    """
    values = np.asarray(p, dtype=np.float64)
    bad = np.flatnonzero(~((values >= 0) & (values <= 1)))
    if values.ndim != 1 or values.size == 0 or bad.size:
        raise RefusedInput(
            what="p values between 0 and 1 are needed",
            where="p",
            found=f"{values[bad[0]]} at place {bad[0] + 1}" if bad.size else f"shape {values.shape}",
            remedy="leave out tests that could not be computed",
        )
    return np.asarray(stats.false_discovery_control(values, method="bh"))
