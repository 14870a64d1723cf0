"""A worker for tests of the browser app: does what the file named in ``WEB_WORKER_FILE`` says at that moment.

It plays ``analyze``, ``check`` and ``cohort``; everything else is done by this library's own worker.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import fake_cohort
from fake_worker import main, say

_STEP_S, _HALF_WAY = 0.25, 20
_PLAYED = ("analyze", "check", "cohort")


def behaviour() -> str:
    """What the file says now."""
    return Path(os.environ["WEB_WORKER_FILE"]).read_text().strip()


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    command = json.loads((folder / "job.json").read_text())["command"]
    step = 0
    while behaviour() == "slow":
        step += 1
        say(type="progress", fraction=step / (step + _HALF_WAY), message=f"step {step}")
        time.sleep(_STEP_S)
    if command not in _PLAYED:
        os.execv(sys.executable, [sys.executable, "-m", "GliomaRadiomicsLib", "worker", str(folder)])
    os.environ["FAKE_WORKER"] = behaviour()
    raise SystemExit(fake_cohort.main(folder) if command == "cohort" else main(folder))
