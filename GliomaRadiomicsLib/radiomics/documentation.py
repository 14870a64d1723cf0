"""docs/features.md from the registries; run as a module with the file to write, as ``make docs`` does."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from GliomaRadiomicsLib.radiomics.registry import FEATURES, IBSI_FEATURES, Feature
from GliomaRadiomicsLib.radiomics.sets import han_registry

_HEAD = """\
# Features

Generated from the registries of the library by `make docs`; changes here are overwritten.

`I` is the unit of the image, `bin` a grey level; no unit is a plain number. In formulas x are voxel values, N is their
number, p(i) the share of grey level i, p(i,j) the shares of a matrix with n(i,j) counts (j is the level of the
neighbour, or the size of the run, zone or dependence), mu are means, sigma standard deviations, V and A volume and
area of the surface mesh, lambda the eigenvalues of the covariance of the voxel centres. The reference of a family has
the full definition.
"""

IMAGES = {
    "Original": ("original", "the image itself"),
    "LoG": ("log-sigma-3-0-mm-3D", "Laplacian of Gaussian, here with sigma 3 mm"),
    "Wavelet": ("wavelet-LLH", "stationary wavelet bands LLH to LLL; by default coif1, one level"),
    "Square": ("square", "square of the values, scaled back to their range"),
    "SquareRoot": ("squareroot", "square root of the size of the values, with their sign, scaled back to their range"),
    "Logarithm": (
        "logarithm",
        "logarithm of the size of the values plus 1, with their sign, scaled back to their range",
    ),
    "Exponential": ("exponential", "exponential of the values, scaled so that the largest stays"),
    "Gradient": ("gradient", "magnitude of the gradient"),
    "LBP2D": ("lbp-2D", "local binary patterns of every slice"),
    "LBP3D": ("lbp-3D-m1", "local binary patterns in space: levels m1, m2 and kurtosis k"),
}
"""Beginning of the names and meaning of each image type."""

_NAMES = """\
## Names

A feature is called `image_family_name`, such as `original_glcm_Contrast`. Shape features depend on the mask only and
are always called `original_`.

"""

_CONVENTIONS = {
    "pyradiomics": """\
The default: names, definitions and values of pyradiomics 3.0.1. A feature with an IBSI code is defined there in the
same way. Those marked *on request* say the same as another one and are computed only where a parameter file names them.
""",
    "ibsi": """\
With the setting `convention: ibsi`: definitions and discretisation of the IBSI reference manual. Features that are the
same in both conventions have the same name.
""",
}

_HAN = """\
## Han 2020: 348 features of one section

`glioma-radiomics features --set han`. The 43 histogram and texture features are computed with eight settings: pixels
of 1 mm (`1mm`) or of the in-plane resolution (`inplane`), levels of equal probability (`equal`) or equal width
(`uniform`), 16 or 32 of them: 4 + 8 x 43 = 348. A name is such as `{example}`. Ng is the number
of levels, L the longest run or largest zone, s(i) the sum of differences of the pixels of level i to the mean of their
neighbours. Source: W. Han et al., AJNR 41, 2020, table 2, with the definitions of the toolbox of M. Vallieres et al.,
Phys. Med. Biol. 60, 2015; what the paper leaves open is settled in `radiomics/sets/han.py`.
"""

_JINLING = """\
## Jinling 2023: 788 features per sequence

`glioma-radiomics features --set jinling`: the pyradiomics parameter file `radiomics/sets/jinling.yaml`, whose head says
how the number is met: 14 shape features, and 18 first order, 22 GLCM, 16 GLRLM, 16 GLSZM and 14 GLDM features of the
original image and of eight wavelet bands.
"""


def features_markdown() -> str:
    """The whole document."""
    parts = [_HEAD, _images()]
    for name, features in (("pyradiomics", FEATURES), ("ibsi", IBSI_FEATURES)):
        parts += [f"## Convention `{name}`: {len(features)} features\n", _CONVENTIONS[name], *_families(features)]
    parts += [_HAN.format(example=han_registry.full_names()[-1]), *_han_families(), _JINLING]
    return "\n".join(parts)


def _images() -> str:
    rows = [(f"`{kind}`", f"`{prefix}`", meaning) for kind, (prefix, meaning) in IMAGES.items()]
    return _NAMES + _table(("image type", "begins with", "what it is"), rows)


def _families(features: Sequence[Feature]) -> Iterable[str]:
    for family in dict.fromkeys(feature.family for feature in features):
        found = [feature for feature in features if feature.family == family]
        rows = [(_name(one), one.unit, _code(one.formula), one.ibsi_code) for one in found]
        yield (
            f"### {family} ({len(found)})\n\nReference: {found[0].reference}.\n\n"
            + _table(("name", "unit", "formula", "IBSI code"), rows)
        )


def _name(feature: Feature) -> str:
    return f"{feature.name} *(on request)*" if feature.on_request else feature.name


def _han_families() -> Iterable[str]:
    for family, features in han_registry.FEATURES.items():
        rows = [(one.name, one.unit, _code(one.formula)) for one in features]
        yield f"### han {family} ({len(rows)})\n\n" + _table(("name", "unit", "formula"), rows)


def _code(formula: str) -> str:
    return "`" + formula.replace("|", r"\|") + "`" if formula else ""


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(cells) + " |\n" for cells in lines)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(features_markdown(), encoding="utf-8")
