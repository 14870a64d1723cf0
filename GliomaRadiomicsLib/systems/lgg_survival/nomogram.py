"""Cox models behind the nomograms: uni- then multivariable selection, all of it inside the fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.breslow_baseline import BreslowBaseline
from GliomaRadiomicsLib.statistics.cox import CoxModel, fit_cox
from GliomaRadiomicsLib.statistics.cox_prediction import survival_matrix
from GliomaRadiomicsLib.statistics.cox_table import CoxTable, multivariable_cox, significant_terms, univariable_cox
from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.statistics.pipeline import Target, as_outcome
from GliomaRadiomicsLib.systems.lgg_survival.clinical import SIGNATURE
from GliomaRadiomicsLib.systems.lgg_survival.signature import FittedSignature, SignatureModel

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Selection:
    """Result of the uni- then multivariable selection.

    Attributes:
        kept: Covariates with a p below the limit in both.
        tables: The tables, as far as they could be made.
        notes: What could not be tested, and why.
    """

    kept: tuple[str, ...]
    tables: tuple[CoxTable, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class FittedNomogram:
    """A Cox model of signature and clinical columns.

    Attributes:
        signature: None in the clinical model.
        cox: None where nothing was kept; every risk is then 0.
        baseline: Survival of the cohort, for that case.
        selection: How the covariates were chosen.
        columns: The training patients' covariates, the signature held out.
    """

    signature: FittedSignature | None
    cox: CoxModel | None
    baseline: BreslowBaseline
    selection: Selection
    columns: dict[str, Array]

    def covariates(self, table: FeatureTable) -> dict[str, Array]:
        """Covariates of the Cox model of each row."""
        assert self.cox is not None
        return {term.name: self._column(table, term.name) for term in self.cox.terms}

    def risk(self, table: FeatureTable) -> Array:
        """Log hazard ratio against the training mean, shape (n,)."""
        return np.zeros(table.n) if self.cox is None else self.cox.linear_predictor(self.covariates(table))

    def survival(self, table: FeatureTable, times: Sequence[float]) -> Array:
        """Survival at each time, shape (n, times)."""
        if self.cox is None:
            return self.baseline.survival(np.zeros(table.n), times)
        return survival_matrix(self.cox, self.covariates(table), times)

    def _column(self, table: FeatureTable, name: str) -> Array:
        if name != SIGNATURE:
            return np.asarray(table.columns((name,)).values[:, 0])
        assert self.signature is not None
        return self.signature.risk(table)


@dataclass(frozen=True, eq=False)
class NomogramModel:
    """Settings; `fit` learns everything, the signature too, from the patients it is given.

    Attributes:
        clinical: Columns of the clinical items.
        signature: The signature's settings; None for the clinical model.
        p: Limit of the selection; None: every covariate is kept.
    """

    clinical: tuple[str, ...]
    signature: SignatureModel | None
    p: float | None = 0.05

    def fit(self, table: FeatureTable, target: Target) -> FittedNomogram:
        """Fit signature, selection and Cox model.

        Raises:
            RefusedInput: As `SignatureModel.fit` and `fit_cox`.
        """
        outcome = as_outcome(target, "a nomogram")
        columns: dict[str, Array] = {}
        signature = None
        if self.signature is not None:
            signature, held_out = self.signature.stacked(table, outcome)
            if signature.signature.names and np.ptp(held_out) > 0:
                columns[SIGNATURE] = held_out
        columns |= {name: np.asarray(table.columns((name,)).values[:, 0]) for name in self.clinical}
        selection = Selection(tuple(columns), (), ()) if self.p is None else select(outcome, columns, self.p)
        cox = fit_cox(outcome, {name: columns[name] for name in selection.kept}) if selection.kept else None
        baseline = BreslowBaseline.fit(outcome, np.zeros(outcome.n))
        return FittedNomogram(signature, cox, baseline, selection, columns)


def select(outcome: Outcome, columns: Mapping[str, Array], p: float) -> Selection:
    """Covariates with a p below the limit alone, and then beside each other; the others are dropped."""
    rows, notes = [], []
    for name, values in columns.items():
        try:
            rows.append(univariable_cox(outcome, {name: values}))
        except RefusedInput as error:
            notes.append(f"{name} was not tested: {error.what}")
    if not rows:
        return Selection((), (), tuple(notes))
    first = replace(rows[0], rows=tuple(row for table in rows for row in table.rows))
    alone = significant_terms(first, p)
    if not alone:
        return Selection((), (first,), (*notes, f"no covariate has p < {p:g} alone"))
    try:
        second = multivariable_cox(outcome, {name: columns[name] for name in alone})
    except RefusedInput as error:
        strongest = min(first.rows, key=lambda row: row.term_p).term
        return Selection((strongest,), (first,), (*notes, f"the strongest covariate alone is used: {error.what}"))
    return Selection(significant_terms(second, p), (first, second), tuple(notes))
