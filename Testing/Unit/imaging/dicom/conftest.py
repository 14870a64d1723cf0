"""Makes ``Testing/support/dicom_series.py`` importable, and gives an oblique grid."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

_PATH = Path(__file__).resolve().parents[3] / "support" / "dicom_series.py"

if "dicom_series" not in sys.modules:
    _spec = importlib.util.spec_from_file_location("dicom_series", _PATH)
    assert _spec is not None
    assert _spec.loader is not None
    _module = importlib.util.module_from_spec(_spec)
    sys.modules["dicom_series"] = _module
    _spec.loader.exec_module(_module)
