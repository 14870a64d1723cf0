"""Probabilities of held-out patients: scores calibrated on the patients of the other folds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.statistics.resampling import Fold
from GliomaRadiomicsLib.systems.image_grading.platt import Platt

CALIBRATION = (
    "Platt scaling of the networks' held-out scores. Figures: each fold by the held-out scores of the other folds. "
    "This bundle: by the held-out scores of all patients"
)
"""What the card says of `calibrated` and of `Platt.fit` on all the held-out scores."""


def calibrated(
    scores: npt.NDArray[np.float64], grades: npt.NDArray[np.int_], folds: Sequence[Fold]
) -> npt.NDArray[np.float64]:
    """Probability of WHO grade 4 of every patient, shape (n,).

    Args:
        scores: Of each patient by a network that did not see the patient, shape (n,).
        grades: 1 for WHO grade 4, shape (n,).
        folds: In which the patients were held out; a patient's calibration does not see the patient's own fold.
    """
    found = np.full(scores.shape, np.nan)
    for others, held_out in folds:
        found[held_out] = Platt.fit(scores[others], grades[others]).probability(scores[held_out])
    return found
