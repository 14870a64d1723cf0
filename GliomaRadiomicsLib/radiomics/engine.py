"""The feature engine: features with the names and values of pyradiomics 3.0.1, in numpy and scipy (and torch on a GPU).

`extract` computes one region of one image, `extract_case` all regions of all sequences of a patient.
"""

from __future__ import annotations

from GliomaRadiomicsLib.radiomics.cases import CASE_REGIONS, CASE_SCALE, CASE_SETTINGS, MASK, extract_case
from GliomaRadiomicsLib.radiomics.extraction import ALL_FEATURES, Extracted, extract

__all__ = [
    "ALL_FEATURES",
    "CASE_REGIONS",
    "CASE_SCALE",
    "CASE_SETTINGS",
    "MASK",
    "Extracted",
    "extract",
    "extract_case",
]
