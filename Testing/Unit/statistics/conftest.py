"""R's survival data sets from the shared data, and the golden values of the survival statistics."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

GOLDEN = Path(__file__).resolve().parents[2] / "Golden"


@pytest.fixture(scope="session")
def r_data(shared_data: Path) -> Callable[[str], pd.DataFrame]:
    """Reads a data set of R's survival package by its name."""
    return lambda name: pd.read_csv(shared_data / "reference" / "survival_R" / f"{name}.csv")


@pytest.fixture(scope="session")
def published() -> dict[str, Any]:
    """Values printed in public documents, each with its source."""
    return json.loads((GOLDEN / "survival_published.json").read_text())


@pytest.fixture(scope="session")
def independent() -> dict[str, Any]:
    """Values of lifelines and scikit-survival, written by ``make_survival_reference.py``."""
    return json.loads((GOLDEN / "survival_reference.json").read_text())
