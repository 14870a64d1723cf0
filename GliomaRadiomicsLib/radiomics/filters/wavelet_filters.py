"""Coefficients of the wavelets pyradiomics offers, from ``wavelet_filters.json``."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.radiomics.rules import nearest

Taps = npt.NDArray[np.floating]


@cache
def decomposition_filters(wavelet: str, kind: npt.DTypeLike = np.float64) -> tuple[Taps, Taps]:
    """Low and high pass of the decomposition, of the same even length.

    Args:
        wavelet: Name as in PyWavelets.
        kind: Number type; PyWavelets rounds the coiflets to float32 before it multiplies them by sqrt(2).

    Raises:
        RefusedInput: For a wavelet that is not known, naming the nearest one.
    """
    table = _table()
    if wavelet not in table:
        raise RefusedInput(what="unknown wavelet", where=wavelet, remedy=nearest(str(wavelet), sorted(table)))
    low = np.array(table[wavelet]["low"]).astype(kind)
    if wavelet.startswith("coif") and kind == np.float32:
        low = (np.array(table[wavelet]["low"]) / np.sqrt(2)).astype(kind) * np.float32(np.sqrt(2))
    signs = np.where(np.arange(len(low)) % 2, 1.0, -1.0).astype(kind)
    return low, np.array(table[wavelet].get("high", low[::-1] * signs)).astype(kind)


@cache
def _table() -> dict[str, dict[str, list[float]]]:
    text = files("GliomaRadiomicsLib.radiomics.filters").joinpath("wavelet_filters.json").read_text(encoding="utf-8")
    return json.loads(text)["filters"]
