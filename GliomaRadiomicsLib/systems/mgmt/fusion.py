"""From the logits of a patient's sequences to one calibrated probability: logistic regression on validation patients.

With one sequence this is Platt's scaling (Platt 1999), with several it is late fusion. There is one for every set of
sequences, so that a patient who lacks some gets one that was fitted without them. Weights are never below zero: a
network whose logits speak the wrong way round on the validation patients says nothing, rather than the contrary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import optimize

Array = npt.NDArray[np.float64]
RIDGE = 1.0
"""Penalty on the squared weights of standardised logits, against that many patients' log loss."""
LEAST_SPREAD = 0.1
"""Logits of few validation patients may lie closer by chance; scaled to their own spread, others would be certain."""


@dataclass(frozen=True)
class Fusion:
    """Log-odds = intercept + sum of weight x (logit of the sequence - centre).

    ``n`` is the number of validation patients it rests on.
    """

    modalities: tuple[str, ...]
    centre: tuple[float, ...]
    weight: tuple[float, ...]
    intercept: float
    n: int

    def log_odds(self, logits: Mapping[str, float]) -> float:
        """Of the positive class; needs the logits of all its sequences."""
        rows = zip(self.modalities, self.centre, self.weight, strict=True)
        return self.intercept + sum(weight * (logits[name] - centre) for name, centre, weight in rows)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Fusion:
        """The inverse of `dataclasses.asdict`."""
        lists = {name: tuple(data[name]) for name in ("modalities", "centre", "weight")}
        return cls(**lists, intercept=float(data["intercept"]), n=int(data["n"]))


@dataclass(frozen=True)
class Fusions:
    """One `Fusion` per set of sequences."""

    members: tuple[Fusion, ...]

    def for_modalities(self, present: Sequence[str]) -> Fusion | None:
        """That of the largest set within ``present``; None if there is none."""
        fitting = [one for one in self.members if set(one.modalities) <= set(present)]
        return max(fitting, key=lambda one: len(one.modalities), default=None)

    def log_odds(self, logits: Mapping[str, float]) -> float:
        """Of the positive class, from whatever sequences there are.

        Raises:
            ValueError: If there is none of the sequences it knows.
        """
        chosen = self.for_modalities(tuple(logits))
        if chosen is None:
            msg = f"no fusion for {', '.join(logits) or 'no sequence'}"
            raise ValueError(msg)
        return chosen.log_odds(logits)

    def to_dict(self) -> list[dict[str, Any]]:
        """Plain data for JSON."""
        return [asdict(one) for one in self.members]

    @classmethod
    def from_dict(cls, data: Sequence[Mapping[str, Any]]) -> Fusions:
        """The inverse of `to_dict`."""
        return cls(tuple(Fusion.from_dict(one) for one in data))


def fit_fusions(logits: Sequence[Mapping[str, float]], outcome: Sequence[bool]) -> Fusions:
    """Fit every set of sequences that at least one patient of either class has.

    Args:
        logits: Of each validation patient, by sequence.
        outcome: Of each validation patient.
    """
    modalities = sorted({name for row in logits for name in row})
    members = []
    for size in range(1, len(modalities) + 1):
        for chosen in combinations(modalities, size):
            rows = [i for i, row in enumerate(logits) if set(chosen) <= set(row)]
            y = np.array([outcome[i] for i in rows], dtype=bool)
            if y.any() and not y.all():
                x = np.array([[logits[i][name] for name in chosen] for i in rows])
                members.append(_fit(chosen, x, y))
    return Fusions(tuple(members))


def _fit(modalities: tuple[str, ...], x: Array, y: npt.NDArray[np.bool_]) -> Fusion:
    centre, scale = x.mean(axis=0), np.maximum(x.std(axis=0), LEAST_SPREAD)
    z = (x - centre) / scale

    def loss(values: Array) -> tuple[float, Array]:
        log_odds = values[0] + z @ values[1:]
        error = 1 / (1 + np.exp(-np.clip(log_odds, -500, 500))) - y
        total = np.logaddexp(0, log_odds).sum() - log_odds[y].sum() + 0.5 * RIDGE * (values[1:] ** 2).sum()
        return float(total), np.concatenate([[error.sum()], z.T @ error + RIDGE * values[1:]])

    bounds = [(None, None), *[(0, None)] * x.shape[1]]
    found = optimize.minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B", bounds=bounds)
    weight = found.x[1:] / scale
    return Fusion(modalities, tuple(map(float, centre)), tuple(map(float, weight)), float(found.x[0]), int(y.size))
