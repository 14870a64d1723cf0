"""Makes the five screenshots of the extension from the phantom patient: ``python make_screenshots.py [OUTPUT_FOLDER]``.

Without a folder that `demo` wrote, the phantom patient is analysed first. The views are those of the re-opened
scene.mrb (slicer-core and trame-slicer, off-screen), the panel's picture is that of the stand-in for Slicer's widgets
(PySide6), the report's that of headless Chromium. What is missing on a machine is said, and that picture stays.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
COLOURS = 256
MOST_BYTES = 300_000
CAPTION_PIXELS, MARGIN = 34, 12
GROUND, INK = "#1c1c1c", "#f0f0f0"
PHANTOM = "Phantom patient: computed, not a person"
PARTS = (("#ff0000", "NCR/NET, necrotic core"), ("#00ff00", "ED, oedema"), ("#ffff00", "ET, enhancing"))
VIEW_BOX = (66, 66, 446, 476)
"""Left, upper, right, lower: what is cut out of a square view of 512 pixels; the phantom's brain fills it."""

REPORT_SIZE = (1000, 1392)
PANEL_TABS = ("inputs-light", "grade-light", "survival-light")
PANEL_HEIGHT = 900
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def font(size: int = 15) -> ImageFont.FreeTypeFont:
    """The typeface that matplotlib brings, so that every machine draws the same."""
    from matplotlib import font_manager

    return ImageFont.truetype(font_manager.findfont("DejaVu Sans"), size)


def run(*command: object) -> None:
    """Run another program of the project, with the checkout importable."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run([str(part) for part in command], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError((done.stderr or done.stdout).strip().splitlines()[-1])


def save(picture: Image.Image, name: str) -> None:
    """Write ``name``.png, with fewer colours where it would be large.

    Raises:
        RuntimeError: If it is larger than a page should load.
    """
    target = HERE / f"{name}.png"
    picture.convert("RGB").save(target, optimize=True)
    if target.stat().st_size > MOST_BYTES:
        picture.convert("RGB").quantize(COLOURS).save(target, optimize=True)
    if target.stat().st_size > MOST_BYTES:
        msg = f"{target.name} has {target.stat().st_size} bytes; at most {MOST_BYTES} are wanted"
        raise RuntimeError(msg)


def row(pictures: list[Image.Image], captions: list[str], legend: bool = False) -> Image.Image:
    """Pictures side by side, captions above, and a line below that says whose they are."""
    width = sum(one.width for one in pictures) + MARGIN * (len(pictures) - 1)
    height = max(one.height for one in pictures)
    whole = Image.new("RGB", (width, height + 2 * CAPTION_PIXELS), GROUND)
    draw = ImageDraw.Draw(whole)
    left = 0
    for picture, caption in zip(pictures, captions, strict=True):
        draw.text((left + MARGIN, CAPTION_PIXELS // 2), caption, INK, font(), anchor="lm")
        whole.paste(picture, (left, CAPTION_PIXELS))
        left += picture.width + MARGIN
    _line_below(draw, width, height + CAPTION_PIXELS + CAPTION_PIXELS // 2, legend)
    return whole


def _line_below(draw: ImageDraw.ImageDraw, width: int, middle: int, legend: bool) -> None:
    left = MARGIN
    for colour, text in PARTS if legend else ():
        draw.rectangle((left, middle - 6, left + 12, middle + 6), fill=colour)
        draw.text((left + 18, middle), text, INK, font(), anchor="lm")
        left += 36 + int(font().getlength(text))
    small = font(12)
    free = width - left - MARGIN
    text = PHANTOM if small.getlength(PHANTOM) < free else "Phantom patient"
    draw.text((width - MARGIN, middle), text, "#b0b0b0", small, anchor="rm")


def views(output: Path, folder: Path) -> None:
    """Outlines, heat maps and surfaces."""
    run(sys.executable, ROOT / "Testing/support/render_scene.py", output / "scene.mrb", folder)

    def view(name: str) -> Image.Image:
        return Image.open(folder / f"{name}.png").convert("RGB").crop(VIEW_BOX)

    save(row([view("axial"), view("coronal")], ["T1ce with the outline, axial", "Coronal"], legend=True), "axial")
    maps = {
        "heat-segmentation-uncertainty": "Where the outline is unsure",
        "heat-volumetric_grading-occlusion": "What speaks for (red) or against (blue) grade 4",
    }
    save(row([view(name) for name in maps], list(maps.values())), "heatmap")
    save(row([view("3d"), view("coronal")], ["Surfaces, 3-D view from the front", "Coronal"], legend=True), "surface")


def report(output: Path, folder: Path) -> None:
    """The first page of the report, in a browser."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        msg = "no Chromium; apt install chromium"
        raise RuntimeError(msg)
    picture = folder / "report.png"
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
    size = ",".join(map(str, REPORT_SIZE))
    run(browser, *options, f"--window-size={size}", f"--screenshot={picture}", (output / "report.html").as_uri())
    save(Image.open(picture), "report")


def panel(output: Path, folder: Path) -> None:
    """Three states of the panel."""
    run(sys.executable, ROOT / "Testing/Panel/make_pictures.py", output, "--out", folder)
    pictures = [Image.open(folder / f"{name}.png").convert("RGB") for name in PANEL_TABS]
    tall = [Image.new("RGB", (one.width, PANEL_HEIGHT), one.getpixel((2, one.height - 2))) for one in pictures]
    for ground, picture in zip(tall, pictures, strict=True):
        ground.paste(picture)
    save(row(tall, [name.split("-")[0].capitalize() for name in PANEL_TABS]), "panel")


def main() -> int:
    """Make what can be made; ends with 1 if a picture could not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output_folder", type=Path, nargs="?", help="folder that `demo` wrote")
    given = parser.parse_args().output_folder
    failed = 0
    steps: tuple[Callable[[Path, Path], None], ...] = (views, report, panel)
    with tempfile.TemporaryDirectory() as folder:
        output = (given or Path(folder) / "demo").resolve()
        if given is None:
            run(sys.executable, "-m", "GliomaRadiomicsLib", "demo", "--out", output)
        for step in steps:
            place = Path(folder) / step.__name__
            place.mkdir()
            try:
                step(output, place)
            except (RuntimeError, OSError) as error:
                sys.stderr.write(f"{step.__name__}: {error}\n")
                failed += 1
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
