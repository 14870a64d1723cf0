"""Waiting as the desktop program does: the event loop goes on."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(condition: Callable[[], bool], timeout_s: float = 20.0) -> None:
    """Let the event loop run, as the desktop program would, until the condition holds."""
    from PySide6.QtCore import QCoreApplication

    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        QCoreApplication.processEvents()
        time.sleep(0.01)
