"""The training loop: Lightning Fabric (CPU, one GPU, several), moving average of the weights, resumable checkpoints.

On several devices every process works on batches of its own, and the first of them writes the files.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from GliomaRadiomicsLib.core.errors import Cancelled, RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.training.checkpoint import Log, State
from GliomaRadiomicsLib.training.schedule import SCHEDULES, factor
from GliomaRadiomicsLib.training.validation import Validate, value_with

Batch = tuple[torch.Tensor, ...]


@dataclass(frozen=True)
class LoopSettings:
    """How long and how fast to train.

    Attributes:
        steps: Optimiser steps.
        minutes: Stop earlier, after this much training time (over all resumed parts); the learning rate follows
            whichever of steps and minutes is further.
        learning_rate: Peak; warmed up over ``warmup`` steps.
        precision: Fabric's name: ``bf16-mixed`` or ``32-true``.
        average: Decay of the moving average of the weights; the average is what is validated and kept. 0: the weights.
        optimiser: ``adamw``, or ``adam`` (weight decay as an L2 penalty, as in most papers).
        clip: Largest norm of the gradient.
        schedule: ``cosine`` (held, then lowered by a cosine over the last ``cooldown`` share), ``constant``, ``step``
            (times ``drop`` every ``drop_every`` steps) or ``plateau`` (times ``drop`` after ``patience`` validations
            without improvement).
        validate_every: Steps between two validations, where `train` is given one.
        stop_after: Stop after so many validations without improvement; 0: never.
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
    optimiser: str = "adamw"
    clip: float = 1.0
    schedule: str = "cosine"
    drop: float = 0.5
    drop_every: int = 1000
    patience: int = 10
    validate_every: int = 100
    stop_after: int = 0

    def check(self, *, validated: bool = False) -> None:
        """Raise `RefusedInput` for names that are not known, numbers that cannot work, or a missing validation."""
        for name, found, known in (("schedule", self.schedule, SCHEDULES), ("optimiser", self.optimiser, _OPTIMISERS)):
            if found not in known:
                remedy = f"choose {', '.join(known)}"
                raise RefusedInput(what=f"unknown {name}", where="loop", found=found, remedy=remedy)
        for name in ("drop_every", "patience", "validate_every"):
            if getattr(self, name) < 1:
                found = getattr(self, name)
                raise RefusedInput(what=f"{name} must be at least 1", where="loop", found=found, remedy="correct it")
        if not validated and (self.schedule == "plateau" or self.stop_after):
            raise RefusedInput(
                what="a plateau schedule or early stopping needs validation patients",
                where="loop",
                remedy="set some patients aside, or choose schedule cosine and stop_after 0",
            )


_OPTIMISERS = ("adamw", "adam")


def train(
    network: nn.Module,
    batches: Callable[[int], Batch],
    loss: Callable[[nn.Module, Batch], torch.Tensor],
    settings: LoopSettings,
    checkpoint: Path,
    progress: Progress | None = None,
    identity: str = "",
    validate: Validate | None = None,
) -> dict[str, Any]:
    """Train ``network`` in place and leave the averaged weights in it; with validation, the best of them.

    Args:
        network: The network.
        batches: Gives the batch of a number; on one device that is the step, on n devices each step takes n numbers.
        loss: Loss of a network on a batch.
        settings: How long and how fast.
        checkpoint: Resumed from when it exists; a CSV log of the losses is kept beside it.
        progress: Told about every tenth step; may cancel there, which leaves a checkpoint of that step.
        identity: What is trained on what; a checkpoint of another identity is refused.
        validate: Value of the network, lower is better; called every ``settings.validate_every`` steps and at the end,
            and logged in a second CSV file (``<checkpoint>-validation.csv``).

    Returns:
        ``{"steps": ..., "minutes": ..., "loss": ...}``; the loss is the mean over the last hundred steps. With
        validation also ``best``, its lowest value.

    Raises:
        RefusedInput: If lightning-fabric is not installed, the checkpoint is of another training, or a setting cannot
            be used.
    """
    settings.check(validated=validate is not None)
    Fabric = _fabric()  # noqa: N806 - a class
    fabric = Fabric(accelerator=settings.accelerator, devices=settings.devices, precision=settings.precision)
    fabric.launch()
    _lay_out(network)
    optimiser = _optimiser(network, settings)
    state = State(network, optimiser, settings.average, identity)
    model, wrapped = fabric.setup(network, optimiser)
    state.load(checkpoint)
    run = _Run(network, state, settings, checkpoint, progress or Progress(), validate, fabric)
    began, minutes_before = time.monotonic(), state.minutes
    numbered = partial(_own_batch, batches, fabric.world_size, fabric.global_rank)
    for step, batch in _prefetch(numbered, state.step, settings.steps):
        state.minutes = minutes_before + (time.monotonic() - began) / 60.0
        done = fabric.broadcast(max(step / settings.steps, state.minutes / settings.minutes))
        if done >= 1.0 or run.stopped:
            break
        for group in optimiser.param_groups:
            group["lr"] = settings.learning_rate * factor(step, done, state.validation.drops, settings)
        value = loss(model, tuple(fabric.to_device(part) for part in batch))
        fabric.backward(value)
        fabric.clip_gradients(model, wrapped, max_norm=settings.clip)
        wrapped.step()
        wrapped.zero_grad()
        state.advance(network)
        run.after_step(step, done, float(value.detach()), float(optimiser.param_groups[0]["lr"]))
    return run.finish()


def _own_batch(batches: Callable[[int], Batch], processes: int, rank: int, step: int) -> Batch:
    return batches(step * processes + rank)


def _lay_out(network: nn.Module) -> None:
    if any(parameter.ndim == 5 for parameter in network.parameters()):
        network.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
    else:
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _optimiser(network: nn.Module, settings: LoopSettings) -> torch.optim.Optimizer:
    kind = torch.optim.Adam if settings.optimiser == "adam" else torch.optim.AdamW
    return kind(network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)


@dataclass
class _Run:
    """What happens around the steps: log, checkpoint, validation, report."""

    network: nn.Module
    state: State
    settings: LoopSettings
    checkpoint: Path
    progress: Progress
    validate: Validate | None
    fabric: Any

    def __post_init__(self) -> None:
        self.first = self.fabric.is_global_zero
        path = self.checkpoint
        fresh = self.state.step == 0
        self.log = Log(path.with_suffix(".csv"), ("step", "loss"), fresh=fresh and self.first)
        if self.validate is not None:
            beside = path.with_name(f"{path.stem}-validation.csv")
            self.validations = Log(beside, ("step", "learning_rate", "value"), fresh=fresh and self.first)

    @property
    def stopped(self) -> bool:
        """Whether nothing has become better for too long."""
        return 0 < self.settings.stop_after <= self.state.validation.waited

    def after_step(self, step: int, done: float, loss: float, learning_rate: float) -> None:
        if self.first:
            self.log.add(step, loss)
        if self.state.step % self.settings.validate_every == 0:
            self._validate(learning_rate)
        if self.state.step % self.settings.checkpoint_every == 0:
            self._save()
        if self.first and self.state.step % 10 == 0:
            self._report(done)

    def finish(self) -> dict[str, Any]:
        state = self.state
        if state.validation.step != state.step:
            self._validate(float("nan"))
        self._save()
        self.network.load_state_dict(state.validation.weights or state.average)
        done = {"steps": state.step, "minutes": round(state.minutes, 1), "loss": round(self.log.mean, 4)}
        if self.validate is not None:
            done["best"] = round(state.validation.best, 5)
        return {**done, **_plain(self.settings)}

    def _validate(self, learning_rate: float) -> None:
        if self.validate is None:
            return
        value = value_with(self.network, self.state.average, self.validate)
        self.state.validation.note(self.state.step, value, self.state.average, self.settings.patience)
        if self.first:
            self.validations.add(self.state.step, learning_rate, value)

    def _save(self) -> None:
        if self.first:
            self.state.save(self.checkpoint)
        self.fabric.barrier()

    def _report(self, done: float) -> None:
        state = self.state
        try:
            self.progress.report(done, f"step {state.step}, loss {self.log.mean:.3f}, {_eta(done, state.minutes)}")
        except (Cancelled, KeyboardInterrupt):
            state.save(self.checkpoint)
            raise


def _fabric() -> type:
    try:
        from lightning_fabric import Fabric
    except ModuleNotFoundError as error:
        raise RefusedInput(
            what="training needs the package lightning-fabric", remedy="pip install 'glioma-radiomics[train]'"
        ) from error
    return Fabric


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
