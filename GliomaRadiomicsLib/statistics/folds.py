"""Folds of whole patients for survival data: k-fold and leave-one-out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput


def leave_one_out(patients: Sequence[str]) -> npt.NDArray[np.intp]:
    """Fold of every row, each patient being one fold.

    Raises:
        RefusedInput: If there are fewer than two patients.
    """
    names, fold = np.unique(np.asarray(patients), return_inverse=True)
    if names.size < 2:
        raise RefusedInput(what="leave-one-out needs at least two patients", where="patients", found=names.size)
    return np.asarray(fold, dtype=np.intp)


def patient_folds(patients: Sequence[str], strata: npt.ArrayLike, n_splits: int, seed: int = 0) -> npt.NDArray[np.intp]:
    """Fold of every row, 0 to n_splits - 1: patients shuffled and dealt out, those with an event evenly.

    Args:
        patients: Length n, the patient of each row.
        strata: Shape (n,), True for an event; a patient counts by any of its rows.
        n_splits: Number of folds.
        seed: Of the shuffling.

    Raises:
        RefusedInput: If there are fewer patients than folds or fewer than two folds.
    """
    names, member = np.unique(np.asarray(patients), return_inverse=True)
    if not 2 <= n_splits <= names.size:
        raise RefusedInput(
            what=f"{n_splits} folds cannot be made",
            where="folds",
            found=f"{names.size} patients",
            remedy="choose at least 2 folds and no more than there are patients; leave-one-out suits few patients",
        )
    event = np.zeros(names.size, dtype=bool)
    np.logical_or.at(event, member, np.asarray(strata, dtype=bool))
    shuffled = np.random.default_rng(seed).permutation(names.size)
    dealt = shuffled[np.argsort(~event[shuffled], kind="stable")]
    fold = np.empty(names.size, dtype=np.intp)
    fold[dealt] = np.arange(names.size) % n_splits
    return fold[member]
