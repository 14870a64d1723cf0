"""A cohort as rows of a table: who is done with the main figures, who is not and why; and the job that runs one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.interface.grade import IMAGE_SYSTEMS
from GliomaRadiomicsLib.interface.values import analyze_settings
from GliomaRadiomicsLib.reports.markup import headline, millilitres
from GliomaRadiomicsLib.reports.markup import probability as probability_words
from GliomaRadiomicsLib.reports.wording import LABEL_WORDS, TRUST_WORDS
from GliomaRadiomicsLib.systems import registry

COHORT_TITLES = ("Patient", "Status", "Whole tumour", "Enhancing", "Grade", "Trust", "Note")
"""Of the columns of `CohortRow.texts`."""

STATUS_WORDS = {"done": "done", "refused": "cannot be used", "failed": "failed", "skipped": "no images"}


@dataclass(frozen=True)
class CohortRow:
    """One patient who has ended.

    Attributes:
        case: Name in the table.
        line: In the table.
        status: ``done``, ``refused``, ``failed`` or ``skipped``.
        status_text: The same in words.
        wt: Whole tumour with its unit; empty where it was not outlined.
        et: Enhancing tumour.
        grade: Label and probability, and who says so.
        trust: In words.
        mark: ``ok``, ``caution``, ``no`` or ``plain``.
        note: Why the patient is not done, or how many warnings there are.
        folder: Output folder of a patient who is done, else None.
        report: Its report, where one was written.
    """

    case: str
    line: int
    status: str
    status_text: str
    wt: str = ""
    et: str = ""
    grade: str = ""
    trust: str = ""
    mark: str = "plain"
    note: str = ""
    folder: Path | None = None
    report: Path | None = None

    def in_words(self) -> str:
        """What was found, or why nothing was, as one text for a narrow table."""
        volumes = [f"whole tumour {self.wt}" if self.wt else "", f"enhancing {self.et}" if self.et else ""]
        parts = (", ".join(filter(None, volumes)), self.grade, self.trust.lower(), self.note)
        return "; ".join(filter(None, parts))

    def texts(self) -> tuple[str, ...]:
        """Of the columns of `COHORT_TITLES`."""
        return (self.case, self.status_text, self.wt, self.et, self.grade, self.trust, self.note)


def cohort_rows(folder: str | Path) -> list[CohortRow]:
    """Patients of a cohort's output folder who have ended so far, in the order of the table; none before it began.

    Raises:
        RefusedInput: If the folder's table cannot be read.
    """
    from GliomaRadiomicsLib.pipeline.cohort_table import read_rows

    return [_row(Path(folder), row) for row in read_rows(Path(folder))]


def cohort_summary(rows: list[CohortRow]) -> str:
    """How many have ended how, in a sentence; empty if there is nobody."""
    found = Counter(row.status for row in rows)
    parts = [f"{found[status]} {words}" for status, words in STATUS_WORDS.items() if found[status]]
    return f"Patients: {', '.join(parts)}." if parts else ""


def cohort_job(
    values: Mapping[str, Any], cohort: str, out: str, *, resume: bool = True, workers: int | None = None
) -> dict[str, Any]:
    """The job of the worker command ``cohort``.

    Args:
        values: By field, as for `analyze_settings`; clinical data and outline are not taken from them.
        cohort: The table.
        out: Output folder.
        resume: Keep what is complete and the same.
        workers: Patients at the same time; None: as many as the machine can hold.
    """
    how = asdict(analyze_settings(values))
    del how["clinical"], how["reuse"]
    job = {"command": "cohort", "cohort": str(Path(cohort).absolute()), "out": str(Path(out).absolute())}
    return {**job, **how, "resume": resume, "workers": workers}


def patient_line(event: Mapping[str, Any]) -> str:
    """A line for the log from an event of type ``patient`` (see `pipeline.job`)."""
    reason = f": {event['message']}" if event["message"] else ""
    return f"{event['done']}/{event['of']} {event['case']}: {event['status']}{reason}"


def patient_origin(table: str | Path, case: str) -> dict[str, Any]:
    """What a patient of a table is computed from: ``inputs``, ``dicom`` and ``clinical`` of a job; empty if not in it.

    Raises:
        RefusedInput: If the table cannot be read any more.
    """
    from GliomaRadiomicsLib.imaging.cohort import read_cohort
    from GliomaRadiomicsLib.pipeline.cohort_plan import plan

    tasks = plan(read_cohort(table, keep_absent=True), Path())
    found = next((task for task in tasks if task.case == case), None)
    return {} if found is None else {"inputs": found.inputs, "dicom": found.dicom, "clinical": found.clinical}


def _row(folder: Path, row: Mapping[str, str]) -> CohortRow:
    case, line, status = row["case"], int(row["line"]), row["status"]
    words = STATUS_WORDS.get(status, status)
    if status != "done":
        return CohortRow(case, line, status, words, note=f"line {line}: {row['message']}", mark="no")
    own = folder / row["folder"]
    grade, flag = _grade(row)
    warnings = int(row.get("warnings") or 0)
    return CohortRow(
        case,
        line,
        status,
        words,
        wt=_volume(row.get("wt_ml")),
        et=_volume(row.get("et_ml")),
        grade=grade,
        trust=TRUST_WORDS[flag][1] if flag in TRUST_WORDS else "",
        mark=flag if flag in TRUST_WORDS else "plain",
        note=f"{warnings} warning{'' if warnings == 1 else 's'}" if warnings else "",
        folder=own,
        report=own / "report.html" if (own / "report.html").is_file() else None,
    )


def _volume(cell: str | None) -> str:
    return millilitres(float(cell)) if cell else ""


def _grade(row: Mapping[str, str]) -> tuple[str, str]:
    """What the systems that see the images say together, else the first that says something; and how far to trust."""
    if row.get("agreement_probability_grade4"):
        agree = row["agreement"] == "yes"
        text = _graded(row["agreement_label"], row["agreement_probability_grade4"])
        return f"{text}; image systems {'agree' if agree else 'differ'}", "ok" if agree else "caution"
    for system in dict.fromkeys((*IMAGE_SYSTEMS, *registry.names("grading"))):
        if row.get(f"{system}_probability_grade4"):
            text = _graded(row[f"{system}_label"], row[f"{system}_probability_grade4"])
            return f"{text}; {headline(system)}", row[f"{system}_trust"]
    return "", ""


def _graded(label: str, probability: str) -> str:
    return f"{LABEL_WORDS.get(label, label)}, probability of grade 4: {probability_words(float(probability))}"
