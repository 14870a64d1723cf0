"""Speed of the MGMT pipeline at real size: reading a patient's DICOM series, and training steps of EfficientNet-B0.

``python Testing/Benchmarks/mgmt.py [--slices 150] [--size 300] [--batch 128] [--fine-batch 64] [--device cpu]``

Pixels are noise and weights random: what is printed says how long it takes, nothing about patients.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.cohort import read_cohort
from GliomaRadiomicsLib.imaging.dicom.write import write_case
from GliomaRadiomicsLib.systems.cohort import ImageCases
from GliomaRadiomicsLib.systems.mgmt.cache import Cohort, read_cohort_slices
from GliomaRadiomicsLib.systems.mgmt.network import SliceSet, slice_logits, train_network
from GliomaRadiomicsLib.systems.mgmt.settings import MgmtSettings

ROLES = ("flair", "t1", "t1ce", "t2")
N_PATIENTS = 3


def main() -> None:
    """Print the times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slices", type=int, default=150, help="of each series")
    parser.add_argument("--matrix", type=int, default=256, help="pixels along each side of a DICOM slice")
    parser.add_argument("--size", type=int, default=300, help="pixels of a slice as the network sees it")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--fine-batch", type=int, default=64)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    settings = MgmtSettings(
        weights="random", size=options.size, batch_size=options.batch, fine_batch_size=options.fine_batch,
        device=options.device, epochs=1, fine_epochs=1,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        cohort = _read(_write(folder, options), settings, folder / "slices")
        _train(cohort, settings, folder)


def _write(folder: Path, options: argparse.Namespace) -> Path:
    random = np.random.default_rng(0)
    shape = (options.matrix, options.matrix, options.slices)
    rows = ["case,dicom,mgmt"]
    for number in range(N_PATIENTS):
        volumes = {role: Volume(random.integers(0, 900, shape).astype(np.int16), np.eye(4), role) for role in ROLES}
        write_case(volumes, folder / str(number), shuffle=number)
        rows.append(f"{number},{number},{number % 2}")
    (folder / "cohort.csv").write_text("\n".join(rows) + "\n")
    return folder / "cohort.csv"


def _read(path: Path, settings: MgmtSettings, folder: Path) -> Cohort:
    patients = read_cohort(path, ["mgmt"])
    began = time.perf_counter()
    cohort = read_cohort_slices(ImageCases(patients, "mgmt"), settings, folder)
    print(f"reading a patient of 4 series: {(time.perf_counter() - began) / N_PATIENTS:.2f} s")
    began = time.perf_counter()
    read_cohort_slices(ImageCases(patients, "mgmt"), settings, folder)
    print(f"the same again, from the slices kept: {(time.perf_counter() - began) / N_PATIENTS:.3f} s")
    for count in (1, N_PATIENTS):
        tracemalloc.start()
        read_cohort_slices(ImageCases(patients[:count], "mgmt"), settings, folder / f"memory{count}")
        print(f"most memory while reading {count} patients: {tracemalloc.get_traced_memory()[1] / 1e6:.0f} MB")
        tracemalloc.stop()
    return cohort


def _train(cohort: Cohort, settings: MgmtSettings, folder: Path) -> None:
    """A training of one epoch per stage on as many slices as a batch has."""
    everything = SliceSet.of(cohort.entries, "t1ce")
    nobody = SliceSet.of((), "t1ce")  # so that the steps alone are timed
    for stage, batch in (("backbone frozen", settings.batch_size), ("fine-tuning", settings.fine_batch_size)):
        rows = np.resize(np.arange(len(everything)), batch)
        chosen = SliceSet(everything.entries, "t1ce", everything.owner[rows], everything.number[rows])
        own = replace(settings, fine_epochs=0) if stage == "backbone frozen" else settings
        began = time.perf_counter()
        trained = train_network(chosen, nobody, own, folder / stage.replace(" ", "-"))
        print(
            f"{stage}, {batch} slices of {settings.size} x {settings.size}: {time.perf_counter() - began:.1f} s in all"
        )
    began = time.perf_counter()
    slices = cohort.entries[0].slices("t1ce")
    slice_logits(trained.network, slices)
    print(f"{len(slices)} slices of a series predicted: {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
