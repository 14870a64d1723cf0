"""How well predicted probabilities agree with what happened: Brier score, calibration slope and intercept.

Source: Cox 1958, Biometrika 45:562; Van Calster et al. 2019, BMC Med 17:230 (slope, calibration in the large).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_EDGE = 1e-9


@dataclass(frozen=True)
class Calibration:
    """Agreement of predicted and observed.

    Attributes:
        slope: Slope of the outcome on the predicted log-odds; 1 is ideal, below 1 means too extreme predictions.
        intercept: Calibration in the large: intercept with the slope held at 1; 0 is ideal, above 0 means the
            predictions are too low on average.
        brier: Mean squared error of the probabilities; 0 is perfect.
    """

    slope: float
    intercept: float
    brier: float


def brier_score(outcome: npt.ArrayLike, probability: npt.ArrayLike) -> float:
    """Mean squared difference between probability and outcome (0 or 1), both of shape (n,)."""
    y, p = np.asarray(outcome, np.float64), np.asarray(probability, np.float64)
    return float(np.mean((p - y) ** 2))


def log_odds(probability: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Natural log-odds; probabilities are kept ``1e-9`` away from 0 and 1."""
    p = np.clip(np.asarray(probability, np.float64), _EDGE, 1 - _EDGE)
    return np.log(p) - np.log1p(-p)


def calibration(outcome: npt.ArrayLike, probability: npt.ArrayLike) -> Calibration:
    """Calibration slope, intercept and Brier score of predictions of shape (n,).

    The slope is NaN where the maximum likelihood does not exist: one class only, constant predictions, or outcomes
    that the predictions separate completely.
    """
    y, x = np.asarray(outcome, np.float64), log_odds(probability)
    intercept = _newton(np.ones((y.size, 1)), y, x)
    slope = _newton(np.column_stack([np.ones_like(x), x]), y, np.zeros_like(x)) if np.ptp(x) > 1e-9 else None
    return Calibration(
        slope=float("nan") if slope is None else float(slope[1]),
        intercept=float("nan") if intercept is None else float(intercept[0]),
        brier=brier_score(y, probability),
    )


def _newton(
    design: npt.NDArray[np.float64], y: npt.NDArray[np.float64], offset: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64] | None:
    """Unpenalised logistic fit by Newton's method; None where it does not converge."""
    coefficient = np.zeros(design.shape[1])
    for _ in range(60):
        p = 1 / (1 + np.exp(-np.clip(design @ coefficient + offset, -500, 500)))
        information = (design * (p * (1 - p))[:, None]).T @ design
        if np.linalg.cond(information) > 1e12:
            return None
        step = np.linalg.solve(information, design.T @ (y - p))
        coefficient = coefficient + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-10:
            return coefficient
    return None
