"""The training loop on a tiny problem: it learns, resumes exactly, and can be cancelled."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from GliomaRadiomicsLib.core.errors import Cancelled, RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.training.loop import LoopSettings, train
from GliomaRadiomicsLib.training.losses import dice_bce_loss

pytest.importorskip("lightning_fabric", reason='SKIPPED: needs lightning-fabric, pip install "glioma-radiomics[train]"')

SETTINGS = LoopSettings(steps=40, learning_rate=2e-2, warmup=2, precision="32-true", accelerator="cpu", average=0.8)
ONES = torch.ones(1)


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv3d(1, 4, 3, padding=1), nn.LeakyReLU(), nn.Conv3d(4, 1, 1))


def batch(step: int) -> tuple[torch.Tensor, ...]:
    """Which voxels are above one: an exercise a convolution can solve."""
    images = torch.randn(2, 1, 6, 6, 6, generator=torch.Generator().manual_seed(step))
    return images, (images > 1).float()


def loss(net: nn.Module, parts: tuple[torch.Tensor, ...]) -> torch.Tensor:
    return dice_bce_loss(net(parts[0]), parts[1], ONES)


def held_out(net: nn.Module) -> float:
    with torch.no_grad():
        return float(loss(net, batch(10_000)))


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def test_the_loss_falls_and_is_logged(tmp_path: Path) -> None:
    net = network()
    before = held_out(net)
    done = train(net, batch, loss, SETTINGS, tmp_path / "a.pt")
    assert held_out(net) < 0.7 * before
    assert done["steps"] == 40
    with (tmp_path / "a.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == list(range(40))
    assert float(rows[-1]["loss"]) < float(rows[0]["loss"])


def test_resumed_training_ends_at_the_same_weights(tmp_path: Path) -> None:
    straight, resumed = network(), network()
    train(straight, batch, loss, SETTINGS, tmp_path / "a.pt")
    asked: list[str] = []
    progress = Progress(lambda fraction, message: asked.append(message), lambda: len(asked) == 1)
    with pytest.raises(Cancelled):
        train(resumed, batch, loss, SETTINGS, tmp_path / "b.pt", progress)
    fresh = network()
    done = train(fresh, batch, loss, SETTINGS, tmp_path / "b.pt")
    assert done["steps"] == 40
    for name, value in straight.state_dict().items():
        assert torch.equal(value, fresh.state_dict()[name]), name


def test_cancelling_leaves_a_checkpoint_of_that_step(tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        train(network(), batch, loss, SETTINGS, tmp_path / "a.pt", Progress(is_cancelled=lambda: True))
    content = torch.load(tmp_path / "a.pt", weights_only=True)
    assert content["step"] == 10
    assert not list(tmp_path.glob("*.partial"))


def test_a_finished_training_is_not_run_again(tmp_path: Path) -> None:
    first = network()
    train(first, batch, loss, SETTINGS, tmp_path / "a.pt")

    def never(step: int) -> tuple[torch.Tensor, ...]:
        raise AssertionError

    again = network()
    done = train(again, never, loss, SETTINGS, tmp_path / "a.pt")
    assert done["steps"] == 40
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))


def test_an_error_while_making_a_batch_is_raised_here(tmp_path: Path) -> None:
    def broken(step: int) -> tuple[torch.Tensor, ...]:
        if step == 3:
            msg = "no such case"
            raise KeyError(msg)
        return batch(step)

    with pytest.raises(KeyError, match="no such case"):
        train(network(), broken, loss, SETTINGS, tmp_path / "a.pt")


def test_time_can_end_the_training_before_the_steps_do(tmp_path: Path) -> None:
    done = train(network(), batch, loss, replace(SETTINGS, steps=10**6, minutes=1e-3), tmp_path / "a.pt")
    assert 0 < done["steps"] < 10**6


def test_the_loss_of_a_perfect_answer_is_near_zero_and_absent_regions_count() -> None:
    target = torch.zeros(1, 2, 4, 4, 4)
    target[:, 0, :2] = 1
    perfect = (target * 2 - 1) * 30
    weights = torch.tensor([1.0, 3.0])
    assert float(dice_bce_loss(perfect, target, weights)) == pytest.approx(0.0, abs=1e-4)
    invented = perfect.clone()
    invented[:, 1] = 30
    only_first = dice_bce_loss(invented, target, torch.tensor([1.0, 0.0]))
    assert float(only_first) == pytest.approx(0.0, abs=1e-4)
    assert float(dice_bce_loss(invented, target, weights)) > 1.0


def test_a_checkpoint_of_another_training_is_refused(tmp_path: Path) -> None:
    train(network(), batch, loss, SETTINGS, tmp_path / "a.pt", identity="these patients")
    with pytest.raises(RefusedInput, match="another training"):
        train(network(), batch, loss, SETTINGS, tmp_path / "a.pt", identity="other patients")
