"""A table of features, one row per patient (or per scan of a patient), checked column by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.columns import numeric_column

if TYPE_CHECKING:
    import pandas as pd


_REMEDY = "code categories as 0 and 1 and write missing values as empty cells"


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """Numbers with the names of their columns and the patient of each row; never changed after it is made.

    Attributes:
        values: Shape (n, p), float64; NaN marks a missing value, which only `MedianImputation` accepts.
        names: Length p, unique.
        patients: Length n, which patient each row belongs to; rows of one patient are never parted. Empty: every row
            is a patient of its own.
        applied: Fitted steps that have been applied; set by the pipeline, never by hand. A table that has any is
            refused by everything that fits or validates, since what was learned from all its patients is in it.

    Raises:
        RefusedInput: If a column holds text or an infinite value, a name occurs twice, or the shapes do not agree.
    """

    values: npt.NDArray[np.float64]
    names: Sequence[str]
    patients: Sequence[str] = ()
    applied: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = tuple(str(name) for name in self.names)
        values = _as_numbers(self.values, names)
        patients = tuple(str(p) for p in self.patients) or tuple(str(i + 1) for i in range(values.shape[0]))
        if len(patients) != values.shape[0]:
            raise RefusedInput(
                what=f"{values.shape[0]} rows but {len(patients)} patients",
                where="patients",
                remedy="name the patient of every row",
            )
        values.setflags(write=False)
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "patients", patients)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, patients: Sequence[str] = ()) -> FeatureTable:
        """A table of all columns of a data frame; text columns must have been coded as numbers before.

        Raises:
            RefusedInput: As the class; the message names the column.
        """
        columns = [
            numeric_column(frame.iloc[:, j].to_numpy(), str(name), remedy=_REMEDY)
            for j, name in enumerate(frame.columns)
        ]
        values = np.column_stack(columns) if columns else np.empty((len(frame), 0))
        return cls(values, [str(name) for name in frame.columns], patients)

    @property
    def n(self) -> int:
        """Number of rows."""
        return int(self.values.shape[0])

    @property
    def p(self) -> int:
        """Number of features."""
        return int(self.values.shape[1])

    def take(self, rows: npt.ArrayLike) -> FeatureTable:
        """Some rows, by index or mask."""
        index = np.asarray(rows)
        return self._derived(self.values[index], self.names, np.asarray(self.patients)[index].tolist())

    def columns(self, names: Sequence[str]) -> FeatureTable:
        """Columns chosen beforehand, by name and in that order.

        Raises:
            RefusedInput: If a column is not in the table.
        """
        if tuple(names) == self.names:
            return self
        position = {name: j for j, name in enumerate(self.names)}
        missing = [name for name in names if name not in position]
        if missing:
            raise RefusedInput(
                what=f"{len(missing)} columns are not in the table",
                where=missing[0],
                remedy=f"the table has {self.p} columns, the first {', '.join(list(self.names)[:3])}",
            )
        return self._derived(self.values[:, [position[name] for name in names]], names, self.patients)

    def after(self, step: str, values: npt.NDArray[np.float64] | None = None) -> FeatureTable:
        """The table marked as having been through a fitted step, with new values of the same shape if given."""
        return self._derived(self.values if values is None else values, self.names, self.patients, step)

    def _derived(
        self, values: npt.NDArray[np.float64], names: Sequence[str], patients: Sequence[str], *steps: str
    ) -> FeatureTable:
        """A table of values already checked."""
        table = object.__new__(FeatureTable)
        values.setflags(write=False)
        object.__setattr__(table, "values", values)
        object.__setattr__(table, "names", tuple(names))
        object.__setattr__(table, "patients", tuple(patients))
        object.__setattr__(table, "applied", (*self.applied, *steps))
        return table

    def require_complete(self, purpose: str = "this analysis") -> None:
        """Refuse missing values.

        Raises:
            RefusedInput: Naming the first column with missing values and how many there are.
        """
        missing = np.isnan(self.values).sum(axis=0)
        if missing.any():
            first = int(np.flatnonzero(missing)[0])
            raise RefusedInput(
                what=f"{purpose} needs every value, but some are missing",
                where=self.names[first],
                found=f"{int(missing[first])} of {self.n} rows, {int((missing > 0).sum())} such columns",
                remedy="complete them, leave the column out, or put MedianImputation first in the pipeline",
            )

    def require_raw(self, purpose: str) -> None:
        """Refuse a table to which a fitted step has been applied.

        Raises:
            RefusedInput: Naming the steps.
        """
        if self.applied:
            raise RefusedInput(
                what=f"{purpose} must start from the table as it was measured: steps fitted outside the folds leak",
                where="features",
                found=" then ".join(self.applied),
                remedy="give the original table and put these steps into the pipeline",
            )


def _as_numbers(values: npt.ArrayLike, names: tuple[str, ...]) -> npt.NDArray[np.float64]:
    array = np.asarray(values)
    if array.ndim != 2 or array.shape[1] != len(names):
        raise RefusedInput(
            what="one column per name is needed", where="features", found=f"shape {array.shape}, {len(names)} names"
        )
    if array.dtype.kind not in "fiub":
        array = np.column_stack([numeric_column(array[:, j], name, remedy=_REMEDY) for j, name in enumerate(names)])
    seen: set[str] = set()
    twice = next((name for name in names if name in seen or seen.add(name)), None)  # type: ignore[func-returns-value]
    if twice is not None:
        raise RefusedInput(what="two columns have this name", where=twice, remedy="rename one of them")
    numbers = np.array(array, dtype=np.float64, order="C")
    infinite = np.flatnonzero(np.isinf(numbers).any(axis=0))
    if infinite.size:
        raise RefusedInput(
            what="an infinite value", where=names[infinite[0]], remedy="correct it or mark it as missing (NaN)"
        )
    return numbers
