"""The worker process of `GliomaRadiomicsLib.pipeline.job`, played by a stand-in that speaks its protocol."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.pipeline.job import Job
from GliomaRadiomicsLib.pipeline.processes import find_python

FAKE_WORKER = Path(__file__).resolve().parents[2] / "support" / "fake_worker.py"


def fake_job(tmp_path: Path, behaviour: str) -> Job:
    (tmp_path / "finished").mkdir(exist_ok=True)
    environment = {"FAKE_WORKER": behaviour, "FAKE_OUTPUT": str(tmp_path / "finished")}
    return Job(tmp_path / "job", command=[sys.executable, str(FAKE_WORKER)], environment=environment)


def run(tmp_path: Path, behaviour: str) -> list[dict]:
    job = fake_job(tmp_path, behaviour)
    job.start({"command": "analyze", "out": str(tmp_path / "out")})
    events = job.wait(timeout_s=30)
    assert not job.is_running
    assert job.poll() == []
    return events


def is_alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_progress_comes_first_and_the_output_folder_last(tmp_path: Path) -> None:
    events = run(tmp_path, "succeed")
    assert [event["fraction"] for event in events if event["type"] == "progress"] == [0.25, 1.0]
    assert {"type": "log", "message": "a library says hello"} in events
    assert events[-1] == {"type": "done", "out": str(tmp_path / "out")}
    assert (tmp_path / "out").is_dir()


def test_refused_input_keeps_the_workers_words(tmp_path: Path) -> None:
    ending = run(tmp_path, "refuse")[-1]
    assert ending["kind"] == "refused"
    assert "image is constant; check the export" in ending["message"]


def test_a_crash_tells_exit_code_and_last_words(tmp_path: Path) -> None:
    ending = run(tmp_path, "crash")[-1]
    assert ending["kind"] == "failed"
    assert "exit code 1" in ending["message"]
    assert "out of luck" in ending["message"]


@pytest.mark.skipif(sys.platform == "win32", reason="SKIPPED: no SIGKILL on Windows")
def test_killed_by_the_system_is_explained(tmp_path: Path) -> None:
    ending = run(tmp_path, "die")[-1]
    assert ending["kind"] == "failed"
    assert "memory" in ending["message"]


def test_exit_code_0_without_a_result_is_a_failure(tmp_path: Path) -> None:
    ending = run(tmp_path, "silent")[-1]
    assert ending["type"] == "error"
    assert "without a result" in ending["message"]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="SKIPPED: looks for the worker's child in /proc")
@pytest.mark.parametrize("behaviour", ["hang", "hang-deaf"])
def test_cancel_ends_the_whole_tree_within_two_seconds(tmp_path: Path, behaviour: str) -> None:
    job = fake_job(tmp_path, behaviour)
    job.start({"command": "analyze"})
    child_file = tmp_path / "job" / "child.pid"
    while not (child_file.exists() and child_file.read_text()):
        job.poll()
        time.sleep(0.02)
    child = int(child_file.read_text())
    assert is_alive(child)
    began = time.monotonic()
    job.cancel()
    assert time.monotonic() - began < 0.2
    assert job.wait(timeout_s=10)[-1]["kind"] == "cancelled"
    assert time.monotonic() - began < 2.0
    deadline = time.monotonic() + 1
    while is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(child)


@pytest.mark.skipif(sys.platform == "win32", reason="SKIPPED: Windows has no gentle signal")
def test_a_run_that_was_done_when_cancel_came_is_done(tmp_path: Path) -> None:
    job = fake_job(tmp_path, "late")
    job.start({"command": "analyze", "out": str(tmp_path / "out")})
    deadline = time.monotonic() + 30
    while not (tmp_path / "job" / "child.pid").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    job.cancel()
    assert job.wait(timeout_s=10)[-1] == {"type": "done", "out": str(tmp_path / "out")}
    assert (tmp_path / "out").is_dir()


def test_poll_does_not_wait_and_cancel_before_the_start_does_nothing(tmp_path: Path) -> None:
    job = fake_job(tmp_path, "hang")
    job.cancel()
    assert job.poll() == []
    job.start({})
    began = time.monotonic()
    job.poll()
    assert time.monotonic() - began < 0.2
    job.kill()
    assert job.wait(timeout_s=10)[-1]["kind"] == "cancelled"


def test_a_folder_is_used_once(tmp_path: Path) -> None:
    run(tmp_path, "succeed")
    with pytest.raises(RefusedInput, match="already has a job"):
        fake_job(tmp_path, "succeed").start({})


def test_a_python_is_found_inside_slicer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / ("PythonSlicer.exe" if os.name == "nt" else "PythonSlicer")
    program.write_text("")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "SlicerApp-real"))
    assert Path(find_python()).samefile(program)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "elsewhere" / "SlicerApp-real"))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RefusedInput, match="PythonSlicer"):
        find_python()
    assert Path(find_python([tmp_path])).samefile(program)
