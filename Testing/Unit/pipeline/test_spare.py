"""The spare worker: real processes of this library, and stand-ins where a fault has to be played."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from GliomaRadiomicsLib.pipeline.job import Job
from GliomaRadiomicsLib.pipeline.output import process_is_alive
from GliomaRadiomicsLib.pipeline.processes import worker_environment
from GliomaRadiomicsLib.pipeline.spare import Spare

posix = pytest.mark.skipif(sys.platform == "win32", reason="SKIPPED: sends signals")
QUICK = "import GliomaRadiomicsLib.cli.waiting as w; w._import_all = lambda: None; import sys;"
QUICK += "from GliomaRadiomicsLib.cli.main import main; sys.exit(main(['worker', *sys.argv[1:]]))"


def quick() -> list[str]:
    """The worker of this library without the imports ahead, which take long and matter to one test only."""
    return [sys.executable, "-c", QUICK]


def wait_for(condition: Callable[[], Any], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture
def spare() -> Iterator[Spare]:
    made = Spare(command=quick())
    yield made
    made.close()


def pid_of(spare: Spare) -> int:
    assert spare._process is not None
    return spare._process.pid


def analysis(files: dict[str, Path], out: Path, *steps: str) -> dict[str, Any]:
    inputs = {"flair": str(files["flair"])}
    return {"command": "analyze", "inputs": inputs, "mask": str(files["seg"]), "steps": list(steps), "out": str(out)}


def test_a_spare_does_one_job_and_the_next_is_started_at_its_end(
    spare: Spare, phantom_files: dict[str, Path], tmp_path: Path
) -> None:
    spare.start()
    wait_for(lambda: spare.is_ready)
    first = pid_of(spare)
    job = Job(tmp_path / "job", spare=spare)
    job.start(analysis(phantom_files, tmp_path / "out"))
    assert not spare.is_waiting
    found = job.wait(timeout_s=120)
    assert found[-1] == {"type": "done", "out": str(tmp_path / "out")}
    assert sorted(path.name for path in (tmp_path / "job").iterdir()) == ["events.jsonl", "job.json", "log.txt"]
    lines = (tmp_path / "job" / "events.jsonl").read_text().splitlines()
    assert {json.loads(line)["type"] for line in lines} == {"progress", "done"}
    assert not process_is_alive(first)
    assert spare.is_waiting
    assert pid_of(spare) != first


def test_the_process_used_is_the_spare(spare: Spare, tmp_path: Path) -> None:
    spare.start()
    waiting = pid_of(spare)
    job = Job(tmp_path / "job", spare=spare)
    job.start({"command": "check", "inputs": {"t1": "none.nii.gz"}})
    assert job._process is not None
    assert job._process.pid == waiting
    ending = job.wait(timeout_s=60)[-1]
    assert (ending["kind"], "no such file" in ending["message"]) == ("refused", True)
    assert "no such file" in (tmp_path / "job" / "log.txt").read_text()


def test_relative_paths_are_those_of_the_one_who_asks(
    spare: Spare, phantom_files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spare.start()
    monkeypatch.chdir(phantom_files["flair"].parent)
    job = Job(tmp_path / "job", spare=spare)
    job.start({"command": "check", "inputs": {"flair": phantom_files["flair"].name}})
    assert job.wait(timeout_s=60)[-1]["type"] == "done"


@posix
def test_a_spare_killed_while_it_waits_is_done_without(
    spare: Spare, phantom_files: dict[str, Path], tmp_path: Path
) -> None:
    spare.start()
    os.kill(pid_of(spare), signal.SIGKILL)
    wait_for(lambda: not spare.is_waiting)
    assert not spare.is_ready
    job = Job(tmp_path / "job", spare=spare)
    job.start({"command": "check", "inputs": {"flair": str(phantom_files["flair"])}})
    assert job.wait(timeout_s=120)[-1]["type"] == "done"


@posix
def test_a_spare_killed_between_taking_a_job_and_its_first_word_is_replaced(
    phantom_files: dict[str, Path], tmp_path: Path
) -> None:
    spare = Spare(command=[sys.executable, "-c", "import time; time.sleep(60)"])
    spare.start()
    taken = pid_of(spare)
    job = Job(tmp_path / "job", spare=spare)
    job.start({"command": "check", "inputs": {"flair": str(phantom_files["flair"])}})
    assert job.poll() == []
    os.kill(taken, signal.SIGKILL)
    assert job.wait(timeout_s=120)[-1]["type"] == "done"
    spare.close()


def hang(spare: Spare, tmp_path: Path, files: dict[str, Path]) -> tuple[Job, int, int]:
    """A job in a spare that stands still in the middle, with a child; the numbers of both processes."""
    spare.start()
    number = pid_of(spare)
    job = Job(tmp_path / "job", spare=spare)
    job.start(analysis(files, tmp_path / "out"))
    wait_for(lambda: (tmp_path / "child").exists() and (tmp_path / "child").read_text())
    return job, number, int((tmp_path / "child").read_text())


HANG = """
import subprocess, sys, time
from pathlib import Path
import GliomaRadiomicsLib.cli.waiting as w, GliomaRadiomicsLib.pipeline.case as case
w._import_all = lambda: None
def stand_still(run):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"])
    Path("child").write_text(str(child.pid))
    time.sleep(120)
case._normalise = stand_still
from GliomaRadiomicsLib.cli.main import main
sys.exit(main(["worker", *sys.argv[1:]]))
"""


@posix
def test_cancel_ends_the_whole_tree_within_two_seconds_and_leaves_nothing(
    phantom_files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    spare = Spare(command=[sys.executable, "-c", HANG])
    job, number, child = hang(spare, tmp_path, phantom_files)
    assert (tmp_path / ".out.partial").exists()
    began = time.monotonic()
    job.cancel()
    assert job.wait(timeout_s=10)[-1]["kind"] == "cancelled"
    assert time.monotonic() - began < 2.0
    wait_for(lambda: is_gone(child), 1.0)
    assert is_gone(number)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["child", "job"]
    spare.close()


@posix
def test_a_spare_killed_during_its_job_says_so_and_leaves_nothing(
    phantom_files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    spare = Spare(command=[sys.executable, "-c", HANG])
    job, number, child = hang(spare, tmp_path, phantom_files)
    os.kill(number, signal.SIGKILL)
    ending = job.wait(timeout_s=10)[-1]
    assert (ending["kind"], "memory" in ending["message"]) == ("failed", True)
    wait_for(lambda: is_gone(child), 1.0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["child", "job"]
    assert spare.is_waiting
    spare.close()


def is_gone(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    if not Path("/proc/self").exists():
        return not process_is_alive(pid)
    return not status.exists() or status.read_text().rsplit(")", 1)[1].split()[0] == "Z"


def test_a_spare_ends_when_nobody_wants_it() -> None:
    spare = Spare(command=quick(), idle_s=0.2)
    spare.start()
    wait_for(lambda: not spare.is_waiting)
    assert spare._process is not None
    assert spare._process.returncode == 0
    spare.start()
    assert spare.is_waiting
    spare.close()


def test_a_closed_spare_has_no_process_and_starts_none(spare: Spare) -> None:
    spare.start()
    number = pid_of(spare)
    spare.close()
    assert not process_is_alive(number)
    spare.start()
    assert not spare.is_waiting


@posix
@pytest.mark.parametrize("with_job", [False, True])
def test_a_spare_ends_with_its_parent_even_if_that_is_killed(
    with_job: bool, phantom_files: dict[str, Path], tmp_path: Path
) -> None:
    job = analysis(phantom_files, tmp_path / "out")
    code = f"""
import sys, time
from pathlib import Path
from GliomaRadiomicsLib.pipeline.job import Job
from GliomaRadiomicsLib.pipeline.spare import Spare
spare = Spare(command=[sys.executable, "-c", {HANG!r}])
spare.start()
print(spare._process.pid, flush=True)
while not spare.is_ready:
    time.sleep(0.01)
job = Job("job", spare=spare)
if {with_job}:
    job.start({job!r})
    while not Path("child").exists():
        time.sleep(0.01)
print("waiting", flush=True)
time.sleep(120)
"""
    command = [sys.executable, "-c", code]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=worker_environment())
    assert parent.stdout is not None
    number = int(parent.stdout.readline())
    parent.stdout.readline()
    assert not is_gone(number)
    parent.kill()
    parent.communicate()
    wait_for(lambda: is_gone(number), 5.0)
    assert sorted(path.name for path in tmp_path.iterdir()) == (["child", "job"] if with_job else [])


def test_a_changed_environment_is_not_that_of_the_spare(
    spare: Spare, phantom_files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spare.start()
    number = pid_of(spare)
    monkeypatch.setenv("GLIOMA_RADIOMICS_MODELS", str(tmp_path / "models"))
    job = Job(tmp_path / "job", spare=spare)
    job.start({"command": "check", "inputs": {"flair": str(phantom_files["flair"])}})
    assert job._process is not None
    assert job._process.pid != number
    assert job.wait(timeout_s=120)[-1]["type"] == "done"
    assert not process_is_alive(number)


def test_a_job_with_a_command_of_its_own_leaves_the_spare_alone(spare: Spare, tmp_path: Path) -> None:
    spare.start()
    number = pid_of(spare)
    job = Job(tmp_path / "job", spare=spare, command=[sys.executable, "-c", "print('hello')"])
    job.start({})
    assert job.wait(timeout_s=60)[0] == {"type": "log", "message": "hello"}
    assert pid_of(spare) == number


def test_check_tells_the_findings(phantom_files: dict[str, Path], tmp_path: Path) -> None:
    job = Job(tmp_path / "job")
    inputs = {"t1": str(phantom_files["t2"]), "t2": str(phantom_files["t1"]), "t1ce": str(phantom_files["t1ce"])}
    job.start({"command": "check", "inputs": inputs, "mask": str(phantom_files["seg"])})
    events = job.wait(timeout_s=120)
    assert events[-1] == {"type": "done", "out": None}
    findings = next(event for event in events if event["type"] == "check")["findings"]
    assert {"sequences-swapped", "missing-sequences"} <= {finding["code"] for finding in findings}
    assert {"code", "severity", "message", "sequence"} == set(findings[0])


def test_everything_a_run_needs_is_imported_ahead() -> None:
    code = "import sys; from GliomaRadiomicsLib.cli.waiting import _import_all; _import_all();"
    code += "print({'torch', 'SimpleITK', 'matplotlib', 'GliomaRadiomicsLib.pipeline.case'} <= set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=worker_environment()
    )
    assert done.stdout.strip() == "True"
