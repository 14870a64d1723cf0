"""One view process: its private folder, its secret, its start and its end."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.pipeline.processes import (
    ask_tree_to_end,
    end_tree,
    find_python,
    start_process,
    worker_environment,
)

READY_FILE = "ready.json"
SECRET_HEADER = "X-Glioma-Radiomics-Secret"
_VIEW = ("-m", "GliomaRadiomicsLib.webapp.view")
_GRACE_S = 3.0
_LOG_TAIL = 600


class ViewProcess:
    """A process that shows one session; it ends with this one, however that ends.

    Args:
        base: Folder in which its private folder is made.
        settings: Passed on to the process, see `view.settings`.
    """

    def __init__(self, base: Path, settings: dict[str, Any]) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="session-", dir=base))
        self.secret = secrets.token_urlsafe(32)
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._port: int | None = None
        self._asked_at: float | None = None

    @property
    def port(self) -> int | None:
        """Where it listens on the loopback address; None until it does."""
        if self._port is None:
            try:
                self._port = json.loads((self.folder / READY_FILE).read_text(encoding="utf-8"))["port"]
            except (OSError, ValueError, KeyError):
                return None
        return self._port

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def is_ready(self) -> bool:
        """Whether it can be shown."""
        return self.is_alive and self.port is not None

    def start(self) -> None:
        """Start it; returns at once.

        Raises:
            OSError: If it cannot be started.
        """
        environment = worker_environment() | {key: str(self.folder) for key in ("TMPDIR", "TEMP", "TMP")}
        with (self.folder / "log.txt").open("wb") as log:
            command = [find_python(), *_VIEW]
            self._process = start_process(command, environment, stdin=subprocess.PIPE, stdout=log, stderr=log)
        settings = {"folder": str(self.folder), "secret": self.secret, **self._settings}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(settings).encode() + b"\n")
        self._process.stdin.flush()

    def ask_to_end(self) -> None:
        """Ask it to end and tidy up; `has_ended` sees to it that it does."""
        self._asked_at = self._asked_at or time.monotonic()
        if self._process is not None and self.is_alive:
            ask_tree_to_end(self._process)

    def has_ended(self) -> bool:
        """Whether it is gone, with its folder; by force if it was asked and does not."""
        if self.is_alive and self._process is not None:
            if self._asked_at is None or time.monotonic() - self._asked_at < _GRACE_S:
                return False
            end_tree(self._process)
            self._process.wait()
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        return True

    def last_words(self) -> str:
        """The end of its log, for the one who started the server."""
        try:
            return (self.folder / "log.txt").read_text(encoding="utf-8", errors="replace")[-_LOG_TAIL:]
        except OSError:
            return ""
