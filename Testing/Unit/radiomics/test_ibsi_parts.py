"""The parts of the IBSI convention against direct computations, and what its settings accept."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.radiomics.cases import extract_case
from GliomaRadiomicsLib.radiomics.extraction import extract
from GliomaRadiomicsLib.radiomics.gldzm import distances_to_border
from GliomaRadiomicsLib.radiomics.params import read_parameters
from GliomaRadiomicsLib.radiomics.preparation import prepare
from GliomaRadiomicsLib.radiomics.registry import IBSI_FAMILIES, IBSI_FEATURES
from GliomaRadiomicsLib.radiomics.settings import AGGREGATIONS, settings_from

SPACING = (0.9, 1.1, 2.5)


def _volumes(seed: int, shape: tuple[int, int, int] = (7, 6, 5)) -> tuple[Volume, Volume]:
    rng = np.random.default_rng(seed)
    affine = np.diag([*SPACING, 1.0])
    mask = rng.random(shape) < 0.6
    return Volume(rng.normal(50, 20, shape), affine), Volume(mask.astype(np.uint8), affine)


def _values(image: Volume, mask: Volume, **setting) -> dict[str, float]:
    settings = settings_from({"convention": "ibsi", "binWidth": 8, **setting})
    return {name: value for name, value, _ in extract(image, mask, settings=settings)}


def test_autocorrelation_equals_the_sum_over_all_pairs():
    image, mask = _volumes(1)
    found = _values(image, mask)
    inside = mask.array > 0
    places, x = np.argwhere(inside) * SPACING, image.array[inside]
    weights = 1 / (np.linalg.norm(places[:, None] - places, axis=2) + np.diag(np.full(len(x), np.inf)))
    d, n = x - x.mean(), len(x)
    moran = n * (weights * np.outer(d, d)).sum() / (weights.sum() * (d @ d))
    geary = (n - 1) * (weights * (x[:, None] - x) ** 2).sum() / (2 * weights.sum() * (d @ d))
    assert found["original_spatial_MoranI"] == pytest.approx(moran, rel=1e-9)
    assert found["original_spatial_GearyC"] == pytest.approx(geary, rel=1e-9)


def test_local_peak_equals_the_mean_in_the_sphere_and_stops_at_the_image():
    image, mask = _volumes(2)
    radius = 10 * (3 / (4 * math.pi)) ** (1 / 3)
    places = np.argwhere(np.ones(image.shape)) * SPACING
    means = [
        image.array.ravel()[np.linalg.norm(places - centre * SPACING, axis=1) <= radius].mean()
        for centre in np.argwhere(mask.array)
    ]
    found = _values(image, mask)
    assert found["original_localintensity_GlobalIntensityPeak"] == pytest.approx(max(means))
    assert found["original_localintensity_LocalIntensityPeak"] == pytest.approx(
        means[int(np.argmax(image.array[mask.array > 0]))]
    )


def test_distance_to_border_counts_steps_across_faces():
    mask = np.ones((3, 5, 5), dtype=bool)
    assert distances_to_border(mask, by_slice=False)[1, 2, 2] == 2
    assert distances_to_border(mask, by_slice=True)[0, 2, 2] == 3
    mask[1, 2, 3] = False
    assert distances_to_border(mask, by_slice=True)[1].tolist()[2] == [1, 2, 1, 0, 1]


def test_distance_zones_are_measured_from_the_border_of_the_mask_not_of_what_resegmentation_leaves():
    array = np.full((7, 7, 7), 10.0)
    array[3, 3, 3] = 90.0
    image, mask = Volume(array, np.eye(4)), Volume(np.ones((7, 7, 7), dtype=np.uint8), np.eye(4))
    array[2, 2, 2] = 80.0
    found = _values(image, mask, resegmentRange=[50, 100])
    assert found["original_gldzm_LargeDistanceEmphasis"] == pytest.approx((4**2 + 3**2) / 2)


def test_shape_of_a_ball():
    places = np.stack(np.meshgrid(*[np.arange(-21, 22)] * 3, indexing="ij"))
    ball = (places**2).sum(axis=0) <= 20**2
    image = Volume(np.arange(ball.size, dtype=float).reshape(ball.shape), np.eye(4))
    found = _values(image, Volume(ball.astype(np.uint8), np.eye(4)), binWidth=5000)
    assert found["original_shape_VolumeDensityEllipsoid"] == pytest.approx((math.sqrt(5) / 2) ** 3, rel=0.01)
    assert found["original_shape_VolumeDensityConvexHull"] == pytest.approx(0.97, abs=0.03)
    assert found["original_shape_VolumeDensityBox"] == pytest.approx(math.pi / 6, abs=0.04)
    surface = found["original_shape_AreaDensityEllipsoid"] / found["original_shape_SurfaceArea"]
    assert 1 / surface == pytest.approx(math.pi * found["original_shape_MajorAxisLength"] ** 2, rel=1e-3)
    assert found["original_spatial_CentreOfMassShift"] > 0


def test_intensity_volume_histogram_of_values_that_are_no_whole_numbers():
    image, mask = _volumes(3, (12, 12, 12))
    found = _values(image, mask)
    inside = np.sort(image.array[mask.array > 0])
    share = (inside - inside[0]) / (inside[-1] - inside[0])
    assert found["original_ivh_VolumeAtIntensity90"] == pytest.approx((share >= 0.9).mean(), abs=2e-3)
    assert 1 <= found["original_ivh_IntensityAtVolume90"] < found["original_ivh_IntensityAtVolume10"] <= 1000


def test_interpolation_aligns_the_centres_of_the_grids():
    image, mask = _volumes(4, (9, 8, 7))
    ramp = image.with_array(np.fromfunction(lambda i, j, k: 3.0 * i - j + 2 * k, image.shape))
    settings = settings_from({"convention": "ibsi", "resampledPixelSpacing": [2, 2, 0], "interpolator": "sitkLinear"})
    moved = prepare(ramp, mask, 1, settings).image
    assert moved.spacing == pytest.approx((2, 2, 2.5))
    assert moved.shape == (math.ceil(9 * 0.9 / 2), math.ceil(8 * 1.1 / 2), 7)
    centres = [one.affine @ [*(np.array(one.shape) - 1) / 2, 1] for one in (ramp, moved)]
    assert centres[0] == pytest.approx(centres[1])
    inner = np.array([2, 2, 3])
    old = np.linalg.solve(ramp.affine, moved.affine @ [*inner, 1])
    assert moved.array[tuple(inner)] == pytest.approx(3 * old[0] - old[1] + 2 * old[2])


def test_outliers_and_range_are_both_left_out():
    image, mask = _volumes(5, (10, 10, 10))
    values = image.array[mask.array > 0]
    settings = settings_from({"convention": "ibsi", "resegmentRange": [20, 1000], "resegmentSigma": 1.5})
    left = prepare(image, mask, 1, settings).region.voxels
    upper = values.mean() + 1.5 * values.std()
    assert left == np.count_nonzero((values >= max(20, 2 * values.mean() - upper)) & (values <= upper))


def test_bins_start_at_the_lower_threshold_or_at_the_minimum():
    image = Volume(np.arange(64.0).reshape(4, 4, 4), np.eye(4))
    mask = Volume(np.ones((4, 4, 4), dtype=np.uint8), np.eye(4))
    assert _values(image, mask, binWidth=10, resegmentRange=[-15, 100])["original_histogram_Minimum"] == 2
    assert _values(image, mask, binWidth=10)["original_histogram_Maximum"] == 7
    levels = _values(image, mask, binCount=4)
    assert (levels["original_histogram_Minimum"], levels["original_histogram_Maximum"]) == (1, 4)


@pytest.mark.parametrize("aggregation", AGGREGATIONS)
def test_odd_regions_give_numbers_or_nan_with_a_reason(case_name, synthetic, aggregation):
    case = synthetic[case_name]
    setting = {"convention": "ibsi", "aggregation": aggregation, "label": case.settings.get("label", 1)}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rows = extract(Volume(case.image, case.affine), Volume(case.mask, case.affine), settings=settings_from(setting))
    assert [name for name, _, _ in rows] != []
    assert {name for name, _, _ in rows} == {feature.full_name for feature in IBSI_FEATURES}
    assert [name for name, value, reason in rows if math.isnan(value) != bool(reason) or math.isinf(value)] == []


def test_settings_of_the_other_convention_are_refused():
    for key, value in {"aggregation": "2D_avg", "resegmentSigma": 3, "roundIntensities": True}.items():
        with pytest.raises(RefusedInput, match=f"{key}.*pyradiomics convention"):
            settings_from({key: value})
    for key, value in {"force2D": True, "weightingNorm": "euclidean", "voxelArrayShift": 100}.items():
        with pytest.raises(RefusedInput, match=f"{key}.*ibsi convention"):
            settings_from({"convention": "ibsi", key: value})
    with pytest.raises(RefusedInput, match="convention"):
        settings_from({"convention": "IBSI 2"})


def test_parameter_file_chooses_convention_and_features(tmp_path):
    path = tmp_path / "ibsi.yaml"
    path.write_text("setting: {convention: ibsi, binCount: 32}\n", encoding="utf-8")
    assert tuple(read_parameters(path).selection) == IBSI_FAMILIES
    path.write_text("setting: {convention: ibsi}\nfeatureClass: {gldzm: [ZonePercentage]}\n", encoding="utf-8")
    assert read_parameters(path).selection == {"gldzm": ("ZonePercentage",)}
    path.write_text("setting: {convention: ibsi}\nfeatureClass: {glcm: [MCC]}\n", encoding="utf-8")
    with pytest.raises(RefusedInput, match="MCC"):
        read_parameters(path)


def test_a_case_in_the_ibsi_convention():
    image, mask = _volumes(6, (8, 8, 8))
    labels = mask.with_array(mask.array.astype(np.uint8) * 4)
    settings = settings_from({"convention": "ibsi", "binWidth": 10})
    rows = extract_case({"t1ce": image}, labels, ("ET", "ED"), settings=settings)
    assert len(rows) == 2 * len(IBSI_FEATURES)
    assert all(math.isnan(row.value) for row in rows if row.region == "ED")
    peak = next(row.value for row in rows if row.region == "ET" and row.feature.endswith("GlobalIntensityPeak"))
    assert -100 < peak < 100


def test_regions_of_a_case_are_interpolated_each_for_itself():
    image, _ = _volumes(7, (9, 9, 9))
    labels = np.zeros(image.shape, dtype=np.uint8)
    labels[1:8, 1:8, 1:8], labels[2:7, 2:7, 3:6] = 2, 4
    label_map = image.with_array(labels)
    setting = {"convention": "ibsi", "resampledPixelSpacing": [2, 2, 2], "interpolator": "sitkLinear", "binWidth": 50}
    rows = extract_case({"t1ce": image}, label_map, ("WT", "ED", "ET"), settings=settings_from(setting))
    volumes = {row.region: row.value for row in rows if row.feature == "original_shape_VoxelVolume"}
    for name, chosen in {"WT": (2, 4), "ED": (2,), "ET": (4,)}.items():
        region = prepare(image, label_map, chosen, settings_from(setting)).region
        assert volumes[name] == pytest.approx(8 * region.voxels), name
    assert all(row.reason == "" for row in rows if row.region == "WT")


def test_filtered_images_after_resegmentation(tmp_path):
    path = tmp_path / "filtered.yaml"
    path.write_text(
        "imageType: {Original: {}, LoG: {sigma: [2.0]}}\n"
        "setting: {convention: ibsi, binWidth: 2, resegmentRange: [30, 70], aggregation: 2_5D_comb}\n",
        encoding="utf-8",
    )
    chosen = read_parameters(path)
    image, mask = _volumes(8, (9, 9, 9))
    rows = extract(image, mask, settings=chosen.settings, selection=chosen.selection, image_types=chosen.image_types)
    values = {name: value for name, value, _ in rows}
    of_mask = sum(feature.family == "shape" for feature in IBSI_FEATURES)
    assert len(values) == 2 * len(IBSI_FEATURES) - of_mask
    assert values["log-sigma-2-0-mm-3D_histogram_Minimum"] == 1
    assert values["original_firstorder_Minimum"] >= 30 > values["log-sigma-2-0-mm-3D_firstorder_Minimum"]
    assert not any(math.isnan(value) for value in values.values())
