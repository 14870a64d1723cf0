"""The patch sampler and the targets."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from GliomaRadiomicsLib.training.augmentation import AugmentationSettings
from GliomaRadiomicsLib.training.patches import PatchSampler, TrainingCase, region_targets


def case(name: str, seed: int, available: tuple[bool, ...] = (True,) * 4, weight: float = 1.0) -> TrainingCase:
    rng = np.random.default_rng(seed)
    labels = np.zeros((24, 24, 24), np.uint8)
    labels[8:16, 8:16, 8:16] = 2
    labels[10:14, 10:14, 10:14] = 4
    images = rng.normal(size=(4, 24, 24, 24)).astype(np.float32) * np.array(available)[:, None, None, None]
    return TrainingCase(
        name, torch.from_numpy(images.astype(np.float32)), torch.from_numpy(labels), np.array(available), weight
    )


def sampler(seed: int = 3, cases: list[TrainingCase] | None = None, **options: float) -> PatchSampler:
    cases = cases or [case("a", 1), case("b", 2)]
    return PatchSampler(cases, (16, 16, 16), (24, 24, 24), AugmentationSettings(), seed, **options)


def test_a_patch_depends_on_seed_and_step_only() -> None:
    first, second = sampler(), sampler()
    for step in (5, 0, 17):
        second.patch(step + 1)
        a, b = first.patch(step), second.patch(step)
        assert torch.equal(a.images, b.images)
        assert torch.equal(a.target, b.target)
        assert torch.equal(a.present, b.present)
    assert not torch.equal(sampler(4).patch(5).images, first.patch(5).images)
    assert not torch.equal(first.patch(6).images, first.patch(5).images)


def test_shapes_and_missing_sequences() -> None:
    narrow = sampler(cases=[case("a", 1, (True, False, True, True))], p_wide=0.0)
    for step in range(12):
        patch = narrow.patch(step)
        assert patch.images.shape == (4, 16, 16, 16)
        assert patch.target.shape == (3, 16, 16, 16)
        assert not patch.images[patch.present == 0].any()
        assert patch.present[1] == 0
    assert sampler(p_wide=1.0).patch(0).images.shape == (4, 24, 24, 24)


def test_a_case_of_weight_zero_is_never_drawn() -> None:
    """Its images are zero, the other's are not."""
    silent = case("silent", 1, (False, False, False, True), weight=0.0)
    chosen = sampler(cases=[silent, case("loud", 2)], p_wide=1.0)
    assert all(chosen.patch(step).images[:3].any() or chosen.patch(step).present.sum() < 4 for step in range(20))
    assert any(chosen.patch(step).present.sum() == 4 for step in range(20))


def test_most_patches_hold_tumour() -> None:
    centred = sampler(p_wide=0.0)
    assert np.mean([bool(centred.patch(step).target[0].any()) for step in range(30)]) > 0.6


def test_enhancing_tumour_is_shown_often_though_few_patients_have_it() -> None:
    cases = [case("enhancing", 0), *(case(f"plain{n}", n) for n in range(1, 10))]
    for plain in cases[1:]:
        plain.labels[plain.labels == 4] = 2
    drawn = sampler(cases=cases, p_wide=0.0)
    share = np.mean([bool(drawn.patch(step).target[2].any()) for step in range(100)])
    assert share > 0.25


def test_targets_are_the_overlapping_regions() -> None:
    target = region_targets(torch.tensor([[[0, 1, 2, 4]]], dtype=torch.uint8))
    assert target[:, 0, 0].tolist() == [[0, 1, 1, 1], [0, 1, 0, 1], [0, 0, 0, 1]]
    assert target.dtype == torch.float32


@pytest.mark.parametrize("step", range(3))
def test_a_case_without_tumour_still_gives_patches(step: int) -> None:
    healthy = case("healthy", 1)
    healthy.labels.zero_()
    assert not sampler(cases=[healthy]).patch(step).target.any()
