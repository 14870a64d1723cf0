"""The paper's figures, on patients held out: Table II by sequence and stage, Table I and Figure 7 of the chosen model.

Everything a reader may rely on is measured on patients, one row each, with intervals. The same on single slices is
given beside it because the paper counts in its way; its slices are of patients held out all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES
from GliomaRadiomicsLib.models.figures import Figure
from GliomaRadiomicsLib.statistics.auc import auc_with_interval, delong_test, roc_auc
from GliomaRadiomicsLib.statistics.proportion import wilson_interval
from GliomaRadiomicsLib.statistics.resampling import bootstrap_interval
from GliomaRadiomicsLib.systems.binary_figures import AUC_NOTE, binary_figures
from GliomaRadiomicsLib.systems.mgmt.fitting import FIRST, SECOND, HeldOut
from GliomaRadiomicsLib.systems.mgmt.settings import MgmtSettings, Words

FUSED, RADIOMICS = "fused", "radiomics"
NAMES = {**SEQUENCE_NAMES, FUSED: "all sequences fused", RADIOMICS: "radiomics, Elastic Net"}
Bools = npt.NDArray[np.bool_]


def main_figures(
    test: Sequence[HeldOut], settings: MgmtSettings, *, prefix: str, cohort: str, validation: str
) -> list[Figure]:
    """AUC, accuracy, precision, recall, F1 of every sequence, of their fusion and of the alternative, on patients.

    The figures of the model that predicts come first, with ids such as ``test_auc``; the others carry its name.
    """
    leading = leading_kind(settings)
    figures = []
    for kind in (leading, *[one for one in _kinds(test) if one != leading]):
        rows = [patient for patient in test if kind in patient.log_odds]
        if not rows:
            continue
        y, x = _arrays(rows, kind)
        own = prefix if kind == leading else f"{prefix}_{kind}"
        said = f"{validation}; {NAMES[kind]}"
        words = settings.words
        figures += binary_figures(
            y,
            1 / (1 + np.exp(-x)),
            prefix=own,
            cohort=cohort,
            validation=said,
            classes=(words.positive, words.negative),
        )
        figures += _classification_figures(y, x > 0, own, cohort, said)
        figures += _first_stage(rows, kind, own, cohort, said)
    return figures


def leading_kind(settings: MgmtSettings) -> str:
    """What predicts: the fused networks, unless there are none."""
    return RADIOMICS if settings.radiomics == "only" else FUSED


def evidence_tables(test: Sequence[HeldOut], settings: MgmtSettings) -> list[dict[str, Any]]:
    """The paper's tables, for the card."""
    tables = [_by_sequence(test, settings), _report(test, settings)]
    comparison = _comparison(test)
    return [table for table in (*tables, comparison) if table is not None]


def predictions(test: Sequence[HeldOut], settings: MgmtSettings) -> list[dict[str, Any]]:
    """One row per patient, for CSV."""
    kinds = _kinds(test)
    leading = leading_kind(settings)
    rows = []
    for one in test:
        probability = {kind: _probability(one.log_odds.get(kind)) for kind in (leading, *kinds)}
        rows.append(
            {"case": one.patient, settings.target: int(one.positive), "fold": one.fold + 1,
             "probability": probability.pop(leading), **{f"probability_{k}": p for k, p in probability.items()}}
        )  # fmt: skip
    return rows


def scores(y: Bools, said: Bools) -> dict[str, float]:
    """Accuracy, precision, recall and F1 of the positive class; 0 where nothing is called positive."""
    hits = int((y & said).sum())
    precision = hits / max(1, int(said.sum()))
    recall = hits / max(1, int(y.sum()))
    f1 = 2 * hits / max(1, int(said.sum()) + int(y.sum()))
    return {"accuracy": float((y == said).mean()), "precision": precision, "recall": recall, "f1": f1}


def class_report(y: Bools, said: Bools, words: Words) -> list[list[Any]]:
    """Precision, recall, F1 and support of both classes, accuracy, macro and weighted average, as in Figure 7."""
    rows: list[list[Any]] = []
    parts = []
    for name, truth, call in ((words.negative, ~y, ~said), (words.positive, y, said)):
        one = scores(truth, call)
        parts.append((one, int(truth.sum())))
        rows.append([name, one["precision"], one["recall"], one["f1"], int(truth.sum())])
    n = y.size
    rows.append(["accuracy", "", "", float((y == said).mean()), n])
    keys = ("precision", "recall", "f1")
    rows.append(["macro average", *[float(np.mean([one[key] for one, _ in parts])) for key in keys], n])
    rows.append(["weighted average", *[float(sum(one[key] * m for one, m in parts) / n) for key in keys], n])
    return rows


def _classification_figures(y: Bools, said: Bools, prefix: str, cohort: str, validation: str) -> list[Figure]:
    found = scores(y, said)
    hits = int((y & said).sum())
    counts = {
        "accuracy": (int((y == said).sum()), y.size),
        "precision": (hits, int(said.sum())),
        "recall": (hits, int(y.sum())),
    }
    figures = []
    for name, (part, whole) in counts.items():
        if whole:
            note = f"{part} of {whole}; interval: Wilson"
            interval = wilson_interval(part, whole)
            figures.append(
                Figure(f"{prefix}_{name}", name.capitalize(), found[name], y.size, cohort, validation, interval, note)
            )
    interval = bootstrap_interval(lambda a, b: scores(a, b)["f1"], y, said, n_resamples=1000)
    figures.append(
        Figure(f"{prefix}_f1", "F1", found["f1"], y.size, cohort, validation, interval, "interval: bootstrap")
    )
    return figures


def _first_stage(rows: Sequence[HeldOut], kind: str, prefix: str, cohort: str, validation: str) -> list[Figure]:
    """AUC of a sequence before fine-tuning."""
    usable = [one for one in rows if kind in one.first_stage]
    y = np.array([one.positive for one in usable], dtype=bool)
    if not usable or y.all() or not y.any():
        return []
    estimate = auc_with_interval(y, [one.first_stage[kind] for one in usable])
    said = f"{validation}; {FIRST}"
    return [Figure(f"{prefix}_first_stage_auc", "AUC", estimate.auc, y.size, cohort, said, estimate.interval, AUC_NOTE)]


def _by_sequence(test: Sequence[HeldOut], settings: MgmtSettings) -> dict[str, Any] | None:
    """Table II: accuracy and AUC by sequence and stage, of patients and of slices."""
    rows = []
    for role in settings.modalities:
        for stage in (FIRST, SECOND):
            mine = [one for one in test if role in one.slices.get(stage, {})]
            if not mine:
                continue
            y = np.array([one.positive for one in mine], dtype=bool)
            slices = [one.slices[stage][role] for one in mine]
            owner = np.repeat(y, [len(part) for part in slices])
            flat = np.concatenate(slices)
            logit = np.array([np.median(s) if settings.aggregate == "median" else s.mean() for s in slices])
            rows.append(
                [NAMES[role], stage, *_accuracy_and_auc(y, logit), *_accuracy_and_auc(owner, flat), y.size, flat.size]
            )
    if not rows:
        return None
    return {
        "title": "By sequence (Table II of the paper)",
        "columns": ["Sequence", "Training", "Accuracy, patients", "AUC, patients", "Accuracy, slices (as the paper)",
                    "AUC, slices (as the paper)", "n patients", "n slices"],
        "rows": rows,
    }  # fmt: skip


def _report(test: Sequence[HeldOut], settings: MgmtSettings) -> dict[str, Any] | None:
    leading = leading_kind(settings)
    rows = [one for one in test if leading in one.log_odds]
    if not rows:
        return None
    y, x = _arrays(rows, leading)
    return {
        "title": f"Classification report, patients (Figure 7 of the paper): {NAMES[leading]}",
        "columns": ["Class", "Precision", "Recall", "F1", "n"],
        "rows": class_report(y, x > 0, settings.words),
    }


def _comparison(test: Sequence[HeldOut]) -> dict[str, Any] | None:
    """Networks against radiomics on the patients who have both, by DeLong's test."""
    rows = [one for one in test if FUSED in one.log_odds and RADIOMICS in one.log_odds]
    y = np.array([one.positive for one in rows], dtype=bool)
    if not rows or y.all() or not y.any():
        return None
    found = delong_test(y, [one.log_odds[FUSED] for one in rows], [one.log_odds[RADIOMICS] for one in rows])
    return {
        "title": "Networks against radiomics on the same patients held out (DeLong's paired test)",
        "columns": ["AUC, networks", "AUC, radiomics", "Z", "p", "n patients"],
        "rows": [[found.first, found.second, found.z, found.p, y.size]],
    }


def _accuracy_and_auc(y: Bools, logit: npt.NDArray[np.float64]) -> list[Any]:
    auc = "one class only" if y.all() or not y.any() else roc_auc(y, logit)
    return [float(((logit > 0) == y).mean()), auc]


def _kinds(test: Sequence[HeldOut]) -> list[str]:
    found = {kind for one in test for kind in one.log_odds}
    return [kind for kind in NAMES if kind in found]


def _arrays(rows: Sequence[HeldOut], kind: str) -> tuple[Bools, npt.NDArray[np.float64]]:
    return np.array([one.positive for one in rows], dtype=bool), np.array([one.log_odds[kind] for one in rows])


def _probability(log_odds: float | None) -> float | None:
    return None if log_odds is None else float(1 / (1 + np.exp(-np.clip(log_odds, -500, 500))))
