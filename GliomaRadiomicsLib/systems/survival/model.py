"""An Elastic-Net Cox signature of the image, then a Cox model of the signature and what is known about the patient.

The signature enters the second model as it is predicted for patients held out, so that its optimism on its own
training patients does not push the clinical data aside. Source: Simon et al. 2011, J Stat Softw 39(5); Breiman 1996,
Machine Learning 24:49 (stacking).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.breslow_baseline import BreslowBaseline
from GliomaRadiomicsLib.statistics.covariates import Term
from GliomaRadiomicsLib.statistics.cox import CoxBaseline, CoxModel, fit_cox
from GliomaRadiomicsLib.statistics.cox_path import PathSettings
from GliomaRadiomicsLib.statistics.cox_prediction import survival_matrix
from GliomaRadiomicsLib.statistics.elastic_net_cox import ElasticNetCox
from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.statistics.folds import patient_folds
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.statistics.pipeline import Target, as_outcome
from GliomaRadiomicsLib.systems.survival.covariates import RADIOMIC, SIGNATURE, columns_of

Array = npt.NDArray[np.float64]
INNER_FOLDS = 5
ELASTIC_NET = ElasticNetCox(path=PathSettings(l1_ratio=0.5, n_penalties=20), n_folds=INNER_FOLDS)


@dataclass(frozen=True)
class Signature:
    """Log relative hazard = sum of coefficient x (entry - centre) over the entries with a coefficient."""

    names: tuple[str, ...]
    coefficients: tuple[float, ...]
    centres: tuple[float, ...]

    def score(self, entries: Mapping[str, float]) -> float:
        """Score of one patient; higher is worse."""
        return sum(self.parts(entries))

    def parts(self, entries: Mapping[str, float]) -> list[float]:
        """What each entry adds, in the order of ``names``."""
        triples = zip(self.names, self.coefficients, self.centres, strict=True)
        return [weight * (entries[name] - centre) for name, weight, centre in triples]

    def scores(self, table: FeatureTable) -> Array:
        """Score of each row, shape (n,)."""
        chosen = table.columns(self.names).values if self.names else np.zeros((table.n, 0))
        return np.asarray((chosen - np.array(self.centres)) @ np.array(self.coefficients), dtype=np.float64)


def fit_signature(table: FeatureTable, outcome: Outcome) -> Signature:
    """Elastic-Net Cox on the radiomic columns, penalty by inner cross-validation; may come out without any entry."""
    radiomic = table.columns(RADIOMIC)
    fitted = ELASTIC_NET.fit(radiomic, outcome)
    names = tuple(fitted.coefficients)
    means = radiomic.values.mean(axis=0)
    centres = tuple(float(means[RADIOMIC.index(name)]) for name in names)
    return Signature(names, tuple(fitted.coefficients[name] for name in names), centres)


@dataclass(frozen=True, eq=False)
class FittedSurvival:
    """Signature and Cox model; ``cox`` is None where neither signature nor clinical item says anything."""

    signature: Signature
    cox: CoxModel | None
    baseline: BreslowBaseline

    def columns(self, table: FeatureTable) -> dict[str, Array]:
        """Covariates of the Cox model."""
        assert self.cox is not None
        scores = {SIGNATURE: self.signature.scores(table)}
        return {t.name: scores[t.name] if t.name in scores else _column(table, t.name) for t in self.cox.terms}

    def risk(self, table: FeatureTable) -> Array:
        """Log hazard ratio against the training mean, shape (n,)."""
        return np.zeros(table.n) if self.cox is None else self.cox.linear_predictor(self.columns(table))

    def survival(self, table: FeatureTable, times: Sequence[float]) -> Array:
        """Survival at each time, shape (n, times)."""
        if self.cox is None:
            return self.baseline.survival(np.zeros(table.n), times)
        return survival_matrix(self.cox, self.columns(table), times)


@dataclass(frozen=True, eq=False)
class SurvivalSettings:
    """Settings of one model; `fit` learns everything from the patients it is given.

    Attributes:
        items: Clinical items used.
        imaging: Whether the signature is used; without it the clinical items alone.
        memory: Signatures by training patients and their follow-up, so that models of the same patients share them.
    """

    items: tuple[str, ...]
    imaging: bool = True
    memory: dict[Any, tuple[Signature, Array]] = field(default_factory=dict)

    def fit(self, table: FeatureTable, target: Target) -> FittedSurvival:
        """Fit signature and Cox model.

        Raises:
            RefusedInput: If there are too few events or patients, or a clinical item has one value only.
        """
        outcome = as_outcome(target, "a survival model")
        baseline = BreslowBaseline.fit(outcome, np.zeros(outcome.n))
        signature, held_out = self._signature(table, outcome) if self.imaging else (Signature((), (), ()), None)
        columns = {name: _column(table, name) for name in columns_of(self.items)}
        if held_out is not None and signature.names and np.ptp(held_out) > 0:
            columns = {SIGNATURE: held_out, **columns}
        cox = fit_cox(outcome, columns) if columns else None
        return FittedSurvival(signature, cox, baseline)

    def _signature(self, table: FeatureTable, outcome: Outcome) -> tuple[Signature, Array]:
        key = (tuple(table.patients), outcome.time.tobytes(), outcome.event.tobytes())
        if key not in self.memory:
            fold = patient_folds(table.patients, outcome.event, INNER_FOLDS)
            held_out = np.empty(table.n)
            for index in range(INNER_FOLDS):
                rest = fold != index
                own = fit_signature(table.take(rest), outcome.take(rest))
                held_out[~rest] = own.scores(table.take(~rest))
            self.memory[key] = fit_signature(table, outcome), held_out
        return self.memory[key]


def cox_from_dict(data: Mapping[str, Any]) -> CoxModel:
    """A Cox model from the plain data of `dataclasses.asdict`."""
    fields = {name: _tuples(value) for name, value in data.items() if name not in ("terms", "baseline")}
    terms = tuple(Term(term["name"], tuple(term["levels"])) for term in data["terms"])
    baseline = CoxBaseline(**{name: _tuples(value) for name, value in data["baseline"].items()})
    return CoxModel(terms=terms, baseline=baseline, **fields)


def _column(table: FeatureTable, name: str) -> Array:
    return np.asarray(table.columns((name,)).values[:, 0])


def short(value: Any) -> Any:
    """Plain data with numbers of seven significant digits and tuples as lists."""
    if isinstance(value, dict):
        return {key: short(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [short(item) for item in value]
    return float(f"{value:.7g}") if isinstance(value, float) else value


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def require_follow_up(last_day: float, days: float) -> None:
    """Refuse a cohort followed for less than ``days``.

    Raises:
        RefusedInput: Naming the longest follow-up.
    """
    if last_day < days:
        raise RefusedInput(
            what="the follow-up is too short for a survival model",
            where="os_days",
            found=f"longest {last_day:g} days",
            remedy=f"at least {days:g} days are needed",
        )
