"""Progress that can be cancelled, the same for the command line, the panel and the browser."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from GliomaRadiomicsLib.core.errors import Cancelled

ProgressCallback = Callable[[float, str], None]
"""Called with the fraction done (0 to 1) and a message."""


def _silent(fraction: float, message: str) -> None:
    pass


@dataclass
class Progress:
    """Reports progress and stops the work when asked to.

    Attributes:
        callback: Receives fraction and message.
        is_cancelled: Asked at every report; when it answers True, `Cancelled` is raised.
        timings: Seconds each finished step took, by step name.
    """

    callback: ProgressCallback = _silent
    is_cancelled: Callable[[], bool] = lambda: False
    timings: dict[str, float] = field(default_factory=dict)
    _span: tuple[float, float] = (0.0, 1.0)

    def report(self, fraction: float, message: str) -> None:
        """Report ``fraction`` (0 to 1 of the current step) done; raises `Cancelled` if the user cancelled."""
        if self.is_cancelled():
            msg = f"cancelled during: {message}"
            raise Cancelled(msg)
        start, end = self._span
        self.callback(start + (end - start) * min(max(fraction, 0.0), 1.0), message)

    def step(self, name: str, start: float, end: float, message: str) -> _Step:
        """Context manager for a named step that takes the overall progress from ``start`` to ``end``, and is timed."""
        return _Step(self, name, (start, end), message)


class _Step:
    def __init__(self, progress: Progress, name: str, span: tuple[float, float], message: str) -> None:
        self._progress, self._name, self._span, self._message = progress, name, span, message

    def __enter__(self) -> Progress:
        self._outer, self._progress._span = self._progress._span, self._span
        self._began = time.perf_counter()
        try:
            self._progress.report(0.0, self._message)
        except BaseException:
            self._progress._span = self._outer
            raise
        return self._progress

    def __exit__(self, *exc: object) -> None:
        self._progress.timings[self._name] = round(time.perf_counter() - self._began, 3)
        self._progress._span = self._outer
