"""Does T1ce show contrast agent? Vessels, choroid plexus and dura shine in every brain that got it, tumour or not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_BINS = 60
_FEWEST = 2000
ENHANCED = 1.7
"""Of 19 patients the least was 2.2. Copies of T1 with noise, gamma, blur, bias or a shift had at most 1.3. Of 15
phantoms with agent one (grade 2, seed 9) has 1.1 and is a false alarm, of 10 without one has 2.5 and is missed."""


def enhancement(t1: npt.NDArray, t1ce: npt.NDArray, brain: npt.NDArray[np.bool_]) -> float | None:
    """How far the brightest voxels of T1ce lie above what T1 lets expect.

    T1ce is predicted from T1 by its median in each of 60 equal parts of T1, whatever the two scales are; the 99.5th
    percentile of the rest is given in units of the interquartile range of T1ce.

    Args:
        t1: Intensities.
        t1ce: Same grid.
        brain: True inside the brain; about 3 mm is enough.

    Returns:
        None where the brain is too small or an image flat.
    """
    a, b = t1[brain].astype(np.float64), t1ce[brain].astype(np.float64)
    if a.size < _FEWEST or np.ptp(a) == 0:
        return None
    low, high = np.percentile(b, (25, 75))
    if low == high:
        return None
    order = np.argsort(a, kind="stable")
    rest = [part - np.median(part) for part in np.array_split(b[order], _BINS)]
    return float(np.percentile(np.concatenate(rest), 99.5) / (high - low))
