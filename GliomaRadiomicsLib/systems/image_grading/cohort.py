"""A cohort as regions on disk: one array per patient, made once, and who was left out.

A patient whose files have not changed is not read again, so that a run that stopped at a faulty line goes on from
there when the line is corrected.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sized
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.systems.protocol import CaseData, LeftOut, TrainingCase
from GliomaRadiomicsLib.systems.seen import patient_fingerprint

_VERSION = "1"


@dataclass(frozen=True, eq=False)
class Prepared:
    """What a system sees of a case.

    Attributes:
        images: Shape (sequences, i, j, k).
        facts: As `case.facts_of`.
        enhancing_ml: Enhancing volume, for the trivial rule.
        features: Radiomic features by name; empty where the system has none; NaN where one cannot be measured.
    """

    images: npt.NDArray[np.floating]
    facts: dict[str, float]
    enhancing_ml: float
    features: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Entry:
    """A patient with a known grade.

    Attributes:
        patient: Name in the cohort; never written to a bundle.
        is_hgg: WHO grade 4.
        site: The institution; empty where unknown.
        line: Of the COHORT.csv; 0 where there is none.
        file: Array of the images.
        digest: Of the images.
        facts: As `Prepared`.
        enhancing_ml: As `Prepared`.
        features: As `Prepared`.
        image: `seen.patient_fingerprint` of the images as given.
    """

    patient: str
    is_hgg: bool
    site: str
    line: int
    file: Path
    digest: str
    facts: dict[str, float]
    enhancing_ml: float
    features: dict[str, float]
    image: str = ""

    @property
    def images(self) -> npt.NDArray[np.float16]:
        """Memory map, shape (sequences, i, j, k)."""
        return np.load(self.file, mmap_mode="r")


@dataclass(frozen=True)
class Cohort:
    """Usable patients, and who is not."""

    entries: tuple[Entry, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def grades(self) -> npt.NDArray[np.int_]:
        """1 for WHO grade 4, shape (n,)."""
        return np.array([int(entry.is_hgg) for entry in self.entries], dtype=int)


Prepare = Callable[[CaseData], "Prepared | str"]
"""What a system sees of a case, or why it cannot see it."""


def read_cohort_regions(
    cases: Iterable[TrainingCase], prepare: Prepare, version: object, folder: Path, progress: Progress | None = None
) -> Cohort:
    """Read every patient of a cohort into ``folder``, one at a time.

    Patients without a grade and those `prepare` has no use for are left out.

    Args:
        cases: The cohort.
        prepare: Of the system.
        version: Whatever `prepare` depends on; an array made with another is made anew.
        folder: For the arrays; made if needed.
        progress: Told how far it is; may cancel.

    Raises:
        RefusedInput: For a patient who stands twice or whose files cannot be read, naming the line.
    """
    folder.mkdir(parents=True, exist_ok=True)
    progress, total = progress or Progress(), len(cases) if isinstance(cases, Sized) else 0
    entries: list[Entry] = []
    left_out: list[LeftOut] = []
    lines: dict[str, str] = {}
    for number, case in enumerate(cases):
        done = number / total if total else 0.0
        progress.report(done, f"reading patient {number + 1}" + (f" of {total}" if total else ""))
        where = f"line {case.line}" if case.line else f"patient {number + 1}"
        _refuse_twice(case.patient, where, f"case {case.patient}", lines)
        found = _entry(case, prepare, _key(case, version, number), folder, where)
        if isinstance(found, LeftOut):
            left_out.append(found)
            progress.report(done, f"{where}, case {case.patient} is left out: {found.reason}")
        else:
            _refuse_twice(f"images {found.digest}", where, f"the images of case {case.patient}", lines)
            entries.append(found)
    return Cohort(tuple(entries), tuple(left_out))


def _entry(case: TrainingCase, prepare: Prepare, key: str, folder: Path, where: str) -> Entry | LeftOut:
    def told(reason: str, *, is_fault: bool) -> LeftOut:
        return LeftOut(case.patient, case.line, "", reason, is_fault)

    if case.problem is not None:
        raise case.problem
    if case.is_hgg is None:
        return told("the grade is unknown", is_fault=False)
    file, record = folder / f"{key}.npy", folder / f"{key}.json"
    known = _known(file, record) if case.source else None
    if known is None:
        made = _prepared(case, prepare, where)
        if isinstance(made, str):
            return told(made, is_fault=True)
        known = _keep(made, patient_fingerprint(case.data.volumes), file, record)
    return Entry(case.patient, bool(case.is_hgg), case.site or "", case.line, file, **known)


def _prepared(case: TrainingCase, prepare: Prepare, where: str) -> Prepared | str:
    try:
        return prepare(case.data)
    except RefusedInput as error:
        raise RefusedInput(
            what=f"case {case.patient}: {error.what}", where=where, found=error.found,
            remedy=error.remedy or "correct the file or leave the case out, and run again; what is done is kept",
        ) from error  # fmt: skip


def _keep(made: Prepared, image: str, file: Path, record: Path) -> dict[str, Any]:
    images = np.ascontiguousarray(made.images, dtype=np.float16)
    known = {
        "digest": hashlib.blake2b(images.tobytes(), digest_size=16).hexdigest(),
        "facts": made.facts,
        "enhancing_ml": made.enhancing_ml,
        "features": made.features,
        "image": image,
    }
    partial = file.with_suffix(".partial")
    with partial.open("wb") as stream:
        np.save(stream, images)
    partial.replace(file)
    partial.write_text(json.dumps(known), encoding="utf-8")
    partial.replace(record)
    return known


def _known(file: Path, record: Path) -> dict[str, Any] | None:
    """What was kept of a patient; None where there is nothing whole."""
    try:
        np.load(file, mmap_mode="r")
        known = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError, EOFError):
        return None
    return known if "image" in known else None


def _refuse_twice(key: str, where: str, what: str, seen: dict[str, str]) -> None:
    if key in seen:
        raise RefusedInput(
            what=f"{what} stand twice" if what.startswith("the images") else f"{what} stands twice",
            where=where,
            found=f"first on {seen[key]}",
            remedy="keep one line per patient, or the same patient would be trained on and tested",
        )
    seen[key] = where


def _key(case: TrainingCase, version: object, number: int) -> str:
    """Names a patient's files without naming the patient."""
    text = repr((_VERSION, version, case.source or f"number {number}", case.patient))
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=10).hexdigest()
