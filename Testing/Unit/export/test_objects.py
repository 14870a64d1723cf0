"""What is in the exported objects, read back with pydicom and highdicom."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest

pytest.importorskip("highdicom", reason='SKIPPED: needs highdicom, pip install "glioma-radiomics[dicom]"')

from support.exported import filled, groups, in_hundredths, items, segments_in_space  # noqa: E402
from support.finished_result import Finished, put_labels  # noqa: E402

from GliomaRadiomicsLib.core.labels import LABELS, REGIONS, region_mask  # noqa: E402
from GliomaRadiomicsLib.core.volume import Volume  # noqa: E402
from GliomaRadiomicsLib.pipeline.export.export import export_result  # noqa: E402

KINDS = ("dicom-seg", "dicom-sr", "rtstruct")
RGB = {"NCR/NET": (255, 0, 0), "ED": (0, 255, 0), "ET": (255, 255, 0)}


def export(done: Finished, kind: str, folder: Path, **options: Path) -> Path:
    path = folder / f"{kind}.dcm"
    export_result(done.out, kind, path, dicom=done.dicom, **options)
    return path


def places_of(labels: Volume, value: int) -> set[tuple[int, int, int]]:
    index = np.argwhere(labels.array == value)
    return in_hundredths(index @ labels.affine[:3, :3].T + labels.affine[:3, 3])


def turned(labels: Volume) -> Volume:
    """The same outline with axes in another order and direction, as converters of DICOM write them."""
    affine = labels.affine.copy()
    affine[:3, 3] += affine[:3, 1] * (labels.shape[1] - 1) + affine[:3, 2] * (labels.shape[2] - 1)
    affine[:3, [1, 2]] *= -1
    flipped = labels.array[:, ::-1, ::-1].transpose(2, 0, 1)
    return Volume(np.ascontiguousarray(flipped), affine[:, [2, 0, 1, 3]], labels.name)


def test_segments_lie_voxel_by_voxel_where_the_outline_does(made: Finished, tmp_path: Path) -> None:
    found = segments_in_space(export(made, "dicom-seg", tmp_path))
    assert found == {label.short_name: places_of(made.labels, label.value) for label in LABELS}


def test_an_outline_with_other_axes_gives_the_same_segments(finished: Finished, tmp_path: Path) -> None:
    put_labels(finished, turned(finished.labels))
    found = segments_in_space(export(finished, "dicom-seg", tmp_path))
    assert found == {label.short_name: places_of(finished.labels, label.value) for label in LABELS}


def test_highdicom_reads_the_same_label_map(made: Finished, tmp_path: Path) -> None:
    from highdicom.seg import segread

    volume = segread(export(made, "dicom-seg", tmp_path)).get_volume(combine_segments=True)
    wanted = np.select([made.labels.array == label.value for label in LABELS], range(1, len(LABELS) + 1), 0)
    index = np.argwhere(volume.array)
    places = (index @ volume.affine[:3, :3].T + volume.affine[:3, 3]) * (-1, -1, 1)
    back = np.linalg.inv(made.labels.affine)
    there = np.rint(places @ back[:3, :3].T + back[:3, 3]).astype(int)
    assert len(there) == np.count_nonzero(wanted)
    assert np.array_equal(wanted[tuple(there.T)], volume.array[tuple(index.T)])


def test_segments_say_what_they_are(made: Finished, tmp_path: Path) -> None:
    from highdicom.color import CIELabColor

    data = pydicom.dcmread(export(made, "dicom-seg", tmp_path))
    assert [one.SegmentLabel for one in data.SegmentSequence] == ["NCR/NET", "ED", "ET"]
    for one, label in zip(data.SegmentSequence, LABELS, strict=True):
        kind, category = one.SegmentedPropertyTypeCodeSequence[0], one.SegmentedPropertyCategoryCodeSequence[0]
        assert (kind.CodingSchemeDesignator, kind.CodeValue, kind.CodeMeaning) == label.type
        assert (category.CodingSchemeDesignator, category.CodeValue, category.CodeMeaning) == label.category
        assert one.AnatomicRegionSequence[0].CodeMeaning == "Brain"
        colour = CIELabColor.from_dicom_value(one.RecommendedDisplayCIELabValue).to_rgb(clip=True)
        assert np.abs(np.subtract(colour, RGB[one.SegmentLabel])).max() <= 2
        assert one.SegmentAlgorithmType == "AUTOMATIC"
        assert one.SegmentationAlgorithmIdentificationSequence[0].AlgorithmName == "invented"
    assert "Not a medical device" in data.ContentDescription
    assert data.SegmentationType == "BINARY"


@pytest.mark.parametrize(("source", "wanted"), [("given", "MANUAL"), ("corrected", "SEMIAUTOMATIC")])
def test_a_given_outline_is_not_called_automatic(finished: Finished, tmp_path: Path, source: str, wanted: str) -> None:
    finished.change(lambda data: data["inputs"].update(mask=True))
    finished.change(lambda data: data["segmentation"].update(source=source))
    segments = pydicom.dcmread(export(finished, "dicom-seg", tmp_path)).SegmentSequence
    assert {one.SegmentAlgorithmType for one in segments} == {wanted}
    rois = pydicom.dcmread(export(finished, "rtstruct", tmp_path)).StructureSetROISequence
    assert {one.ROIGenerationAlgorithm for one in rois} == {wanted}


def test_a_label_that_does_not_occur_has_no_segment_and_no_contours(finished: Finished, tmp_path: Path) -> None:
    array = np.where(finished.labels.array == 4, 0, finished.labels.array)
    put_labels(finished, finished.labels.with_array(array))
    assert set(segments_in_space(export(finished, "dicom-seg", tmp_path))) == {"NCR/NET", "ED"}
    masks = filled(export(finished, "rtstruct", tmp_path), finished.labels.affine, finished.labels.shape)
    assert set(masks) == {"NCR/NET", "ED", "WT", "TC"}


@pytest.mark.parametrize("kind", KINDS)
def test_archives_file_every_object_with_its_patient_study_and_series(
    made: Finished, tmp_path: Path, kind: str
) -> None:
    source = pydicom.dcmread(next((made.dicom / "t1ce").iterdir()))
    data = pydicom.dcmread(export(made, kind, tmp_path))
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyID"):
        assert str(data.get(keyword)) == str(source.get(keyword)), keyword
    for keyword in ("StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName", "StudyDescription"):
        assert str(data.get(keyword)) == str(source.get(keyword)), keyword
    assert "ü" in str(data.PatientName)
    assert data.SeriesInstanceUID != source.SeriesInstanceUID
    uids = {str(e.value) for e in data.iterall() if e.keyword in ("ReferencedSOPInstanceUID", "SeriesInstanceUID")}
    images = {pydicom.dcmread(path).SOPInstanceUID for path in (made.dicom / "t1ce").iterdir()}
    others = {pydicom.dcmread(path).SOPInstanceUID for path in (made.dicom / "t2").iterdir()}
    assert uids & images
    assert not uids & others
    if kind != "dicom-sr":
        assert source.SeriesInstanceUID in uids
        assert data.FrameOfReferenceUID == source.FrameOfReferenceUID


NEEDED = {
    "dicom-seg": ("ContentLabel", "SegmentSequence", "ReferencedSeriesSequence", "DimensionIndexSequence"),
    "dicom-sr": ("CompletionFlag", "VerificationFlag", "CurrentRequestedProcedureEvidenceSequence", "ContentDate"),
    "rtstruct": ("StructureSetLabel", "StructureSetDate", "StructureSetTime", "StructureSetROISequence"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_required_attributes_are_there(made: Finished, tmp_path: Path, kind: str) -> None:
    data = pydicom.dcmread(export(made, kind, tmp_path))
    common = ("SOPInstanceUID", "Modality", "SeriesNumber", "InstanceNumber", "Manufacturer", "SpecificCharacterSet")
    for keyword in (*common, *NEEDED[kind]):
        assert data.get(keyword) not in (None, "", []), keyword
    assert data.file_meta.MediaStorageSOPInstanceUID == data.SOPInstanceUID
    for element in data.iterall():
        if element.VR == "LO":
            values = [element.value] if isinstance(element.value, str) else element.value or []
            assert all(len(value) <= 64 for value in values)
        if element.VR in ("SH", "CS"):
            values = [element.value] if isinstance(element.value, str) else element.value or []
            assert all(len(value) <= 16 for value in values), element.keyword


def test_contours_filled_again_are_the_regions(made: Finished, tmp_path: Path) -> None:
    masks = filled(export(made, "rtstruct", tmp_path), made.labels.affine, made.labels.shape)
    assert set(masks) == {region.replace("_", "/") for region in REGIONS}
    for region in REGIONS:
        wanted, found = region_mask(made.labels.array, region), masks[region.replace("_", "/")]
        dice = 2 * (wanted & found).sum() / (wanted.sum() + found.sum())
        assert dice == 1.0, (region, dice)


def test_contours_name_their_image_and_roi(made: Finished, tmp_path: Path) -> None:
    data = pydicom.dcmread(export(made, "rtstruct", tmp_path))
    positions = {
        one.SOPInstanceUID: np.array(one.ImagePositionPatient, float)
        for one in map(pydicom.dcmread, (made.dicom / "t1ce").iterdir())
    }
    normal = made.labels.affine[:3, 2] * (-1, -1, 1) / made.labels.spacing[2]
    numbers = [one.ROINumber for one in data.StructureSetROISequence]
    assert [one.ReferencedROINumber for one in data.ROIContourSequence] == numbers
    assert [one.ReferencedROINumber for one in data.RTROIObservationsSequence] == numbers
    for roi in data.ROIContourSequence:
        assert len(roi.ROIDisplayColor) == 3
        for contour in roi.ContourSequence:
            assert contour.ContourGeometricType == "CLOSED_PLANAR"
            place = positions[contour.ContourImageSequence[0].ReferencedSOPInstanceUID]
            point = np.array(contour.ContourData[:3], float)
            assert abs(normal @ (point - place)) < 1e-3


def test_the_report_holds_volumes_findings_and_the_notice(made: Finished, tmp_path: Path) -> None:
    data = pydicom.dcmread(export(made, "dicom-sr", tmp_path))
    found = groups(data)
    volumes = made.labels.voxel_volume_mm3 / 1000
    for region in REGIONS:
        group = found[f"Glioma {region.replace('_', '/')}"]
        value, unit = group["Volume"]
        assert unit == "mL"
        assert value == pytest.approx(region_mask(made.labels.array, region).sum() * volumes, abs=1e-3)
        assert group["Finding Site"] == "Brain"
        slices = np.flatnonzero(region_mask(made.labels.array, region).any((0, 1)))
        assert len(group["images"]) == len(slices)
    grade = found["cnn_grading"]
    assert grade["Probability of WHO grade 4 against 2 and 3"] == (0.9, "1")
    assert (grade["Algorithm Name"], grade["Algorithm Version"]) == ("cnn_grading", "1.2")
    assert grade["Trust in the prediction"] == "Caution"
    assert any("AUC 0.50" in text for text in grade["comments"])
    assert found["idh"]["IDH mutation"] == "IDH-wildtype"
    assert found["survival"]["Median survival"] == (400.0, "d")
    assert found["survival"]["Probability of being alive after 1 year"] == (0.6, "1")
    texts = [item.TextValue for item in items(data) if item.ValueType == "TEXT"]
    assert "Research use only. Not a medical device; not for diagnosis or treatment." in texts
    assert data.VerificationFlag == "UNVERIFIED"
    assert data.ContentTemplateSequence[0].TemplateIdentifier == "1500"


def test_the_report_words_its_evidence_and_rounds_its_figures(finished: Finished, tmp_path: Path) -> None:
    evidence = {"cohort": "UCSF", "n": 401, "validation": "nested", "note": ""}

    def figures(data: dict) -> None:
        data["idh"] |= {
            "probability_mutant": 0.123456,
            "evidence": {**evidence, "auc": 0.9519, "auc_ci": [0.925, 0.979]},
        }
        data["survival"] |= {
            "probability_ci": {"1y": [0.5, 0.7]},
            "ci": [300.0, None],
            "evidence": {**evidence, "c_index": 0.721, "c_index_ci": [0.68, 0.76]},
        }

    finished.change(figures)
    found = groups(pydicom.dcmread(export(finished, "dicom-sr", tmp_path)))
    assert found["idh"]["Probability of an IDH mutation"][0] == 0.1235
    assert "Rests on: UCSF; nested; AUC 0.95 (0.93 to 0.98), n\u00a0=\u00a0401." in found["idh"]["comments"]
    told = found["survival"]["comments"]
    assert "Alive after 1 year: 0.60 (95 % interval 0.50 to 0.70)." in told
    assert "Median survival: 400 days (95 % interval 300 to not reached within the follow-up)." in told
    assert any("C-index 0.72 (0.68 to 0.76), n\u00a0=\u00a0401." in text for text in told)


def test_the_report_is_silent_about_systems_that_abstained(finished: Finished, tmp_path: Path) -> None:
    def abstain(data: dict) -> None:
        data["grading"]["cnn_grading"]["probability_hgg"] = None
        data["idh"] = {"status": "unavailable", "reason": "none"}
        data["segmentation"]["sequences_used"] = ["flair"]

    finished.change(abstain)
    found = groups(pydicom.dcmread(export(finished, "dicom-sr", tmp_path)))
    assert set(found) == {"survival", *(f"Glioma {name}" for name in ("NCR/NET", "ED", "WT", "TC"))}


def test_the_report_can_refer_to_the_segments(made: Finished, tmp_path: Path) -> None:
    seg = export(made, "dicom-seg", tmp_path)
    uid = pydicom.dcmread(seg).SOPInstanceUID
    found = groups(pydicom.dcmread(export(made, "dicom-sr", tmp_path, seg=seg)))
    for number, name in enumerate(("NCR/NET", "ED", "ET"), start=1):
        first = found[f"Glioma {name}"]["images"][0]
        assert (first.ReferencedSOPInstanceUID, int(first.ReferencedSegmentNumber)) == (uid, number)
    assert uid not in {one.ReferencedSOPInstanceUID for one in found["Glioma WT"]["images"]}


def test_highdicom_reads_the_report(made: Finished, tmp_path: Path) -> None:
    from highdicom.sr import srread

    seg = export(made, "dicom-seg", tmp_path)
    report = srread(export(made, "dicom-sr", tmp_path, seg=seg))
    regions = report.content.get_volumetric_roi_measurement_groups()
    assert [group.tracking_identifier for group in regions] == ["Glioma NCR/NET", "Glioma ED", "Glioma ET"]


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="SKIPPED: needs dciodvfy (Debian: dicom3tools)")
@pytest.mark.parametrize("kind", KINDS)
def test_dciodvfy_finds_no_error(made: Finished, tmp_path: Path, kind: str) -> None:
    """Warnings about codes of our own are left out: no public terminology has them."""
    said = subprocess.run(
        ["dciodvfy", "-new", str(export(made, kind, tmp_path))], capture_output=True, text=True, check=False
    )
    lines = [line for line in said.stderr.splitlines() if line.startswith(("Error", "Warning"))]
    assert [line for line in lines if "99GLIOMARAD" not in line] == []
    assert said.stderr.strip()
