"""The browser app with a worker that only plays, and headless browsers; pictures are kept in the temporary folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

SUPPORT = Path(__file__).resolve().parents[1] / "support"
sys.path.insert(0, str(SUPPORT.parent))

from support.full_result import predicted_survival, write_full_output  # noqa: E402
from support.web_app import AppServer, Page, chromium  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def packages() -> None:
    """Packages of the browser app."""
    missing = [name for name in ("aiohttp", "slicer", "trame_slicer", "plotly") if find_spec(name) is None]
    if missing:
        pytest.skip(f"SKIPPED: needs {', '.join(missing)}; pip install 'glioma-radiomics[app]'")


@pytest.fixture(scope="session")
def browsers() -> None:
    """A browser that can be driven."""
    if find_spec("selenium") is None:
        pytest.skip("SKIPPED: needs selenium; pip install 'glioma-radiomics[test]'")
    if chromium() is None:
        pytest.skip("SKIPPED: needs chromium and chromedriver (Debian: apt-get install chromium chromium-driver)")


@pytest.fixture(scope="session")
def result_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output folder with everything the panel shows; the figures mean nothing."""
    return write_full_output(tmp_path_factory.mktemp("result") / "out", predicted_survival())


@pytest.fixture(scope="session")
def images(result_folder: Path) -> list[Path]:
    """Four small images of the invented patient."""
    return [result_folder / "preprocessed" / f"{name}.nii.gz" for name in ("t1", "t1ce", "t2", "flair")]


@pytest.fixture(scope="session")
def behaviour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that says what the worker does."""
    path = tmp_path_factory.mktemp("worker") / "behaviour"
    path.write_text("ok")
    return path


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The user's folder of models."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def server(
    tmp_path_factory: pytest.TempPathFactory, result_folder: Path, behaviour: Path, models: Path
) -> Iterator[AppServer]:
    """The app with a worker that plays; no page may still be open when a test asks for a new one."""
    worker = [sys.executable, str(SUPPORT / "web_worker.py")]
    environment = {
        "FAKE_OUTPUT": str(result_folder),
        "WEB_WORKER_FILE": str(behaviour),
        "GLIOMA_RADIOMICS_MODELS": str(models),
    }
    settings = {"worker": worker, "sessions": 6, "upload_mb": 2}
    server = AppServer(tmp_path_factory.mktemp("server") / "tmp", settings, environment)
    yield server
    server.close()
    assert not server.files(), "files were left behind"


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of the pages are kept: in the folder that ``WEB_PICTURES`` names, else a temporary one."""
    named = os.environ.get("WEB_PICTURES")
    return Path(named) if named else tmp_path_factory.mktemp("pictures")


@pytest.fixture
def new_page(
    browsers: None, server: AppServer, pictures: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Page]]:
    """Makes pages, each in a browser of its own; their sessions are ended afterwards."""
    pages: list[Page] = []

    def make() -> Page:
        pages.append(Page(server.url, tmp_path_factory.mktemp("profile"), pictures))
        pages[-1].open()
        return pages[-1]

    yield make
    for page in pages:
        end_session(page)


@pytest.fixture(scope="module")
def page_with_result(
    browsers: None,
    server: AppServer,
    behaviour: Path,
    images: list[Path],
    pictures: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Page]:
    """A page where images were uploaded and a run has ended."""
    behaviour.write_text("ok")
    page = Page(server.url, tmp_path_factory.mktemp("profile"), pictures)
    page.open()
    page.upload(*images)
    page.click("#tab-run")
    page.click("#do-run")
    page.one("#tumour-table")
    yield page
    end_session(page)


def end_session(page: Page) -> None:
    """End the session of a page and close its browser."""
    page.driver.execute_async_script("fetch('/-/end', { method: 'POST' }).finally(arguments[0])")
    page.close()
