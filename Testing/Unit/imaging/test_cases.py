from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import region_volumes_ml
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.cases import as_label_map, find_case, read_label_map
from GliomaRadiomicsLib.imaging.files import write_label_map, write_volume

NAMINGS = {
    "2013": [
        "VSD.Brain.XX.O.MR_T1.54513/VSD.Brain.XX.O.MR_T1.54513.mha",
        "VSD.Brain.XX.O.MR_T1c.54514/VSD.Brain.XX.O.MR_T1c.54514.mha",
        "VSD.Brain.XX.O.MR_T2.54515/VSD.Brain.XX.O.MR_T2.54515.mha",
        "VSD.Brain.XX.O.MR_Flair.54512/VSD.Brain.XX.O.MR_Flair.54512.mha",
        "VSD.Brain_3more.XX.XX.OT.6560/VSD.Brain_3more.XX.XX.OT.6560.mha",
    ],
    "2012 synthetic": [f"SimBRATS_HG0001/SimBRATS_HG0001_{s}.mha" for s in ("T1", "T1C", "T2", "FLAIR", "truth")],
    "2018": [f"Brats18_2013_2_1_{s}.nii.gz" for s in ("t1", "t1ce", "t2", "flair", "seg")],
    "2020 plain": [f"BraTS20_Training_355_{s}.nii" for s in ("t1", "t1ce", "t2", "flair")] + ["W39_1998_Segm.nii"],
    "2023": [f"BraTS-GLI-00005-100-{s}.nii.gz" for s in ("t1n", "t1c", "t2w", "t2f", "seg")],
    "tcia upper": [f"UPENN-GBM-00001_11_{s}.NII.GZ" for s in ("T1", "T1GD", "T2", "FLAIR", "SEG")],
}


@pytest.mark.parametrize("year", NAMINGS)
def test_every_brats_naming_is_found(tmp_path: Path, year: str) -> None:
    for name in [*NAMINGS[year], "notes.txt", "._x_t1.nii.gz", "brain_mask.nii.gz"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    expected = dict(zip(("t1", "t1ce", "t2", "flair", "seg"), NAMINGS[year], strict=True))
    assert find_case(tmp_path) == {role: tmp_path / name for role, name in expected.items()}


def test_missing_sequences_are_simply_absent(tmp_path: Path) -> None:
    (tmp_path / "a_flair.nii.gz").touch()
    assert list(find_case(tmp_path)) == ["flair"]


def test_clinical_names_are_understood_where_no_other_are_there(tmp_path: Path) -> None:
    names = {"t1": "AX T1 SE.nii.gz", "t1ce": "T1 POST GAD.nrrd", "t2": "t2_tse_tra.nii", "flair": "T2 FLAIR AX.mha"}
    for name in (*names.values(), "ADC.nii.gz", "T1 Map.nii.gz", "notes.txt"):
        (tmp_path / name).touch()
    assert find_case(tmp_path) == {role: tmp_path / name for role, name in names.items()}
    (tmp_path / "COR T1 POST.nii.gz").touch()
    with pytest.raises(RefusedInput, match="2 files for t1ce"):
        find_case(tmp_path)


def test_two_candidates_are_refused_naming_both(tmp_path: Path) -> None:
    for name in ("a_t1ce.nii.gz", "a-t1c.nii.gz", "a_t2.nii.gz"):
        (tmp_path / name).touch()
    with pytest.raises(RefusedInput, match=r"t1ce.*a-t1c.nii.gz and a_t1ce.nii.gz"):
        find_case(tmp_path)


def test_a_folder_of_cases_is_named_as_such(tmp_path: Path) -> None:
    for case in ("a", "b", "c"):
        (tmp_path / case).mkdir()
        for role in ("t1", "flair", "seg"):
            (tmp_path / case / f"{case}_{role}.nii.gz").write_bytes(b"never read")
    with pytest.raises(RefusedInput, match="folder of cases, not a case.*3 case folders.*give one of the folders"):
        find_case(tmp_path)
    assert set(find_case(tmp_path / "a")) == {"t1", "flair", "seg"}
    shutil.rmtree(tmp_path / "b")
    shutil.rmtree(tmp_path / "c")
    assert set(find_case(tmp_path)) == {"t1", "flair", "seg"}


def test_folder_without_sequences_or_missing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a_seg.nii.gz").touch()
    with pytest.raises(RefusedInput, match="no sequence found by name.*_t1ce.nii.gz"):
        find_case(tmp_path)
    with pytest.raises(RefusedInput, match="no such folder"):
        find_case(tmp_path / "none")


def _labels(*values: float) -> Volume:
    array = np.zeros((4, 4, 4))
    array.ravel()[: len(values)] = values
    return Volume(array, np.eye(4), "mask")


@pytest.mark.parametrize(
    ("stored", "brats2013", "expected"),
    [
        ((1, 2, 4), False, (1, 2, 4)),
        ((1, 2, 3), False, (1, 2, 4)),
        ((1, 2, 3, 4), True, (1, 2, 1, 4)),
        ((2, 3), True, (2, 1)),
        ((), False, ()),
    ],
)
def test_label_values_of_every_year(stored: tuple, brats2013: bool, expected: tuple) -> None:
    result = as_label_map(_labels(*stored), brats2013=brats2013).array
    assert result.dtype == np.uint8
    assert tuple(result.ravel()[: len(expected)]) == expected
    assert result.ravel()[len(expected) :].sum() == 0


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        ((1, 7, 300), r"unknown labels.*7, 300"),
        ((1, -1), r"unknown labels.*-1"),
        ((0.4, 1), r"fractions, NaN or infinity.*0\.4"),
        ((np.nan, 1), "fractions, NaN or infinity.*nan"),
        ((np.inf, -np.inf, 1), "fractions, NaN or infinity.*-inf, inf"),
        ((1, 2, 3, 4), r"3 and 4 together.*1, 2, 3, 4.*2012/2013 3 \(non-enhancing\) becomes 1"),
    ],
)
def test_other_values_are_refused_by_name(stored: tuple, message: str) -> None:
    with pytest.raises(RefusedInput, match=message):
        as_label_map(_labels(*stored))


def test_float_file_with_whole_labels_is_read(tmp_path: Path) -> None:
    write_volume(_labels(1, 2, 4), tmp_path / "a_seg.nii.gz")
    assert read_label_map(tmp_path / "a_seg.nii.gz").array.ravel()[:4].tolist() == [1, 2, 4, 0]


def test_refusal_names_the_file(tmp_path: Path) -> None:
    write_label_map(_labels(9), tmp_path / "a_seg.nii.gz")
    with pytest.raises(RefusedInput, match="a_seg.nii.gz"):
        read_label_map(tmp_path / "a_seg.nii.gz")


def test_label_volumes_equal_the_published_ones(shared_data: Path) -> None:
    with (shared_data / "cases" / "cases.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 18
    for row in rows:
        label_map = read_label_map(find_case(shared_data / "cases" / row["case"])["seg"])
        volumes = region_volumes_ml(label_map.array, label_map.voxel_volume_mm3)
        found = [volumes["NCR_NET"], volumes["ED"], volumes["ET"]]
        expected = [float(row[key]) for key in ("ncr_net_ml", "ed_ml", "et_ml")]
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=6e-4, err_msg=row["case"])
