"""From the lines of a COHORT.csv to what is run for each patient; what cannot be run says why."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.core.settings import AnalyzeSettings
from GliomaRadiomicsLib.imaging.cohort import Patient
from GliomaRadiomicsLib.systems.cohort import clinical_of

Status = Literal["done", "refused", "failed", "skipped", "cancelled"]
"""``skipped``: a line without images; ``cancelled``: not run to its end, and in no table."""

RESERVED = frozenset({"cohort.csv", "cohort.json", "features_wide.csv", "skipped.csv"})
_LONGEST_NAME = 80
_WINDOWS_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?$", re.IGNORECASE)


@dataclass(frozen=True)
class Outcome:
    """How a patient ended; ``message`` is the reason where it is not ``done``, ``kept`` a result of an earlier run."""

    status: Status
    message: str = ""
    seconds: float | None = None
    kept: bool = False


@dataclass(frozen=True)
class PatientTask:
    """One patient to run; plain data that can be sent to another machine.

    Attributes:
        case: Name in the table.
        line: In the table.
        out: Output folder.
        inputs: Absolute path by sequence.
        dicom: Absolute path of a folder with all series, or None.
        mask: Absolute path of the label map, or None.
        clinical: Fields of `ClinicalData`.
        ended: Set where it is known before the run that there is nothing to run.
    """

    case: str
    line: int
    out: str
    inputs: dict[str, str] = field(default_factory=dict)
    dicom: str | None = None
    mask: str | None = None
    clinical: dict[str, Any] = field(default_factory=dict)
    ended: Outcome | None = None

    def job(self, settings: AnalyzeSettings) -> dict[str, Any]:
        """The job of the worker command ``analyze``."""
        how = asdict(settings)
        del how["clinical"], how["reuse"]
        mine = {"inputs": self.inputs, "dicom": self.dicom, "mask": self.mask, "clinical": self.clinical}
        return {"command": "analyze", **mine, **how, "out": self.out}

    def without_paths(self, message: str) -> str:
        """A message that names the columns of the table in place of paths, which may hold names of patients."""
        named = {**self.inputs, "dicom": self.dicom, "seg": self.mask, "--out": self.out}
        for name, path in sorted(named.items(), key=lambda item: -len(item[1] or "")):
            if path:
                message = re.sub(re.escape(path) + r"([/\\][^:;,()]*)?", name, message)
                message = message.replace(Path(path).name, name) if name != "--out" else message
        return " ".join(message.split())


def plan(patients: Sequence[Patient], out: Path) -> list[PatientTask]:
    """What is run for each patient, in the order of the table.

    Args:
        patients: Of `read_cohort` with ``keep_absent``.
        out: Output folder of the cohort.
    """
    folders = folder_names([patient.case for patient in patients])
    return [_task(patient, out.absolute() / folders[patient.case]) for patient in patients]


def folder_names(cases: Iterable[str]) -> dict[str, str]:
    """A folder by case: its name, where every system allows that, else made safe with a mark of its own."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for case in cases:
        safe = re.sub(r"[^A-Za-z0-9._-]", "_", case)[:_LONGEST_NAME]
        odd = safe.startswith(".") or safe.endswith(".") or _WINDOWS_DEVICE.match(safe) or safe.lower() in RESERVED
        if safe != case or odd or safe.lower() in taken:
            safe = f"case_{safe.strip('.')}-{hashlib.sha256(case.encode()).hexdigest()[:8]}"
        taken.add(safe.lower())
        names[case] = safe
    return names


def _task(patient: Patient, out: Path) -> PatientTask:
    files = {column: str(path.absolute()) for column, path in patient.files.items()}
    inputs = {role: files[role] for role in SEQUENCES if role in files}
    task = PatientTask(patient.case, patient.line, str(out), inputs, files.get("dicom"), files.get("seg"))
    if not inputs and task.dicom is None:
        return replace(task, ended=Outcome("skipped", "no images: neither a sequence nor dicom is filled"))
    absent = [column for column, path in patient.files.items() if not path.exists()]
    if absent:
        message = f"{', '.join(absent)}: no such file; correct the path, which is relative to the table"
        return replace(task, ended=Outcome("refused", message))
    try:
        return replace(task, clinical=asdict(clinical_of(patient)))
    except RefusedInput as error:
        return replace(task, ended=Outcome("refused", str(error).removeprefix(f"{patient.where}: ")))
