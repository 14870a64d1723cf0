"""The test of heat maps: a true map does better than chance, an inverted one worse."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import nn

from GliomaRadiomicsLib.models.map_figures import failures
from GliomaRadiomicsLib.systems.image_grading import faithful

SHAPE = (10, 10, 8)


class Weighted(nn.Module):
    """Log-odds are a weighted sum of the voxels."""

    def __init__(self) -> None:
        super().__init__()
        weights = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=SHAPE), 1.5)
        self.weights = nn.Parameter(torch.from_numpy(weights.astype(np.float32)))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        said = (images[:, 0] * self.weights).sum((1, 2, 3))
        return torch.stack([torch.zeros_like(said), said], 1)


def log_odds(output: torch.Tensor) -> torch.Tensor:
    return output[:, 1] - output[:, 0]


def true_map(network: nn.Module, images: torch.Tensor) -> np.ndarray:
    part = (images[0, 0] * network.weights).detach().numpy()  # type: ignore[operator]
    return part if part.sum() >= 0 else -part


def inverted_map(network: nn.Module, images: torch.Tensor) -> np.ndarray:
    return -true_map(network, images)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_true_map_beats_every_random_region_and_its_inverse_none(sign: float) -> None:
    images = sign * np.ones((1, *SHAPE), dtype=np.float32)
    network = Weighted()
    good = faithful.tested_map(network, images, true_map, log_odds)
    bad = faithful.tested_map(network, images, inverted_map, log_odds)
    assert good.beaten == 1.0
    assert bad.beaten == 0.0
    assert good.deletion > 0 > bad.deletion
    assert good.insertion > 0 > bad.insertion
    assert abs(good.shuffled) < 0.3


def test_figures_are_means_and_need_two_patients() -> None:
    images = np.ones((1, *SHAPE), dtype=np.float32)
    one = faithful.tested_map(Weighted(), images, true_map, log_odds)
    words = {"prefix": "cv", "cohort": "toys", "validation": "none"}
    assert faithful.map_figures([one], "gradcam", **words) == []
    found = {figure.id: figure.value for figure in faithful.map_figures([one, one], "gradcam", **words)}
    assert found["cv_gradcam_deletion"] == pytest.approx(one.deletion)


def flat_map(network: nn.Module, images: torch.Tensor) -> np.ndarray:
    return np.ones(SHAPE, dtype=np.float32)


def test_a_flat_map_gives_no_likeness_and_no_gain() -> None:
    images = np.ones((1, *SHAPE), dtype=np.float32)
    flat = faithful.tested_map(Weighted(), images, flat_map, log_odds)
    assert (flat.deletion, flat.insertion, flat.beaten) == (0.0, 0.0, 0.5)
    assert np.isnan(flat.shuffled)
    words = {"prefix": "cv", "cohort": "toys", "validation": "none"}
    figures = [one.to_dict() for one in faithful.map_figures([flat, flat], "gradcam", **words)]
    assert {one["id"] for one in figures} == {f"cv_gradcam_{name}" for name in ("deletion", "insertion", "beaten")}
    assert all("flat in 2 of 2, which counts as chance" in one["note"] for one in figures)
    told = failures(figures)
    assert "likeness to maps of shuffled weights not measured: the map is flat" in told[0]
    assert "should not be read as a reason" in told[1]


def test_the_likeness_is_of_those_whose_map_is_not_flat() -> None:
    images = np.ones((1, *SHAPE), dtype=np.float32)
    flat = faithful.tested_map(Weighted(), images, flat_map, log_odds)
    good = faithful.tested_map(Weighted(), images, true_map, log_odds)
    words = {"prefix": "cv", "cohort": "toys", "validation": "none"}
    found = {one.id: one for one in faithful.map_figures([flat, good, good], "gradcam", **words)}
    assert (found["cv_gradcam_shuffled"].n, found["cv_gradcam_beaten"].n) == (2, 3)
    assert "not measured in 1 of 3" in found["cv_gradcam_shuffled"].note
    assert found["cv_gradcam_shuffled"].value == pytest.approx(good.shuffled)
