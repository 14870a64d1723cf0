"""A worker that speaks the protocol of `GliomaRadiomicsLib.pipeline.job` and does what ``FAKE_WORKER`` says.

``FAKE_JOB`` names a file that keeps the job.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path


def say(**event: object) -> None:
    print(json.dumps(event), flush=True)


def hang(folder: Path, *, deaf: bool) -> None:
    if deaf:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"])
    (folder / "child.pid").write_text(str(child.pid))
    time.sleep(120)


def wait_to_be_asked(folder: Path) -> None:
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: asked.append(number))
    (folder / "child.pid").write_text(str(os.getpid()))
    while not asked:
        time.sleep(0.01)


def main(folder: Path) -> int:
    behaviour = os.environ["FAKE_WORKER"]
    job = json.loads((folder / "job.json").read_text())
    if "FAKE_JOB" in os.environ:
        shutil.copy(folder / "job.json", os.environ["FAKE_JOB"])
    say(type="progress", fraction=0.25, message="aligning")
    if behaviour == "check":
        finding = {"code": "phantom", "severity": "ok", "message": "nothing to see here", "sequence": None}
        say(type="check", findings=[finding])
        say(type="done")
        return 0
    if behaviour == "refuse":
        say(type="error", kind="refused", message="t1.nii.gz: image is constant; check the export")
        return 2
    if behaviour == "crash":
        print("RuntimeError: out of luck", file=sys.stderr)
        return 1
    if behaviour == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if behaviour in ("hang", "hang-deaf"):
        hang(folder, deaf=behaviour == "hang-deaf")
    if behaviour == "late":
        wait_to_be_asked(folder)
    print("a library says hello")
    if behaviour == "silent":
        return 0
    shutil.copytree(os.environ["FAKE_OUTPUT"], job["out"])
    say(type="progress", fraction=1.0, message="ready")
    say(type="done", out=job["out"])
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
