"""Survival outcomes: what is refused, and in which words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.outcome import Outcome


@pytest.mark.parametrize(
    ("time", "event", "message"),
    [
        ([5, 0], [1, 1], "days: follow-up times must be greater than zero .found 0 in row 2, 1 of 2"),
        ([5, -3], [1, 1], "days: .*greater than zero .found -3 in row 2"),
        ([5, None], [1, 1], "days: a follow-up time is missing"),
        ([5, np.inf], [1, 1], "days: a follow-up time is infinite"),
        (pd.Series([5, "long"], dtype=object), [1, 1], "days: not a column of numbers .found 'long'"),
        ([5, 6], [1, 2], "died: an event is neither 0 nor 1 .found 2 in row 2"),
        ([5, 6], ["yes", "no"], "died: not a column of numbers .found 'yes'.*1 = died"),
        ([5, 6], [1, np.nan], "died: an event is missing"),
        ([5, 6], [1], "days and died: 2 times but 1 events"),
        ([], [], "days: one value per patient"),
    ],
)
def test_refused(time: list | pd.Series, event: list, message: str) -> None:
    with pytest.raises(RefusedInput, match=message):
        Outcome(time, event, "days", "died")


def test_counts_and_parts() -> None:
    outcome = Outcome(pd.Series([3, 1, 2]), pd.Series([True, False, True]))
    assert (outcome.n, outcome.n_events, len(outcome)) == (3, 2, 3)
    part = outcome.take([0, 0, 1])
    assert part.time.tolist() == [3, 3, 1]
    assert part.n_events == 2
    with pytest.raises(ValueError, match="read-only"):
        outcome.time[0] = 9
    with pytest.raises(RefusedInput, match="a curve needs at least 3 events .found 2 events among 3 patients"):
        outcome.require_events(3, "a curve")
