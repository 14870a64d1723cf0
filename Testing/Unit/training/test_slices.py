"""Batches of slices: the same whenever asked for, images and labels moved together, every patient equally often."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest
import torch

from GliomaRadiomicsLib.training.slice_augmentation import SliceAugmentation, SliceDraw, apply, draw
from GliomaRadiomicsLib.training.slices import SliceSampler

STILL = SliceAugmentation(flip=False, rotate_degrees=0.0, shift=0.0, scale=0.0)
NOTHING = np.zeros(2), np.ones(2)


@dataclass
class Patient:
    images: npt.NDArray[np.float16]


def patient(number: int, slices: int, with_tumour: int) -> Patient:
    """Every pixel of the first sequence holds the patient's number; the first slices hold tumour."""
    images = np.full((slices, 3, 8, 8), number, dtype=np.float16)
    images[:, 2] = 0
    images[:with_tumour, 2, 2:4, 2:4] = 3
    return Patient(images)


def drawn(**changes: object) -> list[SliceDraw]:
    return [SliceDraw(**{"mirrored": False, "angle": 0.0, "shift": NOTHING[0], "gain": NOTHING[1], **changes})]  # type: ignore[arg-type]


def one_bright_pixel(i: int, j: int, shape: tuple[int, int] = (9, 9)) -> tuple[torch.Tensor, torch.Tensor]:
    images, labels = torch.zeros(1, 2, *shape), torch.zeros(1, *shape, dtype=torch.int64)
    images[0, :, i, j], labels[0, i, j] = 2.0, 3
    return images, labels


def test_a_quarter_turn_and_a_flip_move_image_and_label_alike() -> None:
    images, labels = apply(*one_bright_pixel(1, 4), drawn(angle=np.pi / 2))
    assert np.argwhere(labels[0].numpy() == 3).tolist() == [[4, 7]] or np.argwhere(labels[0].numpy()).tolist() == [
        [4, 1]
    ]
    assert torch.equal(images[0, 0] > 1.5, labels[0] == 3)
    images, labels = apply(*one_bright_pixel(1, 3), drawn(mirrored=True))
    assert np.argwhere(labels[0].numpy() == 3).tolist() == [[7, 3]]
    assert torch.equal(images[0, 0] > 1.5, labels[0] == 3)


def test_a_turn_keeps_distances_where_the_slice_is_not_square() -> None:
    images, labels = apply(*one_bright_pixel(10, 4, (21, 9)), drawn(angle=np.pi / 2))
    assert np.argwhere(labels[0].numpy() == 3).tolist() == [[10, 4]]
    _, moved = apply(*one_bright_pixel(10, 7, (21, 9)), drawn(angle=np.pi / 2))
    assert np.abs(np.argwhere(moved[0].numpy() == 3)[0] - [10, 4]).tolist() == [3, 0]


def test_intensities_change_but_background_stays_zero() -> None:
    images, labels = one_bright_pixel(1, 4)
    varied, same = apply(images, labels, drawn(shift=np.array([0.5, -0.5]), gain=np.array([2.0, 0.5])))
    assert varied[0, :, 1, 4].tolist() == [4.5, 0.5]
    assert int((varied != 0).sum()) == 2
    assert torch.equal(same, labels)


def test_draws_stay_within_their_limits() -> None:
    rng = np.random.default_rng(0)
    found = [draw(rng, SliceAugmentation(rotate_degrees=10.0, shift=0.2, scale=0.3), 4) for _ in range(200)]
    assert np.degrees(max(abs(one.angle) for one in found)) <= 10.0
    assert max(np.abs(one.shift).max() for one in found) <= 0.2
    assert max(np.abs(one.gain - 1).max() for one in found) <= 0.3
    assert 60 < sum(one.mirrored for one in found) < 140


def test_a_step_gives_the_same_batch_whenever_it_is_asked_for() -> None:
    def sampler(seed: int) -> SliceSampler:
        return SliceSampler([patient(1, 9, 3), patient(2, 5, 2)], 6, SliceAugmentation(), seed=seed)

    first, again = sampler(0).batch(7), sampler(0).batch(7)
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert not torch.equal(first[0], sampler(1).batch(7)[0])
    assert first[0].shape == (6, 2, 8, 8)
    assert first[1].dtype == torch.int64


def test_patients_are_drawn_equally_often_however_many_slices_they_have() -> None:
    sampler = SliceSampler([patient(1, 90, 3), patient(2, 5, 2)], 40, STILL, tumour_share=0.0)
    seen = torch.cat([sampler.batch(step)[0][:, 0, 0, 0] for step in range(10)])
    assert 150 < int((seen == 1).sum()) < 250
    assert sampler.count == 95


def test_shares_of_tumour_and_of_helpers() -> None:
    everyone = SliceSampler([patient(1, 50, 1)], 40, STILL, tumour_share=1.0)
    assert bool((everyone.batch(0)[1] == 3).flatten(1).any(1).all())
    helped = SliceSampler([patient(1, 9, 9)], 200, STILL, helpers=[patient(2, 9, 9)], helper_share=0.25)
    assert 30 < int((helped.batch(0)[0][:, 0, 0, 0] == 2).sum()) < 70
    only = SliceSampler([], 20, STILL, helpers=[patient(2, 9, 0)], helper_share=0.25)
    assert bool((only.batch(0)[0][:, 0, 0, 0] == 2).all())
    with pytest.raises(ValueError, match="no slices"):
        SliceSampler([], 20, STILL)
