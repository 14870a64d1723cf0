"""Wall time of `glioma-radiomics cohort` on phantom patients with one worker and with more.

Usage: python Testing/Benchmarks/cohort.py [--patients 4] [--workers 1 2] [--steps segmentation,features,grading]
Every run has the same processor cores; the figures are of this machine as it is, so compare them within one call.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.imaging.phantom import make_phantom, write_phantom


def main() -> None:
    """Make the patients, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patients", type=int, default=4)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--steps", help="steps of every patient; default: all")
    options = parser.parse_args()
    print(f"{options.patients} patients, load before {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        table = write_cohort(Path(folder), options.patients)
        for workers in options.workers:
            measure(table, Path(folder) / f"out{workers}", workers, options.steps)


def write_cohort(folder: Path, patients: int) -> Path:
    """Phantom patients of different seeds in folders of their own, and their table."""
    lines = [",".join(("case", *SEQUENCES, "age"))]
    for seed in range(1, patients + 1):
        case = folder / f"P{seed}"
        case.mkdir()
        files = write_phantom(make_phantom(seed=seed), case)
        paths = [str(files[role].relative_to(folder)) for role in SEQUENCES]
        lines.append(",".join((case.name, *paths, "60")))
    table = folder / "COHORT.csv"
    table.write_text("\n".join(lines) + "\n")
    return table


def measure(table: Path, out: Path, workers: int, steps: str | None) -> None:
    """Run the command in a process of its own and print its wall time."""
    command = [sys.executable, "-m", "GliomaRadiomicsLib", "cohort", str(table), "--out", str(out)]
    command += ["--workers", str(workers), *(["--steps", steps] if steps else [])]
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - began
    count = json.loads((out / "cohort.json").read_text())["counts"]["done"]
    print(f"{workers} workers {wall:7.1f} s wall, {3600 * count / wall:6.1f} patients per hour")


if __name__ == "__main__":
    main()
