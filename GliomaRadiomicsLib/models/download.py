"""Fetching one file by URL and SHA-256: proxy-aware, resumable, checked before it gets its name."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.provenance import sha256_file

SCHEMES = ("https", "http", "file")
_BLOCK = 1 << 18
_TIMEOUT_S = 60


def fetch(url: str, sha256: str, target: Path, progress: Progress | None = None) -> Path:
    """Download ``url`` to ``target``; a broken download is continued by the next call.

    Proxies come from the environment (``https_proxy`` and friends). The part so far lies in ``<target>.part``; only
    when its SHA-256 is right does it get the name ``target``.

    Args:
        url: ``https``, ``http`` or ``file``.
        sha256: Expected, 64 hexadecimal digits.
        target: Final file; returned as it is if it already has this SHA-256.
        progress: Told how far the download is; may cancel it.

    Raises:
        RefusedInput: For another scheme, a malformed SHA-256, a server that cannot be reached, or content with another
            SHA-256 (the content is then deleted).
    """
    expected = _checked(url, sha256)
    if target.is_file() and sha256_file(target) == expected:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    was_resumed = part.is_file() and part.stat().st_size > 0
    _transfer(url, part, progress or Progress())
    if was_resumed and sha256_file(part) != expected:
        part.unlink()
        _transfer(url, part, progress or Progress())
    found = sha256_file(part)
    if found != expected:
        part.unlink()
        raise RefusedInput(
            what="the downloaded file is not the expected one: its SHA-256 differs",
            where=url,
            found=f"{found[:12]} instead of {expected[:12]}",
            remedy="check the address; the file was deleted",
        )
    part.replace(target)
    return target


def _checked(url: str, sha256: str) -> str:
    scheme = urlsplit(url).scheme
    if scheme not in SCHEMES:
        raise RefusedInput(
            what="this kind of address is not used", where=url, found=scheme, remedy=f"use {', '.join(SCHEMES)}"
        )
    expected = sha256.strip().lower()
    if len(expected) != 64 or not set(expected) <= set("0123456789abcdef"):
        raise RefusedInput(what="not a SHA-256", where="sha256", found=sha256, remedy="give 64 hexadecimal digits")
    return expected


def _transfer(url: str, part: Path, progress: Progress) -> None:
    start = part.stat().st_size if part.is_file() else 0
    request = urllib.request.Request(url, headers={"User-Agent": "glioma-radiomics"})
    if start and not url.startswith("file:"):
        request.add_header("Range", f"bytes={start}-")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:
            continues = getattr(response, "status", None) == 206
            total = int(response.headers.get("Content-Length") or 0) + (start if continues else 0)
            with part.open("ab" if continues else "wb") as file:
                _copy(response, file, total, progress)
    except urllib.error.HTTPError as error:
        if error.code == 416 and start:
            return
        raise _unreachable(url, error) from error
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise _unreachable(url, error) from error


def _copy(response: IO[bytes], file: IO[bytes], total: int, progress: Progress) -> None:
    while block := response.read(_BLOCK):
        file.write(block)
        progress.report(file.tell() / total if total else 0.0, "downloading the model")


def _unreachable(url: str, error: Exception) -> RefusedInput:
    return RefusedInput(
        what="the model could not be downloaded",
        where=url,
        found=error,
        remedy="check the connection and https_proxy, or fetch the file elsewhere and use 'models import FILE'",
    )
