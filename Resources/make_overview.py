"""Draws Screenshots/overview.png from an output folder of the phantom patient: make_overview.py OUTPUT_FOLDER.

The upper half is the first picture of the report, the lower half the views of the scene, taken from the
re-opened scene.mrb without the desktop program.
"""

from __future__ import annotations

import base64
import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
VIEWS = ("axial", "axial-heat", "coronal", "3d")


def main(output: Path) -> None:
    """Compose and save."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(ROOT / "Testing/support/render_scene.py"), str(output / "scene.mrb"), folder]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL)
        views = [Image.open(Path(folder) / f"{name}.png").convert("RGB") for name in VIEWS]
    report = _first_picture(output / "report.html")
    side = report.width // len(views)
    picture = Image.new("RGB", (side * len(views), report.height + side))
    picture.paste(report, (0, 0))
    for number, view in enumerate(views):
        picture.paste(view.resize((side, side)), (number * side, report.height))
    target = ROOT / "Resources" / "Screenshots" / "overview.png"
    target.parent.mkdir(exist_ok=True)
    picture.quantize(192).save(target, optimize=True)


def _first_picture(report: Path) -> Image.Image:
    found = re.search(r"data:image/png;base64,([A-Za-z0-9+/=]+)", report.read_text(encoding="utf-8"))
    assert found, "the report has no picture"
    return Image.open(io.BytesIO(base64.b64decode(found.group(1)))).convert("RGB")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
