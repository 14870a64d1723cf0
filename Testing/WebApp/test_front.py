"""What the front lets in, tried from outside without a browser."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from support.web_app import ROOT, AppServer

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.interface.summary import NOTICE
from GliomaRadiomicsLib.webapp.guard import Guard, is_loopback, token_for
from GliomaRadiomicsLib.webapp.process import ViewProcess
from GliomaRadiomicsLib.webapp.sessions import Session
from GliomaRadiomicsLib.webapp.view.uploads import Uploads, harmless_name

TOKEN = "a-token-that-is-long-enough"
Answer = tuple[int, dict[str, str], str]


def ask(url: str, data: bytes | None = None, **headers: str) -> Answer:
    """Status, headers and text of an answer; redirections are not followed anywhere else."""
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    request = urllib.request.Request(url, data=data, headers=named)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, dict(answer.headers), answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read().decode()


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    server = AppServer(tmp_path_factory.mktemp("open") / "tmp", {"sessions": 1}, {})
    yield server
    server.close()


@pytest.fixture(scope="module")
def locked_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    server = AppServer(tmp_path_factory.mktemp("locked") / "tmp", {"sessions": 1, "token": TOKEN}, {})
    yield server
    server.close()


def test_the_first_page_says_what_this_is_and_gives_a_strict_cookie(open_server: AppServer) -> None:
    status, headers, text = ask(open_server.url)
    assert status == 200
    assert NOTICE in text
    assert len(text) > 300
    assert "HttpOnly" in headers["Set-Cookie"]
    assert "SameSite=Strict" in headers["Set-Cookie"]
    assert headers["X-Frame-Options"] == "DENY"


def test_a_foreign_host_name_is_refused(open_server: AppServer) -> None:
    assert ask(open_server.url, Host="evil.example")[0] == 403
    assert ask(open_server.url, Host="localhost:1234")[0] == 200


def test_a_request_from_a_foreign_page_is_refused(open_server: AppServer) -> None:
    host = open_server.url.removeprefix("http://").rstrip("/")
    assert ask(f"{open_server.url}-/end", b"", Origin="http://evil.example")[0] == 403
    assert ask(f"{open_server.url}-/end", b"")[0] == 403
    assert ask(f"{open_server.url}-/end", b"", Origin=f"http://{host}")[0] == 200


def test_a_websocket_from_a_foreign_page_is_refused(open_server: AppServer) -> None:
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    key = {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}
    assert ask(f"{open_server.url}ws", Origin="http://evil.example", **upgrade, **key)[0] == 403


@pytest.mark.parametrize("path", ["ws", "index.html", "session/files/report", "session/alive"])
def test_nothing_is_passed_on_without_a_session(open_server: AppServer, path: str) -> None:
    assert ask(f"{open_server.url}{path}", Cookie="glioma_radiomics=guessed")[0] == 403


def test_without_the_token_there_is_only_the_question(locked_server: AppServer) -> None:
    status, headers, text = ask(locked_server.url)
    assert (status, "token" in text) == (401, True)
    assert "Set-Cookie" not in headers
    assert ask(f"{locked_server.url}?token=wrong-but-as-long-as-it-is")[0] == 401


def test_the_token_gives_a_session_and_leaves_the_address(locked_server: AppServer) -> None:
    status, headers, text = ask(f"{locked_server.url}?token={TOKEN}")
    assert status == 200
    assert TOKEN not in text
    cookie = headers["Set-Cookie"].split(";")[0]
    status, _, text = ask(locked_server.url, Cookie=cookie)
    assert (status, NOTICE in text) == (200, True)
    assert ask(locked_server.url, Cookie="glioma_radiomics_1=other")[0] == 401


def test_the_token_never_stands_in_the_log(locked_server: AppServer) -> None:
    ask(f"{locked_server.url}?token={TOKEN}")
    assert TOKEN not in locked_server.log


def test_a_token_is_made_where_other_machines_can_come_in() -> None:
    assert token_for("127.0.0.1", None) is None
    made = {token_for("0.0.0.0", None) for _ in range(5)}
    assert len(made) == 5
    assert all(token is not None and len(token) >= 32 for token in made)
    assert token_for("127.0.0.1", TOKEN) == TOKEN
    with pytest.raises(RefusedInput, match="--token"):
        token_for("0.0.0.0", "short")


@pytest.mark.parametrize(
    ("host", "loopback"), [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("a.b", False)]
)
def test_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


@pytest.mark.parametrize("origin", [None, "", "null", "http://evil.example", "http://localhost:9.evil.example"])
def test_foreign_origins(origin: str | None) -> None:
    assert not Guard("127.0.0.1", None).is_own_origin(origin, "localhost:9")
    assert Guard("127.0.0.1", None).is_own_origin("http://localhost:9", "localhost:9")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("brain_t1ce.nii.gz", "brain_t1ce.nii.gz"),
        ("../../etc/passwd", "passwd"),
        ("C:\\scans\\T1 post.nii", "T1_post.nii"),
        ("..", "file"),
        (".hidden", "hidden"),
        ("a\x00b/\n.nii", "_.nii"),
        ("", "file"),
        ("x" * 300 + ".nii.gz", "x" * 73 + ".nii.gz"),
    ],
)
def test_names_of_uploads_are_made_harmless(given: str, kept: str) -> None:
    assert harmless_name(given) == kept


async def _chunks(sizes: list[int]) -> AsyncIterator[bytes]:
    for size in sizes:
        yield bytes(size)


@pytest.mark.parametrize("said", [None, 3_000_000])
def test_a_file_that_is_too_large_is_refused_and_leaves_nothing(tmp_path: Path, said: int | None) -> None:
    import asyncio

    uploads = Uploads(tmp_path, limit_mb=1)
    with pytest.raises(RefusedInput, match="--upload-mb"):
        asyncio.run(uploads.receive("large.nii", said, _chunks([600_000, 600_000])))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_files_of_the_same_name_stay_apart(tmp_path: Path) -> None:
    import asyncio

    uploads = Uploads(tmp_path, limit_mb=1)
    paths = [asyncio.run(uploads.receive("a/t1.nii", None, _chunks([3]))) for _ in range(2)]
    assert paths[0] != paths[1]
    assert {path.parent for path in paths} == {uploads.finish()}
    assert asyncio.run(uploads.receive("t1.nii", None, _chunks([3]))).parent != paths[0].parent


@pytest.mark.parametrize(
    ("connections", "was_connected", "quiet_s", "over"),
    [
        (1, True, 3500, False),
        (1, True, 3700, True),
        (0, True, 800, False),
        (0, True, 1000, True),
        (0, False, 60, False),
        (0, False, 200, True),
    ],
)
def test_a_session_ends_when_nobody_is_there(
    tmp_path: Path, connections: int, was_connected: bool, quiet_s: float, over: bool
) -> None:
    session = Session("key", ViewProcess(tmp_path, {}), connections, was_connected)
    session.last_seen -= quiet_s
    assert session.is_over(idle_s=3600) is over


def test_one_more_than_the_places_there_are_is_told_so(open_server: AppServer) -> None:
    host = open_server.url.removeprefix("http://").rstrip("/")
    cookies = [ask(open_server.url)[1]["Set-Cookie"].split(";")[0] for _ in range(2)]
    answers = [ask(f"{open_server.url}-/wait", b"", Origin=f"http://{host}", Cookie=cookie) for cookie in cookies]
    assert "ready" in json.loads(answers[0][2])
    assert "--sessions" in json.loads(answers[1][2])["message"]
    ask(f"{open_server.url}-/end", b"", Origin=f"http://{host}", Cookie=cookies[0])
    answer = ask(f"{open_server.url}-/wait", b"", Origin=f"http://{host}", Cookie=cookies[1])
    assert "ready" in json.loads(answer[2])


def test_without_the_packages_the_command_says_what_to_install() -> None:
    code = (
        "import sys, importlib.util as util\n"
        "found = util.find_spec\n"
        "util.find_spec = lambda name, *a: None if name == 'trame_slicer' else found(name, *a)\n"
        "from GliomaRadiomicsLib.cli.main import main\n"
        "raise SystemExit(main(['app', '--port', '0']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 2
    assert "trame_slicer" in done.stderr
    assert "pip install 'glioma-radiomics[app]'" in done.stderr


def test_a_port_that_is_taken_is_refused_in_one_line(open_server: AppServer) -> None:
    port = int(open_server.url.rstrip("/").rsplit(":", 1)[1])
    settings = json.dumps({"port": port})
    command = [sys.executable, "-m", "GliomaRadiomicsLib.webapp", settings]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode
    assert "--port" in done.stderr.strip().splitlines()[-1]
    assert "Traceback" not in done.stderr
