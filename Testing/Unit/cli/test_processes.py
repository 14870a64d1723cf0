"""The command line as a real process: exit codes, the worker's protocol, and ending it in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from GliomaRadiomicsLib.pipeline.job import Job
from GliomaRadiomicsLib.pipeline.processes import worker_environment

COMMAND = [sys.executable, "-m", "GliomaRadiomicsLib"]


def start(*words: object, cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env=worker_environment(),
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, list[str]]:
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err.splitlines()


def wait_for(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def events(job_folder: Path) -> list[dict]:
    return [json.loads(line) for line in (job_folder / "events.jsonl").read_text().splitlines()]


def job_settings(files: dict[str, Path], out: Path, **more: object) -> dict:
    settings = {"command": "analyze", "inputs": {"flair": str(files["flair"])}, "mask": str(files["seg"])}
    return {**settings, "clinical": {"age": 50}, "steps": ["features"], "device": "cpu", "out": str(out), **more}


def test_refusals_of_a_real_process(tmp_path: Path) -> None:
    (tmp_path / "text.nii.gz").write_text("hello")
    first, second = start(cwd=tmp_path), start("analyze", "--t1", "text.nii.gz", "--out", "out", cwd=tmp_path)
    code, out, lines = finish(first)
    assert (code, out, len(lines)) == (2, "", 1)
    code, _, lines = finish(second)
    assert code == 2
    assert len(lines) == 1
    assert lines[0].startswith("glioma-radiomics: text.nii.gz:")
    assert [path.name for path in tmp_path.iterdir()] == ["text.nii.gz"]


def test_a_reader_that_goes_away_ends_the_command_quietly(tmp_path: Path) -> None:
    process = start("models", "info", "segmentation", cwd=tmp_path)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.wait(60) == 130
    assert process.stderr.read() == ""


def test_the_worker_tells_progress_and_done(phantom_files: dict[str, Path], tmp_path: Path) -> None:
    job = Job(tmp_path / "job")
    job.start(job_settings(phantom_files, tmp_path / "out"))
    found = job.wait(timeout_s=300)
    assert found[-1] == {"type": "done", "out": str(tmp_path / "out")}
    fractions = [event["fraction"] for event in found if event["type"] == "progress"]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0.0
    assert fractions[-1] == 1.0
    assert {event["type"] for event in events(tmp_path / "job")} == {"progress", "done"}
    assert json.loads((tmp_path / "out" / "result.json").read_text())["inputs"]["clinical"]["age"] == 50
    assert sorted(path.name for path in tmp_path.iterdir()) == ["job", "out"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"inputs": {"t1": "none.nii.gz"}}, "no such file"),
        ({"clinical": {"age": "old"}}, "not an age"),
        ({"clinical": {"grade": 1}}, "unknown WHO grade"),
        ({"clinical": {"tumour": "x"}}, "unknown clinical item (found tumour); known are age"),
        ({"command": "format disk"}, "unknown command"),
    ],
)
def test_the_worker_refuses_in_both_languages(
    change: dict, words: str, phantom_files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As an event for the panel, and as exit code and line for everybody."""
    from GliomaRadiomicsLib.cli.main import main

    (tmp_path / "job").mkdir()
    job = job_settings(phantom_files, tmp_path / "out") | change
    (tmp_path / "job" / "job.json").write_text(json.dumps(job))
    assert main(["worker", str(tmp_path / "job")]) == 2
    captured = capsys.readouterr()
    last = json.loads(captured.out.splitlines()[-1])
    assert (last["type"], last["kind"]) == ("error", "refused")
    assert words in last["message"]
    assert captured.err.strip() == f"glioma-radiomics: {last['message']}"
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="SKIPPED: no SIGTERM on Windows")
def test_a_terminated_analysis_ends_with_130_and_nothing_left(
    phantom_files: dict[str, Path], tiny_bundle: Path, tmp_path: Path
) -> None:
    words = ["--case", phantom_files["t1"].parent, "--models", f"segmentation={tiny_bundle}", "--out", "out"]
    process = start("analyze", *words, cwd=tmp_path)
    wait_for(lambda: any(tmp_path.glob(".out.partial/new/preprocessed/*")))
    process.send_signal(signal.SIGTERM)
    code, _, lines = finish(process)
    assert code == 130
    assert lines == ["glioma-radiomics: cancelled; nothing was written"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="SKIPPED: no SIGKILL on Windows")
def test_a_job_ended_by_force_leaves_nothing(phantom_files: dict[str, Path], tiny_bundle: Path, tmp_path: Path) -> None:
    """Even where the worker cannot clear up after itself."""
    job = Job(tmp_path / "job")
    settings = job_settings(phantom_files, tmp_path / "out", steps=["segmentation"], mask=None)
    job.start(settings | {"models": {"segmentation": str(tiny_bundle)}})
    wait_for(lambda: (tmp_path / ".out.partial" / "new" / "preprocessed").is_dir())
    job.kill()
    assert job.wait(timeout_s=60)[-1]["kind"] == "cancelled"
    assert [path.name for path in tmp_path.iterdir()] == ["job"]


@pytest.mark.skipif(sys.platform == "win32", reason="SKIPPED: no SIGKILL on Windows")
def test_what_a_killed_run_left_is_no_obstacle(
    phantom_files: dict[str, Path], tiny_bundle: Path, tmp_path: Path
) -> None:
    words = ["--flair", phantom_files["flair"], "--models", f"segmentation={tiny_bundle}", "--out", "out"]
    process = start("analyze", *words, cwd=tmp_path)
    wait_for(lambda: any(tmp_path.glob(".out.partial/new/preprocessed/*")))
    os.kill(process.pid, signal.SIGKILL)
    finish(process)
    assert [path.name for path in tmp_path.iterdir()] == [".out.partial"]
    from GliomaRadiomicsLib.cli.main import main

    assert main(["preprocess", "--flair", str(phantom_files["flair"]), "--out", str(tmp_path / "out")]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
