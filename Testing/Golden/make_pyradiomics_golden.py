"""Writes ``pyradiomics_synthetic.json``: features of the synthetic cases, computed by pyradiomics 3.0.1.

Run in an environment of its own (Python 3.11 or older and a C compiler):

    python3.11 -m venv /tmp/pyradiomics && . /tmp/pyradiomics/bin/activate
    pip install numpy "setuptools<81" wheel SimpleITK six pywavelets pykwalify
    pip install --no-build-isolation pyradiomics==3.0.1
    python Testing/Golden/make_pyradiomics_golden.py
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import radiomics
import SimpleITK as sitk  # noqa: N813 - the name everybody uses
from radiomics.featureextractor import RadiomicsFeatureExtractor
from radiomics_cases import Case, cases

TARGET = Path(__file__).with_name("pyradiomics_synthetic.json")


def to_itk(array: np.ndarray, case: Case) -> sitk.Image:
    to_lps = np.diag([-1.0, -1.0, 1.0])
    image = sitk.GetImageFromArray(np.ascontiguousarray(array.T))
    image.SetSpacing(case.spacing)
    image.SetOrigin((to_lps @ case.affine[:3, 3]).tolist())
    image.SetDirection((to_lps @ case.directions).ravel().tolist())
    return image


def features(case: Case) -> dict[str, float | None] | str:
    extractor = RadiomicsFeatureExtractor(additionalInfo=False, **case.settings)
    try:
        found = extractor.execute(to_itk(case.image, case), to_itk(case.mask, case))
    except ValueError as error:
        return f"refused: {error}"
    return {name: None if np.isnan(value) else float(value) for name, value in found.items()}


def main() -> None:
    radiomics.setVerbosity(60)
    golden = {
        "source": "pyradiomics 3.0.1 on the synthetic cases of radiomics_cases.py, by make_pyradiomics_golden.py",
        "versions": {"pyradiomics": radiomics.__version__, "numpy": np.__version__, "SimpleITK": sitk.__version__},
        "cases": {name: features(case) for name, case in cases().items()},
    }
    TARGET.write_text(json.dumps(golden, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
