"""The synthetic cases of ``Testing/Golden/radiomics_cases.py`` as volumes, and the golden values."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

GOLDEN = Path(__file__).resolve().parents[2] / "Golden"


def _load_cases() -> ModuleType:
    spec = importlib.util.spec_from_file_location("radiomics_cases", GOLDEN / "radiomics_cases.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["radiomics_cases"] = module
    spec.loader.exec_module(module)
    return module


_CASES = _load_cases().cases()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case_name" in metafunc.fixturenames:
        metafunc.parametrize("case_name", sorted(_CASES))


@pytest.fixture(scope="session")
def synthetic() -> dict:
    """All synthetic cases by name."""
    return _CASES


@pytest.fixture(scope="session")
def golden() -> dict:
    """Features of the synthetic cases by pyradiomics 3.0.1: by case, then by feature."""
    return json.loads((GOLDEN / "pyradiomics_synthetic.json").read_text(encoding="utf-8"))["cases"]


@pytest.fixture(scope="session")
def baseline() -> dict:
    """Features of pyradiomics' own test images: by family, then by case."""
    return json.loads((GOLDEN / "pyradiomics_baseline.json").read_text(encoding="utf-8"))["families"]
