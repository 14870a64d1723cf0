"""What the system of Han 2020 learns from rows of features: nothing from patients held out, no more than there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.settings import ClinicalData
from GliomaRadiomicsLib.systems.hgg_survival.fitting import fit_patients
from GliomaRadiomicsLib.systems.hgg_survival.measure import Measured, outcome_of, table_of
from GliomaRadiomicsLib.systems.hgg_survival.settings import HanSettings
from GliomaRadiomicsLib.systems.hgg_survival.validation import hold_out


def made_patients(n: int = 60, p: int = 30, effect: float = 1.0, seed: int = 0) -> list[Measured]:
    """Rows with two features that matter, without images."""
    random = np.random.default_rng(seed)
    made = []
    for i in range(n):
        values = random.normal(size=p)
        days = float(random.exponential(900 * np.exp(-effect * values[:2].sum()))) + 1
        made.append(Measured(f"p{i}", values, "", ClinicalData(), min(days, 2500.0), days <= 2500, f"{i:016x}"))
    return made


def names_of(patients: Sequence[Measured]) -> tuple[str, ...]:
    assert patients[0].values is not None
    return tuple(f"f{j}" for j in range(patients[0].values.size))


def test_permuted_follow_up_is_chance() -> None:
    """Held-out C-index over shuffles of an informative cohort."""
    patients = made_patients(50, 12)
    settings = HanSettings(deep="none", inner_folds=3, outer_folds=5, concordance=0.55)
    table, outcome = table_of(patients, names_of(patients)), outcome_of(patients)
    assert hold_out(settings, table, outcome).discrimination > 0.65
    random = np.random.default_rng(0)
    found = [hold_out(settings, table, outcome.take(random.permutation(50))).discrimination for _ in range(10)]
    assert abs(np.mean(found) - 0.5) < 0.07


def test_leave_one_out_never_fits_on_the_patient_left_out() -> None:
    """Whatever happened to patient 7 and whatever was measured of it, the model that scores it stays the same."""
    patients = made_patients(16, 6)
    settings = HanSettings(deep="none", inner_folds=3, concordance=0.5)
    names, k = names_of(patients), 7
    table, outcome = table_of(patients, names), outcome_of(patients)
    before = hold_out(settings, table, outcome)
    changed = list(patients)
    assert patients[k].values is not None
    changed[k] = replace(patients[k], values=patients[k].values * -50 + 3, os_days=1.0, event=not patients[k].event)
    after = hold_out(settings, table_of(changed, names), outcome_of(changed))
    assert sorted(before.fold.tolist()) == list(range(16))
    own = int(before.fold[k])
    assert before.folds[own].coefficients
    assert before.folds[own].coefficients == after.folds[own].coefficients
    assert before.folds[own].threshold == after.folds[own].threshold
    assert before.folds[own].n_train == 15
    others = [i for i in range(16) if i != own]
    assert any(before.folds[i].coefficients != after.folds[i].coefficients for i in others)


def test_the_score_kept_is_the_fitted_models() -> None:
    patients = made_patients()
    gap = patients[3].values
    assert gap is not None
    gap[0] = np.nan
    for patient in patients[5:]:
        assert patient.values is not None
        patient.values[9] = np.nan  # hardly ever measurable: left out inside the folds, no reason to refuse the cohort
    names, settings = names_of(patients), HanSettings(deep="none", inner_folds=3, outer_folds=3, concordance=0.6)
    made = fit_patients(patients, names, settings, None, {})
    table, outcome = table_of(patients, names), outcome_of(patients)
    expected = settings.model().fit(table, outcome)
    found = [made.model.score.value(dict(zip(names, row.tolist(), strict=True))) for row in table.values]
    assert found == pytest.approx(expected.risk(table).tolist(), abs=1e-9)
    assert made.model.score.median == pytest.approx(expected.median_risk)


def test_a_cohort_without_signal_gives_a_model_that_predicts_nothing() -> None:
    patients = made_patients(effect=0.0, seed=3)
    made = fit_patients(
        patients, names_of(patients), HanSettings(deep="none", inner_folds=3, concordance=0.9), None, {}
    )
    assert made.model.score.names == ()
    assert made.model.recalibration is None
    assert any("no feature passed" in note for note in made.metadata["evidence"]["notes"])


def test_cohorts_that_cannot_be_fitted_are_refused() -> None:
    patients = made_patients(20)
    names, settings = names_of(patients), HanSettings(deep="none")
    with pytest.raises(RefusedInput, match="fewer patients than folds .found 8 patients.*at least 11"):
        fit_patients(patients[:8], names, settings, None, {})
    alive = [replace(patient, event=False) for patient in patients]
    with pytest.raises(RefusedInput, match="event: .*at least 10 events.*found 0 events among 20 patients"):
        fit_patients(alive, names, settings, None, {})
    twice = [*patients, replace(patients[0], patient="again")]
    with pytest.raises(RefusedInput, match="cases p0 and again have the same outline"):
        fit_patients(twice, names, settings, None, {})
