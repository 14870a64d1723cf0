"""Files that come over the network: named harmlessly, limited in size, put into the session's private folder."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

from GliomaRadiomicsLib.core.errors import RefusedInput

_MEGABYTE = 1_000_000
_LONGEST_NAME = 80
_MOST_FILES = 5000
_DEEPEST = 8


class Uploads:
    """The files of one session, a folder for every upload.

    Args:
        folder: Private folder of the session.
        limit_mb: Most that one file may have.
        total_mb: Most that all files of the session may have together.
    """

    def __init__(self, folder: Path, limit_mb: int, total_mb: int | None = None) -> None:
        self._folder, self._limit = folder / "uploads", limit_mb * _MEGABYTE
        self._total = (total_mb or 4 * limit_mb) * _MEGABYTE
        self._limit_mb = limit_mb
        self._used = 0
        self._batches = 0
        self._open: Path | None = None
        self._count = 0

    async def receive(
        self, name: str, length: int | None, chunks: AsyncIterator[bytes], *, in_folders: bool = False
    ) -> Path:
        """Write one file of the upload that is going on.

        Args:
            name: What the browser calls it; only harmless characters are kept.
            length: What the browser says its size is, in bytes.
            chunks: The content.
            in_folders: Keep the folders that ``name`` says, each named harmlessly.

        Raises:
            RefusedInput: If it is too large, or there are too many; nothing of it is left then.
        """
        if length is not None and length > self._limit:
            raise self._too_large(name)
        path = self._place(name, in_folders=in_folders)
        size = 0
        try:
            with path.open("wb") as file:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > self._limit or self._used + size > self._total:
                        raise self._too_large(name)
                    file.write(chunk)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        self._used += size
        return path

    def finish(self) -> Path:
        """The folder with all files since the last call; the next file begins a new upload."""
        folder, self._open = self._batch(), None
        return folder

    def _batch(self) -> Path:
        if self._open is None:
            self._batches += 1
            self._open = self._folder / str(self._batches)
            self._open.mkdir(parents=True)
            self._count = 0
        return self._open

    def _place(self, name: str, *, in_folders: bool) -> Path:
        folder = self._batch()
        if self._count >= _MOST_FILES:
            raise RefusedInput(what="too many files at once", found=_MOST_FILES, remedy="upload fewer")
        self._count += 1
        if in_folders:
            folder = folder.joinpath(*(harmless_name(part) for part in name.split("/")[:-1][-_DEEPEST:]))
            folder.mkdir(parents=True, exist_ok=True)
        harmless = harmless_name(name)
        path, number = folder / harmless, 1
        while path.exists():
            number += 1
            path = folder / f"{number}_{harmless}"
        return path

    def _too_large(self, name: str) -> RefusedInput:
        return RefusedInput(
            what="file is too large",
            where=harmless_name(name),
            found=f"more than {self._limit_mb} MB, or than the session may have together",
            remedy="start the app with a larger --upload-mb, or upload a smaller file",
        )


def harmless_name(name: str) -> str:
    """Letters, digits, dot, dash and underscore of the last part of a name, without a leading dot."""
    last = re.split(r"[/\\]", name)[-1]
    kept = re.sub(r"[^A-Za-z0-9._-]+", "_", last).lstrip(".")
    return kept[-_LONGEST_NAME:].lstrip(".") or "file"
