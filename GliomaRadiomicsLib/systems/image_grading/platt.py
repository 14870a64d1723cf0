"""From scores of held-out patients to probabilities (Platt 1999, with his targets)."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

LEAST_SLOPE = 0.01
"""A slope at or below 0 says that the score does not help; a little is left so that patients keep their order."""


@dataclass(frozen=True)
class Platt:
    """Log-odds = slope x score + intercept."""

    slope: float
    intercept: float

    @classmethod
    def fit(cls, scores: npt.ArrayLike, outcome: npt.ArrayLike) -> Platt:
        """Fit on patients the scores were not fitted on.

        The targets are (n1 + 1) / (n1 + 2) and 1 / (n0 + 2) instead of 1 and 0, so that few patients who are told apart
        without error do not make the model certain.

        Args:
            scores: Shape (n,).
            outcome: Shape (n,), 1 for the positive class; both classes must occur.
        """
        from scipy.optimize import minimize

        x, y = np.asarray(scores, dtype=np.float64), np.asarray(outcome).astype(bool)
        spread = float(x.std()) or 1.0
        scaled = (x - x.mean()) / spread
        target = np.where(y, (y.sum() + 1) / (y.sum() + 2), 1 / ((~y).sum() + 2))

        def loss(values: npt.NDArray[np.float64]) -> float:
            log_odds = values[0] * scaled + values[1]
            return float((np.logaddexp(0, log_odds) - target * log_odds).sum())

        least = LEAST_SLOPE * spread
        found = minimize(loss, [1.0, 0.0], method="L-BFGS-B", bounds=[(least, None), (None, None)]).x
        return cls(float(found[0] / spread), float(found[1] - found[0] * x.mean() / spread))

    def log_odds(self, scores: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Shape of ``scores``."""
        return self.slope * np.asarray(scores, dtype=np.float64) + self.intercept

    def probability(self, scores: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Shape of ``scores``."""
        return 1.0 / (1.0 + np.exp(-np.clip(self.log_odds(scores), -700, 700)))

    def to_dict(self) -> dict[str, float]:
        """Plain data for JSON."""
        return asdict(self)
