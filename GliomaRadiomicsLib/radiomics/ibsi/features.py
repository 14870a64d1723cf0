"""Every feature of the IBSI convention by family, with its tag in the reference values and its code; plain data.

Lines are ``name | tag | code | unit | formula``. Where unit and formula are left out, the definition is that of
pyradiomics in `registry`, and so is the name.

Source: A. Zwanenburg et al., "Image biomarker standardisation initiative", arXiv:1612.07003, chapter 3 (CC BY 4.0).
"""

from __future__ import annotations

SECTIONS = {
    "firstorder": "3.3, 3.4",
    "shape": "3.1",
    "spatial": "3.1",
    "localintensity": "3.2",
    "histogram": "3.4",
    "ivh": "3.5",
    "glcm": "3.6",
    "glrlm": "3.7",
    "glszm": "3.8",
    "gldzm": "3.9",
    "ngtdm": "3.10",
    "gldm": "3.11",
}
"""Sections of the IBSI reference manual by family."""

_FIRST_ORDER = """
Mean | stat_mean | Q4LE
Variance | stat_var | ECT3
Skewness | stat_skew | KE2A
Kurtosis | stat_kurt | IPH6 | | mu4 / sigma⁴ - 3, 0 for a normal distribution
Median | stat_median | Y12H
Minimum | stat_min | 1GSF
10Percentile | stat_p10 | QG58
90Percentile | stat_p90 | 8DWT
Maximum | stat_max | 84IY
InterquartileRange | stat_iqr | SALO
Range | stat_range | 2OJQ
MeanAbsoluteDeviation | stat_mad | 4FUA
RobustMeanAbsoluteDeviation | stat_rmad | 1128
MedianAbsoluteDeviation | stat_medad | N72L | I | sum |x - median| / N
CoefficientOfVariation | stat_cov | 7TET | | sigma / mean
QuartileCoefficientOfDispersion | stat_qcod | 9S40 | | (75th - 25th) / (75th + 25th percentile of x)
Energy | stat_energy | N8CA | I² | sum x²
RootMeanSquared | stat_rms | 5ZWQ | I | sqrt(sum x² / N)
Entropy | ih_entropy | TLU2
Uniformity | ih_uniformity | BJ5W
"""

_SHAPE = """
MeshVolume | morph_volume | RNU0
VoxelVolume | morph_vol_approx | YEKZ
SurfaceArea | morph_area_mesh | C0JK
SurfaceVolumeRatio | morph_av | 2PR5
Compactness1 | morph_comp_1 | SKGS
Compactness2 | morph_comp_2 | BQWJ
SphericalDisproportion | morph_sph_dispr | KRCK
Sphericity | morph_sphericity | QCFX
Asphericity | morph_asphericity | 25C7 | | (A³ / (36 pi V²))^(1/3) - 1
Maximum3DDiameter | morph_diam | L0JK
MajorAxisLength | morph_pca_maj_axis | TDIC | mm | 4 sqrt(lambda major), covariance divided by N - 1
MinorAxisLength | morph_pca_min_axis | P9VJ | mm | 4 sqrt(lambda minor), covariance divided by N - 1
LeastAxisLength | morph_pca_least_axis | 7J51 | mm | 4 sqrt(lambda least), covariance divided by N - 1
Elongation | morph_pca_elongation | Q3CK
Flatness | morph_pca_flatness | N17B
VolumeDensityBox | morph_vol_dens_aabb | PBX1 | | V / volume of the axis-aligned bounding box
AreaDensityBox | morph_area_dens_aabb | R59B | | A / area of the axis-aligned bounding box
VolumeDensityEllipsoid | morph_vol_dens_aee | 6BDE | | V / volume of the ellipsoid with the axis lengths
AreaDensityEllipsoid | morph_area_dens_aee | RDD2 | | A / area of the ellipsoid with the axis lengths
VolumeDensityConvexHull | morph_vol_dens_conv_hull | R3ER | | V / volume of the convex hull
AreaDensityConvexHull | morph_area_dens_conv_hull | 7T7F | | A / area of the convex hull
"""

_SPATIAL = """
CentreOfMassShift | morph_com | KLMA | mm | distance between the centres of the mask and of the voxel values
IntegratedIntensity | morph_integ_int | 99N0 | I mm³ | mean x · V
MoranI | morph_moran_i | N365 | | N / sum w · sum w (x1 - mean) (x2 - mean) / sum (x - mean)², w = 1 / distance
GearyC | morph_geary_c | NPT7 | | (N - 1) / (2 sum w) · sum w (x1 - x2)² / sum (x - mean)², w = 1 / distance
"""

_LOCAL_INTENSITY = """
LocalIntensityPeak | loc_peak_loc | VJGA | I | mean in the 1 cm³ sphere around the voxel with the maximum
GlobalIntensityPeak | loc_peak_glob | 0F91 | I | largest mean in a 1 cm³ sphere around any voxel
"""

_HISTOGRAM = """
Mean | ih_mean | X6K6 | bin | sum i / N
Variance | ih_var | CH89 | bin² | sum (i - mean)² / N
Skewness | ih_skew | 88K1 | | mu3 / sigma³
Kurtosis | ih_kurt | C3I7 | | mu4 / sigma⁴ - 3
Median | ih_median | WIFQ | bin | median of i
Minimum | ih_min | 1PR8 | bin | min i
10Percentile | ih_p10 | GPMT | bin | 10th percentile of i
90Percentile | ih_p90 | OZ0C | bin | 90th percentile of i
Maximum | ih_max | 3NCY | bin | max i
Mode | ih_mode | AMMC | bin | most frequent i, the one nearest to the mean of several
InterquartileRange | ih_iqr | WR0O | bin | 75th - 25th percentile of i
Range | ih_range | 5Z3W | bin | max i - min i
MeanAbsoluteDeviation | ih_mad | D2ZX | bin | sum |i - mean| / N
RobustMeanAbsoluteDeviation | ih_rmad | WRZB | bin | MeanAbsoluteDeviation of i between the 10th and 90th percentile
MedianAbsoluteDeviation | ih_medad | 4RNL | bin | sum |i - median| / N
CoefficientOfVariation | ih_cov | CWYJ | | sigma / mean
QuartileCoefficientOfDispersion | ih_qcod | SLWD | | (75th - 25th) / (75th + 25th percentile of i)
MaximumGradient | ih_max_grad | 12CE | | largest slope of the histogram n(i)
MaximumGradientLevel | ih_max_grad_g | 8E6O | bin | i of the largest slope
MinimumGradient | ih_min_grad | VQB3 | | smallest slope of the histogram n(i)
MinimumGradientLevel | ih_min_grad_g | RHQZ | bin | i of the smallest slope
"""

_IVH = """
VolumeAtIntensity10 | ivh_v10 | NK6P | | share of voxels with at least 10 % of the intensity range
VolumeAtIntensity90 | ivh_v90 | 4279 | | share of voxels with at least 90 % of the intensity range
IntensityAtVolume10 | ivh_i10 | PWN1 | I | lowest intensity that at most 10 % of the voxels reach
IntensityAtVolume90 | ivh_i90 | BOHI | I | lowest intensity that at most 90 % of the voxels reach
VolumeDifference | ivh_diff_v10_v90 | WITY | | VolumeAtIntensity10 - VolumeAtIntensity90
IntensityDifference | ivh_diff_i10_i90 | JXJA | I | IntensityAtVolume10 - IntensityAtVolume90
"""

_GLCM = """
MaximumProbability | cm_joint_max | GYBY
JointAverage | cm_joint_avg | 60VM
SumSquares | cm_joint_var | UR99
JointEntropy | cm_joint_entr | TU9B
DifferenceAverage | cm_diff_avg | TF7R
DifferenceVariance | cm_diff_var | D3YU
DifferenceEntropy | cm_diff_entr | NTRS
SumAverage | cm_sum_avg | ZGXS
SumVariance | cm_sum_var | OEEB | bin² | sum (k - SumAverage)² p_x+y(k)
SumEntropy | cm_sum_entr | P6QZ
JointEnergy | cm_energy | 8ZQL
Contrast | cm_contrast | ACUI
Dissimilarity | cm_dissimilarity | 8S9J | bin | sum |i - j| p(i,j)
Id | cm_inv_diff | IB1Z
Idn | cm_inv_diff_norm | NDRX
Idm | cm_inv_diff_mom | WF0Z
Idmn | cm_inv_diff_mom_norm | 1QCO
InverseVariance | cm_inv_var | E8JP
Correlation | cm_corr | NI2N
Autocorrelation | cm_auto_corr | QWB0
ClusterTendency | cm_clust_tend | DG8W
ClusterShade | cm_clust_shade | 7NFM
ClusterProminence | cm_clust_prom | AE86
Imc1 | cm_info_corr1 | R8DG
Imc2 | cm_info_corr2 | JN9H
"""

_GLRLM = """
ShortRunEmphasis | rlm_sre | 22OV
LongRunEmphasis | rlm_lre | W4KF
LowGrayLevelRunEmphasis | rlm_lgre | V3SW
HighGrayLevelRunEmphasis | rlm_hgre | G3QZ
ShortRunLowGrayLevelEmphasis | rlm_srlge | HTZT
ShortRunHighGrayLevelEmphasis | rlm_srhge | GD3A
LongRunLowGrayLevelEmphasis | rlm_lrlge | IVPO
LongRunHighGrayLevelEmphasis | rlm_lrhge | 3KUM
GrayLevelNonUniformity | rlm_glnu | R5YN
GrayLevelNonUniformityNormalized | rlm_glnu_norm | OVBL
RunLengthNonUniformity | rlm_rlnu | W92Y
RunLengthNonUniformityNormalized | rlm_rlnu_norm | IC23
RunPercentage | rlm_r_perc | 9ZK5
GrayLevelVariance | rlm_gl_var | 8CE5
RunVariance | rlm_rl_var | SXLW
RunEntropy | rlm_rl_entr | HJ9O
"""

_GLSZM = """
SmallAreaEmphasis | szm_sze | 5QRC
LargeAreaEmphasis | szm_lze | 48P8
LowGrayLevelZoneEmphasis | szm_lgze | XMSY
HighGrayLevelZoneEmphasis | szm_hgze | 5GN9
SmallAreaLowGrayLevelEmphasis | szm_szlge | 5RAI
SmallAreaHighGrayLevelEmphasis | szm_szhge | HW1V
LargeAreaLowGrayLevelEmphasis | szm_lzlge | YH51
LargeAreaHighGrayLevelEmphasis | szm_lzhge | J17V
GrayLevelNonUniformity | szm_glnu | JNSA
GrayLevelNonUniformityNormalized | szm_glnu_norm | Y1RO
SizeZoneNonUniformity | szm_zsnu | 4JP3
SizeZoneNonUniformityNormalized | szm_zsnu_norm | VB3A
ZonePercentage | szm_z_perc | P30P
GrayLevelVariance | szm_gl_var | BYLV
ZoneVariance | szm_zs_var | 3NSA
ZoneEntropy | szm_zs_entr | GU8N
"""

_GLDZM = """
SmallDistanceEmphasis | dzm_sde | 0GBI | | sum p(i,j) / j²
LargeDistanceEmphasis | dzm_lde | MB4I | | sum p(i,j) j²
LowGrayLevelZoneEmphasis | dzm_lgze | S1RA | bin⁻² | sum p(i,j) / i²
HighGrayLevelZoneEmphasis | dzm_hgze | K26C | bin² | sum p(i,j) i²
SmallDistanceLowGrayLevelEmphasis | dzm_sdlge | RUVG | bin⁻² | sum p(i,j) / (i² j²)
SmallDistanceHighGrayLevelEmphasis | dzm_sdhge | DKNJ | bin² | sum p(i,j) i² / j²
LargeDistanceLowGrayLevelEmphasis | dzm_ldlge | A7WM | bin⁻² | sum p(i,j) j² / i²
LargeDistanceHighGrayLevelEmphasis | dzm_ldhge | KLTH | bin² | sum p(i,j) i² j²
GrayLevelNonUniformity | dzm_glnu | VFT7 | | sum over i of (sum over j of n(i,j))² / n
GrayLevelNonUniformityNormalized | dzm_glnu_norm | 7HP3 | | GrayLevelNonUniformity / n
ZoneDistanceNonUniformity | dzm_zdnu | V294 | | sum over j of (sum over i of n(i,j))² / n
ZoneDistanceNonUniformityNormalized | dzm_zdnu_norm | IATH | | ZoneDistanceNonUniformity / n
ZonePercentage | dzm_z_perc | VIWW | | n / N
GrayLevelVariance | dzm_gl_var | QK93 | bin² | sum p(i,j) (i - mu_i)²
ZoneDistanceVariance | dzm_zd_var | 7WT1 | | sum p(i,j) (j - mu_j)²
ZoneDistanceEntropy | dzm_zd_entr | GBDU | | -sum p(i,j) log2 p(i,j)
"""

_NGTDM = """
Coarseness | ngt_coarseness | QCDE
Contrast | ngt_contrast | 65HE
Busyness | ngt_busyness | NQ30
Complexity | ngt_complexity | HDEZ
Strength | ngt_strength | 1X9X
"""

_GLDM = """
SmallDependenceEmphasis | ngl_lde | SODN
LargeDependenceEmphasis | ngl_hde | IMOQ
LowGrayLevelEmphasis | ngl_lgce | TL9H
HighGrayLevelEmphasis | ngl_hgce | OAE7
SmallDependenceLowGrayLevelEmphasis | ngl_ldlge | EQ3F
SmallDependenceHighGrayLevelEmphasis | ngl_ldhge | JA6D
LargeDependenceLowGrayLevelEmphasis | ngl_hdlge | NBZI
LargeDependenceHighGrayLevelEmphasis | ngl_hdhge | 9QMG
GrayLevelNonUniformity | ngl_glnu | FP8K
GrayLevelNonUniformityNormalized | ngl_glnu_norm | 5SPA | | GrayLevelNonUniformity / n
DependenceNonUniformity | ngl_dcnu | Z87G
DependenceNonUniformityNormalized | ngl_dcnu_norm | OKJI
DependencePercentage | ngl_dc_perc | 6XV8 | | n / N, always 1
GrayLevelVariance | ngl_gl_var | 1PFV
DependenceVariance | ngl_dc_var | DNX2
DependenceEntropy | ngl_dc_entr | FCBV
DependenceEnergy | ngl_dc_energy | CAS9 | | sum p(i,j)²
"""

TABLES = {
    "firstorder": _FIRST_ORDER,
    "shape": _SHAPE,
    "spatial": _SPATIAL,
    "localintensity": _LOCAL_INTENSITY,
    "histogram": _HISTOGRAM,
    "ivh": _IVH,
    "glcm": _GLCM,
    "glrlm": _GLRLM,
    "glszm": _GLSZM,
    "gldzm": _GLDZM,
    "ngtdm": _NGTDM,
    "gldm": _GLDM,
}
"""Lines by family, in the order families are computed."""
