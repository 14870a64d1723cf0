"""The whole chain in the browser app, on a small phantom: this library's own worker, nothing played."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.web_app import AppServer, Page

from GliomaRadiomicsLib.imaging.phantom import make_phantom, write_phantom

ANSWER_S = 0.2
_TIMED = """
const done = arguments[0], began = performance.now();
fetch('session/alive').then(() => done((performance.now() - began) / 1000));
"""


@pytest.mark.timeout(900)
def test_a_phantom_is_analysed_from_upload_to_report(
    browsers: None, tmp_path_factory: pytest.TempPathFactory, pictures: Path
) -> None:
    folder = tmp_path_factory.mktemp("phantom")
    write_phantom(make_phantom(seed=1, shape=(120, 120, 78), spacing_mm=2.0), folder)
    images = [folder / f"phantom_{name}.nii.gz" for name in ("t1", "t1ce", "t2", "flair")]
    server = AppServer(tmp_path_factory.mktemp("real") / "tmp", {"sessions": 1}, {})
    page = Page(server.url, tmp_path_factory.mktemp("profile"), pictures)
    try:
        page.open()
        page.upload(*images)
        page.click("#tab-check")
        page.click("#do-check")
        page.until(lambda: page.state("check_rows") and not page.state("running"), "the check")
        page.picture("real-check")
        page.set_state("values", {**page.state("values"), "age": 60, "step_scene": False})
        page.click("#tab-run")
        page.click("#do-run")
        page.until(lambda: page.state("running"), "the run")
        seen, answers = set(), []
        while page.state("running"):
            seen.add(page.state("progress"))
            answers.append(page.driver.execute_async_script(_TIMED))
        page.one("#tumour-table")
        assert len(seen) > 5
        assert sorted(answers)[len(answers) // 2] < ANSWER_S, f"slowest answers {sorted(answers)[-5:]}"
        assert page.state("tumour_rows")
        assert page.state("summary")
        page.picture("real-result")
        report = "return fetch('session/files/report').then((r) => r.text())"
        assert "Not a medical device" in page.driver.execute_script(report)
    finally:
        page.close()
        server.close()
    assert not server.files()
