"""Covariates of a regression: numbers as they are, categories as indicator columns against a reference level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.columns import complete_column, label_column, ordered_labels, require_columns

Columns = Mapping[str, npt.ArrayLike]
"""Values of each covariate, length n, by its name; a pandas data frame will do."""


@dataclass(frozen=True)
class Term:
    """One covariate of a model.

    Attributes:
        name: Column of the user's table.
        levels: Levels of a category, the reference first; empty for a number.
    """

    name: str
    levels: tuple[str, ...] = ()

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns of the design: one for a number, one per level but the reference for a category."""
        return tuple(f"{self.name}={level}" for level in self.levels[1:]) if self.levels else (self.name,)


def read_terms(columns: Columns, categories: Mapping[str, str | None] | None = None) -> tuple[Term, ...]:
    """Terms of a table.

    Args:
        columns: The covariates.
        categories: Names of the columns that hold categories, with their reference level (None: the first one).

    Raises:
        RefusedInput: If the table is empty, a category has one level only, or its reference has no patients.
    """
    wanted = dict(categories or {})
    names = tuple(str(name) for name in columns)
    if not names:
        raise RefusedInput(what="no covariates given", remedy="name at least one column")
    require_columns(columns, tuple(wanted))
    return tuple(_category(columns[name], name, wanted[name]) if name in wanted else Term(name) for name in names)


def encode(terms: tuple[Term, ...], columns: Columns, n: int | None = None) -> npt.NDArray[np.float64]:
    """Design matrix of shape (n, p), columns in the order of the terms' ``column_names``.

    Raises:
        RefusedInput: If a column is missing, holds text or gaps, has another length, or an unknown level.
    """
    require_columns(columns, tuple(term.name for term in terms))
    blocks: list[npt.NDArray[np.float64]] = []
    for term in terms:
        block = _indicators(columns[term.name], term, n) if term.levels else _number(columns[term.name], term, n)
        n = len(block)
        blocks.append(block)
    return np.concatenate(blocks, axis=1)


def design_names(terms: tuple[Term, ...]) -> tuple[str, ...]:
    """Names of the columns of the design."""
    return tuple(name for term in terms for name in term.column_names)


def term_slices(terms: tuple[Term, ...]) -> tuple[slice, ...]:
    """Columns of the design that belong to each term."""
    stops = np.cumsum([len(term.column_names) for term in terms]).tolist()
    return tuple(slice(stop - len(term.column_names), stop) for term, stop in zip(terms, stops, strict=True))


def refuse_degenerate(values: npt.NDArray[np.float64], names: tuple[str, ...]) -> None:
    """Refuse constant columns and columns that are a linear combination of others.

    Raises:
        RefusedInput: Naming the column and, for collinear ones, its partners.
    """
    for name, column in zip(names, values.T, strict=True):
        if np.ptp(column) <= 1e-10 * max(1.0, float(np.abs(column).max())):
            raise RefusedInput(
                what="the covariate is the same in all patients", where=name, found=f"{column[0]:g}", remedy="remove it"
            )
    scaled = (values - values.mean(axis=0)) / values.std(axis=0)
    for j in range(1, len(names)):
        weights, *_ = np.linalg.lstsq(scaled[:, :j], scaled[:, j], rcond=None)
        rest = scaled[:, j] - scaled[:, :j] @ weights
        if np.sqrt(np.mean(rest**2)) < 1e-7:
            partners = [names[i] for i in np.flatnonzero(np.abs(weights) > 1e-6)]
            raise RefusedInput(
                what=f"the covariate follows exactly from {', '.join(partners)}",
                where=names[j],
                remedy="remove one of them; collinear covariates have no separate effects",
            )


def _category(values: npt.ArrayLike, name: str, reference: str | None) -> Term:
    levels = ordered_labels(label_column(values, name), name)
    if len(levels) < 2:
        raise RefusedInput(
            what="the category has one level only", where=name, found=repr(levels[0]), remedy="remove it"
        )
    if reference is None:
        return Term(name, levels)
    if str(reference) not in levels:
        raise RefusedInput(
            what=f"reference level {reference!r} has no patients",
            where=name,
            found=f"levels {list(levels)}",
            remedy="choose one of them",
        )
    return Term(name, (str(reference), *(level for level in levels if level != str(reference))))


def _number(values: npt.ArrayLike, term: Term, n: int | None) -> npt.NDArray[np.float64]:
    return complete_column(values, term.name, n)[:, None]


def _indicators(values: npt.ArrayLike, term: Term, n: int | None) -> npt.NDArray[np.float64]:
    labels = label_column(values, term.name, n)
    unknown = sorted(set(labels.tolist()) - set(term.levels))
    if unknown:
        raise RefusedInput(
            what=f"level {unknown[0]!r} is unknown to the model",
            where=term.name,
            found=f"levels {list(term.levels)}",
            remedy="check the spelling, or fit again with this level",
        )
    return (labels[:, None] == np.array(term.levels[1:])[None, :]).astype(np.float64)
