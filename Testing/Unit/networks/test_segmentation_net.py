"""The segmentation network: cells, shapes, subsets, and low precision."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.phantom import PhantomPatient
from GliomaRadiomicsLib.models.store import STARTER_FOLDER
from GliomaRadiomicsLib.networks.segmentation_net import SegmentationNet, cells, voxels
from GliomaRadiomicsLib.systems.segmentation import predict
from GliomaRadiomicsLib.systems.segmentation.predict import Segmenter


@pytest.fixture
def network() -> SegmentationNet:
    torch.manual_seed(0)
    return SegmentationNet(channels=(8, 16)).eval()


def test_voxels_undo_cells() -> None:
    images = torch.arange(2 * 3 * 4 * 6 * 8, dtype=torch.float32).reshape(2, 3, 4, 6, 8)
    gathered = cells(images)
    assert gathered.shape == (2, 24, 2, 3, 4)
    assert torch.equal(voxels(gathered, 3), images)


def test_a_cell_holds_the_eight_neighbours_of_its_sequence() -> None:
    images = torch.randn(1, 2, 4, 4, 4)
    assert torch.equal(cells(images)[0, 8:16, 1, 0, 1], images[0, 1, 2:4, 0:2, 2:4].reshape(8))


@pytest.mark.parametrize("channels", [(8,), (8, 16), (8, 16, 24)])
def test_logits_have_the_shape_of_the_images(channels: tuple[int, ...]) -> None:
    network = SegmentationNet(channels=channels)
    size = 2 * network.multiple
    assert network.multiple == 2 ** len(channels)
    logits = network(torch.randn(2, 4, size, size, network.multiple), torch.ones(2, 4))
    assert logits.shape == (2, 3, size, size, network.multiple)


def test_every_subset_gives_finite_logits_and_its_own(network: SegmentationNet) -> None:
    images = torch.randn(1, 4, 8, 8, 8)
    found = []
    for present in product((0.0, 1.0), repeat=4):
        given = torch.tensor([present])
        with torch.no_grad():
            found.append(network(images * given[:, :, None, None, None], given))
    assert all(logits.isfinite().all() for logits in found)
    assert all(not torch.allclose(a, b) for number, a in enumerate(found) for b in found[:number])


def test_a_missing_sequence_is_told_apart_from_a_flat_one(network: SegmentationNet) -> None:
    images = torch.randn(1, 4, 8, 8, 8)
    images[:, 2] = 0.0
    missing = torch.tensor([[1.0, 1.0, 0.0, 1.0]])
    with torch.no_grad():
        assert not torch.allclose(network(images, torch.ones(1, 4)), network(images, missing))


def _labels(bundle: Path, patient: PhantomPatient, precise: bool, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    monkeypatch.setattr(predict, "bf16_pays", lambda device: not precise)
    brain: Volume = patient.brain_mask
    return Segmenter(bundle, "cpu").predict(patient.volumes, brain).label_map.array


@pytest.mark.skipif(
    not (STARTER_FOLDER / "segmentation" / "metadata.json").is_file(),
    reason="SKIPPED: needs the trained starter bundle 'segmentation'",
)
def test_bfloat16_moves_fewer_than_three_voxels_in_a_thousand(
    phantom: PhantomPatient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the brain, on a phantom; the tumour's own share is held to 3 %."""
    bundle = STARTER_FOLDER / "segmentation"
    fine = _labels(bundle, phantom, True, monkeypatch)
    rough = _labels(bundle, phantom, False, monkeypatch)
    brain = phantom.brain_mask.array > 0
    assert (fine[brain] != rough[brain]).mean() < 0.003
    assert (fine > 0).sum() > 0
    assert ((fine > 0) != (rough > 0)).sum() < 0.03 * (fine > 0).sum()
