"""Writes ``pyradiomics_patient.json``: features of one patient of the shared cases, computed by pyradiomics 3.0.1.

In the environment of ``make_pyradiomics_filters_golden.py``:

    python Testing/Golden/make_pyradiomics_patient_golden.py FOLDER_OF_CASES

Every sequence with every region, with pyradiomics' defaults; and some settings on a part of them. Only numbers are
kept, no part of an image.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import make_pyradiomics_filters_golden  # noqa: F401 - gives pyradiomics the names that SciPy no longer has
import numpy as np
import radiomics
import SimpleITK as sitk  # noqa: N813 - the name everybody uses
from radiomics.featureextractor import RadiomicsFeatureExtractor

TARGET = Path(__file__).with_name("pyradiomics_patient.json")
CASE = "Brats18_TCIA03_265_1"
SEQUENCES = ("t1", "t1ce", "t2", "flair")
REGIONS = {"WT": (1, 2, 4), "TC": (1, 4), "ET": (4,)}
NORMALISED = {"normalize": True, "normalizeScale": 100, "removeOutliers": 3, "binWidth": 10}
RUNS = [
    *({"sequence": sequence, "region": region, "settings": {}} for region in REGIONS for sequence in SEQUENCES),
    {"sequence": "t1ce", "region": "TC", "settings": {"resampledPixelSpacing": [2, 2, 2], **NORMALISED}},
    {"sequence": "flair", "region": "ET", "settings": {"distances": [1, 2], "weightingNorm": "euclidean"}},
    {"sequence": "t2", "region": "ET", "settings": {"resegmentRange": [-1.5, 1.5], "resegmentMode": "sigma"}},
    {"sequence": "t1", "region": "ET", "settings": {"force2D": True, "binCount": 32}},
    *(
        {"sequence": sequence, "region": "ET", "settings": {"binWidth": 0.5}, "image_types": {"LBP3D": {}}}
        for sequence in ("t1ce", "flair")
    ),
]


def features(folder: Path, run: dict) -> dict[str, float]:
    image, labels = (sitk.ReadImage(str(folder / CASE / f"{CASE}_{kind}.nii.gz")) for kind in (run["sequence"], "seg"))
    inside = np.isin(sitk.GetArrayFromImage(labels), REGIONS[run["region"]])
    mask = sitk.GetImageFromArray(inside.astype(np.uint8))
    mask.CopyInformation(image)
    extractor = RadiomicsFeatureExtractor(additionalInfo=False, **run["settings"])
    if "image_types" in run:
        extractor.disableAllImageTypes()
        extractor.enableImageTypes(**run["image_types"])
    found = extractor.execute(image, mask)
    return {name: float(f"{value:.13g}") for name, value in found.items()}


def main() -> None:
    radiomics.setVerbosity(60)
    golden = {
        "source": f"pyradiomics 3.0.1 on {CASE} (BraTS 2018, TCGA-GBM; Menze 2015, Bakas 2017; CC BY 3.0), "
        "by make_pyradiomics_patient_golden.py",
        "case": CASE,
        "versions": {"pyradiomics": radiomics.__version__, "numpy": np.__version__, "SimpleITK": sitk.__version__},
        "runs": [{**run, "features": features(Path(sys.argv[1]), run)} for run in RUNS],
    }
    TARGET.write_text(json.dumps(golden, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
