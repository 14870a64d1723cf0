"""A worker that waits for one patient of a cohort and does what the text in its first image says.

``ok`` (the default) writes a small result; ``refuse``, ``crash``, ``die``; ``hang`` writes its number into ``pid``
beside the image and waits until it is ended.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.core.version import VERSION


def say(stream: Any, **event: object) -> None:
    stream.write(json.dumps(event) + "\n")
    stream.flush()


def end_with_the_starter() -> None:
    sys.stdin.read()
    os._exit(130)


def main() -> int:
    job_folder = Path(json.loads(sys.stdin.readline())["job"])
    threading.Thread(target=end_with_the_starter, daemon=True).start()
    job = json.loads((job_folder / "job.json").read_text())
    images = {role: Path(path) for role, path in job["inputs"].items()}
    first = next(iter(images.values()))
    behaviour = first.read_text().split()[0]
    with (job_folder / "events.jsonl").open("a") as events:
        say(events, type="progress", fraction=0.25, message="aligning")
        if behaviour == "refuse":
            say(events, type="error", kind="refused", message=f"{first}: image is constant; check the export")
            return 2
        if behaviour == "crash":
            return 1
        if behaviour == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if behaviour == "hang":
            (first.parent / "pid").write_text(str(os.getpid()))
            time.sleep(120)
        write_result(Path(job["out"]), job, images)
        say(events, type="done", out=job["out"])
    return 0


def write_result(out: Path, job: dict[str, Any], images: dict[str, Path]) -> None:
    hashes = {role: hashlib.sha256(path.read_bytes()).hexdigest() for role, path in images.items()}
    size = float(next(iter(images.values())).read_text().split()[1])
    volumes = {"NCR_NET": 1.0, "ED": 2.0, "ET": 0.5, "WT": size, "TC": 1.5}
    result = {
        "schema_version": "1.0",
        "created": str(time.time()),
        "inputs": {"threads": os.environ["OMP_NUM_THREADS"]},
        "passport": [],
        "segmentation": {"model": "stand-in", "volumes_ml": volumes},
        "versions": {"glioma-radiomics": VERSION},
        "files": {"features": "features.csv"},
    }
    settings = {key: job[key] for key in ("clinical", "steps", "models", "device", "normalisation", "brain_extraction")}
    provenance = {"inputs_sha256": hashes, "settings": {**settings, "reuse": None}, "weights_sha256": {}}
    out.mkdir(parents=True, exist_ok=True)
    rows = "".join(f"{role},WT,firstorder_Mean,{size}\n" for role in images)
    (out / "features.csv").write_text(f"sequence,region,feature,value\n{rows}")
    (out / "provenance.json").write_text(json.dumps(provenance))
    (out / "result.json").write_text(json.dumps(result))


if __name__ == "__main__":
    raise SystemExit(main())
