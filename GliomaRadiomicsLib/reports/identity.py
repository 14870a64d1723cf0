"""What tells two reports apart without naming the patient: when the run was, and a fingerprint of its images."""

from __future__ import annotations

import hashlib
from datetime import datetime

from GliomaRadiomicsLib.core.results import CaseResult


def time_of_run(result: CaseResult) -> str:
    """``2026-11-21, 04:04 (UTC+01:00)``; empty where the run did not record it."""
    try:
        moment = datetime.fromisoformat(result.created)
    except ValueError:
        return ""
    zone = moment.isoformat()[-6:] if moment.tzinfo else ""
    return f"{moment:%Y-%m-%d, %H:%M}{f' (UTC{zone})' if zone else ''}"


def fingerprint(result: CaseResult) -> str:
    """Eight hexadecimal digits from the hashes of all images given, such as ``1c6db871``; empty without hashes."""
    entries = {**result.inputs.get("sequences", {}), "mask": result.inputs.get("mask_image")}
    hashes = sorted(
        f"{role} {entry['sha256']}" for role, entry in entries.items() if isinstance(entry, dict) and "sha256" in entry
    )
    digest = hashlib.sha256("\n".join(hashes).encode()).hexdigest()
    return digest[:8] if hashes else ""


def identity_line(result: CaseResult) -> str:
    """Time and fingerprint in one line, for the head and the foot of every page."""
    images = fingerprint(result)
    parts = [f"run of {time_of_run(result) or 'unknown date'}", *([f"images {images}"] if images else [])]
    return ", ".join(parts)
