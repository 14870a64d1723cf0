"""Makes `Testing/support` importable, and a finished result for every test."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from support.finished_result import Finished, make_finished  # noqa: E402


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Made once; tests that change it take `finished`."""
    return make_finished(tmp_path_factory.mktemp("finished"))


@pytest.fixture
def finished(tmp_path: Path) -> Finished:
    return make_finished(tmp_path)
