"""Learning-rate schedules, as a factor of the peak."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from GliomaRadiomicsLib.training.loop import LoopSettings

SCHEDULES = ("cosine", "constant", "step", "plateau")


def factor(step: int, done: float, drops: int, settings: LoopSettings) -> float:
    """Learning rate at a step as a share of the peak.

    Args:
        step: Number of the step.
        done: Share of the training that is done, 0 to 1.
        drops: How often a plateau of the validation was met.
        settings: Which schedule, and its numbers.
    """
    warm = min(1.0, (step + 1) / max(settings.warmup, 1))
    if settings.schedule == "cosine":
        tail = max(0.0, (done - (1.0 - settings.cooldown)) / max(settings.cooldown, 1e-9))
        return warm * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * min(tail, 1.0))))
    if settings.schedule == "step":
        return warm * settings.drop ** (step // settings.drop_every)
    return warm * settings.drop**drops if settings.schedule == "plateau" else warm
