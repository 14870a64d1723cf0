"""The training loop: Lightning Fabric (CPU, one GPU, several), moving average of the weights, resumable checkpoints."""

from __future__ import annotations

import csv
import math
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from GliomaRadiomicsLib.core.errors import Cancelled, RefusedInput
from GliomaRadiomicsLib.core.progress import Progress

Batch = tuple[torch.Tensor, ...]


@dataclass(frozen=True)
class LoopSettings:
    """How long and how fast to train.

    Attributes:
        steps: Optimiser steps.
        minutes: Stop earlier, after this much training time (over all resumed parts); the learning rate follows
            whichever of steps and minutes is further.
        learning_rate: Peak; warmed up over ``warmup`` steps, held, then lowered by a cosine over the last
            ``cooldown`` share.
        precision: Fabric's name: ``bf16-mixed`` or ``32-true``.
        average: Decay of the moving average of the weights; the average is what is kept.
    """

    steps: int = 4000
    minutes: float = math.inf
    learning_rate: float = 1.5e-3
    weight_decay: float = 1e-4
    warmup: int = 100
    cooldown: float = 0.5
    precision: str = "bf16-mixed"
    average: float = 0.995
    checkpoint_every: int = 100
    accelerator: str = "auto"
    devices: int = 1


def train(
    network: nn.Module,
    batches: Callable[[int], Batch],
    loss: Callable[[nn.Module, Batch], torch.Tensor],
    settings: LoopSettings,
    checkpoint: Path,
    progress: Progress | None = None,
    identity: str = "",
) -> dict[str, Any]:
    """Train ``network`` in place and leave the averaged weights in it.

    Args:
        network: The network.
        batches: Gives the batch of a step number.
        loss: Loss of a network on a batch.
        settings: How long and how fast.
        checkpoint: Resumed from when it exists; a CSV log of the losses is kept beside it.
        progress: Told about every tenth step; may cancel there, which leaves a checkpoint of that step.
        identity: What is trained on what; a checkpoint of another identity is refused.

    Returns:
        ``{"steps": ..., "minutes": ..., "loss": ...}``; the loss is the mean over the last hundred steps.

    Raises:
        RefusedInput: If lightning-fabric is not installed, or the checkpoint is of another training.
    """
    Fabric = _fabric()  # noqa: N806 - a class
    progress = progress or Progress()
    fabric = Fabric(accelerator=settings.accelerator, devices=settings.devices, precision=settings.precision)  # type: ignore[arg-type]
    network.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
    optimiser = torch.optim.AdamW(network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    state = _State(network, optimiser, settings.average, identity)
    model, wrapped = fabric.setup(network, optimiser)
    state.load(checkpoint)
    log = _Log(checkpoint.with_suffix(".csv"), state.step)
    began, minutes_before = time.monotonic(), state.minutes
    for step, batch in _prefetch(batches, state.step, settings.steps):
        state.minutes = minutes_before + (time.monotonic() - began) / 60.0
        done = max(step / settings.steps, state.minutes / settings.minutes)
        if done >= 1.0:
            break
        for group in optimiser.param_groups:
            group["lr"] = settings.learning_rate * _schedule(step, done, settings)
        value = loss(model, tuple(fabric.to_device(part) for part in batch))
        fabric.backward(value)
        fabric.clip_gradients(model, wrapped, max_norm=1.0)
        wrapped.step()
        wrapped.zero_grad()
        state.advance(network)
        log.add(step, float(value.detach()))
        if state.step % settings.checkpoint_every == 0:
            state.save(checkpoint)
        if state.step % 10 == 0:
            _report(progress, done, state, log, checkpoint)
    state.save(checkpoint)
    network.load_state_dict(state.average)
    return {"steps": state.step, "minutes": round(state.minutes, 1), "loss": round(log.mean, 4), **_plain(settings)}


def _fabric() -> type:
    try:
        from lightning_fabric import Fabric
    except ModuleNotFoundError as error:
        raise RefusedInput(
            what="training needs the package lightning-fabric", remedy="pip install 'glioma-radiomics[train]'"
        ) from error
    return Fabric


def _report(progress: Progress, done: float, state: _State, log: _Log, checkpoint: Path) -> None:
    try:
        progress.report(done, f"step {state.step}, loss {log.mean:.3f}, {_eta(done, state.minutes)}")
    except (Cancelled, KeyboardInterrupt):
        state.save(checkpoint)
        raise


def _schedule(step: int, done: float, settings: LoopSettings) -> float:
    warm = min(1.0, (step + 1) / max(settings.warmup, 1))
    tail = max(0.0, (done - (1.0 - settings.cooldown)) / max(settings.cooldown, 1e-9))
    return warm * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * min(tail, 1.0))))


def _eta(done: float, minutes: float) -> str:
    return f"{minutes * (1 - done) / done:.0f} min left" if done > 0.01 else "estimating the time"


def _plain(settings: LoopSettings) -> dict[str, Any]:
    kept = ("learning_rate", "weight_decay", "precision", "average")
    return {key: value for key, value in asdict(settings).items() if key in kept}


def _prefetch(batches: Callable[[int], Batch], first: int, last: int) -> Iterator[tuple[int, Batch]]:
    """Batches made one step ahead in a thread; an error in it surfaces here."""
    ready: queue.Queue[Any] = queue.Queue(maxsize=2)
    stop = threading.Event()

    def offer(item: Any) -> None:
        while not stop.is_set():
            try:
                ready.put(item, timeout=0.5)
            except queue.Full:
                continue
            return

    def work() -> None:
        try:
            for step in range(first, last):
                offer((step, batches(step)))
                if stop.is_set():
                    return
            offer(None)
        except Exception as error:  # noqa: BLE001 - handed to the consumer, which raises it
            offer(error)

    threading.Thread(target=work, daemon=True).start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, Exception):
                raise item
            yield item
    finally:
        stop.set()


class _State:
    """What a checkpoint holds: weights, their moving average, the optimiser, step and minutes."""

    def __init__(self, network: nn.Module, optimiser: torch.optim.Optimizer, decay: float, identity: str) -> None:
        self._network, self._optimiser, self._decay, self._identity = network, optimiser, decay, identity
        self.average = {name: value.detach().clone() for name, value in network.state_dict().items()}
        self.step, self.minutes = 0, 0.0

    def advance(self, network: nn.Module) -> None:
        self.step += 1
        decay = min(self._decay, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for name, value in network.state_dict().items():
                self.average[name] = self.average[name].to(value.device).lerp(value, 1.0 - decay)

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {
            "network": self._network.state_dict(),
            "average": self.average,
            "optimiser": self._optimiser.state_dict(),
            "step": self.step,
            "minutes": self.minutes,
            "identity": self._identity,
        }
        partial = path.with_suffix(".partial")
        torch.save(content, partial)
        partial.replace(path)

    def load(self, path: Path) -> None:
        """After the network lies on its device, so that the optimiser's state follows it there."""
        if not path.exists():
            return
        content = torch.load(path, map_location="cpu", weights_only=True)
        if content.get("identity") != self._identity:
            raise RefusedInput(
                what="this checkpoint is of another training (other patients, sites or settings)",
                where=path,
                remedy="remove it to start anew, or choose another --out",
            )
        self._network.load_state_dict(content["network"])
        self._optimiser.load_state_dict(content["optimiser"])
        self.average, self.step, self.minutes = content["average"], content["step"], content["minutes"]


class _Log:
    """Losses on disk, and their mean over the last hundred steps."""

    def __init__(self, path: Path, step: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._recent = path, [float("nan")][:0]
        if step == 0:
            path.write_text("step,loss\n")

    def add(self, step: int, value: float) -> None:
        self._recent = [*self._recent[-99:], value]
        with self._path.open("a", newline="") as file:
            csv.writer(file).writerow([step, f"{value:.5f}"])

    @property
    def mean(self) -> float:
        return sum(self._recent) / len(self._recent) if self._recent else float("nan")
