"""Preparation of raw phantom patients against the truth, and the seconds of each step.

``python Testing/Benchmarks/preparation.py [--seeds 20] [--first 0] [--bias .2] [--noise .05] [--csv ROWS.csv]
[--raw-case DIR]``

Every sequence of a raw phantom is moved by up to 15 mm and 15 degrees, has its own grid of up to 5 mm slices, shading,
noise and a skull. Printed for every image: error of the registration inside the brain (mean and largest, mm), Dice of
the brain mask on the image's own grid, Dice of the label map brought back onto it. At last the seconds of each step and
the memory of the largest process for ``analyze`` on a real patient's raw images, where they are there; ``--seeds 0``
measures only that.
"""

from __future__ import annotations

import argparse
import csv
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from analyze import measure

from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.phantom import PhantomPatient, make_phantom
from GliomaRadiomicsLib.imaging.space import Space, resample_labels
from GliomaRadiomicsLib.models import store
from GliomaRadiomicsLib.pipeline.preparation.prepare import Prepared, prepare_case
from GliomaRadiomicsLib.systems.segmentation.evaluate import dice

REFERENCE = "t1ce"
RAW_CASE = Path(__file__).resolve().parents[3] / "shared" / "data" / "raw_case" / "TCGA-FG-6692"


def registration_error(patient: PhantomPatient, space: Space, role: str) -> tuple[float, float]:
    """Mean and largest distance (mm), over the brain, between where a place is in an image and where it was found."""
    brain = patient.brain_mask
    places = np.argwhere(brain.array != 0)[::211] @ brain.affine[:3, :3].T + brain.affine[:3, 3]
    places = np.column_stack([places, np.ones(len(places))])
    there = places @ patient.transforms[role].T
    found = (places @ patient.transforms[REFERENCE].T) @ space.movements[role].T
    error = np.linalg.norm((there - found)[:, :3], axis=1)
    return float(error.mean()), float(error.max())


def true_labels(patient: PhantomPatient, space: Space) -> Volume:
    """The tumour on the working grid, from the phantom itself."""
    labels = patient.label_map
    moved = Volume(labels.array, patient.transforms[REFERENCE] @ labels.affine, labels.name)
    return resample_labels(moved, space.working)


def rows_of(patient: PhantomPatient, prepared: Prepared) -> list[dict[str, Any]]:
    """One row per image."""
    labels, rows = true_labels(patient, prepared.space), []
    for role in patient.volumes:
        row: dict[str, Any] = {"seed": patient.seed, "sequence": role}
        alignment = prepared.record["sequences"][role]["alignment"]
        row["state"] = alignment["state"]
        if alignment["state"] != "refused":
            mean, largest = registration_error(patient, prepared.space, role)
            brain = prepared.space.to_native(prepared.brain_mask, role, label=True).array > 0
            back = prepared.space.to_native(labels, role, label=True).array > 0
            row |= {
                "error_mean_mm": round(mean, 3),
                "error_max_mm": round(largest, 3),
                "dice_brain": round(dice(brain, patient.brain_masks[role].array > 0), 4),
                "dice_labels": round(dice(back, patient.raw_label_maps[role].array > 0), 4),
            }
        rows.append(row)
    return rows


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--bias", type=float, default=0.2, help="shading: 0.2 is 0.8 to 1.2 of the brightness")
    parser.add_argument("--noise", type=float, default=0.05, help="sigma relative to white matter")
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--raw-case", type=Path, default=RAW_CASE, help="case folder with images as scanned")
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    seconds: list[float] = []
    for seed in range(options.first, options.first + options.seeds):
        patient = make_phantom(seed, grade=(2, 3, 4)[seed % 3], raw=True, bias=options.bias, noise=options.noise)
        progress, began, cpu = Progress(), time.perf_counter(), time.process_time()
        bundle = store.starter("brain_extraction")
        prepared = prepare_case(patient.volumes, REFERENCE, lambda bundle=bundle: bundle, "cpu", progress)
        seconds.append(time.perf_counter() - began)
        mine = rows_of(patient, prepared)
        rows += mine
        for row in mine:
            print("  ".join(f"{key} {value}" for key, value in row.items()))
        steps = ", ".join(f"{name} {value:.1f}" for name, value in progress.timings.items())
        print(f"seed {seed}: {seconds[-1]:.1f} s wall, {time.process_time() - cpu:.1f} s CPU ({steps})", flush=True)
    if rows:
        _print_summary(rows, seconds)
    if options.csv and rows:
        with options.csv.open("w", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(max(rows, key=len)))
            writer.writeheader()
            writer.writerows(rows)
    if options.raw_case.is_dir():
        print(f"analyze {options.raw_case.name}, load of this machine {os.getloadavg()[0]:.1f}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            measure(options.raw_case, Path(folder) / "out")
    else:
        print(f"no raw case in {options.raw_case.name}: its time and memory were not measured")


def _print_summary(rows: list[dict[str, Any]], seconds: list[float]) -> None:
    used = [row for row in rows if "error_mean_mm" in row and row["sequence"] != REFERENCE]
    seeds = sorted({row["seed"] for row in rows})
    exact = [
        seed
        for seed in seeds
        if all(r["error_mean_mm"] <= 1.0 and r["error_max_mm"] <= 2.0 for r in used if r["seed"] == seed)
        and not any(r["state"] == "refused" for r in rows if r["seed"] == seed)
    ]
    print(f"registered within 1 mm mean and 2 mm largest: {len(exact)} of {len(seeds)} patients")
    for key in ("error_mean_mm", "error_max_mm"):
        values = [row[key] for row in used]
        print(f"{key}: mean {np.mean(values):.2f}, worst {max(values):.2f}")
    for key in ("dice_brain", "dice_labels"):
        values = [row[key] for row in rows if key in row]
        print(f"{key}: mean {np.mean(values):.4f}, worst {min(values):.4f}")
    written = [row["dice_labels"] for row in rows if row["sequence"] == REFERENCE]
    print(
        f"dice_labels on {REFERENCE}, where results are written: mean {np.mean(written):.4f}, worst {min(written):.4f}"
    )
    print(f"refused images: {sum(row['state'] == 'refused' for row in rows)}")
    print(f"seconds a patient: mean {np.mean(seconds):.1f}, worst {max(seconds):.1f}")


if __name__ == "__main__":
    main()
