"""How a command line ended, and that it refused as it should."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple


class Ending(NamedTuple):
    code: int
    out: str
    err: str


Cli = Callable[..., Ending]


def check_refused(ending: Ending, folder: Path, *words: str) -> None:
    """Exit code 2, one line on stderr with these words, and no output folder, finished or not."""
    assert ending.code == 2, ending
    lines = ending.err.strip().splitlines()
    assert len(lines) == 1, ending.err
    for word in words:
        assert word in lines[0]
    assert "Traceback" not in ending.err + ending.out
    assert str(folder) not in lines[0]
    assert not [path.name for path in folder.iterdir() if path.name.lstrip(".").startswith("out")]
