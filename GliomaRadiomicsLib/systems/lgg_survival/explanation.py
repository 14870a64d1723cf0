"""Where in the section the deep part of the signature comes from.

A deep feature is the average of a map over the section, and the signature is a weighted sum of features; so the sum of
the maps with these weights is, pixel by pixel, the deep part of the score, exactly. Source: Zhou et al. 2016, CVPR
(class activation maps).
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.systems.lgg_survival.rows import Measured
from GliomaRadiomicsLib.systems.lgg_survival.signature import FittedSignature


def activation_map(signature: FittedSignature, measured: Measured) -> np.ndarray | None:
    """Deep part of the score by place, (rows, columns) of the network's last maps; None without deep features.

    Its average is the sum of weight x feature over the deep features of the signature.
    """
    weights = dict(zip(signature.signature.names, signature.signature.coefficients, strict=True))
    places = {name: i for i, name in enumerate(signature.deep) if name in weights}
    if signature.extractor is None or not places:
        return None
    maps = signature.extractor.maps(measured.image)
    return np.sum([weights[name] * maps[i] for name, i in places.items()], axis=0)


def heat_map(signature: FittedSignature, measured: Measured, label_map: Volume) -> Volume | None:
    """The activation map, from lowest to highest as 0 to 1, at its place on the label map's grid; 0 elsewhere."""
    found = activation_map(signature, measured)
    if found is None or np.ptp(found) == 0:
        return None
    size = measured.section.size
    upsampled = ndimage.zoom(
        found, (size / found.shape[0], size / found.shape[1]), order=1, grid_mode=True, mode="nearest"
    )
    scaled = (upsampled - upsampled.min()) / np.ptp(upsampled)
    return measured.section.put_back(scaled.astype(np.float32), label_map)
