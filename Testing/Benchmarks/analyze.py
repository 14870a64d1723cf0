"""Wall time of every step and peak memory of `glioma-radiomics analyze`, as a whole process.

Usage: python Testing/Benchmarks/analyze.py [--case DIR] [--cores 2]
Without --case the phantom patient is used.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from GliomaRadiomicsLib.imaging.phantom import make_phantom, write_phantom


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", type=Path, help="case folder")
    parser.add_argument("--cores", type=int, default=2, help="processor cores it may use (where the system can say so)")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cores])
    with tempfile.TemporaryDirectory() as folder:
        case = options.case
        if case is None:
            case = Path(folder) / "phantom"
            case.mkdir()
            write_phantom(make_phantom(seed=1), case)
        measure(case, Path(folder) / "out")


def measure(case: Path, out: Path) -> None:
    """Run ``analyze`` on a case folder in a process of its own and print its steps and its largest process."""
    command = [sys.executable, "-m", "GliomaRadiomicsLib", "analyze", "--case", str(case), "--out", str(out)]
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    for step, seconds in json.loads((out / "result.json").read_text())["timing_s"].items():
        print(f"{step:18} {seconds:7.2f} s")
    cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    gigabytes = used.ru_maxrss / 1e6
    print(f"{'whole process':18} {wall:7.2f} s wall, {cpu:.1f} s CPU, largest process {gigabytes:.2f} GB")


if __name__ == "__main__":
    main()
