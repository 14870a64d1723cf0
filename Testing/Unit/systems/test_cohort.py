"""Lines of a cohort become training cases, or are refused by line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.cohort import Patient
from GliomaRadiomicsLib.imaging.files import write_label_map
from GliomaRadiomicsLib.systems.cohort import LabelledCases, grade_is_hgg


@pytest.fixture
def seg(tmp_path: Path) -> Path:
    array = np.zeros((8, 8, 8), dtype=np.uint8)
    array[2:6, 2:6, 2:6] = 2
    array[3:5, 3:5, 3:5] = 4
    write_label_map(Volume(array, np.eye(4)), tmp_path / "seg.nii.gz")
    return tmp_path / "seg.nii.gz"


@pytest.mark.parametrize(
    ("text", "is_hgg"), [("HGG", True), ("IV", True), ("4", True), ("G3", False), ("WHO 2", False), ("lgg", False)]
)
def test_grades(text: str, is_hgg: bool) -> None:
    assert grade_is_hgg(Patient("a", 2, values={"grade": text})) is is_hgg


def test_a_filled_line(seg: Path) -> None:
    values = {"grade": "4", "age": "61", "sex": "male", "event": "1", "os_days": "400", "mgmt": "unknown", "site": "A"}
    (case,) = LabelledCases([Patient("a", 2, {"seg": seg}, values)])
    assert (case.patient, case.is_hgg, case.event, case.os_days, case.mgmt_methylated, case.site) == (
        "a",
        True,
        True,
        400.0,
        None,
        "A",
    )
    assert (case.data.clinical.age, case.data.clinical.sex) == (61.0, "M")
    assert int((case.data.label_map.array == 4).sum()) == 8


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"grade": "V"}, "not a grade.*V"),
        ({"age": "old"}, "age is no number"),
        ({"age": "200"}, "not an age"),
        ({"idh": "perhaps"}, "idh is not understood"),
    ],
)
def test_a_wrong_value_is_refused_with_its_line(seg: Path, values: dict[str, str], message: str) -> None:
    with pytest.raises(RefusedInput, match=message) as refused:
        list(LabelledCases([Patient("a", 7, {"seg": seg}, values)]))
    assert "line 7" in str(refused.value)


def test_a_line_without_label_map_is_refused() -> None:
    with pytest.raises(RefusedInput, match="no label map"):
        list(LabelledCases([Patient("a", 2)]))


@pytest.mark.parametrize(("written", "grade"), [("II", 2), ("WHO 3", 3), ("4.0", 4), ("LGG", None), ("", None)])
def test_clinical_data_for_low_grade_survival(seg: Path, written: str, grade: int | None) -> None:
    line = Patient("a", 2, {"seg": seg}, {"histology": "astrocytoma", "location": "frontal"})
    if written:
        line.values["grade"] = written
    (case,) = LabelledCases([line])
    clinical = case.data.clinical
    assert (clinical.grade, clinical.histology, clinical.location) == (grade, "astrocytoma", "frontal")
