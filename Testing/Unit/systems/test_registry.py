"""Every registered system keeps the protocol; asking for names loads nothing heavy."""

from __future__ import annotations

import subprocess
import sys

import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.systems import registry
from GliomaRadiomicsLib.systems.protocol import System


@pytest.mark.parametrize("name", list(registry.SYSTEMS))
def test_every_entry_keeps_the_protocol(name: str) -> None:
    found = registry.system_class(name)
    assert issubclass(found, System)
    assert found.name == name  # type: ignore[attr-defined]
    assert name in registry.names(registry.SYSTEMS[name].task)


def test_an_unknown_system_is_refused_with_the_known_ones() -> None:
    with pytest.raises(RefusedInput, match="volumetric_grading"):
        registry.system_class("nonsense")


def test_names_and_prediction_need_neither_torch_nor_sklearn() -> None:
    code = """
import sys
from GliomaRadiomicsLib.systems import registry
assert "scipy" not in sys.modules
import numpy as np
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.models.store import starter
from GliomaRadiomicsLib.systems.protocol import CaseData
system = registry.load("volumetric_grading", starter("volumetric_grading"))
system.predict(CaseData({}, Volume(np.full((9, 9, 9), 4, np.uint8), np.eye(4))))
heavy = {"torch", "sklearn", "pandas", "matplotlib"} & set(sys.modules)
assert not heavy, heavy
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
