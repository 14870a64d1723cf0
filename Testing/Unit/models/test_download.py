"""Downloads from a small local server: whole, broken and resumed, wrong, cancelled."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from GliomaRadiomicsLib.core.errors import Cancelled, RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.models.download import fetch

CONTENT = np.random.default_rng(0).bytes(900_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # noqa: N802 - the name http.server asks for
        if self.path == "/absent":
            self.send_error(404)
            return
        asked = self.headers.get("Range")
        self.server.ranges.append(asked)  # type: ignore[attr-defined]
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.path != "/no-ranges" else 0
        if start >= len(CONTENT):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        self.wfile.write(CONTENT[start:])

    def log_message(self, *args: object) -> None: ...


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    running = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    running.ranges = []  # type: ignore[attr-defined]
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield running
    running.shutdown()
    running.server_close()


def _url(server: ThreadingHTTPServer, path: str = "/file") -> str:
    return f"http://127.0.0.1:{server.server_port}{path}"


def test_whole_download_with_progress(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    seen: list[float] = []
    target = fetch(_url(server), SHA256, tmp_path / "new" / "f", Progress(lambda fraction, _: seen.append(fraction)))
    assert target.read_bytes() == CONTENT
    assert seen[-1] == 1.0
    assert seen == sorted(seen)
    fetch(_url(server), SHA256, target)
    assert len(server.ranges) == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", ["/file", "/no-ranges"])
def test_a_broken_download_is_continued(server: ThreadingHTTPServer, tmp_path: Path, path: str) -> None:
    (tmp_path / "f.part").write_bytes(CONTENT[:500_000])
    assert fetch(_url(server, path), SHA256, tmp_path / "f").read_bytes() == CONTENT
    assert server.ranges == ["bytes=500000-"]  # type: ignore[attr-defined]
    assert [file.name for file in tmp_path.iterdir()] == ["f"]


@pytest.mark.parametrize("left_over", [b"x" * 500_000, CONTENT + b"more"])
def test_a_wrong_left_over_is_fetched_anew(server: ThreadingHTTPServer, tmp_path: Path, left_over: bytes) -> None:
    (tmp_path / "f.part").write_bytes(left_over)
    assert fetch(_url(server), SHA256, tmp_path / "f").read_bytes() == CONTENT


def test_wrong_content_gets_no_name(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    with pytest.raises(RefusedInput, match="SHA-256 differs"):
        fetch(_url(server), "0" * 64, tmp_path / "f")
    assert not list(tmp_path.iterdir())


def test_cancel_keeps_what_is_there_for_the_next_time(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        fetch(_url(server), SHA256, tmp_path / "f", Progress(is_cancelled=lambda: True))
    assert not (tmp_path / "f").exists()
    assert fetch(_url(server), SHA256, tmp_path / "f").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("url", "sha256", "message"),
    [
        ("ftp://host/file", SHA256, "kind of address"),
        ("/etc/passwd", SHA256, "kind of address"),
        ("https://host/file", "abc", "not a SHA-256"),
        ("file:///absent/file", SHA256, "could not be downloaded"),
    ],
)
def test_refused(tmp_path: Path, url: str, sha256: str, message: str) -> None:
    with pytest.raises(RefusedInput, match=message):
        fetch(url, sha256, tmp_path / "f")


def test_a_server_without_the_file(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    with pytest.raises(RefusedInput, match=r"404.*models import"):
        fetch(_url(server, "/absent"), SHA256, tmp_path / "f")
