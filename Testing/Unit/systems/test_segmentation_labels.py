"""From probabilities to labels: the level of the best expected Dice, and what is too unlikely to be labelled."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.systems.segmentation.labels import (
    Thresholds,
    best_level,
    expected_dice,
    labels_from_probabilities,
)

SHAPE = (24, 24, 24)


def ball(radius: float, inside: float, around: float = 0.0) -> Volume:
    far = np.linalg.norm(np.indices(SHAPE) - 11.5, axis=0)
    return Volume(np.where(far < radius, inside, around).astype(np.float32), np.eye(4))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.3, 6.0), st.floats(0.4, 1.0))
def test_no_other_level_has_a_higher_expected_dice(seed: int, haze: float, highest: float) -> None:
    probability = highest * np.random.default_rng(seed).random(4000) ** haze
    found = expected_dice(probability, probability > best_level(probability))
    others = [probability > level for level in np.arange(0.2, 0.951, 0.025)]
    assert found >= max(expected_dice(probability, mask) for mask in others if mask.any())


def test_the_best_level_is_half_of_the_dice_it_reaches() -> None:
    """Lipton et al. 2014, theorem 1."""
    probability = np.linspace(0.0, 1.0, 100_001) ** 2
    level = best_level(probability)
    assert level == pytest.approx(expected_dice(probability, probability > level) / 2.0, abs=0.0125)


def test_a_sharp_answer_is_cut_anywhere_and_none_is_no_number() -> None:
    sharp, haze = ball(6, 1.0).array, ball(6, 0.15).array
    assert expected_dice(sharp, sharp > best_level(sharp)) == 1.0
    assert best_level(haze) == 0.5
    assert math.isnan(expected_dice(haze, haze > 0.5))


def volumes(et: Volume) -> dict[str, Volume]:
    return {"WT": ball(10, 0.3, 0.01), "TC": ball(7, 0.9), "ET": et}


def test_an_unsure_tumour_is_still_outlined() -> None:
    """With a probability of .3 inside and next to nothing outside, the ball is the best answer, not nothing."""
    found = labels_from_probabilities(volumes(ball(5, 0.9)), Thresholds(smallest_et_ml=0.0))
    assert np.array_equal(found.array > 0, ball(10, 1.0).array > 0)
    fixed = labels_from_probabilities(volumes(ball(5, 0.9)), Thresholds((0.5, 0.5, 0.5), smallest_et_ml=0.0))
    assert np.array_equal(fixed.array > 0, ball(7, 1.0).array > 0)


def test_a_haze_of_enhancement_is_core() -> None:
    rule = Thresholds(least_expected_et=0.5, smallest_et_ml=0.0)
    haze, sure = ball(5, 0.25), ball(5, 0.8)
    assert set(np.unique(labels_from_probabilities(volumes(sure), rule).array)) == {0, 1, 2, 4}
    without = labels_from_probabilities(volumes(haze), rule)
    assert set(np.unique(without.array)) == {0, 1, 2}
    assert np.array_equal(without.array == 1, ball(7, 1.0).array > 0)
    assert 4 in labels_from_probabilities(volumes(haze), Thresholds(least_expected_et=0.0, smallest_et_ml=0.0)).array


def test_a_haze_of_enhancement_outside_the_tumour_adds_nothing() -> None:
    rule = Thresholds(least_expected_et=0.5, smallest_et_ml=0.0)
    found = labels_from_probabilities({"WT": ball(4, 1.0), "TC": ball(3, 1.0), "ET": ball(9, 0.22)}, rule)
    assert np.array_equal(found.array > 0, ball(4, 1.0).array > 0)


def test_the_expected_dice_comes_true() -> None:
    """Of 200 truths drawn from the probabilities, the mean Dice of the mask is the expected one."""
    rng = np.random.default_rng(0)
    probability = rng.random(20_000) ** 3
    mask = probability > 0.35
    truths = rng.random((200, len(probability))) < probability
    dice = [2.0 * (mask & truth).sum() / (mask.sum() + truth.sum()) for truth in truths]
    assert expected_dice(probability, mask) == pytest.approx(float(np.mean(dice)), abs=2e-3)


def test_less_enhancing_tumour_than_the_smallest_is_core() -> None:
    few = ball(2, 0.9)
    assert 4 not in labels_from_probabilities(volumes(few), Thresholds(smallest_et_ml=0.5)).array
    assert 4 in labels_from_probabilities(volumes(few), Thresholds(smallest_et_ml=0.0)).array
