"""A part of a longer work that reports from 0 to 1 on its own."""

from __future__ import annotations

from GliomaRadiomicsLib.core.progress import Progress


def part_of(progress: Progress | None, start: float, end: float, name: str = "") -> Progress:
    """Progress that takes ``progress`` from ``start`` to ``end``, its messages beginning with ``name``; may cancel."""
    whole = progress or Progress()
    prefix = f"{name}: " if name else ""

    def report(fraction: float, message: str) -> None:
        whole.report(start + (end - start) * fraction, f"{prefix}{message}")

    return Progress(report)
