"""How fast the browser app answers: first paint, slice redraw, nomogram, and answers during a run.

python Testing/Benchmarks/webapp.py [--run] [--size FULL_OR_SMALL]

Needs Chromium and chromedriver. The limits of the design on 2 free cores: first paint 8 s, slice redraw 0.15 s,
nomogram 0.1 s, answers during a run 0.2 s.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from support.full_result import predicted_survival, write_full_output
from support.web_app import AppServer, Page

from GliomaRadiomicsLib.imaging.phantom import make_phantom, write_phantom

_FULL, _SMALL = ((240, 240, 155), 1.0), ((120, 120, 78), 2.0)
_VIEWS = """
return [...document.querySelectorAll('.layout-grid-item img, .layout-grid-item canvas')]
  .filter((e) => (e.naturalWidth || e.width) > 50).length
"""
_WATCH = """
window.__wheels = []; window.__drawn = [];
const view = document.querySelectorAll('.layout-grid-item')[0];
view.addEventListener('wheel', () => window.__wheels.push(performance.now()), { capture: true });
view.querySelectorAll('img').forEach((e) => e.addEventListener('load', () => window.__drawn.push(performance.now())));
"""
_REDRAWS = """
return window.__wheels.map((t) => (window.__drawn.find((d) => d > t) ?? NaN) - t).filter((d) => !isNaN(d))
"""
_NOMOGRAM = """
const done = arguments[0], values = { ...trame.state.get('nomogram_values') };
const total = document.getElementById('nomogram-total'), began = performance.now();
const watch = new MutationObserver(() => { watch.disconnect(); done((performance.now() - began) / 1000); });
watch.observe(total, { childList: true, characterData: true, subtree: true });
values.age = values.age === 40 ? 70 : 40;
trame.state.set('nomogram_values', values);
"""
_ALIVE = """
const done = arguments[0], began = performance.now();
fetch('session/alive').then(() => done((performance.now() - began) / 1000));
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", action="store_true", help="also the answers during a run of the whole chain")
    parser.add_argument("--size", choices=("full", "small"), default="full", help="grid of the phantom")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shape, spacing = _FULL if options.size == "full" else _SMALL
        write_phantom(make_phantom(seed=1, shape=shape, spacing_mm=spacing), folder / "phantom")
        out = write_full_output(folder / "out", predicted_survival())
        print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; phantom {shape}")
        _with_played_run(folder, out)
        if options.run:
            _with_real_run(folder)


def _with_played_run(folder: Path, out: Path) -> None:
    (folder / "behaviour").write_text("ok")
    worker = [sys.executable, str(Path(__file__).resolve().parents[1] / "support" / "web_worker.py")]
    environment = {"FAKE_OUTPUT": str(out), "WEB_WORKER_FILE": str(folder / "behaviour")}
    began = time.perf_counter()
    server = AppServer(folder / "tmp", {"worker": worker}, environment)
    print(f"server listens after {time.perf_counter() - began:.1f} s")
    while not list((folder / "tmp").rglob("ready.json")):
        time.sleep(0.05)
    print(f"a view process is ready after {time.perf_counter() - began:.1f} s")
    page = Page(server.url, folder / "profile", folder / "pictures")
    try:
        _first_paint(page)
        page.upload(*_images(folder))
        time.sleep(5)
        _slice_redraw(page)
        page.click("#tab-run")
        page.click("#do-run")
        page.one("#tumour-table")
        page.click("#tab-survival")
        time.sleep(3)
        _say("nomogram", [page.driver.execute_async_script(_NOMOGRAM) for _ in range(20)])
    finally:
        page.close()
        server.close()


def _with_real_run(folder: Path) -> None:
    server = AppServer(folder / "real", {}, {})
    page = Page(server.url, folder / "profile2", folder / "pictures")
    try:
        page.open()
        page.upload(*_images(folder))
        page.click("#tab-run")
        page.click("#do-run")
        page.until(lambda: page.state("running"), "the run")
        answers = []
        while page.state("running"):
            answers.append(page.driver.execute_async_script(_ALIVE))
            time.sleep(0.2)
        _say("answer during a run, the writing of the result into the scene among them", answers)
    finally:
        page.close()
        server.close()


def _images(folder: Path) -> list[Path]:
    return [folder / "phantom" / f"phantom_{name}.nii.gz" for name in ("t1", "t1ce", "t2", "flair")]


def _first_paint(page: Page) -> None:
    began = time.perf_counter()
    page.driver.get(page.url)
    page.until(lambda: page.all("#do-upload-images"), "the panel")
    panel = time.perf_counter() - began
    page.until(lambda: page.driver.execute_script(_VIEWS) >= 4, "four views")
    print(f"first paint: panel {panel:.1f} s, four views {time.perf_counter() - began:.1f} s")


def _slice_redraw(page: Page) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.actions.wheel_input import ScrollOrigin

    page.driver.execute_script(_WATCH)
    origin: Any = ScrollOrigin.from_element(page.all(".layout-grid-item")[0])
    for _ in range(20):
        ActionChains(page.driver, duration=0).scroll_from_origin(origin, 0, 60).perform()
        time.sleep(0.5)
    _say("slice redraw", [ms / 1000 for ms in page.driver.execute_script(_REDRAWS)])


def _say(what: str, seconds: list[float]) -> None:
    if not seconds:
        print(f"{what}: nothing seen")
        return
    ordered = sorted(seconds)
    late = ordered[int(0.95 * (len(ordered) - 1))]
    print(f"{what}: median {median(ordered):.3f} s, 95 % {late:.3f} s, longest {ordered[-1]:.3f} s, n = {len(ordered)}")


if __name__ == "__main__":
    main()
