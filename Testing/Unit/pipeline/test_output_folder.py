"""The output folder: whole or absent, never somebody else's."""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from GliomaRadiomicsLib.core.errors import Cancelled, RefusedInput
from GliomaRadiomicsLib.imaging.files import write_volume
from GliomaRadiomicsLib.pipeline.output import OutputFolder, process_is_alive


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write_result(out: Path, text: str = "new") -> None:
    with OutputFolder(out) as folder:
        (folder / "result.json").write_text(text)


def dead_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def leave_remains(out: Path, owner: object) -> Path:
    partial = out.with_name(f".{out.name}.partial")
    partial.mkdir(parents=True)
    (partial / "owner.json").write_text(json.dumps(owner))
    (partial / "new").mkdir()
    (partial / "new" / "segmentation.nii.gz").write_text("half")
    return partial


def test_it_appears_only_when_complete(tmp_path: Path) -> None:
    with OutputFolder(tmp_path / "a" / "out") as folder:
        (folder / "result.json").write_text("new")
        assert not (tmp_path / "a" / "out").exists()
    assert names(tmp_path / "a") == ["out"]
    assert names(tmp_path / "a" / "out") == ["result.json"]


@pytest.mark.parametrize("ending", [ValueError("bug"), Cancelled("stop"), KeyboardInterrupt(), SystemExit(1)])
def test_nothing_is_left_after_any_other_ending(tmp_path: Path, ending: BaseException) -> None:
    with pytest.raises(type(ending)), OutputFolder(tmp_path / "out") as folder:
        (folder / "result.json").write_text("half")
        raise ending
    assert names(tmp_path) == []


def test_an_earlier_result_is_replaced_only_by_a_complete_one(tmp_path: Path) -> None:
    write_result(tmp_path / "out", "old")
    (tmp_path / "out" / "features.csv").write_text("old")
    with pytest.raises(ZeroDivisionError), OutputFolder(tmp_path / "out"):
        _ = 1 / 0
    assert (tmp_path / "out" / "result.json").read_text() == "old"
    write_result(tmp_path / "out", "new")
    assert (tmp_path / "out" / "result.json").read_text() == "new"
    assert names(tmp_path / "out") == ["result.json"]
    assert names(tmp_path) == ["out"]


def test_an_empty_folder_is_used_and_one_with_desktop_litter_too(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".DS_Store").write_text("")
    write_result(tmp_path / "out")
    assert names(tmp_path / "out") == ["result.json"]


@pytest.mark.parametrize("with_result", [False, True])
def test_a_folder_with_something_of_the_user_is_refused(tmp_path: Path, with_result: bool) -> None:
    if with_result:
        write_result(tmp_path / "out", "old")
    (tmp_path / "out").mkdir(exist_ok=True)
    (tmp_path / "out" / "my notes.txt").write_text("precious")
    with pytest.raises(RefusedInput, match="my notes.txt"):
        write_result(tmp_path / "out")
    assert (tmp_path / "out" / "my notes.txt").read_text() == "precious"
    assert names(tmp_path) == ["out"]


def test_a_file_that_appeared_meanwhile_is_not_deleted(tmp_path: Path) -> None:
    with pytest.raises(RefusedInput, match="my notes.txt"), OutputFolder(tmp_path / "out"):
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "my notes.txt").write_text("precious")
    assert (tmp_path / "out" / "my notes.txt").exists()
    assert names(tmp_path) == ["out"]


def test_files_and_the_root_are_no_output_folders(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file" / "below", Path("/")):
        with pytest.raises(RefusedInput):
            write_result(out)
    assert names(tmp_path) == ["file"]


def test_a_second_run_into_the_folder_is_refused_while_the_first_lives(tmp_path: Path) -> None:
    with OutputFolder(tmp_path / "out") as folder:
        with pytest.raises(RefusedInput, match="another run"):
            write_result(tmp_path / "out")
        (folder / "result.json").write_text("first")
    assert (tmp_path / "out" / "result.json").read_text() == "first"
    write_result(tmp_path / "out", "third")


def test_another_process_is_refused_too(tmp_path: Path) -> None:
    code = "import sys; from GliomaRadiomicsLib.pipeline.output import OutputFolder as O; O(sys.argv[1]).__enter__()"
    with OutputFolder(tmp_path / "out"):
        found = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "out")], capture_output=True, text=True, check=False
        )
    assert found.returncode != 0
    assert "another run is writing this folder" in found.stderr


@pytest.mark.parametrize("owner", [{"host": socket.gethostname()}, {"nobody": 1}, [], "text"])
def test_the_remains_of_a_dead_run_are_cleared(tmp_path: Path, owner: object) -> None:
    if isinstance(owner, dict) and "host" in owner:
        owner = {**owner, "pid": dead_process()}
    leave_remains(tmp_path / "out", owner)
    write_result(tmp_path / "out")
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == ["result.json"]


def test_a_run_on_another_machine_is_taken_for_alive_and_the_way_out_is_said(tmp_path: Path) -> None:
    partial = leave_remains(tmp_path / "out", {"pid": dead_process(), "host": "another-machine"})
    with pytest.raises(RefusedInput, match=r"delete \.out\.partial"):
        write_result(tmp_path / "out")
    assert names(partial) == ["new", "owner.json"]


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_result(tmp_path / "link")
    write_result(tmp_path / "link", "again")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "result.json").read_text() == "again"
    assert names(tmp_path) == ["link", "real"]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC, errno.ENAMETOOLONG])
def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(self: Path, *args: object, **options: object) -> None:
        raise OSError(number, os.strerror(number), str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(RefusedInput, match=os.strerror(number)) as refusal:
        write_result(tmp_path / "out")
    assert refusal.value.where == tmp_path / "out"
    assert names(tmp_path) == []


def test_a_name_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedInput, match="cannot be written"):
        write_result(tmp_path / ("x" * 300))


def test_a_full_disk_is_refused_in_the_users_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, phantom_files: dict[str, Path]
) -> None:
    from GliomaRadiomicsLib.imaging.files import read_volume

    volume = read_volume(phantom_files["seg"])

    def full(self: Path, data: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RefusedInput) as refusal, OutputFolder("out") as folder:
        write_volume(volume, folder / "x.nii.gz")
    assert str(tmp_path) not in str(refusal.value)
    assert refusal.value.where == "out"
    assert "No space left" in str(refusal.value)
    with pytest.raises(RefusedInput, match="No space left"), OutputFolder("out") as folder:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert names(tmp_path) == []


ENDINGS = [OSError(errno.EIO, os.strerror(errno.EIO)), KeyboardInterrupt()]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("done", [False, True])
def test_an_earlier_result_survives_whatever_ends_the_exchange(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: BaseException, number: int, done: bool
) -> None:
    """The exchange is two renames; each is interrupted before or after it is done."""
    write_result(tmp_path / "out", "old")
    rename, calls = Path.rename, [0]

    def fail(self: Path, target: Path) -> Path:
        calls[0] += 1
        if calls[0] == number and not done:
            raise ending
        result = rename(self, target)
        if calls[0] == number:
            raise ending
        return result

    with pytest.raises((RefusedInput, KeyboardInterrupt)), OutputFolder(tmp_path / "out") as folder:
        (folder / "result.json").write_text("new")
        monkeypatch.setattr(Path, "rename", fail)
    monkeypatch.undo()
    assert calls[0] >= number
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == ["result.json"]
    assert (tmp_path / "out" / "result.json").read_text() == "old"


def test_the_earlier_result_of_a_run_killed_between_the_renames_comes_back(tmp_path: Path) -> None:
    write_result(tmp_path / "out", "old")
    partial = leave_remains(tmp_path / "out", {"host": socket.gethostname(), "pid": dead_process()})
    (tmp_path / "out").rename(partial / "old")
    with pytest.raises(ZeroDivisionError), OutputFolder(tmp_path / "out"):
        _ = 1 / 0
    assert names(tmp_path) == ["out"]
    assert (tmp_path / "out" / "result.json").read_text() == "old"


def test_hidden_folders_of_the_user_are_left_alone(tmp_path: Path) -> None:
    for name in (".out.old", ".taken.partial"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine.txt").write_text("precious")
    write_result(tmp_path / "out", "old")
    write_result(tmp_path / "out", "new")
    with pytest.raises(RefusedInput, match=r"delete \.taken\.partial"):
        write_result(tmp_path / "taken")
    for name in (".out.old", ".taken.partial"):
        assert names(tmp_path / name) == ["mine.txt"]


def test_a_mounted_drive_is_refused_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "drive").mkdir()
    monkeypatch.setattr(os.path, "ismount", lambda path: Path(path).name == "drive")
    with (
        pytest.raises(RefusedInput, match=r"mounted drive; name a new folder inside it"),
        OutputFolder(tmp_path / "drive"),
    ):
        pytest.fail("the run was started")


def test_this_process_lives_and_an_ended_one_does_not() -> None:
    assert process_is_alive(os.getpid())
    assert not process_is_alive(dead_process())


def test_a_folder_can_be_checked_before_the_work_without_making_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("mine")
    OutputFolder(tmp_path / "a" / "out").check()
    for out, words in (("file", "is a file"), ("file/below", "cannot be written")):
        with pytest.raises(RefusedInput, match=words):
            OutputFolder(tmp_path / out).check()
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(RefusedInput, match="cannot be written.*Permission denied"):
        OutputFolder(tmp_path / "out").check()
    assert names(tmp_path) == ["file"]
