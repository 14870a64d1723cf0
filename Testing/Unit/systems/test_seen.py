"""A patient is known again by the image, however its file is laid out; a bundle can be told afterwards whom it saw."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import write_volume
from GliomaRadiomicsLib.models.bundle import load_metadata, verify
from GliomaRadiomicsLib.systems.image_fingerprints import main
from GliomaRadiomicsLib.systems.seen import IMAGES, has_seen, image_fingerprint, patient_fingerprint

Make = Callable[..., Path]


def image(seed: int = 0) -> Volume:
    array = np.zeros((9, 8, 7), dtype=np.int16)
    array[2:7, 1:6, 2:6] = np.random.default_rng(seed).integers(1, 900, (5, 5, 4))
    return Volume(array, np.diag([-1.0, -1.0, 1.0, 1.0]))


def test_layout_and_number_type_do_not_count() -> None:
    given = image()
    known = image_fingerprint(given)
    assert len(known) == 16
    assert image_fingerprint(given.with_array(given.array.astype(np.float64))) == known
    turned = np.diag([1.0, -1.0, 1.0, 1.0])
    turned[0, 3] = -8.0
    assert image_fingerprint(Volume(given.array[::-1], turned)) == known
    assert image_fingerprint(Volume(np.pad(given.array, 3), given.affine)) == known
    assert image_fingerprint(Volume(given.array.transpose(2, 0, 1), given.affine[:, [2, 0, 1, 3]])) == known


def test_one_voxel_counts_and_so_does_the_shape() -> None:
    given, other = image(), image()
    other.array[3, 3, 3] += 1
    assert image_fingerprint(other) != image_fingerprint(given) != image_fingerprint(image(1))
    assert image_fingerprint(Volume(np.zeros((3, 3, 3)), np.eye(4))) == "empty"


def test_the_t1ce_stands_for_the_patient_else_the_first_sequence() -> None:
    parts = {"flair": image(1), "t1": image(2), "t1ce": image(3)}
    assert patient_fingerprint(parts) == image_fingerprint(parts["t1ce"])
    del parts["t1ce"]
    assert patient_fingerprint(parts) == image_fingerprint(parts["t1"])
    assert has_seen({"training": {IMAGES: ["a", "b"]}}, ["b", "c"])
    assert not has_seen({"training": {}}, ["b"])


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    folder = tmp_path / "cases"
    folder.mkdir()
    with (folder / "cases.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["case", "grade", "tcga_id"])
        writer.writeheader()
        for number in range(3):
            name = f"c{number}"
            writer.writerow({"case": name, "grade": "HGG", "tcga_id": "TCGA-02-0001"})
            (folder / name).mkdir()
            for role in ("t1", "t1ce", "t2", "flair", "seg"):
                volume = image(number) if role == "t1ce" else image(99)
                volume = volume if role != "seg" else volume.with_array((volume.array > 0).astype(np.uint8))
                write_volume(volume, folder / name / f"{name}_{role}.nii.gz")
    return folder


def test_bundles_are_told_whom_they_saw(cases: Path, make_segmentation_bundle: Make, tmp_path: Path) -> None:
    bundle = make_segmentation_bundle(tmp_path / "net")
    file = bundle / "metadata.json"
    before = json.loads(file.read_text())
    with pytest.raises(RefusedInput, match="another number of patients.*0, given 3"):
        main([str(cases), str(bundle)])
    file.write_text(json.dumps({**before, "training": {**before["training"], "n": 3}}))
    main([str(cases), str(bundle)])
    after = verify(bundle)
    assert after["training"][IMAGES] == sorted(image_fingerprint(image(number)) for number in range(3))
    assert after["files"] == before["files"]
    assert {key: value for key, value in after.items() if key != "training"} == {
        key: value for key, value in before.items() if key != "training"
    }
    assert image_fingerprint(image(2)) in (bundle / "README.md").read_text()
    assert has_seen(load_metadata(bundle), [image_fingerprint(replace(image(1), name="other"))])
