"""Normalisations: hand-computed values, exact inverses, what must not change them, and the white matter peak."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.core.settings import NORMALISATIONS, AnalyzeSettings
from GliomaRadiomicsLib.imaging.bias import correct_bias
from GliomaRadiomicsLib.imaging.normalisation.linear import fit_minmax, fit_percentile, fit_zscore_image
from GliomaRadiomicsLib.imaging.normalisation.nyul import fit_nyul, learn_standard
from GliomaRadiomicsLib.imaging.normalisation.nyul_standard import PERCENTILES, STANDARD
from GliomaRadiomicsLib.imaging.normalisation.registry import METHODS, fit, from_parameters
from GliomaRadiomicsLib.imaging.normalisation.white_stripe import fit_white_stripe
from GliomaRadiomicsLib.imaging.phantom import PhantomPatient, make_phantom
from GliomaRadiomicsLib.imaging.phantom_tissue import Tissue

SHAPE = (8, 9, 7)


def _image(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    array = rng.gamma(4.0, 60.0, SHAPE).astype(np.float32)
    mask = np.zeros(SHAPE, np.uint8)
    mask[1:7, 1:8, 1:6] = 1
    return array, mask


def test_the_setting_offers_exactly_the_methods_there_are() -> None:
    assert tuple(METHODS) == NORMALISATIONS
    for name in NORMALISATIONS:
        AnalyzeSettings(normalisation=name).check()
    with pytest.raises(RefusedInput, match="unknown normalisation.*z-score.*zscore, zscore-image"):
        AnalyzeSettings(normalisation="z-score").check()
    with pytest.raises(RefusedInput, match="unknown normalisation.*choose from zscore"):
        fit("magic", *_image(0), "t1")


def test_hand_computed_values() -> None:
    array = np.array([[[0, 2, 4, 6, 8, 100]]], np.int16)
    mask = np.array([[[1, 1, 1, 1, 1, 0]]])
    minmax = fit_minmax(array, mask).apply(array, mask)
    np.testing.assert_allclose(minmax.ravel(), [0, 0.25, 0.5, 0.75, 1, 0])
    quarters = fit_percentile(array, mask, percentiles=(25, 75)).apply(array, mask)
    np.testing.assert_allclose(quarters.ravel(), [-0.5, 0, 0.5, 1, 1.5, 0])
    clipped = fit_percentile(array, mask, percentiles=(25, 75), clip=True).apply(array, mask)
    np.testing.assert_allclose(clipped.ravel(), [0, 0, 0.5, 1, 1, 0])
    inside = fit("zscore", array, mask, "t1").apply(array, mask)
    np.testing.assert_allclose(inside.ravel(), [-np.sqrt(2), -np.sqrt(0.5), 0, np.sqrt(0.5), np.sqrt(2), 0], rtol=1e-6)
    whole = fit_zscore_image(array, mask)
    assert (whole.centre, whole.width) == (20.0, pytest.approx(np.sqrt(1286.6666666666667)))
    assert whole.apply(array, mask).ravel()[-1] == pytest.approx(80 / whole.width)


def test_percentiles_out_of_order_are_refused() -> None:
    with pytest.raises(RefusedInput, match="percentiles not in order"):
        fit_percentile(*_image(0), percentiles=(99, 1))


@pytest.mark.parametrize("method", NORMALISATIONS)
@pytest.mark.parametrize("role", SEQUENCES)
@given(seed=st.integers(0, 10_000), gain=st.floats(0.01, 100.0))
@settings(max_examples=8, deadline=None)
def test_inverse_gives_back_what_was_there_also_from_kept_parameters(
    method: str, role: str, seed: int, gain: float
) -> None:
    array, mask = _image(seed)
    array = array * np.float32(gain)
    done = fit(method, array, mask, role)
    again = from_parameters(json.loads(json.dumps(done.parameters())))
    assert again == done
    assert done.method == method
    result = done.apply(array, mask)
    assert result.dtype == np.float32
    back = again.inverse(result, mask)
    inside = mask > 0
    np.testing.assert_allclose(back[inside], array[inside], rtol=1e-5, atol=1e-5 * array.max())
    if method == "zscore-image":
        np.testing.assert_allclose(back, array, rtol=1e-5, atol=1e-5 * array.max())
    else:
        assert not result[~inside].any()


def test_what_was_clipped_comes_back_as_the_limit() -> None:
    array, mask = _image(1)
    done = fit_percentile(array, mask, percentiles=(10, 90), clip=True)
    back = done.inverse(done.apply(array, mask), mask)[mask > 0]
    np.testing.assert_allclose(back, np.clip(array[mask > 0], *np.percentile(array[mask > 0], (10, 90))), rtol=1e-4)


@pytest.mark.parametrize("method", NORMALISATIONS)
def test_gain_and_offset_of_the_scanner_do_not_matter(method: str) -> None:
    array, mask = _image(2)
    array = array.astype(np.float64)
    first = fit(method, array, mask, "t1").apply(array, mask)
    other = 3.7 * array + 250.0
    np.testing.assert_allclose(fit(method, other, mask, "t1").apply(other, mask), first, atol=2e-2 * np.ptp(first))
    if method != "white-stripe":
        np.testing.assert_allclose(fit(method, other, mask, "t1").apply(other, mask), first, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("method", NORMALISATIONS)
def test_flat_and_empty_give_zeros_not_nan_and_come_back_flat(method: str) -> None:
    flat, mask = np.full(SHAPE, 7.0), np.ones(SHAPE, np.uint8)
    done = fit(method, flat, mask, "t1")
    assert not done.apply(flat, mask).any()
    np.testing.assert_array_equal(done.inverse(done.apply(flat, mask), mask), flat)
    if method != "zscore-image":
        array, nothing = _image(0)[0], np.zeros(SHAPE, np.uint8)
        assert not fit(method, array, nothing, "t1").apply(array, nothing).any()


@pytest.mark.parametrize("method", [name for name in NORMALISATIONS if name != "zscore-image"])
def test_a_mask_of_another_shape_is_an_error(method: str) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        fit(method, np.zeros((3, 3, 3)), np.zeros((3, 3, 4)), "t1")


@given(seed=st.integers(0, 10_000), role=st.sampled_from(SEQUENCES))
@settings(max_examples=25, deadline=None)
def test_histogram_matching_keeps_the_order_of_intensities(seed: int, role: str) -> None:
    array, mask = _image(seed)
    inside = mask > 0
    result = fit_nyul(array, mask, role).apply(array, mask)[inside]
    order = np.argsort(array[inside], kind="stable")
    assert (np.diff(result[order]) >= 0).all()
    strictly = np.diff(array[inside][order]) > 1e-3
    assert (np.diff(result[order])[strictly] > 0).all()


def test_histogram_matching_puts_the_landmarks_where_the_cohort_has_them() -> None:
    cohort = [_image(seed) for seed in range(4)]
    standard = learn_standard((gain * array, mask) for gain, (array, mask) in enumerate(cohort, start=1))
    assert (standard[0], standard[-1]) == (0.0, 100.0)
    array, mask = _image(9)
    result = fit_nyul(array, mask, standard=standard).apply(array, mask)
    found = np.percentile(result[mask > 0], PERCENTILES)
    np.testing.assert_allclose(found, standard, atol=0.3)


def test_standard_of_two_images_by_hand() -> None:
    mask = np.ones((1, 1, 101))
    straight = np.arange(101.0).reshape(mask.shape)
    bent = np.where(straight <= 50, straight * 0.5, 25 + (straight - 50) * 1.5)
    assert learn_standard([(straight, mask), (bent, mask)], (0, 50, 100)) == pytest.approx((0.0, 37.5, 100.0))


def test_images_with_few_values_are_matched_without_dividing_by_zero() -> None:
    array = np.repeat([1.0, 1.0, 5.0], 30).reshape(9, 10, 1)
    mask = np.ones_like(array)
    done = fit_nyul(array, mask, "t1")
    result = done.apply(array, mask)
    assert np.isfinite(result).all()
    assert result.max() > result.min()
    np.testing.assert_allclose(done.inverse(result, mask), array, rtol=1e-6)


def test_a_wrong_standard_is_refused_by_name() -> None:
    array, mask = _image(0)
    with pytest.raises(RefusedInput, match="not a standard for histogram matching"):
        fit_nyul(array, mask, "pd")
    with pytest.raises(RefusedInput, match="increasing landmarks"):
        fit_nyul(array, mask, "t1", standard=[0, 50, 40, 60, 65, 70, 75, 80, 85, 90, 100])
    with pytest.raises(RefusedInput, match="no image with contrast"):
        learn_standard([(np.ones(SHAPE), mask)])


def test_the_standard_that_comes_with_it_has_every_sequence_on_one_scale() -> None:
    assert tuple(STANDARD) == SEQUENCES
    for landmarks in STANDARD.values():
        assert (landmarks[0], landmarks[-1], len(landmarks)) == (0.0, 100.0, len(PERCENTILES))
        assert (np.diff(landmarks) > 0).all()


@pytest.fixture(scope="module")
def patients() -> list[PhantomPatient]:
    return [make_phantom(s, grade=2 + s % 3, shape=(96, 112, 96), spacing_mm=2.0) for s in range(4)]


@pytest.mark.parametrize(("role", "percent"), [("t1", 9.0), ("t1ce", 5.0), ("t2", 3.0), ("flair", 3.0)])
def test_white_stripe_finds_white_matter_once_the_bias_is_corrected(
    patients: list[PhantomPatient], role: str, percent: float
) -> None:
    for patient in patients:
        image = correct_bias(patient.volumes[role], patient.brain_mask)
        white = (patient.tissue.array == Tissue.WHITE) & (patient.brain_mask.array > 0)
        truth = float(np.median(image.array[white]))
        done = fit_white_stripe(image.array, patient.brain_mask.array, role)
        assert done.centre == pytest.approx(truth, rel=percent / 100.0), patient.seed
        grey = (patient.tissue.array == Tissue.GREY) & (patient.brain_mask.array > 0)
        assert abs(done.centre - truth) < 0.5 * abs(float(np.median(image.array[grey])) - truth)
