"""Progress: spans, timings, cancelling."""

from __future__ import annotations

import time

import pytest

from GliomaRadiomicsLib.core.errors import Cancelled
from GliomaRadiomicsLib.core.progress import Progress


def test_a_step_reports_inside_its_span_and_is_timed() -> None:
    seen: list[tuple[float, str]] = []
    progress = Progress(lambda fraction, message: seen.append((fraction, message)))
    with progress.step("half", 0.2, 0.6, "working") as inner:
        time.sleep(0.02)
        inner.report(0.5, "still")
        inner.report(7.0, "too far")
    progress.report(1.0, "done")
    assert [message for _, message in seen] == ["working", "still", "too far", "done"]
    assert [fraction for fraction, _ in seen] == pytest.approx([0.2, 0.4, 0.6, 1.0])
    assert progress.timings["half"] >= 0.02


def test_a_cancelled_report_says_where_and_a_failing_step_is_timed_too() -> None:
    asked = False
    progress = Progress(is_cancelled=lambda: asked)
    progress.report(0.1, "before")
    asked = True
    with pytest.raises(Cancelled, match="grading"):
        progress.report(0.2, "grading")
    asked = False
    with pytest.raises(ZeroDivisionError), progress.step("broken", 0.0, 1.0, "dividing"):
        _ = 1 / 0
    assert "broken" in progress.timings


def test_after_a_step_cancelled_at_its_start_the_outer_span_counts_again() -> None:
    seen: list[float] = []
    asked = True
    progress = Progress(lambda fraction, message: seen.append(fraction), lambda: asked)
    with pytest.raises(Cancelled), progress.step("first", 0.0, 0.1, "first"):
        pass
    asked = False
    progress.report(1.0, "again")
    assert seen == [1.0]
