"""Every feature by name, family, unit and formula; plain data.

Formulas: x voxel values, N their number, p(i) share of grey level i, p(i,j) shares of a matrix, i grey level, j level
of the neighbour or size of the run, zone or dependence, mu means, V mesh volume, A mesh area, lambda eigenvalues of
the covariance of the voxel centres. The full definitions are those of pyradiomics 3.0.1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from GliomaRadiomicsLib.radiomics.ibsi.features import SECTIONS, TABLES

CONVENTIONS = ("pyradiomics", "ibsi")
"""Whose definitions features have: those of pyradiomics 3.0.1 or those of the IBSI reference manual."""

_MANUAL = "IBSI reference manual (arXiv:1612.07003), section "
_DOCUMENTATION = "pyradiomics 3.0.1 documentation, radiomics."


@dataclass(frozen=True)
class Feature:
    """One feature.

    Attributes:
        name: Name within its family, as in pyradiomics.
        family: One of `FAMILIES`, or in the IBSI convention one of `IBSI_FAMILIES`.
        unit: Unit of the value; ``I`` is the unit of the image, ``bin`` a grey level, empty for a plain number.
        formula: What is computed, in short.
        convention: One of `CONVENTIONS`.
        ibsi_code: Code of the IBSI manual; empty where IBSI has no such feature or defines it otherwise.
        ibsi_tag: Name of the feature in the IBSI reference values, without the aggregation.
        on_request: Whether it is computed only where it is named, because it says the same as another one.
    """

    name: str
    family: str
    unit: str
    formula: str
    convention: str = "pyradiomics"
    ibsi_code: str = ""
    ibsi_tag: str = ""
    on_request: bool = False

    @property
    def full_name(self) -> str:
        """Name as pyradiomics writes it for the unfiltered image, such as ``original_glcm_Contrast``."""
        return f"original_{self.family}_{self.name}"

    @property
    def reference(self) -> str:
        """Where the full definition stands."""
        if self.convention == "ibsi":
            return f"{_MANUAL}{SECTIONS[self.family]}"
        return f"{_DOCUMENTATION}{self.family}"


_FIRST_ORDER = """
Energy | I² | sum (x + voxelArrayShift)²
TotalEnergy | I² mm³ | voxel volume · Energy
Entropy | | -sum p(i) log2 p(i)
Minimum | I | min x
10Percentile | I | 10th percentile of x
90Percentile | I | 90th percentile of x
Maximum | I | max x
Mean | I | sum x / N
Median | I | median of x
InterquartileRange | I | 75th - 25th percentile of x
Range | I | max x - min x
MeanAbsoluteDeviation | I | sum |x - mean| / N
RobustMeanAbsoluteDeviation | I | MeanAbsoluteDeviation of x between the 10th and 90th percentile
RootMeanSquared | I | sqrt(sum (x + voxelArrayShift)² / N)
Skewness | | mu3 / sigma³
Kurtosis | | mu4 / sigma⁴, 3 for a normal distribution
Variance | I² | sum (x - mean)² / N
Uniformity | | sum p(i)²
"""

_SHAPE = """
MeshVolume | mm³ | V, volume inside the marching-cubes surface
VoxelVolume | mm³ | N · voxel volume
SurfaceArea | mm² | A, area of the marching-cubes surface
SurfaceVolumeRatio | mm⁻¹ | A / V
Sphericity | | (36 pi V²)^(1/3) / A
Maximum3DDiameter | mm | largest distance between mesh vertices
Maximum2DDiameterSlice | mm | largest distance between mesh vertices with the same k
Maximum2DDiameterColumn | mm | largest distance between mesh vertices with the same j
Maximum2DDiameterRow | mm | largest distance between mesh vertices with the same i
MajorAxisLength | mm | 4 sqrt(lambda major)
MinorAxisLength | mm | 4 sqrt(lambda minor)
LeastAxisLength | mm | 4 sqrt(lambda least)
Elongation | | sqrt(lambda minor / lambda major)
Flatness | | sqrt(lambda least / lambda major)
"""

_SHAPE_2D = """
MeshSurface | mm² | A, area inside the marching-squares outline
PixelSurface | mm² | N · pixel area
Perimeter | mm | P, length of the marching-squares outline
PerimeterSurfaceRatio | mm⁻¹ | P / A
Sphericity | | 2 sqrt(pi A) / P
MaximumDiameter | mm | largest distance between vertices of the outline
MajorAxisLength | mm | 4 sqrt(lambda major)
MinorAxisLength | mm | 4 sqrt(lambda minor)
Elongation | | sqrt(lambda minor / lambda major)
"""

_GLCM = """
Autocorrelation | bin² | sum p(i,j) i j
JointAverage | bin | sum p(i,j) i
ClusterProminence | bin⁴ | sum p(i,j) (i + j - mu_x - mu_y)⁴
ClusterShade | bin³ | sum p(i,j) (i + j - mu_x - mu_y)³
ClusterTendency | bin² | sum p(i,j) (i + j - mu_x - mu_y)²
Contrast | bin² | sum p(i,j) (i - j)²
Correlation | | (sum p(i,j) i j - mu_x mu_y) / (sigma_x sigma_y), 1 if a sigma is 0
DifferenceAverage | bin | sum k p_x-y(k)
DifferenceEntropy | | -sum p_x-y(k) log2 p_x-y(k)
DifferenceVariance | bin² | sum (k - DifferenceAverage)² p_x-y(k)
Id | | sum p_x-y(k) / (1 + k)
Idm | | sum p_x-y(k) / (1 + k²)
Idmn | | sum p_x-y(k) / (1 + k² / Ng²)
Idn | | sum p_x-y(k) / (1 + k / Ng)
Imc1 | | (HXY - HXY1) / max(HX, HY)
Imc2 | | sqrt(1 - exp(-2 (HXY2 - HXY)))
InverseVariance | bin⁻² | sum p_x-y(k) / k², k > 0
JointEnergy | | sum p(i,j)²
JointEntropy | | -sum p(i,j) log2 p(i,j)
MCC | | sqrt(second largest eigenvalue of Q), Q(i,j) = sum p(i,k) p(j,k) / (p_x(i) p_y(k))
MaximumProbability | | max p(i,j)
SumAverage | bin | sum k p_x+y(k)
SumEntropy | | -sum p_x+y(k) log2 p_x+y(k)
SumSquares | bin² | sum p(i,j) (i - mu_x)²
"""

_SIZES = """
Small{0}Emphasis | | sum p(i,j) / j²
Large{0}Emphasis | | sum p(i,j) j²
GrayLevelNonUniformity | | sum over i of (sum over j of n(i,j))² / n
GrayLevelNonUniformityNormalized | | GrayLevelNonUniformity / n
{1}NonUniformity | | sum over j of (sum over i of n(i,j))² / n
{1}NonUniformityNormalized | | {1}NonUniformity / n
{2}Percentage | | n / N
GrayLevelVariance | bin² | sum p(i,j) (i - mu_i)²
{2}Variance | | sum p(i,j) (j - mu_j)²
{2}Entropy | | -sum p(i,j) log2 p(i,j)
LowGrayLevel{3}Emphasis | bin⁻² | sum p(i,j) / i²
HighGrayLevel{3}Emphasis | bin² | sum p(i,j) i²
Small{0}LowGrayLevelEmphasis | bin⁻² | sum p(i,j) / (i² j²)
Small{0}HighGrayLevelEmphasis | bin² | sum p(i,j) i² / j²
Large{0}LowGrayLevelEmphasis | bin⁻² | sum p(i,j) j² / i²
Large{0}HighGrayLevelEmphasis | bin² | sum p(i,j) i² j²
"""

_GLRLM = _SIZES.format("Run", "RunLength", "Run", "Run").replace("SmallRun", "ShortRun").replace("LargeRun", "LongRun")
_GLSZM = _SIZES.format("Area", "SizeZone", "Zone", "Zone")
_NOT_IN_GLDM = ("DependencePercentage", "GrayLevelNonUniformityNormalized")
_GLDM = "\n".join(
    line
    for line in _SIZES.format("Dependence", "Dependence", "Dependence", "").splitlines()
    if not line.startswith(_NOT_IN_GLDM)
)

_NGTDM = """
Coarseness | bin⁻¹ | 1 / sum p(i) s(i), 1,000,000 if that sum is 0
Contrast | bin³ | sum p(i) p(j) (i - j)² / (Ng (Ng - 1)) · sum s(i) / N
Busyness | | sum p(i) s(i) / sum |i p(i) - j p(j)|
Complexity | bin² | sum |i - j| (p(i) s(i) + p(j) s(j)) / (p(i) + p(j)) / N
Strength | bin | sum (p(i) + p(j)) (i - j)² / sum s(i)
"""

_TABLES = {
    "firstorder": _FIRST_ORDER,
    "shape": _SHAPE,
    "shape2D": _SHAPE_2D,
    "glcm": _GLCM,
    "glrlm": _GLRLM,
    "glszm": _GLSZM,
    "ngtdm": _NGTDM,
    "gldm": _GLDM,
}

_ON_REQUEST = {
    "firstorder": "StandardDeviation | I | sigma, sqrt(Variance)",
    "shape": """
Compactness1 | | V / sqrt(pi A³)
Compactness2 | | 36 pi V² / A³, Sphericity³
SphericalDisproportion | | 1 / Sphericity
""",
    "shape2D": "SphericalDisproportion | | 1 / Sphericity",
}

FAMILIES = tuple(_TABLES)
"""Families in the order they are computed."""

DEFAULT_FAMILIES = tuple(family for family in FAMILIES if family != "shape2D")
"""Families computed where none is asked for; shape2D is for regions in one plane."""


IBSI_FAMILIES = tuple(TABLES)
"""Families of the IBSI convention in the order they are computed."""


def _parse(family: str, table: str, *, on_request: bool = False) -> tuple[Feature, ...]:
    rows = [[cell.strip() for cell in line.split("|", 2)] for line in table.strip().splitlines()]
    same = {name: (code, tag) for name, tag, code, *own in _ibsi_lines(family) if not own}
    found = []
    for name, unit, formula in rows:
        code, tag = same.get(name, ("", ""))
        found.append(Feature(name, family, unit, formula, ibsi_code=code, ibsi_tag=tag, on_request=on_request))
    return tuple(found)


def _ibsi_lines(family: str) -> list[list[str]]:
    lines = TABLES.get(family, "").strip().splitlines()
    return [[cell.strip() for cell in line.split("|", 4)] for line in lines]


FEATURES: tuple[Feature, ...] = tuple(
    feature
    for family, table in _TABLES.items()
    for feature in _parse(family, table) + _parse(family, _ON_REQUEST.get(family, ""), on_request=True)
)
"""All features of the pyradiomics convention."""


def _ibsi_feature(family: str, line: list[str]) -> Feature:
    name, tag, code, *own = line
    if own:
        unit, formula = own
        return Feature(name, family, unit, formula, "ibsi", code, tag)
    known = next(feature for feature in FEATURES if (feature.family, feature.name) == (family, name))
    return replace(known, convention="ibsi", on_request=False)


IBSI_FEATURES: tuple[Feature, ...] = tuple(
    _ibsi_feature(family, line) for family in TABLES for line in _ibsi_lines(family)
)
"""All features of the IBSI convention; names are those of pyradiomics where the features are the same."""


@cache
def features_of(convention: str) -> tuple[Feature, ...]:
    """All features of one of `CONVENTIONS`."""
    return IBSI_FEATURES if convention == "ibsi" else FEATURES


@cache
def families_of(convention: str) -> tuple[str, ...]:
    """Families of one of `CONVENTIONS` computed where none is asked for, in their order."""
    return IBSI_FAMILIES if convention == "ibsi" else DEFAULT_FAMILIES


@cache
def names_of(family: str, convention: str = "pyradiomics", *, on_request: bool = False) -> tuple[str, ...]:
    """Names of the features of a family, in their order; with those computed only ``on_request`` if asked."""
    chosen = (feature for feature in features_of(convention) if feature.family == family)
    return tuple(feature.name for feature in chosen if on_request or not feature.on_request)
