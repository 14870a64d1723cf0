"""Writes ``pyradiomics_*.json``: features of the synthetic cases, computed by pyradiomics 3.0.1.

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
import radiomics_cases
import radiomics_setting_cases
import SimpleITK as sitk  # noqa: N813 - the name everybody uses
from radiomics.featureextractor import RadiomicsFeatureExtractor

HERE = Path(__file__).parent
TABLES = {"pyradiomics_synthetic": radiomics_cases, "pyradiomics_settings": radiomics_setting_cases}


def to_itk(array: np.ndarray, affine: np.ndarray) -> sitk.Image:
    lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
    spacing = np.linalg.norm(lps[:3, :3], axis=0)
    image = sitk.GetImageFromArray(np.ascontiguousarray(array.T))
    image.SetSpacing(spacing.tolist())
    image.SetOrigin(lps[:3, 3].tolist())
    image.SetDirection((lps[:3, :3] / spacing).ravel().tolist())
    return image


def features(case: radiomics_cases.Case) -> dict[str, float | None] | str:
    extractor = RadiomicsFeatureExtractor(additionalInfo=False, **case.settings)
    families = getattr(case, "families", ())
    if families:
        extractor.disableAllFeatures()
    for family in families:
        if case.named:
            extractor.enableFeaturesByName(**{family: list(case.named)})
        else:
            extractor.enableFeatureClassByName(family)
    if getattr(case, "image_types", {}):
        extractor.disableAllImageTypes()
        extractor.enableImageTypes(**case.image_types)
    mask_affine = getattr(case, "mask_affine", case.affine)
    try:
        found = extractor.execute(to_itk(case.image, case.affine), to_itk(case.mask, mask_affine))
    except ValueError as error:
        return f"refused: {error}"
    return {name: None if np.isnan(value) else float(f"{value:.13g}") for name, value in found.items()}


def main() -> None:
    radiomics.setVerbosity(60)
    for table, module in TABLES.items():
        golden = {
            "source": f"pyradiomics 3.0.1 on the cases of {module.__name__}.py, by make_pyradiomics_golden.py",
            "versions": {"pyradiomics": radiomics.__version__, "numpy": np.__version__, "SimpleITK": sitk.__version__},
            "cases": {name: features(case) for name, case in module.cases().items()},
        }
        (HERE / f"{table}.json").write_text(json.dumps(golden, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
