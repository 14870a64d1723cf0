"""Time and memory of the feature engine beside pyradiomics (and mirp, nyxus, fastrad) on one case, in one run.

Usage: python Testing/Benchmarks/radiomics.py --case DIR [--pyradiomics-python PATH] [--task one|case|filters]
       [--rounds N]

Three tasks, each package in a process of its own:

* one: one sequence, whole tumour, original image, all families
* case: 4 sequences x 3 regions (WT, TC, ET), original image
* filters: 4 sequences x 3 regions, original, LoG of 1, 3 and 5 mm, 8 wavelet bands

Ours reads the case and z-scores it; the others get z-scored images and a mask per region as uncompressed files and are
called once for each image and mask, as their users do (mirp, nyxus and fastrad without filters). Time runs from the
files to the values, for all alike after their imports, whose own time (with the start of the interpreter) is the last
column. CPU seconds are user and system, all threads: on a shared machine wall time says little. With more rounds the
packages take turns, and each is given its best. Where pyradiomics runs, the values are compared as well.

"In memory", for one image only: ours from the volumes as read, z-scores included; pyradiomics from the z-scored image,
read and cropped to the region before, without the hashes and statistics it can add. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import nibabel as nib
import numpy as np

from GliomaRadiomicsLib.core.labels import SEQUENCES

PEERS = Path(__file__).with_name("radiomics_peers.py")
TASKS = ("one", "case", "filters")
REGIONS = {"WT": (1, 2, 4), "TC": (1, 4), "ET": (4,)}
SIGMA = [1.0, 3.0, 5.0]
BIN_WIDTH = 10.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", type=Path, required=True, help="case folder with the four sequences and _seg")
    parser.add_argument("--pyradiomics-python", default=sys.executable, help="interpreter that has pyradiomics")
    parser.add_argument("--task", choices=TASKS, action="append", help="by default all three")
    parser.add_argument("--packages", nargs="*", default=["pyradiomics", "mirp", "nyxus", "fastrad"])
    parser.add_argument("--cores", type=int, default=2, help="processor cores used (where the system can say so)")
    parser.add_argument("--rounds", type=int, default=1, help="turns of each package, of which the best counts")
    parser.add_argument("--job", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        _ours(json.loads(options.job.read_text(encoding="utf-8")))
        return
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cores])
    with tempfile.TemporaryDirectory() as folder:
        files = _write_inputs(options.case, Path(folder))
        for task in options.task or TASKS:
            _measure(task, options, files, Path(folder) / "job.json")


def _measure(task: str, options: argparse.Namespace, files: dict, path: Path) -> None:
    job = _job(task, options.case, files)
    path.write_text(json.dumps(job), encoding="utf-8")
    commands = {"ours": [sys.executable, __file__, "--case", str(options.case), "--job", str(path)]}
    for package in options.packages:
        if not job["filters"] or package == "pyradiomics":
            python = options.pyradiomics_python if package == "pyradiomics" else sys.executable
            commands[package] = [python, str(PEERS), package, str(path)]
    rounds = [{name: _run(command) for name, command in commands.items()} for _ in range(options.rounds)]
    found = {name: _best([one[name] for one in rounds]) for name in commands}
    ours = found.pop("ours")
    if "failed" in ours:
        sys.exit(f"{task}: {ours['failed']}")
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(
        f"{task}: {len(job['images'])} sequence(s) x {len(job['masks'])} region(s), {len(ours['values'])} values{load}"
    )
    _print("ours", ours, ours)
    for package, peer in found.items():
        if "cpu" not in peer:
            print(f"  {package:12} " + (f"failed: {peer['failed']}" if "failed" in peer else "is not installed"))
            continue
        _print(package, peer, ours)
        if peer["values"]:
            _compare(ours["values"], peer["values"])


def _best(rounds: list[dict]) -> dict:
    """The smallest time of each kind; what the last round says where one failed."""
    if any("cpu" not in one for one in rounds):
        return rounds[-1]
    return rounds[0] | {kind: min(one[kind] for one in rounds) for kind in rounds[0] if kind.endswith(("cpu", "wall"))}


def _job(task: str, case: Path, files: dict) -> dict:
    one = task == "one"
    return {
        "case": str(case),
        "images": {name: path for name, path in files["images"].items() if name == "t1ce" or not one},
        "masks": {name: path for name, path in files["masks"].items() if name == "WT" or not one},
        "bin_width": BIN_WIDTH,
        "sigma": SIGMA,
        "filters": task == "filters",
        "in_memory": one,
    }


def _run(command: list[str]) -> dict:
    found = subprocess.run(command, check=False, capture_output=True, text=True)
    if found.returncode:
        return {"failed": " ".join(found.stderr.strip().splitlines()[-1:])}
    return json.loads(found.stdout.strip().splitlines()[-1])


def _print(name: str, found: dict, ours: dict) -> None:
    _line(name, found, ours, "", f"  {found['peak_gb']:5.2f} GB  {found['import_cpu']:5.2f} s CPU to import")
    if "memory_cpu" in found:
        _line("  in memory", found, ours, "memory_", "")


def _line(name: str, found: dict, ours: dict, kind: str, rest: str) -> None:
    cpu, wall = found[f"{kind}cpu"], found[f"{kind}wall"]
    print(
        f"  {name:12} {cpu:8.2f} s CPU {cpu / ours[f'{kind}cpu']:5.1f} x ours"
        f"  {wall:8.2f} s wall {wall / ours[f'{kind}wall']:5.1f} x ours{rest}",
        flush=True,
    )


def _compare(ours: dict[str, float], theirs: dict[str, float]) -> None:
    """How many values differ by more than 1e-6, and the largest difference."""
    apart = {name: _apart(ours.get(name, math.nan), value) for name, value in theirs.items()}
    worst = max(apart, key=apart.__getitem__)
    beyond = sum(value > 1e-6 for value in apart.values())
    print(f"  {'':12} of {len(apart)} values {beyond} differ by more than 1e-6; most: {worst}, {apart[worst]:.1e}")


def _apart(value: float, other: float) -> float:
    if math.isnan(value) or math.isnan(other):
        return 0.0 if math.isnan(value) and math.isnan(other) else math.inf
    return abs(value - other) / max(abs(value), abs(other), 1e-9)


def _write_inputs(case: Path, folder: Path) -> dict:
    """Z-scored images, in double precision as we compute them, and masks of the regions as NIfTI files."""
    from GliomaRadiomicsLib.imaging.files import write_volume
    from GliomaRadiomicsLib.radiomics.cases import CASE_SCALE
    from GliomaRadiomicsLib.radiomics.intensity import z_score_in_brain

    volumes, label_map = _read(case)
    images, masks = {}, {}
    for name, volume in volumes.items():
        images[name] = str(folder / f"{name}.nii")
        scored = z_score_in_brain(volume, None, CASE_SCALE)(volume.array)
        nib.save(nib.Nifti1Image(scored, volume.affine), images[name])
    for name, labels in REGIONS.items():
        masks[name] = str(folder / f"{name}.nii")
        write_volume(label_map.with_array(np.isin(label_map.array, labels).astype(np.uint8)), Path(masks[name]))
    return {"images": images, "masks": masks}


def _read(case: Path, names: Sequence[str] = SEQUENCES):  # noqa: ANN202 - volumes by sequence, label map
    from GliomaRadiomicsLib.imaging.files import read_volume
    from GliomaRadiomicsLib.pipeline.inputs import sources_of_folder

    volumes = {name: read_volume(path) for name, path in sources_of_folder(case).items() if name in names}
    return volumes, read_volume(next(case.glob("*_seg.nii*")))


def _ours(job: dict) -> None:
    import scipy.linalg
    import scipy.ndimage
    import scipy.spatial  # noqa: F401
    import SimpleITK  # noqa: F401 - whatever is imported where it is used, as packages import theirs at the start
    import skimage.measure
    import threadpoolctl  # noqa: F401

    from GliomaRadiomicsLib.pipeline import inputs  # noqa: F401
    from GliomaRadiomicsLib.radiomics.engine import extract_case
    from GliomaRadiomicsLib.radiomics.filters.options import ORIGINAL, image_types_from
    from GliomaRadiomicsLib.radiomics.settings import RadiomicsSettings

    skimage.measure.label  # noqa: B018 - imported when first asked for
    settings = RadiomicsSettings(binWidth=job["bin_width"])
    chosen = {"Original": {}, "LoG": {"sigma": job["sigma"]}, "Wavelet": {}}
    image_types = image_types_from(chosen, {"binWidth": job["bin_width"]}) if job["filters"] else ORIGINAL
    start = _now()
    wanted, label_map = _read(Path(job["case"]), list(job["images"]))
    read = _now()
    rows = extract_case(wanted, label_map, tuple(job["masks"]), settings=settings, image_types=image_types)
    end = _now()
    found = {"import_cpu": start[0], "cpu": end[0] - start[0], "wall": end[1] - start[1]}
    if job["in_memory"]:
        found |= {"memory_cpu": end[0] - read[0], "memory_wall": end[1] - read[1]}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps({**found, "peak_gb": peak, "values": _by_name(rows, list(wanted))}))


def _now() -> tuple[float, float]:
    """CPU seconds since the process started, and the clock."""
    return time.process_time(), time.perf_counter()


def _by_name(rows: list, sequences: list[str]) -> dict[str, float]:
    found = {}
    for row in rows:
        for sequence in sequences if row.sequence == "mask" else [row.sequence]:
            found[f"{sequence} {row.region} {row.feature}"] = row.value
    return found


if __name__ == "__main__":
    main()
