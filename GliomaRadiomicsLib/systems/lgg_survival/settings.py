"""How the system of Jinling Hospital 2023 is fitted; the defaults are the paper's where it states them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.statistics.cox_path import PathSettings
from GliomaRadiomicsLib.statistics.elastic_net_cox import ElasticNetCox
from GliomaRadiomicsLib.statistics.scaling import ZScore
from GliomaRadiomicsLib.systems.lgg_survival.forest import ForestSelection
from GliomaRadiomicsLib.systems.settings import settings_from
from GliomaRadiomicsLib.systems.survival.validation import N_SPLITS

Deep = Literal["trained", "frozen", "none"]
Weights = Literal["auto", "random"]
BACKBONES = ("resnet18", "resnet10", "resnet50")


@dataclass(frozen=True)
class LggSettings:
    """Settings of a fit.

    Attributes:
        channels: The three sequences of the section.
        size: Pixels of 1 mm along each side of the section.
        deep: "trained": the dual-task network is trained anew in every fold, as the paper trains it; "frozen": the
            backbone as it is; "none": radiomics alone. Trained at the paper's size it needs a GPU: it is trained
            `n_signatures` times.
        backbone: One of `BACKBONES`; the paper's is resnet18.
        weights: First weights: "auto" are the published ones, refused where they are not installed; "random" is
            marked as such in everything made with it.
        epochs: Of the training.
        batch_size: Of the training.
        learning_rate: Of Adam (the paper does not state it).
        weight_decay: Of Adam (the paper does not state it).
        grade_weight: Weight of the grade's cross-entropy beside Cox's partial likelihood (the paper does not state it).
        device: "auto", "cpu" or "cuda".
        radiomics: Whether the 788 radiomic features are used.
        radiomics_sequence: The sequence they are measured on.
        selected: Features the random forest keeps.
        trees: Of the random forest.
        l1_ratio: Share of the lasso in the Elastic Net (the paper does not state it).
        inner_folds: For the penalty, and for the held-out signature the nomogram is fitted on.
        p: Limit of the uni- and the multivariable selection.
        repeats: How often the outer folds are drawn anew.
        seed: Of everything random.
        name: Of the bundle.
        cohort: What to call the training patients in the card.
        licence: Of the weights.
        attribution: Whom to name for the data.
    """

    channels: tuple[str, ...] = ("t1", "t2", "t1ce")
    size: int = 240
    deep: Deep = "trained"
    backbone: str = "resnet18"
    weights: Weights = "auto"
    epochs: int = 200
    batch_size: int = 8
    learning_rate: float = 1e-4
    weight_decay: float = 1e-4
    grade_weight: float = 1.0
    device: Literal["auto", "cpu", "cuda"] = "auto"
    radiomics: bool = True
    radiomics_sequence: str = "t1ce"
    selected: int = 10
    trees: int = 100
    l1_ratio: float = 0.5
    inner_folds: int = 5
    p: float = 0.05
    repeats: int = 1
    seed: int = 0
    name: str = "lgg_survival"
    cohort: str = "a user's own cohort"
    licence: str = "not stated"
    attribution: tuple[str, ...] = ()

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> LggSettings:
        """Settings of a configuration file.

        Raises:
            RefusedInput: For an unknown setting or a value out of range.
        """
        settings = settings_from(cls, config)
        checks = (
            ("deep", settings.deep in get_args(Deep), f"choose from {', '.join(get_args(Deep))}"),
            ("weights", settings.weights in get_args(Weights), f"choose from {', '.join(get_args(Weights))}"),
            ("backbone", settings.backbone in BACKBONES, f"choose from {', '.join(BACKBONES)}"),
            ("channels", _are_channels(settings.channels), f"give three different ones of {', '.join(SEQUENCES)}"),
            ("radiomics_sequence", settings.radiomics_sequence in SEQUENCES, f"one of {', '.join(SEQUENCES)}"),
            ("radiomics", settings.radiomics or settings.deep != "none", "without deep features they are needed"),
            ("size", settings.size >= 64, "64 pixels or more"),
            ("epochs", settings.epochs >= 1, "1 or more"),
            ("batch_size", settings.batch_size >= 2, "2 or more"),
            ("selected", settings.selected >= 1, "1 or more"),
            ("trees", settings.trees >= 1, "1 or more"),
            ("inner_folds", settings.inner_folds >= 2, "2 or more"),
        )
        for name, right, remedy in checks:
            if not right:
                raise RefusedInput(
                    what="setting out of range", where=name, found=getattr(settings, name), remedy=remedy
                )
        return settings

    @property
    def sequences(self) -> tuple[str, ...]:
        """The sequences a case must have."""
        needed = self.channels if self.deep != "none" else ()
        return tuple(dict.fromkeys([*needed, *([self.radiomics_sequence] if self.radiomics else [])]))

    @property
    def n_signatures(self) -> int:
        """How often the signature is fitted for model and figures: each time once, and once for every inner fold."""
        return (N_SPLITS * self.repeats + 1) * (self.inner_folds + 1)

    def elastic_net(self) -> ElasticNetCox:
        """Z-scores, random forest, Elastic Net; fitted anew in every fold."""
        return ElasticNetCox(
            steps=(ZScore(), ForestSelection(self.selected, self.trees, self.seed)),
            path=PathSettings(l1_ratio=self.l1_ratio, n_penalties=40),
            n_folds=self.inner_folds,
            seed=self.seed,
        )


def _are_channels(channels: tuple[str, ...]) -> bool:
    return len(set(channels)) == len(channels) == 3 and set(channels) <= set(SEQUENCES)
