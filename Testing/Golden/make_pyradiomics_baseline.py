"""Writes ``pyradiomics_baseline.json`` from the baseline tables pyradiomics ships for its own tests.

    python Testing/Golden/make_pyradiomics_baseline.py FOLDER_WITH_baseline_*.csv

The tables were written by pyradiomics 1.3 to 2.1. Only cases of brain1 and brain2 without resampling are taken. For
four mesh values of brain1 the table (written by 2.0.1b1) differs by up to 9e-4 from what pyradiomics 3.0.1 itself
computes of the same files; for these the value of 3.0.1 is kept.
"""

from __future__ import annotations

import ast
import csv
import json
import sys
from pathlib import Path

TARGET = Path(__file__).with_name("pyradiomics_baseline.json")
FAMILIES = ("firstorder", "shape", "shape2D", "glcm", "glrlm", "glszm", "ngtdm", "gldm")
LATER = {
    "original_shape_MeshVolume": 16147.51180013021,
    "original_shape_SurfaceArea": 6438.821603779402,
    "original_shape_SurfaceVolumeRatio": 0.3987500788652454,
    "original_shape_Sphericity": 0.4798234536231475,
}


def read(folder: Path, family: str) -> dict[str, dict]:
    with (folder / f"baseline_{family}.csv").open(encoding="utf-8", newline="") as file:
        rows = {row[0]: row[1:] for row in csv.reader(file)}
    found = {}
    for column, case in enumerate(rows["featureName"]):
        settings = ast.literal_eval(rows["diagnostics_Configuration_Settings"][column])
        if not case.startswith("brain"):
            continue
        features = {
            name: float(row[column]) for name, row in rows.items() if name.startswith("original") and row[column]
        }
        if case == "brain1" and family == "shape":
            features |= LATER
        found[case] = {"settings": settings, "features": features}
    return found


def main() -> None:
    folder = Path(sys.argv[1])
    golden = {
        "source": "pyradiomics, data/baseline/baseline_*.csv (BSD-3-Clause), by make_pyradiomics_baseline.py",
        "later": "brain1 shape: " + ", ".join(LATER) + " are those of pyradiomics 3.0.1",
        "families": {family: read(folder, family) for family in FAMILIES},
    }
    TARGET.write_text(json.dumps(golden, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
