"""Writes ``radiomics/filters/wavelet_filters.json``: coefficients of all discrete wavelets, as PyWavelets has them.

    pip install PyWavelets==1.9.0
    python Testing/Golden/make_wavelet_filters.py

The high pass of an orthogonal wavelet is its low pass backwards with alternating signs; only other ones are written.
"""

from __future__ import annotations

import json
from pathlib import Path

import pywt

TARGET = Path(__file__).resolve().parents[2] / "GliomaRadiomicsLib/radiomics/filters/wavelet_filters.json"


def coefficients(name: str) -> dict[str, list[float]]:
    wavelet = pywt.Wavelet(name)
    low, high = list(wavelet.dec_lo), list(wavelet.dec_hi)
    mirrored = [value if place % 2 else -value for place, value in enumerate(reversed(low))]
    return {"low": low} if mirrored == high else {"low": low, "high": high}


def main() -> None:
    names = pywt.wavelist(kind="discrete")
    lines = [f" {json.dumps(name)}: {json.dumps(coefficients(name))}" for name in names]
    source = f"decomposition filters of PyWavelets {pywt.__version__}, by Testing/Golden/make_wavelet_filters.py"
    content = '{"source": ' + json.dumps(source) + ',\n"filters": {\n' + ",\n".join(lines) + "\n}}\n"
    TARGET.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
