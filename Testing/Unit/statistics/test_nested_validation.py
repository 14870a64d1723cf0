"""Validation in which nothing can be learned outside the fold."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from GliomaRadiomicsLib.core.errors import Cancelled, RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.statistics.cox_path import PathSettings
from GliomaRadiomicsLib.statistics.elastic_net_cox import ElasticNetCox
from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.statistics.median_absolute_deviation import MadFilter
from GliomaRadiomicsLib.statistics.nested_validation import nested_validation
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.statistics.partial_likelihood import PartialLikelihood
from GliomaRadiomicsLib.statistics.pearson_filter import PearsonFilter
from GliomaRadiomicsLib.statistics.pipeline import Labels, Pipeline, Step, Target
from GliomaRadiomicsLib.statistics.scaling import MedianImputation, ZScore
from GliomaRadiomicsLib.statistics.univariable_concordance import ConcordanceFilter, StrongestConcordance

QUICK = PathSettings(l1_ratio=0.5, n_penalties=20, smallest=0.05)


def cohort(
    n: int, p: int, effect: float, seed: int = 0, patients: tuple[str, ...] = ()
) -> tuple[FeatureTable, Outcome]:
    generator = np.random.default_rng(seed)
    values = generator.standard_normal((n, p))
    time = generator.exponential(np.exp(-effect * values[:, :2].sum(axis=1))) + 0.01
    table = FeatureTable(values, [f"f{j}" for j in range(p)], patients)
    return table, Outcome(np.minimum(time, 2), time < 2)


@dataclass(frozen=True)
class Spy:
    """A model that records which patients it was fitted on and predicts a constant."""

    seen: list[set[str]] = field(default_factory=list)

    def fit(self, table: FeatureTable, target: Target) -> _Constant:
        del target
        self.seen.append(set(table.patients))
        return _Constant()


class _Constant:
    def risk(self, table: FeatureTable) -> np.ndarray:
        return np.zeros(table.n)


def test_real_effect_is_found_and_counted() -> None:
    table, outcome = cohort(90, 40, effect=1.0)
    result = nested_validation(ElasticNetCox((MadFilter(), ZScore()), QUICK, n_folds=4), table, outcome, n_splits=4)
    assert result.discrimination > 0.7
    assert (result.n, result.n_patients, result.n_events) == (90, 90, outcome.n_events)
    assert sum(fold.n_held_out for fold in result.folds) == 90
    assert list(result.selection_counts())[:2] in (["f0", "f1"], ["f1", "f0"])
    assert [step.name for step in result.folds[0].steps] == ["MAD > 0", "z-score"]
    assert result.high_risk.any()
    assert not result.high_risk.all()


def test_selecting_outside_the_fold_is_refused_and_would_have_deceived() -> None:
    """Pure noise: choosing ten of 700 features on everybody looks like a finding; inside the folds it is chance."""
    selector, model = StrongestConcordance(10), ElasticNetCox((), QUICK, n_folds=3)
    inside, outside = [], []
    for seed in range(3):
        table, outcome = cohort(80, 700, effect=0.0, seed=seed)
        chosen = selector.fit(table, outcome)
        with pytest.raises(RefusedInput, match="leak.*10 strongest C-indices.*original table"):
            nested_validation(model, chosen.apply(table), outcome, n_splits=3)
        with pytest.raises(RefusedInput, match="ColumnChoice: not a step to be fitted"):
            nested_validation(ElasticNetCox((chosen,), QUICK, n_folds=3), table, outcome, n_splits=3)
        with pytest.raises(RefusedInput, match="not a step to be fitted"):
            nested_validation(model.fit(table.columns(["f0", "f1"]), outcome), table, outcome)
        forged = table.columns(chosen.kept)
        outside.append(nested_validation(model, forged, outcome, n_splits=3).discrimination)
        honest = ElasticNetCox((selector,), QUICK, n_folds=3)
        inside.append(nested_validation(honest, table, outcome, n_splits=3).discrimination)
    assert np.mean(outside) > 0.62
    assert abs(np.mean(inside) - 0.5) < 0.08


def test_permuted_outcomes_give_chance() -> None:
    """The mean over 30 shuffles of an informative cohort; its standard error is .006."""
    light = PathSettings(l1_ratio=0.5, n_penalties=6, smallest=0.1)
    model = ElasticNetCox((StrongestConcordance(5),), light, n_folds=2)
    table, outcome = cohort(100, 15, effect=1.0)
    assert nested_validation(model, table, outcome, n_splits=5).discrimination > 0.7
    generator = np.random.default_rng(1)
    found = [
        nested_validation(model, table, outcome.take(generator.permutation(100)), n_splits=5, seed=k).discrimination
        for k in range(30)
    ]
    assert abs(np.mean(found) - 0.5) < 0.03


def test_patients_are_never_parted() -> None:
    patients = tuple(f"p{i // 3}" for i in range(60))
    table, outcome = cohort(60, 4, effect=0.5, patients=patients)
    for n_splits in (5, None):
        spy = Spy()
        result = nested_validation(spy, table, outcome, n_splits=n_splits)
        for k, seen in enumerate(spy.seen):
            assert not seen & {patients[i] for i in np.flatnonzero(result.fold == k)}
        assert len(spy.seen) == (n_splits or 20)


def test_held_out_values_and_outcomes_do_not_reach_the_fit() -> None:
    table, outcome = cohort(40, 50, effect=0.8)
    model = ElasticNetCox((ConcordanceFilter(0.55), PearsonFilter()), QUICK, n_folds=3)
    before = nested_validation(model, table, outcome, n_splits=4)
    first = np.flatnonzero(before.fold == 0)
    values, time = table.values.copy(), outcome.time.copy()
    values[first] += 100
    time[first] *= 1.5
    after = nested_validation(model, FeatureTable(values, table.names), Outcome(time, outcome.event), n_splits=4)
    assert before.folds[0].coefficients == after.folds[0].coefficients
    assert before.folds[1].coefficients != after.folds[1].coefficients


def test_two_processes_give_the_same() -> None:
    table, outcome = cohort(40, 6, effect=1.0)
    model = ElasticNetCox((), QUICK, n_folds=3)
    alone, together = (nested_validation(model, table, outcome, n_splits=3, workers=k) for k in (1, 2))
    assert np.array_equal(alone.risk, together.risk)


def test_leave_one_out_predicts_every_patient_and_can_be_cancelled() -> None:
    table, outcome = cohort(20, 3, effect=1.5)
    model = ElasticNetCox((), QUICK, n_folds=3)
    result = nested_validation(model, table, outcome)
    assert np.isfinite(result.risk).all()
    assert len(result.folds) == 20
    with pytest.raises(Cancelled):
        nested_validation(model, table, outcome, progress=Progress(is_cancelled=lambda: True))


def test_penalty_curve_is_the_cross_validated_partial_likelihood() -> None:
    """Against the definition, written out: likelihood of all at a fold's coefficients minus that of its own part."""
    from GliomaRadiomicsLib.statistics.cox_path import fit_cox_path
    from GliomaRadiomicsLib.statistics.folds import patient_folds

    table, outcome = cohort(50, 8, effect=0.8)
    settings = PathSettings(penalties=(0.2, 0.1, 0.02))
    fitted = ElasticNetCox((), settings, n_folds=5, seed=3).fit(table, outcome)
    folds = patient_folds(table.patients, outcome.event, 5, 3)
    total = np.zeros(3)
    for k in range(5):
        train = folds != k
        path = fit_cox_path(table.take(train), outcome.take(train), settings)
        for j in range(3):
            predictor = table.values @ path.coefficients[:, j]
            total[j] += PartialLikelihood(outcome).value(predictor)
            total[j] -= PartialLikelihood(outcome.take(train)).value(predictor[train])
    assert fitted.curve is not None
    assert np.allclose(fitted.curve.deviance, -2 * total / outcome.n_events, atol=1e-6)
    assert fitted.chosen == int(np.argmax(total))
    simple = ElasticNetCox((), settings, n_folds=5, seed=3, rule="1se").fit(table, outcome)
    assert simple.chosen <= fitted.chosen


def test_survival_of_the_model_follows_the_baseline() -> None:
    table, outcome = cohort(120, 3, effect=1.0)
    fitted = ElasticNetCox((), QUICK, n_folds=4).fit(table, outcome)
    survival = fitted.survival(table, [0.0, 0.5, 1.0, 99.0])
    assert np.allclose(survival[:, 0], 1)
    assert (survival[:, 1] > survival[:, 2]).all()
    assert np.isnan(survival[:, 3]).all()
    assert survival[:, 1].mean() == pytest.approx((outcome.time > 0.5).mean(), abs=0.05)
    order = np.argsort(fitted.risk(table))
    assert (np.diff(survival[order, 2]) <= 0).all()
    assert np.array_equal(fitted.high_risk(table), fitted.risk(table) > fitted.median_risk)
    assert (fitted.n, fitted.n_events) == (120, outcome.n_events)


def test_no_feature_left_means_no_risk() -> None:
    table, outcome = cohort(30, 5, effect=0.0)
    fitted = ElasticNetCox((ConcordanceFilter(0.99),), QUICK, n_folds=3).fit(table, outcome)
    assert fitted.path is None
    assert np.array_equal(fitted.risk(table), np.zeros(30))


def test_pipeline_of_classes() -> None:
    table, outcome = cohort(60, 5, effect=0.0)
    labels = Labels((table.values[:, 0] > 0).astype(int))

    class First:
        def fit(self, table: FeatureTable, target: Target) -> First.Fitted:
            return First.Fitted()

        class Fitted:
            def risk(self, table: FeatureTable) -> np.ndarray:
                return table.values[:, 0]

    result = nested_validation(Pipeline((ZScore(),), First()), table, labels, n_splits=5)
    assert result.discrimination > 0.95
    assert result.n_events == int(labels.values.sum())
    with pytest.raises(RefusedInput, match="labels must be 0 or 1"):
        Labels([0, 1, 2])
    del outcome


def test_refused_input() -> None:
    table, outcome = cohort(8, 3, effect=0.0)
    model = ElasticNetCox((), QUICK, n_folds=10)
    with pytest.raises(RefusedInput, match="10 folds cannot be made .found 7 patients"):
        nested_validation(model, table, outcome)
    with pytest.raises(RefusedInput, match="9 folds cannot be made .found 8 patients"):
        nested_validation(model, table, outcome, n_splits=9)
    with pytest.raises(RefusedInput, match="event: .*at least 2 events.*found 0 events"):
        ElasticNetCox((), QUICK, n_folds=3).fit(table, Outcome(outcome.time, np.zeros(8)))
    with pytest.raises(RefusedInput, match="rule.*min or 1se"):
        ElasticNetCox(rule="max")  # type: ignore[arg-type]


def test_bad_tables_are_refused_with_the_column_and_odd_ones_are_counted() -> None:
    table, outcome = cohort(40, 4, effect=1.0)
    model = ElasticNetCox((), QUICK, n_folds=3)
    gap = table.values.copy()
    gap[3, 2] = np.nan
    with pytest.raises(RefusedInput, match="f2: .*some are missing .*MedianImputation"):
        nested_validation(model, FeatureTable(gap, table.names), outcome, n_splits=4)
    filled = ElasticNetCox((MedianImputation(),), QUICK, n_folds=3)
    assert nested_validation(filled, FeatureTable(gap, table.names), outcome, n_splits=4).n == 40
    with pytest.raises(RefusedInput, match="event: .*found 0 events among 30 patients"):
        nested_validation(model, table, Outcome(outcome.time, np.zeros(40)), n_splits=4)
    with pytest.raises(RefusedInput, match="event: .*at least 2 events.*found [01] events"):
        nested_validation(model, table, Outcome(outcome.time, np.arange(40) < 1), n_splits=4)
    with pytest.raises(RefusedInput, match="40 rows of features but 39 outcomes"):
        nested_validation(model, table, outcome.take(np.arange(39)), n_splits=4)
    constant = nested_validation(model, FeatureTable(np.ones((40, 2)), ["a", "b"]), outcome, n_splits=4)
    assert (constant.n, constant.n_events, constant.discrimination) == (40, outcome.n_events, 0.5)
    twice = FeatureTable(np.column_stack([table.values, table.values[:, 0]]), [*table.names, "again"])
    tied = Outcome(np.where(outcome.time < 0.7, 1.0, 2.0), outcome.event)
    for one, other in ((twice, outcome), (table, tied), (FeatureTable(-outcome.time[:, None], ["oracle"]), outcome)):
        found = nested_validation(model, one, other, n_splits=4)
        assert (found.n, found.n_events) == (40, other.n_events)
        assert found.discrimination > 0.6


def test_tcga_gbm_selection_inside_the_folds(shared_data: Path) -> None:
    """The shared GBM table: ten features chosen on everybody promise what honest folds do not hold (evidence.md)."""
    import pandas as pd

    folder = shared_data / "tables" / "tcga"
    features = pd.read_csv(folder / "TCGA_GBM_radiomicFeatures.csv", index_col="ID").drop(columns="Date")
    clinical = pd.read_csv(folder / "bakas167_clinical.csv", index_col="ID").loc[features.index]
    known = (clinical["event"].notna() & (clinical["os_days"] > 0)).to_numpy()
    numbers = features[known].apply(pd.to_numeric, errors="coerce").replace([np.inf, -np.inf], np.nan)
    table = FeatureTable.from_frame(numbers.loc[:, numbers.notna().all()])
    outcome = Outcome(clinical.loc[known, "os_days"], clinical.loc[known, "event"])
    assert (outcome.n, outcome.n_events) == (101, 76)
    selector = StrongestConcordance(10)
    forged = table.columns(selector.fit(table, outcome).kept)
    light = PathSettings(l1_ratio=0.1, penalties=(0.02,))

    def mean_concordance(steps: tuple[Step, ...], features: FeatureTable) -> float:
        model = ElasticNetCox(steps, light, n_folds=2)
        runs = [nested_validation(model, features, outcome, n_splits=5, seed=seed) for seed in range(3)]
        return float(np.mean([run.by_fold.mean() for run in runs]))

    assert mean_concordance((), forged) == pytest.approx(0.59, abs=0.03)
    assert mean_concordance((selector,), table) == pytest.approx(0.47, abs=0.03)
