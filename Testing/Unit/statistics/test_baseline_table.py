"""Baseline table: the test that fits the column, by hand and against scipy; nothing dropped in silence."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.baseline_table import baseline_table

GROUPS = np.array(["training"] * 12 + ["test"] * 8)
ORDER = ("training", "test")


def test_numbers_are_compared_by_rank() -> None:
    age = [*range(40, 52), *range(46, 53), np.nan]
    table = baseline_table({"age": age}, GROUPS, order=ORDER)
    row = table.rows[0]
    expected = stats.mannwhitneyu(range(40, 52), range(46, 53))
    assert (row.test, row.statistic, row.p) == ("Mann-Whitney", expected.statistic, expected.pvalue)
    assert [(cell.n, cell.missing) for cell in row.cells] == [(12, 0), (7, 1)]
    assert (row.cells[0].median, row.cells[0].lower_quartile, row.cells[0].mean) == (45.5, 42.75, 45.5)
    assert (table.sizes, table.n) == ((12, 8), 20)


def test_three_groups_use_kruskal_wallis() -> None:
    values, groups = [1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 1, 1, 2, 2, 2, 10, 10, 10]
    row = baseline_table({"x": values}, groups).rows[0]
    assert (row.test, row.statistic) == ("Kruskal-Wallis", pytest.approx(7.2))
    assert [cell.group for cell in row.cells] == ["1", "2", "10"]


def test_large_counts_use_chi_square_and_small_ones_fisher() -> None:
    groups = ["a"] * 40 + ["b"] * 40
    sex = ["m"] * 25 + ["f"] * 15 + ["m"] * 15 + ["f"] * 25
    row = baseline_table({"sex": sex}, groups).rows[0]
    assert (row.test, row.statistic) == ("chi-square", pytest.approx(5.0))
    assert row.levels == ("f", "m")
    assert [cell.counts for cell in row.cells] == [(15, 25), (25, 15)]
    tea = baseline_table({"tea": ["yes"] * 3 + ["no"] + ["yes"] + ["no"] * 3}, ["a"] * 4 + ["b"] * 4).rows[0]
    assert (tea.test, tea.statistic, tea.p) == ("Fisher", None, pytest.approx(0.4857, abs=1e-4))


def test_large_tables_with_small_counts_simulate_fishers_idea() -> None:
    groups = ["a"] * 8 + ["b"] * 8
    site = ["l"] * 6 + ["r"] * 2 + ["l"] + ["r"] * 4 + ["m"] * 3
    row = baseline_table({"site": site}, groups).rows[0]
    assert row.test == "chi-square, simulated"
    assert row.p == pytest.approx(_exact(np.array([[6, 0, 2], [1, 3, 4]])), abs=0.015)
    assert row == baseline_table({"site": site}, groups).rows[0]


def test_codes_gaps_and_constants() -> None:
    columns = {"idh": [0, 1] * 10, "alive": [True, False] * 10, "field": [3.0] * 20, "mgmt": ["m"] * 12 + [None] * 8}
    rows = baseline_table(columns, GROUPS, order=ORDER, categories=["idh"]).rows
    assert [row.levels for row in rows] == [("0", "1"), ("False", "True"), (), ("m",)]
    assert (rows[2].p, rows[2].note) == (None, "the same in all patients")
    assert (rows[3].p, rows[3].note, rows[3].cells[1].missing) == (None, "no values in group test", 8)


def test_bad_columns_are_named() -> None:
    with pytest.raises(RefusedInput, match="age: numbers and text are mixed.*'unknown'"):
        baseline_table({"age": ["61", "unknown"] * 10}, GROUPS)
    with pytest.raises(RefusedInput, match="age: numbers and text are mixed.*'n/a'"):
        baseline_table({"age": [61, "n/a"] * 10}, GROUPS)
    with pytest.raises(RefusedInput, match="age: numbers written as text"):
        baseline_table({"age": ["61", "62"] * 10}, GROUPS)
    with pytest.raises(RefusedInput, match="age: 20 patients but 3 values"):
        baseline_table({"age": [1, 2, 3]}, GROUPS)
    with pytest.raises(RefusedInput, match="group: group 'validation' has no patients"):
        baseline_table({"age": range(20)}, GROUPS, order=("training", "test", "validation"))
    with pytest.raises(RefusedInput, match="age: a value is infinite"):
        baseline_table({"age": [np.inf] + [1] * 19}, GROUPS)
    with pytest.raises(RefusedInput, match="grade: the column is missing"):
        baseline_table({"age": range(20)}, GROUPS, categories=["grade"])


def _exact(table: np.ndarray) -> float:
    """Probability of a chi-square as large, over all tables with these margins."""
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    law = stats.random_table(rows, columns)
    expected = np.outer(rows, columns) / table.sum()

    def chi_square(counts: np.ndarray) -> float:
        return float(((counts - expected) ** 2 / expected).sum())

    total = 0.0
    for first in range(columns[0] + 1):
        for second in range(columns[1] + 1):
            top = np.array([first, second, rows[0] - first - second])
            counts = np.stack([top, columns - top])
            if (counts >= 0).all() and chi_square(counts) >= chi_square(table) - 1e-9:
                total += float(law.pmf(counts))
    return total
