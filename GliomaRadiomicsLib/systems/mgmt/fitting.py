"""Training on every split: networks per sequence, their fusion, the radiomic alternative; and who is held out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.systems.mgmt.cache import Cohort, Entry
from GliomaRadiomicsLib.systems.mgmt.fusion import Fusions, fit_fusions
from GliomaRadiomicsLib.systems.mgmt.network import Logits, SliceSet, Trained, slice_logits, train_network
from GliomaRadiomicsLib.systems.mgmt.progress import part_of
from GliomaRadiomicsLib.systems.mgmt.radiomics import ElasticNetModel, fit_elastic_net
from GliomaRadiomicsLib.systems.mgmt.settings import MgmtSettings
from GliomaRadiomicsLib.systems.mgmt.splits import Split, final_split, splits_of

if TYPE_CHECKING:
    from GliomaRadiomicsLib.networks.transfer_net import TransferNet

FIRST, SECOND = "transfer learning alone", "with fine-tuning"
"""The two columns of the paper's Table II."""

SliceLogits = dict[str, dict[str, Logits]]
"""Logits of slices by patient and sequence."""


@dataclass(frozen=True, eq=False)
class Models:
    """What predicts: a network per sequence with their fusion, or a radiomic model, or both."""

    networks: Mapping[str, TransferNet]
    fusions: Fusions
    radiomics: ElasticNetModel | None


@dataclass(frozen=True)
class HeldOut:
    """A patient held out.

    Attributes:
        patient: Name in the cohort.
        positive: The outcome.
        fold: Which split it was held out in.
        log_odds: Calibrated, by sequence; ``fused`` for the sequences together and ``radiomics`` for the alternative.
        first_stage: The same per sequence before fine-tuning, not calibrated.
        slices: Logits of the slices by stage and sequence, not calibrated.
    """

    patient: str
    positive: bool
    fold: int
    log_odds: dict[str, float]
    first_stage: dict[str, float] = field(default_factory=dict)
    slices: dict[str, dict[str, Logits]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Fitted:
    """The models that are kept and their patients, the predictions for patients held out, and how the training went."""

    models: Models
    test: tuple[HeldOut, ...]
    splits: tuple[Split, ...]
    kept_split: Split
    origin: dict[str, Any] | None
    courses: dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, eq=False)
class _Part:
    models: Models
    test: list[HeldOut]
    origin: dict[str, Any] | None
    courses: dict[str, list[dict[str, Any]]]


def fit_cohort(cohort: Cohort, settings: MgmtSettings, work: Path, progress: Progress | None = None) -> Fitted:
    """Train on every split and predict its test patients; after folds a last training on everyone is what is kept.

    Raises:
        RefusedInput: If a split would lack a class, a backbone is not installed, or no features are there where they
            are asked for.
    """
    labels = cohort.labels
    splits = splits_of(labels, settings)
    trainings = [*splits, final_split(labels, settings)] if settings.folds else splits
    parts = []
    for number, split in enumerate(trainings):
        name = f"training {number + 1} of {len(trainings)}" if len(trainings) > 1 else ""
        part = part_of(progress, number / len(trainings), (number + 1) / len(trainings), name)
        parts.append(_fit_split(cohort, split, number, settings, work, part))
    kept = parts[-1]
    test = tuple(patient for part in parts for patient in part.test)
    return Fitted(kept.models, test, tuple(splits), trainings[-1], kept.origin, kept.courses)


def patient_logits(
    models: Models, entries: Iterable[Entry], settings: MgmtSettings
) -> tuple[dict[str, dict[str, float]], SliceLogits]:
    """Logit of each patient by sequence, and those of the slices they were made from."""
    slices: SliceLogits = {}
    for entry in entries:
        for role in entry.files:
            if role in models.networks:
                _add(slices, entry, role, slice_logits(models.networks[role], entry.slices(role)))
    return {name: _aggregated(found, settings) for name, found in slices.items()}, slices


def aggregated(logits: Logits, settings: MgmtSettings) -> float:
    """One logit of many slices."""
    return float(np.median(logits) if settings.aggregate == "median" else np.mean(logits))


def features_of(entries: Iterable[Entry]) -> dict[str, Mapping[str, float]]:
    """Radiomic features of each patient that has some; of the first examination that has."""
    found: dict[str, Mapping[str, float]] = {}
    for entry in entries:
        if entry.features:
            found.setdefault(entry.patient, entry.features)
    return found


def log_odds_of(models: Models, logits: Mapping[str, float], features: Mapping[str, float] | None) -> dict[str, float]:
    """Calibrated log-odds of a patient by sequence, ``fused`` and ``radiomics``, whichever can be had."""
    found: dict[str, float] = {}
    for role, logit in logits.items():
        if models.fusions.for_modalities([role]) is not None:
            found[role] = models.fusions.log_odds({role: logit})
    if found:
        found["fused"] = models.fusions.log_odds(logits)
    if models.radiomics is not None and features:
        found["radiomics"] = models.radiomics.log_odds(features)
    return found


def _fit_split(
    cohort: Cohort, split: Split, number: int, settings: MgmtSettings, work: Path, progress: Progress
) -> _Part:
    trained = _networks(cohort, split, number, settings, work, progress) if settings.radiomics != "only" else {}
    networks = {role: one.network for role, one in trained.items()}
    labels = cohort.labels
    models = Models(networks, Fusions(()), None)
    if networks:
        logits, _ = patient_logits(models, _examinations(cohort, split.validation), settings)
        names = list(logits)
        models = Models(networks, fit_fusions([logits[n] for n in names], [labels[n] for n in names]), None)
    if settings.radiomics != "none":
        models = Models(networks, models.fusions, _radiomics(cohort, split, settings))
    test = _predicted(cohort, split, number, models, trained, settings)
    origin = next((one.origin for one in trained.values()), None)
    return _Part(models, test, origin, {role: one.stages for role, one in trained.items()})


def _networks(
    cohort: Cohort, split: Split, number: int, settings: MgmtSettings, work: Path, progress: Progress
) -> dict[str, Trained]:
    labels = cohort.labels
    found = {}
    for place, role in enumerate(settings.modalities):
        training, validation = (SliceSet.of(cohort.of(names, role), role) for names in (split.train, split.validation))
        _check_classes("training", role, training, settings)
        _check_classes("validation", role, validation, settings)
        path = work / f"split{number + 1}-{role}"
        part = part_of(progress, place / len(settings.modalities), (place + 1) / len(settings.modalities), role)
        found[role] = train_network(
            training, validation, settings, path, part, _identity(split, labels, settings, role)
        )
    return found


def _check_classes(part: str, role: str, chosen: SliceSet, settings: MgmtSettings) -> None:
    if len({entry.positive for entry in chosen.entries}) < 2:
        raise RefusedInput(
            what=f"the {part} patients with {role} are not of both classes",
            where=f"column '{settings.target}'",
            found=f"{len(chosen.entries)} patients",
            remedy=f"leave {role} out of 'modalities', or add patients who have it",
        )


def _identity(split: Split, labels: Mapping[str, bool], settings: MgmtSettings, role: str) -> str:
    """Changes with the patients, their outcomes and the settings, and names none of them."""
    about = (split, sorted(labels.items()), sorted(settings.plain().items(), key=str), role)
    return hashlib.blake2b(repr(about).encode("utf-8", "replace"), digest_size=12).hexdigest()


def _radiomics(cohort: Cohort, split: Split, settings: MgmtSettings) -> ElasticNetModel:
    """Fitted on training and validation patients, since it needs nobody to choose weights."""
    features = features_of(_examinations(cohort, (*split.train, *split.validation)))
    names = list(features)
    if not names:
        raise RefusedInput(
            what="no patient has radiomic features", where="radiomics",
            remedy="fill the column 'seg' with label maps on the grid of the images, or set radiomics: none",
        )  # fmt: skip
    return fit_elastic_net([features[n] for n in names], [cohort.labels[n] for n in names], names, settings.seed)


def _predicted(
    cohort: Cohort,
    split: Split,
    number: int,
    models: Models,
    trained: Mapping[str, Trained],
    settings: MgmtSettings,
) -> list[HeldOut]:
    entries = _examinations(cohort, split.test)
    logits, slices = patient_logits(models, entries, settings)
    before, slices_before = _before_fine_tuning(models, entries, trained, settings)
    features, labels = features_of(entries), cohort.labels
    found = []
    for name in split.test:
        log_odds = log_odds_of(models, logits.get(name, {}), features.get(name))
        by_stage = {FIRST: slices_before.get(name, {}), SECOND: slices.get(name, {})}
        found.append(HeldOut(name, labels[name], number, log_odds, before.get(name, {}), by_stage))
    return found


def _before_fine_tuning(
    models: Models, entries: Sequence[Entry], trained: Mapping[str, Trained], settings: MgmtSettings
) -> tuple[dict[str, dict[str, float]], SliceLogits]:
    """As `patient_logits` with the weights after the first stage; the networks are left as they were."""
    last = {role: {k: v.clone() for k, v in one.network.state_dict().items()} for role, one in trained.items()}
    try:
        for one in trained.values():
            one.network.load_state_dict(one.first_stage)
        return patient_logits(models, entries, settings)
    finally:
        for role, one in trained.items():
            one.network.load_state_dict(last[role])


def _examinations(cohort: Cohort, patients: Sequence[str]) -> list[Entry]:
    wanted = set(patients)
    return [entry for entry in cohort.entries if entry.patient in wanted]


def _add(slices: SliceLogits, entry: Entry, role: str, logits: Logits) -> None:
    """A patient's further examinations count like further slices."""
    mine = slices.setdefault(entry.patient, {})
    mine[role] = np.concatenate([mine[role], logits]) if role in mine else logits


def _aggregated(found: Mapping[str, Logits], settings: MgmtSettings) -> dict[str, float]:
    return {role: aggregated(logits, settings) for role, logits in found.items()}
