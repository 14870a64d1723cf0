"""The browser app as a process, and a headless Chromium that uses it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 240.0
"""How long a test waits for anything; machines that do other work meanwhile are slow."""
_SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1500,900",
)


def chromium() -> tuple[str, str] | None:
    """Paths of the browser and its driver, or None."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    return (browser, driver) if browser and driver else None


class AppServer:
    """`python -m GliomaRadiomicsLib.webapp` with its own temporary folder, so that what it leaves behind is seen."""

    def __init__(self, temporary: Path, settings: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        self.temporary = temporary
        temporary.mkdir(parents=True, exist_ok=True)
        self._log = (temporary.parent / f"{temporary.name}.log").open("w+")
        command = [sys.executable, "-m", "GliomaRadiomicsLib.webapp", json.dumps({"port": 0, **settings})]
        variables = {**os.environ, "TMPDIR": str(temporary), **environment}
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, stderr=self._log, text=True
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"http://[^\s/]+", line)
        assert found, f"said {line!r}; {self.log}"
        self.url, self.line = found[0] + "/", line

    @property
    def log(self) -> str:
        """What it said on standard error."""
        self._log.flush()
        return Path(self._log.name).read_text()

    def files(self) -> list[Path]:
        """Every file of every session, whatever it is."""
        return [path for path in self.temporary.rglob("*") if path.is_file()]

    def close(self) -> None:
        """End it."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=60)
        self._log.close()


class Page:
    """One browser at the app; waits for what it asks for, and keeps pictures."""

    def __init__(self, url: str, profile: Path, pictures: Path, size: tuple[int, int] = (1500, 900)) -> None:
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service

        paths = chromium()
        assert paths is not None
        options = webdriver.ChromeOptions()
        options.binary_location = paths[0]
        for switch in (*_SWITCHES, f"--user-data-dir={profile}"):
            options.add_argument(switch)
        self.driver = webdriver.Chrome(service=Service(paths[1]), options=options)
        self.driver.set_page_load_timeout(PATIENCE_S)
        self.driver.set_script_timeout(PATIENCE_S)
        self.driver.set_window_size(*size)
        self.url, self._pictures = url, pictures
        pictures.mkdir(parents=True, exist_ok=True)

    def open(self, path: str = "") -> None:
        """Load the page and wait until the panel is there."""
        self.driver.get(self.url + path)
        self.until(lambda: self.all("#do-upload-images"), "the panel")

    def all(self, selector: str) -> list[Any]:
        """Elements by CSS selector."""
        return self.driver.find_elements("css selector", selector)

    def one(self, selector: str) -> Any:
        """The first element that is shown."""
        return self.until(lambda: next((e for e in self.all(selector) if e.is_displayed()), None), selector)

    def text(self, selector: str) -> str:
        """Text of an element, hidden or not."""
        return " ".join(str(element.get_attribute("textContent")) for element in self.all(selector))

    def click(self, selector: str) -> None:
        """Click, once it can be clicked."""
        element = self.until(
            lambda: next((e for e in self.all(selector) if e.is_displayed() and e.is_enabled()), None), selector
        )
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        self.driver.execute_script("arguments[0].click()", element)

    def until(self, found: Callable[[], Any], what: str) -> Any:
        """Wait for a true answer."""
        from selenium.common.exceptions import StaleElementReferenceException

        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            try:
                answer = found()
            except StaleElementReferenceException:
                answer = None
            if answer:
                return answer
            time.sleep(0.1)
        self.picture(f"missing-{re.sub(r'[^a-z0-9]+', '-', what.lower())}")
        msg = f"not seen within {PATIENCE_S:g} s: {what}; error shown: {self.text('#error')!r}"
        raise AssertionError(msg)

    def upload(self, *files: Path) -> None:
        """Upload files as a user does, and wait until the selectors show them."""
        self.all("#upload-images")[0].send_keys("\n".join(map(str, files)))
        self.until(lambda: f"{files[-1].name}: " in self.text("#body-inputs"), f"upload of {files[-1].name}")

    def state(self, name: str) -> Any:
        """A variable of the page's state."""
        return self.driver.execute_script("return window.trame.state.get(arguments[0])", name)

    def set_state(self, name: str, value: Any) -> None:
        """Change one as a widget does."""
        self.driver.execute_script("window.trame.state.set(arguments[0], arguments[1])", name, value)

    def picture(self, name: str) -> Path:
        """Keep a picture of the page."""
        path = self._pictures / f"{name}.png"
        self.driver.save_screenshot(str(path))
        return path

    def view_pictures(self) -> list[str]:
        """Hashes of the four views as they are drawn now."""
        import hashlib

        return [hashlib.sha1(image.screenshot_as_png).hexdigest() for image in self.all(".layout-grid-item")]

    def still_pictures(self) -> list[str]:
        """As `view_pictures`, once nothing has moved for a second."""
        seen: list[list[str]] = []

        def is_still() -> bool:
            time.sleep(1.0)
            seen.append(self.view_pictures())
            return len(seen) > 1 and seen[-1] == seen[-2]

        self.until(is_still, "views that are still")
        return seen[-1]

    def close(self) -> None:
        """End the browser."""
        self.driver.quit()
