"""Writes ``pyradiomics_filters.json`` and, with the folder of the development patients, ``pyradiomics_real.json``.

Run in the environment of ``make_pyradiomics_golden.py``, with ``pip install scikit-image trimesh`` in addition:

    python Testing/Golden/make_pyradiomics_filters_golden.py [FOLDER_WITH_cases]

pyradiomics 3.0.1 imports two names that SciPy no longer has; they are given back first.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import scipy.ndimage
import scipy.special
from numpy.typing import NDArray


def _sph_harm(order: int, level: int, azimuth: NDArray, polar: NDArray) -> NDArray:
    """Spherical harmonics as ``scipy.special.sph_harm`` defined them, which took negative polar angles as well."""
    size = abs(order)
    values = scipy.special.lpmv(size, level, np.cos(polar)) * np.exp(1j * order * azimuth)
    if order < 0:
        values = values * (-1) ** size * scipy.special.poch(level + size + 1, -2 * size)
    return values * np.sqrt((2 * level + 1) / 4 / np.pi * scipy.special.poch(level + order + 1, -2 * order))


if not hasattr(scipy.special, "sph_harm"):
    scipy.special.sph_harm = _sph_harm
sys.modules.setdefault("scipy.ndimage.interpolation", scipy.ndimage)

import radiomics  # noqa: E402 - looks for the names above when it is imported
import radiomics_filter_cases  # noqa: E402
import SimpleITK as sitk  # noqa: E402, N813 - the name everybody uses
from make_pyradiomics_golden import to_itk  # noqa: E402
from radiomics.featureextractor import RadiomicsFeatureExtractor  # noqa: E402

HERE = Path(__file__).parent
REAL_CASE, REAL_SEQUENCE = "Brats18_TCIA02_135_1", "t1ce"
REAL_REGIONS = {"WT": (1, 2, 4), "TC": (1, 4), "ET": (4,)}
REAL_PARAMETERS = {
    "setting": {"binWidth": 10},
    "imageType": {"Original": {}, "LoG": {"sigma": [1.0, 3.0, 5.0]}, "Wavelet": {}},
}
VERSIONS = {"pyradiomics": radiomics.__version__, "numpy": np.__version__, "SimpleITK": sitk.__version__}


def features(parameters: dict[str, Any], image: sitk.Image, mask: sitk.Image) -> dict[str, float | None]:
    extractor = RadiomicsFeatureExtractor(parameters)
    extractor.addProvenance(False)
    found = extractor.execute(image, mask)
    return {name: None if np.isnan(value) else float(f"{value:.10g}") for name, value in found.items()}


def synthetic() -> dict[str, Any]:
    return {
        name: features(case.parameters, to_itk(case.image, case.affine), to_itk(case.mask, case.affine))
        for name, case in radiomics_filter_cases.cases().items()
    }


def real(folder: Path) -> dict[str, Any]:
    """Z-scores over the voxels that are not 0, times 100, as `extract_case` computes them."""
    stem = folder / REAL_CASE / REAL_CASE
    image, labels = (sitk.ReadImage(f"{stem}_{kind}.nii.gz") for kind in (REAL_SEQUENCE, "seg"))
    values = sitk.GetArrayFromImage(image).astype(np.float64)
    brain = values[values != 0]
    scores = sitk.GetImageFromArray((values - brain.mean()) * (100.0 / brain.std(ddof=1)))
    scores.CopyInformation(image)
    found = {}
    for region, wanted in REAL_REGIONS.items():
        mask = sitk.GetImageFromArray(np.isin(sitk.GetArrayFromImage(labels), wanted).astype(np.uint8))
        mask.CopyInformation(image)
        found[region] = features(REAL_PARAMETERS, scores, mask)
    return found


def write(name: str, content: dict[str, Any], what: str) -> None:
    golden = {"source": f"pyradiomics 3.0.1 on {what}, by {Path(__file__).name}", "versions": VERSIONS, **content}
    (HERE / name).write_text(json.dumps(golden, indent=0) + "\n", encoding="utf-8")


def main() -> None:
    radiomics.setVerbosity(60)
    write("pyradiomics_filters.json", {"cases": synthetic()}, "the synthetic cases of radiomics_filter_cases.py")
    if len(sys.argv) > 1:
        content = {
            "case": REAL_CASE,
            "sequence": REAL_SEQUENCE,
            "parameters": REAL_PARAMETERS,
            "regions": real(Path(sys.argv[1])),
        }
        write("pyradiomics_real.json", content, "z-scores x 100 of a BraTS 2018 patient (Bakas et al. 2017, TCIA)")


if __name__ == "__main__":
    main()
