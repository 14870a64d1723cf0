"""The process that writes `scene.mrb`: which Python it is, and where it finds the library."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from GliomaRadiomicsLib.pipeline import scene

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.skipif(os.name == "nt", reason="SKIPPED: needs a shell script as PythonSlicer")
def test_inside_slicer_its_python_is_started_and_finds_the_library_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "PythonSlicer"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$*" "$PYTHONPATH" > "$(dirname "$0")/started"\n')
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "SlicerApp-real"))
    monkeypatch.setattr(scene, "find_spec", lambda _name: object())
    monkeypatch.chdir(tmp_path)
    assert scene.write_scene(tmp_path / "out") == ""
    arguments, path = (tmp_path / "started").read_text().splitlines()
    assert arguments == f"-m GliomaRadiomicsLib.scene.bundle {tmp_path / 'out'}"
    assert str(ROOT) in path.split(os.pathsep)


def test_without_a_python_the_reason_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "SlicerApp-real"))
    monkeypatch.setattr(scene, "find_spec", lambda _name: object())
    monkeypatch.setenv("PATH", "")
    assert "PythonSlicer" in scene.write_scene(tmp_path)
