"""Command lines run in a folder of their own, and images written into it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from GliomaRadiomicsLib.cli.main import main
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import write_volume
from GliomaRadiomicsLib.imaging.phantom import PhantomPatient

sys.path.insert(0, str(Path(__file__).resolve().parent))
from endings import Cli, Ending  # noqa: E402


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Runs a command line in the folder ``tmp_path``."""
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> Ending:
        capsys.readouterr()
        try:
            code = main([str(word) for word in words])
        except SystemExit as stop:
            code = int(stop.code or 0)
        return Ending(code, *capsys.readouterr())

    return run


@pytest.fixture
def image(phantom: PhantomPatient, tmp_path: Path) -> Callable[..., str]:
    """Writes an image into the working folder and gives its relative name."""

    def write(name: str, array: np.ndarray | None = None, volume: Volume | None = None) -> str:
        base = volume or phantom.volumes["t1ce"]
        write_volume(base if array is None else base.with_array(array), tmp_path / name)
        return name

    return write
