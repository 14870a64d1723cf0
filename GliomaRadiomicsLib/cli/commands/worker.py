"""`glioma-radiomics worker JOB`: runs job.json of a job folder and reports as JSON lines (see `pipeline.job`)."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.core.errors import Cancelled, RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.settings import STEPS, AnalyzeSettings, ClinicalData


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The job folder."""
    parser.add_argument("job", type=Path, metavar="JOB", help="folder with job.json")


def run(options: argparse.Namespace) -> None:
    """Run the job; the last line says done or error, errors go on to the exit code."""
    try:
        out = _run_job(_read_job(options.job))
    except RefusedInput as error:
        _tell(type="error", kind="refused", message=str(error))
        raise
    except (Cancelled, KeyboardInterrupt):
        _tell(type="error", kind="cancelled", message="cancelled; nothing was written")
        raise
    except Exception as error:
        _tell(type="error", kind="failed", message=f"{type(error).__name__}: {error}")
        raise
    _tell(type="done", out=str(out))


def _read_job(folder: Path) -> dict[str, Any]:
    path = folder / "job.json"
    try:
        job = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RefusedInput(what="cannot read the job", where=path, found=error) from error
    command = job.get("command") if isinstance(job, dict) else None
    if command != "analyze":
        raise RefusedInput(what="unknown command", where=path, found=command, remedy="use analyze")
    return dict(job)


def _run_job(job: dict[str, Any]) -> Path:
    from GliomaRadiomicsLib.pipeline.case import analyze_case

    settings = AnalyzeSettings(
        clinical=_clinical(job.get("clinical") or {}),
        steps=tuple(job["steps"]) if job.get("steps") is not None else STEPS,
        models=job.get("models") or {},
        device=job.get("device") or "auto",
        normalisation=job.get("normalisation") or "zscore",
    )
    progress = Progress(lambda fraction, message: _tell(type="progress", fraction=round(fraction, 3), message=message))
    out = Path(job["out"])
    analyze_case(out=out, mask=job.get("mask"), settings=settings, progress=progress, **job["inputs"])
    return out


def _clinical(given: dict[str, Any]) -> ClinicalData:
    known = [field.name for field in fields(ClinicalData)]
    strange = sorted(set(given) - set(known))
    if strange:
        remedy = f"known are {', '.join(known)}"
        raise RefusedInput(what="unknown clinical item", where="clinical", found=strange[0], remedy=remedy)
    return ClinicalData(**given)


def _tell(**event: Any) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()
