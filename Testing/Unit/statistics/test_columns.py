"""Columns of a user's table: what is a number, what is a gap, what is refused."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.columns import complete_column, label_column, numeric_column, ordered_labels


@pytest.mark.parametrize(
    "values",
    [
        [1, None, 3],
        pd.array([1, None, 3], dtype="Int64"),
        pd.Series([1, np.nan, 3]),
        pd.Series([1, pd.NA, 3], dtype=object),
    ],
)
def test_gaps_of_every_kind_are_gaps(values) -> None:
    np.testing.assert_array_equal(numeric_column(values, "age"), [1, np.nan, 3])
    with pytest.raises(RefusedInput, match=r"age: a value is missing \(found nan in row 2, 1 of 3 rows in all\)"):
        complete_column(values, "age")


@pytest.mark.parametrize(
    "values",
    [["1", "2"], pd.Series([1, "2"], dtype=object), pd.Series(["a", "b"], dtype="string"), [datetime.date(2020, 1, 1)]],
)
def test_text_is_never_read_as_a_number(values) -> None:
    with pytest.raises(RefusedInput, match="age: not a column of numbers"):
        numeric_column(values, "age")


@pytest.mark.parametrize("values", [[], [[1, 2], [3, 4]], 5])
def test_a_column_has_one_value_per_patient(values) -> None:
    with pytest.raises(RefusedInput, match="age: one value per patient is needed"):
        numeric_column(values, "age")


def test_labels_are_equal_as_text_and_sorted_by_value() -> None:
    labels = label_column([10, 2.0, "2", True], "grade")
    assert labels.tolist() == ["10", "2", "2", "True"]
    assert ordered_labels(labels, "grade") == ("2", "10", "True")
    with pytest.raises(RefusedInput, match="grade: group '10' is not among those asked for"):
        ordered_labels(labels, "grade", ("2", "True"))


@pytest.mark.parametrize("gap", [None, np.nan, "", "  ", pd.NA, pd.NaT])
def test_a_blank_label_is_a_gap(gap) -> None:
    with pytest.raises(RefusedInput, match="grade: a label is missing"):
        label_column(["2", gap], "grade")
