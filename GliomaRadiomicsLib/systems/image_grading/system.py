"""What the systems that grade by a network share: fit, load, save, measure, predict; each adds its own parts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.results import GradingResult, Trust
from GliomaRadiomicsLib.explain.trust import measured
from GliomaRadiomicsLib.models.figures import Figure, evidence_of
from GliomaRadiomicsLib.models.store import starter
from GliomaRadiomicsLib.systems.image_grading.charts import charts_of
from GliomaRadiomicsLib.systems.image_grading.cohort import Entry
from GliomaRadiomicsLib.systems.image_grading.settings import GradingSettings
from GliomaRadiomicsLib.systems.image_grading.validation import check_known, grading_figures, predictions_of
from GliomaRadiomicsLib.systems.image_grading.work import READ, work_folder
from GliomaRadiomicsLib.systems.protocol import CaseData, Evaluation, LeftOut, TrainingCase
from GliomaRadiomicsLib.systems.seen import has_seen


class Fitted(Protocol):
    """What every fitted system has."""

    @property
    def settings(self) -> Any:
        """How it was trained."""

    @property
    def metadata(self) -> dict[str, Any]:
        """Of the bundle."""

    @property
    def charts(self) -> dict[str, dict[str, Any]]:
        """Of the patients held out."""


class Read(Protocol):
    """A cohort that was read."""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Patients with a grade."""

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """Who cannot be graded."""


@dataclass(frozen=True, eq=False)
class Seen:
    """A case as a system sees it; each adds what it needs."""

    case: CaseData


SystemT = TypeVar("SystemT", bound="ImageGrading[Any, Any, Any, Any]")
SettingsT = TypeVar("SettingsT", bound=GradingSettings)
ReadT = TypeVar("ReadT", bound=Read)
FittedT = TypeVar("FittedT", bound=Fitted)
SeenT = TypeVar("SeenT", bound=Seen)


class ImageGrading(ABC, Generic[SettingsT, ReadT, FittedT, SeenT]):
    """A system that grades by a network."""

    name: ClassVar[str]
    settings_type: type[SettingsT]

    def __init__(self, fitted: FittedT) -> None:
        self.fitted, self.metadata = fitted, fitted.metadata
        self.left_out: tuple[LeftOut, ...] = ()
        """Who could not be trained on; empty where the system was loaded."""
        self._last: SeenT | None = None

    @staticmethod
    @abstractmethod
    def read(cases: Iterable[TrainingCase], settings: SettingsT, work: Path, progress: Progress | None = None) -> ReadT:
        """The cohort, kept in ``work``; raises `RefusedInput` naming the line of a faulty patient."""

    @staticmethod
    @abstractmethod
    def fit_cohort(found: ReadT, settings: SettingsT, work: Path, progress: Progress, /) -> FittedT:
        """Train and measure; the progress of the reading (`READ`) is done."""

    @staticmethod
    @abstractmethod
    def load_fitted(folder: str | Path) -> FittedT:
        """Of a verified bundle; raises `RefusedInput` if it is damaged or another system's."""

    @abstractmethod
    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write a bundle; raises `RefusedInput` if it exists and ``overwrite`` is False."""

    @abstractmethod
    def measured(self, entries: Sequence[Entry], words: dict[str, str]) -> tuple[npt.NDArray[np.float64], list[Figure]]:
        """Probability of every patient, and the figures beside those of the grade; ``words`` go into each."""

    @abstractmethod
    def look(self, case: CaseData) -> SeenT | str:
        """The case as the system sees it, or why it cannot."""

    @abstractmethod
    def judged(self, seen: SeenT) -> tuple[float, Trust, list[dict[str, Any]]]:
        """Probability of WHO grade 4, trust, and contributions."""

    @classmethod
    def fit(
        cls: type[SystemT],
        cases: Iterable[TrainingCase],
        config: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
    ) -> SystemT:
        """Train on patients with a grade, and measure by folds.

        Args:
            cases: The cohort; read once, one case at a time.
            config: Fields of the system's settings; with ``work`` a run that was stopped goes on.
            progress: Told how far it is; may cancel.

        Raises:
            RefusedInput: For an unknown setting, too few patients of a grade, a patient who stands twice, or files
                that cannot be read; the line is named.
        """
        settings, progress = cls.settings_type.from_config(config or {}), progress or Progress()
        settings.refuse_without_helpers()
        check_known(cases, settings)
        with work_folder(settings.work) as work:
            with progress.step("reading", 0.0, READ, "reading the cohort"):
                found = cls.read(cases, settings, work, progress)
            system = cls(cls.fit_cohort(found, settings, work, progress))
            system.left_out = found.left_out
            return system

    @classmethod
    def load(cls: type[SystemT], folder: str | Path) -> SystemT:
        """The system of a verified bundle; raises `RefusedInput` if it is damaged or another system's."""
        return cls(cls.load_fitted(folder))

    @classmethod
    def starter(cls: type[SystemT]) -> SystemT:
        """The model that comes with the product."""
        return cls.load(starter(cls.name))

    def evaluate(self, cases: Iterable[TrainingCase], progress: Progress | None = None) -> Evaluation:
        """Measure on other patients, beside the trivial rule on the same ones; tests the heat maps on some of them.

        Raises:
            RefusedInput: If no patient can be used, or files cannot be read.
        """
        with work_folder("") as work:
            found = self.read(cases, self.fitted.settings, work, progress)
            entries, left_out = found.entries, found.left_out
            if not entries:
                reason = left_out[0].reason if left_out else "no case"
                remedy = "fill the column 'grade' and give all the sequences and a label map"
                raise RefusedInput(what="no case can be evaluated", where="cohort", found=reason, remedy=remedy)
            words = {
                "prefix": "test",
                "cohort": f"{len(entries)} given patients, {len(left_out)} left out",
                "validation": self.validation_words(entries),
            }
            p, further = self.measured(entries, words)
            figures, _ = grading_figures(entries, p, **words)
            charts = charts_of(entries, p, self.name, "given patients")
            charts |= {f"training_{name}": chart for name, chart in self.fitted.charts.items()}
            return Evaluation(figures + further, self.rows(entries, p), charts, left_out)

    def validation_words(self, entries: Sequence[Entry]) -> str:
        """Whom `evaluate` measures on, for the figures, and how many of them the system was trained on."""
        known = sum(self.trained_on(entry) for entry in entries)
        words = "patients given for evaluation"
        return f"{words}; the system was trained on {known} of them" if known else words

    def rows(self, entries: Sequence[Entry], probability: npt.NDArray[np.float64]) -> list[dict[str, Any]]:
        """One plain row per patient of `evaluate`; ``trained_on`` is 1 for those the system was trained on."""
        rows = predictions_of(entries, probability)
        return [{**row, "trained_on": int(self.trained_on(entry))} for row, entry in zip(rows, entries, strict=True)]

    def trained_on(self, entry: Entry) -> bool:
        """Whether the system was trained on this patient, told by the image; False where the bundle does not tell."""
        return has_seen(self.metadata, [entry.image])

    def predict(self, case: CaseData) -> GradingResult:
        """Grade one case; abstains, with the reason, without one of the sequences or a tumour."""
        evidence = evidence_of(self.metadata, "cv_auc", self.metadata["evidence"].get("prediction_note", ""))
        seen = self.see(case)
        if isinstance(seen, str):
            return GradingResult(None, "none", Trust("no", [seen]), evidence, reason=seen)
        p, trust, contributions = self.judged(seen)
        trust = measured(trust, evidence.auc, evidence.auc_ci)
        return GradingResult(p, "HGG" if p >= 0.5 else "LGG", trust, evidence, contributions)

    def see(self, case: CaseData) -> SeenT | str:
        """The case as the system sees it, or why it cannot; kept for `explain`, which follows `predict`."""
        if self._last is not None and self._last.case is case:
            return self._last
        seen = self.look(case)
        if not isinstance(seen, str):
            self._last = seen
        return seen
