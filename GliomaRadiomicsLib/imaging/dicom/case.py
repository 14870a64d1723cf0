"""The series of one patient in a folder: recognised, checked against each other, ready to be read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.results import Finding
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.dicom.contrast import with_contrasts
from GliomaRadiomicsLib.imaging.dicom.read import read_series
from GliomaRadiomicsLib.imaging.dicom.scan import Scan, scan_folder
from GliomaRadiomicsLib.imaging.dicom.series import DicomSeries, listed, series_of, with_notes
from GliomaRadiomicsLib.imaging.roles import USABLE
from GliomaRadiomicsLib.imaging.roles_choice import (
    Candidate,
    Choice,
    choose,
    given_finding,
    others_finding,
    recognition_finding,
)

_PATIENT, _STUDY, _DATE = 0, 1, 2
_BROKEN = {"missing-slices", "duplicate-positions", "slice-sizes", "pixel-sizes", "gantry-tilt", "shifted-slices"}
_BROKEN |= {"no-position", "bad-orientation"}
"""Problems of images that would have been used: the case is refused, as nothing may be left out in silence."""
_LEFT_OUT = "four-d"
"""Other series of the same name may be there; where none is, leaving this one out is warned about."""
_FOLDER = "the DICOM folder"
_SUMMARIES = ("dicom-series", "dicom-series-not-used")


@dataclass(frozen=True)
class DicomCase:
    """One patient's series.

    Attributes:
        series: All series found, in order of their numbers.
        chosen: Series by role; ready for `read_series`, with what is to be said about each in ``notes``.
        other_files: Number of files that are not DICOM.
    """

    series: tuple[DicomSeries, ...]
    chosen: dict[str, DicomSeries]
    other_files: int = 0

    @property
    def summary(self) -> str:
        """How many series and other files were found."""
        ignored = f"; {self.other_files} other files were ignored" if self.other_files else ""
        return f"{len(self.series)} DICOM series found{ignored}"

    def unused(self) -> dict[int, str]:
        """Why each of the other series is not used, by number."""
        used = {one.number for one in self.chosen.values()}
        return {one.number: _why_unused(one) for one in self.series if one.number not in used}

    def lines(self) -> list[str]:
        """What was found and chosen, for the console; no identifiers."""
        count = len(self.series)
        notes = [note for one in self.chosen.values() for note in one.notes if note.code not in _SUMMARIES]
        unused = [f"series {number} of {count} not used: {reason}" for number, reason in self.unused().items()]
        return [self.summary, *(note.message for note in notes), *unused]


def open_case(
    folder: str | Path,
    given: Mapping[str, int | Path] | None = None,
    without: Collection[str] = (),
    progress: Progress | None = None,
) -> DicomCase:
    """Find and recognise the series of one patient.

    Pixels are read only where tags and names do not tell the sequences.

    Args:
        folder: With DICOM files in any nesting.
        given: Roles that the user has decided: numbers of the series as in `DicomCase.lines`, or folders below
            ``folder`` with one series each.
        without: Roles that the user has images for from elsewhere; nothing is chosen for them.
        progress: Told what happens; may cancel.

    Raises:
        RefusedInput: If there is no DICOM image, files are damaged, patients or studies are mixed, a series that would
            be used has a problem, or none is recognised.
    """
    scan = scan_folder(folder, progress)
    _check_patients(scan)
    series = series_of(scan)
    decided = {role: _number_of(role, which, series) for role, which in (given or {}).items()}
    choice = _choice(series, decided, without)
    if not without:
        series = with_contrasts(series, choice.chosen)
        choice = _choice(series, decided, without)
    for role, number in choice.chosen.items():
        if series[number - 1].problem is not None:
            raise series[number - 1].refusal(SEQUENCE_NAMES[role])
    if not without:
        _check_any(choice.chosen, series)
    chosen = {}
    for role, number in choice.chosen.items():
        one = series[number - 1]
        called, bereft = f"series {number} of {len(series)}", one.recognised.role not in choice.chosen
        as_given = given_finding(role, one.recognised, called, bereft=bereft)
        notes = [as_given if role in decided else recognition_finding(role, one.recognised, called)]
        if choice.others.get(role) and role not in decided:
            notes.append(others_finding(role, number, choice.others[role]))
        chosen[role] = with_notes(one, notes)
    chosen = _with_left_out(_with_study_note(chosen, series), series)
    return _with_summary(DicomCase(tuple(series), chosen, scan.other_files))


def series_in(folder: str | Path, role: str) -> DicomSeries:
    """The one series of a folder, to be used as ``role`` because the user says so.

    Raises:
        RefusedInput: If there is no usable series, or several of which not exactly one looks like ``role``.
    """
    scan = scan_folder(folder)
    _check_patients(scan)
    series = series_of(scan)
    one = _only_one(series, role)
    if one.problem is not None:
        raise one.refusal(SEQUENCE_NAMES[role])
    called = f"series {one.number} of {one.total} of its folder"
    return with_notes(one, [given_finding(role, one.recognised, called)])


def read_case(case: DicomCase) -> dict[str, Volume]:
    """The chosen series of a case in memory, by role."""
    return {role: read_series(one, role).volume for role, one in case.chosen.items()}


def iterate_cases(folders: Iterable[str | Path]) -> Iterator[tuple[Path, dict[str, Volume] | RefusedInput]]:
    """The patients of a cohort one after another; no more than one is in memory unless the caller keeps it.

    Args:
        folders: One per patient.

    Yields:
        The folder, and its volumes by role or why it cannot be used.
    """
    for folder in map(Path, folders):
        try:
            volumes: dict[str, Volume] | RefusedInput = read_case(open_case(folder))
        except RefusedInput as refusal:
            volumes = refusal
        yield folder, volumes
        del volumes


def _choice(series: list[DicomSeries], decided: Mapping[str, int], without: Collection[str]) -> Choice:
    candidates = [one for one in series if _eligible(one, series, decided) and one.recognised.role not in without]
    return choose([_candidate(one) for one in candidates], decided)


def _candidate(one: DicomSeries) -> Candidate:
    return Candidate(one.number, one.recognised, one.derived, one.voxel_mm3, len(one.slices))


def _eligible(one: DicomSeries, series: list[DicomSeries], given: Mapping[str, int]) -> bool:
    """Whole series, and broken ones where there is no whole one for the role."""
    if one.problem is None:
        return True
    whole = {other.recognised.role for other in series if other.problem is None} | set(given)
    return one.problem.code in _BROKEN and one.recognised.role not in whole


def _check_patients(scan: Scan) -> None:
    first: dict[str, Path] = {}
    for one in scan.slices:
        first.setdefault(one.keys[_PATIENT], one.path)
    if len(first) > 1:
        examples = " and ".join(scan.shown(path) for path in list(first.values())[:2])
        raise RefusedInput(
            what="images of different patients in one folder",
            where=_FOLDER,
            found=f"{len(first)} patients, as in {examples}",
            remedy="give a folder with one patient",
        )


def _number_of(role: str, which: int | Path, series: list[DicomSeries]) -> int:
    """Number of the series that the user means by its number or its folder."""
    if isinstance(which, int):
        if not 1 <= which <= len(series):
            raise RefusedInput(
                what="no such series", where=f"--{role}", found=which, remedy=f"choose from 1 to {len(series)}"
            )
        return which
    inside = [one for one in series if all(part.path.resolve().is_relative_to(which.resolve()) for part in one.slices)]
    return _only_one(inside, role).number


def _only_one(series: list[DicomSeries], role: str) -> DicomSeries:
    """The one series of a folder that the user says is ``role``; it may have a problem."""
    usable = [one for one in series if one.problem is None] or series[:1]
    fitting = [one for one in usable if one.recognised.role == role]
    if len(usable) > 1 and len(fitting) != 1:
        raise RefusedInput(
            what="several DICOM series in the folder",
            where=SEQUENCE_NAMES[role],
            found=f"{len(usable)} series",
            remedy="give the folder of one series, or the whole folder with --dicom",
        )
    if not usable:
        raise RefusedInput(
            what="no whole DICOM series in the folder",
            where=SEQUENCE_NAMES[role],
            remedy=f"give the folder of one series, or its number in the folder of --dicom, as in --{role} 3",
        )
    return fitting[0] if len(usable) > 1 else usable[0]


def _check_any(chosen: Mapping[str, int], series: list[DicomSeries]) -> None:
    if chosen:
        return
    if len(series) == 1 and series[0].problem is not None:
        raise series[0].refusal()
    raise RefusedInput(
        what="no series was recognised as T1, T1ce, T2 or FLAIR",
        where=_FOLDER,
        found=f"{len(series)} series: {listed(series)}",
        remedy="say which is which by its number in this list, as in --t1ce 3, or by a folder of one series",
    )


def _with_study_note(chosen: dict[str, DicomSeries], series: list[DicomSeries]) -> dict[str, DicomSeries]:
    """Refuse roles taken from studies of different days, or that two studies both offer; else note it.

    Anonymised collections give every series a study of its own, so differing studies alone mean little.
    """
    studies = {one.slices[0].keys[_STUDY] for one in chosen.values()}
    offered: dict[str, set[str]] = {}
    for one in series:
        if one.problem is None and one.recognised.role in chosen and one.recognised.confidence >= USABLE:
            offered.setdefault(one.recognised.role or "", set()).add(one.slices[0].keys[_STUDY])
    twice = [role for role, keys in offered.items() if len(keys) > 1]
    days = {one.slices[0].keys[_DATE] for one in chosen.values()}
    if len(days) > 1 or twice:
        raise RefusedInput(
            what="series of different studies in one folder",
            where=_FOLDER,
            found="different days"
            if len(days) > 1
            else f"{SEQUENCE_NAMES[twice[0]]} in {len(offered[twice[0]])} studies",
            remedy="give the folder of one study, or single folders with --t1, --t1ce, --t2 and --flair",
        )
    if len(studies) > 1:
        role = next(iter(chosen))
        message = "the series carry different study numbers, as after anonymisation; check that they are of one session"
        chosen[role] = with_notes(chosen[role], [Finding("several-studies", "warning", message)])
    return chosen


def _with_left_out(chosen: dict[str, DicomSeries], series: list[DicomSeries]) -> dict[str, DicomSeries]:
    """Warn about a role that stays empty because its only series is a time series."""
    for one in series:
        role = one.recognised.role or ""
        if one.problem is None or one.problem.code != _LEFT_OUT or role in ("", *chosen) or not chosen:
            continue
        first = next(iter(chosen))
        chosen = {
            **chosen,
            first: with_notes(
                chosen[first], [Finding("series-left-out", "warning", str(one.refusal(SEQUENCE_NAMES[role])))]
            ),
        }
    return chosen


def _with_summary(case: DicomCase) -> DicomCase:
    """The case with what was found in the folder among its notes."""
    notes = [Finding("dicom-series", "ok", case.summary)]
    listed = "; ".join(f"series {number}: {reason}" for number, reason in case.unused().items())
    if listed:
        notes.append(Finding("dicom-series-not-used", "ok", f"not used of the DICOM folder: {listed}"))
    if not case.chosen:
        return case
    first = next(iter(case.chosen))
    return replace(case, chosen={**case.chosen, first: with_notes(case.chosen[first], notes)})


def _why_unused(one: DicomSeries) -> str:
    if one.problem is not None:
        return one.problem.what
    if one.recognised.role is None or one.recognised.confidence < USABLE:
        return f"not recognised as T1, T1ce, T2 or FLAIR ({one.recognised.text()})"
    return f"another {SEQUENCE_NAMES[one.recognised.role]} ({one.recognised.text()})"
