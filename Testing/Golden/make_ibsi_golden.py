"""Writes ``ibsi_reference.json``: the IBSI 1 reference values with their tolerances, and the digital phantom.

    python Testing/Golden/make_ibsi_golden.py FOLDER

FOLDER holds ``ibsi_1_reference_values`` and ``ibsi_1_digital_phantom`` of the IBSI data sets. The phantom is an
invented array of 5 x 4 x 4 voxels. Features without a consensus value are left out.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import nibabel

TARGET = Path(__file__).with_name("ibsi_reference.json")
SOURCE = (
    "A. Zwanenburg et al., Image biomarker standardisation initiative, arXiv:1612.07003, and the IBSI 1 reference "
    "values and digital phantom of the IBSI data sets (CC BY 4.0), by make_ibsi_golden.py"
)
NAMES = {"digital phantom": "dig_phantom", **{letter.upper(): f"chest_config_{letter}" for letter in "abcde"}}


def read_values(path: Path) -> dict[str, list[float]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))[1:]
    return {tag.strip(): [float(value), float(tolerance)] for value, tolerance, tag in rows if value.strip()}


def read_phantom(folder: Path) -> dict:
    image, mask = (nibabel.load(folder / "nifti" / name) for name in ("image/phantom.nii.gz", "mask/mask.nii.gz"))
    return {
        "axes": "i, j, k",
        "spacing_mm": [float(size) for size in image.header.get_zooms()],
        "image": image.get_fdata().astype(int).tolist(),
        "mask": mask.get_fdata().astype(int).tolist(),
    }


def main() -> None:
    folder = Path(sys.argv[1])
    values = folder / "ibsi_1_reference_values"
    golden = {
        "source": SOURCE,
        "columns": ["reference value", "tolerance"],
        "digital_phantom": read_phantom(folder / "ibsi_1_digital_phantom"),
        "values": {name: read_values(values / f"ibsi_1_{file}.csv") for name, file in NAMES.items()},
    }
    lines = json.dumps(golden, separators=(", ", ": ")).replace('], "', '],\n"').replace('}, "', '},\n"')
    TARGET.write_text(lines + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
