"""The whole analysis of the paper on a cohort, measured by nested cross-validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.models.figures import Figure
from GliomaRadiomicsLib.statistics.cox import CoxModel
from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.statistics.log_rank import log_rank
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.systems.lgg_survival.charts import training_charts
from GliomaRadiomicsLib.systems.lgg_survival.clinical import SIGNATURE, Coding, coding_of
from GliomaRadiomicsLib.systems.lgg_survival.metadata import describe
from GliomaRadiomicsLib.systems.lgg_survival.nomogram import FittedNomogram, NomogramModel
from GliomaRadiomicsLib.systems.lgg_survival.rows import Row, outcome_of, radiomic_names, table_of
from GliomaRadiomicsLib.systems.lgg_survival.settings import LggSettings
from GliomaRadiomicsLib.systems.lgg_survival.signature import FittedSignature, SignatureModel
from GliomaRadiomicsLib.systems.survival.model import require_follow_up
from GliomaRadiomicsLib.systems.survival.validation import (
    GROUPS,
    N_SPLITS,
    YEAR,
    HeldOut,
    against_clinical,
    figures_of,
    group_curves,
    hold_out,
)
from GliomaRadiomicsLib.systems.survival_charts import Chart

LEAST_EVENTS = 15
MODEL_WORDS = {
    "signature": "the signature alone",
    "clinical": "clinical nomogram",
    "integrated": "integrated nomogram",
}


@dataclass(frozen=True, eq=False)
class CoxPart:
    """One Cox model as it is applied and stored.

    Attributes:
        cox: The model.
        median_risk: Median held-out risk of the training patients; above it is high risk.
        groups: Kaplan-Meier curves of the risk groups of patients held out.
        nomogram: As plain data (`survival_charts.nomogram_chart`), or None.
    """

    cox: CoxModel
    median_risk: float
    groups: dict[str, Any]
    nomogram: dict[str, Any] | None


@dataclass(frozen=True, eq=False)
class Fitted:
    """Signature, coding of the clinical items and the Cox models by name, with the bundle's metadata.

    ``models`` holds "signature" (the signature alone) and, where something clinical was kept, "integrated".
    ``range`` is the lowest and the highest score of a training patient held out; ``charts`` are those of
    `charts.training_charts`.
    """

    settings: LggSettings
    signature: FittedSignature
    coding: Coding
    models: dict[str, CoxPart]
    range: tuple[float, float]
    metadata: dict[str, Any]
    charts: dict[str, Chart]


def fit_rows(
    rows: Sequence[Row], settings: LggSettings, left_out: Mapping[str, int], progress: Progress | None = None
) -> Fitted:
    """Fit on all patients who have every clinical item that most have; measure.

    Raises:
        RefusedInput: If there are too few deaths, the follow-up is too short, or the signature has no feature.
    """
    progress = progress or Progress()
    used, coding = _complete(rows, left_out)
    outcome, radiomic = outcome_of(used), radiomic_names(used)
    table = table_of(used, radiomic, coding)
    images = {row.patient: row.measured.image for row in used}
    grades = {row.patient: row.grade for row in used}
    signature = SignatureModel(settings, radiomic, images, grades, progress=progress)
    kinds = {
        "signature": NomogramModel((), signature, p=None),
        "clinical": NomogramModel(coding.names, None, settings.p),
        "integrated": NomogramModel(coding.names, signature, settings.p),
    }
    fitted: dict[str, FittedNomogram] = {}
    held_out: dict[str, HeldOut] = {}
    for name, model in kinds.items():
        fitted[name] = model.fit(table, outcome)
        held_out[name] = hold_out(model, table, outcome, settings.repeats)
    charts = training_charts(outcome, fitted, held_out, coding.words())
    parts = _parts(fitted, held_out, outcome, charts)
    learned = fitted["signature"].signature
    if "signature" not in parts or learned is None:
        raise RefusedInput(
            what="no feature was found that goes with survival", where="signature", found=f"{outcome.n_events} deaths",
            remedy="add patients; the clinical items alone do not need this system",
        )  # fmt: skip
    scores = fitted["signature"].columns[SIGNATURE]
    counts = {**left_out, "n_left_out_clinical_item_unknown": len(rows) - len(used)}
    metadata = describe(settings, used, coding, learned, fitted, counts)
    metadata["evidence"] = {
        "figures": [figure.to_dict() for figure in _figures(outcome, held_out, settings)],
        "notes": _notes(fitted, table),
    }
    return Fitted(settings, learned, coding, parts, (float(scores.min()), float(scores.max())), metadata, charts)


def _complete(rows: Sequence[Row], left_out: Mapping[str, int]) -> tuple[list[Row], Coding]:
    if not rows:
        remedy = "fill os_days, event and grade, and give the sequences and label maps"
        raise RefusedInput(what="no patient can be used", where="cohort", found=dict(left_out), remedy=remedy)
    coding = coding_of([row.measured.items for row in rows])
    used = [row for row in rows if coding.is_known(row.measured.items)]
    outcome = outcome_of(used)
    outcome.require_events(LEAST_EVENTS, "survival in lower grades")
    require_follow_up(float(outcome.time.max()), YEAR)
    return used, coding


def _parts(
    fitted: Mapping[str, FittedNomogram], held_out: Mapping[str, HeldOut], outcome: Outcome, charts: Mapping[str, Chart]
) -> dict[str, CoxPart]:
    parts = {}
    for name in ("signature", "integrated"):
        cox = fitted[name].cox
        if cox is None or (name == "integrated" and set(fitted[name].selection.kept) <= {SIGNATURE}):
            continue
        risk = held_out[name].risk
        groups = group_curves(outcome, held_out[name].high_risk)
        parts[name] = CoxPart(cox, float(np.median(risk)), groups, charts.get(f"nomogram_{name}"))
    return parts


def _figures(outcome: Outcome, held_out: Mapping[str, HeldOut], settings: LggSettings) -> list[Figure]:
    validation = (
        f"nested {N_SPLITS}-fold cross-validation x {settings.repeats}, patients as the unit, network, selection and "
        "weights made anew in every fold"
    )
    figures: list[Figure] = []
    for name, found in held_out.items():
        figures += figures_of(
            outcome, found.risk, found.survival, found.years,
            prefix=f"cv_{name}", cohort=f"{settings.cohort}; {MODEL_WORDS[name]}", validation=validation,
        )  # fmt: skip
    both, clinical = held_out["integrated"].risk, held_out["clinical"].risk
    compared = f"{settings.cohort}; integrated against clinical nomogram"
    figures.append(against_clinical(outcome, both, clinical, prefix="cv_integrated", cohort=compared))
    high = held_out["signature"].high_risk
    if high.any() and not high.all():
        p = log_rank(outcome, [GROUPS[int(flag)] for flag in high]).p
        figures.append(
            Figure(
                "cv_signature_log_rank_p",
                "Log-rank p of the signature's median groups, held out",
                p,
                outcome.n,
                settings.cohort,
                validation,
            )  # fmt: skip
        )
    return figures


def _notes(fitted: Mapping[str, FittedNomogram], table: FeatureTable) -> list[str]:
    kept = {name: ", ".join(fitted[name].selection.kept) or "nothing" for name in ("clinical", "integrated")}
    notes = [f"Kept in the {name} model of all {table.n} patients: {words}." for name, words in kept.items()]
    notes += [note[0].upper() + note[1:] + "." for note in fitted["integrated"].selection.notes]
    return [*notes, "Two C-indices of the same patients are compared by the paired bootstrap; DeLong's test, which the "
            "paper names, is for AUCs."]  # fmt: skip
