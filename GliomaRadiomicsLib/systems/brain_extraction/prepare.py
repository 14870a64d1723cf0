"""What the brain extraction network sees: canonical orientation, 2 mm, signal from 0 to 1."""

from __future__ import annotations

import numpy as np

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.grid import coarsened, to_canonical

SPACING_MM = 2.0


def to_network_grid(volume: Volume) -> Volume:
    """``volume`` in canonical orientation with voxels of 2 mm, smoothed first where it is finer."""
    return coarsened(to_canonical(volume), SPACING_MM)


def normalised(image: np.ndarray) -> np.ndarray:
    """Signal divided by its 99th percentile above zero, clipped at 1.5; zero where nothing was seen."""
    seen = image[image > 0]
    top = float(np.percentile(seen[:: max(1, len(seen) // 200_000)], 99)) if seen.size else 1.0
    return np.clip(image / max(top, 1e-6), 0.0, 1.5).astype(np.float32)
