"""Columns of a user's table, checked before any method sees them; messages name the column and the remedy."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput

TEXT_REMEDY = "write numbers only, or declare the column as a category"
MISSING_REMEDY = "complete these patients, fill the gaps inside the training fold, or leave them out knowingly"


def numeric_column(values: npt.ArrayLike, name: str, *, remedy: str = TEXT_REMEDY) -> npt.NDArray[np.float64]:
    """The column as float64 of shape (n,); gaps (None, NaN, pandas' NA) become NaN.

    Raises:
        RefusedInput: If the column holds text or dates, is empty, or is not one-dimensional.
    """
    array = np.asarray(values)
    try:
        if array.dtype.kind in "USMm" or (array.dtype == object and any(isinstance(x, str) for x in array.flat)):
            raise TypeError
        if array.dtype == object:
            array = np.array([x if label_text(x) else np.nan for x in array.flat], dtype=object).reshape(array.shape)
        numbers = np.array(array, dtype=np.float64)
    except (TypeError, ValueError):
        text = next((item for item in array.ravel().tolist() if isinstance(item, str)), array.dtype)
        raise RefusedInput(what="not a column of numbers", where=name, found=repr(text), remedy=remedy) from None
    if numbers.ndim != 1 or numbers.size == 0:
        raise RefusedInput(
            what="one value per patient is needed", where=name, found=f"shape {numbers.shape}", remedy=remedy
        )
    return numbers


def refuse_rows(
    values: npt.NDArray[np.float64],
    is_bad: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.bool_]],
    name: str,
    what: str,
    remedy: str,
) -> None:
    """Refuse the column if any row is bad, with the first row and the number of rows concerned.

    Raises:
        RefusedInput: If ``is_bad`` holds anywhere.
    """
    bad = np.flatnonzero(is_bad(values))
    if bad.size:
        found = f"{values[bad[0]]:g} in row {bad[0] + 1}, {bad.size} of {values.size} rows in all"
        raise RefusedInput(what=what, where=name, found=found, remedy=remedy)


def complete_column(values: npt.ArrayLike, name: str, n: int | None = None) -> npt.NDArray[np.float64]:
    """A numeric column without gaps or infinities, shape (n,).

    Raises:
        RefusedInput: As `numeric_column`; if a value is missing or infinite, or there are not ``n`` rows.
    """
    column = numeric_column(values, name)
    require_length(column.size, name, n)
    refuse_rows(column, np.isnan, name, "a value is missing", MISSING_REMEDY)
    refuse_rows(column, np.isinf, name, "a value is infinite", "correct the value; often a division by zero")
    return column


def label_column(values: npt.ArrayLike, name: str, n: int | None = None) -> npt.NDArray[np.str_]:
    """A column of group labels as text without gaps, shape (n,); 1.0 and 1 are the same label.

    Raises:
        RefusedInput: If a label is missing, the column is not one-dimensional, or there are not ``n`` rows.
    """
    array = np.asarray(values, dtype=object)
    if array.ndim != 1:
        raise RefusedInput(what="one label per patient is needed", where=name, found=f"shape {array.shape}")
    require_length(array.size, name, n)
    labels = [label_text(item) for item in array]
    bad = [row for row, label in enumerate(labels) if not label]
    if bad:
        found = f"row {bad[0] + 1}, {len(bad)} of {len(labels)} rows in all"
        raise RefusedInput(what="a label is missing", where=name, found=found, remedy=MISSING_REMEDY)
    return np.array(labels, dtype=np.str_)


def label_text(item: object) -> str:
    """A label as text; empty for None, NaN and blanks."""
    if item is None or (isinstance(item, (float, np.floating)) and np.isnan(item)):
        return ""
    if isinstance(item, (float, np.floating)) and float(item).is_integer():
        return str(int(item))
    text = str(item).strip()
    return "" if text in {"<NA>", "NaT"} else text


def ordered_labels(labels: npt.NDArray[np.str_], name: str, order: tuple[str, ...] | None = None) -> tuple[str, ...]:
    """The distinct labels: in the order given, else sorted, numbers by their value.

    Raises:
        RefusedInput: If a label of ``order`` has no patients, or a patient's label is not in ``order``.
    """
    present = set(labels.tolist())
    if order is None:
        return tuple(sorted(present, key=_by_value))
    for label in order:
        if label not in present:
            raise RefusedInput(
                what=f"group {label!r} has no patients",
                where=name,
                found=f"groups {sorted(present)}",
                remedy="check the cut-off or the spelling, or leave the group out of the comparison",
            )
    unknown = sorted(present - set(order))
    if unknown:
        raise RefusedInput(
            what=f"group {unknown[0]!r} is not among those asked for {list(order)}",
            where=name,
            remedy="name every group, or leave these patients out knowingly",
        )
    return tuple(order)


def require_length(found: int, name: str, n: int | None) -> None:
    """Refuse a column that has not ``n`` rows; None accepts any.

    Raises:
        RefusedInput: Naming the column and both lengths.
    """
    if n is not None and found != n:
        raise RefusedInput(
            what=f"{n} patients but {found} values",
            where=name,
            remedy="give one value per patient, in the order of the outcome",
        )


def require_columns(columns: Mapping[str, object], names: tuple[str, ...]) -> None:
    """Refuse a table that lacks one of ``names``.

    Raises:
        RefusedInput: Naming the missing column.
    """
    for name in names:
        if name not in columns:
            raise RefusedInput(
                what="the column is missing",
                where=name,
                found=f"columns {', '.join(columns)}",
                remedy="add it, or fit without it",
            )


def _by_value(label: str) -> tuple[bool, float, str]:
    try:
        return (False, float(label), label)
    except ValueError:
        return (True, 0.0, label)
