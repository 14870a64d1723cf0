"""A real MRML scene for every test; all of them are skipped, loudly, where slicer-core is not installed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

pytest.importorskip("slicer", reason='SKIPPED: needs slicer-core, pip install "glioma-radiomics[scene]"')


@pytest.fixture(scope="session")
def booted() -> Any:
    from GliomaRadiomicsLib.scene import headless

    return headless.boot()


@pytest.fixture
def scene(booted: Any) -> Any:
    booted.Clear(False)
    yield booted
    booted.Clear(False)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    from support.output_folder import write_output_folder

    write_output_folder(tmp_path / "out")
    return tmp_path / "out"
