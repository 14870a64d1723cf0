"""The first table of a paper: patients' characteristics by group with the test that fits the column.

Source: Mann & Whitney 1947; Kruskal & Wallis 1952; Pearson's chi-square; Fisher's exact test where a count of less
than 5 is expected (Cochran 1954), with a simulated chi-square in its place for tables larger than 2 x 2 (Hope 1968).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.columns import (
    label_column,
    label_text,
    numeric_column,
    ordered_labels,
    refuse_rows,
    require_columns,
    require_length,
)
from GliomaRadiomicsLib.statistics.covariates import Columns

SMALLEST_EXPECTED = 5.0
SIMULATIONS = 20_000


@dataclass(frozen=True)
class BaselineCell:
    """One characteristic in one group.

    Attributes:
        group: The group.
        n: Patients with a value.
        missing: Patients without one.
        median: Of a number, with quartiles, mean and SD; None for categories and where nobody has a value.
        lower_quartile: First quartile.
        upper_quartile: Third quartile.
        mean: Mean.
        sd: Standard deviation; None for fewer than two values.
        counts: Patients at each level of a category, in the order of the row's levels.
    """

    group: str
    n: int
    missing: int
    median: float | None = None
    lower_quartile: float | None = None
    upper_quartile: float | None = None
    mean: float | None = None
    sd: float | None = None
    counts: tuple[int, ...] = ()


@dataclass(frozen=True)
class BaselineRow:
    """One characteristic.

    Attributes:
        name: The column.
        levels: Levels of a category; empty for a number.
        cells: One per group.
        test: "Mann-Whitney", "Kruskal-Wallis", "chi-square", "Fisher" or "chi-square, simulated"; empty if none fits.
        statistic: U, H or chi-square; None for Fisher's test or no test.
        p: Two-sided p; None if no test is possible.
        note: Why not.
    """

    name: str
    levels: tuple[str, ...]
    cells: tuple[BaselineCell, ...]
    test: str
    statistic: float | None
    p: float | None
    note: str


@dataclass(frozen=True)
class BaselineTable:
    """The table; ``sizes`` are the patients of each group, all of them counted in every row as value or missing."""

    groups: tuple[str, ...]
    sizes: tuple[int, ...]
    rows: tuple[BaselineRow, ...]
    n: int


def baseline_table(
    columns: Columns,
    groups: npt.ArrayLike,
    *,
    order: tuple[str, ...] | None = None,
    categories: Sequence[str] = (),
    name: str = "group",
    seed: int = 0,
) -> BaselineTable:
    """Compare groups of patients column by column; gaps are counted, never dropped in silence.

    Args:
        columns: Characteristics by name, n values each; None and NaN are gaps.
        groups: Group of each patient, n labels.
        order: Groups from left to right; sorted if not given.
        categories: Numeric columns that are codes of categories; text and True/False are categories anyway.
        name: Column of the groups, for messages.
        seed: Of the simulated p.

    Raises:
        RefusedInput: If a group is empty or alone, a column has another length, holds infinities, or mixes numbers and
            text.
    """
    labels = label_column(groups, name)
    names = ordered_labels(labels, name, order)
    if len(names) < 2:
        raise RefusedInput(
            what="one group only", where=name, found=repr(names[0]), remedy="a comparison needs two groups or more"
        )
    require_columns(columns, tuple(categories))
    masks = {label: labels == label for label in names}
    rows = []
    for column, values in columns.items():
        array = np.asarray(values, dtype=object)
        require_length(array.size, column, labels.size)
        if column in categories or _is_category(array, column):
            rows.append(_category_row(column, array, masks, np.random.default_rng(seed)))
        else:
            rows.append(_number_row(column, numeric_column(array, column), masks))
    return BaselineTable(names, tuple(int(masks[label].sum()) for label in names), tuple(rows), int(labels.size))


def _is_category(array: npt.NDArray, name: str) -> bool:
    present = [item for item in array.tolist() if label_text(item)]
    texts = [item for item in present if isinstance(item, str)]
    if present and all(isinstance(item, (bool, np.bool_)) for item in present):
        return True
    if texts and len(texts) < len(present) or 0 < sum(map(_is_number, texts)) < len(texts):
        odd = next(item for item in texts if not _is_number(item)) if not all(map(_is_number, texts)) else texts[0]
        raise RefusedInput(
            what="numbers and text are mixed",
            where=name,
            found=repr(odd),
            remedy="write gaps as empty cells, or name the column among the categories",
        )
    if texts and all(map(_is_number, texts)):
        raise RefusedInput(
            what="numbers written as text",
            where=name,
            found=repr(texts[0]),
            remedy="convert the column to numbers, or name it among the categories",
        )
    return bool(texts)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _number_row(name: str, values: npt.NDArray[np.float64], masks: Mapping[str, npt.NDArray[np.bool_]]) -> BaselineRow:
    refuse_rows(values, np.isinf, name, "a value is infinite", "correct the value; often a division by zero")
    samples = {label: values[mask & ~np.isnan(values)] for label, mask in masks.items()}
    cells = tuple(_number_cell(label, sample, int(masks[label].sum())) for label, sample in samples.items())
    empty = [label for label, sample in samples.items() if sample.size == 0]
    if empty:
        return BaselineRow(name, (), cells, "", None, None, f"no values in group {empty[0]}")
    if np.ptp(np.concatenate(list(samples.values()))) == 0:
        return BaselineRow(name, (), cells, "", None, None, "the same in all patients")
    if len(samples) == 2:
        first, second = samples.values()
        result, test = stats.mannwhitneyu(first, second, alternative="two-sided"), "Mann-Whitney"
    else:
        result, test = stats.kruskal(*samples.values()), "Kruskal-Wallis"
    return BaselineRow(name, (), cells, test, float(result.statistic), float(result.pvalue), "")


def _number_cell(label: str, sample: npt.NDArray[np.float64], size: int) -> BaselineCell:
    if sample.size == 0:
        return BaselineCell(label, 0, size)
    low, middle, high = (float(value) for value in np.quantile(sample, [0.25, 0.5, 0.75]))
    sd = float(sample.std(ddof=1)) if sample.size > 1 else None
    return BaselineCell(label, int(sample.size), size - int(sample.size), middle, low, high, float(sample.mean()), sd)


def _category_row(
    name: str, array: npt.NDArray, masks: Mapping[str, npt.NDArray[np.bool_]], generator: np.random.Generator
) -> BaselineRow:
    texts = np.array([label_text(item) for item in array], dtype=np.str_)
    levels = ordered_labels(texts[texts != ""], name) if (texts != "").any() else ()
    counts = np.array([[int((texts[mask] == level).sum()) for level in levels] for mask in masks.values()], dtype=int)
    counts = counts.reshape(len(masks), len(levels))
    cells = tuple(
        BaselineCell(label, int(row.sum()), int(mask.sum() - row.sum()), counts=tuple(row.tolist()))
        for (label, mask), row in zip(masks.items(), counts, strict=True)
    )
    empty = [cell.group for cell in cells if cell.n == 0]
    if empty:
        return BaselineRow(name, levels, cells, "", None, None, f"no values in group {empty[0]}")
    if len(levels) < 2:
        return BaselineRow(name, levels, cells, "", None, None, "the same in all patients")
    return BaselineRow(name, levels, cells, *_category_test(counts, generator), "")


def _category_test(counts: npt.NDArray[np.int_], generator: np.random.Generator) -> tuple[str, float | None, float]:
    statistic, p, _, expected = stats.chi2_contingency(counts, correction=False)
    if expected.min() >= SMALLEST_EXPECTED:
        return "chi-square", float(statistic), float(p)
    if counts.shape == (2, 2):
        return "Fisher", None, float(stats.fisher_exact(counts)[1])
    tables = stats.random_table(counts.sum(axis=1), counts.sum(axis=0), seed=generator).rvs(SIMULATIONS)
    drawn = np.sum((tables - expected) ** 2 / expected, axis=(1, 2))
    exceeding = int((drawn >= statistic * (1 - 1e-9)).sum())
    return "chi-square, simulated", float(statistic), (exceeding + 1) / (SIMULATIONS + 1)
