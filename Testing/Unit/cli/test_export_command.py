"""``export`` on the command line: endings, what is replaced, and that no identifier comes out."""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[2])]
from endings import Cli, check_refused  # noqa: E402
from support.exported import groups, segments_in_space  # noqa: E402
from support.finished_result import PERSON, SECRETS, Finished, make_finished, put_labels  # noqa: E402

from GliomaRadiomicsLib.core.volume import Volume  # noqa: E402
from GliomaRadiomicsLib.imaging.dicom.write import write_case  # noqa: E402
from GliomaRadiomicsLib.imaging.files import write_label_map  # noqa: E402
from GliomaRadiomicsLib.imaging.phantom import PhantomPatient  # noqa: E402

DICOM_KINDS = ("dicom-seg", "dicom-sr", "rtstruct")


@pytest.fixture
def done(tmp_path: Path) -> Finished:
    pytest.importorskip("highdicom", reason='SKIPPED: needs highdicom, pip install "glioma-radiomics[dicom]"')
    return make_finished(tmp_path)


def left_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"result", "export"}


@pytest.mark.parametrize("kind", DICOM_KINDS)
def test_an_export_is_one_whole_file_and_says_nothing_of_the_patient(
    done: Finished, tmp_path: Path, cli: Cli, kind: str
) -> None:
    ending = cli("export", "result", f"--{kind}", "--dicom", "export", "--out", "new/out.dcm")
    assert (ending.code, ending.err) == (0, "")
    assert "series 1 of 2 (the files that were analysed)" in ending.out
    assert [secret for secret in SECRETS if secret in ending.out.lower()] == []
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["out.dcm"]
    first = pydicom.dcmread(tmp_path / "new" / "out.dcm").SOPInstanceUID
    assert cli("export", "result", f"--{kind}", "--dicom", "export", "--out", "new/out.dcm").code == 0
    assert pydicom.dcmread(tmp_path / "new" / "out.dcm").SOPInstanceUID != first


@pytest.mark.parametrize("kind", DICOM_KINDS)
def test_without_the_series_it_is_refused_with_the_remedy(done: Finished, tmp_path: Path, cli: Cli, kind: str) -> None:
    ending = cli("export", "result", f"--{kind}", "--out", "out.dcm")
    check_refused(ending, tmp_path, "give --dicom DIR, the folder of the series the images were made from")


def test_a_kind_and_a_result_are_needed(done: Finished, tmp_path: Path, cli: Cli) -> None:
    assert cli("export", "result", "--out", "out.dcm").code == 2
    assert cli("export", "result", "--mrb", "--rtstruct", "--out", "out.dcm").code == 2
    (tmp_path / "empty").mkdir()
    for folder in ("empty", "missing"):
        ending = cli("export", folder, "--dicom-seg", "--dicom", "export", "--out", "out.dcm")
        check_refused(ending, tmp_path, "no result lies there", folder)
    ending = cli("export", "result", "--rtstruct", "--dicom", "export", "--seg", "x.dcm", "--out", "out.dcm")
    check_refused(ending, tmp_path, "--seg")


def test_a_result_without_outline_is_refused(done: Finished, tmp_path: Path, cli: Cli) -> None:
    put_labels(done, done.labels.with_array(np.zeros_like(done.labels.array)))
    ending = cli("export", "result", "--dicom-seg", "--dicom", "export", "--out", "out.dcm")
    check_refused(ending, tmp_path, "no tumour was outlined")
    done.change(lambda data: data.update(segmentation=None))
    ending = cli("export", "result", "--dicom-sr", "--dicom", "export", "--out", "out.dcm")
    check_refused(ending, tmp_path, "the tumour was not outlined in this result")


def shifted(labels: Volume) -> Volume:
    affine = labels.affine.copy()
    affine[:3, 3] += 2.0
    return Volume(labels.array, affine)


def other_spacing(labels: Volume) -> Volume:
    return Volume(labels.array, labels.affine @ np.diag([1.02, 1, 1, 1]))


def cropped(labels: Volume) -> Volume:
    return Volume(np.ascontiguousarray(labels.array[:, :, :-1]), labels.affine)


def tilted(labels: Volume) -> Volume:
    affine = labels.affine.copy()
    affine[:3, :2] = affine[:3, :2] @ np.array([[0.999, -0.045], [0.045, 0.999]])
    return Volume(labels.array, affine)


@pytest.mark.parametrize("change", [shifted, other_spacing, cropped, tilted])
def test_a_series_on_another_grid_is_refused(
    done: Finished, tmp_path: Path, cli: Cli, change: Callable[[Volume], Volume]
) -> None:
    put_labels(done, change(done.labels))
    ending = cli("export", "result", "--dicom-seg", "--dicom", "export", "--out", "out.dcm")
    check_refused(ending, tmp_path, "none of 2 series has the grid of the outline", "voxels of")


def test_a_series_known_by_its_grid_alone_is_said_to_be(done: Finished, cli: Cli) -> None:
    done.change(lambda data: data["inputs"]["sequences"]["t1ce"].update(sha256="0"))
    ending = cli("export", "result", "--dicom-seg", "--dicom", "export", "--out", "out.dcm")
    assert ending.code == 0
    assert "series 1 of 2 (known by its grid: check that it is the right one)" in ending.out


def test_two_series_on_the_grid_that_nothing_tells_apart_are_refused(done: Finished, tmp_path: Path, cli: Cli) -> None:
    done.change(lambda data: data["inputs"].update(reference="flair"))
    ending = cli("export", "result", "--dicom-seg", "--dicom", "export", "--out", "out.dcm")
    check_refused(ending, tmp_path, "2 series have the grid", "FLAIR series alone")
    assert cli("export", "result", "--dicom-seg", "--dicom", "export/t2", "--out", "out.dcm").code == 0


def test_exchanged_sequences_refer_to_the_image_that_was_the_reference(done: Finished, cli: Cli) -> None:
    def exchange(data: dict) -> None:
        inputs = data["inputs"]
        inputs.update(sequences={"t1": inputs["sequences"]["t1ce"], "t1ce": {"sha256": "0"}}, exchanged=["t1", "t1ce"])

    done.change(exchange)
    ending = cli("export", "result", "--dicom-seg", "--dicom", "export", "--out", "out.dcm")
    assert "the files that were analysed" in ending.out


def test_no_file_but_an_earlier_export_of_the_kind_is_replaced(done: Finished, tmp_path: Path, cli: Cli) -> None:
    image = next((tmp_path / "export" / "t1ce").iterdir())
    text = tmp_path / "note.txt"
    text.write_text("mine")
    before = image.read_bytes()
    for target in (image, text, tmp_path):
        relative = target.relative_to(tmp_path)
        for kind in DICOM_KINDS:
            ending = cli("export", "result", f"--{kind}", "--dicom", "export", "--out", relative)
            check_refused(ending, tmp_path, "--out")
    assert (image.read_bytes(), text.read_text()) == (before, "mine")
    assert left_in(tmp_path) == {"note.txt"}


def test_what_goes_wrong_in_writing_leaves_nothing(
    done: Finished, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(self: object, path: Path, **options: object) -> None:
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pydicom.dataset.Dataset.save_as", half)
    ending = cli("export", "result", "--rtstruct", "--dicom", "export", "--out", "out.dcm")
    check_refused(ending, tmp_path, "cannot be written", "No space left")
    assert left_in(tmp_path) == set()


def test_headers_that_lack_what_a_reference_needs_are_refused(done: Finished, tmp_path: Path, cli: Cli) -> None:
    done.change(lambda data: data["inputs"]["sequences"]["t1ce"].update(sha256="0"))
    for path in (tmp_path / "export" / "t1ce").iterdir():
        data = pydicom.dcmread(path)
        del data.FrameOfReferenceUID
        data.save_as(path)
    ending = cli("export", "result", "--rtstruct", "--dicom", "export/t1ce", "--out", "out.dcm")
    check_refused(ending, tmp_path, "series 1 of 1", "FrameOfReferenceUID")


@pytest.mark.parametrize("kind", DICOM_KINDS)
def test_odd_headers_are_taken_over_or_refused_without_quoting_them(
    done: Finished, tmp_path: Path, cli: Cli, kind: str
) -> None:
    for path in (tmp_path / "export").rglob("*.dcm"):
        raw = path.read_bytes()
        for old, new in ((b"19610203", b"1961SECR"), (b"20190817", b"SECRET17"), (b"101112", b"SECRET")):
            raw = raw.replace(old, new)
        path.write_bytes(raw)
    done.change(lambda data: data["inputs"]["sequences"]["t1ce"].update(sha256="0"))
    ending = cli("--debug", "export", "result", f"--{kind}", "--dicom", "export", "--out", "out.dcm")
    assert ending.code in (0, 2), ending
    assert "SECR" not in ending.out + ending.err


def test_without_highdicom_the_way_to_get_it_is_named(
    done: Finished, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "highdicom", None)
    for kind in ("dicom-seg", "dicom-sr"):
        ending = cli("export", "result", f"--{kind}", "--dicom", "export", "--out", "out.dcm")
        check_refused(ending, tmp_path, "highdicom is missing", "pip install 'glioma-radiomics[dicom]'")
    assert cli("export", "result", "--rtstruct", "--dicom", "export", "--out", "out.dcm").code == 0


def test_a_segmentation_of_another_result_is_not_referred_to(done: Finished, tmp_path: Path, cli: Cli) -> None:
    assert cli("export", "result", "--dicom-seg", "--dicom", "export", "--out", "seg.dcm").code == 0
    words = ("export", "result", "--dicom-sr", "--dicom", "export", "--out", "out.dcm", "--seg")
    check_refused(cli(*words, "export"), tmp_path, "--seg", "not a DICOM file")
    image = next((tmp_path / "export" / "t1ce").iterdir()).relative_to(tmp_path)
    check_refused(cli(*words, image), tmp_path, "--seg", "not the segmentation of this result")
    done.change(lambda data: data.update(created="2026-11-22T12:00:00+00:00"))
    check_refused(cli(*words, "seg.dcm"), tmp_path, "--seg", "not the segmentation of this result")


def test_the_scene_that_the_run_wrote_is_the_scene_exported(done: Finished, tmp_path: Path, cli: Cli) -> None:
    with zipfile.ZipFile(done.out / "scene.mrb", "w") as archive:
        archive.writestr("scene/scene.mrml", "<MRML/>")
    check_refused(cli("export", "result", "--mrb", "--out", "out.zip"), tmp_path, "let it end in .mrb")
    assert cli("export", "result", "--mrb", "--out", "copy.mrb").code == 0
    assert (tmp_path / "copy.mrb").read_bytes() == (done.out / "scene.mrb").read_bytes()
    (tmp_path / "mine.mrb").write_text("mine")
    check_refused(cli("export", "result", "--mrb", "--out", "mine.mrb"), tmp_path, "no earlier export")


def test_a_scene_that_the_run_did_not_write_is_made(done: Finished, tmp_path: Path, cli: Cli) -> None:
    pytest.importorskip("slicer", reason="SKIPPED: needs slicer-core")
    ending = cli("export", "result", "--mrb", "--out", "made.mrb")
    assert ending.code == 0, ending
    with zipfile.ZipFile(tmp_path / "made.mrb") as archive:
        assert any(name.endswith(".mrml") for name in archive.namelist())
    assert left_in(tmp_path) == {"made.mrb"}
    assert not (done.out / "scene.mrb").exists()


def test_from_dicom_to_objects_by_the_commands_alone(phantom: PhantomPatient, tmp_path: Path, cli: Cli) -> None:
    """Analysed from DICOM with a given outline, then exported: the outline as it was given, at its places."""
    pytest.importorskip("highdicom", reason='SKIPPED: needs highdicom, pip install "glioma-radiomics[dicom]"')
    write_case({role: phantom.volumes[role] for role in ("t1ce", "flair")}, tmp_path / "export", shuffle=3, tags=PERSON)
    write_label_map(phantom.label_map, tmp_path / "mask.nii.gz")
    words = ("--dicom", "export", "--mask", "mask.nii.gz", "--steps", "features")
    ending = cli("analyze", *words, "--out", "result")
    assert ending.code == 0, ending.err
    assert cli("export", "result", "--dicom-seg", "--dicom", "export", "--out", "seg.dcm").code == 0
    labels = phantom.label_map
    for name, value in (("NCR/NET", 1), ("ED", 2), ("ET", 4)):
        index = np.argwhere(labels.array == value)
        wanted = {tuple(p) for p in np.rint((index @ labels.affine[:3, :3].T + labels.affine[:3, 3]) * 100).astype(int)}
        assert segments_in_space(tmp_path / "seg.dcm")[name] == wanted
    ending = cli("export", "result", "--dicom-sr", "--dicom", "export", "--out", "sr.dcm", "--seg", "seg.dcm")
    assert "the files that were analysed" in ending.out
    assert groups(pydicom.dcmread(tmp_path / "sr.dcm"))["Glioma WT"]["Volume"][0] > 1


def test_slices_of_an_enhanced_file_are_referred_to_by_frame(done: Finished, tmp_path: Path, cli: Cli) -> None:
    import importlib.util

    spec = importlib.util.spec_from_file_location(
        "dicom_series", Path(__file__).resolve().parents[2] / "support" / "dicom_series.py"
    )
    assert spec is not None
    assert spec.loader is not None
    support = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(support)
    shutil.rmtree(tmp_path / "export")
    (tmp_path / "export").mkdir()
    image = done.labels.with_array(done.labels.array.astype(np.int16))
    support.write_enhanced(image, tmp_path / "export" / "all.dcm")
    data = pydicom.dcmread(tmp_path / "export" / "all.dcm")
    data.FrameOfReferenceUID, data.PatientID = "1.2.3", "QZ774411"
    data.save_as(tmp_path / "export" / "all.dcm")
    for kind in DICOM_KINDS:
        ending = cli("export", "result", f"--{kind}", "--dicom", "export", "--out", f"{kind}.dcm")
        assert ending.code == 0, ending
    found = segments_in_space(tmp_path / "dicom-seg.dcm")
    index = np.argwhere(done.labels.array == 4)
    places = index @ done.labels.affine[:3, :3].T + done.labels.affine[:3, 3]
    assert found["ET"] == {tuple(place) for place in np.rint(places * 100).astype(int).tolist()}
    contour = pydicom.dcmread(tmp_path / "rtstruct.dcm").ROIContourSequence[0].ContourSequence[0]
    frame = int(contour.ContourImageSequence[0].ReferencedFrameNumber)
    place = data.PerFrameFunctionalGroupsSequence[frame - 1].PlanePositionSequence[0].ImagePositionPatient
    normal = done.labels.affine[:3, 2] * (-1, -1, 1) / done.labels.spacing[2]
    assert abs(normal @ (np.array(contour.ContourData[:3], float) - np.array(place, float))) < 1e-3


def test_a_worker_exports_what_a_panel_asks_for(done: Finished, tmp_path: Path, cli: Cli) -> None:
    from GliomaRadiomicsLib.interface.export import EXPORT_KINDS, export_job

    for number, kind in enumerate(EXPORT_KINDS):
        folder = tmp_path / f"job{number}"
        folder.mkdir()
        job = export_job(kind, done.out, done.dicom, tmp_path / kind.file_name)
        (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        ending = cli("worker", folder)
        last = json.loads(ending.out.splitlines()[-1])
        assert (ending.code, last) == (0, {"type": "done", "out": str(tmp_path / kind.file_name)})
        assert pydicom.dcmread(tmp_path / kind.file_name).PatientID == PERSON["PatientID"]
        assert [secret for secret in SECRETS if secret in (ending.out + ending.err).lower()] == []
