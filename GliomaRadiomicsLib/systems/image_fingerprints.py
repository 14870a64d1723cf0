"""Adds the images' fingerprints to bundles whose training did not keep them, such as the starter models.

``python -m GliomaRadiomicsLib.systems.image_fingerprints CASES BUNDLE [BUNDLE ...]``

CASES holds ``cases.csv`` and a folder per patient, as for the starter scripts: exactly the patients that every bundle
was trained on. ``metadata.json`` and the card are written anew; the weights stay as they are. With the fingerprints a
run says that its patient was trained on, and `evaluate` fills the column ``trained_on``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.models.bundle import load_metadata, restate
from GliomaRadiomicsLib.systems.image_grading.starter import patients_of
from GliomaRadiomicsLib.systems.protocol import TrainingCase
from GliomaRadiomicsLib.systems.seen import IMAGES, patient_fingerprint


def fingerprints_of(cases: Iterable[TrainingCase]) -> list[str]:
    """Of each patient's images; raises `RefusedInput` if two patients have the same."""
    found = [patient_fingerprint(case.data.volumes) for case in cases]
    if len(set(found)) < len(found):
        raise RefusedInput(what="two patients have the same image", where="cases", remedy="keep each patient once")
    return sorted(found)


def add_fingerprints(bundle: str | Path, fingerprints: Sequence[str]) -> Path:
    """Write the fingerprints into metadata and card of a bundle.

    Args:
        bundle: Its folder.
        fingerprints: Of everyone it was trained on.

    Raises:
        RefusedInput: If the bundle states another number of training patients, or is damaged.
    """
    metadata = load_metadata(bundle)
    training = metadata["training"]
    if training.get("n") != len(fingerprints):
        raise RefusedInput(
            what="the bundle was trained on another number of patients",
            where=bundle,
            found=f"{training.get('n')}, given {len(fingerprints)}",
            remedy="give the folder of exactly its training patients",
        )
    return restate(bundle, {**metadata, "training": {**training, IMAGES: list(fingerprints)}})


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line of this script."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", type=Path, help="folder of the training patients, with cases.csv")
    parser.add_argument("bundles", type=Path, nargs="+", metavar="BUNDLE", help="folder of a bundle")
    given = parser.parse_args(arguments)
    fingerprints = fingerprints_of(patients_of(given.cases))
    for bundle in given.bundles:
        add_fingerprints(bundle, fingerprints)
        sys.stdout.write(f"{bundle.name}: {len(fingerprints)} fingerprints\n")


if __name__ == "__main__":
    main()
