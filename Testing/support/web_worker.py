"""A worker for tests of the browser app: does what the file named in ``WEB_WORKER_FILE`` says at that moment."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from fake_worker import main, say

_STEP_S, _HALF_WAY = 0.25, 20


def behaviour() -> str:
    """What the file says now."""
    return Path(os.environ["WEB_WORKER_FILE"]).read_text().strip()


if __name__ == "__main__":
    step = 0
    while behaviour() == "slow":
        step += 1
        say(type="progress", fraction=step / (step + _HALF_WAY), message=f"step {step}")
        time.sleep(_STEP_S)
    os.environ["FAKE_WORKER"] = behaviour()
    raise SystemExit(main(Path(sys.argv[1])))
