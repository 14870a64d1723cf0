"""ICC: the six published values and intervals, pingouin's example, and awkward ratings."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.icc import FORMS, intraclass_correlation

WINE = {"ICC1": (0.728, 0.434, 0.927), "ICC2": (0.728, 0.434, 0.927), "ICC3": (0.729, 0.426, 0.928)}
WINE_K = {"ICC1k": (0.914, 0.754, 0.981), "ICC2k": (0.914, 0.754, 0.981), "ICC3k": (0.915, 0.748, 0.981)}
"""Wine ratings of pingouin's documentation (intraclass_corr), its values checked there against R; rounded here."""


def test_six_forms_equal_shrout_and_fleiss(published) -> None:
    expected = published["icc"]
    table = intraclass_correlation(expected["ratings"])
    for form in FORMS:
        assert table[form].value == pytest.approx(expected["values"][form], abs=5.1e-3)
        assert table[form].interval[0] == pytest.approx(expected["lower"][form], abs=5.1e-4)
        assert table[form].interval[1] == pytest.approx(expected["upper"][form], abs=5.1e-3)
    assert (table.n_targets, table.n_raters) == (6, 4)
    assert table["ICC1"].degrees_of_freedom == (5, 18)
    assert table["ICC3"].f == pytest.approx(11.03, abs=5.1e-3)
    assert table["ICC1"].p == pytest.approx(0.16477, abs=5.1e-6)


def test_wine_ratings_equal_pingouin(shared_data) -> None:
    long = pd.read_csv(shared_data / "reference" / "pingouin" / "icc.csv")
    table = intraclass_correlation(long.pivot(index="Wine", columns="Judge", values="Scores"))
    for form, expected in {**WINE, **WINE_K}.items():
        assert (table[form].value, *table[form].interval) == pytest.approx(expected, abs=1.1e-3)


def test_perfect_agreement_and_a_constant_shift() -> None:
    values = np.arange(10.0)
    perfect = intraclass_correlation(np.stack([values, values], axis=1))
    assert [row.value for row in perfect.forms] == [1.0] * 6
    assert perfect["ICC2"].f is None
    shifted = intraclass_correlation(np.stack([values, values + 3], axis=1))
    assert shifted["ICC3"].value == pytest.approx(1)
    assert shifted["ICC2"].value < 0.8
    assert shifted["ICC2"].interval[0] < shifted["ICC2"].value < shifted["ICC2"].interval[1]


def test_interval_covers_the_true_agreement() -> None:
    generator = np.random.default_rng(0)
    hits = 0
    for _ in range(300):
        ratings = generator.normal(size=(25, 1)) + generator.normal(size=(25, 2))
        low, high = intraclass_correlation(ratings)["ICC1"].interval
        hits += low < 0.5 < high
    assert 0.91 < hits / 300 < 0.99


def test_bad_ratings_are_named() -> None:
    with pytest.raises(RefusedInput, match="glcm_contrast: a rating is missing.*found row 2, 1 of 3 targets"):
        intraclass_correlation([[1, 2], [np.nan, 2], [3, 4]], name="glcm_contrast")
    with pytest.raises(RefusedInput, match="glcm_contrast: the targets have the same mean rating"):
        intraclass_correlation([[1, 1], [1, 1]], name="glcm_contrast")
    with pytest.raises(RefusedInput, match="at least two targets"):
        intraclass_correlation([[1], [2]])
    with pytest.raises(RefusedInput, match="a rating is not a number"):
        intraclass_correlation([["a", 1], [2, 3]])
