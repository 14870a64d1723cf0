"""How long a run will still take, in words."""

from __future__ import annotations

_MIN_FRACTION, _MIN_SECONDS = 0.03, 3.0
_MINUTE = 60.0
_ALMOST = 10.0


def remaining_text(elapsed_s: float, fraction: float) -> str:
    """Time left if the run goes on at the pace so far; empty while that cannot be told.

    Args:
        elapsed_s: Seconds since the start.
        fraction: Share that is done, 0 to 1.
    """
    if fraction < _MIN_FRACTION or elapsed_s < _MIN_SECONDS or fraction >= 1:
        return ""
    left = elapsed_s * (1 - fraction) / fraction
    if left < _ALMOST:
        return "a few seconds left"
    if left < _MINUTE:
        return f"about {round(left / 10) * 10} s left"
    return f"about {round(left / _MINUTE)} min left"


def elapsed_text(elapsed_s: float) -> str:
    """Time since the start: ``12 s`` or ``3 min 05 s``."""
    minutes, seconds = divmod(int(elapsed_s), int(_MINUTE))
    return f"{minutes} min {seconds:02d} s" if minutes else f"{seconds} s"
