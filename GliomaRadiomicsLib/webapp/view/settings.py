"""What the front tells a view process when it starts it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class ViewSettings:
    """Settings of one view process.

    Attributes:
        folder: Its private folder; everything it writes lies in it, and it is deleted at the end.
        secret: What every request must bring along; the front knows it.
        local: Whether only this machine can reach the server; only then may folders of the server be read.
        upload_mb: Most that one uploaded file may have, in MB.
        worker: Command that does a job, instead of this library's worker.
    """

    folder: Path
    secret: str
    local: bool = True
    upload_mb: int = 1024
    worker: tuple[str, ...] | None = None

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> ViewSettings:
        """From the JSON object that the front sends."""
        worker = data.get("worker")
        return cls(
            folder=Path(data["folder"]),
            secret=data["secret"],
            local=bool(data.get("local", True)),
            upload_mb=int(data.get("upload_mb", 1024)),
            worker=tuple(worker) if worker else None,
        )
