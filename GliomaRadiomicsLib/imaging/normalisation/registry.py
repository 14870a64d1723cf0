"""Normalisations by name, so that a setting picks one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.imaging.normalisation.base import LinearNormalisation, Normalisation
from GliomaRadiomicsLib.imaging.normalisation.linear import fit_minmax, fit_percentile, fit_zscore, fit_zscore_image
from GliomaRadiomicsLib.imaging.normalisation.nyul import NyulNormalisation, fit_nyul
from GliomaRadiomicsLib.imaging.normalisation.white_stripe import fit_white_stripe

METHODS: dict[str, Callable[[npt.NDArray, npt.NDArray, str], Normalisation]] = {
    "zscore": fit_zscore,
    "zscore-image": fit_zscore_image,
    "white-stripe": fit_white_stripe,
    "percentile": fit_percentile,
    "nyul": fit_nyul,
    "minmax": fit_minmax,
}
"""Fitted to an image, its brain mask and its role; the names are those of `core.settings.NORMALISATIONS`."""


def fit(method: str, array: npt.NDArray, mask: npt.NDArray, role: str) -> Normalisation:
    """The normalisation called ``method``, fitted to one image.

    Args:
        method: Key of `METHODS`.
        array: Intensities, any shape and unit.
        mask: Brain, same shape; voxels that are not zero count.
        role: t1, t1ce, t2 or flair.

    Raises:
        RefusedInput: For another method.
        ValueError: If the shapes differ.
    """
    _check(method)
    return METHODS[method](array, mask, role)


def from_parameters(parameters: dict[str, Any]) -> Normalisation:
    """The normalisation whose ``parameters()`` were kept, so that a result can be taken back to native intensities.

    Raises:
        RefusedInput: For an unknown method.
    """
    _check(str(parameters.get("method")))
    if parameters["method"] == "nyul":
        return NyulNormalisation(tuple(parameters["image_landmarks"]), tuple(parameters["standard_landmarks"]))
    clip = parameters.get("clip")
    return LinearNormalisation(**{**parameters, "clip": None if clip is None else (clip[0], clip[1])})


def _check(method: str) -> None:
    if method not in METHODS:
        remedy = f"choose from {', '.join(METHODS)}"
        raise RefusedInput(what="unknown normalisation", where="normalisation", found=method, remedy=remedy)
