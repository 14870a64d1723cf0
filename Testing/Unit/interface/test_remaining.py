"""Time left in words."""

from __future__ import annotations

import pytest

from GliomaRadiomicsLib.interface.remaining import elapsed_text, remaining_text


@pytest.mark.parametrize(
    ("elapsed", "fraction", "text"),
    [
        (1.0, 0.5, ""),
        (60.0, 0.01, ""),
        (60.0, 1.0, ""),
        (30.0, 0.9, "a few seconds left"),
        (30.0, 0.5, "about 30 s left"),
        (60.0, 0.25, "about 3 min left"),
    ],
)
def test_time_left_is_said_once_it_can_be_told(elapsed: float, fraction: float, text: str) -> None:
    assert remaining_text(elapsed, fraction) == text


def test_time_since_the_start() -> None:
    assert [elapsed_text(seconds) for seconds in (0.4, 59.9, 65.0)] == ["0 s", "59 s", "1 min 05 s"]
