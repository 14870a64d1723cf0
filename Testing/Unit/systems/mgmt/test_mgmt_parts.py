"""Network, augmentation, fusion and the paper's measures on examples whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.networks.resnet import resnet10
from GliomaRadiomicsLib.networks.transfer_net import FINE_TUNING, FROZEN, TransferNet
from GliomaRadiomicsLib.systems.mgmt.augmentation import draw, standing_still, vary
from GliomaRadiomicsLib.systems.mgmt.fusion import fit_fusions
from GliomaRadiomicsLib.systems.mgmt.measure import class_report
from GliomaRadiomicsLib.systems.mgmt.settings import TARGETS, MgmtSettings
from GliomaRadiomicsLib.systems.mgmt.slices import plane_of, slices_of


@pytest.fixture
def network() -> TransferNet:
    torch.manual_seed(0)
    return TransferNet(resnet10(), 512)


def test_the_head_is_the_papers(network: TransferNet) -> None:
    kinds = [type(layer).__name__ for layer in network.head]
    assert kinds == ["BatchNorm1d", "Dropout", "Linear", "ReLU", "BatchNorm1d", "Dropout", "Linear"]
    assert [layer.p for layer in network.head if isinstance(layer, torch.nn.Dropout)] == [0.4, 0.4]
    assert [layer.out_features for layer in network.head if isinstance(layer, torch.nn.Linear)] == [32, 1]


@pytest.mark.parametrize("stage", [FROZEN, FINE_TUNING])
def test_a_stage_changes_what_it_may_and_nothing_else(network: TransferNet, stage: int) -> None:
    before = {name: value.clone() for name, value in network.state_dict().items()}
    network.train().enter(stage)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2)
    network(torch.rand(4, 3, 48, 48)).sum().backward()
    optimiser.step()
    changed = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    norms = {f"{name}." for name, m in network.named_modules() if isinstance(m, torch.nn.modules.batchnorm._BatchNorm)}
    if stage == FROZEN:
        assert changed
        assert all(name.startswith("head.") for name in changed)
        assert "head.0.running_mean" in changed
    else:
        assert any(name.startswith("backbone.layer4") for name in changed)
        assert not [name for name in changed if any(name.startswith(norm) for norm in norms)]


def test_augmentation_is_as_listed() -> None:
    drawn = draw(4000, MgmtSettings(), np.random.default_rng(0))
    matrix = drawn[:, :6].reshape(-1, 2, 3)
    zoom = 1 / np.hypot(matrix[:, 0, 0], matrix[:, 0, 1])
    degrees = np.degrees(np.arctan2(-matrix[:, 0, 1], matrix[:, 0, 0]))
    mirrored = np.linalg.det(matrix[:, :, :2]) < 0
    for found, low, high in (
        (zoom, 0.8, 1.2),
        (drawn[:, 6], 0.8, 1.2),
        (degrees, -10, 10),
        (matrix[:, 0, 2], -0.2, 0.2),
    ):
        assert low <= found.min() + 1e-5
        assert found.max() <= high + 1e-5
        assert found.max() - found.min() > 0.95 * (high - low)
    assert mirrored.mean() == pytest.approx(0.5, abs=0.03)


def test_mirroring_goes_left_to_right_and_nothing_else() -> None:
    image = torch.rand(1, 1, 8, 6)
    torch.testing.assert_close(vary(image, torch.from_numpy(standing_still(1))), image, atol=1e-6, rtol=0)
    still = {"zoom": (1.0, 1.0), "brightness": (1.0, 1.0), "rotate_degrees": 0.0, "shift": 0.0}
    drawn = draw(20, MgmtSettings(**still), np.random.default_rng(0))  # type: ignore[arg-type]
    moved = vary(image.expand(20, -1, -1, -1), torch.from_numpy(drawn))
    flipped = [torch.allclose(one, image[0].flip(1), atol=1e-5) for one in moved]
    assert 0 < sum(flipped) < 20
    assert all(flip or torch.allclose(one, image[0], atol=1e-5) for flip, one in zip(flipped, moved, strict=True))


def test_the_middle_fifth_of_the_slices_is_scaled_from_0_to_1() -> None:
    array = np.random.default_rng(0).random((30, 20, 50)) * 900 + 7
    volume = Volume(array, np.eye(4))
    plane = plane_of(volume, 0.2)
    slices = slices_of(volume, plane, 60)
    assert (plane.first, plane.count) == (20, 10)
    assert (slices.shape, slices.dtype) == ((10, 60, 60), np.uint8)
    assert slices.min() < 10
    assert slices.max() > 245
    np.testing.assert_allclose(
        plane.put_back(plane.take(array), array.shape)[:, :, 20:30], array[:, :, 20:30], rtol=1e-6
    )


def test_fusion_calibrates_and_does_without_missing_sequences() -> None:
    random = np.random.default_rng(0)
    y = random.random(400) < 0.4
    logits = [{"t1": 9 * (label + random.normal()), "t2": random.normal(), "flair": -5.0 * label} for label in y]
    del logits[0]["t1"]
    fusions = fit_fusions(logits, list(y))
    assert len(fusions.members) == 7
    weight = dict(zip(("flair", "t1", "t2"), fusions.for_modalities(["t1", "t2", "flair"]).weight, strict=True))  # type: ignore[union-attr]
    assert weight["flair"] == 0, "a network that speaks the wrong way round says nothing"
    assert 9 * weight["t1"] > 10 * weight["t2"] >= 0
    p = np.array([1 / (1 + np.exp(-fusions.log_odds({"t1": row["t1"]}))) for row in logits[1:]])
    assert p.mean() == pytest.approx(y[1:].mean(), abs=0.01)
    assert fusions.log_odds({"t2": 0.3}) == pytest.approx(np.log(0.4 / 0.6), abs=0.4)
    assert fusions.for_modalities(["adc"]) is None


def test_the_report_gives_figure_7() -> None:
    """Counts from the paper's precision and recall: 22 of 27 negatives and 15 of 26 positives right."""
    y = np.array([False] * 27 + [True] * 26)
    said = np.array([False] * 22 + [True] * 5 + [True] * 15 + [False] * 11)
    rows = {row[0]: [round(value, 2) if isinstance(value, float) else value for value in row[1:]]
            for row in class_report(y, said, TARGETS["mgmt"])}  # fmt: skip
    assert rows["unmethylated"] == [0.67, 0.81, 0.73, 27]
    assert rows["methylated"] == [0.75, 0.58, 0.65, 26]
    assert rows["accuracy"][2] == 0.7
    assert rows["macro average"] == [0.71, 0.7, 0.69, 53]
    assert rows["weighted average"] == [0.71, 0.7, 0.69, 53]


def test_logits_that_hardly_differ_on_the_validation_patients_make_nobody_certain() -> None:
    logits = [{"t1": value} for value in (0.111, 0.112, 0.118, 0.119)]
    fusions = fit_fusions(logits, [False, False, True, True])
    assert 0 < fusions.log_odds({"t1": 0.2}) < 2
    assert -2 < fusions.log_odds({"t1": 0.0}) < 0
