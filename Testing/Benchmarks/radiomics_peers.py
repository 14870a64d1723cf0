"""One radiomics package at work in a process of its own; started by ``radiomics.py`` and imports none of the others.

Usage: python radiomics_peers.py PACKAGE JOB.json

The job names the images (z-scored, as files) and the masks (one file per region), the bin width and the filters. Prints
one line of JSON: CPU seconds of the import, CPU and wall seconds after it, peak memory in GB, and the values.

Each package is a function that imports it and returns what does the work, and, or None, what reads first and returns
what does the work in memory.
"""

from __future__ import annotations

import importlib.util
import json
import resource
import sys
import time
from collections.abc import Callable
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
    run, in_memory = globals()[f"_{package}"](job)
    start = time.process_time()
    cpu, wall, values = _timed(run)
    found = {"import_cpu": start, "cpu": cpu, "wall": wall}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    if job["in_memory"] and in_memory:
        found["memory_cpu"], found["memory_wall"], _ = _timed(in_memory())
    print(json.dumps({**found, "peak_gb": peak, "values": values}))


def _timed(run: Callable[[], dict[str, float]]) -> tuple[float, float, dict[str, float]]:
    wall, cpu = time.perf_counter(), time.process_time()
    values = run()
    return time.process_time() - cpu, time.perf_counter() - wall, values


def _pairs(job: dict):
    for sequence, image in job["images"].items():
        for region, mask in job["masks"].items():
            yield sequence, region, image, mask


def _pyradiomics(job: dict):
    import radiomics
    import SimpleITK as sitk  # noqa: N813 - the name everybody uses
    from radiomics import imageoperations
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

    def in_memory() -> Callable[[], dict[str, float]]:
        extractor.addProvenance(False)
        cropped = []
        for _, _, image, mask in _pairs(job):
            whole, inside = sitk.ReadImage(image), sitk.Cast(sitk.ReadImage(mask), sitk.sitkUInt32)
            box, _ = imageoperations.checkMask(whole, inside)
            cropped.append(imageoperations.cropToTumorMask(whole, inside, box, padDistance=1))

        def work() -> dict[str, float]:
            for image, mask in cropped:
                extractor.execute(image, mask)
            return {}

        return work

    return run, in_memory


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

    return run, None


def _nyxus(job: dict):
    from nyxus import Nyxus3D

    engine = Nyxus3D(["*3D_ALL*"], n_feature_calc_threads=1)

    def run() -> dict[str, float]:
        for _, _, image, mask in _pairs(job):
            engine.featurize_files([image], [mask], False)
        return {}

    return run, None


def _fastrad(job: dict):
    from fastrad import FeatureExtractor, FeatureSettings, Mask, MedicalImage

    extractor = FeatureExtractor(FeatureSettings(bin_width=job["bin_width"], device="cpu"))

    def run() -> dict[str, float]:
        for _, _, image, mask in _pairs(job):
            extractor.extract(MedicalImage.from_nifti(image), Mask.from_nifti(mask))
        return {}

    return run, None


if __name__ == "__main__":
    main()
