"""How the system of Han 2020 is fitted; the defaults are the paper's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import REGIONS
from GliomaRadiomicsLib.statistics.cox_path import PathSettings
from GliomaRadiomicsLib.statistics.elastic_net_cox import ElasticNetCox
from GliomaRadiomicsLib.statistics.median_absolute_deviation import MadFilter
from GliomaRadiomicsLib.statistics.pearson_filter import PearsonFilter
from GliomaRadiomicsLib.statistics.scaling import MedianImputation, ZScore
from GliomaRadiomicsLib.statistics.univariable_concordance import ConcordanceFilter
from GliomaRadiomicsLib.systems.hgg_survival.measurable import MeasurableFilter
from GliomaRadiomicsLib.systems.settings import settings_from

Deep = Literal["vgg19", "random", "none"]
CLINICAL = ("age", "sex")


@dataclass(frozen=True)
class HanSettings:
    """Settings of a fit.

    Attributes:
        deep: Deep features: "vgg19" with ImageNet weights (refused where they are not installed), "random" (the same
            network with random weights, marked as such everywhere) or "none" (the 348 radiomic features alone).
        region: The region whose largest section is used, a key of `core.labels.REGIONS`. TC, enhancing tumour and
            necrosis, is what is outlined on T1ce; a region drawn by hand with label 1 is part of it.
        clinical: "age" and "sex" join the features, as the paper tried.
        concordance: Smallest univariable C-index, in either direction (.66; the paper took .685 in one cohort).
        correlation: Smallest absolute correlation that makes a feature a repetition.
        l1_ratio: Share of the absolute-value penalty.
        inner_folds: Folds that choose the penalty.
        outer_folds: Folds of the measured figures; 0: leave one patient out.
        workers: Processes of the outer loop.
        permutations: How often the follow-up is shuffled to show what chance gives (5 outer folds each).
        leave_out_unusable: Leave out and count patients with follow-up whose image or outline cannot be used, instead
            of refusing the cohort.
        name: Of the bundle.
        cohort: What to call the training patients in the card.
        licence: Of the weights.
        attribution: Whom to name for the data.
    """

    deep: Deep = "vgg19"
    region: str = "TC"
    clinical: tuple[str, ...] = ()
    concordance: float = 0.66
    correlation: float = 0.85
    l1_ratio: float = 0.1
    inner_folds: int = 10
    outer_folds: int = 0
    workers: int = 1
    permutations: int = 0
    leave_out_unusable: bool = False
    name: str = "hgg_survival"
    cohort: str = "a user's own cohort"
    licence: str = "not stated"
    attribution: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        checks = (
            (self.deep in get_args(Deep), "deep", self.deep, f"one of {', '.join(get_args(Deep))}"),
            (self.region in REGIONS, "region", self.region, f"one of {', '.join(REGIONS)}"),
            (set(self.clinical) <= set(CLINICAL), "clinical", self.clinical, f"any of {', '.join(CLINICAL)}"),
            (0.5 <= self.concordance < 1, "concordance", self.concordance, "from .5 to below 1"),
            (0 < self.correlation <= 1, "correlation", self.correlation, "above 0, at most 1"),
            (self.inner_folds >= 2, "inner_folds", self.inner_folds, "at least 2"),
            (self.outer_folds == 0 or self.outer_folds >= 2, "outer_folds", self.outer_folds, "0 or at least 2"),
            (self.workers >= 1, "workers", self.workers, "at least 1"),
        )
        for right, where, found, remedy in checks:
            if not right:
                raise RefusedInput(what="setting out of range", where=where, found=found, remedy=remedy)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> HanSettings:
        """Settings of a configuration file; raises `RefusedInput` for an unknown setting or one out of range."""
        return settings_from(cls, config)

    @property
    def validation(self) -> str:
        """The outer loop in words."""
        outer = f"{self.outer_folds}-fold cross-validation" if self.outer_folds else "leave-one-out"
        return (
            f"{outer}, penalty by {self.inner_folds}-fold cross-validation inside; imputation, reduction, scaling and "
            "median cut-off fitted anew without the patients held out"
        )

    def model(self) -> ElasticNetCox:
        """Reduction and Elastic-Net Cox model, unfitted.

        The reduction does not depend on scale, so the z-scores can follow it.
        """
        steps = (
            MeasurableFilter(),
            MedianImputation(),
            MadFilter(0.0),
            ConcordanceFilter(self.concordance),
            PearsonFilter(self.correlation),
            ZScore(),
        )
        return ElasticNetCox(steps, PathSettings(l1_ratio=self.l1_ratio), n_folds=self.inner_folds)
