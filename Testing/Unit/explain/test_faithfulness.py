"""Faithfulness: a true map beats random regions, a false one does not; shuffled weights unmask an edge detector."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from GliomaRadiomicsLib.explain.faithfulness import faithfulness, is_flat
from GliomaRadiomicsLib.explain.weight_randomisation import shuffled, weight_randomisation

SHAPE = (12, 12, 12)
PLACE = (slice(2, 5), slice(3, 6), slice(6, 9))


def score(images: np.ndarray) -> np.ndarray:
    """What lies in one corner of the first sequence."""
    return images[(slice(None), 0, *PLACE)].reshape(len(images), -1).mean(1)


def true_map() -> np.ndarray:
    heat = np.zeros(SHAPE)
    heat[PLACE] = 1.0
    return heat


IMAGE = np.ones((2, *SHAPE))


def test_a_true_map_beats_every_random_region_in_both_ways() -> None:
    found = faithfulness(score, IMAGE, true_map(), grain=1.5, regions=6)
    assert found.fractions[0] == 0.0
    assert found.deletion.by_map[0] == found.deletion.by_chance[0] == 1.0
    assert found.insertion.by_map[0] == found.insertion.by_chance[0] == 0.0
    assert found.deletion.by_map[1:] == (0.0,) * 5
    assert found.insertion.by_map[1:] == (1.0,) * 5
    assert found.deletion.beaten == found.insertion.beaten == 1.0
    assert found.deletion.area_between > 0.3
    assert found.insertion.area_between > 0.3


def test_the_opposite_of_a_true_map_is_found_out() -> None:
    found = faithfulness(score, IMAGE, -true_map(), grain=1.5)
    assert found.deletion.by_map == (1.0,) * 6
    assert found.deletion.area_between < 0
    assert found.insertion.area_between < 0
    assert found.deletion.beaten <= 0.4


def test_a_map_of_chance_is_no_better_than_chance() -> None:
    gains = []
    for seed in range(30):
        heat = np.random.default_rng(100 + seed).normal(size=SHAPE)
        gains.append(faithfulness(score, IMAGE, heat, grain=0.0, regions=4, seed=seed).deletion.area_between)
    assert abs(float(np.mean(gains))) < 0.04


@pytest.mark.parametrize("value", [0.0, 3.0])
def test_a_flat_map_counts_as_chance(value: float) -> None:
    found = faithfulness(score, IMAGE, np.full(SHAPE, value), grain=1.5, regions=3)
    for curve in (found.deletion, found.insertion):
        assert (curve.area_between, curve.beaten) == (0.0, 0.5)
        assert curve.by_map == curve.by_chance


def test_a_map_that_is_flat_only_within_the_mask_counts_as_chance() -> None:
    heat, mask = np.zeros(SHAPE), np.ones(SHAPE, dtype=bool)
    heat[0, 0, 0], mask[0, 0, 0] = 1.0, False
    assert faithfulness(score, IMAGE, heat, mask=mask, grain=1.5, regions=2).deletion.beaten == 0.5
    assert is_flat(heat, mask)
    assert not is_flat(heat)


def test_the_area_is_the_trapezoid_between_the_curves() -> None:
    found = faithfulness(score, IMAGE, true_map(), fractions=(0.5, 1.0), regions=1, grain=1.0)
    drop = np.array(found.deletion.by_chance) - np.array(found.deletion.by_map)
    assert found.deletion.by_map[-1] == found.deletion.by_chance[-1] == 0.0
    assert found.deletion.area_between == pytest.approx((drop[0] + drop[1]) / 4 + (drop[1] + drop[2]) / 4)


def test_only_the_mask_is_deleted_and_few_images_are_scored_at_once() -> None:
    mask = np.zeros(SHAPE, dtype=bool)
    mask[PLACE] = True
    seen: list[np.ndarray] = []

    def watching(images: np.ndarray) -> np.ndarray:
        seen.append(images.copy())
        return score(images)

    before = IMAGE.copy()
    faithfulness(watching, IMAGE, true_map(), mask=mask, fill=-1.0, fractions=(1.0,), regions=2, batch=1)
    assert all(len(images) == 1 for images in seen)
    assert all((images[:, :, ~mask] == 1.0).all() for images in seen)
    assert any((images[:, :, mask] == -1.0).all() for images in seen)
    assert np.array_equal(IMAGE, before)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="must fit"):
        faithfulness(score, IMAGE, true_map()[1:])
    with pytest.raises(ValueError, match="not be empty"):
        faithfulness(score, IMAGE, true_map(), mask=np.zeros(SHAPE, dtype=bool))


@pytest.fixture
def linear() -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(400, 1)


def test_a_map_of_the_weights_changes_with_them_and_one_of_the_image_does_not(linear: nn.Linear) -> None:
    image = np.random.default_rng(0).normal(size=400)
    learned = weight_randomisation(lambda net: net.weight[0].detach().numpy(), linear, runs=4)
    edges = weight_randomisation(lambda net: image, linear)
    assert abs(learned) < 0.1
    assert edges == pytest.approx(1.0)


def test_a_constant_map_says_nothing(linear: nn.Linear) -> None:
    assert np.isnan(weight_randomisation(lambda net: np.zeros(5), linear))
    first = linear.weight.detach().clone()
    image = np.arange(5.0)
    flat_when_shuffled = weight_randomisation(lambda net: image * float(torch.equal(net.weight, first)), linear)
    assert np.isnan(flat_when_shuffled)


def test_shuffling_keeps_every_weight_and_the_network(linear: nn.Linear) -> None:
    before = linear.weight.detach().clone()
    other = shuffled(linear, 1)
    assert torch.equal(linear.weight, before)
    assert not torch.equal(other.weight, before)
    assert torch.equal(other.weight.flatten().sort().values, before.flatten().sort().values)
    assert torch.equal(other.weight, shuffled(linear, 1).weight)
    assert not torch.equal(other.weight, shuffled(linear, 2).weight)
