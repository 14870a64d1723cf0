"""What cannot be used as one volume of a head is refused or flagged by name, and never changed in silence."""

from __future__ import annotations

import gc
import json
import re
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from dicom_series import box, edit, only_series
from pydicom.uid import generate_uid

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.imaging.dicom.case import DicomCase, iterate_cases, open_case, read_case, series_in
from GliomaRadiomicsLib.imaging.dicom.read import read_series
from GliomaRadiomicsLib.imaging.dicom.scan import scan_folder
from GliomaRadiomicsLib.imaging.dicom.series import series_of
from GliomaRadiomicsLib.imaging.dicom.write import Study, write_case, write_series
from GliomaRadiomicsLib.pipeline.inputs import read_inputs, sources_of_dicom

ROLES = ("t1", "t1ce", "t2", "flair")


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Four sequences in the challenge's layout."""
    return write_case({role: box(seed=n) for n, role in enumerate(ROLES)}, tmp_path / "case", shuffle=1)


def by_place(folder: Path) -> list[Path]:
    """Files of a series from the lowest to the highest slice."""
    return [one.path for one in only_series(folder).slices]


def remove(paths: list[Path], which: slice) -> None:
    for path in paths[which]:
        path.unlink()


def tilt(paths: list[Path], mm: float) -> None:
    def change(data: Any, number: int) -> None:
        x, y, z = data.ImagePositionPatient
        data.ImagePositionPatient = [x, y + mm * number, z]

    edit(paths, change)


def odd_size(paths: list[Path]) -> None:
    def change(data: Any, number: int) -> None:
        data.Rows -= 1
        data.PixelData = data.PixelData[: data.Rows * data.Columns * 2]

    edit(paths[4:5], change)


def double_place(paths: list[Path]) -> None:
    data = pydicom.dcmread(paths[3])
    data.SOPInstanceUID = generate_uid()
    data.save_as(paths[0].with_name("another.dcm"))


def shifted(paths: list[Path]) -> None:
    def change(data: Any, number: int) -> None:
        x, y, z = data.ImagePositionPatient
        data.ImagePositionPatient = [x + (number % 2) * 4, y, z]

    edit(paths, change)


def no_place(paths: list[Path]) -> None:
    edit(paths, lambda data, _: delattr(data, "ImagePositionPatient"))


BROKEN: dict[str, tuple[Callable[[list[Path]], None], str]] = {
    "gap": (lambda paths: remove(paths, slice(4, 6)), "2 slices are missing in the middle.*between slices 4 and 5"),
    "one gone": (lambda paths: remove(paths, slice(7, 8)), "1 slice is missing"),
    "tilt": (lambda paths: tilt(paths, 0.5), "sheared volume, as from a tilted gantry.*9.5 degrees"),
    "sizes": (odd_size, "slices of different size.*Image-.*1 of 14 x 10 among 14 x 11 pixels"),
    "duplicate": (double_place, "several images at the same position.*another.dcm"),
    "shifted": (shifted, "shifted against each other"),
    "no place": (no_place, "does not say where the slices lie"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_broken_series_are_refused_by_name_and_never_left_out(case: Path, what: str) -> None:
    breaking, message = BROKEN[what]
    breaking(by_place(case / "T2w"))
    with pytest.raises(RefusedInput, match=rf"T2, series 3 of 4: .*{message}"):
        open_case(case)
    with pytest.raises(RefusedInput, match=message):
        read_inputs({"t2": case / "T2w"})


def test_a_whole_series_is_taken_where_another_of_its_kind_is_broken(case: Path) -> None:
    remove(by_place(case / "T2w"), slice(4, 6))
    again = write_series(box(seed=9), case / "again", number=9, tags={"SeriesDescription": "T2w"})
    edit(again, lambda data, _: same_study(data, case))
    assert open_case(case).chosen["t2"].number == 5


def same_study(data: Any, case: Path) -> None:
    data.StudyInstanceUID = pydicom.dcmread(next(case.rglob("*.dcm")), stop_before_pixels=True).StudyInstanceUID


def test_a_varying_gap_is_evened_out_and_warned_about(tmp_path: Path) -> None:
    """A ramp along the slices stays a ramp in space."""
    ramp = box().with_array(np.broadcast_to(np.arange(12) * 100, (14, 11, 12)).astype(np.int16))
    paths = write_series(ramp, tmp_path)

    def change(data: Any, number: int) -> None:
        x, y, z = data.ImagePositionPatient
        data.ImagePositionPatient = [x, y, z + (0.6 if number % 2 else 0.0)]
        place = float(data.ImagePositionPatient[2])
        data.PixelData = np.full((11, 14), round(place * 100), "<i2").tobytes()

    edit(paths, change)
    done = read_series(only_series(tmp_path), "t1")
    (finding,) = done.findings
    assert (finding.code, finding.severity, finding.sequence) == ("slice-gap-varies", "warning", "t1")
    assert "from 2.40 to 3.60 mm" in finding.message
    heights = done.volume.affine[2, 3] + np.arange(done.volume.shape[2]) * done.volume.affine[2, 2]
    assert np.abs(done.volume.array[3, 3] - heights * 100).max() < 1.0


def test_files_that_are_there_twice_are_used_once(case: Path) -> None:
    source = next((case / "FLAIR").iterdir())
    (case / "copy of a file").write_bytes(source.read_bytes())
    one = open_case(case).chosen["flair"]
    assert len(one.slices) == 12
    assert [note.severity for note in one.notes if note.code == "duplicate-files"] == ["fixed"]


def test_patients_and_studies_are_not_mixed(case: Path) -> None:
    edit((case / "T1w").iterdir(), lambda data, _: setattr(data, "PatientID", "somebody-else"))
    with pytest.raises(RefusedInput, match="different patients in one folder.*2 patients") as refusal:
        open_case(case)
    assert "somebody" not in str(refusal.value)


def test_studies_of_two_days_are_refused(case: Path) -> None:
    edit(case.rglob("*.dcm"), lambda data, _: setattr(data, "StudyDate", "20200101"))
    assert len(open_case(case).chosen) == 4
    edit((case / "T1w").iterdir(), lambda data, _: setattr(data, "StudyDate", "20200909"))
    with pytest.raises(RefusedInput, match="different studies in one folder.*different days") as refusal:
        open_case(case)
    assert "2020" not in str(refusal.value)


def test_two_studies_that_offer_the_same_sequence_are_refused(case: Path) -> None:
    write_case({"t1": box(seed=8)}, case / "later")
    with pytest.raises(RefusedInput, match="different studies.*T1 in 2 studies"):
        open_case(case)


def test_study_numbers_alone_are_flagged(case: Path) -> None:
    other = generate_uid()
    edit((case / "T1w").iterdir(), lambda data, _: setattr(data, "StudyInstanceUID", other))
    chosen = open_case(case).chosen
    codes = [note.code for one in chosen.values() for note in one.notes]
    assert codes.count("several-studies") == 1


def extra(case: Path, name: str, shape: tuple[int, int, int] = (14, 11, 12), **tags: Any) -> DicomCase:
    """A further series called T1 in the case, opened again."""
    data = pydicom.dcmread(next(case.rglob("*.dcm")), stop_before_pixels=True)
    study = Study(data.StudyInstanceUID, data.FrameOfReferenceUID)
    named = {"SeriesDescription": "T1", **tags}
    write_series(box(seed=7, shape=shape), case / name, study=study, number=9, tags=named)
    return open_case(case)


NOT_FOR_ANY_ROLE = {
    "localiser": ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "localiser"),
    "ct": ({"Modality": "CT"}, "computed tomography .CT., not magnetic resonance"),
    "pet": ({"Modality": "PT"}, "positron emission"),
    "adc": ({"ImageType": ["DERIVED", "PRIMARY", "DIFFUSION", "ADC"]}, "a map computed from other images"),
    "perfusion": ({"ImageType": ["DERIVED", "PRIMARY", "PERFUSION", "RCBV"]}, "a map computed"),
    "phase": ({"ImageType": ["ORIGINAL", "PRIMARY", "P", "ND"]}, "phase images, not magnitude"),
    "mosaic": ({"ImageType": ["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"]}, "a mosaic"),
    "inverted": ({"PhotometricInterpretation": "MONOCHROME1"}, "inverted grey values"),
    "dwi": ({"SeriesDescription": "ep2d_diff_trace"}, "not recognised as T1, T1ce, T2 or FLAIR"),
}


@pytest.mark.parametrize("what", NOT_FOR_ANY_ROLE)
def test_other_images_play_no_role_and_are_named(case: Path, what: str) -> None:
    tags, reason = NOT_FOR_ANY_ROLE[what]
    opened = extra(case, "extra", **tags)
    assert {role: one.number for role, one in opened.chosen.items()} == {"t1": 1, "t1ce": 2, "t2": 3, "flair": 4}
    (line,) = [line for line in opened.lines() if "series 5 of 5 not used" in line]
    assert re.search(reason, line)
    if "SeriesDescription" not in tags:
        with pytest.raises(RefusedInput, match=reason):
            read_inputs({"t1": case / "extra"})


def test_a_localiser_of_three_orientations_is_one(tmp_path: Path) -> None:
    paths = write_series(box(shape=(14, 11, 9)), tmp_path)
    turns = ([1, 0, 0, 0, 1, 0], [0, 1, 0, 0, 0, -1], [1, 0, 0, 0, 0, -1])
    edit(paths, lambda data, number: setattr(data, "ImageOrientationPatient", turns[number // 3]))
    series = series_of(scan_folder(tmp_path))
    assert [one.problem.code for one in series if one.problem] == ["localiser"] * 3
    with pytest.raises(RefusedInput, match="as in a localiser"):
        read_inputs({"t1": tmp_path})
    with pytest.raises(RefusedInput, match="no series was recognised.*localiser"):
        open_case(tmp_path)


def test_a_time_series_is_named_and_not_analysed(tmp_path: Path) -> None:
    paths = []
    for time in range(3):
        paths.append(write_series(box(seed=time), tmp_path / str(time), tags={"SeriesDescription": "T1 POST"}))
    uid = generate_uid()
    for time, files in enumerate(paths):
        edit(files, lambda data, _, time=time: data.update({"SeriesInstanceUID": uid, "AcquisitionNumber": time + 1}))
        edit(files, lambda data, _: setattr(data, "StudyInstanceUID", uid))
    with pytest.raises(RefusedInput, match="4-D: 3 images at every position.*36 images at 12 positions"):
        open_case(tmp_path)


def test_a_time_series_that_would_have_been_a_sequence_is_left_out_with_a_warning(case: Path) -> None:
    study = pydicom.dcmread(next(case.rglob("*.dcm"))).StudyInstanceUID
    for path in (case / "T1w").iterdir():
        path.unlink()
    for time in range(2):
        tags = {"SeriesDescription": "T1", "SeriesInstanceUID": "1.2.3", "AcquisitionNumber": time + 1}
        write_series(box(), case / f"time{time}", study=Study(study), number=9, tags=tags)
    opened = open_case(case)
    assert list(opened.chosen) == ["t1ce", "t2", "flair"]
    (note,) = [note for one in opened.chosen.values() for note in one.notes if note.code == "series-left-out"]
    assert note.severity == "warning"
    assert "T1, series 4 of 4: 4-D: 2 images at every position" in note.message


def test_echoes_become_series_of_their_own(tmp_path: Path) -> None:
    uid = generate_uid()
    for echo, time in ((1, 15.0), (2, 95.0)):
        tags = {"EchoNumbers": echo, "EchoTime": time, "RepetitionTime": 3000.0, "SeriesDescription": "PD T2 dual"}
        tags |= {"StudyInstanceUID": uid, "SeriesInstanceUID": uid}
        write_series(box(seed=echo), tmp_path / str(echo), tags=tags)
    opened = open_case(tmp_path)
    assert len(opened.series) == 2
    assert opened.chosen["t2"].tags.echo_time == 95.0


@pytest.mark.parametrize("compression", ["", "jpeg"])
@pytest.mark.parametrize("kept", [100, 140, 300, 0.9])
def test_a_truncated_file_is_named(case: Path, kept: float, compression: str) -> None:
    write_series(box(), case / "T2w", compression=compression, tags={"SeriesDescription": "T2w"})  # type: ignore[arg-type]
    path = case / "T2w" / "Image-7.dcm"
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data)) if kept < 1 else int(kept)])
    with pytest.raises(RefusedInput, match="T?2?w?/?Image-7.dcm.*copy or export it again"):
        read_inputs({"t2": case / "T2w"})


def test_folders_without_dicom_are_named(tmp_path: Path) -> None:
    with pytest.raises(RefusedInput, match="no such folder"):
        open_case(tmp_path / "nowhere")
    (tmp_path / "note.txt").write_text("nothing")
    with pytest.raises(RefusedInput, match="no DICOM image in this folder .found 1 file"):
        open_case(tmp_path)
    with pytest.raises(RefusedInput, match="a folder without DICOM images"):
        read_inputs({"t1": tmp_path})


def test_the_user_corrects_a_role(case: Path) -> None:
    sources, lines = sources_of_dicom(case, {"t1": Path("2"), "t1ce": case / "T1w"})
    assert {role: one.number for role, one in sources.items()} == {"t1": 2, "t1ce": 1, "t2": 3, "flair": 4}  # type: ignore[union-attr]
    said = "\n".join(lines)
    assert "T1: series 2 of 4, as given, but it was read as T1ce (confidence" in said
    assert "T1ce: series 1 of 4, as given, but it was read as T1 (confidence" in said
    assert "has no series now" not in said
    with pytest.raises(RefusedInput, match="--t1: no such series .found 9.; choose from 1 to 4"):
        sources_of_dicom(case, {"t1": Path("9")})


def test_a_role_given_wrongly_says_what_is_missing_now_and_how_to_get_it(case: Path) -> None:
    sources, lines = sources_of_dicom(case, {"t1ce": Path("1")})
    assert {role: one.number for role, one in sources.items()} == {"t1ce": 1, "t2": 3, "flair": 4}  # type: ignore[union-attr]
    (line,) = [line for line in lines if line.startswith("T1ce: ")]
    assert "series 1 of 4, as given, but it was read as T1 (confidence" in line
    assert "leave --t1ce out" in line
    assert "T1 has no series now" in line
    assert "give T1 with --t1 if there is one" in line
    assert any(line.startswith("series 2 of 4 not used: another T1ce") for line in lines)


def test_a_series_that_is_no_sequence_given_as_one_is_warned_about(case: Path) -> None:
    extra(case, "diffusion", SeriesDescription="ep2d_diff_trace")
    _, lines = sources_of_dicom(case, {"t2": case / "diffusion"})
    (line,) = [line for line in lines if line.startswith("T2: ")]
    assert "as given, but it was read as another kind of image" in line


def test_one_of_several_series_is_taken_where_only_one_fits(case: Path) -> None:
    assert series_in(case, "t2").recognised.role == "t2"
    extra(case, "second", SeriesDescription="AX T2")
    with pytest.raises(RefusedInput, match="T2: several DICOM series in the folder .found 5 series"):
        series_in(case, "t2")


def test_hashes_do_not_depend_on_file_names(case: Path, tmp_path: Path) -> None:
    for number, path in enumerate(sorted((case / "T1w").iterdir())):
        (tmp_path / "renamed").mkdir(exist_ok=True)
        (tmp_path / "renamed" / f"{(7 * number) % 12}").write_bytes(path.read_bytes())
    first, second = (read_inputs({"t1": folder}) for folder in (case / "T1w", tmp_path / "renamed"))
    assert first.hashes == second.hashes
    assert read_inputs({"t1": case / "T1wCE"}).hashes != first.hashes
    assert np.array_equal(first.volumes["t1"].array, second.volumes["t1"].array)


def test_a_cohort_is_read_one_patient_at_a_time_and_refusals_do_not_stop_it(case: Path, tmp_path: Path) -> None:
    broken = write_case({"t1": box()}, tmp_path / "broken")
    remove(by_place(broken / "T1w"), slice(4, 6))
    stream = iterate_cases([case, broken, tmp_path / "absent", case])
    first = next(stream)[1]
    assert isinstance(first, dict)
    arrays = [weakref.ref(volume.array) for volume in first.values()]
    del first
    gc.collect()
    refused = [next(stream)[1], next(stream)[1]]
    assert [type(one) for one in refused] == [RefusedInput, RefusedInput]
    assert "missing" in str(refused[0])
    assert all(array() is None for array in arrays)
    assert set(next(stream)[1]) == set(ROLES)  # type: ignore[arg-type]


def test_progress_is_told_and_can_cancel(case: Path) -> None:
    from GliomaRadiomicsLib.core.errors import Cancelled

    with pytest.raises(Cancelled):
        open_case(case, progress=Progress(is_cancelled=lambda: True))
    assert set(read_case(open_case(case, progress=Progress()))) == set(ROLES)


def test_the_table_for_a_panel_is_plain_data(case: Path) -> None:

    rows = [one.to_dict() for one in open_case(case).series]
    assert json.loads(json.dumps(rows)) == rows
    assert [row["role"] for row in rows] == list(ROLES)
    assert rows[0]["size"] == [14, 11]
    assert rows[0]["slice_mm"] == 3.0
