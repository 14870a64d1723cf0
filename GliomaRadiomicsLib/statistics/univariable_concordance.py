"""Harrell's C-index of thousands of features at once.

For every feature the patients are sorted once; sets of patients are bit masks, and the concordant pairs of an event are
the bits shared by "lower feature value" and "survived longer". Source: Harrell et al. 1982, JAMA 247:2543.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.statistics.pipeline import ColumnChoice, Target, as_outcome

Words = npt.NDArray[np.uint64]
_CHUNK_BYTES = 1_000_000
"""Features are taken in portions that stay in the processor's cache."""

_TABLE = np.array([bin(byte).count("1") for byte in range(256)], dtype=np.uint8)


def univariable_concordance(table: FeatureTable, outcome: Outcome) -> npt.NDArray[np.float64]:
    """C-index of each feature taken as a risk score (higher value = earlier death), shape (p,).

    A pair counts if the shorter time ended in an event; with equal times, if exactly one did (that one died first).
    Equal feature values count one half.

    Raises:
        RefusedInput: If values are missing, no pair of patients can be compared, or the numbers differ.
    """
    table.require_complete("a univariable C-index")
    if table.n != outcome.n:
        raise RefusedInput(what=f"{table.n} rows of features but {outcome.n} outcomes", where="features")
    longer = _outlived(outcome)
    n_pairs = int(longer.sum())
    if n_pairs == 0:
        raise RefusedInput(
            what="no two patients can be compared, so that a C-index does not exist",
            where=outcome.event_name,
            found=f"{outcome.n} patients, {outcome.n_events} events",
            remedy="add patients or events",
        )
    bits = _patient_bits(outcome.n)
    survivors = np.bitwise_or.reduce(np.where(longer[:, :, None], bits[None], np.uint64(0)), axis=1)
    chunk = max(1, _CHUNK_BYTES // (8 * outcome.n * bits.shape[1]))
    columns = np.ascontiguousarray(table.values.T)
    counts = [_concordant(columns[i : i + chunk], survivors, bits) for i in range(0, table.p, chunk)]
    return np.concatenate(counts) / n_pairs if counts else np.empty(0)


def _concordant(columns: npt.NDArray[np.float64], survivors: Words, bits: Words) -> npt.NDArray[np.float64]:
    """Concordant pairs plus half the tied ones for features of shape (p, n)."""
    p, n = columns.shape
    order = np.argsort(columns, axis=1)
    up_to = np.zeros((p, n + 1, bits.shape[1]), dtype=np.uint64)
    np.bitwise_or.accumulate(bits[order], axis=1, out=up_to[:, 1:])
    longer = survivors[order]
    ranked = np.take_along_axis(columns, order, axis=1)
    tied = np.flatnonzero((ranked[:, 1:] == ranked[:, :-1]).any(axis=1))
    counts = _ones(up_to[:, :-1] & longer).sum(axis=(1, 2), dtype=np.int64).astype(np.float64)
    if tied.size:
        counts[tied] = _with_ties(ranked[tied], up_to[tied], longer[tied])
    return counts


def _with_ties(ranked: npt.NDArray[np.float64], up_to: Words, longer: Words) -> npt.NDArray[np.float64]:
    """Mean of counting the patients strictly below and those below or equal."""
    p, n = ranked.shape
    edge = np.ones((p, n + 1), dtype=bool)
    np.not_equal(ranked[:, 1:], ranked[:, :-1], out=edge[:, 1:-1])
    first = np.maximum.accumulate(np.where(edge[:, :-1], np.arange(n), 0), axis=1)
    end = np.minimum.accumulate(np.where(edge[:, 1:], np.arange(1, n + 1), n)[:, ::-1], axis=1)[:, ::-1]
    rows = np.arange(p)[:, None]
    below = _ones(up_to[rows, first] & longer).sum(axis=(1, 2), dtype=np.int64)
    not_above = _ones(up_to[rows, end] & longer).sum(axis=(1, 2), dtype=np.int64)
    return (below + not_above) / 2


def _ones(words: Words) -> npt.NDArray[np.integer]:
    """Number of bits set in each word."""
    counter = getattr(np, "bitwise_count", None)
    if counter is not None:
        return np.asarray(counter(words))
    return _TABLE[np.ascontiguousarray(words).view(np.uint8)].reshape(*words.shape, 8).sum(axis=-1)


def _outlived(outcome: Outcome) -> npt.NDArray[np.bool_]:
    """Entry (i, j) True where i died and j is known to have lived longer."""
    later = outcome.time[None, :] > outcome.time[:, None]
    censored_then = (outcome.time[None, :] == outcome.time[:, None]) & ~outcome.event[None, :]
    return outcome.event[:, None] & (later | censored_then)


def _patient_bits(n: int) -> Words:
    """One bit per patient, shape (n, words)."""
    bits = np.zeros((n, (n + 63) // 64), dtype=np.uint64)
    bits[np.arange(n), np.arange(n) // 64] = np.uint64(1) << (np.arange(n) % 64).astype(np.uint64)
    return bits


@dataclass(frozen=True)
class ConcordanceFilter:
    """Keeps features whose univariable C-index in the training patients reaches a threshold (Han 2020: .66, .685).

    Attributes:
        threshold: Smallest C-index kept, .5 or more.
        either_direction: Count a feature whose high values mean longer survival by 1 - C.
    """

    threshold: float = 0.66
    either_direction: bool = True

    def fit(self, table: FeatureTable, target: Target) -> ColumnChoice:
        """Choose columns on training patients."""
        c = univariable_concordance(table, as_outcome(target, "the C-index filter"))
        strength = np.maximum(c, 1 - c) if self.either_direction else c
        return ColumnChoice.of(f"C-index >= {self.threshold:g}", table, strength >= self.threshold)


@dataclass(frozen=True)
class StrongestConcordance:
    """Keeps the features with the strongest univariable C-index in the training patients, in either direction.

    Attributes:
        count: Number of features kept; of equal ones those further left in the table.
    """

    count: int = 10

    def fit(self, table: FeatureTable, target: Target) -> ColumnChoice:
        """Choose columns on training patients."""
        c = univariable_concordance(table, as_outcome(target, "the C-index filter"))
        strongest = np.argsort(-np.abs(c - 0.5).round(12), kind="stable")[: self.count]
        mask = np.zeros(table.p, dtype=bool)
        mask[strongest] = True
        return ColumnChoice.of(f"{self.count} strongest C-indices", table, mask)
