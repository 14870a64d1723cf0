"""May a prediction be trusted? From where its explanation lies, what other systems say, and how usual the case is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Literal

from GliomaRadiomicsLib.core.results import Trust
from GliomaRadiomicsLib.explain.energy import EnergyShares

CHANCE = 0.5
"""AUC of a system that cannot tell the grades apart."""


@dataclass(frozen=True)
class TrustRules:
    """Where to draw the lines; fixed beforehand, not fitted.

    Attributes:
        undecided: Probabilities between these are undecided.
        border: Share of the energy on the border of the brain from which it is mentioned.
        least_enrichment: Energy per voxel of the tumour, relative to chance, under which it is mentioned.
        far_apart: Distance of two systems' probabilities from which it is mentioned.
        unusual: Share of the training patients that lie nearer than the case from which it is mentioned.
        outside: Distance, relative to the farthest training patient, from which the case counts as unlike them.
    """

    undecided: tuple[float, float] = (0.35, 0.65)
    border: float = 0.35
    least_enrichment: float = 1.0
    far_apart: float = 0.4
    unusual: float = 0.95
    outside: float = 1.5


@dataclass(frozen=True)
class CohortPlace:
    """Where a case lies relative to the training cohort (`cohort_distance.CohortDistance`)."""

    percentile: float
    excess: float
    most_unusual: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Reason:
    text: str
    severe: bool = False


def trust_of(
    probability: float,
    *,
    energy: EnergyShares | None = None,
    others: Mapping[str, float] | None = None,
    cohort: CohortPlace | None = None,
    reasons: tuple[str, ...] = (),
    energy_of: str = "",
    rules: TrustRules | None = None,
) -> Trust:
    """Flag and reasons for one prediction.

    ``no``: the explanation lies on the border of the brain rather than in the tumour, or there is none; two or more
    other systems all say the opposite; or the case is unlike every training patient. ``caution``: anything milder.

    Args:
        probability: Of this system, for WHO grade 4.
        energy: Shares of its explanation, where it has one.
        others: Probabilities of the other systems, by name.
        cohort: Where the case lies, where known.
        reasons: Further reasons for caution that the system knows of.
        energy_of: Of which explanation ``energy`` is, or why there is none; kept as it is.
        rules: Where to draw the lines.
    """
    rules = rules or TrustRules()
    found = [
        *_undecided(probability, rules),
        *_explained(energy, rules),
        *_agreed(probability, others or {}, rules),
        *_usual(cohort, rules),
        *(_Reason(text) for text in reasons),
    ]
    flag: Literal["ok", "caution", "no"] = "caution" if found else "ok"
    if any(reason.severe for reason in found):
        flag = "no"
    texts = [reason.text for reason in sorted(found, key=lambda reason: not reason.severe)]
    return Trust(flag, texts, None if energy is None else energy.energy["tumour"], energy_of)


def measured(trust: Trust, auc: float | None, interval: tuple[float, float] | None) -> Trust:
    """The trust of a system by how well it did: where the interval of its AUC includes .5 the reasons say so first.

    Args:
        trust: What the system says of itself.
        auc: Measured on patients held out.
        interval: Of 95 %; without one nothing is said.
    """
    if auc is None or interval is None or interval[0] > CHANCE:
        return trust
    text = f"measured AUC {auc:.2f} ({interval[0]:.2f} to {interval[1]:.2f}): may be no better than chance"
    flag: Literal["caution", "no"] = "no" if trust.flag == "no" else "caution"
    return replace(trust, flag=flag, reasons=[text, *trust.reasons])


def compared(trust: Trust, probability: float, others: Mapping[str, float], rules: TrustRules | None = None) -> Trust:
    """The trust of one system once it is known what the others say.

    Args:
        trust: What the system says of itself.
        probability: Of this system, for WHO grade 4.
        others: Probabilities of the other systems, by name.
        rules: Where to draw the lines.
    """
    found = _agreed(probability, others, rules or TrustRules())
    if not found:
        return trust
    severe = [reason.text for reason in found if reason.severe]
    mild = [reason.text for reason in found if not reason.severe]
    flag: Literal["caution", "no"] = "no" if severe or trust.flag == "no" else "caution"
    return replace(trust, flag=flag, reasons=[*severe, *trust.reasons, *mild])


def _undecided(probability: float, rules: TrustRules) -> list[_Reason]:
    low, high = rules.undecided
    if not low < probability < high:
        return []
    return [_Reason(f"undecided: the probability lies between {low} and {high}")]


def _explained(energy: EnergyShares | None, rules: TrustRules) -> list[_Reason]:
    if energy is None:
        return []
    if not any(energy.energy.values()):
        return [_Reason("the explanation is empty, so what the prediction rests on cannot be seen", severe=True)]
    reasons = []
    border, tumour = energy.energy["border"], energy.energy["tumour"]
    if border >= rules.border and border > energy.room["border"]:
        text = f"{border:.0%} of the explanation lies on the border of the brain, {tumour:.0%} in the tumour"
        reasons.append(_Reason(text, severe=border > tumour))
    if energy.enrichment("tumour") < rules.least_enrichment:
        text = (
            f"{tumour:.0%} of the explanation lies in the tumour, which fills {energy.room['tumour']:.0%} of the room"
        )
        reasons.append(_Reason(text))
    fluid = energy.energy["fluid"]
    if fluid > tumour:
        reasons.append(_Reason(f"more of the explanation lies in the ventricles ({fluid:.0%}) than in the tumour"))
    return reasons


def _agreed(probability: float, others: Mapping[str, float], rules: TrustRules) -> list[_Reason]:
    against = [name for name, other in others.items() if (other >= 0.5) != (probability >= 0.5)]
    if against:
        all_of_them = len(against) == len(others) and len(others) > 1
        said = ", ".join(f"{name} {others[name]:.2f}" for name in against)
        return [_Reason(f"other systems say the opposite: {said} against {probability:.2f} here", all_of_them)]
    apart = [name for name, other in others.items() if abs(other - probability) >= rules.far_apart]
    if not apart:
        return []
    said = ", ".join(f"{name} {others[name]:.2f}" for name in apart)
    return [_Reason(f"other systems are less or more sure: {said} against {probability:.2f} here")]


def _usual(cohort: CohortPlace | None, rules: TrustRules) -> list[_Reason]:
    if cohort is None or cohort.percentile < rules.unusual:
        return []
    if not isfinite(cohort.excess):
        return [_Reason("a feature could not be measured, so how usual the case is cannot be told")]
    most = f"; most unusual: {', '.join(cohort.most_unusual)}" if cohort.most_unusual else ""
    if cohort.excess >= rules.outside:
        text = f"the case is unlike every training patient ({cohort.excess:.1f} times as far as the farthest){most}"
        return [_Reason(text, severe=True)]
    return [_Reason(f"{cohort.percentile:.0%} of the training patients are more usual than this case{most}")]
