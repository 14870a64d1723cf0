"""Every survival result is plain data: it goes to JSON as it is, and cannot be changed."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, asdict, fields

import numpy as np
import pytest

from GliomaRadiomicsLib.statistics.baseline_table import baseline_table
from GliomaRadiomicsLib.statistics.concordance import compare_concordance, concordance
from GliomaRadiomicsLib.statistics.cox import fit_cox
from GliomaRadiomicsLib.statistics.cox_prediction import predict_survival, survival_matrix
from GliomaRadiomicsLib.statistics.cox_table import multivariable_cox, univariable_cox
from GliomaRadiomicsLib.statistics.decision_curve import decision_curve, survival_decision_curve
from GliomaRadiomicsLib.statistics.icc import intraclass_correlation
from GliomaRadiomicsLib.statistics.kaplan_meier import kaplan_meier
from GliomaRadiomicsLib.statistics.log_rank import log_rank, log_rank_trend
from GliomaRadiomicsLib.statistics.nomogram import make_nomogram
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.statistics.proportional_hazards import check_proportional_hazards
from GliomaRadiomicsLib.statistics.survival_auc import survival_auc
from GliomaRadiomicsLib.statistics.survival_brier import survival_brier
from GliomaRadiomicsLib.statistics.survival_calibration import survival_calibration


def _results() -> list:
    generator = np.random.default_rng(0)
    columns = {"age": generator.normal(60, 9, 60), "site": generator.choice(["left", "right"], 60)}
    outcome = Outcome(np.ceil(generator.exponential(20, 60)), generator.random(60) < 0.7)
    times = [5.0, 12.0]
    kinds = {"site": "left"}
    model = fit_cox(outcome, columns, categories=kinds)
    survival = survival_matrix(model, columns, times)
    risk, died = 1 - survival[:, 1], outcome.time < 10
    return [
        kaplan_meier(outcome),
        log_rank(outcome, columns["site"]),
        log_rank_trend(outcome, columns["site"]),
        model,
        univariable_cox(outcome, columns, categories=kinds),
        multivariable_cox(outcome, columns, categories=kinds),
        check_proportional_hazards(model, outcome, columns),
        predict_survival(model, columns, [0, 5, 1e6])[0],
        concordance(outcome, risk, n_resamples=20),
        compare_concordance(outcome, risk, columns["age"], method="uno", n_resamples=20),
        survival_auc(outcome, risk, times, n_resamples=20)[0],
        survival_brier(outcome, survival, times),
        survival_calibration(outcome, survival, times, n_groups=30)[0],
        make_nomogram(model, columns, times),
        decision_curve(died, {"model": risk}, thresholds=np.linspace(0, 0.99, 12)),
        survival_decision_curve(outcome, {"model": risk}, 12.0),
        intraclass_correlation(generator.normal(size=(6, 3))),
        intraclass_correlation([[1, 1], [2, 2]]),
        baseline_table({**columns, "gap": [None] * 60}, died.astype(int)),
    ]


def test_every_result_is_frozen_plain_data() -> None:
    for result in _results():
        plain = asdict(result)
        assert json.loads(json.dumps(plain, allow_nan=False)) == json.loads(json.dumps(plain)), type(result).__name__
        with pytest.raises(FrozenInstanceError):
            setattr(result, fields(result)[0].name, None)
