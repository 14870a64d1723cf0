"""The system: fit on a cohort, measure, predict with abstention, explain, save and load."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.grid import resample_like
from GliomaRadiomicsLib.systems.left_out import write_left_out
from GliomaRadiomicsLib.systems.mgmt import storage
from GliomaRadiomicsLib.systems.mgmt.cache import Cohort, read_cohort_slices, require_usable
from GliomaRadiomicsLib.systems.mgmt.explanation import heat_map
from GliomaRadiomicsLib.systems.mgmt.fitting import (
    HeldOut,
    Models,
    aggregated,
    features_of,
    fit_cohort,
    log_odds_of,
    patient_logits,
)
from GliomaRadiomicsLib.systems.mgmt.measure import leading_kind, main_figures, predictions
from GliomaRadiomicsLib.systems.mgmt.metadata import NAME, describe, left_out_counts
from GliomaRadiomicsLib.systems.mgmt.network import slice_logits
from GliomaRadiomicsLib.systems.mgmt.progress import part_of
from GliomaRadiomicsLib.systems.mgmt.radiomics import measure_features
from GliomaRadiomicsLib.systems.mgmt.report import abstained, predicted
from GliomaRadiomicsLib.systems.mgmt.settings import MgmtSettings
from GliomaRadiomicsLib.systems.mgmt.slices import plane_of, slices_of, why_not
from GliomaRadiomicsLib.systems.protocol import CaseData, Evaluation, LeftOut, TrainingCase

_READ = 0.2
"""Share of the time of a training that reading is taken to be."""


class MgmtSystem:
    """Transfer learning per sequence, fused and calibrated, for MGMT or any two-class molecular outcome.

    Attributes:
        left_out: Patients and sequences that could not be used when it was fitted; empty after `load`.
        held_out: Rows of the patients its figures rest on, ready for CSV; empty after `load`, never in a bundle.
    """

    name = NAME

    def __init__(self, models: Models, metadata: dict[str, Any]) -> None:
        self.models, self.metadata = models, metadata
        self.settings = MgmtSettings.from_config(metadata["settings"])
        self.left_out: tuple[LeftOut, ...] = ()
        self.held_out: list[dict[str, Any]] = []

    @classmethod
    def fit(
        cls,
        cases: Iterable[TrainingCase],
        config: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
    ) -> MgmtSystem:
        """Train and measure; patients that cannot be used are left out and listed in ``left_out``.

        Args:
            cases: The cohort; read once, one case at a time.
            config: Fields of `settings.MgmtSettings`.
            progress: Told how far it is; may cancel.

        Raises:
            RefusedInput: For an unknown setting, no usable patient, a part of a split that would lack a class, or a
                backbone whose weights are not installed.
        """
        settings = MgmtSettings.from_config(config or {})
        with _work_folder(settings) as work:
            cohort = _read(cases, settings, work, part_of(progress, 0.0, _READ))
            fitted = fit_cohort(cohort, settings, work, part_of(progress, _READ, 1.0))
            for checkpoint in work.glob("split*.pt"):
                checkpoint.unlink()
            system = cls(fitted.models, describe(cohort, fitted, settings))
        system.left_out = cohort.left_out
        system.held_out = predictions(fitted.test, settings)
        return system

    @classmethod
    def load(cls, folder: str | Path) -> MgmtSystem:
        """The system of a verified bundle; raises `RefusedInput` as `storage.load`."""
        return cls(*storage.load(folder))

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write a bundle; raises `RefusedInput` if it exists and ``overwrite`` is False."""
        return storage.save(self.models, self.metadata, folder, overwrite=overwrite)

    def evaluate(self, cases: Iterable[TrainingCase], progress: Progress | None = None) -> Evaluation:
        """Measure on other patients, each with the sequences there are.

        Raises:
            RefusedInput: If no patient can be used, or none has what the models need.
        """
        settings = replace(self.settings, work="")
        with _work_folder(settings) as work:
            cohort = require_usable(read_cohort_slices(cases, settings, work, progress), settings)
            logits, slices = patient_logits(self.models, cohort.entries, settings)
            features = features_of(cohort.entries)
            known = self._trained_on(cohort)
            test = []
            for name, positive in cohort.labels.items():
                log_odds = log_odds_of(self.models, logits.get(name, {}), features.get(name))
                if leading_kind(settings) in log_odds:
                    test.append(HeldOut(name, positive, 0, log_odds, {}, {"": slices.get(name, {})}))
        if not test:
            remedy = f"give {', '.join(SEQUENCE_NAMES[role] for role in settings.modalities)}"
            raise RefusedInput(what="no patient has what this bundle needs", where="cohort", remedy=remedy)
        counts = left_out_counts(cohort.left_out)
        lacking = counts["n_left_out_faulty"] + counts["n_left_out_without_outcome"]
        said = f"{len(test)} given patients, {lacking} left out"
        honest = f"; NOT HELD OUT: the bundle was trained on {len(known)} of them" if known else ""
        figures = main_figures(
            test, settings, prefix="test", cohort=said, validation=f"patients given for evaluation{honest}"
        )
        rows = [{**row, "trained_on": int(row["case"] in known)} for row in predictions(test, settings)]
        return Evaluation(figures, rows, left_out=cohort.left_out)

    def predict(self, case: CaseData) -> dict[str, Any]:
        """The outcome of one case, as `result.json` has it under the target's name; abstains with a reason."""
        log_odds, reasons = self._log_odds(case)
        leading = leading_kind(self.settings)
        if leading not in log_odds:
            return abstained(self.metadata, "; ".join(reasons) or "nothing this bundle needs is there")
        return predicted(self.metadata, self.settings, log_odds, leading)

    def explain(self, case: CaseData) -> dict[str, Volume]:
        """Grad-CAM of the positive class by sequence, ``gradcam-<sequence>``, on the label map's grid."""
        found = {}
        for role, network in self.models.networks.items():
            if role in case.volumes and not why_not(case.volumes[role], plane_of(case.volumes[role], self._share)):
                heat = heat_map(network, case.volumes[role], self._share, self.settings.size)
                if heat is not None:
                    found[f"gradcam-{role}"] = resample_like(heat, case.label_map)
        return found

    def _trained_on(self, cohort: Cohort) -> set[str]:
        """Patients whose images the bundle was trained on, whatever they are called."""
        known = set(self.metadata.get("fingerprints", []))
        return {entry.patient for entry in cohort.entries if known & set(entry.fingerprints())}

    @property
    def target(self) -> str:
        """Column of the outcome."""
        return self.settings.target

    @property
    def _share(self) -> float:
        return self.settings.share

    def _log_odds(self, case: CaseData) -> tuple[dict[str, float], list[str]]:
        """Calibrated log-odds by sequence and together, and why some sequences have none."""
        logits, reasons = {}, []
        for role, network in self.models.networks.items():
            if role not in case.volumes:
                reasons.append(f"there is no {SEQUENCE_NAMES[role]}")
                continue
            volume = case.volumes[role]
            plane = plane_of(volume, self._share)
            reason = why_not(volume, plane)
            if reason:
                reasons.append(f"{SEQUENCE_NAMES[role]}: {reason}")
                continue
            slices = slices_of(volume, plane, self.settings.size)
            logits[role] = aggregated(slice_logits(network, slices), self.settings)
        features: dict[str, float] = {}
        if leading_kind(self.settings) == "radiomics":
            volumes = {role: case.volumes[role] for role in self.settings.modalities if role in case.volumes}
            features, reason = measure_features(volumes, case.label_map)
            reasons += [reason] if reason else []
        return log_odds_of(self.models, logits, features), reasons


def _read(cases: Iterable[TrainingCase], settings: MgmtSettings, work: Path, progress: Progress) -> Cohort:
    """The cohort's slices in the work folder; who was left out is written there even if nobody can be used."""
    cohort = read_cohort_slices(cases, settings, work / "slices", progress)
    if settings.work:
        write_left_out(cohort.left_out, work)
    return require_usable(cohort, settings)


@contextmanager
def _work_folder(settings: MgmtSettings) -> Iterator[Path]:
    """The user's folder, which is kept, or one that is removed afterwards."""
    if settings.work:
        folder = Path(settings.work)
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="glioma-mgmt-") as temporary:
        yield Path(temporary)
