"""Loading, running, cancelling, reloading and failing, in a browser."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.web_app import AppServer, Page

NewPage = Callable[[], Page]
ANSWER_S = 0.2


def start_run(page: Page) -> None:
    """Press Run."""
    page.click("#tab-run")
    page.click("#do-run")
    page.until(lambda: page.state("running"), "a run")


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        try:
            os.kill(pid, 0)
        except OSError:
            return False
        return not Path("/proc").is_dir()


def test_the_phantom_is_loaded_and_fills_the_selectors(new_page: NewPage) -> None:
    page = new_page()
    empty = page.view_pictures()
    assert not page.one("#do-phantom").get_attribute("disabled")
    page.click("#do-phantom")
    page.until(lambda: all(page.state("roles")[role] for role in ("t1", "t1ce", "t2", "flair")), "four sequences")
    page.until(lambda: page.view_pictures()[0] != empty[0], "an image")
    time.sleep(1)
    page.picture("phantom")


def test_a_reload_in_the_middle_of_a_run_goes_on_with_it(
    new_page: NewPage, behaviour: Path, images: list[Path]
) -> None:
    behaviour.write_text("slow")
    page = new_page()
    page.upload(*images)
    start_run(page)
    page.until(lambda: page.state("progress") > 10, "progress")
    page.picture("running")
    before = page.state("progress")
    page.open()
    assert page.state("running")
    page.until(lambda: page.state("progress") > before, "more progress")
    page.picture("reloaded")
    behaviour.write_text("ok")
    page.one("#tumour-table")


def test_cancel_ends_everything_the_run_started(
    new_page: NewPage, server: AppServer, behaviour: Path, images: list[Path]
) -> None:
    behaviour.write_text("hang")
    page = new_page()
    page.upload(*images)
    start_run(page)
    pid_file = page.until(lambda: list(server.temporary.rglob("child.pid")), "the worker's child")[0]
    child = int(page.until(pid_file.read_text, "its number"))
    assert is_alive(child)
    page.click("#run-cancel")
    page.until(lambda: not page.state("running"), "the end of the run")
    page.until(lambda: not is_alive(child), "the end of the child")
    assert "Cancelled" in page.text("#run-progress-text")
    assert not [path for path in server.temporary.rglob("runs/*/*")]
    behaviour.write_text("ok")
    start_run(page)
    page.one("#tumour-table")


def test_a_worker_that_is_killed_gives_a_message_and_the_panel_goes_on(
    new_page: NewPage, behaviour: Path, images: list[Path]
) -> None:
    behaviour.write_text("die")
    page = new_page()
    page.upload(*images)
    start_run(page)
    page.until(lambda: "memory" in page.text("#error"), "the message")
    page.picture("killed")
    behaviour.write_text("refuse")
    page.click("#do-run")
    page.until(lambda: "check the export" in page.text("#error"), "the refusal")
    behaviour.write_text("ok")
    start_run(page)
    page.one("#tumour-table")
    assert not page.text("#error")


def test_a_broken_file_is_refused_in_one_line_with_a_remedy(
    new_page: NewPage, server: AppServer, images: list[Path], tmp_path: Path
) -> None:
    broken = tmp_path / "broken_t1ce.nii.gz"
    broken.write_bytes(images[1].read_bytes()[:5000])
    page = new_page()
    page.all("#upload-images")[0].send_keys(str(broken))
    page.until(lambda: "broken_t1ce.nii.gz" in page.text("#error"), "the refusal")
    page.picture("broken")
    said = page.text("#error")
    assert ";" in said
    assert str(server.temporary) not in said
    assert not page.state("roles")["t1ce"]
    page.upload(*images)
    assert page.state("roles")["t1ce"]


def test_a_check_is_no_run_and_a_refusal_takes_its_ending_away(
    new_page: NewPage, behaviour: Path, images: list[Path]
) -> None:
    behaviour.write_text("ok")
    page = new_page()
    page.upload(*images)
    page.click("#tab-check")
    page.click("#do-check")
    page.until(lambda: "took" in page.text("#run-progress-text"), "the end of the check")
    assert "Images checked, nothing computed" in page.text("#run-progress-text")
    page.set_state("values", {**page.state("values"), "age": "540"})
    page.until(lambda: "give 0 to 120 years" in page.text("#body-inputs"), "the refusal at the field")
    page.click("#tab-run")
    page.click("#do-run")
    page.until(lambda: "Age" in page.text("#error"), "the refusal")
    assert "--age" not in page.text("#error")
    assert not page.text("#run-progress-text")


def test_the_session_ends_only_after_a_question(new_page: NewPage) -> None:
    page = new_page()
    page.driver.execute_script("setTimeout(() => document.querySelector('#end-session').click())")
    question = page.until(lambda: _alert(page), "the question")
    assert "deleted" in question.text
    question.dismiss()
    time.sleep(1)
    assert page.one("#do-upload-images")
    assert "/ended" not in page.driver.current_url


def _alert(page: Page) -> Any:
    from selenium.common.exceptions import NoAlertPresentException

    try:
        return page.driver.switch_to.alert
    except NoAlertPresentException:
        return None


def test_a_file_over_the_limit_is_refused(new_page: NewPage, tmp_path: Path) -> None:
    large = tmp_path / "large_t1.nii"
    large.write_bytes(bytes(2_100_000))
    page = new_page()
    page.all("#upload-images")[0].send_keys(str(large))
    page.until(lambda: "--upload-mb" in page.text("#error"), "the refusal")


def test_two_browsers_do_not_see_each_other(
    new_page: NewPage, server: AppServer, behaviour: Path, images: list[Path]
) -> None:
    behaviour.write_text("ok")
    first, second = new_page(), new_page()
    first.upload(*images)
    start_run(first)
    first.one("#tumour-table")
    assert second.state("image_items") == [{"title": "none", "value": ""}]
    assert not second.state("has_result")
    status = "return fetch('session/files/report').then((r) => r.status)"
    assert first.driver.execute_script(status) == 200
    assert second.driver.execute_script(status) == 404
    assert "t1ce" not in server.log
    first.driver.execute_script("setTimeout(() => window.trame.utils.glioma.end())")
    first.until(lambda: _alert(first), "the question").accept()
    first.until(lambda: "deleted" in first.text("main"), "the last page")
    first.until(lambda: not list(server.temporary.rglob("t1ce.nii.gz")), "deleted files")
