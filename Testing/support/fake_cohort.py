"""A worker for the command ``cohort``: one patient done, as found in ``FAKE_OUTPUT``, and one refused.

With ``FAKE_THEN`` hang it does not end then.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path

from GliomaRadiomicsLib.pipeline.cohort_files import columns, write_rows


def say(**event: object) -> None:
    print(json.dumps(event), flush=True)


def main(folder: Path) -> int:
    out = Path(json.loads((folder / "job.json").read_text())["out"])
    shutil.copytree(os.environ["FAKE_OUTPUT"], out / "A")
    empty = dict.fromkeys(columns(), "")
    done = empty | {"case": "A", "line": "2", "status": "done", "folder": "A", "wt_ml": "12.5"}
    refused = empty | {"case": "B", "line": "3", "status": "refused", "message": "t1: image is constant"}
    for number, row in enumerate((done, refused), start=1):
        write_rows([done, refused][:number], out)
        say(type="patient", case=row["case"], status=row["status"], message=row["message"], done=number, of=2)
    if os.environ.get("FAKE_THEN") == "hang":
        time.sleep(120)
    say(type="done", out=str(out))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
