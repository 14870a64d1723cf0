"""Decision curve: net benefit of acting on a predicted risk, against treating all and treating none.

Source: Vickers & Elkin 2006, Med Decis Making 26:565; Vickers et al. 2008, BMC Med Inform Decis Mak 8:53 (survival:
the risk among those above the threshold is 1 minus Kaplan-Meier).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.censoring import checked_horizons
from GliomaRadiomicsLib.statistics.columns import complete_column
from GliomaRadiomicsLib.statistics.kaplan_meier import kaplan_meier
from GliomaRadiomicsLib.statistics.outcome import Outcome

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Rates = Callable[[Mask], tuple[float | None, float | None]]

THRESHOLDS = tuple(round(0.01 * i, 2) for i in range(1, 100))
"""Threshold probabilities from 1 % to 99 %."""


@dataclass(frozen=True)
class DecisionLine:
    """One strategy, a value per threshold; None where the risk above the threshold cannot be estimated.

    Attributes:
        name: The model, "treat all" or "treat none".
        net_benefit: True positives minus weighted false positives, per patient.
        true_positive_rate: Treated patients with the event, as a share of all patients.
        false_positive_rate: Treated patients without it, as a share of all patients.
        treated: Share of patients treated.
        interventions_avoided: Net reduction of treatments against treating all, per 100 patients; None at threshold 0.
    """

    name: str
    net_benefit: tuple[float | None, ...]
    true_positive_rate: tuple[float | None, ...]
    false_positive_rate: tuple[float | None, ...]
    treated: tuple[float, ...]
    interventions_avoided: tuple[float | None, ...]


@dataclass(frozen=True)
class DecisionCurve:
    """A decision curve.

    Attributes:
        thresholds: Threshold probabilities.
        lines: "treat all", "treat none", then the models.
        event_rate: Share of patients with the event (by the time, for survival).
        time: Time of the survival risk; None for a binary outcome.
        n: Patients used.
        n_events: Events used (up to the time, for survival).
    """

    thresholds: tuple[float, ...]
    lines: tuple[DecisionLine, ...]
    event_rate: float
    time: float | None
    n: int
    n_events: int


def decision_curve(
    event: npt.ArrayLike,
    risks: Mapping[str, npt.ArrayLike],
    *,
    thresholds: npt.ArrayLike = THRESHOLDS,
    prevalence: float | None = None,
    harm: Mapping[str, float] | None = None,
) -> DecisionCurve:
    """Decision curve of a binary outcome.

    Args:
        event: Shape (n,), 1 or True for the event.
        risks: Predicted probability of each model, n values each, by name.
        thresholds: From 0 to below 1; a patient is treated whose risk is above.
        prevalence: Share of events in the population, for a case-control sample; the sample's own if not given.
        harm: Harm of the test itself per patient, on the scale of net benefit, by model.

    Raises:
        RefusedInput: If a risk is missing, text or not a probability, the event is not 0/1, or one class is missing.
    """
    y = complete_column(event, "event")
    if not np.isin(y, (0, 1)).all() or y.min() == y.max():
        raise RefusedInput(
            what="a decision curve needs patients with and without the event, coded 1 and 0",
            where="event",
            found=f"values {np.unique(y)[:5].tolist()}",
            remedy="check the coding",
        )
    if prevalence is not None and not 0 < prevalence < 1:
        raise RefusedInput(what="not a share of events", where="prevalence", found=prevalence, remedy="between 0 and 1")
    died = y == 1
    rate = float(died.mean()) if prevalence is None else prevalence

    def rates(treated: Mask) -> tuple[float, float]:
        return rate * float(treated[died].mean()), (1 - rate) * float(treated[~died].mean())

    lines = _lines(risks, rates, _checked_thresholds(thresholds), y.size, harm or {})
    return DecisionCurve(_plain(thresholds), lines, rate, None, int(y.size), int(died.sum()))


def survival_decision_curve(
    outcome: Outcome,
    risks: Mapping[str, npt.ArrayLike],
    time: float,
    *,
    thresholds: npt.ArrayLike = THRESHOLDS,
    harm: Mapping[str, float] | None = None,
) -> DecisionCurve:
    """Decision curve of death by a time; ``risks`` are predicted probabilities of death by then.

    Raises:
        RefusedInput: If a risk is missing, text or not a probability, or the time is outside the follow-up.
    """
    horizon = float(checked_horizons(outcome, [time])[0])

    def rates(treated: Mask) -> tuple[float | None, float | None]:
        if not treated.any():
            return 0.0, 0.0
        alive = kaplan_meier(outcome.take(treated)).at([horizon])[0].survival
        if alive is None:
            return None, None
        share = float(treated.mean())
        return (1 - alive) * share, alive * share

    everyone = np.ones(outcome.n, dtype=bool)
    lines = _lines(risks, rates, _checked_thresholds(thresholds), outcome.n, harm or {})
    n_events = int((outcome.event & (outcome.time <= horizon)).sum())
    return DecisionCurve(_plain(thresholds), lines, float(rates(everyone)[0] or 0.0), horizon, outcome.n, n_events)


def _lines(
    risks: Mapping[str, npt.ArrayLike], rates: Rates, thresholds: Array, n: int, harm: Mapping[str, float]
) -> tuple[DecisionLine, ...]:
    unknown = set(harm) - set(risks)
    if unknown:
        raise RefusedInput(what="harm of a model that is not given", where="harm", found=sorted(unknown))
    everyone, nobody = np.ones(n, dtype=bool), np.zeros(n, dtype=bool)
    treat_all = _line("treat all", [everyone] * thresholds.size, rates, thresholds, None, 0.0)
    treat_none = _line("treat none", [nobody] * thresholds.size, rates, thresholds, treat_all, 0.0)
    lines = [treat_all, treat_none]
    for name, values in risks.items():
        risk = _checked_risk(values, name, n)
        treated = [risk > threshold for threshold in thresholds]
        lines.append(_line(name, treated, rates, thresholds, treat_all, harm.get(name, 0.0)))
    return tuple(lines)


def _line(
    name: str, treated: list[Mask], rates: Rates, thresholds: Array, treat_all: DecisionLine | None, harm: float
) -> DecisionLine:
    pairs = [rates(mask) for mask in treated]
    odds = (thresholds / (1 - thresholds)).tolist()
    benefit = tuple(
        None if tp is None or fp is None else tp - fp * weight - harm
        for (tp, fp), weight in zip(pairs, odds, strict=True)
    )
    reference = benefit if treat_all is None else treat_all.net_benefit
    avoided = tuple(
        None if own is None or other is None or weight == 0 else 100 * (own - other) / weight
        for own, other, weight in zip(benefit, reference, odds, strict=True)
    )
    return DecisionLine(
        name=name,
        net_benefit=benefit,
        true_positive_rate=tuple(tp for tp, _ in pairs),
        false_positive_rate=tuple(fp for _, fp in pairs),
        treated=tuple(float(mask.mean()) for mask in treated),
        interventions_avoided=avoided,
    )


def _checked_thresholds(thresholds: npt.ArrayLike) -> Array:
    values = complete_column(thresholds, "thresholds")
    if not ((values >= 0) & (values < 1)).all():
        raise RefusedInput(
            what="a threshold is outside 0 to below 1", where="thresholds", remedy="give probabilities, not percentages"
        )
    return values


def _checked_risk(values: npt.ArrayLike, name: str, n: int) -> Array:
    risk = complete_column(values, name, n)
    if not ((risk >= 0) & (risk <= 1)).all():
        bad = int(np.flatnonzero((risk < 0) | (risk > 1))[0])
        raise RefusedInput(
            what="not a probability",
            where=name,
            found=f"{risk[bad]:g} in row {bad + 1}",
            remedy="turn the marker into a predicted probability first, with a model fitted on other patients",
        )
    return risk


def _plain(thresholds: npt.ArrayLike) -> tuple[float, ...]:
    return tuple(np.asarray(thresholds, dtype=np.float64).tolist())
