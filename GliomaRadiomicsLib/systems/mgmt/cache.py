"""The slices of a cohort on disk: one array per patient and sequence, read as memory maps, and who could not be used.

Patients are read one after another and let go; an array whose patient's files have not changed is not made again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sized
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.provenance import sha256_file
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.systems.mgmt.radiomics import measure_features
from GliomaRadiomicsLib.systems.mgmt.settings import MgmtSettings
from GliomaRadiomicsLib.systems.mgmt.slices import Slices, plane_of, slices_of, why_not
from GliomaRadiomicsLib.systems.protocol import LeftOut, TrainingCase

_INDEX = "index.json"
_VERSION = "1"


@dataclass(frozen=True)
class Entry:
    """One examination of a patient.

    Attributes:
        patient: Keeps all that is of one patient together.
        positive: The outcome.
        files: Array of slices by sequence, uint8 (slices, size, size).
        features: Radiomic features by name; empty where none were measured.
    """

    patient: str
    positive: bool
    files: Mapping[str, Path]
    features: Mapping[str, float]

    def slices(self, modality: str) -> Slices:
        """Memory map of the slices of a sequence."""
        return np.load(self.files[modality], mmap_mode="r")

    def fingerprints(self) -> list[str]:
        """What tells the images again without holding them or a name: sixteen hexadecimal digits per sequence."""
        return [sha256_file(path)[:16] for path in self.files.values()]


@dataclass(frozen=True)
class Cohort:
    """The usable examinations, and what could not be used."""

    entries: tuple[Entry, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def labels(self) -> dict[str, bool]:
        """Outcome by patient; one with several examinations is positive if any of them is."""
        found: dict[str, bool] = {}
        for entry in self.entries:
            found[entry.patient] = found.get(entry.patient, False) or entry.positive
        return found

    def of(self, patients: Iterable[str], modality: str) -> list[Entry]:
        """Examinations of these patients that have the sequence."""
        wanted = set(patients)
        return [entry for entry in self.entries if entry.patient in wanted and modality in entry.files]


def read_cohort_slices(
    cases: Iterable[TrainingCase], settings: MgmtSettings, folder: Path, progress: Progress | None = None
) -> Cohort:
    """Read every patient of a cohort into ``folder``; nothing is raised for a patient who cannot be used."""
    folder.mkdir(parents=True, exist_ok=True)
    index = _read_index(folder)
    progress = progress or Progress()
    total = len(cases) if isinstance(cases, Sized) else 0
    entries: list[Entry] = []
    left_out: list[LeftOut] = []
    seen: dict[str, tuple[str, str]] = {}
    for number, case in enumerate(cases):
        progress.report(number / total if total else 0.0, f"reading patient {number + 1}")
        entry, missing = _read(case, settings, folder, index, number)
        if entry is not None:
            twin = _seen_before(entry, case, seen)
            entry, missing = (entry, missing) if twin is None else (None, [twin])
        left_out += missing
        entries += [] if entry is None else [entry]
        if number % 10 == 0:
            _write_index(folder, index)
    _write_index(folder, index)
    return Cohort(tuple(entries), tuple(left_out))


def require_usable(cohort: Cohort, settings: MgmtSettings) -> Cohort:
    """The cohort, if it has a usable patient.

    Raises:
        RefusedInput: Otherwise, with the line, the case and the reason of the first.
    """
    if cohort.entries:
        return cohort
    if not cohort.left_out:
        raise RefusedInput(what="the cohort has no patients", where="cohort", remedy="add a line per patient")
    first = next((one for one in cohort.left_out if not one.sequence), cohort.left_out[0])
    raise RefusedInput(
        what=f"no patient of {len({(one.line, one.case) for one in cohort.left_out})} can be used",
        where="cohort",
        found=f"{_place(first)}{first.reason}",
        remedy=f"fill 'dicom' (or t1, t1ce, t2, flair) and '{settings.target}'",
    )


def _seen_before(entry: Entry, case: TrainingCase, seen: dict[str, tuple[str, str]]) -> LeftOut | None:
    """Why a patient is left out whose images came under another name: it could be on both sides of a split."""
    for role, digest in zip(entry.files, entry.fingerprints(), strict=True):
        patient, place = seen.setdefault(digest, (case.patient, f"case {case.patient} on line {case.line}"))
        if patient != case.patient:
            return LeftOut(case.patient, case.line, "", f"the {SEQUENCE_NAMES[role]} is the same image as of {place}")
    return None


def _place(one: LeftOut) -> str:
    return f"line {one.line}, case {one.case}: " if one.line else f"case {one.case}: "


def _read(
    case: TrainingCase, settings: MgmtSettings, folder: Path, index: dict[str, dict[str, object]], number: int
) -> tuple[Entry | None, list[LeftOut]]:
    """One patient; what is wrong with it is told, never raised."""

    def told(reason: str, sequence: str = "", *, is_fault: bool = True) -> LeftOut:
        return LeftOut(case.patient, case.line, sequence, reason, is_fault)

    if case.problem is not None:
        return None, [told(str(case.problem))]
    outcome = _outcome(case, settings.target)
    if outcome is None:
        return None, [told(f"the outcome '{settings.target}' is unknown", is_fault=False)]
    key = _key(case, settings, number)
    known = index.get(key) if case.source else None
    if known is None:
        try:
            known = _measure(case, settings, folder, key)
        except RefusedInput as refusal:
            return None, [told(str(refusal))]
        index[key] = known
    reasons: dict[str, str] = dict(known["missing"])  # type: ignore[call-overload]
    missing = [told(reason, role, is_fault=False) for role, reason in reasons.items()]
    used = settings.modalities if settings.radiomics != "only" else ()
    files = {role: folder / f"{key}-{role}.npy" for role in used if role not in reasons}
    features: dict[str, float] = dict(known["features"])  # type: ignore[call-overload]
    if not files and not features:
        return None, [*missing, told("none of the sequences can be used")]
    return Entry(case.patient, outcome, files, features), missing


def _measure(case: TrainingCase, settings: MgmtSettings, folder: Path, key: str) -> dict[str, object]:
    """Write the slices of every sequence that can be used; why the others cannot, and radiomic features."""
    missing: dict[str, str] = {}
    present = set(case.data.volumes)
    volumes: dict[str, Volume] = {}
    for role in settings.modalities:
        if role not in present:
            missing[role] = f"there is no {SEQUENCE_NAMES[role]}"
            continue
        volume = case.data.volumes[role]
        plane = plane_of(volume, settings.share)
        reason = why_not(volume, plane)
        if reason:
            missing[role] = f"{SEQUENCE_NAMES[role]}: {reason}"
            continue
        if settings.radiomics != "only":
            _save(folder / f"{key}-{role}.npy", slices_of(volume, plane, settings.size))
        if settings.radiomics != "none":
            volumes[role] = volume
    features: dict[str, float] = {}
    if settings.radiomics != "none":
        features, reason = measure_features(volumes, case.data.label_map)
        if reason:
            missing["label map"] = reason
    return {"missing": missing, "features": features}


def _save(path: Path, slices: Slices) -> None:
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.save(file, slices)
    partial.replace(path)


def _outcome(case: TrainingCase, target: str) -> bool | None:
    own = {"mgmt": case.mgmt_methylated, "idh": case.idh_mutant}
    return case.labels[target] if target in case.labels else own.get(target)


def _key(case: TrainingCase, settings: MgmtSettings, number: int) -> str:
    """Names a patient's arrays without naming the patient."""
    which = (case.source or f"number {number}", case.patient, settings.size, settings.share, settings.modalities)
    text = repr((_VERSION, *which, settings.radiomics))
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=10).hexdigest()


def _read_index(folder: Path) -> dict[str, dict[str, object]]:
    try:
        found = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write_index(folder: Path, index: dict[str, dict[str, object]]) -> None:
    partial = folder / f"{_INDEX}.partial"
    partial.write_text(json.dumps(index), encoding="utf-8")
    partial.replace(folder / _INDEX)
