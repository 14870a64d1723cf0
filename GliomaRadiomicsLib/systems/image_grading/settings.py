"""Settings that the grading networks share; each system adds its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.systems.config import build

SettingsT = TypeVar("SettingsT", bound="GradingSettings")
Check = tuple[str, bool, str]
FOLDS_BY = ("patient", "site")
_OF_ONE_RUN = ("work", "device", "accept_left_out")


@dataclass(frozen=True)
class GradingSettings:
    """How to train and to measure.

    Attributes:
        sequences: Which the network sees; a case that lacks one is not graded.
        standardise: "brain": z-score inside the brain mask; "image": of the whole image.
        bias: Correct the shading (N4) of every image first; `analyze` has done it for images from a scanner, and the
            publishers for those of BraTS.
        steps: Optimiser steps of a training.
        batch_size: Patients of a step.
        learning_rate: Of Adam.
        weight_decay: Of Adam.
        dropout: Before the last layer, where the network has one.
        validation_share: Of the training patients, by whose loss the weights are chosen and the training ended; 0: the
            averaged weights after the last step.
        validate_every: Steps between two validations.
        stop_after: End after so many validations without improvement; 0: never.
        average: Decay of the moving average of the weights.
        flip: Mirror left to right.
        rotate_degrees: Largest rotation.
        quarter_turns: Turn by multiples of 90 degrees.
        gamma: Smallest and largest exponent of the intensities.
        helper_share: Of each batch, taken from helper cases (such as phantoms) where there are any.
        folds: In which every patient is held out once.
        folds_by: "patient", or "site": whole sites are held out.
        faithfulness_patients: Held-out patients on whom the faithfulness of the heat maps is measured.
        seed: Of everything random.
        device: "auto", "cpu" or "cuda".
        precision: Of the training, Fabric's name, such as 32-true or bf16-mixed.
        work: Folder for regions and checkpoints, from which a stopped run goes on; empty: a temporary one. The command
            line takes OUT.work.
        accept_left_out: Whether a training that had to leave out patients with faulty input ends with exit code 0.
        name: Of the bundle; empty: that of the system. The command line takes the name of OUT.
        cohort: What to call the training patients in the card.
        licence: Of the weights.
        attribution: Whom to name for the data.
    """

    sequences: tuple[str, ...] = SEQUENCES
    standardise: str = "brain"
    bias: bool = False
    steps: int = 3000
    batch_size: int = 8
    learning_rate: float = 1e-4
    weight_decay: float = 1e-4
    dropout: float = 0.4
    validation_share: float = 0.2
    validate_every: int = 100
    stop_after: int = 10
    average: float = 0.99
    flip: bool = True
    rotate_degrees: float = 20.0
    quarter_turns: bool = True
    gamma: tuple[float, ...] = (0.85, 1.15)
    helper_share: float = 0.5
    folds: int = 5
    folds_by: str = "patient"
    faithfulness_patients: int = 6
    seed: int = 0
    device: str = "auto"
    precision: str = "32-true"
    work: str = ""
    accept_left_out: bool = False
    name: str = ""
    cohort: str = "a user's own cohort"
    licence: str = "not stated"
    attribution: tuple[str, ...] = ()

    @classmethod
    def from_config(cls: type[SettingsT], config: Mapping[str, Any]) -> SettingsT:
        """Settings of a configuration file.

        Raises:
            RefusedInput: For an unknown setting, a value of the wrong type or out of range.
        """
        settings = build(cls, config)
        for name, right, remedy in settings.checks():
            if not right:
                found = getattr(settings, name)
                raise RefusedInput(what="setting out of range", where=name, found=found, remedy=remedy)
        return settings

    def plain(self) -> dict[str, Any]:
        """For metadata: without what is of one run on one machine."""
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in _OF_ONE_RUN}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    def least_of_each_grade(self, folds: int) -> int:
        """Patients of either grade without which so many folds cannot be made."""
        return folds

    def refuse_without_helpers(self) -> None:
        """Raise `RefusedInput` if these settings need helper cases, which a cohort's table cannot give."""

    def refuse_without_others(self) -> None:
        """Raise `RefusedInput` if these settings need patients without a grade."""

    def checks(self) -> list[Check]:
        """Name of each setting that has limits, whether it keeps them, and what to give."""
        known = set(self.sequences) <= set(SEQUENCES) and len(set(self.sequences)) == len(self.sequences) > 0
        gamma = len(self.gamma) == 2 and 0 < self.gamma[0] <= self.gamma[1]
        ones = ("steps", "validate_every")
        zeros = ("stop_after", "faithfulness_patients", "weight_decay")
        return [
            ("sequences", known, f"give different ones of {', '.join(SEQUENCES)}"),
            ("standardise", self.standardise in ("brain", "image"), "brain or image"),
            *[(name, getattr(self, name) >= 1, "1 or more") for name in ones],
            *[(name, getattr(self, name) >= 0, "0 or more") for name in zeros],
            ("batch_size", self.batch_size >= 2, "2 or more"),
            ("learning_rate", self.learning_rate > 0, "above 0"),
            *[
                (name, 0 <= getattr(self, name) < 1, "0 to below 1")
                for name in ("dropout", "validation_share", "average")
            ],
            ("helper_share", 0 < self.helper_share < 1, "between 0 and 1"),
            ("rotate_degrees", 0 <= self.rotate_degrees <= 180, "0 to 180"),
            ("gamma", gamma, "smallest and largest exponent, above 0"),
            ("folds", self.folds >= 2, "2 or more"),
            ("folds_by", self.folds_by in FOLDS_BY, " or ".join(FOLDS_BY)),
            ("device", self.device in ("auto", "cpu", "cuda"), "auto, cpu or cuda"),
        ]
