"""One radiomics package at work in a process of its own; started by ``radiomics.py`` and imports none of the others.

Usage: python radiomics_peers.py PACKAGE JOB.json

The job names the images (z-scored, as files) and the masks (one file per region), the bin width and the filters. Prints
one line of JSON: CPU and wall seconds without the import, peak memory in GB, and the values.
"""

from __future__ import annotations

import importlib.util
import json
import resource
import sys
import time
from pathlib import Path

PACKAGES = ("pyradiomics", "mirp", "nyxus", "fastrad")
MODULES = {"pyradiomics": "radiomics"}


def main() -> None:
    """Measure one package, or say that it is not there."""
    sys.path.pop(0)  # radiomics.py beside this file would hide the package of that name
    package, job = sys.argv[1], json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    if importlib.util.find_spec(MODULES.get(package, package)) is None:
        print(json.dumps({"missing": package}))
        return
    run = globals()[f"_{package}"](job)
    wall, cpu = time.perf_counter(), time.process_time()
    values = run()
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "cpu": time.process_time() - cpu,
                "wall": time.perf_counter() - wall,
                "peak_gb": used.ru_maxrss / 1e6,
                "values": values,
            }
        )
    )


def _pairs(job: dict):
    for sequence, image in job["images"].items():
        for region, mask in job["masks"].items():
            yield sequence, region, image, mask


def _pyradiomics(job: dict):
    import radiomics
    from radiomics.featureextractor import RadiomicsFeatureExtractor

    radiomics.setVerbosity(60)
    extractor = RadiomicsFeatureExtractor(binWidth=job["bin_width"])
    if job["filters"]:
        extractor.enableImageTypes(LoG={"sigma": job["sigma"]}, Wavelet={})

    def run() -> dict[str, float]:
        values = {}
        for sequence, region, image, mask in _pairs(job):
            for name, value in extractor.execute(image, mask).items():
                if not name.startswith("diagnostics"):
                    values[f"{sequence} {region} {name}"] = float(value)
        return values

    return run


def _mirp(job: dict):
    from mirp import extract_features

    def run() -> dict[str, float]:
        for _, _, image, mask in _pairs(job):
            extract_features(
                image=image,
                mask=mask,
                base_discretisation_method="fixed_bin_size",
                base_discretisation_bin_width=job["bin_width"],
            )
        return {}

    return run


def _nyxus(job: dict):
    from nyxus import Nyxus3D

    engine = Nyxus3D(["*3D_ALL*"], n_feature_calc_threads=1)

    def run() -> dict[str, float]:
        for _, _, image, mask in _pairs(job):
            engine.featurize_files([image], [mask], False)
        return {}

    return run


def _fastrad(job: dict):
    from fastrad import FeatureExtractor, FeatureSettings, Mask, MedicalImage

    extractor = FeatureExtractor(FeatureSettings(bin_width=job["bin_width"], device="cpu"))

    def run() -> dict[str, float]:
        for _, _, image, mask in _pairs(job):
            extractor.extract(MedicalImage.from_nifti(image), Mask.from_nifti(mask))
        return {}

    return run


if __name__ == "__main__":
    main()
