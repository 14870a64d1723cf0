"""A worker for tests of the browser app: does what the file named in ``WEB_WORKER_FILE`` says at that moment."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from fake_worker import main, say

STEPS, STEP_S = 40, 0.25

if __name__ == "__main__":
    behaviour = Path(os.environ["WEB_WORKER_FILE"]).read_text().strip()
    if behaviour == "slow":
        for step in range(STEPS):
            say(type="progress", fraction=step / STEPS, message=f"step {step}")
            time.sleep(STEP_S)
        behaviour = "ok"
    os.environ["FAKE_WORKER"] = behaviour
    raise SystemExit(main(Path(sys.argv[1])))
