"""Writes ``pyradiomics_voxel.json``: feature maps of the cases of ``voxel_cases.py``, computed by pyradiomics 3.0.1.

Run in the environment that ``make_pyradiomics_golden.py`` describes. Values are those of the voxels of the mask, in C
order of the array (i, j, k), with ten digits; null is NaN. A feature that pyradiomics fails to map
is left out.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import radiomics
import SimpleITK as sitk  # noqa: N813 - the name everybody uses
from make_pyradiomics_golden import to_itk
from radiomics.base import RadiomicsFeaturesBase
from radiomics.featureextractor import RadiomicsFeatureExtractor
from voxel_cases import VoxelCase, voxel_cases

TARGET = Path(__file__).with_name("pyradiomics_voxel.json")


def maps(chosen: VoxelCase) -> dict[str, list[float | None]]:
    extractor = RadiomicsFeatureExtractor(additionalInfo=False, **chosen.case.settings, **chosen.voxel)
    extractor.disableAllImageTypes()
    extractor.enableImageTypes(**chosen.filters)
    image, mask = (to_itk(array, chosen.case.affine) for array in (chosen.case.image, chosen.case.mask))
    failed: set[str] = set()
    compute = RadiomicsFeaturesBase._calculateFeatures

    def watched(self, coordinates=None):
        for success, name, value in compute(self, coordinates):
            if not success:
                failed.add(f"{type(self).__name__.removeprefix('Radiomics').lower()}_{name}")
            yield success, name, value

    RadiomicsFeaturesBase._calculateFeatures = watched
    try:
        found = extractor.execute(image, mask, voxelBased=True)
    finally:
        RadiomicsFeaturesBase._calculateFeatures = compute
    return {name: _inside(found[name], image, chosen) for name in found if name.partition("_")[2] not in failed}


def _inside(volume: sitk.Image, image: sitk.Image, chosen: VoxelCase) -> list[float | None]:
    whole = sitk.Resample(volume, image, sitk.Transform(), sitk.sitkNearestNeighbor, 0.0)
    values = sitk.GetArrayFromImage(whole).T[chosen.case.mask > 0]
    return [None if math.isnan(value) else float(f"{value:.10g}") for value in values]


def main() -> None:
    radiomics.setVerbosity(60)
    golden = {
        "source": "pyradiomics 3.0.1, voxel-based, on the cases of voxel_cases.py, by make_voxel_golden.py",
        "versions": {"pyradiomics": radiomics.__version__, "numpy": np.__version__, "SimpleITK": sitk.__version__},
        "cases": {name: maps(chosen) for name, chosen in voxel_cases().items()},
    }
    TARGET.write_text(json.dumps(golden, separators=(",", ":")).replace("],", "],\n") + "\n")


if __name__ == "__main__":
    main()
