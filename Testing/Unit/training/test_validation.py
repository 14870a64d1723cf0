"""Validation in the training loop: best weights, early stopping, schedules, other optimisers and kinds of network."""

from __future__ import annotations

import csv
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from GliomaRadiomicsLib.core.errors import Cancelled, RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.training.loop import LoopSettings, train
from GliomaRadiomicsLib.training.schedule import factor

pytest.importorskip("lightning_fabric", reason='SKIPPED: needs lightning-fabric, pip install "glioma-radiomics[train]"')

SETTINGS = LoopSettings(
    steps=30, learning_rate=0.05, warmup=1, precision="32-true", accelerator="cpu", average=0.0, validate_every=5
)
Batch = tuple[torch.Tensor, ...]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))


def batch(number: int) -> Batch:
    images = torch.randn(8, 3, generator=torch.Generator().manual_seed(number))
    return images, images.sum(1, keepdim=True)


def loss(net: nn.Module, parts: Batch) -> torch.Tensor:
    return (net(parts[0]) - parts[1]).square().mean()


def given(values: list[float]) -> tuple[list[dict[str, torch.Tensor]], object]:
    """A validation that answers with the values in turn, and what weights it was asked about."""
    asked: list[dict[str, torch.Tensor]] = []

    def validate(net: nn.Module) -> float:
        assert not net.training
        assert not torch.is_grad_enabled()
        asked.append({name: tensor.clone() for name, tensor in net.state_dict().items()})
        return values[len(asked) - 1]

    return asked, validate


def rows(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def test_the_best_weights_are_kept_and_training_stops_when_nothing_gets_better(tmp_path: Path) -> None:
    net = network()
    asked, validate = given([3.0, 1.0, 2.0, math.nan, 0.5, 0.4])
    done = train(net, batch, loss, replace(SETTINGS, stop_after=2), tmp_path / "a.pt", validate=validate)  # type: ignore[arg-type]
    assert len(asked) == 4
    assert done["steps"] == 20
    assert done["best"] == 1.0
    assert net.training
    assert all(torch.equal(tensor, asked[1][name]) for name, tensor in net.state_dict().items())
    assert not torch.equal(asked[1]["0.weight"], asked[3]["0.weight"])
    logged = rows(tmp_path / "a-validation.csv")
    assert [(int(row["step"]), row["value"]) for row in logged] == [(5, "3"), (10, "1"), (15, "2"), (20, "nan")]


def test_a_stopped_training_stays_stopped_with_its_best_weights(tmp_path: Path) -> None:
    first, again = network(), network()
    _, validate = given([1.0, 2.0, 3.0])
    settings = replace(SETTINGS, stop_after=2)
    train(first, batch, loss, settings, tmp_path / "a.pt", validate=validate)  # type: ignore[arg-type]
    asked, validate = given([])
    done = train(again, batch, loss, settings, tmp_path / "a.pt", validate=validate)  # type: ignore[arg-type]
    assert not asked
    assert done["steps"] == 15
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))


def test_the_average_is_validated_and_training_goes_on_from_the_weights(tmp_path: Path) -> None:
    """With and without validation the training ends at the same weights; the last average is validated at the end."""
    plain, watched = network(), network()
    settings = replace(SETTINGS, average=0.9, steps=12)
    train(plain, batch, loss, settings, tmp_path / "a.pt")
    asked, validate = given([3.0, 2.0, 1.0])
    train(watched, batch, loss, settings, tmp_path / "b.pt", validate=validate)  # type: ignore[arg-type]
    assert len(asked) == 3
    for name, tensor in plain.state_dict().items():
        assert torch.equal(tensor, watched.state_dict()[name]), name
    assert int(plain.state_dict()["1.num_batches_tracked"]) == 12


def test_the_course_of_the_validation_survives_a_cancel(tmp_path: Path) -> None:
    values = [5.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    settings = replace(SETTINGS, schedule="plateau", patience=2, drop=0.1)
    straight, resumed = network(), network()
    _, validate = given(values)
    train(straight, batch, loss, settings, tmp_path / "a.pt", validate=validate)  # type: ignore[arg-type]
    asked, validate = given(values)
    with pytest.raises(Cancelled):
        progress = Progress(is_cancelled=lambda: len(asked) == 4)
        train(resumed, batch, loss, settings, tmp_path / "b.pt", progress, validate=validate)  # type: ignore[arg-type]
    _, validate = given(values[4:])
    train(resumed, batch, loss, settings, tmp_path / "b.pt", validate=validate)  # type: ignore[arg-type]
    assert rows(tmp_path / "a-validation.csv") == rows(tmp_path / "b-validation.csv")
    assert all(torch.equal(a, b) for a, b in zip(straight.parameters(), resumed.parameters(), strict=True))


def test_a_plateau_lowers_the_learning_rate_and_waits_anew(tmp_path: Path) -> None:
    _, validate = given([5.0, 6.0, 7.0, 7.0, 7.0, 7.0])
    settings = replace(SETTINGS, schedule="plateau", patience=2, drop=0.1)
    train(network(), batch, loss, settings, tmp_path / "a.pt", validate=validate)  # type: ignore[arg-type]
    rates = [float(row["learning_rate"]) for row in rows(tmp_path / "a-validation.csv")]
    assert rates == pytest.approx([0.05, 0.05, 0.05, 0.005, 0.005, 0.0005])


def test_the_schedules() -> None:
    constant = replace(SETTINGS, schedule="constant", warmup=4)
    assert [factor(step, 0.0, 3, constant) for step in (0, 1, 3, 900)] == [0.25, 0.5, 1.0, 1.0]
    stepped = replace(SETTINGS, schedule="step", drop=0.5, drop_every=10)
    assert [factor(step, 0.9, 0, stepped) for step in (9, 10, 25)] == [1.0, 0.5, 0.25]
    plateau = replace(SETTINGS, schedule="plateau", drop=0.5)
    assert [factor(9, 0.9, drops, plateau) for drops in (0, 1, 2)] == [1.0, 0.5, 0.25]
    assert [factor(9, done, 0, SETTINGS) for done in (0.0, 0.5, 1.0)] == pytest.approx([1.0, 1.0, 0.01])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schedule": "linear"}, "cosine, constant, step, plateau"),
        ({"optimiser": "sgd"}, "adamw, adam"),
        ({"schedule": "plateau"}, "validation patients"),
        ({"stop_after": 3}, "validation patients"),
        ({"drop_every": 0}, "drop_every"),
        ({"patience": 0}, "patience"),
        ({"validate_every": 0}, "validate_every"),
    ],
)
def test_settings_that_cannot_work_are_refused(change: dict[str, object], words: str, tmp_path: Path) -> None:
    with pytest.raises(RefusedInput, match=words):
        train(network(), batch, loss, replace(SETTINGS, **change), tmp_path / "a.pt")  # type: ignore[arg-type]


def test_adam_takes_the_weight_decay_as_an_l2_penalty(tmp_path: Path) -> None:
    """One step from weight 1 with no gradient but the decay's: Adam moves by the rate, AdamW by rate times decay."""
    moved = {}
    for optimiser in ("adam", "adamw"):
        net = nn.Linear(1, 1, bias=False)
        nn.init.ones_(net.weight)
        settings = replace(SETTINGS, optimiser=optimiser, steps=1, weight_decay=0.1, schedule="constant")
        train(net, batch, lambda n, _: 0.0 * n.weight.sum(), settings, tmp_path / f"{optimiser}.pt")
        moved[optimiser] = 1.0 - float(net.weight.detach())
    assert moved == pytest.approx({"adam": 0.05, "adamw": 0.005}, abs=1e-4)


def test_a_network_of_slices_is_trained_too(tmp_path: Path) -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.LazyLinear(1))
    images = torch.randn(2, 1, 5, 5)
    net(images)
    before = net[0].weight.detach().clone()
    train(net, lambda _: (images,), lambda n, parts: n(*parts).square().mean(), SETTINGS, tmp_path / "a.pt")
    assert not torch.equal(net[0].weight, before)


SCRIPT = """
import sys, torch
from pathlib import Path
from GliomaRadiomicsLib.training.loop import LoopSettings, train
torch.manual_seed(0)
net = torch.nn.Linear(3, 1)
seen = []
def batch(number):
    seen.append(number)
    images = torch.randn(8, 3, generator=torch.Generator().manual_seed(number))
    return images, images.sum(1, keepdim=True)
settings = LoopSettings(steps=6, learning_rate=.05, warmup=1, precision="32-true", accelerator="cpu", devices=2)
done = train(net, batch, lambda n, p: (n(p[0]) - p[1]).square().mean(), settings, Path(sys.argv[1]) / "a.pt")
torch.save(net.state_dict(), Path(sys.argv[1]) / f"weights{seen[0]}.pt")
"""


def test_two_processes_work_on_batches_of_their_own_and_end_at_the_same_weights(tmp_path: Path) -> None:
    script = tmp_path / "two.py"
    script.write_text(SCRIPT)
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True, timeout=180, capture_output=True)  # noqa: S603
    first, second = (torch.load(tmp_path / f"weights{number}.pt", weights_only=True) for number in (0, 1))
    assert torch.equal(first["weight"], second["weight"])
    assert len(rows(tmp_path / "a.csv")) == 6
