"""The 348 radiomic features of Han 2020 by name, family, unit and formula; plain data.

Source: W. Han et al., "Deep Transfer Learning and Radiomics Feature Prediction of Survival of Patients with High-Grade
Gliomas", AJNR 41, 2020, table 2. The paper computed them with the toolbox of M. Vallieres et al., Phys. Med. Biol. 60,
2015, whose definitions the formulas follow.

Formulas: p(i) share of level i, p(i,j) shares of the matrix, Ng the number of levels asked for (16 or 32), L the
longest run or largest zone, s(i) sum of differences to the mean of the neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

QUANTISATIONS = ("equal", "uniform")
"""Equal-probability quantisation, and levels of equal width."""

LEVELS = (16, 32)
SCALES = ("1mm", "inplane")
"""Size of the pixels: 1 mm, and the in-plane resolution of the image."""

SETTINGS = tuple(
    (scale, quantisation, levels) for scale in SCALES for quantisation in QUANTISATIONS for levels in LEVELS
)
"""The eight settings every histogram and texture feature is computed with."""

_NONTEXTURE = """
Volume | mm³ | number of pixels · pixel area · spacing of the sections
Size | mm | largest distance between corners of pixels
Solidity | | area / area of the convex hull
Eccentricity | | sqrt(1 - (minor axis / major axis)²) of the ellipse with the same second moments
"""

_HISTOGRAM = """
Variance | bin² | sum p(i) (i - mu)²
Skewness | | sum p(i) (i - mu)³ / sigma³
Kurtosis | | sum p(i) (i - mu)⁴ / sigma⁴ - 3
"""

_GLCM = """
Energy | | sum p(i,j)²
Contrast | bin² | sum p(i,j) (i - j)²
Correlation | | (sum p(i,j) i j - mu_i mu_j) / (sigma_i sigma_j)
Homogeneity | | sum p(i,j) / (1 + |i - j|)
Variance | bin² | sum p(i,j) ((i - mu_i)² + (j - mu_j)²) / (2 Ng²)
SumAverage | bin | sum p(i,j) (i + j) / (2 Ng²)
Entropy | | -sum p(i,j) log2 p(i,j)
Dissimilarity | bin | sum p(i,j) |i - j|
Autocorrelation | bin² | sum p(i,j) i j
"""

_SIZES = """
S{0}E | | sum p(i,j) / j²
L{0}E | | sum p(i,j) j²
GLN | | sum over i of (sum over j of p(i,j))²
{1}N | | sum over j of (sum over i of p(i,j))²
{0}P | | 1 / sum p(i,j) j
LG{0}E | bin⁻² | sum p(i,j) / i²
HG{0}E | bin² | sum p(i,j) i²
S{0}LGE | bin⁻² | sum p(i,j) / (i² j²)
S{0}HGE | bin² | sum p(i,j) i² / j²
L{0}LGE | bin⁻² | sum p(i,j) j² / i²
L{0}HGE | bin² | sum p(i,j) i² j²
GLV | bin² | variance of i p(i,j) over the Ng · L cells
{1}V | | variance of j p(i,j) over the Ng · L cells
"""

_NGTDM = """
Coarseness | bin⁻¹ | 1 / sum p(i) s(i), 1,000,000 if that sum is 0
Contrast | bin³ | sum p(i) p(j) (i - j)² / (n (n - 1)) · sum s(i) / N, n levels that occur, N pixels
Busyness | | sum p(i) s(i) / sum |i p(i) - j p(j)|
Complexity | bin² | sum |i - j| (p(i) s(i) + p(j) s(j)) / (p(i) + p(j)) / N
Strength | bin | sum (p(i) + p(j)) (i - j)² / sum s(i)
"""

_TABLES = {
    "nontexture": _NONTEXTURE,
    "histogram": _HISTOGRAM,
    "glcm": _GLCM,
    "glrlm": _SIZES.format("R", "RL"),
    "glszm": _SIZES.format("Z", "ZS"),
    "ngtdm": _NGTDM,
}


@dataclass(frozen=True)
class HanFeature:
    """One of the features of table 2, before it is computed with the eight settings.

    Attributes:
        name: Name within its family: the abbreviation of table 2 where it has one.
        family: One of `FAMILIES`.
        unit: As in `registry.Feature`.
        formula: What is computed, in short.
    """

    name: str
    family: str
    unit: str
    formula: str

    def full_name(self, setting: tuple[str, str, int] | None = None) -> str:
        """Name in tables, such as ``han_1mm_equal16_glcm_Energy``; without setting ``han_nontexture_Volume``."""
        if setting is None:
            return f"han_{self.family}_{self.name}"
        scale, quantisation, levels = setting
        return f"han_{scale}_{quantisation}{levels}_{self.family}_{self.name}"


def _parse(family: str, table: str) -> tuple[HanFeature, ...]:
    rows = [[cell.strip() for cell in line.split("|", 2)] for line in table.strip().splitlines()]
    return tuple(HanFeature(name, family, unit, formula) for name, unit, formula in rows)


FEATURES: dict[str, tuple[HanFeature, ...]] = {family: _parse(family, table) for family, table in _TABLES.items()}
"""The 47 features of table 2 by family."""

NONTEXTURE = FEATURES["nontexture"]
TEXTURE: tuple[HanFeature, ...] = tuple(
    feature for family, features in FEATURES.items() if family != "nontexture" for feature in features
)
"""The 43 features that are computed with every setting."""


def full_names() -> tuple[str, ...]:
    """The names of all 348 features, in the order of the table."""
    textures = [feature.full_name(setting) for setting in SETTINGS for feature in TEXTURE]
    return (*(feature.full_name() for feature in NONTEXTURE), *textures)
