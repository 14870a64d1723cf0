"""Settings of the training from a configuration; an unknown key is refused with the nearest known one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.systems.config import build, typed
from GliomaRadiomicsLib.systems.segmentation.train import SegmentationSettings
from GliomaRadiomicsLib.training.augmentation import AugmentationSettings
from GliomaRadiomicsLib.training.loop import LoopSettings

ABOUT: dict[str, Any] = {
    "validation": "site",
    "final": "all",
    "members": 1,
    "cohort": "not stated",
    "attribution": ["the owner of the training cohort"],
    "licence": "as the training cohort",
}
"""What a configuration may say besides the settings, with the defaults."""

CHOICES = {"validation": ("site", "none"), "final": ("all", "folds")}


def read_config(config: Mapping[str, Any]) -> tuple[SegmentationSettings, dict[str, Any]]:
    """Settings, and the texts of `ABOUT`.

    Raises:
        RefusedInput: For an unknown key, a value of the wrong type, or shapes the network cannot work on.
    """
    rest = {key: value for key, value in config.items() if key not in ABOUT}
    nested = {
        "augmentation": build(AugmentationSettings, rest.pop("augmentation", {}), others=ABOUT),
        "loop": build(LoopSettings, rest.pop("loop", {}), others=ABOUT),
    }
    settings = build(SegmentationSettings, rest, nested, others=ABOUT)
    about = {key: typed(default, config.get(key, default), key) for key, default in ABOUT.items()}
    for key, known in CHOICES.items():
        if about[key] not in known:
            remedy = f"give {' or '.join(known)}"
            raise RefusedInput(what=f"unknown {key}", where="--config", found=about[key], remedy=remedy)
    if about["members"] < 1:
        raise RefusedInput(what="members must be above zero", where="--config", found=about["members"], remedy="give 1")
    _check_shapes(settings)
    _check_ranges(settings)
    return settings, about


def _check_ranges(settings: SegmentationSettings) -> None:
    loop, vary = settings.loop, settings.augmentation
    shares = {name: value for name, value in vars(vary).items() if name.startswith("p_")}
    positive = {"steps": loop.steps, "minutes": loop.minutes, "checkpoint_every": loop.checkpoint_every}
    shares |= {"p_wide": settings.p_wide, "finish": settings.finish, "cooldown": loop.cooldown}
    for name, value in shares.items():
        if not 0 <= value <= 1:
            raise RefusedInput(what=f"{name} is a share", where="--config", found=value, remedy="give 0 to 1")
    for name, value in {**positive, "learning_rate": loop.learning_rate, "devices": loop.devices}.items():
        if not value > 0:
            raise RefusedInput(what=f"{name} must be above zero", where="--config", found=value, remedy="correct it")
    if not 0 <= settings.phantom_share < 1 or settings.phantoms < 0:
        found = (settings.phantoms, settings.phantom_share)
        raise RefusedInput(
            what="phantoms or phantom_share", where="--config", found=found, remedy="give a share below 1"
        )


def _check_shapes(settings: SegmentationSettings) -> None:
    multiple = 2 ** len(settings.channels)
    for key, values, factor in (
        ("channels", settings.channels, 8),
        ("patch", settings.patch, multiple),
        ("wide_patch", settings.wide_patch, multiple),
    ):
        sides = len(values) if key == "channels" else 3
        if len(values) != sides or any(value < factor or value % factor for value in values):
            raise RefusedInput(
                what=f"{key} does not fit the network",
                where="--config",
                found=values,
                remedy=f"give {sides} multiples of {factor}",
            )
