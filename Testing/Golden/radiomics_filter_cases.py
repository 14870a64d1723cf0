"""Synthetic cases for the filters: images, masks, settings and filters as a parameter file names them.

Used by ``make_pyradiomics_filters_golden.py`` and by the tests. Numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from radiomics_cases import SHAPE, Case, noisy_image

FEW = ("firstorder", "glcm", "glszm")
ALL = ("firstorder", "glcm", "glrlm", "glszm", "ngtdm", "gldm")


@dataclass(frozen=True)
class FilterCase(Case):
    """A case with its filters, by name with their own settings, and the families to compute."""

    image_types: dict[str, dict[str, Any]] = field(default_factory=dict)
    families: tuple[str, ...] = FEW

    @property
    def parameters(self) -> dict[str, Any]:
        """The content of a parameter file."""
        return {
            "setting": self.settings,
            "imageType": self.image_types,
            "featureClass": {family: None for family in self.families},
        }


def _inside() -> np.ndarray:
    i, j, k = np.indices(SHAPE)
    return ((i - 11) / 8) ** 2 + ((j - 9) / 6) ** 2 + ((k - 6) / 4) ** 2 <= 1


def _at_the_border() -> np.ndarray:
    i, j, k = np.indices(SHAPE)
    return (i >= 14) & (j <= 6) & (k >= 7) & ((i + j + k) % 7 > 0)


def cases() -> dict[str, FilterCase]:
    """All cases by name."""
    image, mask = noisy_image(), _inside().astype(np.uint8)
    border = _at_the_border().astype(np.uint8)
    signed = (image.astype(np.float32) - 480) / np.float32(7)
    thick = {"spacing": (0.75, 1.1, 4.0), "oblique": True}
    every = {
        "Original": {},
        "LoG": {"sigma": [1, 2.0, 3.5]},
        "Wavelet": {},
        "Square": {},
        "SquareRoot": {},
        "Logarithm": {},
        "Exponential": {"binWidth": 5},
        "Gradient": {},
        "LBP2D": {"binWidth": 1},
        "LBP3D": {"binWidth": 0.3},
    }
    # where clipping leaves a plateau, LBP3D compares a value with itself, and the rounding decides
    smooth = {name: own for name, own in every.items() if name != "LBP3D"}
    z_scores = {"normalize": True, "normalizeScale": 100, "removeOutliers": 2.0, "binWidth": 10}
    return {
        "every_filter": FilterCase(image, mask, image_types=every, families=ALL, **thick),
        "normalised": FilterCase(image, mask, settings=z_scores, image_types=smooth, **thick),
        "float32": FilterCase(signed, mask, settings={"binWidth": 3.3}, image_types=every | {"LBP3D": {}}, **thick),
        "at_the_border": FilterCase(image, border, image_types={"Wavelet": {}, "LoG": {"sigma": [2]}, "Gradient": {}}),
        "levels": FilterCase(
            image, border, image_types={"Wavelet": {"wavelet": "bior2.4", "level": 2, "start_level": 1, "binCount": 16}}
        ),
        "plane_by_plane": FilterCase(
            image,
            mask,
            settings={"force2D": True, "force2Ddimension": 1, "wavelet": "haar", "binWidth": 12},
            image_types={"Wavelet": {}, "LBP2D": {"lbp2DRadius": 2.3, "lbp2DSamples": 9, "lbp2DMethod": "ror"}},
            **thick,
        ),
        "own_settings": FilterCase(
            image,
            mask,
            settings={"sigma": [1.5], "gradientUseSpacing": False, "distances": [1, 2]},
            image_types={
                "Original": {"binCount": 8},
                "LoG": {"binWidth": 40, "gldm_a": 1},
                "Gradient": {"distances": [1], "symmetricalGLCM": False},
                "Square": {"weightingNorm": "euclidean", "voxelArrayShift": 100},
                "LBP2D": {"lbp2DMethod": "default", "binWidth": 8, "force2Ddimension": 2},
                "LBP3D": {
                    "lbp3DLevels": 3,
                    "lbp3DIcosphereRadius": 1.7,
                    "lbp3DIcosphereSubdivision": 2,
                    "binWidth": 5,
                },
            },
            families=ALL,
            **thick,
        ),
        "resegmented": FilterCase(
            image,
            mask,
            settings={"resegmentRange": [-1.5, 1.0], "resegmentMode": "sigma"},
            image_types={"Original": {}, "LoG": {"sigma": [2.0]}, "SquareRoot": {}, "LBP3D": {"binWidth": 0.3}},
            **thick,
        ),
    }
