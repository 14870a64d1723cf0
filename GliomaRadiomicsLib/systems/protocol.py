"""What every grading, survival and molecular system can do, and the plain data that goes in and comes out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.results import FeatureRow, GradingResult
from GliomaRadiomicsLib.core.settings import ClinicalData
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.models.figures import Figure

GRADE_WORDING = {"HGG": "WHO grade 4", "LGG": "WHO grade 2/3"}
"""What the two labels of `GradingResult.label` mean, for reports."""


Prediction = GradingResult | dict[str, Any]


@dataclass(frozen=True)
class CaseData:
    """One patient, ready for a system.

    Attributes:
        volumes: Sequences by role (keys of `core.labels.SEQUENCES`); a sequence that was not given is absent.
        label_map: 0/1/2/4, integer, on the grid of the volumes.
        brain_mask: Non-zero inside the brain, or None.
        clinical: What is known beside the images.
        features: Measured features.
        automatic_outline: Whether the label map is the segmentation's, also where a reader corrected it.
        corrected_outline: Whether a reader corrected the segmentation's.
    """

    volumes: Mapping[str, Volume]
    label_map: Volume
    brain_mask: Volume | None = None
    clinical: ClinicalData = field(default_factory=ClinicalData)
    features: list[FeatureRow] = field(default_factory=list)
    automatic_outline: bool = False
    corrected_outline: bool = False


@dataclass(frozen=True)
class TrainingCase:
    """One patient with what is known about the outcome; None means unknown.

    Attributes:
        patient: The cohort's name of the patient; keeps a patient's rows together and is never written to a bundle.
        data: Images, masks and clinical data.
        is_hgg: WHO grade 4 (True) or 2/3 (False).
        idh_mutant: IDH status.
        mgmt_methylated: MGMT promoter status.
        os_days: Survival or follow-up in days.
        event: Whether the patient died at ``os_days``.
        site: The institution.
        labels: Further two-class outcomes by name of their column.
        line: Of the COHORT.csv; 0 where there is none.
        problem: Why the patient cannot be used; a system that reads images only reports it and goes on.
        source: Changes when the patient's files change; empty where unknown.
    """

    patient: str
    data: CaseData
    is_hgg: bool | None = None
    idh_mutant: bool | None = None
    mgmt_methylated: bool | None = None
    os_days: float | None = None
    event: bool | None = None
    site: str | None = None
    labels: Mapping[str, bool | None] = field(default_factory=dict)
    line: int = 0
    problem: RefusedInput | None = None
    source: str = ""


@dataclass(frozen=True)
class LeftOut:
    """A patient, or one sequence of a patient, that could not be used.

    Attributes:
        case: The cohort's name of the patient.
        line: Of the COHORT.csv; 0 where there is none.
        sequence: The sequence concerned; empty: the whole patient.
        reason: In words, without identifiers of DICOM files.
        is_fault: Whether the input is wrong, rather than only incomplete (such as an unknown outcome).
    """

    case: str
    line: int
    sequence: str
    reason: str
    is_fault: bool = True


@dataclass(frozen=True)
class Evaluation:
    """What was measured on a cohort.

    Attributes:
        figures: Measured figures.
        predictions: One plain row per patient they rest on, ready for CSV.
        charts: Plain data of drawings by file name, each with its ``kind`` (see `survival_charts`); may be empty.
        left_out: Who could not be used, where the system reports it.
    """

    figures: list[Figure]
    predictions: list[dict[str, Any]]
    charts: dict[str, dict[str, Any]] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()


@runtime_checkable
class System(Protocol):
    """A system: trained on a cohort, measured, saved as a bundle, applied to one case, explained by heat maps."""

    @classmethod
    def fit(
        cls,
        cases: Iterable[TrainingCase],
        config: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
    ) -> System:
        """Train on a cohort and measure by patient-grouped cross-validation; raises `RefusedInput` if it cannot."""
        ...

    @classmethod
    def load(cls, folder: str | Path) -> System:
        """The system of a verified bundle; raises `RefusedInput` if the bundle is damaged or another system's."""
        ...

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write a bundle."""
        ...

    def evaluate(self, cases: Iterable[TrainingCase], progress: Progress | None = None) -> Evaluation:
        """Measure on patients the system was not trained on; raises `RefusedInput` if they do not suffice."""
        ...

    def predict(self, case: CaseData) -> Prediction:
        """Apply to one case; abstains with a reason rather than guess.

        Returns:
            A `GradingResult` of systems of the task grading; of the others the part of `result.json` they fill.
        """
        ...

    def explain(self, case: CaseData) -> dict[str, Volume]:
        """Heat maps on the label map's grid, float32, by ``<method>[-<class>]``."""
        ...
