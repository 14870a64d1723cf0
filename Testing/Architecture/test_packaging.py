"""The package's own description is one that pip and setuptools take without a warning."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_the_licence_is_an_spdx_expression_with_its_file() -> None:
    tomllib = pytest.importorskip("tomllib", reason="SKIPPED: needs Python 3.11")
    described = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert described["project"]["license"] == "Apache-2.0"
    assert described["project"]["license-files"] == ["LICENSE"]
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    (needed,) = (re.fullmatch(r"setuptools>=(\d+)[\d.]*", text) for text in described["build-system"]["requires"])
    assert needed
    assert int(needed[1]) >= 77, "older setuptools do not know SPDX expressions"
    assert not any(text.startswith("License ::") for text in described["project"].get("classifiers", []))
