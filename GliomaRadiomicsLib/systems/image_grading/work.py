"""The folder a training works in."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from GliomaRadiomicsLib.core.errors import RefusedInput

READ = 0.1
"""Share of the progress that reading the cohort takes."""


def span(part: int, parts: int, end: float = 1.0) -> tuple[float, float]:
    """From where to where one of several equal parts takes the progress, after the reading and up to ``end``."""
    width = (end - READ) / parts
    return READ + part * width, READ + (part + 1) * width


@contextmanager
def work_folder(chosen: str) -> Iterator[Path]:
    """The folder of the setting ``work``, made if needed and kept; a temporary one where none is chosen.

    Raises:
        RefusedInput: If the folder cannot be made.
    """
    if not chosen:
        with tempfile.TemporaryDirectory(prefix="grading-") as temporary:
            yield Path(temporary)
        return
    folder = Path(chosen).expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        remedy = "choose a folder that can be written"
        raise RefusedInput(what="cannot make the folder", where="work", found=error.strerror, remedy=remedy) from error
    yield folder
