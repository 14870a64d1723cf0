"""The synthetic cases of ``Testing/Golden/radiomics*_cases.py``, the golden values, and how values are compared."""

from __future__ import annotations

import importlib.util
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

GOLDEN = Path(__file__).resolve().parents[2] / "Golden"


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, GOLDEN / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


_CASES = _load("radiomics_cases").cases()
_SETTING_CASES = _load("radiomics_setting_cases").cases()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case_name" in metafunc.fixturenames:
        metafunc.parametrize("case_name", sorted(_CASES))
    if "setting_name" in metafunc.fixturenames:
        metafunc.parametrize("setting_name", sorted(_SETTING_CASES))


@pytest.fixture(scope="session")
def synthetic() -> dict:
    """All synthetic cases by name."""
    return _CASES


@pytest.fixture(scope="session")
def setting_cases() -> dict:
    """All synthetic cases for the settings by name."""
    return _SETTING_CASES


@pytest.fixture(scope="session")
def golden() -> dict:
    """Features of the synthetic cases by pyradiomics 3.0.1: by case, then by feature."""
    return json.loads((GOLDEN / "pyradiomics_synthetic.json").read_text(encoding="utf-8"))["cases"]


@pytest.fixture(scope="session")
def setting_golden() -> dict:
    """Features of the synthetic cases for the settings by pyradiomics 3.0.1: by case, then by feature."""
    return json.loads((GOLDEN / "pyradiomics_settings.json").read_text(encoding="utf-8"))["cases"]


@pytest.fixture(scope="session")
def baseline() -> dict:
    """Features of pyradiomics' own test images: by family, then by case."""
    return json.loads((GOLDEN / "pyradiomics_baseline.json").read_text(encoding="utf-8"))["families"]


ROUNDED_TO_ZERO_MM = 1e-6
"""Where a region has no extent along an axis, its length is the rounding of 0, which differs between machines."""


@pytest.fixture(scope="session")
def differences() -> Callable[[dict[str, float], dict[str, float | None]], list[str]]:
    """What of computed features is absent or differs from golden ones by more than rtol 1e-6; NaN is None there."""

    def _differences(computed: dict[str, float], expected: dict[str, float | None]) -> list[str]:
        return [
            f"{name}: {computed.get(name)!r}, pyradiomics {value!r}"
            for name, value in expected.items()
            if name not in computed or not _same(name, computed[name], math.nan if value is None else value)
        ]

    return _differences


def _same(name: str, value: float, expected: float) -> bool:
    if math.isnan(value) and math.isnan(expected):
        return True
    tolerance = ROUNDED_TO_ZERO_MM if name.endswith(("AxisLength", "Elongation", "Flatness")) else 1e-9
    return math.isclose(value, expected, rel_tol=1e-6, abs_tol=tolerance)


@pytest.fixture(scope="session")
def ibsi() -> ModuleType:
    """``Testing/Golden/ibsi_conformance.py``: IBSI features beside their consensus values."""
    return _load("ibsi_conformance")
