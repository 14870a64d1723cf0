"""`glioma-radiomics worker JOB`: runs job.json of a job folder and reports as JSON lines (see `pipeline.job`)."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.core.errors import Cancelled, RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.settings import STEPS, AnalyzeSettings, ClinicalData


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The job folder, or how long to wait for one."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("job", type=Path, nargs="?", metavar="JOB", help="folder with job.json")
    which.add_argument("--wait", type=float, metavar="SECONDS", help="wait for a job folder on standard input")


def run(options: argparse.Namespace) -> None:
    """Run the job; the last line says done or error, errors go on to the exit code."""
    folder = options.job
    if folder is None:
        from GliomaRadiomicsLib.cli.waiting import wait_for_job

        folder = wait_for_job(options.wait)
    if folder is not None:
        _run(folder)


def _run(folder: Path) -> None:
    try:
        _report(0.0, "starting")
        out = _run_job(_read_job(folder))
    except RefusedInput as error:
        _tell(type="error", kind="refused", message=str(error))
        raise
    except (Cancelled, KeyboardInterrupt):
        _tell(type="error", kind="cancelled", message="cancelled; nothing was written")
        raise
    except Exception as error:
        _tell(type="error", kind="failed", message=f"{type(error).__name__}: {error}")
        raise
    _tell(type="done", out=out)


def _read_job(folder: Path) -> dict[str, Any]:
    path = folder / "job.json"
    try:
        job = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RefusedInput(what="cannot read the job", where=path, found=error) from error
    command = job.get("command") if isinstance(job, dict) else None
    if command not in _COMMANDS:
        raise RefusedInput(
            what="unknown command", where=path, found=command, remedy=f"choose from {', '.join(_COMMANDS)}"
        )
    return dict(job)


def _run_job(job: dict[str, Any]) -> str | None:
    return _COMMANDS[job["command"]](job)


def _analyze(job: dict[str, Any]) -> str:
    from GliomaRadiomicsLib.pipeline.case import analyze_case
    from GliomaRadiomicsLib.pipeline.inputs import sources_of_job

    sources: dict[str, Any] = dict(sources_of_job(job["inputs"], job.get("dicom")))
    settings = _settings(job)
    analyze_case(out=job["out"], mask=job.get("mask"), settings=settings, progress=Progress(_report), **sources)
    return str(job["out"])


def _settings(job: dict[str, Any]) -> AnalyzeSettings:
    return AnalyzeSettings(
        clinical=_clinical(job.get("clinical") or {}),
        steps=tuple(job["steps"]) if job.get("steps") is not None else STEPS,
        models=job.get("models") or {},
        device=job.get("device") or "auto",
        normalisation=job.get("normalisation") or "zscore",
        brain_extraction=job.get("brain_extraction") or "own",
        reuse=job.get("reuse"),
    )


def _cohort(job: dict[str, Any]) -> str:
    from GliomaRadiomicsLib.pipeline.cohort import run_cohort

    run_cohort(
        job["cohort"],
        job["out"],
        settings=_settings(job),
        workers=job.get("workers"),
        scheduler=job.get("scheduler"),
        resume=bool(job.get("resume")),
        progress=Progress(_report),
        on_patient=lambda event: _tell(**event),
    )
    return str(job["out"])


def _check(job: dict[str, Any]) -> None:
    from GliomaRadiomicsLib.pipeline.inspection import inspect_case

    findings = inspect_case(job["inputs"], job.get("mask"))
    _tell(type="check", findings=[asdict(finding) for finding in findings])


def _train(job: dict[str, Any]) -> str:
    from GliomaRadiomicsLib.cli.commands.train import train

    config = Path(job["config"]) if job.get("config") else None
    out = Path(job["out"])
    train(job["system"], Path(job["cohort"]), out, config, job.get("device") or "auto", Progress(_report))
    return str(out)


def _download_model(job: dict[str, Any]) -> str:
    from GliomaRadiomicsLib.cli.commands.models import download_model

    return str(download_model(job["name"], job.get("url"), job.get("sha256"), Progress(_report)))


def _import_model(job: dict[str, Any]) -> str:
    from GliomaRadiomicsLib.cli.commands.models import import_model

    return str(import_model(Path(job["file"])))


def _export(job: dict[str, Any]) -> str:
    from GliomaRadiomicsLib.pipeline.export.export import export_result

    _report(0.1, "writing the export")
    export_result(job["folder"], job["kind"], job["out"], dicom=job.get("dicom"))
    return str(job["out"])


_COMMANDS: dict[str, Callable[[dict[str, Any]], str | None]] = {
    "analyze": _analyze,
    "check": _check,
    "cohort": _cohort,
    "export": _export,
    "train": _train,
    "models-download": _download_model,
    "models-import": _import_model,
}
"""What a job may ask for; each gets the job and returns the output folder, if it has one."""


def _clinical(given: dict[str, Any]) -> ClinicalData:
    known = [field.name for field in fields(ClinicalData)]
    strange = sorted(set(given) - set(known))
    if strange:
        remedy = f"known are {', '.join(known)}"
        raise RefusedInput(what="unknown clinical item", where="clinical", found=strange[0], remedy=remedy)
    return ClinicalData(**given)


def _report(fraction: float, message: str) -> None:
    _tell(type="progress", fraction=round(fraction, 3), message=message)


def _tell(**event: Any) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()
