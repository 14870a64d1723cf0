"""Seconds from the start of a run on an edited mask until the worker's first word, with and without a spare.

``python Testing/Benchmarks/warm_worker.py [--runs 3]``

Two moments are printed for each way: the first event of any kind, and the first of the run itself, when settings and
models are checked and the images are being read. Each run is cancelled then. The spare is waited for until it is ready,
as while somebody edits a mask; how long that took is printed too, with its memory.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.imaging.phantom import make_phantom, write_phantom
from GliomaRadiomicsLib.pipeline.job import Job
from GliomaRadiomicsLib.pipeline.spare import Spare

LATEST_S = 0.5
FIRST_OF_THE_RUN = "reading the images"


def waited(folder: Path, settings: dict[str, Any], spare: Spare | None) -> tuple[float, float]:
    """Seconds until the first event, and until the first of the run itself."""
    job = Job(folder, spare=spare)
    began, first = time.perf_counter(), 0.0
    job.start(settings)
    while True:
        events = job.poll()
        first = first or (time.perf_counter() - began if events else 0.0)
        if any(event.get("message") == FIRST_OF_THE_RUN for event in events):
            run = time.perf_counter() - began
            job.cancel()
            job.wait()
            return first, run
        if not job.is_running:
            msg = f"the run ended early: {events[-1]}"
            raise RuntimeError(msg)
        time.sleep(0.005)


def ready(spare: Spare) -> float:
    """Seconds until the spare was ready."""
    began = time.perf_counter()
    spare.start()
    while not spare.is_ready:
        time.sleep(0.01)
    return time.perf_counter() - began


def memory_gb(process: Any) -> float:
    """Resident memory of a process, 0 where the system does not say."""
    status = Path(f"/proc/{process.pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1e6 for line in lines if line.startswith("VmRSS")), 0.0)


def show(name: str, found: list[tuple[float, float]]) -> None:
    """One line with the middle and the worst of both moments."""
    for moment, values in zip(("first event", "reading the images"), zip(*found, strict=True), strict=True):
        print(f"{name}, {moment:18}: median {statistics.median(values):6.3f} s, worst {max(values):6.3f} s")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    spare = Spare()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        files = write_phantom(make_phantom(1, shape=(80, 96, 80), spacing_mm=2.0), folder)
        inputs = {role: str(files[role]) for role in ("t1", "t1ce", "t2", "flair")}
        settings = {"command": "analyze", "inputs": inputs, "mask": str(files["seg"]), "out": str(folder / "out")}
        fresh, warm = [], []
        for number in range(options.runs):
            fresh.append(waited(folder / f"fresh{number}", settings, None))
        for number in range(options.runs):
            seconds = ready(spare)
            print(f"spare ready after {seconds:.1f} s, holds {memory_gb(spare._process):.2f} GB")
            warm.append(waited(folder / f"warm{number}", settings, spare))
        spare.close()
    show("without spare", fresh)
    show("with spare   ", warm)
    within = max(run for _, run in warm) <= LATEST_S
    print(f"with a spare the run has begun within {LATEST_S} s: {'yes' if within else 'no'}")


if __name__ == "__main__":
    main()
