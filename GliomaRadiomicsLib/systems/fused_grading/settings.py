"""Settings of the fused system; the defaults are the paper's, and what it leaves open is said so."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.explain.linear_attribution import MOST_FEATURES
from GliomaRadiomicsLib.systems.image_grading.settings import Check, GradingSettings

LEAST_IN_TRAINING = 4
"""Patients of a grade in the training part of a fold."""


@dataclass(frozen=True)
class FusedSettings(GradingSettings):
    """How to train. The paper gives neither learning rate nor augmentation of this network, nor the grid of the SVM.

    Attributes:
        patch: Voxels of the patch the network sees.
        field_mm: Size of the patch along right, anterior, superior; larger where the tumour is.
        width: Channels of the first stage; 8 times as many features come out.
        radiomics_sequence: On which the radiomic features are measured.
        facts: Whether the plain facts of the case (`image_grading.case.FACTS`: shares of the tumour's parts, size, mean
            intensities) are candidates beside the radiomic and deep features; the paper has none.
        deep: "trained": the network is trained on the training patients of each fold, as in the paper; "helpers": on
            helper cases alone, so that its features are as new for the training patients as for others.
        helpers_in_selection: Whether half of the helper cases, which the network then does not see, join the training
            patients when features are selected and the machine is fitted; calibration and figures are of patients.
        select_on_helpers: With ``helpers_in_selection``: features are chosen on the helper cases alone, so that nothing
            can be chosen that only tells where the patients of either grade come from.
        levene: "different": features whose spread differs between the grades are kept; "equal": those
            where it does not.
        levene_level: Significance level of Levene's test.
        n_features: Kept for the support vector machine.
        trees: Of the random forest that ranks the features.
        c_grid: Penalties tried.
        gamma_grid: Widths of the kernel tried, each over the number of features.
        inner_folds: Of the training patients, for LASSO, grid search and calibration.
        cam_stage: Whose feature maps Grad-CAM explains, 1 to 4; the paper has no heat map.
    """

    quarter_turns: bool = False
    patch: tuple[int, ...] = (96, 128, 96)
    field_mm: tuple[float, ...] = (96.0, 128.0, 96.0)
    width: int = 64
    radiomics_sequence: str = "t1ce"
    facts: bool = False
    deep: str = "trained"
    helpers_in_selection: bool = False
    select_on_helpers: bool = False
    levene: str = "different"
    levene_level: float = 0.05
    n_features: int = 8
    trees: int = 100
    c_grid: tuple[float, ...] = (0.1, 1.0, 10.0, 100.0)
    gamma_grid: tuple[float, ...] = (0.01, 0.1, 1.0)
    inner_folds: int = 3
    cam_stage: int = 2

    def least_of_each_grade(self, folds: int) -> int:
        """As the base class: the training part of a fold is divided again for grid search and calibration."""
        return next(n for n in count(folds) if n - -(-n // folds) >= LEAST_IN_TRAINING)

    def refuse_without_helpers(self) -> None:
        """As the base class."""
        if self.deep == "helpers":
            remedy = "use deep: trained; helper cases, such as phantoms, are given from Python"
            raise RefusedInput(what="deep: helpers needs helper cases of both grades", where="deep", remedy=remedy)

    def checks(self) -> list[Check]:
        """As the base class."""
        square = not self.quarter_turns or self.patch[0] == self.patch[1]
        grids = ("c_grid", "gamma_grid")
        return [
            *super().checks(),
            ("patch", len(self.patch) == 3 and min(self.patch) >= 16, "three numbers of voxels, 16 or more"),
            ("quarter_turns", square, "false, or a patch as wide as it is deep"),
            ("field_mm", len(self.field_mm) == 3 and min(self.field_mm) > 0, "three sizes above 0"),
            ("width", self.width > 0, "1 or more"),
            ("radiomics_sequence", self.radiomics_sequence in self.sequences, f"one of {', '.join(self.sequences)}"),
            ("deep", self.deep in ("trained", "helpers"), "trained or helpers"),
            (
                "select_on_helpers",
                self.helpers_in_selection or not self.select_on_helpers,
                "false, or with helpers_in_selection",
            ),
            ("levene", self.levene in ("different", "equal"), "different or equal"),
            ("levene_level", 0 < self.levene_level < 1, "between 0 and 1"),
            ("n_features", 1 <= self.n_features <= MOST_FEATURES, f"1 to {MOST_FEATURES}"),
            ("trees", self.trees > 0, "1 or more"),
            *[(name, len(getattr(self, name)) > 0 and min(getattr(self, name)) > 0, "above 0") for name in grids],
            ("inner_folds", self.inner_folds >= 2, "2 or more"),
            ("cam_stage", 1 <= self.cam_stage <= 4, "1 to 4"),
        ]
